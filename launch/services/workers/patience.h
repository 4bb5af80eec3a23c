/* A plugin's callback that does not return is named: a note says which it is, after a minute of processor time in it,
 * then after two, four, ... Nothing is ended: how long a callback may take is not for us to say.
 *
 * KITH_PATIENCE in the environment has other seconds than 60, fractions too; 0 is never. Time is the processor's, so
 * that a callback that waits for something is not told of, and no wait is ever interrupted. Threads: one. No call
 * fails.
 */
#ifndef KITH_LAUNCH_PATIENCE_H
#define KITH_LAUNCH_PATIENCE_H

#define PATIENCE_VARIABLE "KITH_PATIENCE"

void patience_begin(void);

#endif
