/* How sure a mean payoff is that comes from so many episodes.
 *
 * Ownership: the caller's. Threads: any number. Errors: none.
 */
#ifndef KITH_RL_INTERVAL_H
#define KITH_RL_INTERVAL_H

#include <stdint.h>

/* The 95 % interval of a mean payoff after so many episodes won, drawn and lost, at least one: all means that a score
 * test does not reject (Tango, "Equivalence test and confidence interval for the difference in proportions for the
 * paired-sample design", Statistics in Medicine 17, 1998). Without draws it is Wilson's. It has some width even where
 * all ended alike. From 100 episodes on, its coverage is 93 to 97 % unless nearly all end alike, and then at least 90
 * %. */
void kith_payoff_interval(uint64_t won, uint64_t drawn, uint64_t lost, double *low, double *high);

#endif
