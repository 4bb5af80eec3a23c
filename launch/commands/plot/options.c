/* `kith plot`: its options. */
#include "launch/command.h"

#include "launch/services/console.h"
#include "launch/services/options.h"
#include "launch/commands/plot/plot.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_MM = 60, MOST_MM = 500 };
enum {
    OPTION_X_LABEL = 0x100,
    OPTION_Y_LABEL,
    OPTION_LOG,
    OPTION_LINEAR,
    OPTION_X_LIMITS,
    OPTION_Y_LIMITS,
    OPTION_HEIGHT,
    OPTION_FONT,
    OPTION_SPREAD,
    OPTION_ARM,
    OPTION_PANELS,
    OPTION_COLUMNS,
    OPTION_SCHEDULE,
    OPTION_OUTDATED
};

typedef struct plot_options {
    kith_plot_request request;
    const char **metric, **arm;
    bool *beside;
    kith_range x_limits, y_limits;
    char home[PATH_MAX]; /* what the folder for figures lies in, if it begins there */
} plot_options;

static void parse_format(struct argp_state *state, const char *text, kith_plot_request *request)
{
    if (!kith_picture_format_of(text, &request->format))
        argp_error(state, "--format %s: it is one of svg, pdf and png", text);
}

static double parse_number(struct argp_state *state, const char *option, const char *text, double least, double most,
                           const char *unit)
{
    const char *end;
    const double value = kith_number(text, &end);
    if (end == text || *end || !(value >= least && value <= most))
        argp_error(state, "%s %s: a number of %s from %g to %g is needed", option, text, unit, least, most);
    return value;
}

static void parse_axes(struct argp_state *state, const char *option, const char *text, bool *x, bool *y)
{
    *x = strchr(text, 'x') != NULL;
    *y = strchr(text, 'y') != NULL;
    if (!*text || text[strspn(text, "xy")]) argp_error(state, "%s %s: it is one of x, y and xy", option, text);
}

static const kith_range *parse_limits(struct argp_state *state, const char *option, const char *text, kith_range *out)
{
    const char *end, *last;
    out->low = kith_number(text, &end);
    const bool two = end != text && *end == ':';
    out->high = two ? kith_number(end + 1, &last) : 0;
    if (!two || last == end + 1 || *last || !(out->high > out->low))
        argp_error(state, "%s %s: two numbers are needed, the smaller one first, as in 0:0.5", option, text);
    return out;
}

static void parse_spread(struct argp_state *state, const char *text, kith_plot_request *request)
{
    static const struct {
        const char *name;
        kith_spread_kind kind;
    } kinds[] = {{"sd", KITH_SPREAD_DEVIATION}, {"sem", KITH_SPREAD_ERROR}, {"95", KITH_SPREAD_INTERVAL}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(text, kinds[i].name) == 0) request->spread = kinds[i].kind;
    if (request->spread == KITH_SPREAD_EXTREMES) argp_error(state, "--spread %s: it is one of sd, sem and 95", text);
}

/* Those with commas between them are panels of one figure. */
static void parse_metrics(plot_options *o, char *text)
{
    bool beside = false;
    for (char *word; (word = strsep(&text, ",")); beside = true) {
        o->beside[o->request.metrics] = beside;
        o->metric[o->request.metrics++] = word;
    }
}

/* Of how a figure looks; false: it is another option. */
static bool parse_looks(plot_options *o, int key, char *text, struct argp_state *state)
{
    kith_plot_request *r = &o->request;
    switch (key) {
    case 'w':
        r->width_mm = parse_number(state, "--width", text, LEAST_MM, MOST_MM, "millimetres");
        return true;
    case OPTION_HEIGHT:
        r->height_mm = parse_number(state, "--height", text, LEAST_MM / 2, MOST_MM, "millimetres");
        return true;
    case OPTION_FONT:
        r->font_pt = parse_number(state, "--font", text, 4, 24, "points");
        return true;
    case OPTION_LOG:
        parse_axes(state, "--log", text, &r->log_x, &r->log_y);
        return true;
    case OPTION_LINEAR:
        parse_axes(state, "--linear", text, &r->linear_x, &r->linear_y);
        return true;
    case OPTION_X_LIMITS:
        r->x_limits = parse_limits(state, "--x-limits", text, &o->x_limits);
        return true;
    case OPTION_Y_LIMITS:
        r->y_limits = parse_limits(state, "--y-limits", text, &o->y_limits);
        return true;
    case OPTION_SPREAD:
        parse_spread(state, text, r);
        return true;
    case OPTION_PANELS:
        r->panels = text;
        return true;
    case OPTION_COLUMNS:
        r->columns = (size_t)options_whole(state, "--columns", text, 1, 100);
        return true;
    case OPTION_SCHEDULE:
        r->stretches = true;
        return true;
    case OPTION_ARM:
        o->arm[r->arms++] = text;
        return true;
    default:
        return false;
    }
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
        parse_metrics(o, text);
        break;
    case 'x':
        o->request.x = text;
        break;
    case OPTION_OUTDATED:
        o->request.outdated = true;
        break;
    case OPTION_X_LABEL:
        o->request.x_label = text;
        break;
    case OPTION_Y_LABEL:
        o->request.y_label = text;
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
        return parse_looks(o, key, text, state) ? 0 : ARGP_ERR_UNKNOWN;
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
        {"metric", 'm', "NAME", 0,
         "A metric to draw, or several with commas between them, a panel of one figure each; may be repeated (default: "
         "those "
         "of the report)",
         0},
        {"panels", OPTION_PANELS, "SECTION.KEY", 0, "A panel for each value of a parameter that was swept", 0},
        {"columns", OPTION_COLUMNS, "N", 0, "So many panels beside each other (default: as many as fit)", 0},
        {"schedule", OPTION_SCHEDULE, NULL, 0,
         "Shade rounds in which more is sent than half of what the busiest send: all the height where curves agree, "
         "else "
         "a strip for each",
         0},
        {"x", 'x', "AXIS", 0,
         "What to draw it against: rounds, bytes, bytes_up, virtual_time, or a parameter that was swept (schedule.at), "
         "which "
         "draws what the metric "
         "came to in the end, with error bars over seeds and a line for each combination of the other parameters",
         0},
        {"x-label", OPTION_X_LABEL, "TEXT", 0, "The title of the x axis (default: what it is, with its unit)", 0},
        {"y-label", OPTION_Y_LABEL, "TEXT", 0, "The title of the y axis", 0},
        {"format", 'f', "FORMAT", 0, "svg (default); pdf or png (300 dpi), made by rsvg-convert", 0},
        {"width", 'w', "MM", 0, "The width in millimetres (default: 85, a column of two)", 0},
        {"height", OPTION_HEIGHT, "MM", 0, "The height of the room for curves (default: in proportion)", 0},
        {"font", OPTION_FONT, "PT", 0, "The size of text in points (default: 8)", 0},
        {"log", OPTION_LOG, "AXES", 0, "x, y or xy: logarithmic in any case (default: where it suits the metric)", 0},
        {"linear", OPTION_LINEAR, "AXES", 0, "x, y or xy: linear in any case", 0},
        {"x-limits", OPTION_X_LIMITS, "LOW:HIGH", 0, "What the x axis shows, in its unit", 0},
        {"y-limits", OPTION_Y_LIMITS, "LOW:HIGH", 0, "What the y axis shows", 0},
        {"spread", OPTION_SPREAD, "KIND", 0,
         "What bands and bars are, over seeds: sd (default), sem, or 95, the 95 % interval of the mean", 0},
        {"arm", OPTION_ARM, "LABEL[=TEXT]", 0, "This curve comes next, called TEXT; may be repeated, the others follow",
         0},
        {"outdated", OPTION_OUTDATED, NULL, 0, "With runs that the file of their sweep no longer has", 0},
        {"output", 'o', "DIR", 0, "The folder for figures (default: figures, in that of the results)", 0},
        {0}};
    static const struct argp argp = {
        .options = rows,
        .parser = parse_key,
        .args_doc = "FOLDER",
        .doc = "Draws the charts of a run, or of all runs in a folder, as figures for a paper, each a "
               "file of its own with what it shows as CSV beside it."};
    plot_options o = {.request = {.width_mm = 85}};
    size_t most = (size_t)argc;
    for (int i = 0; i < argc; i++)
        for (const char *at = argv[i]; (at = strchr(at, ',')); at++)
            most++;
    o.metric = calloc(most + (size_t)argc, sizeof *o.metric);
    o.beside = calloc(most, sizeof *o.beside);
    if (!o.metric || !o.beside) {
        say("command line: no memory for %d words", argc);
        free(o.metric);
        free(o.beside);
        return KITH_EMEMORY;
    }
    o.arm = o.metric + most;
    o.request.metric = o.metric;
    o.request.beside = o.beside;
    o.request.arm = o.arm;
    const kith_status parsed = options_parse(&argp, argc, argv, &o);
    const int code = parsed != KITH_OK || !o.request.where ? KITH_EUSAGE : plot(&o.request);
    free(o.metric);
    free(o.beside);
    return code;
}
