#include "engine/told.h"

#include <string.h>

static bool is_declared(const kith_registry *registry, const char *name)
{
    kith_metric one;
    for (size_t i = 0; kith_registry_metric(registry, i, &one); i++)
        if (kith_metric_find(&(kith_metrics){&one, 1}, name)) return true;
    return false;
}

static void note_undeclared(const kith_told *t, const char *name)
{
    static const char told[] = "tells a metric that it does not declare: ";
    char line[160];
    snprintf(line, sizeof line, "%.48s %s%.48s", t->plugin, told, name);
    if (strstr(kith_ctx_notes(t->ctx), line)) return;
    kith_note(t->ctx, "%s; its unit, its scale and what is better are not known, so add a row to the plugin's metrics",
              line);
}

kith_status kith_told_take(void *arg, const char *name, double value)
{
    const kith_told *t = arg;
    const kith_metric *own = kith_metric_find(NULL, name);
    if (own)
        return kith_fail(t->ctx, KITH_EPLUGIN, "%s: tells %s, which is a name of Kith's own (%s); choose another",
                         t->plugin, name, own->sentence);
    if (t->setup->registry && !is_declared(t->setup->registry, name)) note_undeclared(t, name);
    return t->measure(t->arg, name, value);
}
