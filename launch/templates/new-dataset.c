/* new-dataset: points around the corners of a polygon, one corner a class.
 *
 * describe() says how many examples there are and what they look like; load() writes those of a
 * split. Data that is read from files says in its errors which file and where.
 */
#include <kith/kith.h>
#include <math.h>

typedef struct config {
    int64_t train, test, classes;
    double spread;
} config;

/* key, type, 0, offset, default, domain, unit, sentence: the host parses, checks and documents
 * a parameter from its row. */
static const kith_param params[] = {
    {"train", KITH_TYPE_INT, 0, offsetof(config, train), "2000", "1..10000000", "examples",
     "How many examples are for training."},
    {"test", KITH_TYPE_INT, 0, offsetof(config, test), "500", "1..10000000", "examples",
     "How many examples are for testing."},
    {"classes", KITH_TYPE_INT, 0, offsetof(config, classes), "4", "2..1000", "", "How many corners there are."},
    {"spread", KITH_TYPE_REAL, 0, offsetof(config, spread), "0.3", "[0,inf)", "",
     "The standard deviation about a corner, which is 1 away from the middle."},
};

enum { FEATURES = 2 };

typedef struct points {
    config how;
    uint64_t seed;
} points;

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    points *p = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "new-dataset", 1, &p));
    *p = (points){.how = *(const config *)config_, .seed = setting->seed};
    *self = p;
    return KITH_OK;
}

static kith_status describe(void *self, kith_ctx *ctx, kith_dataset_info *info)
{
    const points *p = self;
    (void)ctx;
    *info = (kith_dataset_info){.shape = {.features = FEATURES, .classes = (size_t)p->how.classes},
                                .store = KITH_STORE_REAL,
                                .examples = {(size_t)p->how.train, (size_t)p->how.test}};
    return KITH_OK;
}

/* Each example has a random stream of its own, so the first ones stay the same when there are more. */
static kith_status load(void *self, kith_ctx *ctx, kith_split split, void *features, int32_t *labels,
                        kith_real *targets)
{
    const points *p = self;
    const double pi = 3.14159265358979323846;
    const size_t count = (size_t)(split == KITH_TRAIN ? p->how.train : p->how.test);
    kith_real *x = features;
    (void)ctx, (void)targets; /* of a data set with classes */
    for (size_t e = 0; e < count; e++, x += FEATURES) {
        kith_stream stream = kith_stream_at(p->seed, KITH_FOR_DATA, (uint64_t)split, e);
        labels[e] = (int32_t)kith_draw_below(&stream, (uint64_t)p->how.classes);
        const double angle = 2 * pi * labels[e] / (double)p->how.classes;
        x[0] = (kith_real)(cos(angle) + p->how.spread * kith_draw_normal(&stream));
        x[1] = (kith_real)(sin(angle) + p->how.spread * kith_draw_normal(&stream));
    }
    return KITH_OK;
}

static const kith_dataset ops = {.describe = describe, .load = load};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_DATASET, KITH_ROLE_NONE),
    .id = "new-dataset",
    .version = "0.1",
    .summary = "Points around the corners of a polygon, to be changed",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(ops),
};
