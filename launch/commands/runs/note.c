/* `kith note`: what a user has to say of runs. */
#include "launch/command.h"

#include "launch/services/console.h"
#include "launch/services/options.h"
#include "launch/services/results/results.h"
#include "record/schema.h"

#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BUSY_TIMEOUT_MS = 10000, TAGS_SIZE = 1024 };

typedef struct note_options {
    const char *where, *text;
    const char **tag, **untag; /* [tags], [untags] */
    size_t tags, untags;
} note_options;

static const char *one_word(struct argp_state *state, const char *option, const char *text)
{
    if (!*text || strpbrk(text, " \t\n"))
        argp_error(state, "%s '%s': a tag is one word; join words with a hyphen", option, text);
    return text;
}

static error_t parse_key(int key, char *text, struct argp_state *state)
{
    note_options *o = state->input;
    switch (key) {
    case 't':
        o->tag[o->tags++] = one_word(state, "-t", text);
        break;
    case 'u':
        o->untag[o->untags++] = one_word(state, "-u", text);
        break;
    case ARGP_KEY_ARG:
        if (o->text) argp_error(state, "%s: put a note of several words between quotation marks", text);
        if (o->where)
            o->text = text;
        else
            o->where = text;
        break;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "of which run? Name a folder, or a run as kith list -q does");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static bool among(const char *const *list, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], word) == 0) return true;
    return false;
}

static void add_word(char *text, size_t size, const char *word)
{
    const size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s", used ? " " : "", word);
}

/* Those of before without those taken away, then new ones, each once. */
static void change_tags(const note_options *o, const char *before, char out[TAGS_SIZE])
{
    char copy[TAGS_SIZE], *rest = copy;
    snprintf(copy, sizeof copy, "%s", before);
    *out = '\0';
    for (char *word; (word = strsep(&rest, " "));)
        if (*word && !among(o->untag, o->untags, word) && !among(o->tag, o->tags, word)) add_word(out, TAGS_SIZE, word);
    for (size_t i = 0; i < o->tags; i++)
        if (!among(o->tag, i, o->tag[i])) add_word(out, TAGS_SIZE, o->tag[i]);
}

static bool write_row(sqlite3 *db, const note_options *o, const kith_result *run)
{
    char tags[TAGS_SIZE];
    sqlite3_stmt *s = NULL;
    change_tags(o, run->tags, tags);
    if (sqlite3_exec(db, KITH_SCHEMA_NOTES, NULL, NULL, NULL) != SQLITE_OK) return false;
    if (sqlite3_prepare_v2(db, "INSERT OR REPLACE INTO notes (run, note, tags) VALUES (?, ?, ?)", -1, &s, NULL) !=
        SQLITE_OK)
        return false;
    sqlite3_bind_int64(s, 1, run->number);
    sqlite3_bind_text(s, 2, o->text ? o->text : run->note, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(s, 3, tags, -1, SQLITE_TRANSIENT);
    sqlite3_step(s);
    return sqlite3_finalize(s) == SQLITE_OK;
}

static kith_status write_note(kith_ctx *ctx, const note_options *o, const kith_result *run)
{
    sqlite3 *db = NULL;
    kith_status status = KITH_OK;
    if (sqlite3_open_v2(run->database, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        status = kith_schema_fail(ctx, db, run->database, "cannot be opened");
    if (status == KITH_OK) {
        sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
        if (!write_row(db, o, run)) status = kith_schema_fail(ctx, db, run->database, "cannot take a note");
    }
    sqlite3_close(db);
    return status;
}

static void print(const kith_result *run)
{
    printf("%s:%s%s%s%s%s\n", run->id, *run->note ? " " : "", run->note, *run->tags ? " [" : "", run->tags,
           *run->tags ? "]" : "");
}

static kith_status note(kith_ctx *ctx, const note_options *o)
{
    const bool writes = o->text || o->tags || o->untags;
    kith_results results;
    KITH_TRY(kith_results_read(ctx, o->where, &results));
    kith_status status = KITH_OK;
    for (size_t r = 0; r < results.count && status == KITH_OK; r++) {
        if (writes)
            status = write_note(ctx, o, results.run[r]);
        else
            print(results.run[r]);
    }
    kith_results_free(&results);
    return status;
}

int command_note(int argc, char **argv)
{
    static const struct argp_option rows[] = {{"tag", 't', "WORD", 0, "Add a tag; may be repeated", 0},
                                              {"untag", 'u', "WORD", 0, "Take a tag away; may be repeated", 0},
                                              {0}};
    static const struct argp argp = {
        .options = rows,
        .parser = parse_key,
        .args_doc = "RUN [TEXT]",
        .doc =
            "Writes a note to a run, or to all runs of a folder, in place of a former one, and tags by which " KITH_NAME
            " list finds them (-w 'tags = *WORD*'). Without TEXT and tags it prints what was noted."};
    const size_t words = (size_t)argc + 1;
    note_options o = {.tag = calloc(words, sizeof(char *)), .untag = calloc(words, sizeof(char *))};
    int code = KITH_EMEMORY;
    if (o.tag && o.untag) {
        code = KITH_EUSAGE;
        if (options_parse(&argp, argc, argv, &o) == KITH_OK && o.where) {
            kith_ctx *ctx = kith_ctx_create();
            const kith_status status = note(ctx, &o);
            code = status == KITH_OK ? 0 : say_failure(ctx, status);
            kith_ctx_destroy(ctx);
        }
    }
    free(o.tag);
    free(o.untag);
    return code;
}
