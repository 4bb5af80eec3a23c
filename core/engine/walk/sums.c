/* What is measured: each lane adds up its tokens in a row of doubles, and the rows are added in lane order. */
#include "engine/walk/walk.h"
#include "base/metrics.h"

#include "base/call.h"
#include "base/headway.h"
#include "engine/told.h"

#include <math.h>
#include <string.h>

/* A row: these, then d sums of models, N of visits, N of squared deviations of the empirical measure from mu, for
 * walk.modes N of squared deviations along the base chain's eigenvectors, and what hops said. */
enum { SUM_ERROR = 0, SUM_ERROR2, SUM_VARIATION, SUM_LOSS, SUM_LOSSES, SUM_HOPS, SUM_MOVES, SUM_ASKED, SUM_FIXED };

static size_t models_at(void)
{
    return SUM_FIXED;
}

static size_t visits_at(const kith_walkers *w)
{
    return models_at() + w->d;
}

static size_t squares_at(const kith_walkers *w)
{
    return visits_at(w) + w->learners;
}

static size_t modes_at(const kith_walkers *w)
{
    return squares_at(w) + w->learners;
}

static size_t said_at(const kith_walkers *w)
{
    return modes_at(w) + (w->how->modes ? w->learners : 0);
}

kith_status kith_walk_open_sums(kith_ctx *ctx, kith_walkers *w)
{
    w->items = said_at(w) + w->ops->tell_count;
    kith_queue queue;
    kith_queue_open(w->setup.exchange, w->setup.queues, KITH_DEAL_DYNAMIC, KITH_QUEUE_TESTS, &queue);
    kith_status status = kith_lanes_open(ctx, &queue, w->lanes.count, &w->sums);
    if (status == KITH_OK) status = KITH_TAKE(ctx, &w->heap, "sums over tokens", w->items + 2 * w->learners, &w->total);
    if (status == KITH_OK) status = KITH_TAKE(ctx, &w->heap, "mean model", w->d, &w->model);
    KITH_TRY(kith_exchange_agree(w->setup.exchange, status, NULL));
    KITH_TRY(kith_board_create(ctx, w->setup.exchange, "sums over tokens", 2 * w->lanes.count, w->items, sizeof(double),
                               &w->sum));
    return kith_walk_prepare(ctx, w);
}

/* ---- one token ---- */

static void add_model(const kith_walkers *w, size_t token, double *row)
{
    const kith_real *model = kith_token_row(w, KITH_TOKEN_MODEL, token);
    double error = 0.0;
    for (size_t i = 0; i < w->d; i++)
        row[models_at() + i] += (double)model[i];
    if (!w->optimum) return;
    for (size_t i = 0; i < w->d; i++)
        error += ((double)model[i] - w->optimum[i]) * ((double)model[i] - w->optimum[i]);
    row[SUM_ERROR] += error;
    row[SUM_ERROR2] += error * error;
}

/* c_k = v_k'(x - mu), v_k the right eigenvectors of the base chain: D^(-1/2) phi_k. */
static void add_modes(const kith_walkers *w, const double *deviation, double *row)
{
    for (size_t k = 0; k < w->learners; k++) {
        const double *mode = w->modes + k * w->learners;
        double c = 0.0;
        for (size_t i = 0; i < w->learners; i++)
            c += mode[i] / sqrt(w->mu[i]) * deviation[i];
        row[modes_at(w) + k] += c * c;
    }
}

static void add_visits(const kith_walkers *w, size_t token, double *deviation, double *row)
{
    const uint32_t *visits = kith_token_row(w, KITH_TOKEN_VISITS, token);
    const double hops = (double)kith_walk_hops(w);
    double variation = 0.0;
    for (size_t i = 0; i < w->learners; i++) {
        row[visits_at(w) + i] += (double)visits[i];
        deviation[i] = hops > 0.0 ? (double)visits[i] / hops - w->mu[i] : 0.0;
        variation += 0.5 * fabs(deviation[i]);
        row[squares_at(w) + i] += deviation[i] * deviation[i];
    }
    row[SUM_VARIATION] += variation;
    if (w->how->modes) add_modes(w, deviation, row);
}

static void add_lane(const kith_walkers *w, size_t lane, double *row)
{
    const size_t first = lane * KITH_TOKEN_LANE;
    memset(row, 0, w->items * sizeof *row);
    for (size_t token = first; token < first + KITH_TOKEN_LANE && token < w->tokens; token++) {
        const kith_token_memory *memory = kith_token_row(w, KITH_TOKEN_MEMORY, token);
        row[SUM_LOSS] += memory->loss;
        row[SUM_LOSSES] += memory->losses;
        row[SUM_HOPS] += memory->hops;
        row[SUM_MOVES] += (double)memory->moves;
        row[SUM_ASKED] += (double)memory->asked;
        add_model(w, token, row);
        add_visits(w, token, w->total + w->items, row);
        for (size_t k = 0; k < w->ops->tell_count; k++)
            row[said_at(w) + k] += kith_token_say(w, token)[k];
    }
}

/* ---- all of them ---- */

kith_status kith_walk_prepare(kith_ctx *ctx, void *self)
{
    kith_walkers *w = self;
    (void)ctx;
    if (w->fresh) return KITH_OK;
    kith_headway_begin("summing up, lane");
    for (size_t l; (l = kith_lanes_next(&w->sums)) != SIZE_MAX;)
        add_lane(w, l, kith_board_row(w->sum, kith_lanes_row(&w->sums, l)));
    KITH_TRY(kith_lanes_publish(&w->sums, w->sum, KITH_OK));
    memset(w->total, 0, w->items * sizeof *w->total);
    for (size_t l = 0; l < w->lanes.count; l++) {
        const double *row = kith_board_row(w->sum, kith_lanes_row(&w->sums, l));
        for (size_t i = 0; i < w->items; i++)
            w->total[i] += row[i];
    }
    kith_lanes_turn(&w->sums);
    for (size_t i = 0; i < w->d; i++)
        w->model[i] = (kith_real)(w->total[models_at() + i] / (double)w->tokens);
    w->fresh = true;
    return KITH_OK;
}

/* Losses, and what hops said, count from one measure to the next. */
static void forget(kith_walkers *w)
{
    const kith_place *place = kith_exchange_place(w->setup.exchange);
    for (size_t l = w->lanes.first + place->local; l < w->lanes.last; l += place->locals)
        for (size_t token = l * KITH_TOKEN_LANE; token < (l + 1) * KITH_TOKEN_LANE && token < w->tokens; token++) {
            kith_token_memory *memory = kith_token_row(w, KITH_TOKEN_MEMORY, token);
            memory->loss = memory->losses = memory->hops = 0.0;
            for (size_t k = 0; k < w->ops->tell_count; k++)
                kith_token_say(w, token)[k] = 0.0;
        }
}

/* ---- metrics ---- */

/* Of a quantity whose sums over tokens these are. */
static double variance(const kith_walkers *w, double sum, double squares)
{
    const double mean = sum / (double)w->tokens;
    return w->tokens > 1 ? fmax(0.0, (squares - mean * sum) / (double)(w->tokens - 1)) : 0.0;
}

/* What all tokens err alike: the part of the error that averaging them would leave. */
static double error_of_mean(const kith_walkers *w)
{
    double error = 0.0;
    for (size_t i = 0; i < w->d; i++) {
        const double off = w->total[models_at() + i] / (double)w->tokens - w->optimum[i];
        error += off * off;
    }
    return error;
}

static kith_status tell_error(kith_walkers *w, kith_measure measure, void *arg)
{
    const double sum = w->total[SUM_ERROR], mean = sum / (double)w->tokens;
    if (!w->optimum) return KITH_OK;
    KITH_TRY(measure(arg, KITH_METRIC_mse, mean));
    KITH_TRY(measure(arg, KITH_METRIC_mse_std, sqrt(variance(w, sum, w->total[SUM_ERROR2]))));
    KITH_TRY(measure(arg, KITH_METRIC_mse_of_mean, error_of_mean(w)));
    if (w->theory) KITH_TRY(measure(arg, KITH_METRIC_mse_theory, kith_walk_theory_error(w)));
    /* over beta_n, the rate of the hop made last */
    return w->round ? measure(arg, KITH_METRIC_mse_scaled, mean / kith_walk_lr(w, kith_walk_hops(w) - 1)) : KITH_OK;
}

static kith_status tell_sampling(const kith_walkers *w, kith_measure measure, void *arg)
{
    const double hops = (double)kith_walk_hops(w), tokens = (double)w->tokens;
    double pooled = 0.0, trace = 0.0, least = INFINITY, most = 0.0;
    if (w->round == 0) return KITH_OK;
    for (size_t i = 0; i < w->learners; i++) {
        const double visits = w->total[visits_at(w) + i], deviation = visits / hops - tokens * w->mu[i];
        pooled += 0.5 * fabs(deviation) / tokens;
        trace += hops * variance(w, deviation, w->total[squares_at(w) + i]);
        least = fmin(least, visits);
        most = fmax(most, visits);
    }
    KITH_TRY(measure(arg, KITH_METRIC_total_variation, w->total[SUM_VARIATION] / tokens));
    KITH_TRY(measure(arg, KITH_METRIC_total_variation_pooled, pooled));
    KITH_TRY(measure(arg, KITH_METRIC_visits_min, least));
    KITH_TRY(measure(arg, KITH_METRIC_visits_max, most));
    return w->tokens > 1 ? measure(arg, KITH_METRIC_sampling_variance, trace) : KITH_OK;
}

double kith_walk_message_bytes(const kith_walkers *w)
{
    size_t reals = w->d;
    for (size_t k = 0; k < KITH_KEPT; k++)
        reals += kith_trainer_keeps(w->setup.local, k, w->d);
    return (double)reals * sizeof(kith_real);
}

kith_status kith_walk_measure(kith_ctx *ctx, void *self, bool tests, kith_measure measure, void *arg)
{
    (void)tests;
    kith_walkers *w = self;
    const double *total = w->total;
    const double bytes = total[SUM_MOVES] * kith_walk_message_bytes(w) + total[SUM_ASKED] * sizeof(double);
    forget(w);
    KITH_TRY(measure(arg, KITH_METRIC_hops, (double)kith_walk_hops(w) * (double)w->tokens));
    KITH_TRY(measure(arg, KITH_METRIC_moves, total[SUM_MOVES]));
    KITH_TRY(measure(arg, KITH_METRIC_bytes_sent, bytes));
    if (w->timing) KITH_TRY(measure(arg, KITH_METRIC_virtual_time, w->now));
    if (total[SUM_LOSSES] > 0.0) KITH_TRY(measure(arg, KITH_METRIC_train_loss, total[SUM_LOSS] / total[SUM_LOSSES]));
    KITH_TRY(tell_error(w, measure, arg));
    KITH_TRY(tell_sampling(w, measure, arg));
    if (!w->ops->tell || total[SUM_HOPS] == 0.0) return KITH_OK;
    const kith_said said = {.round = w->round, .visits = total[SUM_HOPS], .sum = total + said_at(w)};
    kith_told told = {ctx, &w->setup, w->setup.algorithm->plugin->id, measure, arg};
    KITH_TRY_CALL(ctx, told.plugin, "tell", KITH_NOBODY, w->ops->tell(w->self, &said, kith_told_take, &told));
    return KITH_OK;
}

/* By learner: visits; by eigenvector of the base chain, from the largest eigenvalue below 1 on: n times the variance of
 * v_k'x. */
kith_status kith_walk_histograms(kith_ctx *ctx, const void *self, uint64_t rounds, kith_tally tally, void *arg)
{
    const kith_walkers *w = self;
    double *variances = w->total + w->items, *c = variances + w->learners;
    (void)ctx;
    (void)rounds;
    KITH_TRY(tally(arg, "visits", w->total + visits_at(w), w->learners));
    if (!w->how->modes || w->round == 0 || w->tokens < 2) return KITH_OK;
    const double hops = (double)kith_walk_hops(w);
    for (size_t k = 1; k < w->learners; k++) {
        c[k] = 0.0;
        for (size_t i = 0; i < w->learners; i++)
            c[k] += w->modes[k * w->learners + i] / sqrt(w->mu[i]) *
                    (w->total[visits_at(w) + i] / hops - (double)w->tokens * w->mu[i]);
        variances[k] = hops * variance(w, c[k], w->total[modes_at(w) + k]);
    }
    variances[0] = 0.0;
    return tally(arg, KITH_METRIC_sampling_variance, variances, w->learners);
}
