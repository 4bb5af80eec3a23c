#include "plugin/registry.h"

#include "config/config.h"
#include "plugin/check.h"

static kith_status bind(kith_ctx *ctx, kith_config *config, const kith_plugin *plugin, void *target)
{
    kith_param *rows = NULL;
    KITH_TRY(kith_plugin_rows(ctx, plugin, &rows));
    const kith_status status = kith_config_bind(ctx, config, plugin->id, rows, plugin->param_count, true, target);
    kith_free(rows);
    return status;
}

static kith_status create(kith_ctx *ctx, const kith_setting *setting, kith_instance *instance)
{
    instance->self = instance->config;
    if (!instance->plugin->create) return KITH_OK;
    const kith_status status = instance->plugin->create(ctx, instance->config, setting, &instance->self);
    if (status == KITH_OK) return KITH_OK;
    /* Says something only where the plugin did not. */
    return kith_fail(ctx, status, "%s: create() failed: %s", instance->plugin->id, kith_status_text(status));
}

kith_status kith_instance_open(kith_ctx *ctx, struct kith_config *config, const kith_plugin *plugin,
                               const kith_setting *setting, kith_instance *out)
{
    kith_instance instance = {.plugin = plugin};
    KITH_TRY(kith_alloc(ctx, plugin->id, 1, plugin->config_size, &instance.config));
    kith_status status = bind(ctx, config, plugin, instance.config);
    if (status == KITH_OK) status = create(ctx, setting, &instance);
    if (status != KITH_OK) {
        kith_free(instance.config);
        return status;
    }
    *out = instance;
    return KITH_OK;
}

void kith_instance_close(kith_instance *instance)
{
    if (!instance || !instance->plugin) return;
    if (instance->plugin->create && instance->plugin->destroy) instance->plugin->destroy(instance->self);
    kith_free(instance->config);
    *instance = (kith_instance){0};
}
