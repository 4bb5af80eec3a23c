#include "engine/participation/participation.h"

#include <math.h>
#include <string.h>

struct kith_sampler {
    size_t learners, support;
    double *cumulative; /* NULL: uniform */
    uint64_t *stamp;    /* the draw in which a learner was last taken */
    uint64_t draw;
    uint32_t *deck; /* scratch permutation, made when first needed */
    double *key;    /* of the exponential clocks; cumulative weights of those that are admitted */
};

kith_status kith_sampler_open(kith_ctx *ctx, size_t learners, const double *weight, kith_sampler **out)
{
    kith_sampler *s = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "sampler", 1, &s));
    s->learners = s->support = learners;
    kith_status status = KITH_ALLOC(ctx, "sampler", learners, &s->stamp);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "sampler", learners, &s->deck);
    if (status == KITH_OK && weight) status = KITH_ALLOC(ctx, "sampler", learners, &s->cumulative);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "sampler", learners, &s->key);
    if (status != KITH_OK) goto undo;
    double sum = 0.0;
    if (weight) s->support = 0;
    for (size_t i = 0; weight && i < learners; i++) {
        if (!isfinite(weight[i]) || weight[i] < 0.0) {
            status = kith_fail(ctx, KITH_ECONFIG,
                               "participation: the weight of learner %zu is %g; weights must be finite and >= 0", i,
                               weight[i]);
            goto undo;
        }
        s->support += weight[i] > 0.0;
        s->cumulative[i] = sum += weight[i];
    }
    if (weight && (s->support == 0 || !isfinite(sum))) {
        status =
            kith_fail(ctx, KITH_ECONFIG, "participation: the learners' weights sum to %g; some must be positive", sum);
        goto undo;
    }
    *out = s;
    return KITH_OK;
undo:
    kith_sampler_close(s);
    return status;
}

void kith_sampler_close(kith_sampler *s)
{
    if (!s) return;
    kith_free(s->cumulative);
    kith_free(s->stamp);
    kith_free(s->deck);
    kith_free(s->key);
    kith_free(s);
}

size_t kith_sampler_support(const kith_sampler *s)
{
    return s->support;
}

/* The first of n cumulative weights that exceeds u; the last where rounding leaves none. */
static size_t first_above(const double *cumulative, size_t n, double u)
{
    size_t low = 0, high = n - 1;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (cumulative[middle] > u) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

static size_t one(const kith_sampler *s, kith_stream *stream)
{
    if (!s->cumulative) return (size_t)kith_draw_below(stream, s->learners);
    return first_above(s->cumulative, s->learners, kith_draw_uniform(stream) * s->cumulative[s->learners - 1]);
}

static bool admits(const kith_sampler_filter *filter, size_t learner)
{
    return !filter || filter->admits(filter->arg, learner);
}

double kith_sampler_weight(const kith_sampler *s, size_t i)
{
    if (!s->cumulative) return 1.0;
    return i ? s->cumulative[i] - s->cumulative[i - 1] : s->cumulative[0];
}

/* Rejecting repeats is successive sampling, and quick as long as most of the weight is still undrawn. Returns how many
 * were found before it became slow. */
static size_t by_rejection(kith_sampler *s, kith_stream *stream, size_t count, const kith_sampler_filter *filter,
                           uint32_t *out)
{
    const size_t patience = s->cumulative || filter ? 8 * count + 64 : SIZE_MAX;
    size_t k = 0;
    for (size_t tries = 0; k < count && tries < patience; tries++) {
        const size_t i = one(s, stream);
        if (s->stamp[i] == s->draw || !admits(filter, i)) continue;
        s->stamp[i] = s->draw;
        out[k++] = (uint32_t)i;
    }
    return k;
}

static void by_shuffling(kith_sampler *s, kith_stream *stream, size_t count, uint32_t *out)
{
    for (size_t i = 0; i < s->learners; i++)
        s->deck[i] = (uint32_t)i;
    for (size_t k = 0; k < count; k++) {
        const size_t j = k + (size_t)kith_draw_below(stream, s->learners - k);
        const uint32_t held = s->deck[j];
        s->deck[j] = s->deck[k];
        out[k] = s->deck[k] = held;
    }
}

static void sift(const double *key, uint32_t *heap, size_t n, size_t i)
{
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && key[heap[child + 1]] < key[heap[child]]) child++;
        if (key[heap[i]] <= key[heap[child]]) return;
        const uint32_t held = heap[i];
        heap[i] = heap[child];
        heap[child] = held;
    }
}

/* Successive sampling by exponential clocks (Efraimidis and Spirakis 2006): the `count` smallest of E_i / w_i among
 * those that are admitted and that this draw has not taken yet. Returns how many there were. */
static size_t by_clocks(kith_sampler *s, kith_stream *stream, size_t count, const kith_sampler_filter *filter,
                        uint32_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < s->learners; i++) {
        const double weight = kith_sampler_weight(s, i);
        if (weight <= 0.0 || s->stamp[i] == s->draw || !admits(filter, i)) continue;
        s->key[i] = kith_draw_exponential(stream) / weight;
        s->deck[n++] = (uint32_t)i;
    }
    for (size_t i = n / 2; i-- > 0;)
        sift(s->key, s->deck, n, i);
    size_t k = 0;
    for (; k < count && n > 0; k++) {
        out[k] = s->deck[0];
        s->deck[0] = s->deck[--n];
        sift(s->key, s->deck, n, 0);
    }
    return k;
}

static size_t with_replacement(kith_sampler *s, kith_stream *stream, size_t count, const kith_sampler_filter *filter,
                               uint32_t *out)
{
    size_t n = 0;
    double sum = 0.0;
    for (size_t i = 0; i < s->learners; i++) {
        const double weight = kith_sampler_weight(s, i);
        if (weight <= 0.0 || !admits(filter, i)) continue;
        s->deck[n] = (uint32_t)i;
        s->key[n++] = sum += weight;
    }
    for (size_t k = 0; k < count && n > 0; k++)
        out[k] = s->deck[first_above(s->key, n, kith_draw_uniform(stream) * sum)];
    return n > 0 ? count : 0;
}

size_t kith_sampler_draw(kith_sampler *s, kith_stream *stream, bool replacement, size_t count,
                         const kith_sampler_filter *filter, uint32_t *out)
{
    if (replacement && filter) return with_replacement(s, stream, count, filter, out);
    if (replacement) {
        for (size_t k = 0; k < count; k++)
            out[k] = (uint32_t)one(s, stream);
        return count;
    }
    s->draw++;
    if (!s->cumulative && !filter && count > s->learners / 4) {
        by_shuffling(s, stream, count, out);
        return count;
    }
    const size_t found = count <= s->support / 4 ? by_rejection(s, stream, count, filter, out) : 0;
    return found < count ? found + by_clocks(s, stream, count - found, filter, out + found) : found;
}
