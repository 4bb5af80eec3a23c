#include "engine/frame/resume.h"

#include "base/shorten.h"
#include "record/record.h"
#include "record/saves.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* How lines about plugins begin. */
#define PLUGIN "plugin."
#define ROUNDS "run.rounds"

enum { LIST_SIZE = 2048, VALUE_SIZE = 256, BEFORE = 60 };
/* What worker 0 tells the others. */
enum { WORD_STATE = 0, WORD_ROUND, WORD_RUN, WORD_DIGEST, WORD_ROUNDS, WORDS };

struct kith_saving {
    kith_saving_setup setup;
    char *folder, *build, *config;
    kith_board *words;     /* (1, WORDS) */
    kith_checkpoint *from; /* while resuming */
    uint64_t rounds;       /* of its run, if they were fewer; else 0 */
};

static bool first(const kith_saving *s)
{
    return kith_exchange_place(s->setup.exchange)->worker == 0;
}

/* [all] Worker 0's words, or the failure that any worker has. */
static kith_status tell(kith_saving *s, kith_status mine, const uint64_t words[WORDS], const uint64_t **out)
{
    const kith_origin origin = {.row = 0, .domain = 0};
    uint64_t *row = kith_board_row(s->words, 0);
    if (first(s) && words) memcpy(row, words, WORDS * sizeof *row);
    KITH_TRY(kith_board_publish_rows(s->words, mine, &origin, 1, NULL));
    *out = row;
    return KITH_OK;
}

/* ---- the texts that must agree ---- */

static kith_status add_value(void *arg, const char *section, const char *key, const char *text, const char *source)
{
    (void)source;
    fprintf(arg, "%s.%s = %s\n", section, key, text);
    return KITH_OK;
}

static kith_status describe_config(kith_ctx *ctx, kith_saving *s)
{
    size_t size = 0;
    FILE *out = open_memstream(&s->config, &size);
    const kith_status status = out ? kith_config_each(s->setup.config, add_value, out) : KITH_OK;
    const bool whole = out && !ferror(out);
    if (out && fclose(out) == 0 && whole) return status;
    return kith_fail(ctx, KITH_EMEMORY, "checkpoint: no memory for the configuration's text");
}

/* Plugins that others open are in use later than those that the configuration names. */
static kith_status describe_build(kith_ctx *ctx, kith_saving *s)
{
    size_t size = 0;
    kith_used used;
    free(s->build);
    s->build = NULL;
    FILE *out = open_memstream(&s->build, &size);
    if (out) fputs(s->setup.build ? s->setup.build : "", out);
    for (size_t i = 0; out && s->setup.registry && kith_registry_used(s->setup.registry, i, &used); i++)
        fprintf(out, PLUGIN "%s=%s %s, digest %016llx\n", used.plugin->id, kith_kind_name(used.plugin->kind),
                used.plugin->version, (unsigned long long)used.digest);
    if (out && fclose(out) == 0) return KITH_OK;
    return kith_fail(ctx, KITH_EMEMORY, "checkpoint: no memory for the build's description");
}

/* What changes no result may have changed. */
static bool may_differ(const char *key, size_t length)
{
    static const char *const free[] = {"run.output", "run.silence", "partition.save"};
    static const char section[] = "checkpoint.";
    for (size_t i = 0; i < sizeof free / sizeof free[0]; i++)
        if (length == strlen(free[i]) && !strncmp(key, free[i], length)) return true;
    return length >= sizeof section - 1 && !strncmp(key, section, sizeof section - 1);
}

uint64_t kith_run_digest_add(uint64_t digest, const char *section, const char *key, const char *value)
{
    char name[128];
    const int length = snprintf(name, sizeof name, "%s.%s", section, key);
    if (length < 0 || may_differ(name, strlen(name))) return digest;
    digest = XXH3_64bits_withSeed(name, strlen(name), digest);
    return XXH3_64bits_withSeed(value, strlen(value), digest);
}

/* The value of a key in lines of "key<between>value"; NULL where it is not there. */
static const char *find_value(const char *lines, const char *key, size_t length, const char *between)
{
    const size_t gap = strlen(between);
    for (const char *line = lines; *line; line += strcspn(line, "\n"), line += *line == '\n')
        if (!strncmp(line, key, length) && !strncmp(line + length, between, gap)) return line + length + gap;
    return NULL;
}

typedef struct difference {
    const char *between;
    bool (*counts)(const char *line); /* NULL: all lines do */
    bool more;                        /* run.rounds does not count */
    bool some;                        /* lines that are there no more do not count */
    const kith_config *config;        /* to name sources; or NULL */
    char list[LIST_SIZE];
    size_t used, left_out;
} difference;

/* A line's value as a message tells it: a long one from a little before where it differs from another. */
static const char *tell_value(const char *value, const char *other, char text[VALUE_SIZE])
{
    const size_t length = value ? strcspn(value, "\n") : 0;
    if (!length) return value ? "empty" : "not there";
    size_t from = 0;
    while (other && from < length && value[from] == other[from])
        from++;
    from = length < VALUE_SIZE || from < BEFORE ? 0 : from - BEFORE;
    while (from && ((unsigned char)value[from] & 0xc0) == 0x80)
        from--;
    kith_shorten_print(text, VALUE_SIZE, "%s%.*s", from ? "... " : "", (int)(length - from), value + from);
    return text;
}

static void add_difference(difference *d, const char *key, size_t length, const char *was, const char *now)
{
    char text[LIST_SIZE / 2], source[256] = "", before[VALUE_SIZE], after[VALUE_SIZE];
    char section[64] = "";
    const size_t dot = strcspn(key, ".");
    if (d->config && dot < length && dot < sizeof section) {
        char name[64];
        snprintf(section, sizeof section, "%.*s", (int)dot, key);
        snprintf(name, sizeof name, "%.*s", (int)(length - dot - 1), key + dot + 1);
        const char *where = now ? kith_config_source(d->config, section, name) : "";
        if (*where) snprintf(source, sizeof source, " (%s)", where);
    }
    snprintf(text, sizeof text, "%s%.*s was %s and is %s%s", d->used ? ", " : "", (int)length, key,
             tell_value(was, now, before), tell_value(now, was, after), source);
    if (d->used + strlen(text) >= sizeof d->list) {
        d->left_out++;
        return;
    }
    memcpy(d->list + d->used, text, strlen(text) + 1);
    d->used += strlen(text);
}

/* Keys of `lines`; those that `others` has with the same value are equal. reverse: `lines` is what is now, and only
 * keys that were not there count. */
static void compare_lines(difference *d, const char *lines, const char *others, bool reverse)
{
    for (const char *line = lines; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *gap = strstr(line, d->between);
        if (!gap) continue;
        const size_t length = (size_t)(gap - line);
        const char *value = gap + strlen(d->between), *other = find_value(others, line, length, d->between);
        if (may_differ(line, length) || (reverse && other) || (d->counts && !d->counts(line))) continue;
        if (d->more && length == sizeof ROUNDS - 1 && !strncmp(line, ROUNDS, length)) continue;
        if (d->some && !reverse && !other) continue;
        const size_t size = strcspn(value, "\n");
        if (other && strcspn(other, "\n") == size && !strncmp(value, other, size)) continue;
        add_difference(d, line, length, reverse ? other : value, reverse ? value : other);
    }
}

static bool differs(difference *d, const char *was, const char *now)
{
    compare_lines(d, was, now, false);
    compare_lines(d, now, was, true);
    if (d->left_out) snprintf(d->list + d->used, sizeof d->list - d->used, ", ...");
    return d->used > 0;
}

static uint64_t rounds_in(const char *config)
{
    const char *value = find_value(config, ROUNDS, sizeof ROUNDS - 1, " = ");
    return value ? strtoull(value, NULL, 10) : 0;
}

/* *rounds: of the former run, if they were fewer; else 0. */
static kith_status check_config(kith_ctx *ctx, const kith_saving *s, const char *where, const char *was,
                                uint64_t *rounds)
{
    difference d = {.between = " = ", .config = s->setup.config};
    const uint64_t before = rounds_in(was);
    d.more = before && before < rounds_in(s->config);
    *rounds = d.more ? before : 0;
    if (!differs(&d, was, s->config)) return KITH_OK;
    return kith_fail(ctx, KITH_ECONFIG,
                     "%s: cannot be resumed with other values: %s; give the former ones, or begin anew in "
                     "another run.output",
                     where, d.list);
}

static bool is_plugin(const char *line)
{
    return !strncmp(line, PLUGIN, sizeof PLUGIN - 1);
}

static bool is_no_plugin(const char *line)
{
    return !is_plugin(line);
}

/* some: of the plugins that are in use so far. */
static kith_status check_plugins(kith_ctx *ctx, const kith_saving *s, bool some)
{
    const kith_checkpoint_setup *setup = kith_checkpoint_setup_of(s->from);
    difference d = {.between = "=", .counts = is_plugin, .some = some};
    if (!differs(&d, setup->build, s->build)) return KITH_OK;
    if (!s->setup.other_plugins)
        return kith_fail(ctx, KITH_ECONFIG,
                         "%s: was made with other plugins, so results may differ: %s; put the former files back, go on "
                         "all the same with --other-plugins, or begin anew with --overwrite",
                         kith_checkpoint_path(s->from), d.list);
    if (!some) kith_note(ctx, "%s: was made with other plugins: %s", kith_checkpoint_path(s->from), d.list);
    return KITH_OK;
}

static kith_status check_build(kith_ctx *ctx, const kith_saving *s, const char *was)
{
    difference d = {.between = "=", .counts = is_no_plugin};
    if (!differs(&d, was, s->build)) return check_plugins(ctx, s, true);
    return kith_fail(ctx, KITH_ECONFIG,
                     "%s: was made by another build, so results would differ: %s; resume with the former "
                     "one, or begin anew with --overwrite",
                     kith_checkpoint_path(s->from), d.list);
}

/* ---- opening ---- */

static kith_status describe(kith_ctx *ctx, kith_saving *s)
{
    KITH_TRY(describe_config(ctx, s));
    KITH_TRY(describe_build(ctx, s));
    if (asprintf(&s->folder, "%s/" KITH_CHECKPOINT_FOLDER, s->setup.folder) >= 0) return KITH_OK;
    s->folder = NULL;
    return kith_fail(ctx, KITH_EMEMORY, "checkpoint: no memory for its name");
}

kith_status kith_saving_open(kith_ctx *ctx, const kith_saving_setup *setup, kith_saving **out)
{
    kith_saving *s = NULL;
    kith_status status = KITH_ALLOC(ctx, "checkpoint", 1, &s);
    if (status == KITH_OK) {
        s->setup = *setup;
        status = describe(ctx, s);
    }
    status = kith_exchange_agree(setup->exchange, status, NULL);
    if (status == KITH_OK)
        status = kith_board_create(ctx, setup->exchange, "checkpoint", 1, WORDS, sizeof(uint64_t), &s->words);
    if (status == KITH_OK)
        *out = s;
    else
        kith_saving_close(s);
    return status;
}

void kith_saving_close(kith_saving *s)
{
    if (!s) return;
    if (s->words) kith_board_destroy(s->words);
    kith_checkpoint_close(s->from);
    free(s->folder);
    free(s->build);
    free(s->config);
    kith_free(s);
}

/* ---- resuming ---- */

static kith_status check_checkpoint(kith_ctx *ctx, kith_saving *s, const kith_former *former, uint64_t *rounds)
{
    const kith_checkpoint_setup *setup = kith_checkpoint_setup_of(s->from);
    const char *path = kith_checkpoint_path(s->from);
    if (setup->run != former->identity)
        return kith_fail(ctx, KITH_EDATA,
                         "%s: belongs to another run than %s/kith.db holds; remove it to begin this run again", path,
                         s->setup.folder);
    KITH_TRY(check_config(ctx, s, path, setup->config, rounds));
    return check_build(ctx, s, setup->build);
}

/* A run that was killed, or that failed, before its first checkpoint has nothing that the same rounds would not bring
 * back. What one that was stopped left is its user's. */
static kith_status check_ending(kith_ctx *ctx, const kith_saving *s, const kith_former *former)
{
    if (strcmp(former->status, "stopped") != 0) return KITH_OK;
    return kith_fail(ctx, KITH_EIO,
                     "%s: its run was stopped and left no checkpoint to go on from; begin anew with --overwrite, or in "
                     "another run.output",
                     s->setup.folder);
}

static kith_status refuse_done(kith_ctx *ctx, const kith_saving *s, uint64_t rounds)
{
    return kith_fail(ctx, KITH_EIO,
                     "%s: its run is done and left no checkpoint to go on from after its %llu rounds; a run with "
                     "checkpoint.at_end = yes that comes to its last round leaves one; or begin anew with --overwrite",
                     s->setup.folder, (unsigned long long)rounds);
}

/* Worker 0 looks; words: what it found. */
static kith_status look(kith_ctx *ctx, kith_saving *s, const kith_former *former, uint64_t words[WORDS])
{
    bool found = false;
    uint64_t fewer = 0;
    const bool done = former->found && !strcmp(former->status, "done");
    words[WORD_STATE] = KITH_RESUME_NONE;
    if (!former->found) return KITH_OK;
    KITH_TRY(check_config(ctx, s, s->setup.folder, former->config, &fewer));
    words[WORD_STATE] = KITH_RESUME_FINISHED;
    if (done && !fewer) return KITH_OK;
    words[WORD_STATE] = KITH_RESUME_START;
    KITH_TRY(kith_checkpoint_newest(ctx, s->folder, &found, &words[WORD_ROUND]));
    if (!found && done) return refuse_done(ctx, s, fewer);
    if (!found) return check_ending(ctx, s, former);
    words[WORD_STATE] = KITH_RESUME_ROUND;
    KITH_TRY(kith_checkpoint_open(ctx, s->folder, words[WORD_ROUND], &s->from));
    words[WORD_DIGEST] = kith_checkpoint_digest(s->from);
    return check_checkpoint(ctx, s, former, &words[WORD_ROUNDS]);
}

static kith_status open_same(kith_ctx *ctx, kith_saving *s, const uint64_t words[WORDS])
{
    KITH_TRY(kith_checkpoint_open(ctx, s->folder, words[WORD_ROUND], &s->from));
    if (kith_checkpoint_digest(s->from) == words[WORD_DIGEST]) return KITH_OK;
    return kith_fail(ctx, KITH_EIO,
                     "%s: is not the file that the first worker sees; put run.output on a file system that all "
                     "hosts share",
                     kith_checkpoint_path(s->from));
}

kith_status kith_saving_find(kith_ctx *ctx, kith_saving *s, kith_resumption *out)
{
    kith_former former = {.found = false};
    uint64_t mine[WORDS] = {0};
    const uint64_t *words = NULL;
    kith_status status = KITH_OK;
    if (first(s)) {
        status = kith_record_former(ctx, s->setup.folder, &former);
        if (status == KITH_OK) status = look(ctx, s, &former, mine);
        kith_former_free(&former);
    }
    KITH_TRY(tell(s, status, mine, &words));
    *out = (kith_resumption)words[WORD_STATE];
    s->rounds = words[WORD_ROUNDS];
    if (*out != KITH_RESUME_ROUND) return KITH_OK;
    status = first(s) ? KITH_OK : open_same(ctx, s, words);
    return kith_exchange_agree(s->setup.exchange, status, NULL);
}

/* ---- the list of parts: the engine's, and last the frame's ---- */

static kith_status list_parts(kith_ctx *ctx, const kith_engine *engine, kith_part **out, size_t *count)
{
    size_t own = 0;
    const kith_part *parts = engine->parts(engine->self, &own);
    KITH_TRY(KITH_ALLOC(ctx, "checkpoint", own + 1, out));
    memcpy(*out, parts, own * sizeof *parts);
    (*out)[own] = (kith_part){.name = "the run's progress", .rows = 1, .length = sizeof(kith_saved) / 8, .size = 8};
    *count = own + 1;
    return KITH_OK;
}

static kith_status refuse_parts(kith_ctx *ctx, const kith_saving *s)
{
    kith_ctx_forget(ctx);
    return kith_config_refuse(ctx, s->setup.config, "run", "rounds",
                              "it was %llu when %s was written, and a run keeps other state from the start when it has "
                              "more (how many versions of the model, say); begin anew with --overwrite",
                              (unsigned long long)s->rounds, kith_checkpoint_path(s->from));
}

static kith_status read_saved(kith_ctx *ctx, kith_saving *s, const kith_engine *engine, kith_saved *out)
{
    kith_part *parts = NULL;
    size_t count = 0;
    KITH_TRY(list_parts(ctx, engine, &parts, &count));
    kith_status status = kith_checkpoint_match(ctx, s->from, parts, count, engine->grows);
    if (status != KITH_OK && s->rounds) status = refuse_parts(ctx, s);
    if (status == KITH_OK) status = kith_checkpoint_read_row(ctx, s->from, count - 1, 0, out);
    kith_free(parts);
    return status;
}

/* The header, the run's progress and the configuration tell of one round; plans are drawn up to it. */
static kith_status check_round(kith_ctx *ctx, const kith_saving *s, uint64_t rounds, const kith_saved *saved)
{
    const unsigned long long named = kith_checkpoint_setup_of(s->from)->round;
    if (saved->round == named && named <= rounds) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA,
                     "%s: is of round %llu, its contents of round %llu, and the run has %llu; remove it to resume from "
                     "an older one, if there is one, or begin anew with --overwrite",
                     kith_checkpoint_path(s->from), named, (unsigned long long)saved->round,
                     (unsigned long long)rounds);
}

kith_status kith_saving_load(kith_ctx *ctx, kith_saving *s, const kith_engine *engine, uint64_t rounds, kith_saved *out)
{
    *out = (kith_saved){.round = 0};
    kith_status status = describe_build(ctx, s);
    if (status == KITH_OK && first(s)) status = check_plugins(ctx, s, false);
    if (status == KITH_OK) status = read_saved(ctx, s, engine, out);
    if (status == KITH_OK) status = check_round(ctx, s, rounds, out);
    KITH_TRY(kith_exchange_agree(s->setup.exchange, status, NULL));
    KITH_TRY(engine->load(ctx, engine->self, s->from, out->round));
    kith_checkpoint_close(s->from);
    s->from = NULL;
    return KITH_OK;
}

kith_status kith_saving_settle(kith_ctx *ctx, const kith_saving *s, uint64_t round)
{
    const kith_status status =
        first(s) ? kith_saves_settle(ctx, s->folder, round, (size_t)s->setup.checkpoint->keep) : KITH_OK;
    return kith_exchange_agree(s->setup.exchange, status, NULL);
}

/* ---- saving ---- */

static kith_status write_parts(kith_ctx *ctx, const kith_saving *s, const kith_engine *engine, size_t count,
                               const kith_saved *saved, kith_checkpoint *to)
{
    KITH_TRY(engine->save(ctx, engine->self, to));
    if (first(s)) KITH_TRY(kith_checkpoint_write_row(ctx, to, count - 1, 0, saved));
    return kith_checkpoint_seal(ctx, to);
}

static kith_status save(kith_ctx *ctx, kith_saving *s, const kith_engine *engine, const kith_saved *saved,
                        kith_checkpoint_setup *setup)
{
    kith_checkpoint *to = NULL;
    const uint64_t *words = NULL;
    kith_status status = first(s) ? kith_checkpoint_create(ctx, s->folder, setup, &to) : KITH_OK;
    const uint64_t mine[WORDS] = {[WORD_RUN] = setup->run, [WORD_DIGEST] = to ? kith_checkpoint_digest(to) : 0};
    status = tell(s, status, mine, &words);
    if (status == KITH_OK) {
        setup->run = words[WORD_RUN];
        if (!first(s)) status = kith_checkpoint_join(ctx, s->folder, setup, words[WORD_DIGEST], &to);
        if (status == KITH_OK) status = write_parts(ctx, s, engine, setup->parts, saved, to);
        status = kith_exchange_agree(s->setup.exchange, status, NULL);
    }
    if (status == KITH_OK) {
        if (first(s)) status = kith_checkpoint_place(ctx, to, (size_t)s->setup.checkpoint->keep);
        status = kith_exchange_agree(s->setup.exchange, status, NULL);
    }
    kith_checkpoint_close(to);
    return status;
}

kith_status kith_saving_save(kith_ctx *ctx, kith_saving *s, const kith_engine *engine, uint64_t run,
                             const kith_saved *saved)
{
    kith_part *parts = NULL;
    kith_checkpoint_setup setup = {.round = saved->round, .run = run, .config = s->config};
    kith_status listed = describe_build(ctx, s);
    setup.build = s->build;
    if (listed == KITH_OK) listed = list_parts(ctx, engine, &parts, &setup.parts);
    setup.part = parts;
    kith_status status = kith_exchange_agree(s->setup.exchange, listed, NULL);
    if (status == KITH_OK) status = save(ctx, s, engine, saved, &setup);
    kith_free(parts);
    return status;
}

uint64_t kith_saving_rounds(const kith_saving *s, uint64_t *round)
{
    *round = s->from ? kith_checkpoint_setup_of(s->from)->round : 0;
    return s->from ? s->rounds : 0;
}

kith_status kith_saving_keep_newest(kith_ctx *ctx, const kith_saving *s)
{
    bool found = false;
    uint64_t newest = 0;
    KITH_TRY(kith_checkpoint_newest(ctx, s->folder, &found, &newest));
    return found ? kith_saves_settle(ctx, s->folder, newest, 1) : KITH_OK;
}

kith_status kith_saving_clear(kith_ctx *ctx, const kith_saving *s)
{
    return kith_checkpoint_remove_all(ctx, s->folder);
}
