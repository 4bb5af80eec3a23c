/* `kith report` and `kith export`: what runs left behind, made readable. */
#include "launch/command.h"

#include "launch/services/console.h"
#include "launch/services/options.h"
#include "launch/commands/report/report.h"
#include "launch/services/results/export.h"
#include "launch/services/results/tensorboard.h"
#include "record/aside.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_WIDE = 0x100, OPTION_ARRIVALS, OPTION_OUTDATED };

typedef struct output_options {
    const char *folder, *file;
    const char **place; /* [places] report only: all folders */
    size_t places;
    const char **metric; /* export only, as is what follows */
    kith_export_request request;
    char home[PATH_MAX]; /* what `file` lies in, if it begins there */
} output_options;

static error_t parse_key(int key, char *text, struct argp_state *state)
{
    output_options *o = state->input;
    switch (key) {
    case 'o':
        o->file = options_path(state, "-o", text, o->home);
        break;
    case 'f':
        o->request.format = text;
        break;
    case 'm':
        o->metric[o->request.metrics++] = text;
        break;
    case OPTION_WIDE:
        o->request.wide = true;
        break;
    case OPTION_OUTDATED:
        o->request.outdated = true;
        break;
    case OPTION_ARRIVALS:
        o->request.arrivals = true;
        break;
    case ARGP_KEY_ARG:
        if (o->place)
            o->place[o->places++] = text;
        else if (o->folder)
            argp_error(state, "%s and %s: one folder at a time; it may hold the folders of many runs", o->folder, text);
        o->folder = text;
        break;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which results? The name of a folder is missing");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int write_report(const output_options *o)
{
    char written[PATH_MAX];
    const kith_report_request request = {
        .where = o->place, .places = o->places, .outdated = o->request.outdated, .out = o->file};
    kith_ctx *ctx = kith_ctx_create();
    const kith_status status = kith_report_write(ctx, &request, written, sizeof written);
    const int code = status == KITH_OK ? 0 : say_failure(ctx, status);
    say_notes(ctx);
    if (status == KITH_OK) printf("%s\n", written);
    kith_ctx_destroy(ctx);
    return code;
}

int command_report(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        {"outdated", OPTION_OUTDATED, NULL, 0, "With runs that the file of their sweep no longer has", 0},
        {"output", 'o', "FILE", 0, "The page (default: report.html in the folder)", 0},
        {0}};
    static const struct argp argp = {
        .options = rows,
        .parser = parse_key,
        .args_doc = "FOLDER...",
        .doc = "Draws the results of a run, or of all runs in folders, as one HTML page that needs no other file."};
    output_options o = {.place = calloc((size_t)argc, sizeof *o.place)};
    if (!o.place) {
        say("command line: no memory for %d words", argc);
        return KITH_EMEMORY;
    }
    const kith_status parsed = options_parse(&argp, argc, argv, &o);
    const int code = parsed != KITH_OK || !o.places ? KITH_EUSAGE : write_report(&o);
    free(o.place);
    return code;
}

static bool is_tensorboard(const output_options *o)
{
    return strcmp(o->request.format, "tensorboard") == 0;
}

static kith_status export_events(kith_ctx *ctx, const output_options *o)
{
    const kith_export_request *r = &o->request;
    if (!o->file)
        return kith_fail(ctx, KITH_EUSAGE, "-f tensorboard: writes a folder with one for each run; name it with -o");
    if (r->arrivals) return kith_fail(ctx, KITH_EUSAGE, "--arrivals: is of csv; leave it away for tensorboard");
    if (r->wide) return kith_fail(ctx, KITH_EUSAGE, "--wide: is of csv and jsonl; leave it away for tensorboard");
    return kith_tensorboard_write(ctx, r, o->file, stdout);
}

static kith_status export_to(kith_ctx *ctx, const output_options *o)
{
    if (is_tensorboard(o)) return export_events(ctx, o);
    if (!o->file) return kith_export_write(ctx, &o->request, stdout);
    kith_aside file;
    KITH_TRY(kith_aside_open(ctx, o->file, KITH_PRODUCT_EXPORT, &file));
    const kith_status status = kith_export_write(ctx, &o->request, file.stream);
    if (status == KITH_OK) return kith_aside_commit(ctx, &file);
    kith_aside_abandon(&file);
    return status;
}

static int export(output_options *o)
{
    o->request.where = o->folder;
    o->request.metric = o->metric;
    kith_ctx *ctx = kith_ctx_create();
    const kith_status status = export_to(ctx, o);
    const int code = status == KITH_OK ? 0 : say_failure(ctx, status);
    say_notes(ctx);
    kith_ctx_destroy(ctx);
    return code;
}

int command_export(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        {"format", 'f', "FORMAT", 0,
         "csv (default); jsonl, one JSON object a line; or tensorboard, event files in a folder for each run", 0},
        {"metric", 'm', "NAME", 0, "This metric only; may be repeated", 0},
        {"wide", OPTION_WIDE, NULL, 0,
         "A line for each run and round, with a column for each metric and each parameter that differs between runs",
         0},
        {"arrivals", OPTION_ARRIVALS, NULL, 0,
         "Who took part, of runs with record.arrivals = yes, in place of metrics; participation.kind = file reads it",
         0},
        {"outdated", OPTION_OUTDATED, NULL, 0, "With runs that the file of their sweep no longer has", 0},
        {"output", 'o', "FILE", 0, "A file instead of standard output; of tensorboard the folder", 0},
        {0}};
    static const struct argp argp = {.options = rows,
                                     .parser = parse_key,
                                     .args_doc = "FOLDER",
                                     .doc = "Prints every recorded number of a run, or of all runs in a folder."};
    output_options o = {.request = {.format = "csv"}, .metric = calloc((size_t)argc, sizeof *o.metric)};
    if (!o.metric) {
        say("command line: no memory for %d words", argc);
        return KITH_EMEMORY;
    }
    const kith_status parsed = options_parse(&argp, argc, argv, &o);
    const int code = parsed != KITH_OK || !o.folder ? KITH_EUSAGE : export(&o);
    free(o.metric);
    return code;
}
