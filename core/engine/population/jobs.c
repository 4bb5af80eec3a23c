/* Training learners: what jobs ask for, checked and done. */
#include "engine/population/kind.h"

#include "base/headway.h"

#include <math.h>
#include <string.h>

/* ---- checks ---- */

static kith_status refuse(kith_ctx *ctx, const kith_arena *a, size_t k, const char *why)
{
    return kith_fail(ctx, KITH_EPLUGIN, "%s: step: job %zu of round %llu: %s", a->setup.algorithm->plugin->id, k,
                     (unsigned long long)a->count.round, why);
}

/* An empty population has no weights to look at. */
static bool spread_is_one(const double *weight, size_t count)
{
    double sum = count ? 0.0 : 1.0;
    for (size_t j = 0; j < count; j++)
        sum += weight[j] >= 0.0 ? weight[j] : NAN;
    return fabs(sum - 1.0) < 1e-9;
}

static const char *wrong_component(const kith_arena *a, const kith_component *component)
{
    if (component->kind == 0) return NULL;
    if (component->kind > KITH_AGAINST_LEARNER) return "a part of its opponents is of no known kind";
    if (!(component->share > 0.0) || !isfinite(component->share)) return "a part of its opponents has no share above 0";
    if (component->kind == KITH_AGAINST_LEARNER)
        return component->index < a->ops->learner_count ? NULL
                                                        : "a part of its opponents is a learner that is not declared";
    if (component->index >= a->ops->population_count)
        return "a part of its opponents is a population that is not declared";
    if (component->picking > KITH_PICK_NEWEST) return "a part of its opponents is picked in no known way";
    if (component->picking != KITH_PICK_GIVEN) return NULL;
    if (!component->weight) return "a part of its opponents has no weights";
    return spread_is_one(component->weight, a->size[component->index])
               ? NULL
               : "the weights of a part of its opponents are no distribution";
}

static bool meets_someone(const kith_arena *a, const kith_job *job)
{
    for (size_t m = 0; m < KITH_MOST_COMPONENTS; m++)
        if (job->met[m].kind == KITH_AGAINST_LEARNER || (job->met[m].kind && a->size[job->met[m].index])) return true;
    return false;
}

static const char *wrong_job(const kith_arena *a, size_t k)
{
    const kith_job *job = &a->plan.job[k];
    if (job->learner >= a->ops->learner_count) return "its learner is not declared";
    if (job->start > KITH_COPY || (job->start == KITH_COPY && job->copy >= a->count.policies))
        return "it starts from a policy that is not there";
    for (size_t m = 0; m < KITH_MOST_COMPONENTS; m++) {
        const char *wrong = wrong_component(a, &job->met[m]);
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
                         a->setup.algorithm->plugin->id, KITH_MOST_JOBS, a->plan.jobs);
    for (size_t k = 0; k < a->plan.jobs; k++) {
        const char *wrong = wrong_job(a, k);
        if (wrong) return refuse(ctx, a, k, wrong);
        frozen += a->plan.job[k].freeze != 0;
        if (frozen > a->ops->frozen) return refuse(ctx, a, k, "more policies are frozen than ops.frozen says");
    }
    return KITH_OK;
}

kith_status kith_arena_check_kind(kith_ctx *ctx, const kith_arena *a)
{
    for (size_t k = 0; a->kind->refuses && k < a->plan.jobs; k++) {
        const char *why = a->kind->refuses(a, &a->plan.job[k]);
        if (why)
            return kith_config_refuse(ctx, a->setup.config, "run", "algorithm",
                                      "%s, and policies of %s are %s; choose another one", why,
                                      a->setup.game->plugin->id, a->kind->name);
    }
    return KITH_OK;
}

/* ---- opponents: of populations as the plan saw them, whatever its earlier jobs have frozen since ---- */

static kith_status pick(kith_ctx *ctx, kith_arena *a, const kith_component *component, size_t learner,
                        const double **out)
{
    const size_t n = a->plan.size[component->index];
    *out = a->picked;
    if (component->picking == KITH_PICK_GIVEN) {
        *out = component->weight;
        return KITH_OK;
    }
    if (component->picking == KITH_PICK_UNIFORM || component->picking == KITH_PICK_NEWEST) {
        const bool all = component->picking == KITH_PICK_UNIFORM;
        for (size_t j = 0; j < n; j++)
            a->picked[j] = all ? 1.0 / (double)n : j + 1 == n;
        return KITH_OK;
    }
    KITH_TRY(a->kind->rate(ctx, a, learner, component->index, a->picked));
    kith_meta_prioritised(a->picked, n, component->picking == KITH_PICK_EVEN, a->picked);
    return KITH_OK;
}

static kith_status add_population(kith_ctx *ctx, kith_arena *a, const kith_component *component, size_t learner,
                                  double share)
{
    kith_facing *to = a->facing;
    const double *weight = NULL;
    KITH_TRY(pick(ctx, a, component, learner, &weight));
    for (size_t j = 0; j < a->plan.size[component->index]; j++) {
        to->policy[to->count] = a->member[component->index][j];
        to->weight[to->count++] = share * weight[j];
    }
    return KITH_OK;
}

static kith_status gather(kith_ctx *ctx, kith_arena *a, const kith_job *job)
{
    kith_facing *to = a->facing;
    double total = 0.0;
    to->count = to->lives = 0;
    for (size_t m = 0; m < KITH_MOST_COMPONENTS; m++)
        if (job->met[m].kind == KITH_AGAINST_LEARNER || (job->met[m].kind && a->plan.size[job->met[m].index]))
            total += job->met[m].share;
    for (size_t m = 0; m < KITH_MOST_COMPONENTS; m++) {
        const kith_component *component = &job->met[m];
        if (component->kind == KITH_AGAINST_LEARNER) {
            to->live[to->lives] = component->index;
            to->share[to->lives++] = component->share / total;
        } else if (component->kind && a->plan.size[component->index]) {
            KITH_TRY(add_population(ctx, a, component, job->learner, component->share / total));
        }
    }
    return KITH_OK;
}

/* ---- making ---- */

/* How many jobs from the k-th on are made at the same time: those of different learners. */
static size_t side_by_side(const kith_arena *a, size_t k)
{
    uint32_t learners = 0;
    size_t count = 0;
    while (k + count < a->plan.jobs && (count == 0 || a->kind->face)) {
        const uint32_t learner = 1u << a->plan.job[k + count].learner;
        if (learners & learner) break;
        learners |= learner;
        count++;
    }
    return count;
}

static void file_report(kith_arena *a, size_t k, kith_job_report report)
{
    const kith_job *job = &a->plan.job[k];
    a->count.steps += report.steps;
    report.learner = job->learner;
    report.policy = job->freeze ? (size_t)a->count.policies : SIZE_MAX;
    if (job->freeze) kith_arena_freeze(a, a->kind->live(a, job->learner), job->freeze);
    a->report[k] = report;
}

static kith_status make_beside(kith_ctx *ctx, kith_arena *a, size_t first, size_t count)
{
    kith_job_report report[KITH_MOST_JOBS] = {{.steps = 0}};
    for (size_t k = first; k < first + count; k++)
        a->kind->set_out(a, &a->plan.job[k]);
    for (size_t k = first; k < first + count; k++) {
        KITH_TRY(gather(ctx, a, &a->plan.job[k]));
        if (a->kind->face) a->kind->face(a, k);
    }
    KITH_TRY(a->kind->train(ctx, a, first, count, report));
    for (size_t k = 0; k < count; k++)
        file_report(a, first + k, report[k]);
    return KITH_OK;
}

kith_status kith_arena_make(kith_ctx *ctx, kith_arena *a)
{
    kith_headway_begin("job");
    for (size_t k = 0, count = 0; k < a->plan.jobs; k += count) {
        count = side_by_side(a, k);
        kith_headway_reach(k, a->plan.jobs);
        KITH_TRY(make_beside(ctx, a, k, count));
    }
    return KITH_OK;
}
