#include "support.h"

#include "config/config.h"
#include "engine/engine.h"
#include "engine/frame/run.h"

#include <stdlib.h>

typedef struct values {
    int kind, shape;
    double rate, decay;
    const char *file, *names;
    bool fast;
} values;

#define AT(field) offsetof(values, field)
static const kith_param rows[] = {
    {"kind", KITH_TYPE_CHOICE, 0, AT(kind), "iid", "iid|shards|label-k", "", "Who gets what."},
    {"rate", KITH_TYPE_REAL, "kind = shards|label-k", AT(rate), "0.1", "", "", "How fast."},
    {"decay", KITH_TYPE_REAL, "rate > 0.5", AT(decay), "1", "", "", "How fast it slows down."},
    {"shape", KITH_TYPE_CHOICE, "@optimizer", AT(shape), "a", "a|b", "", "Which."},
    {"file", KITH_TYPE_STRING, "names != ''", AT(file), "", "", "", "Where from."},
    {"names", KITH_TYPE_STRING, "file != ''", AT(names), "", "", "", "What from there."},
    {"fast", KITH_TYPE_BOOL, "shape = b & !@walk || decay = 2", AT(fast), "no", "", "", "Whether to hurry."},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static kith_ctx *ctx;
static kith_config *config;

static int start(void **state)
{
    (void)state;
    ctx = kith_ctx_create();
    return !ctx || kith_config_create(ctx, &config) != KITH_OK;
}

static int stop(void **state)
{
    (void)state;
    kith_config_destroy(config);
    kith_ctx_destroy(ctx);
    return 0;
}

static kith_truths truths(bool optimizer, bool walk)
{
    kith_truths t = {0};
    kith_truths_set(&t, KITH_IS_OPTIMIZER, optimizer);
    kith_truths_set(&t, KITH_IS_WALK, walk);
    return t;
}

/* Sets what `sets` names, up to NULL, and weighs it. */
static void weigh(kith_truths t, const char *const *sets)
{
    values v;
    stop(NULL);
    assert_int_equal(start(NULL), 0);
    for (; *sets; sets++)
        assert_ok(ctx, kith_config_set(ctx, config, *sets));
    assert_ok(ctx, kith_config_bind(ctx, config, "deal", rows, ROWS, true, &v));
    kith_config_weigh(config, t);
}
#define WEIGH(t, ...) weigh(t, (const char *const[]){__VA_ARGS__, NULL})

static void counts(const char *key, const char *because)
{
    kith_why why;
    const bool is = kith_config_counts(config, "deal", key, &why);
    assert_int_equal(is, because == NULL);
    if (because) assert_string_equal(why.text, because);
}

static void a_row_counts_when_its_condition_holds(void **state)
{
    (void)state;
    WEIGH(truths(true, false), "deal.rate=0.3");
    counts("kind", NULL);
    counts("rate", "deal.kind = iid");
    counts("shape", NULL);
    WEIGH(truths(false, false), "deal.kind=label-k");
    counts("rate", NULL);
    WEIGH((kith_truths){0}, "deal.kind=label-k");
    counts("shape", NULL); /* nobody knows yet */
}

static void it_waits_for_the_rows_that_its_condition_names(void **state)
{
    (void)state;
    WEIGH(truths(true, false), "deal.rate=0.9");
    counts("decay", "deal.kind = iid"); /* since rate does not count */
    WEIGH(truths(true, false), "deal.rate=0.9", "deal.kind=shards");
    counts("decay", NULL);
    WEIGH(truths(true, false), "deal.rate=0.5", "deal.kind=shards");
    counts("decay", "deal.rate = 0.5");
}

static void of_alternatives_one_is_enough_and_the_first_is_blamed(void **state)
{
    (void)state;
    WEIGH(truths(true, false), "deal.shape=b");
    counts("fast", NULL);
    WEIGH(truths(true, true), "deal.shape=b", "deal.kind=shards", "deal.rate=1", "deal.decay=2.0");
    counts("fast", NULL);
    WEIGH(truths(true, false), "deal.decay=2");
    counts("fast", "deal.shape = a");
}

static void rows_that_wait_for_each_other_hold_each_other_up(void **state)
{
    (void)state;
    WEIGH(truths(true, false), "deal.file=x", "deal.names=y");
    counts("file", NULL);
    counts("names", NULL);
    WEIGH(truths(true, false), "deal.file=x");
    counts("file", "deal.names = ''");
    counts("names", "deal.names = ''"); /* nothing to be named yet */
}

static kith_status add(void *arg, const char *section, const char *key, const char *text, const char *source)
{
    (void)section, (void)text, (void)source;
    strcat(arg, key);
    strcat(arg, " ");
    return KITH_OK;
}

static void what_does_not_count_is_said_once_and_left_out(void **state)
{
    (void)state;
    char keys[256] = "", *text = NULL;
    size_t size = 0;
    WEIGH(truths(true, false), "deal.rate=0.3", "deal.decay=1", "deal.file=x");
    kith_config_note_unread(ctx, config, truths(true, false));
    kith_config_note_unread(ctx, config, truths(true, false));
    assert_string_equal(kith_ctx_notes(ctx), "--set: deal.rate = 0.3 has no effect with deal.kind = iid\n"
                                             "--set: deal.file = x has no effect with deal.names = ''\n");
    assert_ok(ctx, kith_config_each(config, add, keys));
    assert_string_equal(keys, "kind shape ");
    for (unsigned all = 0; all < 2; all++) {
        FILE *out = open_memstream(&text, &size);
        assert_ok(ctx, kith_config_write(ctx, config, out, all ? KITH_WRITE_ALL : 0));
        fclose(out);
        assert_int_equal(strstr(text, "rate = 0.3\n") != NULL, all);
        free(text);
    }
}

static void conditions_are_told_in_words(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"kind = shards|label-k", "kind is shards or label-k"},
        {"names != ''|x & rate > 0.5", "names is not empty nor x and rate is above 0.5"},
        {"!@walk || local.unit = steps", "it is not so that the algorithm is a walk, or local.unit is steps"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        kith_when_print(cases[c][0], out);
        fclose(out);
        assert_string_equal(text, cases[c][1]);
        free(text);
    }
}

static void sections_wait_for_facts(void **state)
{
    (void)state;
    assert_true(kith_when_holds(NULL, truths(false, false)));
    assert_true(kith_when_holds("@optimizer", truths(true, false)));
    assert_false(kith_when_holds("@optimizer & @walk", truths(true, false)));
    assert_true(kith_when_holds("@walk || @optimizer", truths(true, false)));
    assert_false(kith_when_holds("!@optimizer || @walk", truths(true, false)));
    assert_true(kith_when_holds("@networks", truths(true, false)));
}

/* ---- the program's own rows ---- */

static bool find_section(const kith_piece *name, kith_section *out)
{
    for (size_t i = 0; kith_run_section(i, out); i++)
        if (strlen(out->name) == name->length && !strncmp(out->name, name->at, name->length)) return true;
    return false;
}

/* A key of another section is one of that section's rows, and has the values that are asked for. */
static void check_foreign(const char *when)
{
    kith_term term;
    kith_why why;
    kith_section s;
    char alone[256];
    while (kith_when_next(&when, &term, &why)) {
        if (term.op == KITH_WHEN_FACT || !term.section.length) continue;
        static const char *const op[] = {[KITH_WHEN_IS] = "=", [KITH_WHEN_IS_NOT] = "!=", [KITH_WHEN_ABOVE] = ">"};
        assert_true(find_section(&term.section, &s));
        snprintf(alone, sizeof alone, "%.*s %s %.*s", (int)term.key.length, term.key.at, op[term.op],
                 term.values.length ? (int)term.values.length : 2, term.values.length ? term.values.at : "''");
        if (!kith_when_check(alone, s.params, *s.count, false, &why)) fail_msg("%s: %s", alone, why.text);
    }
}

static void conditions_of_the_program_name_what_there_is(void **state)
{
    (void)state;
    kith_section s;
    kith_why why;
    size_t conditions = 0;
    for (size_t i = 0; kith_run_section(i, &s); i++) {
        if (s.when && !kith_when_check(s.when, s.params, *s.count, true, &why))
            fail_msg("[%s]: %s: %s", s.name, s.when, why.text);
        for (size_t r = 0; r < *s.count; r++) {
            const char *when = s.params[r].when;
            if (!when) continue;
            conditions++;
            if (!kith_when_check(when, s.params, *s.count, true, &why))
                fail_msg("%s.%s: %s: %s", s.name, s.params[r].key, when, why.text);
            check_foreign(when);
        }
    }
    assert_true(conditions > 50);
}

static void defaults_of_roles_are_rows_with_such_values(void **state)
{
    (void)state;
    const kith_engine_type *type = NULL;
    size_t defaults = 0;
    for (size_t t = 0; (type = kith_engine_at(t)); t++)
        for (size_t d = 0; d < type->default_count; d++, defaults++) {
            const kith_default *own = &type->defaults[d];
            const kith_piece name = {own->section, strlen(own->section)};
            kith_section s;
            kith_value value;
            kith_why why;
            size_t row = 0;
            assert_true(find_section(&name, &s));
            while (row < *s.count && strcmp(s.params[row].key, own->key) != 0)
                row++;
            assert_true(row < *s.count);
            assert_true(kith_value_read(&s.params[row], own->text, &value, &why));
            assert_string_not_equal(own->text, s.params[row].fallback);
        }
    assert_true(defaults > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_row_counts_when_its_condition_holds, start, stop),
        cmocka_unit_test_setup_teardown(it_waits_for_the_rows_that_its_condition_names, start, stop),
        cmocka_unit_test_setup_teardown(of_alternatives_one_is_enough_and_the_first_is_blamed, start, stop),
        cmocka_unit_test_setup_teardown(rows_that_wait_for_each_other_hold_each_other_up, start, stop),
        cmocka_unit_test_setup_teardown(what_does_not_count_is_said_once_and_left_out, start, stop),
        cmocka_unit_test(conditions_of_the_program_name_what_there_is),
        cmocka_unit_test(defaults_of_roles_are_rows_with_such_values),
        cmocka_unit_test(conditions_are_told_in_words),
        cmocka_unit_test(sections_wait_for_facts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
