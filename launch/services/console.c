#include "launch/services/console.h"

#include "launch/services/progress.h"
#include "launch/services/wrap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LINE_SIZE = 4096 + 6 };

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

bool console_colours(FILE *out)
{
    const char *never = getenv("NO_COLOR"), *terminal = getenv("TERM");
    struct winsize size = {0};
    /* launchers give workers terminals without a size, and pass on what comes to anywhere */
    if (!isatty(fileno(out)) || ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || !size.ws_col) return false;
    return (!never || !*never) && terminal && strcmp(terminal, "dumb") != 0;
}

/* One call per line: workers share the stream, and lines of several must not mix. */
static void say_line(const char *line, const char *colour)
{
    char *text = NULL;
    size_t size = 0;
    const bool colours = *colour && console_colours(stderr);
    FILE *memory = open_memstream(&text, &size);
    if (memory) kith_wrap(memory, line, kith_bar_columns(stderr), 6);
    if (memory && fclose(memory) == 0)
        fprintf(stderr, "%s%.5s%s%s", colours ? colour : "", text, colours ? "\033[0m" : "", text + 5);
    else
        fprintf(stderr, "%s\n", line);
    free(text);
}

void say(const char *format, ...)
{
    char line[LINE_SIZE] = "kith: ";
    const size_t used = strlen(line);
    va_list args;
    va_start(args, format);
    vsnprintf(line + used, sizeof line - used, format, args);
    va_end(args);
    say_line(line, "");
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
    char line[LINE_SIZE];
    snprintf(line, sizeof line, "kith: %s", *message ? message : kith_status_text(status));
    say_line(line, "\033[1;31m");
    if (fflush(stdout)) __fpurge(stdout);
    clearerr(stdout);
    return (int)status;
}
