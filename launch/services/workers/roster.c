#include "launch/services/workers/roster.h"

#include "launch/services/workers/launcher.h"
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

static const char prefix[] = "worker-";

int roster_sign(void)
{
    const char *folder = getenv(LAUNCHER_FOLDER_VARIABLE);
    char aside[PATH_MAX], path[PATH_MAX];
    const long pid = (long)getpid();
    if (!folder || snprintf(aside, sizeof aside, "%s/new-%ld", folder, pid) >= (int)sizeof aside ||
        snprintf(path, sizeof path, "%s/%s%ld", folder, prefix, pid) >= (int)sizeof path)
        return -1;
    const int file = open(aside, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return -1;
    /* It gets its name when it is locked, so that nobody ever finds it without. */
    if (flock(file, LOCK_EX | LOCK_NB) == 0 && rename(aside, path) == 0) return file;
    unlink(aside);
    close(file);
    return -1;
}

void roster_leave(int file, int code)
{
    if (file >= 0 && dprintf(file, "%d\n", code) > 0) close(file);
}

static void read_one(roster *r, int file)
{
    char text[16] = "";
    if (flock(file, LOCK_SH | LOCK_NB)) {
        r->alive++;
    } else if (read(file, text, sizeof text - 1) <= 0) {
        r->dead++;
    } else {
        const int code = (int)strtol(text, NULL, 10);
        if (code > r->code) r->code = code;
        r->left++;
    }
}

roster roster_read(const char *folder)
{
    roster r = {0};
    DIR *dir = opendir(folder);
    if (!dir) return r;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (strncmp(entry->d_name, prefix, sizeof prefix - 1)) continue;
        const int file = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC);
        if (file < 0) continue;
        read_one(&r, file);
        close(file);
    }
    closedir(dir);
    return r;
}

/* A process of that number may be another one: of a container, or a later one. */
static bool holds(long pid, const char *path)
{
    char name[64], entry_path[PATH_MAX], target[PATH_MAX];
    bool found = false;
    snprintf(name, sizeof name, "/proc/%ld/fd", pid);
    DIR *dir = opendir(name);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry && !found; entry = readdir(dir)) {
        snprintf(entry_path, sizeof entry_path, "%s/%s", name, entry->d_name);
        const ssize_t length = readlink(entry_path, target, sizeof target - 1);
        if (length <= 0) continue;
        target[length] = '\0';
        found = strcmp(target, path) == 0;
    }
    if (dir) closedir(dir);
    return found;
}

static void kill_those_alive(const char *folder)
{
    DIR *dir = opendir(folder);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        char path[PATH_MAX], whole[PATH_MAX];
        if (strncmp(entry->d_name, prefix, sizeof prefix - 1)) continue;
        const long pid = strtol(entry->d_name + sizeof prefix - 1, NULL, 10);
        if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= (int)sizeof path) continue;
        if (pid > 1 && realpath(path, whole) && holds(pid, whole)) kill((pid_t)pid, SIGKILL);
    }
    if (dir) closedir(dir);
}

roster roster_end(const char *folder)
{
    enum { LOOKS = 150, AGAIN = 50 };
    const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
    roster r = roster_read(folder);
    for (int i = 0; r.alive && i < LOOKS + AGAIN; i++) {
        if (i == LOOKS) kill_those_alive(folder);
        nanosleep(&pause, NULL);
        r = roster_read(folder);
    }
    return r;
}
