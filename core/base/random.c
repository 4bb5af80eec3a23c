#include <kith/random.h>

#include <Random123/philox.h>
#include <math.h>

static void philox(const uint32_t key[2], const uint32_t counter[4], uint32_t word[4])
{
    const philox4x32_ctr_t c = {{counter[0], counter[1], counter[2], counter[3]}};
    const philox4x32_key_t k = {{key[0], key[1]}};
    const philox4x32_ctr_t r = philox4x32(c, k);
    for (int i = 0; i < 4; i++)
        word[i] = r.v[i];
}

/* (seed, purpose, a) become the key by one encryption, b and the position within the stream are the counter: 2^64
 * values of each of seed, a and b stay apart (up to collisions of a 64-bit hash in the key). */
kith_stream kith_stream_at(uint64_t seed, kith_purpose purpose, uint64_t a, uint64_t b)
{
    const uint32_t seed_key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    const uint32_t name[4] = {(uint32_t)purpose, (uint32_t)a, (uint32_t)(a >> 32), 0x6b697468u};
    uint32_t hashed[4];
    philox(seed_key, name, hashed);
    kith_stream s = {.used = 4};
    s.key[0] = hashed[0];
    s.key[1] = hashed[1];
    s.counter[2] = (uint32_t)b;
    s.counter[3] = (uint32_t)(b >> 32);
    return s;
}

kith_stream kith_stream_beside(const kith_stream *s, uint64_t b)
{
    return (kith_stream){.key = {s->key[0], s->key[1]}, .counter = {0, 0, (uint32_t)b, (uint32_t)(b >> 32)}, .used = 4};
}

uint32_t kith_draw_u32(kith_stream *s)
{
    if (s->used == 4) {
        philox(s->key, s->counter, s->word);
        if (++s->counter[0] == 0) s->counter[1]++;
        s->used = 0;
    }
    return s->word[s->used++];
}

uint64_t kith_draw_u64(kith_stream *s)
{
    const uint64_t low = kith_draw_u32(s);
    return low | (uint64_t)kith_draw_u32(s) << 32;
}

double kith_draw_uniform(kith_stream *s)
{
    return (double)(kith_draw_u64(s) >> 11) * 0x1.0p-53;
}

void kith_draw_uniforms(kith_stream *s, size_t n, double *out)
{
    size_t i = 0;
    for (; i < n && s->used < 4; i++)
        out[i] = kith_draw_uniform(s);
    for (; i + 2 <= n && s->used == 4; i += 2) {
        philox(s->key, s->counter, s->word);
        if (++s->counter[0] == 0) s->counter[1]++;
        for (size_t k = 0; k < 2; k++) {
            const uint64_t word = s->word[2 * k] | (uint64_t)s->word[2 * k + 1] << 32;
            out[i + k] = (double)(word >> 11) * 0x1.0p-53;
        }
    }
    for (; i < n; i++)
        out[i] = kith_draw_uniform(s);
}

uint64_t kith_draw_below(kith_stream *s, uint64_t n)
{
    if (n <= UINT32_MAX) {
        const uint32_t bound = (uint32_t)n;
        uint64_t product = (uint64_t)kith_draw_u32(s) * bound;
        if ((uint32_t)product < bound) {
            const uint32_t least = (0u - bound) % bound;
            while ((uint32_t)product < least)
                product = (uint64_t)kith_draw_u32(s) * bound;
        }
        return product >> 32;
    }
    const uint64_t least = (0u - n) % n;
    for (;;) {
        const uint64_t word = kith_draw_u64(s);
        if (word >= least) return word % n;
    }
}

/* One pair of normals from one block of Philox. */
static void normal_pair(kith_stream *s, double *first, double *second)
{
    const double tau = 6.283185307179586476925;
    const double u = 1.0 - kith_draw_uniform(s); /* (0, 1]: its logarithm is finite */
    const double v = kith_draw_uniform(s);
    const double radius = sqrt(-2.0 * log(u));
    double sine, cosine;
    sincos(tau * v, &sine, &cosine);
    *first = radius * cosine;
    *second = radius * sine;
}

double kith_draw_normal(kith_stream *s)
{
    double first, second;
    normal_pair(s, &first, &second);
    return first;
}

void kith_draw_normals(kith_stream *s, double sigma, size_t n, kith_real *out)
{
    double first, second;
    size_t i = 0;
    for (; i + 2 <= n; i += 2) {
        normal_pair(s, &first, &second);
        out[i] = (kith_real)(sigma * first);
        out[i + 1] = (kith_real)(sigma * second);
    }
    if (i < n) out[i] = (kith_real)(sigma * kith_draw_normal(s));
}

/* By halving, for there is an exact function the other way. */
double kith_normal_quantile(double p)
{
    double lo = -40.0, hi = 40.0;
    for (int i = 0; i < 64; i++) {
        const double z = 0.5 * (lo + hi);
        if (0.5 * erfc(-z / sqrt(2.0)) < p)
            lo = z;
        else
            hi = z;
    }
    return 0.5 * (lo + hi);
}

double kith_draw_exponential(kith_stream *s)
{
    return -log1p(-kith_draw_uniform(s));
}

double kith_draw_gamma(kith_stream *s, double shape)
{
    if (shape < 1.0) {
        const double u = 1.0 - kith_draw_uniform(s);
        return kith_draw_gamma(s, shape + 1.0) * pow(u, 1.0 / shape);
    }
    const double d = shape - 1.0 / 3.0, c = 1.0 / sqrt(9.0 * d);
    for (;;) {
        const double x = kith_draw_normal(s);
        const double t = 1.0 + c * x;
        if (t <= 0.0) continue;
        const double v = t * t * t;
        const double u = 1.0 - kith_draw_uniform(s);
        if (log(u) < 0.5 * x * x + d * (1.0 - v + log(v))) return d * v;
    }
}

/* All of it to one, or to all alike. */
static void draw_limit(kith_stream *s, double alpha, size_t n, double *out)
{
    const size_t one = alpha == 0.0 ? (size_t)kith_draw_below(s, n) : 0;
    for (size_t i = 0; i < n; i++)
        out[i] = alpha == 0.0 ? (i == one ? 1.0 : 0.0) : 1.0 / (double)n;
}

/* Small concentrations underflow as plain gammas, so the boost's power is kept as a logarithm until the largest is
 * known. */
void kith_draw_dirichlet(kith_stream *s, double alpha, size_t n, double *out)
{
    double largest = -INFINITY, sum = 0.0;
    if (alpha == 0.0 || isinf(alpha)) {
        draw_limit(s, alpha, n, out);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (alpha < 1.0) {
            const double u = 1.0 - kith_draw_uniform(s);
            out[i] = log(kith_draw_gamma(s, alpha + 1.0)) + log(u) / alpha;
        } else {
            out[i] = log(kith_draw_gamma(s, alpha));
        }
        if (out[i] > largest) largest = out[i];
    }
    for (size_t i = 0; i < n; i++) {
        out[i] = exp(out[i] - largest);
        sum += out[i];
    }
    for (size_t i = 0; i < n; i++)
        out[i] /= sum;
}

void kith_shuffle_u32(kith_stream *s, uint32_t *items, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        const size_t j = (size_t)kith_draw_below(s, i);
        const uint32_t held = items[i - 1];
        items[i - 1] = items[j];
        items[j] = held;
    }
}
