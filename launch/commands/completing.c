#include "launch/commands/completing.h"

#include "engine/frame/run.h"
#include <stdio.h>
#include <string.h>

/* One word to be completed, and the plugins there are. */
typedef struct completing {
    const char *word;
    const kith_listing *listing;
    size_t plugins;
} completing;

static void offer(const completing *c, const char *section, const char *dot, const char *key, const char *equals,
                  const char *value, size_t length)
{
    char text[1024];
    snprintf(text, sizeof text, "%s%s%s%s%.*s", section, dot, key, equals, (int)length, value);
    if (strncmp(text, c->word, strlen(c->word)) == 0) puts(text);
}

/* run.algorithm and its like: names of plugins of one kind. 0: it is none of them. */
static uint32_t kind_of_value(const char *section, const char *key)
{
    static const struct {
        const char *key;
        uint32_t kind;
    } rows[] = {{"algorithm", KITH_ALGORITHM},
                {"model", KITH_MODEL},
                {"dataset", KITH_DATASET},
                {"topology", KITH_TOPOLOGY},
                {"game", KITH_GAME}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && strcmp(section, "run") == 0; i++)
        if (strcmp(key, rows[i].key) == 0) return rows[i].kind;
    return 0;
}

static void offer_plugins(const completing *c, const char *key, uint32_t kind)
{
    for (size_t i = 0; i < c->plugins; i++) {
        const kith_plugin *p = c->listing[i].plugin;
        if (p && p->kind == kind) offer(c, "run", ".", key, "=", p->id, strlen(p->id));
    }
}

static void offer_values(const completing *c, const char *section, const kith_param *row)
{
    const uint32_t kind = kind_of_value(section, row->key);
    if (kind) {
        offer_plugins(c, row->key, kind);
        return;
    }
    const char *choice = row->type == KITH_TYPE_BOOL     ? "yes|no"
                         : row->type == KITH_TYPE_CHOICE ? row->domain
                                                         : row->fallback;
    const char *separators = row->type == KITH_TYPE_BOOL || row->type == KITH_TYPE_CHOICE ? "|" : "";
    while (*choice) {
        const size_t length = strcspn(choice, separators);
        offer(c, section, ".", row->key, "=", choice, length);
        choice += length + (choice[length] == '|');
    }
}

/* Keys before there is an = in the word, values after. */
static void offer_rows(const completing *c, const char *section, const kith_param *rows, size_t count)
{
    const char *equals = strchr(c->word, '=');
    const size_t length = strlen(section);
    if (!strchr(c->word, '.')) {
        offer(c, section, ".", "", "", "", 0);
        return;
    }
    if (strncmp(c->word, section, length) != 0 || c->word[length] != '.') return;
    const char *key = c->word + length + 1;
    for (size_t i = 0; i < count; i++) {
        if (!equals) offer(c, section, ".", rows[i].key, "=", "", 0);
        if (equals && strlen(rows[i].key) == (size_t)(equals - key) &&
            strncmp(key, rows[i].key, (size_t)(equals - key)) == 0)
            offer_values(c, section, &rows[i]);
    }
}

kith_status completing_print(kith_ctx *ctx, kith_registry *registry, const char *word)
{
    completing c = {.word = word};
    kith_section section;
    KITH_TRY(kith_registry_list(ctx, registry, &c.listing, &c.plugins));
    for (size_t i = 0; kith_run_section(i, &section); i++)
        offer_rows(&c, section.name, section.params, *section.count);
    for (size_t i = 0; i < c.plugins; i++) {
        const kith_plugin *p = c.listing[i].plugin;
        if (p) offer_rows(&c, p->id, p->params, p->param_count);
    }
    return KITH_OK;
}
