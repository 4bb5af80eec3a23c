/* What the readers of graph files share: lines, words, and edges with the ids of the file.
 * Ownership: the reader's buffers are its own, freed with kith_reader_close. Threads: one.
 * Errors: KITH_EDATA "owner: path:line: ..."; KITH_EIO.
 */
#ifndef KITH_GRAPH_READ_H
#define KITH_GRAPH_READ_H

#include <kith/graph.h>
#include <kith/lines.h>
#include <stdio.h>

typedef struct kith_raw_edge {
    int64_t to, from; /* ids as in the file */
    double weight;
    size_t line;
} kith_raw_edge;

/* Numbers from 0 for names of nodes, in the order in which they come first. *names is made when it is NULL. */
typedef struct kith_node_names kith_node_names;
kith_status kith_node_number(kith_ctx *ctx, kith_node_names **names, const char *text, size_t *out) KITH_CHECKED;
void kith_node_names_free(kith_node_names *names);

typedef struct kith_reader {
    kith_ctx *ctx;
    const kith_graph_setup *setup;
    const char *path;
    kith_lines *lines;
    char *next; /* what of the line is still to be read */
    size_t line;
    kith_raw_edge *edge;
    size_t count, edge_room;
    bool mirrored;          /* each edge stands for both directions */
    bool headed;            /* a line of names came before the edges */
    bool unread;            /* it was said that weights are not used */
    kith_node_names *names; /* setup->named: those so far */
} kith_reader;

kith_status kith_reader_open(kith_ctx *ctx, const char *path, const kith_graph_setup *setup,
                             kith_reader *out) KITH_CHECKED;
void kith_reader_close(kith_reader *r);
/* The next line that is neither blank nor a comment; *more is false at the end. Each of `marks`
 * starts a comment. */
kith_status kith_reader_line(kith_reader *r, const char *marks, bool *more) KITH_CHECKED;
/* The next word of the line, NULL when there is none. */
char *kith_reader_word(kith_reader *r);
kith_status kith_reader_node(kith_reader *r, const char *word, int64_t *out) KITH_CHECKED;
kith_status kith_reader_whole(kith_reader *r, const char *word, const char *what, int64_t *out) KITH_CHECKED;
kith_status kith_reader_weight(kith_reader *r, const char *word, double *out) KITH_CHECKED;
kith_status kith_reader_add(kith_reader *r, int64_t to, int64_t from, double weight) KITH_CHECKED;
/* Words a failure at the current line. */
kith_status kith_reader_refuse(const kith_reader *r, size_t line, const char *format, ...) KITH_PRINTF(3, 4);

/* Whether a weight makes an edge. Notes once that weights other than 1 are not used. */
bool kith_reader_weighs(kith_reader *r, double weight);

/* A whole file of edges or of adjacency lists. */
kith_status kith_reader_lists(kith_reader *r) KITH_CHECKED;
/* A whole MatrixMarket file into edges. */
kith_status kith_reader_matrix(kith_reader *r) KITH_CHECKED;

#endif
