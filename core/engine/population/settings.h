/* What a run that plays reads beside the common sections: [population], and [mappo] for policies that are networks. */
#ifndef KITH_POPULATION_SETTINGS_H
#define KITH_POPULATION_SETTINGS_H

#include "engine/work/settings.h"
#include "rl/learner.h"

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

typedef struct kith_population_settings {
    kith_population_config population;
    kith_learner_config mappo;
} kith_population_settings;

#endif
