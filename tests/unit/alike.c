/* Whether federated algorithms tell the truth when they say that their servers weigh messages alike: if they do, it
 * makes no difference which learner sent which message. */
#include "support.h"

#include "config/config.h"
#include "plugin/registry.h"

#include <kith/federated.h>
#include <string.h>

enum { M = 7, N = 5, D = 40, PLANES = 4, SUMS = M * M };

static kith_ctx *ctx;
static kith_registry *registry;

typedef struct server {
    kith_real model[D], message[PLANES][M][D], memory[PLANES][M][D];
    double kept[PLANES][D]; /* kith_real or double, as declared */
    double total[2][SUMS];
    const kith_real *messages[PLANES * M];
    kith_real *memories[PLANES * M];
    void *servers[PLANES];
} server;

/* The first two are of one learner; examples, steps and staleness differ. */
static const kith_arrival arrivals[M] = {
    {.learner = 0, .version = 9, .staleness = 0, .steps = 3, .examples = 10},
    {.learner = 0, .version = 8, .staleness = 1, .steps = 3, .examples = 10},
    {.learner = 1, .version = 5, .staleness = 4, .steps = 1, .examples = 300},
    {.learner = 2, .version = 9, .staleness = 0, .steps = 9, .examples = 40},
    {.learner = 3, .version = 7, .staleness = 2, .steps = 5, .examples = 1},
    {.learner = 4, .version = 9, .staleness = 0, .steps = 4, .examples = 90},
    {.learner = 1, .version = 6, .staleness = 3, .steps = 2, .examples = 300},
};

/* Message a is sent by arrival (a + turn) mod M. */
static void fill(server *s, size_t turn)
{
    memset(s, 0, sizeof *s);
    for (size_t p = 0; p < PLANES; p++) {
        s->servers[p] = s->kept[p];
        for (size_t a = 0; a < M; a++) {
            const size_t sender = (a + turn) % M;
            for (size_t i = 0; i < D; i++)
                s->message[p][sender][i] =
                    (kith_real)((double)((a * 7 + i * 13 + p) % 11) / 11.0 + 0.3 * (double)a + 0.03 * (double)(a * a));
            s->messages[p * M + a] = s->message[p][a];
            s->memories[p * M + a] = s->memory[p][arrivals[a].learner];
        }
    }
}

static void serve(const kith_instance *algorithm, server *s)
{
    const kith_federated *ops = algorithm->plugin->ops;
    const size_t phases = ops->phases ? ops->phases(algorithm->self) : 1;
    kith_fold fold = {.ctx = ctx,
                      .learners = N,
                      .dimension = D,
                      .round = 9,
                      .hi = D,
                      .count = D,
                      .arrivals = M,
                      .arrival = arrivals,
                      .message = s->messages,
                      .model = s->model,
                      .server = s->servers,
                      .memory = s->memories};
    for (; fold.phase < phases; fold.phase++) {
        fold.partial = s->total[fold.phase & 1];
        fold.total = fold.phase ? s->total[(fold.phase + 1) & 1] : NULL;
        memset(fold.partial, 0, sizeof s->total[0]);
        if (ops->scalars && fold.phase + 1 == phases) assert_ok(ctx, ops->scalars(algorithm->self, &fold));
        assert_ok(ctx, ops->server(algorithm->self, &fold));
    }
}

/* The most that a coordinate of the model depends on who sent what. */
static double depends(const char *id, const char *setting, bool *says)
{
    static server first, other;
    const kith_local_steps local = {.optimizer = KITH_OPTIMIZER_SGD};
    static const kith_block blocks[] = {
        {.name = "a", .count = D - 4, .shape = {D - 4}, .rank = 1},
        {.name = "b", .first = D - 4, .count = 2, .shape = {2}, .rank = 1, .kind = KITH_BLOCK_NORM},
        {.name = "c", .first = D - 2, .count = 2, .shape = {2}, .rank = 1, .group = KITH_BLOCK_HEAD}};
    const kith_setting where = {.size = sizeof where,
                                .learners = N,
                                .dimension = D,
                                .local = &local,
                                .arrivals = M,
                                .blocks = blocks,
                                .block_count = 3};
    double most = 0.0;
    fill(&first, 0);
    for (size_t turn = 0; turn < M; turn++) {
        const kith_plugin *plugin = NULL;
        kith_instance algorithm;
        kith_config *config = NULL;
        assert_ok(ctx, kith_config_create(ctx, &config));
        if (setting) assert_ok(ctx, kith_config_set(ctx, config, setting));
        assert_ok(ctx, kith_registry_find(ctx, registry, KITH_ALGORITHM, id, "x", &plugin));
        assert_ok(ctx, kith_instance_bind(ctx, config, plugin, &algorithm));
        assert_ok(ctx, kith_instance_create(ctx, &algorithm, &where));
        const kith_federated *ops = plugin->ops;
        *says = ops->alike && ops->alike(algorithm.self);
        server *s = turn ? &other : &first;
        fill(s, turn);
        serve(&algorithm, s);
        for (size_t i = 0; i < D; i++)
            most = fmax(most, fabs((double)s->model[i] - (double)first.model[i]));
        kith_instance_close(&algorithm);
        kith_config_destroy(config);
    }
    return most;
}

static void what_is_said_is_true(void **state)
{
    (void)state;
    static const struct {
        const char *id, *setting;
        bool alike;
    } cases[] = {{"fedavg", "fedavg.weights=equal", true},
                 {"fedavg", "fedavg.weights=examples", false},
                 {"fedprox", "fedprox.weights=equal", true},
                 {"fedprox", "fedprox.weights=examples", false},
                 {"fedopt", "fedopt.weights=equal", true},
                 {"fedopt", "fedopt.weights=examples", false},
                 {"fednova", "fednova.weights=equal", false},
                 {"fednova", "fednova.weights=examples", false},
                 {"fedbuff", "fedbuff.staleness=constant", true},
                 {"fedbuff", "fedbuff.staleness=polynomial", false},
                 {"fedasync", NULL, false},
                 {"mifa", NULL, false},
                 {"ca2fl", NULL, true},
                 {"fadas", "fadas.tau_c=inf", true},
                 {"asgd", "asgd.tau_c=inf", true},
                 {"asgd", "asgd.tau_c=1", false},
                 {"feddyn", "feddyn.alpha=0.1", true},
                 {"qffl", NULL, true},
                 {"afa-cd", NULL, true},
                 {"afa-cs", NULL, false},
                 {"scaffold", NULL, true},
                 {"ditto", "ditto.weights=equal", true},
                 {"ditto", "ditto.weights=examples", false},
                 {"apfl", "apfl.weights=equal", true},
                 {"apfl", "apfl.weights=examples", false},
                 {"per-fedavg", "per-fedavg.weights=equal", true},
                 {"per-fedavg", "per-fedavg.weights=examples", false},
                 {"pfedme", NULL, true},
                 {"fedper", "fedper.weights=equal", true},
                 {"fedper", "fedper.weights=examples", false},
                 {"fedrep", "fedrep.weights=equal", true},
                 {"lg-fedavg", "lg-fedavg.weights=equal", true},
                 {"fedbn", "fedbn.weights=equal", true}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        bool says = false;
        const double most = depends(cases[k].id, cases[k].setting, &says);
        print_message("%s, %s: %g\n", cases[k].id, cases[k].setting ? cases[k].setting : "", most);
        assert_int_equal(says, cases[k].alike);
        if (says) {
            assert_true(most < 1e-5);
        } else {
            assert_true(most > 2e-5);
        }
    }
}

/* A new algorithm must be looked at here, too. What ifca makes of a message depends on a choice that is in it; it does
 * not say that messages weigh alike. */
static void every_shipped_one_is_known(void **state)
{
    (void)state;
    static const char known[] =
        " afa-cd afa-cs apfl asgd ca2fl ditto fadas fedasync fedavg fedbn fedbuff feddyn fednova fedopt fedper fedprox "
        "fedrep ifca lg-fedavg mifa per-fedavg pfedme qffl scaffold ";
    const kith_listing *listing = NULL;
    size_t count = 0, federated = 0;
    assert_ok(ctx, kith_registry_list(ctx, registry, &listing, &count));
    for (size_t i = 0; i < count; i++) {
        if (!listing[i].plugin || listing[i].plugin->role != KITH_ROLE_FEDERATED) continue;
        char word[80];
        snprintf(word, sizeof word, " %s ", listing[i].plugin->id);
        if (!strstr(known, word)) fail_msg("%s is not among the algorithms of this test", listing[i].plugin->id);
        federated++;
    }
    assert_int_equal(federated, 24);
}

static int enter(void **state)
{
    (void)state;
    unsetenv("KITH_PLUGIN_PATH");
    ctx = kith_ctx_create();
    return kith_registry_create(ctx, &registry) != KITH_OK;
}

static int leave(void **state)
{
    (void)state;
    kith_registry_destroy(registry);
    kith_ctx_destroy(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_said_is_true),
                                       cmocka_unit_test(every_shipped_one_is_known)};
    return cmocka_run_group_tests_name("alike", tests, enter, leave);
}
