#include "launch/services/workers/request.h"

#include "launch/services/workers/launcher.h"
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int open_request(const char *folder, int flags)
{
    char boot[64] = "", path[PATH_MAX];
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (!file) return -1;
    const bool known = fgets(boot, sizeof boot, file) != NULL;
    fclose(file);
    boot[strcspn(boot, "\n")] = '\0';
    if (!known || snprintf(path, sizeof path, "%s/stop-%s", folder, boot) >= (int)sizeof path) return -1;
    return open(path, flags | O_CLOEXEC, 0600);
}

static bool write_request(const char *folder, int flags, char value)
{
    const int file = open_request(folder, flags);
    if (file < 0) return false;
    const bool written = pwrite(file, &value, 1, 0) == 1;
    close(file);
    return written;
}

void request_make(const char *folder)
{
    /* A byte that is there needs no room on a disk that is full by the time it changes. */
    write_request(folder, O_WRONLY | O_CREAT, 0);
}

bool request_send(const char *folder)
{
    return write_request(folder, O_WRONLY, 1);
}

const volatile char *request_watch(void)
{
    const char *folder = getenv(LAUNCHER_FOLDER_VARIABLE);
    const int file = folder ? open_request(folder, O_RDONLY) : -1;
    if (file < 0) return NULL;
    /* Reading beyond an empty file's end would be a SIGBUS. */
    const bool there = lseek(file, 0, SEEK_END) == 1;
    void *byte = there ? mmap(NULL, 1, PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
    close(file);
    return byte == MAP_FAILED ? NULL : byte;
}
