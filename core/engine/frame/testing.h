/* The data and the model of a run without an engine: tests of models that somebody else has, such as those that a run
 * left of its learners.
 *
 * Life: kith_run_resolve(); kith_testing_open() in place of kith_run_open(); kith_run_close() closes it.
 * Threads: one per worker. Functions marked [all] are called by all workers in the same order and agree on failures.
 */
#ifndef KITH_TESTING_H
#define KITH_TESTING_H

#include "engine/frame/run.h"

#include <kith/model.h>

/* [all] Loads and deals the data, makes the model, and what tests it on the first `examples` test examples (0: all).
 * Refuses, with KITH_ECONFIG, runs that play a game and data without test examples. */
kith_status kith_testing_open(kith_ctx *ctx, kith_run *run, struct kith_exchange *exchange,
                              size_t examples) KITH_CHECKED;

/* What is tested. */
typedef struct kith_testing {
    const struct kith_data *data;
    const struct kith_instance *model;
    const kith_block *block; /* [blocks] */
    size_t blocks, dimension, learners, examples;
    bool classes; /* accuracies mean something */
} kith_testing;
kith_testing kith_testing_of(const kith_run *run);

/* [all] The mean loss and accuracy of x (d), which every worker has, on the test examples. Lanes of tests are dealt,
 * and added in order: the same bits for any number of workers. */
typedef struct kith_tested {
    double loss, accuracy; /* accuracy NaN without classes */
} kith_tested;
kith_status kith_testing_score(kith_ctx *ctx, kith_run *run, const kith_real *x, kith_tested *out) KITH_CHECKED;

#endif
