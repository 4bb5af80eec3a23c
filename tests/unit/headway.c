#include "support.h"

#include "base/headway.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *text_now(void)
{
    static char text[256];
    kith_headway stage[KITH_HEADWAYS];
    kith_headway_text(stage, kith_headway_read(stage), text, sizeof text);
    return text;
}

static double share_now(void)
{
    kith_headway stage[KITH_HEADWAYS];
    return kith_headway_share(stage, kith_headway_read(stage));
}

static void parts_have_parts(void **state)
{
    (void)state;
    kith_headway_begin(NULL);
    assert_string_equal(text_now(), "");
    kith_headway_begin("visit");
    assert_string_equal(text_now(), "visit");
    kith_headway_reach(339, 1000);
    assert_string_equal(text_now(), "visit 340 of 1,000");
    kith_headway_within(1, "step", 11, 100);
    assert_string_equal(text_now(), "visit 340 of 1,000, step 12 of 100");
    kith_headway_within(2, "opponent", 0, 3);
    assert_string_equal(text_now(), "visit 340 of 1,000, step 12 of 100, opponent 1 of 3");
    kith_headway_within(1, "step", 12, 100);
    assert_string_equal(text_now(), "visit 340 of 1,000, step 13 of 100");
    kith_headway_reach(340, 1000);
    assert_string_equal(text_now(), "visit 341 of 1,000");
    kith_headway_begin("folding");
    assert_string_equal(text_now(), "folding");
    kith_headway_begin(NULL);
    assert_string_equal(text_now(), "");
    kith_headway_begin("payoffs");
    kith_headway_within(2, "tick", 4, 20);
    assert_string_equal(text_now(), "payoffs, tick 5 of 20");
    kith_headway_begin(NULL);
    /* what nobody began is not told */
    kith_headway_within(1, "step", 1, 2);
    assert_string_equal(text_now(), "");
}

static void one_thing_is_not_counted(void **state)
{
    (void)state;
    kith_headway_begin("lane");
    kith_headway_reach(0, 1);
    assert_string_equal(text_now(), "lane");
    kith_headway_within(1, "hop", 5119, 100000);
    assert_string_equal(text_now(), "hop 5,120 of 100,000");
    kith_headway_begin("optimum, Newton's step");
    kith_headway_reach(2, 0);
    assert_string_equal(text_now(), "optimum, Newton's step 3");
    /* more than was said there would be */
    kith_headway_begin("step");
    kith_headway_reach(7, 5);
    assert_string_equal(text_now(), "step 5 of 5");
}

static void shares(void **state)
{
    (void)state;
    kith_headway_begin("visit");
    assert_true(isnan(share_now()));
    kith_headway_reach(2, 8);
    assert_true(share_now() == 0.25);
    kith_headway_within(1, "step", 3, 4);
    assert_true(share_now() == (2.0 + 0.75) / 8.0);
    kith_headway_within(1, "step", 3, 0);
    assert_true(share_now() == 0.25);
    kith_headway_reach(9, 8);
    assert_true(share_now() == 1.0);
    kith_headway_begin(NULL);
    assert_true(isnan(share_now()));
}

static void numbers(void **state)
{
    (void)state;
    static const struct {
        uint64_t number;
        const char *text;
    } row[] = {
        {0, "0"}, {999, "999"}, {1000, "1,000"}, {123456, "123,456"}, {UINT64_MAX, "18,446,744,073,709,551,615"}};
    char text[40];
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        kith_headway_number(row[i].number, text, sizeof text);
        assert_string_equal(text, row[i].text);
    }
    kith_headway_number(1234567, text, 5);
    assert_string_equal(text, "1,2");
}

static void hear(void *arg, const char *line)
{
    snprintf(arg, 64, "%s", line);
}

static void listeners(void **state)
{
    (void)state;
    char heard[64] = "";
    kith_headway_tell("to nobody");
    assert_false(kith_headway_heard());
    kith_headway_listen(hear, heard);
    assert_true(kith_headway_heard());
    kith_headway_tell("soccer: 12 states");
    assert_string_equal(heard, "soccer: 12 states");
    kith_headway_listen(NULL, NULL);
    assert_false(kith_headway_heard());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_have_parts), cmocka_unit_test(one_thing_is_not_counted),
        cmocka_unit_test(shares),           cmocka_unit_test(numbers),
        cmocka_unit_test(listeners),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
