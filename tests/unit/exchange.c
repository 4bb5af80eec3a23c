#include "support.h"

#include "exchange/exchange.h"
#include "exchange/machine.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

static kith_ctx *ctx;
static kith_exchange *ex;

static int set_up(void **state)
{
    (void)state;
    const kith_exchange_options options = {.domains = 3, .launched = false};
    ctx = kith_ctx_create();
    return kith_exchange_open(ctx, &options, "any", &ex) == KITH_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    kith_exchange_close(ex);
    kith_ctx_destroy(ctx);
    return 0;
}

static void alone(void **state)
{
    (void)state;
    const kith_place *p = kith_exchange_place(ex);
    size_t first = 9, last = 9;
    kith_traffic total = {9, 9};
    assert_true(p->worker == 0 && p->workers == 1 && p->domain == 0 && p->domains == 1);
    assert_true(p->local == 0 && p->locals == 1 && p->hosts == 1);
    kith_exchange_domain(ex, 0, &first, &last);
    assert_true(first == 0 && last == 1);
    bool stop = true;
    assert_int_equal(kith_exchange_agree(ex, KITH_EDATA, &stop), KITH_EDATA);
    assert_true(stop && kith_exchange_speaker(ex));
    assert_int_equal(kith_exchange_agree(ex, KITH_OK, NULL), KITH_OK);
    assert_false(kith_exchange_speaker(ex));
    assert_true(kith_exchange_traffic(ex).bytes == 0 && kith_exchange_traffic(ex).messages == 0);
    assert_int_equal(kith_exchange_traffic_total(ex, &total), KITH_OK);
    assert_true(total.bytes == 0 && total.messages == 0);
    kith_exchange_abort(ex, 1); /* nobody else to end: it returns */
}

static void blocks(void **state)
{
    (void)state;
    static const struct {
        size_t length, count, last_lo, last_hi;
    } cases[] = {
        {1, 1, 0, 1},          {4095, 1, 0, 4095},       {4096, 1, 0, 4096},
        {4097, 2, 4096, 4097}, {12293, 4, 12288, 12293}, {8192, 2, 4096, 8192},
    };
    size_t lo = 9, hi = 9;
    assert_int_equal(kith_block_count(0), 0);
    kith_block_range(0, 0, &lo, &hi);
    assert_true(lo == 0 && hi == 0);
    assert_true(kith_block_count(SIZE_MAX) == ((size_t)1 << 52));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(kith_block_count(cases[i].length), cases[i].count);
        kith_block_range(cases[i].length, cases[i].count - 1, &lo, &hi);
        assert_int_equal(lo, cases[i].last_lo);
        assert_int_equal(hi, cases[i].last_hi);
        kith_block_range(cases[i].length, cases[i].count, &lo, &hi);
        assert_true(lo == cases[i].length && hi == cases[i].length);
        kith_exchange_slice(ex, 0, cases[i].length, &lo, &hi);
        assert_true(lo == 0 && hi == cases[i].count);
    }
}

static void mean(void **state)
{
    (void)state;
    enum { ROWS = 7, LENGTH = 4096 + 1029 };
    static const kith_real values[ROWS] = {(kith_real)1e17, (kith_real)-3.25, (kith_real)1e-3, (kith_real)-1e17,
                                           (kith_real)0.1,  (kith_real)77,    (kith_real)-0.7};
    static const uint32_t order[ROWS] = {6, 0, 3, 1, 5, 2, 4};
    kith_board *board = NULL;
    kith_origin rows[ROWS];
    assert_ok(ctx, kith_board_create(ctx, ex, "mean", ROWS + 1, LENGTH, sizeof(kith_real), &board));
    for (uint32_t i = 0; i < ROWS; i++) {
        kith_real *row = kith_board_row(board, i);
        assert_int_equal((uintptr_t)row % 64, 0);
        for (size_t j = 0; j < LENGTH; j++)
            row[j] = values[i] * (kith_real)(j + 1);
        rows[i] = (kith_origin){order[i], 0};
    }
    for (size_t count = 1; count <= ROWS; count++) {
        assert_ok(ctx, kith_board_mean(board, KITH_OK, rows, count, ROWS));
        const kith_real *got = kith_board_row(board, ROWS);
        for (size_t j = 0; j < LENGTH; j++) {
            volatile double sum = 0; /* volatile: one rounding per addition, in this order */
            for (size_t i = 0; i < count; i++)
                sum = sum + values[order[i]] * (kith_real)(j + 1);
            assert_true(got[j] == (kith_real)(sum / (double)count));
        }
    }
    assert_int_equal(kith_board_mean(board, KITH_EDIVERGED, rows, ROWS, ROWS), KITH_EDIVERGED);
    assert_refused(ctx, kith_board_mean(board, KITH_OK, rows, 0, ROWS), KITH_EINTERNAL,
                   sizeof(kith_real) == 4
                       ? "a mean of 0 rows into row 7 of a board of 8 rows of 4-byte elements cannot be taken; report "
                         "this as a bug"
                       : "a mean of 0 rows into row 7 of a board of 8 rows of 8-byte elements cannot be taken; report "
                         "this as a bug");
    kith_board_destroy(board);
}

/* 1 is lost beside 1e16, so only block order gives these sums. */
static void total_in_block_order(void **state)
{
    (void)state;
    static const double partial[4][2] = {{1e16, 1}, {1, 1e16}, {-1e16, -1e16}, {1, 1}};
    kith_board *board = NULL;
    double total[2] = {9, 9};
    assert_ok(ctx, kith_board_create(ctx, ex, "partial sums", 4, 2, sizeof(double), &board));
    for (size_t b = 0; b < 4; b++)
        memcpy(kith_board_row(board, b), partial[b], sizeof partial[b]);
    assert_ok(ctx, kith_block_total(board, KITH_OK, 3 * KITH_BLOCK + 1, 2, total));
    assert_true(total[0] == 1 && total[1] == 1);
    assert_ok(ctx, kith_block_total(board, KITH_OK, 2 * KITH_BLOCK, 1, total));
    assert_true(total[0] == 1e16 && total[1] == 1);
    assert_refused(ctx, kith_block_total(board, KITH_OK, 4 * KITH_BLOCK + 1, 2, total), KITH_EINTERNAL,
                   "2 sums over 5 blocks do not fit a board of 4 rows of 2 8-byte elements; report this as a bug");
    kith_board_destroy(board);
}

static void refusals(void **state)
{
    (void)state;
    kith_board *board = NULL;
    kith_origin row = {1, 0};
    double needed = 0, left = 0;
    char unit[8] = "", text[256];
    assert_int_equal(kith_board_create(ctx, ex, "messages", 1 << 20, 1 << 22, 1, &board), KITH_EMEMORY);
    assert_int_equal(
        sscanf(kith_ctx_message(ctx), "messages: the board needs %lf TiB but only %lf %7s", &needed, &left, unit), 3);
    snprintf(text, sizeof text,
             "messages: the board needs 4.0 TiB but only %.1f %s of memory is available; use fewer learners or a "
             "smaller model",
             left, unit);
    assert_string_equal(kith_ctx_message(ctx), text);
    kith_ctx_clear(ctx);
    assert_refused(ctx, kith_board_create(ctx, ex, "models", (size_t)1 << 40, (size_t)1 << 40, 4, &board), KITH_EMEMORY,
                   "models: a board of 1099511627776 rows of 1099511627776 elements of 4 bytes is more than can be "
                   "addressed; use fewer learners or a smaller model");
    assert_null(board);
    assert_ok(ctx, kith_board_create(ctx, ex, "empty", 0, 0, 4, &board));
    assert_ok(ctx, kith_board_publish_rows(board, KITH_OK, NULL, 0, NULL));
    assert_refused(ctx, kith_board_publish_rows(board, KITH_OK, &row, 1, NULL), KITH_EINTERNAL,
                   "row 1 of a board of 0 rows was published; report this as a bug");
    kith_board_destroy(board);
    kith_board_destroy(NULL);
}

static void queues(void **state)
{
    (void)state;
    kith_queues *d = NULL;
    assert_ok(ctx, kith_queues_create(ctx, ex, &d));
    for (uint64_t i = 0; i < 5; i++)
        assert_int_equal(kith_queues_next(d, 15), i);
    assert_int_equal(kith_queues_next(d, 7), 0);
    kith_queues_reset(d, 15);
    assert_int_equal(kith_queues_next(d, 15), 0);
    assert_int_equal(kith_queues_next(d, 7), 1);
    kith_queues_destroy(d);
    kith_queues_destroy(NULL);
}

/* Ranks dealt to three hosts in turn: their workers must come out consecutive. */
static void round_robin_hosts(void **state)
{
    (void)state;
    static const kith_seat seat[] = {{0, 0}, {1, 1}, {2, 2}, {0, 0}, {1, 1}, {2, 2}, {0, 0}, {0, 0}};
    static const size_t worker[] = {0, 4, 6, 1, 5, 7, 2, 3};
    kith_layout l;
    assert_ok(ctx, kith_layout_make(ctx, seat, 8, 0, &l));
    assert_true(l.workers == 8 && l.hosts == 3 && l.rooms == 3 && l.domains == 3);
    for (size_t r = 0; r < 8; r++)
        assert_int_equal(l.worker_of_rank[r], worker[r]);
    assert_true(l.first[0] == 0 && l.first[1] == 4 && l.first[2] == 6 && l.first[3] == 8);
    kith_layout_destroy(&l);
}

static void forced_domains(void **state)
{
    (void)state;
    static const kith_seat seat[] = {{0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {5, 5}, {5, 5}};
    static const size_t first[] = {0, 1, 3, 5, 6, 7}, host[] = {0, 0, 0, 1, 1};
    kith_layout l;
    assert_ok(ctx, kith_layout_make(ctx, seat, 7, 3, &l));
    assert_true(l.hosts == 2 && l.domains == 5);
    for (size_t d = 0; d < 5; d++)
        assert_true(l.first[d] == first[d] && l.host_of_domain[d] == host[d]);
    assert_int_equal(l.first[5], 7);
    kith_layout_destroy(&l);
}

/* Containers on a host: ranks 0, 2, 5 in one, 1 and 3 in another, 6 alone; rank 4 on a second host. */
static void rooms_of_a_host(void **state)
{
    (void)state;
    static const kith_seat seat[] = {{0, 0}, {0, 1}, {0, 0}, {0, 1}, {4, 4}, {0, 0}, {0, 6}};
    static const size_t worker[] = {0, 3, 1, 4, 6, 2, 5};
    static const size_t whole[] = {0, 3, 5, 6, 7}, cut[] = {0, 1, 3, 4, 5, 6, 7}, host[] = {0, 0, 0, 0, 0, 1};
    kith_layout l;
    assert_ok(ctx, kith_layout_make(ctx, seat, 7, 0, &l));
    assert_true(l.hosts == 2 && l.rooms == 4 && l.domains == 4);
    for (size_t r = 0; r < 7; r++)
        assert_int_equal(l.worker_of_rank[r], worker[r]);
    for (size_t d = 0; d <= 4; d++)
        assert_int_equal(l.first[d], whole[d]);
    kith_layout_destroy(&l);
    assert_ok(ctx, kith_layout_make(ctx, seat, 7, 2, &l));
    assert_true(l.hosts == 2 && l.rooms == 4 && l.domains == 6);
    for (size_t d = 0; d < 6; d++)
        assert_true(l.first[d] == cut[d] && l.host_of_domain[d] == host[d]);
    kith_layout_destroy(&l);
}

static void tasks(void **state)
{
    (void)state;
    assert_int_equal(kith_tasks_most("8"), 8);
    assert_int_equal(kith_tasks_most("4(x12),3"), 4);
    assert_int_equal(kith_tasks_most("2,16(x2),4(x99)"), 16);
    assert_int_equal(kith_tasks_most(""), 0);
    assert_int_equal(kith_tasks_most("4(x"), 4);
}

static void sizes_in_words(void **state)
{
    (void)state;
    char text[32];
    assert_string_equal(kith_bytes_text(0, text), "0 B");
    assert_string_equal(kith_bytes_text(1023, text), "1023 B");
    assert_string_equal(kith_bytes_text(1536, text), "1.5 KiB");
    assert_string_equal(kith_bytes_text((uint64_t)5 << 30, text), "5.0 GiB");
    assert_string_equal(kith_bytes_text(UINT64_MAX, text), "16.0 EiB");
}

/* A machine made of files. */
static char root[64];

static void put(const char *name, const char *content)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", root, name);
    for (char *slash = strchr(path + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int drop(const char *path, const struct stat *state, int kind, struct FTW *walk)
{
    (void)state;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int make_machine(void **state)
{
    const char *folder = getenv("TMPDIR");
    snprintf(root, sizeof root, "%.40s/kith-XXXXXX", folder ? folder : "/tmp");
    if (set_up(state) || !mkdtemp(root)) return -1;
    put("proc/meminfo", "MemTotal:  9000 kB\nMemFree:  100 kB\nMemAvailable:    5000 kB\nSwapTotal: 1 kB\n");
    return 0;
}

static int drop_machine(void **state)
{
    return nftw(root, drop, 8, FTW_DEPTH | FTW_PHYS) || tear_down(state);
}

static void memory_of_machine(void **state)
{
    (void)state;
    assert_int_equal(kith_memory_available_under(root), 5000 * 1024);
    assert_true(kith_memory_available_under("/nowhere") == UINT64_MAX);
    const uint64_t here = kith_memory_available();
    assert_true(here > 0 && here < (uint64_t)1 << 50);
}

/* The parent's limit is tighter than the group's own; what it has in file caches can be given back. */
static void memory_of_cgroup_2(void **state)
{
    (void)state;
    put("proc/self/cgroup", "0::/job/step\n");
    put("proc/self/mountinfo", "22 1 0:5 / /proc rw - proc proc rw\n"
                               "30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
    put("sys/fs/cgroup/job/step/memory.max", "max\n");
    put("sys/fs/cgroup/job/step/memory.high", "4000000\n");
    put("sys/fs/cgroup/job/step/memory.current", "500000\n");
    assert_int_equal(kith_memory_available_under(root), 3500000);
    put("sys/fs/cgroup/job/memory.max", "3000000\n");
    put("sys/fs/cgroup/job/memory.current", "2000000\n");
    assert_int_equal(kith_memory_available_under(root), 1000000);
    put("sys/fs/cgroup/job/memory.stat", "anon 1\nfile 900000\ninactive_file 300000\nactive_file 400000\n");
    assert_int_equal(kith_memory_available_under(root), 1700000);
    put("sys/fs/cgroup/memory.max", "100\n");
    put("sys/fs/cgroup/memory.current", "200\n");
    assert_int_equal(kith_memory_available_under(root), 0);
}

/* A container that sees its host's path while its mount already starts there. */
static void memory_of_cgroup_1(void **state)
{
    (void)state;
    put("proc/self/cgroup", "7:cpu,cpuacct:/box/77\n4:memory:/box/77/inner\n0::/\n");
    put("proc/self/mountinfo", "30 22 0:26 /box/77 /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
                               "31 22 0:27 /box/77 /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
    put("sys/fs/cgroup/memory/inner/memory.limit_in_bytes", "9223372036854771712\n");
    put("sys/fs/cgroup/memory/inner/memory.usage_in_bytes", "1000000\n");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "2000000\n");
    put("sys/fs/cgroup/memory/memory.usage_in_bytes", "1500000\n");
    assert_int_equal(kith_memory_available_under(root), 500000);
    put("sys/fs/cgroup/memory/memory.stat", "inactive_file 7\ntotal_inactive_file 100000\ntotal_active_file 50000\n");
    assert_int_equal(kith_memory_available_under(root), 650000);
    put("sys/fs/cgroup/memory/inner/memory.limit_in_bytes", "1200000\n");
    assert_int_equal(kith_memory_available_under(root), 200000);
    put("proc/self/cgroup", "4:memory:/elsewhere\n");
    assert_int_equal(kith_memory_available_under(root), 650000);
}

/* Whatever pages it lies in, memory holds what was written there; pieces smaller than a page are nothing to ask for. */
static void large_pages_keep_contents(void **state)
{
    (void)state;
    enum { NUMBERS = 3 << 19, ODD = 13 };
    uint64_t *memory = malloc(NUMBERS * sizeof *memory);
    assert_non_null(memory);
    for (size_t i = 0; i < NUMBERS; i++)
        memory[i] = i * i + ODD;
    kith_memory_at_random(memory + ODD, (NUMBERS - ODD) * sizeof *memory - ODD);
    kith_memory_at_random(memory, 1);
    kith_memory_at_random(memory, 0);
    for (size_t i = 0; i < NUMBERS; i++)
        assert_true(memory[i] == i * i + ODD);
    free(memory);
}

int main(void)
{
#define CASE(name)    cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define MACHINE(name) cmocka_unit_test_setup_teardown(name, make_machine, drop_machine)
    const struct CMUnitTest tests[] = {
        CASE(alone),
        CASE(blocks),
        CASE(mean),
        CASE(total_in_block_order),
        CASE(refusals),
        CASE(queues),
        CASE(round_robin_hosts),
        CASE(forced_domains),
        CASE(rooms_of_a_host),
        CASE(tasks),
        CASE(sizes_in_words),
        MACHINE(memory_of_machine),
        MACHINE(memory_of_cgroup_2),
        MACHINE(memory_of_cgroup_1),
        cmocka_unit_test(large_pages_keep_contents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
