/* Checkpoints whose digests are right and whose numbers no run could have written are refused. tests/fuzz/forged makes
 * up a thousand for each engine; these are those that once did harm, or that it cannot tell from what is right. */
#include "support.h"

#include "engine/federated/federated.h"
#include "engine/frame/resume.h"
#include "engine/population/population.h"
#include "quadratics.h"
#include "runner.h"
#include "scratch.h"
#include "walks.h"

enum { N = 6, BEFORE = 3 };

static const kith_engine *engine_of(const runner *r)
{
    return kith_run_engine(r->run);
}

/* Loads what the run is now, but for a row of the part of that name. */
static kith_status load_forged(runner *r, const char *name, size_t row, const void *elements)
{
    kith_checkpoint_setup setup = {.round = BEFORE, .build = "version=1\n", .config = "\n"};
    kith_checkpoint *c = NULL;
    size_t part = 0;
    setup.part = engine_of(r)->parts(engine_of(r)->self, &setup.parts);
    while (strcmp(setup.part[part].name, name) != 0)
        assert_true(++part < setup.parts);
    assert_ok(r->ctx, kith_checkpoint_create(r->ctx, "forged", &setup, &c));
    assert_ok(r->ctx, engine_of(r)->save(r->ctx, engine_of(r)->self, c));
    assert_ok(r->ctx, kith_checkpoint_write_row(r->ctx, c, part, row, elements));
    assert_ok(r->ctx, kith_checkpoint_seal(r->ctx, c));
    assert_ok(r->ctx, kith_checkpoint_place(r->ctx, c, 1));
    kith_checkpoint_close(c);
    assert_ok(r->ctx, kith_checkpoint_open(r->ctx, "forged", BEFORE, &c));
    const kith_status status = engine_of(r)->load(r->ctx, engine_of(r)->self, c, BEFORE);
    kith_checkpoint_close(c);
    return status;
}

static void begin(runner *r, const settings *s)
{
    assert_ok(r->ctx, runner_open(r, s->list));
    for (int t = 0; t < BEFORE; t++)
        assert_ok(r->ctx, engine_of(r)->round(r->ctx, engine_of(r)->self));
}

#define REMEDY "; remove it to resume from an older one, if there is one, or begin anew with --overwrite"

/* ---- walks ---- */

static void tokens_stand_at_learners(void **state)
{
    (void)state;
    static const struct {
        uint32_t at, used;
        const char *message;
    } wrong[] = {
        {N, 0, "forged/round-000003.kith: token 2 stands at learner 6 of 6, or has drawn 0 of 4 numbers" REMEDY},
        {UINT32_MAX, 4,
         "forged/round-000003.kith: token 2 stands at learner 4294967295 of 6, or has drawn 4 of 4 numbers" REMEDY},
        {N - 1, 5, "forged/round-000003.kith: token 2 stands at learner 5 of 6, or has drawn 5 of 4 numbers" REMEDY},
    };
    settings s;
    runner r;
    quadratic(&s, "srrw", N, 1.0, 1, 50);
    set(&s, "run.topology=ring");
    set(&s, "walk.tokens=4");
    set(&s, "walk.hops=5");
    set(&s, "local.steps=1");
    begin(&r, &s);
    const kith_token_memory good = *(kith_token_memory *)kith_token_row(walkers(&r), KITH_TOKEN_MEMORY, 2);
    kith_token_memory bad = good;
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        bad.at = wrong[k].at;
        bad.stream.used = wrong[k].used;
        assert_refused(r.ctx, load_forged(&r, "tokens", 2, &bad), KITH_EDATA, wrong[k].message);
    }
    bad.at = N - 1;
    bad.stream.used = 4;
    assert_ok(r.ctx, load_forged(&r, "tokens", 2, &bad));
    assert_ok(r.ctx, engine_of(&r)->round(r.ctx, engine_of(&r)->self));
    runner_close(&r);
}

/* ---- learners that are chosen ---- */

static void learners_have_rows_of_their_own(void **state)
{
    (void)state;
    static const struct {
        size_t row[N]; /* in place of 1, 2, 3 ... in the order in which learners were seen */
        const char *message;
    } wrong[] = {
        {{1, 2, 4}, "forged/round-000003.kith: the planes of learner 2 are row 4 of 3, or another learner's" REMEDY},
        {{1, SIZE_MAX},
         "forged/round-000003.kith: the planes of learner 1 are row 18446744073709551615 of 2, or another "
         "learner's" REMEDY},
        {{0, 2, 0, 2, 1},
         "forged/round-000003.kith: the planes of learner 3 are row 2 of 3, or another learner's" REMEDY},
    };
    settings s;
    runner r;
    quadratic(&s, "scaffold", N, 1.0, 1, 50);
    set(&s, "participation.select=norm");
    set(&s, "participation.arrivals=2");
    set(&s, "local.steps=1");
    begin(&r, &s);
    federated *f = engine_of(&r)->self;
    size_t good[N];
    memcpy(good, f->own_row, sizeof good);
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        assert_refused(r.ctx, load_forged(&r, "what is known of learners", KITH_PLAN_LISTS, wrong[k].row), KITH_EDATA,
                       wrong[k].message);
        memcpy(f->own_row, good, sizeof good);
    }
    assert_ok(r.ctx, load_forged(&r, "what is known of learners", KITH_PLAN_LISTS, good));
    assert_ok(r.ctx, engine_of(&r)->round(r.ctx, engine_of(&r)->self));
    runner_close(&r);
}

/* How often a learner took part is a bin of a histogram. */
static void learners_took_part_in_rounds_that_were(void **state)
{
    (void)state;
    static const char message[] =
        "forged/round-000003.kith: what is known of learner 4 does not come from 3 rounds" REMEDY;
    static const uint64_t wrong[][N] = {
        {0, 1, 0, 0, 7}, {0, 0, 0, 0, UINT64_MAX}, {6, 6, 6, 6, UINT64_C(1) << 32}, {0, 0, 0, 0, UINT64_MAX / 2}};
    static const uint64_t last[][N] = {{0, 1, 0, 0, 4}, {3, 3, 3, 3, UINT64_MAX}, {0, 0, 0, 0, UINT32_MAX}};
    const uint64_t times[N] = {6}, rounds[N] = {3, 3};
    settings s;
    runner r;
    quadratic(&s, "fedavg", N, 1.0, 1, 50);
    set(&s, "participation.select=oort");
    set(&s, "participation.arrivals=2");
    begin(&r, &s);
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++)
        assert_refused(r.ctx, load_forged(&r, "what is known of learners", 2, wrong[k]), KITH_EDATA, message);
    assert_ok(r.ctx, load_forged(&r, "what is known of learners", 2, times));
    for (size_t k = 0; k < sizeof last / sizeof last[0]; k++)
        assert_refused(r.ctx, load_forged(&r, "what is known of learners", 1, last[k]), KITH_EDATA, message);
    assert_ok(r.ctx, load_forged(&r, "what is known of learners", 1, rounds));
    assert_ok(r.ctx, engine_of(&r)->round(r.ctx, engine_of(&r)->self));
    runner_close(&r);
}

/* ---- games ---- */

/* Values of what is no distribution grow without end. */
static void tables_are_distributions(void **state)
{
    (void)state;
    static const char message[] = "forged/round-000003.kith: frozen policy 0 is no distribution" REMEDY;
    static const double wrong[][3] = {{1e308, 0, 0}, {-1, 1, 1}, {NAN, 0.5, 0.5}, {0.5, 0.5, 0.1}, {0, 0, 0}};
    double policy[64];
    settings s = {.count = 0};
    runner r;
    set(&s, "run.algorithm=fxp");
    set(&s, "run.game=team-rps");
    set(&s, "run.rounds=50");
    begin(&r, &s);
    const kith_arena *a = engine_of(&r)->self;
    assert_in_range(a->entries, 3, 64);
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        memcpy(policy, a->policy, a->entries * sizeof *policy);
        memcpy(policy, wrong[k], sizeof wrong[k]);
        const kith_status status = load_forged(&r, "frozen policies", 0, policy);
        assert_refused(r.ctx, status, KITH_EDATA, message);
        for (size_t e = 0; e < a->entries; e++)
            ((double *)a->policy)[e] = 1.0 / 3.0;
    }
    for (size_t e = 0; e < a->entries; e++)
        policy[e] = e % 3 == 0;
    assert_ok(r.ctx, load_forged(&r, "frozen policies", 0, policy));
    assert_ok(r.ctx, engine_of(&r)->round(r.ctx, engine_of(&r)->self));
    runner_close(&r);
}

/* ---- rounds ---- */

static kith_status open_recorded(runner *r, const settings *s, bool resume)
{
    const kith_exchange_options alone = {0};
    const kith_run_options options = {.name = "test", .build = "", .record = true, .resume = resume};
    *r = (runner){.ctx = kith_ctx_create()};
    assert_ok(r->ctx, kith_exchange_open(r->ctx, &alone, "", &r->exchange));
    assert_ok(r->ctx, kith_registry_create(r->ctx, &r->registry));
    assert_ok(r->ctx, kith_config_create(r->ctx, &r->config));
    for (size_t i = 0; i < s->count; i++)
        assert_ok(r->ctx, kith_config_set(r->ctx, r->config, s->text[i]));
    assert_ok(r->ctx, kith_run_resolve(r->ctx, r->registry, r->config, &options, &r->run));
    return kith_run_open(r->ctx, r->run, r->exchange);
}

/* The checkpoint of round 3 says that it is of round `named`, and its last part that it is of round `inside`. */
static void put_rounds(kith_ctx *ctx, uint64_t named, uint64_t inside)
{
    kith_checkpoint *from = NULL, *to = NULL;
    static unsigned char row[1 << 16];
    assert_ok(ctx, kith_checkpoint_open(ctx, "out/checkpoint", BEFORE, &from));
    kith_checkpoint_setup setup = *kith_checkpoint_setup_of(from);
    setup.round = named;
    assert_ok(ctx, kith_checkpoint_create(ctx, "out/checkpoint", &setup, &to));
    for (size_t p = 0; p < setup.parts; p++)
        for (size_t i = 0; i < setup.part[p].rows; i++) {
            assert_in_range(setup.part[p].length * setup.part[p].size, 1, sizeof row);
            assert_ok(ctx, kith_checkpoint_read_row(ctx, from, p, i, row));
            if (p + 1 == setup.parts) memcpy(row + offsetof(kith_saved, round), &inside, sizeof inside);
            assert_ok(ctx, kith_checkpoint_write_row(ctx, to, p, i, row));
        }
    assert_ok(ctx, kith_checkpoint_seal(ctx, to));
    assert_ok(ctx, kith_checkpoint_place(ctx, to, 2));
    kith_checkpoint_close(to);
    kith_checkpoint_close(from);
}

/* A plan is drawn up to the round that a checkpoint tells: without an end, where that was believed. */
static void rounds_are_those_of_the_run(void **state)
{
    (void)state;
    static const struct {
        uint64_t named, inside;
    } wrong[] = {{BEFORE, BEFORE + 1}, {BEFORE, 0}, {BEFORE, UINT64_MAX}, {BEFORE, UINT64_MAX / 2}, {51, 51}};
    settings s;
    runner r;
    bool stop = false, done = false;
    quadratic(&s, "fedavg", N, 1.0, 1, 50);
    set(&s, "run.output=out");
    assert_int_equal(open_recorded(&r, &s, false), KITH_OK);
    for (int t = 0; t < BEFORE; t++) {
        stop = t + 1 == BEFORE;
        assert_ok(r.ctx, kith_run_step(r.ctx, r.run, &stop, &done));
    }
    assert_ok(r.ctx, kith_run_finish(r.ctx, r.run, "stopped", NULL));
    runner_close(&r);
    kith_ctx *ctx = kith_ctx_create();
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        char message[256];
        put_rounds(ctx, wrong[k].named, wrong[k].inside);
        snprintf(message, sizeof message,
                 "out/checkpoint/round-%06llu.kith: is of round %llu, its contents of round %llu, and the run has "
                 "50" REMEDY,
                 (unsigned long long)wrong[k].named, (unsigned long long)wrong[k].named,
                 (unsigned long long)wrong[k].inside);
        const kith_status status = open_recorded(&r, &s, true);
        assert_refused(r.ctx, status, KITH_EDATA, message);
        runner_close(&r);
    }
    assert_int_equal(remove("out/checkpoint/round-000051.kith"), 0);
    put_rounds(ctx, BEFORE, BEFORE);
    assert_int_equal(open_recorded(&r, &s, true), KITH_OK);
    assert_ok(r.ctx, kith_run_step(r.ctx, r.run, &stop, &done));
    runner_close(&r);
    kith_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rounds_are_those_of_the_run, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(tables_are_distributions, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(tokens_stand_at_learners, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(learners_have_rows_of_their_own, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(learners_took_part_in_rounds_that_were, scratch_enter, scratch_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
