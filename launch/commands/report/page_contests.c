/* What `kith eval --output` left in the folder: payoffs between entrants, and their ratings. */
#include "base/metrics.h"
#include "config/config.h"
#include "launch/commands/report/heat.h"
#include "launch/commands/report/page.h"
#include "launch/services/results/distinct.h"
#include "launch/services/text/html.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ENTRANTS = 64, FIELDS = 7, LINE = 4096, MOST_FILES = 8 };
enum { MEASURE, ROW, COLUMN, EPISODES, VALUE, LOW, HIGH };

static const char first_line[] = "measure,row,column,episodes,value,low,high\n";

typedef struct contest {
    kith_distinct names;
    char *name[MOST_ENTRANTS];
    double payoff[MOST_ENTRANTS * MOST_ENTRANTS], low[MOST_ENTRANTS * MOST_ENTRANTS],
        high[MOST_ENTRANTS * MOST_ENTRANTS];
    double elo[MOST_ENTRANTS], half[MOST_ENTRANTS], exposed[MOST_ENTRANTS];
    size_t count;
} contest;

/* Cuts a line of CSV in place; a field in quotes may hold commas, and quotes as two. */
static size_t cut(char *line, char *field[FIELDS])
{
    size_t fields = 0;
    char *to = line;
    line[strcspn(line, "\r\n")] = '\0';
    for (bool more = true; more && fields < FIELDS; to++) {
        field[fields++] = to;
        char *from = to;
        const bool quoted = *from == '"';
        from += quoted;
        for (; *from && (quoted || *from != ','); from++) {
            if (quoted && *from == '"' && *++from != '"') break;
            *to++ = *from;
        }
        more = *from == ',';
        *to = '\0';
        if (more) memmove(to + 1, from + 1, strlen(from + 1) + 1);
    }
    return fields;
}

static double number(const char *text)
{
    const char *end;
    const double value = kith_number(text, &end);
    return end == text || *end ? (double)NAN : value;
}

/* The number of an entrant; MOST_ENTRANTS: there are more than are drawn. */
static kith_status entrant(kith_ctx *ctx, contest *c, const char *name, size_t *out)
{
    bool is_new;
    KITH_TRY(kith_distinct_text_number(ctx, &c->names, name, out, &is_new));
    if (*out >= MOST_ENTRANTS) *out = MOST_ENTRANTS;
    if (!is_new || *out == MOST_ENTRANTS) return KITH_OK;
    c->name[*out] = strdup(name);
    if (!c->name[*out]) return kith_fail(ctx, KITH_EMEMORY, "no memory for a contest");
    c->count = *out + 1;
    return KITH_OK;
}

static kith_status take_line(kith_ctx *ctx, contest *c, char *line)
{
    char *field[FIELDS];
    size_t i, j;
    if (cut(line, field) != FIELDS) return KITH_OK;
    const bool payoff = strcmp(field[MEASURE], "payoff") == 0, elo = strcmp(field[MEASURE], "elo") == 0;
    const bool exposed = strcmp(field[MEASURE], KITH_METRIC_exploitability) == 0;
    if (!payoff && !elo && !exposed) return KITH_OK;
    KITH_TRY(entrant(ctx, c, field[ROW], &i));
    if (i == MOST_ENTRANTS) return KITH_OK;
    if (elo) {
        c->elo[i] = number(field[VALUE]);
        c->half[i] = number(field[HIGH]) - c->elo[i];
    }
    if (exposed) c->exposed[i] = number(field[VALUE]);
    if (!payoff) return KITH_OK;
    KITH_TRY(entrant(ctx, c, field[COLUMN], &j));
    if (j == MOST_ENTRANTS) return KITH_OK;
    c->payoff[i * MOST_ENTRANTS + j] = number(field[VALUE]);
    c->low[i * MOST_ENTRANTS + j] = number(field[LOW]);
    c->high[i * MOST_ENTRANTS + j] = number(field[HIGH]);
    return KITH_OK;
}

static void tell_interval(FILE *out, const void *arg, size_t row, size_t column)
{
    const contest *c = arg;
    const double low = c->low[row * MOST_ENTRANTS + column], high = c->high[row * MOST_ENTRANTS + column];
    if (isnan(low)) return;
    fputs(" [", out);
    kith_html_number(out, "%.3f", low);
    fputs(", ", out);
    kith_html_number(out, "%.3f", high);
    putc(']', out);
}

static kith_status write_matrix(kith_page *page, const contest *c)
{
    double *value;
    KITH_TRY(KITH_ALLOC(page->ctx, "a contest", c->count * c->count, &value));
    for (size_t i = 0; i < c->count; i++)
        for (size_t j = 0; j < c->count; j++)
            value[i * c->count + j] = c->payoff[i * MOST_ENTRANTS + j];
    const kith_heat heat = {.rows = c->count,
                            .columns = c->count,
                            .value = value,
                            .row = (const char *const *)c->name,
                            .column = (const char *const *)c->name,
                            .row_title = "entrant",
                            .column_title = "wins of",
                            .both_ways = true,
                            .width = KITH_PAGE_WIDE,
                            .tell = tell_interval,
                            .arg = c};
    fputs("<figure><figcaption>Payoffs</figcaption>\n", page->out);
    kith_heat_write(page->out, &heat, "What each entrant wins of each other");
    fputs("</figure>\n", page->out);
    kith_free(value);
    return KITH_OK;
}

static void write_ratings(kith_page *page, const contest *c)
{
    fputs("<div class=\"scroll\"><table class=\"narrow\"><thead><tr><th scope=\"col\">Entrant</th>"
          "<th class=\"n\" scope=\"col\">Elo</th><th class=\"n\" scope=\"col\">Exploitability</th></tr></thead>\n"
          "<tbody>\n",
          page->out);
    for (size_t i = 0; i < c->count; i++) {
        fputs("<tr><th scope=\"row\">", page->out);
        kith_html_text(page->out, c->name[i]);
        fputs("</th><td class=\"n\">", page->out);
        kith_html_number(page->out, "%.1f", c->elo[i]);
        if (c->half[i] > 0) fprintf(page->out, " ± %.1f", c->half[i]);
        fputs("</td><td class=\"n\">", page->out);
        kith_html_number(page->out, "%.4g", c->exposed[i]);
        fputs("</td></tr>\n", page->out);
    }
    fputs("</tbody></table></div>\n", page->out);
}

static kith_status write_contest(kith_page *page, const char *name, const contest *c)
{
    if (c->count < 2) return KITH_OK;
    fputs("<h2>Contest: ", page->out);
    kith_html_text(page->out, name);
    fputs("</h2>\n<p class=\"soft\">As <code>kith eval</code> found; Elo ± half its interval of 95 %, where episodes "
          "were played.</p>\n<div class=\"figures few\">\n",
          page->out);
    KITH_TRY(write_matrix(page, c));
    write_ratings(page, c);
    fputs("</div>\n", page->out);
    return KITH_OK;
}

static kith_status read_contest(kith_ctx *ctx, FILE *file, contest *c)
{
    char line[LINE];
    c->count = 0;
    for (size_t i = 0; i < MOST_ENTRANTS * MOST_ENTRANTS; i++)
        c->payoff[i] = c->low[i] = c->high[i] = NAN;
    for (size_t i = 0; i < MOST_ENTRANTS; i++)
        c->elo[i] = c->half[i] = c->exposed[i] = NAN;
    while (fgets(line, sizeof line, file))
        KITH_TRY(take_line(ctx, c, line));
    return KITH_OK;
}

static kith_status add_file(kith_page *page, const char *folder, const char *name)
{
    char path[LINE], line[sizeof first_line + 1] = "";
    contest *c;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    if (!file) return KITH_OK;
    kith_status status = KITH_OK;
    if (fgets(line, sizeof line, file) && strcmp(line, first_line) == 0) {
        status = KITH_ALLOC(page->ctx, "a contest", 1, &c);
        if (status == KITH_OK) {
            status = read_contest(page->ctx, file, c);
            if (status == KITH_OK) status = write_contest(page, name, c);
            for (size_t i = 0; i < c->count; i++)
                free(c->name[i]);
            kith_distinct_free(&c->names);
            kith_free(c);
        }
    }
    fclose(file);
    return status;
}

static int is_table(const struct dirent *entry)
{
    const size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".csv") == 0;
}

kith_status kith_page_contests(kith_page *page, const char *folder)
{
    struct dirent **entry;
    const int count = scandir(folder, &entry, is_table, alphasort);
    kith_status status = KITH_OK;
    for (int i = 0; i < count; i++) {
        if (status == KITH_OK && i < MOST_FILES) status = add_file(page, folder, entry[i]->d_name);
        free(entry[i]);
    }
    if (count >= 0) free(entry);
    return status;
}
