/* What the files of core/data share.
 *
 * Letters: N learners, n examples in the training pool, F features, C classes.
 * Errors: KITH_ECONFIG where the configuration asks for what the data cannot give, KITH_EDATA for bad data.
 */
#ifndef KITH_DATA_INTERNAL_H
#define KITH_DATA_INTERNAL_H

#include "data/data.h"
#include "data/rows.h"
#include "exchange/exchange.h"
#include "plugin/registry.h"

#include <stdbool.h>

/* Who holds which example: learner i holds index[offset[i]..offset[i+1]-1]. */
typedef struct kith_deal {
    size_t learners;
    uint64_t *offset; /* N + 1 */
    uint32_t *index;  /* offset[N] */
    double *mix;      /* (N, C) each learner's shares of the classes, if asked for; else NULL */
} kith_deal;

/* What a deal is a pure function of. */
typedef struct kith_deal_task {
    const struct kith_config *config; /* for messages */
    const kith_partition_config *how; /* its kind is never auto */
    size_t learners, examples, classes;
    const int32_t *label; /* (n), checked; NULL where C = 0 */
    const uint32_t *user; /* (n), natural only */
    size_t users;
    uint64_t seed;
} kith_deal_task;

/* Deals the pool. On failure *out is left alone; free with kith_deal_free. */
kith_status kith_deal_make(kith_ctx *ctx, const kith_deal_task *task, kith_deal *out) KITH_CHECKED;
void kith_deal_free(kith_deal *deal);

/* One per kind, called with N <= n where the kind is disjoint, and with labels where it needs them. They allocate
 * deal's arrays themselves; the caller frees them, after a failure too, and refuses empty learners. */
kith_status kith_deal_dirichlet(kith_ctx *ctx, const kith_deal_task *task, kith_deal *deal) KITH_CHECKED;
kith_status kith_deal_dirichlet_class(kith_ctx *ctx, const kith_deal_task *task, kith_deal *deal) KITH_CHECKED;
kith_status kith_deal_shards(kith_ctx *ctx, const kith_deal_task *task, kith_deal *deal) KITH_CHECKED;
kith_status kith_deal_label_k(kith_ctx *ctx, const kith_deal_task *task, kith_deal *deal) KITH_CHECKED;
kith_status kith_deal_label_lognormal(kith_ctx *ctx, const kith_deal_task *task, kith_deal *deal) KITH_CHECKED;
kith_status kith_deal_by_size(kith_ctx *ctx, const kith_deal_task *task, kith_deal *deal) KITH_CHECKED;
kith_status kith_deal_file(kith_ctx *ctx, const kith_deal_task *task, kith_deal *deal) KITH_CHECKED;

/* Room for a deal's arrays; index may be asked for later, once offset says how many there are. */
kith_status kith_deal_offsets(kith_ctx *ctx, size_t learners, kith_deal *deal) KITH_CHECKED;
kith_status kith_deal_indices(kith_ctx *ctx, size_t count, kith_deal *deal) KITH_CHECKED;
/* Turns counts, kept at offset[i + 1], into offsets. */
void kith_deal_accumulate(kith_deal *deal);
/* The partition's streams: a learner's own, and those that no single learner owns, told apart by their use. */
kith_stream kith_deal_stream(const kith_deal_task *task, uint64_t learner, uint64_t b);
enum { KITH_DEAL_ORDER = 0, KITH_DEAL_SIZES, KITH_DEAL_CLASS, KITH_DEAL_TRY, KITH_DEAL_CUT, KITH_DEAL_TESTS };
kith_stream kith_deal_common_stream(const kith_deal_task *task, uint32_t use, uint32_t number);

/* Splits each learner's n examples into floor((1 - share) n) to train on, at least one, and the rest to test on. Which
 * is a pure function of (seed, learner, whole); whole stays as it is. trained, whose examples keep no order, is made as
 * by kith_deal_make; *tests is for kith_free(): everybody's in one drawn order, and then the same examples learner by
 * learner. */
kith_status kith_deal_split(kith_ctx *ctx, const kith_deal_task *task, const kith_deal *whole, double share,
                            kith_deal *trained, uint32_t **tests) KITH_CHECKED;

/* Examples by class: class c has index[start[c]..start[c+1]-1], in pool order, or shuffled within each class if asked.
 */
typedef struct kith_by_class {
    size_t classes;
    uint64_t *start; /* C + 1 */
    uint32_t *index; /* n */
} kith_by_class;
kith_status kith_by_class_make(kith_ctx *ctx, const kith_deal_task *task, bool shuffled,
                               kith_by_class *out) KITH_CHECKED;
void kith_by_class_free(kith_by_class *by);

/* Which rows of the pool a learner's batches come from, where that is not what it holds. */
typedef struct kith_redraw {
    const double *mix;     /* (N, C); NULL: batches are of what it holds */
    const uint64_t *start; /* as in kith_by_class */
    const uint32_t *index;
} kith_redraw;

/* Who trains on flipped labels, and how. */
typedef struct kith_flips {
    kith_flip kind;
    double share;
    uint64_t *chosen; /* a bit for each learner; NULL: nobody */
    size_t count;
    bool here; /* the learner last visited is one of them */
} kith_flips;

struct kith_data {
    struct kith_exchange *ex;
    const struct kith_config *config;
    kith_instance dataset;
    const kith_dataset *ops;
    kith_dataset_info info;
    size_t learners;
    bool generated;
    kith_example_rows split[2]; /* generated: the training split is the cache's */
    size_t test_size;
    size_t part[2];        /* pooled: examples by split as the data set has them, before data.pool joins them */
    kith_board *board[16]; /* in order of creation */
    size_t boards;
    const uint64_t *offset; /* pooled: who trains on what */
    const uint32_t *index;
    const uint64_t *dealt_offset; /* the deal as it was made, before data.test_share took examples from it */
    const uint32_t *dealt_index;
    const uint32_t *test;     /* which examples of the pool are tested on; NULL: the test split */
    const uint32_t *own_test; /* the same examples learner by learner */
    double test_share;
    const kith_real *scale, *shift; /* (F) each: x * scale + shift */
    bool plain;                     /* scale 1, shift 0 */
    /* the learner last visited; index NULL: rows of the cache */
    size_t visited;
    const uint32_t *held;
    void *cache_feature;
    int32_t *cache_label;
    kith_real *cache_target;
    size_t cache_rows;
    size_t *total; /* 0 until asked for, where it is not the deal's */
    double validation;
    uint64_t seed;   /* of what is held out, and of flips */
    uint32_t *order; /* a learner's examples in an order of their own, where some are held out */
    size_t order_room;
    kith_flips flips;
    kith_redraw redraw;
};

size_t kith_store_size(const kith_data *data); /* bytes of one number */

/* [all] A board that the store owns, one row of `length` elements; *row is its start. */
kith_status kith_data_board(kith_ctx *ctx, kith_data *data, const char *what, size_t length, size_t size,
                            void **row) KITH_CHECKED;
/* [all] A barrier at which workers agree; what each domain's first worker wrote into its own boards can be read after
 * it. */
kith_status kith_data_publish(kith_data *data, kith_status mine) KITH_CHECKED;

/* [all] Refuses when the numbers of the domains' first workers differ; those of other workers are not looked at. */
kith_status kith_data_compare(kith_ctx *ctx, kith_data *data, const uint64_t *mine, size_t count) KITH_CHECKED;

/* [all] Loading: pooled data into boards; generated data's test examples into boards. */
kith_status kith_data_load_pool(kith_ctx *ctx, kith_data *data) KITH_CHECKED;
kith_status kith_data_load_generated(kith_ctx *ctx, kith_data *data, const kith_data_config *how) KITH_CHECKED;
kith_status kith_data_deal(kith_ctx *ctx, kith_data *data, const kith_partition_config *how,
                           uint64_t seed) KITH_CHECKED;
kith_status kith_data_scale(kith_ctx *ctx, kith_data *data, const kith_data_config *how) KITH_CHECKED;
/* Refuses flips of what has no labels to flip; draws who has flipped ones [all], and tells of them. */
kith_status kith_flips_check(kith_ctx *ctx, const kith_data *data, const kith_data_config *how) KITH_CHECKED;
kith_status kith_flips_draw(kith_ctx *ctx, kith_data *data, const kith_data_config *how) KITH_CHECKED;
/* What the label of a row of the training split is to the learner last visited, whose labels are flipped. */
int32_t kith_flips_label(const kith_data *data, size_t row, int32_t label);
kith_status kith_generated_visit(kith_ctx *ctx, kith_data *data, size_t learner) KITH_CHECKED;

/* [all] Mixes of classes (N, C), which the first worker of a domain has, and the pool by class, shown to its domain. */
kith_status kith_redraw_share(kith_ctx *ctx, kith_data *data, const kith_deal_task *task,
                              const double *mix) KITH_CHECKED;
/* Refuses what does not go with it. */
kith_status kith_redraw_check(kith_ctx *ctx, const kith_data *data, const kith_data_config *how,
                              const kith_partition_config *partition) KITH_CHECKED;

/* Notes features that are too large as they are, and classes that only test examples have. */
kith_status kith_data_remark(kith_ctx *ctx, const kith_data *data, kith_scaling scaling) KITH_CHECKED;

/* scale and shift (F) such that x * scale + shift is what `scaling` asks for, from the training rows. */
kith_status kith_scaling_find(kith_ctx *ctx, const kith_dataset_info *info, kith_scaling scaling,
                              const kith_example_rows *train, kith_real *scale, kith_real *shift) KITH_CHECKED;

#endif
