#include "engine/participation/settings.h"

#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
#define PART(field)  offsetof(kith_participation_config, field)

const kith_param kith_participation_params[] = {
    {"kind", KITH_TYPE_CHOICE, 0, PART(kind), "cohort", "cohort|staleness|clock", "",
     "Synchronous cohorts, arrivals with drawn staleness, or a virtual clock."},
    {"arrivals", KITH_TYPE_INT, 0, PART(arrivals), "10", "1..", "messages",
     "Messages the server folds in each step; the most, where learners may drop out or be missing."},
    {"weights", KITH_TYPE_CHOICE, 0, PART(weights), "uniform", "uniform|examples|power|file", "",
     "How likely each learner is to be drawn: alike, by its examples, as (i+1)^skew, or from a file."},
    {"skew", KITH_TYPE_REAL, 0, PART(skew), "1", "", "", "The exponent of weights = power."},
    {"weights_file", KITH_TYPE_PATH, 0, PART(weights_file), "", "", "",
     "One weight a line, learner by learner, for weights = file."},
    {"replacement", KITH_TYPE_BOOL, 0, PART(replacement), "no", "", "",
     "Whether a learner may arrive more than once in a step (staleness)."},
    {"delay", KITH_TYPE_CHOICE, 0, PART(delay), "uniform", "uniform|constant", "",
     "Versions are drawn from the last `staleness`, or are exactly `staleness` old (staleness)."},
    {"staleness", KITH_TYPE_INT, 0, PART(staleness), "5", "0..1000000", "versions",
     "How many versions back a visit may start from, the current one counted (delay = uniform), or the delay."},
    {"concurrency", KITH_TYPE_INT, 0, PART(concurrency), "0", "0..", "learners",
     "Learners busy at a time; 0: all (clock)."},
    {"wait", KITH_TYPE_BOOL, 0, PART(wait), "no", "", "",
     "Whether who delivered idles until the server's step (clock)."},
    {"timed", KITH_TYPE_BOOL, 0, PART(timed), "no", "", "",
     "Whether a cohort's round lasts as long as its visits take, by the clock's model of time, and not 1 s (cohort)."},
    {"compute", KITH_TYPE_CHOICE, 0, PART(compute), "exponential", "constant|exponential|lognormal|half-normal|uniform",
     "", "The distribution of the time of one local step (where there is virtual time)."},
    {"compute_time", KITH_TYPE_REAL, 0, PART(compute_time), "1", "(0,inf)", "s", "The mean time of one local step."},
    {"compute_sigma", KITH_TYPE_REAL, 0, PART(compute_sigma), "1", "[0,inf)", "",
     "The standard deviation of the logarithm for compute = lognormal."},
    {"speed_sigma", KITH_TYPE_REAL, 0, PART(speed_sigma), "0", "[0,inf)", "",
     "Learners' speeds are lognormal with median 1 and this sigma."},
    {"latency", KITH_TYPE_REAL, 0, PART(latency), "0", "[0,inf)", "s", "Time of an empty message, each way."},
    {"bandwidth", KITH_TYPE_REAL, 0, PART(bandwidth), "0", "[0,inf)", "bytes/s",
     "Of the median learner's link, each way; 0: infinite."},
    {"bandwidth_down", KITH_TYPE_REAL, 0, PART(bandwidth_down), "0", "[0,inf)", "bytes/s",
     "From the server to the learner; 0: as bandwidth."},
    {"bandwidth_up", KITH_TYPE_REAL, 0, PART(bandwidth_up), "0", "[0,inf)", "bytes/s",
     "From the learner to the server; 0: as bandwidth."},
    {"link_sigma", KITH_TYPE_REAL, 0, PART(link_sigma), "0", "[0,inf)", "",
     "Learners' bandwidths are lognormal with this sigma, one factor for both ways."},
    {"dropout", KITH_TYPE_REAL, 0, PART(dropout), "0", "[0,0.99]", "",
     "The probability that a learner vanishes during a visit; its message never arrives."},
    {"oversample", KITH_TYPE_INT, 0, PART(oversample), "0", "0..", "learners",
     "Learners sampled beyond `arrivals`; the first `arrivals` messages are folded, later ones thrown away (cohort)."},
    {"timeout", KITH_TYPE_REAL, 0, PART(timeout), "0", "[0,inf)", "s",
     "How long a timed round waits for messages that do not come or come late; 0: the server is told at once who is "
     "lost "
     "(cohort)."},
    {"availability", KITH_TYPE_CHOICE, 0, PART(availability), "always", "always|trace|diurnal|markov", "",
     "When a learner may start a visit: always, by a file, by the time of day, or switching on and off."},
    {"short", KITH_TYPE_CHOICE, 0, PART(shortage), "wait", "wait|take", "",
     "Where fewer learners are available than sampled: wait until there are enough, or take those there are."},
    {"trace", KITH_TYPE_PATH, 0, PART(trace), "", "", "",
     "A file of lines `learner,start,end`, in seconds: who is available when (availability = trace)."},
    {"trace_period", KITH_TYPE_REAL, 0, PART(trace_period), "0", "[0,inf)", "s",
     "After how long the trace begins again; 0: at its last end."},
    {"available", KITH_TYPE_REAL, 0, PART(available), "0.5", "[0.001,1]", "",
     "The share of time a learner is available, in the mean over learners (diurnal, markov)."},
    {"available_spread", KITH_TYPE_REAL, 0, PART(available_spread), "0", "[0,1]", "",
     "Learners' shares are uniform within this of `available`, clipped to 0.001..1 (diurnal, markov)."},
    {"diurnal_period", KITH_TYPE_REAL, 0, PART(diurnal_period), "24", "(0,inf)", "s",
     "The length of a day, two slots at least (diurnal)."},
    {"diurnal_amplitude", KITH_TYPE_REAL, 0, PART(diurnal_amplitude), "0.5", "[0,1]", "",
     "How far the probability swings, as a share of the learner's mean (diurnal)."},
    {"diurnal_phases", KITH_TYPE_REAL, 0, PART(diurnal_phases), "1", "[0,1]", "",
     "Over what share of the day learners' phases are spread; 0: all have noon at once (diurnal)."},
    {"stability", KITH_TYPE_REAL, 0, PART(stability), "0.9", "[0,0.9999]", "",
     "The probability that a slot keeps the state of the one before, other than by chance (markov)."},
    {"slot", KITH_TYPE_REAL, 0, PART(slot), "1", "(0,inf)", "s", "How long a state lasts at least (diurnal, markov)."},
};
const size_t kith_participation_param_count = COUNT(kith_participation_params);

/* What makes a row of the table be read, as bits. */
enum {
    BY_COHORT = 1u << KITH_PARTICIPATION_COHORT,
    BY_STALENESS = 1u << KITH_PARTICIPATION_STALENESS,
    BY_CLOCK = 1u << KITH_PARTICIPATION_CLOCK,
    BY_KIND = BY_COHORT | BY_STALENESS | BY_CLOCK,
    BY_LINKS = 1u << 4,  /* messages take time */
    BY_STEPS = 1u << 5,  /* steps take time */
    BY_ROUNDS = 1u << 6, /* rounds of cohorts do */
    BY_AVAILABILITY = 1u << 8,
    BY_TRACE = BY_AVAILABILITY << KITH_AVAILABILITY_TRACE,
    BY_DIURNAL = BY_AVAILABILITY << KITH_AVAILABILITY_DIURNAL,
    BY_MARKOV = BY_AVAILABILITY << KITH_AVAILABILITY_MARKOV,
    BY_SLOTS = BY_DIURNAL | BY_MARKOV,
};

typedef struct reader {
    const char *key;
    unsigned by; /* any of these reads it */
} reader;

static const reader readers[] = {
    {"weights", BY_COHORT | BY_STALENESS},
    {"skew", BY_COHORT | BY_STALENESS},
    {"weights_file", BY_COHORT | BY_STALENESS},
    {"replacement", BY_STALENESS},
    {"delay", BY_STALENESS},
    {"staleness", BY_STALENESS},
    {"concurrency", BY_CLOCK},
    {"wait", BY_CLOCK},
    {"timed", BY_COHORT},
    {"oversample", BY_COHORT},
    {"timeout", BY_ROUNDS},
    {"compute", BY_STEPS},
    {"compute_time", BY_STEPS},
    {"compute_sigma", BY_STEPS},
    {"speed_sigma", BY_STEPS},
    {"latency", BY_LINKS},
    {"bandwidth", BY_LINKS},
    {"bandwidth_down", BY_LINKS},
    {"bandwidth_up", BY_LINKS},
    {"link_sigma", BY_LINKS},
    {"trace", BY_TRACE},
    {"trace_period", BY_TRACE},
    {"available", BY_SLOTS},
    {"available_spread", BY_SLOTS},
    {"diurnal_period", BY_DIURNAL},
    {"diurnal_amplitude", BY_DIURNAL},
    {"diurnal_phases", BY_DIURNAL},
    {"stability", BY_MARKOV},
    {"slot", BY_SLOTS},
};

static unsigned what_reads(const kith_participation_config *p, const kith_local_config *local)
{
    const bool timed = kith_participation_timed(p);
    return 1u << p->kind | (timed && p->kind == KITH_PARTICIPATION_COHORT ? BY_ROUNDS : 0) | (timed ? BY_LINKS : 0) |
           (timed || local->deadline > 0.0 ? BY_STEPS : 0) | BY_AVAILABILITY << p->availability;
}

bool kith_participation_timed(const kith_participation_config *p)
{
    return p->kind == KITH_PARTICIPATION_CLOCK || (p->kind == KITH_PARTICIPATION_COHORT && p->timed);
}

static void say_unread_steps(kith_ctx *ctx, const kith_config *config, const kith_local_config *local)
{
    if (local->unit != KITH_UNIT_SECONDS) return;
    kith_unread(ctx, config, "local", kith_param_of(kith_local_params, kith_local_param_count, "steps"), "local.unit",
                "seconds");
    kith_unread(ctx, config, "local", kith_param_of(kith_local_params, kith_local_param_count, "steps_kind"),
                "local.unit", "seconds");
}

void kith_participation_unread(kith_ctx *ctx, const kith_config *config, const kith_participation_config *p,
                               const kith_local_config *local)
{
    static const char *const kinds[] = {"cohort", "staleness", "clock"};
    static const char *const availabilities[] = {"always", "trace", "diurnal", "markov"};
    for (size_t i = 0; i < COUNT(readers); i++) {
        if (readers[i].by & what_reads(p, local)) continue;
        const kith_param *row =
            kith_param_of(kith_participation_params, kith_participation_param_count, readers[i].key);
        if (readers[i].by >= BY_AVAILABILITY) {
            kith_unread(ctx, config, "participation", row, "participation.availability",
                        availabilities[p->availability]);
        } else if (p->kind == KITH_PARTICIPATION_COHORT && !(readers[i].by & BY_KIND)) {
            kith_unread(ctx, config, "participation", row, "participation.timed", "no");
        } else {
            kith_unread(ctx, config, "participation", row, "participation.kind", kinds[p->kind]);
        }
    }
    say_unread_steps(ctx, config, local);
}

static kith_status check_deadline(kith_ctx *ctx, const kith_config *config, const kith_participation_config *p,
                                  const kith_local_config *local)
{
    if (local->unit == KITH_UNIT_SECONDS && local->deadline <= 0.0)
        return kith_config_refuse(ctx, config, "local", "unit", "it needs a deadline; set local.deadline to seconds");
    if (local->unit == KITH_UNIT_SECONDS && local->deadline / p->compute_time > 1e9)
        return kith_config_refuse(ctx, config, "local", "deadline",
                                  "more than 1e9 steps of participation.compute_time = %g s fit; choose less",
                                  p->compute_time);
    return KITH_OK;
}

kith_status kith_participation_check(kith_ctx *ctx, const kith_config *config, const kith_participation_config *p,
                                     const kith_local_config *local)
{
    KITH_TRY(check_deadline(ctx, config, p, local));
    if (p->availability == KITH_AVAILABILITY_TRACE && !*p->trace)
        return kith_config_refuse(ctx, config, "participation", "availability",
                                  "it needs a file; set participation.trace to one of lines learner,start,end");
    if (p->availability == KITH_AVAILABILITY_DIURNAL && p->diurnal_period < 2.0 * p->slot)
        return kith_config_refuse(ctx, config, "participation", "diurnal_period",
                                  "a day has at least two slots; set participation.slot to at most %g",
                                  p->diurnal_period / 2.0);
    return KITH_OK;
}

static bool is_of_clock(const char *key)
{
    for (size_t i = 0; i < COUNT(readers); i++)
        if (!strcmp(readers[i].key, key)) return readers[i].by & (BY_STEPS | BY_LINKS);
    return false;
}

void kith_clock_unread(kith_ctx *ctx, const kith_config *config, const kith_participation_config *p,
                       const kith_local_config *local, const char *algorithm)
{
    for (size_t i = 0; i < kith_participation_param_count; i++) {
        const kith_param *row = &kith_participation_params[i];
        const bool named = !strcmp(row->key, "kind") && p->kind == KITH_PARTICIPATION_CLOCK;
        if (!named && !is_of_clock(row->key))
            kith_unread(ctx, config, "participation", row, "run.algorithm", algorithm);
    }
    say_unread_steps(ctx, config, local);
}

kith_status kith_clock_check(kith_ctx *ctx, const kith_config *config, const kith_participation_config *p,
                             const kith_local_config *local)
{
    return check_deadline(ctx, config, p, local);
}
