#include "launch/commands/plot/choose.h"
#include "base/metrics.h"

#include "config/config.h"
#include "launch/services/results/metrics.h"

#include <stdlib.h>
#include <string.h>

static const char *const axis_names[] = {"rounds", "bytes", KITH_METRIC_virtual_time, KITH_METRIC_bytes_up};
enum { AXES = sizeof axis_names / sizeof axis_names[0], NAME_SIZE = 160, MOST_LISTED = 6 };

/* ---- what they are drawn against ---- */

/* The first run's that has it; NULL: none has. */
static const kith_setting_text *find(const kith_results *results, const char *name)
{
    char own[NAME_SIZE];
    for (size_t r = 0; r < results->count; r++)
        for (size_t i = 0; i < results->run[r]->parameters; i++) {
            const kith_setting_text *p = &results->run[r]->parameter[i];
            snprintf(own, sizeof own, "%s.%s", p->section, p->key);
            if (strcmp(own, name) == 0) return p;
        }
    return NULL;
}

/* "local.lr, schedule.at" */
static void list_keys(const kith_swept *swept, char *text, size_t size)
{
    size_t used = 0, listed = 0;
    *text = '\0';
    for (size_t k = 0; k < swept->count && used < size; k++) {
        char name[NAME_SIZE];
        if (swept->key[k].lacked || listed++ == MOST_LISTED) continue;
        kith_swept_name(&swept->key[k], name, sizeof name);
        const int more = snprintf(text + used, size - used, "%s%s", used ? ", " : "", name);
        used += more > 0 ? (size_t)more : 0;
    }
}

/* A parameter, and the option that names it. */
typedef struct asked {
    const char *option, *name, *where;
    size_t axes; /* of axis_names that the option takes, too */
} asked;

static kith_status refuse_constant(kith_ctx *ctx, const asked *a, const kith_swept *swept, const char *value)
{
    char others[NAME_SIZE * 2];
    list_keys(swept, others, sizeof others);
    if (!*others)
        return kith_fail(ctx, KITH_EUSAGE,
                         "%s: %s is %s in all runs that have it, and nothing but seeds differs between runs", a->where,
                         a->name, value);
    return kith_fail(ctx, KITH_EUSAGE, "%s: %s is %s in all runs that have it; what differs is %s", a->where, a->name,
                     value, others);
}

static kith_status refuse_unknown(kith_ctx *ctx, const asked *a, const kith_swept *swept)
{
    char(*text)[NAME_SIZE];
    const char **name;
    KITH_TRY(KITH_ALLOC(ctx, "names", swept->count + 1, &text));
    kith_status status = KITH_ALLOC(ctx, "names", swept->count + AXES, &name);
    if (status == KITH_OK) {
        memcpy(name, axis_names, sizeof axis_names);
        for (size_t k = 0; k < swept->count; k++) {
            kith_swept_name(&swept->key[k], text[k], sizeof text[k]);
            name[AXES + k] = text[k];
        }
        const char *near = kith_nearest(a->name, name + AXES - a->axes, a->axes + swept->count);
        char others[NAME_SIZE * 2];
        list_keys(swept, others, sizeof others);
        const char *axes = a->axes ? "rounds, bytes, bytes_up, virtual_time" : "";
        status = near ? kith_fail(ctx, KITH_EUSAGE, "%s=%s: no run has such a parameter; did you mean '%s'?", a->option,
                                  a->name, near)
                      : kith_fail(ctx, KITH_EUSAGE, "%s=%s: no run has such a parameter; there are %s%s%s", a->option,
                                  a->name, axes, *axes && *others ? ", " : "", *axes || *others ? others : "none");
        kith_free(name);
    }
    kith_free(text);
    return status;
}

static kith_status choose_key(kith_ctx *ctx, const asked *a, const kith_results *results, const kith_swept *swept,
                              const kith_swept_key **out)
{
    *out = kith_swept_named(swept, a->name);
    if (*out) return KITH_OK;
    const kith_setting_text *p = find(results, a->name);
    if (!p) return refuse_unknown(ctx, a, swept);
    if (kith_is_place(p->section, p->key))
        return kith_fail(ctx, KITH_EUSAGE,
                         "%s=%s: names a run or where its results go, not what it computes; choose another parameter",
                         a->option, a->name);
    if (kith_is_seed(p->key))
        return kith_fail(ctx, KITH_EUSAGE,
                         "%s=%s: runs that differ in their seeds only are one point; choose another parameter",
                         a->option, a->name);
    return refuse_constant(ctx, a, swept, p->value);
}

/* AXES: it is none. */
static size_t axis_of(const char *x)
{
    size_t axis = 0;
    while (axis < AXES && strcmp(x, axis_names[axis]) != 0)
        axis++;
    return axis;
}

static kith_status check_axis(kith_ctx *ctx, const kith_results *results, kith_axis axis)
{
    if (axis == KITH_AXIS_BYTES && !kith_results_have(results, KITH_METRIC_bytes_sent))
        return kith_fail(ctx, KITH_EUSAGE, "--x=bytes: no run has recorded bytes_sent; choose --x=rounds");
    if (axis == KITH_AXIS_BYTES_UP && !kith_results_have(results, KITH_METRIC_bytes_up))
        return kith_fail(ctx, KITH_EUSAGE, "--x=bytes_up: no run has recorded what learners sent; choose --x=bytes");
    if (axis != KITH_AXIS_TIME) return KITH_OK;
    if (!kith_results_have_clock(results))
        return kith_fail(ctx, KITH_EUSAGE, "--x=virtual_time: these runs model no time; choose --x=rounds");
    for (size_t r = 0; r < results->count; r++)
        if (!kith_result_has_clock(results->run[r]))
            return kith_fail(
                ctx, KITH_EUSAGE,
                "--x=virtual_time: %s models no time, and others do; choose --x=rounds, or draw those with "
                "a clock alone",
                results->run[r]->name);
    return KITH_OK;
}

/* Which other keys change with this one only: a curve shows them as well. */
static kith_status note_followers(kith_ctx *ctx, const kith_groups *groups, const kith_swept *swept,
                                  const kith_swept_key *key)
{
    char own[NAME_SIZE], other[NAME_SIZE];
    kith_swept_name(key, own, sizeof own);
    for (size_t k = 0; k < swept->count; k++) {
        bool follows;
        if (&swept->key[k] == key || swept->key[k].lacked) continue;
        KITH_TRY(kith_swept_follows(ctx, groups, swept, k, key, &follows));
        if (!follows) continue;
        kith_swept_name(&swept->key[k], other, sizeof other);
        kith_note(ctx, "%s changes with %s, so what is drawn against one tells of both", other, own);
    }
    return KITH_OK;
}

/* A point of what was halted is of another round than the others are. */
static void note_halted(kith_ctx *ctx, const kith_groups *groups)
{
    size_t halted = 0;
    for (size_t g = 0; g < groups->count; g++)
        halted += kith_result_is_halted(groups->group[g].run[0]);
    if (halted)
        kith_note(ctx,
                  "sweep.halving halted %zu of %zu configurations, and their points are of the rounds they got; "
                  "--x=rounds draws them round by round",
                  halted, groups->count);
}

/* ---- both ---- */

static kith_status plans_of(kith_ctx *ctx, const kith_plot_request *request, const kith_results *results,
                            kith_axis axis, kith_plot_choice *out)
{
    if (request->metrics == 0 && !request->x) return kith_plans_choose(ctx, results, &out->plan, &out->plans);
    if (request->metrics == 0) {
        KITH_TRY(kith_plans_final(ctx, results, &out->plan, &out->plans));
    } else {
        KITH_TRY(KITH_ALLOC(ctx, "charts", request->metrics, &out->plan));
        out->plans = request->metrics;
    }
    for (size_t i = 0; i < out->plans; i++)
        out->plan[i] = kith_plan_of(results, request->metrics ? request->metric[i] : out->plan[i].metric, axis);
    return KITH_OK;
}

kith_status kith_plot_choose(kith_ctx *ctx, const kith_plot_request *request, const kith_results *results,
                             const kith_groups *groups, const kith_swept *swept, kith_plot_choice *out)
{
    kith_plot_choice choice = {.asked = request->metrics > 0};
    const size_t axis = request->x ? axis_of(request->x) : KITH_AXIS_ROUND;
    KITH_TRY(kith_metrics_check(ctx, request->where, results, request->metric, request->metrics));
    if (request->panels) {
        const asked panels = {"--panels", request->panels, request->where, 0};
        KITH_TRY(choose_key(ctx, &panels, results, swept, &choice.panels));
    }
    if (axis == AXES) {
        const asked x = {"--x", request->x, request->where, AXES};
        KITH_TRY(choose_key(ctx, &x, results, swept, &choice.key));
        if (choice.key == choice.panels)
            return kith_fail(ctx, KITH_EUSAGE, "--panels=%s: is what is drawn against; name another parameter",
                             request->panels);
        KITH_TRY(note_followers(ctx, groups, swept, choice.key));
        note_halted(ctx, groups);
    } else {
        KITH_TRY(check_axis(ctx, results, (kith_axis)axis));
    }
    if (request->stretches && (axis != KITH_AXIS_ROUND || (request->metrics == 0 && !request->x)))
        return kith_fail(ctx, KITH_EUSAGE,
                         "--schedule: shades rounds, so name metrics with -m, and draw against rounds");
    if (request->stretches && !kith_results_have(results, KITH_METRIC_bytes_sent))
        return kith_fail(ctx, KITH_EUSAGE, "--schedule: no run has recorded bytes_sent; leave it away");
    KITH_TRY(plans_of(ctx, request, results, axis == AXES ? KITH_AXIS_ROUND : (kith_axis)axis, &choice));
    *out = choice;
    return KITH_OK;
}

/* ---- arms ---- */

/* The curve of this label, from the from-th on; the count: there is none. */
static size_t curve_called(const kith_chart *chart, size_t from, const char *label, size_t length)
{
    size_t c = from;
    while (c < chart->curves && (strlen(chart->label[c]) != length || strncmp(chart->label[c], label, length) != 0))
        c++;
    return c;
}

static kith_status refuse_arm(kith_ctx *ctx, const kith_chart *chart, size_t from, const char *arm)
{
    const char **name;
    KITH_TRY(KITH_ALLOC(ctx, "labels", chart->curves, &name));
    for (size_t c = from; c < chart->curves; c++)
        name[c - from] = chart->label[c];
    const char *near = kith_nearest(arm, name, chart->curves - from);
    const kith_status status =
        near ? kith_fail(ctx, KITH_EUSAGE, "--arm '%s': no curve is called so; did you mean '%s'?", arm, near)
             : kith_fail(ctx, KITH_EUSAGE,
                         "--arm '%s': no curve is called so; the table beside a figure has all labels", arm);
    kith_free(name);
    return status;
}

/* Labels may hold "=" themselves ("lr = 0.1"), so the whole is looked for first, then what is before the last one. */
kith_status kith_plot_arrange(kith_ctx *ctx, const kith_plot_request *request, kith_chart *chart)
{
    for (size_t a = 0; a < request->arms; a++) {
        const char *arm = request->arm[a], *other = NULL;
        size_t c = curve_called(chart, a, arm, strlen(arm));
        if (c == chart->curves && (other = strrchr(arm, '='))) c = curve_called(chart, a, arm, (size_t)(other - arm));
        if (c >= chart->curves) return refuse_arm(ctx, chart, a, arm);
        const kith_curve curve = chart->curve[c], theory = chart->theory ? chart->theory[c] : curve;
        char label[KITH_LABEL_SIZE];
        snprintf(label, sizeof label, "%s", other ? other + 1 : chart->label[c]);
        memmove(&chart->curve[a + 1], &chart->curve[a], (c - a) * sizeof *chart->curve);
        memmove(&chart->label[a + 1], &chart->label[a], (c - a) * sizeof *chart->label);
        chart->curve[a] = curve;
        if (chart->theory) {
            memmove(&chart->theory[a + 1], &chart->theory[a], (c - a) * sizeof *chart->theory);
            chart->theory[a] = theory;
        }
        memcpy(chart->label[a], label, sizeof label);
    }
    return KITH_OK;
}
