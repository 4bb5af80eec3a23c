#include "record/aside.h"
#include "record/record.h"
#include "record/tensors_inside.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

/* The format: numpy/lib/format.py, version 1.0. Readers may map the file, so the data starts at a multiple of 64. */
enum { ALIGNMENT = 64, PREFIX = 10, HEADER = 2 * ALIGNMENT };

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BYTE_ORDER_MARK '<'
#else
#define BYTE_ORDER_MARK '>'
#endif

/* shape: as Python writes it, "(3,)". */
static void header_make(char header[HEADER], size_t element, const char *shape)
{
    memset(header, ' ', HEADER);
    const int length =
        snprintf(header + PREFIX, HEADER - PREFIX, "{'descr': '%cf%zu', 'fortran_order': False, 'shape': %s, }",
                 BYTE_ORDER_MARK, element, shape);
    header[PREFIX + length] = ' '; /* where snprintf() ended its string */
    const unsigned rest = HEADER - PREFIX;
    const unsigned char prefix[PREFIX] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (unsigned char)(rest & 0xff), (unsigned char)(rest >> 8)};
    memcpy(header, prefix, PREFIX);
    header[HEADER - 1] = '\n';
}

static kith_status write_array(kith_ctx *ctx, const char *path, const char *shape, const void *values, size_t element,
                               size_t count)
{
    char header[HEADER];
    header_make(header, element, shape);
    kith_aside file;
    KITH_TRY(kith_aside_open(ctx, path, KITH_PRODUCT_ARRAY, &file));
    KITH_TRY(kith_aside_write(ctx, &file, header, HEADER));
    KITH_TRY(kith_aside_write(ctx, &file, values, count * element));
    return kith_aside_commit(ctx, &file);
}

kith_status kith_npy_write(kith_ctx *ctx, const char *path, const kith_real *values, size_t n)
{
    char shape[48];
    snprintf(shape, sizeof shape, "(%zu,)", n);
    return write_array(ctx, path, shape, values, sizeof *values, n);
}

kith_status kith_npy_write_rows(kith_ctx *ctx, const char *path, const void *values, size_t element, size_t rows,
                                size_t columns)
{
    char shape[48];
    snprintf(shape, sizeof shape, "(%zu, %zu)", rows, columns);
    return write_array(ctx, path, shape, values, element, rows * columns);
}

/* ---- reading ---- */

static kith_status no_array(kith_ctx *ctx, const char *path)
{
    return kith_fail(
        ctx, KITH_EDATA,
        "%s: is no array of rows and columns in NumPy's format 1.0, of single or double precision and whole; "
        "make the run again",
        path);
}

/* Of what header_make() writes, with any spacing that numpy.save() would choose. One axis: rows, and *columns is 0. */
static bool header_read(const char *text, size_t *element, size_t *rows, size_t *columns)
{
    char order = 0, end = 0;
    const char *type = strstr(text, "'descr':"), *shape = strstr(text, "'shape':");
    if (!type || !shape || !strstr(text, "'fortran_order': False")) return false;
    if (sscanf(type, "'descr': '%cf%zu'", &order, element) != 2 || order != BYTE_ORDER_MARK ||
        (*element != sizeof(float) && *element != sizeof(double)))
        return false;
    *columns = 0;
    if (sscanf(shape, "'shape': (%zu, %c", rows, &end) == 2 && end == ')') return *rows > 0;
    return sscanf(shape, "'shape': (%zu, %zu%c", rows, columns, &end) == 3 && end == ')' && *rows && *columns;
}

static bool read_header(FILE *file, size_t *element, size_t *rows, size_t *columns)
{
    unsigned char prefix[PREFIX];
    static const unsigned char magic[] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
    char text[1024];
    if (fread(prefix, 1, PREFIX, file) != PREFIX || memcmp(prefix, magic, sizeof magic) != 0) return false;
    const size_t length = prefix[8] + 256u * prefix[9];
    if (length >= sizeof text || fread(text, 1, length, file) != length) return false;
    text[length] = '\0';
    return header_read(text, element, rows, columns);
}

bool kith_npy_read_model(FILE *file, size_t count, kith_real *out)
{
    double buffer[KITH_TENSOR_CHUNK];
    size_t element = 0, rows = 0, columns = 0;
    if (!read_header(file, &element, &rows, &columns) || rows != count || columns) return false;
    for (size_t done = 0, some; done < count; done += some) {
        some = count - done < KITH_TENSOR_CHUNK ? count - done : KITH_TENSOR_CHUNK;
        if (fread(buffer, element, some, file) != some) return false;
        for (size_t i = 0; i < some; i++) {
            float single;
            memcpy(&single, (const char *)buffer + i * sizeof single, sizeof single);
            out[done + i] = element == sizeof single ? (kith_real)single : (kith_real)buffer[i];
        }
    }
    return fgetc(file) == EOF;
}

/* The numbers lie in the last half of their room while they are single, so they can be widened in place. */
static bool read_numbers(FILE *file, size_t element, size_t count, double *out)
{
    char *raw = (char *)out + count * (sizeof *out - element);
    if (fread(raw, element, count, file) != count || fgetc(file) != EOF) return false;
    for (size_t i = 0; element == sizeof(float) && i < count; i++) {
        float x;
        memcpy(&x, raw + i * sizeof x, sizeof x);
        out[i] = x;
    }
    return true;
}

kith_status kith_npy_read_rows(kith_ctx *ctx, const char *path, size_t *rows, size_t *columns, double **out)
{
    FILE *file = fopen(path, "rbe");
    struct stat is;
    size_t element = 0;
    double *values = NULL;
    if (!file) return kith_fail(ctx, KITH_EIO, "%s: cannot be read: %s", path, strerror(errno));
    kith_status status = KITH_OK;
    /* the size first, so that a wrong shape does not ask for memory that nobody has */
    if (fstat(fileno(file), &is) != 0 || !read_header(file, &element, rows, columns) || !*columns ||
        *columns > (size_t)is.st_size / element / *rows)
        status = no_array(ctx, path);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, path, *rows * *columns, &values);
    if (status == KITH_OK && !read_numbers(file, element, *rows * *columns, values)) status = no_array(ctx, path);
    fclose(file);
    if (status == KITH_OK)
        *out = values;
    else
        kith_free(values);
    return status;
}
