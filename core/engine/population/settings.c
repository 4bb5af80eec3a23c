#include "engine/population/settings.h"

#include <string.h>

#define POPULATION(field) offsetof(kith_population_config, field)

const kith_param kith_population_params[] = {
    {"policies", KITH_TYPE_CHOICE, 0, POPULATION(policies), "auto", "auto|tables|networks", "",
     "Tables, of matrix games and of games with an exact model; networks that learn by playing; auto: tables where "
     "they can."},
    {"start", KITH_TYPE_CHOICE, "@states || @matrix", POPULATION(start), "uniform", "uniform|random", "",
     "The initial policy: uniform, or each player's weights drawn uniformly from 0 to 1 and normalised."},
    {"oracle", KITH_TYPE_CHOICE, "@states || @matrix", POPULATION(oracle), "individual", "individual|sequential|joint",
     "",
     "What a policy follows: each player's best action given its teammates' policies, the same in turn, or the team's "
     "best "
     "joint action."},
    {"nash", KITH_TYPE_CHOICE, 0, POPULATION(nash), "lp", "lp|fictitious-play", "",
     "How a Nash equilibrium of the meta-game is found: by linear programming, or 999 iterations of fictitious play."},
    {"lr", KITH_TYPE_REAL, "@states || @matrix", POPULATION(lr), "0.1", "(0,1]", "",
     "The share of the best response that one step mixes in."},
    {"turn_lr", KITH_TYPE_REAL, "@states || @matrix", POPULATION(turn_lr), "0.2", "(0,1]", "",
     "The same for the player whose turn it is: step modulo the number of players."},
    {"tolerance", KITH_TYPE_REAL, "@states || @matrix", POPULATION(tolerance), "1e-4", "[0,inf)", "",
     "A policy is at rest while every player's squared distance from its best response is below this."},
    {"patience", KITH_TYPE_INT, "@states || @matrix", POPULATION(patience), "5", "1..1000000000", "steps",
     "It has converged when it was at rest for so many steps in a row,"},
    {"patience_share", KITH_TYPE_REAL, "@states || @matrix", POPULATION(patience_share), "0.1", "[0,1]", "",
     "or for this share of the job's steps, if that is more."},
    {"least_steps", KITH_TYPE_INT, "@states || @matrix", POPULATION(least_steps), "51", "0..1000000000", "steps",
     "The fewest steps of main policies and of PSRO's best responses; counters and self-play may stop earlier."},
    {"most_steps", KITH_TYPE_INT, "@states || @matrix", POPULATION(most_steps), "1000", "1..1000000000", "steps",
     "The most steps of one job."},
    {"accuracy", KITH_TYPE_REAL, "@states", POPULATION(accuracy), "1e-6", "[1e-12,1]", "",
     "How far exact values of games with states may be off; the lower end of a mixture's bracket is where climbing "
     "with "
     "shares halved down to 1/1000 ends."},
    {"exact_mb", KITH_TYPE_INT, "policies = auto & !@matrix || @states", POPULATION(exact_mb), "1024", "1..1000000000",
     "MB", "The most memory for the exact model of a game with states, of each worker."},
    {"job_steps", KITH_TYPE_INT, "@networks", POPULATION(job_steps), "100000", "1..", "environment steps",
     "Networks: how long one job trains, rounded up to whole updates."},
    {"episodes", KITH_TYPE_INT, "@networks", POPULATION(episodes), "100", "1..1000000", "episodes",
     "Networks: how many episodes tell the payoff of two policies."},
};
const size_t kith_population_param_count = sizeof kith_population_params / sizeof kith_population_params[0];
