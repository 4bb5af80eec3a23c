#include "launch/commands/eval/eval.h"

#include "launch/services/console.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTION_SEED = 0x200,
    OPTION_EPISODES,
    OPTION_ANCHOR,
    OPTION_PRIOR,
    OPTION_RESPONSE,
    OPTION_RESPONDERS,
    OPTION_REPLAY,
    OPTION_PICK,
    OPTION_FRAMES,
    OPTION_COMMANDS,
    OPTION_LABEL,
    OPTION_DOMAINS
};

static const struct argp_option rows[] = {
    {"episodes", OPTION_EPISODES, "E", 0, "How many episodes each pair plays; matrix games need none (default: 1000)",
     0},
    {"seed", OPTION_SEED, "SEED", 0,
     "The seed of the episodes (default: 0; with a run's own seed it may play the very episodes that weighed the run's "
     "policies)",
     0},
    {"anchor", OPTION_ANCHOR, "ENTRANT", 0, "Whose Elo is 0, by number or name (default: the first)", 0},
    {"prior", OPTION_PRIOR, "GAMES", 0, "How many drawn games Elo gives each entrant beside those played (default: 1)",
     0},
    {"best-response", OPTION_RESPONSE, "STEPS", 0,
     "Trains responses to each entrant, for so many environment steps each; the best one's payoff bounds "
     "exploitability "
     "from below. For networks",
     0},
    {"responders", OPTION_RESPONDERS, "K", 0,
     "How many seeds: a response from scratch and one from the entrant's own policy for each (default: 3)", 0},
    {"replay", OPTION_REPLAY, "FOLDER", 0, "Writes replays of chosen episodes: text, and SVG that plays in a browser",
     0},
    {"pick", OPTION_PICK, "ROW/COLUMN/EPISODE", 0,
     "With --replay: an episode of two entrants, by number or name, counted from 0; may be repeated (default: the "
     "first of "
     "the first pair)",
     0},
    {"frames", OPTION_FRAMES, NULL, 0, "With --replay: a PNG picture of every step as well, by rsvg-convert", 0},
    {"commands", OPTION_COMMANDS, NULL, 0, "Starts the program that a folder names for a game in another process", 0},
    {"output", 'o', "FILE", 0, "Writes every number into a CSV file", 0},
    OPTION_ROW_WORKERS,
    OPTION_ROW_DOMAINS,
    {"quiet", 'q', NULL, 0, "Print nothing but errors", 0},
    /* between the command and workers that it starts: what to call entrants, one for each */
    {"label", OPTION_LABEL, "TEXT", OPTION_HIDDEN, NULL, 0},
    {0}};

/* ---- parsing ---- */

static double parse_prior(struct argp_state *state, const char *text)
{
    const char *end = text;
    const double value = kith_number(text, &end);
    if (end == text || *end || !(value >= 0.0) || !isfinite(value))
        argp_error(state, "--prior %s: a number of games, 0 or more, is needed", text);
    return value;
}

static error_t parse_own(int key, char *text, struct argp_state *state)
{
    eval_options *o = state->input;
    switch (key) {
    case OPTION_SEED:
        o->seed = options_whole(state, "--seed", text, 0, INT64_MAX);
        break;
    case OPTION_EPISODES:
        o->episodes = options_whole(state, "--episodes", text, 1, 1000000000);
        break;
    case OPTION_ANCHOR:
        o->anchor = text;
        break;
    case OPTION_PRIOR:
        o->prior = parse_prior(state, text);
        break;
    case OPTION_RESPONSE:
        o->response = options_whole(state, "--best-response", text, 1, 1000000000000);
        break;
    case OPTION_RESPONDERS:
        o->responders = (size_t)options_whole(state, "--responders", text, 1, 1000);
        break;
    case OPTION_REPLAY:
        o->replay = options_path(state, "--replay", text, o->replay_home);
        break;
    case OPTION_PICK:
        o->pick[o->picks++] = text;
        break;
    case OPTION_FRAMES:
        o->frames = true;
        break;
    case OPTION_COMMANDS:
        o->commands = true;
        break;
    case 'o':
        o->output = options_path(state, "-o", text, o->output_home);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    options_words_add(&o->words, state, rows, key, text);
    return 0;
}

static error_t parse_key(int key, char *text, struct argp_state *state)
{
    eval_options *o = state->input;
    switch (key) {
    case 'n':
        o->run.workers = options_count(state, "-n", text);
        return 0;
    case OPTION_LABEL:
        o->label[o->labels++] = text;
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
    case ARGP_KEY_END:
        if (!o->replay && (o->picks || o->frames))
            argp_error(state, "--pick and --frames: replays go nowhere; add --replay");
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "whose policies? The names of the folders that runs left are missing");
        return 0;
    default:
        return parse_own(key, text, state);
    }
}

/* Where entrants have other names than they were typed with, workers are told all names. */
static kith_status pass_labels(eval_options *o)
{
    option_words *w = &o->words;
    bool any = false;
    for (size_t i = 0; i < o->count; i++)
        any |= *o->label[i] != '\0';
    if (!any) return KITH_OK;
    const char **word = reallocarray(w->word, w->words + o->count, sizeof *word);
    char **made = reallocarray(w->made, w->mades + o->count, sizeof *made);
    if (word) w->word = word;
    if (made) w->made = made;
    for (size_t i = 0; word && made && i < o->count; i++) {
        if (asprintf(&made[w->mades], "--label=%s", o->label[i]) < 0) return KITH_EMEMORY;
        w->word[w->words++] = made[w->mades++];
    }
    return word && made ? KITH_OK : KITH_EMEMORY;
}

kith_status eval_options_parse(int argc, char **argv, eval_options *out)
{
    static const struct argp argp = {
        .options = rows,
        .parser = parse_key,
        .args_doc = "RUN[:WHICH]...",
        .doc =
            "Lets policies that runs left in their folders play against each other, and rates them. RUN is a run's "
            "folder, FOLDER/ID, a name, or a sweep's folder, which stands for all its runs.\v"
            "WHICH is 'mixture' (what stands for the run, as without WHICH), the name of a population (its newest "
            "policy), NAME/K (its K-th, from 0), NAME/uniform (all of them alike) or NAME/each (each as an entrant of "
            "its own). All runs must have played the same game with the same parameters. Neither -n nor --domains "
            "changes a number by one bit."};
    const size_t room = 2 * (size_t)argc + 4;
    *out = (eval_options){.run = {.command = "eval"}, .seed = 0, .episodes = 1000, .prior = 1.0, .responders = 3};
    out->text = calloc(room, sizeof *out->text);
    out->pick = calloc(room, sizeof *out->pick);
    out->label = calloc(room, sizeof *out->label);
    if (!options_words_open(&out->words, room) || !out->text || !out->pick || !out->label) {
        eval_options_free(out);
        return KITH_EMEMORY;
    }
    const kith_status status = options_parse(&argp, argc, argv, out);
    if (status != KITH_OK || !out->count) {
        eval_options_free(out);
        return KITH_EUSAGE;
    }
    kith_status expanded = eval_expand(out);
    if (expanded == KITH_OK) expanded = pass_labels(out);
    if (expanded == KITH_OK && !options_words_end(&out->words, out->text, out->count, &out->run))
        expanded = KITH_EMEMORY;
    if (expanded != KITH_OK) eval_options_free(out);
    return expanded;
}

void eval_options_free(eval_options *o)
{
    options_words_free(&o->words);
    free((void *)o->pick);
    free((void *)o->label);
    free((void *)o->text);
    *o = (eval_options){.count = 0};
}
