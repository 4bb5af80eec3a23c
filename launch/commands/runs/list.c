/* `kith list`: the runs that a folder holds. */
#include "launch/command.h"

#include "launch/services/results/listing.h"
#include "launch/services/console.h"
#include "launch/services/options.h"
#include "launch/services/progress.h"

#include <stdlib.h>
#include <string.h>

enum { OPTION_BEST = 0x100, OPTION_JSON };

typedef struct list_options {
    listing list;
    bool json, quiet;
} list_options;

static error_t parse_key(int key, char *text, struct argp_state *state)
{
    list_options *o = state->input;
    listing *l = &o->list;
    switch (key) {
    case 'w':
        l->criterion[l->criteria++] = text;
        break;
    case 'x':
        l->column[l->columns++] = text;
        break;
    case 's':
        l->sort = text;
        break;
    case 'r':
        l->backwards = true;
        break;
    case 'n':
        l->most = options_count(state, "-n", text);
        break;
    case OPTION_BEST:
        l->best = text;
        break;
    case OPTION_JSON:
        o->json = true;
        break;
    case 'q':
        o->quiet = true;
        break;
    case ARGP_KEY_ARG:
        if (l->where) argp_error(state, "%s and %s: one folder at a time; it may hold those of others", l->where, text);
        l->where = text;
        break;
    case ARGP_KEY_END:
        if (l->sort && l->best) argp_error(state, "-s and --best: choose one order");
        if (l->backwards && !l->sort) argp_error(state, "-r turns the order of -s round; name what to sort by");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static void say_counts(const kith_results *results)
{
    static const char *const statuses[] = {"done", "running", "stopped", "failed"};
    char text[160] = "";
    for (size_t s = 0; s < sizeof statuses / sizeof statuses[0]; s++) {
        size_t count = 0;
        for (size_t r = 0; r < results->count; r++)
            count += strcmp(results->run[r]->status, statuses[s]) == 0;
        const size_t used = strlen(text);
        if (count) snprintf(text + used, sizeof text - used, "%s%zu %s", used ? ", " : "", count, statuses[s]);
    }
    say("%zu run%s%s%s", results->count, results->count == 1 ? "" : "s", *text ? ": " : "", text);
}

static kith_status print(kith_ctx *ctx, const list_options *o)
{
    const listing *l = &o->list;
    size_t left_out = 0;
    if (o->json) {
        listing_json(l, stdout);
        return KITH_OK;
    }
    if (o->quiet) {
        const bool inside = strcmp(l->results.root, ".") != 0;
        for (size_t r = 0; r < l->results.count; r++)
            printf("%s%s%s\n", inside ? l->results.root : "", inside ? "/" : "", l->results.run[r]->id);
        return KITH_OK;
    }
    if (l->results.count) KITH_TRY(listing_print(ctx, l, stdout, kith_bar_columns(stdout), &left_out));
    fflush(stdout);
    say_counts(&l->results);
    if (left_out)
        say("%zu column%s did not fit; a wider terminal shows %s, and so does --json", left_out,
            left_out == 1 ? "" : "s", left_out == 1 ? "it" : "them");
    return KITH_OK;
}

static int list(list_options *o)
{
    kith_ctx *ctx = kith_ctx_create();
    kith_status status = listing_read(ctx, &o->list);
    if (status == KITH_OK) {
        status = print(ctx, o);
        listing_free(&o->list);
    }
    const int code = status == KITH_OK ? 0 : say_failure(ctx, status);
    kith_ctx_destroy(ctx);
    return code;
}

int command_list(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        {"where", 'w', "CRITERION", 0,
         "Only runs that meet it: NAME = VALUE, or !=, <, <=, >, >= in place of =; may be repeated, and all must hold. "
         "A name is a parameter, a metric (its last number; 'best METRIC': its best), status, seed, tags or note",
         0},
        {"sort", 's', "NAME", 0, "Sort by it, the least first", 0},
        {"reverse", 'r', NULL, 0, "The greatest first", 0},
        {"best", OPTION_BEST, "METRIC", 0, "Sort by the last number of a metric, the best first", 0},
        {"most", 'n', "N", 0, "The first N of them", 0},
        {"column", 'x', "NAME", 0, "Show it, too; may be repeated", 0},
        {"json", OPTION_JSON, NULL, 0, "All that is known of each run, as JSON", 0},
        {"quiet", 'q', NULL, 0, "Their names alone, a line each, as report, export and compare take them", 0},
        {0}};
    static const struct argp argp = {
        .options = rows,
        .parser = parse_key,
        .args_doc = "[FOLDER]",
        .doc =
            "Lists the runs in a folder and the folders below it (default: runs), with their leading metrics and the "
            "parameters in which they differ."};
    const size_t words = (size_t)argc + 1;
    list_options o = {.list = {.criterion = calloc(words, sizeof(char *)), .column = calloc(words, sizeof(char *))}};
    int code = KITH_EMEMORY;
    if (o.list.criterion && o.list.column)
        code = options_parse(&argp, argc, argv, &o) == KITH_OK ? list(&o) : KITH_EUSAGE;
    else
        say("command line: no memory for %d words", argc);
    free(o.list.criterion);
    free(o.list.column);
    return code;
}
