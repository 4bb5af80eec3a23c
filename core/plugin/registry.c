#include "plugin/registry.h"

#include <config.h>

#include "config/config.h"
#include "config/value.h"
#include "plugin/check.h"
#include "plugin/folders.h"
#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

typedef struct loaded {
    char *path;
    void *handle;
    kith_plugin *plugin; /* as long as this host's own */
    size_t used;         /* the how-manieth that the run asked for by name; 0: it did not */
    uint64_t digest;     /* of the file, where it is used */
} loaded;

/* What a listing shows, with the strings that it owns. */
typedef struct found {
    char *path, *refusal;
    const kith_plugin *plugin;
} found;

struct kith_registry {
    size_t uses; /* of the run */
    kith_folders folders;
    loaded *item;
    size_t count;
    found *found;
    kith_listing *listing;
    size_t listings;
};

static void forget_listing(kith_registry *registry)
{
    for (size_t i = 0; i < registry->listings; i++) {
        free(registry->found[i].path);
        free(registry->found[i].refusal);
    }
    free(registry->found);
    kith_free(registry->listing);
    registry->found = NULL;
    registry->listing = NULL;
    registry->listings = 0;
}

/* A sanitizer's report at exit names functions, which it cannot do for an object that is gone. */
static void close_object(void *handle)
{
#ifdef KITH_SANITIZERS
    (void)handle;
#else
    dlclose(handle);
#endif
}

kith_status kith_registry_create(kith_ctx *ctx, kith_registry **out)
{
    kith_registry *registry = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "plugin registry", 1, &registry));
    const kith_status status = kith_folders_find(ctx, &registry->folders);
    if (status != KITH_OK) {
        kith_free(registry);
        return status;
    }
    *out = registry;
    return KITH_OK;
}

void kith_registry_destroy(kith_registry *registry)
{
    if (!registry) return;
    forget_listing(registry);
    while (registry->count) {
        loaded *last = &registry->item[--registry->count];
        kith_plugin_free(last->plugin);
        close_object(last->handle);
        free(last->path);
    }
    free(registry->item);
    kith_folders_free(&registry->folders);
    kith_free(registry);
}

/* The file's name without ".so"; false where that is no plugin's. */
static bool file_id(const char *path, char id[KITH_KEY_BYTES + 1])
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const size_t length = strlen(name);
    if (length < 4 || length - 3 > KITH_KEY_BYTES || strcmp(name + length - 3, ".so") != 0) return false;
    memcpy(id, name, length - 3);
    id[length - 3] = '\0';
    return kith_name_check(id, '-');
}

/* The loader's own words, in one line and without the path that comes before them. */
static kith_status refuse_object(kith_ctx *ctx, const char *path)
{
    char text[1024];
    const char *said = dlerror();
    const size_t length = strlen(path);
    if (!said) said = "the loader gives no reason";
    if (strncmp(said, path, length) == 0 && strncmp(said + length, ": ", 2) == 0) said += length + 2;
    snprintf(text, sizeof text, "%s", said);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ') *c = ' ';
    return kith_fail(ctx, KITH_EPLUGIN, "%s: cannot be loaded: %s; build it again", path, text);
}

static kith_status open_object(kith_ctx *ctx, const char *path, const char *id, loaded *out)
{
    KITH_TRY(kith_elf_check(ctx, path));
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) return refuse_object(ctx, path);
    const kith_plugin *plugin = dlsym(handle, KITH_DESCRIPTOR_SYMBOL);
    kith_status status = plugin ? kith_descriptor_check(ctx, path, id, plugin)
                                : kith_fail(ctx, KITH_EPLUGIN, "%s: exports no %s; define it with KITH_EXPORT_PLUGIN",
                                            path, KITH_DESCRIPTOR_SYMBOL);
    if (status == KITH_OK) status = kith_plugin_lengthen(ctx, plugin, &out->plugin);
    if (status != KITH_OK) {
        close_object(handle);
        return status;
    }
    out->handle = handle;
    return KITH_OK;
}

static kith_status remember(kith_ctx *ctx, kith_registry *registry, const char *path, loaded *item)
{
    loaded *grown = realloc(registry->item, (registry->count + 1) * sizeof *grown);
    if (grown) registry->item = grown;
    item->path = grown ? strdup(path) : NULL;
    if (!item->path) return kith_fail(ctx, KITH_EMEMORY, "%s: no memory for the plugin", path);
    registry->item[registry->count++] = *item;
    return KITH_OK;
}

kith_status kith_registry_load(kith_ctx *ctx, kith_registry *registry, const char *path, const kith_plugin **out)
{
    char place[PATH_MAX], id[KITH_KEY_BYTES + 1];
    /* Without a slash dlopen would look into the system's folders. */
    const int length = snprintf(place, sizeof place, "%s%s", strchr(path, '/') ? "" : "./", path);
    if (length < 0 || (size_t)length >= sizeof place)
        return kith_fail(ctx, KITH_EPLUGIN, "%.80s...: the path is longer than %d bytes", path, PATH_MAX);
    if (!file_id(path, id))
        return kith_fail(ctx, KITH_EPLUGIN,
                         "%s: a plugin's file is ID.so, with 1 to %d lower-case letters, digits and -", path,
                         KITH_KEY_BYTES);
    for (size_t i = 0; i < registry->count; i++) {
        if (strcmp(registry->item[i].path, place) != 0) continue;
        *out = registry->item[i].plugin;
        return KITH_OK;
    }
    loaded item = {0};
    KITH_TRY(open_object(ctx, place, id, &item));
    const kith_status status = remember(ctx, registry, place, &item);
    if (status != KITH_OK) {
        kith_plugin_free(item.plugin);
        close_object(item.handle);
        return status;
    }
    *out = item.plugin;
    return KITH_OK;
}

/* In the search order; *out NULL when no folder has it. */
static kith_status search(kith_ctx *ctx, kith_registry *registry, const char *id, const kith_plugin **out)
{
    *out = NULL;
    for (size_t i = 0; i < registry->count; i++) {
        if (strcmp(registry->item[i].plugin->id, id) != 0) continue;
        *out = registry->item[i].plugin;
        return KITH_OK;
    }
    for (size_t i = 0; i < registry->folders.count; i++) {
        char path[PATH_MAX];
        const int length = snprintf(path, sizeof path, "%s/%s.so", registry->folders.path[i], id);
        if (length < 0 || (size_t)length >= sizeof path || access(path, F_OK) != 0) continue;
        return kith_registry_load(ctx, registry, path, out);
    }
    return KITH_OK;
}

static const char *article(uint32_t kind)
{
    return kind == KITH_ALGORITHM ? "an" : "a";
}

static void join(char *text, size_t size, const char *const *item, size_t count)
{
    size_t at = 0;
    *text = '\0';
    for (size_t i = 0; i < count && at + strlen(item[i]) + 3 < size; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%s", i ? ", " : "", item[i]);
}

/* The ids of one kind; *ids is to be freed with kith_free, the strings are the plugins'. */
static kith_status ids_of(kith_ctx *ctx, kith_registry *registry, kith_kind kind, const char ***ids, size_t *count)
{
    const kith_listing *listing = NULL;
    size_t all = 0;
    KITH_TRY(kith_registry_list(ctx, registry, &listing, &all));
    KITH_TRY(KITH_ALLOC(ctx, "names of plugins", all, ids));
    *count = 0;
    for (size_t i = 0; i < all; i++)
        if (listing[i].plugin && listing[i].plugin->kind == (uint32_t)kind) (*ids)[(*count)++] = listing[i].plugin->id;
    return KITH_OK;
}

/* Plugins that there once were, and how what they did is written now. */
static const struct {
    kith_kind kind;
    const char *id, *now;
} former[] = {{KITH_ALGORITHM, "robust",
               "its rules stand under every federated algorithm: set run.algorithm = fedavg, and server.filters to "
               "median, trimmed-mean(trim=0.2), krum(faulty=2, chosen=1) or geometric-median(weights=examples)"}};

static kith_status refuse_unknown(kith_ctx *ctx, kith_registry *registry, kith_kind kind, const char *id,
                                  const char *where)
{
    const char **ids = NULL, *name = kith_kind_name(kind);
    size_t count = 0;
    char all[1024];
    KITH_TRY(ids_of(ctx, registry, kind, &ids, &count));
    for (size_t i = 0; i < sizeof former / sizeof former[0]; i++)
        if (former[i].kind == kind && !strcmp(former[i].id, id)) {
            kith_free(ids);
            return kith_fail(ctx, KITH_EPLUGIN, "%s = %s: there is no such %s any more; %s", where, id, name,
                             former[i].now);
        }
    const char *near = kith_nearest(id, ids, count);
    join(all, sizeof all, ids, count);
    kith_free(ids);
    if (near)
        return kith_fail(ctx, KITH_EPLUGIN, "%s = %s: there is no such %s; did you mean %s?", where, id, name, near);
    if (count)
        return kith_fail(ctx, KITH_EPLUGIN, "%s = %s: there is no such %s; choose one of %s", where, id, name, all);
    join(all, sizeof all, (const char *const *)registry->folders.path, registry->folders.count);
    return kith_fail(
        ctx, KITH_EPLUGIN,
        "%s = %s: there is no such %s, nor any other in %s; set KITH_PLUGIN_PATH to the folder of its file", where, id,
        name, all);
}

static kith_status refuse_kind(kith_ctx *ctx, kith_registry *registry, kith_kind kind, const kith_plugin *plugin,
                               const char *where)
{
    const char **ids = NULL;
    size_t count = 0;
    char all[1024];
    KITH_TRY(ids_of(ctx, registry, kind, &ids, &count));
    join(all, sizeof all, ids, count);
    kith_free(ids);
    return kith_fail(ctx, KITH_EPLUGIN, "%s = %s: %s is %s %s, not %s %s%s%s", where, plugin->id, plugin->id,
                     article(plugin->kind), kith_kind_name(plugin->kind), article(kind), kith_kind_name(kind),
                     count ? "; choose one of " : "", all);
}

static uint64_t digest_of(const char *path)
{
    char piece[1 << 14];
    uint64_t digest = 0;
    FILE *file = fopen(path, "rb");
    for (size_t read = 0; file && (read = fread(piece, 1, sizeof piece, file)) > 0;)
        digest = XXH3_64bits_withSeed(piece, read, digest);
    if (file) fclose(file);
    return digest;
}

/* A file of the last folder, which is where Kith's own plugins are, that would be taken if this one were not there. */
static void note_shadowed(kith_ctx *ctx, const kith_registry *registry, const loaded *item)
{
    char path[PATH_MAX];
    if (!registry->folders.count) return;
    const char *own = registry->folders.path[registry->folders.count - 1];
    const int length = snprintf(path, sizeof path, "%s/%s.so", own, item->plugin->id);
    if (length < 0 || (size_t)length >= sizeof path || access(path, F_OK) != 0) return;
    if (digest_of(path) == item->digest) return;
    kith_note(ctx, "%s is taken from %s, in place of Kith's own %s", item->plugin->id, item->path, path);
}

static void mark_used(kith_ctx *ctx, kith_registry *registry, const kith_plugin *plugin)
{
    for (size_t i = 0; i < registry->count; i++) {
        loaded *item = &registry->item[i];
        if (item->plugin != plugin || item->used) continue;
        item->used = ++registry->uses;
        if (item->digest) continue;
        item->digest = digest_of(item->path);
        note_shadowed(ctx, registry, item);
    }
}

void kith_registry_begin(kith_registry *registry)
{
    registry->uses = 0;
    for (size_t i = 0; i < registry->count; i++)
        registry->item[i].used = 0;
}

bool kith_registry_used(const kith_registry *registry, size_t i, kith_used *out)
{
    for (size_t k = 0; k < registry->count; k++) {
        const loaded *item = &registry->item[k];
        if (item->used != i + 1) continue;
        *out = (kith_used){.path = item->path, .plugin = item->plugin, .digest = item->digest};
        return true;
    }
    return false;
}

bool kith_registry_metric(const kith_registry *registry, size_t i, kith_metric *out)
{
    kith_used used;
    for (size_t k = 0; kith_registry_used(registry, k, &used); k++) {
        if (i < used.plugin->metric_count) {
            *out = kith_metric_of(&used.plugin->metrics[i], used.plugin->id);
            return true;
        }
        i -= used.plugin->metric_count;
    }
    return false;
}

/* Kinds may share a name: what is no ID of this kind may be an ID-KIND. */
static kith_status search_kind(kith_ctx *ctx, kith_registry *registry, kith_kind kind, const char *id,
                               const kith_plugin **out)
{
    static const char *const word[] = {
        [KITH_ALGORITHM] = "algorithm", [KITH_TOPOLOGY] = "topology", [KITH_DATASET] = "data",
        [KITH_MODEL] = "model",         [KITH_GAME] = "game",         [KITH_FILTER] = "filter"};
    const kith_plugin *longer = NULL;
    char name[KITH_KEY_BYTES + 16];
    KITH_TRY(search(ctx, registry, id, out));
    if (*out && (*out)->kind == (uint32_t)kind) return KITH_OK;
    snprintf(name, sizeof name, "%s-%s", id, word[kind]);
    KITH_TRY(search(ctx, registry, name, &longer));
    if (longer && longer->kind == (uint32_t)kind) *out = longer;
    return KITH_OK;
}

kith_status kith_registry_find(kith_ctx *ctx, kith_registry *registry, kith_kind kind, const char *id,
                               const char *where, const kith_plugin **out)
{
    const kith_plugin *plugin = NULL;
    if (!kith_name_check(id, '-'))
        return kith_fail(ctx, KITH_EPLUGIN,
                         "%s = %.64s: the name of %s %s has 1 to %d lower-case letters, digits and -", where,
                         *id ? id : "''", article(kind), kith_kind_name(kind), KITH_KEY_BYTES);
    KITH_TRY(search_kind(ctx, registry, kind, id, &plugin));
    if (!plugin) return refuse_unknown(ctx, registry, kind, id, where);
    if (plugin->kind != (uint32_t)kind) return refuse_kind(ctx, registry, kind, plugin, where);
    mark_used(ctx, registry, plugin);
    *out = plugin;
    return KITH_OK;
}

static int by_kind(const void *left, const void *right)
{
    const found *a = left, *b = right;
    if (!a->plugin || !b->plugin) {
        if (!a->plugin != !b->plugin) return !a->plugin - !b->plugin;
        return strcmp(a->path, b->path);
    }
    if (a->plugin->kind != b->plugin->kind) return a->plugin->kind < b->plugin->kind ? -1 : 1;
    return strcmp(a->plugin->id, b->plugin->id);
}

static const char *base_name(const char *path)
{
    return strrchr(path, '/') + 1;
}

/* Loads the file under a context of its own, so that a refusal is kept and the next file goes on. */
static kith_status try_file(kith_ctx *ctx, kith_registry *registry, const char *folder, const char *name)
{
    found *grown = realloc(registry->found, (registry->listings + 1) * sizeof *grown);
    if (grown) registry->found = grown;
    kith_ctx *own = kith_ctx_create();
    char path[PATH_MAX];
    found one = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    const kith_status status = kith_registry_load(own, registry, path, &one.plugin);
    one.path = strdup(path);
    if (status != KITH_OK) one.refusal = strdup(kith_ctx_message(own));
    kith_ctx_destroy(own);
    if (!grown || !own || !one.path || (status != KITH_OK && !one.refusal)) {
        free(one.path);
        free(one.refusal);
        return kith_fail(ctx, KITH_EMEMORY, "%s: no memory for the list of plugins", path);
    }
    registry->found[registry->listings++] = one;
    return KITH_OK;
}

static bool shadowed(const kith_registry *registry, const char *name)
{
    for (size_t i = 0; i < registry->listings; i++)
        if (strcmp(base_name(registry->found[i].path), name) == 0) return true;
    return false;
}

static int is_object(const struct dirent *entry)
{
    const size_t length = strlen(entry->d_name);
    return length > 3 && strcmp(entry->d_name + length - 3, ".so") == 0;
}

static kith_status list_folder(kith_ctx *ctx, kith_registry *registry, const char *folder)
{
    struct dirent **entry = NULL;
    const int count = scandir(folder, &entry, is_object, alphasort);
    kith_status status = KITH_OK;
    for (int i = 0; i < count; i++) {
        if (status == KITH_OK && !shadowed(registry, entry[i]->d_name))
            status = try_file(ctx, registry, folder, entry[i]->d_name);
        free(entry[i]);
    }
    free(entry);
    return status;
}

kith_status kith_registry_list(kith_ctx *ctx, kith_registry *registry, const kith_listing **out, size_t *count)
{
    forget_listing(registry);
    for (size_t i = 0; i < registry->folders.count; i++)
        KITH_TRY(list_folder(ctx, registry, registry->folders.path[i]));
    KITH_TRY(KITH_ALLOC(ctx, "list of plugins", registry->listings, &registry->listing));
    if (registry->listings) qsort(registry->found, registry->listings, sizeof *registry->found, by_kind);
    for (size_t i = 0; i < registry->listings; i++)
        registry->listing[i] = (kith_listing){.path = registry->found[i].path,
                                              .plugin = registry->found[i].plugin,
                                              .refusal = registry->found[i].refusal};
    *out = registry->listing;
    *count = registry->listings;
    return KITH_OK;
}
