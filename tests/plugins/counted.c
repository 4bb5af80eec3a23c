/* Federated averaging with scalars on every side. A client sends its steps K and the square of its update's norm; the
 * server keeps the mean norm of all messages so far, and what each learner sent last; clients get the server's rate,
 * which falls as 1 / (1 + messages). `wrong` changes scalars in server(), `plain` has no scalars at all. */
#include "dies.h"

#include <kith/kith.h>

#include <math.h>
#include <string.h>

typedef struct config {
    bool wrong, plain;
} config;

static const kith_param params[] = {
    {"wrong", KITH_TYPE_BOOL, 0, offsetof(config, wrong), "no", "", "", "server() changes scalars."},
    {"plain", KITH_TYPE_BOOL, 0, offsetof(config, plain), "no", "", "", "Only the update is sent, and nothing kept."},
};

enum { UPDATE = 0, NUMBERS };             /* messages */
enum { RATE = 0, COUNT };                 /* server */
enum { VISITS = 0, LAST };                /* the learner's two numbers */
enum { SAID_NORM = 0, SAID_RATE, SAIDS }; /* what visits say */

static kith_status client(void *self, kith_visit *v)
{
    const config *c = self;
    dies_in(v->round);
    kith_copy(v->dimension, v->model, v->work);
    KITH_TRY(kith_visit_sgd(v, NULL, v->work, NULL));
    kith_subtract(v->dimension, v->work, v->model, v->message[UPDATE]);
    if (c->plain) return KITH_OK;
    const double norm2 = kith_dot(v->dimension, v->message[UPDATE], v->message[UPDATE]);
    v->message[NUMBERS][0] = (kith_real)v->steps;
    v->message[NUMBERS][1] = (kith_real)norm2;
    if (v->own[0][VISITS] != (kith_real)v->number)
        return kith_fail(v->ctx, KITH_EINTERNAL, "counted: learner %zu forgot its visits", v->learner);
    v->own[0][VISITS] += 1;
    v->own[0][LAST] = (kith_real)norm2;
    v->say[SAID_NORM] += norm2;
    v->say[SAID_RATE] += (double)v->published[0][0];
    return KITH_OK;
}

static kith_status scalars(void *self, kith_fold *f)
{
    (void)self;
    double *count = f->server[COUNT];
    kith_real *rate = f->server[RATE];
    if (f->message[UPDATE * f->arrivals] || f->model)
        return kith_fail(f->ctx, KITH_EINTERNAL, "counted: vectors in scalars()");
    for (size_t a = 0; a < f->arrivals; a++) {
        const kith_real *sent = f->message[NUMBERS * f->arrivals + a];
        count[0] += 1.0;
        count[1] += (double)f->memory[a][0]; /* what the learner sent before */
        f->memory[a][0] = sent[1];
    }
    count[2] = f->total[0];
    rate[0] = (kith_real)(1.0 / (1.0 + count[0]));
    rate[1] += rate[0];
    return KITH_OK;
}

static size_t phases(const void *self)
{
    return ((const config *)self)->plain ? 1 : 2;
}

static size_t sums(const void *self, size_t arrivals)
{
    (void)arrivals;
    return ((const config *)self)->plain ? 0 : 1;
}

static kith_status server(void *self, kith_fold *f)
{
    const config *c = self;
    if (f->phase + 1 < phases(self)) {
        for (size_t a = 0; a < f->arrivals; a++)
            f->partial[0] += kith_dot(f->count, f->message[a], f->message[a]);
        return KITH_OK;
    }
    const double rate = c->plain ? 1.0 : (double)((const kith_real *)f->server[RATE])[0];
    for (size_t a = 0; a < f->arrivals; a++)
        kith_axpy(f->count, (kith_real)(rate / (double)f->arrivals), f->message[a], f->model);
    if (c->wrong) ((double *)f->server[COUNT])[0] += 1.0;
    return KITH_OK;
}

static kith_status tell(const void *self, const kith_said *said, kith_tell say, void *arg)
{
    if (((const config *)self)->plain) return KITH_OK;
    const kith_real *rate = said->server[RATE];
    const double *count = said->server[COUNT];
    KITH_TRY(say(arg, "norm_mean", said->sum[SAID_NORM] / said->visits));
    KITH_TRY(say(arg, "rate_seen_mean", said->sum[SAID_RATE] / said->visits));
    KITH_TRY(say(arg, "rate", (double)rate[0]));
    KITH_TRY(say(arg, "rates", (double)rate[1]));
    KITH_TRY(say(arg, "messages", count[0]));
    KITH_TRY(say(arg, "norms_before", count[1]));
    return say(arg, "norms_of_step", count[2]);
}

static const kith_plane planes[] = {
    {.name = "update", .side = KITH_SIDE_MESSAGE},
    {.name = "numbers", .side = KITH_SIDE_MESSAGE, .scalars = 2},
    {.name = "rate", .side = KITH_SIDE_SERVER, .access = KITH_PUBLISHED, .scalars = 2},
    {.name = "count", .side = KITH_SIDE_SERVER, .element = KITH_ELEMENT_F64, .scalars = 3},
    {.name = "sent", .side = KITH_SIDE_MEMORY, .scalars = 1},
    {.name = "own", .side = KITH_SIDE_LEARNER, .scalars = 2},
};

static const kith_plane *layout(const void *self, size_t *count)
{
    *count = ((const config *)self)->plain ? 1 : sizeof planes / sizeof planes[0];
    return planes;
}

static const kith_federated ops = {
    .needs = KITH_HUB,
    .client = client,
    .server = server,
    .phases = phases,
    .sums = sums,
    .layout = layout,
    .scalars = scalars,
    .tell_count = SAIDS,
    .tell = tell,
};

static const kith_own_metric metrics[] = {
    {"norm_mean", "", KITH_BETTER_DOWN, 1, "The norm of an update, in the mean over visits."},
    {"rate_seen_mean", "", KITH_BETTER_NONE, 0, "The rate that visits saw, in the mean."},
    {"rate", "", KITH_BETTER_NONE, 0, "The rate of the next step."},
    {"rates", "", KITH_BETTER_NONE, 0, "The sum of all rates."},
    {"messages", "messages", KITH_BETTER_NONE, 0, "Messages so far."},
    {"norms_before", "", KITH_BETTER_NONE, 1, "The sum of norms before the last step."},
    {"norms_of_step", "", KITH_BETTER_NONE, 1, "The sum of norms in the last step."},
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_FEDERATED),
    .id = "counted",
    .version = "1.0",
    .summary = "Federated averaging at a rate that the server counts down, for tests",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
    KITH_PLUGIN_METRICS(metrics),
};
