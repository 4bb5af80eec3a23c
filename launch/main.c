/* The `kith` program: finds the command and hands over to it. */
#include "config/config.h"
#include "launch/command.h"
#include "launch/services/console.h"
#include "launch/services/options.h"
#include "launch/services/workers/dying.h"
#include "launch/services/workers/launcher.h"
#include <config.h>
#include <stdio.h>
#include <string.h>

typedef struct command {
    const char *name, *title, *summary;
    int (*start)(int argc, char **argv);
} command;

static const command commands[] = {
    {"run", KITH_NAME " run", "run an experiment, with one worker or many", command_run},
    {"sweep", KITH_NAME " sweep", "make many runs of an experiment, with a table of their results", command_sweep},
    {"eval", KITH_NAME " eval", "let policies that runs left play against each other", command_eval},
    {"init", KITH_NAME " init", "print an experiment of an algorithm, to be changed", command_init},
    {"show", KITH_NAME " show", "print an experiment's resolved configuration", command_show},
    {"info", KITH_NAME " info", "list the plugins, or document one of them", command_info},
    {"graph", KITH_NAME " graph", "describe a topology, or draw it", command_graph},
    {"report", KITH_NAME " report", "draw the results of runs as one HTML page", command_report},
    {"plot", KITH_NAME " plot", "draw figures of results for a paper", command_plot},
    {"landscape", KITH_NAME " landscape", "test what lies between the models that a run left", command_landscape},
    {"export", KITH_NAME " export", "print the results of a run as CSV or JSON Lines", command_export},
    {"list", KITH_NAME " list", "list the runs in a folder: sort them, find the best", command_list},
    {"compare", KITH_NAME " compare", "parameters and metrics of runs side by side", command_compare},
    {"watch", KITH_NAME " watch", "show how far runs are", command_watch},
    {"note", KITH_NAME " note", "write a note to a run, or tags", command_note},
    {"join", KITH_NAME " join", "join the runs of several folders, of two machines say", command_join},
    {"rm", KITH_NAME " rm", "remove runs", command_rm},
    {"new", KITH_NAME " new", "begin a plugin: a folder with one that works, to be changed", command_new},
    {"check", KITH_NAME " check", "try a plugin out", command_check},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(FILE *out)
{
    fputs("Usage: " KITH_NAME " COMMAND [OPTION...] [FILE...]\n"
          "Trains many simulated learners that learn from each other.\n\nCommands:\n",
          out);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].summary);
    fputs("\nOptions:\n  -h, --help       this page; '" KITH_NAME " COMMAND --help' tells a command's options\n"
          "      --version    the version, and what it was built with\n",
          out);
}

static void print_version(void)
{
    printf(KITH_NAME " " PACKAGE_VERSION " (%s precision, plugin ABI %u.%u)\n",
           sizeof(kith_real) == sizeof(double) ? "double" : "single", KITH_ABI_MAJOR, KITH_ABI_MINOR);
}

static int refuse(const char *word)
{
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    const char *near = kith_nearest(word, names, COMMANDS);
    if (!launcher_first()) return KITH_EUSAGE;
    if (near)
        say("there is no command '%s'; did you mean '%s'?", word, near);
    else
        say("there is no command '%s'; '" KITH_NAME " --help' lists those there are", word);
    return KITH_EUSAGE;
}

static int no_command(void)
{
    if (launcher_first()) print_help(stderr);
    return KITH_EUSAGE;
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2) return no_command();
    const char *word = argv[1];
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
        print_help(stdout);
        return 0;
    }
    if (strcmp(word, "--version") == 0) {
        print_version();
        return 0;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(word, commands[i].name)) continue;
        /* argp's messages and usage lines begin with the first word. */
        argv[1] = (char *)commands[i].title;
        return commands[i].start(argc - 1, argv + 1);
    }
    return refuse(word);
}

int main(int argc, char **argv)
{
    console_start();
    dying_watch();
    return dying_end(dispatch(argc, argv));
}
