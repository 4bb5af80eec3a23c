/* A run's data: the data set in shared memory, dealt to learners, gathered batch by batch.
 *
 * Letters: N learners, F features, B batch size.
 * Ownership: the store owns everything it hands out. Threads: one per worker.
 * Errors: KITH_EDATA, KITH_ECONFIG, KITH_EMEMORY; agreed on by all workers in the functions marked [all].
 */
#ifndef KITH_DATA_H
#define KITH_DATA_H

#include <kith/model.h>
#include <stdio.h>

struct kith_exchange;
struct kith_config;
struct kith_instance;

/* The [partition] and [data] sections' tables and structs. */
typedef struct kith_partition_config {
    int kind; /* index into iid|dirichlet|dirichlet-class|shards|label-k|lognormal|power-law|natural|file */
    double alpha;             /* dirichlet: concentration; power-law: exponent */
    double sigma;             /* lognormal */
    int64_t labels;           /* label-k: k */
    int64_t shards;           /* shards per learner */
    int64_t samples;          /* dirichlet: examples per learner (0: pool / N) */
    int64_t least;            /* dirichlet-class: examples every learner has at least */
    const char *file;         /* partition from a file: `learner,example` lines */
} kith_partition_config;
extern const kith_param kith_partition_params[];
extern const size_t kith_partition_param_count;

typedef struct kith_data_config {
    int scaling;      /* index into auto|raw|unit|standard|feature */
    int64_t eval_examples; /* at most so many test examples; 0: all */
    int64_t eval_users;    /* generated data: test on the first so many learners' test examples */
} kith_data_config;
extern const kith_param kith_data_params[];
extern const size_t kith_data_param_count;

typedef struct kith_data kith_data;

/* [all] Describes, loads and deals the data set to `learners`. config only serves messages. seed: of the data and
 * partition streams. */
kith_status kith_data_open(kith_ctx *ctx, struct kith_exchange *ex, const struct kith_config *config,
                           const struct kith_instance *dataset, const kith_data_config *data,
                           const kith_partition_config *partition, size_t learners, uint64_t seed,
                           kith_data **out) KITH_CHECKED;
/* [all] */
void kith_data_close(kith_data *data);

const kith_shape *kith_data_shape(const kith_data *data);
/* n_i >= 1. */
size_t kith_data_size(const kith_data *data, size_t learner);
/* The largest n_i among all learners if known (pooled), else an upper bound is found when visited: 0. */
size_t kith_data_total(const kith_data *data); /* sum of n_i */
size_t kith_data_test_size(const kith_data *data);

/* One learner's examples, made ready for gathering. For generated data this fills the worker's cache, which holds one
 * learner at a time. */
kith_status kith_data_visit(kith_ctx *ctx, kith_data *data, size_t learner) KITH_CHECKED;
/* Rows index[0..count-1] (0..n_i-1) of the learner last visited, scaled: x (count, F), label (count) or untouched where
 * classes = 0. */
void kith_data_gather(const kith_data *data, const uint32_t *index, size_t count, kith_real *x, int32_t *label);
/* Test examples first..first+count-1, scaled. */
void kith_data_test(const kith_data *data, size_t first, size_t count, kith_real *x, int32_t *label);

/* learners x classes counts of one learner: counts[classes]. */
kith_status kith_data_labels(kith_ctx *ctx, kith_data *data, size_t learner, uint64_t *counts) KITH_CHECKED;

#endif
