/* Networks that learn by playing: jobs are environment steps, payoffs are episodes, and the workers share both. */
#include "engine/population/kind.h"
#include "base/metrics.h"
#include "base/headway.h"
#include "rl/interval.h"
#include "rl/learner.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What a learner's last job was like. */
typedef struct tally {
    double episodes, won, drawn, lost, reward, length; /* sums over its episodes */
    double entropy, value_loss;                        /* of the last update */
} tally;

/* What two policies' episodes ended like, as the one with the lower number sees it. */
typedef struct results {
    uint32_t won, drawn, lost; /* all 0: not played */
    uint32_t fresh;            /* 1: not told yet */
} results;

typedef struct network {
    kith_heap heap;
    kith_game_shape shape;
    kith_match_setup match_setup;
    kith_learner *learner[KITH_MOST_LEARNERS];
    tally *last;               /* [learners] */
    results *played;           /* (capacity, capacity) above the diagonal */
    kith_opponents *opponents; /* [learners] whom each one meets in its job: rows of what follows */
    const kith_real **policy;  /* (learners, opponents) */
    double *weight;            /* (learners, opponents) */
} network;

static const kith_real *policy_of(const kith_arena *a, size_t k)
{
    return (const kith_real *)a->policy + k * a->entries;
}

static uint64_t seed_of(const kith_arena *a)
{
    return kith_run_seed(a->setup.run, a->setup.run->seed_init);
}

/* ---- opening ---- */

static size_t most_opponents(const kith_arena *a)
{
    return KITH_MOST_COMPONENTS * (a->capacity + 1);
}

static kith_status allocate(kith_ctx *ctx, kith_arena *a, network *n)
{
    const size_t learners = a->ops->learner_count, pairs = a->capacity * a->capacity;
    const size_t most = learners * most_opponents(a);
    KITH_TRY(KITH_TAKE(ctx, &n->heap, "learners", learners, &n->last));
    KITH_TRY(KITH_TAKE(ctx, &n->heap, "learners", learners, &n->opponents));
    KITH_TRY(KITH_TAKE(ctx, &n->heap, "payoffs", pairs, &n->played));
    KITH_TRY(KITH_TAKE(ctx, &n->heap, "opponents", most, &n->policy));
    KITH_TRY(KITH_TAKE(ctx, &n->heap, "opponents", most, &n->weight));
    a->entries = kith_policy_length(&n->shape, a->mappo);
    a->element = sizeof(kith_real);
    a->grows |= UINT64_C(1) << a->parts;
    kith_arena_add_part(a, (kith_part){"payoffs", a->capacity, a->capacity * sizeof(results) / 4, 4}, n->played);
    kith_arena_add_part(a, (kith_part){"learners' last jobs", learners, sizeof(tally) / 8, 8}, n->last);
    /* now, since a worker alone without room would leave the others waiting in the middle of a plan */
    return kith_arena_make_room(ctx, a, pairs);
}

static kith_status open_local(kith_ctx *ctx, kith_arena *a, const kith_game_shape *shape)
{
    const kith_instance *game = a->setup.game;
    network *n = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "engine", 1, &n));
    a->own = n;
    n->shape = *shape;
    n->match_setup =
        (kith_match_setup){.id = game->plugin->id, .game = game->plugin->ops, .self = game->self, .shape = &n->shape};
    return allocate(ctx, a, n);
}

static kith_status network_open(kith_ctx *ctx, kith_arena *a, const kith_game_shape *shape)
{
    KITH_TRY(kith_exchange_agree(a->setup.exchange, open_local(ctx, a, shape), NULL));
    network *n = a->own;
    for (size_t l = 0; l < a->ops->learner_count; l++) {
        const kith_learner_setup setup = {.match_setup = n->match_setup,
                                          .config = a->mappo,
                                          .name = a->ops->learners[l],
                                          .seed = seed_of(a),
                                          .number = (uint32_t)l};
        KITH_TRY(kith_learner_create(ctx, a->setup.exchange, &setup, &n->learner[l]));
        size_t size = 0;
        void *state = kith_learner_state(n->learner[l], &size);
        kith_arena_add_part(a, (kith_part){a->ops->learners[l], 1, size, 1}, state);
    }
    return KITH_OK;
}

static void network_close(kith_arena *a)
{
    network *n = a->own;
    if (!n) return;
    for (size_t l = 0; l < KITH_MOST_LEARNERS; l++)
        kith_learner_destroy(n->learner[l]);
    kith_heap_free(&n->heap);
    kith_free(n);
}

static const void *network_live(const kith_arena *a, size_t learner)
{
    const network *n = a->own;
    return kith_learner_policy(n->learner[learner]);
}

/* ---- payoffs ---- */

static kith_status play(kith_ctx *ctx, kith_arena *a, kith_match *match, size_t count)
{
    const network *n = a->own;
    for (size_t k = 0; k < count; k++)
        match[k].episodes = (uint64_t)a->config->episodes;
    return kith_play(ctx, a->setup.exchange, &n->match_setup, a->mappo, seed_of(a), match, count);
}

static double payoff_of(const results *r)
{
    return ((double)r->won - (double)r->lost) / (double)(r->won + r->drawn + r->lost);
}

static kith_status network_payoff(kith_ctx *ctx, kith_arena *a, size_t first, size_t second, double *out)
{
    const network *n = a->own;
    const size_t pair = first * a->capacity + second;
    results *r = &n->played[pair];
    if (r->won + r->drawn + r->lost == 0) {
        kith_match match = {.row = policy_of(a, first), .column = policy_of(a, second), .number = pair};
        KITH_TRY(play(ctx, a, &match, 1));
        *r = (results){(uint32_t)match.won, (uint32_t)match.drawn, (uint32_t)match.lost, 1};
    }
    *out = payoff_of(r);
    return KITH_OK;
}

/* Draws count half. Their numbers begin where those of payoffs end, so that no episode is played twice. */
static kith_status network_rate(kith_ctx *ctx, kith_arena *a, size_t learner, size_t population, double *win)
{
    const network *n = a->own;
    const uint64_t turn = a->count.round * KITH_MOST_LEARNERS + learner + a->capacity;
    for (size_t j = 0; j < a->plan.size[population]; j++) {
        const size_t k = a->member[population][j];
        kith_match match = {.row = kith_learner_policy(n->learner[learner]),
                            .column = policy_of(a, k),
                            .number = turn * a->capacity + k};
        KITH_TRY(play(ctx, a, &match, 1));
        win[j] = ((double)match.won + 0.5 * (double)match.drawn) / (double)match.episodes;
    }
    return KITH_OK;
}

static kith_status tell_payoff(kith_measure measure, void *arg, const char *what, size_t j, size_t i, double value)
{
    char name[96];
    snprintf(name, sizeof name, "%s%02zu_%02zu", what, j, i);
    return measure(arg, name, value);
}

/* Of the later policy, as it sees it. */
static kith_status tell_pair(kith_measure measure, void *arg, size_t j, size_t i, const results *r)
{
    double low = 0.0, high = 0.0;
    kith_payoff_interval(r->lost, r->drawn, r->won, &low, &high);
    KITH_TRY(tell_payoff(measure, arg, KITH_METRIC_payoff_, j, i, -payoff_of(r)));
    KITH_TRY(tell_payoff(measure, arg, KITH_METRIC_payoff_low_, j, i, low));
    return tell_payoff(measure, arg, KITH_METRIC_payoff_high_, j, i, high);
}

static kith_status network_tell(kith_arena *a, kith_measure measure, void *arg)
{
    const network *n = a->own;
    for (size_t i = 0; i < a->count.policies; i++)
        for (size_t j = i + 1; j < a->count.policies; j++) {
            results *r = &n->played[i * a->capacity + j];
            if (!r->fresh) continue;
            KITH_TRY(tell_pair(measure, arg, j, i, r));
            r->fresh = 0;
        }
    return KITH_OK;
}

/* ---- jobs ---- */

static const char *network_refuses(const kith_arena *a, const kith_job *job)
{
    (void)a;
    return job->stop.until == KITH_UNTIL_ANSWERED ? "it takes the pure answers of an oracle" : NULL;
}

static void network_set_out(kith_arena *a, const kith_job *job)
{
    network *n = a->own;
    if (job->start == KITH_FRESH) kith_learner_renew(n->learner[job->learner], a->count.round + 1);
    if (job->start == KITH_COPY) kith_learner_copy(n->learner[job->learner], policy_of(a, job->copy));
}

static void network_face(kith_arena *a, size_t k)
{
    network *n = a->own;
    const kith_facing *facing = a->facing;
    const size_t learner = a->plan.job[k].learner, first = learner * most_opponents(a);
    const kith_real **policy = n->policy + first;
    double *weight = n->weight + first;
    size_t count = 0;
    for (size_t i = 0; i < facing->count; i++) {
        if (facing->weight[i] <= 0.0) continue;
        policy[count] = policy_of(a, facing->policy[i]);
        weight[count++] = facing->weight[i];
    }
    for (size_t l = 0; l < facing->lives; l++) {
        policy[count] = facing->live[l] == learner ? NULL : kith_learner_policy(n->learner[facing->live[l]]);
        weight[count++] = facing->share[l];
    }
    n->opponents[learner] = (kith_opponents){.count = count, .policy = policy, .weight = weight};
}

/* Whole updates, so that this is what a job makes. steps [count]: of the jobs from `first` on; those before are
 * done. */
static uint64_t steps_wanted(const kith_arena *a, const kith_job *job, size_t first, const uint64_t *steps)
{
    const network *n = a->own;
    const uint64_t usual = (uint64_t)a->config->job_steps, update = kith_learner_update_steps(n->learner[job->learner]);
    uint64_t most =
        job->stop.most && (job->stop.until == KITH_UNTIL_STEPS || job->stop.most < usual) ? job->stop.most : usual;
    const size_t other = job->stop.follow - 1;
    if (job->stop.follow) {
        const uint64_t made = other < first ? a->report[other].steps : steps[other - first];
        if (made < most) most = made;
    }
    return (most + update - 1) / update * update;
}

static void add_report(tally *to, const kith_learner_report *r)
{
    to->episodes += r->episodes;
    to->won += r->won;
    to->drawn += r->drawn;
    to->lost += r->lost;
    to->reward += r->reward * r->episodes;
    to->length += r->length * r->episodes;
    to->entropy = r->entropy;
    to->value_loss = r->value_loss;
}

/* One update of all whose jobs are not done yet. */
static kith_status train_once(kith_ctx *ctx, kith_arena *a, const kith_job *job, size_t count, const uint64_t *wanted,
                              kith_job_report *report)
{
    network *n = a->own;
    kith_learner *learner[KITH_MOST_JOBS] = {NULL};
    kith_opponents opponents[KITH_MOST_JOBS] = {{.count = 0}};
    kith_learner_report found[KITH_MOST_JOBS];
    size_t going[KITH_MOST_JOBS], most = 0;
    for (size_t k = 0; k < count; k++) {
        if (report[k].steps >= wanted[k]) continue;
        learner[most] = n->learner[job[k].learner];
        opponents[most] = n->opponents[job[k].learner];
        going[most++] = k;
    }
    KITH_TRY(kith_learners_update(ctx, learner, opponents, most, found));
    for (size_t i = 0; i < most; i++) {
        report[going[i]].steps += kith_learner_update_steps(learner[i]);
        add_report(&n->last[job[going[i]].learner], &found[i]);
    }
    return KITH_OK;
}

static kith_status network_train(kith_ctx *ctx, kith_arena *a, size_t first, size_t count, kith_job_report *report)
{
    const kith_job *job = &a->plan.job[first];
    network *n = a->own;
    uint64_t wanted[KITH_MOST_JOBS] = {0};
    size_t longest = 0;
    for (size_t k = 0; k < count; k++) {
        wanted[k] = steps_wanted(a, &job[k], first, wanted);
        longest = wanted[k] > wanted[longest] ? k : longest;
        n->last[job[k].learner] = (tally){.episodes = 0.0};
    }
    while (report[longest].steps < wanted[longest]) {
        kith_headway_within(1, "step", report[longest].steps, wanted[longest]);
        KITH_TRY(train_once(ctx, a, job, count, wanted, report));
    }
    return KITH_OK;
}

/* ---- measures ---- */

static kith_status network_measure(kith_arena *a, kith_measure measure, void *arg)
{
    const network *n = a->own;
    for (size_t l = 0; l < a->ops->learner_count; l++) {
        const tally *t = &n->last[l];
        const double played = t->episodes;
        const struct {
            const char *name;
            double value;
        } row[] = {{KITH_METRIC_won_, t->won / played},       {KITH_METRIC_drawn_, t->drawn / played},
                   {KITH_METRIC_lost_, t->lost / played},     {KITH_METRIC_reward_, t->reward / played},
                   {KITH_METRIC_length_, t->length / played}, {KITH_METRIC_entropy_, t->entropy},
                   {KITH_METRIC_value_loss_, t->value_loss}};
        for (size_t i = 0; played > 0.0 && i < sizeof row / sizeof row[0]; i++) {
            char name[96];
            snprintf(name, sizeof name, "%s%s", row[i].name, a->ops->learners[l]);
            KITH_TRY(measure(arg, name, row[i].value));
        }
    }
    return KITH_OK;
}

const kith_policy_kind kith_network_kind = {.name = "networks",
                                            .truth = KITH_IS_NETWORKS,
                                            .open = network_open,
                                            .close = network_close,
                                            .live = network_live,
                                            .refuses = network_refuses,
                                            .set_out = network_set_out,
                                            .face = network_face,
                                            .train = network_train,
                                            .payoff = network_payoff,
                                            .rate = network_rate,
                                            .counted = true,
                                            .measure = network_measure,
                                            .tell = network_tell};
