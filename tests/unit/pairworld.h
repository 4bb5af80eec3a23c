/* AD-PSGD on quadratics, f_i(x) = 1/2 |x - b_i|^2 with b_i = i + 1, one example a learner. */
#ifndef KITH_TESTS_PAIRWORLD_H
#define KITH_TESTS_PAIRWORLD_H

#include "support.h"

#include "engine/decentralized/meetings.h"
#include "runner.h"
#include "quadratics.h"

#include <kith/random.h>

enum { D = 3, MOST = 8, SEED = 7 };

static inline void choose(settings *s, const char *topology, int learners, int rounds)
{
    quadratic(s, "ad-psgd", learners, 1.0, D, rounds);
    set(s, "run.topology=%s", topology);
    set(s, "run.seed=%d", SEED);
    set(s, "local.lr=0.1");
    set(s, "local.steps=1");
    set(s, "decentralized.merge=no");
}

static inline const kith_gossip *inside(const runner *r)
{
    return kith_run_engine(r->run)->self;
}

static inline size_t one(const void *data, size_t learner)
{
    (void)data;
    (void)learner;
    return 1;
}

#endif
