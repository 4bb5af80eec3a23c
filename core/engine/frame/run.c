#include "engine/frame/frame.h"

#include "base/call.h"
#include "base/now.h"
#include "base/headway.h"
#include "base/stop.h"
#include "plugin/opener.h"

#include <kith/topology.h>

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool recording(const kith_run *run)
{
    return run->options.record && kith_exchange_place(run->exchange)->worker == 0;
}

/* ---- opening ---- */

/* [all] What is left is read before anybody takes more of it. */
static kith_status tell_memory(const kith_run *run, kith_setting *setting)
{
    const uint64_t left = kith_memory_available();
    setting->memory = left == UINT64_MAX ? 0 : left;
    setting->workers = kith_exchange_place(run->exchange)->locals;
    setting->worker = kith_exchange_place(run->exchange)->local;
    return kith_exchange_agree(run->exchange, KITH_OK, NULL);
}

static kith_status create(kith_ctx *ctx, kith_run *run, kith_choice which, kith_setting setting)
{
    setting.size = sizeof setting;
    if (which == KITH_CHOSEN_DATASET || which == KITH_CHOSEN_MODEL) KITH_TRY(tell_memory(run, &setting));
    kith_status status = kith_instance_create(ctx, &run->chosen[which], &setting);
    return kith_exchange_agree(run->exchange, status, NULL);
}

static kith_status open_data(kith_ctx *ctx, kith_run *run)
{
    const size_t learners = (size_t)run->run.learners;
    const uint64_t seed = kith_run_seed(&run->run, run->run.seed_data);
    kith_headway_begin("reading the data");
    KITH_TRY(create(ctx, run, KITH_CHOSEN_DATASET, (kith_setting){.learners = learners, .seed = seed}));
    return kith_data_open(ctx, run->exchange, run->config, &run->chosen[KITH_CHOSEN_DATASET], &run->data_config,
                          &run->partition, learners, seed, &run->data);
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
    const char *model = run->chosen[KITH_CHOSEN_MODEL].plugin->id;
    return kith_fail(ctx, KITH_EMEMORY,
                     "%s: run.model = %s: its %zu parameters fill %.3g GB once, and this machine has %.3g; make it "
                     "smaller by the keys of [%s]",
                     kith_config_source(run->config, "run", "model"), model, run->dimension, 1e-9 * bytes,
                     1e-9 * (double)pages * (double)size, model);
}

static kith_status count_parameters(kith_ctx *ctx, kith_run *run)
{
    const kith_instance *model = &run->chosen[KITH_CHOSEN_MODEL];
    KITH_TRY_VOID(ctx, model->plugin->id, "dimension", KITH_NOBODY,
                  run->dimension = ((const kith_model *)model->plugin->ops)->dimension(model->self));
    return KITH_OK;
}

static kith_status open_model(kith_ctx *ctx, kith_run *run)
{
    const kith_shape *shape = kith_data_shape(run->data);
    const size_t learners = (size_t)run->run.learners;
    kith_headway_begin("making the model");
    KITH_TRY(create(
        ctx, run, KITH_CHOSEN_MODEL,
        (kith_setting){.learners = learners, .seed = kith_run_seed(&run->run, run->run.seed_init), .shape = shape}));
    const kith_instance *model = &run->chosen[KITH_CHOSEN_MODEL];
    kith_status status = count_parameters(ctx, run);
    if (status == KITH_OK) status = check_dimension(ctx, run);
    if (status == KITH_OK) status = kith_model_blocks(ctx, model, run->dimension, &run->blocks, &run->block_count);
    KITH_TRY(kith_exchange_agree(run->exchange, status, NULL));
    const kith_trainer_setup setup = {.model = model,
                                      .data = run->data,
                                      .local = &run->local,
                                      .dimension = run->dimension,
                                      .round = &run->progress.round,
                                      .largest = kith_data_largest(run->data),
                                      .server = run->type->servers > 0,
                                      .seed = kith_run_seed(&run->run, run->run.seed_batches)};
    return kith_exchange_agree(run->exchange, kith_trainer_open(ctx, &setup, &run->trainer), NULL);
}

kith_status kith_run_open_model(kith_ctx *ctx, kith_run *run, kith_exchange *exchange)
{
    run->exchange = exchange;
    kith_calls_round(KITH_NO_ROUND);
    KITH_TRY(open_data(ctx, run));
    KITH_TRY(open_model(ctx, run));
    return kith_queues_create(ctx, exchange, &run->queues);
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
    const kith_instance *topology = &run->chosen[KITH_CHOSEN_TOPOLOGY],
                        *algorithm = &run->chosen[KITH_CHOSEN_ALGORITHM];
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

static void tell_clock(kith_run *run)
{
    const kith_engine *e = &run->engine;
    run->progress.virtual_time = e->virtual_time ? e->virtual_time(e->self) : NAN;
    run->progress.steps = e->steps ? e->steps(e->self) : NAN;
}

static kith_status open_engine(kith_ctx *ctx, kith_run *run)
{
    const size_t learners = (size_t)run->run.learners;
    const uint64_t seed = kith_run_seed(&run->run, run->run.seed_participation);
    const kith_opener opener = kith_opener_of(run->registry);
    kith_headway_begin("making the graph and the learners");
    KITH_TRY(create(ctx, run, KITH_CHOSEN_TOPOLOGY,
                    (kith_setting){.learners = learners + run->type->servers,
                                   .dimension = run->dimension,
                                   .seed = seed,
                                   .rounds = (uint64_t)run->run.rounds,
                                   .opener = &opener,
                                   .blocks = run->blocks,
                                   .block_count = run->block_count}));
    const kith_local_steps local = {.optimizer = (kith_optimizer)run->local.optimizer,
                                    .momentum = run->local.momentum,
                                    .weight_decay = run->local.weight_decay};
    KITH_TRY(create(ctx, run, KITH_CHOSEN_ALGORITHM,
                    (kith_setting){.learners = learners,
                                   .dimension = run->dimension,
                                   .seed = seed,
                                   .shape = kith_data_shape(run->data),
                                   .local = &local,
                                   .opener = &opener,
                                   .arrivals = run->type->arrivals ? run->type->arrivals(run->own) : 0,
                                   .blocks = run->blocks,
                                   .block_count = run->block_count}));
    KITH_TRY(kith_exchange_agree(run->exchange, check_requirements(ctx, run), NULL));
    KITH_TRY(kith_queues_create(ctx, run->exchange, &run->queues));
    const kith_engine_setup setup = {.exchange = run->exchange,
                                     .queues = run->queues,
                                     .config = run->config,
                                     .run = &run->run,
                                     .attack = &run->attack,
                                     .server = &run->server,
                                     .local = &run->local,
                                     .own = run->own,
                                     .eval = &run->eval,
                                     .algorithm = &run->chosen[KITH_CHOSEN_ALGORITHM],
                                     .model = &run->chosen[KITH_CHOSEN_MODEL],
                                     .topology = &run->chosen[KITH_CHOSEN_TOPOLOGY],
                                     .registry = run->registry,
                                     .blocks = run->blocks,
                                     .block_count = run->block_count,
                                     .initial = &run->initial,
                                     .data = run->data,
                                     .trainer = run->trainer,
                                     .dimension = run->dimension,
                                     .deal = run->options.deal};
    KITH_TRY(kith_run_open_initial(ctx, run));
    const kith_status status = run->type->open(ctx, &setup, &run->engine);
    kith_initial_close(&run->initial);
    KITH_TRY(status);
    KITH_TRY(kith_exchange_agree(run->exchange, kith_run_check_keeping(ctx, run), NULL));
    tell_clock(run);
    run->progress.rounds += run->engine.extra;
    const kith_evaluator_setup tests = {.exchange = run->exchange,
                                        .queues = run->queues,
                                        .data = run->data,
                                        .trainer = run->trainer,
                                        .lane = (size_t)run->eval.lane};
    KITH_TRY(kith_evaluator_open(ctx, &tests, &run->evaluator));
    return kith_measures_open(ctx, &setup, &run->engine, &run->eval, run->data_config.validation > 0.0, &run->measures);
}

/* Where each plugin that is in use came from. */
static void tell_plugins(const kith_run *run, const char *before, const char *between, const char *after, FILE *out)
{
    kith_used used;
    char whole[PATH_MAX];
    for (size_t i = 0; kith_registry_used(run->registry, i, &used); i++)
        fprintf(out, "%splugin.%s%s%s %s, %s, digest %016llx%s", before, used.plugin->id, between,
                kith_kind_name(used.plugin->kind), used.plugin->version, realpath(used.path, whole) ? whole : used.path,
                (unsigned long long)used.digest, after);
}

/* Lines; of a run that is resumed the one line that is added to them. */
static kith_status describe(kith_ctx *ctx, const kith_run *run, bool resume, char **text)
{
    const kith_place *place = kith_exchange_place(run->exchange);
    const unsigned long long init = run->initial.digest;
    size_t size = 0;
    FILE *out = open_memstream(text, &size);
    if (out && resume) {
        fprintf(out, "%zu workers in %zu domains", place->workers, place->domains);
        if (init) fprintf(out, ", run.init %016llx", init);
        tell_plugins(run, ", ", " ", "", out);
    } else if (out) {
        fputs(run->options.environment ? run->options.environment : "", out);
        if (init) fprintf(out, "init=%016llx\n", init);
        tell_plugins(run, "", "=", "\n", out);
    }
    if (out && fclose(out) == 0) return KITH_OK;
    return kith_fail(ctx, KITH_EMEMORY, "the record: no memory for what made the run");
}

static kith_status enter(kith_ctx *ctx, kith_run *run, bool overwrite, bool resume)
{
    char *environment = NULL;
    KITH_TRY(describe(ctx, run, resume, &environment));
    const kith_record_setup setup = {.folder = run->folder,
                                     .name = run->options.name ? run->options.name : "run",
                                     .algorithm = run->chosen[KITH_CHOSEN_ALGORITHM].plugin->id,
                                     .environment = environment,
                                     .seed = (uint64_t)run->run.seed,
                                     .overwrite = overwrite,
                                     .collected = run->options.collected,
                                     .resume = resume,
                                     .from_start = resume && run->resumption == KITH_RESUME_START,
                                     .round = run->progress.round};
    const kith_status status = kith_record_open(ctx, &setup, run->config, &run->record);
    free(environment);
    return status;
}

/* All plugins are open by now, so that all that they declare is known. */
static kith_status record_declared(kith_ctx *ctx, kith_run *run)
{
    kith_metric *all = NULL, one;
    size_t count = 0;
    while (kith_registry_metric(run->registry, count, &one))
        count++;
    KITH_TRY(KITH_ALLOC(ctx, "what plugins declare", count + 1, &all));
    for (size_t i = 0; i < count; i++)
        (void)kith_registry_metric(run->registry, i, &all[i]);
    const kith_status status = kith_record_declared(ctx, run->record, all, count);
    kith_free(all);
    return status;
}

static kith_status open_record(kith_ctx *ctx, kith_run *run)
{
    kith_status status = KITH_OK;
    if (recording(run)) {
        status = enter(ctx, run, run->options.overwrite, run->options.resume);
        if (status == KITH_OK) status = record_declared(ctx, run);
        if (status == KITH_OK && run->recording.tensorboard) status = kith_record_follow(ctx, run->record);
    }
    KITH_TRY(kith_exchange_agree(run->exchange, status, NULL));
    return kith_run_check_shared(ctx, run);
}

/* ---- checkpoints ---- */

static kith_status open_saving(kith_ctx *ctx, kith_run *run)
{
    const kith_saving_setup setup = {.exchange = run->exchange,
                                     .config = run->config,
                                     .checkpoint = &run->checkpoint,
                                     .folder = run->folder,
                                     .build = run->options.build,
                                     .registry = run->registry,
                                     .other_plugins = run->options.other_plugins};
    if (!run->options.record) return KITH_OK;
    KITH_TRY(kith_saving_open(ctx, &setup, &run->saving));
    return run->options.resume ? kith_saving_find(ctx, run->saving, &run->resumption) : KITH_OK;
}

/* An engine that cannot save yet must not seem to. */
static kith_status check_saving(kith_ctx *ctx, const kith_run *run)
{
    if (run->engine.save || !run->saving) return KITH_OK;
    const kith_plugin *algorithm = run->chosen[KITH_CHOSEN_ALGORITHM].plugin;
    const char *role = kith_role_name(algorithm->role);
    if (run->options.resume)
        return kith_config_refuse(ctx, run->config, "run", "algorithm", "runs of %s algorithms cannot be resumed",
                                  role);
    if (run->checkpoint.every)
        return kith_config_refuse(ctx, run->config, "checkpoint", "every",
                                  "%s algorithms cannot write checkpoints; set it to 0", role);
    return KITH_OK;
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
    const uint64_t seed = kith_run_seed(&run->run, run->run.seed_init);
    kith_headway_begin("making the game");
    KITH_TRY(create(ctx, run, KITH_CHOSEN_GAME, (kith_setting){.seed = seed}));
    KITH_TRY(create(ctx, run, KITH_CHOSEN_ALGORITHM, (kith_setting){.seed = seed}));
    const kith_engine_setup setup = {.exchange = run->exchange,
                                     .config = run->config,
                                     .run = &run->run,
                                     .own = run->own,
                                     .eval = &run->eval,
                                     .algorithm = &run->chosen[KITH_CHOSEN_ALGORITHM],
                                     .game = &run->chosen[KITH_CHOSEN_GAME],
                                     .deal = run->options.deal};
    KITH_TRY(run->type->open(ctx, &setup, &run->engine));
    tell_clock(run);
    return KITH_OK;
}

/* By what only opening could tell. */
static void note_unread(kith_ctx *ctx, kith_run *run)
{
    const kith_truths learned = run->engine.truths;
    run->truths.known |= learned.known;
    run->truths.holds = (run->truths.holds & ~learned.known) | learned.holds;
    if (run->data) kith_truths_set(&run->truths, KITH_IS_TEST, kith_data_test_size(run->data) > 0);
    if (run->data) kith_truths_set(&run->truths, KITH_IS_CLASSES, kith_data_shape(run->data)->targets == 0);
    kith_config_note_unread(ctx, run->config, run->truths);
}

/* [all] Whether or not this worker has given up, it has agreed on that. The status is the run's. */
static kith_status end_patience(kith_ctx *ctx, kith_run *run, kith_status status)
{
    kith_stop_patience(INFINITY);
    kith_headway_begin(NULL);
    if (status != KITH_ESTOPPED) return status;
    run->progress.given_up = true;
    kith_ctx_forget(ctx);
    return kith_fail(ctx, KITH_ESTOPPED, "stopped before a round began");
}

static kith_status open_run(kith_ctx *ctx, kith_run *run, kith_exchange *exchange)
{
    run->exchange = exchange;
    run->started = run->saved = kith_now();
    kith_calls_round(KITH_NO_ROUND);
    KITH_TRY(kith_exchange_traffic_total(exchange, &run->before));
    KITH_TRY(kith_run_check_alike(ctx, run));
    KITH_TRY(open_saving(ctx, run));
    if (kith_run_finished(run)) {
        if (kith_exchange_place(exchange)->worker == 0) kith_record_tidy(run->folder);
        return KITH_OK;
    }
    if (run->resumption == KITH_RESUME_NONE) run->options.resume = false;
    KITH_TRY(run->type->plays ? open_play(ctx, run) : open_learning(ctx, run));
    note_unread(ctx, run);
    KITH_TRY(kith_run_check_alike(ctx, run)); /* plugins that others opened, too */
    KITH_TRY(kith_exchange_agree(exchange, check_saving(ctx, run), NULL));
    KITH_TRY(kith_exchange_agree(exchange, kith_run_check_longer(ctx, run), NULL));
    const bool resumed = run->options.resume && run->resumption == KITH_RESUME_ROUND;
    if (resumed) {
        KITH_TRY(kith_run_load(ctx, run));
        tell_clock(run);
        KITH_TRY(open_record(ctx, run));
        return kith_saving_settle(ctx, run->saving, run->progress.round);
    }
    if (run->data) KITH_TRY(save_partition(ctx, run));
    KITH_TRY(open_record(ctx, run));
    KITH_TRY(kith_exchange_agree(exchange, kith_run_record_facts(ctx, run), NULL));
    kith_calls_round(0);
    kith_status status = kith_run_evaluate(ctx, run, true);
    if (status == KITH_OK && run->record) status = kith_record_settle(ctx, run->record);
    return kith_exchange_agree(exchange, status, NULL);
}

kith_status kith_run_open(kith_ctx *ctx, kith_run *run, kith_exchange *exchange)
{
    kith_stop_by(run->options.stopping);
    kith_stop_patience(run->checkpoint.patience);
    return end_patience(ctx, run, open_run(ctx, run, exchange));
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

static bool record_due(const kith_run *run)
{
    return run->recording.every && run->progress.round % (uint64_t)run->recording.every == 0;
}

static bool tests_due(const kith_run *run)
{
    const uint64_t round = run->progress.round, trained = (uint64_t)run->run.rounds;
    if (round == trained) return true;
    if (round > trained && run->engine.extra_every) return (round - trained) % run->engine.extra_every == 0;
    return run->eval.every && round % (uint64_t)run->eval.every == 0;
}

static kith_status step(kith_ctx *ctx, kith_run *run, bool *stop, bool *done)
{
    kith_progress *p = &run->progress;
    const double begun = kith_now();
    kith_calls_round(p->round);
    const kith_status made = run->engine.round(ctx, run->engine.self);
    if (made == KITH_ESTOPPED) p->round++; /* it is within that one */
    KITH_TRY(made);
    run->trained += kith_now() - begun;
    p->round++;
    tell_clock(run);
    p->evaluated = p->saved = false;
    *done = p->round == p->rounds;
    kith_calls_round(p->round);
    const bool tests = *done || tests_due(run);
    kith_status status = tests || record_due(run) ? kith_run_evaluate(ctx, run, tests) : KITH_OK;
    if (status == KITH_OK) status = kith_run_record_arrivals(ctx, run);
    if (status == KITH_OK && run->record) status = kith_record_settle(ctx, run->record);
    KITH_TRY(kith_exchange_agree(run->exchange, status, stop));
    bool ended = false;
    if (tests && (!*done || run->checkpoint.at_end)) KITH_TRY(kith_run_ends(ctx, run, *done, &ended));
    /* what would have ended a longer run, too, has nothing to go on to */
    const bool kept = run->checkpoint.at_end && p->round == (uint64_t)run->run.rounds && !ended;
    *done |= ended;
    if ((*done && !kept) || !run->saving || !run->engine.save) return KITH_OK;
    bool saving = kept;
    kith_stop_patience(INFINITY);
    if (!kept) KITH_TRY(kith_run_save_due(run, *stop, kith_now() - begun, &saving));
    return saving ? kith_run_save(ctx, run) : KITH_OK;
}

kith_status kith_run_step(kith_ctx *ctx, kith_run *run, bool *stop, bool *done)
{
    kith_stop_patience(run->checkpoint.patience);
    return end_patience(ctx, run, step(ctx, run, stop, done));
}

size_t kith_progress_leading(const kith_progress *p)
{
    for (size_t i = 0; kith_metric_lead(i) < KITH_METRIC_COUNT; i++)
        if (!isnan(p->latest[kith_metric_lead(i)])) return kith_metric_lead(i);
    return KITH_METRIC_COUNT;
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

kith_status kith_run_finish(kith_ctx *ctx, kith_run *run, const char *status, const char *message)
{
    const bool whole = !run->progress.given_up && strcmp(status, "failed") != 0;
    if (run->engine.prepare && whole) KITH_TRY(run->engine.prepare(ctx, run->engine.self));
    if (whole && strcmp(status, "done") == 0) KITH_TRY(kith_run_keep_learners(ctx, run));
    return kith_exchange_agree(run->exchange, kith_run_leave(ctx, run, status, message), NULL);
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
    *dimension = kith_run_length(run);
    return run->engine.model(run->engine.self);
}

kith_status kith_run_measure(kith_ctx *ctx, kith_run *run, kith_measure take, void *arg)
{
    return run->engine.measure(ctx, run->engine.self, true, take, arg);
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
    kith_initial_close(&run->initial);
    if (run->evaluator) kith_evaluator_close(run->evaluator);
    kith_free(run->target);
    if (run->engine.close) run->engine.close(run->engine.self);
    if (run->queues) kith_queues_destroy(run->queues);
    if (run->trainer) kith_trainer_close(run->trainer);
    if (run->data) kith_data_close(run->data);
    for (size_t c = 0; c < KITH_CHOSEN_COUNT; c++)
        kith_instance_close(&run->chosen[c]);
    kith_free(run->blocks);
    kith_free(run->own);
    kith_free(run);
}
