/* Training one learner: what a job asks for, checked and done. */
#include "engine/population.h"

#include <math.h>
#include <string.h>

/* The mixture that a job meets, its fixed part summed up in one digest. */
typedef struct facing {
    size_t live[KITH_MOST_PARTS]; /* learners */
    double share[KITH_MOST_PARTS];
    size_t lives;
} facing;

/* ---- checks ---- */

static kith_status refuse(kith_ctx *ctx, const kith_arena *a, size_t k, const char *why)
{
    return kith_fail(ctx, KITH_EPLUGIN, "%s: step: job %zu of round %llu: %s", a->about.algorithm->plugin->id, k,
                     (unsigned long long)a->count.round, why);
}

static const char *wrong_part(const kith_arena *a, const kith_part_met *part)
{
    if (part->kind == 0) return NULL;
    if (part->kind > KITH_AGAINST_LEARNER) return "a part of its opponents is of no known kind";
    if (!(part->share > 0.0) || !isfinite(part->share)) return "a part of its opponents has no share above 0";
    if (part->kind == KITH_AGAINST_LEARNER)
        return part->index < a->ops->learner_count ? NULL : "a part of its opponents is a learner that is not declared";
    if (part->index >= a->ops->population_count) return "a part of its opponents is a population that is not declared";
    if (part->picking > KITH_PICK_NEWEST) return "a part of its opponents is picked in no known way";
    return part->picking == KITH_PICK_GIVEN && !part->weight ? "a part of its opponents has no weights" : NULL;
}

static bool meets_someone(const kith_arena *a, const kith_job *job)
{
    for (size_t m = 0; m < KITH_MOST_PARTS; m++)
        if (job->met[m].kind == KITH_AGAINST_LEARNER || (job->met[m].kind && a->size[job->met[m].index])) return true;
    return false;
}

static const char *wrong_job(const kith_arena *a, size_t k)
{
    const kith_job *job = &a->plan.job[k];
    if (job->learner >= a->ops->learner_count) return "its learner is not declared";
    if (job->start > KITH_COPY || (job->start == KITH_COPY && job->copy >= a->count.policies))
        return "it starts from a policy that is not there";
    for (size_t m = 0; m < KITH_MOST_PARTS; m++) {
        const char *wrong = wrong_part(a, &job->met[m]);
        if (wrong) return wrong;
    }
    if (!meets_someone(a, job)) return "it has no opponents";
    if (job->stop.until > KITH_UNTIL_ANSWERED) return "it stops in no known way";
    if (job->stop.follow > k) return "it follows a job that is not made before it";
    if (job->stop.until == KITH_UNTIL_STEPS && job->stop.most == 0) return "it makes no steps";
    if (a->ops->update && job->stop.until != KITH_UNTIL_STEPS) return "with update() it can stop after some steps only";
    return job->freeze >> a->ops->population_count ? "it is frozen into a population that is not declared" : NULL;
}

kith_status kith_arena_check_plan(kith_ctx *ctx, const kith_arena *a)
{
    size_t frozen = 0;
    if (a->plan.jobs < 1 || a->plan.jobs > KITH_MOST_JOBS)
        return kith_fail(ctx, KITH_EPLUGIN, "%s: step: a plan has 1 to %d jobs, not %zu",
                         a->about.algorithm->plugin->id, KITH_MOST_JOBS, a->plan.jobs);
    for (size_t k = 0; k < a->plan.jobs; k++) {
        const char *wrong = wrong_job(a, k);
        if (wrong) return refuse(ctx, a, k, wrong);
        frozen += a->plan.job[k].freeze != 0;
        if (frozen > a->ops->frozen) return refuse(ctx, a, k, "more policies are frozen than ops.frozen says");
    }
    return KITH_OK;
}

/* ---- opponents ---- */

/* What digest wins of reply, by sign; what rounding could have made of 0 is 0. */
static int sign_of(const kith_payoffs *p, const double *digest, const double *reply)
{
    static const double share = 1e-9;
    double size = 0.0;
    for (size_t f = 0; f < p->factors; f++)
        size += fabs(digest[f] * reply[f]);
    const double u = kith_payoffs_between(p, digest, reply);
    return u > share * size ? 1 : u < -share * size ? -1 : 0;
}

/* How a learner fares against each policy of a population: 1, 1/2 or 0 by the sign of the exact payoff. */
static void rate(kith_arena *a, const kith_part_met *part, const double *policy, double *win)
{
    const size_t f = a->payoffs->factors;
    kith_payoffs_digest(a->payoffs, policy, a->faced);
    for (size_t j = 0; j < a->size[part->index]; j++)
        win[j] = 0.5 + 0.5 * sign_of(a->payoffs, a->faced, a->reply + a->member[part->index][j] * f);
}

static const double *pick(kith_arena *a, const kith_part_met *part, const double *policy)
{
    const size_t n = a->size[part->index];
    if (part->picking == KITH_PICK_GIVEN) return part->weight;
    if (part->picking == KITH_PICK_UNIFORM || part->picking == KITH_PICK_NEWEST) {
        const bool all = part->picking == KITH_PICK_UNIFORM;
        for (size_t j = 0; j < n; j++)
            a->picked[j] = all ? 1.0 / (double)n : j + 1 == n;
        return a->picked;
    }
    rate(a, part, policy, a->picked);
    kith_meta_prioritised(a->picked, n, part->picking == KITH_PICK_EVEN, a->picked);
    return a->picked;
}

static void add_population(kith_arena *a, const kith_part_met *part, const double *policy, double share)
{
    const size_t f = a->payoffs->factors;
    const double *weight = pick(a, part, policy);
    for (size_t j = 0; j < a->size[part->index]; j++) {
        const double *digest = a->digest + a->member[part->index][j] * f;
        for (size_t i = 0; i < f; i++)
            a->mix[i] += share * weight[j] * digest[i];
    }
}

static void gather(kith_arena *a, const kith_job *job, const double *policy, facing *out)
{
    double total = 0.0;
    *out = (facing){.lives = 0};
    memset(a->mix, 0, a->payoffs->factors * sizeof *a->mix);
    for (size_t m = 0; m < KITH_MOST_PARTS; m++)
        if (job->met[m].kind == KITH_AGAINST_LEARNER || (job->met[m].kind && a->size[job->met[m].index]))
            total += job->met[m].share;
    for (size_t m = 0; m < KITH_MOST_PARTS; m++) {
        const kith_part_met *part = &job->met[m];
        if (part->kind == KITH_AGAINST_LEARNER) {
            out->live[out->lives] = part->index;
            out->share[out->lives++] = part->share / total;
        } else if (part->kind && a->size[part->index]) {
            add_population(a, part, policy, part->share / total);
        }
    }
}

/* What every joint action is worth now. */
static void face(kith_arena *a, const facing *against)
{
    const size_t f = a->payoffs->factors;
    memcpy(a->faced, a->mix, f * sizeof *a->mix);
    for (size_t l = 0; l < against->lives; l++) {
        kith_payoffs_digest(a->payoffs, a->live + against->live[l] * a->entries, a->answer);
        for (size_t i = 0; i < f; i++)
            a->faced[i] += against->share[l] * a->answer[i];
    }
    kith_payoffs_reply(a->payoffs, a->faced, a->answer);
    kith_payoffs_values(a->payoffs, a->answer, a->value);
}

/* ---- steps ---- */

static void set_out(kith_arena *a, const kith_job *job, double *policy)
{
    if (job->start == KITH_WARM) return;
    const size_t from = job->start == KITH_COPY ? job->copy : 0;
    const size_t memory = a->ops->memory * a->entries;
    memcpy(policy, a->policy + from * a->entries, a->entries * sizeof *policy);
    if (memory) memset(a->memory + job->learner * memory, 0, memory * sizeof *a->memory);
}

static uint64_t most_steps(const kith_arena *a, const kith_job *job)
{
    uint64_t most = job->stop.most ? job->stop.most : (uint64_t)a->config->most_steps;
    if (job->stop.follow && a->report[job->stop.follow - 1].steps < most) most = a->report[job->stop.follow - 1].steps;
    return job->stop.until == KITH_UNTIL_ANSWERED ? 1 : most;
}

static void update(kith_arena *a, const kith_job *job, uint64_t step, double *policy)
{
    for (size_t m = 0; m < a->ops->memory; m++)
        a->plane[m] = a->memory + (job->learner * a->ops->memory + m) * a->entries;
    kith_payoffs_actions(a->payoffs, policy, a->value, a->q);
    const kith_update u = {.players = a->payoffs->players,
                           .actions = a->payoffs->actions,
                           .step = step,
                           .q = a->q,
                           .policy = policy,
                           .memory = a->plane};
    a->ops->update(a->self, &u);
}

static kith_status check_policy(kith_ctx *ctx, const kith_arena *a, size_t k, const double *policy)
{
    for (size_t i = 0; i < a->payoffs->players; i++) {
        double sum = 0.0, least = 0.0;
        for (size_t j = 0; j < a->payoffs->actions; j++) {
            const double p = policy[i * a->payoffs->actions + j];
            sum += p;
            if (!(p >= least)) least = p;
        }
        if (!(least >= 0.0) || !(fabs(sum - 1.0) < 1e-9))
            return refuse(ctx, a, k, "its policy is no distribution any more");
    }
    return KITH_OK;
}

/* Returns whether the policy came to rest. */
static bool train(kith_arena *a, const kith_job *job, double *policy, kith_gait *gait)
{
    const uint64_t most = most_steps(a, job);
    const bool ruled = a->ops->update != NULL;
    facing against;
    gather(a, job, policy, &against);
    face(a, &against);
    while (gait->steps < most) {
        if (against.lives && gait->steps) face(a, &against);
        if (ruled) {
            update(a, job, gait->steps++, policy);
            continue;
        }
        kith_oracle_answer(a->payoffs, (kith_oracle)a->config->oracle, policy, a->value, a->q, a->response);
        if (job->stop.until == KITH_UNTIL_ANSWERED) {
            memcpy(policy, a->response, a->entries * sizeof *policy);
            gait->steps++;
            continue;
        }
        kith_pace_step(a->payoffs, &a->pace, gait, a->response, policy);
        if (job->stop.until == KITH_UNTIL_CONVERGED && gait->steps >= job->stop.least &&
            kith_pace_rests(&a->pace, gait))
            return true;
    }
    return false;
}

kith_status kith_arena_make(kith_ctx *ctx, kith_arena *a, size_t k)
{
    const kith_job *job = &a->plan.job[k];
    double *policy = a->live + job->learner * a->entries;
    kith_gait gait = {.steps = 0};
    set_out(a, job, policy);
    const bool converged = train(a, job, policy, &gait);
    KITH_TRY(check_policy(ctx, a, k, policy));
    a->count.steps += gait.steps;
    const size_t number = job->freeze ? (size_t)a->count.policies : SIZE_MAX;
    if (job->freeze) kith_arena_freeze(a, policy, job->freeze);
    a->report[k] =
        (kith_job_report){.learner = job->learner, .steps = gait.steps, .policy = number, .converged = converged};
    return KITH_OK;
}
