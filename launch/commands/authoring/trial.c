#include "launch/commands/authoring/trial.h"

#include "launch/services/console.h"
#include "launch/services/workers/dying.h"
#include "nn/blas.h"
#include "plugin/opener.h"
#include <config.h>
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Seconds of CPU time. The longest trials of what comes with Kith take one. */
enum { MOST_SECONDS = 60 };

const trial_shape trial_shapes[] = {
    {"images, 10 classes", {.features = 144, .channels = 1, .height = 12, .width = 12, .classes = 10}, "glyphs"},
    {"large images, 10 classes", {.features = 784, .channels = 1, .height = 28, .width = 28, .classes = 10}, "glyphs"},
    {"images in colour, 10 classes", {.features = 3072, .channels = 3, .height = 32, .width = 32, .classes = 10}, NULL},
    {"12 numbers, 2 classes", {.features = 12, .classes = 2}, "synthetic"},
    {"12 numbers", {.features = 12}, "points"},
    {"12 characters of 20, 20 classes", {.features = 12, .classes = 20, .codes = 20}, NULL},
    {"12 numbers, 3 real targets", {.features = 12, .targets = 3}, "synthetic"},
};
const size_t trial_shape_count = sizeof trial_shapes / sizeof trial_shapes[0];

/* ---- the world of one trial ---- */

void trial_tell(trial *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(t->shared->detail, sizeof t->shared->detail, format, args);
    va_end(args);
}

kith_status trial_skip(trial *t, const char *why)
{
    t->shared->skipped = 1;
    trial_tell(t, "%s", why);
    return KITH_OK;
}

kith_status trial_set(trial *t, kith_config *config, const char *text)
{
    const char *equals = strchr(text, '='), *dot = strchr(text, '.');
    const bool own = equals && (!dot || dot > equals);
    return own ? kith_config_set_in(t->ctx, config, t->plugin->id, text, strlen(text))
               : kith_config_set(t->ctx, config, text);
}

static kith_status take_learners(void *arg, const char *key, const char *text, const char *prefix)
{
    (void)prefix;
    const char *end = NULL;
    const double value = strcmp(key, "learners") == 0 ? kith_number(text, &end) : 0;
    /* Runs refuse all others. */
    if (value >= 1 && value <= UINT32_MAX - 1 && !*end) *(size_t *)arg = (size_t)value;
    return KITH_OK;
}

size_t trial_learners(const trial *t)
{
    /* What fails here fails again, with its message, where the plugin is created. */
    kith_ctx *ctx = kith_ctx_create();
    kith_config *config = NULL;
    size_t learners = 8;
    kith_status status = kith_config_create(ctx, &config);
    for (size_t i = 0; i < t->subject->set_count && status == KITH_OK; i++) {
        const char *text = t->subject->sets[i];
        if (text[strcspn(text, ".=")] == '.') status = kith_config_set(ctx, config, text);
    }
    if (status == KITH_OK) status = kith_config_each_given(config, "run", take_learners, &learners);
    if (config) kith_config_destroy(config);
    kith_ctx_destroy(ctx);
    return learners;
}

kith_setting trial_setting(trial *t, size_t learners, const kith_shape *shape)
{
    static const kith_local_steps local = {.optimizer = KITH_OPTIMIZER_SGD};
    /* something of each kind, and of either group */
    static const kith_block blocks[] = {{.name = "0.weight", .count = 3900, .shape = {3900}, .rank = 1, .joined = 1},
                                        {.name = "1.weight",
                                         .first = 3900,
                                         .count = 100,
                                         .shape = {100},
                                         .rank = 1,
                                         .joined = 1,
                                         .kind = KITH_BLOCK_NORM},
                                        {.name = "2.weight",
                                         .first = 4000,
                                         .count = 900,
                                         .shape = {900},
                                         .rank = 1,
                                         .joined = 1,
                                         .group = KITH_BLOCK_HEAD},
                                        {.name = "2.bias",
                                         .first = 4900,
                                         .count = 100,
                                         .shape = {100},
                                         .rank = 1,
                                         .joined = 1,
                                         .kind = KITH_BLOCK_BIAS,
                                         .group = KITH_BLOCK_HEAD}};
    static kith_opener opener;
    opener = kith_opener_of(t->registry);
    kith_setting setting = {.size = sizeof setting, .learners = learners, .seed = 1, .rounds = 100};
    switch (t->plugin->kind) {
    case KITH_ALGORITHM:
        setting.dimension = 5000;
        setting.shape = &trial_shapes[0].shape;
        setting.local = &local;
        setting.opener = &opener;
        setting.blocks = blocks;
        setting.block_count = sizeof blocks / sizeof blocks[0];
        break;
    case KITH_FILTER:
        setting.dimension = 5000;
        setting.arrivals = 7;
        break;
    case KITH_MODEL:
        setting.shape = shape;
        break;
    case KITH_TOPOLOGY:
        setting.opener = &opener;
        setting.dimension = 5000;
        setting.blocks = blocks;
        setting.block_count = sizeof blocks / sizeof blocks[0];
        break;
    default:
        break;
    }
    return setting;
}

kith_status trial_create(trial *t, const kith_setting *setting, kith_instance *out)
{
    KITH_TRY(kith_config_create(t->ctx, &t->config));
    for (size_t i = 0; i < t->subject->set_count; i++)
        KITH_TRY(trial_set(t, t->config, t->subject->sets[i]));
    KITH_TRY(kith_instance_bind(t->ctx, t->config, t->plugin, out));
    return kith_instance_create(t->ctx, out, setting);
}

void trial_close(trial *t, kith_instance *instance)
{
    kith_instance_close(instance);
    if (t->config) kith_config_destroy(t->config);
    t->config = NULL;
}

void trial_keep(trial *t, size_t place, size_t count, const kith_real *x)
{
    t->shared->count[place] = count;
    memcpy(t->shared->number[place], x, (count < TRIAL_NUMBERS ? count : TRIAL_NUMBERS) * sizeof *x);
}

kith_status trial_compare(trial *t, size_t place, size_t count, const kith_real *x, const char *what,
                          const char *remedy)
{
    const kith_real *before = t->shared->number[place];
    if (count != t->shared->count[place])
        return kith_fail(t->ctx, KITH_EPLUGIN, "%s has %zu numbers and had %zu; %s", what, count,
                         t->shared->count[place], remedy);
    if (count > TRIAL_NUMBERS) count = TRIAL_NUMBERS;
    size_t different = 0, first = 0;
    for (size_t i = count; i-- > 0;)
        if (memcmp(&x[i], &before[i], sizeof *x) != 0) different++, first = i;
    if (!different) return KITH_OK;
    return kith_fail(t->ctx, KITH_EPLUGIN, "%zu of %zu numbers of %s differ; number %zu is %.9g and was %.9g; %s",
                     different, count, what, first, (double)x[first], (double)before[first], remedy);
}

/* ---- processes ---- */

/* What depends on where things lie, or on what fresh memory holds, comes out differently. */
static void shift_memory(size_t shift)
{
    if (!shift) return;
    mallopt(M_PERTURB, (int)(0x5a + shift) & 0xff);
    void *blocker = mmap(NULL, shift * 17 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void *heap = malloc(shift * 1040);
    /* They stay until the process ends, on purpose. */
    if (blocker == MAP_FAILED || !heap) return;
    *(volatile char *)heap = 1;
}

static kith_status load(trial *t)
{
    KITH_TRY(kith_blas_start(t->ctx));
    KITH_TRY(kith_registry_create(t->ctx, &t->registry));
    return kith_registry_load(t->ctx, t->registry, t->subject->path, &t->plugin);
}

static void run_body(subject *s, trial_body body, const void *arg)
{
    trial t = {.subject = s, .shared = s->shared, .ctx = kith_ctx_create()};
    kith_status status = load(&t);
    if (status == KITH_OK) status = body(&t, arg);
    const char *message = kith_ctx_message(t.ctx);
    snprintf(s->shared->text, sizeof s->shared->text, "%s", *message ? message : kith_status_text(status));
    s->shared->status = status;
    s->shared->done = 1;
    if (t.registry) kith_registry_destroy(t.registry);
    kith_ctx_destroy(t.ctx);
}

/* What a trial may take: no more than the user allows this process. */
static rlim_t most_seconds(void)
{
    struct rlimit own;
    return getrlimit(RLIMIT_CPU, &own) == 0 && own.rlim_cur < MOST_SECONDS ? own.rlim_cur : MOST_SECONDS;
}

static void be_child(subject *s, size_t shift, trial_body body, const void *arg)
{
    const struct rlimit none = {0, 0}, cpu = {most_seconds(), most_seconds() + 1};
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_CPU, &cpu);
    shift_memory(shift);
    dying_tell(s->shared->place, sizeof s->shared->place);
    run_body(s, body, arg);
    fflush(stdout);
    _exit(0);
}

/* Words what became of a process that did not come to the end of its trial; late: it had no more time. */
static void explain(const subject *s, int ended, bool late)
{
    trial_shared *shared = s->shared;
    shared->status = KITH_EPLUGIN;
    if (late)
        snprintf(shared->text, sizeof shared->text,
                 "it was not done after %zu s and was ended; look for what it waits for, or give it less to do with "
                 "--set, or more time with --seconds",
                 s->seconds);
    else if (WIFSIGNALED(ended) && WTERMSIG(ended) == SIGXCPU)
        snprintf(
            shared->text, sizeof shared->text,
            "it was not done after %llu s of CPU time and was ended; look for a loop, or give it less to do with --set",
            (unsigned long long)most_seconds());
    else if (WIFSIGNALED(ended))
        snprintf(shared->text, sizeof shared->text,
                 "it was killed by signal %d (%s); to see where, run 'gdb --args " KITH_NAME " check --in-process %s'",
                 WTERMSIG(ended), strsignal(WTERMSIG(ended)), s->path);
    else
        snprintf(shared->text, sizeof shared->text, "it ended the process with code %d; a plugin returns what is wrong",
                 WEXITSTATUS(ended));
}

/* What wait_for() is woken by. Trials have a process group of their own, so what the terminal sends does not reach
 * them; what this process ignores stays ignored. */
static sigset_t wakers(void)
{
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++) {
        struct sigaction now;
        if (sigaction(ending[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN) sigaddset(&set, ending[i]);
    }
    return set;
}

static time_t now_in_seconds(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* The group goes with the trial: `kith run -n` is in it, whose mpirun ends with it. `woken` is blocked. */
static void wait_for(subject *s, pid_t child, const sigset_t *woken)
{
    /* A second may have been almost over when it began. */
    const time_t end = now_in_seconds() + (time_t)s->seconds + 1;
    const struct timespec moment = {.tv_sec = 1};
    int ended = 0, signal = 0;
    bool late = false;
    pid_t gone = 0;
    while ((gone = waitpid(child, &ended, WNOHANG)) == 0 && !late && (signal <= 0 || signal == SIGCHLD)) {
        signal = sigtimedwait(woken, NULL, &moment);
        late = now_in_seconds() >= end;
    }
    if (gone == 0) {
        /* It tells where it was, if it can. */
        if (late && kill(child, SIGXCPU) == 0) sigtimedwait(woken, NULL, &moment);
        kill(-child, SIGKILL);
        while (waitpid(child, &ended, 0) < 0 && errno == EINTR) {
        }
    }
    /* Blocked so far: it ends this process as soon as it is let in. */
    if (signal > 0 && signal != SIGCHLD) raise(signal);
    if (!s->shared->done) explain(s, ended, late);
}

/* In a process of its own. False: there is none to be had. */
static bool run_apart(subject *s, size_t shift, trial_body body, const void *arg)
{
    const sigset_t woken = wakers();
    sigset_t before;
    sigprocmask(SIG_BLOCK, &woken, &before);
    const pid_t parent = getpid(), child = fork();
    if (child == 0) {
        setpgid(0, 0);
        /* The parent may have died before the line that ties this process to it. */
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent) _exit(KITH_EINTERNAL);
        sigprocmask(SIG_SETMASK, &before, NULL);
        be_child(s, shift, body, arg);
    }
    if (child > 0) {
        /* Here, too: whichever of the two is first. */
        setpgid(child, child);
        wait_for(s, child, &woken);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return child > 0;
}

static bool attempt(subject *s, const char *name, size_t shift, trial_body body, const void *arg)
{
    trial_shared *shared = s->shared;
    shared->done = shared->skipped = 0;
    shared->detail[0] = shared->place[0] = '\0';
    fflush(stdout);
    fflush(stderr);
    if (s->in_process || !run_apart(s, shift, body, arg)) run_body(s, body, arg);
    if (shared->status == KITH_OK) return true;
    /* What a trial that was ended told last is where it was; others say that themselves. */
    const char *told = shared->done ? "" : shared->detail, *place = shared->done ? "" : shared->place;
    printf("not ok - %s: %s%s%s%s%s\n", name, told, *told ? ": " : "", place, *place ? ": " : "", shared->text);
    s->failed++;
    return false;
}

/* True, so that it can be returned. */
static bool say_passed(subject *s, const char *name)
{
    const trial_shared *shared = s->shared;
    printf("ok - %s%s%s\n", name, shared->skipped ? " # SKIP " : *shared->detail ? ": " : "", shared->detail);
    s->passed += !shared->skipped;
    return true;
}

static bool left_out(subject *s, const char *name)
{
    const bool out = s->only && !strstr(name, s->only);
    s->meant += !out;
    return out;
}

bool trial_begin(subject *s, const char *name, size_t shift, trial_body body, const void *arg)
{
    return left_out(s, name) || attempt(s, name, shift, body, arg);
}

bool trial_need(subject *s, const char *name, trial_body body, const void *arg)
{
    (void)left_out(s, name);
    return attempt(s, name, 0, body, arg) && say_passed(s, name);
}

bool trial_make(subject *s, const char *name, size_t shift, trial_body body, const void *arg)
{
    return left_out(s, name) || (attempt(s, name, shift, body, arg) && say_passed(s, name));
}
