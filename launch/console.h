/* What the command says, and where: results on standard output, everything else on standard error.
 *
 * Threads: one. Errors: say() cannot fail. Results that could not be written end the program with exit code KITH_EIO.
 */
#ifndef KITH_LAUNCH_CONSOLE_H
#define KITH_LAUNCH_CONSOLE_H

#include <kith/base.h>

/* Makes sure that 0, 1 and 2 are open, so that no file of ours ever takes their places; has a write into a closed pipe
 * fail instead of killing the process; and has the end of the program, whoever ends it, see whether standard output
 * could be written. A reader that closed its pipe early gets the exit code without words. */
void console_start(void);
/* Undoes to signals what console_start did; for a child that is about to become another program. */
void console_leave(void);

/* One line on standard error: "kith: ..." */
void say(const char *format, ...) KITH_PRINTF(1, 2);
/* The context's notes, each as "kith: note: ...". */
void say_notes(const kith_ctx *ctx);
/* The message of a failure, or the status's own text where there is none. Returns the exit code. */
int say_failure(const kith_ctx *ctx, kith_status status);

#endif
