#include "rl/learner.h"

#include "base/headway.h"
#include "base/stop.h"

#include "rl/rollout.h"

#include <math.h>
#include <time.h>

/* The start of the state; parameters and Adam's two moments follow. */
struct book {
    uint64_t updates, adam_steps;
    kith_moments moments;
};

/* Rows of boards come in two sets, used in turns: who is still reading one cannot be overtaken, since nobody gets past
 * the other's barrier without him. */
enum { SETS = 2 };

struct kith_learner {
    kith_learner_setup setup;
    kith_exchange *ex;
    kith_heap heap;
    size_t lanes, actor, length; /* reals of the actor, of both */
    struct book *book;
    size_t state_size;
    kith_real *w, *m, *v;  /* (length) each */
    kith_real *g;          /* (length) */
    double *scratch;       /* of initialisation */
    double *one;           /* [lanes] */
    const kith_real **row; /* [lanes] */
    kith_workspace work;
    kith_trajectory *trajectory; /* [lanes], those that this worker has */
    kith_board *sums, *gradients;
    kith_origin *origin; /* (SETS, lanes) */
    size_t turn;         /* which set comes next */
    /* of the update that is going on */
    size_t first;            /* row of its set */
    double total[KITH_SUMS]; /* of all lanes */
    double active;           /* rows that teach */
    kith_improvement how;
    kith_learner_report report;
};

static double processor_time(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static size_t worker_of(const kith_learner *l, size_t lane)
{
    return (l->setup.number * l->lanes + lane) % kith_exchange_place(l->ex)->workers;
}

static bool is_mine(const kith_learner *l, size_t lane)
{
    return worker_of(l, lane) == kith_exchange_place(l->ex)->worker;
}

/* ---- life ---- */

static kith_status check(kith_ctx *ctx, const kith_learner_setup *s)
{
    const kith_learner_config *c = s->config;
    if (s->match_setup.shape->form != KITH_GAME_MARKOV)
        return kith_fail(ctx, KITH_ECONFIG,
                         "learner '%s': a game without states has no observations to learn from; choose a "
                         "policy table",
                         s->name);
    if (c->copies % c->lane)
        return kith_fail(ctx, KITH_ECONFIG,
                         "learner '%s': lanes of %lld copies do not divide %lld copies; change lane or copies", s->name,
                         (long long)c->lane, (long long)c->copies);
    if (c->steps % c->chunk)
        return kith_fail(ctx, KITH_ECONFIG,
                         "learner '%s': chunks of %lld steps do not divide %lld steps; change chunk or steps", s->name,
                         (long long)c->chunk, (long long)c->steps);
    return KITH_OK;
}

static kith_status make_state(kith_ctx *ctx, kith_learner *l)
{
    const size_t critic = kith_tower_length(&l->work.critic);
    l->actor = kith_tower_length(&l->work.actor);
    l->length = l->actor + critic;
    l->state_size = sizeof *l->book + 3 * l->length * sizeof *l->w;
    KITH_TRY(kith_heap_take(ctx, &l->heap, "parameters", 1, l->state_size, (void **)&l->book));
    l->w = (kith_real *)(void *)(l->book + 1);
    l->m = l->w + l->length;
    l->v = l->m + l->length;
    const size_t a = kith_tower_scratch(&l->work.actor), c = kith_tower_scratch(&l->work.critic);
    KITH_TRY(KITH_TAKE(ctx, &l->heap, "initial weights", a > c ? a : c, &l->scratch));
    KITH_TRY(KITH_TAKE(ctx, &l->heap, "a gradient", l->length, &l->g));
    return KITH_OK;
}

static kith_status make_lanes(kith_ctx *ctx, kith_learner *l)
{
    KITH_TRY(KITH_TAKE(ctx, &l->heap, "lanes", l->lanes, &l->trajectory));
    KITH_TRY(KITH_TAKE(ctx, &l->heap, "lanes", l->lanes, &l->one));
    KITH_TRY(KITH_TAKE(ctx, &l->heap, "lanes", l->lanes, &l->row));
    KITH_TRY(KITH_TAKE(ctx, &l->heap, "lanes", SETS * l->lanes, &l->origin));
    for (size_t i = 0; i < SETS * l->lanes; i++) {
        const size_t domain = kith_exchange_domain_of(l->ex, worker_of(l, i % l->lanes));
        l->origin[i] = (kith_origin){.row = (uint32_t)i, .domain = (uint32_t)domain};
        l->one[i % l->lanes] = 1;
    }
    /* one heap each: a game with many copies has many lanes */
    for (size_t i = 0; i < l->lanes; i++) {
        if (is_mine(l, i)) KITH_TRY(kith_trajectory_create(ctx, &l->work, &l->trajectory[i]));
    }
    return KITH_OK;
}

static kith_status make(kith_ctx *ctx, kith_learner *l)
{
    KITH_TRY(check(ctx, &l->setup));
    l->lanes = (size_t)(l->setup.config->copies / l->setup.config->lane);
    KITH_TRY(kith_workspace_create(ctx, &l->heap, &l->setup.match_setup, l->setup.config, &l->work));
    KITH_TRY(make_state(ctx, l));
    return make_lanes(ctx, l);
}

kith_status kith_learner_create(kith_ctx *ctx, kith_exchange *ex, const kith_learner_setup *setup, kith_learner **out)
{
    kith_learner *l = NULL;
    kith_status status = KITH_ALLOC(ctx, "a learner", 1, &l);
    if (l) {
        l->setup = *setup;
        l->ex = ex;
        status = make(ctx, l);
    }
    status = kith_exchange_agree(ex, status, NULL);
    if (status != KITH_OK) goto drop;
    status = kith_board_create(ctx, ex, "sums over lanes", SETS * l->lanes, KITH_SUMS, sizeof(double), &l->sums);
    if (status != KITH_OK) goto drop;
    status =
        kith_board_create(ctx, ex, "gradients of lanes", SETS * l->lanes, l->length, sizeof(kith_real), &l->gradients);
    if (status != KITH_OK) goto drop;
    kith_learner_renew(l, 0);
    *out = l;
    return KITH_OK;
drop:
    kith_learner_destroy(l);
    return status;
}

void kith_learner_destroy(kith_learner *l)
{
    if (!l) return;
    kith_board_destroy(l->gradients);
    kith_board_destroy(l->sums);
    for (size_t i = 0; l->trajectory && i < l->lanes; i++)
        kith_heap_free(&l->trajectory[i].heap);
    kith_heap_free(&l->heap);
    kith_free(l);
}

void kith_learner_renew(kith_learner *l, uint64_t generation)
{
    const double actor_gain = 0.01, critic_gain = 1;
    kith_stream stream = kith_stream_at(l->setup.seed, KITH_FOR_INIT, l->setup.number, generation);
    const struct book fresh = {.updates = l->book->updates};
    *l->book = fresh;
    kith_clear(2 * l->length, l->m);
    kith_tower_init(&l->work.actor, &stream, actor_gain, l->scratch, l->w);
    kith_tower_init(&l->work.critic, &stream, critic_gain, l->scratch, l->w + l->actor);
}

void kith_learner_copy(kith_learner *l, const kith_real *policy)
{
    kith_copy(l->actor, policy, l->w);
}

const kith_real *kith_learner_policy(const kith_learner *l)
{
    return l->w;
}

void *kith_learner_state(kith_learner *l, size_t *size)
{
    *size = l->state_size;
    return l->book;
}

uint64_t kith_learner_update_steps(const kith_learner *l)
{
    return (uint64_t)l->setup.config->copies * (uint64_t)l->setup.config->steps;
}

uint64_t kith_learner_steps(const kith_learner *l)
{
    return l->book->updates * kith_learner_update_steps(l);
}

/* ---- an update ---- */

static void take_next_set(kith_learner *l)
{
    l->first = l->turn * l->lanes;
    l->turn = (l->turn + 1) % SETS;
}

static double *sums_row(const kith_learner *l, size_t lane)
{
    return kith_board_row(l->sums, l->first + lane);
}

static kith_real *gradient_row(const kith_learner *l, size_t lane)
{
    return kith_board_row(l->gradients, l->first + lane);
}

/* [all] l->total, added in the order of lanes. */
static kith_status share_sums(kith_learner *l, kith_status mine)
{
    KITH_TRY(kith_board_publish_rows(l->sums, mine, l->origin + l->first, l->lanes, NULL));
    for (size_t k = 0; k < KITH_SUMS; k++)
        l->total[k] = 0;
    for (size_t i = 0; i < l->lanes; i++) {
        for (size_t k = 0; k < KITH_SUMS; k++)
            l->total[k] += sums_row(l, i)[k];
    }
    return KITH_OK;
}

/* This worker's lanes. */
static kith_status roll_out(kith_ctx *ctx, kith_learner *l, const kith_opponents *opponents)
{
    const kith_learner_config *c = l->setup.config;
    kith_rollout r = {.actor = l->w,
                      .critic = l->w + l->actor,
                      .moments = &l->book->moments,
                      .policy = opponents->policy,
                      .weight = opponents->weight,
                      .policies = opponents->count,
                      .discount = c->discount,
                      .gae = c->gae,
                      .seed = l->setup.seed,
                      .index = l->book->updates};
    const double started = processor_time();
    kith_status status = KITH_OK;
    take_next_set(l);
    for (size_t i = 0; i < l->lanes && status == KITH_OK; i++) {
        if (!is_mine(l, i)) continue;
        r.first = i * (size_t)c->lane;
        r.a = ((uint64_t)l->setup.number << 32) + r.first;
        status = kith_rollout_play(ctx, &r, &l->work, &l->trajectory[i], sums_row(l, i));
    }
    l->report = (kith_learner_report){.seconds_rollout = processor_time() - started};
    return status;
}

static void plan_improvement(kith_learner *l)
{
    const kith_learner_config *c = l->setup.config;
    const double *total = l->total;
    const double values = (double)kith_learner_update_steps(l), active = total[KITH_SUM_ACTIVE];
    const double mean = active > 0 ? total[KITH_SUM_ADVANTAGE] / active : 0;
    const double variance = active > 0 ? total[KITH_SUM_ADVANTAGE2] / active - mean * mean : 0;
    kith_moments_add(&l->book->moments, c->value_decay, total[KITH_SUM_TARGET] / values,
                     total[KITH_SUM_TARGET2] / values);
    l->active = active;
    l->how = (kith_improvement){
        .actor = l->w,
        .critic = l->w + l->actor,
        .ppo = {.clip = c->clip, .entropy = c->entropy, .share = active > 0 ? 1 / active : 0},
        .advantage_mean = mean,
        .advantage_scale = 1 / (sqrt(variance > 0 ? variance : 0) + 1e-5),
        .target_mean = kith_moments_mean(&l->book->moments),
        .target_scale = 1 / kith_moments_deviation(&l->book->moments),
        .value_clip = c->clip,
        .value_weight = c->value_weight,
        .huber = c->huber,
        .value_share = 1 / values,
    };
}

static void adam(kith_learner *l)
{
    const kith_learner_config *c = l->setup.config;
    const double beta1 = 0.9, beta2 = 0.999, t = (double)++l->book->adam_steps;
    const kith_adamw how = {.lr = (kith_real)c->lr,
                            .beta1 = (kith_real)beta1,
                            .beta2 = (kith_real)beta2,
                            .epsilon = (kith_real)c->epsilon,
                            .m_scale = (kith_real)(1 / (1 - pow(beta1, t))),
                            .v_scale = (kith_real)(1 / (1 - pow(beta2, t)))};
    kith_adamw_update(l->length, &how, l->g, l->m, l->v, l->w, NULL);
}

/* This worker's lanes in one epoch. */
static void take_gradients(kith_learner *l)
{
    const double started = processor_time();
    take_next_set(l);
    for (size_t i = 0; i < l->lanes; i++) {
        if (!is_mine(l, i)) continue;
        for (size_t k = 0; k < KITH_SUMS; k++)
            sums_row(l, i)[k] = 0;
        if (kith_stop_due()) return;
        kith_headway_within(2, "gradient lane", i, l->lanes);
        kith_rollout_gradient(&l->how, &l->work, &l->trajectory[i], gradient_row(l, i), sums_row(l, i));
    }
    l->report.seconds_update += processor_time() - started;
}

/* [all] Lanes' gradients, added in their order by everyone, and the same step by everyone. */
static kith_status improve(kith_ctx *ctx, kith_learner *l)
{
    const double most = l->setup.config->gradient_norm;
    KITH_TRY(kith_board_publish_rows(l->gradients, KITH_OK, l->origin + l->first, l->lanes, NULL));
    KITH_TRY(share_sums(l, KITH_OK));
    const double started = processor_time();
    for (size_t i = 0; i < l->lanes; i++)
        l->row[i] = gradient_row(l, i);
    kith_weighted_sum(l->length, l->lanes, l->one, l->row, l->g);
    if (!kith_all_finite(l->length, l->g)) {
        const unsigned long long update = l->book->updates + 1;
        const kith_status status =
            kith_fail(ctx, KITH_EDIVERGED, "learner '%s' diverged: in update %llu a gradient is not finite; lower lr",
                      l->setup.name, update);
        return kith_exchange_agree(l->ex, status, NULL);
    }
    l->report.actor_norm = kith_clip_norm(l->actor, most, l->g);
    l->report.critic_norm = kith_clip_norm(l->length - l->actor, most, l->g + l->actor);
    adam(l);
    l->report.seconds_update += processor_time() - started;
    return KITH_OK;
}

static void report_episodes(kith_learner *l)
{
    const double *total = l->total, episodes = total[KITH_SUM_EPISODES];
    l->report.episodes = episodes;
    l->report.won = total[KITH_SUM_WON];
    l->report.drawn = total[KITH_SUM_DRAWN];
    l->report.lost = total[KITH_SUM_LOST];
    l->report.reward = episodes > 0 ? total[KITH_SUM_REWARD] / episodes : 0;
    l->report.length = episodes > 0 ? total[KITH_SUM_LENGTH] / episodes : 0;
}

static void report_losses(kith_learner *l)
{
    const double *total = l->total, active = l->active;
    l->report.policy_loss = active > 0 ? total[KITH_SUM_POLICY_LOSS] / active : 0;
    l->report.entropy = active > 0 ? total[KITH_SUM_ENTROPY] / active : 0;
    l->report.clipped = active > 0 ? total[KITH_SUM_CLIPPED] / active : 0;
    l->report.value_loss = total[KITH_SUM_VALUE_LOSS] / (double)kith_learner_update_steps(l);
}

static bool goes_on(const kith_learner *l, int64_t epoch)
{
    return epoch < l->setup.config->epochs;
}

kith_status kith_learners_update(kith_ctx *ctx, kith_learner *const *learner, const kith_opponents *opponents,
                                 size_t count, kith_learner_report *report)
{
    kith_status status = KITH_OK;
    bool more = true;
    for (size_t k = 0; k < count && status == KITH_OK; k++)
        status = roll_out(ctx, learner[k], &opponents[k]);
    for (size_t k = 0; k < count; k++) {
        KITH_TRY(share_sums(learner[k], status));
        report_episodes(learner[k]);
        plan_improvement(learner[k]);
    }
    for (int64_t e = 0; more; e++) {
        more = false;
        for (size_t k = 0; k < count; k++)
            if (goes_on(learner[k], e)) take_gradients(learner[k]);
        for (size_t k = 0; k < count; k++) {
            if (goes_on(learner[k], e)) KITH_TRY(improve(ctx, learner[k]));
            more = more || goes_on(learner[k], e + 1);
        }
    }
    for (size_t k = 0; k < count; k++) {
        report_losses(learner[k]);
        learner[k]->book->updates++;
        report[k] = learner[k]->report;
    }
    return KITH_OK;
}

kith_status kith_learner_update(kith_ctx *ctx, kith_learner *l, const kith_opponents *opponents,
                                kith_learner_report *report)
{
    return kith_learners_update(ctx, &l, opponents, 1, report);
}
