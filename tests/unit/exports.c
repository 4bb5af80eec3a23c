#include "support.h"

#include "database.h"
#include "launch/services/results/export.h"
#include "launch/services/results/tensorboard.h"
#include "record/events.h"

#include <math.h>

static kith_ctx *ctx;

static int set_up(void **state)
{
    ctx = kith_ctx_create();
    return ctx ? scratch_enter(state) : -1;
}

static int tear_down(void **state)
{
    kith_ctx_destroy(ctx);
    return scratch_leave(state);
}

/* What is exported, to be freed. */
static char *exported(const kith_export_request *request)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_ok(ctx, kith_export_write(ctx, request, out));
    fclose(out);
    return text;
}

static void assert_exports(const kith_export_request *request, const char *wanted)
{
    char *text = exported(request);
    assert_string_equal(text, wanted);
    free(text);
}

static void exports_read_back(void **state)
{
    (void)state;
    database_make("x", "INSERT INTO runs VALUES (1, 'a, \"b\"', 'afa-cd', -1, 'done', NULL, '', '', '0', '');"
                       /* Divisions, since SQLite reads long fractions in 80 bits, which Valgrind has not. */
                       "INSERT INTO metrics VALUES (1, 'loss', 1, 1.0 / 10, 1e999), (1, 'loss', 2, NULL, NULL),"
                       " (1, 'loss', 3, 1.0 / 10 + 2.0 / 10, -1.0 / 4);");
    kith_export_request request = {.where = "x/kith.db", .format = "csv"};
    assert_exports(&request, "run,name,algorithm,seed,round,virtual_time,metric,value\n"
                             "1,\"a, \"\"b\"\"\",afa-cd,18446744073709551615,1,0.10000000000000001,loss,inf\n"
                             "1,\"a, \"\"b\"\"\",afa-cd,18446744073709551615,2,,loss,\n"
                             "1,\"a, \"\"b\"\"\",afa-cd,18446744073709551615,3,0.30000000000000004,loss,-0.25\n");
    request.format = "jsonl";
    assert_exports(
        &request,
        "{\"run\":\"1\",\"name\":\"a, \\\"b\\\"\",\"algorithm\":\"afa-cd\",\"seed\":18446744073709551615,\"round\":1,"
        "\"virtual_time\":0.10000000000000001,\"metric\":\"loss\",\"value\":1e999}\n"
        "{\"run\":\"1\",\"name\":\"a, \\\"b\\\"\",\"algorithm\":\"afa-cd\",\"seed\":18446744073709551615,\"round\":2,"
        "\"virtual_time\":null,\"metric\":\"loss\",\"value\":null}\n"
        "{\"run\":\"1\",\"name\":\"a, \\\"b\\\"\",\"algorithm\":\"afa-cd\",\"seed\":18446744073709551615,\"round\":3,"
        "\"virtual_time\":0.30000000000000004,\"metric\":\"loss\",\"value\":-0.25}\n");
}

static void exports_that_cannot_be_are_refused(void **state)
{
    (void)state;
    database_make("x", DATABASE_RUN(1, "done", 1) DATABASE_METRIC(1, "loss", 1, 0.5)
                           DATABASE_METRIC(1, "test_loss", 1, 0.5));
    assert_refused(ctx, kith_export_write(ctx, &(kith_export_request){.where = "x", .format = "xml"}, stdout),
                   KITH_EUSAGE, "xml: is no format of kith export; there are csv, jsonl and tensorboard");
    FILE *out = fopen("/dev/full", "w");
    assert_non_null(out);
    assert_refused(ctx, kith_export_write(ctx, &(kith_export_request){.where = "x", .format = "csv"}, out), KITH_EIO,
                   "the export cannot be written: No space left on device");
    fclose(out);
    const char *near[] = {"loss", "tset_loss"}, *far[] = {"zzzzzzzzzz"};
    kith_export_request request = {.where = "x", .format = "csv", .metric = near, .metrics = 2};
    assert_refused(ctx, kith_export_write(ctx, &request, stdout), KITH_EUSAGE,
                   "x: no run has a metric 'tset_loss'; did you mean 'test_loss'?");
    assert_refused(ctx, kith_tensorboard_write(ctx, &request, "events", stdout), KITH_EUSAGE,
                   "x: no run has a metric 'tset_loss'; did you mean 'test_loss'?");
    assert_int_equal(access("events", F_OK), -1);
    request.metric = far;
    request.metrics = 1;
    assert_refused(ctx, kith_export_write(ctx, &request, stdout), KITH_EUSAGE,
                   "x: no run has a metric 'zzzzzzzzzz'; '" KITH_NAME " export x' lists those there are");
}

/* Two runs that differ in alpha and the topology; the second never measured `b`, and `a` and `b` share round 2 only. */
static const char wide[] = DATABASE_RUN(1, "done", 1) DATABASE_RUN(2, "done", 7) DATABASE_SET(1, "data", "alpha", "0.5")
    DATABASE_SET(2, "data", "alpha", "1e999") DATABASE_SET(1, "run", "topology", "ring, 2")
        DATABASE_SET(2, "run", "topology", "chain") DATABASE_SET(1, "data", "same", "3")
            DATABASE_SET(2, "data", "same", "3") DATABASE_METRIC(1, "a", 1, 0.25) DATABASE_METRIC(1, "a", 2, 0.5)
                DATABASE_METRIC(1, "b", 2, 4) DATABASE_METRIC(1, "b", 3, 8) DATABASE_METRIC(1, "c", 9, 1)
                    DATABASE_METRIC(2, "a", 1, NULL) DATABASE_METRIC(2, "a", 5, 2);

static void wide_tables(void **state)
{
    (void)state;
    const char *metric[] = {"b", "a"};
    database_make("x", wide);
    kith_export_request request = {.where = "x", .format = "csv", .metric = metric, .metrics = 2, .wide = true};
    assert_exports(&request, "run,name,algorithm,seed,data.alpha,run.topology,round,virtual_time,a,b\n"
                             "1,r1,dsgd,1,0.5,\"ring, 2\",1,1,0.25,\n"
                             "1,r1,dsgd,1,0.5,\"ring, 2\",2,2,0.5,4\n"
                             "1,r1,dsgd,1,0.5,\"ring, 2\",3,3,,8\n"
                             "2,r2,dsgd,7,1e999,chain,1,1,,\n"
                             "2,r2,dsgd,7,1e999,chain,5,5,2,\n");
    request.format = "jsonl";
    request.metrics = 1;
    assert_exports(
        &request,
        "{\"run\":\"1\",\"name\":\"r1\",\"algorithm\":\"dsgd\",\"seed\":1,\"data.alpha\":0.5,\"run.topology\":"
        "\"ring, 2\",\"round\":2,\"virtual_time\":2,\"b\":4}\n"
        "{\"run\":\"1\",\"name\":\"r1\",\"algorithm\":\"dsgd\",\"seed\":1,\"data.alpha\":0.5,\"run.topology\":"
        "\"ring, 2\",\"round\":3,\"virtual_time\":3,\"b\":8}\n");
    request.format = "csv";
    request.metrics = 0;
    char *text = exported(&request);
    assert_non_null(strstr(text, ",round,virtual_time,a,b,c\n"));
    assert_non_null(strstr(text, "1,r1,dsgd,1,0.5,\"ring, 2\",9,9,,,1\n"));
    free(text);
}

/* Each row has the clock, so that a metric of its name adds nothing. */
static void wide_tables_have_one_clock(void **state)
{
    (void)state;
    database_make("x",
                  DATABASE_RUN(1, "done", 1) DATABASE_METRIC(1, "a", 1, 0.25) DATABASE_METRIC(1, "virtual_time", 1, 1));
    const char *clock[] = {"virtual_time"};
    kith_export_request request = {.where = "x", .format = "csv", .wide = true};
    assert_exports(&request, "run,name,algorithm,seed,round,virtual_time,a\n1,r1,dsgd,1,1,1,0.25\n");
    request.metric = clock;
    request.metrics = 1;
    assert_exports(&request, "run,name,algorithm,seed,round,virtual_time\n1,r1,dsgd,1,1,1\n");
}

static void only_metrics_that_were_asked_for(void **state)
{
    (void)state;
    const char *metric[] = {"c"};
    database_make("x", wide);
    const kith_export_request request = {.where = "x", .format = "csv", .metric = metric, .metrics = 1};
    assert_exports(&request, "run,name,algorithm,seed,round,virtual_time,metric,value\n1,r1,dsgd,1,9,9,c,1\n");
}

/* ---- TensorBoard ---- */

/* RFC 3720, appendix B.4. */
static void checksums(void **state)
{
    (void)state;
    unsigned char bytes[32] = {0};
    assert_int_equal(kith_crc32c(bytes, 32), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(kith_crc32c(bytes, 32), 0x62a8ab43);
    for (unsigned i = 0; i < 32; i++)
        bytes[i] = (unsigned char)i;
    assert_int_equal(kith_crc32c(bytes, 32), 0x46dd794e);
    for (unsigned i = 0; i < 32; i++)
        bytes[i] = (unsigned char)(31 - i);
    assert_int_equal(kith_crc32c(bytes, 32), 0x113fdb5c);
    /* What the mask makes of it: 0x8a9136aa rotated right by 15 is 0x6d551522; 0xa282ead8 is added. */
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(kith_crc32c_masked(bytes, 32), (uint32_t)(0x6d551522u + 0xa282ead8u));
}

/* Bytes written down by hand from the definitions of the format: a file's first record, and one of one scalar. */
static void records_are_as_defined(void **state)
{
    (void)state;
    static const unsigned char version[] = {0x09, 0,   0,   0,   0,   0,   0,   0xf0, 0x3f, /* 1: a double, 1.0 */
                                            0x10, 0,                                        /* 2: a varint, 0 */
                                            0x1a, 13,  'b', 'r', 'a', 'i', 'n', '.',  'E',
                                            'v',  'e', 'n', 't', ':', '2'};
    static const unsigned char scalar[] = {0x09, 0,  0,   0,    0,   0, 0, 0xf0, 0x3f, 0x10, 0xac, 0x02, /* step 300 */
                                           0x2a, 12,                   /* 5: Summary */
                                           0x0a, 10,                   /* 1: Value */
                                           0x0a, 3,  'a', '_',  'b',   /* 1: tag */
                                           0x15, 0,  0,   0xc0, 0xbe}; /* 2: a float, -0.375 */
    database_make("x",
                  "INSERT INTO runs VALUES (1, '../r', 'a', 5, 'done', NULL, '1970-01-01T00:00:01Z', NULL, '0', '');"
                  "INSERT INTO metrics VALUES (1, 'a_b', 300, 0, -0.375), (1, 'a_b', 301, 0, NULL);");
    FILE *list = tmpfile();
    assert_ok(ctx, kith_tensorboard_write(ctx, &(kith_export_request){.where = "x"}, "events", list));
    rewind(list);
    char line[64];
    assert_non_null(fgets(line, sizeof line, list));
    assert_string_equal(line, "events/-.-r,seed=5\n");
    assert_null(fgets(line, sizeof line, list));
    fclose(list);
    size_t size;
    unsigned char *file = (unsigned char *)database_text("events/-.-r,seed=5/" KITH_EVENTS_NAME, &size);
    assert_int_equal(file[0], sizeof version);
    assert_memory_equal(file + 12, version, sizeof version);
    const size_t text = 12 + sizeof version + 4, length = file[text] + 256u * file[text + 1];
    const size_t last = text + 12 + length + 4;
    assert_int_equal(size, last + 12 + sizeof scalar + 4); /* the number that is none has no record */
    assert_int_equal(file[last], sizeof scalar);
    assert_memory_equal(file + last + 12, scalar, sizeof scalar);
    const uint32_t sum = kith_crc32c_masked(scalar, sizeof scalar);
    const unsigned char *end = file + size - 4;
    assert_int_equal((uint32_t)(end[0] | end[1] << 8 | end[2] << 16) | (uint32_t)end[3] << 24, sum);
    free(file);
}

/* A folder for each run, named by what differs; twice the same bytes; nothing of a wall clock but what was recorded. */
static void runs_have_folders(void **state)
{
    (void)state;
    size_t first, second;
    database_make("x", DATABASE_RUN(1, "done", 1) DATABASE_RUN(2, "done", 2) DATABASE_RUN(3, "done", 1)
                           DATABASE_RUN(4, "done", 1) DATABASE_SET(1, "t", "p", "peer(rate=0.5) /x")
                               DATABASE_SET(2, "t", "p", "peer(rate=0.5) /x") DATABASE_SET(3, "t", "p", "../y|z")
                                   DATABASE_SET(4, "t", "p", "../y|z") DATABASE_METRIC(1, "a", 1, 1)
                                       DATABASE_METRIC(1, "wall_time", 1, 0.5) DATABASE_METRIC(2, "a", 1, 1));
    FILE *list = tmpfile();
    assert_ok(ctx, kith_tensorboard_write(ctx, &(kith_export_request){.where = "x"}, "events", list));
    assert_int_equal(access("events/p=peer(rate=0.5)-x,seed=1/" KITH_EVENTS_NAME, F_OK), 0);
    assert_int_equal(access("events/p=peer(rate=0.5)-x,seed=2/" KITH_EVENTS_NAME, F_OK), 0);
    assert_int_equal(access("events/p=..-y-z,seed=1/" KITH_EVENTS_NAME, F_OK), 0);
    assert_int_equal(access("events/p=..-y-z,seed=1(2)/" KITH_EVENTS_NAME, F_OK), 0);
    char *before = database_text("events/p=peer(rate=0.5)-x,seed=1/" KITH_EVENTS_NAME, &first);
    assert_ok(ctx, kith_tensorboard_write(ctx, &(kith_export_request){.where = "x"}, "events", list));
    char *after = database_text("events/p=peer(rate=0.5)-x,seed=1/" KITH_EVENTS_NAME, &second);
    assert_int_equal(first, second);
    assert_memory_equal(before, after, first);
    free(before);
    free(after);
    fclose(list);
    scratch_write("file", "", 0);
    assert_refused(ctx, kith_tensorboard_write(ctx, &(kith_export_request){.where = "x"}, "file/events", stdout),
                   KITH_EIO, "file/events: cannot be made: Not a directory; choose another folder for the events");
}

static void assert_ids(const kith_results *results, const char *wanted)
{
    char ids[64] = "";
    for (size_t r = 0; r < results->count; r++)
        snprintf(ids + strlen(ids), sizeof ids - strlen(ids), "%s%s", r ? " " : "", results->run[r]->id);
    assert_string_equal(ids, wanted);
}

/* Run 2 is outdated: who reads all runs of a folder is told of it and does not get it, unless it is asked for. */
static void runs_that_a_sweep_has_no_more_are_left_out(void **state)
{
    (void)state;
    kith_results results;
    const char *where = "x";
    database_make("x", DATABASE_RUN(1, "done", 1) DATABASE_RUN(2, "done", 2) DATABASE_RUN(3, "done", 3)
                           KITH_SCHEMA_OUTDATED "INSERT INTO outdated VALUES (2);");
    assert_ok(ctx, kith_results_read(ctx, "x", &results));
    assert_ids(&results, "1 3");
    assert_int_equal(results.outdated, 1);
    assert_non_null(strstr(kith_ctx_notes(ctx), "1 run that the file of its sweep no longer has: left out; "));
    kith_results_free(&results);
    assert_ok(ctx, kith_results_read_all(ctx, &where, 1, false, &results));
    assert_ids(&results, "1 3");
    kith_results_free(&results);
    assert_ok(ctx, kith_results_read_all(ctx, &where, 1, true, &results));
    assert_ids(&results, "1 2 3");
    assert_true(results.run[1]->outdated);
    assert_false(results.run[2]->outdated);
    assert_int_equal(results.outdated, 0);
    kith_results_free(&results);
    assert_ok(ctx, kith_results_read(ctx, "x/2", &results));
    assert_ids(&results, "2");
    kith_results_free(&results);
    assert_ok(ctx, kith_results_read_live(ctx, "x", &results));
    assert_ids(&results, "1 2 3");
    kith_results_free(&results);
    database_make("y", DATABASE_RUN(1, "done", 1) KITH_SCHEMA_OUTDATED "INSERT INTO outdated VALUES (1);");
    assert_refused(
        ctx, kith_results_read(ctx, "y", &results), KITH_EIO,
        "y: holds 1 run that the sweep's file no longer has, and none that it has; wait for one, or see them with "
        "--outdated");
}

/* The last point of each metric of each run, and nothing of another run's. */
static void the_newest_numbers_alone_are_read(void **state)
{
    (void)state;
    kith_results all, newest;
    database_make("x",
                  DATABASE_RUN(1, "running", 1) DATABASE_RUN(2, "done", 2) DATABASE_RUN(
                      3, "running", 3) "INSERT INTO metrics VALUES (1, 'loss', 0, NULL, 1.5), (1, 'loss', 9, 4.5, 0.5),"
                                       " (1, 'a', 3, NULL, 7), (1, 'loss_b', 2, NULL, 1), (1, 'loss_b', 4, NULL, NULL),"
                                       " (2, 'loss', 10, NULL, 0.25), (2, 'zeta', 1, NULL, 2);");
    assert_ok(ctx, kith_results_read_live(ctx, "x", &all));
    assert_ok(ctx, kith_results_read_newest(ctx, "x", &newest));
    assert_int_equal(newest.count, 3);
    for (size_t r = 0; r < 3; r++) {
        assert_int_equal(newest.run[r]->series_count, all.run[r]->series_count);
        for (size_t i = 0; i < all.run[r]->series_count; i++) {
            const kith_series *one = &newest.run[r]->series[i], *whole = &all.run[r]->series[i];
            const kith_point *last = &whole->point[whole->count - 1];
            assert_string_equal(one->name, whole->name);
            assert_int_equal(one->count, 1);
            assert_int_equal(one->point[0].round, last->round);
            assert_true(isnan(last->value) ? isnan(one->point[0].value) : one->point[0].value == last->value);
        }
    }
    assert_int_equal(newest.run[0]->series_count, 3);
    assert_int_equal(newest.run[2]->series_count, 0);
    kith_results_free(&all);
    kith_results_free(&newest);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(exports_read_back),
        TEST(exports_that_cannot_be_are_refused),
        TEST(runs_that_a_sweep_has_no_more_are_left_out),
        TEST(the_newest_numbers_alone_are_read),

        TEST(wide_tables),
        TEST(only_metrics_that_were_asked_for),
        TEST(checksums),
        TEST(records_are_as_defined),
        TEST(runs_have_folders),
        TEST(wide_tables_have_one_clock),
    };
    return cmocka_run_group_tests_name("exports", tests, NULL, NULL);
}
