#include "launch/services/results/results.h"

#include "launch/services/results/adding.h"

#include "record/schema.h"

#include <math.h>
#include "base/visible.h"
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A run that goes on holds its lock for milliseconds. */
enum { BUSY_TIMEOUT_MS = 10000 };

/* All memory of a kith_results hangs on one list, so that whatever was read so far is freed in one go. */
struct kith_chunk {
    struct kith_chunk *next;
    _Alignas(16) unsigned char bytes[];
};

typedef struct reader {
    kith_ctx *ctx;
    kith_results *results;
    sqlite3 *db;
    const char *path, *folder;
    bool alone; /* the database has one run */
} reader;

static kith_status keep(kith_ctx *ctx, kith_results *results, size_t count, size_t size, void **out)
{
    struct kith_chunk *chunk;
    KITH_TRY(kith_alloc(ctx, "results", 1, sizeof *chunk + count * size, (void **)&chunk));
    chunk->next = results->memory;
    results->memory = chunk;
    *out = chunk->bytes;
    return KITH_OK;
}

kith_status kith_results_keep_text(kith_ctx *ctx, kith_results *results, const char *text, const char **out)
{
    void *copy;
    KITH_TRY(keep(ctx, results, strlen(text) + 1, 1, &copy));
    *out = memcpy(copy, text, strlen(text) + 1);
    return KITH_OK;
}

void kith_results_free(kith_results *results)
{
    while (results->memory) {
        struct kith_chunk *next = results->memory->next;
        kith_free(results->memory);
        results->memory = next;
    }
    free(results->run);
    free(results->net);
    memset(results, 0, sizeof *results);
}

static kith_status fail_read(const reader *r)
{
    return kith_schema_fail(r->ctx, r->db, r->path, "cannot be read");
}

/* Anybody may have written a database, and what it says goes to terminals and pages: line by line as it may be shown.
 */
static kith_status keep_lines(const reader *r, const char *text, const char **out)
{
    char *copy, line[4096], *to;
    KITH_TRY(keep(r->ctx, r->results, 4 * strlen(text) + 1, 1, (void **)&copy)); /* a byte becomes four at most */
    for (to = copy; *text; to += strlen(to)) {
        const size_t length = strcspn(text, "\n"), part = length < sizeof line ? length : sizeof line - 1;
        memcpy(line, text, part);
        line[part] = '\0';
        kith_visible(line, to, 4 * part + 1);
        text += part;
        if (part < length || !*text) continue;
        to += strlen(to);
        *to++ = '\n';
        *to = '\0';
        text++;
    }
    *to = '\0';
    *out = copy;
    return KITH_OK;
}

static kith_status column(const reader *r, sqlite3_stmt *s, int index, const char **out)
{
    const char *text = (const char *)sqlite3_column_text(s, index);
    return keep_lines(r, text ? text : "", out);
}

static double number(sqlite3_stmt *s, int index)
{
    return sqlite3_column_type(s, index) == SQLITE_NULL ? NAN : sqlite3_column_double(s, index);
}

/* Prepares a query about one run. */
static kith_status ask(const reader *r, const char *sql, sqlite3_int64 run, sqlite3_stmt **out)
{
    if (sqlite3_prepare_v2(r->db, sql, -1, out, NULL) != SQLITE_OK) return fail_read(r);
    sqlite3_bind_int64(*out, 1, run);
    return KITH_OK;
}

/* Ends a query; a status that is no success stays. */
static kith_status done(const reader *r, sqlite3_stmt *s, kith_status status)
{
    const int code = sqlite3_finalize(s);
    return status == KITH_OK && code != SQLITE_OK ? fail_read(r) : status;
}

static kith_status count_of(const reader *r, const char *sql, sqlite3_int64 run, size_t *out)
{
    sqlite3_stmt *s;
    KITH_TRY(ask(r, sql, run, &s));
    *out = sqlite3_step(s) == SQLITE_ROW ? (size_t)sqlite3_column_int64(s, 0) : 0;
    return done(r, s, KITH_OK);
}

static kith_status read_parameters(const reader *r, sqlite3_int64 id, kith_result *run)
{
    size_t count;
    KITH_TRY(count_of(r, "SELECT count(*) FROM parameters WHERE run = ?", id, &count));
    KITH_TRY(keep(r->ctx, r->results, count, sizeof *run->parameter, (void **)&run->parameter));
    sqlite3_stmt *s;
    KITH_TRY(ask(r, "SELECT section, key, value, source FROM parameters WHERE run = ? ORDER BY rowid", id, &s));
    kith_status status = KITH_OK;
    while (status == KITH_OK && run->parameters < count && sqlite3_step(s) == SQLITE_ROW) {
        kith_setting_text *p = &run->parameter[run->parameters++];
        status = column(r, s, 0, &p->section);
        if (status == KITH_OK) status = column(r, s, 1, &p->key);
        if (status == KITH_OK) status = column(r, s, 2, &p->value);
        if (status == KITH_OK) status = column(r, s, 3, &p->source);
    }
    return done(r, s, status);
}

static kith_status read_names(const reader *r, sqlite3_int64 id, kith_result *run)
{
    size_t names;
    KITH_TRY(count_of(r, "SELECT count(DISTINCT name) FROM metrics WHERE run = ?", id, &names));
    KITH_TRY(keep(r->ctx, r->results, names, sizeof *run->series, (void **)&run->series));
    sqlite3_stmt *s;
    KITH_TRY(ask(r, "SELECT name, count(*) FROM metrics WHERE run = ? GROUP BY name ORDER BY name", id, &s));
    kith_status status = KITH_OK;
    while (status == KITH_OK && run->series_count < names && sqlite3_step(s) == SQLITE_ROW) {
        kith_series *series = &run->series[run->series_count++];
        const size_t points = (size_t)sqlite3_column_int64(s, 1);
        status = column(r, s, 0, &series->name);
        if (status == KITH_OK)
            status = keep(r->ctx, r->results, points, sizeof *series->point, (void **)&series->point);
        series->count = points;
    }
    return done(r, s, status);
}

static kith_status read_metrics(const reader *r, sqlite3_int64 id, kith_result *run)
{
    KITH_TRY(read_names(r, id, run));
    sqlite3_stmt *s;
    KITH_TRY(ask(r, "SELECT round, virtual_time, value FROM metrics WHERE run = ? ORDER BY name, round", id, &s));
    for (size_t k = 0; k < run->series_count; k++) {
        kith_series *series = &run->series[k];
        for (size_t i = 0; i < series->count && sqlite3_step(s) == SQLITE_ROW; i++)
            series->point[i] = (kith_point){(uint64_t)sqlite3_column_int64(s, 0), number(s, 1), number(s, 2)};
    }
    return done(r, s, KITH_OK);
}

/* The names one after the other, each found by a step down the index: all numbers of a long run are not looked at. */
#define NAMES                                                                                                          \
    "WITH RECURSIVE names(name) AS (SELECT min(name) FROM metrics WHERE run = ?1 UNION ALL SELECT (SELECT min(name) "  \
    "FROM metrics WHERE run = ?1 AND name > names.name) FROM names WHERE names.name IS NOT NULL) "

static kith_status read_newest(const reader *r, sqlite3_int64 id, kith_result *run)
{
    size_t names;
    sqlite3_stmt *s;
    kith_status status = KITH_OK;
    KITH_TRY(count_of(r, NAMES "SELECT count(name) FROM names", id, &names));
    KITH_TRY(keep(r->ctx, r->results, names, sizeof *run->series, (void **)&run->series));
    KITH_TRY(ask(r,
                 NAMES "SELECT m.name, m.round, m.virtual_time, m.value FROM names JOIN metrics m ON m.run = ?1 AND "
                       "m.name = names.name AND m.round = (SELECT max(round) FROM metrics WHERE run = ?1 AND name = "
                       "names.name) ORDER BY m.name",
                 id, &s));
    while (status == KITH_OK && run->series_count < names && sqlite3_step(s) == SQLITE_ROW) {
        kith_series *series = &run->series[run->series_count++];
        status = column(r, s, 0, &series->name);
        if (status == KITH_OK) status = keep(r->ctx, r->results, 1, sizeof *series->point, (void **)&series->point);
        if (status != KITH_OK) break;
        series->count = 1;
        series->point[0] = (kith_point){(uint64_t)sqlite3_column_int64(s, 1), number(s, 2), number(s, 3)};
    }
    return done(r, s, status);
}

/* An older program's database has no such table. */
static kith_status has_table(const reader *r, const char *name, bool *out)
{
    size_t tables = 0;
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '%s'", name);
    KITH_TRY(count_of(r, sql, 0, &tables));
    *out = tables > 0;
    return KITH_OK;
}

/* Bins of a database that was tampered with must not ask for all memory there is. */
static kith_status read_bins(const reader *r, sqlite3_int64 id, kith_result *run)
{
    sqlite3_stmt *s;
    KITH_TRY(ask(r,
                 "SELECT name, max(bin) FROM histograms WHERE run = ? AND bin BETWEEN 0 AND 16777215 GROUP BY name "
                 "ORDER BY name",
                 id, &s));
    kith_status status = KITH_OK;
    while (status == KITH_OK && sqlite3_step(s) == SQLITE_ROW) {
        kith_histogram *h = &run->histogram[run->histograms];
        const size_t bins = (size_t)sqlite3_column_int64(s, 1) + 1;
        status = column(r, s, 0, &h->name);
        if (status == KITH_OK) status = keep(r->ctx, r->results, bins, sizeof *h->value, (void **)&h->value);
        h->bins = bins;
        run->histograms++;
    }
    return done(r, s, status);
}

static kith_status read_histograms(const reader *r, sqlite3_int64 id, kith_result *run)
{
    bool there = false;
    size_t names = 0, next = 0;
    KITH_TRY(has_table(r, "histograms", &there));
    if (!there) return KITH_OK;
    KITH_TRY(count_of(r, "SELECT count(DISTINCT name) FROM histograms WHERE run = ?", id, &names));
    KITH_TRY(keep(r->ctx, r->results, names, sizeof *run->histogram, (void **)&run->histogram));
    KITH_TRY(read_bins(r, id, run));
    sqlite3_stmt *s;
    KITH_TRY(ask(r, "SELECT name, bin, value FROM histograms WHERE run = ? ORDER BY name, bin", id, &s));
    while (sqlite3_step(s) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(s, 0);
        while (name && next < run->histograms && strcmp(run->histogram[next].name, name) != 0)
            next++;
        const sqlite3_int64 bin = sqlite3_column_int64(s, 1);
        if (next < run->histograms && bin >= 0 && (size_t)bin < run->histogram[next].bins)
            run->histogram[next].value[bin] = number(s, 2);
    }
    return done(r, s, KITH_OK);
}

/* ---- graphs ---- */

/* As many as are ever recorded. */
typedef struct draft {
    kith_net net;
    kith_net_edge edge[KITH_DRAWN_EDGES + KITH_DRAWN_NODES];
    double score[KITH_DRAWN_NODES];
    bool flipped[KITH_DRAWN_NODES];
} draft;

static kith_status read_edges(const reader *r, sqlite3_int64 id, draft *d)
{
    sqlite3_stmt *s;
    KITH_TRY(ask(r, "SELECT node, heard, weight FROM edges WHERE run = ? ORDER BY node, heard", id, &s));
    while (d->net.listed < sizeof d->edge / sizeof d->edge[0] && sqlite3_step(s) == SQLITE_ROW) {
        const uint64_t node = (uint64_t)sqlite3_column_int64(s, 0), heard = (uint64_t)sqlite3_column_int64(s, 1);
        if (node < d->net.nodes && heard < d->net.nodes)
            d->edge[d->net.listed++] = (kith_net_edge){(uint32_t)node, (uint32_t)heard, number(s, 2)};
    }
    if (d->net.listed) d->net.edge = d->edge;
    return done(r, s, KITH_OK);
}

static kith_status read_nodes(const reader *r, sqlite3_int64 id, draft *d)
{
    sqlite3_stmt *s;
    for (size_t i = 0; i < KITH_DRAWN_NODES; i++)
        d->score[i] = NAN;
    KITH_TRY(ask(r, "SELECT node, score, flipped FROM nodes WHERE run = ? ORDER BY node", id, &s));
    while (sqlite3_step(s) == SQLITE_ROW) {
        const uint64_t node = (uint64_t)sqlite3_column_int64(s, 0);
        if (node >= d->net.nodes) continue;
        d->score[node] = number(s, 1);
        d->flipped[node] = sqlite3_column_int(s, 2) != 0;
        if (!isnan(d->score[node])) d->net.score = d->score;
        if (d->flipped[node]) d->net.flipped = d->flipped;
    }
    return done(r, s, KITH_OK);
}

static bool same_bytes(const void *a, const void *b, size_t size)
{
    return a && b ? memcmp(a, b, size) == 0 : a == b;
}

/* Byte by byte, for weights that there are not are NaN. */
static bool same_net(const kith_net *a, const kith_net *b)
{
    return a->nodes == b->nodes && a->edges == b->edges && a->listed == b->listed &&
           same_bytes(a->edge, b->edge, a->listed * sizeof *a->edge) &&
           same_bytes(a->score, b->score, a->nodes * sizeof *a->score) &&
           same_bytes(a->flipped, b->flipped, a->nodes * sizeof *a->flipped);
}

static kith_status keep_bytes(const reader *r, const void *from, size_t size, void **out)
{
    *out = NULL;
    if (!from) return KITH_OK;
    KITH_TRY(keep(r->ctx, r->results, size, 1, out));
    memcpy(*out, from, size);
    return KITH_OK;
}

static kith_status keep_net(const reader *r, const kith_net *from, kith_net **out)
{
    void *copy, *edge, *score, *flipped;
    KITH_TRY(keep_bytes(r, from, sizeof *from, &copy));
    KITH_TRY(keep_bytes(r, from->edge, from->listed * sizeof *from->edge, &edge));
    KITH_TRY(keep_bytes(r, from->score, from->nodes * sizeof *from->score, &score));
    KITH_TRY(keep_bytes(r, from->flipped, from->nodes * sizeof *from->flipped, &flipped));
    *out = copy;
    (*out)->edge = edge;
    (*out)->score = score;
    (*out)->flipped = flipped;
    return KITH_OK;
}

static kith_status share_net(const reader *r, const kith_net *net, kith_result *run)
{
    kith_results *all = r->results;
    for (size_t n = 0; n < all->nets && !run->net; n++)
        if (same_net(all->net[n], net)) run->net = all->net[n];
    if (run->net) return KITH_OK;
    kith_net **grown = reallocarray(all->net, all->nets + 1, sizeof(kith_net *));
    if (!grown) return kith_fail(r->ctx, KITH_EMEMORY, "%s: no memory for its graphs", r->path);
    all->net = grown;
    KITH_TRY(keep_net(r, net, &all->net[all->nets]));
    run->net = all->net[all->nets++];
    return KITH_OK;
}

static kith_status read_draft(const reader *r, sqlite3_int64 id, draft *d)
{
    sqlite3_stmt *s;
    KITH_TRY(ask(r, "SELECT nodes, edges FROM graphs WHERE run = ?", id, &s));
    if (sqlite3_step(s) == SQLITE_ROW) {
        d->net.nodes = (uint64_t)sqlite3_column_int64(s, 0);
        d->net.edges = (uint64_t)sqlite3_column_int64(s, 1);
    }
    KITH_TRY(done(r, s, KITH_OK));
    if (d->net.nodes == 0 || d->net.nodes > KITH_DRAWN_NODES) return KITH_OK;
    KITH_TRY(read_edges(r, id, d));
    return d->net.listed ? read_nodes(r, id, d) : KITH_OK;
}

static kith_status read_net(const reader *r, sqlite3_int64 id, kith_result *run)
{
    bool there = false;
    draft *d;
    KITH_TRY(has_table(r, "graphs", &there));
    if (!there) return KITH_OK;
    KITH_TRY(KITH_ALLOC(r->ctx, "a graph", 1, &d));
    kith_status status = read_draft(r, id, d);
    if (status == KITH_OK && d->net.nodes) status = share_net(r, &d->net, run);
    kith_free(d);
    return status;
}

static kith_status read_head(const reader *r, sqlite3_stmt *s, kith_result *run)
{
    const char **field[] = {&run->name,    &run->algorithm, &run->status,  &run->message,
                            &run->started, &run->finished,  &run->version, &run->environment};
    for (int i = 0; i < (int)(sizeof field / sizeof field[0]); i++)
        KITH_TRY(column(r, s, i + 2, field[i]));
    run->seed = (uint64_t)sqlite3_column_int64(s, 1);
    char label[4096];
    const long long id = sqlite3_column_int64(s, 0);
    if (!*r->folder)
        snprintf(label, sizeof label, "%lld", id);
    else if (r->alone)
        snprintf(label, sizeof label, "%s", r->folder);
    else
        snprintf(label, sizeof label, "%s/%lld", r->folder, id);
    KITH_TRY(kith_results_keep_text(r->ctx, r->results, label, &run->id));
    KITH_TRY(kith_results_keep_text(r->ctx, r->results, r->path, &run->database));
    return kith_results_keep_text(r->ctx, r->results, r->folder, &run->folder);
}

static kith_status read_note(const reader *r, sqlite3_int64 id, kith_result *run)
{
    bool there = false;
    run->note = run->tags = "";
    KITH_TRY(has_table(r, "notes", &there));
    if (!there) return KITH_OK;
    sqlite3_stmt *s;
    kith_status status = KITH_OK;
    KITH_TRY(ask(r, "SELECT note, tags FROM notes WHERE run = ?", id, &s));
    if (sqlite3_step(s) == SQLITE_ROW) {
        status = column(r, s, 0, &run->note);
        if (status == KITH_OK) status = column(r, s, 1, &run->tags);
    }
    return done(r, s, status);
}

static kith_status read_declared_row(const reader *r, sqlite3_stmt *s)
{
    kith_metrics *all = r->results->declared;
    kith_metric one = {.roles = ""}, *grown;
    KITH_TRY(column(r, s, 0, &one.name));
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->item[i].name, one.name) == 0) return KITH_OK;
    KITH_TRY(column(r, s, 1, &one.unit));
    KITH_TRY(column(r, s, 2, &one.sentence));
    KITH_TRY(column(r, s, 3, &one.plugin));
    const sqlite3_int64 better = sqlite3_column_int64(s, 4);
    if (better == KITH_BETTER_UP || better == KITH_BETTER_DOWN) one.better = (kith_better)better;
    one.log = sqlite3_column_int64(s, 5) != 0;
    KITH_TRY(keep(r->ctx, r->results, all->count + 1, sizeof *grown, (void **)&grown));
    if (all->count) memcpy(grown, all->item, all->count * sizeof *grown);
    grown[all->count] = one;
    *all = (kith_metrics){grown, all->count + 1};
    return KITH_OK;
}

/* [before the runs] */
static kith_status read_declared(const reader *r)
{
    bool there = false;
    sqlite3_stmt *s;
    kith_status status = KITH_OK;
    if (!r->results->declared)
        KITH_TRY(keep(r->ctx, r->results, 1, sizeof *r->results->declared, (void **)&r->results->declared));
    KITH_TRY(has_table(r, "declared", &there));
    if (!there) return KITH_OK;
    KITH_TRY(ask(r,
                 "SELECT DISTINCT name, unit, sentence, plugin, better, log FROM declared WHERE name <> '' LIMIT 10000",
                 0, &s));
    while (status == KITH_OK && sqlite3_step(s) == SQLITE_ROW)
        status = read_declared_row(r, s);
    return done(r, s, status);
}

static kith_status add_run(const reader *r, sqlite3_stmt *s)
{
    kith_results *all = r->results;
    kith_result *run;
    KITH_TRY(keep(r->ctx, all, 1, sizeof *run, (void **)&run));
    kith_result **grown = reallocarray(all->run, all->count + 1, sizeof(kith_result *));
    if (!grown) return kith_fail(r->ctx, KITH_EMEMORY, "%s: no memory for its runs", r->path);
    all->run = grown;
    all->run[all->count++] = run;
    KITH_TRY(read_head(r, s, run));
    run->declared = all->declared;
    const sqlite3_int64 id = sqlite3_column_int64(s, 0);
    run->number = id;
    run->outdated = sqlite3_column_int(s, 10) != 0;
    KITH_TRY(read_note(r, id, run));
    KITH_TRY(read_parameters(r, id, run));
    KITH_TRY(read_histograms(r, id, run));
    KITH_TRY(read_net(r, id, run));
    return all->newest ? read_newest(r, id, run) : read_metrics(r, id, run);
}

/* In the order in which they started, but for those that are not wanted. */
static kith_status read_chosen(const reader *r)
{
    char sql[512];
    bool marked = false;
    sqlite3_stmt *s;
    KITH_TRY(has_table(r, "outdated", &marked));
    snprintf(sql, sizeof sql,
             "SELECT id, seed, name, algorithm, status, message, started, finished, version, environment, %s "
             "FROM runs WHERE ?1 = 0 OR (status = 'stopped' AND message LIKE '" KITH_HALTED "%%') ORDER BY id",
             marked ? "id IN (SELECT run FROM outdated)" : "0");
    KITH_TRY(ask(r, sql, r->results->halted, &s));
    kith_status status = KITH_OK;
    while (status == KITH_OK && sqlite3_step(s) == SQLITE_ROW) {
        const bool left_out = sqlite3_column_int(s, 10) && !r->results->with_outdated;
        r->results->outdated += left_out;
        if (!left_out) status = add_run(r, s);
    }
    return done(r, s, status);
}

static kith_status read_runs(reader *r)
{
    bool empty;
    KITH_TRY(kith_schema_check(r->ctx, r->db, r->path, &empty));
    if (empty) return KITH_OK; /* its run is about to be entered, or never was */
    if (sqlite3_exec(r->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK) return fail_read(r);
    size_t count;
    KITH_TRY(count_of(r, "SELECT count(*) FROM runs", 0, &count));
    r->alone = count == 1;
    KITH_TRY(read_declared(r));
    return read_chosen(r);
}

/* Opened for writing where that is allowed: what a killed run's journal holds must be rolled back before reading. */
kith_status kith_results_add(kith_ctx *ctx, const char *path, const char *folder, kith_results *results)
{
    reader r = {.ctx = ctx, .results = results, .path = path, .folder = folder};
    kith_status status = KITH_OK;
    if (sqlite3_open_v2(path, &r.db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        status = kith_schema_fail(ctx, r.db, path, "cannot be opened");
    if (status == KITH_OK) {
        sqlite3_busy_timeout(r.db, BUSY_TIMEOUT_MS);
        status = read_runs(&r);
    }
    sqlite3_close(r.db);
    return status;
}

bool kith_result_is_halted(const kith_result *run)
{
    return strcmp(run->status, "stopped") == 0 && strncmp(run->message, KITH_HALTED, strlen(KITH_HALTED)) == 0;
}

const kith_series *kith_result_series(const kith_result *run, const char *name)
{
    for (size_t i = 0; i < run->series_count; i++)
        if (strcmp(run->series[i].name, name) == 0) return &run->series[i];
    return NULL;
}

const kith_histogram *kith_result_histogram(const kith_result *run, const char *name)
{
    for (size_t i = 0; i < run->histograms; i++)
        if (strcmp(run->histogram[i].name, name) == 0) return &run->histogram[i];
    return NULL;
}

const char *kith_result_parameter(const kith_result *run, const char *section, const char *key)
{
    for (size_t i = 0; i < run->parameters; i++)
        if (strcmp(run->parameter[i].key, key) == 0 && strcmp(run->parameter[i].section, section) == 0)
            return run->parameter[i].value;
    return NULL;
}
