/* `kith plot`: its options. */
#include "launch/command.h"

#include "launch/services/console.h"
#include "launch/services/options.h"
#include "launch/commands/plot/plot.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_MM = 60, MOST_MM = 500, OPTION_X_LABEL = 0x100, OPTION_Y_LABEL };

typedef struct plot_options {
    kith_plot_request request;
    const char **metric;
    char home[PATH_MAX]; /* what the folder for figures lies in, if it begins there */
} plot_options;

static void parse_format(struct argp_state *state, const char *text, kith_plot_request *request)
{
    request->pdf = strcmp(text, "pdf") == 0;
    if (!request->pdf && strcmp(text, "svg") != 0) argp_error(state, "--format %s: it is one of svg and pdf", text);
}

static void parse_width(struct argp_state *state, const char *text, kith_plot_request *request)
{
    const char *end;
    request->width_mm = kith_number(text, &end);
    if (end == text || *end || !(request->width_mm >= LEAST_MM && request->width_mm <= MOST_MM))
        argp_error(state, "--width %s: a number of millimetres from %d to %d is needed", text, LEAST_MM, MOST_MM);
}

static error_t parse_key(int key, char *text, struct argp_state *state)
{
    plot_options *o = state->input;
    switch (key) {
    case 'o':
        o->request.folder = options_path(state, "-o", text, o->home);
        break;
    case 'f':
        parse_format(state, text, &o->request);
        break;
    case 'm':
        o->metric[o->request.metrics++] = text;
        break;
    case 'x':
        o->request.x = text;
        break;
    case OPTION_X_LABEL:
        o->request.x_label = text;
        break;
    case OPTION_Y_LABEL:
        o->request.y_label = text;
        break;
    case 'w':
        parse_width(state, text, &o->request);
        break;
    case ARGP_KEY_ARG:
        if (o->request.where)
            argp_error(state, "%s and %s: one folder at a time; it may hold the folders of many runs", o->request.where,
                       text);
        o->request.where = text;
        break;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which results? The name of a folder is missing");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int plot(const kith_plot_request *request)
{
    kith_ctx *ctx = kith_ctx_create();
    const kith_status status = kith_plot_write(ctx, request, stdout);
    const int code = status == KITH_OK ? 0 : say_failure(ctx, status);
    say_notes(ctx);
    kith_ctx_destroy(ctx);
    return code;
}

int command_plot(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        {"metric", 'm', "NAME", 0, "A metric to draw; may be repeated (default: those of the report)", 0},
        {"x", 'x', "AXIS", 0,
         "What to draw it against: rounds, bytes, bytes_up, virtual_time, or a parameter that was swept (schedule.at), "
         "which "
         "draws what the metric "
         "came to in the end, with error bars over seeds and a line for each combination of the other parameters",
         0},
        {"x-label", OPTION_X_LABEL, "TEXT", 0, "The title of the x axis (default: what it is, with its unit)", 0},
        {"y-label", OPTION_Y_LABEL, "TEXT", 0, "The title of the y axis", 0},
        {"format", 'f', "FORMAT", 0, "svg (default) or pdf, made by rsvg-convert", 0},
        {"width", 'w', "MM", 0, "The width in millimetres (default: 85, a column of two)", 0},
        {"output", 'o', "DIR", 0, "The folder for figures (default: figures, in that of the results)", 0},
        {0}};
    static const struct argp argp = {
        .options = rows,
        .parser = parse_key,
        .args_doc = "FOLDER",
        .doc = "Draws the charts of a run, or of all runs in a folder, as figures for a paper, each a "
               "file of its own with what it shows as CSV beside it."};
    plot_options o = {.request = {.width_mm = 85}, .metric = calloc((size_t)argc, sizeof *o.metric)};
    if (!o.metric) {
        say("command line: no memory for %d words", argc);
        return KITH_EMEMORY;
    }
    o.request.metric = o.metric;
    const kith_status parsed = options_parse(&argp, argc, argv, &o);
    const int code = parsed != KITH_OK || !o.request.where ? KITH_EUSAGE : plot(&o.request);
    free(o.metric);
    return code;
}
