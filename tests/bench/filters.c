/* What a filter costs on a learner, in copies of the vector: CPU time of send() over that of a copy, the least of
 * several repeats of each, taken in turn. Prints one line a filter; with a limit behind it, exit code 1 where it is
 * passed.
 *     tests/bench/filters [reals]
 */
#include "plugin/opener.h"

#include <kith/kith.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { REPEATS = 25 };

static const struct {
    const char *chain;
    double most; /* copies; 0: nothing is asked for */
} rows[] = {{"clip(0.001)", 6},  {"sign(feedback=no)", 6},       {"sign", 0},     {"top-k(0.01)", 15}, {"gaussian", 60},
            {"rand-k(0.01)", 0}, {"qsgd(scale=contraction)", 0}, {"sign-flip", 0}};

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct vectors {
    size_t d;
    kith_real *from, *vector, *work, *kept, *copy;
} vectors;

static double time_of_copy(const vectors *v)
{
    const double before = cpu_s();
    kith_copy(v->d, v->from, v->copy);
    return cpu_s() - before;
}

static double time_of_send(kith_ctx *ctx, const kith_instance *filter, const vectors *v, uint64_t number)
{
    const kith_filter *ops = filter->plugin->ops;
    double say[8] = {0};
    kith_outgoing m = {.ctx = ctx,
                       .dimension = v->d,
                       .number = number,
                       .bound = 1.0,
                       .vector = v->vector,
                       .work = v->work,
                       .stream = kith_stream_at(1, KITH_FOR_SENDING, 0, number),
                       .say = say};
    if (ops->keep && ops->keep(filter->self, v->d).learner) m.kept = v->kept;
    kith_copy(v->d, v->from, v->vector);
    const double before = cpu_s();
    if (ops->send(filter->self, &m) != KITH_OK) abort();
    return cpu_s() - before;
}

static bool measure(kith_ctx *ctx, kith_registry *registry, const char *chain, double most, const vectors *v)
{
    const kith_setting setting = {.size = sizeof setting, .learners = 1, .dimension = v->d, .arrivals = 1};
    kith_spelt spelt = {0};
    if (kith_spelt_open(ctx, registry, KITH_FILTER, "bench", &setting, chain, &spelt) != KITH_OK) {
        fprintf(stderr, "%s\n", kith_ctx_message(ctx));
        return false;
    }
    double copy = 1e9, send = 1e9;
    kith_clear(v->d, v->kept);
    for (uint64_t k = 0; k < REPEATS; k++) {
        const double c = time_of_copy(v), s = time_of_send(ctx, &spelt.instance, v, k);
        if (c < copy) copy = c;
        if (s < send) send = s;
    }
    kith_spelt_close(&spelt);
    const bool passed = most > 0.0 && send > most * copy;
    printf("%-24s %8.3f ms %7.1f copies%s\n", chain, 1e3 * send, send / copy, passed ? ", more than are allowed" : "");
    return !passed;
}

int main(int argc, char **argv)
{
    vectors v = {.d = argc > 1 ? (size_t)atol(argv[1]) : 1000000};
    kith_real **const all[] = {&v.from, &v.vector, &v.work, &v.kept, &v.copy};
    kith_ctx *ctx = kith_ctx_create();
    kith_registry *registry = NULL;
    bool within = ctx && kith_registry_create(ctx, &registry) == KITH_OK;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        within = within && KITH_ALLOC(ctx, "vectors", v.d, all[i]) == KITH_OK;
    if (!within) return 1;
    kith_stream stream = kith_stream_at(1, KITH_FOR_PLUGIN, 0, 0);
    kith_draw_normals(&stream, 1.0, v.d, v.from);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        within &= measure(ctx, registry, rows[i].chain, rows[i].most, &v);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        kith_free(*all[i]);
    kith_registry_destroy(registry);
    kith_ctx_destroy(ctx);
    return !within;
}
