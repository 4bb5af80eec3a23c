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

typedef struct metrics_wanted {
    metric *list;
    size_t count;
} metrics_wanted;

static inline kith_status look(void *arg, const char *name, double value)
{
    metrics_wanted *m = arg;
    for (size_t k = 0; k < m->count; k++)
        if (!strcmp(m->list[k].name, name)) m->list[k].value = value;
    return KITH_OK;
}

/* Some metrics, measured now and once; NaN where there is none of the name. */
static inline void measure_some(runner *r, metric *list, size_t count)
{
    metrics_wanted m = {list, count};
    const kith_engine *engine = kith_run_engine(r->run);
    for (size_t k = 0; k < count; k++)
        list[k].value = NAN;
    if (engine->prepare) assert_ok(r->ctx, engine->prepare(r->ctx, engine->self));
    assert_ok(r->ctx, engine->measure(r->ctx, engine->self, true, look, &m));
}

/* A metric, measured now; NaN where there is none of the name. */
static inline double measured(runner *r, const char *name)
{
    metric m = {name, NAN};
    measure_some(r, &m, 1);
    return m.value;
}

#endif
