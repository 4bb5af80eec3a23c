#include "history.h"

#include <math.h>

enum { MOST_WHOLE = 64 };

kith_status kith_history_open(kith_ctx *ctx, double alpha, double a, const kith_neighbours *graph, const double *mu,
                              kith_history *out)
{
    kith_history h = {.alpha = alpha, .a = a, .nodes = graph->nodes};
    KITH_TRY(KITH_ALLOC(ctx, "history", h.nodes, &h.inverse));
    for (size_t i = 0; i < h.nodes; i++)
        h.inverse[i] = 1.0 / mu[i];
    h.whole = alpha <= MOST_WHOLE && floor(alpha) == alpha ? (uint32_t)alpha : UINT32_MAX;
    /* powers of s stay far from what a double can hold */
    h.least = fmax(1e-6, exp(-100.0 / fmax(alpha, 1.0)));
    *out = h;
    return KITH_OK;
}

void kith_history_close(kith_history *h)
{
    kith_free(h->inverse);
}

size_t kith_history_own(const kith_history *h)
{
    return 1 + 2 * h->nodes;
}

void kith_history_begin(const kith_history *h, double *own)
{
    own[0] = 1.0;
    for (size_t i = 0; i < h->nodes; i++) {
        kith_history_ratios(own)[i] = 1.0;
        kith_history_powers(h, own)[i] = 1.0;
    }
}

double kith_history_power(const kith_history *h, double r)
{
    if (h->whole == UINT32_MAX) return pow(r, -h->alpha);
    double power = 1.0, square = 1.0 / r;
    for (uint32_t left = h->whole; left; left >>= 1) {
        if (left & 1) power *= square;
        square *= square;
    }
    return power;
}

/* What visits of hops n + 1, n + 2 ... add to r mu, for up to `most` hops or until s is too small; *scale is s, in and
 * out. Returns how many it filled in, at least 1. */
static size_t find_gains(const kith_history *h, uint64_t hop, size_t most, double *scale, double *gain)
{
    size_t k = 0;
    do {
        const double n = (double)(hop + k + 2); /* gamma_{n+1} = (n + 2)^-a */
        const double gamma = h->a == 1.0 ? 1.0 / n : pow(n, -h->a);
        *scale *= 1.0 - gamma;
        gain[k++] = gamma / *scale;
    } while (k < most && *scale >= h->least);
    return k;
}

static void unscale(const kith_history *h, double scale, double *own)
{
    own[0] = scale;
    if (scale >= h->least) return;
    own[0] = 1.0;
    for (size_t i = 0; i < h->nodes; i++) {
        double *r = &kith_history_ratios(own)[i];
        *r *= scale;
        kith_history_powers(h, own)[i] = kith_history_power(h, *r);
    }
}

void kith_history_walk(const kith_history *h, void *self, const kith_neighbours *graph, kith_hops *hops,
                       kith_history_stretch stretch)
{
    double gain[KITH_WALK_MOST];
    for (size_t done = 0; done < hops->hops;) {
        double scale = hops->token[0].own[0];
        const size_t count = find_gains(h, hops->token[0].hop, hops->hops - done, &scale, gain);
        for (size_t t = 0; t < hops->tokens; t++) {
            kith_token *token = &hops->token[t];
            stretch(self, graph, token, gain, count, hops->path + t * hops->hops + done);
            unscale(h, scale, token->own);
            token->hop += count;
        }
        done += count;
    }
}

double kith_history_log_ratio(const kith_history *h, double *own, uint32_t i, uint32_t j)
{
    const double *r = kith_history_ratios(own);
    return h->alpha * (log(r[j]) - log(r[i]));
}
