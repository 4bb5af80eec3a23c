#include "graph/read.h"

#include <string.h>

/* What the banner says (math.nist.gov/MatrixMarket/formats.html). */
typedef struct banner {
    bool dense, pattern, symmetric;
} banner;

static const char *field(kith_reader *r)
{
    const char *word = kith_reader_word(r);
    return word ? word : "";
}

static kith_status read_banner(kith_reader *r, banner *out)
{
    bool more = false;
    /* the banner itself starts with the comment mark */
    KITH_TRY(kith_reader_line(r, "", &more));
    const bool known = more && !strcasecmp(field(r), "%%MatrixMarket") && !strcasecmp(field(r), "matrix");
    if (!known)
        return kith_reader_refuse(r, 1,
                                  "a MatrixMarket file starts with '%%%%MatrixMarket matrix'; set %s.format = edges "
                                  "for an edge list",
                                  r->setup->owner);
    const char *format = field(r), *type = field(r), *symmetry = field(r);
    out->dense = !strcasecmp(format, "array");
    out->pattern = !strcasecmp(type, "pattern");
    out->symmetric = !strcasecmp(symmetry, "symmetric");
    if (!out->dense && strcasecmp(format, "coordinate"))
        return kith_reader_refuse(r, 1, "'%.40s' is no format; coordinate and array are", format);
    if (strcasecmp(type, "real") && strcasecmp(type, "integer") && (out->dense || !out->pattern))
        return kith_reader_refuse(r, 1, "'%.40s' entries cannot be weights; real, integer and pattern can", type);
    if (!out->symmetric && strcasecmp(symmetry, "general"))
        return kith_reader_refuse(r, 1, "'%.40s' is not supported; general and symmetric are", symmetry);
    if (out->pattern && r->setup->weighting == KITH_WEIGHTS_FILE)
        return kith_reader_refuse(r, 1, "a pattern has no weights, and weights = file needs them");
    return KITH_OK;
}

static kith_status next_line(kith_reader *r, const char *what)
{
    bool more = false;
    KITH_TRY(kith_reader_line(r, "%", &more));
    return more ? KITH_OK : kith_reader_refuse(r, r->line, "the file ends here, before %s", what);
}

static kith_status end_of_line(kith_reader *r)
{
    const char *word = kith_reader_word(r);
    return word ? kith_reader_refuse(r, r->line, "'%.40s' is one word too many", word) : KITH_OK;
}

static kith_status next_whole(kith_reader *r, const char *what, int64_t *out)
{
    const char *word = kith_reader_word(r);
    if (!word) return kith_reader_refuse(r, r->line, "the line ends before the %s", what);
    return kith_reader_whole(r, word, what, out);
}

static kith_status next_weight(kith_reader *r, double *out)
{
    const char *word = kith_reader_word(r);
    if (!word) return kith_reader_refuse(r, r->line, "the line ends before the weight");
    return kith_reader_weight(r, word, out);
}

static kith_status read_size(kith_reader *r, const banner *b, int64_t *entries)
{
    int64_t rows = 0, columns = 0;
    KITH_TRY(next_line(r, "the matrix's size"));
    KITH_TRY(next_whole(r, "number of rows", &rows));
    KITH_TRY(next_whole(r, "number of columns", &columns));
    if (!b->dense) KITH_TRY(next_whole(r, "number of entries", entries));
    KITH_TRY(end_of_line(r));
    if (rows != columns)
        return kith_reader_refuse(r, r->line, "the matrix is %lld x %lld; that of a graph is square", (long long)rows,
                                  (long long)columns);
    if (rows < 1 || (uint64_t)rows != r->setup->nodes)
        return kith_reader_refuse(r, r->line, "the matrix is %lld x %lld, but there are %zu nodes; make that %lld",
                                  (long long)rows, (long long)columns, r->setup->nodes, (long long)rows);
    return KITH_OK;
}

/* The diagonal says nothing where weights come from elsewhere: every node hears itself. An entry of 0 is no edge. */
static kith_status add(kith_reader *r, int64_t row, int64_t column, double weight)
{
    if (row == column && r->setup->weighting != KITH_WEIGHTS_FILE) return KITH_OK;
    if (!kith_reader_weighs(r, weight)) return KITH_OK;
    return kith_reader_add(r, row, column, weight);
}

static kith_status read_entry(kith_reader *r, const banner *b)
{
    int64_t row = 0, column = 0;
    double weight = 1;
    KITH_TRY(next_whole(r, "row", &row));
    KITH_TRY(next_whole(r, "column", &column));
    if (!b->pattern) KITH_TRY(next_weight(r, &weight));
    KITH_TRY(end_of_line(r));
    const int64_t n = (int64_t)r->setup->nodes;
    if (row < 1 || row > n || column < 1 || column > n)
        return kith_reader_refuse(r, r->line,
                                  "entry (%lld, %lld) lies outside the matrix; rows and columns are 1 to %lld",
                                  (long long)row, (long long)column, (long long)n);
    if (b->symmetric && column > row)
        return kith_reader_refuse(r, r->line,
                                  "entry (%lld, %lld) lies above the diagonal of a symmetric matrix; list "
                                  "the lower triangle",
                                  (long long)row, (long long)column);
    return add(r, row, column, weight);
}

static kith_status read_coordinates(kith_reader *r, const banner *b, int64_t entries)
{
    char what[80];
    for (int64_t i = 0; i < entries; i++) {
        snprintf(what, sizeof what, "entry %lld of %lld", (long long)i + 1, (long long)entries);
        KITH_TRY(next_line(r, what));
        KITH_TRY(read_entry(r, b));
    }
    return KITH_OK;
}

/* Column by column. */
static kith_status read_array(kith_reader *r, const banner *b)
{
    const int64_t n = (int64_t)r->setup->nodes;
    for (int64_t column = 1; column <= n; column++)
        for (int64_t row = b->symmetric ? column : 1; row <= n; row++) {
            double weight = 0;
            KITH_TRY(next_line(r, "the last entry"));
            KITH_TRY(next_weight(r, &weight));
            KITH_TRY(end_of_line(r));
            KITH_TRY(add(r, row, column, weight));
        }
    return KITH_OK;
}

/* A matrix has as many nodes as rows, even if the last has no edge: an edge that is dropped again says so. */
static kith_status name_last(kith_reader *r)
{
    const int64_t n = (int64_t)r->setup->nodes;
    return kith_reader_add(r, n, n, -1);
}

kith_status kith_reader_matrix(kith_reader *r)
{
    banner b = {0};
    int64_t entries = 0;
    bool more = false;
    KITH_TRY(read_banner(r, &b));
    KITH_TRY(read_size(r, &b, &entries));
    KITH_TRY(b.dense ? read_array(r, &b) : read_coordinates(r, &b, entries));
    KITH_TRY(name_last(r));
    r->mirrored = b.symmetric;
    KITH_TRY(kith_reader_line(r, "%", &more));
    return more ? kith_reader_refuse(r, r->line, "the file goes on after its last entry; check the number of entries")
                : KITH_OK;
}
