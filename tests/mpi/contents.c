#include "try.h"

#include <stdlib.h>
#include <string.h>

enum { MANY = 37, SUMS = 3 };

/* One board's shape, and the list of its rows in an order of their own. */
typedef struct shape {
    size_t rows, length, size;
    kith_origin list[MANY];
    uint32_t plain[MANY];
} shape;

static shape make_shape(const try_run *t, size_t rows, size_t length, size_t size)
{
    shape s = {.rows = rows, .length = length, .size = size};
    for (size_t i = 0; i < rows; i++) {
        const uint32_t row = (uint32_t)((i * 11 + 5) % rows);
        s.plain[i] = row;
        s.list[i] = (kith_origin){row, try_domain(t, try_writer(t, row))};
    }
    return s;
}

static void put(void *row, size_t size, size_t j, double value)
{
    const float single = (float)value;
    if (size == sizeof(double))
        memcpy((char *)row + j * size, &value, size);
    else
        memcpy((char *)row + j * size, &single, size);
}

static double get(const void *row, size_t size, size_t j)
{
    double value = 0;
    float single = 0;
    if (size == sizeof(double))
        memcpy(&value, (const char *)row + j * size, size);
    else
        memcpy(&single, (const char *)row + j * size, size);
    return size == sizeof(double) ? value : (double)single;
}

static double rounded(size_t size, double value)
{
    return size == sizeof(double) ? value : (double)(float)value;
}

/* The coordinates this worker owns, counted from the header's words alone: blocks in order, dealt evenly. */
static void own_range(const try_run *t, size_t length, size_t *lo, size_t *hi)
{
    const size_t blocks = (length + 4095) / 4096, P = t->place->workers, w = t->place->worker;
    *lo = w * blocks / P * 4096;
    *hi = (w + 1) * blocks / P * 4096;
    if (*lo > length) *lo = length;
    if (*hi > length) *hi = length;
}

static void write_row(kith_board *board, const shape *s, size_t row, uint64_t salt, size_t lo, size_t hi)
{
    for (size_t j = lo; j < hi; j++)
        put(kith_board_row(board, row), s->size, j, try_value(salt, row, j));
}

static void write_mine(const try_run *t, kith_board *board, const shape *s, uint64_t salt)
{
    for (size_t row = 0; row < s->rows; row++)
        if (try_writer(t, row) == t->place->worker) write_row(board, s, row, salt, 0, s->length);
}

static void expect(try_run *t, kith_board *board, const shape *s, size_t row, uint64_t salt, size_t lo, size_t hi)
{
    const void *cells = kith_board_row(board, row);
    for (size_t j = lo; j < hi; j++) {
        const double wanted = rounded(s->size, try_value(salt, row, j)), got = get(cells, s->size, j);
        if (got != wanted) {
            try_wrong(t, "row %zu of %zu, coordinate %zu of %zu: %.17g instead of %.17g", row, s->rows, j, s->length,
                      got, wanted);
            return;
        }
    }
}

/* Bytes sent to other domains since `before`. */
static uint64_t sent_since(const try_run *t, uint64_t before)
{
    return kith_exchange_traffic(t->ex).bytes - before;
}

static void try_fresh(try_run *t, kith_board *board, const shape *s)
{
    for (size_t row = 0; row < s->rows; row++) {
        const unsigned char *cells = kith_board_row(board, row);
        try_that(t, (uintptr_t)cells % 64 == 0);
        for (size_t i = 0; i < s->length * s->size; i++)
            if (cells[i]) try_wrong(t, "row %zu, byte %zu is not zero in a new board", row, i);
    }
    try_end(t, "a new board is zeroed and its rows start at multiples of 64 bytes");
}

static void try_slices(try_run *t, kith_board *board, const shape *s)
{
    size_t lo = 0, hi = 0;
    own_range(t, s->length, &lo, &hi);
    write_mine(t, board, s, 1);
    try_ok(t, kith_board_publish_slices(board, KITH_OK, s->list, s->rows));
    for (size_t row = 0; row < s->rows; row++)
        expect(t, board, s, row, 1, lo, hi);
    try_end(t, "slices");
}

static void try_gather(try_run *t, kith_board *board, const shape *s)
{
    size_t lo = 0, hi = 0;
    own_range(t, s->length, &lo, &hi);
    for (size_t row = 0; row < s->rows; row++)
        write_row(board, s, row, 2, lo, hi);
    try_ok(t, kith_board_publish_gather(board, KITH_OK, s->plain, s->rows));
    for (size_t row = 0; row < s->rows; row++) {
        expect(t, board, s, row, 2, 0, s->length);
        try_digest(t, kith_board_row(board, row), s->length * s->size);
    }
    try_end(t, "gather");
}

/* All domains together: each row to all others but its own, in pieces of at most a MiB from one to another. */
static void expect_total(try_run *t, const shape *s, const kith_traffic *before)
{
    const uint64_t D = t->place->domains, row = s->length * s->size, MiB = (uint64_t)1 << 20;
    kith_traffic after = {0, 0};
    uint64_t pieces = 0;
    try_ok(t, kith_exchange_traffic_total(t->ex, &after));
    for (size_t d = 0; d < D; d++) {
        uint64_t bytes = 0;
        for (size_t i = 0; i < s->rows; i++)
            bytes += s->list[i].domain == d ? row : 0;
        pieces += (D - 1) * ((bytes + MiB - 1) / MiB);
    }
    try_that(t, after.bytes - before->bytes == (D - 1) * s->rows * row);
    try_that(t, after.messages - before->messages == pieces);
}

static void try_rows(try_run *t, kith_board *board, const shape *s)
{
    kith_traffic all = {0, 0};
    write_mine(t, board, s, 3);
    try_ok(t, kith_exchange_traffic_total(t->ex, &all));
    const uint64_t before = sent_since(t, 0);
    try_ok(t, kith_board_publish_rows(board, KITH_OK, s->list, s->rows, NULL));
    expect_total(t, s, &all);
    uint64_t wanted = 0;
    for (size_t i = 0; i < s->rows; i++) {
        expect(t, board, s, i, 3, 0, s->length);
        try_digest(t, kith_board_row(board, i), s->length * s->size);
        if (t->place->local == 0 && s->list[i].domain == t->place->domain)
            wanted += (t->place->domains - 1) * s->length * s->size;
    }
    if (sent_since(t, before) != wanted)
        try_wrong(t, "%llu bytes were sent, not %llu", (unsigned long long)sent_since(t, before),
                  (unsigned long long)wanted);
    try_end(t, "rows");
}

/* Every third row is needed by no other domain; the others by some. */
static uint8_t needed(size_t row, size_t domain)
{
    return row % 3 != 0 && (row + domain) % 2 == 0;
}

static void try_needed_rows(try_run *t, kith_board *board, const shape *s)
{
    const size_t D = t->place->domains, here = t->place->domain;
    uint8_t *need = calloc(s->rows * D + 1, 1);
    for (size_t i = 0; i < s->rows * D; i++)
        need[i] = needed(s->list[i / D].row, i % D);
    write_mine(t, board, s, 4);
    const uint64_t before = sent_since(t, 0);
    try_ok(t, kith_board_publish_rows(board, KITH_OK, s->list, s->rows, need));
    uint64_t wanted = 0;
    for (size_t i = 0; i < s->rows; i++) {
        const bool ours = s->list[i].domain == here;
        const uint64_t salt = ours || needed(s->list[i].row, here) ? 4 : 3;
        expect(t, board, s, s->list[i].row, salt, 0, s->length);
        for (size_t d = 0; ours && t->place->local == 0 && d < D; d++)
            wanted += d != here && needed(s->list[i].row, d) ? s->length * s->size : 0;
    }
    try_that(t, sent_since(t, before) == wanted);
    free(need);
    try_end(t, "needed rows, and no others");
}

/* In place: the first row of the list is also where the mean goes. */
static void try_mean(try_run *t, kith_board *board, const shape *s)
{
    if (!s->rows) return;
    write_mine(t, board, s, 5);
    const uint32_t into = s->list[0].row;
    try_ok(t, kith_board_mean(board, KITH_OK, s->list, s->rows, into));
    for (size_t j = 0; j < s->length; j++) {
        double sum = 0;
        for (size_t i = 0; i < s->rows; i++)
            sum += (kith_real)try_value(5, s->list[i].row, j);
        const kith_real wanted = (kith_real)(sum / (double)s->rows);
        const kith_real got = ((kith_real *)kith_board_row(board, into))[j];
        if (memcmp(&wanted, &got, sizeof wanted) != 0)
            try_wrong(t, "coordinate %zu: %.17g instead of %.17g", j, (double)got, (double)wanted);
    }
    try_digest(t, kith_board_row(board, into), s->length * s->size);
    try_end(t, "mean");
}

static void try_total(try_run *t, size_t length)
{
    const size_t blocks = kith_block_count(length);
    double total[SUMS] = {0}, wanted[SUMS] = {0};
    size_t first = 0, last = 0;
    kith_board *partial = NULL;
    try_ok(t, kith_board_create(t->ctx, t->ex, "partial sums", blocks, SUMS, sizeof(double), &partial));
    kith_exchange_slice(t->ex, t->place->worker, length, &first, &last);
    /* Many times at once: a quick worker must not overwrite what a slow one still adds. */
    for (uint64_t salt = 6; partial && salt < 56; salt++) {
        for (size_t b = first; b < last; b++)
            for (size_t k = 0; k < SUMS; k++)
                ((double *)kith_board_row(partial, b))[k] = try_value(salt, b, k);
        try_ok(t, kith_block_total(partial, KITH_OK, length, SUMS, total));
        memset(wanted, 0, sizeof wanted);
        for (size_t b = 0; b < blocks; b++)
            for (size_t k = 0; k < SUMS; k++)
                wanted[k] += try_value(salt, b, k);
        try_that(t, memcmp(total, wanted, sizeof total) == 0);
        try_digest(t, total, sizeof total);
    }
    kith_board_destroy(partial);
    try_end(t, "total over blocks");
}

static void try_shape(try_run *t, size_t rows, size_t length, size_t size)
{
    const shape s = make_shape(t, rows, length, size);
    kith_board *board = NULL;
    try_ok(t, kith_board_create(t->ctx, t->ex, "test", rows, length, size, &board));
    if (t->place->worker == 0) printf("# %zu rows of %zu elements of %zu bytes\n", rows, length, size);
    if (board) {
        try_fresh(t, board, &s);
        try_slices(t, board, &s);
        try_gather(t, board, &s);
        try_rows(t, board, &s);
        try_needed_rows(t, board, &s);
        if (size == sizeof(kith_real)) try_mean(t, board, &s);
    }
    kith_board_destroy(board);
    try_end(t, "board");
}

void try_contents(try_run *t)
{
    static const size_t lengths[] = {1, 4095, 4096, 4097, 3 * 4096 + 5}, rows[] = {0, 1, MANY};
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
            try_shape(t, rows[r], lengths[l], sizeof(kith_real));
            if (sizeof(kith_real) != sizeof(double)) try_shape(t, rows[r], lengths[l], sizeof(double));
        }
        try_total(t, lengths[l]);
    }
}
