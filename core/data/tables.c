#include "data/data.h"

#include <stddef.h>

#define ROW_WHEN(member, condition, key_type, text, range, of, sentence)                                               \
    {                                                                                                                  \
#member, key_type, condition, offsetof(SECTION, member), text, range, of, sentence                             \
    }
#define ROW(member, key_type, text, range, of, sentence) ROW_WHEN(member, 0, key_type, text, range, of, sentence)

#define SECTION kith_partition_config
const kith_param kith_partition_params[] = {
    ROW(kind, KITH_TYPE_CHOICE, "auto",
        "auto|iid|sequential|dirichlet|dirichlet-share|dirichlet-class|shards|label-k|label-lognormal|lognormal|"
        "power-law|natural|file",
        "",
        "how the training examples are dealt to learners; auto is natural for generated data, else iid; natural: a "
        "user "
        "is a learner, and users beyond run.learners are left out"),
    ROW_WHEN(alpha, "kind = dirichlet|dirichlet-share|dirichlet-class|power-law", KITH_TYPE_REAL, "0.5", "[0,inf]", "",
             "the dirichlet kinds: concentration, small is skewed, 0: one class a learner, or one learner a class, "
             "inf: even "
             "mixes; power-law: exponent of the sizes"),
    ROW_WHEN(sigma, "kind = lognormal|label-lognormal", KITH_TYPE_REAL, "1", "[0,20]", "",
             "lognormal, label-lognormal: standard deviation of the sizes' logarithm"),
    ROW_WHEN(labels, "kind = label-k|label-lognormal", KITH_TYPE_INT, "2", "1..", "labels",
             "label-k, label-lognormal: how many labels each learner holds"),
    ROW_WHEN(shards, "kind = shards", KITH_TYPE_INT, "2", "1..", "shards",
             "shards: how many runs of like labels each learner holds"),
    ROW_WHEN(
        samples, "kind = dirichlet|dirichlet-share", KITH_TYPE_INT, "0", "0..", "examples",
        "dirichlet, dirichlet-share: how many examples each learner holds; 0 is the pool's size over the number of "
        "learners"),
    ROW_WHEN(least, "kind = dirichlet-class|label-lognormal", KITH_TYPE_INT, "10", "1..", "examples",
             "dirichlet-class: how many examples each learner has at least; label-lognormal: how many of each of its "
             "labels"),
    ROW_WHEN(draw, "kind = dirichlet|dirichlet-share", KITH_TYPE_CHOICE, "fixed", "fixed|resample", "",
             "dirichlet, dirichlet-share: batches come from the examples that a learner holds, or, with replacement, "
             "from all training examples by its mix of classes"),
    ROW_WHEN(file, "kind = file", KITH_TYPE_PATH, "", "", "", "file: lines of learner,example, both counted from 0"),
    ROW(save, KITH_TYPE_PATH, "", "", "",
        "write who holds which example to this file, which partition.kind = file reads again; it replaces only a file "
        "that was written so, and none that the run reads; empty: do not"),
};
#undef SECTION
const size_t kith_partition_param_count = sizeof kith_partition_params / sizeof *kith_partition_params;

#define SECTION kith_data_config
const kith_param kith_data_params[] = {
    ROW(scaling, KITH_TYPE_CHOICE, "auto", "auto|raw|unit|standard|feature", "",
        "unit: bytes / 255; standard: zero mean and unit deviation over all training numbers; feature: the same "
        "feature by feature; auto: unit for bytes, raw for reals and for codes (of characters, say)"),
    ROW(pool, KITH_TYPE_CHOICE, "train", "train|all", "",
        "Which examples are dealt to learners: the training ones, or all, where the data set's test examples follow "
        "them."),
    ROW(test_share, KITH_TYPE_REAL, "0", "[0,0.9]", "",
        "The share of each learner's examples that is drawn to be tested on, all learners' in one, in place of the "
        "data set's own test examples; one is always trained on."),
    ROW(eval_examples, KITH_TYPE_INT, "0", "0..", "examples", "test on the first so many test examples; 0 is all"),
    ROW(validation, KITH_TYPE_REAL, "0", "[0,0.9]", "",
        "The share of each learner's training examples that is held out, to validate on; one is always trained on."),
    ROW_WHEN(eval_users, "@generated", KITH_TYPE_INT, "100", "1..", "learners",
             "generated data: test on the test examples of the first so many learners"),
    ROW(flipped, KITH_TYPE_REAL, "0", "[0,1]", "",
        "The share of learners, drawn once, that train and validate on wrong labels; test labels stay as they are."),
    ROW_WHEN(
        flip, "flipped > 0", KITH_TYPE_CHOICE, "reverse", "reverse|next|random", "",
        "What a wrong label of C classes is, for the true y: reverse: C - 1 - y, which leaves the middle one of an odd "
        "C "
        "as it is; next: y + 1, and 0 after the last; random: any other, drawn once for each example of a learner."),
    ROW_WHEN(flip_share, "flipped > 0", KITH_TYPE_REAL, "1", "(0,1]", "",
             "The share of such a learner's examples that have wrong labels, by a draw for each."),
};
#undef SECTION
const size_t kith_data_param_count = sizeof kith_data_params / sizeof *kith_data_params;
