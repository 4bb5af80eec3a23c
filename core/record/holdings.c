#include "record/holdings.h"

#include "record/collect.h"
#include "record/marks.h"
#include "record/pending.h"
#include "record/record.h"
#include "record/saves.h"
#include "record/schema.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Folders in folders in ... that are looked into; deeper ones are unknown. */
enum { DEPTH = 6, DIGEST_DIGITS = 16, BEGINNING_DIGITS = 12 };

#define CHOOSE "choose another folder with --set run.output=..."

static kith_status fail_folder(kith_ctx *ctx, const char *folder, int error)
{
    return kith_fail(ctx, KITH_EIO, "%s: cannot be read: %s", folder, strerror(error));
}

/* ---- one entry ---- */

/* "config.ini.4711.new" is config.ini that a killed process did not put in its place. */
static size_t without_pending(const char *name)
{
    static const char ending[] = ".new";
    const size_t length = strlen(name);
    if (length <= sizeof ending || strcmp(name + length - (sizeof ending - 1), ending) != 0) return length;
    size_t end = length - (sizeof ending - 1), digits = end;
    while (digits && isdigit((unsigned char)name[digits - 1]))
        digits--;
    return digits < end && digits > 1 && name[digits - 1] == '.' ? digits - 1 : length;
}

static bool is_one_of(const char *name, size_t length, const char *const *known)
{
    for (; *known; known++)
        if (strlen(*known) == length && memcmp(name, *known, length) == 0) return true;
    return false;
}

/* The name of a sweep's run: its values and the beginning of its digest, or a whole digest, as older ones have. */
static bool is_digest(const char *name)
{
    static const char digits[] = "0123456789abcdef";
    const size_t length = strlen(name);
    if (length == DIGEST_DIGITS && strspn(name, digits) == DIGEST_DIGITS) return true;
    return length > BEGINNING_DIGITS && name[length - BEGINNING_DIGITS - 1] == '-' &&
           strspn(name + length - BEGINNING_DIGITS, digits) == BEGINNING_DIGITS;
}

/* What a network file system leaves in the place of a file that is removed while somebody reads it. */
static bool is_left_open(const char *name)
{
    static const char begins[] = ".nfs";
    const char *rest = name + sizeof begins - 1;
    return strncmp(name, begins, sizeof begins - 1) == 0 && *rest &&
           strspn(rest, "0123456789abcdefABCDEF") == strlen(rest);
}

static kith_holding file_kind(int folder, const char *name)
{
    static const char *const record[] = {KITH_DATABASE_NAME, KITH_DATABASE_NAME "-journal", KITH_PENDING_NAME, NULL};
    static const char *const ended[] = {"ended.db", "ended.db-journal", NULL};
    static const char *const result[] = {"config.ini",   "model.npy",    "model.safetensors", "learners.npy",
                                         "policies.npy", "policies.csv", KITH_LIVE_NAME,      NULL};
    const size_t length = strlen(name), whole = without_pending(name);
    if (is_one_of(name, length, record)) return KITH_HOLDS_RECORD;
    if (is_one_of(name, length, ended)) return KITH_HOLDS_ENDED;
    if (is_one_of(name, whole, result)) return whole == length ? KITH_HOLDS_RESULT : KITH_HOLDS_OUTPUT;
    return is_left_open(name) || kith_product_known(folder, name) ? KITH_HOLDS_OUTPUT : KITH_HOLDS_UNKNOWN;
}

static bool is_kept(const char *name)
{
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* A folder whose entries all satisfy a condition. */
static bool all_are(int folder, const char *name, bool (*fits)(const char *name))
{
    const int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    bool good = dir != NULL;
    if (!dir && fd >= 0) close(fd);
    for (const struct dirent *entry; good && (entry = readdir(dir)) != NULL;)
        good = !is_kept(entry->d_name) || fits(entry->d_name);
    if (dir) closedir(dir);
    return good;
}

static bool is_number(const char *name)
{
    return strspn(name, "0123456789") == strlen(name);
}

static bool is_save(const char *name)
{
    return kith_saves_name(name) || is_left_open(name);
}

static kith_holding entry_kind(int folder, const char *name, int depth);

static void add(kith_holdings *h, kith_holding kind, const char *name)
{
    const bool first = !h->count[kind]++ || strcmp(name, h->first[kind]) < 0;
    if (first) snprintf(h->first[kind], sizeof h->first[kind], "%s", name);
    h->config |= strcmp(name, "config.ini") == 0;
}

/* Of a folder below the first, only up to something unknown: it may be anybody's, of any size. Closes the descriptor.
 */
static int read_entries(int fd, int depth, kith_holdings *out)
{
    *out = (kith_holdings){.config = false};
    DIR *dir = fdopendir(fd);
    int error = dir ? 0 : errno;
    while (!error && !(depth && out->count[KITH_HOLDS_UNKNOWN])) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        error = errno;
        if (!entry) break;
        if (is_kept(entry->d_name)) add(out, entry_kind(dirfd(dir), entry->d_name, depth), entry->d_name);
    }
    if (dir)
        closedir(dir);
    else
        close(fd);
    return error;
}

static bool is_nothing(const char *name)
{
    (void)name;
    return false;
}

/* Another run's folder, one of figures or of pictures: known if all in it is. */
static kith_holding folder_kind(int folder, const char *name, int depth)
{
    kith_holdings h;
    if (all_are(folder, name, is_nothing)) return KITH_HOLDS_OUTPUT;
    if (strcmp(name, KITH_CHECKPOINT_FOLDER) == 0 && all_are(folder, name, is_save)) return KITH_HOLDS_SAVES;
    if (strcmp(name, KITH_CLAIMS_FOLDER) == 0 && all_are(folder, name, is_number)) return KITH_HOLDS_SWEEP;
    const int fd = depth < DEPTH ? openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (fd < 0 || read_entries(fd, depth + 1, &h) != 0 || h.count[KITH_HOLDS_UNKNOWN]) return KITH_HOLDS_UNKNOWN;
    if (is_digest(name)) return KITH_HOLDS_SWEEP;
    const size_t results = h.count[KITH_HOLDS_RESULT] + h.count[KITH_HOLDS_SAVES] + h.count[KITH_HOLDS_SWEEP];
    return results && !h.count[KITH_HOLDS_RECORD] ? KITH_HOLDS_UNKNOWN : KITH_HOLDS_OUTPUT;
}

/* A link is nothing that a run leaves, but a folder of checkpoints may well lie on another disk. */
static kith_holding entry_kind(int folder, const char *name, int depth)
{
    struct stat found;
    const int flags = strcmp(name, KITH_CHECKPOINT_FOLDER) == 0 ? 0 : AT_SYMLINK_NOFOLLOW;
    if (fstatat(folder, name, &found, flags) != 0) return KITH_HOLDS_UNKNOWN;
    if (S_ISDIR(found.st_mode)) return folder_kind(folder, name, depth);
    return S_ISREG(found.st_mode) ? file_kind(folder, name) : KITH_HOLDS_UNKNOWN;
}

kith_holding kith_holding_of(int folder, const char *name)
{
    return entry_kind(folder, name, 0);
}

/* ---- all of them ---- */

kith_status kith_holdings_read(kith_ctx *ctx, const char *folder, kith_holdings *out)
{
    *out = (kith_holdings){.config = false};
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT ? KITH_OK : fail_folder(ctx, folder, errno);
    const int error = read_entries(fd, 0, out);
    return error ? fail_folder(ctx, folder, error) : KITH_OK;
}

static kith_status refuse(kith_ctx *ctx, const char *folder, const char *name, size_t count)
{
    char others[48] = "";
    if (count > 1) snprintf(others, sizeof others, " and %zu more", count - 1);
    return kith_fail(ctx, KITH_EIO,
                     "%s: holds %s%s, which no run that is recorded there accounts for; " CHOOSE ", or move %s away",
                     folder, name, others, count > 1 ? "them" : "it");
}

static kith_status refuse_saves(kith_ctx *ctx, const char *folder)
{
    return kith_fail(ctx, KITH_EIO,
                     "%s: holds checkpoints without the record (" KITH_DATABASE_NAME
                     ") of their run; bring it back to resume them, " CHOOSE ", or move them away",
                     folder);
}

/* A run that was killed while it was entered leaves its configuration beside a database without runs. */
static bool is_interrupted(const char *folder, const kith_holdings *h)
{
    char path[PATH_MAX];
    if (!h->count[KITH_HOLDS_RECORD] || !h->config || h->count[KITH_HOLDS_RESULT] > 1) return false;
    snprintf(path, sizeof path, "%s/config.ini", folder);
    return kith_product_marked(KITH_PRODUCT_CONFIG, path);
}

static kith_status refuse_sweep(kith_ctx *ctx, const char *folder, const char *name)
{
    return kith_fail(ctx, KITH_EIO, "%s: holds the runs of a sweep (%s), which --overwrite does not replace; " CHOOSE,
                     folder, name);
}

kith_status kith_holdings_check_run(kith_ctx *ctx, const char *folder, bool recorded)
{
    kith_holdings h;
    KITH_TRY(kith_holdings_read(ctx, folder, &h));
    const size_t unknown = h.count[KITH_HOLDS_UNKNOWN], results = h.count[KITH_HOLDS_RESULT];
    if (unknown) return refuse(ctx, folder, h.first[KITH_HOLDS_UNKNOWN], unknown);
    if (h.count[KITH_HOLDS_SWEEP]) return refuse_sweep(ctx, folder, h.first[KITH_HOLDS_SWEEP]);
    if (recorded) return KITH_OK;
    if (h.count[KITH_HOLDS_ENDED]) return refuse_sweep(ctx, folder, h.first[KITH_HOLDS_ENDED]);
    if (h.count[KITH_HOLDS_SAVES]) return refuse_saves(ctx, folder);
    return !results || is_interrupted(folder, &h) ? KITH_OK : refuse(ctx, folder, h.first[KITH_HOLDS_RESULT], results);
}

kith_status kith_holdings_check_part(kith_ctx *ctx, const char *folder, bool recorded)
{
    kith_holdings h;
    KITH_TRY(kith_holdings_read(ctx, folder, &h));
    const size_t unknown = h.count[KITH_HOLDS_UNKNOWN];
    if (unknown) return refuse(ctx, folder, h.first[KITH_HOLDS_UNKNOWN], unknown);
    if (h.count[KITH_HOLDS_SWEEP]) return refuse_sweep(ctx, folder, h.first[KITH_HOLDS_SWEEP]);
    return h.count[KITH_HOLDS_SAVES] && !recorded ? refuse_saves(ctx, folder) : KITH_OK;
}

kith_status kith_holdings_check_sweep(kith_ctx *ctx, const char *folder)
{
    kith_holdings h;
    KITH_TRY(kith_holdings_read(ctx, folder, &h));
    const size_t unknown = h.count[KITH_HOLDS_UNKNOWN], results = h.count[KITH_HOLDS_RESULT];
    if (unknown) return refuse(ctx, folder, h.first[KITH_HOLDS_UNKNOWN], unknown);
    if (h.config) return kith_fail(ctx, KITH_EIO, "%s holds a single run (config.ini); " CHOOSE, folder);
    if (h.count[KITH_HOLDS_SAVES]) return refuse_saves(ctx, folder);
    if (results) return refuse(ctx, folder, h.first[KITH_HOLDS_RESULT], results);
    if (h.count[KITH_HOLDS_SWEEP] && !h.count[KITH_HOLDS_RECORD])
        return refuse(ctx, folder, h.first[KITH_HOLDS_SWEEP], h.count[KITH_HOLDS_SWEEP]);
    return KITH_OK;
}
