#include "opened.h"

#include <kith/random.h>
#include "scratch.h"

/* CSV files as programs and people write them. */

#define ONE "run.learners=1", "partition.kind=sequential", "data.scaling=raw", "csv.train_file=a.csv"

/* Opens a.csv with one learner, and compares features, classes, examples and what is noted. */
typedef struct expected {
    size_t features, classes, examples;
    const char *notes;
} expected;

static void opens(const char *text, const char *const *settings, expected what)
{
    opened o;
    const char *all[16] = {ONE};
    size_t count = 4;
    write_text("a.csv", text);
    for (size_t k = 0; settings[k]; k++)
        all[count++] = settings[k];
    const kith_status status = try_open(&o, "csv", 1, all);
    assert_ok(o.w.ctx, status);
    assert_int_equal(kith_data_shape(o.data)->features, what.features);
    assert_int_equal(kith_data_shape(o.data)->classes, what.classes);
    assert_int_equal(kith_data_total(o.data), what.examples);
    assert_string_equal(kith_ctx_notes(o.w.ctx), what.notes ? what.notes : "");
    finish(&o);
}

#define OPENS(text, features, classes, examples, notes, ...)                                                           \
    opens(text, (const char *const[]){__VA_ARGS__, NULL}, (expected){features, classes, examples, notes})

static void rows_may_begin_with_a_hash(void **state)
{
    (void)state;
    OPENS("user,x,label\n#17,1,a\n#42,2,b\nanna,3,a\n", 1, 2, 3, NULL, "csv.label=label", "csv.user=user");
    OPENS("tag,x\n#up,1\n#down,2\n%,3\n", 1, 3, 3, NULL, "csv.label=tag");
    OPENS("# made by hand\ntag,x\n #more\nup,1\ndown,2\n", 1, 2, 2, NULL, "csv.label=tag", "csv.comment=hash");
    OPENS("% made by hand\ntag,x\n#up,1\ndown,2\n", 1, 2, 2, NULL, "csv.label=tag", "csv.comment=percent");
    write_text("a.csv", "# made by hand\ntag,x\nup,1\n");
    REFUSED(
        "csv", KITH_EDATA,
        "a.csv:2: 2 columns, but the first row has 1; set csv.comment = hash if lines that begin with # are comments",
        ONE, "csv.header=no");
    REFUSED(
        "csv", KITH_ECONFIG,
        "csv.label = tag: a.csv has no such column; its columns are # made by hand; set csv.comment = hash if lines "
        "that begin with # are comments",
        ONE, "csv.label=tag");
    write_text("a.csv", "tag,x\nup,1\n# the rest\ndown,2\n");
    REFUSED(
        "csv", KITH_EDATA,
        "a.csv:3: 1 columns, but the first row has 2; set csv.comment = hash if lines that begin with # are comments",
        ONE, "csv.label=tag");
}

static void a_first_line_with_the_named_column_is_a_header(void **state)
{
    (void)state;
    OPENS("0,1,2,label\n5,6,7,a\n5,6,8,b\n", 3, 2, 2, NULL, "csv.label=label");
    OPENS("label,2019,2020\na,1,2\nb,3,4\n", 2, 2, 2, NULL, "csv.label=label");
    OPENS("2019,2020,2021\n1,2,3\n1,4,5\n", 2, 2, 2, NULL, "csv.label=2021");
    OPENS("0,1,who,label\n5,6,7,1\n5,6,8,2\n", 2, 2, 2, NULL, "csv.label=-1", "csv.user=who");
    OPENS("4,1,5\n1,2,3\n4,1,5\n", 2, 2, 3, NULL, "csv.label=1"); /* a place is no name */
    OPENS("0,1,red\n5,6,blue\n7,8,red\n", 2, 2, 3, NULL, "csv.label=2");
    OPENS("3,1,red\n5,6,blue\n7,8,green\n", 2, 3, 3, NULL, "csv.label=2");
    OPENS("0,1,red\n5,6,blue\n", 2, 2, 2, NULL, "csv.label=2", "csv.header=no");
    static const char *const hidden[] = {"0,1,2,label\n5,6,7,0\n5,6,8,1\n", "0,1,2,kind\n5,6,7,a\n5,6,8,b\n",
                                         "9,8,7,kind\n5,6,7,0\n5,6,8,1\n", "2019,2020,2021,kind\n5,6,7,a\n5,6,8,b\n",
                                         "1,2,kind\n5,6,a\n5,6,b\n5,6,a\n"};
    static const char *const label[] = {"label", "kind", "kind", "kind", "kind"};
    for (size_t k = 0; k < sizeof hidden / sizeof *hidden; k++) {
        char message[200];
        write_text("a.csv", hidden[k]);
        snprintf(message, sizeof message,
                 "a.csv:1: seems to hold the columns' names: no other row has the label '%s'; set csv.header = yes, or "
                 "no",
                 label[k]);
        REFUSED("csv", KITH_EDATA, message, ONE, "csv.label=-1");
    }
}

static void columns_can_be_left_out(void **state)
{
    (void)state;
    OPENS(",x,y,label\n0,5,6,a\n1,7,8,b\n", 2, 2, 2, NULL, "csv.label=label", "csv.drop=0");
    OPENS("id,x,y,label\n0,5,6,a\n1,7,8,b\n", 1, 2, 2, NULL, "csv.label=label", "csv.drop= id , y");
    OPENS("id,x,y,label\nu,5,6,a\nv,7,8,b\n", 2, 2, 2, NULL, "csv.label=label", "csv.drop=-4");
    OPENS(",,y\n0,5,6\n1,7,8\n", 0 + 1, 0, 2, NULL, "csv.drop=0,1");
    OPENS("Unnamed: 0,x,label\n0,5,a\n1,7,b\n", 2, 2, 2,
          "a.csv: column 0, 'Unnamed: 0', seems to hold row numbers; set csv.drop = 0 to leave it out\n",
          "csv.label=label");
    write_text("a.csv", ",x,label\n0,5,a\n1,7,b\n");
    REFUSED("csv", KITH_EDATA,
            "a.csv: column 0 has no name, like the row numbers that pandas writes; set csv.drop = 0 to leave it out, "
            "or name it",
            ONE, "csv.label=label");
    REFUSED("csv", KITH_ECONFIG, "csv.drop = q: a.csv has no such column; its columns are , x, label", ONE,
            "csv.label=label", "csv.drop=0,q");
    REFUSED("csv", KITH_ECONFIG, "csv.drop = 0,label: column 2 is csv.label; name it once", ONE, "csv.label=label",
            "csv.drop=0,label");
    REFUSED("csv", KITH_EDATA, "a.csv: has no column of features beside csv.label and csv.user", ONE, "csv.label=label",
            "csv.drop=0,1");
}

static void missing_values_are_refused_or_dropped(void **state)
{
    (void)state;
    static const char *const marks[] = {"", "?", "NA", "N/A", "NaN", "nan", "null", "None", "#N/A", "<NA>"};
    for (size_t k = 0; k < sizeof marks / sizeof *marks; k++) {
        char text[100], message[200];
        snprintf(text, sizeof text, "x,y,c\n1,2,a\n3,%s,b\n5,6,%s\n7,8,b\n", marks[k], marks[k]);
        OPENS(text, 2, 2, 2, "a.csv: 2 of 4 rows lack a value and are left out, the first in line 3\n", "csv.label=c",
              "csv.missing=drop");
        snprintf(message, sizeof message,
                 "a.csv:3: column 1 (y), '%s', marks a missing value; fill it in, or set csv.missing = drop to leave "
                 "such rows out",
                 marks[k]);
        REFUSED("csv", KITH_EDATA, message, ONE, "csv.label=c");
    }
    OPENS("x,y,c\n1,,a\n3,?,b\n", 1, 2, 2, NULL, "csv.label=c", "csv.drop=y");
    OPENS("x,who,c\n1,NA,a\n3,,b\n4,al,b\n", 1, 2, 2,
          "a.csv: 1 of 3 rows lack a value and are left out, the first in line 3\n", "csv.label=c", "csv.user=who",
          "csv.missing=drop");
    write_text("a.csv", "x,c\n,a\n");
    REFUSED("csv", KITH_EDATA, "a.csv: holds no examples; give it a line for each", ONE, "csv.label=c",
            "csv.missing=drop");
}

static void labels_nearly_all_different_are_no_classes(void **state)
{
    (void)state;
    char text[1000] = "x,price\n";
    for (int row = 0; row < 40; row++)
        sprintf(text + strlen(text), "%d,%d\n", row, 1000 + 7 * row);
    write_text("a.csv", text);
    REFUSED("csv", KITH_EDATA,
            "a.csv: 40 different labels in 40 rows, so they seem to be quantities or names; set csv.target = real, or "
            "class",
            ONE, "csv.label=price");
    OPENS(text, 1, 40, 40, NULL, "csv.label=price", "csv.target=class");
    OPENS(text, 1, 0, 40, NULL, "csv.label=price", "csv.target=real");
}

static void texts_from_elsewhere_are_read(void **state)
{
    (void)state;
    OPENS("x,c\r1,a\r2,b\r", 1, 2, 2, NULL, "csv.label=c");
    OPENS("x,c\r\n1,a\r\n2,b", 1, 2, 2, NULL, "csv.label=c");
    OPENS("\xEF\xBB\xBF\"x\",c\n1,a\n2,b", 1, 2, 2, NULL, "csv.label=c");
    write_text("a.csv", "x,c\n1,a\n\x1b[31m2,b\n");
    REFUSED("csv", KITH_EDATA, "a.csv:3: column 0 (x), '\\x1B[31m2', is not a number", ONE, "csv.label=c");
    write_text("a.csv", "x,c\n\xEF\xBB\xBF"
                        "1,a\n");
    REFUSED("csv", KITH_EDATA, "a.csv:2: column 0 (x), '\\xEF\\xBB\\xBF1', is not a number", ONE, "csv.label=c");
}

/* Valid files with bytes changed, put in and taken out: read or refused with a message, never more. */
static void mutated_files_survive(void **state)
{
    (void)state;
    static const char good[] =
        "\xEF\xBB\xBFid,x,\"y\",who,c\n0,1,2.5,al,a\r\n1,-3,1e3,bo,b\n# note\n2,?,7,\"cy \"\"d\"\"\",a\n";
    kith_stream s = kith_stream_at(3, 1, 4, 1);
    for (int turn = 0; turn < 10000; turn++) {
        char bytes[sizeof good + 16];
        size_t length = sizeof good - 1;
        memcpy(bytes, good, length);
        for (uint64_t changes = 1 + kith_draw_below(&s, 4); changes; changes--) {
            const size_t at = (size_t)kith_draw_below(&s, length);
            switch (kith_draw_below(&s, 3)) {
            case 0:
                bytes[at] = (char)kith_draw_below(&s, 256);
                break;
            case 1:
                memmove(bytes + at, bytes + at + 1, --length - at);
                break;
            default:
                memmove(bytes + at + 1, bytes + at, length++ - at);
                bytes[at] = ",\"\r\n#?-"[kith_draw_below(&s, 7)];
            }
        }
        opened o;
        scratch_write("a.csv", bytes, length);
        const kith_status status =
            try_open(&o, "csv", 1,
                     (const char *const[]){ONE, "csv.label=c", "csv.user=who", "csv.drop=0", "csv.missing=drop",
                                           turn % 2 ? "csv.comment=hash" : "csv.comment=none", NULL});
        assert_true(status == KITH_OK || status == KITH_EDATA || status == KITH_ECONFIG);
        for (const char *at = kith_ctx_message(o.w.ctx); *at; at++)
            assert_true((unsigned char)*at >= ' ');
        assert_true(status == KITH_OK || *kith_ctx_message(o.w.ctx));
        finish(&o);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_enter, scratch_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_may_begin_with_a_hash),
        TEST(a_first_line_with_the_named_column_is_a_header),
        TEST(columns_can_be_left_out),
        TEST(missing_values_are_refused_or_dropped),
        TEST(labels_nearly_all_different_are_no_classes),
        TEST(texts_from_elsewhere_are_read),
        TEST(mutated_files_survive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
