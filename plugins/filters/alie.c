/* "A little is enough": attackers send, in each coordinate, the mean of the honest messages minus z standard
 * deviations. z is given, or the largest at which enough honest ones are farther out still. */
#include <kith/kith.h>

#include <math.h>

typedef struct config {
    double z;
} config;

static const kith_param params[] = {
    {"z", KITH_TYPE_REAL, 0, offsetof(config, z), "0", "", "", "How many standard deviations; 0: by how many attack."},
};

/* s honest ones must side with f attackers for a majority of all. */
static double choose_z(const config *c, double all, double honest)
{
    const double wanted = floor(all / 2.0 + 1.0) - (all - honest);
    return c->z != 0.0 ? c->z : kith_normal_quantile((honest - wanted) / honest);
}

static kith_status stage(void *self, kith_stage *s)
{
    double honest = 0.0;
    for (size_t a = 0; a < s->arrivals; a++)
        honest += !s->attacker[a];
    if (honest == 0.0) return KITH_OK;
    const double z = choose_z(self, (double)s->arrivals, honest);
    for (size_t i = 0; i < s->count; i++) {
        double sum = 0.0, squares = 0.0;
        for (size_t a = 0; a < s->arrivals; a++)
            if (!s->attacker[a]) sum += (double)s->row[a][i];
        for (size_t a = 0; a < s->arrivals; a++)
            if (!s->attacker[a]) squares += pow((double)s->row[a][i] - sum / honest, 2.0);
        for (size_t a = 0; a < s->arrivals; a++)
            if (s->attacker[a]) s->row[a][i] = (kith_real)(sum / honest - z * sqrt(squares / honest));
    }
    return KITH_OK;
}

static const kith_filter ops = {.flags = KITH_FILTER_ATTACKS, .stage = stage};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_FILTER, KITH_ROLE_NONE),
    .id = "alie",
    .version = "1.0",
    .summary = "Attackers hide within the spread of the others",
    .reference = "arXiv 1902.06156",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
