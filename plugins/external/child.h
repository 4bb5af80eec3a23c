/* A program in another process: started, talked to in lines of text, and ended with all that it started.
 *
 * Every worker starts one of its own, in a process group of its own. A second process, the guard, lives in that group
 * and holds the reading end of a pipe whose other end only the worker has: whatever ends the worker, kill -9 too,
 * closes the pipe, and the guard kills the group. So nothing is left behind, even where the program never looks.
 *
 * Ownership: what starts is ended by child_end(). Threads: one. Errors: KITH_EIO for a program that ends, hangs or
 *   closes its channel, KITH_EDATA for one that says what nobody asked; messages quote the command and, where what it
 *   prints is kept, its last line.
 */
#ifndef KITH_EXTERNAL_CHILD_H
#define KITH_EXTERNAL_CHILD_H

#include <kith/kith.h>

#include <stdbool.h>
#include <sys/types.h>

enum { CHILD_WORDS = 2048, CHILD_FDS = 8 };

/* A file that the program finds open under a number of its own. */
typedef struct child_file {
    int ours, theirs;
} child_file;

typedef struct child {
    const char *id, *document;     /* of the plugin; where the protocol is told */
    const char *command;           /* as for a shell */
    const char *log;               /* a file that gets what is printed; "", NULL: none */
    char *const *environment;      /* NULL: ours */
    double timeout;                /* s */
    size_t threads;                /* that the program may use */
    pid_t pid, guard;              /* 0: not there */
    int socket, lifeline;          /* -1: closed */
    int printed;                   /* what it prints, to be read; -1: that goes where ours goes */
    int log_file;                  /* -1: none */
    char *line;                    /* what was read and is no whole line yet */
    size_t line_size, have, heard; /* the last: bytes of the line that was heard */
    char words[CHILD_WORDS];       /* the end of what it printed */
    size_t spoken;
} child;

/* The rest of one that was not started, which child_end() leaves alone. */
#define CHILD_CLOSED .socket = -1, .lifeline = -1, .printed = -1, .log_file = -1

/* Starts c->command. The program finds the channel as `channel[0]` and, unless that is -1, as channel[1]; and `count`
 * more files. keep: what it prints is read instead of shown. */
kith_status child_start(kith_ctx *ctx, child *c, const int channel[2], const child_file *file, size_t count,
                        bool keep) KITH_CHECKED;
/* Room for lines of up to `size` bytes; what was read already stays. */
kith_status child_room(kith_ctx *ctx, child *c, size_t size) KITH_CHECKED;
kith_status child_say(kith_ctx *ctx, child *c, const char *text, size_t length) KITH_CHECKED;
/* The next line, in c->line without its end; *length counts it with. Valid until child_drop(). */
kith_status child_hear(kith_ctx *ctx, child *c, size_t *length) KITH_CHECKED;
/* Forgets a line that was dealt with. */
void child_drop(child *c, size_t length);
/* Fails: the line that was heard is not what was to come. */
kith_status child_garbage(kith_ctx *ctx, const child *c, const char *what) KITH_CHECKED;
/* Says `bye` if the channel still takes it, waits a second, and kills what is left of the group. */
void child_end(child *c, const char *bye);

/* The next number of a line; false where there is none or, of the second, no whole one in range. */
bool child_number(const char **at, double *out);
bool child_whole(const char **at, double least, double most, double *out);
/* Whether nothing but blanks is left. */
bool child_at_end(const char *at);

#endif
