#include "support.h"

#include "base/metrics.h"
#include "recorded.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void spoil(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void do_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* How many entries a folder has, of those that the filter lets through. */
static int entries(const char *folder, const char *filter)
{
    char command[256];
    snprintf(command, sizeof command, "ls -A '%s' %s | wc -l", folder, filter);
    FILE *f = popen(command, "r");
    int count = -1;
    assert_int_equal(fscanf(f, "%d", &count), 1);
    pclose(f);
    return count;
}

/* The first numbers settle at once; later ones wait, and a second later all that waited go in. */
static void numbers_settle(void **state)
{
    place *p = *state;
    kith_record *r;
    assert_ok(p->ctx, open_in(p, p->folder, false, &r));
    assert_ok(p->ctx, kith_record_metric(p->ctx, r, "train_loss", 0, 0.0, 1.0));
    assert_ok(p->ctx, kith_record_settle(p->ctx, r));
    assert_string_equal(ask(p, "SELECT count(*) FROM metrics"), "1");
    assert_ok(p->ctx, kith_record_metric(p->ctx, r, "train_loss", 1, 1.0, 0.5));
    assert_ok(p->ctx, kith_record_settle(p->ctx, r));
    assert_string_equal(ask(p, "SELECT count(*) FROM metrics"), "1");
    nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 10000000}, NULL);
    assert_ok(p->ctx, kith_record_metric(p->ctx, r, "train_loss", 2, 2.0, 0.25));
    assert_ok(p->ctx, kith_record_settle(p->ctx, r));
    assert_string_equal(ask(p, "SELECT count(*) FROM metrics"), "3");
    assert_ok(p->ctx, kith_record_metric(p->ctx, r, "train_loss", 3, 3.0, 0.125));
    assert_ok(p->ctx, kith_record_settle(p->ctx, r));
    assert_string_equal(ask(p, "SELECT count(*) FROM metrics"), "3");
    assert_ok(p->ctx, kith_record_commit(p->ctx, r));
    assert_string_equal(ask(p, "SELECT count(*) FROM metrics"), "4");
    kith_record_close(r);
}

static void a_run_reads_back(void **state)
{
    place *p = *state;
    kith_record *r;
    assert_ok(p->ctx, open_in(p, p->folder, false, &r));
    assert_string_equal(ask(p, "SELECT status FROM runs"), "running");
    assert_string_equal(ask(p, "SELECT finished FROM runs"), "NULL");
    assert_ok(p->ctx, kith_record_metric(p->ctx, r, "train_loss", 0, 0.0, 0.1));
    assert_ok(p->ctx, kith_record_metric(p->ctx, r, "train_loss", 10, 2.5, 1.0 / 3.0));
    assert_ok(p->ctx, kith_record_metric(p->ctx, r, "test_accuracy", 10, 2.5, NAN));
    assert_ok(p->ctx, kith_record_metric(p->ctx, r, "test_loss", 10, 2.5, INFINITY));
    assert_string_equal(ask(p, "SELECT count(*) FROM metrics"), "0");
    assert_ok(p->ctx, kith_record_commit(p->ctx, r));
    assert_ok(p->ctx, kith_record_metric(p->ctx, r, "train_loss", 20, 5.0, 0.01));
    assert_ok(p->ctx, kith_record_finish(p->ctx, r, "done", NULL));
    kith_record_close(r);

    assert_string_equal(ask(p, "SELECT count(*) FROM metrics"), "5");
    assert_string_equal(ask(p, "SELECT value = 1.0 / 3.0 AND virtual_time = 2.5 FROM metrics "
                               "WHERE name = 'train_loss' AND round = 10"),
                        "1");
    assert_string_equal(ask(p, "SELECT value FROM metrics WHERE name = 'test_accuracy'"), "NULL");
    assert_string_equal(ask(p, "SELECT value FROM metrics WHERE name = 'test_loss'"), "Inf");
    assert_string_equal(ask(p, "SELECT value FROM metrics WHERE round = 20"), "0.01");
    assert_string_equal(ask(p, "SELECT id || name || algorithm || seed || status FROM runs"), "1xafa-cd7done");
    assert_string_equal(ask(p, "SELECT message FROM runs"), "NULL");
    assert_string_equal(ask(p, "SELECT environment FROM runs"), "blas=BLIS 0.9\nworkers=2");
    assert_string_equal(ask(p, "SELECT version != '' FROM runs"), "1");
    assert_string_equal(ask(p, "SELECT value || source FROM parameters WHERE section = 'run' AND key = 'seed'"),
                        "7--set");
    assert_string_equal(ask(p, "SELECT value FROM parameters WHERE section = 'run' AND key = 'rate'"), "0.25");
    assert_string_equal(ask(p, "SELECT count(*) FROM parameters"), "2");
    assert_string_equal(ask(p, "PRAGMA user_version"), "6");
    /* Now, and in the order in which ISO 8601 sorts. */
    assert_string_equal(ask(p, "SELECT abs(strftime('%s', started) - strftime('%s', 'now')) < 60 FROM runs"), "1");
    assert_string_equal(ask(p, "SELECT started <= finished AND finished LIKE '____-__-__T__:__:__Z' FROM runs"), "1");
}

static void histograms_replace_former_ones(void **state)
{
    place *p = *state;
    kith_record *r;
    const double first[] = {3, 0, 1}, second[] = {0, 5};
    assert_ok(p->ctx, open_in(p, p->folder, false, &r));
    assert_ok(p->ctx, kith_record_histogram(p->ctx, r, "staleness", first, 3));
    assert_ok(p->ctx, kith_record_histogram(p->ctx, r, "participation", first, 3));
    assert_string_equal(ask(p, "SELECT count(*) FROM histograms WHERE value != 0"), "4");
    assert_ok(p->ctx, kith_record_histogram(p->ctx, r, "staleness", second, 2));
    assert_string_equal(ask(p, "SELECT group_concat(bin || ':' || value) FROM histograms WHERE name = 'staleness'"),
                        "1:5.0");
    assert_string_equal(ask(p, "SELECT sum(bin * value) FROM histograms WHERE name = 'participation'"), "2.0");
    kith_record_close(r);
    /* the tables of version 1 are taken, and get what they lack */
    do_sql(p->database, "DROP TABLE histograms; DROP TABLE arrivals; DROP TABLE partners; PRAGMA user_version = 1");
    assert_ok(p->ctx, open_in(p, p->folder, true, &r));
    assert_ok(p->ctx, kith_record_histogram(p->ctx, r, "staleness", first, 3));
    assert_string_equal(ask(p, "SELECT count(*) FROM histograms"), "2");
    assert_string_equal(ask(p, "PRAGMA user_version"), "6");
    kith_record_close(r);
}

static void the_configuration_lies_beside(void **state)
{
    place *p = *state;
    kith_record *r;
    assert_ok(p->ctx, open_in(p, p->folder, false, &r));
    kith_record_close(r);
    char path[128], expected[512] = "", found[512] = "";
    snprintf(path, sizeof path, "%s/config.ini", p->folder);
    FILE *f = fopen(path, "r"), *memory = fmemopen(expected, sizeof expected, "w");
    assert_non_null(f);
    found[fread(found, 1, sizeof found - 1, f)] = '\0';
    fclose(f);
    fputs("# What a run came to: every parameter with its value. It can be run again under another name.\n", memory);
    assert_ok(p->ctx, kith_config_write(p->ctx, p->config, memory, false));
    fclose(memory);
    assert_string_equal(found, expected);
    assert_non_null(strstr(found, "seed = 7"));
    assert_int_equal(entries(p->folder, ""), 2); /* kith.db and config.ini: no journal, nothing set aside */
}

static void a_failure_keeps_its_message(void **state)
{
    place *p = *state;
    kith_record *r;
    assert_ok(p->ctx, open_in(p, p->folder, false, &r));
    assert_ok(p->ctx, kith_record_finish(p->ctx, r, "failed", "round 3: the model's loss is not finite"));
    kith_record_close(r);
    assert_string_equal(ask(p, "SELECT status || ': ' || message FROM runs"),
                        "failed: round 3: the model's loss is not finite");
}

/* A killed process leaves what was committed, and nothing of what was not. */
static void an_unfinished_run_stays_running(void **state)
{
    place *p = *state;
    kith_record *r;
    assert_ok(p->ctx, open_in(p, p->folder, false, &r));
    assert_ok(p->ctx, kith_record_metric(p->ctx, r, "train_loss", 1, 0.0, 0.5));
    assert_ok(p->ctx, kith_record_commit(p->ctx, r));
    assert_ok(p->ctx, kith_record_metric(p->ctx, r, "train_loss", 2, 0.0, 0.25));
    kith_record_close(r);
    assert_string_equal(ask(p, "SELECT status FROM runs"), "running");
    assert_string_equal(ask(p, "SELECT count(*) FROM metrics"), "1");
}

static void a_folder_with_a_run_is_refused(void **state)
{
    place *p = *state;
    kith_record *r, *other = NULL;
    char expected[256];
    assert_ok(p->ctx, open_in(p, p->folder, false, &r));
    snprintf(expected, sizeof expected, "%s: its run is still going on (process %ld); stop that first", p->folder,
             (long)getpid());
    assert_refused(p->ctx, open_in(p, p->folder, false, &other), KITH_EIO, expected);
    assert_refused(p->ctx, open_in(p, p->folder, true, &other), KITH_EIO, expected);
    assert_null(other);
    /* The refusal does the first run no harm. */
    assert_ok(p->ctx, kith_record_metric(p->ctx, r, "train_loss", 1, 0.0, 0.5));
    assert_ok(p->ctx, kith_record_finish(p->ctx, r, "done", NULL));
    kith_record_close(r);
    snprintf(expected, sizeof expected,
             "%s already holds a run (kith.db); choose another folder with --set run.output=..., or replace it with "
             "--overwrite",
             p->folder);
    assert_refused(p->ctx, open_in(p, p->folder, false, &other), KITH_EIO, expected);
    assert_null(other);
    assert_string_equal(ask(p, "SELECT group_concat(status) FROM runs"), "done");
}

static void overwriting_replaces_all(void **state)
{
    place *p = *state;
    kith_record *r;
    char model[128];
    assert_ok(p->ctx, open_in(p, p->folder, false, &r));
    assert_ok(p->ctx, kith_record_metric(p->ctx, r, "train_loss", 1, 0.0, 0.5));
    assert_ok(p->ctx, kith_record_finish(p->ctx, r, "done", NULL));
    kith_record_close(r);
    snprintf(model, sizeof model, "%s/model.npy", p->folder);
    spoil(model, "the former model");
    assert_ok(p->ctx, open_in(p, p->folder, true, &r));
    kith_record_close(r);
    assert_string_equal(ask(p, "SELECT group_concat(status) FROM runs"), "running");
    assert_string_equal(ask(p, "SELECT count(*) FROM metrics"), "0");
    assert_string_equal(ask(p, "SELECT count(*) FROM parameters"), "2");
    assert_int_equal(access(model, F_OK), -1);
}

/* Where a file system knows no locks nothing keeps another process from it. */
static void a_replaced_run_is_told(void **state)
{
    place *p = *state;
    kith_record *first;
    char expected[256];
    assert_ok(p->ctx, open_in(p, p->folder, false, &first));
    do_sql(p->database, "DELETE FROM runs");
    snprintf(expected, sizeof expected, "%s: another run has replaced this one; give each its own run.output",
             p->database);
    assert_ok(p->ctx, kith_record_metric(p->ctx, first, "train_loss", 1, 0.0, 0.5));
    assert_refused(p->ctx, kith_record_commit(p->ctx, first), KITH_EIO, expected);
    kith_record_close(first);
    assert_ok(p->ctx, open_in(p, p->folder, true, &first));
    do_sql(p->database, "DELETE FROM runs");
    assert_refused(p->ctx, kith_record_finish(p->ctx, first, "done", NULL), KITH_EIO, expected);
    kith_record_close(first);
}

/* The place of config.ini is taken by a folder, which a rename cannot replace: the former results must survive. */
static void a_failed_overwrite_loses_nothing(void **state)
{
    place *p = *state;
    kith_record *r, *other = NULL;
    char config[128], model[128], expected[256];
    assert_ok(p->ctx, open_in(p, p->folder, false, &r));
    assert_ok(p->ctx, kith_record_metric(p->ctx, r, "train_loss", 1, 0.0, 0.5));
    assert_ok(p->ctx, kith_record_finish(p->ctx, r, "done", NULL));
    kith_record_close(r);
    snprintf(model, sizeof model, "%s/model.npy", p->folder);
    spoil(model, "the former model");
    snprintf(config, sizeof config, "%s/config.ini", p->folder);
    assert_int_equal(unlink(config), 0);
    assert_int_equal(mkdir(config, 0777), 0);
    snprintf(expected, sizeof expected, "%s: is there and is no regular file; choose another name", config);
    assert_refused(p->ctx, open_in(p, p->folder, true, &other), KITH_EIO, expected);
    assert_null(other);
    assert_string_equal(ask(p, "SELECT status FROM runs"), "done");
    assert_string_equal(ask(p, "SELECT value FROM metrics"), "0.5");
    assert_int_equal(access(model, F_OK), 0);
    assert_int_equal(entries(p->folder, ""), 3);
}

/* A limit on file sizes stands for a full disk. */
static void fill_disk(rlim_t most, struct rlimit *former)
{
    assert_int_equal(getrlimit(RLIMIT_FSIZE, former), 0);
    struct rlimit tight = *former;
    tight.rlim_cur = most;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
}

static void clear_disk(const struct rlimit *former)
{
    assert_int_equal(setrlimit(RLIMIT_FSIZE, former), 0);
    signal(SIGXFSZ, SIG_DFL);
}

/* There is room for config.ini, but not for the database. */
static void a_full_disk_at_the_start_leaves_no_run(void **state)
{
    place *p = *state;
    kith_record *r = NULL;
    struct rlimit former;
    fill_disk(8192, &former);
    const kith_status status = open_in(p, p->folder, false, &r);
    clear_disk(&former);
    assert_int_equal(status, KITH_EIO);
    assert_null(r);
    assert_non_null(strstr(kith_ctx_message(p->ctx), p->database));
    kith_ctx_clear(p->ctx);
    /* Of the database there may be a beginning with its journal, which the next to open it rolls back. */
    assert_int_equal(entries(p->folder, "| grep -v '^kith.db'"), 0);
    assert_ok(p->ctx, open_in(p, p->folder, false, &r));
    kith_record_close(r);
}

static void a_full_disk_is_reported_and_undone(void **state)
{
    place *p = *state;
    kith_record *r;
    char expected[256];
    assert_ok(p->ctx, open_in(p, p->folder, false, &r));
    for (uint64_t i = 0; i < 5000; i++)
        assert_ok(p->ctx, kith_record_metric(p->ctx, r, "train_loss", i, 0.0, 0.5));
    struct rlimit former;
    fill_disk(40960, &former);
    const kith_status status = kith_record_commit(p->ctx, r);
    clear_disk(&former);
    assert_int_equal(status, KITH_EIO);
    snprintf(expected, sizeof expected, "%s-pending: ", p->database);
    assert_int_equal(strncmp(kith_ctx_message(p->ctx), expected, strlen(expected)), 0);
    kith_ctx_clear(p->ctx);
    assert_string_equal(ask(p, "SELECT count(*) FROM metrics"), "0");
    /* Room again: the same numbers go in. */
    assert_ok(p->ctx, kith_record_commit(p->ctx, r));
    assert_string_equal(ask(p, "SELECT count(*) FROM metrics"), "5000");
    kith_record_close(r);
}

static void twice_the_same_number_is_refused(void **state)
{
    place *p = *state;
    kith_record *r;
    char expected[256];
    assert_ok(p->ctx, open_in(p, p->folder, false, &r));
    assert_ok(p->ctx, kith_record_metric(p->ctx, r, "train_loss", 3, 0.0, 0.5));
    assert_ok(p->ctx, kith_record_metric(p->ctx, r, "train_loss", 3, 0.0, 0.75));
    snprintf(expected, sizeof expected, "%s: train_loss of round 3 was recorded twice", p->database);
    assert_refused(p->ctx, kith_record_commit(p->ctx, r), KITH_EINTERNAL, expected);
    assert_string_equal(ask(p, "SELECT count(*) FROM metrics"), "0");
    /* The run can still be ended. */
    assert_ok(p->ctx, kith_record_finish(p->ctx, r, "failed", "a number was recorded twice"));
    assert_string_equal(ask(p, "SELECT status FROM runs"), "failed");
    kith_record_close(r);
}

static void folders_that_cannot_be_are_refused(void **state)
{
    place *p = *state;
    kith_record *r = NULL;
    char file[128], below[160], expected[320];
    snprintf(file, sizeof file, "%s/file", p->root);
    snprintf(below, sizeof below, "%s/runs/x", file);
    spoil(file, "in the way");
    snprintf(expected, sizeof expected,
             "%s: cannot be made a folder for results: Not a directory; choose another with --set run.output=...",
             below);
    assert_refused(p->ctx, open_in(p, below, false, &r), KITH_EIO, expected);
    snprintf(expected, sizeof expected,
             "%s: cannot be made a folder for results: Not a directory; choose another with --set run.output=...",
             file);
    assert_refused(p->ctx, open_in(p, file, false, &r), KITH_EIO, expected);
    assert_refused(p->ctx, open_in(p, "", false, &r), KITH_EIO,
                   "an empty name: cannot be made a folder for results: No such file or directory; choose another with "
                   "--set run.output=...");
    /* A file system without room for files, whoever asks. */
    const kith_status status = open_in(p, "/proc/kith-record-test", false, &r);
    assert_int_equal(status, KITH_EIO);
    assert_non_null(strstr(kith_ctx_message(p->ctx), "/proc/kith-record-test: cannot be made a folder for results: "));
    assert_null(r);
}

static void other_files_are_refused(void **state)
{
    place *p = *state;
    kith_record *r = NULL;
    char expected[256];
    assert_ok(p->ctx, open_in(p, p->folder, false, &r));
    kith_record_close(r);
    r = NULL;
    do_sql(p->database, "PRAGMA user_version = 99");
    snprintf(expected, sizeof expected,
             "%s: was written by a newer Kith (database version 99, this one reads 6); use that one", p->database);
    assert_refused(p->ctx, open_in(p, p->folder, false, &r), KITH_EIO, expected);
    assert_refused(p->ctx, open_in(p, p->folder, true, &r), KITH_EIO, expected);
    do_sql(p->database, "PRAGMA user_version = 0");
    snprintf(expected, sizeof expected, "%s: is another program's database; move it away or choose another folder",
             p->database);
    assert_refused(p->ctx, open_in(p, p->folder, true, &r), KITH_EIO, expected);
    spoil(p->database, "This text is long enough to be no database at all, as SQLite looks at 100 bytes of header. "
                       "It goes on for a while.");
    snprintf(expected, sizeof expected, "%s: is no results database; move it away or choose another folder",
             p->database);
    assert_refused(p->ctx, open_in(p, p->folder, false, &r), KITH_EIO, expected);
    assert_refused(p->ctx, open_in(p, p->folder, true, &r), KITH_EIO, expected);
    assert_null(r);
}

/* A reader in the middle of its transaction must not break the run, which waits for it; nor the run the reader. */
static void reading_while_running_works(void **state)
{
    place *p = *state;
    kith_record *r;
    assert_ok(p->ctx, open_in(p, p->folder, false, &r));
    assert_ok(p->ctx, kith_record_metric(p->ctx, r, "train_loss", 1, 0.0, 0.5));
    assert_ok(p->ctx, kith_record_commit(p->ctx, r));
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
        sqlite3 *db;
        sqlite3_stmt *s;
        if (sqlite3_open_v2(p->database, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) _exit(1);
        if (sqlite3_prepare_v2(db, "SELECT value FROM metrics", -1, &s, NULL) != SQLITE_OK) _exit(2);
        if (sqlite3_step(s) != SQLITE_ROW) _exit(3);
        if (write(ready[1], "x", 1) != 1) _exit(4);
        usleep(200000);
        _exit(sqlite3_step(s) == SQLITE_DONE ? 0 : 5);
    }
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_ok(p->ctx, kith_record_metric(p->ctx, r, "train_loss", 2, 0.0, 0.25));
    assert_ok(p->ctx, kith_record_commit(p->ctx, r));
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_string_equal(ask(p, "SELECT count(*) FROM metrics"), "2");
    close(ready[0]);
    close(ready[1]);
    kith_record_close(r);
}

/* In place of those before, so that a run that is resumed has each once. */
static void declared_metrics_replace_former_ones(void **state)
{
    place *p = *state;
    kith_record *r;
    const kith_metric drift = {"drift", "hops", "", "How far.", KITH_BETTER_DOWN, true, 0, "mine"},
                      two[] = {{"a", "", "", "As it is.", KITH_BETTER_UP, false, 0, "mine"}, drift};
    assert_ok(p->ctx, open_in(p, p->folder, false, &r));
    assert_ok(p->ctx, kith_record_declared(p->ctx, r, two, 2));
    assert_ok(p->ctx, kith_record_declared(p->ctx, r, &drift, 1));
    assert_string_equal(
        ask(p, "SELECT group_concat(name || unit || better || log || sentence || plugin) FROM declared"),
        "drifthops21How far.mine");
    kith_record_close(r);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers_settle),
        TEST(a_run_reads_back),
        TEST(histograms_replace_former_ones),
        TEST(declared_metrics_replace_former_ones),
        TEST(the_configuration_lies_beside),
        TEST(a_failure_keeps_its_message),
        TEST(an_unfinished_run_stays_running),
        TEST(a_folder_with_a_run_is_refused),
        TEST(overwriting_replaces_all),
        TEST(a_replaced_run_is_told),
        TEST(a_failed_overwrite_loses_nothing),
        TEST(a_full_disk_at_the_start_leaves_no_run),
        TEST(a_full_disk_is_reported_and_undone),
        TEST(twice_the_same_number_is_refused),
        TEST(folders_that_cannot_be_are_refused),
        TEST(other_files_are_refused),
        TEST(reading_while_running_works),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
