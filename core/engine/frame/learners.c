/* What models do on each learner's own examples: the run's model, and the learner's own. */
#include "engine/frame/measures.h"
#include "base/metrics.h"
#include "base/headway.h"

#include "engine/work/evaluate.h"
#include "engine/work/lanes.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The scores of a learner's row: the run's model on what is held out, the run's model and the learner's own on what
 * they are compared by. */
enum { HELD_OUT = 0, GLOBAL, OWN, SCORES };
enum { BINS = 21 };

struct kith_learner_tests {
    kith_engine_setup setup;
    const kith_engine *engine;
    size_t learners, tested, listed; /* N; those that are tested; those that are looked at */
    size_t lane, tuning;
    bool validation, owns;
    kith_examples which;
    kith_lanes lanes;              /* one for each that is looked at */
    const kith_score_names *names; /* of the model's further scores */
    kith_board *scores;            /* (2 listed, SCORES * width) doubles */
    size_t width;
    double *accuracy;         /* [listed] scratch */
    kith_real *work, *tuned;  /* (d) a learner's own model */
    double bin[SCORES][BINS]; /* learners by accuracy, at the last evaluation */
    bool binned[SCORES];
    uint32_t *home; /* [listed] */
};

/* ---- whom ---- */

static size_t learner_of(const kith_learner_tests *t, size_t lane)
{
    return t->listed == t->learners ? lane : lane * t->learners / t->tested;
}

/* Whether it is one of the evenly spread ones. */
static bool is_tested(const kith_learner_tests *t, size_t learner)
{
    if (t->tested == 0) return false;
    const size_t k = (learner * t->tested + t->learners - 1) / t->learners;
    return k < t->tested && k * t->learners / t->tested == learner;
}

static kith_status allocate(kith_ctx *ctx, kith_learner_tests *t)
{
    const kith_engine *engine = t->engine;
    kith_queue queue;
    kith_queue_open(t->setup.exchange, t->setup.queues, KITH_DEAL_DYNAMIC, KITH_QUEUE_LEARNERS, &queue);
    KITH_TRY(KITH_ALLOC(ctx, "learners' scores", t->listed + 1, &t->accuracy));
    if (!t->owns) return kith_lanes_open(ctx, &queue, t->listed, &t->lanes);
    KITH_TRY(KITH_ALLOC(ctx, "a learner's model", t->setup.dimension, &t->work));
    KITH_TRY(KITH_ALLOC(ctx, "a learner's model", t->setup.dimension, &t->tuned));
    if (!engine->own) return kith_lanes_open(ctx, &queue, t->listed, &t->lanes);
    KITH_TRY(KITH_ALLOC(ctx, "learners' places", t->listed + 1, &t->home));
    for (size_t l = 0; l < t->listed; l++)
        t->home[l] = engine->home(engine->self, learner_of(t, l));
    return kith_lanes_open_at(ctx, &queue, t->listed, t->home, &t->lanes);
}

kith_status kith_learner_tests_open(kith_ctx *ctx, const kith_engine_setup *setup, const kith_engine *engine,
                                    const kith_eval_config *eval, bool validation, kith_learner_tests **out)
{
    kith_learner_tests *t = NULL;
    const size_t n = (size_t)setup->run->learners, wanted = (size_t)eval->learners;
    const size_t tested = !eval->per_learner ? 0 : wanted && wanted < n ? wanted : n;
    kith_status status = KITH_ALLOC(ctx, "learners' tests", 1, &t);
    if (status == KITH_OK) {
        *t = (kith_learner_tests){.setup = *setup,
                                  .engine = engine,
                                  .learners = n,
                                  .tested = tested,
                                  .listed = validation ? n : tested,
                                  .lane = (size_t)eval->lane,
                                  .tuning = (size_t)eval->finetune_steps,
                                  .validation = validation,
                                  .owns = tested && (engine->own || eval->finetune_steps),
                                  .names = kith_trainer_scores(setup->trainer)};
        t->which = kith_data_apart(setup->data) ? KITH_EXAMPLES_TESTED
                   : validation                 ? KITH_EXAMPLES_HELD_OUT
                                                : KITH_EXAMPLES_TRAINED;
        t->width = KITH_SCORE_MORE + t->names->count;
        status = allocate(ctx, t);
    }
    status = kith_exchange_agree(setup->exchange, status, NULL);
    if (status == KITH_OK)
        status = kith_board_create(ctx, setup->exchange, "learners' scores", 2 * t->listed, SCORES * t->width,
                                   sizeof(double), &t->scores);
    if (status != KITH_OK) {
        kith_learner_tests_close(t);
        return status;
    }
    *out = t;
    return KITH_OK;
}

void kith_learner_tests_close(kith_learner_tests *t)
{
    if (!t) return;
    if (t->scores) kith_board_destroy(t->scores);
    kith_lanes_close(&t->lanes);
    kith_free(t->accuracy);
    kith_free(t->work);
    kith_free(t->tuned);
    kith_free(t->home);
    kith_free(t);
}

/* ---- scores ---- */

/* What a learner would use, in a round: its own model or else the run's, x, and then some steps that nobody keeps. */
static kith_status own_model(kith_ctx *ctx, kith_learner_tests *t, const kith_real *x, size_t learner, uint64_t round,
                             const kith_real **out)
{
    *out = x;
    if (t->engine->own) KITH_TRY(t->engine->own(ctx, t->engine->self, learner, t->work, out));
    if (t->tuning == 0) return KITH_OK;
    kith_visit visit = {.ctx = ctx,
                        .learner = learner,
                        .round = round,
                        .version = round,
                        .steps = t->tuning,
                        .lr = kith_local_lr(t->setup.local, round, (uint64_t)t->setup.run->rounds)};
    kith_copy(t->setup.dimension, *out, t->tuned);
    *out = t->tuned;
    return kith_trainer_tune(t->setup.trainer, &visit, t->tuned);
}

static kith_status score_one(kith_ctx *ctx, kith_learner_tests *t, const kith_real *x, size_t learner, uint64_t round,
                             kith_score score[SCORES])
{
    kith_trainer *trainer = t->setup.trainer;
    const kith_real *own = NULL;
    if (t->validation)
        KITH_TRY(kith_trainer_score(ctx, trainer, x, learner, KITH_EXAMPLES_HELD_OUT, t->lane, &score[HELD_OUT]));
    if (!is_tested(t, learner)) return KITH_OK;
    score[GLOBAL] = score[HELD_OUT];
    if (t->which != KITH_EXAMPLES_HELD_OUT) {
        score[GLOBAL] = (kith_score){0};
        KITH_TRY(kith_trainer_score(ctx, trainer, x, learner, t->which, t->lane, &score[GLOBAL]));
    }
    if (!t->owns) return KITH_OK;
    KITH_TRY(own_model(ctx, t, x, learner, round, &own));
    return kith_trainer_score(ctx, trainer, own, learner, t->which, t->lane, &score[OWN]);
}

/* A learner's row in this turn. */
static double *row_of(const kith_learner_tests *t, size_t lane, size_t which)
{
    return (double *)kith_board_row(t->scores, kith_lanes_row(&t->lanes, lane)) + which * t->width;
}

kith_status kith_learner_tests_make(kith_ctx *ctx, kith_learner_tests *t, const kith_real *x, uint64_t round)
{
    kith_status status = KITH_OK;
    kith_headway_begin("testing learner");
    for (size_t l; (l = kith_lanes_next(&t->lanes)) != SIZE_MAX;) {
        kith_score score[SCORES] = {{0}};
        const size_t learner = learner_of(t, l);
        if (status == KITH_OK) {
            status = score_one(ctx, t, x, learner, round, score);
            if (status != KITH_OK) kith_exchange_blame(t->setup.exchange, (uint32_t)learner);
        }
        for (size_t s = 0; s < SCORES; s++)
            kith_score_put(&score[s], t->names->count, row_of(t, l, s));
    }
    return kith_lanes_publish(&t->lanes, t->scores, status);
}

void kith_learner_tests_turn(kith_learner_tests *t)
{
    kith_lanes_turn(&t->lanes);
}

/* ---- what is told of them ---- */

typedef struct named {
    const char *histogram, *mean, *min, *worst_tenth, *sd, *loss_mean, *loss_max;
} named;

#define NAMED(what)                                                                                                    \
    {                                                                                                                  \
        KITH_HISTOGRAM_##what, KITH_METRIC_##what##_accuracy_mean, KITH_METRIC_##what##_accuracy_min,                  \
            KITH_METRIC_##what##_accuracy_worst_tenth, KITH_METRIC_##what##_accuracy_sd,                               \
            KITH_METRIC_##what##_loss_mean, KITH_METRIC_##what##_loss_max                                              \
    }
/* [whether they are held out][whose] */
static const named names[2][2] = {{NAMED(global_on_own_train), NAMED(own_train)},
                                  {NAMED(global_on_own_test), NAMED(own_test)}};

static const named *names_of(const kith_learner_tests *t, size_t which)
{
    return &names[t->which != KITH_EXAMPLES_TRAINED][which == OWN];
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Of `count` accuracies; the worst tenth is rounded up. */
static kith_status give_accuracies(const named *name, double *accuracy, size_t count, kith_measure measure, void *arg)
{
    const size_t tenth = (count + 9) / 10;
    const double n = (double)count;
    double sum = 0.0, worst = 0.0, square = 0.0;
    qsort(accuracy, count, sizeof *accuracy, ascending);
    for (size_t k = 0; k < count; k++) {
        sum += accuracy[k];
        if (k < tenth) worst += accuracy[k];
    }
    for (size_t k = 0; k < count; k++)
        square += (accuracy[k] - sum / n) * (accuracy[k] - sum / n);
    KITH_TRY(measure(arg, name->mean, sum / n));
    KITH_TRY(measure(arg, name->min, accuracy[0]));
    KITH_TRY(measure(arg, name->worst_tenth, worst / (double)tenth));
    return measure(arg, name->sd, sqrt(square / n));
}

/* Bin b has the accuracies from b/20 on. */
static void count_accuracies(kith_learner_tests *t, size_t which, size_t count)
{
    double *bin = t->bin[which];
    t->binned[which] = true;
    memset(bin, 0, sizeof t->bin[which]);
    for (size_t k = 0; k < count; k++)
        bin[(size_t)(t->accuracy[k] * (BINS - 1) * (1.0 + 4.0 * DBL_EPSILON))] += 1.0;
}

kith_status kith_learner_tests_histograms(const kith_learner_tests *t, kith_tally take, void *arg)
{
    for (size_t which = GLOBAL; which <= OWN; which++)
        if (t->binned[which]) KITH_TRY(take(arg, names_of(t, which)->histogram, t->bin[which], BINS));
    return KITH_OK;
}

static kith_status give_one(kith_learner_tests *t, size_t which, kith_measure measure, void *arg)
{
    const named *name = names_of(t, which);
    double mean = 0.0, greatest = 0.0;
    size_t count = 0;
    for (size_t l = 0; l < t->listed; l++) {
        const double *row = row_of(t, l, which);
        if (row[KITH_SCORE_COUNT] == 0.0) continue;
        const double loss = row[KITH_SCORE_LOSS] / row[KITH_SCORE_COUNT];
        mean += loss;
        if (count == 0 || loss > greatest) greatest = loss;
        t->accuracy[count++] = row[KITH_SCORE_CORRECT] / row[KITH_SCORE_COUNT];
    }
    if (count == 0) return KITH_OK;
    KITH_TRY(measure(arg, name->loss_mean, mean / (double)count));
    KITH_TRY(measure(arg, name->loss_max, greatest));
    if (kith_data_shape(t->setup.data)->classes == 0) return KITH_OK;
    count_accuracies(t, which, count);
    return give_accuracies(name, t->accuracy, count, measure, arg);
}

static kith_status give_validation(const kith_learner_tests *t, kith_measure measure, void *arg)
{
    kith_score all = {.loss = 0.0};
    for (size_t l = 0; l < t->listed; l++)
        kith_score_add(row_of(t, l, HELD_OUT), t->names->count, &all);
    if (all.count == 0) return KITH_OK;
    const double predictions = (double)all.count;
    KITH_TRY(measure(arg, KITH_METRIC_val_loss, all.loss / predictions));
    if (kith_data_shape(t->setup.data)->classes)
        KITH_TRY(measure(arg, KITH_METRIC_val_accuracy, (double)all.correct / predictions));
    return kith_scores_give(t->names, &all, KITH_METRIC_val_, measure, arg);
}

kith_status kith_learner_tests_give(kith_learner_tests *t, kith_measure measure, void *arg)
{
    if (t->validation) KITH_TRY(give_validation(t, measure, arg));
    if (t->tested) KITH_TRY(give_one(t, GLOBAL, measure, arg));
    return t->owns ? give_one(t, OWN, measure, arg) : KITH_OK;
}
