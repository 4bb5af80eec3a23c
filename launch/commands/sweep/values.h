/* The values of one axis of a sweep, from their text.
 *
 * The text is a list divided by commas. A comma within brackets, "random-peer(rate=0.2, seed=1)", or between quotation
 * marks, "conv 4 3, relu", divides nothing. Chains of filters have commas of their own, so a semicolon divides them; a
 * quotation mark between quotation marks is written twice. "a, b, .. , c" stands for a, b, b + (b - a), ... up to c,
 * which must be one of them; its numbers are decimal and are added exactly. Ownership: the list and its texts belong to
 * the sweep_values; sweep_values_free() frees them. Threads: one. Errors: KITH_ECONFIG, beginning with `where`, naming
 * the value and the remedy; KITH_EMEMORY.
 */
#ifndef KITH_LAUNCH_SWEEP_VALUES_H
#define KITH_LAUNCH_SWEEP_VALUES_H

#include <kith/base.h>

enum { SWEEP_MOST_RUNS = 10000 };

typedef struct sweep_values {
    char **text;
    size_t count;
} sweep_values;

/* where: "sweep.ini:3: sweep.local.lr". On failure *out is empty. */
kith_status sweep_values_parse(kith_ctx *ctx, const char *where, const char *text, sweep_values *out) KITH_CHECKED;
/* The same of chains of filters. */
kith_status sweep_chains_parse(kith_ctx *ctx, const char *where, const char *text, sweep_values *out) KITH_CHECKED;
void sweep_values_free(sweep_values *values);

#endif
