/* The host's own sections of a configuration: [run], [attack], [server], [local], [eval], [record], [checkpoint]; a
 * role brings its own (engine.h).
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
    const char *init;     /* a file with the initial model; "": it is drawn */
    int64_t init_learner; /* whose, of a file with learners' models; -1: each its own */
    const char *output;
    int64_t learners;    /* N */
    int64_t rounds;      /* T */
    const char *stop_at; /* conditions on what evaluations find; "": none */
    int64_t patience;    /* evaluations; 0: none */
    int64_t seed;
    int64_t seed_data, seed_init, seed_participation, seed_batches; /* -1: run.seed */
    const char *filters;
    int64_t silence; /* s; for who starts workers, before there are any */
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
    double clamp;           /* of each number of a gradient; 0: none */
    double label_smoothing; /* of training alone */
    int64_t batch;          /* B; 0: all examples of the learner */
    int batches;
    int64_t steps; /* c */
    int steps_kind;
    int unit;
    double deadline; /* s of virtual time for a visit's steps; 0: none */
} kith_local_config;

typedef enum kith_gradient_weights { KITH_GRADIENT_EQUAL = 0, KITH_GRADIENT_EXAMPLES } kith_gradient_weights;

typedef struct kith_eval_config {
    int64_t every;     /* rounds; 0: at the end only */
    int64_t lane;      /* test examples a lane */
    kith_reals target; /* accuracies */
    bool gradient_norm, per_learner;
    int64_t learners;       /* so many are tested on their own examples; 0: all */
    int64_t finetune_steps; /* from the model that a learner uses */
    int gradient_weights;
} kith_eval_config;

typedef struct kith_record_config {
    int64_t every; /* rounds; 0: where the run is evaluated */
    bool arrivals; /* who took part in which step */
    bool tensorboard;
} kith_record_config;

typedef enum kith_keep_learners { KITH_KEEP_NONE = 0, KITH_KEEP_END } kith_keep_learners;

typedef struct kith_learners_config {
    int keep; /* kith_keep_learners */
} kith_learners_config;

/* None of it changes a result, so a run may be resumed with other values. */
typedef struct kith_checkpoint_config {
    int64_t every;  /* rounds; 0: never */
    double seconds; /* wall clock; 0: never */
    int64_t keep;
    bool on_stop, at_end;
    double patience; /* s that a round may go on after a request to stop */
} kith_checkpoint_config;

extern const kith_param kith_attack_params[], kith_server_params[];
extern const size_t kith_attack_param_count, kith_server_param_count;
extern const kith_param kith_run_params[], kith_local_params[], kith_eval_params[], kith_record_params[],
    kith_checkpoint_params[], kith_learners_params[];
extern const size_t kith_run_param_count, kith_local_param_count, kith_eval_param_count, kith_record_param_count,
    kith_checkpoint_param_count, kith_learners_param_count;

/* Refuses, with KITH_ECONFIG, filters under a role that has none. */
kith_status kith_filterless_check(kith_ctx *ctx, const kith_config *config, const char *role) KITH_CHECKED;
/* Refuses, with KITH_ECONFIG, what only a clock can measure, for a role that has none. */
kith_status kith_clockless_check(kith_ctx *ctx, const kith_config *config, const kith_local_config *local,
                                 const char *role) KITH_CHECKED;

/* Refuses, with KITH_ECONFIG, a schedule that stops. */
kith_status kith_local_check(kith_ctx *ctx, const kith_config *config, const kith_local_config *local) KITH_CHECKED;

/* eta_L in a round, by local.lr_schedule. */
double kith_local_lr(const kith_local_config *local, uint64_t round, uint64_t rounds);

/* How many examples the gradients of a visit take, in the mean over visits, at a learner with so many; NaN where the
 * clock decides. */
double kith_local_examples(const kith_local_config *local, size_t examples);

/* The i-th seed with its default. */
uint64_t kith_run_seed(const kith_run_config *run, int64_t own);

#endif
