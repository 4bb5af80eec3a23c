#include "graph/repelled.h"

#include <math.h>

/* Early steps of a strong walk would overshoot, xi times 1 - gamma (1 + drift) below -1, where a measure cannot: they
 * go to the middle. */
void kith_repelled_step(kith_repelled *m, double drift, double noise, double gamma, double beta, double curvature)
{
    const double keep = fmax(0.0, 1.0 - gamma * (1.0 + drift)), hold = 1.0 - beta * curvature, pull = -beta * drift;
    *m = (kith_repelled){keep * keep * m->xx + gamma * gamma * noise,
                         keep * (hold * m->xt + pull * m->xx) + gamma * beta * noise,
                         hold * hold * m->tt + 2.0 * hold * pull * m->xt + pull * pull * m->xx + beta * beta * noise};
}
