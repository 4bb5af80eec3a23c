#include "launch/commands/authoring/trial_guard.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FENCE = 512 }; /* bytes on each side */

typedef enum fence_use {
    USE_READ = 0, /* must stay as it is */
    USE_CHANGE,
    USE_WRITE, /* must be written, all of it */
    USE_SCRATCH,
} fence_use;

typedef struct fence {
    unsigned char *all;
    void *theirs;
    size_t bytes, element;
    fence_use use;
    const char *what, *name; /* name: of a plane, or "" */
} fence;

/* Those of one call. */
typedef struct fences {
    kith_ctx *ctx;
    const char *callback;
    fence *item;
    size_t count, room;
    void **list[16]; /* of pointers */
    size_t lists;
    bool failed;
} fences;

/* Whose callbacks are guarded, and what they were. */
static struct {
    const kith_plugin *plugin;
    kith_federated federated;
    kith_decentralized decentralized;
    kith_filter filter;
} guarded;

/* ---- fences ---- */

static void *inside(const fence *f)
{
    return f->all + FENCE;
}

/* A vector that was fenced already stays one: a learner may arrive twice, and a model is a plane. */
static void *put(fences *l, fence_use use, const char *what, const char *name, size_t count, size_t element,
                 const void *theirs)
{
    if (!theirs || !count || l->failed) return (void *)(uintptr_t)theirs;
    for (size_t i = 0; i < l->count; i++)
        if (l->item[i].theirs == theirs && l->item[i].bytes == count * element) return inside(&l->item[i]);
    if (l->count == l->room) {
        fence *grown = realloc(l->item, (2 * l->room + 16) * sizeof *grown);
        l->failed = !grown;
        if (!grown) return (void *)(uintptr_t)theirs;
        l->item = grown;
        l->room = 2 * l->room + 16;
    }
    fence *f = &l->item[l->count];
    *f = (fence){.all = aligned_alloc(64, (2 * FENCE + count * element + 63) / 64 * 64),
                 .theirs = (void *)(uintptr_t)theirs,
                 .bytes = count * element,
                 .element = element,
                 .use = use,
                 .what = what,
                 .name = name};
    l->failed = !f->all;
    if (!f->all) return (void *)(uintptr_t)theirs;
    l->count++;
    memset(f->all, 0xff, 2 * FENCE + f->bytes);
    if (use == USE_READ || use == USE_CHANGE) memcpy(inside(f), theirs, f->bytes);
    return inside(f);
}

/* A list of pointers that ends with NULL. */
static void **list(fences *l, size_t count)
{
    void **made = calloc(count + 1, sizeof *made);
    l->failed |= !made || l->lists == sizeof l->list / sizeof l->list[0];
    if (l->failed) {
        free(made);
        return NULL;
    }
    return l->list[l->lists++] = made;
}

static kith_status blame(const fences *l, const fence *f, const char *does, size_t number)
{
    return kith_fail(l->ctx, KITH_EPLUGIN, "%s() %s %s%s%s%s, number %zu of %zu", l->callback, does, f->what,
                     *f->name ? " '" : "", f->name, *f->name ? "'" : "", number, f->bytes / f->element);
}

static bool is_poison(const unsigned char *at, size_t element)
{
    for (size_t i = 0; i < element; i++)
        if (at[i] != 0xff) return false;
    return true;
}

static kith_status check(const fences *l, const fence *f)
{
    const unsigned char *vector = inside(f), *was = f->theirs;
    for (size_t i = 0; i < FENCE; i++) {
        if (f->all[i] != 0xff) return blame(l, f, "writes before", 0);
        if (vector[f->bytes + i] != 0xff) return blame(l, f, "writes beyond", (f->bytes + i) / f->element);
    }
    for (size_t i = 0; i < f->bytes; i += f->element) {
        if (f->use == USE_READ && memcmp(vector + i, was + i, f->element) != 0)
            return blame(l, f, "changes what it may only read,", i / f->element);
        if (f->use == USE_WRITE && is_poison(vector + i, f->element))
            return blame(l, f, "does not write", i / f->element);
    }
    return KITH_OK;
}

/* Of a call that failed its own message counts. */
static kith_status finish(fences *l, kith_status status)
{
    if (l->failed && status == KITH_OK)
        status = kith_fail(l->ctx, KITH_EMEMORY, "no memory for guards; make the model smaller with --set");
    for (size_t i = 0; i < l->count; i++) {
        fence *f = &l->item[i];
        if (status == KITH_OK) status = check(l, f);
        if (f->use == USE_CHANGE || f->use == USE_WRITE) memcpy(f->theirs, inside(f), f->bytes);
        free(f->all);
    }
    for (size_t i = 0; i < l->lists; i++)
        free(l->list[i]);
    free(l->item);
    return status;
}

static kith_real *reals(fences *l, fence_use use, const char *what, const char *name, size_t count, const void *theirs)
{
    return put(l, use, what, name, count, sizeof(kith_real), theirs);
}

/* ---- federated ---- */

static const kith_plane *plane_at(const kith_plane *planes, size_t p)
{
    return (const void *)((const char *)planes + p * guarded.plugin->plane_size);
}

static const kith_plane *planes_of(const void *self, size_t *count)
{
    *count = guarded.federated.plane_count;
    return guarded.federated.layout ? guarded.federated.layout(self, count) : guarded.federated.planes;
}

static size_t length_of(uint32_t scalars, size_t vector)
{
    return scalars ? scalars : vector;
}

/* What client() gets, or own_model(), which has no messages and changes no plane. */
static void put_visit(fences *l, const void *self, bool looks, const kith_visit *v, kith_visit *mine)
{
    size_t count = 0, message = 0, published = 0, own = 0;
    const kith_plane *planes = planes_of(self, &count);
    void **const messages = list(l, count), **const news = list(l, count), **const kept = list(l, count);
    for (size_t p = 0; p < count && !l->failed; p++) {
        const kith_plane *plane = plane_at(planes, p);
        const size_t length = length_of(plane->scalars, v->dimension);
        if (plane->side == KITH_SIDE_MESSAGE) {
            if (!looks) messages[message] = reals(l, USE_WRITE, "message", plane->name, length, v->message[message]);
            message++;
        } else if (plane->side == KITH_SIDE_LEARNER) {
            kept[own] = reals(l, looks ? USE_READ : USE_CHANGE, "plane", plane->name, length, v->own[own]);
            own++;
        } else if (plane->access == KITH_PUBLISHED) {
            news[published] = reals(l, USE_READ, "published plane", plane->name, length, v->published[published]);
            published++;
        }
    }
    mine->message = looks ? NULL : (kith_real *const *)messages;
    mine->published = (const kith_real *const *)news;
    mine->own = (kith_real *const *)kept;
    mine->model = reals(l, USE_READ, "the model that was pulled", "", v->dimension, v->model);
    mine->work = reals(l, USE_SCRATCH, "the scratch vector", "", v->dimension, v->work);
}

static kith_status client(void *self, kith_visit *v)
{
    fences l = {.ctx = v->ctx, .callback = "client"};
    kith_visit mine = *v;
    put_visit(&l, self, false, v, &mine);
    mine.say = put(&l, USE_CHANGE, "what it says", "", guarded.federated.tell_count, sizeof(double), v->say);
    const kith_status status = l.failed ? KITH_OK : guarded.federated.client(self, &mine);
    v->bytes = mine.bytes;
    return finish(&l, status);
}

static kith_status own_model(void *self, kith_visit *v, kith_real *x)
{
    fences l = {.ctx = v->ctx, .callback = "own_model"};
    kith_visit mine = *v;
    put_visit(&l, self, true, v, &mine);
    kith_real *to = reals(&l, USE_WRITE, "the learner's model", "", v->dimension, x);
    return finish(&l, l.failed ? KITH_OK : guarded.federated.own_model(self, &mine, to));
}

/* Planes of scalars are only read in server(). */
static void put_served(fences *l, const kith_plane *planes, size_t count, const kith_fold *f, void **lists[3])
{
    const size_t m = f->arrivals;
    size_t message = 0, server = 0, memory = 0;
    for (size_t p = 0; p < count && !l->failed; p++) {
        const kith_plane *plane = plane_at(planes, p);
        const size_t length = length_of(plane->scalars, f->count);
        const fence_use use = plane->scalars ? USE_READ : USE_CHANGE;
        if (plane->side == KITH_SIDE_SERVER) {
            const size_t element = plane->element == KITH_ELEMENT_F64 ? sizeof(double) : sizeof(kith_real);
            lists[1][server] = put(l, use, "server plane", plane->name, length, element, f->server[server]);
            server++;
        }
        for (size_t a = 0; a < m && plane->side == KITH_SIDE_MESSAGE; a++)
            lists[0][message * m + a] = reals(l, USE_READ, "message", plane->name, length, f->message[message * m + a]);
        for (size_t a = 0; a < m && plane->side == KITH_SIDE_MEMORY; a++)
            lists[2][memory * m + a] = reals(l, use, "memory plane", plane->name, length, f->memory[memory * m + a]);
        message += plane->side == KITH_SIDE_MESSAGE;
        memory += plane->side == KITH_SIDE_MEMORY;
    }
}

static kith_status server(void *self, kith_fold *f)
{
    const kith_federated *ops = &guarded.federated;
    fences l = {.ctx = f->ctx, .callback = "server"};
    kith_fold mine = *f;
    size_t count = 0;
    const size_t phases = ops->phases ? ops->phases(self) : 1, sums = ops->sums ? ops->sums(self, f->arrivals) : 0;
    const kith_plane *planes = planes_of(self, &count);
    void **lists[3] = {list(&l, count * f->arrivals), list(&l, count), list(&l, count * f->arrivals)};
    put_served(&l, planes, count, f, lists);
    mine.message = (const kith_real *const *)lists[0];
    mine.server = lists[1];
    mine.memory = (kith_real *const *)lists[2];
    const bool last = f->phase + 1 >= phases;
    mine.model = reals(&l, last ? USE_CHANGE : USE_READ, "the model", "", f->count, f->model);
    mine.partial = put(&l, USE_CHANGE, "its sums", "", sums, sizeof(double), f->partial);
    mine.total = put(&l, USE_READ, "the sums of the phase before", "", sums, sizeof(double), f->total);
    return finish(&l, l.failed ? KITH_OK : ops->server(self, &mine));
}

/* ---- decentralized ---- */

static const kith_learner_plane *learner_plane_at(const kith_learner_plane *planes, size_t p)
{
    return (const void *)((const char *)planes + p * guarded.plugin->learner_plane_size);
}

static const kith_learner_plane *learner_planes_of(const void *self, size_t *count)
{
    *count = guarded.decentralized.plane_count;
    return guarded.decentralized.layout ? guarded.decentralized.layout(self, count) : guarded.decentralized.planes;
}

static void put_edges(fences *l, const kith_visit *v, kith_edge_rows *out)
{
    const kith_decentralized *ops = &guarded.decentralized;
    const size_t degree = v->edges->count;
    void **const in = list(l, ops->edge_plane_count * degree), **const to = list(l, ops->edge_plane_count * degree);
    *out = *v->edges;
    for (size_t p = 0; p < ops->edge_plane_count && !l->failed; p++) {
        const kith_edge_plane *plane =
            (const void *)((const char *)ops->edge_planes + p * guarded.plugin->edge_plane_size);
        const size_t length = length_of(plane->scalars, v->dimension);
        for (size_t e = 0; e < degree; e++) {
            const size_t at = p * degree + e;
            in[at] = reals(l, USE_READ, "what came on an edge,", plane->name, length, v->edges->in[at]);
            if (v->edges->out)
                to[at] = reals(l, USE_WRITE, "what goes on an edge,", plane->name, length, v->edges->out[at]);
        }
    }
    out->in = (const kith_real *const *)in;
    if (v->edges->out) out->out = (kith_real *const *)to;
}

static kith_status visit(const char *callback, kith_status (*call)(void *self, kith_visit *v), void *self,
                         kith_visit *v)
{
    fences l = {.ctx = v->ctx, .callback = callback};
    kith_visit mine = *v;
    kith_edge_rows edges;
    size_t count = 0;
    const kith_learner_plane *planes = learner_planes_of(self, &count);
    void **const own = list(&l, count);
    for (size_t p = 0; p < count && !l.failed; p++) {
        const kith_learner_plane *plane = learner_plane_at(planes, p);
        own[p] = reals(&l, USE_CHANGE, "plane", plane->name, length_of(plane->scalars, v->dimension), v->own[p]);
    }
    mine.own = (kith_real *const *)own;
    mine.model = reals(&l, USE_READ, "the first model", "", v->dimension, v->model);
    mine.work = reals(&l, USE_SCRATCH, "the scratch vector", "", v->dimension, v->work);
    mine.say = put(&l, USE_CHANGE, "what it says", "", guarded.decentralized.tell_count, sizeof(double), v->say);
    if (v->edges) {
        put_edges(&l, v, &edges);
        mine.edges = &edges;
    }
    const kith_status status = l.failed ? KITH_OK : call(self, &mine);
    v->bytes = mine.bytes;
    return finish(&l, status);
}

static kith_status init(void *self, kith_visit *v)
{
    return visit("init", guarded.decentralized.init, self, v);
}

static kith_status local(void *self, kith_visit *v)
{
    return visit("local", guarded.decentralized.local, self, v);
}

static kith_status mixed(void *self, kith_visit *v)
{
    return visit("mixed", guarded.decentralized.mixed, self, v);
}

static kith_status combine(void *self, kith_visit *v)
{
    return visit("combine", guarded.decentralized.combine, self, v);
}

static kith_status mix(void *self, kith_neighbour_rows *m)
{
    fences l = {.ctx = m->ctx, .callback = "mix"};
    kith_neighbour_rows mine = *m;
    size_t count = 0;
    const kith_learner_plane *planes = learner_planes_of(self, &count);
    void **const heard = list(&l, count * m->count), **const own = list(&l, count), **const out = list(&l, count);
    for (size_t p = 0; p < count && !l.failed; p++) {
        const kith_learner_plane *plane = learner_plane_at(planes, p);
        const size_t length = length_of(plane->scalars, m->dimension);
        const bool mixes = plane->access == KITH_MIXED;
        for (size_t e = 0; e < m->count && mixes; e++)
            heard[p * m->count + e] =
                reals(&l, USE_READ, "a neighbour's plane", plane->name, length, m->heard[p * m->count + e]);
        own[p] = reals(&l, mixes ? USE_READ : USE_CHANGE, "plane", plane->name, length, m->own[p]);
        if (mixes) out[p] = reals(&l, USE_WRITE, "the mixture of plane", plane->name, length, m->out[p]);
    }
    mine.heard = (const kith_real *const *)heard;
    mine.own = (kith_real *const *)own;
    mine.out = (kith_real *const *)out;
    mine.work = reals(&l, USE_SCRATCH, "the scratch vector", "", m->dimension, m->work);
    return finish(&l, l.failed ? KITH_OK : guarded.decentralized.mix(self, &mine));
}

/* ---- filters ---- */

static kith_keep keep_of(const void *self, size_t d)
{
    return guarded.filter.keep ? guarded.filter.keep(self, d) : (kith_keep){0};
}

static kith_status send(void *self, kith_outgoing *m)
{
    fences l = {.ctx = m->ctx, .callback = "send"};
    kith_outgoing mine = *m;
    const kith_keep keep = keep_of(self, m->dimension);
    mine.vector = reals(&l, USE_CHANGE, "the message", "", m->dimension, m->vector);
    mine.kept = reals(&l, USE_CHANGE, "what it keeps", "", keep.learner, m->kept);
    mine.work = reals(&l, USE_SCRATCH, "the scratch vector", "", m->dimension, m->work);
    mine.scalars = put(&l, USE_READ, "the server's scalars", "", keep.scalars, sizeof(double), m->scalars);
    mine.say = put(&l, USE_CHANGE, "what it says", "", guarded.filter.tell_count, sizeof(double), m->say);
    return finish(&l, l.failed ? KITH_OK : guarded.filter.send(self, &mine));
}

static kith_status stage(void *self, kith_stage *s)
{
    const kith_filter *ops = &guarded.filter;
    fences l = {.ctx = s->ctx, .callback = "stage"};
    kith_stage mine = *s;
    const kith_keep keep = keep_of(self, s->dimension);
    const size_t phases = ops->phases ? ops->phases(self) : 1, sums = ops->sums ? ops->sums(self, s->rows) : 0;
    void **const rows = list(&l, s->rows);
    for (size_t r = 0; r < s->rows && !l.failed; r++)
        rows[r] = reals(&l, s->phase + 1 >= phases ? USE_CHANGE : USE_READ, "a message", "", s->count, s->row[r]);
    mine.row = (kith_real *const *)rows;
    mine.kept = reals(&l, USE_CHANGE, "what the server keeps", "", s->count, s->kept);
    mine.scalars = put(&l, USE_READ, "the server's scalars", "", keep.scalars, sizeof(double), s->scalars);
    mine.partial = put(&l, USE_CHANGE, "its sums", "", sums, sizeof(double), s->partial);
    mine.total = put(&l, USE_READ, "the sums of the phase before", "", sums, sizeof(double), s->total);
    mine.work = put(&l, USE_SCRATCH, "the scratch numbers", "", 4 * s->arrivals, sizeof(double), s->work);
    return finish(&l, l.failed ? KITH_OK : ops->stage(self, &mine));
}

/* ---- around a plugin ---- */

/* The registry's copy of a table is memory of the host's. */
static void *table_of(const kith_plugin *plugin)
{
    return (void *)(uintptr_t)plugin->ops;
}

bool guard_install(const kith_plugin *plugin)
{
    kith_federated *f = table_of(plugin);
    kith_decentralized *d = table_of(plugin);
    kith_filter *t = table_of(plugin);
    guarded.plugin = plugin;
    if (plugin->kind == KITH_FILTER) {
        guarded.filter = *t;
        if (t->send) t->send = send;
        if (t->stage) t->stage = stage;
    } else if (plugin->role == KITH_ROLE_FEDERATED) {
        guarded.federated = *f;
        f->client = client;
        f->server = server;
        if (f->own_model) f->own_model = own_model;
    } else if (plugin->role == KITH_ROLE_DECENTRALIZED) {
        guarded.decentralized = *d;
        if (d->init) d->init = init;
        d->local = local;
        if (d->mixed) d->mixed = mixed;
        if (d->combine) d->combine = combine;
        if (d->mix) d->mix = mix;
    } else {
        guarded.plugin = NULL;
    }
    return guarded.plugin != NULL;
}

void guard_lift(void)
{
    const kith_plugin *plugin = guarded.plugin;
    if (!plugin) return;
    if (plugin->kind == KITH_FILTER)
        *(kith_filter *)table_of(plugin) = guarded.filter;
    else if (plugin->role == KITH_ROLE_FEDERATED)
        *(kith_federated *)table_of(plugin) = guarded.federated;
    else
        *(kith_decentralized *)table_of(plugin) = guarded.decentralized;
    guarded.plugin = NULL;
}
