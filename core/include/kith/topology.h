/* Topologies: who sends to whom, with which weight, in which round.
 *
 * Nodes are numbered 0..n-1, n = setting->learners as create() saw it. Under a federated algorithm the server is one
 * more node, the last one (n = N + 1); elsewhere nodes are the learners.
 *
 * Ownership: the row's arrays are the host's, with room for n entries. Threads: one.
 */
#ifndef KITH_TOPOLOGY_H
#define KITH_TOPOLOGY_H

#include <kith/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a topology promises for every round; what an algorithm may require. The host checks promises by name. */
#define KITH_PROPERTY_MAP(X)                                                                       \
    X(KITH_STATIC, 0, "static", "the same graph in every round")                                   \
    X(KITH_CONNECTED, 1, "connected", "a path between any two nodes")                              \
    X(KITH_UNDIRECTED, 2, "undirected", "i hears j exactly when j hears i")                        \
    X(KITH_ROW_STOCHASTIC, 3, "row-stochastic", "the weights a node hears with sum to 1")          \
    X(KITH_COLUMN_STOCHASTIC, 4, "column-stochastic", "the weights a node is heard with sum to 1") \
    X(KITH_LOSSLESS, 5, "lossless", "no message is ever lost")                                     \
    X(KITH_HUB, 6, "hub", "the last node is linked with every other")                              \
    X(KITH_SYMMETRIC, 7, "symmetric", "i hears j with the weight that j hears i with")           \
    X(KITH_TREE, 8, "tree", "undirected, with exactly one path between any two nodes")

enum {
#define KITH_PROPERTY_ENUM(name, bit, word, text) name = 1u << bit,
    KITH_PROPERTY_MAP(KITH_PROPERTY_ENUM)
#undef KITH_PROPERTY_ENUM
};

/* One node's incoming edges in one round: x_node <- sum_e weight[e] x_from[e]. */
typedef struct kith_row {
    uint64_t round;  /* in */
    size_t node;     /* in */
    size_t count;    /* out: edges, the node's own weight included as an edge from itself */
    uint32_t *from;  /* out: ascending, no duplicates */
    double *weight;  /* out: finite */
} kith_row;

typedef struct kith_topology {
    /* [after create] Which of the properties hold, as an or of the bits above. */
    uint32_t (*properties)(const void *self);
    /* [any time] A pure function of (config, seed, round, node). */
    kith_status (*row)(void *self, kith_ctx *ctx, kith_row *row);
} kith_topology;

/* A topology that another one is made of. The fields are the host's; call ops with self. */
typedef struct kith_inner {
    const kith_topology *ops;
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
