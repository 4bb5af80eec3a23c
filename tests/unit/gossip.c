/* The decentralized engine and its algorithms against closed forms on quadratics, f_i(x) = 1/2 |x - b_i|^2. Letters: N learners, H local
 * steps, q = (1 - eta)^H, W the ring's weights. */
#include "support.h"

#include "runner.h"
#include "quadratics.h"

enum { N = 5 };

static const bool precise = sizeof(kith_real) == sizeof(double);

static void choose(settings *s, const char *algorithm, int learners, int rounds)
{
    quadratic(s, algorithm, learners, 1.0, 3, rounds);
    set(s, "run.topology=ring");
    set(s, "local.lr=0.1");
    set(s, "local.steps=1");
}

static double model_after(settings *s, int rounds)
{
    runner r;
    assert_ok(r.ctx, runner_open(&r, s->list));
    for (int t = 0; t < rounds; t++) assert_ok(r.ctx, runner_step(&r));
    const double x = (double)runner_model(&r)[0];
    assert_true(runner_model(&r)[2] == runner_model(&r)[0]);
    runner_close(&r);
    return x;
}
