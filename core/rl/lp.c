/* A maximin mixture by lp_solve: maximise v, where x payoff >= v in every column, and x is a mixture. */
#include "rl/meta.h"

#include "base/stop.h"

#include <lpsolve/lp_lib.h>

static int __WINAPI gives_up(lprec *lp, void *arg)
{
    (void)lp, (void)arg;
    return kith_stop_due();
}

/* One constraint a column of the game: sum of x_i (payoff_ij - low + 1) >= v. The shift makes the value positive, so
 * that v >= 0 is no restriction; it changes no mixture. */
static bool describe(lprec *lp, const double *payoff, size_t rows, size_t columns, double shift, double *line)
{
    const int variables = (int)rows + 1;
    set_verbose(lp, NEUTRAL);
    put_abortfunc(lp, gives_up, NULL);
    set_add_rowmode(lp, TRUE);
    for (size_t j = 0; j < columns; j++) {
        for (size_t i = 0; i < rows; i++)
            line[1 + i] = payoff[i * columns + j] + shift;
        line[variables] = -1.0;
        if (!add_constraint(lp, line, GE, 0.0)) return false;
    }
    for (size_t i = 0; i < rows; i++)
        line[1 + i] = 1.0;
    line[variables] = 0.0;
    if (!add_constraint(lp, line, EQ, 1.0)) return false;
    set_add_rowmode(lp, FALSE);
    for (size_t i = 0; i < rows; i++)
        line[1 + i] = 0.0;
    line[variables] = 1.0;
    line[0] = 0.0;
    if (!set_obj_fn(lp, line)) return false;
    set_maxim(lp);
    return true;
}

static double lowest(const double *payoff, size_t count)
{
    double low = payoff[0];
    for (size_t k = 1; k < count; k++)
        if (payoff[k] < low) low = payoff[k];
    return low;
}

/* Rounding may leave a weight a little below 0. */
static void normalise(double *weight, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        if (weight[i] < 0.0) weight[i] = 0.0;
        sum += weight[i];
    }
    for (size_t i = 0; i < count; i++)
        weight[i] /= sum;
}

kith_status kith_meta_lp(kith_ctx *ctx, const double *payoff, size_t rows, size_t columns, double *weight)
{
    double *line = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "linear programme", rows + 2, &line));
    kith_status status = KITH_OK;
    lprec *lp = make_lp(0, (int)rows + 1);
    if (!lp || !describe(lp, payoff, rows, columns, 1.0 - lowest(payoff, rows * columns), line)) {
        status =
            kith_fail(ctx, KITH_EMEMORY, "meta-game: no memory for a linear programme of %zu x %zu", rows, columns);
    } else {
        const int solved = solve(lp);
        if (solved != OPTIMAL || !get_variables(lp, line))
            status = kith_fail(
                ctx, KITH_EINTERNAL,
                "meta-game: lp_solve says %d of a game of %zu x %zu; population.nash = fictitious-play does without it",
                solved, rows, columns);
    }
    if (status == KITH_OK) {
        for (size_t i = 0; i < rows; i++)
            weight[i] = line[i];
        normalise(weight, rows);
    }
    if (lp) delete_lp(lp);
    kith_free(line);
    return status;
}
