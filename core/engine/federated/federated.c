#include "engine/work/deal.h"
#include "base/metrics.h"
#include "base/call.h"
#include "base/headway.h"
#include "base/stop.h"
#include "engine/engine.h"
#include "engine/federated/federated.h"
#include "engine/told.h"

#include <kith/nn.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- local work ---- */

void kith_federated_assign_rows(federated *f)
{
    if (!f->own_row) return;
    for (size_t a = 0; a < f->step->count; a++) {
        size_t *row = &f->own_row[f->step->arrival[a].learner];
        if (*row == 0) *row = ++f->own_rows;
    }
}

static kith_status send(kith_ctx *ctx, federated *f, size_t a, const kith_visit *visit)
{
    for (size_t p = 0; p < f->sent.vectors; p++)
        f->sent_vector[p] = kith_board_row(f->sent.board, a * f->sent.vectors + p);
    const size_t row = f->own_row ? f->own_row[visit->learner] - 1 : 0, slot = f->step->slot[a];
    double *say = visit->say + f->ops->tell_count;
    KITH_TRY(kith_filters_send(ctx, f->filters, KITH_CHAIN_LEARNERS, visit, f->sent_vector, row, slot, say));
    return kith_filters_send(ctx, f->filters, KITH_CHAIN_ATTACKERS, visit, f->sent_vector, row, slot, say);
}

/* The number that participation.select goes by, of what the visit found and what it sends. */
static double value_of(const federated *f, const kith_visit *visit, const double *report)
{
    switch (f->participation->select) {
    case KITH_SELECT_RPOW_D:
        return report[REPORT_STEPS] > 0.0 ? report[REPORT_LOSS] / report[REPORT_STEPS] : NAN;
    case KITH_SELECT_OORT:
        /* the paper's mean is over examples; over batches it is a stand-in, which is exact for batches of one */
        return visit->examples * sqrt(kith_trainer_square_loss(f->setup.trainer));
    case KITH_SELECT_NORM:
        return kith_federated_sent_norm(f);
    default:
        return 0.0;
    }
}

static kith_status make_visit(kith_ctx *ctx, void *self, size_t a)
{
    federated *f = self;
    const kith_arrival *arrival = &f->step->arrival[a];
    double *report = kith_board_row(f->reports, (f->step->round & 1) * f->m + a);
    kith_federated_point_visit(f, a);
    memset(report, 0, (REPORT_ITEMS + f->says) * sizeof *report);
    kith_visit visit = {.ctx = ctx,
                        .dimension = f->d,
                        .learner = arrival->learner,
                        .round = f->step->round,
                        .version = arrival->version,
                        .number = arrival->number,
                        .steps = arrival->steps,
                        .lr = kith_local_lr(f->setup.local, arrival->version, (uint64_t)f->setup.run->rounds),
                        .model = kith_federated_version(f, f->step->slot[a], 0),
                        .published = f->visit_published,
                        .own = f->visit_own,
                        .message = f->visit_message,
                        .work = f->work,
                        .say = report + REPORT_ITEMS};
    KITH_TRY(kith_trainer_begin(f->setup.trainer, &visit));
    KITH_TRY_CALL(ctx, f->setup.algorithm->plugin->id, "client", arrival->learner, f->ops->client(f->self, &visit));
    if (f->filters) KITH_TRY(send(ctx, f, a, &visit));
    kith_trainer_losses(f->setup.trainer, &report[REPORT_LOSS], &report[REPORT_STEPS]);
    if (kith_plan_selects(f->participation)) report[REPORT_ITEMS + f->says] = value_of(f, &visit, report);
    return KITH_OK;
}

static size_t next_visit(void *self)
{
    return kith_visit_queue_next(((federated *)self)->queue);
}

/* Which domain has the messages, scalars and report of which visit. */
static void list_origins(federated *f)
{
    const size_t vectors = f->sent.vectors;
    for (size_t a = 0; a < f->step->count; a++) {
        const uint32_t domain = kith_visit_queue_domain(f->queue, a);
        for (size_t p = 0; p < vectors; p++)
            f->origin[a * vectors + p] = (kith_origin){.row = (uint32_t)(a * vectors + p), .domain = domain};
        f->sender[a] = (kith_origin){.row = (uint32_t)a, .domain = domain};
        f->report_origin[a] = (kith_origin){.row = (uint32_t)((f->step->round & 1) * f->m + a), .domain = domain};
    }
}

static kith_status make_visits(kith_ctx *ctx, federated *f)
{
    const kith_chore visits = {.arg = f, .next = next_visit, .make = make_visit};
    kith_federated_assign_rows(f);
    kith_headway_begin("visit");
    kith_visit_queue_deal(f->queue, f->step->arrival, f->step->count);
    kith_status status = kith_chore_make(ctx, f->setup.exchange, &visits);
    list_origins(f);
    if (f->sent.board)
        status = kith_board_publish_slices(f->sent.board, status, f->origin, f->step->count * f->sent.vectors);
    if (f->sent.numbers && (status == KITH_OK || !f->sent.board))
        status = kith_board_publish_rows(f->sent.numbers, status, f->sender, f->step->count, NULL);
    if (status == KITH_OK) kith_visit_queue_turn(f->queue);
    /* within one domain the barrier above has published the reports too */
    if (status == KITH_OK && kith_exchange_place(f->setup.exchange)->domains > 1)
        status = kith_board_publish_rows(f->reports, KITH_OK, f->report_origin, f->step->count, NULL);
    return status;
}

static size_t sent_of_model(const federated *f)
{
    return f->ops->sent ? f->ops->sent(f->self, f->d) : f->d;
}

static double bytes_up(const federated *f)
{
    const double vector = kith_filters_bytes(f->filters, (double)sent_of_model(f) * sizeof(kith_real));
    return (double)f->sent.vectors * vector + (double)f->sent.scalars * sizeof(kith_real);
}

static double bytes_down(const federated *f)
{
    return (double)sent_of_model(f) * sizeof(kith_real) + kith_federated_bytes(f, &f->published);
}

static void account(federated *f)
{
    for (size_t a = 0; a < f->step->count; a++) {
        const double *report = kith_board_row(f->reports, f->report_origin[a].row);
        for (size_t k = 0; k < f->says; k++)
            f->said[k] += report[REPORT_ITEMS + k];
        if (kith_plan_selects(f->participation)) kith_plan_report(f->plan, a, report[REPORT_ITEMS + f->says]);
        f->tally.loss += report[REPORT_LOSS];
        f->tally.losses += report[REPORT_STEPS];
        f->tally.steps += (double)f->step->arrival[a].steps;
        f->tally.staleness += (double)f->step->arrival[a].staleness;
    }
    f->tally.visits += (double)f->step->count;
    f->tally.rounds += 1.0;
    f->tally.time = f->step->time;
    f->tally.lost += f->step->lost;
    /* what a lost visit downloaded was sent all the same, and so was a message that came too late */
    f->tally.up += (uint64_t)((double)(f->step->count + f->step->late) * bytes_up(f));
    f->tally.down += (uint64_t)((double)(f->step->count + f->step->lost) * bytes_down(f));
}

/* ---- the server ---- */

/* The step changes version t in place, in the slot of version t + 1. */
static void copy_version(federated *f)
{
    const size_t scalars = f->published.scalars;
    if (scalars)
        kith_copy(scalars, f->published_scalars + f->step->current * scalars,
                  f->published_scalars + f->step->next * scalars);
    for (size_t p = 0; p <= f->published.vectors; p++) {
        const kith_real *from = kith_federated_version(f, f->step->current, p);
        kith_real *to = kith_federated_version(f, f->step->next, p);
        for (size_t b = f->first; b < f->last; b++) {
            size_t lo, hi;
            kith_block_range(f->d, b, &lo, &hi);
            kith_copy(hi - lo, from + lo, to + lo);
        }
    }
}

static kith_status check_finite(kith_ctx *ctx, const federated *f, const kith_fold *fold)
{
    if (kith_all_finite(fold->count, fold->model)) return KITH_OK;
    size_t i = 0;
    while (isfinite((double)fold->model[i]))
        i++;
    return kith_fail(ctx, KITH_EDIVERGED,
                     "the model is not finite after server step %llu (coordinate %zu); lower local.lr or the server's "
                     "learning rate",
                     (unsigned long long)f->step->round, fold->lo + i);
}

/* server() is called as often as there are blocks, and each worker has blocks of its own. So scalars that it changed
 * would depend on the number of workers. */
static kith_status check_scalars(kith_ctx *ctx, const federated *f, uint64_t before)
{
    if (!f->serves_scalars || kith_federated_scalars_digest(f) == before) return KITH_OK;
    return kith_fail(ctx, KITH_EPLUGIN,
                     "%s: server() changed scalars at the server in step %llu; change them in scalars()",
                     f->setup.algorithm->plugin->id, (unsigned long long)f->step->round);
}

static kith_status fold_block(kith_ctx *ctx, federated *f, kith_fold *fold)
{
    KITH_TRY_CALL(ctx, f->setup.algorithm->plugin->id, "server", KITH_NOBODY, f->ops->server(f->self, fold));
    return fold->phase + 1 == f->phases ? check_finite(ctx, f, fold) : KITH_OK;
}

static kith_status fold_blocks(kith_ctx *ctx, federated *f, kith_fold *fold)
{
    const uint64_t scalars = f->serves_scalars ? kith_federated_scalars_digest(f) : 0;
    for (size_t b = f->first; b < f->last; b++) {
        KITH_TRY(kith_stop_check(ctx));
        kith_headway_within(1, "block", b - f->first, f->last - f->first);
        kith_federated_point_fold(f, b, fold);
        if (f->sums) {
            fold->partial = kith_board_row(f->partial, b);
            memset(fold->partial, 0, f->sums * sizeof(double));
        }
        KITH_TRY(fold_block(ctx, f, fold));
    }
    return check_scalars(ctx, f, scalars);
}

static kith_status change_scalars(kith_ctx *ctx, federated *f, kith_fold *fold)
{
    if (!f->serves_scalars || fold->phase + 1 < f->phases) return KITH_OK;
    kith_federated_point_fold(f, SIZE_MAX, fold);
    fold->partial = NULL;
    KITH_TRY_CALL(ctx, f->setup.algorithm->plugin->id, "scalars", KITH_NOBODY, f->ops->scalars(f->self, fold));
    return KITH_OK;
}

static kith_status serve(kith_ctx *ctx, federated *f)
{
    kith_fold fold = {.ctx = ctx,
                      .learners = (size_t)f->setup.run->learners,
                      .dimension = f->d,
                      .round = f->step->round,
                      .arrivals = f->step->count,
                      .arrival = f->step->arrival,
                      .message = f->fold_message,
                      .server = f->fold_server,
                      .memory = f->fold_memory};
    copy_version(f);
    kith_headway_begin("folding");
    kith_status status = f->filters ? kith_filters_stage(ctx, f->filters, f->step, f->sent.board) : KITH_OK;
    for (fold.phase = 0; fold.phase < f->phases; fold.phase++) {
        fold.total = fold.phase ? f->total : NULL;
        if (status == KITH_OK) status = change_scalars(ctx, f, &fold);
        if (status == KITH_OK) status = fold_blocks(ctx, f, &fold);
        if (fold.phase + 1 == f->phases) break;
        /* of one message there are no pairs, so a rule may have phases without sums */
        KITH_TRY(f->sums ? kith_block_total(f->partial, status, f->d, f->sums, f->total)
                         : kith_exchange_agree(f->setup.exchange, status, NULL));
    }
    const size_t vectors = 1 + f->published.vectors;
    for (size_t p = 0; p < vectors; p++)
        f->gathered[p] = (uint32_t)(f->step->next * vectors + p);
    return kith_board_publish_gather(f->models, status, f->gathered, vectors);
}

static kith_status federated_round(kith_ctx *ctx, void *self)
{
    federated *f = self;
    f->step = kith_plan_next(f->plan);
    const kith_status drawn = kith_plan_check(ctx, f->plan); /* the same on every worker */
    if (drawn != KITH_OK) return kith_exchange_agree(f->setup.exchange, drawn, NULL);
    KITH_TRY(make_visits(ctx, f));
    account(f);
    KITH_TRY(serve(ctx, f));
    f->newest = f->step->next;
    return KITH_OK;
}

/* ---- what the frame asks ---- */

static uint32_t federated_home(const void *self, size_t learner)
{
    return kith_visit_queue_home(((const federated *)self)->queue, learner);
}

/* The round of the visit is the next step's. */
static kith_status federated_own(kith_ctx *ctx, void *self, size_t learner, kith_real *scratch, const kith_real **x)
{
    federated *f = self;
    const uint64_t round = f->step ? f->step->round + 1 : 0;
    kith_visit visit = {.ctx = ctx,
                        .dimension = f->d,
                        .learner = learner,
                        .round = round,
                        .version = round,
                        .number = kith_trainer_eval_number(KITH_EVAL_OWN, round),
                        .steps = 1,
                        .lr = kith_local_lr(f->setup.local, round, (uint64_t)f->setup.run->rounds),
                        .model = kith_federated_version(f, f->newest, 0),
                        .published = f->visit_published,
                        .own = f->visit_own,
                        .work = f->work};
    *x = visit.model;
    if (f->sides[KITH_SIDE_LEARNER] && f->own_row[learner] == 0) return KITH_OK;
    kith_federated_point_learner(f, learner);
    KITH_TRY(kith_trainer_begin(f->setup.trainer, &visit));
    KITH_TRY_CALL(ctx, f->setup.algorithm->plugin->id, "own_model", learner,
                  f->ops->own_model(f->self, &visit, scratch));
    *x = scratch;
    return KITH_OK;
}

static const kith_real *federated_model(const void *self)
{
    const federated *f = self;
    return kith_federated_version(f, f->newest, 0);
}

/* Where neither steps and messages take time nor learners come and go, a round's second says nothing. */
static double federated_time(const void *self)
{
    const federated *f = self;
    return kith_plan_timed(f->plan) ? f->tally.time : NAN;
}

/* Metrics of filters, and of the algorithm. */
static kith_status tell(kith_ctx *ctx, federated *f, kith_measure measure, void *arg)
{
    if (f->tally.visits == 0.0) return KITH_OK;
    if (f->filters)
        KITH_TRY(
            kith_filters_tell(ctx, f->filters, f->said + f->ops->tell_count, f->tally.visits, f->newest, measure, arg));
    if (!f->ops->tell) return KITH_OK;
    kith_fold scalars = {0};
    kith_federated_point_fold(f, SIZE_MAX, &scalars);
    const kith_said said = {.round = f->step->round + 1,
                            .visits = f->tally.visits,
                            .sum = f->said,
                            .server = (const void *const *)f->fold_server};
    kith_told told = {ctx, &f->setup, f->setup.algorithm->plugin->id, measure, arg};
    KITH_TRY_CALL(ctx, told.plugin, "tell", KITH_NOBODY, f->ops->tell(f->self, &said, kith_told_take, &told));
    return KITH_OK;
}

static kith_status federated_measure(kith_ctx *ctx, void *self, bool tests, kith_measure measure, void *arg)
{
    (void)tests;
    federated *f = self;
    tally *t = &f->tally;
    const bool vary = kith_plan_varies(f->plan);
    KITH_TRY(measure(arg, KITH_METRIC_bytes_sent, (double)(t->up + t->down)));
    KITH_TRY(measure(arg, KITH_METRIC_bytes_up, (double)t->up));
    KITH_TRY(measure(arg, KITH_METRIC_bytes_down, (double)t->down));
    if (!isnan(federated_time(f))) KITH_TRY(measure(arg, KITH_METRIC_virtual_time, t->time));
    if (vary) KITH_TRY(measure(arg, KITH_METRIC_visits_lost, (double)t->lost));
    if (t->visits > 0.0) {
        KITH_TRY(measure(arg, KITH_METRIC_train_loss, t->losses > 0.0 ? t->loss / t->losses : (double)NAN));
        KITH_TRY(measure(arg, KITH_METRIC_staleness_mean, t->staleness / t->visits));
        KITH_TRY(measure(arg, KITH_METRIC_local_steps_mean, t->steps / t->visits));
        if (vary) KITH_TRY(measure(arg, KITH_METRIC_arrivals_mean, t->visits / t->rounds));
    }
    KITH_TRY(tell(ctx, f, measure, arg));
    t->loss = t->losses = t->steps = t->staleness = t->visits = t->rounds = 0.0;
    memset(f->said, 0, f->says * sizeof *f->said);
    return KITH_OK;
}

static kith_status federated_arrivals_of(const void *self, kith_take_arrival take, void *arg)
{
    const federated *f = self;
    const bool timed = !isnan(federated_time(f));
    for (size_t a = 0; a < f->step->count; a++) {
        const kith_arrival *one = &f->step->arrival[a];
        const kith_recorded_arrival row = {.round = f->step->round,
                                           .place = a,
                                           .learner = one->learner,
                                           .version = one->version,
                                           .visit = one->number,
                                           .steps = one->steps,
                                           .time = timed ? one->time : NAN,
                                           .ends = timed ? f->step->time : NAN,
                                           .lost = f->step->lost,
                                           .late = f->step->late};
        KITH_TRY(take(arg, &row));
    }
    return KITH_OK;
}

static size_t examples_of(const void *data, size_t learner)
{
    return kith_data_size(data, learner);
}

static kith_visit_plan_setup plan_setup(const federated *f)
{
    return (kith_visit_plan_setup){.participation = f->participation,
                                   .local = f->setup.local,
                                   .config = f->setup.config,
                                   .learners = (size_t)f->setup.run->learners,
                                   .rounds = (uint64_t)f->setup.run->rounds,
                                   .seed = kith_run_seed(f->setup.run, f->setup.run->seed_participation),
                                   .bytes_down = bytes_down(f),
                                   .bytes_up = bytes_up(f),
                                   .examples = examples_of,
                                   .data = f->setup.data};
}

static kith_status federated_histograms(kith_ctx *ctx, const void *self, uint64_t rounds, kith_tally take, void *arg)
{
    const federated *f = self;
    if (kith_plan_selects(f->participation)) return kith_plan_selected(ctx, f->plan, take, arg);
    const kith_visit_plan_setup setup = plan_setup(self);
    return kith_plan_histograms(ctx, &setup, rounds, take, arg);
}

static void federated_close(void *self)
{
    federated *f = self;
    if (!f) return;
    kith_federated_free(f);
    kith_filters_close(f->filters);
    kith_visit_queue_close(f->queue);
    kith_plan_close(f->plan);
    kith_free(f);
}

/* ---- opening ---- */

/* Version 0: every domain's first worker draws the same numbers, so nothing needs to be sent. */
static kith_status initialise(kith_ctx *ctx, federated *f)
{
    const kith_instance *model = f->setup.model;
    kith_status status = KITH_OK;
    if (kith_exchange_place(f->setup.exchange)->local == 0) {
        kith_stream stream = kith_stream_at(kith_run_seed(f->setup.run, f->setup.run->seed_init), KITH_FOR_INIT, 0, 0);
        status = kith_initial_model(ctx, f->setup.initial, model, f->d, &stream, "version", 0,
                                    kith_federated_version(f, 0, 0));
    }
    return kith_exchange_agree(f->setup.exchange, status, NULL);
}

static kith_status open_filters(kith_ctx *ctx, federated *f)
{
    const kith_filters_setup chains = {.engine = &f->setup,
                                       .arrivals = f->m,
                                       .planes = f->sent.vectors,
                                       .first = f->first,
                                       .last = f->last,
                                       .remembers = f->sides[KITH_SIDE_MEMORY] > 0,
                                       .alike = f->ops->alike && f->ops->alike(f->self)};
    KITH_TRY(kith_filters_open(ctx, &chains, &f->filters));
    f->says = f->ops->tell_count + kith_filters_says(f->filters);
    return KITH_OK;
}

static kith_status open_local(kith_ctx *ctx, federated *f, kith_plan_extent *extent)
{
    KITH_TRY(kith_federated_lay_out(ctx, f));
    KITH_TRY(open_filters(ctx, f));
    const kith_visit_plan_setup setup = plan_setup(f);
    KITH_TRY(kith_plan_measure(ctx, &setup, (uint64_t)f->setup.run->rounds, extent));
    KITH_TRY(kith_plan_open(ctx, &setup, &f->plan));
    KITH_TRY(kith_visit_queue_open(ctx, f->setup.exchange, f->setup.queues, f->setup.deal, f->m,
                                   kith_federated_settled(f) ? setup.learners : 0, &f->queue));
    KITH_TRY(kith_federated_allocate(ctx, f, extent));
    return kith_federated_list_parts(ctx, f, extent);
}

/* Of a phase, however many messages arrive: a rule may ask for more sums when fewer do. */
static size_t most_sums(const federated *f)
{
    size_t most = f->ops->sums(f->self, f->m);
    for (size_t m = 1; m < f->m && kith_participation_varies(f->participation); m++) {
        const size_t sums = f->ops->sums(f->self, m);
        if (sums > most) most = sums;
    }
    return most;
}

static kith_status open_phases(kith_ctx *ctx, federated *f)
{
    const char *id = f->setup.algorithm->plugin->id;
    f->phases = 1;
    if (f->ops->phases) KITH_TRY_VOID(ctx, id, "phases", KITH_NOBODY, f->phases = f->ops->phases(f->self));
    if (f->ops->sums) KITH_TRY_VOID(ctx, id, "sums", KITH_NOBODY, f->sums = most_sums(f));
    return KITH_OK;
}

static kith_status federated_open(kith_ctx *ctx, const kith_engine_setup *setup, kith_engine *out)
{
    federated *f = NULL;
    kith_status status = KITH_ALLOC(ctx, "engine", 1, &f);
    kith_plan_extent extent = {0};
    if (status == KITH_OK) {
        const kith_federated *ops = setup->algorithm->plugin->ops;
        *f = (federated){.setup = *setup,
                         .participation = setup->own,
                         .ops = ops,
                         .self = setup->algorithm->self,
                         .d = setup->dimension};
        f->m = (size_t)f->participation->arrivals;
        f->blocks = kith_block_count(f->d);
        kith_exchange_slice(setup->exchange, kith_exchange_place(setup->exchange)->worker, f->d, &f->first, &f->last);
        status = open_phases(ctx, f);
        if (status == KITH_OK) status = open_local(ctx, f, &extent);
    }
    status = kith_exchange_agree(setup->exchange, status, NULL);
    if (status == KITH_OK) status = kith_federated_open_boards(ctx, f, &extent);
    if (status == KITH_OK) status = initialise(ctx, f);
    if (status != KITH_OK) {
        federated_close(f);
        return status;
    }
    *out = (kith_engine){.self = f,
                         .round = federated_round,
                         .model = federated_model,
                         .virtual_time = federated_time,
                         .home = f->ops->own_model ? federated_home : NULL,
                         .own = f->ops->own_model ? federated_own : NULL,
                         .measure = federated_measure,
                         .histograms = federated_histograms,
                         .arrivals = federated_arrivals_of,
                         .close = federated_close,
                         .parts = kith_federated_parts,
                         .grows = f->grows,
                         .save = kith_federated_save,
                         .load = kith_federated_load};
    return KITH_OK;
}

static uint32_t federated_needs(const kith_plugin *algorithm)
{
    return ((const kith_federated *)algorithm->ops)->needs;
}

static size_t federated_arrivals(const void *own)
{
    return (size_t)((const kith_participation_config *)own)->arrivals;
}

static kith_status federated_check(kith_ctx *ctx, const kith_role_setup *setup)
{
    kith_participation_settle(setup->own, setup->local, (size_t)setup->run->learners);
    const kith_visit_plan_setup plan = {.participation = setup->own,
                                        .local = setup->local,
                                        .config = setup->config,
                                        .learners = (size_t)setup->run->learners};
    KITH_TRY(kith_arrivals_check(ctx, &plan, plan.learners));
    KITH_TRY(kith_filters_check(ctx, setup, false));
    return kith_participation_check(ctx, setup->config, setup->own, setup->local);
}

/* How many examples a learner has nobody knows before data are dealt. */
static size_t examples_unknown(const void *data, size_t learner)
{
    (void)data, (void)learner;
    return 1;
}

static kith_status federated_rehearse(kith_ctx *ctx, const kith_role_setup *setup)
{
    const kith_visit_plan_setup mine = {.participation = setup->own,
                                        .local = setup->local,
                                        .config = setup->config,
                                        .learners = (size_t)setup->run->learners,
                                        .rounds = (uint64_t)setup->run->rounds,
                                        .seed = kith_run_seed(setup->run, setup->run->seed_participation),
                                        .examples = examples_unknown};
    kith_visit_plan *plan = NULL;
    KITH_TRY(kith_plan_open(ctx, &mine, &plan));
    kith_plan_close(plan);
    return KITH_OK;
}

static void federated_facts(const kith_plugin *algorithm, const kith_plugin *game, const void *own, kith_truths *out)
{
    (void)algorithm, (void)game;
    const kith_participation_config *p = own;
    kith_truths_set(out, KITH_IS_OPTIMIZER, true);
    if (p) kith_truths_set(out, KITH_IS_REPLAYED, p->kind == KITH_PARTICIPATION_FILE);
}

static const kith_role_section sections[] = {
    {{"participation", kith_participation_params, &kith_participation_param_count, "@federated"}, 0},
    {KITH_CLOCK_SECTION, 0}};

const kith_engine_type kith_federated_engine = {.role = KITH_ROLE_FEDERATED,
                                                .servers = 1,
                                                .filters = true,
                                                .sections = sections,
                                                .section_count = sizeof sections / sizeof sections[0],
                                                .settings_size = sizeof(kith_participation_config),
                                                .check = federated_check,
                                                .rehearse = federated_rehearse,
                                                .facts = federated_facts,
                                                .arrivals = federated_arrivals,
                                                .needs = federated_needs,
                                                .open = federated_open};
