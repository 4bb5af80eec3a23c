/* What drawing a plan on the clock costs: 100,000 learners, of whom 1,000 are busy, ten messages a step. Prints the
 * processor's time for a visit, the least and the greatest of some repeats, and how many versions are held at a time.
 */
#include "engine/participation/participation.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

enum { LEARNERS = 100000, BUSY = 1000, ARRIVALS = 10, STEPS = 20000, REPEATS = 5 };

static size_t ten_examples(const void *data, size_t learner)
{
    (void)data;
    (void)learner;
    return 10;
}

static double processor_time(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static kith_status draw(kith_ctx *ctx, const char *name, const kith_participation_config *p)
{
    static const kith_local_config local = {.batch = 5, .steps = 5};
    const kith_visit_plan_setup setup = {
        .participation = p, .local = &local, .learners = LEARNERS, .seed = 1, .examples = ten_examples};
    double least = INFINITY, greatest = 0.0;
    uint32_t slots = 0;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        kith_visit_plan *plan = NULL;
        KITH_TRY(kith_plan_open(ctx, &setup, &plan));
        const double begun = processor_time();
        for (int t = 0; t < STEPS; t++) {
            const kith_step *step = kith_plan_next(plan);
            if (step->next >= slots) slots = step->next + 1;
        }
        const double took = (processor_time() - begun) / ((double)STEPS * ARRIVALS);
        least = fmin(least, took);
        greatest = fmax(greatest, took);
        kith_plan_close(plan);
    }
    printf("%-40s %6.0f to %.0f ns a visit, %u versions\n", name, 1e9 * least, 1e9 * greatest, slots);
    return KITH_OK;
}

int main(void)
{
    kith_ctx *ctx = kith_ctx_create();
    kith_participation_config p = {.kind = KITH_PARTICIPATION_CLOCK,
                                   .arrivals = ARRIVALS,
                                   .concurrency = BUSY,
                                   .compute = KITH_TIME_EXPONENTIAL,
                                   .compute_time = 1,
                                   .speed_sigma = 1};
    kith_status status = draw(ctx, "exponential steps, lognormal speeds", &p);
    p.compute = KITH_TIME_CONSTANT;
    if (status == KITH_OK) status = draw(ctx, "constant steps, lognormal speeds", &p);
    p.compute = KITH_TIME_LOGNORMAL;
    p.compute_sigma = 1;
    p.dropout = 0.1;
    if (status == KITH_OK) status = draw(ctx, "lognormal steps, a tenth vanish", &p);
    p.dropout = 0;
    p.availability = KITH_AVAILABILITY_MARKOV;
    p.available = 0.5;
    p.stability = 0.9;
    p.slot = 1;
    if (status == KITH_OK) status = draw(ctx, "the same, half of them available", &p);
    if (status != KITH_OK) fprintf(stderr, "%s\n", kith_ctx_message(ctx));
    kith_ctx_destroy(ctx);
    return (int)status;
}
