/* What the files of this folder share.
 *
 * Ownership: the exchange owns its communicators, its layout and the buffers for moving data between domains.
 * Threads: one per worker. Errors: worded with kith_fail in the context given.
 */
#ifndef KITH_EXCHANGE_INSIDE_H
#define KITH_EXCHANGE_INSIDE_H

#include "exchange/exchange.h"
#include "exchange/machine.h"

#include <mpi.h>

/* Memory that the workers of a domain share. */
typedef struct kith_share {
    void *memory;
    size_t bytes;
} kith_share;

/* One direction between this domain and another: the pieces of listed rows that go that way, as a stream of bytes. */
typedef struct kith_flow {
    size_t from, to;   /* domains */
    size_t index, end; /* in the list: the entry being moved, and where the list ends */
    size_t lo, hi;     /* the bytes of each row that are moved */
    size_t offset;     /* how far the row being moved is done */
    unsigned char *buffer;
} kith_flow;

/* Only the first worker of a domain, and only if there are several domains, has one. */
typedef struct kith_courier {
    size_t chunk;                /* bytes of each buffer */
    kith_flow *sends, *arrivals; /* (domains) each */
    MPI_Request *requests;       /* (2 domains) */
    MPI_Status *statuses;        /* (2 domains) */
    size_t *request_arrival;     /* (2 domains): which arrival a request is for; SIZE_MAX: a send */
    unsigned char *staging;      /* (2 domains, chunk) */
} kith_courier;

/* Where the workers of a domain agree. */
typedef struct kith_barrier kith_barrier;

struct kith_exchange {
    kith_ctx *ctx;     /* the caller's; for functions that are not given one */
    kith_ctx *trouble; /* what this worker has to say, until it is agreed that it is the one to speak */
    kith_place place;
    kith_layout layout;
    kith_courier courier;
    size_t host_domains; /* domains on this host */
    bool launched, speaker;
    bool part;     /* of another exchange, which ends MPI */
    uint32_t item; /* what the next failure is about, in the order of a list all workers share */
    bool broken;   /* an MPI call failed: others may wait for it for ever, so this worker waits for nobody */
    MPI_Comm all, domain, leaders;
    kith_traffic traffic;
    bool joined; /* agreements go by the barrier, and by MPI alone before */
    kith_share meeting;
    kith_barrier *barrier;
    double looking_s; /* how long a wait looks before it sleeps */
};

struct kith_board {
    kith_exchange *ex;
    kith_share share;
    size_t rows, length, size; /* size: bytes of an element */
    size_t stride;             /* bytes from row to row */
};

/* KITH_OK, or KITH_EEXCHANGE with MPI's own words in ex->trouble, and no more agreements; `doing` completes "MPI failed
 * while ...". */
kith_status kith_mpi_check(kith_exchange *ex, const char *doing, int code) KITH_CHECKED;

/* [all] Agrees on `mine`, which was worded in ex->trouble; the worker that speaks gets the message into ctx. After a
 * failure of MPI it returns at once, and this worker speaks. */
kith_status kith_exchange_settle(kith_ctx *ctx, kith_exchange *ex, kith_status mine) KITH_CHECKED;

/* What kith_exchange_same does, before workers can agree: worded in ex->trouble, for kith_exchange_settle. */
kith_status kith_compare_lines(kith_exchange *ex, const char *lines, const char *remedy) KITH_CHECKED;

/* Numbers that an agreement carries: a verdict, and whether to stop. */
enum { KITH_AGREED = 2 };
/* [all] worst[k] <- the largest own[k] of all workers; nothing that a worker wrote before is unseen after it. Fails as
 * kith_mpi_check does. */
kith_status kith_agree_on(kith_exchange *ex, const uint64_t *own, uint64_t *worst) KITH_CHECKED;
/* [all] Afterwards the workers of a domain agree in memory. */
kith_status kith_barrier_create(kith_ctx *ctx, kith_exchange *ex) KITH_CHECKED;
void kith_barrier_destroy(kith_exchange *ex);
/* Waits for all requests, asleep where it takes long. status: [count] or MPI_STATUSES_IGNORE. */
kith_status kith_wait_requests(kith_exchange *ex, const char *doing, size_t count, MPI_Request *request,
                               MPI_Status *status) KITH_CHECKED;

/* Buffers for the domain's first worker; nothing on other workers or with one domain. */
kith_status kith_courier_create(kith_ctx *ctx, kith_exchange *ex) KITH_CHECKED;
void kith_courier_destroy(kith_courier *courier);

/* [all] Zeroed memory for the domain, checked and reserved as kith_board_create promises. */
kith_status kith_share_create(kith_ctx *ctx, kith_exchange *ex, const char *what, size_t bytes,
                              kith_share *out) KITH_CHECKED;
void kith_share_destroy(kith_share *share);

/* [all] Publishes the rows of a board that has one per block of a vector of `length`, each written by its block's
 * owner. */
kith_status kith_board_publish_blocks(kith_board *board, kith_status mine, size_t length) KITH_CHECKED;

/* Blocks of a vector of `length` that the workers of a domain own: first..last-1. */
void kith_domain_slice(const kith_exchange *ex, size_t domain, size_t length, size_t *first, size_t *last);

#endif
