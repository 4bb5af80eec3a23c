#include "opened.h"

#include "scratch.h"

/* Arrays, images and sparse rows as other programs write them: axes, labels and indices that count otherwise. */

#define ONE "run.learners=1", "partition.kind=sequential", "data.scaling=raw"

static void write_npy(const char *path, const char *descr, const char *shape, const void *bytes, size_t length)
{
    char file[512];
    memset(file, ' ', 128);
    memcpy(file, "\x93NUMPY\x01\x00\x76\x00", 10);
    const int used = sprintf(file + 10, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape);
    file[10 + used] = ' ';
    file[127] = '\n';
    memcpy(file + 128, bytes, length);
    scratch_write(path, file, 128 + length);
}

static void channels_that_come_last_become_planes(void **state)
{
    (void)state;
    unsigned char pixel[36];
    float real[36];
    for (unsigned k = 0; k < 36; k++)
        real[k] = pixel[k] = (unsigned char)k;
    for (int kind = 0; kind < 2; kind++) {
        opened o;
        kith_real x[18];
        const uint32_t second = 1;
        int32_t label = 0;
        if (kind == 0) write_npy("x.npy", "|u1", "(2, 2, 3, 3)", pixel, sizeof pixel);
        if (kind == 1) write_npy("x.npy", "<f4", "(2, 2, 3, 3)", real, sizeof real);
        OPEN(&o, "npy", 1, "npy.train_features=x.npy", "npy.channels=last", ONE);
        const kith_shape *shape = kith_data_shape(o.data);
        assert_int_equal(shape->channels, 3);
        assert_int_equal(shape->height, 2);
        assert_int_equal(shape->width, 3);
        assert_ok(o.w.ctx, kith_data_visit(o.w.ctx, o.data, 0));
        kith_data_gather(o.data, &second, 1, x, &label);
        for (int c = 0; c < 3; c++)
            for (int at = 0; at < 6; at++)
                assert_true(x[6 * c + at] == (kith_real)(18 + 3 * at + c));
        finish(&o);
    }
    static const char *const shapes[] = {"(1, 4, 3, 3)", "(1, 2, 6, 3)", "(1, 6, 6, 1)", "(1, 3, 3, 4)",
                                         "(1, 6, 2, 3)"};
    static const bool last[] = {false, true, true, false, true};
    for (size_t k = 0; k < 5; k++) {
        opened o;
        char message[200];
        write_npy("x.npy", "|u1", shapes[k], pixel, 36);
        snprintf(message, sizeof message,
                 "x.npy: %s seems to have its %c channels last; set npy.channels = last, or first", shapes[k],
                 shapes[k][10]);
        if (last[k]) REFUSED("npy", KITH_EDATA, message, "npy.train_features=x.npy", ONE);
        OPEN(&o, "npy", 1, "npy.train_features=x.npy", "npy.channels=first", ONE);
        finish(&o);
    }
}

/* The same of IDX files, which are bytes. */
static void planes_of_idx_files(void **state)
{
    (void)state;
#define IDX(a, b, c)                                                                                                   \
    {                                                                                                                  \
        0, 0, 8, 4, 0, 0, 0, 2, 0, 0, 0, a, 0, 0, 0, b, 0, 0, 0, c                                                     \
    }
    static const struct {
        unsigned char head[20];
        bool refused;
    } shapes[] = {{IDX(2, 3, 3), true},  {IDX(2, 9, 1), true},  {IDX(9, 2, 1), true}, {IDX(1, 6, 3), false},
                  {IDX(3, 2, 3), false}, {IDX(4, 1, 4), false}, {IDX(9, 1, 2), false}};
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        const unsigned char *head = shapes[k].head, size[3] = {head[11], head[15], head[19]};
        const uint32_t second = 1;
        const size_t row = (size_t)size[0] * size[1] * size[2];
        unsigned char file[64];
        char message[200];
        kith_real x[20];
        int32_t label = 0;
        opened o;
        memcpy(file, head, sizeof shapes[k].head);
        for (size_t at = 0; at < 2 * row; at++)
            file[sizeof shapes[k].head + at] = (unsigned char)at;
        scratch_write("i", file, sizeof shapes[k].head + 2 * row);
        scratch_write("l", "\0\0\x08\x01\0\0\0\2\0\1", 10);
#define PLANES "idx.train_images=i", "idx.test_images=i", "idx.train_labels=l", "idx.test_labels=l", ONE
        snprintf(message, sizeof message,
                 "i: (2, %d, %d, %d) seems to have its %d channels last; set idx.channels = last, or first", size[0],
                 size[1], size[2], size[2]);
        if (shapes[k].refused) REFUSED("idx", KITH_EDATA, message, PLANES);
        for (int last = 0; last < 2; last++) {
            OPEN(&o, "idx", 1, PLANES, last ? "idx.channels=last" : "idx.channels=first");
            const kith_shape *shape = kith_data_shape(o.data);
            assert_int_equal(shape->channels, size[last ? 2 : 0]);
            assert_int_equal(shape->height, size[last ? 0 : 1]);
            assert_int_equal(shape->width, size[last ? 1 : 2]);
            assert_ok(o.w.ctx, kith_data_visit(o.w.ctx, o.data, 0));
            kith_data_gather(o.data, &second, 1, x, &label);
            const size_t pixels = row / shape->channels;
            for (size_t at = 0; at < row; at++)
                assert_true(x[at] == (kith_real)(row + (last ? at % pixels * shape->channels + at / pixels : at)));
            finish(&o);
        }
    }
}

static void damaged_labels_are_no_classes(void **state)
{
    (void)state;
    const unsigned char x[3] = {1, 2, 3};
    int32_t y[3] = {0, 83886081, 2};
    write_npy("x.npy", "|u1", "(3,)", x, 3);
    write_npy("y.npy", "<i4", "(3,)", y, sizeof y);
    REFUSED("npy", KITH_EDATA,
            "y.npy: label 83886081 of example 1 is far beyond 3 examples; correct it, or set npy.classes = 83886082",
            "npy.train_features=x.npy", "npy.train_labels=y.npy", ONE);
    y[1] = 1002;
    write_npy("y.npy", "<i4", "(3,)", y, sizeof y);
    opened o;
    OPEN(&o, "npy", 1, "npy.train_features=x.npy", "npy.train_labels=y.npy", ONE);
    assert_int_equal(kith_data_shape(o.data)->classes, 1003);
    finish(&o);
    write_text("p.csv", "1,0\n2,70000\n3,1\n");
    REFUSED("points", KITH_EDATA,
            "p.csv:2: label 70000 is far beyond 3 points; correct it, or set points.classes = 70001",
            "points.file=p.csv", "points.label_column=1", ONE);
    OPEN(&o, "points", 1, "points.file=p.csv", "points.label_column=1", "points.classes=70001", ONE);
    finish(&o);
}

static void types_and_classes_of_tests_are_looked_at(void **state)
{
    (void)state;
    const unsigned char x[3] = {1, 2, 3}, y[3] = {0, 1, 1}, z[3] = {0, 2, 3};
    const float r[3] = {0.1f, 0.2f, 0.3f};
    opened o;
    write_npy("x.npy", "|u1", "(3,)", x, 3);
    write_npy("r.npy", "<f4", "(3,)", r, sizeof r);
    write_npy("y.npy", "|u1", "(3,)", y, 3);
    write_npy("z.npy", "|u1", "(3,)", z, 3);
    REFUSED("npy", KITH_EDATA, "x.npy holds |u1 and r.npy holds <f4; save both in one type and range",
            "npy.train_features=x.npy", "npy.test_features=r.npy", ONE);
    REFUSED("npy", KITH_EDATA, "r.npy holds <f4 and x.npy holds |u1; save both in one type and range",
            "npy.train_features=r.npy", "npy.test_features=x.npy", ONE);
    OPEN(&o, "npy", 1, "npy.train_features=x.npy", "npy.test_features=x.npy", "npy.train_labels=y.npy",
         "npy.test_labels=z.npy", "npy.classes=4", ONE);
    assert_string_equal(kith_ctx_notes(o.w.ctx),
                        "npy: 2 of 4 classes have test examples and no training example: class 2 and others\n");
    finish(&o);
}

static void idx_labels_may_start_elsewhere(void **state)
{
    (void)state;
    static const unsigned char images[] = "\0\0\x08\x02\0\0\0\3\0\0\0\1abc", labels[] = "\0\0\x08\x01\0\0\0\3\1\32\5";
#define FILES "idx.train_images=i", "idx.test_images=i", "idx.train_labels=l", "idx.test_labels=l"
    opened o;
    scratch_write("i", images, sizeof images - 1);
    scratch_write("l", labels, sizeof labels - 1);
    REFUSED(
        "idx", KITH_EDATA,
        "l: label 26 of example 1 is outside 0..9, and all are from 1 to 26; set idx.first = 1 and idx.classes = 26, "
        "or idx.train_labels to another file",
        FILES, ONE);
    REFUSED(
        "idx", KITH_EDATA,
        "l: label 1 of example 0 is outside 2..11, and all are from 1 to 26; set idx.first = 1 and idx.classes = 26, "
        "or idx.train_labels to another file",
        FILES, ONE, "idx.first=2");
    OPEN(&o, "idx", 1, FILES, ONE, "idx.first=1", "idx.classes=26");
    const uint32_t all[] = {0, 1, 2};
    int32_t label[3];
    kith_real x[3];
    assert_ok(o.w.ctx, kith_data_visit(o.w.ctx, o.data, 0));
    kith_data_gather(o.data, all, 3, x, label);
    assert_int_equal(label[0], 0);
    assert_int_equal(label[1], 25);
    assert_int_equal(label[2], 4);
    finish(&o);
    scratch_write("l", "\0\0\x0b\x02\0\0\0\3\0\0\0\x08", 12);
    REFUSED("idx", KITH_EDATA,
            "l: holds integers of 16 bits in 2 dimensions, and unsigned bytes are read; convert it, or set "
            "idx.train_labels to another file",
            FILES, ONE);
}

static void libsvm_may_count_from_zero(void **state)
{
    (void)state;
    opened o;
    const uint32_t both[] = {0, 1};
    int32_t label[2];
    kith_real x[6];
    write_text("s", "\xEF\xBB\xBF"
                    "1 0:5 2:6 # a\r\n-1 1:7\r\n");
    REFUSED("libsvm", KITH_EDATA, "s:1: item 1, '0:5', has index 0, but indices start from 1; set libsvm.first = 0",
            ONE, "libsvm.train_file=s");
    OPEN(&o, "libsvm", 1, "libsvm.train_file=s", "libsvm.first=0", ONE);
    assert_int_equal(kith_data_shape(o.data)->features, 3);
    assert_ok(o.w.ctx, kith_data_visit(o.w.ctx, o.data, 0));
    kith_data_gather(o.data, both, 2, x, label);
    const kith_real expected[] = {5, 0, 6, 0, 7, 0};
    assert_memory_equal(x, expected, sizeof expected);
    finish(&o);
    REFUSED("libsvm", KITH_EDATA, "s:1: item 2, '2:6', has an index above libsvm.features", ONE, "libsvm.train_file=s",
            "libsvm.first=0", "libsvm.features=2");
}

static void huge_features_are_named(void **state)
{
    (void)state;
    opened o;
    write_text("a.csv", "x,y,c\n1,2,a\n3,-1e30,b\n1e20,6,b\n");
    OPEN(&o, "csv", 1, "csv.train_file=a.csv", "csv.label=c", ONE);
    assert_string_equal(
        kith_ctx_notes(o.w.ctx),
        "a.csv:3: column 1 (y), '-1e30', is very large; correct it if it is no measurement\n"
        "csv: feature 1 of example 1 is -1e+30, which makes losses that are not finite; set data.scaling "
        "= feature, or correct or leave out what is no feature\n");
    finish(&o);
    write_text("a.csv", "id,y,c\n1400000000,2,a\n1400000001,3,b\n");
    OPEN(&o, "csv", 1, "csv.train_file=a.csv", "csv.label=c", "run.learners=1", "data.scaling=feature");
    assert_string_equal(kith_ctx_notes(o.w.ctx), "");
    finish(&o);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_enter, scratch_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(channels_that_come_last_become_planes),
        TEST(planes_of_idx_files),
        TEST(damaged_labels_are_no_classes),
        TEST(types_and_classes_of_tests_are_looked_at),
        TEST(idx_labels_may_start_elsewhere),
        TEST(libsvm_may_count_from_zero),
        TEST(huge_features_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
