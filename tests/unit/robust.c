/* Robust rules of aggregation, as filters under fedavg, against what a naive reading of the papers gives, on
 * quadratics: with one step of length 1 from 0 a client's update is its point. Vectors are longer than a block, so that
 * sums over blocks count. */
#include "support.h"

#include "runner.h"
#include "quadratics.h"
#include "scratch.h"

enum { LENGTH = 4500, MOST = 16 };

static const double tolerance = sizeof(kith_real) == sizeof(double) ? 1e-12 : 2e-6;

/* Coordinates alternate between two numbers, so that points are those of a plane. */
static void write_points(const double (*point)[2], size_t m)
{
    FILE *out = fopen("plane.csv", "w");
    assert_non_null(out);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < LENGTH; j++)
            fprintf(out, "%.17g%s", point[i][j % 2], j + 1 < LENGTH ? "," : "\n");
    fclose(out);
}

__attribute__((format(printf, 3, 4))) static void settings_of(settings *s, size_t m, const char *rule, ...)
{
    char text[TEXT / 2];
    va_list args;
    va_start(args, rule);
    vsnprintf(text, sizeof text, rule, args);
    va_end(args);
    s->count = 0;
    set(s, "run.algorithm=fedavg");
    set(s, "run.model=quadratic");
    set(s, "run.dataset=points");
    set(s, "points.file=plane.csv");
    set(s, "partition.kind=sequential");
    set(s, "run.learners=%zu", m);
    set(s, "run.rounds=1");
    set(s, "participation.arrivals=%zu", m);
    set(s, "local.steps=1");
    set(s, "local.lr=1");
    set(s, "local.batch=0");
    set(s, "eval.every=0");
    set(s, "server.filters=%s", text);
}

static void expect_point(settings *s, double x, double y)
{
    runner r;
    assert_ok(r.ctx, runner_open(&r, s->list));
    assert_ok(r.ctx, runner_step(&r));
    for (size_t j = 0; j < LENGTH; j++)
        assert_close((double)runner_model(&r)[j], j % 2 ? y : x, 0, tolerance * 10);
    runner_close(&r);
}

/* Five that agree more or less, and two that do not. */
static const double plane[7][2] = {{1, 2.4}, {1.5, 1}, {0.3, 2.1}, {9, -8}, {2.2, 2.2}, {0.6, 0.8}, {-7, 3}};

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The mean of those from `from` to `to` in order. */
static double middle(size_t m, int axis, size_t from, size_t to)
{
    double list[MOST], sum = 0;
    for (size_t i = 0; i < m; i++)
        list[i] = plane[i][axis];
    qsort(list, m, sizeof *list, by_size);
    for (size_t i = from; i <= to; i++)
        sum += list[i] / (double)(to - from + 1);
    return sum;
}

static void medians(void **state)
{
    (void)state;
    settings s;
    for (size_t m = 1; m <= 7; m++) {
        write_points(plane, m);
        settings_of(&s, m, "median");
        expect_point(&s, middle(m, 0, (m - 1) / 2, m / 2), middle(m, 1, (m - 1) / 2, m / 2));
    }
    settings_of(&s, 7, "median");
    set(&s, "fedavg.server_lr=0.25");
    expect_point(&s, middle(7, 0, 3, 3) / 4, middle(7, 1, 3, 3) / 4);
}

static void trimmed_means(void **state)
{
    (void)state;
    settings s;
    static const struct {
        const char *trim;
        size_t out;
    } cases[] = {{"0", 0}, {"0.14", 0}, {"0.15", 1}, {"0.3", 2}, {"0.49", 3}};
    write_points(plane, 7);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        settings_of(&s, 7, "trimmed-mean(trim=%s)", cases[k].trim);
        expect_point(&s, middle(7, 0, cases[k].out, 6 - cases[k].out), middle(7, 1, cases[k].out, 6 - cases[k].out));
    }
}

static double gap2(size_t a, size_t b)
{
    const double x = plane[a][0] - plane[b][0], y = plane[a][1] - plane[b][1];
    return x * x + y * y;
}

static double krum_score(size_t m, size_t i, size_t faulty)
{
    double list[MOST], sum = 0;
    size_t count = 0;
    for (size_t j = 0; j < m; j++)
        if (j != i) list[count++] = gap2(i, j);
    qsort(list, count, sizeof *list, by_size);
    for (size_t k = 0; k < m - faulty - 2; k++)
        sum += list[k];
    return sum;
}

static void krum(void **state)
{
    (void)state;
    settings s;
    write_points(plane, 7);
    for (size_t chosen = 1; chosen <= 4; chosen++) {
        double x = 0, y = 0, score[7];
        for (size_t i = 0; i < 7; i++)
            score[i] = krum_score(7, i, 2);
        for (size_t i = 0; i < 7; i++) {
            size_t ahead = 0;
            for (size_t j = 0; j < 7; j++)
                ahead += score[j] < score[i];
            if (ahead >= chosen) continue;
            x += plane[i][0] / (double)chosen;
            y += plane[i][1] / (double)chosen;
        }
        settings_of(&s, 7, "krum(chosen=%zu)", chosen);
        expect_point(&s, x, y);
    }
}

/* Distances are sqrt(LENGTH / 2) times those in the plane. */
static void geometric_median(void **state)
{
    (void)state;
    settings s;
    write_points(plane, 7);
    for (int iterations = 1; iterations <= 30; iterations += 29) {
        double x = 0, y = 0;
        for (size_t i = 0; i < 7; i++)
            x += plane[i][0] / 7, y += plane[i][1] / 7;
        for (int t = 0; t < iterations; t++) {
            double sx = 0, sy = 0, sum = 0;
            for (size_t i = 0; i < 7; i++) {
                const double w = 1 / (sqrt(LENGTH / 2.0) * hypot(plane[i][0] - x, plane[i][1] - y));
                sx += w * plane[i][0], sy += w * plane[i][1], sum += w;
            }
            x = sx / sum, y = sy / sum;
        }
        settings_of(&s, 7, "geometric-median(iterations=%d)", iterations);
        expect_point(&s, x, y);
    }
    /* it is where unit vectors to the points add up to 0 */
    double ux = 0, uy = 0, x = 0, y = 0;
    runner r;
    settings_of(&s, 7, "geometric-median(iterations=100)");
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_ok(r.ctx, runner_step(&r));
    x = (double)runner_model(&r)[0], y = (double)runner_model(&r)[1];
    for (size_t i = 0; i < 7; i++) {
        const double far = hypot(plane[i][0] - x, plane[i][1] - y);
        ux += (plane[i][0] - x) / far, uy += (plane[i][1] - y) / far;
    }
    assert_true(hypot(ux, uy) < 0.02);
    runner_close(&r);
}

/* Learners hold 2, 2, 3 of the seven, and weigh so, or alike. */
static void expect_weighted(bool by_examples)
{
    settings s;
    double b[3][2] = {{0}}, x = 0, y = 0;
    static const size_t first[] = {0, 2, 4, 7};
    write_points(plane, 7);
    for (size_t i = 0; i < 3; i++)
        for (size_t k = first[i]; k < first[i + 1]; k++)
            for (int axis = 0; axis < 2; axis++)
                b[i][axis] += plane[k][axis] / (double)(first[i + 1] - first[i]);
    for (int t = 0; t < 3; t++) {
        double sx = 0, sy = 0, sum = 0;
        for (size_t i = 0; i < 3; i++) {
            const double n = by_examples ? (double)(first[i + 1] - first[i]) : 1,
                         w = t ? n / hypot(b[i][0] - x, b[i][1] - y) : n;
            sx += w * b[i][0], sy += w * b[i][1], sum += w;
        }
        x = sx / sum, y = sy / sum;
    }
    settings_of(&s, 3, "geometric-median(iterations=2%s)", by_examples ? ", weights=examples" : "");
    expect_point(&s, x, y);
}

static void geometric_medians_weigh(void **state)
{
    (void)state;
    expect_weighted(true);
    expect_weighted(false);
}

/* What every step lacks is refused before the first, and what some lack by the first of them. */
static void too_few_messages(void **state)
{
    (void)state;
    settings s;
    runner r;
    write_points(plane, 7);
    settings_of(&s, 7, "krum(faulty=3)");
    assert_refused(r.ctx, runner_open(&r, s.list), KITH_ECONFIG,
                   "krum: 7 messages a step are too few for faulty = 3 and chosen = 1, which need 2 faulty + 3 = 9 and "
                   "as many as are chosen; lower them or participation.dropout, raise participation.arrivals or "
                   "oversample, or set participation.short = wait");
    runner_close(&r);
    settings_of(&s, 7, "krum(chosen=8)");
    assert_refused(r.ctx, runner_open(&r, s.list), KITH_ECONFIG,
                   "krum: 7 messages a step are too few for faulty = 2 and chosen = 8, which need 2 faulty + 3 = 7 and "
                   "as many as are chosen; lower them or participation.dropout, raise participation.arrivals or "
                   "oversample, or set participation.short = wait");
    runner_close(&r);
    settings_of(&s, 7, "bucketing(size=2), krum");
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_refused(r.ctx, runner_step(&r), KITH_ECONFIG,
                   "krum: 4 messages in a step are too few for faulty = 2 and chosen = 1, which need 2 faulty + 3 = 7 "
                   "and as many as are chosen; lower them or participation.dropout, raise participation.arrivals or "
                   "oversample, or set participation.short = wait");
    runner_close(&r);
}

/* It is said at the start where no step has enough messages; a step that has fewer than others is refused. */
static void trims_that_leave_nothing_out(void **state)
{
    (void)state;
    settings s;
    runner r;
    static const struct {
        size_t arrivals;
        const char *trim, *notes;
    } cases[] = {
        {4, "0.2",
         "trimmed-mean: trim = 0.2 of at most 4 messages is less than one, so nothing is left out and it is the "
         "mean; raise trim or participation.arrivals\n"},
        {7, "0.14",
         "trimmed-mean: trim = 0.14 of at most 7 messages is less than one, so nothing is left out and it is "
         "the mean; raise trim or participation.arrivals\n"},
        {5, "0.2", ""},
        {4, "0", ""}};
    write_points(plane, 7);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        settings_of(&s, 7, "trimmed-mean(trim=%s)", cases[k].trim);
        set(&s, "participation.arrivals=%zu", cases[k].arrivals);
        assert_ok(r.ctx, runner_open(&r, s.list));
        assert_string_equal(kith_ctx_notes(r.ctx), cases[k].notes);
        assert_ok(r.ctx, runner_step(&r));
        runner_close(&r);
    }
    settings_of(&s, 7, "bucketing(size=2), trimmed-mean(trim=0.2)");
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_refused(r.ctx, runner_step(&r), KITH_ECONFIG,
                   "trimmed-mean: trim = 0.2 leaves out none of the 4 messages of round 0; raise trim or "
                   "participation.oversample, lower participation.dropout, or set participation.short = wait");
    runner_close(&r);
}

/* A rule keeps its word only where enough messages stand against those that are wrong. */
static void rules_without_enough_messages_say_so(void **state)
{
    (void)state;
    settings s;
    runner r;
    static const struct {
        const char *rule;
        size_t arrivals;
        const char *notes;
    } cases[] = {
        {"median", 1, "median: of at most 1 message it is the mean; raise participation.arrivals\n"},
        {"median", 2, "median: of at most 2 messages it is the mean; raise participation.arrivals\n"},
        {"median", 3, ""},
        {"krum(faulty=2, chosen=6)", 7,
         "krum: chosen = 6 of at most 7 messages takes wrong ones in if faulty = 2 are wrong; choose at most 5\n"},
        {"krum(faulty=1, chosen=5)", 5,
         "krum: chosen = 5 of at most 5 messages takes wrong ones in if faulty = 1 are wrong; choose at most 4\n"},
        {"krum(faulty=2, chosen=5)", 7, ""},
        {"krum(faulty=0, chosen=7)", 7, ""},
    };
    write_points(plane, 7);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        settings_of(&s, 7, "%s", cases[k].rule);
        set(&s, "participation.arrivals=%zu", cases[k].arrivals);
        assert_ok(r.ctx, runner_open(&r, s.list));
        assert_string_equal(kith_ctx_notes(r.ctx), cases[k].notes);
        assert_ok(r.ctx, runner_step(&r));
        runner_close(&r);
    }
}

/* 0.29 * 100 is a little less than 29 in binary. Of 29 numbers -1, 42 that are 0 and 29 that are 100 the middle 42 are
 * left; one more at either end would make it 99/44. */
static void a_share_of_a_whole_number_is_whole(void **state)
{
    (void)state;
    settings s;
    runner r;
    FILE *out = fopen("numbers.csv", "w");
    assert_non_null(out);
    for (int i = 0; i < 100; i++)
        fprintf(out, "%d\n", i < 29 ? -1 : i < 71 ? 0 : 100);
    fclose(out);
    settings_of(&s, 100, "trimmed-mean(trim=0.29)");
    set(&s, "points.file=numbers.csv");
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_ok(r.ctx, runner_step(&r));
    assert_close((double)runner_model(&r)[0], 0, 0, 1e-12);
    runner_close(&r);
}

static void what_an_optimizer_of_the_server_leaves_unread_is_said(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"sgd", "fedopt.tau=0.1", "--set: fedopt.tau = 0.1 has no effect with fedopt.optimizer = sgd\n"},
        {"adagrad", "fedopt.tau=0.1", ""},
        {"adagrad", "fedopt.beta2=0.5", "--set: fedopt.beta2 = 0.5 has no effect with fedopt.optimizer = adagrad\n"},
        {"yogi", "fedopt.beta2=0.5", ""},
        {"sgd", "fedopt.beta1=0.5", ""}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        settings s;
        runner r;
        quadratic(&s, "fedopt", 4, 1.0, 1, 3);
        set(&s, "participation.arrivals=2");
        set(&s, "fedopt.optimizer=%s", cases[k][0]);
        set(&s, "%s", cases[k][1]);
        assert_ok(r.ctx, runner_open(&r, s.list));
        assert_string_equal(kith_ctx_notes(r.ctx), cases[k][2]);
        runner_close(&r);
    }
}

static void updates_that_are_no_numbers(void **state)
{
    (void)state;
    settings s;
    runner r;
    write_points(plane, 7);
    settings_of(&s, 7, "median");
    set(&s, "local.lr=1e308");
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_int_equal(runner_step(&r), KITH_EDIVERGED);
    assert_non_null(strstr(kith_ctx_message(r.ctx), "is not finite after server step 0"));
    runner_close(&r);
}

/* Its rules are filters now, and how to write them is said where it is asked for. */
static void robust_is_a_chain(void **state)
{
    (void)state;
    settings s;
    runner r;
    settings_of(&s, 7, "median");
    set(&s, "run.algorithm=robust");
    assert_refused(r.ctx, runner_open(&r, s.list), KITH_EPLUGIN,
                   "--set: run.algorithm = robust: there is no such algorithm any more; its rules stand under every "
                   "federated algorithm: set run.algorithm = fedavg, and server.filters to median, "
                   "trimmed-mean(trim=0.2), krum(faulty=2, chosen=1) or geometric-median(weights=examples)");
    runner_close(&r);
}

static void one_message(void **state)
{
    (void)state;
    settings s;
    write_points(plane, 1);
    for (int rule = 0; rule < 3; rule++) {
        static const char *const rules[] = {"median", "trimmed-mean", "geometric-median"};
        settings_of(&s, 1, "%s", rules[rule]);
        expect_point(&s, plane[0][0], plane[0][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(medians),
        cmocka_unit_test(trimmed_means),
        cmocka_unit_test(krum),
        cmocka_unit_test(geometric_median),
        cmocka_unit_test(geometric_medians_weigh),
        cmocka_unit_test(too_few_messages),
        cmocka_unit_test(trims_that_leave_nothing_out),
        cmocka_unit_test(rules_without_enough_messages_say_so),
        cmocka_unit_test(a_share_of_a_whole_number_is_whole),
        cmocka_unit_test(robust_is_a_chain),
        cmocka_unit_test(what_an_optimizer_of_the_server_leaves_unread_is_said),
        cmocka_unit_test(updates_that_are_no_numbers),
        cmocka_unit_test(one_message),
    };
    return cmocka_run_group_tests_name("robust", tests, scratch_enter, scratch_leave);
}
