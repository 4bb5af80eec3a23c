#include "engine/participation/trace.h"

#include <kith/lines.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct interval {
    size_t learner;
    double start, end;
    size_t line;
} interval;

struct kith_trace {
    double period;
    size_t count, room;
    interval *list; /* [count] by learner, then start */
    size_t *offset; /* [N + 1] */
    double *start;  /* [count] ascending */
};

void kith_trace_close(kith_trace *trace)
{
    if (!trace) return;
    free(trace->list);
    kith_free(trace->offset);
    kith_free(trace->start);
    kith_free(trace);
}

static kith_status add(kith_ctx *ctx, kith_trace *trace, const interval *one)
{
    if (trace->count == trace->room) {
        const size_t room = trace->room ? 2 * trace->room : 256;
        interval *grown = reallocarray(trace->list, room, sizeof *grown);
        if (!grown) return kith_fail(ctx, KITH_EMEMORY, "no memory for a trace of %zu intervals", room);
        trace->list = grown;
        trace->room = room;
    }
    trace->list[trace->count++] = *one;
    return KITH_OK;
}

/* The three numbers of a line, with nothing but white space around them. */
static bool scan(const char *text, double *learner, double *start, double *end)
{
    double *const field[] = {learner, start, end};
    for (int i = 0; i < 3; i++) {
        const char *after = NULL;
        *field[i] = kith_number(text, &after);
        if (after == text) return false;
        text = after + strspn(after, " \t\r\n");
        if (i < 2 && *text++ != ',') return false;
    }
    return *text == '\0';
}

static kith_status read_line(kith_ctx *ctx, kith_trace *trace, const char *path, size_t line, const char *text,
                             size_t learners)
{
    double learner = 0.0;
    interval one = {.line = line};
    if (!scan(text, &learner, &one.start, &one.end))
        return kith_fail(ctx, KITH_EDATA, "%s:%zu: this is no interval; write learner,start,end", path, line);
    if (!(learner >= 0.0 && learner < (double)learners) || learner != floor(learner))
        return kith_fail(ctx, KITH_EDATA, "%s:%zu: there is no learner %g of run.learners = %zu; they are 0 to %zu",
                         path, line, learner, learners, learners - 1);
    if (!(one.start >= 0.0 && one.start < one.end && isfinite(one.end)))
        return kith_fail(ctx, KITH_EDATA,
                         "%s:%zu: from %g to %g is no interval; it must start at 0 or later and end after that", path,
                         line, one.start, one.end);
    one.learner = (size_t)learner;
    return add(ctx, trace, &one);
}

static kith_status read_lines(kith_ctx *ctx, kith_trace *trace, const char *path, kith_lines *lines, size_t learners)
{
    char *text = NULL;
    bool first = true;
    KITH_TRY(kith_lines_next(ctx, lines, "#", &text));
    for (; text; first = false) {
        if (!first || strncmp(text, "learner,start,end", 17) != 0)
            KITH_TRY(read_line(ctx, trace, path, kith_lines_number(lines), text, learners));
        KITH_TRY(kith_lines_next(ctx, lines, "#", &text));
    }
    return KITH_OK;
}

static kith_status read_file(kith_ctx *ctx, kith_trace *trace, const char *path, size_t learners)
{
    kith_lines *lines = NULL;
    KITH_TRY(kith_lines_open(ctx, path, "participation.trace", "a file of lines learner,start,end", &lines));
    const kith_status status = read_lines(ctx, trace, path, lines, learners);
    kith_lines_close(lines);
    return status;
}

static int by_learner(const void *a, const void *b)
{
    const interval *x = a, *y = b;
    if (x->learner != y->learner) return x->learner < y->learner ? -1 : 1;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static kith_status check_overlaps(kith_ctx *ctx, const kith_trace *trace, const char *path)
{
    for (size_t k = 1; k < trace->count; k++) {
        const interval *before = &trace->list[k - 1], *after = &trace->list[k];
        if (before->learner != after->learner || after->start >= before->end) continue;
        const interval *late = before->line > after->line ? before : after, *early = late == before ? after : before;
        return kith_fail(ctx, KITH_EDATA,
                         "%s:%zu: learner %zu is already available from %g to %g (line %zu); join them", path,
                         late->line, late->learner, early->start, early->end, early->line);
    }
    return KITH_OK;
}

static kith_status find_period(kith_ctx *ctx, kith_trace *trace, const char *path)
{
    double last = 0.0;
    size_t line = 0;
    for (size_t k = 0; k < trace->count; k++)
        if (trace->list[k].end > last) {
            last = trace->list[k].end;
            line = trace->list[k].line;
        }
    if (trace->period == 0.0) trace->period = last;
    if (last <= trace->period) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA,
                     "%s:%zu: the interval ends at %g, after participation.trace_period = %g; raise that", path, line,
                     last, trace->period);
}

static kith_status index_learners(kith_ctx *ctx, kith_trace *trace, const char *path, size_t learners)
{
    KITH_TRY(KITH_ALLOC(ctx, "the trace", learners + 1, &trace->offset));
    KITH_TRY(KITH_ALLOC(ctx, "the trace", trace->count, &trace->start));
    for (size_t k = 0; k < trace->count; k++) {
        trace->offset[trace->list[k].learner + 1]++;
        trace->start[k] = trace->list[k].start;
    }
    qsort(trace->start, trace->count, sizeof *trace->start, ascending);
    for (size_t i = 0; i < learners; i++) {
        if (trace->offset[i + 1] == 0)
            return kith_fail(ctx, KITH_EDATA,
                             "%s: learner %zu is never available; give it an interval, or lower run.learners", path, i);
        trace->offset[i + 1] += trace->offset[i];
    }
    return KITH_OK;
}

kith_status kith_trace_open(kith_ctx *ctx, const char *path, double period, size_t learners, kith_trace **out)
{
    kith_trace *trace = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "the trace", 1, &trace));
    trace->period = period;
    kith_status status = read_file(ctx, trace, path, learners);
    if (status == KITH_OK && trace->count > 1) qsort(trace->list, trace->count, sizeof *trace->list, by_learner);
    if (status == KITH_OK) status = check_overlaps(ctx, trace, path);
    if (status == KITH_OK) status = find_period(ctx, trace, path);
    if (status == KITH_OK) status = index_learners(ctx, trace, path, learners);
    if (status != KITH_OK) {
        kith_trace_close(trace);
        return status;
    }
    *out = trace;
    return KITH_OK;
}

/* When the period begins that `time` lies in. Times are always made as base + start, by the same sum, so that a time
 * handed out as an interval's start is found to be in it. */
static double base_of(const kith_trace *trace, double time)
{
    double cycle = floor(time / trace->period);
    if (cycle * trace->period > time) cycle -= 1.0;
    if ((cycle + 1.0) * trace->period <= time) cycle += 1.0;
    return cycle * trace->period;
}

double kith_trace_from(const kith_trace *trace, size_t learner, double time)
{
    const double base = base_of(trace, time);
    const interval *first = trace->list + trace->offset[learner], *end = trace->list + trace->offset[learner + 1];
    for (const interval *i = first; i < end; i++)
        if (time < base + i->end) return fmax(time, base + i->start);
    return base_of(trace, base + 1.5 * trace->period) + first->start;
}

double kith_trace_change(const kith_trace *trace, double time)
{
    const double base = base_of(trace, time);
    size_t low = 0, high = trace->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (base + trace->start[middle] > time) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    if (low < trace->count) return base + trace->start[low];
    return base_of(trace, base + 1.5 * trace->period) + trace->start[0];
}

size_t kith_trace_starts(const kith_trace *trace)
{
    return trace->count;
}
