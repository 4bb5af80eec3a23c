/* A plugin that dies in a round given by the environment, so that a test can resume what it left. */
#ifndef DIES_H
#define DIES_H

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>

static inline void dies_in(uint64_t round)
{
    const char *given = getenv("KITH_TEST_DIES_IN");
    if (given && strtoull(given, NULL, 10) == round) raise(SIGKILL);
}

#endif
