#include "launch/commands/eval/replay.h"

#include "launch/services/pictures/convert.h"
#include "record/aside.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

typedef struct recorder {
    kith_ctx *ctx;
    const kith_contest *contest;
    const kith_game *game;
    const kith_game_shape *shape;
    const void *self;
    const replay *which;
    FILE *text;
    char **picture; /* [pictures], complete SVG documents */
    size_t pictures, room;
} recorder;

typedef size_t (*renderer)(const void *self, const void *state, char *out, size_t size);

/* *out is to be freed. */
static kith_status render(const recorder *r, renderer how, const void *state, char **out)
{
    const size_t length = how(r->self, state, NULL, 0);
    *out = malloc(length + 1);
    if (!*out) return kith_fail(r->ctx, KITH_EMEMORY, "a replay: no memory for a picture of %zu bytes", length);
    how(r->self, state, *out, length + 1);
    return KITH_OK;
}

/* ---- words ---- */

static void write_team(const recorder *r, const int32_t *action, size_t team)
{
    fprintf(r->text, "team %zu:", team);
    for (size_t i = 0; i < r->shape->players; i++) {
        const size_t a = (size_t)action[team * r->shape->players + i];
        if (r->game->action_name)
            fprintf(r->text, " %s", r->game->action_name(r->self, a));
        else
            fprintf(r->text, " %zu", a);
    }
}

static void write_names(const recorder *r, const kith_moment *m)
{
    const kith_entrant *row = kith_contest_entrant(r->contest, r->which->row);
    const kith_entrant *column = kith_contest_entrant(r->contest, r->which->column);
    const char *const as[] = {m->row_team == 0 ? row->name : column->name, m->row_team == 0 ? column->name : row->name};
    const uint32_t own = row->policy[m->row], other = column->policy[m->column];
    fprintf(r->text, "%s, episode %" PRIu64 "\n", kith_contest_game(r->contest), r->which->episode);
    fprintf(r->text, "team 0: %s, policy %u\nteam 1: %s, policy %u; it sees and acts mirrored\n", as[0],
            m->row_team == 0 ? own : other, as[1], m->row_team == 0 ? other : own);
}

static void write_end(const recorder *r, const kith_moment *m)
{
    const kith_outcome *o = &m->outcome;
    if (o->winner < 0)
        fprintf(r->text, "\na draw");
    else
        fprintf(r->text, "\nteam %d wins", (int)o->winner);
    fprintf(r->text, " after %u steps%s; score %g : %g\n", (unsigned)o->steps, m->end == KITH_TRUNCATED ? ", cut" : "",
            o->score[0], o->score[1]);
}

static kith_status write_moment(const recorder *r, const kith_moment *m)
{
    char *text = NULL;
    if (m->step == 0) write_names(r, m);
    if (m->action) {
        putc('\n', r->text);
        write_team(r, m->action, 0);
        fputs("; ", r->text);
        write_team(r, m->action, 1);
        fprintf(r->text, "; reward %g\n", m->reward[0] + 0.0);
    }
    if (r->game->text) {
        KITH_TRY(render(r, r->game->text, m->state, &text));
        fprintf(r->text, "\n%s", text);
        free(text);
    }
    if (m->end != KITH_PLAYING) write_end(r, m);
    return KITH_OK;
}

/* ---- pictures ---- */

static kith_status keep_picture(recorder *r, const kith_moment *m)
{
    if (!r->game->svg) return KITH_OK;
    if (r->pictures == r->room) {
        const size_t room = 2 * r->room + 64;
        char **grown = realloc(r->picture, room * sizeof *grown);
        if (!grown) return kith_fail(r->ctx, KITH_EMEMORY, "a replay: no memory for %zu pictures", room);
        r->picture = grown;
        r->room = room;
    }
    KITH_TRY(render(r, r->game->svg, m->state, &r->picture[r->pictures]));
    r->pictures++;
    return KITH_OK;
}

static kith_status take(void *arg, const kith_moment *m)
{
    recorder *r = arg;
    KITH_TRY(write_moment(r, m));
    return keep_picture(r, m);
}

/* The outer document takes the size of the first picture: what its root element says, up to its end. */
static void write_film(FILE *out, char *const *picture, size_t count)
{
    const double step_s = 0.25, rest = 4.0; /* the last picture stays for so many steps */
    const double whole = (double)count - 1.0 + rest;
    const size_t root = strcspn(picture[0], ">") + 1;
    fwrite(picture[0], 1, root, out);
    for (size_t k = 0; k < count; k++) {
        const double from = (double)k / whole, to = k + 1 < count ? (double)(k + 1) / whole : 1.0;
        fprintf(out,
                "\n<g visibility=\"%s\"><animate attributeName=\"visibility\" calcMode=\"discrete\" dur=\"%gs\" "
                "repeatCount=\"indefinite\" ",
                k + 1 == count ? "visible" : "hidden", whole * step_s);
        if (k == 0)
            fprintf(out, "values=\"visible;hidden\" keyTimes=\"0;%.6f\"/>\n", to);
        else if (k + 1 == count)
            fprintf(out, "values=\"hidden;visible\" keyTimes=\"0;%.6f\"/>\n", from);
        else
            fprintf(out, "values=\"hidden;visible;hidden\" keyTimes=\"0;%.6f;%.6f\"/>\n", from, to);
        fprintf(out, "%s</g>", picture[k]);
    }
    fputs("\n</svg>\n" KITH_MARK_SVG, out);
}

static void path_of(const recorder *r, const char *folder, const char *ending, char out[PATH_MAX])
{
    const replay *w = r->which;
    snprintf(out, PATH_MAX, "%s/%zu-%zu-%" PRIu64 "%s", folder, w->row + 1, w->column + 1, w->episode, ending);
}

static kith_status write_svg(const recorder *r, const char *folder)
{
    char path[PATH_MAX];
    kith_aside file;
    path_of(r, folder, ".svg", path);
    KITH_TRY(kith_aside_open(r->ctx, path, KITH_PRODUCT_PICTURE, &file));
    write_film(file.stream, r->picture, r->pictures);
    return kith_aside_commit(r->ctx, &file);
}

static kith_status write_frame(const recorder *r, const char *folder, size_t k)
{
    char path[PATH_MAX], ending[32];
    kith_aside file;
    snprintf(ending, sizeof ending, "-%04zu.png", k);
    path_of(r, folder, ending, path);
    KITH_TRY(kith_aside_open(r->ctx, path, KITH_PRODUCT_PICTURE, &file));
    const kith_status status = kith_picture_convert(r->ctx, r->picture[k], KITH_PICTURE_PNG, 0, fileno(file.stream));
    if (status == KITH_OK) return kith_aside_commit(r->ctx, &file);
    kith_aside_abandon(&file);
    return status;
}

/* ---- all of it ---- */

static kith_status record(recorder *r, kith_contest *c, const char *folder)
{
    char path[PATH_MAX];
    kith_aside file;
    path_of(r, folder, ".txt", path);
    KITH_TRY(kith_aside_open(r->ctx, path, KITH_PRODUCT_REPLAY, &file));
    r->text = file.stream;
    const kith_status status =
        kith_contest_watch(r->ctx, c, r->which->row, r->which->column, r->which->episode, take, r);
    if (status == KITH_OK) return kith_aside_commit(r->ctx, &file);
    kith_aside_abandon(&file);
    return status;
}

kith_status replay_write(kith_ctx *ctx, kith_contest *contest, const replay *which, const char *folder, bool frames)
{
    const kith_match_setup *match_setup = kith_contest_match_setup(contest);
    recorder r = {.ctx = ctx,
                  .contest = contest,
                  .game = match_setup->game,
                  .shape = match_setup->shape,
                  .self = match_setup->self,
                  .which = which};
    kith_status status = record(&r, contest, folder);
    if (status == KITH_OK && r.pictures) status = write_svg(&r, folder);
    for (size_t k = 0; frames && k < r.pictures && status == KITH_OK; k++)
        status = write_frame(&r, folder, k);
    for (size_t k = 0; k < r.pictures; k++)
        free(r.picture[k]);
    free(r.picture);
    return status;
}
