#include "engine/work/matching.h"

#include "base/assign.h"
#include "base/heap.h"

#include <kith/nn.h>

#include <float.h>
#include <math.h>

/* Sweeps end long before; rounding alone must not keep them going. */
enum { MOST_SWEEPS = 100, MOST_PASSES = 20 };

struct kith_matching {
    kith_heap heap;
    kith_units units;
    kith_assign assign;
    kith_real *target, *mine; /* [widest] slices, a unit's one after the other */
    kith_real *product;       /* (n, n) inner products of the target's units with ours */
    double *gain, *part, *best;
    size_t *to, *within; /* [most]; (groups, groups) assignments of n / groups */
    size_t *group;
};

/* A row more, and some bytes: kernels read past a matrix. */
static size_t roomy(size_t reals, size_t row)
{
    return reals + row + 16;
}

static kith_status take(kith_ctx *ctx, kith_matching *m)
{
    const size_t most = m->units.most, square = most * most, widest = roomy(m->units.widest, m->units.widest);
    kith_heap *heap = &m->heap;
    KITH_TRY(KITH_TAKE(ctx, heap, "weights to match", widest, &m->target));
    KITH_TRY(KITH_TAKE(ctx, heap, "weights to match", widest, &m->mine));
    KITH_TRY(KITH_TAKE(ctx, heap, "inner products of units", roomy(square, most), &m->product));
    KITH_TRY(KITH_TAKE(ctx, heap, "inner products of units", square, &m->gain));
    KITH_TRY(KITH_TAKE(ctx, heap, "inner products of units", square, &m->part));
    KITH_TRY(KITH_TAKE(ctx, heap, "inner products of units", square, &m->best));
    KITH_TRY(KITH_TAKE(ctx, heap, "assignments", most, &m->to));
    KITH_TRY(KITH_TAKE(ctx, heap, "assignments", most, &m->group));
    KITH_TRY(KITH_TAKE(ctx, heap, "assignments", square, &m->within));
    return kith_assign_open(ctx, most, &m->assign);
}

kith_status kith_matching_open(kith_ctx *ctx, const kith_instance *model, const kith_block *block, size_t blocks,
                               kith_matching **out)
{
    kith_matching *m = NULL;
    *out = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "a matching", 1, &m));
    kith_status status = kith_model_units(ctx, model, block, blocks, &m->units);
    const bool none = m->units.sets == 0;
    if (status == KITH_OK && !none) status = take(ctx, m);
    if (status != KITH_OK || none) {
        kith_matching_close(m);
        return status;
    }
    *out = m;
    return KITH_OK;
}

void kith_matching_close(kith_matching *m)
{
    if (!m) return;
    kith_assign_close(&m->assign);
    kith_heap_free(&m->heap);
    kith_units_free(&m->units);
    kith_free(m);
}

/* out (n, outer inner): the slices of x along an axis. */
static void gather(const kith_unit_axis *a, size_t n, const kith_real *x, kith_real *out)
{
    for (size_t u = 0; u < n; u++)
        for (size_t o = 0; o < a->outer; o++)
            kith_copy(a->inner, x + a->first + (o * n + u) * a->inner, out + (u * a->outer + o) * a->inner);
}

/* gain[i n + j]: the inner product of the target's unit i with our unit j. */
static kith_status find_gains(kith_ctx *ctx, kith_matching *m, const kith_unit_set *set, const kith_real *target,
                              const kith_real *x)
{
    const size_t n = set->units;
    for (size_t k = 0; k < set->axes; k++) {
        const kith_unit_axis *a = &m->units.axis[set->axis + k];
        gather(a, n, target, m->target);
        gather(a, n, x, m->mine);
        kith_gemm(0, 1, n, n, a->outer * a->inner, 1, m->target, m->mine, k ? 1 : 0, m->product);
    }
    for (size_t k = 0; k < n * n; k++) {
        m->gain[k] = (double)m->product[k];
        if (!isfinite(m->gain[k]))
            return kith_fail(ctx, KITH_EDIVERGED,
                             "weights of a model are too large to be matched with another's; lower local.lr");
    }
    return KITH_OK;
}

/* The best order of groups, each of them in its best order. */
static double assign_groups(kith_matching *m, size_t n, size_t groups)
{
    const size_t c = n / groups;
    for (size_t a = 0; a < groups; a++)
        for (size_t b = 0; b < groups; b++) {
            for (size_t i = 0; i < c; i++)
                for (size_t j = 0; j < c; j++)
                    m->part[i * c + j] = m->gain[(a * c + i) * n + b * c + j];
            m->best[a * groups + b] = kith_assign_most(&m->assign, c, m->part, m->within + (a * groups + b) * c);
        }
    const double sum = kith_assign_most(&m->assign, groups, m->best, m->group);
    for (size_t a = 0; a < groups; a++)
        for (size_t i = 0; i < c; i++)
            m->to[a * c + i] = m->group[a] * c + m->within[(a * groups + m->group[a]) * c + i];
    return sum;
}

/* Whether the set's best order is better than the one it is in, by more than what products round. */
static kith_status align_set(kith_ctx *ctx, kith_matching *m, size_t s, const kith_real *target, kith_real *x,
                             bool *better)
{
    const double eps = sizeof(kith_real) == sizeof(float) ? (double)FLT_EPSILON : DBL_EPSILON;
    const kith_unit_set *set = &m->units.set[s];
    const size_t n = set->units;
    double now = 0.0, size = 0.0;
    KITH_TRY(find_gains(ctx, m, set, target, x));
    for (size_t i = 0; i < n; i++) {
        now += m->gain[i * n + i];
        size += fabs(m->gain[i * n + i]);
    }
    const double most = set->groups == 1 || set->groups == n ? kith_assign_most(&m->assign, n, m->gain, m->to)
                                                             : assign_groups(m, n, set->groups);
    *better = most - now > 8.0 * eps * size;
    if (*better) kith_units_move(&m->units, s, m->to, m->mine, x);
    return KITH_OK;
}

kith_status kith_matching_align(kith_ctx *ctx, kith_matching *m, const kith_real *target, kith_real *x, bool *moved)
{
    bool again = true;
    *moved = false;
    for (int sweep = 0; again && sweep < MOST_SWEEPS; sweep++) {
        again = false;
        for (size_t s = 0; s < m->units.sets; s++) {
            bool better = false;
            KITH_TRY(align_set(ctx, m, s, target, x, &better));
            again |= better;
        }
        *moved |= again;
    }
    return KITH_OK;
}

static kith_status match_mine(kith_ctx *ctx, kith_matching *m, const kith_joint *j, const kith_real *target,
                              bool *moved)
{
    for (size_t i = j->first; i < j->last; i++) {
        bool one = false;
        kith_exchange_blame(j->exchange, (uint32_t)i);
        KITH_TRY(kith_matching_align(ctx, m, target, kith_board_row(j->board, j->row[i].row), &one));
        *moved |= one;
    }
    return KITH_OK;
}

kith_status kith_matching_join(kith_ctx *ctx, kith_matching *m, const kith_joint *j, size_t *passes)
{
    const kith_real *target = j->target;
    for (*passes = 0; *passes < MOST_PASSES; ++*passes) {
        bool moved = false;
        const kith_status mine = match_mine(ctx, m, j, target, &moved);
        KITH_TRY(kith_exchange_agree(j->exchange, mine, &moved));
        if (!moved && *passes > 0) return KITH_OK;
        KITH_TRY(kith_board_mean(j->board, KITH_OK, j->row, j->count, j->mean));
        target = kith_board_row(j->board, j->mean);
    }
    return KITH_OK;
}
