/* [participation], the section of roles that draw learners, and [clock], that of all whose learners take time. Both
 * fill one struct, for a plan needs both; roles that draw nobody read [clock] alone. */
#ifndef KITH_PARTICIPATION_SETTINGS_H
#define KITH_PARTICIPATION_SETTINGS_H

#include "engine/work/settings.h"

typedef enum kith_participation_kind {
    KITH_PARTICIPATION_COHORT = 0,
    KITH_PARTICIPATION_STALENESS,
    KITH_PARTICIPATION_CLOCK,
    KITH_PARTICIPATION_FILE,
} kith_participation_kind;
typedef enum kith_likely_kind {
    KITH_LIKELY_UNIFORM = 0,
    KITH_LIKELY_EXAMPLES,
    KITH_LIKELY_POWER,
    KITH_LIKELY_FILE,
} kith_likely_kind;
typedef enum kith_select_kind {
    KITH_SELECT_WEIGHTS = 0,
    KITH_SELECT_RPOW_D,
    KITH_SELECT_OORT,
    KITH_SELECT_FEDCS,
    KITH_SELECT_NORM,
} kith_select_kind;
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
    const char *file; /* who took part in another run */
    int64_t arrivals; /* m */
    int weights;
    double skew;
    const char *weights_file;
    int select;
    int64_t candidates;                           /* d; 0: twice as many as are chosen */
    double explore, explore_decay, explore_least; /* the share of newcomers */
    double preferred, penalty;                    /* T in s, 0: none; alpha */
    double before;                                /* s */
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
    const char *times;                   /* a file of learners' times and links, or "" */
    const char *links;                   /* a file of links between two learners, or "" */
    bool timed;                          /* rounds last as long as what is done and sent in them */
    int64_t oversample;                  /* learners sampled beyond m */
    double timeout;                      /* s that a round waits; 0: the server knows who is lost */
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

extern const kith_param kith_participation_params[];
extern const size_t kith_participation_param_count;
extern const kith_param kith_clock_params[];
extern const size_t kith_clock_param_count;

/* [clock], as every role that has it lists it among its sections. */
#define KITH_CLOCK_SECTION                                                                                             \
    {                                                                                                                  \
        "clock", kith_clock_params, &kith_clock_param_count, "@federated || @decentralized || @walk"                   \
    }

/* Whether who is chosen depends on what learners reported. */
bool kith_plan_selects(const kith_participation_config *p);
/* Whether a step may have fewer arrivals than participation.arrivals, or visits that are lost. */
bool kith_participation_varies(const kith_participation_config *p);
/* Whether virtual time follows from what visits take. */
bool kith_participation_timed(const kith_participation_config *p);
/* Of a federated run: puts the number in the place of arrivals = 0, and forgets a file of times that nothing reads. */
void kith_participation_settle(kith_participation_config *p, const kith_local_config *local, size_t learners);
/* Refuses, with KITH_ECONFIG, values of [participation] and [local] that do not go together. */
kith_status kith_participation_check(kith_ctx *ctx, const kith_config *config, const kith_participation_config *p,
                                     const kith_local_config *local) KITH_CHECKED;
/* The same for an algorithm of another role whose learners move by the clock. */
kith_status kith_clock_check(kith_ctx *ctx, const kith_config *config, const kith_participation_config *p,
                             const kith_local_config *local) KITH_CHECKED;

#endif
