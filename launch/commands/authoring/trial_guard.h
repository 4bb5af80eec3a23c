/* Fences around every vector that a plugin's callbacks get.
 *
 * A guarded callback works on copies that lie between fences. What it has to write begins as a NaN of its own, and is
 * checked to be written; what it may not write is compared with what it was; fences are checked on both sides; lists of
 * planes end with NULL. What lies in a fence is that NaN, too, so that reading there shows in the results.
 * Threads: one. Errors: the callback fails with KITH_EPLUGIN, which says which vector and which number of it.
 */
#ifndef KITH_LAUNCH_TRIAL_GUARD_H
#define KITH_LAUNCH_TRIAL_GUARD_H

#include <kith/kith.h>
#include <stdbool.h>

/* Puts guards around the callbacks of a plugin that the registry loaded, until they are lifted. False: it is of a kind
 * whose callbacks get no vectors of the host's. One plugin at a time. */
bool guard_install(const kith_plugin *plugin);
void guard_lift(void);

#endif
