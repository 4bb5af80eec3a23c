/* Noise N(0, (z C)^2) in each coordinate, C the norm that messages are clipped to: of every message at the learner, of
 * the sum of a step's messages at the server, each of which gets an equal part of it. */
#include <kith/kith.h>

typedef struct config {
    double noise;
} config;

static const kith_param params[] = {
    {"noise", KITH_TYPE_REAL, 0, offsetof(config, noise), "1", "[0,inf)", "",
     "z, the noise as a multiple of the norm clipped to."},
};

static kith_status send(void *self, kith_outgoing *m)
{
    kith_draw_noise(&m->stream, ((const config *)self)->noise * m->bound, m->dimension, m->work);
    kith_axpy(m->dimension, 1, m->work, m->vector);
    return KITH_OK;
}

static kith_status stage(void *self, kith_stage *s)
{
    kith_real noise[KITH_BLOCK];
    const double sigma = ((const config *)self)->noise * s->bound / (double)s->arrivals;
    kith_draw_noise(&s->block, sigma, s->count, noise);
    for (size_t r = 0; r < s->rows; r++)
        kith_axpy(s->count, 1, noise, s->row[r]);
    return KITH_OK;
}

static const kith_filter ops = {.flags = KITH_FILTER_BOUNDED | KITH_FILTER_EQUAL, .send = send, .stage = stage};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_FILTER, KITH_ROLE_NONE),
    .id = "gaussian",
    .version = "1.0",
    .summary = "Adds normal noise in proportion to the greatest norm",
    .reference = "10.1145/2976749.2978318",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
