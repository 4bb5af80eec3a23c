#include "launch/commands/landscape/landscape.h"

#include "launch/services/console.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTION_LEARNERS = 0x200,
    OPTION_LINE,
    OPTION_PLANE,
    OPTION_POLYGON,
    OPTION_MATRIX,
    OPTION_ALIGN,
    OPTION_WEIGHTS,
    OPTION_STEPS,
    OPTION_GRID,
    OPTION_EXAMPLES,
    OPTION_DOMAINS
};
enum { LEAST_MM = 60, MOST_MM = 500 };

static const struct argp_option rows[] = {
    {"learners", OPTION_LEARNERS, "LIST", 0,
     "Which models, as 0,3,8-11; they are counted from 0 through all folders (default: all)", 0},
    {"matrix", OPTION_MATRIX, NULL, 0, "The barriers between all pairs (default, where nothing else is asked for)", 0},
    {"line", OPTION_LINE, "A,B", 0, "Loss and accuracy along the line between two models", 0},
    {"plane", OPTION_PLANE, "A,B,C", 0, "Loss and accuracy in the plane through three models", 0},
    {"polygon", OPTION_POLYGON, NULL, 0,
     "Loss and accuracy of means of all models, which stand at the corners of a polygon", 0},
    {"align", OPTION_ALIGN, NULL, 0,
     "First puts hidden units into one order by weight matching, as decentralized.merge = aligned does", 0},
    {"weights", OPTION_WEIGHTS, "LIST", 0,
     "Weights of the models, numbers that are made to sum to 1: their mean is compared with them, as the even one is",
     0},
    {"steps", OPTION_STEPS, "N", 0, "Points of a line, both ends included (default: 11)", 0},
    {"grid", OPTION_GRID, "N", 0, "Points along each side of a plane or polygon (default: 21)", 0},
    {"examples", OPTION_EXAMPLES, "N", 0, "Tests on the first N test examples (default: all)", 0},
    {"format", 'f', "FORMAT", 0, "svg (default); pdf or png (300 dpi), made by rsvg-convert", 0},
    {"width", 'w', "MM", 0, "The width of figures in millimetres (default: 85, a column of two)", 0},
    {"output", 'o', "DIR", 0, "The folder for figures and tables (default: figures, in that of the first run)", 0},
    OPTION_ROW_WORKERS,
    OPTION_ROW_DOMAINS,
    {"quiet", 'q', NULL, 0, "Print nothing but errors", 0},
    {0}};

static void parse_width(struct argp_state *state, const char *text, landscape_options *o)
{
    const char *end = text;
    o->width_mm = kith_number(text, &end);
    if (end == text || *end || !(o->width_mm >= LEAST_MM && o->width_mm <= MOST_MM))
        argp_error(state, "--width %s: a number of millimetres from %d to %d is needed", text, LEAST_MM, MOST_MM);
}

static void parse_format(struct argp_state *state, const char *text, landscape_options *o)
{
    if (!kith_picture_format_of(text, &o->format))
        argp_error(state, "--format %s: it is one of svg, pdf and png", text);
}

static error_t parse_own(int key, char *text, struct argp_state *state)
{
    landscape_options *o = state->input;
    switch (key) {
    case OPTION_LEARNERS:
        o->learners = text;
        break;
    case OPTION_LINE:
        o->line = text;
        break;
    case OPTION_PLANE:
        o->plane = text;
        break;
    case OPTION_POLYGON:
        o->polygon = true;
        break;
    case OPTION_MATRIX:
        o->matrix = true;
        break;
    case OPTION_ALIGN:
        o->align = true;
        break;
    case OPTION_WEIGHTS:
        o->weights = text;
        break;
    case OPTION_STEPS:
        o->steps = (size_t)options_whole(state, "--steps", text, 3, 10001);
        break;
    case OPTION_GRID:
        o->grid = (size_t)options_whole(state, "--grid", text, 3, 1001);
        break;
    case OPTION_EXAMPLES:
        o->examples = (size_t)options_whole(state, "--examples", text, 1, 1000000000);
        break;
    case 'f':
        parse_format(state, text, o);
        break;
    case 'w':
        parse_width(state, text, o);
        break;
    case 'o':
        o->folder = options_path(state, "-o", text, o->home);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    options_words_add(&o->words, state, rows, key, text);
    return 0;
}

static error_t parse_key(int key, char *text, struct argp_state *state)
{
    landscape_options *o = state->input;
    switch (key) {
    case 'n':
        o->run.workers = options_count(state, "-n", text);
        return 0;
    case OPTION_DOMAINS:
        o->run.domains = options_count(state, "--domains", text);
        return 0;
    case 'q':
        o->run.quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        o->text[o->count++] = text;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "whose models? The name of a folder that a run left is missing");
        return 0;
    default:
        return parse_own(key, text, state);
    }
}

kith_status landscape_options_parse(int argc, char **argv, landscape_options *out)
{
    static const struct argp argp = {
        .options = rows,
        .parser = parse_key,
        .args_doc = "FOLDER[:model]...",
        .doc =
            "Tests models between those that a run left of its learners (learners.keep = end), on the run's test "
            "examples: barriers between two, planes through three, means of many.\v"
            "A barrier is how far the loss along the straight line between two models rises above the line between "
            "their losses. Of several folders all models are taken, and tested on the data of the first; "
            "FOLDER:model is the one model of a run, its model.npy. Figures are SVG or PDF, with their numbers as CSV "
            "beside them. Neither -n nor --domains changes a number by one bit."};
    *out = (landscape_options){.run = {.command = "landscape"}, .steps = 11, .grid = 21, .width_mm = 85};
    const size_t room = 2 * (size_t)argc + 4;
    out->text = calloc(room, sizeof *out->text);
    kith_status status = options_words_open(&out->words, room) && out->text ? KITH_OK : KITH_EMEMORY;
    if (status == KITH_OK) status = options_parse(&argp, argc, argv, out);
    if (status != KITH_OK || !out->count) {
        landscape_options_free(out);
        return status != KITH_OK ? status : KITH_EUSAGE;
    }
    if (!out->line && !out->plane && !out->polygon) out->matrix = true;
    if (options_words_end(&out->words, out->text, out->count, &out->run)) return KITH_OK;
    landscape_options_free(out);
    return KITH_EMEMORY;
}

void landscape_options_free(landscape_options *o)
{
    options_words_free(&o->words);
    free((void *)o->text);
    *o = (landscape_options){.count = 0};
}
