/* Hosts that are not alike are refused before anything is computed. */
#include "engine/frame/frame.h"

#include "base/now.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

/* Data sets are larger, and are compared by themselves. */
enum { LARGEST = 64 << 20, PIECE = 1 << 16 };

/* Of the contents of a file that is not too large; 0: there is none. */
static uint64_t file_digest(const char *path)
{
    struct stat is;
    uint64_t digest = 0;
    if (stat(path, &is) != 0 || !S_ISREG(is.st_mode) || is.st_size > LARGEST) return 0;
    FILE *file = fopen(path, "rbe");
    char *piece = malloc(PIECE);
    for (size_t got = PIECE; file && piece && got == PIECE;) {
        got = fread(piece, 1, PIECE, file);
        digest = XXH3_64bits_withSeed(piece, got, digest);
    }
    if (file) fclose(file);
    free(piece);
    return digest;
}

/* A host may have its files elsewhere: of those it is the contents that count. */
static kith_status add_value(void *arg, const char *section, const char *key, const char *text, const char *source)
{
    (void)source;
    const uint64_t digest = file_digest(text);
    if (digest)
        fprintf(arg, "%s.%s=a file with digest %016llx\n", section, key, (unsigned long long)digest);
    else if (!strchr(text, '/'))
        fprintf(arg, "%s.%s=%s\n", section, key, text);
    return KITH_OK;
}

static kith_status describe(kith_ctx *ctx, const kith_run *run, char **lines)
{
    size_t size = 0;
    kith_used used;
    FILE *out = open_memstream(lines, &size);
    kith_status status = out ? kith_config_each(run->config, add_value, out) : KITH_OK;
    for (size_t i = 0; out && kith_registry_used(run->registry, i, &used); i++)
        fprintf(out, "plugin %s=%s %s with digest %016llx\n", used.plugin->id, kith_kind_name(used.plugin->kind),
                used.plugin->version, (unsigned long long)used.digest);
    if (out && fclose(out) == 0) return status;
    return kith_fail(ctx, KITH_EMEMORY, "comparing hosts: no memory for the configuration's text");
}

kith_status kith_run_check_alike(kith_ctx *ctx, kith_run *run)
{
    char *lines = NULL;
    if (kith_exchange_place(run->exchange)->hosts < 2) return KITH_OK;
    kith_status status = kith_exchange_agree(run->exchange, describe(ctx, run, &lines), NULL);
    if (status == KITH_OK)
        status = kith_exchange_same(ctx, run->exchange, lines, "give all hosts the same experiment, files and plugins");
    free(lines);
    return status;
}

/* A file system between hosts may take a moment to show what is new. */
static bool seen(const char *path)
{
    enum { LOOKS = 100 };
    const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
    for (int i = 0; i < LOOKS; i++) {
        if (access(path, F_OK) == 0) return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

static kith_status leave_mark(kith_ctx *ctx, const char *path)
{
    FILE *mark = fopen(path, "wxe");
    if (mark && fclose(mark) == 0) return KITH_OK;
    return kith_fail(ctx, KITH_EIO, "%s: cannot be written; choose another folder with --set run.output=...", path);
}

kith_status kith_run_check_shared(kith_ctx *ctx, kith_run *run)
{
    const kith_place *place = kith_exchange_place(run->exchange);
    const kith_checkpoint_config *c = &run->checkpoint;
    const bool needed = c->every || c->seconds > 0.0 || c->on_stop || c->at_end;
    if (place->hosts < 2 || !run->options.record || !needed) return KITH_OK;
    uint64_t word = (uint64_t)(kith_now() * 1e9) ^ (uint64_t)getpid() << 40;
    char path[PATH_MAX + 32];
    KITH_TRY(kith_exchange_tell(run->exchange, &word));
    snprintf(path, sizeof path, "%s/.seen-%016llx", run->folder, (unsigned long long)word);
    kith_status status = place->worker == 0 ? leave_mark(ctx, path) : KITH_OK;
    KITH_TRY(kith_exchange_agree(run->exchange, status, NULL));
    if (place->local == 0 && !seen(path))
        status = kith_fail(ctx, KITH_EIO,
                           "%s: the folder that the first worker writes to is not seen here; put run.output on a file "
                           "system that all hosts share, or set checkpoint.on_stop = no, checkpoint.every = 0 and "
                           "checkpoint.seconds = 0",
                           run->folder);
    status = kith_exchange_agree(run->exchange, status, NULL);
    if (place->worker == 0) unlink(path);
    return status;
}
