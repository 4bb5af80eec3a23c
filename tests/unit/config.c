#include "support.h"

#include "configs.h"
#include <kith/random.h>

typedef struct values {
    int64_t seed;
    double rate;
    bool fast;
    int kind;
    const char *name, *folder;
    kith_reals list;
} values;

static const kith_param rows[] = {
    {"seed", KITH_TYPE_INT, 0, offsetof(values, seed), "1", "0..", "", "Where all random numbers start."},
    {"rate", KITH_TYPE_REAL, 0, offsetof(values, rate), "0.1", "(0,inf)", "1/s", "How fast it learns."},
    {"fast", KITH_TYPE_BOOL, 0, offsetof(values, fast), "no", "", "", "Whether to hurry."},
    {"kind", KITH_TYPE_CHOICE, 0, offsetof(values, kind), "iid", "iid|shards|label-k", "", "Who gets what."},
    {"name", KITH_TYPE_STRING, 0, offsetof(values, name), "", "", "", "What to call it."},
    {"folder", KITH_TYPE_PATH, 0, offsetof(values, folder), "${KITH_DATA}/mnist", "", "", "Where the data is."},
    {"list", KITH_TYPE_REALS, 0, offsetof(values, list), "", "[0,1]", "", "Some numbers."},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static kith_status bind(values *out)
{
    return kith_config_bind(ctx, config, "run", rows, ROWS, true, out);
}

/* A file with this text is read, but [run] does not fit its table. */
static void bind_refused(const char *text, const char *message)
{
    values v;
    assert_ok(ctx, read_text(text));
    assert_refused(ctx, bind(&v), KITH_ECONFIG, message);
    again();
}

static void set_refused(const char *text, const char *message)
{
    assert_refused(ctx, kith_config_set(ctx, config, text), KITH_ECONFIG, message);
    again();
}

static void defaults_then_file_then_set(void **state)
{
    (void)state;
    values v;
    setenv("KITH_DATA", "data", 1);
    assert_ok(ctx, kith_config_set(ctx, config, "run.seed=5"));
    assert_ok(ctx, kith_config_set(ctx, config, " run.seed = 7 "));
    assert_ok(ctx, read_text("# a comment\n[run]\nseed = 3 ; not this one\nrate=0.25\nlist = 0.5, 1\nname: a=b\n"));
    assert_ok(ctx, bind(&v));
    assert_ok(ctx, kith_config_finish(ctx, config));
    assert_int_equal(v.seed, 7);
    assert_true(v.rate == 0.25);
    assert_false(v.fast);
    assert_int_equal(v.kind, 0);
    assert_string_equal(v.name, "a=b");
    assert_string_equal(v.folder, "data/mnist");
    assert_int_equal(v.list.count, 2);
    assert_true(v.list.item[0] == 0.5 && v.list.item[1] == 1.0);
    assert_string_equal(kith_config_source(config, "run", "seed"), "--set");
    assert_string_equal(kith_config_source(config, "run", "rate"), "exp.ini:4");
    assert_string_equal(kith_config_source(config, "run", "fast"), "the default");
    assert_string_equal(kith_config_source(config, "run", "none"), "");
    assert_string_equal(kith_config_text(config, "run", "folder"), "${KITH_DATA}/mnist");
    assert_null(kith_config_text(config, "walk", "seed"));
    assert_string_equal(kith_ctx_notes(ctx), "");
    unsetenv("KITH_DATA");
}

static void sections_may_be_bound_twice(void **state)
{
    (void)state;
    values a, b;
    assert_ok(ctx, read_text("[run]\nname = twin\n"));
    assert_ok(ctx, bind(&a));
    assert_ok(ctx, bind(&b));
    assert_string_equal(a.name, b.name);
    FILE *out = fopen("out.ini", "w");
    assert_ok(ctx, kith_config_write(ctx, config, out, false));
    assert_int_equal(ftell(out), (long)strlen("[run]\nseed = 1\nrate = 0.1\nfast = no\nkind = iid\nname = twin\n"
                                              "folder = ${KITH_DATA}/mnist\nlist =\n"));
    fclose(out);
}

static void data_folder(void **state)
{
    (void)state;
    values v;
    setenv("KITH_DATA", "here", 1);
    assert_string_equal(kith_data_folder(), "here");
    assert_ok(ctx, kith_config_set(ctx, config, "run.folder=${KITH_DATA}:${KITH_DATA}/x"));
    assert_ok(ctx, bind(&v));
    assert_string_equal(v.folder, "here:here/x");
    setenv("KITH_DATA", "", 1);
    assert_string_equal(kith_data_folder(), "../shared/data");
    unsetenv("KITH_DATA");
    assert_string_equal(kith_data_folder(), "../shared/data");
}

static void files_that_cannot_be_read(void **state)
{
    (void)state;
    assert_refused(ctx, kith_config_read(ctx, config, "none.ini"), KITH_EIO,
                   "none.ini: cannot be read: No such file or directory");
    assert_refused(ctx, kith_config_read(ctx, config, "."), KITH_EIO, ".: cannot be read: Is a directory");
    assert_refused(ctx, kith_config_read(ctx, config, "/dev/zero"), KITH_ECONFIG,
                   "/dev/zero: is larger than 16777216 bytes, which no configuration is");
    assert_refused(ctx, kith_config_read(ctx, config, "a\nb"), KITH_ECONFIG,
                   "the name of the configuration file: byte 0x0A in column 2 is no text; rename it");
    scratch_write("secret.ini", "", 0);
    assert_int_equal(chmod("secret.ini", 0), 0);
    if (geteuid() == 0) {
        print_message("partly skipped: root may read any file\n");
        return;
    }
    assert_refused(ctx, kith_config_read(ctx, config, "secret.ini"), KITH_EIO,
                   "secret.ini: cannot be read: Permission denied");
}

static void odd_files_that_are_fine(void **state)
{
    (void)state;
    const char *texts[] = {"",
                           "\n\n",
                           "\xef\xbb\xbf[run]\nseed = 3",
                           "[run]\r\nseed = 3\r\n",
                           "[run] ; the run\n  ; indented comment\n\t\nseed\t=\t3\n",
                           "[run]\nseed = 3\n[local]\n[run]\nrate = 1\n",
                           "[run]\nname = gr\xc3\xbc\xc3\x9f; dich\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        values v;
        assert_ok(ctx, read_text(texts[i]));
        assert_ok(ctx, bind(&v));
        assert_int_equal(v.seed, strstr(texts[i], "seed") ? 3 : 1);
        if (i == 6) assert_string_equal(v.name, "gr\xc3\xbc\xc3\x9f; dich");
        again();
    }
}

static void lines_that_are_refused(void **state)
{
    (void)state;
    file_refused("[run]\nseed 3\n[x\n",
                 "exp.ini:2: this is no [section], no key = value and no comment; write one of them");
    file_refused("[run]\nseed ;= 3\nrate = 1\n",
                 "exp.ini:2: this is no [section], no key = value and no comment; write one of them");
    file_refused("[run]\nseed", "exp.ini:2: this is no [section], no key = value and no comment; write one of them");
    file_refused("seed = 3\n", "exp.ini:1: this stands before any section; put a line such as [run] above it");
    file_refused("[run]\n= 3\n", "exp.ini:2: there is no key before the =; write key = value");
    file_refused("[run\nseed = 3\n", "exp.ini:1: a section's name ends with ], as in [run]");
    file_refused("[run] seed = 3\n", "exp.ini:1: there is more than a section's name; begin a new line after ]");
    file_refused("[run];x\n", "exp.ini:1: there is more than a section's name; begin a new line after ]");
    const char *names[] = {"[]\n",    "[Run]\n", "[ run ]\n",
                           "[a;b]\n", "[a/b]\n", "[aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee]\n"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        file_refused(names[i],
                     "exp.ini:1: a section's name has 1 to 49 lower-case letters, digits, - or _, as in [run]");
    file_refused("[run]\nseed = 1\nrate = 2\nseed = 3\n",
                 "exp.ini:4: run.seed is given a second time, after line 2; keep one of them");
    file_refused("[run]\nname = a # b\n",
                 "exp.ini:2: run.name has a # after a blank; a comment behind a value starts with ;");
    file_refused("[run]\nname =;b\n",
                 "exp.ini:2: run.name has a ; after a blank, which starts a comment; take one of the two away");
}

static void bytes_that_are_no_text(void **state)
{
    (void)state;
    const struct {
        const char *bytes;
        size_t length;
        const char *message;
    } cases[] = {
        {"[run]\nseed\0= 3\n", 15, "exp.ini:2: byte 0x00 in column 5 is no text; save the file as plain UTF-8"},
        {"[run]\nname = \xe9t\xe9\n", 17, "exp.ini:2: byte 0xE9 in column 8 is no text; save the file as plain UTF-8"},
        {"# a\rseed = 3\n", 13, "exp.ini:1: byte 0x0D in column 4 is no text; save the file as plain UTF-8"},
        {"\xff\xfe[\0r\0", 6, "exp.ini:1: byte 0xFF in column 1 is no text; save the file as plain UTF-8"},
        {"# \x1b[2J\n", 7, "exp.ini:1: byte 0x1B in column 3 is no text; save the file as plain UTF-8"},
        {"# \x7f\n", 4, "exp.ini:1: byte 0x7F in column 3 is no text; save the file as plain UTF-8"},
        {"# \xc0\x80\n", 5, "exp.ini:1: byte 0xC0 in column 3 is no text; save the file as plain UTF-8"},
        {"# \xed\xa0\x80\n", 6, "exp.ini:1: byte 0xED in column 3 is no text; save the file as plain UTF-8"},
        {"# \xf4\x90\x80\x80\n", 7, "exp.ini:1: byte 0xF4 in column 3 is no text; save the file as plain UTF-8"},
        {"# \xe2\x82", 4, "exp.ini:1: byte 0xE2 in column 3 is no text; save the file as plain UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_refused(ctx, read_bytes(cases[i].bytes, cases[i].length), KITH_ECONFIG, cases[i].message);
        again();
    }
}

static void values_that_do_not_fit(void **state)
{
    (void)state;
    bind_refused("[run]\nseed = x\n", "exp.ini:2: run.seed = x is no whole number; write one such as 12 or 1e6");
    bind_refused("[run]\nseed =\n", "exp.ini:2: run.seed = '' is no whole number; write one such as 12 or 1e6");
    bind_refused("[run]\nseed = -1\n", "exp.ini:2: run.seed = -1 is out of range: it must be at least 0");
    bind_refused("[run]\n\nrate = -1\n", "exp.ini:3: run.rate = -1 is out of range: it must be in (0,inf)");
    bind_refused("[run]\nrate = inf\n", "exp.ini:2: run.rate = inf is out of range: it must be in (0,inf)");
    bind_refused("[run]\nrate = 0,5\n", "exp.ini:2: run.rate = 0,5 is no number; write one such as 0.5 or 1e-3");
    bind_refused("[run]\nfast = 1\n",
                 "exp.ini:2: run.fast = 1 is neither yes nor no; write one of yes, no, true, false, on, off");
    bind_refused("[run]\nkind = shard\n",
                 "exp.ini:2: run.kind = shard is none of iid|shards|label-k; did you mean shards?");
    bind_refused("[run]\nfolder = ${HOME}/x\n",
                 "exp.ini:2: run.folder = ${HOME}/x has a variable that is not known; only ${KITH_DATA} is replaced");
    bind_refused("[run]\nlist = 0.1, 7\n", "exp.ini:2: run.list = 0.1, 7 has an item 2 that does not fit: 7 is out of "
                                           "range: it must be in [0,1]");
    values v;
    assert_ok(ctx, kith_config_set(ctx, config, "run.seed=x"));
    assert_refused(ctx, bind(&v), KITH_ECONFIG, "--set: run.seed = x is no whole number; write one such as 12 or 1e6");
}

static void keys_that_are_not_known(void **state)
{
    (void)state;
    bind_refused("[run]\nseed = 1\nrates = 1\n",
                 "exp.ini:3: run.rates is not a parameter of run; did you mean run.rate?");
    bind_refused("[run]\nzzzzzz = 1\n", "exp.ini:2: run.zzzzzz is not a parameter of run, which has seed, rate, fast, "
                                        "kind, name, folder, list");
    values v;
    assert_ok(ctx, kith_config_set(ctx, config, "run.Seed=1"));
    assert_refused(ctx, bind(&v), KITH_ECONFIG, "--set: run.Seed is not a parameter of run; did you mean run.seed?");
    again();
    assert_ok(ctx, read_text("[empty]\nx = 1\n"));
    assert_refused(ctx, kith_config_bind(ctx, config, "empty", NULL, 0, true, NULL), KITH_ECONFIG,
                   "exp.ini:2: empty.x is not a parameter of empty, which has none");
    assert_refused(ctx, kith_config_bind(ctx, config, "run", rows, ROWS, true, NULL), KITH_EINTERNAL,
                   "section [run] has no struct to go to; give one");
}

static void sections_that_are_not_known(void **state)
{
    (void)state;
    values v;
    assert_ok(ctx, read_text("[rum]\n[run]\nseed = 3\n[other]\nx = 1\n"));
    assert_ok(ctx, kith_config_set(ctx, config, "third.x=1"));
    assert_string_equal(kith_config_unbound(config, 0), "rum");
    assert_string_equal(kith_config_unbound(config, 1), "run");
    assert_ok(ctx, bind(&v));
    assert_string_equal(kith_config_unbound(config, 1), "other");
    assert_string_equal(kith_config_unbound(config, 2), "third");
    assert_null(kith_config_unbound(config, 3));
    assert_refused(ctx, kith_config_finish(ctx, config), KITH_ECONFIG,
                   "exp.ini:1: section [rum] is not known; did you mean [run]?");
    again();
    assert_ok(ctx, bind(&v));
    assert_ok(ctx, kith_config_bind(ctx, config, "local", NULL, 0, true, NULL));
    assert_ok(ctx, kith_config_set(ctx, config, "afa_cd.x=1"));
    assert_refused(ctx, kith_config_finish(ctx, config), KITH_ECONFIG,
                   "--set: section [afa_cd] is not known; there are [run], [local]");
    again();
    assert_ok(ctx, read_text("[run]\n"));
    assert_refused(ctx, kith_config_finish(ctx, config), KITH_ECONFIG,
                   "exp.ini:1: section [run] is not known; there are none");
}

static void unused_sections_are_checked_and_noted(void **state)
{
    (void)state;
    values v;
    assert_ok(ctx, read_text("[run]\n[afa-cs]\nrate = 0.5\n"));
    assert_ok(ctx, kith_config_set(ctx, config, "afa-cs.seed=2"));
    assert_ok(ctx, kith_config_set(ctx, config, "fedavg.seed=2"));
    assert_ok(ctx, bind(&v));
    assert_ok(ctx, kith_config_bind(ctx, config, "afa-cs", rows, ROWS, false, NULL));
    assert_ok(ctx, kith_config_bind(ctx, config, "fedavg", rows, ROWS, false, NULL));
    assert_ok(ctx, kith_config_bind(ctx, config, "unnamed", rows, ROWS, false, NULL));
    assert_ok(ctx, kith_config_finish(ctx, config));
    kith_config_wait(config, "afa-cs", NULL, "run.name", false);
    kith_config_wait(config, "fedavg", NULL, "run.name", false);
    kith_config_note_unread(ctx, config, (kith_truths){0});
    assert_string_equal(kith_ctx_notes(ctx), "exp.ini: section [afa-cs] is not used by this run\n"
                                             "--set: afa-cs.seed = 2 has no effect with run.name = ''\n"
                                             "--set: fedavg.seed = 2 has no effect with run.name = ''\n");
    kith_config_note_unread(ctx, config, (kith_truths){0});
    assert_int_equal(strlen(kith_ctx_notes(ctx)), 162);
    char *printed = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&printed, &length);
    assert_ok(ctx, kith_config_write(ctx, config, out, false));
    fclose(out);
    assert_null(strstr(printed, "afa-cs"));
    free(printed);
    again();
    assert_ok(ctx, read_text("[afa-cs]\nrate = -1\n"));
    assert_refused(ctx, kith_config_bind(ctx, config, "afa-cs", rows, ROWS, false, NULL), KITH_ECONFIG,
                   "exp.ini:2: afa-cs.rate = -1 is out of range: it must be in (0,inf)");
    again();
    assert_ok(ctx, read_text("[afa-cs]\nraet = 1\n"));
    assert_refused(ctx, kith_config_bind(ctx, config, "afa-cs", rows, ROWS, false, NULL), KITH_ECONFIG,
                   "exp.ini:2: afa-cs.raet is not a parameter of afa-cs; did you mean afa-cs.rate?");
}

static void sets_that_are_refused(void **state)
{
    (void)state;
    set_refused("run.seed", "--set run.seed: has no =; write it as section.key=value");
    set_refused("seed=3", "--set seed=3: names no section; write it as section.key=value");
    set_refused("seed=3.5", "--set seed=3.5: names no section; write it as section.key=value");
    set_refused(".seed=3", "--set .seed=3: the section is missing; write it as section.key=value");
    set_refused("run. =3", "--set run. =3: the key is missing; write it as section.key=value");
    set_refused("", "--set : has no =; write it as section.key=value");
    set_refused("run.name=a\nb", "--set: byte 0x0A in column 11 is no text; write one line of UTF-8");
    set_refused("run.name=a ;b", "--set: run.name has a ; after a blank, which starts a comment; take one "
                                 "of the two away");
}

static void refusals_between_values(void **state)
{
    (void)state;
    values v;
    assert_ok(ctx, read_text("[run]\nseed = 3\n"));
    assert_ok(ctx, kith_config_set(ctx, config, "run.rate=2"));
    assert_ok(ctx, bind(&v));
    assert_refused(ctx, kith_config_refuse(ctx, config, "run", "seed", "must differ from %d", 3), KITH_ECONFIG,
                   "exp.ini:2: run.seed = 3: must differ from 3");
    assert_refused(ctx, kith_config_refuse(ctx, config, "run", "rate", "is odd"), KITH_ECONFIG,
                   "--set: run.rate = 2: is odd");
    assert_refused(ctx, kith_config_refuse(ctx, config, "run", "kind", "is odd"), KITH_ECONFIG,
                   "the default: run.kind = iid: is odd");
    assert_refused(ctx, kith_config_refuse(ctx, config, "run", "none", "is odd"), KITH_ECONFIG, "run.none: is odd");
}

static char *print(bool sources)
{
    char *printed = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&printed, &length);
    assert_ok(ctx, kith_config_write(ctx, config, out, sources));
    fclose(out);
    return printed;
}

static void printed_text(void **state)
{
    (void)state;
    values v;
    assert_ok(ctx, read_text("[run]\nrate = 2.50\n"));
    assert_ok(ctx, kith_config_set(ctx, config, "run.seed=1e3"));
    assert_ok(ctx, bind(&v));
    static const kith_param one[] = {
        {"x", KITH_TYPE_INT, 0, 0, "4", "", "bytes",
         "A sentence that is so long that it needs two lines of a comment, because it just "
         "does not come to an end."}};
    int64_t x = 0;
    assert_ok(ctx, kith_config_bind(ctx, config, "local", one, 1, true, &x));
    char *plain = print(false), *full = print(true);
    assert_string_equal(plain, "[run]\nseed = 1e3\nrate = 2.50\nfast = no\nkind = iid\nname =\n"
                               "folder = ${KITH_DATA}/mnist\nlist =\n\n[local]\nx = 4\n");
    assert_non_null(strstr(full, "[run]\n# --set:\n# Where all random numbers start.\nseed = 1e3\n"
                                 "# exp.ini:2, in 1/s:\n# How fast it learns.\nrate = 2.50\n"
                                 "# the default:\n# Whether to hurry.\nfast = no\n"));
    assert_non_null(strstr(full, "\n[local]\n# the default, in bytes:\n# A sentence that is so long that it needs two "
                                 "lines of a comment, because it just does not come to an\n# end.\nx = 4\n"));
    free(plain);
    free(full);
    FILE *out = fopen("/dev/full", "w");
    assert_refused(ctx, kith_config_write(ctx, config, out, false), KITH_EIO,
                   "the configuration cannot be written: No space left on device");
    fclose(out);
}

/* Values whose shortest decimal text would lose bits come back whole, with and without comments, from a file whose
 * path is longer than a line may be. */
static void printed_text_reads_back_to_the_same_bits(void **state)
{
    (void)state;
    char path[512];
    memset(path, 0, sizeof path);
    for (int i = 0; i < 80; i++)
        memcpy(path + 3 * i, "\xe2\x82\xac", 3);
    scratch_write(path, "[run]\nfast = on\n", 16);
    kith_stream s = kith_stream_at(11, KITH_FOR_PLUGIN, 0, 0);
    for (int round = 0; round < 200; round++) {
        values before, after;
        char text[120];
        const uint64_t bits = (kith_draw_u64(&s) & ~(1ull << 63)) % 0x7fe0000000000000ull + (1ull << 52);
        double rate;
        memcpy(&rate, &bits, sizeof rate);
        snprintf(text, sizeof text, "run.rate=%.17g", rate);
        assert_ok(ctx, kith_config_set(ctx, config, text));
        snprintf(text, sizeof text, "run.seed=%lld", (long long)(kith_draw_u64(&s) >> 1));
        assert_ok(ctx, kith_config_set(ctx, config, text));
        snprintf(text, sizeof text, "run.list=%.17g, 0.125", kith_draw_uniform(&s));
        assert_ok(ctx, kith_config_set(ctx, config, text));
        assert_ok(ctx,
                  kith_config_set(ctx, config, round % 4 ? "run.name=a;b#c gr\xc3\xbc\xc3\x9f = [x]" : "run.name="));
        assert_ok(ctx, kith_config_read(ctx, config, path));
        assert_ok(ctx, bind(&before));
        assert_memory_equal(&before.rate, &rate, sizeof rate);
        char *printed = print(round % 2);
        kith_config *first = config;
        assert_ok(ctx, kith_config_create(ctx, &config));
        assert_ok(ctx, read_text(printed));
        assert_ok(ctx, bind(&after));
        assert_memory_equal(&after.rate, &before.rate, sizeof rate);
        assert_int_equal(after.seed, before.seed);
        assert_true(after.fast);
        assert_string_equal(after.name, before.name);
        assert_string_equal(after.folder, before.folder);
        assert_int_equal(after.list.count, 2);
        assert_memory_equal(after.list.item, before.list.item, 2 * sizeof(double));
        free(printed);
        kith_config_destroy(first);
        again();
    }
}

static kith_status collect(void *arg, const char *section, const char *key, const char *text, const char *source)
{
    char *out = arg;
    sprintf(out + strlen(out), "%s.%s=%s(%s) ", section, key, text, source);
    return strcmp(key, "fast") == 0 ? KITH_ESTOPPED : KITH_OK;
}

static void every_bound_value_in_order(void **state)
{
    (void)state;
    values v;
    char all[512] = "";
    assert_ok(ctx, kith_config_bind(ctx, config, "unused", rows, ROWS, false, NULL));
    assert_ok(ctx, bind(&v));
    assert_int_equal(kith_config_each(config, collect, all), KITH_ESTOPPED);
    assert_string_equal(all, "run.seed=1(the default) run.rate=0.1(the default) run.fast=no(the default) ");
}

/* One line without control characters, and not an empty one. */
static void assert_one_line(const char *message)
{
    assert_true(*message);
    for (const char *c = message; *c; c++)
        if ((unsigned char)*c < ' ' && *c != '\t') fail_msg("'%s' is more than a line", message);
}

/* Whatever the bytes, the answer is a configuration that prints and reads back, or one line that says why not. */
static void mutated_files_are_read_or_refused(void **state)
{
    (void)state;
    static const char model[] =
        "\xef\xbb\xbf# experiment\n[run] ; all of it\nseed = 3 ; three\nrate = 0.25\r\nfast=on\n"
        "kind: shards\nname = a b#c\nfolder = ${KITH_DATA}/x\nlist = 0.1, 0.2,1\n[local]\n";
    static const char favourite[] = "\n\r\t\0 =:;#[].,$\xef\xff\x80"
                                    "0e-";
    int good = 0, bad = 0;
    for (uint64_t trial = 0; trial < 4000; trial++) {
        kith_stream s = kith_stream_at(13, KITH_FOR_PLUGIN, trial, 0);
        char text[sizeof model + 64];
        size_t length = sizeof model - 1;
        memcpy(text, model, length);
        const uint64_t edits = kith_draw_below(&s, 4);
        for (uint64_t k = 0; k < edits; k++) {
            const size_t at = (size_t)kith_draw_below(&s, length);
            const char byte = kith_draw_below(&s, 2) ? favourite[kith_draw_below(&s, sizeof favourite - 1)]
                                                     : (char)kith_draw_below(&s, 256);
            if (kith_draw_below(&s, 3) == 0) {
                memmove(text + at + 1, text + at, length - at);
                length++;
            }
            text[at] = byte;
        }
        if (kith_draw_below(&s, 3) == 0) length = (size_t)kith_draw_below(&s, length + 1);
        values v;
        kith_status status = read_bytes(text, length);
        if (status == KITH_OK) status = bind(&v);
        if (status == KITH_OK) status = kith_config_bind(ctx, config, "local", NULL, 0, true, NULL);
        if (status == KITH_OK) status = kith_config_finish(ctx, config);
        if (status == KITH_OK) {
            char *printed = print(true);
            kith_config_destroy(config);
            assert_ok(ctx, kith_config_create(ctx, &config));
            assert_ok(ctx, read_text(printed));
            free(printed);
            good++;
        } else {
            assert_int_equal(status, KITH_ECONFIG);
            assert_one_line(kith_ctx_message(ctx));
            bad++;
        }
        again();
    }
    assert_true(good > 500 && bad > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(defaults_then_file_then_set, start, stop),
        cmocka_unit_test_setup_teardown(sections_may_be_bound_twice, start, stop),
        cmocka_unit_test_setup_teardown(data_folder, start, stop),
        cmocka_unit_test_setup_teardown(files_that_cannot_be_read, start, stop),
        cmocka_unit_test_setup_teardown(odd_files_that_are_fine, start, stop),
        cmocka_unit_test_setup_teardown(lines_that_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(bytes_that_are_no_text, start, stop),
        cmocka_unit_test_setup_teardown(values_that_do_not_fit, start, stop),
        cmocka_unit_test_setup_teardown(keys_that_are_not_known, start, stop),
        cmocka_unit_test_setup_teardown(sections_that_are_not_known, start, stop),
        cmocka_unit_test_setup_teardown(unused_sections_are_checked_and_noted, start, stop),
        cmocka_unit_test_setup_teardown(sets_that_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(refusals_between_values, start, stop),
        cmocka_unit_test_setup_teardown(printed_text, start, stop),
        cmocka_unit_test_setup_teardown(printed_text_reads_back_to_the_same_bits, start, stop),
        cmocka_unit_test_setup_teardown(every_bound_value_in_order, start, stop),
        cmocka_unit_test_setup_teardown(mutated_files_are_read_or_refused, start, stop),
    };
    return cmocka_run_group_tests_name("config", tests, scratch_enter, scratch_leave);
}
