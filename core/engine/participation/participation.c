#include "engine/participation/participation.h"
#include "engine/participation/replay.h"
#include "engine/participation/select.h"

#include "base/stop.h"

#include <kith/lines.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A visit of a sampled learner. */
typedef struct sampled {
    uint32_t learner, place; /* place: in the order of sampling */
    uint64_t number;
    kith_span span;
} sampled;

struct kith_visit_plan {
    kith_visit_plan_setup setup;
    kith_step step;
    kith_arrival *arrival; /* [m] */
    uint32_t *slot;        /* [m] */
    uint32_t *drawn;       /* [m + oversample] */
    sampled *sampled;      /* [m + oversample] */
    uint64_t *visits;      /* [N] how many visits each learner has begun; the clock counts its own */
    uint64_t round;
    double now;     /* virtual time of the last step; what the clock keeps itself */
    bool stuck;     /* it waited in vain, */
    double gave_up; /* until then, */
    bool late;      /* for messages, none of which came within the timeout */
    kith_sampler *sampler;
    kith_timing *timing;
    kith_availability *availability;
    kith_clock *clock;
    kith_select *select; /* NULL: by weights */
    kith_replay *replay; /* NULL: it is drawn */
};

size_t kith_plan_steps(const kith_visit_plan_setup *setup, size_t learner, uint64_t number)
{
    const kith_local_config *local = setup->local;
    uint64_t work = (uint64_t)local->steps;
    if (local->steps_kind == KITH_STEPS_UNIFORM) {
        kith_stream s = kith_stream_at(setup->seed, KITH_FOR_STEPS, learner, number);
        work = 1 + kith_draw_below(&s, 2 * work);
    }
    if (local->unit != KITH_UNIT_EPOCHS) return (size_t)work;
    const size_t examples = setup->examples(setup->data, learner);
    const size_t batch = local->batch > 0 ? (size_t)local->batch : examples;
    return (size_t)work * ((examples + batch - 1) / batch);
}

/* One number a line, after a line "weight" or none; '#' starts a comment. */
static kith_status read_numbers(kith_ctx *ctx, const char *path, kith_lines *lines, size_t room, double *weight,
                                size_t *count)
{
    char *text = NULL;
    KITH_TRY(kith_lines_next(ctx, lines, "#", &text));
    if (text && !strncmp(text, "weight", 6)) KITH_TRY(kith_lines_next(ctx, lines, "#", &text));
    for (*count = 0; text; ++*count) {
        const char *end = NULL;
        const double value = kith_number(text, &end);
        if (end == text || *end)
            return kith_fail(ctx, KITH_EDATA, "%s:%zu: expected one number", path, kith_lines_number(lines));
        if (*count < room) weight[*count] = value;
        KITH_TRY(kith_lines_next(ctx, lines, "#", &text));
    }
    return KITH_OK;
}

static kith_status read_weights(kith_ctx *ctx, const kith_visit_plan_setup *setup, double *weight)
{
    const char *path = setup->participation->weights_file;
    size_t count = 0;
    kith_lines *lines = NULL;
    KITH_TRY(kith_lines_open(ctx, path, "participation.weights_file", "a file with one weight a line", &lines));
    kith_status status = read_numbers(ctx, path, lines, setup->learners, weight, &count);
    kith_lines_close(lines);
    if (status == KITH_OK && count != setup->learners)
        status = kith_fail(ctx, KITH_EDATA, "%s: %zu weights for run.learners = %zu; give one a learner", path, count,
                           setup->learners);
    return status;
}

static kith_status open_sampler(kith_ctx *ctx, kith_visit_plan *plan)
{
    const kith_visit_plan_setup *setup = &plan->setup;
    const kith_participation_config *p = setup->participation;
    if (p->weights == KITH_LIKELY_UNIFORM) return kith_sampler_open(ctx, setup->learners, NULL, &plan->sampler);
    double *weight = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "participation weights", setup->learners, &weight));
    kith_status status = KITH_OK;
    if (p->weights == KITH_LIKELY_FILE) status = read_weights(ctx, setup, weight);
    for (size_t i = 0; i < setup->learners && p->weights != KITH_LIKELY_FILE; i++)
        weight[i] =
            p->weights == KITH_LIKELY_POWER ? pow((double)(i + 1), p->skew) : (double)setup->examples(setup->data, i);
    if (status == KITH_OK) status = kith_sampler_open(ctx, setup->learners, weight, &plan->sampler);
    kith_free(weight);
    return status;
}

/* "SOURCE: participation.KEY = VALUE: ..." */
static KITH_PRINTF(5, 6) kith_status
    refuse(kith_ctx *ctx, const kith_visit_plan_setup *setup, const char *key, int64_t value, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *source = setup->config ? kith_config_source(setup->config, "participation", key) : "the plan";
    return kith_fail(ctx, KITH_ECONFIG, "%s: participation.%s = %lld: %s", source, key, (long long)value, text);
}

static kith_status refuse_arrivals(kith_ctx *ctx, const kith_visit_plan_setup *setup, size_t most, const char *why)
{
    const char *source = setup->config ? kith_config_source(setup->config, "participation", "arrivals") : "the plan";
    return kith_fail(ctx, KITH_ECONFIG, "%s: participation.arrivals = %lld is more than the %zu %s; use at most %zu",
                     source, (long long)setup->participation->arrivals, most, why, most);
}

kith_status kith_arrivals_check(kith_ctx *ctx, const kith_visit_plan_setup *setup, size_t support)
{
    const kith_participation_config *p = setup->participation;
    const size_t m = (size_t)p->arrivals;
    if (p->kind == KITH_PARTICIPATION_FILE) return KITH_OK;
    if (p->kind == KITH_PARTICIPATION_CLOCK) {
        const size_t busy = p->concurrency ? (size_t)p->concurrency : setup->learners;
        if (busy > setup->learners)
            return kith_fail(ctx, KITH_ECONFIG, "participation.concurrency = %zu is more than run.learners = %zu", busy,
                             setup->learners);
        if (p->wait && m > busy)
            return refuse_arrivals(ctx, setup, busy, "learners that are busy at a time (wait = yes)");
        return KITH_OK;
    }
    const bool replacement = p->kind == KITH_PARTICIPATION_STALENESS && p->replacement;
    if (!replacement && m > support)
        return refuse_arrivals(ctx, setup, support, "learners that can be drawn without replacement");
    if (p->kind == KITH_PARTICIPATION_COHORT && (uint64_t)p->oversample > support - m)
        return refuse(
            ctx, setup, "oversample", p->oversample,
            "with participation.arrivals = %zu it asks for more than the %zu learners that can be drawn; use at "
            "most %zu",
            m, support, support - m);
    return KITH_OK;
}

/* How many learners a step samples. */
static size_t sample_size(const kith_participation_config *p)
{
    return (size_t)p->arrivals + (p->kind == KITH_PARTICIPATION_COHORT ? (size_t)p->oversample : 0);
}

static kith_status allocate(kith_ctx *ctx, kith_visit_plan *plan)
{
    const kith_visit_plan_setup *setup = &plan->setup;
    const size_t m = (size_t)setup->participation->arrivals;
    KITH_TRY(KITH_ALLOC(ctx, "arrivals", m, &plan->arrival));
    KITH_TRY(KITH_ALLOC(ctx, "arrivals", m, &plan->slot));
    if (setup->participation->kind == KITH_PARTICIPATION_CLOCK) return KITH_OK;
    KITH_TRY(KITH_ALLOC(ctx, "arrivals", sample_size(setup->participation), &plan->drawn));
    KITH_TRY(KITH_ALLOC(ctx, "arrivals", sample_size(setup->participation), &plan->sampled));
    return KITH_ALLOC(ctx, "visits", setup->learners, &plan->visits);
}

/* The fewest learners that a sample goes on with. */
static size_t least_sample(const kith_participation_config *p)
{
    const bool few = kith_plan_selects(p) && p->select == KITH_SELECT_FEDCS;
    return few || p->shortage == KITH_SHORT_TAKE ? 1 : (size_t)p->arrivals;
}

/* Waiting takes seconds of silence where it is given up late, so what is as good as impossible is refused at once. */
static kith_status check_chance(kith_ctx *ctx, const kith_visit_plan *plan)
{
    static const double hopeless = 1e-12;
    const kith_visit_plan_setup *setup = &plan->setup;
    if (!plan->availability) return KITH_OK;
    const double patience = (double)kith_availability_patience(plan->availability, setup->learners);
    const double chance =
        kith_availability_chance(plan->availability, setup->learners, least_sample(setup->participation));
    if (chance * patience > hopeless) return KITH_OK;
    return refuse(ctx, setup, "arrivals", setup->participation->arrivals,
                  "so many of %zu learners are as good as never available at once (the chance is below %.1g at any "
                  "time); ask for fewer, or set participation.short = take",
                  setup->learners, chance);
}

static kith_status open_replay(kith_ctx *ctx, kith_visit_plan *plan, kith_visit_plan **out)
{
    const size_t m = (size_t)plan->setup.participation->arrivals;
    kith_status status = KITH_ALLOC(ctx, "arrivals", m, &plan->arrival);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "arrivals", m, &plan->slot);
    if (status == KITH_OK) status = kith_replay_open(ctx, &plan->setup, &plan->replay);
    if (status != KITH_OK) {
        kith_plan_close(plan);
        return status;
    }
    plan->step = (kith_step){.arrival = plan->arrival, .slot = plan->slot};
    *out = plan;
    return KITH_OK;
}

kith_status kith_plan_open(kith_ctx *ctx, const kith_visit_plan_setup *setup, kith_visit_plan **out)
{
    kith_visit_plan *plan = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "participation", 1, &plan));
    plan->setup = *setup;
    if (setup->participation->kind == KITH_PARTICIPATION_FILE) return open_replay(ctx, plan, out);
    const bool clock = setup->participation->kind == KITH_PARTICIPATION_CLOCK;
    kith_status status = clock ? KITH_OK : open_sampler(ctx, plan);
    if (status == KITH_OK)
        status = kith_arrivals_check(ctx, &plan->setup,
                                     plan->sampler ? kith_sampler_support(plan->sampler) : plan->setup.learners);
    if (status == KITH_OK) status = allocate(ctx, plan);
    if (status == KITH_OK) status = kith_timing_open(ctx, setup, &plan->timing);
    if (status == KITH_OK) status = kith_availability_open(ctx, setup, &plan->availability);
    if (status == KITH_OK && !clock) status = check_chance(ctx, plan);
    if (status == KITH_OK && kith_plan_selects(setup->participation))
        status = kith_select_open(ctx, setup, plan->sampler, plan->timing, &plan->select);
    if (status == KITH_OK && clock)
        status = kith_clock_open(ctx, setup, plan->timing, plan->availability, &plan->clock);
    if (status != KITH_OK) {
        kith_plan_close(plan);
        return status;
    }
    plan->step =
        (kith_step){.count = (size_t)setup->participation->arrivals, .arrival = plan->arrival, .slot = plan->slot};
    *out = plan;
    return KITH_OK;
}

void kith_plan_close(kith_visit_plan *plan)
{
    if (!plan) return;
    kith_clock_close(plan->clock);
    kith_select_close(plan->select);
    kith_replay_close(plan->replay);
    kith_availability_close(plan->availability);
    kith_timing_close(plan->timing);
    kith_sampler_close(plan->sampler);
    kith_free(plan->arrival);
    kith_free(plan->slot);
    kith_free(plan->drawn);
    kith_free(plan->sampled);
    kith_free(plan->visits);
    kith_free(plan);
}

bool kith_plan_timed(const kith_visit_plan *plan)
{
    const kith_participation_config *p = plan->setup.participation;
    if (plan->replay) return kith_replay_timed(plan->replay);
    return kith_participation_timed(p) || p->availability != KITH_AVAILABILITY_ALWAYS;
}

bool kith_plan_varies(const kith_visit_plan *plan)
{
    return plan->replay ? kith_replay_varies(plan->replay) : kith_participation_varies(plan->setup.participation);
}

/* ---- selection ---- */

void kith_plan_report(kith_visit_plan *plan, size_t a, double value)
{
    kith_select_tell(plan->select, plan->arrival[a].learner, plan->step.round, value);
}

void *kith_plan_list(kith_visit_plan *plan, size_t list)
{
    return list < KITH_SELECT_LISTS ? kith_select_list(plan->select, list) : plan->visits;
}

size_t kith_plan_resume(kith_visit_plan *plan, uint64_t rounds, double time)
{
    const uint64_t *last = kith_plan_list(plan, KITH_SELECT_LAST), *times = kith_plan_list(plan, KITH_SELECT_TIMES);
    const uint64_t most = rounds * (uint64_t)plan->setup.participation->arrivals;
    size_t i = 0;
    plan->round = rounds;
    plan->now = time;
    while (i < plan->setup.learners && last[i] <= rounds && times[i] <= most)
        i++;
    return i;
}

/* ---- steps ---- */

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

static bool available_now(const void *arg, size_t learner)
{
    const kith_visit_plan *plan = arg;
    return kith_availability_at(plan->availability, learner, plan->now);
}

static size_t draw(kith_visit_plan *plan, kith_stream *stream, const kith_sampler_filter *filter)
{
    const kith_participation_config *p = plan->setup.participation;
    const size_t count = sample_size(p);
    if (plan->select) return kith_select_draw(plan->select, stream, plan->step.round, count, filter, plan->drawn);
    const bool replacement = p->kind == KITH_PARTICIPATION_STALENESS && p->replacement;
    return kith_sampler_draw(plan->sampler, stream, replacement, count, filter, plan->drawn);
}

/* Samples among those that are available, waiting where that is asked for. Returns how many. */
static size_t sample(kith_visit_plan *plan, kith_stream *stream)
{
    const kith_participation_config *p = plan->setup.participation;
    const size_t least = least_sample(p);
    const kith_sampler_filter filter = {available_now, plan};
    if (!plan->availability) return draw(plan, stream, NULL);
    size_t patience = kith_availability_patience(plan->availability, plan->setup.learners);
    size_t found = draw(plan, stream, &filter);
    for (; found < least && patience > 0; patience--) {
        plan->now = kith_availability_change(plan->availability, plan->now);
        found = draw(plan, stream, &filter);
    }
    if (found >= least) return found;
    plan->stuck = true;
    plan->gave_up = plan->now;
    return found ? found : draw(plan, stream, NULL);
}

static int sooner(const void *a, const void *b)
{
    const sampled *x = a, *y = b;
    if (x->span.lost != y->span.lost) return x->span.lost ? 1 : -1;
    if (x->span.lasts != y->span.lasts) return x->span.lasts < y->span.lasts ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

/* Of `count` sampled learners, those that deliver in front, how many messages count, and how long the round lasts:
 * until m are there; else until everyone sampled has delivered or vanished, which the server is told of at once, or,
 * where it is not, until the timeout. */
static size_t close_round(const kith_visit_plan *plan, size_t count, size_t delivered, double *lasts)
{
    const kith_participation_config *p = plan->setup.participation;
    const sampled *s = plan->sampled;
    size_t counted = delivered < (size_t)p->arrivals ? delivered : (size_t)p->arrivals;
    if (!kith_participation_timed(p)) {
        *lasts = 1.0;
        return counted;
    }
    while (p->timeout > 0.0 && counted > 0 && s[counted - 1].span.lasts > p->timeout)
        counted--;
    if (counted == (size_t)p->arrivals || counted == count)
        *lasts = s[counted - 1].span.lasts;
    else if (p->timeout > 0.0)
        *lasts = p->timeout;
    return counted;
}

/* One sample of learners, those that deliver in front, in the order in which they do. Returns how many messages
 * count. */
static size_t try_round(kith_visit_plan *plan, kith_stream *stream, double *lasts)
{
    const size_t count = sample(plan, stream);
    size_t delivered = 0;
    *lasts = 0.0;
    for (size_t k = 0; k < count; k++) {
        sampled *one = &plan->sampled[k];
        one->learner = plan->drawn[k];
        one->place = (uint32_t)k;
        one->number = plan->visits[one->learner]++;
        one->span = kith_timing_visit(plan->timing, one->learner, one->number);
        *lasts = fmax(*lasts, one->span.lasts);
        delivered += !one->span.lost;
    }
    qsort(plan->sampled, count, sizeof *plan->sampled, sooner);
    const size_t counted = close_round(plan, count, delivered, lasts);
    plan->step.lost += count - counted;
    plan->step.late += delivered - counted;
    return counted;
}

/* A server step of cohorts or drawn staleness. A sample that vanishes altogether costs its time, and another is
 * drawn; a visit that comes in time once in a million times is not waited for. */
static void make_round(kith_visit_plan *plan, kith_step *step)
{
    const kith_participation_config *p = plan->setup.participation;
    kith_stream stream = kith_stream_at(plan->setup.seed, KITH_FOR_PARTICIPATION, 0, step->round);
    double lasts = 0.0;
    size_t tries = 100 + 1000000 / sample_size(p);
    step->lost = step->late = 0;
    while ((step->count = try_round(plan, &stream, &lasts)) == 0 && --tries > 0 && !kith_stop_due())
        plan->now += lasts;
    plan->late = tries == 0;
    for (size_t a = 0; a < step->count; a++) {
        const sampled *one = &plan->sampled[a];
        const uint64_t version = draw_version(p, &stream, step->round);
        plan->arrival[a] = (kith_arrival){.learner = one->learner,
                                          .version = version,
                                          .number = one->number,
                                          .steps = one->span.steps,
                                          .time = plan->now + (kith_participation_timed(p) ? one->span.lasts : lasts)};
        plan->slot[a] = (uint32_t)(version % ring(p));
    }
    step->current = (uint32_t)(step->round % ring(p));
    step->next = (uint32_t)((step->round + 1) % ring(p));
    step->time = plan->now += lasts;
}

const kith_step *kith_plan_next(kith_visit_plan *plan)
{
    kith_step *step = &plan->step;
    step->round = plan->round++;
    if (plan->replay) {
        kith_replay_step(plan->replay, step, plan->arrival, plan->slot);
    } else if (plan->clock) {
        kith_clock_step(plan->clock, step, plan->arrival, plan->slot);
    } else {
        make_round(plan, step);
    }
    for (size_t a = 0; a < step->count; a++) {
        kith_arrival *arrival = &plan->arrival[a];
        arrival->staleness = step->round - arrival->version;
        arrival->examples = (double)plan->setup.examples(plan->setup.data, arrival->learner);
    }
    return step;
}

void kith_plan_underway(const kith_visit_plan *plan, size_t *visits, uint64_t *staleness)
{
    *visits = 0;
    *staleness = 0;
    if (plan->clock) kith_clock_underway(plan->clock, visits, staleness);
}

static void extend(kith_plan_extent *extent, uint8_t *seen, const kith_step *step)
{
    for (size_t a = 0; a < step->count; a++) {
        const kith_arrival *arrival = &step->arrival[a];
        extent->seen += !seen[arrival->learner];
        seen[arrival->learner] = 1;
        if (step->slot[a] >= extent->slots) extent->slots = step->slot[a] + 1;
    }
    if (step->current >= extent->slots) extent->slots = step->current + 1;
    if (step->next >= extent->slots) extent->slots = step->next + 1;
}

/* Whether no later step can extend it. What waits for learners, or follows their clocks, has to be drawn to its end. */
static bool complete(const kith_visit_plan *plan, const kith_plan_extent *extent)
{
    return !plan->clock && !plan->replay && !plan->availability &&
           extent->seen == kith_sampler_support(plan->sampler) && extent->slots == ring(plan->setup.participation);
}

static kith_status refuse_timeout(kith_ctx *ctx, const kith_visit_plan *plan)
{
    const kith_config *config = plan->setup.config;
    return kith_fail(ctx, KITH_ECONFIG,
                     "%s: participation.timeout = %g: round %llu waits in vain for anyone's message; raise it, or make "
                     "steps and links of [clock] quicker",
                     config ? kith_config_source(config, "participation", "timeout") : "the plan",
                     plan->setup.participation->timeout, (unsigned long long)plan->step.round);
}

static kith_status refuse_wait(kith_ctx *ctx, const kith_visit_plan *plan)
{
    const kith_participation_config *p = plan->setup.participation;
    const bool take = p->shortage == KITH_SHORT_TAKE;
    return refuse(ctx, &plan->setup, "arrivals", p->arrivals,
                  "round %llu waits in vain for %s to be available at once, until %g s; %s",
                  (unsigned long long)plan->step.round, take ? "anyone" : "so many learners", plan->gave_up,
                  take ? "make learners available more often" : "ask for fewer, or set participation.short = take");
}

/* Short plans are drawn to their end, however soon somebody asked to stop. */
static kith_status check_stop(kith_ctx *ctx, const kith_visit_plan *plan)
{
    enum { ROUNDS = 4096, VISITS = 65536 };
    const uint64_t m = (uint64_t)plan->setup.participation->arrivals;
    return plan->round % ROUNDS == 0 || plan->round * m % VISITS < m ? kith_stop_check(ctx) : KITH_OK;
}

kith_status kith_plan_check(kith_ctx *ctx, const kith_visit_plan *plan)
{
    if (plan->late) return refuse_timeout(ctx, plan);
    return plan->stuck ? refuse_wait(ctx, plan) : KITH_OK;
}

/* Who will be chosen is not known yet: at most as many as there are messages. */
static kith_plan_extent selected_extent(const kith_visit_plan *plan, uint64_t rounds)
{
    const uint64_t support = kith_sampler_support(plan->sampler), m = (uint64_t)plan->setup.participation->arrivals;
    return (kith_plan_extent){.slots = (size_t)ring(plan->setup.participation),
                              .seen =
                                  (size_t)(rounds < support / m + 1 && rounds * m < support ? rounds * m : support)};
}

kith_status kith_plan_measure(kith_ctx *ctx, const kith_visit_plan_setup *setup, uint64_t rounds, kith_plan_extent *out)
{
    kith_visit_plan *plan = NULL;
    uint8_t *seen = NULL;
    KITH_TRY(kith_plan_open(ctx, setup, &plan));
    kith_status status = KITH_ALLOC(ctx, "participation", setup->learners, &seen);
    if (status == KITH_OK) *out = (kith_plan_extent){0};
    if (status == KITH_OK && plan->select) *out = selected_extent(plan, rounds);
    while (status == KITH_OK && !plan->select && plan->round < rounds && !complete(plan, out)) {
        extend(out, seen, kith_plan_next(plan));
        status = kith_plan_check(ctx, plan);
        if (status == KITH_OK) status = check_stop(ctx, plan);
    }
    kith_free(seen);
    kith_plan_close(plan);
    return status;
}

/* Counts that grow as greater bins turn up. */
typedef struct counts {
    double *value;
    size_t bins;
} counts;

static kith_status count_one(kith_ctx *ctx, counts *c, uint64_t bin)
{
    if (bin >= c->bins) {
        const size_t bins = 2 * (size_t)bin + 16;
        double *grown = reallocarray(c->value, bins, sizeof *grown);
        if (!grown) return kith_fail(ctx, KITH_EMEMORY, "no memory for a histogram of %zu bins", bins);
        memset(grown + c->bins, 0, (bins - c->bins) * sizeof *grown);
        *c = (counts){grown, bins};
    }
    c->value[bin] += 1.0;
    return KITH_OK;
}

static kith_status count_plan(kith_ctx *ctx, kith_visit_plan *plan, uint64_t rounds, uint64_t *arrivals,
                              counts *staleness, counts *participation)
{
    for (uint64_t t = 0; t < rounds; t++) {
        const kith_step *step = kith_plan_next(plan);
        for (size_t a = 0; a < step->count; a++) {
            arrivals[step->arrival[a].learner]++;
            KITH_TRY(count_one(ctx, staleness, step->arrival[a].staleness));
        }
        KITH_TRY(check_stop(ctx, plan));
    }
    for (size_t i = 0; i < plan->setup.learners; i++)
        KITH_TRY(count_one(ctx, participation, arrivals[i]));
    return KITH_OK;
}

kith_status kith_plan_histograms(kith_ctx *ctx, const kith_visit_plan_setup *setup, uint64_t rounds,
                                 kith_plan_tally tally, void *arg)
{
    kith_visit_plan *plan = NULL;
    uint64_t *arrivals = NULL;
    counts staleness = {0}, participation = {0};
    KITH_TRY(kith_plan_open(ctx, setup, &plan));
    kith_status status = KITH_ALLOC(ctx, "participation", setup->learners, &arrivals);
    if (status == KITH_OK) status = count_plan(ctx, plan, rounds, arrivals, &staleness, &participation);
    if (status == KITH_OK) status = tally(arg, "staleness", staleness.value, staleness.bins);
    if (status == KITH_OK) status = tally(arg, "participation", participation.value, participation.bins);
    free(staleness.value);
    free(participation.value);
    kith_free(arrivals);
    kith_plan_close(plan);
    return status;
}

kith_status kith_plan_selected(kith_ctx *ctx, const kith_visit_plan *plan, kith_plan_tally tally, void *arg)
{
    const size_t n = plan->setup.learners;
    const uint64_t *times = kith_select_list(plan->select, KITH_SELECT_TIMES);
    counts participation = {0};
    double *selected = NULL, fresh = 0.0;
    kith_status status = KITH_ALLOC(ctx, "histogram", n, &selected);
    for (size_t i = 0; i < n && status == KITH_OK; i++) {
        selected[i] = (double)plan->visits[i];
        fresh += (double)times[i];
        status = count_one(ctx, &participation, times[i]);
    }
    if (status == KITH_OK) status = tally(arg, "staleness", &fresh, 1);
    if (status == KITH_OK) status = tally(arg, "participation", participation.value, participation.bins);
    if (status == KITH_OK) status = tally(arg, "selected", selected, n);
    free(participation.value);
    kith_free(selected);
    return status;
}
