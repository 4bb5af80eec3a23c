/* What a short run of a plugin is made of: settings, the user's last.
 *
 * Ownership: the texts are freed by recipe_free(), after a failure too. Threads: one. Errors: what makes no run
 * possible.
 */
#ifndef KITH_LAUNCH_TRIAL_RECIPE_H
#define KITH_LAUNCH_TRIAL_RECIPE_H

#include "launch/commands/authoring/trial.h"

enum { RECIPE_TEXTS = 96 };

typedef struct recipe {
    char *text[RECIPE_TEXTS]; /* "section.key=value" */
    size_t count;
    bool failed; /* one of them had no memory, or no place */
} recipe;

kith_status recipe_make(trial *t, recipe *out) KITH_CHECKED;
void recipe_free(recipe *r);
/* Why there is no run that the plugin could be part of without files; NULL where there is one. */
const char *recipe_lacks(trial *t);

#endif
