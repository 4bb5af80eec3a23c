/* Updates of N learners in S coordinates, from which graphs are drawn. */
#ifndef KITH_TESTS_CONTRIBUTIONWORLD_H
#define KITH_TESTS_CONTRIBUTIONWORLD_H

#include "support.h"

#include "engine/decentralized/gossip.h"
#include "engine/decentralized/ranks.h"
#include "graphworld.h"
#include "runner.h"
#include "measured.h"
#include "quadratics.h"

enum { N = 7, S = 5 };

typedef struct drawing {
    double value[N][S];
    const double *row[N];
    kith_sketches all;
} drawing;

#endif
