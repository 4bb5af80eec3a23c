#include "launch/command.h"
#include "base/metrics.h"

#include "config/config.h"
#include "launch/commands/ended.h"
#include "launch/commands/sweep/plan.h"
#include "launch/services/console.h"
#include "launch/services/lookout.h"
#include "launch/services/prepare.h"
#include "launch/services/results/listing.h"
#include "launch/services/progress.h"
#include "launch/services/workers/launcher.h"
#include "launch/services/workers/signals.h"
#include "launch/services/workers/worker.h"
#include "record/collect.h"
#include "record/schema.h"
#include <config.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* One worker's view of the run. */
typedef struct worker {
    kith_ctx *ctx;
    const run_options *options;
    kith_exchange *exchange;
    const kith_place *place;
    sweep_plan plan; /* of --point */
    prepared prepared;
    bool speaker;  /* whether this worker words the failure */
    size_t said;   /* bytes of notes that were shown */
    kith_bar *bar; /* NULL on workers that show nothing */
    kith_lookout *lookout;
    char fingerprint[WORKER_TEXT_SIZE];
    char environment[WORKER_ENVIRONMENT_SIZE];
    char label[SWEEP_LABEL_SIZE]; /* of --point */
} worker;

static bool speaks(const worker *w)
{
    return w->place->worker == 0 && !w->options->quiet;
}

/* Notes that came since. */
static void say_news(worker *w)
{
    const size_t length = strlen(kith_ctx_notes(w->ctx));
    if (!speaks(w) || length == w->said) return;
    kith_bar_leave(w->bar);
    say_later_notes(w->ctx, w->said);
    w->said = length;
}

static kith_status make_rounds(worker *w)
{
    bool done = false;
    kith_bar_draw(w->bar, kith_run_progress(w->prepared.run));
    while (!done) {
        bool stop = signals_stop();
        kith_lookout_leave(w->lookout, kith_run_progress(w->prepared.run));
        const kith_status status = kith_run_step(w->ctx, w->prepared.run, &stop, &done);
        kith_lookout_return(w->lookout);
        KITH_TRY(status);
        say_news(w);
        kith_bar_draw(w->bar, kith_run_progress(w->prepared.run));
        if (stop && !done) return KITH_ESTOPPED;
    }
    return KITH_OK;
}

static void print_value(const char *name, double value)
{
    if (!isnan(value)) printf("%-16s %.6g\n", name, value);
}

static void print_lead(void *arg, const kith_metric *metric, double value)
{
    (void)arg;
    print_value(metric->name, value);
}

static void print_target(const kith_target *t)
{
    if (!t->reached) return;
    printf("accuracy %-7.4g after %" PRIu64 " rounds, %.4g bytes", t->accuracy, t->round, t->bytes);
    if (!isnan(t->virtual_time)) printf(", %.4g s of virtual time", t->virtual_time);
    printf("\n");
}

/* As `kith list --json` prints it. What it cannot read back it leaves out: the run itself is recorded. */
static void print_json(const char *folder)
{
    listing l = {.where = folder};
    kith_ctx *ctx = kith_ctx_create();
    if (ctx && listing_read(ctx, &l) == KITH_OK) {
        listing_json(&l, stdout);
        listing_free(&l);
    }
    kith_ctx_destroy(ctx);
}

static void print_summary(const worker *w)
{
    const kith_progress *p = kith_run_progress(w->prepared.run);
    const char *folder = kith_run_folder(w->prepared.run);
    if (w->options->json && *folder) {
        print_json(folder);
        return;
    }
    if (w->options->quiet) {
        if (*folder) printf("%s\n", folder);
        return;
    }
    printf("%-16s %" PRIu64 "\n", "rounds", p->round);
    print_value(KITH_METRIC_virtual_time, p->virtual_time);
    kith_bar_leads(p, print_lead, NULL);
    for (size_t k = 0; k < p->targets; k++)
        print_target(&p->target[k]);
    size_t facts = 0;
    const kith_fact *fact = kith_run_facts(w->prepared.run, &facts);
    for (size_t i = 0; i < facts; i++)
        print_value(fact[i].name, fact[i].value);
    if (*folder) printf("%-16s %s (to draw them: " KITH_NAME " report %s)\n", "results", folder, folder);
}

/* [all] The first failure is the one to tell; that it could not be recorded as well is its consequence at most. */
static kith_status enter_failure(worker *w, kith_status failure)
{
    char message[WORKER_TEXT_SIZE];
    w->speaker = kith_exchange_speaker(w->exchange);
    worker_share_message(w->exchange, w->speaker ? kith_ctx_message(w->ctx) : "", message, sizeof message);
    const kith_status recorded =
        kith_run_finish(w->ctx, w->prepared.run, "failed", message[0] ? message : kith_status_text(failure));
    (void)recorded;
    return failure;
}

/* Without its database a sweep's folder would be taken for one whose record was lost. Processes that make other points
 * may want to make it at the same time, each for a moment. */
static kith_status make_collection(kith_ctx *ctx, const char *folder)
{
    char path[PATH_MAX + 16];
    kith_status status = KITH_OK;
    snprintf(path, sizeof path, "%s/" KITH_DATABASE_NAME, folder);
    for (int i = 0; i < 100 && access(path, F_OK) != 0; i++) {
        kith_collection *collection = NULL;
        if (i) nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        kith_ctx_forget(ctx);
        status = kith_collection_open(ctx, folder, &collection);
        kith_collection_close(collection);
    }
    if (access(path, F_OK) != 0) return status;
    kith_ctx_forget(ctx);
    return KITH_OK;
}

/* The run of a sweep in its folder, where the sweep finds it when it is started. */
static kith_status prepare_point(worker *w)
{
    const size_t point = w->options->point - 1;
    KITH_TRY(sweep_plan_read(w->ctx, w->options, &w->plan));
    if (point >= w->plan.points)
        return kith_fail(w->ctx, KITH_EUSAGE, "--point %zu: %s has %zu of them", point + 1, w->options->experiment,
                         w->plan.points);
    KITH_TRY(sweep_plan_resolve(w->ctx, &w->plan));
    if (w->place->worker == 0) KITH_TRY(make_collection(w->ctx, w->plan.folder));
    sweep_plan_label(&w->plan, point, false, w->label, sizeof w->label);
    const kith_run_options run = {.deal = w->options->deal,
                                  .record = true,
                                  .overwrite = w->options->overwrite,
                                  .collected = true,
                                  .resume = w->options->resume,
                                  .other_plugins = w->options->other_plugins,
                                  .name = *w->label ? w->label : w->plan.name,
                                  .stopping = signals_stop,
                                  .environment = w->environment,
                                  .build = w->fingerprint};
    return sweep_plan_run(w->ctx, &w->plan, point, &run, &w->prepared.config, &w->prepared.run);
}

/* [all] While the run was opened. */
static kith_status enter_early_stop(worker *w)
{
    char how[WORKER_TEXT_SIZE / 2] = "";
    KITH_TRY(kith_run_finish(w->ctx, w->prepared.run, "stopped", NULL));
    w->speaker = w->place->worker == 0;
    worker_add_experiment(how, sizeof how, w->options);
    kith_ctx_forget(w->ctx);
    return kith_fail(w->ctx, KITH_ESTOPPED, "stopped before a round began; to begin: " KITH_NAME " run --resume%s",
                     how);
}

/* Opening may take long, too. */
static kith_status open_watched(worker *w)
{
    const kith_lookout_setup setup = {
        .stopping = signals_stop, .label = "", .bar = w->bar, .patience = kith_lookout_patience(w->prepared.config)};
    if (w->bar) w->lookout = kith_lookout_open(&setup);
    kith_lookout_leave(w->lookout, NULL);
    const kith_status status = kith_run_open(w->ctx, w->prepared.run, w->exchange);
    kith_lookout_return(w->lookout);
    kith_bar_leave(w->bar);
    return status;
}

static kith_status open_run(worker *w)
{
    worker_environment(w->environment, sizeof w->environment, w->fingerprint, w->place, w->options->deal);
    const kith_status mine = w->options->point
                                 ? prepare_point(w)
                                 : prepare(w->ctx, w->options, true, w->environment, w->fingerprint, &w->prepared);
    kith_status status = kith_exchange_agree(w->exchange, mine, NULL);
    w->speaker = kith_exchange_speaker(w->exchange);
    /* Where a plugin was not found they tell of folders that are none. */
    if (status == KITH_OK || status == KITH_EPLUGIN) say_news(w);
    KITH_TRY(status);
    if (speaks(w)) w->bar = kith_bar_create(stderr);
    status = open_watched(w);
    /* It may have been recorded already: the first evaluation is a part of opening. */
    if (status == KITH_ESTOPPED) return enter_early_stop(w);
    if (status != KITH_OK) return enter_failure(w, status);
    say_news(w);
    return KITH_OK;
}

static kith_status say_stopped(worker *w)
{
    const kith_progress *p = kith_run_progress(w->prepared.run);
    const char *folder = kith_run_folder(w->prepared.run);
    char how[WORKER_TEXT_SIZE / 2] = "", where[WORKER_TEXT_SIZE / 2] = "nothing was recorded";
    if (p->saved || (p->given_up && *folder)) {
        snprintf(how, sizeof how, "; to %s: " KITH_NAME " run --resume", p->kept ? "go on" : "begin again");
        worker_add_experiment(how, sizeof how, w->options);
    }
    if (*folder && !p->given_up)
        snprintf(where, sizeof where, "what was reached is in %s", folder);
    else if (*folder && p->kept)
        snprintf(where, sizeof where, "what was reached by round %" PRIu64 " is in %s/checkpoint", p->kept, folder);
    else if (*folder)
        snprintf(where, sizeof where, "there was no checkpoint in %s yet", folder);
    kith_ctx_forget(w->ctx);
    return kith_fail(w->ctx, KITH_ESTOPPED, "stopped %s round %" PRIu64 " of %" PRIu64 "; %s%s",
                     p->given_up ? "within" : "after", p->round, p->rounds, where, how);
}

/* Leaves w->speaker: whether this worker words the outcome. */
static kith_status finish(worker *w, kith_status outcome)
{
    kith_run *run = w->prepared.run;
    if (outcome == KITH_OK) {
        outcome = kith_run_finish(w->ctx, run, "done", NULL);
        if (outcome == KITH_OK && w->place->worker == 0) print_summary(w);
        return outcome == KITH_OK ? KITH_OK : enter_failure(w, outcome);
    }
    if (outcome == KITH_ESTOPPED) {
        outcome = kith_run_finish(w->ctx, run, "stopped", NULL);
        if (outcome != KITH_OK) return enter_failure(w, outcome);
        w->speaker = w->place->worker == 0;
        return say_stopped(w);
    }
    return enter_failure(w, outcome);
}

static void say_resumed(const worker *w)
{
    const kith_progress *p = kith_run_progress(w->prepared.run);
    const char *folder = kith_run_folder(w->prepared.run);
    if (!kith_run_resumed(w->prepared.run))
        say("%s: there is no run to resume yet; beginning one", folder);
    else if (kith_run_finished(w->prepared.run))
        say("%s: its run is finished; there is nothing to resume", folder);
    else if (p->round)
        say("%s: going on after round %" PRIu64 " of %" PRIu64, folder, p->round, p->rounds);
    else
        say("%s: there is no checkpoint yet; beginning again", folder);
}

static void end_progress(worker *w)
{
    kith_lookout_close(w->lookout);
    kith_bar_finish(w->bar);
    w->lookout = NULL;
    w->bar = NULL;
}

/* Leaves w->speaker: whether this worker words the failure. */
static kith_status work(worker *w, bool launched)
{
    kith_status status = worker_join(w->ctx, w->options->domains, launched, w->fingerprint, &w->exchange);
    if (w->exchange) w->place = kith_exchange_place(w->exchange);
    if (!w->exchange) {
        w->speaker = kith_ctx_message(w->ctx)[0] != '\0';
        return status;
    }
    /* All have talked to each other, so all listen. */
    if (w->place->worker == 0) launcher_tell_ready();
    w->speaker = kith_exchange_speaker(w->exchange);
    KITH_TRY(status);
    KITH_TRY(open_run(w));

    if (w->options->resume && speaks(w)) say_resumed(w);
    if (kith_run_finished(w->prepared.run)) return KITH_OK;

    const kith_status outcome = make_rounds(w);
    end_progress(w);
    status = finish(w, outcome);
    say_news(w);
    return status;
}

static int be_worker(const run_options *options, bool launched)
{
    worker w = {.ctx = kith_ctx_create(), .options = options};
    const kith_status status = work(&w, launched);
    int code = (int)status;
    end_progress(&w);
    if (status != KITH_OK && w.speaker) code = worker_say_failure(w.ctx, w.exchange, status);
    prepare_free(&w.prepared);
    sweep_plan_free(&w.plan);
    if (w.exchange) kith_exchange_close(w.exchange);
    kith_ctx_destroy(w.ctx);
    return code;
}

int command_run(int argc, char **argv)
{
    run_options options;
    signals_defer();
    const kith_status parsed = options_parse_run(argc, argv, &options);
    if (parsed != KITH_OK) return (int)parsed;
    const int code = options.ended ? ended_tell(&options) : worker_start(&options, be_worker);
    options_free(&options);
    return code;
}
