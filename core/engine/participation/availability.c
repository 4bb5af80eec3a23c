/* Who is available when. Diurnal and markov states last whole slots, and the state of (learner, slot) is a function of
 * the seed: nothing is carried along, so that any time may be asked for.
 *
 * Markov: in each slot the state is drawn anew, on with probability pi, with probability 1 - nu, and kept else. That is
 * the chain P(on|on) = nu + (1 - nu) pi, P(on|off) = (1 - nu) pi, and the state of a slot is found by going back to the
 * last slot in which it was drawn. */
#include "engine/participation/participation.h"
#include "engine/participation/trace.h"

#include <math.h>

/* The slot of a learner that was asked for last, so that going back ends there. */
typedef struct memory {
    uint64_t slot;
    bool known, on;
} memory;

struct kith_availability {
    const kith_participation_config *p;
    uint64_t seed;
    kith_trace *trace;
    double *share; /* [N] p or pi */
    double *phase; /* [N] diurnal, radians */
    memory *last;  /* [N] markov */
};

static const double two_pi = 6.28318530717958647693;

/* floor(time / slot), such that slot k is exactly k * slot <= time < (k + 1) * slot however the division rounds. */
static uint64_t slot_of(const kith_availability *a, double time)
{
    uint64_t k = (uint64_t)(time / a->p->slot);
    if ((double)k * a->p->slot > time) k--;
    if ((double)(k + 1) * a->p->slot <= time) k++;
    return k;
}

static bool diurnal(const kith_availability *a, size_t learner, uint64_t slot)
{
    const double angle = two_pi * (double)slot * a->p->slot / a->p->diurnal_period + a->phase[learner];
    kith_stream s = kith_stream_at(a->seed, KITH_FOR_AVAILABILITY, learner, slot);
    return kith_draw_uniform(&s) < a->share[learner] * (1.0 + a->p->diurnal_amplitude * sin(angle));
}

static bool markov(const kith_availability *a, size_t learner, uint64_t slot)
{
    memory *last = &a->last[learner];
    bool on = last->on;
    if (last->known && slot == last->slot) return on;
    const kith_stream mine = kith_stream_at(a->seed, KITH_FOR_AVAILABILITY, learner, slot);
    for (uint64_t k = slot;; k--) {
        if (last->known && k == last->slot) break;
        kith_stream s = kith_stream_beside(&mine, k);
        if (kith_draw_uniform(&s) < a->p->stability && k > 0) continue;
        on = kith_draw_uniform(&s) < a->share[learner];
        break;
    }
    *last = (memory){.slot = slot, .known = true, .on = on};
    return on;
}

static bool on_in_slot(const kith_availability *a, size_t learner, uint64_t slot)
{
    return a->phase ? diurnal(a, learner, slot) : markov(a, learner, slot);
}

bool kith_availability_at(const kith_availability *a, size_t learner, double time)
{
    if (!a) return true;
    if (a->trace) return kith_trace_from(a->trace, learner, time) <= time;
    return on_in_slot(a, learner, slot_of(a, time));
}

double kith_availability_from(const kith_availability *a, size_t learner, double time)
{
    if (!a) return time;
    if (a->trace) return kith_trace_from(a->trace, learner, time);
    uint64_t slot = slot_of(a, time);
    if (on_in_slot(a, learner, slot)) return time;
    do
        slot++;
    while (!on_in_slot(a, learner, slot));
    return (double)slot * a->p->slot;
}

double kith_availability_change(const kith_availability *a, double time)
{
    if (a->trace) return kith_trace_change(a->trace, time);
    return (double)(slot_of(a, time) + 1) * a->p->slot;
}

size_t kith_availability_patience(const kith_availability *a, size_t learners)
{
    if (a->trace) return kith_trace_starts(a->trace) + 1;
    const size_t checks = 200000000;
    return learners < checks / 1000 ? checks / learners : 1000;
}

double kith_availability_chance(const kith_availability *a, size_t learners, size_t count)
{
    double most = 0.0;
    if (a->trace) return 1.0;
    for (size_t i = 0; i < learners; i++)
        most = fmax(most, a->share[i] * (a->phase ? 1.0 + a->p->diurnal_amplitude : 1.0));
    const double want = (double)count / (double)learners;
    if (want <= most || want > 1.0) return 1.0;
    const double divergence =
        want * log(want / most) + (want < 1.0 ? (1.0 - want) * log((1.0 - want) / (1.0 - most)) : 0.0);
    return exp(-(double)learners * divergence);
}

/* A learner's share and phase are drawn from the last of its slots, which no run reaches. */
static kith_status draw_shares(kith_ctx *ctx, kith_availability *a, size_t learners)
{
    const bool by_day = a->p->availability == KITH_AVAILABILITY_DIURNAL;
    KITH_TRY(KITH_ALLOC(ctx, "availability", learners, &a->share));
    if (by_day)
        KITH_TRY(KITH_ALLOC(ctx, "availability", learners, &a->phase));
    else
        KITH_TRY(KITH_ALLOC(ctx, "availability", learners, &a->last));
    for (size_t i = 0; i < learners; i++) {
        kith_stream s = kith_stream_at(a->seed, KITH_FOR_AVAILABILITY, i, UINT64_MAX);
        const double share = a->p->available + a->p->available_spread * (2.0 * kith_draw_uniform(&s) - 1.0);
        a->share[i] = fmin(fmax(share, 0.001), 1.0);
        if (by_day) a->phase[i] = two_pi * a->p->diurnal_phases * kith_draw_uniform(&s);
    }
    return KITH_OK;
}

kith_status kith_availability_open(kith_ctx *ctx, const kith_visit_plan_setup *setup, kith_availability **out)
{
    const kith_participation_config *p = setup->participation;
    *out = NULL;
    if (p->availability == KITH_AVAILABILITY_ALWAYS) return KITH_OK;
    kith_availability *a = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "availability", 1, &a));
    a->p = p;
    a->seed = setup->seed;
    const kith_status status = p->availability == KITH_AVAILABILITY_TRACE
                                   ? kith_trace_open(ctx, p->trace, p->trace_period, setup->learners, &a->trace)
                                   : draw_shares(ctx, a, setup->learners);
    if (status != KITH_OK) {
        kith_availability_close(a);
        return status;
    }
    *out = a;
    return KITH_OK;
}

void kith_availability_close(kith_availability *a)
{
    if (!a) return;
    kith_trace_close(a->trace);
    kith_free(a->share);
    kith_free(a->phase);
    kith_free(a->last);
    kith_free(a);
}
