/* The one way from our counts to MPI's: MPI 3.1 takes counts as int. */
#ifndef KITH_NARROW_H
#define KITH_NARROW_H

#include <kith/base.h>
#include <limits.h>

/* *out = count, or KITH_EINTERNAL if an int cannot hold it. */
static inline KITH_CHECKED kith_status kith_narrow(kith_ctx *ctx, const char *what, size_t count, int *out)
{
    if (count > INT_MAX)
        return kith_fail(ctx, KITH_EINTERNAL, "%s: %zu is more than one MPI call takes; report this as a bug", what,
                         count);
    *out = (int)count;
    return KITH_OK;
}

#endif
