/* A text of plays, cut into windows of characters for models that predict the next one; a user is a speaker.
 *
 * A line NAME: that follows an empty line (or starts the file) names who speaks; what follows it up to the next such
 * line is said by NAME, in whatever scene. What comes before the first name is nobody's. A speaker's text is all its
 * speeches one after the other, without the empty lines around them. Speakers with too little to say are left out; the
 * others are users 0, 1, ... by how much they say, most first, so that run.learners takes the largest.
 *
 * The last test_share of each speaker's characters are for testing. Both parts are cut into windows of length + 1
 * characters: a model reads `length` of them and predicts the one after each; what is left at a part's end is not used.
 * Test windows overlap in one character, so that each is predicted once.
 *
 * Characters are those of UTF-8, or bytes where text.characters says so. Those in the file, in ascending order, have
 * the codes 0..V-1, V at most 256. A label is the window's last code. A byte order mark is skipped, CR LF and CR end
 * lines as LF does.
 */
#include "packed.h"

#include <kith/dataset.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CODES = 256, LONGEST_NAME = 60 };

typedef enum character_kind { CHARACTER_UTF8 = 0, CHARACTER_BYTE } character_kind;

typedef struct text_config {
    const char *file;
    int64_t length, stride, least, speakers;
    double test_share;
    int characters;
} text_config;

/* Where in the file; order by name, then by place. */
typedef struct speech {
    const char *name, *begin;
    size_t name_length, length;
} speech;

typedef struct speaker {
    const speech *speech; /* the first of its speeches, which lie in a row */
    size_t speeches, characters;
    size_t first;  /* of its codes */
    size_t end[2]; /* by split, counted from `first`: training starts at 0, testing at end[KITH_TRAIN] */
    size_t windows[2];
} speaker;

typedef struct text {
    text_config how;
    bool read;
    char *contents; /* of the file, which also holds the names */
    size_t size;
    uint32_t character[MOST_CODES]; /* by code, ascending */
    size_t codes;                   /* V */
    speech *speech;
    size_t speeches;
    speaker *speaker;
    size_t speakers; /* who are users */
    uint8_t *said;   /* codes, speaker by speaker */
} text;

static const kith_param params[] = {
    {"file", KITH_TYPE_PATH, 0, offsetof(text_config, file), "${KITH_DATA}/shakespeare/input.txt", "", "",
     "a text, gzipped or not, with lines NAME: before what NAME says"},
    {"length", KITH_TYPE_INT, 0, offsetof(text_config, length), "80", "1..1000000", "characters",
     "how many characters of an example are read, and as many are predicted"},
    {"stride", KITH_TYPE_INT, 0, offsetof(text_config, stride), "0", "0..1000000", "characters",
     "how far apart training examples start; 0: length, so that each character is predicted once"},
    {"test_share", KITH_TYPE_REAL, 0, offsetof(text_config, test_share), "0.1", "[0,1)", "",
     "which share of each speaker's characters, at the end, is for testing"},
    {"least", KITH_TYPE_INT, 0, offsetof(text_config, least), "1000", "0..", "characters",
     "speakers who say less are left out, as are those with too little for one training example"},
    {"speakers", KITH_TYPE_INT, 0, offsetof(text_config, speakers), "0", "0..", "speakers",
     "keep so many, those who say most; 0: all"},
    {"characters", KITH_TYPE_CHOICE, 0, offsetof(text_config, characters), "utf8", "utf8|bytes", "",
     "what a character is: one of UTF-8, or a byte whatever the encoding; there can be 256 different ones"},
};

/* ---- the file ---- */

static kith_status read_contents(kith_ctx *ctx, text *t, const kith_packed *file)
{
    int ended = 0;
    KITH_TRY(kith_packed_size(ctx, file, &t->size));
    if (t->size == 0) return kith_fail(ctx, KITH_EDATA, "%s: holds nothing; set text.file to a text", t->how.file);
    KITH_TRY(KITH_ALLOC(ctx, "the text", t->size, &t->contents));
    KITH_TRY(kith_packed_read_all(ctx, file, "the text", t->contents, t->size));
    KITH_TRY(kith_packed_ended(ctx, file, &ended));
    if (ended) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA, "%s: holds more than the %zu bytes it speaks of; fetch the file again",
                     t->how.file, t->size);
}

static kith_status open_and_read(kith_ctx *ctx, text *t)
{
    const kith_packed_name name = {t->how.file, "text.file", "a text", "shakespeare/"};
    kith_packed file;
    KITH_TRY(kith_packed_open(ctx, &name, &file));
    const kith_status status = read_contents(ctx, t, &file);
    kith_packed_close(&file);
    return status;
}

/* Takes a byte order mark off, and makes every line end with LF. */
static void plain_lines(text *t)
{
    size_t kept = 0, k = t->size >= 3 && memcmp(t->contents, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    for (; k < t->size; k++) {
        const char byte = t->contents[k];
        if (byte == '\r' && k + 1 < t->size && t->contents[k + 1] == '\n') continue;
        t->contents[kept++] = byte;
        if (byte == '\r') t->contents[kept - 1] = '\n';
    }
    t->size = kept;
}

/* ---- characters ---- */

/* How many bytes of `left` the UTF-8 character at `at` has, and which it is; 0: it is none (RFC 3629, section 4). */
static size_t decode(const unsigned char *at, size_t left, uint32_t *out)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const size_t length = at[0] < 0x80   ? 1
                          : at[0] < 0xc2 ? 0
                          : at[0] < 0xe0 ? 2
                          : at[0] < 0xf0 ? 3
                          : at[0] < 0xf5 ? 4
                                         : 0;
    if (length == 0 || length > left) return 0;
    *out = length == 1 ? at[0] : at[0] & (0x7fu >> length);
    for (size_t k = 1; k < length; k++) {
        if ((at[k] & 0xc0) != 0x80) return 0;
        *out = *out << 6 | (at[k] & 0x3fu);
    }
    return *out < least[length] || *out > 0x10ffff || (*out >= 0xd800 && *out < 0xe000) ? 0 : length;
}

static size_t next_character(const text *t, const char *at, const char *end, uint32_t *out)
{
    if (t->how.characters == CHARACTER_UTF8) return decode((const unsigned char *)at, (size_t)(end - at), out);
    *out = (unsigned char)*at;
    return 1;
}

static size_t count_characters(const text *t, const char *at, size_t length)
{
    size_t count = 0;
    uint32_t ignored = 0;
    if (!length) return 0; /* there is no text to point into */
    for (const char *end = at + length; at < end; count++)
        at += next_character(t, at, end, &ignored);
    return count;
}

/* The place of a character, or where it would go. */
static size_t place_of(const text *t, uint32_t character)
{
    size_t low = 0, high = t->codes;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (t->character[middle] < character)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static kith_status add_character(kith_ctx *ctx, text *t, uint32_t character, size_t line)
{
    const size_t at = place_of(t, character);
    if (at < t->codes && t->character[at] == character) return KITH_OK;
    if (t->codes == MOST_CODES)
        return kith_fail(ctx, KITH_EDATA,
                         "%s:%zu: more than %d different characters up to here; set text.characters = bytes",
                         t->how.file, line, MOST_CODES);
    memmove(t->character + at + 1, t->character + at, (t->codes - at) * sizeof *t->character);
    t->character[at] = character;
    t->codes++;
    return KITH_OK;
}

/* Control characters are no text. */
static kith_status number_characters(kith_ctx *ctx, text *t)
{
    const char *const end = t->contents + t->size;
    const char *start = t->contents;
    size_t line = 1;
    for (const char *at = t->contents; at < end;) {
        uint32_t character = 0;
        const unsigned char byte = (unsigned char)*at;
        const size_t length = next_character(t, at, end, &character);
        if (length == 0)
            return kith_fail(ctx, KITH_EDATA,
                             "%s:%zu: byte 0x%02x in column %zu is no UTF-8; save the file as UTF-8, or set "
                             "text.characters = bytes",
                             t->how.file, line, byte, (size_t)(at - start) + 1);
        if ((character < ' ' && byte != '\n' && byte != '\t') || character == 0x7f)
            return kith_fail(ctx, KITH_EDATA,
                             "%s:%zu: byte 0x%02x in column %zu is no character of a text; take it out", t->how.file,
                             line, byte, (size_t)(at - start) + 1);
        KITH_TRY(add_character(ctx, t, character, line));
        at += length;
        if (byte != '\n') continue;
        line++;
        start = at;
    }
    return KITH_OK;
}

/* ---- who says what ---- */

static const char *line_end(const char *at, const char *end)
{
    const char *found = memchr(at, '\n', (size_t)(end - at));
    return found ? found : end;
}

/* Counts the cues, and with `out` writes what follows each. */
static size_t find_speeches(const text *t, speech *out)
{
    const char *const end = t->contents + t->size;
    bool after_gap = true;
    size_t count = 0;
    for (const char *line = t->contents; line < end; line = line_end(line, end) + 1) {
        size_t length = (size_t)(line_end(line, end) - line);
        while (length && (line[length - 1] == ' ' || line[length - 1] == '\t'))
            length--;
        const bool cue = after_gap && length > 1 && length <= LONGEST_NAME && line[length - 1] == ':';
        after_gap = length == 0;
        if (cue) {
            count++;
            if (out) out[count - 1] = (speech){.name = line, .name_length = length - 1};
        } else if (out && count && length) { /* up to here at least, the line's end included */
            speech *s = &out[count - 1];
            const char *last = line_end(line, end);
            if (s->length == 0) s->begin = line;
            s->length = (size_t)((last < end ? last + 1 : end) - s->begin);
        }
    }
    return count;
}

static int by_name(const void *a, const void *b)
{
    const speech *x = a, *y = b;
    const size_t common = x->name_length < y->name_length ? x->name_length : y->name_length;
    const int order = memcmp(x->name, y->name, common);
    if (order) return order;
    if (x->name_length != y->name_length) return x->name_length < y->name_length ? -1 : 1;
    return (x->name > y->name) - (x->name < y->name);
}

static int by_characters(const void *a, const void *b)
{
    const speaker *x = a, *y = b;
    if (x->characters != y->characters) return x->characters > y->characters ? -1 : 1;
    return (x->speech->name > y->speech->name) - (x->speech->name < y->speech->name);
}

static bool same_name(const speech *a, const speech *b)
{
    return a->name_length == b->name_length && memcmp(a->name, b->name, a->name_length) == 0;
}

/* Sorted speeches become speakers, most characters first. */
static void group_speeches(text *t)
{
    qsort(t->speech, t->speeches, sizeof *t->speech, by_name);
    for (size_t k = 0; k < t->speeches; k++) {
        if (k == 0 || !same_name(&t->speech[k - 1], &t->speech[k]))
            t->speaker[t->speakers++] = (speaker){.speech = &t->speech[k]};
        t->speaker[t->speakers - 1].speeches++;
        t->speaker[t->speakers - 1].characters += count_characters(t, t->speech[k].begin, t->speech[k].length);
    }
    qsort(t->speaker, t->speakers, sizeof *t->speaker, by_characters);
}

static kith_status find_speakers(kith_ctx *ctx, text *t)
{
    t->speeches = find_speeches(t, NULL);
    if (t->speeches == 0)
        return kith_fail(ctx, KITH_EDATA,
                         "%s: no speaker found; what NAME says starts with a line \"NAME:\" after an empty line",
                         t->how.file);
    KITH_TRY(KITH_ALLOC(ctx, "the speeches", t->speeches, &t->speech));
    KITH_TRY(KITH_ALLOC(ctx, "the speakers", t->speeches, &t->speaker));
    find_speeches(t, t->speech);
    group_speeches(t);
    return KITH_OK;
}

/* ---- windows ---- */

static size_t stride_of(const text *t, kith_split split)
{
    return (size_t)(split == KITH_TRAIN && t->how.stride ? t->how.stride : t->how.length);
}

static size_t windows_in(const text *t, kith_split split, size_t characters)
{
    const size_t window = (size_t)t->how.length + 1;
    return characters < window ? 0 : (characters - window) / stride_of(t, split) + 1;
}

static void cut(const text *t, speaker *s)
{
    s->end[KITH_TRAIN] = s->characters - (size_t)floor(t->how.test_share * (double)s->characters);
    s->end[KITH_TEST] = s->characters;
    s->windows[KITH_TRAIN] = windows_in(t, KITH_TRAIN, s->end[KITH_TRAIN]);
    s->windows[KITH_TEST] = windows_in(t, KITH_TEST, s->end[KITH_TEST] - s->end[KITH_TRAIN]);
}

/* Those who say more come first, and have more windows: users are a run from the start. */
static kith_status choose_users(kith_ctx *ctx, text *t)
{
    const size_t all = t->speakers;
    size_t users = 0;
    for (; users < all && (t->how.speakers == 0 || users < (size_t)t->how.speakers); users++) {
        speaker *s = &t->speaker[users];
        cut(t, s);
        if (s->characters < (size_t)t->how.least || s->windows[KITH_TRAIN] == 0) break;
        s->first = users ? s[-1].first + s[-1].characters : 0;
    }
    t->speakers = users;
    if (users) return KITH_OK;
    const speaker *top = &t->speaker[0];
    return kith_fail(
        ctx, KITH_EDATA,
        "%s: %.*s says most, %zu characters, and that is less than text.least = %lld or too little for a training "
        "example of %lld characters and one; lower text.least or text.length",
        t->how.file, (int)top->speech->name_length, top->speech->name, top->characters, (long long)t->how.least,
        (long long)t->how.length);
}

static kith_status encode(kith_ctx *ctx, text *t)
{
    const speaker *last = &t->speaker[t->speakers - 1];
    KITH_TRY(KITH_ALLOC(ctx, "the speakers' text", last->first + last->characters, &t->said));
    for (size_t u = 0; u < t->speakers; u++) {
        uint8_t *out = t->said + t->speaker[u].first;
        for (size_t k = 0; k < t->speaker[u].speeches; k++) {
            const speech *s = &t->speaker[u].speech[k];
            if (!s->length) continue;
            for (const char *at = s->begin, *end = at + s->length; at < end;) {
                uint32_t character = 0;
                at += next_character(t, at, end, &character);
                *out++ = (uint8_t)place_of(t, character);
            }
        }
    }
    return KITH_OK;
}

static kith_status read_text(kith_ctx *ctx, text *t)
{
    KITH_TRY(open_and_read(ctx, t));
    plain_lines(t);
    KITH_TRY(number_characters(ctx, t));
    KITH_TRY(find_speakers(ctx, t));
    KITH_TRY(choose_users(ctx, t));
    KITH_TRY(encode(ctx, t));
    t->read = true;
    return KITH_OK;
}

/* ---- the plugin ---- */

static kith_status text_create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    text *t = NULL;
    (void)setting;
    KITH_TRY(KITH_ALLOC(ctx, "text", 1, &t));
    t->how = *(const text_config *)config;
    *self = t;
    return KITH_OK;
}

static void text_destroy(void *self)
{
    text *t = self;
    kith_free(t->contents);
    kith_free(t->speech);
    kith_free(t->speaker);
    kith_free(t->said);
    kith_free(t);
}

static kith_status text_describe(void *self, kith_ctx *ctx, kith_dataset_info *info)
{
    text *t = self;
    if (!t->read) KITH_TRY(read_text(ctx, t));
    *info =
        (kith_dataset_info){.shape = {.features = (size_t)t->how.length + 1, .classes = t->codes, .codes = t->codes},
                            .store = KITH_STORE_U8,
                            .users = t->speakers};
    for (size_t u = 0; u < t->speakers; u++)
        for (int split = 0; split < 2; split++)
            info->examples[split] += t->speaker[u].windows[split];
    return KITH_OK;
}

/* A speaker's part of a split, length + 1 codes from each window's start on. */
static const uint8_t *part_of(const text *t, const speaker *s, kith_split split)
{
    return t->said + s->first + (split == KITH_TEST ? s->end[KITH_TRAIN] : 0);
}

static kith_status text_load(void *self, kith_ctx *ctx, kith_split split, void *features, int32_t *labels,
                             kith_real *targets)
{
    (void)targets;
    const text *t = self;
    const size_t length = (size_t)t->how.length;
    uint8_t *out = features;
    (void)ctx;
    for (size_t u = 0; u < t->speakers; u++) {
        const uint8_t *from = part_of(t, &t->speaker[u], split);
        for (size_t k = 0; k < t->speaker[u].windows[split]; k++, from += stride_of(t, split), out += length + 1) {
            memcpy(out, from, length + 1);
            *labels++ = from[length];
        }
    }
    return KITH_OK;
}

static kith_status text_owner(void *self, kith_ctx *ctx, kith_split split, uint32_t *user)
{
    const text *t = self;
    (void)ctx;
    for (size_t u = 0; u < t->speakers; u++)
        for (size_t k = 0; k < t->speaker[u].windows[split]; k++)
            *user++ = (uint32_t)u;
    return KITH_OK;
}

/* ---- baselines ---- */

/* How often each code follows each, with one added to every count; row V: whatever comes before. The last number of a
 * row is its sum. */
typedef struct counts {
    size_t codes;
    double *count; /* (V + 1, V + 1) */
} counts;

static double *row_of(const counts *c, size_t before)
{
    return c->count + before * (c->codes + 1);
}

static void count_pairs(const text *t, const counts *c)
{
    for (size_t row = 0; row <= c->codes; row++) {
        for (size_t k = 0; k < c->codes; k++)
            row_of(c, row)[k] = 1;
        row_of(c, row)[c->codes] = (double)c->codes;
    }
    for (size_t u = 0; u < t->speakers; u++) {
        const uint8_t *said = part_of(t, &t->speaker[u], KITH_TRAIN);
        for (size_t k = 0; k < t->speaker[u].end[KITH_TRAIN]; k++)
            for (int pair = 0; pair < (k ? 2 : 1); pair++) {
                double *row = row_of(c, pair ? said[k - 1] : c->codes);
                row[said[k]]++;
                row[c->codes]++;
            }
    }
}

static size_t likeliest(const counts *c, const double *row)
{
    size_t best = 0;
    for (size_t k = 1; k < c->codes; k++)
        if (row[k] > row[best]) best = k;
    return best;
}

/* Over every code that a test window asks for: out gets the mean loss and the accuracy by no code and by one before. */
static size_t score_tests(const text *t, const counts *c, const size_t *best, double out[4])
{
    size_t asked = 0;
    for (size_t u = 0; u < t->speakers; u++) {
        const uint8_t *said = part_of(t, &t->speaker[u], KITH_TEST);
        const size_t last = t->speaker[u].windows[KITH_TEST] * (size_t)t->how.length;
        for (size_t k = 1; k <= last; k++, asked++)
            for (int pair = 0; pair < 2; pair++) {
                const size_t before = pair ? said[k - 1] : c->codes;
                out[2 * pair] += log(row_of(c, before)[c->codes] / row_of(c, before)[said[k]]);
                out[2 * pair + 1] += best[before] == said[k];
            }
    }
    for (int k = 0; k < 4 && asked; k++)
        out[k] /= (double)asked;
    return asked;
}

/* What counting characters, and pairs of them, in the training text reaches on the test text: a model worth training
 * does better. In nats per character. */
static kith_status text_facts(void *self, kith_ctx *ctx, kith_fact *out, size_t room, size_t *count)
{
    static const char *const names[] = {"unigram_loss", "unigram_accuracy", "bigram_loss", "bigram_accuracy"};
    const text *t = self;
    counts c = {.codes = t->codes};
    size_t best[MOST_CODES + 1];
    double value[4] = {0};
    KITH_TRY(KITH_ALLOC(ctx, "the characters' counts", (c.codes + 1) * (c.codes + 1), &c.count));
    count_pairs(t, &c);
    for (size_t row = 0; row <= c.codes; row++)
        best[row] = likeliest(&c, row_of(&c, row));
    const size_t asked = score_tests(t, &c, best, value);
    kith_free(c.count);
    *count = asked == 0 ? 0 : room < 4 ? room : 4;
    for (size_t k = 0; k < *count; k++)
        out[k] = (kith_fact){names[k], value[k]};
    return KITH_OK;
}

static const kith_dataset ops = {
    .describe = text_describe, .load = text_load, .owner = text_owner, .facts = text_facts};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_DATASET, KITH_ROLE_NONE),
    KITH_PLUGIN_PARAMS(text_config, params),
    .id = "text",
    .version = "1.0",
    .summary = "windows of characters from the speeches of a play, by speaker (Shakespeare)",
    .reference = "arXiv:1812.01097",
    .create = text_create,
    .destroy = text_destroy,
    KITH_PLUGIN_OPS(ops),
};
