/* What lies between models: mean value coordinates against what defines them, and barriers of known curves. */
#include "support.h"

#include "launch/commands/landscape/landscape.h"

enum { MOST = 16 };

/* Corners of a regular polygon, clockwise or the other way, or those of a stretched one. */
static void corners_of(size_t n, double sign, double stretch, double (*corner)[2])
{
    for (size_t k = 0; k < n; k++) {
        const double angle = 6.283185307179586 * (double)k / (double)n;
        corner[k][0] = sign * stretch * sin(angle);
        corner[k][1] = cos(angle);
    }
}

/* Not negative, sum one, and the mean of the corners is the point itself: Floater's proposition 1. */
static void check_point(size_t n, const double (*corner)[2], double x, double y)
{
    double weight[MOST], sum = 0.0, at[2] = {0.0, 0.0};
    assert_true(mean_value_coordinates(n, corner, x, y, weight));
    for (size_t k = 0; k < n; k++) {
        assert_true(weight[k] >= -1e-13);
        sum += weight[k];
        at[0] += weight[k] * corner[k][0];
        at[1] += weight[k] * corner[k][1];
    }
    assert_close(sum, 1.0, 1e-12, 0);
    assert_close(at[0], x, 0, 1e-12);
    assert_close(at[1], y, 0, 1e-12);
}

static void coordinates_give_the_point_back(void **state)
{
    (void)state;
    double corner[MOST][2];
    for (size_t n = 3; n <= MOST; n++)
        for (int turn = 0; turn < 2; turn++) {
            corners_of(n, turn ? 1.0 : -1.0, turn ? 1.0 : 3.0, corner);
            for (double x = -0.2; x <= 0.2; x += 0.1)
                for (double y = -0.2; y <= 0.2; y += 0.1)
                    check_point(n, (const double(*)[2])corner, x, y);
        }
}

static void where_coordinates_are_known(void **state)
{
    (void)state;
    double corner[MOST][2], weight[MOST];
    for (size_t n = 3; n <= MOST; n++) {
        corners_of(n, 1.0, 1.0, corner);
        const double(*c)[2] = (const double(*)[2])corner;
        assert_true(mean_value_coordinates(n, c, 0.0, 0.0, weight)); /* the middle: all alike */
        for (size_t k = 0; k < n; k++)
            assert_close(weight[k], 1.0 / (double)n, 1e-12, 0);
        for (size_t k = 0; k < n; k++) { /* corners and borders */
            const size_t next = (k + 1) % n;
            assert_true(mean_value_coordinates(n, c, c[k][0], c[k][1], weight));
            assert_true(weight[k] == 1.0 && weight[next] == 0.0);
            const double x = 0.75 * c[k][0] + 0.25 * c[next][0], y = 0.75 * c[k][1] + 0.25 * c[next][1];
            assert_true(mean_value_coordinates(n, c, x, y, weight));
            assert_close(weight[k], 0.75, 1e-12, 0);
            assert_close(weight[next], 0.25, 1e-12, 0);
            assert_false(mean_value_coordinates(n, c, 1.01 * x, 1.01 * y, weight));
        }
    }
    /* of a triangle there are no others than barycentric ones */
    const double triangle[3][2] = {{0, 0}, {4, 0}, {1, 2}};
    assert_true(mean_value_coordinates(3, triangle, 0.5 * 4 + 0.2 * 1, 0.2 * 2, weight));
    assert_close(weight[0], 0.3, 1e-12, 0);
    assert_close(weight[1], 0.5, 1e-12, 0);
    assert_close(weight[2], 0.2, 1e-12, 0);
}

static void barriers_of_known_curves(void **state)
{
    (void)state;
    kith_tested convex[11], bump[11];
    for (int k = 0; k <= 10; k++) {
        const double t = k / 10.0;
        convex[k] = (kith_tested){.loss = 1.0 + t - 2.0 * t * (1.0 - t), .accuracy = NAN};
        bump[k] =
            (kith_tested){.loss = 1.0 + t + 3.0 * t * t * (1.0 - t), .accuracy = 0.5 + 0.2 * t - 0.4 * t * (1 - t)};
    }
    const barrier none = barrier_of(convex, 11), some = barrier_of(bump, 11);
    assert_true(none.loss == 0.0 && none.at == 0.0 && isnan(none.accuracy));
    /* of t = 0, 0.1 ... 1, t^2 (1 - t) is greatest at 0.7 */
    assert_close(some.loss, 3.0 * 0.147, 1e-12, 0);
    assert_close(some.at, 0.7, 1e-12, 0);
    assert_close(some.accuracy, 0.1, 1e-12, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coordinates_give_the_point_back),
        cmocka_unit_test(where_coordinates_are_known),
        cmocka_unit_test(barriers_of_known_curves),
    };
    return cmocka_run_group_tests_name("landscape", tests, NULL, NULL);
}
