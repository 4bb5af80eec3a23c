/* The one list of metrics: what each is called, what it is, in which unit, and how it is read. No other file of the
 * program spells a name of it: writers use KITH_METRIC_<name>, readers kith_metric_find(). Metrics that plugins tell
 * have names of their own, which each plugin declares (kith_own_metric); readers hand what was declared to
 * kith_metric_find() as well.
 *
 * A name that ends in _ begins those of a family: "payoff_" is payoff_00_01. Threads: any; all is constant.
 */
#ifndef KITH_METRIC_LIST_H
#define KITH_METRIC_LIST_H

#include <kith/plugin.h>
#include <stdbool.h>
#include <stdio.h>

/* What is found learner by learner (eval.per_learner), and told of all of them. */
#define KITH_METRIC_LEARNERS(X, what, roles, lead, sentence)                                                           \
    X(what##_accuracy_mean, "", UP, LINEAR, roles, lead, sentence ": accuracy, in the mean of learners.")              \
    X(what##_accuracy_min, "", UP, LINEAR, roles, 0, sentence ": the least accuracy.")                                 \
    X(what##_accuracy_worst_tenth, "", UP, LINEAR, roles, 0, sentence ": accuracy, in the mean of the worst tenth.")   \
    X(what##_accuracy_sd, "", NONE, LINEAR, roles, 0, sentence ": accuracy, its standard deviation over learners.")    \
    X(what##_loss_mean, "", DOWN, LOG, roles, 0, sentence ": loss, in the mean of learners.")                          \
    X(what##_loss_max, "", DOWN, LOG, roles, 0, sentence ": the greatest loss.")

/* X(name, unit, better, scale, roles, lead, sentence)
 * better: UP, DOWN or NONE; scale: LOG or LINEAR; roles: letters of federated, decentralized, walk, population;
 * lead: 1 for what a run is judged by where it has it, 2 where it has not ..., each number once; 0: it never leads. */
#define KITH_METRIC_MAP(X)                                                                                             \
    X(test_accuracy, "", UP, LINEAR, "fdw", 4,                                                                         \
      "The share of test examples, or of predicted codes, whose most likely class is the right one.")                  \
    X(exploitability, "", DOWN, LOG, "p", 1,                                                                           \
      "max_b u(b, x): what a best response wins of the policy x that stands for the run, in payoff; tables only.")     \
    X(test_loss, "", DOWN, LOG, "fdw", 5, "The mean loss over test examples of the model that stands for the run.")    \
    X(train_loss, "", DOWN, LOG, "fdw", 6,                                                                             \
      "The mean loss of the batches of all local steps since the record before, each at the model it was taken at.")   \
    X(virtual_time, "s", NONE, LINEAR, "fdw", 0,                                                                       \
      "The clock of [clock]: when the last learner or token is done; where steps and messages take time.")             \
    X(bytes_sent, "bytes", DOWN, LOG, "fdw", 0, "All that was sent so far, both ways, with what filters make of it.")  \
    X(bytes_up, "bytes", DOWN, LOG, "f", 0, "Of these, what learners sent.")                                           \
    X(bytes_down, "bytes", DOWN, LOG, "f", 0, "Of these, what learners were sent.")                                    \
    X(bytes_sent_per_learner, "bytes", DOWN, LOG, "d", 0, "bytes_sent / N.")                                           \
    X(visits_lost, "visits", DOWN, LINEAR, "f", 0,                                                                     \
      "Visits so far whose message never counted; where any can be lost.")                                             \
    X(arrivals_mean, "messages", NONE, LINEAR, "f", 0, "Messages of a step, in the mean since the record before.")     \
    X(local_steps_mean, "steps", NONE, LINEAR, "f", 0, "Steps of a visit, in the mean since the record before.")       \
    X(staleness_mean, "versions", DOWN, LINEAR, "fd", 0,                                                               \
      "How many versions, or of pairs meetings, lay between a visit's model and its use, in the mean.")                \
    X(averages_between_mean, "meetings", NONE, LINEAR, "d", 0,                                                         \
      "Of pairs: meetings in which a learner was averaged between a gradient's model and its step, in the mean.")      \
    X(consensus_distance, "", DOWN, LOG, "d", 0,                                                                       \
      "(1/N) sum_i |x_i - mean|^2: the mean squared distance of learners' models from their mean.")                    \
    X(consensus_distance_before, "", DOWN, LOG, "d", 0, "The same before the round's mixing.")                         \
    X(p_measured, "", UP, LINEAR, "d", 0,                                                                              \
      "1 - consensus_distance / consensus_distance_before: how much of the distance the round's mixing took.")         \
    X(edges, "edges", NONE, LINEAR, "d", 0, "Directed edges between learners in the last round's graph.")              \
    X(contribution_rank_correlation, "", UP, LINEAR, "d", 0,                                                           \
      "Spearman's correlation of contributions with what the mean of all loses without each learner.")                 \
    X(contribution_honest_mean, "", NONE, LINEAR, "d", 0, "The mean contribution of learners with right labels.")      \
    X(contribution_flipped_mean, "", NONE, LINEAR, "d", 0, "The mean contribution of learners with flipped labels.")   \
    X(local_test_, "", NONE, LINEAR, "d", 0,                                                                           \
      "Scores of learners' own models on the test examples: loss or accuracy; mean, min or max; _before mixing.")      \
    X(merged_test_, "", NONE, LINEAR, "d", 0,                                                                          \
      "test_... under the name that says that the model is the merge of the learners' models.")                        \
    X(test_, "", NONE, LINEAR, "fdw", 0, "Further scores of the model on test examples, as test_top5.")                \
    X(val_loss, "", DOWN, LOG, "fdw", 0, "The mean loss over all examples that learners held out.")                    \
    X(val_accuracy, "", UP, LINEAR, "fdw", 0, "The share of right ones among all examples that learners held out.")    \
    X(val_, "", NONE, LINEAR, "fdw", 0, "Further scores of the model on held-out examples.")                           \
    KITH_METRIC_LEARNERS(X, own_test, "fdw", 3, "A learner's own model on its own held-out examples")                  \
    KITH_METRIC_LEARNERS(X, own_train, "fdw", 0, "A learner's own model on what it trains on")                         \
    KITH_METRIC_LEARNERS(X, global_on_own_test, "fdw", 0, "The run's one model on a learner's own held-out examples")  \
    KITH_METRIC_LEARNERS(X, global_on_own_train, "fdw", 0, "The run's one model on what a learner trains on")          \
    X(gradient_norm_squared, "", DOWN, LOG, "fdw", 0, "|sum_i w_i grad f_i(x)|^2 over all of each learner's data.")    \
    X(gradient_dissimilarity, "", NONE, LOG, "fdw", 0,                                                                 \
      "sum_i w_i |grad f_i(x) - mean|^2: how far learners' full gradients lie apart.")                                 \
    X(rounds_to_, "rounds", DOWN, LOG, "fdw", 0,                                                                       \
      "The first round in which test_accuracy reached a value of eval.target.")                                        \
    X(bytes_to_, "bytes", DOWN, LOG, "fdw", 0, "bytes_sent in that round.")                                            \
    X(virtual_time_to_, "s", DOWN, LOG, "fdw", 0, "virtual_time in that round.")                                       \
    X(hops, "hops", NONE, LINEAR, "w", 0, "Hops of all tokens so far.")                                                \
    X(moves, "hops", NONE, LINEAR, "w", 0, "Of these, those that did not stay where they were.")                       \
    X(mse, "", DOWN, LOG, "w", 2, "|x - x*|^2 in the mean over tokens (walk.optimum).")                                \
    X(mse_theory, "", NONE, LOG, "w", 0, "What theory has for it after so many hops (walk.theory).")                   \
    X(mse_std, "", NONE, LOG, "w", 0, "Its standard deviation over tokens.")                                           \
    X(mse_of_mean, "", DOWN, LOG, "w", 0, "|mean of tokens' models - x*|^2.")                                          \
    X(mse_scaled, "", NONE, LOG, "w", 0, "mse / gamma_n, with the last hop's learning rate.")                          \
    X(total_variation, "", DOWN, LOG, "w", 0,                                                                          \
      "Half the l1 distance of a token's empirical measure from the target, in the mean over tokens.")                 \
    X(total_variation_pooled, "", DOWN, LOG, "w", 0, "The same of the measure of all tokens together.")                \
    X(visits_min, "visits", NONE, LINEAR, "w", 0,                                                                      \
      "Visits so far of the learner that all tokens together visited least.")                                          \
    X(visits_max, "visits", NONE, LINEAR, "w", 0, "Of the one that they visited most.")                                \
    X(sampling_variance, "", DOWN, LOG, "w", 0,                                                                        \
      "The trace of the covariance over tokens of the scaled empirical measure.")                                      \
    X(exploitability_upper, "", DOWN, LOG, "p", 0,                                                                     \
      "An upper bound where exploitability is a lower one: of mixtures in games with states.")                         \
    X(exploitability_individual, "", DOWN, LOG, "p", 0, "The same where one player of the team deviates alone.")       \
    X(exploitability_individual_, "", DOWN, LOG, "p", 0, "exploitability_individual of a live policy, by its name.")   \
    X(exploitability_, "", DOWN, LOG, "p", 0, "exploitability of a live policy, by its name.")                         \
    X(steps, "steps", NONE, LINEAR, "p", 0, "Training steps so far; of networks, those of the environment.")           \
    X(population_size, "policies", NONE, LINEAR, "p", 0, "Frozen policies.")                                           \
    X(weight_, "", NONE, LINEAR, "p", 0, "The weight of a policy in the mixture that stands for the run.")             \
    X(payoff_low_, "", NONE, LINEAR, "p", 0, "The lower end of payoff_..._...'s interval of 95 %; of networks.")       \
    X(payoff_high_, "", NONE, LINEAR, "p", 0, "Its upper end.")                                                        \
    X(payoff_, "", NONE, LINEAR, "p", 0, "What a policy, the first number, wins of another: won less lost.")           \
    X(won_, "", UP, LINEAR, "p", 0, "The share of a learner's training episodes that it won; of networks.")            \
    X(drawn_, "", NONE, LINEAR, "p", 0, "The share that nobody won.")                                                  \
    X(lost_, "", DOWN, LINEAR, "p", 0, "The share that it lost.")                                                      \
    X(reward_main, "", UP, LINEAR, "p", 7, "reward_... of what is to stand for the run: of fxp's main policy.")        \
    X(reward_learner, "", UP, LINEAR, "p", 8, "Likewise, of the one policy of self-play, and of fsp.")                 \
    X(reward_oracle, "", UP, LINEAR, "p", 9, "Likewise, of psro's response to its mixture.")                           \
    X(reward_, "", UP, LINEAR, "p", 0, "The sum of rewards of such an episode, in the mean.")                          \
    X(length_, "steps", NONE, LINEAR, "p", 0, "The length of such an episode, in the mean.")                           \
    X(entropy_, "nats", NONE, LINEAR, "p", 0, "The entropy of the policy, in the mean over steps.")                    \
    X(value_loss_, "", DOWN, LOG, "p", 0, "The loss of the critic, in the mean over gradient steps.")                  \
    X(wall_time, "s", DOWN, LINEAR, "fdwp", 0, "Seconds since the run began, those before a resumption included.")     \
    X(wall_train_time, "s", DOWN, LINEAR, "fdwp", 0, "Of these, seconds in rounds.")                                   \
    X(wall_test_time, "s", DOWN, LINEAR, "fdwp", 0, "Of these, seconds in measures and tests.")                        \
    X(wall_exchange_bytes, "bytes", DOWN, LOG, "fdwp", 0, "What went between domains so far.")                         \
    X(wall_exchange_messages, "messages", DOWN, LOG, "fdwp", 0, "In how many messages.")

/* Histograms of accuracies over learners. */
#define KITH_HISTOGRAM_own_test            "own_test_accuracy"
#define KITH_HISTOGRAM_own_train           "own_train_accuracy"
#define KITH_HISTOGRAM_global_on_own_test  "global_on_own_test_accuracy"
#define KITH_HISTOGRAM_global_on_own_train "global_on_own_train_accuracy"

#define KITH_METRIC_NAME(name, unit, better, scale, roles, lead, sentence)                                             \
    static const char KITH_METRIC_##name[] = #name;
KITH_METRIC_MAP(KITH_METRIC_NAME)
#undef KITH_METRIC_NAME

/* Words of names that prose writes otherwise; of names that plugins declare, too. X(name, prose) */
#define KITH_METRIC_WORDS(X) X("mse", "MSE")

/* Where a metric stands in the list: KITH_AT_<name>. */
#define KITH_METRIC_PLACE(name, unit, better, scale, roles, lead, sentence) KITH_AT_##name,
enum { KITH_METRIC_MAP(KITH_METRIC_PLACE) KITH_METRIC_COUNT };
#undef KITH_METRIC_PLACE

typedef struct kith_metric {
    const char *name, *unit, *roles, *sentence;
    kith_better better;
    bool log; /* read on a logarithmic axis where it spans some */
    int lead;
    const char *plugin; /* whose it is; NULL: Kith's own, which alone have roles */
} kith_metric;

/* What plugins declared. */
typedef struct kith_metrics {
    const kith_metric *item;
    size_t count;
} kith_metrics;

/* The i-th; NULL past the last. */
const kith_metric *kith_metric_at(size_t i);
/* The place of a name in the list, families' aside; KITH_METRIC_COUNT where it has none. */
size_t kith_metric_place(const char *name);
/* The place of the i-th of those that lead, from the first on; KITH_METRIC_COUNT past the last. */
size_t kith_metric_lead(size_t i);
/* What a recorded name belongs to: itself, or the family with the longest beginning; else one of `declared` (NULL:
 * nothing is), likewise, or without a number that a second filter puts at its end. NULL where nothing is known. */
const kith_metric *kith_metric_find(const kith_metrics *declared, const char *name);
/* Whether greater, or smaller, values are better; of families and of what is not known by their end: ..._accuracy and
 * ..._loss say so. */
kith_better kith_metric_better(const kith_metrics *declared, const char *name);
/* The name of what leads among those for which has(arg, name); that of the first of all where it has none. */
const char *kith_metric_leading(bool (*has)(const void *arg, const char *name), const void *arg);
/* A name as prose has it: "test accuracy", "Test accuracy", "MSE of mean". A longer one is cut. */
void kith_metric_words(const char *name, bool capital, char *text, size_t size);
/* What a plugin declares, as the list has it. */
kith_metric kith_metric_of(const struct kith_own_metric *own, const char *plugin);
/* Writes the list as `kith info metrics` prints it; one of it; or what it says of one name, a family's beginning too.
 * false: there is none. */
void kith_metrics_print(FILE *out);
void kith_metric_print_one(const kith_metric *metric, FILE *out);
bool kith_metric_print(const char *name, FILE *out);

#endif
