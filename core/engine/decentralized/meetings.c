#include "engine/decentralized/meetings.h"

#include <stdlib.h>

/* A learner within the plan. */
typedef struct state {
    uint64_t began;       /* how many meetings there had been when its visit began */
    uint64_t moved;       /* how many of those after that it was met in */
    uint32_t next;        /* this round: the first wave in which its next gradients can be taken, */
    uint32_t turn, level; /* and of its last meeting */
    bool met;
} state;

struct kith_meetings {
    kith_participation_config participation;
    uint64_t seed;
    double bytes; /* of a message */
    kith_visit_plan *plan;
    const kith_gossip_graph *graph;
    uint64_t count; /* of all meetings so far */
    state *state;   /* [N] */
    kith_meeting *meeting;
    uint32_t *order;
    kith_meeting_round round;
};

static size_t neighbours(const kith_gossip_graph *g, size_t node)
{
    if (g->complete) return g->nodes - 1;
    size_t count = 0;
    for (size_t e = g->start[node]; e < g->start[node + 1]; e++)
        count += g->from[e] != node;
    return count;
}

static uint32_t neighbour(const kith_gossip_graph *g, size_t node, size_t k)
{
    if (g->complete) return (uint32_t)(k + (k >= node));
    size_t e = g->start[node];
    for (;; e++)
        if (g->from[e] != node && k-- == 0) return g->from[e];
}

static uint32_t draw_partner(const kith_meetings *m, size_t learner, uint64_t number)
{
    const size_t count = neighbours(m->graph, learner);
    if (count == 0) return (uint32_t)learner;
    kith_stream s = kith_stream_at(m->seed, KITH_FOR_PAIRS, learner, number);
    return neighbour(m->graph, learner, (size_t)kith_draw_below(&s, count));
}

/* What two that meet send each other, one after the other; whoever meets nobody sends nothing. */
static double meeting_time(void *arg, const kith_timing *timing, size_t learner, uint64_t number)
{
    const kith_meetings *m = arg;
    const size_t partner = draw_partner(m, learner, number);
    if (partner == learner) return 0.0;
    return kith_timing_latency(timing, learner, partner) + kith_timing_transfer(timing, learner, partner, m->bytes) +
           kith_timing_latency(timing, partner, learner) + kith_timing_transfer(timing, partner, learner, m->bytes);
}

/* After the last meeting of this learner, and not before that turn. */
static void put_after(const state *s, uint32_t *turn, uint32_t *level)
{
    if (!s->met || s->turn < *turn) return;
    if (s->turn > *turn) *level = 0;
    *turn = s->turn;
    if (s->level + 1 > *level) *level = s->level + 1;
}

static void place(kith_meetings *m, kith_meeting *meeting)
{
    state *a = &m->state[meeting->learner], *b = &m->state[meeting->partner];
    meeting->wave = meeting->turn = a->next;
    meeting->level = 0;
    put_after(a, &meeting->turn, &meeting->level);
    put_after(b, &meeting->turn, &meeting->level);
    a->turn = b->turn = meeting->turn;
    a->level = b->level = meeting->level;
    a->met = b->met = true;
    a->next = meeting->turn + 1;
}

static void meet(kith_meetings *m, const kith_arrival *arrival, kith_meeting *out)
{
    const uint32_t learner = (uint32_t)arrival->learner;
    state *s = &m->state[learner];
    *out = (kith_meeting){.learner = learner,
                          .partner = draw_partner(m, learner, arrival->number),
                          .number = arrival->number,
                          .steps = arrival->steps,
                          .time = arrival->time,
                          .staleness = m->count - s->began,
                          .moved = s->moved};
    if (out->partner != learner) m->state[out->partner].moved++;
    s->began = ++m->count;
    s->moved = 0;
    place(m, out);
}

static int earlier(const void *a, const void *b, void *arg)
{
    const uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    const kith_meeting *list = arg, *x = &list[i], *y = &list[j];
    if (x->turn != y->turn) return x->turn < y->turn ? -1 : 1;
    if (x->level != y->level) return x->level < y->level ? -1 : 1;
    return i < j ? -1 : i > j;
}

const kith_meeting_round *kith_meetings_next(kith_meetings *m)
{
    const kith_step *step = kith_plan_next(m->plan);
    m->round = (kith_meeting_round){.count = step->count, .time = step->time, .meeting = m->meeting, .order = m->order};
    for (size_t i = 0; i < m->graph->nodes; i++) {
        m->state[i].next = 0;
        m->state[i].met = false;
    }
    for (size_t k = 0; k < step->count; k++) {
        meet(m, &step->arrival[k], &m->meeting[k]);
        m->order[k] = (uint32_t)k;
        if (m->meeting[k].turn >= m->round.waves) m->round.waves = m->meeting[k].turn + 1;
    }
    qsort_r(m->order, step->count, sizeof *m->order, earlier, m->meeting);
    return &m->round;
}

kith_status kith_meetings_open(kith_ctx *ctx, const kith_visit_plan_setup *setup, const kith_gossip_graph *graph,
                               kith_meetings **out)
{
    kith_meetings *m = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "meetings", 1, &m));
    m->participation = *setup->participation;
    m->participation.kind = KITH_PARTICIPATION_CLOCK;
    m->participation.arrivals = (int64_t)setup->learners;
    m->participation.concurrency = 0;
    m->participation.wait = false;
    m->participation.dropout = 0.0;
    m->participation.availability = KITH_AVAILABILITY_ALWAYS;
    m->seed = setup->seed;
    m->graph = graph;
    kith_visit_plan_setup mine = *setup;
    mine.participation = &m->participation;
    mine.meeting = meeting_time;
    mine.arg = m;
    m->bytes = setup->bytes_up;
    kith_status status = KITH_ALLOC(ctx, "meetings", setup->learners, &m->state);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "meetings", setup->learners, &m->meeting);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "meetings", setup->learners, &m->order);
    if (status == KITH_OK) status = kith_plan_open(ctx, &mine, &m->plan);
    if (status != KITH_OK) {
        kith_meetings_close(m);
        return status;
    }
    *out = m;
    return KITH_OK;
}

void kith_meetings_close(kith_meetings *m)
{
    if (!m) return;
    kith_plan_close(m->plan);
    kith_free(m->state);
    kith_free(m->meeting);
    kith_free(m->order);
    kith_free(m);
}
