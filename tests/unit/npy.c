#include "support.h"

#include "record/record.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[32];

static int set_up(void **state)
{
    strcpy(folder, "npy-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    *state = kith_ctx_create();
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    kith_ctx_destroy(*state);
    return rmdir(folder); /* fails, and with it the test, if anything was left behind */
}

static void path_in_folder(char path[64], const char *name)
{
    snprintf(path, 64, "%s/%s", folder, name);
}

static size_t read_all(const char *path, unsigned char *bytes, size_t size)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    const size_t count = fread(bytes, 1, size, f);
    fclose(f);
    return count;
}

/* The header as numpy.save writes it for np.array([1, -2, 0.5], dtype=...): 10 bytes, the dictionary, blanks, a
 * newline. */
static void bytes_are_numpys(void **state)
{
    kith_ctx *ctx = *state;
    char path[64];
    path_in_folder(path, "model.npy");
    const kith_real values[3] = {1, -2, (kith_real)0.5};
    assert_ok(ctx, kith_npy_write(ctx, path, values, 3));
    unsigned char found[256], expected[256];
#ifdef KITH_REAL_IS_DOUBLE
    const char text[] = "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }";
    const unsigned char data[] = {0, 0, 0, 0,    0, 0, 0xf0, 0x3f, 0, 0, 0,    0,
                                  0, 0, 0, 0xc0, 0, 0, 0,    0,    0, 0, 0xe0, 0x3f};
#else
    const char text[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }";
    const unsigned char data[] = {0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0x3f};
#endif
    memset(expected, ' ', sizeof expected);
    memcpy(expected, "\x93NUMPY\x01\x00\x76\x00", 10);
    memcpy(expected + 10, text, sizeof text - 1);
    expected[127] = '\n';
    memcpy(expected + 128, data, sizeof data);
    assert_int_equal(read_all(path, found, sizeof found), 128 + sizeof data);
    assert_memory_equal(found, expected, 128 + sizeof data);
    struct stat info;
    const mode_t mask = umask(0);
    umask(mask);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0666 & ~mask);
    assert_int_equal(unlink(path), 0);
}

static void an_old_file_is_replaced_whole(void **state)
{
    kith_ctx *ctx = *state;
    char path[64];
    path_in_folder(path, "model.npy");
    const kith_real many[100] = {0}, one[1] = {3};
    unsigned char found[1024];
    assert_ok(ctx, kith_npy_write(ctx, path, many, 100));
    assert_int_equal(read_all(path, found, sizeof found), 128 + sizeof many);
    assert_ok(ctx, kith_npy_write(ctx, path, one, 1));
    assert_int_equal(read_all(path, found, sizeof found), 128 + sizeof one);
    assert_non_null(strstr((const char *)found + 10, "(1,)"));
    assert_int_equal(unlink(path), 0);
}

/* A limit on file sizes stands for a full disk: the old file stays, nothing else does. */
static void a_full_disk_leaves_the_old_file(void **state)
{
    kith_ctx *ctx = *state;
    char path[64], expected[192];
    path_in_folder(path, "model.npy");
    const kith_real one[1] = {3};
    static const kith_real many[100000];
    unsigned char found[1024];
    assert_ok(ctx, kith_npy_write(ctx, path, one, 1));
    struct rlimit former, tight;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &former), 0);
    tight = former;
    tight.rlim_cur = 20000;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    const kith_status status = kith_npy_write(ctx, path, many, 100000);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &former), 0);
    signal(SIGXFSZ, handler);
    snprintf(expected, sizeof expected, "%s: cannot be written: %s; make room there or choose another place", path,
             strerror(EFBIG));
    assert_refused(ctx, status, KITH_EIO, expected);
    assert_int_equal(read_all(path, found, sizeof found), 128 + sizeof one);
    assert_int_equal(unlink(path), 0);
}

static void places_that_cannot_be_are_refused(void **state)
{
    kith_ctx *ctx = *state;
    char path[64], expected[192];
    const kith_real one[1] = {3};
    path_in_folder(path, "missing/model.npy");
    snprintf(expected, sizeof expected, "%s: cannot be written: %s; make room there or choose another place", path,
             strerror(ENOENT));
    assert_refused(ctx, kith_npy_write(ctx, path, one, 1), KITH_EIO, expected);
    /* A rename would replace it; the pipe stands for /dev/null, which a test had better not risk. */
    path_in_folder(path, "pipe");
    assert_int_equal(mkfifo(path, 0600), 0);
    snprintf(expected, sizeof expected, "%s: is there and is no regular file; choose another name", path);
    assert_refused(ctx, kith_npy_write(ctx, path, one, 1), KITH_EIO, expected);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_true(S_ISFIFO(info.st_mode));
    assert_int_equal(unlink(path), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bytes_are_numpys),
        TEST(an_old_file_is_replaced_whole),
        TEST(a_full_disk_leaves_the_old_file),
        TEST(places_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests_name("npy", tests, NULL, NULL);
}
