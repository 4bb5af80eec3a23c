#include "support.h"

#include <kith/random.h>

/* Known answers of philox4x32-10 come with Random123 (kat_vectors); here: what is built on it. */

static void streams_are_apart_and_replay(void **state)
{
    (void)state;
    kith_stream s = kith_stream_at(7, KITH_FOR_BATCH, 3, 5), copy = s;
    uint32_t first[16];
    for (int i = 0; i < 16; i++)
        first[i] = kith_draw_u32(&s);
    for (int i = 0; i < 16; i++)
        assert_int_equal(kith_draw_u32(&copy), first[i]);
    const kith_stream others[] = {kith_stream_at(8, KITH_FOR_BATCH, 3, 5), kith_stream_at(7, KITH_FOR_NOISE, 3, 5),
                                  kith_stream_at(7, KITH_FOR_BATCH, 4, 5), kith_stream_at(7, KITH_FOR_BATCH, 3, 6),
                                  kith_stream_at(7 + (1ull << 40), KITH_FOR_BATCH, 3, 5)};
    for (size_t k = 0; k < sizeof others / sizeof others[0]; k++) {
        kith_stream other = others[k];
        int same = 0;
        for (int i = 0; i < 16; i++)
            same += kith_draw_u32(&other) == first[i];
        assert_int_equal(same, 0);
    }
}

static void beside_a_stream_are_those_of_other_b(void **state)
{
    (void)state;
    kith_stream s = kith_stream_at(7, KITH_FOR_BATCH, 3, 5);
    (void)kith_draw_u32(&s);
    for (uint64_t b = 0; b < 4; b++) {
        kith_stream asked = kith_stream_at(7, KITH_FOR_BATCH, 3, b << 31), beside = kith_stream_beside(&s, b << 31);
        for (int i = 0; i < 9; i++)
            assert_int_equal(kith_draw_u32(&beside), kith_draw_u32(&asked));
    }
}

static void moments_of_the_distributions(void **state)
{
    (void)state;
    kith_stream s = kith_stream_at(1, KITH_FOR_PLUGIN, 0, 0);
    const int n = 200000;
    double normal[2] = {0, 0}, exponential = 0, uniform = 0, gamma_small = 0, gamma_large = 0;
    for (int i = 0; i < n; i++) {
        const double z = kith_draw_normal(&s);
        normal[0] += z;
        normal[1] += z * z;
        exponential += kith_draw_exponential(&s);
        uniform += kith_draw_uniform(&s);
        gamma_small += kith_draw_gamma(&s, 0.3);
        gamma_large += kith_draw_gamma(&s, 4.5);
    }
    /* five standard errors each */
    const double e = 5.0 / sqrt(n);
    assert_close(normal[0] / n, 0.0, 0, e);
    assert_close(normal[1] / n, 1.0, 0, e * sqrt(2.0));
    assert_close(exponential / n, 1.0, 0, e);
    assert_close(uniform / n, 0.5, 0, e / sqrt(12.0));
    assert_close(gamma_small / n, 0.3, 0, e * sqrt(0.3));
    assert_close(gamma_large / n, 4.5, 0, e * sqrt(4.5));
}

static void below_is_uniform(void **state)
{
    (void)state;
    kith_stream s = kith_stream_at(2, KITH_FOR_PLUGIN, 0, 0);
    int count[7] = {0};
    for (int i = 0; i < 70000; i++)
        count[kith_draw_below(&s, 7)]++;
    for (int k = 0; k < 7; k++)
        assert_close(count[k], 10000, 0, 5 * sqrt(10000 * 6.0 / 7.0));
    assert_int_equal(kith_draw_below(&s, 1), 0);
    for (int i = 0; i < 100; i++)
        assert_true(kith_draw_below(&s, 1ull << 40) < 1ull << 40);
}

static void dirichlet_sums_to_one_and_concentrates(void **state)
{
    (void)state;
    kith_stream s = kith_stream_at(3, KITH_FOR_PLUGIN, 0, 0);
    double p[10], square = 0;
    const int n = 4000;
    for (int i = 0; i < n; i++) {
        kith_draw_dirichlet(&s, 0.1, 10, p);
        double sum = 0;
        for (int k = 0; k < 10; k++) {
            assert_true(p[k] >= 0.0);
            sum += p[k];
            square += p[k] * p[k];
        }
        assert_close(sum, 1.0, 1e-12, 0);
    }
    /* E sum p^2 = (alpha + 1) / (10 alpha + 1) */
    assert_close(square / n, 1.1 / 2.0, 0.03, 0);
    kith_draw_dirichlet(&s, 1e-4, 10, p); /* plain gammas would all underflow to 0/0 */
    for (int k = 0; k < 10; k++)
        assert_true(isfinite(p[k]));
}

static void shuffle_is_a_permutation(void **state)
{
    (void)state;
    kith_stream s = kith_stream_at(4, KITH_FOR_PLUGIN, 0, 0);
    uint32_t items[100], seen[100] = {0};
    for (uint32_t i = 0; i < 100; i++)
        items[i] = i;
    kith_shuffle_u32(&s, items, 100);
    int fixed = 0;
    for (uint32_t i = 0; i < 100; i++) {
        seen[items[i]]++;
        fixed += items[i] == i;
    }
    for (int i = 0; i < 100; i++)
        assert_int_equal(seen[i], 1);
    assert_true(fixed < 10);
}

static void bulk_normals_match_their_stream(void **state)
{
    (void)state;
    kith_stream s = kith_stream_at(5, KITH_FOR_NOISE, 1, 2);
    kith_real out[5] = {0};
    kith_draw_normals(&s, 2.0, 5, out);
    for (int i = 0; i < 5; i++)
        assert_true(out[i] != 0 && isfinite((double)out[i]));
}

/* alpha = 0: all of it is one's, each as often; inf: all alike, and nothing is drawn. */
static void dirichlet_has_limits(void **state)
{
    (void)state;
    kith_stream s = kith_stream_at(3, KITH_FOR_PLUGIN, 0, 0);
    double p[4];
    int whose[4] = {0};
    for (int k = 0; k < 4000; k++) {
        int at = 0;
        kith_draw_dirichlet(&s, 0.0, 4, p);
        while (p[at] == 0.0)
            at++;
        assert_true(p[at] == 1.0 && p[0] + p[1] + p[2] + p[3] == 1.0);
        whose[at]++;
    }
    for (int i = 0; i < 4; i++)
        assert_in_range(whose[i], 890, 1110); /* 1000, four standard deviations of 27.4 */
    kith_draw_dirichlet(&s, (double)INFINITY, 4, p);
    for (int i = 0; i < 4; i++)
        assert_true(p[i] == 0.25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_are_apart_and_replay),
        cmocka_unit_test(beside_a_stream_are_those_of_other_b),
        cmocka_unit_test(moments_of_the_distributions),
        cmocka_unit_test(below_is_uniform),
        cmocka_unit_test(dirichlet_sums_to_one_and_concentrates),
        cmocka_unit_test(dirichlet_has_limits),
        cmocka_unit_test(shuffle_is_a_permutation),
        cmocka_unit_test(bulk_normals_match_their_stream),
    };
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
