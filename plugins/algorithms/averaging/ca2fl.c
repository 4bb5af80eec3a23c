#include "averaging.h"

typedef struct config {
    double server_lr;
} config;

static const kith_param params[] = {
    AVERAGING_SERVER_LR(config),
};

enum { CACHED = 0 }; /* memory planes: h_i, zero for a learner that was never heard */
enum { TOTAL = 0 };  /* server planes: sum of all h_i */

/* x <- x + eta v, v = (1/m) sum (Delta_i - h_i) + (1/N) sum of all h as they were before this step; then h_i <- Delta_i
 * (Wang et al. 2024, Algorithm 2). */
static kith_status server(void *self, kith_fold *f)
{
    const config *c = self;
    double *total = f->server[TOTAL], v[KITH_BLOCK];
    for (size_t i = 0; i < f->count; i++)
        v[i] = total[i] / (double)f->learners;
    for (size_t a = 0; a < f->arrivals; a++)
        for (size_t i = 0; i < f->count; i++)
            v[i] += ((double)f->message[a][i] - (double)f->memory[CACHED * f->arrivals + a][i]) / (double)f->arrivals;
    for (size_t i = 0; i < f->count; i++)
        f->model[i] = (kith_real)((double)f->model[i] + c->server_lr * v[i]);
    for (size_t a = 0; a < f->arrivals; a++)
        averaging_replace(f, a, f->memory[CACHED * f->arrivals + a], total);
    return KITH_OK;
}

static const kith_plane planes[] = {
    AVERAGING_UPDATE,
    {.name = "cached", .side = KITH_SIDE_MEMORY},
    {.name = "total", .side = KITH_SIDE_SERVER, .element = KITH_ELEMENT_F64},
};

static const kith_federated ops = {
    AVERAGING_TABLE(planes),
    .client = averaging_plain_client,
    .server = server,
    .alike = averaging_all_alike,
};

KITH_EXPORT_PLUGIN = {
    AVERAGING_PLUGIN(config, params, ops),
    .id = "ca2fl",
    .summary = "CA2FL: a buffer's updates, calibrated by what everyone sent last",
    .reference = "Wang, Cao, Wu, Chen, Chen, ICLR 2024",
};
