#include "engine/frame/frame.h"
#include "plugin/opener.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Sections that many roles read. Those of roles stand where `data` begins. */
enum { PASS_RUN = 0, PASS_COMMON, PASS_OWN }; /* [run] names the algorithm; a role's own come last */

typedef struct common {
    kith_section section;
    size_t offset; /* in kith_run */
    int pass;
} common;

#define COMMON(name, field, pass, when)                                                                                \
    {                                                                                                                  \
        {#name, kith_##name##_params, &kith_##name##_param_count, when}, offsetof(kith_run, field), pass               \
    }
static const common before[] = {COMMON(run, run, PASS_RUN, NULL), COMMON(attack, attack, PASS_OWN, "@filters"),
                                COMMON(server, server, PASS_OWN, "@filters"),
                                COMMON(local, local, PASS_COMMON, "!@plays")};
static const common after[] = {COMMON(data, data_config, PASS_COMMON, "!@plays"),
                               COMMON(partition, partition, PASS_COMMON, "!@plays"),
                               COMMON(eval, eval, PASS_COMMON, NULL),
                               COMMON(record, recording, PASS_COMMON, NULL),
                               COMMON(checkpoint, checkpoint, PASS_COMMON, NULL),
                               COMMON(learners, keeping, PASS_COMMON, "@federated || @decentralized")};
enum { BEFORE = sizeof before / sizeof before[0], AFTER = sizeof after / sizeof after[0] };

/* The section of that name that a role brings; NULL where it brings none. */
static const kith_role_section *section_of(const kith_engine_type *type, const char *name)
{
    for (size_t i = 0; i < type->section_count; i++)
        if (!strcmp(type->sections[i].section.name, name)) return &type->sections[i];
    return NULL;
}

/* The i-th section of roles, each counted once. */
static bool role_section(size_t i, kith_section *out)
{
    const kith_engine_type *type = NULL;
    for (size_t t = 0; (type = kith_engine_at(t)); t++) {
        for (size_t s = 0; s < type->section_count; s++) {
            bool known = false;
            for (size_t k = 0; k < t && !known; k++)
                known = section_of(kith_engine_at(k), type->sections[s].section.name) != NULL;
            if (known || i--) continue;
            *out = type->sections[s].section;
            return true;
        }
    }
    return false;
}

bool kith_run_section(size_t i, kith_section *out)
{
    size_t roles = 0;
    if (i < BEFORE) *out = before[i].section;
    if (i < BEFORE || role_section(i - BEFORE, out)) return true;
    while (role_section(roles, out))
        roles++;
    i -= BEFORE + roles;
    if (i < AFTER) *out = after[i].section;
    return i < AFTER;
}

/* Binds a section to a place where the run reads it, and else to none. */
static kith_status bind_section(kith_ctx *ctx, kith_run *run, const kith_section *s, bool used, void *place)
{
    KITH_TRY(kith_config_bind(ctx, run->config, s->name, s->params, *s->count, used, used ? place : NULL));
    kith_config_wait(run->config, s->name, s->when, NULL, false);
    return KITH_OK;
}

static kith_status bind_common(kith_ctx *ctx, kith_run *run, const common *list, size_t count, int pass)
{
    for (size_t i = 0; i < count; i++) {
        const kith_section *s = &list[i].section;
        if (list[i].pass != pass) continue;
        KITH_TRY(bind_section(ctx, run, s, kith_when_holds(s->when, run->truths), (char *)run + list[i].offset));
    }
    return KITH_OK;
}

/* What [clock] has stood in [participation] once. */
static kith_status check_moved(kith_ctx *ctx, const kith_run *run, const kith_section *s)
{
    if (strcmp(s->name, "clock") != 0) return KITH_OK;
    for (size_t i = 0; i < *s->count; i++) {
        const char *key = s->params[i].key, *at = kith_config_given_at(run->config, "participation", key);
        if (at)
            return kith_fail(ctx, KITH_ECONFIG, "%s: participation.%s is clock.%s now; write it there", at, key, key);
    }
    return KITH_OK;
}

static kith_status bind_own(kith_ctx *ctx, kith_run *run)
{
    kith_section s;
    KITH_TRY(KITH_ALLOC(ctx, "settings", run->type->settings_size + 1, (char **)&run->own));
    for (size_t i = 0; role_section(i, &s); i++)
        KITH_TRY(check_moved(ctx, run, &s));
    for (size_t i = 0; role_section(i, &s); i++) {
        const kith_role_section *own = section_of(run->type, s.name);
        KITH_TRY(bind_section(ctx, run, &s, own && kith_when_holds(s.when, run->truths),
                              own ? (char *)run->own + own->offset : NULL));
    }
    return KITH_OK;
}

/* Sections that the role does not read are checked all the same. */
static kith_status bind_sections(kith_ctx *ctx, kith_run *run, int pass)
{
    KITH_TRY(bind_common(ctx, run, before, BEFORE, pass));
    if (pass == PASS_OWN) KITH_TRY(bind_own(ctx, run));
    return bind_common(ctx, run, after, AFTER, pass);
}

static kith_status check_labels(kith_ctx *ctx, const kith_run *run)
{
    const kith_plugin *plugin = run->chosen[KITH_CHOSEN_MODEL].plugin;
    const kith_model *model = plugin->ops;
    if (run->data_config.flipped <= 0.0 || !model->unlabelled) return KITH_OK;
    return kith_config_refuse(
        ctx, run->config, "data", "flipped",
        "the model %s learns without labels, so it makes no difference which are wrong; leave it 0, or "
        "choose another model",
        plugin->id);
}

static kith_status check_smoothing(kith_ctx *ctx, const kith_run *run)
{
    const kith_plugin *plugin = run->chosen[KITH_CHOSEN_MODEL].plugin;
    const kith_model *model = plugin->ops;
    if (run->local.label_smoothing <= 0.0 || model->unlabelled || model->smooths) return KITH_OK;
    return kith_config_refuse(ctx, run->config, "local", "label_smoothing",
                              "the model %s cannot smooth labels; leave it 0, or choose linear, mlp or cnn",
                              plugin->id);
}

static kith_status check_init(kith_ctx *ctx, const kith_run *run)
{
    if (!*run->run.init) return KITH_OK;
    if (run->type->plays)
        return kith_config_refuse(ctx, run->config, "run", "init",
                                  "policies of %s play a game and begin at no model; leave it out",
                                  run->chosen[KITH_CHOSEN_ALGORITHM].plugin->id);
    return KITH_OK;
}

static kith_role_setup role_setup(const kith_run *run)
{
    return (kith_role_setup){.config = run->config,
                             .run = &run->run,
                             .attack = &run->attack,
                             .server = &run->server,
                             .local = &run->local,
                             .algorithm = run->chosen[KITH_CHOSEN_ALGORITHM].plugin,
                             .registry = run->registry,
                             .own = run->own};
}

static kith_status bind_role(kith_ctx *ctx, kith_run *run)
{
    const char *role = kith_role_name(run->type->role);
    KITH_TRY(bind_sections(ctx, run, PASS_OWN));
    const kith_role_setup setup = role_setup(run);
    if (!run->type->filters) KITH_TRY(kith_filterless_check(ctx, run->config, role));
    KITH_TRY(check_init(ctx, run));
    if (!run->type->plays) KITH_TRY(check_labels(ctx, run));
    if (!run->type->plays) KITH_TRY(check_smoothing(ctx, run));
    if (!run->type->plays) KITH_TRY(kith_local_check(ctx, run->config, &run->local));
    return run->type->check ? run->type->check(ctx, &setup) : KITH_OK;
}

typedef struct kind_of {
    kith_kind kind;
    const char *chooser, *key;
    size_t id; /* where in kith_run_config */
} kind_of;

#define KIND_OF(kind, key)                                                                                             \
    {                                                                                                                  \
        kind, "run." #key, #key, offsetof(kith_run_config, key)                                                        \
    }
static const kind_of kinds[KITH_CHOSEN_COUNT] = {KIND_OF(KITH_ALGORITHM, algorithm), KIND_OF(KITH_MODEL, model),
                                                 KIND_OF(KITH_DATASET, dataset), KIND_OF(KITH_TOPOLOGY, topology),
                                                 KIND_OF(KITH_GAME, game)};

static kith_status find_plugin(kith_ctx *ctx, kith_run *run, kith_choice c, const kith_plugin **out)
{
    const kind_of *kind = &kinds[c];
    const char *id = *(const char *const *)(const void *)((const char *)&run->run + kind->id);
    char where[512];
    snprintf(where, sizeof where, "%s: run.%s", kith_config_source(run->config, "run", kind->key), kind->key);
    return kith_registry_find(ctx, run->registry, kind->kind, id, where, out);
}

/* What is known of the run, before it is opened, for conditions of rows and sections. */
static void find_truths(kith_run *run, const kith_plugin *algorithm)
{
    const kith_plugin *model = run->chosen[KITH_CHOSEN_MODEL].plugin, *data = run->chosen[KITH_CHOSEN_DATASET].plugin;
    kith_truths *t = &run->truths;
    kith_truths_set(t, KITH_IS_FEDERATED, algorithm->role == KITH_ROLE_FEDERATED);
    kith_truths_set(t, KITH_IS_DECENTRALIZED, algorithm->role == KITH_ROLE_DECENTRALIZED);
    kith_truths_set(t, KITH_IS_WALK, algorithm->role == KITH_ROLE_WALK);
    kith_truths_set(t, KITH_IS_PLAYS, run->type->plays);
    kith_truths_set(t, KITH_IS_FILTERS, run->type->filters);
    kith_truths_set(t, KITH_IS_OPTIMIZER, false);
    kith_truths_set(t, KITH_IS_CLOCK, false);
    kith_truths_set(t, KITH_IS_REPLAYED, false);
    if (model) kith_truths_set(t, KITH_IS_LABELS, !((const kith_model *)model->ops)->unlabelled);
    if (data) kith_truths_set(t, KITH_IS_GENERATED, ((const kith_dataset *)data->ops)->load == NULL);
    if (run->type->facts) run->type->facts(algorithm, run->chosen[KITH_CHOSEN_GAME].plugin, run->own, t);
}

static kith_status choose_role(kith_ctx *ctx, kith_run *run)
{
    const kith_plugin *algorithm = NULL;
    KITH_TRY(find_plugin(ctx, run, KITH_CHOSEN_ALGORITHM, &algorithm));
    run->type = kith_engine_of(algorithm->role);
    if (!run->type)
        return kith_config_refuse(ctx, run->config, "run", "algorithm",
                                  "it is a %s algorithm, which this build cannot run yet",
                                  kith_role_name(algorithm->role));
    find_truths(run, algorithm);
    KITH_TRY(kith_defaults_prefer(ctx, run, algorithm));
    return bind_sections(ctx, run, PASS_RUN); /* it was bound to find the algorithm, and may have other defaults now */
}

/* A role that plays has a game where others have a model, data and a topology. */
static kith_status choose_plugins(kith_ctx *ctx, kith_run *run)
{
    for (size_t c = 0; c < KITH_CHOSEN_COUNT; c++) {
        const kith_plugin *plugin = NULL;
        if (c != KITH_CHOSEN_ALGORITHM && (c == KITH_CHOSEN_GAME) != run->type->plays) continue;
        KITH_TRY(find_plugin(ctx, run, (kith_choice)c, &plugin));
        KITH_TRY(kith_instance_bind(ctx, run->config, plugin, &run->chosen[c]));
    }
    return KITH_OK;
}

/* Beside a section of the choice itself it is spare: the file serves several. So it is where --set made the choice. */
static void leave_out(kith_run *run, const kith_plugin *plugin)
{
    for (size_t c = 0; c < KITH_CHOSEN_COUNT; c++) {
        const kith_plugin *chosen = run->chosen[c].plugin;
        if (kinds[c].kind != (kith_kind)plugin->kind) continue;
        const bool spare = (chosen && kith_config_mentioned(run->config, chosen->id)) ||
                           !strcmp(kith_config_source(run->config, "run", kinds[c].key), "--set");
        kith_config_wait(run->config, plugin->id, NULL, kinds[c].chooser, spare);
    }
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
        leave_out(run, plugin);
    }
    return KITH_OK;
}

kith_status kith_run_resolve(kith_ctx *ctx, kith_registry *registry, kith_config *config,
                             const kith_run_options *options, kith_run **out)
{
    kith_run *run = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "run", 1, &run));
    run->options = *options;
    run->registry = registry;
    run->config = config;
    for (size_t i = 0; i < KITH_METRIC_COUNT; i++)
        run->progress.latest[i] = NAN;
    kith_registry_begin(registry);
    kith_status status = bind_sections(ctx, run, PASS_RUN);
    if (status == KITH_OK) status = choose_role(ctx, run);
    if (status == KITH_OK) status = bind_sections(ctx, run, PASS_COMMON);
    if (status == KITH_OK && run->eval.target.count > KITH_MOST_TARGETS)
        status = kith_config_refuse(ctx, config, "eval", "target", "a run has at most %d targets", KITH_MOST_TARGETS);
    if (status == KITH_OK) status = kith_run_check_ending(ctx, run);
    if (status == KITH_OK) status = kith_run_check_at_end(ctx, run);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "targets", run->eval.target.count + 1, &run->target);
    if (status == KITH_OK) status = choose_plugins(ctx, run);
    if (status == KITH_OK) status = kith_defaults_check(ctx, run);
    if (status == KITH_OK) status = bind_role(ctx, run);
    if (status == KITH_OK) status = bind_unchosen(ctx, run);
    if (status == KITH_OK) status = kith_config_finish(ctx, config);
    if (status != KITH_OK) {
        kith_run_close(run);
        return status;
    }
    find_truths(run, run->chosen[KITH_CHOSEN_ALGORITHM].plugin);
    kith_config_weigh(config, run->truths);
    kith_config_note_unread(ctx, config, run->truths);
    run->progress.rounds = (uint64_t)run->run.rounds;
    run->best = (double)NAN;
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

/* ---- what others may ask of a resolved run ---- */

/* As if the model had one parameter. */
static kith_status rehearse_topology(kith_ctx *ctx, kith_run *run)
{
    const kith_opener opener = kith_opener_of(run->registry);
    const kith_setting setting = {.size = sizeof setting,
                                  .learners = (size_t)run->run.learners + run->type->servers,
                                  .dimension = 1,
                                  .seed = kith_run_seed(&run->run, run->run.seed_participation),
                                  .rounds = (uint64_t)run->run.rounds,
                                  .opener = &opener};
    return kith_instance_create(ctx, &run->chosen[KITH_CHOSEN_TOPOLOGY], &setting);
}

kith_status kith_run_rehearse(kith_ctx *ctx, kith_run *run)
{
    const kith_role_setup setup = role_setup(run);
    KITH_TRY(kith_config_check_files(ctx, run->config));
    if (run->type->rehearse) KITH_TRY(run->type->rehearse(ctx, &setup));
    return run->type->plays ? KITH_OK : rehearse_topology(ctx, run);
}

bool kith_run_plays(const kith_run *run)
{
    return run->type->plays;
}

const kith_plugin *kith_run_plugin(const kith_run *run, kith_choice choice)
{
    return run->chosen[choice].plugin;
}

void kith_run_give(kith_run *run, kith_choice choice, kith_instance *out)
{
    *out = run->chosen[choice];
    run->chosen[choice] = (kith_instance){.plugin = out->plugin};
}

kith_run_settings kith_run_bound(const kith_run *run)
{
    return (kith_run_settings){.run = &run->run, .own = run->own};
}
