/* k coordinates drawn without replacement, times d / k: on average the message itself. The server draws the same ones,
 * so values are sent and a seed of 8 bytes. */
#include <kith/kith.h>

#include <math.h>
#include <stdbool.h>

typedef struct config {
    double share;
} config;

typedef struct rand_k {
    size_t d, k;
} rand_k;

static const kith_param params[] = {
    {"share", KITH_TYPE_REAL, 0, offsetof(config, share), "0.01", "(0,1]", "",
     "The share of coordinates to send, rounded up."},
};

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **out)
{
    rand_k *s = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "rand-k", 1, &s));
    *s = (rand_k){.d = setting->dimension,
                  .k = (size_t)ceil(((const config *)config_)->share * (double)setting->dimension)};
    *out = s;
    return KITH_OK;
}

static double bytes(const void *self, double before)
{
    return fmin(before, (double)((const rand_k *)self)->k * sizeof(kith_real) + 8.0);
}

static double bound(const void *self, double before)
{
    return before * (double)((const rand_k *)self)->d / (double)((const rand_k *)self)->k;
}

/* Each is taken with the probability of what is still wanted among what is left. */
static kith_status send(void *self, kith_outgoing *m)
{
    const rand_k *s = self;
    const kith_real up = (kith_real)((double)s->d / (double)s->k);
    for (size_t i = 0, wanted = s->k; i < s->d && s->k < s->d; i++) {
        const bool taken = kith_draw_below(&m->stream, s->d - i) < wanted;
        m->vector[i] = taken ? up * m->vector[i] : 0;
        wanted -= taken;
    }
    return KITH_OK;
}

static const kith_filter ops = {.bytes = bytes, .bound = bound, .send = send};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_FILTER, KITH_ROLE_NONE),
    .id = "rand-k",
    .version = "1.0",
    .summary = "Sends coordinates that are drawn, scaled up",
    .reference = "arXiv 1809.07599",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(ops),
};
