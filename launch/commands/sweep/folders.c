/* How the folders of a sweep's runs are called: by their values, "lr=0.1,seed=2-9c284daa921e", with the beginning of
 * their digest, by which one is found again where the sweep has other axes now. */
#include "launch/commands/sweep/plan.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    DIGITS = SWEEP_DIGITS,
    WHOLE = 16,
    MOST_VALUES = 80
}; /* WHOLE: of a digest that stands alone, as in older sweeps */

static uint64_t beginning(uint64_t digest)
{
    return digest >> 4 * (WHOLE - DIGITS);
}

/* Of a label what may stand in a file's name, without blanks: "lr = 0.1, ring" becomes "lr=0.1,ring". */
static void spell(const char *label, char out[MOST_VALUES + 1])
{
    size_t used = 0;
    for (; *label && used < MOST_VALUES; label++) {
        if (*label == ' ') continue;
        const bool plain = isalnum((unsigned char)*label) || strchr("=,.+_", *label) || (*label == '-' && used);
        const char c = plain && !(*label == '.' && !used) ? *label : '_';
        if (c != '_' || !used || out[used - 1] != '_') out[used++] = c;
    }
    out[used] = '\0';
}

static kith_status name_point(kith_ctx *ctx, sweep_plan *plan, size_t point)
{
    char label[SWEEP_LABEL_SIZE], values[MOST_VALUES + 1];
    sweep_plan_label(plan, point, true, label, sizeof label);
    spell(label, values);
    free(plan->subfolder[point]);
    if (asprintf(&plan->subfolder[point], "%s%s%0*" PRIx64, values, *values ? "-" : "", DIGITS,
                 beginning(plan->digest[point])) >= 0)
        return KITH_OK;
    plan->subfolder[point] = NULL;
    return kith_fail(ctx, KITH_EMEMORY, "no memory for the sweep's folders");
}

/* The digest that a folder's name ends with, or its beginning; false: it is no run's. */
static bool digest_in(const char *name, uint64_t *out)
{
    const size_t length = strlen(name), digits = length == WHOLE ? (size_t)WHOLE : (size_t)DIGITS;
    if (length < digits || strspn(name + length - digits, "0123456789abcdef") != digits) return false;
    if (length > digits && name[length - digits - 1] != '-') return false;
    const uint64_t digest = strtoull(name + length - digits, NULL, 16);
    *out = digits == WHOLE ? beginning(digest) : digest;
    return true;
}

static kith_status find_point(kith_ctx *ctx, sweep_plan *plan, const char *name)
{
    uint64_t digest = 0;
    size_t first = 0;
    if (!digest_in(name, &digest) || !sweep_plan_find(plan, digest << 4 * (WHOLE - DIGITS), false, &first))
        return KITH_OK;
    free(plan->subfolder[first]);
    plan->subfolder[first] = strdup(name);
    return plan->subfolder[first] ? KITH_OK : kith_fail(ctx, KITH_EMEMORY, "no memory for the sweep's folders");
}

kith_status sweep_plan_name_folders(kith_ctx *ctx, sweep_plan *plan)
{
    kith_status status = KITH_OK;
    sweep_plan_find_twins(plan);
    if (!plan->subfolder) KITH_TRY(KITH_ALLOC(ctx, "the sweep's folders", plan->points, &plan->subfolder));
    for (size_t i = 0; i < plan->points && status == KITH_OK; i++)
        if (sweep_plan_first(plan, i) == i) status = name_point(ctx, plan, i);
    DIR *dir = status == KITH_OK ? opendir(plan->folder) : NULL;
    for (const struct dirent *entry; dir && status == KITH_OK && (entry = readdir(dir));)
        status = find_point(ctx, plan, entry->d_name);
    if (dir) closedir(dir);
    return status;
}

void sweep_plan_folder(const sweep_plan *plan, size_t point, char *out, size_t size)
{
    const char *name = plan->subfolder ? plan->subfolder[sweep_plan_first(plan, point)] : NULL;
    snprintf(out, size, "%s/%s", plan->folder, name ? name : "to-be-named");
}
