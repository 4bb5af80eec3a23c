/* model.safetensors byte by byte, and what is read back: from Kith's own files, from others', from damaged ones. */
#include "support.h"

#include "record/marks.h"
#include "record/record.h"
#include "record/tensors.h"
#include "scratch.h"

#include <config.h>
#include <kith/random.h>

#ifdef KITH_REAL_IS_DOUBLE
#define TYPE  "F64"
#define OTHER "F32"
typedef float other;
#else
#define TYPE  "F32"
#define OTHER "F64"
typedef double other;
#endif

enum { D = 11, BLOCKS = 3, ROOM = 4096 };

#define REMEDY  "; give a model.npy or model.safetensors of this model"
#define DAMAGED "m: is neither a NumPy array nor whole in the format of safetensors" REMEDY

/* A dense layer that lies by its inputs, a first dense layer after a convolution, and a bias. */
static const kith_block block[BLOCKS] = {
    {.name = "w", .first = 0, .count = 6, .shape = {2, 3}, .rank = 2, .axis = {1, 0}, .joined = 1},
    {.name = "f.w", .first = 6, .count = 4, .shape = {2, 1, 2}, .rank = 3, .axis = {2, 1, 0}, .joined = 2},
    {.name = "b", .first = 10, .count = 1, .shape = {1}, .rank = 1, .axis = {0}, .joined = 1},
};
static const kith_real model[D] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
/* The same numbers as PyTorch has them: (3, 2), (2, 2), (1). */
static const kith_real torch[D] = {0, 3, 1, 4, 2, 5, 6, 8, 7, 9, 10};

static kith_ctx *ctx;

static kith_status read_it(kith_real x[D])
{
    uint64_t digest = 0;
    return kith_tensors_read(ctx, "m", block, BLOCKS, x, &digest);
}

static size_t make_file(char *file, const char *header, const void *numbers, size_t bytes)
{
    const size_t length = strlen(header);
    for (size_t i = 0; i < 8; i++)
        file[i] = (char)(length >> 8 * i & 0xff);
    memcpy(file + 8, header, length);
    memcpy(file + 8 + length, numbers, bytes);
    return 8 + length + bytes;
}

static void put(const char *header, const void *numbers, size_t bytes)
{
    char file[ROOM];
    scratch_write("m", file, make_file(file, header, numbers, bytes));
}

static size_t get(const char *path, char bytes[ROOM])
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    const size_t count = fread(bytes, 1, ROOM, file);
    fclose(file);
    return count;
}

static void entry(char *text, size_t size, const char *name, const char *type, const char *shape, size_t from,
                  size_t to)
{
    snprintf(text, size, "\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%zu,%zu]}", name, type, shape, from,
             to);
}

/* The header of the model, whose numbers have `wide` bytes. */
static void header_of(char text[ROOM / 2], const char *type, size_t wide)
{
    char w[128], f[128], b[128];
    entry(w, sizeof w, "w", type, "3,2", 0, 6 * wide);
    entry(f, sizeof f, "f.w", type, "2,2", 6 * wide, 10 * wide);
    entry(b, sizeof b, "b", type, "1", 10 * wide, 11 * wide);
    snprintf(text, ROOM / 2, "%s,%s,%s}", w, f, b);
}

static void write_model(void)
{
    const kith_tensors_origin origin = {.algorithm = "fedavg", .model = "a\"b", .dataset = "c\n", .round = 7};
    assert_ok(ctx, kith_tensors_write(ctx, "m", &origin, block, BLOCKS, model));
}

static void a_file_has_these_bytes(void **state)
{
    (void)state;
    char tensors[ROOM / 2], header[ROOM], expected[ROOM], found[ROOM];
    header_of(tensors, TYPE, sizeof(kith_real));
    snprintf(header, sizeof header,
             "{\"__metadata__\":{\"format\":\"pt\",\"kith\":\"" PACKAGE_VERSION
             "\",\"algorithm\":\"fedavg\",\"model\":\"a\\\"b\",\"dataset\":\"c\\u000a\",\"round\":\"7\"},%s",
             tensors);
    while (strlen(header) % 8)
        strcat(header, " ");
    const size_t size = make_file(expected, header, torch, sizeof torch);
    write_model();
    assert_int_equal(get("m", found), size);
    assert_memory_equal(found, expected, size);
    assert_true(kith_product_marked(KITH_PRODUCT_TENSORS, "m"));
    assert_false(kith_product_is(KITH_PRODUCT_ARRAY, "m"));
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    kith_real x[D];
    uint64_t first = 0, second = 0;
    write_model();
    assert_ok(ctx, kith_tensors_read(ctx, "m", block, BLOCKS, x, &first));
    assert_memory_equal(x, model, sizeof model);
    assert_ok(ctx, kith_npy_write(ctx, "m.npy", model, D));
    memset(x, 0, sizeof x);
    assert_ok(ctx, kith_tensors_read(ctx, "m.npy", block, BLOCKS, x, &second));
    assert_memory_equal(x, model, sizeof model);
    assert_int_not_equal(first, second);
}

/* More numbers than go through the buffer at once. */
static void long_tensors_are_whole(void **state)
{
    (void)state;
    enum { I = 150, O = 100 };
    static kith_real x[I * O], y[I * O];
    const kith_block dense = {.name = "w", .count = I * O, .shape = {I, O}, .rank = 2, .axis = {1, 0}, .joined = 1};
    const kith_tensors_origin origin = {.algorithm = "a", .model = "b", .dataset = "c"};
    uint64_t digest = 0;
    for (size_t i = 0; i < I * O; i++)
        x[i] = (kith_real)i;
    assert_ok(ctx, kith_tensors_write(ctx, "m", &origin, &dense, 1, x));
    FILE *file = fopen("m", "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, -(long)sizeof x, SEEK_END), 0);
    assert_int_equal(fread(y, sizeof *y, I * O, file), I * O);
    fclose(file);
    for (size_t o = 0; o < O; o++)
        for (size_t i = 0; i < I; i++)
            assert_true(y[o * I + i] == x[i * O + o]);
    assert_ok(ctx, kith_tensors_read(ctx, "m", &dense, 1, y, &digest));
    assert_memory_equal(x, y, sizeof x);
    remove("m");
    assert_ok(ctx, kith_npy_write(ctx, "m", x, I * O));
    memset(y, 0, sizeof y);
    assert_ok(ctx, kith_tensors_read(ctx, "m", &dense, 1, y, &digest));
    assert_memory_equal(x, y, sizeof x);
}

/* Another order of tensors, blanks and escapes, and the other precision. */
static void files_of_others_are_read(void **state)
{
    (void)state;
    const other numbers[D] = {10, 6, 8, 7, 9, 0, 3, 1, 4, 2, 5};
    char header[ROOM];
    const size_t wide = sizeof(other);
    kith_real x[D];
    snprintf(header, sizeof header,
             "{ \"b\" : { \"shape\" : [ 1 ] , \"dtype\" : \"" OTHER "\" , \"data_offsets\" : [ 0 , %zu ] } ,\n"
             "\"f.\\u0077\":{\"dtype\":\"" OTHER "\",\"shape\":[2,2],\"data_offsets\":[%zu,%zu]},\"__metadata__\":{},"
             "\"w\":{\"dtype\":\"" OTHER "\",\"shape\":[3,2],\"data_offsets\":[%zu,%zu]}}\t ",
             wide, wide, 5 * wide, 5 * wide, 11 * wide);
    put(header, numbers, sizeof numbers);
    assert_ok(ctx, read_it(x));
    assert_memory_equal(x, model, sizeof model);
}

typedef struct bad {
    const char *from, *to; /* what is replaced in the good header */
    const char *message;
} bad;

static void replace(char *text, const char *from, const char *to)
{
    char *at = strstr(text, from), rest[ROOM];
    assert_non_null(at);
    snprintf(rest, sizeof rest, "%s", at + strlen(from));
    strcpy(at, to);
    strcat(at, rest);
}

static void wrong_tensors_are_named(void **state)
{
    (void)state;
    static const bad cases[] = {
        {"\"w\":", "\"v\":", "m: its tensor \"v\" is none of the model's" REMEDY},
        {"\"b\":", "\"b\\n\\u00e9\":", "m: its tensor \"b??\" is none of the model's" REMEDY},
        {"\"b\":", "\"w\":", "m: its tensor \"w\" is there twice" REMEDY},
        {"[3,2]", "[2,3]", "m: its tensor \"w\" is (2, 3), and the model's is (3, 2)" REMEDY},
        {"[3,2]", "[6]", "m: its tensor \"w\" is (6), and the model's is (3, 2)" REMEDY},
        {"[3,2]", "[]", "m: its tensor \"w\" is (), and the model's is (3, 2)" REMEDY},
        {"[3,2]", "[3,2,1,1,1]", "m: its tensor \"w\" is (3, 2, 1, 1, ...), and the model's is (3, 2)" REMEDY},
        {TYPE, "F16", "m: its tensor \"w\" is of type F16; F32 and F64 are read, so convert it first"},
        {TYPE, "BF16", "m: its tensor \"w\" is of type BF16; F32 and F64 are read, so convert it first"},
        {"\"w\":", "\"\":{},\"w\":", DAMAGED},
        {"[3,2]", "[3,2", DAMAGED},
        {"[3,2]", "[3,02]", DAMAGED},
        {"[3,2]", "[3,-2]", DAMAGED},
        {"[3,2]", "[3,2.0]", DAMAGED},
        {"[3,2]", "[3,99999999999999999999]", DAMAGED},
        {"\"dtype\"", "\"dtypes\"", DAMAGED},
        {"\"dtype\"", "\"shape\":[3,2],\"dtype\"", DAMAGED},
        {"offsets\":[0,", "offsets\":[1,", DAMAGED},
        {"offsets\":[0,", "offsets\":[0,0,", DAMAGED},
        {"{\"w\"", "[\"w\"", DAMAGED},
        {"{\"w\"", "{\"__metadata__\":{\"a\":1},\"w\"", DAMAGED},
        {"{\"w\"", "{\"__metadata__\":{\"a\":\"\\x\"},\"w\"", DAMAGED},
        {"{\"w\"", "{\"__metadata__\":{\"a\":\"\x01\"},\"w\"", DAMAGED},
        {"}}", "}} 1", DAMAGED},
        {"}}", "},}", DAMAGED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char header[ROOM];
        kith_real x[D];
        header_of(header + 1, TYPE, sizeof(kith_real));
        header[0] = '{';
        replace(header, cases[i].from, cases[i].to);
        put(header, torch, sizeof torch);
        assert_refused(ctx, read_it(x), KITH_EDATA, cases[i].message);
    }
}

static void a_missing_tensor_is_named(void **state)
{
    (void)state;
    char header[ROOM];
    kith_real x[D];
    entry(header + 1, sizeof header - 1, "w", TYPE, "3,2", 0, 6 * sizeof(kith_real));
    header[0] = '{';
    strcat(header, "}");
    put(header, torch, 6 * sizeof(kith_real));
    assert_refused(ctx, read_it(x), KITH_EDATA, "m: has no tensor \"f.w\", which the model has" REMEDY);
    put("{}", torch, 0);
    assert_refused(ctx, read_it(x), KITH_EDATA, "m: has no tensor \"w\", which the model has" REMEDY);
}

/* Two tensors on the same bytes, or bytes of none; numbers that are missing or too many. */
static void bytes_belong_to_one_tensor(void **state)
{
    (void)state;
    char w[128], f[128], b[128], header[ROOM];
    const size_t r = sizeof(kith_real);
    kith_real x[D], more[D + 1] = {0};
    entry(w, sizeof w, "w", TYPE, "3,2", 0, 6 * r);
    entry(f, sizeof f, "f.w", TYPE, "2,2", 5 * r, 9 * r);
    entry(b, sizeof b, "b", TYPE, "1", 10 * r, 11 * r);
    snprintf(header, sizeof header, "{%s,%s,%s}", w, f, b);
    put(header, torch, sizeof torch);
    assert_refused(ctx, read_it(x), KITH_EDATA, DAMAGED);
    header_of(header + 1, TYPE, r);
    header[0] = '{';
    put(header, more, sizeof more);
    assert_refused(ctx, read_it(x), KITH_EDATA, DAMAGED);
    put(header, torch, sizeof torch - 1);
    assert_refused(ctx, read_it(x), KITH_EDATA, DAMAGED);
    scratch_write("m", "\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10);
    assert_refused(ctx, read_it(x), KITH_EDATA, DAMAGED);
    scratch_write("m", "", 0);
    assert_refused(ctx, read_it(x), KITH_EDATA, DAMAGED);
}

static void numbers_are_finite(void **state)
{
    (void)state;
    char header[ROOM];
    kith_real x[D], numbers[D];
    memcpy(numbers, torch, sizeof torch);
    numbers[7] = (kith_real)INFINITY;
    header_of(header + 1, TYPE, sizeof(kith_real));
    header[0] = '{';
    put(header, numbers, sizeof numbers);
    assert_refused(ctx, read_it(x), KITH_EDATA, "m: a number of its \"f.w\" is not finite" REMEDY);
    remove("m");
    numbers[10] = numbers[7] = (kith_real)NAN;
    assert_ok(ctx, kith_npy_write(ctx, "m", numbers, D));
    assert_refused(ctx, read_it(x), KITH_EDATA, "m: a number of its \"f.w\" is not finite" REMEDY);
}

static void other_arrays_are_refused(void **state)
{
    (void)state;
    static const char message[] = "m: is no array of 11 numbers of single or double precision, which the model has, in "
                                  "NumPy's format 1.0" REMEDY;
    char bytes[ROOM];
    kith_real x[D];
    remove("m");
    assert_ok(ctx, kith_npy_write(ctx, "m", model, D - 1));
    assert_refused(ctx, read_it(x), KITH_EDATA, message);
    assert_ok(ctx, kith_npy_write_rows(ctx, "m", model, sizeof *model, 1, D));
    assert_refused(ctx, read_it(x), KITH_EDATA, message);
    assert_ok(ctx, kith_npy_write(ctx, "m", model, D));
    const size_t size = get("m", bytes);
    scratch_write("m", bytes, size - 1);
    assert_refused(ctx, read_it(x), KITH_EDATA, message);
    bytes[size] = 0;
    scratch_write("m", bytes, size + 1);
    assert_refused(ctx, read_it(x), KITH_EDATA, message);
}

static void what_is_no_file_is_refused(void **state)
{
    (void)state;
    kith_real x[D];
    remove("m");
    assert_refused(ctx, read_it(x), KITH_EIO, "m: cannot be read: No such file or directory");
    assert_int_equal(mkdir("m", 0700), 0);
    assert_refused(ctx, read_it(x), KITH_EIO, "m: is no regular file" REMEDY);
    assert_int_equal(rmdir("m"), 0);
}

/* Whatever bytes there are: a file is read or refused as bad data, and a sanitizer finds nothing. Half of the changes
 * fall on the header, and every file is short. */
static void any_bytes_are_read_or_refused(void **state)
{
    (void)state;
    static const char signs[] = "{}[]\",:\\u0019 eF3-.\x80\n";
    char good[ROOM], bytes[ROOM];
    size_t read = 0;
    write_model();
    const size_t size = get("m", good);
    kith_stream stream = kith_stream_at(1, KITH_FOR_INIT, 0, 0);
    for (size_t t = 0; t < 4000; t++) {
        kith_real x[D];
        size_t length = size;
        memcpy(bytes, good, size);
        for (uint64_t k = kith_draw_below(&stream, 4); k-- > 0;) {
            const size_t at = (size_t)kith_draw_below(&stream, size);
            bytes[at] = t % 2 ? signs[kith_draw_below(&stream, sizeof signs - 1)] : (char)kith_draw_below(&stream, 256);
        }
        if (t % 3 == 0) length = (size_t)kith_draw_below(&stream, size + 1);
        scratch_write("m", bytes, length);
        const kith_status status = read_it(x);
        assert_true(status == KITH_OK || status == KITH_EDATA);
        read += status == KITH_OK;
        kith_ctx_clear(ctx);
    }
    assert_true(read > 0 && read < 4000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_has_these_bytes),        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(long_tensors_are_whole),        cmocka_unit_test(files_of_others_are_read),
        cmocka_unit_test(wrong_tensors_are_named),       cmocka_unit_test(a_missing_tensor_is_named),
        cmocka_unit_test(bytes_belong_to_one_tensor),    cmocka_unit_test(numbers_are_finite),
        cmocka_unit_test(other_arrays_are_refused),      cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(any_bytes_are_read_or_refused),
    };
    ctx = kith_ctx_create();
    if (!ctx) return 1;
    const int failed = cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
    kith_ctx_destroy(ctx);
    return failed;
}
