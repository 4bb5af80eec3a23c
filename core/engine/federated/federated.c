#include "engine/work/deal.h"
#include "base/call.h"
#include "engine/engine.h"
#include "engine/federated/federated.h"

#include <kith/nn.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_SIZE = 2048 };

/* What one visit reports beside its messages. */
enum { REPORT_LOSS = 0, REPORT_STEPS, REPORT_ITEMS };

static size_t count_planes(const kith_federated *ops, uint32_t side, bool published_only)
{
    size_t count = 0;
    for (size_t p = 0; p < ops->plane_count; p++)
        count += ops->planes[p].side == side && (!published_only || ops->planes[p].access == KITH_PUBLISHED);
    return count;
}

static kith_real *model_row(const federated *f, uint32_t slot, size_t plane)
{
    return kith_board_row(f->models, slot * (1 + f->published) + plane);
}

/* ---- local work ---- */

void kith_federated_assign_rows(federated *f)
{
    if (!f->owns) return;
    for (size_t a = 0; a < f->step->count; a++) {
        size_t *row = &f->own_row[f->step->arrival[a].learner];
        if (*row == 0) *row = ++f->own_rows;
    }
}

static kith_status make_visit(kith_ctx *ctx, federated *f, size_t a)
{
    const kith_arrival *arrival = &f->step->arrival[a];
    for (size_t p = 0; p < f->messages; p++)
        f->visit_message[p] = kith_board_row(f->inbox, a * f->messages + p);
    for (size_t p = 0; p < f->published; p++)
        f->visit_published[p] = model_row(f, f->step->slot[a], 1 + p);
    for (size_t p = 0; p < f->owns; p++)
        f->visit_own[p] = kith_board_row(f->own, (f->own_row[arrival->learner] - 1) * f->owns + p);
    kith_visit visit = {.ctx = ctx,
                        .dimension = f->d,
                        .learner = arrival->learner,
                        .round = f->step->round,
                        .version = arrival->version,
                        .number = arrival->number,
                        .steps = arrival->steps,
                        .lr = kith_local_lr(f->about.local, arrival->version, (uint64_t)f->about.run->rounds),
                        .model = model_row(f, f->step->slot[a], 0),
                        .published = f->visit_published,
                        .own = f->visit_own,
                        .message = f->visit_message,
                        .work = f->work};
    KITH_TRY(kith_trainer_begin(f->about.trainer, &visit));
    KITH_TRY_CALL(ctx, f->about.algorithm->plugin->id, "client", arrival->learner, f->ops->client(f->self, &visit));
    double *report = kith_board_row(f->reports, (f->step->round & 1) * f->m + a);
    kith_trainer_losses(f->about.trainer, &report[REPORT_LOSS], &report[REPORT_STEPS]);
    return KITH_OK;
}

/* All visits this worker is dealt. After a failure only earlier visits are still made, since the earliest one that
 * fails is the one to be named, whoever makes it. */
static kith_status work(kith_ctx *ctx, federated *f)
{
    char worded[MESSAGE_SIZE] = "";
    kith_status status = KITH_OK;
    size_t failed = SIZE_MAX;
    for (size_t a; (a = kith_hand_next(f->hand)) != SIZE_MAX;) {
        if (a > failed) continue;
        kith_ctx_forget(ctx);
        const kith_status made = make_visit(ctx, f, a);
        if (made == KITH_OK) continue;
        status = made;
        failed = a;
        snprintf(worded, sizeof worded, "%s", kith_ctx_message(ctx));
    }
    if (status == KITH_OK) return KITH_OK;
    kith_ctx_forget(ctx);
    kith_exchange_blame(f->about.exchange, (uint32_t)failed);
    return kith_fail(ctx, status, "%s", worded);
}

static kith_status make_visits(kith_ctx *ctx, federated *f)
{
    const size_t deck = KITH_DECK_VISITS + (f->step->round & 1);
    kith_federated_assign_rows(f);
    kith_hand_deal(f->hand, deck, f->step->arrival, f->step->count);
    kith_status status = work(ctx, f);
    for (size_t a = 0; a < f->step->count; a++) {
        const uint32_t domain = kith_hand_domain(f->hand, a);
        for (size_t p = 0; p < f->messages; p++)
            f->origin[a * f->messages + p] = (kith_origin){.row = (uint32_t)(a * f->messages + p), .domain = domain};
        f->report_origin[a] = (kith_origin){.row = (uint32_t)((f->step->round & 1) * f->m + a), .domain = domain};
    }
    status = kith_board_publish_slices(f->inbox, status, f->origin, f->step->count * f->messages);
    if (status == KITH_OK && kith_exchange_place(f->about.exchange)->local == 0)
        kith_dealer_reset(f->about.dealer, deck);
    /* within one domain the barrier above has published the reports too */
    if (status == KITH_OK && kith_exchange_place(f->about.exchange)->domains > 1)
        status = kith_board_publish_rows(f->reports, KITH_OK, f->report_origin, f->step->count, NULL);
    return status;
}

static void account(federated *f)
{
    for (size_t a = 0; a < f->step->count; a++) {
        const double *report = kith_board_row(f->reports, f->report_origin[a].row);
        f->tally.loss += report[REPORT_LOSS];
        f->tally.losses += report[REPORT_STEPS];
        f->tally.steps += (double)f->step->arrival[a].steps;
        f->tally.staleness += (double)f->step->arrival[a].staleness;
    }
    f->tally.visits += (double)f->step->count;
    f->tally.rounds += 1.0;
    f->tally.time = f->step->time;
    f->tally.lost += f->step->lost;
    /* what a lost visit downloaded was sent all the same */
    const size_t planes = f->step->count * f->messages + (f->step->count + f->step->lost) * (1 + f->published);
    f->tally.bytes += planes * f->d * sizeof(kith_real);
}

/* ---- the server ---- */

/* Where coordinate lo of a held plane's row lies: blocks one after another, each with all its rows. */
void *kith_federated_held(const federated *f, const holding *h, size_t block, size_t count, size_t row)
{
    const size_t before = (block - f->first) * KITH_BLOCK * h->rows;
    return h->base + (before + row * count) * h->element;
}

static void point_fold(federated *f, size_t block, kith_fold *fold)
{
    const kith_step *step = f->step;
    kith_block_range(f->d, block, &fold->lo, &fold->hi);
    fold->count = fold->hi - fold->lo;
    fold->model = model_row(f, step->next, 0) + fold->lo;
    for (size_t a = 0; a < step->count; a++)
        for (size_t p = 0; p < f->messages; p++)
            f->fold_message[p * step->count + a] =
                (const kith_real *)kith_board_row(f->inbox, a * f->messages + p) + fold->lo;
    size_t server = 0, published = 0, memory = 0;
    for (size_t p = 0; p < f->ops->plane_count; p++) {
        const kith_plane *plane = &f->ops->planes[p];
        if (plane->side == KITH_SIDE_SERVER) {
            f->fold_server[server++] = plane->access == KITH_PUBLISHED
                                           ? (void *)(model_row(f, step->next, 1 + published++) + fold->lo)
                                           : kith_federated_held(f, &f->held[p], block, fold->count, 0);
        } else if (plane->side == KITH_SIDE_MEMORY) {
            for (size_t a = 0; a < step->count; a++)
                f->fold_memory[memory * step->count + a] =
                    kith_federated_held(f, &f->held[p], block, fold->count, step->arrival[a].learner);
            memory++;
        }
    }
}

/* The step changes version t in place, in the slot of version t + 1. */
static void copy_version(federated *f)
{
    for (size_t p = 0; p <= f->published; p++) {
        const kith_real *from = model_row(f, f->step->current, p);
        kith_real *to = model_row(f, f->step->next, p);
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

static kith_status fold_block(kith_ctx *ctx, federated *f, kith_fold *fold)
{
    KITH_TRY_CALL(ctx, f->about.algorithm->plugin->id, "server", KITH_NOBODY, f->ops->server(f->self, fold));
    return fold->phase + 1 == f->phases ? check_finite(ctx, f, fold) : KITH_OK;
}

static kith_status fold_blocks(kith_ctx *ctx, federated *f, kith_fold *fold)
{
    for (size_t b = f->first; b < f->last; b++) {
        point_fold(f, b, fold);
        if (f->sums) {
            fold->partial = kith_board_row(f->partial, b);
            memset(fold->partial, 0, f->sums * sizeof(double));
        }
        KITH_TRY(fold_block(ctx, f, fold));
    }
    return KITH_OK;
}

static kith_status serve(kith_ctx *ctx, federated *f)
{
    kith_fold fold = {.ctx = ctx,
                      .learners = (size_t)f->about.run->learners,
                      .dimension = f->d,
                      .round = f->step->round,
                      .arrivals = f->step->count,
                      .arrival = f->step->arrival,
                      .message = f->fold_message,
                      .server = f->fold_server,
                      .memory = f->fold_memory};
    copy_version(f);
    kith_status status = KITH_OK;
    for (fold.phase = 0; fold.phase < f->phases; fold.phase++) {
        fold.total = fold.phase ? f->total : NULL;
        status = fold_blocks(ctx, f, &fold);
        if (fold.phase + 1 == f->phases) break;
        /* of one message there are no pairs, so a rule may have phases without sums */
        KITH_TRY(f->sums ? kith_block_total(f->partial, status, f->d, f->sums, f->total)
                         : kith_exchange_agree(f->about.exchange, status, NULL));
    }
    for (size_t p = 0; p <= f->published; p++)
        f->gathered[p] = (uint32_t)(f->step->next * (1 + f->published) + p);
    return kith_board_publish_gather(f->models, status, f->gathered, 1 + f->published);
}

static kith_status federated_round(kith_ctx *ctx, void *self)
{
    federated *f = self;
    f->step = kith_plan_next(f->plan);
    KITH_TRY(make_visits(ctx, f));
    account(f);
    KITH_TRY(serve(ctx, f));
    f->newest = f->step->next;
    return KITH_OK;
}

/* ---- what the frame asks ---- */

static const kith_real *federated_model(const void *self)
{
    const federated *f = self;
    return model_row(f, f->newest, 0);
}

static double federated_time(const void *self)
{
    return ((const federated *)self)->tally.time;
}

/* Whether a step may have fewer arrivals than participation.arrivals, or visits that are lost. */
static bool counts_vary(const kith_participation_config *p)
{
    return p->dropout > 0.0 || p->oversample > 0 ||
           (p->availability != KITH_AVAILABILITY_ALWAYS && p->shortage == KITH_SHORT_TAKE);
}

static kith_status federated_measure(kith_ctx *ctx, void *self, kith_measure measure, void *arg, double *train_loss)
{
    (void)ctx;
    federated *f = self;
    tally *t = &f->tally;
    const bool vary = counts_vary(f->about.participation);
    *train_loss = t->losses > 0.0 ? t->loss / t->losses : NAN;
    KITH_TRY(measure(arg, "bytes_sent", (double)t->bytes));
    KITH_TRY(measure(arg, "virtual_time", t->time));
    if (vary) KITH_TRY(measure(arg, "visits_lost", (double)t->lost));
    if (t->visits > 0.0) {
        KITH_TRY(measure(arg, "train_loss", *train_loss));
        KITH_TRY(measure(arg, "staleness_mean", t->staleness / t->visits));
        KITH_TRY(measure(arg, "local_steps_mean", t->steps / t->visits));
        if (vary) KITH_TRY(measure(arg, "arrivals_mean", t->visits / t->rounds));
    }
    t->loss = t->losses = t->steps = t->staleness = t->visits = t->rounds = 0.0;
    return KITH_OK;
}

static size_t examples_of(const void *data, size_t learner)
{
    return kith_data_size(data, learner);
}

static kith_plan_about plan_about(const federated *f)
{
    const double plane = (double)f->d * sizeof(kith_real);
    return (kith_plan_about){.participation = f->about.participation,
                             .local = f->about.local,
                             .config = f->about.config,
                             .learners = (size_t)f->about.run->learners,
                             .seed = kith_run_seed(f->about.run, f->about.run->seed_participation),
                             .bytes_down = plane * (double)(1 + f->published),
                             .bytes_up = plane * (double)f->messages,
                             .examples = examples_of,
                             .data = f->about.data,
                             .stopping = f->about.stopping};
}

static kith_status federated_histograms(kith_ctx *ctx, const void *self, uint64_t rounds, kith_tally take, void *arg)
{
    const kith_plan_about about = plan_about(self);
    return kith_plan_histograms(ctx, &about, rounds, take, arg);
}

static void federated_close(void *self)
{
    federated *f = self;
    if (!f) return;
    kith_board *const boards[] = {f->partial, f->own, f->reports, f->inbox, f->models};
    for (size_t i = 0; i < sizeof boards / sizeof boards[0]; i++)
        if (boards[i]) kith_board_destroy(boards[i]);
    for (size_t p = 0; f->held && p < f->ops->plane_count; p++)
        kith_free(f->held[p].base);
    void *const lists[] = {f->held,
                           f->part,
                           f->total,
                           f->own_row,
                           f->work,
                           f->origin,
                           f->report_origin,
                           f->gathered,
                           (void *)f->fold_message,
                           (void *)f->visit_published,
                           (void *)f->visit_message,
                           (void *)f->visit_own,
                           (void *)f->fold_memory,
                           f->fold_server};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        kith_free(lists[i]);
    kith_hand_close(f->hand);
    kith_plan_close(f->plan);
    kith_free(f);
}

/* ---- opening ---- */

static kith_status refuse_plane(kith_ctx *ctx, const kith_plugin *plugin, const kith_plane *plane, const char *why)
{
    return kith_fail(ctx, KITH_EPLUGIN, "%s: plane '%s': %s", plugin->id, plane->name ? plane->name : "?", why);
}

static kith_status check_planes(kith_ctx *ctx, const kith_plugin *plugin, const kith_federated *ops)
{
    for (size_t p = 0; p < ops->plane_count; p++) {
        const kith_plane *plane = &ops->planes[p];
        if (!plane->name || !*plane->name) return refuse_plane(ctx, plugin, plane, "it has no name");
        if (plane->side < KITH_SIDE_MESSAGE || plane->side > KITH_SIDE_LEARNER)
            return refuse_plane(ctx, plugin, plane,
                                "a federated algorithm's planes are message, server, memory or learner planes");
        if (plane->access == KITH_MIXED || plane->access > KITH_PUBLISHED)
            return refuse_plane(ctx, plugin, plane, "only decentralized algorithms have mixed planes");
        if (plane->access == KITH_PUBLISHED && plane->side != KITH_SIDE_SERVER)
            return refuse_plane(ctx, plugin, plane, "only server planes can be published");
        if (plane->element == KITH_ELEMENT_F64 && (plane->side != KITH_SIDE_SERVER || plane->access == KITH_PUBLISHED))
            return refuse_plane(ctx, plugin, plane, "only private server planes can hold doubles");
    }
    if (count_planes(ops, KITH_SIDE_MESSAGE, false) == 0)
        return kith_fail(ctx, KITH_EPLUGIN, "%s: a federated algorithm needs a message plane", plugin->id);
    if (!ops->client || !ops->server)
        return kith_fail(ctx, KITH_EPLUGIN, "%s: a federated algorithm needs client and server", plugin->id);
    return KITH_OK;
}

/* Private memory cannot be reserved like a board, so what all workers of the host will hold is compared with what there
 * is. */
static kith_status check_held(kith_ctx *ctx, const federated *f, double bytes)
{
    const double available = (double)kith_memory_available();
    const kith_place *place = kith_exchange_place(f->about.exchange);
    if (bytes / (double)place->hosts <= available) return KITH_OK;
    return kith_fail(
        ctx, KITH_EMEMORY,
        "%s: the server's planes need %.1f GiB on each host but only %.1f GiB of memory is available; use fewer "
        "learners, a smaller model or more hosts",
        f->about.algorithm->plugin->id, bytes / (double)place->hosts / 0x1p30, available / 0x1p30);
}

static kith_status hold_planes(kith_ctx *ctx, federated *f)
{
    const size_t learners = (size_t)f->about.run->learners;
    KITH_TRY(KITH_ALLOC(ctx, "server planes", f->ops->plane_count, &f->held));
    KITH_TRY(KITH_ALLOC(ctx, "checkpoint", PART_HELD + f->ops->plane_count, &f->part));
    double bytes = 0.0;
    for (size_t p = 0; p < f->ops->plane_count; p++) {
        const kith_plane *plane = &f->ops->planes[p];
        const bool memory = plane->side == KITH_SIDE_MEMORY;
        if (!memory && !(plane->side == KITH_SIDE_SERVER && plane->access == KITH_PRIVATE)) continue;
        f->held[p].element = plane->element == KITH_ELEMENT_F64 ? sizeof(double) : sizeof(kith_real);
        f->held[p].rows = memory ? learners : 1;
        bytes += (double)f->d * (double)f->held[p].rows * (double)f->held[p].element;
    }
    KITH_TRY(check_held(ctx, f, bytes));
    const size_t end = f->last * KITH_BLOCK < f->d ? f->last * KITH_BLOCK : f->d;
    const size_t coordinates = f->last > f->first ? end - f->first * KITH_BLOCK : 0;
    for (size_t p = 0; p < f->ops->plane_count; p++) {
        holding *h = &f->held[p];
        if (h->rows)
            KITH_TRY(kith_alloc(ctx, f->ops->planes[p].name, coordinates * h->rows, h->element, (void **)&h->base));
    }
    return KITH_OK;
}

static kith_status allocate_lists(kith_ctx *ctx, federated *f)
{
    const size_t m = f->m;
    KITH_TRY(KITH_ALLOC(ctx, "scratch model", f->d, &f->work));
    KITH_TRY(KITH_ALLOC(ctx, "sums", f->sums + 1, &f->total));
    KITH_TRY(KITH_ALLOC(ctx, "arrivals", m * f->messages, &f->origin));
    KITH_TRY(KITH_ALLOC(ctx, "arrivals", m, &f->report_origin));
    KITH_TRY(KITH_ALLOC(ctx, "planes", 1 + f->published, &f->gathered));
    KITH_TRY(KITH_ALLOC(ctx, "planes", m * f->messages, &f->fold_message));
    KITH_TRY(KITH_ALLOC(ctx, "planes", m * f->memories + 1, &f->fold_memory));
    KITH_TRY(KITH_ALLOC(ctx, "planes", f->servers + 1, &f->fold_server));
    KITH_TRY(KITH_ALLOC(ctx, "planes", f->messages, &f->visit_message));
    KITH_TRY(KITH_ALLOC(ctx, "planes", f->published + 1, &f->visit_published));
    KITH_TRY(KITH_ALLOC(ctx, "planes", f->owns + 1, &f->visit_own));
    if (f->owns) KITH_TRY(KITH_ALLOC(ctx, "learner planes", (size_t)f->about.run->learners, &f->own_row));
    return hold_planes(ctx, f);
}

static kith_status open_boards(kith_ctx *ctx, federated *f, const kith_plan_extent *extent)
{
    kith_exchange *ex = f->about.exchange;
    KITH_TRY(kith_board_create(ctx, ex, "model versions", extent->slots * (1 + f->published), f->d, sizeof(kith_real),
                               &f->models));
    KITH_TRY(kith_board_create(ctx, ex, "messages", f->m * f->messages, f->d, sizeof(kith_real), &f->inbox));
    KITH_TRY(kith_board_create(ctx, ex, "visit reports", 2 * f->m, REPORT_ITEMS, sizeof(double), &f->reports));
    if (f->owns)
        KITH_TRY(
            kith_board_create(ctx, ex, "learner planes", extent->seen * f->owns, f->d, sizeof(kith_real), &f->own));
    if (f->sums) KITH_TRY(kith_board_create(ctx, ex, "partial sums", f->blocks, f->sums, sizeof(double), &f->partial));
    return KITH_OK;
}

/* Version 0: every domain's first worker draws the same numbers, so nothing needs to be sent. */
static kith_status initialise(kith_ctx *ctx, federated *f)
{
    const kith_instance *model = f->about.model;
    kith_status status = KITH_OK;
    if (kith_exchange_place(f->about.exchange)->local == 0) {
        kith_stream stream = kith_stream_at(kith_run_seed(f->about.run, f->about.run->seed_init), KITH_FOR_INIT, 0, 0);
        status = kith_model_init(ctx, model, &stream, "version", 0, model_row(f, 0, 0));
    }
    return kith_exchange_agree(f->about.exchange, status, NULL);
}

static kith_status open_local(kith_ctx *ctx, federated *f, kith_plan_extent *extent)
{
    const kith_plan_about about = plan_about(f);
    KITH_TRY(check_planes(ctx, f->about.algorithm->plugin, f->ops));
    KITH_TRY(kith_plan_measure(ctx, &about, (uint64_t)f->about.run->rounds, extent));
    KITH_TRY(kith_plan_open(ctx, &about, &f->plan));
    KITH_TRY(kith_hand_open(ctx, f->about.exchange, f->about.dealer, f->about.deal, f->m, f->owns ? about.learners : 0,
                            &f->hand));
    return allocate_lists(ctx, f);
}

/* Of a phase, however many messages arrive: a rule may ask for more sums when fewer do. */
static size_t most_sums(const federated *f)
{
    size_t most = f->ops->sums(f->self, f->m);
    for (size_t m = 1; m < f->m && counts_vary(f->about.participation); m++) {
        const size_t sums = f->ops->sums(f->self, m);
        if (sums > most) most = sums;
    }
    return most;
}

static kith_status open_phases(kith_ctx *ctx, federated *f)
{
    const kith_plugin *plugin = f->about.algorithm->plugin;
    f->phases = 1;
    if (KITH_HAS(f->ops, plugin->ops_size, kith_federated, phases))
        KITH_TRY_VOID(ctx, plugin->id, "phases", KITH_NOBODY, f->phases = f->ops->phases(f->self));
    if (KITH_HAS(f->ops, plugin->ops_size, kith_federated, sums))
        KITH_TRY_VOID(ctx, plugin->id, "sums", KITH_NOBODY, f->sums = most_sums(f));
    return KITH_OK;
}

static kith_status federated_open(kith_ctx *ctx, const kith_engine_about *about, kith_engine *out)
{
    federated *f = NULL;
    kith_status status = KITH_ALLOC(ctx, "engine", 1, &f);
    kith_plan_extent extent = {0};
    if (status == KITH_OK) {
        const kith_plugin *plugin = about->algorithm->plugin;
        const kith_federated *ops = plugin->ops;
        *f = (federated){.about = *about, .ops = ops, .self = about->algorithm->self, .d = about->dimension};
        f->m = (size_t)about->participation->arrivals;
        f->blocks = kith_block_count(f->d);
        kith_exchange_slice(about->exchange, kith_exchange_place(about->exchange)->worker, f->d, &f->first, &f->last);
        f->messages = count_planes(ops, KITH_SIDE_MESSAGE, false);
        f->servers = count_planes(ops, KITH_SIDE_SERVER, false);
        f->published = count_planes(ops, KITH_SIDE_SERVER, true);
        f->memories = count_planes(ops, KITH_SIDE_MEMORY, false);
        f->owns = count_planes(ops, KITH_SIDE_LEARNER, false);
        status = open_phases(ctx, f);
        if (status == KITH_OK) status = open_local(ctx, f, &extent);
    }
    status = kith_exchange_agree(about->exchange, status, NULL);
    if (status == KITH_OK) status = open_boards(ctx, f, &extent);
    if (status == KITH_OK) status = initialise(ctx, f);
    if (status == KITH_OK) kith_federated_list_parts(f, &extent);
    if (status != KITH_OK) {
        federated_close(f);
        return status;
    }
    *out = (kith_engine){.self = f,
                         .round = federated_round,
                         .model = federated_model,
                         .virtual_time = federated_time,
                         .measure = federated_measure,
                         .histograms = federated_histograms,
                         .close = federated_close,
                         .parts = kith_federated_parts,
                         .save = kith_federated_save,
                         .load = kith_federated_load};
    return KITH_OK;
}

static uint32_t federated_requires(const kith_plugin *algorithm)
{
    return ((const kith_federated *)algorithm->ops)->requires;
}

const kith_engine_type kith_federated_engine = {
    .role = KITH_ROLE_FEDERATED, .servers = 1, .requires = federated_requires, .open = federated_open};
