/* What a publish and a mean cost here: mpirun -n 2 tests/bench/exchange [DOMAINS]. */
#include "exchange/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PUBLISHES = 20000, MEANS = 200, WARM = 20, ROWS = 16, LENGTH = 100000 };

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static kith_status time_publish(kith_board *board, double *us)
{
    for (int i = 0; i < WARM; i++)
        KITH_TRY(kith_board_publish_slices(board, KITH_OK, NULL, 0));
    const double start = now_us();
    for (int i = 0; i < PUBLISHES; i++)
        KITH_TRY(kith_board_publish_slices(board, KITH_OK, NULL, 0));
    *us = (now_us() - start) / PUBLISHES;
    return KITH_OK;
}

static kith_status time_mean(kith_board *board, const kith_place *place, double *us)
{
    kith_origin rows[ROWS];
    for (uint32_t i = 0; i < ROWS; i++)
        rows[i] = (kith_origin){i, i % (uint32_t)place->domains};
    for (int i = 0; i < WARM; i++)
        KITH_TRY(kith_board_mean(board, KITH_OK, rows, ROWS, ROWS));
    const double start = now_us();
    for (int i = 0; i < MEANS; i++)
        KITH_TRY(kith_board_mean(board, KITH_OK, rows, ROWS, ROWS));
    *us = (now_us() - start) / MEANS;
    return KITH_OK;
}

static kith_status run(kith_ctx *ctx, kith_exchange *ex)
{
    const kith_place *place = kith_exchange_place(ex);
    kith_board *board = NULL;
    double publish_us = 0, mean_us = 0;
    KITH_TRY(kith_board_create(ctx, ex, "bench", ROWS + 1, LENGTH, sizeof(kith_real), &board));
    kith_status status = time_publish(board, &publish_us);
    if (status == KITH_OK) status = time_mean(board, place, &mean_us);
    kith_board_destroy(board);
    if (status == KITH_OK && place->worker == 0)
        printf("workers %zu  domains %zu  publish %.2f us  mean of %d x %d %.3f ms  %.1f GB/s\n", place->workers,
               place->domains, publish_us, (int)ROWS, (int)LENGTH, mean_us * 1e-3,
               (double)ROWS * LENGTH * sizeof(kith_real) / mean_us * 1e-3);
    return status;
}

int main(int argc, char **argv)
{
    const kith_exchange_options options = {.domains = argc > 1 ? strtoul(argv[1], NULL, 10) : 1,
                                           .launched = getenv("OMPI_COMM_WORLD_SIZE") != NULL};
    kith_ctx *ctx = kith_ctx_create();
    kith_exchange *ex = NULL;
    kith_status status = kith_exchange_open(ctx, &options, "bench", &ex);
    if (status == KITH_OK) status = run(ctx, ex);
    if (kith_ctx_message(ctx)[0]) fprintf(stderr, "%s\n", kith_ctx_message(ctx));
    kith_exchange_close(ex);
    kith_ctx_destroy(ctx);
    return (int)status;
}
