/* Which entries of a folder of results are accounted for, and which folders are refused. Expected kinds are written
 * down by hand, one for each name and content. */
#include "support.h"

#include "record/aside.h"
#include "record/holdings.h"
#include "record/marks.h"
#include "scratch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static kith_ctx *ctx;

static int enter(void **state)
{
    ctx = kith_ctx_create();
    return scratch_enter(state);
}

static int leave(void **state)
{
    kith_ctx_destroy(ctx);
    return scratch_leave(state);
}

static void put(const char *path, const char *text)
{
    scratch_write(path, text, strlen(text));
}

static void folder(const char *path)
{
    assert_int_equal(mkdir(path, 0777), 0);
}

static kith_holding kind_of(const char *name)
{
    return kith_holding_of(AT_FDCWD, name);
}

static void files_by_their_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        kith_holding kind;
    } rows[] = {
        {"kith.db", KITH_HOLDS_RECORD},
        {"kith.db-journal", KITH_HOLDS_RECORD},
        {"ended.db", KITH_HOLDS_ENDED},
        {"config.ini", KITH_HOLDS_RESULT},
        {"model.npy", KITH_HOLDS_RESULT},
        {"model.safetensors", KITH_HOLDS_RESULT},
        {"policies.npy", KITH_HOLDS_RESULT},
        {"policies.csv", KITH_HOLDS_RESULT},
        {"config.ini.4711.new", KITH_HOLDS_OUTPUT}, /* of a killed process; nothing removes it */
        {"model.npy.1.new", KITH_HOLDS_OUTPUT},
        {"model.safetensors.1.new", KITH_HOLDS_OUTPUT},
        {".nfs00000000abcdef12", KITH_HOLDS_OUTPUT},
        {"kith.db.4711.new", KITH_HOLDS_UNKNOWN},
        {"config.ini.new", KITH_HOLDS_UNKNOWN},
        {"config.ini..new", KITH_HOLDS_UNKNOWN},
        {"config.ini.x.new", KITH_HOLDS_UNKNOWN},
        {"4711.new", KITH_HOLDS_UNKNOWN},
        {".4711.new", KITH_HOLDS_UNKNOWN},
        {"config.ini~", KITH_HOLDS_UNKNOWN},
        {"Kith.db", KITH_HOLDS_UNKNOWN},
        {"model2.npy", KITH_HOLDS_UNKNOWN},
        {"notes.txt", KITH_HOLDS_UNKNOWN},
        {".hidden", KITH_HOLDS_UNKNOWN},
        {".nfs", KITH_HOLDS_UNKNOWN},
        {".nfsroot", KITH_HOLDS_UNKNOWN},
        {"round-000001.kith", KITH_HOLDS_UNKNOWN},
        {"checkpoint", KITH_HOLDS_UNKNOWN}, /* a file of that name */
        {"0123456789abcdef", KITH_HOLDS_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        put(rows[i].name, "some text");
        if (kind_of(rows[i].name) != rows[i].kind) fail_msg("%s: %d", rows[i].name, (int)kind_of(rows[i].name));
        unlink(rows[i].name);
    }
    assert_int_equal(kind_of("not-there"), KITH_HOLDS_UNKNOWN);
}

static void files_by_what_is_in_them(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        kith_holding kind;
    } rows[] = {
        {"# learner,example: 2 learners, 3 examples of 3\n0,1\n", KITH_HOLDS_OUTPUT},
        {"measure,row,column,episodes,value,low,high\n", KITH_HOLDS_OUTPUT},
        {"run,name,algorithm,seed,round,virtual_time,metric,value\n", KITH_HOLDS_OUTPUT},
        {"{\"run\":\"1\",\"name\":\"x\",\"algorithm\":\"fedavg\"}\n", KITH_HOLDS_OUTPUT},
        {"<!DOCTYPE html>\n<html><title>x – Kith report</title>", KITH_HOLDS_OUTPUT},
        {"<?xml version=\"1.0\"?>\n<svg></svg>\n<!-- kith -->\n", KITH_HOLDS_OUTPUT},
        {"%PDF-1.5\n%%EOF\n%kith\n", KITH_HOLDS_OUTPUT},
        {"arm,label,x,mean,sd,n\n", KITH_HOLDS_OUTPUT},
        {"soccer, episode 0\nteam 0: a, policy 1\n", KITH_HOLDS_OUTPUT},
        {"", KITH_HOLDS_UNKNOWN}, /* in a folder, a file without content is one that somebody made */
        {"# learner,example\n0,1\n", KITH_HOLDS_UNKNOWN},
        {"learner,example\n", KITH_HOLDS_UNKNOWN},
        {"run,name,seed\n", KITH_HOLDS_UNKNOWN},
        {"{\"run\":\"1\"}\n", KITH_HOLDS_UNKNOWN},
        {"<!DOCTYPE html>\n<html><title>mine</title>", KITH_HOLDS_UNKNOWN},
        {"<?xml version=\"1.0\"?>\n<svg></svg>\n", KITH_HOLDS_UNKNOWN},
        {"%PDF-1.5\n%%EOF\n", KITH_HOLDS_UNKNOWN},
        {"\x93NUMPY and numbers", KITH_HOLDS_UNKNOWN}, /* anybody's */
        {"[run]\nalgorithm = fedavg\n", KITH_HOLDS_UNKNOWN},
        {KITH_MARK_CONFIG "[run]\n", KITH_HOLDS_UNKNOWN}, /* a copy, which its user may have changed */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        put("file", rows[i].text);
        if (kind_of("file") != rows[i].kind) fail_msg("%s: %d", rows[i].text, (int)kind_of("file"));
    }
}

static void folders_by_all_in_them(void **state)
{
    (void)state;
    folder("checkpoint");
    assert_int_equal(kind_of("checkpoint"), KITH_HOLDS_OUTPUT); /* empty: nothing can be lost */
    put("checkpoint/round-000010.kith", "x");
    put("checkpoint/round-1000000.kith.new", "x");
    assert_int_equal(kind_of("checkpoint"), KITH_HOLDS_SAVES);
    put("checkpoint/round-10.kith", "x"); /* this program writes six digits */
    assert_int_equal(kind_of("checkpoint"), KITH_HOLDS_UNKNOWN);
    folder("empty");
    assert_int_equal(kind_of("empty"), KITH_HOLDS_OUTPUT);
    folder(".claims");
    put(".claims/12", "");
    assert_int_equal(kind_of(".claims"), KITH_HOLDS_SWEEP);
    put(".claims/mine", "");
    assert_int_equal(kind_of(".claims"), KITH_HOLDS_UNKNOWN);
    folder("0123456789abcdef");
    put("0123456789abcdef/config.ini", "x");
    assert_int_equal(kind_of("0123456789abcdef"), KITH_HOLDS_SWEEP);
    put("0123456789abcdef/notes", "x");
    assert_int_equal(kind_of("0123456789abcdef"), KITH_HOLDS_UNKNOWN);
    folder("figures");
    put("figures/a.csv", "arm,label,x,mean,sd,n\n");
    assert_int_equal(kind_of("figures"), KITH_HOLDS_OUTPUT);
    put("figures/b.csv", "mine\n");
    assert_int_equal(kind_of("figures"), KITH_HOLDS_UNKNOWN);
    folder("run");
    put("run/model.npy", "x");
    assert_int_equal(kind_of("run"), KITH_HOLDS_UNKNOWN);
    put("run/kith.db", "x");
    assert_int_equal(kind_of("run"), KITH_HOLDS_OUTPUT);
}

static void links_and_deep_folders(void **state)
{
    (void)state;
    folder("elsewhere");
    put("elsewhere/round-000001.kith", "x");
    assert_int_equal(symlink("elsewhere", "checkpoint"), 0); /* on a disk of its own, say */
    assert_int_equal(kind_of("checkpoint"), KITH_HOLDS_SAVES);
    assert_int_equal(symlink("elsewhere", "figures"), 0);
    assert_int_equal(kind_of("figures"), KITH_HOLDS_UNKNOWN);
    assert_int_equal(symlink("elsewhere/round-000001.kith", "model.npy"), 0);
    assert_int_equal(kind_of("model.npy"), KITH_HOLDS_UNKNOWN);
    assert_int_equal(mkfifo("policies.csv", 0600), 0);
    assert_int_equal(kind_of("policies.csv"), KITH_HOLDS_UNKNOWN);
    char path[64] = "d";
    for (int depth = 0; depth < 9; depth++) {
        folder(path);
        strcat(path, "/d");
    }
    assert_int_equal(kind_of("d"), KITH_HOLDS_UNKNOWN);
}

#define REMEDY "; choose another folder with --set run.output=..., or move it away"
#define MANY   "; choose another folder with --set run.output=..., or move them away"

static void folders_for_a_run(void **state)
{
    (void)state;
    folder("x");
    assert_ok(ctx, kith_holdings_check_run(ctx, "x", false));
    assert_ok(ctx, kith_holdings_check_run(ctx, "not-there", false));
    put("x/model.npy", "x");
    assert_refused(ctx, kith_holdings_check_run(ctx, "x", false), KITH_EIO,
                   "x: holds model.npy, which no run that is recorded there accounts for" REMEDY);
    put("x/kith.db", "x");
    assert_refused(ctx, kith_holdings_check_run(ctx, "x", false), KITH_EIO,
                   "x: holds model.npy, which no run that is recorded there accounts for" REMEDY);
    assert_ok(ctx, kith_holdings_check_run(ctx, "x", true));
    put("x/zeta", "x");
    put("x/alpha", "x");
    put("x/beta", "x");
    assert_refused(ctx, kith_holdings_check_run(ctx, "x", true), KITH_EIO,
                   "x: holds alpha and 2 more, which no run that is recorded there accounts for" MANY);
}

static void a_run_that_was_killed_while_it_was_entered(void **state)
{
    (void)state;
    folder("x");
    put("x/kith.db", "");
    put("x/config.ini", KITH_MARK_CONFIG "[run]\n");
    assert_ok(ctx, kith_holdings_check_run(ctx, "x", false));
    put("x/config.ini", "[run]\nalgorithm = fedavg\n"); /* somebody's experiment */
    assert_refused(ctx, kith_holdings_check_run(ctx, "x", false), KITH_EIO,
                   "x: holds config.ini, which no run that is recorded there accounts for" REMEDY);
    put("x/config.ini", KITH_MARK_CONFIG "[run]\n");
    unlink("x/kith.db");
    assert_refused(ctx, kith_holdings_check_run(ctx, "x", false), KITH_EIO,
                   "x: holds config.ini, which no run that is recorded there accounts for" REMEDY);
}

static void checkpoints_without_a_record(void **state)
{
    (void)state;
    static const char lost[] =
        "x: holds checkpoints without the record (kith.db) of their run; bring it back to resume "
        "them, choose another folder with --set run.output=..., or move them away";
    folder("x");
    folder("x/checkpoint");
    assert_ok(ctx, kith_holdings_check_run(ctx, "x", false));
    put("x/checkpoint/round-000003.kith", "x");
    assert_refused(ctx, kith_holdings_check_run(ctx, "x", false), KITH_EIO, lost);
    assert_refused(ctx, kith_holdings_check_part(ctx, "x", false), KITH_EIO, lost);
    assert_refused(ctx, kith_holdings_check_sweep(ctx, "x"), KITH_EIO, lost);
    assert_ok(ctx, kith_holdings_check_run(ctx, "x", true));
    assert_ok(ctx, kith_holdings_check_part(ctx, "x", true));
}

static void folders_for_a_sweep(void **state)
{
    (void)state;
    folder("x");
    assert_ok(ctx, kith_holdings_check_sweep(ctx, "x"));
    folder("x/0123456789abcdef");
    put("x/0123456789abcdef/config.ini", "x");
    assert_refused(ctx, kith_holdings_check_sweep(ctx, "x"), KITH_EIO,
                   "x: holds 0123456789abcdef, which no run that is recorded there accounts for" REMEDY);
    put("x/kith.db", "x");
    assert_ok(ctx, kith_holdings_check_sweep(ctx, "x"));
    assert_refused(
        ctx, kith_holdings_check_run(ctx, "x", true), KITH_EIO,
        "x: holds the runs of a sweep (0123456789abcdef), which --overwrite does not replace; choose another "
        "folder with --set run.output=...");
    put("x/config.ini", "x");
    assert_refused(ctx, kith_holdings_check_sweep(ctx, "x"), KITH_EIO,
                   "x holds a single run (config.ini); choose another folder with --set run.output=...");
    unlink("x/config.ini");
    put("x/data.csv", "x");
    assert_refused(ctx, kith_holdings_check_sweep(ctx, "x"), KITH_EIO,
                   "x: holds data.csv, which no run that is recorded there accounts for" REMEDY);
}

static void the_second_lock_names_the_first(void **state)
{
    (void)state;
    char expected[128];
    int first, second;
    folder("x");
    assert_ok(ctx, kith_folder_lock(ctx, "x", "its run", &first));
    snprintf(expected, sizeof expected, "./x: its run is still going on (process %ld); stop that first",
             (long)getpid());
    assert_refused(ctx, kith_folder_lock(ctx, "./x", "its run", &second), KITH_EIO, expected);
    close(second);
    close(first);
    assert_ok(ctx, kith_folder_lock(ctx, "x", "its run", &first));
    close(first);
}

/* ---- single files ---- */

static void a_file_is_replaced_by_its_like(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        kith_product kind;
        bool taken;
    } rows[] = {
        {"", KITH_PRODUCT_PARTITION, true}, /* nothing is lost */
        {"# learner,example: 1 learners, 1 examples of 1\n0,0\n", KITH_PRODUCT_PARTITION, true},
        {"# learner,example: 1 learners, 1 examples of 1\n0,0\n", KITH_PRODUCT_EXPORT, false},
        {"0,0\n0,1\n", KITH_PRODUCT_PARTITION, false},
        {"x,y,label\n1,2,0\n", KITH_PRODUCT_EVALUATION, false},
        {"x,y,label\n1,2,0\n", KITH_PRODUCT_EXPORT, false},
        {"x,y,label\n1,2,0\n", KITH_PRODUCT_TABLE, false},
        {"measure,row,column,episodes,value,low,high\n", KITH_PRODUCT_EVALUATION, true},
        {"run,name,algorithm,seed,lr,round\n", KITH_PRODUCT_EXPORT, true},
        {"<svg></svg>", KITH_PRODUCT_PICTURE, false},
        {"<svg></svg>\n<!-- kith -->\n", KITH_PRODUCT_PICTURE, true},
        {"\x89PNG\r\n", KITH_PRODUCT_PICTURE, false},
        {"\x93NUMPY", KITH_PRODUCT_ARRAY, true},
        {"policy,weight,all\n", KITH_PRODUCT_POLICIES, true},
        {"policy;weight\n", KITH_PRODUCT_POLICIES, false},
        {"\n[run]\n", KITH_PRODUCT_CONFIG, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kith_aside file;
        char expected[256], found[128] = "";
        put("f", rows[i].text);
        snprintf(
            expected, sizeof expected,
            "f: is there and is not %s that Kith wrote, so it is not replaced; choose another name, or move it away",
            kith_product_name(rows[i].kind));
        if (!rows[i].taken) {
            assert_refused(ctx, kith_aside_open(ctx, "f", rows[i].kind, &file), KITH_EIO, expected);
        } else {
            assert_ok(ctx, kith_aside_open(ctx, "f", rows[i].kind, &file));
            kith_aside_abandon(&file);
        }
        FILE *f = fopen("f", "r");
        assert_non_null(f);
        found[fread(found, 1, sizeof found - 1, f)] = '\0';
        fclose(f);
        assert_string_equal(found, rows[i].text);
    }
}

/* Somebody who may write there has put a link where the new file is written. */
static void nothing_is_written_through_a_link(void **state)
{
    (void)state;
    kith_aside file;
    char name[64];
    put("precious", "data");
    snprintf(name, sizeof name, "f.%ld.new", (long)getpid());
    assert_int_equal(symlink("precious", name), 0);
    assert_ok(ctx, kith_aside_open(ctx, "f", KITH_PRODUCT_PARTITION, &file));
    fputs("# learner,example: \n", file.stream);
    assert_ok(ctx, kith_aside_commit(ctx, &file));
    struct stat found;
    assert_int_equal(stat("precious", &found), 0);
    assert_int_equal(found.st_size, 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_by_their_names),
        TEST(files_by_what_is_in_them),
        TEST(folders_by_all_in_them),
        TEST(links_and_deep_folders),
        TEST(folders_for_a_run),
        TEST(a_run_that_was_killed_while_it_was_entered),
        TEST(checkpoints_without_a_record),
        TEST(folders_for_a_sweep),
        TEST(the_second_lock_names_the_first),
        TEST(a_file_is_replaced_by_its_like),
        TEST(nothing_is_written_through_a_link),
    };
    return cmocka_run_group_tests_name("holdings", tests, NULL, NULL);
}
