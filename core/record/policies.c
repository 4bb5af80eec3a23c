#include "record/policies.h"

#include "record/aside.h"
#include "record/record.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char values_name[] = "policies.npy", table_name[] = "policies.csv";

static void path_of(char out[PATH_MAX], const char *folder, const char *name)
{
    snprintf(out, PATH_MAX, "%s/%s", folder, name);
}

/* ---- writing ---- */

static void write_table(const kith_policy_set *p, FILE *out)
{
    fputs("policy,weight", out);
    for (size_t i = 0; i < p->populations; i++)
        fprintf(out, ",%s", p->population[i]);
    for (size_t k = 0; k < p->count; k++) {
        fprintf(out, "\n%zu,%.17g", k, p->weight[k]);
        for (size_t i = 0; i < p->populations; i++)
            fprintf(out, ",%u", p->joined[k] >> i & 1u);
    }
    putc('\n', out);
}

kith_status kith_policy_set_write(kith_ctx *ctx, const char *folder, const kith_policy_set *p)
{
    char path[PATH_MAX];
    kith_aside file;
    path_of(path, folder, values_name);
    KITH_TRY(kith_npy_write_rows(ctx, path, p->value, p->element, p->count, p->entries));
    path_of(path, folder, table_name);
    KITH_TRY(kith_aside_open(ctx, path, KITH_PRODUCT_POLICIES, &file));
    write_table(p, file.stream);
    return kith_aside_commit(ctx, &file);
}

kith_status kith_policy_set_remove(kith_ctx *ctx, const char *folder)
{
    const char *const names[] = {table_name, values_name};
    for (size_t i = 0; i < 2; i++) {
        char path[PATH_MAX];
        path_of(path, folder, names[i]);
        if (unlink(path) != 0 && errno != ENOENT)
            return kith_fail(ctx, KITH_EIO, "%s: the former run's policies cannot be removed: %s", path,
                             strerror(errno));
    }
    return KITH_OK;
}

/* ---- reading ---- */

static kith_status no_table(kith_ctx *ctx, const char *path, size_t line)
{
    return kith_fail(ctx, KITH_EDATA, "%s:%zu: is no line of the table that a run leaves; make the run again", path,
                     line);
}

/* "policy,weight,all,mains": the names, cut apart in place. */
static bool take_header(char *line, kith_policy_set *out)
{
    static const char start[] = "policy,weight,";
    line[strcspn(line, "\r\n")] = '\0';
    if (strncmp(line, start, sizeof start - 1) != 0) return false;
    char *rest = line + sizeof start - 1;
    while (rest && out->populations < KITH_MOST_POPULATIONS) {
        char *name = strsep(&rest, ",");
        if (!*name) return false;
        out->population[out->populations++] = name;
    }
    return rest == NULL;
}

static bool take_line(const char *line, size_t k, const kith_policy_set *p, double *weight, uint32_t *joined)
{
    char *end = NULL;
    if (strtoull(line, &end, 10) != k || *end != ',') return false;
    const char *rest = end + 1;
    *weight = kith_number(rest, &rest);
    *joined = 0;
    for (size_t i = 0; i < p->populations; i++) {
        if (rest[0] != ',' || (rest[1] != '0' && rest[1] != '1')) return false;
        *joined |= (uint32_t)(rest[1] == '1') << i;
        rest += 2;
    }
    return *weight >= 0.0 && isfinite(*weight) && (*rest == '\n' || *rest == '\0');
}

static kith_status read_lines(kith_ctx *ctx, const char *path, FILE *file, kith_policy_set *out, double *weight,
                              uint32_t *joined)
{
    char *line = NULL;
    size_t room = 0, k = 0;
    double sum = 0.0;
    kith_status status = KITH_OK;
    for (; status == KITH_OK && getline(&line, &room, file) > 0; k++) {
        if (k == out->count || !take_line(line, k, out, &weight[k], &joined[k]))
            status = no_table(ctx, path, k + 2);
        else
            sum += weight[k];
    }
    free(line);
    KITH_TRY(status);
    if (k == out->count && fabs(sum - 1.0) < 1e-6) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA,
                     "%s: it has %zu of %zu policies, their weights' sum is %g, not 1; make the run again", path, k,
                     out->count, sum);
}

static kith_status read_table(kith_ctx *ctx, const char *path, FILE *file, kith_policy_set *out)
{
    double *weight = NULL;
    uint32_t *joined = NULL;
    size_t room = 0;
    if (getline(&out->header, &room, file) <= 0 || !take_header(out->header, out)) return no_table(ctx, path, 1);
    KITH_TRY(KITH_ALLOC(ctx, path, out->count, &weight));
    out->weight = weight;
    KITH_TRY(KITH_ALLOC(ctx, path, out->count, &joined));
    out->joined = joined;
    return read_lines(ctx, path, file, out, weight, joined);
}

static kith_status check_numbers(kith_ctx *ctx, const char *path, const kith_policy_set *p)
{
    const double *value = p->value;
    for (size_t i = 0; i < p->count * p->entries; i++)
        if (!isfinite(value[i]))
            return kith_fail(ctx, KITH_EDATA, "%s: number %zu of policy %zu is %g; make the run again", path,
                             i % p->entries, i / p->entries, value[i]);
    return KITH_OK;
}

static kith_status read_all(kith_ctx *ctx, const char *folder, kith_policy_set *out)
{
    char path[PATH_MAX];
    double *value = NULL;
    path_of(path, folder, values_name);
    KITH_TRY(kith_npy_read_rows(ctx, path, &out->count, &out->entries, &value));
    out->value = value;
    KITH_TRY(check_numbers(ctx, path, out));
    path_of(path, folder, table_name);
    FILE *file = fopen(path, "re");
    if (!file) return kith_fail(ctx, KITH_EIO, "%s: cannot be read: %s", path, strerror(errno));
    const kith_status status = read_table(ctx, path, file, out);
    fclose(file);
    return status;
}

kith_status kith_policy_set_read(kith_ctx *ctx, const char *folder, kith_policy_set *out)
{
    *out = (kith_policy_set){.element = sizeof(double)};
    const kith_status status = read_all(ctx, folder, out);
    if (status != KITH_OK) kith_policy_set_free(out);
    return status;
}

void kith_policy_set_free(kith_policy_set *p)
{
    kith_free((void *)p->value);
    kith_free((void *)p->weight);
    kith_free((void *)p->joined);
    free(p->header);
    *p = (kith_policy_set){.count = 0};
}
