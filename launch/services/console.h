/* What the command says, and where: results on standard output, everything else on standard error.
 *
 * Threads: one. Errors: say() cannot fail. Results that could not be written end the program with exit code KITH_EIO.
 */
#ifndef KITH_LAUNCH_CONSOLE_H
#define KITH_LAUNCH_CONSOLE_H

#include <kith/base.h>
#include <stdbool.h>
#include <stdio.h>

/* Makes sure that 0, 1 and 2 are open, so that no file of ours ever takes their places, and has the end of the program,
 * whoever ends it, see whether standard output could be written. */
void console_start(void);
/* From now on a write into a pipe that nobody reads fails instead of killing the process: a run goes on when its
 * progress is piped into head(1). */
void console_outlive_readers(void);
/* Undoes that, for a child that is about to become another program. */
void console_leave(void);

/* Whether to write colours: to a terminal that has them, unless NO_COLOR is set. */
bool console_colours(FILE *out);
/* One line on standard error, "kith: ...", broken at blanks where a terminal is narrower. */
void say(const char *format, ...) KITH_PRINTF(1, 2);
/* The context's notes, each as "kith: note: ...". */
void say_notes(const kith_ctx *ctx);
/* Those after the first `said` bytes of the notes. */
void say_later_notes(const kith_ctx *ctx, size_t said);
/* The message of a failure, or the status's own text where there is none. Returns the exit code. That standard output
 * could not be written either, which may be the failure, will not be told again. */
int say_failure(const kith_ctx *ctx, kith_status status);

#endif
