/* x <- -scale x */
#include <kith/kith.h>

typedef struct config {
    double scale;
} config;

static const kith_param params[] = {
    {"scale", KITH_TYPE_REAL, 0, offsetof(config, scale), "1", "[0,inf)", "",
     "What the opposite of a message is multiplied by."},
};

static double bound(const void *self, size_t d, double before, const double *scalars)
{
    (void)scalars;
    (void)d;
    return ((const config *)self)->scale * before;
}

static kith_status send(void *self, kith_outgoing *m)
{
    kith_scale(m->dimension, (kith_real) - ((const config *)self)->scale, m->vector);
    return KITH_OK;
}

static const kith_filter ops = {.flags = KITH_FILTER_ATTACKS, .bound = bound, .send = send};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_FILTER, KITH_ROLE_NONE),
    .id = "sign-flip",
    .version = "1.0",
    .summary = "Attackers send the opposite",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
