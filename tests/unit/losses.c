/* The losses that a visit hands out: of a batch, and of all that a learner trains on. */
#include "support.h"

#include "runner.h"
#include "quadratics.h"

#include "engine/frame/frame.h"

static const double off = sizeof(kith_real) == sizeof(double) ? 1e-12 : 1e-5;

/* An opened run and a visit of learner 0. */
typedef struct visiting {
    runner r;
    kith_visit v;
    kith_real *x, *g;
} visiting;

static void visit(visiting *o, const char *const *list)
{
    assert_ok(o->r.ctx, runner_open(&o->r, list));
    const size_t d = o->r.run->dimension;
    o->v = (kith_visit){.ctx = o->r.ctx, .dimension = d, .steps = 3, .round = 7, .lr = 0.1};
    assert_ok(o->r.ctx, KITH_ALLOC(o->r.ctx, "model", d, &o->x));
    assert_ok(o->r.ctx, KITH_ALLOC(o->r.ctx, "gradient", d, &o->g));
    for (size_t i = 0; i < d; i++)
        o->x[i] = (kith_real)(0.1 * (double)(i % 7) - 0.2);
    assert_ok(o->r.ctx, kith_trainer_begin(o->r.run->trainer, &o->v));
}

static void leave(visiting *o)
{
    kith_free(o->x);
    kith_free(o->g);
    runner_close(&o->r);
}

static double own_loss(visiting *o, const kith_real *x)
{
    double loss = NAN;
    assert_ok(o->r.ctx, kith_visit_loss(&o->v, x, &loss));
    return loss;
}

static double batch_loss(visiting *o, const kith_real *x)
{
    double loss = NAN;
    assert_ok(o->r.ctx, kith_visit_batch_loss(&o->v, x, &loss));
    return loss;
}

static double gradient_loss(visiting *o, const kith_real *x)
{
    double loss = NAN;
    assert_ok(o->r.ctx, kith_visit_gradient(&o->v, x, o->g, &loss));
    return loss;
}

/* f(y) = f(x) + g'(y - x) + a/2 |y - x|^2 for any batch of a quadratic; and f of all five points 1 .. 5. */
static void of_a_quadratic(void **state)
{
    (void)state;
    settings s;
    visiting o;
    double drawn[2][3];
    quadratic(&s, "fedavg", 5, 1.0, 2, 1);
    set(&s, "run.learners=1");
    set(&s, "participation.arrivals=1");
    set(&s, "quadratic.a=2");
    set(&s, "local.batch=2");
    for (int looks = 0; looks < 2; looks++) {
        visit(&o, s.list);
        const kith_real at[] = {2, 0}, to[] = {3, (kith_real)-0.5};
        for (int k = 0; k < 3; k++) {
            drawn[looks][k] = gradient_loss(&o, at);
            if (!looks) continue;
            assert_close(batch_loss(&o, at), drawn[looks][k], off, 0);
            assert_close(own_loss(&o, at), 2 / 2.0 * ((1 + 0 + 1 + 4 + 9) + (1 + 4 + 9 + 16 + 25)) / 5.0, off, 0);
            const double far = drawn[looks][k] + (double)o.g[0] * 1 - (double)o.g[1] * 0.5 + 2 / 2.0 * 1.25;
            assert_close(batch_loss(&o, to), far, off, 0); /* of the batch, though all others were looked at since */
        }
        leave(&o);
    }
    for (int k = 0; k < 3; k++) /* looking draws nothing */
        assert_true(drawn[0][k] == drawn[1][k]);
}

static void a_loss_may_be_infinite(void **state)
{
    (void)state;
    settings s;
    visiting o;
    quadratic(&s, "fedavg", 1, 1.0, 2, 1);
    set(&s, "participation.arrivals=1");
    visit(&o, s.list);
    const kith_real far[] = {(kith_real)INFINITY, 0}, near[] = {0, 0};
    (void)gradient_loss(&o, near);
    assert_true(isinf(own_loss(&o, far)));
    assert_true(isinf(batch_loss(&o, far)));
    leave(&o);
}

static void a_batch_must_have_been_drawn(void **state)
{
    (void)state;
    settings s;
    visiting o;
    double loss = NAN;
    quadratic(&s, "fedavg", 1, 1.0, 2, 1);
    set(&s, "participation.arrivals=1");
    visit(&o, s.list);
    assert_refused(o.r.ctx, kith_visit_batch_loss(&o.v, o.x, &loss), KITH_EPLUGIN,
                   "learner 0 in round 7: the loss of the last batch is asked for before any gradient; call "
                   "kith_visit_gradient() first");
    leave(&o);
}

/* What gradient() says of all examples at once; 150 of them take three lanes. Penalties and real targets are in it. */
static void of_all_examples(void **state)
{
    (void)state;
#define DATA                                                                                                           \
    "run.algorithm=fedavg", "run.dataset=synthetic", "run.learners=1", "run.rounds=1", "participation.arrivals=1",     \
        "synthetic.max_examples=166", "synthetic.features=12", "local.batch=0", "run.seed=2", "eval.every=0"
    const char *const cases[][16] = {
        {DATA, "run.model=linear", "synthetic.classes=20"},
        {DATA, "run.model=linear", "synthetic.classes=3", "synthetic.target=real"},
        {DATA, "run.model=logistic", "synthetic.classes=2", "logistic.l2=0.5", "logistic.bias=yes"},
        {DATA, "run.model=mlp", "mlp.hidden=9", "data.validation=0.2"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        visiting o;
        visit(&o, cases[c]);
        assert_true(o.v.examples > 65);
        const double whole = gradient_loss(&o, o.x);
        assert_close(own_loss(&o, o.x), whole, off, 0);
        assert_close(batch_loss(&o, o.x), whole, off, 0);
        leave(&o);
    }
}

/* As in evaluation: what noise adds to a gradient is in no loss. */
static void noise_is_left_out(void **state)
{
    (void)state;
    settings s;
    visiting o;
    quadratic(&s, "fedavg", 1, 1.0, 2, 1);
    set(&s, "participation.arrivals=1");
    set(&s, "quadratic.sigma=3");
    visit(&o, s.list);
    const double first = own_loss(&o, o.x);
    (void)gradient_loss(&o, o.x);
    assert_true(own_loss(&o, o.x) == first);
    assert_true(batch_loss(&o, o.x) == batch_loss(&o, o.x));
    leave(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_quadratic),    cmocka_unit_test(a_loss_may_be_infinite),
        cmocka_unit_test(of_all_examples),   cmocka_unit_test(a_batch_must_have_been_drawn),
        cmocka_unit_test(noise_is_left_out),
    };
    return cmocka_run_group_tests_name("losses", tests, NULL, NULL);
}
