/* Numbers that a run's database does not take: they wait, a run goes on, and a resumed one has all of them. */
#include "support.h"

#include "record/pending.h"
#include "recorded.h"

#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Another program's transaction, as a notebook leaves it open. */
static sqlite3 *read_on(place *p)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(p->database, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT * FROM runs", NULL, NULL, NULL), SQLITE_OK);
    return db;
}

static void wait_a_second(void)
{
    nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 10000000}, NULL);
}

static void number(place *p, kith_record *r, uint64_t round)
{
    assert_ok(p->ctx, kith_record_metric(p->ctx, r, "train_loss", round, NAN, 1.0 / (double)(round + 3)));
}

static const char *waiting(const place *p)
{
    static char path[160];
    snprintf(path, sizeof path, "%s/" KITH_PENDING_NAME, p->folder);
    return path;
}

static void a_reader_stops_nothing(void **state)
{
    place *p = *state;
    kith_record *r;
    assert_ok(p->ctx, open_in(p, p->folder, false, &r));
    sqlite3 *reader = read_on(p);
    const time_t begun = time(NULL);
    for (uint64_t t = 0; t < 4; t++) {
        number(p, r, t);
        assert_ok(p->ctx, kith_record_settle(p->ctx, r));
    }
    assert_true(time(NULL) - begun < 10);
    assert_string_equal(kith_ctx_message(p->ctx), "");
    assert_int_not_equal(access(waiting(p), F_OK), 0);
    /* before a checkpoint they go into a file */
    assert_ok(p->ctx, kith_record_commit(p->ctx, r));
    assert_int_equal(access(waiting(p), F_OK), 0);
    assert_string_equal(ask(p, "SELECT count(*) FROM metrics"), "0");
    sqlite3_close(reader);
    number(p, r, 4);
    wait_a_second();
    assert_ok(p->ctx, kith_record_settle(p->ctx, r));
    assert_string_equal(ask(p, "SELECT count(*) FROM metrics WHERE value = 1.0 / (round + 3)"), "5");
    assert_int_not_equal(access(waiting(p), F_OK), 0);
    assert_ok(p->ctx, kith_record_finish(p->ctx, r, "done", NULL));
    kith_record_close(r);
}

static kith_status resume_in(place *p, uint64_t round, bool from_start, kith_record **out)
{
    const kith_record_setup setup = {.folder = p->folder,
                                     .name = "x",
                                     .algorithm = "afa-cd",
                                     .seed = 7,
                                     .resume = true,
                                     .from_start = from_start,
                                     .round = round};
    return kith_record_open(p->ctx, &setup, p->config, out);
}

/* A kill after a checkpoint that the database had no part in. */
static void leave_waiting(place *p)
{
    kith_record *r;
    assert_ok(p->ctx, open_in(p, p->folder, false, &r));
    number(p, r, 0);
    assert_ok(p->ctx, kith_record_commit(p->ctx, r));
    sqlite3 *reader = read_on(p);
    for (uint64_t t = 1; t < 6; t++)
        number(p, r, t);
    assert_ok(p->ctx, kith_record_metric(p->ctx, r, "odd, name", 2, 2.5, -INFINITY));
    assert_ok(p->ctx, kith_record_commit(p->ctx, r));
    sqlite3_close(reader);
    kith_record_close(r);
}

static void a_resumed_run_has_what_waited(void **state)
{
    place *p = *state;
    kith_record *r;
    leave_waiting(p);
    assert_string_equal(ask(p, "SELECT count(*) FROM metrics"), "1");
    assert_ok(p->ctx, resume_in(p, 4, false, &r));
    assert_int_not_equal(access(waiting(p), F_OK), 0);
    assert_string_equal(ask(p, "SELECT group_concat(round) FROM metrics WHERE name = 'train_loss'"), "0,1,2,3,4");
    assert_string_equal(ask(p, "SELECT value FROM metrics WHERE name = 'odd, name' AND virtual_time = 2.5"), "-Inf");
    assert_string_equal(ask(p, "SELECT count(*) FROM metrics WHERE virtual_time IS NULL"), "5");
    number(p, r, 5);
    assert_ok(p->ctx, kith_record_finish(p->ctx, r, "done", NULL));
    kith_record_close(r);
    assert_string_equal(ask(p, "SELECT count(*) FROM metrics"), "7");
}

/* A run that begins again, and another run, have no use for them. */
static void others_do_not_get_it(void **state)
{
    place *p = *state;
    kith_record *r;
    leave_waiting(p);
    assert_ok(p->ctx, resume_in(p, 0, true, &r));
    assert_string_equal(ask(p, "SELECT count(*) FROM metrics"), "0");
    assert_int_not_equal(access(waiting(p), F_OK), 0);
    kith_record_close(r);
    kith_pending_list list = {0};
    assert_ok(p->ctx, kith_pending_add(p->ctx, &list, "m", 1, 0, 1));
    assert_ok(p->ctx, kith_pending_save(p->ctx, waiting(p), 1234, &list));
    kith_pending_free(&list);
    assert_ok(p->ctx, resume_in(p, 3, false, &r));
    assert_string_equal(ask(p, "SELECT count(*) FROM metrics"), "0");
    kith_record_close(r);
}

static void damage_is_told(void **state)
{
    place *p = *state;
    kith_record *r;
    leave_waiting(p);
    assert_int_equal(truncate(waiting(p), 66), 0);
    char message[256];
    snprintf(message, sizeof message, "%s:2: is damaged; remove the file to go on without the numbers in it",
             waiting(p));
    assert_refused(p->ctx, resume_in(p, 4, false, &r), KITH_EDATA, message);
    assert_int_equal(remove(waiting(p)), 0);
    assert_ok(p->ctx, resume_in(p, 4, false, &r));
    kith_record_close(r);
}

/* No byte can be written any more; then it can. */
static void a_full_disk_stops_nothing_at_once(void **state)
{
    place *p = *state;
    kith_record *r;
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_ok(p->ctx, open_in(p, p->folder, false, &r));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    number(p, r, 0);
    const kith_status settled = kith_record_settle(p->ctx, r);
    const kith_status committed = kith_record_commit(p->ctx, r);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(settled, KITH_OK);
    /* a checkpoint must not be made without them */
    assert_int_equal(committed, KITH_EIO);
    assert_non_null(strstr(kith_ctx_message(p->ctx), KITH_PENDING_NAME));
    kith_ctx_clear(p->ctx);
    assert_ok(p->ctx, kith_record_finish(p->ctx, r, "done", NULL));
    kith_record_close(r);
    assert_string_equal(ask(p, "SELECT count(*) FROM metrics"), "1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_reader_stops_nothing), TEST(a_resumed_run_has_what_waited),     TEST(others_do_not_get_it),
        TEST(damage_is_told),         TEST(a_full_disk_stops_nothing_at_once),
    };
    return cmocka_run_group_tests_name("pending", tests, NULL, NULL);
}
