/* Whether the files that values name are there. */
#include "config/entries.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool there(const char *path)
{
    return access(path, R_OK) == 0;
}

/* Several files stand in one value with blanks between. */
static kith_status check_each(kith_ctx *ctx, const kith_bound *bound)
{
    const char *at = bound->path + strspn(bound->path, " \t");
    if (there(bound->path)) return KITH_OK;
    for (size_t length; *at; at += length, at += strspn(at, " \t")) {
        length = strcspn(at, " \t");
        char *one = strndup(at, length);
        if (!one) return kith_fail(ctx, KITH_EMEMORY, "configuration: no memory for the name of a file");
        const bool found = there(one);
        const int error = errno;
        kith_status status = KITH_OK;
        if (!found)
            status = kith_fail(ctx, KITH_EIO, "%s: %s.%s: %s: %s; name a file that can be read", bound->source,
                               bound->section, bound->key, one, strerror(error));
        free(one);
        KITH_TRY(status);
    }
    return KITH_OK;
}

kith_status kith_config_check_files(kith_ctx *ctx, const kith_config *config)
{
    for (size_t i = 0; i < config->bounds; i++) {
        const kith_bound *b = &config->bound[i];
        const bool written = (!strcmp(b->section, "run") && !strcmp(b->key, "output")) ||
                             (!strcmp(b->section, "partition") && !strcmp(b->key, "save"));
        if (b->path && b->counts && !written) KITH_TRY(check_each(ctx, b));
    }
    return KITH_OK;
}
