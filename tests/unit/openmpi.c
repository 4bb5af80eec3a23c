/* Which Open MPI starts workers and how, what it says by itself, and what its exit codes mean. The samples were typed
 * after Open MPI 4.1.4 and 5.0.7. */
#include "support.h"

#include "launch/services/workers/frames.h"
#include "launch/services/workers/openmpi.h"
#include "launch/services/workers/start.h"
#include <stdlib.h>
#include <string.h>

static void versions(void **state)
{
    (void)state;
    assert_int_equal(openmpi_major("mpirun (Open MPI) 4.1.4\n\nReport bugs to somebody\n"), 4);
    assert_int_equal(openmpi_major("mpirun (Open MPI) 5.0.7\n"), 5);
    assert_int_equal(openmpi_major("mpirun (Open MPI) 10.1.0rc2\n"), 10);
    assert_int_equal(openmpi_major("Open MPI v5.0.7, package: Debian OpenMPI, ident: 5.0.7"), 5);
    assert_int_equal(openmpi_major("HYDRA build details:\n    Version: 4.2.1\n"), 0);
    assert_int_equal(openmpi_major("prterun (PRRTE) 3.0.8\n"), 0);
    assert_int_equal(openmpi_major("mpirun (Open MPI)"), 0);
    assert_int_equal(openmpi_major(""), 0);
}

static const char *value_of(const openmpi *row, const char *name)
{
    for (size_t i = 0; row->variables[i].name; i++) {
        if (strcmp(row->variables[i].name, name) == 0) return row->variables[i].value;
    }
    return "";
}

static bool has_option(const openmpi *row, const char *name)
{
    const char *const *option = row->options;
    while (*option && strcmp(*option, name) != 0)
        option++;
    return *option != NULL;
}

static void table(void **state)
{
    (void)state;
    const openmpi *four = openmpi_of(4), *five = openmpi_of(5);
    assert_null(openmpi_of(0));
    assert_null(openmpi_of(3));
    assert_non_null(four);
    assert_non_null(five);
    assert_ptr_equal(openmpi_of(6), five);

    assert_false(has_option(four, "-q"));
    assert_true(has_option(four, "--oversubscribe"));
    assert_false(four->forward_options);
    assert_string_equal(value_of(four, "OMPI_MCA_hwloc_base_binding_policy"), "none");

    assert_false(has_option(five, "-q"));
    assert_true(five->forward_options);
    assert_string_equal(value_of(five, "PRTE_MCA_hwloc_default_binding_policy"), "none");
    assert_string_equal(value_of(five, "PRTE_MCA_rmaps_default_mapping_policy"), "slot:OVERSUBSCRIBE");
}

static int keepalive(const char *package, const char *word)
{
    char name[64];
    snprintf(name, sizeof name, "%s_MCA_oob_tcp_keepalive_%s", package, word);
    const char *value = getenv(name);
    unsetenv(name);
    return value ? atoi(value) : -1;
}

/* A second is left for what follows. */
static void a_silence_is_noticed_within_it(void **state)
{
    (void)state;
    static const int seconds[] = {OPENMPI_SILENCE_LEAST, 6, 11, 12, 13, OPENMPI_SILENCE, 59, OPENMPI_SILENCE_MOST};
    for (int major = 4; major <= 5; major++) {
        const char *package = major == 4 ? "OMPI" : "PRTE";
        for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
            openmpi_silence(openmpi_of(major), seconds[i]);
            const int time = keepalive(package, "time"), interval = keepalive(package, "intvl");
            const int probes = keepalive(package, "probes");
            assert_true(time >= 1 && interval >= 1 && probes >= 3);
            assert_int_equal(time + probes * interval, seconds[i] - 1);
        }
    }
    setenv("OMPI_MCA_oob_tcp_keepalive_time", "77", 1);
    openmpi_silence(openmpi_of(4), 5);
    assert_int_equal(keepalive("OMPI", "time"), 77);
}

/* The message of a refusal, which leaves the output alone. */
static void expect_refusal(const char *version, const char *library, const char *message)
{
    kith_ctx *ctx = kith_ctx_create();
    const openmpi *row = NULL;
    assert_int_equal(openmpi_choose(ctx, version, library, &row), KITH_EEXCHANGE);
    assert_string_equal(kith_ctx_message(ctx), message);
    assert_null(row);
    kith_ctx_destroy(ctx);
}

static void choices(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    const openmpi *row = NULL;
    assert_int_equal(openmpi_choose(ctx, "mpirun (Open MPI) 5.0.7\n", "Open MPI v5.0.8, package: x", &row), KITH_OK);
    assert_ptr_equal(row, openmpi_of(5));
    kith_ctx_destroy(ctx);
    expect_refusal("mpirun (Open MPI) 5.0.7\n", "Open MPI v4.1.4, package: x",
                   "mpirun is that of Open MPI 5, and kith was linked with the library of Open MPI 4; let PATH begin "
                   "with the folder of the latter's mpirun");
    expect_refusal("mpirun (Open MPI) 3.1.0\n\nReport", "Open MPI v4.1.4",
                   "mpirun --version tells no Open MPI of version 4 or later, but 'mpirun (Open MPI) 3.1.0'; let PATH "
                   "begin with the folder of the mpirun of Open MPI 4, which kith was linked with");
}

static void leftovers(void **state)
{
    (void)state;
    static const char *const made[] = {
        "OMPI_COMM_WORLD_SIZE=2", "OMPI_MCA_ess=pmi",   "OMPI_MCA_num_procs=2", "OMPI_MCA_orte_x=1",    "PMIX_RANK=0",
        "PMIX_SERVER_URI41=x",    "PMIX_VERSION=5.0.7", "PRTE_LAUNCHED=1",      "PRTE_SHARED_FS=FALSE", "ORTE_SCHIZO=x",
        "OMPI_MCA_initial_wdir=/"};
    static const char *const chosen[] = {
        "OMPI_MCA_btl=^tcp",     "PRTE_MCA_plm_ssh_agent=ssh", "PMIX_MCA_gds=hash", "PMIX_PREFIX=/opt/pmix",
        "PRTE_PREFIX=/opt/prte", "OMPI_ALLOW_RUN_AS_ROOT=1",   "PATH=/bin",         "PMIXER=1"};
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
        assert_true(openmpi_leftover(made[i]));
    for (size_t i = 0; i < sizeof chosen / sizeof chosen[0]; i++)
        assert_false(openmpi_leftover(chosen[i]));
}

static void exit_codes(void **state)
{
    (void)state;
    static const int none[] = {0, 1, 10, 127, 128, 160, 183, 205, 213, 243, 255};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_int_equal(supervise_signal(none[i]), 0);
    assert_int_equal(supervise_signal(137), 9);
    assert_int_equal(supervise_signal(139), 11);
    assert_int_equal(supervise_signal(143), 15);
    assert_int_equal(supervise_signal(159), 31);
}

#define DASHES "--------------------------------------------------------------------------"
#define NOTICED                                                                                                        \
    DASHES "\nprterun noticed that process rank 1 with PID 14828 on node here exited on\nsignal 9 "                    \
           "(Killed).\n" DASHES "\n"
#define DETECTED                                                                                                       \
    DASHES "\nprterun detected that one or more processes exited with non-zero status,\nthus causing the "             \
           "job to be terminated. The first process to do so was:\n\n   Process name: [prterun-here-1@1,0]\n"          \
           "   Exit code:    10\n" DASHES "\n"

typedef struct passed {
    char text[4 * FRAMES_MOST];
    size_t length;
} passed;

static void pass(void *to, const char *text, size_t length)
{
    passed *p = to;
    assert_true(p->length + length < sizeof p->text);
    memcpy(p->text + p->length, text, length);
    p->length += length;
}

/* What of these bytes passes must not depend on how they are cut. */
static void expect_passed(const char *text, size_t length, const char *expected)
{
    static const size_t cuts[] = {1, 2, 3, 7, 75, 1 << 20};
    static frames f;
    static passed p;
    for (size_t c = 0; c < sizeof cuts / sizeof cuts[0]; c++) {
        memset(&f, 0, sizeof f);
        memset(&p, 0, sizeof p);
        for (size_t i = 0; i < length; i += cuts[c])
            frames_take(&f, text + i, length - i < cuts[c] ? length - i : cuts[c], pass, &p);
        frames_end(&f, pass, &p);
        assert_string_equal(p.text, expected);
        assert_int_equal(p.length, strlen(expected));
    }
}

static void expect_text(const char *text, const char *expected)
{
    expect_passed(text, strlen(text), expected);
}

static void framed_words_are_dropped(void **state)
{
    (void)state;
    expect_text(NOTICED, "");
    expect_text(DETECTED NOTICED, "");
    expect_text("kith: a\n" DETECTED "kith: b\n", "kith: a\nkith: b\n");
    /* Progress without an end of line. */
    expect_text("\rround 3/9" NOTICED "\rround 4/9\n", "\rround 3/9\rround 4/9\n");
    static const char zero[] = "kith: a\n" NOTICED "\0kith: b\n";
    expect_passed(zero, sizeof zero - 1, "kith: a\nkith: b\n");
}

static void other_dashes_pass(void **state)
{
    (void)state;
    expect_text("-", "-");
    expect_text("a - b -- c\n---\n", "a - b -- c\n---\n");
    expect_text(DASHES, DASHES);
    expect_text(DASHES "-\ntext\n" DASHES "-\n", DASHES "-\ntext\n" DASHES "-\n");
    /* Without an end. */
    expect_text(DASHES "\nprterun died here\n", DASHES "\nprterun died here\n");
    expect_text(DASHES "\nx" DASHES "\n", DASHES "\nx" DASHES "\n");
}

/* Its exit code is 1 then, as of much else. */
static void a_lost_host_is_remembered(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host;
    } told[] = {
        {DASHES "\nORTE has lost communication with a remote daemon.\n\n"
                "  HNP daemon   : [[52398,0],0] on node kith-one\n"
                "  Remote daemon: [[52398,0],1] on node 10.77.0.2\n\nThis is\n" DASHES "\n",
         "10.77.0.2"},
        {DASHES "\nPRTE has lost communication with a remote daemon.\n\n  HNP daemon   : x\n" DASHES "\n", ""},
        {DASHES "\nPRTE has lost communication with a remote daemon.\nRemote daemon: x on node \n" DASHES "\n", ""}};
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        static frames f;
        static passed p;
        memset(&f, 0, sizeof f);
        memset(&p, 0, sizeof p);
        frames_take(&f, NOTICED, strlen(NOTICED), pass, &p);
        assert_false(f.lost);
        frames_take(&f, told[i].text, strlen(told[i].text), pass, &p);
        assert_true(f.lost);
        assert_string_equal(f.host, told[i].host);
        assert_int_equal(p.length, 0);
    }
}

/* Of prterun's libraries, in the middle of a line too; like lines of anybody else's pass. */
static void lines_are_dropped_by_their_words(void **state)
{
    (void)state;
    static const char *const dropped[] = {
        "[warn] Epoll MOD(4) on fd 23 failed. Old events were 6; read change was 2 (del): Bad file descriptor\n",
        "[vm:49430] PMIX ERROR: PMIX_ERR_UNREACH in file ../../../src/server/pmix_server.c at line 3184\n",
        ("[kith-one.a_b:01318] plm:ssh: Warning: setpgid(1330,1330) failed in parent with errno=Permission "
         "denied(13)\n"),
        "[kith-one:01318] plm:rsh: Warning: setpgid(1330,1330) failed in parent with errno=Permission denied(13)\n"};
    static const char *const passing[] = {"[warn] Epoll\n",
                                          "[warn] Epoll MOD",
                                          "[vm:1] PMIX ERROR: PMIX_ERR_TIMEOUT in file x\n",
                                          "[[x] y\n",
                                          "[\n",
                                          "[",
                                          "[] PMIX ERROR: PMIX_ERR_UNREACH in file x\n",
                                          "\r[####----]  12/90",
                                          "[vm:1] [warn] \n",
                                          "[a\n[b\n",
                                          "mpirun: Forwarding",
                                          "mmm\nmpirun: Forward\nm\n",
                                          "a mpirun: Forwarding signal 10 to job\n"};
    for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++) {
        char text[512], expected[128];
        expect_text(dropped[i], "");
        snprintf(text, sizeof text, "kith: a\n\r[###]  1/3%s\r[###]  2/3\n%s[x]%skith: b\n", dropped[i], dropped[i],
                 dropped[i]);
        snprintf(expected, sizeof expected, "kith: a\n\r[###]  1/3\r[###]  2/3\n[x]kith: b\n");
        expect_text(text, expected);
    }
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
        expect_text(passing[i], passing[i]);
    expect_text("mpirun: Forwarding signal 10 to job\nkith: a\nmpirun: Forwarding signal 10 to job\n", "kith: a\n");
    expect_text("[warn] Epoll " NOTICED "x\n", "[warn] Epoll x\n");
    /* What MPI itself has to say passes, unless it is of a worker that is gone. */
    expect_text("[vm:1] *** An error occurred in MPI_Init\n[vm:1] *** Unknown error\n",
                "[vm:1] *** An error occurred in MPI_Init\n[vm:1] *** Unknown error\n");
    expect_text("kith: a\n[vm:1] *** An error occurred in Socket closed\n[vm:1] *** Unknown error\nkith: b\n",
                "kith: a\nkith: b\n");
}

static void what_passes_does_so_at_once(void **state)
{
    (void)state;
    static frames f;
    static passed p;
    static const char progress[] = "\rround 1/9 - 3 rounds/s \033[32m";
    frames_take(&f, progress, strlen(progress), pass, &p);
    assert_string_equal(p.text, progress);
}

static void long_text_is_no_frame(void **state)
{
    (void)state;
    static char text[2 * FRAMES_MOST + 1];
    memset(text, 'x', 2 * FRAMES_MOST);
    memcpy(text, DASHES "\n", FRAMES_DASHES + 1);
    expect_text(text, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions),
        cmocka_unit_test(table),
        cmocka_unit_test(choices),
        cmocka_unit_test(leftovers),
        cmocka_unit_test(exit_codes),
        cmocka_unit_test(framed_words_are_dropped),
        cmocka_unit_test(a_silence_is_noticed_within_it),
        cmocka_unit_test(a_lost_host_is_remembered),
        cmocka_unit_test(lines_are_dropped_by_their_words),
        cmocka_unit_test(other_dashes_pass),
        cmocka_unit_test(what_passes_does_so_at_once),
        cmocka_unit_test(long_text_is_no_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
