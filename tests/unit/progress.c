#include "support.h"

#include "launch/services/progress.h"

#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* A run of which so much is known; NaN: that is not. */
static kith_progress known(uint64_t round, uint64_t rounds, double train_loss, double test_loss, double test_accuracy)
{
    kith_progress p = {.round = round, .rounds = rounds, .steps = NAN, .virtual_time = NAN, .evaluated = true};
    for (size_t i = 0; i < KITH_METRIC_COUNT; i++)
        p.latest[i] = NAN;
    p.latest[KITH_AT_train_loss] = train_loss;
    p.latest[KITH_AT_test_loss] = test_loss;
    p.latest[KITH_AT_test_accuracy] = test_accuracy;
    return p;
}

static kith_progress halfway(void)
{
    return known(120, 500, 0.31214, NAN, 0.91226);
}

static void plain_lines(void **state)
{
    (void)state;
    char line[256];
    kith_progress p = halfway();
    kith_bar_plain(line, sizeof line, &p, 12.34);
    assert_string_equal(line, "round 120/500  train_loss 0.3121  test_accuracy 0.9123  12.3 rounds/s");
    kith_bar_plain(line, 10, &p, 12.34);
    assert_string_equal(line, "round 120");
    p = known(120, 500, 0.31214, 0.25, NAN);
    kith_bar_plain(line, sizeof line, &p, NAN);
    assert_string_equal(line, "round 120/500  train_loss 0.3121  test_loss 0.2500");
    p = known(120, 500, NAN, NAN, NAN);
    kith_bar_plain(line, sizeof line, &p, 1234.5);
    assert_string_equal(line, "round 120/500  1234 rounds/s");
    kith_bar_plain(line, sizeof line, &p, 0.02);
    assert_string_equal(line, "round 120/500  50.0 s/round");
}

/* What a long round is at stays where there is room for nothing else but the count. */
static void within_a_round(void **state)
{
    (void)state;
    char line[256];
    const kith_progress p = halfway();
    kith_bar_line_within(line, sizeof line, &p, 10.0, "visit 3 of 10", 111);
    assert_string_equal(line, "[####--------------]  120/500  visit 3 of 10  train_loss 0.3121  test_accuracy 0.9123  "
                              "10.0 rounds/s  0:38 left");
    kith_bar_line_within(line, sizeof line, &p, 10.0, "visit 3 of 10", 55);
    assert_string_equal(line, "120/500  visit 3 of 10  test_accuracy 0.9123  0:38 left");
    kith_bar_line_within(line, sizeof line, &p, 10.0, "visit 3 of 10", 24);
    assert_string_equal(line, "120/500  visit 3 of 10");
    kith_bar_line_within(line, sizeof line, &p, 10.0, "visit 3 of 10", 10);
    assert_string_equal(line, "120/500");
    kith_bar_time(line, sizeof line, 3725.0, "more");
    assert_string_equal(line, "1:02:05 more");
}

/* What leads a role comes last in lines, and alone in a narrow bar. */
static void every_role_is_led(void **state)
{
    (void)state;
    char line[256];
    kith_progress p = known(3, 9, NAN, NAN, NAN);
    p.steps = 4800;
    p.latest[KITH_AT_exploitability] = 0.125;
    kith_bar_plain(line, sizeof line, &p, NAN);
    assert_string_equal(line, "round 3/9  steps 4800  exploitability 0.1250");
    p = known(3, 9, 0.5, 0.25, 0.75);
    p.latest[KITH_AT_mse] = 1.234e-7;
    p.latest[KITH_AT_own_test_accuracy_mean] = 1.0;
    kith_bar_plain(line, sizeof line, &p, NAN);
    assert_string_equal(line, "round 3/9  train_loss 0.5000  test_loss 0.2500  test_accuracy 0.7500  "
                              "own_test_accuracy_mean 1.0000  mse 1.234e-07");
    kith_bar_line(line, sizeof line, &p, NAN, 24);
    assert_string_equal(line, "3/9  mse 1.234e-07");
    assert_int_equal(kith_progress_leading(&p), KITH_AT_mse);
    p.latest[KITH_AT_mse] = NAN;
    assert_int_equal(kith_progress_leading(&p), KITH_AT_own_test_accuracy_mean);
    p = known(3, 9, NAN, NAN, NAN);
    assert_int_equal(kith_progress_leading(&p), KITH_METRIC_COUNT);
}

static void bars_by_width(void **state)
{
    (void)state;
    char line[256];
    const kith_progress p = halfway();
    kith_bar_line(line, sizeof line, &p, 10.0, 111);
    assert_string_equal(line, "[#######--------------------------]  "
                              "120/500  train_loss 0.3121  test_accuracy 0.9123  10.0 rounds/s  0:38 left");
    kith_bar_line(line, sizeof line, &p, 10.0, 65);
    assert_string_equal(line, "[#####----------------]  120/500  test_accuracy 0.9123  0:38 left");
    kith_bar_line(line, sizeof line, &p, 10.0, 29);
    assert_string_equal(line, "120/500  test_accuracy 0.9123");
    kith_bar_line(line, sizeof line, &p, 10.0, 28);
    assert_string_equal(line, "[####-------------]  120/500");
    kith_bar_line(line, sizeof line, &p, 10.0, 4);
    assert_string_equal(line, "120/");
    kith_bar_line(line, sizeof line, &p, 10.0, 0);
    assert_string_equal(line, "");
}

static void bars_fill_up_and_never_overflow(void **state)
{
    (void)state;
    char line[256];
    kith_progress p = known(120, 500, 0.31214, 12345.678, 0.91226);
    for (p.round = 0; p.round <= p.rounds; p.round++)
        for (size_t width = 0; width < 200; width++) {
            kith_bar_line(line, sizeof line, &p, (double)p.round, width);
            assert_true(strlen(line) <= width);
        }
    p.round = 500;
    kith_bar_line(line, sizeof line, &p, NAN, 40);
    assert_string_equal(line, "500/500  test_accuracy 0.9123");
    kith_bar_line(line, sizeof line, &p, NAN, 45);
    assert_string_equal(line, "[############]  500/500  test_accuracy 0.9123");
    p = known(500, 500, NAN, NAN, NAN);
    kith_bar_line(line, sizeof line, &p, NAN, 25);
    assert_string_equal(line, "[##############]  500/500");
    p.round = p.rounds = 0;
    kith_bar_line(line, sizeof line, &p, NAN, 20);
    assert_string_equal(line, "[#############]  0/0");
    /* A resumed run may be asked for fewer rounds than it has made. */
    p.round = 9;
    p.rounds = 5;
    kith_bar_line(line, sizeof line, &p, NAN, 20);
    assert_string_equal(line, "[#############]  9/5");
    p.round = 90000;
    kith_bar_line(line, sizeof line, &p, NAN, 199);
    assert_string_equal(line, "[##########################################################]  90000/5");
}

static void times_left(void **state)
{
    (void)state;
    char line[256];
    kith_progress p = known(1, 3600, NAN, NAN, NAN);
    kith_bar_line(line, sizeof line, &p, 1.0, 46);
    assert_string_equal(line, "[----------]  1/3600  1.0 rounds/s  59:59 left");
    p.rounds = 7326;
    kith_bar_line(line, sizeof line, &p, 1.0, 48);
    assert_string_equal(line, "[----------]  1/7326  1.0 rounds/s  2:02:05 left");
    p.rounds = 1000001;
    kith_bar_line(line, sizeof line, &p, 1.0, 48);
    assert_string_equal(line, "[----------]  1/1000001  1.0 rounds/s  11 d left");
}

static void files_get_one_line_per_evaluation(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    kith_bar *bar = kith_bar_create(out);
    kith_progress p = halfway();
    kith_bar_draw(bar, &p); /* the first call starts the clock: no rate yet */
    p.evaluated = false;
    p.round++;
    kith_bar_draw(bar, &p);
    kith_bar_finish(bar);
    fclose(out);
    assert_string_equal(text, "round 120/500  train_loss 0.3121  test_accuracy 0.9123\n");
    free(text);
}

/* What a terminal of a given width was sent. */
static size_t drawn_on_terminal(unsigned short width, char *bytes, size_t size)
{
    int master, slave;
    struct winsize window = {.ws_col = width, .ws_row = width ? 24 : 0};
    assert_int_equal(openpty(&master, &slave, NULL, NULL, &window), 0);
    FILE *out = fdopen(slave, "w");
    assert_non_null(out);
    kith_bar *bar = kith_bar_create(out);
    kith_progress p = halfway();
    p.evaluated = false;
    kith_bar_draw(bar, &p);
    p.round++; /* too soon to be drawn */
    kith_bar_draw(bar, &p);
    p.round = p.rounds;
    p.latest[KITH_AT_train_loss] = NAN;
    kith_bar_draw(bar, &p);
    kith_bar_finish(bar);
    putc('!', out); /* so that there is something to read in any case */
    fflush(out);
    size_t got = 0;
    do { /* a terminal hands out what it has so far */
        const ssize_t more = read(master, bytes + got, size - 1 - got);
        assert_true(more > 0);
        got += (size_t)more;
    } while (bytes[got - 1] != '!');
    bytes[got] = '\0';
    fclose(out);
    close(master);
    return got;
}

static void terminals_get_a_bar(void **state)
{
    (void)state;
    char bytes[1024];
    drawn_on_terminal(72, bytes, sizeof bytes);
    assert_non_null(strstr(bytes, "\r[####---------------]  120/500  train_loss 0.3121  test_accuracy 0.9123"));
    assert_null(strstr(bytes, "121/500"));
    assert_non_null(strstr(bytes, "500/500  test_accuracy 0.9123"));
    assert_null(strchr(bytes, '\033'));
    /* The last line ends; nothing follows it but what others write. */
    assert_string_equal(bytes + strlen(bytes) - 3, "\r\n!");
    for (char *line = bytes; line; line = strchr(line + 1, '\r'))
        assert_true(strcspn(line + 1, "\r\n") < 72);
}

/* mpirun's terminals have no width. */
static void terminals_without_a_width_are_files(void **state)
{
    (void)state;
    char bytes[1024];
    drawn_on_terminal(0, bytes, sizeof bytes);
    assert_string_equal(bytes, "!");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_lines),
        cmocka_unit_test(within_a_round),
        cmocka_unit_test(every_role_is_led),
        cmocka_unit_test(bars_by_width),
        cmocka_unit_test(bars_fill_up_and_never_overflow),
        cmocka_unit_test(times_left),
        cmocka_unit_test(files_get_one_line_per_evaluation),
        cmocka_unit_test(terminals_get_a_bar),
        cmocka_unit_test(terminals_without_a_width_are_files),
    };
    return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
