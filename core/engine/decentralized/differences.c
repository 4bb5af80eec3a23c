/* Gossip under filters. A learner sends what its plane x moved since the copy c that neighbours hold, and both add what
 * comes out of the filters to it. So what is held back is sent later, and a filtered plane still agrees: a plane that
 * is filtered itself does not.
 *
 * Mixing is x_i <- W_ii x_i + sum_j W_ij c_j, or, where sums over learners have to stay, x_i + step (sum_j W_ij c_j -
 * c_i), as in Koloskova, Stich, Jaggi 2019 (arXiv 1902.00340). */
#include "engine/decentralized/gossip.h"

#include <kith/nn.h>

#include <string.h>

static kith_status refuse(kith_ctx *ctx, const kith_gossip *g, kith_chain chain, const char *why)
{
    return kith_config_refuse(ctx, g->setup.config, chain == KITH_CHAIN_ATTACKERS ? "attack" : "run", "filters", why,
                              g->setup.algorithm->plugin->id, g->graph.id);
}

/* What neighbours of these algorithms get is no copy of a plane. */
static kith_status check_algorithm(kith_ctx *ctx, const kith_gossip *g, kith_chain chain)
{
    if (g->ops->uses & KITH_USES_MEAN)
        return refuse(
            ctx, g, chain,
            "%s takes the mean of all models at once, so no message passes a filter; leave it empty, or choose "
            "dsgd with the topology complete");
    if (g->ops->uses & KITH_USES_PAIRS)
        return refuse(ctx, g, chain,
                      "learners of %s meet in pairs, which hold no copies of each other; leave it empty, or choose "
                      "another algorithm");
    if (g->edges.planes)
        return refuse(
            ctx, g, chain,
            "learners of %s tell each neighbour something else, of which there are no copies; leave it empty, "
            "or choose another algorithm");
    if (g->ops->uses & KITH_USES_COMPRESSION)
        return refuse(ctx, g, chain, "%s compresses messages by itself; leave it empty, or choose another algorithm");
    if (g->differences.vectors == 0) return refuse(ctx, g, chain, "%s sends no model; leave it empty");
    return KITH_OK;
}

static kith_status check_graph(kith_ctx *ctx, const kith_gossip *g, kith_chain chain)
{
    if (chain == KITH_CHAIN_LEARNERS && !(g->graph.promises & KITH_STATIC))
        return refuse(ctx, g, chain,
                      "under filters neighbours of %s hold copies of each other, so they must stay the same, and the "
                      "graph of %s changes; choose a static topology");
    if (chain == KITH_CHAIN_ATTACKERS && g->sketches.length)
        return refuse(
            ctx, g, chain,
            "under %s the graph of %s is drawn from what learners really did, and attackers would not say it; "
            "choose another topology");
    return KITH_OK;
}

static kith_status check_step(kith_ctx *ctx, const kith_gossip *g)
{
    if (g->how->gossip_step == 0.0 || !g->ops->mix) return KITH_OK;
    return kith_config_refuse(ctx, g->setup.config, "decentralized", "gossip_step",
                              "%s mixes what it hears by a rule of its own; leave it 0",
                              g->setup.algorithm->plugin->id);
}

kith_status kith_gossip_differences_open(kith_ctx *ctx, kith_gossip *g)
{
    kith_gossip_differences *x = &g->differences;
    KITH_TRY(KITH_TAKE(ctx, &g->heap, "filters", g->planes + 1, &x->plane));
    for (size_t p = 0; p < g->planes; p++)
        if (g->shelf[p].mixed && !g->shelf[p].scalar) x->plane[x->vectors++] = p;
    const kith_filters_setup setup = {.engine = &g->setup, .planes = x->vectors, .peers = true};
    KITH_TRY(kith_filters_open(ctx, &setup, &x->filters));
    const double step = g->how->gossip_step;
    x->keeps_sums = x->filters && !g->ops->mix && (step > 0.0 || g->ops->uses & KITH_USES_SUMS);
    x->step = step > 0.0 ? step : 1.0;
    g->says = g->ops->tell_count + kith_filters_says(x->filters);
    return KITH_OK;
}

void kith_gossip_differences_lay_out(kith_gossip *g)
{
    const kith_gossip_differences *x = &g->differences;
    for (size_t k = 0; x->filters && k < x->vectors; k++) {
        g->shelf[x->plane[k]].copy = g->shelves;
        g->shelf[g->shelves] = (kith_gossip_workspace){
            .name = "neighbours' copies", .length = g->d, .into = g->shelves, .copy = SIZE_MAX, .global = true};
        g->shelves++;
    }
}

static kith_status take_vectors(kith_ctx *ctx, kith_gossip *g, kith_real ***out)
{
    KITH_TRY(KITH_TAKE(ctx, &g->heap, "messages", g->differences.vectors, out));
    for (size_t k = 0; k < g->differences.vectors; k++)
        KITH_TRY(KITH_TAKE(ctx, &g->heap, "messages", g->d, &(*out)[k]));
    return KITH_OK;
}

kith_status kith_gossip_differences_check(kith_ctx *ctx, kith_gossip *g)
{
    kith_gossip_differences *x = &g->differences;
    if (!x->filters) return KITH_OK;
    for (int chain = KITH_CHAIN_LEARNERS; chain <= KITH_CHAIN_ATTACKERS; chain++) {
        if (!kith_filters_has(x->filters, (kith_chain)chain)) continue;
        KITH_TRY(check_algorithm(ctx, g, (kith_chain)chain));
        KITH_TRY(check_graph(ctx, g, (kith_chain)chain));
    }
    KITH_TRY(check_step(ctx, g));
    if (kith_filters_has(x->filters, KITH_CHAIN_ATTACKERS)) KITH_TRY(take_vectors(ctx, g, &x->begun));
    return take_vectors(ctx, g, &x->sent);
}

void kith_gossip_differences_close(kith_gossip_differences *x)
{
    kith_filters_close(x->filters);
}

const kith_gossip_workspace *kith_gossip_read(const kith_gossip *g, const kith_gossip_workspace *s)
{
    return s->copy == SIZE_MAX ? s : &g->shelf[s->copy];
}

static kith_real *copy_of(const kith_gossip *g, size_t k, size_t learner)
{
    return kith_gossip_at(g, &g->shelf[g->shelf[g->differences.plane[k]].copy], 0, learner);
}

void kith_gossip_differences_begin(kith_gossip *g, size_t learner)
{
    const kith_gossip_differences *x = &g->differences;
    for (size_t k = 0; x->filters && k < x->vectors; k++)
        kith_copy(g->d, g->own[x->plane[k]], copy_of(g, k, learner));
}

void kith_gossip_differences_note(kith_gossip *g, const kith_visit *visit)
{
    const kith_gossip_differences *x = &g->differences;
    for (size_t k = 0; x->begun && k < x->vectors && kith_filters_attacks(x->filters, visit->learner); k++)
        kith_copy(g->d, visit->own[x->plane[k]], x->begun[k]);
}

/* c + m, m being what filters made of x - c. What came through untouched is known exactly, without the rounding of c +
 * (x - c). */
static void add_message(size_t n, const kith_real *x, const kith_real *m, const kith_real *c, kith_real *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = m[i] == x[i] - c[i] ? x[i] : c[i] + m[i];
}

kith_status kith_gossip_differences_send(kith_ctx *ctx, kith_gossip *g, const kith_visit *visit)
{
    const kith_gossip_differences *x = &g->differences;
    double *say = visit->say + g->ops->tell_count;
    if (!x->filters) return KITH_OK;
    const bool attacks = kith_filters_attacks(x->filters, visit->learner);
    for (size_t k = 0; attacks && k < x->vectors; k++)
        kith_subtract(g->d, visit->own[x->plane[k]], x->begun[k], x->sent[k]);
    if (attacks) KITH_TRY(kith_filters_send(ctx, x->filters, KITH_CHAIN_ATTACKERS, visit, x->sent, 0, 0, say));
    for (size_t k = 0; k < x->vectors; k++) {
        if (attacks) add_message(g->d, visit->own[x->plane[k]], x->sent[k], x->begun[k], x->begun[k]);
        kith_subtract(g->d, attacks ? x->begun[k] : visit->own[x->plane[k]], copy_of(g, k, visit->learner), x->sent[k]);
    }
    KITH_TRY(kith_filters_send(ctx, x->filters, KITH_CHAIN_LEARNERS, visit, x->sent, 0, 0, say));
    for (size_t k = 0; k < x->vectors; k++) {
        kith_real *copy = copy_of(g, k, visit->learner);
        add_message(g->d, attacks ? x->begun[k] : visit->own[x->plane[k]], x->sent[k], copy, copy);
    }
    return KITH_OK;
}

/* Where a copy is exact nothing changes, not even the sign of a zero. */
void kith_gossip_differences_mend(const kith_gossip *g, bool even, size_t n, const kith_real *x, const kith_real *c,
                                  kith_real *mixture)
{
    const kith_gossip_differences *f = &g->differences;
    const kith_real step = (kith_real)f->step, share = f->keeps_sums ? 1 : (kith_real)(1.0 / (double)g->learners);
    if (f->keeps_sums && f->step < 1.0)
        for (size_t i = 0; i < n; i++)
            mixture[i] = x[i] + step * (mixture[i] - c[i]);
    else if (f->keeps_sums || even)
        for (size_t i = 0; i < n; i++)
            mixture[i] = x[i] == c[i] ? mixture[i] : mixture[i] + share * (x[i] - c[i]);
}
