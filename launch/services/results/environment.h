/* What a record tells of where a run was made: lines "key=value". */
#ifndef KITH_ENVIRONMENT_H
#define KITH_ENVIRONMENT_H

#include <stddef.h>

/* The value of the line of that key, which ends with the line; NULL where there is none. */
const char *kith_environment_value(const char *lines, const char *key, size_t length);

#endif
