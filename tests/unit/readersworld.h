/* Readers of files: good ones by their contents, bad ones by their messages, mutated ones for survival. */
#ifndef KITH_TESTS_READERSWORLD_H
#define KITH_TESTS_READERSWORLD_H

#include "opened.h"

#include <kith/random.h>
#include "scratch.h"
#include <zlib.h>

static inline void write_bytes(const char *path, bool zipped, const void *bytes, size_t length)
{
    if (!zipped) {
        scratch_write(path, bytes, length);
        return;
    }
    gzFile out = gzopen(path, "wb");
    assert_non_null(out);
    if (length) assert_int_equal(gzwrite(out, bytes, (unsigned)length), (int)length);
    assert_int_equal(gzclose(out), Z_OK);
}

/* The k-th example of learner i, or the k-th test example for i = TESTS. */
enum { TESTS = 1000 };
static inline int32_t example(opened *o, size_t i, uint32_t k, kith_real *x)
{
    int32_t label = -1;
    if (i == TESTS) {
        kith_data_test(o->data, k, 1, x, &label);
        return label;
    }
    assert_ok(o->w.ctx, kith_data_visit(o->w.ctx, o->data, i));
    assert_true(k < kith_data_size(o->data, i));
    kith_data_gather(o->data, &k, 1, x, &label);
    return label;
}

#define ONE_LEARNER "run.learners=1", "partition.kind=sequential", "data.scaling=raw"

static const char good_csv[] = "\xEF\xBB\xBF# people\r\n"
                               "age, kind ,\"height, m\",who\r\n"
                               "1,dog,0.5,bo\r\n"
                               "2.5e0,\"a \"\"cat\"\"\",-1, al\r\n"
                               "\r\n"
                               "3,dog,.25,al\r\n"
                               "4,zebra,1e-3,cy"; /* no newline at the end */

/* As numpy.lib.format does it: the header is filled with blanks to a multiple of 64 and ends with a newline. */
static inline size_t make_npy(unsigned char *out, int version, const char *dictionary, const void *numbers,
                              size_t bytes)
{
    const size_t wide = version == 1 ? 2 : 4, before = 8 + wide;
    const size_t length = (before + strlen(dictionary) + 1 + 63) / 64 * 64 - before;
    memcpy(out, "\x93NUMPY", 6);
    out[6] = (unsigned char)version;
    out[7] = 0;
    for (size_t k = 0; k < wide; k++)
        out[8 + k] = (unsigned char)(length >> 8 * k);
    memset(out + before, ' ', length);
    memcpy(out + before, dictionary, strlen(dictionary));
    out[before + length - 1] = '\n';
    memcpy(out + before + length, numbers, bytes);
    return before + length + bytes;
}

#define HEADER(type, shape) "{'descr': '" type "', 'fortran_order': False, 'shape': " shape ", }"

#endif
