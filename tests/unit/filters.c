/* Filters against exact answers on quadratics, f_i(x) = 1/2 |x - b_i|^2 in every coordinate, b_i = i. */
#include "support.h"

#include "runner.h"
#include "measured.h"
#include "quadratics.h"

#include "engine/federated/federated.h"

#include <kith/nn.h>

static const double tolerance = sizeof(kith_real) == sizeof(double) ? 1e-12 : 1e-6;

/* One step of all learners, all alike: an update is lr (b_i - x). */
static void plain(settings *s, const char *algorithm, int learners, double slope, int dimension, int rounds)
{
    quadratic(s, algorithm, learners, slope, dimension, rounds);
    set(s, "participation.arrivals=%d", learners);
    set(s, "local.steps=1");
    set(s, "local.lr=0.3");
}

static double after(settings *s, int rounds, kith_real *model, size_t count)
{
    runner r;
    assert_ok(r.ctx, runner_open(&r, s->list));
    for (int t = 0; t < rounds; t++)
        assert_ok(r.ctx, runner_step(&r));
    const double x = (double)runner_model(&r)[0];
    for (size_t i = 0; i < count; i++)
        model[i] = runner_model(&r)[i];
    runner_close(&r);
    return x;
}

/* Of every block one row: norms 0.3 i sqrt(d), here and at the server. */
static void clip_scales_down(void **state)
{
    (void)state;
    enum { D = 10000 };
    static const char *const places[] = {"run", "server"};
    for (int p = 0; p < 2; p++) {
        settings s;
        plain(&s, "fedavg", 4, 1.0, D, 1);
        set(&s, "%s.filters=clip(norm=75)", places[p]);
        double x = 0;
        for (int i = 1; i <= 4; i++)
            x += fmin(0.3 * i, 75 / sqrt(D)) / 4;
        assert_close(after(&s, 1, NULL, 0), x, 0, 4 * tolerance);
    }
}

/* The k-th largest of equals and of numbers of very different sizes. */
static void largest_are_kept(void **state)
{
    (void)state;
    kith_real x[] = {1, -3, 0.5, 3, -0.125, 3, 0, 2}, rest[8];
    const kith_real kept[] = {0, -3, 0, 3, 0, 0, 0, 0}, left[] = {1, 0, 0.5, 0, -0.125, 3, 0, 2};
    kith_keep_largest(8, 2, x, rest);
    for (int i = 0; i < 8; i++)
        assert_true(x[i] == kept[i] && rest[i] == left[i]);
    kith_real y[5000], z[5000];
    kith_stream s = kith_stream_at(1, KITH_FOR_PLUGIN, 0, 0);
    kith_draw_normals(&s, 1.0, 5000, y);
    kith_copy(5000, y, z);
    for (size_t k = 0; k <= 5000; k += 625) {
        kith_copy(5000, y, z);
        kith_keep_largest(5000, k, z, NULL);
        size_t count = 0;
        double least = INFINITY, most = 0;
        for (size_t i = 0; i < 5000; i++) {
            count += z[i] != 0;
            if (z[i] != 0) least = fmin(least, fabs((double)y[i]));
            if (z[i] == 0) most = fmax(most, fabs((double)y[i]));
        }
        assert_true(count == k && most <= least);
    }
}

static int by_magnitude(const void *a, const void *b)
{
    const double x = fabs((double)*(const kith_real *)a), y = fabs((double)*(const kith_real *)b);
    return x < y ? -1 : x > y;
}

/* Of so many that a sample is taken first: normals; equals; and numbers of which the sample sees the small ones alone.
 */
static void largest_of_many(void **state)
{
    (void)state;
    enum { MANY = 300000 };
    static kith_real x[MANY], y[MANY], rest[MANY], sorted[MANY];
    for (int kind = 0; kind < 3; kind++) {
        kith_stream s = kith_stream_at(2, KITH_FOR_PLUGIN, 0, 0);
        kith_draw_normals(&s, 1.0, MANY, x);
        for (size_t i = 0; i < MANY && kind > 0; i++)
            x[i] = kind == 1 ? (kith_real)(i % 3 ? -7 : 7) : x[i] * (kith_real)(i % (MANY / 8192) ? 9 : 0.001);
        kith_copy(MANY, x, sorted);
        qsort(sorted, MANY, sizeof *sorted, by_magnitude);
        for (size_t k = 1; k < MANY; k *= 11) {
            size_t count = 0;
            kith_copy(MANY, x, y);
            kith_keep_largest(MANY, k, y, rest);
            for (size_t i = 0; i < MANY; i++) {
                assert_true(y[i] + rest[i] == x[i] && (y[i] == 0 || rest[i] == 0));
                assert_true(y[i] == 0 || fabs((double)y[i]) >= fabs((double)sorted[MANY - k]));
                assert_true(kind != 1 || (y[i] != 0) == (i < k));
                count += y[i] != 0;
            }
            assert_int_equal(count, k);
        }
    }
}

/* Normals from the stream's words by the formulas of Box and Muller, in the order of lanes. */
static void noise_is_what_its_words_say(void **state)
{
    (void)state;
    enum { LANES = 256, COUNT = 2 * 4 * LANES + 100 };
    static kith_real x[COUNT];
    kith_stream s = kith_stream_at(3, KITH_FOR_SENDING, 1, 2), words = s;
    s.counter[0] = words.counter[0] = UINT32_MAX - 300; /* carries */
    kith_draw_noise(&s, 2.0, COUNT, x);
    for (size_t chunk = 0; chunk < COUNT; chunk += 4 * LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            for (size_t pair = 0; pair < 2; pair++) {
                const double u = ((double)(kith_draw_u32(&words) >> 1) + 0.5) / 2147483648.0;
                const double turn = kith_draw_u32(&words) / 4294967296.0 * 6.283185307179586;
                const size_t at = chunk + 2 * pair * LANES + lane;
                if (at < COUNT) assert_close((double)x[at], 2 * sqrt(-2 * log(u)) * cos(turn), 0, 4e-6);
                if (at + LANES < COUNT) assert_close((double)x[at + LANES], 2 * sqrt(-2 * log(u)) * sin(turn), 0, 4e-6);
            }
    assert_true(kith_draw_u32(&s) == kith_draw_u32(&words));
}

/* The mean of what learners hold back, in coordinate i. */
static double held_back(const runner *r, size_t i)
{
    const federated *f = kith_run_engine(r->run)->self;
    double sum = 0;
    for (size_t k = 0; k < f->own_rows; k++)
        sum += (double)kith_filters_of_learner(f->filters, k)[i];
    return f->own_rows ? sum / (double)f->own_rows : 0.0;
}

/* All that is held back is with the learners: in each round x + mean e makes the step that x would without a filter. So
 * x makes up for what it lacks, and its mean over rounds is at the optimum. */
static void feedback_loses_nothing(void **state)
{
    (void)state;
    enum { D = 100, T = 2000 };
    settings s;
    plain(&s, "fedavg", 3, 1.0, D, T);
    set(&s, "run.filters=top-k(share=0.1)");
    runner r;
    assert_ok(r.ctx, runner_open(&r, s.list));
    double mean[D] = {0}, whole[D] = {0};
    for (int t = 0; t < T; t++) {
        for (int i = 0; i < D; i++)
            whole[i] = (double)runner_model(&r)[i] + held_back(&r, (size_t)i) + 0.3 * (2 - (double)runner_model(&r)[i]);
        assert_ok(r.ctx, runner_step(&r));
        for (int i = 0; i < D; i++) {
            assert_close((double)runner_model(&r)[i] + held_back(&r, (size_t)i), whole[i], tolerance, 0);
            mean[i] += (double)runner_model(&r)[i] / T;
        }
    }
    for (int i = 0; i < D; i++)
        assert_close(mean[i], 2.0, 0, 1e-2);
    runner_close(&r);
}

/* After one round from 0 the ten first coordinates moved by 0.3 * 2, the others not; after two the ten next moved by
 * what was held back and the second message: 0.3 b + 0.3 b. */
static void feedback_by_hand(void **state)
{
    (void)state;
    kith_real x[30];
    settings s;
    plain(&s, "fedavg", 3, 1.0, 30, 2);
    set(&s, "run.filters=top-k(count=10)");
    after(&s, 2, x, 30);
    for (int i = 0; i < 30; i++)
        assert_close((double)x[i], i < 10 ? 0.6 : i < 20 ? 1.2 : 0.0, 0, 4 * tolerance);
}

static void a_share_of_one_changes_nothing(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"fedavg", "scaffold", "afa-cd", "fedopt"};
    kith_real x[2][50];
    for (int a = 0; a < 4; a++) {
        for (int k = 0; k < 2; k++) {
            settings s;
            plain(&s, algorithms[a], 5, 1.7, 50, 7);
            set(&s, "run.filters=%s", k ? "top-k(share=1), top-k(share=1, feedback=no)" : "");
            after(&s, 7, x[k], 50);
        }
        assert_memory_equal(x[0], x[1], sizeof x[0]);
    }
}

/* 4 learners, 3 rounds: message planes of ten indices and values go up, versions with what is published come down. */
static void bytes_are_those_sent(void **state)
{
    (void)state;
    static const struct {
        const char *algorithm;
        int up, down;
    } rows[] = {{"fedavg", 1, 1}, {"scaffold", 2, 2}, {"afa-cd", 1, 1}, {"fedopt", 1, 1}};
    for (int k = 0; k < 4; k++) {
        settings s;
        plain(&s, rows[k].algorithm, 4, 1.0, 1000, 3);
        set(&s, "run.filters=top-k(share=0.01, feedback=yes)");
        runner r;
        assert_ok(r.ctx, runner_open(&r, s.list));
        for (int t = 0; t < 3; t++)
            assert_ok(r.ctx, runner_step(&r));
        metric m[] = {{"bytes_up", 0}, {"bytes_down", 0}, {"bytes_sent", 0}};
        measure_some(&r, m, 3);
        const double up = 3 * 4 * rows[k].up * 10.0 * (sizeof(kith_real) + 4);
        const double down = 3 * 4 * rows[k].down * 1000.0 * sizeof(kith_real);
        assert_close(m[0].value, up, 0, 0);
        assert_close(m[1].value, down, 0, 0);
        assert_close(m[2].value, up + down, 0, 0);
        runner_close(&r);
    }
}

/* A link of 1,000 bytes a second: what goes up takes as long as the filter leaves it. */
static void a_narrow_uplink_takes_what_is_sent(void **state)
{
    (void)state;
    double time[2];
    for (int k = 0; k < 2; k++) {
        settings s;
        plain(&s, "fedavg", 2, 1.0, 1000, 1);
        set(&s, "clock.timed=yes");
        set(&s, "clock.bandwidth_up=1000");
        if (k) set(&s, "run.filters=top-k(share=0.1)");
        runner r;
        assert_ok(r.ctx, runner_open(&r, s.list));
        assert_ok(r.ctx, runner_step(&r));
        time[k] = measured(&r, "virtual_time");
        runner_close(&r);
    }
    assert_close(time[0] - time[1], (double)sizeof(kith_real) - 0.1 * (double)(sizeof(kith_real) + 4), 1e-9, 0);
}

/* From 0 the messages are 0.3 (1, 2, 3) in all coordinates: of the same size, so signs lose nothing. */
static void signs_of_equals_are_exact(void **state)
{
    (void)state;
    for (int feedback = 0; feedback < 2; feedback++) {
        settings s;
        plain(&s, "fedavg", 3, -1.0, 20, 4);
        set(&s, "run.filters=sign(feedback=%s)", feedback ? "yes" : "no");
        assert_close(after(&s, 4, NULL, 0), -2 * (1 - pow(0.7, 4)), 0, 8 * tolerance);
    }
}

/* k of d coordinates, each d / k times as large; others of each learner. */
static void drawn_ones_are_scaled_up(void **state)
{
    (void)state;
    enum { D = 1000 };
    static kith_real x[D];
    settings s;
    plain(&s, "fedavg", 1, 1.0, D, 1);
    set(&s, "run.filters=rand-k(share=0.1)");
    after(&s, 1, x, D);
    size_t count = 0;
    for (int i = 0; i < D; i++) {
        count += x[i] != 0;
        if (x[i] != 0) assert_close((double)x[i], 3.0, 0, 8 * tolerance);
    }
    assert_int_equal(count, D / 10);
}

static double variance(const kith_real *x, size_t n, double mean)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += ((double)x[i] - mean) * ((double)x[i] - mean);
    return sum / (double)n;
}

/* z C of each message, or of the sum. A variance of n numbers is known to sqrt(2 / n); five of those are allowed. */
static void noise_has_its_variance(void **state)
{
    (void)state;
    enum { D = 20000, M = 4 };
    static kith_real x[D];
    for (int k = 0; k < 2; k++) {
        settings s;
        plain(&s, "fedavg", M, 0.0, D, 1);
        set(&s, "fedavg.weights=equal");
        set(&s, k ? "run.filters=clip(norm=0.5)" : "run.filters=clip(norm=0.5), gaussian(noise=3)");
        if (k) set(&s, "server.filters=gaussian(noise=3)");
        after(&s, 1, x, D);
        const double wanted = k ? pow(1.5 / M, 2) : pow(1.5, 2) / M;
        assert_close(variance(x, D, 0.0) / wanted, 1.0, 0, 5 * sqrt(2.0 / D));
    }
}

/* All hold b = 0 and rho = 0.3: noise of variance v in each step leaves x one of v / (1 - (1 - rho)^2), in the mean of
 * 600 rounds, of which 600 rho / 2 are as good as independent, and 1,000 coordinates. */
static void noise_settles(void **state)
{
    (void)state;
    enum { D = 1000, M = 4, T = 600, BEFORE = 40 };
    static kith_real x[D];
    for (int k = 0; k < 2; k++) {
        settings s;
        plain(&s, "fedavg", M, 0.0, D, T + BEFORE + 1); /* the last one is measured by the run */
        set(&s, "fedavg.weights=equal");
        set(&s, "%s.filters=clip(norm=5), gaussian(noise=0.1)", k ? "server" : "run");
        runner r;
        double found = 0;
        assert_ok(r.ctx, runner_open(&r, s.list));
        for (int t = 0; t < T + BEFORE; t++) {
            assert_ok(r.ctx, runner_step(&r));
            kith_copy(D, runner_model(&r), x);
            if (t >= BEFORE) found += variance(x, D, 0.0) / T;
        }
        if (!k) assert_close(measured(&r, "clipped_share"), 0, 0, 0);
        runner_close(&r);
        const double each = k ? pow(0.5 / M, 2) : pow(0.5, 2) / M;
        assert_close(found / (each / (1 - 0.7 * 0.7)), 1.0, 0, 5 * sqrt(2.0 / (D * T * 0.3 / 2)));
    }
}

/* C follows the median of the norms 0.3 (1, 2, 3, 4) sqrt(d): within C = 0.1 sqrt(d) are none of them, so it grows by
 * exp(rate / 2) a round, until the first is, and the share is 1/4. Two rounds from 0 by hand, of b = slope i. */
static void adaptive_clipping_by_hand(void **state)
{
    (void)state;
    enum { D = 10000 };
    settings s;
    runner r;
    plain(&s, "fedavg", 4, 1.0, D, 3);
    set(&s, "server.filters=adaptive-clip(norm=20, quantile=0.5, rate=0.8)");
    assert_ok(r.ctx, runner_open(&r, s.list));
    double x = 0, c = 20;
    for (int t = 0; t < 2; t++) {
        double step = 0, within = 0;
        for (int i = 1; i <= 4; i++) {
            const double update = 0.3 * (i - x);
            step += copysign(fmin(fabs(update), c / sqrt(D)), update) / 4;
            within += fabs(update) * sqrt(D) <= c ? 0.25 : 0;
        }
        x += step;
        c *= exp(-0.8 * (within - 0.5));
        assert_ok(r.ctx, runner_step(&r));
        assert_close((double)runner_model(&r)[0], x, 0, 8 * tolerance);
        assert_close(measured(&r, "clip_norm"), c, 1e-6, 0);
    }
    assert_true(c > 20 && c < 80);
    runner_close(&r);
}

/* All hold b = 0 and all are within C, so C shrinks by exp(-rate / 2) a round. Noise of two rounds, z C / m of its own
 * C each, of which 0.7 of the first is left. */
static void noise_follows_the_norm(void **state)
{
    (void)state;
    enum { D = 20000, M = 4 };
    static kith_real x[D];
    const double norms = 1 + pow(0.7 * exp(1), 2), z = 0.01 / M;
    settings s;
    plain(&s, "fedavg", M, 0.0, D, 2);
    set(&s, "fedavg.weights=equal");
    set(&s, "server.filters=adaptive-clip(norm=5, rate=2), gaussian(noise=0.01)");
    after(&s, 2, x, D);
    assert_close(variance(x, D, 0.0) / (norms * pow(z * 5 * exp(-1), 2)), 1.0, 0, 5 * sqrt(2.0 / D));
}

/* With gamma = 1 and every message within C, log C moves by the noise alone: -rate sigma_b / m times a normal number.
 */
static void how_many_are_within_is_noised(void **state)
{
    (void)state;
    enum { M = 4, T = 400 };
    settings s;
    runner r;
    plain(&s, "fedavg", M, 0.0, 1, T + 1);
    set(&s, "server.filters=adaptive-clip(norm=1e9, quantile=1, rate=0.1, noise=2)");
    assert_ok(r.ctx, runner_open(&r, s.list));
    double before = log(1e9), sum = 0, squares = 0;
    for (int t = 0; t < T; t++) {
        assert_ok(r.ctx, runner_step(&r));
        const double now = log(measured(&r, "clip_norm")), move = (now - before) * M / (0.1 * 2);
        before = now;
        sum += move / T;
        squares += move * move / T;
    }
    runner_close(&r);
    assert_close(sum, 0, 0, 5 / sqrt(T));
    assert_close(squares, 1, 0, 5 * sqrt(2.0 / T));
}

/* One learner's step 0.3 in each of d coordinates has the norm 0.3 sqrt(d), so each level is 0.3 sqrt(d) / s, and a
 * coordinate of s / sqrt(d) levels is rounded up as often as its rest says. */
static void levels_are_drawn(void **state)
{
    (void)state;
    enum { D = 40000, S = 250 };
    static kith_real x[D];
    for (int contracts = 0; contracts < 2; contracts++) {
        settings s;
        plain(&s, "fedavg", 1, 1.0, D, 1);
        set(&s, "run.filters=qsgd(%d%s)", S, contracts ? ", scale=contraction" : "");
        after(&s, 1, x, D);
        const double down = contracts ? 1 + fmin(D / (double)(S * S), sqrt(D) / S) : 1,
                     level = 0.3 * sqrt(D) / S / down;
        double sum = 0, squares = 0;
        for (int i = 0; i < D; i++) {
            const double steps = (double)x[i] / level;
            assert_close(steps, floor(steps + 0.5), 0, 1e-4);
            sum += (double)x[i] / D;
            squares += pow((double)x[i] - 0.3, 2);
        }
        assert_close(sum, 0.3 / down, 0, 5 * 0.5 * level / sqrt(D));
        if (!contracts) assert_true(squares <= fmin(D / (double)(S * S), sqrt(D) / S) * 0.09 * D);
        if (contracts) assert_true(squares <= (1 - 1 / down) * 0.09 * D);
    }
}

/* All learners hold b = 2: the rate 0.3 becomes 0.3 (m - f (1 + s)) / m. */
static void flipped_signs_slow_down(void **state)
{
    (void)state;
    settings s;
    quadratic(&s, "fedavg", 1, 1.0, 3, 5);
    set(&s, "points.values=2, 2, 2, 2, 2, 2, 2, 2, 2, 2");
    set(&s, "run.learners=10");
    set(&s, "participation.arrivals=10");
    set(&s, "local.steps=1");
    set(&s, "local.lr=0.3");
    set(&s, "attack.learners=0.2");
    set(&s, "attack.filters=sign-flip(scale=2)");
    const double rate = 0.3 * (10 - 2 * 3) / 10;
    assert_close(after(&s, 5, NULL, 0), 2 * (1 - pow(1 - rate, 5)), 0, 8 * tolerance);
}

/* Honest b = 0..6, three attackers of ten, z = 1: x = 3 - 0.3 sd(0..6) = 2.4. */
static void alie_moves_the_mean(void **state)
{
    (void)state;
    settings s;
    plain(&s, "fedavg", 1, 1.0, 3, 120);
    s.count -= 3;
    set(&s, "points.values=0, 1, 2, 3, 4, 5, 6, 50, 60, 70");
    set(&s, "run.learners=10");
    set(&s, "participation.arrivals=10");
    set(&s, "local.steps=1");
    set(&s, "local.lr=0.3");
    set(&s, "attack.learners=7, 8, 9");
    set(&s, "attack.filters=alie(z=1)");
    assert_close(after(&s, 120, NULL, 0), 2.4, 0, 20 * tolerance);
}

/* z that is chosen by how many attack: .3360 at (50, 12), .5244 at (100, 30). At (10, 3) it is that of 4 / 7. */
static void alie_chooses_z(void **state)
{
    (void)state;
    assert_close(kith_normal_quantile(24.0 / 38), 0.3360, 0, 5e-5);
    assert_close(kith_normal_quantile(49.0 / 70), 0.5244, 0, 5e-5);
    settings s;
    plain(&s, "fedavg", 1, 1.0, 3, 120);
    s.count -= 3;
    set(&s, "points.values=0, 1, 2, 3, 4, 5, 6, 50, 60, 70");
    set(&s, "run.learners=10");
    set(&s, "participation.arrivals=10");
    set(&s, "local.steps=1");
    set(&s, "local.lr=0.3");
    set(&s, "attack.learners=7, 8, 9");
    set(&s, "attack.filters=alie");
    assert_close(after(&s, 120, NULL, 0), 3 - 0.3 * 2 * 0.1800124, 0, fmax(1e-6, 20 * tolerance));
}

/* The fixed point is Huber's location: sum of clip(0.3 (b_i - x), 0.05) = 0. */
static double defended(const char *filters, int rounds)
{
    settings s;
    quadratic(&s, "fedavg", 1, 1.0, 1, rounds);
    set(&s, "points.values=0, 0.1, 0.2, 100, 100");
    set(&s, "run.learners=5");
    set(&s, "participation.arrivals=5");
    set(&s, "local.steps=1");
    set(&s, "local.lr=0.3");
    set(&s, "server.filters=%s", filters);
    return after(&s, rounds, NULL, 0);
}

static void defences_find_their_fixed_points(void **state)
{
    (void)state;
    assert_close(defended("centered-clip(radius=0.05)", 3000), 0.7 / 3, 0, 1e-5);
    assert_close(defended("median", 200), 0.2, 0, 8 * tolerance);
    assert_close(defended("trimmed-mean(trim=0.4)", 200), 0.2, 0, 8 * tolerance);
    assert_close(defended("trimmed-mean(trim=0.2)", 200), 100.3 / 3, 0, 100 * tolerance);
    assert_close(defended("bucketing(size=5), median", 200), 200.3 / 5, 0, 100 * tolerance);
    assert_close(defended("bucketing(1), median", 200), 0.2, 0, 8 * tolerance);
    assert_close(defended("centered-clip(0.05, iterations=1)", 3000), 0.7 / 3, 0, 1e-5);
}

static void refused(const char *algorithm, const char *key, const char *text, const char *message)
{
    settings s;
    runner r;
    plain(&s, algorithm, 5, 1.0, 3, 1);
    set(&s, "%s=%s", key, text);
    assert_int_equal(runner_open(&r, s.list), KITH_ECONFIG);
    assert_string_equal(kith_ctx_message(r.ctx), message);
    runner_close(&r);
}

static void what_may_not_stand_is_refused(void **state)
{
    (void)state;
    refused("fedavg", "run.filters", "median",
            "--set: run.filters = median: median works at the server only; name it under server.filters");
    refused("fedavg", "server.filters", "top-k",
            "--set: server.filters = top-k: top-k works on learners only; name it under run.filters");
    refused("fedavg", "attack.filters", "median",
            "--set: attack.filters = median: median works at the server only, on all messages; name it under "
            "server.filters");
    refused("fedavg", "run.filters", "sign-flip",
            "--set: run.filters = sign-flip: sign-flip is what attackers do; name it under attack.filters");
    refused("fedavg", "run.filters", "clip, top-k, gaussian",
            "--set: run.filters = clip, top-k, gaussian: gaussian needs messages of a norm that is bounded; put "
            "clip(norm=...) right before it");
    refused("fedavg", "server.filters", "clip, gaussian",
            "--set: server.filters = clip, gaussian: gaussian needs messages that weigh alike, but those of fedavg do "
            "not; set its weights to equal, or choose another algorithm");
    refused("afa-cs", "server.filters", "median",
            "--set: server.filters = median: median merges messages, but afa-cs remembers each learner's own; choose "
            "another filter or algorithm");
    refused("fedavg", "run.filters", "clip(1, 2)",
            "--set: run.filters: clip takes 1 values, and '2' is one more; take it away");
    refused("fedavg", "run.filters", "top-k(count=1, 0.5)",
            "--set: run.filters: 'top-k(count=1, 0.5)' is no filter; write name, name(value) or name(key=value, "
            "key=value)");
    refused("fedavg", "run.filters", "clip(norm=1",
            "--set: run.filters: 'clip(norm=1' is no filter; write name, name(value) or name(key=value, key=value)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clip_scales_down),
        cmocka_unit_test(largest_are_kept),
        cmocka_unit_test(largest_of_many),
        cmocka_unit_test(noise_is_what_its_words_say),
        cmocka_unit_test(feedback_loses_nothing),
        cmocka_unit_test(feedback_by_hand),
        cmocka_unit_test(a_share_of_one_changes_nothing),
        cmocka_unit_test(bytes_are_those_sent),
        cmocka_unit_test(a_narrow_uplink_takes_what_is_sent),
        cmocka_unit_test(signs_of_equals_are_exact),
        cmocka_unit_test(drawn_ones_are_scaled_up),
        cmocka_unit_test(noise_has_its_variance),
        cmocka_unit_test(noise_settles),
        cmocka_unit_test(adaptive_clipping_by_hand),
        cmocka_unit_test(noise_follows_the_norm),
        cmocka_unit_test(how_many_are_within_is_noised),
        cmocka_unit_test(levels_are_drawn),
        cmocka_unit_test(flipped_signs_slow_down),
        cmocka_unit_test(alie_moves_the_mean),
        cmocka_unit_test(alie_chooses_z),
        cmocka_unit_test(defences_find_their_fixed_points),
        cmocka_unit_test(what_may_not_stand_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
