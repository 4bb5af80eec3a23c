#include "engine/decentralized/gossip.h"

#include "base/call.h"
#include "plugin/rows.h"

#include <string.h>

enum { VECTORS = 0, SCALARS };

size_t kith_gossip_row(const kith_gossip *g, const kith_gossip_workspace *s, size_t turn, size_t learner)
{
    if (!s->global) return s->base + learner - g->first;
    return s->base + (s->pair ? turn * g->learners : 0) + learner;
}

kith_real *kith_gossip_at(const kith_gossip *g, const kith_gossip_workspace *s, size_t turn, size_t learner)
{
    return kith_board_row(g->board[s->scalar], kith_gossip_row(g, s, turn, learner));
}

static kith_status refuse_plane(kith_ctx *ctx, const kith_gossip *g, const char *name, const char *why)
{
    return kith_fail(ctx, KITH_EPLUGIN, "%s: plane '%s': %s", g->setup.algorithm->plugin->id, name ? name : "?", why);
}

static kith_status find_target(kith_ctx *ctx, const kith_gossip *g, size_t p, size_t *into)
{
    const kith_learner_plane *plane = &g->plane[p];
    for (size_t q = 0; q < g->planes; q++) {
        const kith_learner_plane *other = &g->plane[q];
        if (!other->name || strcmp(other->name, plane->into) != 0) continue;
        if (other->access != KITH_PRIVATE || other->scalars != plane->scalars)
            return refuse_plane(ctx, g, plane->name, "it can be mixed into a private plane of its own length only");
        *into = q;
        return KITH_OK;
    }
    return refuse_plane(ctx, g, plane->name, "there is no plane of the name that it is mixed into");
}

static kith_status take_plane(kith_ctx *ctx, const kith_gossip *g, size_t p, kith_gossip_workspace *s)
{
    const kith_learner_plane *plane = &g->plane[p];
    if (!plane->name || !*plane->name) return refuse_plane(ctx, g, plane->name, "it has no name");
    if (plane->access != KITH_PRIVATE && plane->access != KITH_MIXED)
        return refuse_plane(ctx, g, plane->name, "a decentralized algorithm's planes are private or mixed");
    if (plane->into && plane->access != KITH_MIXED)
        return refuse_plane(ctx, g, plane->name, "only a mixed plane can be mixed into another");
    *s = (kith_gossip_workspace){.name = plane->name,
                                 .length = plane->scalars ? plane->scalars : g->d,
                                 .into = p,
                                 .copy = SIZE_MAX,
                                 .mixed = plane->access == KITH_MIXED,
                                 .scalar = plane->scalars > 0};
    if (plane->into) KITH_TRY(find_target(ctx, g, p, &s->into));
    s->pair = s->mixed && s->into == p && !(g->ops->uses & KITH_USES_PAIRS);
    s->global = s->mixed || p == g->ops->model;
    return KITH_OK;
}

static kith_status check_table(kith_ctx *ctx, const kith_gossip *g)
{
    const kith_plugin *plugin = g->setup.algorithm->plugin;
    if (g->ops->model >= g->planes || g->plane[g->ops->model].scalars)
        return kith_fail(ctx, KITH_EPLUGIN,
                         "%s: ops.model names no plane that is a vector; it must be the learner's model", plugin->id);
    return KITH_OK;
}

static kith_status check_mix(kith_ctx *ctx, const kith_gossip *g)
{
    const char *id = g->setup.algorithm->plugin->id;
    if (!g->ops->mix) return KITH_OK;
    if (g->ops->uses & (KITH_USES_MEAN | KITH_USES_PAIRS) || g->ops->combine)
        return kith_fail(ctx, KITH_EPLUGIN,
                         "%s: mix() goes neither with the mean of all, with pairs nor with planes on edges", id);
    return g->mixes ? KITH_OK : kith_fail(ctx, KITH_EPLUGIN, "%s: mix() has no plane to mix; mark one KITH_MIXED", id);
}

static void add_kept(kith_gossip *g)
{
    for (size_t k = 0; k < KITH_KEPT; k++) {
        g->kept[k] = SIZE_MAX;
        const size_t length = kith_trainer_keeps(g->setup.local, k, g->d);
        if (!length || !(g->ops->uses & KITH_USES_OPTIMIZER)) continue;
        g->kept[k] = g->shelves;
        g->shelf[g->shelves] = (kith_gossip_workspace){.name = "optimizer",
                                                       .length = length,
                                                       .into = g->shelves,
                                                       .copy = SIZE_MAX,
                                                       .scalar = k == KITH_KEPT_STEPS};
        g->shelves++;
    }
}

/* What the models were before mixing is in the other half, where mixing leaves it; else it must be copied. */
static void add_before(kith_gossip *g)
{
    g->before = SIZE_MAX;
    if (g->shelf[g->ops->model].pair) {
        g->before = g->ops->model;
    } else if (g->how->before || g->how->leave_one_out) {
        g->before = g->shelves;
        g->shelf[g->shelves++] = (kith_gossip_workspace){
            .name = "before", .length = g->d, .into = g->before, .copy = SIZE_MAX, .global = true};
    }
}

static size_t most_here(const kith_gossip *g)
{
    size_t most = 0;
    for (size_t k = 0; k < kith_exchange_place(g->setup.exchange)->domains; k++)
        if (g->border[k + 1] - g->border[k] > most) most = g->border[k + 1] - g->border[k];
    return most;
}

kith_status kith_gossip_lay_out(kith_ctx *ctx, kith_gossip *g)
{
    const kith_learner_plane *rows = g->ops->planes;
    g->planes = g->ops->plane_count;
    if (g->ops->layout)
        KITH_TRY_VOID(ctx, g->setup.algorithm->plugin->id, "layout", KITH_NOBODY,
                      rows = g->ops->layout(g->self, &g->planes));
    if (!rows) g->planes = 0;
    g->shelves = g->planes;
    KITH_TRY(kith_rows_lengthen(ctx, "planes", rows, g->planes, g->setup.algorithm->plugin->learner_plane_size,
                                sizeof *rows, (void **)&g->plane));
    KITH_TRY(check_table(ctx, g));
    KITH_TRY(KITH_TAKE(ctx, &g->heap, "planes", 2 * g->planes + KITH_KEPT + 1, &g->shelf));
    for (size_t p = 0; p < g->planes; p++)
        KITH_TRY(take_plane(ctx, g, p, &g->shelf[p]));
    g->mixes = g->ops->uses & KITH_USES_MEAN;
    for (size_t p = 0; p < g->planes; p++)
        g->mixes |= g->shelf[p].mixed;
    KITH_TRY(check_mix(ctx, g));
    KITH_TRY(kith_gossip_differences_open(ctx, g));
    add_kept(g);
    add_before(g);
    kith_gossip_differences_lay_out(g);
    const size_t here = most_here(g);
    for (size_t p = 0; p < g->shelves; p++) {
        kith_gossip_workspace *s = &g->shelf[p];
        s->base = g->rows[s->scalar];
        g->rows[s->scalar] += s->global ? (s->pair ? 2 : 1) * g->learners : here;
        if (s->scalar && s->length > g->widest) g->widest = s->length;
    }
    g->mean = g->merged = g->rows[VECTORS]++;
    KITH_TRY(kith_gossip_merger_lay_out(ctx, g));
    for (size_t b = 0; b < 2; b++)
        g->scratch[b] = g->rows[b]++;
    if (g->widest == 0) g->rows[SCALARS] = 0;
    if (g->rows[VECTORS] <= UINT32_MAX) return KITH_OK;
    return kith_fail(ctx, KITH_EMEMORY,
                     "%zu rows for the planes of %zu learners are more than can be numbered; use fewer learners",
                     g->rows[VECTORS], g->learners);
}

kith_status kith_gossip_open_boards(kith_ctx *ctx, kith_gossip *g)
{
    kith_exchange *ex = g->setup.exchange;
    KITH_TRY(
        kith_board_create(ctx, ex, "learners' planes", g->rows[VECTORS], g->d, sizeof(kith_real), &g->board[VECTORS]));
    if (g->rows[SCALARS] == 0) return KITH_OK;
    return kith_board_create(ctx, ex, "learners' numbers", g->rows[SCALARS], g->widest, sizeof(kith_real),
                             &g->board[SCALARS]);
}
