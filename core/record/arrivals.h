/* Who took part: rows of the tables `arrivals` and `partners`, on their way through the list of what waits (pending.h).
 *
 * There they are texts that no metric's name is like, so that they share its file, its transactions and its order.
 * Threads: one.
 */
#ifndef KITH_ARRIVALS_H
#define KITH_ARRIVALS_H

#include "record/inside.h"

bool kith_arrivals_is(const kith_pending *item);
/* [in a transaction] A row that is there already stays: what waited may have been entered before a kill. */
kith_status kith_arrivals_insert(kith_ctx *ctx, kith_record *r, const kith_pending *item) KITH_CHECKED;

#endif
