/* Giving up in the middle of something long, because somebody asked to stop.
 *
 * What can take long asks kith_stop_due() now and then, and returns as soon as that is true: what it leaves behind is
 * not looked at any more. Workers need not see the request at the same moment. The next agreement of workers of which
 * one has given up ends in KITH_ESTOPPED on all of them (exchange/exchange.h), so functions that cannot fail may stop
 * anywhere, and all leave together. The frame says where that is allowed, and what becomes of the run.
 *
 * Threads: the one that computes; there is one state a process, as there is of signals. No call fails but where it
 * says.
 */
#ifndef KITH_STOP_H
#define KITH_STOP_H

#include <kith/base.h>
#include <stdbool.h>

/* asked: whether this process was asked to stop; NULL: it never is. Nothing is given up before kith_stop_patience(). */
void kith_stop_by(bool (*asked)(void));
/* What follows is given up so many seconds after a request is noticed in it; INFINITY: it is not. What was given up
 * before is forgotten. */
void kith_stop_patience(double seconds);
/* Whether to give up now. Once true it stays so until kith_stop_patience(). */
bool kith_stop_due(void);
/* The same for functions that can fail: KITH_ESTOPPED, worded. */
kith_status kith_stop_check(kith_ctx *ctx) KITH_CHECKED;
/* Whether kith_stop_due() was true since kith_stop_patience(). */
bool kith_stop_given_up(void);

#endif
