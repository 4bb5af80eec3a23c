#include "engine/settings.h"

#include <math.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
#define RUN(field) offsetof(kith_run_config, field)
#define LOCAL(field) offsetof(kith_local_config, field)
#define PART(field) offsetof(kith_participation_config, field)
#define EVAL(field) offsetof(kith_eval_config, field)
#define CHECKPOINT(field) offsetof(kith_checkpoint_config, field)

const kith_param kith_run_params[] = {
    {"algorithm", KITH_TYPE_STRING, 0, RUN(algorithm), "afa-cd", "", "", "The algorithm plugin."},
    {"model", KITH_TYPE_STRING, 0, RUN(model), "mlp", "", "", "The model plugin."},
    {"dataset", KITH_TYPE_STRING, 0, RUN(dataset), "glyphs", "", "", "The data set plugin."},
    {"topology", KITH_TYPE_STRING, 0, RUN(topology), "star", "", "", "The topology plugin."},
    {"learners", KITH_TYPE_INT, 0, RUN(learners), "100", "1..4294967294", "learners", "How many learners there are."},
    {"rounds", KITH_TYPE_INT, 0, RUN(rounds), "100", "1..", "rounds", "How many rounds (server steps) to make."},
    {"seed", KITH_TYPE_INT, 0, RUN(seed), "1", "0..", "", "The seed of every random stream."},
    {"seed_data", KITH_TYPE_INT, 0, RUN(seed_data), "-1", "-1..", "",
     "The seed of generated data and of the partition; -1: run.seed."},
    {"seed_init", KITH_TYPE_INT, 0, RUN(seed_init), "-1", "-1..", "", "The seed of the initial model; -1: run.seed."},
    {"seed_participation", KITH_TYPE_INT, 0, RUN(seed_participation), "-1", "-1..", "",
     "The seed of who takes part, when, and for how long; -1: run.seed."},
    {"seed_batches", KITH_TYPE_INT, 0, RUN(seed_batches), "-1", "-1..", "",
     "The seed of batches and gradient noise; -1: run.seed."},
    {"output", KITH_TYPE_STRING, 0, RUN(output), "", "", "",
     "Where results go; empty: runs/ and the configuration file's name."},
};
const size_t kith_run_param_count = COUNT(kith_run_params);

const kith_param kith_local_params[] = {
    {"lr", KITH_TYPE_REAL, 0, LOCAL(lr), "0.1", "(0,inf)", "", "The local learning rate."},
    {"lr_schedule", KITH_TYPE_CHOICE, 0, LOCAL(lr_schedule), "constant", "constant|step|cosine|inverse-sqrt", "",
     "How the local learning rate changes with the round a visit starts from."},
    {"lr_decay", KITH_TYPE_REAL, 0, LOCAL(lr_decay), "0.1", "(0,1]", "",
     "The factor of the step schedule; what the cosine ends at, as a share of lr."},
    {"lr_every", KITH_TYPE_INT, 0, LOCAL(lr_every), "100", "1..", "rounds",
     "How many rounds lie between two drops of the step schedule; the time scale of inverse-sqrt."},
    {"momentum", KITH_TYPE_REAL, 0, LOCAL(momentum), "0", "[0,1)", "", "Heavy-ball momentum; it restarts in every visit."},
    {"weight_decay", KITH_TYPE_REAL, 0, LOCAL(weight_decay), "0", "[0,inf)", "", "Adds this multiple of the model to each gradient."},
    {"batch", KITH_TYPE_INT, 0, LOCAL(batch), "32", "0..1048576", "examples",
     "Examples in a batch; 0: all that the learner has."},
    {"batches", KITH_TYPE_CHOICE, 0, LOCAL(batches), "epoch", "epoch|replacement", "",
     "Batches are cut from a new permutation in each epoch, or drawn with replacement."},
    {"steps", KITH_TYPE_INT, 0, LOCAL(steps), "10", "1..1000000000", "", "Local work in a visit, in units of local.unit."},
    {"steps_kind", KITH_TYPE_CHOICE, 0, LOCAL(steps_kind), "constant", "constant|uniform", "",
     "Every visit makes `steps`, or a number drawn uniformly from 1 to 2 * steps."},
    {"unit", KITH_TYPE_CHOICE, 0, LOCAL(unit), "steps", "steps|epochs", "",
     "What `steps` counts: gradient steps, or passes over the learner's examples."},
};
const size_t kith_local_param_count = COUNT(kith_local_params);

const kith_param kith_participation_params[] = {
    {"kind", KITH_TYPE_CHOICE, 0, PART(kind), "cohort", "cohort|staleness|clock", "",
     "Synchronous cohorts, arrivals with drawn staleness, or a virtual clock."},
    {"arrivals", KITH_TYPE_INT, 0, PART(arrivals), "10", "1..", "messages", "Messages the server folds in each step."},
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
    {"concurrency", KITH_TYPE_INT, 0, PART(concurrency), "0", "0..", "learners", "Learners busy at a time; 0: all (clock)."},
    {"wait", KITH_TYPE_BOOL, 0, PART(wait), "no", "", "", "Whether who delivered idles until the server's step (clock)."},
    {"compute", KITH_TYPE_CHOICE, 0, PART(compute), "exponential", "constant|exponential|lognormal|half-normal|uniform", "",
     "The distribution of the time of one local step (clock)."},
    {"compute_time", KITH_TYPE_REAL, 0, PART(compute_time), "1", "(0,inf)", "s", "The mean time of one local step (clock)."},
    {"compute_sigma", KITH_TYPE_REAL, 0, PART(compute_sigma), "1", "[0,inf)", "",
     "The standard deviation of the logarithm for compute = lognormal."},
    {"speed_sigma", KITH_TYPE_REAL, 0, PART(speed_sigma), "0", "[0,inf)", "",
     "Learners' speeds are lognormal with median 1 and this sigma (clock)."},
    {"latency", KITH_TYPE_REAL, 0, PART(latency), "0", "[0,inf)", "s", "Time of an empty message, each way (clock)."},
    {"bandwidth", KITH_TYPE_REAL, 0, PART(bandwidth), "0", "[0,inf)", "bytes/s", "Of each way's link; 0: infinite (clock)."},
};
const size_t kith_participation_param_count = COUNT(kith_participation_params);

const kith_param kith_eval_params[] = {
    {"every", KITH_TYPE_INT, 0, EVAL(every), "10", "0..", "rounds", "Evaluate every so many rounds; 0: only at the end."},
    {"lane", KITH_TYPE_INT, 0, EVAL(lane), "250", "1..1048576", "examples",
     "Test examples that are evaluated together; part of the result's bits."},
};
const size_t kith_eval_param_count = COUNT(kith_eval_params);

const kith_param kith_checkpoint_params[] = {
    {"every", KITH_TYPE_INT, 0, CHECKPOINT(every), "0", "0..", "rounds", "Write a checkpoint every so many rounds; 0: by time only."},
    {"seconds", KITH_TYPE_REAL, 0, CHECKPOINT(seconds), "600", "[0,inf)", "s",
     "Write a checkpoint when so much time has passed since the last one; 0: by rounds only."},
    {"keep", KITH_TYPE_INT, 0, CHECKPOINT(keep), "1", "1..1000000", "checkpoints", "How many of the newest to keep."},
    {"on_stop", KITH_TYPE_BOOL, 0, CHECKPOINT(on_stop), "yes", "", "", "Whether a run that is asked to stop writes one first."},
};
const size_t kith_checkpoint_param_count = COUNT(kith_checkpoint_params);

typedef struct reader {
    const char *key;
    unsigned kinds; /* bit k: kind k reads it */
} reader;

enum { COHORT = 1u << KITH_PARTICIPATION_COHORT, STALENESS = 1u << KITH_PARTICIPATION_STALENESS,
       CLOCK = 1u << KITH_PARTICIPATION_CLOCK };

static const reader readers[] = {
    {"weights", COHORT | STALENESS}, {"skew", COHORT | STALENESS}, {"weights_file", COHORT | STALENESS},
    {"replacement", STALENESS},      {"delay", STALENESS},         {"staleness", STALENESS},
    {"concurrency", CLOCK},          {"wait", CLOCK},              {"compute", CLOCK},
    {"compute_time", CLOCK},         {"compute_sigma", CLOCK},     {"speed_sigma", CLOCK},
    {"latency", CLOCK},              {"bandwidth", CLOCK},
};

static const char *fallback_of(const char *key)
{
    for (size_t i = 0; i < kith_participation_param_count; i++)
        if (!strcmp(kith_participation_params[i].key, key)) return kith_participation_params[i].fallback;
    return "";
}

void kith_participation_unread(kith_ctx *ctx, const kith_config *config, const kith_participation_config *p)
{
    static const char *const kinds[] = {"cohort", "staleness", "clock"};
    for (size_t i = 0; i < COUNT(readers); i++) {
        if (readers[i].kinds & 1u << p->kind) continue;
        const char *text = kith_config_text(config, "participation", readers[i].key);
        if (!text || !strcmp(text, fallback_of(readers[i].key))) continue;
        kith_note(ctx, "%s: participation.%s = %s has no effect with participation.kind = %s",
                  kith_config_source(config, "participation", readers[i].key), readers[i].key, text, kinds[p->kind]);
    }
}

double kith_local_lr(const kith_local_config *local, uint64_t round, uint64_t rounds)
{
    const double t = (double)round;
    switch (local->lr_schedule) {
    case KITH_LR_STEP:
        return local->lr * pow(local->lr_decay, (double)(round / (uint64_t)local->lr_every));
    case KITH_LR_COSINE: {
        const double share = 0.5 * (1.0 + cos(3.14159265358979323846 * t / (double)rounds));
        return local->lr * (local->lr_decay + (1.0 - local->lr_decay) * share);
    }
    case KITH_LR_INVERSE_SQRT:
        return local->lr / sqrt(1.0 + t / (double)local->lr_every);
    default:
        return local->lr;
    }
}

uint64_t kith_run_seed(const kith_run_config *run, int64_t own)
{
    return (uint64_t)(own < 0 ? run->seed : own);
}
