/* Memory for the workers of a domain: a file without a name (memfd) that its first worker makes and the others open
 * through /proc, so nothing is left behind in any file system, however the job ends. MPI's shared windows live in
 * /dev/shm, which containers keep tiny. */
#include "exchange/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the domain's first worker holds the file. The inode tells it from what another process of that number, in
 * another namespace of processes, may have there. */
enum { FILE_PID, FILE_FD, FILE_INODE, FILE_FIELDS };

/* All copies on this host must fit together, so they are added up before any domain takes its part. */
static kith_status check_room(kith_exchange *ex, const char *what, size_t bytes)
{
    const size_t copies = ex->host_domains;
    const uint64_t left = kith_memory_available();
    if (bytes <= left / copies) return KITH_OK;
    char needs[32], has[32], each[48] = "", host[80] = "", name[64] = "";
    if (copies > 1) snprintf(each, sizeof each, " in each of %zu domains", copies);
    if (ex->place.hosts > 1 && gethostname(name, sizeof name - 1) == 0) snprintf(host, sizeof host, " on %s", name);
    return kith_fail(ex->trouble, KITH_EMEMORY,
                     "%s: the board needs %s%s but only %s of memory is available%s; use fewer learners or a smaller "
                     "model",
                     what, kith_bytes_text(bytes, needs), each, kith_bytes_text(left, has), host);
}

static kith_status fail_reserve(kith_exchange *ex, const char *what, size_t bytes, int error)
{
    char needs[32];
    return kith_fail(ex->trouble, KITH_EMEMORY,
                     "%s: the board's %s could not be reserved (%s); use fewer learners or a smaller model", what,
                     kith_bytes_text(bytes, needs), strerror(error));
}

/* Alone in the domain there is nobody to share with; the pages are taken at once, as those of a file are. */
static kith_status make_private(kith_exchange *ex, const char *what, kith_share *share)
{
    void *memory = mmap(NULL, share->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) return fail_reserve(ex, what, share->bytes, errno);
    share->memory = memory;
    return KITH_OK;
}

static kith_status make_file(kith_exchange *ex, const char *what, size_t bytes, int *fd)
{
    if (bytes > INT64_MAX) return fail_reserve(ex, what, bytes, EFBIG);
    *fd = memfd_create("kith", MFD_CLOEXEC);
    if (*fd < 0) return fail_reserve(ex, what, bytes, errno);
    if (ftruncate(*fd, (off_t)bytes)) return fail_reserve(ex, what, bytes, errno);
    int error = 0;
    do
        error = posix_fallocate(*fd, 0, (off_t)bytes);
    while (error == EINTR); /* a signal that asks the run to stop must not break its start */
    return error ? fail_reserve(ex, what, bytes, error) : KITH_OK;
}

static kith_status describe_file(kith_exchange *ex, const char *what, int fd, int64_t file[FILE_FIELDS])
{
    struct stat state;
    if (fstat(fd, &state)) return fail_reserve(ex, what, 0, errno);
    file[FILE_PID] = getpid();
    file[FILE_FD] = fd;
    file[FILE_INODE] = (int64_t)state.st_ino;
    return KITH_OK;
}

static kith_status open_file(kith_exchange *ex, const char *what, const int64_t file[FILE_FIELDS], int *fd)
{
    char path[64];
    struct stat state = {0};
    snprintf(path, sizeof path, "/proc/%lld/fd/%lld", (long long)file[FILE_PID], (long long)file[FILE_FD]);
    *fd = open(path, O_RDWR | O_CLOEXEC);
    const int error = *fd < 0 || fstat(*fd, &state) ? errno : 0;
    if (!error && (int64_t)state.st_ino == file[FILE_INODE]) return KITH_OK;
    return kith_fail(ex->trouble, KITH_EEXCHANGE,
                     "%s: worker %zu cannot open %s of the first worker of its domain (%s); workers of a host must "
                     "run as one user and see each other's processes",
                     what, ex->place.worker, path, error ? strerror(error) : "it is another file");
}

/* Every worker of the domain maps the file of its first one. */
static kith_status map_file(kith_exchange *ex, const char *what, int *fd, kith_share *share)
{
    int64_t file[FILE_FIELDS] = {0};
    kith_status described = KITH_OK;
    if (ex->place.local == 0) described = describe_file(ex, what, *fd, file);
    KITH_TRY(kith_mpi_check(ex, "telling where a board's memory is",
                            MPI_Bcast(file, FILE_FIELDS, MPI_INT64_T, 0, ex->domain)));
    KITH_TRY(described);
    if (ex->place.local != 0) KITH_TRY(open_file(ex, what, file, fd));
    void *memory = mmap(NULL, share->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    if (memory == MAP_FAILED) return fail_reserve(ex, what, share->bytes, errno);
    share->memory = memory;
    return KITH_OK;
}

kith_status kith_share_create(kith_ctx *ctx, kith_exchange *ex, const char *what, size_t bytes, kith_share *out)
{
    const bool first = ex->place.local == 0, alone = ex->place.locals == 1;
    kith_share share = {.bytes = bytes ? bytes : 1};
    int fd = -1;
    kith_status status = kith_exchange_settle(ctx, ex, first ? check_room(ex, what, share.bytes) : KITH_OK);
    if (status != KITH_OK) return status;
    kith_status mine = KITH_OK;
    if (alone)
        mine = make_private(ex, what, &share);
    else if (first)
        mine = make_file(ex, what, share.bytes, &fd);
    status = kith_exchange_settle(ctx, ex, mine);
    if (status == KITH_OK) status = kith_exchange_settle(ctx, ex, alone ? KITH_OK : map_file(ex, what, &fd, &share));
    if (fd >= 0) close(fd);
    if (status != KITH_OK) {
        kith_share_destroy(&share);
        return status;
    }
    *out = share;
    return KITH_OK;
}

void kith_share_destroy(kith_share *share)
{
    if (share->memory) munmap(share->memory, share->bytes);
    *share = (kith_share){0};
}
