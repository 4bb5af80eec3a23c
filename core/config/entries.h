/* What a configuration is made of, shared by the files of this folder.
 *
 * Ownership: every string and list is kept by the configuration (kith_config_keep) and freed with it.
 */
#ifndef KITH_ENTRIES_H
#define KITH_ENTRIES_H

#include "config/config.h"
#include "base/shorten.h"
#include "config/value.h"

/* One "key = value" as the user gave it. */
typedef struct kith_entry {
    const char *section, *key, *text;
    const char *source; /* "exp.ini:7" or "--set" */
    const char *prefix; /* how its error messages begin: "exp.ini:7" or "--set run.seed=x" */
    const char *file;   /* NULL for --set */
    size_t line;
} kith_entry;

/* A section that was mentioned or bound. */
typedef struct kith_given_section {
    const char *name;
    const char *where;   /* how messages about it begin: "exp.ini:3", "--set run.seed=x"; NULL: nobody mentioned it */
    const char *origin;  /* "exp.ini" or "--set" */
    const char *when;    /* kith_section; NULL: always */
    const char *chooser; /* "run.algorithm": the key whose value leaves it out; NULL */
    bool bound, used, noted;
    bool spare; /* it stands for another choice than the run's, and is no mistake */
} kith_given_section;

/* A row with its value, after binding. */
typedef struct kith_bound {
    const char *section, *key, *text, *source, *unit, *doc, *fallback;
    const char *when; /* NULL: always */
    const char *path; /* of a path, what the run opens; else NULL */
    bool used, counts, noted;
} kith_bound;

/* A default in place of a row's. */
typedef struct kith_preferred {
    const char *section, *key, *text, *source;
} kith_preferred;

struct kith_config {
    struct kith_kept *kept;
    kith_entry *entry;
    size_t entries;
    kith_given_section *section;
    size_t sections;
    kith_bound *bound;
    size_t bounds;
    kith_preferred *preferred;
    size_t preferences;
    kith_truths truths;
};

/* Zeroed memory that lives as long as the configuration. */
kith_status kith_config_keep(kith_ctx *ctx, kith_config *config, size_t size, void **out) KITH_CHECKED;
/* A formatted string that lives as long as the configuration. */
kith_status kith_config_text_of(kith_ctx *ctx, kith_config *config, const char **out, const char *format,
                                ...) KITH_CHECKED KITH_PRINTF(4, 5);

/* Checks an entry's text and appends it; its strings must be kept ones. */
kith_status kith_config_add(kith_ctx *ctx, kith_config *config, const kith_entry *entry) KITH_CHECKED;
/* The entry that counts: the last --set, else the last file's; NULL without one. */
const kith_entry *kith_config_entry(const kith_config *config, const char *section, const char *key);
/* Remembers that a section was named. */
kith_status kith_config_mention(kith_ctx *ctx, kith_config *config, const char *name, const char *where,
                                const char *origin) KITH_CHECKED;
/* NULL when nobody named or bound it. */
kith_given_section *kith_config_section(const kith_config *config, const char *name);
/* Whether a condition of a section's holds, or may by what is bound so far; NULL does. Else *because says what is in
 * the way. */
bool kith_config_holds(const kith_config *config, const char *section, const char *when, kith_why *because);
kith_bound *kith_config_bound(const kith_config *config, const char *section, const char *key);
/* Room for one more item in an array that has `count`. */
kith_status kith_config_grow(kith_ctx *ctx, void **items, size_t count, size_t size) KITH_CHECKED;

#endif
