/* What models and data sets in other processes have in common: the files they share, the first line, and answers.
 *
 * The program finds the channel as file 3 and the shared regions as files 4, 5 ...; it is told what is asked of it in
 * one line and answers in one, `ok` with numbers, or `error` with a sentence. docs/models.md has all of it.
 */
#ifndef KITH_EXTERNAL_TALK_H
#define KITH_EXTERNAL_TALK_H

#include "child.h"
#include "region.h"

#include <stdarg.h>

enum { TALK_CHANNEL = 3, TALK_REGIONS = 4, TALK_NUMBERS = 16 };

/* What both have in their sections. */
typedef struct talk_config {
    const char *command;
    double timeout;
    double memory; /* MB */
    const char *log;
} talk_config;

/* Refuses what cannot be begun, `what` being "model" or "data": no command, or more memory than there is. */
kith_status talk_check(kith_ctx *ctx, const child *c, const talk_config *how, const kith_setting *setting,
                       const char *what) KITH_CHECKED;
/* Opens the regions and starts the program. */
kith_status talk_start(kith_ctx *ctx, child *c, region *r, size_t count) KITH_CHECKED;
kith_status talk_say(kith_ctx *ctx, child *c, const char *format, ...) KITH_PRINTF(3, 4) KITH_CHECKED;
kith_status talk_vsay(kith_ctx *ctx, child *c, const char *format, va_list args) KITH_PRINTF(3, 0) KITH_CHECKED;
/* The next line; what the program refuses is a failure. Valid until talk_done(). */
kith_status talk_hear(kith_ctx *ctx, child *c, const char **line) KITH_CHECKED;
void talk_done(child *c);
/* The answer `ok` with this many numbers, at most TALK_NUMBERS. */
kith_status talk_ok(kith_ctx *ctx, child *c, size_t count, double *number) KITH_CHECKED;

#endif
