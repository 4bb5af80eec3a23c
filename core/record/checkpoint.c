#include "record/checkpoint.h"

#include "record/saves.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

enum { FORMAT = 1, ORDER = 0x01020304, NAME_SIZE = 32, LARGEST_ELEMENT = 64, STAGE_SIZE = 1 << 20 };
static const char magic[8] = {'K', 'I', 'T', 'H', 's', 'a', 'v', 'e'};

typedef struct header {
    char magic[8];
    uint32_t format, order;
    uint64_t round, run;
    uint64_t mark;                      /* when it was created, to tell it from one that a killed save left */
    uint64_t build_bytes, config_bytes; /* with their terminators, up to a multiple of 8 */
    uint64_t parts;
    uint64_t size;   /* of the whole file */
    uint64_t digest; /* of all up to the first part, with 0 here */
} header;

typedef struct row {
    char name[NAME_SIZE];
    uint64_t rows, length, size;
} row;

struct kith_checkpoint {
    char *path;    /* of the complete file */
    char *current; /* where it is now */
    bool created, writes;
    int fd;
    char *front; /* header, texts, table */
    size_t front_bytes;
    kith_part *part;
    uint64_t *start; /* [parts + 1] offsets */
    kith_checkpoint_setup setup;
    /* Pieces that lie side by side go to the file at once. */
    char *stage;
    uint64_t stage_at;
    size_t staged;
    char *piece; /* room for one, with its digest */
};

/* ---- the layout ---- */

static size_t piece_elements(const kith_part *p, size_t block)
{
    const size_t left = p->length - block * KITH_BLOCK;
    return left < KITH_BLOCK ? left : KITH_BLOCK;
}

static size_t piece_count(const kith_part *p)
{
    return p->length / KITH_BLOCK + (p->length % KITH_BLOCK != 0);
}

/* false: no file can be so long. */
static bool part_bytes(const kith_part *p, uint64_t *out)
{
    uint64_t bytes = 0, digests = 0;
    if (__builtin_mul_overflow((uint64_t)p->length, (uint64_t)p->size, &bytes)) return false;
    if (__builtin_mul_overflow((uint64_t)piece_count(p), (uint64_t)sizeof(uint64_t), &digests)) return false;
    if (__builtin_add_overflow(bytes, digests, &bytes)) return false;
    return !__builtin_mul_overflow(bytes, (uint64_t)p->rows, out);
}

static bool lay_out(kith_checkpoint *c)
{
    c->start[0] = c->front_bytes;
    for (size_t i = 0; i < c->setup.parts; i++) {
        uint64_t bytes = 0;
        if (!part_bytes(&c->part[i], &bytes)) return false;
        if (__builtin_add_overflow(c->start[i], bytes, &c->start[i + 1])) return false;
        if (c->start[i + 1] > INT64_MAX) return false;
    }
    return true;
}

static uint64_t piece_at(const kith_checkpoint *c, size_t part, size_t r, size_t block)
{
    const kith_part *p = &c->part[part];
    const uint64_t each = KITH_BLOCK * p->size + sizeof(uint64_t);
    return c->start[part] + r * (p->length * p->size + piece_count(p) * sizeof(uint64_t)) + block * each;
}

/* The place is part of it, so that pieces that changed places do not pass. */
static uint64_t piece_digest(const void *elements, size_t bytes, uint64_t at)
{
    return XXH3_64bits_withSeed(elements, bytes, at);
}

static uint64_t front_digest(const char *front, size_t bytes)
{
    header zeroed;
    memcpy(&zeroed, front, sizeof zeroed);
    zeroed.digest = 0;
    const uint64_t of_header = XXH3_64bits(&zeroed, sizeof zeroed);
    return XXH3_64bits_withSeed(front + sizeof zeroed, bytes - sizeof zeroed, of_header);
}

static bool all_zero(const char *bytes, size_t count)
{
    return count == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, count - 1) == 0);
}

/* ---- making one ---- */

static kith_status fail_write(kith_ctx *ctx, const kith_checkpoint *c, int error)
{
    return kith_fail(ctx, KITH_EIO,
                     "%s: cannot be written: %s; make room there or choose another place with run.output", c->current,
                     strerror(error ? error : EIO));
}

static kith_status reserve(kith_ctx *ctx, kith_checkpoint *c, size_t parts)
{
    KITH_TRY(KITH_ALLOC(ctx, "checkpoint", parts + 1, &c->part));
    KITH_TRY(KITH_ALLOC(ctx, "checkpoint", parts + 1, &c->start));
    return kith_alloc(ctx, "checkpoint", 1, STAGE_SIZE, (void **)&c->stage);
}

static kith_status reserve_piece(kith_ctx *ctx, kith_checkpoint *c)
{
    return kith_alloc(ctx, "checkpoint", 1, KITH_BLOCK * LARGEST_ELEMENT + sizeof(uint64_t), (void **)&c->piece);
}

static kith_status name_files(kith_ctx *ctx, kith_checkpoint *c, const char *folder, uint64_t round, bool complete)
{
    if (asprintf(&c->path, "%s/" KITH_SAVE_FORMAT, folder, (unsigned long long)round) < 0) c->path = NULL;
    if (c->path && asprintf(&c->current, complete ? "%s" : "%s" KITH_SAVE_PENDING, c->path) < 0) c->current = NULL;
    return c->current ? KITH_OK : kith_fail(ctx, KITH_EMEMORY, "%s: no memory for the names of its files", folder);
}

static size_t padded(const char *text)
{
    return strlen(text) / 8 * 8 + 8;
}

static void fill_front(kith_checkpoint *c, uint64_t mark)
{
    const kith_checkpoint_setup *setup = &c->setup;
    const size_t build_bytes = padded(setup->build), config_bytes = padded(setup->config);
    header h = {.format = FORMAT, .order = ORDER, .round = setup->round, .run = setup->run, .mark = mark};
    memcpy(h.magic, magic, sizeof magic);
    h.build_bytes = build_bytes;
    h.config_bytes = config_bytes;
    h.parts = setup->parts;
    h.size = c->start[setup->parts];
    char *at = c->front + sizeof h;
    memcpy(at, setup->build, strlen(setup->build));
    memcpy(at + build_bytes, setup->config, strlen(setup->config));
    at += build_bytes + config_bytes;
    for (size_t i = 0; i < setup->parts; i++) {
        row r = {.rows = c->part[i].rows, .length = c->part[i].length, .size = c->part[i].size};
        snprintf(r.name, sizeof r.name, "%s", c->part[i].name);
        memcpy(at + i * sizeof r, &r, sizeof r);
    }
    memcpy(c->front, &h, sizeof h);
    h.digest = front_digest(c->front, c->front_bytes);
    memcpy(c->front, &h, sizeof h);
}

/* Everything but the file. */
static kith_status describe(kith_ctx *ctx, const char *folder, const kith_checkpoint_setup *setup, kith_checkpoint *c)
{
    c->setup = *setup;
    c->writes = true;
    KITH_TRY(name_files(ctx, c, folder, setup->round, false));
    KITH_TRY(reserve(ctx, c, setup->parts));
    for (size_t i = 0; i < setup->parts; i++)
        c->part[i] = setup->part[i];
    c->front_bytes = sizeof(header) + padded(setup->build) + padded(setup->config) + setup->parts * sizeof(row);
    KITH_TRY(kith_alloc(ctx, "checkpoint", 1, c->front_bytes, (void **)&c->front));
    if (!lay_out(c)) return kith_fail(ctx, KITH_EIO, "%s: would be longer than any file can be", c->path);
    return KITH_OK;
}

static kith_status put(kith_ctx *ctx, const kith_checkpoint *c, const char *bytes, size_t count, uint64_t at)
{
    while (count > 0) {
        const ssize_t done = pwrite(c->fd, bytes, count, (off_t)at);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return fail_write(ctx, c, done < 0 ? errno : ENOSPC);
        bytes += done;
        at += (uint64_t)done;
        count -= (size_t)done;
    }
    return KITH_OK;
}

static kith_status make_file(kith_ctx *ctx, const char *folder, kith_checkpoint *c)
{
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return kith_fail(ctx, KITH_EIO,
                         "%s: cannot be made a folder for checkpoints: %s; choose another with run.output", folder,
                         strerror(errno));
    /* What a killed save left is another file, so that nobody who still has it open writes into this one. */
    if (unlink(c->current) != 0 && errno != ENOENT) return fail_write(ctx, c, errno);
    c->fd = open(c->current, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (c->fd < 0) return fail_write(ctx, c, errno);
    c->created = true;
    if (ftruncate(c->fd, (off_t)c->start[c->setup.parts]) != 0) return fail_write(ctx, c, errno);
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    fill_front(c, (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec);
    return put(ctx, c, c->front, c->front_bytes, 0);
}

kith_status kith_checkpoint_create(kith_ctx *ctx, const char *folder, const kith_checkpoint_setup *setup,
                                   kith_checkpoint **out)
{
    kith_checkpoint *c = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "checkpoint", 1, &c));
    c->fd = -1;
    kith_status status = describe(ctx, folder, setup, c);
    if (status == KITH_OK) status = make_file(ctx, folder, c);
    if (status == KITH_OK)
        *out = c;
    else
        kith_checkpoint_close(c);
    return status;
}

/* The mark comes from the file; with it, the same description must give the same digest. */
static kith_status find_file(kith_ctx *ctx, kith_checkpoint *c, uint64_t digest)
{
    header h = {.mark = 0};
    c->fd = open(c->current, O_RDWR | O_CLOEXEC);
    if (c->fd >= 0 && pread(c->fd, &h, sizeof h, 0) == (ssize_t)sizeof h) fill_front(c, h.mark);
    if (c->fd >= 0 && h.digest == digest && kith_checkpoint_digest(c) == digest) return KITH_OK;
    char host[64] = "a host";
    (void)gethostname(host, sizeof host - 1);
    return kith_fail(
        ctx, KITH_EIO,
        "%s: %s does not see the file that the first worker makes there; put run.output on a file system that "
        "all hosts share, or set checkpoint.on_stop = no, checkpoint.every = 0 and checkpoint.seconds = 0",
        c->current, host);
}

kith_status kith_checkpoint_join(kith_ctx *ctx, const char *folder, const kith_checkpoint_setup *setup, uint64_t digest,
                                 kith_checkpoint **out)
{
    kith_checkpoint *c = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "checkpoint", 1, &c));
    c->fd = -1;
    kith_status status = describe(ctx, folder, setup, c);
    if (status == KITH_OK) status = find_file(ctx, c, digest);
    if (status == KITH_OK)
        *out = c;
    else
        kith_checkpoint_close(c);
    return status;
}

/* ---- writing ---- */

static kith_status flush_stage(kith_ctx *ctx, kith_checkpoint *c)
{
    const size_t staged = c->staged;
    c->staged = 0;
    return put(ctx, c, c->stage, staged, c->stage_at);
}

static kith_status stage(kith_ctx *ctx, kith_checkpoint *c, const void *bytes, size_t count, uint64_t at)
{
    if (c->staged && (at != c->stage_at + c->staged || count > STAGE_SIZE - c->staged)) KITH_TRY(flush_stage(ctx, c));
    if (count > STAGE_SIZE) return put(ctx, c, bytes, count, at);
    if (!c->staged) c->stage_at = at;
    memcpy(c->stage + c->staged, bytes, count);
    c->staged += count;
    return KITH_OK;
}

kith_status kith_checkpoint_write(kith_ctx *ctx, kith_checkpoint *c, size_t part, size_t r, size_t block,
                                  const void *elements)
{
    const kith_part *p = &c->part[part];
    const uint64_t at = piece_at(c, part, r, block);
    const size_t bytes = piece_elements(p, block) * p->size;
    const uint64_t digest = piece_digest(elements, bytes, at);
    if (!all_zero(elements, bytes)) KITH_TRY(stage(ctx, c, elements, bytes, at));
    return stage(ctx, c, &digest, sizeof digest, at + bytes);
}

kith_status kith_checkpoint_write_row(kith_ctx *ctx, kith_checkpoint *c, size_t part, size_t r, const void *elements)
{
    const kith_part *p = &c->part[part];
    for (size_t b = 0; b < piece_count(p); b++)
        KITH_TRY(kith_checkpoint_write(ctx, c, part, r, b, (const char *)elements + b * KITH_BLOCK * p->size));
    return KITH_OK;
}

kith_status kith_checkpoint_seal(kith_ctx *ctx, kith_checkpoint *c)
{
    KITH_TRY(flush_stage(ctx, c));
    if (fsync(c->fd) != 0) return fail_write(ctx, c, errno);
    const int closed = close(c->fd);
    c->fd = -1;
    return closed == 0 ? KITH_OK : fail_write(ctx, c, errno);
}

kith_status kith_checkpoint_place(kith_ctx *ctx, kith_checkpoint *c, size_t keep)
{
    if (rename(c->current, c->path) != 0) return fail_write(ctx, c, errno);
    c->created = false;
    char *folder = strndup(c->path, (size_t)(strrchr(c->path, '/') - c->path));
    if (!folder) return kith_fail(ctx, KITH_EMEMORY, "%s: no memory for its folder's name", c->path);
    const kith_status status = kith_saves_settle(ctx, folder, c->setup.round, keep);
    free(folder);
    return status;
}

/* ---- reading ---- */

static kith_status fail_read(kith_ctx *ctx, const kith_checkpoint *c, int error)
{
    return kith_fail(ctx, KITH_EIO, "%s: cannot be read: %s", c->path, strerror(error));
}

static kith_status fail_damaged(kith_ctx *ctx, const kith_checkpoint *c, const char *what)
{
    return kith_fail(ctx, KITH_EDATA,
                     "%s: damaged: %s; remove it to resume from an older one, if there is one, or begin "
                     "anew with --overwrite",
                     c->path, what);
}

static kith_status get(kith_ctx *ctx, const kith_checkpoint *c, char *bytes, size_t count, uint64_t at)
{
    while (count > 0) {
        const ssize_t done = pread(c->fd, bytes, count, (off_t)at);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return fail_read(ctx, c, errno);
        if (done == 0) return fail_damaged(ctx, c, "it ends while it is read");
        bytes += done;
        at += (uint64_t)done;
        count -= (size_t)done;
    }
    return KITH_OK;
}

static kith_status read_header(kith_ctx *ctx, const kith_checkpoint *c, uint64_t round, header *h)
{
    struct stat file;
    char what[160];
    if (fstat(c->fd, &file) != 0) return fail_read(ctx, c, errno);
    const uint64_t size = (uint64_t)file.st_size;
    if (size < sizeof *h) {
        snprintf(what, sizeof what, "it has %llu bytes and its header alone %zu", (unsigned long long)size, sizeof *h);
        return fail_damaged(ctx, c, what);
    }
    KITH_TRY(get(ctx, c, (char *)h, sizeof *h, 0));
    if (memcmp(h->magic, magic, sizeof magic) != 0)
        return fail_damaged(ctx, c, "it does not begin as a checkpoint does");
    if (h->format != FORMAT || h->order != ORDER)
        return kith_fail(ctx, KITH_EDATA,
                         "%s: its format is %u (byte order %08x), and this program reads %d (%08x); resume "
                         "with the program that wrote it",
                         c->path, h->format, h->order, FORMAT, ORDER);
    if (size != h->size) {
        snprintf(what, sizeof what, "it has %llu bytes instead of %llu", (unsigned long long)size,
                 (unsigned long long)h->size);
        return fail_damaged(ctx, c, what);
    }
    uint64_t front = 0, table = 0;
    const bool fits = !__builtin_add_overflow(h->build_bytes, h->config_bytes, &front) &&
                      !__builtin_mul_overflow(h->parts, (uint64_t)sizeof(row), &table) &&
                      !__builtin_add_overflow(front, table, &front) && front <= size - sizeof *h && h->build_bytes &&
                      h->config_bytes && h->round == round;
    return fits ? KITH_OK : fail_damaged(ctx, c, "its header does not fit together");
}

static kith_status take_parts(kith_ctx *ctx, kith_checkpoint *c, const header *h)
{
    row *table = (row *)(void *)(c->front + sizeof *h + h->build_bytes + h->config_bytes);
    KITH_TRY(reserve(ctx, c, h->parts));
    for (size_t i = 0; i < h->parts; i++) {
        row *r = &table[i];
        r->name[NAME_SIZE - 1] = '\0';
        if (r->size == 0 || r->size > LARGEST_ELEMENT) return fail_damaged(ctx, c, "its header does not fit together");
        c->part[i] = (kith_part){.name = r->name, .rows = r->rows, .length = r->length, .size = r->size};
    }
    c->setup.part = c->part;
    c->setup.parts = h->parts;
    return lay_out(c) && c->start[h->parts] == h->size ? KITH_OK
                                                       : fail_damaged(ctx, c, "its header does not fit together");
}

static kith_status read_front(kith_ctx *ctx, kith_checkpoint *c, const header *h)
{
    c->front_bytes = sizeof *h + h->build_bytes + h->config_bytes + h->parts * sizeof(row);
    KITH_TRY(kith_alloc(ctx, "checkpoint", 1, c->front_bytes, (void **)&c->front));
    KITH_TRY(get(ctx, c, c->front, c->front_bytes, 0));
    if (front_digest(c->front, c->front_bytes) != h->digest)
        return fail_damaged(ctx, c, "its header does not match its digest");
    const char *build = c->front + sizeof *h, *config = build + h->build_bytes;
    if (config[-1] || config[h->config_bytes - 1] || h->build_bytes % 8 || h->config_bytes % 8)
        return fail_damaged(ctx, c, "its header does not fit together");
    c->setup = (kith_checkpoint_setup){.round = h->round, .run = h->run, .build = build, .config = config};
    return take_parts(ctx, c, h);
}

kith_status kith_checkpoint_open(kith_ctx *ctx, const char *folder, uint64_t round, kith_checkpoint **out)
{
    kith_checkpoint *c = NULL;
    header h;
    KITH_TRY(KITH_ALLOC(ctx, "checkpoint", 1, &c));
    c->fd = -1;
    kith_status status = name_files(ctx, c, folder, round, true);
    if (status == KITH_OK) {
        c->fd = open(c->path, O_RDONLY | O_CLOEXEC);
        if (c->fd < 0) status = fail_read(ctx, c, errno);
    }
    if (status == KITH_OK) status = read_header(ctx, c, round, &h);
    if (status == KITH_OK) status = read_front(ctx, c, &h);
    if (status == KITH_OK) status = reserve_piece(ctx, c);
    if (status == KITH_OK)
        *out = c;
    else
        kith_checkpoint_close(c);
    return status;
}

const kith_checkpoint_setup *kith_checkpoint_setup_of(const kith_checkpoint *c)
{
    return &c->setup;
}

const char *kith_checkpoint_path(const kith_checkpoint *c)
{
    return c->path;
}

uint64_t kith_checkpoint_digest(const kith_checkpoint *c)
{
    header h;
    memcpy(&h, c->front, sizeof h);
    return h.digest;
}

static bool fits(const kith_part *has, const kith_part *wanted, bool grows)
{
    if (strncmp(has->name, wanted->name, NAME_SIZE - 1) != 0 || has->size != wanted->size) return false;
    if (grows) return has->rows <= wanted->rows && has->length <= wanted->length;
    return has->rows == wanted->rows && has->length == wanted->length;
}

kith_status kith_checkpoint_match(kith_ctx *ctx, const kith_checkpoint *c, const kith_part *part, size_t parts,
                                  uint64_t grows)
{
    for (size_t i = 0; i < parts && i < c->setup.parts; i++) {
        const kith_part *has = &c->part[i], *wanted = &part[i];
        if (fits(has, wanted, i < 64 && grows >> i & 1)) continue;
        return kith_fail(ctx, KITH_EDATA,
                         "%s: holds %s (%zu x %zu, %zu bytes each) where this program wants %s (%zu x %zu, "
                         "%zu bytes each); resume with the program and the plugins that wrote it",
                         c->path, has->name, has->rows, has->length, has->size, wanted->name, wanted->rows,
                         wanted->length, wanted->size);
    }
    if (parts == c->setup.parts) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA,
                     "%s: holds %zu parts where this program wants %zu; resume with the program and the "
                     "plugins that wrote it",
                     c->path, c->setup.parts, parts);
}

static kith_status fail_piece(kith_ctx *ctx, const kith_checkpoint *c, const kith_part *p, size_t r, size_t block)
{
    char what[192];
    const size_t first = block * KITH_BLOCK;
    snprintf(what, sizeof what, "%s, row %zu, elements %zu to %zu do not match their digest", p->name, r, first,
             first + piece_elements(p, block) - 1);
    return fail_damaged(ctx, c, what);
}

kith_status kith_checkpoint_read(kith_ctx *ctx, kith_checkpoint *c, size_t part, size_t r, size_t block, void *elements)
{
    const kith_part *p = &c->part[part];
    const uint64_t at = piece_at(c, part, r, block);
    const size_t bytes = piece_elements(p, block) * p->size;
    uint64_t digest = 0;
    KITH_TRY(get(ctx, c, c->piece, bytes + sizeof digest, at));
    memcpy(&digest, c->piece + bytes, sizeof digest);
    if (piece_digest(c->piece, bytes, at) != digest) return fail_piece(ctx, c, p, r, block);
    if (memcmp(elements, c->piece, bytes) != 0) memcpy(elements, c->piece, bytes);
    return KITH_OK;
}

kith_status kith_checkpoint_read_row(kith_ctx *ctx, kith_checkpoint *c, size_t part, size_t r, void *elements)
{
    const kith_part *p = &c->part[part];
    for (size_t b = 0; b < piece_count(p); b++)
        KITH_TRY(kith_checkpoint_read(ctx, c, part, r, b, (char *)elements + b * KITH_BLOCK * p->size));
    return KITH_OK;
}

void kith_checkpoint_close(kith_checkpoint *c)
{
    if (!c) return;
    if (c->fd >= 0) close(c->fd);
    if (c->created) unlink(c->current);
    free(c->path);
    free(c->current);
    kith_free(c->front);
    kith_free(c->part);
    kith_free(c->start);
    kith_free(c->stage);
    kith_free(c->piece);
    kith_free(c);
}
