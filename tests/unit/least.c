/* The least eigenvalue of W against closed forms, the dense solver, and bounds on either side of it. */
#include "support.h"

#include "graphworld.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

/* Bounds a little below the eigenvalue are not reached, the eigenvalue itself is; it comes out to four digits. */
static void expect_least(world *w, const kith_graph *g, double least, const char *name)
{
    static const double below[] = {2e-9, 1e-6, 1e-3, 0.1, 3};
    bool reached = true;
    double found = 0;
    for (size_t k = 0; k < sizeof below / sizeof below[0]; k++) {
        assert_ok(w->ctx, kith_graph_least(w->ctx, g, least - below[k], &reached, &found));
        if (reached) fail_msg("%s: no eigenvalue is %.12g or less", name, least - below[k]);
    }
    for (double above = 0; above < 2; above = 10 * above + 1e-3) {
        assert_ok(w->ctx, kith_graph_least(w->ctx, g, least + above, &reached, &found));
        if (!reached) fail_msg("%s: %.12g is an eigenvalue", name, least);
        assert_close(found, least, 0, 2e-4);
    }
}

static void expect_topology(world *w, const char *spec, size_t nodes, double least)
{
    kith_inner *inner = world_open(w, spec, nodes);
    kith_graph *g = world_graph(w, inner, 0);
    expect_least(w, g, least, spec);
    kith_graph_free(g);
    w->opener.close(inner);
}

/* (1 + 2 cos(2 pi k / n)) / 3 */
static void rings(void **state)
{
    for (size_t n = 3; n < 60; n += n < 12 ? 1 : 9) {
        const double turn = pi * (double)(n % 2) / (double)n;
        expect_topology(*state, "ring", n, (1 - 2 * cos(turn)) / 3);
    }
    expect_topology(*state, "ring", 2000, -1.0 / 3);
}

/* I - L / (1 + degree): tori, hypercubes, complete graphs. */
static void shapes(void **state)
{
    expect_topology(*state, "torus(rows=4)", 24, 1 - 8.0 / 5);
    expect_topology(*state, "torus(rows=5)", 35, 1 - (4 + 2 * cos(pi / 5) + 2 * cos(pi / 7)) / 5);
    expect_topology(*state, "hypercube", 8, 1 - 6.0 / 4);
    expect_topology(*state, "hypercube", 64, 1 - 12.0 / 7);
    expect_topology(*state, "complete", 2, 0);
    expect_topology(*state, "complete", 9, 0);
}

static kith_graph *made(world *w, size_t nodes, kith_edges *edges)
{
    kith_graph *g = NULL;
    assert_ok(w->ctx, kith_graph_create(w->ctx, "made", nodes, edges, KITH_WEIGHTS_METROPOLIS, &g));
    kith_edges_free(edges);
    return g;
}

/* Paths: 1 - (2 + 2 cos(pi / n)) / 3. Stars: L has 0, 1 and n. Two sides of m: 1 - 2 m / (m + 1). */
static void paths_stars_and_sides(void **state)
{
    world *w = *state;
    for (size_t n = 2; n < 50; n += 7) {
        kith_edges edges = {0};
        for (size_t i = 1; i < n; i++)
            assert_ok(w->ctx, kith_edges_link(w->ctx, &edges, i, 0));
        kith_graph *g = made(w, n, &edges);
        expect_least(w, g, 0, "star");
        kith_graph_free(g);
    }
    for (size_t n = 3; n < 50; n += 6) {
        kith_edges edges = {0};
        for (size_t i = 0; i + 1 < n; i++)
            assert_ok(w->ctx, kith_edges_link(w->ctx, &edges, i, i + 1));
        kith_graph *g = made(w, n, &edges);
        expect_least(w, g, 1 - (2 + 2 * cos(pi / (double)n)) / 3, "path");
        kith_graph_free(g);
    }
    for (size_t m = 1; m < 6; m++) {
        kith_edges edges = {0};
        for (size_t i = 0; i < m * m; i++)
            assert_ok(w->ctx, kith_edges_link(w->ctx, &edges, i / m, m + i % m));
        kith_graph *g = made(w, 2 * m, &edges);
        expect_least(w, g, 1 - 2 * (double)m / (double)(m + 1), "two sides");
        kith_graph_free(g);
    }
}

/* A part that nobody looks at first has it: a triangle, and four in a ring. */
static void graphs_in_parts(void **state)
{
    static const size_t link[][2] = {{0, 1}, {1, 2}, {2, 0}, {3, 4}, {4, 5}, {5, 6}, {6, 3}};
    world *w = *state;
    kith_edges edges = {0};
    for (size_t k = 0; k < sizeof link / sizeof link[0]; k++)
        assert_ok(w->ctx, kith_edges_link(w->ctx, &edges, link[k][0], link[k][1]));
    kith_graph *g = made(w, 7, &edges);
    expect_least(w, g, -1.0 / 3, "parts");
    kith_graph_free(g);
}

static double dense_least(world *w, const kith_graph *g)
{
    const size_t n = g->nodes;
    double *a = NULL, *values = NULL;
    assert_ok(w->ctx, KITH_ALLOC(w->ctx, "test", n * n, &a));
    assert_ok(w->ctx, KITH_ALLOC(w->ctx, "test", n, &values));
    for (size_t i = 0; i < n; i++)
        for (size_t e = g->start[i]; e < g->start[i + 1]; e++)
            a[i * n + g->from[e]] = g->weight[e];
    assert_ok(w->ctx, kith_symmetric_eigen(w->ctx, n, a, values));
    const double least = values[n - 1];
    kith_free(a);
    kith_free(values);
    return least;
}

static void random_graphs_as_the_dense_solver_has_them(void **state)
{
    static const struct {
        const char *spec;
        size_t nodes;
    } cases[] = {{"random-regular(degree=3)", 40},
                 {"random-regular(degree=7)", 100},
                 {"erdos-renyi(probability=0.2)", 30},
                 {"erdos-renyi(probability=0.05)", 120},
                 {"random-regular(degree=4)", 150}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        kith_inner *inner = world_open(*state, cases[k].spec, cases[k].nodes);
        kith_graph *g = world_graph(*state, inner, 0);
        expect_least(*state, g, dense_least(*state, g), cases[k].spec);
        kith_graph_free(g);
        ((world *)*state)->opener.close(inner);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rings, world_start, world_stop),
        cmocka_unit_test_setup_teardown(shapes, world_start, world_stop),
        cmocka_unit_test_setup_teardown(paths_stars_and_sides, world_start, world_stop),
        cmocka_unit_test_setup_teardown(graphs_in_parts, world_start, world_stop),
        cmocka_unit_test_setup_teardown(random_graphs_as_the_dense_solver_has_them, world_start, world_stop),
    };
    return cmocka_run_group_tests_name("least eigenvalues", tests, NULL, NULL);
}
