#include "rl/interval.h"

#include <math.h>

static const double z = 1.959963984540054; /* of 95 % */

/* The squared distance from the count that a mean payoff of d lets expect, less z^2 times its variance: the score test
 * rejects d where this is above 0. Of n episodes b were won and c lost; q is the share of losses that is likeliest
 * where wins are more common than losses by d. */
static double excess(double n, double b, double c, double d)
{
    const double linear = -b - c + (2.0 * n - b + c) * d, constant = -c * d * (1.0 - d);
    const double root = sqrt(fmax(linear * linear - 8.0 * n * constant, 0.0)), q = (root - linear) / (4.0 * n);
    const double far = b - c - n * d;
    return far * far - z * z * n * fmax(2.0 * q + d * (1.0 - d), 0.0);
}

/* The lower end: the test does not reject the mean, and rejects what lies far below. */
static double lower(double n, double b, double c)
{
    enum { HALVINGS = 60 };
    double out = -1.0, in = (b - c) / n;
    if (excess(n, b, c, out) <= 0.0) return out;
    for (int k = 0; k < HALVINGS; k++) {
        const double middle = 0.5 * (out + in);
        if (excess(n, b, c, middle) > 0.0)
            out = middle;
        else
            in = middle;
    }
    return in;
}

void kith_payoff_interval(uint64_t won, uint64_t drawn, uint64_t lost, double *low, double *high)
{
    const double n = (double)(won + drawn + lost);
    *low = lower(n, (double)won, (double)lost);
    *high = -lower(n, (double)lost, (double)won);
}
