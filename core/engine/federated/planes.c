/* A federated algorithm's planes: which there are, where each lies, and what callbacks find of them. */
#include "engine/federated/federated.h"

#include "base/call.h"
#include "plugin/rows.h"

#include <math.h>
#include <string.h>

/* ---- which there are ---- */

static kith_status refuse_plane(kith_ctx *ctx, const federated *f, const kith_plane *plane, const char *why)
{
    return kith_fail(ctx, KITH_EPLUGIN, "%s: plane '%s': %s", f->setup.algorithm->plugin->id,
                     plane->name ? plane->name : "?", why);
}

static bool is_published(const kith_plane *plane)
{
    return plane->access == KITH_PUBLISHED;
}

/* Whether the server has it: one row, or one for each learner. */
static bool is_served(const kith_plane *plane)
{
    return plane->side == KITH_SIDE_SERVER || plane->side == KITH_SIDE_MEMORY;
}

static kith_status check_plane(kith_ctx *ctx, const federated *f, const kith_plane *plane)
{
    if (!plane->name || !*plane->name) return refuse_plane(ctx, f, plane, "it has no name");
    if (plane->side < KITH_SIDE_MESSAGE || plane->side > KITH_SIDE_LEARNER)
        return refuse_plane(ctx, f, plane,
                            "a federated algorithm's planes are message, server, memory or learner planes");
    if (plane->access == KITH_MIXED || plane->access > KITH_PUBLISHED)
        return refuse_plane(ctx, f, plane, "only decentralized algorithms have mixed planes");
    if (is_published(plane) && plane->side != KITH_SIDE_SERVER)
        return refuse_plane(ctx, f, plane, "only server planes can be published");
    if (plane->element == KITH_ELEMENT_F64 && (plane->side != KITH_SIDE_SERVER || is_published(plane)))
        return refuse_plane(ctx, f, plane, "only private server planes can hold doubles");
    if (plane->scalars && is_served(plane) && !f->ops->scalars)
        return refuse_plane(ctx, f, plane, "nothing ever changes its scalars; write scalars()");
    return KITH_OK;
}

/* What the plane's rows lie in; NULL: memory of a plane of its own. */
static store *store_of(federated *f, const kith_plane *plane)
{
    switch (plane->side) {
    case KITH_SIDE_MESSAGE:
        return &f->sent;
    case KITH_SIDE_LEARNER:
        return &f->own;
    default:
        return is_published(plane) ? &f->published : NULL;
    }
}

static void place_plane(federated *f, const kith_plane *plane, placing *at)
{
    store *s = store_of(f, plane);
    *at = (placing){.length = plane->scalars ? plane->scalars : f->d, .scalar = plane->scalars > 0};
    f->sides[plane->side]++;
    f->publishes += is_published(plane);
    f->serves_scalars |= at->scalar && is_served(plane);
    if (!s) return;
    at->at = at->scalar ? s->scalars : s->vectors;
    if (at->scalar)
        s->scalars += plane->scalars;
    else
        s->vectors++;
}

kith_status kith_federated_lay_out(kith_ctx *ctx, federated *f)
{
    const kith_plugin *plugin = f->setup.algorithm->plugin;
    const kith_plane *rows = f->ops->planes;
    f->planes = f->ops->plane_count;
    if (f->ops->layout)
        KITH_TRY_VOID(ctx, plugin->id, "layout", KITH_NOBODY, rows = f->ops->layout(f->self, &f->planes));
    if (!rows) f->planes = 0;
    KITH_TRY(
        kith_rows_lengthen(ctx, "planes", rows, f->planes, plugin->plane_size, sizeof(kith_plane), (void **)&f->plane));
    KITH_TRY(KITH_TAKE(ctx, &f->heap, "planes", f->planes, &f->place));
    for (size_t p = 0; p < f->planes; p++) {
        KITH_TRY(check_plane(ctx, f, &f->plane[p]));
        place_plane(f, &f->plane[p], &f->place[p]);
    }
    if (f->sides[KITH_SIDE_MESSAGE] == 0)
        return kith_fail(ctx, KITH_EPLUGIN, "%s: a federated algorithm needs a message plane", plugin->id);
    return KITH_OK;
}

bool kith_federated_settled(const federated *f)
{
    return f->sides[KITH_SIDE_LEARNER] || kith_filters_keeps(f->filters).learner;
}

double kith_federated_bytes(const federated *f, const store *s)
{
    return ((double)s->vectors * (double)f->d + (double)s->scalars) * sizeof(kith_real);
}

/* ---- memory ---- */

/* Private memory cannot be reserved like a board, so what all workers of the host will hold is compared with what there
 * is. */
static kith_status check_held(kith_ctx *ctx, const federated *f, double bytes)
{
    const double available = (double)kith_memory_available();
    const kith_place *place = kith_exchange_place(f->setup.exchange);
    if (bytes / (double)place->hosts <= available) return KITH_OK;
    return kith_fail(
        ctx, KITH_EMEMORY,
        "%s: the server's planes need %.1f GiB on each host but only %.1f GiB of memory is available; use fewer "
        "learners, a smaller model or more hosts",
        f->setup.algorithm->plugin->id, bytes / (double)place->hosts / 0x1p30, available / 0x1p30);
}

/* Of vectors a worker holds its own blocks, of scalars all. */
static kith_status hold_planes(kith_ctx *ctx, federated *f)
{
    const size_t learners = (size_t)f->setup.run->learners;
    const double workers = (double)kith_exchange_place(f->setup.exchange)->workers;
    KITH_TRY(KITH_TAKE(ctx, &f->heap, "server planes", f->planes, &f->held));
    double bytes = 0.0;
    for (size_t p = 0; p < f->planes; p++) {
        const kith_plane *plane = &f->plane[p];
        if (!is_served(plane) || is_published(plane)) continue;
        f->held[p].element = plane->element == KITH_ELEMENT_F64 ? sizeof(double) : sizeof(kith_real);
        f->held[p].rows = plane->side == KITH_SIDE_MEMORY ? learners : 1;
        bytes += (double)f->place[p].length * (double)f->held[p].rows * (double)f->held[p].element *
                 (plane->scalars ? workers : 1.0);
    }
    KITH_TRY(check_held(ctx, f, bytes));
    const size_t end = f->last * KITH_BLOCK < f->d ? f->last * KITH_BLOCK : f->d;
    const size_t coordinates = f->last > f->first ? end - f->first * KITH_BLOCK : 0;
    for (size_t p = 0; p < f->planes; p++) {
        holding *h = &f->held[p];
        const size_t length = f->place[p].scalar ? f->place[p].length : coordinates;
        if (h->rows) KITH_TRY(kith_alloc(ctx, f->plane[p].name, length * h->rows, h->element, (void **)&h->base));
    }
    return KITH_OK;
}

kith_status kith_federated_allocate(kith_ctx *ctx, federated *f, const kith_plan_extent *extent)
{
    const size_t m = f->m;
    KITH_TRY(KITH_TAKE(ctx, &f->heap, "scratch model", f->d, &f->work));
    KITH_TRY(KITH_TAKE(ctx, &f->heap, "sums", f->sums + 1, &f->total));
    KITH_TRY(KITH_TAKE(ctx, &f->heap, "sums", f->says + 1, &f->said));
    KITH_TRY(KITH_TAKE(ctx, &f->heap, "arrivals", m * f->sent.vectors + 1, &f->origin));
    KITH_TRY(KITH_TAKE(ctx, &f->heap, "arrivals", m, &f->sender));
    KITH_TRY(KITH_TAKE(ctx, &f->heap, "arrivals", m, &f->report_origin));
    KITH_TRY(KITH_TAKE(ctx, &f->heap, "planes", 1 + f->published.vectors, &f->gathered));
    KITH_TRY(KITH_TAKE(ctx, &f->heap, "planes", m * f->sides[KITH_SIDE_MESSAGE], &f->fold_message));
    KITH_TRY(KITH_TAKE(ctx, &f->heap, "planes", m * f->sides[KITH_SIDE_MEMORY] + 1, &f->fold_memory));
    KITH_TRY(KITH_TAKE(ctx, &f->heap, "planes", f->sides[KITH_SIDE_SERVER] + 1, &f->fold_server));
    KITH_TRY(KITH_TAKE(ctx, &f->heap, "planes", f->sides[KITH_SIDE_MESSAGE], &f->visit_message));
    KITH_TRY(KITH_TAKE(ctx, &f->heap, "planes", f->publishes + 1, &f->visit_published));
    KITH_TRY(KITH_TAKE(ctx, &f->heap, "planes", f->sides[KITH_SIDE_LEARNER] + 1, &f->visit_own));
    KITH_TRY(
        KITH_TAKE(ctx, &f->heap, "published scalars", extent->slots * f->published.scalars, &f->published_scalars));
    KITH_TRY(KITH_TAKE(ctx, &f->heap, "planes", f->sent.vectors + 1, &f->sent_vector));
    if (kith_federated_settled(f))
        KITH_TRY(KITH_TAKE(ctx, &f->heap, "learner planes", (size_t)f->setup.run->learners, &f->own_row));
    return hold_planes(ctx, f);
}

/* [all] Boards for `rows` rows of a store. */
static kith_status open_store(kith_ctx *ctx, const federated *f, const char *what, size_t rows, store *s)
{
    kith_exchange *ex = f->setup.exchange;
    if (s->vectors) KITH_TRY(kith_board_create(ctx, ex, what, rows * s->vectors, f->d, sizeof(kith_real), &s->board));
    return s->scalars ? kith_board_create(ctx, ex, what, rows, s->scalars, sizeof(kith_real), &s->numbers) : KITH_OK;
}

kith_status kith_federated_open_boards(kith_ctx *ctx, federated *f, const kith_plan_extent *extent)
{
    kith_exchange *ex = f->setup.exchange;
    KITH_TRY(kith_board_create(ctx, ex, "model versions", extent->slots * (1 + f->published.vectors), f->d,
                               sizeof(kith_real), &f->models));
    KITH_TRY(open_store(ctx, f, "messages", f->m, &f->sent));
    KITH_TRY(kith_board_create(ctx, ex, "visit reports", 2 * f->m,
                               REPORT_ITEMS + f->says + kith_plan_selects(f->participation), sizeof(double),
                               &f->reports));
    KITH_TRY(open_store(ctx, f, "learner planes", extent->seen, &f->own));
    if (f->sums) KITH_TRY(kith_board_create(ctx, ex, "partial sums", f->blocks, f->sums, sizeof(double), &f->partial));
    return f->filters ? kith_filters_open_boards(ctx, f->filters, extent->seen, extent->slots) : KITH_OK;
}

void kith_federated_free(federated *f)
{
    kith_board *const boards[] = {f->partial,      f->own.numbers, f->own.board, f->reports,
                                  f->sent.numbers, f->sent.board,  f->models};
    for (size_t i = 0; i < sizeof boards / sizeof boards[0]; i++)
        if (boards[i]) kith_board_destroy(boards[i]);
    for (size_t p = 0; f->held && p < f->planes; p++)
        kith_free(f->held[p].base);
    kith_free(f->plane);
    kith_heap_free(&f->heap);
}

/* ---- what callbacks find ---- */

kith_real *kith_federated_version(const federated *f, uint32_t slot, size_t vector)
{
    return kith_board_row(f->models, slot * (1 + f->published.vectors) + vector);
}

void *kith_federated_held(const federated *f, const holding *h, size_t block, size_t count, size_t row)
{
    const size_t before = (block - f->first) * KITH_BLOCK * h->rows;
    return h->base + (before + row * count) * h->element;
}

void *kith_federated_held_scalars(const federated *f, size_t plane, size_t row)
{
    return f->held[plane].base + row * f->place[plane].length * f->held[plane].element;
}

static kith_real *stored(const store *s, size_t row, const placing *at)
{
    if (at->scalar) return (kith_real *)kith_board_row(s->numbers, row) + at->at;
    return kith_board_row(s->board, row * s->vectors + at->at);
}

static kith_real *published_at(const federated *f, uint32_t slot, const placing *at)
{
    if (at->scalar) return f->published_scalars + slot * f->published.scalars + at->at;
    return kith_federated_version(f, slot, 1 + at->at);
}

void kith_federated_point_visit(federated *f, size_t a)
{
    size_t message = 0, published = 0, own = 0;
    for (size_t p = 0; p < f->planes; p++) {
        const placing *at = &f->place[p];
        if (f->plane[p].side == KITH_SIDE_MESSAGE) {
            f->visit_message[message++] = stored(&f->sent, a, at);
        } else if (f->plane[p].side == KITH_SIDE_LEARNER) {
            f->visit_own[own++] = stored(&f->own, f->own_row[f->step->arrival[a].learner] - 1, at);
        } else if (is_published(&f->plane[p])) {
            f->visit_published[published++] = published_at(f, f->step->slot[a], at);
        }
    }
}

double kith_federated_sent_norm(const federated *f)
{
    size_t p = 0;
    while (f->plane[p].side != KITH_SIDE_MESSAGE)
        p++;
    const kith_real *x = f->visit_message[0];
    return sqrt(kith_dot(f->place[p].length, x, x));
}

void kith_federated_point_learner(federated *f, size_t learner)
{
    size_t published = 0, own = 0;
    for (size_t p = 0; p < f->planes; p++) {
        if (f->plane[p].side == KITH_SIDE_LEARNER)
            f->visit_own[own++] = stored(&f->own, f->own_row[learner] - 1, &f->place[p]);
        else if (is_published(&f->plane[p]))
            f->visit_published[published++] = published_at(f, f->newest, &f->place[p]);
    }
}

/* The coordinates of a fold; block SIZE_MAX: of none, and vectors are NULL. */
static void *server_at(const federated *f, size_t p, size_t block, const kith_fold *fold, size_t row)
{
    const bool published = is_published(&f->plane[p]);
    if (f->place[p].scalar)
        return published ? (void *)published_at(f, f->step->next, &f->place[p])
                         : kith_federated_held_scalars(f, p, row);
    if (block == SIZE_MAX) return NULL;
    if (published) return published_at(f, f->step->next, &f->place[p]) + fold->lo;
    return kith_federated_held(f, &f->held[p], block, fold->count, row);
}

static const kith_real *message_at(const federated *f, size_t p, size_t block, const kith_fold *fold, size_t a)
{
    if (f->place[p].scalar) return stored(&f->sent, a, &f->place[p]);
    if (block == SIZE_MAX) return NULL;
    return stored(&f->sent, kith_filters_sender(f->filters, a), &f->place[p]) + fold->lo;
}

void kith_federated_point_fold(federated *f, size_t block, kith_fold *fold)
{
    const size_t count = f->step->count;
    size_t message = 0, server = 0, memory = 0;
    fold->lo = fold->hi = 0;
    if (block != SIZE_MAX) kith_block_range(f->d, block, &fold->lo, &fold->hi);
    fold->count = fold->hi - fold->lo;
    fold->model = block == SIZE_MAX ? NULL : kith_federated_version(f, f->step->next, 0) + fold->lo;
    for (size_t p = 0; p < f->planes; p++) {
        switch (f->plane[p].side) {
        case KITH_SIDE_MESSAGE:
            for (size_t a = 0; a < count; a++)
                f->fold_message[message * count + a] = message_at(f, p, block, fold, a);
            message++;
            break;
        case KITH_SIDE_SERVER:
            f->fold_server[server++] = server_at(f, p, block, fold, 0);
            break;
        case KITH_SIDE_MEMORY:
            for (size_t a = 0; a < count; a++)
                f->fold_memory[memory * count + a] = server_at(f, p, block, fold, f->step->arrival[a].learner);
            memory++;
            break;
        default:
            break;
        }
    }
}

static uint64_t stir(uint64_t digest, const void *bytes, size_t count)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < count; i++)
        digest = (digest ^ byte[i]) * UINT64_C(0x100000001b3);
    return digest;
}

/* FNV-1a (Fowler, Noll, Vo). */
uint64_t kith_federated_scalars_digest(const federated *f)
{
    uint64_t digest = UINT64_C(0xcbf29ce484222325);
    for (size_t p = 0; p < f->planes; p++) {
        const bool doubles = f->plane[p].element == KITH_ELEMENT_F64;
        const size_t bytes = f->place[p].length * (doubles ? sizeof(double) : sizeof(kith_real));
        if (!f->place[p].scalar || !is_served(&f->plane[p])) continue;
        const bool memory = f->plane[p].side == KITH_SIDE_MEMORY;
        for (size_t a = 0; a < (memory ? f->step->count : 1); a++) {
            const size_t row = memory ? f->step->arrival[a].learner : 0;
            digest = stir(digest, server_at(f, p, SIZE_MAX, NULL, row), bytes);
        }
    }
    return digest;
}
