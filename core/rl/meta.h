/* Meta-games: which mixture over policies to play, from the payoffs between them.
 *
 * payoff (R, C) is what the row player wins; weight [R] the row player's mixture, sum 1. All are functions of the
 * payoffs alone; where several mixtures would do, ties and the solver's order decide, always alike. Errors:
 * KITH_EMEMORY; KITH_EINTERNAL where the linear programme is not solved. Threads: one.
 */
#ifndef KITH_META_H
#define KITH_META_H

#include <kith/population.h>
#include <stdbool.h>

/* Any of kith_solver. Replicator and alpha-rank are for symmetric games: R = C. The same game in other units has the
 * same mixture; the solvers below want payoffs whose greatest is 1. */
kith_status kith_meta_solve(kith_ctx *ctx, kith_solver solver, const double *payoff, size_t rows, size_t columns,
                            double *weight) KITH_CHECKED;

/* A maximin mixture, by linear programming: by strong duality none guarantees more by 1e-9 and 1e-6 of what
 * payoffs span. */
kith_status kith_meta_lp(kith_ctx *ctx, const double *payoff, size_t rows, size_t columns, double *weight) KITH_CHECKED;
/* What a mixture of rows wins at least. */
double kith_meta_guarantees(const double *payoff, size_t rows, size_t columns, const double *weight);
/* Both players answer the other's average so far, at the same time; ties (within 1e-12) to the lowest index. The
 * averages begin with the uniform mixture, which counts as one answer. */
kith_status kith_meta_fictitious(kith_ctx *ctx, const double *payoff, size_t rows, size_t columns, size_t iterations,
                                 double *weight) KITH_CHECKED;
/* The time average of 20,000 steps of 0.01 of replicator dynamics from the uniform mixture, kept at or above a floor of
 * 1e-6 (Lanctot et al. 2017: projected replicator dynamics). */
kith_status kith_meta_replicator(kith_ctx *ctx, const double *payoff, size_t count, double *weight) KITH_CHECKED;
/* The stationary distribution of a population in which one policy at a time may replace another: almost surely where it
 * wins, half of the times where it is level, almost never (1e-6) where it loses; alpha-rank for selection without limit
 * (Omidshafiei et al. 2019; Rowland et al. 2019). Payoffs below 1e-9 of the greatest count as level. */
kith_status kith_meta_alpha_rank(kith_ctx *ctx, const double *payoff, size_t count, double *weight) KITH_CHECKED;
/* Weights of opponents from how often each loses: win [n] in 0..1, the learner's rate of winning. Hard: (1 - win);
 * even: win (1 - win). All of them 0: uniform. */
void kith_meta_prioritised(const double *win, size_t n, bool even, double *weight);

#endif
