#include "launch/commands/landscape/landscape.h"

#include "config/config.h"
#include "engine/work/matching.h"
#include "launch/services/results/results.h"
#include "record/tensors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool has(const char *folder, const char *name)
{
    char path[PATH_MAX];
    struct stat there;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return stat(path, &there) == 0;
}

/* ---- folders ---- */

/* A folder itself, or what other commands find by the name. */
static kith_status find_folder(kith_ctx *ctx, const char *where, char **out)
{
    kith_results results;
    if (has(where, "config.ini")) {
        *out = strdup(where);
        return *out ? KITH_OK : kith_fail(ctx, KITH_EMEMORY, "%s: no memory for its name", where);
    }
    KITH_TRY(kith_results_read(ctx, where, &results));
    const kith_status status = results.count == 1
                                   ? kith_result_home(ctx, results.run[0], out)
                                   : kith_fail(ctx, KITH_EUSAGE, "%s: holds %zu runs; name one of them, as %s/%s",
                                               where, results.count, where, results.run[0]->id);
    kith_results_free(&results);
    return status;
}

/* What follows a colon; a folder's own name may have colons. */
static kith_status find_exhibit(kith_ctx *ctx, const char *text, exhibit *e)
{
    static const char model[] = ":model";
    const size_t length = strlen(text), ending = sizeof model - 1;
    struct stat there;
    e->one = length > ending && strcmp(text + length - ending, model) == 0 && stat(text, &there) != 0;
    char *where = strndup(text, e->one ? length - ending : length);
    if (!where) return kith_fail(ctx, KITH_EMEMORY, "%s: no memory for its name", text);
    const kith_status status = find_folder(ctx, where, &e->folder);
    free(where);
    return status;
}

static kith_status path_of(kith_ctx *ctx, const exhibit *e, const char *name, char path[PATH_MAX])
{
    if (snprintf(path, PATH_MAX, "%s/%s", e->folder, name) < PATH_MAX) return KITH_OK;
    return kith_fail(ctx, KITH_EIO, "%s: its name is too long", e->folder);
}

static kith_status count_rows(kith_ctx *ctx, exhibit *e)
{
    char path[PATH_MAX];
    uint64_t digest = 0;
    KITH_TRY(path_of(ctx, e, e->one ? "model.npy" : "learners.npy", path));
    if (e->one && has(e->folder, "model.npy")) {
        e->rows = 1;
        return KITH_OK;
    }
    if (e->one) return kith_fail(ctx, KITH_EIO, "%s: has no model.npy; a run leaves it when it ends", e->folder);
    if (has(e->folder, "learners.npy")) return kith_tensors_rows(ctx, path, &e->rows, &digest);
    return kith_fail(ctx, KITH_EIO,
                     "%s: has no learners.npy: its run kept no models of learners; make it again with learners.keep = "
                     "end, and with decentralized.merge = no, since a merge makes them one",
                     e->folder);
}

static kith_status open_exhibit(gallery *g, const char *text, exhibit *e)
{
    char path[PATH_MAX];
    KITH_TRY(find_exhibit(g->ctx, text, e));
    KITH_TRY(path_of(g->ctx, e, "config.ini", path));
    KITH_TRY(kith_config_create(g->ctx, &e->config));
    KITH_TRY(kith_config_read(g->ctx, e->config, path));
    KITH_TRY(kith_run_resolve(g->ctx, g->registry, e->config, &(kith_run_options){.record = false}, &e->run));
    if (kith_run_plays(e->run))
        return kith_fail(g->ctx, KITH_ECONFIG,
                         "%s: its run is one of %s, whose policies play a game; name runs that train a model on data",
                         e->folder, kith_run_plugin(e->run, KITH_CHOSEN_ALGORITHM)->id);
    return count_rows(g->ctx, e);
}

/* Models of one kind lie in one space. */
static kith_status check_alike(gallery *g, const exhibit *e)
{
    const exhibit *first = &g->exhibit[0];
    const kith_plugin *model = kith_run_plugin(first->run, KITH_CHOSEN_MODEL);
    const kith_plugin *other = kith_run_plugin(e->run, KITH_CHOSEN_MODEL);
    if (strcmp(model->id, other->id) != 0)
        return kith_fail(g->ctx, KITH_ECONFIG,
                         "%s: its model is %s, and that of %s is %s; models of one kind can be mixed", e->folder,
                         other->id, first->folder, model->id);
    for (size_t k = 0; k < model->param_count; k++) {
        const char *key = model->params[k].key;
        const char *mine = kith_config_text(first->config, model->id, key);
        const char *its = kith_config_text(e->config, model->id, key);
        if (mine && its && strcmp(mine, its) != 0)
            return kith_fail(g->ctx, KITH_ECONFIG,
                             "%s: its %s.%s is '%s', and that of %s is '%s'; models of one kind can be mixed",
                             e->folder, model->id, key, its, first->folder, mine);
    }
    return KITH_OK;
}

static kith_status open_exhibits(gallery *g)
{
    KITH_TRY(kith_registry_create(g->ctx, &g->registry));
    KITH_TRY(KITH_ALLOC(g->ctx, "folders", g->options->count, &g->exhibit));
    for (size_t i = 0; i < g->options->count; i++) {
        exhibit *e = &g->exhibit[g->exhibits++];
        KITH_TRY(open_exhibit(g, g->options->text[i], e));
        KITH_TRY(check_alike(g, e));
        g->models += e->rows;
    }
    return KITH_OK;
}

/* ---- which models ---- */

/* A number, and where it ends; SIZE_MAX: there is none. */
static size_t take_number(const char **text)
{
    char *end = NULL;
    errno = 0;
    const unsigned long long value = strtoull(*text, &end, 10);
    const bool is = **text >= '0' && **text <= '9' && errno == 0;
    *text = end;
    return is ? (size_t)value : SIZE_MAX;
}

static kith_status refuse_list(gallery *g, const char *option, const char *text)
{
    return kith_fail(g->ctx, KITH_EUSAGE, "%s %s: numbers of models are needed, as 0,3,8-11", option, text);
}

typedef kith_status (*number_taker)(gallery *g, const char *option, const char *text, size_t number, void *arg);

static kith_status take_list(gallery *g, const char *option, const char *text, number_taker take, void *arg)
{
    for (const char *rest = text;;) {
        const size_t first = take_number(&rest);
        size_t last = first;
        if (first != SIZE_MAX && *rest == '-') {
            rest++;
            last = take_number(&rest);
        }
        if (first == SIZE_MAX || last == SIZE_MAX || last < first) return refuse_list(g, option, text);
        for (size_t number = first; number <= last; number++) {
            if (number >= g->models)
                return kith_fail(g->ctx, KITH_EUSAGE, "%s %s: there are %zu models, counted from 0", option, text,
                                 g->models);
            KITH_TRY(take(g, option, text, number, arg));
        }
        while (*rest == ' ')
            rest++;
        if (!*rest) return KITH_OK;
        if (*rest++ != ',') return refuse_list(g, option, text);
        while (*rest == ' ')
            rest++;
    }
}

static kith_status choose_one(gallery *g, const char *option, const char *text, size_t number, void *arg)
{
    (void)arg;
    for (size_t k = 0; k < g->count; k++)
        if (g->number[k] == number)
            return kith_fail(g->ctx, KITH_EUSAGE, "%s %s: model %zu is there twice", option, text, number);
    g->number[g->count++] = number;
    return KITH_OK;
}

static kith_status choose(gallery *g)
{
    const size_t least = 2;
    KITH_TRY(KITH_ALLOC(g->ctx, "models", g->models + 1, &g->number));
    if (g->options->learners)
        KITH_TRY(take_list(g, "--learners", g->options->learners, choose_one, NULL));
    else
        for (; g->count < g->models; g->count++)
            g->number[g->count] = g->count;
    if (g->count >= least) return KITH_OK;
    return kith_fail(g->ctx, KITH_EUSAGE, "%s%s: %zu model is none to compare with another; choose two or more",
                     g->options->learners ? "--learners " : "",
                     g->options->learners ? g->options->learners : g->exhibit[0].folder, g->count);
}

typedef struct finding {
    size_t *place, count, most;
} finding;

static kith_status find_one(gallery *g, const char *option, const char *text, size_t number, void *arg)
{
    finding *f = arg;
    size_t place = 0;
    while (place < g->count && g->number[place] != number)
        place++;
    if (place == g->count)
        return kith_fail(g->ctx, KITH_EUSAGE, "%s %s: model %zu is none of those that --learners chooses", option, text,
                         number);
    for (size_t k = 0; k < f->count && k < f->most; k++)
        if (f->place[k] == place)
            return kith_fail(g->ctx, KITH_EUSAGE, "%s %s: model %zu is there twice", option, text, number);
    if (f->count < f->most) f->place[f->count] = place;
    f->count++;
    return KITH_OK;
}

kith_status gallery_find(gallery *g, const char *option, const char *text, size_t *place, size_t *count)
{
    finding f = {.place = place, .most = *count};
    KITH_TRY(take_list(g, option, text, find_one, &f));
    if (f.count == *count) return KITH_OK;
    return kith_fail(g->ctx, KITH_EUSAGE, "%s %s: %zu different models are needed", option, text, *count);
}

const kith_real *gallery_model(const gallery *g, size_t place)
{
    return kith_board_row(g->board, place);
}

/* ---- models ---- */

static kith_status read_model(gallery *g, size_t number, kith_real *x)
{
    const exhibit *e = g->exhibit;
    char path[PATH_MAX];
    uint64_t digest = 0;
    for (; number >= e->rows; e++)
        number -= e->rows;
    KITH_TRY(path_of(g->ctx, e, e->one ? "model.npy" : "learners.npy", path));
    if (e->one) return kith_tensors_read(g->ctx, path, g->about.block, g->about.blocks, x, &digest);
    return kith_tensors_read_row(g->ctx, path, g->about.block, g->about.blocks, number, x);
}

static kith_status read_models(gallery *g)
{
    kith_status status = KITH_OK;
    if (kith_exchange_place(g->exchange)->worker != 0) return KITH_OK;
    for (size_t k = 0; k < g->count && status == KITH_OK; k++) {
        status = read_model(g, g->number[k], kith_board_row(g->board, k));
        if (status == KITH_OK && !kith_all_finite(g->about.dimension, gallery_model(g, k)))
            status = kith_fail(g->ctx, KITH_EDATA,
                               "model %zu is not finite: its run diverged; leave it out by "
                               "--learners, or make the run again with a smaller local.lr",
                               g->number[k]);
    }
    return status;
}

/* [all] Rows that `origin` lists. */
static kith_status share_models(gallery *g, kith_origin *origin)
{
    for (size_t k = 0; k < g->count; k++)
        origin[k] = (kith_origin){.row = (uint32_t)k, .domain = 0};
    return kith_board_publish_rows(g->board, read_models(g), origin, g->count, NULL);
}

/* [all] Workers take runs of models, and own what they align. */
static kith_status align_models(gallery *g, kith_origin *origin)
{
    const kith_place *place = kith_exchange_place(g->exchange);
    kith_matching *matching = NULL;
    size_t passes = 0;
    kith_status status = kith_matching_open(g->ctx, g->about.model, g->about.block, g->about.blocks, &matching);
    if (status == KITH_OK && !matching)
        status = kith_fail(g->ctx, KITH_ECONFIG,
                           "--align: run.model = %s of %s has no hidden units that may change places; leave it out",
                           g->about.model->plugin->id, g->exhibit[0].folder);
    status = kith_exchange_agree(g->exchange, status, NULL);
    for (size_t w = 0; w < place->workers; w++)
        for (size_t k = g->count * w / place->workers; k < g->count * (w + 1) / place->workers; k++)
            origin[k].domain = (uint32_t)kith_exchange_domain_of(g->exchange, w);
    const kith_joint joint = {.exchange = g->exchange,
                              .board = g->board,
                              .row = origin,
                              .count = g->count,
                              .first = g->count * place->worker / place->workers,
                              .last = g->count * (place->worker + 1) / place->workers,
                              .target = gallery_model(g, 0),
                              .mean = (uint32_t)g->count};
    if (status == KITH_OK) status = kith_matching_join(g->ctx, matching, &joint, &passes);
    kith_matching_close(matching);
    KITH_TRY(status);
    return kith_board_publish_rows(g->board, KITH_OK, origin, g->count, NULL);
}

static kith_status make_room(gallery *g, kith_origin **origin)
{
    KITH_TRY(KITH_ALLOC(g->ctx, "models", g->count, origin));
    KITH_TRY(KITH_ALLOC(g->ctx, "models", g->count, &g->alone));
    KITH_TRY(KITH_ALLOC(g->ctx, "models", g->count, &g->weight));
    return KITH_ALLOC(g->ctx, "a model", g->about.dimension, &g->x);
}

/* [all] */
static kith_status test_alone(gallery *g)
{
    for (size_t k = 0; k < g->count; k++)
        KITH_TRY(kith_testing_score(g->ctx, g->exhibit[0].run, gallery_model(g, k), &g->alone[k]));
    return KITH_OK;
}

kith_status gallery_open(gallery *g)
{
    kith_origin *origin = NULL;
    kith_status status = open_exhibits(g);
    if (status == KITH_OK) status = choose(g);
    KITH_TRY(kith_exchange_agree(g->exchange, status, NULL));
    KITH_TRY(kith_testing_open(g->ctx, g->exhibit[0].run, g->exchange, g->options->examples));
    g->about = kith_testing_of(g->exhibit[0].run);
    status = kith_exchange_agree(g->exchange, make_room(g, &origin), NULL);
    if (status == KITH_OK)
        status = kith_board_create(g->ctx, g->exchange, "models", g->count + 1, g->about.dimension, sizeof(kith_real),
                                   &g->board);
    if (status == KITH_OK) status = share_models(g, origin);
    if (status == KITH_OK && g->options->align) status = align_models(g, origin);
    kith_free(origin);
    return status == KITH_OK ? test_alone(g) : status;
}

void gallery_close(gallery *g)
{
    if (g->board) kith_board_destroy(g->board);
    for (size_t i = 0; i < g->exhibits; i++) {
        kith_run_close(g->exhibit[i].run);
        kith_config_destroy(g->exhibit[i].config);
        free(g->exhibit[i].folder);
    }
    kith_free(g->exhibit);
    kith_free(g->number);
    kith_free(g->alone);
    kith_free(g->x);
    kith_free(g->weight);
    if (g->registry) kith_registry_destroy(g->registry);
}
