/* Plans of visits for learners that are not always there. */
#ifndef KITH_TESTS_TRACEWORLD_H
#define KITH_TESTS_TRACEWORLD_H

#include "support.h"

#include "engine/participation/participation.h"

static inline size_t ten_examples(const void *data, size_t learner)
{
    (void)data;
    (void)learner;
    return 10;
}

static const kith_local_config five_steps = {.batch = 5, .steps = 5};

static inline kith_visit_plan_setup setup(const kith_participation_config *p, const kith_local_config *local,
                                          size_t learners)
{
    return (kith_visit_plan_setup){
        .participation = p, .local = local, .learners = learners, .seed = 5, .examples = ten_examples};
}

static inline const char *write_trace(const char *text)
{
    static char path[] = "availability-trace.csv";
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return path;
}

static inline kith_availability *open_availability(kith_ctx *ctx, const kith_participation_config *p, size_t learners)
{
    const kith_visit_plan_setup a = setup(p, &five_steps, learners);
    kith_availability *availability = NULL;
    assert_ok(ctx, kith_availability_open(ctx, &a, &availability));
    return availability;
}

#endif
