#include "afa.h"

enum { LATEST = 0 }; /* memory planes */
enum { TOTAL = 0 };  /* server planes */

/* x <- x - eta (1/M) sum over all M silos of the G each sent last; zero for a silo that was never heard. */
static kith_status server(void *self, kith_fold *f)
{
    const afa_config *config = &((const afa *)self)->config;
    double *total = f->server[TOTAL];
    for (size_t a = 0; a < f->arrivals; a++)
        averaging_replace(f, a, f->memory[LATEST * f->arrivals + a], total);
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
    AVERAGING_TABLE(planes),
    .client = afa_client,
    .server = server,
};

KITH_EXPORT_PLUGIN = {
    AFA_PLUGIN(ops),
    .id = "afa-cs",
    .summary = "Anarchic federated averaging across silos: each step averages the latest message of every silo",
};
