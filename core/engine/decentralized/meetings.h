/* Meetings of pairs on the virtual clock: which learner's visit ends when, whom it meets then, and which of it can go
 * on at the same time.
 *
 * All learners are always under way. A visit begins where the learner's last one ended; when it ends, the learner meets
 * one of its neighbours in the graph, drawn uniformly. A round is N visits' ends, in order of time, the lower learner
 * first among equals.
 * What must wait for what: a visit's gradients for the end of the learner's visit before; a meeting for its gradients
 * and for the last meeting of either of the two. So a round is cut into waves: the gradients of a wave are taken all at
 * once, then meetings follow in levels of disjoint pairs, as far as they need no other gradients.
 *
 * A pure function of configuration, seed and graph: every worker draws the same. Ownership: the plan owns the rounds it
 * hands out, valid until the next call. Threads: one.
 */
#ifndef KITH_MEETINGS_H
#define KITH_MEETINGS_H

#include "engine/decentralized/gossip.h"
#include "engine/participation/participation.h"

typedef struct kith_meeting {
    uint32_t learner, partner; /* whose visit ends, and whom it meets: itself where it has no neighbour */
    uint64_t number;           /* of the learner's visits */
    size_t steps;              /* K */
    double time;               /* s */
    uint64_t staleness;        /* meetings, anyone's, since the visit began */
    uint64_t moved;            /* of these, those in which others met the learner */
    uint32_t wave;             /* in which its gradients are taken */
    uint32_t turn, level;      /* the wave in which they meet, and where in that */
} kith_meeting;

typedef struct kith_meeting_round {
    size_t count; /* N */
    double time;  /* of the last */
    size_t waves;
    const kith_meeting *meeting; /* [count] by time */
    const uint32_t *order;       /* [count] by turn, level, time */
} kith_meeting_round;

typedef struct kith_meetings kith_meetings;

/* Of about->participation only the times of steps and links are read. `graph`, drawn and static, is borrowed. */
kith_status kith_meetings_open(kith_ctx *ctx, const kith_visit_plan_setup *setup, const kith_gossip_graph *graph,
                               kith_meetings **out) KITH_CHECKED;
/* Takes NULL. */
void kith_meetings_close(kith_meetings *meetings);
const kith_meeting_round *kith_meetings_next(kith_meetings *meetings);

#endif
