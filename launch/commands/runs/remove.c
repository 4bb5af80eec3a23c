/* `kith rm`: removes what runs left. */
#include "launch/command.h"

#include "launch/services/console.h"
#include "launch/services/options.h"
#include "launch/services/results/results.h"
#include "record/collect.h"
#include "record/holdings.h"
#include "record/schema.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct remove_options {
    const char **folder; /* [folders] */
    size_t folders;
    bool sure, outdated;
} remove_options;

enum { OPTION_OUTDATED = 0x100 };

static error_t parse_key(int key, char *text, struct argp_state *state)
{
    remove_options *o = state->input;
    switch (key) {
    case 'y':
        o->sure = true;
        break;
    case OPTION_OUTDATED:
        o->outdated = true;
        break;
    case ARGP_KEY_ARG:
        o->folder[o->folders++] = text;
        break;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which run? Name its folder");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* ---- whole folders ---- */

static bool has(const char *folder, const char *name)
{
    char path[PATH_MAX];
    struct stat there;
    return snprintf(path, sizeof path, "%s/%s", folder, name) < PATH_MAX && stat(path, &there) == 0;
}

static kith_status count_runs(kith_ctx *ctx, const char *folder, size_t *count)
{
    char path[PATH_MAX];
    kith_results results;
    snprintf(path, sizeof path, "%s/" KITH_DATABASE_NAME, folder);
    KITH_TRY(kith_results_read_any(ctx, path, &results));
    *count = results.count;
    kith_results_free(&results);
    return KITH_OK;
}

/* what: "runs/a with its 4 runs"; folder: what is kept where they are not meant. */
static kith_status is_meant(kith_ctx *ctx, const char *folder, const char *what, bool sure, bool *out)
{
    char answer[16] = "";
    *out = sure;
    if (sure) return KITH_OK;
    if (!isatty(STDIN_FILENO))
        return kith_fail(ctx, KITH_EUSAGE, "%s: is removed for good, and nobody is there to be asked; say --yes",
                         folder);
    fprintf(stderr, KITH_NAME ": remove %s for good? [y/N] ", what);
    *out = fgets(answer, sizeof answer, stdin) && (strcmp(answer, "y\n") == 0 || strcmp(answer, "yes\n") == 0);
    if (!*out) say("%s: kept", folder);
    return KITH_OK;
}

static kith_status remove_folder(kith_ctx *ctx, const char *folder, bool sure)
{
    size_t runs = 0, stays = 0;
    bool meant = false;
    char what[PATH_MAX + 64];
    KITH_TRY(count_runs(ctx, folder, &runs));
    snprintf(what, sizeof what, "%s with its %zu run%s", folder, runs, runs == 1 ? "" : "s");
    KITH_TRY(is_meant(ctx, folder, what, sure, &meant));
    if (!meant) return KITH_OK;
    KITH_TRY(kith_holdings_remove(ctx, folder, &stays));
    if (stays)
        say("%s: its %zu run%s removed; %zu that no run wrote (reports, figures, other folders) stay%s", folder, runs,
            runs == 1 ? " is" : "s are", stays, stays == 1 ? "s" : "");
    else
        say("%s: removed", folder);
    return KITH_OK;
}

/* ---- some runs of a folder ---- */

/* The folder that a database lies in. */
static void folder_of(const char *database, char folder[PATH_MAX])
{
    const char *slash = strrchr(database, '/');
    snprintf(folder, PATH_MAX, "%.*s", slash ? (int)(slash - database) : 1, slash ? database : ".");
}

/* What the run left beside the common database. Anybody may have written what it says of its output, so only a folder
 * in that of the database is looked at, and none with a record of its own. */
static kith_status remove_home(kith_ctx *ctx, const kith_result *run, const char *folder, size_t *stays)
{
    char *home = NULL;
    struct stat is;
    size_t left = 0;
    KITH_TRY(kith_result_home(ctx, run, &home));
    const char *name = strrchr(home, '/');
    const bool inside = name && strncmp(home, folder, strlen(folder)) == 0 && (size_t)(name - home) == strlen(folder) &&
                        name[1] && strcmp(name, "/.") != 0 && strcmp(name, "/..") != 0;
    const bool own = inside && lstat(home, &is) == 0 && S_ISDIR(is.st_mode) && !has(home, KITH_DATABASE_NAME);
    const kith_status status = own ? kith_holdings_remove_part(ctx, home, &left) : KITH_OK;
    *stays += left;
    free(home);
    return status;
}

static kith_status remove_run(kith_ctx *ctx, const kith_collection *c, const kith_result *run, const char *folder,
                              size_t *stays)
{
    KITH_TRY(remove_home(ctx, run, folder, stays));
    return kith_collection_drop(ctx, c, run->number);
}

/* Runs of one database, which are all that results has. */
static kith_status remove_runs(kith_ctx *ctx, const char *where, const kith_results *results, bool sure)
{
    char folder[PATH_MAX], what[PATH_MAX + 64];
    bool meant = false;
    size_t stays = 0;
    kith_collection *c = NULL;
    folder_of(results->run[0]->database, folder);
    for (size_t r = 1; r < results->count; r++)
        if (strcmp(results->run[r]->database, results->run[0]->database) != 0)
            return kith_fail(ctx, KITH_EUSAGE, "%s: is the name of runs in several folders; name one as FOLDER/RUN",
                             where);
    if (has(folder, "config.ini")) return remove_folder(ctx, folder, sure);
    snprintf(what, sizeof what, "%zu run%s of %s", results->count, results->count == 1 ? "" : "s", folder);
    KITH_TRY(is_meant(ctx, where, what, sure, &meant));
    if (!meant) return KITH_OK;
    KITH_TRY(kith_collection_reopen(ctx, folder, &c));
    kith_status status = KITH_OK;
    for (size_t r = 0; r < results->count && status == KITH_OK; r++)
        status = remove_run(ctx, c, results->run[r], folder, &stays);
    kith_collection_close(c);
    KITH_TRY(status);
    if (stays)
        say("%s: removed; %zu that no run wrote stay%s", what, stays, stays == 1 ? "s" : "");
    else
        say("%s: removed", what);
    return KITH_OK;
}

static kith_status remove_outdated(kith_ctx *ctx, const char *where, bool sure)
{
    kith_results results;
    size_t kept = 0;
    KITH_TRY(kith_results_read_any(ctx, where, &results));
    for (size_t r = 0; r < results.count; r++)
        if (results.run[r]->outdated) results.run[kept++] = results.run[r];
    results.count = kept;
    kith_status status = KITH_OK;
    if (kept)
        status = remove_runs(ctx, where, &results, sure);
    else
        say("%s: the file of its sweep has all of its runs, so none is removed", where);
    kith_results_free(&results);
    return status;
}

/* FOLDER/RUN. A folder without a record is not removed as a whole, whatever lies below it. */
static kith_status remove_named(kith_ctx *ctx, const char *where, bool sure)
{
    struct stat there;
    kith_results results = {.count = 0};
    kith_status status = kith_results_read(ctx, where, &results);
    if (status == KITH_OK && results.called) {
        status = remove_runs(ctx, where, &results, sure);
    } else if (stat(where, &there) == 0) {
        kith_ctx_forget(ctx);
        status = kith_fail(ctx, KITH_EIO,
                           "%s: holds no run (no kith.db), so nothing is removed; name the folder that a run "
                           "left",
                           where);
    } else if (status == KITH_OK) {
        status = kith_fail(ctx, KITH_EUSAGE, "%s: is %s; name that to remove it", where, results.root);
    }
    kith_results_free(&results);
    return status;
}

static kith_status remove_one(kith_ctx *ctx, const remove_options *o, const char *where)
{
    if (o->outdated) return remove_outdated(ctx, where, o->sure);
    if (has(where, KITH_DATABASE_NAME)) return remove_folder(ctx, where, o->sure);
    return remove_named(ctx, where, o->sure);
}

static int remove_all(const remove_options *o)
{
    kith_ctx *ctx = kith_ctx_create();
    kith_status status = KITH_OK;
    for (size_t i = 0; i < o->folders && status == KITH_OK; i++)
        status = remove_one(ctx, o, o->folder[i]);
    const int code = status == KITH_OK ? 0 : say_failure(ctx, status);
    kith_ctx_destroy(ctx);
    return code;
}

int command_rm(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        {"yes", 'y', NULL, 0, "Do not ask", 0},
        {"outdated", OPTION_OUTDATED, NULL, 0, "Of a sweep's folder those runs alone that its file no longer has", 0},
        {0}};
    static const struct argp argp = {.options = rows,
                                     .parser = parse_key,
                                     .args_doc = "RUN...",
                                     .doc = "Removes the runs in folders, or FOLDER/RUN alone, with all that their "
                                            "records account for: models, checkpoints, databases. It "
                                            "asks first. A run that goes on is refused; files that no run wrote stay."};
    remove_options o = {.folder = calloc((size_t)argc + 1, sizeof(char *))};
    int code = KITH_EMEMORY;
    if (o.folder) {
        code = options_parse(&argp, argc, argv, &o) == KITH_OK && o.folders ? remove_all(&o) : KITH_EUSAGE;
    } else {
        say("command line: no memory for %d words", argc);
    }
    free(o.folder);
    return code;
}
