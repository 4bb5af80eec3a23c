/* Graphs for topologies: lists of edges, weights for them, rows to hand out, files to read.
 *
 * A graph holds, for each node, the nodes that it hears with their weights, itself included: a row of W. Rows are
 * ascending, without duplicates.
 * Ownership: what create or read gives is freed with the matching free; lists of edges grow as needed.
 * Threads: one. Errors: KITH_EMEMORY; KITH_ECONFIG where a weighting does not fit; KITH_EDATA and KITH_EIO for files,
 *   with name and line.
 */
#ifndef KITH_GRAPH_H
#define KITH_GRAPH_H

#include <kith/random.h>
#include <kith/topology.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `to` hears `from`. */
typedef struct kith_edge {
    uint32_t to, from;
    double weight;
    size_t line; /* of the file it came from; 0: none */
} kith_edge;

/* Zero-initialise; free with kith_edges_free. */
typedef struct kith_edges {
    kith_edge *item;
    size_t count, room;
} kith_edges;

KITH_API KITH_CHECKED kith_status kith_edges_add(kith_ctx *ctx, kith_edges *edges, const kith_edge *edge);
/* Both ways, with weight 1. */
KITH_API KITH_CHECKED kith_status kith_edges_link(kith_ctx *ctx, kith_edges *edges, size_t u, size_t v);
KITH_API void kith_edges_free(kith_edges *edges);
/* Sorts by (to, from) in linear time, so that duplicates are neighbours; the earlier line comes first. */
KITH_API KITH_CHECKED kith_status kith_edges_sort(kith_ctx *ctx, kith_edges *edges, size_t nodes);

/* How edges are weighed; the texts are the choices of a parameter row, in this order. */
typedef enum kith_weighting {
    KITH_WEIGHTS_METROPOLIS = 0, /* 1 / (1 + the larger degree), the rest for the node (Xiao and Boyd 2004) */
    KITH_WEIGHTS_UNIFORM,        /* 1 / (1 + number of nodes heard): rows sum to 1 */
    KITH_WEIGHTS_MAX_DEGREE,     /* 1 / (1 + the largest degree of all), the rest for the node */
    KITH_WEIGHTS_SINKHORN,       /* rows and columns scaled in turn until all sum to 1 (Sinkhorn and Knopp 1967) */
    KITH_WEIGHTS_PUSH_SUM,       /* 1 / (1 + number of nodes that hear the sender): columns sum to 1 */
    KITH_WEIGHTS_FILE,           /* those of the edges; rows or columns must sum to 1 */
} kith_weighting;
#define KITH_WEIGHTINGS "metropolis|uniform|max-degree|sinkhorn|push-sum"

/* The parameter row of a config struct that has `int weights`. */
#define KITH_WEIGHTS_PARAM(config_type, fallback_text)                                                                 \
    {                                                                                                                  \
        "weights", KITH_TYPE_CHOICE, 0, offsetof(config_type, weights), fallback_text, KITH_WEIGHTINGS, "",            \
            "How edges are weighed."                                                                                   \
    }

typedef struct kith_graph {
    size_t nodes;
    size_t *start; /* nodes + 1; the row of node i is start[i] .. start[i + 1] - 1 */
    uint32_t *from;
    double *weight;
    uint32_t properties; /* what the graph keeps, KITH_STATIC and KITH_LOSSLESS included */
} kith_graph;

/* Edges come in any order and are sorted; duplicates count once (the first). Every node is given an edge from itself.
 * `name` begins the messages. */
KITH_API KITH_CHECKED kith_status kith_graph_create(kith_ctx *ctx, const char *name, size_t nodes, kith_edges *edges,
                                                    kith_weighting weighting, kith_graph **out);
KITH_API void kith_graph_free(kith_graph *graph);
/* The same, with the list of edges filled by `draw`. */
typedef kith_status (*kith_graph_draw)(kith_ctx *ctx, const void *config, size_t nodes, kith_stream *stream,
                                       kith_edges *edges);
KITH_API KITH_CHECKED kith_status kith_graph_drawn(kith_ctx *ctx, const char *name, size_t nodes,
                                                   kith_weighting weighting, kith_graph_draw draw, const void *config,
                                                   kith_stream *stream, kith_graph **out);
/* The links of a grid of rows x (nodes / rows), row by row; rows 0: as square as the number of nodes allows. `torus`:
 * the last row is linked with the first, and the last column. */
KITH_API KITH_CHECKED kith_status kith_edges_grid(kith_ctx *ctx, const char *name, size_t nodes, size_t rows,
                                                  bool torus, kith_edges *edges);
/* Copies the row of row->node. */
KITH_API void kith_graph_row(const kith_graph *graph, kith_row *row);
/* One round of another topology, materialised. */
KITH_API KITH_CHECKED kith_status kith_graph_of(kith_ctx *ctx, const kith_topology *ops, void *topology, size_t nodes,
                                                uint64_t round, kith_graph **out);
/* Components: 1 where a path leads from any node to any other (ways: both directions of each edge count). */
KITH_API KITH_CHECKED kith_status kith_graph_connected(kith_ctx *ctx, const kith_graph *graph, bool strongly,
                                                       bool *out);
/* Least and largest sum of weights over rows and over columns. */
typedef struct kith_sums {
    double row_least, row_most, column_least, column_most;
} kith_sums;
KITH_API KITH_CHECKED kith_status kith_graph_sums(kith_ctx *ctx, const kith_graph *graph, kith_sums *out);

/* The callbacks of a topology whose self is a kith_graph. */
KITH_API uint32_t kith_static_properties(const void *self);
KITH_API kith_status kith_static_row(void *self, kith_ctx *ctx, kith_row *row);
KITH_API void kith_static_destroy(void *self);

/* A row with only the node itself. */
KITH_API void kith_row_alone(kith_row *row);
/* Sorts the edges by node; there must be no duplicates. */
KITH_API void kith_row_sort(kith_row *row);
/* Pull: floor(rate) random nodes of `candidates` (all but the node itself where it is NULL) and one more with
 * probability frac(rate), weights 1 / (1 + peers). At most all of them. rate >= 0. */
KITH_API void kith_row_pull(uint64_t seed, double rate, size_t nodes, const uint32_t *candidates, size_t count,
                            kith_row *row);

/* The stream of everything that concerns the whole graph of a round; no node's stream equals it. */
KITH_API kith_stream kith_graph_stream(uint64_t seed, uint64_t round);

/* A random graph: drawn once, or anew every so many rounds. Its callbacks take it as self. */
typedef struct kith_random_setup {
    const char *name; /* for messages */
    size_t nodes;
    uint64_t seed, every; /* every 0: drawn once */
    bool connected;       /* drawn again until it is, 100 times at most */
    kith_weighting weighting;
    kith_graph_draw draw;
    const void *config; /* for draw */
} kith_random_setup;
KITH_API KITH_CHECKED kith_status kith_random_create(kith_ctx *ctx, const kith_random_setup *setup, void **self);
KITH_API uint32_t kith_random_properties(const void *self);
KITH_API kith_status kith_random_row(void *self, kith_ctx *ctx, kith_row *row);
KITH_API void kith_random_destroy(void *self);

/* The parameter rows of a config struct that has `int weights; int64_t every; bool connected`. */
#define KITH_RANDOM_PARAMS(config_type)                                                                                \
    {"every", KITH_TYPE_INT, 0,        offsetof(config_type, every),                                                   \
     "0",     "0..",         "rounds", "After how many rounds the graph is drawn anew; 0: never."},                    \
        {"connected", KITH_TYPE_BOOL,                                                                                  \
         0,           offsetof(config_type, connected),                                                                \
         "yes",       "",                                                                                              \
         "",          "Whether a graph that falls into parts is drawn again."},                                        \
        KITH_WEIGHTS_PARAM(config_type, "metropolis")

/* A set of unordered pairs of nodes, for graphs that are drawn link by link. Zero-initialise; free with
 * kith_pairs_free. */
typedef struct kith_pairs {
    uint64_t *key;
    size_t count, room;
} kith_pairs;
KITH_API bool kith_pairs_has(const kith_pairs *pairs, size_t u, size_t v);
/* Nothing happens where it is in already. */
KITH_API KITH_CHECKED kith_status kith_pairs_add(kith_ctx *ctx, kith_pairs *pairs, size_t u, size_t v);
KITH_API void kith_pairs_free(kith_pairs *pairs);

typedef enum kith_graph_format {
    KITH_GRAPH_EDGES = 0, /* u v [weight], or u v {'weight': w}; # and % start comments; u sends to v */
    KITH_GRAPH_ADJACENCY, /* u v1 v2 ... or u: v1 v2 ... */
    KITH_GRAPH_MATRIX,    /* MatrixMarket; entry (i, j): i hears j */
} kith_graph_format;

/* What plugins that read graphs have in common: their config struct and its parameter rows. */
typedef struct kith_graph_file {
    int format, weights, ids;
    bool directed;
    int64_t first;
    int loops, repeats, further; /* 0: refused; 1: left out */
} kith_graph_file;
#define KITH_GRAPH_FILE_PARAMS(at)                                                                                     \
    {"format", KITH_TYPE_CHOICE,         0,  (at) + offsetof(kith_graph_file, format),                                 \
     "edges",  "edges|adjacency|matrix", "", "Lines of u v [weight], lines of u v1 v2 ..., or MatrixMarket."},         \
        {"weights",                                                                                                    \
         KITH_TYPE_CHOICE,                                                                                             \
         0,                                                                                                            \
         (at) + offsetof(kith_graph_file, weights),                                                                    \
         "metropolis",                                                                                                 \
         KITH_WEIGHTINGS "|file",                                                                                      \
         "",                                                                                                           \
         "How edges are weighed; file: as it says, and a node keeps the rest of 1."},                                  \
        {"directed",                                                                                                   \
         KITH_TYPE_BOOL,                                                                                               \
         "format != matrix",                                                                                           \
         (at) + offsetof(kith_graph_file, directed),                                                                   \
         "no",                                                                                                         \
         "",                                                                                                           \
         "",                                                                                                           \
         "Whether u v means only that u sends to v; a matrix says so itself."},                                        \
        {"ids",                                                                                                        \
         KITH_TYPE_CHOICE,                                                                                             \
         "format != matrix",                                                                                           \
         (at) + offsetof(kith_graph_file, ids),                                                                        \
         "consecutive",                                                                                                \
         "consecutive|compact|names",                                                                                  \
         "",                                                                                                           \
         "Whether nodes are numbered without gaps, or get numbers in the order of their ids, or have names and get "   \
         "numbers as they come."},                                                                                     \
        {"first",                                                                                                      \
         KITH_TYPE_INT,                                                                                                \
         "ids = consecutive",                                                                                          \
         (at) + offsetof(kith_graph_file, first),                                                                      \
         "0",                                                                                                          \
         "",                                                                                                           \
         "",                                                                                                           \
         "The id of the first node; 1 for files that count from 1."},                                                  \
        {"loops",  KITH_TYPE_CHOICE, 0,  (at) + offsetof(kith_graph_file, loops),                                      \
         "refuse", "refuse|drop",    "", "What to do with a line that links a node with itself."},                     \
        {"repeats", KITH_TYPE_CHOICE, 0,  (at) + offsetof(kith_graph_file, repeats),                                   \
         "refuse",  "refuse|first",   "", "What to do with an edge that comes again; first: its first line counts."},  \
    {                                                                                                                  \
        "further", KITH_TYPE_CHOICE, "format = edges", (at) + offsetof(kith_graph_file, further), "refuse",            \
            "refuse|drop", "", "What to do with what follows the weight in a line of edges: dates, other attributes."  \
    }

typedef struct kith_graph_setup {
    const char *owner; /* "graph-file", for messages */
    kith_graph_format format;
    bool directed;
    bool compact;  /* any ids, numbered in ascending order; else first .. first + nodes - 1 */
    bool named;    /* with compact: words, numbered in the order in which they come first */
    int64_t first; /* the id of node 0; a matrix's is always 1 */
    size_t nodes;
    kith_weighting weighting;
    bool drop_loops, drop_repeats, drop_further; /* leave these out instead of refusing the file */
} kith_graph_setup;
KITH_API KITH_CHECKED kith_status kith_graph_read(kith_ctx *ctx, const char *path, const kith_graph_setup *setup,
                                                  kith_graph **out);
/* The same, as a plugin's parameters say. */
KITH_API KITH_CHECKED kith_status kith_graph_load(kith_ctx *ctx, const char *owner, const char *path, size_t nodes,
                                                  const kith_graph_file *how, kith_graph **out);

/* Opens a topology that another is made of, by setting->opener; refuses where the host has none. [inside create] */
KITH_API KITH_CHECKED kith_status kith_inner_open(kith_ctx *ctx, const char *owner, const kith_setting *setting,
                                                  const char *spec, kith_inner **out);

#ifdef __cplusplus
}
#endif
#endif
