/* Publishing: a barrier that carries the workers' statuses, and between domains the moving of what is missing.
 *
 * Order of a publish: fence, agreement (nothing moves if anyone failed), the domains' first workers move data,
 * agreement (the others wait here, and hear of a move that went wrong), fence.
 */
#include "exchange/inside.h"
#include "exchange/narrow.h"

#include <stdatomic.h>
#include <string.h>

/* The other domain's slice of a row, the row, this domain's slice of a row, the rows of this domain's blocks. */
typedef enum move_kind { SLICES, WHOLE, GATHER, BLOCKS } move_kind;

/* What one publish moves. Entry i of the list: rows[i], or list[i], or row i itself where both are NULL. */
typedef struct move {
    kith_board *board;
    const kith_origin *rows;
    const uint32_t *list;
    size_t count;
    const uint8_t *need; /* (count, domains) or NULL */
    move_kind kind;
    size_t length; /* BLOCKS: of the vector whose blocks have the rows */
} move;

static size_t entry_row(const move *m, size_t i)
{
    if (m->rows) return m->rows[i].row;
    return m->list ? m->list[i] : i;
}

/* Whether entry i travels along this stream. */
static bool goes(const move *m, const kith_flow *s, size_t i)
{
    if (!m->rows) return true;
    return m->rows[i].domain == s->from && (!m->need || m->need[i * m->board->ex->place.domains + s->to]);
}

static void seek(const move *m, kith_flow *s)
{
    while (s->index < s->end && !goes(m, s, s->index))
        s->index++;
}

/* The bytes of a row that hold the coordinates a domain owns. */
static void domain_bytes(const kith_board *board, size_t domain, size_t *lo, size_t *hi)
{
    size_t first = 0, last = 0, unused = 0;
    kith_domain_slice(board->ex, domain, board->length, &first, &last);
    kith_block_range(board->length, first, lo, &unused);
    kith_block_range(board->length, last, hi, &unused);
    *lo *= board->size;
    *hi *= board->size;
}

static void start_stream(const move *m, kith_flow *s, size_t from, size_t to)
{
    s->from = from;
    s->to = to;
    s->index = s->offset = s->lo = 0;
    s->end = m->count;
    s->hi = m->board->length * m->board->size;
    if (m->kind == SLICES) domain_bytes(m->board, to, &s->lo, &s->hi);
    if (m->kind == GATHER) domain_bytes(m->board, from, &s->lo, &s->hi);
    if (m->kind == BLOCKS) kith_domain_slice(m->board->ex, from, m->length, &s->index, &s->end);
    if (s->lo == s->hi) s->index = s->end;
    seek(m, s);
}

/* Copies the stream's next bytes between board and buffer, at most `limit`; returns how many. */
static size_t advance(const move *m, kith_flow *s, size_t limit, bool into_board)
{
    size_t done = 0;
    while (s->index < s->end && done < limit) {
        size_t n = s->hi - s->lo - s->offset;
        if (n > limit - done) n = limit - done;
        unsigned char *cell = kith_board_row(m->board, entry_row(m, s->index));
        cell += s->lo + s->offset;
        memcpy(into_board ? cell : s->buffer + done, into_board ? s->buffer + done : cell, n);
        done += n;
        s->offset += n;
        if (s->offset < s->hi - s->lo) break;
        s->offset = 0;
        s->index++;
        seek(m, s);
    }
    return done;
}

static kith_status send_chunk(const move *m, kith_flow *s, MPI_Request *request)
{
    kith_exchange *ex = m->board->ex;
    int bytes = 0, peer = 0;
    const size_t packed = advance(m, s, ex->courier.chunk, false);
    KITH_TRY(kith_narrow(ex->trouble, "bytes to another domain", packed, &bytes));
    KITH_TRY(kith_narrow(ex->trouble, "domains", s->to, &peer));
    KITH_TRY(kith_mpi_check(ex, "sending rows to another domain",
                            MPI_Isend(s->buffer, bytes, MPI_BYTE, peer, 0, ex->leaders, request)));
    ex->traffic.bytes += packed;
    ex->traffic.messages++;
    return KITH_OK;
}

static kith_status expect_chunk(const move *m, kith_flow *s, MPI_Request *request)
{
    kith_exchange *ex = m->board->ex;
    int bytes = 0, peer = 0;
    KITH_TRY(kith_narrow(ex->trouble, "bytes from another domain", ex->courier.chunk, &bytes));
    KITH_TRY(kith_narrow(ex->trouble, "domains", s->from, &peer));
    return kith_mpi_check(ex, "receiving rows from another domain",
                          MPI_Irecv(s->buffer, bytes, MPI_BYTE, peer, 0, ex->leaders, request));
}

/* Both ends walk the same list, so the receiver knows how much must come. */
static kith_status unpack_chunk(const move *m, kith_flow *s, MPI_Status *got)
{
    kith_exchange *ex = m->board->ex;
    int bytes = 0;
    KITH_TRY(kith_mpi_check(ex, "receiving rows from another domain", MPI_Get_count(got, MPI_BYTE, &bytes)));
    if (bytes >= 0 && advance(m, s, ex->courier.chunk, true) == (size_t)bytes) return KITH_OK;
    return kith_fail(ex->trouble, KITH_EEXCHANGE,
                     "domain %zu sent %d bytes where domain %zu expects others; the workers' lists of rows differ: "
                     "report this as a bug",
                     s->from, bytes, s->to);
}

/* Starts the next chunk of every stream that is not at its end. *count: how many requests there are. */
static kith_status start_chunks(const move *m, size_t *count)
{
    kith_exchange *ex = m->board->ex;
    kith_courier *courier = &ex->courier;
    *count = 0;
    for (size_t d = 0; d < ex->place.domains; d++) {
        kith_flow *in = &courier->arrivals[d];
        if (d == ex->place.domain || in->index >= in->end) continue;
        courier->request_arrival[*count] = d;
        KITH_TRY(expect_chunk(m, in, &courier->requests[*count]));
        ++*count;
    }
    for (size_t d = 0; d < ex->place.domains; d++) {
        kith_flow *out = &courier->sends[d];
        if (d == ex->place.domain || out->index >= out->end) continue;
        courier->request_arrival[*count] = SIZE_MAX;
        KITH_TRY(send_chunk(m, out, &courier->requests[*count]));
        ++*count;
    }
    return KITH_OK;
}

static kith_status finish_chunks(const move *m, size_t count)
{
    kith_exchange *ex = m->board->ex;
    kith_courier *courier = &ex->courier;
    KITH_TRY(kith_wait_requests(ex, "moving rows between domains", count, courier->requests, courier->statuses));
    for (size_t i = 0; i < count; i++)
        if (courier->request_arrival[i] != SIZE_MAX)
            KITH_TRY(unpack_chunk(m, &courier->arrivals[courier->request_arrival[i]], &courier->statuses[i]));
    return KITH_OK;
}

/* Chunk k of every stream in step k: the leader that is least far has all its partners waiting for it, so someone can
 * always go on. */
static kith_status carry(const move *m)
{
    kith_exchange *ex = m->board->ex;
    if (ex->place.local != 0) return KITH_OK;
    for (size_t d = 0; d < ex->place.domains; d++) {
        start_stream(m, &ex->courier.sends[d], ex->place.domain, d);
        start_stream(m, &ex->courier.arrivals[d], d, ex->place.domain);
    }
    for (size_t count = 0;;) {
        KITH_TRY(start_chunks(m, &count));
        if (!count) return KITH_OK;
        KITH_TRY(finish_chunks(m, count));
    }
}

/* A list that names what is not there would have workers write over each other's memory. */
static kith_status check_list(const move *m)
{
    size_t rows = 0, domains = 0;
    for (size_t i = 0; m->rows && i < m->count; i++) {
        if (m->rows[i].row >= rows) rows = m->rows[i].row + (size_t)1;
        if (m->rows[i].domain >= domains) domains = m->rows[i].domain + (size_t)1;
    }
    for (size_t i = 0; m->list && i < m->count; i++)
        if (m->list[i] >= rows) rows = m->list[i] + (size_t)1;
    if (m->kind == BLOCKS) rows = kith_block_count(m->length);
    kith_exchange *ex = m->board->ex;
    if (rows <= m->board->rows && domains <= ex->place.domains) return KITH_OK;
    if (rows > m->board->rows)
        return kith_fail(ex->trouble, KITH_EINTERNAL,
                         "row %zu of a board of %zu rows was published; report this as a bug", rows - 1,
                         m->board->rows);
    return kith_fail(ex->trouble, KITH_EINTERNAL, "a row of domain %zu of %zu was published; report this as a bug",
                     domains - 1, ex->place.domains);
}

static kith_status publish(const move *m, kith_status mine)
{
    kith_exchange *ex = m->board->ex;
    if (mine == KITH_OK) mine = check_list(m);
    atomic_thread_fence(memory_order_release);
    KITH_TRY(kith_exchange_settle(ex->ctx, ex, mine));
    if (ex->place.domains > 1) KITH_TRY(kith_exchange_settle(ex->ctx, ex, carry(m)));
    atomic_thread_fence(memory_order_acquire);
    return KITH_OK;
}

kith_status kith_board_publish_slices(kith_board *board, kith_status mine, const kith_origin *rows, size_t count)
{
    return publish(&(move){.board = board, .rows = rows, .count = count, .kind = SLICES}, mine);
}

kith_status kith_board_publish_gather(kith_board *board, kith_status mine, const uint32_t *rows, size_t count)
{
    return publish(&(move){.board = board, .list = rows, .count = count, .kind = GATHER}, mine);
}

kith_status kith_board_publish_rows(kith_board *board, kith_status mine, const kith_origin *rows, size_t count,
                                    const uint8_t *need)
{
    return publish(&(move){.board = board, .rows = rows, .count = count, .need = need, .kind = WHOLE}, mine);
}

kith_status kith_board_publish_blocks(kith_board *board, kith_status mine, size_t length)
{
    return publish(&(move){.board = board, .count = 0, .kind = BLOCKS, .length = length}, mine);
}

static kith_status allocate_courier(kith_ctx *ctx, size_t domains, kith_courier *courier)
{
    KITH_TRY(KITH_ALLOC(ctx, "exchange between domains", domains, &courier->sends));
    KITH_TRY(KITH_ALLOC(ctx, "exchange between domains", domains, &courier->arrivals));
    KITH_TRY(KITH_ALLOC(ctx, "exchange between domains", 2 * domains, &courier->requests));
    KITH_TRY(KITH_ALLOC(ctx, "exchange between domains", 2 * domains, &courier->statuses));
    KITH_TRY(KITH_ALLOC(ctx, "exchange between domains", 2 * domains, &courier->request_arrival));
    return kith_alloc(ctx, "exchange between domains", 2 * domains, courier->chunk, (void **)&courier->staging);
}

kith_status kith_courier_create(kith_ctx *ctx, kith_exchange *ex)
{
    /* Long enough for a network's full rate, short enough that hundreds of hosts' buffers stay small. */
    enum { LONGEST = 1 << 20, SHORTEST = 1 << 16, ALL = 1 << 25 };
    const size_t domains = ex->place.domains, share = ALL / domains;
    if (domains == 1 || ex->place.local != 0) return KITH_OK;
    kith_courier *courier = &ex->courier;
    courier->chunk = share > LONGEST ? LONGEST : share < SHORTEST ? SHORTEST : share;
    KITH_TRY(allocate_courier(ctx, domains, courier));
    for (size_t d = 0; d < domains; d++) {
        courier->sends[d].buffer = courier->staging + 2 * d * courier->chunk;
        courier->arrivals[d].buffer = courier->sends[d].buffer + courier->chunk;
    }
    return KITH_OK;
}

void kith_courier_destroy(kith_courier *courier)
{
    kith_free(courier->sends);
    kith_free(courier->arrivals);
    kith_free(courier->requests);
    kith_free(courier->statuses);
    kith_free(courier->request_arrival);
    kith_free(courier->staging);
    *courier = (kith_courier){0};
}
