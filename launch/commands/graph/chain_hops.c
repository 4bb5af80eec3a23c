#include "launch/commands/graph/chain.h"

#include <math.h>

/* Second moments of one eigenvector's share in the visits' measure and in the model. */
typedef struct moments {
    double xx, xt, tt;
} moments;

/* Early steps of a strong walk would overshoot, xi times 1 - gamma (1 + h) below -1, where a measure cannot: they go to
 * the middle. */
static moments step(moments m, double h, double noise, double gamma, double beta)
{
    const double keep = fmax(0.0, 1.0 - gamma * (1.0 + h)), hold = 1.0 - beta, pull = -beta * h;
    return (moments){keep * keep * m.xx + gamma * gamma * noise,
                     keep * (hold * m.xt + pull * m.xx) + gamma * beta * noise,
                     hold * hold * m.tt + 2.0 * hold * pull * m.xt + pull * pull * m.xx + beta * beta * noise};
}

void chain_errors(const double *lambda, size_t values, double alpha, double a, double b, uint64_t hops, double *error)
{
    enum { AT_ONCE = 64 };
    for (size_t first = 0; first < values; first += AT_ONCE) {
        const size_t count = values - first < AT_ONCE ? values - first : AT_ONCE;
        moments m[AT_ONCE] = {{0}};
        for (uint64_t n = 1; n <= hops; n++) {
            const double gamma = pow((double)n + 1.0, -a), beta = pow((double)n + 1.0, -b);
            for (size_t k = 0; k < count; k++) {
                const double l = lambda[first + k];
                m[k] = step(m[k], alpha * (1.0 + l), (1.0 + l) / (1.0 - l), gamma, beta);
            }
        }
        for (size_t k = 0; k < count; k++)
            error[first + k] = m[k].tt * pow((double)hops + 1.0, b);
    }
}
