/* The lists that core/rl/markov*.c share. */
#ifndef KITH_MARKOV_INSIDE_H
#define KITH_MARKOV_INSIDE_H

#include "rl/markov.h"

/* Rows of a sparse matrix over states; what ends an episode is left out. */
typedef struct kith_ways {
    size_t *first;  /* [rows + 1] */
    uint32_t *next; /* in the order in which the game names them */
    double *p;
    double *reward; /* [rows] expected */
} kith_ways;

struct kith_markov {
    const kith_game *game;
    const void *self;
    size_t states, players, actions, joint; /* S, N, A, J */
    double discount;
    int32_t *action;   /* (J, N) */
    uint32_t *mirror;  /* [S] */
    double *start;     /* [S] */
    kith_ways all;     /* S J J rows: state, team 0's joint action, team 1's */
    kith_ways folded;  /* scratch: S J rows, or S */
    double *own;       /* [J] scratch: distributions over joint actions */
    double *other;     /* [J] */
    double *gathered;  /* [S] scratch, zero between uses */
    uint32_t *touched; /* [S] */
    double *line;      /* [S] scratch */
    double *sum;       /* [S] scratch */
    double *spare;     /* [S] scratch */
};

/* out [J]: the distribution over joint actions that row s of a policy gives. */
void kith_markov_spread(const kith_markov *m, const double *policy, size_t s, double *out);
/* Folds the other team's policy into the transitions: m->folded has S J rows. */
void kith_markov_fold(kith_markov *m, const double *other);
/* Goes on folding with one's own policy: m->folded has S rows. */
void kith_markov_fold_both(kith_markov *m, const double *own, const double *other);
/* reward + discount P value of one row. */
double kith_markov_ahead(const kith_markov *m, const kith_ways *chain, size_t row, const double *value);

#endif
