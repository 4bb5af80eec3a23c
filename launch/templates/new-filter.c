/* new-filter: no coordinate of a message is larger than a limit.
 *
 * send() gets each vector that leaves a learner, under every federated algorithm and under gossip.
 * A filter for servers has stage() instead, which gets a block of all messages of a step; what has
 * to last is declared in keep(). kith/filter.h has the contract, and functions that filters share.
 */
#include <kith/kith.h>

#include <math.h>

typedef struct config {
    double limit;
} config;

/* key, type, 0, offset, default, domain, unit, sentence: the host parses, checks and documents
 * a parameter from its row. */
static const kith_param params[] = {
    {"limit", KITH_TYPE_REAL, 0, offsetof(config, limit), "0.1", "(0,inf)", "",
     "The largest that a coordinate may be."},
};

/* The greatest norm that comes out where `before` is the greatest that comes in. */
static double bound(const void *self, size_t d, double before, const double *scalars)
{
    (void)scalars;
    return fmin(before, ((const config *)self)->limit * sqrt((double)d));
}

static kith_status send(void *self, kith_outgoing *m)
{
    const kith_real limit = (kith_real)((const config *)self)->limit;
    for (size_t i = 0; i < m->dimension; i++) {
        if (m->vector[i] > limit) m->vector[i] = limit;
        if (m->vector[i] < -limit) m->vector[i] = -limit;
    }
    return KITH_OK;
}

static const kith_filter ops = {.bound = bound, .send = send};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_FILTER, KITH_ROLE_NONE),
    .id = "new-filter",
    .version = "0.1",
    .summary = "Cuts the coordinates of messages off, to be changed",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
