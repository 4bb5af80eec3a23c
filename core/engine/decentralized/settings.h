/* What a decentralized run reads beside the common sections. */
#ifndef KITH_DECENTRALIZED_SETTINGS_H
#define KITH_DECENTRALIZED_SETTINGS_H

#include "engine/participation/settings.h"

typedef enum kith_init { KITH_INIT_SAME = 0, KITH_INIT_DIFFERENT } kith_init;

typedef enum kith_merge_kind {
    KITH_MERGE_NONE = 0,
    KITH_MERGE_MEAN,
    KITH_MERGE_WEIGHTED,
    KITH_MERGE_ALIGNED,
    KITH_MERGE_CONTRIBUTION,
} kith_merge_kind;

typedef enum kith_waits { KITH_WAIT_ALL = 0, KITH_WAIT_NEIGHBOURS } kith_waits;
typedef enum kith_reduce { KITH_REDUCE_RING = 0, KITH_REDUCE_TREE } kith_reduce;

typedef struct kith_decentralized_config {
    int init;           /* kith_init */
    int merge;          /* kith_merge_kind: how all models become one at the end */
    bool before;        /* learners are tested before mixing, too */
    bool leave_one_out; /* what each is worth is compared with the topology's scores */
    int64_t post_rounds, post_every;
    int64_t test_learners, test_examples; /* 0: all */
    int barrier;                          /* kith_waits */
    int reduce;                           /* kith_reduce */
    double gossip_step;                   /* gamma; 0: by the algorithm */
} kith_decentralized_config;

extern const kith_param kith_decentralized_params[];
extern const size_t kith_decentralized_param_count;

typedef struct kith_decentralized_settings {
    kith_decentralized_config gossip;
    kith_participation_config clock; /* of it what [clock] has */
} kith_decentralized_settings;

#endif
