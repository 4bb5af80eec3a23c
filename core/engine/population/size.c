#include "engine/population/size.h"

#include "base/headway.h"
#include "base/now.h"
#include "rl/markov.h"

#include <math.h>
#include <stdio.h>

enum { TEXT_SIZE = 256 };
/* Numbers in the exact model of a game that is worth a line, and seconds of a job that is. */
static const double large = 5e6, long_s = 10.0;

static double joint_actions(const kith_game_shape *shape)
{
    return pow((double)shape->actions, (double)shape->players);
}

static void number_text(double number, char *text, size_t size)
{
    if (number < 1e15)
        kith_headway_number((uint64_t)number, text, size);
    else
        snprintf(text, size, "%.3g", number);
}

void kith_game_size_text(const char *game, const kith_game_shape *shape, char *text, size_t size)
{
    char joint[40], states[40];
    number_text(joint_actions(shape), joint, sizeof joint);
    number_text((double)shape->states, states, sizeof states);
    snprintf(text, size, "%s: %zu player%s a team with %zu actions, %s joint actions%s%s%s", game, shape->players,
             shape->players == 1 ? "" : "s", shape->actions, joint, shape->states ? "; " : "",
             shape->states ? states : "", shape->states ? " states" : "");
}

static double numbers_of(const kith_arena *a, const kith_game_shape *shape)
{
    const double joint = joint_actions(shape);
    if (a->kind == &kith_markov_kind) return kith_markov_bytes(shape) / sizeof(double);
    return shape->factors ? joint * (double)shape->factors : joint * joint;
}

void kith_arena_tell_size(const kith_arena *a, const kith_game_shape *shape)
{
    char text[TEXT_SIZE];
    if (!kith_headway_heard() || a->kind == &kith_network_kind || numbers_of(a, shape) < large) return;
    kith_game_size_text(a->setup.game->plugin->id, shape, text, sizeof text);
    kith_headway_tell(text);
}

/* Seconds of a whole job with as many steps as it may have. */
static double try_step(kith_arena *a, double *step_s)
{
    const kith_tables *t = a->tables;
    const double most = (double)a->config->most_steps, begun = kith_now();
    a->facing->count = 1;
    a->facing->policy[0] = 0;
    a->facing->weight[0] = 1.0;
    t->ops->begin(a);
    t->ops->face(a, t->live);
    const double faced = kith_now();
    if (a->ops->update)
        t->ops->actions(a, t->live, t->q);
    else
        t->ops->answer(a, t->live, t->response);
    const double answered = kith_now();
    a->facing->count = 0;
    *step_s = answered - (t->ops->visits ? begun : faced);
    return most * *step_s;
}

void kith_arena_tell_pace(kith_arena *a, const kith_game_shape *shape)
{
    char text[TEXT_SIZE], line[2 * TEXT_SIZE], most[40];
    double step_s = 0.0;
    /* what is small is quick */
    if (!kith_headway_heard() || !a->tables || numbers_of(a, shape) < large / 1000.0) return;
    kith_headway_begin("trying a step");
    const double job_s = try_step(a, &step_s);
    if (job_s < long_s) return;
    kith_game_size_text(a->setup.game->plugin->id, shape, text, sizeof text);
    number_text((double)a->config->most_steps, most, sizeof most);
    snprintf(line, sizeof line,
             "%s; a step against one opponent takes about %.2g s, and a job has at most %s (population.most_steps): "
             "%.3g %s",
             text, step_s, most, job_s < 120.0 ? job_s : job_s / 60.0, job_s < 120.0 ? "s" : "min");
    kith_headway_tell(line);
}
