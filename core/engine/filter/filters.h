/* Chains of filters (kith/filter.h): opened from the texts of a configuration, and called on messages.
 *
 * Ownership: a chain borrows the engine's setup until close. Threads: one per worker.
 * Functions marked [all] are called by all workers in the same order.
 */
#ifndef KITH_FILTERS_H
#define KITH_FILTERS_H

#include "engine/engine.h"
#include "engine/participation/participation.h"

#include <kith/filter.h>

typedef struct kith_filters kith_filters;

/* What a chain must know of the role it stands in. */
typedef struct kith_filters_setup {
    const kith_engine_setup *engine;
    size_t arrivals;    /* m, at most */
    size_t planes;      /* vectors of a message */
    size_t first, last; /* this worker's blocks */
    bool remembers;     /* the algorithm has memory planes */
    bool alike;         /* its messages weigh alike */
    bool peers;         /* there is no server: neighbours get what a plane moved since their copy of it, so nothing has
                           to last of a learner */
} kith_filters_setup;

/* Refuses, with KITH_ECONFIG, chains and attackers that could not be opened, as far as that can be told without a
 * model: names, values and places. */
kith_status kith_filters_check(kith_ctx *ctx, const kith_role_setup *setup, bool peers) KITH_CHECKED;
/* *out NULL: the configuration names no filter. */
kith_status kith_filters_open(kith_ctx *ctx, const kith_filters_setup *setup, kith_filters **out) KITH_CHECKED;
/* [all] What lasts: of `seen` learners, and of numbers for `slots` versions. */
kith_status kith_filters_open_boards(kith_ctx *ctx, kith_filters *c, size_t seen, size_t slots) KITH_CHECKED;
/* [all] Takes NULL. */
void kith_filters_close(kith_filters *c);

/* The functions from here on take no NULL, but these four, for which that is a chain without filters. */
/* What a vector takes that took `bytes`, after the learners' chain. */
double kith_filters_bytes(const kith_filters *c, double bytes);
/* How much lasts: reals of each learner, rows of d reals at the server, doubles of each version. */
kith_keep kith_filters_keeps(const kith_filters *c);
/* Numbers that a visit says. */
size_t kith_filters_says(const kith_filters *c);
/* Whose vectors the server finds as those of arrival a of the step. */
size_t kith_filters_sender(const kith_filters *c, size_t a);

/* The chains that messages go through on their way out, in order; that of attackers leaves those of others alone. */
typedef enum kith_chain { KITH_CHAIN_LEARNERS = 0, KITH_CHAIN_ATTACKERS } kith_chain;
/* Whether this learner attacks and a chain of filters does so. */
bool kith_filters_attacks(const kith_filters *c, size_t learner);
/* Whether a chain has filters. */
bool kith_filters_has(const kith_filters *c, kith_chain chain);
/* After local work: message [planes] goes through one chain. row: the learner's place among those seen. slot: that of
 * the version pulled. say: [says]. */
kith_status kith_filters_send(kith_ctx *ctx, kith_filters *c, kith_chain chain, const kith_visit *visit,
                              kith_real *const *message, size_t row, size_t slot, double *say) KITH_CHECKED;
/* [all] Before server(): inbox (m * planes, d). What this worker alone failed at is returned and not agreed on. */
kith_status kith_filters_stage(kith_ctx *ctx, kith_filters *c, const kith_step *step, kith_board *inbox) KITH_CHECKED;
/* said: [says] sums over `visits` visits. slot: that of the newest version. */
kith_status kith_filters_tell(kith_ctx *ctx, const kith_filters *c, const double *said, double visits, size_t slot,
                              kith_measure tell, void *arg) KITH_CHECKED;

/* Where what lasts lies: a learner's reals, a block of a row at the server, the doubles of the version in a slot. */
kith_real *kith_filters_of_learner(const kith_filters *c, size_t row);
kith_real *kith_filters_of_server(const kith_filters *c, size_t row, size_t block);
double *kith_filters_of_version(const kith_filters *c, size_t slot);

#endif
