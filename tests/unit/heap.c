/* Heaps: arrays that live and die together. */
#include "support.h"

#include "base/heap.h"

static void arrays_are_zero_and_die_together(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    kith_heap heap = {.count = 0};
    double *some = NULL;
    char *none = NULL;
    assert_ok(ctx, KITH_TAKE(ctx, &heap, "numbers", 3, &some));
    assert_ok(ctx, KITH_TAKE(ctx, &heap, "letters", 0, &none));
    assert_true(some[0] == 0.0 && some[2] == 0.0 && none && heap.count == 2);
    kith_heap_free(&heap);
    assert_int_equal(heap.count, 0);
    assert_ok(ctx, KITH_TAKE(ctx, &heap, "numbers", 3, &some));
    assert_int_equal(heap.count, 1);
    kith_heap_free(&heap);
    kith_heap_free(&heap);
    kith_ctx_destroy(ctx);
}

static void a_full_heap_refuses(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    kith_heap heap = {.count = 0};
    char *out = NULL;
    for (size_t k = 0; k < KITH_HEAP_MOST; k++)
        assert_ok(ctx, KITH_TAKE(ctx, &heap, "letters", k, &out));
    assert_int_equal(KITH_TAKE(ctx, &heap, "one more", 1, &out), KITH_EINTERNAL);
    assert_string_equal(kith_ctx_message(ctx), "more than 64 arrays in one heap, at one more");
    kith_ctx_forget(ctx);
    assert_int_equal(heap.count, KITH_HEAP_MOST);
    kith_heap_free(&heap);
    assert_int_equal(KITH_TAKE(ctx, &heap, "too much", SIZE_MAX, &out), KITH_EMEMORY);
    assert_int_equal(heap.count, 0);
    kith_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(arrays_are_zero_and_die_together),
                                       cmocka_unit_test(a_full_heap_refuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
