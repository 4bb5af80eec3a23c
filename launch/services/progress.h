/* How far a run is: one line that is redrawn on a terminal, a plain line per evaluation anywhere else.
 *
 * Only ASCII. Ownership: the FILE is borrowed. Errors: none; progress that cannot be shown is no reason to stop a run.
 * Threads: one.
 */
#ifndef KITH_LAUNCH_PROGRESS_H
#define KITH_LAUNCH_PROGRESS_H

#include "engine/frame/run.h"

#include <stdio.h>

typedef struct kith_bar kith_bar;

/* The variable in which `kith run -n` passes on how many columns its own terminal has. */
#define KITH_BAR_COLUMNS "KITH_TERMINAL_COLUMNS"
/* The same of standard output. */
#define KITH_OUT_COLUMNS "KITH_OUTPUT_COLUMNS"
/* The columns of the terminal that `out` writes to; 0: it is none, and nobody said otherwise. */
size_t kith_bar_columns(FILE *out);

/* NULL when memory is out; the functions below take that and do nothing. */
kith_bar *kith_bar_create(FILE *out);
/* After every round, and once before the first: rates count from the first call, so that resumed runs show true ones.
 * On a terminal at most ten times a second, and always at the last round. */
void kith_bar_draw(kith_bar *bar, const kith_progress *progress);
/* "NAME VALUE" as lines of progress have it: numbers near one keep their width from line to line. */
void kith_bar_value(char *text, size_t size, const kith_metric *metric, double value);
/* Those that lead and are known, the first of them last, where it is seen first. */
void kith_bar_leads(const kith_progress *progress, void (*take)(void *arg, const kith_metric *metric, double value),
                    void *arg);
/* [on a terminal; false: it is none] Draws the line again with what the round that is under way is at, and how much of
 * it is made, 0 to 1. */
bool kith_bar_within(kith_bar *bar, const char *within, double share);
/* Leaves the cursor at the start of an empty line, for something else to be said. */
void kith_bar_leave(kith_bar *bar);
/* The same, and frees. */
void kith_bar_finish(kith_bar *bar);

/* A line as it is written, without newline. rate: rounds per second, NaN while unknown. */
void kith_bar_plain(char *line, size_t size, const kith_progress *progress, double rate);
/* No more than `width` characters. */
void kith_bar_line(char *line, size_t size, const kith_progress *progress, double rate, size_t width);
/* With what the round that is under way is at. */
void kith_bar_line_within(char *line, size_t size, const kith_progress *progress, double rate, const char *within,
                          size_t width);
/* "1:02:03 left", with another word for `left`. */
void kith_bar_time(char *text, size_t size, double seconds, const char *left);

#endif
