/* The lock on a folder of results, and who has it. */
#include "record/holdings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
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

kith_status kith_folder_lock(kith_ctx *ctx, const char *folder, const char *whose, int *lock)
{
    char holder[48] = "";
    *lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*lock < 0 || flock(*lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return KITH_OK;
    const long pid = holder_of(*lock);
    if (pid) snprintf(holder, sizeof holder, " (process %ld)", pid);
    return kith_fail(ctx, KITH_EIO, "%s: %s is still going on%s; stop that first", folder, whose, holder);
}

bool kith_folder_held(const char *folder)
{
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool held = fd >= 0 && holder_of(fd) != 0;
    if (fd >= 0) close(fd);
    return held;
}
