#include "engine/frame/frame.h"

#include "base/call.h"
#include "base/now.h"
#include "plugin/inner.h"

#include <kith/topology.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool recording(const kith_run *run)
{
    return run->options.record && kith_exchange_place(run->exchange)->worker == 0;
}

/* ---- opening ---- */

static kith_status create(kith_ctx *ctx, kith_run *run, choice which, kith_setting setting)
{
    setting.size = sizeof setting;
    kith_status status = kith_instance_create(ctx, &run->chosen[which], &setting);
    return kith_exchange_agree(run->exchange, status, NULL);
}

static kith_status open_data(kith_ctx *ctx, kith_run *run)
{
    const size_t learners = (size_t)run->run.learners;
    const uint64_t seed = kith_run_seed(&run->run, run->run.seed_data);
    KITH_TRY(create(ctx, run, DATASET, (kith_setting){.learners = learners, .seed = seed}));
    return kith_data_open(ctx, run->exchange, run->config, &run->chosen[DATASET], &run->data_config, &run->partition,
                          learners, seed, &run->data);
}

/* Before the record, so that a run which cannot leave its partition leaves nothing. */
static kith_status save_partition(kith_ctx *ctx, kith_run *run)
{
    kith_status status = KITH_OK;
    if (!*run->partition.save) return KITH_OK;
    if (kith_exchange_place(run->exchange)->worker == 0)
        status = kith_partition_save(ctx, run->config, run->data, run->partition.save);
    return kith_exchange_agree(run->exchange, status, NULL);
}

/* Before anything of its size is asked for, since what is too large then has no key. */
static kith_status check_dimension(kith_ctx *ctx, const kith_run *run)
{
    const double bytes = (double)run->dimension * sizeof(kith_real);
    const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    if (pages <= 0 || size <= 0 || bytes <= (double)pages * (double)size) return KITH_OK;
    const char *model = run->chosen[MODEL].plugin->id;
    return kith_fail(ctx, KITH_EMEMORY,
                     "%s: run.model = %s: its %zu parameters fill %.3g GB once, and this machine has %.3g; make it "
                     "smaller by the keys of [%s]",
                     kith_config_source(run->config, "run", "model"), model, run->dimension, 1e-9 * bytes,
                     1e-9 * (double)pages * (double)size, model);
}

static kith_status count_parameters(kith_ctx *ctx, kith_run *run)
{
    const kith_instance *model = &run->chosen[MODEL];
    KITH_TRY_VOID(ctx, model->plugin->id, "dimension", KITH_NOBODY,
                  run->dimension = ((const kith_model *)model->plugin->ops)->dimension(model->self));
    return KITH_OK;
}

static kith_status open_model(kith_ctx *ctx, kith_run *run)
{
    const kith_shape *shape = kith_data_shape(run->data);
    const size_t learners = (size_t)run->run.learners;
    KITH_TRY(create(
        ctx, run, MODEL,
        (kith_setting){.learners = learners, .seed = kith_run_seed(&run->run, run->run.seed_init), .shape = shape}));
    const kith_instance *model = &run->chosen[MODEL];
    kith_status status = count_parameters(ctx, run);
    if (status == KITH_OK) status = check_dimension(ctx, run);
    if (status == KITH_OK) status = kith_model_blocks(ctx, model, run->dimension, &run->blocks, &run->block_count);
    KITH_TRY(kith_exchange_agree(run->exchange, status, NULL));
    const kith_trainer_setup about = {.model = model,
                                      .data = run->data,
                                      .local = &run->local,
                                      .dimension = run->dimension,
                                      .round = &run->progress.round,
                                      .largest = kith_data_largest(run->data),
                                      .server = run->type->servers > 0,
                                      .seed = kith_run_seed(&run->run, run->run.seed_batches)};
    return kith_exchange_agree(run->exchange, kith_trainer_open(ctx, &about, &run->trainer), NULL);
}

/* The words of the properties that are wanted and missing. */
static void name_properties(uint32_t bits, char *text, size_t size)
{
    static const struct {
        uint32_t bit;
        const char *word, *meaning;
    } words[] = {
#define PROPERTY_WORD(name, bit, word, text) {name, word, text},
        KITH_PROPERTY_MAP(PROPERTY_WORD)
#undef PROPERTY_WORD
    };
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0] && used < size; i++)
        if (bits & words[i].bit)
            used += (size_t)snprintf(text + used, size - used, "%s%s (%s)", used ? ", " : "", words[i].word,
                                     words[i].meaning);
}

static kith_status check_requirements(kith_ctx *ctx, const kith_run *run)
{
    const kith_instance *topology = &run->chosen[TOPOLOGY], *algorithm = &run->chosen[ALGORITHM];
    uint32_t promised = 0;
    KITH_TRY_VOID(ctx, topology->plugin->id, "properties", KITH_NOBODY,
                  promised = ((const kith_topology *)topology->plugin->ops)->properties(topology->self));
    const uint32_t missing = run->type->needs(algorithm->plugin) & ~promised;
    if (!missing) return KITH_OK;
    char words[512];
    name_properties(missing, words, sizeof words);
    return kith_fail(
        ctx, KITH_ECONFIG, "%s: run.topology = %s: it lacks what %s needs: %s; `kith info` lists the topologies",
        kith_config_source(run->config, "run", "topology"), topology->plugin->id, algorithm->plugin->id, words);
}

static kith_status open_engine(kith_ctx *ctx, kith_run *run)
{
    const size_t learners = (size_t)run->run.learners;
    const uint64_t seed = kith_run_seed(&run->run, run->run.seed_participation);
    const kith_opener opener = kith_opener_of(run->registry);
    KITH_TRY(create(ctx, run, TOPOLOGY,
                    (kith_setting){.learners = learners + run->type->servers,
                                   .dimension = run->dimension,
                                   .seed = seed,
                                   .rounds = (uint64_t)run->run.rounds,
                                   .opener = &opener,
                                   .blocks = run->blocks,
                                   .block_count = run->block_count}));
    const kith_local_steps local = {.optimizer = (kith_optimizer)run->local.optimizer, .momentum = run->local.momentum};
    KITH_TRY(create(ctx, run, ALGORITHM,
                    (kith_setting){.learners = learners,
                                   .dimension = run->dimension,
                                   .seed = seed,
                                   .shape = kith_data_shape(run->data),
                                   .local = &local,
                                   .arrivals = run->type->servers ? (size_t)run->participation.arrivals : 0,
                                   .blocks = run->blocks,
                                   .block_count = run->block_count}));
    KITH_TRY(kith_exchange_agree(run->exchange, check_requirements(ctx, run), NULL));
    KITH_TRY(kith_dealer_create(ctx, run->exchange, &run->dealer));
    const kith_engine_setup about = {.exchange = run->exchange,
                                     .dealer = run->dealer,
                                     .config = run->config,
                                     .run = &run->run,
                                     .local = &run->local,
                                     .participation = &run->participation,
                                     .decentralized = &run->decentralized,
                                     .walk = &run->walk,
                                     .eval = &run->eval,
                                     .algorithm = &run->chosen[ALGORITHM],
                                     .model = &run->chosen[MODEL],
                                     .topology = &run->chosen[TOPOLOGY],
                                     .data = run->data,
                                     .trainer = run->trainer,
                                     .dimension = run->dimension,
                                     .deal = run->options.deal,
                                     .stopping = run->options.stopping};
    KITH_TRY(run->type->open(ctx, &about, &run->engine));
    run->progress.rounds += run->engine.extra;
    const kith_evaluator_setup tests = {.exchange = run->exchange,
                                        .dealer = run->dealer,
                                        .data = run->data,
                                        .trainer = run->trainer,
                                        .lane = (size_t)run->eval.lane};
    KITH_TRY(kith_evaluator_open(ctx, &tests, &run->evaluator));
    return kith_measures_open(ctx, &about, &run->eval, run->data_config.validation > 0.0, &run->measures);
}

static kith_status enter(kith_ctx *ctx, kith_run *run, bool overwrite, bool resume)
{
    const kith_place *place = kith_exchange_place(run->exchange);
    char arrangement[96];
    snprintf(arrangement, sizeof arrangement, "%zu workers in %zu domains", place->workers, place->domains);
    const kith_record_setup about = {.folder = run->folder,
                                     .name = run->options.name ? run->options.name : "run",
                                     .algorithm = run->chosen[ALGORITHM].plugin->id,
                                     .environment = resume                     ? arrangement
                                                    : run->options.environment ? run->options.environment
                                                                               : "",
                                     .seed = (uint64_t)run->run.seed,
                                     .overwrite = overwrite,
                                     .collected = run->options.collected,
                                     .resume = resume,
                                     .from_start = resume && run->resumption == KITH_RESUME_START,
                                     .round = run->progress.round};
    return kith_record_open(ctx, &about, run->config, &run->record);
}

static kith_status open_record(kith_ctx *ctx, kith_run *run)
{
    kith_status status = KITH_OK;
    if (recording(run)) status = enter(ctx, run, run->options.overwrite, run->options.resume);
    return kith_exchange_agree(run->exchange, status, NULL);
}

/* ---- measuring ---- */

typedef struct sink {
    kith_ctx *ctx;
    kith_run *run;
    double bytes; /* sent so far, as the engine says */
} sink;

static kith_status record_metric(void *arg, const char *name, double value)
{
    sink *s = arg;
    if (!strcmp(name, "bytes_sent")) s->bytes = value;
    if (!strcmp(name, "exploitability")) s->run->progress.exploitability = value;
    if (!s->run->record) return KITH_OK;
    const kith_progress *p = &s->run->progress;
    return kith_record_metric(s->ctx, s->run->record, name, p->round, p->virtual_time, value);
}

static kith_status record_score(sink *s, const char *name, const char *merged, double value)
{
    KITH_TRY(record_metric(s, name, value));
    return s->run->type->merges ? record_metric(s, merged, value) : KITH_OK;
}

/* What the model sums beside loss and correct predictions. */
static kith_status record_scores(sink *s, const kith_score *score)
{
    const kith_score_names *names = kith_trainer_scores(s->run->trainer);
    KITH_TRY(kith_scores_give(names, score, "test", record_metric, s));
    return s->run->type->merges ? kith_scores_give(names, score, "merged_test", record_metric, s) : KITH_OK;
}

/* [all] Of this run: its exchange may have served others before. */
static kith_status count_traffic(kith_run *run)
{
    kith_traffic total;
    KITH_TRY(kith_exchange_traffic_total(run->exchange, &total));
    run->moved.bytes += total.bytes - run->before.bytes;
    run->moved.messages += total.messages - run->before.messages;
    run->before = total;
    return KITH_OK;
}

static kith_status record_walls(sink *s)
{
    KITH_TRY(record_metric(s, "wall_time", kith_now() - s->run->started));
    KITH_TRY(record_metric(s, "wall_train_time", s->run->trained));
    KITH_TRY(record_metric(s, "wall_test_time", s->run->tested));
    KITH_TRY(record_metric(s, "wall_exchange_bytes", (double)s->run->moved.bytes));
    return record_metric(s, "wall_exchange_messages", (double)s->run->moved.messages);
}

static kith_status take_targets(kith_run *run, sink *s)
{
    const kith_progress *p = &run->progress;
    const kith_target now = {
        .accuracy = p->test_accuracy, .round = p->round, .bytes = s->bytes, .virtual_time = p->virtual_time};
    return kith_targets_take(&run->eval, run->target, &now, record_metric, s);
}

/* Of a role that plays: the engine knows all there is to measure. */
static kith_status measure_play(kith_ctx *ctx, kith_run *run)
{
    const double begun = kith_now();
    double train_loss = NAN;
    sink s = {.ctx = ctx, .run = run};
    KITH_TRY(count_traffic(run));
    KITH_TRY(run->engine.prepare(ctx, run->engine.self));
    run->progress.evaluated = true;
    kith_status status = run->engine.measure(ctx, run->engine.self, record_metric, &s, &train_loss);
    run->tested += kith_now() - begun;
    if (status == KITH_OK) status = record_walls(&s);
    return status;
}

static kith_status measure(kith_ctx *ctx, kith_run *run)
{
    const double begun = kith_now();
    if (run->type->plays) return measure_play(ctx, run);
    kith_score score = {0};
    kith_progress *p = &run->progress;
    KITH_TRY(count_traffic(run));
    if (run->engine.prepare) KITH_TRY(run->engine.prepare(ctx, run->engine.self));
    KITH_TRY(kith_evaluator_score(ctx, run->evaluator, run->engine.model(run->engine.self), &score));
    p->evaluated = true;
    sink s = {.ctx = ctx, .run = run};
    double train_loss = NAN;
    /* what is recorded may fail on one worker alone */
    kith_status status = run->engine.measure(ctx, run->engine.self, record_metric, &s, &train_loss);
    KITH_TRY(kith_exchange_agree(run->exchange, status, NULL));
    if (isfinite(train_loss)) p->train_loss = train_loss;
    status = kith_measures_take(ctx, run->measures, run->engine.model(run->engine.self), record_metric, &s);
    run->tested += kith_now() - begun;
    if (status == KITH_OK && score.count) {
        p->test_loss = score.loss / (double)score.count;
        status = record_score(&s, "test_loss", "merged_test_loss", p->test_loss);
        if (status == KITH_OK && kith_data_shape(run->data)->classes) {
            p->test_accuracy = (double)score.correct / (double)score.count;
            status = record_score(&s, "test_accuracy", "merged_test_accuracy", p->test_accuracy);
        }
    }
    if (status == KITH_OK && score.count) status = record_scores(&s, &score);
    if (status == KITH_OK) status = take_targets(run, &s);
    if (status == KITH_OK) status = record_walls(&s);
    return status;
}

static kith_status record_facts(kith_ctx *ctx, kith_run *run)
{
    sink s = {.ctx = ctx, .run = run};
    for (size_t i = 0; i < run->facts; i++)
        KITH_TRY(record_metric(&s, run->fact[i].name, run->fact[i].value));
    return KITH_OK;
}

/* ---- checkpoints ---- */

static kith_status open_saving(kith_ctx *ctx, kith_run *run)
{
    const kith_saving_setup about = {.exchange = run->exchange,
                                     .config = run->config,
                                     .checkpoint = &run->checkpoint,
                                     .folder = run->folder,
                                     .build = run->options.build,
                                     .chosen = run->chosen,
                                     .plugins = CHOICES};
    if (!run->options.record) return KITH_OK;
    KITH_TRY(kith_saving_open(ctx, &about, &run->saving));
    return run->options.resume ? kith_saving_find(ctx, run->saving, &run->resumption) : KITH_OK;
}

/* An engine that cannot save yet must not seem to. */
static kith_status check_saving(kith_ctx *ctx, const kith_run *run)
{
    if (run->engine.save || !run->saving) return KITH_OK;
    const kith_plugin *algorithm = run->chosen[ALGORITHM].plugin;
    const char *role = kith_role_name(algorithm->role);
    if (run->options.resume)
        return kith_config_refuse(ctx, run->config, "run", "algorithm", "runs of %s algorithms cannot be resumed",
                                  role);
    if (run->checkpoint.every)
        return kith_config_refuse(ctx, run->config, "checkpoint", "every",
                                  "%s algorithms cannot write checkpoints; set it to 0", role);
    return KITH_OK;
}

static kith_status save(kith_ctx *ctx, kith_run *run)
{
    const kith_progress *p = &run->progress;
    KITH_TRY(count_traffic(run));
    kith_saved saved = {.round = p->round,
                        .data = run->data ? kith_data_digest(run->data) : 0,
                        .virtual_time = p->virtual_time,
                        .train_loss = p->train_loss,
                        .test_loss = p->test_loss,
                        .test_accuracy = p->test_accuracy,
                        .exploitability = p->exploitability,
                        .wall = kith_now() - run->started,
                        .trained = run->trained,
                        .tested = run->tested,
                        .moved = run->moved};
    if (p->targets) memcpy(saved.target, run->target, p->targets * sizeof *run->target);
    KITH_TRY(kith_exchange_agree(run->exchange, run->record ? kith_record_commit(ctx, run->record) : KITH_OK, NULL));
    const uint64_t identity = run->record ? kith_record_identity(run->record) : 0;
    KITH_TRY(kith_saving_save(ctx, run->saving, &run->engine, identity, &saved));
    run->saved = kith_now();
    run->progress.saved = true;
    return KITH_OK;
}

static kith_status check_data(kith_ctx *ctx, const kith_run *run, const kith_saved *saved)
{
    if (!run->data || kith_exchange_place(run->exchange)->worker != 0 || kith_data_digest(run->data) == saved->data)
        return KITH_OK;
    return kith_fail(ctx, KITH_EDATA,
                     "%s: the data that %s reads is not what it was when the run began; put the "
                     "former files back, or begin anew with --overwrite",
                     run->folder, run->chosen[DATASET].plugin->id);
}

static kith_status load(kith_ctx *ctx, kith_run *run)
{
    kith_saved saved;
    KITH_TRY(kith_saving_load(ctx, run->saving, &run->engine, &saved));
    KITH_TRY(kith_exchange_agree(run->exchange, check_data(ctx, run, &saved), NULL));
    kith_progress *p = &run->progress;
    p->round = saved.round;
    p->virtual_time = saved.virtual_time;
    p->train_loss = saved.train_loss;
    p->test_loss = saved.test_loss;
    p->test_accuracy = saved.test_accuracy;
    p->exploitability = saved.exploitability;
    p->saved = true;
    run->started -= saved.wall;
    run->trained = saved.trained;
    run->tested = saved.tested;
    run->moved = saved.moved;
    if (p->targets) memcpy(run->target, saved.target, p->targets * sizeof *run->target);
    return KITH_OK;
}

/* By the clock of worker 0, so that all agree; when a checkpoint is written changes no result. */
static kith_status save_due(kith_run *run, bool stop, bool *due)
{
    const kith_checkpoint_config *c = &run->checkpoint;
    *due = (stop && c->on_stop) || (c->every && run->progress.round % (uint64_t)c->every == 0);
    if (*due || stop || c->seconds <= 0.0) return KITH_OK;
    *due = kith_exchange_place(run->exchange)->worker == 0 && kith_now() - run->saved >= c->seconds;
    return kith_exchange_agree(run->exchange, KITH_OK, due);
}

static kith_status open_learning(kith_ctx *ctx, kith_run *run)
{
    KITH_TRY(open_data(ctx, run));
    KITH_TRY(kith_data_facts(ctx, run->data, run->fact, MOST_FACTS, &run->facts));
    KITH_TRY(open_model(ctx, run));
    return open_engine(ctx, run);
}

static kith_status open_play(kith_ctx *ctx, kith_run *run)
{
    const uint64_t seed = kith_run_seed(&run->run, run->run.seed_init), rounds = (uint64_t)run->run.rounds;
    KITH_TRY(create(ctx, run, GAME, (kith_setting){.seed = seed, .rounds = rounds}));
    KITH_TRY(create(ctx, run, ALGORITHM, (kith_setting){.seed = seed, .rounds = rounds}));
    const kith_engine_setup about = {.exchange = run->exchange,
                                     .config = run->config,
                                     .run = &run->run,
                                     .population = &run->population,
                                     .mappo = &run->mappo,
                                     .eval = &run->eval,
                                     .algorithm = &run->chosen[ALGORITHM],
                                     .game = &run->chosen[GAME],
                                     .deal = run->options.deal};
    return run->type->open(ctx, &about, &run->engine);
}

kith_status kith_run_open(kith_ctx *ctx, kith_run *run, kith_exchange *exchange)
{
    run->exchange = exchange;
    run->started = run->saved = kith_now();
    kith_calls_round(KITH_NO_ROUND);
    KITH_TRY(kith_exchange_traffic_total(exchange, &run->before));
    KITH_TRY(open_saving(ctx, run));
    if (kith_run_finished(run)) return KITH_OK;
    if (run->resumption == KITH_RESUME_NONE) run->options.resume = false;
    KITH_TRY(run->type->plays ? open_play(ctx, run) : open_learning(ctx, run));
    KITH_TRY(kith_exchange_agree(exchange, check_saving(ctx, run), NULL));
    const bool resumed = run->options.resume && run->resumption == KITH_RESUME_ROUND;
    if (resumed) {
        KITH_TRY(load(ctx, run));
        return open_record(ctx, run);
    }
    if (run->data) KITH_TRY(save_partition(ctx, run));
    KITH_TRY(open_record(ctx, run));
    KITH_TRY(kith_exchange_agree(exchange, record_facts(ctx, run), NULL));
    kith_calls_round(0);
    kith_status status = measure(ctx, run);
    if (status == KITH_OK && run->record) status = kith_record_settle(ctx, run->record);
    return kith_exchange_agree(exchange, status, NULL);
}

kith_status kith_run_deal(kith_ctx *ctx, kith_run *run, kith_exchange *exchange, kith_data **out)
{
    run->exchange = exchange;
    if (run->type->plays)
        return kith_config_refuse(ctx, run->config, "run", "algorithm",
                                  "its policies play a game; there is no data to deal");
    KITH_TRY(open_data(ctx, run));
    *out = run->data;
    return KITH_OK;
}

/* ---- stepping ---- */

static bool measure_due(const kith_run *run)
{
    const uint64_t round = run->progress.round, trained = (uint64_t)run->run.rounds;
    const uint64_t post_every = (uint64_t)run->decentralized.post_every;
    if (round == trained) return true;
    if (round > trained && post_every) return (round - trained) % post_every == 0;
    return run->eval.every && round % (uint64_t)run->eval.every == 0;
}

kith_status kith_run_step(kith_ctx *ctx, kith_run *run, bool *stop, bool *done)
{
    kith_progress *p = &run->progress;
    const double begun = kith_now();
    kith_calls_round(p->round);
    KITH_TRY(run->engine.round(ctx, run->engine.self));
    run->trained += kith_now() - begun;
    p->round++;
    p->virtual_time = run->engine.virtual_time(run->engine.self);
    p->evaluated = p->saved = false;
    *done = p->round == p->rounds;
    kith_calls_round(p->round);
    kith_status status = *done || measure_due(run) ? measure(ctx, run) : KITH_OK;
    if (status == KITH_OK && run->record) status = kith_record_settle(ctx, run->record);
    KITH_TRY(kith_exchange_agree(run->exchange, status, stop));
    if (*done || !run->saving || !run->engine.save) return KITH_OK;
    bool saving = false;
    KITH_TRY(save_due(run, *stop, &saving));
    return saving ? save(ctx, run) : KITH_OK;
}

bool kith_run_finished(const kith_run *run)
{
    return run->saving && run->options.resume && run->resumption == KITH_RESUME_FINISHED;
}

bool kith_run_resumed(const kith_run *run)
{
    return run->options.resume;
}

const kith_progress *kith_run_progress(const kith_run *run)
{
    return &run->progress;
}

const kith_fact *kith_run_facts(const kith_run *run, size_t *count)
{
    *count = run->facts;
    return run->fact;
}

static kith_status record_histogram(void *arg, const char *name, const double *value, size_t bins)
{
    const sink *s = arg;
    return kith_record_histogram(s->ctx, s->run->record, name, value, bins);
}

static kith_status list_flipped(kith_ctx *ctx, const kith_run *run, size_t nodes, bool **out)
{
    if (kith_data_flipped(run->data) == 0) return KITH_OK;
    KITH_TRY(KITH_ALLOC(ctx, "learners", nodes, out));
    for (size_t i = 0; i < nodes; i++)
        (*out)[i] = kith_data_is_flipped(run->data, i);
    return KITH_OK;
}

static kith_status record_graph(kith_ctx *ctx, kith_run *run)
{
    kith_last_graph graph = {.nodes = 0};
    bool *flipped = NULL;
    if (!run->engine.graph) return KITH_OK;
    KITH_TRY(run->engine.graph(ctx, run->engine.self, &graph));
    if (graph.nodes == 0) return KITH_OK;
    KITH_TRY(list_flipped(ctx, run, graph.nodes, &flipped));
    graph.flipped = flipped;
    const kith_status status = kith_record_graph(ctx, run->record, &graph);
    kith_free(flipped);
    return status;
}

static size_t model_length(const kith_run *run)
{
    return run->engine.length ? run->engine.length(run->engine.self) : run->dimension;
}

/* Drawing a long plan once more is not worth waiting for, if somebody asked to stop: the run is whole without. */
static kith_status record_histograms(kith_ctx *ctx, kith_run *run)
{
    sink s = {.ctx = ctx, .run = run};
    if (!run->engine.histograms) return KITH_OK;
    const kith_status status = run->engine.histograms(ctx, run->engine.self, run->progress.round, record_histogram, &s);
    if (status != KITH_ESTOPPED) return status;
    kith_ctx_forget(ctx);
    kith_note(ctx, "asked to stop: histograms of who took part in %llu rounds were left out",
              (unsigned long long)run->progress.round);
    return KITH_OK;
}

static kith_status write_results(kith_ctx *ctx, kith_run *run, const char *status, const char *message)
{
    if (!run->record) return KITH_OK;
    if (!strcmp(status, "failed")) return kith_record_finish(ctx, run->record, status, message);
    char path[FOLDER_SIZE + 16];
    snprintf(path, sizeof path, "%s/model.npy", run->folder);
    KITH_TRY(record_histograms(ctx, run));
    KITH_TRY(record_graph(ctx, run));
    KITH_TRY(kith_npy_write(ctx, path, run->engine.model(run->engine.self), model_length(run)));
    if (run->engine.leave) KITH_TRY(run->engine.leave(ctx, run->engine.self, run->folder));
    KITH_TRY(kith_record_finish(ctx, run->record, status, message));
    /* last, so that whatever happens before can be resumed */
    return strcmp(status, "done") ? KITH_OK : kith_saving_clear(ctx, run->saving);
}

kith_status kith_run_finish(kith_ctx *ctx, kith_run *run, const char *status, const char *message)
{
    if (run->engine.prepare && strcmp(status, "failed") != 0) KITH_TRY(run->engine.prepare(ctx, run->engine.self));
    return kith_exchange_agree(run->exchange, write_results(ctx, run, status, message), NULL);
}

kith_status kith_run_enter_failed(kith_ctx *ctx, kith_run *run, const char *message)
{
    if (!run->record) KITH_TRY(enter(ctx, run, true, false));
    return kith_record_finish(ctx, run->record, "failed", message);
}

const char *kith_run_folder(const kith_run *run)
{
    return run->options.record ? run->folder : "";
}

const kith_real *kith_run_model(const kith_run *run, size_t *dimension)
{
    *dimension = model_length(run);
    return run->engine.model(run->engine.self);
}

const kith_engine *kith_run_engine(const kith_run *run)
{
    return &run->engine;
}

void kith_run_close(kith_run *run)
{
    if (!run) return;
    if (run->record) kith_record_close(run->record);
    kith_measures_close(run->measures);
    kith_saving_close(run->saving);
    if (run->evaluator) kith_evaluator_close(run->evaluator);
    kith_free(run->target);
    if (run->engine.close) run->engine.close(run->engine.self);
    if (run->dealer) kith_dealer_destroy(run->dealer);
    if (run->trainer) kith_trainer_close(run->trainer);
    if (run->data) kith_data_close(run->data);
    for (size_t c = 0; c < CHOICES; c++)
        kith_instance_close(&run->chosen[c]);
    kith_free(run->blocks);
    kith_free(run);
}
