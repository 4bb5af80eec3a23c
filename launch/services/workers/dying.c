#include "launch/services/workers/dying.h"

#include "base/call.h"
#include "launch/services/console.h"
#include <config.h>
#include <dlfcn.h>
#include <err.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
enum { CRASHES = sizeof crashes / sizeof crashes[0], STACK = 64 * 1024, HURRY = 10, PROBE = 1 << 14 };

/* Handlers have no argument of ours. */
static struct sigaction before[CRASHES];
static bool ours[CRASHES];
static pid_t owner, computing;
static char *told;
static unsigned told_size;
static void (*real_exit)(int), (*real_quick)(int);

static pid_t this_thread(void)
{
    return (pid_t)syscall(SYS_gettid);
}

/* Whether a plugin's code of this very process and thread is what runs. A process that it forked is none. */
static bool is_plugin(void)
{
    return kith_calls_any() && getpid() == owner && this_thread() == computing;
}

static void end_at_once(int code)
{
    syscall(SYS_exit_group, code);
    for (;;)
        pause();
}

/* fprintf() may not be called in a handler. */
static void write_line(const char *what)
{
    char line[KITH_CALL_SENTENCE] = "kith: ";
    size_t used = strlen(line);
    used += kith_calls_where(line + used, sizeof line - used - 2);
    for (const char *parts[] = {" ", what}, **part = parts; part < parts + 2; part++)
        for (const char *c = *part; *c && used + 2 < sizeof line; c++)
            line[used++] = *c;
    line[used++] = '\n';
    if (write(STDERR_FILENO, line, used) < 0) return;
}

/* A crash within malloc() may have left a lock behind. */
static void on_hurry(int number)
{
    (void)number;
    write_line("crashed, and left memory that can be used no more");
    end_at_once(KITH_EPLUGIN);
}

static void hurry(void)
{
    signal(SIGALRM, on_hurry);
    alarm(HURRY);
}

/* Back in the call: whether there is memory to be had is seen now and not in the middle of what follows. A piece of
 * more than what each thread has at hand, which takes the lock. */
static void on_landing(void)
{
    void *volatile probe = malloc(PROBE);
    free(probe);
    alarm(0);
}

/* Does not come back where the call that is under way can be gone back to. Else false: in a child that only tells. */
static bool go_back(const char *how, bool crashed)
{
    if (told) {
        kith_calls_where(told, told_size);
        return false;
    }
    if (crashed) hurry();
    kith_calls_die(how, crashed);
    write_line(how);
    return true;
}

/* ---- signals ---- */

static const char *crash_words(int number)
{
    switch (number) {
    case SIGSEGV:
        return "crashed: signal 11 (Segmentation fault); '" KITH_NAME " check' and a debugger show where";
    case SIGBUS:
        return "crashed: signal 7 (Bus error); '" KITH_NAME " check' and a debugger show where";
    case SIGFPE:
        return "crashed: signal 8 (Floating point exception: a division by 0, say); '" KITH_NAME
               " check' and a debugger show where";
    case SIGILL:
        return "crashed: signal 4 (Illegal instruction); is it compiled for another processor?";
    case SIGABRT:
        return "called abort(), failed an assertion or let an exception escape; a plugin returns a kith_status";
    case SIGTRAP:
        return "crashed: signal 5 (Trap); '" KITH_NAME " check' and a debugger show where";
    default:
        return "crashed: signal 31 (Bad system call); '" KITH_NAME " check' and a debugger show where";
    }
}

static void on_crash(int number, siginfo_t *info, void *context)
{
    (void)context;
    /* Sent by somebody, it tells nothing about whose code was under way. */
    const bool sent = info->si_code <= 0 && info->si_pid != getpid();
    if (!sent && is_plugin() && go_back(crash_words(number), true)) end_at_once(KITH_EPLUGIN);
    for (size_t i = 0; i < CRASHES; i++)
        if (crashes[i] == number) sigaction(number, &before[i], NULL);
    raise(number);
}

static void take(size_t i)
{
    struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    sigaction(crashes[i], &action, NULL);
}

/* ---- ends ---- */

static void on_end(const char *name, int code)
{
    char how[96];
    if (!is_plugin()) return;
    snprintf(how, sizeof how, "called %s(%d); a plugin returns a kith_status and never ends the process", name, code);
    if (go_back(how, false)) end_at_once(KITH_EPLUGIN);
}

/* What got past the functions below, from within the C library. Other libraries may have ended already, so there is no
 * going back. */
static void on_exit_of_library(int code, void *arg)
{
    (void)code;
    (void)arg;
    if (!is_plugin() || told) return;
    fflush(NULL);
    write_line("ended the process; a plugin returns a kith_status and never does that");
    end_at_once(KITH_EPLUGIN);
}

/* The C library's own calls do not come here, nor does the return from main(). */
KITH_API _Noreturn void exit(int code)
{
    on_end("exit", code);
    if (real_exit) real_exit(code);
    end_at_once(code);
    __builtin_unreachable();
}

KITH_API _Noreturn void quick_exit(int code)
{
    on_end("quick_exit", code);
    if (real_quick) real_quick(code);
    end_at_once(code);
    __builtin_unreachable();
}

KITH_API _Noreturn void _exit(int code)
{
    on_end("_exit", code);
    end_at_once(code);
    __builtin_unreachable();
}

KITH_API _Noreturn void _Exit(int code)
{
    on_end("_Exit", code);
    end_at_once(code);
    __builtin_unreachable();
}

/* Those of the C library end the process from within. */
KITH_API _Noreturn void verr(int code, const char *format, va_list args)
{
    vwarn(format, args);
    exit(code);
}

KITH_API _Noreturn void verrx(int code, const char *format, va_list args)
{
    vwarnx(format, args);
    exit(code);
}

KITH_API _Noreturn void err(int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    verr(code, format, args);
}

KITH_API _Noreturn void errx(int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    verrx(code, format, args);
}

/* ---- */

static void find(const char *name, void (**out)(int))
{
    /* A pointer to an object may not be read as one to a function. */
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(out, &found, sizeof found);
}

/* UCX, which Open MPI 5 brings along, takes crashes for itself as soon as it is loaded, and prints its own way through
 * the program. What is there before that, or comes from a sanitizer, stays: it tells more than this could. */
static bool is_of_transport(const struct sigaction *action)
{
    Dl_info from = {.dli_fname = NULL};
    void *handler;
    memcpy(&handler, &action->sa_sigaction, sizeof handler);
    return handler && dladdr(handler, &from) && from.dli_fname && strstr(from.dli_fname, "/libucs");
}

/* What to do about a crash that is nobody's. */
static bool read_before(size_t i)
{
    if (sigaction(crashes[i], NULL, &before[i])) return false;
    if (before[i].sa_handler != SIG_DFL && is_of_transport(&before[i])) before[i] = (struct sigaction){.sa_flags = 0};
    return true;
}

void dying_watch(void)
{
    static char memory[STACK];
    const stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory};
    owner = getpid();
    computing = this_thread();
    find("exit", &real_exit);
    find("quick_exit", &real_quick);
    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < CRASHES; i++) {
        ours[i] = read_before(i) && before[i].sa_handler == SIG_DFL;
        if (ours[i]) take(i);
    }
    kith_calls_landing(on_landing);
    on_exit(on_exit_of_library, NULL);
}

void dying_watch_again(void)
{
    for (size_t i = 0; i < CRASHES; i++) {
        if (!ours[i]) continue;
        if (read_before(i)) take(i);
    }
}

/* The limit of a trial's time. */
static void on_limit(int number)
{
    kith_calls_where(told, told_size);
    signal(number, SIG_DFL);
    raise(number);
}

void dying_tell(char *place, unsigned size)
{
    owner = getpid();
    computing = this_thread();
    told = place;
    told_size = size;
    signal(SIGXCPU, on_limit);
}

int dying_end(int code)
{
    if (!*kith_calls_untold()) return code;
    say("%s", kith_calls_untold());
    return code ? code : KITH_EPLUGIN;
}
