/* How work is dealt to workers, and the counters that deal it. */
#ifndef KITH_DEALING_H
#define KITH_DEALING_H

/* How visits are spread. None of it changes a result. */
typedef enum kith_dealing {
    KITH_DEAL_DYNAMIC = 0, /* the next free worker takes the costliest visit left */
    KITH_DEAL_CYCLIC,      /* visit v goes to worker v mod P */
    KITH_DEAL_BLOCKED,     /* equal runs of consecutive visits */
} kith_dealing;

/* Numbers of queues; each user alternates between two, so that one can be reset while the other is in use. */
enum {
    KITH_QUEUE_VISITS = 0,
    KITH_QUEUE_LANES = 2,
    KITH_QUEUE_LEARNERS = 4,
    KITH_QUEUE_GRADIENTS = 6,
    KITH_QUEUE_TESTS = 8
};

#endif
