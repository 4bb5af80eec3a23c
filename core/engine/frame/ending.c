/* Runs that end before their last round: run.stop_at and run.patience. Both look at evaluations alone, and worker 0
 * decides, so that all workers end in the same round. */
#include "engine/frame/frame.h"

#include "base/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum comparison { AT_LEAST, AT_MOST, MORE, LESS, COMPARISONS } comparison;

static const char *const signs[COMPARISONS] = {">=", "<=", ">", "<"};

typedef struct condition {
    char name[64];
    comparison how;
    double limit;
} condition;

/* By the clock where there is one, since that goes on between records. */
static double known(const kith_progress *p, const char *name)
{
    return strcmp(name, KITH_METRIC_virtual_time) == 0 ? p->virtual_time : p->latest[kith_metric_place(name)];
}

/* One condition, up to the next & or the end; NULL: it is none. */
static const char *read_condition(const char *text, condition *out)
{
    const size_t name = strcspn(text += strspn(text, " "), " <>=&");
    const char *sign = text + name + strspn(text + name, " ");
    const char *end = NULL;
    if (name == 0 || name >= sizeof out->name) return NULL;
    memcpy(out->name, text, name);
    out->name[name] = '\0';
    for (out->how = AT_LEAST; out->how < COMPARISONS; out->how++)
        if (strncmp(sign, signs[out->how], strlen(signs[out->how])) == 0) break;
    if (out->how == COMPARISONS) return NULL;
    sign += strlen(signs[out->how]);
    sign += strspn(sign, " ");
    out->limit = kith_number(sign, &end);
    if (end == sign || isnan(out->limit)) return NULL;
    return end + strspn(end, " ");
}

kith_status kith_run_check_ending(kith_ctx *ctx, const kith_run *run)
{
    for (const char *text = run->run.stop_at; *text;) {
        condition c;
        text = read_condition(text, &c);
        if (!text || (*text && *text != '&') || (*text == '&' && !text[1 + strspn(text + 1, " ")]))
            return kith_config_refuse(ctx, run->config, "run", "stop_at",
                                      "it is no condition; write NAME >= NUMBER, or <=, > or < in place of >=, with & "
                                      "between several, as in test_accuracy >= 0.9");
        if (kith_metric_place(c.name) == KITH_METRIC_COUNT || strncmp(c.name, "wall_", 5) == 0)
            return kith_config_refuse(ctx, run->config, "run", "stop_at",
                                      "%s ends no run; 'kith info metrics' lists what does: all that is no family "
                                      "(with ... at its end) and no wall time, which differs from run to run",
                                      c.name);
        text += *text == '&';
    }
    return KITH_OK;
}

static bool is_met(const kith_progress *p, const condition *c)
{
    const double value = known(p, c->name);
    const bool met[COMPARISONS] = {[AT_LEAST] = value >= c->limit,
                                   [AT_MOST] = value <= c->limit,
                                   [MORE] = value > c->limit,
                                   [LESS] = value < c->limit};
    return met[c->how];
}

static bool all_met(const kith_run *run)
{
    for (const char *text = run->run.stop_at; *text; text += *text == '&') {
        condition c;
        text = read_condition(text, &c);
        if (!text || !is_met(&run->progress, &c)) return false;
    }
    return *run->run.stop_at != '\0';
}

/* What a run is judged by, the greater the better: what leads among what is known; NaN: nothing is. */
static double merit(const kith_progress *p)
{
    const size_t lead = kith_progress_leading(p);
    if (lead == KITH_METRIC_COUNT) return NAN;
    return kith_metric_at(lead)->better == KITH_BETTER_DOWN ? -p->latest[lead] : p->latest[lead];
}

/* Counts evaluations since the best one. */
static bool is_stuck(kith_run *run)
{
    const double now = merit(&run->progress);
    if (now > run->best || (isnan(run->best) && !isnan(now))) {
        run->best = now;
        run->stuck = 0;
        return false;
    }
    return ++run->stuck >= (uint64_t)run->run.patience && run->run.patience > 0;
}

/* A condition on what the run does not have never holds. */
static void note_unknown(kith_ctx *ctx, kith_run *run)
{
    for (const char *text = run->run.stop_at; *text; text += *text == '&') {
        condition c;
        text = read_condition(text, &c);
        if (!text) return;
        if (!isnan(known(&run->progress, c.name))) continue;
        kith_note(ctx, "run.stop_at = %s never holds: the run has no %s", run->run.stop_at, c.name);
        return;
    }
}

kith_status kith_run_ends(kith_ctx *ctx, kith_run *run, bool last, bool *out)
{
    if (!run->looked && !last) note_unknown(ctx, run);
    run->looked = true;
    const bool stuck = is_stuck(run), met = all_met(run);
    *out = (stuck || met) && kith_exchange_place(run->exchange)->worker == 0;
    if (!run->run.patience && !*run->run.stop_at) return KITH_OK;
    KITH_TRY(kith_exchange_agree(run->exchange, KITH_OK, out));
    if (last) return KITH_OK;
    if (*out && met)
        kith_note(ctx, "the run ends in round %llu of %llu, since run.stop_at = %s holds",
                  (unsigned long long)run->progress.round, (unsigned long long)run->progress.rounds, run->run.stop_at);
    else if (*out)
        kith_note(ctx,
                  "the run ends in round %llu of %llu, since the last %lld evaluations were no better than one before "
                  "(run.patience)",
                  (unsigned long long)run->progress.round, (unsigned long long)run->progress.rounds,
                  (long long)run->run.patience);
    return KITH_OK;
}
