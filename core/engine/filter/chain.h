/* A chain's own state, shared by the file that opens it and the one that calls it. */
#ifndef KITH_FILTER_CHAIN_H
#define KITH_FILTER_CHAIN_H

#include "engine/filter/filters.h"
#include "plugin/opener.h"

/* Which text names a filter, in the order of calls. */
typedef enum place { ON_LEARNERS = KITH_CHAIN_LEARNERS, ON_ATTACKERS = KITH_CHAIN_ATTACKERS, AT_SERVER, PLACES } place;

/* A filter in its chain. Of what lasts it has `keep` for each plane, plane after plane, from the places on. */
typedef struct chain_link {
    kith_spelt spelt;
    const kith_filter *ops;
    void *self;
    place place;
    bool sends;         /* send() is called, else stage() */
    kith_keep keep, at; /* where its rows begin, in the units of kith_filters_keeps */
    size_t say;         /* where its numbers begin */
    size_t phases;
    double bound;   /* of what reaches it; at the server in the first step */
    uint64_t *seed; /* [planes] */
} chain_link;

struct kith_filters {
    kith_filters_setup setup;
    chain_link *link;
    size_t links;
    kith_keep keeps; /* all together */
    size_t says;
    uint8_t *attacks; /* [N] */
    kith_board *kept; /* (seen, keeps.learner) */
    kith_real *held;  /* (keeps.server, coordinates of this worker's blocks) */
    double *scalars;  /* (slots, keeps.scalars) */
    size_t coordinates;
    kith_board *partial; /* (blocks, sums) */
    double *total;       /* [sums] */
    size_t sums;         /* of all planes in a phase, at most */
    /* Of this step: rows, and in which row of the inbox each begins. */
    const kith_step *step;
    kith_board *inbox;
    size_t rows, merged;
    uint32_t *row_of, *into, *first, *place; /* [m] */
    uint8_t *attacker;                       /* [m] */
    kith_real **row;                         /* [m] */
    double *work;                            /* [4 m] */
    double *bound; /* [links][planes] of what reaches filters at the server, before this step */
};

#endif
