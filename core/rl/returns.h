/* What critics aim at: advantages and returns, running moments of returns, losses of values.
 *
 * Letters: T steps, outermost; B copies. Ownership: the caller's. Threads: one. Nothing allocates, nothing fails.
 */
#ifndef KITH_RL_RETURNS_H
#define KITH_RL_RETURNS_H

#include <kith/base.h>

typedef struct kith_returns {
    size_t steps, copies;    /* T, B */
    double discount, lambda; /* gamma, lambda */
    const kith_real *reward; /* (T, B) */
    const kith_real *value;  /* (T + 1, B): before each step, and after the last */
    const uint8_t *end;      /* (T, B): not 0 where a step ended its episode */
    const kith_real *tail;   /* (T, B): there, the value of what came after: 0 unless the episode was cut short */
} kith_returns;

/* Generalised advantage estimation (Schulman et al. 2016, arXiv 1506.02438, eq. 16): advantage (T, B) gets
 * A_t = delta_t + gamma lambda A_{t+1}, delta_t = r_t + gamma v_{t+1} - v_t, sums ending where episodes do. */
void kith_gae(const kith_returns *r, kith_real *advantage);

/* Running moments of returns with the bias of a start from zero taken out (PopArt without the art: van Hasselt et al.
 * 2016, arXiv 1602.07714, in the form of Yu et al. 2022). */
typedef struct kith_moments {
    double mean, square, weight; /* decayed sums; weight: what the decayed weights sum to */
} kith_moments;

void kith_moments_add(kith_moments *m, double decay, double batch_mean, double batch_square);
/* 0 and 1 before anything was added; deviations are not below 0.1, so that rewards that are all alike are not blown up.
 */
double kith_moments_mean(const kith_moments *m);
double kith_moments_deviation(const kith_moments *m);

/* Huber's loss of an error, and its slope. */
double kith_huber(double error, double delta);
double kith_huber_slope(double error, double delta);

/* The larger of the losses of `value` and of `value` kept within `clip` of what it was; *slope: for value. */
double kith_value_loss(double value, double was, double target, double clip, double delta, double *slope);

#endif
