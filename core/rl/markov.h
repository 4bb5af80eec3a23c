/* Small Markov games solved exactly, from their states and transitions.
 *
 * A team policy is a table (S, N, A) of doubles: in every state, every player's distribution over its actions, all
 * players drawing independently. It is written for team 0; as team 1 it plays its row of the mirrored state. Values are
 * team 0's, discounted by the game's own factor, and at most `tolerance` off (by the contraction's bound).
 *
 * Letters: S states, N players, A actions, J = A^N joint actions, player 0 the most significant digit.
 * Ownership: whoever opens closes; the game's instance is borrowed. Threads: one. After opening nothing fails but
 *   where it is said.
 */
#ifndef KITH_MARKOV_H
#define KITH_MARKOV_H

#include <kith/game.h>

typedef struct kith_markov kith_markov;

/* Lists all transitions. Refuses (KITH_ECONFIG) a game without an exact model and one that would need more than
 * `most_bytes`, saying how many; (KITH_EPLUGIN) probabilities that do not sum to 1, states out of range, a mirror that
 * is none, and a game that is not the same from both sides. */
kith_status kith_markov_open(kith_ctx *ctx, const char *id, const kith_game *game, const void *self,
                             const kith_game_shape *shape, size_t most_bytes, kith_markov **out) KITH_CHECKED;
/* How many that would be; 0 without an exact model. */
double kith_markov_bytes(const kith_game_shape *shape);
/* Takes NULL. */
void kith_markov_close(kith_markov *m);

size_t kith_markov_states(const kith_markov *m);
/* Rows of a policy, S N, each of A numbers. */
size_t kith_markov_rows(const kith_markov *m);

/* What a value (S) is worth where episodes begin. */
double kith_markov_start(const kith_markov *m, const double *value);

/* value [S] in and out (in: a guess) of `own` against `other`. */
void kith_markov_evaluate(kith_markov *m, const double *own, const double *other, double tolerance, double *value);

/* The best response to one known policy, by value iteration over joint actions (ties to the first): value [S] in and
 * out, response (S, N, A), or NULL. A best response of a team needs no randomness. */
void kith_markov_respond(kith_markov *m, const double *other, double tolerance, double *value, double *response);

/* Shapley's iteration ("Stochastic games", PNAS 1953): value [S] in and out, every state's joint actions a matrix game
 * solved by linear programming. strategy (S, J), a minimax mixture over joint actions, may be NULL; it is a team policy
 * only where N = 1. Fails where a linear programme does. */
kith_status kith_markov_minimax(kith_ctx *ctx, kith_markov *m, double tolerance, double *value,
                                double *strategy) KITH_CHECKED;

/* A mixture over policies, one drawn before an episode and not told to the other team. */
typedef struct kith_markov_mixture {
    size_t count;
    const double *const *policy; /* [count] (S, N, A) */
    const double *weight;        /* [count] >= 0, sum 1 */
    double *const *value; /* [count] (S) of the responder against each, in and out: kept, they save most of the work of
                             the next call */
} kith_markov_mixture;

/* What each joint action is worth in each state, value (S, J), to a team that plays `own` before and afterwards: the
 * mean over the mixture, each policy weighted by its weight and by how often the state is visited (discounted) against
 * it. That is the direction in which a Markov policy gets better against a hidden opponent; against one policy alone it
 * is the ordinary action value. Returns what `own` wins of the mixture. */
double kith_markov_values(kith_markov *m, const double *own, const kith_markov_mixture *against, double tolerance,
                          double *value);
/* q (S, N, A) from value (S, J): what a player's action is worth while its teammates play `own`. */
void kith_markov_actions(const kith_markov *m, const double *own, const double *value, double *q);

/* How much a team can win of a mixture: at least *lower, by the best Markov response found (from the response to each
 * policy and from the uniform one, by steps towards the best joint actions), and at most *upper, if it were told which
 * policy it meets. Fails only for memory. */
kith_status kith_markov_bracket(kith_ctx *ctx, kith_markov *m, const kith_markov_mixture *mixture, double tolerance,
                                double *lower, double *upper) KITH_CHECKED;

#endif
