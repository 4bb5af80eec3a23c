/* The full gradient and how much learners' gradients differ, in one pass: each lane of learners keeps a mean and a sum
 * of squared differences from it (West 1979), and lanes are merged in order (Chan, Golub, LeVeque 1983). Subtracting
 * squared norms instead would lose all digits where learners are nearly alike. */
#include "engine/work/lanes.h"
#include "engine/frame/measures.h"
#include "base/headway.h"

/* What a lane knows beside its mean. */
enum { LANE_WEIGHT = 0, LANE_SPREAD, LANE_ITEMS };
enum { MOST_LANES = 16 };

struct kith_gradients {
    kith_exchange *exchange;
    kith_trainer *trainer;
    kith_data *data;
    size_t learners, d, blocks, first, last, lane;
    int weights;
    kith_lanes lanes;
    kith_board *means;   /* (2 lanes, d) doubles */
    kith_board *sides;   /* (2 lanes, LANE_ITEMS) doubles */
    kith_board *partial; /* (blocks, lanes) doubles: 0 the squared norm, l the squared distance of lane l to those
                            before */
    double *g;           /* (d) */
    double *total;       /* [lanes] */
};

static kith_status allocate(kith_ctx *ctx, kith_gradients *g, kith_queues *queues)
{
    const size_t lanes = g->learners < MOST_LANES ? g->learners : MOST_LANES;
    KITH_TRY(KITH_ALLOC(ctx, "gradients", g->d, &g->g));
    KITH_TRY(KITH_ALLOC(ctx, "gradients", lanes, &g->total));
    kith_queue queue;
    kith_queue_open(g->exchange, queues, KITH_DEAL_DYNAMIC, KITH_QUEUE_GRADIENTS, &queue);
    return kith_lanes_open(ctx, &queue, lanes, &g->lanes);
}

kith_status kith_gradients_open(kith_ctx *ctx, const kith_engine_setup *setup, const kith_eval_config *eval,
                                kith_gradients **out)
{
    kith_gradients *g = NULL;
    kith_status status = KITH_ALLOC(ctx, "gradients", 1, &g);
    if (status == KITH_OK) {
        *g = (kith_gradients){.exchange = setup->exchange,
                              .trainer = setup->trainer,
                              .data = setup->data,
                              .learners = (size_t)setup->run->learners,
                              .d = setup->dimension,
                              .blocks = kith_block_count(setup->dimension),
                              .lane = (size_t)eval->lane,
                              .weights = eval->gradient_weights};
        kith_exchange_slice(g->exchange, kith_exchange_place(g->exchange)->worker, g->d, &g->first, &g->last);
        status = allocate(ctx, g, setup->queues);
    }
    status = kith_exchange_agree(setup->exchange, status, NULL);
    if (status == KITH_OK)
        status =
            kith_board_create(ctx, g->exchange, "mean gradients", 2 * g->lanes.count, g->d, sizeof(double), &g->means);
    if (status == KITH_OK)
        status =
            kith_board_create(ctx, g->exchange, "gradients", 2 * g->lanes.count, LANE_ITEMS, sizeof(double), &g->sides);
    if (status == KITH_OK)
        status = kith_board_create(ctx, g->exchange, "gradients' sums", g->blocks, g->lanes.count, sizeof(double),
                                   &g->partial);
    if (status != KITH_OK) {
        kith_gradients_close(g);
        return status;
    }
    *out = g;
    return KITH_OK;
}

void kith_gradients_close(kith_gradients *g)
{
    if (!g) return;
    if (g->partial) kith_board_destroy(g->partial);
    if (g->sides) kith_board_destroy(g->sides);
    if (g->means) kith_board_destroy(g->means);
    kith_lanes_close(&g->lanes);
    kith_free(g->g);
    kith_free(g->total);
    kith_free(g);
}

static void add_learner(const kith_gradients *g, double weight, double *mean, double *side)
{
    const double before = side[LANE_WEIGHT], after = before + weight, share = weight / after;
    double distance = 0.0;
    for (size_t i = 0; i < g->d; i++) {
        const double delta = g->g[i] - mean[i];
        distance += delta * delta;
        mean[i] += share * delta;
    }
    side[LANE_SPREAD] += distance * before * share;
    side[LANE_WEIGHT] = after;
}

static kith_status sweep_lane(kith_ctx *ctx, kith_gradients *g, const kith_real *x, size_t lane)
{
    const size_t lanes = g->lanes.count, row = kith_lanes_row(&g->lanes, lane);
    double *mean = kith_board_row(g->means, row), *side = kith_board_row(g->sides, row);
    side[LANE_WEIGHT] = side[LANE_SPREAD] = 0.0;
    for (size_t i = 0; i < g->d; i++)
        mean[i] = 0.0;
    const size_t each = g->learners / lanes, more = g->learners % lanes;
    const size_t first = lane * each + (lane < more ? lane : more), count = each + (lane < more);
    for (size_t i = first; i < first + count; i++) {
        KITH_TRY(kith_trainer_full_gradient(ctx, g->trainer, x, i, g->lane, g->g));
        add_learner(g, g->weights == KITH_GRADIENT_EXAMPLES ? (double)kith_data_size(g->data, i) : 1.0, mean, side);
    }
    return KITH_OK;
}

static const double *side_of(const kith_gradients *g, size_t lane)
{
    return kith_board_row(g->sides, kith_lanes_row(&g->lanes, lane));
}

static void merge_block(const kith_gradients *g, size_t block)
{
    double *partial = kith_board_row(g->partial, block);
    size_t lo, hi;
    kith_block_range(g->d, block, &lo, &hi);
    for (size_t l = 0; l < g->lanes.count; l++)
        partial[l] = 0.0;
    for (size_t i = lo; i < hi; i++) {
        double mean = 0.0, weight = 0.0;
        for (size_t l = 0; l < g->lanes.count; l++) {
            const double *row = kith_board_row(g->means, kith_lanes_row(&g->lanes, l));
            const double delta = row[i] - mean, own = side_of(g, l)[LANE_WEIGHT];
            if (l > 0) partial[l] += delta * delta;
            weight += own;
            mean += delta * (own / weight);
        }
        partial[0] += mean * mean;
    }
}

kith_status kith_gradients_take(kith_ctx *ctx, kith_gradients *g, const kith_real *x, double *norm_squared,
                                double *dissimilarity)
{
    kith_status status = KITH_OK;
    kith_headway_begin("full gradient, part");
    for (size_t l; (l = kith_lanes_next(&g->lanes)) != SIZE_MAX;)
        if (status == KITH_OK) {
            status = sweep_lane(ctx, g, x, l);
            if (status != KITH_OK) kith_exchange_blame(g->exchange, (uint32_t)l);
        }
    status =
        kith_board_publish_slices(g->means, status, g->lanes.origin + kith_lanes_row(&g->lanes, 0), g->lanes.count);
    KITH_TRY(kith_lanes_publish(&g->lanes, g->sides, status));
    for (size_t b = g->first; b < g->last; b++)
        merge_block(g, b);
    KITH_TRY(kith_block_total(g->partial, KITH_OK, g->d, g->lanes.count, g->total));
    double weight = 0.0, spread = 0.0;
    for (size_t l = 0; l < g->lanes.count; l++) {
        const double *side = side_of(g, l);
        spread += side[LANE_SPREAD];
        if (l > 0) spread += g->total[l] * weight * side[LANE_WEIGHT] / (weight + side[LANE_WEIGHT]);
        weight += side[LANE_WEIGHT];
    }
    kith_lanes_turn(&g->lanes);
    *norm_squared = g->total[0];
    *dissimilarity = spread / weight;
    return KITH_OK;
}
