/* Normals by Box and Muller 1958, many at a time. All steps but the root are loops over lanes, with polynomials in
 * single precision in place of the library's functions. */
#include "nn/clones.h"

#include <kith/nn.h>
#include <kith/random.h>
#include <math.h>
#include <string.h>

enum { LANES = 256, PAIRS = 2 * LANES, NORMALS = 2 * PAIRS };

typedef struct words {
    uint32_t word[4][LANES];
} words;

/* Philox4x32-10 for LANES counters from s->counter on. */
KITH_CLONES static void draw(const kith_stream *s, words *out)
{
    const uint32_t low = s->counter[0], high = s->counter[1], c = s->counter[2], d = s->counter[3];
    for (uint32_t i = 0; i < LANES; i++) {
        uint32_t w0 = low + i, w1 = high + (w0 < low), w2 = c, w3 = d, k0 = s->key[0], k1 = s->key[1];
        for (int round = 0; round < 10; round++) {
            const uint64_t a = (uint64_t)0xD2511F53u * w0, b = (uint64_t)0xCD9E8D57u * w2;
            w0 = (uint32_t)(b >> 32) ^ w1 ^ k0;
            w1 = (uint32_t)b;
            w2 = (uint32_t)(a >> 32) ^ w3 ^ k1;
            w3 = (uint32_t)a;
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        out->word[0][i] = w0;
        out->word[1][i] = w1;
        out->word[2][i] = w2;
        out->word[3][i] = w3;
    }
}

/* -2 ln u, u = (w / 2 + 1/2) / 2^31 in (0, 1]. ln(2^e m) = e ln 2 + 2 artanh((m - 1) / (m + 1)), m from 1/sqrt(2) to
 * sqrt(2), by the first five terms of its series. */
KITH_INLINE float minus_two_log(uint32_t w)
{
    const float u = ((float)(int32_t)(w >> 1) + 0.5f) * 0x1p-31f;
    uint32_t bits;
    memcpy(&bits, &u, sizeof bits);
    const int32_t e = (int32_t)(bits - 0x3f3504f3u) >> 23;
    bits -= (uint32_t)e << 23;
    float m;
    memcpy(&m, &bits, sizeof m);
    const float s = (m - 1.0f) / (m + 1.0f), q = s * s;
    const float series = 1.0f + q * (1.0f / 3 + q * (1.0f / 5 + q * (1.0f / 7 + q * (1.0f / 9))));
    return -2.0f * ((float)e * 0.693147181f + 2.0f * s * series);
}

/* Cosine and sine of w / 2^32 turns: of the rest to the nearest quarter by their series, then turned by quarters. */
KITH_INLINE void turn(uint32_t w, float *cosine, float *sine)
{
    const uint32_t quarter = (w + 0x20000000u) >> 30;
    const float x = (float)(int32_t)(w - (quarter << 30)) * (6.28318531f * 0x1p-32f), q = x * x;
    const float s = x * (1.0f - q * (1.0f / 6 - q * (1.0f / 120 - q * (1.0f / 5040 - q * (1.0f / 362880)))));
    const float c = 1.0f - q * (0.5f - q * (1.0f / 24 - q * (1.0f / 720 - q * (1.0f / 40320))));
    const float along = quarter & 1 ? -s : c, across = quarter & 1 ? c : s;
    *cosine = quarter & 2 ? -along : along;
    *sine = quarter & 2 ? -across : across;
}

KITH_CLONES static void take_logs(const words *w, float *squared)
{
    for (size_t i = 0; i < LANES; i++) {
        squared[i] = minus_two_log(w->word[0][i]);
        squared[LANES + i] = minus_two_log(w->word[2][i]);
    }
}

KITH_CLONES static void take_turns(const words *w, kith_real sigma, const float *radius, kith_real *out)
{
    for (size_t i = 0; i < LANES; i++) {
        float cosine, sine;
        turn(w->word[1][i], &cosine, &sine);
        out[i] = sigma * (kith_real)(radius[i] * cosine);
        out[LANES + i] = sigma * (kith_real)(radius[i] * sine);
    }
    for (size_t i = 0; i < LANES; i++) {
        float cosine, sine;
        turn(w->word[3][i], &cosine, &sine);
        out[2 * LANES + i] = sigma * (kith_real)(radius[LANES + i] * cosine);
        out[3 * LANES + i] = sigma * (kith_real)(radius[LANES + i] * sine);
    }
}

static void advance(kith_stream *s)
{
    const uint64_t counter = ((uint64_t)s->counter[1] << 32 | s->counter[0]) + LANES;
    s->counter[0] = (uint32_t)counter;
    s->counter[1] = (uint32_t)(counter >> 32);
    s->used = 4;
}

void kith_draw_noise(kith_stream *s, double sigma, size_t n, kith_real *out)
{
    words w;
    float radius[PAIRS];
    kith_real rest[NORMALS];
    for (size_t i = 0; i < n; i += NORMALS) {
        kith_real *to = n - i < NORMALS ? rest : out + i;
        draw(s, &w);
        advance(s);
        take_logs(&w, radius);
        for (size_t k = 0; k < PAIRS; k++)
            radius[k] = sqrtf(radius[k]);
        take_turns(&w, (kith_real)sigma, radius, to);
        if (to == rest) kith_copy(n - i, rest, out + i);
    }
}
