#include "pupil.h"

/* ---- learning ---- */

static kith_learner_report train(struct pupil *p, const kith_real *opponent, size_t updates)
{
    const double weight = 1;
    const kith_opponents opponents = {.count = 1, .policy = &opponent, .weight = &weight};
    kith_learner_report report = {0};
    for (size_t i = 0; i < updates; i++)
        assert_ok(ctx, kith_learner_update(ctx, p->learner, &opponents, &report));
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
    assert_ok(ctx, kith_play(ctx, ex, &p.setup.match_setup, &p.config, 9, &m, 1));
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

/* Opponents that stand still: together and one after the other are the same. */
static void learners_can_be_updated_together(void **state)
{
    (void)state;
    struct pupil p[4] = {pupil_of(2, 3), pupil_of(2, 3), pupil_of(2, 3), pupil_of(2, 3)};
    for (uint32_t i = 0; i < 4; i++) {
        p[i].config.epochs = i % 2 ? 2 : 5;
        enrol_as(&p[i], i % 2);
    }
    kith_real *guesser = indifferent(p), *zero = stubborn(p, 0);
    const kith_real *const met[][2] = {{NULL, guesser}, {guesser, zero}};
    const double weight[] = {1, 2};
    const kith_opponents opponents[] = {{2, met[0], weight}, {2, met[1], weight}};
    kith_learner *const both[] = {p[2].learner, p[3].learner};
    kith_learner_report alone[2], together[2];
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 2; k++)
            assert_ok(ctx, kith_learner_update(ctx, p[k].learner, &opponents[k], &alone[k]));
        assert_ok(ctx, kith_learners_update(ctx, both, opponents, 2, together));
    }
    for (size_t k = 0; k < 2; k++) {
        size_t size;
        const void *one = kith_learner_state(p[k].learner, &size), *other = kith_learner_state(p[2 + k].learner, &size);
        assert_memory_equal(one, other, size);
        assert_close(alone[k].reward, together[k].reward, 0, 0);
        assert_close(alone[k].value_loss, together[k].value_loss, 0, 0);
    }
    assert_true(together[0].value_loss != together[1].value_loss);
    free(guesser);
    free(zero);
    for (size_t i = 0; i < 4; i++)
        kith_learner_destroy(p[i].learner);
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
    assert_ok(ctx, kith_play(ctx, ex, &p.setup.match_setup, &p.config, 9, m, 4));
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
    assert_ok(ctx, kith_play(ctx, ex, &p.setup.match_setup, &p.config, 9, &m, 1));
    assert_close(m.score[0], 16, 0, 0);
    m.column = zero;
    assert_ok(ctx, kith_play(ctx, ex, &p.setup.match_setup, &p.config, 9, &m, 1));
    assert_close(m.score[0], 16, 0, 0);
    assert_close(m.score[1], 15, 0, 0);
    assert_int_equal(m.won, 16);
    assert_int_equal(m.lost, 15);
    free(zero);
    free(any);
    kith_learner_destroy(p.learner);
}

/* With cues told, who says 0 is right as team 0 and who says 1 as team 1. A row that says 0 three times of four wins
 * those of its games as team 0 and loses those as team 1, and draws the others; a mixture of halves would draw twice as
 * many. */
static void mixtures_draw_a_policy_for_each_episode(void **state)
{
    (void)state;
    struct pupil p = pupil_of(1, 2);
    p.game.told = 1;
    enrol(&p);
    kith_real *zero = stubborn(&p, 0), *one = stubborn(&p, 1);
    const kith_real *const policy[] = {zero, NULL, one};
    const double weight[] = {3, 0, 1};
    const kith_opponents mixture = {.count = 3, .policy = policy, .weight = weight};
    kith_match m[] = {{.rows = &mixture, .column = zero, .number = 1, .episodes = 4000},
                      {.row = zero, .columns = &mixture, .number = 2, .episodes = 4000}};
    assert_ok(ctx, kith_play(ctx, ex, &p.setup.match_setup, &p.config, 9, m, 2));
    for (size_t i = 0; i < 2; i++) {
        assert_close((double)m[i].won / 4000, 0.375, 0, 0.03);
        assert_close((double)m[i].drawn / 4000, 0.25, 0, 0.03);
        assert_close((double)m[i].lost / 4000, 0.375, 0, 0.03);
    }
    free(zero);
    free(one);
    kith_learner_destroy(p.learner);
}

typedef struct audience {
    size_t moments;
    uint64_t won, drawn, lost;
    bool wrong;
} audience;

/* As team 0 the row is right if it is policy 0 (which says 0), as team 1 if it is policy 1. */
static kith_status watch_one(void *arg, const kith_moment *m)
{
    audience *a = arg;
    a->moments++;
    a->wrong |= (m->step == 0) != (m->action == NULL) || m->column != 0;
    if (m->end == KITH_PLAYING) return KITH_OK;
    a->wrong |= m->action[m->row_team] != (int32_t)m->row || m->outcome.score[m->row_team] != (m->row == m->row_team);
    a->won += m->outcome.winner == (int32_t)m->row_team;
    a->lost += m->outcome.winner == 1 - (int32_t)m->row_team;
    a->drawn += m->outcome.winner < 0;
    return KITH_OK;
}

static void what_is_watched_is_what_was_played(void **state)
{
    (void)state;
    struct pupil p = pupil_of(1, 3);
    p.game.told = 1;
    enrol(&p);
    kith_real *zero = stubborn(&p, 0), *one = stubborn(&p, 1);
    const kith_real *const policy[] = {zero, one};
    const double weight[] = {1, 1};
    const kith_opponents mixture = {.count = 2, .policy = policy, .weight = weight};
    kith_match m = {.rows = &mixture, .column = zero, .number = 3, .episodes = 37};
    audience a = {.moments = 0};
    assert_ok(ctx, kith_play(ctx, ex, &p.setup.match_setup, &p.config, 9, &m, 1));
    for (uint64_t k = 0; k < m.episodes; k++)
        assert_ok(ctx, kith_watch(ctx, &p.setup.match_setup, &p.config, 9, &m, k, watch_one, &a));
    assert_false(a.wrong);
    assert_int_equal(a.moments, 37 * 4);
    assert_int_equal(a.won, m.won);
    assert_int_equal(a.drawn, m.drawn);
    assert_int_equal(a.lost, m.lost);
    free(zero);
    free(one);
    kith_learner_destroy(p.learner);
}

/* ---- refusals ---- */

static void games_without_end_are_not_waited_for(void **state)
{
    (void)state;
    struct pupil p = pupil_of(1, 4);
    enrol(&p);
    kith_real *any = indifferent(&p);
    kith_match m = {.row = any, .column = any, .number = 1, .episodes = 3};
    p.shape.episode_steps = 3;
    assert_refused(ctx, kith_play(ctx, ex, &p.setup.match_setup, &p.config, 9, &m, 1), KITH_EPLUGIN,
                   "a match: episodes of the game go on after the 3 steps that it declares; mend its describe() or its "
                   "step()");
    p.shape.episode_steps = 4;
    assert_ok(ctx, kith_play(ctx, ex, &p.setup.match_setup, &p.config, 9, &m, 1));
    free(any);
    kith_learner_destroy(p.learner);
}

static void bad_settings_are_refused(void **state)
{
    (void)state;
    struct pupil p = pupil_of(1, 2);
    p.shape = recall_shape(&p.game);
    p.setup =
        (kith_learner_setup){.match_setup = {.id = "game", .game = &recall_game, .self = &p.game, .shape = &p.shape},
                             .config = &p.config,
                             .name = "main",
                             .seed = 5};
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
        cmocka_unit_test(learners_can_be_updated_together),
        cmocka_unit_test(a_loaded_learner_goes_on_with_the_same_bits),
        cmocka_unit_test(renewed_learners_start_apart_and_never_repeat_an_episode),
        cmocka_unit_test(matches_are_counted_for_the_row),
        cmocka_unit_test(sides_are_changed_after_each_episode),
        cmocka_unit_test(mixtures_draw_a_policy_for_each_episode),
        cmocka_unit_test(what_is_watched_is_what_was_played),
        cmocka_unit_test(games_without_end_are_not_waited_for),
        cmocka_unit_test(bad_settings_are_refused),
        cmocka_unit_test(rewards_that_are_no_numbers_stop_it),
    };
    return cmocka_run_group_tests_name("learner", tests, setup, teardown);
}
