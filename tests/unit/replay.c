/* Plans that are read from a file: every version is where it is looked for, in few slots. */
#include "support.h"

#include "engine/participation/participation.h"
#include "scratch.h"

static size_t ten_examples(const void *data, size_t learner)
{
    (void)data;
    (void)learner;
    return 10;
}

static const kith_local_config five_steps = {.batch = 5, .steps = 5};

enum { ROUNDS = 300, M = 3, N = 7, MOST_SLOTS = 64 };

/* Versions up to `oldest` back, by turns. */
static uint64_t version_of(uint64_t round, size_t a, uint64_t oldest)
{
    const uint64_t back = (round * 5 + a * 3) % (oldest + 1);
    return back < round ? round - back : 0;
}

static void write_plan(const char *path, uint64_t oldest, bool timed)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("round,learner,version,visit,steps,time,ends,lost,late\n# one to three messages\n", f);
    for (uint64_t t = 0; t < ROUNDS; t++)
        for (size_t a = 0; a < 1 + t % M; a++) {
            fprintf(f, "%llu,%llu,%llu,%llu,%llu,", (unsigned long long)t, (unsigned long long)((t + a) % N),
                    (unsigned long long)version_of(t, a, oldest), (unsigned long long)t, (unsigned long long)(1 + a));
            if (timed)
                fprintf(f, "%.17g,%.17g", (double)t / 3 + 0.1 * (double)a, (double)t / 3 + 1);
            else
                fputc(',', f);
            fprintf(f, ",%llu,0\n", (unsigned long long)(t % 2));
        }
    fclose(f);
}

static void follow(uint64_t oldest, bool timed)
{
    const kith_participation_config p = {.kind = KITH_PARTICIPATION_FILE, .file = "plan.csv", .arrivals = M};
    const kith_visit_plan_setup a = {
        .participation = &p, .local = &five_steps, .learners = N, .rounds = ROUNDS, .examples = ten_examples};
    uint64_t held[MOST_SLOTS] = {0};
    kith_ctx *ctx = kith_ctx_create();
    kith_visit_plan *plan = NULL;
    kith_plan_extent extent;
    write_plan("plan.csv", oldest, timed);
    assert_ok(ctx, kith_plan_measure(ctx, &a, ROUNDS, &extent));
    assert_int_equal(extent.seen, N);
    assert_in_range(extent.slots, 2, oldest + 2);
    assert_ok(ctx, kith_plan_open(ctx, &a, &plan));
    assert_true(kith_plan_timed(plan) == timed && kith_plan_varies(plan));
    for (uint64_t t = 0; t < ROUNDS; t++) {
        const kith_step *step = kith_plan_next(plan);
        assert_int_equal(step->count, 1 + t % M);
        assert_true(held[step->current] == t && step->next != step->current && step->lost == t % 2);
        assert_true(step->time == (timed ? (double)t / 3 + 1 : (double)t + 1));
        for (size_t k = 0; k < step->count; k++) {
            assert_int_equal(step->arrival[k].version, version_of(t, k, oldest));
            assert_int_equal(step->arrival[k].staleness, t - version_of(t, k, oldest));
            assert_int_equal(step->arrival[k].steps, 1 + k);
            assert_true(held[step->slot[k]] == step->arrival[k].version && step->slot[k] != step->next);
        }
        held[step->next] = t + 1;
    }
    kith_plan_close(plan);
    kith_ctx_destroy(ctx);
}

static void versions_lie_in_few_slots(void **state)
{
    (void)state;
    follow(0, true);
    follow(1, false);
    follow(4, true);
    follow(30, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(versions_lie_in_few_slots, scratch_enter, scratch_leave)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
