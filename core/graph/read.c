#include "graph/read.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

kith_status kith_reader_refuse(const kith_reader *r, size_t line, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return kith_fail(r->ctx, KITH_EDATA, "%s: %s:%zu: %s", r->setup->owner, r->path, line, text);
}

kith_status kith_reader_open(kith_ctx *ctx, const char *path, const kith_graph_setup *setup, kith_reader *out)
{
    char key[80];
    kith_lines *lines = NULL;
    snprintf(key, sizeof key, "%s.path", setup->owner);
    KITH_TRY(kith_lines_open(ctx, path, key, "a file of a graph", &lines));
    *out = (kith_reader){.ctx = ctx, .setup = setup, .path = path, .lines = lines};
    return KITH_OK;
}

void kith_reader_close(kith_reader *r)
{
    kith_lines_close(r->lines);
    kith_free(r->edge);
    kith_node_names_free(r->names);
}

kith_status kith_reader_line(kith_reader *r, const char *marks, bool *more)
{
    KITH_TRY(kith_lines_next(r->ctx, r->lines, marks, &r->next));
    r->line = kith_lines_number(r->lines);
    *more = r->next != NULL;
    return KITH_OK;
}

char *kith_reader_word(kith_reader *r)
{
    static const char blanks[] = " \t\f\v";
    char *word = r->next + strspn(r->next, blanks);
    if (!*word) return NULL;
    r->next = word + strcspn(word, blanks);
    if (*r->next) *r->next++ = 0;
    return word;
}

static kith_status read_whole(kith_reader *r, const char *word, const char *what, const char *hint, int64_t *out)
{
    char *end = NULL;
    errno = 0;
    const long long value = strtoll(word, &end, 10);
    if (end == word || *end || errno)
        return kith_reader_refuse(r, r->line, "'%.40s' is no %s, which is a whole number%s%s%s", word, what,
                                  hint ? "; set " : "", hint ? hint : "",
                                  hint ? ".ids = names for nodes with names" : "");
    *out = value;
    return KITH_OK;
}

kith_status kith_reader_whole(kith_reader *r, const char *word, const char *what, int64_t *out)
{
    return read_whole(r, word, what, NULL, out);
}

kith_status kith_reader_node(kith_reader *r, const char *word, int64_t *out)
{
    size_t number = 0;
    if (!r->setup->named) return read_whole(r, word, "node", r->setup->owner, out);
    KITH_TRY(kith_node_number(r->ctx, &r->names, word, &number));
    *out = (int64_t)number;
    return KITH_OK;
}

kith_status kith_reader_weight(kith_reader *r, const char *word, double *out)
{
    const char *end = NULL;
    const double value = kith_number(word, &end);
    if (end == word || *end || !isfinite(value))
        return kith_reader_refuse(r, r->line, "'%.40s' is no weight, which is a finite number", word);
    if (value < 0) return kith_reader_refuse(r, r->line, "the weight %s is negative; weights are at least 0", word);
    *out = value;
    return KITH_OK;
}

kith_status kith_reader_add(kith_reader *r, int64_t to, int64_t from, double weight)
{
    if (r->count == r->edge_room) {
        const size_t room = r->edge_room ? 2 * r->edge_room : 256;
        kith_raw_edge *grown = NULL;
        KITH_TRY(KITH_ALLOC(r->ctx, "edges of a file", room, &grown));
        if (r->count) memcpy(grown, r->edge, r->count * sizeof *grown);
        kith_free(r->edge);
        r->edge = grown;
        r->edge_room = room;
    }
    r->edge[r->count++] = (kith_raw_edge){.to = to, .from = from, .weight = weight, .line = r->line};
    return KITH_OK;
}

bool kith_reader_weighs(kith_reader *r, double weight)
{
    if (weight != 1 && weight != 0 && r->setup->weighting != KITH_WEIGHTS_FILE && !r->unread) {
        kith_note(r->ctx, "%s: %s: its weights are not used; set %s.weights = file to use them", r->setup->owner,
                  r->path, r->setup->owner);
        r->unread = true;
    }
    return weight > 0;
}

/* ---- from ids to nodes ---- */

static int by_id(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* The distinct ids, ascending. */
static kith_status list_ids(kith_reader *r, int64_t **out, size_t *count)
{
    int64_t *id = NULL;
    KITH_TRY(KITH_ALLOC(r->ctx, "nodes of a file", 2 * r->count + 1, &id));
    for (size_t i = 0; i < r->count; i++) {
        id[2 * i] = r->edge[i].from;
        id[2 * i + 1] = r->edge[i].to;
    }
    qsort(id, 2 * r->count, sizeof *id, by_id);
    size_t distinct = 0;
    for (size_t i = 0; i < 2 * r->count; i++)
        if (distinct == 0 || id[i] != id[distinct - 1]) id[distinct++] = id[i];
    *out = id;
    *count = distinct;
    return KITH_OK;
}

static kith_status refuse_id(const kith_reader *r, size_t line, int64_t id)
{
    const long long first = r->setup->first, last = first + (long long)r->setup->nodes - 1;
    return kith_reader_refuse(r, line,
                              "there is no node %lld: %zu nodes are numbered %lld to %lld; set %s.first to the "
                              "lowest id, %s.ids = compact for ids with gaps, or the number of nodes to the file's",
                              (long long)id, r->setup->nodes, first, last, r->setup->owner, r->setup->owner);
}

/* Numbers the nodes of all edges from 0. */
static kith_status number_given(kith_reader *r)
{
    const int64_t first = r->setup->first;
    int64_t most = first - 1;
    for (size_t i = 0; i < r->count; i++) {
        kith_raw_edge *e = &r->edge[i];
        const int64_t id[2] = {e->from, e->to};
        for (int k = 0; k < 2; k++) {
            if (id[k] < first || (uint64_t)(id[k] - first) >= r->setup->nodes) return refuse_id(r, e->line, id[k]);
            if (id[k] > most) most = id[k];
        }
        e->from -= first;
        e->to -= first;
    }
    if ((uint64_t)(most - first) + 1 == r->setup->nodes) return KITH_OK;
    return kith_fail(r->ctx, KITH_EDATA,
                     "%s: %s: its nodes end with %lld, which makes %lld of them, but there are %zu "
                     "nodes; make that %lld",
                     r->setup->owner, r->path, (long long)most, (long long)(most - first + 1), r->setup->nodes,
                     (long long)(most - first + 1));
}

static kith_status number_compact(kith_reader *r)
{
    int64_t *id = NULL;
    size_t count = 0;
    KITH_TRY(list_ids(r, &id, &count));
    for (size_t i = 0; i < r->count && count == r->setup->nodes; i++) {
        kith_raw_edge *e = &r->edge[i];
        e->from = (const int64_t *)bsearch(&e->from, id, count, sizeof *id, by_id) - id;
        e->to = (const int64_t *)bsearch(&e->to, id, count, sizeof *id, by_id) - id;
    }
    kith_free(id);
    if (count == r->setup->nodes) return KITH_OK;
    return kith_fail(r->ctx, KITH_EDATA, "%s: %s: it names %zu nodes, but there are %zu; make that %zu",
                     r->setup->owner, r->path, count, r->setup->nodes, count);
}

/* ---- from edges to a graph ---- */

static kith_status convert(kith_reader *r, kith_edges *edges)
{
    for (size_t i = 0; i < r->count; i++) {
        const kith_raw_edge *e = &r->edge[i];
        if (e->weight < 0) continue;
        const kith_edge edge = {.to = (uint32_t)e->to, .from = (uint32_t)e->from, .weight = e->weight, .line = e->line};
        KITH_TRY(kith_edges_add(r->ctx, edges, &edge));
    }
    return kith_edges_sort(r->ctx, edges, r->setup->nodes);
}

/* Edges that come again are refused or lose all but their first line. */
static kith_status join_repeats(const kith_reader *r, kith_edges *edges)
{
    size_t kept = 0;
    for (size_t i = 0; i < edges->count; i++) {
        kith_edge *e = &edges->item[i], *last = kept ? &edges->item[kept - 1] : NULL;
        if (!last || e->to != last->to || e->from != last->from)
            edges->item[kept++] = *e;
        else if (!r->setup->drop_repeats)
            return kith_reader_refuse(
                r, e->line, "the same edge as in line %zu; take one of the two away, or set %s.repeats = first",
                last->line, r->setup->owner);
        else if (e->line < last->line)
            *last = *e; /* listed in the other direction before */
    }
    edges->count = kept;
    return KITH_OK;
}

/* Both directions may be listed, if they agree. */
static kith_status mirror(kith_reader *r, kith_edges *edges)
{
    const size_t count = edges->count;
    for (size_t i = 0; i < count; i++) {
        const kith_edge e = edges->item[i];
        const kith_edge back = {.to = e.from, .from = e.to, .weight = e.weight, .line = e.line};
        if (e.to != e.from) KITH_TRY(kith_edges_add(r->ctx, edges, &back));
    }
    KITH_TRY(kith_edges_sort(r->ctx, edges, r->setup->nodes));
    if (r->setup->drop_repeats) return join_repeats(r, edges);
    for (size_t i = 1; i < edges->count; i++) {
        const kith_edge *e = &edges->item[i];
        if (e->to != e[-1].to || e->from != e[-1].from || e->weight == e[-1].weight) continue;
        if (r->setup->weighting != KITH_WEIGHTS_FILE) continue;
        return kith_reader_refuse(r, e->line > e[-1].line ? e->line : e[-1].line,
                                  "the edge weighs something else than in line %zu, in the other direction; an "
                                  "undirected edge has one weight",
                                  e->line > e[-1].line ? e[-1].line : e->line);
    }
    return KITH_OK;
}

/* A node whose own weight the file leaves out keeps what its edges leave of 1. */
static kith_status complete(kith_reader *r, kith_edges *edges)
{
    const size_t count = edges->count;
    for (size_t i = 0, node = 0; node < r->setup->nodes; node++) {
        double sum = 0;
        bool own = false;
        for (; i < count && edges->item[i].to == node; i++) {
            sum += edges->item[i].weight;
            own |= edges->item[i].from == node;
        }
        if (own) continue;
        if (sum > 1 + 1e-9)
            return kith_reader_refuse(r, edges->item[i - 1].line,
                                      "the weights that node %lld hears with sum to %.10g, "
                                      "which is more than 1",
                                      (long long)node + r->setup->first, sum);
        const kith_edge rest = {.to = (uint32_t)node, .from = (uint32_t)node, .weight = fmax(1 - sum, 0)};
        KITH_TRY(kith_edges_add(r->ctx, edges, &rest));
    }
    return KITH_OK;
}

/* Entry i of `sum` grows by the weights of row i, or of column i. */
static bool sums_are_one(const kith_edges *edges, size_t nodes, bool columns, double *sum)
{
    memset(sum, 0, nodes * sizeof *sum);
    for (size_t i = 0; i < edges->count; i++)
        sum[columns ? edges->item[i].from : edges->item[i].to] += edges->item[i].weight;
    for (size_t node = 0; node < nodes; node++)
        if (!(fabs(sum[node] - 1) <= 1e-9)) return false;
    return true;
}

/* Names the first row that does not sum to one, at the last of its lines. */
static kith_status refuse_row(const kith_reader *r, const kith_edges *edges, const double *sum)
{
    size_t node = 0, line = 0;
    while (fabs(sum[node] - 1) <= 1e-9)
        node++;
    for (size_t i = 0; i < edges->count; i++)
        if (edges->item[i].to == node && edges->item[i].line > line) line = edges->item[i].line;
    const long long name = (long long)node + r->setup->first;
    if (line == 0)
        return kith_fail(
            r->ctx, KITH_EDATA,
            "%s: %s: node %lld hears nobody, not even itself; the rows (or the columns) of a W must sum to 1",
            r->setup->owner, r->path, name);
    return kith_reader_refuse(
        r, line,
        "the weights of node %lld's row, which ends here, sum to %.10g; the rows (or the columns) of a W "
        "must sum to 1",
        name, sum[node]);
}

static kith_status check_sums(const kith_reader *r, const kith_edges *edges)
{
    double *sum = NULL;
    kith_status status = KITH_OK;
    KITH_TRY(KITH_ALLOC(r->ctx, "sums of a graph", r->setup->nodes, &sum));
    if (!sums_are_one(edges, r->setup->nodes, true, sum) && !sums_are_one(edges, r->setup->nodes, false, sum))
        status = refuse_row(r, edges, sum);
    kith_free(sum);
    return status;
}

static kith_status build(kith_reader *r, kith_edges *edges, kith_graph **out)
{
    const kith_graph_setup *setup = r->setup;
    if (r->count == 0)
        return kith_fail(r->ctx, KITH_EDATA, "%s: %s: it names no nodes; write one edge a line: u v", setup->owner,
                         r->path);
    KITH_TRY(setup->compact ? number_compact(r) : number_given(r));
    KITH_TRY(convert(r, edges));
    KITH_TRY(join_repeats(r, edges));
    if (r->mirrored) KITH_TRY(mirror(r, edges));
    if (setup->weighting == KITH_WEIGHTS_FILE && setup->format == KITH_GRAPH_EDGES) KITH_TRY(complete(r, edges));
    if (setup->weighting == KITH_WEIGHTS_FILE) KITH_TRY(check_sums(r, edges));
    char name[512];
    snprintf(name, sizeof name, "%s: %s", setup->owner, r->path);
    return kith_graph_create(r->ctx, name, setup->nodes, edges, setup->weighting, out);
}

kith_status kith_graph_read(kith_ctx *ctx, const char *path, const kith_graph_setup *setup, kith_graph **out)
{
    kith_reader r;
    kith_graph_setup own = *setup;
    kith_edges edges = {0};
    if (own.format == KITH_GRAPH_MATRIX) {
        own.first = 1;
        own.compact = own.named = false;
    }
    KITH_TRY(kith_reader_open(ctx, path, &own, &r));
    kith_status status = own.format == KITH_GRAPH_MATRIX ? kith_reader_matrix(&r) : kith_reader_lists(&r);
    if (status == KITH_OK) status = build(&r, &edges, out);
    kith_edges_free(&edges);
    kith_reader_close(&r);
    return status;
}

kith_status kith_graph_load(kith_ctx *ctx, const char *owner, const char *path, size_t nodes,
                            const kith_graph_file *how, kith_graph **out)
{
    const kith_graph_setup setup = {.owner = owner,
                                    .format = (kith_graph_format)how->format,
                                    .directed = how->directed,
                                    .compact = how->ids > 0,
                                    .named = how->ids == 2,
                                    .first = how->first,
                                    .nodes = nodes,
                                    .weighting = (kith_weighting)how->weights,
                                    .drop_loops = how->loops == 1,
                                    .drop_repeats = how->repeats == 1,
                                    .drop_further = how->further == 1};
    if (!*path) return kith_fail(ctx, KITH_ECONFIG, "%s: no file is named; set its path", owner);
    return kith_graph_read(ctx, path, &setup, out);
}
