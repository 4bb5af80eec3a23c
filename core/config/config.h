/* A run's configuration: [section] key = value, from defaults, a file, and --set, each value knowing its source.
 *
 * Life: create; read the file and the --set texts; bind each section to a struct through its parameter table; finish.
 * After finish the configuration is resolved: every key that some table knows has a value.
 * Ownership: strings and lists that bind() puts into structs belong to the configuration and live as long as it does.
 * Errors: KITH_ECONFIG (KITH_EIO for a file that cannot be read), naming file and line or "--set", the key, and the
 *   remedy.
 * Threads: one.
 */
#ifndef KITH_CONFIG_H
#define KITH_CONFIG_H

#include "config/when.h"

#include <kith/plugin.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct kith_config kith_config;

/* A section of the host's own. */
typedef struct kith_section {
    const char *name;
    const kith_param *params;
    const size_t *count; /* rows */
    const char *when;    /* a condition of facts (when.h); NULL: every run reads it */
} kith_section;

kith_status kith_config_create(kith_ctx *ctx, kith_config **out) KITH_CHECKED;
void kith_config_destroy(kith_config *config);

/* Reads an INI file. Indented lines go on with the value above them, and each is joined to it with one space;
 * comments may stand between, an empty line ends the value. Lines "include = base.ini" above the first section read
 * other files first, beside this one, whose values this one may give anew. Refused: a line that is no section, comment
 * or pair, an indented one that goes on with nothing or looks like a key of its own, a duplicate key, bytes that are no
 * text. */
kith_status kith_config_read(kith_ctx *ctx, kith_config *config, const char *path) KITH_CHECKED;
/* "section.key=value"; wins over the file; the last --set of a key wins over earlier ones. */
kith_status kith_config_set(kith_ctx *ctx, kith_config *config, const char *text) KITH_CHECKED;
/* The same with "key=value", `length` bytes, for one section. */
kith_status kith_config_set_in(kith_ctx *ctx, kith_config *config, const char *section, const char *text,
                               size_t length) KITH_CHECKED;

/* A new configuration with what was read and set so far, and nothing bound. `from` must outlive it. */
kith_status kith_config_copy(kith_ctx *ctx, const kith_config *from, kith_config **out) KITH_CHECKED;
/* Sets one value; it wins over file and --set before it. `source`: as messages should name its origin
 * ("sweep.ini:12"). */
kith_status kith_config_put(kith_ctx *ctx, kith_config *config, const char *section, const char *key, const char *text,
                            const char *source) KITH_CHECKED;
/* What file and --set say about a section, before binding: calls back for each key with the text that counts, in order
 * of first mention. `prefix`: how messages about it begin. */
typedef kith_status (*kith_config_given)(void *arg, const char *key, const char *text, const char *prefix);
kith_status kith_config_each_given(const kith_config *config, const char *section, kith_config_given visit,
                                   void *arg) KITH_CHECKED;
/* How messages about a section begin, "exp.ini:3"; NULL where nothing mentions it. */
const char *kith_config_mentioned(const kith_config *config, const char *section);
/* Forgets what was said about a key of a section, or (key NULL) about all of it. */
void kith_config_drop(kith_config *config, const char *section, const char *key);

/* Parses a section's values (or their defaults) into `target`, checks each against its row, and remembers the rows. A
 * key of the section that the table lacks is refused with the nearest key. `used` false: the section is checked, and
 * left out of what kith_config_each gives; target may then be NULL. Binding a section again fills another target from
 * the same values. */
kith_status kith_config_bind(kith_ctx *ctx, kith_config *config, const char *section, const kith_param *params,
                             size_t count, bool used, void *target) KITH_CHECKED;
/* [finished] Refuses, with KITH_EIO, files that values which count name to be read, and that are not there. */
kith_status kith_config_check_files(kith_ctx *ctx, const kith_config *config) KITH_CHECKED;
/* Before the section is bound (again): a default in place of the row's where that counts, for values that nobody gives;
 * `whose` follows "the default of". Of several for one key the last holds. */
kith_status kith_config_prefer(kith_ctx *ctx, kith_config *config, const char *section, const char *key,
                               const char *text, const char *whose) KITH_CHECKED;
/* What a section that was bound waits for: its condition (NULL: nothing), the key whose value leaves it out where it is
 * unused (NULL: none), and whether it is spare: it stands for another choice than the run's, and is no mistake. The
 * texts must live as long as the configuration. */
void kith_config_wait(kith_config *config, const char *section, const char *when, const char *chooser, bool spare);
/* Decides which of the bound values count. */
void kith_config_weigh(kith_config *config, kith_truths truths);
/* Whether a bound value counts, by the facts that it was weighed with; else *because says what is in the way, as
 * "partition.kind = iid". */
bool kith_config_counts(const kith_config *config, const char *section, const char *key, kith_why *because);
/* Says (kith_note) which values given, other than defaults, have no effect by these facts; none a second time. */
void kith_config_note_unread(kith_ctx *ctx, kith_config *config, kith_truths truths);
/* The names of sections that the file or --set mention and that were not bound yet: the i-th, NULL past the last. */
const char *kith_config_unbound(const kith_config *config, size_t i);
/* Refuses what is left: unknown sections, with the nearest known ones. */
kith_status kith_config_finish(kith_ctx *ctx, kith_config *config) KITH_CHECKED;

/* Where a key was given, as messages begin; NULL: it was not. */
const char *kith_config_given_at(const kith_config *config, const char *section, const char *key);
/* Where a bound value came from, as an error message would say it: "exp.ini:12", "--set", "the default"; "" for
 * an unknown one. */
const char *kith_config_source(const kith_config *config, const char *section, const char *key);
/* The text of a bound value; NULL for an unknown one. */
const char *kith_config_text(const kith_config *config, const char *section, const char *key);
/* Fails with KITH_ECONFIG: "<source>: <section>.<key> = <value>: <what the format says>". For checks between values. */
kith_status kith_config_refuse(kith_ctx *ctx, const kith_config *config, const char *section, const char *key,
                               const char *format, ...) KITH_PRINTF(5, 6);

/* Refuses (KITH_EIO) to replace a file that the run reads: the configuration file, or one that a path of a used section
 * names. Files are compared, not names, so a link is no other file. One that is not there is nobody's. */
kith_status kith_config_spare(kith_ctx *ctx, const kith_config *config, const char *path) KITH_CHECKED;

/* What kith_config_write adds: a comment on each value with its source, unit and sentence; values that do not count; a
 * comment with unit and sentence alone. */
enum { KITH_WRITE_SOURCES = 1u << 0, KITH_WRITE_ALL = 1u << 1, KITH_WRITE_SENTENCES = 1u << 2 };
/* Writes the resolved configuration, those of its values that count; it reads back to the same bits. */
kith_status kith_config_write(kith_ctx *ctx, const kith_config *config, FILE *out, unsigned flags) KITH_CHECKED;
/* Every bound value that counts, in order: calls back with section, key, text, source. */
typedef kith_status (*kith_config_visitor)(void *arg, const char *section, const char *key, const char *text,
                                           const char *source);
kith_status kith_config_each(const kith_config *config, kith_config_visitor visit, void *arg) KITH_CHECKED;

/* Checks a parameter table itself (types, domains, defaults that parse, offsets inside the struct, no duplicate keys).
 * KITH_EPLUGIN names `owner`, the row and the field. */
kith_status kith_params_check(kith_ctx *ctx, const char *owner, const kith_param *params, size_t count,
                              size_t config_size) KITH_CHECKED;

/* The nearest of `names` to a mistyped one (Damerau-Levenshtein), or NULL if none is near. */
const char *kith_nearest(const char *wrong, const char *const *names, size_t count);

/* The data folder: $KITH_DATA, or ../shared/data. */
const char *kith_data_folder(void);

#endif
