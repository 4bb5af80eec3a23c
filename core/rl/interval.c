#include "rl/interval.h"

#include <math.h>

void kith_payoff_interval(uint64_t won, uint64_t drawn, uint64_t lost, double *low, double *high)
{
    static const double z = 1.959963984540054; /* of 95 % */
    const double n = (double)(won + drawn + lost), decided = (double)(won + lost);
    const double mean = ((double)won - (double)lost) / n;
    const double variance = fmin(1.0, fmax(decided, 3.0) / n); /* and less the mean's square, whatever the mean is */
    const double half = z * sqrt((n + z * z) * variance - n * mean * mean) / (n + z * z),
                 middle = n * mean / (n + z * z);
    *low = middle - half;
    *high = middle + half;
}
