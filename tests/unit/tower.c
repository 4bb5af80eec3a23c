#include "support.h"

#include "nn/blas.h"
#include "rl/ppo.h"
#include "rl/returns.h"
#include "rl/tower.h"

/* The network of recurrent policies beside its naive twin in double, and the formulas of PPO. EPS: rounding of sums of
 * numbers near 1 through five layers. */
#ifdef KITH_REAL_IS_DOUBLE
static const double EPS = 1e-11;
#else
static const double EPS = 2e-5;
#endif

static kith_stream stream;

static void *zeros(size_t n, size_t size)
{
    enum { ROOM = 1024 }; /* that kith_gemm's kernels may look at */
    void *x = calloc(n + ROOM, size);
    assert_non_null(x);
    return x;
}

static kith_real *normals(size_t n)
{
    kith_real *x = zeros(n, sizeof *x);
    kith_draw_normals(&stream, 1, n, x);
    return x;
}

static int setup(void **state)
{
    kith_ctx *ctx = kith_ctx_create();
    *state = ctx;
    stream = kith_stream_at(22, KITH_FOR_PLUGIN, 0, 0);
    return ctx ? kith_blas_start(ctx) != KITH_OK : 1;
}

static int teardown(void **state)
{
    kith_ctx_destroy(*state);
    return 0;
}

/* ---- the network ---- */

enum { IN = 5, H = 6, OUT = 3, T = 4, B = 3, WIDEST = 3 * H };

static const kith_tower tower = {.in = IN, .hidden = H, .out = OUT};

static const double *normalise(const double *w, size_t n, double *x)
{
    double mean = 0, variance = 0;
    for (size_t i = 0; i < n; i++)
        mean += x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        variance += (x[i] - mean) * (x[i] - mean) / (double)n;
    for (size_t i = 0; i < n; i++)
        x[i] = w[i] * (x[i] - mean) / sqrt(variance + 1e-5) + w[n + i];
    return w + 2 * n;
}

/* y (m) <- x (n) w + bias, which follows w (n, m). */
static const double *layer(const double *w, size_t n, size_t m, const double *x, double *y)
{
    for (size_t o = 0; o < m; o++) {
        y[o] = w[n * m + o];
        for (size_t i = 0; i < n; i++)
            y[o] += x[i] * w[i * m + o];
    }
    return w + n * m + m;
}

static void relu(size_t n, double *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = x[i] > 0 ? x[i] : 0;
}

static double gate(double x)
{
    return 1 / (1 + exp(-x));
}

/* h (H) <- the cell's next state; w: (H, 3H) and the candidate's bias. */
static void cell(const double *w, const double *a, double *h)
{
    double u[3 * H], next[H];
    for (size_t k = 0; k < 3 * H; k++) {
        u[k] = 0;
        for (size_t j = 0; j < H; j++)
            u[k] += h[j] * w[j * 3 * H + k];
    }
    for (size_t j = 0; j < H; j++) {
        const double r = gate(a[j] + u[j]), z = gate(a[H + j] + u[H + j]);
        next[j] = (1 - z) * tanh(a[2 * H + j] + r * (u[2 * H + j] + w[3 * H * H + j])) + z * h[j];
    }
    memcpy(h, next, sizeof next);
}

/* One row at a time; returns the sum of weight times the outputs, and writes those unless NULL. */
static double naive(const double *w, const kith_real *x, const uint8_t *keep, const kith_real *first,
                    const kith_real *weight, double *out)
{
    double total = 0;
    for (size_t b = 0; b < B; b++) {
        double h[H], v[WIDEST], u[WIDEST];
        for (size_t j = 0; j < H; j++)
            h[j] = (double)first[b * H + j];
        for (size_t t = 0; t < T; t++) {
            const size_t row = t * B + b;
            const double *at = w;
            for (size_t i = 0; i < IN; i++)
                v[i] = (double)x[row * IN + i];
            at = normalise(at, IN, v);
            at = layer(at, IN, H, v, u);
            relu(H, u);
            at = normalise(at, H, u);
            at = layer(at, H, H, u, v);
            relu(H, v);
            at = normalise(at, H, v);
            at = layer(at, H, 3 * H, v, u);
            if (!keep[row]) memset(h, 0, sizeof h);
            cell(at, u, h);
            at += 3 * H * H + H;
            memcpy(v, h, sizeof h);
            at = normalise(at, H, v);
            for (size_t o = 0; o < OUT; o++) {
                double y = at[OUT * H + o];
                for (size_t j = 0; j < H; j++)
                    y += v[j] * at[o * H + j];
                total += y * (double)weight[row * OUT + o];
                if (out) out[row * OUT + o] = y;
            }
        }
    }
    return total;
}

static void the_network_is_its_layers_and_their_slopes(void **state)
{
    (void)state;
    const size_t n = kith_tower_length(&tower);
    kith_real *w = normals(n), *x = normals(T * B * IN), *first = normals(B * H), *weight = normals(T * B * OUT);
    kith_real *memory = zeros(kith_pass_length(&tower, T, B), sizeof *memory), *g = normals(n);
    kith_real *turned = normals(kith_tower_turned_length(&tower));
    const uint8_t keep[T * B] = {1, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1, 1};
    double *twin = zeros(n, sizeof *twin), out[T * B * OUT];
    kith_pass pass;
    for (size_t i = 0; i < n; i++)
        twin[i] = (double)w[i];
    kith_pass_place(&tower, T, B, memory, &pass);
    kith_copy(B * H, first, kith_pass_before(&pass));
    kith_tower_forward(&tower, w, x, keep, &pass);
    naive(twin, x, keep, first, weight, out);
    for (size_t i = 0; i < T * B * OUT; i++)
        assert_close((double)pass.out[i], out[i], 10 * EPS, 10 * EPS);
    kith_tower_turn(&tower, w, turned);
    kith_tower_backward(&tower, w, turned, x, keep, weight, &pass, g);
    const double step = 1e-6;
    for (size_t i = 0; i < n; i++) {
        const double was = twin[i];
        twin[i] = was + step;
        const double up = naive(twin, x, keep, first, weight, NULL);
        twin[i] = was - step;
        const double slope = (up - naive(twin, x, keep, first, weight, NULL)) / (2 * step);
        twin[i] = was;
        assert_close((double)g[i], slope, 20 * EPS + 1e-7, 100 * EPS + 1e-7);
    }
    void *used[] = {w, x, first, weight, memory, g, turned, twin};
    for (size_t i = 0; i < sizeof used / sizeof used[0]; i++)
        free(used[i]);
}

/* The state that a pass leaves is the one that the next begins with: two halves are the whole. */
static void time_can_be_cut(void **state)
{
    (void)state;
    const size_t n = kith_tower_length(&tower), half = T / 2 * B;
    kith_real *w = normals(n), *x = normals(T * B * IN);
    kith_real *memory = zeros(kith_pass_length(&tower, T, B), sizeof *memory);
    kith_real *other = zeros(kith_pass_length(&tower, T / 2, B), sizeof *other);
    kith_pass whole, part;
    kith_pass_place(&tower, T, B, memory, &whole);
    kith_pass_place(&tower, T / 2, B, other, &part);
    kith_tower_forward(&tower, w, x, NULL, &whole);
    for (size_t i = 0; i < 2; i++) {
        kith_tower_forward(&tower, w, x + i * half * IN, NULL, &part);
        for (size_t k = 0; k < half * OUT; k++)
            assert_close((double)part.out[k], (double)whole.out[i * half * OUT + k], EPS, EPS);
        kith_copy(B * H, kith_pass_after(&part), kith_pass_before(&part));
    }
    void *used[] = {w, x, memory, other};
    for (size_t i = 0; i < sizeof used / sizeof used[0]; i++)
        free(used[i]);
}

/* LayerNorm, then weights with orthonormal columns, are all there is before the head; its gain bounds the first
 * outputs. */
static void a_new_policy_is_nearly_uniform(void **state)
{
    (void)state;
    const kith_tower wide = {.in = 21, .hidden = 64, .out = 21};
    enum { ROWS = 30 };
    kith_real *w = normals(kith_tower_length(&wide)), *x = normals(ROWS * 21);
    kith_real *memory = zeros(kith_pass_length(&wide, 1, ROWS), sizeof *memory);
    double *scratch = zeros(kith_tower_scratch(&wide), sizeof *scratch), most = 0;
    kith_pass pass;
    assert_int_equal(kith_tower_length(&wide),
                     2 * 21 + 21 * 64 + 64 * 64 + 6 * 64 * 64 + 64 * (2 + 3 + 1 + 3 * 2) + 65 * 21);
    kith_tower_init(&wide, &stream, 0.01, scratch, w);
    kith_pass_place(&wide, 1, ROWS, memory, &pass);
    kith_tower_forward(&wide, w, x, NULL, &pass);
    for (size_t i = 0; i < ROWS * 21; i++)
        most = fmax(most, fabs((double)pass.out[i]));
    assert_true(most > 1e-4 && most <= 0.01 * 8); /* a normalised row has length sqrt(64) */
    void *used[] = {w, x, memory, scratch};
    for (size_t i = 0; i < sizeof used / sizeof used[0]; i++)
        free(used[i]);
}

/* ---- returns ---- */

static void advantages_are_their_naive_sums(void **state)
{
    (void)state;
    enum { STEPS = 9, COPIES = 3, N = STEPS * COPIES };
    const double gamma = 0.9, lambda = 0.7;
    kith_real *reward = normals(N), *value = normals(N + COPIES), *tail = normals(N), advantage[N];
    uint8_t end[N] = {0};
    end[2 * COPIES] = end[5 * COPIES] = end[5 * COPIES + 1] = end[8 * COPIES + 1] = 1;
    tail[5 * COPIES] = 0; /* by the rules; the others were cut short */
    const kith_returns r = {.steps = STEPS,
                            .copies = COPIES,
                            .discount = gamma,
                            .lambda = lambda,
                            .reward = reward,
                            .value = value,
                            .end = end,
                            .tail = tail};
    kith_gae(&r, advantage);
    for (size_t b = 0; b < COPIES; b++) {
        for (size_t t = 0; t < STEPS; t++) {
            double sum = 0, factor = 1;
            for (size_t s = t; s < STEPS; s++, factor *= gamma * lambda) {
                const size_t at = s * COPIES + b;
                const double next = (double)(end[at] ? tail[at] : value[at + COPIES]);
                sum += factor * ((double)reward[at] + gamma * next - (double)value[at]);
                if (end[at]) break;
            }
            assert_close((double)advantage[t * COPIES + b], sum, EPS, EPS);
        }
    }
    free(reward);
    free(value);
    free(tail);
}

/* With lambda 1 an advantage and its value are the discounted sum of rewards. */
static void lambda_one_gives_returns(void **state)
{
    (void)state;
    const kith_real reward[] = {1, 2, 4}, value[] = {5, -3, 7, 100}, tail[] = {0, 0, 16};
    const uint8_t end[] = {0, 0, 1};
    const kith_returns r = {.steps = 3,
                            .copies = 1,
                            .discount = 0.5,
                            .lambda = 1,
                            .reward = reward,
                            .value = value,
                            .end = end,
                            .tail = tail};
    kith_real advantage[3];
    kith_gae(&r, advantage);
    assert_close((double)advantage[0] + 5, 1 + 0.5 * 2 + 0.25 * 4 + 0.125 * 16, EPS, 0);
    assert_close((double)advantage[1] - 3, 2 + 0.5 * 4 + 0.25 * 16, EPS, 0);
    assert_close((double)advantage[2] + 7, 4 + 0.5 * 16, EPS, 0);
}

/* Debiased: after any number of equal batches the moments are those of the batch, and unequal ones weigh
 * beta^(n-1-i) (1 - beta) / (1 - beta^n). */
static void moments_have_no_bias(void **state)
{
    (void)state;
    const double beta = 0.9;
    kith_moments m = {0};
    assert_close(kith_moments_mean(&m), 0, 0, 0);
    assert_close(kith_moments_deviation(&m), 1, 0, 0);
    for (size_t i = 0; i < 4; i++) {
        kith_moments_add(&m, beta, 3, 13);
        assert_close(kith_moments_mean(&m), 3, 1e-13, 0);
        assert_close(kith_moments_deviation(&m), 2, 1e-13, 0);
    }
    m = (kith_moments){0};
    double mean = 0, weights = 0;
    for (size_t i = 0; i < 7; i++) {
        const double batch = (double)(i * i);
        kith_moments_add(&m, beta, batch, batch * batch + 1);
        mean += pow(beta, (double)(6 - i)) * batch;
        weights += pow(beta, (double)(6 - i));
    }
    assert_close(kith_moments_mean(&m), mean / weights, 1e-13, 0);
    m = (kith_moments){0};
    kith_moments_add(&m, beta, 5, 25);
    assert_close(kith_moments_deviation(&m), 0.1, 1e-13, 0);
}

static void losses_of_values(void **state)
{
    (void)state;
    double slope;
    assert_close(kith_huber(3, 10), 4.5, 0, 0);
    assert_close(kith_huber(-12, 10), 10 * (12 - 5.0), 0, 0);
    assert_close(kith_huber_slope(3, 10), 3, 0, 0);
    assert_close(kith_huber_slope(-12, 10), -10, 0, 0);
    /* near what it was: the plain loss */
    assert_close(kith_value_loss(1.1, 1, 3, 0.2, 10, &slope), 1.9 * 1.9 / 2, 1e-13, 0);
    assert_close(slope, -1.9, 1e-13, 0);
    /* beyond, towards the target: the clipped loss is the larger, and flat */
    assert_close(kith_value_loss(2, 1, 3, 0.2, 10, &slope), 1.8 * 1.8 / 2, 1e-13, 0);
    assert_close(slope, 0, 0, 0);
    /* beyond, away from it: the plain loss is, and it pulls back */
    assert_close(kith_value_loss(0, 1, 3, 0.2, 10, &slope), 4.5, 1e-13, 0);
    assert_close(slope, -3, 1e-13, 0);
    /* past the target: likewise */
    assert_close(kith_value_loss(5, 1, 1.1, 0.2, 10, &slope), 3.9 * 3.9 / 2, 1e-13, 0);
    assert_close(slope, 3.9, 1e-13, 0);
}

/* ---- PPO ---- */

enum { A = 5 };

static double objective(const kith_ppo *how, const double *z, const uint8_t *allowed, size_t action, double logp_then,
                        double advantage)
{
    double sum = 0, entropy = 0;
    for (size_t c = 0; c < A; c++)
        sum += allowed[c] ? exp(z[c]) : 0;
    for (size_t c = 0; c < A; c++)
        entropy -= allowed[c] ? exp(z[c]) / sum * (z[c] - log(sum)) : 0;
    const double ratio = exp(z[action] - log(sum) - logp_then);
    const double kept = fmin(fmax(ratio, 1 - how->clip), 1 + how->clip);
    return -fmin(ratio * advantage, kept * advantage) - how->entropy * entropy;
}

static void check_row(double logp_shift, double advantage, bool expect_clipped)
{
    const kith_ppo how = {.clip = 0.2, .entropy = 0.05, .share = 0.25};
    const uint8_t allowed[A] = {1, 1, 0, 1, 1};
    const size_t action = 3;
    double z[A] = {0.3, -1, 2, 0.7, 0.1};
    kith_real logp[A], p[A], d[A];
    kith_ppo_sums sums = {0};
    for (size_t c = 0; c < A; c++)
        logp[c] = (kith_real)z[c];
    kith_categorical(1, A, allowed, logp, p);
    const double then = (double)logp[action] - logp_shift;
    kith_ppo_row(&how, A, logp, p, (int32_t)action, then, advantage, d, &sums);
    assert_close(sums.loss - how.entropy * sums.entropy, objective(&how, z, allowed, action, then, advantage), EPS,
                 EPS);
    assert_close(sums.clipped, expect_clipped, 0, 0);
    for (size_t c = 0; c < A; c++) {
        const double was = z[c], step = 1e-6;
        z[c] = was + step;
        const double up = objective(&how, z, allowed, action, then, advantage);
        z[c] = was - step;
        const double slope = (up - objective(&how, z, allowed, action, then, advantage)) / (2 * step);
        z[c] = was;
        assert_close((double)d[c], how.share * slope, EPS + 1e-8, EPS + 1e-8);
    }
}

static void the_surrogate_has_the_slopes_of_its_formula(void **state)
{
    (void)state;
    check_row(0, 1.5, false);
    check_row(0, -1.5, false);
    check_row(0.1, 1.5, false);
    check_row(0.5, 1.5, true);  /* flat */
    check_row(0.5, -1.5, true); /* outside, but the pessimistic branch */
    check_row(-0.5, 1.5, true);
    check_row(-0.5, -1.5, true); /* flat */
}

/* At ratio 1 and without entropy: -advantage times the slope of log p, which is 1[a] - p. */
static void at_ratio_one_it_is_the_policy_gradient(void **state)
{
    (void)state;
    const kith_ppo how = {.clip = 0.2, .entropy = 0, .share = 1};
    kith_real logp[A] = {1, 2, 0, -1, (kith_real)0.5}, p[A], d[A];
    kith_ppo_sums sums = {0};
    kith_categorical(1, A, NULL, logp, p);
    kith_ppo_row(&how, A, logp, p, 1, (double)logp[1], 3, d, &sums);
    for (size_t c = 0; c < A; c++)
        assert_close((double)d[c], -3 * ((c == 1) - (double)p[c]), EPS, EPS);
    assert_close(sums.loss, -3, EPS, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_network_is_its_layers_and_their_slopes),
        cmocka_unit_test(time_can_be_cut),
        cmocka_unit_test(a_new_policy_is_nearly_uniform),
        cmocka_unit_test(advantages_are_their_naive_sums),
        cmocka_unit_test(lambda_one_gives_returns),
        cmocka_unit_test(moments_have_no_bias),
        cmocka_unit_test(losses_of_values),
        cmocka_unit_test(the_surrogate_has_the_slopes_of_its_formula),
        cmocka_unit_test(at_ratio_one_it_is_the_policy_gradient),
    };
    return cmocka_run_group_tests_name("tower", tests, setup, teardown);
}
