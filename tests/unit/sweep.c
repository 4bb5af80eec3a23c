/* The text of a sweep's axes, the configuration of its runs, and the common database. */
#include "support.h"

#include "config/config.h"
#include "engine/frame/run.h"
#include "launch/commands/sweep/values.h"
#include "record/collect.h"
#include "record/record.h"

#include <ftw.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#define WHERE "s.ini:3: sweep.local.lr"

static int set_up(void **state)
{
    return (*state = kith_ctx_create()) ? 0 : -1;
}

static int tear_down(void **state)
{
    kith_ctx_destroy(*state);
    return 0;
}

/* `wanted`: the values, each followed by |. */
static void assert_values(kith_ctx *ctx, const char *text, const char *wanted)
{
    char got[4096] = "";
    sweep_values values;
    assert_ok(ctx, sweep_values_parse(ctx, WHERE, text, &values));
    for (size_t i = 0; i < values.count; i++) {
        const size_t used = strlen(got);
        snprintf(got + used, sizeof got - used, "%s|", values.text[i]);
    }
    assert_string_equal(got, wanted);
    sweep_values_free(&values);
}

static void lists(void **state)
{
    assert_values(*state, "0.1", "0.1|");
    assert_values(*state, " 0.1 ,ring,\t1e-3 ", "0.1|ring|1e-3|");
    assert_values(*state, "ring, random-peer(rate=0.2, seed=1), schedule(a=b(c, d), e=[1, 2])",
                  "ring|random-peer(rate=0.2, seed=1)|schedule(a=b(c, d), e=[1, 2])|");
    assert_values(*state, "\"conv 4 3, relu\", \"say \"\"x\"\"\", \"\", \" .. \"", "conv 4 3, relu|say \"x\"|| .. |");
    assert_values(*state, "\"(\", \"..\"", "(|..|");
    assert_values(*state, "0.5, 0.50", "0.5|0.50|");
}

static void chains(void **state)
{
    static const char text[] = "clip(norm=1), top-k(share=0.1); sign;\t\"\"; \"a; b\"";
    static const char *const wanted[] = {"clip(norm=1), top-k(share=0.1)", "sign", "", "a; b"};
    sweep_values values;
    assert_ok(*state, sweep_chains_parse(*state, WHERE, text, &values));
    assert_int_equal(values.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(values.text[i], wanted[i]);
    sweep_values_free(&values);
    assert_refused(*state, sweep_chains_parse(*state, WHERE, "clip; ; sign", &values), KITH_ECONFIG,
                   WHERE ": value 2 is empty; take a semicolon away, or write \"\" for an empty value");
}

static void ranges(void **state)
{
    assert_values(*state, "0, 0.1, .. , 0.9", "0|0.1|0.2|0.3|0.4|0.5|0.6|0.7|0.8|0.9|");
    assert_values(*state, "1,2,..,5", "1|2|3|4|5|");
    assert_values(*state, "1, 0.75, ... , -0.25", "1|0.75|0.5|0.25|0|-0.25|");
    assert_values(*state, "0.05, 0.10, .. , 0.2", "0.05|0.10|0.15|0.2|");
    assert_values(*state, "1e-3, 2e-3, .. , 4e-3", "1e-3|2e-3|0.003|0.004|");
    assert_values(*state, "100, 1e3, .. , 2800", "100|1e3|1900|2800|");
    assert_values(*state, "-0.001, -0.003, .. , -0.007", "-0.001|-0.003|-0.005|-0.007|");
    assert_values(*state, "1, 2, .. , 4, 10, 20, .. , 40, 99", "1|2|3|4|10|20|30|40|99|");
    assert_values(*state, "0.0000000001, 0.0000000002, .. , 0.0000000004",
                  "0.0000000001|0.0000000002|0.0000000003|0.0000000004|");
    /* in binary, 0.1 + 0.2 is not 0.3 */
    assert_values(*state, "0.1, 0.2, .. , 0.3", "0.1|0.2|0.3|");
}

static void assert_no_values(kith_ctx *ctx, const char *text, const char *why)
{
    char message[512];
    sweep_values values = {.count = 7};
    snprintf(message, sizeof message, WHERE ": %s", why);
    assert_refused(ctx, sweep_values_parse(ctx, WHERE, text, &values), KITH_ECONFIG, message);
    assert_int_equal(values.count, 0);
    assert_null(values.text);
}

static void bad_lists(void **state)
{
    assert_no_values(*state, "", "has no values; write some, divided by commas");
    assert_no_values(*state, " \t", "has no values; write some, divided by commas");
    assert_no_values(*state, "1, , 2", "value 2 is empty; take a comma away, or write \"\" for an empty value");
    assert_no_values(*state, "1, 2,", "value 3 is empty; take a comma away, or write \"\" for an empty value");
    assert_no_values(*state, "a, f(b, c",
                     "a bracket of value 2 has no other; write both, or the value between quotation marks");
    assert_no_values(*state, "a), b",
                     "a bracket of value 1 has no other; write both, or the value between quotation marks");
    assert_no_values(*state, "a, \"b", "a quotation mark of value 2 has no other; write \"...\"");
    assert_no_values(*state, "\"a\" b, c",
                     "value 1 goes on after its quotation marks; put a comma there, or all of it between them");
}

static void bad_ranges(void **state)
{
    static const char before[] = "two values stand before .. and one behind it, as in 0, 0.1, .. , 0.9";
    assert_no_values(*state, "0, .., 3", before);
    assert_no_values(*state, ".., 3", before);
    assert_no_values(*state, "0, 1, ..", "a range never ends; write its last value behind ..");
    assert_no_values(*state, "0, 1, .., .., 3", ".. stands twice in a row; write a value behind it");
    assert_no_values(*state, "0, 0.1, .., -1",
                     "a range that begins with 0, 0.1 never comes to -1; write its last value there");
    assert_no_values(*state, "0, 0.0, .., 1",
                     "a range that begins with 0, 0.0 never comes to 1; write its last value there");
    assert_no_values(*state, "0, 1, .., 1.0",
                     "a range that begins with 0, 1 never comes to 1.0; write its last value there");
    assert_no_values(*state, "0, 0.1, .., 0.95", "a range from 0 by 0.1 misses 0.95; the last before it is 0.9");
    assert_no_values(*state, "1, 0.5, .., -0.7", "a range from 1 by -0.5 misses -0.7; the last before it is -0.5");
    assert_no_values(*state, "a, b, .., d", "a range goes over numbers of at most 18 digits, and a is none");
    assert_no_values(*state, "1, 2, .., 1e40", "a range goes over numbers of at most 18 digits, and 1e40 is none");
    assert_no_values(*state, "1, 2, .., 99999999999999999999",
                     "a range goes over numbers of at most 18 digits, and 99999999999999999999 is none");
    assert_no_values(*state, "1e-18, 2, .., 9", "the numbers of a range have at most 18 digits in all");
    assert_no_values(*state, "0, 1e-5, .., 1", "has more than 10000 values; take fewer");
}

/* ---- configurations ---- */

typedef struct settings {
    double lr;
    int64_t steps;
} settings;

static const kith_param rows[] = {
    {"lr", KITH_TYPE_REAL, 0, offsetof(settings, lr), "0.25", "(0,1]", "", "The rate."},
    {"steps", KITH_TYPE_INT, 0, offsetof(settings, steps), "5", "1..", "", "The steps."},
};

static kith_status collect(void *arg, const char *key, const char *text, const char *prefix)
{
    char *out = arg;
    const size_t used = strlen(out);
    snprintf(out + used, 512 - used, "%s=%s (%s)|", key, text, prefix);
    return KITH_OK;
}

static void a_run_has_a_configuration_of_its_own(void **state)
{
    kith_ctx *ctx = *state;
    kith_config *base, *own;
    settings s;
    char given[512] = "";
    assert_ok(ctx, kith_config_create(ctx, &base));
    assert_ok(ctx, kith_config_set(ctx, base, "sweep.local.lr=1,2"));
    assert_ok(ctx, kith_config_set(ctx, base, "local.steps=7"));
    assert_ok(ctx, kith_config_set(ctx, base, "sweep.zip=x"));
    assert_ok(ctx, kith_config_set(ctx, base, "sweep.local.lr=1,3"));
    assert_ok(ctx, kith_config_each_given(base, "sweep", collect, given));
    assert_string_equal(given, "local.lr=1,3 (--set)|zip=x (--set)|");
    assert_ok(ctx, kith_config_copy(ctx, base, &own));
    kith_config_drop(own, "sweep", NULL);
    assert_null(kith_config_mentioned(own, "sweep"));
    assert_string_equal(kith_config_mentioned(base, "sweep"), "--set");
    assert_ok(ctx, kith_config_put(ctx, own, "local", "lr", "0.5", "s.ini:9"));
    assert_ok(ctx, kith_config_put(ctx, own, "local", "steps", "8", "s.ini:10"));
    assert_ok(ctx, kith_config_bind(ctx, own, "local", rows, 2, true, &s));
    assert_ok(ctx, kith_config_finish(ctx, own));
    assert_close(s.lr, 0.5, 0, 0);
    assert_int_equal(s.steps, 8);
    assert_string_equal(kith_config_source(own, "local", "lr"), "s.ini:9");
    kith_config_destroy(own);
    /* The first is as it was. */
    assert_ok(ctx, kith_config_bind(ctx, base, "local", rows, 2, true, &s));
    assert_int_equal(s.steps, 7);
    kith_config_drop(base, "sweep", "local.lr");
    *given = '\0';
    assert_ok(ctx, kith_config_each_given(base, "sweep", collect, given));
    assert_string_equal(given, "zip=x (--set)|");
    assert_ok(ctx, kith_config_put(ctx, base, "local", "lr", "2", "s.ini:9"));
    assert_refused(ctx, kith_config_bind(ctx, base, "local", rows, 2, true, &s), KITH_ECONFIG,
                   "s.ini:9: local.lr = 2 is out of range: it must be in (0,1]");
    kith_config_destroy(base);
}

static void digests_leave_out_what_changes_no_result(void **state)
{
    (void)state;
    const uint64_t one = kith_run_digest_add(0, "local", "lr", "0.1");
    assert_true(one != 0);
    assert_true(kith_run_digest_add(0, "local", "lr", "0.2") != one);
    assert_true(kith_run_digest_add(0, "local", "l", "r0.1") != one);
    assert_true(kith_run_digest_add(0, "loca", "l.lr", "0.1") != one);
    assert_true(kith_run_digest_add(one, "run", "output", "x") == one);
    assert_true(kith_run_digest_add(one, "checkpoint", "every", "5") == one);
    assert_true(kith_run_digest_add(one, "run", "seed", "5") != one);
}

/* ---- the common database ---- */

static char root[32];

static int make_root(void **state)
{
    strcpy(root, "sweep-test-XXXXXX");
    return mkdtemp(root) ? set_up(state) : -1;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
    (void)info, (void)kind, (void)ftw;
    return remove(path);
}

static int remove_root(void **state)
{
    tear_down(state);
    return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Named like a digest, as a sweep names the folders of its runs. */
static void folder_of(const char *name, char *out, size_t size)
{
    snprintf(out, size, "%s/00000000000000%02x", root, (unsigned)name[0]);
}

/* Records a run of one number in root/NAME, and offers it. */
static void offer_run(kith_ctx *ctx, const char *name, const char *lr, double value, const char *status)
{
    char folder[64], set[64];
    settings s;
    kith_config *config;
    kith_record *record;
    folder_of(name, folder, sizeof folder);
    snprintf(set, sizeof set, "local.lr=%s", lr);
    const kith_record_setup setup = {.folder = folder,
                                     .name = name,
                                     .algorithm = "a",
                                     .environment = "build=1\nrest",
                                     .seed = 3,
                                     .overwrite = true,
                                     .collected = true};
    assert_ok(ctx, kith_config_create(ctx, &config));
    assert_ok(ctx, kith_config_set(ctx, config, set));
    assert_ok(ctx, kith_config_bind(ctx, config, "local", rows, 2, true, &s));
    assert_ok(ctx, kith_record_open(ctx, &setup, config, &record));
    assert_ok(ctx, kith_record_metric(ctx, record, "m", 4, 0.5, value));
    assert_ok(ctx, kith_record_commit(ctx, record));
    assert_ok(ctx, kith_record_histogram(ctx, record, "h", &(double){2.0}, 1));
    assert_ok(ctx, kith_record_graph(ctx, record,
                                     &(kith_last_graph){.round = 4, .nodes = 2, .score = (const double[]){value, 1}}));
    assert_ok(ctx, kith_record_finish(ctx, record, status, NULL));
    kith_record_close(record);
    kith_config_destroy(config);
    assert_false(kith_collect_offered(folder));
    assert_ok(ctx, kith_collect_offer(ctx, folder));
    assert_true(kith_collect_offered(folder));
}

static int64_t take(kith_ctx *ctx, kith_collection *c, const char *name, int64_t wish, int64_t id)
{
    char folder[64];
    folder_of(name, folder, sizeof folder);
    assert_ok(ctx, kith_collect_take(ctx, c, folder, wish, &id));
    assert_false(kith_collect_offered(folder));
    return id;
}

/* What a query answers, as sqlite3_exec() gives it, columns followed by |. */
static int append(void *arg, int columns, char **text, char **names)
{
    (void)names;
    for (int i = 0; i < columns; i++) {
        const size_t used = strlen(arg);
        snprintf((char *)arg + used, 512 - used, "%s|", text[i] ? text[i] : "NULL");
    }
    return 0;
}

static void assert_answer(const char *sql, const char *wanted)
{
    char path[64], got[512] = "";
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/kith.db", root);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, append, got, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_string_equal(got, wanted);
}

static uint64_t digest_of(const char *lr)
{
    return kith_run_digest_add(kith_run_digest_add(0, "local", "lr", lr), "local", "steps", "5");
}

static void runs_are_taken_whole_and_once(void **state)
{
    kith_ctx *ctx = *state;
    kith_collection *c, *second;
    kith_collected *runs;
    size_t count;
    char message[128];
    assert_ok(ctx, kith_collection_open(ctx, root, &c));
    offer_run(ctx, "x", "0.5", 1.5, "done");
    offer_run(ctx, "y", "0.75", 2.5, "failed");
    assert_int_equal(take(ctx, c, "y", 7, 0), 7);
    assert_int_equal(take(ctx, c, "x", 7, 0), 8); /* 7 is another's */
    assert_answer("SELECT id, name, algorithm, seed, status, environment FROM runs",
                  "7|y|a|3|failed|build=1\nrest|8|x|a|3|done|build=1\nrest|");
    assert_answer("SELECT run, section, key, value FROM parameters WHERE run = 8", "8|local|lr|0.5|8|local|steps|5|");
    assert_answer("SELECT * FROM metrics", "7|m|4|0.5|2.5|8|m|4|0.5|1.5|");
    assert_answer("SELECT * FROM histograms", "7|h|0|2.0|8|h|0|2.0|");
    assert_answer("SELECT * FROM graphs", "7|4|2|2|8|4|2|2|");
    assert_answer("SELECT * FROM nodes", "7|0|2.5|0|7|1|1.0|0|8|0|1.5|0|8|1|1.0|0|");
    assert_answer("SELECT * FROM edges WHERE run = 8", "8|0|0|0.5|8|0|1|0.5|8|1|0|0.5|8|1|1|0.5|");
    /* Once more: it replaces what failed. */
    offer_run(ctx, "y", "0.75", 3.5, "done");
    assert_int_equal(take(ctx, c, "y", 7, 7), 7);
    assert_answer("SELECT run, value FROM metrics ORDER BY run", "7|3.5|8|1.5|");
    assert_answer("SELECT run, score FROM nodes WHERE node = 0", "7|3.5|8|1.5|");
    assert_answer("SELECT id, status FROM runs", "7|done|8|done|");
    assert_ok(ctx, kith_collection_list(ctx, c, kith_run_digest_add, "build=1\n", &runs, &count));
    assert_int_equal(count, 2);
    assert_int_equal(runs[0].id, 7);
    assert_true(runs[0].digest == digest_of("0.75") && runs[1].digest == digest_of("0.5"));
    assert_true(runs[0].done && !runs[0].other_build);
    kith_free(runs);
    assert_ok(ctx, kith_collection_list(ctx, c, kith_run_digest_add, "build=2\n", &runs, &count));
    assert_true(runs[0].other_build);
    kith_free(runs);
    snprintf(message, sizeof message, "%s: another sweep or run is still going on (process %ld); stop that first", root,
             (long)getpid());
    assert_refused(ctx, kith_collection_open(ctx, root, &second), KITH_EIO, message);
    kith_collection_close(c);
    assert_ok(ctx, kith_collection_open(ctx, root, &c));
    assert_ok(ctx, kith_collection_empty(ctx, c));
    assert_answer("SELECT count(*) FROM runs", "0|");
    assert_answer("SELECT count(*) FROM metrics", "0|");
    kith_collection_close(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lists),
        TEST(chains),
        TEST(ranges),
        TEST(bad_lists),
        TEST(bad_ranges),
        TEST(a_run_has_a_configuration_of_its_own),
        TEST(digests_leave_out_what_changes_no_result),
        cmocka_unit_test_setup_teardown(runs_are_taken_whole_and_once, make_root, remove_root),
    };
    return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
