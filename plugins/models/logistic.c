/* Logistic regression with two classes and an L2 term, on one weight per feature:
 *     f(x) = log(1 + exp(-s x'a)) + l2/2 |x|^2,  s = 1 for label 1 and -1 for label 0.
 *
 * Layout of x: weights (F), then the bias if there is one; the L2 term holds it, too. */
#include <kith/kith.h>

#include <math.h>
#include <stdbool.h>

struct config {
    double l2;
    bool bias;
};

static const kith_param params[] = {
    {"l2", KITH_TYPE_REAL, 0, offsetof(struct config, l2), "0", "[0,inf)", "",
     "how strongly weights are held at zero: l2/2 |x|^2"},
    {"bias", KITH_TYPE_BOOL, 0, offsetof(struct config, bias), "no", "", "", "whether there is a bias"},
};

struct logistic {
    double l2;
    size_t features, dimension;
};

static kith_status create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    const struct config *c = config;
    if (setting->shape->classes != 2)
        return kith_fail(ctx, KITH_ECONFIG,
                         "logistic needs examples of 2 classes, and the data set has %zu; choose linear for others",
                         setting->shape->classes);
    if (setting->shape->codes)
        return kith_fail(ctx, KITH_ECONFIG,
                         "logistic takes numbers, and the features of the data set are codes; choose a model of "
                         "sequences, such as lstm");
    struct logistic *m = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "logistic", 1, &m));
    *m = (struct logistic){
        .l2 = c->l2, .features = setting->shape->features, .dimension = setting->shape->features + c->bias};
    *self = m;
    return KITH_OK;
}

static size_t dimension(const void *self)
{
    return ((const struct logistic *)self)->dimension;
}

/* A model in double. */
static size_t workspace(const void *self, size_t batch)
{
    (void)batch;
    return dimension(self) * sizeof(double);
}

static kith_status init(const void *self, kith_ctx *ctx, kith_stream *stream, kith_real *x)
{
    (void)ctx, (void)stream;
    kith_clear(dimension(self), x);
    return KITH_OK;
}

/* s x'a of one example; four sums side by side. */
static double margin(const struct logistic *m, const double *x, const kith_real *a, int32_t label)
{
    double sum[4] = {0};
    size_t i = 0;
    for (; i + 4 <= m->features; i += 4)
        for (size_t k = 0; k < 4; k++)
            sum[k] += x[i + k] * (double)a[i + k];
    for (; i < m->features; i++)
        sum[0] += x[i] * (double)a[i];
    const double total = (sum[0] + sum[1]) + (sum[2] + sum[3]) + (m->dimension > m->features ? x[m->features] : 0.0);
    return label ? total : -total;
}

/* log(1 + exp(-t)), and *slope its derivative's size, 1 / (1 + exp(t)). */
static double loss_at(double t, double *slope)
{
    const double e = exp(-fabs(t));
    *slope = (t > 0.0 ? e : 1.0) / (1.0 + e);
    return log1p(e) + (t > 0.0 ? 0.0 : -t);
}

static double penalty(const struct logistic *m, const double *x)
{
    double sum = 0.0;
    if (m->l2 <= 0.0) return 0.0;
    for (size_t i = 0; i < m->dimension; i++)
        sum += x[i] * x[i];
    return 0.5 * m->l2 * sum;
}

static void widen(const struct logistic *m, const kith_real *x, double *wide)
{
    for (size_t i = 0; i < m->dimension; i++)
        wide[i] = (double)x[i];
}

static kith_status gradient(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *work,
                            kith_real *g, double *loss)
{
    (void)ctx;
    const struct logistic *m = self;
    const double share = 1.0 / (double)batch->count;
    double *wide = work, slope = 0.0;
    widen(m, x, wide);
    *loss = penalty(m, wide);
    for (size_t i = 0; i < m->dimension; i++)
        g[i] = (kith_real)(m->l2 * wide[i]);
    for (size_t r = 0; r < batch->count; r++) {
        const kith_real *a = batch->x + r * m->features;
        *loss += share * loss_at(margin(m, wide, a, batch->label[r]), &slope);
        const kith_real factor = (kith_real)(batch->label[r] ? -share * slope : share * slope);
        kith_axpy(m->features, factor, a, g);
        if (m->dimension > m->features) g[m->features] += factor;
    }
    return KITH_OK;
}

static kith_status evaluate(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *work,
                            kith_score *score)
{
    (void)ctx;
    const struct logistic *m = self;
    double *wide = work, slope = 0.0;
    widen(m, x, wide);
    for (size_t r = 0; r < batch->count; r++) {
        const double t = margin(m, wide, batch->x + r * m->features, batch->label[r]);
        score->loss += loss_at(t, &slope);
        score->correct += batch->label[r] ? t > 0.0 : t >= 0.0; /* the first of equal classes, as a softmax has it */
    }
    score->count += batch->count;
    return KITH_OK;
}

static kith_status descend(const void *self, kith_ctx *ctx, kith_real *x, kith_descent *how, void *work)
{
    (void)ctx;
    const struct logistic *m = self;
    double *wide = work, slope = 0.0;
    how->loss = 0.0;
    widen(m, x, wide);
    for (size_t k = 0; k < how->count; k++) {
        const kith_real *a = how->x + how->example[k] * m->features;
        const int32_t label = how->label[how->example[k]];
        how->loss += loss_at(margin(m, wide, a, label), &slope) + penalty(m, wide);
        const double push = label ? how->pull[k] * slope : -how->pull[k] * slope;
        const double keep = 1.0 - how->pull[k] * m->l2 - how->lr[k] * how->decay;
        for (size_t i = 0; i < m->features; i++)
            wide[i] = keep * wide[i] + push * (double)a[i];
        if (m->dimension > m->features) wide[m->features] = keep * wide[m->features] + push;
    }
    for (size_t i = 0; i < m->dimension; i++)
        x[i] = (kith_real)wide[i];
    return KITH_OK;
}

static kith_status curvature(const void *self, kith_ctx *ctx, const double *x, const kith_batch *batch, double weight,
                             kith_curvature *out)
{
    (void)ctx;
    const struct logistic *m = self;
    const double share = weight / (double)batch->count;
    const size_t d = m->dimension;
    double slope = 0.0;
    out->loss += weight * penalty(m, x);
    for (size_t i = 0; i < d; i++) {
        out->gradient[i] += weight * m->l2 * x[i];
        out->hessian[i * d + i] += weight * m->l2;
    }
    for (size_t r = 0; r < batch->count; r++) {
        const kith_real *a = batch->x + r * m->features;
        out->loss += share * loss_at(margin(m, x, a, batch->label[r]), &slope);
        const double first = batch->label[r] ? -share * slope : share * slope, second = share * slope * (1.0 - slope);
        for (size_t i = 0; i < d; i++) {
            const double ai = i < m->features ? (double)a[i] : 1.0;
            out->gradient[i] += first * ai;
            for (size_t j = 0; j <= i; j++)
                out->hessian[i * d + j] += second * ai * (j < m->features ? (double)a[j] : 1.0);
        }
    }
    return KITH_OK;
}

static double penalty_at(const void *self, const kith_real *x)
{
    const struct logistic *m = self;
    double sum = 0.0;
    for (size_t i = 0; m->l2 > 0.0 && i < m->dimension; i++)
        sum += (double)x[i] * (double)x[i];
    return 0.5 * m->l2 * sum;
}

static kith_status blocks(const void *self, kith_ctx *ctx, kith_block_list *list)
{
    (void)ctx;
    const struct logistic *m = self;
    const kith_block weight = {.shape = {1, m->features}, .group = KITH_BLOCK_HEAD};
    const kith_block bias = {.shape = {1}, .kind = KITH_BLOCK_BIAS, .group = KITH_BLOCK_HEAD};
    KITH_TRY(kith_block_add(list, &weight, "weight"));
    return m->dimension > m->features ? kith_block_add(list, &bias, "bias") : KITH_OK;
}

static const kith_model model = {.dimension = dimension,
                                 .workspace = workspace,
                                 .blocks = blocks,
                                 .init = init,
                                 .gradient = gradient,
                                 .evaluate = evaluate,
                                 .descend = descend,
                                 .curvature = curvature,
                                 .penalty = penalty_at};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_MODEL, KITH_ROLE_NONE),
    .id = "logistic",
    .version = "1.0",
    .summary = "logistic regression of two classes with an L2 term; d = F, or F + 1 with a bias",
    .reference = "",
    KITH_PLUGIN_PARAMS(struct config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(model),
};
