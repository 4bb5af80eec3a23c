/* The command lines of `kith run`, `kith sweep` and `kith show`.
 *
 * Ownership: strings are the command line's own; the list of settings is freed by options_free. Threads: one.
 * Errors: a wrong command line is worded by argp; under a launcher by the first worker alone.
 */
#ifndef KITH_LAUNCH_OPTIONS_H
#define KITH_LAUNCH_OPTIONS_H

#include "engine/frame/run.h"
#include <argp.h>
#include <limits.h>

typedef struct run_options {
    const char *command;    /* "run", "show", "sweep", "eval" */
    const char *experiment; /* the configuration file */
    const char **sets;      /* --set texts in order */
    size_t set_count;
    size_t workers; /* -n; 0: not given */
    size_t domains; /* --domains; 0: not given */
    kith_dealing deal;
    bool overwrite, resume, other_plugins, quiet, json;
    bool dry;                     /* sweep only */
    bool ended;                   /* run and sweep */
    size_t point;                 /* run only; 0: not given */
    bool sources, all, partition; /* show only */
    const char *const *words; /* [word_count] of a command with other options and arguments: what workers that -n starts
                                 get */
    size_t word_count;        /* in place of experiment, sets and dealing; 0: they get those */
} run_options;

/* Rows that several commands have. */
#define OPTION_ROW_SET                                                                                                 \
    {                                                                                                                  \
        "set", OPTION_SET, "SECTION.KEY=VALUE", 0, "Set one value; it wins over the file. May be repeated", 0          \
    }
#define OPTION_ROW_WORKERS                                                                                             \
    {                                                                                                                  \
        "workers", 'n', "N", 0, "Start N workers on this machine, or in this Slurm allocation", 0                      \
    }
#define OPTION_ROW_DOMAINS                                                                                             \
    {                                                                                                                  \
        "domains", OPTION_DOMAINS, "D", 0, "Cut each host into D shared-memory domains (for tests)", 0                 \
    }
#define OPTION_ROW_DEAL                                                                                                \
    {                                                                                                                  \
        "deal", OPTION_DEAL, "HOW", 0, "How visits are dealt to workers: dynamic, cyclic or blocked", 0                \
    }

/* A failure, KITH_EUSAGE as a rule, has been worded when they return. */
kith_status options_parse_run(int argc, char **argv, run_options *out) KITH_CHECKED;
kith_status options_parse_sweep(int argc, char **argv, run_options *out) KITH_CHECKED;
kith_status options_parse_show(int argc, char **argv, run_options *out) KITH_CHECKED;
void options_free(run_options *options);

/* argp_parse with the program's conventions: exit code KITH_EUSAGE, one voice under a launcher. */
kith_status options_parse(const struct argp *argp, int argc, char **argv, void *input) KITH_CHECKED;

/* A whole number of an option from `least` to `most`; 0, with the error worded, where it is none. */
uint64_t options_whole(struct argp_state *state, const char *option, const char *text, uint64_t least, uint64_t most);
/* A number of workers or domains; words what is wrong. */
size_t options_count(struct argp_state *state, const char *option, const char *text);

/* The path that an option gives: its text, but with the home folder in place of a ~ in front, which the shell leaves
 * in --output=~/x; then written into `room`. Words what is wrong. */
const char *options_path(struct argp_state *state, const char *option, const char *text, char room[PATH_MAX]);

/* "cyclic" ... */
const char *options_deal_name(kith_dealing deal);

/* What workers that -n starts get of a command whose options are its own: options as "--name=value", then arguments. */
typedef struct option_words {
    const char **word; /* [words] */
    char **made;       /* [mades] those of them, and others of the command's, that are to be freed */
    size_t words, mades;
} option_words;
/* Room for so many; false, worded, where there is no memory. */
bool options_words_open(option_words *words, size_t room);
/* Adds the option of this key, one of rows; a failure is argp's. */
void options_words_add(option_words *words, struct argp_state *state, const struct argp_option *rows, int key,
                       const char *value);
/* Adds "--" and the arguments, and gives all to the workers; false, worded, where there is no memory. */
bool options_words_end(option_words *words, const char *const *text, size_t count, run_options *run);
void options_words_free(option_words *words);

#endif
