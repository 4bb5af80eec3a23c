/* Messages on their way through the chains. */
#include "engine/filter/chain.h"
#include "base/call.h"
#include "engine/told.h"

#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 128 };

double kith_filters_bytes(const kith_filters *c, double bytes)
{
    for (size_t i = 0; c && i < c->links; i++) {
        const chain_link *l = &c->link[i];
        if (l->place == ON_LEARNERS && l->ops->bytes) bytes = l->ops->bytes(l->self, c->setup.engine->dimension, bytes);
    }
    return bytes;
}

kith_keep kith_filters_keeps(const kith_filters *c)
{
    return c ? c->keeps : (kith_keep){0};
}

size_t kith_filters_says(const kith_filters *c)
{
    return c ? c->says : 0;
}

size_t kith_filters_sender(const kith_filters *c, size_t a)
{
    return c ? c->first[c->row_of[a]] : a;
}

kith_real *kith_filters_of_learner(const kith_filters *c, size_t row)
{
    return kith_board_row(c->kept, row);
}

kith_real *kith_filters_of_server(const kith_filters *c, size_t row, size_t block)
{
    return c->held + row * c->coordinates + (block - c->setup.first) * KITH_BLOCK;
}

double *kith_filters_of_version(const kith_filters *c, size_t slot)
{
    return c->scalars + slot * c->keeps.scalars;
}

/* Says something only where the filter did not. */
static kith_status blame(kith_ctx *ctx, const chain_link *l, kith_status status, const char *callback, uint64_t round)
{
    if (status == KITH_OK) return KITH_OK;
    return kith_fail(ctx, status, "%s: %s() failed in round %llu: %s", l->spelt.instance.plugin->id, callback,
                     (unsigned long long)round, kith_status_text(status));
}

/* ---- on learners ---- */

bool kith_filters_has(const kith_filters *c, kith_chain chain)
{
    for (size_t i = 0; i < c->links; i++)
        if (c->link[i].sends && c->link[i].place == (place)chain) return true;
    return false;
}

bool kith_filters_attacks(const kith_filters *c, size_t learner)
{
    return c->attacks[learner] && kith_filters_has(c, KITH_CHAIN_ATTACKERS);
}

kith_status kith_filters_send(kith_ctx *ctx, kith_filters *c, kith_chain chain, const kith_visit *visit,
                              kith_real *const *message, size_t row, size_t slot, double *say)
{
    for (size_t i = 0; i < c->links; i++) {
        const chain_link *l = &c->link[i];
        if (!l->sends || l->place != (place)chain || (l->place == ON_ATTACKERS && !c->attacks[visit->learner]))
            continue;
        for (size_t p = 0; p < c->setup.planes; p++) {
            kith_outgoing m = {.ctx = ctx,
                               .dimension = visit->dimension,
                               .plane = p,
                               .learner = visit->learner,
                               .round = visit->round,
                               .version = visit->version,
                               .number = visit->number,
                               .bound = l->bound,
                               .vector = message[p],
                               .work = visit->work,
                               .stream = kith_stream_at(l->seed[p], KITH_FOR_SENDING, visit->learner, visit->number),
                               .say = say + l->say};
            if (l->keep.scalars) m.scalars = kith_filters_of_version(c, slot) + l->at.scalars + p * l->keep.scalars;
            if (l->keep.learner) m.kept = kith_filters_of_learner(c, row) + l->at.learner + p * l->keep.learner;
            KITH_TRY(blame(ctx, l, l->ops->send(l->self, &m), "send", visit->round));
        }
    }
    return KITH_OK;
}

/* ---- at the server ---- */

/* What each filter at the server may count on in this step: those before it may follow numbers that move. */
static void bound_step(kith_filters *c)
{
    const size_t planes = c->setup.planes, d = c->setup.engine->dimension;
    const double *now = kith_filters_of_version(c, c->step->current);
    for (size_t p = 0; p < planes; p++) {
        double reaches = (double)NAN; /* known of the first */
        for (size_t i = 0; i < c->links; i++) {
            const chain_link *l = &c->link[i];
            if (l->place != AT_SERVER) continue;
            if (isnan(reaches)) reaches = l->bound;
            c->bound[i * planes + p] = reaches;
            reaches = l->ops->bound ? l->ops->bound(l->self, d, reaches, now + l->at.scalars + p * l->keep.scalars)
                                    : (double)INFINITY;
        }
    }
}

static void begin(kith_filters *c, const kith_step *step, kith_board *inbox)
{
    c->step = step;
    c->inbox = inbox;
    c->rows = step->count;
    for (size_t a = 0; a < step->count; a++) {
        c->row_of[a] = c->first[a] = (uint32_t)a;
        c->attacker[a] = c->attacks[step->arrival[a].learner];
    }
    if (c->keeps.scalars)
        memcpy(kith_filters_of_version(c, step->next), kith_filters_of_version(c, step->current),
               c->keeps.scalars * sizeof(double));
    bound_step(c);
}

/* Each place from 0 to merged - 1 must be some row's. */
static kith_status merge(kith_ctx *ctx, kith_filters *c, const chain_link *l)
{
    c->merged = c->rows;
    if (!l->ops->merge) return KITH_OK;
    kith_stream stream = kith_stream_at(l->seed[0], KITH_FOR_MERGING, 0, c->step->round);
    c->merged = l->ops->merge(l->self, &stream, c->rows, c->into);
    size_t found = 0;
    memset(c->place, 0, c->rows * sizeof *c->place);
    for (size_t r = 0; r < c->rows && c->into[r] < c->merged && c->merged <= c->rows; r++) {
        found += c->place[c->into[r]]++ == 0;
        if (r + 1 == c->rows && found == c->merged) return KITH_OK;
    }
    return kith_fail(
        ctx, KITH_EPLUGIN,
        "%s: merge() makes %zu rows of %zu in round %llu; it must give each row a place below that, and each place "
        "a row",
        l->spelt.instance.plugin->id, c->merged, c->rows, (unsigned long long)c->step->round);
}

static size_t sums_of(const kith_filters *c, const chain_link *l)
{
    return l->ops->sums ? l->ops->sums(l->self, c->rows) : 0;
}

/* All planes of one block in one phase. */
static kith_status stage_block(kith_ctx *ctx, kith_filters *c, const chain_link *l, size_t block, kith_stage *s)
{
    const size_t sums = sums_of(c, l), planes = c->setup.planes;
    double *partial = c->partial ? kith_board_row(c->partial, block) : NULL;
    kith_block_range(s->dimension, block, &s->lo, &s->hi);
    s->count = s->hi - s->lo;
    if (partial) memset(partial, 0, c->sums * sizeof *partial);
    for (size_t p = 0; p < planes; p++) {
        for (size_t r = 0; r < c->rows; r++)
            c->row[r] = (kith_real *)kith_board_row(c->inbox, c->first[r] * planes + p) + s->lo;
        s->plane = p;
        s->bound = l->place == AT_SERVER ? c->bound[(size_t)(l - c->link) * planes + p] : l->bound;
        s->kept = l->keep.server ? kith_filters_of_server(c, l->at.server + p, block) : NULL;
        s->scalars = kith_filters_of_version(c, c->step->next) + l->at.scalars + p * l->keep.scalars;
        s->common = kith_stream_at(l->seed[p], KITH_FOR_STAGES, UINT64_MAX, s->round);
        s->block = kith_stream_at(l->seed[p], KITH_FOR_STAGES, block, s->round);
        s->partial = partial ? partial + p * sums : NULL;
        s->total = s->phase ? c->total + p * sums : NULL;
        KITH_TRY(blame(ctx, l, l->ops->stage(l->self, s), "stage", s->round));
    }
    return KITH_OK;
}

static kith_status stage_blocks(kith_ctx *ctx, kith_filters *c, const chain_link *l, size_t phase)
{
    kith_stage s = {.ctx = ctx,
                    .dimension = c->setup.engine->dimension,
                    .phase = phase,
                    .round = c->step->round,
                    .arrivals = c->step->count,
                    .rows = c->rows,
                    .arrival = c->step->arrival,
                    .row_of = c->row_of,
                    .attacker = l->place == ON_ATTACKERS ? c->attacker : NULL,
                    .row = c->row,
                    .into = l->ops->merge ? c->into : NULL,
                    .work = c->work};
    for (size_t b = c->setup.first; b < c->setup.last; b++)
        KITH_TRY(stage_block(ctx, c, l, b, &s));
    return KITH_OK;
}

static kith_status conclude(kith_ctx *ctx, kith_filters *c, const chain_link *l)
{
    for (size_t p = 0; l->ops->conclude && p < c->setup.planes; p++) {
        const double *total = l->phases > 1 ? c->total + p * sums_of(c, l) : NULL;
        double *scalars = kith_filters_of_version(c, c->step->next) + l->at.scalars + p * l->keep.scalars;
        kith_stream stream = kith_stream_at(l->seed[p], KITH_FOR_STAGES, UINT64_MAX - 1, c->step->round);
        KITH_TRY(
            blame(ctx, l, l->ops->conclude(l->self, &stream, c->rows, total, scalars), "conclude", c->step->round));
    }
    return KITH_OK;
}

/* What rows were merged into lies where the first of them did. */
static void follow_merged(kith_filters *c, const chain_link *l)
{
    if (!l->ops->merge) return;
    for (size_t a = 0; a < c->step->count; a++)
        c->row_of[a] = c->into[c->row_of[a]];
    for (size_t j = 0; j < c->merged; j++) {
        size_t r = 0;
        while (c->into[r] != j)
            r++;
        c->place[j] = c->first[r];
    }
    memcpy(c->first, c->place, c->merged * sizeof *c->first);
    c->rows = c->merged;
}

static kith_status pass(kith_ctx *ctx, kith_filters *c, const chain_link *l, kith_status *status)
{
    kith_exchange *ex = c->setup.engine->exchange;
    if (*status == KITH_OK) *status = merge(ctx, c, l);
    for (size_t phase = 0; phase < l->phases; phase++) {
        if (*status == KITH_OK) *status = stage_blocks(ctx, c, l, phase);
        if (phase + 1 == l->phases) break;
        KITH_TRY(l->ops->sums && c->partial
                     ? kith_block_total(c->partial, *status, c->setup.engine->dimension, c->sums, c->total)
                     : kith_exchange_agree(ex, *status, NULL));
    }
    if (*status == KITH_OK) *status = conclude(ctx, c, l);
    if (*status == KITH_OK) follow_merged(c, l);
    return KITH_OK;
}

/* A worker that failed goes on to where all agree, without work. */
kith_status kith_filters_stage(kith_ctx *ctx, kith_filters *c, const kith_step *step, kith_board *inbox)
{
    kith_status status = KITH_OK;
    begin(c, step, inbox);
    for (size_t i = 0; i < c->links; i++)
        if (!c->link[i].sends) KITH_TRY(pass(ctx, c, &c->link[i], &status));
    return status;
}

/* Names of metrics, for which the second and later ones of a chain with the same id get a number. */
typedef struct numbered {
    kith_told told;
    size_t number;
} numbered;

static kith_status tell_numbered(void *arg, const char *name, double value)
{
    numbered *n = arg;
    char own[NAME_BYTES];
    snprintf(own, sizeof own, "%s_%zu", name, n->number);
    return kith_told_take(&n->told, n->number > 1 ? own : name, value);
}

static kith_status tell_of(kith_ctx *ctx, const chain_link *l, const double *said, double visits, const double *scalars,
                           numbered *one)
{
    KITH_TRY_CALL(ctx, one->told.plugin, "tell", KITH_NOBODY,
                  l->ops->tell(l->self, said, visits, scalars, tell_numbered, one));
    return KITH_OK;
}

kith_status kith_filters_tell(kith_ctx *ctx, const kith_filters *c, const double *said, double visits, size_t slot,
                              kith_measure tell, void *arg)
{
    for (size_t i = 0; i < c->links; i++) {
        const chain_link *l = &c->link[i];
        numbered one = {{ctx, c->setup.engine, l->spelt.instance.plugin->id, tell, arg}, 1};
        if (!l->ops->tell || (l->ops->tell_count && !l->sends)) continue;
        for (size_t k = 0; k < i; k++)
            one.number += c->link[k].ops == l->ops;
        const double *scalars = l->keep.scalars ? kith_filters_of_version(c, slot) + l->at.scalars : NULL;
        KITH_TRY(tell_of(ctx, l, said + l->say, visits, scalars, &one));
    }
    return KITH_OK;
}
