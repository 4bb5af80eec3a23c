#include "launch/services/pictures/drawing.h"

#include "launch/services/pictures/svg.h"
#include "launch/services/program.h"
#include "record/aside.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOST_EDGES = 20000, ORDERLY = 300, SPARSE = 200, SMALL = 60 };

typedef enum layout {
    SPRINGS, /* neighbours near each other */
    LOOSE,   /* the same, for many nodes */
    CIRCLE,  /* in order */
    ROW,     /* in order */
    RADIAL,  /* around one node */
} layout;

typedef struct style {
    layout layout;
    double width; /* of a line, where it would be 1 among few */
} style;

/* Whether turning the nodes around by one leaves all edges in place, as in a ring: count[k] of edges that lead k places
 * on. */
static bool is_round(const drawing *d, uint32_t *count)
{
    const uint32_t n = (uint32_t)d->nodes;
    for (size_t e = 0; e < d->lines; e++) {
        const drawing_line *line = &d->line[e];
        count[(line->to + n - line->from) % n]++;
        if (line->both) count[(line->from + n - line->to) % n]++;
    }
    for (size_t k = 0; k < n; k++)
        if (count[k] != 0 && count[k] != n) return false;
    return d->lines > 0;
}

static bool is_row(const drawing *d)
{
    for (size_t e = 0; e < d->lines; e++)
        if (d->line[e].from + 1 != d->line[e].to && d->line[e].to + 1 != d->line[e].from) return false;
    return d->lines > 0;
}

/* Or several with a circle. Springs would cross the branches; of larger ones, removing overlaps would do so. */
static bool is_small_tree(const drawing *d)
{
    return d->nodes > 2 && d->nodes <= SMALL && d->lines == d->nodes - 1;
}

static kith_status choose_style(kith_ctx *ctx, const drawing *d, style *out)
{
    uint32_t *count = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "a picture", d->nodes, &count));
    out->layout = is_row(d)            ? ROW
                  : is_round(d, count) ? CIRCLE
                  : is_small_tree(d)   ? RADIAL
                  : d->nodes > ORDERLY ? LOOSE
                                       : SPRINGS;
    out->width = d->lines > SPARSE ? sqrt(SPARSE / (double)d->lines) : 1.0;
    kith_free(count);
    return KITH_OK;
}

static bool is_placed(const style *s)
{
    return s->layout == CIRCLE || s->layout == ROW;
}

/* In points. Around a circle, node 0 is at the top and the others follow clockwise. */
static void write_place(FILE *out, const drawing *d, const style *s, size_t i)
{
    const double apart = d->labelled ? 50.0 : 16.0, turn = 2.0 * acos(-1.0) / (double)d->nodes;
    const double radius = 36.0 + apart / turn, angle = turn * (double)i;
    if (s->layout == ROW)
        fprintf(out, "pos=\"%.3f,0\" ", 0.8 * apart * (double)i);
    else
        fprintf(out, "pos=\"%.3f,%.3f\" ", radius * sin(angle), radius * cos(angle));
}

static void write_node(FILE *out, const drawing *d, const style *s, size_t i)
{
    const drawing_node *node = d->node ? &d->node[i] : NULL;
    const double least = d->labelled ? 0.26 : 0.1, most = d->labelled ? 0.52 : 0.26;
    fprintf(out, "%zu [", i);
    if (is_placed(s)) write_place(out, d, s, i);
    if (node && !isnan(node->size)) fprintf(out, "width=%.3f ", least + (most - least) * node->size);
    if (node && node->marked) fputs("fillcolor=\"" DRAWING_MARKED "\"", out);
    fputs("]\n", out);
}

/* From a light grey to nearly black. */
static void write_strength(FILE *out, double strength, double width)
{
    const unsigned shade = (unsigned)(0xc8 - 0xa8 * strength + 0.5);
    fprintf(out, " color=\"#%02x%02x%02x\" penwidth=%.2f", shade, shade, shade + 6, width * (0.5 + 1.7 * strength));
}

static void write_line(FILE *out, const drawing *d, const style *s, const drawing_line *line)
{
    fprintf(out, "%u -> %u [dir=%s", line->from, line->to, !d->directed ? "none" : line->both ? "both" : "forward");
    if (!isnan(line->strength)) write_strength(out, line->strength, s->width);
    fputs("]\n", out);
}

/* What is written last lies on top: the strongest lines. */
static void write_lines(FILE *out, const drawing *d, const style *s)
{
    enum { LAYERS = 4 };
    for (int layer = 0; layer < LAYERS; layer++)
        for (size_t e = 0; e < d->lines; e++) {
            const double strength = d->line[e].strength;
            const int own = isnan(strength) ? 0 : (int)fmin(strength * LAYERS, LAYERS - 1);
            if (own == layer) write_line(out, d, s, &d->line[e]);
        }
}

static void write_script(FILE *out, const drawing *d, const style *s)
{
    const bool large = d->nodes > ORDERLY;
    fprintf(out, "digraph \"%s\" {\noutputorder=edgesfirst\nsep=\"+6\"\noverlap=%s\n", d->title,
            is_placed(s) || large ? "true" : "false");
    if (d->bare) fputs("bgcolor=transparent\n", out);
    fprintf(out,
            "node [shape=circle fixedsize=true width=%s label=%s style=filled fillcolor=\"" DRAWING_COLOUR
            "\" color=white fontcolor=white fontname=Helvetica fontsize=11]\n",
            large         ? "0.1"
            : d->labelled ? "0.35"
                          : "0.18",
            d->labelled ? "\"\\N\"" : "\"\"");
    fprintf(out, "edge [color=\"#8a8a8a\" arrowsize=0.6 penwidth=%.2f]\n", s->width);
    for (size_t i = 0; i < d->nodes; i++)
        write_node(out, d, s, i);
    write_lines(out, d, s);
    fputs("}\n", out);
}

/* The description as a memory file, to be read from its beginning; -1 on failure. */
static int describe(const drawing *d, const style *s)
{
    const int fd = memfd_create("graph", MFD_CLOEXEC), copy = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -1;
    FILE *out = copy >= 0 ? fdopen(copy, "w") : NULL;
    if (out) {
        write_script(out, d, s);
        if (fclose(out) == 0 && lseek(fd, 0, SEEK_SET) == 0) return fd;
    } else if (copy >= 0) {
        close(copy);
    }
    if (fd >= 0) close(fd);
    return -1;
}

kith_status drawing_draw(kith_ctx *ctx, const drawing *d, int fd)
{
    /* the programs for these layouts; all of them are in dot */
    static const char *const programs[] = {
        [SPRINGS] = "-Kneato", [LOOSE] = "-Ksfdp", [CIRCLE] = "-Kneato", [ROW] = "-Kneato", [RADIAL] = "-Ktwopi"};
    char engine[16];
    style s;
    KITH_TRY(choose_style(ctx, d, &s));
    snprintf(engine, sizeof engine, "%s", programs[s.layout]);
    char *argv[] = {(char[]){"dot"}, (char[]){"-Tsvg"}, engine, is_placed(&s) ? (char[]){"-n"} : NULL, NULL};
    const program dot = {
        .title = "Graphviz", .does = "draws graphs", .task = "draw the graph", .package = "graphviz", .argv = argv};
    const int in = describe(d, &s);
    if (in < 0) return kith_fail(ctx, KITH_EIO, "no memory for a picture: %s", strerror(errno));
    const kith_status status = program_filter(ctx, &dot, in, fd);
    close(in);
    return status;
}

/* ---- of a topology ---- */

static size_t list_lines(const kith_graph *g, bool mutual, drawing_line *line)
{
    size_t lines = 0;
    for (size_t i = 0; i < g->nodes; i++)
        for (size_t e = g->start[i]; e < g->start[i + 1]; e++)
            if (g->from[e] != i && (!mutual || g->from[e] < i))
                line[lines++] = (drawing_line){.from = g->from[e], .to = (uint32_t)i, .both = mutual, .strength = NAN};
    return lines;
}

static kith_status draw(kith_ctx *ctx, const kith_graph *g, const char *title, int fd)
{
    const bool mutual = g->properties & KITH_UNDIRECTED;
    drawing_line *line = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "a picture", g->start[g->nodes] + 1, &line));
    const drawing d = {.title = title,
                       .nodes = g->nodes,
                       .lines = list_lines(g, mutual, line),
                       .line = line,
                       .directed = !mutual,
                       .labelled = g->nodes <= ORDERLY};
    const kith_status status = drawing_draw(ctx, &d, fd);
    kith_free(line);
    return status;
}

/* Whoever reads in the dark gets no white sheet: the ground and the rims of nodes are dark then. */
static const char dark[] = "\n<style>@media (prefers-color-scheme:dark){.graph>polygon{fill:#14171a}"
                           ".node ellipse{stroke:#14171a}}</style>";

static kith_status draw_for_all(kith_ctx *ctx, const kith_graph *graph, const char *title, FILE *out)
{
    const int fd = memfd_create("picture", MFD_CLOEXEC);
    if (fd < 0) return kith_fail(ctx, KITH_EIO, "no memory for a picture: %s", strerror(errno));
    char *svg = NULL;
    kith_status status = draw(ctx, graph, title, fd);
    if (status == KITH_OK && !(svg = kith_svg_contents(fd)))
        status = kith_fail(ctx, KITH_EMEMORY, "no memory for a picture");
    close(fd);
    if (status != KITH_OK) return status;
    const char *root = strstr(svg, "<svg"), *inside = root ? strchr(root, '>') : NULL;
    const size_t head = inside ? (size_t)(inside + 1 - svg) : 0;
    fwrite(svg, 1, head, out);
    if (inside) fputs(dark, out);
    fputs(svg + head, out);
    free(svg);
    return KITH_OK;
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
    KITH_TRY(kith_aside_open(ctx, path, KITH_PRODUCT_PICTURE, &file));
    const kith_status status = draw_for_all(ctx, graph, title, file.stream);
    fputs(KITH_MARK_SVG, file.stream);
    if (status == KITH_OK) return kith_aside_commit(ctx, &file);
    kith_aside_abandon(&file);
    return status;
}
