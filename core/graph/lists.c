#include "graph/read.h"

#include <stdlib.h>
#include <string.h>

/* *skip: the line is to be left out. */
static kith_status check_loop(const kith_reader *r, int64_t u, int64_t v, bool *skip)
{
    *skip = u == v && r->setup->weighting != KITH_WEIGHTS_FILE;
    if (!*skip || r->setup->drop_loops) return KITH_OK;
    return kith_reader_refuse(r, r->line,
                              "node %lld is linked with itself; every node hears itself anyway: take the line away, or "
                              "set %s.loops = drop",
                              (long long)u, r->setup->owner);
}

/* An edge that is dropped again, so that its nodes are known. */
static kith_status name_nodes(kith_reader *r, int64_t u, int64_t v)
{
    return kith_reader_add(r, v, u, -1);
}

static bool is_whole(const char *word)
{
    char *end = NULL;
    strtoll(word, &end, 10);
    return end != word && !*end;
}

/* Names may hold marks, as #tag and C# do: one starts a comment where it stands alone, in front of a blank. */
static void cut_comment(char *text)
{
    static const char blanks[] = " \t\f\v";
    for (char *at = text; (at = strpbrk(at, "#%")); at++)
        if ((at == text || strchr(blanks, at[-1])) && (!at[1] || strchr(blanks, at[1]))) {
            *at = '\0';
            return;
        }
}

/* *more is false at the end of the file. */
static kith_status next_line(kith_reader *r, bool *more)
{
    if (!r->setup->named) return kith_reader_line(r, "#%", more);
    do {
        KITH_TRY(kith_reader_line(r, "", more));
        if (*more) cut_comment(r->next);
    } while (*more && !r->next[strspn(r->next, " \t\f\v")]);
    return KITH_OK;
}

/* Commas and semicolons separate as blanks do. */
static void blank_separators(char *text)
{
    for (; *text && *text != '{'; text++)
        if (*text == ',' || *text == ';') *text = ' ';
}

/* The data that networkx writes behind an edge: {} or {'weight': 0.25}. *weight stays where there is none. */
static kith_status read_attributes(kith_reader *r, char *text, double *weight, bool *weighted)
{
    char *end = strrchr(text, '}');
    if (!end || end[1 + strspn(end + 1, " \t")])
        return kith_reader_refuse(r, r->line, "'%.40s' is no data of an edge, as in {'weight': 0.25}", text);
    *end = '\0';
    for (char *rest = text + 1, *item; (item = strsep(&rest, ","));) {
        item += strspn(item, " \t");
        char *value = strchr(item, ':');
        if (!*item) continue;
        if (value && (strncmp(item, "'weight'", 8) == 0 || strncmp(item, "\"weight\"", 8) == 0)) {
            value += 1 + strspn(value + 1, " \t");
            value[strcspn(value, " \t")] = '\0';
            KITH_TRY(kith_reader_weight(r, value, weight));
            *weighted = true;
        } else if (!r->setup->drop_further) {
            return kith_reader_refuse(r, r->line,
                                      "of an edge's data only 'weight' is read, and this is '%.40s'; set %s.further = "
                                      "drop to leave it out",
                                      item, r->setup->owner);
        }
    }
    return KITH_OK;
}

/* Cuts the line into at most four words and the data in braces. */
static kith_status cut_edge(kith_reader *r, const char *word[4], size_t *words, double *weight, bool *weighted)
{
    blank_separators(r->next);
    char *data = strchr(r->next, '{');
    if (data) {
        KITH_TRY(read_attributes(r, data, weight, weighted));
        *data = '\0';
    }
    while (*words < 4 && (word[*words] = kith_reader_word(r)))
        ++*words;
    const size_t most = *weighted ? 2 : 3;
    if (*words < 2)
        return kith_reader_refuse(r, r->line, "an edge is two or three words, u v [weight], and this line has one");
    if (*words <= most || (r->setup->drop_further && !*weighted)) return KITH_OK;
    return kith_reader_refuse(r, r->line,
                              "an edge is two or three words, u v [weight], and this line has more; set %s.further = "
                              "drop to leave the others out",
                              r->setup->owner);
}

/* Names of columns before the first edge. */
static bool is_header(kith_reader *r, const char *u, const char *v)
{
    if (r->setup->named || r->count || r->headed || is_whole(u) || is_whole(v)) return false;
    r->headed = true;
    kith_note(r->ctx, "%s: %s:%zu: '%.40s' and '%.40s' are taken for names of columns", r->setup->owner, r->path,
              r->line, u, v);
    return true;
}

/* u v [weight] */
static kith_status read_edge(kith_reader *r)
{
    const char *word[4] = {0};
    size_t words = 0;
    int64_t u = 0, v = 0;
    double weight = 1;
    bool weighted = false, skip = false;
    KITH_TRY(cut_edge(r, word, &words, &weight, &weighted));
    if (is_header(r, word[0], word[1])) return KITH_OK;
    if (words == 2 && !weighted && r->setup->weighting == KITH_WEIGHTS_FILE)
        return kith_reader_refuse(r, r->line, "the edge has no weight, and weights = file needs one: u v weight");
    KITH_TRY(kith_reader_node(r, word[0], &u));
    KITH_TRY(kith_reader_node(r, word[1], &v));
    if (words > 2) KITH_TRY(kith_reader_weight(r, word[2], &weight));
    KITH_TRY(check_loop(r, u, v, &skip));
    return skip || !kith_reader_weighs(r, weight) ? name_nodes(r, u, v) : kith_reader_add(r, v, u, weight);
}

/* u v1 v2 ..., with or without a colon behind u */
static kith_status read_neighbours(kith_reader *r)
{
    char *word = kith_reader_word(r);
    const size_t length = strlen(word);
    int64_t u = 0, v = 0;
    if (word[length - 1] == ':') word[length - 1] = 0;
    KITH_TRY(kith_reader_node(r, word, &u));
    KITH_TRY(name_nodes(r, u, u));
    while ((word = kith_reader_word(r))) {
        KITH_TRY(kith_reader_node(r, word, &v));
        bool skip = false;
        KITH_TRY(check_loop(r, u, v, &skip));
        if (!skip) KITH_TRY(kith_reader_add(r, v, u, 1));
    }
    return KITH_OK;
}

/* A row of a matrix has as many numbers as there are nodes, an edge list three at most, unless others are dropped. */
static bool is_matrix_row(const kith_reader *r, const char *line)
{
    static const char separators[] = " \t,;", ends[] = " \t,;\r\n";
    size_t words = 0;
    if (r->setup->format != KITH_GRAPH_EDGES || r->setup->drop_further) return false;
    for (const char *at = line + strspn(line, separators), *end = NULL; *at; at = end + strspn(end, ends), words++) {
        kith_number(at, &end);
        if (end == at || !strchr(ends, *end)) return false;
    }
    return words > 3 && words == r->setup->nodes;
}

/* A file of another format is best told by how it begins. */
static kith_status check_format(kith_reader *r)
{
    static const struct {
        const char *begins, *what;
    } others[] = {{"%%MatrixMarket", "a MatrixMarket file; set %s.format = matrix"},
                  {"<", "XML, as GraphML and GEXF files are; write one edge a line: u v weight"},
                  {"graph [", "a GML file; write one edge a line: u v weight"},
                  {"Creator ", "a GML file; write one edge a line: u v weight"},
                  {"strict graph", "a DOT file; write one edge a line: u v weight"},
                  {"*Vertices", "a Pajek file; write one edge a line: u v weight"}};
    char key[80], *line = NULL, what[160];
    kith_lines *lines = NULL;
    snprintf(key, sizeof key, "%s.path", r->setup->owner);
    KITH_TRY(kith_lines_open(r->ctx, r->path, key, "a file of a graph", &lines));
    kith_status status = kith_lines_raw(r->ctx, lines, &line);
    for (size_t k = 0; line && status == KITH_OK && k < sizeof others / sizeof others[0]; k++) {
        if (strncmp(line, others[k].begins, strlen(others[k].begins))) continue;
        snprintf(what, sizeof what, others[k].what, r->setup->owner);
        status = kith_reader_refuse(r, 1, "this seems to be %s", what);
    }
    if (line && status == KITH_OK && is_matrix_row(r, line))
        status =
            kith_reader_refuse(r, 1,
                               "this line has a number for each of %zu nodes, as a row of a matrix has; write one "
                               "edge a line: u v weight, or the matrix as MatrixMarket, and set %s.format = matrix",
                               r->setup->nodes, r->setup->owner);
    kith_lines_close(lines);
    return status;
}

kith_status kith_reader_lists(kith_reader *r)
{
    const bool adjacency = r->setup->format == KITH_GRAPH_ADJACENCY;
    bool more = true;
    r->mirrored = !r->setup->directed;
    if (adjacency && r->setup->weighting == KITH_WEIGHTS_FILE)
        return kith_fail(r->ctx, KITH_ECONFIG, "%s: weights = file, but adjacency lists have none; use edges or matrix",
                         r->setup->owner);
    KITH_TRY(check_format(r));
    for (;;) {
        KITH_TRY(next_line(r, &more));
        if (!more) return KITH_OK;
        KITH_TRY(adjacency ? read_neighbours(r) : read_edge(r));
    }
}
