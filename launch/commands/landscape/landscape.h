/* What the files of `kith landscape` share: its options, the models that are compared, and what was found.
 *
 * Ownership: landscape_options_free; gallery_close frees all that a gallery has. Threads: one per worker; functions
 * marked [all] are called by all workers in the same order and agree on failures.
 * Letters: n models, d dimension; theta a model.
 */
#ifndef KITH_LAUNCH_LANDSCAPE_H
#define KITH_LAUNCH_LANDSCAPE_H

#include "data/data.h"
#include "engine/frame/testing.h"
#include "exchange/exchange.h"
#include "launch/services/options.h"
#include "launch/services/pictures/convert.h"
#include "plugin/registry.h"

#include <stdio.h>

typedef struct landscape_options {
    run_options run;   /* first, since a worker gets this part */
    const char **text; /* [count] folders */
    size_t count;
    option_words words;                            /* what workers that -n starts get */
    const char *learners, *line, *plane, *weights; /* lists, as they were typed; NULL: not given */
    bool matrix, polygon, align;
    kith_picture_format format;
    size_t steps, grid, examples; /* examples 0: all */
    double width_mm;
    const char *folder; /* for figures; NULL: figures, in the first folder */
    char home[PATH_MAX];
} landscape_options;

/* A failure has been worded when it returns. */
kith_status landscape_options_parse(int argc, char **argv, landscape_options *out) KITH_CHECKED;
void landscape_options_free(landscape_options *options);

/* A file with models. */
typedef struct exhibit {
    char *folder;
    struct kith_config *config;
    kith_run *run;
    bool one; /* model.npy, not learners.npy */
    size_t rows;
} exhibit;

/* The models that are compared. */
typedef struct gallery {
    kith_ctx *ctx;
    const landscape_options *options;
    kith_exchange *exchange;
    kith_registry *registry;
    exhibit *exhibit; /* [exhibits]; models are tested on the data of the first */
    size_t exhibits;
    kith_testing about;
    size_t models;      /* in all files; numbered file by file */
    size_t count;       /* n, those that were chosen */
    size_t *number;     /* [n] */
    kith_board *board;  /* (n + 1, d); the last for a mean */
    kith_tested *alone; /* [n] each by itself */
    kith_real *x;       /* (d) */
    double *weight;     /* [n] scratch */
} gallery;

/* [all] From folders to models, which are aligned where that is asked for, and tested. */
kith_status gallery_open(gallery *g) KITH_CHECKED;
void gallery_close(gallery *g);
/* "0,3,8-11": numbers of chosen models, as places among them, into place[*count], which has room for all that are
 * chosen. *count 0 before: any number of them; else so many. `option` begins the message of a refusal. */
kith_status gallery_find(gallery *g, const char *option, const char *text, size_t *place, size_t *count) KITH_CHECKED;
const kith_real *gallery_model(const gallery *g, size_t place);

/* ---- points between models ---- */

/* [all] The model sum_k weight[k] theta_k, k < n, in double and rounded once. */
kith_status surface_score(gallery *g, const double *weight, kith_tested *out) KITH_CHECKED;

/* Between two models, theta(t) = (1 - t) a + t b: how far the loss rises above, and accuracy falls below, the straight
 * line between those of the ends, at most (Frankle et al. 2020; Entezari et al. 2022). At least 0. */
typedef struct barrier {
    double loss, accuracy; /* accuracy NaN without classes */
    double at;             /* t of the loss's */
} barrier;
/* [all] point[0..steps-1]: at t = k / (steps - 1). */
kith_status surface_line(gallery *g, size_t a, size_t b, kith_tested *point) KITH_CHECKED;
barrier barrier_of(const kith_tested *point, size_t steps);

/* A grid of models in a plane; where there is none, its scores are NaN. */
typedef struct sheet_of {
    size_t side;
    double x[2], y[2];   /* of the outer points */
    kith_tested *point;  /* (side, side), the lowest row first */
    double (*corner)[2]; /* [corners] where models lie */
    size_t *place;       /* [corners] which */
    size_t corners;
} sheet_of;
/* [all] The plane through three models, with their distances: the first at (0, 0), the second at (|b - a|, 0). */
kith_status surface_plane(gallery *g, const size_t place[3], sheet_of *out) KITH_CHECKED;
/* [all] All models at the corners of a regular polygon; a point is their mean by its mean value coordinates. */
kith_status surface_polygon(gallery *g, sheet_of *out) KITH_CHECKED;
void sheet_of_free(sheet_of *s);

/* Mean value coordinates of (x, y), inside or on the border of a convex polygon whose n corners go round it: at least
 * 0, sum 1, and sum_k weight[k] corner[k] = (x, y) (Floater, "Mean value coordinates", CAGD 20, 2003, eq. 2.1). false:
 * it lies outside. */
bool mean_value_coordinates(size_t n, const double (*corner)[2], double x, double y, double *weight);

/* ---- what is left of it ---- */

/* Mergeability with weights (Zhu et al. 2025, definition 2): whether the loss of the weighted mean is no greater than
 * the weighted mean of losses. */
typedef struct merging {
    const char *weights;   /* uniform, examples, given */
    kith_tested mean;      /* of the mean */
    double loss, accuracy; /* means of them */
} merging;
enum { MERGINGS = 3 };

typedef struct landscape {
    merging merging[MERGINGS];
    size_t mergings;
    barrier *pair; /* (n, n); NULL: not asked for */
    kith_tested *line;
    size_t ends[2];
    sheet_of plane, polygon; /* side 0: not asked for */
} landscape;

/* By worker 0: the tables, and the figures drawn from them, into the folder; names each on `list`. */
kith_status landscape_write(const gallery *g, const landscape *l, FILE *list) KITH_CHECKED;
/* For people, on standard output. */
void landscape_print(const gallery *g, const landscape *l);

#endif
