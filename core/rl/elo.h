/* Ratings from the results of games: one number for each player, such that differences predict shares of points.
 *
 * The model is that of Zermelo (1929) and of Bradley and Terry ("Rank analysis of incomplete block designs", Biometrika
 * 39, 1952), in Elo's units: player i is expected to take P_ij = 1 / (1 + 10^((r_j - r_i) / 400)) of the points of a
 * game against j; a draw is half a point for each. All ratings are fitted at once, so it does not matter in which order
 * games were played. The likelihood, sum over pairs of s_ij log P_ij + s_ji log P_ji, is concave; Newton's method finds
 * its top (the other classic way, minorisation and maximisation, is Hunter, "MM algorithms for generalized
 * Bradley-Terry models", Annals of Statistics 32, 2004, which also says when there is one).
 *
 * The prior gives every player `prior` more games, all drawn, spread evenly over the others: whoever never lost stays
 * finite, and all players are comparable.
 *
 * Draws vary less than the model thinks, so intervals come from a sandwich, A^-1 B A^-1 (Huber 1967; White 1982): A is
 * the curvature at the top, B the sum of the squared slopes that the games really have. A game of the prior counts
 * there like one that may be won or lost. Coverage is 93 to 97 % from 100 games on, for up to nine draws in ten.
 * Ownership: the caller's. Threads: one. Errors: KITH_EMEMORY; KITH_EINTERNAL where the fit does not settle.
 */
#ifndef KITH_RL_ELO_H
#define KITH_RL_ELO_H

#include <kith/base.h>

typedef struct kith_elo {
    size_t count;         /* n >= 1 players */
    const double *points; /* (n, n) what row took of column, >= 0; the diagonal is not read */
    const double *drawn;  /* (n, n) how many of the games between row and column were drawn; symmetric, up to twice the
                             lesser points; the diagonal is not read */
    double prior; /* drawn games of each player, >= 0; with 0 an unbeaten player has no finite rating, and is refused */
    size_t anchor;  /* whose rating is 0 */
    double *rating; /* [n] out */
    double *half;   /* [n] out: half the width of the 95 % interval of the distance from the anchor */
} kith_elo;

kith_status kith_elo_fit(kith_ctx *ctx, const kith_elo *elo) KITH_CHECKED;

/* The logarithm of likelihood and prior at the ratings, and (may be NULL) its slope [n] by each rating. */
double kith_elo_likelihood(const kith_elo *elo, const double *rating, double *slope);

#endif
