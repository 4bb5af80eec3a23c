/* Dirichlet deals: a class mix per learner, drawn alone or from cuts of the classes, with overlap; a cut per class,
 * without. */
#include "data/internal.h"

#include "config/config.h"

#include <float.h>
#include <string.h>

/* What the draws of one learner need. */
typedef struct mix {
    kith_by_class by;
    uint32_t *present; /* classes that have examples */
    size_t classes;    /* how many of them */
    double *share;     /* (classes) */
    uint64_t *count;   /* (classes) */
    double *cut;       /* (classes, N): who holds how much of a class; NULL: mixes are drawn alone */
} mix;

static void mix_free(mix *m)
{
    kith_by_class_free(&m->by);
    kith_free(m->present);
    kith_free(m->share);
    kith_free(m->count);
    kith_free(m->cut);
}

static kith_status mix_make(kith_ctx *ctx, const kith_deal_task *task, mix *m)
{
    KITH_TRY(kith_by_class_make(ctx, task, false, &m->by));
    KITH_TRY(KITH_ALLOC(ctx, "the list of classes", task->classes, &m->present));
    KITH_TRY(KITH_ALLOC(ctx, "a class mix", task->classes, &m->share));
    KITH_TRY(KITH_ALLOC(ctx, "a class mix", task->classes, &m->count));
    for (size_t c = 0; c < task->classes; c++)
        if (m->by.start[c] < m->by.start[c + 1]) m->present[m->classes++] = (uint32_t)c;
    return KITH_OK;
}

/* `want` examples of one class, each once until the class runs out. The list is left in another order: any will do. */
static void pick(kith_stream *s, uint32_t *list, size_t length, size_t want, uint32_t *out)
{
    for (; want >= length; want -= length, out += length)
        memcpy(out, list, length * sizeof *out);
    for (size_t k = 0; k < want; k++) {
        const size_t other = k + kith_draw_below(s, length - k);
        out[k] = list[other];
        list[other] = list[k];
        list[k] = out[k];
    }
}

static kith_status cut_all(kith_ctx *ctx, const kith_deal_task *task, mix *m)
{
    KITH_TRY(KITH_ALLOC(ctx, "the learners' shares", m->classes * task->learners, &m->cut));
    for (size_t c = 0; c < m->classes; c++) {
        kith_stream s = kith_deal_common_stream(task, KITH_DEAL_CUT, (uint32_t)c);
        kith_draw_dirichlet(&s, task->how->alpha, task->learners, m->cut + c * task->learners);
    }
    return KITH_OK;
}

/* A learner's column of the cuts, made to sum to 1. */
static kith_status read_cuts(kith_ctx *ctx, const kith_deal_task *task, mix *m, size_t learner)
{
    double sum = 0.0;
    for (size_t c = 0; c < m->classes; c++)
        sum += m->share[c] = m->cut[c * task->learners + learner];
    if (sum < DBL_MIN)
        return kith_config_refuse(ctx, task->config, "partition", "alpha",
                                  "learner %zu's shares of all classes are too small to compare; raise it, or set "
                                  "partition.kind = dirichlet",
                                  learner);
    for (size_t c = 0; c < m->classes; c++)
        m->share[c] /= sum;
    return KITH_OK;
}

/* shares (C), if any, are for its mix; they are zero before. */
static kith_status draw_learner(kith_ctx *ctx, const kith_deal_task *task, mix *m, size_t learner, size_t samples,
                                double *shares, uint32_t *out)
{
    kith_stream s = kith_deal_stream(task, learner, 0);
    if (m->cut)
        KITH_TRY(read_cuts(ctx, task, m, learner));
    else
        kith_draw_dirichlet(&s, task->how->alpha, m->classes, m->share);
    for (size_t c = 0; shares && c < m->classes; c++)
        shares[m->present[c]] = m->share[c];
    memset(m->count, 0, m->classes * sizeof *m->count);
    for (size_t e = 0; e < samples; e++) {
        double u = kith_draw_uniform(&s);
        size_t c = 0;
        while (c + 1 < m->classes && u >= m->share[c])
            u -= m->share[c++];
        m->count[c]++;
    }
    for (size_t c = 0; c < m->classes; c++) {
        const uint64_t first = m->by.start[m->present[c]], last = m->by.start[m->present[c] + 1];
        pick(&s, m->by.index + first, last - first, m->count[c], out);
        out += m->count[c];
    }
    return KITH_OK;
}

kith_status kith_deal_dirichlet(kith_ctx *ctx, const kith_deal_task *task, kith_deal *deal)
{
    const size_t samples = task->how->samples ? (size_t)task->how->samples : task->examples / task->learners;
    size_t total = 0;
    if (samples == 0)
        return kith_config_refuse(ctx, task->config, "partition", "samples",
                                  "%zu examples over %zu learners is less than one each; say how many each shall hold",
                                  task->examples, task->learners);
    if (__builtin_mul_overflow(samples, task->learners, &total))
        return kith_config_refuse(ctx, task->config, "partition", "samples",
                                  "times %zu learners is more than can be counted", task->learners);
    mix m = {0};
    kith_status status = mix_make(ctx, task, &m);
    if (status == KITH_OK && task->how->kind == KITH_PARTITION_DIRICHLET_SHARE) status = cut_all(ctx, task, &m);
    if (status == KITH_OK) status = kith_deal_offsets(ctx, task->learners, deal);
    if (status == KITH_OK) status = kith_deal_indices(ctx, total, deal);
    if (status == KITH_OK && task->how->draw == KITH_DRAW_RESAMPLE)
        status = KITH_ALLOC(ctx, "the learners' mixes", task->learners * task->classes, &deal->mix);
    for (size_t i = 0; status == KITH_OK && i < task->learners; i++) {
        deal->offset[i + 1] = (i + 1) * samples;
        status = draw_learner(ctx, task, &m, i, samples, deal->mix ? deal->mix + i * task->classes : NULL,
                              deal->index + i * samples);
    }
    mix_free(&m);
    return status;
}

/* State of one attempt at the cut per class: sizes so far, and the shares of the class at hand. */
typedef struct cut {
    const kith_deal_task *task;
    const kith_by_class *by;
    uint64_t *size; /* (N) */
    double *share;  /* (N) */
} cut;

/* Whether the class can be dealt: a share that is not zero goes to some learner below its even share of the pool. */
static bool draw_shares(const cut *t, kith_stream *s)
{
    const size_t learners = t->task->learners;
    double sum = 0.0;
    kith_draw_dirichlet(s, t->task->how->alpha, learners, t->share);
    for (size_t i = 0; i < learners; i++) {
        if (t->size[i] * learners >= t->task->examples) t->share[i] = 0.0;
        sum += t->share[i];
    }
    for (size_t i = 0; i < learners; i++)
        t->share[i] /= sum;
    return sum > 0.0;
}

/* Attempt number `attempt`, the same at every call. With deal, whose offsets are known, it places the examples too. */
static bool attempt_cut(const cut *t, uint32_t attempt, kith_deal *deal)
{
    kith_stream s = kith_deal_common_stream(t->task, KITH_DEAL_TRY, attempt);
    memset(t->size, 0, t->task->learners * sizeof *t->size);
    for (size_t c = 0; c < t->by->classes; c++) {
        const uint64_t count = t->by->start[c + 1] - t->by->start[c];
        const uint32_t *list = t->by->index + t->by->start[c];
        if (count == 0) continue;
        if (!draw_shares(t, &s)) return false;
        double sum = 0.0;
        uint64_t from = 0;
        for (size_t i = 0; i < t->task->learners; i++) {
            sum += t->share[i];
            uint64_t to = i + 1 == t->task->learners ? count : (uint64_t)(sum * (double)count);
            if (to > count) to = count;
            if (deal) memcpy(deal->index + deal->offset[i] + t->size[i], list + from, (to - from) * sizeof *list);
            t->size[i] += to - from;
            from = to;
        }
    }
    return true;
}

static uint64_t smallest(const uint64_t *size, size_t count)
{
    uint64_t least = size[0];
    for (size_t i = 1; i < count; i++)
        if (size[i] < least) least = size[i];
    return least;
}

static kith_status cut_classes(kith_ctx *ctx, const cut *t, kith_deal *deal)
{
    enum { TRIES = 2000 };
    const size_t learners = t->task->learners;
    const uint64_t least = (uint64_t)t->task->how->least;
    uint32_t attempt = 0;
    while (attempt < TRIES && (!attempt_cut(t, attempt, NULL) || smallest(t->size, learners) < least))
        attempt++;
    if (attempt == TRIES)
        return kith_config_refuse(
            ctx, t->task->config, "partition", "alpha",
            "in each of %d draws some learner got fewer than partition.least = %llu examples; raise "
            "alpha, lower partition.least, or ask for fewer learners",
            TRIES, (unsigned long long)least);
    KITH_TRY(kith_deal_offsets(ctx, learners, deal));
    KITH_TRY(kith_deal_indices(ctx, t->task->examples, deal));
    memcpy(deal->offset + 1, t->size, learners * sizeof *t->size);
    kith_deal_accumulate(deal);
    attempt_cut(t, attempt, deal);
    return KITH_OK;
}

kith_status kith_deal_dirichlet_class(kith_ctx *ctx, const kith_deal_task *task, kith_deal *deal)
{
    if ((uint64_t)task->how->least > task->examples / task->learners)
        return kith_config_refuse(ctx, task->config, "partition", "least",
                                  "%zu examples over %zu learners cannot give everyone as many; ask for at most %zu",
                                  task->examples, task->learners, task->examples / task->learners);
    kith_by_class by = {0};
    cut t = {.task = task, .by = &by};
    kith_status status = kith_by_class_make(ctx, task, true, &by);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "the learners' sizes", task->learners, &t.size);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "the learners' shares", task->learners, &t.share);
    if (status == KITH_OK) status = cut_classes(ctx, &t, deal);
    kith_free(t.share);
    kith_free(t.size);
    kith_by_class_free(&by);
    return status;
}
