/* Other programs that draw for us: each reads one file and writes another.
 *
 * Threads: one. Errors: KITH_EIO, with the package where the program is not there, and the first line of what it says.
 */
#ifndef KITH_LAUNCH_PROGRAM_H
#define KITH_LAUNCH_PROGRAM_H

#include <kith/base.h>

typedef struct program {
    const char *title;   /* "Graphviz" */
    const char *does;    /* "draws graphs" */
    const char *task;    /* "draw the graph": what has failed where it does */
    const char *package; /* of Debian */
    char *const *argv;   /* looked for on PATH */
    char *variable;      /* "NAME=VALUE" for its environment; NULL: none */
} program;

/* Runs it to its end, with `in` as its standard input and `out` as its output. Both stay open. */
kith_status program_filter(kith_ctx *ctx, const program *p, int in, int out) KITH_CHECKED;

#endif
