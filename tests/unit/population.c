/* The population engine and its algorithms: every number of the published and recomputed table for matrix games,
 * through whole runs. Uniform start, individual oracle and exact exploitability, where nothing else is said. */
#include "support.h"

#include "runner.h"
#include "engine/engine.h"
#include "engine/population/population.h"

enum { MOST_SETTINGS = 16 };

typedef struct play {
    runner r;
    double team, individual, main_team, main_individual, counter_team, size;
} play;

static kith_status note(void *arg, const char *name, double value)
{
    play *p = arg;
    const struct {
        const char *name;
        double *to;
    } known[] = {{"exploitability", &p->team},
                 {"exploitability_individual", &p->individual},
                 {"exploitability_main", &p->main_team},
                 {"exploitability_individual_main", &p->main_individual},
                 {"exploitability_counter", &p->counter_team},
                 {"population_size", &p->size}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (!strcmp(name, known[i].name)) *known[i].to = value;
    return KITH_OK;
}

/* settings end with NULL. */
static void begin(play *p, const char *algorithm, const char *game, const char *const *settings)
{
    char first[64], second[64];
    const char *list[MOST_SETTINGS + 4] = {first, second, "eval.every=0"};
    size_t count = 3;
    snprintf(first, sizeof first, "run.algorithm=%s", algorithm);
    snprintf(second, sizeof second, "run.game=%s", game);
    for (; *settings && count < MOST_SETTINGS; settings++)
        list[count++] = *settings;
    *p = (play){.team = NAN};
    const kith_status status = runner_open(&p->r, list);
    assert_ok(p->r.ctx, status);
}

#define BEGIN(p, algorithm, game, ...) begin(p, algorithm, game, (const char *const[]){__VA_ARGS__, NULL})

static void look(play *p)
{
    const kith_engine *engine = kith_run_engine(p->r.run);
    assert_ok(p->r.ctx, engine->prepare(p->r.ctx, engine->self));
    assert_ok(p->r.ctx, engine->measure(p->r.ctx, engine->self, true, note, p));
}

static double steps_of(const play *p)
{
    return kith_run_progress(p->r.run)->steps;
}

static void go(play *p, size_t rounds)
{
    for (size_t i = 0; i < rounds; i++)
        assert_ok(p->r.ctx, runner_step(&p->r));
    look(p);
}

/* Goes on until so many steps were made, exactly. */
static void go_to(play *p, double steps)
{
    while (steps_of(p) < steps)
        assert_ok(p->r.ctx, runner_step(&p->r));
    assert_close(steps_of(p), steps, 0, 0);
    look(p);
}

static double policy_entry(const play *p, size_t policy, size_t entries, size_t entry)
{
    return (double)runner_model(&p->r)[policy * entries + entry];
}

#define FICTITIOUS "population.nash=fictitious-play"

/* ---- team-trap ---- */

static void self_play_is_trapped(void **state)
{
    (void)state;
    play p;
    BEGIN(&p, "self-play", "team-trap", "run.rounds=60");
    go_to(&p, 34);
    assert_close(p.team, 1.486, 0, 1e-3);
    /* nobody alone would leave, but for what the policy still has to go */
    assert_close(p.individual, 0.0, 0, 0.02);
    go(&p, 40);
    assert_close(p.team, 1.5, 0, 1e-3);
    assert_close(p.individual, 0.0, 0, 1e-3);
    runner_close(&p.r);
    BEGIN(&p, "mwu", "team-trap", "run.rounds=1", "mwu.steps=1000");
    go(&p, 1);
    assert_close(p.team, 1.5, 0, 1e-3);
    runner_close(&p.r);
}

static void cross_play_escapes(void **state)
{
    (void)state;
    play p;
    BEGIN(&p, "fxp", "team-trap", "run.rounds=20", FICTITIOUS);
    go_to(&p, 51);
    assert_close(p.main_team, 1.499, 0, 1e-3);
    go_to(&p, 85);
    assert_close(p.team, 0.002, 0, 1e-3);
    assert_close(p.counter_team, 0.0, 0, 0.02);
    assert_close(p.size, 3.0, 0, 0);
    go_to(&p, 136);
    assert_close(p.main_team, 0.0, 0, 1e-3);
    runner_close(&p.r);
    BEGIN(&p, "fxp", "team-trap", "run.rounds=20");
    go_to(&p, 85);
    assert_close(p.team, 0.0011, 0, 1e-4);
    go(&p, 18);
    assert_close(p.size, 21.0, 0, 0);
    assert_true(p.team < 0.01);
    runner_close(&p.r);
}

static void oracles_need_a_reset(void **state)
{
    (void)state;
    play p;
    BEGIN(&p, "psro", "team-trap", "run.rounds=12", FICTITIOUS);
    go_to(&p, 102);
    assert_close(p.team, 0.001, 0, 1e-3);
    runner_close(&p.r);
    BEGIN(&p, "psro", "team-trap", "run.rounds=12");
    go_to(&p, 102);
    assert_close(p.team, 0.0001, 0, 1e-4);
    runner_close(&p.r);
    for (int lp = 0; lp < 2; lp++) {
        BEGIN(&p, "psro", "team-trap", "run.rounds=20", "psro.reset=no", lp ? "population.nash=lp" : FICTITIOUS);
        go(&p, 20);
        assert_close(p.team, 1.5, 0, 1e-3);
        runner_close(&p.r);
    }
}

/* With more players the individual oracle itself is trapped, and the joint one is not. */
static void teams_of_many(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"fxp", "psro"};
    for (int n = 3; n <= 8; n++) {
        char players[32];
        play p;
        snprintf(players, sizeof players, "team-trap.players=%d", n);
        BEGIN(&p, "double-oracle", "team-trap", "run.rounds=2", "population.oracle=joint", players);
        go(&p, 2);
        assert_close(p.team, 0.0, 0, 1e-12);
        runner_close(&p.r);
        for (size_t a = 0; a < 2 && n >= 4 && n <= 6; a++) {
            BEGIN(&p, algorithms[a], "team-trap", "run.rounds=8", players);
            go(&p, 8);
            assert_close(p.team, 1.5, 0, 0.01);
            runner_close(&p.r);
            BEGIN(&p, algorithms[a], "team-trap", "run.rounds=4", "population.oracle=joint", players);
            go(&p, 4);
            assert_close(p.team, 0.0, 0, 0.005);
            runner_close(&p.r);
        }
    }
}

/* ---- sad ---- */

static void seekers_seek_ten(void **state)
{
    (void)state;
    play p;
    BEGIN(&p, "self-play", "sad", "run.rounds=1");
    go(&p, 1);
    assert_close(p.team, 4.0, 0, 1e-3);
    assert_close(p.individual, 0.0, 0, 1e-3);
    for (size_t i = 0; i < 4; i++)
        assert_close(policy_entry(&p, 1, 52, 13 * i + 10), 1.0, 0, 1e-3);
    runner_close(&p.r);
}

static void attackers_and_defenders(void **state)
{
    (void)state;
    play p;
    BEGIN(&p, "fxp", "sad", "run.rounds=4", FICTITIOUS);
    go_to(&p, 574);
    assert_close(p.team, 0.057, 0, 1e-3);
    runner_close(&p.r);
    BEGIN(&p, "fxp", "sad", "run.rounds=4");
    go_to(&p, 523);
    assert_close(p.team, 0.0079, 0, 1e-4);
    runner_close(&p.r);
    BEGIN(&p, "psro", "sad", "run.rounds=12", FICTITIOUS);
    go_to(&p, 888);
    assert_close(p.team, 0.056, 0, 1e-3);
    runner_close(&p.r);
    BEGIN(&p, "psro", "sad", "run.rounds=12");
    go_to(&p, 888);
    assert_close(p.team, 0.0079, 0, 1e-4);
    runner_close(&p.r);
}

/* ---- team-rps ---- */

static void rock_paper_scissors(void **state)
{
    (void)state;
    play p;
    BEGIN(&p, "self-play", "team-rps", "run.rounds=1");
    go(&p, 1);
    assert_close(p.team, 0.986, 0, 1e-3);
    runner_close(&p.r);
    BEGIN(&p, "fxp", "team-rps", "run.rounds=20", FICTITIOUS);
    go_to(&p, 81);
    assert_close(p.team, 0.024, 0, 1e-3);
    for (int i = 2; i < 20; i++) {
        go(&p, 1);
        assert_true(p.team < 0.029 + 1e-3);
    }
    runner_close(&p.r);
    BEGIN(&p, "psro", "team-rps", "run.rounds=12", FICTITIOUS);
    go_to(&p, 102);
    assert_close(p.team, 0.021, 0, 1e-3);
    runner_close(&p.r);
    BEGIN(&p, "fxp", "team-rps", "run.rounds=2");
    go_to(&p, 81);
    assert_close(p.team, 0.0, 0, 1e-6);
    runner_close(&p.r);
    BEGIN(&p, "psro", "team-rps", "run.rounds=2");
    go_to(&p, 102);
    assert_close(p.team, 0.0, 0, 1e-6);
    runner_close(&p.r);
}

/* ---- the others ---- */

/* One step of each rule from the uniform policy of team-trap, N = 1: u(0, 1) = C, so that q = (C/2, -C/2). */
static void one_step(const char *algorithm, const char *setting, double noughts)
{
    play p;
    char steps[64];
    snprintf(steps, sizeof steps, "%s.steps=1", algorithm);
    BEGIN(&p, algorithm, "team-trap", "run.rounds=1", "team-trap.players=1", steps, setting ? setting : "run.seed=1");
    go(&p, 1);
    assert_close(policy_entry(&p, 1, 2, 0), noughts, 1e-6, 0);
    runner_close(&p.r);
}

static void rules_step_by_step(void **state)
{
    (void)state;
    one_step("mwu", "mwu.rate=0.4", 1.0 / (1.0 + exp(-0.4 * 1.5)));
    one_step("ftrl", "ftrl.rate=0.4", 0.5 + 0.4 * 0.75);
    one_step("ftrl", "ftrl.regulariser=entropy", 1.0 / (1.0 + exp(-0.1 * 1.5)));
    one_step("replicator", "replicator.dt=0.2", 0.5 * (1.0 + 0.2 * 0.75));
    one_step("regret-matching", NULL, 1.0);
    one_step("fictitious-play", NULL, 0.75);
}

/* Rock, paper, scissors by one player each has no trap: whoever averages ends near the equilibrium. */
/* A file of payoffs that goes when the test ends. */
static void write_game(char *path, char *setting, size_t size, const char *text)
{
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *out = fdopen(fd, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    snprintf(setting, size, "matrix.file=%s", path);
}

/* Rock, paper, scissors by one player each has no trap: whoever averages, or solves, ends near the equilibrium. */
static void averages_converge(void **state)
{
    (void)state;
    char path[] = "population-XXXXXX", file[64];
    write_game(path, file, sizeof file, "0 -1 2\n1 0 -1\n-2 1 0\n");
    const struct {
        const char *algorithm, *setting;
        double most;
    } row[] = {{"fictitious-play", "fictitious-play.steps=20", 0.05},
               {"regret-matching", "regret-matching.steps=1", 0.15},
               {"double-oracle", "run.seed=1", 1e-9},
               {"psro", "psro.meta=replicator", 0.1},
               {"psro", "psro.meta=nash", 0.01},
               {"psro", "psro.meta=uniform", 0.2},
               {"fsp", "run.seed=1", 0.3}};
    for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
        play p;
        BEGIN(&p, row[k].algorithm, "matrix", "run.rounds=60", file, row[k].setting);
        go(&p, 60);
        if (p.team > row[k].most) print_error("%s with %s: %g\n", row[k].algorithm, row[k].setting, p.team);
        assert_true(p.team <= row[k].most);
        assert_close(p.team, p.individual, 0, 1e-9); /* a team of one */
        runner_close(&p.r);
    }
    remove(path);
}

/* From uniform a policy turns to rock (a tie), then to paper. It beats rock, so that hard and even opponents are the
 * uniform one and paper, and the answer is scissors; against all three alike it is paper. Of alpha-rank the cycle has
 * equal parts. */
static void whom_to_meet(void **state)
{
    (void)state;
    const struct {
        const char *meta;
        size_t third;
    } row[] = {{"psro.meta=uniform", 1}, {"psro.meta=hard", 2}, {"psro.meta=even", 2}};
    char path[] = "population-XXXXXX", file[64];
    write_game(path, file, sizeof file, "0 -1 1\n1 0 -1\n-1 1 0\n");
    for (size_t k = 0; k < 3; k++) {
        play p;
        BEGIN(&p, "psro", "matrix", "run.rounds=3", "psro.reset=no", file, row[k].meta);
        go(&p, 3);
        assert_close(policy_entry(&p, 1, 3, 0), 1.0, 0, 0.02);
        assert_close(policy_entry(&p, 2, 3, 1), 1.0, 0, 0.02);
        assert_close(policy_entry(&p, 3, 3, row[k].third), 1.0, 0, 0.02);
        runner_close(&p.r);
    }
    play p;
    BEGIN(&p, "psro", "matrix", "run.rounds=3", file, "psro.meta=alpha-rank");
    go(&p, 3);
    assert_close(p.team, 0.0, 0, 0.4);
    runner_close(&p.r);
    remove(path);
}

static void a_random_start_is_drawn(void **state)
{
    (void)state;
    play p, again, other;
    BEGIN(&p, "self-play", "team-trap", "run.rounds=1", "population.start=random");
    BEGIN(&again, "self-play", "team-trap", "run.rounds=1", "population.start=random");
    BEGIN(&other, "self-play", "team-trap", "run.rounds=1", "population.start=random", "run.seed_init=2");
    assert_memory_equal(runner_model(&p.r), runner_model(&again.r), 6 * sizeof(kith_real));
    assert_memory_not_equal(runner_model(&p.r), runner_model(&other.r), 6 * sizeof(kith_real));
    for (size_t i = 0; i < 3; i++)
        assert_close(policy_entry(&p, 0, 6, 2 * i) + policy_entry(&p, 0, 6, 2 * i + 1), 1.0, 1e-6, 0);
    runner_close(&p.r);
    runner_close(&again.r);
    runner_close(&other.r);
}

/* ---- plans that make no sense ---- */

static const kith_job sound = {.met = {{.kind = KITH_AGAINST_LEARNER, .share = 1.0}},
                               .stop = {.until = KITH_UNTIL_STEPS, .most = 3}};

static void plan_refused(const kith_population *ops, size_t jobs, const kith_job *job, const char *why)
{
    static const kith_plugin plugin = {.id = "odd"};
    static const kith_instance algorithm = {.plugin = &plugin};
    kith_ctx *ctx = kith_ctx_create();
    kith_arena *arena = NULL;
    char message[256];
    assert_ok(ctx, KITH_ALLOC(ctx, "arena", 1, &arena));
    arena->setup.algorithm = &algorithm;
    arena->ops = ops;
    arena->count.policies = arena->size[0] = 1;
    arena->plan.jobs = jobs;
    for (size_t k = 0; k < jobs && k < KITH_MOST_JOBS; k++)
        arena->plan.job[k] = *job;
    snprintf(message, sizeof message, "odd: step: %s%s", jobs == 1 ? "job 0 of round 0: " : "", why);
    assert_refused(ctx, kith_arena_check_plan(ctx, arena), KITH_EPLUGIN, message);
    kith_free(arena);
    kith_ctx_destroy(ctx);
}

static void no_update(const void *self, const kith_update *u)
{
    (void)self, (void)u;
}

static void plans_are_checked(void **state)
{
    (void)state;
    const kith_population ops = {.population_count = 2, .learner_count = 1, .frozen = 1};
    const kith_population ruled = {.population_count = 2, .learner_count = 1, .update = no_update};
    const kith_component live = sound.met[0];
    kith_job job = sound;
#define WITH(field, value, why)                                                                                        \
    do {                                                                                                               \
        job = sound;                                                                                                   \
        job.field = value;                                                                                             \
        plan_refused(&ops, 1, &job, why);                                                                              \
    } while (0)
    plan_refused(&ops, 0, &sound, "a plan has 1 to 8 jobs, not 0");
    plan_refused(&ops, 9, &sound, "a plan has 1 to 8 jobs, not 9");
    WITH(learner, 1, "its learner is not declared");
    WITH(start, 3, "it starts from a policy that is not there");
    job = sound;
    job.start = KITH_COPY;
    job.copy = 1;
    plan_refused(&ops, 1, &job, "it starts from a policy that is not there");
    WITH(met[0].kind, 3, "a part of its opponents is of no known kind");
    WITH(met[0].share, 0.0, "a part of its opponents has no share above 0");
    WITH(met[0].share, NAN, "a part of its opponents has no share above 0");
    WITH(met[0].index, 1, "a part of its opponents is a learner that is not declared");
    WITH(met[1], kith_meets_mixture(2, NULL, 1.0), "a part of its opponents is a population that is not declared");
    WITH(met[1], ((kith_component){KITH_AGAINST_POPULATION, 9, 0, 1.0, NULL}),
         "a part of its opponents is picked in no known way");
    WITH(met[1], ((kith_component){KITH_AGAINST_POPULATION, KITH_PICK_GIVEN, 0, 1.0, NULL}),
         "a part of its opponents has no weights");
    WITH(met[1], kith_meets_mixture(0, (const double[]){0.7}, 1.0),
         "the weights of a part of its opponents are no distribution");
    WITH(met[0], kith_meets_mixture(1, NULL, 1.0), "it has no opponents");
    WITH(stop.until, 3, "it stops in no known way");
    WITH(stop.follow, 1, "it follows a job that is not made before it");
    WITH(stop.most, 0, "it makes no steps");
    WITH(freeze, 4u, "it is frozen into a population that is not declared");
    job = sound;
    job.met[0] = live;
    job.stop.until = KITH_UNTIL_CONVERGED;
    plan_refused(&ruled, 1, &job, "with update() it can stop after some steps only");
    job = sound;
    job.freeze = 1u;
    plan_refused(&ruled, 1, &job, "more policies are frozen than ops.frozen says");
#undef WITH
}

/* A round of double oracle asks for the equilibrium of its population before it trains, and for its output after: the
 * next round's first question is the last one's, and so is what looks at a run twice. */
static void a_meta_game_is_solved_once(void **state)
{
    (void)state;
    play p;
    BEGIN(&p, "double-oracle", "team-trap", "run.rounds=8", "population.oracle=joint");
    const kith_arena *a = kith_run_engine(p.r.run)->self;
    go(&p, 1);
    const size_t before = a->solver_calls;
    look(&p);
    look(&p);
    assert_int_equal(a->solver_calls, before);
    go(&p, 3);
    assert_int_equal(a->solver_calls, before + 3);
    runner_close(&p.r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_meta_game_is_solved_once),
        cmocka_unit_test(self_play_is_trapped),
        cmocka_unit_test(cross_play_escapes),
        cmocka_unit_test(oracles_need_a_reset),
        cmocka_unit_test(teams_of_many),
        cmocka_unit_test(seekers_seek_ten),
        cmocka_unit_test(attackers_and_defenders),
        cmocka_unit_test(rock_paper_scissors),
        cmocka_unit_test(rules_step_by_step),
        cmocka_unit_test(averages_converge),
        cmocka_unit_test(whom_to_meet),
        cmocka_unit_test(a_random_start_is_drawn),
        cmocka_unit_test(plans_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
