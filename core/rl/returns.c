#include "rl/returns.h"

#include <math.h>

void kith_gae(const kith_returns *r, kith_real *advantage)
{
    const size_t copies = r->copies;
    for (size_t b = 0; b < copies; b++) {
        double later = 0;
        for (size_t t = r->steps; t-- > 0;) {
            const size_t at = t * copies + b;
            const double next = (double)(r->end[at] ? r->tail[at] : r->value[at + copies]);
            const double delta = (double)r->reward[at] + r->discount * next - (double)r->value[at];
            later = delta + (r->end[at] ? 0 : r->discount * r->lambda * later);
            advantage[at] = (kith_real)later;
        }
    }
}

void kith_moments_add(kith_moments *m, double decay, double batch_mean, double batch_square)
{
    m->mean = decay * m->mean + (1 - decay) * batch_mean;
    m->square = decay * m->square + (1 - decay) * batch_square;
    m->weight = decay * m->weight + (1 - decay);
}

double kith_moments_mean(const kith_moments *m)
{
    return m->weight > 0 ? m->mean / m->weight : 0;
}

double kith_moments_deviation(const kith_moments *m)
{
    const double least = 0.01;
    if (!(m->weight > 0)) return 1;
    const double mean = m->mean / m->weight, variance = m->square / m->weight - mean * mean;
    return sqrt(variance > least ? variance : least);
}

double kith_huber(double error, double delta)
{
    const double size = fabs(error);
    return size <= delta ? error * error / 2 : delta * (size - delta / 2);
}

double kith_huber_slope(double error, double delta)
{
    return error > delta ? delta : error < -delta ? -delta : error;
}

double kith_value_loss(double value, double was, double target, double clip, double delta, double *slope)
{
    const double moved = value - was, kept = was + (moved > clip ? clip : moved < -clip ? -clip : moved);
    const double plain = kith_huber(value - target, delta), clipped = kith_huber(kept - target, delta);
    if (clipped > plain) {
        *slope = fabs(moved) < clip ? kith_huber_slope(kept - target, delta) : 0;
        return clipped;
    }
    *slope = kith_huber_slope(value - target, delta);
    return plain;
}
