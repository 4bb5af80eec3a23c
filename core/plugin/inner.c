#include "plugin/inner.h"

#include "base/shorten.h"
#include "config/config.h"
#include "config/value.h"
#include <stdio.h>
#include <string.h>

/* What the plugin sees comes first. */
typedef struct inside {
    kith_inner inner;
    kith_config *config;
    kith_instance instance;
} inside;

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

static kith_status malformed(kith_ctx *ctx, const char *owner, const char *spec)
{
    kith_quoted quoted;
    return kith_fail(ctx, KITH_ECONFIG, "%s: '%s' is no topology; write name or name(key=value, key=value)", owner,
                     kith_quote(spec, &quoted));
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

/* "(key=value, ...)" into section `name`. */
static kith_status set_pairs(kith_ctx *ctx, kith_config *config, const char *owner, const char *spec, const char *name,
                             const char *pairs)
{
    const char *at = skip_blanks(pairs + 1);
    if (*at == ')') return *skip_blanks(at + 1) ? malformed(ctx, owner, spec) : KITH_OK;
    for (;;) {
        const char *end = end_of_pair(at);
        const char *last = end;
        if (!end) return malformed(ctx, owner, spec);
        while (last > at && (last[-1] == ' ' || last[-1] == '\t'))
            last--;
        KITH_TRY(kith_config_set_in(ctx, config, name, at, (size_t)(last - at)));
        if (*end == ')') return *skip_blanks(end + 1) ? malformed(ctx, owner, spec) : KITH_OK;
        at = skip_blanks(end + 1);
    }
}

static kith_status fill(kith_ctx *ctx, kith_registry *registry, const char *owner, const kith_setting *setting,
                        const char *spec, inside *self)
{
    char name[KITH_KEY_BYTES + 2]; /* of a plugin, or one byte too many */
    const kith_plugin *plugin = NULL;
    const size_t length = strcspn(spec, "( \t");
    const char *pairs = skip_blanks(spec + length);
    if (*pairs && *pairs != '(') return malformed(ctx, owner, spec);
    snprintf(name, sizeof name, "%.*s", (int)length, spec);
    KITH_TRY(kith_registry_find(ctx, registry, KITH_TOPOLOGY, name, owner, &plugin));
    KITH_TRY(kith_config_create(ctx, &self->config));
    if (*pairs) KITH_TRY(set_pairs(ctx, self->config, owner, spec, name, pairs));
    KITH_TRY(kith_instance_bind(ctx, self->config, plugin, &self->instance));
    KITH_TRY(kith_config_finish(ctx, self->config));
    KITH_TRY(kith_instance_create(ctx, &self->instance, setting));
    self->inner = (kith_inner){.ops = plugin->ops, .self = self->instance.self};
    return KITH_OK;
}

static void close_inside(inside *self)
{
    kith_instance_close(&self->instance);
    if (self->config) kith_config_destroy(self->config);
    kith_free(self);
}

static kith_status open(kith_ctx *ctx, const char *owner, const kith_setting *setting, const char *spec,
                        kith_inner **out)
{
    inside *self = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "topology inside another", 1, &self));
    const kith_status status = fill(ctx, setting->opener->host, owner, setting, skip_blanks(spec), self);
    if (status != KITH_OK) {
        close_inside(self);
        return status;
    }
    *out = &self->inner;
    return KITH_OK;
}

static void close_inner(kith_inner *inner)
{
    if (inner) close_inside((inside *)inner);
}

kith_opener kith_opener_of(kith_registry *registry)
{
    return (kith_opener){.host = registry, .open = open, .close = close_inner};
}
