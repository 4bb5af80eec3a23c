#include "engine/run.h"

#include "engine/engine.h"
#include "engine/measures.h"
#include "plugin/inner.h"
#include "record/record.h"

#include <kith/topology.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { FOLDER_SIZE = 4096, MOST_FACTS = 16 };

typedef enum choice { ALGORITHM = 0, MODEL, DATASET, TOPOLOGY, CHOICES } choice;

struct kith_run {
    kith_run_options options;
    kith_registry *registry;
    kith_config *config;
    kith_run_config run;
    kith_local_config local;
    kith_participation_config participation;
    kith_eval_config eval;
    kith_data_config data_config;
    kith_partition_config partition;
    kith_instance chosen[CHOICES];
    char folder[FOLDER_SIZE];

    kith_exchange *exchange;
    kith_dealer *dealer;
    kith_data *data;
    kith_trainer *trainer;
    kith_evaluator *evaluator;
    kith_measures *measures;
    kith_target *target; /* [eval.target.count] */
    const kith_engine_type *type;
    kith_engine engine;
    kith_record *record;
    size_t dimension;
    kith_fact fact[MOST_FACTS]; /* the data set's */
    size_t facts;
    kith_progress progress;
    double started, trained, tested; /* wall clock, s: of the start, in rounds, in evaluations */
};

static double wall_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool recording(const kith_run *run)
{
    return run->options.record && kith_exchange_place(run->exchange)->worker == 0;
}

/* ---- resolving ---- */

const kith_section *kith_run_sections(size_t *count)
{
    static const kith_section sections[] = {
        {"run", kith_run_params, &kith_run_param_count},
        {"local", kith_local_params, &kith_local_param_count},
        {"participation", kith_participation_params, &kith_participation_param_count},
        {"data", kith_data_params, &kith_data_param_count},
        {"partition", kith_partition_params, &kith_partition_param_count},
        {"eval", kith_eval_params, &kith_eval_param_count},
    };
    *count = sizeof sections / sizeof sections[0];
    return sections;
}

static kith_status bind_sections(kith_ctx *ctx, kith_run *run)
{
    void *const target[] = {&run->run,         &run->local,     &run->participation,
                            &run->data_config, &run->partition, &run->eval};
    size_t count = 0;
    const kith_section *section = kith_run_sections(&count);
    for (size_t i = 0; i < count; i++)
        KITH_TRY(kith_config_bind(ctx, run->config, section[i].name, section[i].params, *section[i].count, true, target[i]));
    kith_participation_unread(ctx, run->config, &run->participation, &run->local);
    return kith_participation_check(ctx, run->config, &run->participation, &run->local);
}

static kith_status choose_plugins(kith_ctx *ctx, kith_run *run)
{
    static const struct {
        kith_kind kind;
        const char *key;
    } kinds[CHOICES] = {{KITH_ALGORITHM, "algorithm"}, {KITH_MODEL, "model"}, {KITH_DATASET, "dataset"}, {KITH_TOPOLOGY, "topology"}};
    const char *const id[CHOICES] = {run->run.algorithm, run->run.model, run->run.dataset, run->run.topology};
    for (size_t c = 0; c < CHOICES; c++) {
        char where[512];
        snprintf(where, sizeof where, "%s: run.%s", kith_config_source(run->config, "run", kinds[c].key), kinds[c].key);
        const kith_plugin *plugin = NULL;
        KITH_TRY(kith_registry_find(ctx, run->registry, kinds[c].kind, id[c], where, &plugin));
        KITH_TRY(kith_instance_bind(ctx, run->config, plugin, &run->chosen[c]));
    }
    const kith_plugin *algorithm = run->chosen[ALGORITHM].plugin;
    run->type = kith_engine_of(algorithm->role);
    if (run->type) return KITH_OK;
    return kith_config_refuse(ctx, run->config, "run", "algorithm", "it is a %s algorithm, which this build cannot run yet",
                              kith_role_name(algorithm->role));
}

/* Sections of plugins that exist but are not chosen are checked all the same: one file serves several algorithms. */
static kith_status bind_unchosen(kith_ctx *ctx, kith_run *run)
{
    const kith_listing *list = NULL;
    size_t count = 0;
    if (!kith_config_unbound(run->config, 0)) return KITH_OK;
    KITH_TRY(kith_registry_list(ctx, run->registry, &list, &count));
    for (size_t i = 0; kith_config_unbound(run->config, i);) {
        const char *name = kith_config_unbound(run->config, i);
        const kith_plugin *plugin = NULL;
        for (size_t k = 0; k < count && !plugin; k++)
            if (list[k].plugin && !strcmp(list[k].plugin->id, name)) plugin = list[k].plugin;
        if (!plugin) {
            i++;
            continue;
        }
        KITH_TRY(kith_instance_check(ctx, run->config, plugin));
    }
    return KITH_OK;
}

kith_status kith_run_resolve(kith_ctx *ctx, kith_registry *registry, kith_config *config, const kith_run_options *options,
                             kith_run **out)
{
    kith_run *run = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "run", 1, &run));
    run->options = *options;
    run->registry = registry;
    run->config = config;
    run->progress = (kith_progress){.train_loss = NAN, .test_loss = NAN, .test_accuracy = NAN};
    kith_status status = bind_sections(ctx, run);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "targets", run->eval.target.count + 1, &run->target);
    if (status == KITH_OK) status = choose_plugins(ctx, run);
    if (status == KITH_OK) status = bind_unchosen(ctx, run);
    if (status == KITH_OK) status = kith_config_finish(ctx, config);
    if (status != KITH_OK) {
        kith_run_close(run);
        return status;
    }
    run->progress.rounds = (uint64_t)run->run.rounds;
    run->progress.target = run->target;
    run->progress.targets = run->eval.target.count;
    if (*run->run.output) {
        snprintf(run->folder, sizeof run->folder, "%s", run->run.output);
    } else {
        snprintf(run->folder, sizeof run->folder, "runs/%s", options->name ? options->name : "run");
    }
    *out = run;
    return KITH_OK;
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
    return kith_data_open(ctx, run->exchange, run->config, &run->chosen[DATASET], &run->data_config, &run->partition, learners,
                          seed, &run->data);
}

/* Before the record, so that a run which cannot leave its partition leaves nothing. */
static kith_status save_partition(kith_ctx *ctx, kith_run *run)
{
    kith_status status = KITH_OK;
    if (!*run->partition.save) return KITH_OK;
    if (kith_exchange_place(run->exchange)->worker == 0) status = kith_partition_save(ctx, run->data, run->partition.save);
    return kith_exchange_agree(run->exchange, status, NULL);
}

static kith_status open_model(kith_ctx *ctx, kith_run *run)
{
    const kith_shape *shape = kith_data_shape(run->data);
    const size_t learners = (size_t)run->run.learners;
    KITH_TRY(create(ctx, run, MODEL,
                    (kith_setting){.learners = learners,
                                   .seed = kith_run_seed(&run->run, run->run.seed_init),
                                   .shape = shape}));
    const kith_instance *model = &run->chosen[MODEL];
    run->dimension = ((const kith_model *)model->plugin->ops)->dimension(model->self);
    const kith_trainer_about about = {.model = model,
                                      .data = run->data,
                                      .local = &run->local,
                                      .dimension = run->dimension,
                                      .largest = kith_data_largest(run->data),
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
            used += (size_t)snprintf(text + used, size - used, "%s%s (%s)", used ? ", " : "", words[i].word, words[i].meaning);
}

static kith_status check_requirements(kith_ctx *ctx, const kith_run *run)
{
    const kith_instance *topology = &run->chosen[TOPOLOGY], *algorithm = &run->chosen[ALGORITHM];
    const uint32_t promised = ((const kith_topology *)topology->plugin->ops)->properties(topology->self);
    const uint32_t missing = run->type->requires(algorithm->plugin) & ~promised;
    if (!missing) return KITH_OK;
    char words[512];
    name_properties(missing, words, sizeof words);
    return kith_fail(ctx, KITH_ECONFIG, "%s: run.topology = %s: it lacks what %s needs: %s; `kith info` lists the topologies",
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
                                   .opener = &opener}));
    KITH_TRY(create(ctx, run, ALGORITHM,
                    (kith_setting){.learners = learners,
                                   .dimension = run->dimension,
                                   .seed = seed,
                                   .shape = kith_data_shape(run->data)}));
    KITH_TRY(kith_exchange_agree(run->exchange, check_requirements(ctx, run), NULL));
    KITH_TRY(kith_dealer_create(ctx, run->exchange, &run->dealer));
    const kith_engine_about about = {.exchange = run->exchange,
                                     .dealer = run->dealer,
                                     .config = run->config,
                                     .run = &run->run,
                                     .local = &run->local,
                                     .participation = &run->participation,
                                     .algorithm = &run->chosen[ALGORITHM],
                                     .model = &run->chosen[MODEL],
                                     .topology = &run->chosen[TOPOLOGY],
                                     .data = run->data,
                                     .trainer = run->trainer,
                                     .dimension = run->dimension,
                                     .deal = run->options.deal};
    KITH_TRY(run->type->open(ctx, &about, &run->engine));
    KITH_TRY(kith_evaluator_open(ctx, &about, (size_t)run->eval.lane, &run->evaluator));
    return kith_measures_open(ctx, &about, &run->eval, run->data_config.validation > 0.0, &run->measures);
}

static kith_status open_record(kith_ctx *ctx, kith_run *run)
{
    kith_status status = KITH_OK;
    if (recording(run)) {
        const kith_record_about about = {.folder = run->folder,
                                         .name = run->options.name ? run->options.name : "run",
                                         .algorithm = run->chosen[ALGORITHM].plugin->id,
                                         .environment = run->options.environment ? run->options.environment : "",
                                         .seed = (uint64_t)run->run.seed,
                                         .overwrite = run->options.overwrite};
        status = kith_record_open(ctx, &about, run->config, &run->record);
    }
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
    if (!s->run->record) return KITH_OK;
    return kith_record_metric(s->ctx, s->run->record, name, s->run->progress.round, s->run->progress.virtual_time, value);
}

static kith_status record_walls(sink *s)
{
    uint64_t bytes = 0, messages = 0;
    kith_exchange_traffic(s->run->exchange, &bytes, &messages);
    KITH_TRY(record_metric(s, "wall_time", wall_clock() - s->run->started));
    KITH_TRY(record_metric(s, "wall_train_time", s->run->trained));
    KITH_TRY(record_metric(s, "wall_test_time", s->run->tested));
    return record_metric(s, "wall_exchange_bytes", (double)bytes);
}

static kith_status take_targets(kith_run *run, sink *s)
{
    const kith_progress *p = &run->progress;
    const kith_target now = {
        .accuracy = p->test_accuracy, .round = p->round, .bytes = s->bytes, .virtual_time = p->virtual_time};
    return kith_targets_take(&run->eval, run->target, &now, record_metric, s);
}

static kith_status measure(kith_ctx *ctx, kith_run *run)
{
    const double begun = wall_clock();
    kith_score score = {0};
    kith_progress *p = &run->progress;
    KITH_TRY(kith_evaluator_score(run->evaluator, run->engine.model(run->engine.self), &score));
    p->evaluated = true;
    sink s = {.ctx = ctx, .run = run};
    kith_status status = kith_measures_take(ctx, run->measures, run->engine.model(run->engine.self), record_metric, &s);
    run->tested += wall_clock() - begun;
    if (status == KITH_OK && score.count) {
        p->test_loss = score.loss / (double)score.count;
        status = record_metric(&s, "test_loss", p->test_loss);
        if (status == KITH_OK && kith_data_shape(run->data)->classes) {
            p->test_accuracy = (double)score.correct / (double)score.count;
            status = record_metric(&s, "test_accuracy", p->test_accuracy);
        }
    }
    double train_loss = NAN;
    if (status == KITH_OK) status = run->engine.measure(run->engine.self, record_metric, &s, &train_loss);
    if (isfinite(train_loss)) p->train_loss = train_loss;
    if (status == KITH_OK) status = take_targets(run, &s);
    if (status == KITH_OK) status = record_walls(&s);
    if (status == KITH_OK && run->record) status = kith_record_commit(ctx, run->record);
    return status;
}

static kith_status record_facts(kith_ctx *ctx, kith_run *run)
{
    sink s = {.ctx = ctx, .run = run};
    for (size_t i = 0; i < run->facts; i++) KITH_TRY(record_metric(&s, run->fact[i].name, run->fact[i].value));
    return KITH_OK;
}

kith_status kith_run_open(kith_ctx *ctx, kith_run *run, kith_exchange *exchange)
{
    run->exchange = exchange;
    run->started = wall_clock();
    KITH_TRY(open_data(ctx, run));
    KITH_TRY(kith_data_facts(ctx, run->data, run->fact, MOST_FACTS, &run->facts));
    KITH_TRY(open_model(ctx, run));
    KITH_TRY(open_engine(ctx, run));
    KITH_TRY(save_partition(ctx, run));
    KITH_TRY(open_record(ctx, run));
    KITH_TRY(kith_exchange_agree(exchange, record_facts(ctx, run), NULL));
    return kith_exchange_agree(exchange, measure(ctx, run), NULL);
}

kith_status kith_run_deal(kith_ctx *ctx, kith_run *run, kith_exchange *exchange, kith_data **out)
{
    run->exchange = exchange;
    KITH_TRY(open_data(ctx, run));
    *out = run->data;
    return KITH_OK;
}

/* ---- stepping ---- */

kith_status kith_run_step(kith_ctx *ctx, kith_run *run, bool *stop, bool *done)
{
    kith_progress *p = &run->progress;
    const double begun = wall_clock();
    KITH_TRY(run->engine.round(ctx, run->engine.self));
    run->trained += wall_clock() - begun;
    p->round++;
    p->virtual_time = run->engine.virtual_time(run->engine.self);
    p->evaluated = false;
    *done = p->round == p->rounds;
    const bool due = *done || (run->eval.every && p->round % (uint64_t)run->eval.every == 0);
    kith_status status = due ? measure(ctx, run) : KITH_OK;
    KITH_TRY(kith_exchange_agree(run->exchange, status, stop));
    if (*stop && !due) KITH_TRY(kith_exchange_agree(run->exchange, measure(ctx, run), NULL));
    return KITH_OK;
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

static kith_status write_results(kith_ctx *ctx, kith_run *run, const char *status, const char *message)
{
    if (!run->record) return KITH_OK;
    if (!strcmp(status, "failed")) return kith_record_finish(ctx, run->record, status, message);
    char path[FOLDER_SIZE + 16];
    snprintf(path, sizeof path, "%s/model.npy", run->folder);
    sink s = {.ctx = ctx, .run = run};
    if (run->engine.histograms)
        KITH_TRY(run->engine.histograms(ctx, run->engine.self, run->progress.round, record_histogram, &s));
    KITH_TRY(kith_npy_write(ctx, path, run->engine.model(run->engine.self), run->dimension));
    return kith_record_finish(ctx, run->record, status, message);
}

kith_status kith_run_finish(kith_ctx *ctx, kith_run *run, const char *status, const char *message)
{
    return kith_exchange_agree(run->exchange, write_results(ctx, run, status, message), NULL);
}

const char *kith_run_folder(const kith_run *run)
{
    return run->options.record ? run->folder : "";
}

const kith_real *kith_run_model(const kith_run *run, size_t *dimension)
{
    *dimension = run->dimension;
    return run->engine.model(run->engine.self);
}

void kith_run_close(kith_run *run)
{
    if (!run) return;
    if (run->record) kith_record_close(run->record);
    kith_measures_close(run->measures);
    if (run->evaluator) kith_evaluator_close(run->evaluator);
    kith_free(run->target);
    if (run->engine.close) run->engine.close(run->engine.self);
    if (run->dealer) kith_dealer_destroy(run->dealer);
    if (run->trainer) kith_trainer_close(run->trainer);
    if (run->data) kith_data_close(run->data);
    for (size_t c = 0; c < CHOICES; c++) kith_instance_close(&run->chosen[c]);
    kith_free(run);
}
