/* What policies of a game are, for those outside this room who read them back.
 * Threads: any. Errors: none.
 */
#ifndef KITH_ENGINE_POPULATION_POLICIES_H
#define KITH_ENGINE_POPULATION_POLICIES_H

#include "engine/population/settings.h"

#include <kith/game.h>

typedef enum kith_policy_form {
    KITH_FORM_MATRIX = 0, /* tables of a matrix game */
    KITH_FORM_STATES,     /* tables of a game with states, which is solved exactly */
    KITH_FORM_NETWORKS    /* networks that learn by playing */
} kith_policy_form;

/* What [population] and the game ask for. */
kith_policy_form kith_policy_form_of(const kith_population_config *c, const kith_game_shape *shape);
/* "tables" or "networks", as in messages. */
const char *kith_policy_form_name(kith_policy_form form);

#endif
