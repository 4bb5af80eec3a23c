/* A folder of its own for each case, in which a run is recorded. Include after support.h. */
#ifndef KITH_TESTS_RECORDED_H
#define KITH_TESTS_RECORDED_H

#include "config/config.h"
#include "record/record.h"

#include <ftw.h>
#include <sqlite3.h>
#include <sys/stat.h>

/* Each test works in a folder of its own, removed at its end. */
typedef struct place {
    kith_ctx *ctx;
    kith_config *config;
    char root[64], folder[96], database[128];
} place;

typedef struct settings {
    int64_t seed;
    double rate;
} settings;

static const kith_param rows[] = {
    {"seed", KITH_TYPE_INT, 0, offsetof(settings, seed), "1", "0..", "", "The seed."},
    {"rate", KITH_TYPE_REAL, 0, offsetof(settings, rate), "0.25", "(0,1]", "", "The rate."},
};

static inline int set_up(void **state)
{
    static settings target;
    place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    strcpy(p->root, "record-test-XXXXXX");
    assert_non_null(mkdtemp(p->root));
    snprintf(p->folder, sizeof p->folder, "%s/runs/x", p->root);
    snprintf(p->database, sizeof p->database, "%s/kith.db", p->folder);
    assert_non_null(p->ctx = kith_ctx_create());
    assert_ok(p->ctx, kith_config_create(p->ctx, &p->config));
    assert_ok(p->ctx, kith_config_set(p->ctx, p->config, "run.seed=7"));
    assert_ok(p->ctx, kith_config_bind(p->ctx, p->config, "run", rows, 2, true, &target));
    assert_ok(p->ctx, kith_config_finish(p->ctx, p->config));
    *state = p;
    return 0;
}

static inline int remove_one(const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
    (void)info, (void)kind, (void)ftw;
    return remove(path);
}

static inline int tear_down(void **state)
{
    place *p = *state;
    kith_config_destroy(p->config);
    kith_ctx_destroy(p->ctx);
    nftw(p->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(p);
    return 0;
}

static inline kith_status open_in(place *p, const char *folder, bool overwrite, kith_record **out)
{
    const kith_record_setup setup = {.folder = folder,
                                     .name = "x",
                                     .algorithm = "afa-cd",
                                     .seed = 7,
                                     .environment = "blas=BLIS 0.9\nworkers=2",
                                     .overwrite = overwrite};
    return kith_record_open(p->ctx, &setup, p->config, out);
}

/* The only value that a query answers, as text; "NULL" for NULL, "" for no row. Opened anew each time. */
static inline const char *ask(place *p, const char *sql)
{
    static char text[512];
    sqlite3 *db;
    sqlite3_stmt *s;
    assert_int_equal(sqlite3_open_v2(p->database, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    text[0] = '\0';
    if (sqlite3_step(s) == SQLITE_ROW) {
        const unsigned char *value = sqlite3_column_text(s, 0);
        snprintf(text, sizeof text, "%s", value ? (const char *)value : "NULL");
    }
    sqlite3_finalize(s);
    sqlite3_close(db);
    return text;
}

#endif
