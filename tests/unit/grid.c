/* Tables on terminals, and what lists of runs choose by. */
#include "support.h"

#include "launch/services/results/value.h"
#include "launch/services/text/grid.h"

#include <stdlib.h>
#include <string.h>

/* What a grid of three columns prints in so many columns of a terminal. */
static char *printed(size_t width, size_t *left_out)
{
    static const char *const cells[][3] = {{"a", "1", "örtlich"}, {"longer", "22.5", "-"}, {"b", "", ""}};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    kith_ctx *ctx = kith_ctx_create();
    kith_grid *grid = NULL;
    assert_ok(ctx, kith_grid_create(ctx, 3, &grid));
    assert_ok(ctx, kith_grid_title(ctx, grid, 0, "run", false));
    assert_ok(ctx, kith_grid_title(ctx, grid, 1, "value", true));
    assert_ok(ctx, kith_grid_title(ctx, grid, 2, "where", false));
    for (size_t r = 0; r < 3; r++) {
        assert_ok(ctx, kith_grid_row(ctx, grid));
        for (size_t c = 0; c < 3; c++)
            assert_ok(ctx, kith_grid_cell(ctx, grid, c, cells[r][c]));
    }
    *left_out = kith_grid_print(grid, out, width);
    kith_grid_destroy(grid);
    kith_ctx_destroy(ctx);
    fclose(out);
    return text;
}

static void expect(size_t width, size_t left_out, const char *text)
{
    size_t found = 0;
    char *is = printed(width, &found);
    assert_string_equal(is, text);
    assert_int_equal(found, left_out);
    free(is);
}

static void columns_are_aligned(void **state)
{
    (void)state;
    expect(0, 0, "run     value  where\na           1  örtlich\nlonger   22.5  -\nb\n");
}

/* 6 + 2 + 5 + 2 + 7 characters are all of it. */
static void columns_that_do_not_fit_are_left_out(void **state)
{
    (void)state;
    expect(22, 0, "run     value  where\na           1  örtlich\nlonger   22.5  -\nb\n");
    expect(21, 1, "run     value\na           1\nlonger   22.5\nb\n");
    expect(12, 2, "run\na\nlonger\nb\n");
    expect(4, 2, "run\na\nlon…\nb\n");
}

static kith_point points[] = {{0, NAN, 0.25}, {5, NAN, 0.75}, {10, NAN, 0.5}};
static kith_series series[] = {{"hops", points, 2}, {"test_accuracy", points, 3}};
static kith_setting_text parameters[] = {{"local", "lr", "0.1", ""},
                                         {"local", "steps", "5", ""},
                                         {"walk", "steps", "1", ""},
                                         {"run", "topology", "ring", ""},
                                         {"walk", "hops", "7", ""}};
static const kith_result run = {.id = "a/1",
                                .folder = "a",
                                .name = "lr = 0.1",
                                .algorithm = "dsgd",
                                .status = "done",
                                .started = "",
                                .finished = "",
                                .note = "",
                                .tags = "first good",
                                .seed = UINT64_MAX,
                                .parameter = parameters,
                                .parameters = 5,
                                .series = series,
                                .series_count = 2};

static void values_have_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        double number;
    } cases[] = {{"run", "a/1", NAN},       {"status", "done", NAN},       {"local.lr", "0.1", 0.1},
                 {"lr", "0.1", 0.1},        {"steps", NULL, NAN},          {"walk.steps", "1", 1},
                 {"topology", "ring", NAN}, {"test_accuracy", "0.5", 0.5}, {"best test_accuracy", "0.75", 0.75},
                 {"rounds", "10", 10},      {"finished", NULL, NAN},       {"seed", "18446744073709551615", 0x1p64},
                 {"hops", "0.75", 0.75},    {"walk.hops", "7", 7},         {"nothing", NULL, NAN}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kith_run_value value;
        kith_run_value_of(&run, cases[i].name, &value);
        if (cases[i].text)
            assert_string_equal(value.text, cases[i].text);
        else
            assert_null(value.text);
        assert_true(isnan(cases[i].number) ? isnan(value.number) : value.number == cases[i].number);
    }
}

static bool met(const char *text)
{
    kith_criterion criterion;
    kith_ctx *ctx = kith_ctx_create();
    assert_ok(ctx, kith_criterion_read(ctx, text, &criterion));
    const bool is = kith_criterion_met(&criterion, &run);
    kith_criterion_free(&criterion);
    kith_ctx_destroy(ctx);
    return is;
}

static void criteria_are_met(void **state)
{
    (void)state;
    static const char *const yes[] = {"status = done",
                                      "status!=failed",
                                      "lr = 0.10",
                                      " lr <= 0.1",
                                      "lr<1",
                                      "lr >= 1e-1",
                                      "tags = *good*",
                                      "best test_accuracy > 0.7",
                                      "test_accuracy < 0.7",
                                      "steps != 5",
                                      "topology = r?ng",
                                      "nothing != 3",
                                      "name = lr = 0.1",
                                      "algorithm > allreduce"};
    static const char *const no[] = {"status = don", "lr > 0.1",  "lr != 0.1",           "tags = good",
                                     "nothing = 3",  "steps = 5", "test_accuracy >= 0.7"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        if (!met(yes[i])) fail_msg("'%s' is not met", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        if (met(no[i])) fail_msg("'%s' is met", no[i]);
}

static void criteria_that_are_none(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "status", "= done", " < 3"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        kith_criterion criterion;
        char message[256];
        kith_ctx *ctx = kith_ctx_create();
        snprintf(message, sizeof message,
                 "-w '%s': is no criterion; write NAME = VALUE, or !=, <, <=, >, >= in place of =, as in -w 'status = "
                 "done'",
                 texts[i]);
        assert_refused(ctx, kith_criterion_read(ctx, texts[i], &criterion), KITH_EUSAGE, message);
        kith_ctx_destroy(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_aligned),    cmocka_unit_test(columns_that_do_not_fit_are_left_out),
        cmocka_unit_test(values_have_names),      cmocka_unit_test(criteria_are_met),
        cmocka_unit_test(criteria_that_are_none),
    };
    return cmocka_run_group_tests_name("grid", tests, NULL, NULL);
}
