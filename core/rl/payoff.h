/* Matrix games laid out for enumeration, and what follows from exact payoffs.
 *
 * A team policy is a product: N rows of A probabilities, in doubles. Payoffs are bilinear in *digests*: a policy is
 * summed up in F numbers f, u(pi, mu) = f(pi) . K f(mu) with a skew-symmetric K. A mixture's digest is the mixture of
 * the digests; its *reply* K f turns into the value of every joint action, from which come action values, best
 * responses and exploitability. Without factors of its own a game's digest is the distribution over joint actions, and
 * K the payoffs.
 *
 * Letters: N players, A actions, A^N profiles, J rows: profiles, or multisets of actions where players are
 * interchangeable. Ownership: whoever opens closes; the game's instance is borrowed. Threads: one.
 */
#ifndef KITH_PAYOFF_H
#define KITH_PAYOFF_H

#include "base/heap.h"

#include <kith/game.h>
#include <stdbool.h>

typedef struct kith_payoffs {
    kith_heap heap;
    const char *id; /* the game's */
    const kith_game *game;
    const void *self;
    size_t players, actions, factors; /* N, A, F */
    size_t profiles, rows;            /* A^N, J */
    int32_t *action;                  /* (J, N), ascending */
    uint32_t *row;                    /* [A^N] which row a profile is; player 0 is the most significant digit */
    double *factor;                   /* (J, F); NULL: row j is the j-th unit vector */
    double *kernel;                   /* (F, F) */
    double *spread;                   /* [J] the distribution over rows that the last digest sums up */
    double slack;                     /* values that differ by no more may be equal but for rounding */
} kith_payoffs;

/* Refuses (KITH_EPLUGIN, KITH_ECONFIG) shapes that are wrong, games too large to enumerate, and payoffs that are not
 * finite or whose two teams' sum is not 0. */
kith_status kith_payoffs_open(kith_ctx *ctx, const char *id, const kith_game *game, const void *self,
                              const kith_game_shape *shape, kith_payoffs **out) KITH_CHECKED;
/* Takes NULL. */
void kith_payoffs_close(kith_payoffs *p);

/* Digest (F) of a policy (N, A). */
void kith_payoffs_digest(kith_payoffs *p, const double *policy, double *digest);
/* reply (F) = K digest. */
void kith_payoffs_reply(const kith_payoffs *p, const double *digest, double *reply);
/* digest . reply: what the one wins of the other. */
double kith_payoffs_between(const kith_payoffs *p, const double *digest, const double *reply);
/* value [J] of every row of actions against the reply. */
void kith_payoffs_values(const kith_payoffs *p, const double *reply, double *value);
/* q (N, A): what a player's action is worth while its teammates play the policy. */
void kith_payoffs_actions(const kith_payoffs *p, const double *policy, const double *value, double *q);
/* The best row; of equal ones the first. */
size_t kith_payoffs_best(const kith_payoffs *p, const double *value);

#endif
