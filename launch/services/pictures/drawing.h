/* A graph as a picture: laid out and drawn by Graphviz, a program that is started for it.
 * Ownership: nothing is kept. Threads: one.
 * Errors: KITH_EIO if Graphviz is missing or fails, or if a file cannot be written; then no file is left.
 */
#ifndef KITH_LAUNCH_DRAWING_H
#define KITH_LAUNCH_DRAWING_H

#include <kith/graph.h>

typedef struct drawing_node {
    double size; /* 0 to 1; NaN: as large as all others */
    bool marked; /* has another colour */
} drawing_node;

/* What `from` sends is heard by `to`. */
typedef struct drawing_line {
    uint32_t from, to;
    bool both;       /* and the other way */
    double strength; /* 0 to 1: how dark and thick it is; NaN: like all others */
} drawing_line;

typedef struct drawing {
    const char *title; /* letters, digits and minus */
    size_t nodes, lines;
    const drawing_node *node; /* NULL: all alike */
    const drawing_line *line;
    bool directed; /* lines have arrows towards who hears */
    bool labelled; /* nodes have their numbers */
    bool bare;     /* without a white ground */
} drawing;

/* The colours of nodes, for legends. */
#define DRAWING_COLOUR "#0072B2"
#define DRAWING_MARKED "#D55E00"

/* An SVG document to the end of file `fd`. */
kith_status drawing_draw(kith_ctx *ctx, const drawing *d, int fd) KITH_CHECKED;
/* `path`: an SVG file. Nodes' own edges are left out. */
kith_status drawing_write(kith_ctx *ctx, const kith_graph *graph, const char *title, const char *path) KITH_CHECKED;

#endif
