/* Games: what the contract in kith/game.h says, by random play. */
#include "launch/commands/authoring/trial.h"

#include "launch/commands/authoring/trial_play.h"
#include "rl/payoff.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COPIES = 6, EPISODES = 3, PAIRS = 500, MOST_STEPS = 2000, MOST_STATES = 300 };

typedef struct table_game {
    trial *t;
    const kith_game *ops;
    kith_instance instance;
    kith_game_shape shape;
} table_game;

static kith_status open_game(trial *t, table_game *out)
{
    kith_game_shape again = {0};
    *out = (table_game){.t = t, .ops = t->plugin->ops};
    const kith_setting setting = trial_setting(t, 0, NULL);
    KITH_TRY(trial_create(t, &setting, &out->instance));
    KITH_TRY(out->ops->describe(out->instance.self, t->ctx, &out->shape));
    KITH_TRY(out->ops->describe(out->instance.self, t->ctx, &again));
    if (memcmp(&again, &out->shape, sizeof again) != 0)
        return kith_fail(t->ctx, KITH_EPLUGIN, "describe() tells something else when it is asked again");
    if (again.players == 0 || again.actions < 2)
        return kith_fail(
            t->ctx, KITH_EPLUGIN,
            "describe(): %zu players with %zu actions; a game has one player a team and two actions or more",
            again.players, again.actions);
    return KITH_OK;
}

static void draw_profile(const table_game *g, kith_stream *stream, int32_t *out)
{
    for (size_t i = 0; i < g->shape.players; i++)
        out[i] = (int32_t)kith_draw_below(stream, g->shape.actions);
}

/* ---- matrix games ---- */

static double by_factors(const table_game *g, const double *fa, const double *fb)
{
    const size_t f = g->shape.factors;
    double sum = 0.0;
    for (size_t i = 0; i < f; i++)
        for (size_t j = 0; j < f; j++)
            sum += fa[i] * g->shape.kernel[i * f + j] * fb[j];
    return sum;
}

static kith_status check_pair(const table_game *g, kith_stream *stream, int32_t *a, int32_t *b, double *fa, double *fb)
{
    const void *self = g->instance.self;
    draw_profile(g, stream, a);
    draw_profile(g, stream, b);
    const double u = g->ops->payoff(self, a, b), back = g->ops->payoff(self, b, a);
    if (!isfinite(u)) return kith_fail(g->t->ctx, KITH_EPLUGIN, "a payoff is %g", u);
    if (u != -back)
        return kith_fail(g->t->ctx, KITH_EPLUGIN,
                         "payoff(a, b) is %.17g and payoff(b, a) %.17g; one is to be the other's negative, to the last "
                         "bit",
                         u, back);
    if (u != g->ops->payoff(self, a, b))
        return kith_fail(g->t->ctx, KITH_EPLUGIN, "payoff(a, b) differs from call to call");
    if (g->shape.factors) {
        g->ops->factor(self, a, fa);
        g->ops->factor(self, b, fb);
        const double product = by_factors(g, fa, fb);
        if (fabs(product - u) > 1e-9 * (1.0 + fabs(u)))
            return kith_fail(g->t->ctx, KITH_EPLUGIN, "payoff(a, b) is %.9g and by factors %.9g", u, product);
    }
    if (!(g->shape.flags & KITH_GAME_INTERCHANGEABLE)) return KITH_OK;
    const int32_t first = a[0];
    a[0] = a[g->shape.players - 1];
    a[g->shape.players - 1] = first;
    if (g->ops->payoff(self, a, b) == u) return KITH_OK;
    return kith_fail(g->t->ctx, KITH_EPLUGIN,
                     "players are said to be interchangeable, and the payoff is another where two change places");
}

static kith_status check_matrix(const table_game *g)
{
    kith_payoffs *payoffs = NULL;
    int32_t *a = NULL, *b = NULL;
    double *fa = NULL, *fb = NULL;
    kith_stream stream = kith_stream_at(1, KITH_FOR_PLUGIN, 0, 0);
    kith_ctx *ctx = g->t->ctx;
    kith_status status = KITH_ALLOC(ctx, "actions", g->shape.players, &a);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "actions", g->shape.players, &b);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "factors", g->shape.factors + 1, &fa);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "factors", g->shape.factors + 1, &fb);
    for (size_t i = 0; i < PAIRS && status == KITH_OK; i++)
        status = check_pair(g, &stream, a, b, fa, fb);
    if (status == KITH_OK)
        status = kith_payoffs_open(ctx, g->t->plugin->id, g->ops, g->instance.self, &g->shape, &payoffs);
    if (status == KITH_OK)
        trial_tell(g->t, "%zu players, %zu actions, %zu rows", g->shape.players, g->shape.actions, payoffs->rows);
    kith_payoffs_close(payoffs);
    kith_free(a);
    kith_free(b);
    kith_free(fa);
    kith_free(fb);
    return status;
}

static kith_status try_matrix(trial *t, const void *arg)
{
    table_game g;
    (void)arg;
    kith_status status = open_game(t, &g);
    if (status == KITH_OK && g.shape.form != KITH_GAME_MATRIX)
        status = trial_skip(t, "it has states");
    else if (status == KITH_OK)
        status = check_matrix(&g);
    trial_close(t, &g.instance);
    return status;
}

/* ---- games with states ---- */

static size_t most_steps(const table_game *g)
{
    return g->shape.episode_steps < MOST_STEPS ? g->shape.episode_steps + 1 : MOST_STEPS;
}

static kith_status play_episode(const table_game *g, play *p)
{
    bool over = false;
    for (size_t k = 0; k < most_steps(g) && !over; k++)
        KITH_TRY(play_step(p, &over));
    return KITH_OK;
}

static kith_status check_markov_shape(const table_game *g)
{
    const kith_game_shape *s = &g->shape;
    const char *wrong = NULL;
    if (s->form != KITH_GAME_MARKOV) wrong = "form is neither KITH_GAME_MATRIX nor KITH_GAME_MARKOV";
    if (s->features == 0) wrong = "features is 0, and players must see something";
    if (s->state_size % 8) wrong = "state_size is no multiple of 8";
    if (s->episode_steps == 0) wrong = "episode_steps is 0";
    if (!(s->discount > 0.0 && s->discount <= 1.0)) wrong = "discount is outside (0,1]";
    if (s->central && !g->ops->central) wrong = "central is not 0, and there is no central()";
    return wrong ? kith_fail(g->t->ctx, KITH_EPLUGIN, "describe(): %s", wrong) : KITH_OK;
}

/* Episodes of several copies, with all that is checked of every step. */
static kith_status play_some(const table_game *g)
{
    size_t steps = 0;
    KITH_TRY(check_markov_shape(g));
    for (size_t k = 0; k < EPISODES; k++) {
        play p;
        kith_status status = play_open(g->t, &g->instance, &g->shape, COPIES, k * COPIES, 0, &p);
        if (status == KITH_OK) status = play_episode(g, &p);
        steps += p.steps;
        play_close(&p);
        KITH_TRY(status);
    }
    trial_tell(g->t, "%d episodes, of which the longest of %d at a time take %zu steps", EPISODES * COPIES, COPIES,
               steps / EPISODES);
    return KITH_OK;
}

/* Copy b among others and copy b alone, step by step. */
static kith_status compare_alone(const table_game *g, play *all, play *alone, size_t b)
{
    const size_t size = g->shape.state_size, seen = 2 * g->shape.players * g->shape.features;
    bool over = false, done = false;
    if (memcmp((char *)all->copies.state + b * size, alone->copies.state, size) != 0)
        return kith_fail(g->t->ctx, KITH_EPLUGIN,
                         "a copy begins otherwise beside others, or where its memory held something else; reset() "
                         "determines all bytes of a state, padding included");
    for (size_t k = 0; k < most_steps(g) && !done; k++) {
        KITH_TRY(play_step(all, &over));
        KITH_TRY(play_step(alone, &done));
        if (memcmp((char *)all->copies.state + b * size, alone->copies.state, size) != 0 ||
            memcmp(all->reward + 2 * b, alone->reward, 2 * sizeof *all->reward) != 0 ||
            memcmp(all->seen + b * seen, alone->seen, seen * sizeof *all->seen) != 0 || all->end[b] != alone->end[0])
            return kith_fail(g->t->ctx, KITH_EPLUGIN,
                             "step %zu: a copy plays otherwise beside others than alone; what happens to it depends on "
                             "its own state, actions and stream",
                             k + 1);
    }
    return KITH_OK;
}

static kith_status play_alone(const table_game *g)
{
    const size_t which[] = {0, COPIES - 1};
    if (g->shape.flags & KITH_GAME_OUTSIDE) return trial_skip(g->t, "its states lie outside");
    for (size_t i = 0; i < 2; i++) {
        play all, alone;
        kith_status status = play_open(g->t, &g->instance, &g->shape, COPIES, 0, 0x00, &all);
        const kith_status other = play_open(g->t, &g->instance, &g->shape, 1, which[i], 0xff, &alone);
        if (status == KITH_OK) status = other;
        if (status == KITH_OK) status = compare_alone(g, &all, &alone, which[i]);
        play_close(&all);
        play_close(&alone);
        KITH_TRY(status);
    }
    return KITH_OK;
}

/* ---- exact models ---- */

static kith_status check_state(const table_game *g, size_t s, kith_stream *stream, int32_t *action,
                               kith_transition *row, void *state)
{
    const void *self = g->instance.self;
    kith_ctx *ctx = g->t->ctx;
    const size_t mirrored = g->ops->mirror(self, s);
    if (mirrored >= g->shape.states || g->ops->mirror(self, mirrored) != s)
        return kith_fail(ctx, KITH_EPLUGIN, "state %zu: mirror() of mirror() is another state, or none", s);
    g->ops->place(self, s, state);
    if (g->ops->number(self, state) != s)
        return kith_fail(ctx, KITH_EPLUGIN, "state %zu: number() of what place() writes is %zu", s,
                         g->ops->number(self, state));
    for (int k = 0; k < 4; k++) {
        draw_profile(g, stream, action);
        draw_profile(g, stream, action + g->shape.players);
        const size_t rows = g->ops->transition(self, s, action, row);
        double sum = 0.0;
        if (rows == 0 || rows > g->shape.transitions)
            return kith_fail(ctx, KITH_EPLUGIN,
                             "state %zu: transition() tells %zu, of 1..%zu that shape.transitions allows", s, rows,
                             g->shape.transitions);
        for (size_t i = 0; i < rows; i++) {
            if (!(row[i].probability > 0.0) || !isfinite(row[i].reward) ||
                (row[i].next != KITH_GAME_OVER && row[i].next >= g->shape.states))
                return kith_fail(ctx, KITH_EPLUGIN,
                                 "state %zu: a transition has no such state, no probability or no reward", s);
            sum += row[i].probability;
        }
        if (fabs(sum - 1.0) > 1e-12)
            return kith_fail(ctx, KITH_EPLUGIN, "state %zu: probabilities sum to %.15g", s, sum);
    }
    return KITH_OK;
}

static kith_status check_start(const table_game *g)
{
    double *start = NULL, sum = 0.0;
    KITH_TRY(KITH_ALLOC(g->t->ctx, "states", g->shape.states, &start));
    g->ops->start(g->instance.self, start);
    for (size_t s = 0; s < g->shape.states; s++)
        sum += start[s] >= 0.0 ? start[s] : NAN;
    kith_free(start);
    if (fabs(sum - 1.0) <= 1e-9) return KITH_OK;
    return kith_fail(g->t->ctx, KITH_EPLUGIN, "start(): probabilities sum to %.12g, or one is negative", sum);
}

static kith_status check_exact(const table_game *g)
{
    int32_t *action = NULL;
    kith_transition *row = NULL;
    void *state = NULL;
    kith_stream stream = kith_stream_at(1, KITH_FOR_PLUGIN, 0, 0);
    const size_t stride = g->shape.states / MOST_STATES + 1;
    if (g->shape.states == 0) return trial_skip(g->t, "it has none");
    KITH_TRY(check_start(g));
    kith_status status = KITH_ALLOC(g->t->ctx, "actions", 2 * g->shape.players, &action);
    if (status == KITH_OK) status = KITH_ALLOC(g->t->ctx, "transitions", g->shape.transitions, &row);
    if (status == KITH_OK) status = kith_alloc(g->t->ctx, "state", 1, g->shape.state_size, &state);
    for (size_t s = 0; s < g->shape.states && status == KITH_OK; s += stride)
        status = check_state(g, s, &stream, action, row, state);
    kith_free(action);
    kith_free(row);
    kith_free(state);
    if (status == KITH_OK) trial_tell(g->t, "%zu states", g->shape.states);
    return status;
}

static kith_status with_game(trial *t, kith_status (*body)(const table_game *g))
{
    table_game g;
    kith_status status = open_game(t, &g);
    if (status == KITH_OK) status = g.shape.form == KITH_GAME_MATRIX ? trial_skip(t, "it has no states") : body(&g);
    trial_close(t, &g.instance);
    return status;
}

static kith_status try_episodes(trial *t, const void *arg)
{
    (void)arg;
    return with_game(t, play_some);
}

static kith_status try_alone(trial *t, const void *arg)
{
    (void)arg;
    return with_game(t, play_alone);
}

static kith_status try_exact(trial *t, const void *arg)
{
    (void)arg;
    return with_game(t, check_exact);
}

void trial_all_games(subject *s)
{
    if (!trial_need(s, "payoffs are symmetric and zero-sum", try_matrix, NULL)) return;
    if (s->shared->skipped) {
        if (!trial_make(s, "episodes of random play keep the rules", 0, try_episodes, NULL)) return;
        trial_make(s, "a copy plays alone as it does among others", 0, try_alone, NULL);
        trial_make(s, "the exact model is one", 0, try_exact, NULL);
    }
    trial_all_runs(s);
}
