#include "engine/participation/participation.h"

#include <math.h>

struct kith_timing {
    kith_visit_plan_setup setup;
    double *slowness; /* [N] factor on compute times; NULL: all 1 */
    double *link;     /* [N] factor on bandwidths; NULL: all 1 */
};

/* One local step's time with mean 1. */
static double draw_step_time(const kith_participation_config *p, kith_stream *s)
{
    const double half_normal_mean = 0.79788456080286535588; /* sqrt(2 / pi) */
    switch (p->compute) {
    case KITH_TIME_EXPONENTIAL:
        return kith_draw_exponential(s);
    case KITH_TIME_LOGNORMAL:
        return exp(p->compute_sigma * kith_draw_normal(s) - 0.5 * p->compute_sigma * p->compute_sigma);
    case KITH_TIME_HALF_NORMAL:
        return fabs(kith_draw_normal(s)) / half_normal_mean;
    case KITH_TIME_UNIFORM:
        return 2.0 * kith_draw_uniform(s);
    default:
        return 1.0;
    }
}

static kith_stream stream_of(const kith_timing *t, size_t learner, uint64_t number)
{
    return kith_stream_at(t->setup.seed, KITH_FOR_CLOCK, learner, number);
}

static double scale_of(const kith_timing *t, size_t learner)
{
    return t->setup.participation->compute_time * (t->slowness ? t->slowness[learner] : 1.0);
}

/* Of a visit's first `steps` steps. */
static double compute_time(const kith_timing *t, size_t learner, uint64_t number, size_t steps)
{
    double sum = (double)steps;
    if (t->setup.participation->compute != KITH_TIME_CONSTANT) {
        kith_stream s = stream_of(t, learner, number);
        sum = 0.0;
        for (size_t k = 0; k < steps; k++)
            sum += draw_step_time(t->setup.participation, &s);
    }
    return sum * scale_of(t, learner);
}

/* How many steps, of `most`, end within the deadline; one is always made. */
static size_t steps_that_fit(const kith_timing *t, size_t learner, uint64_t number, size_t most)
{
    const double budget = t->setup.local->deadline / scale_of(t, learner);
    if (t->setup.participation->compute == KITH_TIME_CONSTANT) {
        if (budget >= (double)most) return most;
        return budget > 1.0 ? (size_t)budget : 1;
    }
    kith_stream s = stream_of(t, learner, number);
    double sum = 0.0;
    for (size_t k = 0; k < most; k++) {
        sum += draw_step_time(t->setup.participation, &s);
        if (sum > budget) return k ? k : 1;
    }
    return most;
}

static double way(const kith_timing *t, size_t learner, double bytes, double own_bandwidth)
{
    const kith_participation_config *p = t->setup.participation;
    const double bandwidth = (own_bandwidth > 0.0 ? own_bandwidth : p->bandwidth) * (t->link ? t->link[learner] : 1.0);
    return p->latency + (bandwidth > 0.0 ? bytes / bandwidth : 0.0);
}

kith_span kith_timing_visit(const kith_timing *t, size_t learner, uint64_t number)
{
    enum { MOST_STEPS = 1000000000 };
    const kith_participation_config *p = t->setup.participation;
    const kith_local_config *local = t->setup.local;
    kith_span span = {.steps =
                          local->unit == KITH_UNIT_SECONDS ? MOST_STEPS : kith_plan_steps(&t->setup, learner, number)};
    if (local->deadline > 0.0) span.steps = steps_that_fit(t, learner, number, span.steps);
    size_t made = span.steps;
    if (p->dropout > 0.0) {
        kith_stream s = kith_stream_at(t->setup.seed, KITH_FOR_DROPOUT, learner, number);
        span.lost = kith_draw_uniform(&s) < p->dropout;
        if (span.lost) made = (size_t)kith_draw_below(&s, span.steps);
    }
    if (!kith_participation_timed(p)) return span;
    span.lasts = compute_time(t, learner, number, made) + way(t, learner, t->setup.bytes_down, p->bandwidth_down);
    if (!span.lost) span.lasts += way(t, learner, t->setup.bytes_up, p->bandwidth_up);
    return span;
}

kith_status kith_timing_open(kith_ctx *ctx, const kith_visit_plan_setup *setup, kith_timing **out)
{
    const kith_participation_config *p = setup->participation;
    kith_timing *t = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "virtual time", 1, &t));
    t->setup = *setup;
    kith_status status = KITH_OK;
    if (p->speed_sigma > 0.0) status = KITH_ALLOC(ctx, "virtual time", setup->learners, &t->slowness);
    if (status == KITH_OK && p->link_sigma > 0.0) status = KITH_ALLOC(ctx, "virtual time", setup->learners, &t->link);
    if (status != KITH_OK) {
        kith_timing_close(t);
        return status;
    }
    for (size_t i = 0; i < setup->learners && (t->slowness || t->link); i++) {
        kith_stream s = kith_stream_at(setup->seed, KITH_FOR_CLOCK, i, UINT64_MAX);
        const double speed = kith_draw_normal(&s), link = kith_draw_normal(&s);
        if (t->slowness) t->slowness[i] = exp(p->speed_sigma * speed);
        if (t->link) t->link[i] = exp(p->link_sigma * link);
    }
    *out = t;
    return KITH_OK;
}

void kith_timing_close(kith_timing *t)
{
    if (!t) return;
    kith_free(t->slowness);
    kith_free(t->link);
    kith_free(t);
}
