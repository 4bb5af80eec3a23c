/* What a learner does with one lane: play it, judge what was seen, and take the gradient of it.
 *
 * Letters: T steps, outermost; B copies of the lane, N players, O, C, A as in kith/game.h, H hidden units, W chunks.
 * Time is cut into chunks of equal length, through each of which gradients flow back; a chunk of all the lane's players
 * is one run of memory, so nothing is gathered, and its products have B N rows a step.
 *
 * Ownership: a workspace and trajectories belong to one worker. Threads: one. Errors: those of the game. Nothing
 * allocates but create.
 */
#ifndef KITH_RL_ROLLOUT_H
#define KITH_RL_ROLLOUT_H

#include "rl/ppo.h"
#include "rl/returns.h"
#include "rl/envs.h"

/* One lane's last rollout. Zero before create; kith_heap_free takes it back, half made or whole. */
typedef struct kith_trajectory {
    kith_heap heap;                        /* of what follows */
    kith_real *seen;                       /* (T, B, N, O), of team 0 as all that follows */
    kith_real *judged;                     /* (T, B, C): what the critic sees, which may be `seen` */
    uint8_t *legal, *active;               /* (T, B, N, A), (T, B, N) or NULL */
    uint8_t *keep, *keep_rows;             /* (T, B), (T, B, N): 0 where a step begins an episode */
    int32_t *action;                       /* (T, B, N) */
    kith_real *logp;                       /* (T, B, N) of the actions, when they were drawn */
    kith_real *norm, *value;               /* (T + 1, B): the critic's output, and in the unit of rewards */
    kith_real *reward, *tail;              /* (T, B) */
    uint8_t *end;                          /* (T, B): kith_episode_end */
    kith_real *advantage, *target;         /* (T, B) */
    kith_real *actor_state, *critic_state; /* (W, B N, H), (W, B, H): where chunks start from */
    double *episode_reward;                /* [B] of the episodes going on */
    uint32_t *episode_length;              /* [B] */
} kith_trajectory;

/* One worker's: everything a lane needs while it is worked on. */
typedef struct kith_workspace {
    size_t steps, chunk, players, actions; /* T */
    kith_envs envs;
    kith_side opponents;
    kith_tower actor, critic;
    kith_pass act, judge; /* one step of the lane */
    kith_pass act_chunk, judge_chunk;
    kith_real *judged; /* (B, C): after the last step */
    kith_real *p;      /* (chunk, B, N, A) */
    kith_real *d;      /* the same, of which the critic takes (chunk, B): slopes of outputs */
    kith_real *turned_actor, *turned_critic;
    kith_real *g; /* gradient of one chunk */
} kith_workspace;

typedef struct kith_rollout {
    const kith_real *actor, *critic; /* parameters */
    const kith_moments *moments;
    const kith_real *const *policy; /* opponents; NULL: the actor */
    const double *weight;
    size_t policies;
    double discount, gae;
    uint64_t seed, a, index; /* of the streams: kith_envs_open */
    size_t first;            /* number of the lane's first copy among all in use */
} kith_rollout;

/* What lanes add up; in this order on a row of the board. */
enum {
    KITH_SUM_ACTIVE = 0, /* rows that teach */
    KITH_SUM_ADVANTAGE,
    KITH_SUM_ADVANTAGE2, /* over those */
    KITH_SUM_TARGET,
    KITH_SUM_TARGET2,
    KITH_SUM_EPISODES,
    KITH_SUM_WON,
    KITH_SUM_DRAWN,
    KITH_SUM_LOST,
    KITH_SUM_REWARD,
    KITH_SUM_LENGTH,
    KITH_SUM_POLICY_LOSS,
    KITH_SUM_ENTROPY,
    KITH_SUM_CLIPPED,
    KITH_SUM_VALUE_LOSS,
    KITH_SUMS
};

typedef struct kith_improvement {
    const kith_real *actor, *critic;
    kith_ppo ppo;
    double advantage_mean, advantage_scale; /* advantages are (a - mean) * scale */
    double target_mean, target_scale;       /* and targets likewise */
    double value_clip, value_weight, huber;
    double value_share; /* weight of one value in the mean */
} kith_improvement;

kith_status kith_workspace_create(kith_ctx *ctx, kith_heap *heap, const kith_match_setup *match_setup,
                                  const kith_learner_config *config, kith_workspace *out) KITH_CHECKED;
kith_status kith_trajectory_create(kith_ctx *ctx, const kith_workspace *w, kith_trajectory *out) KITH_CHECKED;
/* Plays T steps in all copies. sums [KITH_SUMS] is written whole. */
kith_status kith_rollout_play(kith_ctx *ctx, const kith_rollout *r, kith_workspace *w, kith_trajectory *tr,
                              double *sums) KITH_CHECKED;
/* g <- this lane's part of the gradient, actor's parameters first, then the critic's; sums: the losses' are added to.
 */
void kith_rollout_gradient(const kith_improvement *how, kith_workspace *w, const kith_trajectory *tr, kith_real *g,
                           double *sums);

#endif
