#include "engine/work/settings.h"

#include "base/shorten.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT(table)      (sizeof(table) / sizeof(table)[0])
#define RUN(field)        offsetof(kith_run_config, field)
#define ATTACK(field)     offsetof(kith_attack_config, field)
#define SERVER(field)     offsetof(kith_server_config, field)
#define LOCAL(field)      offsetof(kith_local_config, field)
#define EVAL(field)       offsetof(kith_eval_config, field)
#define RECORD(field)     offsetof(kith_record_config, field)
#define CHECKPOINT(field) offsetof(kith_checkpoint_config, field)

const kith_param kith_run_params[] = {
    {"algorithm", KITH_TYPE_STRING, 0, RUN(algorithm), "afa-cd", "", "", "The algorithm plugin."},
    {"model", KITH_TYPE_STRING, "!@plays", RUN(model), "mlp", "", "", "The model plugin."},
    {"dataset", KITH_TYPE_STRING, "!@plays", RUN(dataset), "glyphs", "", "", "The data set plugin."},
    {"topology", KITH_TYPE_STRING, "!@plays", RUN(topology), "star", "", "", "The topology plugin."},
    {"game", KITH_TYPE_STRING, "@plays", RUN(game), "team-trap", "", "",
     "The game plugin, in place of model, data set and topology, of algorithms whose policies play."},
    {"learners", KITH_TYPE_INT, "!@plays", RUN(learners), "100", "1..4294967294", "learners",
     "How many learners there are."},
    {"rounds", KITH_TYPE_INT, 0, RUN(rounds), "100", "1..1000000000", "rounds",
     "How many rounds (server steps) to make."},
    {"seed", KITH_TYPE_INT, 0, RUN(seed), "1", "0..", "", "The seed of every random stream."},
    {"seed_data", KITH_TYPE_INT, "!@plays", RUN(seed_data), "-1", "-1..", "",
     "The seed of generated data and of the partition; -1: run.seed."},
    {"seed_init", KITH_TYPE_INT, 0, RUN(seed_init), "-1", "-1..", "", "The seed of the initial model; -1: run.seed."},
    {"seed_participation", KITH_TYPE_INT, "!@plays", RUN(seed_participation), "-1", "-1..", "",
     "The seed of who takes part, when, and for how long; -1: run.seed."},
    {"stop_at", KITH_TYPE_STRING, 0, RUN(stop_at), "", "", "",
     "Ends the run at the first evaluation at which this holds, as test_accuracy >= 0.9 & virtual_time > 60; of gossip "
     "without the rounds after training. 'kith info metrics' lists what counts, but for wall times."},
    {"patience", KITH_TYPE_INT, 0, RUN(patience), "0", "0..", "evaluations",
     "Ends the run likewise when so many evaluations in a row were no better than one before, by what leads: "
     "exploitability, the tokens' mse, learners' own accuracy, that of the model, a loss; 0: it has all its rounds."},
    {"seed_batches", KITH_TYPE_INT, "!@plays", RUN(seed_batches), "-1", "-1..", "",
     "The seed of batches and gradient noise; -1: run.seed."},
    {"init", KITH_TYPE_PATH, 0, RUN(init), "", "", "",
     "A file with the model that every learner begins at: a run's model.npy or model.safetensors, or such tensors from "
     "PyTorch; empty: one is drawn."},
    {"init_learner", KITH_TYPE_INT, "init != '' & !@plays", RUN(init_learner), "-1", "-1..4294967293", "",
     "Of a learners.npy in run.init, whose model all begin at; -1: each learner begins at its own, of decentralized "
     "algorithms."},
    {"output", KITH_TYPE_PATH, 0, RUN(output), "", "", "",
     "The folder for results; empty: runs/ and the configuration file's name; ~/ is the home folder."},
    {"filters", KITH_TYPE_STRING, "@filters", RUN(filters), "", "", "",
     "What happens to a message before it is sent, as clip(norm=1), top-k(share=0.01); in this order."},
    {"silence", KITH_TYPE_INT, 0, RUN(silence), "30", "5..3600", "s",
     "On several hosts that 'kith run -n' starts workers on: one that nothing is heard of for so long, however busy it "
     "is, is lost, and the run ends."},
};
const size_t kith_run_param_count = COUNT(kith_run_params);

const kith_param kith_attack_params[] = {
    {"learners", KITH_TYPE_STRING, "filters != ''", ATTACK(learners), "", "", "",
     "Who attacks: a share of all with a point, as 0.2, or some by number, as 0, 3, 7; empty: nobody."},
    {"filters", KITH_TYPE_STRING, "learners != ''", ATTACK(filters), "", "", "",
     "What attackers make of messages, as sign-flip(scale=4); several are parted by commas."},
};
const size_t kith_attack_param_count = COUNT(kith_attack_params);

const kith_param kith_server_params[] = {
    {"filters", KITH_TYPE_STRING, 0, SERVER(filters), "", "", "",
     "What happens to the messages of a step before the algorithm gets them, as bucketing, median."},
};
const size_t kith_server_param_count = COUNT(kith_server_params);

const kith_param kith_local_params[] = {
    {"lr", KITH_TYPE_REAL, 0, LOCAL(lr), "0.1", "(0,inf)", "", "The local learning rate."},
    {"lr_schedule", KITH_TYPE_CHOICE, 0, LOCAL(lr_schedule), "constant", "constant|step|cosine|inverse-sqrt", "",
     "How the local learning rate changes with the round a visit starts from."},
    {"lr_decay", KITH_TYPE_REAL, "lr_schedule = step|cosine", LOCAL(lr_decay), "0.1", "[0,1]", "",
     "The factor of the step schedule, above 0; what the cosine ends at, as a share of lr."},
    {"lr_every", KITH_TYPE_INT, "lr_schedule = step|inverse-sqrt", LOCAL(lr_every), "100", "1..", "rounds",
     "How many rounds lie between two drops of the step schedule; the time scale of inverse-sqrt."},
    {"optimizer", KITH_TYPE_CHOICE, "@optimizer", LOCAL(optimizer), "sgd", "sgd|adamw", "",
     "How gradients become steps; its state restarts in every visit of a client and is kept by a decentralized "
     "learner."},
    {"momentum", KITH_TYPE_REAL, "optimizer = sgd", LOCAL(momentum), "0", "[0,1)", "", "Heavy-ball momentum (sgd)."},
    {"beta1", KITH_TYPE_REAL, "optimizer = adamw", LOCAL(beta1), "0.9", "[0,1)", "",
     "The decay of the gradients' mean (adamw)."},
    {"beta2", KITH_TYPE_REAL, "optimizer = adamw", LOCAL(beta2), "0.999", "[0,1)", "",
     "The decay of the squared gradients' mean (adamw)."},
    {"epsilon", KITH_TYPE_REAL, "optimizer = adamw", LOCAL(epsilon), "1e-8", "(0,inf)", "",
     "Added to the root of the squared gradients' mean (adamw)."},
    {"weight_decay", KITH_TYPE_REAL, 0, LOCAL(weight_decay), "0", "[0,inf)", "",
     "Adds this multiple of the model to each gradient."},
    {"clamp", KITH_TYPE_REAL, 0, LOCAL(clamp), "0", "[0,inf)", "",
     "Each number of a batch's gradient becomes the nearest in -clamp .. clamp, before weight decay, momentum and what "
     "an algorithm adds; 0: none does."},
    {"label_smoothing", KITH_TYPE_REAL, "@labels & @classes", LOCAL(label_smoothing), "0", "[0,1]", "",
     "Gradients, and so train_loss, are those of targets with 1 less this share at the label, and the share spread "
     "evenly over all classes; tests are not."},
    {"batch", KITH_TYPE_INT, 0, LOCAL(batch), "32", "0..1048576", "examples",
     "Examples in a batch; 0: all that the learner has."},
    {"batches", KITH_TYPE_CHOICE,
     "batch > 0 & partition.kind != dirichlet & partition.kind != dirichlet-share || batch > 0 & partition.draw = "
     "fixed",
     LOCAL(batches), "epoch", "epoch|replacement", "",
     "Batches are cut from a new permutation in each epoch, or drawn with replacement."},
    {"steps", KITH_TYPE_INT, "unit != seconds", LOCAL(steps), "10", "1..1000000000", "",
     "Local work in a visit, in units of local.unit."},
    {"steps_kind", KITH_TYPE_CHOICE, "unit != seconds", LOCAL(steps_kind), "constant", "constant|uniform", "",
     "Every visit makes `steps`, or a number drawn uniformly from 1 to 2 * steps."},
    {"unit", KITH_TYPE_CHOICE, "!@replayed", LOCAL(unit), "steps", "steps|epochs|seconds", "",
     "What `steps` counts: gradient steps, or passes over the learner's examples. seconds: as many gradient steps as "
     "end within local.deadline."},
    {"deadline", KITH_TYPE_REAL, "@federated & !@replayed || @clock", LOCAL(deadline), "0", "[0,inf)", "s",
     "A visit makes no step that would end later than this, in virtual time from its first step on, but at least one; "
     "0: no deadline."},
};
const size_t kith_local_param_count = COUNT(kith_local_params);

const kith_param kith_eval_params[] = {
    {"every", KITH_TYPE_INT, 0, EVAL(every), "10", "0..", "rounds",
     "Evaluate every so many rounds; 0: only at the end."},
    {"lane", KITH_TYPE_INT, "!@plays", EVAL(lane), "250", "1..1048576", "examples",
     "Test examples that are evaluated together; part of the result's bits."},
    {"target", KITH_TYPE_REALS, "!@plays & @labels & @test & @classes", EVAL(target), "", "(0,1]", "",
     "Test accuracies; the rounds, bytes and virtual time until each is first reached are recorded."},
    {"per_learner", KITH_TYPE_BOOL, "!@plays", EVAL(per_learner), "no", "", "",
     "Whether each evaluation tests the run's model, and learners' own where they have some, on each learner's own "
     "examples: its test examples (data.test_share), else those held out (data.validation), else those it trains on."},
    {"learners", KITH_TYPE_INT, "per_learner = yes", EVAL(learners), "0", "0..4294967294", "learners",
     "How many learners, evenly spread, are tested on their own examples; 0: all."},
    {"finetune_steps", KITH_TYPE_INT, "per_learner = yes", EVAL(finetune_steps), "0", "0..1000000000", "steps",
     "Local steps that each learner makes from its own model, or else from the run's, before that test; they are "
     "thrown "
     "away after it."},
    {"gradient_norm", KITH_TYPE_BOOL, "!@plays", EVAL(gradient_norm), "no", "", "",
     "Whether each evaluation takes the full gradient of every learner: its squared norm and the learners' "
     "dissimilarity."},
    {"gradient_weights", KITH_TYPE_CHOICE, "gradient_norm = yes", EVAL(gradient_weights), "equal", "equal|examples", "",
     "How learners' losses are weighed in the full gradient."},
};
const size_t kith_eval_param_count = COUNT(kith_eval_params);

const kith_param kith_record_params[] = {
    {"every", KITH_TYPE_INT, "eval.every != 1 || decentralized.post_every > 1", RECORD(every), "0", "0..", "rounds",
     "Record every so many rounds what needs no test: train loss, bytes, consensus distance, edges, hops, steps ...; "
     "0: only with evaluations, which record all there is."},
    {"arrivals", KITH_TYPE_BOOL, "@federated || @clock", RECORD(arrivals), "no", "", "",
     "Whether the record has a table of who took part: step, learner, version, visit, steps, times; of pairs also who "
     "met whom. kith export --arrivals prints it, and participation.kind = file replays what is federated."},
    {"tensorboard", KITH_TYPE_BOOL, 0, RECORD(tensorboard), "no", "", "",
     "Whether metrics are also events for TensorBoard, in the run's folder, while the run goes on: tensorboard "
     "--logdir "
     "runs. kith export -f tensorboard makes them afterwards."},
};
const size_t kith_record_param_count = COUNT(kith_record_params);

const kith_param kith_learners_params[] = {
    {"keep", KITH_TYPE_CHOICE, 0, offsetof(kith_learners_config, keep), "none", "none|end", "",
     "end: when the run is done, what each learner would use is a row of learners.npy, of algorithms with models of "
     "learners' own."},
};
const size_t kith_learners_param_count = COUNT(kith_learners_params);

const kith_param kith_checkpoint_params[] = {
    {"every", KITH_TYPE_INT, 0, CHECKPOINT(every), "0", "0..", "rounds",
     "Write a checkpoint every so many rounds; 0: by time only."},
    {"seconds", KITH_TYPE_REAL, 0, CHECKPOINT(seconds), "600", "[0,inf)", "s",
     "Write a checkpoint when so much time has passed since the last one; 0: by rounds only."},
    {"keep", KITH_TYPE_INT, "every > 0 || seconds > 0 || on_stop = yes", CHECKPOINT(keep), "1", "1..1000000",
     "checkpoints", "How many of the newest to keep."},
    {"on_stop", KITH_TYPE_BOOL, 0, CHECKPOINT(on_stop), "yes", "", "",
     "Whether a run that is asked to stop writes one first; one whose rounds take longer than `patience` then writes "
     "one after each, since a stop goes back to the last."},
    {"at_end", KITH_TYPE_BOOL, 0, CHECKPOINT(at_end), "no", "", "",
     "Whether a run that is done keeps the checkpoint of its last round of training, from which it goes on with more "
     "rounds: kith run --resume --set run.rounds=..."},
    {"patience", KITH_TYPE_REAL, 0, CHECKPOINT(patience), "3", "[0,inf]", "s",
     "How long a round, or its evaluation, may go on after a request to stop; then it is given up, and the run ends "
     "with its last checkpoint. inf: it is always finished."},
};
const size_t kith_checkpoint_param_count = COUNT(kith_checkpoint_params);

kith_status kith_filterless_check(kith_ctx *ctx, const kith_config *config, const char *role)
{
    static const char *const sections[] = {"run", "attack", "server"};
    for (size_t i = 0; i < COUNT(sections); i++) {
        const char *text = kith_config_text(config, sections[i], "filters");
        if (text && *text)
            return kith_config_refuse(
                ctx, config, sections[i], "filters",
                "%s algorithms have no filters; leave it empty, or choose a federated or a decentralized "
                "one",
                role);
    }
    return KITH_OK;
}

kith_status kith_clockless_check(kith_ctx *ctx, const kith_config *config, const kith_local_config *local,
                                 const char *role)
{
    if (local->deadline > 0.0)
        return kith_config_refuse(ctx, config, "local", "deadline",
                                  "%s rounds have no clock; leave it 0, or choose a federated algorithm", role);
    if (local->unit == KITH_UNIT_SECONDS)
        return kith_config_refuse(ctx, config, "local", "unit", "%s rounds have no clock; choose steps or epochs",
                                  role);
    return KITH_OK;
}

kith_status kith_local_check(kith_ctx *ctx, const kith_config *config, const kith_local_config *local)
{
    if (local->lr_schedule != KITH_LR_STEP || local->lr_decay > 0.0) return KITH_OK;
    return kith_config_refuse(
        ctx, config, "local", "lr_decay",
        "the step schedule's rate would be 0 after %lld rounds; set it above 0, or choose cosine, "
        "which comes near 0 at the end",
        (long long)local->lr_every);
}

double kith_local_lr(const kith_local_config *local, uint64_t round, uint64_t rounds)
{
    const double t = (double)round;
    switch (local->lr_schedule) {
    case KITH_LR_STEP:
        return local->lr * pow(local->lr_decay, (double)(round / (uint64_t)local->lr_every));
    case KITH_LR_COSINE: {
        const double share = 0.5 * (1.0 + cos(3.14159265358979323846 * t / (double)rounds));
        return local->lr * (local->lr_decay + (1.0 - local->lr_decay) * share);
    }
    case KITH_LR_INVERSE_SQRT:
        return local->lr / sqrt(1.0 + t / (double)local->lr_every);
    default:
        return local->lr;
    }
}

double kith_local_examples(const kith_local_config *local, size_t examples)
{
    const double all = (double)examples, batch = local->batch > 0 ? fmin((double)local->batch, all) : all;
    const double steps = (double)local->steps + (local->steps_kind == KITH_STEPS_UNIFORM ? 0.5 : 0.0);
    if (local->unit == KITH_UNIT_SECONDS) return NAN;
    return steps * (local->unit == KITH_UNIT_EPOCHS ? all : batch);
}

uint64_t kith_run_seed(const kith_run_config *run, int64_t own)
{
    return (uint64_t)(own < 0 ? run->seed : own);
}
