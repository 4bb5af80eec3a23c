/* Synthetic(alpha, beta) of Li, Sahu, Zaheer, Sanjabi, Talwalkar, Smith, "Federated Optimization in Heterogeneous
 * Networks" (MLSys 2020, arXiv 1812.06127). Learner k draws
 *
 *     u_k ~ N(0, alpha), B_k ~ N(0, beta), v_k ~ N(B_k, 1) per feature, W_k and b_k ~ N(u_k, 1) per entry,
 *     x ~ N(v_k, diag(j^-1.2)), y = argmax(W_k x + b_k),
 *
 * and has floor(lognormal(4, 2)) + 50 examples, 90 % for training. As in the code behind the published figures, alpha
 * and beta are *standard deviations* of u_k and B_k, and 4 and 2 are the mean and the standard deviation of the size's
 * logarithm. With iid, all share one W, b ~ N(0, 1), and v = 0. With target = real, W_k x + b_k itself is to be
 * predicted.
 */
#include <kith/dataset.h>
#include <kith/random.h>

#include <math.h>
#include <stdbool.h>
#include <string.h>

typedef struct synthetic_config {
    double alpha, beta;
    bool iid;
    int64_t features, classes, max_examples;
    int target;
} synthetic_config;

enum { CLASS, REAL };

typedef struct synthetic {
    synthetic_config how;
    uint64_t seed;
    size_t features, classes;
    kith_real *deviation; /* (F) of x */
    /* scratch of one fill() */
    kith_real *mean; /* v_k (F) */
    kith_real *w;    /* W_k, feature by feature (F, C) */
    kith_real *b;    /* (C) */
    kith_real *logit;
} synthetic;

/* Streams of a learner, by b; EVERYONE owns what all share. */
enum { DRAW_SIZE, DRAW_MODEL, DRAW_EXAMPLE };
#define EVERYONE UINT64_MAX

static const kith_param params[] = {
    {"alpha", KITH_TYPE_REAL, "iid = no", offsetof(synthetic_config, alpha), "1", "[0,1e6)", "",
     "standard deviation of u_k, by which learners' true models differ"},
    {"beta", KITH_TYPE_REAL, "iid = no", offsetof(synthetic_config, beta), "1", "[0,1e6)", "",
     "standard deviation of B_k, by which learners' inputs differ"},
    {"iid", KITH_TYPE_BOOL, 0, offsetof(synthetic_config, iid), "no", "", "",
     "one true model and input distribution for all, whatever alpha and beta"},
    {"features", KITH_TYPE_INT, 0, offsetof(synthetic_config, features), "60", "1..1000000", "", "numbers per example"},
    {"classes", KITH_TYPE_INT, 0, offsetof(synthetic_config, classes), "10", "2..100000", "",
     "labels, or real targets"},
    {"max_examples", KITH_TYPE_INT, 0, offsetof(synthetic_config, max_examples), "0", "0..", "examples",
     "cuts the long tail of the learners' sizes, test examples included; 0 leaves the published law as it is"},
    {"target", KITH_TYPE_CHOICE, 0, offsetof(synthetic_config, target), "class", "class|real", "",
     "what is to be predicted: the largest entry of W_k x + b_k, or all of them"},
};

static void synthetic_destroy(void *self)
{
    synthetic *s = self;
    kith_free(s->deviation);
    kith_free(s->mean);
    kith_free(s->w);
    kith_free(s->b);
    kith_free(s->logit);
    kith_free(s);
}

static kith_status make_room(kith_ctx *ctx, synthetic *s)
{
    KITH_TRY(KITH_ALLOC(ctx, "synthetic's features", s->features, &s->deviation));
    KITH_TRY(KITH_ALLOC(ctx, "synthetic's features", s->features, &s->mean));
    KITH_TRY(KITH_ALLOC(ctx, "synthetic's true model", s->features * s->classes, &s->w));
    KITH_TRY(KITH_ALLOC(ctx, "synthetic's true model", s->classes, &s->b));
    return KITH_ALLOC(ctx, "synthetic's true model", s->classes, &s->logit);
}

static kith_status synthetic_create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    const synthetic_config *how = config;
    synthetic *s = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "synthetic", 1, &s));
    s->how = *how;
    s->seed = setting->seed;
    s->features = (size_t)how->features;
    s->classes = (size_t)how->classes;
    const kith_status status = make_room(ctx, s);
    if (status != KITH_OK) {
        synthetic_destroy(s);
        return status;
    }
    for (size_t j = 0; j < s->features; j++)
        s->deviation[j] = (kith_real)pow((double)(j + 1), -0.6);
    *self = s;
    return KITH_OK;
}

static kith_status synthetic_describe(void *self, kith_ctx *ctx, kith_dataset_info *info)
{
    const synthetic *s = self;
    (void)ctx;
    *info = (kith_dataset_info){.shape = {.features = s->features}, .store = KITH_STORE_REAL, .users = SIZE_MAX};
    *(s->how.target == REAL ? &info->shape.targets : &info->shape.classes) = s->classes;
    return KITH_OK;
}

static size_t size_of_both(const synthetic *s, size_t learner)
{
    kith_stream stream = kith_stream_at(s->seed, KITH_FOR_DATA, learner, DRAW_SIZE);
    const size_t size = (size_t)exp(4.0 + 2.0 * kith_draw_normal(&stream)) + 50;
    return s->how.max_examples && size > (uint64_t)s->how.max_examples ? (size_t)s->how.max_examples : size;
}

/* Training examples come first, 90 % of them and at least one; the rest is for testing. */
static size_t synthetic_size(const void *self, kith_split split, size_t learner)
{
    const size_t both = size_of_both(self, learner), train = both > 1 ? both * 9 / 10 : 1;
    return split == KITH_TRAIN ? train : both - train;
}

static void draw_model(synthetic *s, size_t learner)
{
    const bool iid = s->how.iid;
    kith_stream stream = kith_stream_at(s->seed, KITH_FOR_DATA, iid ? EVERYONE : learner, DRAW_MODEL);
    const kith_real u = (kith_real)(iid ? 0.0 : s->how.alpha * kith_draw_normal(&stream));
    const kith_real centre = (kith_real)(iid ? 0.0 : s->how.beta * kith_draw_normal(&stream));
    kith_draw_normals(&stream, iid ? 0.0 : 1.0, s->features, s->mean);
    kith_draw_normals(&stream, 1.0, s->features * s->classes, s->w);
    kith_draw_normals(&stream, 1.0, s->classes, s->b);
    for (size_t j = 0; j < s->features; j++)
        s->mean[j] += centre;
    for (size_t k = 0; k < s->features * s->classes; k++)
        s->w[k] += u;
    for (size_t c = 0; c < s->classes; c++)
        s->b[c] += u;
}

static int32_t label_of(synthetic *s, const kith_real *x)
{
    size_t best = 0;
    for (size_t c = 0; c < s->classes; c++)
        s->logit[c] = s->b[c];
    for (size_t j = 0; j < s->features; j++)
        for (size_t c = 0; c < s->classes; c++)
            s->logit[c] += s->w[j * s->classes + c] * x[j];
    for (size_t c = 1; c < s->classes; c++)
        if (s->logit[c] > s->logit[best]) best = c;
    return (int32_t)best;
}

static kith_status synthetic_fill(void *self, kith_ctx *ctx, kith_split split, size_t learner, void *features,
                                  int32_t *labels, kith_real *targets)
{
    synthetic *s = self;
    kith_real *x = features;
    const size_t count = synthetic_size(s, split, learner);
    const size_t first = split == KITH_TRAIN ? 0 : synthetic_size(s, KITH_TRAIN, learner);
    (void)ctx;
    draw_model(s, learner);
    for (size_t e = 0; e < count; e++, x += s->features) {
        kith_stream stream = kith_stream_at(s->seed, KITH_FOR_DATA, learner, DRAW_EXAMPLE + first + e);
        kith_draw_normals(&stream, 1.0, s->features, x);
        for (size_t j = 0; j < s->features; j++)
            x[j] = s->mean[j] + s->deviation[j] * x[j];
        const int32_t label = label_of(s, x);
        if (labels) labels[e] = label;
        if (targets) memcpy(targets + e * s->classes, s->logit, s->classes * sizeof *targets);
    }
    return KITH_OK;
}

static const kith_dataset ops = {.describe = synthetic_describe, .size = synthetic_size, .fill = synthetic_fill};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_DATASET, KITH_ROLE_NONE),
    KITH_PLUGIN_PARAMS(synthetic_config, params),
    .id = "synthetic",
    .version = "1.0",
    .summary = "Synthetic(alpha, beta): a linear classification task per learner, made on demand",
    .reference = "arXiv:1812.06127",
    .create = synthetic_create,
    .destroy = synthetic_destroy,
    KITH_PLUGIN_OPS(ops),
};
