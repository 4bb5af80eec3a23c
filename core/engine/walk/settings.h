/* [walk], the section of walks. */
#ifndef KITH_WALK_SETTINGS_H
#define KITH_WALK_SETTINGS_H

#include "engine/participation/settings.h"

/* What the mean over learners weighs by: the walk's target, or all alike, for which gradients are divided by N mu_i. */
typedef enum kith_objective { KITH_OBJECTIVE_TARGET = 0, KITH_OBJECTIVE_UNIFORM } kith_objective;

typedef struct kith_walk_config {
    int64_t tokens;
    int64_t hops;    /* of each token in a round */
    int64_t start;   /* a learner; -1: drawn from the target */
    double lr_power; /* b */
    int weights;     /* kith_objective */
    bool optimum, theory, modes;
} kith_walk_config;

typedef struct kith_walk_settings {
    kith_walk_config walk;
    kith_participation_config clock; /* of it what [clock] has */
} kith_walk_settings;

extern const kith_param kith_walk_params[];
extern const size_t kith_walk_param_count;

#endif
