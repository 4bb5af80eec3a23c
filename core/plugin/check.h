/* The checks a plugin passes before anything of it is used. Each failure is KITH_EPLUGIN and names the file and field.
 */
#ifndef KITH_CHECK_H
#define KITH_CHECK_H

#include <kith/plugin.h>

/* Before dlopen: a shared object for this machine, as long as its own headers say. */
kith_status kith_elf_check(kith_ctx *ctx, const char *path) KITH_CHECKED;

/* After dlopen: the descriptor, its parameters and its table of callbacks. `id` is the file's name without ".so". */
kith_status kith_descriptor_check(kith_ctx *ctx, const char *path, const char *id,
                                  const kith_plugin *plugin) KITH_CHECKED;

/* The parameter rows as this host's kith_param, whatever size the plugin's have; to be freed with kith_free. */
kith_status kith_plugin_rows(kith_ctx *ctx, const kith_plugin *plugin, kith_param **out) KITH_CHECKED;

/* Whether the plugin's table of callbacks has all that its kind and role cannot do without. */
kith_status kith_ops_check(kith_ctx *ctx, const char *path, const kith_plugin *plugin) KITH_CHECKED;

#endif
