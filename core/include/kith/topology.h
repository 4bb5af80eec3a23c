/* Topologies: who sends to whom, with which weight, in which round.
 *
 * Nodes are numbered 0..n-1, n = setting->learners as create() saw it. Under a federated algorithm the server is one
 * more node, the last one (n = N + 1); elsewhere nodes are the learners.
 *
 * Most topologies know a round's graph beforehand. One that is drawn from what the learners did in the round asks for
 * a sketch of every learner's update: few numbers whose inner products tell those of the updates. One that follows how
 * the run goes asks for the numbers that the engine publishes at the end of a round.
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

/* What the learners did in a round. The update r_i is the model after local() minus the model before it; its sketch
 * s_i = C r_i has S numbers. All learners share the matrix C: it adds each coordinate to one of the S numbers or
 * subtracts it there, both drawn at random (Charikar, Chen, Farach-Colton 2002). So <s_i, s_j> is <r_i, r_j> on
 * average, with a standard deviation of some |r_i| |r_j| / sqrt(S). Where S >= d, s_i is r_i itself. */
typedef struct kith_sketches {
    uint64_t round;
    size_t learners, length;  /* N, S */
    const double *const *row; /* [N] of [S]; finite, and so are their inner products */
} kith_sketches;

/* What the decentralized engine publishes at the end of a round, once its graph has been used. What was not asked for
 * is NaN. */
enum {
    KITH_HEARS_CONSENSUS = 1u << 0,
    KITH_HEARS_LOSS = 1u << 1,
    KITH_HEARS_MOVED = 1u << 2,
};
typedef struct kith_published {
    uint64_t round;    /* the one that ended */
    double consensus;  /* (1/N) sum_i |x_i - x|^2, x the mean of all models, after mixing: consensus_distance */
    double train_loss; /* mean over the losses of the round's gradients; NaN where there were none */
    double moved;      /* |x - x a round ago|^2; after one plain step of rate eta and mixing that keeps the mean it is
                          eta^2 |mean gradient|^2 */
} kith_published;

typedef struct kith_topology {
    /* [after create] Which of the properties hold, as an or of the bits above. */
    uint32_t (*properties)(const void *self);
    /* [any time] A pure function of (config, seed, round, node), of the round's sketches where it is drawn, and of what
     * was heard of the rounds before. */
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
    /* [at records] Metrics of the last draw, if there was a draw since the last record; they may compare it with the
     * draw before. A topology with hear() is asked at every record after the first round. May be NULL. */
    kith_status (*tell)(const void *self, kith_tell tell, void *arg);
    /* [after draw] N numbers: how much each learner contributed to what all did, by the last draw. May be NULL. */
    const double *(*scores)(const void *self);
    /* What follows is for topologies that hear how the run goes; NULL in all others. Where learners do not mix by W in
     * step there is nothing to hear: rows are then those of a run of which nothing was heard.
     *
     * [after create] What it wants to hear: KITH_HEARS_... Nothing else is computed. */
    uint32_t (*hears)(const void *self);
    /* [before the rows of every round but the first, on every worker alike] The numbers of the round before. May keep
     * in self what row() needs. A resumed run repeats all calls in order before it goes on. Wanted where there is
     * hears(). */
    kith_status (*hear)(void *self, kith_ctx *ctx, const kith_published *numbers);
    /* [after create] Whether graphs depend on setting->rounds: the run is then not given more rounds later. Wanted of
     * all topologies that read setting->rounds, and of those made of others. NULL: they do not. */
    bool (*spans)(const void *self);
} kith_topology;

/* A topology that another one is made of. The fields are the host's; call ops with self. */
typedef struct kith_inner {
    const kith_topology *ops; /* as long as the host's table: what the plugin's own lacks is NULL */
    void *self;
} kith_inner;

struct kith_inner_filter; /* filter.h */

/* How create() opens the plugins that its own is made of: setting->opener, NULL where the host has none. */
typedef struct kith_opener {
    void *host;
    /* [inside create] spec: "random-peer(rate=0.2)", "complete"; `owner` begins the messages. The inner
     * topology has the outer one's setting. Close it in destroy(). On failure *out is left alone. */
    kith_status (*open)(kith_ctx *ctx, const char *owner, const kith_setting *setting, const char *spec,
                        kith_inner **out);
    /* [any time; keep the pointer] Takes NULL. */
    void (*close)(kith_inner *inner);
    /* The same for a filter whose send() the plugin calls itself. Refused is what needs a chain: attackers, filters at
     * the server, those that need a bound, keep numbers or tell. */
    kith_status (*open_filter)(kith_ctx *ctx, const char *owner, const kith_setting *setting, const char *spec,
                               struct kith_inner_filter **out);
    void (*close_filter)(struct kith_inner_filter *inner);
} kith_opener;

#ifdef __cplusplus
}
#endif
#endif
