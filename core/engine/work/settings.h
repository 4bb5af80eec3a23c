/* The host's own sections of a configuration: [run], [attack], [server], [local], [participation], [decentralized],
 * [population], [eval], [checkpoint].
 *
 * Each struct is filled by kith_config_bind from the table beside it. The [data] and [partition] sections are in
 * data/data.h.
 */
#ifndef KITH_SETTINGS_H
#define KITH_SETTINGS_H

#include "config/config.h"
#include "data/data.h"

#include <kith/plugin.h>

typedef struct kith_run_config {
    const char *algorithm, *model, *dataset, *topology, *game;
    const char *init; /* a file with the initial model; "": it is drawn */
    const char *output;
    int64_t learners; /* N */
    int64_t rounds;   /* T */
    int64_t seed;
    int64_t seed_data, seed_init, seed_participation, seed_batches; /* -1: run.seed */
    const char *filters;
} kith_run_config;

/* Who attacks, and how. */
typedef struct kith_attack_config {
    const char *learners, *filters;
} kith_attack_config;

typedef struct kith_server_config {
    const char *filters;
} kith_server_config;

typedef enum kith_work_unit { KITH_UNIT_STEPS = 0, KITH_UNIT_EPOCHS, KITH_UNIT_SECONDS } kith_work_unit;
typedef enum kith_steps_kind { KITH_STEPS_CONSTANT = 0, KITH_STEPS_UNIFORM } kith_steps_kind;
typedef enum kith_lr_schedule {
    KITH_LR_CONSTANT = 0,
    KITH_LR_STEP,
    KITH_LR_COSINE,
    KITH_LR_INVERSE_SQRT
} kith_lr_schedule;
typedef enum kith_batches { KITH_BATCHES_EPOCH = 0, KITH_BATCHES_REPLACEMENT } kith_batches;

typedef struct kith_local_config {
    double lr; /* eta_L */
    int lr_schedule;
    double lr_decay;
    int64_t lr_every; /* rounds */
    int optimizer;
    double momentum;
    double beta1, beta2, epsilon; /* AdamW */
    double weight_decay;
    int64_t batch; /* B; 0: all examples of the learner */
    int batches;
    int64_t steps; /* c */
    int steps_kind;
    int unit;
    double deadline; /* s of virtual time for a visit's steps; 0: none */
} kith_local_config;

typedef enum kith_participation_kind {
    KITH_PARTICIPATION_COHORT = 0,
    KITH_PARTICIPATION_STALENESS,
    KITH_PARTICIPATION_CLOCK,
} kith_participation_kind;
typedef enum kith_likely_kind {
    KITH_LIKELY_UNIFORM = 0,
    KITH_LIKELY_EXAMPLES,
    KITH_LIKELY_POWER,
    KITH_LIKELY_FILE,
} kith_likely_kind;
typedef enum kith_delay_kind { KITH_DELAY_UNIFORM = 0, KITH_DELAY_CONSTANT } kith_delay_kind;
typedef enum kith_time_kind {
    KITH_TIME_CONSTANT = 0,
    KITH_TIME_EXPONENTIAL,
    KITH_TIME_LOGNORMAL,
    KITH_TIME_HALF_NORMAL,
    KITH_TIME_UNIFORM,
} kith_time_kind;

typedef enum kith_availability_kind {
    KITH_AVAILABILITY_ALWAYS = 0,
    KITH_AVAILABILITY_TRACE,
    KITH_AVAILABILITY_DIURNAL,
    KITH_AVAILABILITY_MARKOV,
} kith_availability_kind;
typedef enum kith_shortage { KITH_SHORT_WAIT = 0, KITH_SHORT_TAKE } kith_shortage;

typedef struct kith_participation_config {
    int kind;
    int64_t arrivals; /* m */
    int weights;
    double skew;
    const char *weights_file;
    bool replacement;
    int delay;
    int64_t staleness; /* s, or the constant delay */
    int64_t concurrency;
    bool wait;
    int compute;
    double compute_time;                 /* s per local step, mean */
    double compute_sigma;                /* of the lognormal */
    double speed_sigma;                  /* of the learners' lognormal speeds */
    double latency;                      /* s, each way */
    double bandwidth;                    /* bytes/s, each way; 0: infinite */
    double bandwidth_down, bandwidth_up; /* 0: as bandwidth */
    double link_sigma;                   /* of the learners' lognormal bandwidths */
    bool timed;                          /* rounds of cohorts last as long as their visits */
    int64_t oversample;                  /* learners sampled beyond m */
    double dropout;                      /* probability that a visit vanishes */
    int availability;
    int shortage;
    const char *trace;
    double trace_period;                /* s; 0: the last end */
    double available, available_spread; /* p or pi: mean over learners, half the range */
    double diurnal_period, diurnal_amplitude, diurnal_phases;
    double stability; /* nu */
    double slot;      /* s */
} kith_participation_config;

typedef enum kith_gradient_weights { KITH_GRADIENT_EQUAL = 0, KITH_GRADIENT_EXAMPLES } kith_gradient_weights;

typedef struct kith_eval_config {
    int64_t every;     /* rounds; 0: at the end only */
    int64_t lane;      /* test examples a lane */
    kith_reals target; /* accuracies */
    bool gradient_norm, per_learner;
    int gradient_weights;
} kith_eval_config;

/* None of it changes a result, so a run may be resumed with other values. */
typedef struct kith_checkpoint_config {
    int64_t every;  /* rounds; 0: never */
    double seconds; /* wall clock; 0: never */
    int64_t keep;
    bool on_stop;
} kith_checkpoint_config;

typedef enum kith_init { KITH_INIT_SAME = 0, KITH_INIT_DIFFERENT } kith_init;

typedef struct kith_decentralized_config {
    int init;           /* kith_init */
    bool merge;         /* ends with the mean of all models */
    bool before;        /* learners are tested before mixing, too */
    bool leave_one_out; /* what each is worth is compared with the topology's scores */
    int64_t post_rounds, post_every;
    int64_t test_learners, test_examples; /* 0: all */
    double gossip_step;                   /* gamma; 0: by the algorithm */
} kith_decentralized_config;

/* What the mean over learners weighs by: the walk's target, or all alike, for which gradients are divided by N mu_i. */
typedef enum kith_objective { KITH_OBJECTIVE_TARGET = 0, KITH_OBJECTIVE_UNIFORM } kith_objective;

typedef struct kith_walk_config {
    int64_t tokens;
    int64_t hops;    /* of each token in a round */
    int64_t start;   /* a learner; -1: drawn from the target */
    double lr_power; /* b */
    int weights;     /* kith_objective */
    bool optimum, modes;
} kith_walk_config;

extern const kith_param kith_walk_params[];
extern const size_t kith_walk_param_count;
/* Tables of probabilities that play matrix games. */
typedef enum kith_policies { KITH_POLICIES_AUTO = 0, KITH_POLICIES_TABLES, KITH_POLICIES_NETWORKS } kith_policies;

typedef struct kith_population_config {
    int policies; /* kith_policies */
    int start;    /* 0: uniform, 1: random */
    int oracle;   /* kith_oracle */
    int nash;     /* 0: linear programme, 1: fictitious play */
    double lr, turn_lr;
    double tolerance;
    int64_t patience; /* steps */
    double patience_share;
    int64_t least_steps, most_steps;
    double accuracy; /* of exact values */
    int64_t exact_mb;
    int64_t job_steps; /* of the environment */
    int64_t episodes;  /* for a payoff */
} kith_population_config;

extern const kith_param kith_population_params[];
extern const size_t kith_population_param_count;
extern const kith_param kith_decentralized_params[];
extern const size_t kith_decentralized_param_count;
extern const kith_param kith_attack_params[], kith_server_params[];
extern const size_t kith_attack_param_count, kith_server_param_count;
extern const kith_param kith_run_params[], kith_local_params[], kith_participation_params[], kith_eval_params[],
    kith_checkpoint_params[];
extern const size_t kith_run_param_count, kith_local_param_count, kith_participation_param_count, kith_eval_param_count,
    kith_checkpoint_param_count;

/* Says (kith_note) that a value given for a row has no effect "with `because` = `value`"; nothing where it is the
 * default.
 */
void kith_unread(kith_ctx *ctx, const kith_config *config, const char *section, const kith_param *row,
                 const char *because, const char *value);
/* Whom rows of [population] and [mappo] are read by. */
enum { KITH_BY_MATRIX = 1u << 0, KITH_BY_MARKOV = 1u << 1, KITH_BY_NETWORKS = 1u << 2 };
/* Says which values given in a plugin's section its choice, the first row, leaves unread; `config` is its filled-in
 * struct. */
void kith_choice_unread(kith_ctx *ctx, const kith_config *given, const kith_plugin *plugin, const void *config);
/* Says which values given in the two sections policies of this kind, one bit, leave unread. */
void kith_population_unread(kith_ctx *ctx, const kith_config *config, const kith_population_config *p, const char *game,
                            unsigned kind);
/* Says which values given in [run] an algorithm that plays, or one that does not, leaves unread. */
void kith_run_unread(kith_ctx *ctx, const kith_config *config, bool plays, const char *algorithm);
/* Says which of attackers and their filters are given without the other. */
void kith_attack_unread(kith_ctx *ctx, const kith_config *config, const kith_attack_config *attack);
/* Says what gossip without filters leaves unread. */
void kith_gossip_unread(kith_ctx *ctx, const kith_config *config, const kith_run_config *run);
/* Refuses, with KITH_ECONFIG, filters under a role that has none. */
kith_status kith_filterless_check(kith_ctx *ctx, const kith_config *config, const char *role) KITH_CHECKED;
/* Says (kith_note) which values given in [participation] and [local] nothing reads, by what the other values are. */
void kith_participation_unread(kith_ctx *ctx, const kith_config *config, const kith_participation_config *p,
                               const kith_local_config *local);
/* Refuses, with KITH_ECONFIG, values of [participation] and [local] that do not go together. */
kith_status kith_participation_check(kith_ctx *ctx, const kith_config *config, const kith_participation_config *p,
                                     const kith_local_config *local) KITH_CHECKED;

/* Whether virtual time follows from what visits take. */
bool kith_participation_timed(const kith_participation_config *p);

/* Says which values given in [local] its optimizer, or an algorithm that uses none, does not read. */
void kith_local_unread(kith_ctx *ctx, const kith_config *config, const kith_local_config *local, const char *algorithm,
                       bool optimizes);

/* Says which values given in [data] nothing reads, since no learner's labels are flipped. */
void kith_flips_unread(kith_ctx *ctx, const kith_config *config, const kith_data_config *data);

/* Refuses, with KITH_ECONFIG, what only a clock can measure, for a role that has none. */
kith_status kith_clockless_check(kith_ctx *ctx, const kith_config *config, const kith_local_config *local,
                                 const char *role) KITH_CHECKED;

/* The same two for a decentralized algorithm whose learners move by the clock: of [participation] it reads what steps
 * and links take. */
void kith_clock_unread(kith_ctx *ctx, const kith_config *config, const kith_participation_config *p,
                       const kith_local_config *local, const char *algorithm);
kith_status kith_clock_check(kith_ctx *ctx, const kith_config *config, const kith_participation_config *p,
                             const kith_local_config *local, const kith_decentralized_config *decentralized,
                             const char *algorithm) KITH_CHECKED;

/* eta_L in a round, by local.lr_schedule. */
double kith_local_lr(const kith_local_config *local, uint64_t round, uint64_t rounds);

/* The i-th seed with its default. */
uint64_t kith_run_seed(const kith_run_config *run, int64_t own);

#endif
