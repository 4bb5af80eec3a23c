/* Personalised algorithms on bowls f_i = a/2 |x - b_i|^2, b_i = 1 .. N in every coordinate, in closed form: what the
 * run's model comes to, and what each learner's own. */
#include "support.h"

#include "quadratics.h"
#include "runner.h"
#include "measured.h"

enum { N = 4, D = 3 };
static const double mean_b = 2.5;

static void bowls(settings *s, const char *algorithm, int rounds, int steps, double lr)
{
    quadratic(s, algorithm, N, 1.0, D, rounds);
    set(s, "quadratic.a=2");
    set(s, "participation.arrivals=%d", N);
    set(s, "local.lr=%g", lr);
    set(s, "local.steps=%d", steps);
}

static void run_rounds(const settings *s, runner *r, int rounds)
{
    assert_ok(r->ctx, runner_open(r, s->list));
    for (int t = 0; t < rounds; t++)
        assert_ok(r->ctx, runner_step(r));
}

/* A learner's own model, from 1 on as its point is. */
static const kith_real *own_of(runner *r, int learner)
{
    static kith_real scratch[64];
    const kith_engine *engine = kith_run_engine(r->run);
    const kith_real *x = NULL;
    assert_non_null(engine->own);
    assert_ok(r->ctx, engine->own(r->ctx, engine->self, (size_t)(learner - 1), scratch, &x));
    return x;
}

static void assert_own(runner *r, int learner, int coordinate, double wanted)
{
    assert_close((double)own_of(r, learner)[coordinate], wanted, 2e-5, 0);
}

static void assert_model(const runner *r, int coordinate, double wanted)
{
    assert_close((double)runner_model(r)[coordinate], wanted, 2e-5, 0);
}

/* v_i = (a b_i + lambda x*) / (a + lambda), x* = mean b; without the pull b_i. */
static void ditto_lies_between_home_and_all(void **state)
{
    (void)state;
    for (int pulled = 0; pulled < 2; pulled++) {
        const double lambda = pulled ? 0.5 : 0;
        settings s;
        runner r;
        bowls(&s, "ditto", 60, 4, 0.1);
        set(&s, "ditto.lambda=%g", lambda);
        set(&s, "ditto.steps=%d", pulled ? 3 : 0);
        run_rounds(&s, &r, 60);
        assert_model(&r, 0, mean_b);
        for (int i = 1; i <= N; i++)
            assert_own(&r, i, D - 1, (2 * i + lambda * mean_b) / (2 + lambda));
        runner_close(&r);
    }
}

/* Three of a learner's own steps from x0 = 0, with w = 0: v = q (1 - p^3), p = 1 - eta (a + lambda), q the fixed
 * point. */
static void ditto_makes_as_many_steps_as_it_says(void **state)
{
    (void)state;
    settings s;
    runner r;
    bowls(&s, "ditto", 1, 1, 0.1);
    set(&s, "ditto.lambda=3");
    set(&s, "ditto.steps=3");
    run_rounds(&s, &r, 1);
    for (int i = 1; i <= N; i++)
        assert_own(&r, i, 0, 2.0 * i / 5 * (1 - 0.5 * 0.5 * 0.5));
    assert_model(&r, 0, 0.2 * mean_b);
    runner_close(&r);
}

/* theta_i = (a b_i + lambda w) / (a + lambda), w* = mean b, where w_i makes one step a visit. Of more steps the last
 * one begins at b_i + p^(R-1) (w - b_i), p = 1 - eta lambda a / (a + lambda). */
static void pfedme_learns_from_envelopes(void **state)
{
    (void)state;
    for (int steps = 1; steps <= 3; steps += 2) {
        const double p = 1 - 0.3 * 2 / 3;
        settings s;
        runner r;
        bowls(&s, "pfedme", 60, steps, 0.2);
        set(&s, "pfedme.lambda=1");
        set(&s, "pfedme.eta=0.3");
        set(&s, "pfedme.inner=20");
        run_rounds(&s, &r, 60);
        assert_model(&r, 0, mean_b);
        for (int i = 1; i <= N; i++)
            assert_own(&r, i, 1, (2 * i + i + pow(p, steps - 1) * (mean_b - i)) / 3);
        runner_close(&r);
    }
}

/* The server goes beta of the way: with a large lambda and eta lambda = 1 the copies are at theta_i, which one step
 * from w = 0 led to eta_L a b_i. */
static void pfedme_goes_beta_of_the_way(void **state)
{
    (void)state;
    settings s;
    runner r;
    bowls(&s, "pfedme", 1, 1, 0.01);
    set(&s, "pfedme.lambda=10");
    set(&s, "pfedme.eta=0.1");
    set(&s, "pfedme.inner=1");
    set(&s, "pfedme.beta=0.25");
    run_rounds(&s, &r, 1);
    assert_model(&r, 0, 0.25 * 0.02 * mean_b);
    runner_close(&r);
}

/* With one step a visit alpha v_i + (1 - alpha) x* = b_i. After the first, from 0: v_i = eta alpha a b_i by the chain
 * rule, w_i = eta a b_i. */
static void apfl_mixes_exactly(void **state)
{
    (void)state;
    settings s;
    runner r;
    bowls(&s, "apfl", 150, 1, 0.3);
    set(&s, "apfl.alpha=0.6");
    run_rounds(&s, &r, 1);
    assert_model(&r, 0, 0.6 * mean_b);
    for (int i = 1; i <= N; i++)
        assert_own(&r, i, 0, 0.6 * (0.3 * 0.6 * 2 * i) + 0.4 * 0.6 * mean_b);
    for (int t = 1; t < 150; t++)
        assert_ok(r.ctx, runner_step(&r));
    assert_model(&r, 0, mean_b);
    for (int i = 1; i <= N; i++)
        assert_own(&r, i, 2, i);
    runner_close(&r);
}

/* Of the first visit v_i = w_i = 0, so that alpha stays. In the second its step is -eta <v_i - w, grad f_i(mixed)>. */
static void apfl_adapts_alpha(void **state)
{
    (void)state;
    settings s;
    runner r;
    const double eta = 0.1, a = 2, alpha = 0.5;
    bowls(&s, "apfl", 2, 1, eta);
    set(&s, "apfl.alpha=%g", alpha);
    set(&s, "apfl.adaptive=yes");
    run_rounds(&s, &r, 2);
    for (int i = 1; i <= N; i++) {
        const double v = eta * alpha * a * i, x = eta * a * mean_b, mixed = alpha * v + (1 - alpha) * x;
        const double g = a * (mixed - i), next = alpha - eta * D * (v - x) * g, newest = x + eta * a * (mean_b - x);
        const double moved = v - eta * alpha * g;
        assert_true(next > 0 && next < 1 && fabs(next - alpha) > 1e-3);
        assert_own(&r, i, 0, next * moved + (1 - next) * newest);
    }
    runner_close(&r);
}

/* Shared coordinates come to mean b, own ones to b_i, and of those the run's model stays at its beginning. Coordinates
 * are body, norm, norm, head, head, a letter each below: s for shared, o for own. */
static void parts_of_a_model(void **state)
{
    (void)state;
    static const struct {
        const char *algorithm, *parts, *more;
        int sent;
    } some[] = {{"fedper", "sssoo", "", 3},
                {"fedrep", "sssoo", "fedrep.body_steps=2", 3},
                {"lg-fedavg", "oooss", "", 2},
                {"fedbn", "sooss", "", 3}};
    for (size_t k = 0; k < sizeof some / sizeof some[0]; k++) {
        settings s;
        runner r;
        quadratic(&s, some[k].algorithm, N, 1.0, 5, 40);
        set(&s, "quadratic.head=2");
        set(&s, "quadratic.norms=2");
        set(&s, "quadratic.init=7");
        set(&s, "participation.arrivals=%d", N);
        set(&s, "local.lr=0.2");
        set(&s, "local.steps=5");
        if (*some[k].more) set(&s, "%s", some[k].more);
        run_rounds(&s, &r, 40);
        for (int c = 0; c < 5; c++) {
            const bool own = some[k].parts[c] == 'o';
            assert_model(&r, c, own ? 7 : mean_b);
            for (int i = 1; i <= N; i++)
                assert_own(&r, i, c, own ? i : mean_b);
        }
        assert_close(measured(&r, "bytes_up"), 40.0 * N * some[k].sent * sizeof(kith_real), 0, 0);
        assert_close(measured(&r, "bytes_down"), 40.0 * N * some[k].sent * sizeof(kith_real), 0, 0);
        runner_close(&r);
    }
}

/* One step a visit is the body's: the head stands where it began, whatever decays. Two are one of each: at 7 - eta (a
 * (7 - b) + 7 lambda) both, the head for the learner alone. */
static void fedrep_moves_one_part_at_a_time(void **state)
{
    (void)state;
    for (int steps = 1; steps <= 2; steps++) {
        settings s;
        runner r;
        bowls(&s, "fedrep", 1, steps, 0.1);
        set(&s, "quadratic.head=1");
        set(&s, "quadratic.init=7");
        set(&s, "local.weight_decay=0.3");
        set(&s, "local.momentum=0.5");
        run_rounds(&s, &r, 1);
        for (int i = 1; i <= N; i++) {
            const double moved = 7 - 0.1 * (2 * (7.0 - i) + 7 * 0.3);
            if (steps == 1)
                assert_true(own_of(&r, i)[D - 1] == 7);
            else
                assert_own(&r, i, D - 1, moved);
        }
        assert_model(&r, 0, 7 - 0.1 * (2 * (7 - mean_b) + 7 * 0.3));
        assert_true(runner_model(&r)[D - 1] == 7);
        runner_close(&r);
    }
}

/* At mean b the gradients (1 - alpha a) a (x - b_i) add up to zero; one step from there is a learner's own model. */
static void per_fedavg_is_one_step_from_home(void **state)
{
    (void)state;
    const double alpha = 0.2;
    settings s;
    runner r;
    bowls(&s, "per-fedavg", 60, 3, 0.2);
    set(&s, "per-fedavg.alpha=%g", alpha);
    run_rounds(&s, &r, 1);
    assert_model(&r, 0, mean_b * (1 - pow(1 - 0.2 * 2 * (1 - alpha * 2), 3)));
    for (int t = 1; t < 60; t++)
        assert_ok(r.ctx, runner_step(&r));
    assert_model(&r, 0, mean_b);
    for (int i = 1; i <= N; i++)
        assert_own(&r, i, 0, i + (1 - alpha * 2) * (mean_b - i));
    runner_close(&r);
}

/* Two models that begin on either side of the middle find the means of 1, 2 and of 3, 4, whichever is where. One model
 * finds that of all. */
static void ifca_finds_groups(void **state)
{
    (void)state;
    int first_is_low = 0;
    for (int seed = 0; seed < 5; seed++) {
        const int models = seed ? 2 : 1;
        settings s;
        runner r;
        bowls(&s, "ifca", 40, 3, 0.2);
        set(&s, "quadratic.init=2.5");
        set(&s, "ifca.models=%d", models);
        set(&s, "ifca.spread=0.01");
        set(&s, "run.seed=%d", seed);
        run_rounds(&s, &r, 1);
        /* the first model moved to the mean of those who chose it alone */
        if (models == 2) assert_close(fabs((double)runner_model(&r)[0] - 2.5), 1 - 0.6 * 0.6 * 0.6, 2e-5, 0);
        for (int t = 1; t < 40; t++)
            assert_ok(r.ctx, runner_step(&r));
        for (int i = 1; i <= N; i++)
            assert_own(&r, i, 0, models == 1 ? mean_b : i <= 2 ? 1.5 : 3.5);
        const bool low = (double)runner_model(&r)[0] < mean_b;
        assert_model(&r, 0, models == 1 ? mean_b : low ? 1.5 : 3.5);
        if (models == 2) first_is_low += low;
        runner_close(&r);
    }
    assert_in_range(first_is_low, 1, 3);
}

/* On a complete graph the shared coordinate comes to mean b, and the head stays at home. */
static void neighbours_share_a_body(void **state)
{
    (void)state;
    settings s;
    runner r;
    quadratic(&s, "dfedper", N, 1.0, D, 60);
    set(&s, "run.topology=complete");
    set(&s, "quadratic.head=1");
    set(&s, "local.lr=0.02");
    set(&s, "local.steps=5");
    set(&s, "decentralized.merge=no");
    run_rounds(&s, &r, 60);
    for (int i = 1; i <= N; i++) {
        assert_close((double)own_of(&r, i)[0], mean_b * (1 - pow(0.98, 300)), 2e-5, 0);
        assert_own(&r, i, D - 1, i * (1 - pow(0.98, 300)));
    }
    runner_close(&r);
}

/* Who was never seen uses the newest version, and who is seen first after lost visits begins at a version, not at
 * zero. */
static void own_models_begin_at_a_version(void **state)
{
    static const char *const algorithms[] = {"ditto", "apfl", "fedper"};
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        settings s;
        runner r;
        quadratic(&s, algorithms[k], 12, 1.0, D, 3);
        set(&s, "quadratic.init=40");
        set(&s, "quadratic.head=1");
        set(&s, "participation.arrivals=2");
        set(&s, "participation.dropout=0.5");
        set(&s, "local.lr=1e-6");
        run_rounds(&s, &r, 3);
        for (int i = 1; i <= 12; i++)
            assert_close((double)own_of(&r, i)[D - 1], 40, 1e-3, 0);
        runner_close(&r);
    }
}

static void refuse(const char *algorithm, const char *setting, const char *message)
{
    settings s;
    runner r;
    bowls(&s, algorithm, 1, 1, 0.1);
    set(&s, "%s", setting);
    if (strstr(setting, "adamw")) set(&s, "local.weight_decay=0.1");
    assert_int_equal(runner_open(&r, s.list), KITH_ECONFIG);
    assert_non_null(strstr(kith_ctx_message(r.ctx), message));
    runner_close(&r);
}

static void what_has_no_parts_is_refused(void **state)
{
    (void)state;
    refuse("fedper", "quadratic.head=0", "fedper: the model has no head, so that learners would have nothing of their");
    refuse("fedper", "quadratic.head=3", "fedper: all of the model is its head, so that nothing would be shared; ");
    refuse("fedbn", "quadratic.head=1", "fedbn: the model has no norms");
    refuse("dfedper", "dfedper.own=norms", "dfedper: the model has no norms");
    refuse("fedavg", "quadratic.head=4", "quadratic.head + quadratic.norms = 4 + 0 is more than the 3 coordinates");
    refuse("fedrep", "local.optimizer=adamw", "AdamW's weight decay would move both; set local.weight_decay = 0");
    refuse("apfl", "local.momentum=0.5", "set local.momentum = 0");
    refuse("apfl", "local.optimizer=adamw", "set local.optimizer = sgd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ditto_lies_between_home_and_all),
        cmocka_unit_test(ditto_makes_as_many_steps_as_it_says),
        cmocka_unit_test(pfedme_learns_from_envelopes),
        cmocka_unit_test(pfedme_goes_beta_of_the_way),
        cmocka_unit_test(apfl_mixes_exactly),
        cmocka_unit_test(apfl_adapts_alpha),
        cmocka_unit_test(parts_of_a_model),
        cmocka_unit_test(fedrep_moves_one_part_at_a_time),
        cmocka_unit_test(per_fedavg_is_one_step_from_home),
        cmocka_unit_test(ifca_finds_groups),
        cmocka_unit_test(neighbours_share_a_body),
        cmocka_unit_test(own_models_begin_at_a_version),
        cmocka_unit_test(what_has_no_parts_is_refused),
    };
    return cmocka_run_group_tests_name("personal", tests, NULL, NULL);
}
