/* What runs left behind, read back: the input of `kith report` and `kith export`.
 *
 * Ownership: everything that a kith_results points to belongs to it and goes with kith_results_free().
 * Errors: KITH_EIO, naming the path. A run that still goes on can be read: each database is read in one transaction.
 * Threads: one.
 */
#ifndef KITH_RESULTS_H
#define KITH_RESULTS_H

#include "base/metrics.h"
#include <stdbool.h>

typedef struct kith_point {
    uint64_t round;
    double virtual_time; /* s */
    double value;        /* NaN where none was known */
} kith_point;

typedef struct kith_series {
    const char *name;  /* of the metric */
    kith_point *point; /* by ascending round */
    size_t count;
} kith_series;

typedef struct kith_histogram {
    const char *name;
    double *value; /* [bins] */
    size_t bins;   /* up to the last that is not 0 */
} kith_histogram;

/* `node` hears `heard`. */
typedef struct kith_net_edge {
    uint32_t node, heard;
    double weight; /* NaN: edges have none */
} kith_net_edge;

/* Who heard whom in a run's last round. Runs with the same graph share one. */
typedef struct kith_net {
    uint64_t nodes, edges; /* edges: between two nodes, each direction counted */
    kith_net_edge *edge;   /* by (node, heard), nodes' own included */
    size_t listed;         /* 0: there are too many to be drawn, and nothing below is known */
    double *score;         /* [nodes], NaN where there is none; NULL: nobody has one */
    bool *flipped;         /* [nodes] whose labels are; NULL: nobody's */
} kith_net;

typedef struct kith_setting_text {
    const char *section, *key, *value, *source;
} kith_setting_text;

/* One run. */
typedef struct kith_result {
    const char *id;     /* in the database; in a folder below, FOLDER/ID, or FOLDER where it has one run */
    const char *folder; /* that the database lies in, relative to the folder that was asked for; "" for itself */
    const char *name, *algorithm, *status, *message, *started, *finished, *version, *environment; /* "" for NULL */
    const char *note, *tags; /* what users wrote; tags are divided by blanks */
    const char *database;    /* its path */
    int64_t number;          /* in the database */
    uint64_t seed;
    bool outdated;                /* of a sweep whose file does not have it any more */
    kith_setting_text *parameter; /* in the configuration's order */
    size_t parameters;
    kith_series *series; /* by ascending name */
    size_t series_count;
    kith_histogram *histogram; /* by ascending name */
    size_t histograms;
    const kith_net *net;          /* NULL: none was recorded */
    const kith_metrics *declared; /* by plugins of any of the runs that were read together */
} kith_result;

typedef struct kith_results {
    kith_result **run; /* by folder, then in the order in which they started */
    size_t count;
    kith_net **net; /* all different ones, in the order of the runs */
    size_t nets;
    bool several;           /* databases */
    bool live;              /* runs of sweeps that are still in folders of their own are looked for, too */
    bool halved;            /* those of them that halving halted are */
    bool halted;            /* while these are read: all others are left out */
    bool with_outdated;     /* outdated runs of sweeps are there, too */
    size_t outdated;        /* how many were left out */
    bool newest;            /* of each metric the newest number alone is there */
    const char *root;       /* the folder, or database, that they were read from, which their ids are relative to */
    bool called;            /* they were asked for by an id or a name, and the folder may hold others */
    kith_metrics *declared; /* by plugins of these runs; of several of one name the first that was read */
    struct kith_chunk *memory;
} kith_results;

/* `where`: a kith.db, a folder with one, or a folder of such folders, at any depth: below a folder with a database none
 * is looked for. Or FOLDER/RUN: the run of that id, or those of that name. What is not there is looked for in the
 * folder runs, too. At least one run is there on success. On failure *out is left alone. Outdated runs of sweeps are
 * left out, with a note, but for one that is asked for by its id. */
kith_status kith_results_read(kith_ctx *ctx, const char *where, kith_results *out) KITH_CHECKED;
/* The same with outdated runs and with the runs of sweeps that are still in folders of their own, below the folders of
 * sweeps; and it may be that no run is there yet. */
kith_status kith_results_read_live(kith_ctx *ctx, const char *where, kith_results *out) KITH_CHECKED;
/* Likewise without outdated runs, and with the newest number of each metric alone: what it costs does not grow with the
 * rounds. */
kith_status kith_results_read_newest(kith_ctx *ctx, const char *where, kith_results *out) KITH_CHECKED;
/* As the first with outdated runs, but it may be that no run is there yet. */
kith_status kith_results_read_any(kith_ctx *ctx, const char *where, kith_results *out) KITH_CHECKED;
/* The runs of several such places, ids beginning with the place that they were found in; and of each sweep those, too,
 * that halving halted. with_outdated: those of earlier files of sweeps, too, which else are left out, with a note. */
kith_status kith_results_read_all(kith_ctx *ctx, const char *const *where, size_t places, bool with_outdated,
                                  kith_results *out) KITH_CHECKED;
void kith_results_free(kith_results *results);

/* The folder with what a run left beside its record: beside the common database of several, called as its output is.
 * To be freed with free(). */
kith_status kith_result_home(kith_ctx *ctx, const kith_result *run, char **out) KITH_CHECKED;

/* NULL where the run has none. */
const kith_series *kith_result_series(const kith_result *run, const char *name);
const kith_histogram *kith_result_histogram(const kith_result *run, const char *name);
/* Whether successive halving halted it. */
bool kith_result_is_halted(const kith_result *run);
const char *kith_result_parameter(const kith_result *run, const char *section, const char *key);

#endif
