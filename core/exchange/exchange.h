/* The board: how workers share vectors. The one place that knows of MPI.
 *
 * A board is rows x length elements in memory that the workers of a domain share. Workers write rows (or the slices of
 * rows that they own), publish, and may then read what was published: on one domain a publish is a barrier, between
 * domains one worker per domain moves what is missing.
 *
 * Words: a *domain* is a set of consecutive workers that share memory: a host, or a part of one when more domains are
 *   forced (for tests). Coordinates are cut into blocks of KITH_BLOCK; a *slice* is the range of whole blocks a worker
 *   owns.
 * Threads: one per worker. Every function marked [all] must be called by all workers in the same order.
 * Errors: [all] functions agree: when one worker fails, every worker gets the failing status of the lowest such
 *   worker, whose context alone has the message, and kith_exchange_speaker() tells who prints. When MPI itself fails
 *   there can be no agreement: the worker that saw it gets KITH_EEXCHANGE from this and every later [all] function,
 *   speaks, and must end the job with kith_exchange_abort(), since others may wait for it. Where a worker has given up
 *   (base/stop.h), the status is KITH_ESTOPPED, whatever that worker hands over, and nobody need have a message.
 */
#ifndef KITH_EXCHANGE_H
#define KITH_EXCHANGE_H

#include <kith/base.h>
#include <stdbool.h>

typedef struct kith_exchange kith_exchange;
typedef struct kith_board kith_board;

typedef struct kith_exchange_options {
    size_t domains; /* how many shared-memory domains to force on each host; 0 or 1: one a host */
    bool launched;  /* there is a launcher (mpirun, srun): start MPI; else one worker and no MPI at all */
} kith_exchange_options;

/* Who this worker is among all. Set at open, constant after. */
typedef struct kith_place {
    size_t worker, workers; /* 0..workers-1 */
    size_t domain, domains;
    size_t local, locals; /* this worker within its domain, and how many that has */
    size_t hosts;
} kith_place;

/* [all] Starts MPI if launched (yield-when-idle is set first when workers exceed cores). Refuses workers whose
 * `fingerprint` (build, BLIS version, kernels) differ: KITH_EEXCHANGE naming the first that does. `ctx` must outlive
 * the exchange: what goes wrong later in functions without a ctx is worded there. After a failed open there is no
 * exchange to ask: the worker whose ctx has a message prints it, and MPI has ended. */
kith_status kith_exchange_open(kith_ctx *ctx, const kith_exchange_options *options, const char *fingerprint,
                               kith_exchange **out) KITH_CHECKED;
/* [all] Cuts the workers into groups of `size` consecutive ones (the last may have fewer), and gives each worker its
 * group's exchange, in which [all] means the group: groups go their own ways. domains: as in kith_exchange_options. To
 * be closed before `whole`; closing it ends nothing else. Fails on all workers or on none. */
kith_status kith_exchange_split(kith_ctx *ctx, kith_exchange *whole, size_t size, size_t domains,
                                kith_exchange **out) KITH_CHECKED;
/* [all] Ends MPI. Boards must be gone. */
void kith_exchange_close(kith_exchange *ex);
/* Ends every worker of the job at once with this exit code; for when agreement is out of reach. Does not return
 * under a launcher. */
void kith_exchange_abort(kith_exchange *ex, int code);

/* The MPI library that runs, in its own words: "Open MPI v4.1.4, package: ...". May be called before it starts. */
void kith_exchange_library(char *text, size_t size);

const kith_place *kith_exchange_place(const kith_exchange *ex);
/* The workers of a domain: first..last-1. */
void kith_exchange_domain(const kith_exchange *ex, size_t domain, size_t *first, size_t *last);
/* The domain of a worker. */
size_t kith_exchange_domain_of(const kith_exchange *ex, size_t worker);
/* What boards have sent between domains so far. */
typedef struct kith_traffic {
    uint64_t bytes, messages; /* of rows; agreements, a few bytes each, are not counted */
} kith_traffic;
/* By this worker: counted where it is sent, by the first worker of a domain. */
kith_traffic kith_exchange_traffic(const kith_exchange *ex);
/* [all] By all workers. */
kith_status kith_exchange_traffic_total(kith_exchange *ex, kith_traffic *out) KITH_CHECKED;

/* [all] Every worker learns the worst status of all (lowest worker that has one); with *stop in: whether this worker
 * was asked to stop; out: whether any was. stop may be NULL on all. */
kith_status kith_exchange_agree(kith_exchange *ex, kith_status mine, bool *stop) KITH_CHECKED;
/* Which item of a list that all workers share (visits, say) this worker's failure is about: in the next agreement the
 * lowest item speaks, and among equals the lowest worker, so that the message does not depend on who did what. Counts
 * once. A worker that spoke speaks again where the next agreement fails, too. */
void kith_exchange_blame(kith_exchange *ex, uint32_t item);
/* After a disagreement: whether this worker is the one that words it. */
bool kith_exchange_speaker(const kith_exchange *ex);

/* [all] Lines "key=value" that results follow from: KITH_EEXCHANGE where a worker's differ from those of worker 0,
 * naming the first key that does, both values and both hosts, and `remedy`. */
kith_status kith_exchange_same(kith_ctx *ctx, kith_exchange *ex, const char *lines, const char *remedy) KITH_CHECKED;
/* [all] *word of worker 0 on all. */
kith_status kith_exchange_tell(kith_exchange *ex, uint64_t *word) KITH_CHECKED;

/* Which blocks of a vector of `length` a worker owns: first..last-1 of ceil(length / KITH_BLOCK). */
void kith_exchange_slice(const kith_exchange *ex, size_t worker, size_t length, size_t *first, size_t *last);
/* Coordinates of block b: lo..hi-1. */
void kith_block_range(size_t length, size_t block, size_t *lo, size_t *hi);
size_t kith_block_count(size_t length);

/* [all] Zeroed shared memory for rows x length elements of `size` bytes. Checked against what machine and cgroup allow,
 * and reserved, before anyone touches it: KITH_EMEMORY names `what`, the bytes needed and those there are. Rows start
 * at multiples of 64 bytes. */
kith_status kith_board_create(kith_ctx *ctx, kith_exchange *ex, const char *what, size_t rows, size_t length,
                              size_t size, kith_board **out) KITH_CHECKED;
/* [all] */
void kith_board_destroy(kith_board *board);
/* Start of a row. Never fails for row < rows. */
void *kith_board_row(const kith_board *board, size_t row);

/* A row and the domain in which it was written. */
typedef struct kith_origin {
    uint32_t row, domain;
} kith_origin;

/* The publishing functions are [all]; `mine` is the worker's own status so far, agreed on in the same step as the
 * barrier; the lists are the same on every worker.
 *
 * slices: rows were written whole, each in its origin's domain; after it every worker can read its own slice of each
 *   of them.
 * gather: every worker wrote its slice of the listed rows; after it everyone can read them whole.
 * rows: rows were written whole, each in its origin's domain; after it the domains with a nonzero need[i * domains + D]
 *   can read row i whole. need NULL: all can.
 */
kith_status kith_board_publish_slices(kith_board *board, kith_status mine, const kith_origin *rows,
                                      size_t count) KITH_CHECKED;
kith_status kith_board_publish_gather(kith_board *board, kith_status mine, const uint32_t *rows,
                                      size_t count) KITH_CHECKED;
kith_status kith_board_publish_rows(kith_board *board, kith_status mine, const kith_origin *rows, size_t count,
                                    const uint8_t *need) KITH_CHECKED;

/* [all] The mean of `count` rows of a board of kith_real (written whole in their origins' domains) into row `into`,
 * each coordinate summed in list order in double; everyone can read `into` after it. `into` may be one of the rows. */
kith_status kith_board_mean(kith_board *board, kith_status mine, const kith_origin *rows, size_t count,
                            uint32_t into) KITH_CHECKED;

/* [all] The same with weights that sum to one, as sum_i weight[i] x_i; NULL: all weigh alike. */
kith_status kith_board_weighted_mean(kith_board *board, kith_status mine, const kith_origin *rows, const double *weight,
                                     size_t count, uint32_t into) KITH_CHECKED;

/* [all] Sums over coordinates: `partial` is a board of doubles with a row of `sums` entries per block, whose rows the
 * owner of each block (of a vector of `length`) wrote. total[0..sums-1] gets them added in block order. `partial` may
 * be written again at once. */
kith_status kith_block_total(kith_board *partial, kith_status mine, size_t length, size_t sums,
                             double *total) KITH_CHECKED;

/* Shared counters to deal work within a domain: each call gives the next number, 0, 1, ... [all] reset it (between two
 * publishes). */
typedef struct kith_queues kith_queues;
kith_status kith_queues_create(kith_ctx *ctx, kith_exchange *ex, kith_queues **out) KITH_CHECKED;
void kith_queues_destroy(kith_queues *queues);
/* The next number of `queue` (0..15); queues are independent. */
uint64_t kith_queues_next(kith_queues *queues, size_t queue);
/* Sets one queue to 0. To be called by one worker of each domain while no other can draw from it. */
void kith_queues_reset(kith_queues *queues, size_t queue);

/* Bytes that may still be allocated: the least of the machine's and the cgroup's. */
uint64_t kith_memory_available(void);

/* Asks for large pages where there are any, for memory of which little pieces are read at random: a visit's examples
 * then cost half the time (784 bytes each out of 47 MB: 7 us instead of 11 for 32 of them). Does nothing where the
 * system knows no way, nor to less than a few megabytes. The contents stay. */
void kith_memory_at_random(void *memory, size_t bytes);

#endif
