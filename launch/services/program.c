#include "launch/services/program.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Ours with one line more, which counts before those of its name; to be freed. NULL when memory is out. */
static char **extended(char *line)
{
    size_t count = 0;
    while (environ[count])
        count++;
    char **all = calloc(count + 2, sizeof *all);
    if (!all) return NULL;
    all[0] = line;
    memcpy(all + 1, environ, count * sizeof *all);
    return all;
}

static int spawn(const program *p, const posix_spawn_file_actions_t *actions, pid_t *child)
{
    if (!p->variable) return posix_spawnp(child, p->argv[0], actions, NULL, p->argv, environ);
    char **all = extended(p->variable);
    const int error = all ? posix_spawnp(child, p->argv[0], actions, NULL, p->argv, all) : ENOMEM;
    free(all);
    return error;
}

static int start(const program *p, int in, int out, int err, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return error;
    error = posix_spawn_file_actions_adddup2(&actions, in, 0);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, out, 1);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, err, 2);
    if (!error) error = spawn(p, &actions, child);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static kith_status fail_missing(kith_ctx *ctx, const program *p)
{
    return kith_fail(ctx, KITH_EIO, "%s, which %s, was not found; on Debian: apt-get install %s", p->title, p->does,
                     p->package);
}

/* Its first line with letters says what went wrong: gnuplot points at a place with a circumflex before. */
static kith_status fail_task(kith_ctx *ctx, const program *p, int err)
{
    char text[512] = "", *line = text;
    const ssize_t got = pread(err, text, sizeof text - 1, 0);
    text[got > 0 ? (size_t)got : 0] = 0;
    while (*line && strchr(" \t\n^", *line))
        line++;
    line[strcspn(line, "\n")] = 0;
    return kith_fail(ctx, KITH_EIO, "%s failed to %s: %s", p->title, p->task, *line ? line : "it gives no reason");
}

static kith_status run(kith_ctx *ctx, const program *p, int in, int out, int err)
{
    pid_t child;
    const int error = start(p, in, out, err, &child);
    if (error == ENOENT) return fail_missing(ctx, p);
    if (error) return kith_fail(ctx, KITH_EIO, "%s cannot be started: %s", p->title, strerror(error));
    int status = -1;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) return fail_missing(ctx, p);
    return status == 0 ? KITH_OK : fail_task(ctx, p, err);
}

kith_status program_filter(kith_ctx *ctx, const program *p, int in, int out)
{
    const int err = memfd_create("errors", MFD_CLOEXEC);
    if (err < 0) return kith_fail(ctx, KITH_EIO, "%s cannot be started: %s", p->title, strerror(errno));
    const kith_status status = run(ctx, p, in, out, err);
    close(err);
    return status;
}
