#include "engine/frame/frame.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const kith_section *kith_run_sections(size_t *count)
{
    static const kith_section sections[] = {
        {"run", kith_run_params, &kith_run_param_count},
        {"attack", kith_attack_params, &kith_attack_param_count},
        {"server", kith_server_params, &kith_server_param_count},
        {"local", kith_local_params, &kith_local_param_count},
        {"participation", kith_participation_params, &kith_participation_param_count},
        {"decentralized", kith_decentralized_params, &kith_decentralized_param_count},
        {"walk", kith_walk_params, &kith_walk_param_count},
        {"population", kith_population_params, &kith_population_param_count},
        {"mappo", kith_learner_params, &kith_learner_param_count},
        {"data", kith_data_params, &kith_data_param_count},
        {"partition", kith_partition_params, &kith_partition_param_count},
        {"eval", kith_eval_params, &kith_eval_param_count},
        {"checkpoint", kith_checkpoint_params, &kith_checkpoint_param_count},
    };
    *count = sizeof sections / sizeof sections[0];
    return sections;
}

static bool clocked(const kith_run *run)
{
    return run->type && run->type->clocked && run->type->clocked(run->chosen[KITH_CHOSEN_ALGORITHM].plugin);
}

/* Sections are bound in three passes: [run], which names the algorithm; those that many roles read; one role's own. */
enum { PASS_RUN = 0, PASS_COMMON, PASS_OWN };
enum {
    BY_PLAYING = 1u << KITH_ROLE_POPULATION,
    BY_LEARNING = 1u << KITH_ROLE_FEDERATED | 1u << KITH_ROLE_DECENTRALIZED | 1u << KITH_ROLE_WALK,
    BY_SENDING = 1u << KITH_ROLE_FEDERATED | 1u << KITH_ROLE_DECENTRALIZED,
    BY_ALL = BY_PLAYING | BY_LEARNING,
};

/* Sections that the role does not read are checked all the same. */
static kith_status bind_sections(kith_ctx *ctx, kith_run *run, int pass, uint32_t role)
{
    const struct {
        void *target;
        int pass;
        unsigned by;
    } to[] = {{&run->run, PASS_RUN, BY_ALL},
              {&run->attack, PASS_OWN, BY_SENDING},
              {&run->server, PASS_OWN, BY_SENDING},
              {&run->local, PASS_COMMON, BY_LEARNING},
              {&run->participation, PASS_OWN, 1u << KITH_ROLE_FEDERATED},
              {&run->decentralized, PASS_OWN, 1u << KITH_ROLE_DECENTRALIZED},
              {&run->walk, PASS_OWN, 1u << KITH_ROLE_WALK},
              {&run->population, PASS_OWN, BY_PLAYING},
              {&run->mappo, PASS_OWN, BY_PLAYING},
              {&run->data_config, PASS_COMMON, BY_LEARNING},
              {&run->partition, PASS_COMMON, BY_LEARNING},
              {&run->eval, PASS_COMMON, BY_ALL},
              {&run->checkpoint, PASS_COMMON, BY_ALL}};
    size_t count = 0;
    const kith_section *section = kith_run_sections(&count);
    if (count != sizeof to / sizeof to[0])
        return kith_fail(ctx, KITH_EINTERNAL, "%zu sections are bound to %zu structs", count, sizeof to / sizeof to[0]);
    for (size_t i = 0; i < count; i++) {
        const bool clock = pass == PASS_OWN && to[i].target == &run->participation && clocked(run);
        const bool used = pass == PASS_RUN || (to[i].by >> role & 1u) || clock;
        if (to[i].pass != pass) continue;
        KITH_TRY(kith_config_bind(ctx, run->config, section[i].name, section[i].params, *section[i].count, used,
                                  used ? to[i].target : NULL));
    }
    return KITH_OK;
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

static kith_status check_init(kith_ctx *ctx, const kith_run *run)
{
    if (!*run->run.init) return KITH_OK;
    if (run->type->plays)
        return kith_config_refuse(ctx, run->config, "run", "init",
                                  "policies of %s play a game and begin at no model; leave it out",
                                  run->chosen[KITH_CHOSEN_ALGORITHM].plugin->id);
    if (run->chosen[KITH_CHOSEN_ALGORITHM].plugin->role != KITH_ROLE_DECENTRALIZED ||
        run->decentralized.init != KITH_INIT_DIFFERENT)
        return KITH_OK;
    return kith_config_refuse(ctx, run->config, "decentralized", "init",
                              "with run.init all learners begin at the model of one file; leave one of them out");
}

static kith_status bind_role(kith_ctx *ctx, kith_run *run)
{
    const kith_plugin *algorithm = run->chosen[KITH_CHOSEN_ALGORITHM].plugin;
    KITH_TRY(bind_sections(ctx, run, PASS_OWN, algorithm->role));
    kith_run_unread(ctx, run->config, run->type->plays, algorithm->id);
    for (size_t c = 0; c < KITH_CHOSEN_COUNT; c++)
        if (run->chosen[c].plugin) kith_choice_unread(ctx, run->config, run->chosen[c].plugin, run->chosen[c].config);
    if (algorithm->role == KITH_ROLE_DECENTRALIZED) kith_gossip_unread(ctx, run->config, &run->run);
    if (BY_SENDING >> algorithm->role & 1u)
        kith_attack_unread(ctx, run->config, &run->attack);
    else
        KITH_TRY(kith_filterless_check(ctx, run->config, kith_role_name(algorithm->role)));
    KITH_TRY(check_init(ctx, run));
    if (run->type->plays) return KITH_OK;
    kith_flips_unread(ctx, run->config, &run->data_config);
    KITH_TRY(check_labels(ctx, run));
    kith_local_unread(ctx, run->config, &run->local, algorithm->id,
                      !run->type->optimizes || run->type->optimizes(algorithm));
    if (clocked(run)) {
        kith_clock_unread(ctx, run->config, &run->participation, &run->local, algorithm->id);
        return kith_clock_check(ctx, run->config, &run->participation, &run->local, &run->decentralized, algorithm->id);
    }
    if (algorithm->role != KITH_ROLE_FEDERATED)
        return kith_clockless_check(ctx, run->config, &run->local, kith_role_name(algorithm->role));
    kith_participation_unread(ctx, run->config, &run->participation, &run->local);
    return kith_participation_check(ctx, run->config, &run->participation, &run->local);
}

typedef struct kind_of {
    kith_kind kind;
    const char *key;
    size_t id; /* where in kith_run_config */
} kind_of;

static const kind_of kinds[KITH_CHOSEN_COUNT] = {{KITH_ALGORITHM, "algorithm", offsetof(kith_run_config, algorithm)},
                                                 {KITH_MODEL, "model", offsetof(kith_run_config, model)},
                                                 {KITH_DATASET, "dataset", offsetof(kith_run_config, dataset)},
                                                 {KITH_TOPOLOGY, "topology", offsetof(kith_run_config, topology)},
                                                 {KITH_GAME, "game", offsetof(kith_run_config, game)}};

static kith_status find_plugin(kith_ctx *ctx, kith_run *run, kith_choice c, const kith_plugin **out)
{
    const kind_of *kind = &kinds[c];
    const char *id = *(const char *const *)(const void *)((const char *)&run->run + kind->id);
    char where[512];
    snprintf(where, sizeof where, "%s: run.%s", kith_config_source(run->config, "run", kind->key), kind->key);
    return kith_registry_find(ctx, run->registry, kind->kind, id, where, out);
}

static kith_status choose_role(kith_ctx *ctx, kith_run *run, uint32_t *role)
{
    const kith_plugin *algorithm = NULL;
    KITH_TRY(find_plugin(ctx, run, KITH_CHOSEN_ALGORITHM, &algorithm));
    *role = algorithm->role;
    run->type = kith_engine_of(algorithm->role);
    if (run->type) return KITH_OK;
    return kith_config_refuse(ctx, run->config, "run", "algorithm",
                              "it is a %s algorithm, which this build cannot run yet", kith_role_name(algorithm->role));
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

kith_status kith_run_resolve(kith_ctx *ctx, kith_registry *registry, kith_config *config,
                             const kith_run_options *options, kith_run **out)
{
    kith_run *run = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "run", 1, &run));
    run->options = *options;
    run->registry = registry;
    run->config = config;
    run->progress = (kith_progress){.train_loss = NAN, .test_loss = NAN, .test_accuracy = NAN, .exploitability = NAN};
    uint32_t role = KITH_ROLE_NONE;
    kith_status status = bind_sections(ctx, run, PASS_RUN, role);
    if (status == KITH_OK) status = choose_role(ctx, run, &role);
    if (status == KITH_OK) status = bind_sections(ctx, run, PASS_COMMON, role);
    if (status == KITH_OK && run->eval.target.count > KITH_MOST_TARGETS)
        status = kith_config_refuse(ctx, config, "eval", "target", "a run has at most %d targets", KITH_MOST_TARGETS);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "targets", run->eval.target.count + 1, &run->target);
    if (status == KITH_OK) status = choose_plugins(ctx, run);
    if (status == KITH_OK) status = bind_role(ctx, run);
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

/* ---- what others may ask of a resolved run ---- */

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
    return (kith_run_settings){.run = &run->run, .population = &run->population, .mappo = &run->mappo};
}
