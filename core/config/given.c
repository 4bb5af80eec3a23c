/* What file and --set gave, before any table says what it means. */
#include "config/entries.h"

#include <string.h>

const kith_entry *kith_config_entry(const kith_config *config, const char *section, const char *key)
{
    const kith_entry *best = NULL;
    for (size_t i = 0; i < config->entries; i++) {
        const kith_entry *entry = &config->entry[i];
        if (strcmp(entry->section, section) != 0 || strcmp(entry->key, key) != 0) continue;
        if (!best || best->file || !entry->file) best = entry;
    }
    return best;
}

const char *kith_config_given_at(const kith_config *config, const char *section, const char *key)
{
    const kith_entry *entry = kith_config_entry(config, section, key);
    return entry ? entry->prefix : NULL;
}

kith_status kith_config_copy(kith_ctx *ctx, const kith_config *from, kith_config **out)
{
    kith_config *config = NULL;
    kith_status status = kith_config_create(ctx, &config);
    for (size_t i = 0; status == KITH_OK && i < from->sections; i++)
        status =
            kith_config_mention(ctx, config, from->section[i].name, from->section[i].where, from->section[i].origin);
    for (size_t i = 0; status == KITH_OK && i < from->entries; i++) {
        status = kith_config_grow(ctx, (void **)&config->entry, config->entries, sizeof *config->entry);
        if (status == KITH_OK) config->entry[config->entries++] = from->entry[i];
    }
    if (status == KITH_OK)
        *out = config;
    else
        kith_config_destroy(config);
    return status;
}

kith_status kith_config_put(kith_ctx *ctx, kith_config *config, const char *section, const char *key, const char *text,
                            const char *source)
{
    kith_entry entry = {.line = 0};
    KITH_TRY(kith_config_text_of(ctx, config, &entry.section, "%s", section));
    KITH_TRY(kith_config_text_of(ctx, config, &entry.key, "%s", key));
    KITH_TRY(kith_config_text_of(ctx, config, &entry.text, "%s", text));
    KITH_TRY(kith_config_text_of(ctx, config, &entry.source, "%s", source));
    entry.prefix = entry.source;
    return kith_config_add(ctx, config, &entry);
}

static bool is_about(const kith_entry *entry, const char *section, const char *key)
{
    return strcmp(entry->section, section) == 0 && (!key || strcmp(entry->key, key) == 0);
}

static bool mentioned_before(const kith_config *config, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (is_about(&config->entry[k], config->entry[i].section, config->entry[i].key)) return true;
    return false;
}

kith_status kith_config_each_given(const kith_config *config, const char *section, kith_config_given visit, void *arg)
{
    for (size_t i = 0; i < config->entries; i++) {
        if (!is_about(&config->entry[i], section, NULL) || mentioned_before(config, i)) continue;
        const kith_entry *entry = kith_config_entry(config, section, config->entry[i].key);
        KITH_TRY(visit(arg, entry->key, entry->text, entry->prefix));
    }
    return KITH_OK;
}

const char *kith_config_mentioned(const kith_config *config, const char *section)
{
    const kith_given_section *known = kith_config_section(config, section);
    return known ? known->where : NULL;
}

void kith_config_drop(kith_config *config, const char *section, const char *key)
{
    size_t kept = 0;
    for (size_t i = 0; i < config->entries; i++)
        if (!is_about(&config->entry[i], section, key)) config->entry[kept++] = config->entry[i];
    config->entries = kept;
    kith_given_section *known = key ? NULL : kith_config_section(config, section);
    if (!known) return;
    memmove(known, known + 1, (size_t)(config->section + config->sections - known - 1) * sizeof *known);
    config->sections--;
}
