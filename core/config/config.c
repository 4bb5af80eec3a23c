#include "base/shorten.h"
#include "config/entries.h"

#include <stdlib.h>
#include <string.h>

struct kith_kept {
    struct kith_kept *next;
    max_align_t data[];
};

kith_status kith_config_create(kith_ctx *ctx, kith_config **out)
{
    return KITH_ALLOC(ctx, "configuration", 1, out);
}

void kith_config_destroy(kith_config *config)
{
    if (!config) return;
    while (config->kept) {
        struct kith_kept *next = config->kept->next;
        free(config->kept);
        config->kept = next;
    }
    free(config->entry);
    free(config->section);
    free(config->bound);
    free(config->preferred);
    kith_free(config);
}

kith_status kith_config_keep(kith_ctx *ctx, kith_config *config, size_t size, void **out)
{
    struct kith_kept *kept = calloc(1, sizeof *kept + size);
    if (!kept) return kith_fail(ctx, KITH_EMEMORY, "configuration: no memory for %zu bytes", size);
    kept->next = config->kept;
    config->kept = kept;
    *out = kept->data;
    return KITH_OK;
}

kith_status kith_config_text_of(kith_ctx *ctx, kith_config *config, const char **out, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    void *text = NULL;
    kith_status status = KITH_OK;
    if (length < 0) status = kith_fail(ctx, KITH_EINTERNAL, "configuration: a text cannot be formatted");
    if (status == KITH_OK) status = kith_config_keep(ctx, config, (size_t)length + 1, &text);
    if (status == KITH_OK) {
        vsnprintf(text, (size_t)length + 1, format, again);
        *out = text;
    }
    va_end(again);
    return status;
}

kith_status kith_config_grow(kith_ctx *ctx, void **items, size_t count, size_t size)
{
    if (count & (count - 1)) return KITH_OK; /* room is a power of two, so it is full at powers of two only */
    const size_t room = count ? 2 * count : 1;
    void *grown = room > SIZE_MAX / size ? NULL : realloc(*items, room * size);
    if (!grown) return kith_fail(ctx, KITH_EMEMORY, "configuration: no memory for %zu items", room);
    *items = grown;
    return KITH_OK;
}

kith_given_section *kith_config_section(const kith_config *config, const char *name)
{
    for (size_t i = 0; i < config->sections; i++)
        if (strcmp(config->section[i].name, name) == 0) return &config->section[i];
    return NULL;
}

kith_bound *kith_config_bound(const kith_config *config, const char *section, const char *key)
{
    for (size_t i = 0; i < config->bounds; i++)
        if (strcmp(config->bound[i].section, section) == 0 && strcmp(config->bound[i].key, key) == 0)
            return &config->bound[i];
    return NULL;
}

kith_status kith_config_mention(kith_ctx *ctx, kith_config *config, const char *name, const char *where,
                                const char *origin)
{
    kith_given_section *known = kith_config_section(config, name);
    if (known) {
        if (!known->where) {
            known->where = where;
            known->origin = origin;
        }
        return KITH_OK;
    }
    kith_given_section section = {.where = where, .origin = origin};
    KITH_TRY(kith_config_text_of(ctx, config, &section.name, "%s", name));
    KITH_TRY(kith_config_grow(ctx, (void **)&config->section, config->sections, sizeof section));
    config->section[config->sections++] = section;
    return KITH_OK;
}

static kith_status refuse_second(kith_ctx *ctx, const kith_config *config, const kith_entry *entry)
{
    for (size_t i = 0; entry->file && i < config->entries; i++) {
        const kith_entry *other = &config->entry[i];
        if (!other->file || strcmp(other->file, entry->file) != 0) continue;
        if (strcmp(other->section, entry->section) != 0 || strcmp(other->key, entry->key) != 0) continue;
        return kith_fail(ctx, KITH_ECONFIG, "%s: %s.%s is given a second time, after line %zu; keep one of them",
                         entry->prefix, entry->section, entry->key, other->line);
    }
    return KITH_OK;
}

/* Nothing has such a name, and so messages, labels and axes need no room for it. */
static kith_status refuse_long_name(kith_ctx *ctx, const kith_entry *entry, const char *name, size_t most)
{
    kith_quoted quoted;
    if (strlen(name) <= most) return KITH_OK;
    return kith_fail(ctx, KITH_ECONFIG, "%s: %s is the name of no section and no key, which have at most %zu bytes",
                     entry->prefix, kith_quote(name, &quoted), most);
}

kith_status kith_config_add(kith_ctx *ctx, kith_config *config, const kith_entry *entry)
{
    kith_why why;
    KITH_TRY(refuse_long_name(ctx, entry, entry->section, KITH_KEY_BYTES));
    KITH_TRY(refuse_long_name(ctx, entry, entry->key, 2 * KITH_KEY_BYTES + 1));
    if (!kith_value_survives(entry->text, &why))
        return kith_fail(ctx, KITH_ECONFIG, "%s: %s.%s %s", entry->prefix, entry->section, entry->key, why.text);
    KITH_TRY(refuse_second(ctx, config, entry));
    KITH_TRY(
        kith_config_mention(ctx, config, entry->section, entry->prefix, entry->file ? entry->file : entry->source));
    KITH_TRY(kith_config_grow(ctx, (void **)&config->entry, config->entries, sizeof *entry));
    config->entry[config->entries++] = *entry;
    return KITH_OK;
}

/* Copies [from, to) without the blanks around it. */
static kith_status keep_trimmed(kith_ctx *ctx, kith_config *config, const char *from, const char *to, const char **out)
{
    while (from < to && (*from == ' ' || *from == '\t'))
        from++;
    while (to > from && (to[-1] == ' ' || to[-1] == '\t'))
        to--;
    return kith_config_text_of(ctx, config, out, "%.*s", (int)(to - from), from);
}

kith_status kith_config_set(kith_ctx *ctx, kith_config *config, const char *text)
{
    const size_t length = strlen(text);
    const char *end = text + length, *equals = strchr(text, '=');
    const char *dot = equals ? memchr(text, '.', (size_t)(equals - text)) : NULL;
    kith_why why;
    kith_quoted quoted;
    if (!kith_text_check(text, length, &why))
        return kith_fail(ctx, KITH_ECONFIG, "--set: %s; write one line of UTF-8", why.text);
    if (!equals)
        return kith_fail(ctx, KITH_ECONFIG, "--set %s: has no =; write it as section.key=value",
                         kith_quote(text, &quoted));
    if (!dot)
        return kith_fail(ctx, KITH_ECONFIG, "--set %s: names no section; write it as section.key=value",
                         kith_quote(text, &quoted));
    kith_entry entry = {.source = "--set", .prefix = "--set"}; /* messages about a value name its key themselves */
    KITH_TRY(keep_trimmed(ctx, config, text, dot, &entry.section));
    KITH_TRY(keep_trimmed(ctx, config, dot + 1, equals, &entry.key));
    KITH_TRY(keep_trimmed(ctx, config, equals + 1, end, &entry.text));
    if (!*entry.section || !*entry.key)
        return kith_fail(ctx, KITH_ECONFIG, "--set %s: the %s is missing; write it as section.key=value",
                         kith_quote(text, &quoted), *entry.section ? "key" : "section");
    return kith_config_add(ctx, config, &entry);
}

kith_status kith_config_set_in(kith_ctx *ctx, kith_config *config, const char *section, const char *text, size_t length)
{
    const char *whole = NULL;
    KITH_TRY(kith_config_text_of(ctx, config, &whole, "%s.%.*s", section, (int)length, text));
    return kith_config_set(ctx, config, whole);
}

const char *kith_config_unbound(const kith_config *config, size_t i)
{
    for (size_t k = 0; k < config->sections; k++)
        if (!config->section[k].bound && i-- == 0) return config->section[k].name;
    return NULL;
}

/* "; did you mean [x]?", or what there is to choose from. */
static kith_status refuse_section(kith_ctx *ctx, const kith_config *config, const kith_given_section *wrong)
{
    const char **names = NULL;
    size_t count = 0;
    char all[512] = "";
    KITH_TRY(KITH_ALLOC(ctx, "names of sections", config->sections, &names));
    for (size_t i = 0; i < config->sections; i++)
        if (config->section[i].bound) names[count++] = config->section[i].name;
    const char *near = kith_nearest(wrong->name, names, count);
    for (size_t i = 0, at = 0; i < count && at + strlen(names[i]) + 6 < sizeof all; i++)
        at += (size_t)snprintf(all + at, sizeof all - at, "%s[%s]", i ? ", " : "", names[i]);
    kith_free(names);
    if (near)
        return kith_fail(ctx, KITH_ECONFIG, "%s: section [%s] is not known; did you mean [%s]?", wrong->where,
                         wrong->name, near);
    return kith_fail(ctx, KITH_ECONFIG, "%s: section [%s] is not known; there are %s", wrong->where, wrong->name,
                     *all ? all : "none");
}

kith_status kith_config_finish(kith_ctx *ctx, kith_config *config)
{
    for (size_t i = 0; i < config->sections; i++)
        if (!config->section[i].bound) return refuse_section(ctx, config, &config->section[i]);
    return KITH_OK;
}

const char *kith_config_source(const kith_config *config, const char *section, const char *key)
{
    const kith_bound *bound = kith_config_bound(config, section, key);
    return bound ? bound->source : "";
}

const char *kith_config_text(const kith_config *config, const char *section, const char *key)
{
    const kith_bound *bound = kith_config_bound(config, section, key);
    return bound ? bound->text : NULL;
}

kith_status kith_config_refuse(kith_ctx *ctx, const kith_config *config, const char *section, const char *key,
                               const char *format, ...)
{
    char what[1024];
    va_list args;
    va_start(args, format);
    kith_shorten_format(what, sizeof what, format, args);
    va_end(args);
    kith_quoted quoted;
    const kith_bound *bound = kith_config_bound(config, section, key);
    if (!bound) return kith_fail(ctx, KITH_ECONFIG, "%s.%s: %s", section, key, what);
    return kith_fail(ctx, KITH_ECONFIG, "%s: %s.%s = %s: %s", bound->source, section, key,
                     kith_quote(bound->text, &quoted), what);
}
