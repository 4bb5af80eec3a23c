#include "rl/envs.h"

#define AT(field) offsetof(kith_learner_config, field)

const kith_param kith_learner_params[] = {
    {"copies", KITH_TYPE_INT, 0, AT(copies), "100", "1..1000000", "copies",
     "How many copies of the game are played at once."},
    {"lane", KITH_TYPE_INT, 0, AT(lane), "10", "1..10000", "copies",
     "Copies that one worker steps together; divides `copies`. Results depend on it, and not on the workers."},
    {"steps", KITH_TYPE_INT, 0, AT(steps), "200", "1..1000000", "steps",
     "Steps of each copy in an update; every update begins new episodes."},
    {"chunk", KITH_TYPE_INT, 0, AT(chunk), "10", "1..10000", "steps",
     "How far gradients flow back through time; divides `steps`."},
    {"epochs", KITH_TYPE_INT, 0, AT(epochs), "5", "1..1000", "", "Gradient steps on what one update has seen."},
    {"hidden", KITH_TYPE_INT, 0, AT(hidden), "64", "1..4096", "units", "Width of every layer of actor and critic."},
    {"lr", KITH_TYPE_REAL, 0, AT(lr), "5e-4", "(0,inf)", "", "Adam's learning rate."},
    {"epsilon", KITH_TYPE_REAL, 0, AT(epsilon), "1e-5", "(0,inf)", "", "Adam's epsilon."},
    {"clip", KITH_TYPE_REAL, 0, AT(clip), "0.2", "(0,inf]", "",
     "PPO: how far a probability ratio, and a value in units of deviations, is followed; inf: as far as it goes."},
    {"discount", KITH_TYPE_REAL, 0, AT(discount), "0.99", "[0,1]", "", "Gamma, the discount of later rewards."},
    {"gae", KITH_TYPE_REAL, 0, AT(gae), "0.95", "[0,1]", "", "Lambda of generalised advantage estimation."},
    {"entropy", KITH_TYPE_REAL, 0, AT(entropy), "0.01", "[0,inf)", "", "The weight of the policy's entropy."},
    {"value_weight", KITH_TYPE_REAL, 0, AT(value_weight), "1", "[0,inf)", "", "The weight of the critic's loss."},
    {"huber", KITH_TYPE_REAL, 0, AT(huber), "10", "(0,inf]", "deviations",
     "Where the critic's loss turns from square to linear; inf: nowhere."},
    {"gradient_norm", KITH_TYPE_REAL, 0, AT(gradient_norm), "10", "(0,inf]", "",
     "Longer gradients are cut to this, actor's and critic's apart; inf: none is cut."},
    {"value_decay", KITH_TYPE_REAL, 0, AT(value_decay), "0.99999", "[0,1)", "",
     "The decay, by update, of the running moments that returns are normalised with."},
};
const size_t kith_learner_param_count = sizeof kith_learner_params / sizeof kith_learner_params[0];

kith_tower kith_policy_tower(const kith_game_shape *shape, const kith_learner_config *config)
{
    return (kith_tower){.in = shape->features, .hidden = (size_t)config->hidden, .out = shape->actions};
}

size_t kith_policy_length(const kith_game_shape *shape, const kith_learner_config *config)
{
    const kith_tower tower = kith_policy_tower(shape, config);
    return kith_tower_length(&tower);
}
