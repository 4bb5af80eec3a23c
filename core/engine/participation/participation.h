/* Participation: who arrives at each server step, from which version, after how many local steps.
 *
 * A plan is a pure function of the configuration and the seed; it never looks at a vector. So every worker draws the
 * same plan without a message, and a dry run tells beforehand how much memory the real one needs.
 *
 * Ownership: the plan owns the step it hands out, valid until the next call. Threads: one.
 * Letters: N learners, m arrivals a step, K local steps, tau staleness.
 */
#ifndef KITH_PARTICIPATION_H
#define KITH_PARTICIPATION_H

#include "engine/participation/settings.h"

#include <kith/federated.h>
#include <stdbool.h>

typedef struct kith_visit_plan kith_visit_plan;
typedef struct kith_timing kith_timing;

/* What a plan must know of the rest of the run. */
typedef struct kith_visit_plan_setup {
    const kith_participation_config *participation;
    const kith_local_config *local;
    const kith_config *config;   /* for messages; may be NULL in tests */
    size_t learners;             /* N */
    uint64_t rounds;             /* that there will be, for those that are read from a file; 0: any */
    uint64_t seed;               /* of participation */
    double bytes_down, bytes_up; /* of one visit, for the clock's links */
    /* n_i; asked for only where it matters. */
    size_t (*examples)(const void *data, size_t learner);
    const void *data;
    /* s of what a visit sends and hears, in place of a download and an upload; NULL: those. */
    double (*meeting)(void *arg, const kith_timing *timing, size_t learner, uint64_t number);
    void *arg;
} kith_visit_plan_setup;

/* One server step t. Versions of the model lie in slots that the plan hands out: a slot is taken again only when no
 * visit to come starts from its version. */
typedef struct kith_step {
    uint64_t round;              /* t = 0, 1, ... */
    double time;                 /* virtual time at which the step is made, s */
    size_t count;                /* 1..participation.arrivals */
    size_t lost;                 /* visits that ended since the step before without a message that counts, */
    size_t late;                 /* and those of them whose message is sent all the same, after the step */
    const kith_arrival *arrival; /* [count] */
    const uint32_t *slot;        /* [count]: where the version is that each arrival pulled */
    uint32_t current, next;      /* the slots of version t and of version t + 1; never the same */
} kith_step;

/* Refuses, with KITH_ECONFIG, more arrivals and learners sampled beyond them than a step can have (m > N where learners
 * are drawn without replacement, or m > concurrency where deliverers wait), and weights that are no weights. Version 0
 * lies in slot 0. */
kith_status kith_plan_open(kith_ctx *ctx, const kith_visit_plan_setup *setup, kith_visit_plan **out) KITH_CHECKED;
/* The part of it that needs no data: `support` learners can be drawn, all there are unless weights leave some out. */
kith_status kith_arrivals_check(kith_ctx *ctx, const kith_visit_plan_setup *setup, size_t support) KITH_CHECKED;
void kith_plan_close(kith_visit_plan *plan);
/* Draws the next step. Never fails once open, but for what kith_plan_check() tells. */
const kith_step *kith_plan_next(kith_visit_plan *plan);
/* Refuses, with KITH_ECONFIG, a step that waited in vain for learners. Where nobody is selected by reports
 * kith_plan_measure() finds that before the first one. */
kith_status kith_plan_check(kith_ctx *ctx, const kith_visit_plan *plan) KITH_CHECKED;

/* Whether the plan has times, and whether a step may have fewer arrivals than participation.arrivals or lost visits. */
bool kith_plan_timed(const kith_visit_plan *plan);
bool kith_plan_varies(const kith_visit_plan *plan);

/* Of plans that select by what learners report. The number that arrival a's visit of the last step reported; before the
 * next step, for all of them. */
void kith_plan_report(kith_visit_plan *plan, size_t a, double value);
/* What a plan knows of learners: lists of N elements of 8 bytes that the next step depends on. */
enum { KITH_PLAN_LISTS = 4 };
void *kith_plan_list(kith_visit_plan *plan, size_t list);
/* Goes on after `rounds` steps that ended at `time`; the lists are as they were then. Returns the first learner whose
 * numbers cannot come from so many steps; N: there is none. */
size_t kith_plan_resume(kith_visit_plan *plan, uint64_t rounds, double time);
/* Over visits that are under way (clock): how many, and the sum of what their staleness is by now. */
void kith_plan_underway(const kith_visit_plan *plan, size_t *visits, uint64_t *staleness);

typedef struct kith_plan_extent {
    size_t slots; /* how many versions must fit in memory at a time */
    size_t seen;  /* distinct learners that arrive at all */
} kith_plan_extent;
/* Draws a plan of `rounds` steps, or as many as matter, and throws it away. Refuses, with KITH_ECONFIG, a plan that
 * waits for more learners than are ever available at once. */
kith_status kith_plan_measure(kith_ctx *ctx, const kith_visit_plan_setup *setup, uint64_t rounds,
                              kith_plan_extent *out) KITH_CHECKED;

/* Draws a plan of `rounds` steps again and gives, of its messages, the histograms
 *   staleness       how many had staleness b
 *   participation   how many learners sent b of them
 * Told to stop, it gives up with KITH_ESTOPPED and gives none. */
typedef kith_status (*kith_plan_tally)(void *arg, const char *name, const double *value, size_t bins);
kith_status kith_plan_histograms(kith_ctx *ctx, const kith_visit_plan_setup *setup, uint64_t rounds,
                                 kith_plan_tally tally, void *arg) KITH_CHECKED;
/* The same of a plan that selects, whose steps cannot be drawn again, and
 *   selected        how often learner b was chosen */
kith_status kith_plan_selected(kith_ctx *ctx, const kith_visit_plan *plan, kith_plan_tally tally,
                               void *arg) KITH_CHECKED;

/* Draws learners by weight, with or without replacement. */
typedef struct kith_sampler kith_sampler;
/* weight NULL: uniform. Weights are copied; they must be finite, not negative, with a positive sum (KITH_ECONFIG). */
kith_status kith_sampler_open(kith_ctx *ctx, size_t learners, const double *weight, kith_sampler **out) KITH_CHECKED;
void kith_sampler_close(kith_sampler *sampler);
/* Who may be drawn: NULL, or admits() is asked. */
typedef struct kith_sampler_filter {
    bool (*admits)(const void *arg, size_t learner);
    const void *arg;
} kith_sampler_filter;
/* How many learners can be drawn at all. */
size_t kith_sampler_support(const kith_sampler *sampler);
/* A learner's weight; 1 where all are alike. */
double kith_sampler_weight(const kith_sampler *sampler, size_t learner);
/* out[0..count-1]; without replacement (successive sampling) count must not exceed the support. Returns how many were
 * drawn: `count`, or fewer where the filter admits fewer. */
size_t kith_sampler_draw(kith_sampler *sampler, kith_stream *stream, bool replacement, size_t count,
                         const kith_sampler_filter *filter, uint32_t *out);

/* What visits take: a learner downloads (latency + bytes / bandwidth), makes its steps, uploads. */
typedef struct kith_span {
    size_t steps; /* K */
    double lasts; /* s, from the download's start to the message's arrival or to the moment in which the learner
                     vanishes; 0 where time does not follow from visits */
    bool lost;    /* it vanishes: after some of its steps, 0 to K - 1, all alike */
} kith_span;
kith_status kith_timing_open(kith_ctx *ctx, const kith_visit_plan_setup *setup, kith_timing **out) KITH_CHECKED;
void kith_timing_close(kith_timing *timing);
/* A learner's visit number v. */
kith_span kith_timing_visit(const kith_timing *timing, size_t learner, uint64_t number);
/* s that a learner's visits are expected to last; 0 where time does not follow from visits. */
double kith_timing_expected(const kith_timing *timing, size_t learner);
/* s, of a visit's first `steps` steps. */
double kith_timing_steps(const kith_timing *timing, size_t learner, uint64_t number, size_t steps);
/* s of so many steps at a learner's pace, drawn for (a, b). */
double kith_timing_work(const kith_timing *timing, size_t learner, size_t steps, uint64_t a, uint64_t b);
/* s that a message takes from learner to learner, at the lesser of the sender's rate up and the receiver's down; and
 * the s before it arrives, the greater latency of the two. A link of its own has a rate and a latency of its own. */
double kith_timing_transfer(const kith_timing *timing, size_t from, size_t to, double bytes);
double kith_timing_latency(const kith_timing *timing, size_t from, size_t to);

/* Who may start a visit when. NULL stands for everyone at any time. */
typedef struct kith_availability kith_availability;
/* *out NULL: always. */
kith_status kith_availability_open(kith_ctx *ctx, const kith_visit_plan_setup *setup,
                                   kith_availability **out) KITH_CHECKED;
void kith_availability_close(kith_availability *availability);
bool kith_availability_at(const kith_availability *availability, size_t learner, double time);
/* The first time at or after `time` at which the learner is available. */
double kith_availability_from(const kith_availability *availability, size_t learner, double time);
/* A time after `time` before which nobody becomes available; not for NULL. */
double kith_availability_change(const kith_availability *availability, double time);
/* At most the probability that at a given time so many learners or more are available (Chernoff's bound, by the share
 * of the learner who is available most); 1 where nothing is known. Not for NULL. */
double kith_availability_chance(const kith_availability *availability, size_t learners, size_t count);
/* After how many such changes in a row waiting for somebody is given up; not for NULL. */
size_t kith_availability_patience(const kith_availability *availability, size_t learners);

/* The clock's own part of a plan. A place that falls free goes to one of the idle learners that are available, or else
 * to the first that becomes so. */
typedef struct kith_clock kith_clock;
/* Borrows timing and availability (may be NULL). */
kith_status kith_clock_open(kith_ctx *ctx, const kith_visit_plan_setup *setup, const kith_timing *timing,
                            const kith_availability *availability, kith_clock **out) KITH_CHECKED;
void kith_clock_close(kith_clock *clock);
/* Fills arrival[0..m-1], slot[0..m-1] and the rest of a step whose round and count are set. */
void kith_clock_step(kith_clock *clock, kith_step *step, kith_arrival *arrival, uint32_t *slot);
void kith_clock_underway(const kith_clock *clock, size_t *visits, uint64_t *staleness);

/* K of a learner's visit number v by local.steps and local.unit (steps or epochs), before any deadline. */
size_t kith_plan_steps(const kith_visit_plan_setup *setup, size_t learner, uint64_t number);

#endif
