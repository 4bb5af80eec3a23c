/* How much a message counts that is tau versions late: s(tau), with s(0) = 1.
 * Source: Xie, Koyejo, Gupta, "Asynchronous Federated Optimization", OPT 2020 (arXiv 1903.03934), section 5.2. */
#ifndef STALENESS_H
#define STALENESS_H

#include <kith/kith.h>
#include <math.h>

typedef enum staleness_kind { STALENESS_CONSTANT = 0, STALENESS_POLYNOMIAL, STALENESS_HINGE } staleness_kind;

typedef struct staleness {
    int kind;
    double a, b;
} staleness;

/* The rows of a `staleness` member of the config struct. */
#define STALENESS_ROWS(config_type)                                                                                    \
    {"staleness",                                                                                                      \
     KITH_TYPE_CHOICE,                                                                                                 \
     0,                                                                                                                \
     offsetof(config_type, staleness.kind),                                                                            \
     "polynomial",                                                                                                     \
     "constant|polynomial|hinge",                                                                                      \
     "",                                                                                                               \
     "How much less a late message counts: s(tau) = 1, (1 + tau)^-a, or 1 up to tau = b and 1 / (a (tau - b) + 1) "    \
     "beyond."},                                                                                                       \
        {"a",                                                                                                          \
         KITH_TYPE_REAL,                                                                                               \
         "staleness != constant",                                                                                      \
         offsetof(config_type, staleness.a),                                                                           \
         "0.5",                                                                                                        \
         "[0,inf)",                                                                                                    \
         "",                                                                                                           \
         "How fast s(tau) falls (polynomial, hinge)."},                                                                \
    {                                                                                                                  \
        "b", KITH_TYPE_REAL, "staleness = hinge", offsetof(config_type, staleness.b), "4", "[0,inf)", "versions",      \
            "The staleness up to which nothing is taken off (hinge)."                                                  \
    }

static inline double staleness_weight(const staleness *s, uint64_t tau)
{
    const double late = (double)tau;
    if (s->kind == STALENESS_POLYNOMIAL) return pow(1.0 + late, -s->a);
    if (s->kind == STALENESS_HINGE && late > s->b) return 1.0 / (s->a * (late - s->b) + 1.0);
    return 1.0;
}

#endif
