#include "rl/meta.h"

#include "base/headway.h"
#include "base/stop.h"

#include <math.h>
#include <string.h>

enum { FICTITIOUS_ITERATIONS = 999, REPLICATOR_ITERATIONS = 20000 };

static void fill(double *x, size_t n, double value)
{
    for (size_t i = 0; i < n; i++)
        x[i] = value;
}

/* out [rows] = payoff y */
static void row_values(const double *payoff, size_t rows, size_t columns, const double *y, double *out)
{
    for (size_t i = 0; i < rows; i++) {
        double sum = 0.0;
        for (size_t j = 0; j < columns; j++)
            sum += payoff[i * columns + j] * y[j];
        out[i] = sum;
    }
}

/* out [columns] = x payoff */
static void column_values(const double *payoff, size_t rows, size_t columns, const double *x, double *out)
{
    memset(out, 0, columns * sizeof *out);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            out[j] += x[i] * payoff[i * columns + j];
}

static void average_in(double *x, size_t n, size_t answer, double share)
{
    for (size_t i = 0; i < n; i++)
        x[i] += share * ((i == answer ? 1.0 : 0.0) - x[i]);
}

/* The first of those that are as good as the best but for rounding: a game in other units must not break ties
 * otherwise. Payoffs are some 1. */
static size_t extreme(const double *value, size_t n, double sign)
{
    static const double slack = 1e-12;
    size_t best = 0;
    double most = sign * value[0];
    for (size_t i = 1; i < n; i++)
        most = fmax(most, sign * value[i]);
    while (sign * value[best] < most - slack)
        best++;
    return best;
}

kith_status kith_meta_fictitious(kith_ctx *ctx, const double *payoff, size_t rows, size_t columns, size_t iterations,
                                 double *weight)
{
    double *space = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "fictitious play", rows + 2 * columns, &space));
    double *row = space, *column = row + rows, *y = column + columns;
    fill(weight, rows, 1.0 / (double)rows);
    fill(y, columns, 1.0 / (double)columns);
    for (size_t k = 1; k <= iterations && !kith_stop_due(); k++) {
        kith_headway_within(1, "iteration", k - 1, iterations);
        row_values(payoff, rows, columns, y, row);
        column_values(payoff, rows, columns, weight, column);
        const double share = 1.0 / (double)(k + 1);
        average_in(weight, rows, extreme(row, rows, 1.0), share);
        average_in(y, columns, extreme(column, columns, -1.0), share);
    }
    kith_free(space);
    return KITH_OK;
}

/* The nearest point (Euclid) with every entry at or above the floor and the same sum. */
static void lift(double *x, size_t n, double floor)
{
    for (size_t pass = 0; pass < n; pass++) {
        double missing = 0.0;
        size_t free = 0;
        for (size_t i = 0; i < n; i++) {
            if (x[i] < floor) {
                missing += floor - x[i];
                x[i] = floor;
            } else if (x[i] > floor) {
                free++;
            }
        }
        if (missing <= 0.0 || free == 0) return;
        for (size_t i = 0; i < n; i++)
            if (x[i] > floor) x[i] -= missing / (double)free;
    }
}

kith_status kith_meta_replicator(kith_ctx *ctx, const double *payoff, size_t count, double *weight)
{
    static const double step = 0.01, floor = 1e-6;
    double *space = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "replicator dynamics", 2 * count, &space));
    double *x = space, *value = x + count;
    fill(x, count, 1.0 / (double)count);
    memset(weight, 0, count * sizeof *weight);
    for (size_t k = 0; k < REPLICATOR_ITERATIONS && !kith_stop_due(); k++) {
        kith_headway_within(1, "iteration", k, REPLICATOR_ITERATIONS);
        double mean = 0.0;
        row_values(payoff, count, count, x, value);
        for (size_t i = 0; i < count; i++)
            mean += x[i] * value[i];
        for (size_t i = 0; i < count; i++)
            x[i] += step * x[i] * (value[i] - mean);
        lift(x, count, (double)count * floor < 0.5 ? floor : 0.0);
        for (size_t i = 0; i < count; i++)
            weight[i] += x[i];
    }
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += weight[i];
    for (size_t i = 0; i < count; i++)
        weight[i] /= sum;
    kith_free(space);
    return KITH_OK;
}

/* The stationary distribution of the chain with rates m (n, n), by elimination without subtractions (Grassmann, Taksar
 * and Heyman 1985), so that rates of very different size do no harm. m is overwritten. */
static void rest(double *m, size_t n, double *weight)
{
    for (size_t k = n; k-- > 1 && !kith_stop_due();) {
        double out = 0.0;
        for (size_t j = 0; j < k; j++)
            out += m[k * n + j];
        for (size_t i = 0; i < k; i++)
            m[i * n + k] /= out;
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j < k; j++)
                m[i * n + j] += m[i * n + k] * m[k * n + j];
    }
    double sum = weight[0] = 1.0;
    for (size_t k = 1; k < n; k++) {
        weight[k] = 0.0;
        for (size_t i = 0; i < k; i++)
            weight[k] += weight[i] * m[i * n + k];
        sum += weight[k];
    }
    for (size_t k = 0; k < n; k++)
        weight[k] /= sum;
}

kith_status kith_meta_alpha_rank(kith_ctx *ctx, const double *payoff, size_t count, double *weight)
{
    static const double leak = 1e-6, share = 1e-9;
    double *rate = NULL, most = 0.0;
    KITH_TRY(KITH_ALLOC(ctx, "alpha-rank", count * count, &rate));
    for (size_t k = 0; k < count * count; k++)
        most = fmax(most, fabs(payoff[k]));
    for (size_t s = 0; s < count; s++)
        for (size_t r = 0; r < count; r++) {
            const double gain = payoff[r * count + s];
            rate[s * count + r] = gain > share * most ? 1.0 - leak : gain < -share * most ? leak : 0.5;
        }
    rest(rate, count, weight);
    kith_free(rate);
    return KITH_OK;
}

void kith_meta_prioritised(const double *win, size_t n, bool even, double *weight)
{
    double sum = 0.0;
    for (size_t k = 0; k < n; k++) {
        weight[k] = even ? win[k] * (1.0 - win[k]) : 1.0 - win[k];
        sum += weight[k];
    }
    for (size_t k = 0; k < n; k++)
        weight[k] = sum > 0.0 ? weight[k] / sum : 1.0 / (double)n;
}

static kith_status solve_scaled(kith_ctx *ctx, kith_solver solver, const double *payoff, size_t rows, size_t columns,
                                double *weight)
{
    switch (solver) {
    case KITH_SOLVE_FICTITIOUS:
        return kith_meta_fictitious(ctx, payoff, rows, columns, FICTITIOUS_ITERATIONS, weight);
    case KITH_SOLVE_REPLICATOR:
        return kith_meta_replicator(ctx, payoff, rows, weight);
    case KITH_SOLVE_ALPHA_RANK:
        return kith_meta_alpha_rank(ctx, payoff, rows, weight);
    default:
        return kith_meta_lp(ctx, payoff, rows, columns, weight);
    }
}

/* Solvers have steps and tolerances, so they get the game in units of its greatest payoff. */
kith_status kith_meta_solve(kith_ctx *ctx, kith_solver solver, const double *payoff, size_t rows, size_t columns,
                            double *weight)
{
    const bool symmetric = solver == KITH_SOLVE_REPLICATOR || solver == KITH_SOLVE_ALPHA_RANK;
    double *scaled = NULL, most = 0.0;
    if (rows == 0) return kith_fail(ctx, KITH_EPLUGIN, "meta-game: it has no rows; solve one with a policy at least");
    if (symmetric && rows != columns)
        return kith_fail(ctx, KITH_EPLUGIN,
                         "meta-game: replicator and alpha-rank solve games of a population with itself");
    if (solver == KITH_SOLVE_UNIFORM || columns == 0 || rows == 1) {
        fill(weight, rows, 1.0 / (double)rows);
        return KITH_OK;
    }
    KITH_TRY(KITH_ALLOC(ctx, "meta-game", rows * columns, &scaled));
    for (size_t k = 0; k < rows * columns; k++)
        most = fmax(most, fabs(payoff[k]));
    for (size_t k = 0; k < rows * columns && most > 0.0; k++)
        scaled[k] = payoff[k] / most;
    const kith_status status = solve_scaled(ctx, solver, scaled, rows, columns, weight);
    kith_free(scaled);
    return status;
}
