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

/* A descriptor that was checked, as long as this host's own: so are its parameter rows and its table of callbacks. Only
 * rows of planes stay as they are, since layout() hands them over later. Strings stay the plugin's. */
kith_status kith_plugin_lengthen(kith_ctx *ctx, const kith_plugin *plugin, kith_plugin **out) KITH_CHECKED;
/* Frees what kith_plugin_lengthen made. Takes NULL. */
void kith_plugin_free(kith_plugin *plugin);

/* How long this host's table of callbacks is for the plugin's kind and role. */
size_t kith_ops_size(const kith_plugin *plugin);
/* Whether the plugin's table of callbacks has all that its kind and role cannot do without. */
kith_status kith_ops_check(kith_ctx *ctx, const char *path, const kith_plugin *plugin) KITH_CHECKED;

#endif
