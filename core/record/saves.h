/* The files in a folder of checkpoints: their names, which there are, and which go.
 *
 * Ownership: nothing is kept. Threads: one. Errors: KITH_EIO. Files with other names are left alone.
 */
#ifndef KITH_SAVES_H
#define KITH_SAVES_H

#include <kith/base.h>
#include <stdbool.h>

#define KITH_SAVE_FORMAT  "round-%06llu.kith"
#define KITH_SAVE_PENDING ".new" /* follows the name of one that is not complete */

/* Whether a file in such a folder is a checkpoint, complete or not, by its name. */
bool kith_saves_name(const char *name);
/* Refuses a folder with a checkpoint that is not damaged and belongs to another run than the one of this identity,
 * which `record` holds. */
kith_status kith_saves_check(kith_ctx *ctx, const char *folder, uint64_t run, const char *record) KITH_CHECKED;

/* After `newest` was put in place: makes the folder's entries durable, then removes complete files but for the `keep`
 * newest, and all that are not complete. */
kith_status kith_saves_settle(kith_ctx *ctx, const char *folder, uint64_t newest, size_t keep) KITH_CHECKED;

/* Of a run that is done after so many rounds, which may keep the checkpoint of its last one: removes what a kill at
 * its end left besides. What cannot be removed stays. */
void kith_saves_tidy(const char *folder, uint64_t rounds);

#endif
