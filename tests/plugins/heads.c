/* Federated averaging of bodies: nobody sends its head, which stays what it was at first. */
#include <kith/kith.h>

typedef struct heads {
    size_t first, count; /* of the head's coordinates */
} heads;

static kith_status create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    heads *h = NULL;
    (void)config;
    KITH_TRY(KITH_ALLOC(ctx, "heads", 1, &h));
    for (size_t k = 0; k < setting->block_count; k++) {
        const kith_block *b = &setting->blocks[k];
        if (b->group != KITH_BLOCK_HEAD) continue;
        if (h->count == 0) h->first = b->first;
        h->count = b->first + b->count - h->first;
    }
    *self = h;
    return KITH_OK;
}

static kith_status client(void *self, kith_visit *v)
{
    const heads *h = self;
    kith_copy(v->dimension, v->model, v->work);
    KITH_TRY(kith_visit_sgd(v, NULL, v->work, NULL));
    kith_subtract(v->dimension, v->work, v->model, v->message[0]);
    kith_clear(h->count, v->message[0] + h->first);
    return KITH_OK;
}

static kith_status server(void *self, kith_fold *f)
{
    (void)self;
    const kith_real share = (kith_real)(1.0 / (double)f->arrivals);
    for (size_t a = 0; a < f->arrivals; a++)
        kith_axpy(f->count, share, f->message[a], f->model);
    return KITH_OK;
}

static const kith_plane planes[] = {{.name = "update", .side = KITH_SIDE_MESSAGE}};

static const kith_federated ops = {
    .planes = planes,
    .plane_count = 1,
    .needs = KITH_HUB,
    .client = client,
    .server = server,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_FEDERATED),
    .id = "heads",
    .version = "1.0",
    .summary = "Federated averaging of all but the head",
    .reference = "",
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(ops),
};
