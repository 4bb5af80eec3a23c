/* Pairs that meet on the virtual clock: a round is N meetings, in waves of gradients and levels of disjoint pairs. */
#include "engine/decentralized/meetings.h"

#include "base/stop.h"
#include "base/stop.h"

#include <kith/nn.h>

/* Sums over meetings since the last evaluation; the same on every worker. */
typedef struct tally {
    double staleness, moved, meetings;
} tally;

struct kith_gossip_pairs {
    kith_meetings *plan;
    double time;                      /* of the last meeting */
    const kith_meeting_round *latest; /* that was made here, as round `at`; NULL: none */
    uint64_t at;
    tally tally;
};

static kith_visit_plan_setup plan_setup(const kith_gossip *g)
{
    kith_visit_plan_setup setup = kith_gossip_visits(g);
    setup.bytes_down = setup.bytes_up = kith_gossip_message_bytes(g);
    return setup;
}

static kith_status check_table(kith_ctx *ctx, const kith_gossip *g)
{
    const char *id = g->setup.algorithm->plugin->id;
    const uint32_t needed = KITH_STATIC | KITH_UNDIRECTED;
    if ((g->ops->needs & needed) != needed)
        return kith_fail(ctx, KITH_EPLUGIN,
                         "%s: pairs need a graph that stays; add KITH_STATIC and KITH_UNDIRECTED to ops.needs", id);
    if (g->ops->uses & (KITH_USES_MEAN | KITH_USES_MIXED_GRADIENTS))
        return kith_fail(ctx, KITH_EPLUGIN, "%s: pairs go neither with the mean of all nor with gradients in mixed()",
                         id);
    for (size_t p = 0; p < g->planes; p++)
        if (g->shelf[p].mixed && g->shelf[p].into != p)
            return kith_fail(ctx, KITH_EPLUGIN, "%s: plane '%s': pairs are averaged in place; leave `into` out", id,
                             g->shelf[p].name);
    return KITH_OK;
}

kith_status kith_gossip_pairs_open(kith_ctx *ctx, kith_gossip *g)
{
    if (!(g->ops->uses & KITH_USES_PAIRS)) return KITH_OK;
    KITH_TRY(check_table(ctx, g));
    KITH_TRY(kith_gossip_graph_draw(ctx, &g->graph, 0));
    KITH_TRY(KITH_ALLOC(ctx, "pairs", 1, &g->pairs));
    const kith_visit_plan_setup setup = plan_setup(g);
    return kith_meetings_open(ctx, &setup, &g->graph, &g->pairs->plan);
}

void kith_gossip_pairs_close(kith_gossip_pairs *p)
{
    if (!p) return;
    kith_meetings_close(p->plan);
    kith_free(p);
}

double kith_gossip_pairs_time(const kith_gossip_pairs *p)
{
    return p->time;
}

/* ---- a round ---- */

static bool is_here(const kith_gossip *g, size_t learner)
{
    return learner >= g->first && learner < g->last;
}

static kith_status take_gradients(kith_ctx *ctx, kith_gossip *g, const kith_meeting_round *round, size_t wave)
{
    const kith_gossip_work local = {.call = g->ops->local};
    g->dealt = 0;
    for (size_t k = 0; k < round->count; k++) {
        const kith_meeting *m = &round->meeting[k];
        if (m->wave != wave || !is_here(g, m->learner)) continue;
        const size_t own = m->learner - g->first;
        g->order[g->dealt++] = own;
        g->steps[own] = m->steps;
        g->number[own] = m->number;
    }
    kith_gossip_sort_visits(g);
    return kith_gossip_visit_all(ctx, g, &local);
}

/* Pairs whose learners live in two domains: each gets the other's row. Within a domain a publish is a barrier. */
static kith_status publish(kith_gossip *g, size_t board, kith_status mine, const kith_meeting_round *round,
                           size_t first, size_t last)
{
    const size_t domains = kith_exchange_place(g->setup.exchange)->domains;
    size_t count = 0;
    for (size_t p = 0; p < g->planes && domains > 1; p++) {
        const kith_gossip_workspace *s = &g->shelf[p];
        if (!s->mixed || s->scalar != board) continue;
        for (size_t k = first; k < last; k++) {
            const kith_meeting *m = &round->meeting[round->order[k]];
            const uint32_t pair[] = {m->learner, m->partner};
            if (g->home[pair[0]] == g->home[pair[1]]) continue;
            for (size_t side = 0; side < 2; side++, count++) {
                g->origin[count] = (kith_origin){(uint32_t)kith_gossip_row(g, s, 0, pair[side]), g->home[pair[side]]};
                for (size_t to = 0; to < domains; to++)
                    g->need[count * domains + to] = to == g->home[pair[1 - side]];
            }
        }
    }
    return kith_board_publish_rows(g->board[board], mine, g->origin, count, g->need);
}

/* Both get the mean; of a learner that lives elsewhere only its domain's row is one. Returns whether all is finite. */
static bool average(kith_gossip *g, const kith_gossip_workspace *s, const kith_meeting *m)
{
    kith_real *a = kith_gossip_at(g, s, 0, m->learner), *b = kith_gossip_at(g, s, 0, m->partner);
    for (size_t i = 0; i < s->length; i++) {
        const kith_real mean = (kith_real)(0.5 * ((double)a[i] + (double)b[i]));
        a[i] = mean;
        b[i] = mean;
    }
    return kith_all_finite(s->length, a);
}

static void count_bytes(kith_gossip *g, size_t learner)
{
    if (is_here(g, learner))
        ((double *)kith_board_row(g->reports, learner))[KITH_REPORT_BYTES] += kith_gossip_message_bytes(g);
}

static kith_status meet(kith_ctx *ctx, kith_gossip *g, const kith_meeting *m)
{
    const kith_gossip_work mixed = {.call = g->ops->mixed, .mixed = true};
    bool finite = true;
    for (size_t p = 0; p < g->planes && m->partner != m->learner; p++)
        if (g->shelf[p].mixed) finite &= average(g, &g->shelf[p], m);
    if (m->partner != m->learner) {
        count_bytes(g, m->learner);
        count_bytes(g, m->partner);
    }
    if (is_here(g, m->learner) && g->ops->mixed) {
        KITH_TRY(kith_gossip_visit(ctx, g, m->learner, &mixed));
        for (size_t p = 0; p < g->planes; p++)
            if (g->shelf[p].mixed)
                finite &= kith_all_finite(g->shelf[p].length, kith_gossip_at(g, &g->shelf[p], 0, m->learner));
    }
    if (finite) return KITH_OK;
    return kith_fail(ctx, KITH_EDIVERGED,
                     "learner %zu is not finite after its meeting with learner %zu in round %llu; lower local.lr",
                     (size_t)m->learner, (size_t)m->partner, (unsigned long long)g->round);
}

/* Workers share a level's pairs; of those that fail the first is the one to be named. */
static kith_status meet_level(kith_ctx *ctx, kith_gossip *g, const kith_meeting_round *round, size_t first, size_t last)
{
    const kith_place *place = kith_exchange_place(g->setup.exchange);
    size_t here = 0;
    for (size_t k = first; k < last; k++) {
        const kith_meeting *m = &round->meeting[round->order[k]];
        if (!is_here(g, m->learner) && !is_here(g, m->partner)) continue;
        if (here++ % place->locals != place->local) continue;
        kith_exchange_blame(g->setup.exchange, (uint32_t)k);
        KITH_TRY(meet(ctx, g, m));
    }
    return KITH_OK;
}

static bool same_level(const kith_meeting *a, const kith_meeting *b)
{
    return a->turn == b->turn && a->level == b->level;
}

/* [all] Levels of one wave; *next: where its meetings begin in the order, and then where they end. */
static kith_status meet_wave(kith_ctx *ctx, kith_gossip *g, const kith_meeting_round *round, size_t *next,
                             kith_status mine)
{
    const kith_meeting *const list = round->meeting;
    const uint32_t turn = list[round->order[*next]].turn;
    while (*next < round->count && list[round->order[*next]].turn == turn) {
        size_t last = *next + 1;
        while (last < round->count && same_level(&list[round->order[*next]], &list[round->order[last]]))
            last++;
        KITH_TRY(publish(g, 0, mine, round, *next, last));
        if (g->board[1]) KITH_TRY(publish(g, 1, KITH_OK, round, *next, last));
        mine = meet_level(ctx, g, round, *next, last);
        *next = last;
    }
    return kith_exchange_agree(g->setup.exchange, mine, NULL);
}

static void count(kith_gossip_pairs *p, const kith_meeting_round *round)
{
    for (size_t k = 0; k < round->count; k++) {
        p->tally.staleness += (double)round->meeting[k].staleness;
        p->tally.moved += (double)round->meeting[k].moved;
    }
    p->tally.meetings += (double)round->count;
    p->time = round->time;
}

kith_status kith_gossip_pairs_round(kith_ctx *ctx, kith_gossip *g)
{
    const kith_meeting_round *round = kith_meetings_next(g->pairs->plan);
    size_t next = 0;
    for (size_t wave = 0; wave < round->waves; wave++) {
        const kith_status status = take_gradients(ctx, g, round, wave);
        KITH_TRY(meet_wave(ctx, g, round, &next, status));
        kith_queue_turn(&g->visits);
    }
    count(g->pairs, round);
    g->pairs->latest = round;
    g->pairs->at = g->round;
    return KITH_OK;
}

/* ---- measuring, checkpoints ---- */

bool kith_gossip_pairs_take(kith_gossip_pairs *p, double *staleness, double *moved)
{
    if (p->tally.meetings == 0.0) return false;
    *staleness = p->tally.staleness / p->tally.meetings;
    *moved = p->tally.moved / p->tally.meetings;
    p->tally = (tally){0};
    return true;
}

kith_part kith_gossip_pairs_part(void)
{
    return (kith_part){"meetings since the last measure", 1, sizeof(tally) / sizeof(double), sizeof(double)};
}

double *kith_gossip_pairs_tally(kith_gossip_pairs *p)
{
    return &p->tally.staleness;
}

void kith_gossip_pairs_replay(kith_gossip_pairs *p, uint64_t rounds)
{
    for (uint64_t t = 0; t < rounds; t++)
        p->time = kith_meetings_next(p->plan)->time;
}

kith_status kith_gossip_pairs_arrivals(const kith_gossip *g, kith_take_arrival take, void *arg)
{
    const kith_gossip_pairs *p = g->pairs;
    const kith_meeting_round *round = p->latest;
    if (!round || p->at + 1 != g->round) return KITH_OK; /* a merge has no meetings */
    for (size_t k = 0; k < round->count; k++) {
        const kith_meeting *m = &round->meeting[k];
        const kith_recorded_arrival row = {.round = p->at,
                                           .place = k,
                                           .learner = m->learner,
                                           .version = p->at * round->count + k - m->staleness,
                                           .visit = m->number,
                                           .steps = m->steps,
                                           .time = m->time,
                                           .ends = round->time,
                                           .meets = true,
                                           .partner = m->partner};
        KITH_TRY(take(arg, &row));
    }
    return KITH_OK;
}

/* ---- histograms ---- */

/* How many of a run's meetings had which staleness, and how many learners had how many visits. `staleness` NULL: only
 * its bins. */
typedef struct bins {
    double *staleness;
    uint64_t *visits; /* [N] */
    size_t staleness_bins;
} bins;

static kith_status count_rounds(kith_ctx *ctx, const kith_gossip *g, uint64_t rounds, bins *b)
{
    enum { BETWEEN = 256 };
    const kith_visit_plan_setup setup = plan_setup(g);
    kith_meetings *plan = NULL;
    KITH_TRY(kith_meetings_open(ctx, &setup, &g->graph, &plan));
    for (uint64_t t = 0; t < rounds; t++) {
        const kith_meeting_round *round = kith_meetings_next(plan);
        for (size_t k = 0; k < round->count; k++) {
            const kith_meeting *m = &round->meeting[k];
            if (b->staleness) b->staleness[m->staleness] += 1.0;
            if (m->staleness >= b->staleness_bins) b->staleness_bins = (size_t)m->staleness + 1;
            b->visits[m->learner] = m->number + 1;
        }
        if ((t + 1) % BETWEEN == 0 && kith_stop_due()) break;
    }
    kith_meetings_close(plan);
    return kith_stop_given_up() ? kith_stop_check(ctx) : KITH_OK;
}

static kith_status tally_visits(kith_ctx *ctx, const kith_gossip *g, const bins *b, kith_tally take, void *arg)
{
    double *value = NULL;
    size_t most = 0;
    for (size_t i = 0; i < g->learners; i++)
        if (b->visits[i] > most) most = (size_t)b->visits[i];
    KITH_TRY(KITH_ALLOC(ctx, "histogram", most + 1, &value));
    for (size_t i = 0; i < g->learners; i++)
        value[b->visits[i]] += 1.0;
    const kith_status status = take(arg, "participation", value, most + 1);
    kith_free(value);
    return status;
}

/* The plan is drawn twice: to learn how many bins there are, and to fill them. */
kith_status kith_gossip_pairs_histograms(kith_ctx *ctx, const kith_gossip *g, uint64_t rounds, kith_tally take,
                                         void *arg)
{
    bins b = {.staleness_bins = 1};
    KITH_TRY(KITH_ALLOC(ctx, "histogram", g->learners, &b.visits));
    kith_status status = count_rounds(ctx, g, rounds, &b);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "histogram", b.staleness_bins, &b.staleness);
    if (status == KITH_OK) status = count_rounds(ctx, g, rounds, &b);
    if (status == KITH_OK) status = take(arg, "staleness", b.staleness, b.staleness_bins);
    if (status == KITH_OK) status = tally_visits(ctx, g, &b, take, arg);
    kith_free(b.staleness);
    kith_free(b.visits);
    return status;
}
