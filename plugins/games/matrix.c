/* Any symmetric zero-sum matrix game, read from a text file:
 *
 *     # two players a team, two actions each: rows and columns are 00, 01, 10, 11
 *     players 2
 *     actions 2
 *      0  1  1 -1
 *     -1  0  0  1
 *     ...
 *
 * The first numbers are N and A (without them: one player, as many actions as there are columns); then A^N lines of A^N
 * payoffs, what the row's team wins of the column's. Joint actions are in order, the first player's action changing
 * slowest. Blanks, tabs and commas separate; # begins a comment. */
#include <kith/kith.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PLAYERS = 16, MOST_ROWS = 4096, WORD_SIZE = 40 };

typedef struct config {
    const char *file;
} config;

typedef struct table {
    size_t players, actions, rows;
    double *payoff; /* (rows, rows) */
} table;

typedef struct reader {
    kith_ctx *ctx;
    const char *path;
    kith_lines *lines;
    size_t number; /* of the line, from 1 */
    size_t *line;  /* [rows] where each row of payoffs is */
    size_t filled;
    table *table;
} reader;

static const kith_param params[] = {
    {"file", KITH_TYPE_PATH, 0, offsetof(config, file), "", "", "", "The file of payoffs."},
};

/* ---- words ---- */

static char *next_word(char **rest)
{
    static const char between[] = " \t\v\f,";
    char *word = *rest + strspn(*rest, between);
    if (!*word) return NULL;
    *rest = word + strcspn(word, between);
    if (**rest) *(*rest)++ = '\0';
    return word;
}

static kith_status take_number(const reader *r, const char *word, double *out)
{
    const char *end = NULL;
    *out = kith_number(word, &end);
    if (end != word && !*end && isfinite(*out)) return KITH_OK;
    return kith_fail(r->ctx, KITH_EDATA, "%s:%zu: '%.*s' is no payoff; write a finite number", r->path, r->number,
                     WORD_SIZE, word);
}

/* Whether a line says how many players or actions there are. */
static kith_status take_count(const reader *r, const char *word, char **rest, size_t *out)
{
    const char *value = next_word(rest);
    char *end = NULL;
    const long number = value ? strtol(value, &end, 10) : 0;
    if (!value || end == value || *end || number < 1 || number > MOST_ROWS || next_word(rest))
        return kith_fail(r->ctx, KITH_EDATA, "%s:%zu: '%s' is followed by one number from 1 to %d", r->path, r->number,
                         word, MOST_ROWS);
    if (*out || r->table->rows)
        return kith_fail(r->ctx, KITH_EDATA, "%s:%zu: '%s' comes once, before the payoffs", r->path, r->number, word);
    *out = (size_t)number;
    return KITH_OK;
}

/* ---- rows ---- */

static kith_status size_table(const reader *r, size_t columns)
{
    table *t = r->table;
    if (!t->players && !t->actions) {
        t->players = 1;
        t->actions = columns;
    }
    if (!t->players || t->actions < 2 || t->players > MOST_PLAYERS)
        return kith_fail(r->ctx, KITH_EDATA,
                         "%s:%zu: before the payoffs come 'players' (1 to %d) and 'actions' (2 or more)", r->path,
                         r->number, MOST_PLAYERS);
    t->rows = 1;
    for (size_t i = 0; i < t->players && t->rows <= MOST_ROWS; i++)
        t->rows *= t->actions;
    if (t->rows > MOST_ROWS)
        return kith_fail(r->ctx, KITH_EDATA,
                         "%s:%zu: %zu players with %zu actions have more than %d joint actions, too many for a table",
                         r->path, r->number, t->players, t->actions, MOST_ROWS);
    return KITH_ALLOC(r->ctx, "payoffs", t->rows * t->rows, &t->payoff);
}

static size_t count_words(const char *text)
{
    static const char between[] = " \t\v\f,";
    size_t count = 0;
    for (text += strspn(text, between); *text; text += strspn(text, between)) {
        text += strcspn(text, between);
        count++;
    }
    return count;
}

static kith_status take_row(reader *r, char *text)
{
    table *t = r->table;
    const size_t columns = count_words(text);
    if (!t->rows) {
        KITH_TRY(size_table(r, columns));
        KITH_TRY(KITH_ALLOC(r->ctx, "lines", t->rows, &r->line));
    }
    if (r->filled == t->rows)
        return kith_fail(r->ctx, KITH_EDATA,
                         "%s:%zu: there is a row after the last of %zu; see 'players' and 'actions'", r->path,
                         r->number, t->rows);
    if (columns != t->rows)
        return kith_fail(r->ctx, KITH_EDATA, "%s:%zu: a row has %zu payoffs, one for each joint action, not %zu",
                         r->path, r->number, t->rows, columns);
    for (size_t j = 0; j < columns; j++)
        KITH_TRY(take_number(r, next_word(&text), &t->payoff[r->filled * t->rows + j]));
    r->line[r->filled++] = r->number;
    return KITH_OK;
}

static kith_status take_line(reader *r, char *text)
{
    char *rest = text, *probe = text + strspn(text, " \t\v\f,");
    if (!strncmp(probe, "players", 7) || !strncmp(probe, "actions", 7)) {
        const char *word = next_word(&rest);
        const bool players = !strcmp(word, "players");
        if (players || !strcmp(word, "actions"))
            return take_count(r, word, &rest, players ? &r->table->players : &r->table->actions);
        return kith_fail(r->ctx, KITH_EDATA,
                         "%s:%zu: '%.*s' is no word of this format; known are 'players' and 'actions'", r->path,
                         r->number, WORD_SIZE, word);
    }
    return count_words(text) ? take_row(r, text) : KITH_OK;
}

static kith_status check_sum(const reader *r)
{
    const table *t = r->table;
    for (size_t i = 0; i < t->rows; i++)
        for (size_t j = 0; j <= i; j++) {
            const double one = t->payoff[i * t->rows + j], other = t->payoff[j * t->rows + i];
            if (one == -other) continue;
            return kith_fail(
                r->ctx, KITH_EDATA,
                "%s:%zu: the game is not zero-sum: row %zu wins %g of column %zu, which wins %g of it (line %zu); "
                "the two must add up to 0",
                r->path, r->line[i], i + 1, one, j + 1, other, r->line[j]);
        }
    return KITH_OK;
}

/* ---- the file ---- */

static kith_status read_lines(reader *r)
{
    char *text = NULL;
    KITH_TRY(kith_lines_next(r->ctx, r->lines, "#", &text));
    while (text) {
        r->number = kith_lines_number(r->lines);
        KITH_TRY(take_line(r, text));
        KITH_TRY(kith_lines_next(r->ctx, r->lines, "#", &text));
    }
    if (!r->table->rows) return kith_fail(r->ctx, KITH_EDATA, "%s: holds no payoffs", r->path);
    if (r->filled < r->table->rows)
        return kith_fail(r->ctx, KITH_EDATA, "%s:%zu: ends after %zu of %zu rows", r->path, r->number, r->filled,
                         r->table->rows);
    return check_sum(r);
}

static void destroy(void *self)
{
    table *t = self;
    kith_free(t->payoff);
    kith_free(t);
}

static kith_status create(kith_ctx *ctx, const void *data, const kith_setting *setting, void **self)
{
    const config *c = data;
    table *t = NULL;
    (void)setting;
    if (!*c->file) return kith_fail(ctx, KITH_ECONFIG, "matrix: no file of payoffs is named; set matrix.file");
    KITH_TRY(KITH_ALLOC(ctx, "matrix", 1, &t));
    reader r = {.ctx = ctx, .path = c->file, .table = t};
    kith_status status = kith_lines_open(ctx, c->file, "matrix.file", "a file of payoffs", &r.lines);
    if (status == KITH_OK) status = read_lines(&r);
    kith_lines_close(r.lines);
    kith_free(r.line);
    if (status != KITH_OK) {
        destroy(t);
        return status;
    }
    *self = t;
    return KITH_OK;
}

/* ---- the game ---- */

static kith_status describe(const void *self, kith_ctx *ctx, kith_game_shape *out)
{
    const table *t = self;
    (void)ctx;
    *out = (kith_game_shape){.form = KITH_GAME_MATRIX, .players = t->players, .actions = t->actions};
    return KITH_OK;
}

static size_t row_of(const table *t, const int32_t *action)
{
    size_t row = 0;
    for (size_t i = 0; i < t->players; i++)
        row = row * t->actions + (size_t)action[i];
    return row;
}

static double payoff(const void *self, const int32_t *a, const int32_t *b)
{
    const table *t = self;
    return t->payoff[row_of(t, a) * t->rows + row_of(t, b)];
}

static const kith_game ops = {.describe = describe, .payoff = payoff};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_GAME, KITH_ROLE_NONE),
    .id = "matrix",
    .version = "1.0",
    .summary = "A matrix game from a file of payoffs",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = destroy,
    KITH_PLUGIN_OPS(ops),
};
