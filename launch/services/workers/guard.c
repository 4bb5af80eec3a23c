#include "launch/services/workers/guard.h"

#include "launch/services/workers/roster.h"
#include "launch/services/workers/scratch.h"
#include <errno.h>
#include <fcntl.h>
#include <kith/base.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long a launcher may take that was told to end (one that can takes less than a second), and how long what copies
 * its words may take after it. */
enum { PATIENCE_MS = 5 * 1000, COPYING_MS = 1000, MOST_CHILDREN = 1024 };

typedef struct watched {
    pid_t launcher;
    int launcher_fd, filter_fd; /* a number may be another process's by now, a descriptor is not; -1: there is none */
    const char *folder;
} watched;

static bool is_ended(int process, int patience_ms)
{
    struct pollfd ended = {.fd = process, .events = POLLIN};
    return process < 0 || poll(&ended, 1, patience_ms) != 0;
}

static void end(int process, int patience_ms)
{
    if (!is_ended(process, patience_ms)) syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0);
}

/* Workers on this host, and programs that hold connections to others: ssh waits for a host that is lost as well. */
static size_t open_children(pid_t of, int child[MOST_CHILDREN])
{
    char path[64];
    long number;
    size_t count = 0;
    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)of, (long)of);
    FILE *list = fopen(path, "re");
    while (list && count < MOST_CHILDREN && fscanf(list, "%ld", &number) == 1) {
        const int descriptor = (int)syscall(SYS_pidfd_open, (pid_t)number, 0);
        if (descriptor >= 0) child[count++] = descriptor;
    }
    if (list) fclose(list);
    return count;
}

static void end_launcher(const watched *w)
{
    int child[MOST_CHILDREN];
    if (is_ended(w->launcher_fd, PATIENCE_MS)) return;
    const size_t children = open_children(w->launcher, child);
    end(w->launcher_fd, 0);
    for (size_t i = 0; i < children; i++)
        end(child[i], 0);
}

/* The launcher tells its number by itself; then a byte comes, or the end of the pipe. */
static int watch(int alive, watched *w)
{
    for (;;) {
        pid_t number = 0;
        const ssize_t got = read(alive, &number, sizeof number);
        if (got == 0) break;
        if (got == (ssize_t)sizeof number) {
            w->launcher = number;
            w->launcher_fd = (int)syscall(SYS_pidfd_open, number, 0);
        } else if (got > 0 || errno != EINTR) {
            return 0;
        }
    }
    end_launcher(w);
    end(w->filter_fd, COPYING_MS);
    const roster left = roster_end(w->folder);
    scratch whole;
    snprintf(whole.path, sizeof whole.path, "%s", w->folder);
    if (!left.alive) scratch_remove(&whole);
    return 0;
}

/* What ends a terminal's job must not end this, and whoever reads results or messages must not wait for it. */
static void stand_aside(void)
{
    setsid();
    prctl(PR_SET_NAME, "kith-guard");
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        close(fd);
}

guard guard_start(pid_t filter, int words, const char *folder)
{
    int ends[2];
    watched w = {
        .launcher_fd = -1, .filter_fd = filter ? (int)syscall(SYS_pidfd_open, filter, 0) : -1, .folder = folder};
    if (pipe2(ends, O_CLOEXEC)) {
        if (w.filter_fd >= 0) close(w.filter_fd);
        return (guard){0};
    }
    const pid_t process = fork();
    if (process == 0) {
        close(ends[1]);
        if (words >= 0) close(words);
        stand_aside();
        _exit(watch(ends[0], &w));
    }
    if (w.filter_fd >= 0) close(w.filter_fd);
    close(ends[0]);
    if (process > 0) return (guard){.process = process, .alive = ends[1]};
    close(ends[1]);
    return (guard){0};
}

void guard_tell(const guard *g)
{
    const pid_t number = getpid();
    if (g->process && write(g->alive, &number, sizeof number) < 0) return;
}

void guard_end(guard *g)
{
    if (!g->process) return;
    if (write(g->alive, "", 1) < 0) kill(g->process, SIGKILL);
    close(g->alive);
    waitpid(g->process, NULL, 0);
    *g = (guard){0};
}
