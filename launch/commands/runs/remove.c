/* `kith rm`: removes what runs left. */
#include "launch/command.h"

#include "launch/services/console.h"
#include "launch/services/options.h"
#include "launch/services/results/results.h"
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
    bool sure;
} remove_options;

static error_t parse_key(int key, char *text, struct argp_state *state)
{
    remove_options *o = state->input;
    switch (key) {
    case 'y':
        o->sure = true;
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

/* A folder with a record of its own, and nothing else: what `kith list` shows below it has folders of its own. */
static kith_status count_runs(kith_ctx *ctx, const char *folder, size_t *count)
{
    struct stat there;
    kith_results results;
    if (stat(folder, &there) != 0) {
        KITH_TRY(kith_results_read(ctx, folder, &results));
        kith_results_free(&results);
        return kith_fail(ctx, KITH_EUSAGE,
                         "%s: is one run of a folder of many, which are kept or removed together; name the folder",
                         folder);
    }
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/" KITH_DATABASE_NAME, folder);
    if (stat(path, &there) != 0)
        return kith_fail(ctx, KITH_EIO,
                         "%s: holds no run (no kith.db), so nothing is removed; name the folder that a run "
                         "left",
                         folder);
    KITH_TRY(kith_results_read_any(ctx, path, &results));
    *count = results.count;
    kith_results_free(&results);
    return KITH_OK;
}

static kith_status is_meant(kith_ctx *ctx, const char *folder, size_t runs, bool sure, bool *out)
{
    char answer[16] = "";
    *out = sure;
    if (sure) return KITH_OK;
    if (!isatty(STDIN_FILENO))
        return kith_fail(ctx, KITH_EUSAGE, "%s: is removed for good, and nobody is there to be asked; say --yes",
                         folder);
    fprintf(stderr, KITH_NAME ": remove %s with its %zu run%s for good? [y/N] ", folder, runs, runs == 1 ? "" : "s");
    *out = fgets(answer, sizeof answer, stdin) && (strcmp(answer, "y\n") == 0 || strcmp(answer, "yes\n") == 0);
    if (!*out) say("%s: kept", folder);
    return KITH_OK;
}

static kith_status remove_folder(kith_ctx *ctx, const char *folder, bool sure)
{
    size_t runs = 0, stays = 0;
    bool meant = false;
    KITH_TRY(count_runs(ctx, folder, &runs));
    KITH_TRY(is_meant(ctx, folder, runs, sure, &meant));
    if (!meant) return KITH_OK;
    KITH_TRY(kith_holdings_remove(ctx, folder, &stays));
    if (stays)
        say("%s: its %zu run%s removed; %zu that no run wrote (reports, figures, other folders) stay%s", folder, runs,
            runs == 1 ? " is" : "s are", stays, stays == 1 ? "s" : "");
    else
        say("%s: removed", folder);
    return KITH_OK;
}

static int remove_all(const remove_options *o)
{
    kith_ctx *ctx = kith_ctx_create();
    kith_status status = KITH_OK;
    for (size_t i = 0; i < o->folders && status == KITH_OK; i++)
        status = remove_folder(ctx, o->folder[i], o->sure);
    const int code = status == KITH_OK ? 0 : say_failure(ctx, status);
    kith_ctx_destroy(ctx);
    return code;
}

int command_rm(int argc, char **argv)
{
    static const struct argp_option rows[] = {{"yes", 'y', NULL, 0, "Do not ask", 0}, {0}};
    static const struct argp argp = {
        .options = rows,
        .parser = parse_key,
        .args_doc = "FOLDER...",
        .doc =
            "Removes the runs in folders, with all that their records account for: models, checkpoints, databases. It "
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
