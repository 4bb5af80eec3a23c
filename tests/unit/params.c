#include "support.h"

#include "config/config.h"
#include "config/value.h"
#include <locale.h>

/* What a value's text means to one row, without a configuration around it. */
static kith_param row_of(uint32_t type, const char *domain)
{
    return (kith_param){.key = "x", .type = type, .fallback = "", .domain = domain, .unit = "", .doc = "A value."};
}

static void refused(uint32_t type, const char *domain, const char *text, const char *message)
{
    const kith_param row = row_of(type, domain);
    kith_value value;
    kith_why why = {""};
    if (kith_value_read(&row, text, &value, &why)) fail_msg("'%s' was accepted", text);
    assert_string_equal(why.text, message);
}

static kith_value taken(uint32_t type, const char *domain, const char *text)
{
    const kith_param row = row_of(type, domain);
    kith_value value = {0};
    kith_why why = {""};
    if (!kith_value_read(&row, text, &value, &why)) fail_msg("'%s' %s", text, why.text);
    return value;
}

static int64_t whole(const char *text)
{
    return taken(KITH_TYPE_INT, "", text).integer;
}

static double real(const char *text)
{
    return taken(KITH_TYPE_REAL, "", text).real;
}

static void whole_numbers(void **state)
{
    (void)state;
    assert_int_equal(whole("12"), 12);
    assert_int_equal(whole("+12"), 12);
    assert_int_equal(whole("-0"), 0);
    assert_int_equal(whole("1e6"), 1000000);
    assert_int_equal(whole("2.5E3"), 2500);
    assert_int_equal(whole("1200e-2"), 12);
    assert_int_equal(whole("3.000"), 3);
    assert_int_equal(whole("0e99999999999999999999"), 0);
    assert_int_equal(whole("9223372036854775807"), INT64_MAX);
    assert_int_equal(whole("-9223372036854775808"), INT64_MIN);
    assert_int_equal(whole("9007199254740993e0"), 9007199254740993); /* 2^53 + 1 is no double */
    const char *none[] = {"",    "x", "1x", "0x10", "1.5", "1e-1", "1e",  "1e+", "--1",
                          "+-1", ".", "e5", "1 2",  " 1",  "1..2", "inf", "nan", "1e 5"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        refused(KITH_TYPE_INT, "", none[i], "is no whole number; write one such as 12 or 1e6");
    const char *large[] = {"9223372036854775808",        "-9223372036854775809", "1e19", "1e99999999999999999999",
                           "99999999999999999999999999", "184467440737095516160" /* 10 * 2^64 */};
    for (size_t i = 0; i < sizeof large / sizeof large[0]; i++)
        refused(KITH_TYPE_INT, "", large[i], "is out of range: it must fit into 64 bits");
}

static void ranges_of_whole_numbers(void **state)
{
    (void)state;
    assert_int_equal(taken(KITH_TYPE_INT, "1..", "1").integer, 1);
    assert_int_equal(taken(KITH_TYPE_INT, "0..9", "9").integer, 9);
    assert_int_equal(taken(KITH_TYPE_INT, "..-1", "-1").integer, -1);
    refused(KITH_TYPE_INT, "1..", "0", "is out of range: it must be at least 1");
    refused(KITH_TYPE_INT, "0..9", "10", "is out of range: it must be from 0 to 9");
    refused(KITH_TYPE_INT, "0..9", "-1", "is out of range: it must be from 0 to 9");
    refused(KITH_TYPE_INT, "..-1", "0", "is out of range: it must be at most -1");
}

static void reals(void **state)
{
    (void)state;
    /* the compiler's own reading of the same digits is the reference */
    assert_true(real("0.1") == 0.1);
    assert_true(real("-1e-3") == -1e-3);
    assert_true(real("1.7976931348623157e308") == 1.7976931348623157e308);
    assert_true(real("2.2250738585072014e-308") == 2.2250738585072014e-308);
    assert_true(real(".5") == 0.5);
    assert_true(real("5.") == 5.0);
    assert_true(real("0e-999") == 0.0);
    const char *none[] = {"", "x", "0.1x", "0,1", "1e", "0x1p3", "nan", "infinity", "- 1", "1 ", "1-1", "-nan", "NAN"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        refused(KITH_TYPE_REAL, "", none[i], "is no number; write one such as 0.5 or 1e-3");
    refused(KITH_TYPE_REAL, "", "1e309", "is out of range: it is too large for a double");
    refused(KITH_TYPE_REAL, "", "-1e309", "is out of range: it is too large for a double");
    refused(KITH_TYPE_REAL, "", "1e-310",
            "is out of range: it is too close to 0 for a double; write 0 or a larger one");
    refused(KITH_TYPE_REAL, "", "1e-999",
            "is out of range: it is too close to 0 for a double; write 0 or a larger one");
}

static void intervals(void **state)
{
    (void)state;
    assert_true(taken(KITH_TYPE_REAL, "(0,1]", "1").real == 1.0);
    assert_true(taken(KITH_TYPE_REAL, "[0,inf)", "0").real == 0.0);
    assert_true(isinf(taken(KITH_TYPE_REAL, "[0,inf]", "inf").real));
    assert_true(taken(KITH_TYPE_REAL, "[-inf,0]", "-inf").real < -1e308);
    assert_true(taken(KITH_TYPE_REAL, "[2,2]", "2").real == 2.0);
    refused(KITH_TYPE_REAL, "(0,1]", "0", "is out of range: it must be in (0,1]");
    refused(KITH_TYPE_REAL, "(0,1]", "1.0000001", "is out of range: it must be in (0,1]");
    refused(KITH_TYPE_REAL, "(0,inf)", "-1", "is out of range: it must be in (0,inf)");
    refused(KITH_TYPE_REAL, "[0,inf)", "inf", "is out of range: it must be in [0,inf)");
    refused(KITH_TYPE_REAL, "", "inf", "is out of range: it must be in (-inf,inf)");
    refused(KITH_TYPE_REAL, "", "-inf", "is out of range: it must be in (-inf,inf)");
}

static void words(void **state)
{
    (void)state;
    const char *yes[] = {"yes", "true", "on"}, *no[] = {"no", "false", "off"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(taken(KITH_TYPE_BOOL, "", yes[i]).truth);
        assert_false(taken(KITH_TYPE_BOOL, "", no[i]).truth);
    }
    const char *neither[] = {"", "1", "Yes", "y", "maybe"};
    for (size_t i = 0; i < sizeof neither / sizeof neither[0]; i++)
        refused(KITH_TYPE_BOOL, "", neither[i], "is neither yes nor no; write one of yes, no, true, false, on, off");
    assert_int_equal(taken(KITH_TYPE_CHOICE, "iid|shards|label-k", "label-k").choice, 2);
    assert_int_equal(taken(KITH_TYPE_CHOICE, "iid", "iid").choice, 0);
    refused(KITH_TYPE_CHOICE, "iid|shards|label-k", "shard", "is none of iid|shards|label-k; did you mean shards?");
    refused(KITH_TYPE_CHOICE, "iid|shards|label-k", "natural", "is none of iid|shards|label-k");
    refused(KITH_TYPE_CHOICE, "iid|shards|label-k", "", "is none of iid|shards|label-k");
    refused(KITH_TYPE_PATH, "", "${KITH_DATA}/${HOME}",
            "has a variable that is not known; only ${KITH_DATA} is replaced");
}

static void lists(void **state)
{
    (void)state;
    assert_int_equal(taken(KITH_TYPE_REALS, "", "").count, 0);
    const kith_value one = taken(KITH_TYPE_REALS, "", "7");
    double item[3] = {0.0};
    assert_int_equal(one.count, 1);
    kith_value_items("7", 1, item);
    assert_true(item[0] == 7.0);
    const kith_value three = taken(KITH_TYPE_REALS, "(0,1]", "0.1, 0.25 ,1");
    assert_int_equal(three.count, 3);
    kith_value_items("0.1, 0.25 ,1", 3, item);
    assert_true(item[0] == 0.1 && item[1] == 0.25 && item[2] == 1.0);
    refused(KITH_TYPE_REALS, "(0,1]", "0.1, 7",
            "has an item 2 that does not fit: 7 is out of range: it must be in (0,1]");
    refused(KITH_TYPE_REALS, "", "0.1, x",
            "has an item 2 that does not fit: x is no number; write one such as 0.5 or 1e-3");
    refused(KITH_TYPE_REALS, "", "1,,2", "has nothing as item 2; write numbers with single commas between them");
    refused(KITH_TYPE_REALS, "", "1,", "has nothing as item 2; write numbers with single commas between them");
    refused(KITH_TYPE_REALS, "", ",", "has nothing as item 1; write numbers with single commas between them");
    enum { ITEMS = 5000 };
    char many[2 * ITEMS + 1];
    for (size_t i = 0; i < ITEMS; i++)
        memcpy(many + 2 * i, "0,", 2);
    many[2 * ITEMS - 1] = '\0';
    assert_int_equal(taken(KITH_TYPE_REALS, "", many).count, ITEMS);
    char digits[400] = "1, 0.";
    memset(digits + 5, '3', 253);
    assert_int_equal(taken(KITH_TYPE_REALS, "", digits).count, 2);
    digits[258] = '3';
    refused(KITH_TYPE_REALS, "", digits,
            "has an item 2 of more than 255 bytes, which no number needs; write numbers with "
            "commas between them");
}

static void decimal_commas_of_a_locale_change_nothing(void **state)
{
    (void)state;
    const char *names[] = {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "nl_NL.UTF-8"};
    const char *set = NULL;
    for (size_t i = 0; !set && i < sizeof names / sizeof names[0]; i++)
        set = setlocale(LC_ALL, names[i]);
    if (!set) {
        print_message("skipped: no locale with decimal commas is installed\n");
        skip();
    }
    assert_true(real("0.5") == 0.5);
    refused(KITH_TYPE_REAL, "", "0,5", "is no number; write one such as 0.5 or 1e-3");
    setlocale(LC_ALL, "C");
}

static void nearest_names(void **state)
{
    (void)state;
    const char *const names[] = {"buffer", "server_lr", "momentum", "lr", "K"};
    const struct {
        const char *wrong, *near;
    } cases[] = {{"bufer", "buffer"},
                 {"bufefr", "buffer"},
                 {"servr_lr", "server_lr"},
                 {"momentun", "momentum"},
                 {"lrr", "lr"},
                 {"rl", "lr"},
                 {"zzz", NULL},
                 {"bzzzer", NULL},
                 {"", NULL},
                 {"batch_size", NULL},
                 {"k", NULL},
                 {"buffer", "buffer"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *near = kith_nearest(cases[i].wrong, names, sizeof names / sizeof names[0]);
        if (!cases[i].near) {
            assert_null(near);
            continue;
        }
        assert_non_null(near);
        assert_string_equal(near, cases[i].near);
    }
    assert_null(kith_nearest("x", NULL, 0));
    char longest[400];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    const char *const one[] = {longest};
    assert_null(kith_nearest(longest, one, 1)); /* no buffer is that long */
    assert_null(kith_nearest("aaa", one, 1));
}

typedef struct sound {
    int64_t count;
    double rate;
    bool fast;
    int kind;
    const char *name;
    kith_reals list;
} sound;

static const kith_param good[] = {
    {"count", KITH_TYPE_INT, 0, offsetof(sound, count), "3", "1..", "", "How many."},
    {"rate", KITH_TYPE_REAL, 0, offsetof(sound, rate), "0.1", "(0,1]", "", "How fast."},
    {"fast", KITH_TYPE_BOOL, 0, offsetof(sound, fast), "no", "", "", "Whether fast."},
    {"kind", KITH_TYPE_CHOICE, 0, offsetof(sound, kind), "a", "a|b", "", "Which one."},
    {"name", KITH_TYPE_STRING, 0, offsetof(sound, name), "", "", "", "Its name."},
    {"list", KITH_TYPE_REALS, 0, offsetof(sound, list), "1, 2", "", "", "Some numbers."},
};
enum { ROWS = sizeof good / sizeof good[0] };

/* The good table with row i replaced is refused with this message. */
static void table_refused(size_t i, kith_param row, const char *message)
{
    kith_param rows[ROWS];
    kith_ctx *ctx = kith_ctx_create();
    memcpy(rows, good, sizeof rows);
    rows[i] = row;
    assert_refused(ctx, kith_params_check(ctx, "./x.so", rows, ROWS, sizeof(sound)), KITH_EPLUGIN, message);
    kith_ctx_destroy(ctx);
}

#define WITH(i, field, value, message)                                                                                 \
    do {                                                                                                               \
        kith_param row_ = good[i];                                                                                     \
        row_.field = (value);                                                                                          \
        table_refused((i), row_, "./x.so: params[" #i "] " message);                                                   \
    } while (0)

static void sound_tables_pass(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    assert_ok(ctx, kith_params_check(ctx, "./x.so", good, ROWS, sizeof(sound)));
    assert_ok(ctx, kith_params_check(ctx, "./x.so", NULL, 0, 0));
    assert_refused(ctx, kith_params_check(ctx, "./x.so", NULL, 2, 8), KITH_EPLUGIN,
                   "./x.so: params is NULL, but param_count is 2");
    kith_ctx_destroy(ctx);
}

static void malformed_rows_are_named(void **state)
{
    (void)state;
    WITH(0, key, NULL, "(NULL): key is NULL; write \"\" where there is none");
    WITH(1, fallback, NULL, "(rate): fallback is NULL; write \"\" where there is none");
    WITH(1, domain, NULL, "(rate): domain is NULL; write \"\" where there is none");
    WITH(1, unit, NULL, "(rate): unit is NULL; write \"\" where there is none");
    WITH(1, doc, NULL, "(rate): doc is NULL; write \"\" where there is none");
    WITH(1, doc, "", "(rate): doc is empty; write one sentence");
    WITH(1, doc, "Two\nlines.", "(rate): doc: byte 0x0A in column 4 is no text; write one line of UTF-8");
    WITH(1, key, "Rate", "(Rate): key 'Rate' must have 1 to 49 lower-case letters, digits or _");
    WITH(1, key, "", "(): key '' must have 1 to 49 lower-case letters, digits or _");
    WITH(1, key, "learning-rate",
         "(learning-rate): key 'learning-rate' must have 1 to 49 lower-case letters, digits or _");
    WITH(1, key, "count", "(count): key is also that of row 0");
    WITH(1, type, 0, "(rate): type is 0; it must be from 1 to 7");
    WITH(1, type, 8, "(rate): type is 8; it must be from 1 to 7");
    WITH(1, fallback, "2", "(rate): fallback '2' is out of range: it must be in (0,1]");
    WITH(1, fallback, "x", "(rate): fallback 'x' is no number; write one such as 0.5 or 1e-3");
    WITH(3, fallback, "c", "(kind): fallback 'c' is none of a|b");
    WITH(4, fallback, "a ;b",
         "(name): fallback 'a ;b' has a ; after a blank, which starts a comment; take one of the two away");
    WITH(4, fallback, " a", "(name): fallback ' a' has a blank at its start or end; take it away");
    WITH(2, domain, "yes|no", "(fast): domain 'yes|no' is malformed; leave it empty for a boolean");
    WITH(4, domain, "a|b", "(name): domain 'a|b' is malformed; leave it empty for a string");
}

/* A row that is read under a condition. */
static void conditions_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *when, *wrong;
    } cases[] = {
        {NULL, NULL},
        {"kind = b", NULL},
        {"kind = a|b & count > 3 || @optimizer & !@federated", NULL},
        {"kind != a", NULL},
        {"name = ''|x", NULL},
        {"rate = 0.5", NULL},
        {"", "it is empty; write 0 where a row always counts"},
        {"kind", "=, != or > is missing after 'kind'"},
        {"kind =", "nothing follows 'kind'"},
        {"kind = c", "kind has no value 'c'"},
        {"kind = a|c", "kind has no value 'c'"},
        {"count > many", "count has no value 'many'"},
        {"knid = a", "there is no key 'knid'"},
        {"local.lr = 1", "local.lr is no key of this table"},
        {"@optimiser", "@optimiser is no fact that is known"},
        {"@", "@ is no fact that is known"},
        {"@clock kind = a", "& or || is missing before 'kind = a'"},
        {"= a", "a key or @fact is missing before '= a'"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        kith_param rows[ROWS];
        char message[256];
        kith_ctx *ctx = kith_ctx_create();
        memcpy(rows, good, sizeof rows);
        rows[1].when = cases[c].when;
        const kith_status status = kith_params_check(ctx, "./x.so", rows, ROWS, sizeof(sound));
        snprintf(message, sizeof message, "./x.so: params[1] (rate): when '%s': %s", cases[c].when, cases[c].wrong);
        if (cases[c].wrong)
            assert_refused(ctx, status, KITH_EPLUGIN, message);
        else
            assert_ok(ctx, status);
        kith_ctx_destroy(ctx);
    }
}

static void malformed_domains_are_named(void **state)
{
    (void)state;
    WITH(0, domain, "1", "(count): domain '1' is malformed; write it as in 1.. or 0..9");
    WITH(0, domain, "..", "(count): domain '..' is malformed; write it as in 1.. or 0..9");
    WITH(0, domain, "9..0", "(count): domain '9..0' is malformed; write it as in 1.. or 0..9");
    WITH(0, domain, "[1,9]", "(count): domain '[1,9]' is malformed; write it as in 1.. or 0..9");
    WITH(0, domain, "0...9", "(count): domain '0...9' is malformed; write it as in 1.. or 0..9");
    WITH(1, domain, "(0,1", "(rate): domain '(0,1' is malformed; write it as in (0,1] or [0,inf)");
    WITH(1, domain, "(1,0)", "(rate): domain '(1,0)' is malformed; write it as in (0,1] or [0,inf)");
    WITH(1, domain, "(1,1]", "(rate): domain '(1,1]' is malformed; write it as in (0,1] or [0,inf)");
    WITH(1, domain, "0..1", "(rate): domain '0..1' is malformed; write it as in (0,1] or [0,inf)");
    WITH(1, domain, "(0,)", "(rate): domain '(0,)' is malformed; write it as in (0,1] or [0,inf)");
    WITH(1, domain, "(0,1,2)", "(rate): domain '(0,1,2)' is malformed; write it as in (0,1] or [0,inf)");
    WITH(5, domain, "(0;1]", "(list): domain '(0;1]' is malformed; write it as in (0,1] or [0,inf)");
    WITH(3, domain, "", "(kind): domain '' is malformed; write different words as in iid|shards|label-k");
    WITH(3, domain, "a||b", "(kind): domain 'a||b' is malformed; write different words as in iid|shards|label-k");
    WITH(3, domain, "a|b|a", "(kind): domain 'a|b|a' is malformed; write different words as in iid|shards|label-k");
    WITH(3, domain, "a|b c", "(kind): domain 'a|b c' is malformed; write different words as in iid|shards|label-k");
}

static void places_outside_the_struct_are_named(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    const kith_param far = {"far", KITH_TYPE_INT, 0, SIZE_MAX - 7, "1", "", "", "Too far."};
    assert_refused(ctx, kith_params_check(ctx, "./x.so", &far, 1, 64), KITH_EPLUGIN,
                   "./x.so: params[0] (far): offset 18446744073709551608 with 8 bytes goes beyond config_size 64");
    const kith_param edge = {"edge", KITH_TYPE_REALS, 0, 56, "1", "", "", "One half outside."};
    assert_refused(ctx, kith_params_check(ctx, "./x.so", &edge, 1, 64), KITH_EPLUGIN,
                   "./x.so: params[0] (edge): offset 56 with 16 bytes goes beyond config_size 64");
    const kith_param odd = {"odd", KITH_TYPE_REAL, 0, 4, "1", "", "", "Misaligned."};
    assert_refused(ctx, kith_params_check(ctx, "./x.so", &odd, 1, 64), KITH_EPLUGIN,
                   "./x.so: params[0] (odd): offset 4 is no multiple of 8, which a number needs");
    WITH(1, offset, offsetof(sound, count), "(rate): offset 0 overlaps with row 0 (count)");
    kith_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(ranges_of_whole_numbers),
        cmocka_unit_test(reals),
        cmocka_unit_test(intervals),
        cmocka_unit_test(words),
        cmocka_unit_test(lists),
        cmocka_unit_test(decimal_commas_of_a_locale_change_nothing),
        cmocka_unit_test(nearest_names),
        cmocka_unit_test(sound_tables_pass),
        cmocka_unit_test(malformed_rows_are_named),
        cmocka_unit_test(conditions_are_checked),
        cmocka_unit_test(malformed_domains_are_named),
        cmocka_unit_test(places_outside_the_struct_are_named),
    };
    return cmocka_run_group_tests_name("params", tests, NULL, NULL);
}
