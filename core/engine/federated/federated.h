/* The federated engine's own state, shared by the file that makes rounds and the one that saves them.
 *
 * Ownership and threads: as engine.h says of every engine.
 */
#ifndef KITH_FEDERATED_STATE_H
#define KITH_FEDERATED_STATE_H

#include "engine/work/deal.h"
#include "engine/engine.h"
#include "engine/participation/participation.h"

/* What is summed up between measures, and what a checkpoint keeps of it beside planes. Elements of 8 bytes. */
typedef struct tally {
    double loss, losses, steps, staleness, visits, rounds; /* since the last measure */
    double time;
    uint64_t bytes, lost; /* since the start */
} tally;

/* The parts of a checkpoint; the held planes follow. */
enum { PART_TALLY = 0, PART_MODELS, PART_OWN, PART_HELD };

/* A server-side plane of this worker's blocks: one row for KITH_SIDE_SERVER, N rows for KITH_SIDE_MEMORY. */
typedef struct holding {
    char *base;
    size_t element, rows;
} holding;

typedef struct federated {
    kith_engine_about about;
    const kith_federated *ops;
    void *self;                    /* the algorithm's */
    size_t d, blocks, first, last; /* coordinates; all blocks; this worker's blocks */
    size_t m;
    size_t messages, published, servers, memories, owns; /* planes by side; servers counts published ones too */
    kith_plan *plan;
    kith_hand *hand;
    const kith_step *step;
    kith_board *models;  /* (slots * (1 + published), d): version and its published planes */
    kith_board *inbox;   /* (m * messages, d) */
    kith_board *reports; /* (2 * m, REPORT_ITEMS) doubles; rounds alternate */
    kith_board *own;     /* (seen * owns, d) */
    kith_board *partial; /* (blocks, sums) doubles */
    size_t sums, phases;
    double *total;
    holding *held;   /* [plane_count]; base NULL where the plane is not held here */
    size_t *own_row; /* [N] 1 + row of a learner's planes; 0: not seen yet */
    size_t own_rows;
    kith_real *work;
    /* lists reused each round */
    kith_origin *origin, *report_origin;
    uint32_t *gathered;
    const kith_real **fold_message, **visit_published;
    kith_real **visit_message, **visit_own, **fold_memory;
    void **fold_server;
    tally tally;
    uint32_t newest;
    size_t slots;
    kith_part *part; /* [PART_HELD + plane_count] */
    size_t parts;
} federated;

/* Rows for the planes of learners that this step sees first. */
void kith_federated_assign_rows(federated *f);
/* Where the first coordinate of a block of a held plane's row lies: blocks one after another, each with all its
 * rows. */
void *kith_federated_held(const federated *f, const holding *h, size_t block, size_t count, size_t row);

/* engine.h's parts, save and load. */
void kith_federated_list_parts(federated *f, const kith_plan_extent *extent);
const kith_part *kith_federated_parts(const void *self, size_t *count);
kith_status kith_federated_save(kith_ctx *ctx, const void *self, kith_checkpoint *to);
kith_status kith_federated_load(kith_ctx *ctx, void *self, kith_checkpoint *from, uint64_t round);

#endif
