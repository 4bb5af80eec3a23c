/* Chains from their texts: what each filter is, whether it may stand there, and what lasts. */
#include "engine/filter/chain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OWNER_BYTES = 1024 };

static const char *const sections[PLACES] = {"run", "attack", "server"};

static const char *text_at(const kith_engine_setup *engine, place where)
{
    switch (where) {
    case ON_LEARNERS:
        return engine->run->filters;
    case ON_ATTACKERS:
        return engine->attack->filters;
    default:
        return engine->server->filters;
    }
}

/* ---- who attacks ---- */

static kith_status refuse_attackers(kith_ctx *ctx, const kith_engine_setup *engine)
{
    return kith_config_refuse(ctx, engine->config, "attack", "learners",
                              "it is neither a share with a point, 0.0 to 1.0, nor a list of learners, 0 to %lld",
                              (long long)engine->run->learners - 1);
}

/* The first ones of a permutation. */
static kith_status draw_attackers(kith_ctx *ctx, kith_filters *c, size_t count)
{
    const size_t learners = (size_t)c->setup.engine->run->learners;
    uint32_t *order = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "attackers", learners, &order));
    for (size_t i = 0; i < learners; i++)
        order[i] = (uint32_t)i;
    kith_stream stream = kith_stream_at((uint64_t)c->setup.engine->run->seed, KITH_FOR_ATTACKERS, 0, 0);
    kith_shuffle_u32(&stream, order, learners);
    for (size_t i = 0; i < count; i++)
        c->attacks[order[i]] = 1;
    kith_free(order);
    return KITH_OK;
}

static kith_status choose_attackers(kith_ctx *ctx, kith_filters *c)
{
    const kith_engine_setup *engine = c->setup.engine;
    const double learners = (double)engine->run->learners;
    const char *at = engine->attack->learners, *end;
    KITH_TRY(KITH_ALLOC(ctx, "attackers", (size_t)learners, &c->attacks));
    if (!*at) return KITH_OK;
    if (strchr(at, '.')) {
        const double share = kith_number(at, &end);
        if (end == at || *end || !(share >= 0.0 && share <= 1.0)) return refuse_attackers(ctx, engine);
        return draw_attackers(ctx, c, (size_t)(share * learners + 0.5));
    }
    for (;; at = end + 1) {
        const double learner = kith_number(at, &end);
        if (end == at || !(learner >= 0.0 && learner < learners) || learner != floor(learner))
            return refuse_attackers(ctx, engine);
        c->attacks[(size_t)learner] = 1;
        end += strspn(end, " \t");
        if (!*end) return KITH_OK;
        if (*end != ',') return refuse_attackers(ctx, engine);
    }
}

/* ---- what may stand where ---- */

static kith_status refuse(kith_ctx *ctx, const kith_filters *c, const chain_link *l, const char *why)
{
    return kith_config_refuse(ctx, c->setup.engine->config, sections[l->place], "filters", "%s %s",
                              l->spelt.instance.plugin->id, why);
}

static kith_status check_place(kith_ctx *ctx, const kith_filters *c, const chain_link *l)
{
    const bool attacks = l->ops->flags & KITH_FILTER_ATTACKS;
    if (attacks && l->place != ON_ATTACKERS)
        return refuse(ctx, c, l, "is what attackers do; name it under attack.filters");
    if (l->place == ON_LEARNERS && !l->sends)
        return refuse(ctx, c, l, "works at the server only; name it under server.filters");
    if (l->place == ON_ATTACKERS && !l->sends && !attacks)
        return refuse(ctx, c, l, "works at the server only, on all messages; name it under server.filters");
    if (l->place == AT_SERVER && !l->ops->stage)
        return refuse(ctx, c, l, "works on learners only; name it under run.filters");
    if (l->sends || !c->setup.peers) return KITH_OK;
    return kith_config_refuse(
        ctx, c->setup.engine->config, sections[l->place], "filters",
        "%s works where all messages come together, but learners of %s send theirs to neighbours; choose a filter that "
        "works on learners, or a federated algorithm",
        l->spelt.instance.plugin->id, c->setup.engine->algorithm->plugin->id);
}

static kith_status check_bound(kith_ctx *ctx, const kith_filters *c, const chain_link *l)
{
    if (!isinf(l->bound) || !(l->ops->flags & KITH_FILTER_BOUNDED)) return KITH_OK;
    return refuse(ctx, c, l, "needs messages of a norm that is bounded; put clip(norm=...) right before it");
}

static kith_status check_server(kith_ctx *ctx, const kith_filters *c, const chain_link *l)
{
    const char *algorithm = c->setup.engine->algorithm->plugin->id;
    if (l->sends) return KITH_OK;
    if (l->ops->flags & KITH_FILTER_MERGES && c->setup.remembers)
        return kith_config_refuse(
            ctx, c->setup.engine->config, sections[l->place], "filters",
            "%s merges messages, but %s remembers each learner's own; choose another filter or algorithm",
            l->spelt.instance.plugin->id, algorithm);
    if (l->ops->flags & KITH_FILTER_EQUAL && !c->setup.alike)
        return kith_config_refuse(ctx, c->setup.engine->config, sections[l->place], "filters",
                                  "%s needs messages that weigh alike, but those of %s do not; set its weights to "
                                  "equal, or choose another algorithm",
                                  l->spelt.instance.plugin->id, algorithm);
    return KITH_OK;
}

/* ---- one filter ---- */

static kith_status draw_seeds(kith_ctx *ctx, const kith_filters *c, chain_link *l, size_t number)
{
    KITH_TRY(KITH_ALLOC(ctx, "filter", c->setup.planes + 1, &l->seed));
    for (size_t p = 0; p < c->setup.planes; p++) {
        const uint64_t where = (uint64_t)l->place << 32 | number;
        kith_stream stream = kith_stream_at((uint64_t)c->setup.engine->run->seed, KITH_FOR_FILTERS, where, p);
        l->seed[p] = kith_draw_u64(&stream);
    }
    return KITH_OK;
}

static kith_status check_keep(kith_ctx *ctx, const kith_filters *c, const chain_link *l)
{
    if (l->sends && l->keep.scalars)
        return refuse(ctx, c, l, "keeps numbers that only a server can change; name it under server.filters");
    if (l->keep.server == 0 || l->keep.server == c->setup.engine->dimension) return KITH_OK;
    return kith_fail(ctx, KITH_EPLUGIN, "%s: keep() wants %zu reals at the server; it can have none or d = %zu",
                     l->spelt.instance.plugin->id, l->keep.server, c->setup.engine->dimension);
}

/* What lasts of a filter that sends is with learners, else at the server. */
static void place_keep(kith_filters *c, chain_link *l)
{
    if (l->sends) l->keep.server = 0;
    if (!l->sends || c->setup.peers) l->keep.learner = 0;
    l->at = c->keeps;
    l->say = c->says;
    c->keeps.learner += l->keep.learner * c->setup.planes;
    c->keeps.server += l->keep.server ? c->setup.planes : 0;
    c->keeps.scalars += l->keep.scalars * c->setup.planes;
    c->says += l->sends ? l->ops->tell_count : 0;
    for (size_t r = 1; !l->sends && l->ops->sums && r <= c->setup.arrivals; r++) {
        const size_t sums = l->ops->sums(l->self, r) * c->setup.planes;
        if (sums > c->sums) c->sums = sums;
    }
}

/* setting NULL: it is not created. */
static kith_status read_link(kith_ctx *ctx, const kith_filters *c, const kith_setting *setting, const char *text,
                             chain_link *l)
{
    const kith_engine_setup *engine = c->setup.engine;
    char owner[OWNER_BYTES];
    snprintf(owner, sizeof owner, "%s: %s.filters", kith_config_source(engine->config, sections[l->place], "filters"),
             sections[l->place]);
    KITH_TRY(kith_spelt_open(ctx, engine->registry, KITH_FILTER, owner, setting, text, &l->spelt));
    l->ops = l->spelt.instance.plugin->ops;
    l->self = l->spelt.instance.self;
    l->sends = l->place != AT_SERVER && l->ops->send;
    return check_place(ctx, c, l);
}

static kith_status open_link(kith_ctx *ctx, kith_filters *c, const char *text, size_t number, double *bound,
                             chain_link *l)
{
    const kith_engine_setup *engine = c->setup.engine;
    const kith_setting setting = {.size = sizeof setting,
                                  .learners = (size_t)engine->run->learners,
                                  .dimension = engine->dimension,
                                  .seed = (uint64_t)engine->run->seed,
                                  .rounds = (uint64_t)engine->run->rounds,
                                  .arrivals = c->setup.arrivals,
                                  .blocks = engine->blocks,
                                  .block_count = engine->block_count};
    l->bound = *bound;
    KITH_TRY(read_link(ctx, c, &setting, text, l));
    KITH_TRY(check_bound(ctx, c, l));
    KITH_TRY(check_server(ctx, c, l));
    if (l->ops->keep) l->keep = l->ops->keep(l->self, engine->dimension);
    l->phases = l->sends ? 1 : l->ops->phases ? l->ops->phases(l->self) : l->ops->sums ? 2 : 1;
    *bound = l->ops->bound ? l->ops->bound(l->self, engine->dimension, *bound, NULL) : (double)INFINITY;
    KITH_TRY(check_keep(ctx, c, l));
    place_keep(c, l);
    return draw_seeds(ctx, c, l, number);
}

/* ---- chains ---- */

static size_t count_links(const char *text)
{
    size_t count = 0;
    for (text += strspn(text, " \t"); *text; count++) {
        text = kith_spelt_end(text);
        if (*text) text++;
    }
    return count;
}

/* The chain of a place, link by link. */
typedef kith_status (*link_reader)(kith_ctx *ctx, kith_filters *c, const char *text, size_t number, place where,
                                   double *bound);

static kith_status read_chain(kith_ctx *ctx, kith_filters *c, place where, link_reader read, double *bound)
{
    const char *at = text_at(c->setup.engine, where);
    const size_t count = count_links(at);
    for (size_t number = 0; number < count; number++) {
        const char *end = kith_spelt_end(at);
        char *one = strndup(at, (size_t)(end - at));
        if (!one) return kith_fail(ctx, KITH_EMEMORY, "no memory for the name of a filter");
        const kith_status status = read(ctx, c, one, number, where, bound);
        free(one);
        KITH_TRY(status);
        at = *end ? end + 1 : end;
    }
    return KITH_OK;
}

static kith_status add_link(kith_ctx *ctx, kith_filters *c, const char *text, size_t number, place where, double *bound)
{
    chain_link *l = &c->link[c->links++];
    l->place = where;
    return open_link(ctx, c, text, number, bound, l);
}

static kith_status open_chain(kith_ctx *ctx, kith_filters *c, place where, double *bound)
{
    return read_chain(ctx, c, where, add_link, bound);
}

static kith_status check_link(kith_ctx *ctx, kith_filters *c, const char *text, size_t number, place where,
                              double *bound)
{
    chain_link l = {.place = where};
    (void)number;
    (void)bound;
    const kith_status status = read_link(ctx, c, NULL, text, &l);
    kith_spelt_close(&l.spelt);
    return status;
}

kith_status kith_filters_check(kith_ctx *ctx, const kith_role_setup *setup, bool peers)
{
    const kith_instance algorithm = {.plugin = setup->algorithm};
    const kith_engine_setup engine = {.config = setup->config,
                                      .run = setup->run,
                                      .attack = setup->attack,
                                      .server = setup->server,
                                      .algorithm = &algorithm,
                                      .registry = setup->registry};
    kith_filters c = {.setup = {.engine = &engine, .peers = peers}};
    kith_status status = choose_attackers(ctx, &c);
    for (size_t w = 0; w < PLACES && status == KITH_OK; w++)
        status = read_chain(ctx, &c, (place)w, check_link, NULL);
    kith_free(c.attacks);
    return status;
}

/* Attackers send what may be longer than any honest message. */
static kith_status open_chains(kith_ctx *ctx, kith_filters *c)
{
    double honest = (double)INFINITY;
    KITH_TRY(open_chain(ctx, c, ON_LEARNERS, &honest));
    double bound = honest;
    KITH_TRY(open_chain(ctx, c, ON_ATTACKERS, &bound));
    bound = fmax(bound, honest);
    return open_chain(ctx, c, AT_SERVER, &bound);
}

static kith_status allocate(kith_ctx *ctx, kith_filters *c)
{
    const size_t m = c->setup.arrivals, d = c->setup.engine->dimension;
    const size_t end = c->setup.last * KITH_BLOCK < d ? c->setup.last * KITH_BLOCK : d;
    if (c->setup.last > c->setup.first) c->coordinates = end - c->setup.first * KITH_BLOCK;
    KITH_TRY(KITH_ALLOC(ctx, "filters", m, &c->row_of));
    KITH_TRY(KITH_ALLOC(ctx, "filters", m, &c->into));
    KITH_TRY(KITH_ALLOC(ctx, "filters", m, &c->first));
    KITH_TRY(KITH_ALLOC(ctx, "filters", m, &c->place));
    KITH_TRY(KITH_ALLOC(ctx, "filters", m, &c->attacker));
    KITH_TRY(KITH_ALLOC(ctx, "filters", m, &c->row));
    KITH_TRY(KITH_ALLOC(ctx, "filters", 4 * m, &c->work));
    KITH_TRY(KITH_ALLOC(ctx, "filters", c->sums + 1, &c->total));
    KITH_TRY(KITH_ALLOC(ctx, "filters", c->links * c->setup.planes, &c->bound));
    return KITH_ALLOC(ctx, "what filters keep", c->keeps.server * c->coordinates, &c->held);
}

kith_status kith_filters_open(kith_ctx *ctx, const kith_filters_setup *setup, kith_filters **out)
{
    size_t links = 0;
    for (size_t w = 0; w < PLACES; w++)
        links += count_links(text_at(setup->engine, (place)w));
    if (links == 0) return KITH_OK;
    kith_filters *c = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "filters", 1, &c));
    c->setup = *setup;
    kith_status status = KITH_ALLOC(ctx, "filters", links, &c->link);
    if (status == KITH_OK) status = choose_attackers(ctx, c);
    if (status == KITH_OK) status = open_chains(ctx, c);
    if (status == KITH_OK) status = allocate(ctx, c);
    if (status != KITH_OK) {
        kith_filters_close(c);
        return status;
    }
    *out = c;
    return KITH_OK;
}

kith_status kith_filters_open_boards(kith_ctx *ctx, kith_filters *c, size_t seen, size_t slots)
{
    kith_exchange *ex = c->setup.engine->exchange;
    const kith_status status = KITH_ALLOC(ctx, "numbers of filters", slots * c->keeps.scalars, &c->scalars);
    KITH_TRY(kith_exchange_agree(ex, status, NULL));
    if (c->keeps.learner)
        KITH_TRY(kith_board_create(ctx, ex, "what filters keep", seen, c->keeps.learner, sizeof(kith_real), &c->kept));
    if (c->sums)
        KITH_TRY(kith_board_create(ctx, ex, "filters' sums", kith_block_count(c->setup.engine->dimension), c->sums,
                                   sizeof(double), &c->partial));
    return KITH_OK;
}

void kith_filters_close(kith_filters *c)
{
    if (!c) return;
    if (c->partial) kith_board_destroy(c->partial);
    if (c->kept) kith_board_destroy(c->kept);
    for (size_t i = 0; i < c->links; i++) {
        kith_spelt_close(&c->link[i].spelt);
        kith_free(c->link[i].seed);
    }
    void *const lists[] = {c->link,  c->attacks, c->held,     c->scalars, c->total, c->row_of,     c->into,
                           c->first, c->place,   c->attacker, c->work,    c->bound, (void *)c->row};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        kith_free(lists[i]);
    kith_free(c);
}
