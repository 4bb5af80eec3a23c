/* A model on trial: what the files that try models share.
 *
 * Ownership: the pupil belongs to trial_model.c, which makes room for it and closes it. Threads: one.
 */
#ifndef TRIAL_PUPIL_H
#define TRIAL_PUPIL_H

#include "launch/commands/authoring/trial.h"
#include "plugin/model.h"
#include "plugin/units.h"

enum { PUPIL_BATCH = 6 };

/* A model with examples, and room to try it. Vectors have guards behind them that must stay as they are. */
typedef struct pupil {
    trial *t;
    const char *shape;
    const kith_model *ops;
    kith_instance instance;
    const void *self;
    size_t d, work_size;
    kith_real *x, *g, *moved, *direction, *other, *features;
    int32_t label[PUPIL_BATCH];
    kith_real *target;
    kith_score_names scores;
    unsigned char *work;
    kith_batch batch;
} pupil;

/* Draws x near the initial model, so that nothing is zero by symmetry. */
kith_status pupil_start(pupil *p);
/* The loss and its gradient g (d) at x, with the same random numbers in every call: the loss is a function of x. */
kith_status pupil_gradient(pupil *p, const kith_real *x, kith_real *g, double *loss);
/* Whether the gradient is the loss's, by central differences. */
kith_status pupil_try_slopes(pupil *p);

#endif
