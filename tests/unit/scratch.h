/* A folder of its own for a test's files: entered at the start, removed with all in it at the end. Files have short
 * relative names there, so messages can be compared whole. */
#ifndef KITH_TESTS_SCRATCH_H
#define KITH_TESTS_SCRATCH_H

#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct scratch {
    char before[PATH_MAX], inside[PATH_MAX];
} scratch;

static inline int scratch_enter(void **state)
{
    scratch *s = calloc(1, sizeof *s);
    char name[] = "scratch-XXXXXX";
    if (!s || !getcwd(s->before, sizeof s->before) || !mkdtemp(name) || chdir(name) != 0) return -1;
    if (!getcwd(s->inside, sizeof s->inside)) return -1;
    *state = s;
    return 0;
}

static inline int scratch_remove(const char *path, const struct stat *found, int type, struct FTW *where)
{
    (void)found, (void)type, (void)where;
    return remove(path);
}

static inline int scratch_leave(void **state)
{
    scratch *s = *state;
    const int moved = chdir(s->before);
    const int removed = nftw(s->inside, scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
    free(s);
    return moved || removed;
}

static inline void scratch_write(const char *path, const void *bytes, size_t length)
{
    remove(path); /* ext4 flushes a file that is cut to nothing and written again, which takes milliseconds */
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

#endif
