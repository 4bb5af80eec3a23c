/* What a run leaves behind: kith.db (SQLite), config.ini, model.npy, model.safetensors, learners.npy; while it is not
 * finished, checkpoint/ (see checkpoint.h). Only worker 0 records.
 *
 * Tables: runs (id, name, algorithm, seed, status, message, started, finished, version, environment), parameters (run,
 *   section, key, value, source), metrics (run, name, round, virtual_time, value), histograms (run, name, bin, value),
 *   arrivals (run, round, place, learner, version, visit, steps, time, ends, lost, late), and of the graph of the last
 * round graphs (run, round, nodes, edges), nodes (run, node, score, flipped), edges (run, node, heard, weight);
 * schema.h has them in full. Wall-clock figures are metrics whose names begin with "wall_"; bytes_sent counts from the
 * run's start. A run's status is "running" until it ends as "done", "stopped" or "failed". A folder that holds anything
 * which no record accounts for (holdings.h) is refused, and so is one whose run is still going on, or that holds what
 * this run reads. Reading: other processes may read the database at any time, also while the run goes on. Errors:
 * KITH_EIO with the path and the remedy. Nothing is half-written: files are written aside, flushed and renamed; metrics
 * of one evaluation are one transaction. Threads: one.
 */
#ifndef KITH_RECORD_H
#define KITH_RECORD_H

#include <kith/base.h>
#include <stdbool.h>

struct kith_config;
struct kith_metric;
typedef struct kith_record kith_record;

typedef struct kith_record_setup {
    const char *folder; /* made if missing; its parent must exist or be makeable */
    const char *name;   /* of the run: the configuration file's name without folder and ending */
    const char *algorithm;
    const char *environment; /* "key=value" lines: versions, BLIS kernels, threading, workers; of a run that is resumed,
                              * how it is arranged now, which is added to them */
    uint64_t seed;
    bool overwrite;  /* replace what a former run left in the folder; else refuse */
    bool collected;  /* the folder is one of a sweep, whose record accounts for what runs left in it */
    bool resume;     /* go on with the run that the folder holds, which kith_record_former() found; */
    bool from_start; /* from its very start; */
    uint64_t round;  /* or after this round: what was recorded for later ones is dropped */
} kith_record_setup;

/* Makes a folder for results, and those that lead to it; refused where it cannot be written. */
kith_status kith_record_folder(kith_ctx *ctx, const char *folder) KITH_CHECKED;

/* The run that a folder holds. */
typedef struct kith_former {
    bool found;
    uint64_t identity;
    char status[16];
    uint64_t rounds; /* run.rounds; 0: it has none */
    char *config;    /* "section.key = value" lines */
} kith_former;

/* Looks without changing anything; not found where there is no folder, no database or no run in it. */
kith_status kith_record_former(kith_ctx *ctx, const char *folder, kith_former *out) KITH_CHECKED;
void kith_former_free(kith_former *former);
/* Removes the checkpoints that a kill at the end of the folder's run left: those of before its last round, if it is
 * done and nobody has the folder. What cannot be removed stays. */
void kith_record_tidy(const char *folder);

kith_status kith_record_open(kith_ctx *ctx, const kith_record_setup *setup, const struct kith_config *config,
                             kith_record **out) KITH_CHECKED;
/* Tells this run from every other that was or will be recorded in the folder. */
uint64_t kith_record_identity(const kith_record *record);
/* Adds one number; kept until commit. NaN is stored as NULL. A round has one number of a name: a second one makes the
 * commit fail with KITH_EINTERNAL and drop all that was kept. */
kith_status kith_record_metric(kith_ctx *ctx, kith_record *record, const char *name, uint64_t round,
                               double virtual_time, double value) KITH_CHECKED;
/* A message that arrived, or a meeting of two learners, for the tables `arrivals` and `partners`; kept until commit, as
 * metrics are. */
typedef struct kith_recorded_arrival {
    uint64_t round, place; /* of the server step, from 0; in it, from 0 */
    uint64_t learner, version, visit, steps;
    double time, ends;   /* s: when it arrived, when the step was made; NaN where no time is modelled */
    uint64_t lost, late; /* of the whole step: visits without a message that counts, those of them that sent one */
    bool meets;          /* whether it is a meeting; then rounds are those of pairs and versions meetings before it, */
    uint64_t partner;    /* and this is whom the learner met: itself, where it has no neighbour */
} kith_recorded_arrival;
kith_status kith_record_arrival(kith_ctx *ctx, kith_record *record, const kith_recorded_arrival *arrival) KITH_CHECKED;
/* From now on numbers go into a file of events beside the database as well, which TensorBoard reads while the run goes
 * on; those that are in the database already come first. A file that takes no more is left as it is, with a note. */
kith_status kith_record_follow(kith_ctx *ctx, kith_record *record) KITH_CHECKED;
/* Makes all numbers so far durable: in the database, or where that takes none for now (a reader's transaction, a full
 * disk) in kith.db-pending beside it, with a note. Fails where neither is possible; all are kept for another try. */
kith_status kith_record_commit(kith_ctx *ctx, kith_record *record) KITH_CHECKED;
/* Enters them into the database, unless the last try was less than a second ago; where it takes none for now they are
 * kept, with a note. */
kith_status kith_record_settle(kith_ctx *ctx, kith_record *record) KITH_CHECKED;
/* Stores a histogram at once, in place of the run's former one of that name: value[b] of bin b; bins of 0 are left
 * out. */
kith_status kith_record_histogram(kith_ctx *ctx, kith_record *record, const char *name, const double *value,
                                  size_t bins) KITH_CHECKED;

/* Enters at once which metrics the run's plugins declare, in place of those entered before. */
kith_status kith_record_declared(kith_ctx *ctx, kith_record *record, const struct kith_metric *metric,
                                 size_t count) KITH_CHECKED;

/* The graph of a run's last round: node i hears from[start[i]] .. from[start[i + 1] - 1], in ascending order, perhaps
 * itself. */
typedef struct kith_last_graph {
    uint64_t round;
    size_t nodes;        /* 0: there was none */
    const size_t *start; /* [nodes + 1]; NULL: complete, all weights 1 / nodes */
    const uint32_t *from;
    const double *weight; /* NULL: edges have none, which is stored as NULL */
    const double *score;  /* [nodes] what learners contributed; NULL: that is not known */
    const bool *flipped;  /* [nodes] whose labels are; NULL: nobody's */
} kith_last_graph;

/* Stores a graph at once, in place of the run's former one. Of one that is too large to be drawn (schema.h) only the
 * numbers of nodes and of edges are stored. */
kith_status kith_record_graph(kith_ctx *ctx, kith_record *record, const kith_last_graph *graph) KITH_CHECKED;
/* Ends the run: "done", "stopped" or "failed", with the message of a failure (NULL else). */
kith_status kith_record_finish(kith_ctx *ctx, kith_record *record, const char *status,
                               const char *message) KITH_CHECKED;
/* Frees it; a run that was not finished stays "running" in the database. */
void kith_record_close(kith_record *record);

/* Where a folder of results has its checkpoints. */
#define KITH_CHECKPOINT_FOLDER "checkpoint"

/* Writes a one-dimensional array of n reals in NumPy's format 1.0, aside, flushed, renamed. */
kith_status kith_npy_write(kith_ctx *ctx, const char *path, const kith_real *values, size_t n) KITH_CHECKED;
/* An array (rows, columns) of floating-point numbers of `element` bytes, 4 or 8. */
kith_status kith_npy_write_rows(kith_ctx *ctx, const char *path, const void *values, size_t element, size_t rows,
                                size_t columns) KITH_CHECKED;
/* Reads such an array, single or double, as doubles; *out goes with kith_free. KITH_EDATA for another file. */
kith_status kith_npy_read_rows(kith_ctx *ctx, const char *path, size_t *rows, size_t *columns,
                               double **out) KITH_CHECKED;

#endif
