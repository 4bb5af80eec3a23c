/* What `kith info --json` prints on standard output: objects {"plugin": ...} and {"section": ...}, with a list of
 * parameters each, whose values are texts as rows have them. Threads: one. */
#ifndef KITH_LAUNCH_INFO_JSON_H
#define KITH_LAUNCH_INFO_JSON_H

#include "plugin/registry.h"

void info_json_section(const char *name, const kith_param *params, size_t count);
void info_json_plugin(const kith_listing *entry);
/* An array of all plugins, then all sections. */
void info_json_all(const kith_listing *listing, size_t count);

#endif
