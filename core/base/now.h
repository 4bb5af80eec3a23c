/* The monotonic clock, for what is told about a run and for waiting; no result may depend on it.
 *
 * Threads: any. No call fails.
 */
#ifndef KITH_NOW_H
#define KITH_NOW_H

/* Seconds since some moment before the process began. */
double kith_now(void);

#endif
