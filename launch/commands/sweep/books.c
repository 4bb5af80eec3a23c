#include "launch/commands/sweep/books.h"

#include "record/checkpoint.h"
#include "record/holdings.h"
#include "record/record.h"
#include "record/schema.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = PATH_MAX + 64 };

/* ---- claims ---- */

static void claims_path(const sweep_plan *plan, char *path, size_t size)
{
    snprintf(path, size, "%s/" KITH_CLAIMS_FOLDER, plan->folder);
}

static kith_status remove_claims(kith_ctx *ctx, const sweep_plan *plan)
{
    char path[PATH_SIZE];
    claims_path(plan, path, sizeof path);
    DIR *dir = opendir(path);
    if (!dir && errno == ENOENT) return KITH_OK;
    if (!dir) return kith_fail(ctx, KITH_EIO, "%s: cannot be read: %s", path, strerror(errno));
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        if (entry->d_name[0] != '.') unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    if (rmdir(path) == 0) return KITH_OK;
    return kith_fail(ctx, KITH_EIO, "%s: cannot be removed: %s", path, strerror(errno));
}

static kith_status make_claims(kith_ctx *ctx, const sweep_plan *plan)
{
    char path[PATH_SIZE];
    claims_path(plan, path, sizeof path);
    if (mkdir(path, 0777) == 0) return KITH_OK;
    return kith_fail(ctx, KITH_EIO, "%s: cannot be made: %s", path, strerror(errno));
}

kith_status sweep_claims_renew(kith_ctx *ctx, const sweep_plan *plan)
{
    KITH_TRY(remove_claims(ctx, plan));
    return make_claims(ctx, plan);
}

kith_status sweep_claim(kith_ctx *ctx, const sweep_plan *plan, size_t point, bool *mine)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/" KITH_CLAIMS_FOLDER "/%zu", plan->folder, point);
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    *mine = fd >= 0;
    if (fd >= 0) close(fd);
    if (fd >= 0 || errno == EEXIST) return KITH_OK;
    return kith_fail(ctx, KITH_EIO,
                     "%s: cannot be made: %s; put the sweep's folder on a file system that all hosts share", path,
                     strerror(errno));
}

void sweep_claim_ended(const sweep_plan *plan, size_t point, kith_status outcome)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/" KITH_CLAIMS_FOLDER "/%zu", plan->folder, point);
    FILE *file = fopen(path, "we");
    if (!file) return;
    fprintf(file, "%d\n", (int)outcome);
    fclose(file);
}

/* How a claimed run ended; false: it has not. */
static bool read_claim(const sweep_plan *plan, size_t point, bool *claimed, kith_status *outcome)
{
    char path[PATH_SIZE];
    int number = 0;
    snprintf(path, sizeof path, "%s/" KITH_CLAIMS_FOLDER "/%zu", plan->folder, point);
    FILE *file = fopen(path, "re");
    *claimed = file != NULL;
    if (!file) return false;
    const bool ended = fscanf(file, "%d", &number) == 1;
    *outcome = (kith_status)number;
    fclose(file);
    return ended;
}

kith_status sweep_first_failure(const sweep_plan *plan)
{
    for (size_t i = 0; i < plan->points; i++) {
        kith_status outcome;
        bool claimed;
        if (read_claim(plan, i, &claimed, &outcome) && outcome != KITH_OK) return outcome;
    }
    return KITH_OK;
}

sweep_state sweep_progress(const sweep_plan *plan, const uint64_t *todo)
{
    sweep_state state = {0};
    for (size_t i = 0; i < plan->points; i++) {
        kith_status outcome;
        bool claimed = false;
        if (!todo[i]) continue;
        const bool ended = read_claim(plan, i, &claimed, &outcome);
        state.ended += ended;
        state.failed += ended && outcome != KITH_OK;
        state.running += claimed && !ended;
    }
    return state;
}

bool sweep_unclaimed(const sweep_plan *plan, size_t point)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/" KITH_CLAIMS_FOLDER "/%zu", plan->folder, point);
    return access(path, F_OK) != 0;
}

kith_status sweep_resumable(kith_ctx *ctx, const sweep_plan *plan, size_t point, bool *out)
{
    char folder[PATH_SIZE], path[PATH_SIZE + 32];
    uint64_t round = 0;
    *out = false;
    sweep_plan_folder(plan, point, folder, sizeof folder);
    snprintf(path, sizeof path, "%s/" KITH_DATABASE_NAME, folder);
    if (access(path, F_OK) != 0) return KITH_OK;
    snprintf(path, sizeof path, "%s/" KITH_CHECKPOINT_FOLDER, folder);
    return kith_checkpoint_newest(ctx, path, out, &round);
}

/* ---- books ---- */

/* A worker that was killed between the end of its run and offering it left a record that says so. */
static kith_status offer_ended(kith_ctx *ctx, const char *folder)
{
    kith_former former = {.found = false};
    KITH_TRY(kith_record_former(ctx, folder, &former));
    const bool ended = former.found && (strcmp(former.status, "done") == 0 || strcmp(former.status, "failed") == 0);
    if (ended) kith_record_tidy(folder);
    kith_former_free(&former);
    return ended ? kith_collect_offer(ctx, folder) : KITH_OK;
}

static kith_status clean_up(kith_ctx *ctx, const sweep_books *books, bool overwrite)
{
    char folder[PATH_SIZE];
    for (size_t i = 0; i < books->plan->points; i++) {
        sweep_plan_folder(books->plan, i, folder, sizeof folder);
        if (access(folder, F_OK) != 0) continue;
        KITH_TRY(overwrite ? kith_collect_forget(ctx, folder) : offer_ended(ctx, folder));
    }
    return KITH_OK;
}

static void note_done(sweep_books *books, const kith_collected *run)
{
    size_t i = 0; /* later points of this digest are the same run */
    if (!sweep_plan_find(books->plan, run->digest, true, &i) || books->done[i]) return;
    books->id[i] = run->id;
    books->done[i] = run->done;
    books->done_before += run->done;
    books->other_build += run->done && run->other_build;
}

/* Runs that are none of the file's points: it was another one when they were made. */
static kith_status mark_outdated(kith_ctx *ctx, sweep_books *books, const kith_collected *runs, size_t count)
{
    int64_t *id;
    size_t first = 0;
    KITH_TRY(KITH_ALLOC(ctx, "runs of the sweep", count + 1, &id));
    for (size_t i = 0; i < count; i++)
        if (!sweep_plan_find(books->plan, runs[i].digest, true, &first)) id[books->outdated++] = runs[i].id;
    const kith_status status = kith_collection_mark_outdated(ctx, books->collection, id, books->outdated);
    kith_free(id);
    return status;
}

static kith_status read_done(kith_ctx *ctx, sweep_books *books, const char *build)
{
    const size_t points = books->plan->points;
    kith_collected *runs = NULL;
    size_t count = 0;
    KITH_TRY(kith_collection_list(ctx, books->collection, kith_run_digest_add, build, &runs, &count));
    memset(books->done, 0, points * sizeof *books->done);
    books->runs = books->done_before = books->other_build = books->outdated = 0;
    for (size_t i = 0; i < count; i++)
        note_done(books, &runs[i]);
    const kith_status status = mark_outdated(ctx, books, runs, count);
    kith_free(runs);
    KITH_TRY(status);
    for (size_t i = 0; i < points; i++) {
        const bool twin = sweep_plan_twin(books->plan, i);
        books->runs += !twin;
        books->done[i] |= twin;
    }
    return KITH_OK;
}

/* The checkpoints of runs that failed go first: without the record nobody would know whose they are. */
static kith_status forget_done(kith_ctx *ctx, sweep_books *books)
{
    char folder[PATH_SIZE], path[PATH_SIZE + 32];
    for (size_t i = 0; i < books->plan->points; i++) {
        if (!books->id[i]) continue;
        sweep_plan_folder(books->plan, i, folder, sizeof folder);
        snprintf(path, sizeof path, "%s/" KITH_CHECKPOINT_FOLDER, folder);
        KITH_TRY(kith_checkpoint_remove_all(ctx, path));
        books->id[i] = 0;
    }
    return kith_collection_empty(ctx, books->collection);
}

kith_status sweep_books_take(kith_ctx *ctx, sweep_books *books)
{
    char folder[PATH_SIZE];
    for (size_t i = 0; i < books->plan->points; i++) {
        if (books->done[i]) continue;
        sweep_plan_folder(books->plan, i, folder, sizeof folder);
        if (!kith_collect_offered(folder)) continue;
        KITH_TRY(kith_collect_take(ctx, books->collection, folder, (int64_t)i + 1, &books->id[i]));
    }
    return KITH_OK;
}

/* Looked at before --overwrite drops the records. */
static kith_status check_point(kith_ctx *ctx, const sweep_books *books, size_t i)
{
    char folder[PATH_SIZE];
    kith_former former;
    sweep_plan_folder(books->plan, i, folder, sizeof folder);
    KITH_TRY(kith_record_former(ctx, folder, &former));
    const bool recorded = former.found || books->id[i] || kith_collect_offered(folder);
    kith_former_free(&former);
    return kith_holdings_check_part(ctx, folder, recorded);
}

static kith_status check_points(kith_ctx *ctx, const sweep_books *books)
{
    for (size_t i = 0; i < books->plan->points; i++)
        if (!sweep_plan_twin(books->plan, i)) KITH_TRY(check_point(ctx, books, i));
    return KITH_OK;
}

kith_status sweep_books_open(kith_ctx *ctx, const sweep_plan *plan, bool overwrite, bool again, const char *build,
                             sweep_books *out)
{
    *out = (sweep_books){.plan = plan};
    KITH_TRY(KITH_ALLOC(ctx, "runs of the sweep", plan->points, &out->id));
    KITH_TRY(KITH_ALLOC(ctx, "runs of the sweep", plan->points, &out->done));
    KITH_TRY(kith_collection_open(ctx, plan->folder, &out->collection));
    KITH_TRY(read_done(ctx, out, build));
    KITH_TRY(check_points(ctx, out));
    if (overwrite && !again) KITH_TRY(forget_done(ctx, out));
    KITH_TRY(clean_up(ctx, out, overwrite && !again));
    /* Which run an offered one replaces must be known to take it, and what is done is known after that. */
    KITH_TRY(read_done(ctx, out, build));
    KITH_TRY(sweep_books_take(ctx, out));
    KITH_TRY(read_done(ctx, out, build));
    if (again) return KITH_OK;
    return sweep_claims_renew(ctx, plan);
}

void sweep_books_close(sweep_books *books)
{
    /* Claims that stay are removed by the next sweep, so there is nothing to say. */
    if (books->collection && !books->keep) (void)!remove_claims(NULL, books->plan);
    kith_collection_close(books->collection);
    kith_free(books->id);
    kith_free(books->done);
    *books = (sweep_books){0};
}
