/* `kith watch`: how far runs are, from another shell. */
#include "launch/command.h"

#include "base/metrics.h"
#include "base/now.h"
#include "launch/services/results/listing.h"
#include "launch/services/console.h"
#include "launch/services/options.h"
#include "launch/services/progress.h"
#include "launch/services/results/groups.h"
#include "launch/services/text/grid.h"
#include "record/collect.h"
#include "record/holdings.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A run that nobody has and that says nothing for so long (s) was killed, or is on another host. */
enum { PATIENCE = 10, LINE = 256 };

typedef struct watch {
    const char *where;
    char root[PATH_MAX]; /* the folder that it came to */
    size_t every;        /* s */
    bool terminal;
    size_t drawn; /* lines that stand on the terminal */
    char *told;   /* the state that was told last, all in one text */
    double changed_at;
} watch;

static error_t parse_key(int key, char *text, struct argp_state *state)
{
    watch *w = state->input;
    switch (key) {
    case 'e':
        w->every = options_count(state, "-e", text);
        break;
    case ARGP_KEY_ARG:
        if (w->where) argp_error(state, "%s and %s: one folder at a time; it may hold those of others", w->where, text);
        w->where = text;
        break;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which run? Name its folder");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static size_t running(const kith_results *results)
{
    size_t count = 0;
    for (size_t r = 0; r < results->count; r++)
        count += strcmp(results->run[r]->status, "running") == 0;
    return count;
}

/* "runs/a: running, round 12/300, test_accuracy 0.91" */
static void tell(const watch *w, const kith_result *run, char line[LINE])
{
    char rounds[48];
    kith_run_value value;
    const char *lead = listing_leading(run);
    const bool alone = strcmp(run->id, "1") == 0;
    listing_rounds(run, rounds);
    int used = snprintf(line, LINE, "%s%s%s: %s, round %s", w->where, alone ? "" : "/", alone ? "" : run->id,
                        run->status, rounds);
    if (!lead || used < 0 || used >= LINE) return;
    kith_run_value_of(run, lead, &value);
    if (value.text) snprintf(line + used, (size_t)(LINE - used), ", %s %s", lead, value.text);
}

/* Those that go on, then how many ended, and how. */
static kith_status state_of(kith_ctx *ctx, const watch *w, const kith_results *results, char **out)
{
    size_t size = 0, done = 0, other = 0;
    FILE *text = open_memstream(out, &size);
    if (!text) return kith_fail(ctx, KITH_EMEMORY, "no memory to watch %s", w->where);
    for (size_t r = 0; r < results->count; r++) {
        char line[LINE];
        const bool ended = strcmp(results->run[r]->status, "running") != 0;
        done += strcmp(results->run[r]->status, "done") == 0;
        other += ended && strcmp(results->run[r]->status, "done") != 0;
        if (ended && results->count > 1) continue;
        tell(w, results->run[r], line);
        fprintf(text, "%s\n", line);
    }
    if (results->count > 1)
        fprintf(text, "%zu runs: %zu done, %zu stopped or failed, %zu running\n", results->count, done, other,
                running(results));
    if (fclose(text) == 0) return KITH_OK;
    return kith_fail(ctx, KITH_EMEMORY, "no memory to watch %s", w->where);
}

/* A line that is longer than the terminal would leave its rest behind. */
static void draw(watch *w, const char *state)
{
    const size_t width = kith_bar_columns(stdout);
    if (w->drawn) printf("\033[%zuA", w->drawn);
    w->drawn = 0;
    while (*state) {
        const size_t length = strcspn(state, "\n");
        printf("\033[K%.*s\n", (int)(width && length >= width ? width - 1 : length), state);
        state += length + (state[length] == '\n');
        w->drawn++;
    }
    printf("\033[J");
}

static void show(watch *w, char *state)
{
    if (w->told && strcmp(w->told, state) == 0) {
        free(state);
        return;
    }
    if (w->terminal)
        draw(w, state);
    else
        fputs(state, stdout);
    fflush(stdout);
    free(w->told);
    w->told = state;
    w->changed_at = kith_now();
}

/* A sweep that goes on, between two of its runs perhaps. */
static bool is_swept(const watch *w)
{
    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/" KITH_CLAIMS_FOLDER, w->root);
    return access(path, F_OK) == 0;
}

static kith_status look(kith_ctx *ctx, watch *w, size_t *left)
{
    kith_results results;
    char *state = NULL;
    KITH_TRY(kith_results_read_newest(ctx, w->where, &results));
    snprintf(w->root, sizeof w->root, "%s", results.root);
    *left = running(&results) + is_swept(w);
    const kith_status status = state_of(ctx, w, &results, &state);
    if (status == KITH_OK)
        show(w, state);
    else
        free(state);
    kith_results_free(&results);
    return status;
}

static kith_status watch_on(kith_ctx *ctx, watch *w)
{
    for (;;) {
        size_t left = 0;
        KITH_TRY(look(ctx, w, &left));
        if (!left) return KITH_OK;
        if (kith_now() - w->changed_at > PATIENCE && !kith_folder_held(w->root))
            return kith_fail(
                ctx, KITH_EIO,
                "%s: is said to be running, but no process of this host has it and nothing came for %d s; it "
                "was killed, or is on another host: '" KITH_NAME " run --resume' brings a killed run to its "
                "end",
                w->where, PATIENCE);
        nanosleep(&(struct timespec){.tv_sec = (time_t)w->every}, NULL);
    }
}

int command_watch(int argc, char **argv)
{
    static const struct argp_option rows[] = {{"every", 'e', "S", 0, "Look every S seconds (default: 1)", 0}, {0}};
    static const struct argp argp = {
        .options = rows,
        .parser = parse_key,
        .args_doc = "RUN",
        .doc =
            "Shows how far a run is, or the runs of a sweep or of a folder, until none of them goes on. Where standard "
            "output is no terminal, each change is a line."};
    watch w = {.every = 1, .terminal = isatty(STDOUT_FILENO), .changed_at = kith_now()};
    if (options_parse(&argp, argc, argv, &w) != KITH_OK || !w.where) return KITH_EUSAGE;
    kith_ctx *ctx = kith_ctx_create();
    const kith_status status = watch_on(ctx, &w);
    const int code = status == KITH_OK ? 0 : say_failure(ctx, status);
    free(w.told);
    kith_ctx_destroy(ctx);
    return code;
}
