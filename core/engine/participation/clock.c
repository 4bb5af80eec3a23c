#include "engine/participation/participation.h"

#include <math.h>

typedef enum happening {
    ARRIVES = 0, /* its message does */
    VANISHES,    /* it does, in the middle of its visit */
    STARTS,      /* it becomes available for a place that is kept for it */
} happening;

/* What a learner with a place does next. */
typedef struct flight {
    double when; /* virtual time */
    uint64_t version, number;
    uint64_t lot; /* who comes first of those to whom something happens at the same time */
    size_t steps;
    uint32_t slot;
    int next; /* happening */
} flight;

struct kith_clock {
    kith_visit_plan_setup setup;
    const kith_timing *timing;
    const kith_availability *availability;
    size_t busy;      /* concurrency */
    flight *flight;   /* [N] */
    uint64_t *visits; /* [N] visits begun */
    uint32_t *heap;   /* [busy] learners with a place, what happens next on top */
    size_t heaped;
    uint32_t *idle; /* [N] learners with nothing to do */
    size_t idles;
    uint32_t *holders;  /* [busy + m + 2] by slot: visits that start from it, and one while it is the newest */
    uint32_t *released; /* slots whose last user is the step handed out last */
    size_t releases;
    uint32_t newest; /* slot */
    uint64_t version;
    kith_stream choice; /* who takes a free place */
};

static bool earlier(const kith_clock *c, uint32_t i, uint32_t j)
{
    const flight *a = &c->flight[i], *b = &c->flight[j];
    if (a->when != b->when) return a->when < b->when;
    return a->lot < b->lot || (a->lot == b->lot && i < j);
}

/* Steps that take the same time end at the same time, again and again; the lowest number must not be first forever. */
static uint64_t draw_lot(const kith_clock *c, uint32_t learner)
{
    kith_stream s = kith_stream_at(c->setup.seed, KITH_FOR_PARTICIPATION, 2 + (uint64_t)learner, c->visits[learner]);
    return kith_draw_u64(&s);
}

static void push(kith_clock *c, uint32_t learner)
{
    size_t i = c->heaped++;
    for (; i > 0 && earlier(c, learner, c->heap[(i - 1) / 2]); i = (i - 1) / 2)
        c->heap[i] = c->heap[(i - 1) / 2];
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

/* Sends a learner off from the newest version. */
static void start(kith_clock *c, uint32_t learner, double now)
{
    flight *f = &c->flight[learner];
    f->version = c->version;
    f->slot = c->newest;
    c->holders[c->newest]++;
    f->lot = draw_lot(c, learner);
    f->number = c->visits[learner]++;
    const kith_span span = kith_timing_visit(c->timing, learner, f->number);
    f->steps = span.steps;
    f->when = now + span.lasts;
    f->next = span.lost ? VANISHES : ARRIVES;
    push(c, learner);
}

/* Where in the list of idle learners one is drawn among those that are available; SIZE_MAX: none is. A few tries spare
 * looking at all of them. */
static size_t draw_available(kith_clock *c, double now)
{
    enum { TRIES = 32 };
    for (int tries = 0; tries < TRIES && c->idles > 1; tries++) {
        const size_t k = (size_t)kith_draw_below(&c->choice, c->idles);
        if (kith_availability_at(c->availability, c->idle[k], now)) return k;
    }
    size_t count = 0, k = 0;
    for (size_t i = 0; i < c->idles; i++)
        count += kith_availability_at(c->availability, c->idle[i], now);
    if (count == 0) return SIZE_MAX;
    for (uint64_t left = kith_draw_below(&c->choice, count);; k++)
        if (kith_availability_at(c->availability, c->idle[k], now) && left-- == 0) return k;
}

/* Slots begin for all at once, so ties are drawn: of k that are first the last one takes over once in k times. */
static size_t first_available(kith_clock *c, double now, double *when)
{
    size_t best = 0;
    uint64_t first = 0;
    *when = INFINITY;
    for (size_t k = 0; k < c->idles; k++) {
        const double from = kith_availability_from(c->availability, c->idle[k], now);
        if (from > *when) continue;
        first = from < *when ? 1 : first + 1;
        *when = from;
        if (first == 1 || kith_draw_below(&c->choice, first) == 0) best = k;
    }
    return best;
}

/* Fills one free place: by the learner that freed it where everyone is busy, else by one drawn among the idle. */
static void refill(kith_clock *c, double now)
{
    double when = now;
    size_t k = 0;
    if (c->availability) {
        k = draw_available(c, now);
        if (k == SIZE_MAX) k = first_available(c, now, &when);
    } else if (c->idles > 1) {
        k = (size_t)kith_draw_below(&c->choice, c->idles);
    }
    const uint32_t learner = c->idle[k];
    c->idle[k] = c->idle[--c->idles];
    if (when <= now) {
        start(c, learner, now);
        return;
    }
    c->flight[learner] = (flight){.when = when, .lot = draw_lot(c, learner), .next = STARTS};
    push(c, learner);
}

static void release(kith_clock *c)
{
    for (size_t k = 0; k < c->releases; k++)
        c->holders[c->released[k]]--;
    c->releases = 0;
}

static uint32_t free_slot(const kith_clock *c)
{
    uint32_t slot = 0; /* one is always free: at most busy + 1 of busy + m + 2 are held */
    while (c->holders[slot])
        slot++;
    return slot;
}

/* Lets things happen until the next message arrives, and returns whose it is. */
static uint32_t next_arrival(kith_clock *c, kith_step *step)
{
    for (;;) {
        const uint32_t learner = pop(c);
        const flight *f = &c->flight[learner];
        if (f->next == ARRIVES) return learner;
        if (f->next == STARTS) {
            start(c, learner, f->when);
            continue;
        }
        step->lost++;
        c->holders[f->slot]--;
        c->idle[c->idles++] = learner;
        refill(c, f->when);
    }
}

void kith_clock_step(kith_clock *c, kith_step *step, kith_arrival *arrival, uint32_t *slot)
{
    const bool wait = c->setup.participation->wait;
    release(c);
    double now = 0.0;
    step->lost = step->late = 0;
    for (size_t k = 0; k < step->count; k++) {
        const uint32_t learner = next_arrival(c, step);
        const flight *f = &c->flight[learner];
        now = f->when;
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
    while (c->heaped < c->busy)
        refill(c, now);
}

void kith_clock_underway(const kith_clock *c, size_t *visits, uint64_t *staleness)
{
    *visits = 0;
    *staleness = 0;
    for (size_t k = 0; k < c->heaped; k++) {
        const flight *f = &c->flight[c->heap[k]];
        if (f->next == STARTS) continue;
        ++*visits;
        *staleness += c->version - f->version;
    }
}

static kith_status allocate(kith_ctx *ctx, kith_clock *c, size_t m)
{
    const size_t n = c->setup.learners;
    KITH_TRY(KITH_ALLOC(ctx, "clock", n, &c->flight));
    KITH_TRY(KITH_ALLOC(ctx, "clock", n, &c->visits));
    KITH_TRY(KITH_ALLOC(ctx, "clock", n, &c->idle));
    KITH_TRY(KITH_ALLOC(ctx, "clock", c->busy, &c->heap));
    KITH_TRY(KITH_ALLOC(ctx, "clock", m + 1, &c->released));
    return KITH_ALLOC(ctx, "clock", c->busy + m + 2, &c->holders);
}

kith_status kith_clock_open(kith_ctx *ctx, const kith_visit_plan_setup *setup, const kith_timing *timing,
                            const kith_availability *availability, kith_clock **out)
{
    const kith_participation_config *p = setup->participation;
    kith_clock *c = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "clock", 1, &c));
    c->setup = *setup;
    c->timing = timing;
    c->availability = availability;
    c->busy = p->concurrency ? (size_t)p->concurrency : setup->learners;
    const kith_status status = allocate(ctx, c, (size_t)p->arrivals);
    if (status != KITH_OK) {
        kith_clock_close(c);
        return status;
    }
    for (size_t i = 0; i < setup->learners; i++)
        c->idle[i] = (uint32_t)i;
    c->idles = setup->learners;
    c->choice = kith_stream_at(setup->seed, KITH_FOR_PARTICIPATION, 1, 0);
    c->holders[0] = 1;
    while (c->heaped < c->busy)
        refill(c, 0.0);
    *out = c;
    return KITH_OK;
}

void kith_clock_close(kith_clock *c)
{
    if (!c) return;
    kith_free(c->flight);
    kith_free(c->visits);
    kith_free(c->idle);
    kith_free(c->heap);
    kith_free(c->released);
    kith_free(c->holders);
    kith_free(c);
}
