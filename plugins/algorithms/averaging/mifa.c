#include "averaging.h"

typedef struct config {
    double server_lr;
} config;

static const kith_param params[] = {
    AVERAGING_SERVER_LR(config),
};

enum { LATEST = 0, SEEN }; /* memory planes: G_i, and 1 once i was heard */
enum { TOTAL = 0, HEARD }; /* server planes: sum of all G_i, and how many were heard */

static kith_status scalars(void *self, kith_fold *f)
{
    (void)self;
    for (size_t a = 0; a < f->arrivals; a++) {
        kith_real *seen = f->memory[SEEN * f->arrivals + a];
        if (seen[0] == 0) ((double *)f->server[HEARD])[0] += 1.0;
        seen[0] = 1;
    }
    return KITH_OK;
}

/* x <- x + eta (1/N) sum over all N of the update that each sent last, from when everyone was heard once (Gu et al.
 * 2021, Algorithm 1). */
static kith_status server(void *self, kith_fold *f)
{
    const config *c = self;
    double *total = f->server[TOTAL];
    for (size_t a = 0; a < f->arrivals; a++)
        averaging_replace(f, a, f->memory[LATEST * f->arrivals + a], total);
    if (*(const double *)f->server[HEARD] < (double)f->learners) return KITH_OK;
    const double rate = c->server_lr / (double)f->learners;
    for (size_t i = 0; i < f->count; i++)
        f->model[i] = (kith_real)((double)f->model[i] + rate * total[i]);
    return KITH_OK;
}

static const kith_plane planes[] = {
    AVERAGING_UPDATE,
    {.name = "latest", .side = KITH_SIDE_MEMORY},
    {.name = "seen", .side = KITH_SIDE_MEMORY, .scalars = 1},
    {.name = "total", .side = KITH_SIDE_SERVER, .element = KITH_ELEMENT_F64},
    {.name = "heard", .side = KITH_SIDE_SERVER, .element = KITH_ELEMENT_F64, .scalars = 1},
};

static const kith_federated ops = {
    AVERAGING_TABLE(planes),
    .client = averaging_plain_client,
    .server = server,
    .scalars = scalars,
};

KITH_EXPORT_PLUGIN = {
    AVERAGING_PLUGIN(config, params, ops),
    .id = "mifa",
    .summary = "MIFA: a mean of everyone's latest update, once everyone was heard",
    .reference = "arXiv 2106.04159",
};
