/* Values of any length, in one line and over several. */
#include "support.h"

#include "base/shorten.h"
#include "configs.h"
#include <kith/random.h>

typedef struct values {
    int64_t seed;
    const char *name, *folder;
    kith_reals list;
} values;

static const kith_param rows[] = {
    {"seed", KITH_TYPE_INT, 0, offsetof(values, seed), "1", "0..", "", "Where all random numbers start."},
    {"name", KITH_TYPE_STRING, 0, offsetof(values, name), "", "", "", "What to call it."},
    {"folder", KITH_TYPE_PATH, 0, offsetof(values, folder), "", "", "", "Where the data is."},
    {"list", KITH_TYPE_REALS, 0, offsetof(values, list), "", "[0,1e9]", "", "Some numbers."},
};
enum { ROWS = sizeof rows / sizeof rows[0], MEGABYTE = 1 << 20 };

static kith_status bind(values *out)
{
    return kith_config_bind(ctx, config, "run", rows, ROWS, true, out);
}

/* The file says "name = ..." in [run], which comes to this value. */
static void comes_to(const char *text, const char *name)
{
    values v;
    assert_ok(ctx, read_text(text));
    assert_ok(ctx, bind(&v));
    assert_ok(ctx, kith_config_finish(ctx, config));
    assert_string_equal(v.name, name);
    again();
}

/* Writes the bound configuration and reads it back in the place of the first. */
static void write_and_read(void)
{
    FILE *out = fopen("copy.ini", "w");
    assert_ok(ctx, kith_config_write(ctx, config, out, true));
    assert_int_equal(fclose(out), 0);
    kith_config_destroy(config);
    assert_ok(ctx, kith_config_create(ctx, &config));
    assert_ok(ctx, kith_config_read(ctx, config, "copy.ini"));
}

static void indented_lines_go_on(void **state)
{
    (void)state;
    comes_to("[run]\nname = conv 8 3,\n  relu,\n\tdense\nseed = 3\n", "conv 8 3, relu, dense");
    comes_to("[run]\nname =\n  a\n  b\n", "a b");
    comes_to("[run]\nname = ; nothing yet\n  a ; one\n  b;c ; two\n", "a b;c");
    comes_to("[run]\nname: a\n    b", "a b");
    comes_to("[run]\r\nname = a\r\n  b\t \r\n  c\r\n", "a b c");
    comes_to("\xef\xbb\xbf[run]\nname = a \n \t b  c \n", "a b  c");
    comes_to("\xEF\xBB\xBF[run]\nname = a\n", "a");
    comes_to("\xEF\xBB\xBF[run]\r\nname = a\r\n", "a");
    comes_to("\xEF\xBB\xBF# all\n[run]\nname = a", "a");
    comes_to("[run]\nname = a\n# a comment\n  ; another\n  # and one more\n  b\n", "a b");
    comes_to("[run]\nname = a\n\n[run]\nseed = 3\n", "a");
}

static void what_looks_like_a_key_goes_on_within_brackets_and_marks(void **state)
{
    (void)state;
    comes_to("[run]\nname = random-peer(\n  rate = 0.2,\n  seed=1)\n", "random-peer( rate = 0.2, seed=1)");
    comes_to("[run]\nname = a [ { (b)\n  x: y\n", "a [ { (b) x: y");
    comes_to("[run]\nname = \"a,\n  x = y\"\n", "\"a, x = y\"");
    comes_to("[run]\nname = a)\n  (x = y)\n  http://z\n  x-y z = 2\n", "a) (x = y) http://z x-y z = 2");
}

static void lines_that_go_on_with_nothing(void **state)
{
    (void)state;
#define GOES_ON_WITH_NOTHING "the line is indented, and right above it is no value to go on with; take the blanks away"
    file_refused("[run]\n\tseed = 3\n", "exp.ini:2: " GOES_ON_WITH_NOTHING);
    file_refused("  [run]\n", "exp.ini:1: " GOES_ON_WITH_NOTHING);
    file_refused("[run]\nname = a\n\n  b\n", "exp.ini:4: " GOES_ON_WITH_NOTHING);
    file_refused("[run]\nname = a\n \t\n  b\n", "exp.ini:4: " GOES_ON_WITH_NOTHING);
    file_refused("[run]\nname = a\n[local]\n  b\n", "exp.ini:4: " GOES_ON_WITH_NOTHING);
#define LOOKS_LIKE_A_KEY                                                                                               \
    "the line is indented, which goes on with run.name, but looks like a key of its own; take the blanks away, or "    \
    "move its first word one line up"
    file_refused("[run]\nname = a\n  seed = 3\n", "exp.ini:3: " LOOKS_LIKE_A_KEY);
    file_refused("[run]\nname = a\n  seed: 3\n", "exp.ini:3: " LOOKS_LIKE_A_KEY);
    file_refused("[run]\nname = (a)\n  local.lr=3\n", "exp.ini:3: " LOOKS_LIKE_A_KEY);
    file_refused("[run]\nname = a\n  ok\n  Seed =\n", "exp.ini:4: " LOOKS_LIKE_A_KEY);
}

/* A value ends where the next line begins, but what is wrong with it is told before what is wrong there. */
static void faults_are_told_in_the_order_of_lines(void **state)
{
    (void)state;
    file_refused("[run]\nname = a\n  b # c\n\xff\n",
                 "exp.ini:2: run.name has a # after a blank; a comment behind a value starts with ;");
    file_refused("[run]\nseed = 1\nseed = 2\n  3\n[x\n",
                 "exp.ini:3: run.seed is given a second time, after line 2; keep one of them");
    file_refused("[run]\nname = a\n  b\xff\nseed = 2\n",
                 "exp.ini:3: byte 0xFF in column 4 is no text; save the file as plain UTF-8");
    values v;
    assert_ok(ctx, read_text("[run]\nlist = 1,\n  2,\n  x\n"));
    assert_refused(
        ctx, bind(&v), KITH_ECONFIG,
        "exp.ini:2: run.list = 1, 2, x has an item 3 that does not fit: x is no number; write one such as 0.5 "
        "or 1e-3");
}

/* "[run]\nname = " and `length` bytes of a text in which every place differs from its neighbours. */
static char *long_text(const char *head, size_t length)
{
    char *text = malloc(strlen(head) + length + 1);
    assert_non_null(text);
    memcpy(text, head, strlen(head));
    for (size_t i = 0; i < length; i++)
        text[strlen(head) + i] = (char)('a' + i * i / 7 % 26);
    text[strlen(head) + length] = '\0';
    return text;
}

static void a_megabyte_in_one_line_and_in_one_option(void **state)
{
    (void)state;
    const char *const heads[] = {"[run]\nname = ", "run.name="};
    for (int way = 0; way < 2; way++) {
        values v;
        char *text = long_text(heads[way], MEGABYTE);
        assert_ok(ctx, way ? kith_config_set(ctx, config, text) : read_text(text));
        assert_ok(ctx, bind(&v));
        assert_string_equal(v.name, text + strlen(heads[way]));
        write_and_read();
        assert_ok(ctx, bind(&v));
        assert_string_equal(v.name, text + strlen(heads[way]));
        free(text);
        again();
    }
}

/* Also what is linear only if each of its parts is copied once: many lines, items, variables. */
static void a_hundred_thousand_parts(void **state)
{
    (void)state;
    enum { PARTS = 100000, VARIABLES = 2000 }; /* sanitizers measure the rest of a text at each search in it */
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    fputs("[run]\nlist =\n", out);
    for (int i = 0; i < PARTS; i++)
        fprintf(out, "  %d%s\n", i, i + 1 < PARTS ? "," : "");
    fputs("folder = ", out);
    for (int i = 0; i < VARIABLES; i++)
        fputs("${KITH_DATA}", out);
    fclose(out);
    values v;
    setenv("KITH_DATA", "abababababababab", 1);
    assert_ok(ctx, read_text(text));
    free(text);
    assert_ok(ctx, bind(&v));
    for (int pass = 0; pass < 2; pass++) {
        assert_int_equal(v.list.count, PARTS);
        for (int i = 0; i < PARTS; i++)
            assert_true(v.list.item[i] == i);
        assert_int_equal(strlen(v.folder), 16 * VARIABLES);
        assert_int_equal(strspn(v.folder, "ab"), 16 * VARIABLES);
        write_and_read();
        assert_ok(ctx, bind(&v));
    }
    unsetenv("KITH_DATA");
}

/* Whatever a value has in it: it is refused when it is given, or it comes back from the file that it is written to. */
static void values_come_back_from_a_file_or_are_refused(void **state)
{
    (void)state;
    static const char letters[] = "aaaabc019,,   ;#=:[](){}\"'\\$\t.-";
    int good = 0, bad = 0;
    for (uint64_t trial = 0; trial < 2000; trial++) {
        kith_stream s = kith_stream_at(17, KITH_FOR_PLUGIN, trial, 0);
        char text[3000];
        const size_t length = (size_t)kith_draw_below(&s, trial % 3 ? 12 : sizeof text - 1);
        for (size_t i = 0; i < length; i++)
            text[i] = letters[kith_draw_below(&s, length < 12 ? sizeof letters - 1 : 9)];
        text[length] = '\0';
        values v;
        if (kith_config_put(ctx, config, "run", "name", text, "test") == KITH_OK) {
            assert_ok(ctx, bind(&v));
            write_and_read();
            assert_ok(ctx, bind(&v));
            assert_string_equal(v.name, text);
            good++;
        } else {
            bad++;
        }
        again();
    }
    assert_true(good > 500 && bad > 100);
}

static void long_values_are_quoted_by_their_ends(void **state)
{
    (void)state;
    values v;
    char *text = long_text("[run]\nseed = ", 5000);
    assert_ok(ctx, read_text(text));
    assert_int_equal(bind(&v), KITH_ECONFIG);
    char expected[512];
    snprintf(expected, sizeof expected,
             "exp.ini:2: run.seed = %.167s ... %s is no whole number; write one such as 12 or 1e6", text + 13,
             text + 13 + 5000 - 83);
    assert_string_equal(kith_ctx_message(ctx), expected);
    again();
    text[11] = '+'; /* no = any more */
    assert_int_equal(kith_config_set(ctx, config, text + 6), KITH_ECONFIG);
    snprintf(expected, sizeof expected, "--set %.167s ... %s: has no =; write it as section.key=value", text + 6,
             text + 13 + 5000 - 83);
    assert_string_equal(kith_ctx_message(ctx), expected);
    again();
    text[11] = '=';
    assert_ok(ctx, read_text(text));
    assert_ok(ctx, kith_config_set(ctx, config, "run.seed=3"));
    assert_ok(ctx, bind(&v));
    const char *tail = text + 13 + 4000;
    assert_int_equal(kith_config_refuse(ctx, config, "run", "seed", "because of %s; take it away", tail), KITH_ECONFIG);
    assert_non_null(strstr(kith_ctx_message(ctx), "--set: run.seed = 3: because of "));
    assert_non_null(strstr(kith_ctx_message(ctx), " ... "));
    assert_non_null(strstr(kith_ctx_message(ctx), "; take it away"));
    free(text);
}

static void names_are_never_long(void **state)
{
    (void)state;
    char text[200] = "[run]\n";
    memset(text + 6, 'a', 99);
    strcpy(text + 105, " = 1\n");
    values v;
    assert_ok(ctx, read_text(text));
    assert_int_equal(bind(&v), KITH_ECONFIG); /* no parameter, but what may be an axis */
    again();
    memset(text + 6, 'a', 100);
    strcpy(text + 106, " = 1\n");
    assert_int_equal(read_text(text), KITH_ECONFIG);
    assert_non_null(
        strstr(kith_ctx_message(ctx), "aa is the name of no section and no key, which have at most 99 bytes"));
    again();
    memset(text, 'a', 50);
    strcpy(text + 50, ".x=1");
    assert_int_equal(kith_config_set(ctx, config, text), KITH_ECONFIG);
    assert_non_null(strstr(kith_ctx_message(ctx), "--set: aaaaaaaaaa"));
    assert_non_null(
        strstr(kith_ctx_message(ctx), "aa is the name of no section and no key, which have at most 49 bytes"));
}

static void texts_lose_their_middle(void **state)
{
    (void)state;
    char out[20];
    kith_shorten("nineteen bytes long", out, sizeof out);
    assert_string_equal(out, "nineteen bytes long");
    kith_shorten("as long as twenty by", out, sizeof out);
    assert_string_equal(out, "as long as ... y by");
    kith_shorten("\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac", out,
                 sizeof out);
    assert_string_equal(out, "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac ... \xe2\x82\xac");
    kith_shorten_print(out, sizeof out, "%s-%d", "0123456789", 123456789);
    assert_string_equal(out, "0123456789 ... 6789");
    kith_shorten("", out, sizeof out);
    assert_string_equal(out, "");
    kith_quoted room;
    assert_string_equal(kith_quote("short", &room), "short");
}

/* What a message is about stands at its start, the remedy at its end. */
static void messages_and_notes_keep_both_ends(void **state)
{
    (void)state;
    char *text = long_text("", 5000);
    kith_note(ctx, "x.ini: %s; take it away", text);
    assert_int_equal(kith_fail(ctx, KITH_EDATA, "y.ini: %s; take it away", text), KITH_EDATA);
    const char *both[] = {kith_ctx_message(ctx), kith_ctx_notes(ctx)};
    for (int i = 0; i < 2; i++) {
        const size_t length = strlen(both[i]) - (size_t)i; /* a note ends its line */
        assert_int_equal(length, 2047);
        assert_memory_equal(both[i] + 1, ".ini: aa", 8);
        assert_non_null(strstr(both[i], " ... "));
        assert_memory_equal(both[i] + length - 14, "; take it away", 14);
    }
    free(text);
}

/* Long lines of what a file is made of: no crash, and one line that says why not. */
static void random_long_lines(void **state)
{
    (void)state;
    static const char *const word[] = {"[run]\n",
                                       "name",
                                       "seed",
                                       "list",
                                       " = ",
                                       "=",
                                       ":",
                                       ",",
                                       "\n",
                                       "\n  ",
                                       "\n\t",
                                       "\r\n",
                                       "; c",
                                       "# c",
                                       "1, 2, ",
                                       "(",
                                       ")",
                                       "\"",
                                       "]",
                                       "[",
                                       "\n\n",
                                       " ",
                                       "aaaa",
                                       "\xe2\x82\xac",
                                       "${",
                                       "1e3",
                                       ";",
                                       "#",
                                       "\n[run]\nname ="};
    enum { WORDS = sizeof word / sizeof word[0], ROOM = 40000 };
    char *text = malloc(ROOM);
    int good = 0, bad = 0;
    assert_non_null(text);
    for (uint64_t trial = 0; trial < 1500; trial++) {
        kith_stream s = kith_stream_at(19, KITH_FOR_PLUGIN, trial, 0);
        size_t length = 0;
        const size_t wanted = (size_t)kith_draw_below(&s, trial % 10 ? 60 : ROOM - 20), few = trial % 3 ? 4 : WORDS;
        const size_t first = (size_t)kith_draw_below(&s, WORDS - few + 1);
        strcpy(text, "[run]\nname =");
        length = strlen(text);
        while (length < wanted) {
            const char *next = word[first + kith_draw_below(&s, few)];
            memcpy(text + length, next, strlen(next) + 1);
            length += strlen(next);
        }
        values v;
        kith_status status = read_text(text);
        if (status == KITH_OK) status = bind(&v);
        if (status == KITH_OK) {
            char *name = strdup(v.name);
            write_and_read();
            assert_ok(ctx, bind(&v));
            assert_string_equal(v.name, name);
            free(name);
            good++;
        } else {
            assert_int_equal(status, KITH_ECONFIG);
            assert_true(*kith_ctx_message(ctx) && !strchr(kith_ctx_message(ctx), '\n'));
            bad++;
        }
        again();
    }
    free(text);
    assert_true(good > 100 && bad > 100);
}

/* What a file says wins over those it includes, a later one over an earlier one, --set over all. */
static void files_include_others(void **state)
{
    (void)state;
    static const char base[] = "include = ../other.ini ; one level up\n[run]\nseed = 3\nname = base\n";
    static const char other[] = "[run]\nseed = 2\nlist = 1, 2\n";
    values v;
    mkdir("below", 0777);
    scratch_write("below/base.ini", base, sizeof base - 1);
    scratch_write("other.ini", other, sizeof other - 1);
    assert_ok(ctx, read_text("# mine\ninclude=below/base.ini\n\n[run]\nname = mine\n"));
    assert_ok(ctx, bind(&v));
    assert_ok(ctx, kith_config_finish(ctx, config));
    assert_int_equal(v.seed, 3);
    assert_string_equal(v.name, "mine");
    assert_int_equal(v.list.count, 2);
    assert_string_equal(kith_config_source(config, "run", "seed"), "below/base.ini:3");
    assert_string_equal(kith_config_source(config, "run", "list"), "below/../other.ini:3");
    again();
    file_refused("include = gone.ini\n",
                 "exp.ini:1: include = gone.ini: cannot be read: No such file or directory; name "
                 "a file from this one's folder");
    file_refused("include = ; none\n", "exp.ini:1: include names no file; write include = base.ini");
    file_refused("\ninclude = exp.ini\n", "exp.ini:2: more than 8 files include each other, in a circle perhaps");
    file_refused("includes = x\n", "exp.ini:1: this stands before any section; put a line such as [run] above it");
    file_refused("include = other.ini\nseed = 3\n",
                 "exp.ini:2: this stands before any section; put a line such as [run] above it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(indented_lines_go_on, start, stop),
        cmocka_unit_test_setup_teardown(what_looks_like_a_key_goes_on_within_brackets_and_marks, start, stop),
        cmocka_unit_test_setup_teardown(lines_that_go_on_with_nothing, start, stop),
        cmocka_unit_test_setup_teardown(faults_are_told_in_the_order_of_lines, start, stop),
        cmocka_unit_test_setup_teardown(a_megabyte_in_one_line_and_in_one_option, start, stop),
        cmocka_unit_test_setup_teardown(a_hundred_thousand_parts, start, stop),
        cmocka_unit_test_setup_teardown(values_come_back_from_a_file_or_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(long_values_are_quoted_by_their_ends, start, stop),
        cmocka_unit_test_setup_teardown(names_are_never_long, start, stop),
        cmocka_unit_test_setup_teardown(texts_lose_their_middle, start, stop),
        cmocka_unit_test_setup_teardown(messages_and_notes_keep_both_ends, start, stop),
        cmocka_unit_test_setup_teardown(random_long_lines, start, stop),
        cmocka_unit_test_setup_teardown(files_include_others, start, stop),
    };
    return cmocka_run_group_tests_name("config_lines", tests, scratch_enter, scratch_leave);
}
