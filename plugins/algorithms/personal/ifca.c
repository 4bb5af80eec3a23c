#include "personal.h"

#include <stdio.h>

typedef struct config {
    int64_t models;
    double spread, server_lr;
} config;

static const kith_param params[] = {
    {"models", KITH_TYPE_INT, 0, offsetof(config, models), "2", "1..64", "models",
     "How many models there are to choose from: clusters of learners."},
    {"spread", KITH_TYPE_REAL, "models > 1", offsetof(config, spread), "0.1", "(0,inf)", "",
     "The standard deviation by which the others differ from the first model at the beginning, in each coordinate."},
    AVERAGING_SERVER_LR(config),
};

enum { MOST = 64, NAME = 16 };
enum { UPDATE = 0, CHOICE }; /* messages */

typedef struct ifca {
    size_t models;
    double spread, server_lr;
    uint64_t seed;
    size_t planes;
    kith_plane plane[MOST + 1];
    char name[MOST][NAME];
} ifca;

static kith_status create(kith_ctx *ctx, const void *given, const kith_setting *setting, void **self)
{
    const config *c = given;
    ifca *made = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "ifca", 1, &made));
    made->models = (size_t)c->models;
    made->spread = c->spread;
    made->server_lr = c->server_lr;
    made->seed = setting->seed;
    made->plane[made->planes++] = (kith_plane)AVERAGING_UPDATE;
    made->plane[made->planes++] = (kith_plane){.name = "choice", .side = KITH_SIDE_MESSAGE, .scalars = 1};
    for (size_t j = 1; j < made->models; j++) {
        snprintf(made->name[j], NAME, "model-%u", (unsigned)j);
        made->plane[made->planes++] =
            (kith_plane){.name = made->name[j], .side = KITH_SIDE_SERVER, .access = KITH_PUBLISHED};
    }
    *self = made;
    return KITH_OK;
}

static const kith_plane *layout(const void *self, size_t *count)
{
    const ifca *c = self;
    *count = c->planes;
    return c->plane;
}

/* Where model j begins, of one block: the first model and noise, a function of the seed. */
static void begin_block(const ifca *c, size_t j, size_t lo, size_t count, const kith_real *first, kith_real *x)
{
    kith_real noise[KITH_BLOCK];
    kith_stream s = kith_stream_at(c->seed, KITH_FOR_PLUGIN, j, lo);
    kith_draw_normals(&s, c->spread, count, noise);
    for (size_t i = 0; i < count; i++)
        x[i] = first[i] + noise[i];
}

/* x (d) <- model j of the version pulled. Published planes are zero before the first server step. */
static void model_of(const ifca *c, const kith_visit *v, size_t j, kith_real *x)
{
    if (j == 0 || v->version > 0) {
        kith_copy(v->dimension, j ? v->published[j - 1] : v->model, x);
        return;
    }
    for (size_t lo = 0; lo < v->dimension; lo += KITH_BLOCK)
        begin_block(c, j, lo, v->dimension - lo < KITH_BLOCK ? v->dimension - lo : KITH_BLOCK, v->model + lo, x + lo);
}

/* The model with the least loss on what the learner trains on, into x (d); the first of equals. */
static kith_status choose(const ifca *c, kith_visit *v, kith_real *x, size_t *choice)
{
    double least = 0.0;
    *choice = 0;
    for (size_t j = 0; j < c->models && c->models > 1; j++) {
        double loss = 0.0;
        model_of(c, v, j, x);
        KITH_TRY(kith_visit_loss(v, x, &loss));
        if (j > 0 && !(loss < least)) continue;
        least = loss;
        *choice = j;
    }
    model_of(c, v, *choice, x);
    return KITH_OK;
}

/* Ghosh, Chung, Yin, Ramchandran 2020, Algorithm 1 with model averaging (option II). */
static kith_status client(void *self, kith_visit *v)
{
    size_t choice = 0;
    kith_real *start = v->message[UPDATE];
    KITH_TRY(choose(self, v, start, &choice));
    kith_copy(v->dimension, start, v->work);
    KITH_TRY(kith_visit_sgd(v, NULL, v->work, NULL));
    for (size_t i = 0; i < v->dimension; i++)
        start[i] = v->work[i] - start[i];
    v->message[CHOICE][0] = (kith_real)choice;
    return KITH_OK;
}

/* theta_j <- theta_j + eta mean of the updates of those who chose it; nobody's model stays. */
static void move(const ifca *c, const kith_fold *f, size_t j, kith_real *x)
{
    size_t chosen = 0;
    for (size_t a = 0; a < f->arrivals; a++)
        chosen += f->message[CHOICE * f->arrivals + a][0] == (kith_real)j;
    for (size_t a = 0; a < f->arrivals; a++)
        if (f->message[CHOICE * f->arrivals + a][0] == (kith_real)j)
            kith_axpy(f->count, (kith_real)(c->server_lr / (double)chosen), f->message[UPDATE * f->arrivals + a], x);
}

static kith_status server(void *self, kith_fold *f)
{
    const ifca *c = self;
    for (size_t j = c->models - 1; j > 0; j--) {
        kith_real *x = f->server[j - 1];
        if (f->round == 0) begin_block(c, j, f->lo, f->count, f->model, x);
        move(c, f, j, x);
    }
    move(c, f, 0, f->model);
    return KITH_OK;
}

static kith_status own_model(void *self, kith_visit *v, kith_real *x)
{
    size_t choice = 0;
    return choose(self, v, x, &choice);
}

static const kith_federated ops = {
    .needs = KITH_HUB | KITH_LOSSLESS,
    .client = client,
    .server = server,
    .layout = layout,
    .own_model = own_model,
};

KITH_EXPORT_PLUGIN = {
    AVERAGING_PLUGIN(config, params, ops),
    .id = "ifca",
    .summary = "IFCA: several models, of which each learner trains the one that suits it best",
    .reference = "arXiv 2006.04088",
    .create = create,
    .destroy = kith_free,
};
