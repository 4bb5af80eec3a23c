#include "afa.h"

enum { LATEST = 0 }; /* memory planes */
enum { TOTAL = 0 };  /* server planes */

/* x <- x - eta (1/M) sum over all M silos of the G each sent last; zero for a silo that was never heard. The sum is
 * kept and corrected by what changed, in double, where adding and taking away floats loses next to nothing. */
static kith_status server(void *self, kith_fold *f)
{
    const afa_config *config = &((const afa *)self)->config;
    double *total = f->server[TOTAL];
    for (size_t a = 0; a < f->arrivals; a++) {
        const kith_real *arrived = f->message[a];
        kith_real *latest = f->memory[LATEST * f->arrivals + a];
        for (size_t i = 0; i < f->count; i++)
            total[i] += (double)arrived[i] - (double)latest[i];
        kith_copy(f->count, arrived, latest);
    }
    const double rate = config->server_lr / (double)f->learners;
    for (size_t i = 0; i < f->count; i++)
        f->model[i] = (kith_real)((double)f->model[i] - rate * total[i]);
    return KITH_OK;
}

static const kith_plane planes[] = {
    {.name = "gradient", .side = KITH_SIDE_MESSAGE},
    {.name = "latest", .side = KITH_SIDE_MEMORY},
    {.name = "total", .side = KITH_SIDE_SERVER, .element = KITH_ELEMENT_F64},
};

static const kith_federated ops = {
    .planes = planes,
    .plane_count = sizeof planes / sizeof planes[0],
    .needs = KITH_HUB | KITH_LOSSLESS,
    .client = afa_client,
    .server = server,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_FEDERATED),
    .id = "afa-cs",
    .version = "1.0",
    .summary = "Anarchic federated averaging across silos: each step averages the latest message of every silo",
    .reference = AFA_REFERENCE,
    .create = afa_create,
    .destroy = afa_destroy,
    KITH_PLUGIN_PARAMS(afa_config, afa_params),
    KITH_PLUGIN_OPS(ops),
};
