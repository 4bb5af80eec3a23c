#include "launch/services/workers/start.h"

#include "launch/services/console.h"
#include "launch/services/prepare.h"
#include "launch/services/progress.h"
#include "launch/services/workers/frames.h"
#include "launch/services/workers/guard.h"
#include "launch/services/workers/launcher.h"
#include "launch/services/workers/openmpi.h"
#include "launch/services/workers/request.h"
#include "launch/services/workers/signals.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
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

/* Workers on other hosts would look for data and plugins elsewhere. Open MPI warns of names that are not set. */
static const char *const forwarded[] = {"KITH_DATA", "KITH_PLUGIN_PATH"};
enum { FORWARDED = sizeof forwarded / sizeof forwarded[0] };

static void add_mpirun(words *w, const openmpi *kind, size_t workers)
{
    words_add(w, "mpirun");
    for (const char *const *option = kind->options; *option; option++)
        words_add(w, "%s", *option);
    for (size_t i = 0; kind->forward_options && i < FORWARDED; i++) {
        if (!getenv(forwarded[i])) continue;
        words_add(w, "-x");
        words_add(w, "%s", forwarded[i]);
    }
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
    if (o->other_plugins) words_add(w, "--other-plugins");
    if (o->quiet) words_add(w, "--quiet");
    if (o->json) words_add(w, "--json");
    if (o->point) words_add(w, "--point=%zu", o->point);
    if (o->domains) words_add(w, "--domains=%zu", o->domains);
    for (size_t i = 0; i < o->word_count; i++)
        words_add(w, "%s", o->words[i]);
    if (o->word_count) return;
    words_add(w, "--deal=%s", options_deal_name(o->deal));
    for (size_t i = 0; i < o->set_count; i++) {
        words_add(w, "--set"); /* a word of its own: the text may be as long as a word can be */
        words_add(w, "%s", o->sets[i]);
    }
    words_add(w, "--");
    words_add(w, "%s", o->experiment);
}

/* kind: NULL under Slurm. A single worker has no launcher. */
static kith_status make_words(kith_ctx *ctx, const run_options *o, const openmpi *kind, words *out)
{
    char program[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length < 0)
        return kith_fail(ctx, KITH_EIO,
                         "/proc/self/exe: %s; mount /proc, or start the workers with mpirun -n %zu kith %s",
                         strerror(errno), o->workers, o->command);
    program[length] = '\0';

    words w = {.room = 28 + 2 * o->set_count + o->word_count};
    w.item = calloc(w.room, sizeof *w.item);
    w.failed = !w.item;
    if (o->workers > 1 && kind)
        add_mpirun(&w, kind, o->workers);
    else if (o->workers > 1)
        add_srun(&w, o->workers);
    add_worker(&w, program, o);
    if (w.failed) {
        words_free(&w);
        return kith_fail(ctx, KITH_EMEMORY, "command line of the workers: no memory for %zu words", w.room);
    }
    *out = w;
    return KITH_OK;
}

static void scrub_environment(void)
{
    for (size_t i = 0; environ[i];) {
        char name[256];
        const size_t length = strcspn(environ[i], "=");
        if (!openmpi_leftover(environ[i]) || length >= sizeof name) {
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

static void forward_folders(void)
{
    char list[64] = "";
    for (size_t i = 0; i < FORWARDED; i++) {
        const size_t used = strlen(list);
        if (getenv(forwarded[i])) snprintf(list + used, sizeof list - used, "%s%s", used ? ";" : "", forwarded[i]);
    }
    if (list[0]) setenv("OMPI_MCA_mca_base_env_list", list, 0);
}

/* PMIx's shared tables are files of some megabytes, beside which it has plain memory. */
static void fit_container(const char *folder)
{
    enum { TABLES = 64 << 20 };
    struct statvfs room;
    if (statvfs(folder, &room) == 0 && (double)room.f_bavail * (double)room.f_frsize < TABLES)
        setenv("PMIX_MCA_gds", "hash", 0);
}

static void set_environment(const openmpi *kind, int silence, const char *folder, bool quiet)
{
    char columns[24];
    snprintf(columns, sizeof columns, "%zu", kith_bar_columns(stderr));
    setenv(KITH_BAR_COLUMNS, columns, 1);
    snprintf(columns, sizeof columns, "%zu", kith_bar_columns(stdout));
    setenv(KITH_OUT_COLUMNS, columns, 1);
    setenv(LAUNCHER_FOLDER_VARIABLE, folder, 1);
    if (!kind) return;
    scrub_environment();
    /* Not OMPI_MCA_orte_tmpdir_base, which mpirun tells other hosts: they would make such a folder and leave it. */
    setenv("TMPDIR", folder, 1);
    openmpi_home(folder);
    fit_container(folder);
    for (size_t i = 0; kind->variables[i].name; i++)
        setenv(kind->variables[i].name, kind->variables[i].value, 0);
    openmpi_silence(kind, silence);
    if (!kind->forward_options) forward_folders();
    if (allows_root()) return;
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
    if (!quiet)
        say("note: starting mpirun as root, with OMPI_ALLOW_RUN_AS_ROOT and OMPI_ALLOW_RUN_AS_ROOT_CONFIRM set to 1");
}

/* Between fork and exec; returns only on failure, with errno set. errors: what standard error becomes; -1: it stays. */
static void become(const words *w, pid_t parent, const guard *watched, int errors, const sigset_t *before)
{
    if (setpgid(0, 0) || prctl(PR_SET_PDEATHSIG, SIGTERM)) return;
    /* The parent may have died before the line above. */
    if (getppid() != parent) _exit(128 + SIGTERM);
    guard_tell(watched);
    /* In a process group of its own, reading from the terminal would stop it. */
    const int null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0) return;
    close(null);
    if (errors >= 0 && dup2(errors, STDERR_FILENO) < 0) return;
    console_leave();
    /* mpirun has no handler when it starts, puts back what it found when it ends, and gives its workers the default. */
    signal(SIGUSR1, SIG_IGN);
    sigprocmask(SIG_SETMASK, before, NULL);
    execvp(w->item[0], w->item);
}

/* *out after success: a child in which the program runs. The pipe closes by itself when exec succeeds and brings errno
 * when it does not. */
static kith_status spawn(kith_ctx *ctx, const words *w, const guard *watched, int errors, const sigset_t *before,
                         pid_t *out)
{
    int ends[2], error = 0;
    if (pipe2(ends, O_CLOEXEC)) return kith_fail(ctx, KITH_EIO, "pipe to %s: %s", w->item[0], strerror(errno));
    const pid_t parent = getpid(), child = fork();
    if (child == 0) {
        become(w, parent, watched, errors, before);
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

/* *out: NULL where srun starts the workers. */
static kith_status choose_launcher(kith_ctx *ctx, const openmpi **out)
{
    *out = NULL;
    if (getenv("SLURM_JOB_ID") && on_path("srun")) return KITH_OK;
    if (!on_path("mpirun"))
        return kith_fail(ctx, KITH_EEXCHANGE,
                         "mpirun was not found, and -n needs it; on Debian: apt-get install openmpi-bin");
    return openmpi_find(ctx, out);
}

/* Starts them, a filter for what mpirun and its libraries say, and a guard. kind: NULL where there is no mpirun. */
static kith_status run_job(kith_ctx *ctx, const words *w, const openmpi *kind, const sigset_t *before, job *j,
                           guard *watched)
{
    int errors = -1;
    if (kind && !frames_start(&errors, &j->filter))
        return kith_fail(ctx, KITH_EEXCHANGE, "no process could be started that reads what mpirun says: %s",
                         strerror(errno));
    *watched = guard_start(j->filter.process, errors, j->folder);
    const kith_status status = spawn(ctx, w, watched, errors, before, &j->child);
    if (errors >= 0) close(errors);
    if (status != KITH_OK) guard_end(watched);
    return status;
}

/* Whether the workers asked for others, which find what they said in their environment. */
static bool asked_again(const scratch *folder)
{
    char text[LAUNCHER_AGAIN_SIZE];
    return launcher_left(folder->path, LAUNCHER_AGAIN_FILE, text, sizeof text) &&
           setenv(LAUNCHER_AGAIN_VARIABLE, text, 1) == 0;
}

typedef struct launch {
    const openmpi *kind; /* NULL: srun starts the workers */
    words words;
    sigset_t held, before;
    char *temporary; /* TMPDIR as it was, or NULL */
    int silence;     /* run.silence */
} launch;

/* One launcher, from its folder to its end. */
static kith_status run_launcher(kith_ctx *ctx, const run_options *options, const launch *l, int *code, bool *again)
{
    scratch folder = {0};
    bool stop = false;
    *again = false;
    if (l->temporary)
        setenv("TMPDIR", l->temporary, 1);
    else
        unsetenv("TMPDIR");
    KITH_TRY(scratch_make(ctx, &folder));
    request_make(folder.path);
    set_environment(l->kind, l->silence, folder.path, options->quiet || getenv(LAUNCHER_AGAIN_VARIABLE));
    job j = {.name = l->words.item[0], .folder = folder.path, .workers = options->workers, .quiet = options->quiet};
    guard watched = {0};
    const kith_status status = run_job(ctx, &l->words, l->kind, &l->before, &j, &watched);
    if (status == KITH_OK) {
        *code = supervise(&j, &l->held, &stop);
        guard_end(&watched);
        *again = *code == 0 && asked_again(&folder);
    }
    scratch_remove(&folder);
    if (!*again || !stop) return status;
    /* The request came too late for workers that have ended, but before those that would follow them. */
    *again = false;
    return kith_fail(ctx, KITH_ESTOPPED, "stopped; the same command goes on");
}

static kith_status start(kith_ctx *ctx, const run_options *options, int *code)
{
    const char *temporary = getenv("TMPDIR");
    launch l = {.kind = NULL};
    bool again = true;
    KITH_TRY(choose_launcher(ctx, &l.kind));
    KITH_TRY(check_workers(ctx, options->workers, !l.kind));
    KITH_TRY(make_words(ctx, options, l.kind, &l.words));
    l.silence = prepare_silence(options);
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
                                        : make_words(ctx, options, NULL, &w);
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
