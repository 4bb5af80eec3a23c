#include "support.h"

#include "nn/blas.h"
#include "recall.h"
#include "rl/rollout.h"

static kith_ctx *ctx;
static kith_exchange *ex;

static int setup(void **state)
{
    (void)state;
    const kith_exchange_options options = {.domains = 1, .launched = false};
    ctx = kith_ctx_create();
    if (kith_blas_start(ctx) != KITH_OK) return -1;
    return kith_exchange_open(ctx, &options, "any", &ex) == KITH_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    kith_exchange_close(ex);
    kith_ctx_destroy(ctx);
    return 0;
}

static kith_learner_config quick(void)
{
    return (kith_learner_config){.copies = 40, .lane = 10, .steps = 20, .chunk = 5, .epochs = 5, .hidden = 16,
                                 .lr = 3e-3, .epsilon = 1e-5, .clip = 0.2, .discount = 0.99, .gae = 0.95,
                                 .entropy = 0.01, .value_weight = 1, .huber = 10, .gradient_norm = 10,
                                 .value_decay = 0.99999};
}

/* A learner with its game. */
struct pupil {
    struct recall game;
    kith_game_shape shape;
    kith_learner_config config;
    kith_learner_setup setup;
    kith_learner *learner;
};

static void enrol(struct pupil *p)
{
    p->shape = recall_shape(&p->game);
    p->setup = (kith_learner_setup){.pitch = {.game = &recall_game, .self = &p->game, .shape = &p->shape},
                                    .config = &p->config, .name = "main", .seed = 5, .number = 1};
    assert_ok(ctx, kith_learner_create(ctx, ex, &p->setup, &p->learner));
}

static struct pupil pupil_of(size_t players, uint32_t steps)
{
    return (struct pupil){.game = {.players = players, .steps = steps, .ending = KITH_TERMINATED}, .config = quick()};
}

/* A policy that always does `action`, whatever it sees: nothing in it but the head's bias. */
static kith_real *stubborn(const struct pupil *p, size_t action)
{
    const size_t n = kith_policy_length(&p->shape, &p->config);
    kith_real *w = calloc(n, sizeof *w);
    assert_non_null(w);
    w[n - RECALL_ACTIONS + action] = 50;
    return w;
}

static kith_real *indifferent(const struct pupil *p)
{
    kith_real *w = calloc(kith_policy_length(&p->shape, &p->config), sizeof *w);
    assert_non_null(w);
    return w;
}

/* ---- learning ---- */

static kith_learner_report train(struct pupil *p, const kith_real *opponent, size_t updates)
{
    const double weight = 1;
    const kith_opponents opponents = {.count = 1, .policy = &opponent, .weight = &weight};
    kith_learner_report report = {0};
    for (size_t i = 0; i < updates; i++) assert_ok(ctx, kith_learner_update(ctx, p->learner, &opponents, &report));
    return report;
}

/* Against an opponent who guesses, 1/2 is the most there is, and 0 what can be had without memory. */
static void a_learner_comes_to_remember(void **state)
{
    (void)state;
    struct pupil p = pupil_of(2, 4);
    enrol(&p);
    kith_real *guesser = indifferent(&p);
    const kith_learner_report first = train(&p, guesser, 1);
    assert_close(first.reward, 0, 0, 0.15);
    train(&p, guesser, 60);
    const kith_match plan = {.row = kith_learner_policy(p.learner), .column = guesser, .number = 1, .episodes = 4000};
    kith_match m = plan;
    assert_ok(ctx, kith_play(ctx, ex, &p.setup.pitch, &p.config, 9, &m, 1));
    assert_int_equal(m.won + m.drawn + m.lost, 4000);
    /* two players, each right: the guessers are both right in a quarter of all episodes, and then it is a draw */
    assert_close((double)m.won / 4000, 0.75, 0, 0.03);
    assert_true(m.lost < 40); /* it keeps a little curiosity */
    assert_close(m.score[0] / 8000, 1, 0.01, 0);
    assert_close(m.score[1] / 8000, 0.5, 0.05, 0);
    assert_close(m.steps, 4 * 4000, 0, 0);
    free(guesser);
    kith_learner_destroy(p.learner);
}

static void an_update_reports_what_it_played(void **state)
{
    (void)state;
    struct pupil p = pupil_of(2, 4);
    enrol(&p);
    assert_int_equal(kith_learner_update_steps(p.learner), 800);
    assert_int_equal(kith_learner_steps(p.learner), 0);
    const kith_learner_report r = train(&p, NULL, 1);
    assert_int_equal(kith_learner_steps(p.learner), 800);
    assert_close(r.episodes, 40 * 20 / 4, 0, 0);
    assert_close(r.won + r.drawn + r.lost, r.episodes, 0, 0);
    assert_close(r.length, 4, 0, 0);
    assert_close(r.entropy, log(2), 0.02, 0); /* hardly any opinion yet */
    assert_true(r.actor_norm > 0 && r.critic_norm > 0 && r.value_loss > 0);
    kith_learner_destroy(p.learner);
}

/* ---- opponents ---- */

/* The cue is random, so who always says 0 is right half the time; who must lose is told by the cues of the opponent: with
 * weights 0 and 1 only the second policy is met. Rewards of a learner whose lr is nearly 0 against each are compared. */
static void opponents_are_drawn_by_their_weights(void **state)
{
    (void)state;
    struct pupil p = pupil_of(1, 2);
    p.config.copies = 400;
    p.config.lane = 100;
    p.config.steps = 100;
    enrol(&p);
    kith_workspace w;
    kith_trajectory tr = {0};
    kith_heap heap = {0};
    assert_ok(ctx, kith_workspace_create(ctx, &heap, &p.setup.pitch, &p.config, &w));
    assert_ok(ctx, kith_trajectory_create(ctx, &w, &tr));
    kith_real *zero = stubborn(&p, 0), *one = stubborn(&p, 1), *critic = calloc(kith_tower_length(&w.critic), sizeof *critic);
    const kith_real *const policy[] = {zero, one, NULL};
    const double weight[] = {3, 0, 1};
    const kith_moments moments = {0};
    const kith_rollout r = {.actor = one, .critic = critic, .moments = &moments, .policy = policy, .weight = weight,
                            .policies = 3, .discount = 1, .gae = 1, .seed = 3};
    double sums[KITH_SUMS], right = 0, drawn = 0;
    for (size_t b = 0; b < 100; b++) w.opponents.slot[b] = 7; /* nobody yet */
    assert_ok(ctx, kith_rollout_play(ctx, &r, &w, &tr, sums));
    /* team 0 says 1 always, so it is right where its cue is 1; the last step's actions are still there */
    for (size_t b = 0; b < 100; b++) {
        assert_int_equal(w.stage.action[2 * b], 1);
        right += w.opponents.slot[b] == 0;
        drawn += w.opponents.slot[b] == 1;
    }
    assert_close(right / 100, 0.75, 0, 5 * sqrt(0.75 * 0.25 / 100));
    assert_close(drawn, 0, 0, 0);
    assert_close(sums[KITH_SUM_EPISODES], 5000, 0, 0);
    kith_heap_free(&tr.heap);
    kith_heap_free(&heap);
    free(zero);
    free(one);
    free(critic);
    kith_learner_destroy(p.learner);
}

/* Policies of different slots are told apart, keep apart their states, and act as each would alone. */
static void a_side_plays_each_copy_by_its_policy(void **state)
{
    (void)state;
    enum { COPIES = 7, STEPS = 3 };
    struct pupil p = pupil_of(2, STEPS + 1);
    enrol(&p);
    const kith_tower tower = kith_policy_tower(&p.shape, &p.config);
    kith_heap heap = {0};
    kith_stage stage;
    kith_side side;
    assert_ok(ctx, kith_stage_create(ctx, &heap, &p.setup.pitch, COPIES, &stage));
    assert_ok(ctx, kith_side_create(ctx, &heap, &stage, &tower, &side));
    kith_real *zero = stubborn(&p, 0), *one = stubborn(&p, 1);
    const size_t length = kith_policy_length(&p.shape, &p.config);
    kith_real *memory = calloc(kith_pass_length(&tower, 1, 2), sizeof *memory), *own = calloc(length, sizeof *own);
    kith_pass pass;
    kith_copy(length, kith_learner_policy(p.learner), own);
    own[length - 1] = 50; /* it always says 1, with a state that moves */
    kith_pass_place(&tower, 1, 2, memory, &pass);
    const kith_real *const policy[] = {zero, NULL, one};
    assert_ok(ctx, kith_stage_open(ctx, &stage, 1, 0, 0, 0));
    for (size_t b = 0; b < COPIES; b++) {
        side.slot[b] = b % 3;
        kith_side_forget(&stage, &side, b);
    }
    for (size_t t = 0; t < STEPS; t++) {
        assert_ok(ctx, kith_stage_look(&stage));
        kith_tower_forward(&tower, own, stage.seen + (2 * 4 + 1) * 2 * RECALL_FEATURES, NULL, &pass); /* copy 4, team 1 */
        kith_copy(2 * tower.hidden, kith_pass_after(&pass), kith_pass_before(&pass));
        kith_side_act(&stage, &side, 1, policy, 3, own);
        for (size_t b = 0; b < COPIES; b++) {
            for (size_t j = 0; j < 2; j++) assert_int_equal(stage.action[(2 * b + 1) * 2 + j], b % 3 == 0 ? 0 : 1);
        }
        assert_ok(ctx, kith_stage_step(&stage));
    }
    for (size_t i = 0; i < 2 * tower.hidden; i++)
        assert_close((double)side.state[4 * 2 * tower.hidden + i], (double)kith_pass_before(&pass)[i], 0, 1e-5);
    kith_side_forget(&stage, &side, 4);
    assert_true(side.state[4 * 2 * tower.hidden] == 0 && side.state[1 * 2 * tower.hidden] != 0);
    void *used[] = {zero, one, memory, own};
    for (size_t i = 0; i < sizeof used / sizeof used[0]; i++) free(used[i]);
    kith_heap_free(&heap);
    kith_learner_destroy(p.learner);
}

/* ---- rollouts ---- */

/* An episode that was cut short goes on in the critic's eyes, one that ended does not. */
static void check_tails(kith_episode_end ending)
{
    struct pupil p = pupil_of(1, 4);
    p.game.ending = ending;
    enrol(&p);
    kith_workspace w;
    kith_trajectory tr = {0};
    kith_heap heap = {0};
    assert_ok(ctx, kith_workspace_create(ctx, &heap, &p.setup.pitch, &p.config, &w));
    assert_ok(ctx, kith_trajectory_create(ctx, &w, &tr));
    kith_real *any = indifferent(&p), *critic = calloc(kith_tower_length(&w.critic), sizeof *critic);
    critic[kith_tower_length(&w.critic) - 1] = 2; /* its bias: values are 2 deviations */
    const kith_real *const policy[] = {any};
    const double weight = 1;
    const kith_moments moments = {.mean = 10, .square = 109, .weight = 1}; /* mean 10, deviation 3 */
    const kith_rollout r = {.actor = any, .critic = critic, .moments = &moments, .policy = policy, .weight = &weight,
                            .policies = 1, .discount = 0.5, .gae = 0, .seed = 3};
    double sums[KITH_SUMS];
    assert_ok(ctx, kith_rollout_play(ctx, &r, &w, &tr, sums));
    for (size_t t = 0; t < 20; t++) {
        for (size_t b = 0; b < 10; b++) {
            const size_t at = t * 10 + b;
            const bool ends = t % 4 == 3;
            assert_int_equal(tr.keep[at], t % 4 != 0);
            assert_int_equal(tr.keep_rows[at], tr.keep[at]);
            assert_int_equal(tr.end[at], ends ? ending : KITH_PLAYING);
            assert_close((double)tr.value[at], 16, 1e-5, 0);
            assert_close((double)tr.norm[at], 2, 1e-5, 0);
            const double next = ends && ending == KITH_TERMINATED ? 0 : 16;
            assert_close((double)tr.target[at], (double)tr.reward[at] + 0.5 * next, 1e-5, 1e-5);
            assert_true(ends || tr.reward[at] == 0);
        }
    }
    assert_close(sums[KITH_SUM_ACTIVE], 200, 0, 0);
    kith_heap_free(&tr.heap);
    kith_heap_free(&heap);
    free(any);
    free(critic);
    kith_learner_destroy(p.learner);
}

static void values_go_on_where_episodes_are_cut(void **state)
{
    (void)state;
    check_tails(KITH_TERMINATED);
    check_tails(KITH_TRUNCATED);
}

/* ---- state ---- */

static void a_loaded_learner_goes_on_with_the_same_bits(void **state)
{
    (void)state;
    struct pupil p = pupil_of(2, 3), q = pupil_of(2, 3);
    enrol(&p);
    enrol(&q);
    kith_real *guesser = indifferent(&p);
    size_t size, same;
    train(&p, guesser, 2);
    void *now = kith_learner_state(p.learner, &size), *copy = malloc(size);
    memcpy(copy, now, size);
    train(&p, guesser, 2);
    assert_memory_not_equal(now, copy, size);
    train(&q, NULL, 1); /* of another past */
    void *other = kith_learner_state(q.learner, &same);
    assert_int_equal(same, size);
    memcpy(other, copy, size);
    assert_int_equal(kith_learner_steps(q.learner), 2 * 800);
    train(&q, guesser, 2);
    assert_memory_equal(now, other, size);
    free(copy);
    free(guesser);
    kith_learner_destroy(p.learner);
    kith_learner_destroy(q.learner);
}

static void renewed_learners_start_apart_and_never_repeat_an_episode(void **state)
{
    (void)state;
    struct pupil p = pupil_of(1, 2);
    enrol(&p);
    const size_t n = kith_policy_length(&p.shape, &p.config);
    kith_real *first = malloc(n * sizeof *first);
    memcpy(first, kith_learner_policy(p.learner), n * sizeof *first);
    train(&p, NULL, 1);
    kith_learner_renew(p.learner, 0);
    assert_memory_equal(first, kith_learner_policy(p.learner), n * sizeof *first);
    assert_int_equal(kith_learner_steps(p.learner), 800);
    kith_learner_renew(p.learner, 1);
    assert_memory_not_equal(first, kith_learner_policy(p.learner), n * sizeof *first);
    kith_learner_copy(p.learner, first);
    assert_memory_equal(first, kith_learner_policy(p.learner), n * sizeof *first);
    free(first);
    kith_learner_destroy(p.learner);
}

/* ---- matches ---- */

static void matches_are_counted_for_the_row(void **state)
{
    (void)state;
    struct pupil p = pupil_of(1, 2);
    enrol(&p);
    kith_real *zero = stubborn(&p, 0), *one = stubborn(&p, 1);
    kith_match m[] = {{.row = zero, .column = one, .number = 4, .episodes = 1003},
                      {.row = one, .column = zero, .number = 4, .episodes = 1003},
                      {.row = zero, .column = one, .number = 5, .episodes = 1},
                      {.row = zero, .column = one, .number = 6, .episodes = 0}};
    assert_ok(ctx, kith_play(ctx, ex, &p.setup.pitch, &p.config, 9, m, 4));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(m[i].won + m[i].drawn + m[i].lost, 1003);
        assert_close(m[i].steps, 2006, 0, 0);
        assert_close((double)m[i].drawn / 1003, 0.5, 0, 0.08); /* 5 sigma: both cues said, or neither */
        assert_close((double)m[i].won / 1003, 0.25, 0, 0.07);
    }
    assert_int_equal(m[2].won + m[2].drawn + m[2].lost, 1);
    assert_int_equal(m[3].won + m[3].drawn + m[3].lost, 0);
    free(zero);
    free(one);
    kith_learner_destroy(p.learner);
}

/* Where the cue is the number of the team, who always says 0 is right as team 0 and wrong as team 1. */
static void sides_are_changed_after_each_episode(void **state)
{
    (void)state;
    struct pupil p = pupil_of(1, 2);
    p.game.told = 1;
    enrol(&p);
    kith_real *zero = stubborn(&p, 0), *any = indifferent(&p);
    kith_match m = {.row = zero, .column = any, .number = 1, .episodes = 31};
    assert_ok(ctx, kith_play(ctx, ex, &p.setup.pitch, &p.config, 9, &m, 1));
    assert_close(m.score[0], 16, 0, 0);
    m.column = zero;
    assert_ok(ctx, kith_play(ctx, ex, &p.setup.pitch, &p.config, 9, &m, 1));
    assert_close(m.score[0], 16, 0, 0);
    assert_close(m.score[1], 15, 0, 0);
    assert_int_equal(m.won, 16);
    assert_int_equal(m.lost, 15);
    free(zero);
    free(any);
    kith_learner_destroy(p.learner);
}

/* ---- refusals ---- */

static void bad_settings_are_refused(void **state)
{
    (void)state;
    struct pupil p = pupil_of(1, 2);
    p.shape = recall_shape(&p.game);
    p.setup = (kith_learner_setup){.pitch = {.game = &recall_game, .self = &p.game, .shape = &p.shape},
                                   .config = &p.config, .name = "main", .seed = 5};
    p.config.lane = 7;
    assert_refused(ctx, kith_learner_create(ctx, ex, &p.setup, &p.learner), KITH_ECONFIG,
                   "learner 'main': lanes of 7 copies do not divide 40 copies; change lane or copies");
    p.config.lane = 10;
    p.config.chunk = 3;
    assert_refused(ctx, kith_learner_create(ctx, ex, &p.setup, &p.learner), KITH_ECONFIG,
                   "learner 'main': chunks of 3 steps do not divide 20 steps; change chunk or steps");
    p.config.chunk = 5;
    p.shape.form = KITH_GAME_MATRIX;
    assert_refused(ctx, kith_learner_create(ctx, ex, &p.setup, &p.learner), KITH_ECONFIG,
                   "learner 'main': a game without states has no observations to learn from; choose a policy table");
}

static void rewards_that_are_no_numbers_stop_it(void **state)
{
    (void)state;
    struct pupil p = pupil_of(1, 2);
    enrol(&p);
    p.game.poison = NAN;
    const kith_real *self = NULL;
    const double weight = 1;
    const kith_opponents opponents = {.count = 1, .policy = &self, .weight = &weight};
    kith_learner_report report;
    assert_refused(ctx, kith_learner_update(ctx, p.learner, &opponents, &report), KITH_EDIVERGED,
                   "learner 'main' diverged: in update 1 a gradient is not finite; lower lr");
    kith_learner_destroy(p.learner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_learner_comes_to_remember),
        cmocka_unit_test(an_update_reports_what_it_played),
        cmocka_unit_test(opponents_are_drawn_by_their_weights),
        cmocka_unit_test(a_side_plays_each_copy_by_its_policy),
        cmocka_unit_test(values_go_on_where_episodes_are_cut),
        cmocka_unit_test(a_loaded_learner_goes_on_with_the_same_bits),
        cmocka_unit_test(renewed_learners_start_apart_and_never_repeat_an_episode),
        cmocka_unit_test(matches_are_counted_for_the_row),
        cmocka_unit_test(sides_are_changed_after_each_episode),
        cmocka_unit_test(bad_settings_are_refused),
        cmocka_unit_test(rewards_that_are_no_numbers_stop_it),
    };
    return cmocka_run_group_tests_name("learner", tests, setup, teardown);
}
