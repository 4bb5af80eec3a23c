#include "engine/participation/replay.h"

#include <kith/lines.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROUND = 0, LEARNER, VERSION, VISIT, STEPS, TIME, ENDS, LOST, LATE, FIELDS };

static const char columns[] = "round,learner,version,visit,steps,time,ends,lost,late";

typedef struct recorded {
    kith_arrival arrival;
    double ends;
    size_t lost, late;
} recorded;

struct kith_replay {
    kith_visit_plan_setup setup;
    const char *path;
    uint64_t rounds;
    recorded *message; /* [count] */
    size_t count, room;
    size_t *start;  /* [rounds + 1] where a round's messages begin */
    uint32_t *slot; /* [rounds + 1] of each version */
    bool timed, varies;
};

/* ---- reading ---- */

typedef struct place {
    kith_ctx *ctx;
    const char *path;
    size_t line;
} place;

static kith_status refuse(const place *at, const char *why)
{
    return kith_fail(at->ctx, KITH_EDATA, "%s:%zu: %s; lines are %s, as kith export --arrivals writes them", at->path,
                     at->line, why, columns);
}

static bool is_count(double value, double most)
{
    return value >= 0.0 && value <= most && value == floor(value);
}

/* Fields of a line; an empty time is NaN. */
static kith_status split(const place *at, const char *text, double *field)
{
    for (int k = 0; k < FIELDS; k++) {
        const char *end = text;
        field[k] = NAN;
        if (*text != ',') field[k] = kith_number(text, &end);
        const bool ends = k + 1 < FIELDS ? *end == ',' : !end[strspn(end, " \t")];
        if (!ends || (end == text && k != TIME && k != ENDS)) return refuse(at, "this tells no arrival");
        if (isinf(field[k]) || (k != TIME && k != ENDS && !is_count(field[k], 0x1p53)))
            return refuse(at, "numbers must be whole, and times finite");
        text = end + 1;
    }
    if (isnan(field[TIME]) != isnan(field[ENDS])) return refuse(at, "of two times one is missing");
    return KITH_OK;
}

static kith_status check(const place *at, const kith_replay *r, const double *field)
{
    const uint64_t next = r->count ? r->message[r->count - 1].arrival.staleness : 0; /* which holds rounds for now */
    if (field[ROUND] != (double)next && !(r->count && field[ROUND] == (double)(next + 1)))
        return refuse(at, r->count ? "rounds must follow each other" : "the first round must be 0");
    if (field[LEARNER] >= (double)r->setup.learners)
        return kith_fail(at->ctx, KITH_EDATA, "%s:%zu: there is no learner %.0f of run.learners = %zu", at->path,
                         at->line, field[LEARNER], r->setup.learners);
    if (field[VERSION] > field[ROUND]) return refuse(at, "a message starts from a version that is not made yet");
    if (field[STEPS] < 1.0 || field[STEPS] > 1e9) return refuse(at, "a visit has 1 to 1e9 steps");
    if (field[LATE] > field[LOST]) return refuse(at, "those that are late are among the lost");
    if (r->count && isnan(field[TIME]) == r->timed) return refuse(at, "some messages have times and others have none");
    return KITH_OK;
}

static kith_status add(const place *at, kith_replay *r, const double *field)
{
    KITH_TRY(check(at, r, field));
    if (r->count == r->room) {
        const size_t room = 2 * r->room + 256;
        recorded *grown = reallocarray(r->message, room, sizeof *grown);
        if (!grown) return kith_fail(at->ctx, KITH_EMEMORY, "%s: no memory for its arrivals", at->path);
        r->message = grown;
        r->room = room;
    }
    r->timed = !isnan(field[TIME]);
    r->message[r->count++] = (recorded){.arrival = {.learner = (size_t)field[LEARNER],
                                                    .version = (uint64_t)field[VERSION],
                                                    .number = (uint64_t)field[VISIT],
                                                    .steps = (size_t)field[STEPS],
                                                    .staleness = (uint64_t)field[ROUND],
                                                    .time = r->timed ? field[TIME] : field[ROUND] + 1.0},
                                        .ends = r->timed ? field[ENDS] : field[ROUND] + 1.0,
                                        .lost = (size_t)field[LOST],
                                        .late = (size_t)field[LATE]};
    return KITH_OK;
}

static kith_status read_lines(kith_ctx *ctx, kith_replay *r, kith_lines *lines)
{
    double field[FIELDS];
    char *text = NULL;
    KITH_TRY(kith_lines_next(ctx, lines, "#", &text));
    if (text && !strncmp(text, "round", 5) && strstr(text, ",partner"))
        return kith_fail(ctx, KITH_EDATA,
                         "%s: tells of learners that met each other; only messages to a server are "
                         "replayed",
                         r->path);
    if (text && !strncmp(text, "round", 5)) KITH_TRY(kith_lines_next(ctx, lines, "#", &text));
    while (text) {
        const place at = {ctx, r->path, kith_lines_number(lines)};
        KITH_TRY(split(&at, text, field));
        KITH_TRY(add(&at, r, field));
        KITH_TRY(kith_lines_next(ctx, lines, "#", &text));
    }
    if (r->count == 0) return kith_fail(ctx, KITH_EDATA, "%s: tells of no arrival; lines are %s", r->path, columns);
    r->rounds = r->message[r->count - 1].arrival.staleness + 1;
    return KITH_OK;
}

static kith_status read_file(kith_ctx *ctx, kith_replay *r)
{
    kith_lines *lines = NULL;
    KITH_TRY(kith_lines_open(ctx, r->path, "participation.file", columns, &lines));
    const kith_status status = read_lines(ctx, r, lines);
    kith_lines_close(lines);
    return status;
}

/* ---- what follows from it ---- */

static kith_status find_starts(kith_ctx *ctx, kith_replay *r)
{
    const size_t m = (size_t)r->setup.participation->arrivals;
    KITH_TRY(KITH_ALLOC(ctx, "arrivals", (size_t)r->rounds + 1, &r->start));
    for (size_t k = 0; k < r->count; k++)
        r->start[r->message[k].arrival.staleness + 1] = k + 1;
    for (uint64_t t = 0; t < r->rounds; t++) {
        const size_t count = r->start[t + 1] - r->start[t];
        if (count > m)
            return kith_fail(ctx, KITH_EDATA, "%s: round %llu has %zu messages; set participation.arrivals to as many",
                             r->path, (unsigned long long)t, count);
        r->varies |= count < m || r->message[r->start[t]].lost > 0;
    }
    return KITH_OK;
}

/* A version holds its slot until the last step that starts from it, and the next one may not take it in that step. */
static kith_status find_slots(kith_ctx *ctx, kith_replay *r)
{
    const size_t versions = (size_t)r->rounds + 1;
    uint64_t *last = NULL;
    uint32_t *free_slot = NULL, *ending = NULL, *following = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "versions", versions, &r->slot));
    kith_status status = KITH_ALLOC(ctx, "versions", versions, &last);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "versions", versions, &free_slot);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "versions", versions, &ending);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "versions", versions, &following);
    if (status != KITH_OK) goto done;
    for (size_t v = 0; v < versions; v++)
        last[v] = v;
    for (size_t k = 0; k < r->count; k++)
        last[r->message[k].arrival.version] = r->message[k].arrival.staleness; /* rounds ascend */
    for (size_t v = versions; v-- > 0;) { /* lists of versions by the step that is their last, 1 + version each */
        following[v] = ending[last[v]];
        ending[last[v]] = (uint32_t)v + 1;
    }
    size_t frees = 0;
    uint32_t slots = 1;
    for (uint64_t t = 0; t + 1 < versions; t++) {
        for (uint32_t v = t ? ending[t - 1] : 0; v; v = following[v - 1])
            free_slot[frees++] = r->slot[v - 1];
        r->slot[t + 1] = frees ? free_slot[--frees] : slots++;
    }
done:
    kith_free(last);
    kith_free(free_slot);
    kith_free(ending);
    kith_free(following);
    return status;
}

kith_status kith_replay_open(kith_ctx *ctx, const kith_visit_plan_setup *setup, kith_replay **out)
{
    kith_replay *r = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "arrivals", 1, &r));
    r->setup = *setup;
    r->path = setup->participation->file;
    kith_status status = read_file(ctx, r);
    if (status == KITH_OK && r->rounds < setup->rounds)
        status = kith_fail(ctx, KITH_EDATA, "%s: ends with round %llu of run.rounds = %llu; make no more than it has",
                           r->path, (unsigned long long)(r->rounds - 1), (unsigned long long)setup->rounds);
    if (status == KITH_OK) status = find_starts(ctx, r);
    if (status == KITH_OK) status = find_slots(ctx, r);
    if (status != KITH_OK) {
        kith_replay_close(r);
        return status;
    }
    *out = r;
    return KITH_OK;
}

void kith_replay_close(kith_replay *r)
{
    if (!r) return;
    free(r->message);
    kith_free(r->start);
    kith_free(r->slot);
    kith_free(r);
}

void kith_replay_step(const kith_replay *r, kith_step *step, kith_arrival *arrival, uint32_t *slot)
{
    const recorded *message = &r->message[r->start[step->round]];
    step->count = r->start[step->round + 1] - r->start[step->round];
    for (size_t a = 0; a < step->count; a++) {
        arrival[a] = message[a].arrival;
        slot[a] = r->slot[arrival[a].version];
    }
    step->time = message->ends;
    step->lost = message->lost;
    step->late = message->late;
    step->current = r->slot[step->round];
    step->next = r->slot[step->round + 1];
}

bool kith_replay_timed(const kith_replay *r)
{
    return r->timed;
}

bool kith_replay_varies(const kith_replay *r)
{
    return r->varies;
}
