/* What a shell may offer for a setting on the command line, from the parameter rows.
 *
 * Threads: one. Errors: those of listing the plugins.
 */
#ifndef KITH_LAUNCH_COMPLETING_H
#define KITH_LAUNCH_COMPLETING_H

#include "plugin/registry.h"

/* Prints, one a line, what `word` could become: "section." of all sections and plugins, "section.key=" of one, or
 * "section.key=value": the names of plugins, the choices, or the default. A word that begins none of these gives no
 * line. */
kith_status completing_print(kith_ctx *ctx, kith_registry *registry, const char *word) KITH_CHECKED;

#endif
