#include "engine/decentralized/gossip.h"

#include "base/call.h"

#include <kith/nn.h>

#include <string.h>

/* Coordinates that are mixed together: long runs for memory's sake, though a few rows of them fit into a core's second
 * cache; and those that are looked at while they are still in the first. */
enum { PANEL = 16384, STRIP = 1024 };

void kith_gossip_list(const kith_gossip *g, const kith_gossip_workspace *s, size_t turn, kith_origin *origin)
{
    for (size_t i = 0; i < g->learners; i++)
        origin[i] = (kith_origin){.row = (uint32_t)kith_gossip_row(g, s, turn, i), .domain = g->home[i]};
}

void kith_gossip_share(const kith_gossip *g, size_t count, size_t *first, size_t *last)
{
    const kith_place *place = kith_exchange_place(g->setup.exchange);
    *first = count * place->local / place->locals;
    *last = count * (place->local + 1) / place->locals;
}

/* Which domains beside its own read learner j's rows. */
static void mark_needs(kith_gossip *g, uint8_t *need)
{
    const size_t domains = kith_exchange_place(g->setup.exchange)->domains;
    memset(need, 0, g->learners * domains);
    for (size_t i = 0; i < g->learners; i++)
        for (size_t e = g->graph.start[i]; e < g->graph.start[i + 1]; e++)
            need[g->graph.from[e] * domains + g->home[i]] = 1;
}

/* Within a domain a publish is a barrier and needs no list. */
static kith_status publish(kith_gossip *g, size_t board, kith_status mine)
{
    const size_t domains = kith_exchange_place(g->setup.exchange)->domains;
    size_t count = 0;
    for (size_t p = 0; p < g->planes && domains > 1; p++) {
        const kith_gossip_workspace *s = &g->shelf[p];
        if (!s->mixed || s->scalar != board) continue;
        const kith_gossip_workspace *read = kith_gossip_read(g, s);
        kith_gossip_list(g, read, read->turn, g->origin + count);
        if (mine == KITH_OK) mark_needs(g, g->need + count * domains);
        count += g->learners;
    }
    return kith_board_publish_rows(g->board[board], mine, g->origin, count, g->need);
}

/* What a learner has for itself of a plane under filters; NULL: there are none. */
typedef struct mended {
    const kith_real *x, *copy;
} mended;

static mended mended_at(const kith_gossip *g, const kith_gossip_workspace *s, size_t learner)
{
    const kith_gossip_workspace *read = kith_gossip_read(g, s);
    if (!g->differences.filters) return (mended){0};
    return (mended){kith_gossip_at(g, s, s->turn, learner), kith_gossip_at(g, read, read->turn, learner)};
}

/* ---- sparse ---- */

/* What a learner mixes of another: what it hears, and of its own plane the plane, unless sums are to be kept. */
static const kith_real *heard_of(const kith_gossip *g, const kith_gossip_workspace *s, size_t learner, size_t other)
{
    const bool own = other == learner && !g->differences.keeps_sums;
    const kith_gossip_workspace *read = own ? s : kith_gossip_read(g, s);
    return kith_gossip_at(g, read, read->turn, other);
}

/* Whether all that came out is finite. */
static bool mix_piece(kith_gossip *g, const kith_gossip_workspace *s, size_t learner, size_t lo, size_t count)
{
    const size_t first = g->graph.start[learner], edges = g->graph.start[learner + 1] - first;
    for (size_t e = 0; e < edges; e++)
        g->heard[e] = heard_of(g, s, learner, g->graph.from[first + e]) + lo;
    const kith_gossip_workspace *to = &g->shelf[s->into];
    kith_real *out = kith_gossip_at(g, to, to->turn ^ (size_t)s->pair, learner) + lo;
    const mended own = mended_at(g, s, learner);
    bool finite = true;
    for (size_t at = 0; at < count; at += STRIP) {
        const size_t n = count - at < STRIP ? count - at : STRIP;
        kith_weighted_sum(n, edges, g->graph.weight + first, g->heard, out + at);
        if (own.x) kith_gossip_differences_mend(g, false, n, own.x + lo + at, own.copy + lo + at, out + at);
        finite &= kith_all_finite(n, out + at);
        for (size_t e = 0; e < edges; e++)
            g->heard[e] += n;
    }
    return finite;
}

/* Panels of coordinates one after another, each for all learners of this domain, so that what several neighbours hear
 * stays in the cache. Returns the first learner whose mixture is not finite; SIZE_MAX: none. */
static size_t mix_shelf(kith_gossip *g, const kith_gossip_workspace *s)
{
    const size_t here = g->last - g->first;
    size_t piece = 0, end = 0, failed = SIZE_MAX;
    kith_gossip_share(g, (s->length + PANEL - 1) / PANEL * here, &piece, &end);
    for (; piece < end; piece++) {
        const size_t learner = g->first + piece % here, lo = piece / here * PANEL, left = s->length - lo;
        if (!mix_piece(g, s, learner, lo, left < PANEL ? left : PANEL) && learner < failed) failed = learner;
    }
    return failed;
}

/* What strong compression may want. */
static const char *or_step(const kith_gossip *g)
{
    return g->differences.filters && !g->ops->mix ? ", or choose a smaller decentralized.gossip_step" : "";
}

static kith_status refuse_mixed(kith_ctx *ctx, const kith_gossip *g, size_t learner, size_t plane)
{
    return kith_fail(ctx, KITH_EDIVERGED,
                     "plane '%s' of learner %zu is not finite after the mixing of round %llu; lower local.lr%s",
                     g->shelf[plane].name, learner, (unsigned long long)g->round, or_step(g));
}

/* The first learner that fails, and of its planes the first, is the one to be named, whoever mixed it. */
static kith_status mix_shelves(kith_ctx *ctx, kith_gossip *g)
{
    size_t failed = SIZE_MAX, plane = 0;
    for (size_t p = 0; p < g->planes; p++) {
        const size_t learner = g->shelf[p].mixed ? mix_shelf(g, &g->shelf[p]) : SIZE_MAX;
        if (learner >= failed) continue;
        failed = learner;
        plane = p;
    }
    if (failed == SIZE_MAX) return KITH_OK;
    kith_exchange_blame(g->setup.exchange, (uint32_t)failed);
    return refuse_mixed(ctx, g, failed, plane);
}

/* ---- by the algorithm ---- */

/* Whole rows of all mixed planes, where they lie. */
static void point_rows(kith_gossip *g, size_t learner, const uint32_t *from, size_t count)
{
    for (size_t p = 0; p < g->planes; p++) {
        const kith_gossip_workspace *s = &g->shelf[p], *to = &g->shelf[s->into];
        g->own[p] = kith_gossip_at(g, s, s->turn, learner);
        g->out[p] = s->mixed ? kith_gossip_at(g, to, to->turn ^ (size_t)s->pair, learner) : NULL;
        for (size_t e = 0; e < count; e++)
            g->heard[p * count + e] = s->mixed ? heard_of(g, s, learner, from[e]) : NULL;
    }
}

static kith_status mix_learner(kith_ctx *ctx, kith_gossip *g, size_t learner)
{
    const size_t first = g->graph.start[learner], count = g->graph.start[learner + 1] - first;
    point_rows(g, learner, g->graph.from + first, count);
    kith_neighbour_rows rows = {.ctx = ctx,
                                .dimension = g->d,
                                .learner = learner,
                                .round = g->round,
                                .count = count,
                                .from = g->graph.from + first,
                                .weight = g->graph.weight + first,
                                .heard = g->heard,
                                .own = g->own,
                                .out = g->out,
                                .work = g->work,
                                .say = (double *)kith_board_row(g->reports, learner) + KITH_REPORT_ITEMS};
    KITH_TRY_CALL(ctx, g->setup.algorithm->plugin->id, "mix", learner, g->ops->mix(g->self, &rows));
    for (size_t p = 0; p < g->planes; p++)
        if (g->shelf[p].mixed && !kith_all_finite(g->shelf[p].length, g->out[p]))
            return refuse_mixed(ctx, g, learner, p);
    return KITH_OK;
}

/* Workers share the learners in order, so the first that fails is the one to be named. */
static kith_status mix_learners(kith_ctx *ctx, kith_gossip *g)
{
    size_t first = 0, last = 0;
    kith_gossip_share(g, g->last - g->first, &first, &last);
    for (size_t i = g->first + first; i < g->first + last; i++) {
        const kith_status status = mix_learner(ctx, g, i);
        if (status == KITH_OK) continue;
        kith_exchange_blame(g->setup.exchange, (uint32_t)i);
        return kith_fail(ctx, status, "%s: mix() failed for learner %zu in round %llu: %s",
                         g->setup.algorithm->plugin->id, i, (unsigned long long)g->round, kith_status_text(status));
    }
    return KITH_OK;
}

static kith_status mix_sparse(kith_ctx *ctx, kith_gossip *g, kith_status mine)
{
    KITH_TRY(publish(g, 0, mine));
    if (g->board[1]) KITH_TRY(publish(g, 1, KITH_OK));
    return kith_exchange_agree(g->setup.exchange, g->ops->mix ? mix_learners(ctx, g) : mix_shelves(ctx, g), NULL);
}

/* ---- all alike ---- */

void kith_gossip_spread_row(kith_gossip *g, const kith_gossip_workspace *s, size_t turn, size_t row)
{
    size_t first = 0, last = 0;
    kith_gossip_share(g, g->last - g->first, &first, &last);
    const kith_real *mean = kith_board_row(g->board[s->scalar], row);
    for (size_t i = g->first + first; i < g->first + last; i++)
        kith_copy(s->length, mean, kith_gossip_at(g, s, turn, i));
}

/* What learners of this domain have for themselves, put into what they were given; workers share as in
 * kith_gossip_spread_row(). */
static void mend(kith_gossip *g, const kith_gossip_workspace *s)
{
    const kith_gossip_workspace *to = &g->shelf[s->into];
    size_t first = 0, last = 0;
    kith_gossip_share(g, g->last - g->first, &first, &last);
    for (size_t i = g->first + first; i < g->first + last; i++) {
        const mended own = mended_at(g, s, i);
        if (own.x)
            kith_gossip_differences_mend(g, true, s->length, own.x, own.copy,
                                         kith_gossip_at(g, to, to->turn ^ (size_t)s->pair, i));
    }
}

/* [all] The mean of a plane over all learners, to all. */
static kith_status mix_evenly(kith_ctx *ctx, kith_gossip *g, const kith_gossip_workspace *s, kith_status mine)
{
    const uint32_t row = (uint32_t)g->scratch[s->scalar];
    const kith_gossip_workspace *to = &g->shelf[s->into];
    const kith_gossip_workspace *read = kith_gossip_read(g, s);
    kith_gossip_list(g, read, read->turn, g->origin);
    KITH_TRY(kith_board_mean(g->board[s->scalar], mine, g->origin, g->learners, row));
    kith_status status = KITH_OK;
    if (!kith_all_finite(s->length, kith_board_row(g->board[s->scalar], row)))
        status =
            kith_fail(ctx, KITH_EDIVERGED, "the mean of plane '%s' is not finite after round %llu; lower local.lr%s",
                      s->name, (unsigned long long)g->round, or_step(g));
    if (status == KITH_OK) {
        kith_gossip_spread_row(g, to, to->turn ^ (size_t)s->pair, row);
        mend(g, s);
    }
    return kith_exchange_agree(g->setup.exchange, status, NULL);
}

kith_status kith_gossip_mix(kith_ctx *ctx, kith_gossip *g, kith_status mine)
{
    if (g->graph.complete || g->ops->uses & KITH_USES_MEAN) {
        for (size_t p = 0; p < g->planes; p++) {
            if (!g->shelf[p].mixed) continue;
            KITH_TRY(mix_evenly(ctx, g, &g->shelf[p], mine));
            mine = KITH_OK;
        }
    } else {
        KITH_TRY(mix_sparse(ctx, g, mine));
    }
    for (size_t p = 0; p < g->planes; p++)
        g->shelf[p].turn ^= (size_t)g->shelf[p].pair;
    return KITH_OK;
}

void kith_gossip_keep_before(kith_gossip *g, size_t learner)
{
    const kith_gossip_workspace *model = &g->shelf[g->ops->model];
    if (g->before == SIZE_MAX || g->before == g->ops->model) return;
    kith_copy(g->d, kith_gossip_at(g, model, model->turn, learner),
              kith_gossip_at(g, &g->shelf[g->before], 0, learner));
}
