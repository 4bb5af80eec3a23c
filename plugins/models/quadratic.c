/* f_i(x) = a/2 |x - b_i|^2 with a learner's examples for b_i: convergence of every algorithm is known in closed form.
 * */
#include <kith/kith.h>
#include <math.h>
#include <stdbool.h>

struct config {
    double a, sigma, init;
    int64_t head, norms;
};

static const kith_param params[] = {
    {"a", KITH_TYPE_REAL, 0, offsetof(struct config, a), "1", "(0,inf)", "", "curvature: f(x) = a/2 |x - b|^2"},
    {"sigma", KITH_TYPE_REAL, 0, offsetof(struct config, sigma), "0", "[0,inf)", "",
     "standard deviation of the noise in each coordinate of a gradient"},
    {"init", KITH_TYPE_REAL, 0, offsetof(struct config, init), "0", "(-inf,inf)", "",
     "where every coordinate of the model starts"},
    {"head", KITH_TYPE_INT, 0, offsetof(struct config, head), "0", "0..", "coordinates",
     "how many coordinates, the last ones, are the head's"},
    {"norms", KITH_TYPE_INT, 0, offsetof(struct config, norms), "0", "0..", "coordinates",
     "how many coordinates before the head's count as those of a normalisation"},
};

struct quadratic {
    double a, sigma, init;
    size_t dimension, head, norms;
};

static kith_status create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    const struct config *c = config;
    struct quadratic *q = NULL;
    const size_t d = setting->shape->features;
    if ((uint64_t)c->head > d || (uint64_t)c->norms > d - (uint64_t)c->head)
        return kith_fail(ctx, KITH_ECONFIG,
                         "quadratic.head + quadratic.norms = %lld + %lld is more than the %zu coordinates that there "
                         "are; lower them",
                         (long long)c->head, (long long)c->norms, d);
    KITH_TRY(KITH_ALLOC(ctx, "quadratic", 1, &q));
    *q = (struct quadratic){.a = c->a,
                            .sigma = c->sigma,
                            .init = c->init,
                            .dimension = d,
                            .head = (size_t)c->head,
                            .norms = (size_t)c->norms};
    *self = q;
    return KITH_OK;
}

static size_t dimension(const void *self)
{
    const struct quadratic *q = self;
    return q->dimension;
}

/* One vector of noise. */
static size_t workspace(const void *self, size_t batch)
{
    (void)batch;
    return dimension(self) * sizeof(kith_real);
}

static kith_status init(const void *self, kith_ctx *ctx, kith_stream *stream, kith_real *x)
{
    (void)ctx, (void)stream;
    const struct quadratic *q = self;
    for (size_t i = 0; i < q->dimension; i++)
        x[i] = (kith_real)q->init;
    return KITH_OK;
}

static double total_loss(const struct quadratic *q, const kith_real *x, const kith_batch *batch)
{
    double sum = 0;
    for (size_t r = 0; r < batch->count; r++)
        sum += kith_distance2(q->dimension, x, batch->x + r * q->dimension);
    return q->a / 2 * sum;
}

/* g <- a (x - mean), coordinates lo..hi-1; the differences are added in double, so that points far from the origin
 * cost no digits. */
static void mean_gradient(const struct quadratic *q, const kith_real *x, const kith_batch *batch, size_t lo, size_t hi,
                          kith_real *g)
{
    double sum[256] = {0};
    for (size_t r = 0; r < batch->count; r++) {
        const kith_real *point = batch->x + r * q->dimension;
        for (size_t i = lo; i < hi; i++)
            sum[i - lo] += (double)x[i] - (double)point[i];
    }
    const double share = q->a / (double)batch->count;
    for (size_t i = lo; i < hi; i++)
        g[i] = (kith_real)(share * sum[i - lo]);
}

static kith_status gradient(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *work,
                            kith_real *g, double *loss)
{
    (void)ctx;
    const struct quadratic *q = self;
    for (size_t lo = 0; lo < q->dimension; lo += 256)
        mean_gradient(q, x, batch, lo, q->dimension - lo < 256 ? q->dimension : lo + 256, g);
    if (q->sigma > 0 && batch->noise) {
        kith_draw_normals(batch->noise, q->sigma, q->dimension, work);
        kith_axpy(q->dimension, 1, work, g);
    }
    *loss = total_loss(q, x, batch) / (double)batch->count;
    return KITH_OK;
}

static kith_status evaluate(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *work,
                            kith_score *score)
{
    (void)ctx, (void)work;
    score->loss += total_loss(self, x, batch);
    score->count += batch->count;
    return KITH_OK;
}

/* Steps of one coordinate, in double; returns the sum of its part of the losses. */
static double descend_one(const struct quadratic *q, const kith_descent *how, size_t i, kith_real *x)
{
    const size_t d = q->dimension;
    const double a = q->a;
    double y = (double)x[i], loss = 0.0;
    for (size_t k = 0; k < how->count; k++) {
        const double away = y - (double)how->x[how->example[k] * d + i];
        loss += away * away;
        y -= how->pull[k] * a * away + how->lr[k] * how->decay * y;
    }
    x[i] = (kith_real)y;
    return 0.5 * a * loss;
}

static kith_status descend(const void *self, kith_ctx *ctx, kith_real *x, kith_descent *how, void *work)
{
    (void)ctx;
    const struct quadratic *q = self;
    const size_t d = q->dimension;
    kith_real *noise = work;
    how->loss = 0.0;
    if (q->sigma <= 0) {
        for (size_t i = 0; i < d; i++)
            how->loss += descend_one(q, how, i, x);
        return KITH_OK;
    }
    for (size_t k = 0; k < how->count; k++) {
        const kith_descent one = {.count = 1,
                                  .x = how->x,
                                  .example = how->example + k,
                                  .pull = how->pull + k,
                                  .lr = how->lr + k,
                                  .decay = how->decay};
        kith_draw_normals(how->noise, q->sigma, d, noise);
        for (size_t i = 0; i < d; i++)
            how->loss += descend_one(q, &one, i, x);
        kith_axpy(d, (kith_real)-how->pull[k], noise, x);
    }
    return KITH_OK;
}

static kith_status curvature(const void *self, kith_ctx *ctx, const double *x, const kith_batch *batch, double weight,
                             kith_curvature *out)
{
    (void)ctx;
    const struct quadratic *q = self;
    const size_t d = q->dimension;
    const double share = weight * q->a / (double)batch->count;
    for (size_t r = 0; r < batch->count; r++)
        for (size_t i = 0; i < d; i++) {
            const double away = x[i] - (double)batch->x[r * d + i];
            out->loss += 0.5 * share * away * away;
            out->gradient[i] += share * away;
        }
    for (size_t i = 0; i < d; i++)
        out->hessian[i * d + i] += weight * q->a;
    return KITH_OK;
}

static kith_status blocks(const void *self, kith_ctx *ctx, kith_block_list *list)
{
    (void)ctx;
    const struct quadratic *q = self;
    const size_t body = q->dimension - q->norms - q->head;
    const kith_block norm = {.shape = {q->norms}, .kind = KITH_BLOCK_NORM};
    const kith_block head = {.shape = {q->head}, .group = KITH_BLOCK_HEAD};
    if (body) KITH_TRY(kith_block_add(list, &(kith_block){.shape = {body}}, "x"));
    if (q->norms) KITH_TRY(kith_block_add(list, &norm, "norm"));
    return q->head ? kith_block_add(list, &head, "head") : KITH_OK;
}

static const kith_model model = {.dimension = dimension,
                                 .workspace = workspace,
                                 .blocks = blocks,
                                 .init = init,
                                 .gradient = gradient,
                                 .evaluate = evaluate,
                                 .descend = descend,
                                 .curvature = curvature,
                                 .unlabelled = true};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_MODEL, KITH_ROLE_NONE),
    .id = "quadratic",
    .version = "1.0",
    .summary = "quadratic bowls around a learner's points, with gradient noise; d = F",
    .reference = "",
    KITH_PLUGIN_PARAMS(struct config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(model),
};
