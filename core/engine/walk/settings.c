#include "engine/walk/settings.h"

#define WALK(field) offsetof(kith_walk_config, field)

const kith_param kith_walk_params[] = {
    {"tokens", KITH_TYPE_INT, 0, WALK(tokens), "16", "1..1000000000", "tokens",
     "How many tokens walk, each on its own."},
    {"hops", KITH_TYPE_INT, 0, WALK(hops), "100", "1..4000000000", "hops",
     "How many hops each token makes in a round."},
    {"start", KITH_TYPE_INT, 0, WALK(start), "0", "-1..4294967294", "",
     "The learner that all tokens start at; -1: each draws one from the walk's target."},
    {"lr_power", KITH_TYPE_REAL, 0, WALK(lr_power), "0.9", "[0,2]", "",
     "b: the n-th hop's learning rate is (n+1)^-b times local.lr; 0: constant."},
    {"weights", KITH_TYPE_CHOICE, 0, WALK(weights), "target", "target|uniform", "",
     "What learners weigh in the objective: as the walk visits them in the long run, or alike, for which gradients are "
     "divided by N mu_i."},
    {"optimum", KITH_TYPE_BOOL, 0, WALK(optimum), "no", "", "",
     "Whether the objective's optimum is computed, by Newton's method to 1e-14 of its length and with at most 2,000 "
     "parameters, and tokens' squared distances from it measured (quadratic, logistic)."},
    {"theory", KITH_TYPE_BOOL, "optimum = yes", WALK(theory), "no", "", "",
     "Whether what theory has for these squared distances is told beside them (srrw, whose alpha = 0 is the base "
     "chain; "
     "quadratic, SGD, one example a learner, at most 2,000 learners)."},
    {"modes", KITH_TYPE_BOOL, 0, WALK(modes), "no", "", "",
     "Whether the empirical measure's variance is told for each eigenvector of the base chain, as a histogram; of at "
     "most "
     "2,000 learners, and for targets within 1e-12 of uniform or by degree."},
};
const size_t kith_walk_param_count = sizeof kith_walk_params / sizeof kith_walk_params[0];
