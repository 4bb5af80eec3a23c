/* fedavg and dsgd as older headers of the same major version might have had them: rows of planes and tables of
 * callbacks end early, and what follows them in memory must not be read. */
#include <kith/kith.h>

/* What lies behind the table: no callback. */
enum { GARBAGE = 0x5a };

#ifdef SHORTER_GOSSIP
typedef struct row {
    const char *name;
    uint32_t access, scalars;
} row;
static const row planes[] = {{"model", KITH_MIXED, 0}};

static kith_status local(void *self, kith_visit *v)
{
    (void)self;
    return kith_visit_sgd(v, NULL, v->own[0], NULL);
}

typedef struct older {
    const kith_learner_plane *planes;
    size_t plane_count;
    uint32_t model, needs, uses;
    kith_status (*init)(void *self, kith_visit *v);
    kith_status (*local)(void *self, kith_visit *v);
    uint64_t garbage[32];
} older;
_Static_assert(offsetof(older, garbage) == offsetof(kith_decentralized, mixed), "the table begins as it does now");
static const older ops = {.planes = (const kith_learner_plane *)(const void *)planes,
                          .plane_count = 1,
                          .needs = KITH_ROW_STOCHASTIC,
                          .uses = KITH_USES_OPTIMIZER,
                          .local = local,
                          .garbage = {GARBAGE, GARBAGE, GARBAGE, GARBAGE, GARBAGE, GARBAGE, GARBAGE, GARBAGE}};
#else
typedef struct row {
    const char *name;
    uint32_t side, access;
} row;
static const row planes[] = {{"update", KITH_SIDE_MESSAGE, KITH_PRIVATE}};

static kith_status client(void *self, kith_visit *v)
{
    (void)self;
    kith_copy(v->dimension, v->model, v->work);
    KITH_TRY(kith_visit_sgd(v, NULL, v->work, NULL));
    kith_subtract(v->dimension, v->work, v->model, v->message[0]);
    return KITH_OK;
}

static kith_status server(void *self, kith_fold *f)
{
    double total = 0.0;
    (void)self;
    for (size_t a = 0; a < f->arrivals; a++)
        total += f->arrival[a].examples;
    for (size_t a = 0; a < f->arrivals; a++)
        kith_axpy(f->count, (kith_real)(1.0 * (f->arrival[a].examples / total)), f->message[a], f->model);
    return KITH_OK;
}

typedef struct older {
    const kith_plane *planes;
    size_t plane_count;
    uint32_t needs;
    kith_status (*client)(void *self, kith_visit *v);
    kith_status (*server)(void *self, kith_fold *f);
    uint64_t garbage[32];
} older;
_Static_assert(offsetof(older, garbage) == offsetof(kith_federated, phases), "the table begins as it does now");
static const older ops = {.planes = (const kith_plane *)(const void *)planes,
                          .plane_count = 1,
                          .needs = KITH_HUB,
                          .client = client,
                          .server = server,
                          .garbage = {GARBAGE, GARBAGE, GARBAGE, GARBAGE, GARBAGE, GARBAGE, GARBAGE, GARBAGE}};
#endif

KITH_EXPORT_PLUGIN = {
    .abi_major = KITH_ABI_MAJOR,
    .abi_minor = KITH_ABI_MINOR,
    .size = sizeof(kith_plugin),
    .kind = KITH_ALGORITHM,
    .real_size = sizeof(kith_real),
    .param_size = sizeof(kith_param),
    .edge_plane_size = sizeof(kith_edge_plane),
#ifdef SHORTER_GOSSIP
    .role = KITH_ROLE_DECENTRALIZED,
    .learner_plane_size = sizeof(row),
    .id = "shorter-gossip",
#else
    .role = KITH_ROLE_FEDERATED,
    .plane_size = sizeof(row),
    .id = "shorter",
#endif
    .version = "1.0",
    .summary = "A table that ends early, for tests",
    .reference = "",
    .ops = &ops,
    .ops_size = offsetof(older, garbage),
};
