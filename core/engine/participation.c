#include "engine/participation.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kith_plan {
    kith_plan_about about;
    kith_step step;
    kith_arrival *arrival; /* [m] */
    uint32_t *slot, *drawn; /* [m] */
    uint64_t *visits;       /* [N] how many visits each learner has begun; the clock counts its own */
    uint64_t round;
    kith_sampler *sampler;
    kith_clock *clock;
};

size_t kith_plan_steps(const kith_plan_about *about, size_t learner, uint64_t number)
{
    const kith_local_config *local = about->local;
    uint64_t work = (uint64_t)local->steps;
    if (local->steps_kind == KITH_STEPS_UNIFORM) {
        kith_stream s = kith_stream_at(about->seed, KITH_FOR_STEPS, learner, number);
        work = 1 + kith_draw_below(&s, 2 * work);
    }
    if (local->unit == KITH_UNIT_STEPS) return (size_t)work;
    const size_t examples = about->examples(about->data, learner);
    const size_t batch = local->batch > 0 ? (size_t)local->batch : examples;
    return (size_t)work * ((examples + batch - 1) / batch);
}

/* One number a line; '#' starts a comment. */
static kith_status read_weights(kith_ctx *ctx, const kith_plan_about *about, double *weight)
{
    const char *path = about->participation->weights_file;
    FILE *file = fopen(path, "r");
    if (!file)
        return kith_fail(ctx, KITH_EIO, "participation.weights_file = %s: %s; name a file with one weight a line", path,
                         strerror(errno));
    char line[256];
    size_t count = 0;
    kith_status status = KITH_OK;
    for (size_t number = 1; status == KITH_OK && fgets(line, sizeof line, file); number++) {
        const size_t start = strspn(line, " \t\r\n");
        if (!line[start] || line[start] == '#') continue;
        char *end = NULL;
        const double value = strtod(line + start, &end);
        if (end == line + start || end[strspn(end, " \t\r\n")]) {
            status = kith_fail(ctx, KITH_EDATA, "%s:%zu: expected one number", path, number);
        } else if (count < about->learners) {
            weight[count] = value;
        }
        count++;
    }
    fclose(file);
    if (status == KITH_OK && count != about->learners)
        status = kith_fail(ctx, KITH_EDATA, "%s: %zu weights for run.learners = %zu; give one a learner", path, count,
                           about->learners);
    return status;
}

static kith_status open_sampler(kith_ctx *ctx, kith_plan *plan)
{
    const kith_plan_about *about = &plan->about;
    const kith_participation_config *p = about->participation;
    if (p->weights == KITH_WEIGHTS_UNIFORM) return kith_sampler_open(ctx, about->learners, NULL, &plan->sampler);
    double *weight = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "participation weights", about->learners, &weight));
    kith_status status = KITH_OK;
    if (p->weights == KITH_WEIGHTS_FILE) status = read_weights(ctx, about, weight);
    for (size_t i = 0; i < about->learners && p->weights != KITH_WEIGHTS_FILE; i++)
        weight[i] = p->weights == KITH_WEIGHTS_POWER ? pow((double)(i + 1), p->skew)
                                                     : (double)about->examples(about->data, i);
    if (status == KITH_OK) status = kith_sampler_open(ctx, about->learners, weight, &plan->sampler);
    kith_free(weight);
    return status;
}

static kith_status refuse_arrivals(kith_ctx *ctx, const kith_plan_about *about, size_t most, const char *why)
{
    const char *source = about->config ? kith_config_source(about->config, "participation", "arrivals") : "the plan";
    return kith_fail(ctx, KITH_ECONFIG, "%s: participation.arrivals = %lld is more than the %zu %s; use at most %zu", source,
                     (long long)about->participation->arrivals, most, why, most);
}

static kith_status check_arrivals(kith_ctx *ctx, const kith_plan *plan)
{
    const kith_plan_about *about = &plan->about;
    const kith_participation_config *p = about->participation;
    const size_t m = (size_t)p->arrivals;
    if (p->kind == KITH_PARTICIPATION_CLOCK) {
        const size_t busy = p->concurrency ? (size_t)p->concurrency : about->learners;
        if (busy > about->learners)
            return kith_fail(ctx, KITH_ECONFIG, "participation.concurrency = %zu is more than run.learners = %zu", busy,
                             about->learners);
        if (p->wait && m > busy) return refuse_arrivals(ctx, about, busy, "learners that are busy at a time (wait = yes)");
        return KITH_OK;
    }
    const size_t support = kith_sampler_support(plan->sampler);
    const bool replacement = p->kind == KITH_PARTICIPATION_STALENESS && p->replacement;
    if (!replacement && m > support)
        return refuse_arrivals(ctx, about, support, "learners that can be drawn without replacement");
    return KITH_OK;
}

kith_status kith_plan_open(kith_ctx *ctx, const kith_plan_about *about, kith_plan **out)
{
    kith_plan *plan = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "participation", 1, &plan));
    plan->about = *about;
    const bool clock = about->participation->kind == KITH_PARTICIPATION_CLOCK;
    kith_status status = clock ? KITH_OK : open_sampler(ctx, plan);
    if (status == KITH_OK) status = check_arrivals(ctx, plan);
    const size_t m = (size_t)about->participation->arrivals;
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "arrivals", m, &plan->arrival);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "arrivals", m, &plan->slot);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "arrivals", m, &plan->drawn);
    if (status == KITH_OK && !clock) status = KITH_ALLOC(ctx, "visits", about->learners, &plan->visits);
    if (status == KITH_OK && clock) status = kith_clock_open(ctx, about, &plan->clock);
    if (status != KITH_OK) {
        kith_plan_close(plan);
        return status;
    }
    plan->step = (kith_step){.count = m, .arrival = plan->arrival, .slot = plan->slot};
    *out = plan;
    return KITH_OK;
}

void kith_plan_close(kith_plan *plan)
{
    if (!plan) return;
    kith_sampler_close(plan->sampler);
    kith_clock_close(plan->clock);
    kith_free(plan->arrival);
    kith_free(plan->slot);
    kith_free(plan->drawn);
    kith_free(plan->visits);
    kith_free(plan);
}

/* How many slots the versions go round in: those that may still be pulled, and the one being made. */
static uint64_t ring(const kith_participation_config *p)
{
    if (p->kind == KITH_PARTICIPATION_COHORT) return 2;
    const uint64_t s = (uint64_t)p->staleness;
    return p->delay == KITH_DELAY_CONSTANT ? s + 2 : (s ? s : 1) + 1;
}

static uint64_t draw_version(const kith_participation_config *p, kith_stream *stream, uint64_t round)
{
    if (p->kind == KITH_PARTICIPATION_COHORT) return round;
    const uint64_t s = (uint64_t)p->staleness;
    if (p->delay == KITH_DELAY_CONSTANT) return round > s ? round - s : 0;
    const uint64_t exist = round + 1, choices = s == 0 ? 1 : s < exist ? s : exist;
    return round - kith_draw_below(stream, choices);
}

const kith_step *kith_plan_next(kith_plan *plan)
{
    const kith_participation_config *p = plan->about.participation;
    kith_step *step = &plan->step;
    step->round = plan->round++;
    if (plan->clock) {
        kith_clock_step(plan->clock, step, plan->arrival, plan->slot);
    } else {
        kith_stream stream = kith_stream_at(plan->about.seed, KITH_FOR_PARTICIPATION, 0, step->round);
        const bool replacement = p->kind == KITH_PARTICIPATION_STALENESS && p->replacement;
        kith_sampler_draw(plan->sampler, &stream, replacement, step->count, plan->drawn);
        for (size_t a = 0; a < step->count; a++) {
            const size_t learner = plan->drawn[a];
            const uint64_t version = draw_version(p, &stream, step->round), number = plan->visits[learner]++;
            plan->arrival[a] = (kith_arrival){.learner = learner,
                                              .version = version,
                                              .number = number,
                                              .steps = kith_plan_steps(&plan->about, learner, number)};
            plan->slot[a] = (uint32_t)(version % ring(p));
        }
        step->current = (uint32_t)(step->round % ring(p));
        step->next = (uint32_t)((step->round + 1) % ring(p));
        step->time = (double)(step->round + 1);
    }
    for (size_t a = 0; a < step->count; a++) {
        kith_arrival *arrival = &plan->arrival[a];
        arrival->staleness = step->round - arrival->version;
        arrival->examples = (double)plan->about.examples(plan->about.data, arrival->learner);
        if (!plan->clock) arrival->time = step->time;
    }
    return step;
}

void kith_plan_underway(const kith_plan *plan, size_t *visits, uint64_t *staleness)
{
    *visits = 0;
    *staleness = 0;
    if (plan->clock) kith_clock_underway(plan->clock, visits, staleness);
}

kith_status kith_plan_measure(kith_ctx *ctx, const kith_plan_about *about, uint64_t rounds, kith_plan_extent *out)
{
    kith_plan *plan = NULL;
    uint8_t *seen = NULL;
    KITH_TRY(kith_plan_open(ctx, about, &plan));
    const kith_status status = KITH_ALLOC(ctx, "participation", about->learners, &seen);
    if (status == KITH_OK) {
        *out = (kith_plan_extent){0};
        for (uint64_t t = 0; t < rounds; t++) {
            const kith_step *step = kith_plan_next(plan);
            for (size_t a = 0; a < step->count; a++) {
                const kith_arrival *arrival = &step->arrival[a];
                out->seen += !seen[arrival->learner];
                seen[arrival->learner] = 1;
                if (arrival->steps > out->steps) out->steps = arrival->steps;
                if (step->slot[a] >= out->slots) out->slots = step->slot[a] + 1;
            }
            if (step->current >= out->slots) out->slots = step->current + 1;
            if (step->next >= out->slots) out->slots = step->next + 1;
        }
    }
    kith_free(seen);
    kith_plan_close(plan);
    return status;
}
