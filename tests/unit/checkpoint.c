#include "support.h"

#include "record/checkpoint.h"
#include "record/saves.h"
#include "scratch.h"

#include <dirent.h>

enum { ROWS = 3, LENGTH = (int)(2 * 4096 + 100), COUNTS = 5 };
#define FOLDER "saves"
#define NAME   FOLDER "/round-000012.kith"
#define REMEDY "; remove it to resume from an older one, if there is one, or begin anew with --overwrite"

typedef struct fixture {
    kith_ctx *ctx;
    double vector[ROWS][LENGTH]; /* the second row is zero */
    uint64_t count[COUNTS];
    kith_part part[2];
    kith_checkpoint_setup setup;
} fixture;

static void fill(fixture *f, uint64_t round)
{
    memset(f, 0, sizeof *f);
    f->ctx = kith_ctx_create();
    for (int r = 0; r < ROWS; r += 2)
        for (int i = 0; i < LENGTH; i++)
            f->vector[r][i] = 1.0 / (1 + i + 10 * r);
    for (uint64_t i = 0; i < COUNTS; i++)
        f->count[i] = UINT64_MAX - i;
    f->part[0] = (kith_part){"vectors", ROWS, LENGTH, sizeof(double)};
    f->part[1] = (kith_part){"counts", 1, COUNTS, sizeof(uint64_t)};
    f->setup = (kith_checkpoint_setup){
        .round = round, .run = 77, .build = "version=1\n", .config = "run.seed = 3\n", .part = f->part, .parts = 2};
}

static void write_all(fixture *f, kith_checkpoint *c)
{
    for (size_t r = 0; r < ROWS; r++)
        assert_ok(f->ctx, kith_checkpoint_write_row(f->ctx, c, 0, r, f->vector[r]));
    assert_ok(f->ctx, kith_checkpoint_write_row(f->ctx, c, 1, 0, f->count));
    assert_ok(f->ctx, kith_checkpoint_seal(f->ctx, c));
}

static void save(fixture *f, size_t keep)
{
    kith_checkpoint *c = NULL;
    assert_ok(f->ctx, kith_checkpoint_create(f->ctx, FOLDER, &f->setup, &c));
    write_all(f, c);
    assert_ok(f->ctx, kith_checkpoint_place(f->ctx, c, keep));
    kith_checkpoint_close(c);
}

/* The first thing that fails when a checkpoint is read. */
static kith_status read_all(fixture *f)
{
    static double vector[LENGTH];
    uint64_t count[COUNTS];
    kith_checkpoint *c = NULL;
    KITH_TRY(kith_checkpoint_open(f->ctx, FOLDER, 12, &c));
    kith_status status = kith_checkpoint_match(f->ctx, c, f->part, 2, 0);
    for (size_t r = 0; r < ROWS && status == KITH_OK; r++) {
        memset(vector, 0xff, sizeof vector); /* what was there before must not matter */
        status = kith_checkpoint_read_row(f->ctx, c, 0, r, vector);
        if (status == KITH_OK) assert_memory_equal(vector, f->vector[r], sizeof vector);
    }
    if (status == KITH_OK) status = kith_checkpoint_read_row(f->ctx, c, 1, 0, count);
    if (status == KITH_OK) assert_memory_equal(count, f->count, sizeof count);
    kith_checkpoint_close(c);
    return status;
}

static unsigned char *read_file(size_t *size)
{
    struct stat info;
    assert_int_equal(stat(NAME, &info), 0);
    *size = (size_t)info.st_size;
    unsigned char *bytes = malloc(*size);
    FILE *in = fopen(NAME, "rb");
    assert_true(bytes && in && fread(bytes, 1, *size, in) == *size);
    fclose(in);
    return bytes;
}

static void reads_back(void **state)
{
    (void)state;
    static fixture f;
    kith_checkpoint *c = NULL;
    fill(&f, 12);
    save(&f, 1);
    assert_ok(f.ctx, read_all(&f));
    assert_ok(f.ctx, kith_checkpoint_open(f.ctx, FOLDER, 12, &c));
    const kith_checkpoint_setup *info = kith_checkpoint_setup_of(c);
    assert_string_equal(info->build, "version=1\n");
    assert_string_equal(info->config, "run.seed = 3\n");
    assert_true(info->run == 77 && info->round == 12 && info->parts == 2);
    assert_string_equal(kith_checkpoint_path(c), NAME);
    const kith_part other[] = {f.part[0], {"counts", 1, COUNTS + 1, 8}};
    assert_refused(f.ctx, kith_checkpoint_match(f.ctx, c, other, 2, 0), KITH_EDATA,
                   NAME
                   ": holds counts (1 x 5, 8 bytes each) where this program wants counts (1 x 6, 8 bytes each); resume "
                   "with the program and the plugins that wrote it");
    assert_refused(f.ctx, kith_checkpoint_match(f.ctx, c, f.part, 1, 0), KITH_EDATA,
                   NAME
                   ": holds 2 parts where this program wants 1; resume with the program and the plugins that wrote it");
    kith_checkpoint_close(c);
    kith_ctx_destroy(f.ctx);
}

/* Two workers: each knows of the other's pieces only through the file. */
static void is_written_together(void **state)
{
    (void)state;
    static fixture f;
    kith_checkpoint *mine = NULL, *theirs = NULL;
    fill(&f, 12);
    assert_ok(f.ctx, kith_checkpoint_create(f.ctx, FOLDER, &f.setup, &mine));
    assert_ok(f.ctx, kith_checkpoint_join(f.ctx, FOLDER, &f.setup, kith_checkpoint_digest(mine), &theirs));
    for (size_t r = 0; r < ROWS; r++)
        for (size_t b = 0; b < 3; b++)
            assert_ok(f.ctx,
                      kith_checkpoint_write(f.ctx, (r + b) % 2 ? mine : theirs, 0, r, b, &f.vector[r][b * KITH_BLOCK]));
    assert_ok(f.ctx, kith_checkpoint_write_row(f.ctx, theirs, 1, 0, f.count));
    assert_ok(f.ctx, kith_checkpoint_seal(f.ctx, theirs));
    kith_checkpoint_close(theirs);
    assert_int_equal(access(NAME, F_OK), -1);
    assert_ok(f.ctx, kith_checkpoint_seal(f.ctx, mine));
    assert_ok(f.ctx, kith_checkpoint_place(f.ctx, mine, 1));
    kith_checkpoint_close(mine);
    assert_ok(f.ctx, read_all(&f));
    kith_ctx_destroy(f.ctx);
}

static void another_file_is_not_joined(void **state)
{
    (void)state;
    static fixture f;
    kith_checkpoint *mine = NULL, *theirs = NULL;
    char host[64] = "", wanted[512];
    fill(&f, 12);
    assert_ok(f.ctx, kith_checkpoint_create(f.ctx, FOLDER, &f.setup, &mine));
    assert_int_equal(gethostname(host, sizeof host - 1), 0);
    snprintf(
        wanted, sizeof wanted,
        NAME
        ".new: %s does not see the file that the first worker makes there; put run.output on a file system that all "
        "hosts share, or set checkpoint.on_stop = no, checkpoint.every = 0 and checkpoint.seconds = 0",
        host);
    assert_refused(f.ctx, kith_checkpoint_join(f.ctx, FOLDER, &f.setup, kith_checkpoint_digest(mine) + 1, &theirs),
                   KITH_EIO, wanted);
    kith_checkpoint_close(mine);
    assert_int_equal(access(NAME ".new", F_OK), -1); /* not placed, so gone */
    assert_refused(f.ctx, kith_checkpoint_join(f.ctx, FOLDER, &f.setup, 1, &theirs), KITH_EIO, wanted);
    kith_ctx_destroy(f.ctx);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    static fixture f;
    size_t size = 0;
    char wanted[512];
    fill(&f, 12);
    save(&f, 1);
    unsigned char *bytes = read_file(&size);
    for (size_t cut = size; cut-- > 0;) {
        assert_int_equal(truncate(NAME, (off_t)cut), 0);
        if (cut < 80)
            snprintf(wanted, sizeof wanted, NAME ": damaged: it has %zu bytes and its header alone 80" REMEDY, cut);
        else
            snprintf(wanted, sizeof wanted, NAME ": damaged: it has %zu bytes instead of %zu" REMEDY, cut, size);
        assert_refused(f.ctx, read_all(&f), KITH_EDATA, wanted);
        if (cut > 2000) cut -= 96;
    }
    free(bytes);
    kith_ctx_destroy(f.ctx);
}

/* Every byte of the header, the texts and the table, and some of each piece. */
static void every_flip_is_refused(void **state)
{
    (void)state;
    static fixture f;
    size_t size = 0;
    fill(&f, 12);
    save(&f, 1);
    unsigned char *bytes = read_file(&size);
    const size_t front = 80 + 16 + 16 + 2 * 56;
    for (size_t at = 0; at < size; at += at < front + 16 || at + 64 > size ? 1 : 509) {
        bytes[at] ^= 0x20;
        scratch_write(NAME, bytes, size);
        bytes[at] ^= 0x20;
        assert_int_equal(read_all(&f), KITH_EDATA);
        const char *said = kith_ctx_message(f.ctx);
        if (at >= 80 && at < front) {
            assert_string_equal(said, NAME ": damaged: its header does not match its digest" REMEDY);
        } else if (at >= front) {
            char wanted[256];
            const size_t row = (LENGTH + 3) * 8, in = at - front, r = in / row, b = in % row / (4096 * 8 + 8);
            const size_t first = b * 4096, last = b == 2 ? LENGTH - 1 : first + 4095;
            if (r < ROWS)
                snprintf(wanted, sizeof wanted,
                         NAME ": damaged: vectors, row %zu, elements %zu to %zu do not match their digest" REMEDY, r,
                         first, last);
            else
                snprintf(wanted, sizeof wanted,
                         NAME ": damaged: counts, row 0, elements 0 to 4 do not match their digest" REMEDY);
            assert_string_equal(said, wanted);
        }
        kith_ctx_clear(f.ctx);
    }
    free(bytes);
    kith_ctx_destroy(f.ctx);
}

/* Pieces of one length that changed places have digests that fit their contents, but not where they are. */
static void exchanged_pieces_are_refused(void **state)
{
    (void)state;
    static fixture f;
    size_t size = 0;
    fill(&f, 12);
    save(&f, 1);
    unsigned char *bytes = read_file(&size);
    const size_t front = 80 + 16 + 16 + 2 * 56, piece = 4096 * 8 + 8;
    unsigned char *kept = malloc(piece);
    assert_non_null(kept);
    memcpy(kept, bytes + front, piece);
    memcpy(bytes + front, bytes + front + piece, piece);
    memcpy(bytes + front + piece, kept, piece);
    scratch_write(NAME, bytes, size);
    assert_refused(f.ctx, read_all(&f), KITH_EDATA,
                   NAME ": damaged: vectors, row 0, elements 0 to 4095 do not match their digest" REMEDY);
    free(kept);
    free(bytes);
    kith_ctx_destroy(f.ctx);
}

static size_t entries(void)
{
    size_t count = 0;
    DIR *dir = opendir(FOLDER);
    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir)) != NULL;)
        count += e->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void old_ones_go(void **state)
{
    (void)state;
    static fixture f;
    bool found = true;
    uint64_t newest = 0;
    fill(&f, 1);
    assert_ok(f.ctx, kith_checkpoint_newest(f.ctx, "nowhere", &found, &newest));
    assert_false(found);
    for (f.setup.round = 999998; f.setup.round < 1000003; f.setup.round++)
        save(&f, 2);
    assert_int_equal(entries(), 2);
    assert_ok(f.ctx, kith_checkpoint_newest(f.ctx, FOLDER, &found, &newest));
    assert_true(found && newest == 1000002);
    scratch_write(FOLDER "/round-1000009.kith.new", "x", 1); /* what a killed save leaves is no checkpoint */
    scratch_write(FOLDER "/round-1000009.kith.bak", "x", 1);
    scratch_write(FOLDER "/notes", "x", 1);
    assert_ok(f.ctx, kith_checkpoint_newest(f.ctx, FOLDER, &found, &newest));
    assert_true(found && newest == 1000002);
    save(&f, 1);
    assert_int_equal(entries(), 3);
    kith_saves_tidy(FOLDER, 1000003); /* the one of a run's last round stays */
    assert_int_equal(entries(), 3);
    scratch_write(FOLDER "/round-1000002.kith", "x", 1);
    scratch_write(FOLDER "/round-1000004.kith.new", "x", 1);
    kith_saves_tidy(FOLDER, 0); /* of how many rounds it is, is not known */
    assert_int_equal(entries(), 4);
    kith_saves_tidy(FOLDER, 1000003);
    assert_int_equal(entries(), 3);
    assert_ok(f.ctx, kith_checkpoint_remove_all(f.ctx, FOLDER));
    assert_int_equal(entries(), 2); /* files that are not ours */
    remove(FOLDER "/notes");
    remove(FOLDER "/round-1000009.kith.bak");
    assert_ok(f.ctx, kith_checkpoint_remove_all(f.ctx, FOLDER));
    assert_int_equal(access(FOLDER, F_OK), -1);
    kith_ctx_destroy(f.ctx);
}

int main(void)
{
#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_enter, scratch_leave)
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(reads_back),
        IN_SCRATCH(is_written_together),
        IN_SCRATCH(another_file_is_not_joined),
        IN_SCRATCH(every_truncation_is_refused),
        IN_SCRATCH(every_flip_is_refused),
        IN_SCRATCH(exchanged_pieces_are_refused),
        IN_SCRATCH(old_ones_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
