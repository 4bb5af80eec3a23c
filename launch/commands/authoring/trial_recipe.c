#include "launch/commands/authoring/trial_recipe.h"

#include "plugin/opener.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(recipe *r, const char *format, ...) KITH_PRINTF(2, 3);
static void add(recipe *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    r->failed |= r->count == RECIPE_TEXTS || vasprintf(&r->text[r->count], format, args) < 0;
    r->count += !r->failed;
    va_end(args);
}

/* Visits of different lengths, so that dealings differ; a model of more than one block. */
static void add_learning(recipe *r)
{
    static const char *const common[] = {
        "run.dataset=glyphs", "glyphs.size=8", "glyphs.train=240",     "glyphs.test=60", "run.model=mlp",
        "mlp.hidden=60",      "run.rounds=6",  "local.steps=2",        "local.batch=8",  "local.steps_kind=uniform",
        "eval.every=3",       "eval.lane=32",  "checkpoint.seconds=0", "run.learners=8"};
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        add(r, "%s", common[i]);
}

static void add_numbers(recipe *r)
{
    add(r, "run.dataset=points");
    add(r, "points.values=1, 2, 3, 4, 5, 6, 7, 8");
    add(r, "points.dimension=12");
    add(r, "partition.kind=sequential");
    add(r, "local.batch=1");
}

static void add_federated(recipe *r, const char *algorithm)
{
    add_learning(r);
    add(r, "run.algorithm=%s", algorithm);
    add(r, "run.topology=star");
    add(r, "participation.arrivals=5");
    add(r, "eval.per_learner=yes"); /* for models of learners' own */
}

static void add_decentralized(recipe *r, const char *algorithm, const char *topology)
{
    add_learning(r);
    add(r, "run.algorithm=%s", algorithm);
    add(r, "run.topology=%s", topology);
}

static void add_walk(recipe *r, const char *algorithm)
{
    add_learning(r);
    add_numbers(r);
    add(r, "run.algorithm=%s", algorithm);
    add(r, "run.topology=barabasi-albert"); /* with degrees that differ */
    add(r, "run.model=quadratic");
    add(r, "walk.tokens=5");
    add(r, "walk.hops=100");
    add(r, "local.steps=1");
}

static void add_population(recipe *r, const char *algorithm, const char *game)
{
    add(r, "run.algorithm=%s", algorithm);
    add(r, "run.game=%s", game);
    add(r, "run.rounds=6");
    add(r, "eval.every=3");
    add(r, "checkpoint.seconds=0");
}

/* Games with states, played by networks. */
static void add_networks(recipe *r)
{
    add(r, "run.rounds=2");
    add(r, "population.policies=networks");
    add(r, "population.job_steps=160");
    add(r, "population.episodes=4");
    add(r, "mappo.copies=8");
    add(r, "mappo.lane=4");
    add(r, "mappo.steps=20");
    add(r, "mappo.epochs=2");
    add(r, "mappo.hidden=8");
}

static void add_algorithm(const trial *t, recipe *r)
{
    const char *id = t->plugin->id;
    if (t->plugin->role == KITH_ROLE_FEDERATED) add_federated(r, id);
    if (t->plugin->role == KITH_ROLE_WALK) add_walk(r, id);
    if (t->plugin->role == KITH_ROLE_POPULATION) add_population(r, id, "team-rps");
    if (t->plugin->role != KITH_ROLE_DECENTRALIZED) return;
    const uint32_t wanted = ((const kith_decentralized *)t->plugin->ops)->needs;
    add_decentralized(r, id, wanted & KITH_TREE ? "chain" : wanted & KITH_HUB ? "star" : "ring");
}

static kith_status add_topology(trial *t, recipe *r)
{
    kith_instance instance = {0};
    const kith_setting setting = trial_setting(t, trial_learners(t), NULL);
    const kith_status status = trial_create(t, &setting, &instance);
    const uint32_t promised =
        status == KITH_OK ? ((const kith_topology *)t->plugin->ops)->properties(instance.self) : 0;
    trial_close(t, &instance);
    KITH_TRY(status);
    add_decentralized(r, promised & KITH_ROW_STOCHASTIC ? "dsgd" : "push-sum", t->plugin->id);
    return KITH_OK;
}

/* The first shape that the model takes and some data set has. */
static const trial_shape *shape_with_data(trial *t)
{
    for (size_t i = 0; i < trial_shape_count; i++) {
        kith_instance instance = {0};
        const kith_setting setting = trial_setting(t, trial_learners(t), &trial_shapes[i].shape);
        if (!trial_shapes[i].dataset) continue;
        const kith_status status = trial_create(t, &setting, &instance);
        trial_close(t, &instance);
        kith_ctx_forget(t->ctx);
        if (status == KITH_OK) return &trial_shapes[i];
    }
    return NULL;
}

static void add_model(trial *t, recipe *r)
{
    const trial_shape *shape = shape_with_data(t);
    add_federated(r, "fedavg");
    add(r, "run.model=%s", t->plugin->id);
    add(r, "glyphs.size=%zu", shape && shape->shape.height ? shape->shape.height : 12);
    add(r, "local.lr=0.01");
    if (!shape || strcmp(shape->dataset, "glyphs") == 0) return;
    if (strcmp(shape->dataset, "points") == 0) {
        add_numbers(r);
        return;
    }
    add(r, "run.dataset=synthetic");
    add(r, "synthetic.features=%zu", shape->shape.features);
    add(r, "synthetic.classes=%zu", shape->shape.targets ? shape->shape.targets : shape->shape.classes);
    if (shape->shape.targets) add(r, "synthetic.target=real");
}

static kith_status describe(trial *t, kith_dataset_info *info)
{
    kith_instance instance = {0};
    const kith_setting setting = trial_setting(t, trial_learners(t), NULL);
    kith_status status = trial_create(t, &setting, &instance);
    if (status == KITH_OK) status = ((const kith_dataset *)t->plugin->ops)->describe(instance.self, t->ctx, info);
    trial_close(t, &instance);
    return status;
}

static kith_status add_dataset(trial *t, recipe *r)
{
    kith_dataset_info info = {0};
    KITH_TRY(describe(t, &info));
    add_federated(r, "fedavg");
    add(r, "run.dataset=%s", t->plugin->id);
    add(r, "run.model=%s", info.shape.codes ? "lstm" : info.shape.classes ? "linear" : "quadratic");
    add(r, "local.lr=0.01");
    add(r, "data.eval_examples=500");
    if (info.users > 0 && info.users < trial_learners(t)) add(r, "run.learners=%zu", info.users);
    if (info.users > 0 && info.users < 5) add(r, "participation.arrivals=%zu", info.users);
    return KITH_OK;
}

static kith_status add_game(trial *t, recipe *r)
{
    kith_instance instance = {0};
    kith_game_shape shape = {0};
    const kith_setting setting = trial_setting(t, 0, NULL);
    kith_status status = trial_create(t, &setting, &instance);
    if (status == KITH_OK) status = ((const kith_game *)t->plugin->ops)->describe(instance.self, t->ctx, &shape);
    trial_close(t, &instance);
    KITH_TRY(status);
    add_population(r, "fxp", t->plugin->id);
    if (shape.form == KITH_GAME_MARKOV) add_networks(r);
    return KITH_OK;
}

/* Values of the plugin's own that the user gave, as "(key=value, key=value)"; "" where there are none. */
static void own_values(const trial *t, char *text, size_t size)
{
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; i < t->subject->set_count && used < size; i++) {
        const char *set = t->subject->sets[i];
        if (set[strcspn(set, ".=")] == '=')
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "(", set);
    }
    if (used && used < size) snprintf(text + used, size - used, ")");
}

/* Wherever it may stand; before it messages are clipped, in case that it needs them so. */
static void add_filter(const trial *t, recipe *r)
{
    const kith_filter *ops = t->plugin->ops;
    char values[512];
    own_values(t, values, sizeof values);
    add_federated(r, "fedavg");
    add(r, "fedavg.weights=equal");
    add(r, "participation.arrivals=7");
    if (ops->flags & KITH_FILTER_ATTACKS) {
        add(r, "attack.learners=0, 3");
        add(r, "attack.filters=%s%s", t->plugin->id, values);
        return;
    }
    if (ops->send) add(r, "run.filters=clip(norm=1), %s%s", t->plugin->id, values);
    if (ops->stage) add(r, "server.filters=clip(norm=1), %s%s", t->plugin->id, values);
}

kith_status recipe_make(trial *t, recipe *out)
{
    *out = (recipe){.count = 0};
    kith_status status = KITH_OK;
    if (t->plugin->kind == KITH_ALGORITHM) add_algorithm(t, out);
    if (t->plugin->kind == KITH_MODEL) add_model(t, out);
    if (t->plugin->kind == KITH_TOPOLOGY) status = add_topology(t, out);
    if (t->plugin->kind == KITH_DATASET) status = add_dataset(t, out);
    if (t->plugin->kind == KITH_FILTER) add_filter(t, out);
    if (t->plugin->kind == KITH_GAME) status = add_game(t, out);
    for (size_t i = 0; i < t->subject->set_count && status == KITH_OK; i++) {
        const char *text = t->subject->sets[i], *equals = strchr(text, '='), *dot = strchr(text, '.');
        const bool own = equals && (!dot || dot > equals);
        if (own && t->plugin->kind == KITH_FILTER) continue;
        add(out, "%s%s%s", own ? t->plugin->id : "", own ? "." : "", text);
    }
    if (status == KITH_OK && out->failed)
        return kith_fail(t->ctx, KITH_EMEMORY, "no room for the settings of a short run; give fewer --set");
    return status;
}

void recipe_free(recipe *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->text[i]);
    r->count = 0;
}

static bool names_data(const subject *s)
{
    for (size_t i = 0; i < s->set_count; i++)
        if (strncmp(s->sets[i], "run.dataset=", 12) == 0) return true;
    return false;
}

const char *recipe_lacks(trial *t)
{
    if (t->plugin->kind == KITH_MODEL && !names_data(t->subject) && !shape_with_data(t))
        return "no data set that needs no files has examples for it; name one with --set run.dataset=...";
    return NULL;
}
