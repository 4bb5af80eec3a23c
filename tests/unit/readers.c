#include "readersworld.h"

/* cifar */

enum { PIXELS = 3072, SINGLE = PIXELS + 1, DOUBLE = PIXELS + 2 };

/* Pixel p of record r, which tells records and planes apart. */
static unsigned char pixel(size_t r, size_t p)
{
    return (unsigned char)(7 * r + p / 1024 * 50 + p % 1024 % 40);
}

static size_t make_records(unsigned char *out, size_t first, size_t count, const unsigned char (*label)[2], bool two)
{
    unsigned char *at = out;
    for (size_t r = first; r < first + count; r++) {
        *at++ = label[r][0];
        if (two) *at++ = label[r][1];
        for (size_t p = 0; p < PIXELS; p++)
            *at++ = pixel(r, p);
    }
    return (size_t)(at - out);
}

static const unsigned char ten_labels[][2] = {{3}, {9}, {0}, {4}}, hundred_labels[][2] = {{3, 99}, {19, 0}, {0, 7}};

static void cifar_reads_lists_of_files(void **state)
{
    (void)state;
    unsigned char raw[3 * SINGLE];
    for (int zipped = 0; zipped < 2; zipped++) {
        opened o;
        kith_real x[PIXELS];
        write_bytes("a.bin", zipped, raw, make_records(raw, 0, 2, ten_labels, false));
        write_bytes("b.bin", !zipped, raw, make_records(raw, 2, 1, ten_labels, false));
        write_bytes("c.bin", zipped, raw, make_records(raw, 3, 1, ten_labels, false));
        OPEN(&o, "cifar", 1, "cifar.train_files= a.bin , b.bin", "cifar.test_files=c.bin", ONE_LEARNER);
        const kith_shape *shape = kith_data_shape(o.data);
        assert_int_equal(shape->channels, 3);
        assert_int_equal(shape->height, 32);
        assert_int_equal(shape->width, 32);
        assert_int_equal(shape->classes, 10);
        assert_int_equal(kith_data_total(o.data), 3);
        assert_int_equal(kith_data_test_size(o.data), 1);
        for (size_t r = 0; r < 4; r++) {
            assert_int_equal(example(&o, r < 3 ? 0 : TESTS, (uint32_t)(r % 3), x), ten_labels[r][0]);
            for (size_t p = 0; p < PIXELS; p++)
                assert_true(x[p] == (kith_real)pixel(r, p));
        }
        finish(&o);
    }
}

static void cifar_100_has_two_labels(void **state)
{
    (void)state;
    unsigned char raw[3 * DOUBLE];
    static const char *const kinds[] = {"cifar.labels=coarse", "cifar.labels=fine"};
    static const size_t classes[] = {20, 100};
    write_bytes("a.bin", false, raw, make_records(raw, 0, 3, hundred_labels, true));
    for (int kind = 0; kind < 2; kind++) {
        opened o;
        kith_real x[PIXELS];
        OPEN(&o, "cifar", 1, "cifar.train_files=a.bin", "cifar.test_files=a.bin", kinds[kind], ONE_LEARNER);
        assert_int_equal(kith_data_shape(o.data)->classes, classes[kind]);
        for (uint32_t r = 0; r < 3; r++) {
            assert_int_equal(example(&o, 0, r, x), hundred_labels[r][kind]);
            assert_true(x[0] == (kith_real)pixel(r, 0) && x[PIXELS - 1] == (kith_real)pixel(r, PIXELS - 1));
        }
        finish(&o);
    }
}

#define CIFAR_FILES "cifar.train_files=a.bin", "cifar.test_files=a.bin"

static void bad_cifar_files_are_refused(void **state)
{
    (void)state;
    unsigned char raw[2 * DOUBLE];
    const unsigned char wrong[][2] = {{1, 99}, {10, 100}};
    make_records(raw, 0, 2, ten_labels, false);
    write_bytes("a.bin", false, raw, SINGLE + 1);
    REFUSED("cifar", KITH_EDATA,
            "a.bin: holds 3074 bytes, no whole number of records of 3073; its records seem to have 3074, so set "
            "cifar.labels = fine or coarse",
            CIFAR_FILES);
    static const size_t lengths[] = {1, 5, 3072, 3075, 6145};
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
        char message[256];
        write_bytes("a.bin", k % 2, raw, lengths[k]);
        snprintf(message, sizeof message,
                 "a.bin: holds %zu bytes, no whole number of records of 3073; fetch the file again, or set "
                 "cifar.train_files to CIFAR files in their binary version",
                 lengths[k]);
        REFUSED("cifar", KITH_EDATA, message, CIFAR_FILES);
    }
    write_bytes("a.bin", false, raw, SINGLE);
    REFUSED("cifar", KITH_EDATA,
            "a.bin: holds 3073 bytes, no whole number of records of 3074; its records seem to have 3073, so set "
            "cifar.labels = single",
            CIFAR_FILES, "cifar.labels=fine");
    write_bytes("a.bin", false, "", 0);
    REFUSED("cifar", KITH_EDATA, "a.bin: holds no examples; set cifar.train_files to files that do", CIFAR_FILES);
    write_bytes("a.bin", false, raw, make_records(raw, 0, 2, wrong, false));
    REFUSED("cifar", KITH_EDATA,
            "a.bin: record 1 has label 10, outside 0..9; set cifar.labels to what the file has, or fetch it again",
            CIFAR_FILES);
    write_bytes("a.bin", false, raw, make_records(raw, 0, 2, wrong, true));
    REFUSED("cifar", KITH_EDATA,
            "a.bin: record 1 has fine label 100, outside 0..99; set cifar.labels to what the file has, or fetch it "
            "again",
            CIFAR_FILES, "cifar.labels=coarse");
    REFUSED("cifar", KITH_ECONFIG, "cifar.train_files has no name as item 2; write files with single commas between",
            "cifar.train_files=a.bin,,b.bin");
    unlink("a.bin");
    REFUSED("cifar", KITH_EIO,
            "a.bin: No such file or directory; set KITH_DATA to the folder that holds cifar10-subset/, or "
            "cifar.train_files to the file",
            CIFAR_FILES);
    REFUSED("cifar", KITH_EDATA, ".: not a regular file; set cifar.train_files to CIFAR files", "cifar.train_files=.");
}

/* Sizes in a gzipped file's end are not believed. */
static void lying_gzip_is_refused(void **state)
{
    (void)state;
    unsigned char raw[2 * SINGLE];
    unsigned char packed[4 * SINGLE];
    write_bytes("a.bin", true, raw, make_records(raw, 0, 2, ten_labels, false));
    FILE *file = fopen("a.bin", "rb");
    assert_non_null(file);
    const size_t length = fread(packed, 1, sizeof packed, file);
    fclose(file);
    memcpy(packed + length, packed, length); /* two members: 4 records, and the end speaks of 2 */
    write_bytes("a.bin", false, packed, 2 * length);
    REFUSED("cifar", KITH_EDATA,
            "a.bin: goes on after the 2 records that its size speaks of; fetch it again, or list files that were "
            "packed together one by one",
            CIFAR_FILES);
    memset(packed + length - 4, 0xff, 4);
    write_bytes("a.bin", false, packed, length);
    char message[256];
    snprintf(message, sizeof message,
             "a.bin: damaged: %zu bytes of gzip cannot hold what their end says; fetch the file again", length);
    REFUSED("cifar", KITH_EDATA, message, CIFAR_FILES);
}

/* From its own description: 10,000 and 2,000 images, classes balanced. */
static void cifar_subset_is_balanced(void **state)
{
    (void)state;
    if (!have("cifar10-subset/data_batch_1.bin.gz")) skip();
    opened o;
    uint64_t counts[10];
    OPEN(&o, "cifar", 1, "run.learners=1");
    assert_int_equal(kith_data_total(o.data), 10000);
    assert_int_equal(kith_data_test_size(o.data), 2000);
    assert_ok(o.w.ctx, kith_data_labels(o.w.ctx, o.data, 0, counts));
    for (int c = 0; c < 10; c++)
        assert_int_equal(counts[c], 1000);
    finish(&o);
}

static void csv_reads_words_users_and_quotes(void **state)
{
    (void)state;
    /* sorted: a "cat", dog, zebra; al, bo, cy */
    static const double expected[3][2][3] = {{{2.5, -1, 0}, {3, .25, 1}}, {{1, .5, 1}}, {{4, 1e-3, 2}}};
    static const size_t sizes[] = {2, 1, 1};
    for (int zipped = 0; zipped < 2; zipped++) {
        opened o;
        kith_real x[2];
        write_bytes("a.csv", zipped, good_csv, sizeof good_csv - 1);
        OPEN(&o, "csv", 1, "csv.train_file=a.csv", "csv.test_file=a.csv", "csv.label=kind", "csv.user=-1",
             "csv.comment=hash", "run.learners=3", "partition.kind=natural");
        assert_int_equal(kith_data_shape(o.data)->features, 2);
        assert_int_equal(kith_data_shape(o.data)->classes, 3);
        assert_int_equal(kith_data_test_size(o.data), 4);
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(kith_data_size(o.data, i), sizes[i]);
            for (uint32_t k = 0; k < sizes[i]; k++) {
                assert_int_equal(example(&o, i, k, x), (int)expected[i][k][2]);
                for (int f = 0; f < 2; f++)
                    assert_true(x[f] == (kith_real)expected[i][k][f]);
            }
        }
        assert_int_equal(example(&o, TESTS, 3, x), 2);
        finish(&o);
    }
}

/* Numbers sort by size, 10 after 9, and 9 and 9.0 are one label. */
static void csv_orders_numeric_labels_by_size(void **state)
{
    (void)state;
    static const int32_t expected[] = {2, 1, 1, 0};
    static const char *const texts[] = {"10;1\n9;2\n9.0;3\n-1;4\n", "10\t1\n9\t2\n9.0\t3\n-1\t4\n",
                                        "10  1\n9 \t 2\n 9.0 3\n-1 4 \n", "10|1\n9| 2\n9.0|3\n-1|4\n"};
    static const char *const delimiters[] = {"csv.delimiter=semicolon", "csv.delimiter=tab", "csv.delimiter=blanks",
                                             "csv.delimiter=bar"};
    for (size_t t = 0; t < 4; t++) {
        opened o;
        kith_real x;
        write_text("a.csv", texts[t]);
        OPEN(&o, "csv", 1, "csv.train_file=a.csv", "csv.label=0", delimiters[t], ONE_LEARNER);
        assert_int_equal(kith_data_shape(o.data)->classes, 3);
        assert_int_equal(kith_data_test_size(o.data), 0);
        for (uint32_t k = 0; k < 4; k++) {
            assert_int_equal(example(&o, 0, k, &x), expected[k]);
            assert_true(x == (kith_real)(k + 1));
        }
        finish(&o);
    }
}

/* 100 rows with their number as feature: a fraction of 0.25 takes 25 of them, others with another seed, each row once.
 */
static void csv_splits_by_fraction_and_seed(void **state)
{
    (void)state;
    bool held[2][100] = {{false}};
    FILE *out = fopen("a.csv", "w");
    assert_non_null(out);
    for (int row = 0; row < 100; row++)
        fprintf(out, "%d,%d,u%d\n", row, row % 2, row / 30);
    fclose(out);
    for (uint64_t seed = 0; seed < 2; seed++) {
        opened o;
        bool seen[100] = {false};
        kith_real x, before = -1;
        OPEN(&o, "csv", seed, "csv.train_file=a.csv", "csv.test_fraction=0.25", "csv.label=1", "csv.user=2",
             "run.learners=4", "partition.kind=natural");
        assert_int_equal(kith_data_total(o.data), 75);
        assert_int_equal(kith_data_test_size(o.data), 25);
        for (uint32_t k = 0; k < 25; k++) {
            const int32_t label = example(&o, TESTS, k, &x);
            assert_int_equal(label, (int)x % 2);
            assert_true(x > before);
            before = x;
            held[seed][(int)x] = seen[(int)x] = true;
        }
        for (size_t i = 0; i < 4; i++) {
            for (uint32_t k = 0; k < kith_data_size(o.data, i); k++) {
                const int32_t label = example(&o, i, k, &x);
                assert_int_equal(label, (int)x % 2);
                assert_int_equal((int)x / 30, (int)i);
                assert_false(seen[(int)x]);
                seen[(int)x] = true;
            }
        }
        for (int row = 0; row < 100; row++)
            assert_true(seen[row]);
        finish(&o);
    }
    assert_memory_not_equal(held[0], held[1], sizeof held[0]);
}

static void bad_csv_files_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"a,b\n1,x\n2,x\nnan,y\n", "a.csv:4: column 0 (a), 'nan', marks a missing value; fill it in, or set "
                                   "csv.missing = drop to leave such rows "
                                   "out"},
        {"a,b\n1e999,x\n", "a.csv:2: column 0 (a), '1e999', is not a finite number"},
        {"1,x\nz,y\n", "a.csv:2: column 0, 'z', is not a number"},
        {"1,x\n,y\n",
         "a.csv:2: column 0, '', marks a missing value; fill it in, or set csv.missing = drop to leave such rows out"},
        {"1,x\n2,y,3\n", "a.csv:2: 3 columns, but the first row has 2"},
        {"a,b\n1,x\n2\n", "a.csv:3: 1 columns, but the first row has 2"},
        {"a,a\n1,x\n", "a.csv:1: columns 0 and 1 are both named 'a'; rename one"},
        {"a,b\n1,\n",
         "a.csv:2: column 1 (b), '', marks a missing value; fill it in, or set csv.missing = drop to leave such rows "
         "out"},
        {"1,inf\n", "a.csv:1: column 1, 'inf', is not a finite number"},
        {"a,b\n", "a.csv: holds no examples; give it a line for each"},
        {"", "a.csv: holds no examples; give it a line for each"},
        {"# nothing\n\n", "a.csv: holds no examples; give it a line for each"},
        {"1,\"x\n", "a.csv:1: column 1 starts with a quote that is not closed on its line"},
        {"1,\"x\"y\n", "a.csv:1: column 1 goes on after its closing quote"},
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        write_text("a.csv", bad[k].text);
        REFUSED("csv", KITH_EDATA, bad[k].message, "csv.train_file=a.csv", "csv.label=1", "run.learners=1");
    }
    if (sizeof(kith_real) == sizeof(float)) {
        write_text("a.csv", "1,0\n1e300,1\n");
        REFUSED("csv", KITH_EDATA,
                "a.csv:2: column 0, '1e300', is more than single precision holds, 3.4e38; take other units",
                "csv.train_file=a.csv");
    }
    write_bytes("a.csv", false, "1,x\n2,\0y\n", 9);
    REFUSED("csv", KITH_EDATA, "a.csv:2: holds a zero byte, so it is no text", "csv.train_file=a.csv");
    unlink("a.csv");
    REFUSED("csv", KITH_EIO, "a.csv: No such file or directory; set csv.train_file to the file",
            "csv.train_file=a.csv");
}

static void bad_csv_columns_are_refused(void **state)
{
    (void)state;
    write_text("a.csv", "a,b,c\n1,x,u\n");
    write_text("b.csv", "a,b,d\n1,x,u\n");
    write_text("c.csv", "1,x,u\n2,y,u\n");
    write_text("d.csv", "1,x,\n");
    REFUSED("csv", KITH_ECONFIG, "csv.train_file is empty; set it to the file of training examples", "run.learners=1");
    REFUSED("csv", KITH_ECONFIG, "csv.label = q: a.csv has no such column; its columns are a, b, c",
            "csv.train_file=a.csv", "csv.label=q");
    REFUSED("csv", KITH_ECONFIG, "csv.user = -4: a.csv has no such column; its columns are a, b, c",
            "csv.train_file=a.csv", "csv.user=-4");
    REFUSED(
        "csv", KITH_ECONFIG,
        "csv.label = 3: c.csv has no header with that name; give the column's number, 0 to 2, or set csv.header = yes",
        "csv.train_file=c.csv", "csv.label=3");
    REFUSED("csv", KITH_ECONFIG, "csv.label = b and csv.user = 1 are the same column", "csv.train_file=a.csv",
            "csv.label=b", "csv.user=1");
    REFUSED("csv", KITH_EDATA, "b.csv:1: column 2 is 'd', but 'c' in a.csv", "csv.train_file=a.csv",
            "csv.test_file=b.csv", "csv.label=b", "csv.user=2");
    REFUSED("csv", KITH_EDATA, "c.csv:2: column 1 (b), 'y', is a label that no training example has",
            "csv.train_file=a.csv", "csv.test_file=c.csv", "csv.label=b", "csv.user=c");
    REFUSED(
        "csv", KITH_EDATA,
        "d.csv:1: column 2, '', marks a missing value; fill it in, or set csv.missing = drop to leave such rows out",
        "csv.train_file=d.csv", "csv.label=1", "csv.user=2");
    REFUSED("csv", KITH_ECONFIG,
            "csv.test_file and csv.test_fraction are both given; test examples come from one of them",
            "csv.train_file=a.csv", "csv.test_file=b.csv", "csv.test_fraction=0.5");
    write_text("a.csv", "a,b\n1,x\n");
    REFUSED("csv", KITH_ECONFIG,
            "--set: partition.kind = natural: the data set csv does not come by user; choose "
            "iid or another kind",
            "csv.train_file=a.csv", "csv.label=1", "partition.kind=natural", "run.learners=1");
    write_text("a.csv", "x\ny\n");
    REFUSED("csv", KITH_EDATA, "a.csv: has no column of features beside csv.label and csv.user", "csv.train_file=a.csv",
            "csv.label=0", "csv.header=no");
}

static void csv_refuses_quantities_as_labels(void **state)
{
    (void)state;
    FILE *out = fopen("a.csv", "w");
    assert_non_null(out);
    for (int row = 0; row < 70000; row++)
        fprintf(out, "1,%d.5\n", row);
    fclose(out);
    REFUSED(
        "csv", KITH_EDATA,
        "a.csv:1: column 1, '0.5', is no whole number, so it seems to be a quantity; set csv.target = real, or class",
        "csv.train_file=a.csv", "csv.label=1");
    REFUSED(
        "csv", KITH_EDATA,
        "a.csv:65537: csv.label = 1: more than 65536 different labels, so it seems to be a quantity; set csv.target "
        "= real, or choose another column",
        "csv.train_file=a.csv", "csv.label=1", "csv.target=class");
    opened o; /* without a label both columns are features, for models that need no classes */
    kith_real x[2];
    OPEN(&o, "csv", 1, "csv.train_file=a.csv", ONE_LEARNER);
    assert_int_equal(kith_data_shape(o.data)->classes, 0);
    example(&o, 0, 69999, x);
    assert_true(x[1] == (kith_real)69999.5);
    finish(&o);
}

/* libsvm */

static void libsvm_reads_sparse_lines(void **state)
{
    (void)state;
    static const double expected[3][4] = {{0, .5, 0, 2}, {-1, 0, 0, 0}, {0, 0, 0, 0}};
    static const int32_t labels[] = {1, 0, 1};
    static const char text[] = "+1 2:0.5 4:2 # first\n\n-1 qid:7 1:-1\n1\n";
    for (int zipped = 0; zipped < 2; zipped++) {
        opened o;
        kith_real x[6];
        write_bytes("a.txt", zipped, text, sizeof text - 1);
        OPEN(&o, "libsvm", 1, "libsvm.train_file=a.txt", ONE_LEARNER);
        assert_int_equal(kith_data_shape(o.data)->features, 4);
        assert_int_equal(kith_data_shape(o.data)->classes, 2);
        for (uint32_t k = 0; k < 3; k++) {
            assert_int_equal(example(&o, 0, k, x), labels[k]);
            for (int f = 0; f < 4; f++)
                assert_true(x[f] == (kith_real)expected[k][f]);
        }
        finish(&o);
    }
    opened o;
    kith_real x[6];
    write_text("b.txt", "-1 5:3\n");
    OPEN(&o, "libsvm", 1, "libsvm.train_file=a.txt", "libsvm.test_file=b.txt", ONE_LEARNER);
    assert_int_equal(kith_data_shape(o.data)->features, 5); /* as the test file needs */
    assert_int_equal(example(&o, TESTS, 0, x), 0);
    assert_true(x[4] == 3 && x[0] == 0);
    finish(&o);
    OPEN(&o, "libsvm", 1, "libsvm.train_file=a.txt", "libsvm.test_fraction=0.3", "libsvm.features=6", ONE_LEARNER);
    assert_int_equal(kith_data_shape(o.data)->features, 6);
    assert_int_equal(kith_data_total(o.data), 2);
    assert_int_equal(kith_data_test_size(o.data), 1);
    finish(&o);
}

static void bad_libsvm_files_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"1 1:2\n-1 3:1 2:1\n", "a.txt:2: item 2, '2:1', does not ascend: its index is not above the one before"},
        {"1 2:1 2:1\n", "a.txt:1: item 2, '2:1', does not ascend: its index is not above the one before"},
        {"1 0:1\n", "a.txt:1: item 1, '0:1', has index 0, but indices start from 1; set libsvm.first = 0"},
        {"1 -1:1\n", "a.txt:1: item 1, '-1:1', is not of the form index:value, as in 3:0.5"},
        {"1 1=1\n", "a.txt:1: item 1, '1=1', is not of the form index:value, as in 3:0.5"},
        {"1 1:\n", "a.txt:1: item 1, '1:', is not of the form index:value, as in 3:0.5"},
        {"1 1:2x\n", "a.txt:1: item 1, '1:2x', is not of the form index:value, as in 3:0.5"},
        {"1 1:nan\n", "a.txt:1: item 1, '1:nan', has a value that is not finite"},
        {"1 1:1e999\n", "a.txt:1: item 1, '1:1e999', has a value that is not finite"},
        {"1 2147483648:1\n", "a.txt:1: item 1, '2147483648:1', has an index above 2147483647"},
        {"1 99999999999999999999:1\n", "a.txt:1: item 1, '99999999999999999999:1', has an index above 2147483647"},
        {"1:2 2:1\n", "a.txt:1: item 0, '1:2', is not a label: a finite number"},
        {"1,2 2:1\n", "a.txt:1: item 0, '1,2', is not a label: a finite number"},
        {"nan 2:1\n", "a.txt:1: item 0, 'nan', is not a label: a finite number"},
        {"1\n-1\n", "a.txt: names no features; set libsvm.features, or give its lines index:value"},
        {"", "a.txt: holds no examples; give it a line for each"},
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        write_text("a.txt", bad[k].text);
        REFUSED("libsvm", KITH_EDATA, bad[k].message, "libsvm.train_file=a.txt", "run.learners=1");
    }
    write_text("a.txt", "1 7:1\n");
    write_text("b.txt", "2 7:1\n");
    REFUSED("libsvm", KITH_EDATA, "a.txt:1: item 1, '7:1', has an index above libsvm.features",
            "libsvm.train_file=a.txt", "libsvm.features=6");
    REFUSED("libsvm", KITH_EDATA, "b.txt:1: item 0, '2', is a label that no training example has",
            "libsvm.train_file=a.txt", "libsvm.test_file=b.txt");
    REFUSED("libsvm", KITH_ECONFIG, "libsvm.train_file is empty; set it to the file of training examples",
            "run.learners=1");
    write_text("a.txt", "1 2000000000:1\n");
    char message[256];
    snprintf(message, sizeof message,
             "a.txt: 1 examples of 2000000000 features take %.3g bytes when their zeros are stored, too, and "
             "libsvm.memory allows 1000; raise it, or choose fewer features",
             2e9 * sizeof(kith_real));
    REFUSED("libsvm", KITH_EMEMORY, message, "libsvm.train_file=a.txt", "libsvm.memory=1000");
}

/* Mutations: whatever is in a file, the answer is data or one line of text. */

static size_t mutate(kith_stream *s, unsigned char *bytes, size_t length)
{
    static const char interesting[] = "0,:\n\"#-.'(){}\xff\x1f 9e\t|";
    const size_t changes = 1 + kith_draw_below(s, 4);
    for (size_t k = 0; k < changes; k++) {
        const size_t at = kith_draw_below(s, length);
        switch (kith_draw_below(s, 4)) {
        case 0:
            bytes[at] ^= (unsigned char)(1u << kith_draw_below(s, 8));
            break;
        case 1:
            bytes[at] = (unsigned char)interesting[kith_draw_below(s, sizeof interesting)];
            break;
        case 2:
            length = at + 1;
            break;
        default:
            memmove(bytes + at, bytes + at + (at + 1 < length), length - at - (at + 1 < length));
            length -= length > 1;
        }
    }
    return length;
}

static void survive(const char *id, const char *file, bool zipped, const void *good, size_t length,
                    const char *const *settings)
{
    unsigned char raw[8192];
    assert_true(length <= sizeof raw);
    unsigned accepted = 0, refused = 0;
    for (uint64_t round = 0; round < 150; round++) {
        kith_stream s = kith_stream_at(11, KITH_FOR_PLUGIN, zipped, round);
        opened o;
        memcpy(raw, good, length);
        write_bytes(file, zipped, raw, mutate(&s, raw, length));
        const kith_status status = try_open(&o, id, 1, settings);
        const char *message = kith_ctx_message(o.w.ctx);
        if (status == KITH_OK) {
            accepted++;
        } else {
            refused++;
            assert_true(status == KITH_EDATA || status == KITH_ECONFIG || status == KITH_EMEMORY);
            assert_true(*message && !strchr(message, '\n'));
        }
        finish(&o);
    }
    assert_true(refused > 0);
    print_message("%s: %u accepted, %u refused\n", id, accepted, refused);
}
#define SURVIVE(id, file, zipped, good, length, ...)                                                                   \
    survive(id, file, zipped, good, length, (const char *const[]){__VA_ARGS__, NULL})

static void mutated_files_do_no_harm(void **state)
{
    (void)state;
    static const char sparse[] = "+1 2:0.5 4:2 # first\n-1 qid:7 1:-1\n1 3:4\n";
    static const float numbers[] = {1, 2, 3, 4};
    unsigned char raw[8192];
    for (int zipped = 0; zipped < 2; zipped++) {
        SURVIVE("csv", "a.csv", zipped, good_csv, sizeof good_csv - 1, "csv.train_file=a.csv", "csv.label=1",
                "csv.user=3", "run.learners=1", "partition.kind=natural");
        SURVIVE("libsvm", "a.txt", zipped, sparse, sizeof sparse - 1, "libsvm.train_file=a.txt", "run.learners=1",
                "libsvm.memory=1e7");
        SURVIVE("points", "a.csv", zipped, "1,2,3\n4,5,6\n", 12, "points.file=a.csv", "run.learners=1");
        size_t length = make_npy(raw, 1, HEADER("<f4", "(2, 2)"), numbers, sizeof numbers);
        SURVIVE("npy", "x.npy", zipped, raw, length, "npy.train_features=x.npy", "run.learners=1");
        length = make_records(raw, 0, 2, ten_labels, false);
        SURVIVE("cifar", "a.bin", zipped, raw, length, CIFAR_FILES, "run.learners=1");
    }
}

/* The packed bytes themselves are changed, gzip's header and end among them. */
static void mutated_gzip_does_no_harm(void **state)
{
    (void)state;
    unsigned char raw[2 * SINGLE], packed[8192];
    write_bytes("good", true, raw, make_records(raw, 0, 2, ten_labels, false));
    FILE *file = fopen("good", "rb");
    assert_non_null(file);
    const size_t length = fread(packed, 1, sizeof packed, file);
    fclose(file);
    SURVIVE("cifar", "a.bin", false, packed, length, CIFAR_FILES, "run.learners=1");
    write_bytes("good", true, good_csv, sizeof good_csv - 1);
    file = fopen("good", "rb");
    assert_non_null(file);
    const size_t small = fread(packed, 1, sizeof packed, file);
    fclose(file);
    SURVIVE("csv", "a.csv", false, packed, small, "csv.train_file=a.csv", "csv.label=1", "run.learners=1");
}

int main(void)
{
    find_data_folder();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cifar_reads_lists_of_files),        cmocka_unit_test(cifar_100_has_two_labels),
        cmocka_unit_test(bad_cifar_files_are_refused),       cmocka_unit_test(lying_gzip_is_refused),
        cmocka_unit_test(cifar_subset_is_balanced),          cmocka_unit_test(csv_reads_words_users_and_quotes),
        cmocka_unit_test(csv_orders_numeric_labels_by_size), cmocka_unit_test(csv_splits_by_fraction_and_seed),
        cmocka_unit_test(bad_csv_files_are_refused),         cmocka_unit_test(bad_csv_columns_are_refused),
        cmocka_unit_test(csv_refuses_quantities_as_labels),  cmocka_unit_test(libsvm_reads_sparse_lines),
        cmocka_unit_test(bad_libsvm_files_are_refused),      cmocka_unit_test(mutated_files_do_no_harm),
        cmocka_unit_test(mutated_gzip_does_no_harm),
    };
    return cmocka_run_group_tests_name("readers", tests, scratch_enter, scratch_leave);
}
