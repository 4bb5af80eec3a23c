/* Data sets: examples with labels, in a training and a test split.
 *
 * Two kinds, told apart by which callbacks are there:
 *   pooled     describe + load (+ owner): all examples lie in one pool, read once per shared-memory domain; the
 *              host's partition deals them to learners (or `owner` does, for data that comes by user);
 *   generated  describe + size + fill: any learner's examples can be made on demand, so a hundred thousand
 *              learners need no memory until they are visited.
 *
 * Shapes: features are (n, F) row by row, F = shape.features; images are channel planes (C, H, W); real targets are
 *   (n, T), T = shape.targets.
 * Ownership: all memory is the host's. Threads: one.
 */
#ifndef KITH_DATASET_H
#define KITH_DATASET_H

#include <kith/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kith_shape {
    size_t features;                /* F, numbers per example */
    size_t channels, height, width; /* C*H*W = F; all 0 where examples are no images */
    size_t classes;                 /* labels are 0..classes-1; 0: there are no labels */
    size_t codes;                   /* features are names (characters, say), 0..codes-1, and never scaled; 0: numbers */
    size_t targets;                 /* T, numbers to be predicted in place of labels; 0 where there are classes */
};

typedef enum kith_split { KITH_TRAIN = 0, KITH_TEST = 1 } kith_split;

/* How features are stored. Bytes stay bytes until a batch is gathered. */
typedef enum kith_store { KITH_STORE_REAL = 0, KITH_STORE_U8 = 1 } kith_store;

typedef struct kith_dataset_info {
    kith_shape shape;
    uint32_t store;     /* kith_store */
    size_t examples[2]; /* by split; of the pool. Generated: 0 */
    size_t users;       /* how many users `owner` or `fill` knows; 0: no natural partition;
                           SIZE_MAX: as many as there are learners */
} kith_dataset_info;

/* A number that puts results into perspective, such as what a trivial model reaches. The name is a metric's and a
 * constant. */
typedef struct kith_fact {
    const char *name;
    double value;
} kith_fact;

typedef struct kith_dataset {
    /* [first] Fills *info from headers only, reading no more than it must. Every worker calls it. */
    kith_status (*describe)(void *self, kith_ctx *ctx, kith_dataset_info *info);
    /* [pooled; once per domain and split, by one worker] features: (examples[split], F) of the declared store;
     * labels: examples[split], NULL where classes = 0; targets: (examples[split], T), NULL where T = 0. A failure names
     * file and position. */
    kith_status (*load)(void *self, kith_ctx *ctx, kith_split split, void *features, int32_t *labels,
                        kith_real *targets);
    /* [pooled, optional; after load] user[e] = which user example e belongs to, 0..users-1. */
    kith_status (*owner)(void *self, kith_ctx *ctx, kith_split split, uint32_t *user);
    /* [generated; any time] How many examples a learner has; the same number at every call. */
    size_t (*size)(const void *self, kith_split split, size_t learner);
    /* [generated; any time] All of one learner's examples, as load() has them; a pure function of (seed, learner). */
    kith_status (*fill)(void *self, kith_ctx *ctx, kith_split split, size_t learner, void *features, int32_t *labels,
                        kith_real *targets);
    /* [optional; after describe] Writes up to `room` facts about the data and *count, how many it wrote. Every worker
     * calls it and gets the same. Recorded as metrics of round 0. */
    kith_status (*facts)(void *self, kith_ctx *ctx, kith_fact *out, size_t room, size_t *count);
} kith_dataset;

#ifdef __cplusplus
}
#endif
#endif
