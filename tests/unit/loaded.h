/* A model plugin as the host sees it: a module of the build tree, through its descriptor. Include after support.h. */
#ifndef KITH_TESTS_LOADED_H
#define KITH_TESTS_LOADED_H

#include <dlfcn.h>
#include <kith/kith.h>

struct model {
    kith_ctx *ctx;
    const kith_plugin *plugin;
    const kith_model *ops;
    unsigned char *config;
    void *self;
    size_t d;
    kith_shape shape;
};

/* The module stays open: sanitizers name its functions when the program ends. */
static inline const kith_plugin *load(const char *id)
{
    const char *top = getenv("top_builddir");
    char path[4096];
    snprintf(path, sizeof path, "%s/modules/.libs/%s.so", top ? top : ".", id);
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!module) fail_msg("%s", dlerror());
    const kith_plugin *plugin = dlsym(module, KITH_DESCRIPTOR_SYMBOL);
    assert_non_null(plugin);
    assert_string_equal(plugin->id, id);
    assert_int_equal(plugin->kind, KITH_MODEL);
    assert_int_equal(plugin->ops_size, sizeof(kith_model));
    return plugin;
}

static inline const kith_param *param(const kith_plugin *plugin, const char *key)
{
    for (uint32_t i = 0; i < plugin->param_count; i++) {
        if (strcmp(plugin->params[i].key, key) == 0) return &plugin->params[i];
    }
    fail_msg("%s has no parameter %s", plugin->id, key);
    return NULL;
}

/* Sets a parameter where its row says it lies; choices and switches by number. */
static inline void put(struct model *m, const char *key, double value)
{
    const kith_param *p = param(m->plugin, key);
    void *at = m->config + p->offset;
    if (p->type == KITH_TYPE_INT)
        memcpy(at, &(int64_t){(int64_t)value}, sizeof(int64_t));
    else if (p->type == KITH_TYPE_REAL)
        memcpy(at, &value, sizeof value);
    else if (p->type == KITH_TYPE_CHOICE)
        memcpy(at, &(int){(int)value}, sizeof(int));
    else if (p->type == KITH_TYPE_BOOL)
        memcpy(at, &(bool){value != 0}, sizeof(bool));
    else
        fail_msg("%s.%s is neither number, choice nor switch", m->plugin->id, key);
}

static inline struct model prepare(kith_ctx *ctx, const char *id, size_t features, size_t classes)
{
    struct model m = {.ctx = ctx, .plugin = load(id), .shape = {.features = features, .classes = classes}};
    m.ops = m.plugin->ops;
    m.config = calloc(1, m.plugin->config_size);
    assert_non_null(m.config);
    return m;
}

#endif
