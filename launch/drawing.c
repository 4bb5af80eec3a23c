#include "drawing.h"

#include "program.h"
#include "record/aside.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOST_EDGES = 20000, ORDERLY = 300 };

static void write_edges(FILE *out, const kith_graph *g, bool mutual)
{
    const char *arrow = mutual ? "--" : "->";
    for (size_t i = 0; i < g->nodes; i++)
        for (size_t e = g->start[i]; e < g->start[i + 1]; e++)
            if (g->from[e] != i && (!mutual || g->from[e] < i)) fprintf(out, "%u %s %zu\n", g->from[e], arrow, i);
}

/* Titles are names of topologies: letters, digits and minus. */
static void write_script(FILE *out, const kith_graph *g, const char *title)
{
    const bool mutual = g->properties & KITH_UNDIRECTED, large = g->nodes > ORDERLY;
    fprintf(out, "%s \"%s\" {\noutputorder=edgesfirst\noverlap=%s\n", mutual ? "graph" : "digraph", title,
            large ? "true" : "false");
    fprintf(out,
            "node [shape=circle fixedsize=true width=%s label=%s style=filled fillcolor=\"#0072B2\" color=white "
            "fontcolor=white fontname=Helvetica fontsize=11]\n",
            large ? "0.1" : "0.35", large ? "\"\"" : "\"\\N\"");
    fputs("edge [color=\"#8a8a8a\" arrowsize=0.6]\n", out);
    for (size_t i = 0; i < g->nodes; i++)
        fprintf(out, "%zu\n", i);
    write_edges(out, g, mutual);
    fputs("}\n", out);
}

/* The description as a memory file, to be read from its beginning; -1 on failure. */
static int describe(const kith_graph *g, const char *title)
{
    const int fd = memfd_create("graph", MFD_CLOEXEC), copy = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -1;
    FILE *out = copy >= 0 ? fdopen(copy, "w") : NULL;
    if (out) {
        write_script(out, g, title);
        if (fclose(out) == 0 && lseek(fd, 0, SEEK_SET) == 0) return fd;
    } else if (copy >= 0) {
        close(copy);
    }
    if (fd >= 0) close(fd);
    return -1;
}

static kith_status draw(kith_ctx *ctx, const kith_graph *g, int in, int out)
{
    /* the layouts for graphs of this size; all of them are in dot */
    char *argv[] = {(char[]){"dot"}, g->nodes > ORDERLY ? (char[]){"-Ksfdp"} : (char[]){"-Kneato"}, (char[]){"-Tsvg"},
                    NULL};
    const program dot = {
        .title = "Graphviz", .does = "draws graphs", .task = "draw the graph", .package = "graphviz", .argv = argv};
    return program_filter(ctx, &dot, in, out);
}

kith_status drawing_write(kith_ctx *ctx, const kith_graph *graph, const char *title, const char *path)
{
    kith_aside file;
    const size_t edges = graph->start[graph->nodes] - graph->nodes;
    if (edges > MOST_EDGES)
        return kith_fail(ctx, KITH_EUSAGE,
                         "%s: %zu edges make no readable picture, and %d are the most that is drawn; take "
                         "fewer learners",
                         path, edges, MOST_EDGES);
    KITH_TRY(kith_aside_open(ctx, path, &file));
    const int in = describe(graph, title);
    kith_status status = in >= 0 ? draw(ctx, graph, in, fileno(file.stream))
                                 : kith_fail(ctx, KITH_EIO, "no memory for a picture: %s", strerror(errno));
    if (in >= 0) close(in);
    if (status == KITH_OK) return kith_aside_commit(ctx, &file);
    kith_aside_abandon(&file);
    return status;
}
