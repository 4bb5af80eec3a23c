#include "launch/services/workers/launcher.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *first_set(const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (getenv(names[i])) return names[i];
    }
    return NULL;
}

const char *launcher_variable(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"};
    return first_set(names, sizeof names / sizeof names[0]);
}

bool launcher_slurm(void)
{
    return getenv("SLURM_PROCID") && !getenv("OMPI_COMM_WORLD_SIZE");
}

bool launcher_apart(void)
{
    /* An allocation's own shell has the first two as well, of its one task. */
    const char *tasks = getenv("SLURM_STEP_NUM_TASKS");
    return launcher_slurm() && getenv("SLURM_STEP_ID") && tasks && strcmp(tasks, "1") != 0 && !launcher_variable();
}

bool launcher_first(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"};
    const char *name = first_set(names, sizeof names / sizeof names[0]);
    return !name || strcmp(getenv(name), "0") == 0;
}

static void leave(const char *name, const char *text)
{
    const char *folder = getenv(LAUNCHER_FOLDER_VARIABLE);
    char path[PATH_MAX];
    if (!folder || snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) return;
    const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return;
    if (*text) dprintf(fd, "%s", text);
    close(fd);
}

size_t launcher_left(const char *folder, const char *name, char *text, size_t size)
{
    char path[PATH_MAX];
    text[0] = '\0';
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) return 0;
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    const ssize_t length = read(file, text, size - 1);
    close(file);
    text[length > 0 ? length : 0] = '\0';
    return length > 0 ? (size_t)length : 0;
}

void launcher_tell_ready(void)
{
    leave(LAUNCHER_READY_FILE, "");
}

bool launcher_stays(void)
{
    return getenv(LAUNCHER_FOLDER_VARIABLE) != NULL;
}

void launcher_ask_again(const char *text)
{
    leave(LAUNCHER_AGAIN_FILE, text);
}
