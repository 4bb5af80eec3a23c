/* When a row or a section counts: one line of text, as "kind = dirichlet|dirichlet-class & alpha > 0".
 *
 *   condition   alternatives with || between them
 *   alternative terms with & between them
 *   term        @fact, !@fact, or a key, =, != or >, and values with | between them; '' is the empty text
 *   key         one of the same section, or SECTION.KEY of one of the host's
 *
 * A key's term holds only where the key itself counts. Facts are what no key says alone, such as the algorithm's role.
 */
#ifndef KITH_WHEN_H
#define KITH_WHEN_H

#include "config/value.h"

#include <stdio.h>

/* X(name, word, keys that decide it, in words). Of two keys, the first is the one to blame where it is not the default.
 */
#define KITH_TRUTH_MAP(X)                                                                                              \
    X(FEDERATED, "federated", "run.algorithm", "the algorithm is federated")                                           \
    X(DECENTRALIZED, "decentralized", "run.algorithm", "the algorithm is decentralized")                               \
    X(WALK, "walk", "run.algorithm", "the algorithm is a walk")                                                        \
    X(PLAYS, "plays", "run.algorithm", "the algorithm's policies play a game")                                         \
    X(FILTERS, "filters", "run.algorithm", "the algorithm's messages pass filters")                                    \
    X(OPTIMIZER, "optimizer", "run.algorithm", "the algorithm makes its steps with [local]'s optimizer")               \
    X(CLOCK, "clock", "run.algorithm", "learners move by the virtual clock and nobody draws them")                     \
    X(REPLAYED, "replayed", "participation.kind", "who takes part is read from a file")                                \
    X(LABELS, "labels", "run.model", "the model learns from labels")                                                   \
    X(GENERATED, "generated", "run.dataset", "the data set makes each learner's examples")                             \
    X(TEST, "test", "run.dataset", "there are test examples")                                                          \
    X(CLASSES, "classes", "run.dataset", "labels are classes")                                                         \
    X(MATRIX, "matrix", "run.game", "the game is a matrix")                                                            \
    X(STATES, "states", "population.policies run.game", "policies are tables of a game with states")                   \
    X(NETWORKS, "networks", "population.policies run.game", "policies are networks")

typedef enum kith_truth {
#define KITH_TRUTH_ENUM(name, word, keys, sentence) KITH_IS_##name,
    KITH_TRUTH_MAP(KITH_TRUTH_ENUM)
#undef KITH_TRUTH_ENUM
        KITH_TRUTHS
} kith_truth;

/* Sets of facts, 1 << kith_truth. What is not known yet counts as true. */
typedef struct kith_truths {
    uint32_t known, holds;
} kith_truths;
/* Adds what is known of one fact. */
static inline void kith_truths_set(kith_truths *t, kith_truth fact, bool holds)
{
    t->known |= UINT32_C(1) << fact;
    t->holds = holds ? t->holds | UINT32_C(1) << fact : t->holds & ~(UINT32_C(1) << fact);
}

typedef enum kith_when_op { KITH_WHEN_FACT = 0, KITH_WHEN_IS, KITH_WHEN_IS_NOT, KITH_WHEN_ABOVE } kith_when_op;

/* A piece of a condition's text. */
typedef struct kith_piece {
    const char *at;
    size_t length;
} kith_piece;

typedef struct kith_term {
    bool alternative; /* the first of one */
    bool negated;     /* of a fact */
    kith_when_op op;
    kith_truth fact;
    kith_piece section, key, values; /* section.length 0: the condition's own */
} kith_term;

/* Reads the next term and moves *text behind it. false at the end, where *why says nothing, and where it is malformed.
 */
bool kith_when_next(const char **text, kith_term *out, kith_why *why);
/* The next of a term's values; false behind the last. */
bool kith_when_value(kith_piece *values, kith_piece *out);
/* Whether a value of a term is what a key has: the same text, or the same number. */
bool kith_when_same(const kith_piece *value, const char *text);
/* Whether a text is a number above a value. */
bool kith_when_above(const char *text, const kith_piece *value);
/* Whether a condition can be read and asks for what the rows have. `foreign`: it may name keys of other sections. */
bool kith_when_check(const char *when, const kith_param *params, size_t count, bool foreign, kith_why *why);
/* Whether a condition of nothing but facts holds; NULL does. */
bool kith_when_holds(const char *when, kith_truths truths);
/* "kind is dirichlet or shards, and ..." */
void kith_when_print(const char *when, FILE *out);

const char *kith_truth_keys(kith_truth fact);

#endif
