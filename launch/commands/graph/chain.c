#include "launch/commands/graph/chain.h"

#include "graph/spectrum.h"
#include <kith/lines.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Above this many nodes eigenvectors take minutes. */
enum { MOST_NODES = 2000 };
static const double least_power = 0.01;

typedef struct spectrum {
    size_t nodes;
    double *values; /* [N] from the largest on; the first is 1 */
    double *noise;  /* [N] (u_k'b)^2, summed over the vectors b that are to be learned; u_k: left eigenvectors */
    double *spread; /* [N] |u_k|^2 */
} spectrum;

chain_options chain_defaults(void)
{
    return (chain_options){
        .alpha = {0, 1, 2, 5, 10, 20}, .alphas = 6, .lr_power = 0.9, .gamma_power = {0.6, 0.9, 1}, .gamma_powers = 3};
}

bool chain_target(const char *text, chain_options *out)
{
    out->wanted = true;
    out->target = strcmp(text, "degree") ? KITH_STATIONARY_UNIFORM : KITH_STATIONARY_DEGREE;
    return out->target == KITH_STATIONARY_DEGREE || !strcmp(text, "uniform");
}

/* Numbers from least to most with commas between; 0: these are none. */
static size_t read_list(const char *text, double least, double most, double *out)
{
    size_t count = 0;
    for (const char *at = text;; at++) {
        const char *end = NULL;
        const double value = kith_number(at, &end);
        if (end == at || !(value >= least) || !(value <= most) || count == CHAIN_ALPHAS) return 0;
        out[count++] = value;
        if (*end == 0) return count;
        if (*end != ',') return 0;
        at = end;
    }
}

bool chain_alphas(const char *text, chain_options *out)
{
    out->alphas = read_list(text, 0.0, DBL_MAX, out->alpha);
    return out->alphas > 0;
}

bool chain_gamma_powers(const char *text, chain_options *out)
{
    out->gamma_powers = read_list(text, least_power, 1.0, out->gamma_power);
    return out->gamma_powers > 0;
}

bool chain_lr_power(const char *text, chain_options *out)
{
    double value[CHAIN_ALPHAS];
    if (read_list(text, least_power, 1.0, value) != 1) return false;
    out->lr_power = value[0];
    return true;
}

/* ---- points ---- */

static kith_status read_lines(kith_ctx *ctx, const char *path, kith_lines *lines, size_t nodes, double *point,
                              size_t *count)
{
    for (*count = 0;; ++*count) {
        char *text = NULL;
        const char *end = NULL;
        KITH_TRY(kith_lines_next(ctx, lines, "#", &text));
        if (!text) return KITH_OK;
        const double value = kith_number(text, &end);
        if (end == text || *end || !isfinite(value))
            return kith_fail(ctx, KITH_EDATA, "%s:%zu: it is not a number; give one for each node", path,
                             kith_lines_number(lines));
        if (*count < nodes) point[*count] = value;
    }
}

static kith_status read_points(kith_ctx *ctx, const char *path, size_t nodes, double *point)
{
    size_t count = 0;
    kith_lines *lines = NULL;
    KITH_TRY(kith_lines_open(ctx, path, "--points", "a file with a number on each line", &lines));
    kith_status status = read_lines(ctx, path, lines, nodes, point, &count);
    kith_lines_close(lines);
    if (status == KITH_OK && count != nodes)
        status = kith_fail(ctx, KITH_EDATA, "%s: it has %zu numbers, but there are %zu nodes; give one for each", path,
                           count, nodes);
    return status;
}

/* ---- eigenpairs ---- */

static kith_status allocate(kith_ctx *ctx, size_t nodes, spectrum *s)
{
    s->nodes = nodes;
    KITH_TRY(KITH_ALLOC(ctx, "eigenvalues", nodes, &s->values));
    KITH_TRY(KITH_ALLOC(ctx, "eigenvalues", nodes, &s->noise));
    return KITH_ALLOC(ctx, "eigenvalues", nodes, &s->spread);
}

/* u_k = D^(1/2) phi_k */
static void project(const kith_reversible *chain, const double *vectors, const double *point, spectrum *s)
{
    for (size_t k = 0; k < s->nodes; k++) {
        double along = 0.0;
        for (size_t i = 0; i < s->nodes; i++) {
            const double u = sqrt(chain->mu[i]) * vectors[k * s->nodes + i];
            s->spread[k] += u * u;
            if (point) along += u * point[i];
        }
        s->noise[k] = point ? along * along : s->spread[k];
    }
}

static kith_status decompose(kith_ctx *ctx, const kith_reversible *chain, const double *point, spectrum *s)
{
    double *vectors = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "eigenvectors", s->nodes * s->nodes, &vectors));
    const kith_status status = kith_reversible_spectrum(ctx, chain, s->values, vectors);
    if (status == KITH_OK) project(chain, vectors, point, s);
    kith_free(vectors);
    return status;
}

/* ---- variances ---- */

/* The base chain's, in units of that of independent draws. */
static double inflation(double lambda)
{
    return (1.0 + lambda) / (1.0 - lambda);
}

typedef double (*reduction)(double alpha, double lambda);

static double srrw_sampling(double alpha, double lambda)
{
    return 1.0 / (2.0 * alpha * (1.0 + lambda) + 1.0);
}

static double hdt_sampling(double alpha, double lambda)
{
    (void)lambda;
    return 1.0 / (2.0 * alpha + 1.0);
}

/* Hu, Doshi, Eun 2024, Theorem 3.3, for a quadratic: the measure forgets faster than the model, as fast, or more
 * slowly. */
static double case_one(double alpha, double lambda)
{
    const double drift = alpha * (1.0 + lambda) + 1.0;
    return 0.5 / (drift * drift);
}

static double case_two(double alpha, double lambda)
{
    return 0.5 / (alpha * (1.0 + lambda) + 1.0);
}

static double case_three(double alpha, double lambda)
{
    (void)alpha;
    (void)lambda;
    return 0.5;
}

static double sum_over(const spectrum *s, const double *weight, double alpha, reduction reduce)
{
    double sum = 0.0;
    for (size_t k = 1; k < s->nodes; k++)
        sum += weight[k] * inflation(s->values[k]) * reduce(alpha, s->values[k]);
    return sum;
}

/* ---- printing ---- */

static void print_table(const spectrum *s, const chain_options *o)
{
    static const struct {
        const char *name;
        reduction reduce;
        bool sampling;
    } column[] = {{"srrw", srrw_sampling, true},
                  {"hdt", hdt_sampling, true},
                  {"case (i)", case_one, false},
                  {"case (ii)", case_two, false},
                  {"case (iii)", case_three, false}};
    const size_t columns = sizeof column / sizeof column[0];
    printf("\nvariances       n times the empirical measure's, summed over nodes; MSE over beta_n of a model that "
           "learns %s\n%8s",
           o->points ? "the points' mean" : "every one-hot vector's mean", "alpha");
    for (size_t c = 0; c < columns; c++)
        printf("%13s", column[c].name);
    for (size_t a = 0; a < o->alphas; a++) {
        printf("\n%8g", o->alpha[a]);
        for (size_t c = 0; c < columns; c++)
            printf("%13.6g", sum_over(s, column[c].sampling ? s->spread : s->noise, o->alpha[a], column[c].reduce));
    }
    printf("\n");
}

static kith_status print_hops(kith_ctx *ctx, const spectrum *s, const chain_options *o)
{
    double *error = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "errors", s->nodes, &error));
    printf("\nafter %llu hops   MSE over beta_n, with beta_n = (n+1)^-%g and gamma_n = (n+1)^-a\n%8s",
           (unsigned long long)o->hops, o->lr_power, "alpha");
    for (size_t c = 0; c < o->gamma_powers; c++)
        printf("%6s%7g", "a =", o->gamma_power[c]);
    for (size_t a = 0; a < o->alphas; a++) {
        printf("\n%8g", o->alpha[a]);
        for (size_t c = 0; c < o->gamma_powers; c++) {
            double sum = 0.0;
            chain_errors(s->values + 1, s->nodes - 1, o->alpha[a], o->gamma_power[c], o->lr_power, o->hops, error);
            for (size_t k = 1; k < s->nodes; k++)
                sum += s->noise[k] * error[k - 1];
            printf("%13.6g", sum);
        }
    }
    printf("\n");
    kith_free(error);
    return KITH_OK;
}

static void print_spectrum(const spectrum *s, const chain_options *o)
{
    printf("\neigenvalues     and what the variance along each is in units of that of independent draws, for "
           "srrw\n%8s%13s",
           "k", "lambda");
    for (size_t a = 0; a < o->alphas; a++)
        printf("%6s%7g", "alpha", o->alpha[a]);
    for (size_t k = 1; k < s->nodes; k++) {
        printf("\n%8zu%13.8f", k + 1, s->values[k]);
        for (size_t a = 0; a < o->alphas; a++)
            printf("%13.6g", inflation(s->values[k]) * srrw_sampling(o->alpha[a], s->values[k]));
    }
    printf("\n");
}

static kith_status tell(kith_ctx *ctx, const kith_neighbours *neighbours, const chain_options *o, spectrum *s)
{
    kith_reversible *chain = NULL;
    double *point = NULL;
    KITH_TRY(allocate(ctx, neighbours->nodes, s));
    kith_status status = KITH_OK;
    if (o->points) {
        status = KITH_ALLOC(ctx, "points", s->nodes, &point);
        if (status == KITH_OK) status = read_points(ctx, o->points, s->nodes, point);
    }
    if (status == KITH_OK) status = kith_reversible_create(ctx, neighbours, o->target, &chain);
    if (status == KITH_OK) status = decompose(ctx, chain, point, s);
    if (status == KITH_OK) {
        printf("\nwalk            %s\n", o->target == KITH_STATIONARY_DEGREE
                                             ? "the simple random walk; target: by degree"
                                             : "Metropolis-Hastings on the simple walk's proposals; target: uniform");
        print_table(s, o);
        if (o->hops) status = print_hops(ctx, s, o);
        print_spectrum(s, o);
    }
    kith_reversible_free(chain);
    kith_free(point);
    return status;
}

static kith_status refuse(kith_ctx *ctx, const char *name, const kith_graph *graph, uint32_t promised)
{
    const char *wrong = !(promised & KITH_STATIC)                ? "changes from round to round"
                        : !(graph->properties & KITH_UNDIRECTED) ? "is directed"
                        : !(graph->properties & KITH_CONNECTED)  ? "is not connected"
                        : graph->nodes < 2                       ? "has a single node"
                                                                 : NULL;
    if (wrong)
        return kith_fail(ctx, KITH_ECONFIG,
                         "%s: the graph %s; a walk needs one that is static, undirected and connected", name, wrong);
    if (graph->nodes <= MOST_NODES) return KITH_OK;
    return kith_fail(ctx, KITH_ECONFIG, "%s: eigenvalues are computed for at most %d nodes; leave --walk out", name,
                     MOST_NODES);
}

kith_status chain_tell(kith_ctx *ctx, const char *name, const kith_graph *graph, uint32_t promised,
                       const chain_options *options)
{
    kith_neighbours neighbours = {0};
    spectrum s = {0};
    KITH_TRY(refuse(ctx, name, graph, promised));
    KITH_TRY(kith_neighbours_of(ctx, graph, &neighbours));
    const kith_status status = tell(ctx, &neighbours, options, &s);
    kith_neighbours_free(&neighbours);
    kith_free(s.values);
    kith_free(s.noise);
    kith_free(s.spread);
    return status;
}
