#include "engine/participation.h"

#include <math.h>

/* A visit that is under way, by learner. */
typedef struct flight {
    double arrives; /* virtual time */
    uint64_t version, number;
    size_t steps;
    uint32_t slot;
} flight;

struct kith_clock {
    kith_plan_about about;
    size_t busy;       /* concurrency */
    flight *flight;    /* [N] */
    double *slowness;  /* [N] factor on compute times */
    uint64_t *visits;  /* [N] visits begun */
    uint32_t *heap;    /* [busy] learners under way, the next to arrive on top */
    size_t heaped;
    uint32_t *idle; /* [N] learners with nothing to do */
    size_t idles;
    uint32_t *holders; /* [busy + 2] by slot: visits that start from it, and one while it is the newest */
    uint32_t *released; /* slots whose last user is the step handed out last */
    size_t releases;
    uint32_t newest; /* slot */
    uint64_t version;
    kith_stream choice; /* who takes a free place */
};

static bool earlier(const kith_clock *c, uint32_t i, uint32_t j)
{
    const double ti = c->flight[i].arrives, tj = c->flight[j].arrives;
    return ti < tj || (ti == tj && i < j);
}

static void push(kith_clock *c, uint32_t learner)
{
    size_t i = c->heaped++;
    for (; i > 0 && earlier(c, learner, c->heap[(i - 1) / 2]); i = (i - 1) / 2) c->heap[i] = c->heap[(i - 1) / 2];
    c->heap[i] = learner;
}

static uint32_t pop(kith_clock *c)
{
    const uint32_t top = c->heap[0], last = c->heap[--c->heaped];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < c->heaped; i = child) {
        if (child + 1 < c->heaped && earlier(c, c->heap[child + 1], c->heap[child])) child++;
        if (!earlier(c, c->heap[child], last)) break;
        c->heap[i] = c->heap[child];
    }
    c->heap[i] = last;
    return top;
}

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

static double visit_time(const kith_clock *c, size_t learner, const flight *f)
{
    const kith_participation_config *p = c->about.participation;
    kith_stream s = kith_stream_at(c->about.seed, KITH_FOR_CLOCK, learner, f->number);
    double compute = 0.0;
    if (p->compute == KITH_TIME_CONSTANT) {
        compute = (double)f->steps;
    } else {
        for (size_t k = 0; k < f->steps; k++) compute += draw_step_time(p, &s);
    }
    const double links =
        2.0 * p->latency + (p->bandwidth > 0.0 ? (c->about.bytes_down + c->about.bytes_up) / p->bandwidth : 0.0);
    return compute * p->compute_time * c->slowness[learner] + links;
}

/* Sends a learner off from the newest version. */
static void start(kith_clock *c, uint32_t learner, double now)
{
    flight *f = &c->flight[learner];
    f->version = c->version;
    f->slot = c->newest;
    c->holders[c->newest]++;
    f->number = c->visits[learner]++;
    f->steps = kith_plan_steps(&c->about, learner, f->number);
    f->arrives = now + visit_time(c, learner, f);
    push(c, learner);
}

/* Fills one free place: by the learner that freed it where everyone is busy, else by one drawn among the idle. */
static void refill(kith_clock *c, double now)
{
    const size_t k = c->idles > 1 ? (size_t)kith_draw_below(&c->choice, c->idles) : 0;
    const uint32_t learner = c->idle[k];
    c->idle[k] = c->idle[--c->idles];
    start(c, learner, now);
}

static void release(kith_clock *c)
{
    for (size_t k = 0; k < c->releases; k++) c->holders[c->released[k]]--;
    c->releases = 0;
}

static uint32_t free_slot(const kith_clock *c)
{
    uint32_t slot = 0; /* one is always free: at most busy + 1 of busy + m + 2 are held */
    while (c->holders[slot]) slot++;
    return slot;
}

void kith_clock_step(kith_clock *c, kith_step *step, kith_arrival *arrival, uint32_t *slot)
{
    const bool wait = c->about.participation->wait;
    release(c);
    double now = 0.0;
    for (size_t k = 0; k < step->count; k++) {
        const uint32_t learner = pop(c);
        const flight *f = &c->flight[learner];
        now = f->arrives;
        arrival[k] = (kith_arrival){
            .learner = learner, .version = f->version, .number = f->number, .steps = f->steps, .time = now};
        slot[k] = f->slot;
        c->released[c->releases++] = f->slot;
        c->idle[c->idles++] = learner;
        if (!wait && k + 1 < step->count) refill(c, now);
    }
    step->time = now;
    step->current = c->newest;
    c->released[c->releases++] = c->newest;
    c->newest = step->next = free_slot(c);
    c->holders[c->newest] = 1;
    c->version = step->round + 1;
    while (c->heaped < c->busy) refill(c, now);
}

void kith_clock_underway(const kith_clock *c, size_t *visits, uint64_t *staleness)
{
    *visits = c->heaped;
    *staleness = 0;
    for (size_t k = 0; k < c->heaped; k++) *staleness += c->version - c->flight[c->heap[k]].version;
}

static kith_status allocate(kith_ctx *ctx, kith_clock *c, size_t m)
{
    const size_t n = c->about.learners;
    KITH_TRY(KITH_ALLOC(ctx, "clock", n, &c->flight));
    KITH_TRY(KITH_ALLOC(ctx, "clock", n, &c->slowness));
    KITH_TRY(KITH_ALLOC(ctx, "clock", n, &c->visits));
    KITH_TRY(KITH_ALLOC(ctx, "clock", n, &c->idle));
    KITH_TRY(KITH_ALLOC(ctx, "clock", c->busy, &c->heap));
    KITH_TRY(KITH_ALLOC(ctx, "clock", m + 1, &c->released));
    return KITH_ALLOC(ctx, "clock", c->busy + m + 2, &c->holders);
}

kith_status kith_clock_open(kith_ctx *ctx, const kith_plan_about *about, kith_clock **out)
{
    const kith_participation_config *p = about->participation;
    kith_clock *c = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "clock", 1, &c));
    c->about = *about;
    c->busy = p->concurrency ? (size_t)p->concurrency : about->learners;
    const kith_status status = allocate(ctx, c, (size_t)p->arrivals);
    if (status != KITH_OK) {
        kith_clock_close(c);
        return status;
    }
    for (size_t i = 0; i < about->learners; i++) {
        kith_stream s = kith_stream_at(about->seed, KITH_FOR_CLOCK, i, UINT64_MAX);
        c->slowness[i] = p->speed_sigma > 0.0 ? exp(p->speed_sigma * kith_draw_normal(&s)) : 1.0;
        c->idle[i] = (uint32_t)i;
    }
    c->idles = about->learners;
    c->choice = kith_stream_at(about->seed, KITH_FOR_PARTICIPATION, 1, 0);
    c->holders[0] = 1;
    while (c->heaped < c->busy) refill(c, 0.0);
    *out = c;
    return KITH_OK;
}

void kith_clock_close(kith_clock *c)
{
    if (!c) return;
    kith_free(c->flight);
    kith_free(c->slowness);
    kith_free(c->visits);
    kith_free(c->idle);
    kith_free(c->heap);
    kith_free(c->released);
    kith_free(c->holders);
    kith_free(c);
}
