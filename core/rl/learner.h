/* Best responses by recurrent MAPPO (Yu et al. 2022, arXiv 2103.01955, with the settings of Xu et al. 2023, arXiv
 * 2310.03354), and matches between what was learned.
 *
 * A learner has an actor, shared by the players of a team, and a critic of the team. What it trains against is a
 * mixture of *policies*: vectors of the actor's parameters, drawn anew for each episode. An *update* plays `steps`
 * steps in each of `copies` copies of the game, as team 0, and improves the learner on what was seen. Each update
 * begins new episodes, so between two updates a learner is its state alone: a plain run of bytes, the same on every
 * worker.
 *
 * Same bits: copies are cut into lanes; whatever a lane does is a function of (settings, seed, learner, number of the
 *   update, parameters, mixture), whoever does it; what lanes give is added in the order of lanes.
 * Ownership: game, self, shape, settings and name are borrowed until destroy; policies and weights of a mixture for a
 * call. Threads: one per worker. Functions marked [all] are called by all workers in the same order; their failures are
 * agreed on.
 */
#ifndef KITH_RL_LEARNER_H
#define KITH_RL_LEARNER_H

#include "exchange/exchange.h"

#include <kith/game.h>
#include <kith/plugin.h>
#include <stdbool.h>

/* Filled from the table below. */
typedef struct kith_learner_config {
    int64_t copies, lane; /* of the game; of them, in a lane */
    int64_t steps;        /* T, of each copy in an update */
    int64_t chunk;        /* steps of backpropagation through time; divides T */
    int64_t epochs;
    int64_t hidden;
    double lr, epsilon;
    double clip, discount, gae, entropy, value_weight, huber, gradient_norm;
    double value_decay; /* of the running moments of returns */
} kith_learner_config;

extern const kith_param kith_learner_params[];
extern const size_t kith_learner_param_count;

/* A Markov game to be played. */
typedef struct kith_match_setup {
    const char *id; /* of the game */
    const kith_game *game;
    void *self;
    const kith_game_shape *shape;
    bool tables; /* in matches policies are tables (S, N, A) over the states of the game's exact model, and no networks
                  */
} kith_match_setup;

typedef struct kith_learner kith_learner;

typedef struct kith_learner_setup {
    kith_match_setup match_setup;
    const kith_learner_config *config;
    const char *name; /* for messages: "main" */
    uint64_t seed;
    uint32_t number; /* of the learner: its random streams differ from those of others */
} kith_learner_setup;

/* Reals of a policy. */
size_t kith_policy_length(const kith_game_shape *shape, const kith_learner_config *config);

/* [all] Refuses (KITH_ECONFIG) lanes that do not divide the copies and chunks that do not divide the steps. The learner
 * is fresh. */
kith_status kith_learner_create(kith_ctx *ctx, kith_exchange *ex, const kith_learner_setup *setup,
                                kith_learner **out) KITH_CHECKED;
/* [all] Takes NULL. */
void kith_learner_destroy(kith_learner *learner);

/* Starts over from new parameters, which are a function of (seed, number, generation). The count of updates goes on, so
 * that no episode is ever played twice. */
void kith_learner_renew(kith_learner *learner, uint64_t generation);
/* Takes over a policy's parameters; critic and optimizer stay as they are. */
void kith_learner_copy(kith_learner *learner, const kith_real *policy);
/* What it would do now: kith_policy_length() reals, the learner's own memory. To freeze it, copy them. */
const kith_real *kith_learner_policy(const kith_learner *learner);

/* Opponents: policy[i] is drawn with probability weight[i] / sum; NULL is the learner itself as it was when the update
 * began. Weights >= 0, their sum > 0; equal on all workers. */
typedef struct kith_opponents {
    size_t count;
    const kith_real *const *policy;
    const double *weight;
} kith_opponents;

/* Of one update; means over what it played. */
typedef struct kith_learner_report {
    double episodes, won, drawn, lost;                /* that ended */
    double reward;                                    /* per episode that ended */
    double length;                                    /* steps per episode that ended */
    double policy_loss, value_loss, entropy, clipped; /* of the last epoch; clipped: share of ratios */
    double actor_norm, critic_norm;                   /* of the last gradients, before they were cut */
    double seconds_rollout, seconds_update;           /* this worker's processor time */
} kith_learner_report;

/* [all] One update: copies * steps environment steps. Fails with KITH_EDIVERGED where a gradient is not finite, and
 * with what the game says. Allocates nothing. */
kith_status kith_learner_update(kith_ctx *ctx, kith_learner *learner, const kith_opponents *opponents,
                                kith_learner_report *report) KITH_CHECKED;
/* [all] The same for several learners at once, each against its own opponents [count]: as if one after the other, but
 * that live policies among the opponents are those of the beginning. Workers wait for each other less than in updates
 * one after the other, since their lanes are dealt together. report [count]. */
kith_status kith_learners_update(kith_ctx *ctx, kith_learner *const *learner, const kith_opponents *opponents,
                                 size_t count, kith_learner_report *report) KITH_CHECKED;
/* Environment steps of an update, and of the learner so far. */
uint64_t kith_learner_update_steps(const kith_learner *learner);
uint64_t kith_learner_steps(const kith_learner *learner);

/* All that the next update needs: `size` bytes of the learner's own memory, the same on every worker. To load, fill
 * them with what was saved by a learner with the same setup. */
void *kith_learner_state(kith_learner *learner, size_t *size);

/* Episodes between two policies, or mixtures of policies, of which each episode draws one without telling the other
 * side. `number` tells the random streams of matches apart: two matches of the same number, seed and policies are the
 * same episodes. */
typedef struct kith_match {
    const kith_real *row, *column;        /* row plays as team 0 in even episodes, as team 1 in odd ones */
    const kith_opponents *rows, *columns; /* in place of row, of column; or NULL */
    uint64_t number;
    uint64_t episodes;
    uint64_t won, drawn, lost; /* out: by row */
    double score[2];           /* out: sums of the game's scores, row's first */
    double steps;              /* out: sum of the episodes' lengths */
} kith_match;

/* [all] Plays them all, dealt among the workers by lanes of config->lane episodes. Fills in the outputs. A game whose
 * episodes outlast its shape's episode_steps is refused (KITH_EPLUGIN). */
kith_status kith_play(kith_ctx *ctx, kith_exchange *ex, const kith_match_setup *match_setup,
                      const kith_learner_config *config, uint64_t seed, kith_match *match, size_t count) KITH_CHECKED;

/* One moment of an episode: its start, and what followed each step. */
typedef struct kith_moment {
    size_t step;           /* 0: the start */
    const void *state;     /* the game's bytes */
    const int32_t *action; /* (2, N) that led to it, team 0's first; NULL at the start */
    double reward[2];      /* of the teams, in this step */
    kith_outcome outcome;
    size_t row_team;    /* which team the row plays */
    size_t row, column; /* which of their policies; 0 without a mixture */
    kith_episode_end end;
} kith_moment;
typedef kith_status (*kith_watcher)(void *arg, const kith_moment *moment);

/* Plays one episode of a match as kith_play does, to the same bits, for somebody to watch. By one worker alone. */
kith_status kith_watch(kith_ctx *ctx, const kith_match_setup *match_setup, const kith_learner_config *config,
                       uint64_t seed, const kith_match *match, uint64_t episode, kith_watcher watcher,
                       void *arg) KITH_CHECKED;

#endif
