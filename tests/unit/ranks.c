/* Ranks of what learners contribute. */
#include "contributionworld.h"

/* ---- ranks ---- */

static void rank_correlations(void **state)
{
    (void)state;
    double scratch[15];
    const double x[] = {1, 2, 3, 4, 5}, up[] = {-3, 0, 0.1, 7, 1e9}, down[] = {5, 4, 3, 2, 1}, flat[] = {2, 2, 2, 2, 2};
    assert_close(kith_rank_correlation(5, x, up, scratch), 1, 0, 1e-15);
    assert_close(kith_rank_correlation(5, x, down, scratch), -1, 0, 1e-15);
    assert_true(isnan(kith_rank_correlation(5, x, flat, scratch)));
    /* ranks 1 2 3 4 5 and 2 1 4 3 5: 1 - 6 * 4 / (5 * 24) */
    const double swapped[] = {20, 10, 40, 30, 50};
    assert_close(kith_rank_correlation(5, x, swapped, scratch), 0.8, 0, 1e-15);
    /* ranks 1.5 1.5 3 4.5 4.5: Pearson's with 1 .. 5 is 9 / sqrt(10 * 9) */
    const double tied[] = {0, 0, 1, 2, 2};
    assert_close(kith_rank_correlation(5, x, tied, scratch), 9 / sqrt(90), 0, 1e-15);
}

/* f_i(x) = (x - b_i)^2 / 2; a step of length 1 leaves each learner at its b_i, so psi is the sign of b_i, and the
 * others' mean is off by |b_i - 29/8| / 7. Ranks less their mean 4.5: of psi -3 twice and 1 six times; of what the mean
 * is off 3.5, 1.5, -1.5, -3.5, -2.5, -0.5, 0.5, 2.5. Their products sum to -20, their squares to 24 and 42. Told only
 * where it is asked for. */
static void worth_is_ranked_on_request(void **state)
{
    (void)state;
    for (int asked = 0; asked < 2; asked++) {
        settings s;
        runner r;
        quadratic(&s, "dsgd", 8, 1.0, 1, 3);
        set(&s, "points.values=-3, -1, 2, 4, 5, 6, 7, 9");
        set(&s, "run.topology=contribution");
        set(&s, "local.lr=1");
        set(&s, "local.steps=1");
        set(&s, "decentralized.test_learners=0");
        if (asked) set(&s, "decentralized.leave_one_out=yes");
        assert_ok(r.ctx, runner_open(&r, s.list));
        assert_true(isnan(measured(&r, "contribution_rank_correlation")));
        assert_ok(r.ctx, runner_step(&r));
        const double agreement = measured(&r, "contribution_rank_correlation");
        if (asked)
            assert_close(agreement, -20 / sqrt(24 * 42), 0, 1e-12);
        else
            assert_true(isnan(agreement));
        runner_close(&r);
    }
}

static void one_learner_has_no_rank(void **state)
{
    (void)state;
    for (int one = 0; one < 2; one++) {
        settings s;
        runner r;
        quadratic(&s, "dsgd", one ? 1 : 8, 1.0, 1, 3);
        set(&s, "run.topology=contribution");
        set(&s, "decentralized.leave_one_out=yes");
        if (!one) set(&s, "decentralized.test_learners=1");
        assert_refused(r.ctx, runner_open(&r, s.list), KITH_ECONFIG,
                       "--set: decentralized.leave_one_out = yes: one learner alone has no rank; test two or more, or "
                       "set it to no");
        runner_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rank_correlations),
        cmocka_unit_test(worth_is_ranked_on_request),
        cmocka_unit_test(one_learner_has_no_rank),
    };
    return cmocka_run_group_tests_name("ranks", tests, world_start, world_stop);
}
