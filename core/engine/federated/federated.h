/* The federated engine's own state, shared by the file that makes rounds, the one that knows where planes lie,
 * and the one that saves them.
 *
 * Ownership and threads: as engine.h says of every engine.
 */
#ifndef KITH_FEDERATED_STATE_H
#define KITH_FEDERATED_STATE_H

#include "engine/work/deal.h"
#include "base/heap.h"
#include "engine/engine.h"
#include "engine/filter/filters.h"
#include "engine/participation/participation.h"

/* What is summed up between measures, and what a checkpoint keeps of it beside planes. Elements of 8 bytes. */
typedef struct tally {
    double loss, losses, steps, staleness, visits, rounds; /* since the last measure */
    double time;
    uint64_t up, down, lost; /* since the start */
} tally;

/* What one visit reports beside its messages; what it says for tell() of the algorithm and of filters follows. */
enum { REPORT_LOSS = 0, REPORT_STEPS, REPORT_ITEMS }; /* then what filters say, then what selection goes by */

/* The parts of a checkpoint that there always are. Then come the scalars that learners have, published scalars and what
 * visits said, where there are such; then held planes. */
enum { PART_TALLY = 0, PART_MODELS, PART_OWN, PART_FIXED };

/* Planes whose rows lie together: vectors one after another, each a row of a board, and all scalars in a row of
 * another. */
typedef struct store {
    size_t vectors, scalars;
    kith_board *board;   /* (rows * vectors, d) */
    kith_board *numbers; /* (rows, scalars) */
} store;

/* Where a plane lies in its store: which vector, or from which number on. */
typedef struct placing {
    size_t at, length;
    bool scalar;
} placing;

/* A private server plane: of a vector this worker's blocks, of scalars all, the same on every worker. One row for
 * KITH_SIDE_SERVER, N rows for KITH_SIDE_MEMORY. */
typedef struct holding {
    char *base;
    size_t element, rows;
} holding;

typedef struct federated {
    kith_heap heap; /* lists that live as long as the engine */
    kith_engine_setup setup;
    const kith_participation_config *participation;
    const kith_federated *ops;
    void *self;                    /* the algorithm's */
    size_t d, blocks, first, last; /* coordinates; all blocks; this worker's blocks */
    size_t m;
    kith_plane *plane;                                      /* [planes] as the algorithm declares them */
    placing *place;                                         /* [planes] */
    size_t planes, sides[KITH_SIDE_LEARNER + 1], publishes; /* of each side; server planes that are published */
    bool serves_scalars;                                    /* the server has scalars */
    store sent, own, published; /* rows: arrivals, learners seen; versions, whose vectors lie among the models and whose
                                   scalars in published_scalars */
    kith_real *published_scalars; /* (slots, scalars), the same on every worker */
    kith_filters *filters;        /* NULL: none */
    kith_visit_plan *plan;
    kith_visit_queue *queue;
    const kith_step *step;
    kith_board *models;  /* (slots * (1 + published vectors), d): version and its published vectors */
    kith_board *reports; /* (2 * m, REPORT_ITEMS + says + 1 where cohorts are selected) doubles; rounds alternate */
    kith_board *partial; /* (blocks, sums) doubles */
    size_t sums, phases;
    double *total;
    double *said; /* [says] of visits since the last measure: the algorithm's, and those of filters */
    size_t says;
    holding *held;   /* [planes]; base NULL where the plane is not held here */
    size_t *own_row; /* [N] 1 + row of a learner's planes; 0: not seen yet */
    size_t own_rows;
    kith_real *work;
    /* lists reused each round */
    kith_origin *origin, *sender, *report_origin;
    uint32_t *gathered;
    const kith_real **fold_message, **visit_published;
    kith_real **sent_vector; /* [sent.vectors] of a visit */
    kith_real **visit_message, **visit_own, **fold_memory;
    void **fold_server;
    tally tally;
    uint32_t newest;
    size_t slots;
    kith_part *part;
    size_t parts;
    uint64_t grows; /* see kith_engine */
} federated;

/* ---- planes.c ---- */

/* Takes the planes from the algorithm, and checks them. */
kith_status kith_federated_lay_out(kith_ctx *ctx, federated *f) KITH_CHECKED;
/* Whether something lasts of each learner, so that its visits are made where that lies. */
bool kith_federated_settled(const federated *f);
/* What goes out of a store in one message, before filters. */
double kith_federated_bytes(const federated *f, const store *s);
kith_status kith_federated_allocate(kith_ctx *ctx, federated *f, const kith_plan_extent *extent) KITH_CHECKED;
/* [all] */
kith_status kith_federated_open_boards(kith_ctx *ctx, federated *f, const kith_plan_extent *extent) KITH_CHECKED;
/* [all] */
void kith_federated_free(federated *f);
/* The model (vector 0) of the version in a slot, or one of its published vectors. */
kith_real *kith_federated_version(const federated *f, uint32_t slot, size_t vector);
/* Where the first coordinate of a block of a held vector's row lies: blocks one after another, each with all its
 * rows. */
void *kith_federated_held(const federated *f, const holding *h, size_t block, size_t count, size_t row);
void *kith_federated_held_scalars(const federated *f, size_t plane, size_t row);
/* Fills in visit_message, visit_published, visit_own for arrival a of the step. */
void kith_federated_point_visit(federated *f, size_t a);
/* Of the first message plane, of the visit pointed at. */
double kith_federated_sent_norm(const federated *f);
/* Fills in visit_published and visit_own for a learner that looks at the newest version. */
void kith_federated_point_learner(federated *f, size_t learner);
/* Fills in a block's coordinates and planes; block SIZE_MAX: scalars alone, for scalars(). */
void kith_federated_point_fold(federated *f, size_t block, kith_fold *fold);
/* Of the server's scalars as they are, those of memory planes for this step's learners. */
uint64_t kith_federated_scalars_digest(const federated *f);

/* ---- save.c ---- */

/* Rows for the planes of learners that this step sees first. */
void kith_federated_assign_rows(federated *f);
/* engine.h's parts, save and load. */
kith_status kith_federated_list_parts(kith_ctx *ctx, federated *f, const kith_plan_extent *extent) KITH_CHECKED;
const kith_part *kith_federated_parts(const void *self, size_t *count);
kith_status kith_federated_save(kith_ctx *ctx, const void *self, kith_checkpoint *to);
kith_status kith_federated_load(kith_ctx *ctx, void *self, kith_checkpoint *from, uint64_t round);

#endif
