/* `kith eval`: a round robin between policies that runs left. */
#include "launch/commands/eval/eval.h"

#include "base/headway.h"
#include "base/stop.h"
#include "launch/command.h"
#include "launch/services/console.h"
#include "launch/services/lookout.h"
#include "launch/services/workers/launcher.h"
#include "launch/services/workers/signals.h"
#include "launch/services/workers/worker.h"
#include "record/aside.h"
#include "record/record.h"
#include "rl/elo.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct judge {
    kith_ctx *ctx;
    const eval_options *options;
    kith_exchange *exchange;
    kith_registry *registry;
    kith_contest *contest;
    eval_found found;
    replay *replay;
    size_t replays;
} judge;

static bool is_first(const judge *j)
{
    return kith_exchange_place(j->exchange)->worker == 0;
}

static kith_status open_contest(judge *j)
{
    const eval_options *o = j->options;
    KITH_TRY(kith_exchange_agree(j->exchange, kith_registry_create(j->ctx, &j->registry), NULL));
    const kith_contest_setup setup = {.exchange = j->exchange,
                                      .registry = j->registry,
                                      .text = o->text,
                                      .label = o->label,
                                      .count = o->count,
                                      .seed = o->seed,
                                      .episodes = o->episodes,
                                      .commands = o->commands};
    return kith_contest_open(j->ctx, &setup, &j->contest);
}

static kith_status make_room(judge *j)
{
    eval_found *f = &j->found;
    f->contest = j->contest;
    f->count = kith_contest_size(j->contest);
    if (j->options->anchor) KITH_TRY(kith_contest_find(j->ctx, j->contest, "--anchor", j->options->anchor, &f->anchor));
    KITH_TRY(KITH_ALLOC(j->ctx, "results", f->count * f->count, &f->pairing));
    KITH_TRY(KITH_ALLOC(j->ctx, "results", f->count * f->count, &f->points));
    KITH_TRY(KITH_ALLOC(j->ctx, "results", f->count * f->count, &f->drawn));
    KITH_TRY(KITH_ALLOC(j->ctx, "ratings", f->count, &f->rating));
    KITH_TRY(KITH_ALLOC(j->ctx, "ratings", f->count, &f->half));
    if (kith_contest_form(j->contest) == KITH_FORM_NETWORKS) return KITH_OK;
    return KITH_ALLOC(j->ctx, "exploitability", f->count, &f->exposed);
}

/* Told before anything is played for. */
static kith_status plan_responses(judge *j)
{
    eval_found *f = &j->found;
    const size_t each = 2 * j->options->responders;
    if (!j->options->response) return KITH_OK;
    if (f->exposed)
        return kith_fail(
            j->ctx, KITH_EUSAGE,
            "--best-response: policies of %s are tables, whose exploitability is told anyway; leave it away",
            kith_contest_game(j->contest));
    KITH_TRY(KITH_ALLOC(j->ctx, "responses", f->count, &f->plan));
    KITH_TRY(KITH_ALLOC(j->ctx, "responses", f->count * each, &f->response));
    for (size_t i = 0; i < f->count; i++)
        f->plan[i] = (kith_response_plan){
            .steps = j->options->response, .seeds = j->options->responders, .response = f->response + i * each};
    return KITH_OK;
}

static kith_pairing from_the_other_side(const kith_pairing *p)
{
    return (kith_pairing){.won = p->lost,
                          .drawn = p->drawn,
                          .lost = p->won,
                          .episodes = p->episodes,
                          .payoff = 0.0 - p->payoff,
                          .low = 0.0 - p->high,
                          .high = 0.0 - p->low};
}

static void say_response(void *arg, const kith_response *r)
{
    const kith_entrant *e = arg;
    say("%s: response %zu %s: %+.3f after %llu steps", e->name, r->seed + 1,
        r->warm ? "from its own policy" : "from scratch", r->result.payoff, (unsigned long long)r->steps);
}

static kith_status respond_to_all(judge *j)
{
    eval_found *f = &j->found;
    kith_headway_begin("responses to entrant");
    for (size_t i = 0; f->plan && i < f->count; i++) {
        kith_headway_reach(i, f->count);
        kith_response_plan *plan = &f->plan[i];
        plan->arg = (void *)kith_contest_entrant(f->contest, i);
        if (is_first(j) && !j->options->run.quiet) plan->tell = say_response;
        KITH_TRY(kith_contest_respond(j->ctx, j->contest, i, plan));
    }
    return KITH_OK;
}

static kith_status play_all(judge *j)
{
    eval_found *f = &j->found;
    const size_t matches = f->count * (f->count - 1) / 2;
    size_t played = 0;
    kith_headway_begin("match");
    for (size_t row = 0; row < f->count; row++)
        for (size_t column = row + 1; column < f->count; column++) {
            kith_headway_reach(played++, matches);
            kith_pairing *p = &f->pairing[row * f->count + column];
            KITH_TRY(kith_exchange_agree(j->exchange, kith_stop_check(j->ctx), NULL));
            KITH_TRY(kith_contest_play(j->ctx, j->contest, row, column, p));
            f->pairing[column * f->count + row] = from_the_other_side(p);
        }
    kith_headway_begin("exploitability of entrant");
    for (size_t i = 0; f->exposed && i < f->count; i++) {
        kith_headway_reach(i, f->count);
        KITH_TRY(kith_contest_expose(j->ctx, j->contest, i, &f->exposed[i]));
    }
    return KITH_OK;
}

/* Exact shares count as so many episodes, so that the prior weighs as little there. */
static kith_status rate(judge *j)
{
    eval_found *f = &j->found;
    const double games = (double)j->options->episodes;
    for (size_t k = 0; k < f->count * f->count; k++) {
        f->points[k] = games * (f->pairing[k].won + 0.5 * f->pairing[k].drawn);
        f->drawn[k] = games * f->pairing[k].drawn;
    }
    const kith_elo elo = {.count = f->count,
                          .points = f->points,
                          .drawn = f->drawn,
                          .prior = j->options->prior,
                          .anchor = f->anchor,
                          .rating = f->rating,
                          .half = f->half};
    KITH_TRY(kith_elo_fit(j->ctx, &elo));
    for (size_t i = 0; kith_contest_form(f->contest) == KITH_FORM_MATRIX && i < f->count; i++)
        f->half[i] = NAN;
    return KITH_OK;
}

/* ---- replays ---- */

/* Names have slashes: the last two of the text count. */
static kith_status parse_pick(judge *j, const char *text, replay *out)
{
    char row[2 * KITH_ENTRANT_TEXT], *end = NULL;
    snprintf(row, sizeof row, "%s", text);
    char *episode = strrchr(row, '/');
    if (episode) *episode++ = '\0';
    const size_t length = strlen(row);
    for (size_t i = 1; episode && i + 1 < length; i++) {
        if (row[i] != '/') continue;
        kith_ctx *quiet = NULL;
        row[i] = '\0';
        const bool found = kith_contest_find(quiet, j->contest, "--pick", row, &out->row) == KITH_OK &&
                           kith_contest_find(quiet, j->contest, "--pick", row + i + 1, &out->column) == KITH_OK;
        row[i] = '/';
        if (!found) continue;
        out->episode = strtoull(episode, &end, 10);
        if (out->row == out->column && j->found.count > 1)
            return kith_fail(j->ctx, KITH_EUSAGE, "--pick %s: an entrant does not meet itself here; choose two", text);
        if (out->row > out->column) { /* pairs play once, the one that was named first on the left */
            const size_t second = out->row;
            out->row = out->column;
            out->column = second;
        }
        if (*episode >= '0' && *episode <= '9' && !*end && out->episode < j->options->episodes) return KITH_OK;
        return kith_fail(j->ctx, KITH_EUSAGE, "--pick %s: episodes are counted from 0 to %" PRIu64, text,
                         j->options->episodes - 1);
    }
    return kith_fail(j->ctx, KITH_EUSAGE,
                     "--pick %s: ROW/COLUMN/EPISODE is needed, two entrants by number or name and a number", text);
}

static kith_status plan_replays(judge *j)
{
    const eval_options *o = j->options;
    const size_t picks = o->picks ? o->picks : 1;
    if (!o->replay) return KITH_OK;
    if (kith_contest_form(j->contest) == KITH_FORM_MATRIX)
        return kith_fail(j->ctx, KITH_EUSAGE,
                         "--replay: %s is a matrix game, which has no episodes to watch; leave it away",
                         kith_contest_game(j->contest));
    KITH_TRY(KITH_ALLOC(j->ctx, "replays", picks, &j->replay));
    j->replays = picks;
    if (o->picks == 0) j->replay[0].column = j->found.count > 1;
    for (size_t k = 0; k < o->picks; k++)
        KITH_TRY(parse_pick(j, o->pick[k], &j->replay[k]));
    struct stat there;
    if (is_first(j) && stat(o->replay, &there) == 0 && !S_ISDIR(there.st_mode))
        return kith_fail(j->ctx, KITH_EUSAGE, "--replay %s: is there and is no folder; choose another", o->replay);
    return is_first(j) ? kith_record_folder(j->ctx, o->replay) : KITH_OK;
}

/* Hours of training would be lost if the file's folder turned out to be missing after them. */
static kith_status try_output(judge *j)
{
    kith_aside file;
    if (!is_first(j) || !j->options->output) return KITH_OK;
    KITH_TRY(kith_aside_open(j->ctx, j->options->output, KITH_PRODUCT_EVALUATION, &file));
    kith_aside_abandon(&file);
    return KITH_OK;
}

static kith_status write_replays(judge *j)
{
    const eval_options *o = j->options;
    for (size_t k = 0; is_first(j) && k < j->replays; k++)
        KITH_TRY(replay_write(j->ctx, j->contest, &j->replay[k], o->replay, o->frames));
    if (is_first(j) && j->replays && !o->run.quiet) printf("\nreplays %s\n", o->replay);
    return KITH_OK;
}

/* ---- all of it ---- */

static kith_status tell(judge *j)
{
    if (!is_first(j)) return KITH_OK;
    if (!j->options->run.quiet) eval_print(j->options, &j->found);
    if (!j->options->output) return KITH_OK;
    kith_aside file;
    KITH_TRY(kith_aside_open(j->ctx, j->options->output, KITH_PRODUCT_EVALUATION, &file));
    eval_write(&j->found, file.stream);
    return kith_aside_commit(j->ctx, &file);
}

static kith_status find(judge *j)
{
    KITH_TRY(play_all(j));
    KITH_TRY(kith_exchange_agree(j->exchange, rate(j), NULL));
    return respond_to_all(j);
}

static bool never(void)
{
    return false;
}

/* [all] What takes long. A stop comes at once, so nothing is to be told of it. */
static kith_status find_all(judge *j)
{
    const kith_lookout_setup setup = {.label = "", .stopping = never};
    kith_lookout *lookout = is_first(j) && !j->options->run.quiet ? kith_lookout_open(&setup) : NULL;
    kith_stop_by(signals_stop);
    kith_stop_patience(0.0);
    kith_lookout_leave(lookout, NULL);
    const kith_status status = find(j);
    kith_headway_begin(NULL);
    kith_lookout_return(lookout);
    kith_lookout_close(lookout);
    kith_stop_by(NULL);
    if (status != KITH_ESTOPPED) return status;
    kith_ctx_forget(j->ctx);
    return kith_fail(j->ctx, KITH_ESTOPPED, "stopped; nothing was recorded");
}

static kith_status judge_all(judge *j)
{
    KITH_TRY(open_contest(j));
    KITH_TRY(kith_exchange_agree(j->exchange, make_room(j), NULL));
    KITH_TRY(kith_exchange_agree(j->exchange, plan_responses(j), NULL));
    KITH_TRY(kith_exchange_agree(j->exchange, plan_replays(j), NULL));
    KITH_TRY(kith_exchange_agree(j->exchange, try_output(j), NULL));
    KITH_TRY(find_all(j));
    KITH_TRY(kith_exchange_agree(j->exchange, tell(j), NULL));
    return kith_exchange_agree(j->exchange, write_replays(j), NULL);
}

/* *speaker: whether this worker words the failure. */
static kith_status work(judge *j, bool launched, bool *speaker)
{
    char fingerprint[WORKER_TEXT_SIZE];
    kith_status status = worker_join(j->ctx, j->options->run.domains, launched, fingerprint, &j->exchange);
    if (!j->exchange) {
        *speaker = kith_ctx_message(j->ctx)[0] != '\0';
        return status;
    }
    if (is_first(j)) launcher_tell_ready();
    if (status == KITH_OK) status = judge_all(j);
    *speaker = kith_exchange_speaker(j->exchange);
    return status;
}

static void free_found(eval_found *f)
{
    void *const lists[] = {f->pairing, f->points, f->drawn, f->rating, f->half, f->exposed, f->plan, f->response};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        kith_free(lists[i]);
}

static int be_worker(const run_options *options, bool launched)
{
    judge j = {.ctx = kith_ctx_create(), .options = (const eval_options *)(const void *)options};
    bool speaker = false;
    const kith_status status = work(&j, launched, &speaker);
    int code = (int)status;
    if (status != KITH_OK && speaker) code = say_failure(j.ctx, status);
    free_found(&j.found);
    kith_free(j.replay);
    kith_contest_close(j.contest);
    if (j.registry) kith_registry_destroy(j.registry);
    if (j.exchange) kith_exchange_close(j.exchange);
    kith_ctx_destroy(j.ctx);
    return code;
}

int command_eval(int argc, char **argv)
{
    eval_options options;
    signals_defer();
    const kith_status parsed = eval_options_parse(argc, argv, &options);
    if (parsed != KITH_OK) return (int)parsed;
    const int code = worker_start(&options.run, be_worker);
    eval_options_free(&options);
    return code;
}
