#include "gameworld.h"

#include <kith/model.h>

#include <time.h>

/* Games and models in other processes: those that work, and those that do not. */

static const char *example(char *room, size_t size)
{
    const char *top = getenv("top_srcdir");
    snprintf(room, size, "external-game.command=exec python3 %s/experiments/games/pennies.py", top ? top : ".");
    return room;
}

static void pennies(void **state)
{
    (void)state;
    enum { COPIES = 20 };
    char command[4096];
    if (system("python3 -c pass >/dev/null 2>&1") != 0) {
        print_message("# SKIP: there is no python3 for the example\n");
        skip();
    }
    gameworld g = GAME("external-game", COPIES, example(command, sizeof command));
    assert_int_equal(g.shape.players, 1);
    assert_int_equal(g.shape.actions, 2);
    assert_int_equal(g.shape.features, 2);
    assert_int_equal(g.shape.episode_steps, 10);
    assert_int_equal(g.shape.flags, KITH_GAME_OUTSIDE);
    kith_stream s = kith_stream_at(1, KITH_FOR_GAME, 99, 0);
    kith_real view[COPIES][2][2];
    for (int t = 1; t <= 10; t++) {
        game_random_step(&g, &s);
        assert_ok(g.ctx, g.game->observe(g.self, &g.copies, view[0][0]));
        for (size_t b = 0; b < COPIES; b++) {
            const int32_t *a = g.action + 2 * b;
            assert_true(g.reward[2 * b] == (a[0] == a[1] ? 1 : -1) && g.reward[2 * b + 1] == -g.reward[2 * b]);
            assert_int_equal(g.end[b], t == 10 ? KITH_TERMINATED : KITH_PLAYING);
            for (int team = 0; team < 2; team++) {
                assert_true(view[b][team][0] == (kith_real)(2 * a[team] - 1));
                assert_true(view[b][team][1] == (kith_real)(2 * a[1 - team] - 1));
            }
        }
    }
    kith_outcome out[COPIES];
    assert_ok(g.ctx, g.game->outcome(g.self, &g.copies, out));
    for (size_t b = 0; b < COPIES; b++) {
        assert_int_equal(out[b].winner, g.action[2 * b] != g.action[2 * b + 1]);
        assert_int_equal(out[b].steps, 10);
    }
    /* some begin again, the others stay as they ended */
    uint8_t which[COPIES] = {0};
    for (size_t b = 0; b < COPIES; b += 3)
        which[b] = 1;
    assert_ok(g.ctx, g.game->reset(g.self, &g.copies, which));
    for (size_t b = 0; b < COPIES; b += 3)
        g.end[b] = KITH_PLAYING;
    game_random_step(&g, &s);
    for (size_t b = 0; b < COPIES; b++)
        assert_int_equal(g.end[b], b % 3 ? KITH_TERMINATED : KITH_PLAYING);
    game_close(&g);
}

typedef struct broken {
    const char *command, *timeout;
    kith_status status;
    const char *message; /* after the command */
} broken;

/* Opens the game as GAME does, up to the failure; then plays one step if there was none. */
static kith_status try(const broken *how, kith_ctx *ctx)
{
    kith_config *config = NULL;
    kith_registry *registry = NULL;
    kith_instance instance = {0};
    const kith_plugin *plugin = NULL;
    assert_ok(ctx, kith_config_create(ctx, &config));
    char text[512];
    snprintf(text, sizeof text, "external-game.command=%s", how->command);
    assert_ok(ctx, kith_config_set(ctx, config, text));
    snprintf(text, sizeof text, "external-game.timeout=%s", how->timeout);
    assert_ok(ctx, kith_config_set(ctx, config, text));
    assert_ok(ctx, kith_registry_create(ctx, &registry));
    assert_ok(ctx, kith_registry_find(ctx, registry, KITH_GAME, "external", "test", &plugin));
    assert_ok(ctx, kith_instance_bind(ctx, config, plugin, &instance));
    kith_status status = kith_instance_create(ctx, &instance, &(kith_setting){.size = sizeof(kith_setting)});
    if (status == KITH_OK) {
        const kith_game *game = plugin->ops;
        kith_stream stream = kith_stream_at(1, KITH_FOR_GAME, 0, 0);
        uint64_t bytes[64] = {0};
        const kith_copies copies = {.ctx = ctx, .count = 1, .state = bytes, .stream = &stream};
        status = game->reset(instance.self, &copies, NULL);
    }
    kith_instance_close(&instance);
    kith_registry_destroy(registry);
    kith_config_destroy(config);
    return status;
}

static void programs_that_do_not_play(void **state)
{
    (void)state;
    static const char shape[] = "read line; echo game 1 2 1 10 1; read line; ";
    static const broken cases[] = {
        {"exit 3", "5", KITH_EIO, "ended with exit code 3 while answers were awaited"},
        {"no-such-program-here 2>/dev/null", "5", KITH_EIO, "ended with exit code 127 while answers were awaited"},
        {"kill -9 $$", "5", KITH_EIO, "was killed by signal 9 while answers were awaited"},
        {"sleep 30", "0.2", KITH_EIO, "did not answer within 0.2 s; mend it, or raise external-game.timeout"},
        {"echo rubbish; read line", "5", KITH_EDATA,
         "says \"rubbish\" and not \"game PLAYERS ACTIONS FEATURES STEPS DISCOUNT\"; docs/games.md has the protocol"},
        {"echo game 1 2 1 10 1.5; read line", "5", KITH_EDATA,
         "says \"game 1 2 1 10 1.5\" and not \"game PLAYERS ACTIONS FEATURES STEPS DISCOUNT\"; docs/games.md has the "
         "protocol"},
        {"echo at 0 1", "5", KITH_EDATA,
         "says \"at 0 1\" and not \"at COPY\", the copy that was reset, and every player's observation; docs/games.md "
         "has the protocol"},
        {"echo at 1 1 2", "5", KITH_EDATA,
         "says \"at 1 1 2\" and not \"at COPY\", the copy that was reset, and every player's observation; "
         "docs/games.md has the protocol"},
        {"echo at 0 1 nan", "5", KITH_EDATA,
         "says \"at 0 1 nan\" and not \"at COPY\", the copy that was reset, and every player's observation; "
         "docs/games.md has the protocol"},
        {"exit 1", "5", KITH_EIO, "ended with exit code 1 while answers were awaited"},
    };
    const size_t first_that_greets = 6;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        kith_ctx *ctx = kith_ctx_create();
        char command[256], message[512];
        snprintf(command, sizeof command, "%s%s", k >= first_that_greets ? shape : "", cases[k].command);
        snprintf(message, sizeof message, "external-game: `%s` %s", command, cases[k].message);
        const broken how = {command, cases[k].timeout, cases[k].status, NULL};
        const time_t began = time(NULL);
        assert_refused(ctx, try(&how, ctx), cases[k].status, message);
        assert_true(time(NULL) - began < 10);
        kith_ctx_destroy(ctx);
    }
    kith_ctx *ctx = kith_ctx_create();
    assert_refused(
        ctx, try(&(broken){"", "1", KITH_OK, NULL}, ctx), KITH_ECONFIG,
        "external-game.command is empty; give the program that plays, as in external-game.command = python3 game.py");
    kith_ctx_destroy(ctx);
}

/* ---- models ---- */

/* A model of two numbers in a shell, which cannot write to memory: so its gradient is zero. Its last answers are
 * `more`.
 */
static kith_status open_model(kith_ctx *ctx, const char *more, double memory, kith_registry **registry,
                              kith_config **config, kith_instance *out)
{
    const kith_plugin *plugin = NULL;
    const kith_shape shape = {.features = 3, .classes = 2};
    char text[512];
    assert_ok(ctx, kith_config_create(ctx, config));
    snprintf(text, sizeof text,
             "external.command=say() { read line <&3; printf '%%b\\n' \"$1\" >&3; }; say 'block w weights head "
             "2\\nscore far\\nready'; "
             "say ok; %s; read line <&3",
             more);
    assert_ok(ctx, kith_config_set(ctx, *config, text));
    assert_ok(ctx, kith_registry_create(ctx, registry));
    assert_ok(ctx, kith_registry_find(ctx, *registry, KITH_MODEL, "external", "test", &plugin));
    assert_ok(ctx, kith_instance_bind(ctx, *config, plugin, out));
    const kith_setting setting = {
        .size = sizeof setting, .shape = &shape, .workers = 4, .memory = (uint64_t)(memory * 1e6)};
    return kith_instance_create(ctx, out, &setting);
}

static void close_model(kith_registry *registry, kith_config *config, kith_instance *instance)
{
    kith_instance_close(instance);
    kith_registry_destroy(registry);
    kith_config_destroy(config);
}

static void a_model_in_a_shell(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    kith_registry *registry = NULL;
    kith_config *config = NULL;
    kith_instance m = {0};
    assert_ok(ctx, open_model(ctx, "say ok; say 'ok 1.5'; say 'ok 3.25 1 2 0.5'; say 'ok 3 2 1 0'", 1e5, &registry,
                              &config, &m));
    const kith_model *model = m.plugin->ops;
    assert_int_equal(model->dimension(m.self), 2);
    const char *name[KITH_SCORES];
    assert_int_equal(model->scores(m.self, name), 1);
    assert_string_equal(name[0], "far");
    kith_stream noise = kith_stream_at(1, KITH_FOR_NOISE, 0, 0);
    const kith_real rows[6] = {1, 2, 3, 4, 5, 6};
    const int32_t label[2] = {0, 1};
    const kith_batch batch = {.count = 2, .x = rows, .label = label, .noise = &noise};
    kith_real x[2] = {1, 2}, g[2] = {7, 7};
    double loss = 0;
    assert_ok(ctx, model->gradient(m.self, ctx, x, &batch, NULL, g, &loss));
    assert_true(loss == 1.5 && g[0] == 0 && g[1] == 0);
    /* x and the batch lie where the program would find them */
    assert_memory_equal(model->home(m.self), x, sizeof x);
    kith_score score = {.loss = 1, .more = {1}};
    assert_ok(ctx, model->evaluate(m.self, ctx, x, &batch, NULL, &score));
    assert_true(score.loss == 4.25 && score.correct == 1 && score.count == 2 && score.more[0] == 1.5);
    assert_int_equal(model->evaluate(m.self, ctx, x, &batch, NULL, &score), KITH_EDATA);
    assert_non_null(strstr(kith_ctx_message(ctx), "says that 2 of 1 predictions are right; the count comes last"));
    close_model(registry, config, &m);
    kith_ctx_destroy(ctx);
}

static void models_that_fail(void **state)
{
    (void)state;
    static const struct {
        const char *more, *message;
        double memory;
        kith_status status;
    } cases[] = {
        {":",
         "4 programs of 700 MB each (external.memory) do not fit into the 2799 MB that this machine has left; start "
         "fewer workers, or say what one of them needs",
         2799, KITH_EMEMORY},
        {"say ok; echo tired >&2; exit 7", "ended with exit code 7 while answers were awaited; its last line: tired",
         1e5, KITH_EIO},
        {"say 'error no more of this'", "no more of this", 1e5, KITH_EDATA},
        {"say ok; say ok", "says \"ok\" and not \"ok\" with 1 number; docs/models.md has the protocol", 1e5,
         KITH_EDATA},
        {"say ok; say 'ok 1 2'", "says \"ok 1 2\" and not \"ok\" with 1 number; docs/models.md has the protocol", 1e5,
         KITH_EDATA},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        kith_ctx *ctx = kith_ctx_create();
        kith_registry *registry = NULL;
        kith_config *config = NULL;
        kith_instance m = {0};
        kith_status status = open_model(ctx, cases[k].more, cases[k].memory, &registry, &config, &m);
        if (status == KITH_OK) {
            const kith_real rows[3] = {0}, x[2] = {0};
            const int32_t label[1] = {0};
            const kith_batch batch = {.count = 1, .x = rows, .label = label};
            kith_real g[2];
            double loss;
            status = ((const kith_model *)m.plugin->ops)->gradient(m.self, ctx, x, &batch, NULL, g, &loss);
        }
        assert_int_equal(status, cases[k].status);
        const char *said = kith_ctx_message(ctx);
        assert_true(strlen(said) >= strlen(cases[k].message));
        assert_string_equal(said + strlen(said) - strlen(cases[k].message), cases[k].message);
        close_model(registry, config, &m);
        kith_ctx_destroy(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pennies), cmocka_unit_test(programs_that_do_not_play),
                                       cmocka_unit_test(a_model_in_a_shell), cmocka_unit_test(models_that_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
