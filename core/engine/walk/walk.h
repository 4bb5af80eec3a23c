/* What the files of the walk engine share: walk.c (rounds), learn.c (steps along a path), graph.c (who is linked with
 * whom), optimum.c, sums.c (what is measured) and save.c (checkpoints).
 *
 * Letters: N learners, d dimension, n hops that every token has made.
 * Tokens are cut into lanes of KITH_TOKEN_LANE. A lane lives in one domain; who moves it there makes no difference,
 * since a token's path and model are functions of its own memory, and sums over tokens are added lane by lane.
 * Ownership: the engine owns everything here. Threads: one per worker. [all]: by all workers in the same order.
 */
#ifndef KITH_ENGINE_WALK_H
#define KITH_ENGINE_WALK_H

#include "base/heap.h"
#include "engine/engine.h"
#include "engine/participation/participation.h"
#include "engine/walk/settings.h"
#include "engine/work/lanes.h"

#include <kith/walk.h>

/* Enough tokens to share what is computed once a hop, few enough for a hundred of them to be spread evenly. */
#define KITH_TOKEN_LANE ((size_t)16)

/* What a token is between rounds, beside its boards' rows. No padding: it is written to checkpoints as it is. */
typedef struct kith_token_memory {
    kith_stream stream;
    uint32_t at;
    uint64_t moves; /* hops that led elsewhere */
    uint64_t asked; /* numbers that other nodes were asked for */
    double loss;    /* sum of the losses met since the last measure, and how many */
    double losses;
    double hops; /* since the last measure */
    double time; /* s of the clock, when its last hop was done */
} kith_token_memory;

/* The examples of learners that have one each, for models that descend by themselves. */
typedef struct kith_walk_table {
    kith_real *x;      /* (N, F); NULL: learners are visited one by one */
    int32_t *label;    /* (N) */
    kith_real *target; /* (N, T); NULL where T = 0 */
    void *workspace;
} kith_walk_table;

/* Boards of tokens; rows are those of this domain's tokens. */
enum {
    KITH_TOKEN_MEMORY = 0,
    KITH_TOKEN_MODEL,
    KITH_TOKEN_VISITS,
    KITH_TOKEN_OWN,
    KITH_TOKEN_KEPT,
    KITH_TOKEN_BOARDS = KITH_TOKEN_KEPT + KITH_KEPT
};

typedef struct kith_walkers {
    kith_heap heap; /* lists that live as long as the engine */
    kith_engine_setup setup;
    const kith_walk_config *how;
    const kith_participation_config *clock; /* its model of time */
    const kith_walk *ops;
    void *self;                      /* the algorithm's */
    size_t d, learners, tokens, own; /* own: numbers that a token remembers; what its hops say follows in the row */
    kith_neighbours graph;
    double *examples;                /* [N] n_i */
    double *mu;                      /* [N] */
    double *weight;                  /* [N] what a learner's gradients are multiplied with; NULL: 1 */
    double *optimum;                 /* [d], NULL where it is not asked for */
    double *values, *modes;          /* the base chain's eigenpairs, for walk.modes and walk.theory */
    struct kith_walk_theory *theory; /* NULL where it is not asked for */
    kith_walk_table table;
    uint64_t round;
    kith_board *board[KITH_TOKEN_BOARDS]; /* NULL where rows would be empty */
    kith_lanes lanes;                     /* of rounds */
    kith_timing *timing;                  /* NULL: no time is modelled */
    kith_board *times;                    /* of each lane the latest token, twice */
    double now;                           /* the latest of all */
    /* scratch of a lane */
    kith_token *token; /* [KITH_TOKEN_LANE] */
    uint32_t *path;    /* (KITH_TOKEN_LANE, KITH_WALK_MOST) */
    double *lr, *pull; /* [KITH_WALK_MOST] */
    kith_real *work;   /* (d) */
    /* measures */
    kith_lanes sums;
    kith_board *sum; /* a row for each lane, twice */
    double *total;   /* [items] of all lanes, as of the last gathering */
    size_t items;
    bool fresh;       /* `total` and `model` are up to date */
    kith_real *model; /* (d) mean over tokens */
    kith_part *part;  /* of a checkpoint */
    size_t parts;
} kith_walkers;

/* A token's row on a board of this domain. */
void *kith_token_row(const kith_walkers *w, size_t board, size_t token);
/* What a token's hops said since the last measure. */
double *kith_token_say(const kith_walkers *w, size_t token);
/* Hops that each token has made. */
uint64_t kith_walk_hops(const kith_walkers *w);
/* The learning rate of the hop that comes after n others: local.lr and its schedule, times (n + 2)^-b. */
double kith_walk_lr(const kith_walkers *w, uint64_t n);

/* ---- who is linked with whom ---- */

kith_status kith_walk_read_graph(kith_ctx *ctx, kith_walkers *w) KITH_CHECKED;
/* The eigenpairs of the base chain with the algorithm's target. */
kith_status kith_walk_find_modes(kith_ctx *ctx, kith_walkers *w) KITH_CHECKED;

/* ---- learning ---- */

/* Gathers the table where it can be used. */
kith_status kith_walk_open_table(kith_ctx *ctx, kith_walkers *w) KITH_CHECKED;
/* A token's steps along path[0..hops-1], after n hops. */
kith_status kith_walk_learn(kith_ctx *ctx, kith_walkers *w, const kith_token *token, uint64_t n, const uint32_t *path,
                            size_t hops) KITH_CHECKED;

/* The least of sum of mu_i weight_i f_i, weight decay included, by Newton's method. */
kith_status kith_walk_find_optimum(kith_ctx *ctx, kith_walkers *w) KITH_CHECKED;

/* At the optimum: each learner's gradient (N, d), times what it is multiplied with, and the objective's Hessian (d, d).
 */
kith_status kith_walk_look(kith_ctx *ctx, kith_walkers *w, double *gradient, double *hessian) KITH_CHECKED;

/* What theory has for the mean squared error after all hops so far (theory.c). */
typedef struct kith_walk_theory kith_walk_theory;
kith_status kith_walk_open_theory(kith_ctx *ctx, kith_walkers *w) KITH_CHECKED;
double kith_walk_theory_error(kith_walkers *w);

/* How many steps a token makes in a visit. */
size_t kith_walk_steps(const kith_walkers *w, const kith_token *token, uint64_t n, uint32_t learner);

/* Of a model that moves, with what its optimizer keeps. */
double kith_walk_message_bytes(const kith_walkers *w);

/* ---- the clock ---- */

/* Nothing happens where no time is modelled. A hop takes what the model needs to get there, if it moves, and the steps
 * of the visit; tokens do not wait for each other. */
/* engine.h's rehearse. */
kith_status kith_walk_clock_rehearse(kith_ctx *ctx, const kith_role_setup *setup) KITH_CHECKED;
kith_status kith_walk_clock_open(kith_ctx *ctx, kith_walkers *w) KITH_CHECKED;
/* [all] */
kith_status kith_walk_clock_open_board(kith_ctx *ctx, kith_walkers *w) KITH_CHECKED;
void kith_walk_clock_close(kith_walkers *w);
/* Along path[0..hops-1], after n hops, from a learner. */
void kith_walk_clock_pass(const kith_walkers *w, const kith_token *token, uint64_t n, uint32_t from,
                          const uint32_t *path, size_t hops);
void kith_walk_clock_put_down(kith_walkers *w, size_t lane);
/* [all] Ends a round's work: agrees on what happened in it. */
kith_status kith_walk_clock_turn(kith_walkers *w, kith_status mine) KITH_CHECKED;
double kith_walk_clock_time(const void *self);

/* ---- measuring ---- */

/* [all] */
kith_status kith_walk_open_sums(kith_ctx *ctx, kith_walkers *w) KITH_CHECKED;
/* [all] */
kith_status kith_walk_prepare(kith_ctx *ctx, void *self) KITH_CHECKED;
kith_status kith_walk_measure(kith_ctx *ctx, void *self, bool tests, kith_measure measure, void *arg) KITH_CHECKED;
kith_status kith_walk_histograms(kith_ctx *ctx, const void *self, uint64_t rounds, kith_tally tally,
                                 void *arg) KITH_CHECKED;

/* ---- checkpoints ---- */

kith_status kith_walk_list_parts(kith_ctx *ctx, kith_walkers *w) KITH_CHECKED;
const kith_part *kith_walk_parts(const void *self, size_t *count);
kith_status kith_walk_save(kith_ctx *ctx, const void *self, kith_checkpoint *to) KITH_CHECKED;
kith_status kith_walk_load(kith_ctx *ctx, void *self, kith_checkpoint *from, uint64_t round) KITH_CHECKED;

#endif
