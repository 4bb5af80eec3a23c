#include "record/saves.h"

#include "record/checkpoint.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct saves {
    uint64_t *round; /* complete ones */
    size_t count;
} saves;

static kith_status fail_folder(kith_ctx *ctx, const char *folder, const char *what, int error)
{
    return kith_fail(ctx, KITH_EIO, "%s: %s: %s", folder, what, strerror(error));
}

/* A name counts only if it is what this program would have written. */
static bool read_name(const char *name, uint64_t *round, bool *complete)
{
    char written[64];
    const char *digits = name + strlen("round-");
    if (strncmp(name, "round-", strlen("round-")) != 0 || !isdigit((unsigned char)*digits)) return false;
    *round = strtoull(digits, NULL, 10);
    const int length = snprintf(written, sizeof written, KITH_SAVE_FORMAT, (unsigned long long)*round);
    if (strncmp(name, written, (size_t)length) != 0) return false;
    *complete = name[length] == '\0';
    return *complete || strcmp(name + length, KITH_SAVE_PENDING) == 0;
}

bool kith_saves_name(const char *name)
{
    uint64_t round;
    bool complete;
    return read_name(name, &round, &complete);
}

typedef kith_status (*visitor)(kith_ctx *ctx, void *arg, int folder, const char *name, uint64_t round, bool complete);

/* *found false where there is no folder. */
static kith_status each(kith_ctx *ctx, const char *folder, visitor visit, void *arg, bool *found)
{
    DIR *dir = opendir(folder);
    *found = dir != NULL;
    if (!dir) return errno == ENOENT ? KITH_OK : fail_folder(ctx, folder, "cannot be read", errno);
    kith_status status = KITH_OK;
    for (const struct dirent *entry; status == KITH_OK && (errno = 0, entry = readdir(dir)) != NULL;) {
        uint64_t round = 0;
        bool complete = false;
        if (read_name(entry->d_name, &round, &complete))
            status = visit(ctx, arg, dirfd(dir), entry->d_name, round, complete);
    }
    if (status == KITH_OK && errno) status = fail_folder(ctx, folder, "cannot be read", errno);
    closedir(dir);
    return status;
}

static kith_status collect(kith_ctx *ctx, void *arg, int folder, const char *name, uint64_t round, bool complete)
{
    (void)folder, (void)name;
    saves *s = arg;
    if (!complete) return KITH_OK;
    uint64_t *grown = reallocarray(s->round, s->count + 1, sizeof *grown);
    if (!grown) return kith_fail(ctx, KITH_EMEMORY, "no memory for a list of checkpoints");
    s->round = grown;
    s->round[s->count++] = round;
    return KITH_OK;
}

typedef struct limit {
    uint64_t oldest; /* complete ones from this round on stay */
    bool none;       /* nothing stays */
} limit;

static kith_status remove_one(kith_ctx *ctx, void *arg, int folder, const char *name, uint64_t round, bool complete)
{
    const limit *l = arg;
    if (!l->none && complete && round >= l->oldest) return KITH_OK;
    if (unlinkat(folder, name, 0) == 0 || errno == ENOENT) return KITH_OK;
    return kith_fail(ctx, KITH_EIO, "%s: the checkpoint cannot be removed: %s", name, strerror(errno));
}

static int newer(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x > y ? -1 : x < y;
}

/* Some network file systems cannot flush a folder, and have no better. */
static void flush_folder(const char *folder, bool parent)
{
    const int there = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int fd = parent && there >= 0 ? openat(there, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : there;
    if (fd != there) close(there);
    if (fd < 0) return;
    (void)fsync(fd);
    close(fd);
}

kith_status kith_saves_settle(kith_ctx *ctx, const char *folder, uint64_t newest, size_t keep)
{
    saves s = {0};
    bool found = false;
    flush_folder(folder, false);
    flush_folder(folder, true); /* which the first save made an entry in */
    kith_status status = each(ctx, folder, collect, &s, &found);
    limit l = {.oldest = newest};
    if (s.count) {
        qsort(s.round, s.count, sizeof *s.round, newer);
        l.oldest = s.round[keep < s.count ? keep - 1 : s.count - 1];
    }
    free(s.round);
    if (status == KITH_OK) status = each(ctx, folder, remove_one, &l, &found);
    return status;
}

kith_status kith_checkpoint_newest(kith_ctx *ctx, const char *folder, bool *found, uint64_t *round)
{
    saves s = {0};
    bool there = false;
    const kith_status status = each(ctx, folder, collect, &s, &there);
    *found = status == KITH_OK && s.count > 0;
    if (*found) *round = s.round[0];
    for (size_t i = 0; *found && i < s.count; i++)
        if (s.round[i] > *round) *round = s.round[i];
    free(s.round);
    return status;
}

kith_status kith_checkpoint_remove_all(kith_ctx *ctx, const char *folder)
{
    limit l = {.none = true};
    bool found = false;
    KITH_TRY(each(ctx, folder, remove_one, &l, &found));
    if (!found || rmdir(folder) == 0 || errno == ENOTEMPTY || errno == EEXIST) return KITH_OK;
    return fail_folder(ctx, folder, "cannot be removed", errno);
}

void kith_saves_tidy(const char *folder, uint64_t rounds)
{
    limit l = {.oldest = rounds};
    bool found = false;
    kith_ctx *ctx = kith_ctx_create();
    if (ctx && each(ctx, folder, remove_one, &l, &found) == KITH_OK && found) (void)rmdir(folder);
    kith_ctx_destroy(ctx);
}

/* What cannot be read is nobody's any more. */
static kith_status check_one(kith_ctx *ctx, const char *folder, uint64_t round, uint64_t run, const char *record)
{
    kith_checkpoint *c = NULL;
    kith_ctx *aside = kith_ctx_create();
    kith_status status = KITH_OK;
    if (aside && kith_checkpoint_open(aside, folder, round, &c) == KITH_OK) {
        if (kith_checkpoint_setup_of(c)->run != run)
            status = kith_fail(ctx, KITH_EIO,
                               "%s: belongs to another run than %s holds, whose record is gone; move it away, or "
                               "choose another folder with --set run.output=...",
                               kith_checkpoint_path(c), record);
        kith_checkpoint_close(c);
    }
    kith_ctx_destroy(aside);
    return status;
}

kith_status kith_saves_check(kith_ctx *ctx, const char *folder, uint64_t run, const char *record)
{
    saves s = {0};
    bool found = false;
    kith_status status = each(ctx, folder, collect, &s, &found);
    if (s.count) qsort(s.round, s.count, sizeof *s.round, newer);
    for (size_t i = 0; status == KITH_OK && i < s.count; i++)
        status = check_one(ctx, folder, s.round[i], run, record);
    free(s.round);
    return status;
}
