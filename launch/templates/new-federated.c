/* new-federated, a federated algorithm: clients train, the server adds the mean of their updates
 * to its model.
 *
 * A round: the host picks the clients that arrive; client() works for each of them, on any worker;
 * server() folds what they sent into the model, one block of coordinates at a time. What you
 * change is most likely in client() or in server().
 */
#include <kith/kith.h>

typedef struct config {
    double server_lr;
} config;

/* key, type, 0, offset, default, domain, unit, sentence: the host parses, checks and documents
 * a parameter from its row. */
static const kith_param params[] = {
    {"server_lr", KITH_TYPE_REAL, 0, offsetof(config, server_lr), "1", "(0,inf)", "",
     "How far the server goes along the mean update; 1 replaces its model by the mean of the clients' models."},
};

/* One client's visit. It may use v, and nothing that an earlier visit left in self: visits run anywhere, in any
 * order. */
static kith_status client(void *self, kith_visit *v)
{
    (void)self;
    kith_copy(v->dimension, v->model, v->work);
    KITH_TRY(kith_visit_sgd(v, NULL, v->work, NULL));
    kith_subtract(v->dimension, v->work, v->model, v->message[0]);
    return KITH_OK;
}

/* Coordinates f->lo to f->hi - 1, with which every vector here begins. Arrivals are added in their order, so that
 * the sum is the same whoever owns the block. */
static kith_status server(void *self, kith_fold *f)
{
    const config *c = self;
    const kith_real share = (kith_real)(c->server_lr / (double)f->arrivals);
    for (size_t a = 0; a < f->arrivals; a++)
        kith_axpy(f->count, share, f->message[a], f->model);
    return KITH_OK;
}

/* What there is beside the model: here the message alone. Planes of KITH_SIDE_SERVER and KITH_SIDE_LEARNER
 * survive rounds. */
static const kith_plane planes[] = {{.name = "update", .side = KITH_SIDE_MESSAGE}};

static const kith_federated ops = {
    .planes = planes,
    .plane_count = sizeof planes / sizeof planes[0],
    .needs = KITH_HUB,
    .client = client,
    .server = server,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_FEDERATED),
    .id = "new-federated",
    .version = "0.1",
    .summary = "Plain federated averaging, to be changed",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
