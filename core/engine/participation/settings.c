#include "engine/participation/settings.h"

#include <string.h>

enum { USUAL_ARRIVALS = 10 };

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
#define PART(field)  offsetof(kith_participation_config, field)

const kith_param kith_participation_params[] = {
    {"kind", KITH_TYPE_CHOICE, 0, PART(kind), "cohort", "cohort|staleness|clock|file", "",
     "Synchronous cohorts, arrivals with drawn staleness, a virtual clock, or what a file tells of another run."},
    {"file", KITH_TYPE_PATH, "kind = file", PART(file), "", "", "",
     "Who takes part in which step, as kith export --arrivals writes it (file)."},
    {"arrivals", KITH_TYPE_INT, 0, PART(arrivals), "0", "0..", "messages",
     "Messages the server folds in each step; the most, where learners may drop out or be missing; 0: 10, or as many "
     "as there are learners."},
    {"weights", KITH_TYPE_CHOICE, "kind = cohort|staleness", PART(weights), "uniform", "uniform|examples|power|file",
     "", "How likely each learner is to be drawn: alike, by its examples, as (i+1)^skew, or from a file."},
    {"skew", KITH_TYPE_REAL, "weights = power", PART(skew), "1", "", "", "The exponent of weights = power."},
    {"weights_file", KITH_TYPE_PATH, "weights = file", PART(weights_file), "", "", "",
     "One weight a line, learner by learner, for weights = file."},
    {"select", KITH_TYPE_CHOICE, "kind = cohort", PART(select), "weights", "weights|rpow-d|oort|fedcs|norm", "",
     "Who is chosen: by weights alone; of candidates those of greatest last loss; by Oort's utility; of candidates "
     "those "
     "that end in time; by the norm of the last message."},
    {"candidates", KITH_TYPE_INT, "select = rpow-d|fedcs", PART(candidates), "0", "0..", "learners",
     "d: learners drawn by weight, of whom some are chosen; 0: twice as many as are sampled, at most all."},
    {"explore", KITH_TYPE_REAL, "select = oort", PART(explore), "0.9", "[0,1]", "",
     "The share of learners never seen among those that Oort chooses, in round 0."},
    {"explore_decay", KITH_TYPE_REAL, "explore > 0", PART(explore_decay), "0.98", "(0,1]", "",
     "What that share is multiplied with in each round."},
    {"explore_least", KITH_TYPE_REAL, "explore > 0", PART(explore_least), "0.2", "[0,1]", "",
     "What it does not fall below."},
    {"preferred", KITH_TYPE_REAL, "select = oort & clock.timed = yes", PART(preferred), "0", "[0,inf)", "s",
     "T: utilities of learners whose visits are expected to last t > T are multiplied with (T/t)^penalty; 0: "
     "nobody's."},
    {"penalty", KITH_TYPE_REAL, "preferred > 0", PART(penalty), "2", "[0,inf)", "", "The exponent of that factor."},
    {"before", KITH_TYPE_REAL, "select = fedcs & clock.timed = yes", PART(before), "0", "[0,inf)", "s",
     "The deadline of select = fedcs: chosen is whose visit is expected to last no longer, or the quickest candidate."},
    {"replacement", KITH_TYPE_BOOL, "kind = staleness", PART(replacement), "no", "", "",
     "Whether a learner may arrive more than once in a step (staleness)."},
    {"delay", KITH_TYPE_CHOICE, "kind = staleness", PART(delay), "uniform", "uniform|constant", "",
     "Versions are drawn from the last `staleness`, or are exactly `staleness` old (staleness)."},
    {"staleness", KITH_TYPE_INT, "kind = staleness", PART(staleness), "5", "0..1000000", "versions",
     "How many versions back a visit may start from, the current one counted (delay = uniform), or the delay."},
    {"concurrency", KITH_TYPE_INT, "kind = clock", PART(concurrency), "0", "0..", "learners",
     "Learners busy at a time; 0: all (clock)."},
    {"wait", KITH_TYPE_BOOL, "kind = clock", PART(wait), "no", "", "",
     "Whether who delivered idles until the server's step (clock)."},
    {"dropout", KITH_TYPE_REAL, "kind != file", PART(dropout), "0", "[0,0.99]", "",
     "The probability that a learner vanishes during a visit; its message never arrives."},
    {"oversample", KITH_TYPE_INT, "kind = cohort", PART(oversample), "0", "0..", "learners",
     "Learners sampled beyond `arrivals`; the first `arrivals` messages are folded, later ones thrown away (cohort)."},
    {"timeout", KITH_TYPE_REAL, "clock.timed = yes", PART(timeout), "0", "[0,inf)", "s",
     "How long a timed round waits for messages that do not come or come late; 0: the server is told at once who is "
     "lost "
     "(cohort)."},
    {"availability", KITH_TYPE_CHOICE, "kind != file", PART(availability), "always", "always|trace|diurnal|markov", "",
     "When a learner may start a visit: always, by a file, by the time of day, or switching on and off."},
    {"short", KITH_TYPE_CHOICE, "availability != always & kind != clock", PART(shortage), "wait", "wait|take", "",
     "Where fewer learners are available than sampled: wait until there are enough, or take those there are."},
    {"trace", KITH_TYPE_PATH, "availability = trace", PART(trace), "", "", "",
     "A file of lines `learner,start,end`, in seconds: who is available when (availability = trace)."},
    {"trace_period", KITH_TYPE_REAL, "availability = trace", PART(trace_period), "0", "[0,inf)", "s",
     "After how long the trace begins again; 0: at its last end."},
    {"available", KITH_TYPE_REAL, "availability = diurnal|markov", PART(available), "0.5", "[0.001,1]", "",
     "The share of time a learner is available, in the mean over learners (diurnal, markov)."},
    {"available_spread", KITH_TYPE_REAL, "availability = diurnal|markov", PART(available_spread), "0", "[0,1]", "",
     "Learners' shares are uniform within this of `available`, clipped to 0.001..1 (diurnal, markov)."},
    {"diurnal_period", KITH_TYPE_REAL, "availability = diurnal", PART(diurnal_period), "24", "(0,inf)", "s",
     "The length of a day, two slots at least (diurnal)."},
    {"diurnal_amplitude", KITH_TYPE_REAL, "availability = diurnal", PART(diurnal_amplitude), "0.5", "[0,1]", "",
     "How far the probability swings, as a share of the learner's mean (diurnal)."},
    {"diurnal_phases", KITH_TYPE_REAL, "diurnal_amplitude > 0", PART(diurnal_phases), "1", "[0,1]", "",
     "Over what share of the day learners' phases are spread; 0: all have noon at once (diurnal)."},
    {"stability", KITH_TYPE_REAL, "availability = markov", PART(stability), "0.9", "[0,0.9999]", "",
     "The probability that a slot keeps the state of the one before, other than by chance (markov)."},
    {"slot", KITH_TYPE_REAL, "availability = diurnal|markov", PART(slot), "1", "(0,inf)", "s",
     "How long a state lasts at least (diurnal, markov)."},
};
const size_t kith_participation_param_count = COUNT(kith_participation_params);

bool kith_plan_selects(const kith_participation_config *p)
{
    return p->kind == KITH_PARTICIPATION_COHORT && p->select != KITH_SELECT_WEIGHTS;
}

bool kith_participation_varies(const kith_participation_config *p)
{
    const bool take = p->availability != KITH_AVAILABILITY_ALWAYS && p->shortage == KITH_SHORT_TAKE;
    const bool few = kith_plan_selects(p) && p->select == KITH_SELECT_FEDCS;
    if (p->kind == KITH_PARTICIPATION_FILE) return true;
    return few || p->dropout > 0.0 || (p->oversample > 0 && p->kind == KITH_PARTICIPATION_COHORT) ||
           (take && p->kind != KITH_PARTICIPATION_CLOCK);
}

bool kith_participation_timed(const kith_participation_config *p)
{
    return p->kind == KITH_PARTICIPATION_CLOCK || (p->kind == KITH_PARTICIPATION_COHORT && p->timed);
}

static kith_status check_deadline(kith_ctx *ctx, const kith_config *config, const kith_participation_config *p,
                                  const kith_local_config *local)
{
    if (local->unit == KITH_UNIT_SECONDS && local->deadline <= 0.0)
        return kith_config_refuse(ctx, config, "local", "unit", "it needs a deadline; set local.deadline to seconds");
    if (local->unit == KITH_UNIT_SECONDS && local->deadline / p->compute_time > 1e9)
        return kith_config_refuse(ctx, config, "local", "deadline",
                                  "more than 1e9 steps of clock.compute_time = %g s fit; choose less", p->compute_time);
    return KITH_OK;
}

static kith_status check_selection(kith_ctx *ctx, const kith_config *config, const kith_participation_config *p)
{
    if (!kith_plan_selects(p)) return KITH_OK;
    const int64_t chosen = p->arrivals + p->oversample;
    if (p->select == KITH_SELECT_FEDCS && !p->timed)
        return kith_config_refuse(ctx, config, "participation", "select",
                                  "it goes by what visits last; set clock.timed = yes");
    if (p->select == KITH_SELECT_FEDCS && p->before <= 0.0)
        return kith_config_refuse(ctx, config, "participation", "select",
                                  "it needs a deadline; set participation.before to seconds");
    if (p->candidates && p->candidates < chosen && (p->select == KITH_SELECT_RPOW_D || p->select == KITH_SELECT_FEDCS))
        return kith_config_refuse(ctx, config, "participation", "candidates",
                                  "%lld learners are chosen from them; set at least as many", (long long)chosen);
    return KITH_OK;
}

kith_status kith_participation_check(kith_ctx *ctx, const kith_config *config, const kith_participation_config *p,
                                     const kith_local_config *local)
{
    if (p->kind == KITH_PARTICIPATION_FILE && !*p->file)
        return kith_config_refuse(ctx, config, "participation", "kind",
                                  "it needs a file; set participation.file to one that kith export --arrivals wrote");
    if (p->kind == KITH_PARTICIPATION_FILE) return KITH_OK;
    KITH_TRY(check_deadline(ctx, config, p, local));
    KITH_TRY(check_selection(ctx, config, p));
    if (p->availability == KITH_AVAILABILITY_TRACE && !*p->trace)
        return kith_config_refuse(ctx, config, "participation", "availability",
                                  "it needs a file; set participation.trace to one of lines learner,start,end");
    if (p->availability == KITH_AVAILABILITY_DIURNAL && p->diurnal_period < 2.0 * p->slot)
        return kith_config_refuse(ctx, config, "participation", "diurnal_period",
                                  "a day has at least two slots; set participation.slot to at most %g",
                                  p->diurnal_period / 2.0);
    return KITH_OK;
}

void kith_participation_settle(kith_participation_config *p, const kith_local_config *local, size_t learners)
{
    const size_t busy =
        p->kind == KITH_PARTICIPATION_CLOCK && p->wait && p->concurrency ? (size_t)p->concurrency : learners;
    if (!kith_participation_timed(p) && local->deadline <= 0.0) p->times = "";
    p->links = "";
    if (!p->arrivals) p->arrivals = (int64_t)(busy < USUAL_ARRIVALS ? busy : USUAL_ARRIVALS);
}

kith_status kith_clock_check(kith_ctx *ctx, const kith_config *config, const kith_participation_config *p,
                             const kith_local_config *local)
{
    return check_deadline(ctx, config, p, local);
}
