/* Linear assignment against all permutations, and weight matching against permuted copies of networks. */
#include "support.h"

#include "base/assign.h"
#include "dataworld.h"
#include "engine/work/matching.h"
#include "nn/blas.h"
#include "plugin/model.h"

enum { B = 5, SEEDS = 10 };

static kith_ctx *ctx;

/* ---- assignments ---- */

/* The most over all permutations of to[k..n-1]. */
static double brute(size_t n, const double *gain, size_t *to, size_t k)
{
    double most = -INFINITY, sum = 0.0;
    if (k == n) {
        for (size_t i = 0; i < n; i++)
            sum += gain[i * n + to[i]];
        return sum;
    }
    for (size_t i = k; i < n; i++) {
        const size_t held = to[k];
        to[k] = to[i];
        to[i] = held;
        most = fmax(most, brute(n, gain, to, k + 1));
        to[i] = to[k];
        to[k] = held;
    }
    return most;
}

static void check_assignment(kith_assign *a, size_t n, const double *gain)
{
    size_t to[8], all[8], seen = 0;
    double sum = 0.0;
    const double found = kith_assign_most(a, n, gain, to);
    for (size_t i = 0; i < n; i++) {
        all[i] = i;
        seen |= (size_t)1 << to[i];
        sum += gain[i * n + to[i]];
    }
    assert_true(seen == ((size_t)1 << n) - 1);
    assert_true(found == sum);
    assert_close(found, brute(n, gain, all, 0), 1e-13, 1e-13);
}

static void assignments_are_the_best_there_are(void **state)
{
    (void)state;
    kith_assign a;
    assert_ok(ctx, kith_assign_open(ctx, 8, &a));
    for (uint64_t seed = 0; seed < 40; seed++) {
        kith_stream s = kith_stream_at(seed, KITH_FOR_PLUGIN, 0, 0);
        const size_t n = seed < 36 ? 1 + seed % 7 : 8;
        double gain[64];
        for (size_t k = 0; k < n * n; k++) /* every third with many ties */
            gain[k] = seed % 3 ? kith_draw_normal(&s) : (double)kith_draw_below(&s, 3);
        check_assignment(&a, n, gain);
    }
    kith_assign_close(&a);
}

/* ---- networks ---- */

typedef struct network {
    world w;
    kith_registry *registry;
    kith_instance model;
    const kith_model *ops;
    kith_shape shape;
    size_t d, blocks;
    kith_block *block;
    kith_units units;
    kith_real *x, *y, *features;
    int32_t label[B];
} network;

static const kith_shape digits = {.features = 64, .channels = 1, .height = 8, .width = 8, .classes = 10};

static network network_of(const char *id, const char *const *settings, uint64_t seed)
{
    network n = {.w = world_open(settings), .shape = digits};
    kith_ctx_clear(ctx);
    const kith_plugin *plugin = NULL;
    const kith_setting setting = {.size = sizeof setting, .learners = 1, .shape = &n.shape};
    kith_stream stream = kith_stream_at(seed, KITH_FOR_INIT, 0, 0);
    assert_ok(ctx, kith_registry_create(ctx, &n.registry));
    assert_ok(ctx, kith_registry_find(ctx, n.registry, KITH_MODEL, id, "test", &plugin));
    assert_ok(ctx, kith_instance_bind(ctx, n.w.config, plugin, &n.model));
    assert_ok(ctx, kith_instance_create(ctx, &n.model, &setting));
    n.ops = plugin->ops;
    n.d = n.ops->dimension(n.model.self);
    assert_ok(ctx, kith_model_blocks(ctx, &n.model, n.d, &n.block, &n.blocks));
    assert_ok(ctx, kith_model_units(ctx, &n.model, n.block, n.blocks, &n.units));
    assert_ok(ctx, KITH_ALLOC(ctx, "model", n.d, &n.x));
    assert_ok(ctx, KITH_ALLOC(ctx, "model", n.d, &n.y));
    assert_ok(ctx, KITH_ALLOC(ctx, "examples", B * n.shape.features, &n.features));
    assert_ok(ctx, n.ops->init(n.model.self, ctx, &stream, n.x));
    kith_draw_normals(&stream, 1, B * n.shape.features, n.features);
    for (size_t b = 0; b < B; b++)
        n.label[b] = (int32_t)kith_draw_below(&stream, n.shape.classes);
    return n;
}

static void network_free(network *n)
{
    kith_units_free(&n->units);
    kith_free(n->block);
    kith_free(n->x);
    kith_free(n->y);
    kith_free(n->features);
    kith_instance_close(&n->model);
    kith_registry_destroy(n->registry);
    world_close(&n->w);
}

static double loss_at(network *n, const kith_real *x)
{
    kith_score score = {.loss = 0.0};
    void *work = NULL;
    const kith_batch batch = {.count = B, .x = n->features, .label = n->label};
    assert_ok(ctx, kith_alloc(ctx, "workspace", n->ops->workspace(n->model.self, B), 1, &work));
    assert_ok(ctx, n->ops->evaluate(n->model.self, ctx, x, &batch, work, &score));
    kith_free(work);
    return score.loss;
}

static void shuffle(kith_stream *s, size_t n, size_t *item)
{
    for (size_t i = n; i-- > 1;) {
        const size_t j = (size_t)kith_draw_below(s, i + 1), held = item[i];
        item[i] = item[j];
        item[j] = held;
    }
}

/* Runs change places, and units within each of them. */
static void permute(network *n, kith_stream *s, kith_real *x)
{
    kith_real *scratch = NULL;
    assert_ok(ctx, KITH_ALLOC(ctx, "scratch", n->units.widest, &scratch));
    for (size_t k = 0; k < n->units.sets; k++) {
        const kith_unit_set *set = &n->units.set[k];
        const size_t c = set->units / set->groups;
        size_t from[64], run[64], within[64];
        assert_true(set->units <= 64);
        for (size_t g = 0; g < set->groups; g++)
            run[g] = g;
        shuffle(s, set->groups, run);
        for (size_t g = 0; g < set->groups; g++) {
            for (size_t i = 0; i < c; i++)
                within[i] = i;
            shuffle(s, c, within);
            for (size_t i = 0; i < c; i++)
                from[g * c + i] = run[g] * c + within[i];
        }
        kith_units_move(&n->units, k, from, scratch, x);
    }
    kith_free(scratch);
}

/* A permuted copy computes the same, and is matched back to the last bit; what is matched already stays. */
static void check_matching(const char *id, const char *const *settings, size_t sets)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        network n = network_of(id, settings, seed);
        const double off = sizeof(kith_real) == sizeof(float) ? 1e-5 : 1e-12;
        kith_stream s = kith_stream_at(seed, KITH_FOR_PLUGIN, 0, 0);
        kith_matching *m = NULL;
        bool moved = false;
        assert_int_equal(n.units.sets, sets);
        assert_ok(ctx, kith_matching_open(ctx, &n.model, n.block, n.blocks, &m));
        memcpy(n.y, n.x, n.d * sizeof *n.y);
        permute(&n, &s, n.y);
        assert_true(memcmp(n.x, n.y, n.d * sizeof *n.y) != 0);
        assert_close(loss_at(&n, n.y), loss_at(&n, n.x), off, 0);
        assert_ok(ctx, kith_matching_align(ctx, m, n.x, n.y, &moved));
        assert_true(moved);
        assert_memory_equal(n.x, n.y, n.d * sizeof *n.y);
        assert_ok(ctx, kith_matching_align(ctx, m, n.x, n.y, &moved));
        assert_false(moved);
        kith_matching_close(m);
        network_free(&n);
    }
}
#define MATCHED(id, sets, ...) check_matching(id, (const char *const[]){__VA_ARGS__, NULL}, sets)

static void permuted_networks_are_matched_back(void **state)
{
    (void)state;
    MATCHED("mlp", 1, "mlp.hidden=32");
    MATCHED("mlp", 2, "mlp.hidden=64,32");
    MATCHED("mlp", 2, "mlp.hidden=40,12"); /* weights lie either way round */
    MATCHED("cnn", 3, "cnn.layers=conv 32 3 pad 1, relu, pool 2, conv 32 3, relu, dense 40, relu, dense");
    MATCHED("cnn", 2, "cnn.layers=conv 32 3 pad 1, relu, pool 2, conv 34 3, relu, pool 2, dense");
    MATCHED("cnn", 2, "cnn.layers=conv 32 3, groupnorm 4, relu, pool 2, dense 40, relu, dense");
    MATCHED("cnn", 2, "cnn.layers=conv 32 3, groupnorm 32, relu, pool 3, dropout 0.5, dense 40, relu, dense");
    /* in two ways: the first layer stays as it is */
    MATCHED("cnn", 1, "cnn.layers=conv 8 3, groupnorm 4, groupnorm 2, relu, pool 2, dense 40, relu, dense");
}

static void check_none(const char *id, const char *setting)
{
    network n = network_of(id, (const char *const[]){setting, NULL}, 1);
    kith_matching *m = NULL;
    assert_ok(ctx, kith_matching_open(ctx, &n.model, n.block, n.blocks, &m));
    assert_null(m);
    network_free(&n);
}

static void models_without_hidden_units_have_none(void **state)
{
    (void)state;
    check_none("linear", "run.learners=1");
    check_none("mlp", "mlp.hidden=");
    check_none("cnn", "cnn.layers=groupnorm 1, dense");
    check_none("cnn", "cnn.layers=conv 8 3, groupnorm 4, groupnorm 2, dense");
}

/* ---- a model that says nonsense ---- */

static kith_status (*nonsense)(kith_unit_list *list);

static kith_status say_nonsense(const void *self, kith_ctx *trouble, kith_unit_list *list)
{
    (void)self, (void)trouble;
    return nonsense(list);
}

static kith_status none_begun(kith_unit_list *list)
{
    return kith_units_along(list, 0, 0);
}

static kith_status no_such_block(kith_unit_list *list)
{
    KITH_TRY(kith_units_begin(list));
    return kith_units_along(list, 2, 0);
}

static kith_status no_such_axis(kith_unit_list *list)
{
    KITH_TRY(kith_units_begin(list));
    return kith_units_along(list, 1, 1);
}

static kith_status a_block_twice(kith_unit_list *list)
{
    KITH_TRY(kith_units_begin(list));
    KITH_TRY(kith_units_along(list, 0, 0));
    return kith_units_along(list, 0, 1);
}

static kith_status other_lengths(kith_unit_list *list)
{
    KITH_TRY(kith_units_begin(list));
    KITH_TRY(kith_units_along(list, 0, 1));
    return kith_units_along(list, 1, 0);
}

static kith_status odd_groups(kith_unit_list *list)
{
    KITH_TRY(kith_units_begin(list));
    KITH_TRY(kith_units_grouped(list, 3));
    return kith_units_along(list, 0, 0);
}

static void units_that_are_wrong(void **state)
{
    (void)state;
    static const struct {
        kith_status (*say)(kith_unit_list *list);
        const char *text;
    } wrong[] = {
        {none_begun, "fake: units(): set 0: there is none; begin one by kith_units_begin() before its axes"},
        {no_such_block, "fake: units(): set 1: the model has fewer blocks than its number says"},
        {no_such_axis, "fake: units(): set 1: its block has fewer axes than that"},
        {a_block_twice, "fake: units(): set 1: it has a block twice"},
        {other_lengths, "fake: units(): set 1: its axes differ in length"},
        {odd_groups, "fake: units(): set 1: its groups do not divide its units"},
    };
    static const kith_model ops = {.units = say_nonsense};
    static const kith_plugin plugin = {.id = "fake", .kind = KITH_MODEL, .ops = &ops};
    const kith_instance model = {.plugin = &plugin};
    const kith_block block[] = {
        {.count = 20, .shape = {4, 5}, .rank = 2, .axis = {0, 1}, .joined = 1},
        {.first = 20, .count = 4, .shape = {4}, .rank = 1, .joined = 1},
    };
    kith_units units;
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        nonsense = wrong[k].say;
        assert_refused(ctx, kith_model_units(ctx, &model, block, 2, &units), KITH_EPLUGIN, wrong[k].text);
    }
}

/* Weights whose products overflow. */
static void what_is_too_large_is_refused(void **state)
{
    (void)state;
    network n = network_of("mlp", (const char *const[]){"mlp.hidden=8", NULL}, 1);
    kith_matching *m = NULL;
    bool moved = false;
    assert_ok(ctx, kith_matching_open(ctx, &n.model, n.block, n.blocks, &m));
    for (size_t i = 0; i < n.d; i++)
        n.y[i] = sizeof(kith_real) == sizeof(float) ? (kith_real)1e38 : (kith_real)1e308;
    assert_int_equal(kith_matching_align(ctx, m, n.y, n.y, &moved), KITH_EDIVERGED);
    assert_string_equal(kith_ctx_message(ctx),
                        "weights of a model are too large to be matched with another's; lower local.lr");
    kith_matching_close(m);
    network_free(&n);
}

static int setup(void **state)
{
    (void)state;
    ctx = kith_ctx_create();
    return ctx ? kith_blas_start(ctx) != KITH_OK : 1;
}

static int teardown(void **state)
{
    (void)state;
    kith_ctx_destroy(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(assignments_are_the_best_there_are),    cmocka_unit_test(permuted_networks_are_matched_back),
        cmocka_unit_test(models_without_hidden_units_have_none), cmocka_unit_test(units_that_are_wrong),
        cmocka_unit_test(what_is_too_large_is_refused),
    };
    return cmocka_run_group_tests_name("matching", tests, setup, teardown);
}
