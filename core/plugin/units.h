/* Hidden units of a model that may change places, as the host keeps them. */
#ifndef KITH_PLUGIN_UNITS_H
#define KITH_PLUGIN_UNITS_H

#include "plugin/registry.h"

#include <kith/model.h>

/* Where a set lies: unit u has the coordinates first + (o n + u) inner + i, o < outer, i < inner. */
typedef struct kith_unit_axis {
    size_t block, set, first, outer, inner;
} kith_unit_axis;

typedef struct kith_unit_set {
    size_t units, groups; /* n, and into how many runs they are grouped */
    size_t axis, axes;    /* which of the axes are the set's */
} kith_unit_set;

typedef struct kith_units {
    kith_unit_set *set;
    kith_unit_axis *axis;
    size_t sets, axes;
    size_t most, widest; /* units of a set; coordinates of one of its axes */
} kith_units;

/* The sets of a created model with these blocks, checked; none where the model has no units(). kith_units_free() takes
 * them back. A refusal says which set is wrong. */
kith_status kith_model_units(kith_ctx *ctx, const kith_instance *model, const kith_block *block, size_t blocks,
                             kith_units *out) KITH_CHECKED;
void kith_units_free(kith_units *units);
/* Unit u of x becomes what unit from[u] was. scratch: `widest` reals. */
void kith_units_move(const kith_units *units, size_t set, const size_t *from, kith_real *scratch, kith_real *x);

#endif
