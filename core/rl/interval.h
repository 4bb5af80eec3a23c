/* How sure a mean payoff is that comes from so many episodes.
 *
 * Ownership: the caller's. Threads: any number. Errors: none.
 */
#ifndef KITH_RL_INTERVAL_H
#define KITH_RL_INTERVAL_H

#include <stdint.h>

/* The 95 % interval of a mean payoff after so many episodes won, drawn and lost: Wilson's score interval ("Probable
 * inference", JASA 22, 1927) with the variance that the share of decided episodes leaves, of which at least three are
 * assumed, so that it has some width even where all ended alike. */
void kith_payoff_interval(uint64_t won, uint64_t drawn, uint64_t lost, double *low, double *high);

#endif
