/* Where plugins are looked for. */
#ifndef KITH_FOLDERS_H
#define KITH_FOLDERS_H

#include <kith/base.h>
#include <stdbool.h>

typedef struct kith_folders {
    char **path;
    size_t count;
} kith_folders;

/* The folders that are there, in search order; one of KITH_PLUGIN_PATH that is not gets a note. */
kith_status kith_folders_find(kith_ctx *ctx, kith_folders *out) KITH_CHECKED;
void kith_folders_free(kith_folders *folders);

/* The modules/ folder of the build tree that a program runs from: the program is launch/kith or tests/unit/NAME,
 * and modules/ lies at most two folders above. One in a folder bin/ was installed, perhaps below the build tree (make
 * distcheck does so). */
bool kith_folders_build_tree(const char *program, char *out, size_t size);

/* Where an installed program finds `configured`, a folder below the prefix that configure was told: in the prefix whose
 * bin/ has the program, if such a folder is there (an installation that was staged or moved), else as configured. */
void kith_folders_installed(const char *program, const char *configured, char *out, size_t size);

#endif
