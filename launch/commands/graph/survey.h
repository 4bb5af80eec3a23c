/* What `kith graph` tells about a topology, gathered over its rounds.
 *
 * Ownership: plain values. Threads: one. Errors: those of the topology's rows; KITH_EMEMORY.
 */
#ifndef KITH_LAUNCH_SURVEY_H
#define KITH_LAUNCH_SURVEY_H

#include <kith/graph.h>

/* Above this many nodes, dense matrices would take minutes, and rates are not told but for the mean of all. */
#define SURVEY_DENSE ((size_t)500)

typedef struct range {
    double least, most, sum;
} range;

typedef struct survey {
    size_t nodes;
    uint64_t rounds; /* looked at: 1 for a static graph */
    uint32_t promised;
    bool mutual;         /* in every round */
    range edges, degree; /* without a node's own; per round, per node and round */
    kith_sums sums;
    uint64_t strong, weak; /* in how many rounds a path leads from any node to any other, along edges or not */
    bool together;         /* whether all rounds' edges taken together connect the nodes */
    bool known;            /* whether the next three are */
    double second;         /* |lambda_2|, of a static graph */
    double about_own, about_old;
    double measured;    /* 1 - (squared deviations after) / (before), for random vectors */
    uint64_t consensus; /* rounds until all hold the exact mean, from round 0; 0: not soon */
} survey;

kith_status survey_make(kith_ctx *ctx, const kith_topology *ops, void *topology, size_t nodes, uint64_t rounds,
                        survey *out) KITH_CHECKED;
void survey_print(const char *name, const survey *s);

#endif
