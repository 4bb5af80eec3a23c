/* Descriptors and tables that are wrong, and what becomes of them. */
#include "registryworld.h"

#include "plugin/rows.h"

static size_t some_size(const void *self)
{
    return self != NULL;
}

static size_t more_size(const void *self, size_t batch)
{
    return self ? batch : 0;
}

static kith_status some_blocks(const void *self, kith_ctx *c, kith_block_list *list)
{
    (void)self, (void)c, (void)list;
    return KITH_OK;
}

static kith_status some_init(const void *self, kith_ctx *c, kith_stream *stream, kith_real *x)
{
    (void)self, (void)c, (void)stream, (void)x;
    return KITH_OK;
}

static kith_status some_gradient(const void *self, kith_ctx *c, const kith_real *x, const kith_batch *batch, void *work,
                                 kith_real *g, double *loss)
{
    (void)self, (void)c, (void)x, (void)batch, (void)work, (void)g, (void)loss;
    return KITH_OK;
}

static kith_status some_score(const void *self, kith_ctx *c, const kith_real *x, const kith_batch *batch, void *work,
                              kith_score *score)
{
    (void)self, (void)c, (void)x, (void)batch, (void)work, (void)score;
    return KITH_OK;
}
static const kith_model model = {.dimension = some_size,
                                 .workspace = more_size,
                                 .blocks = some_blocks,
                                 .init = some_init,
                                 .gradient = some_gradient,
                                 .evaluate = some_score};

static kith_status describe(void *self, kith_ctx *c, kith_dataset_info *info)
{
    (void)self, (void)c, (void)info;
    return KITH_OK;
}

static const kith_param number_rows[] = {
    {"rate", KITH_TYPE_REAL, 0, offsetof(numbers, rate), "0.5", "(0,1]", "", "A rate."},
    {"count", KITH_TYPE_INT, 0, offsetof(numbers, count), "3", "1..", "", "A count."},
};
static const kith_plugin good = {
    KITH_PLUGIN_HEAD(KITH_MODEL, KITH_ROLE_NONE),
    .id = "x",
    .version = "1.0",
    .summary = "",
    .reference = "",
    KITH_PLUGIN_PARAMS(numbers, number_rows),
    KITH_PLUGIN_OPS(model),
};

static void descriptor_refused(const kith_plugin *plugin, const char *message)
{
    assert_refused(ctx, kith_descriptor_check(ctx, "x.so", "x", plugin), KITH_EPLUGIN, message);
}

#define WITH(field_, value_, message_)                                                                                 \
    do {                                                                                                               \
        kith_plugin changed_ = good;                                                                                   \
        changed_.field_ = (value_);                                                                                    \
        descriptor_refused(&changed_, "x.so: " message_);                                                              \
    } while (0)

static void descriptors_that_are_wrong(void **state)
{
    (void)state;
    assert_ok(ctx, kith_descriptor_check(ctx, "x.so", "x", &good));
    WITH(abi_major, 0, "abi_major is 0, but this program has 2; build it with this version's headers");
    WITH(abi_minor, 3, "abi_minor is 3, but this program has 2 only; use a newer kith or older headers");
    WITH(size, offsetof(kith_plugin, ops_size) + sizeof(size_t) - 1,
         "size is 135, but a descriptor has at least 136 bytes; start it with KITH_PLUGIN_HEAD");
    if (sizeof(kith_real) == 4)
        WITH(real_size, 2, "real_size is 2; it must be 4, sizeof(kith_real)");
    else
        WITH(real_size, 2, "real_size is 2; it must be 8, sizeof(kith_real)");
    WITH(kind, 0, "kind is 0; it must be from 1 to 6");
    WITH(kind, 7, "kind is 7; it must be from 1 to 6");
    char of_roles[96];
    kith_plugin roleless = good;
    roleless.kind = KITH_ALGORITHM;
    snprintf(of_roles, sizeof of_roles, "x.so: role is 0; an algorithm's must be from 1 to %d", KITH_ROLE_END - 1);
    descriptor_refused(&roleless, of_roles);
    WITH(role, KITH_ROLE_WALK, "role is 3; that of a model must be 0");
    WITH(id, NULL, "id is NULL; write \"\" where there is none");
    WITH(version, NULL, "version is NULL; write \"\" where there is none");
    WITH(summary, NULL, "summary is NULL; write \"\" where there is none");
    WITH(reference, NULL, "reference is NULL; write \"\" where there is none");
    WITH(details, "a", "details: the last line has no end; write \\n after it");
    WITH(details, "a\nb\001c\n", "details: byte 0x01 in column 2 is no text; write lines of UTF-8");
    WITH(summary, "a\nb", "summary: byte 0x0A in column 2 is no text; write one line of UTF-8");
    WITH(id, "y", "id is 'y', but the file's name says 'x'; make them the same");
    WITH(param_count, 5000, "param_count is 5000; at most 4096 are allowed");
    WITH(params, NULL, "params is NULL, but param_count is 2; use KITH_PLUGIN_PARAMS");
    WITH(param_size, 48, "param_size is 48; a row has at least 64 bytes, in multiples of 8");
    WITH(param_size, 65, "param_size is 65; a row has at least 64 bytes, in multiples of 8");
    WITH(config_size, 0, "config_size is 0, but param_count is 2; use KITH_PLUGIN_PARAMS");
    WITH(config_size, 12, "params[1] (count): offset 8 with 8 bytes goes beyond config_size 12");
    WITH(ops, NULL, "ops is NULL; use KITH_PLUGIN_OPS");
    WITH(ops_size, 0, "ops_size is 0; use KITH_PLUGIN_OPS");
    WITH(ops_size, offsetof(kith_model, evaluate), "ops has no evaluate(), which it cannot do without; write it");
}

/* One row in place of the plugin's. */
static void metric_refused(kith_own_metric row, const char *message)
{
    char whole[256];
    kith_plugin plugin = good;
    const kith_own_metric rows[] = {
        {.name = "fine", .unit = "", .better = KITH_BETTER_UP, .log = 1, .sentence = "As it is."}, row};
    plugin.metrics = rows;
    plugin.metric_count = 2;
    plugin.metric_size = sizeof rows[0];
    snprintf(whole, sizeof whole, "x.so: metrics[1]%s", message);
    descriptor_refused(&plugin, whole);
}

static void metrics_that_are_wrong(void **state)
{
    (void)state;
    const kith_own_metric good_row = {.name = "drift", .unit = "", .sentence = "How far."};
    kith_plugin plugin = good;
    plugin.metrics = &good_row;
    plugin.metric_count = 1;
    plugin.metric_size = sizeof good_row;
    assert_ok(ctx, kith_descriptor_check(ctx, "x.so", "x", &plugin));
    plugin.metric_size -= 1;
    descriptor_refused(&plugin, "x.so: metric_size is 31; a row has at least 32 bytes, in multiples of 8");
    plugin.metrics = NULL;
    descriptor_refused(&plugin, "x.so: metric_count is 1, and metrics is NULL; use KITH_PLUGIN_METRICS");
    metric_refused((kith_own_metric){.unit = "", .sentence = "."}, ": there is no name; write one");
    metric_refused((kith_own_metric){.name = "a", .sentence = "."}, ": there is no unit; write one");
    metric_refused((kith_own_metric){.name = "a", .unit = ""}, ": there is no sentence; write one");
    metric_refused((kith_own_metric){.name = "a", .unit = "", .sentence = "a\nb"},
                   ": sentence: byte 0x0A in column 2 is no text; write one line of UTF-8");
    metric_refused((kith_own_metric){.name = "Drift", .unit = "", .sentence = "."},
                   ": the name 'Drift' is none; write at most 48 lower-case letters, digits and _");
    metric_refused((kith_own_metric){.name = "fine", .unit = "", .sentence = "."}, ": fine is there twice; remove one");
    metric_refused((kith_own_metric){.name = "a", .unit = "", .better = 3, .sentence = "."},
                   " (a): better is 3 and log 0; they are at most 2 and 1");
    metric_refused((kith_own_metric){.name = "visits_min", .unit = "", .sentence = "."},
                   ": visits_min is a name of Kith's own (Visits so far of the learner that all tokens together "
                   "visited least.); choose another");
    metric_refused((kith_own_metric){.name = "test_mine", .unit = "", .sentence = "."},
                   ": test_mine is a name of Kith's own (Further scores of the model on test examples, as test_top5.); "
                   "choose another");
}

static void default_refused(kith_default row, const char *message)
{
    char whole[256];
    kith_plugin plugin = good;
    const kith_default rows[] = {{"run", "model", "cnn"}, row};
    plugin.kind = KITH_ALGORITHM;
    plugin.role = KITH_ROLE_FEDERATED;
    plugin.defaults = rows;
    plugin.default_count = 2;
    plugin.default_size = sizeof rows[0];
    snprintf(whole, sizeof whole, "x.so: defaults[1]: %s", message);
    descriptor_refused(&plugin, whole);
}

static void defaults_that_are_wrong(void **state)
{
    (void)state;
    const kith_default row = {"run", "model", "cnn"};
    kith_plugin plugin = good;
    plugin.defaults = &row;
    plugin.default_count = 1;
    plugin.default_size = sizeof row;
    descriptor_refused(&plugin,
                       "x.so: defaults: only those of an algorithm count, and this is a model; leave them out");
    plugin.kind = KITH_ALGORITHM;
    plugin.role = KITH_ROLE_FEDERATED;
    plugin.default_size -= 1;
    descriptor_refused(&plugin, "x.so: default_size is 23; a row has at least 24 bytes, in multiples of 8");
    plugin.defaults = NULL;
    descriptor_refused(&plugin, "x.so: default_count is 1, and defaults is NULL; use KITH_PLUGIN_DEFAULTS");
    default_refused((kith_default){NULL, "model", "cnn"}, "there is no section; write one");
    default_refused((kith_default){"run", "", "cnn"}, "there is no key; write one");
    default_refused((kith_default){"run", "model", NULL}, "there is no text; write one");
    default_refused((kith_default){"run", "model", "a\nb"},
                    "text: byte 0x0A in column 2 is no text; write one line of UTF-8");
    default_refused((kith_default){"run", "model", "mlp"}, "run.model is there twice; remove one");
}

/* One of version 2.0 has no such rows, whatever lies behind its end; one of 2.1 has metrics and no defaults. */
static void shorter_descriptors_have_no_rows_of_later_ones(void **state)
{
    (void)state;
    kith_plugin plugin = good, *own = NULL;
    plugin.abi_minor = 0;
    plugin.size = offsetof(kith_plugin, metrics);
    plugin.metric_count = 77;
    assert_ok(ctx, kith_descriptor_check(ctx, "x.so", "x", &plugin));
    assert_ok(ctx, kith_plugin_lengthen(ctx, &plugin, &own));
    assert_int_equal(own->metric_count, 0);
    kith_plugin_free(own);
    plugin.metric_count = 0;
    plugin.abi_minor = 1;
    plugin.size = offsetof(kith_plugin, defaults);
    plugin.default_count = 77;
    assert_ok(ctx, kith_descriptor_check(ctx, "x.so", "x", &plugin));
    assert_ok(ctx, kith_plugin_lengthen(ctx, &plugin, &own));
    assert_int_equal(own->default_count, 0);
    kith_plugin_free(own);
}

static void rows_of_planes_that_are_wrong(void **state)
{
    (void)state;
    kith_plugin plugin = good;
    plugin.kind = KITH_ALGORITHM;
    plugin.role = KITH_ROLE_FEDERATED;
    plugin.plane_size = 8;
    descriptor_refused(&plugin, "x.so: plane_size is 8; a row has at least 16 bytes, in multiples of 8; start it with "
                                "KITH_PLUGIN_HEAD");
    plugin.role = KITH_ROLE_DECENTRALIZED;
    plugin.learner_plane_size = 0;
    descriptor_refused(&plugin,
                       "x.so: learner_plane_size is 0; a row has at least 16 bytes, in multiples of 8; start it "
                       "with KITH_PLUGIN_HEAD");
    plugin.learner_plane_size = 16;
    plugin.edge_plane_size = 20;
    descriptor_refused(&plugin, "x.so: edge_plane_size is 20; a row has at least 16 bytes, in multiples of 8; start it "
                                "with KITH_PLUGIN_HEAD");
}

/* What a shorter table lacks is zero, whatever comes after it in memory; what a longer one has more is left out. */
static void tables_become_as_long_as_the_hosts(void **state)
{
    (void)state;
    kith_model long_ago = model;
    kith_plugin plugin = good, *own = NULL;
    long_ago.unlabelled = true; /* garbage, as it were */
    plugin.ops = &long_ago;
    plugin.ops_size = offsetof(kith_model, gradient_to);
    assert_ok(ctx, kith_plugin_lengthen(ctx, &plugin, &own));
    const kith_model *table = own->ops;
    assert_int_equal(own->ops_size, sizeof(kith_model));
    assert_true(table->evaluate == model.evaluate);
    assert_false(table->unlabelled);
    assert_int_equal(own->param_size, sizeof(kith_param));
    assert_string_equal(own->params[1].key, good.params[1].key);
    assert_ptr_equal(own->id, good.id);
    kith_plugin_free(own);
    kith_plugin_free(NULL);
    static const struct {
        kith_edge_plane now;
        double later;
    } later[] = {{{"a", 1}, 5.0}, {{"b", 2}, 6.0}};
    kith_edge_plane *now = NULL;
    assert_ok(ctx, kith_rows_lengthen(ctx, "rows", later, 2, sizeof later[0], sizeof *now, (void **)&now));
    assert_string_equal(now[1].name, "b");
    assert_int_equal(now[1].scalars, 2);
    kith_free(now);
}

static kith_status load(void *self, kith_ctx *c, kith_split split, void *features, int32_t *labels, kith_real *targets)
{
    (void)targets;
    (void)self, (void)c, (void)split, (void)features, (void)labels;
    return KITH_OK;
}

static kith_status fill(void *self, kith_ctx *c, kith_split split, size_t learner, void *features, int32_t *labels,
                        kith_real *targets)
{
    (void)targets;
    (void)self, (void)c, (void)split, (void)learner, (void)features, (void)labels;
    return KITH_OK;
}

static size_t size_of(const void *self, kith_split split, size_t learner)
{
    (void)self, (void)split;
    return learner;
}

static uint32_t promise(const void *self)
{
    (void)self;
    return 0;
}

static kith_status hear_nobody(void *self, kith_ctx *c, kith_row *r)
{
    (void)self, (void)c, (void)r;
    return KITH_OK;
}

static void callbacks_that_are_missing(void **state)
{
    (void)state;
    kith_plugin plugin = good;
    kith_model half = model;
    half.gradient = NULL;
    plugin.ops = &half;
    descriptor_refused(&plugin, "x.so: ops has no gradient(), which it cannot do without; write it");
    static const struct {
        kith_dataset ops;
        const char *message;
    } cases[] = {
        {{.load = load}, "x.so: ops has no describe(), which it cannot do without; write it"},
        {{.describe = describe}, "x.so: ops: a data set has either load (pooled), or size and fill (generated)"},
        {{.describe = describe, .size = size_of},
         "x.so: ops: a data set has either load (pooled), or size and fill (generated)"},
        {{.describe = describe, .load = load, .fill = fill},
         "x.so: ops: a data set has either load (pooled), or size and fill (generated)"},
        {{.describe = describe, .load = load}, NULL},
        {{.describe = describe, .size = size_of, .fill = fill}, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plugin.kind = KITH_DATASET;
        plugin.ops = &cases[i].ops;
        plugin.ops_size = sizeof cases[i].ops;
        if (cases[i].message)
            descriptor_refused(&plugin, cases[i].message);
        else
            assert_ok(ctx, kith_descriptor_check(ctx, "x.so", "x", &plugin));
    }
    plugin.kind = KITH_TOPOLOGY;
    descriptor_refused(&plugin, "x.so: ops has no row(), which it cannot do without; write it");
    kith_topology deaf = {.properties = promise, .row = hear_nobody, .hears = promise};
    plugin.ops = &deaf;
    plugin.ops_size = sizeof deaf;
    descriptor_refused(&plugin, "x.so: ops: of hears() and hear() a topology has both or none");
    plugin.kind = KITH_ALGORITHM;
    plugin.role = KITH_ROLE_FEDERATED;
    static const kith_federated nothing = {0};
    plugin.ops = &nothing;
    plugin.ops_size = sizeof nothing;
    descriptor_refused(&plugin, "x.so: ops has no client(), which it cannot do without; write it");
}

static double pay(const void *self, const int32_t *a, const int32_t *b)
{
    (void)self, (void)a, (void)b;
    return 0.0;
}

static kith_status shape(const void *self, kith_ctx *c, kith_game_shape *out)
{
    (void)self, (void)c, (void)out;
    return KITH_OK;
}

static kith_status reset(void *self, const kith_copies *copies, const uint8_t *which)
{
    (void)self, (void)copies, (void)which;
    return KITH_OK;
}

static size_t mirror(const void *self, size_t s)
{
    (void)self;
    return s;
}

static kith_status plan(void *self, kith_population_plan *p)
{
    (void)self, (void)p;
    return KITH_OK;
}

static void games_and_populations(void **state)
{
    (void)state;
    static const char either[] =
        "x.so: ops: a game has either payoff (matrix), or reset, step, observe and outcome (Markov)";
    static const struct {
        kith_game ops;
        const char *message;
    } cases[] = {
        {{.payoff = pay}, "x.so: ops has no describe(), which it cannot do without; write it"},
        {{.describe = shape}, either},
        {{.describe = shape, .reset = reset}, either},
        {{.describe = shape, .payoff = pay, .reset = reset}, either},
        {{.describe = shape, .payoff = pay, .mirror = mirror},
         "x.so: ops: of start, transition, mirror, number and place (exact model) a game has all or none"},
        {{.describe = shape, .payoff = pay}, NULL},
    };
    kith_plugin plugin = good;
    plugin.kind = KITH_GAME;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plugin.ops = &cases[i].ops;
        plugin.ops_size = sizeof cases[i].ops;
        if (cases[i].message)
            descriptor_refused(&plugin, cases[i].message);
        else
            assert_ok(ctx, kith_descriptor_check(ctx, "x.so", "x", &plugin));
    }
    static const kith_population half = {.step = plan};
    plugin.kind = KITH_ALGORITHM;
    plugin.role = KITH_ROLE_POPULATION;
    plugin.ops = &half;
    plugin.ops_size = sizeof half;
    descriptor_refused(&plugin, "x.so: ops has no output(), which it cannot do without; write it");
}

static kith_status sending(void *self, kith_outgoing *m)
{
    (void)self;
    (void)m;
    return KITH_OK;
}

static size_t merging(const void *self, kith_stream *stream, size_t count, uint32_t *into)
{
    (void)self;
    (void)stream;
    (void)into;
    return count;
}

static kith_status staging(void *self, kith_stage *s)
{
    (void)self;
    (void)s;
    return KITH_OK;
}

static void tables_of_filters(void **state)
{
    (void)state;
    static const char *const merges = "x.so: ops: KITH_FILTER_MERGES, merge() and stage() go together";
    static const struct {
        kith_filter ops;
        const char *message;
    } cases[] = {
        {{.merge = merging, .flags = KITH_FILTER_MERGES}, "x.so: ops: a filter has send(), stage() or both"},
        {{.send = sending, .merge = merging, .flags = KITH_FILTER_MERGES}, merges},
        {{.stage = staging, .merge = merging}, merges},
        {{.stage = staging, .flags = KITH_FILTER_MERGES}, merges},
        {{.stage = staging, .merge = merging, .flags = KITH_FILTER_MERGES}, NULL},
        {{.send = sending}, NULL},
    };
    kith_plugin plugin = good;
    plugin.kind = KITH_FILTER;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plugin.ops = &cases[i].ops;
        plugin.ops_size = sizeof cases[i].ops;
        if (cases[i].message)
            descriptor_refused(&plugin, cases[i].message);
        else
            assert_ok(ctx, kith_descriptor_check(ctx, "x.so", "x", &plugin));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(descriptors_that_are_wrong, start, stop),
        cmocka_unit_test_setup_teardown(metrics_that_are_wrong, start, stop),
        cmocka_unit_test_setup_teardown(shorter_descriptors_have_no_rows_of_later_ones, start, stop),
        cmocka_unit_test_setup_teardown(defaults_that_are_wrong, start, stop),
        cmocka_unit_test_setup_teardown(rows_of_planes_that_are_wrong, start, stop),
        cmocka_unit_test_setup_teardown(tables_become_as_long_as_the_hosts, start, stop),
        cmocka_unit_test_setup_teardown(callbacks_that_are_missing, start, stop),
        cmocka_unit_test_setup_teardown(games_and_populations, start, stop),
        cmocka_unit_test_setup_teardown(tables_of_filters, start, stop),
    };
    return cmocka_run_group_tests_name("descriptors", tests, enter, scratch_leave);
}
