/* What the files of the decentralized engine share: decentralized.c (rounds), gossip_graph.c (who hears whom),
 * gossip_rows.c (where planes lie), gossip_mix.c (mixing), gossip_save.c (checkpoints) and gossip_measure.c (metrics).
 *
 * Letters: N learners, d dimension, W the round's weights.
 * Ownership: the engine owns everything here. Threads: one per worker. [all]: by all workers in the same order.
 * Where: a learner lives in one domain; domains hold runs of consecutive learners, in proportion to their workers.
 */
#ifndef KITH_GOSSIP_H
#define KITH_GOSSIP_H

#include "engine/engine.h"

#include <kith/decentralized.h>
#include <kith/topology.h>

/* ---- who hears whom ---- */

typedef struct kith_gossip_graph {
    const kith_topology *ops;
    void *self;
    const char *id;
    size_t nodes;
    uint32_t promises;
    bool drawn;
    bool complete;   /* all weights are 1/N: nothing below is filled in, but for edges */
    size_t *start;   /* [N + 1] */
    uint32_t *from;  /* [start[N]] */
    double *weight;  /* [start[N]] */
    size_t room;
    uint32_t *heard; /* [N] how many others hear a node */
    double *column;  /* [N] sums of columns */
    uint32_t *row_from;
    double *row_weight; /* [N] */
    double edges;    /* between two nodes, each direction counted */
} kith_gossip_graph;

kith_status kith_gossip_graph_open(kith_ctx *ctx, const kith_instance *topology, size_t nodes, kith_gossip_graph *out)
    KITH_CHECKED;
void kith_gossip_graph_close(kith_gossip_graph *graph);
/* This round's graph; the same on every worker. Refuses, with KITH_ECONFIG, rows that break the topology's promises. */
kith_status kith_gossip_graph_draw(kith_ctx *ctx, kith_gossip_graph *graph, uint64_t round) KITH_CHECKED;

/* ---- where planes lie ---- */

/* One plane of every learner. Planes that other domains read are numbered by learner, and have a row for each learner in
 * every domain; the others by learner within the domain. */
typedef struct kith_shelf {
    const char *name;
    size_t length;
    size_t base;   /* first row on its board */
    size_t into;   /* which shelf gets the mixture; itself: the other half of this one */
    size_t turn;   /* which half holds the plane now */
    bool mixed, pair, global, scalar;
} kith_shelf;

typedef struct kith_gossip {
    kith_engine_about about;
    const kith_decentralized *ops;
    void *self; /* the algorithm's */
    size_t d, learners, first, last; /* this domain's learners */
    size_t *border;   /* [domains + 1] */
    uint32_t *home;   /* [N] */
    kith_shelf *shelf;
    size_t shelves, planes; /* planes: the algorithm's own, the first of the shelves; then KITH_KEPT for the optimizer */
    size_t kept[KITH_KEPT]; /* shelves; SIZE_MAX: none */
    size_t before;    /* the shelf with the learners' models as they were before mixing; SIZE_MAX: none */
    kith_board *board[2]; /* vectors, scalars */
    size_t rows[2], widest;
    size_t merged;    /* a row of vectors: the mean of the learners' models */
    size_t scratch[2];
    bool mixes, fresh; /* fresh: `merged` is up to date */
    kith_gossip_graph graph;
    uint64_t round;
    kith_real *work;
    kith_real **own, *kept_row[KITH_KEPT];
    kith_origin *origin; /* [rows of all mixed planes, at least N] */
    uint8_t *need;       /* [as origin, domains] */
    const kith_real **heard; /* [N] */
    /* dealing */
    size_t *order;    /* [learners here] */
    size_t *steps;    /* [learners here] */
    size_t next;
    /* measures */
    kith_board *reports, *tests, *partial;
    size_t tested, lanes, lane, examples, turn;
    kith_part *part; /* of a checkpoint */
} kith_gossip;

/* Which rows of a report are what. Bytes grow all through the run, the others since the last evaluation. */
enum { KITH_REPORT_LOSS = 0, KITH_REPORT_LOSSES, KITH_REPORT_STEPS, KITH_REPORT_BYTES, KITH_REPORT_ITEMS };

/* Checks the planes that the algorithm declares and lays them out. */
kith_status kith_gossip_lay_out(kith_ctx *ctx, kith_gossip *g) KITH_CHECKED;
/* [all] */
kith_status kith_gossip_open_boards(kith_ctx *ctx, kith_gossip *g) KITH_CHECKED;
/* A learner's row of a shelf; turn: which half, for shelves that have two. */
size_t kith_gossip_row(const kith_gossip *g, const kith_shelf *s, size_t turn, size_t learner);
kith_real *kith_gossip_at(const kith_gossip *g, const kith_shelf *s, size_t turn, size_t learner);

/* ---- mixing ---- */

/* Writes into g->origin all learners' rows of a global shelf. */
void kith_gossip_list(const kith_gossip *g, const kith_shelf *s, size_t turn, kith_origin *origin);
/* [all] Mixes all planes that are to be mixed; local work is done, with `mine` for its status. */
kith_status kith_gossip_mix(kith_ctx *ctx, kith_gossip *g, kith_status mine) KITH_CHECKED;
/* [all] Every learner's model becomes the mean of all. */
kith_status kith_gossip_merge(kith_gossip *g) KITH_CHECKED;
/* Copies a learner's model, about to be mixed, where it is wanted as it was before. */
void kith_gossip_keep_before(kith_gossip *g, size_t learner);
/* This worker's share of a domain's work of `count` pieces. */
void kith_gossip_share(const kith_gossip *g, size_t count, size_t *first, size_t *last);

/* ---- checkpoints ---- */

kith_status kith_gossip_list_parts(kith_ctx *ctx, kith_gossip *g) KITH_CHECKED;
const kith_part *kith_gossip_parts(const void *self, size_t *count);
kith_status kith_gossip_save(kith_ctx *ctx, const void *self, kith_checkpoint *to) KITH_CHECKED;
kith_status kith_gossip_load(kith_ctx *ctx, void *self, kith_checkpoint *from, uint64_t round) KITH_CHECKED;

/* ---- measuring ---- */

/* The merge is the round after all others. */
bool kith_gossip_merged(const kith_gossip *g);


/* [all] */
kith_status kith_gossip_open_measures(kith_ctx *ctx, kith_gossip *g) KITH_CHECKED;
kith_status kith_gossip_prepare(kith_ctx *ctx, void *self) KITH_CHECKED;
kith_status kith_gossip_measure(void *self, kith_measure measure, void *arg, double *train_loss) KITH_CHECKED;

#endif
