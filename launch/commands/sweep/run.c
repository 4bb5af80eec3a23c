#include "launch/commands/sweep/run.h"

#include "config/config.h"
#include "launch/services/console.h"
#include "launch/services/lookout.h"
#include "launch/services/workers/signals.h"
#include "record/collect.h"
#include "record/schema.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

kith_status sweep_group_open(kith_ctx *ctx, const sweep_plan *plan, kith_exchange *exchange, const char *fingerprint,
                             sweep_group *out)
{
    *out = (sweep_group){.plan = plan, .exchange = exchange, .place = kith_exchange_place(exchange)};
    snprintf(out->fingerprint, sizeof out->fingerprint, "%s", fingerprint);
    worker_environment(out->environment, sizeof out->environment, fingerprint, out->place, plan->options->deal);
    return kith_board_create(ctx, exchange, "sweep", 1, 2, sizeof(uint64_t), &out->order);
}

void sweep_group_close(sweep_group *group)
{
    if (group->order) kith_board_destroy(group->order);
    kith_exchange_close(group->exchange);
    *group = (sweep_group){0};
}

kith_status sweep_group_tell(sweep_group *g, kith_status mine, uint64_t order[2])
{
    const kith_origin origin = {.row = 0, .domain = 0};
    uint64_t *row = kith_board_row(g->order, 0);
    if (g->place->worker == 0) memcpy(row, order, 2 * sizeof *row);
    KITH_TRY(kith_board_publish_rows(g->order, mine, &origin, 1, NULL));
    memcpy(order, row, 2 * sizeof *row);
    /* Nobody writes the next order before all have read this one. */
    return kith_exchange_agree(g->exchange, KITH_OK, NULL);
}

/* ---- making a run ---- */

enum { HALT_SIZE = 96 };

typedef struct attempt {
    kith_ctx *ctx;
    struct kith_config *config;
    kith_run *run; /* NULL until it was resolved */
    bool opened;
    kith_lookout *lookout;       /* of the group's first worker, unless it is to be quiet */
    uint64_t until;              /* the round in which it is halted */
    char name[SWEEP_LABEL_SIZE]; /* which the run borrows */
    char label[SWEEP_LABEL_SIZE];
} attempt;

static kith_status resolve(const sweep_group *g, size_t point, bool resume, attempt *a)
{
    sweep_plan_label(g->plan, point, false, a->name, sizeof a->name);
    const kith_run_options options = {.deal = g->plan->options->deal,
                                      .record = true,
                                      .overwrite = !resume,
                                      .collected = true,
                                      .resume = resume,
                                      .name = *a->name ? a->name : g->plan->name,
                                      .environment = g->environment,
                                      .stopping = signals_stop,
                                      .build = g->fingerprint};
    KITH_TRY(sweep_plan_run(a->ctx, g->plan, point, &options, &a->config, &a->run));
    if (sweep_plan_digest(a->config) == g->plan->digest[point]) return KITH_OK;
    return kith_fail(a->ctx, KITH_ECONFIG,
                     "%s: is not the file, or has not the plugins, that the first worker sees; give all hosts "
                     "the same",
                     g->plan->options->experiment);
}

static kith_status make_rounds(attempt *a)
{
    const kith_progress *p = kith_run_progress(a->run);
    bool done = false;
    while (!done) {
        if (p->round >= a->until) return KITH_ESTOPPED;
        bool stop = signals_stop() || p->round + 1 == a->until;
        kith_lookout_leave(a->lookout, p);
        const kith_status status = kith_run_step(a->ctx, a->run, &stop, &done);
        kith_lookout_return(a->lookout);
        KITH_TRY(status);
        if (stop && !done) return KITH_ESTOPPED;
    }
    return KITH_OK;
}

/* [group] */
static kith_status open_run(const sweep_group *g, size_t point, attempt *a)
{
    sweep_plan_label(g->plan, point, true, a->label, sizeof a->label);
    const kith_lookout_setup setup = {
        .label = a->label, .stopping = signals_stop, .patience = kith_lookout_patience(a->config)};
    if (g->place->worker == 0 && !g->plan->options->quiet) a->lookout = kith_lookout_open(&setup);
    kith_lookout_leave(a->lookout, NULL);
    const kith_status status = kith_run_open(a->ctx, a->run, g->exchange);
    kith_lookout_return(a->lookout);
    return status;
}

/* [group] */
static kith_status try_run(sweep_group *g, size_t point, bool resume, uint64_t until, attempt *a)
{
    *a = (attempt){.ctx = kith_ctx_create(), .until = until};
    const kith_status mine = a->ctx ? resolve(g, point, resume, a) : KITH_EMEMORY;
    KITH_TRY(kith_exchange_agree(g->exchange, mine, NULL));
    KITH_TRY(open_run(g, point, a));
    a->opened = true;
    return kith_run_finished(a->run) ? KITH_OK : make_rounds(a);
}

/* [group] */
static void close_attempt(attempt *a)
{
    kith_lookout_close(a->lookout);
    kith_run_close(a->run);
    kith_config_destroy(a->config);
    kith_ctx_destroy(a->ctx);
    *a = (attempt){0};
}

/* [group] */
static void tell_message(sweep_group *g, const attempt *a, sweep_outcome *out)
{
    const char *mine = kith_exchange_speaker(g->exchange) && a->ctx ? kith_ctx_message(a->ctx) : "";
    worker_share_message(g->exchange, mine, out->message, sizeof out->message);
    if (!*out->message) snprintf(out->message, sizeof out->message, "%s", kith_status_text(out->status));
}

/* [group] */
static void begin(sweep_group *g, size_t point, bool resume, uint64_t until, attempt *a, sweep_outcome *out)
{
    out->status = try_run(g, point, resume, until, a);
    if (!resume || a->opened || out->status == KITH_OK || out->status == KITH_EEXCHANGE) return;
    if (out->status == KITH_ESTOPPED) return;
    /* Of another build, say. What a sweep wants is the result; from where it is computed makes no difference to it. */
    tell_message(g, a, out);
    if (g->place->worker == 0) say("note: %s begins anew, since it cannot be resumed: %s", a->name, out->message);
    close_attempt(a);
    out->status = try_run(g, point, false, until, a);
}

static void take_numbers(const attempt *a, sweep_outcome *out)
{
    const kith_progress *p = kith_run_progress(a->run);
    out->round = p->round;
    out->rounds = p->rounds;
    const size_t lead = kith_progress_leading(p);
    out->lead = kith_metric_at(lead);
    if (out->lead) out->value = p->latest[lead];
}

/* NULL: nobody halted it. Whether it goes on is not known before all others have come as far. */
static const char *halt_of(const attempt *a, char text[HALT_SIZE])
{
    const kith_progress *p = kith_run_progress(a->run);
    if (p->given_up || p->round < a->until) return NULL;
    snprintf(text, HALT_SIZE, KITH_HALTED "%llu of %llu by sweep.halving", (unsigned long long)p->round,
             (unsigned long long)p->rounds);
    return text;
}

/* [group] The record's last word. */
static kith_status finish(kith_ctx *ctx, sweep_group *g, attempt *a, sweep_outcome *out)
{
    char halted[HALT_SIZE];
    if (out->status == KITH_OK) out->status = kith_run_finish(a->ctx, a->run, "done", NULL);
    if (out->status == KITH_OK) return KITH_OK;
    if (out->status == KITH_ESTOPPED) return kith_run_finish(ctx, a->run, "stopped", halt_of(a, halted));
    tell_message(g, a, out);
    kith_status status = KITH_OK;
    if (g->place->worker == 0 && a->run) status = kith_run_enter_failed(ctx, a->run, out->message);
    return kith_exchange_agree(g->exchange, status, NULL);
}

kith_status sweep_run_make(kith_ctx *ctx, sweep_group *g, size_t point, bool resume, uint64_t until, sweep_outcome *out)
{
    char folder[PATH_MAX + 32];
    attempt a;
    *out = (sweep_outcome){.round = 0};
    kith_status status = KITH_OK;
    begin(g, point, resume, until, &a, out);
    if (out->status == KITH_EEXCHANGE) status = kith_fail(ctx, KITH_EEXCHANGE, "%s", kith_ctx_message(a.ctx));
    if (status == KITH_OK) status = finish(ctx, g, &a, out);
    if (a.run) take_numbers(&a, out);
    close_attempt(&a);
    if (status != KITH_OK) return status;
    sweep_plan_folder(g->plan, point, folder, sizeof folder);
    const bool offers = g->place->worker == 0 && out->status != KITH_ESTOPPED;
    out->halted = out->status == KITH_ESTOPPED && out->round >= until;
    if (out->halted) out->status = KITH_OK;
    return kith_exchange_agree(g->exchange, offers ? kith_collect_offer(ctx, folder) : KITH_OK, NULL);
}
