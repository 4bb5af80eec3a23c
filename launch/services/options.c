#include "launch/services/options.h"

#include "config/value.h"
#include "launch/services/console.h"
#include "launch/services/workers/launcher.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTION_SET = 0x100,
    OPTION_OVERWRITE,
    OPTION_RESUME,
    OPTION_OTHER_PLUGINS,
    OPTION_DOMAINS,
    OPTION_DEAL,
    OPTION_SOURCES,
    OPTION_ALL,
    OPTION_PARTITION,
    OPTION_JSON,
    OPTION_DRY,
    OPTION_ENDED,
    OPTION_POINT
};
enum { MOST_WORKERS = 1 << 20 };

static const char *const deal_names[] = {"dynamic", "cyclic", "blocked"};
enum { DEALS = sizeof deal_names / sizeof deal_names[0] };

const char *options_deal_name(kith_dealing deal)
{
    return deal_names[deal];
}

size_t options_count(struct argp_state *state, const char *option, const char *text)
{
    char *end = NULL;
    errno = 0;
    const long value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < 1 || value > MOST_WORKERS)
        argp_error(state, "%s %s: a whole number from 1 to %d is needed", option, text, MOST_WORKERS);
    return value < 1 ? 1 : (size_t)value;
}

const char *options_path(struct argp_state *state, const char *option, const char *text, char room[PATH_MAX])
{
    kith_why why;
    if (!kith_path_check(text, &why))
        argp_error(state, "%s %s: %s", option, text, why.text);
    else if (kith_path_at_home(text) && snprintf(room, PATH_MAX, "%s%s", getenv("HOME"), text + 1) < PATH_MAX)
        return room;
    return text;
}

static kith_dealing parse_deal(struct argp_state *state, const char *text)
{
    for (size_t i = 0; i < DEALS; i++) {
        if (strcmp(text, deal_names[i]) == 0) return (kith_dealing)i;
    }
    argp_error(state, "--deal %s: it is one of dynamic, cyclic and blocked", text);
    return KITH_DEAL_DYNAMIC;
}

static error_t parse_key(int key, char *text, struct argp_state *state)
{
    run_options *o = state->input;
    switch (key) {
    case 'n':
        o->workers = options_count(state, "-n", text);
        break;
    case 'q':
        o->quiet = true;
        break;
    case OPTION_SET:
        o->sets[o->set_count++] = text;
        break;
    case OPTION_OVERWRITE:
        o->overwrite = true;
        break;
    case OPTION_RESUME:
        o->resume = true;
        break;
    case OPTION_OTHER_PLUGINS:
        o->other_plugins = true;
        break;
    case OPTION_DOMAINS:
        o->domains = options_count(state, "--domains", text);
        break;
    case OPTION_DEAL:
        o->deal = parse_deal(state, text);
        break;
    case OPTION_SOURCES:
        o->sources = true;
        break;
    case OPTION_ALL:
        o->all = true;
        break;
    case OPTION_JSON:
        o->json = true;
        break;
    case OPTION_DRY:
        o->dry = true;
        break;
    case OPTION_ENDED:
        o->ended = true;
        break;
    case OPTION_POINT:
        o->point = options_count(state, "--point", text);
        break;
    case OPTION_PARTITION:
        o->partition = true;
        break;
    case ARGP_KEY_ARG:
        if (o->experiment) argp_error(state, "%s and %s: one experiment at a time", o->experiment, text);
        o->experiment = text;
        break;
    case ARGP_KEY_END:
        if (o->json && (o->sources || o->partition))
            argp_error(state, "--json and --%s: one of them at a time", o->sources ? "sources" : "partition");
        if ((o->dry || o->ended) && o->workers)
            argp_error(state, "--%s and -n: nothing is made, so there is no work to share",
                       o->dry ? "dry-run" : "ended");
        if (o->dry && o->ended) argp_error(state, "--dry-run and --ended: one of them at a time");
        if ((o->sources || o->all) && o->partition)
            argp_error(state, "--%s and --partition: one of them at a time", o->sources ? "sources" : "all");
        if (o->other_plugins && !o->resume) argp_error(state, "--other-plugins: it goes with --resume");
        if (o->resume && o->overwrite)
            argp_error(state, "--resume and --overwrite: go on with the former run, or replace it, but not both");
        break;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which experiment? The name of its file is missing");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

kith_status options_parse(const struct argp *argp, int argc, char **argv, void *input)
{
    static char help[] = "--help";
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "-h") == 0) argv[i] = help; /* argp's own short name is -? */
    argp_err_exit_status = KITH_EUSAGE;
    const unsigned flags = launcher_first() ? 0 : ARGP_NO_ERRS;
    return argp_parse(argp, argc, argv, flags, NULL, input) ? KITH_EUSAGE : KITH_OK;
}

static kith_status parse_experiment(const char *command, const struct argp *argp, int argc, char **argv,
                                    run_options *out)
{
    *out = (run_options){.command = command};
    out->sets = calloc((size_t)argc + 1, sizeof *out->sets);
    if (!out->sets) {
        say("command line: no memory for %d words", argc);
        return KITH_EMEMORY;
    }
    const kith_status status = options_parse(argp, argc, argv, out);
    if (status == KITH_OK && out->experiment) return KITH_OK;
    options_free(out);
    return KITH_EUSAGE;
}

kith_status options_parse_run(int argc, char **argv, run_options *out)
{
    static const struct argp_option rows[] = {
        OPTION_ROW_WORKERS,
        OPTION_ROW_SET,
        {"overwrite", OPTION_OVERWRITE, NULL, 0, "Replace what a former run left in the folder", 0},
        {"resume", OPTION_RESUME, NULL, 0,
         "Go on with the run in the folder, from its newest checkpoint; begin one where there is none", 0},
        {"other-plugins", OPTION_OTHER_PLUGINS, NULL, 0,
         "With --resume: go on although plugins are not the files that the run was made with", 0},
        OPTION_ROW_DOMAINS,
        OPTION_ROW_DEAL,
        {"point", OPTION_POINT, "K", 0,
         "Of an experiment with a section [sweep] its K-th run, as sweep --dry-run numbers them", 0},
        {"ended", OPTION_ENDED, NULL, 0,
         "Make nothing; say whether the run has come to its end: exit code 0, or 10 if not", 0},
        {"json", OPTION_JSON, NULL, 0, "Print what came of it as JSON, as list --json does", 0},
        {"quiet", 'q', NULL, 0, "Say nothing but errors, and print the folder alone", 0},
        {0}};
    static const struct argp argp = {
        .options = rows,
        .parser = parse_key,
        .args_doc = "EXPERIMENT.ini",
        .doc = "Runs an experiment and records it in a folder.\v"
               "Neither -n, --domains nor --deal changes a result by one bit. The first Ctrl-C stops all workers at "
               "the end of the round, writes a checkpoint to --resume from, and keeps what there is; the second "
               "stops at once."};
    return parse_experiment("run", &argp, argc, argv, out);
}

kith_status options_parse_sweep(int argc, char **argv, run_options *out)
{
    static const struct argp_option rows[] = {
        OPTION_ROW_WORKERS,
        OPTION_ROW_SET,
        {"overwrite", OPTION_OVERWRITE, NULL, 0, "Make all runs anew; those that the folder holds are dropped", 0},
        {"dry-run", OPTION_DRY, NULL, 0, "Make nothing; print which runs there are, and which of them are done", 0},
        {"ended", OPTION_ENDED, NULL, 0,
         "Make nothing; say whether all runs have come to their end: exit code 0, or 10 if not", 0},
        {"json", OPTION_JSON, NULL, 0, "Print what came of the runs as JSON, as list --json does", 0},
        OPTION_ROW_DOMAINS,
        OPTION_ROW_DEAL,
        {"quiet", 'q', NULL, 0, "Say nothing but errors, and print the table only", 0},
        {0}};
    static const struct argp argp = {
        .options = rows,
        .parser = parse_key,
        .args_doc = "SWEEP.ini",
        .doc = "Makes the runs of an experiment with a section [sweep], and prints a table of their results.\v"
               "Groups of sweep.workers_per_run workers make one run after the other; how many there are changes no "
               "result. Started again, it skips what is done. The first Ctrl-C stops all groups at the end of their "
               "rounds, with checkpoints; the second stops at once."};
    return parse_experiment("sweep", &argp, argc, argv, out);
}

kith_status options_parse_show(int argc, char **argv, run_options *out)
{
    static const struct argp_option rows[] = {
        OPTION_ROW_SET,
        {"sources", OPTION_SOURCES, NULL, 0, "Say of each value where it came from and what it means", 0},
        {"all", OPTION_ALL, NULL, 0, "Print values that have no effect, too", 0},
        {"json", OPTION_JSON, NULL, 0, "Print them as one JSON object, by section.key", 0},
        {"partition", OPTION_PARTITION, NULL, 0, "Print who holds which labels instead; it reads the data", 0},
        {0}};
    static const struct argp argp = {
        .options = rows,
        .parser = parse_key,
        .args_doc = "EXPERIMENT.ini",
        .doc = "Prints the resolved configuration: every key with its value. It runs again to the same bits."};
    return parse_experiment("show", &argp, argc, argv, out);
}

void options_free(run_options *options)
{
    free(options->sets);
    options->sets = NULL;
}

uint64_t options_whole(struct argp_state *state, const char *option, const char *text, uint64_t least, uint64_t most)
{
    char *end = NULL;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (errno || *text < '0' || *text > '9' || *end || value < least || value > most)
        argp_error(state, "%s %s: a whole number from %" PRIu64 " to %" PRIu64 " is needed", option, text, least, most);
    return value;
}
