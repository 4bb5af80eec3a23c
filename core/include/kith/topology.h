/* Topologies: who sends to whom, with which weight, in which round.
 *
 * Nodes are numbered 0..n-1, n = setting->learners as create() saw it. Under a federated algorithm the server is one
 * more node, the last one (n = N + 1); elsewhere nodes are the learners.
 *
 * Most topologies know a round's graph beforehand. One that is drawn from what the learners did in the round asks for
 * a sketch of every learner's update: few numbers whose inner products tell those of the updates.
 *
 * Ownership: the row's arrays are the host's, with room for n entries; so are sketches. Threads: one.
 */
#ifndef KITH_TOPOLOGY_H
#define KITH_TOPOLOGY_H

#include <kith/plugin.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a topology promises for every round; what an algorithm may require. The host checks promises by name. */
#define KITH_PROPERTY_MAP(X)                                                                                           \
    X(KITH_STATIC, 0, "static", "the same graph in every round")                                                       \
    X(KITH_CONNECTED, 1, "connected", "a path between any two nodes")                                                  \
    X(KITH_UNDIRECTED, 2, "undirected", "i hears j exactly when j hears i")                                            \
    X(KITH_ROW_STOCHASTIC, 3, "row-stochastic", "the weights a node hears with sum to 1")                              \
    X(KITH_COLUMN_STOCHASTIC, 4, "column-stochastic", "the weights a node is heard with sum to 1")                     \
    X(KITH_LOSSLESS, 5, "lossless", "no message is ever lost")                                                         \
    X(KITH_HUB, 6, "hub", "the last node is linked with every other")                                                  \
    X(KITH_SYMMETRIC, 7, "symmetric", "i hears j with the weight that j hears i with")                                 \
    X(KITH_TREE, 8, "tree", "undirected, with exactly one path between any two nodes")

enum {
#define KITH_PROPERTY_ENUM(name, bit, word, text) name = 1u << bit,
    KITH_PROPERTY_MAP(KITH_PROPERTY_ENUM)
#undef KITH_PROPERTY_ENUM
};

/* One node's incoming edges in one round: x_node <- sum_e weight[e] x_from[e]. */
typedef struct kith_row {
    uint64_t round; /* in */
    size_t node;    /* in */
    size_t count;   /* out: edges, the node's own weight included as an edge from itself */
    uint32_t *from; /* out: ascending, no duplicates */
    double *weight; /* out: finite */
} kith_row;

/* What the learners did in a round: r_i = the model that local() left less the one it found, as S numbers each,
 * s_i = C r_i, with a matrix C that every learner has in common: each coordinate is added to one of the S numbers or
 * subtracted from it, both drawn at random (Charikar, Chen, Farach-Colton 2002). So <s_i, s_j> is <r_i, r_j> on
 * average, with a standard deviation of some |r_i| |r_j| / sqrt(S); where S is no less than d, s_i is r_i itself. */
typedef struct kith_sketches {
    uint64_t round;
    size_t learners, length;  /* N, S */
    const double *const *row; /* [N] of [S]; finite, and so are their inner products */
} kith_sketches;

typedef kith_status (*kith_tell)(void *arg, const char *name, double value);

typedef struct kith_topology {
    /* [after create] Which of the properties hold, as an or of the bits above. */
    uint32_t (*properties)(const void *self);
    /* [any time] A pure function of (config, seed, round, node), and of the round's sketches where it is drawn. */
    kith_status (*row)(void *self, kith_ctx *ctx, kith_row *row);
    /* What follows is for topologies that are drawn from sketches; NULL in all others. The decentralized engine takes
     * sketches where learners move in step; elsewhere rows are asked for without a draw(), which row() refuses.
     *
     * [after create] S, how long sketches are to be; longer than an update none is. 0: none are wanted. */
    size_t (*sketch)(const void *self);
    /* [any time, where sketch() is not 0] Whether rows of this round need sketches. */
    bool (*drawn)(const void *self, uint64_t round);
    /* [every round that is `drawn`, on every worker, after local work and before the round's rows] What row() says then
     * is a function of (config, seed, round, sketches) alone. A resumed run repeats the last two draw()s before it goes
     * on. */
    kith_status (*draw)(void *self, kith_ctx *ctx, const kith_sketches *sketches);
    /* [after draw; at evaluations since whose last one there was a draw] Metrics of the last draw, which may compare it
     * with the one before. May be NULL. */
    kith_status (*tell)(const void *self, kith_tell tell, void *arg);
    /* [after draw] N numbers: how much each learner contributed to what all did, by the last draw. May be NULL. */
    const double *(*scores)(const void *self);
} kith_topology;

/* A topology that another one is made of. The fields are the host's; call ops with self. */
typedef struct kith_inner {
    const kith_topology *ops; /* as long as the host's table: what the plugin's own lacks is NULL */
    void *self;
} kith_inner;

/* How create() opens the topologies that its own is made of: setting->opener, NULL where the host has none. */
typedef struct kith_opener {
    void *host;
    /* [inside create] spec: "random-peer(rate=0.2)", "complete"; `owner` begins the messages. The inner
     * topology has the outer one's setting. Close it in destroy(). On failure *out is left alone. */
    kith_status (*open)(kith_ctx *ctx, const char *owner, const kith_setting *setting, const char *spec,
                        kith_inner **out);
    /* [any time; keep the pointer] Takes NULL. */
    void (*close)(kith_inner *inner);
} kith_opener;

#ifdef __cplusplus
}
#endif
#endif
