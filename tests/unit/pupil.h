/* A learner, or a lane of one, with the game of memory. */
#ifndef KITH_TESTS_PUPIL_H
#define KITH_TESTS_PUPIL_H

#include "support.h"

#include "nn/blas.h"
#include "recall.h"
#include "rl/rollout.h"

static kith_ctx *ctx;
static kith_exchange *ex;

static inline int setup(void **state)
{
    (void)state;
    const kith_exchange_options options = {.domains = 1, .launched = false};
    ctx = kith_ctx_create();
    if (kith_blas_start(ctx) != KITH_OK) return -1;
    return kith_exchange_open(ctx, &options, "any", &ex) == KITH_OK ? 0 : -1;
}

static inline int teardown(void **state)
{
    (void)state;
    kith_exchange_close(ex);
    kith_ctx_destroy(ctx);
    return 0;
}

static inline kith_learner_config quick(void)
{
    return (kith_learner_config){.copies = 40,
                                 .lane = 10,
                                 .steps = 20,
                                 .chunk = 5,
                                 .epochs = 5,
                                 .hidden = 16,
                                 .lr = 3e-3,
                                 .epsilon = 1e-5,
                                 .clip = 0.2,
                                 .discount = 0.99,
                                 .gae = 0.95,
                                 .entropy = 0.01,
                                 .value_weight = 1,
                                 .huber = 10,
                                 .gradient_norm = 10,
                                 .value_decay = 0.99999};
}

/* A learner with its game. */
struct pupil {
    struct recall game;
    kith_game_shape shape;
    kith_learner_config config;
    kith_learner_setup setup;
    kith_learner *learner;
};

static inline void enrol_as(struct pupil *p, uint32_t number)
{
    p->shape = recall_shape(&p->game);
    p->setup =
        (kith_learner_setup){.match_setup = {.id = "game", .game = &recall_game, .self = &p->game, .shape = &p->shape},
                             .config = &p->config,
                             .name = "main",
                             .seed = 5,
                             .number = number};
    assert_ok(ctx, kith_learner_create(ctx, ex, &p->setup, &p->learner));
}

static inline void enrol(struct pupil *p)
{
    enrol_as(p, 1);
}

static inline struct pupil pupil_of(size_t players, uint32_t steps)
{
    return (struct pupil){.game = {.players = players, .steps = steps, .ending = KITH_TERMINATED}, .config = quick()};
}

/* A policy that always does `action`, whatever it sees: nothing in it but the head's bias. */
static inline kith_real *stubborn(const struct pupil *p, size_t action)
{
    const size_t n = kith_policy_length(&p->shape, &p->config);
    kith_real *w = calloc(n, sizeof *w);
    assert_non_null(w);
    w[n - RECALL_ACTIONS + action] = 50;
    return w;
}

static inline kith_real *indifferent(const struct pupil *p)
{
    kith_real *w = calloc(kith_policy_length(&p->shape, &p->config), sizeof *w);
    assert_non_null(w);
    return w;
}

#endif
