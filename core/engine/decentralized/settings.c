#include "engine/decentralized/settings.h"

#define DECENTRALIZED(field) offsetof(kith_decentralized_config, field)

const kith_param kith_decentralized_params[] = {
    {"init", KITH_TYPE_CHOICE, 0, DECENTRALIZED(init), "same", "same|different", "",
     "Whether all learners start from one initial model, or each from one of its own."},
    {"merge", KITH_TYPE_CHOICE, 0, DECENTRALIZED(merge), "mean", "no|mean|weighted|aligned|contribution", "",
     "Whether one more round, the last, replaces every learner's model by one: the mean of all; a mean weighted by "
     "numbers of examples; a mean after hidden units are put into the order that fits best; a mean weighted by "
     "what the topology finds that each contributed, as far as that is above 0."},
    {"post_rounds", KITH_TYPE_INT, 0, DECENTRALIZED(post_rounds), "0", "0..1000000000", "rounds",
     "Rounds of gossip without training after the last round of training, before the merge."},
    {"post_every", KITH_TYPE_INT, "post_rounds > 0", DECENTRALIZED(post_every), "0", "0..", "rounds",
     "Evaluate every so many of those rounds, counted from the last round of training; 0: as eval.every has it."},
    {"before", KITH_TYPE_BOOL, 0, DECENTRALIZED(before), "no", "", "",
     "Whether evaluations test the learners' models as they were before the round's mixing, too."},
    {"leave_one_out", KITH_TYPE_BOOL, 0, DECENTRALIZED(leave_one_out), "no", "", "",
     "Whether evaluations test the mean of all models but one's, for each tested learner, and compare with the "
     "topology's contributions."},
    {"test_learners", KITH_TYPE_INT, 0, DECENTRALIZED(test_learners), "5", "0..4294967294", "learners",
     "How many learners, evenly spread, are tested one by one; 0: all."},
    {"test_examples", KITH_TYPE_INT, "@test", DECENTRALIZED(test_examples), "0", "0..", "examples",
     "Each of them is tested on the first so many test examples; 0: all."},
    {"barrier", KITH_TYPE_CHOICE, "clock.timed = yes", DECENTRALIZED(barrier), "all", "all|neighbours", "",
     "For whom a learner waits before its next round, on the clock: for all, or for those that it hears."},
    {"reduce", KITH_TYPE_CHOICE, "clock.timed = yes", DECENTRALIZED(reduce), "ring", "ring|tree", "",
     "How the mean of all is found, on the clock: 2 (N - 1) messages of 1/N each around a ring, or whole ones along a "
     "binary tree and back."},
    {"gossip_step", KITH_TYPE_REAL, "run.filters != ''", DECENTRALIZED(gossip_step), "0", "[0,1]", "",
     "Under run.filters, gamma of x + gamma (W c - c), c the copies that neighbours hold; less for stronger "
     "compression. 0: a learner mixes its own model with copies, or gamma = 1 where the algorithm needs sums kept."},
};
const size_t kith_decentralized_param_count = sizeof kith_decentralized_params / sizeof kith_decentralized_params[0];
