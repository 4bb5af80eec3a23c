/* `kith sweep`: the runs of a grid, farmed over groups of workers.
 *
 * All workers read the file; the first one tries every point, looks up which runs are done, and tells the others. Then
 * each group goes its own way: its first worker claims the next run, the group makes it. All meet again at the end.
 */
#include "launch/command.h"

#include "base/call.h"
#include "base/metrics.h"
#include "base/now.h"
#include "config/config.h"
#include "exchange/exchange.h"
#include "launch/services/console.h"
#include "launch/services/progress.h"
#include "launch/services/results/listing.h"
#include "launch/commands/ended.h"
#include "launch/commands/sweep/books.h"
#include "launch/commands/sweep/dry.h"
#include "launch/commands/sweep/halving.h"
#include "launch/commands/sweep/run.h"
#include "launch/commands/sweep/table.h"
#include "launch/services/workers/launcher.h"
#include "launch/services/workers/signals.h"
#include "launch/services/workers/start.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct sweep {
    kith_ctx *ctx;
    const run_options *options;
    kith_exchange *whole;
    const kith_place *place; /* in the whole */
    sweep_plan plan;
    sweep_books books; /* of the first worker */
    sweep_group group;
    size_t groups;
    kith_board *list;  /* (2, points): digests, and whether there is anything to do */
    size_t rung;       /* of halving; one that runs make to their end is the last */
    size_t next, made; /* the next point to look at; runs that this group has made */
    kith_status worst; /* of the first run that failed */
    size_t worst_point;
    double begun; /* when runs began to be made, by kith_now() */
    bool stopped;
    bool again;                    /* other processes have begun this sweep */
    bool crashed;                  /* a plugin crashed in this group, which makes no more runs */
    char ask[LAUNCHER_AGAIN_SIZE]; /* what to ask for other processes with, or "" */
    char fingerprint[WORKER_TEXT_SIZE];
} sweep;

enum { DIGESTS = 0, DUE, ROWS };
static const uint64_t NOTHING_LEFT = UINT64_MAX;

static bool is_first(const sweep *s)
{
    return s->place->worker == 0;
}

static bool leads(const sweep *s)
{
    return s->group.place->worker == 0;
}

static const uint64_t *list_row(const sweep *s, size_t row)
{
    return kith_board_row(s->list, row);
}

/* ---- the beginning ---- */

static kith_status look_up(sweep *s)
{
    KITH_TRY(sweep_plan_resolve(s->ctx, &s->plan));
    return sweep_books_open(s->ctx, &s->plan, s->options->overwrite, s->again, s->fingerprint, &s->books);
}

/* What is due on a rung, with a note for every run that went on or did not. */
static kith_status find_due(sweep *s, uint64_t *todo)
{
    kith_ctx *notes = kith_ctx_create();
    const bool anew = s->rung == 0 && !s->again;
    const kith_status status = notes ? sweep_halving_due(notes, &s->plan, s->rung, anew, todo) : KITH_EMEMORY;
    if (status == KITH_OK && !s->options->quiet) say_notes(notes);
    if (status != KITH_OK) kith_fail(s->ctx, status, "%s", notes ? kith_ctx_message(notes) : "no memory for halving");
    kith_ctx_destroy(notes);
    return status;
}

/* The first worker's list to all. */
static kith_status tell_list(sweep *s, kith_status mine)
{
    const kith_origin rows[ROWS] = {{.row = DIGESTS}, {.row = DUE}};
    if (is_first(s) && mine == KITH_OK) {
        memcpy(kith_board_row(s->list, DIGESTS), s->plan.digest, s->plan.points * sizeof *s->plan.digest);
        uint64_t *todo = kith_board_row(s->list, DUE);
        for (size_t i = 0; i < s->plan.points; i++)
            todo[i] = !s->books.done[i];
        if (s->plan.rungs) mine = find_due(s, todo);
    }
    KITH_TRY(kith_board_publish_rows(s->list, mine, rows, ROWS, NULL));
    memcpy(s->plan.digest, list_row(s, DIGESTS), s->plan.points * sizeof *s->plan.digest);
    return sweep_plan_name_folders(s->ctx, &s->plan);
}

static void say_beginning(const sweep *s, size_t size)
{
    const sweep_books *b = &s->books;
    if (s->options->quiet || s->again) return;
    say_notes(s->ctx);
    if (b->runs < s->plan.points)
        say("note: %zu of %zu points are the same run as another one, and are made once", s->plan.points - b->runs,
            s->plan.points);
    if (b->other_build)
        say("note: %zu runs that are done were made by another build or on another processor, and may differ in their "
            "last bits; --overwrite makes all anew",
            b->other_build);
    if (size < (size_t)s->plan.settings.workers_per_run)
        say("note: sweep.workers_per_run = %lld, but there are %zu workers",
            (long long)s->plan.settings.workers_per_run, size);
    say("%zu runs into %s, %zu of them done already; groups: %zu, workers in a group: %zu", b->runs, s->plan.folder,
        b->done_before, s->groups, size);
    if (b->outdated)
        say("note: %s also holds %zu run%s that the file no longer has; reports and figures leave them out (--outdated "
            "takes them in), '" KITH_NAME " rm --outdated %s' removes them",
            s->plan.folder, b->outdated, b->outdated == 1 ? "" : "s", s->plan.folder);
    if (!s->plan.rungs) return;
    char rungs[512];
    sweep_halving_tell(&s->plan, rungs, sizeof rungs);
    say("halving: %s", rungs);
}

static kith_status form_groups(sweep *s, size_t size)
{
    kith_exchange *own = NULL;
    s->groups = (s->place->workers + size - 1) / size;
    KITH_TRY(kith_exchange_split(s->ctx, s->whole, size, s->options->domains, &own));
    return sweep_group_open(s->ctx, &s->plan, own, s->fingerprint, &s->group);
}

static kith_status begin(sweep *s)
{
    KITH_TRY(kith_exchange_agree(s->whole, sweep_plan_read(s->ctx, s->options, &s->plan), NULL));
    KITH_TRY(kith_board_create(s->ctx, s->whole, "the list of runs", ROWS, s->plan.points, sizeof(uint64_t), &s->list));
    KITH_TRY(tell_list(s, is_first(s) ? look_up(s) : KITH_OK));
    const size_t wish = (size_t)s->plan.settings.workers_per_run;
    const size_t size = wish < s->place->workers ? wish : s->place->workers;
    const kith_status status = form_groups(s, size);
    /* What goes wrong within one group must not leave the others waiting. */
    KITH_TRY(kith_exchange_agree(s->whole, status, NULL));
    if (is_first(s)) say_beginning(s, size);
    return KITH_OK;
}

/* ---- runs ---- */

/* [first worker of the group] order: the point, and whether it goes on from a checkpoint. */
static kith_status choose(sweep *s, uint64_t order[2])
{
    const uint64_t *todo = list_row(s, DUE);
    order[0] = NOTHING_LEFT;
    order[1] = 0;
    for (; s->next < s->plan.points && !signals_stop(); s->next++) {
        bool mine = false, resumable = false;
        if (!todo[s->next]) continue;
        KITH_TRY(sweep_claim(s->ctx, &s->plan, s->next, &mine));
        if (!mine) continue;
        KITH_TRY(sweep_resumable(s->ctx, &s->plan, s->next, &resumable));
        order[0] = s->next++;
        order[1] = resumable && (s->rung || !s->options->overwrite);
        return KITH_OK;
    }
    s->stopped |= s->next < s->plan.points;
    return KITH_OK;
}

enum { PROGRESS_SIZE = 128, TOLD_EVERY = 64 };

static void time_text(double seconds, char text[32])
{
    if (seconds < 90)
        snprintf(text, 32, "%.0f s", ceil(seconds));
    else if (seconds < 5400)
        snprintf(text, 32, "%.0f min", ceil(seconds / 60));
    else
        snprintf(text, 32, "%.1f h", seconds / 3600);
}

/* " (7 of 24, 1 failed, 2 running, 3 min left)". It looks at every claim, so in a long sweep not after every run. */
static void tell_progress(const sweep *s, char text[PROGRESS_SIZE])
{
    const uint64_t *todo = list_row(s, DUE);
    size_t due = 0;
    char left[32], failed[32] = "";
    for (size_t i = 0; i < s->plan.points; i++)
        due += todo[i] != 0;
    *text = '\0';
    if (due > 1000 && s->made % TOLD_EVERY != 0) return;
    const sweep_state state = sweep_progress(&s->plan, todo);
    if (state.ended == 0 || state.ended >= due) return;
    time_text((kith_now() - s->begun) / (double)state.ended * (double)(due - state.ended), left);
    if (state.failed) snprintf(failed, sizeof failed, ", %zu failed", state.failed);
    snprintf(text, PROGRESS_SIZE, " (%zu of %zu%s, %zu running, %s left)", state.ended, due, failed, state.running,
             left);
}

static void say_outcome(const sweep *s, size_t point, bool resumed, const sweep_outcome *o, double seconds)
{
    char label[SWEEP_LABEL_SIZE], numbers[128] = "", progress[PROGRESS_SIZE], how[64];
    sweep_plan_label(&s->plan, point, true, label, sizeof label);
    if (o->status != KITH_OK && o->status != KITH_ESTOPPED) {
        say("%s: failed after round %llu: %s", label, (unsigned long long)o->round, o->message);
        return;
    }
    if (s->options->quiet) return;
    if (o->lead) {
        memcpy(numbers, ", ", 3);
        kith_bar_value(numbers + 2, sizeof numbers - 2, o->lead, o->value);
    }
    tell_progress(s, progress);
    snprintf(how, sizeof how, "%s", o->status == KITH_OK ? "done" : "stopped");
    if (o->halted)
        snprintf(how, sizeof how, "round %llu of %llu", (unsigned long long)o->round, (unsigned long long)o->rounds);
    say("%s: %s%s%s, %.1f s%s", label, how, resumed ? ", resumed" : "", numbers, seconds, progress);
}

static kith_status make_one(sweep *s, size_t point, bool resume)
{
    sweep_outcome outcome;
    const double begun = kith_now();
    KITH_TRY(sweep_run_make(s->ctx, &s->group, point, resume, sweep_halving_round(&s->plan, s->rung), &outcome));
    s->made++;
    s->crashed = kith_calls_crashed();
    KITH_TRY(kith_exchange_agree(s->group.exchange, KITH_OK, &s->crashed));
    if (outcome.status == KITH_ESTOPPED)
        s->stopped = true;
    else if (outcome.status != KITH_OK && (s->worst == KITH_OK || point < s->worst_point)) {
        s->worst = outcome.status;
        s->worst_point = point;
    }
    if (leads(s) && outcome.status != KITH_ESTOPPED) sweep_claim_ended(&s->plan, point, outcome.status);
    if (leads(s)) say_outcome(s, point, resume, &outcome, kith_now() - begun);
    return KITH_OK;
}

/* Until nothing is left, or this group was asked to stop. */
static kith_status make_runs(sweep *s)
{
    s->begun = kith_now();
    s->next = 0;
    for (;;) {
        uint64_t order[2] = {NOTHING_LEFT, 0};
        const kith_status mine = leads(s) && !s->stopped && !s->crashed ? choose(s, order) : KITH_OK;
        KITH_TRY(sweep_group_tell(&s->group, mine, order));
        if (order[0] == NOTHING_LEFT) return KITH_OK;
        KITH_TRY(make_one(s, (size_t)order[0], order[1] != 0));
        /* What cannot be taken now is taken at the end, where a failure is told. */
        kith_ctx *aside = is_first(s) ? kith_ctx_create() : NULL;
        if (aside && sweep_books_take(aside, &s->books) != KITH_OK) kith_ctx_clear(aside);
        kith_ctx_destroy(aside);
    }
}

/* [first worker] The next rung: what ended is in the common database, and claims are of that rung. */
static kith_status step_up(sweep *s)
{
    KITH_TRY(sweep_books_take(s->ctx, &s->books));
    return sweep_claims_renew(s->ctx, &s->plan);
}

/* [all] Rung after rung. */
static kith_status climb(sweep *s)
{
    for (;;) {
        KITH_TRY(make_runs(s));
        bool over = s->stopped || s->crashed || s->rung == s->plan.rungs;
        KITH_TRY(kith_exchange_agree(s->whole, KITH_OK, &over));
        if (over) return KITH_OK;
        s->rung++;
        KITH_TRY(tell_list(s, is_first(s) ? step_up(s) : KITH_OK));
    }
}

/* ---- the end ---- */

static kith_status print_json(sweep *s)
{
    listing l = {.where = s->plan.folder};
    KITH_TRY(listing_read(s->ctx, &l));
    listing_json(&l, stdout);
    listing_free(&l);
    return KITH_OK;
}

/* [first worker] */
static kith_status sum_up(sweep *s, kith_status worst)
{
    sweep_tally tally;
    char how[WORKER_TEXT_SIZE / 2];
    KITH_TRY(sweep_books_take(s->ctx, &s->books));
    kith_ctx *notes = kith_ctx_create();
    FILE *out = s->options->json ? NULL : stdout;
    kith_status status = notes ? sweep_table_write(notes, &s->plan, out, &tally) : KITH_EMEMORY;
    if (notes && status == KITH_OK) say_notes(notes);
    if (status != KITH_OK)
        kith_fail(s->ctx, status, "%s", notes ? kith_ctx_message(notes) : "no memory for the sweep's table");
    kith_ctx_destroy(notes);
    KITH_TRY(status);
    if (s->options->json)
        KITH_TRY(print_json(s));
    else if (!s->options->quiet)
        printf("%sresults %s (to draw them: " KITH_NAME " report %s)\n", tally.done + tally.failed ? "\n" : "",
               s->plan.folder, s->plan.folder);
    snprintf(how, sizeof how, KITH_NAME " sweep");
    worker_add_experiment(how, sizeof how, s->options);
    if (s->stopped && tally.done + tally.failed < tally.runs)
        return kith_fail(s->ctx, KITH_ESTOPPED, "stopped; %zu of %zu runs are done; to go on: %s", tally.done,
                         tally.runs, how);
    if (s->crashed)
        return kith_fail(s->ctx, KITH_EPLUGIN, "a plugin crashed; %zu of %zu runs are done; to go on: %s", tally.done,
                         tally.runs, how);
    if (!tally.failed) return KITH_OK;
    return kith_fail(s->ctx, worst == KITH_OK ? KITH_ESTOPPED : worst, "%zu of %zu runs failed; the first: %s",
                     tally.failed, tally.runs, tally.first_failure);
}

/* [all] worst: the status of the failed run that comes first in the grid. */
static kith_status agree_on_worst(sweep *s, kith_status *worst)
{
    if (s->worst != KITH_OK) kith_exchange_blame(s->whole, (uint32_t)s->worst_point);
    *worst = kith_exchange_agree(s->whole, s->worst, &s->stopped);
    return *worst == KITH_EEXCHANGE && s->worst != KITH_EEXCHANGE ? KITH_EEXCHANGE : KITH_OK;
}

/* [all] Groups in which a plugin crashed make no more runs, since its damage may be anywhere in their memory. What they
 * leave is for new processes. */
static kith_status ask_again(sweep *s)
{
    const uint64_t *todo = list_row(s, DUE);
    bool left = false;
    KITH_TRY(kith_exchange_agree(s->whole, KITH_OK, &s->crashed));
    left = is_first(s) && s->crashed && s->rung < s->plan.rungs;
    for (size_t i = 0; is_first(s) && s->crashed && i < s->plan.points; i++)
        left |= todo[i] && sweep_unclaimed(&s->plan, i);
    KITH_TRY(kith_exchange_agree(s->whole, KITH_OK, &left));
    s->crashed = left;
    if (!left || s->stopped || (launcher_variable() && !launcher_stays())) return KITH_OK;
    if (is_first(s)) KITH_TRY(sweep_books_take(s->ctx, &s->books));
    s->books.keep = true;
    snprintf(s->ask, sizeof s->ask, "yes");
    return KITH_OK;
}

/* *speaker: whether this worker words the failure. */
static kith_status work(sweep *s, bool launched, bool *speaker)
{
    kith_status worst = KITH_OK, status = worker_join(s->ctx, s->options->domains, launched, s->fingerprint, &s->whole);
    if (!s->whole) {
        *speaker = kith_ctx_message(s->ctx)[0] != '\0';
        return status;
    }
    s->place = kith_exchange_place(s->whole);
    if (is_first(s)) launcher_tell_ready(); /* all have talked to each other, so all listen */
    if (status == KITH_OK) status = begin(s);
    *speaker = kith_exchange_speaker(s->whole);
    if (status != KITH_OK) return status;

    status = climb(s);
    if (status == KITH_EEXCHANGE && launched) {
        /* Others wait for this group, perhaps for ever. */
        say_failure(s->ctx, status);
        kith_exchange_abort(s->whole, (int)status);
    }
    status = kith_exchange_agree(s->whole, status, NULL);
    *speaker = kith_exchange_speaker(s->whole);
    KITH_TRY(status);
    status = kith_exchange_agree(s->whole, ask_again(s), NULL);
    *speaker = kith_exchange_speaker(s->whole);
    if (status != KITH_OK || *s->ask) return status;
    KITH_TRY(agree_on_worst(s, &worst));
    if (s->again && is_first(s)) worst = sweep_first_failure(&s->plan);
    status = kith_exchange_agree(s->whole, is_first(s) ? sum_up(s, worst) : KITH_OK, NULL);
    *speaker = is_first(s);
    return status;
}

static int be_worker(const run_options *options, bool launched)
{
    sweep s = {.ctx = kith_ctx_create(), .options = options};
    bool speaker = false;
    s.again = getenv(LAUNCHER_AGAIN_VARIABLE) != NULL;
    const kith_status status = work(&s, launched, &speaker);
    int code = (int)status;
    if (status != KITH_OK && speaker) code = worker_say_failure(s.ctx, s.whole, status);
    const bool first = s.whole && is_first(&s);
    sweep_books_close(&s.books);
    if (s.list) kith_board_destroy(s.list);
    if (s.group.exchange) sweep_group_close(&s.group);
    sweep_plan_free(&s.plan);
    if (s.whole) kith_exchange_close(s.whole);
    kith_ctx_destroy(s.ctx);
    if (code || !*s.ask) return code;
    if (!launched) return start_again(options, s.ask);
    if (first) launcher_ask_again(s.ask);
    return 0;
}

int command_sweep(int argc, char **argv)
{
    run_options options;
    signals_defer();
    const kith_status parsed = options_parse_sweep(argc, argv, &options);
    if (parsed != KITH_OK) return (int)parsed;
    const int code = options.dry     ? sweep_dry_run(&options)
                     : options.ended ? ended_tell(&options)
                                     : worker_start(&options, be_worker);
    options_free(&options);
    return code;
}
