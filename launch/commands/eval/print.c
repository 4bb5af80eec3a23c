#include "launch/commands/eval/eval.h"
#include "base/metrics.h"

#include "launch/services/progress.h"
#include "launch/services/wrap.h"
#include "launch/services/results/export.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ---- for people ---- */

static const kith_pairing *pair(const eval_found *f, size_t i, size_t j)
{
    return &f->pairing[i * f->count + j];
}

/* Without the sign of what is printed as 0. */
static double shown(double value, double digit)
{
    return fabs(value) < 0.5 * digit ? 0.0 : value;
}

static void print_entrants(const eval_options *o, const eval_found *f)
{
    size_t width = 0;
    for (size_t i = 0; i < f->count; i++) {
        const size_t length = strlen(kith_contest_entrant(f->contest, i)->name);
        if (length > width) width = length;
    }
    printf("%s: %zu entrants", kith_contest_game(f->contest), f->count);
    if (kith_contest_form(f->contest) == KITH_FORM_MATRIX)
        printf(", payoffs and shares exact\n");
    else
        printf(", %" PRIu64 " episodes a pair, seed %" PRIu64 "%s\n", o->episodes, o->seed,
               kith_contest_form(f->contest) == KITH_FORM_STATES ? "; payoffs exact" : "");
    for (size_t i = 0; i < f->count; i++) {
        const kith_entrant *e = kith_contest_entrant(f->contest, i);
        printf("%4zu  %-*s  %s\n", i + 1, (int)width, e->name, e->what);
    }
}

/* Writes what stands in one cell, `width` columns wide. */
typedef void print_cell(const kith_pairing *p, int width);

/* In as many parts as a terminal of these columns needs; 0: it is none. */
static void print_matrix(const eval_found *f, const char *title, int width, size_t columns, print_cell *cell)
{
    const size_t wide = (size_t)width + 2, fit = columns > 4 + wide ? (columns - 5) / wide : 1;
    const size_t each = columns ? fit : f->count;
    printf("\n%s\n", title);
    for (size_t from = 0; from < f->count; from += each) {
        const size_t to = from + each < f->count ? from + each : f->count;
        printf("%s    ", from ? "\n" : "");
        for (size_t j = from; j < to; j++)
            printf("  %*zu", width, j + 1);
        for (size_t i = 0; i < f->count; i++) {
            printf("\n%4zu", i + 1);
            for (size_t j = from; j < to; j++) {
                printf("  ");
                if (i == j)
                    printf("%*s", width, "-");
                else
                    cell(pair(f, i, j), width);
            }
        }
        printf("\n");
    }
}

static void print_share(const kith_pairing *p, int width)
{
    (void)width;
    printf("%5.1f/%5.1f/%5.1f", 100 * p->won, 100 * p->drawn, 100 * p->lost);
}

static void print_payoff(const kith_pairing *p, int width)
{
    printf("%*.4f", width, shown(p->payoff, 1e-4));
}

static void print_interval(const kith_pairing *p, int width)
{
    (void)width;
    printf("%7.3f [%6.3f, %6.3f]", p->payoff, p->low, p->high);
}

static void print_pairs(const eval_found *f, size_t columns)
{
    print_matrix(f, "won / drawn / lost by the row, %", 17, columns, print_share);
    if (kith_contest_form(f->contest) != KITH_FORM_NETWORKS)
        print_matrix(f, "payoff of the row", 8, columns, print_payoff);
    else
        print_matrix(f, "payoff of the row (won - lost) and its 95 % interval", 24, columns, print_interval);
}

static void print_ratings(const eval_found *f)
{
    const bool sure = isnan(f->half[0]);
    printf("\nElo by maximum likelihood; entrant %zu is the anchor at 0%s\n", f->anchor + 1,
           sure ? "" : "; 95 % intervals of the distance from it");
    for (size_t i = 0; i < f->count; i++) {
        printf("%4zu  %8.1f", i + 1, shown(f->rating[i], 0.1));
        if (!sure && i != f->anchor) printf("  [%8.1f, %8.1f]", f->rating[i] - f->half[i], f->rating[i] + f->half[i]);
        printf("\n");
    }
}

static void print_exposed(const eval_found *f)
{
    if (!f->exposed) return;
    printf("\nexploitability: what a team wins that knows the entrant%s\n",
           kith_contest_form(f->contest) == KITH_FORM_MATRIX ? "; and what one player alone can win" : "");
    for (size_t i = 0; i < f->count; i++) {
        const kith_exposure *x = &f->exposed[i];
        printf("%4zu  %8.4f", i + 1, shown(x->lower, 1e-4));
        if (!isnan(x->individual)) printf("  %8.4f", shown(x->individual, 1e-4));
        if (kith_contest_form(f->contest) == KITH_FORM_STATES && kith_contest_entrant(f->contest, i)->count > 1)
            printf(" to %.4f", x->upper);
        printf("\n");
    }
}

static void print_responses(const eval_options *o, const eval_found *f)
{
    if (!f->plan) return;
    printf("\nbest responses: what the best of %zu learners with %" PRIu64
           " environment steps each wins (won - lost), a lower "
           "bound of exploitability, and its 95 %% interval from %" PRIu64 " new episodes\n",
           2 * o->responders, f->response[0].steps, o->episodes);
    for (size_t i = 0; i < f->count; i++) {
        const kith_response *best = &f->plan[i].best;
        const kith_pairing *p = &best->result;
        printf("%4zu  %7.3f [%6.3f, %6.3f]  seed %zu, %s\n", i + 1, p->payoff, p->low, p->high, best->seed + 1,
               best->warm ? "from its own policy" : "from scratch");
    }
}

typedef struct printing {
    const eval_options *options;
    const eval_found *found;
    size_t columns;
} printing;

static void print_all(void *arg)
{
    const printing *p = arg;
    const eval_options *o = p->options;
    const eval_found *f = p->found;
    print_entrants(o, f);
    if (f->count > 1) {
        print_pairs(f, p->columns);
        print_ratings(f);
    }
    print_exposed(f);
    print_responses(o, f);
}

void eval_print(const eval_options *o, const eval_found *f)
{
    printing p = {o, f, kith_bar_columns(stdout)};
    kith_wrap_output(print_all, &p);
}

/* ---- for programs ---- */

static void write_number(FILE *out, double value)
{
    putc(',', out);
    kith_csv_number(out, value);
}

/* column: NULL where the measure is of one entrant alone. */
static void write_line(const eval_found *f, FILE *out, const char *measure, size_t row, const char *column,
                       uint64_t episodes, const double value[3])
{
    fprintf(out, "%s,", measure);
    kith_csv_text(out, kith_contest_entrant(f->contest, row)->name);
    putc(',', out);
    if (column) kith_csv_text(out, column);
    putc(',', out);
    if (episodes) fprintf(out, "%" PRIu64, episodes);
    for (size_t k = 0; k < 3; k++)
        write_number(out, value[k]);
    putc('\n', out);
}

static void write_pair(const eval_found *f, FILE *out, size_t i, size_t j)
{
    const kith_pairing *p = pair(f, i, j);
    const char *other = kith_contest_entrant(f->contest, j)->name;
    write_line(f, out, "won", i, other, p->episodes, (double[]){p->won, NAN, NAN});
    write_line(f, out, "drawn", i, other, p->episodes, (double[]){p->drawn, NAN, NAN});
    write_line(f, out, "lost", i, other, p->episodes, (double[]){p->lost, NAN, NAN});
    write_line(f, out, "payoff", i, other, isnan(p->low) ? 0 : p->episodes, (double[]){p->payoff, p->low, p->high});
}

/* All responses, and the best one; the column says how it began, and its seed. */
static void write_responses(const eval_found *f, FILE *out, size_t i)
{
    char column[64];
    const kith_response_plan *plan = &f->plan[i];
    for (size_t k = 0; k < 2 * plan->seeds; k++) {
        const kith_response *r = &plan->response[k];
        snprintf(column, sizeof column, "%s %zu", r->warm ? "warm" : "fresh", r->seed + 1);
        write_line(f, out, "response", i, column, r->result.episodes,
                   (double[]){r->result.payoff, r->result.low, r->result.high});
    }
    const kith_pairing *p = &plan->best.result;
    snprintf(column, sizeof column, "%s %zu", plan->best.warm ? "warm" : "fresh", plan->best.seed + 1);
    write_line(f, out, "best_response", i, column, p->episodes, (double[]){p->payoff, p->low, p->high});
    write_line(f, out, "best_response_steps", i, column, 0, (double[]){(double)plan->best.steps, NAN, NAN});
}

void eval_write(const eval_found *f, FILE *out)
{
    fputs("measure,row,column,episodes,value,low,high\n", out);
    for (size_t i = 0; i < f->count; i++)
        for (size_t j = 0; j < f->count; j++)
            if (i != j) write_pair(f, out, i, j);
    for (size_t i = 0; i < f->count && f->count > 1; i++)
        write_line(f, out, "elo", i, NULL, 0,
                   (double[]){f->rating[i], f->rating[i] - f->half[i], f->rating[i] + f->half[i]});
    for (size_t i = 0; f->exposed && i < f->count; i++) {
        const kith_exposure *x = &f->exposed[i];
        write_line(f, out, KITH_METRIC_exploitability, i, NULL, 0, (double[]){x->lower, x->lower, x->upper});
        if (!isnan(x->individual))
            write_line(f, out, KITH_METRIC_exploitability_individual, i, NULL, 0, (double[]){x->individual, NAN, NAN});
    }
    for (size_t i = 0; f->plan && i < f->count; i++)
        write_responses(f, out, i);
}
