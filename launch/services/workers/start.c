#include "launch/services/workers/start.h"

#include "launch/services/console.h"
#include "launch/services/progress.h"
#include "launch/services/workers/launcher.h"
#include "launch/services/workers/request.h"
#include "launch/services/workers/signals.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* A command line under construction. The first failure is remembered; words added after it are dropped. */
typedef struct words {
    char **item; /* NULL-terminated */
    size_t count, room;
    bool failed;
} words;

static void words_add(words *w, const char *format, ...) KITH_PRINTF(2, 3);
static void words_add(words *w, const char *format, ...)
{
    if (w->failed || w->count + 1 >= w->room) {
        w->failed = true;
        return;
    }
    va_list args;
    va_start(args, format);
    w->failed = vasprintf(&w->item[w->count], format, args) < 0;
    va_end(args);
    if (w->failed)
        w->item[w->count] = NULL;
    else
        w->count++;
}

static void words_free(words *w)
{
    for (size_t i = 0; i < w->count; i++)
        free(w->item[i]);
    free(w->item);
}

static bool on_path(const char *program)
{
    const char *path = getenv("PATH");
    while (path && *path) {
        char file[PATH_MAX];
        const int length = (int)strcspn(path, ":");
        if (snprintf(file, sizeof file, "%.*s/%s", length, path, program) < (int)sizeof file && access(file, X_OK) == 0)
            return true;
        path += length + (path[length] == ':');
    }
    return false;
}

static void add_mpirun(words *w, size_t workers)
{
    words_add(w, "mpirun");
    words_add(w, "-q");
    /* Open MPI refuses more workers than it counts cores, and -q hides why. Where there are enough cores this
     * changes nothing. */
    words_add(w, "--oversubscribe");
    words_add(w, "-n");
    words_add(w, "%zu", workers);
}

static void add_srun(words *w, size_t workers)
{
    words_add(w, "srun");
    words_add(w, "--quiet");
    words_add(w, "--kill-on-bad-exit=1");
    if (!getenv("SLURM_MPI_TYPE")) words_add(w, "--mpi=pmix");
    words_add(w, "-n");
    words_add(w, "%zu", workers);
}

static void add_worker(words *w, const char *program, const run_options *o)
{
    words_add(w, "%s", program);
    words_add(w, "%s", o->command);
    if (o->overwrite) words_add(w, "--overwrite");
    if (o->resume) words_add(w, "--resume");
    if (o->quiet) words_add(w, "--quiet");
    if (o->domains) words_add(w, "--domains=%zu", o->domains);
    for (size_t i = 0; i < o->word_count; i++)
        words_add(w, "%s", o->words[i]);
    if (o->word_count) return;
    words_add(w, "--deal=%s", options_deal_name(o->deal));
    for (size_t i = 0; i < o->set_count; i++)
        words_add(w, "--set=%s", o->sets[i]);
    words_add(w, "--");
    words_add(w, "%s", o->experiment);
}

static kith_status make_words(kith_ctx *ctx, const run_options *o, bool slurm, words *out)
{
    char program[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length < 0)
        return kith_fail(ctx, KITH_EIO,
                         "/proc/self/exe: %s; mount /proc, or start the workers with mpirun -n %zu kith %s",
                         strerror(errno), o->workers, o->command);
    program[length] = '\0';

    words w = {.room = 24 + o->set_count + o->word_count};
    w.item = calloc(w.room, sizeof *w.item);
    w.failed = !w.item;
    if (o->workers > 1 && slurm)
        add_srun(&w, o->workers);
    else if (o->workers > 1)
        add_mpirun(&w, o->workers);
    add_worker(&w, program, o);
    if (w.failed) {
        words_free(&w);
        return kith_fail(ctx, KITH_EMEMORY, "command line of the workers: no memory for %zu words", w.room);
    }
    *out = w;
    return KITH_OK;
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Settings that Open MPI makes for the processes it starts, left over from a job around this one, would lead
 * a new mpirun astray. Component choices of the user's own (OMPI_MCA_btl ...) are kept, and so is OMPI_ALLOW_*. */
static bool is_leftover(const char *entry)
{
    static const char *const kept[] = {"OMPI_ALLOW_"};
    static const char *const dropped[] = {"OMPI_MCA_ess",
                                          "OMPI_MCA_orte_",
                                          "OMPI_MCA_pmix=",
                                          "OMPI_MCA_initial_wdir=",
                                          "OMPI_MCA_mpi_oversubscribe=",
                                          "OMPI_MCA_shmem_RUNTIME_"};
    if (starts_with(entry, "OMPI_MCA_")) {
        for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++) {
            if (starts_with(entry, dropped[i])) return true;
        }
        return false;
    }
    if (starts_with(entry, kept[0])) return false;
    return starts_with(entry, "OMPI_") || starts_with(entry, "PMIX_") || starts_with(entry, "ORTE_");
}

static void scrub_environment(void)
{
    for (size_t i = 0; environ[i];) {
        char name[256];
        const size_t length = strcspn(environ[i], "=");
        if (!is_leftover(environ[i]) || length >= sizeof name) {
            i++;
            continue;
        }
        memcpy(name, environ[i], length);
        name[length] = '\0';
        if (unsetenv(name)) i++;
    }
}

static bool allows_root(void)
{
    const char *allow = getenv("OMPI_ALLOW_RUN_AS_ROOT"), *confirm = getenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM");
    return geteuid() != 0 || (allow && confirm && strcmp(allow, "1") == 0 && strcmp(confirm, "1") == 0);
}

/* Workers on other hosts would look for data and plugins elsewhere. Open MPI warns of names that are not set. */
static void forward_folders(void)
{
    const char *data = getenv("KITH_DATA"), *plugins = getenv("KITH_PLUGIN_PATH");
    const char *const list = data && plugins ? "KITH_DATA;KITH_PLUGIN_PATH" : data ? "KITH_DATA" : "KITH_PLUGIN_PATH";
    if (data || plugins) setenv("OMPI_MCA_mca_base_env_list", list, 0);
}

static void set_environment(bool slurm, const char *folder, bool quiet)
{
    char columns[24];
    snprintf(columns, sizeof columns, "%zu", kith_bar_columns(stderr));
    setenv(KITH_BAR_COLUMNS, columns, 1);
    setenv(LAUNCHER_FOLDER_VARIABLE, folder, 1);
    if (slurm) return;
    scrub_environment();
    /* Not OMPI_MCA_orte_tmpdir_base, which mpirun tells other hosts: they would make such a folder and leave it. */
    setenv("TMPDIR", folder, 1);
    /* Open MPI binds the workers of every job to the same first cores, so two jobs at once would share them. */
    setenv("OMPI_MCA_hwloc_base_binding_policy", "none", 0);
    forward_folders();
    if (allows_root()) return;
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
    if (!quiet)
        say("note: starting mpirun as root, with OMPI_ALLOW_RUN_AS_ROOT and OMPI_ALLOW_RUN_AS_ROOT_CONFIRM set to 1");
}

/* Between fork and exec; returns only on failure, with errno set. */
static void become(const words *w, pid_t parent, const sigset_t *before)
{
    if (setpgid(0, 0) || prctl(PR_SET_PDEATHSIG, SIGTERM)) return;
    /* The parent may have died before the line above. */
    if (getppid() != parent) _exit(128 + SIGTERM);
    /* In a process group of its own, reading from the terminal would stop it. */
    const int null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0) return;
    close(null);
    console_leave();
    /* mpirun has no handler when it starts, puts back what it found when it ends, and gives its workers the default. */
    signal(SIGUSR1, SIG_IGN);
    sigprocmask(SIG_SETMASK, before, NULL);
    execvp(w->item[0], w->item);
}

/* *out after success: a child in which the program runs. The pipe closes by itself when exec succeeds and brings errno
 * when it does not. */
static kith_status spawn(kith_ctx *ctx, const words *w, const sigset_t *before, pid_t *out)
{
    int ends[2], error = 0;
    if (pipe2(ends, O_CLOEXEC)) return kith_fail(ctx, KITH_EIO, "pipe to %s: %s", w->item[0], strerror(errno));
    const pid_t parent = getpid(), child = fork();
    if (child == 0) {
        become(w, parent, before);
        error = errno;
        if (write(ends[1], &error, sizeof error) < 0) _exit(KITH_EINTERNAL);
        _exit(KITH_EEXCHANGE);
    }
    close(ends[1]);
    if (child < 0)
        error = errno;
    else if (read(ends[0], &error, sizeof error) != (ssize_t)sizeof error)
        error = 0;
    close(ends[0]);
    if (error == ENOENT)
        return kith_fail(ctx, KITH_EEXCHANGE,
                         "%s was not found, and -n needs it; on Debian: apt-get install openmpi-bin", w->item[0]);
    if (error) return kith_fail(ctx, KITH_EEXCHANGE, "%s could not be started: %s", w->item[0], strerror(error));
    *out = child;
    return KITH_OK;
}

/* More workers than a machine can hold would take it down before any of them could complain. Slurm knows its own
 * limits. */
static kith_status check_workers(kith_ctx *ctx, size_t workers, bool slurm)
{
    enum { MOST_A_CORE = 64 };
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const size_t most = MOST_A_CORE * (cores > 0 ? (size_t)cores : 1);
    if (slurm || workers <= most) return KITH_OK;
    return kith_fail(ctx, KITH_EUSAGE, "-n %zu: this machine has %ld cores; ask for at most %zu workers", workers,
                     cores, most);
}

/* Whether the workers asked for others, which find what they said in their environment. */
static bool asked_again(const scratch *folder)
{
    char path[PATH_MAX + sizeof LAUNCHER_AGAIN_FILE], text[LAUNCHER_AGAIN_SIZE] = "";
    snprintf(path, sizeof path, "%s/" LAUNCHER_AGAIN_FILE, folder->path);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    const ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    return length > 0 && setenv(LAUNCHER_AGAIN_VARIABLE, text, 1) == 0;
}

typedef struct launch {
    words words;
    sigset_t held, before;
    bool slurm;
    char *temporary; /* TMPDIR as it was, or NULL */
} launch;

/* A request that came too late for workers which have ended comes before those that would follow them. */
static kith_status stopped(kith_ctx *ctx, scratch *folder)
{
    scratch_remove(folder);
    return kith_fail(ctx, KITH_ESTOPPED, "stopped; the same command goes on");
}

/* One launcher, from its folder to its end. */
static kith_status run_launcher(kith_ctx *ctx, const run_options *options, const launch *l, int *code, bool *again)
{
    scratch folder = {0};
    pid_t child = 0;
    *again = false;
    if (l->temporary)
        setenv("TMPDIR", l->temporary, 1);
    else
        unsetenv("TMPDIR");
    KITH_TRY(scratch_make(ctx, &folder));
    request_make(folder.path);
    set_environment(l->slurm, folder.path, options->quiet || getenv(LAUNCHER_AGAIN_VARIABLE));
    const kith_status status = spawn(ctx, &l->words, &l->before, &child);
    if (status == KITH_OK) {
        bool stop = false;
        *code = supervise(child, l->words.item[0], &l->held, folder.path, options->workers, options->quiet, &stop);
        *again = *code == 0 && asked_again(&folder);
        if (*again && stop) {
            *again = false;
            return stopped(ctx, &folder);
        }
    }
    scratch_remove(&folder);
    return status;
}

static kith_status start(kith_ctx *ctx, const run_options *options, int *code)
{
    const char *temporary = getenv("TMPDIR");
    launch l = {.slurm = getenv("SLURM_JOB_ID") && on_path("srun")};
    bool again = true;
    KITH_TRY(check_workers(ctx, options->workers, l.slurm));
    KITH_TRY(make_words(ctx, options, l.slurm, &l.words));
    l.temporary = temporary ? strdup(temporary) : NULL;
    /* From here on a signal is waited for, so none can leave the folder behind. */
    signals_hold(&l.held, &l.before);
    kith_status status = KITH_OK;
    while (status == KITH_OK && again)
        status = run_launcher(ctx, options, &l, code, &again);
    free(l.temporary);
    words_free(&l.words);
    return status;
}

int start_again(const run_options *options, const char *text)
{
    kith_ctx *ctx = kith_ctx_create();
    words w = {0};
    kith_status status = signals_stop() ? kith_fail(ctx, KITH_ESTOPPED, "stopped; the same command goes on")
                                        : make_words(ctx, options, false, &w);
    if (status == KITH_OK) {
        fflush(NULL);
        console_leave();
        setenv(LAUNCHER_AGAIN_VARIABLE, text, 1);
        execv(w.item[0], w.item);
        status = kith_fail(ctx, KITH_EIO, "%s: cannot be started again: %s", w.item[0], strerror(errno));
        words_free(&w);
    }
    const int code = say_failure(ctx, status);
    kith_ctx_destroy(ctx);
    return code;
}

int start_workers(const run_options *options)
{
    kith_ctx *ctx = kith_ctx_create();
    int code = 0;
    const kith_status status = start(ctx, options, &code);
    if (status != KITH_OK) code = say_failure(ctx, status);
    kith_ctx_destroy(ctx);
    return code;
}
