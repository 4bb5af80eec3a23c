#include "support.h"

#include "runner.h"

#include "quadratics.h"

#include "walks.h"

#include "graph/spectrum.h"

/* Walks and what they learn, against plain versions of the formulas that know nothing of scales, lanes and calls. */

enum { NODES = 12, TOKENS = 19, HOPS = 700, ROUNDS = 3 };

/* ---- eigenpairs ---- */

static void eigenpairs_of_a_random_matrix(void **state)
{
    (void)state;
    enum { N = 37 };
    double a[N * N], q[N * N], values[N];
    kith_ctx *ctx = kith_ctx_create();
    kith_stream s = kith_stream_at(5, KITH_FOR_PLUGIN, 0, 0);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j <= i; j++)
            a[i * N + j] = a[j * N + i] = kith_draw_normal(&s);
    memcpy(q, a, sizeof q);
    assert_ok(ctx, kith_symmetric_eigen(ctx, N, q, values));
    for (size_t k = 0; k < N; k++) {
        if (k) assert_true(values[k] <= values[k - 1]);
        for (size_t i = 0; i < N; i++) {
            double image = 0.0, product = 0.0;
            for (size_t j = 0; j < N; j++) {
                image += a[i * N + j] * q[k * N + j];
                product += q[k * N + j] * q[i * N + j];
            }
            assert_close(image, values[k] * q[k * N + i], 0.0, 1e-12);
            assert_close(product, k == i, 0.0, 1e-13);
        }
    }
    kith_ctx_destroy(ctx);
}

/* A ring's simple walk has eigenvalues cos(2 pi k / n); many are double, and n = 4 has zeros. */
static void eigenvalues_of_rings(void **state)
{
    (void)state;
    static const size_t sizes[] = {2, 3, 4, 7, 64};
    kith_ctx *ctx = kith_ctx_create();
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        const size_t n = sizes[s];
        size_t start[65];
        uint32_t to[128];
        double values[64], vectors[64 * 64];
        size_t links = 0;
        for (size_t i = 0; i < n; i++) {
            start[i] = links;
            to[links++] = (uint32_t)((i + 1) % n);
            if (n > 2) to[links++] = (uint32_t)((i + n - 1) % n);
        }
        start[n] = links;
        const kith_neighbours ring = {.nodes = n, .start = start, .to = to};
        kith_reversible *chain = NULL;
        assert_ok(ctx, kith_reversible_create(ctx, &ring, KITH_STATIONARY_DEGREE, &chain));
        assert_ok(ctx, kith_reversible_spectrum(ctx, chain, values, vectors));
        for (size_t k = 0; k < n; k++) {
            const double want = cos(2.0 * M_PI * (double)((k + 1) / 2) / (double)n);
            assert_close(values[k], want, 0.0, 1e-13);
        }
        kith_reversible_free(chain);
    }
    kith_ctx_destroy(ctx);
}

static void chains_are_reversible(void **state)
{
    (void)state;
    /* a path of three with a triangle at its end */
    static const size_t start[] = {0, 1, 4, 6, 8};
    static const uint32_t to[] = {1, 0, 2, 3, 1, 3, 1, 2};
    const kith_neighbours graph = {.nodes = 4, .start = start, .to = to};
    kith_ctx *ctx = kith_ctx_create();
    for (int which = KITH_STATIONARY_UNIFORM; which <= KITH_STATIONARY_DEGREE; which++) {
        kith_reversible *chain = NULL;
        double p[4][4] = {{0}};
        assert_ok(ctx, kith_reversible_create(ctx, &graph, (kith_stationary)which, &chain));
        for (size_t i = 0; i < 4; i++)
            for (size_t e = chain->start[i]; e < chain->start[i + 1]; e++)
                p[i][chain->to[e]] += chain->probability[e];
        for (size_t i = 0; i < 4; i++) {
            assert_close(p[i][0] + p[i][1] + p[i][2] + p[i][3], 1.0, 1e-15, 0.0);
            for (size_t j = 0; j < 4; j++)
                assert_close(chain->mu[i] * p[i][j], chain->mu[j] * p[j][i], 1e-15, 0.0);
        }
        assert_close(p[0][1], which == KITH_STATIONARY_DEGREE ? 1.0 : 1.0 / 3.0, 1e-15, 0.0);
        assert_close(chain->mu[1], which == KITH_STATIONARY_DEGREE ? 3.0 / 8.0 : 0.25, 1e-15, 0.0);
        kith_reversible_free(chain);
    }
    kith_ctx_destroy(ctx);
}

static void uniforms_in_a_row(void **state)
{
    (void)state;
    for (size_t before = 0; before < 5; before++)
        for (size_t n = 0; n < 9; n++) {
            kith_stream one = kith_stream_at(3, KITH_FOR_PLUGIN, 0, 0), all = one;
            double row[9];
            for (size_t k = 0; k < before; k++)
                assert_int_equal(kith_draw_u32(&one), kith_draw_u32(&all));
            kith_draw_uniforms(&all, n, row);
            for (size_t k = 0; k < n; k++)
                assert_true(row[k] == kith_draw_uniform(&one));
            assert_int_equal(kith_draw_u32(&one), kith_draw_u32(&all));
        }
}

/* ---- settings ---- */

static void walk(settings *s, const char *algorithm, int hops)
{
    quadratic(s, algorithm, NODES, 1.0, 1, ROUNDS);
    set(s, "run.topology=barabasi-albert");
    set(s, "barabasi-albert.links=2");
    set(s, "walk.tokens=%d", TOKENS);
    set(s, "walk.hops=%d", hops);
    set(s, "local.lr=1");
    set(s, "local.steps=1");
}

/* ---- where tokens go ---- */

/* x_n kept as it is defined, and powers taken where they are needed. */
typedef struct plain {
    double x[NODES], mu[NODES], alpha, a;
    uint32_t at;
    kith_stream stream;
    uint64_t n;
} plain;

static size_t degree_of(const kith_neighbours *g, size_t i)
{
    return g->start[i + 1] - g->start[i];
}

static double base_probability(const kith_neighbours *g, bool degree, size_t i, size_t j)
{
    const double di = (double)degree_of(g, i), dj = (double)degree_of(g, j);
    return degree ? 1.0 / di : fmin(1.0 / di, 1.0 / dj);
}

static void plain_visit(plain *p, uint32_t node)
{
    p->n++;
    const double gamma = pow((double)p->n + 1.0, -p->a);
    for (size_t i = 0; i < NODES; i++)
        p->x[i] += gamma * ((i == node) - p->x[i]);
    p->at = node;
}

static double log_power(const plain *p, size_t i)
{
    return -p->alpha * log(p->x[i] / p->mu[i]);
}

static void plain_srrw(plain *p, const kith_neighbours *g, bool degree)
{
    double weight[NODES + 1], sum = 0.0, most = -INFINITY, rest = 1.0;
    uint32_t to[NODES + 1];
    size_t count = 0;
    for (size_t e = g->start[p->at]; e < g->start[p->at + 1]; e++) {
        to[count] = g->to[e];
        weight[count++] = base_probability(g, degree, p->at, g->to[e]);
        rest -= weight[count - 1];
    }
    if (!degree && rest > 1e-12) {
        to[count] = p->at;
        weight[count++] = rest;
    }
    for (size_t k = 0; k < count; k++)
        most = fmax(most, log_power(p, to[k]));
    for (size_t k = 0; k < count; k++)
        sum += weight[k] *= exp(log_power(p, to[k]) - most);
    double aim = kith_draw_uniform(&p->stream) * sum;
    size_t chosen = 0;
    while (chosen + 1 < count && aim >= weight[chosen])
        aim -= weight[chosen++];
    plain_visit(p, to[chosen]);
}

static void plain_hdt(plain *p, const kith_neighbours *g, bool degree)
{
    (void)degree;
    const size_t i = p->at;
    const uint32_t j = g->to[g->start[i] + (size_t)kith_draw_below(&p->stream, degree_of(g, i))];
    const double ratio = p->mu[j] / p->mu[i] * exp(log_power(p, j) - log_power(p, i)) * (double)degree_of(g, i) /
                         (double)degree_of(g, j);
    plain_visit(p, kith_draw_uniform(&p->stream) < ratio ? j : p->at);
}

static void follows(const char *algorithm, const char *alpha, const char *a, const char *target,
                    void (*hop)(plain *, const kith_neighbours *, bool))
{
    settings s;
    runner r;
    plain p[TOKENS];
    const bool degree = !strcmp(target, "degree");
    walk(&s, algorithm, HOPS);
    set(&s, "%s.alpha=%s", algorithm, alpha);
    set(&s, "%s.gamma_power=%s", algorithm, a);
    set(&s, "%s.target=%s", algorithm, target);
    set(&s, "walk.start=3");
    assert_ok(r.ctx, runner_open(&r, s.list));
    const kith_neighbours *g = &walkers(&r)->graph;
    for (size_t t = 0; t < TOKENS; t++) {
        p[t] = (plain){.alpha = strtod(alpha, NULL),
                       .a = strtod(a, NULL),
                       .at = 3,
                       .stream = kith_stream_at(1, KITH_FOR_WALK, t, 0)};
        for (size_t i = 0; i < NODES; i++)
            p[t].x[i] = p[t].mu[i] = degree ? (double)degree_of(g, i) / (double)g->start[NODES] : 1.0 / NODES;
    }
    for (int round = 0; round < ROUNDS; round++) {
        assert_ok(r.ctx, runner_step(&r));
        for (size_t t = 0; t < TOKENS; t++) {
            for (int k = 0; k < HOPS; k++)
                hop(&p[t], g, degree);
            assert_int_equal(token_at(&r, t), p[t].at);
        }
    }
    for (size_t t = 0; t < TOKENS; t++) {
        const double *own = kith_token_row(walkers(&r), KITH_TOKEN_OWN, t);
        for (size_t i = 0; i < NODES; i++)
            assert_close(own[0] * own[1 + i] * p[t].mu[i], p[t].x[i], 1e-9, 0.0);
    }
    runner_close(&r);
}

static void srrw_follows_its_kernel(void **state)
{
    (void)state;
    follows("srrw", "0", "0.6", "uniform", plain_srrw);
    follows("srrw", "1", "1", "uniform", plain_srrw);
    follows("srrw", "5", "0.6", "degree", plain_srrw);
    follows("srrw", "2.5", "0.75", "uniform", plain_srrw);
    follows("srrw", "20", "0.5", "uniform", plain_srrw);
}

/* Powers that no double holds: K is taken by logarithms. */
static void srrw_with_a_large_alpha(void **state)
{
    (void)state;
    follows("srrw", "400", "0.9", "uniform", plain_srrw);
    follows("srrw", "64", "0.1", "uniform", plain_srrw);
}

static void hdt_follows_its_rule(void **state)
{
    (void)state;
    follows("hdt", "0", "1", "uniform", plain_hdt);
    follows("hdt", "2", "0.6", "uniform", plain_hdt);
    follows("hdt", "5", "0.8", "degree", plain_hdt);
    follows("hdt", "300", "0.9", "uniform", plain_hdt);
}

/* Every chain spends its time in proportion to the target it names. */
static void visits_approach_the_target(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"simple-walk", NULL},
                                           {"metropolis-walk", NULL},
                                           {"non-backtracking", "uniform"},
                                           {"non-backtracking", "degree"},
                                           {"iid", "uniform"},
                                           {"iid", "degree"},
                                           {"srrw", "degree"}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        settings s;
        runner r;
        const bool degree = !strcmp(cases[c][0], "simple-walk") || (cases[c][1] && !strcmp(cases[c][1], "degree"));
        walk(&s, cases[c][0], 20000);
        if (cases[c][1]) set(&s, "%s.target=%s", cases[c][0], cases[c][1]);
        set(&s, "srrw.gamma_power=1");
        set(&s, "walk.start=-1");
        assert_ok(r.ctx, runner_open(&r, s.list));
        assert_ok(r.ctx, runner_step(&r));
        const kith_walkers *w = walkers(&r);
        for (size_t i = 0; i < NODES; i++) {
            const double want = degree ? (double)degree_of(&w->graph, i) / (double)w->graph.start[NODES] : 1.0 / NODES;
            double visits = 0.0;
            for (size_t t = 0; t < TOKENS; t++)
                visits += ((const uint32_t *)kith_token_row(w, KITH_TOKEN_VISITS, t))[i];
            assert_close(w->mu[i], want, 1e-15, 0.0);
            assert_close(visits / (TOKENS * 20000.0), want, 0.02, 0.0);
        }
        runner_close(&r);
    }
}

/* On a graph without dead ends no step is taken back at once. */
static void non_backtracking_does_not_go_back(void **state)
{
    (void)state;
    settings s;
    runner r;
    quadratic(&s, "non-backtracking", NODES, 1.0, 1, 400);
    set(&s, "run.topology=torus");
    set(&s, "non-backtracking.target=degree");
    set(&s, "walk.tokens=%d", TOKENS);
    set(&s, "walk.hops=1");
    assert_ok(r.ctx, runner_open(&r, s.list));
    uint32_t before[TOKENS], now[TOKENS];
    for (size_t t = 0; t < TOKENS; t++)
        before[t] = now[t] = token_at(&r, t);
    for (int round = 0; round < 400; round++) {
        assert_ok(r.ctx, runner_step(&r));
        for (size_t t = 0; t < TOKENS; t++) {
            const uint32_t next = token_at(&r, t);
            assert_true(round == 0 || next != before[t]);
            assert_true(next != now[t]);
            before[t] = now[t];
            now[t] = next;
        }
    }
    runner_close(&r);
}

/* How hops are cut into rounds changes nothing. */
static void rounds_do_not_matter(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"srrw", "hdt", "non-backtracking", "metropolis-walk"};
    for (size_t a = 0; a < 4; a++) {
        uint32_t at[TOKENS];
        double model[TOKENS];
        for (int cut = 0; cut < 2; cut++) {
            settings s;
            runner r;
            walk(&s, algorithms[a], cut ? 1 : 1100);
            set(&s, "run.rounds=%d", cut ? 1100 : 1);
            assert_ok(r.ctx, runner_open(&r, s.list));
            for (int round = 0; round < (cut ? 1100 : 1); round++)
                assert_ok(r.ctx, runner_step(&r));
            for (size_t t = 0; t < TOKENS; t++) {
                if (cut) assert_int_equal(token_at(&r, t), at[t]);
                if (cut) assert_close(token_model(&r, t, 0), model[t], 1e-4, 0.0);
                at[t] = token_at(&r, t);
                model[t] = token_model(&r, t, 0);
            }
            runner_close(&r);
        }
    }
}

/* ---- what they learn ---- */

typedef struct learner {
    double y, u, m, v, steps;
} learner;

typedef void (*stepper)(learner *l, double g, double lr);

static void plain_sgd(learner *l, double g, double lr)
{
    l->y -= lr * (g + 0.01 * l->y);
}

static void plain_heavy_ball(learner *l, double g, double lr)
{
    l->u = 0.9 * l->u + g + 0.01 * l->y;
    l->y -= lr * l->u;
}

static void plain_adam(learner *l, double g, double lr)
{
    l->steps += 1.0;
    l->m = 0.8 * l->m + 0.2 * g;
    l->v = 0.99 * l->v + 0.01 * g * g;
    const double m = l->m / (1.0 - pow(0.8, l->steps)), v = l->v / (1.0 - pow(0.99, l->steps));
    l->y -= lr * (m / (sqrt(v) + 1e-8) + 0.01 * l->y);
}

/* Hop by hop, since the path is only seen between rounds. */
static void learns(stepper step, const char *optimizer, double momentum, const char *weights)
{
    enum { STEPS = 300 };
    settings s;
    runner r;
    learner l[TOKENS] = {{0}};
    walk(&s, "simple-walk", 1);
    set(&s, "run.rounds=%d", STEPS);
    set(&s, "walk.lr_power=0.7");
    set(&s, "walk.weights=%s", weights);
    set(&s, "local.optimizer=%s", optimizer);
    set(&s, "local.momentum=%g", momentum);
    set(&s, "local.weight_decay=0.01");
    set(&s, "local.beta1=0.8");
    set(&s, "local.beta2=0.99");
    set(&s, "local.lr=0.3");
    assert_ok(r.ctx, runner_open(&r, s.list));
    const kith_neighbours *g = &walkers(&r)->graph;
    for (int n = 1; n <= STEPS; n++) {
        assert_ok(r.ctx, runner_step(&r));
        for (size_t t = 0; t < TOKENS; t++) {
            const uint32_t at = token_at(&r, t);
            const double mu = (double)degree_of(g, at) / (double)g->start[NODES];
            const double weight = !strcmp(weights, "uniform") ? 1.0 / (NODES * mu) : 1.0;
            step(&l[t], weight * (l[t].y - (double)(at + 1)), 0.3 * pow(n + 1.0, -0.7));
            assert_close(token_model(&r, t, 0), l[t].y, 1e-4, 1e-5);
        }
    }
    runner_close(&r);
}

static void optimizers_along_a_path(void **state)
{
    (void)state;
    learns(plain_sgd, "sgd", 0.0, "target");
    learns(plain_sgd, "sgd", 0.0, "uniform");
    learns(plain_heavy_ball, "sgd", 0.9, "target");
    learns(plain_heavy_ball, "sgd", 0.9, "uniform");
    learns(plain_adam, "adamw", 0.0, "target");
}

/* The mean over tokens is the run's model; squared distances are about the optimum. */
static void errors_are_about_the_optimum(void **state)
{
    (void)state;
    settings s;
    runner r;
    walk(&s, "metropolis-walk", 50);
    set(&s, "walk.optimum=yes");
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_true(isnan(metric(&r, "mse_scaled")));
    assert_ok(r.ctx, runner_step(&r));
    assert_close(walkers(&r)->optimum[0], (NODES + 1) / 2.0, 1e-15, 0.0);
    double mean = 0.0, error = 0.0, squares = 0.0;
    for (size_t t = 0; t < TOKENS; t++) {
        const double y = token_model(&r, t, 0), e = (y - 6.5) * (y - 6.5);
        mean += y / TOKENS;
        error += e / TOKENS;
        squares += e * e / TOKENS;
    }
    assert_close(metric(&r, "mse"), error, 1e-12, 0.0);
    assert_close(metric(&r, "mse_std"), sqrt((squares - error * error) * TOKENS / (TOKENS - 1.0)), 1e-9, 0.0);
    assert_close(metric(&r, "mse_scaled"), error * pow(51.0, 0.9), 1e-12, 0.0);
    assert_close(metric(&r, "mse_of_mean"), (mean - 6.5) * (mean - 6.5), 1e-9, 0.0);
    assert_close((double)runner_model(&r)[0], mean, 1e-6, 0.0);
    assert_close(metric(&r, "hops"), 50.0 * TOKENS, 0.0, 0.0);
    assert_close(metric(&r, "bytes_sent"), metric(&r, "moves") * sizeof(kith_real) + 50.0 * TOKENS * 8.0, 0.0, 0.0);
    runner_close(&r);
}

/* What is told of visits, from the tokens' own counts; a simple walk moves at every hop and asks nobody for
 * anything. */
static void measures_of_sampling(void **state)
{
    (void)state;
    settings s;
    runner r;
    walk(&s, "simple-walk", 90);
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_true(isnan(metric(&r, "total_variation")));
    assert_ok(r.ctx, runner_step(&r));
    const kith_walkers *w = walkers(&r);
    double variation = 0.0, pooled = 0.0, spread = 0.0, least = INFINITY, most = 0.0;
    for (size_t i = 0; i < NODES; i++) {
        double sum = 0.0, squares = 0.0;
        for (size_t t = 0; t < TOKENS; t++) {
            const double x = (double)((const uint32_t *)kith_token_row(w, KITH_TOKEN_VISITS, t))[i] / 90.0;
            variation += 0.5 * fabs(x - w->mu[i]) / TOKENS;
            sum += x;
            squares += x * x;
        }
        pooled += 0.5 * fabs(sum / TOKENS - w->mu[i]);
        spread += 90.0 * (squares - sum * sum / TOKENS) / (TOKENS - 1.0);
        least = fmin(least, sum * 90.0);
        most = fmax(most, sum * 90.0);
    }
    assert_close(metric(&r, "total_variation"), variation, 1e-12, 0.0);
    assert_close(metric(&r, "total_variation_pooled"), pooled, 1e-12, 0.0);
    assert_close(metric(&r, "sampling_variance"), spread, 1e-9, 0.0);
    assert_close(metric(&r, "visits_min"), least, 1e-12, 0.0);
    assert_close(metric(&r, "visits_max"), most, 1e-12, 0.0);
    assert_close(metric(&r, "moves"), 90.0 * TOKENS, 0.0, 0.0);
    assert_close(metric(&r, "bytes_sent"), 90.0 * TOKENS * sizeof(kith_real), 0.0, 0.0);
    runner_close(&r);
}

/* By degree, with weight decay: sum mu_i b_i / (1 + lambda); alike: the plain mean. */
static void optima_of_other_objectives(void **state)
{
    (void)state;
    for (int alike = 0; alike < 2; alike++) {
        settings s;
        runner r;
        walk(&s, "simple-walk", 50);
        set(&s, "walk.optimum=yes");
        set(&s, "local.weight_decay=0.25");
        set(&s, "walk.weights=%s", alike ? "uniform" : "target");
        assert_ok(r.ctx, runner_open(&r, s.list));
        const kith_neighbours *g = &walkers(&r)->graph;
        double sum = 0.0;
        for (size_t i = 0; i < NODES; i++)
            sum += (alike ? 1.0 / NODES : (double)degree_of(g, i) / (double)g->start[NODES]) * (double)(i + 1);
        assert_close(walkers(&r)->optimum[0], sum / 1.25, 1e-14, 0.0);
        runner_close(&r);
    }
}

static void logistic_settings(settings *s, const char *optimizer)
{
    walk(s, "srrw", 400);
    set(s, "run.model=logistic");
    set(s, "run.dataset=synthetic");
    set(s, "synthetic.features=5");
    set(s, "synthetic.classes=2");
    set(s, "synthetic.iid=yes");
    set(s, "synthetic.max_examples=2");
    set(s, "partition.kind=auto");
    set(s, "logistic.l2=0.1");
    set(s, "logistic.bias=yes");
    set(s, "walk.optimum=yes");
    set(s, "local.optimizer=%s", optimizer);
}

/* At the optimum the gradient vanishes: taken here one coordinate at a time, from the loss that the model tells. */
static void optimum_of_logistic_regression(void **state)
{
    (void)state;
    settings s;
    runner r;
    logistic_settings(&s, "sgd");
    assert_ok(r.ctx, runner_open(&r, s.list));
    const kith_walkers *w = walkers(&r);
    assert_int_equal(w->d, 6);
    double norm = 0.0;
    for (size_t i = 0; i < 6; i++) {
        double slope = 0.1 * w->optimum[i];
        for (size_t k = 0; k < NODES; k++) {
            const kith_real *a = w->table.x + 5 * k;
            double t = w->optimum[5];
            for (size_t j = 0; j < 5; j++)
                t += w->optimum[j] * (double)a[j];
            slope += ((1.0 / (1.0 + exp(-t))) - (double)w->table.label[k]) * (i < 5 ? (double)a[i] : 1.0) / NODES;
        }
        assert_close(slope, 0.0, 0.0, 1e-15);
        norm += w->optimum[i] * w->optimum[i];
    }
    assert_true(norm > 0.01);
    runner_close(&r);
}

/* Steps in a row and steps by single gradients are the same steps: momentum 0 takes the one, Adam and batches the
 * other. */
static void logistic_regression_learns(void **state)
{
    (void)state;
    double mse[3];
    for (int k = 0; k < 3; k++) {
        settings s;
        runner r;
        logistic_settings(&s, k == 2 ? "adamw" : "sgd");
        if (k == 1) set(&s, "local.momentum=1e-30");
        if (k == 2) set(&s, "local.lr=0.2");
        assert_ok(r.ctx, runner_open(&r, s.list));
        assert_int_equal(walkers(&r)->table.x != NULL, k == 0);
        const double before = metric(&r, "mse");
        for (int round = 0; round < ROUNDS; round++)
            assert_ok(r.ctx, runner_step(&r));
        mse[k] = metric(&r, "mse");
        assert_true(mse[k] < 0.05 * before);
        runner_close(&r);
    }
    assert_close(mse[0], mse[1], 1e-3, 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eigenpairs_of_a_random_matrix),
        cmocka_unit_test(eigenvalues_of_rings),
        cmocka_unit_test(chains_are_reversible),
        cmocka_unit_test(uniforms_in_a_row),
        cmocka_unit_test(srrw_follows_its_kernel),
        cmocka_unit_test(srrw_with_a_large_alpha),
        cmocka_unit_test(hdt_follows_its_rule),
        cmocka_unit_test(visits_approach_the_target),
        cmocka_unit_test(non_backtracking_does_not_go_back),
        cmocka_unit_test(rounds_do_not_matter),
        cmocka_unit_test(optimizers_along_a_path),
        cmocka_unit_test(errors_are_about_the_optimum),
        cmocka_unit_test(measures_of_sampling),
        cmocka_unit_test(optima_of_other_objectives),
        cmocka_unit_test(optimum_of_logistic_regression),
        cmocka_unit_test(logistic_regression_learns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
