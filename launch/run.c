#include "command.h"

#include "config/config.h"
#include "console.h"
#include "exchange/exchange.h"
#include "launcher.h"
#include "nn/blas.h"
#include "prepare.h"
#include "progress.h"
#include "roster.h"
#include "signals.h"
#include "start.h"
#include <config.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_SIZE = 2048 };

/* One worker's view of the run. */
typedef struct worker {
    kith_ctx *ctx;
    const run_options *options;
    kith_exchange *exchange;
    const kith_place *place;
    prepared prepared;
    kith_bar *bar; /* NULL on workers that show nothing */
    char fingerprint[TEXT_SIZE];
    char environment[TEXT_SIZE + 256];
} worker;

static bool speaks(const worker *w)
{
    return w->place->worker == 0 && !w->options->quiet;
}

/* What has to be equal on all workers for their bits to be. */
static void describe_build(char *text, size_t size)
{
    const int used = snprintf(text, size, "version=%s\nreal=%s\n", PACKAGE_VERSION,
                              sizeof(kith_real) == sizeof(double) ? "double" : "float");
    if (used > 0 && (size_t)used < size) kith_blas_describe(text + used, size - (size_t)used);
}

static kith_status open_exchange(worker *w, bool launched)
{
    /* Agreed on below, so that a worker that cannot start does not leave the others waiting. */
    const kith_status mine = kith_blas_start(w->ctx);
    describe_build(w->fingerprint, sizeof w->fingerprint);
    const kith_exchange_options options = {.domains = w->options->domains, .launched = launched};
    KITH_TRY(kith_exchange_open(w->ctx, &options, w->fingerprint, &w->exchange));
    w->place = kith_exchange_place(w->exchange);
    return kith_exchange_agree(w->exchange, mine, NULL);
}

static kith_status open_run(worker *w)
{
    snprintf(w->environment, sizeof w->environment, "%s%sworkers=%zu\ndomains=%zu\nhosts=%zu\ndeal=%s\n", w->fingerprint,
             w->fingerprint[strlen(w->fingerprint) - 1] == '\n' ? "" : "\n", w->place->workers, w->place->domains,
             w->place->hosts, options_deal_name(w->options->deal));
    const kith_status mine = prepare(w->ctx, w->options, true, w->environment, w->fingerprint, &w->prepared);
    const kith_status agreed = kith_exchange_agree(w->exchange, mine, NULL);
    /* Where a plugin was not found they tell of folders that are none. */
    if (speaks(w) && (agreed == KITH_OK || agreed == KITH_EPLUGIN)) say_notes(w->ctx);
    KITH_TRY(agreed);
    return kith_run_open(w->ctx, w->prepared.run, w->exchange);
}

static kith_status make_rounds(worker *w)
{
    bool done = false;
    kith_bar_draw(w->bar, kith_run_progress(w->prepared.run));
    while (!done) {
        bool stop = signals_stop();
        KITH_TRY(kith_run_step(w->ctx, w->prepared.run, &stop, &done));
        kith_bar_draw(w->bar, kith_run_progress(w->prepared.run));
        if (stop && !done) return KITH_ESTOPPED;
    }
    return KITH_OK;
}

static void print_value(const char *name, double value)
{
    if (!isnan(value)) printf("%-16s %.6g\n", name, value);
}

static void print_target(const kith_target *t)
{
    if (!t->reached) return;
    printf("accuracy %-7.4g after %" PRIu64 " rounds, %.4g bytes, %.4g s of virtual time\n", t->accuracy, t->round, t->bytes,
           t->virtual_time);
}

static void print_summary(const worker *w)
{
    const kith_progress *p = kith_run_progress(w->prepared.run);
    const char *folder = kith_run_folder(w->prepared.run);
    printf("%-16s %" PRIu64 "\n", "rounds", p->round);
    print_value("virtual_time", p->virtual_time);
    print_value("train_loss", p->train_loss);
    print_value("test_loss", p->test_loss);
    print_value("test_accuracy", p->test_accuracy);
    print_value("exploitability", p->exploitability);
    for (size_t k = 0; k < p->targets; k++) print_target(&p->target[k]);
    size_t facts = 0;
    const kith_fact *fact = kith_run_facts(w->prepared.run, &facts);
    for (size_t i = 0; i < facts; i++) print_value(fact[i].name, fact[i].value);
    if (*folder) printf("%-16s %s (to draw them: " KITH_NAME " report %s)\n", "results", folder, folder);
}

/* As it would be typed; what a shell would not take for one word is put between quotation marks. */
static void add_word(char *line, size_t size, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";
    const bool quoted = !*text || text[strspn(text, plain)];
    size_t used = strlen(line);
    used += (size_t)snprintf(line + used, size - used, quoted ? " '" : " ");
    for (; *text && used + 8 < size; text++)
        used += *text == '\'' ? (size_t)snprintf(line + used, size - used, "'\\''")
                              : (size_t)snprintf(line + used, size - used, "%c", *text);
    if (quoted) snprintf(line + used, size - used, "'");
}

static void how_to_resume(const run_options *options, char *line, size_t size)
{
    snprintf(line, size, "; to go on: " KITH_NAME " run --resume");
    add_word(line, size, options->experiment);
    for (size_t i = 0; i < options->set_count; i++) {
        add_word(line, size, "--set");
        add_word(line, size, options->sets[i]);
    }
}

/* [all] The message of the failure that all agree on, which its speaker alone has: to `out` on every worker, or "". */
static void share_message(worker *w, bool speaker, char *out, size_t size)
{
    kith_ctx *ctx = kith_ctx_create(); /* what fails here is not the failure to tell */
    kith_board *board = NULL;
    kith_origin *origin = NULL;
    out[0] = '\0';
    const kith_status mine = KITH_ALLOC(ctx, "failure", w->place->workers, &origin);
    if (kith_exchange_agree(w->exchange, mine, NULL) == KITH_OK &&
        kith_board_create(ctx, w->exchange, "failure", w->place->workers, TEXT_SIZE, 1, &board) == KITH_OK) {
        for (size_t i = 0; i < w->place->workers; i++)
            origin[i] = (kith_origin){(uint32_t)i, (uint32_t)kith_exchange_domain_of(w->exchange, i)};
        snprintf(kith_board_row(board, w->place->worker), TEXT_SIZE, "%s", speaker ? kith_ctx_message(w->ctx) : "");
        const bool shared = kith_board_publish_rows(board, KITH_OK, origin, w->place->workers, NULL) == KITH_OK;
        for (size_t i = 0; shared && i < w->place->workers && !out[0]; i++)
            snprintf(out, size, "%s", (const char *)kith_board_row(board, i));
    }
    if (board) kith_board_destroy(board);
    kith_free(origin);
    kith_ctx_destroy(ctx);
}

/* speaker: whether this worker words the outcome. */
static kith_status finish(worker *w, kith_status outcome, bool speaker)
{
    kith_run *run = w->prepared.run;
    if (outcome == KITH_OK) {
        KITH_TRY(kith_run_finish(w->ctx, run, "done", NULL));
        if (speaks(w)) print_summary(w);
        return KITH_OK;
    }
    if (outcome == KITH_ESTOPPED) {
        KITH_TRY(kith_run_finish(w->ctx, run, "stopped", NULL));
        const kith_progress *p = kith_run_progress(run);
        char how[TEXT_SIZE / 2] = "";
        if (p->saved) how_to_resume(w->options, how, sizeof how);
        return kith_fail(w->ctx, KITH_ESTOPPED, "stopped after round %" PRIu64 " of %" PRIu64 "; %s%s%s", p->round, p->rounds,
                         *kith_run_folder(run) ? "what was reached is in " : "nothing was recorded", kith_run_folder(run),
                         how);
    }
    char message[TEXT_SIZE];
    share_message(w, speaker, message, sizeof message);
    /* The first failure is the one to tell; that it could not be recorded as well is its consequence at most. */
    const kith_status recorded = kith_run_finish(w->ctx, run, "failed", message[0] ? message : kith_status_text(outcome));
    (void)recorded;
    return outcome;
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

/* *speaker: whether this worker words the failure. */
static kith_status work(worker *w, bool launched, bool *speaker)
{
    kith_status status = open_exchange(w, launched);
    if (!w->exchange) {
        *speaker = kith_ctx_message(w->ctx)[0] != '\0';
        return status;
    }
    /* All have talked to each other, so all listen. */
    if (w->place->worker == 0) launcher_tell_ready();
    if (status == KITH_OK) status = open_run(w);
    *speaker = kith_exchange_speaker(w->exchange);
    if (status != KITH_OK) return status;

    if (w->options->resume && speaks(w)) say_resumed(w);
    if (kith_run_finished(w->prepared.run)) return KITH_OK;

    if (speaks(w)) w->bar = kith_bar_create(stderr);
    const kith_status outcome = make_rounds(w);
    kith_bar_finish(w->bar);
    *speaker = kith_exchange_speaker(w->exchange);
    status = finish(w, outcome, *speaker);
    if (status == KITH_ESTOPPED)
        *speaker = w->place->worker == 0;
    else if (status != outcome)
        *speaker = kith_exchange_speaker(w->exchange);
    return status;
}

static int be_worker(const run_options *options, bool launched)
{
    worker w = {.ctx = kith_ctx_create(), .options = options};
    bool speaker = false;
    signals_listen(launched, options->quiet);
    const int roster = roster_sign();
    const kith_status status = work(&w, launched, &speaker);
    int code = (int)status;
    if (status != KITH_OK && speaker) code = say_failure(w.ctx, status);
    prepare_free(&w.prepared);
    if (w.exchange) kith_exchange_close(w.exchange);
    kith_ctx_destroy(w.ctx);
    roster_leave(roster, code);
    return code;
}

int command_run(int argc, char **argv)
{
    run_options options;
    const kith_status parsed = options_parse_run(argc, argv, &options);
    if (parsed != KITH_OK) return (int)parsed;
    console_outlive_readers();
    const char *launcher = launcher_variable();
    int code = KITH_EUSAGE;
    if (options.workers && launcher) {
        if (launcher_first())
            say("-n %zu: a launcher has started this process already (%s is set); leave -n away", options.workers,
                launcher);
    } else if (options.workers > 1) {
        code = start_workers(&options);
    } else {
        code = be_worker(&options, launcher != NULL);
    }
    options_free(&options);
    return code;
}
