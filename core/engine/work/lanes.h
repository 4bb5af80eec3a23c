/* Lanes: a list of equal pieces of work whose results are rows of a board. Which worker does a lane makes no
 * difference; what is added up from the rows is added in lane order.
 *
 * Rows are kept twice, and turns alternate, so that none is written while it is still read.
 * Ownership: lanes own their list. Threads: one per worker.
 */
#ifndef KITH_LANES_H
#define KITH_LANES_H

#include "engine/work/queue.h"

typedef struct kith_lanes {
    kith_queue queue;
    size_t count;
    size_t first, last;  /* this domain's lanes; of a list, its entries */
    size_t *here;        /* [last] the list of this domain's lanes; NULL: they are a run */
    kith_origin *origin; /* [2 * count] */
} kith_lanes;

/* The queue is as kith_queue_open left it. */
kith_status kith_lanes_open(kith_ctx *ctx, const kith_queue *queue, size_t count, kith_lanes *out) KITH_CHECKED;
/* The same where the work of lane l can be done in domain home[l] alone. */
kith_status kith_lanes_open_at(kith_ctx *ctx, const kith_queue *queue, size_t count, const uint32_t *home,
                               kith_lanes *out) KITH_CHECKED;
void kith_lanes_close(kith_lanes *lanes);
/* The next lane for this worker; SIZE_MAX: none is left. */
size_t kith_lanes_next(kith_lanes *lanes);
/* The board's row of a lane in this turn; the board has 2 * count rows. */
size_t kith_lanes_row(const kith_lanes *lanes, size_t lane);
/* [all] Ends the turn's work: after it all rows of the board can be read, by kith_lanes_row, until kith_lanes_turn. */
kith_status kith_lanes_publish(kith_lanes *lanes, kith_board *board, kith_status mine) KITH_CHECKED;
void kith_lanes_turn(kith_lanes *lanes);

#endif
