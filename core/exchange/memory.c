/* How much memory is left: what the kernel says of the machine, and every control group above this process. */
#include "exchange/exchange.h"
#include "exchange/machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PATH_SIZE = 4096, LINE_SIZE = 2 * PATH_SIZE };

/* Where one version of control groups says what. Its file caches count as used there, yet are given back on demand. */
typedef struct cgroup_files {
    bool unified;
    const char *limits[2], *used, *inactive, *active;
} cgroup_files;

static const cgroup_files files_v1 = {
    false, {"memory.limit_in_bytes", NULL}, "memory.usage_in_bytes", "total_inactive_file", "total_active_file"};
static const cgroup_files files_v2 = {
    true, {"memory.max", "memory.high"}, "memory.current", "inactive_file", "active_file"};

const char *kith_bytes_text(uint64_t bytes, char text[32])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1024.0 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1024.0;
        unit++;
    }
    snprintf(text, 32, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return text;
}

/* False if the pieces do not fit. */
static bool join(char path[PATH_SIZE], const char *a, const char *b, const char *c)
{
    const int length = snprintf(path, PATH_SIZE, "%s%s%s", a, b, c);
    return length >= 0 && length < PATH_SIZE;
}

/* The number after `key` at the start of a line ("" is the first line's start), or `missing`; "max" is no number. */
static uint64_t read_number(const char *folder, const char *name, const char *key, uint64_t missing)
{
    char path[PATH_SIZE], line[256];
    if (!join(path, folder, name[0] == '/' ? "" : "/", name)) return missing;
    FILE *file = fopen(path, "re");
    if (!file) return missing;
    uint64_t value = missing;
    const size_t length = strlen(key);
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, key, length) != 0 || !strchr(length ? " :\t" : "0123456789", line[length])) continue;
        if (sscanf(line + length, length ? "%*[: \t]%" SCNu64 : "%" SCNu64, &value) != 1) value = missing;
        break;
    }
    fclose(file);
    return value;
}

static uint64_t machine_left(const char *root)
{
    const uint64_t kib = read_number(root, "/proc/meminfo", "MemAvailable", UINT64_MAX);
    return kib > UINT64_MAX / 1024 ? UINT64_MAX : kib * 1024;
}

static uint64_t group_left(const cgroup_files *files, const char *folder)
{
    uint64_t limit = UINT64_MAX;
    for (size_t i = 0; i < 2 && files->limits[i]; i++) {
        const uint64_t one = read_number(folder, files->limits[i], "", UINT64_MAX);
        if (one < limit) limit = one;
    }
    if (limit == UINT64_MAX) return UINT64_MAX;
    uint64_t used = read_number(folder, files->used, "", 0);
    const uint64_t cached =
        read_number(folder, "memory.stat", files->inactive, 0) + read_number(folder, "memory.stat", files->active, 0);
    used -= cached < used ? cached : used;
    return limit > used ? limit - used : 0;
}

/* The least left in `folder` and everything above it, down to `top`. */
static uint64_t chain_left(const cgroup_files *files, char folder[PATH_SIZE], size_t top)
{
    uint64_t least = UINT64_MAX;
    for (;;) {
        const uint64_t left = group_left(files, folder);
        if (left < least) least = left;
        char *slash = strrchr(folder, '/');
        if (!slash || (size_t)(slash - folder) < top) return least;
        *slash = '\0';
    }
}

/* Whether `word` is one of a list divided by commas. */
static bool listed(const char *list, const char *word)
{
    const size_t length = strlen(word);
    while (*list) {
        const size_t item = strcspn(list, ",\n");
        if (item == length && strncmp(list, word, length) == 0) return true;
        list += item + (list[item] != '\0');
    }
    return false;
}

/* This process's group in the hierarchy, as /proc/self/cgroup has it: "4:memory:/path" or "0::/path". */
static bool find_group(const char *root, bool unified, char group[PATH_SIZE])
{
    char line[LINE_SIZE], path[PATH_SIZE];
    if (!join(path, root, "/proc/self/cgroup", "")) return false;
    FILE *file = fopen(path, "re");
    if (!file) return false;
    bool found = false;
    while (!found && fgets(line, sizeof line, file)) {
        char *controllers = strchr(line, ':');
        char *place = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!place) continue;
        *place++ = '\0';
        place[strcspn(place, "\n")] = '\0';
        found = (unified ? controllers[1] == '\0' : listed(controllers + 1, "memory")) && join(group, place, "", "");
    }
    fclose(file);
    return found;
}

/* Splits a line of mountinfo: "id parent dev ROOT POINT options... - TYPE source SUPER". */
static bool mount_fields(char *line, char **top, char **point, char **type, char **super)
{
    char *dash = strstr(line, " - "), *rest = NULL;
    if (!dash) return false;
    *dash = '\0';
    const char *const gap = " \n";
    for (int i = 0; i < 3; i++)
        if (!strtok_r(i ? NULL : line, gap, &rest)) return false;
    *top = strtok_r(NULL, gap, &rest);
    *point = strtok_r(NULL, gap, &rest);
    *type = strtok_r(dash + 3, gap, &rest);
    *super = strtok_r(NULL, gap, &rest) ? strtok_r(NULL, gap, &rest) : NULL;
    return *top && *point && *type && *super;
}

/* A group's folder: below the mount point, without what the mount itself already descends into. A path outside of the
 * mount (a container that sees its host's names) leaves the mount point. */
static bool place_folder(const char *root, const char *top, const char *point, const char *group,
                         char folder[PATH_SIZE], size_t *mounted)
{
    const size_t length = strcmp(top, "/") == 0 ? 0 : strlen(top);
    const bool inside = strncmp(group, top, length) == 0 && (group[length] == '/' || group[length] == '\0');
    const char *below = inside ? group + length : "";
    if (strcmp(below, "/") == 0 || strncmp(below, "/..", 3) == 0) below = "";
    *mounted = strlen(root) + strlen(point);
    return join(folder, root, point, below);
}

static uint64_t groups_left(const char *root, const cgroup_files *files)
{
    char line[LINE_SIZE], path[PATH_SIZE], group[PATH_SIZE], folder[PATH_SIZE];
    if (!find_group(root, files->unified, group) || !join(path, root, "/proc/self/mountinfo", "")) return UINT64_MAX;
    FILE *file = fopen(path, "re");
    if (!file) return UINT64_MAX;
    uint64_t least = UINT64_MAX;
    while (fgets(line, sizeof line, file)) {
        char *top, *point, *type, *super;
        size_t mounted = 0;
        if (!mount_fields(line, &top, &point, &type, &super)) continue;
        if (strcmp(type, files->unified ? "cgroup2" : "cgroup") != 0) continue;
        if (!files->unified && !listed(super, "memory")) continue;
        if (!place_folder(root, top, point, group, folder, &mounted)) continue;
        const uint64_t left = chain_left(files, folder, mounted);
        if (left < least) least = left;
    }
    fclose(file);
    return least;
}

uint64_t kith_memory_available_under(const char *root)
{
    uint64_t least = machine_left(root);
    const uint64_t v1 = groups_left(root, &files_v1), v2 = groups_left(root, &files_v2);
    if (v1 < least) least = v1;
    return v2 < least ? v2 : least;
}

uint64_t kith_memory_available(void)
{
    return kith_memory_available_under("");
}

/* Linux 6.1 has it; older headers do not tell its number. */
#if defined(__linux__) && !defined(MADV_COLLAPSE)
#define MADV_COLLAPSE 25
#endif

/* Memory that was reserved page by page is put together, which works for that of a file too. */
void kith_memory_at_random(void *memory, size_t bytes)
{
#ifdef MADV_COLLAPSE
    const uintptr_t page = 4096, large = (uintptr_t)2 << 20;
    const uintptr_t first = ((uintptr_t)memory + page - 1) / page * page,
                    end = ((uintptr_t)memory + bytes) / page * page;
    if (end > first && end - first >= 2 * large) (void)madvise((void *)first, end - first, MADV_COLLAPSE);
#else
    (void)memory;
    (void)bytes;
#endif
}
