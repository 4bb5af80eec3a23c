/* The population role: policies that play a game, are frozen, and become the opponents of later ones.
 *
 * The algorithm is a state machine. step() looks at the populations and at what became of its last jobs, and returns
 * the next jobs: which learner trains, from what, against which mixture, until when, and which populations its policy
 * is frozen into. The host trains, freezes, and fills in payoffs; a round is one step. So a run can be stopped between
 * any two rounds.
 *
 * Words: a *learner* has a live policy that changes; a *policy* is frozen and numbered 0, 1, ... in the order of
 * freezing; a *population* is a list of policies. A policy may be in several populations. Policy 0 is the initial one:
 * uniform, or what [population] start says. Letters: N players of a team, A actions. Ownership: what the plan points to
 * is the host's and valid until the callback returns. Threads: one per worker, and every worker makes the same plan:
 * step() and output() are functions of the plan and the config alone.
 */
#ifndef KITH_POPULATION_H
#define KITH_POPULATION_H

#include <kith/game.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { KITH_MOST_POPULATIONS = 8, KITH_MOST_LEARNERS = 8, KITH_MOST_JOBS = 8, KITH_MOST_COMPONENTS = 4 };

/* ---- jobs ---- */

typedef enum kith_job_start {
    KITH_WARM = 0, /* with the learner's weights as they are */
    KITH_FRESH,    /* from the initial policy; networks are drawn anew, and an optimizer forgets */
    KITH_COPY,     /* from a frozen policy */
} kith_job_start;

typedef enum kith_opponent {
    KITH_AGAINST_POPULATION = 1, /* a mixture over a population */
    KITH_AGAINST_LEARNER,        /* a live policy, as it changes; its own included */
} kith_opponent;

typedef enum kith_picking {
    KITH_PICK_UNIFORM = 0,
    KITH_PICK_GIVEN,  /* as `weight` says */
    KITH_PICK_HARD,   /* in proportion to how often the opponent beats the learner, as it is when the job begins */
    KITH_PICK_EVEN,   /* in proportion to P(win) P(loss) */
    KITH_PICK_NEWEST, /* the last to join, alone */
} kith_picking;

/* One component of the mixture that a learner meets. Those with an empty population count as absent. */
typedef struct kith_component {
    uint32_t kind;        /* kith_opponent; 0: there is no such component */
    uint32_t picking;     /* kith_picking */
    size_t index;         /* which population, or learner */
    double share;         /* > 0; shares are divided by their sum */
    const double *weight; /* [its size] KITH_PICK_GIVEN: >= 0, sum 1; else NULL */
} kith_component;

static inline kith_component kith_meets_learner(size_t learner, double share)
{
    const kith_component met = {KITH_AGAINST_LEARNER, KITH_PICK_UNIFORM, learner, share, NULL};
    return met;
}

/* weight NULL: all alike. */
static inline kith_component kith_meets_mixture(size_t population, const double *weight, double share)
{
    const kith_component met = {KITH_AGAINST_POPULATION, weight ? KITH_PICK_GIVEN : KITH_PICK_UNIFORM, population,
                                share, weight};
    return met;
}

typedef enum kith_until {
    KITH_UNTIL_CONVERGED =
        0,               /* the policy rests (see [population]), at the earliest after `least` steps; at most `most` */
    KITH_UNTIL_STEPS,    /* exactly `most` steps */
    KITH_UNTIL_ANSWERED, /* the oracle's answer takes the place of the policy: once, or in games with states again and
                            again until it stays the same, at most `most` times. Networks refuse */
} kith_until;

typedef struct kith_stop {
    uint32_t until;       /* kith_until */
    uint64_t least, most; /* steps; most = 0: [population] most_steps. Networks never converge: they train for
                             [population] job_steps environment steps, or `most` if that is less */
    size_t follow; /* k: besides, at most as many steps as the k-th job of this plan (1, 2, ...) makes; 0: no job */
} kith_stop;

typedef struct kith_job {
    size_t learner;
    uint32_t start; /* kith_job_start */
    size_t copy;    /* which policy, for KITH_COPY */
    kith_component met[KITH_MOST_COMPONENTS];
    kith_stop stop;
    uint32_t freeze; /* bit p: a copy of the policy, when the job is done, joins population p; 0: it is not frozen */
} kith_job;

/* What became of a job. */
typedef struct kith_job_report {
    size_t learner;
    uint64_t steps;
    size_t policy;      /* the number it was frozen as; SIZE_MAX: it was not */
    uint32_t converged; /* 1: it came to rest by itself */
} kith_job_report;

/* ---- the plan ---- */

typedef enum kith_solver {
    KITH_SOLVE_NASH = 0, /* as [population] nash says: the linear programme or fictitious play */
    KITH_SOLVE_UNIFORM,
    KITH_SOLVE_LP,
    KITH_SOLVE_FICTITIOUS,
    KITH_SOLVE_REPLICATOR, /* of a population with itself */
    KITH_SOLVE_ALPHA_RANK, /* of a population with itself */
} kith_solver;

typedef struct kith_population_host kith_population_host;

typedef struct kith_population_plan {
    kith_ctx *ctx;
    uint64_t round;                                /* 0, 1, ...: how many plans were made before */
    void *state;                                   /* state_size bytes, zero at first, saved with the run */
    size_t policies;                               /* frozen so far */
    size_t size[KITH_MOST_POPULATIONS];            /* of each population */
    const uint32_t *member[KITH_MOST_POPULATIONS]; /* [size] its policies, in order of freezing */
    const kith_job_report *report;                 /* [reports] of the plan before */
    size_t reports;
    uint64_t least_steps;         /* of [population], for jobs that want it */
    kith_job job[KITH_MOST_JOBS]; /* out, zeroed: made in this order; networks of different learners at the same time */
    size_t jobs;                  /* out */
    kith_population_host *host;
} kith_population_plan;

/* The row player's solution of a meta-game: rows are the policies of one population, columns those of another. *weight
 * [its size] is valid until the callback returns. An empty population of columns gives the uniform mixture. Payoffs are
 * exact where policies are tables; networks play for those that are asked for and not known yet, for a share of games
 * won less lost. Fails where the solver does, or rows are empty. */
KITH_API KITH_CHECKED kith_status kith_population_solve(kith_population_plan *plan, kith_solver solver, size_t rows,
                                                        size_t columns, const double **weight);
/* What policy a wins of policy b, by number. */
KITH_API KITH_CHECKED kith_status kith_population_payoff(kith_population_plan *plan, size_t a, size_t b, double *out);

/* What stands for the run: a mixture over the policies of one population. */
typedef struct kith_output {
    size_t population;
    uint32_t picking;     /* KITH_PICK_UNIFORM, KITH_PICK_GIVEN or KITH_PICK_NEWEST */
    const double *weight; /* [its size] */
} kith_output;

/* ---- tables of policies that change by a rule of the algorithm's own ---- */

/* One step of one learner whose policy is a table. Without this callback policies go towards the oracle's answer. */
typedef struct kith_update {
    size_t players, actions;
    uint64_t step;         /* 0, 1, ... within the job */
    const double *q;       /* (N, A) what each action is worth, teammates and opponents given */
    double *policy;        /* (N, A) in and out: rows >= 0, sum 1 */
    double *const *memory; /* [memory planes] (rows, A), zero at first and after KITH_FRESH, kept between jobs */
} kith_update;

/* ---- the table ---- */

typedef struct kith_population {
    const char *const *populations; /* names; every one is a population */
    size_t population_count;        /* 1 .. KITH_MOST_POPULATIONS */
    const char *const *learners;    /* names */
    size_t learner_count;           /* 1 .. KITH_MOST_LEARNERS */
    uint32_t initial;               /* bit p: policy 0 is in population p */
    size_t frozen;                  /* the most policies that one step freezes */
    size_t state_size;              /* bytes; 0: none */
    size_t memory;                  /* planes for update */
    /* [once a round] Fills plan->job and plan->jobs; one job at least. Where policies are networks it is asked once
     * before the first round as well, to see whether they can do what it wants; plan->state is zero again after
     * that. */
    kith_status (*step)(void *self, kith_population_plan *plan);
    /* [between rounds] The mixture that is measured; plan->report is what step() will find. */
    kith_status (*output)(void *self, kith_population_plan *plan, kith_output *out);
    /* [each step of a learner] May be NULL. */
    void (*update)(const void *self, const kith_update *u);
    /* [at evaluations, after output(), on every worker] Metrics of its own, of what the plan shows and state holds. May
     * be NULL. */
    kith_status (*tell)(const void *self, const kith_population_plan *plan, kith_tell tell, void *arg);
} kith_population;

/* What such a table cannot do without. */
#define KITH_POPULATION_MUST(X) X(kith_population, step) X(kith_population, output)

#ifdef __cplusplus
}
#endif
#endif
