#include "engine/work/settings.h"

#include "base/shorten.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT(table)         (sizeof(table) / sizeof(table)[0])
#define RUN(field)           offsetof(kith_run_config, field)
#define ATTACK(field)        offsetof(kith_attack_config, field)
#define SERVER(field)        offsetof(kith_server_config, field)
#define LOCAL(field)         offsetof(kith_local_config, field)
#define PART(field)          offsetof(kith_participation_config, field)
#define DECENTRALIZED(field) offsetof(kith_decentralized_config, field)
#define WALK(field)          offsetof(kith_walk_config, field)
#define EVAL(field)          offsetof(kith_eval_config, field)
#define CHECKPOINT(field)    offsetof(kith_checkpoint_config, field)

const kith_param kith_run_params[] = {
    {"algorithm", KITH_TYPE_STRING, 0, RUN(algorithm), "afa-cd", "", "", "The algorithm plugin."},
    {"model", KITH_TYPE_STRING, 0, RUN(model), "mlp", "", "", "The model plugin."},
    {"dataset", KITH_TYPE_STRING, 0, RUN(dataset), "glyphs", "", "", "The data set plugin."},
    {"topology", KITH_TYPE_STRING, 0, RUN(topology), "star", "", "", "The topology plugin."},
    {"game", KITH_TYPE_STRING, 0, RUN(game), "team-trap", "", "",
     "The game plugin, in place of model, data set and topology, of algorithms whose policies play."},
    {"learners", KITH_TYPE_INT, 0, RUN(learners), "100", "1..4294967294", "learners", "How many learners there are."},
    {"rounds", KITH_TYPE_INT, 0, RUN(rounds), "100", "1..1000000000", "rounds",
     "How many rounds (server steps) to make."},
    {"seed", KITH_TYPE_INT, 0, RUN(seed), "1", "0..", "", "The seed of every random stream."},
    {"seed_data", KITH_TYPE_INT, 0, RUN(seed_data), "-1", "-1..", "",
     "The seed of generated data and of the partition; -1: run.seed."},
    {"seed_init", KITH_TYPE_INT, 0, RUN(seed_init), "-1", "-1..", "", "The seed of the initial model; -1: run.seed."},
    {"seed_participation", KITH_TYPE_INT, 0, RUN(seed_participation), "-1", "-1..", "",
     "The seed of who takes part, when, and for how long; -1: run.seed."},
    {"seed_batches", KITH_TYPE_INT, 0, RUN(seed_batches), "-1", "-1..", "",
     "The seed of batches and gradient noise; -1: run.seed."},
    {"init", KITH_TYPE_PATH, 0, RUN(init), "", "", "",
     "A file with the model that every learner begins at: a run's model.npy or model.safetensors, or such tensors from "
     "PyTorch; empty: one is drawn."},
    {"output", KITH_TYPE_PATH, 0, RUN(output), "", "", "",
     "The folder for results; empty: runs/ and the configuration file's name; ~/ is the home folder."},
    {"filters", KITH_TYPE_STRING, 0, RUN(filters), "", "", "",
     "What happens to a message before it is sent, as clip(norm=1), top-k(share=0.01); in this order."},
};
const size_t kith_run_param_count = COUNT(kith_run_params);

const kith_param kith_attack_params[] = {
    {"learners", KITH_TYPE_STRING, 0, ATTACK(learners), "", "", "",
     "Who attacks: a share of all with a point, as 0.2, or some by number, as 0, 3, 7; empty: nobody."},
    {"filters", KITH_TYPE_STRING, 0, ATTACK(filters), "", "", "",
     "What attackers make of messages, as sign-flip(scale=4); several are parted by commas."},
};
const size_t kith_attack_param_count = COUNT(kith_attack_params);

const kith_param kith_server_params[] = {
    {"filters", KITH_TYPE_STRING, 0, SERVER(filters), "", "", "",
     "What happens to the messages of a step before the algorithm gets them, as bucketing, median."},
};
const size_t kith_server_param_count = COUNT(kith_server_params);

const kith_param kith_local_params[] = {
    {"lr", KITH_TYPE_REAL, 0, LOCAL(lr), "0.1", "(0,inf)", "", "The local learning rate."},
    {"lr_schedule", KITH_TYPE_CHOICE, 0, LOCAL(lr_schedule), "constant", "constant|step|cosine|inverse-sqrt", "",
     "How the local learning rate changes with the round a visit starts from."},
    {"lr_decay", KITH_TYPE_REAL, 0, LOCAL(lr_decay), "0.1", "(0,1]", "",
     "The factor of the step schedule; what the cosine ends at, as a share of lr."},
    {"lr_every", KITH_TYPE_INT, 0, LOCAL(lr_every), "100", "1..", "rounds",
     "How many rounds lie between two drops of the step schedule; the time scale of inverse-sqrt."},
    {"optimizer", KITH_TYPE_CHOICE, 0, LOCAL(optimizer), "sgd", "sgd|adamw", "",
     "How gradients become steps; its state restarts in every visit of a client and is kept by a decentralized "
     "learner."},
    {"momentum", KITH_TYPE_REAL, 0, LOCAL(momentum), "0", "[0,1)", "", "Heavy-ball momentum (sgd)."},
    {"beta1", KITH_TYPE_REAL, 0, LOCAL(beta1), "0.9", "[0,1)", "", "The decay of the gradients' mean (adamw)."},
    {"beta2", KITH_TYPE_REAL, 0, LOCAL(beta2), "0.999", "[0,1)", "",
     "The decay of the squared gradients' mean (adamw)."},
    {"epsilon", KITH_TYPE_REAL, 0, LOCAL(epsilon), "1e-8", "(0,inf)", "",
     "Added to the root of the squared gradients' mean (adamw)."},
    {"weight_decay", KITH_TYPE_REAL, 0, LOCAL(weight_decay), "0", "[0,inf)", "",
     "Adds this multiple of the model to each gradient."},
    {"batch", KITH_TYPE_INT, 0, LOCAL(batch), "32", "0..1048576", "examples",
     "Examples in a batch; 0: all that the learner has."},
    {"batches", KITH_TYPE_CHOICE, 0, LOCAL(batches), "epoch", "epoch|replacement", "",
     "Batches are cut from a new permutation in each epoch, or drawn with replacement."},
    {"steps", KITH_TYPE_INT, 0, LOCAL(steps), "10", "1..1000000000", "",
     "Local work in a visit, in units of local.unit."},
    {"steps_kind", KITH_TYPE_CHOICE, 0, LOCAL(steps_kind), "constant", "constant|uniform", "",
     "Every visit makes `steps`, or a number drawn uniformly from 1 to 2 * steps."},
    {"unit", KITH_TYPE_CHOICE, 0, LOCAL(unit), "steps", "steps|epochs|seconds", "",
     "What `steps` counts: gradient steps, or passes over the learner's examples. seconds: as many gradient steps as "
     "end within local.deadline."},
    {"deadline", KITH_TYPE_REAL, 0, LOCAL(deadline), "0", "[0,inf)", "s",
     "A visit makes no step that would end later than this, in virtual time from its first step on, but at least one; "
     "0: no deadline."},
};
const size_t kith_local_param_count = COUNT(kith_local_params);

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

const kith_param kith_walk_params[] = {
    {"tokens", KITH_TYPE_INT, 0, WALK(tokens), "16", "1..1000000000", "tokens",
     "How many tokens walk, each on its own."},
    {"hops", KITH_TYPE_INT, 0, WALK(hops), "1000", "1..4000000000", "hops",
     "How many hops each token makes in a round."},
    {"start", KITH_TYPE_INT, 0, WALK(start), "0", "-1..4294967294", "",
     "The learner that all tokens start at; -1: each draws one from the walk's target."},
    {"lr_power", KITH_TYPE_REAL, 0, WALK(lr_power), "0.9", "[0,2]", "",
     "b: the n-th hop's learning rate is (n+1)^-b times local.lr; 0: constant."},
    {"weights", KITH_TYPE_CHOICE, 0, WALK(weights), "target", "target|uniform", "",
     "What learners weigh in the objective: as the walk visits them in the long run, or alike, for which gradients are "
     "divided by N mu_i."},
    {"optimum", KITH_TYPE_BOOL, 0, WALK(optimum), "no", "", "",
     "Whether the objective's optimum is computed, and tokens' squared distances from it measured (quadratic, "
     "logistic)."},
    {"modes", KITH_TYPE_BOOL, 0, WALK(modes), "no", "", "",
     "Whether the empirical measure's variance is told for each eigenvector of the base chain, as a histogram."},
};
const size_t kith_walk_param_count = COUNT(kith_walk_params);

const kith_param kith_decentralized_params[] = {
    {"init", KITH_TYPE_CHOICE, 0, DECENTRALIZED(init), "same", "same|different", "",
     "Whether all learners start from one initial model, or each from one of its own."},
    {"merge", KITH_TYPE_BOOL, 0, DECENTRALIZED(merge), "yes", "", "",
     "Whether one more round, the last, replaces every learner's model by the mean of all."},
    {"post_rounds", KITH_TYPE_INT, 0, DECENTRALIZED(post_rounds), "0", "0..1000000000", "rounds",
     "Rounds of gossip without training after the last round of training, before the merge."},
    {"post_every", KITH_TYPE_INT, 0, DECENTRALIZED(post_every), "0", "0..", "rounds",
     "Evaluate every so many of those rounds, counted from the last round of training; 0: as eval.every has it."},
    {"before", KITH_TYPE_BOOL, 0, DECENTRALIZED(before), "no", "", "",
     "Whether evaluations test the learners' models as they were before the round's mixing, too."},
    {"leave_one_out", KITH_TYPE_BOOL, 0, DECENTRALIZED(leave_one_out), "no", "", "",
     "Whether evaluations test the mean of all models but one's, for each tested learner, and compare with the "
     "topology's contributions."},
    {"test_learners", KITH_TYPE_INT, 0, DECENTRALIZED(test_learners), "0", "0..4294967294", "learners",
     "How many learners, evenly spread, are tested one by one; 0: all."},
    {"test_examples", KITH_TYPE_INT, 0, DECENTRALIZED(test_examples), "0", "0..", "examples",
     "Each of them is tested on the first so many test examples; 0: all."},
    {"gossip_step", KITH_TYPE_REAL, 0, DECENTRALIZED(gossip_step), "0", "[0,1]", "",
     "Under run.filters, gamma of x + gamma (W c - c), c the copies that neighbours hold; less for stronger "
     "compression. 0: a learner mixes its own model with copies, or gamma = 1 where the algorithm needs sums kept."},
};
const size_t kith_decentralized_param_count = COUNT(kith_decentralized_params);

const kith_param kith_eval_params[] = {
    {"every", KITH_TYPE_INT, 0, EVAL(every), "10", "0..", "rounds",
     "Evaluate every so many rounds; 0: only at the end."},
    {"lane", KITH_TYPE_INT, 0, EVAL(lane), "250", "1..1048576", "examples",
     "Test examples that are evaluated together; part of the result's bits."},
    {"target", KITH_TYPE_REALS, 0, EVAL(target), "", "(0,1]", "",
     "Test accuracies; the rounds, bytes and virtual time until each is first reached are recorded."},
    {"per_learner", KITH_TYPE_BOOL, 0, EVAL(per_learner), "no", "", "",
     "Whether each evaluation tests the model on every learner's own data too (those held out, with data.validation)."},
    {"gradient_norm", KITH_TYPE_BOOL, 0, EVAL(gradient_norm), "no", "", "",
     "Whether each evaluation takes the full gradient of every learner: its squared norm and the learners' "
     "dissimilarity."},
    {"gradient_weights", KITH_TYPE_CHOICE, 0, EVAL(gradient_weights), "equal", "equal|examples", "",
     "How learners' losses are weighed in the full gradient."},
};
const size_t kith_eval_param_count = COUNT(kith_eval_params);

const kith_param kith_checkpoint_params[] = {
    {"every", KITH_TYPE_INT, 0, CHECKPOINT(every), "0", "0..", "rounds",
     "Write a checkpoint every so many rounds; 0: by time only."},
    {"seconds", KITH_TYPE_REAL, 0, CHECKPOINT(seconds), "600", "[0,inf)", "s",
     "Write a checkpoint when so much time has passed since the last one; 0: by rounds only."},
    {"keep", KITH_TYPE_INT, 0, CHECKPOINT(keep), "1", "1..1000000", "checkpoints", "How many of the newest to keep."},
    {"on_stop", KITH_TYPE_BOOL, 0, CHECKPOINT(on_stop), "yes", "", "",
     "Whether a run that is asked to stop writes one first."},
};
const size_t kith_checkpoint_param_count = COUNT(kith_checkpoint_params);

/* What makes a row of the table be read, as bits. */
enum {
    BY_COHORT = 1u << KITH_PARTICIPATION_COHORT,
    BY_STALENESS = 1u << KITH_PARTICIPATION_STALENESS,
    BY_CLOCK = 1u << KITH_PARTICIPATION_CLOCK,
    BY_KIND = BY_COHORT | BY_STALENESS | BY_CLOCK,
    BY_LINKS = 1u << 4, /* messages take time */
    BY_STEPS = 1u << 5, /* steps take time */
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
    return 1u << p->kind | (timed ? BY_LINKS : 0) | (timed || local->deadline > 0.0 ? BY_STEPS : 0) |
           BY_AVAILABILITY << p->availability;
}

bool kith_participation_timed(const kith_participation_config *p)
{
    return p->kind == KITH_PARTICIPATION_CLOCK || (p->kind == KITH_PARTICIPATION_COHORT && p->timed);
}

void kith_unread(kith_ctx *ctx, const kith_config *config, const char *section, const kith_param *row,
                 const char *because, const char *value)
{
    const char *text = kith_config_text(config, section, row->key);
    if (!text || !strcmp(text, row->fallback)) return;
    kith_quoted quoted;
    kith_note(ctx, "%s: %s.%s = %s has no effect with %s = %s", kith_config_source(config, section, row->key), section,
              row->key, kith_quote(text, &quoted), because, value);
}

void kith_choice_unread(kith_ctx *ctx, const kith_config *given, const kith_plugin *plugin, const void *config)
{
    const kith_param *first = plugin->params;
    char because[128], value[128];
    if (plugin->param_count == 0 || first->type != KITH_TYPE_CHOICE) return;
    const int chosen = *(const int *)(const void *)((const char *)config + first->offset);
    const char *name = first->domain;
    for (int k = 0; k < chosen; k++)
        name = strchr(name, '|') + 1;
    snprintf(because, sizeof because, "%s.%s", plugin->id, first->key);
    snprintf(value, sizeof value, "%.*s", (int)strcspn(name, "|"), name);
    for (size_t i = 1; i < plugin->param_count; i++)
        if (plugin->params[i].flags && !(plugin->params[i].flags & KITH_WITH_CHOICE(chosen)))
            kith_unread(ctx, given, plugin->id, &plugin->params[i], because, value);
}

static const kith_param *row_of(const kith_param *params, size_t count, const char *key)
{
    size_t i = 0;
    while (i + 1 < count && strcmp(params[i].key, key) != 0)
        i++;
    return &params[i];
}

void kith_run_unread(kith_ctx *ctx, const kith_config *config, bool plays, const char *algorithm)
{
    static const struct {
        const char *key;
        bool by_playing; /* else by learning */
    } rows[] = {{"model", false},        {"dataset", false},   {"topology", false},
                {"learners", false},     {"seed_data", false}, {"seed_participation", false},
                {"seed_batches", false}, {"game", true}};
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].by_playing != plays)
            kith_unread(ctx, config, "run", row_of(kith_run_params, kith_run_param_count, rows[i].key), "run.algorithm",
                        algorithm);
}

void kith_attack_unread(kith_ctx *ctx, const kith_config *config, const kith_attack_config *attack)
{
    if (!*attack->learners) kith_unread(ctx, config, "attack", &kith_attack_params[1], "attack.learners", "''");
    if (!*attack->filters) kith_unread(ctx, config, "attack", &kith_attack_params[0], "attack.filters", "''");
}

void kith_gossip_unread(kith_ctx *ctx, const kith_config *config, const kith_run_config *run)
{
    const kith_param *row = row_of(kith_decentralized_params, kith_decentralized_param_count, "gossip_step");
    if (!*run->filters) kith_unread(ctx, config, "decentralized", row, "run.filters", "''");
}

kith_status kith_filterless_check(kith_ctx *ctx, const kith_config *config, const char *role)
{
    static const char *const sections[] = {"run", "attack", "server"};
    for (size_t i = 0; i < COUNT(sections); i++) {
        const char *text = kith_config_text(config, sections[i], "filters");
        if (text && *text)
            return kith_config_refuse(
                ctx, config, sections[i], "filters",
                "%s algorithms have no filters; leave it empty, or choose a federated or a decentralized one", role);
    }
    return KITH_OK;
}

static void say_unread_steps(kith_ctx *ctx, const kith_config *config, const kith_local_config *local)
{
    if (local->unit != KITH_UNIT_SECONDS) return;
    kith_unread(ctx, config, "local", row_of(kith_local_params, kith_local_param_count, "steps"), "local.unit",
                "seconds");
    kith_unread(ctx, config, "local", row_of(kith_local_params, kith_local_param_count, "steps_kind"), "local.unit",
                "seconds");
}

void kith_participation_unread(kith_ctx *ctx, const kith_config *config, const kith_participation_config *p,
                               const kith_local_config *local)
{
    static const char *const kinds[] = {"cohort", "staleness", "clock"};
    static const char *const availabilities[] = {"always", "trace", "diurnal", "markov"};
    for (size_t i = 0; i < COUNT(readers); i++) {
        if (readers[i].by & what_reads(p, local)) continue;
        const kith_param *row = row_of(kith_participation_params, kith_participation_param_count, readers[i].key);
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
                             const kith_local_config *local, const kith_decentralized_config *decentralized,
                             const char *algorithm)
{
    KITH_TRY(check_deadline(ctx, config, p, local));
    if (!decentralized->before) return KITH_OK;
    return kith_config_refuse(ctx, config, "decentralized", "before",
                              "pairs of %s meet all through a round, so no moment is before the mixing; set it to no",
                              algorithm);
}

void kith_local_unread(kith_ctx *ctx, const kith_config *config, const kith_local_config *local, const char *algorithm,
                       bool optimizes)
{
    static const struct {
        const char *key;
        int optimizer; /* -1: of any */
    } rows[] = {{"optimizer", -1},
                {"momentum", KITH_OPTIMIZER_SGD},
                {"beta1", KITH_OPTIMIZER_ADAMW},
                {"beta2", KITH_OPTIMIZER_ADAMW},
                {"epsilon", KITH_OPTIMIZER_ADAMW}};
    static const char *const names[] = {"sgd", "adamw"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (optimizes && (rows[i].optimizer < 0 || rows[i].optimizer == local->optimizer)) continue;
        kith_unread(ctx, config, "local", row_of(kith_local_params, kith_local_param_count, rows[i].key),
                    optimizes ? "local.optimizer" : "run.algorithm", optimizes ? names[local->optimizer] : algorithm);
    }
}

void kith_flips_unread(kith_ctx *ctx, const kith_config *config, const kith_data_config *data)
{
    static const char *const keys[] = {"flip", "flip_share"};
    for (size_t i = 0; data->flipped <= 0.0 && i < COUNT(keys); i++)
        kith_unread(ctx, config, "data", row_of(kith_data_params, kith_data_param_count, keys[i]), "data.flipped", "0");
}

kith_status kith_clockless_check(kith_ctx *ctx, const kith_config *config, const kith_local_config *local,
                                 const char *role)
{
    if (local->deadline > 0.0)
        return kith_config_refuse(ctx, config, "local", "deadline",
                                  "%s rounds have no clock; leave it 0, or choose a federated algorithm", role);
    if (local->unit == KITH_UNIT_SECONDS)
        return kith_config_refuse(ctx, config, "local", "unit", "%s rounds have no clock; choose steps or epochs",
                                  role);
    return KITH_OK;
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
