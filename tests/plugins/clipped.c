/* Federated averaging with messages clipped to a norm: the smallest rule that needs two phases. */
#include <kith/kith.h>

#include <math.h>

typedef struct config {
    double norm;
} config;

static const kith_param params[] = {
    {"norm", KITH_TYPE_REAL, 0, offsetof(config, norm), "1", "(0,inf)", "", "The largest norm of a message."},
};

static kith_status client(void *self, kith_visit *v)
{
    (void)self;
    kith_copy(v->dimension, v->model, v->work);
    KITH_TRY(kith_visit_sgd(v, NULL, v->work, NULL));
    kith_subtract(v->dimension, v->work, v->model, v->message[0]);
    return KITH_OK;
}

static size_t phases(const void *self)
{
    (void)self;
    return 2;
}

static size_t sums(const void *self, size_t arrivals)
{
    (void)self;
    return arrivals;
}

static kith_status server(void *self, kith_fold *f)
{
    const config *c = self;
    for (size_t a = 0; a < f->arrivals; a++) {
        if (f->phase == 0) {
            f->partial[a] += kith_dot(f->count, f->message[a], f->message[a]);
            continue;
        }
        const double norm = sqrt(f->total[a]);
        const double factor = norm > c->norm ? c->norm / norm : 1.0;
        kith_axpy(f->count, (kith_real)(factor / (double)f->arrivals), f->message[a], f->model);
    }
    return KITH_OK;
}

static const kith_plane planes[] = {{.name = "update", .side = KITH_SIDE_MESSAGE}};

static const kith_federated ops = {
    .planes = planes,
    .plane_count = 1,
    .needs = KITH_HUB,
    .client = client,
    .server = server,
    .phases = phases,
    .sums = sums,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_FEDERATED),
    .id = "clipped",
    .version = "1.0",
    .summary = "Federated averaging of clipped messages",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
