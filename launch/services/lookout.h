/* What a round that takes long is at, told from outside while it is made: a thread looks at it now and then.
 *
 * On a terminal the bar gets it after two seconds. Anywhere else a line comes after half a minute, then after one, two,
 * four, ... of the same round; KITH_LONG in the environment has other seconds than 30, fractions too, and 0 is never.
 * Once a stop was asked for and does not come soon, a line says where it will.
 * The round itself is as fast as without: it says where it is (base/headway.h), and is not interrupted.
 * Ownership: the bar and the label are borrowed. Threads: all functions are the main thread's, and so is the bar but
 * between kith_lookout_leave() and kith_lookout_return(). No call fails; NULL is taken, and nothing is told then.
 */
#ifndef KITH_LAUNCH_LOOKOUT_H
#define KITH_LAUNCH_LOOKOUT_H

#include "launch/services/progress.h"

#define LOOKOUT_VARIABLE "KITH_LONG"

typedef struct kith_lookout kith_lookout;

typedef struct kith_lookout_setup {
    kith_bar *bar;          /* NULL: there is none */
    const char *label;      /* of a run of many, with which lines begin, or "" */
    bool (*stopping)(void); /* whether a stop was asked for */
    double patience;        /* s: checkpoint.patience */
} kith_lookout_setup;

/* checkpoint.patience of a finished configuration. */
double kith_lookout_patience(const struct kith_config *config);
/* NULL: there is no memory, or no thread. */
kith_lookout *kith_lookout_open(const kith_lookout_setup *setup);
/* What follows may take long. progress: where the run is, which is copied; NULL: it is being opened. */
void kith_lookout_leave(kith_lookout *lookout, const kith_progress *progress);
/* It is over, or something is to be written. */
void kith_lookout_return(kith_lookout *lookout);
void kith_lookout_close(kith_lookout *lookout);

#endif
