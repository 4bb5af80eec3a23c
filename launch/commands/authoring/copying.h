/* Templates of plugins, and their copies under other names.
 *
 * A template T is a plugin that works, in the files new-T.c, new-T.ini and new-T.sh, which name themselves 'new-T'. Its
 * copy has the plugin's name there. `external` is a model in Python, new-external.py, in place of a plugin. The build
 * compiles and tests the templates as they are. Threads: one. Errors: KITH_EUSAGE where the folder is there already,
 * KITH_EIO; whatever fails leaves nothing behind.
 */
#ifndef KITH_LAUNCH_COPYING_H
#define KITH_LAUNCH_COPYING_H

#include <kith/base.h>

/* Makes the folder `name` in the working directory. `program` gets how this program is called from elsewhere. */
kith_status copying_make(kith_ctx *ctx, const char *template, const char *name, char *program,
                         size_t size) KITH_CHECKED;

#endif
