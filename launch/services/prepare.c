#include "launch/services/prepare.h"

#include "config/config.h"
#include "launch/services/workers/openmpi.h"
#include "launch/services/workers/signals.h"
#include "plugin/folders.h"
#include "plugin/registry.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void prepare_name(const char *path, char *out, size_t size)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    const size_t length = dot && dot != name ? (size_t)(dot - name) : strlen(name);
    snprintf(out, size, "%.*s", (int)length, name);
}

kith_status prepare_read(kith_ctx *ctx, kith_config *config, const char *path)
{
    char program[PATH_MAX], documents[PATH_MAX], installed[PATH_MAX];
    if (*path == '/' || strstr(path, "..") || access(path, F_OK) == 0) return kith_config_read(ctx, config, path);
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    kith_folders_installed(program, KITH_DOCUMENTS_DIR, documents, sizeof documents);
    if (snprintf(installed, sizeof installed, "%s/%s", documents, path) >= (int)sizeof installed ||
        access(installed, R_OK))
        return kith_config_read(ctx, config, path);
    return kith_fail(ctx, KITH_EIO,
                     "%s: there is no such file here, but one of " KITH_NAME "'s own; 'cp -r %s/%.*s .' brings it here",
                     path, documents, (int)strcspn(path, "/"), path);
}

kith_status prepare(kith_ctx *ctx, const run_options *options, bool record, const char *environment, const char *build,
                    prepared *out)
{
    prepare_name(options->experiment, out->name, sizeof out->name);
    KITH_TRY(kith_config_create(ctx, &out->config));
    KITH_TRY(prepare_read(ctx, out->config, options->experiment));
    for (size_t i = 0; i < options->set_count; i++)
        KITH_TRY(kith_config_set(ctx, out->config, options->sets[i]));
    const char *sweep = kith_config_mentioned(out->config, "sweep");
    if (sweep)
        return kith_fail(ctx, KITH_ECONFIG,
                         "%s: section [sweep] makes many runs of one file; start it with '" KITH_NAME
                         " sweep', or take the section away",
                         sweep);
    KITH_TRY(kith_registry_create(ctx, &out->registry));
    const kith_run_options run = {.deal = options->deal,
                                  .record = record,
                                  .overwrite = options->overwrite,
                                  .resume = options->resume,
                                  .other_plugins = options->other_plugins,
                                  .name = out->name,
                                  .stopping = signals_stop,
                                  .environment = environment,
                                  .build = build};
    return kith_run_resolve(ctx, out->registry, out->config, &run, &out->run);
}

kith_status prepare_algorithm(kith_ctx *ctx, const char *algorithm, const char *const *set, size_t sets, prepared *out)
{
    char text[sizeof out->name + 16];
    snprintf(out->name, sizeof out->name, "%s", algorithm);
    snprintf(text, sizeof text, "run.algorithm=%s", out->name);
    KITH_TRY(kith_config_create(ctx, &out->config));
    KITH_TRY(kith_config_set(ctx, out->config, text));
    for (size_t i = 0; i < sets; i++)
        KITH_TRY(kith_config_set(ctx, out->config, set[i]));
    KITH_TRY(kith_registry_create(ctx, &out->registry));
    const kith_run_options run = {.name = out->name};
    return kith_run_resolve(ctx, out->registry, out->config, &run, &out->run);
}

static kith_status read_silence(void *arg, const char *key, const char *text, const char *prefix)
{
    (void)prefix;
    int *seconds = arg;
    const char *end = text;
    const double value = strcmp(key, "silence") == 0 ? kith_number(text, &end) : 0.0;
    if (end != text && !*end && value >= OPENMPI_SILENCE_LEAST && value <= OPENMPI_SILENCE_MOST) *seconds = (int)value;
    return KITH_OK;
}

/* It is the workers who refuse a wrong configuration. */
int prepare_silence(const run_options *o)
{
    int seconds = OPENMPI_SILENCE;
    kith_config *config = NULL;
    kith_ctx *ctx = kith_ctx_create();
    if (!ctx || !o->experiment) {
        kith_ctx_destroy(ctx);
        return seconds;
    }
    kith_status status = kith_config_create(ctx, &config);
    if (status == KITH_OK) status = kith_config_read(ctx, config, o->experiment);
    for (size_t i = 0; status == KITH_OK && i < o->set_count; i++)
        status = kith_config_set(ctx, config, o->sets[i]);
    if (status == KITH_OK) status = kith_config_each_given(config, "run", read_silence, &seconds);
    if (config) kith_config_destroy(config);
    kith_ctx_destroy(ctx);
    return seconds;
}

void prepare_free(prepared *p)
{
    if (p->run) kith_run_close(p->run);
    if (p->config) kith_config_destroy(p->config);
    if (p->registry) kith_registry_destroy(p->registry);
    *p = (prepared){0};
}
