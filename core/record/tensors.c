#include "record/tensors_inside.h"

#include "record/aside.h"

#include <config.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH = 8, ALIGNMENT = 8 };

/* ---- the order of numbers ---- */

kith_tensor_walk kith_tensor_begin(const kith_block *block)
{
    size_t stride[KITH_BLOCK_RANK] = {0}, run = 1;
    kith_tensor_walk walk = {.rank = block->rank};
    for (size_t k = block->rank; k-- > 0; run *= block->shape[k])
        stride[k] = run;
    for (size_t k = 0; k < block->rank; k++) {
        walk.extent[k] = block->shape[block->axis[k]];
        walk.stride[k] = stride[block->axis[k]];
    }
    return walk;
}

void kith_tensor_step(kith_tensor_walk *walk)
{
    for (size_t k = walk->rank; k-- > 0;) {
        walk->at += walk->stride[k];
        if (++walk->index[k] < walk->extent[k]) return;
        walk->at -= walk->extent[k] * walk->stride[k];
        walk->index[k] = 0;
    }
}

size_t kith_tensor_shape(const kith_block *block, size_t shape[KITH_BLOCK_RANK])
{
    const size_t rank = block->rank - block->joined + 1;
    for (size_t k = 0; k < block->rank; k++) {
        const size_t extent = block->shape[block->axis[k]];
        if (k < rank)
            shape[k] = extent;
        else
            shape[rank - 1] *= extent;
    }
    return rank;
}

/* ---- writing ---- */

static void put_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c < ' ')
            fprintf(out, "\\u%04x", c);
        else
            fprintf(out, c == '"' || c == '\\' ? "\\%c" : "%c", c);
    }
    fputc('"', out);
}

static void put_fact(FILE *out, const char *key, const char *value)
{
    fprintf(out, ",\"%s\":", key);
    put_text(out, value ? value : "");
}

/* "pt" is what readers of PyTorch's files look for. */
static void put_origin(FILE *out, const kith_tensors_origin *origin)
{
    fputs("{\"__metadata__\":{\"format\":\"pt\"", out);
    put_fact(out, "kith", PACKAGE_VERSION);
    put_fact(out, "algorithm", origin->algorithm);
    put_fact(out, "model", origin->model);
    put_fact(out, "dataset", origin->dataset);
    fprintf(out, ",\"round\":\"%llu\"}", (unsigned long long)origin->round);
}

static void put_tensor(FILE *out, const kith_block *block, size_t begin)
{
    size_t shape[KITH_BLOCK_RANK];
    const size_t rank = kith_tensor_shape(block, shape);
    fprintf(out, ",\"%s\":{\"dtype\":\"F%zu\",\"shape\":[", block->name, 8 * sizeof(kith_real));
    for (size_t k = 0; k < rank; k++)
        fprintf(out, "%s%zu", k ? "," : "", shape[k]);
    fprintf(out, "],\"data_offsets\":[%zu,%zu]}", begin, begin + block->count * sizeof(kith_real));
}

/* With blanks up to a multiple of eight, so that readers may map the file. */
static kith_status describe(kith_ctx *ctx, const kith_tensors_origin *origin, const kith_block *block, size_t blocks,
                            char **out, size_t *size)
{
    FILE *text = open_memstream(out, size);
    size_t begin = 0;
    if (text) put_origin(text, origin);
    for (size_t b = 0; text && b < blocks; begin += block[b++].count * sizeof(kith_real))
        put_tensor(text, &block[b], begin);
    if (text) fputc('}', text);
    for (long length = text ? ftell(text) : 0; length % ALIGNMENT; length++)
        fputc(' ', text);
    const bool whole = text && !ferror(text);
    if (text && fclose(text) == 0 && whole) return KITH_OK;
    return kith_fail(ctx, KITH_EMEMORY, "no memory for the header of a model's tensors");
}

static void put_number(unsigned char *to, kith_real x)
{
    memcpy(to, &x, sizeof x);
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    for (size_t i = 0, k = sizeof x - 1; i < k; i++, k--) {
        const unsigned char byte = to[i];
        to[i] = to[k];
        to[k] = byte;
    }
#endif
}

static kith_status write_tensor(kith_ctx *ctx, kith_aside *file, const kith_block *block, const kith_real *x)
{
    unsigned char bytes[KITH_TENSOR_CHUNK * sizeof(kith_real)];
    kith_tensor_walk walk = kith_tensor_begin(block);
    for (size_t done = 0, count; done < block->count; done += count) {
        count = block->count - done < KITH_TENSOR_CHUNK ? block->count - done : KITH_TENSOR_CHUNK;
        for (size_t i = 0; i < count; i++, kith_tensor_step(&walk))
            put_number(bytes + i * sizeof *x, x[block->first + walk.at]);
        KITH_TRY(kith_aside_write(ctx, file, bytes, count * sizeof *x));
    }
    return KITH_OK;
}

static kith_status write_header(kith_ctx *ctx, kith_aside *file, const char *header, size_t size)
{
    unsigned char length[LENGTH];
    for (size_t i = 0; i < LENGTH; i++)
        length[i] = (unsigned char)((uint64_t)size >> 8 * i);
    KITH_TRY(kith_aside_write(ctx, file, length, LENGTH));
    return kith_aside_write(ctx, file, header, size);
}

kith_status kith_tensors_write(kith_ctx *ctx, const char *path, const kith_tensors_origin *origin,
                               const kith_block *block, size_t blocks, const kith_real *x)
{
    char *header = NULL;
    size_t size = 0;
    kith_aside file;
    kith_status status = describe(ctx, origin, block, blocks, &header, &size);
    if (status == KITH_OK) status = kith_aside_open(ctx, path, KITH_PRODUCT_TENSORS, &file);
    if (status == KITH_OK) {
        status = write_header(ctx, &file, header, size);
        for (size_t b = 0; b < blocks && status == KITH_OK; b++)
            status = write_tensor(ctx, &file, &block[b], x);
        if (status == KITH_OK) status = kith_aside_commit(ctx, &file);
    }
    free(header);
    return status;
}
