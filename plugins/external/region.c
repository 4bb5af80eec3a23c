#include "region.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

kith_status region_open(kith_ctx *ctx, region *r)
{
    r->fd = memfd_create("kith", MFD_CLOEXEC);
    if (r->fd >= 0) return KITH_OK;
    return kith_fail(ctx, KITH_EMEMORY, "external: no memory to share with the program: %s", strerror(errno));
}

kith_status region_grow(kith_ctx *ctx, region *r, const char *what, size_t size)
{
    if (size <= r->size) return KITH_OK;
    if (r->at) munmap(r->at, r->size);
    r->at = NULL;
    r->size = 0;
    const int failed = size > (size_t)INT64_MAX ? EFBIG : posix_fallocate(r->fd, 0, (off_t)size);
    void *at = failed ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
    if (at == MAP_FAILED)
        return kith_fail(ctx, KITH_EMEMORY, "external: no memory for %s, %.3g MB to share with the program: %s", what,
                         1e-6 * (double)size, strerror(failed ? failed : errno));
    r->at = at;
    r->size = size;
    return KITH_OK;
}

void region_close(region *r)
{
    if (r->at) munmap(r->at, r->size);
    if (r->fd >= 0) close(r->fd);
    *r = (region){.fd = -1};
}

size_t region_place(size_t *end, size_t bytes)
{
    const size_t at = (*end + REGION_STEP - 1) / REGION_STEP * REGION_STEP;
    *end = at + bytes;
    return at;
}
