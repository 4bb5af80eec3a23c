/* What a hop costs. Tokens walk on the karate club (or what KITH_DATA/graphs/karate.edges holds) and learn the mean of
 * scalar points; CPU time of this thread over hops, engine, plugins and all. Walks take turns, since machines are
 * noisy, and the least of the turns is printed beside the median.
 *
 * Run: make tests/bench/walk && KITH_DATA=... tests/bench/walk [turns] */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/quadratics.h"
#include "../unit/runner.h"

enum { TOKENS = 64, HOPS = 20000, MOST_TURNS = 101 };

static const struct {
    const char *name, *algorithm, *set[2];
} cases[] = {{"srrw, alpha 2", "srrw", {"srrw.alpha=2"}},
             {"srrw, alpha 20", "srrw", {"srrw.alpha=20"}},
             {"srrw, alpha 2.5", "srrw", {"srrw.alpha=2.5"}},
             {"srrw, alpha 2, heavy ball", "srrw", {"srrw.alpha=2", "local.momentum=0.9"}},
             {"hdt, alpha 2", "hdt", {"hdt.alpha=2"}},
             {"metropolis-walk", "metropolis-walk", {NULL}},
             {"simple-walk", "simple-walk", {NULL}},
             {"non-backtracking", "non-backtracking", {NULL}},
             {"iid", "iid", {NULL}}};
enum { CASES = sizeof cases / sizeof cases[0] };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static kith_status open_case(size_t c, runner *r)
{
    settings s = {.count = 0};
    const char *folder = getenv("KITH_DATA");
    set(&s, "run.algorithm=%s", cases[c].algorithm);
    set(&s, "run.model=quadratic");
    set(&s, "run.dataset=points");
    set(&s, "run.topology=graph-file");
    set(&s, "graph-file.path=%s/graphs/karate.edges", folder ? folder : "../shared/data");
    set(&s, "points.file=%s/graphs/karate-points.csv", folder ? folder : "../shared/data");
    set(&s, "partition.kind=sequential");
    set(&s, "run.learners=34");
    set(&s, "run.rounds=1000000");
    set(&s, "eval.every=0");
    set(&s, "local.lr=1");
    set(&s, "local.steps=1");
    set(&s, "walk.tokens=%d", TOKENS);
    set(&s, "walk.hops=%d", HOPS);
    for (size_t k = 0; k < 2 && cases[c].set[k]; k++)
        set(&s, "%s", cases[c].set[k]);
    return runner_open(r, s.list);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static double spent[CASES][MOST_TURNS];
    runner r[CASES];
    size_t turns = argc > 1 ? strtoul(argv[1], NULL, 10) : 7;
    if (turns < 1 || turns > MOST_TURNS) turns = 7;
    for (size_t c = 0; c < CASES; c++)
        if (open_case(c, &r[c]) != KITH_OK) {
            fprintf(stderr, "%s\n", kith_ctx_message(r[c].ctx));
            return 1;
        }
    for (size_t turn = 0; turn < turns; turn++)
        for (size_t c = 0; c < CASES; c++) {
            const double begun = now();
            if (runner_step(&r[c]) != KITH_OK) return 1;
            spent[c][turn] = (now() - begun) / ((double)TOKENS * HOPS) * 1e9;
        }
    printf("%-28s %10s %10s   ns of CPU time a hop\n", "", "least", "median");
    for (size_t c = 0; c < CASES; c++) {
        qsort(spent[c], turns, sizeof spent[c][0], compare);
        printf("%-28s %10.1f %10.1f\n", cases[c].name, spent[c][0], spent[c][turns / 2]);
        runner_close(&r[c]);
    }
    return 0;
}
