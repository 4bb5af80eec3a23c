/* Values that a sweep draws. */
#include "support.h"

#include "launch/commands/sweep/draws.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 10000 };

static sweep_values drawn(const char *text, const char *name, size_t count)
{
    kith_ctx *ctx = kith_ctx_create();
    sweep_values values;
    assert_ok(ctx, sweep_draw(ctx, "x", text, name, 1, count, &values));
    assert_int_equal(values.count, count);
    kith_ctx_destroy(ctx);
    return values;
}

/* The mean of values, or of their logarithms, within five standard errors of `deviation`; none outside [low, high]. */
static void check_law(const char *text, bool logarithms, double low, double high, double mean, double deviation)
{
    double sum = 0;
    sweep_values values = drawn(text, "local.lr", MANY);
    for (size_t k = 0; k < MANY; k++) {
        const double value = strtod(values.text[k], NULL);
        assert_true(value >= low && value <= high);
        sum += logarithms ? log(value) : value;
    }
    assert_close(sum / MANY, mean, 0, 5 * deviation / sqrt(MANY));
    sweep_values_free(&values);
}

/* A uniform number on an interval of length l has the deviation l / sqrt(12); a whole one of n, sqrt((n^2 - 1) / 12).
 */
static void draws_have_their_laws(void **state)
{
    (void)state;
    check_law("uniform(-1, 3)", false, -1, 3, 1, 4 / sqrt(12));
    check_law("loguniform(1e-4, 1)", true, 1e-4, 1, log(1e-4) / 2, -log(1e-4) / sqrt(12));
    check_law("integers(2, 5)", false, 2, 5, 3.5, sqrt(15.0 / 12));
    size_t counts[3] = {0};
    sweep_values values = drawn("choice(\"a, b\", ring, torus(x=1, y=2))", "run.topology", MANY);
    for (size_t k = 0; k < MANY; k++)
        for (size_t i = 0; i < 3; i++)
            counts[i] += strcmp(values.text[k], (const char *[]){"a, b", "ring", "torus(x=1, y=2)"}[i]) == 0;
    sweep_values_free(&values);
    assert_int_equal(counts[0] + counts[1] + counts[2], MANY);
    for (size_t i = 0; i < 3; i++)
        assert_close((double)counts[i], MANY / 3.0, 0, 5 * sqrt(MANY * 2.0 / 9));
}

static void more_draws_leave_the_first(void **state)
{
    (void)state;
    sweep_values few = drawn("uniform(0, 1)", "local.lr", 5), many = drawn("uniform(0, 1)", "local.lr", 50),
                 other = drawn("uniform(0, 1)", "local.momentum", 5);
    size_t same = 0;
    for (size_t k = 0; k < 5; k++) {
        assert_string_equal(few.text[k], many.text[k]);
        same += strcmp(few.text[k], other.text[k]) == 0;
    }
    assert_int_equal(same, 0);
    sweep_values_free(&few);
    sweep_values_free(&many);
    sweep_values_free(&other);
}

static void what_draws_nothing(void **state)
{
    (void)state;
    static const char *const lists[] = {"0.1, 0.2", "uniform", "uniform(0, 1), 2", "normal(0, 1)", ""};
    static const struct {
        const char *text, *message;
    } wrong[] = {
        {"uniform(1, 0)", "x: uniform(1, 0) is no range; write uniform(LOW, HIGH) with LOW < HIGH"},
        {"uniform(1)", "x: uniform(1) is no range; write uniform(LOW, HIGH) with LOW < HIGH"},
        {"uniform(0, 1, 2)", "x: uniform(0, 1, 2) is no range; write uniform(LOW, HIGH) with LOW < HIGH"},
        {"uniform(0, inf)", "x: uniform(0, inf) is no range; write uniform(LOW, HIGH) with LOW < HIGH"},
        {"loguniform(0, 1)",
         "x: loguniform(0, 1) is no range; write loguniform(LOW, HIGH) with LOW < HIGH, both greater than 0"},
        {"integers(1, 2.5)",
         "x: integers(1, 2.5) is no range; write integers(LOW, HIGH) with LOW < HIGH, whole numbers"},
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        assert_false(sweep_is_drawn(lists[i]));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        kith_ctx *ctx = kith_ctx_create();
        sweep_values values;
        assert_true(sweep_is_drawn(wrong[i].text));
        assert_refused(ctx, sweep_draw(ctx, "x", wrong[i].text, "a.b", 1, 3, &values), KITH_ECONFIG, wrong[i].message);
        kith_ctx_destroy(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_have_their_laws),
        cmocka_unit_test(more_draws_leave_the_first),
        cmocka_unit_test(what_draws_nothing),
    };
    return cmocka_run_group_tests_name("draws", tests, NULL, NULL);
}
