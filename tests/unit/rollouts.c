#include "pupil.h"

/* ---- opponents ---- */

/* The cue is random, so who always says 0 is right half the time; who must lose is told by the cues of the opponent:
 * with weights 0 and 1 only the second policy is met. Rewards of a learner whose lr is nearly 0 against each are
 * compared. */
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
    assert_ok(ctx, kith_workspace_create(ctx, &heap, &p.setup.match_setup, &p.config, &w));
    assert_ok(ctx, kith_trajectory_create(ctx, &w, &tr));
    kith_real *zero = stubborn(&p, 0), *one = stubborn(&p, 1),
              *critic = calloc(kith_tower_length(&w.critic), sizeof *critic);
    const kith_real *const policy[] = {zero, one, NULL};
    const double weight[] = {3, 0, 1};
    const kith_moments moments = {0};
    const kith_rollout r = {.actor = one,
                            .critic = critic,
                            .moments = &moments,
                            .policy = policy,
                            .weight = weight,
                            .policies = 3,
                            .discount = 1,
                            .gae = 1,
                            .seed = 3};
    double sums[KITH_SUMS], right = 0, drawn = 0;
    for (size_t b = 0; b < 100; b++)
        w.opponents.slot[b] = 7; /* nobody yet */
    assert_ok(ctx, kith_rollout_play(ctx, &r, &w, &tr, sums));
    /* team 0 says 1 always, so it is right where its cue is 1; the last step's actions are still there */
    for (size_t b = 0; b < 100; b++) {
        assert_int_equal(w.envs.action[2 * b], 1);
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
    kith_envs envs;
    kith_side side;
    assert_ok(ctx, kith_envs_create(ctx, &heap, &p.setup.match_setup, COPIES, &envs));
    assert_ok(ctx, kith_side_create(ctx, &heap, &envs, &tower, &side));
    kith_real *zero = stubborn(&p, 0), *one = stubborn(&p, 1);
    const size_t length = kith_policy_length(&p.shape, &p.config);
    kith_real *memory = calloc(kith_pass_length(&tower, 1, 2), sizeof *memory), *own = calloc(length, sizeof *own);
    kith_pass pass;
    kith_copy(length, kith_learner_policy(p.learner), own);
    own[length - 1] = 50; /* it always says 1, with a state that moves */
    kith_pass_place(&tower, 1, 2, memory, &pass);
    const kith_real *const policy[] = {zero, NULL, one};
    assert_ok(ctx, kith_envs_open(ctx, &envs, 1, 0, 0, 0));
    for (size_t b = 0; b < COPIES; b++) {
        side.slot[b] = b % 3;
        kith_side_forget(&envs, &side, b);
    }
    for (size_t t = 0; t < STEPS; t++) {
        assert_ok(ctx, kith_envs_look(&envs));
        kith_tower_forward(&tower, own, envs.seen + (2 * 4 + 1) * 2 * RECALL_FEATURES, NULL,
                           &pass); /* copy 4, team 1 */
        kith_copy(2 * tower.hidden, kith_pass_after(&pass), kith_pass_before(&pass));
        kith_side_act(&envs, &side, 1, policy, 3, own);
        for (size_t b = 0; b < COPIES; b++) {
            for (size_t j = 0; j < 2; j++)
                assert_int_equal(envs.action[(2 * b + 1) * 2 + j], b % 3 == 0 ? 0 : 1);
        }
        assert_ok(ctx, kith_envs_step(&envs));
    }
    for (size_t i = 0; i < 2 * tower.hidden; i++)
        assert_close((double)side.state[4 * 2 * tower.hidden + i], (double)kith_pass_before(&pass)[i], 0, 1e-5);
    kith_side_forget(&envs, &side, 4);
    assert_true(side.state[4 * 2 * tower.hidden] == 0 && side.state[1 * 2 * tower.hidden] != 0);
    void *used[] = {zero, one, memory, own};
    for (size_t i = 0; i < sizeof used / sizeof used[0]; i++)
        free(used[i]);
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
    assert_ok(ctx, kith_workspace_create(ctx, &heap, &p.setup.match_setup, &p.config, &w));
    assert_ok(ctx, kith_trajectory_create(ctx, &w, &tr));
    kith_real *any = indifferent(&p), *critic = calloc(kith_tower_length(&w.critic), sizeof *critic);
    critic[kith_tower_length(&w.critic) - 1] = 2; /* its bias: values are 2 deviations */
    const kith_real *const policy[] = {any};
    const double weight = 1;
    const kith_moments moments = {.mean = 10, .square = 109, .weight = 1}; /* mean 10, deviation 3 */
    const kith_rollout r = {.actor = any,
                            .critic = critic,
                            .moments = &moments,
                            .policy = policy,
                            .weight = &weight,
                            .policies = 1,
                            .discount = 0.5,
                            .gae = 0,
                            .seed = 3};
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

/* A lane that was played by a learner, and what improves it. */
struct lane {
    struct pupil p;
    kith_workspace w;
    kith_trajectory tr;
    kith_heap heap;
    kith_improvement how;
    size_t actor, length;
    kith_real *x, *g; /* parameters; a gradient */
    double sums[KITH_SUMS];
};

static void open_lane(struct lane *l, bool strict)
{
    l->p = pupil_of(2, 4);
    enrol(&l->p);
    kith_match_setup match_setup = l->p.setup.match_setup;
    if (strict) {
        match_setup.game = &recall_strict;
        l->p.shape.central = RECALL_CENTRAL;
    }
    assert_ok(ctx, kith_workspace_create(ctx, &l->heap, &match_setup, &l->p.config, &l->w));
    assert_ok(ctx, kith_trajectory_create(ctx, &l->w, &l->tr));
    l->actor = kith_tower_length(&l->w.actor);
    l->length = l->actor + kith_tower_length(&l->w.critic);
    l->x = calloc(l->length, sizeof *l->x);
    l->g = calloc(l->length, sizeof *l->g);
    double *scratch = calloc(kith_tower_scratch(&l->w.actor), sizeof *scratch);
    kith_stream stream = kith_stream_at(8, KITH_FOR_INIT, 0, 0);
    kith_tower_init(&l->w.actor, &stream, 1, scratch, l->x); /* more opinion than a new learner has */
    kith_tower_init(&l->w.critic, &stream, 1, scratch, l->x + l->actor);
    free(scratch);
    const kith_real *const policy[] = {NULL};
    const double weight = 1;
    const kith_moments moments = {0};
    const kith_rollout r = {.actor = l->x,
                            .critic = l->x + l->actor,
                            .moments = &moments,
                            .policy = policy,
                            .weight = &weight,
                            .policies = 1,
                            .discount = 0.9,
                            .gae = 0.9,
                            .seed = 3};
    assert_ok(ctx, kith_rollout_play(ctx, &r, &l->w, &l->tr, l->sums));
    l->how = (kith_improvement){.actor = l->x,
                                .critic = l->x + l->actor,
                                .advantage_mean = 0.1,
                                .advantage_scale = 2,
                                .target_mean = 0.05,
                                .target_scale = 1.5,
                                .value_clip = 0.2,
                                .value_weight = 0.7,
                                .huber = 0.5,
                                .value_share = 1.0 / 200};
    l->how.ppo = (kith_ppo){.clip = 0.2, .entropy = 0.03, .share = 1 / l->sums[KITH_SUM_ACTIVE]};
}

static void close_lane(struct lane *l)
{
    kith_heap_free(&l->tr.heap);
    kith_heap_free(&l->heap);
    free(l->x);
    free(l->g);
    kith_learner_destroy(l->p.learner);
}

static double loss_of(struct lane *l, kith_real *g)
{
    double sums[KITH_SUMS] = {0};
    kith_rollout_gradient(&l->how, &l->w, &l->tr, g, sums);
    return l->how.ppo.share * (sums[KITH_SUM_POLICY_LOSS] - l->how.ppo.entropy * sums[KITH_SUM_ENTROPY]) +
           l->how.value_weight * l->how.value_share * sums[KITH_SUM_VALUE_LOSS];
}

/* Along the gradient of actor (or critic) the loss rises by its length: central differences of the loss that is
 * reported, whose parts are checked elsewhere. */
static void check_direction(struct lane *l, size_t from, size_t count)
{
    const double norm = sqrt(kith_dot(count, l->g + from, l->g + from)), step = 1e-3;
    kith_real *was = malloc(l->length * sizeof *was), *other = calloc(l->length, sizeof *other);
    memcpy(was, l->x, l->length * sizeof *was);
    kith_axpy(count, (kith_real)(step / norm), l->g + from, l->x + from);
    const double up = loss_of(l, other);
    memcpy(l->x, was, l->length * sizeof *was);
    kith_axpy(count, (kith_real)(-step / norm), l->g + from, l->x + from);
    const double slope = (up - loss_of(l, other)) / (2 * step);
    memcpy(l->x, was, l->length * sizeof *was);
    assert_true(norm > 1e-3);
    assert_close(slope, norm, 0.01, 0);
    free(was);
    free(other);
}

static void a_lane_has_the_gradient_of_its_loss(void **state)
{
    (void)state;
    for (int strict = 0; strict < 2; strict++) {
        struct lane l = {0};
        open_lane(&l, strict);
        /* as after some epochs: ratios are not 1, and some beyond the clip */
        for (size_t i = 0; i < 400; i++)
            l.tr.logp[i] += (kith_real)(0.1 * (double)(i % 7) - 0.3);
        for (size_t i = 0; i < 200; i++)
            l.tr.norm[i] += (kith_real)(0.15 * (double)(i % 5) - 0.3);
        loss_of(&l, l.g);
        check_direction(&l, 0, l.actor);
        check_direction(&l, l.actor, l.length - l.actor);
        close_lane(&l);
    }
}

/* The gradient's forward pass finds the probabilities and values of the rollout: the same states, beginnings and masks.
 */
static void chunks_begin_where_the_rollout_was(void **state)
{
    (void)state;
    for (int strict = 0; strict < 2; strict++) {
        struct lane l = {0};
        double sums[KITH_SUMS] = {0};
        open_lane(&l, strict);
        l.how.ppo.clip = 1e-4;
        kith_rollout_gradient(&l.how, &l.w, &l.tr, l.g, sums);
        assert_close(sums[KITH_SUM_CLIPPED], 0, 0, 0);
        double loss = 0;
        for (size_t i = 0; i < 200; i++)
            loss += kith_huber((double)l.tr.norm[i] - ((double)l.tr.target[i] - 0.05) * 1.5, 0.5);
        assert_close(sums[KITH_SUM_VALUE_LOSS], loss, 1e-4, 0);
        close_lane(&l);
    }
}

static void masks_are_kept(void **state)
{
    (void)state;
    struct lane l = {0};
    open_lane(&l, true);
    assert_close(l.sums[KITH_SUM_ACTIVE], 200 + 50, 0, 0); /* one of two players in three steps of four */
    size_t ones = 0;
    for (size_t i = 0; i < 400; i++) {
        const size_t t = i / 20;
        assert_int_equal(l.tr.active[i], i % 2 == 0 || t % 4 == 0);
        assert_true(t % 4 == 3 || l.tr.action[i] == 0);
        ones += l.tr.action[i] == 1;
    }
    assert_in_range(ones, 5, 95); /* of 100 that were free */
    loss_of(&l, l.g);
    kith_real *same = malloc(l.length * sizeof *same);
    for (size_t i = 0; i < 400; i++) {
        if (!l.tr.active[i]) l.tr.logp[i] = -7;
    }
    loss_of(&l, same);
    assert_memory_equal(same, l.g, l.length * sizeof *same);
    l.tr.logp[3 * 20] = -7; /* the first whose action was free */
    loss_of(&l, same);
    assert_memory_not_equal(same, l.g, l.length * sizeof *same);
    free(same);
    close_lane(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opponents_are_drawn_by_their_weights), cmocka_unit_test(a_side_plays_each_copy_by_its_policy),
        cmocka_unit_test(values_go_on_where_episodes_are_cut),  cmocka_unit_test(a_lane_has_the_gradient_of_its_loss),
        cmocka_unit_test(chunks_begin_where_the_rollout_was),   cmocka_unit_test(masks_are_kept),
    };
    return cmocka_run_group_tests_name("rollouts", tests, setup, teardown);
}
