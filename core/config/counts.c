/* Which values count, by the conditions of rows and sections (when.h). */
#include "config/entries.h"

#include <math.h>
#include <string.h>

/* Rows whose conditions are being looked at, the innermost first: rows that wait for each other hold each other up. */
typedef struct pending {
    const kith_bound *row;
    const struct pending *outer;
} pending;

static bool condition_holds(const kith_config *config, const char *section, const char *when, const pending *outer,
                            kith_why *because);

static bool blame(kith_why *because, const char *section, const char *key, const char *text)
{
    kith_quoted quoted;
    return kith_because(because, "%s.%s = %s", section, key, *text ? kith_quote(text, &quoted) : "''");
}

/* Of the keys "a.b c.d" the first that is not its default, or the last. */
static bool blame_one(const kith_config *config, const char *keys, kith_why *because)
{
    const kith_bound *guilty = NULL;
    char section[KITH_KEY_BYTES + 1], key[KITH_KEY_BYTES + 1];
    while (*keys) {
        const size_t length = strcspn(keys, " "), dot = strcspn(keys, ".");
        snprintf(section, sizeof section, "%.*s", (int)dot, keys);
        snprintf(key, sizeof key, "%.*s", (int)(length - dot - 1), keys + dot + 1);
        const kith_bound *bound = kith_config_bound(config, section, key);
        keys += length + (keys[length] == ' ');
        if (bound) guilty = bound;
        if (bound && strcmp(bound->text, bound->fallback) != 0) break;
    }
    return guilty ? blame(because, guilty->section, guilty->key, guilty->text) : kith_because(because, "this run");
}

static bool row_counts(const kith_config *config, const kith_bound *bound, const pending *outer, kith_why *because)
{
    const kith_given_section *s = kith_config_section(config, bound->section);
    const pending own = {bound, outer};
    because->text[0] = '\0';
    if (!bound->used) return blame_one(config, s->when ? "run.algorithm" : s->chooser ? s->chooser : "", because);
    for (; outer; outer = outer->outer)
        if (outer->row == bound) return true;
    return condition_holds(config, bound->section, s->when, &own, because) &&
           condition_holds(config, bound->section, bound->when, &own, because);
}

/* A data set's name does not tell: with other settings it may have them. */
static void append(kith_why *because, kith_truth fact)
{
    const char *has = fact == KITH_IS_TEST ? ", which has no test examples" : ", which has real targets";
    if (fact == KITH_IS_TEST || fact == KITH_IS_CLASSES)
        strncat(because->text, has, sizeof because->text - strlen(because->text) - 1);
}

static bool fact_holds(const kith_config *config, const kith_term *term, kith_why *because)
{
    const uint32_t bit = UINT32_C(1) << term->fact;
    if (!(config->truths.known & bit) || ((config->truths.holds & bit) != 0) != term->negated) return true;
    blame_one(config, kith_truth_keys(term->fact), because);
    if (!term->negated) append(because, term->fact);
    return false;
}

static bool compare(const kith_term *term, const char *text)
{
    kith_piece values = term->values, value;
    while (kith_when_value(&values, &value)) {
        const bool found = term->op == KITH_WHEN_ABOVE ? kith_when_above(text, &value) : kith_when_same(&value, text);
        if (found) return term->op != KITH_WHEN_IS_NOT;
    }
    return term->op == KITH_WHEN_IS_NOT;
}

static bool term_holds(const kith_config *config, const char *section, const kith_term *term, const pending *outer,
                       kith_why *because)
{
    char own[KITH_KEY_BYTES + 1], key[KITH_KEY_BYTES + 1];
    if (term->op == KITH_WHEN_FACT) return fact_holds(config, term, because);
    if (term->section.length) {
        snprintf(own, sizeof own, "%.*s", (int)term->section.length, term->section.at);
        section = own;
    }
    snprintf(key, sizeof key, "%.*s", (int)term->key.length, term->key.at);
    const kith_bound *bound = kith_config_bound(config, section, key);
    if (!bound) return !config->truths.known || kith_because(because, "no %s.%s", section, key);
    if (!row_counts(config, bound, outer, because)) return false;
    return compare(term, bound->text) || blame(because, section, key, bound->text);
}

/* Of several alternatives the first is the one to blame. */
static bool condition_holds(const kith_config *config, const char *section, const char *when, const pending *outer,
                            kith_why *because)
{
    kith_term term;
    kith_why why, other;
    bool holds = true, first = true;
    because->text[0] = '\0';
    while (when && kith_when_next(&when, &term, &why)) {
        if (term.alternative && holds) break;
        if (term.alternative) {
            holds = true;
            first = false;
        }
        if (holds) holds = term_holds(config, section, &term, outer, first ? because : &other);
    }
    if (holds) because->text[0] = '\0';
    return holds;
}

bool kith_config_holds(const kith_config *config, const char *section, const char *when, kith_why *because)
{
    return condition_holds(config, section, when, NULL, because);
}

void kith_config_weigh(kith_config *config, kith_truths truths)
{
    kith_why because;
    config->truths = truths;
    for (size_t i = 0; i < config->bounds; i++)
        config->bound[i].counts = row_counts(config, &config->bound[i], NULL, &because);
}

bool kith_config_counts(const kith_config *config, const char *section, const char *key, kith_why *because)
{
    const kith_bound *bound = kith_config_bound(config, section, key);
    if (bound) return row_counts(config, bound, NULL, because);
    return kith_because(because, "this run");
}

/* What stands in a chain of plugins may be bound several times. */
static void note_key(kith_ctx *ctx, const kith_entry *entry, kith_bound *bound, const kith_why *because)
{
    kith_quoted quoted;
    char line[2048];
    bound->noted = true;
    snprintf(line, sizeof line, "%s: %s.%s = %s has no effect with %s", entry->source, entry->section, entry->key,
             *entry->text ? kith_quote(entry->text, &quoted) : "''", because->text);
    if (!strstr(kith_ctx_notes(ctx), line)) kith_note(ctx, "%s", line);
}

/* A section of a file is said once, and not at all where it stands for another choice than the run's. */
static void note_section(kith_ctx *ctx, kith_given_section *section)
{
    if (section->noted || section->spare) return;
    section->noted = true;
    kith_note(ctx, "%s: section [%s] is not used by this run", section->origin, section->name);
}

void kith_config_note_unread(kith_ctx *ctx, kith_config *config, kith_truths truths)
{
    const kith_truths former = config->truths;
    config->truths = truths;
    for (size_t i = 0; i < config->entries; i++) {
        const kith_entry *entry = kith_config_entry(config, config->entry[i].section, config->entry[i].key);
        kith_bound *bound = kith_config_bound(config, entry->section, entry->key);
        kith_why because;
        if (!bound || bound->noted || !strcmp(entry->text, bound->fallback)) continue;
        if (row_counts(config, bound, NULL, &because)) continue;
        if (entry->file && !bound->used)
            note_section(ctx, kith_config_section(config, entry->section));
        else
            note_key(ctx, entry, bound, &because);
    }
    config->truths = former;
}
