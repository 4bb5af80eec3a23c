#include "launch/services/results/environment.h"

#include <string.h>

const char *kith_environment_value(const char *lines, const char *key, size_t length)
{
    for (; *lines; lines += strcspn(lines, "\n"), lines += *lines == '\n')
        if (strncmp(lines, key, length) == 0 && lines[length] == '=') return lines + length + 1;
    return NULL;
}
