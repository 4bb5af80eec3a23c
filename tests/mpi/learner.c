/* Learners with several workers; driven by learner.test. Usage: learner DOMAINS [fail]
 * Trains two learners at once and plays matches, and every worker prints a digest of all that came of it. With `fail`
 * the game goes wrong in one lane, and the worker that words it prints the message. */
#include "../unit/recall.h"
#include "nn/blas.h"
#include "rl/learner.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

static const kith_learner_config config = {.copies = 28,
                                           .lane = 4,
                                           .steps = 12,
                                           .chunk = 4,
                                           .epochs = 3,
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

static uint64_t add(uint64_t digest, const void *data, size_t size)
{
    return XXH3_64bits_withSeed(data, size, digest);
}

static uint64_t digest_of(kith_learner *const *learner, const kith_match *match, const kith_learner_report *report)
{
    uint64_t digest = 0;
    for (size_t i = 0; i < 2; i++) {
        const kith_learner_report *r = &report[i];
        const uint64_t results[] = {match[i].won, match[i].drawn, match[i].lost};
        const double sums[] = {match[i].score[0], match[i].score[1], match[i].steps};
        const double seen[] = {r->episodes, r->reward,     r->policy_loss, r->value_loss,
                               r->entropy,  r->actor_norm, r->critic_norm};
        size_t size;
        const void *state = kith_learner_state(learner[i], &size);
        digest = add(digest, state, size);
        digest = add(digest, results, sizeof results);
        digest = add(digest, sums, sizeof sums);
        digest = add(digest, seen, sizeof seen);
    }
    return digest;
}

static kith_status train(kith_ctx *ctx, kith_exchange *ex, const kith_match_setup *match_setup,
                         kith_learner *const *learner, kith_real *frozen, size_t length)
{
    const kith_real *policy[] = {NULL, frozen};
    const double weight[] = {1, 2};
    const kith_opponents opponents[] = {{2, policy, weight}, {1, policy + 1, weight}};
    kith_learner_report report[2];
    for (size_t i = 0; i < length; i++)
        frozen[i] = kith_learner_policy(learner[0])[i];
    for (int i = 0; i < 4; i++)
        KITH_TRY(kith_learners_update(ctx, learner, opponents, 2, report));
    kith_match match[] = {{.row = kith_learner_policy(learner[0]), .column = frozen, .number = 1, .episodes = 50},
                          {.row = frozen, .column = kith_learner_policy(learner[1]), .number = 2, .episodes = 7}};
    KITH_TRY(kith_play(ctx, ex, match_setup, &config, 3, match, 2));
    printf("digest %016llx\n", (unsigned long long)digest_of(learner, match, report));
    return KITH_OK;
}

static kith_status run(kith_ctx *ctx, kith_exchange *ex, bool fail)
{
    struct recall game = {.players = 2, .steps = 4, .ending = KITH_TRUNCATED, .failing = fail ? 8 : 0};
    const kith_game_shape shape = recall_shape(&game);
    const kith_match_setup match_setup = {.id = "recall", .game = &recall_game, .self = &game, .shape = &shape};
    const size_t length = kith_policy_length(&shape, &config);
    kith_learner *learner[2] = {NULL, NULL};
    kith_real *frozen = NULL;
    kith_status status = kith_exchange_agree(ex, KITH_ALLOC(ctx, "a policy", length, &frozen), NULL);
    for (uint32_t i = 0; i < 2 && status == KITH_OK; i++) {
        const kith_learner_setup setup = {
            .match_setup = match_setup, .config = &config, .name = i ? "counter" : "main", .seed = 2, .number = i};
        status = kith_learner_create(ctx, ex, &setup, &learner[i]);
    }
    if (status == KITH_OK) status = train(ctx, ex, &match_setup, learner, frozen, length);
    kith_learner_destroy(learner[1]);
    kith_learner_destroy(learner[0]);
    kith_free(frozen);
    return status;
}

int main(int count, char **argument)
{
    const kith_exchange_options options = {.domains = count > 1 ? strtoul(argument[1], NULL, 10) : 1,
                                           .launched = getenv("OMPI_COMM_WORLD_SIZE") != NULL};
    kith_exchange *ex = NULL;
    kith_ctx *ctx = kith_ctx_create();
    if (kith_blas_start(ctx) != KITH_OK || kith_exchange_open(ctx, &options, "learners", &ex) != KITH_OK) return 1;
    const kith_status status = run(ctx, ex, count > 2);
    if (status != KITH_OK && kith_exchange_speaker(ex)) printf("failed %d: %s\n", (int)status, kith_ctx_message(ctx));
    kith_exchange_close(ex);
    kith_ctx_destroy(ctx);
    return 0;
}
