/* What the files of the decentralized engine share: decentralized.c (rounds), graph.c (who hears whom),
 * differences.c (filters), sketch.c (graphs drawn from updates), publish.c (numbers that graphs follow), rows.c (where
 * planes lie), mix.c (mixing), merge.c (one model of all), edges.c (planes on edges), pairs.c (pairs on the virtual
 * clock), save.c (checkpoints) and measure.c (metrics).
 *
 * Letters: N learners, d dimension, W the round's weights.
 * Ownership: the engine owns everything here. Threads: one per worker. [all]: by all workers in the same order.
 * Where: a learner lives in one domain; domains hold runs of consecutive learners, in proportion to their workers.
 */
#ifndef KITH_GOSSIP_H
#define KITH_GOSSIP_H

#include "base/heap.h"
#include "engine/decentralized/settings.h"
#include "engine/engine.h"
#include "engine/filter/filters.h"
#include "engine/work/queue.h"

#include <kith/decentralized.h>
#include <kith/topology.h>

/* ---- who hears whom ---- */

typedef struct kith_gossip_graph {
    kith_topology table; /* what the plugin's own lacks is NULL */
    void *self;
    const char *id;
    size_t nodes;
    uint32_t promises;
    bool drawn;
    bool listed;    /* rows are wanted even if the graph is complete */
    bool complete;  /* all weights are 1/N: nothing below is filled in, but for edges */
    size_t *start;  /* [N + 1] */
    uint32_t *from; /* [start[N]] */
    double *weight; /* [start[N]] */
    size_t room;
    uint32_t *heard; /* [N] how many others hear a node */
    double *column;  /* [N] sums of columns */
    uint32_t *row_from;
    double *row_weight; /* [N] */
    double edges;       /* between two nodes, each direction counted */
} kith_gossip_graph;

kith_status kith_gossip_graph_open(kith_ctx *ctx, const kith_instance *topology, size_t nodes,
                                   kith_gossip_graph *out) KITH_CHECKED;
/* Refuses a static graph that is not connected where the algorithm's needs say that it wants the mean of all, and notes
 * it for others. */
kith_status kith_gossip_graph_reaches(kith_ctx *ctx, const kith_gossip_graph *g, const char *algorithm,
                                      uint32_t needs) KITH_CHECKED;
void kith_gossip_graph_close(kith_gossip_graph *graph);
/* This round's graph; the same on every worker. Refuses, with KITH_ECONFIG, rows that break the topology's promises. */
kith_status kith_gossip_graph_draw(kith_ctx *ctx, kith_gossip_graph *graph, uint64_t round) KITH_CHECKED;

/* ---- sketches of updates ---- */

/* For topologies that are drawn from them, see kith/topology.h. */
typedef struct kith_gossip_sketches {
    size_t length;      /* S, at most d; 0: the topology wants none */
    uint32_t *place;    /* [d]; NULL: a sketch is the update */
    kith_real *found;   /* [d] the model that local work began with */
    kith_board *board;  /* [2 N, S]: of the last two draws */
    size_t turn;        /* which half the next draw's go to */
    const double **row; /* [N] of the draw being made */
} kith_gossip_sketches;

/* ---- numbers of the round before ---- */

/* Which numbers a round has in the history. */
enum { KITH_HISTORY_CONSENSUS = 0, KITH_HISTORY_LOSS, KITH_HISTORY_MOVED, KITH_HISTORY_ITEMS };

/* For topologies that hear how the run goes, see kith/topology.h. */
typedef struct kith_gossip_history {
    uint32_t wanted; /* KITH_HEARS_...; 0: the topology hears nothing */
    size_t rounds;   /* the most that there are */
    double *number;  /* (rounds, KITH_HISTORY_ITEMS) */
    size_t mean;     /* a row of vectors: the mean of all models a round ago */
} kith_gossip_history;

/* ---- planes on edges ---- */

typedef struct kith_edge_shelf {
    const char *name;
    size_t length, base; /* base: first row on its board */
    bool scalar;
} kith_edge_shelf;

/* Directed edges between two learners of a static, undirected graph, numbered by (to, from). Rows of edges that cross a
 * border between domains have the same number everywhere; the others lie in their own domain alone. */
typedef struct kith_gossip_edges {
    size_t planes;                /* 0: the algorithm has none */
    kith_edge_plane *plane;       /* [planes] as the algorithm declares them */
    kith_edge_shelf *shelf;       /* [planes] */
    size_t count, crossing, most; /* edges, those that cross a border, the most that end at one learner */
    size_t *start;                /* [N + 1] edges that end at learner i: start[i] .. start[i + 1] - 1 */
    uint32_t *from;               /* [count] */
    size_t *back;                 /* [count] the same edge the other way */
    size_t *slot;                 /* [count] its place in a half of a shelf; SIZE_MAX: not in this domain */
    size_t slots;                 /* rows of such a half */
    size_t turn;                  /* which half has what came last */
    kith_board *board[2];         /* vectors, scalars */
    kith_origin *origin;          /* [crossing * planes] */
    uint8_t *need;                /* as origin, [domains] */
    const kith_real **in;         /* [planes * most] */
    kith_real **out;
} kith_gossip_edges;

/* ---- filters ---- */

/* Gossip under filters: neighbours hold a copy of each mixed vector, and what is sent is what the vector moved since.
 */
typedef struct kith_gossip_differences {
    kith_filters *filters; /* NULL: none */
    size_t vectors;        /* mixed planes that are vectors */
    size_t *plane;         /* [vectors] */
    kith_real **begun;     /* [vectors] of (d): where an attacker's work began */
    kith_real **sent;      /* [vectors] of (d) */
    bool keeps_sums;       /* x + step (W c - c) */
    double step;
} kith_gossip_differences;

/* ---- where planes lie ---- */

/* One plane of every learner. Planes that other domains read are numbered by learner, and have a row for each learner
 * in every domain; the others by learner within the domain. */
typedef struct kith_gossip_workspace {
    const char *name;
    size_t length;
    size_t base; /* first row on its board */
    size_t into; /* which shelf gets the mixture; itself: the other half of this one */
    size_t turn; /* which half holds the plane now */
    size_t copy; /* of a mixed plane: which shelf has what neighbours hold of it; SIZE_MAX: they read the plane */
    bool mixed, pair, global, scalar;
} kith_gossip_workspace;

/* How all models become one. */
typedef struct kith_gossip_merger {
    double *weight;                 /* [N] NULL: all weigh alike */
    struct kith_matching *matching; /* NULL: nothing is aligned */
    size_t aligned;                 /* the first of N rows of vectors: models with their units in a common order */
    size_t passes;                  /* of the last merge */
} kith_gossip_merger;

typedef struct kith_gossip_pairs kith_gossip_pairs;
typedef struct kith_gossip_clock kith_gossip_clock;

typedef struct kith_gossip {
    kith_heap heap; /* lists that live as long as the engine */
    kith_engine_setup setup;
    const kith_decentralized_config *how;
    const kith_participation_config *clock; /* its model of time */
    const kith_decentralized *ops;
    kith_learner_plane *plane;       /* [planes] as the algorithm declares them */
    void *self;                      /* the algorithm's */
    size_t d, learners, first, last; /* this domain's learners */
    size_t *border;                  /* [domains + 1] */
    uint32_t *home;                  /* [N] */
    kith_gossip_workspace *shelf;
    size_t shelves, planes; /* planes: the algorithm's own, the first of the shelves; then KITH_KEPT for the
                               optimizer */
    size_t kept[KITH_KEPT]; /* shelves; SIZE_MAX: none */
    size_t before;          /* the shelf with the learners' models as they were before mixing; SIZE_MAX: none */
    kith_board *board[2];   /* vectors, scalars */
    size_t rows[2], widest;
    size_t mean, merged; /* rows of vectors: the mean of the learners' models, and what a merge makes of them */
    size_t scratch[2];
    bool mixes, averaged, fresh; /* these rows are up to date */
    kith_gossip_merger merger;
    kith_gossip_graph graph;
    kith_gossip_sketches sketches;
    kith_gossip_history history;
    kith_gossip_edges edges;
    kith_gossip_pairs *pairs; /* NULL: all learners move in step */
    kith_gossip_differences differences;
    kith_gossip_clock *times; /* NULL: no time is modelled, or pairs have their own */
    uint64_t round;
    kith_real *work;
    kith_real **own, *kept_row[KITH_KEPT];
    kith_origin *origin;     /* [rows of all mixed planes, at least N] */
    uint8_t *need;           /* [as origin, domains] */
    const kith_real **heard; /* [N]; [planes * N] for mix() */
    kith_real **out;         /* [planes] for mix() */
    /* dealing */
    size_t *order; /* [dealt] learners with a visit to make, counted from the first here */
    size_t dealt;
    kith_queue visits; /* by this domain's learners, in order */
    size_t *steps;     /* [learners here] */
    uint64_t *number;  /* [learners here] of their visits */
    /* measures */
    kith_board *reports, *tests, *partial;
    size_t tested, lanes, lane, examples;
    kith_queue testing; /* of (tested learners here, lanes) */
    double *said;       /* [tell_count, then what filters say] of visits since the last measure */
    size_t says;
    double *ranks;   /* [5 * tested] scratch; NULL: nothing is ranked */
    kith_part *part; /* of a checkpoint */
    uint64_t grows;  /* see kith_engine */
} kith_gossip;

/* Which numbers of a report are what. Bytes grow all through the run, the others since the last evaluation. */
enum {
    KITH_REPORT_LOSS = 0,
    KITH_REPORT_LOSSES,
    KITH_REPORT_STEPS,
    KITH_REPORT_BYTES,
    KITH_REPORT_MESSAGE, /* the last message's, to one neighbour, where the round's graph is drawn after local work */
    KITH_REPORT_DRAWS,   /* of graphs drawn from sketches */
    KITH_REPORT_VISITS,
    KITH_REPORT_ROUND_LOSS, /* of this round alone */
    KITH_REPORT_ROUND_LOSSES,
    KITH_REPORT_SENT, /* bytes of a message to one neighbour, of the last even and of the last odd round */
    KITH_REPORT_SENT_ODD,
    KITH_REPORT_ITEMS /* what visits say for the algorithm's tell() follows */
};

/* Refuses a W with an eigenvalue that the algorithm does not bear, once filters are open. */
kith_status kith_gossip_graph_bears(kith_ctx *ctx, kith_gossip *g) KITH_CHECKED;
/* Checks the planes that the algorithm declares and lays them out. */
kith_status kith_gossip_lay_out(kith_ctx *ctx, kith_gossip *g) KITH_CHECKED;
/* [all] */
kith_status kith_gossip_open_boards(kith_ctx *ctx, kith_gossip *g) KITH_CHECKED;
/* A learner's row of a shelf; turn: which half, for shelves that have two. */
size_t kith_gossip_row(const kith_gossip *g, const kith_gossip_workspace *s, size_t turn, size_t learner);
kith_real *kith_gossip_at(const kith_gossip *g, const kith_gossip_workspace *s, size_t turn, size_t learner);

/* ---- visits ---- */

/* What learners do at the same time. */
typedef struct kith_gossip_work {
    kith_status (*call)(void *self, kith_visit *v);
    bool mixed, combine; /* it is mixed(), or combine() */
} kith_gossip_work;

/* One visit of a learner of this domain. */
kith_status kith_gossip_visit(kith_ctx *ctx, kith_gossip *g, size_t learner, const kith_gossip_work *w) KITH_CHECKED;
/* The visits of g->order, dealt to this domain's workers; not agreed on yet. */
kith_status kith_gossip_visit_all(kith_ctx *ctx, kith_gossip *g, const kith_gossip_work *w) KITH_CHECKED;
/* The costliest to the front, where visits are dealt as workers fall free. */
void kith_gossip_sort_visits(kith_gossip *g);
/* What one neighbour gets of one learner in a round, if the algorithm does not compress it. */
double kith_gossip_message_bytes(const kith_gossip *g);
/* Whether the round's mean of all is found as an all-reduce finds it; messages have so many bytes. */
bool kith_gossip_reduces(const kith_gossip *g, double bytes);
/* What learners' visits follow from; without the bytes of messages. */
kith_visit_plan_setup kith_gossip_visits(const kith_gossip *g);
/* How often a message of so many bytes is sent, by the round's graph. */
double kith_gossip_copies(const kith_gossip *g, size_t learner, double bytes);

/* ---- filters ---- */

/* Nothing happens where the configuration names none. Before shelves are laid out; the second adds those of copies. */
kith_status kith_gossip_differences_open(kith_ctx *ctx, kith_gossip *g) KITH_CHECKED;
void kith_gossip_differences_lay_out(kith_gossip *g);
/* Once graph and sketches are known: room for messages, and refusals. */
kith_status kith_gossip_differences_check(kith_ctx *ctx, kith_gossip *g) KITH_CHECKED;
void kith_gossip_differences_close(kith_gossip_differences *differences);
/* A learner's copies become what its planes are. */
void kith_gossip_differences_begin(kith_gossip *g, size_t learner);
/* Around a learner's local work: where it begins, and what is sent of what it did. */
void kith_gossip_differences_note(kith_gossip *g, const kith_visit *visit);
kith_status kith_gossip_differences_send(kith_ctx *ctx, kith_gossip *g, const kith_visit *visit) KITH_CHECKED;
/* The shelf that neighbours read of this one. */
const kith_gossip_workspace *kith_gossip_read(const kith_gossip *g, const kith_gossip_workspace *s);
/* Of n coordinates: what was mixed from copies becomes what a learner gets that has x itself, c for its copy. even: all
 * N weigh alike; else its own weight was for x, or for c where sums are kept. */
void kith_gossip_differences_mend(const kith_gossip *g, bool even, size_t n, const kith_real *x, const kith_real *c,
                                  kith_real *mixture);

/* ---- graphs drawn from sketches ---- */

/* Nothing happens where the topology wants no sketches, or the algorithm does not mix by W. */
kith_status kith_gossip_sketches_lay_out(kith_ctx *ctx, kith_gossip *g) KITH_CHECKED;
/* [all] */
kith_status kith_gossip_sketches_open_board(kith_ctx *ctx, kith_gossip *g) KITH_CHECKED;
void kith_gossip_sketches_close(kith_gossip_sketches *sketches);
/* Whether a round's graph is drawn from sketches. */
bool kith_gossip_sketched(const kith_gossip *g, uint64_t round);
/* Whether that of the round just made was. */
bool kith_gossip_drew(const kith_gossip *g);
/* Around a learner's local work, by the worker that does it. */
void kith_gossip_sketch_begin(kith_gossip *g, size_t learner);
void kith_gossip_sketch_end(kith_gossip *g, size_t learner);
/* A learner's sketch of the last draw (ago = 0), or of the one before (ago = 1). */
double *kith_gossip_sketch_of(const kith_gossip *g, size_t learner, size_t ago);
/* [all] Draws the round's graph, local work being done with `mine` for its status. *drawn is this worker's own, not
 * agreed on. */
kith_status kith_gossip_sketches_draw(kith_ctx *ctx, kith_gossip *g, kith_status mine, kith_status *drawn) KITH_CHECKED;
/* [all] After a checkpoint was read, with `mine` for its status: the last two draws once more, since the last may be
 * compared with the one before. */
kith_status kith_gossip_sketches_redraw(kith_ctx *ctx, kith_gossip *g, kith_status mine) KITH_CHECKED;

/* ---- graphs that follow the numbers of the round before ---- */

/* Nothing happens where the topology wants to hear nothing, or the algorithm does not mix by W. */
kith_status kith_gossip_history_lay_out(kith_ctx *ctx, kith_gossip *g) KITH_CHECKED;
void kith_gossip_history_close(kith_gossip_history *history);
/* [all] Once learners are as they begin. */
kith_status kith_gossip_history_begin(kith_gossip *g) KITH_CHECKED;
/* [all] At the end of a round: its numbers. */
kith_status kith_gossip_history_add(kith_gossip *g) KITH_CHECKED;
/* Before the round's graph is drawn: the topology hears the numbers of the round before. So the last graph can be drawn
 * again as long as no other round has begun. The same status on every worker, not agreed on. */
kith_status kith_gossip_history_hear(kith_ctx *ctx, kith_gossip *g) KITH_CHECKED;
/* [all] After a checkpoint was read: the topology hears again what it had heard. */
kith_status kith_gossip_history_repeat(kith_ctx *ctx, kith_gossip *g) KITH_CHECKED;

/* ---- mixing ---- */

/* Writes into g->origin all learners' rows of a global shelf. */
void kith_gossip_list(const kith_gossip *g, const kith_gossip_workspace *s, size_t turn, kith_origin *origin);
/* [all] Mixes all planes that are to be mixed; local work is done, with `mine` for its status. */
kith_status kith_gossip_mix(kith_ctx *ctx, kith_gossip *g, kith_status mine) KITH_CHECKED;
/* Copies a row to every learner of this domain; workers share the learners. */
void kith_gossip_spread_row(kith_gossip *g, const kith_gossip_workspace *s, size_t turn, size_t row);
/* Copies a learner's model, about to be mixed, where it is wanted as it was before. */
void kith_gossip_keep_before(kith_gossip *g, size_t learner);
/* This worker's share of a domain's work of `count` pieces. */
void kith_gossip_share(const kith_gossip *g, size_t count, size_t *first, size_t *last);

/* ---- one model of all ---- */

/* Refuses a merge that the model cannot have. */
kith_status kith_gossip_merger_lay_out(kith_ctx *ctx, kith_gossip *g) KITH_CHECKED;
void kith_gossip_merger_close(kith_gossip_merger *merger);
/* [all] The row `mean` becomes that of the learners' models as they are; and that of `merged`, too. */
kith_status kith_gossip_average(kith_gossip *g) KITH_CHECKED;
kith_status kith_gossip_prepare(kith_ctx *ctx, void *self) KITH_CHECKED;
/* Models have changed since. */
static inline void kith_gossip_stale(kith_gossip *g)
{
    g->averaged = g->fresh = false;
}
/* [all] Every learner's model becomes what the merge makes of all. */
kith_status kith_gossip_merge(kith_ctx *ctx, kith_gossip *g) KITH_CHECKED;
/* How many all-reduces the last merge takes. */
double kith_gossip_merge_cost(const kith_gossip *g);

/* ---- planes on edges ---- */

/* Checks the planes on edges that the algorithm declares, and numbers the edges. Nothing happens where there are
 * none. */
kith_status kith_gossip_edges_lay_out(kith_ctx *ctx, kith_gossip *g) KITH_CHECKED;
/* [all] */
kith_status kith_gossip_edges_open_boards(kith_ctx *ctx, kith_gossip *g) KITH_CHECKED;
void kith_gossip_edges_close(kith_gossip_edges *edges);
/* What a learner of this domain is told, and (writing) tells; valid until the next call. */
kith_edge_rows kith_gossip_edges_at(kith_gossip *g, size_t learner, bool writing);
/* The row in which this domain has what came last. */
kith_real *kith_gossip_edges_row(const kith_gossip *g, size_t plane, size_t turn, size_t edge);
/* [all] Carries over what local() wrote; `mine` is its status. */
kith_status kith_gossip_edges_pass(kith_gossip *g, kith_status mine) KITH_CHECKED;

/* ---- the virtual clock of rounds ---- */

kith_status kith_gossip_clock_rehearse(kith_ctx *ctx, const kith_role_setup *setup) KITH_CHECKED;
/* Nothing happens where [clock] has no model of time for rounds, or learners meet in pairs. */
kith_status kith_gossip_clock_open(kith_ctx *ctx, kith_gossip *g) KITH_CHECKED;
void kith_gossip_clock_close(kith_gossip_clock *clock);
/* After a round's messages are known in every domain; the same on every worker. */
void kith_gossip_clock_round(kith_gossip *g, bool training);
void kith_gossip_clock_merge(kith_gossip *g);
/* s, when the last learner is done with the rounds so far. */
double kith_gossip_clock_time(const kith_gossip *g);
/* For checkpoints: [N] when each is. */
double *kith_gossip_clock_ready(kith_gossip_clock *clock);
/* Virtual time, s; NaN where no time is modelled. */
double kith_gossip_time(const void *self);

/* ---- pairs on the virtual clock ---- */

/* Nothing happens where the algorithm does not ask for pairs. Takes the graph. */
kith_status kith_gossip_pairs_open(kith_ctx *ctx, kith_gossip *g) KITH_CHECKED;
void kith_gossip_pairs_close(kith_gossip_pairs *pairs);
/* [all] One round of N meetings. */
kith_status kith_gossip_pairs_round(kith_ctx *ctx, kith_gossip *g) KITH_CHECKED;
/* Virtual time of the last meeting, s. */
double kith_gossip_pairs_time(const kith_gossip_pairs *pairs);
/* Means over the meetings since the last call; false: there were none. */
bool kith_gossip_pairs_take(kith_gossip_pairs *pairs, double *staleness, double *moved);
/* For checkpoints: these sums, the same on every worker; and the plan is drawn again. */
kith_part kith_gossip_pairs_part(void);
double *kith_gossip_pairs_tally(kith_gossip_pairs *pairs);
void kith_gossip_pairs_replay(kith_gossip_pairs *pairs, uint64_t rounds);
/* The meetings of the last round, in order of time. */
kith_status kith_gossip_pairs_arrivals(const kith_gossip *g, kith_take_arrival take, void *arg) KITH_CHECKED;
/* Of the first `rounds` rounds: see kith_engine. */
kith_status kith_gossip_pairs_histograms(kith_ctx *ctx, const kith_gossip *g, uint64_t rounds, kith_tally tally,
                                         void *arg) KITH_CHECKED;

/* ---- checkpoints ---- */

kith_status kith_gossip_list_parts(kith_ctx *ctx, kith_gossip *g) KITH_CHECKED;
const kith_part *kith_gossip_parts(const void *self, size_t *count);
kith_status kith_gossip_save(kith_ctx *ctx, const void *self, kith_checkpoint *to) KITH_CHECKED;
kith_status kith_gossip_load(kith_ctx *ctx, void *self, kith_checkpoint *from, uint64_t round) KITH_CHECKED;

/* ---- measuring ---- */

/* The merge is the round after all others. */
bool kith_gossip_merged(const kith_gossip *g);

/* [all] (1/N) sum_k |theta_k - mean|^2 over a half of a shelf, with the mean in a row of vectors that everyone has. */
kith_status kith_gossip_spread(kith_gossip *g, const kith_gossip_workspace *s, size_t turn, size_t mean,
                               double *out) KITH_CHECKED;
/* [all] */
kith_status kith_gossip_open_measures(kith_ctx *ctx, kith_gossip *g) KITH_CHECKED;
kith_status kith_gossip_measure(kith_ctx *ctx, void *self, bool tests, kith_measure measure, void *arg) KITH_CHECKED;

#endif
