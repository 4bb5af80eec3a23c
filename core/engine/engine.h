/* What the common frame (run.h) asks of an engine. One engine for each role of algorithms.
 *
 * Ownership: the engine borrows everything in kith_engine_about until close. Threads: one per worker.
 * Functions marked [all] are called by all workers in the same order and agree on failures.
 */
#ifndef KITH_ENGINE_H
#define KITH_ENGINE_H

#include "data/data.h"
#include "engine/run.h"
#include "engine/settings.h"
#include "engine/trainer.h"
#include "exchange/exchange.h"
#include "plugin/registry.h"

typedef struct kith_engine_about {
    kith_exchange *exchange;
    kith_dealer *dealer; /* decks KITH_DECK_VISITS and the one after it are the engine's */
    const kith_config *config;
    const kith_run_config *run;
    const kith_local_config *local;
    const kith_participation_config *participation;
    const kith_instance *algorithm, *model, *topology;
    kith_data *data;
    kith_trainer *trainer;
    size_t dimension; /* d */
    kith_dealing deal;
} kith_engine_about;

/* Decks of the dealer; each user alternates between two, so that one can be reset while the other is in use. */
enum { KITH_DECK_VISITS = 0, KITH_DECK_LANES = 2, KITH_DECK_LEARNERS = 4, KITH_DECK_GRADIENTS = 6 };

/* Takes one measure: called back for each metric of an evaluation. */
typedef kith_status (*kith_measure)(void *arg, const char *name, double value);

/* Takes one histogram: value[b] of bin b. */
typedef kith_status (*kith_tally)(void *arg, const char *name, const double *value, size_t bins);

typedef struct kith_engine {
    void *self;
    /* [all] One round. */
    kith_status (*round)(kith_ctx *ctx, void *self);
    /* The model that stands for the run: d reals, the same on every worker, valid until the next round. */
    const kith_real *(*model)(const void *self);
    double (*virtual_time)(const void *self);
    /* The engine's own metrics since the last call, the same on every worker. *train_loss gets NaN where there is none. */
    kith_status (*measure)(void *self, kith_measure measure, void *arg, double *train_loss);
    /* Who took part in the first `rounds` rounds, without looking at any vector. May be NULL. */
    kith_status (*histograms)(kith_ctx *ctx, const void *self, uint64_t rounds, kith_tally tally, void *arg);
    /* [all] */
    void (*close)(void *self);
} kith_engine;

/* What the frame must know of a role before it opens the engine. */
typedef struct kith_engine_type {
    uint32_t role;
    size_t servers; /* nodes of the graph beside the learners */
    /* The topology properties that an algorithm's table asks for. */
    uint32_t (*requires)(const kith_plugin *algorithm);
    /* [all] */
    kith_status (*open)(kith_ctx *ctx, const kith_engine_about *about, kith_engine *out);
} kith_engine_type;

extern const kith_engine_type kith_federated_engine;
/* NULL where this build has no engine for the role. */
const kith_engine_type *kith_engine_of(uint32_t role);

/* Writes who holds which example to a file that appears whole or not at all. By one worker. */
kith_status kith_partition_save(kith_ctx *ctx, const kith_data *data, const char *path) KITH_CHECKED;

/* Tests a model on the test set, in lanes of fixed size that the workers share. */
typedef struct kith_evaluator kith_evaluator;
/* [all] */
kith_status kith_evaluator_open(kith_ctx *ctx, const kith_engine_about *about, size_t lane, kith_evaluator **out) KITH_CHECKED;
/* [all] x (d), readable here. */
kith_status kith_evaluator_score(kith_evaluator *evaluator, const kith_real *x, kith_score *out) KITH_CHECKED;
/* [all] */
void kith_evaluator_close(kith_evaluator *evaluator);

#endif
