/* Which runs there are, each once, with their numbers and names in the new folder. */
#include "launch/commands/join/join.h"

#include "engine/frame/run.h"
#include "launch/services/results/distinct.h"
#include "launch/services/results/groups.h"
#include "record/collect.h"
#include "record/holdings.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { BEGINNING = 12, WHOLE = 16 }; /* digits of a digest at the end of a folder's name; a folder of older sweeps */

/* ---- places ---- */

/* Runs that ended while nobody took them into the common database would be left behind. */
static kith_status check_offers(kith_ctx *ctx, const char *place, const char *folder)
{
    DIR *dir = opendir(folder);
    bool offered = false;
    char path[PATH_MAX + NAME_MAX + 2];
    for (const struct dirent *entry; dir && !offered && (entry = readdir(dir));) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        offered = entry->d_name[0] != '.' && kith_collect_offered(path);
    }
    if (dir) closedir(dir);
    if (!offered) return KITH_OK;
    return kith_fail(ctx, KITH_EIO, "%s: its sweep was interrupted; let '" KITH_NAME " sweep' finish it first", place);
}

static kith_status check_place(kith_ctx *ctx, const char *place, const kith_results *results)
{
    char folder[PATH_MAX];
    const char *former = NULL;
    for (size_t r = 0; r < results->count; r++) {
        const char *database = results->run[r]->database, *slash = strrchr(database, '/');
        if (former && strcmp(former, database) == 0) continue;
        former = database;
        snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - database) : 1, slash ? database : ".");
        if (kith_folder_held(folder))
            return kith_fail(ctx, KITH_EIO, "%s: its runs are still going on; wait for their end, or stop them", place);
        KITH_TRY(check_offers(ctx, place, folder));
    }
    return KITH_OK;
}

static kith_status read_places(kith_ctx *ctx, join *j)
{
    KITH_TRY(KITH_ALLOC(ctx, "results", j->request->places, &j->results));
    for (size_t p = 0; p < j->request->places; p++) {
        KITH_TRY(kith_results_read(ctx, j->request->place[p], &j->results[p]));
        KITH_TRY(check_place(ctx, j->request->place[p], &j->results[p]));
    }
    return KITH_OK;
}

/* ---- runs ---- */

static uint64_t digest_of(const kith_result *run)
{
    uint64_t digest = 0;
    for (size_t i = 0; i < run->parameters; i++)
        digest = kith_run_digest_add(digest, run->parameter[i].section, run->parameter[i].key, run->parameter[i].value);
    return digest;
}

static bool is_done(const kith_result *run)
{
    return strcmp(run->status, "done") == 0;
}

/* A run that is there already: the one that is done counts, or that came farther. */
static kith_status meet(kith_ctx *ctx, join *j, join_run *known, const join_run *other)
{
    const char *const *place = j->request->place;
    if (is_done(known->run) && is_done(other->run)) {
        KITH_TRY(join_check_twins(ctx, known->run, place[known->place], other->run, place[other->place]));
        j->twins++;
        return KITH_OK;
    }
    const bool farther = kith_result_rounds(other->run) > kith_result_rounds(known->run);
    if (is_done(other->run) || (!is_done(known->run) && farther)) *known = *other;
    return KITH_OK;
}

static kith_status add_run(kith_ctx *ctx, join *j, kith_distinct *digests, const kith_result *run, size_t place)
{
    const join_run own = {.run = run, .place = place, .digest = digest_of(run), .id = run->number};
    size_t number;
    bool is_new;
    if (strcmp(run->status, "running") == 0) {
        j->unfinished++;
        return KITH_OK;
    }
    KITH_TRY(kith_distinct_number(ctx, digests, &own.digest, sizeof own.digest, &number, &is_new));
    if (!is_new) return meet(ctx, j, &j->run[number], &own);
    j->run[j->count++] = own;
    return KITH_OK;
}

static kith_status add_runs(kith_ctx *ctx, join *j)
{
    kith_distinct digests = {.count = 0};
    size_t most = 0;
    for (size_t p = 0; p < j->request->places; p++)
        most += j->results[p].count;
    kith_status status = KITH_ALLOC(ctx, "runs", most, &j->run);
    for (size_t p = 0; p < j->request->places; p++)
        for (size_t r = 0; r < j->results[p].count && status == KITH_OK; r++)
            status = add_run(ctx, j, &digests, j->results[p].run[r], p);
    kith_distinct_free(&digests);
    if (status == KITH_OK && j->count == 0)
        status = kith_fail(ctx, KITH_EUSAGE, "%s: has no run that has ended, nor have the others; let them end first",
                           j->request->place[0]);
    return status;
}

/* ---- numbers and names ---- */

static int by_id(const void *a, const void *b)
{
    const int64_t one = ((const join_run *)a)->id, other = ((const join_run *)b)->id;
    return (one > other) - (one < other);
}

/* Parts of one grid keep their places in it; else all are numbered anew, place after place. */
static kith_status number_runs(kith_ctx *ctx, join *j)
{
    kith_distinct ids = {.count = 0};
    kith_status status = KITH_OK;
    bool unique = true, is_new;
    for (size_t i = 0; i < j->count && status == KITH_OK; i++) {
        size_t number;
        status = kith_distinct_number(ctx, &ids, &j->run[i].id, sizeof j->run[i].id, &number, &is_new);
        unique = unique && is_new;
    }
    kith_distinct_free(&ids);
    for (size_t i = 0; i < j->count && !unique; i++)
        j->run[i].id = (int64_t)i + 1;
    qsort(j->run, j->count, sizeof *j->run, by_id);
    return status;
}

/* As sweeps call them, so that one goes on in the new folder: what ends with the run's digest. */
static kith_status name_run(kith_ctx *ctx, const join_request *request, join_run *own)
{
    const char *former = kith_result_parameter(own->run, "run", "output"),
               *slash = former ? strrchr(former, '/') : NULL;
    const char *name = slash ? slash + 1 : former && *former ? former : own->run->name;
    char digest[WHOLE + 1];
    snprintf(digest, sizeof digest, "%016" PRIx64, own->digest);
    const size_t length = strlen(name);
    const bool older = strcmp(name, digest) == 0;
    const bool told = length > BEGINNING && strncmp(name + length - BEGINNING, digest, BEGINNING) == 0;
    if (asprintf(&own->output, "%s/%s%s%.*s", request->out, name, older || told ? "" : "-",
                 older || told ? 0 : BEGINNING, digest) >= 0)
        return KITH_OK;
    own->output = NULL;
    return kith_fail(ctx, KITH_EMEMORY, "no memory for the names of runs");
}

static kith_status find(kith_ctx *ctx, join *j)
{
    KITH_TRY(read_places(ctx, j));
    KITH_TRY(join_check_experiments(ctx, j));
    KITH_TRY(join_check_builds(ctx, j));
    KITH_TRY(add_runs(ctx, j));
    KITH_TRY(number_runs(ctx, j));
    for (size_t i = 0; i < j->count; i++)
        KITH_TRY(name_run(ctx, j->request, &j->run[i]));
    return KITH_OK;
}

kith_status join_find(kith_ctx *ctx, const join_request *request, join *out)
{
    join j = {.request = request};
    const kith_status status = find(ctx, &j);
    if (status == KITH_OK)
        *out = j;
    else
        join_free(&j);
    return status;
}

void join_free(join *j)
{
    for (size_t i = 0; i < j->count; i++)
        free(j->run[i].output);
    for (size_t p = 0; j->results && p < j->request->places; p++)
        kith_results_free(&j->results[p]);
    kith_free(j->run);
    kith_free(j->results);
    *j = (join){.count = 0};
}
