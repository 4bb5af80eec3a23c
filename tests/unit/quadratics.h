/* Experiments on quadratics, f_i(x) = 1/2 |x - b_i|^2 in every coordinate, as lists of settings. Include after
 * runner.h. */
#ifndef KITH_TESTS_QUADRATICS_H
#define KITH_TESTS_QUADRATICS_H

enum { SETTINGS = 32, TEXT = 512 };

typedef struct settings {
    char text[SETTINGS][TEXT];
    const char *list[SETTINGS + 1];
    size_t count;
} settings;

__attribute__((format(printf, 2, 3))) static inline void set(settings *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(s->text[s->count], TEXT, format, args);
    va_end(args);
    s->list[s->count] = s->text[s->count];
    s->list[++s->count] = NULL;
}

/* M learners, `dimension` equal coordinates; the points are slope * 1, slope * 2 ..., dealt in order: one a learner. */
static inline void quadratic(settings *s, const char *algorithm, int learners, double slope, int dimension, int rounds)
{
    char values[TEXT - 32] = "";
    for (int i = 1; i <= learners; i++)
        snprintf(values + strlen(values), sizeof values - strlen(values), "%s%g", i > 1 ? ", " : "", slope * i);
    s->count = 0;
    set(s, "run.algorithm=%s", algorithm);
    set(s, "run.model=quadratic");
    set(s, "run.dataset=points");
    set(s, "points.values=%s", values);
    set(s, "points.dimension=%d", dimension);
    set(s, "partition.kind=sequential");
    set(s, "run.learners=%d", learners);
    set(s, "run.rounds=%d", rounds);
    set(s, "local.batch=0");
    set(s, "eval.every=0");
}

/* Arrivals with weights i / 55 of ten learners with the points 1 .. 10: what a mean over arrivals finds is 7, and the
 * optimum is 5.5. */
static inline void skewed_arrivals(settings *s, const char *algorithm, int rounds)
{
    quadratic(s, algorithm, 10, 1.0, 1, rounds);
    set(s, "participation.kind=staleness");
    set(s, "participation.replacement=yes");
    set(s, "participation.weights=power");
    set(s, "participation.skew=1");
    set(s, "participation.arrivals=5");
    set(s, "participation.staleness=1");
    set(s, "local.lr=0.02");
    set(s, "local.steps=5");
}

#endif
