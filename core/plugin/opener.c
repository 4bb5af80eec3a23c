#include "plugin/opener.h"

#include "base/shorten.h"
#include "config/config.h"
#include "config/value.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the plugin sees comes first. */
typedef struct inside {
    kith_inner inner;
    kith_spelt spelt;
} inside;

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

static kith_status malformed(kith_ctx *ctx, kith_kind kind, const char *owner, const char *spec)
{
    kith_quoted quoted;
    return kith_fail(ctx, KITH_ECONFIG, "%s: '%s' is no %s; write name, name(value) or name(key=value, key=value)",
                     owner, kith_quote(spec, &quoted), kith_kind_name(kind));
}

/* The end of one "key=value": a comma or the closing bracket at this depth; NULL where brackets do not match. */
static const char *end_of_pair(const char *text)
{
    size_t depth = 0;
    for (; *text; text++) {
        if (*text == '(') depth++;
        if (depth == 0 && (*text == ',' || *text == ')')) return text;
        if (*text == ')') depth--;
    }
    return NULL;
}

const char *kith_spelt_end(const char *text)
{
    for (size_t depth = 0; *text && (depth || *text != ','); text++) {
        if (*text == '(') depth++;
        if (*text == ')' && depth) depth--;
    }
    return text;
}

/* Whether "key=value" or a value alone stands from `at` to `last`. */
static bool has_key(const char *at, const char *last)
{
    while (at < last && *at != '=' && *at != '(')
        at++;
    return at < last && *at == '=';
}

/* Values without a key are those of the plugin's rows, in order. */
static kith_status set_value(kith_ctx *ctx, kith_config *config, const kith_plugin *plugin, const char *owner,
                             size_t place, const char *at, size_t length)
{
    if (place >= plugin->param_count)
        return kith_fail(ctx, KITH_ECONFIG, "%s: %s takes %u values, and '%.*s' is one more; take it away", owner,
                         plugin->id, (unsigned)plugin->param_count, (int)length, at);
    char *pair = NULL;
    if (asprintf(&pair, "%s=%.*s", plugin->params[place].key, (int)length, at) < 0)
        return kith_fail(ctx, KITH_EMEMORY, "%s: no memory for its values", owner);
    const kith_status status = kith_config_set_in(ctx, config, plugin->id, pair, strlen(pair));
    free(pair);
    return status;
}

/* "(value, key=value, ...)" into the plugin's section. *whole: whether nothing but blanks follows, and no value without
 * a key stands behind one with a key. */
static kith_status set_pairs(kith_ctx *ctx, kith_config *config, const kith_plugin *plugin, const char *owner,
                             const char *pairs, bool *whole)
{
    const char *at = skip_blanks(pairs + 1);
    bool keys = false;
    *whole = false;
    for (size_t place = 0; *at != ')'; place++) {
        const char *end = end_of_pair(at);
        const char *last = end;
        if (!end) return KITH_OK;
        while (last > at && (last[-1] == ' ' || last[-1] == '\t'))
            last--;
        if (keys && !has_key(at, last)) return KITH_OK;
        keys = has_key(at, last);
        KITH_TRY(keys ? kith_config_set_in(ctx, config, plugin->id, at, (size_t)(last - at))
                      : set_value(ctx, config, plugin, owner, place, at, (size_t)(last - at)));
        at = *end == ')' ? end : skip_blanks(end + 1);
        if (*end == ',' && *at == ')') return KITH_OK;
    }
    *whole = !*skip_blanks(at + 1);
    return KITH_OK;
}

static kith_status fill(kith_ctx *ctx, kith_registry *registry, kith_kind kind, const char *owner, const char *spec,
                        kith_spelt *s)
{
    char name[KITH_KEY_BYTES + 2]; /* of a plugin, or one byte too many */
    const kith_plugin *plugin = NULL;
    const size_t length = strcspn(spec, "( \t");
    const char *pairs = skip_blanks(spec + length);
    bool whole = true;
    if (*pairs && *pairs != '(') return malformed(ctx, kind, owner, spec);
    snprintf(name, sizeof name, "%.*s", (int)length, spec);
    KITH_TRY(kith_registry_find(ctx, registry, kind, name, owner, &plugin));
    KITH_TRY(kith_config_create(ctx, &s->config));
    if (*pairs) KITH_TRY(set_pairs(ctx, s->config, plugin, owner, pairs, &whole));
    if (!whole) return malformed(ctx, kind, owner, spec);
    KITH_TRY(kith_instance_bind(ctx, s->config, plugin, &s->instance));
    KITH_TRY(kith_config_finish(ctx, s->config));
    kith_config_note_unread(ctx, s->config, (kith_truths){0});
    return KITH_OK;
}

void kith_spelt_close(kith_spelt *spelt)
{
    kith_instance_close(&spelt->instance);
    if (spelt->config) kith_config_destroy(spelt->config);
    *spelt = (kith_spelt){0};
}

kith_status kith_spelt_open(kith_ctx *ctx, kith_registry *registry, kith_kind kind, const char *owner,
                            const kith_setting *setting, const char *text, kith_spelt *out)
{
    kith_spelt spelt = {0};
    kith_status status = fill(ctx, registry, kind, owner, skip_blanks(text), &spelt);
    if (status == KITH_OK && setting) status = kith_instance_create(ctx, &spelt.instance, setting);
    if (status != KITH_OK) {
        kith_spelt_close(&spelt);
        return status;
    }
    *out = spelt;
    return KITH_OK;
}

static kith_status open(kith_ctx *ctx, const char *owner, const kith_setting *setting, const char *spec,
                        kith_inner **out)
{
    inside *self = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "topology inside another", 1, &self));
    const kith_status status =
        kith_spelt_open(ctx, setting->opener->host, KITH_TOPOLOGY, owner, setting, spec, &self->spelt);
    if (status != KITH_OK) {
        kith_free(self);
        return status;
    }
    const kith_instance *instance = &self->spelt.instance;
    self->inner = (kith_inner){.ops = instance->plugin->ops, .self = instance->self};
    *out = &self->inner;
    return KITH_OK;
}

static void close_inner(kith_inner *inner)
{
    if (!inner) return;
    inside *self = (inside *)inner;
    kith_spelt_close(&self->spelt);
    kith_free(self);
}

/* As `inside`, of a filter. */
typedef struct inside_filter {
    kith_inner_filter inner;
    kith_spelt spelt;
} inside_filter;

static kith_status check_inner(kith_ctx *ctx, const char *owner, const kith_instance *filter, size_t d)
{
    const kith_filter *ops = filter->plugin->ops;
    const char *why = NULL;
    if (!ops->send) why = "works at a server only";
    if (ops->flags & KITH_FILTER_ATTACKS) why = "is what attackers do";
    if (ops->flags & KITH_FILTER_BOUNDED) why = "needs messages of a norm that is bounded";
    if (ops->tell_count || (ops->keep && ops->keep(filter->self, d).scalars)) why = "tells or keeps numbers of its own";
    if (!why) return KITH_OK;
    return kith_fail(ctx, KITH_ECONFIG, "%s: %s %s; name it in a chain of filters, or choose another one", owner,
                     filter->plugin->id, why);
}

static kith_status open_filter(kith_ctx *ctx, const char *owner, const kith_setting *setting, const char *spec,
                               kith_inner_filter **out)
{
    inside_filter *self = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "filter inside another plugin", 1, &self));
    kith_status status = kith_spelt_open(ctx, setting->opener->host, KITH_FILTER, owner, setting, spec, &self->spelt);
    if (status == KITH_OK) status = check_inner(ctx, owner, &self->spelt.instance, setting->dimension);
    if (status != KITH_OK) {
        kith_spelt_close(&self->spelt);
        kith_free(self);
        return status;
    }
    const kith_instance *instance = &self->spelt.instance;
    self->inner = (kith_inner_filter){.ops = instance->plugin->ops, .self = instance->self};
    *out = &self->inner;
    return KITH_OK;
}

static void close_filter(kith_inner_filter *inner)
{
    if (!inner) return;
    inside_filter *self = (inside_filter *)inner;
    kith_spelt_close(&self->spelt);
    kith_free(self);
}

kith_opener kith_opener_of(kith_registry *registry)
{
    return (kith_opener){
        .host = registry, .open = open, .close = close_inner, .open_filter = open_filter, .close_filter = close_filter};
}
