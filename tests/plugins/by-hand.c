/* Decentralized SGD that mixes its neighbours' rows itself, as the host does. With `age` a plane of numbers is mixed,
 * too, into another plane. With `infinite` the mixture of learner 3 is no number. */
#include "dies.h"

#include <kith/kith.h>

#include <math.h>

typedef struct config {
    bool age, infinite;
} config;

static const kith_param params[] = {
    {"age", KITH_TYPE_BOOL, 0, offsetof(config, age), "no", "", "", "A plane of two numbers is mixed as well."},
    {"infinite", KITH_TYPE_BOOL, 0, offsetof(config, infinite), "no", "", "", "A mixture is not finite."},
};

enum { MODEL = 0, AGE, MIXED_AGE };

static kith_status local(void *self, kith_visit *v)
{
    const config *c = self;
    dies_in(v->round);
    if (c->age) {
        v->own[AGE][0] = v->own[MIXED_AGE][0] + 1;
        v->own[AGE][1] = (kith_real)v->learner;
    }
    return kith_visit_sgd(v, NULL, v->own[MODEL], NULL);
}

static kith_status mix(void *self, kith_neighbour_rows *m)
{
    const config *c = self;
    kith_weighted_sum(m->dimension, m->count, m->weight, m->heard + MODEL * m->count, m->out[MODEL]);
    if (c->age) kith_weighted_sum(2, m->count, m->weight, m->heard + AGE * m->count, m->out[AGE]);
    if (c->infinite && m->learner == 3) m->out[MODEL][0] = (kith_real)INFINITY;
    for (size_t e = 0; e < m->count; e++)
        m->say[0] += m->from[e] == m->learner ? 0.0 : 1.0;
    m->say[1] += c->age ? (double)m->own[MIXED_AGE][1] : 0.0;
    return KITH_OK;
}

static kith_status tell(const void *self, const kith_said *said, kith_tell say, void *arg)
{
    (void)self;
    KITH_TRY(say(arg, "heard_mean", said->sum[0] / said->visits));
    return say(arg, "neighbour_mean", said->sum[1] / said->visits);
}

static const kith_learner_plane planes[] = {
    {.name = "model", .access = KITH_MIXED},
    {.name = "age", .access = KITH_MIXED, .scalars = 2, .into = "mixed-age"},
    {.name = "mixed-age", .scalars = 2},
};

static const kith_learner_plane *layout(const void *self, size_t *count)
{
    *count = ((const config *)self)->age ? 3 : 1;
    return planes;
}

static const kith_decentralized ops = {.needs = KITH_ROW_STOCHASTIC,
                                       .uses = KITH_USES_OPTIMIZER,
                                       .local = local,
                                       .layout = layout,
                                       .mix = mix,
                                       .tell_count = 2,
                                       .tell = tell};

static const kith_own_metric metrics[] = {
    {"heard_mean", "", KITH_BETTER_DOWN, 0, "Messages heard, in the mean."},
    {"neighbour_mean", "", KITH_BETTER_NONE, 0, "Neighbours, in the mean."},
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_DECENTRALIZED),
    .id = "by-hand",
    .version = "1.0",
    .summary = "Decentralized SGD that mixes by itself, for tests",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
    KITH_PLUGIN_METRICS(metrics),
};
