/* Filters: what happens to messages between the learners that send them and the server that reads them. Compression,
 * clipping, noise, attacks and robust rules are filters. Each works under every federated algorithm, and those that
 * send under gossip, too.
 *
 * A message is made of planes, and a filter sees one plane of vectors at a time. Planes of scalars pass as they are.
 * Chains are texts of a configuration, and the host calls them in this order:
 *     client() | send() of [run] filters | send() of [attack] filters, for attackers | stage() of [attack] filters |
 *     stage() of [server] filters | server()
 * server() gets as many messages as arrived. Where a filter merged some of them, they have the same entries.
 *
 * Gossip has no server. Neighbours hold a copy of each mixed plane, and send() of [run] filters gets what the plane
 * moved since that copy: the host adds what comes out to it. So nothing is lost that feedback would have to bring back,
 * and there is no `kept`. send() of [attack] filters gets what the plane moved in this round, before the others.
 *
 * Letters: d dimension, m arrivals of a server step, r rows that reach a filter, r <= m.
 * Ownership: every vector is the host's and is valid until the callback returns. A filter keeps nothing in `self` but
 *   scratch memory; what has to last is declared in keep(), and the host saves it.
 * Threads: one per worker. The result of a callback depends on the configuration, its arguments and the streams in
 *   them alone.
 */
#ifndef KITH_FILTER_H
#define KITH_FILTER_H

#include <kith/federated.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    /* Several rows become one: it has merge(). Refused under algorithms that remember messages by sender. */
    KITH_FILTER_MERGES = 1u << 0,
    KITH_FILTER_ATTACKS = 1u << 1, /* stands under [attack] only */
    /* Refused where no filter before it bounds the norm of what reaches it. */
    KITH_FILTER_BOUNDED = 1u << 2,
    /* Refused at the server, unless the algorithm's alike() says that messages weigh alike. */
    KITH_FILTER_EQUAL = 1u << 3,
};

/* What lasts from message to message, of each plane. All of it begins with zeros. */
typedef struct kith_keep {
    size_t learner; /* reals with each learner that sends */
    size_t server;  /* reals at the server: 0 or d */
    size_t scalars; /* doubles at the server, which conclude() alone may change */
} kith_keep;

/* One plane of one message that leaves its learner. */
typedef struct kith_outgoing {
    kith_ctx *ctx;
    size_t dimension, plane, learner;
    uint64_t round, version, number; /* as in kith_visit */
    double bound;                    /* no message that comes here has a greater norm; INFINITY: unknown */
    kith_real *vector;               /* (d) in and out */
    kith_real *kept;                 /* (keep().learner) NULL where that is 0, and in gossip */
    kith_real *work;                 /* (d) scratch */
    kith_stream stream;              /* of this filter, plane, learner and number */
    const double *scalars;           /* (keep().scalars) as they were with the version that the learner pulled */
    double *say;                     /* [tell_count] zeros; what the visits of a step say is added up for tell() */
} kith_outgoing;

/* One block of one plane of all rows of a server step, in one phase. Vectors start at coordinate lo and have count =
 * hi - lo entries. */
typedef struct kith_stage {
    kith_ctx *ctx;
    size_t dimension, plane, phase, lo, hi, count;
    uint64_t round;
    double bound; /* as in kith_outgoing */
    size_t arrivals, rows;
    const kith_arrival *arrival; /* [m] */
    const uint32_t *row_of;      /* [m] the row that an arrival's message is in */
    const uint8_t *attacker;     /* [m] 1 for those of attackers; NULL at the server, which does not know them */
    kith_real *const *row;       /* [r] of (count): in; out in the last phase. What rows are merged into goes into the
                                    first of them */
    const uint32_t *into;        /* [r] as merge() gave them; NULL without merge() */
    kith_real *kept;             /* (count) NULL where keep().server is 0 */
    const double *scalars;       /* (keep().scalars) */
    kith_stream common, block;   /* of this filter, plane and round; `block` of the block, too */
    double *partial;             /* [sums] zeros; what this block adds to the phase's totals */
    const double *total;         /* [sums] of the phase before; NULL in phase 0 */
    double *work;                /* [4 m] scratch */
} kith_stage;

typedef struct kith_filter {
    uint32_t flags;
    /* [after create] NULL: nothing lasts. Here and below d is how long vectors are. */
    kith_keep (*keep)(const void *self, size_t d);
    /* [after create] How many bytes send() makes of a vector that took `bytes`. Plan and clock ask before there is a
     * message, so it depends on the configuration alone. An attacker's message takes what an honest one does. NULL: as
     * many. */
    double (*bytes)(const void *self, size_t d, double bytes);
    /* [after create, and at the server before each step] The greatest norm that leaves the filter where `bound` is the
     * greatest that reaches it. scalars: at the server as they are before the step; NULL on learners, and before there
     * are any, where it only counts whether there is a bound. NULL: INFINITY, which is none. */
    double (*bound)(const void *self, size_t d, double bound, const double *scalars);
    /* [any worker, in any order of learners] NULL: it cannot stand on learners. */
    kith_status (*send)(void *self, kith_outgoing *m);
    /* [each worker, for its blocks, in each phase] Touches that block only. NULL: it cannot stand at the server. */
    kith_status (*stage)(void *self, kith_stage *s);
    size_t (*phases)(const void *self); /* at least 1; NULL: 1, or 2 where there are sums */
    /* Of each plane in each phase, when r rows come. NULL: none. */
    size_t (*sums)(const void *self, size_t rows);
    /* [once a step, every worker alike, before the phases] into[0..r-1] gets where each row goes, 0 to r' - 1, and each
     * of these is the place of at least one row. Returns r'. Wanted with KITH_FILTER_MERGES. */
    size_t (*merge)(const void *self, kith_stream *stream, size_t rows, uint32_t *into);
    /* [once a step and plane, every worker alike, after the last phase] stream: of this filter, plane and round. total:
     * of the phase before the last; NULL where there is one phase. */
    kith_status (*conclude)(void *self, kith_stream *stream, size_t rows, const double *total, double *scalars);
    size_t tell_count; /* numbers that send() adds in m->say */
    /* [at records after a visit, every worker alike] Metrics of its own. say: sums over `visits` visits since the
     * last record. scalars: as they are now, plane after plane. Not asked of a filter at the server that has
     * tell_count. A second filter of the same id tells name_2, and so on. May be NULL. */
    kith_status (*tell)(const void *self, const double *say, double visits, const double *scalars, kith_tell tell,
                        void *arg);
} kith_filter;

/* A filter that another plugin is made of: see kith_opener. The fields are the host's; send() gets no `kept`, no
 * scalars and nothing to say. */
typedef struct kith_inner_filter {
    const kith_filter *ops; /* as long as the host's table */
    void *self;
} kith_inner_filter;

/* ---- what filters share ---- */

/* Error feedback (Seide et al. 2014; Karimireddy et al. 2019, arXiv 1901.09847), around what loses part of a vector:
 * e <- e + x, x <- e before, and e <- e - x after it, where e is m->kept (d). Nothing happens where that is NULL. */
KITH_API void kith_feedback_add(kith_outgoing *m);
KITH_API void kith_feedback_keep(kith_outgoing *m);
/* The row of a bool `feedback` in the config struct; and a keep() of d reals of each learner where it is true, for
 * structs that begin with it. */
#define KITH_FEEDBACK_PARAM(config_type, fallback)                                                                     \
    {                                                                                                                  \
        "feedback", KITH_TYPE_BOOL, 0, offsetof(config_type, feedback), fallback, "", "",                              \
            "Whether what is lost of a message is added to the next one."                                              \
    }
KITH_API kith_keep kith_feedback_room(const void *self, size_t d);
/* A keep() of one number at the server. */
KITH_API kith_keep kith_keep_number(const void *self, size_t d);
/* How many of n a share of them is, rounded up or down. 0.29 of 100 are 29, though the nearest double lies below it. */
KITH_API size_t kith_share_up(double share, size_t n);
KITH_API size_t kith_share_down(double share, size_t n);

/* A bound() for means, medians and the like of each coordinate's values that never leave the longest message's ball. */
KITH_API double kith_bound_stays(const void *self, size_t d, double bound, const double *scalars);
/* A merge() of all rows into one, and sums() with a number of each row. */
KITH_API size_t kith_merge_all(const void *self, kith_stream *stream, size_t rows, uint32_t *into);
KITH_API size_t kith_sums_of_rows(const void *self, size_t rows);

/* Rows that are merged into one become their mean, in the first of them. */
KITH_API void kith_rows_mean(kith_stage *s);
/* Row 0 becomes the mean of each coordinate's values but the `trim` smallest and the `trim` largest, 2 trim < r. A NaN
 * has no place in the order, so it is passed on. Uses s->work. */
KITH_API void kith_rows_trimmed_mean(kith_stage *s, size_t trim);
/* In one phase the squared norm of each row, as sums of rows; in the next those longer than `most` are scaled down. */
KITH_API void kith_rows_clip(kith_stage *s, double most);
/* In one phase the squared distances of all pairs of rows, as sums of pairs; in the next row 0 becomes the mean of the
 * `chosen` rows with the least sums of squared distances to their `near` nearest, of equals the first. Uses s->work. */
KITH_API size_t kith_sums_of_pairs(const void *self, size_t rows);
KITH_API void kith_rows_distances(kith_stage *s);
KITH_API void kith_rows_nearest(kith_stage *s, size_t near, size_t chosen);
/* weight [r]: 1 for each row, or the examples of those whose messages are in it. */
KITH_API void kith_rows_weigh(const kith_stage *s, bool by_examples, double *weight);

#ifdef __cplusplus
}
#endif
#endif
