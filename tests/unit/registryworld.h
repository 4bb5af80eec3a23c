/* A registry whose folder is plugins/, filled with samples. */
#ifndef KITH_TESTS_REGISTRYWORLD_H
#define KITH_TESTS_REGISTRYWORLD_H

#include "support.h"

#include "config/config.h"
#include "plugin/check.h"
#include "plugin/folders.h"
#include "plugin/registry.h"
#include "scratch.h"
#include <kith/kith.h>
#include <stdbool.h>

static char samples[PATH_MAX]; /* where the build put tests/plugins/sample.c's modules */
static kith_ctx *ctx;
static kith_registry *registry;

static inline int enter(void **state)
{
    const char *top = getenv("top_builddir");
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/tests/plugins/.libs", top ? top : ".");
    if (!realpath(path, samples)) {
        print_error("%s is not there; run this by make check\n", path);
        return -1;
    }
    return scratch_enter(state);
}

static inline int start(void **state)
{
    (void)state;
    mkdir("plugins", 0777);
    setenv("KITH_PLUGIN_PATH", "plugins", 1);
    ctx = kith_ctx_create();
    return !ctx || kith_registry_create(ctx, &registry) != KITH_OK;
}

static inline int stop(void **state)
{
    (void)state;
    kith_registry_destroy(registry);
    kith_ctx_destroy(ctx);
    return nftw("plugins", scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static inline char *slurp(const char *path, size_t *length)
{
    struct stat found;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &found), 0);
    *length = (size_t)found.st_size;
    char *bytes = malloc(*length);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *length, file), *length);
    fclose(file);
    return bytes;
}

/* Copies a sample into the folder plugins/, under another name if one is given. */
static inline void place(const char *name, const char *as)
{
    char path[PATH_MAX + 64];
    size_t length = 0;
    snprintf(path, sizeof path, "%s/%s.so", samples, name);
    char *bytes = slurp(path, &length);
    snprintf(path, sizeof path, "plugins/%s.so", as ? as : name);
    scratch_write(path, bytes, length);
    free(bytes);
}

/* As in tests/plugins/sample.c. */
typedef struct numbers {
    double rate;
    int64_t count;
} numbers;

#endif
