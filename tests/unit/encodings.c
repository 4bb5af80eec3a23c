#include "opened.h"

#include "scratch.h"

/* Plays in the encodings and with the line ends that people have. */

#define HOW "text.file=t", "text.length=4", "text.least=5", "text.test_share=0", "run.learners=2"

/* Windows, classes, and the codes of the first learner's first window. */
static void reads(const char *text, const char *setting, size_t windows, size_t classes, const char *codes)
{
    opened o;
    kith_real x[5];
    int32_t label = -1;
    const uint32_t first = 0;
    char found[100] = "";
    write_text("t", text);
    OPEN(&o, "text", 1, HOW, "partition.kind=natural", "data.scaling=raw", setting);
    assert_int_equal(kith_data_total(o.data), windows);
    assert_int_equal(kith_data_shape(o.data)->classes, classes);
    assert_ok(o.w.ctx, kith_data_visit(o.w.ctx, o.data, 0));
    kith_data_gather(o.data, &first, 1, x, &label);
    for (size_t k = 0; k < 5; k++)
        sprintf(found + strlen(found), "%g ", (double)x[k]);
    assert_string_equal(found, codes);
    assert_int_equal(label, (int)x[4]);
    finish(&o);
}

static void marks_and_line_ends_are_no_characters(void **state)
{
    (void)state;
    static const char *const same[] = {
        "ANN:\nabcdef\nabcdef\n\nBO:\nabcabc\n",
        "\xEF\xBB\xBF"
        "ANN:\nabcdef\nabcdef\n\nBO:\nabcabc\n",
        "ANN:\r\nabcdef\r\nabcdef\r\n\r\nBO:\r\nabcabc\r\n",
        "ANN:\rabcdef\rabcdef\r\rBO:\rabcabc\r",
        "ANN: \nabcdef\nabcdef\n \t\nBO:  \nabcabc\n",
        "\xEF\xBB\xBF"
        "ANN:\r\nabcdef\rabcdef\n\r\nBO:\rabcabc\n",
    };
    /* \n : A B N O a ... f */
    for (size_t k = 0; k < sizeof same / sizeof *same; k++)
        reads(same[k], "text.characters=utf8", 4, k == 4 ? 14 : 12, k == 4 ? "8 9 10 11 12 " : "6 7 8 9 10 ");
}

static void characters_of_utf8_count_once(void **state)
{
    (void)state;
    static const char text[] = "ANN:\n\xC3\xB6\xE2\x80\x9C\xF0\x9F\x98\x80"
                               "ab\xC3\xB6\xE2\x80\x9C\n\nBO:\nababab\n";
    /* \n : A B N O a b, then U+00F6, U+201C, U+1F600 */
    reads(text, "text.characters=utf8", 2, 11, "8 9 10 6 7 ");
    reads(text, "text.characters=bytes", 5, 16, "13 12 14 8 10 ");
    /* as many windows as in ASCII: Greek, Cyrillic, Chinese with a mark in front */
    static const char *const same[] = {
        "ANN:\nabcdefgha\n\nBO:\nababab\n",
        "ANN:\n\u03b1\u03b2\u03b3\u03b4\u03b5\u03b6\u03b7\u03b8\u03b1\n\nBO:\n\u03b1\u03b2\u03b1\u03b2\u03b1\u03b2\n",
        "ANN:\n\u0430\u0431\u0432\u0433\u0434\u0435\u0436\u0437\u0430\n\nBO:\n\u0430\u0431\u0430\u0431\u0430\u0431\n",
        ("\ufeffANN:\r\n\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e00\r\n\r\nBO:"
         "\r\n\u4e00\u4e8c\u4e00\u4e8c\u4e00\u4e8c\r\n"),
    };
    for (size_t k = 0; k < 3; k++)
        reads(same[k], "text.characters=utf8", 3, 14, "6 7 8 9 10 ");
    reads(same[3], "text.characters=utf8", 3, 14, "6 9 8 13 10 ");
}

static void what_is_no_utf8_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned byte;
        size_t column;
    } bad[] = {
        {"ANN:\nab\xF6l\n", 0xf6, 3},      {"ANN:\nabc\xE2\x80\n", 0xe2, 4},       {"ANN:\n\xC0\x80\n", 0xc0, 1},
        {"ANN:\n\xED\xA0\x80\n", 0xed, 1}, {"ANN:\na\xF4\x90\x80\x80\n", 0xf4, 2}, {"ANN:\n\xE0\x80\x80\n", 0xe0, 1},
        {"ANN:\n\xFFx\n", 0xff, 1},
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        char message[200];
        write_text("t", bad[k].text);
        snprintf(message, sizeof message,
                 "t:2: byte 0x%02x in column %zu is no UTF-8; save the file as UTF-8, or set text.characters = bytes",
                 bad[k].byte, bad[k].column);
        REFUSED("text", KITH_EDATA, message, HOW);
    }
    char text[2000] = "ANN:\n";
    for (unsigned c = 0x4e00; c < 0x4e00 + 260; c++)
        sprintf(text + strlen(text), "%c%c%c%s", 0xe0 | c >> 12, 0x80 | (c >> 6 & 0x3f), 0x80 | (c & 0x3f),
                c % 50 ? "" : "\n");
    write_text("t", text);
    REFUSED("text", KITH_EDATA, "t:7: more than 256 different characters up to here; set text.characters = bytes", HOW);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_enter, scratch_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(marks_and_line_ends_are_no_characters),
        TEST(characters_of_utf8_count_once),
        TEST(what_is_no_utf8_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
