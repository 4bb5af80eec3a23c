/* Data sets: examples that are what describe() tells, the same for everybody who asks. */
#include "launch/commands/authoring/trial.h"

#include "data/rows.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LEARNERS = 8, GUARD = 1 << 12, FACTS = 16 };

/* A data set, described, with room for one split or one learner. */
typedef struct shelf {
    trial *t;
    const kith_dataset *ops;
    kith_instance instance;
    kith_dataset_info info;
    bool generated;
    unsigned char *features;
    int32_t *labels;
    kith_real *targets;
} shelf;

static void close_shelf(shelf *s)
{
    kith_free(s->features);
    kith_free(s->labels);
    kith_free(s->targets);
    trial_close(s->t, &s->instance);
}

static size_t row_bytes(const shelf *s)
{
    return s->info.shape.features * (s->info.store == KITH_STORE_U8 ? 1 : sizeof(kith_real));
}

static kith_status check_shape(const shelf *s)
{
    const kith_shape *shape = &s->info.shape;
    const size_t pixels = shape->channels * shape->height * shape->width;
    const char *wrong = NULL;
    if (shape->features == 0) wrong = "features is 0";
    if (pixels && pixels != shape->features) wrong = "channels x height x width is not features";
    if (s->info.store > KITH_STORE_U8) wrong = "store is neither reals nor bytes";
    if (!s->generated && s->info.examples[KITH_TRAIN] == 0) wrong = "there are no training examples";
    return wrong ? kith_fail(s->t->ctx, KITH_EPLUGIN, "describe(): %s", wrong) : KITH_OK;
}

static kith_status open_shelf(trial *t, shelf *out)
{
    *out = (shelf){.t = t, .ops = t->plugin->ops};
    const kith_setting setting = trial_setting(t, trial_learners(t), NULL);
    kith_dataset_info again = {0};
    KITH_TRY(trial_create(t, &setting, &out->instance));
    out->generated = out->ops->fill;
    KITH_TRY(out->ops->describe(out->instance.self, t->ctx, &out->info));
    KITH_TRY(check_shape(out));
    KITH_TRY(out->ops->describe(out->instance.self, t->ctx, &again));
    if (memcmp(&again.shape, &out->info.shape, sizeof again.shape) == 0 && again.users == out->info.users &&
        memcmp(again.examples, out->info.examples, sizeof again.examples) == 0)
        return KITH_OK;
    return kith_fail(t->ctx, KITH_EPLUGIN, "describe() tells something else when it is asked again");
}

/* Soiled, so that what is not written shows; guarded, so that what is written behind it does. */
static kith_status make_room(shelf *s, size_t rows)
{
    kith_free(s->features);
    kith_free(s->labels);
    kith_free(s->targets);
    s->features = NULL;
    s->labels = NULL;
    s->targets = NULL;
    KITH_TRY(KITH_ALLOC(s->t->ctx, "examples", rows * row_bytes(s) + GUARD, &s->features));
    KITH_TRY(KITH_ALLOC(s->t->ctx, "labels", rows + GUARD, &s->labels));
    KITH_TRY(KITH_ALLOC(s->t->ctx, "targets", rows * s->info.shape.targets + GUARD, &s->targets));
    memset(s->targets, 0xff, (rows * s->info.shape.targets + GUARD) * sizeof *s->targets);
    memset(s->features, 0xff, rows * row_bytes(s) + GUARD);
    memset(s->labels, 0xff, (rows + GUARD) * sizeof *s->labels);
    return KITH_OK;
}

static int32_t *labels_of(const shelf *s)
{
    return s->info.shape.classes ? s->labels : NULL;
}

static kith_real *targets_of(const shelf *s)
{
    return s->info.shape.targets ? s->targets : NULL;
}

static kith_status check_rows(const shelf *s, const char *what, size_t rows)
{
    const kith_example_rows all = {s->features, labels_of(s), targets_of(s), rows};
    const unsigned char *end = s->features + rows * row_bytes(s);
    const unsigned char *last = (const unsigned char *)(s->targets + rows * s->info.shape.targets);
    for (size_t i = 0; i < GUARD; i++)
        if (end[i] != 0xff || last[i] != 0xff || s->labels[rows + i] != -1)
            return kith_fail(s->t->ctx, KITH_EPLUGIN, "%s: it writes behind the %zu examples that there are", what,
                             rows);
    return kith_rows_check(s->t->ctx, &s->info, what, &all);
}

/* ---- pooled ---- */

static kith_status load(shelf *s, kith_split split)
{
    const size_t rows = s->info.examples[split];
    KITH_TRY(make_room(s, rows));
    KITH_TRY(s->ops->load(s->instance.self, s->t->ctx, split, s->features, labels_of(s), targets_of(s)));
    return check_rows(s, split == KITH_TRAIN ? "training examples" : "test examples", rows);
}

static kith_status check_owners(shelf *s)
{
    uint32_t *user = NULL;
    const size_t rows = s->info.examples[KITH_TRAIN];
    if (!s->ops->owner || s->info.users == 0) return KITH_OK;
    KITH_TRY(load(s, KITH_TRAIN));
    KITH_TRY(KITH_ALLOC(s->t->ctx, "users", rows, &user));
    memset(user, 0xff, rows * sizeof *user);
    kith_status status = s->ops->owner(s->instance.self, s->t->ctx, KITH_TRAIN, user);
    for (size_t e = 0; e < rows && status == KITH_OK; e++)
        if (user[e] >= s->info.users)
            status = kith_fail(s->t->ctx, KITH_EPLUGIN, "owner(): example %zu belongs to user %u, of 0..%zu", e,
                               user[e], s->info.users - 1);
    kith_free(user);
    return status;
}

/* ---- generated ---- */

static size_t learners_of(const shelf *s)
{
    return s->info.users && s->info.users < LEARNERS ? s->info.users : LEARNERS;
}

static kith_status fill(shelf *s, kith_split split, size_t learner, size_t *rows)
{
    char what[64];
    snprintf(what, sizeof what, "%s examples of learner %zu", split == KITH_TRAIN ? "training" : "test", learner);
    *rows = s->ops->size(s->instance.self, split, learner);
    if (*rows == 0 && split == KITH_TRAIN)
        return kith_fail(s->t->ctx, KITH_EPLUGIN, "%s: there are none, and training needs one", what);
    if (s->ops->size(s->instance.self, split, learner) != *rows)
        return kith_fail(s->t->ctx, KITH_EPLUGIN, "%s: size() tells another number when it is asked again", what);
    KITH_TRY(make_room(s, *rows));
    KITH_TRY(s->ops->fill(s->instance.self, s->t->ctx, split, learner, s->features, labels_of(s), targets_of(s)));
    return check_rows(s, what, *rows);
}

/* ---- what is tried ---- */

static void count_classes(trial *t, const shelf *s, size_t rows)
{
    const kith_shape *shape = &s->info.shape;
    trial_tell(t, "%zu examples%s of %zu features, %zu %s", rows,
               s->generated ? " of the first learner" : " for training", shape->features,
               shape->targets ? shape->targets : shape->classes, shape->targets ? "real targets" : "classes");
}

static kith_status look(trial *t, shelf *s)
{
    size_t rows = s->info.examples[KITH_TRAIN];
    for (size_t learner = learners_of(s); s->generated && learner-- > 0;)
        for (int split = 0; split < 2; split++)
            KITH_TRY(fill(s, (kith_split)split, learner, &rows));
    for (int split = 0; split < 2 && !s->generated; split++)
        KITH_TRY(load(s, (kith_split)split));
    if (!s->generated) KITH_TRY(check_owners(s));
    count_classes(t, s, s->generated ? s->ops->size(s->instance.self, KITH_TRAIN, 0) : rows);
    return KITH_OK;
}

static kith_status check_facts(const shelf *s)
{
    kith_fact fact[FACTS];
    size_t count = 0;
    if (!s->ops->facts) return KITH_OK;
    KITH_TRY(s->ops->facts(s->instance.self, s->t->ctx, fact, FACTS, &count));
    for (size_t i = 0; i < count && i < FACTS; i++)
        if (!fact[i].name || !isfinite(fact[i].value))
            return kith_fail(s->t->ctx, KITH_EPLUGIN, "facts(): number %zu has no name or is %g", i, fact[i].value);
    return count <= FACTS ? KITH_OK : kith_fail(s->t->ctx, KITH_EPLUGIN, "facts() tells more than there is room for");
}

static kith_status try_examples(trial *t, const void *arg)
{
    shelf s;
    (void)arg;
    kith_status status = open_shelf(t, &s);
    if (status == KITH_OK) status = look(t, &s);
    if (status == KITH_OK) status = check_facts(&s);
    close_shelf(&s);
    return status;
}

/* Numbers of what was read last, features first. */
static size_t note(const shelf *s, size_t rows, kith_real *out, size_t room)
{
    size_t used = 0;
    const size_t numbers = rows * s->info.shape.features;
    const kith_real *x = (const kith_real *)(const void *)s->features;
    for (size_t k = 0; k < rows && s->info.shape.classes && used < room; k++)
        out[used++] = (kith_real)s->labels[k];
    for (size_t k = 0; k < rows * s->info.shape.targets && used < room; k++)
        out[used++] = s->targets[k];
    for (size_t k = 0; k < numbers && used < room; k++)
        out[used++] = s->info.store == KITH_STORE_U8 ? (kith_real)s->features[k] : x[k];
    return used;
}

/* A learner's examples are asked for after some others', and before. */
static kith_status read_some(shelf *s, bool after, size_t *rows)
{
    size_t others = 0;
    if (!s->generated) {
        if (after) KITH_TRY(load(s, KITH_TEST));
        *rows = s->info.examples[KITH_TRAIN];
        return load(s, KITH_TRAIN);
    }
    if (after) KITH_TRY(fill(s, KITH_TEST, learners_of(s) - 1, &others));
    return fill(s, KITH_TRAIN, 0, rows);
}

static kith_status try_again(trial *t, const void *arg)
{
    static const char remedy[] =
        "examples are a function of the files, the parameters and the seed; draw from kith_stream_at()";
    const bool first = arg == NULL;
    shelf s;
    size_t rows = 0;
    kith_real *numbers = NULL;
    kith_status status = open_shelf(t, &s);
    if (status == KITH_OK) status = KITH_ALLOC(t->ctx, "examples", TRIAL_NUMBERS, &numbers);
    for (int again = 0; again < 2 && status == KITH_OK; again++) {
        status = read_some(&s, again > 0, &rows);
        if (status != KITH_OK) break;
        const size_t count = note(&s, rows, numbers, TRIAL_NUMBERS);
        if (first && !again)
            trial_keep(t, TRIAL_OTHER, count, numbers);
        else
            status =
                trial_compare(t, TRIAL_OTHER, count, numbers, "labels and features of the training examples", remedy);
    }
    kith_free(numbers);
    close_shelf(&s);
    return status;
}

void trial_all_data(subject *s)
{
    static const int later = 1;
    if (!trial_make(s, "examples are what describe() tells", 0, try_examples, NULL)) return;
    if (trial_need(s, "examples are the same when they are asked for again", try_again, NULL))
        trial_make(s, "examples are the same in another process, in other memory", 3, try_again, &later);
    trial_all_runs(s);
}
