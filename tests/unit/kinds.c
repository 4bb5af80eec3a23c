/* Faults that one reader or engine had once, looked for in the others: column names, row numbers, quantities that are
 * taken for classes, huge features, edges of weight 0. docs/testing.md has the table. */
#include "opened.h"

#include "engine/decentralized/gossip.h"
#include "scratch.h"
#include <kith/graph.h>

#define ONE "run.learners=1", "partition.kind=sequential", "data.scaling=raw"

static void expect_notes(const char *notes, const char *id, const char *const *settings)
{
    opened o;
    const kith_status status = try_open(&o, id, 1, settings);
    assert_ok(o.w.ctx, status);
    assert_string_equal(kith_ctx_notes(o.w.ctx), notes);
    finish(&o);
}

#define NOTES(notes, id, ...) expect_notes(notes, id, (const char *const[]){__VA_ARGS__, NULL})

/* An array of `count` numbers of some type, (rows) or (rows, columns). */
static void write_npy(const char *path, const char *descr, size_t rows, size_t columns, const void *bytes, size_t size)
{
    char file[2048], shape[40];
    memset(file, ' ', 128);
    memcpy(file, "\x93NUMPY\x01\x00\x76\x00", 10);
    snprintf(shape, sizeof shape, columns > 1 ? "(%zu, %zu)" : "(%zu,)", rows, columns);
    const int used = sprintf(file + 10, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape);
    file[10 + used] = ' ';
    file[127] = '\n';
    memcpy(file + 128, bytes, size);
    scratch_write(path, file, 128 + size);
}

static void points_have_names_of_columns(void **state)
{
    (void)state;
    static const char *const plain[] = {"x,y\n1,2\n3,4\n", "1,2\n3,4\n", "# x,y\n1,2\n3,4\n",
                                        "\xEF\xBB\xBFx,y\r\n1,2\r\n3,4", "0,2\n1,1\n"};
    static const char *const unnamed[] = {",x,y\n0,1,2\n1,3,4\n", "x,,y\n1,0,2\n", "\"\",x\n0,1\n"};
    static const size_t column[] = {0, 1, 0};
    static const char *const counted[] = {"0,1\n5,6\n7,8\n", "0,1,2\n5,6,7\n", "0, 1 ,2,3\n5,6,7,8\n"};
    static const size_t last[] = {1, 2, 3};
    for (size_t k = 0; k < sizeof plain / sizeof *plain; k++) {
        opened o;
        write_text("p", plain[k]);
        OPEN(&o, "points", 1, "points.file=p", ONE);
        assert_int_equal(kith_data_total(o.data), 2);
        assert_string_equal(kith_ctx_notes(o.w.ctx), "");
        finish(&o);
    }
    for (size_t k = 0; k < 3; k++) {
        char message[200];
        write_text("p", unnamed[k]);
        snprintf(message, sizeof message,
                 "p:1: column %zu has no name, like the row numbers that pandas writes; write the file without it "
                 "(index=False), or name it",
                 column[k]);
        REFUSED("points", KITH_EDATA, message, "points.file=p", ONE);
        write_text("p", counted[k]);
        snprintf(message, sizeof message,
                 "p:1: 0 to %zu are taken for a point; take the line away if they name the columns\n", last[k]);
        NOTES(message, "points", "points.file=p", ONE);
    }
}

static void labels_that_are_all_the_same(void **state)
{
    (void)state;
    write_text("p", "1,0\n2,0\n3,0\n");
    NOTES("points: all 3 training examples have the same label, so there is nothing to tell apart\n", "points",
          "points.file=p", "points.label_column=1", ONE);
    NOTES("points: all 3 training examples have the same label, so there is nothing to tell apart\n", "points",
          "points.file=p", "points.label_column=1", "points.classes=2", ONE);
    write_text("p", "1,0\n2,1\n3,0\n");
    NOTES("", "points", "points.file=p", "points.label_column=1", ONE);
}

static void labels_that_seem_to_be_quantities(void **state)
{
    (void)state;
    char text[1000] = "", lines[1000] = "";
    int32_t y[42];
    float x[42];
    for (int e = 0; e < 42; e++) {
        y[e] = 100 + 5 * e % 43;
        x[e] = (float)e;
        sprintf(text + strlen(text), "%d,%d\n", e, y[e]);
        sprintf(lines + strlen(lines), "%d 1:%d\n", y[e], e);
    }
    write_npy("x.npy", "<f4", 42, 1, x, sizeof x);
    write_npy("y.npy", "<i4", 42, 1, y, sizeof y);
    write_text("p", text);
    write_text("s", lines);
    NOTES("npy: 42 different labels in 42 training examples, so they seem to be quantities or names, and each is taken "
          "for a class\n",
          "npy", "npy.train_features=x.npy", "npy.train_labels=y.npy", ONE);
    NOTES("points: 42 different labels in 42 training examples, so they seem to be quantities or names, and each is "
          "taken for a class\n",
          "points", "points.file=p", "points.label_column=1", ONE);
    REFUSED("libsvm", KITH_EDATA,
            "s: 42 different labels in 42 rows, so they seem to be quantities or names; set libsvm.target = real, or "
            "class",
            "libsvm.train_file=s", ONE);
    NOTES("", "libsvm", "libsvm.train_file=s", "libsvm.target=class", ONE);
    for (int e = 0; e < 42; e++)
        y[e] %= 21;
    write_npy("y.npy", "<i4", 42, 1, y, sizeof y);
    NOTES("", "npy", "npy.train_features=x.npy", "npy.train_labels=y.npy", ONE);
    write_npy("y.npy", "<i4", 20, 1,
              (const int32_t[20]){19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 80);
    write_npy("x.npy", "<f4", 20, 1, x, 80);
    NOTES("", "npy", "npy.train_features=x.npy", "npy.train_labels=y.npy", ONE);
    write_text("p", "1,0\n2,1.5\n");
    REFUSED("points", KITH_EDATA, "p:2: column 1, '1.5', is not a label: 0, 1, 2, ...", "points.file=p",
            "points.label_column=1", ONE);
    write_npy("y.npy", "<f4", 20, 1, x, 80);
    REFUSED("npy", KITH_EDATA, "y.npy: holds labels of type <f4; save them with .astype('<i8')",
            "npy.train_features=x.npy", "npy.train_labels=y.npy", ONE);
}

#define HUGE_FEATURE(id, feature, example, value)                                                                      \
    id ": feature " feature " of example " example " is " value ", which makes losses that are not finite; set "       \
       "data.scaling = feature, or correct or leave out what is no feature\n"

static void huge_features_are_named_in_every_reader(void **state)
{
    (void)state;
    const float single[6] = {1, 2, 3, -1e30f, 5, 6};
    const double wide[6] = {1, 2, 3, 4, 5, 2.5e8};
    write_npy("x.npy", "<f4", 3, 2, single, sizeof single);
    NOTES(HUGE_FEATURE("npy", "1", "1", "-1e+30"), "npy", "npy.train_features=x.npy", ONE);
    NOTES("", "npy", "npy.train_features=x.npy", "run.learners=1", "data.scaling=feature");
    write_npy("x.npy", "<f8", 3, 2, wide, sizeof wide);
    NOTES(HUGE_FEATURE("npy", "1", "2", "2.5e+08"), "npy", "npy.train_features=x.npy", ONE);
    write_text("s", "1 1:1 3:2e9\n-1 2:1 3:1\n");
    NOTES(HUGE_FEATURE("libsvm", "2", "0", "2e+09"), "libsvm", "libsvm.train_file=s", ONE);
    write_text("p", "1,2\n1400000000,1\n");
    NOTES(HUGE_FEATURE("points", "0", "1", "1.4e+09"), "points", "points.file=p", ONE);
    write_text("c", "id,x,c\n1400000000,1,a\n1400000002,2,b\n1500000000,2,b\n");
    NOTES(HUGE_FEATURE("csv", "0", "2", "1.5e+09"), "csv", "csv.train_file=c", "csv.label=c", ONE);
    NOTES("", "csv", "csv.train_file=c", "csv.label=c", "csv.drop=id", ONE);
    NOTES("", "csv", "csv.train_file=c", "csv.label=c", "csv.user=id", ONE);
    write_text("p", "1,99999000\n2,1\n");
    NOTES("", "points", "points.file=p", ONE);
}

/* The class of each example, and its first two features. */
static void expect_examples(opened *o, const char *expected)
{
    char found[200] = "";
    for (uint32_t e = 0; e < kith_data_total(o->data); e++) {
        kith_real x[8];
        int32_t label = -1;
        assert_ok(o->w.ctx, kith_data_visit(o->w.ctx, o->data, 0));
        kith_data_gather(o->data, &e, 1, x, &label);
        sprintf(found + strlen(found), "%d:%g,%g ", label, (double)x[0], (double)x[1]);
    }
    assert_string_equal(found, expected);
    finish(o);
}

static void sparse_rows_count_from_zero_or_one(void **state)
{
    (void)state;
    static const struct {
        const char *text, *first, *features, *found;
    } files[] = {
        {"+1 0:0.5 1:2\n-1 1:3\n", "libsvm.first=0", "libsvm.features=0", "1:0.5,2 0:0,3 "},
        {"# zero_based=True\n0 0:5\n1 2:7\n2\n", "libsvm.first=0", "libsvm.features=0", "0:5,0 1:0,0 2:0,0 "},
        {"0 0:5 1:6\r\n1 1:7\r\n", "libsvm.first=0", "libsvm.features=4", "0:5,6 1:0,7 "},
        {"0 1:5 2:6\n1 2:7\n", "libsvm.first=1", "libsvm.features=0", "0:5,6 1:0,7 "},
        {"0 1:5 2:6\n1 2:7\n", "libsvm.first=0", "libsvm.features=0", "0:0,5 1:0,0 "},
    };
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        opened o;
        write_text("s", files[k].text);
        OPEN(&o, "libsvm", 1, "libsvm.train_file=s", files[k].first, files[k].features, ONE);
        expect_examples(&o, files[k].found);
    }
    static const char *const zero[] = {"1 0:1\n", "1 0:1 1:2 # a\n2 1:1\n", "\n# c\n1 0:0\n"};
    static const char *const where[] = {"s:1: item 1, '0:1'", "s:1: item 1, '0:1'", "s:3: item 1, '0:0'"};
    for (size_t k = 0; k < 3; k++) {
        char message[200];
        write_text("s", zero[k]);
        snprintf(message, sizeof message, "%s, has index 0, but indices start from 1; set libsvm.first = 0", where[k]);
        REFUSED("libsvm", KITH_EDATA, message, "libsvm.train_file=s", ONE);
    }
}

#define PAIR "idx.train_images=i", "idx.test_images=i", "idx.train_labels=l", "idx.test_labels=l", ONE

/* Four labels, as bytes or as rows of integers of 32 bits of which the first counts. */
static void write_labels(const unsigned char *label, size_t columns)
{
    unsigned char file[16 + 4 * 4 * 8] = {0, 0, columns ? 0x0c : 8, columns > 1 ? 2 : 1, 0, 0, 0, 4};
    size_t size = 8;
    if (columns > 1) file[11] = (unsigned char)columns;
    if (columns > 1) size += 4;
    for (size_t e = 0; e < 4; e++) {
        file[size + (columns ? 3 : 0)] = label[e];
        size += columns ? 4 * columns : 1;
    }
    scratch_write("l", file, size);
}

static void labels_of_idx_files(void **state)
{
    (void)state;
    static const struct {
        unsigned char label[4];
        size_t columns;
        const char *first, *classes, *found;
    } files[] = {
        {{1, 26, 13, 2}, 0, "idx.first=1", "idx.classes=26", "0:0,1 25:2,3 12:4,5 1:6,7 "},
        {{0, 46, 1, 2}, 0, "idx.first=0", "idx.classes=47", "0:0,1 46:2,3 1:4,5 2:6,7 "},
        {{200, 255, 201, 202}, 0, "idx.first=200", "idx.classes=56", "0:0,1 55:2,3 1:4,5 2:6,7 "},
        {{9, 0, 8, 7}, 8, "idx.first=0", "idx.classes=10", "9:0,1 0:2,3 8:4,5 7:6,7 "},
        {{9, 0, 8, 7}, 1, "idx.first=0", "idx.classes=10", "9:0,1 0:2,3 8:4,5 7:6,7 "},
        {{1, 2, 3, 4}, 2, "idx.first=1", "idx.classes=4", "0:0,1 1:2,3 2:4,5 3:6,7 "},
    };
    static const struct {
        unsigned char label[4];
        size_t columns;
        const char *message;
    } bad[] = {
        {{1, 26, 13, 2},
         0,
         "l: label 26 of example 1 is outside 0..9, and all are from 1 to 26; set idx.first = 1 and idx.classes = 26, "
         "or "
         "idx.train_labels to another file"},
        {{0, 61, 3, 3},
         0,
         "l: label 61 of example 1 is outside 0..9, and all are from 0 to 61; set idx.first = 0 and idx.classes = 62, "
         "or "
         "idx.train_labels to another file"},
        {{1, 2, 3, 10},
         8,
         "l: label 10 of example 3 is outside 0..9, and all are from 1 to 10; set idx.first = 1 and idx.classes = 10, "
         "or "
         "idx.train_labels to another file"},
    };
    scratch_write("i", "\0\0\x08\2\0\0\0\4\0\0\0\2\0\1\2\3\4\5\6\7", 20);
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        opened o;
        write_labels(files[k].label, files[k].columns);
        OPEN(&o, "idx", 1, PAIR, files[k].first, files[k].classes);
        expect_examples(&o, files[k].found);
    }
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        write_labels(bad[k].label, bad[k].columns);
        REFUSED("idx", KITH_EDATA, bad[k].message, PAIR);
    }
}

static void labels_far_beyond_the_examples(void **state)
{
    (void)state;
    static const int64_t y[][3] = {{83886081, 0, 1}, {0, 1, 2000000000}, {0, 1003, 2}, {5, 1002, 1002}};
    static const int where[] = {0, 2, 1, -1};
    const unsigned char x[3] = {1, 2, 3};
    write_npy("x.npy", "|u1", 3, 1, x, 3);
    for (size_t k = 0; k < sizeof y / sizeof *y; k++) {
        char message[200], text[100];
        const long long label = where[k] < 0 ? 0 : y[k][where[k]];
        write_npy("y.npy", "<i8", 3, 1, y[k], sizeof y[k]);
        snprintf(text, sizeof text, "7,%lld\n8,%lld\n9,%lld\n", (long long)y[k][0], (long long)y[k][1],
                 (long long)y[k][2]);
        write_text("p", text);
        if (where[k] < 0) {
            NOTES("", "npy", "npy.train_features=x.npy", "npy.train_labels=y.npy", ONE);
            NOTES("", "points", "points.file=p", "points.label_column=1", ONE);
            continue;
        }
        snprintf(message, sizeof message,
                 "y.npy: label %lld of example %d is far beyond 3 examples; correct it, or set npy.classes = %lld",
                 label, where[k], label + 1);
        REFUSED("npy", KITH_EDATA, message, "npy.train_features=x.npy", "npy.train_labels=y.npy", ONE);
        snprintf(message, sizeof message,
                 "p:%d: label %lld is far beyond 3 points; correct it, or set points.classes = %lld", where[k] + 1,
                 label, label + 1);
        REFUSED("points", KITH_EDATA, message, "points.file=p", "points.label_column=1", ONE);
    }
}

/* ---- edges of weight 0 in the rows of a topology ---- */

enum { N = 4 };

/* Node i hears itself and the next one, from whom nothing comes if there is a 0 for i. */
static kith_status hears_next(void *self, kith_ctx *ctx, kith_row *r)
{
    const double heard = ((const double *)self)[r->node];
    const uint32_t next = (uint32_t)((r->node + 1) % N);
    (void)ctx;
    r->count = 2;
    for (int k = 0; k < 2; k++) {
        r->from[k] = (next == 0) == (k == 0) ? next : (uint32_t)r->node;
        r->weight[k] = r->from[k] == next ? heard : 1 - heard;
    }
    return KITH_OK;
}

static uint32_t promises(const void *self)
{
    (void)self;
    return KITH_STATIC | KITH_ROW_STOCHASTIC;
}

static void silent_edges_are_none(void **state)
{
    (void)state;
    static const double heard[][N] = {{0.5, 0.5, 0.5, 0.5}, {0.5, 0, 0.5, 0.5}, {0, 0, 0, 0}, {1, 1, 1, 0}};
    static const size_t edges[] = {4, 3, 0, 3};
    const kith_topology ops = {.properties = promises, .row = hears_next};
    const kith_plugin plugin = {.id = "next", .ops = &ops};
    kith_ctx *ctx = kith_ctx_create();
    for (size_t k = 0; k < 4; k++) {
        double own[N];
        memcpy(own, heard[k], sizeof own);
        kith_graph *g = NULL;
        assert_ok(ctx, kith_graph_of(ctx, &ops, own, N, 0, &g));
        assert_int_equal(g->start[N], edges[k] + N);
        assert_int_equal((g->properties & KITH_CONNECTED) != 0, k == 0);
        kith_graph_free(g);
        const kith_instance topology = {.plugin = &plugin, .self = own};
        kith_gossip_graph drawn = {0};
        assert_ok(ctx, kith_gossip_graph_open(ctx, &topology, N, &drawn));
        assert_ok(ctx, kith_gossip_graph_draw(ctx, &drawn, 0));
        assert_true(drawn.edges == (double)edges[k]);
        for (size_t i = 0; i < N; i++)
            assert_int_equal(drawn.heard[i], heard[k][(i + N - 1) % N] > 0);
        kith_gossip_graph_close(&drawn);
    }
    kith_ctx_destroy(ctx);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_enter, scratch_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(points_have_names_of_columns),       TEST(labels_that_are_all_the_same),
        TEST(labels_that_seem_to_be_quantities),  TEST(huge_features_are_named_in_every_reader),
        TEST(sparse_rows_count_from_zero_or_one), TEST(labels_of_idx_files),
        TEST(labels_far_beyond_the_examples),     TEST(silent_edges_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
