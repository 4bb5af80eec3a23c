/* A results database in the folder that the test is in, and the contents of files. Needs scratch.h. */
#ifndef KITH_TESTS_DATABASE_H
#define KITH_TESTS_DATABASE_H

#include "record/schema.h"
#include "scratch.h"

#include <sqlite3.h>
#include <stdbool.h>

/* folder/kith.db with the tables and what `sql` adds. */
static inline void database_make(const char *folder, const char *sql)
{
    char path[160], version[64];
    assert_int_equal(mkdir(folder, 0777), 0);
    snprintf(path, sizeof path, "%s/kith.db", folder);
    snprintf(version, sizeof version, "PRAGMA user_version = %d", KITH_SCHEMA_VERSION);
    sqlite3 *db;
    char *message = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, KITH_SCHEMA, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, version, NULL, NULL, NULL), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) print_error("%s\n", message);
    assert_null(message);
    sqlite3_close(db);
}

/* All of a file, to be freed; size: NULL if nobody wants it. */
static inline char *database_text(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    const size_t length = (size_t)ftell(f);
    rewind(f);
    char *text = malloc(length + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, length, f), length);
    text[length] = '\0';
    fclose(f);
    if (size) *size = length;
    return text;
}

static inline size_t database_count(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        count++;
    return count;
}

#define DATABASE_RUN(id, status, seed)                                                                                 \
    "INSERT INTO runs VALUES (" #id ", 'r" #id "', 'dsgd', " #seed ", '" status                                        \
    "', NULL, '2026-01-02T03:04:05Z', '2026-01-02T03:05:15Z', '0', '');"                                               \
    "INSERT INTO parameters VALUES (" #id ", 'run', 'seed', '" #seed "', 'x'), (" #id ", 'run', 'output', 'runs/" #id  \
    "', 'x');"
#define DATABASE_SET(id, section, key, value)                                                                          \
    "INSERT INTO parameters VALUES (" #id ", '" section "', '" key "', '" value "', 'x');"
#define DATABASE_METRIC(id, name, round, value)                                                                        \
    "INSERT INTO metrics VALUES (" #id ", '" name "', " #round ", " #round ", " #value ");"

#endif
