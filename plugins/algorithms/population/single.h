/* What the algorithms with one learner and one population share. */
#ifndef KITH_POPULATION_SINGLE_H
#define KITH_POPULATION_SINGLE_H

#include <kith/kith.h>

static const char *const single_populations[] = {"all"};
static const char *const single_learners[] = {"learner"};

/* step, output, and what else there is */
#define SINGLE(...)                                                                                                    \
    {                                                                                                                  \
        .populations = single_populations, .population_count = 1, .learners = single_learners, .learner_count = 1,     \
        .initial = 1u << 0, .frozen = 1, __VA_ARGS__                                                                   \
    }

#endif
