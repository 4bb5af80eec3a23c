/* A lane's copies of a game in play, and teams of policies that act in them.
 *
 * Letters as in kith/game.h. One kith_envs belongs to one worker and serves one lane
 * after the other.
 * Threads: one. Errors: those of the game. Nothing allocates but create.
 */
#ifndef KITH_RL_ENVS_H
#define KITH_RL_ENVS_H

#include "base/heap.h"
#include "rl/learner.h"
#include "rl/tower.h"

/* What happens in one copy is drawn from three streams, so that none shifts another. */
enum { KITH_ENVS_GAME = 0, KITH_ENVS_ACTIONS, KITH_ENVS_OPPONENTS, KITH_ENVS_STREAMS };

typedef struct kith_envs {
    kith_match_setup match_setup;
    size_t copies; /* B */
    kith_copies view;
    kith_stream *acting, *drawing; /* [B] */
    int32_t *action;               /* (B, 2, N) */
    kith_real *reward;             /* (B, 2) */
    uint8_t *end;                  /* [B] */
    uint8_t *fresh;                /* [B]: which copies to reset */
    kith_real *seen;               /* (B, 2, N, O) */
    kith_real *central;            /* (B, 2, C) or NULL */
    uint8_t *legal, *active;       /* (B, 2, N, A) and (B, 2, N), or NULL: all */
    kith_outcome *outcome;         /* [B] */
} kith_envs;

kith_status kith_envs_create(kith_ctx *ctx, kith_heap *heap, const kith_match_setup *match_setup, size_t copies,
                             kith_envs *out) KITH_CHECKED;
/* All copies begin; copy b's streams are those of (seed, a + b, index). */
kith_status kith_envs_open(kith_ctx *ctx, kith_envs *s, uint64_t seed, uint64_t a, uint64_t index,
                           size_t first) KITH_CHECKED;
/* Asks for all that players see now. */
kith_status kith_envs_look(kith_envs *s) KITH_CHECKED;
kith_status kith_envs_step(kith_envs *s) KITH_CHECKED;
/* Asks how it stands, into `outcome`. */
kith_status kith_envs_judge(kith_envs *s) KITH_CHECKED;
/* Begins new episodes where `fresh` says so. */
kith_status kith_envs_renew(kith_envs *s) KITH_CHECKED;

/* The network of policies. */
kith_tower kith_policy_tower(const kith_game_shape *shape, const kith_learner_config *config);

/* Policies that play one team, a possibly different one in each copy. */
typedef struct kith_side {
    bool tables; /* policies are tables, and only slot and member are there */
    kith_tower tower;
    size_t *slot;     /* [B]: which policy plays */
    kith_real *state; /* (B, N, H) of the GRUs */
    kith_real *rows;  /* (B N, O) of the copies that one policy plays */
    kith_real *p;     /* (B N, A) */
    uint8_t *allowed; /* (B N, A) */
    size_t *member;   /* [B] */
    kith_pass pass;
} kith_side;

/* tower NULL: for policies that are tables. */
kith_status kith_side_create(kith_ctx *ctx, kith_heap *heap, const kith_envs *s, const kith_tower *tower,
                             kith_side *out) KITH_CHECKED;
void kith_side_forget(const kith_envs *s, kith_side *side, size_t copy);
/* Draws the team's actions in all copies, policy by policy; NULL among them stands for `self`. */
void kith_side_act(kith_envs *s, kith_side *side, size_t team, const kith_real *const *policy, size_t count,
                   const kith_real *self);

#endif
