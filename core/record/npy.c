#include "record/aside.h"
#include "record/record.h"

#include <string.h>

/* The format: numpy/lib/format.py, version 1.0. Readers may map the file, so the data starts at a multiple of 64. */
enum { ALIGNMENT = 64, PREFIX = 10, HEADER = 2 * ALIGNMENT };

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BYTE_ORDER_MARK '<'
#else
#define BYTE_ORDER_MARK '>'
#endif

static void header_make(char header[HEADER], size_t n)
{
    memset(header, ' ', HEADER);
    const int length = snprintf(header + PREFIX, HEADER - PREFIX,
                                "{'descr': '%cf%zu', 'fortran_order': False, 'shape': (%zu,), }", BYTE_ORDER_MARK,
                                sizeof(kith_real), n);
    header[PREFIX + length] = ' '; /* where snprintf() ended its string */
    const unsigned rest = HEADER - PREFIX;
    const unsigned char prefix[PREFIX] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (unsigned char)(rest & 0xff), (unsigned char)(rest >> 8)};
    memcpy(header, prefix, PREFIX);
    header[HEADER - 1] = '\n';
}

kith_status kith_npy_write(kith_ctx *ctx, const char *path, const kith_real *values, size_t n)
{
    char header[HEADER];
    header_make(header, n);
    kith_aside file;
    KITH_TRY(kith_aside_open(ctx, path, &file));
    KITH_TRY(kith_aside_write(ctx, &file, header, HEADER));
    KITH_TRY(kith_aside_write(ctx, &file, values, n * sizeof *values));
    return kith_aside_commit(ctx, &file);
}
