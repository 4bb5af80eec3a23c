#include "base/shorten.h"
#include "config/entries.h"

#include <stdlib.h>
#include <string.h>

const char *kith_data_folder(void)
{
    const char *folder = getenv("KITH_DATA");
    return folder && *folder ? folder : "../shared/data";
}

static kith_status refuse_key(kith_ctx *ctx, const kith_entry *entry, const kith_param *params, size_t count)
{
    const char **keys = NULL;
    char all[512] = "";
    KITH_TRY(KITH_ALLOC(ctx, "names of parameters", count, &keys));
    for (size_t i = 0, at = 0; i < count; i++) {
        keys[i] = params[i].key;
        if (at + strlen(keys[i]) + 6 < sizeof all)
            at += (size_t)snprintf(all + at, sizeof all - at, "%s%s", i ? ", " : "", keys[i]);
    }
    const char *near = kith_nearest(entry->key, keys, count);
    kith_free(keys);
    const char *section = entry->section;
    if (near)
        return kith_fail(ctx, KITH_ECONFIG, "%s: %s.%s is not a parameter of %s; did you mean %s.%s?", entry->prefix,
                         section, entry->key, section, section, near);
    return kith_fail(ctx, KITH_ECONFIG, "%s: %s.%s is not a parameter of %s, which has %s", entry->prefix, section,
                     entry->key, section, count ? all : "none");
}

static kith_status check_keys(kith_ctx *ctx, const kith_config *config, const char *section, const kith_param *params,
                              size_t count)
{
    for (size_t i = 0; i < config->entries; i++) {
        if (strcmp(config->entry[i].section, section) != 0) continue;
        size_t row = 0;
        while (row < count && strcmp(params[row].key, config->entry[i].key) != 0)
            row++;
        if (row == count) return refuse_key(ctx, &config->entry[i], params, count);
    }
    return KITH_OK;
}

/* Puts the data folder in the place of each ${KITH_DATA}. */
static kith_status expand_data(kith_ctx *ctx, kith_config *config, const char *text, const char **out)
{
    static const char variable[] = "${KITH_DATA}";
    const char *folder = kith_data_folder();
    size_t variables = 0;
    for (const char *at = text; (at = strstr(at, variable)); at += sizeof variable - 1)
        variables++;
    void *room = NULL;
    KITH_TRY(kith_config_keep(ctx, config, strlen(text) + variables * strlen(folder) + 1, &room));
    char *end = room;
    for (const char *at; (at = strstr(text, variable)); text = at + sizeof variable - 1) {
        end = mempcpy(end, text, (size_t)(at - text));
        end = mempcpy(end, folder, strlen(folder));
    }
    memcpy(end, text, strlen(text) + 1);
    *out = room;
    return KITH_OK;
}

/* And the home folder in that of a ~ at the beginning. HOME is set: kith_value_read() has seen to it. */
static kith_status expand(kith_ctx *ctx, kith_config *config, const char *text, const char **out)
{
    if (!kith_path_at_home(text)) return expand_data(ctx, config, text, out);
    const char *rest = NULL;
    KITH_TRY(expand_data(ctx, config, text + 1, &rest));
    return kith_config_text_of(ctx, config, out, "%s%s", getenv("HOME"), rest);
}

static kith_status store_reals(kith_ctx *ctx, kith_config *config, const char *text, size_t count, kith_reals *slot)
{
    void *items = NULL;
    KITH_TRY(kith_config_keep(ctx, config, (count + 1) * sizeof *slot->item, &items));
    kith_value_items(text, count, items);
    *slot = (kith_reals){.item = items, .count = count};
    return KITH_OK;
}

static kith_status store(kith_ctx *ctx, kith_config *config, const kith_param *row, const char *text,
                         const kith_value *value, void *target)
{
    void *slot = (char *)target + row->offset;
    switch ((kith_type)row->type) {
    case KITH_TYPE_INT:
        *(int64_t *)slot = value->integer;
        break;
    case KITH_TYPE_REAL:
        *(double *)slot = value->real;
        break;
    case KITH_TYPE_BOOL:
        *(bool *)slot = value->truth;
        break;
    case KITH_TYPE_CHOICE:
        *(int *)slot = value->choice;
        break;
    case KITH_TYPE_STRING:
        return kith_config_text_of(ctx, config, (const char **)slot, "%s", text);
    case KITH_TYPE_PATH:
        return expand(ctx, config, text, (const char **)slot);
    case KITH_TYPE_REALS:
        return store_reals(ctx, config, text, value->count, slot);
    }
    return KITH_OK;
}

kith_status kith_config_prefer(kith_ctx *ctx, kith_config *config, const char *section, const char *key,
                               const char *text, const char *whose)
{
    kith_preferred own = {.section = NULL};
    KITH_TRY(kith_config_text_of(ctx, config, &own.section, "%s", section));
    KITH_TRY(kith_config_text_of(ctx, config, &own.key, "%s", key));
    KITH_TRY(kith_config_text_of(ctx, config, &own.text, "%s", text));
    KITH_TRY(kith_config_text_of(ctx, config, &own.source, "the default of %s", whose));
    KITH_TRY(kith_config_grow(ctx, (void **)&config->preferred, config->preferences, sizeof own));
    config->preferred[config->preferences++] = own;
    return KITH_OK;
}

/* The last that was said. A row that does not count by those that are bound keeps its own. */
static kith_preferred preferred(const kith_config *config, const char *section, const kith_param *row)
{
    kith_why because;
    for (size_t i = config->preferences; i-- > 0;)
        if (!strcmp(config->preferred[i].section, section) && !strcmp(config->preferred[i].key, row->key) &&
            kith_config_holds(config, section, row->when, &because))
            return config->preferred[i];
    return (kith_preferred){.section = section, .key = row->key, .text = row->fallback, .source = "the default"};
}

/* The row's own strings are copied, since a plugin may be closed before its values are printed. */
static kith_status remember(kith_ctx *ctx, kith_config *config, const kith_given_section *section,
                            const kith_param *row, const kith_entry *entry, const kith_preferred *fallback)
{
    kith_bound *known = kith_config_bound(config, section->name, row->key);
    if (known) {
        known->used |= section->used;
        known->counts = known->used;
        if (fallback->text == row->fallback) return KITH_OK;
        known->fallback = fallback->text;
        if (entry) return KITH_OK;
        known->text = fallback->text;
        known->source = fallback->source;
        return KITH_OK;
    }
    kith_bound bound = {.section = section->name,
                        .used = section->used,
                        .counts = section->used,
                        .source = entry ? entry->source : fallback->source};
    KITH_TRY(kith_config_text_of(ctx, config, &bound.key, "%s", row->key));
    KITH_TRY(kith_config_text_of(ctx, config, &bound.text, "%s", entry ? entry->text : fallback->text));
    KITH_TRY(kith_config_text_of(ctx, config, &bound.unit, "%s", row->unit));
    KITH_TRY(kith_config_text_of(ctx, config, &bound.doc, "%s", row->doc));
    KITH_TRY(kith_config_text_of(ctx, config, &bound.fallback, "%s", fallback->text));
    if (row->when) KITH_TRY(kith_config_text_of(ctx, config, &bound.when, "%s", row->when));
    if (row->type == KITH_TYPE_PATH) KITH_TRY(expand(ctx, config, bound.text, &bound.path));
    KITH_TRY(kith_config_grow(ctx, (void **)&config->bound, config->bounds, sizeof bound));
    config->bound[config->bounds++] = bound;
    return KITH_OK;
}

static kith_status bind_row(kith_ctx *ctx, kith_config *config, const kith_given_section *section,
                            const kith_param *row, void *target)
{
    const kith_entry *entry = kith_config_entry(config, section->name, row->key);
    const kith_preferred fallback = preferred(config, section->name, row);
    const char *text = entry ? entry->text : fallback.text;
    kith_value value;
    kith_why why;
    kith_quoted quoted;
    if (!kith_value_read(row, text, &value, &why))
        return kith_fail(ctx, KITH_ECONFIG, "%s: %s.%s = %s %s", entry ? entry->prefix : fallback.source, section->name,
                         row->key, *text ? kith_quote(text, &quoted) : "''", why.text);
    if (target) KITH_TRY(store(ctx, config, row, text, &value, target));
    return remember(ctx, config, section, row, entry, &fallback);
}

kith_status kith_config_bind(kith_ctx *ctx, kith_config *config, const char *section, const kith_param *params,
                             size_t count, bool used, void *target)
{
    if (used && count && !target)
        return kith_fail(ctx, KITH_EINTERNAL, "section [%s] has no struct to go to; give one", section);
    KITH_TRY(check_keys(ctx, config, section, params, count));
    KITH_TRY(kith_config_mention(ctx, config, section, NULL, NULL));
    kith_given_section *bound = kith_config_section(config, section);
    bound->used |= used;
    for (size_t i = 0; i < count; i++)
        KITH_TRY(bind_row(ctx, config, bound, &params[i], target));
    bound->bound = true;
    return KITH_OK;
}

void kith_config_wait(kith_config *config, const char *section, const char *when, const char *chooser, bool spare)
{
    kith_given_section *s = kith_config_section(config, section);
    s->when = when;
    s->chooser = chooser;
    s->spare = spare;
}
