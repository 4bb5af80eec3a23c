/* Files of NumPy. */
#include "readersworld.h"

static void write_npy(const char *path, bool zipped, int version, const char *dictionary, const void *numbers,
                      size_t bytes)
{
    unsigned char raw[4096];
    assert_true(bytes < 3000);
    write_bytes(path, zipped, raw, make_npy(raw, version, dictionary, numbers, bytes));
}
#define NPY_TRAIN "npy.train_features=x.npy", "npy.train_labels=y.npy"

/* 258 = 0x0102, 0.5 = 0x3f000000 and 1.5 = 0x3ff8000000000000, as bytes, so that the machine's order does not matter.
 */
static void npy_reads_every_type(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        unsigned char bytes[16];
        size_t length;
        double second;
    } types[] = {
        {HEADER("|u1", "(2, 1)"), {7, 200}, 2, 200},
        {HEADER("<i4", "(2, 1)"), {0, 0, 0, 0, 2, 1, 0, 0}, 8, 258},
        {HEADER("<i8", "(2, 1)"), {[8] = 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 16, -2},
        {HEADER("<f4", "(2, 1)"), {[6] = 0, 0x3f}, 8, .5},
        {HEADER("<f8", "(2, 1)"), {[14] = 0xf8, 0x3f}, 16, 1.5},
        {"{\"shape\":(2,),\"descr\":\"<f8\",\"fortran_order\":False}", {[14] = 0xf8, 0x3f}, 16, 1.5},
    };
    static const unsigned char labels[] = {3, 0, 0, 0, 1, 0, 0, 0};
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        opened o;
        kith_real x;
        write_npy("x.npy", t % 2, 1 + (int)(t % 3), types[t].header, types[t].bytes, types[t].length);
        write_npy("y.npy", false, 1, HEADER("<i4", "(2,)"), labels, sizeof labels);
        OPEN(&o, "npy", 1, NPY_TRAIN, ONE_LEARNER);
        assert_int_equal(kith_data_shape(o.data)->features, 1);
        assert_int_equal(kith_data_shape(o.data)->channels, 0);
        assert_int_equal(kith_data_shape(o.data)->classes, 4);
        assert_int_equal(o.data->info.store, t == 0 ? KITH_STORE_U8 : KITH_STORE_REAL);
        assert_int_equal(example(&o, 0, 0, &x), 3);
        assert_int_equal(example(&o, 0, 1, &x), 1);
        assert_true(x == (kith_real)types[t].second);
        finish(&o);
    }
}

static void npy_images_have_planes(void **state)
{
    (void)state;
    unsigned char pixels[24];
    kith_real x[12];
    opened o;
    for (size_t k = 0; k < sizeof pixels; k++)
        pixels[k] = (unsigned char)k;
    write_npy("x.npy", false, 1, HEADER("|u1", "(2, 2, 2, 3)"), pixels, 24);
    write_npy("t.npy", false, 1, HEADER("|u1", "(1, 2, 2, 3)"), pixels, 12);
    OPEN(&o, "npy", 1, "npy.train_features=x.npy", "npy.test_features=t.npy", "npy.channels=first", ONE_LEARNER);
    const kith_shape *shape = kith_data_shape(o.data);
    assert_int_equal(shape->channels, 2);
    assert_int_equal(shape->height, 2);
    assert_int_equal(shape->width, 3);
    assert_int_equal(shape->classes, 0);
    assert_int_equal(kith_data_test_size(o.data), 1);
    example(&o, 0, 1, x);
    for (int f = 0; f < 12; f++)
        assert_true(x[f] == (kith_real)(12 + f));
    finish(&o);
    write_npy("x.npy", false, 1, HEADER("|u1", "(2, 4, 3)"), pixels, 24);
    OPEN(&o, "npy", 1, "npy.train_features=x.npy", ONE_LEARNER);
    assert_int_equal(kith_data_shape(o.data)->channels, 1);
    assert_int_equal(kith_data_shape(o.data)->height, 4);
    finish(&o);
}

static void bad_npy_headers_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *header, *message;
    } bad[] = {
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1), }",
         "x.npy: is in Fortran order; save it with numpy.ascontiguousarray"},
        {HEADER(">f4", "(2, 1)"), "x.npy: holds big-endian numbers, >f4; save it with .astype('<f4')"},
        {HEADER("|O", "(2, 1)"), "x.npy: holds Python objects; save it as numbers with .astype('<f4')"},
        {HEADER("<f2", "(2, 1)"), "x.npy: holds elements of type <f2; save them as |u1, <i4, <i8, <f4 or <f8"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }",
         "x.npy: holds records; save each field as an array of its own"},
        {HEADER("<f4", "()"), "x.npy: holds a single number; its first dimension must count examples"},
        {HEADER("<f4", "(0, 3)"), "x.npy: holds no examples; set npy.train_features to a file that does"},
        {HEADER("<f4", "(1, 1, 1, 1, 2)"), "x.npy: has more than 4 dimensions; reshape it to (n, C, H, W) or less"},
        {HEADER("<f4", "(4294967296, 4294967296, 4294967296)"),
         "x.npy: truncated: its header speaks of 4294967296 examples of 18446744073709551615 numbers, and 192 bytes of "
         "file cannot hold them; fetch the file again"},
        {HEADER("<f4", "(2, -1)"), "x.npy: the header goes wrong at '-1), }'; write the file again with numpy.save"},
        {"{'descr': '<f4', 'fortran_order': False, }",
         "x.npy: the header goes wrong at '}'; write the file again with numpy.save"},
        {"no dictionary", "x.npy: the header goes wrong at 'no dictionary'; write the file again with numpy.save"},
        {"{'descr': '<f4', 'descr': '<f4', }",
         "x.npy: the header goes wrong at ''descr': '<f4', }'; write the file again with numpy.save"},
    };
    static const unsigned char numbers[64] = {0};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        write_npy("x.npy", false, 1, bad[k].header, numbers, k == 8 ? 64 : 8);
        REFUSED("npy", KITH_EDATA, bad[k].message, "npy.train_features=x.npy");
    }
}

static void bad_npy_files_are_refused(void **state)
{
    (void)state;
    static const float numbers[] = {1, 2, 3, 4};
    static const int64_t labels[] = {0, 1}, negative[] = {0, -1};
    write_npy("x.npy", false, 1, HEADER("<f4", "(2, 2)"), numbers, sizeof numbers);
    write_npy("y.npy", false, 1, HEADER("<f4", "(2,)"), numbers, 8);
    REFUSED("npy", KITH_EDATA, "y.npy: holds labels of type <f4; save them with .astype('<i8')", NPY_TRAIN);
    write_npy("y.npy", false, 1, HEADER("<i8", "(2, 1)"), labels, 16);
    REFUSED("npy", KITH_EDATA, "y.npy: has 2 dimensions, and labels have one; save it with .ravel()", NPY_TRAIN);
    write_npy("y.npy", false, 1, HEADER("<i8", "(1,)"), labels, 8);
    REFUSED("npy", KITH_EDATA,
            "x.npy holds 2 examples, but y.npy holds 1 labels; set npy.train_features and npy.train_labels to a pair",
            NPY_TRAIN);
    write_npy("y.npy", false, 1, HEADER("<i8", "(2,)"), negative, 16);
    REFUSED("npy", KITH_EDATA, "y.npy: label -1 of example 1 is not one of 0, 1, 2, ...", NPY_TRAIN);
    write_npy("y.npy", false, 1, HEADER("<i8", "(2,)"), labels, 16);
    REFUSED("npy", KITH_EDATA, "npy, training examples: label 1 of example 1 is outside 0..0", NPY_TRAIN,
            "npy.classes=1", "run.learners=1");
    REFUSED("npy", KITH_ECONFIG, "npy.test_labels is empty, but npy.train_labels is not; set both or neither",
            NPY_TRAIN, "npy.test_features=x.npy");
    REFUSED("npy", KITH_ECONFIG, "npy.test_labels is given without npy.test_features; set both or neither", NPY_TRAIN,
            "npy.test_labels=y.npy");
    REFUSED("npy", KITH_ECONFIG, "npy.train_features is empty; set it to the file of training examples",
            "run.learners=1");
    write_npy("t.npy", false, 1, HEADER("<f4", "(4, 1)"), numbers, 16);
    REFUSED("npy", KITH_EDATA,
            "x.npy and t.npy hold examples of different shapes; set npy.train_features and npy.test_features to a pair",
            "npy.train_features=x.npy", "npy.test_features=t.npy");
    write_npy("x.npy", true, 1, HEADER("<f4", "(2, 2)"), numbers, 15);
    REFUSED("npy", KITH_EDATA, "x.npy: truncated: its numbers take 16 bytes, and there are 15; fetch the file again",
            NPY_TRAIN, "run.learners=1");
    unsigned char longer[17] = {0};
    write_npy("x.npy", false, 1, HEADER("<f4", "(2, 2)"), longer, sizeof longer);
    REFUSED("npy", KITH_EDATA, "x.npy: goes on after the 2 examples that its header speaks of; fetch the file again",
            NPY_TRAIN, "run.learners=1");
    static const unsigned char nan[] = {0, 0, 0, 0, 0, 0, 0xc0, 0x7f};
    write_npy("x.npy", false, 1, HEADER("<f4", "(2,)"), nan, sizeof nan);
    REFUSED("npy", KITH_EDATA, "npy, training examples: example 1, feature 0 is not a finite number", NPY_TRAIN,
            "run.learners=1");
    write_text("x.npy", "PK\x03\x04 and more");
    REFUSED("npy", KITH_EDATA, "x.npy: is no .npy file, which starts with \\x93NUMPY; set npy.train_features to one",
            NPY_TRAIN);
    write_npy("x.npy", false, 4, HEADER("<f4", "(2, 2)"), numbers, 16);
    REFUSED("npy", KITH_EDATA, "x.npy: is of format version 4.0, and 1.0, 2.0 and 3.0 are known", NPY_TRAIN);
    write_bytes("x.npy", false, "\x93NUMPY\1\0\x76\0{'descr'", 19);
    REFUSED("npy", KITH_EDATA,
            "x.npy: truncated: the header should have 118 bytes, and there are 9; fetch the file again", NPY_TRAIN);
    write_bytes("x.npy", false, "\x93NUMPY\2\0\xff\xff\xff\xff{'descr'", 21);
    REFUSED("npy", KITH_EDATA, "x.npy: its header of 4294967295 bytes is longer than 65536; fetch the file again",
            NPY_TRAIN);
    unlink("x.npy");
    REFUSED("npy", KITH_EIO, "x.npy: No such file or directory; set npy.train_features to the file", NPY_TRAIN);
}

int main(void)
{
    find_data_folder();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(npy_reads_every_type),
        cmocka_unit_test(npy_images_have_planes),
        cmocka_unit_test(bad_npy_headers_are_refused),
        cmocka_unit_test(bad_npy_files_are_refused),
    };
    return cmocka_run_group_tests_name("readers_npy", tests, scratch_enter, scratch_leave);
}
