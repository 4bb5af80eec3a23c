/* How many environment steps a second does training make in battle, with the paper's network and settings, and where
 * does the time go? Two learners train at the same time, as main and counter do: the first meets itself and a
 * population, the second the population. Stepping is what passes within the game's own functions, by the processor's
 * time of this worker; inference is the rest of a rollout; updates are all that follows it. In turns with that the two
 * train one after the other, for the ratio of wall clocks.
 *
 * Run: make tests/bench/rollout && tests/bench/rollout [updates] [policies] [section.key=value ...]
 *      mpirun -n 2 tests/bench/rollout ...
 */
#include "config/config.h"
#include "nn/blas.h"
#include "rl/learner.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

extern const kith_plugin kith_plugin_descriptor; /* plugins/games/battle.c is linked in */

enum { MOST = 64 };

static double seconds_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- battle with a clock around it ---- */

static const kith_game *inner;
static double stepping;

#define TIMED(call)                                                                                                    \
    do {                                                                                                               \
        const double from = seconds_of(CLOCK_THREAD_CPUTIME_ID);                                                       \
        const kith_status status = (call);                                                                             \
        stepping += seconds_of(CLOCK_THREAD_CPUTIME_ID) - from;                                                        \
        return status;                                                                                                 \
    } while (0)

static kith_status reset(void *self, const kith_copies *c, const uint8_t *which)
{
    TIMED(inner->reset(self, c, which));
}
static kith_status step(void *self, const kith_copies *c, const kith_game_step *s)
{
    TIMED(inner->step(self, c, s));
}
static kith_status observe(void *self, const kith_copies *c, kith_real *out)
{
    TIMED(inner->observe(self, c, out));
}
static kith_status legal(void *self, const kith_copies *c, uint8_t *out)
{
    TIMED(inner->legal(self, c, out));
}
static kith_status active(void *self, const kith_copies *c, uint8_t *out)
{
    TIMED(inner->active(self, c, out));
}
static kith_status central(void *self, const kith_copies *c, kith_real *out)
{
    TIMED(inner->central(self, c, out));
}
static kith_status outcome(void *self, const kith_copies *c, kith_outcome *out)
{
    TIMED(inner->outcome(self, c, out));
}

/* ---- training ---- */

struct bench {
    kith_exchange *ex;
    kith_config *config;
    kith_learner_config settings;
    kith_game game;
    kith_game_shape shape;
    void *self;
    kith_learner *learner[2];
    kith_real *population; /* (policies, length) */
    const kith_real *policy[MOST + 1];
    double weight[2][MOST + 1];
    size_t policies;
    size_t updates;
};

static kith_status open_game(kith_ctx *ctx, struct bench *b)
{
    static const struct {
        int64_t players, steps;
    } config = {3, 200};
    const kith_setting setting = {.size = sizeof setting};
    inner = kith_plugin_descriptor.ops;
    b->self = (void *)(uintptr_t)&config;
    if (kith_plugin_descriptor.create) KITH_TRY(kith_plugin_descriptor.create(ctx, &config, &setting, &b->self));
    b->game = (kith_game){.reset = reset,
                          .step = step,
                          .observe = observe,
                          .legal = inner->legal ? legal : NULL,
                          .active = inner->active ? active : NULL,
                          .central = inner->central ? central : NULL,
                          .outcome = outcome};
    return inner->describe(b->self, ctx, &b->shape);
}

/* Policies that all differ: what new learners start from. */
static kith_status make_population(kith_ctx *ctx, struct bench *b)
{
    const size_t length = kith_policy_length(&b->shape, &b->settings);
    KITH_TRY(KITH_ALLOC(ctx, "population", (b->policies + 1) * length, &b->population));
    for (size_t i = 0; i < b->policies; i++) {
        kith_learner_renew(b->learner[0], i + 1);
        const kith_real *from = kith_learner_policy(b->learner[0]);
        for (size_t k = 0; k < length; k++)
            b->population[i * length + k] = from[k];
        b->policy[1 + i] = b->population + i * length;
        b->weight[0][1 + i] = 0.8 / (double)b->policies;
        b->weight[1][1 + i] = 1 / (double)b->policies;
    }
    b->weight[0][0] = 0.2; /* itself */
    kith_learner_renew(b->learner[0], 0);
    return KITH_OK;
}

static kith_status set_up(kith_ctx *ctx, struct bench *b, char **settings, int count)
{
    const kith_exchange_options options = {.domains = 1, .launched = getenv("OMPI_COMM_WORLD_SIZE") != NULL};
    KITH_TRY(kith_blas_start(ctx));
    KITH_TRY(kith_exchange_open(ctx, &options, "bench", &b->ex));
    KITH_TRY(kith_config_create(ctx, &b->config));
    for (int i = 0; i < count; i++)
        KITH_TRY(kith_config_set(ctx, b->config, settings[i]));
    KITH_TRY(kith_config_bind(ctx, b->config, "rl", kith_learner_params, kith_learner_param_count, true, &b->settings));
    KITH_TRY(open_game(ctx, b));
    for (uint32_t i = 0; i < 2; i++) {
        const kith_learner_setup setup = {
            .match_setup = {.id = "game", .game = &b->game, .self = b->self, .shape = &b->shape},
            .config = &b->settings,
            .name = i ? "counter" : "main",
            .seed = 1,
            .number = i};
        KITH_TRY(kith_learner_create(ctx, b->ex, &setup, &b->learner[i]));
    }
    return make_population(ctx, b);
}

/* Wall clock of one update of each learner, first the one and then the other. */
static kith_status train_in_turn(kith_ctx *ctx, struct bench *b, const kith_opponents *opponents, double *wall)
{
    kith_learner_report unused;
    const double from = seconds_of(CLOCK_MONOTONIC), stepped = stepping;
    for (size_t k = 0; k < 2; k++)
        KITH_TRY(kith_learner_update(ctx, b->learner[k], &opponents[k], &unused));
    *wall += seconds_of(CLOCK_MONOTONIC) - from;
    stepping = stepped;
    return KITH_OK;
}

static kith_status measure(kith_ctx *ctx, struct bench *b)
{
    double rollout = 0, update = 0, wall = 0, in_turn = 0;
    stepping = 0;
    for (size_t i = 0; i < b->updates; i++) {
        const double from = seconds_of(CLOCK_MONOTONIC);
        kith_learner_report r[2];
        const kith_opponents opponents[] = {{b->policies + 1, b->policy, b->weight[0]},
                                            {b->policies + 1, b->policy, b->weight[1]}};
        KITH_TRY(kith_learners_update(ctx, b->learner, opponents, 2, r));
        for (size_t k = 0; k < 2; k++) {
            rollout += r[k].seconds_rollout;
            update += r[k].seconds_update;
            if (kith_exchange_place(b->ex)->worker == 0 && i + 1 == b->updates)
                printf("%s: reward %.3f, won %.0f, drawn %.0f, lost %.0f, entropy %.3f, value loss %.4f\n",
                       k ? "counter" : "main", r[k].reward, r[k].won, r[k].drawn, r[k].lost, r[k].entropy,
                       r[k].value_loss);
        }
        wall += seconds_of(CLOCK_MONOTONIC) - from;
        KITH_TRY(train_in_turn(ctx, b, opponents, &in_turn));
    }
    const size_t workers = kith_exchange_place(b->ex)->workers;
    const double steps = 2 * (double)b->updates * (double)kith_learner_update_steps(b->learner[0]);
    const double cpu = rollout + update, own = steps / (double)workers;
    if (kith_exchange_place(b->ex)->worker == 0)
        printf("%zu workers, %.0f environment steps: %.0f per second of wall clock, %.0f per second of worker 0's "
               "processor\n"
               "stepping %.1f %%, inference %.1f %%, updates %.1f %%; %.1f + %.1f + %.1f us a step\n",
               workers, steps, steps / wall, own / cpu, 100 * stepping / cpu, 100 * (rollout - stepping) / cpu,
               100 * update / cpu, 1e6 * stepping / own, 1e6 * (rollout - stepping) / own, 1e6 * update / own);
    if (kith_exchange_place(b->ex)->worker == 0)
        printf("side by side: %.2f times the speed of one after the other\n", in_turn / wall);
    return KITH_OK;
}

int main(int count, char **argument)
{
    static struct bench b;
    kith_ctx *ctx = kith_ctx_create();
    b.updates = count > 1 ? strtoul(argument[1], NULL, 10) : 3;
    b.policies = count > 2 ? strtoul(argument[2], NULL, 10) : 8;
    if (!ctx || b.policies < 1 || b.policies > MOST) return 2;
    kith_status status = set_up(ctx, &b, argument + (count > 3 ? 3 : count), count > 3 ? count - 3 : 0);
    if (status == KITH_OK) status = measure(ctx, &b);
    if (status != KITH_OK) fprintf(stderr, "%s\n", kith_ctx_message(ctx));
    kith_learner_destroy(b.learner[0]);
    kith_learner_destroy(b.learner[1]);
    kith_free(b.population);
    kith_config_destroy(b.config);
    if (b.ex) kith_exchange_close(b.ex);
    kith_ctx_destroy(ctx);
    return (int)status;
}
