/* A graph as a picture: laid out and drawn by Graphviz, a program that is started for it.
 * Ownership: nothing is kept. Threads: one.
 * Errors: KITH_EIO if Graphviz is missing or fails, or if the file cannot be written; then no file is left.
 */
#ifndef KITH_LAUNCH_DRAWING_H
#define KITH_LAUNCH_DRAWING_H

#include <kith/graph.h>

/* `path`: an SVG file. Nodes' own edges are left out; edges of directed graphs have arrows towards who hears. */
kith_status drawing_write(kith_ctx *ctx, const kith_graph *graph, const char *title, const char *path) KITH_CHECKED;

#endif
