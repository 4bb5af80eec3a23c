/* A model in C++20: regression by Huber's loss, half the square of a residual up to delta and a line beyond. It fails
 * where it is told to, for the messages of a model that cannot go on. */
#include <kith/model.h>

#include <cmath>
#include <cstddef>

namespace {

enum { NOWHERE, BLOCKS, INIT, GRADIENT, EVALUATE, DESCEND };

struct config {
    double delta;
    int fail;
    bool silent;
};

const kith_param params[] = {
    {"delta", KITH_TYPE_REAL, 0, offsetof(config, delta), "1", "(0,inf)", "", "Where the loss becomes a line."},
    {"fail", KITH_TYPE_CHOICE, 0, offsetof(config, fail), "nowhere", "nowhere|blocks|init|gradient|evaluate|descend",
     "", "The callback that fails."},
    {"silent", KITH_TYPE_BOOL, 0, offsetof(config, silent), "no", "", "", "Whether it fails without saying why."},
};

struct huber {
    config how;
    std::size_t features, outputs;

    std::size_t weights() const { return features * outputs; }
    kith_real derivative(kith_real r) const
    {
        const kith_real most = static_cast<kith_real>(how.delta);
        return r > most ? most : r < -most ? -most : r;
    }
    double loss(double r) const
    {
        const double size = std::fabs(r);
        return size <= how.delta ? r * r / 2 : how.delta * (size - how.delta / 2);
    }
    std::size_t place(std::size_t feature, std::size_t output) const
    {
        return kith_dense_by_input(outputs) ? feature * outputs + output : output * features + feature;
    }
    kith_status fails(kith_ctx *ctx, int where) const
    {
        if (how.fail != where) return KITH_OK;
        return how.silent ? KITH_EDATA : kith_fail(ctx, KITH_EDATA, "it was told to");
    }
};

const huber *of(const void *self)
{
    return static_cast<const huber *>(self);
}

kith_status create(kith_ctx *ctx, const void *data, const kith_setting *setting, void **self)
{
    huber *m = nullptr;
    if (setting->shape->targets == 0)
        return kith_fail(ctx, KITH_ECONFIG, "huber needs real targets, and the data set has none");
    KITH_TRY(KITH_ALLOC(ctx, "huber", 1, &m));
    *m = huber{*static_cast<const config *>(data), setting->shape->features, setting->shape->targets};
    *self = m;
    return KITH_OK;
}

std::size_t dimension(const void *self)
{
    return of(self)->weights() + of(self)->outputs;
}

std::size_t workspace(const void *self, std::size_t batch)
{
    return batch * of(self)->outputs * sizeof(kith_real);
}

kith_status blocks(const void *self, kith_ctx *ctx, kith_block_list *list)
{
    const huber *m = of(self);
    kith_block weight = kith_block_dense(m->features, m->outputs), bias{};
    bias.shape[0] = m->outputs;
    bias.kind = KITH_BLOCK_BIAS;
    weight.group = bias.group = KITH_BLOCK_HEAD;
    KITH_TRY(m->fails(ctx, BLOCKS));
    KITH_TRY(kith_block_add(list, &weight, "weight"));
    return kith_block_add(list, &bias, "bias");
}

kith_status init(const void *self, kith_ctx *ctx, kith_stream *, kith_real *x)
{
    kith_clear(dimension(self), x);
    return of(self)->fails(ctx, INIT);
}

/* Residuals into `work`; returns the sum of losses. */
double residuals(const huber *m, const kith_real *x, const kith_batch *batch, kith_real *work)
{
    double sum = 0;
    kith_dense(batch->count, m->features, m->outputs, batch->x, x, x + m->weights(), work);
    for (std::size_t k = 0; k < batch->count * m->outputs; k++) {
        work[k] -= batch->target[k];
        sum += m->loss(static_cast<double>(work[k]));
    }
    return sum;
}

kith_status gradient(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *space,
                     kith_real *g, double *loss)
{
    const huber *m = of(self);
    kith_real *work = static_cast<kith_real *>(space);
    const kith_real share = static_cast<kith_real>(1.0 / static_cast<double>(batch->count));
    *loss = residuals(m, x, batch, work) / static_cast<double>(batch->count);
    for (std::size_t k = 0; k < batch->count * m->outputs; k++)
        work[k] = share * m->derivative(work[k]);
    kith_dense_backward(batch->count, m->features, m->outputs, batch->x, x, work, g, g + m->weights(), nullptr);
    return m->fails(ctx, GRADIENT);
}

kith_status evaluate(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *space,
                     kith_score *score)
{
    const huber *m = of(self);
    kith_real *work = static_cast<kith_real *>(space);
    score->loss += residuals(m, x, batch, work);
    score->count += batch->count;
    for (std::size_t k = 0; k < batch->count * m->outputs; k++)
        score->more[0] += std::fabs(static_cast<double>(work[k])) > m->how.delta;
    return m->fails(ctx, EVALUATE);
}

/* One step after the other, as gradient() would make them. */
kith_status descend(const void *self, kith_ctx *ctx, kith_real *x, kith_descent *how, void *space)
{
    const huber *m = of(self);
    kith_real *work = static_cast<kith_real *>(space);
    how->loss = 0;
    for (std::size_t k = 0; k < how->count; k++) {
        const std::size_t e = how->example[k];
        const kith_real *a = how->x + e * m->features;
        const kith_batch one{1, a, nullptr, how->target + e * m->outputs, nullptr, 0};
        how->loss += residuals(m, x, &one, work);
        kith_scale(dimension(self), static_cast<kith_real>(1 - how->lr[k] * how->decay), x);
        for (std::size_t t = 0; t < m->outputs; t++) {
            const kith_real push = static_cast<kith_real>(how->pull[k]) * m->derivative(work[t]);
            for (std::size_t f = 0; f < m->features; f++)
                x[m->place(f, t)] -= push * a[f];
            x[m->weights() + t] -= push;
        }
    }
    return m->fails(ctx, DESCEND);
}

std::size_t scores(const void *, const char **name)
{
    name[0] = "outliers";
    return 1;
}

const kith_model ops = {
    .dimension = dimension,
    .workspace = workspace,
    .blocks = blocks,
    .init = init,
    .gradient = gradient,
    .evaluate = evaluate,
    .gradient_to = nullptr,
    .descend = descend,
    .curvature = nullptr,
    .penalty = nullptr,
    .scores = scores,
    .unlabelled = false,
    .home = nullptr,
    .smooths = false,
    .units = nullptr,
};

} // namespace

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_MODEL, KITH_ROLE_NONE),
    .id = "huber",
    .version = "1.0",
    .summary = "Regression by Huber's loss",
    .reference = "doi:10.1214/aoms/1177703732",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(ops),
    .details = nullptr,
    .metrics = nullptr,
    .metric_count = 0,
    .metric_size = sizeof(kith_own_metric),
    .defaults = nullptr,
    .default_count = 0,
    .default_size = sizeof(kith_default),
};
