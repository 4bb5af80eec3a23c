#include "launch/commands/sweep/halving.h"

#include "base/metrics.h"
#include "config/config.h"
#include "engine/work/settings.h"
#include "launch/commands/sweep/table.h"
#include "launch/services/results/groups.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- rungs ---- */

static kith_status check_halving(kith_ctx *ctx, const sweep_plan *plan, const struct kith_config *config)
{
    const char *every = kith_config_text(config, "eval", "every"),
               *stop = kith_config_text(config, "checkpoint", "on_stop");
    if (plan->settings.halving == 1)
        return kith_config_refuse(ctx, plan->given, "sweep", "halving",
                                  "one in one would go on; take 2 or more, or 0 for no halving");
    if (!every || strcmp(every, "0") == 0)
        return kith_config_refuse(ctx, config, "eval", "every",
                                  "sweep.halving goes by evaluations on the way; set it above 0");
    if (!stop || strcmp(stop, "yes") != 0)
        return kith_config_refuse(ctx, config, "checkpoint", "on_stop",
                                  "sweep.halving halts runs with a checkpoint; set it to yes");
    for (size_t i = 0; i < plan->axes; i++) {
        const sweep_axis *a = &plan->axis[i];
        const bool rounds = strcmp(a->section, "run") == 0 && strcmp(a->key, "rounds") == 0;
        if (!rounds && !(strcmp(a->section, "eval") == 0 && strcmp(a->key, "every") == 0)) continue;
        return kith_fail(
            ctx, KITH_ECONFIG,
            "%s: sweep.%s.%s: sweep.halving compares runs after as many rounds; give all of them one value", a->source,
            a->section, a->key);
    }
    return KITH_OK;
}

/* The next round that is evaluated. */
static uint64_t evaluated(uint64_t round, uint64_t every)
{
    return (round + every - 1) / every * every;
}

kith_status sweep_halving_plan(kith_ctx *ctx, sweep_plan *plan, const struct kith_config *config,
                               const struct kith_run *run)
{
    if (plan->settings.halving == 0) return KITH_OK;
    KITH_TRY(check_halving(ctx, plan, config));
    const uint64_t rounds = (uint64_t)kith_run_bound(run).run->rounds;
    const uint64_t every = strtoull(kith_config_text(config, "eval", "every"), NULL, 10);
    uint64_t round = evaluated((uint64_t)plan->settings.halving_from, every);
    for (; round < rounds && plan->rungs < SWEEP_MOST_RUNGS; plan->rungs++) {
        plan->rung[plan->rungs] = round;
        if (round > rounds / (uint64_t)plan->settings.halving) round = rounds;
        round = evaluated(round * (uint64_t)plan->settings.halving, every);
    }
    if (plan->rungs) return KITH_OK;
    return kith_config_refuse(ctx, plan->given, "sweep", "halving_from",
                              "runs are first compared in round %" PRIu64 ", and have %" PRIu64
                              "; take fewer, with eval.every = %" PRIu64 " or less",
                              round, rounds, every);
}

uint64_t sweep_halving_round(const sweep_plan *plan, size_t rung)
{
    return rung < plan->rungs ? plan->rung[rung] : UINT64_MAX;
}

static size_t go_on(const sweep_plan *plan, size_t candidates)
{
    const size_t some = candidates / (size_t)plan->settings.halving;
    return some ? some : candidates > 0;
}

/* A configuration is as many points as it has seeds; one that is the same as an earlier one is none. */
static bool is_candidate(const sweep_plan *plan, size_t point)
{
    return point % plan->repeats == 0 && !sweep_plan_twin(plan, point);
}

void sweep_halving_tell(const sweep_plan *plan, char *text, size_t size)
{
    size_t candidates = 0, used = 0;
    for (size_t i = 0; i < plan->points; i++)
        candidates += is_candidate(plan, i);
    *text = '\0';
    for (size_t k = 0; k < plan->rungs && used < size; k++) {
        used += (size_t)snprintf(text + used, size - used, "%s%zu%s to round %" PRIu64, k ? ", " : "", candidates,
                                 k ? "" : " configurations", plan->rung[k]);
        candidates = go_on(plan, candidates);
    }
    if (used < size) snprintf(text + used, size - used, ", %zu to the end", candidates);
}

/* ---- who goes on ---- */

typedef struct candidate {
    size_t point; /* the first of it */
    double value; /* the greater the better; NaN: it does not go on */
} candidate;

typedef struct ladder {
    const sweep_plan *plan;
    kith_results results;
    const kith_result **run; /* (points) NULL: there is none */
    candidate *candidate;
    size_t candidates;
    const char *metric;
    char room[64]; /* of its name */
} ladder;

static bool anyone_has(const void *arg, const char *metric)
{
    const ladder *l = arg;
    for (size_t r = 0; r < l->results.count; r++)
        if (kith_result_series(l->results.run[r], metric)) return true;
    return false;
}

/* The first of sweep.metrics, else what leads. */
static kith_status choose_metric(kith_ctx *ctx, ladder *l)
{
    const char *list = l->plan->settings.metrics + strspn(l->plan->settings.metrics, " \t");
    snprintf(l->room, sizeof l->room, "%.*s", (int)strcspn(list, ", \t"), list);
    l->metric = *l->room ? l->room : kith_metric_leading(anyone_has, l);
    if (!anyone_has(l, l->metric))
        return kith_config_refuse(ctx, l->plan->given, "sweep", "metrics",
                                  "no run has a metric %s to be halved by; name one that runs record", l->metric);
    if (kith_metric_better(l->results.declared, l->metric) != KITH_BETTER_NONE) return KITH_OK;
    return kith_config_refuse(ctx, l->plan->given, "sweep", "metrics",
                              "it is not known whether more or less of %s is better, so runs cannot be halved by it; "
                              "put another one first",
                              l->metric);
}

static bool has(const kith_result *run, const char *status)
{
    return run && strcmp(run->status, status) == 0;
}

/* Of a run that ended by itself on the way, its last. */
static double value_of(const ladder *l, size_t point, uint64_t round)
{
    const kith_result *run = l->run[point];
    if (!run || has(run, "failed")) return NAN;
    const double there = kith_result_at(run, l->metric, round);
    return isnan(there) && has(run, "done") ? kith_result_last(run, l->metric) : there;
}

static void judge(const ladder *l, candidate *c, uint64_t round)
{
    kith_spread s = {0};
    const double sign = kith_metric_better(l->results.declared, l->metric) == KITH_BETTER_UP ? 1 : -1;
    for (size_t i = c->point; i < c->point + l->plan->repeats; i++)
        kith_spread_add(&s, value_of(l, i, round));
    c->value = s.count == l->plan->repeats ? sign * kith_spread_mean(&s) : NAN;
}

static int by_value(const void *a_, const void *b_)
{
    const candidate *a = a_, *b = b_;
    if (isnan(a->value) != isnan(b->value)) return isnan(a->value) ? 1 : -1;
    if (a->value != b->value && !isnan(a->value)) return a->value > b->value ? -1 : 1;
    return (a->point > b->point) - (a->point < b->point);
}

static int by_point(const void *a_, const void *b_)
{
    const candidate *a = a_, *b = b_;
    return (a->point > b->point) - (a->point < b->point);
}

static void note_cut(kith_ctx *ctx, const ladder *l, size_t rung, size_t places)
{
    char best[SWEEP_LABEL_SIZE], next[SWEEP_LABEL_SIZE];
    const candidate *c = l->candidate;
    const uint64_t round = sweep_halving_round(l->plan, rung);
    sweep_plan_label(l->plan, c[0].point, false, best, sizeof best);
    kith_note(ctx, "round %" PRIu64 ": %zu of %zu configurations go on; the best by %s: %s (%.4g)", round, places,
              l->candidates, l->metric, best, fabs(c[0].value));
    if (places == 0 || places == l->candidates || c[places - 1].value != c[places].value) return;
    sweep_plan_label(l->plan, c[places - 1].point, false, best, sizeof best);
    sweep_plan_label(l->plan, c[places].point, false, next, sizeof next);
    kith_note(ctx,
              "round %" PRIu64
              ": a tie: %s and %s both have %s %.6g; the first of them goes on, since it comes first in "
              "the sweep",
              round, best, next, l->metric, fabs(c[places].value));
}

/* Cuts the candidates to those that go on from a rung. */
static void cut(kith_ctx *ctx, ladder *l, size_t rung, bool told)
{
    size_t places = go_on(l->plan, l->candidates), good = 0;
    for (size_t k = 0; k < l->candidates; k++)
        judge(l, &l->candidate[k], sweep_halving_round(l->plan, rung));
    qsort(l->candidate, l->candidates, sizeof *l->candidate, by_value);
    while (good < l->candidates && !isnan(l->candidate[good].value))
        good++;
    if (places > good) places = good;
    if (told && l->candidates && good) note_cut(ctx, l, rung, places);
    l->candidates = places;
    qsort(l->candidate, places, sizeof *l->candidate, by_point);
}

static bool is_due(const ladder *l, size_t point, size_t rung, bool anew)
{
    const kith_result *run = l->run[point];
    const uint64_t round = sweep_halving_round(l->plan, rung);
    if (sweep_plan_twin(l->plan, point) || has(run, "done")) return false;
    if (has(run, "failed")) return anew;
    /* one that was killed may have come there and left no checkpoint */
    return !run || round == UINT64_MAX || kith_result_rounds(run) < round || has(run, "running");
}

static void fill(const ladder *l, size_t rung, bool anew, uint64_t *due)
{
    memset(due, 0, l->plan->points * sizeof *due);
    for (size_t k = 0; k < l->candidates; k++)
        for (size_t i = l->candidate[k].point; i < l->candidate[k].point + l->plan->repeats; i++)
            due[i] = is_due(l, i, rung, anew);
}

static kith_status climb(kith_ctx *ctx, ladder *l, size_t rung, bool anew, uint64_t *due)
{
    KITH_TRY(KITH_ALLOC(ctx, "runs of the sweep", l->plan->points, &l->run));
    KITH_TRY(KITH_ALLOC(ctx, "runs of the sweep", l->plan->points, &l->candidate));
    sweep_place_runs(l->plan, &l->results, l->run);
    for (size_t i = 0; i < l->plan->points; i++)
        if (is_candidate(l->plan, i)) l->candidate[l->candidates++].point = i;
    if (rung > 0) KITH_TRY(choose_metric(ctx, l));
    for (size_t k = 0; k < rung; k++)
        cut(ctx, l, k, k + 1 == rung);
    fill(l, rung, anew, due);
    return KITH_OK;
}

kith_status sweep_halving_due(kith_ctx *ctx, const sweep_plan *plan, size_t rung, bool anew, uint64_t *due)
{
    ladder l = {.plan = plan};
    KITH_TRY(kith_results_read_live(ctx, plan->folder, &l.results));
    const kith_status status = climb(ctx, &l, rung, anew, due);
    kith_free(l.run);
    kith_free(l.candidate);
    kith_results_free(&l.results);
    return status;
}
