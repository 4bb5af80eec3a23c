/* A run's data: the data set in shared memory, dealt to learners, gathered batch by batch.
 *
 * Letters: N learners, F features, B batch size.
 * Ownership: the store owns everything it hands out; configuration and data set must outlive it.
 * Threads: one per worker.
 * Errors: KITH_EDATA, KITH_ECONFIG, KITH_EMEMORY, and what the plugin's own callbacks fail with; agreed on by all
 * workers in the functions marked [all].
 */
#ifndef KITH_DATA_H
#define KITH_DATA_H

#include <kith/model.h>
#include <stdio.h>

struct kith_exchange;
struct kith_config;
struct kith_instance;

/* How a pool is dealt. Shares are of the training pool; every kind is a pure function of (configuration, seed).
 *
 *   auto             natural for generated data, iid for a pool
 *   iid              shuffled, sizes differ by at most one
 *   sequential       runs of the pool in its own order, sizes differ by at most one
 *   dirichlet        each learner draws its class mix from Dirichlet(alpha) and `samples` examples by it; learners
 *                    overlap; one holds an example twice only where its mix asks for more of a class than there are
 *   dirichlet-share  each class is shared among the learners by Dirichlet(alpha); a learner's class mix is its shares
 * of the classes, made to sum to 1, and then as for dirichlet. With few learners mixes are milder than dirichlet's and
 * classes likelier to have a holder dirichlet-class  NIID-Bench's (Li, Diao, Chen, He 2022, arXiv 2102.02079): each
 * class is cut among learners by Dirichlet(alpha), those that have their even share get no more; disjoint; drawn again
 * until each has `least` shards           sorted by label, cut into N * shards equal runs, `shards` dealt to each
 * (McMahan et al. 2017) label-k          NIID-Bench's #C=k: learner i holds class i mod C and labels - 1 others, a
 * class is split evenly among its holders; disjoint label-lognormal  learner i holds classes i mod C to (i + labels -
 * 1) mod C, `least` examples of each and, of what is left of the class, a share by draws of lognormal(0, sigma), cut
 * down to a whole number; disjoint, and a few examples are nobody's. The MNIST of Li et al. 2020 (arXiv 1812.06127) is
 * this with 2 labels, sigma 2, and at least 5 lognormal        shuffled, sizes in proportion to draws of lognormal(0,
 * sigma), at least one power-law        shuffled, sizes in proportion to (i + 1)^-alpha, at least one natural by the
 * data set's own users, one a learner file             `learner,example` lines
 */
typedef enum kith_partition_kind {
    KITH_PARTITION_AUTO = 0,
    KITH_PARTITION_IID,
    KITH_PARTITION_SEQUENTIAL,
    KITH_PARTITION_DIRICHLET,
    KITH_PARTITION_DIRICHLET_SHARE,
    KITH_PARTITION_DIRICHLET_CLASS,
    KITH_PARTITION_SHARDS,
    KITH_PARTITION_LABEL_K,
    KITH_PARTITION_LABEL_LOGNORMAL,
    KITH_PARTITION_LOGNORMAL,
    KITH_PARTITION_POWER_LAW,
    KITH_PARTITION_NATURAL,
    KITH_PARTITION_FILE,
} kith_partition_kind;

/* Where batches come from. */
typedef enum kith_partition_draw {
    KITH_DRAW_FIXED = 0, /* the examples that a learner holds */
    KITH_DRAW_RESAMPLE,  /* the whole pool: a class by the learner's mix, then any example of it, with replacement */
} kith_partition_draw;

/* The [partition] and [data] sections' structs and tables. */
typedef struct kith_partition_config {
    int kind;         /* kith_partition_kind */
    double alpha;     /* the dirichlet kinds: concentration; power-law: exponent */
    double sigma;     /* lognormal, label-lognormal */
    int64_t labels;   /* label-k: k; label-lognormal */
    int64_t shards;   /* shards per learner */
    int64_t samples;  /* dirichlet, dirichlet-share: examples per learner (0: pool / N) */
    int64_t least;    /* dirichlet-class: examples every learner has at least; label-lognormal: of each of its labels */
    int draw;         /* kith_partition_draw: dirichlet, dirichlet-share */
    const char *file; /* file: its path */
    const char *save; /* where the run writes the deal to; "": nowhere */
} kith_partition_config;
extern const kith_param kith_partition_params[];
extern const size_t kith_partition_param_count;

typedef enum kith_scaling {
    KITH_SCALING_AUTO = 0, /* unit for bytes, raw for reals and codes */
    KITH_SCALING_RAW,
    KITH_SCALING_UNIT,     /* bytes / 255; refused for reals */
    KITH_SCALING_STANDARD, /* less the mean, over the standard deviation of all training numbers */
    KITH_SCALING_FEATURE,  /* the same feature by feature */
} kith_scaling;

/* Which examples are dealt. */
typedef enum kith_dealt {
    KITH_DEALT_TRAIN = 0,
    KITH_DEALT_ALL, /* the training split, then the test split, which is empty from then on */
} kith_dealt;

/* What a label y of C classes becomes where it is flipped. */
typedef enum kith_flip {
    KITH_FLIP_REVERSE = 0, /* C - 1 - y, which is y in the middle of an odd C */
    KITH_FLIP_NEXT,        /* y + 1 mod C */
    KITH_FLIP_RANDOM,      /* one of the others, drawn once for each (learner, example) */
} kith_flip;

typedef struct kith_data_config {
    int scaling;           /* kith_scaling; a standard deviation of 0 counts as 1 */
    int pool;              /* kith_dealt */
    double test_share;     /* share of each learner's examples that is tested on, not the data set's test split */
    int64_t eval_examples; /* test on the first so many test examples; 0: all */
    double validation;     /* share of each learner's training examples that is held out */
    int64_t eval_users;    /* generated data: test on the first so many learners' test examples */
    double flipped;        /* share of the learners whose labels are flipped, to the nearest number of learners */
    int flip;              /* kith_flip */
    double flip_share;     /* of a flipped learner's examples, by a draw for each (learner, example) */
} kith_data_config;
extern const kith_param kith_data_params[];
extern const size_t kith_data_param_count;

typedef struct kith_data kith_data;

/* [all] Describes, loads and deals the data set to `learners`. config, which must have the sections run, data and
 * partition bound, only serves messages. seed: of the partition's streams (a plugin has its own from its setting). */
kith_status kith_data_open(kith_ctx *ctx, struct kith_exchange *ex, const struct kith_config *config,
                           const struct kith_instance *dataset, const kith_data_config *data,
                           const kith_partition_config *partition, size_t learners, uint64_t seed,
                           kith_data **out) KITH_CHECKED;
/* [all] Takes NULL. */
void kith_data_close(kith_data *data);

const kith_shape *kith_data_shape(const kith_data *data);
/* n_i >= 1, how many training examples a learner holds, those held out or tested on not counted; cheap, whether or not
 * it was ever visited. */
size_t kith_data_size(const kith_data *data, size_t learner);
/* How many of its examples are held out: rows n_i to n_i + this - 1 of what it gathers. */
size_t kith_data_validation_size(const kith_data *data, size_t learner);
/* The largest n_i of pooled data; 0 for generated data, whose learners are only known when visited. */
size_t kith_data_largest(const kith_data *data);
/* Sum of n_i. For generated data the first call adds up N sizes. */
size_t kith_data_total(const kith_data *data);
/* [all] Up to `room` facts of the data set's own; *count says how many there are. */
kith_status kith_data_facts(kith_ctx *ctx, const kith_data *data, kith_fact *out, size_t room,
                            size_t *count) KITH_CHECKED;
/* N. */
size_t kith_data_learners(const kith_data *data);
/* How many learners train on flipped labels, and whether one of 0..N-1 does. Who does is a pure function of
 * (data.flipped, N, seed); with the same seed and N those of a smaller share are among those of a larger one. What
 * learners hold is dealt by true labels; whatever such a learner gathers, held-out examples too, has flipped ones. Test
 * examples always have true ones. */
size_t kith_data_flipped(const kith_data *data);
bool kith_data_is_flipped(const kith_data *data, size_t learner);
/* Of all examples and labels that were read; 0 for generated data. Takes as long as reading them from memory. */
uint64_t kith_data_digest(const kith_data *data);
/* Examples in the pool that is dealt; 0 for generated data. */
size_t kith_data_pool(const kith_data *data);
/* 0 where there are no test examples. With data.test_share they are the learners', in one order drawn for all. */
size_t kith_data_test_size(const kith_data *data);

/* One learner's examples, made ready for gathering. For generated data this fills the worker's cache, which holds one
 * learner at a time and grows to the largest learner visited. After a failure no learner is visited. */
kith_status kith_data_visit(kith_ctx *ctx, kith_data *data, size_t learner) KITH_CHECKED;
/* Rows index[0..count-1] (each 0..n_i-1, or a held-out one) of the learner last visited, scaled: x (count, F), label
 * (count); label is untouched, and may be NULL, where classes = 0. */
void kith_data_gather(const kith_data *data, const uint32_t *index, size_t count, kith_real *x, int32_t *label);
/* Whether batches are drawn from the whole pool by a learner's mix of classes (partition.draw = resample). What it
 * holds is then a sample of that mix, whose size counts as n_i. */
bool kith_data_redraws(const kith_data *data);
/* Draws `count` rows of the pool by the mix of the learner last visited. */
void kith_data_redraw(const kith_data *data, kith_stream *stream, size_t count, uint32_t *row);
/* As kith_data_gather, of rows of the pool. Such data have no real targets. */
void kith_data_gather_pool(const kith_data *data, const uint32_t *row, size_t count, kith_real *x, int32_t *label);
/* Their real targets (count, T), for data that has some. */
void kith_data_gather_targets(const kith_data *data, const uint32_t *index, size_t count, kith_real *target);
/* Test examples first..first+count-1, scaled. */
void kith_data_test(const kith_data *data, size_t first, size_t count, kith_real *x, int32_t *label);
void kith_data_test_targets(const kith_data *data, size_t first, size_t count, kith_real *target);

/* Whether test examples are learners' own (data.test_share), and how many are one's. */
bool kith_data_apart(const kith_data *data);
size_t kith_data_own_test_size(const kith_data *data, size_t learner);
/* Its own test examples first..first+count-1, in an order of their own; they have true labels. */
void kith_data_own_test(const kith_data *data, size_t learner, size_t first, size_t count, kith_real *x,
                        int32_t *label);
void kith_data_own_test_targets(const kith_data *data, size_t learner, size_t first, size_t count, kith_real *target);

/* How many examples of each label a learner holds, as it sees them: counts[classes]. It visits the learner. */
kith_status kith_data_labels(kith_ctx *ctx, kith_data *data, size_t learner, uint64_t *counts) KITH_CHECKED;

/* Writes the partition as `learner,example` lines that partition.kind = file reads back to the same deal, test examples
 * by data.test_share included; fails for generated data, which has none. */
kith_status kith_data_write_partition(kith_ctx *ctx, const kith_data *data, FILE *out) KITH_CHECKED;

#endif
