#include "support.h"

#include <kith/lines.h>
#include <kith/random.h>

#include "scratch.h"
#include <stdbool.h>
#include <zlib.h>

/* The one reader of lines that everybody's text files go through. */

static void write_file(const char *path, bool zipped, const void *bytes, size_t length)
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

/* All lines, each with its number before it and a bar behind it. */
static kith_status read_all(kith_ctx *ctx, const char *marks, char *out, size_t size)
{
    kith_lines *lines = NULL;
    char *text = NULL;
    size_t used = 0;
    kith_status status = kith_lines_open(ctx, "t", "some.file", "a text", &lines);
    while (status == KITH_OK) {
        status = marks ? kith_lines_next(ctx, lines, marks, &text) : kith_lines_raw(ctx, lines, &text);
        if (status != KITH_OK || !text) break;
        if (used < size) used += (size_t)snprintf(out + used, size - used, "%zu%s|", kith_lines_number(lines), text);
    }
    kith_lines_close(lines);
    return status;
}

#define BYTES(text) text, sizeof(text) - 1

static void every_way_to_end_a_line_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        const char *raw, *bare;
    } good[] = {
        {BYTES(""), "", ""},
        {BYTES("a"), "1a|", "1a|"},
        {BYTES("a\n"), "1a|", "1a|"},
        {BYTES("a\nb"), "1a|2b|", "1a|2b|"},
        {BYTES("a\r\nb\r\n"), "1a|2b|", "1a|2b|"},
        {BYTES("a\rb\r"), "1a|2b|", "1a|2b|"},
        {BYTES("a\r\rb"), "1a|2|3b|", "1a|3b|"},
        {BYTES("a\n\rb"), "1a|2|3b|", "1a|3b|"},
        {BYTES("a\r\n\r\nb"), "1a|2|3b|", "1a|3b|"},
        {BYTES("a\rb\nc\r\nd"), "1a|2b|3c|4d|", "1a|2b|3c|4d|"},
        {BYTES("\r"), "1|", ""},
        {BYTES("\n\n"), "1|2|", ""},
        {BYTES("\xEF\xBB\xBF"), "", ""},
        {BYTES("\xEF\xBB\xBF"
               "a\n\xEF\xBB\xBF"
               "b\n"),
         "1a|2\xEF\xBB\xBF"
         "b|",
         "1a|2\xEF\xBB\xBF"
         "b|"},
        {BYTES("\xEF\xBB"), "1\xEF\xBB|", "1\xEF\xBB|"},
        {BYTES("# x\n  a b\t\n \t \n%c\nd # e\n"), "1# x|2  a b\t|3 \t |4%c|5d # e|", "2a b|5d|"},
    };
    for (size_t k = 0; k < sizeof good / sizeof *good; k++)
        for (int zipped = 0; zipped < 2; zipped++) {
            kith_ctx *ctx = kith_ctx_create();
            char raw[256] = "", bare[256] = "";
            write_file("t", zipped, good[k].bytes, good[k].length);
            assert_int_equal(read_all(ctx, NULL, raw, sizeof raw), KITH_OK);
            assert_string_equal(raw, good[k].raw);
            assert_int_equal(read_all(ctx, "#%", bare, sizeof bare), KITH_OK);
            assert_string_equal(bare, good[k].bare);
            kith_ctx_destroy(ctx);
        }
}

/* Ends of lines at and around the places where the buffer is filled again. */
static void lines_across_the_buffer_are_whole(void **state)
{
    (void)state;
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    enum { CHUNK = 1 << 16, ROOM = 3 * CHUNK };
    char *bytes = malloc(ROOM);
    assert_non_null(bytes);
    for (int end = 0; end < 3; end++)
        for (size_t first = CHUNK - 4; first < CHUNK + 4; first++) {
            kith_ctx *ctx = kith_ctx_create();
            kith_lines *lines = NULL;
            char *text = NULL;
            memset(bytes, 'x', first);
            const size_t length = first + (size_t)sprintf(bytes + first, "%sy%s%sz", ends[end], ends[end], ends[end]);
            write_file("t", end == 1, bytes, length);
            assert_int_equal(kith_lines_open(ctx, "t", "k", "f", &lines), KITH_OK);
            const size_t expected[] = {first, 1, 0, 1};
            for (size_t k = 0; k < 4; k++) {
                assert_int_equal(kith_lines_raw(ctx, lines, &text), KITH_OK);
                assert_non_null(text);
                assert_int_equal(strlen(text), expected[k]);
            }
            assert_int_equal(kith_lines_raw(ctx, lines, &text), KITH_OK);
            assert_null(text);
            kith_lines_close(lines);
            kith_ctx_destroy(ctx);
        }
    free(bytes);
}

static void refuse(const char *message, kith_status status)
{
    kith_ctx *ctx = kith_ctx_create();
    char text[256] = "";
    assert_int_equal(read_all(ctx, "#", text, sizeof text), status);
    assert_string_equal(kith_ctx_message(ctx), message);
    kith_ctx_destroy(ctx);
}

static void what_is_no_text_is_refused(void **state)
{
    (void)state;
    unlink("t");
    refuse("t: No such file or directory; set some.file to the file", KITH_EIO);
    assert_int_equal(mkdir("t", 0700), 0);
    refuse("t: not a regular file; set some.file to a text", KITH_EDATA);
    assert_int_equal(rmdir("t"), 0);
    write_file("t", false, BYTES("a\rb\0c\n"));
    refuse("t:2: holds a zero byte, so it is no text", KITH_EDATA);
    write_file("t", false,
               BYTES("\xFF\xFE"
                     "a\0"));
    refuse("t: its first bytes are those of UTF-16; save it as UTF-8", KITH_EDATA);
    write_file("t", false, BYTES("\xFE\xFF\0a"));
    refuse("t: its first bytes are those of UTF-16; save it as UTF-8", KITH_EDATA);
}

/* A gzip file that was cut off ended like a shorter one. */
static void truncated_gzip_files_are_refused(void **state)
{
    (void)state;
    char bytes[4096], packed[8192];
    kith_stream s = kith_stream_at(1, 2, 3, 4);
    for (size_t k = 0; k < sizeof bytes; k++)
        bytes[k] = k % 20 == 19 ? '\n' : (char)('a' + kith_draw_below(&s, 26));
    write_file("t", true, bytes, sizeof bytes);
    FILE *file = fopen("t", "rb");
    assert_non_null(file);
    const size_t length = fread(packed, 1, sizeof packed, file);
    fclose(file);
    for (size_t cut = 1; cut < length - 20; cut += 97) {
        kith_ctx *ctx = kith_ctx_create();
        char text[8192] = "";
        write_file("t", false, packed, length - cut);
        assert_int_equal(read_all(ctx, "", text, sizeof text), KITH_EDATA);
        assert_non_null(strstr(kith_ctx_message(ctx), "the file ends too early; fetch the file again"));
        kith_ctx_destroy(ctx);
    }
}

/* Whatever a file holds, a message shows it on one line, and the terminal gets nothing of it raw. */
static void messages_show_what_cannot_be_seen(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
    } word[] = {
        {"plain 'x' \\ ~", "plain 'x' \\ ~"},
        {"a\tb\nc\rd", "a\\tb\\nc\\rd"},
        {"\x1b[31mred\x7f\x01", "\\x1B[31mred\\x7F\\x01"},
        {"\xEF\xBB\xBF"
         "a",
         "\\xEF\\xBB\\xBF"
         "a"},
        {"\xC3\xB6 \xE2\x80\x9C \xF0\x9F\x98\x80", "\xC3\xB6 \xE2\x80\x9C \xF0\x9F\x98\x80"},
        {"\xC2\x9B"
         "1m",
         "\\xC2\\x9B1m"},
        {"\xF6l \xE2\x80", "\\xF6l \\xE2\\x80"},
        {"\xC0\x80 \xED\xA0\x80 \xF4\x90\x80\x80", "\\xC0\\x80 \\xED\\xA0\\x80 \\xF4\\x90\\x80\\x80"},
    };
    for (size_t k = 0; k < sizeof word / sizeof *word; k++) {
        kith_ctx *ctx = kith_ctx_create();
        kith_note(ctx, "%s", word[k].text);
        assert_int_equal(kith_fail(ctx, KITH_EDATA, "%s", word[k].text), KITH_EDATA);
        assert_string_equal(kith_ctx_message(ctx), word[k].shown);
        assert_int_equal(strlen(kith_ctx_notes(ctx)), strlen(word[k].shown) + 1);
        assert_memory_equal(kith_ctx_notes(ctx), word[k].shown, strlen(word[k].shown));
        kith_ctx_destroy(ctx);
    }
    char long_text[2000];
    memset(long_text, '\x1b', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    kith_ctx *ctx = kith_ctx_create();
    assert_int_equal(kith_fail(ctx, KITH_EDATA, "%s", long_text), KITH_EDATA);
    assert_null(strchr(kith_ctx_message(ctx), '\x1b'));
    assert_non_null(strstr(kith_ctx_message(ctx), " ... "));
    kith_ctx_destroy(ctx);
}

/* Random bytes from those that matter, read as a naive reader would. */
static void random_texts_have_the_lines_of_a_naive_reader(void **state)
{
    (void)state;
    static const char alphabet[] = "a\r\n\r\n #,\xEF\xBB\xBF";
    kith_stream s = kith_stream_at(7, 7, 7, 7);
    for (int turn = 0; turn < 10000; turn++) {
        char bytes[32], expected[512] = "", found[512] = "";
        const size_t length = kith_draw_below(&s, sizeof bytes);
        for (size_t k = 0; k < length; k++)
            bytes[k] = alphabet[kith_draw_below(&s, sizeof alphabet - 1)];
        size_t used = 0, number = 0;
        for (size_t at = length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0; at < length;) {
            used += (size_t)snprintf(expected + used, sizeof expected - used, "%zu", ++number);
            while (at < length && bytes[at] != '\r' && bytes[at] != '\n')
                expected[used++] = bytes[at++];
            expected[used++] = '|';
            at += at + 1 < length && bytes[at] == '\r' && bytes[at + 1] == '\n' ? 2 : 1;
        }
        write_file("t", turn % 16 == 0, bytes, length);
        kith_ctx *ctx = kith_ctx_create();
        /* two bytes that gzip and UTF-16 start with do not occur */
        assert_int_equal(read_all(ctx, NULL, found, sizeof found), KITH_OK);
        assert_string_equal(found, expected);
        kith_ctx_destroy(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_way_to_end_a_line_is_read, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(lines_across_the_buffer_are_whole, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(what_is_no_text_is_refused, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(truncated_gzip_files_are_refused, scratch_enter, scratch_leave),
        cmocka_unit_test(messages_show_what_cannot_be_seen),
        cmocka_unit_test_setup_teardown(random_texts_have_the_lines_of_a_naive_reader, scratch_enter, scratch_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
