/* The population engine's own state.
 *
 * A matrix game's whole run is a few million operations, so every worker makes it for itself, from the same inputs and
 * in the same order: the same bits, and nothing to send. Only what is written is one worker's.
 *
 * Ownership: the engine owns it; about's pointers are borrowed. Threads: one per worker.
 */
#ifndef KITH_ENGINE_POPULATION_H
#define KITH_ENGINE_POPULATION_H

#include "base/heap.h"
#include "engine/engine.h"
#include "engine/population/settings.h"
#include "rl/meta.h"
#include "rl/oracle.h"

#include <kith/population.h>

enum { KITH_MOST_SOLUTIONS = 8, KITH_MOST_POPULATION_PARTS = 20 };

typedef struct kith_policy_kind kith_policy_kind;
typedef struct kith_tables kith_tables;
typedef struct kith_facing kith_facing;

typedef struct kith_arena_counts {
    uint64_t round, steps, policies, reports;
    uint64_t told; /* policies whose payoffs were measured */
    uint64_t game; /* digest of the game, as far as it can be told */
} kith_arena_counts;

/* A meta-game that was solved: populations only grow, so that their sizes say which policies they had. */
typedef struct kith_solved {
    kith_solver solver;
    size_t rows, columns, size[2];
} kith_solved;

typedef struct kith_population_host {
    kith_engine_setup setup;
    kith_heap heap; /* all lists but those of the kind, and matrix, which grows */
    const kith_population_config *config;
    const kith_learner_config *mappo; /* of policies that are networks */
    const kith_population *ops;
    void *self;
    const kith_policy_kind *kind;
    void *own;           /* the kind's */
    kith_tables *tables; /* NULL: networks */
    size_t entries;      /* numbers of a policy */
    size_t element;      /* bytes of each */
    size_t capacity;     /* policies */
    kith_arena_counts count;
    kith_job_report report[KITH_MOST_JOBS];
    void *policy;                            /* (capacity, entries) */
    uint32_t *joined;                        /* [capacity] bit p: in population p */
    uint32_t *member[KITH_MOST_POPULATIONS]; /* [capacity] */
    size_t size[KITH_MOST_POPULATIONS];
    void *state; /* the algorithm's */
    kith_population_plan plan;
    double *matrix; /* (capacity, capacity) at most, grown as needed */
    size_t matrix_size;
    double *solution; /* (2 KITH_MOST_SOLUTIONS, capacity) */
    kith_solved solved[2 * KITH_MOST_SOLUTIONS];
    size_t solutions, asked; /* remembered; by the plan that is being made */
    size_t solver_calls;     /* for tests */
    double *weight;          /* [capacity] the output's */
    double *picked;          /* [capacity] scratch: weights of one part */
    kith_facing *facing;     /* of the job that is being made */
    kith_real *written;      /* (policies, entries) for model.npy */
    kith_part part[KITH_MOST_POPULATION_PARTS];
    void *place[KITH_MOST_POPULATION_PARTS]; /* where the rows of a part are */
    size_t parts;
    uint64_t grows; /* see kith_engine */
} kith_arena;

/* Adds a copy of a policy to the populations of the bits. */
void kith_arena_freeze(kith_arena *a, const void *policy, uint32_t populations);
/* Rebuilds what follows from policies and joined. */
void kith_arena_recall(kith_arena *a);
/* [all] What policy `first` wins of policy `second`. */
kith_status kith_arena_payoff(kith_ctx *ctx, kith_arena *a, size_t first, size_t second, double *out) KITH_CHECKED;
/* Makes room for a meta-game of so many payoffs. */
kith_status kith_arena_make_room(kith_ctx *ctx, kith_arena *a, size_t entries) KITH_CHECKED;
/* Prepares a->plan for a callback. */
void kith_arena_begin_plan(kith_ctx *ctx, kith_arena *a);

/* Refuses (KITH_EPLUGIN) a plan that makes no sense. */
kith_status kith_arena_check_plan(kith_ctx *ctx, const kith_arena *a) KITH_CHECKED;
/* Refuses (KITH_ECONFIG) jobs that policies of this kind cannot do. */
kith_status kith_arena_check_kind(kith_ctx *ctx, const kith_arena *a) KITH_CHECKED;
/* [all] Makes the plan's jobs: trains their learners, fills in the reports, and freezes. */
kith_status kith_arena_make(kith_ctx *ctx, kith_arena *a) KITH_CHECKED;

/* The engine's callbacks. */
kith_status kith_arena_prepare(kith_ctx *ctx, void *self);
kith_status kith_arena_measure(kith_ctx *ctx, void *self, bool tests, kith_measure measure, void *arg);
/* Rows of a part follow each other in memory. While the engine opens. */
void kith_arena_add_part(kith_arena *a, kith_part part, void *place);
void kith_arena_list_parts(kith_arena *a);
const kith_part *kith_arena_parts(const void *self, size_t *count);
kith_status kith_arena_save(kith_ctx *ctx, const void *self, kith_checkpoint *to);
/* The policies, for `kith eval`. */
kith_status kith_arena_leave(kith_ctx *ctx, const void *self, const char *folder);
kith_status kith_arena_load(kith_ctx *ctx, void *self, kith_checkpoint *from, uint64_t round);

#endif
