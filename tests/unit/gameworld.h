/* A game plugin of the build tree, with copies to play. */
#ifndef KITH_TESTS_GAMEWORLD_H
#define KITH_TESTS_GAMEWORLD_H

#include "support.h"

#include "config/config.h"
#include "plugin/registry.h"

#include <kith/game.h>
#include <kith/kith.h>

typedef struct gameworld {
    kith_ctx *ctx;
    kith_config *config;
    kith_registry *registry;
    kith_instance instance;
    const kith_game *game;
    void *self;
    kith_game_shape shape;
    kith_copies copies;
    int32_t *action;   /* (B, 2, N) */
    kith_real *reward; /* (B, 2) */
    uint8_t *end;      /* [B] */
} gameworld;

/* `settings`: "section.key=value" texts, NULL at the end. Copy b's stream has the number b. */
static inline gameworld game_open(const char *id, size_t copies, const char *const *settings)
{
    gameworld g = {.ctx = kith_ctx_create()};
    const kith_plugin *plugin = NULL;
    assert_ok(g.ctx, kith_config_create(g.ctx, &g.config));
    for (; *settings; settings++)
        assert_ok(g.ctx, kith_config_set(g.ctx, g.config, *settings));
    assert_ok(g.ctx, kith_registry_create(g.ctx, &g.registry));
    assert_ok(g.ctx, kith_registry_find(g.ctx, g.registry, KITH_GAME, id, "test", &plugin));
    assert_ok(g.ctx, kith_instance_bind(g.ctx, g.config, plugin, &g.instance));
    assert_ok(g.ctx, kith_instance_create(g.ctx, &g.instance, &(kith_setting){.size = sizeof(kith_setting)}));
    g.game = plugin->ops;
    g.self = g.instance.self;
    assert_ok(g.ctx, g.game->describe(g.self, g.ctx, &g.shape));
    g.copies = (kith_copies){.ctx = g.ctx,
                             .count = copies,
                             .state = aligned_alloc(64, (copies * g.shape.state_size + 63) / 64 * 64),
                             .stream = calloc(copies, sizeof(kith_stream))};
    g.action = calloc(copies * 2 * g.shape.players, sizeof *g.action);
    g.reward = calloc(copies * 2, sizeof *g.reward);
    g.end = calloc(copies, 1);
    assert_true(g.copies.state && g.copies.stream && g.action && g.reward && g.end);
    memset(g.copies.state, 0xa5, copies * g.shape.state_size);
    for (size_t b = 0; b < copies; b++)
        g.copies.stream[b] = kith_stream_at(1, KITH_FOR_GAME, b, 0);
    assert_ok(g.ctx, g.game->reset(g.self, &g.copies, NULL));
    return g;
}
#define GAME(id, copies, ...) game_open(id, copies, (const char *const[]){__VA_ARGS__, NULL})

static inline void game_step(gameworld *g)
{
    const kith_game_step step = {.action = g->action, .reward = g->reward, .end = g->end};
    assert_ok(g->ctx, g->game->step(g->self, &g->copies, &step));
}

/* All players of all copies act at random. */
static inline void game_random_step(gameworld *g, kith_stream *s)
{
    for (size_t i = 0; i < g->copies.count * 2 * g->shape.players; i++)
        g->action[i] = (int32_t)kith_draw_below(s, g->shape.actions);
    game_step(g);
}

static inline void game_close(gameworld *g)
{
    free(g->copies.state);
    free(g->copies.stream);
    free(g->action);
    free(g->reward);
    free(g->end);
    kith_instance_close(&g->instance);
    kith_registry_destroy(g->registry);
    kith_config_destroy(g->config);
    kith_ctx_destroy(g->ctx);
}

#endif
