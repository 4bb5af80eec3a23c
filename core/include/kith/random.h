/* Counter-based random streams (Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2,
 * 3", SC 2011). A stream is a pure function of (seed, purpose, a, b): every worker draws the same plan without
 * exchanging a message, and nothing drawn for one learner or round shifts what another draws.
 *
 * Ownership: a stream is a plain value; copy it to replay it. No call fails or allocates.
 */
#ifndef KITH_RANDOM_H
#define KITH_RANDOM_H

#include <kith/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a stream is for. Numbers are part of every result: they never change, new ones go to the end. */
typedef enum kith_purpose {
    KITH_FOR_DATA = 1,      /* generated examples: a = learner or class, b = example */
    KITH_FOR_PARTITION,     /* which learner holds which example */
    KITH_FOR_INIT,          /* initial models: a = learner, 0 where all start alike */
    KITH_FOR_PARTICIPATION, /* who takes part: b = round */
    KITH_FOR_STEPS,         /* how many local steps: a = learner, b = visit */
    KITH_FOR_BATCH,         /* which examples: a = learner, b = visit */
    KITH_FOR_NOISE,         /* noise in gradients, dropout: a = learner, b = visit */
    KITH_FOR_CLOCK,         /* compute and link times: a = learner, b = visit */
    KITH_FOR_TOPOLOGY,      /* random graphs: a = node, b = round */
    KITH_FOR_GAME,          /* episodes: a = lane, b = step */
    KITH_FOR_PLUGIN,        /* whatever a plugin needs beside these */
    KITH_FOR_AVAILABILITY,  /* who is available: a = learner, b = slot */
    KITH_FOR_DROPOUT,       /* visits that vanish: a = learner, b = visit */
    KITH_FOR_PAIRS,         /* whom a learner meets at the end of a visit: a = learner, b = visit */
    KITH_FOR_WALK,          /* where tokens go: a = token */
    KITH_FOR_SKETCH,        /* where a sketch adds which coordinate */
    KITH_FOR_FLIPS,         /* wrong labels: a = learner, b = example */
    KITH_FOR_ATTACKERS,     /* who attacks */
    KITH_FOR_FILTERS,       /* the seeds of filters: a = place, b = plane */
    KITH_FOR_SENDING,       /* what filters draw on learners: a = learner, b = visit */
    KITH_FOR_STAGES,        /* what filters draw at the server: a = block, b = round */
    KITH_FOR_MERGING,       /* what filters merge: b = round */
    KITH_FOR_SWEEPS,        /* values that a sweep draws: a = axis, b = value */
} kith_purpose;

typedef struct kith_stream {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t word[4];
    uint32_t used; /* words of `word` already given out; 4: all of them */
} kith_stream;

KITH_API kith_stream kith_stream_at(uint64_t seed, kith_purpose purpose, uint64_t a, uint64_t b);

/* The stream of the same seed, purpose and a with another b, for less than half of what a new one costs. */
KITH_API kith_stream kith_stream_beside(const kith_stream *s, uint64_t b);

KITH_API uint32_t kith_draw_u32(kith_stream *s);
KITH_API uint64_t kith_draw_u64(kith_stream *s);
/* Uniform on [0, 1), 53 bits. */
KITH_API double kith_draw_uniform(kith_stream *s);
/* The next n of them, as n calls would give. */
KITH_API void kith_draw_uniforms(kith_stream *s, size_t n, double *out);
/* Uniform on 0..n-1 without bias (Lemire 2019); n >= 1. */
KITH_API uint64_t kith_draw_below(kith_stream *s, uint64_t n);
/* Standard normal (Box and Muller 1958). */
KITH_API double kith_draw_normal(kith_stream *s);
/* The p-quantile of the standard normal, 0 < p < 1. */
KITH_API double kith_normal_quantile(double p);
/* Exponential with mean 1. */
KITH_API double kith_draw_exponential(kith_stream *s);
/* Gamma with scale 1, shape > 0 (Marsaglia and Tsang 2000; shapes below 1 by their boost). */
KITH_API double kith_draw_gamma(kith_stream *s, double shape);
/* out[0..n-1] independent normals with mean 0 and standard deviation sigma. */
KITH_API void kith_draw_normals(kith_stream *s, double sigma, size_t n, kith_real *out);
/* Others, a tenth as costly, from the blocks of the stream that are still whole: exact to 1e-6 of sigma, and none
 * beyond 6.7 sigma. */
KITH_API void kith_draw_noise(kith_stream *s, double sigma, size_t n, kith_real *out);
/* A symmetric Dirichlet(alpha) vector: out[0..n-1] >= 0, sum 1. At its limits 0 and infinity
 * all of it is one's, drawn uniformly, or all are alike. */
KITH_API void kith_draw_dirichlet(kith_stream *s, double alpha, size_t n, double *out);
/* Fisher-Yates, in place. */
KITH_API void kith_shuffle_u32(kith_stream *s, uint32_t *items, size_t n);

#ifdef __cplusplus
}
#endif
#endif
