/* Text in lines of a terminal. Threads: one. Errors: those of the FILE. */
#ifndef KITH_LAUNCH_WRAP_H
#define KITH_LAUNCH_WRAP_H

#include <stddef.h>
#include <stdio.h>

/* Writes one line, and a newline, in lines of at most `width` characters (0: as it is), broken at blanks or behind a |;
 * later ones begin with `indent` blanks. What cannot be broken, a path say, stays whole. UTF-8. */
void kith_wrap(FILE *out, const char *line, size_t width, size_t indent);
/* Calls print(), and on a terminal writes what it has for standard output in its lines: what goes on begins a little
 * further to the right than the line did. */
void kith_wrap_output(void (*print)(void *arg), void *arg);

#endif
