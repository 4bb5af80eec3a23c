#include "launch/services/console.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Runs at exit, where the exit code can be changed by nothing but _exit. */
static void finish_output(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) return;
    if (errno != EPIPE) say("standard output could not be written: %s", strerror(errno ? errno : EIO));
    _exit(KITH_EIO);
}

void console_start(void)
{
    /* The lowest free number is taken, so this fills a hole below 3. Read-only: a write to a closed standard output
     * still fails and is noticed. */
    int fd = 0;
    do {
        fd = open("/dev/null", O_RDONLY);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) close(fd);
    /* a file that may not grow any more is an error like a full disk, and no reason to die without a word */
    signal(SIGXFSZ, SIG_IGN);
    if (atexit(finish_output)) say("note: whether standard output can be written is not checked");
}

void console_outlive_readers(void)
{
    signal(SIGPIPE, SIG_IGN);
}

void console_leave(void)
{
    signal(SIGPIPE, SIG_DFL);
}

void say(const char *format, ...)
{
    char line[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    /* One call per line: workers share the stream, and lines of several must not mix. */
    fprintf(stderr, "kith: %s\n", line);
}

void say_notes(const kith_ctx *ctx)
{
    say_later_notes(ctx, 0);
}

void say_later_notes(const kith_ctx *ctx, size_t said)
{
    const char *note = kith_ctx_notes(ctx) + said;
    while (*note) {
        const size_t length = strcspn(note, "\n");
        say("note: %.*s", (int)length, note);
        note += length + (note[length] == '\n');
    }
}

int say_failure(const kith_ctx *ctx, kith_status status)
{
    const char *message = kith_ctx_message(ctx);
    say("%s", *message ? message : kith_status_text(status));
    if (fflush(stdout)) __fpurge(stdout);
    clearerr(stdout);
    return (int)status;
}
