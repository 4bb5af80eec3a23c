#include "rl/envs.h"

#include "base/call.h"
#include "base/headway.h"
#include "base/stop.h"

/* What a lane gives; in this order on a row of the board. */
enum { WON = 0, DRAWN, LOST, SCORE, OTHER_SCORE, STEPS, RESULTS };

struct hall {
    kith_heap heap;
    kith_envs envs;
    kith_side side[2];
    kith_board *board;
    size_t lane;              /* episodes */
    const kith_real **policy; /* of the row, then of the column */
    kith_watcher watcher;     /* or NULL; */
    void *arg;
    size_t watched; /* of the lane's episodes */
};

static size_t lanes_of(const kith_match *m, size_t lane)
{
    return (size_t)((m->episodes + lane - 1) / lane);
}

/* In odd episodes the row's policy is team 1. */
static size_t team_of_row(uint64_t episode)
{
    return (size_t)(episode & 1);
}

static void count(const kith_outcome *o, size_t row_team, double *out)
{
    out[o->winner < 0 ? DRAWN : (size_t)o->winner == row_team ? WON : LOST] += 1;
    out[SCORE] += o->score[row_team];
    out[OTHER_SCORE] += o->score[1 - row_team];
    out[STEPS] += o->steps;
}

/* ---- who plays ---- */

static size_t policies_of(const kith_opponents *mixture)
{
    return mixture ? mixture->count : 1;
}

static void list_policies(struct hall *h, const kith_match *m)
{
    size_t n = 0;
    for (size_t k = 0; k < policies_of(m->rows); k++)
        h->policy[n++] = m->rows ? m->rows->policy[k] : m->row;
    for (size_t k = 0; k < policies_of(m->columns); k++)
        h->policy[n++] = m->columns ? m->columns->policy[k] : m->column;
}

/* Rounding leaves the last one of those that can be drawn. */
static size_t pick(const kith_opponents *mixture, kith_stream *stream)
{
    double sum = 0, before = 0;
    size_t last = 0;
    for (size_t k = 0; mixture && k < mixture->count; k++)
        sum += mixture->weight[k];
    const double drawn = mixture ? sum * kith_draw_uniform(stream) : 0;
    for (size_t k = 0; mixture && k < mixture->count; k++) {
        if (mixture->weight[k] <= 0) continue;
        last = k;
        before += mixture->weight[k];
        if (drawn < before) break;
    }
    return last;
}

static void take_seats(struct hall *h, const kith_match *m, uint64_t first)
{
    for (size_t b = 0; b < h->lane; b++) {
        const size_t row_team = team_of_row(first + b);
        h->side[row_team].slot[b] = pick(m->rows, &h->envs.drawing[b]);
        h->side[1 - row_team].slot[b] = policies_of(m->rows) + pick(m->columns, &h->envs.drawing[b]);
        kith_side_forget(&h->envs, &h->side[0], b);
        kith_side_forget(&h->envs, &h->side[1], b);
    }
}

/* ---- a lane ---- */

static bool any_plays(const struct hall *h)
{
    for (size_t b = 0; b < h->lane; b++) {
        if (h->envs.end[b] == KITH_PLAYING) return true;
    }
    return false;
}

/* What the watcher sees after t steps. */
static kith_status show(struct hall *h, const kith_match *m, uint64_t first, size_t t)
{
    kith_envs *s = &h->envs;
    const size_t b = h->watched, row_team = team_of_row(first + b), players = s->match_setup.shape->players;
    if (!h->watcher) return KITH_OK;
    KITH_TRY(kith_envs_judge(s));
    const kith_moment moment = {.step = t,
                                .state = (const char *)s->view.state + b * s->match_setup.shape->state_size,
                                .action = t ? s->action + 2 * b * players : NULL,
                                .reward = {t ? s->reward[2 * b] : 0, t ? s->reward[2 * b + 1] : 0},
                                .outcome = s->outcome[b],
                                .row_team = row_team,
                                .row = h->side[row_team].slot[b],
                                .column = h->side[1 - row_team].slot[b] - policies_of(m->rows),
                                .end = (kith_episode_end)s->end[b]};
    return h->watcher(h->arg, &moment);
}

static void act_both(struct hall *h, size_t policies)
{
    for (size_t team = 0; team < 2; team++)
        kith_side_act(&h->envs, &h->side[team], team, h->policy, policies, NULL);
}

/* Tables ask the game for the number of each state. */
static kith_status act(kith_ctx *ctx, struct hall *h, size_t policies)
{
    const kith_match_setup *match_setup = &h->envs.match_setup;
    if (match_setup->tables)
        KITH_TRY_VOID(ctx, match_setup->id, "number", KITH_NOBODY, act_both(h, policies));
    else
        act_both(h, policies);
    return KITH_OK;
}

/* Episodes first .. first + lane - 1 of a match; those beyond its last are played too and not counted, so that every
 * lane has the same shapes. */
static kith_status play_lane(kith_ctx *ctx, struct hall *h, uint64_t seed, const kith_match *m, uint64_t first,
                             size_t place, double *out)
{
    const uint64_t matches = (uint64_t)1 << 63; /* apart from learners' */
    const size_t policies = policies_of(m->rows) + policies_of(m->columns);
    kith_envs *s = &h->envs;
    list_policies(h, m);
    KITH_TRY(kith_envs_open(ctx, s, seed, matches | first, m->number, place));
    take_seats(h, m, first);
    KITH_TRY(show(h, m, first, 0));
    for (size_t t = 0; any_plays(h); t++) {
        const bool plays = s->end[h->watched] == KITH_PLAYING;
        KITH_TRY(kith_stop_check(ctx));
        kith_headway_within(2, "tick", t, s->match_setup.shape->episode_steps);
        if (t == s->match_setup.shape->episode_steps)
            return kith_fail(ctx, KITH_EPLUGIN,
                             "a match: episodes of the game go on after the %zu steps that it declares; mend its "
                             "describe() or its step()",
                             t);
        if (!s->match_setup.tables) KITH_TRY(kith_envs_look(s));
        KITH_TRY(act(ctx, h, policies));
        KITH_TRY(kith_envs_step(s));
        if (plays) KITH_TRY(show(h, m, first, t + 1));
    }
    KITH_TRY(kith_envs_judge(s));
    for (size_t i = 0; i < RESULTS; i++)
        out[i] = 0;
    for (size_t b = 0; b < h->lane && first + b < m->episodes; b++)
        count(&s->outcome[b], team_of_row(first + b), out);
    return KITH_OK;
}

static kith_status play_mine(kith_ctx *ctx, kith_exchange *ex, struct hall *h, uint64_t seed, const kith_match *match,
                             size_t count)
{
    const kith_place *place = kith_exchange_place(ex);
    size_t row = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < lanes_of(&match[i], h->lane); k++, row++) {
            if (row % place->workers != place->worker) continue;
            KITH_TRY(play_lane(ctx, h, seed, &match[i], k * h->lane, place->worker * h->lane,
                               kith_board_row(h->board, row)));
        }
    }
    return KITH_OK;
}

static void add_up(const struct hall *h, kith_match *match, size_t count)
{
    size_t row = 0;
    for (size_t i = 0; i < count; i++) {
        double total[RESULTS] = {0};
        for (size_t k = 0; k < lanes_of(&match[i], h->lane); k++, row++) {
            const double *lane = kith_board_row(h->board, row);
            for (size_t j = 0; j < RESULTS; j++)
                total[j] += lane[j];
        }
        match[i].won = (uint64_t)total[WON];
        match[i].drawn = (uint64_t)total[DRAWN];
        match[i].lost = (uint64_t)total[LOST];
        match[i].score[0] = total[SCORE];
        match[i].score[1] = total[OTHER_SCORE];
        match[i].steps = total[STEPS];
    }
}

/* ---- matches ---- */

static kith_status open_hall(kith_ctx *ctx, const kith_match_setup *match_setup, const kith_learner_config *config,
                             const kith_match *match, size_t count, struct hall *h)
{
    const kith_tower network = kith_policy_tower(match_setup->shape, config),
                     *tower = match_setup->tables ? NULL : &network;
    size_t most = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t policies = policies_of(match[i].rows) + policies_of(match[i].columns);
        if (policies > most) most = policies;
    }
    KITH_TRY(kith_envs_create(ctx, &h->heap, match_setup, h->lane, &h->envs));
    KITH_TRY(kith_side_create(ctx, &h->heap, &h->envs, tower, &h->side[0]));
    KITH_TRY(kith_side_create(ctx, &h->heap, &h->envs, tower, &h->side[1]));
    KITH_TRY(KITH_TAKE(ctx, &h->heap, "policies", most, &h->policy));
    return KITH_OK;
}

static kith_status open_match(kith_ctx *ctx, kith_exchange *ex, struct hall *h, size_t rows, kith_origin **origin)
{
    const size_t workers = kith_exchange_place(ex)->workers;
    KITH_TRY(KITH_TAKE(ctx, &h->heap, "matches", rows, origin));
    for (size_t i = 0; i < rows; i++)
        (*origin)[i] = (kith_origin){.row = (uint32_t)i, .domain = (uint32_t)kith_exchange_domain_of(ex, i % workers)};
    return KITH_OK;
}

kith_status kith_play(kith_ctx *ctx, kith_exchange *ex, const kith_match_setup *match_setup,
                      const kith_learner_config *config, uint64_t seed, kith_match *match, size_t count)
{
    struct hall h = {.lane = (size_t)config->lane};
    kith_origin *origin = NULL;
    size_t rows = 0;
    for (size_t i = 0; i < count; i++)
        rows += lanes_of(&match[i], h.lane);
    if (rows == 0) return KITH_OK;
    kith_status status = open_hall(ctx, match_setup, config, match, count, &h);
    if (status == KITH_OK) status = open_match(ctx, ex, &h, rows, &origin);
    status = kith_exchange_agree(ex, status, NULL);
    if (status == KITH_OK)
        status = kith_board_create(ctx, ex, "results of matches", rows, RESULTS, sizeof(double), &h.board);
    if (status == KITH_OK)
        status = kith_board_publish_rows(h.board, play_mine(ctx, ex, &h, seed, match, count), origin, rows, NULL);
    if (status == KITH_OK) add_up(&h, match, count);
    kith_board_destroy(h.board);
    kith_heap_free(&h.heap);
    return status;
}

kith_status kith_watch(kith_ctx *ctx, const kith_match_setup *match_setup, const kith_learner_config *config,
                       uint64_t seed, const kith_match *match, uint64_t episode, kith_watcher watcher, void *arg)
{
    const uint64_t lane = (uint64_t)config->lane, first = episode - episode % lane;
    struct hall h = {.lane = (size_t)lane, .watcher = watcher, .arg = arg, .watched = (size_t)(episode - first)};
    double results[RESULTS];
    kith_status status = open_hall(ctx, match_setup, config, match, 1, &h);
    if (status == KITH_OK) status = play_lane(ctx, &h, seed, match, first, 0, results);
    kith_heap_free(&h.heap);
    return status;
}
