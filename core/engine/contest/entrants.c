/* From texts to policies: which folders there are, and who of whom they name. */
#include "engine/contest/inside.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- folders ---- */

static bool is_folder(const char *path)
{
    struct stat is;
    return stat(path, &is) == 0 && S_ISDIR(is.st_mode);
}

static bool has(const char *folder, const char *name)
{
    char path[KITH_FOLDER_SIZE + 32];
    struct stat is;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return stat(path, &is) == 0;
}

static kith_status resolve(kith_ctx *ctx, kith_contest *c, kith_source *s)
{
    char path[KITH_FOLDER_SIZE + 32];
    snprintf(path, sizeof path, "%s/config.ini", s->folder);
    KITH_TRY(kith_config_create(ctx, &s->config));
    KITH_TRY(kith_config_read(ctx, s->config, path));
    KITH_TRY(kith_run_resolve(ctx, c->setup.registry, s->config, &(kith_run_options){.record = false}, &s->run));
    s->bound = kith_run_bound(s->run);
    s->own = s->bound.own;
    if (kith_run_plays(s->run)) return KITH_OK;
    return kith_fail(ctx, KITH_ECONFIG,
                     "%s: its run is one of %s, which plays no game; name runs of population algorithms", s->folder,
                     kith_run_plugin(s->run, KITH_CHOSEN_ALGORITHM)->id);
}

static kith_status open_source(kith_ctx *ctx, kith_contest *c, kith_source *s)
{
    if (!is_folder(s->folder))
        return kith_fail(ctx, KITH_EIO, "%s: there is no such folder; name the folder that a run left", s->folder);
    if (!has(s->folder, "config.ini"))
        return kith_fail(ctx, KITH_EIO, "%s: holds no run (it has no config.ini); name the folder that a run left",
                         s->folder);
    KITH_TRY(resolve(ctx, c, s));
    if (!has(s->folder, "policies.csv"))
        return kith_fail(ctx, KITH_EIO,
                         "%s: has no policies yet (no policies.csv); its run leaves them when it ends: '" KITH_NAME
                         " run --resume' brings it there",
                         s->folder);
    KITH_TRY(kith_policy_set_read(ctx, s->folder, &s->set));
    const size_t numbers = s->set.count * s->set.entries;
    KITH_TRY(KITH_ALLOC(ctx, "policies", numbers, &s->narrow));
    for (size_t k = 0; k < numbers; k++)
        s->narrow[k] = (kith_real)((const double *)s->set.value)[k];
    return KITH_OK;
}

/* *which: what follows the colon, or NULL. A folder's own name may have colons. */
static kith_status find_source(kith_ctx *ctx, kith_contest *c, const char *text, const char *label, size_t *out,
                               const char **which)
{
    const char *colon = is_folder(text) ? NULL : strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : strlen(text);
    *which = colon ? colon + 1 : NULL;
    while (length > 1 && text[length - 1] == '/')
        length--;
    for (*out = 0; *out < c->sources; ++*out)
        if (strlen(c->source[*out].folder) == length && !strncmp(c->source[*out].folder, text, length)) return KITH_OK;
    kith_source *s = &c->source[c->sources];
    s->folder = strndup(text, length);
    if (!s->folder) return kith_fail(ctx, KITH_EMEMORY, "%s: no memory for its name", text);
    s->name = label && *label ? label : s->folder;
    c->sources++;
    return open_source(ctx, c, s);
}

/* ---- entrants ---- */

static kith_status add_entrant(kith_ctx *ctx, kith_contest *c, size_t source, const char *which, size_t most)
{
    kith_entrant *grown = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "entrants", c->entrants + 1, &grown));
    if (c->entrants) memcpy(grown, c->entrant, c->entrants * sizeof *grown);
    kith_free(c->entrant);
    c->entrant = grown;
    kith_entrant *e = &grown[c->entrants++];
    *e = (kith_entrant){.source = source};
    snprintf(e->name, sizeof e->name, "%s%s%s", c->source[source].name, which ? ":" : "", which ? which : "");
    KITH_TRY(KITH_ALLOC(ctx, "entrants", most, &e->policy));
    return KITH_ALLOC(ctx, "entrants", most, &e->weight);
}

static void add_policy(kith_contest *c, size_t policy, double weight)
{
    kith_entrant *e = &c->entrant[c->entrants - 1];
    if (weight == 0.0) return;
    e->policy[e->count] = (uint32_t)policy;
    e->weight[e->count++] = weight;
}

/* "fxp, output: mixture of 4 policies" */
static void describe(kith_contest *c, const char *text)
{
    kith_entrant *e = &c->entrant[c->entrants - 1];
    const char *algorithm = kith_run_plugin(c->source[e->source].run, KITH_CHOSEN_ALGORITHM)->id;
    const int used = snprintf(e->what, sizeof e->what, "%.40s, %s", algorithm, text);
    if (e->count == 1)
        snprintf(e->what + used, sizeof e->what - (size_t)used, "policy %u", e->policy[0]);
    else
        snprintf(e->what + used, sizeof e->what - (size_t)used, "mixture of %zu policies", e->count);
}

static kith_status add_output(kith_ctx *ctx, kith_contest *c, size_t source, const char *which)
{
    const kith_policy_set *set = &c->source[source].set;
    KITH_TRY(add_entrant(ctx, c, source, which, set->count));
    for (size_t k = 0; k < set->count; k++)
        add_policy(c, k, set->weight[k]);
    describe(c, "output: ");
    return KITH_OK;
}

static kith_status find_population(kith_ctx *ctx, const kith_source *s, const char *name, size_t length, size_t *out)
{
    char names[512] = "", wrong[128];
    size_t used = 0;
    for (*out = 0; *out < s->set.populations; ++*out) {
        const char *known = s->set.population[*out];
        if (strlen(known) == length && !strncmp(known, name, length)) return KITH_OK;
        if (used < sizeof names) used += (size_t)snprintf(names + used, sizeof names - used, ", %s", known);
    }
    snprintf(wrong, sizeof wrong, "%.*s", (int)length, name);
    return kith_fail(ctx, KITH_EUSAGE, "%s: has no population '%s'; it has mixture%s", s->folder, wrong, names);
}

/* Numbers of the population's policies, in order of freezing; returns how many. */
static size_t list_members(const kith_policy_set *set, size_t population, uint32_t *out)
{
    size_t count = 0;
    for (size_t k = 0; k < set->count; k++)
        if (set->joined[k] >> population & 1u) out[count++] = (uint32_t)k;
    return count;
}

static kith_status add_each(kith_ctx *ctx, kith_contest *c, size_t source, const char *name, const uint32_t *member,
                            size_t members)
{
    for (size_t k = 0; k < members; k++) {
        char which[128];
        snprintf(which, sizeof which, "%s/%zu", name, k);
        KITH_TRY(add_entrant(ctx, c, source, which, 1));
        add_policy(c, member[k], 1.0);
        describe(c, "");
    }
    return KITH_OK;
}

/* member [members >= 1] */
static kith_status add_members(kith_ctx *ctx, kith_contest *c, size_t source, const char *which, const uint32_t *member,
                               size_t members)
{
    const char *slash = strchr(which, '/'), *rest = slash ? slash + 1 : "";
    char name[96], *end = NULL;
    snprintf(name, sizeof name, "%.*s", (int)(slash ? slash - which : (long)strlen(which)), which);
    if (!strcmp(rest, "each")) return add_each(ctx, c, source, name, member, members);
    const bool all = !strcmp(rest, "uniform");
    const unsigned long long k = slash && !all ? strtoull(rest, &end, 10) : members - 1;
    if (end && (*rest < '0' || *rest > '9' || *end || k >= members))
        return kith_fail(ctx, KITH_EUSAGE, "%s:%s: after the slash comes a number from 0 to %zu, 'uniform' or 'each'",
                         c->source[source].folder, which, members - 1);
    KITH_TRY(add_entrant(ctx, c, source, which, members));
    for (size_t i = 0; i < members; i++)
        add_policy(c, member[i], all ? 1.0 / (double)members : i == k);
    describe(c, "");
    return KITH_OK;
}

static kith_status add_named(kith_ctx *ctx, kith_contest *c, const char *text, const char *label)
{
    size_t source = 0, population = 0;
    const char *which = NULL;
    uint32_t *member = NULL;
    KITH_TRY(find_source(ctx, c, text, label, &source, &which));
    const kith_source *s = &c->source[source];
    if (!which || !strcmp(which, "mixture")) return add_output(ctx, c, source, which);
    KITH_TRY(find_population(ctx, s, which, strcspn(which, "/"), &population));
    KITH_TRY(KITH_ALLOC(ctx, "entrants", s->set.count, &member));
    const size_t members = list_members(&s->set, population, member);
    const kith_status status = members ? add_members(ctx, c, source, which, member, members)
                                       : kith_fail(ctx, KITH_EUSAGE, "%s: its population '%s' is empty", s->folder,
                                                   s->set.population[population]);
    kith_free(member);
    return status;
}

/* ---- whether they can meet ---- */

static kith_status refuse_game(kith_ctx *ctx, const kith_source *first, const kith_source *s, const char *key)
{
    const char *section = key ? s->bound.run->game : "run";
    const char *name = key ? key : "game";
    return kith_fail(ctx, KITH_ECONFIG, "%s: %s.%s = %s, and %s has %s; only policies of the same game can meet",
                     s->folder, section, name, kith_config_text(s->config, section, name), first->folder,
                     kith_config_text(first->config, section, name));
}

static kith_status check_game(kith_ctx *ctx, const kith_source *first, const kith_source *s)
{
    const kith_plugin *game = kith_run_plugin(first->run, KITH_CHOSEN_GAME);
    if (strcmp(s->bound.run->game, first->bound.run->game) != 0) return refuse_game(ctx, first, s, NULL);
    for (size_t k = 0; k < game->param_count; k++) {
        const char *key = game->params[k].key;
        const char *one = kith_config_text(first->config, game->id, key),
                   *other = kith_config_text(s->config, game->id, key);
        if (!one || !other || strcmp(one, other) != 0) return refuse_game(ctx, first, s, key);
    }
    return KITH_OK;
}

kith_status kith_contest_gather(kith_ctx *ctx, kith_contest *c)
{
    KITH_TRY(KITH_TAKE(ctx, &c->heap, "runs", c->setup.count, &c->source));
    for (size_t i = 0; i < c->setup.count; i++)
        KITH_TRY(add_named(ctx, c, c->setup.text[i], c->setup.label ? c->setup.label[i] : NULL));
    for (size_t s = 1; s < c->sources; s++)
        KITH_TRY(check_game(ctx, &c->source[0], &c->source[s]));
    return KITH_OK;
}
