#include "record/npy_rows.h"
#include "record/record.h"
#include "record/tensors_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* ---- rows that several workers write ---- */

static kith_status rows_failed(kith_ctx *ctx, kith_npy_rows *rows, int error)
{
    const kith_status status =
        kith_fail(ctx, KITH_EIO, "%s: cannot be written: %s; make room there or choose another place", rows->path,
                  strerror(error ? error : EIO));
    kith_npy_rows_abandon(rows);
    return status;
}

static off_t row_at(const kith_npy_rows *rows, size_t row)
{
    return (off_t)(HEADER + row * rows->columns * sizeof(kith_real));
}

kith_status kith_npy_rows_create(kith_ctx *ctx, const char *path, size_t count, size_t columns, kith_npy_rows *out)
{
    char header[HEADER], shape[48];
    kith_npy_rows rows = {.path = path, .count = count, .columns = columns, .fd = -1};
    snprintf(shape, sizeof shape, "(%zu, %zu)", count, columns);
    header_make(header, sizeof(kith_real), shape);
    KITH_TRY(kith_aside_open(ctx, path, KITH_PRODUCT_ARRAY, &rows.file));
    rows.fd = fileno(rows.file.stream);
    if (write(rows.fd, header, HEADER) != HEADER || ftruncate(rows.fd, row_at(&rows, count)) != 0)
        return rows_failed(ctx, &rows, errno);
    *out = rows;
    return KITH_OK;
}

uint64_t kith_npy_rows_ticket(void)
{
    return (uint64_t)getpid();
}

kith_status kith_npy_rows_join(kith_ctx *ctx, const char *path, size_t count, size_t columns, uint64_t ticket,
                               kith_npy_rows *out)
{
    kith_npy_rows rows = {.path = path, .count = count, .columns = columns};
    struct stat is;
    char *name = NULL;
    KITH_TRY(kith_aside_name(ctx, path, ticket, &name));
    rows.fd = open(name, O_WRONLY | O_CLOEXEC);
    free(name);
    if (rows.fd >= 0 && fstat(rows.fd, &is) == 0 && is.st_size == row_at(&rows, count)) {
        *out = rows;
        return KITH_OK;
    }
    if (rows.fd >= 0) close(rows.fd);
    return kith_fail(ctx, KITH_EIO,
                     "%s: the first worker's file is not seen here; put run.output on a file system that all hosts "
                     "share",
                     path);
}

kith_status kith_npy_rows_write(kith_ctx *ctx, kith_npy_rows *rows, size_t row, const kith_real *x)
{
    const char *bytes = (const char *)x;
    size_t left = rows->columns * sizeof *x;
    for (off_t at = row_at(rows, row); left > 0;) {
        errno = 0;
        const ssize_t some = pwrite(rows->fd, bytes, left, at);
        if (some < 0 && errno == EINTR) continue;
        if (some <= 0) return rows_failed(ctx, rows, errno);
        bytes += some, at += some, left -= (size_t)some;
    }
    return KITH_OK;
}

kith_status kith_npy_rows_seal(kith_ctx *ctx, kith_npy_rows *rows)
{
    if (rows->file.stream) {
        rows->fd = -1; /* which is the stream's */
        return kith_aside_seal(ctx, &rows->file);
    }
    if (fsync(rows->fd) != 0) return rows_failed(ctx, rows, errno);
    const int closed = close(rows->fd);
    rows->fd = -1;
    return closed == 0 ? KITH_OK : rows_failed(ctx, rows, errno);
}

kith_status kith_npy_rows_place(kith_ctx *ctx, kith_npy_rows *rows)
{
    return kith_aside_place(ctx, &rows->file);
}

void kith_npy_rows_abandon(kith_npy_rows *rows)
{
    if (rows->file.path)
        kith_aside_abandon(&rows->file);
    else if (rows->fd >= 0)
        close(rows->fd);
    rows->fd = -1;
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

static bool read_reals(FILE *file, size_t element, size_t count, kith_real *out)
{
    double buffer[KITH_TENSOR_CHUNK];
    for (size_t done = 0, some; done < count; done += some) {
        some = count - done < KITH_TENSOR_CHUNK ? count - done : KITH_TENSOR_CHUNK;
        if (fread(buffer, element, some, file) != some) return false;
        for (size_t i = 0; i < some; i++) {
            float single;
            memcpy(&single, (const char *)buffer + i * sizeof single, sizeof single);
            out[done + i] = element == sizeof single ? (kith_real)single : (kith_real)buffer[i];
        }
    }
    return true;
}

bool kith_npy_read_model(FILE *file, size_t count, kith_real *out)
{
    size_t element = 0, rows = 0, columns = 0;
    if (!read_header(file, &element, &rows, &columns) || rows != count || columns) return false;
    return read_reals(file, element, count, out) && fgetc(file) == EOF;
}

bool kith_npy_read_row(FILE *file, size_t count, size_t row, kith_real *out)
{
    size_t element = 0, rows = 0, columns = 0;
    if (!read_header(file, &element, &rows, &columns) || columns != count || row >= rows) return false;
    return fseeko(file, (off_t)(row * count * element), SEEK_CUR) == 0 && read_reals(file, element, count, out);
}

size_t kith_npy_rows_of(FILE *file, size_t size)
{
    size_t element = 0, rows = 0, columns = 0;
    if (!read_header(file, &element, &rows, &columns) || columns == 0) return 0;
    const off_t at = ftello(file);
    if (at < 0 || (size_t)at > size || columns > (size - (size_t)at) / element / rows) return 0;
    return (size_t)at + rows * columns * element == size ? rows : 0;
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
