#include "engine/contest/inside.h"
#include "base/call.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- opening ---- */

static kith_policy_form kind_in(const kith_contest *c, const kith_source *s)
{
    return kith_policy_form_of(&s->own->population, &c->shape);
}

/* A folder may come from anybody, and what it names would be run by the shell. Games that start a program have a
 * parameter for it. */
static kith_status check_command(kith_ctx *ctx, const kith_contest *c, const kith_source *s)
{
    const kith_plugin *game = kith_run_plugin(s->run, KITH_CHOSEN_GAME);
    const char *command = kith_config_text(s->config, game->id, "command");
    if (c->setup.commands || !command || !*command) return KITH_OK;
    return kith_fail(ctx, KITH_EUSAGE,
                     "%s/config.ini: its game starts a program, `%s`, as a shell does; if you trust whoever made that "
                     "folder, give --commands",
                     s->folder, command);
}

static kith_status open_game(kith_ctx *ctx, kith_contest *c)
{
    const kith_source *first = &c->source[0];
    KITH_TRY(check_command(ctx, c, first));
    kith_run_give(first->run, KITH_CHOSEN_GAME, &c->game);
    const kith_setting setting = {
        .size = sizeof setting, .seed = c->setup.seed, .rounds = (uint64_t)first->bound.run->rounds};
    KITH_TRY(kith_instance_create(ctx, &c->game, &setting));
    const kith_game *ops = c->game.plugin->ops;
    KITH_TRY_CALL(ctx, c->game.plugin->id, "describe", KITH_NOBODY, ops->describe(c->game.self, ctx, &c->shape));
    c->kind = kind_in(c, first);
    return KITH_OK;
}

static size_t entries_of(const kith_contest *c, const kith_source *s)
{
    const size_t table = c->shape.players * c->shape.actions;
    if (c->kind == KITH_FORM_MATRIX) return table;
    return c->kind == KITH_FORM_STATES ? c->shape.states * table : kith_policy_length(&c->shape, &s->own->mappo);
}

/* What solvers iterate over must be probabilities, or they do not end. */
static kith_status check_table(kith_ctx *ctx, const kith_contest *c, const kith_source *s)
{
    const size_t actions = c->shape.actions, rows = c->entries / actions;
    const double *value = s->set.value;
    for (size_t r = 0; r < s->set.count * rows; r++, value += actions) {
        double sum = 0.0, least = 0.0;
        for (size_t a = 0; a < actions; a++) {
            sum += value[a];
            least = fmin(least, value[a]);
        }
        if (least < 0.0 || !(fabs(sum - 1.0) < 1e-4))
            return kith_fail(
                ctx, KITH_EDATA,
                "%s/policies.npy: row %zu of policy %zu is no probabilities of actions: their sum is %g; make "
                "the run again",
                s->folder, r % rows, r / rows, sum);
    }
    return KITH_OK;
}

static kith_status check_policies(kith_ctx *ctx, kith_contest *c)
{
    const kith_source *first = &c->source[0];
    c->entries = entries_of(c, first);
    for (size_t i = 0; i < c->sources; i++) {
        const kith_source *s = &c->source[i];
        if (kind_in(c, s) != kind_in(c, first))
            return kith_fail(ctx, KITH_ECONFIG,
                             "%s: its policies are %s, and those of %s are %s; policies of one kind can meet",
                             s->folder, kith_policy_form_name(kind_in(c, s)), first->folder,
                             kith_policy_form_name(kind_in(c, first)));
        if (c->kind == KITH_FORM_NETWORKS && s->own->mappo.hidden != first->own->mappo.hidden)
            return kith_fail(ctx, KITH_ECONFIG,
                             "%s: mappo.hidden = %lld, and %s has %lld; networks of the same width can meet", s->folder,
                             (long long)s->own->mappo.hidden, first->folder, (long long)first->own->mappo.hidden);
        if (s->set.entries != c->entries)
            return kith_fail(
                ctx, KITH_EDATA,
                "%s/policies.npy: a policy has %zu numbers there, and %zu in this game; make the run again", s->folder,
                s->set.entries, c->entries);
        if (c->kind != KITH_FORM_NETWORKS) KITH_TRY(check_table(ctx, c, s));
    }
    return KITH_OK;
}

static kith_status open_all(kith_ctx *ctx, kith_contest *c)
{
    KITH_TRY(kith_contest_gather(ctx, c));
    KITH_TRY(open_game(ctx, c));
    KITH_TRY(check_policies(ctx, c));
    return kith_contest_prepare(ctx, c);
}

kith_status kith_contest_open(kith_ctx *ctx, const kith_contest_setup *setup, kith_contest **out)
{
    kith_contest *c = NULL;
    kith_status status = KITH_ALLOC(ctx, "contest", 1, &c);
    if (c) {
        *c = (kith_contest){.setup = *setup};
        status = open_all(ctx, c);
    }
    status = kith_exchange_agree(setup->exchange, status, NULL);
    if (status == KITH_OK)
        *out = c;
    else
        kith_contest_close(c);
    return status;
}

static void close_source(kith_source *s)
{
    kith_free(s->narrow);
    kith_policy_set_free(&s->set);
    kith_run_close(s->run);
    kith_config_destroy(s->config);
    free(s->folder);
}

void kith_contest_close(kith_contest *c)
{
    if (!c) return;
    kith_payoffs_close(c->payoffs);
    kith_markov_close(c->markov);
    kith_instance_close(&c->game);
    for (size_t i = 0; i < c->entrants; i++) {
        kith_free(c->entrant[i].policy);
        kith_free(c->entrant[i].weight);
    }
    for (size_t i = 0; i < c->sources; i++)
        close_source(&c->source[i]);
    kith_free(c->entrant);
    kith_heap_free(&c->heap);
    kith_free(c);
}

/* ---- what it is ---- */

kith_policy_form kith_contest_form(const kith_contest *c)
{
    return c->kind;
}

const char *kith_contest_game(const kith_contest *c)
{
    return c->game.plugin->id;
}

size_t kith_contest_size(const kith_contest *c)
{
    return c->entrants;
}

const kith_entrant *kith_contest_entrant(const kith_contest *c, size_t i)
{
    return &c->entrant[i];
}

kith_status kith_contest_find(kith_ctx *ctx, const kith_contest *c, const char *option, const char *text, size_t *out)
{
    char *end = NULL;
    for (*out = 0; *out < c->entrants; ++*out)
        if (!strcmp(c->entrant[*out].name, text)) return KITH_OK;
    for (*out = 0; *out < c->entrants; ++*out)
        if (!strcmp(kith_source_of(c, &c->entrant[*out])->folder, text)) return KITH_OK;
    const unsigned long long number = *text >= '0' && *text <= '9' ? strtoull(text, &end, 10) : 0;
    *out = (size_t)number - 1;
    if (end && !*end && number >= 1 && number <= c->entrants) return KITH_OK;
    return kith_fail(ctx, KITH_EUSAGE, "%s %s: is no entrant; give a number from 1 to %zu, or a name of the table",
                     option, text, c->entrants);
}
