/* What every plugin exports: one constant descriptor, and in it the table of its parameters.
 *
 * A plugin is a shared object ID.so that exports exactly one symbol, `kith_plugin_descriptor`. The host reads the
 * descriptor without calling anything, checks it, fills the plugin's config struct from the parameter table, and
 * only then calls create().
 *
 * Ownership: the descriptor and all it points to are constants of the plugin. The config struct, its strings and
 *   lists belong to the host and live until after destroy().
 * Threads: one; callbacks are never entered twice at once.
 */
#ifndef KITH_PLUGIN_H
#define KITH_PLUGIN_H

#include <kith/plane.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A host loads plugins of its own major version and of any minor version up to its own. */
#define KITH_ABI_MAJOR 2u
#define KITH_ABI_MINOR 2u

typedef enum kith_kind {
    KITH_ALGORITHM = 1,
    KITH_TOPOLOGY,
    KITH_DATASET,
    KITH_MODEL,
    KITH_GAME,
    KITH_FILTER,
} kith_kind;

/* Which table an algorithm fills, struct kith_<name>; 0 for the other kinds. */
#define KITH_ROLE_MAP(X)                                                                                               \
    X(FEDERATED, federated)                                                                                            \
    X(DECENTRALIZED, decentralized)                                                                                    \
    X(WALK, walk)                                                                                                      \
    X(POPULATION, population)

typedef enum kith_role {
    KITH_ROLE_NONE = 0,
#define KITH_ROLE_ENUM(upper, lower) KITH_ROLE_##upper,
    KITH_ROLE_MAP(KITH_ROLE_ENUM)
#undef KITH_ROLE_ENUM
        KITH_ROLE_END, /* one more than the last */
} kith_role;

/* The C type behind a row's offset is given in brackets. */
typedef enum kith_type {
    KITH_TYPE_INT = 1, /* [int64_t]      "12", "1e6"; domain "1..", "0..9", "" */
    KITH_TYPE_REAL,    /* [double]       "0.1"; domain "(0,1]", "[0,inf)", "" */
    KITH_TYPE_BOOL,    /* [bool]         "yes", "no", "true", "false", "on", "off" */
    KITH_TYPE_CHOICE,  /* [int]          index into the domain "iid|shards|label-k" */
    KITH_TYPE_STRING,  /* [const char *] never NULL; "" where empty */
    KITH_TYPE_PATH,    /* [const char *] as STRING; ${KITH_DATA} is replaced by the data folder, a first ~ by $HOME */
    KITH_TYPE_REALS,   /* [kith_reals]   "0.1, 0.2"; the domain holds for each item; "" is the empty list */
} kith_type;

typedef struct kith_reals {
    const double *item;
    size_t count;
} kith_reals;

/* One parameter. The host parses, checks and documents it from this row alone. */
typedef struct kith_param {
    const char *key;      /* lower case, digits, _ ; unique in the table */
    uint32_t type;        /* kith_type */
    const char *when;     /* the condition under which it is read, see below; 0: always */
    size_t offset;        /* in the config struct */
    const char *fallback; /* the default, as text, parsed like the user's */
    const char *domain;   /* see kith_type; "" where anything goes */
    const char *unit;     /* "s", "bytes", "examples"; "" where there is none */
    const char *doc;      /* one sentence */
} kith_param;

/* A row that is not always read says when, by other keys of its table and by facts: "rule = krum", "optimizer =
 * adam|yogi", "width > 0 & bias = yes", "@optimizer"; & binds more closely than ||, != and !@ negate, '' is the empty
 * text. A key's term holds only where the key is read itself. A value given for a row that is not read is noted as
 * having no effect, and a sweep over it is refused. docs/plugins.md lists the facts. */

/* How [local] makes steps from gradients, for algorithms whose formulas depend on it. */
typedef enum kith_optimizer { KITH_OPTIMIZER_SGD = 0, KITH_OPTIMIZER_ADAMW } kith_optimizer;
typedef struct kith_local_steps {
    kith_optimizer optimizer;
    double momentum; /* rho of SGD */
    double weight_decay;
} kith_local_steps;

/* Where a plugin instance finds itself. */
typedef struct kith_shape kith_shape;
struct kith_opener; /* topology.h */
struct kith_block;  /* model.h */
typedef struct kith_setting {
    size_t size;                      /* sizeof(kith_setting) of the host */
    size_t learners;                  /* N; the number of nodes for a topology */
    size_t dimension;                 /* d; 0 for models and data sets, which come before it is known */
    uint64_t seed;                    /* of this kind: data, initialisation, participation ... */
    const kith_shape *shape;          /* of one example; NULL for data sets */
    uint64_t rounds;                  /* of the run, for topologies; 0 for others, and where that is unknown */
    const struct kith_opener *opener; /* for topologies and algorithms made of others; NULL for other kinds */
    const kith_local_steps *local;    /* during create, for algorithms that learn from examples; NULL for others */
    size_t arrivals;                  /* the most messages of a server step, for federated algorithms and
                                         filters; 0 for others */
    const struct kith_block *blocks;  /* [block_count] the model's, as long as the instance lives, for algorithms and
                                         topologies of runs that train one; NULL for others */
    size_t block_count;
    size_t workers;  /* that have this machine's memory together, for models and data sets; 0 for others */
    size_t worker;   /* which of them this is, 0 .. workers-1; the first loads data sets */
    uint64_t memory; /* bytes that it has left for all of them, the same number for each of them where that matters; 0
                        where that is unknown */
} kith_setting;

/* Which values of a metric are better. */
typedef enum kith_better { KITH_BETTER_NONE = 0, KITH_BETTER_UP, KITH_BETTER_DOWN } kith_better;

/* One metric that a plugin tells, as tables, charts and `kith info` read it. A second filter of the same id tells the
 * same under NAME_2, which belongs to the row of NAME. */
typedef struct kith_own_metric {
    const char *name;     /* lower case, digits, _ ; one that ends in _ begins those of a family. None of Kith's own */
    const char *unit;     /* "s", "bytes", "edges"; "" where there is none */
    uint32_t better;      /* kith_better */
    uint32_t log;         /* 1: read on a logarithmic axis where it spans some */
    const char *sentence; /* what it is, with its formula if it has one; ends in a full stop */
} kith_own_metric;

/* A default in place of that of a row elsewhere, for values that nobody gives. It holds where the row counts. */
typedef struct kith_default {
    const char *section, *key, *text;
} kith_default;

/* How a plugin tells metrics of its own, at records: at evaluations, and each record.every rounds between them. Each is
 * a row of the plugin's metrics. Return what it returns. */
typedef kith_status (*kith_tell)(void *arg, const char *name, double value);

/* What the tell() of an algorithm finds. Visits may add to v->say, hops to token->say; the host adds all that up. */
typedef struct kith_said {
    uint64_t round;            /* rounds made so far */
    double visits;             /* visits, or hops of all tokens, since the last record */
    const double *sum;         /* [tell_count] what they said, added up */
    const void *const *server; /* federated: [p] the p-th server plane where it is one of scalars; NULL for vectors */
} kith_said;

/* Tables that a plugin declares may be shorter than the host's: each comes with its size, and what is missing counts as
 * zero. Rows that the host hands out in arrays (kith_arrival, kith_token, kith_job, kith_block) never grow. Members are
 * in the order in which the macros below set them, as C++ wants it. */
typedef struct kith_plugin {
    uint32_t abi_major, abi_minor; /* these three never move */
    size_t size;                   /* sizeof(kith_plugin) the plugin was compiled with */
    uint32_t kind;                 /* kith_kind */
    uint32_t role;                 /* kith_role */
    uint32_t real_size;            /* sizeof(kith_real) the plugin was compiled with */
    /* sizeof(kith_param), sizeof(kith_plane) ... the plugin was compiled with */
    uint32_t param_size, plane_size, learner_plane_size, edge_plane_size;
    const char *id; /* the file's name without ".so": "afa-cd" */
    const char *version;
    const char *summary;   /* one line */
    const char *reference; /* DOI or arXiv number; "" where there is none */
    size_t config_size;
    const kith_param *params;
    uint32_t param_count;
    /* [once, before any other callback] Makes *self from the filled-in config. On failure *self is left alone
     * and destroy is not called. May be NULL: then self is the config itself. */
    kith_status (*create)(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self);
    /* [last] Takes back what create made. May be NULL. */
    void (*destroy)(void *self);
    const void *ops;     /* the table of its kind and role: kith_federated, kith_model ... */
    size_t ops_size;     /* its sizeof, as the plugin was compiled */
    const char *details; /* lines that `kith info` prints after the summary: rules, conventions, constants; may be
                            NULL */
    const kith_own_metric *metrics; /* what tell() tells */
    uint32_t metric_count;
    uint32_t metric_size; /* sizeof(kith_own_metric) the plugin was compiled with */
    /* An algorithm's: what makes it run alone in a file. Of sections of every experiment, and of plugins that one of
     * these rows chooses ({"run", "model", "cnn"}). */
    const kith_default *defaults;
    uint32_t default_count;
    uint32_t default_size; /* sizeof(kith_default) the plugin was compiled with */
} kith_plugin;

#define KITH_DESCRIPTOR_SYMBOL "kith_plugin_descriptor"

/* The fields that never differ between plugins of one build. Use it first in the descriptor. */
#define KITH_PLUGIN_HEAD(plugin_kind, plugin_role)                                                                     \
    .abi_major = KITH_ABI_MAJOR, .abi_minor = KITH_ABI_MINOR, .size = sizeof(kith_plugin), .kind = (plugin_kind),      \
    .role = (plugin_role), .real_size = sizeof(kith_real), .param_size = sizeof(kith_param),                           \
    .plane_size = sizeof(kith_plane), .learner_plane_size = sizeof(kith_learner_plane),                                \
    .edge_plane_size = sizeof(kith_edge_plane)

#define KITH_PLUGIN_PARAMS(config_type, table)                                                                         \
    .config_size = sizeof(config_type), .params = (table), .param_count = sizeof(table) / sizeof(table)[0]

#define KITH_PLUGIN_OPS(table) .ops = &(table), .ops_size = sizeof(table)

#define KITH_PLUGIN_METRICS(table)                                                                                     \
    .metrics = (table), .metric_count = sizeof(table) / sizeof(table)[0], .metric_size = sizeof(kith_own_metric)

#define KITH_PLUGIN_DEFAULTS(table)                                                                                    \
    .defaults = (table), .default_count = sizeof(table) / sizeof(table)[0], .default_size = sizeof(kith_default)

/* Starts the one definition a plugin exports: KITH_EXPORT_PLUGIN = { KITH_PLUGIN_HEAD(...), ... }; In C++ it wants the
 * fields in the struct's order, which these macros keep, and C++20, which has names in initialisers. */
#ifdef __cplusplus
#define KITH_EXPORT_PLUGIN                                                                                             \
    extern "C" KITH_API const kith_plugin kith_plugin_descriptor;                                                      \
    const kith_plugin kith_plugin_descriptor
#else
#define KITH_EXPORT_PLUGIN                                                                                             \
    extern KITH_API const kith_plugin kith_plugin_descriptor;                                                          \
    const kith_plugin kith_plugin_descriptor
#endif

#ifdef __cplusplus
}
#endif
#endif
