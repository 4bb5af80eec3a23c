/* The population engine on games with states: tables whose values are exact, and networks that learn by playing. */
#include "gameworld.h"

#include "runner.h"
#include "engine/engine.h"
#include "rl/interval.h"
#include "rl/learner.h"

enum { STATES = 760, ACTIONS = 5, MOST_NEXT = 2, MOST_SETTINGS = 24, MOST_POLICIES = 40 };

typedef struct play {
    runner r;
    double lower, upper, learner, main_policy, size, won, episodes_length;
    double weight[MOST_POLICIES], payoff[MOST_POLICIES], low[MOST_POLICIES], high[MOST_POLICIES];
    size_t payoffs, lows, highs;
} play;

static kith_status note(void *arg, const char *name, double value)
{
    play *p = arg;
    const struct {
        const char *name;
        double *to;
    } known[] = {{"exploitability", &p->lower},           {"exploitability_upper", &p->upper},
                 {"exploitability_learner", &p->learner}, {"exploitability_main", &p->main_policy},
                 {"population_size", &p->size},           {"won_main", &p->won},
                 {"length_main", &p->episodes_length}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (!strcmp(name, known[i].name)) *known[i].to = value;
    unsigned k = 0;
    if (sscanf(name, "weight_%u", &k) == 1 && k < MOST_POLICIES) p->weight[k] = value;
    if (!strncmp(name, "payoff_low_", 11) && p->lows < MOST_POLICIES) p->low[p->lows++] = value;
    if (!strncmp(name, "payoff_high_", 12) && p->highs < MOST_POLICIES) p->high[p->highs++] = value;
    if (sscanf(name, "payoff_%u", &k) == 1 && p->payoffs < MOST_POLICIES) p->payoff[p->payoffs++] = value;
    return KITH_OK;
}

/* settings end with NULL. A run looks at its last round itself, so that tests that count payoffs stop before it. */
static kith_status begin(play *p, const char *algorithm, const char *game, const char *const *settings)
{
    char first[64], second[64];
    const char *list[MOST_SETTINGS + 4] = {first, second, "eval.every=0"};
    size_t count = 3;
    snprintf(first, sizeof first, "run.algorithm=%s", algorithm);
    snprintf(second, sizeof second, "run.game=%s", game);
    for (; *settings && count < MOST_SETTINGS; settings++)
        list[count++] = *settings;
    *p = (play){.lower = NAN, .upper = NAN, .won = NAN};
    return runner_open(&p->r, list);
}

#define BEGIN(p, algorithm, game, ...) begin(p, algorithm, game, (const char *const[]){__VA_ARGS__, NULL})
#define OPEN(p, ...)                   assert_int_equal(BEGIN(p, __VA_ARGS__), KITH_OK)

static void look(play *p)
{
    const kith_engine *engine = kith_run_engine(p->r.run);
    p->payoffs = p->lows = p->highs = 0;
    assert_ok(p->r.ctx, engine->prepare(p->r.ctx, engine->self));
    assert_ok(p->r.ctx, engine->measure(p->r.ctx, engine->self, true, note, p));
}

static void go(play *p, size_t rounds)
{
    for (size_t i = 0; i < rounds; i++)
        assert_ok(p->r.ctx, runner_step(&p->r));
    look(p);
}

/* ---- soccer by the rules alone ---- */

typedef struct rules {
    size_t count;
    kith_transition next[MOST_NEXT];
} rules;

static rules *list_rules(const gameworld *g)
{
    rules *all = calloc((size_t)STATES * ACTIONS * ACTIONS, sizeof *all);
    assert_non_null(all);
    for (size_t s = 0; s < STATES; s++)
        for (int32_t a = 0; a < ACTIONS; a++)
            for (int32_t b = 0; b < ACTIONS; b++) {
                rules *r = &all[(s * ACTIONS + (size_t)a) * ACTIONS + (size_t)b];
                r->count = g->game->transition(g->self, s, (const int32_t[]){a, b}, r->next);
            }
    return all;
}

static double action_value(const rules *r, const double *value)
{
    double sum = 0;
    for (size_t k = 0; k < r->count; k++)
        sum += r->next[k].probability *
               (r->next[k].reward + 0.9 * (r->next[k].next < STATES ? value[r->next[k].next] : 0));
    return sum;
}

/* What a best response wins of a policy (S, A) as it was written to the model: 200 sweeps leave 0.9^200 of the error.
 */
static double won_of(const gameworld *g, const rules *all, const kith_real *policy)
{
    static double value[STATES], start[STATES];
    memset(value, 0, sizeof value);
    for (int sweep = 0; sweep < 200; sweep++)
        for (size_t s = 0; s < STATES; s++) {
            const kith_real *other = policy + g->game->mirror(g->self, s) * ACTIONS;
            double most = -INFINITY;
            for (size_t a = 0; a < ACTIONS; a++) {
                double sum = 0;
                for (size_t b = 0; b < ACTIONS; b++)
                    sum += (double)other[b] * action_value(&all[(s * ACTIONS + a) * ACTIONS + b], value);
                most = fmax(most, sum);
            }
            value[s] = most;
        }
    g->game->start(g->self, start);
    double won = 0;
    for (size_t s = 0; s < STATES; s++)
        won += start[s] * value[s];
    return won;
}

/* ---- tables ---- */

static void single_policies(void **state)
{
    (void)state;
    gameworld g = GAME("soccer", 1, "soccer.players=1");
    rules *all = list_rules(&g);
    play p;
    OPEN(&p, "self-play", "soccer", "run.rounds=3", "population.most_steps=15");
    look(&p);
    const double uniform = won_of(&g, all, runner_model(&p.r));
    assert_true(uniform > 0.5);
    assert_close(p.lower, uniform, 0, 1e-5);
    go(&p, 3);
    const double after = won_of(&g, all, runner_model(&p.r) + 3 * STATES * ACTIONS);
    assert_close(p.lower, after, 0, 1e-5);
    assert_close(p.upper, after, 0, 1e-5);
    assert_close(p.learner, after, 0, 1e-5);
    assert_true(after < 0.25 * uniform);
    runner_close(&p.r);
    free(all);
    game_close(&g);
}

/* The bracket's upper end is the mean of what each policy loses alone; its lower end, what some Markov policy wins. */
static void mixtures_get_better(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"fxp", "psro"};
    gameworld g = GAME("soccer", 1, "soccer.players=1");
    rules *all = list_rules(&g);
    for (size_t k = 0; k < 2; k++) {
        play p;
        OPEN(&p, algorithms[k], "soccer", "run.rounds=14", "population.turn_lr=1", "population.least_steps=8",
             "population.most_steps=10", "population.accuracy=1e-4");
        look(&p);
        const double before = p.lower;
        go(&p, 14);
        if (p.upper > 0.8 * before) print_error("%s: %g..%g from %g\n", algorithms[k], p.lower, p.upper, before);
        assert_true(p.lower <= p.upper + 1e-3);
        assert_true(p.lower < 0.6 * before);
        double told = 0;
        for (size_t i = 0; i < (size_t)p.size; i++)
            if (p.weight[i] > 0) told += p.weight[i] * won_of(&g, all, runner_model(&p.r) + i * STATES * ACTIONS);
        assert_close(p.upper, told, 0, 1e-3);
        runner_close(&p.r);
    }
    free(all);
    game_close(&g);
}

/* Repeated pure answers to one policy end at the value of its best response. */
static void answers_are_best_responses(void **state)
{
    (void)state;
    gameworld g = GAME("soccer", 1, "soccer.players=1");
    rules *all = list_rules(&g);
    for (int joint = 0; joint < 2; joint++) {
        play p;
        OPEN(&p, "double-oracle", "soccer", "run.rounds=2",
             joint ? "population.oracle=joint" : "population.oracle=sequential");
        go(&p, 1);
        assert_int_equal(p.payoffs, 1);
        assert_close(p.payoff[0], won_of(&g, all, runner_model(&p.r)), 0, 1e-5);
        runner_close(&p.r);
    }
    free(all);
    game_close(&g);
}

/* Rules of an algorithm's own move every state's table. */
static void rules_move_every_state(void **state)
{
    (void)state;
    play p;
    OPEN(&p, "mwu", "soccer", "run.rounds=1", "mwu.steps=30", "mwu.rate=5");
    look(&p);
    const double before = p.lower;
    go(&p, 1);
    assert_true(p.lower < 0.5 * before);
    runner_close(&p.r);
}

/* ---- networks ---- */

#define SMALL                                                                                                          \
    "mappo.copies=8", "mappo.lane=4", "mappo.steps=20", "mappo.chunk=10", "mappo.hidden=8", "population.episodes=8"

static void networks_count_steps(void **state)
{
    (void)state;
    play p;
    OPEN(&p, "fxp", "soccer", "run.rounds=2", "population.policies=networks", "population.job_steps=200",
         "fxp.together=yes", "fxp.opponents=uniform", "fxp.output=main", "fxp.reset=no", "soccer.steps=20", SMALL);
    go(&p, 2);
    /* two jobs of two updates of 160 steps, twice */
    assert_close(kith_run_progress(p.r.run)->steps, 2 * 2 * 320, 0, 0);
    assert_close(p.size, 5, 0, 0);
    assert_close(p.weight[3], 1, 0, 0); /* main's second; then comes the counter's */
    assert_int_equal(p.payoffs, 0);     /* nobody asked for any */
    assert_true(p.won >= 0 && p.won <= 1 && p.episodes_length >= 1 && p.episodes_length <= 20);
    runner_close(&p.r);
}

/* Learners of our own, one after the other, give what the engine's give side by side: each meets whom its job names. */
static void networks_train_side_by_side(void **state)
{
    (void)state;
    enum { UPDATES = 2 };
    gameworld g = GAME("soccer", 1, "soccer.steps=20", "mappo.copies=8", "mappo.lane=4", "mappo.steps=20",
                       "mappo.chunk=10", "mappo.hidden=8");
    const kith_exchange_options alone = {0};
    kith_exchange *ex = NULL;
    kith_learner_config config;
    kith_learner *learner[2] = {NULL};
    assert_ok(g.ctx, kith_exchange_open(g.ctx, &alone, "", &ex));
    assert_ok(g.ctx,
              kith_config_bind(g.ctx, g.config, "mappo", kith_learner_params, kith_learner_param_count, true, &config));
    for (uint32_t l = 0; l < 2; l++) {
        const kith_learner_setup setup = {
            .match_setup = {.id = "game", .game = g.game, .self = g.self, .shape = &g.shape},
            .config = &config,
            .name = "any",
            .seed = 7,
            .number = l};
        assert_ok(g.ctx, kith_learner_create(g.ctx, ex, &setup, &learner[l]));
    }
    const size_t length = kith_policy_length(&g.shape, &config), bytes = length * sizeof(kith_real);
    kith_real *first = malloc(bytes);
    assert_non_null(first);
    memcpy(first, kith_learner_policy(learner[0]), bytes);
    /* without counters, 0.3 of the main policy's opponents are itself and 0.35 the only frozen one */
    const kith_opponents met[] = {
        {2, (const kith_real *const[]){first, NULL}, (const double[]){0.35 / 0.65, 0.3 / 0.65}},
        {1, &(const kith_real *){first}, &(const double){1}}};
    kith_learner_report unused;
    for (int l = 0; l < 2; l++)
        for (int i = 0; i < UPDATES; i++)
            assert_ok(g.ctx, kith_learner_update(g.ctx, learner[l], &met[l], &unused));
    play p;
    OPEN(&p, "fxp", "soccer", "run.rounds=1", "run.seed=7", "population.policies=networks", "population.job_steps=320",
         "fxp.self_play=0.3", "fxp.together=yes", "fxp.opponents=uniform", "fxp.reset=no", "soccer.steps=20", SMALL);
    go(&p, 1);
    assert_memory_equal(runner_model(&p.r), first, bytes);
    for (size_t l = 0; l < 2; l++)
        assert_memory_equal(runner_model(&p.r) + (1 + l) * length, kith_learner_policy(learner[l]), bytes);
    runner_close(&p.r);
    free(first);
    kith_learner_destroy(learner[0]);
    kith_learner_destroy(learner[1]);
    kith_exchange_close(ex);
    game_close(&g);
}

/* Its logarithm, where q is the share of losses and that of wins is q + d. */
static double likelihood(double won, double drawn, double lost, double d, double q)
{
    return (won > 0 ? won * log(q + d) : 0) + (drawn > 0 ? drawn * log(1 - 2 * q - d) : 0) +
           (lost > 0 ? lost * log(q) : 0);
}

/* Both ends of a score interval are 1.96 standard deviations from what was found, by the likeliest chances that lead to
 * them; those are searched for here. */
static void expect_score(double won, double drawn, double lost, double d)
{
    const double z = 1.959963984540054, n = won + drawn + lost;
    double low = fmax(0, -d), high = (1 - d) / 2;
    for (int k = 0; k < 200; k++) {
        const double a = low + (high - low) / 3, b = high - (high - low) / 3;
        if (likelihood(won, drawn, lost, d, a) < likelihood(won, drawn, lost, d, b))
            low = a;
        else
            high = b;
    }
    assert_close(fabs(won - lost - n * d), z * sqrt(n * (low + high + d - d * d)), 1e-5, 1e-6);
}

static void payoffs_have_intervals(void **state)
{
    (void)state;
    static const struct {
        uint64_t won, drawn, lost;
    } cases[] = {{50, 0, 50}, {10, 80, 10}, {99, 0, 1}, {1, 2000, 7}, {2, 30, 1}, {17, 3, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const double won = (double)cases[i].won, drawn = (double)cases[i].drawn, lost = (double)cases[i].lost;
        double low = 0, high = 0;
        kith_payoff_interval(cases[i].won, cases[i].drawn, cases[i].lost, &low, &high);
        assert_true(low < (won - lost) / (won + drawn + lost) && (won - lost) / (won + drawn + lost) < high);
        expect_score(won, drawn, lost, low);
        expect_score(won, drawn, lost, high);
    }
    double low = 0, high = 0;
    kith_payoff_interval(50, 0, 50, &low, &high);
    assert_close(low, -0.192337, 0, 1e-6);
}

/* How many of eight episodes were decided is not told, so one of the possible results has that interval. */
static void expect_some_result_of_eight(double payoff, double found_low, double found_high)
{
    size_t results = 0;
    for (uint64_t won = 0; won <= 8; won++)
        for (uint64_t lost = 0; won + lost <= 8; lost++) {
            double low = 0, high = 0;
            kith_payoff_interval(won, 8 - won - lost, lost, &low, &high);
            results +=
                fabs(((double)won - (double)lost) / 8 - payoff) < 1e-12 && low == found_low && high == found_high;
        }
    assert_int_equal(results, 1);
}

static void networks_play_what_is_missing(void **state)
{
    (void)state;
    play p;
    OPEN(&p, "psro", "soccer", "run.rounds=3", "population.policies=networks", "population.job_steps=1",
         "soccer.steps=20", SMALL);
    go(&p, 1);
    assert_int_equal(p.payoffs, 1);
    go(&p, 1);
    assert_int_equal(p.payoffs, 2); /* the third policy's with the two before it */
    for (size_t k = 0; k < 2; k++)
        assert_close(p.payoff[k] * 8, round(p.payoff[k] * 8), 0, 1e-12);
    assert_int_equal(p.lows, 2);
    assert_int_equal(p.highs, 2);
    for (size_t k = 0; k < 2; k++)
        expect_some_result_of_eight(p.payoff[k], p.low[k], p.high[k]);
    assert_close(p.weight[0] + p.weight[1] + p.weight[2], 1, 0, 1e-9);
    runner_close(&p.r);
    OPEN(&p, "psro", "soccer", "run.rounds=4", "population.policies=networks", "population.job_steps=1",
         "soccer.steps=20", "psro.meta=hard", SMALL);
    go(&p, 3);
    assert_int_equal(p.payoffs, 0);
    runner_close(&p.r);
}

/* A plan's second job meets the populations as the plan saw them. Scissors are the answer to uniform play, which is all
 * that there is at first; to the main policy, which has become scissors and is frozen by then, they would be none. */
static void plans_are_made_beforehand(void **state)
{
    (void)state;
    play p;
    OPEN(&p, "fxp", "team-rps", "run.rounds=2", "fxp.together=yes", "fxp.self_play=1e-6", "fxp.opponents=uniform");
    go(&p, 1);
    assert_close(p.size, 3, 0, 0);
    for (size_t k = 1; k < 3; k++)
        for (size_t player = 0; player < 2; player++)
            assert_true(runner_model(&p.r)[4 * k + 2 * player + 1] > (kith_real)0.99);
    runner_close(&p.r);
}

/* ---- what does not go together ---- */

static void refused(kith_status status, play *p, const char *message)
{
    assert_int_equal(status, KITH_ECONFIG);
    assert_string_equal(kith_ctx_message(p->r.ctx), message);
    runner_close(&p->r);
}

static void what_is_refused(void **state)
{
    (void)state;
    play p;
    refused(BEGIN(&p, "mwu", "battle", "run.rounds=1"), &p,
            "--set: run.algorithm = mwu: it changes tables of probabilities by a rule of its own, and in battle "
            "policies are "
            "networks; choose fxp, psro, self-play or fsp");
    refused(BEGIN(&p, "fxp", "battle", "population.policies=tables"), &p,
            "--set: population.policies = tables: battle has no exact model; set it to networks");
    refused(
        BEGIN(&p, "fxp", "team-rps", "population.policies=networks"), &p,
        "--set: population.policies = networks: networks play games with states, and team-rps is a matrix game; set it "
        "to auto");
    refused(BEGIN(&p, "fxp", "soccer", "population.policies=tables", "soccer.players=2", "population.exact_mb=100"), &p,
            "soccer: its exact model of 465120 states and 6 actions for each of 4 players takes 366 GB, and 0.1 GB are "
            "allowed; choose fewer players");
    refused(BEGIN(&p, "double-oracle", "soccer", "population.policies=networks", SMALL), &p,
            "--set: run.algorithm = double-oracle: it takes the pure answers of an oracle, and policies of soccer are "
            "networks; choose another one");
    /* what does not fit is learned by playing */
    OPEN(&p, "fxp", "soccer", "soccer.players=2", SMALL);
    runner_close(&p.r);
}

static void what_is_not_read(void **state)
{
    (void)state;
    static const struct {
        const char *game, *given, *note;
    } cases[] = {
        {"soccer.players=1", "population.lr=0.3", ""},
        {"soccer.players=1", "population.accuracy=1e-3", ""},
        {"soccer.players=1", "population.episodes=9", "population.episodes = 9 has no effect with run.game = soccer"},
        {"soccer.players=1", "mappo.lr=1e-3", "mappo.lr = 1e-3 has no effect with run.game = soccer"},
        {"population.policies=networks", "population.most_steps=9",
         "population.most_steps = 9 has no effect with population.policies = networks"},
        {"population.policies=networks", "population.exact_mb=9",
         "population.exact_mb = 9 has no effect with population.policies = networks"},
        {"soccer.players=2", "population.exact_mb=9", ""},
        {"soccer.players=2", "population.episodes=9", ""},
        {"soccer.players=2", "population.start=random",
         "population.start = random has no effect with run.game = soccer"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        play p;
        char note[160];
        OPEN(&p, "fxp", "soccer", cases[k].game, cases[k].given, "mappo.copies=100");
        snprintf(note, sizeof note, *cases[k].note ? "--set: %s\n" : "%s", cases[k].note);
        assert_string_equal(kith_ctx_notes(p.r.ctx), note);
        runner_close(&p.r);
    }
    play p;
    OPEN(&p, "fxp", "team-rps", "population.accuracy=1e-3");
    assert_string_equal(kith_ctx_notes(p.r.ctx),
                        "--set: population.accuracy = 1e-3 has no effect with run.game = team-rps\n");
    runner_close(&p.r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_policies),
        cmocka_unit_test(mixtures_get_better),
        cmocka_unit_test(answers_are_best_responses),
        cmocka_unit_test(rules_move_every_state),
        cmocka_unit_test(networks_count_steps),
        cmocka_unit_test(networks_train_side_by_side),
        cmocka_unit_test(payoffs_have_intervals),
        cmocka_unit_test(networks_play_what_is_missing),
        cmocka_unit_test(what_is_not_read),
        cmocka_unit_test(plans_are_made_beforehand),
        cmocka_unit_test(what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
