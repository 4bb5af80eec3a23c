#include "engine/participation/links.h"
#include "engine/participation/participation.h"

#include "base/stop.h"

#include <kith/lines.h>
#include <math.h>
#include <string.h>

/* A learner's machine and link. */
typedef struct pace {
    double step;     /* s, the mean time of a local step */
    double up, down; /* bytes/s; 0: infinite */
    double latency;  /* s */
} pace;

struct kith_timing {
    kith_visit_plan_setup setup;
    pace *pace;        /* [N] */
    kith_links *links; /* NULL: none of their own */
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

double kith_timing_work(const kith_timing *t, size_t learner, size_t steps, uint64_t a, uint64_t b)
{
    enum { BETWEEN = 65536 };
    double sum = (double)steps;
    if (t->setup.participation->compute != KITH_TIME_CONSTANT) {
        kith_stream s = kith_stream_at(t->setup.seed, KITH_FOR_CLOCK, a, b);
        sum = 0.0;
        for (size_t k = 0; k < steps && !((k + 1) % BETWEEN == 0 && kith_stop_due()); k++)
            sum += draw_step_time(t->setup.participation, &s);
    }
    return sum * t->pace[learner].step;
}

/* Of a visit's first `steps` steps. */
static double compute_time(const kith_timing *t, size_t learner, uint64_t number, size_t steps)
{
    return kith_timing_work(t, learner, steps, learner, number);
}

/* How many steps, of `most`, end within the deadline; one is always made. */
static size_t steps_that_fit(const kith_timing *t, size_t learner, uint64_t number, size_t most)
{
    const double budget = t->setup.local->deadline / t->pace[learner].step;
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

static double way(double latency, double bytes, double bandwidth)
{
    return latency + (bandwidth > 0.0 ? bytes / bandwidth : 0.0);
}

double kith_timing_steps(const kith_timing *t, size_t learner, uint64_t number, size_t steps)
{
    return compute_time(t, learner, number, steps);
}

double kith_timing_transfer(const kith_timing *t, size_t from, size_t to, double bytes)
{
    const kith_link *own = kith_links_find(t->links, from, to);
    const double up = t->pace[from].up, down = t->pace[to].down;
    if (own) return way(0.0, bytes, own->bandwidth);
    return way(0.0, bytes, up > 0.0 && (down <= 0.0 || up < down) ? up : down);
}

double kith_timing_latency(const kith_timing *t, size_t from, size_t to)
{
    const kith_link *own = kith_links_find(t->links, from, to);
    return own ? own->latency : fmax(t->pace[from].latency, t->pace[to].latency);
}

double kith_timing_expected(const kith_timing *t, size_t learner)
{
    const kith_local_config *local = t->setup.local;
    const pace *own = &t->pace[learner];
    if (!kith_participation_timed(t->setup.participation)) return 0.0;
    const bool uniform = local->steps_kind == KITH_STEPS_UNIFORM;
    double steps = uniform ? (double)local->steps + 0.5 : (double)local->steps;
    if (local->unit == KITH_UNIT_EPOCHS) {
        const double examples = (double)t->setup.examples(t->setup.data, learner);
        steps *= local->batch > 0 ? ceil(examples / (double)local->batch) : 1.0;
    }
    double work = steps * own->step;
    if (local->unit == KITH_UNIT_SECONDS || (local->deadline > 0.0 && work > local->deadline)) work = local->deadline;
    return work + way(own->latency, t->setup.bytes_down, own->down) + way(own->latency, t->setup.bytes_up, own->up);
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
    const pace *own = &t->pace[learner];
    if (t->setup.meeting) {
        span.lasts = compute_time(t, learner, number, made) + t->setup.meeting(t->setup.arg, t, learner, number);
        return span;
    }
    span.lasts = compute_time(t, learner, number, made) + way(own->latency, t->setup.bytes_down, own->down);
    if (!span.lost) span.lasts += way(own->latency, t->setup.bytes_up, own->up);
    return span;
}

/* Speeds and links are drawn together, so that one of them alone is the same with the other. */
static void draw_paces(kith_timing *t)
{
    const kith_participation_config *p = t->setup.participation;
    const double down = p->bandwidth_down > 0.0 ? p->bandwidth_down : p->bandwidth;
    const double up = p->bandwidth_up > 0.0 ? p->bandwidth_up : p->bandwidth;
    for (size_t i = 0; i < t->setup.learners; i++) {
        double slowness = 1.0, width = 1.0;
        if (p->speed_sigma > 0.0 || p->link_sigma > 0.0) {
            kith_stream s = kith_stream_at(t->setup.seed, KITH_FOR_CLOCK, i, UINT64_MAX);
            const double speed = kith_draw_normal(&s), link = kith_draw_normal(&s);
            if (p->speed_sigma > 0.0) slowness = exp(p->speed_sigma * speed);
            if (p->link_sigma > 0.0) width = exp(p->link_sigma * link);
        }
        t->pace[i] = (pace){p->compute_time * slowness, up * width, down * width, p->latency};
    }
}

/* ---- a file of times ---- */

static const char columns[] = "learner,seconds_per_step,up,down,latency";

static kith_status take_pace(kith_ctx *ctx, kith_timing *t, const char *path, size_t line, const char *text)
{
    enum { FIELDS = 5 };
    double field[FIELDS] = {0.0};
    for (size_t k = 0; k < FIELDS; k++) {
        const char *end = NULL;
        text += strspn(text, " \t");
        field[k] = kith_number(text, &end);
        const bool ends = end != text && (k + 1 < FIELDS ? *end == ',' : !end[strspn(end, " \t")]);
        if (!ends || !(field[k] >= 0.0 && isfinite(field[k])) || (k == 1 && field[k] == 0.0))
            return kith_fail(ctx, KITH_EDATA,
                             "%s:%zu: this tells no learner's times; write %s: s a step above 0, bytes/s, bytes/s (0: "
                             "infinite), s",
                             path, line, columns);
        text = end + 1;
    }
    const size_t learners = t->setup.learners;
    if (field[0] != floor(field[0]) || field[0] >= (double)learners)
        return kith_fail(ctx, KITH_EDATA, "%s:%zu: there is no learner %g of run.learners = %zu; they are 0 to %zu",
                         path, line, field[0], learners, learners - 1);
    pace *own = &t->pace[(size_t)field[0]];
    if (own->step > 0.0)
        return kith_fail(ctx, KITH_EDATA, "%s:%zu: learner %g has had a line before; leave one of them", path, line,
                         field[0]);
    *own = (pace){field[1], field[2], field[3], field[4]};
    return KITH_OK;
}

static kith_status read_lines(kith_ctx *ctx, kith_timing *t, const char *path, kith_lines *lines)
{
    char *text = NULL;
    KITH_TRY(kith_lines_next(ctx, lines, "#", &text));
    for (bool first = true; text; first = false) {
        if (!first || strncmp(text, "learner", 7) != 0)
            KITH_TRY(take_pace(ctx, t, path, kith_lines_number(lines), text));
        KITH_TRY(kith_lines_next(ctx, lines, "#", &text));
    }
    for (size_t i = 0; i < t->setup.learners; i++)
        if (t->pace[i].step == 0.0)
            return kith_fail(ctx, KITH_EDATA, "%s: there is no line for learner %zu; write one for each of the %zu",
                             path, i, t->setup.learners);
    return KITH_OK;
}

static kith_status read_paces(kith_ctx *ctx, kith_timing *t)
{
    const char *path = t->setup.participation->times;
    kith_lines *lines = NULL;
    KITH_TRY(kith_lines_open(ctx, path, "clock.times", columns, &lines));
    const kith_status status = read_lines(ctx, t, path, lines);
    kith_lines_close(lines);
    return status;
}

kith_status kith_timing_open(kith_ctx *ctx, const kith_visit_plan_setup *setup, kith_timing **out)
{
    kith_timing *t = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "virtual time", 1, &t));
    t->setup = *setup;
    kith_status status = KITH_ALLOC(ctx, "virtual time", setup->learners, &t->pace);
    if (status == KITH_OK && setup->participation->times && *setup->participation->times)
        status = read_paces(ctx, t);
    else if (status == KITH_OK)
        draw_paces(t);
    if (status == KITH_OK && setup->participation->links && *setup->participation->links)
        status = kith_links_open(ctx, setup->participation->links, setup->learners, &t->links);
    if (status != KITH_OK) {
        kith_timing_close(t);
        return status;
    }
    *out = t;
    return KITH_OK;
}

void kith_timing_close(kith_timing *t)
{
    if (!t) return;
    kith_links_close(t->links);
    kith_free(t->pace);
    kith_free(t);
}
