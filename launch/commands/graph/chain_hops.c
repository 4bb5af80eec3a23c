#include "launch/commands/graph/chain.h"

#include "graph/repelled.h"

#include <math.h>

void chain_errors(const double *lambda, size_t values, double alpha, double a, double b, uint64_t hops, double *error)
{
    enum { AT_ONCE = 64 };
    for (size_t first = 0; first < values; first += AT_ONCE) {
        const size_t count = values - first < AT_ONCE ? values - first : AT_ONCE;
        kith_repelled m[AT_ONCE] = {{0}};
        for (uint64_t n = 1; n <= hops; n++) {
            const double gamma = pow((double)n + 1.0, -a), beta = pow((double)n + 1.0, -b);
            for (size_t k = 0; k < count; k++) {
                const double l = lambda[first + k];
                kith_repelled_step(&m[k], alpha * (1.0 + l), (1.0 + l) / (1.0 - l), gamma, beta, 1.0);
            }
        }
        for (size_t k = 0; k < count; k++)
            error[first + k] = m[k].tt * pow((double)hops + 1.0, b);
    }
}
