/* What runs a sweep consists of: the points of a grid, each with a configuration of its own.
 *
 * A sweep's file is an experiment's with a section [sweep]. A key with a dot in it is an axis: "local.lr = 0.1, 0.2" in
 * [sweep] gives [local] lr these values in turn. Axes make a grid; those that sweep.zip names together move together,
 * as one dimension, and so do all whose values are drawn (draws.h). Dimensions of nothing but seeds come last, so that
 * the runs of a point follow one another. A run goes by the digest of its configuration: so it is known again when the
 * sweep is started anew. Its folder is named by its values and the digest's beginning. Points of one digest (an axis of
 * a plugin that they do not use) are one run.
 *
 * Ownership: sweep_plan_free() frees all. Threads: one. Errors: KITH_ECONFIG naming the file's line and the key.
 */
#ifndef KITH_LAUNCH_SWEEP_PLAN_H
#define KITH_LAUNCH_SWEEP_PLAN_H

#include "launch/services/options.h"
#include "launch/commands/sweep/values.h"
#include "plugin/registry.h"
#include <limits.h>

enum { SWEEP_LABEL_SIZE = 200, SWEEP_VALUE_SIZE = 128, SWEEP_MOST_RUNGS = 32 };
enum { SWEEP_DIGITS = 12 }; /* of a digest, in a folder's name */

typedef struct sweep_settings {
    int64_t workers_per_run, count, draw_seed, halving, halving_from;
    const char *metrics, *zip;
} sweep_settings;
extern const kith_param sweep_params[];
extern const size_t sweep_param_count;

typedef struct sweep_axis {
    char *section, *key;
    char *source; /* "sweep.ini:12" */
    char *title;  /* how tables name it: the key, with its section where two axes have one key */
    char *drawn;  /* what values are drawn by; NULL: they are listed */
    sweep_values values;
    size_t dimension;
    bool seed;
    bool read;       /* some point reads it */
    kith_why unread; /* else what is in the way at the last point, "partition.kind = iid" */
} sweep_axis;

/* A point and its digest, to be looked up by. */
typedef struct sweep_twin {
    uint64_t digest;
    size_t point;
} sweep_twin;

typedef struct sweep_plan {
    const run_options *options;
    struct kith_registry *registry;
    struct kith_config *given; /* as read */
    struct kith_config *base;  /* the same without [sweep] */
    sweep_settings settings;
    sweep_axis *axis;
    size_t axes;
    size_t *extent; /* (dimensions) values each */
    size_t dimensions, points;
    size_t repeats;   /* points that follow each other and differ in nothing but seeds */
    uint64_t *digest; /* (points) */
    sweep_twin *twin; /* (points) by digest, then by point; known when digests are */
    size_t *first;    /* (points) the first point that is the same run, likewise */
    bool *idle;       /* (points, axes) the point does not read the axis; known after sweep_plan_resolve() */
    uint64_t *past;   /* (pasts) digests of runs that were done before; read when somebody asks */
    size_t pasts;
    bool looked;
    char **subfolder;                /* (points) names of runs' folders, known when digests are; NULL of a later twin */
    uint64_t rung[SWEEP_MOST_RUNGS]; /* rounds at which runs are halted and compared (halving.h) */
    size_t rungs;
    char name[256]; /* of the file */
    char folder[PATH_MAX];
} sweep_plan;

/* Reads the file and tries the first point. No worker talks to another. It must be freed after a failure too. */
kith_status sweep_plan_read(kith_ctx *ctx, const run_options *options, sweep_plan *out) KITH_CHECKED;
/* Tries every point without touching data, and fills in the digests. Notes that all points have go to ctx. A point that
 * was made before needs no file any more. */
kith_status sweep_plan_resolve(kith_ctx *ctx, sweep_plan *plan) KITH_CHECKED;
void sweep_plan_free(sweep_plan *plan);

/* What a resolved run goes by. */
uint64_t sweep_plan_digest(const struct kith_config *config);
/* The first point that is the same run, and whether that is an earlier one. */
size_t sweep_plan_first(const sweep_plan *plan, size_t point);
bool sweep_plan_twin(const sweep_plan *plan, size_t point);
/* The first point of a digest; false: there is none. whole false: of those that agree in its first SWEEP_DIGITS digits.
 */
bool sweep_plan_find(const sweep_plan *plan, uint64_t digest, bool whole, size_t *first);
/* Whether a run of this digest was done before, in the sweep's folder. What cannot be read holds none. */
bool sweep_plan_is_past(sweep_plan *plan, uint64_t digest);
/* Finds who is whose twin, from the digests. */
void sweep_plan_find_twins(sweep_plan *plan);
/* Axes in which points of one digest differ are read by none of them. */
void sweep_plan_find_idle(sweep_plan *plan);
/* Refuses a value that is listed twice. */
kith_status sweep_plan_check_values(kith_ctx *ctx, const sweep_plan *plan) KITH_CHECKED;
/* Names the folders of all points, from digests and from what is there; sweep_plan_resolve() does it, too. */
kith_status sweep_plan_name_folders(kith_ctx *ctx, sweep_plan *plan) KITH_CHECKED;
/* The folder of a point's run. */
void sweep_plan_folder(const sweep_plan *plan, size_t point, char *out, size_t size);
/* "lr = 0.1, topology = ring"; seeds: with those axes too. "" where there is nothing to say. */
void sweep_plan_label(const sweep_plan *plan, size_t point, bool seeds, char *out, size_t size);
/* Which value of an axis a point has. */
size_t sweep_plan_value(const sweep_plan *plan, size_t point, const sweep_axis *axis);
/* The same as tables and labels tell it: a long one loses its middle and gets its number, "conv 8 ... dense (#2)". */
void sweep_plan_tell(const sweep_plan *plan, size_t point, const sweep_axis *axis, char out[SWEEP_VALUE_SIZE]);
/* The same, or "-" where the point does not read the axis. */
void sweep_plan_cell(const sweep_plan *plan, size_t point, size_t axis, char out[SWEEP_VALUE_SIZE]);
/* A resolved run of its own, recorded in the point's folder. Close it, then destroy *config. */
kith_status sweep_plan_run(kith_ctx *ctx, const sweep_plan *plan, size_t point, const kith_run_options *options,
                           struct kith_config **config, kith_run **run) KITH_CHECKED;

#endif
