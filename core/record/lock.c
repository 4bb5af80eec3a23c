/* The lock on a folder of results, and who has it. */
#include "record/holdings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

/* The process that this host's kernel has down as the one with the lock; 0 where it has none: the process is on another
 * host, or in another container. */
static long holder_of(int fd)
{
    struct stat file;
    char line[256];
    long found = 0;
    FILE *locks = fopen("/proc/locks", "re");
    if (!locks || fstat(fd, &file) != 0) {
        if (locks) fclose(locks);
        return 0;
    }
    while (!found && fgets(line, sizeof line, locks)) {
        long pid = 0;
        unsigned first = 0, second = 0;
        unsigned long long inode = 0;
        if (sscanf(line, "%*d: FLOCK %*s %*s %ld %x:%x:%llu", &pid, &first, &second, &inode) != 4) continue;
        if (inode == file.st_ino && makedev(first, second) == file.st_dev && pid > 0) found = pid;
    }
    fclose(locks);
    return found;
}

/* Who only looks whether it is held has it for a moment. */
static bool take(int fd)
{
    enum { TRIES = 10 };
    const struct timespec moment = {.tv_nsec = 10 * 1000 * 1000};
    for (int i = 1; flock(fd, LOCK_EX | LOCK_NB) != 0; i++) {
        if (errno != EWOULDBLOCK) return true; /* a file system without locks */
        if (i == TRIES) return false;
        nanosleep(&moment, NULL);
    }
    return true;
}

kith_status kith_folder_lock(kith_ctx *ctx, const char *folder, const char *whose, int *lock)
{
    char holder[48] = "";
    *lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*lock < 0 || take(*lock)) return KITH_OK;
    const long pid = holder_of(*lock);
    if (pid) snprintf(holder, sizeof holder, " (process %ld)", pid);
    return kith_fail(ctx, KITH_EIO, "%s: %s is still going on%s; stop that first", folder, whose, holder);
}

/* A holder that the kernel does not show is asked for by taking a part of the lock, which others may have as well. */
bool kith_folder_held(const char *folder)
{
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool held = fd >= 0 && (holder_of(fd) || (flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK));
    if (fd >= 0) close(fd);
    return held;
}
