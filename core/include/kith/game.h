/* Games: two teams of N players with A actions each. What one team wins the other loses, and both sides are alike: a
 * policy may play either, since a game shows each team the world as if it were team 0 (mirrored, renumbered).
 *
 * A game takes one of two forms.
 *   matrix   one joint action each, and a payoff. The host asks for payoffs, and does all else.
 *   Markov   states, steps, observations. The host keeps the states of many copies in one array and steps them all
 *            together.
 * A small Markov game may also tell its states and transitions, for value iteration.
 *
 * Letters: N players of a team, A actions, J = A^N joint actions of a team, B copies, O reals in an observation, C
 * reals in a centralised state, S states of an exact model, F factors of a payoff. Teams are 0 and 1; actions 0..A-1.
 * Shapes are row-major, as in (B, 2, N, O). Actions, observations and masks of team 1 are in its own, mirrored view.
 * Ownership: all arrays are the host's; self keeps nothing between calls but what create() put there.
 * Threads: one per worker. reset, step, observe, legal, active, central and outcome allocate nothing, and what they do
 *   to a copy depends on that copy's state, actions and stream alone, not on the copies beside it.
 * Errors: a game that cannot go wrong returns KITH_OK; one that talks to another process says what happened and where.
 */
#ifndef KITH_GAME_H
#define KITH_GAME_H

#include <kith/plugin.h>
#include <kith/random.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum kith_game_form {
    KITH_GAME_MATRIX = 1, /* payoff */
    KITH_GAME_MARKOV,     /* reset, step, observe, outcome */
} kith_game_form;

enum {
    /* A payoff depends on how many players of a team take each action, not on which ones do: multisets of actions are
     * enumerated in place of joint actions. */
    KITH_GAME_INTERCHANGEABLE = 1u << 0,
    /* A copy's state is more than its bytes, as another process has the rest: it cannot be kept, copied or drawn later.
     */
    KITH_GAME_OUTSIDE = 1u << 1,
};

/* All that the host must know beforehand. Zeroed by the host; describe() writes what applies. */
typedef struct kith_game_shape {
    uint32_t form;  /* kith_game_form */
    uint32_t flags; /* KITH_GAME_... */
    size_t players; /* N >= 1 */
    size_t actions; /* A >= 2 */

    /* Matrix games only, and optional: u(a, b) = sum over i, j of f_i(a) kernel[i F + j] f_j(b), where factor() writes
     * f(a). Few factors make mixtures cheap: they are added once, whatever the number of policies. */
    size_t factors;       /* F; 0: none, the host makes a J x J table */
    const double *kernel; /* (F, F), kernel[i F + j] = -kernel[j F + i]; the game's, valid until destroy */

    /* Markov games only. */
    size_t features;      /* O >= 1 */
    size_t central;       /* C; 0: a critic gets the team's observations, one after the other */
    size_t state_size;    /* bytes of one copy's state, a multiple of 8; plain bytes without pointers, so that they can
                             be copied, saved and compared */
    size_t episode_steps; /* the most steps an episode lasts, >= 1 */
    double discount;      /* in (0,1]: the game's own, of exact values; learners may have another */

    /* Exact model only. */
    size_t states;      /* S, the end not counted; 0: there is no exact model */
    size_t transitions; /* the most that one state and joint action have */
} kith_game_shape;

typedef enum kith_episode_end {
    KITH_PLAYING = 0,
    KITH_TERMINATED, /* by the rules: nothing comes after */
    KITH_TRUNCATED,  /* by the limit of steps: a value may be bootstrapped from the last observation */
} kith_episode_end;

/* Copies in one call. */
typedef struct kith_copies {
    kith_ctx *ctx;
    size_t count;        /* B >= 1 */
    size_t first;        /* number of copy 0, and b of copy b is first + b: no two copies in use have the same */
    void *state;         /* (B, state_size), aligned to 64 bytes */
    kith_stream *stream; /* [B] each copy's own; may be NULL in calls that only look */
} kith_copies;

typedef struct kith_game_step {
    const int32_t *action; /* (B, 2, N); illegal actions, and those of players who are not active, do nothing */
    kith_real *reward;     /* (B, 2) out: each team's, shared by its players */
    uint8_t *end;          /* [B] in and out, kith_episode_end: a copy that has ended is left alone, with reward 0 */
} kith_game_step;

/* How an episode ended, or stands. */
typedef struct kith_outcome {
    int32_t winner;  /* 0 or 1; -1: a draw, or open */
    uint32_t steps;  /* made so far */
    double score[2]; /* in the game's own unit (survivors, goals) */
} kith_outcome;

#define KITH_GAME_OVER SIZE_MAX

typedef struct kith_transition {
    size_t next;        /* a state 0..S-1, or KITH_GAME_OVER */
    double probability; /* > 0; a list's sum to 1 within 1e-12 */
    double reward;      /* team 0's; team 1 gets its negative */
} kith_transition;

typedef struct kith_game {
    /* [after create] Fills in *out, which does not change later. */
    kith_status (*describe)(const void *self, kith_ctx *ctx, kith_game_shape *out);

    /* ---- matrix games ---- */
    /* [any time] u(a, b), what the team that plays a (N) wins of the one that plays b (N). u(b, a) = -u(a, b) exactly.
     */
    double (*payoff)(const void *self, const int32_t *a, const int32_t *b);
    /* [any time] f(a) (F), where the shape has factors. May be NULL. */
    void (*factor)(const void *self, const int32_t *a, double *out);

    /* ---- Markov games ---- */
    /* [any time] Begins new episodes in the copies b with which[b] != 0 (NULL: in all). State bytes may hold anything
     * before; all of them, padding included, are determined afterwards. */
    kith_status (*reset)(void *self, const kith_copies *copies, const uint8_t *which);
    /* [after reset] One step of every copy that is KITH_PLAYING. */
    kith_status (*step)(void *self, const kith_copies *copies, const kith_game_step *step);
    /* [after reset] What every player sees: out (B, 2, N, O), all of it written, about -1..1. */
    kith_status (*observe)(void *self, const kith_copies *copies, kith_real *out);
    /* [after reset] 1 where an action is legal: out (B, 2, N, A), at least one for each player. NULL: all are. */
    kith_status (*legal)(void *self, const kith_copies *copies, uint8_t *out);
    /* [after reset] 1 where a player still takes part: out (B, 2, N). Actions of the others teach nothing. NULL: all
     * do. */
    kith_status (*active)(void *self, const kith_copies *copies, uint8_t *out);
    /* [after reset] What a team's critic sees: out (B, 2, C). Needed exactly where the shape has central > 0. */
    kith_status (*central)(void *self, const kith_copies *copies, kith_real *out);
    /* [after reset] out [B]. */
    kith_status (*outcome)(void *self, const kith_copies *copies, kith_outcome *out);

    /* ---- exact model; all five or none ---- */
    /* [any time] Where episodes begin: probability[s] (S), sum 1. */
    void (*start)(const void *self, double *probability);
    /* [any time] What follows state s under action (2, N): writes up to shape.transitions rows and returns how many.
     * The limit of steps is not part of the model. */
    size_t (*transition)(const void *self, size_t s, const int32_t *action, kith_transition *out);
    /* [any time] The state that team 1 sees in s, as team 0 of it: mirror(mirror(s)) = s. A team's table of policies
     * (S, N, A) is for team 0; as team 1 it plays its row mirror(s). */
    size_t (*mirror)(const void *self, size_t s);
    /* [any time] The number of the state whose bytes these are, and its bytes at the first step of an episode. */
    size_t (*number)(const void *self, const void *state);
    void (*place)(const void *self, size_t s, void *state);

    /* ---- for people; each may be NULL ---- */
    /* [any time] "attack"; valid until destroy. NULL: its number. */
    const char *(*action_name)(const void *self, size_t action);
    /* [any time] Writes the state as text of several lines, or as one complete SVG document, into out as snprintf does:
     * at most `size` bytes with the final zero; returns the length it would have had. */
    size_t (*text)(const void *self, const void *state, char *out, size_t size);
    size_t (*svg)(const void *self, const void *state, char *out, size_t size);
} kith_game;

#ifdef __cplusplus
}
#endif
#endif
