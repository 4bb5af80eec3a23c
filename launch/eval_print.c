#include "eval.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ---- for people ---- */

static const kith_pairing *pair(const eval_found *f, size_t i, size_t j)
{
    return &f->pairing[i * f->count + j];
}

static void print_entrants(const eval_options *o, const eval_found *f)
{
    size_t width = 0;
    for (size_t i = 0; i < f->count; i++) {
        const size_t length = strlen(kith_contest_entrant(f->contest, i)->name);
        if (length > width) width = length;
    }
    printf("%s: %zu entrants", kith_contest_game(f->contest), f->count);
    if (kith_contest_kind_of(f->contest) == KITH_CONTEST_MATRIX)
        printf(", payoffs and shares exact\n");
    else
        printf(", %" PRIu64 " episodes a pair, seed %" PRIu64 "%s\n", o->episodes, o->seed,
               kith_contest_kind_of(f->contest) == KITH_CONTEST_TABLES ? "; payoffs exact" : "");
    for (size_t i = 0; i < f->count; i++) {
        const kith_entrant *e = kith_contest_entrant(f->contest, i);
        printf("%4zu  %-*s  %s\n", i + 1, (int)width, e->name, e->what);
    }
}

static void print_head(const eval_found *f, const char *title, int width)
{
    printf("\n%s\n    ", title);
    for (size_t j = 0; j < f->count; j++)
        printf("  %*zu", width, j + 1);
    printf("\n");
}

static void print_shares(const eval_found *f)
{
    print_head(f, "won / drawn / lost by the row, %", 17);
    for (size_t i = 0; i < f->count; i++) {
        printf("%4zu", i + 1);
        for (size_t j = 0; j < f->count; j++) {
            const kith_pairing *p = pair(f, i, j);
            if (i == j)
                printf("  %17s", "-");
            else
                printf("  %5.1f/%5.1f/%5.1f", 100 * p->won, 100 * p->drawn, 100 * p->lost);
        }
        printf("\n");
    }
}

static void print_payoffs(const eval_found *f)
{
    const bool exact = kith_contest_kind_of(f->contest) != KITH_CONTEST_NETWORKS;
    print_head(f, exact ? "payoff of the row" : "payoff of the row (won - lost) and its 95 % interval", exact ? 8 : 24);
    for (size_t i = 0; i < f->count; i++) {
        printf("%4zu", i + 1);
        for (size_t j = 0; j < f->count; j++) {
            const kith_pairing *p = pair(f, i, j);
            if (i == j)
                printf("  %*s", exact ? 8 : 24, "-");
            else if (exact)
                printf("  %8.4f", p->payoff);
            else
                printf("  %7.3f [%6.3f, %6.3f]", p->payoff, p->low, p->high);
        }
        printf("\n");
    }
}

static void print_ratings(const eval_found *f)
{
    const bool sure = isnan(f->half[0]);
    printf("\nElo by maximum likelihood; entrant %zu is the anchor at 0%s\n", f->anchor + 1,
           sure ? "" : "; 95 % intervals of the distance from it");
    for (size_t i = 0; i < f->count; i++) {
        printf("%4zu  %8.1f", i + 1, f->rating[i] + 0.0);
        if (!sure && i != f->anchor) printf("  [%8.1f, %8.1f]", f->rating[i] - f->half[i], f->rating[i] + f->half[i]);
        printf("\n");
    }
}

static void print_exposed(const eval_found *f)
{
    if (!f->exposed) return;
    printf("\nexploitability: what a team wins that knows the entrant%s\n",
           kith_contest_kind_of(f->contest) == KITH_CONTEST_MATRIX ? "; and what one player alone can win" : "");
    for (size_t i = 0; i < f->count; i++) {
        const kith_exposure *x = &f->exposed[i];
        printf("%4zu  %8.4f", i + 1, x->lower);
        if (!isnan(x->individual)) printf("  %8.4f", x->individual);
        if (kith_contest_kind_of(f->contest) == KITH_CONTEST_TABLES && kith_contest_entrant(f->contest, i)->count > 1)
            printf(" to %.4f", x->upper);
        printf("\n");
    }
}

void eval_print(const eval_options *o, const eval_found *f)
{
    print_entrants(o, f);
    if (f->count > 1) {
        print_shares(f);
        print_payoffs(f);
        print_ratings(f);
    }
    print_exposed(f);
}

/* ---- for programs ---- */

static void write_text(FILE *out, const char *text)
{
    const bool quoted = text[strcspn(text, ",\"\r\n")] != '\0';
    if (quoted) putc('"', out);
    for (; *text; text++) {
        if (*text == '"') putc('"', out);
        putc(*text, out);
    }
    if (quoted) putc('"', out);
}

static void write_number(FILE *out, double value)
{
    if (isnan(value))
        putc(',', out);
    else
        fprintf(out, ",%.17g", value);
}

/* column SIZE_MAX: the measure is of one entrant alone. */
static void write_line(const eval_found *f, FILE *out, const char *measure, size_t row, size_t column, uint64_t episodes,
                       const double value[3])
{
    fprintf(out, "%s,", measure);
    write_text(out, kith_contest_entrant(f->contest, row)->name);
    putc(',', out);
    if (column != SIZE_MAX) write_text(out, kith_contest_entrant(f->contest, column)->name);
    putc(',', out);
    if (episodes) fprintf(out, "%" PRIu64, episodes);
    for (size_t k = 0; k < 3; k++)
        write_number(out, value[k]);
    putc('\n', out);
}

static void write_pair(const eval_found *f, FILE *out, size_t i, size_t j)
{
    const kith_pairing *p = pair(f, i, j);
    write_line(f, out, "won", i, j, p->episodes, (double[]){p->won, NAN, NAN});
    write_line(f, out, "drawn", i, j, p->episodes, (double[]){p->drawn, NAN, NAN});
    write_line(f, out, "lost", i, j, p->episodes, (double[]){p->lost, NAN, NAN});
    write_line(f, out, "payoff", i, j, isnan(p->low) ? 0 : p->episodes, (double[]){p->payoff, p->low, p->high});
}

void eval_write(const eval_found *f, FILE *out)
{
    fputs("measure,row,column,episodes,value,low,high\n", out);
    for (size_t i = 0; i < f->count; i++)
        for (size_t j = 0; j < f->count; j++)
            if (i != j) write_pair(f, out, i, j);
    for (size_t i = 0; i < f->count && f->count > 1; i++)
        write_line(f, out, "elo", i, SIZE_MAX, 0,
                   (double[]){f->rating[i], f->rating[i] - f->half[i], f->rating[i] + f->half[i]});
    for (size_t i = 0; f->exposed && i < f->count; i++) {
        const kith_exposure *x = &f->exposed[i];
        write_line(f, out, "exploitability", i, SIZE_MAX, 0, (double[]){x->lower, x->lower, x->upper});
        if (!isnan(x->individual))
            write_line(f, out, "exploitability_individual", i, SIZE_MAX, 0, (double[]){x->individual, NAN, NAN});
    }
}
