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

static const kith_plane planes[] = {{.name = "gradient", .side = KITH_SIDE_MESSAGE}};

static const kith_federated ops = {
    AVERAGING_TABLE(planes),
    .client = afa_client,
    .server = server,
    .alike = averaging_all_alike,
};

KITH_EXPORT_PLUGIN = {
    AFA_PLUGIN(ops),
    .id = "afa-cd",
    .summary = "Anarchic federated averaging across devices: a step for every m messages, whoever sent them",
};
