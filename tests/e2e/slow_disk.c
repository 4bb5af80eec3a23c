/* A disk that takes its time: preloaded into a run, it makes the flush of a checkpoint last as many seconds as
 * SLOW_DISK says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

__attribute__((visibility("default"))) int fsync(int fd);

int fsync(int fd)
{
    char link[64], path[4096];
    const char *seconds = getenv("SLOW_DISK");
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t length = readlink(link, path, sizeof path - 1);
    if (seconds && length > 0) {
        path[length] = '\0';
        struct timespec left = {.tv_sec = strtol(seconds, NULL, 10)};
        /* signals that arrive meanwhile must not shorten it */
        while (strstr(path, "/checkpoint/") && nanosleep(&left, &left) != 0)
            continue;
    }
    return (int)syscall(SYS_fsync, fd);
}
