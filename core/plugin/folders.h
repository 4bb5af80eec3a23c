/* Where plugins are looked for. */
#ifndef KITH_FOLDERS_H
#define KITH_FOLDERS_H

#include <kith/base.h>

typedef struct kith_folders {
    char **path;
    size_t count;
} kith_folders;

/* The folders that are there, in search order; one of KITH_PLUGIN_PATH that is not gets a note. */
kith_status kith_folders_find(kith_ctx *ctx, kith_folders *out) KITH_CHECKED;
void kith_folders_free(kith_folders *folders);

#endif
