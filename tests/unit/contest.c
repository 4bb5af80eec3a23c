/* Policies that a run left, read back, and what they win of each other: numbers that are known beforehand. */
#include "support.h"

#include "engine/contest/contest.h"
#include "nn/blas.h"
#include "record/policies.h"
#include "record/record.h"
#include "rl/interval.h"
#include "scratch.h"

#include <kith/random.h>

static kith_ctx *ctx;
static kith_exchange *ex;
static kith_registry *registry;

static int set_up(void **state)
{
    const kith_exchange_options alone = {.domains = 1};
    ctx = kith_ctx_create();
    if (!ctx || kith_blas_start(ctx) != KITH_OK || kith_exchange_open(ctx, &alone, "", &ex) != KITH_OK) return -1;
    if (kith_registry_create(ctx, &registry) != KITH_OK) return -1;
    return scratch_enter(state);
}

static int tear_down(void **state)
{
    kith_registry_destroy(registry);
    kith_exchange_close(ex);
    kith_ctx_destroy(ctx);
    return scratch_leave(state);
}

/* A folder as a run of fxp leaves it: every policy in "all", the first in "mains" too. */
static void leave(const char *folder, const char *config, size_t count, size_t entries, size_t element,
                  const void *value, const double *weight)
{
    char path[64];
    uint32_t joined[8] = {3, 1, 1, 1, 1, 1, 1, 1};
    const kith_policy_set set = {.count = count,
                                 .entries = entries,
                                 .element = element,
                                 .value = value,
                                 .weight = weight,
                                 .joined = joined,
                                 .populations = 2,
                                 .population = {"all", "mains"}};
    assert_ok(ctx, kith_record_folder(ctx, folder));
    snprintf(path, sizeof path, "%s/config.ini", folder);
    scratch_write(path, config, strlen(config));
    assert_ok(ctx, kith_policy_set_write(ctx, folder, &set));
}

static kith_contest *open_contest(const char *const *text, size_t count, uint64_t episodes)
{
    kith_contest *c = NULL;
    const kith_contest_setup setup = {
        .exchange = ex, .registry = registry, .text = text, .count = count, .seed = 7, .episodes = episodes};
    assert_ok(ctx, kith_contest_open(ctx, &setup, &c));
    return c;
}

/* ---- files ---- */

static void policies_come_back(void **state)
{
    (void)state;
    const float narrow[] = {1, -2, 0.1f, 3e-40f, 5, 6};
    const double wide[] = {0.1, 1.0 / 3, 1e-300, 4, 5, 6}, weight[] = {0.25, 0.1 + 0.2, 0.45};
    kith_policy_set got;
    leave("a", "", 3, 2, sizeof(double), wide, weight);
    assert_ok(ctx, kith_policy_set_read(ctx, "a", &got));
    assert_int_equal(got.count, 3);
    assert_int_equal(got.entries, 2);
    assert_memory_equal(got.value, wide, sizeof wide);
    assert_memory_equal(got.weight, weight, sizeof weight);
    assert_int_equal(got.joined[0], 3);
    assert_int_equal(got.joined[2], 1);
    assert_int_equal(got.populations, 2);
    assert_string_equal(got.population[0], "all");
    assert_string_equal(got.population[1], "mains");
    kith_policy_set_free(&got);
    leave("a", "", 3, 2, sizeof(float), narrow, weight);
    assert_ok(ctx, kith_policy_set_read(ctx, "a", &got));
    for (size_t k = 0; k < 6; k++)
        assert_close(((const double *)got.value)[k], (double)narrow[k], 0, 0);
    kith_policy_set_free(&got);
    assert_ok(ctx, kith_policy_set_remove(ctx, "a"));
    assert_ok(ctx, kith_policy_set_remove(ctx, "a"));
    assert_refused(ctx, kith_policy_set_read(ctx, "a", &got), KITH_EIO,
                   "a/policies.npy: cannot be read: No such file or directory");
}

/* Files of numpy.save: other spacing, and shapes that are not ours. */
static void arrays_are_checked(void **state)
{
    (void)state;
    static const char wrong[] =
        "a.npy: is no array of rows and columns in NumPy's format 1.0, of single or double precision "
        "and whole; make the run again";
    static const char *const heads[] = {
        "{'descr': '<i8', 'fortran_order': False, 'shape': (1, 2), }\n",
        "{'descr': '<f8', 'fortran_order': True, 'shape': (1, 2), }\n",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }\n",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967297), }\n",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }\n"};
    size_t rows, columns;
    double *got = NULL;
    for (size_t k = 0; k < 7; k++) {
        const char *head = k < 6 ? heads[k] : "{'descr': '<f8',  'fortran_order': False,\n 'shape': (1, 2)}\n";
        const double value[2] = {0.5, -1};
        char bytes[256] = "\x93NUMPY\x01";
        const size_t length = strlen(head);
        bytes[8] = (char)length;
        memcpy(bytes + 10, head, length);
        memcpy(bytes + 10 + length, value, sizeof value);
        scratch_write("a.npy", bytes, 10 + length + sizeof value);
        if (k < 6) {
            assert_refused(ctx, kith_npy_read_rows(ctx, "a.npy", &rows, &columns, &got), KITH_EDATA, wrong);
            continue;
        }
        assert_ok(ctx, kith_npy_read_rows(ctx, "a.npy", &rows, &columns, &got));
        assert_int_equal(rows * 10 + columns, 12);
        assert_memory_equal(got, value, sizeof value);
        kith_free(got);
    }
}

/* ---- matrix games ---- */

/* Rock 00, scissors 11, paper 01: the best joint action wins 1 of each, and a quarter of the uniform product policy,
 * which is paper every other time. Of the mixture of 0.5, 0.3, 0.2 paper wins 0.5 - 0.3, to which one player alone can
 * turn rock and scissors. */
static void rock_paper_scissors(void **state)
{
    (void)state;
    enum { ROCK = 0, SCISSORS, PAPER, PRODUCT, ALL_THREE };
    static const double policy[4][4] = {{1, 0, 1, 0}, {0, 1, 0, 1}, {1, 0, 0, 1}, {0.5, 0.5, 0.5, 0.5}};
    static const double weight[] = {0.5, 0.3, 0.2, 0}, all_win[] = {0.2 - 0.3, 0.5 - 0.2, 0.3 - 0.5};
    static const char *const text[] = {"rps:all/each", "rps"};
    kith_pairing p;
    kith_exposure x;
    leave("rps", "[run]\nalgorithm = fxp\ngame = team-rps\n", 4, 4, sizeof(double), policy, weight);
    kith_contest *c = open_contest(text, 2, 10);
    assert_int_equal(kith_contest_size(c), 5);
    assert_string_equal(kith_contest_entrant(c, PAPER)->name, "rps:all/2");
    assert_string_equal(kith_contest_entrant(c, ALL_THREE)->what, "fxp, output: mixture of 3 policies");
    for (size_t k = 0; k < 3; k++) {
        assert_ok(ctx, kith_contest_play(ctx, c, k, (k + 1) % 3, &p));
        assert_close(p.won, 1, 0, 0);
        assert_close(p.payoff, 1, 0, 0);
        assert_true(isnan(p.low) && p.episodes == 0);
        assert_ok(ctx, kith_contest_play(ctx, c, ALL_THREE, k, &p));
        assert_close(p.payoff, all_win[k], 0, 1e-15);
        assert_close(p.drawn, weight[k], 0, 1e-15);
        assert_ok(ctx, kith_contest_expose(ctx, c, k, &x));
        assert_close(x.lower, 1, 0, 1e-15);
    }
    assert_ok(ctx, kith_contest_play(ctx, c, PRODUCT, ROCK, &p));
    assert_close(p.won, 0.5, 0, 0);
    assert_close(p.drawn, 0.25, 0, 0);
    assert_close(p.payoff, 0.25, 0, 1e-15);
    assert_ok(ctx, kith_contest_expose(ctx, c, ALL_THREE, &x));
    assert_close(x.upper, 0.2, 0, 1e-15);
    assert_close(x.individual, 0.2, 0, 1e-15);
    assert_ok(ctx, kith_contest_expose(ctx, c, PRODUCT, &x));
    assert_close(x.lower, 0.25, 0, 1e-15);
    kith_contest_close(c);
}

/* ---- tables that play episodes ---- */

enum { ROWS = 760, ACTIONS = 5, EPISODES = 5000 };

typedef struct returns {
    double discount, sum, squares; /* of the row's discounted rewards, over episodes */
    double now;
    size_t steps, won;
} returns;

static kith_status add_reward(void *arg, const kith_moment *m)
{
    returns *r = arg;
    if (m->step == 0) r->now = 0;
    if (m->step) r->now += pow(r->discount, (double)m->step - 1) * m->reward[m->row_team];
    r->steps += m->step > 0;
    if (m->end == KITH_PLAYING) return KITH_OK;
    r->sum += r->now;
    r->squares += r->now * r->now;
    r->won += m->outcome.winner == (int32_t)m->row_team;
    return KITH_OK;
}

/* Episodes of tables have the discounted reward that exact evaluation says, on both sides of the field; and those that
 * are watched are those that were counted. */
static void soccer_by_episodes_and_exactly(void **state)
{
    (void)state;
    static double policy[2][ROWS][ACTIONS];
    static const double weight[] = {0.5, 0.5};
    static const char *const text[] = {"soccer:all/0", "soccer:all/1"};
    kith_stream stream = kith_stream_at(3, KITH_FOR_INIT, 0, 0);
    kith_pairing p;
    returns r = {.discount = 0.9};
    for (size_t k = 0; k < 2 * ROWS; k++) {
        double sum = 0, *row = policy[k / ROWS][k % ROWS];
        for (size_t a = 0; a < ACTIONS; a++)
            sum += row[a] = pow(kith_draw_uniform(&stream), k < ROWS ? 8 : 1) + (k < ROWS && a == 2 ? 0.5 : 0);
        for (size_t a = 0; a < ACTIONS; a++)
            row[a] /= sum;
    }
    leave("soccer", "[run]\nalgorithm = fxp\ngame = soccer\n[population]\naccuracy = 1e-6\n", 2, ROWS * ACTIONS,
          sizeof(double), policy, weight);
    kith_contest *c = open_contest(text, 2, EPISODES);
    assert_int_equal(kith_contest_form(c), KITH_FORM_STATES);
    assert_ok(ctx, kith_contest_play(ctx, c, 0, 1, &p));
    for (uint64_t k = 0; k < EPISODES; k++)
        assert_ok(ctx, kith_contest_watch(ctx, c, 0, 1, k, add_reward, &r));
    assert_close(p.won, (double)r.won / EPISODES, 0, 1e-12);
    const double mean = r.sum / EPISODES, error = sqrt((r.squares / EPISODES - mean * mean) / EPISODES);
    assert_close(p.payoff, mean, 0, 4 * error);
    assert_true(fabs(mean) > 6 * error); /* the two differ enough for a mix-up to show */
    kith_contest_close(c);
}

/* ---- intervals ---- */

/* Without draws Wilson's, stretched from shares to payoffs: 8 of 10 have 0.4901 to 0.9433 (R's prop.test without
 * correction). */
static void intervals(void **state)
{
    (void)state;
    double low, high;
    kith_payoff_interval(8, 0, 2, &low, &high);
    assert_close(low, 2 * 0.4901625 - 1, 0, 1e-6);
    assert_close(high, 2 * 0.9433178 - 1, 0, 1e-6);
    kith_payoff_interval(0, 1000, 0, &low, &high);
    assert_close(low, -high, 1e-12, 0);
    assert_true(high > 0.002 && high < 0.005);
    kith_payoff_interval(100, 0, 0, &low, &high);
    assert_close(high, 1, 1e-12, 0);
    assert_true(low < 0.95 && low > 0.9);
    for (uint64_t won = 0; won <= 12; won++)
        for (uint64_t drawn = 0; won + drawn <= 12; drawn++) {
            const double mean = ((double)won - (double)(12 - won - drawn)) / 12;
            kith_payoff_interval(won, drawn, 12 - won - drawn, &low, &high);
            assert_true(low <= mean + 1e-12 && mean - 1e-12 <= high && low >= -1 - 1e-12 && high <= 1 + 1e-12);
        }
}

/* How often the interval holds the mean that episodes were drawn with, in 4000 draws of 50 episodes. */
static void intervals_hold_what_they_should(void **state)
{
    (void)state;
    static const double cases[][2] = {{0.5, 0}, {0.1, 0.8}, {0.05, 0.3}, {0.4, 0.5}}; /* won, drawn */
    kith_stream stream = kith_stream_at(5, KITH_FOR_GAME, 0, 0);
    for (size_t k = 0; k < 4; k++) {
        const double won = cases[k][0], drawn = cases[k][1], mean = won - (1 - won - drawn);
        double held = 0;
        for (int t = 0; t < 4000; t++) {
            uint64_t count[3] = {0};
            double low, high;
            for (int i = 0; i < 50; i++) {
                const double u = kith_draw_uniform(&stream);
                count[u < won ? 0 : u < won + drawn ? 1 : 2]++;
            }
            kith_payoff_interval(count[0], count[1], count[2], &low, &high);
            held += low <= mean && mean <= high;
        }
        assert_close(held / 4000, 0.95, 0, 0.025);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(policies_come_back),  TEST(arrays_are_checked),
        TEST(rock_paper_scissors), TEST(soccer_by_episodes_and_exactly),
        TEST(intervals),           TEST(intervals_hold_what_they_should),
    };
    return cmocka_run_group_tests_name("contest", tests, NULL, NULL);
}
