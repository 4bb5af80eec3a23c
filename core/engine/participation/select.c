#include "engine/participation/select.h"

#include <math.h>
#include <stdlib.h>

/* Somebody who may be chosen. */
typedef struct candidate {
    double key; /* the least come first */
    uint32_t learner, place;
} candidate;

struct kith_select {
    kith_visit_plan_setup setup;
    kith_sampler *sampler;
    const kith_timing *timing;
    double *value;         /* [N] */
    uint64_t *last;        /* [N] */
    uint64_t *times;       /* [N] */
    double *utility;       /* [N] scratch */
    double *sorted;        /* [N] scratch */
    candidate *candidates; /* [N] scratch */
    uint32_t *drawn;       /* [N] scratch */
};

static int before(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static int descending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

static void sort(kith_select *s, size_t n)
{
    qsort(s->candidates, n, sizeof *s->candidates, before);
}

/* Successive sampling by exponential clocks (Efraimidis and Spirakis 2006). */
static double clock_of(kith_stream *stream, double weight)
{
    return kith_draw_exponential(stream) / weight;
}

static size_t take(const kith_select *s, size_t n, size_t count, uint32_t *out)
{
    const size_t taken = n < count ? n : count;
    for (size_t k = 0; k < taken; k++)
        out[k] = s->candidates[k].learner;
    return taken;
}

static bool may_come(const kith_select *s, size_t learner, const kith_sampler_filter *filter)
{
    return kith_sampler_weight(s->sampler, learner) > 0.0 && (!filter || filter->admits(filter->arg, learner));
}

static size_t draw_candidates(kith_select *s, kith_stream *stream, size_t count, const kith_sampler_filter *filter)
{
    const size_t support = kith_sampler_support(s->sampler), asked = (size_t)s->setup.participation->candidates;
    size_t d = asked ? asked : 2 * count;
    if (d > support) d = support;
    return kith_sampler_draw(s->sampler, stream, false, d, filter, s->drawn);
}

static size_t draw_rpow_d(kith_select *s, kith_stream *stream, size_t count, const kith_sampler_filter *filter,
                          uint32_t *out)
{
    const size_t n = draw_candidates(s, stream, count, filter);
    for (size_t k = 0; k < n; k++) {
        const double loss = s->value[s->drawn[k]];
        s->candidates[k] = (candidate){isnan(loss) ? -INFINITY : -loss, s->drawn[k], (uint32_t)k};
    }
    sort(s, n);
    return take(s, n, count, out);
}

static size_t draw_fedcs(kith_select *s, kith_stream *stream, size_t count, const kith_sampler_filter *filter,
                         uint32_t *out)
{
    const size_t n = draw_candidates(s, stream, count, filter);
    for (size_t k = 0; k < n; k++)
        s->candidates[k] = (candidate){kith_timing_expected(s->timing, s->drawn[k]), s->drawn[k], (uint32_t)k};
    sort(s, n);
    size_t ends = 0;
    while (ends < n && s->candidates[ends].key <= s->setup.participation->before)
        ends++;
    return take(s, ends || !n ? ends : 1, count, out);
}

static size_t draw_norm(kith_select *s, kith_stream *stream, size_t count, const kith_sampler_filter *filter,
                        uint32_t *out)
{
    double greatest = 0.0;
    size_t n = 0;
    for (size_t i = 0; i < s->setup.learners; i++)
        greatest = fmax(greatest, s->value[i]); /* which passes over NaN */
    for (size_t i = 0; i < s->setup.learners; i++) {
        if (!may_come(s, i, filter)) continue;
        const double norm = greatest == 0.0 ? 1.0 : isnan(s->value[i]) ? greatest : s->value[i];
        const double weight = norm * kith_sampler_weight(s->sampler, i);
        s->candidates[n] = (candidate){clock_of(stream, weight), (uint32_t)i, (uint32_t)n};
        n++;
    }
    sort(s, n);
    return take(s, n, count, out);
}

/* ---- Oort ---- */

/* The share of newcomers: less in each round, down to the least. */
static double newcomers(const kith_participation_config *p, uint64_t round)
{
    return fmax(p->explore * pow(p->explore_decay, (double)round), fmin(p->explore, p->explore_least));
}

/* Statistical utilities, clipped at their 95th percentile, then sqrt(0.1 ln R / L) for who was long away, then
 * (T/t)^alpha for who is expected to be slow. */
static void find_utilities(kith_select *s, uint64_t round, size_t n)
{
    static const double outliers = 0.05, uncertainty = 0.1;
    const kith_participation_config *p = s->setup.participation;
    for (size_t k = 0; k < n; k++)
        s->sorted[k] = s->value[s->drawn[k]];
    qsort(s->sorted, n, sizeof *s->sorted, descending);
    const double most = n ? s->sorted[(size_t)(outliers * (double)n)] : 0.0;
    for (size_t k = 0; k < n; k++) {
        const uint32_t i = s->drawn[k];
        double u = fmin(s->value[i], most) + sqrt(uncertainty * log((double)round + 1.0) / (double)s->last[i]);
        const double lasts = kith_timing_expected(s->timing, i);
        if (p->preferred > 0.0 && lasts > p->preferred) u *= pow(p->preferred / lasts, p->penalty);
        s->utility[k] = u;
    }
}

/* Of the n that were seen, `count` in proportion to utility, from those with 95 % of the count-th utility or more. */
static size_t exploit(kith_select *s, kith_stream *stream, size_t n, size_t count, uint32_t *out)
{
    static const double confidence = 0.95;
    if (!count) return 0;
    for (size_t k = 0; k < n; k++)
        s->sorted[k] = s->utility[k];
    qsort(s->sorted, n, sizeof *s->sorted, descending);
    const double least = confidence * s->sorted[count - 1];
    size_t left = 0;
    for (size_t k = 0; k < n; k++)
        if (s->utility[k] >= least)
            s->candidates[left++] = (candidate){clock_of(stream, s->utility[k]), s->drawn[k], (uint32_t)k};
    sort(s, left);
    return take(s, left, count, out);
}

/* Newcomers by weight, the quicker the likelier. */
static size_t explore(kith_select *s, kith_stream *stream, size_t count, const kith_sampler_filter *filter,
                      uint32_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < s->setup.learners; i++) {
        if (s->last[i] || !may_come(s, i, filter)) continue;
        const double lasts = kith_timing_expected(s->timing, i);
        const double weight = kith_sampler_weight(s->sampler, i) / (lasts > 0.0 ? lasts : 1.0);
        s->candidates[n] = (candidate){clock_of(stream, weight), (uint32_t)i, (uint32_t)n};
        n++;
    }
    sort(s, n);
    return take(s, n, count, out);
}

static size_t draw_oort(kith_select *s, kith_stream *stream, uint64_t round, size_t count,
                        const kith_sampler_filter *filter, uint32_t *out)
{
    size_t seen = 0, fresh = 0;
    for (size_t i = 0; i < s->setup.learners; i++) {
        if (!may_come(s, i, filter)) continue;
        if (s->last[i])
            s->drawn[seen++] = (uint32_t)i;
        else
            fresh++;
    }
    const double share = newcomers(s->setup.participation, round);
    size_t known = (size_t)((1.0 - share) * (double)count + 1e-9);
    if (known > seen) known = seen;
    const size_t strangers = count - known < fresh ? count - known : fresh;
    if (known < count - strangers) known = count - strangers < seen ? count - strangers : seen;
    find_utilities(s, round, seen);
    const size_t found = exploit(s, stream, seen, known, out);
    return found + explore(s, stream, strangers, filter, out + found);
}

size_t kith_select_draw(kith_select *s, kith_stream *stream, uint64_t round, size_t count,
                        const kith_sampler_filter *filter, uint32_t *out)
{
    switch (s->setup.participation->select) {
    case KITH_SELECT_RPOW_D:
        return draw_rpow_d(s, stream, count, filter, out);
    case KITH_SELECT_FEDCS:
        return draw_fedcs(s, stream, count, filter, out);
    case KITH_SELECT_OORT:
        return draw_oort(s, stream, round, count, filter, out);
    default:
        return draw_norm(s, stream, count, filter, out);
    }
}

void kith_select_tell(kith_select *s, size_t learner, uint64_t round, double value)
{
    const bool unseen = s->setup.participation->select == KITH_SELECT_RPOW_D;
    s->value[learner] = isnan(value) && !unseen ? 0.0 : value;
    s->last[learner] = round + 1;
    s->times[learner]++;
}

void *kith_select_list(kith_select *s, size_t list)
{
    void *const lists[KITH_SELECT_LISTS] = {s->value, s->last, s->times};
    return lists[list];
}

kith_status kith_select_open(kith_ctx *ctx, const kith_visit_plan_setup *setup, kith_sampler *sampler,
                             const kith_timing *timing, kith_select **out)
{
    const size_t n = setup->learners;
    kith_select *s = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "selection", 1, &s));
    s->setup = *setup;
    s->sampler = sampler;
    s->timing = timing;
    kith_status status = KITH_ALLOC(ctx, "selection", n, &s->value);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "selection", n, &s->last);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "selection", n, &s->times);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "selection", n, &s->utility);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "selection", n, &s->sorted);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "selection", n, &s->candidates);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "selection", n, &s->drawn);
    if (status != KITH_OK) {
        kith_select_close(s);
        return status;
    }
    for (size_t i = 0; i < n; i++)
        s->value[i] = NAN;
    *out = s;
    return KITH_OK;
}

void kith_select_close(kith_select *s)
{
    if (!s) return;
    kith_free(s->value);
    kith_free(s->last);
    kith_free(s->times);
    kith_free(s->utility);
    kith_free(s->sorted);
    kith_free(s->candidates);
    kith_free(s->drawn);
    kith_free(s);
}
