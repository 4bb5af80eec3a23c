/* A maximin mixture by lp_solve: maximise v, where x payoff >= v in every column, and x is a mixture. */
#include "rl/meta.h"

#include "base/stop.h"

#include <lpsolve/lp_lib.h>
#include <math.h>
#include <string.h>

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
        weight[i] = sum > 0.0 ? weight[i] / sum : 1.0 / (double)count;
}

double kith_meta_guarantees(const double *payoff, size_t rows, size_t columns, const double *weight)
{
    double least = INFINITY;
    for (size_t j = 0; j < columns; j++) {
        double sum = 0.0;
        for (size_t i = 0; i < rows; i++)
            sum += weight[i] * payoff[i * columns + j];
        least = fmin(least, sum);
    }
    return least;
}

typedef struct game {
    double *payoff; /* (rows, columns) */
    size_t rows, columns;
    double *own, *other; /* mixtures: of the programme, and of its constraints' prices */
    double *line;        /* [rows + columns + 3]: of all variables, or prices */
} game;

/* Returns what lp_solve says. */
static int solve_game(game *g)
{
    lprec *lp = make_lp(0, (int)g->rows + 1);
    int solved = NOMEMORY;
    if (lp && describe(lp, g->payoff, g->rows, g->columns, 1.0 - lowest(g->payoff, g->rows * g->columns), g->line))
        solved = solve(lp);
    if (solved != NOMEMORY && solved != USERABORT && get_variables(lp, g->line)) {
        memcpy(g->own, g->line, g->rows * sizeof *g->own);
        normalise(g->own, g->rows);
        if (!get_dual_solution(lp, g->line)) memset(g->line, 0, (1 + g->columns) * sizeof *g->line);
        for (size_t j = 0; j < g->columns; j++)
            g->other[j] = fabs(g->line[1 + j]);
        normalise(g->other, g->columns);
    }
    if (lp) delete_lp(lp);
    return solved;
}

/* How much more than `own` any mixture of rows might win at least: no more than `other` lets any row win. */
static double gap(const game *rows, const game *columns, const double *own, const double *other)
{
    return -kith_meta_guarantees(columns->payoff, columns->rows, columns->columns, other) -
           kith_meta_guarantees(rows->payoff, rows->rows, rows->columns, own);
}

/* Where the player's own programme goes wrong, for rounding in payoffs that are nearly alike, the prices of the other
 * player's may be right. A mixture counts if a bound of the other player shows that none is better. */
static kith_status solve_both(kith_ctx *ctx, game *rows, game *columns, double *weight)
{
    const size_t cells = rows->rows * rows->columns;
    const double low = lowest(rows->payoff, cells), high = -lowest(columns->payoff, cells);
    /* The programme's numbers are of the order of 1 and of what payoffs span, so payoffs that differ by less tie. */
    const double enough = 1e-6 * (high - low) + 1e-12 * fmax(fabs(low), fabs(high)) + 1e-9;
    const double *found = rows->own;
    const int solved = solve_game(rows);
    bool right = solved == OPTIMAL && gap(rows, columns, found, rows->other) <= enough;
    if (!right && solved != NOMEMORY && solved != USERABORT) {
        const int other = solve_game(columns);
        found = columns->other;
        right = other != NOMEMORY && other != USERABORT &&
                (gap(rows, columns, found, columns->own) <= enough || gap(rows, columns, found, rows->other) <= enough);
    }
    if (solved == NOMEMORY)
        return kith_fail(ctx, KITH_EMEMORY, "meta-game: no memory for a linear programme of %zu x %zu", rows->rows,
                         rows->columns);
    if (!right)
        return kith_fail(ctx, KITH_EINTERNAL,
                         "meta-game: lp_solve says %d of a game of %zu x %zu; population.nash = fictitious-play does "
                         "without it",
                         solved, rows->rows, rows->columns);
    memcpy(weight, found, rows->rows * sizeof *weight);
    return KITH_OK;
}

kith_status kith_meta_lp(kith_ctx *ctx, const double *payoff, size_t rows, size_t columns, double *weight)
{
    const size_t cells = rows * columns;
    double *room = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "linear programme", 2 * cells + 3 * (rows + columns) + 3, &room));
    game a = {.payoff = room, .rows = rows, .columns = columns}, b = {.rows = columns, .columns = rows};
    b.payoff = a.payoff + cells;
    a.own = b.payoff + cells;
    a.other = a.own + rows;
    b.own = a.other + columns;
    b.other = b.own + columns;
    a.line = b.line = b.other + rows;
    memcpy(a.payoff, payoff, cells * sizeof *payoff);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            b.payoff[j * rows + i] = -payoff[i * columns + j];
    const kith_status status = solve_both(ctx, &a, &b, weight);
    kith_free(room);
    return status;
}
