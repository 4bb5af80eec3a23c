#include "afa.h"

/* x <- x - eta (1/m) sum of G over the m arrivals. */
static kith_status server(void *self, kith_fold *f)
{
    const afa_config *config = &((const afa *)self)->config;
    const kith_real rate = (kith_real)(-config->server_lr / (double)f->arrivals);
    for (size_t a = 0; a < f->arrivals; a++)
        kith_axpy(f->count, rate, f->message[a], f->model);
    return KITH_OK;
}

static bool alike(const void *self)
{
    (void)self;
    return true;
}

static const kith_plane planes[] = {{.name = "gradient", .side = KITH_SIDE_MESSAGE}};

static const kith_federated ops = {
    .planes = planes,
    .plane_count = sizeof planes / sizeof planes[0],
    .needs = KITH_HUB | KITH_LOSSLESS,
    .client = afa_client,
    .server = server,
    .alike = alike,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_FEDERATED),
    .id = "afa-cd",
    .version = "1.0",
    .summary = "Anarchic federated averaging across devices: a step for every m messages, whoever sent them",
    .reference = AFA_REFERENCE,
    .create = afa_create,
    .destroy = afa_destroy,
    KITH_PLUGIN_PARAMS(afa_config, afa_params),
    KITH_PLUGIN_OPS(ops),
};
