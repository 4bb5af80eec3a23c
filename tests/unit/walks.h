/* Runs of tokens as lists of settings, and a look into the engine. Include after runner.h and quadratics.h. */
#ifndef KITH_TESTS_WALKS_H
#define KITH_TESTS_WALKS_H

#include "engine/engine.h"
#include "engine/walk/walk.h"

#include <unistd.h>

static inline const kith_walkers *walkers(const runner *r)
{
    return kith_run_engine(r->run)->self;
}

static inline uint32_t token_at(const runner *r, size_t token)
{
    return ((const kith_token_memory *)kith_token_row(walkers(r), KITH_TOKEN_MEMORY, token))->at;
}

static inline double token_model(const runner *r, size_t token, size_t i)
{
    return (double)((const kith_real *)kith_token_row(walkers(r), KITH_TOKEN_MODEL, token))[i];
}

typedef struct measured {
    const char *name;
    double value;
} measured;

static inline kith_status pick_measure(void *arg, const char *name, double value)
{
    measured *m = arg;
    if (!strcmp(name, m->name)) m->value = value;
    return KITH_OK;
}

/* A metric of the engine's as of now; NaN where it tells none of that name. */
static inline double metric(const runner *r, const char *name)
{
    const kith_engine *engine = kith_run_engine(r->run);
    measured m = {.name = name, .value = NAN};
    assert_int_equal(engine->prepare(r->ctx, engine->self), KITH_OK);
    assert_int_equal(engine->measure(r->ctx, engine->self, true, pick_measure, &m), KITH_OK);
    return m.value;
}

/* The shared data folder; NULL where it is not. */
static inline const char *data_file(const char *name, char path[512])
{
    const char *folder = getenv("KITH_DATA"), *source = getenv("top_srcdir");
    if (folder && *folder)
        snprintf(path, 512, "%s/%s", folder, name);
    else
        snprintf(path, 512, "%s/../shared/data/%s", source ? source : ".", name);
    return access(path, R_OK) == 0 ? path : NULL;
}

#endif
