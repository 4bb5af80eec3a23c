#include "record/tensors_inside.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

enum { LENGTH = 8, MAGIC = 6, LONGEST_HEADER = 100000000, SHAPE_TEXT = 128 };

#define REMEDY "; give a model.npy or model.safetensors of this model"

/* One file, open. */
typedef struct source {
    kith_ctx *ctx;
    const char *path;
    FILE *file;
    size_t size; /* bytes */
    size_t row;  /* which one of an array of rows; SIZE_MAX: the file holds one model */
    const kith_block *block;
    size_t blocks;
    size_t data;   /* where its bytes of numbers begin */
    size_t *begin; /* [blocks] where each tensor's begin, from there */
    char *wide;    /* [blocks] bytes of a number; 0: the tensor was not met */
    char *header;
} source;

static kith_status damaged(const source *s)
{
    return kith_fail(s->ctx, KITH_EDATA, "%s: is neither a NumPy array nor whole in the format of safetensors" REMEDY,
                     s->path);
}

/* ---- the header ---- */

static kith_status read_header(source *s, size_t *size)
{
    unsigned char bytes[LENGTH];
    uint64_t length = 0;
    if (s->size < LENGTH || fread(bytes, 1, LENGTH, s->file) != LENGTH) return damaged(s);
    for (size_t i = LENGTH; i-- > 0;)
        length = length << 8 | bytes[i];
    if (length < 2 || length > LONGEST_HEADER || length > s->size - LENGTH) return damaged(s);
    *size = (size_t)length;
    KITH_TRY(KITH_ALLOC(s->ctx, s->path, *size, &s->header));
    s->data = LENGTH + *size;
    return fread(s->header, 1, *size, s->file) == *size ? KITH_OK : damaged(s);
}

static const char *print_shape(size_t rank, const size_t *shape, char text[SHAPE_TEXT])
{
    size_t used = 1;
    snprintf(text, SHAPE_TEXT, "(");
    for (size_t k = 0; k < rank && k < KITH_BLOCK_RANK; k++)
        used += (size_t)snprintf(text + used, SHAPE_TEXT - used, "%s%zu", k ? ", " : "", shape[k]);
    snprintf(text + used, SHAPE_TEXT - used, rank > KITH_BLOCK_RANK ? ", ...)" : ")");
    return text;
}

static kith_status check_shape(const source *s, const kith_tensor *t, const kith_block *block)
{
    size_t shape[KITH_BLOCK_RANK];
    char found[SHAPE_TEXT], wanted[SHAPE_TEXT];
    const size_t rank = kith_tensor_shape(block, shape);
    if (t->rank == rank && memcmp(t->shape, shape, rank * sizeof *shape) == 0) return KITH_OK;
    return kith_fail(s->ctx, KITH_EDATA, "%s: its tensor \"%s\" is %s, and the model's is %s" REMEDY, s->path, t->name,
                     print_shape(t->rank, t->shape, found), print_shape(rank, shape, wanted));
}

static size_t find_block(const source *s, const char *name)
{
    size_t b = 0;
    while (b < s->blocks && strcmp(s->block[b].name, name) != 0)
        b++;
    return b;
}

static kith_status place_tensor(source *s, const kith_tensor *t)
{
    const size_t b = find_block(s, t->name);
    size_t bytes = 0;
    if (b == s->blocks)
        return kith_fail(s->ctx, KITH_EDATA, "%s: its tensor \"%s\" is none of the model's" REMEDY, s->path, t->name);
    if (s->wide[b])
        return kith_fail(s->ctx, KITH_EDATA, "%s: its tensor \"%s\" is there twice" REMEDY, s->path, t->name);
    const size_t wide = !strcmp(t->type, "F32") ? sizeof(float) : !strcmp(t->type, "F64") ? sizeof(double) : 0;
    if (!wide)
        return kith_fail(s->ctx, KITH_EDATA,
                         "%s: its tensor \"%s\" is of type %s; F32 and F64 are read, so convert it first", s->path,
                         t->name, t->type);
    KITH_TRY(check_shape(s, t, &s->block[b]));
    if (__builtin_mul_overflow(s->block[b].count, wide, &bytes) || t->end - t->begin != bytes ||
        t->end > s->size - s->data)
        return damaged(s);
    s->begin[b] = t->begin;
    s->wide[b] = (char)wide;
    return KITH_OK;
}

static size_t bytes_of(const source *s, size_t b)
{
    return s->block[b].count * (size_t)s->wide[b];
}

/* Every byte belongs to one tensor: they are as many as all tensors have, and no two tensors overlap. */
static kith_status check_cover(const source *s)
{
    size_t sum = 0;
    for (size_t b = 0; b < s->blocks; b++) {
        if (!s->wide[b])
            return kith_fail(s->ctx, KITH_EDATA, "%s: has no tensor \"%s\", which the model has" REMEDY, s->path,
                             s->block[b].name);
        sum += bytes_of(s, b);
        for (size_t a = 0; a < b; a++)
            if (s->begin[a] < s->begin[b] + bytes_of(s, b) && s->begin[b] < s->begin[a] + bytes_of(s, a))
                return damaged(s);
    }
    return sum == s->size - s->data ? KITH_OK : damaged(s);
}

/* ---- the numbers ---- */

static double read_number(const unsigned char *from, size_t wide)
{
    uint64_t bits = 0;
    for (size_t i = wide; i-- > 0;)
        bits = bits << 8 | from[i];
    if (wide == sizeof(double)) {
        double x;
        memcpy(&x, &bits, sizeof x);
        return x;
    }
    const uint32_t half = (uint32_t)bits;
    float x;
    memcpy(&x, &half, sizeof x);
    return (double)x;
}

static kith_status read_tensor(const source *s, size_t b, kith_real *x)
{
    unsigned char bytes[KITH_TENSOR_CHUNK * sizeof(double)];
    const kith_block *block = &s->block[b];
    const size_t wide = (size_t)s->wide[b];
    kith_tensor_walk walk = kith_tensor_begin(block);
    if (fseeko(s->file, (off_t)(s->data + s->begin[b]), SEEK_SET) != 0) return damaged(s);
    for (size_t done = 0, count; done < block->count; done += count) {
        count = block->count - done < KITH_TENSOR_CHUNK ? block->count - done : KITH_TENSOR_CHUNK;
        if (fread(bytes, wide, count, s->file) != count) return damaged(s);
        for (size_t i = 0; i < count; i++, kith_tensor_step(&walk))
            x[block->first + walk.at] = (kith_real)read_number(bytes + i * wide, wide);
    }
    return KITH_OK;
}

static kith_status read_safetensors(source *s, kith_real *x)
{
    size_t size = 0;
    kith_tensor tensor;
    KITH_TRY(read_header(s, &size));
    KITH_TRY(KITH_ALLOC(s->ctx, s->path, s->blocks, &s->begin));
    KITH_TRY(KITH_ALLOC(s->ctx, s->path, s->blocks, &s->wide));
    kith_header_cursor cursor = {.at = s->header, .end = s->header + size};
    kith_header_item item = KITH_HEADER_TENSOR;
    while ((item = kith_header_next(&cursor, &tensor)) == KITH_HEADER_TENSOR)
        KITH_TRY(place_tensor(s, &tensor));
    if (item == KITH_HEADER_DAMAGED) return damaged(s);
    KITH_TRY(check_cover(s));
    for (size_t b = 0; b < s->blocks; b++)
        KITH_TRY(read_tensor(s, b, x));
    return KITH_OK;
}

/* ---- either format ---- */

static size_t dimension(const source *s)
{
    const kith_block *last = &s->block[s->blocks - 1];
    return last->first + last->count;
}

static kith_status read_array(const source *s, kith_real *x)
{
    if (s->row != SIZE_MAX) {
        if (kith_npy_read_row(s->file, dimension(s), s->row, x)) return KITH_OK;
        return kith_fail(s->ctx, KITH_EDATA,
                         "%s: its rows are not of %zu numbers, which the model has; give a learners.npy of this model",
                         s->path, dimension(s));
    }
    if (kith_npy_read_model(s->file, dimension(s), x)) return KITH_OK;
    return kith_fail(s->ctx, KITH_EDATA,
                     "%s: is no array of %zu numbers of single or double precision, which the model has, in NumPy's "
                     "format 1.0" REMEDY,
                     s->path, dimension(s));
}

static kith_status take_digest(const source *s, uint64_t *out)
{
    char bytes[1 << 15];
    XXH3_state_t *state = XXH3_createState();
    if (!state || XXH3_64bits_reset(state) != XXH_OK) {
        XXH3_freeState(state);
        return kith_fail(s->ctx, KITH_EMEMORY, "%s: no memory to read it", s->path);
    }
    for (size_t count; (count = fread(bytes, 1, sizeof bytes, s->file)) > 0;)
        (void)XXH3_64bits_update(state, bytes, count);
    *out = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    if (!ferror(s->file) && fseeko(s->file, 0, SEEK_SET) == 0) return KITH_OK;
    return kith_fail(s->ctx, KITH_EIO, "%s: cannot be read: %s", s->path, strerror(errno));
}

static kith_status check_finite(const source *s, const kith_real *x)
{
    size_t i = 0, b = 0;
    if (kith_all_finite(dimension(s), x)) return KITH_OK;
    while (isfinite((double)x[i]))
        i++;
    while (s->block[b].first + s->block[b].count <= i)
        b++;
    return kith_fail(s->ctx, KITH_EDATA, "%s: a number of its \"%s\" is not finite" REMEDY, s->path, s->block[b].name);
}

static bool is_array(const source *s)
{
    char magic[MAGIC];
    const bool array = fread(magic, 1, MAGIC, s->file) == MAGIC && memcmp(magic, "\x93NUMPY", MAGIC) == 0;
    rewind(s->file);
    return array;
}

static kith_status read_model(source *s, kith_real *x)
{
    KITH_TRY(is_array(s) ? read_array(s, x) : read_safetensors(s, x));
    return check_finite(s, x);
}

static kith_status open_source(source *s)
{
    struct stat is;
    if (stat(s->path, &is) != 0) return kith_fail(s->ctx, KITH_EIO, "%s: cannot be read: %s", s->path, strerror(errno));
    if (!S_ISREG(is.st_mode)) return kith_fail(s->ctx, KITH_EIO, "%s: is no regular file" REMEDY, s->path);
    s->file = fopen(s->path, "rbe");
    if (!s->file) return kith_fail(s->ctx, KITH_EIO, "%s: cannot be read: %s", s->path, strerror(errno));
    s->size = (size_t)is.st_size;
    return KITH_OK;
}

static void close_source(source *s)
{
    fclose(s->file);
    kith_free(s->begin);
    kith_free(s->wide);
    kith_free(s->header);
}

kith_status kith_tensors_read(kith_ctx *ctx, const char *path, const kith_block *block, size_t blocks, kith_real *x,
                              uint64_t *digest)
{
    source s = {.ctx = ctx, .path = path, .row = SIZE_MAX, .block = block, .blocks = blocks};
    KITH_TRY(open_source(&s));
    kith_status status = take_digest(&s, digest);
    if (status == KITH_OK) status = read_model(&s, x);
    close_source(&s);
    return status;
}

kith_status kith_tensors_read_row(kith_ctx *ctx, const char *path, const kith_block *block, size_t blocks, size_t row,
                                  kith_real *x)
{
    source s = {.ctx = ctx, .path = path, .row = row, .block = block, .blocks = blocks};
    KITH_TRY(open_source(&s));
    const kith_status status = read_model(&s, x);
    close_source(&s);
    return status;
}

kith_status kith_tensors_rows(kith_ctx *ctx, const char *path, size_t *rows, uint64_t *digest)
{
    source s = {.ctx = ctx, .path = path};
    KITH_TRY(open_source(&s));
    const kith_status status = take_digest(&s, digest);
    *rows = status == KITH_OK && is_array(&s) ? kith_npy_rows_of(s.file, s.size) : 0;
    close_source(&s);
    return status;
}
