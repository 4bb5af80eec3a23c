/* How near to the speed of a plain copy is gossip? Learners of logistic regression (d = 7,850) sit on a ring; rounds
 * without training, which are nothing but mixing, take turns with copies of as much memory, since machines are noisy.
 *
 * Both count 2 N d sizeof(kith_real) bytes: every row read once and written once. The two neighbours that a row is
 * mixed with are read too, but lately, so that they come from the cache; they are not counted. The copy is the C
 * library's, of each worker's rows in one call. All workers do both at the same time.
 *
 * Run: make tests/bench/mix && tests/bench/mix [LEARNERS [TURNS]], under mpirun with more workers; by default 10000 and
 *   9.
 */
#include "config/config.h"
#include "engine/frame/run.h"
#include "exchange/exchange.h"
#include "plugin/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { D = 7850, MOST_TURNS = 99 };

typedef struct seconds {
    double cpu, wall;
} seconds;

typedef struct bench {
    kith_ctx *ctx;
    kith_exchange *exchange;
    kith_registry *registry;
    kith_config *config;
    kith_run *run;
    kith_real *from, *to; /* this worker's share of a plane */
    size_t bytes;
    seconds mix[MOST_TURNS], copy[MOST_TURNS];
    size_t learners, turns;
} bench;

static double clock_s(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static seconds now(void)
{
    return (seconds){clock_s(CLOCK_THREAD_CPUTIME_ID), clock_s(CLOCK_MONOTONIC)};
}

static seconds since(seconds begun)
{
    const seconds ended = now();
    return (seconds){ended.cpu - begun.cpu, ended.wall - begun.wall};
}

static kith_status configure(bench *b)
{
    static const char *const fixed[] = {"run.algorithm=dsgd", "run.topology=ring",
                                        "run.model=linear",   "run.dataset=glyphs",
                                        "run.rounds=1",       "glyphs.test=10",
                                        "local.batch=1",      "local.steps=1",
                                        "eval.every=0",       "decentralized.test_learners=1",
                                        "partition.kind=iid"};
    const char *const sized[] = {"run.learners=%zu", "glyphs.train=%zu", "decentralized.post_rounds=%zu"};
    const size_t size[] = {b->learners, b->learners, b->turns + 2};
    KITH_TRY(kith_config_create(b->ctx, &b->config));
    for (size_t k = 0; k < sizeof fixed / sizeof *fixed; k++)
        KITH_TRY(kith_config_set(b->ctx, b->config, fixed[k]));
    for (size_t k = 0; k < sizeof sized / sizeof *sized; k++) {
        char text[64];
        snprintf(text, sizeof text, sized[k], size[k]);
        KITH_TRY(kith_config_set(b->ctx, b->config, text));
    }
    return KITH_OK;
}

static kith_status open_bench(bench *b)
{
    const kith_exchange_options options = {.launched = getenv("OMPI_COMM_WORLD_SIZE") != NULL};
    const kith_run_options run = {.name = "bench"};
    KITH_TRY(kith_exchange_open(b->ctx, &options, "bench", &b->exchange));
    KITH_TRY(kith_registry_create(b->ctx, &b->registry));
    KITH_TRY(configure(b));
    KITH_TRY(kith_run_resolve(b->ctx, b->registry, b->config, &run, &b->run));
    KITH_TRY(kith_run_open(b->ctx, b->run, b->exchange));
    const kith_place *place = kith_exchange_place(b->exchange);
    const size_t rows =
        b->learners * (place->worker + 1) / place->workers - b->learners * place->worker / place->workers;
    b->bytes = rows * D * sizeof(kith_real);
    KITH_TRY(KITH_ALLOC(b->ctx, "a plane", rows * D, &b->from));
    KITH_TRY(KITH_ALLOC(b->ctx, "a plane", rows * D, &b->to));
    memset(b->from, 1, b->bytes);
    memset(b->to, 2, b->bytes);
    return KITH_OK;
}

static kith_status step(bench *b)
{
    bool stop = false, done = false;
    return kith_run_step(b->ctx, b->run, &stop, &done);
}

static kith_status take_turns(bench *b)
{
    /* one round of training, one that touches what mixing needs first */
    KITH_TRY(step(b));
    KITH_TRY(step(b));
    for (size_t k = 0; k < b->turns; k++) {
        KITH_TRY(kith_exchange_agree(b->exchange, KITH_OK, NULL));
        seconds begun = now();
        memcpy(b->to, b->from, b->bytes);
        b->copy[k] = since(begun);
        b->from[k] = b->to[k + 1];
        KITH_TRY(kith_exchange_agree(b->exchange, KITH_OK, NULL));
        begun = now();
        KITH_TRY(step(b));
        b->mix[k] = since(begun);
    }
    return KITH_OK;
}

static int by_cpu(const void *a, const void *b)
{
    const double x = ((const seconds *)a)->cpu, y = ((const seconds *)b)->cpu;
    return x < y ? -1 : x > y;
}

static int by_wall(const void *a, const void *b)
{
    const double x = ((const seconds *)a)->wall, y = ((const seconds *)b)->wall;
    return x < y ? -1 : x > y;
}

static seconds median(seconds *s, size_t count)
{
    seconds m;
    qsort(s, count, sizeof *s, by_cpu);
    m.cpu = s[count / 2].cpu;
    qsort(s, count, sizeof *s, by_wall);
    m.wall = s[count / 2].wall;
    return m;
}

static void print(bench *b)
{
    const kith_place *place = kith_exchange_place(b->exchange);
    const double all = 2e-9 * (double)b->learners * D * sizeof(kith_real), mine = 2e-9 * (double)b->bytes;
    const seconds mix = median(b->mix, b->turns), copy = median(b->copy, b->turns);
    if (place->worker != 0) return;
    printf("%zu learners, d = %d, %zu-byte reals, workers %zu; medians of %zu turns\n", b->learners, (int)D,
           sizeof(kith_real), place->workers, b->turns);
    printf("copy  %8.2f GB/s by wall clock (all workers)  %8.2f GB/s by CPU time (worker 0)\n", all / copy.wall,
           mine / copy.cpu);
    printf("mix   %8.2f GB/s                              %8.2f GB/s\n", all / mix.wall, mine / mix.cpu);
    printf("ratio %8.2f                                   %8.2f\n", copy.wall / mix.wall, copy.cpu / mix.cpu);
}

static void close_bench(bench *b)
{
    kith_free(b->to);
    kith_free(b->from);
    kith_run_close(b->run);
    if (b->config) kith_config_destroy(b->config);
    if (b->registry) kith_registry_destroy(b->registry);
    if (b->exchange) kith_exchange_close(b->exchange);
}

int main(int argc, char **argv)
{
    bench b = {.ctx = kith_ctx_create(),
               .learners = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000,
               .turns = argc > 2 ? strtoul(argv[2], NULL, 10) : 9};
    if (!b.ctx || b.learners < 4 || b.turns < 1 || b.turns > MOST_TURNS) {
        fprintf(stderr, "mix: give 4 learners at least, and 1 to %d turns\n", (int)MOST_TURNS);
        return 2;
    }
    kith_status status = open_bench(&b);
    if (status == KITH_OK) status = take_turns(&b);
    if (status == KITH_OK)
        print(&b);
    else
        fprintf(stderr, "mix: %s\n", kith_ctx_message(b.ctx));
    close_bench(&b);
    kith_ctx_destroy(b.ctx);
    return status == KITH_OK ? 0 : 1;
}
