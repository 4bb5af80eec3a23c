#include "opened.h"

#include <kith/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

/* synthetic */

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sizes are floor(lognormal(4, 2)) + 50: median e^4 + 50, quartiles at e^(4 -+ 2 * 0.67449) + 50. Training has 90 %. */
static void synthetic_sizes_follow_their_law(void **state)
{
    (void)state;
    enum { N = 20000 };
    opened o;
    OPEN(&o, "synthetic", 3, "run.learners=20000");
    double *size = calloc(N, sizeof *size);
    assert_non_null(size);
    for (size_t i = 0; i < N; i++)
        size[i] = (double)kith_data_size(o.data, i) / 0.9;
    qsort(size, N, sizeof *size, ascending);
    assert_true(size[0] >= 50);
    /* five standard errors: of the logarithm, 2 sqrt(q (1 - q) / N) over the normal density at q's quantile */
    assert_close(size[N / 2] - 50.0, exp(4.0), 0.08, 1);
    assert_close(size[N / 4] - 50.0, exp(4.0 - 1.34898), 0.1, 1);
    assert_close(size[3 * N / 4] - 50.0, exp(4.0 + 1.34898), 0.1, 1);
    assert_close(size[99 * N / 100] - 50.0, exp(4.0 + 2.0 * 2.32635), 0.27, 0);
    free(size);
    finish(&o);
}

/* Moments of x over learners and examples: Var x_j = j^-1.2 within a learner; learners' means spread with variance
 * beta^2 + 1 about 0, of which beta^2 is common to a learner's features. */
static void synthetic_inputs_follow_their_law(void **state)
{
    (void)state;
    enum { N = 400, F = 60 };
    opened o;
    OPEN(&o, "synthetic", 4, "run.learners=400", "synthetic.beta=2", "synthetic.max_examples=60");
    double within[F] = {0}, means = 0.0, common = 0.0;
    for (size_t i = 0; i < N; i++) {
        kith_real x[54 * F];
        int32_t label[54];
        uint32_t index[54];
        double mean[F] = {0}, square[F] = {0}, all = 0.0;
        const size_t count = kith_data_size(o.data, i);
        assert_in_range(count, 45, 54);
        for (uint32_t k = 0; k < count; k++)
            index[k] = k;
        assert_ok(o.w.ctx, kith_data_visit(o.w.ctx, o.data, i));
        kith_data_gather(o.data, index, count, x, label);
        for (size_t k = 0; k < count * F; k++) {
            mean[k % F] += (double)x[k] / (double)count;
            square[k % F] += (double)x[k] * (double)x[k] / (double)count;
        }
        for (size_t f = 0; f < F; f++) {
            const double bias = (double)count / (double)(count - 1);
            within[f] += bias * (square[f] - mean[f] * mean[f]) / N;
            means += mean[f] * mean[f] / (N * F);
            all += mean[f] / F;
        }
        common += all * all / N;
    }
    for (size_t f = 0; f < F; f++)
        assert_close(within[f], pow((double)(f + 1), -1.2), 0.06, 0);
    assert_close(means, 4.0 + 1.0, 0.35, 0);
    assert_close(common, 4.0 + 1.0 / F, 0.35, 0);
    assert_close(means - common, 1.0 - 1.0 / F, 0.05, 0);
    finish(&o);
}

/* With alpha = 0 and iid, one linear rule makes every label, so that a perceptron trained on the first learners'
 * examples is right about others'; with independent rules it is not. */
static void accuracy_across_learners(const char *iid, double *out)
{
    enum { F = 60, C = 10, M = 90, FIT = 60, N = 80 };
    opened o;
    OPEN(&o, "synthetic", 5, "run.learners=80", "synthetic.max_examples=100", iid);
    static double w[C][F + 1];
    memset(w, 0, sizeof w);
    double right = 0.0, all = 0.0;
    for (int epoch = 0; epoch < 20; epoch++) {
        for (size_t i = 0; i < N; i++) {
            kith_real x[M * F];
            int32_t label[M];
            uint32_t index[M];
            const size_t count = kith_data_size(o.data, i);
            for (uint32_t k = 0; k < count; k++)
                index[k] = k;
            assert_ok(o.w.ctx, kith_data_visit(o.w.ctx, o.data, i));
            kith_data_gather(o.data, index, count, x, label);
            for (size_t k = 0; k < count; k++) {
                double best = -INFINITY;
                int choice = 0;
                for (int c = 0; c < C; c++) {
                    double z = w[c][F];
                    for (size_t f = 0; f < F; f++)
                        z += w[c][f] * (double)x[k * F + f];
                    if (z > best) {
                        best = z;
                        choice = c;
                    }
                }
                if (i >= FIT && epoch == 19) {
                    all += 1.0;
                    right += choice == label[k];
                }
                if (i >= FIT || choice == label[k]) continue;
                for (size_t f = 0; f <= F; f++) {
                    const double step = f < F ? (double)x[k * F + f] : 1.0;
                    w[label[k]][f] += step;
                    w[choice][f] -= step;
                }
            }
        }
    }
    *out = right / all;
    finish(&o);
}

static void synthetic_iid_shares_one_rule(void **state)
{
    (void)state;
    double shared = 0.0, apart = 0.0;
    accuracy_across_learners("synthetic.iid=yes", &shared);
    accuracy_across_learners("synthetic.iid=no", &apart);
    assert_true(shared > 0.85);
    assert_true(apart < 0.5);
}

static void synthetic_depends_on_seed_and_learner_only(void **state)
{
    (void)state;
    opened a, b, c;
    kith_real x[3][60 * 2];
    int32_t label[2];
    const uint32_t index[] = {7, 3};
    OPEN(&a, "synthetic", 6, "run.learners=5");
    OPEN(&b, "synthetic", 6, "run.learners=500000");
    OPEN(&c, "synthetic", 7, "run.learners=5");
    opened *all[] = {&a, &b, &c};
    assert_ok(b.w.ctx, kith_data_visit(b.w.ctx, b.data, 400000));
    for (int k = 0; k < 3; k++) {
        assert_ok(all[k]->w.ctx, kith_data_visit(all[k]->w.ctx, all[k]->data, 2));
        kith_data_gather(all[k]->data, index, 2, x[k], label);
    }
    assert_memory_equal(x[0], x[1], sizeof x[0]);
    assert_memory_not_equal(x[0], x[2], sizeof x[0]);
    finish(&a);
    finish(&b);
    finish(&c);
}

/* glyphs */

static void glyphs_are_balanced_and_repeatable(void **state)
{
    (void)state;
    opened a, b, c;
    uint64_t counts[10];
    OPEN(&a, "glyphs", 1, "run.learners=1", "glyphs.train=200", "glyphs.test=20");
    OPEN(&b, "glyphs", 1, "run.learners=1", "glyphs.train=150", "glyphs.test=20");
    OPEN(&c, "glyphs", 2, "run.learners=1", "glyphs.train=200", "glyphs.test=20");
    assert_int_equal(kith_data_shape(a.data)->width, 28);
    assert_int_equal(kith_data_test_size(a.data), 20);
    assert_ok(a.w.ctx, kith_data_labels(a.w.ctx, a.data, 0, counts));
    for (int k = 0; k < 10; k++)
        assert_int_equal(counts[k], 20);
    assert_memory_equal(a.data->split[0].feature, b.data->split[0].feature, 150 * 784);
    assert_memory_not_equal(a.data->split[0].feature, c.data->split[0].feature, 784);
    assert_memory_not_equal(a.data->split[0].feature, a.data->split[1].feature, 784);
    finish(&a);
    finish(&b);
    finish(&c);
}

/* Where an image's ink is, on average. */
static void centre_of(const double *ink, int size, double *x, double *y)
{
    double all = 0.0;
    *x = *y = 0.0;
    for (int k = 0; k < size * size; k++) {
        all += ink[k];
        *x += ink[k] * (k % size);
        *y += ink[k] * (k / size);
    }
    *x /= all;
    *y /= all;
}

/* Without distortion, clutter and noise a class differs from itself by pen and contrast alone: an example is more like
 * its own class's mean sign than like any other's, and its ink has the same centre. */
static void plain_glyphs_are_told_apart_by_their_mean(void **state)
{
    (void)state;
    enum { N = 300, PIXELS = 400 };
    opened o;
    OPEN(&o, "glyphs", 3, "run.learners=1", "glyphs.train=300", "glyphs.size=20", "glyphs.noise=0", "glyphs.clutter=0",
         "glyphs.distortion=0");
    const uint8_t *image = o.data->split[0].feature;
    static double mean[10][PIXELS];
    static double ink[N][PIXELS];
    memset(mean, 0, sizeof mean);
    for (int e = 0; e < N; e++) {
        double low = 255, high = 0;
        for (int k = 0; k < PIXELS; k++) {
            low = fmin(low, image[e * PIXELS + k]);
            high = fmax(high, image[e * PIXELS + k]);
        }
        for (int k = 0; k < PIXELS; k++) {
            ink[e][k] = (image[e * PIXELS + k] - low) / (high - low);
            mean[e % 10][k] += ink[e][k] / (N / 10);
        }
    }
    for (int e = 0; e < N; e++) {
        int best = 0;
        double nearest = INFINITY;
        for (int c = 0; c < 10; c++) {
            double distance = 0.0;
            for (int k = 0; k < PIXELS; k++)
                distance += pow(ink[e][k] - mean[c][k], 2);
            if (distance < nearest) {
                nearest = distance;
                best = c;
            }
        }
        assert_int_equal(best, e % 10);
        double x, y, x0, y0;
        centre_of(ink[e], 20, &x, &y);
        centre_of(mean[e % 10], 20, &x0, &y0);
        assert_close(x, x0, 0, 0.15);
        assert_close(y, y0, 0, 0.15);
    }
    finish(&o);
}

/* points */

static void points_come_row_by_row(void **state)
{
    (void)state;
    opened o;
    write_text("points-test.csv", "# three points\nx, y ,class\n1,2,0 # first\n\n-3.5, 4e2,2\n0x10,.5,1\n");
    OPEN(&o, "points", 1, "run.learners=3", "points.file=points-test.csv", "points.label_column=2",
         "partition.kind=sequential");
    const double expected[3][2] = {{1, 2}, {-3.5, 400}, {16, .5}};
    const int32_t labels[] = {0, 2, 1};
    assert_int_equal(kith_data_shape(o.data)->classes, 3);
    assert_int_equal(kith_data_test_size(o.data), 3);
    for (size_t i = 0; i < 3; i++) {
        kith_real x[2];
        int32_t label;
        const uint32_t first = 0;
        assert_ok(o.w.ctx, kith_data_visit(o.w.ctx, o.data, i));
        kith_data_gather(o.data, &first, 1, x, &label);
        assert_int_equal(label, labels[i]);
        for (int f = 0; f < 2; f++)
            assert_close((double)x[f], expected[i][f], 0, 0);
    }
    finish(&o);
    unlink("points-test.csv");
}

static void points_from_values_repeat_coordinates(void **state)
{
    (void)state;
    opened o;
    OPEN(&o, "points", 1, "run.learners=2", "points.values=0.5, -2", "points.dimension=3", "partition.kind=sequential");
    kith_real x[3];
    const uint32_t first = 0;
    assert_int_equal(kith_data_shape(o.data)->features, 3);
    assert_int_equal(kith_data_shape(o.data)->classes, 0);
    assert_ok(o.w.ctx, kith_data_visit(o.w.ctx, o.data, 1));
    kith_data_gather(o.data, &first, 1, x, NULL);
    for (int f = 0; f < 3; f++)
        assert_true(x[f] == (kith_real)-2);
    finish(&o);
}

static void bad_points_are_refused_by_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"1,2\n3,nan\n", "points-bad.csv:2: column 1, 'nan', is not a finite number"},
        {"1,2\n1e999,2\n", "points-bad.csv:2: column 0, '1e999', is not a finite number"},
        {"1,2\n3,2,4\n", "points-bad.csv:2: 3 columns, but the rows before have 2"},
        {"1,2\n3\n", "points-bad.csv:2: 1 columns, but the rows before have 2"},
        {"1,2\n3,x y\n", "points-bad.csv:2: column 1, 'x y', is not a number"},
        {"1,2\n3,\n", "points-bad.csv:2: column 1, '', is not a number"},
        {"1,2\n3,4 5\n", "points-bad.csv:2: column 1, '4 5', is not a number"},
        {"x,2\n3,4\n", "points-bad.csv:1: column 0, 'x', is not a number"},
        {"x,y\nz,w\n", "points-bad.csv:2: column 0, 'z', is not a number"},
        {"# nothing\nx,y\n", "points-bad.csv: holds no points; give it a line of numbers for each"},
        {"", "points-bad.csv: holds no points; give it a line of numbers for each"},
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        write_text("points-bad.csv", bad[k].text);
        REFUSED("points", KITH_EDATA, bad[k].message, "points.file=points-bad.csv");
    }
    write_text("points-bad.csv", "1,2\n3,0.5\n");
    REFUSED("points", KITH_EDATA, "points-bad.csv:2: column 1, '0.5', is not a label: 0, 1, 2, ...",
            "points.file=points-bad.csv", "points.label_column=1");
    REFUSED("points", KITH_EDATA, "points-bad.csv: has 2 columns, and points.label_column = 2 asks for another",
            "points.file=points-bad.csv", "points.label_column=2");
    write_text("points-bad.csv", "1,2\n3,5\n");
    REFUSED("points", KITH_EDATA, "points, training examples: label 5 of example 1 is outside 0..4",
            "points.file=points-bad.csv", "points.label_column=1", "points.classes=5");
    unlink("points-bad.csv");
    REFUSED("points", KITH_EIO, "points-bad.csv: No such file or directory; set points.file to the file",
            "points.file=points-bad.csv");
    REFUSED("points", KITH_ECONFIG, "points needs one of points.file and points.values, and neither is given",
            "run.learners=1");
    REFUSED("points", KITH_ECONFIG, "points needs one of points.file and points.values, and both are given",
            "points.file=points-bad.csv", "points.values=1");
}

/* idx */

/* Writes magic and sizes (ended by 0), then `bytes` bytes 0, 1, 2, ... mod 10; gzipped or not. Returns the path. */
static void write_idx(const char *path, bool zipped, uint32_t magic, const uint32_t *sizes, size_t bytes)
{
    gzFile out = gzopen(path, zipped ? "wb" : "wbT");
    assert_non_null(out);
    for (uint32_t word = magic; word; word = *sizes++) {
        const unsigned char raw[] = {(unsigned char)(word >> 24), (unsigned char)(word >> 16),
                                     (unsigned char)(word >> 8), (unsigned char)word};
        assert_int_equal(gzwrite(out, raw, 4), 4);
    }
    for (size_t k = 0; k < bytes; k++)
        gzputc(out, (int)(k % 10));
    assert_int_equal(gzclose(out), Z_OK);
}
#define SIZES(...) ((const uint32_t[]){__VA_ARGS__, 0})

#define IDX_FILES "idx.train_images=a.idx", "idx.train_labels=b.idx", "idx.test_images=c.idx", "idx.test_labels=d.idx"

/* A good set: 12 + 4 images of 2 x 3. */
static void write_good_idx(bool zipped)
{
    write_idx("a.idx", zipped, 0x803, SIZES(12, 2, 3), 72);
    write_idx("b.idx", zipped, 0x801, SIZES(12), 12);
    write_idx("c.idx", zipped, 0x803, SIZES(4, 2, 3), 24);
    write_idx("d.idx", zipped, 0x801, SIZES(4), 4);
}

static void remove_idx(void)
{
    static const char *const files[] = {"a.idx", "b.idx", "c.idx", "d.idx"};
    for (int k = 0; k < 4; k++)
        unlink(files[k]);
}

static void idx_reads_plain_and_gzipped(void **state)
{
    (void)state;
    for (int zipped = 0; zipped < 2; zipped++) {
        opened o;
        kith_real x[6];
        int32_t label;
        write_good_idx(zipped);
        OPEN(&o, "idx", 1, IDX_FILES, "data.scaling=raw", "partition.kind=sequential", "run.learners=2");
        assert_int_equal(kith_data_shape(o.data)->height, 2);
        assert_int_equal(kith_data_shape(o.data)->width, 3);
        const uint32_t last = 5;
        assert_ok(o.w.ctx, kith_data_visit(o.w.ctx, o.data, 1));
        kith_data_gather(o.data, &last, 1, x, &label); /* example 11: bytes 66..71 mod 10 */
        for (int f = 0; f < 6; f++)
            assert_true(x[f] == (kith_real)((66 + f) % 10));
        assert_int_equal(label, 1);
        kith_data_test(o.data, 3, 1, x, &label);
        assert_int_equal(label, 3);
        finish(&o);
        remove_idx();
    }
}

/* QMNIST's rows of eight integers, of which the first is the class; and integers alone. */
static void idx_labels_may_be_integers(void **state)
{
    (void)state;
    for (uint32_t columns = 1; columns <= 8; columns += 7) {
        opened o;
        unsigned char row[12 * 32] = {0};
        write_good_idx(false);
        for (uint32_t e = 0; e < 12; e++) {
            row[4 * columns * e + 3] = (unsigned char)(e % 3);
            if (columns > 1) row[4 * columns * e + 7] = 200; /* a writer's number */
        }
        FILE *file = fopen("b.idx", "wb");
        const unsigned char head[] = {0, 0, 0x0c, columns > 1 ? 2 : 1, 0, 0, 0, 12, 0, 0, 0, (unsigned char)columns};
        fwrite(head, 1, columns > 1 ? 12 : 8, file);
        fwrite(row, 1, 12 * 4 * columns, file);
        assert_int_equal(fclose(file), 0);
        OPEN(&o, "idx", 1, IDX_FILES, "data.scaling=raw", "partition.kind=sequential", "run.learners=1");
        assert_ok(o.w.ctx, kith_data_visit(o.w.ctx, o.data, 0));
        for (uint32_t e = 0; e < 12; e++) {
            kith_real x[6];
            int32_t label = -1;
            kith_data_gather(o.data, &e, 1, x, &label);
            assert_int_equal(label, e % 3);
        }
        finish(&o);
        row[3] = 11;
        file = fopen("b.idx", "wb");
        fwrite(head, 1, columns > 1 ? 12 : 8, file);
        fwrite(row, 1, 12 * 4 * columns, file);
        fclose(file);
        REFUSED("idx", KITH_EDATA,
                "b.idx: label 11 of example 0 is outside 0..9, and all are from 0 to 11; set idx.first = 0 and "
                "idx.classes = 12, or idx.train_labels to another file",
                IDX_FILES);
        remove_idx();
    }
}

static void damaged_idx_files_are_refused(void **state)
{
    (void)state;
    write_good_idx(false);
    write_idx("a.idx", false, 0x801, SIZES(12), 12);
    REFUSED("idx", KITH_EDATA,
            "a.idx: starts with 0x00000801, not with 0x00000803 as IDX files of images do; set idx.train_images to the "
            "right "
            "file",
            IDX_FILES);
    write_idx("a.idx", false, 0x803, SIZES(12, 2, 3), 50);
    REFUSED("idx", KITH_EDATA,
            "a.idx: truncated, or no IDX file: its header speaks of 12 examples of 6 bytes, and 66 bytes of file "
            "cannot hold "
            "them; fetch the file again",
            IDX_FILES);
    write_idx("a.idx", true, 0x803, SIZES(12, 2, 3), 50);
    REFUSED("idx", KITH_EDATA,
            "a.idx: truncated: its images should have 72 bytes, and there are 50; fetch the file again", IDX_FILES);
    write_idx("a.idx", false, 0x803, SIZES(12, 2, 3), 73);
    REFUSED("idx", KITH_EDATA, "a.idx: goes on after the 12 examples that its header speaks of; fetch the file again",
            IDX_FILES);
    write_idx("a.idx", true, 0x803, SIZES(0xffffffff, 0xffffffff, 0xffffffff), 50);
    struct stat found;
    char message[256];
    assert_int_equal(stat("a.idx", &found), 0);
    snprintf(
        message, sizeof message,
        "a.idx: truncated, or no IDX file: its header speaks of 4294967295 examples of 18446744065119617025 bytes, and "
        "%lld bytes of file cannot hold them; fetch the file again",
        (long long)found.st_size);
    REFUSED("idx", KITH_EDATA, message, IDX_FILES);
    write_idx("a.idx", false, 0x803, SIZES(11, 2, 3), 66);
    REFUSED("idx", KITH_EDATA,
            "a.idx holds 11 examples, but b.idx holds 12 labels; set idx.train_images and idx.train_labels to a pair",
            IDX_FILES);
    write_text("a.idx", "");
    REFUSED("idx", KITH_EDATA,
            "a.idx: truncated: the header should have 4 bytes, and there are 0; fetch the file again", IDX_FILES);
    write_good_idx(false);
    write_idx("c.idx", false, 0x803, SIZES(4, 3, 2), 24);
    REFUSED("idx", KITH_EDATA,
            "a.idx and c.idx hold examples of different shapes; set idx.train_images and idx.test_images to a pair",
            IDX_FILES);
    write_good_idx(false);
    REFUSED("idx", KITH_EDATA,
            "b.idx: label 5 of example 5 is outside 0..4, and all are from 0 to 9; set idx.first = 0 and idx.classes = "
            "10, or "
            "idx.train_labels to another file",
            IDX_FILES, "idx.classes=5");
    unlink("b.idx");
    REFUSED("idx", KITH_EIO,
            "b.idx: No such file or directory; set KITH_DATA to the folder that holds mnist/, or idx.train_labels to "
            "the file",
            IDX_FILES);
    remove_idx();
    REFUSED("idx", KITH_EDATA, ".: not a regular file; set idx.train_images to an IDX file", "idx.train_images=.");
}

/* Sizes of zero cannot be written by write_idx. */
static void idx_files_without_examples_are_refused(void **state)
{
    (void)state;
    static const unsigned char empty[] = {0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3};
    write_good_idx(false);
    FILE *out = fopen("a.idx", "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(empty, 1, sizeof empty, out), sizeof empty);
    fclose(out);
    REFUSED("idx", KITH_EDATA, "a.idx: holds no examples; set idx.train_images to a file that does", IDX_FILES);
    remove_idx();
}

/* One flipped bit in the packed data: zlib's own words for it differ, so only the beginning is looked at. */
static void corrupt_gzip_is_refused(void **state)
{
    (void)state;
    opened o;
    write_good_idx(true);
    FILE *file = fopen("a.idx", "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, -5, SEEK_END), 0); /* within the checksum */
    fputc(0x55, file);
    fclose(file);
    assert_int_equal(try_open(&o, "idx", 1, (const char *const[]){IDX_FILES, NULL}), KITH_EDATA);
    assert_non_null(strstr(kith_ctx_message(o.w.ctx), "a.idx: damaged after "));
    finish(&o);
    remove_idx();
}

/* Real data, where they are. */

static void mnist_is_mnist(void **state)
{
    (void)state;
    static const uint64_t known[] = {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949};
    if (!have("mnist/train-images-idx3-ubyte.gz")) skip();
    opened o;
    uint64_t counts[10];
    OPEN(&o, "idx", 1, "run.learners=1", "data.scaling=standard");
    assert_int_equal(kith_data_total(o.data), 60000);
    assert_int_equal(kith_data_test_size(o.data), 10000);
    assert_ok(o.w.ctx, kith_data_labels(o.w.ctx, o.data, 0, counts));
    assert_memory_equal(counts, known, sizeof known);
    const double deviation = 1.0 / (double)o.data->scale[0];
    assert_close(deviation, 78.567, 0, 5e-4);
    assert_close(-(double)o.data->shift[0] * deviation, 33.318, 0, 5e-4);
    finish(&o);
}

/* The mean of the karate club's points: the first is 1.6243453636632417, and there are 34. */
static void karate_points_are_one_per_learner(void **state)
{
    (void)state;
    if (!have("graphs/karate-points.csv")) skip();
    opened o;
    OPEN(&o, "points", 1, "run.learners=34", "points.file=${KITH_DATA}/graphs/karate-points.csv",
         "partition.kind=sequential");
    kith_real x;
    const uint32_t only = 0;
    assert_int_equal(kith_data_total(o.data), 34);
    assert_ok(o.w.ctx, kith_data_visit(o.w.ctx, o.data, 3));
    kith_data_gather(o.data, &only, 1, &x, NULL);
    assert_close((double)x, -1.0729686221561705, 1e-7, 0);
    finish(&o);
}

int main(void)
{
    find_data_folder();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(synthetic_sizes_follow_their_law),
        cmocka_unit_test(synthetic_inputs_follow_their_law),
        cmocka_unit_test(synthetic_iid_shares_one_rule),
        cmocka_unit_test(synthetic_depends_on_seed_and_learner_only),
        cmocka_unit_test(glyphs_are_balanced_and_repeatable),
        cmocka_unit_test(plain_glyphs_are_told_apart_by_their_mean),
        cmocka_unit_test(points_come_row_by_row),
        cmocka_unit_test(points_from_values_repeat_coordinates),
        cmocka_unit_test(bad_points_are_refused_by_line),
        cmocka_unit_test(idx_reads_plain_and_gzipped),
        cmocka_unit_test(idx_labels_may_be_integers),
        cmocka_unit_test(damaged_idx_files_are_refused),
        cmocka_unit_test(idx_files_without_examples_are_refused),
        cmocka_unit_test(corrupt_gzip_is_refused),
        cmocka_unit_test(mnist_is_mnist),
        cmocka_unit_test(karate_points_are_one_per_learner),
    };
    return cmocka_run_group_tests_name("data sets", tests, NULL, NULL);
}
