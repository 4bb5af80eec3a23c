/* What a run's engine measures, asked for by name. Include after runner.h. */
#ifndef KITH_TESTS_MEASURED_H
#define KITH_TESTS_MEASURED_H

#include "engine/engine.h"

#include <math.h>
#include <string.h>

typedef struct metric {
    const char *name;
    double value;
} metric;

static inline kith_status look(void *arg, const char *name, double value)
{
    metric *m = arg;
    if (!strcmp(m->name, name)) m->value = value;
    return KITH_OK;
}

/* A metric, measured now; NaN where there is none of the name. */
static inline double measured(runner *r, const char *name)
{
    metric m = {name, NAN};
    double loss = 0;
    const kith_engine *engine = kith_run_engine(r->run);
    assert_ok(r->ctx, engine->prepare(r->ctx, engine->self));
    assert_ok(r->ctx, engine->measure(r->ctx, engine->self, look, &m, &loss));
    return m.value;
}

#endif
