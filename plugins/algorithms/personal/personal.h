/* What algorithms share whose learners keep models, or parts of models, of their own. */
#ifndef PERSONAL_H
#define PERSONAL_H

#include "averaging.h"

/* A learner's first visit starts from the version it pulled: v->number counts visits that were lost, too, so planes say
 * by a number of their own whether they were written. */
#define PERSONAL_BEGUN                                                                                                 \
    {                                                                                                                  \
        .name = "begun", .side = KITH_SIDE_LEARNER, .scalars = 1                                                       \
    }

/* own <- the version pulled, in a learner's first visit. */
static inline void personal_begin(const kith_visit *v, kith_real *own, kith_real *begun)
{
    if (*begun == 0) kith_copy(v->dimension, v->model, own);
    *begun = 1;
}

/* own_model() of algorithms whose first learner plane is the learner's model. */
static inline kith_status personal_own_model(void *self, kith_visit *v, kith_real *x)
{
    (void)self;
    kith_copy(v->dimension, v->own[0], x);
    return KITH_OK;
}

/* For algorithms that take their own steps along gradients, and have no place for an optimizer's state. */
static inline kith_status personal_wants_plain_sgd(kith_ctx *ctx, const char *id, const kith_setting *setting)
{
    KITH_TRY(averaging_wants_sgd(ctx, id, setting));
    if (setting->local->momentum == 0.0) return KITH_OK;
    return kith_fail(ctx, KITH_ECONFIG, "%s takes two kinds of steps in turn, without momentum; set local.momentum = 0",
                     id);
}

#endif
