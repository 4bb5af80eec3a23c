#include "rl/stage.h"

#include <math.h>

/* What a lane gives; in this order on a row of the board. */
enum { WON = 0, DRAWN, LOST, SCORE, OTHER_SCORE, STEPS, RESULTS };

struct hall {
    kith_heap heap;
    kith_stage stage;
    kith_side side[2];
    kith_board *board;
    size_t lane; /* episodes */
};

static size_t lanes_of(const kith_match *m, size_t lane)
{
    return (size_t)((m->episodes + lane - 1) / lane);
}

/* In odd episodes the row's policy is team 1. */
static size_t team_of_row(uint64_t episode)
{
    return (size_t)(episode & 1);
}

static void count(const kith_outcome *o, size_t row_team, double *out)
{
    out[o->winner < 0 ? DRAWN : (size_t)o->winner == row_team ? WON : LOST] += 1;
    out[SCORE] += o->score[row_team];
    out[OTHER_SCORE] += o->score[1 - row_team];
    out[STEPS] += o->steps;
}

static void take_seats(struct hall *h, uint64_t first)
{
    for (size_t b = 0; b < h->lane; b++) {
        const size_t row_team = team_of_row(first + b);
        h->side[0].slot[b] = row_team == 0 ? 0 : 1;
        h->side[1].slot[b] = row_team == 0 ? 1 : 0;
        kith_side_forget(&h->stage, &h->side[0], b);
        kith_side_forget(&h->stage, &h->side[1], b);
    }
}

static bool any_plays(const struct hall *h)
{
    for (size_t b = 0; b < h->lane; b++) {
        if (h->stage.end[b] == KITH_PLAYING) return true;
    }
    return false;
}

/* Episodes first .. first + lane - 1 of a match; those beyond its last are played too and not counted, so that every
 * lane has the same shapes. */
static kith_status play_lane(kith_ctx *ctx, struct hall *h, uint64_t seed, const kith_match *m, uint64_t first,
                             size_t place, double *out)
{
    const uint64_t matches = (uint64_t)1 << 63; /* apart from learners' */
    const kith_real *const policy[] = {m->row, m->column};
    kith_stage *s = &h->stage;
    KITH_TRY(kith_stage_open(ctx, s, seed, matches | first, m->number, place));
    take_seats(h, first);
    for (size_t t = 0; any_plays(h); t++) {
        if (t == s->pitch.shape->episode_steps)
            return kith_fail(ctx, KITH_EPLUGIN,
                             "a match: episodes of the game go on after the %zu steps that it declares; mend its "
                             "describe() or its step()",
                             t);
        KITH_TRY(kith_stage_look(s));
        kith_side_act(s, &h->side[0], 0, policy, 2, NULL);
        kith_side_act(s, &h->side[1], 1, policy, 2, NULL);
        KITH_TRY(kith_stage_step(s));
    }
    KITH_TRY(s->pitch.game->outcome(s->pitch.self, &s->view, s->outcome));
    for (size_t i = 0; i < RESULTS; i++)
        out[i] = 0;
    for (size_t b = 0; b < h->lane && first + b < m->episodes; b++)
        count(&s->outcome[b], team_of_row(first + b), out);
    return KITH_OK;
}

static kith_status play_mine(kith_ctx *ctx, kith_exchange *ex, struct hall *h, uint64_t seed, const kith_match *match,
                             size_t count)
{
    const kith_place *place = kith_exchange_place(ex);
    size_t row = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < lanes_of(&match[i], h->lane); k++, row++) {
            if (row % place->workers != place->worker) continue;
            KITH_TRY(play_lane(ctx, h, seed, &match[i], k * h->lane, place->worker * h->lane,
                               kith_board_row(h->board, row)));
        }
    }
    return KITH_OK;
}

static void add_up(const struct hall *h, kith_match *match, size_t count)
{
    size_t row = 0;
    for (size_t i = 0; i < count; i++) {
        double total[RESULTS] = {0};
        for (size_t k = 0; k < lanes_of(&match[i], h->lane); k++, row++) {
            const double *lane = kith_board_row(h->board, row);
            for (size_t j = 0; j < RESULTS; j++)
                total[j] += lane[j];
        }
        match[i].won = (uint64_t)total[WON];
        match[i].drawn = (uint64_t)total[DRAWN];
        match[i].lost = (uint64_t)total[LOST];
        match[i].score[0] = total[SCORE];
        match[i].score[1] = total[OTHER_SCORE];
        match[i].steps = total[STEPS];
    }
}

static kith_status open_hall(kith_ctx *ctx, const kith_pitch *pitch, const kith_learner_config *config, size_t rows,
                             struct hall *h, kith_origin **origin)
{
    const kith_tower tower = kith_policy_tower(pitch->shape, config);
    KITH_TRY(kith_stage_create(ctx, &h->heap, pitch, h->lane, &h->stage));
    KITH_TRY(kith_side_create(ctx, &h->heap, &h->stage, &tower, &h->side[0]));
    KITH_TRY(kith_side_create(ctx, &h->heap, &h->stage, &tower, &h->side[1]));
    KITH_TAKE(ctx, &h->heap, "matches", rows, origin);
    return KITH_OK;
}

void kith_match_interval(double payoff, uint64_t episodes, double *low, double *high)
{
    const double z = 1.959963984540054, n = (double)episodes, share = 0.5 * (1.0 + payoff);
    const double centre = (share + 0.5 * z * z / n) / (1.0 + z * z / n);
    const double half = z / (1.0 + z * z / n) * sqrt(share * (1.0 - share) / n + 0.25 * z * z / (n * n));
    /* rounding must not put an end on the wrong side of what was seen */
    *low = fmax(-1.0, fmin(payoff, 2.0 * (centre - half) - 1.0));
    *high = fmin(1.0, fmax(payoff, 2.0 * (centre + half) - 1.0));
}

kith_status kith_play(kith_ctx *ctx, kith_exchange *ex, const kith_pitch *pitch, const kith_learner_config *config,
                      uint64_t seed, kith_match *match, size_t count)
{
    struct hall h = {.lane = (size_t)config->lane};
    kith_origin *origin = NULL;
    size_t rows = 0;
    for (size_t i = 0; i < count; i++)
        rows += lanes_of(&match[i], h.lane);
    if (rows == 0) return KITH_OK;
    kith_status status = kith_exchange_agree(ex, open_hall(ctx, pitch, config, rows, &h, &origin), NULL);
    if (status == KITH_OK)
        status = kith_board_create(ctx, ex, "results of matches", rows, RESULTS, sizeof(double), &h.board);
    if (status == KITH_OK) {
        const size_t workers = kith_exchange_place(ex)->workers;
        for (size_t i = 0; i < rows; i++)
            origin[i] = (kith_origin){.row = (uint32_t)i, .domain = (uint32_t)kith_exchange_domain_of(ex, i % workers)};
        status = kith_board_publish_rows(h.board, play_mine(ctx, ex, &h, seed, match, count), origin, rows, NULL);
    }
    if (status == KITH_OK) add_up(&h, match, count);
    kith_board_destroy(h.board);
    kith_heap_free(&h.heap);
    return status;
}
