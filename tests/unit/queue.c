/* Queues of work: who takes which piece, and which of several failures is told. Three workers are played by one: they
 * are told apart by their place alone. */
#include "support.h"

#include "engine/work/queue.h"

enum { WORKERS = 3, PIECES = 8 };

static kith_ctx *ctx;
static kith_exchange *ex;
static kith_queues *queues;

static int set_up(void **state)
{
    (void)state;
    const kith_exchange_options options = {.domains = 1};
    ctx = kith_ctx_create();
    if (kith_exchange_open(ctx, &options, "any", &ex) != KITH_OK) return -1;
    return kith_queues_create(ctx, ex, &queues) == KITH_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    kith_queues_destroy(queues);
    kith_exchange_close(ex);
    kith_ctx_destroy(ctx);
    return 0;
}

/* Worker w's next piece. */
static size_t next_of(kith_queue *queue, size_t w)
{
    kith_place *place = (kith_place *)kith_exchange_place(ex);
    const kith_place true_place = *place;
    place->local = w;
    place->locals = WORKERS;
    const size_t k = kith_queue_next(&queue[w], PIECES);
    *place = true_place;
    return k;
}

/* taker [PIECES]: who took each piece, where workers take turns. Each piece is taken once. */
static void share_out(kith_dealing deal, size_t turns, size_t *taker)
{
    kith_queue queue[WORKERS];
    for (size_t w = 0; w < WORKERS; w++)
        kith_queue_open(ex, queues, deal, KITH_QUEUE_TESTS, &queue[w]);
    for (size_t t = 0; t < turns; t++) {
        size_t left = WORKERS;
        for (size_t k = 0; k < PIECES; k++)
            taker[k] = SIZE_MAX;
        for (bool done[WORKERS] = {false}; left > 0;)
            for (size_t w = 0; w < WORKERS; w++) {
                const size_t k = done[w] ? SIZE_MAX : next_of(queue, w);
                if (k == SIZE_MAX) {
                    left -= !done[w];
                    done[w] = true;
                    continue;
                }
                assert_true(k < PIECES && taker[k] == SIZE_MAX);
                taker[k] = w;
            }
        for (size_t k = 0; k < PIECES; k++)
            assert_true(taker[k] < WORKERS);
        for (size_t w = 0; w < WORKERS; w++)
            kith_queue_turn(&queue[w]);
    }
}

static void every_piece_is_taken_once(void **state)
{
    (void)state;
    static const size_t cyclic[PIECES] = {0, 1, 2, 0, 1, 2, 0, 1}, blocked[PIECES] = {0, 0, 1, 1, 1, 2, 2, 2};
    size_t taker[PIECES];
    share_out(KITH_DEAL_DYNAMIC, 4, taker);
    assert_memory_equal(taker, cyclic, sizeof cyclic); /* as they come, which is in turns here */
    share_out(KITH_DEAL_CYCLIC, 4, taker);
    assert_memory_equal(taker, cyclic, sizeof cyclic);
    share_out(KITH_DEAL_BLOCKED, 4, taker);
    assert_memory_equal(taker, blocked, sizeof blocked);
}

/* ---- failures ---- */

/* Items in an order of their own, some of which fail. */
typedef struct work {
    const size_t *item;
    size_t count, next, made;
    bool fails[PIECES];
} work;

static size_t next_item(void *arg)
{
    work *w = arg;
    return w->next < w->count ? w->item[w->next++] : SIZE_MAX;
}

static kith_status make_item(kith_ctx *c, void *arg, size_t item)
{
    work *w = arg;
    w->made |= (size_t)1 << item;
    return w->fails[item] ? kith_fail(c, KITH_EDATA, "item %zu is bad", item) : KITH_OK;
}

static void the_earliest_failure_is_told(void **state)
{
    (void)state;
    static const size_t order[] = {5, 6, 2, 4, 1};
    work w = {.item = order, .count = 5, .fails = {[5] = true, [2] = true}};
    const kith_chore chore = {.arg = &w, .next = next_item, .make = make_item};
    assert_int_equal(kith_chore_make(ctx, ex, &chore), KITH_EDATA);
    assert_string_equal(kith_ctx_message(ctx), "item 2 is bad");
    assert_int_equal(w.made, 1 << 5 | 1 << 2 | 1 << 1); /* neither 6 nor 4: they come after one that failed */
    assert_int_equal(w.next, 5);
    kith_ctx_forget(ctx);
    w = (work){.item = order, .count = 5};
    assert_int_equal(kith_chore_make(ctx, ex, &chore), KITH_OK);
    assert_int_equal(w.made, 1 << 5 | 1 << 6 | 1 << 2 | 1 << 4 | 1 << 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_piece_is_taken_once),
                                       cmocka_unit_test(the_earliest_failure_is_told)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
