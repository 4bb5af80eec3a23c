/* Federated averaging of a part of the model: the other part never leaves its learner. */
#ifndef PARTIAL_H
#define PARTIAL_H

#include "parts.h"
#include "personal.h"

typedef struct partial_config {
    int weights;
    double server_lr;
    int64_t body_steps; /* fedrep's */
} partial_config;

#define PARTIAL_PARAMS AVERAGING_SERVER_LR(partial_config), AVERAGING_WEIGHTS(partial_config)

enum { UPDATE = 0 };             /* messages */
enum { OWN_PART = 0, HAS_PART }; /* learner planes */
enum { PARTIAL_PLANES = 3 };

/* It begins with the weights, as averaging_alike() wants. */
typedef struct partial {
    int weights;
    double server_lr, decay;
    size_t body_steps;
    parts parts;
    kith_plane plane[PARTIAL_PLANES];
} partial;

static inline kith_status partial_create(kith_ctx *ctx, const char *id, const partial_config *c,
                                         const kith_setting *setting, bool (*is_own)(const kith_block *block),
                                         const char *what, void **self)
{
    parts p;
    partial *made = NULL;
    KITH_TRY(parts_open(ctx, id, setting, is_own, what, &p));
    const kith_status status = KITH_ALLOC(ctx, id, 1, &made);
    if (status != KITH_OK) {
        kith_free(p.run);
        return status;
    }
    *made = (partial){
        .weights = c->weights,
        .server_lr = c->server_lr,
        .decay = setting->local->weight_decay,
        .body_steps = (size_t)c->body_steps,
        .parts = p,
        .plane = {AVERAGING_UPDATE,
                  {.name = "own-part", .side = KITH_SIDE_LEARNER, .scalars = (uint32_t)p.own},
                  PERSONAL_BEGUN},
    };
    *self = made;
    return KITH_OK;
}

static inline void partial_destroy(void *self)
{
    partial *p = self;
    kith_free(p->parts.run);
    kith_free(p);
}

static inline const kith_plane *partial_layout(const void *self, size_t *count)
{
    *count = PARTIAL_PLANES;
    return ((const partial *)self)->plane;
}

/* What is a learner's own is not sent. */
static inline size_t partial_sent(const void *self, size_t d)
{
    return d - ((const partial *)self)->parts.own;
}

/* y (d) <- the shared part of the version pulled, and the learner's own part once it has one. */
static inline void partial_begin(const partial *p, const kith_visit *v, kith_real *y)
{
    kith_copy(v->dimension, v->model, y);
    if (v->own[HAS_PART][0] != 0) parts_put(&p->parts, v->own[OWN_PART], y);
}

/* Keeps the learner's own part of y, and sends how far the other one moved. */
static inline void partial_end(const partial *p, const kith_visit *v, const kith_real *y)
{
    parts_take(&p->parts, y, v->own[OWN_PART]);
    v->own[HAS_PART][0] = 1;
    kith_subtract(v->dimension, y, v->model, v->message[UPDATE]);
    for (size_t r = 0; r < p->parts.runs; r++)
        kith_clear(p->parts.run[r].count, v->message[UPDATE] + p->parts.run[r].first);
}

/* Both parts move together. */
static inline kith_status partial_client(void *self, kith_visit *v)
{
    partial_begin(self, v, v->work);
    KITH_TRY(kith_visit_sgd(v, NULL, v->work, NULL));
    partial_end(self, v, v->work);
    return KITH_OK;
}

static inline kith_status partial_server(void *self, kith_fold *f)
{
    const partial *p = self;
    averaging_server(p->server_lr, p->weights, f);
    return KITH_OK;
}

static inline kith_status partial_own_model(void *self, kith_visit *v, kith_real *x)
{
    partial_begin(self, v, x);
    return KITH_OK;
}

/* The table, but for client. */
#define PARTIAL_TABLE                                                                                                  \
    .needs = KITH_HUB | KITH_LOSSLESS, .server = partial_server, .layout = partial_layout, .alike = averaging_alike,   \
    .own_model = partial_own_model, .sent = partial_sent

#define PARTIAL_PLUGIN(rows, create_it, ops)                                                                           \
    AVERAGING_PLUGIN(partial_config, rows, ops), .create = (create_it), .destroy = partial_destroy

#endif
