#include "plugin/registry.h"

#include "config/config.h"

static kith_status bind(kith_ctx *ctx, kith_config *config, const kith_plugin *plugin, bool used, void *target)
{
    return kith_config_bind(ctx, config, plugin->id, plugin->params, plugin->param_count, used, target);
}

kith_status kith_instance_check(kith_ctx *ctx, struct kith_config *config, const kith_plugin *plugin)
{
    return bind(ctx, config, plugin, false, NULL);
}

kith_status kith_instance_bind(kith_ctx *ctx, struct kith_config *config, const kith_plugin *plugin, kith_instance *out)
{
    kith_instance instance = {.plugin = plugin};
    KITH_TRY(kith_alloc(ctx, plugin->id, 1, plugin->config_size, &instance.config));
    const kith_status status = bind(ctx, config, plugin, true, instance.config);
    if (status != KITH_OK) {
        kith_free(instance.config);
        return status;
    }
    *out = instance;
    return KITH_OK;
}

kith_status kith_instance_create(kith_ctx *ctx, kith_instance *instance, const kith_setting *setting)
{
    void *self = instance->config;
    if (instance->plugin->create) {
        const kith_status status = instance->plugin->create(ctx, instance->config, setting, &self);
        /* Says something only where the plugin did not. */
        if (status != KITH_OK)
            return kith_fail(ctx, status, "%s: create() failed: %s", instance->plugin->id, kith_status_text(status));
    }
    instance->self = self;
    instance->created = true;
    return KITH_OK;
}

void kith_instance_close(kith_instance *instance)
{
    if (!instance || !instance->plugin) return;
    if (instance->created && instance->plugin->create && instance->plugin->destroy)
        instance->plugin->destroy(instance->self);
    kith_free(instance->config);
    *instance = (kith_instance){0};
}
