/* One model of all: the mean of learners' models, weighted (by numbers of examples or by contributions) or not, or the
 * mean of models whose hidden units were put into a common order: matched to those of the first learner, and then to
 * the mean (engine/work/matching.h).
 */
#include "engine/decentralized/gossip.h"

#include "base/call.h"
#include "engine/work/matching.h"

#include <kith/nn.h>

#include <math.h>

static kith_status open_matching(kith_ctx *ctx, kith_gossip *g)
{
    const kith_engine_setup *setup = &g->setup;
    KITH_TRY(kith_matching_open(ctx, setup->model, setup->blocks, setup->block_count, &g->merger.matching));
    if (g->merger.matching) return KITH_OK;
    return kith_config_refuse(ctx, setup->config, "decentralized", "merge",
                              "run.model = %s has no hidden units that may change places; set it to mean, or choose "
                              "mlp or cnn with hidden layers",
                              setup->model->plugin->id);
}

kith_status kith_gossip_merger_lay_out(kith_ctx *ctx, kith_gossip *g)
{
    const int kind = g->how->merge;
    double all = 0.0;
    g->merger.passes = 1;
    if (kind == KITH_MERGE_NONE || kind == KITH_MERGE_MEAN) return KITH_OK;
    g->merged = g->rows[0]++;
    if (kind == KITH_MERGE_ALIGNED) {
        g->merger.aligned = g->rows[0];
        g->rows[0] += g->learners;
        return open_matching(ctx, g);
    }
    KITH_TRY(KITH_TAKE(ctx, &g->heap, "learners' weights", g->learners, &g->merger.weight));
    if (kind == KITH_MERGE_CONTRIBUTION) return KITH_OK;
    for (size_t i = 0; i < g->learners; i++)
        all += (double)kith_data_size(g->setup.data, i);
    for (size_t i = 0; i < g->learners; i++)
        g->merger.weight[i] = (double)kith_data_size(g->setup.data, i) / all;
    return KITH_OK;
}

void kith_gossip_merger_close(kith_gossip_merger *merger)
{
    kith_matching_close(merger->matching);
}

static kith_real *aligned_at(const kith_gossip *g, size_t learner)
{
    return kith_board_row(g->board[0], g->merger.aligned + learner);
}

/* [all] Everybody gets the first learner's model; models that are to be aligned begin as they are. */
static kith_status begin_alignment(kith_gossip *g)
{
    const kith_gossip_workspace *s = &g->shelf[g->ops->model];
    size_t first = 0, last = 0;
    kith_gossip_share(g, g->last - g->first, &first, &last);
    for (size_t i = g->first + first; i < g->first + last; i++)
        kith_copy(g->d, kith_gossip_at(g, s, s->turn, i), aligned_at(g, i));
    kith_gossip_list(g, s, s->turn, g->origin);
    return kith_board_publish_rows(g->board[0], KITH_OK, g->origin, 1, NULL);
}

/* [all] */
static kith_status align_all(kith_ctx *ctx, kith_gossip *g)
{
    const kith_gossip_workspace *s = &g->shelf[g->ops->model];
    size_t first = 0, last = 0;
    KITH_TRY(begin_alignment(g));
    kith_gossip_share(g, g->last - g->first, &first, &last);
    for (size_t i = 0; i < g->learners; i++)
        g->origin[i] = (kith_origin){.row = (uint32_t)(g->merger.aligned + i), .domain = g->home[i]};
    const kith_joint joint = {.exchange = g->setup.exchange,
                              .board = g->board[0],
                              .row = g->origin,
                              .count = g->learners,
                              .first = g->first + first,
                              .last = g->first + last,
                              .target = kith_gossip_at(g, s, s->turn, 0),
                              .mean = (uint32_t)g->merged};
    return kith_matching_join(ctx, g->merger.matching, &joint, &g->merger.passes);
}

kith_status kith_gossip_average(kith_gossip *g)
{
    const kith_gossip_workspace *s = &g->shelf[g->ops->model];
    if (g->averaged) return KITH_OK;
    kith_gossip_list(g, s, s->turn, g->origin);
    KITH_TRY(kith_board_mean(g->board[0], KITH_OK, g->origin, g->learners, (uint32_t)g->mean));
    g->averaged = true;
    return KITH_OK;
}

/* Contributions of the last draw, those above 0; all alike where there are none. */
static void weigh_contributions(kith_gossip *g)
{
    const double *score = NULL;
    double all = 0.0;
    KITH_CALL(g->graph.id, "scores", KITH_NOBODY, score = g->graph.table.scores(g->graph.self));
    for (size_t i = 0; i < g->learners; i++)
        all += fmax(score[i], 0.0);
    for (size_t i = 0; i < g->learners; i++)
        g->merger.weight[i] = all > 0.0 ? fmax(score[i], 0.0) / all : 1.0 / (double)g->learners;
}

/* [all] */
static kith_status weigh_all(kith_gossip *g)
{
    const kith_gossip_workspace *s = &g->shelf[g->ops->model];
    if (g->how->merge == KITH_MERGE_CONTRIBUTION) weigh_contributions(g);
    kith_gossip_list(g, s, s->turn, g->origin);
    return kith_board_weighted_mean(g->board[0], KITH_OK, g->origin, g->merger.weight, g->learners,
                                    (uint32_t)g->merged);
}

kith_status kith_gossip_prepare(kith_ctx *ctx, void *self)
{
    kith_gossip *g = self;
    KITH_TRY(kith_gossip_average(g));
    if (g->fresh) return KITH_OK;
    if (g->merger.weight) KITH_TRY(weigh_all(g));
    if (g->merger.matching) KITH_TRY(align_all(ctx, g));
    g->fresh = true;
    return KITH_OK;
}

/* The first learner's model goes to all, which is half of an all-reduce; then there is a mean a pass. */
double kith_gossip_merge_cost(const kith_gossip *g)
{
    return (double)g->merger.passes + (g->merger.matching ? 0.5 : 0.0);
}

kith_status kith_gossip_merge(kith_ctx *ctx, kith_gossip *g)
{
    kith_gossip_workspace *s = &g->shelf[g->ops->model];
    const double reduce = 2.0 * (double)(g->learners - 1) * (double)g->d * sizeof(kith_real);
    size_t first = 0, last = 0;
    KITH_TRY(kith_gossip_prepare(ctx, g));
    kith_gossip_share(g, g->last - g->first, &first, &last);
    for (size_t i = g->first + first; i < g->first + last; i++) {
        double *report = kith_board_row(g->reports, i);
        kith_gossip_keep_before(g, i);
        if (i == 0) report[KITH_REPORT_BYTES] += kith_gossip_merge_cost(g) * reduce;
    }
    kith_gossip_stale(g);
    s->turn ^= (size_t)s->pair;
    kith_gossip_spread_row(g, s, s->turn, g->merged);
    return kith_exchange_agree(g->setup.exchange, KITH_OK, NULL);
}
