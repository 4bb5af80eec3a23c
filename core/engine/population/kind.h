/* What differs by the kind of policies: tables of a matrix game, tables of a Markov game that is solved exactly,
 * networks that learn by playing. The rest of the engine knows policies by their numbers.
 *
 * Ownership: a->own, a->tables and what they point to are the kind's, freed by close. Threads: one per worker.
 * Functions marked [all] are called by all workers in the same order, and their failures are agreed on by whoever calls
 * them, or by themselves where they exchange anything.
 */
#ifndef KITH_ENGINE_POPULATION_KIND_H
#define KITH_ENGINE_POPULATION_KIND_H

#include "engine/population/policies.h"
#include "engine/population/population.h"

/* The mixture that a job meets, weights' sum 1: frozen policies, and live ones as they change. */
struct kith_facing {
    size_t count;
    uint32_t *policy; /* [count] a policy may come twice */
    double *weight;
    size_t lives;
    size_t live[KITH_MOST_COMPONENTS]; /* learners */
    double share[KITH_MOST_COMPONENTS];
};

struct kith_policy_kind {
    const char *name;
    kith_truth truth; /* KITH_IS_MATRIX, KITH_IS_STATES or KITH_IS_NETWORKS */
    /* [all] Sets a->entries, a->element, a->count.game, and its own parts; learners are as they begin. */
    kith_status (*open)(kith_ctx *ctx, kith_arena *a, const kith_game_shape *shape);
    /* After open, whether it failed or not. */
    void (*close)(kith_arena *a);
    /* What would be frozen now: (entries). */
    const void *(*live)(const kith_arena *a, size_t learner);
    /* NULL, or why it cannot do the job. */
    const char *(*refuses)(const kith_arena *a, const kith_job *job);
    /* Does what job->start says. */
    void (*set_out)(kith_arena *a, const kith_job *job);
    /* The k-th job meets what a->facing says, which is another job's by the time of train. NULL: the kind trains one
     * learner at a time, against a->facing; else several at the same time. */
    void (*face)(kith_arena *a, size_t k);
    /* [all] Trains the learners of the jobs first .. first + count - 1, all different, until each one's stop rule;
     * fills in steps and converged of report [count]. */
    kith_status (*train)(kith_ctx *ctx, kith_arena *a, size_t first, size_t count, kith_job_report *report);
    /* Policy k is there now, or was loaded. May be NULL. */
    void (*admit)(kith_arena *a, size_t k);
    /* [all] What `first` wins of `second`, first < second. */
    kith_status (*payoff)(kith_ctx *ctx, kith_arena *a, size_t first, size_t second, double *out);
    /* [all] win [size of the population in the plan]: how often a learner beats each policy, 0 to 1. */
    kith_status (*rate)(kith_ctx *ctx, kith_arena *a, size_t learner, size_t population, double *win);
    bool counted; /* those of measure were counted in training: they cost nothing, and ask for no output */
    /* The metrics of this kind; a->weight is the output's. */
    kith_status (*measure)(kith_arena *a, kith_measure measure, void *arg);
    /* Payoffs that were played since the last time. NULL: all payoffs are known, and told by the engine. */
    kith_status (*tell)(kith_arena *a, kith_measure measure, void *arg);
};

extern const kith_policy_kind kith_matrix_kind, kith_markov_kind, kith_network_kind;

/* ---- tables, of either form of game ---- */

/* What tables need of the game; values of joint actions are kept by whoever computes them. */
typedef struct kith_table_ops {
    bool visits;                  /* values depend on the policy itself, by the states that it leads to */
    void (*begin)(kith_arena *a); /* a->facing is new */
    void (*face)(kith_arena *a, const double *policy); /* computes the values against a->facing as it is now */
    void (*actions)(kith_arena *a, const double *policy, double *q);
    void (*answer)(kith_arena *a, const double *policy, double *response);
} kith_table_ops;

struct kith_tables {
    kith_heap heap;
    const kith_table_ops *ops;
    kith_policy_shape shape;
    kith_pace pace;
    double *live;         /* (learners, entries) */
    double *memory;       /* (learners, planes, entries) */
    double **plane;       /* [planes] of the learner that trains */
    double *q, *response; /* (entries) scratch */
};

/* Allocates a->tables, and makes every learner the initial policy. Sets entries and element. */
kith_status kith_tables_open(kith_ctx *ctx, kith_arena *a, const kith_table_ops *ops,
                             kith_policy_shape shape) KITH_CHECKED;
void kith_tables_close(kith_arena *a);
const void *kith_tables_live(const kith_arena *a, size_t learner);
void kith_tables_set_out(kith_arena *a, const kith_job *job);
kith_status kith_tables_train(kith_ctx *ctx, kith_arena *a, size_t k, size_t count,
                              kith_job_report *report) KITH_CHECKED;
/* Whether each row of the policy is a distribution. */
bool kith_tables_sound(const kith_arena *a, const double *policy);
static inline double *kith_tables_policy(const kith_arena *a, size_t k)
{
    return (double *)a->policy + k * a->entries;
}

#endif
