/* Checks of the exchange that take several workers; driven by board.test. Usage: board DOMAINS [what]
 *   (nothing)    every check; worker 0 prints a digest of all that it read
 *   differ W     worker W comes with another fingerprint
 *   abort        the last worker ends the job while the others wait for it
 *   break NAME   on worker 0 this function of MPI fails
 */
#include "exchange/machine.h"
#include "try.h"

#include <stdlib.h>
#include <string.h>

static void try_place(try_run *t, size_t forced)
{
    const kith_place *p = t->place;
    size_t before = 0;
    try_that(t, p->worker < p->workers && p->hosts >= 1);
    if (p->hosts == 1) try_that(t, p->domains == (forced < p->workers ? forced : p->workers));
    for (size_t d = 0; d < p->domains; d++) {
        size_t first = 0, last = 0;
        kith_exchange_domain(t->ex, d, &first, &last);
        try_that(t, first == before && last > first);
        try_that(t, (d == p->domain) == (p->worker >= first && p->worker < last));
        if (d == p->domain) try_that(t, p->local == p->worker - first && p->locals == last - first);
        if (p->hosts == 1) try_that(t, last - first - p->workers / p->domains <= 1);
        before = last;
    }
    try_that(t, before == p->workers);
    try_end(t, "domains are consecutive and even");
}

/* What a group publishes is its own, and while one of its workers fails the other groups go on. */
static void try_group(try_run *t, kith_exchange *group, size_t size)
{
    const kith_place *whole = t->place, *p = kith_exchange_place(group);
    const size_t number = whole->worker / size, last = (whole->workers - 1) / size;
    const kith_origin origin = {0, 0};
    kith_board *board = NULL;
    try_that(t, p->worker == whole->worker % size);
    try_that(t, p->workers == (number < last ? size : whole->workers - last * size));
    try_ok(t, kith_board_create(t->ctx, group, "a group's", 1, 1, sizeof(uint64_t), &board));
    for (uint64_t round = 0; board && round < 3 + number; round++) {
        uint64_t *row = kith_board_row(board, 0);
        if (p->worker == 0) *row = 100 * number + round;
        try_ok(t, kith_board_publish_rows(board, KITH_OK, &origin, 1, NULL));
        try_that(t, *row == 100 * number + round);
        const kith_status failed = number == 0 ? KITH_EDATA : KITH_OK;
        try_that(t, kith_exchange_agree(group, p->worker + 1 == p->workers ? failed : KITH_OK, NULL) == failed);
    }
    if (board) kith_board_destroy(board);
}

static void try_groups(try_run *t, size_t forced)
{
    for (size_t size = 1; size <= t->place->workers + 1; size++) {
        kith_exchange *group = NULL;
        try_ok(t, kith_exchange_split(t->ctx, t->ex, size, forced, &group));
        if (!group) break;
        try_group(t, group, size);
        kith_exchange_close(group);
    }
    try_ok(t, kith_exchange_agree(t->ex, KITH_OK, NULL));
    try_end(t, "groups go their own ways");
}

static void expect_failure(try_run *t, kith_status got, kith_status wanted, size_t speaker)
{
    try_status(t, got, wanted, "a publish that one worker failed");
    try_that(t, kith_exchange_speaker(t->ex) == (t->place->worker == speaker));
}

/* Each worker fails in turn, its neighbour above with it but with another status. */
static void try_failing(try_run *t)
{
    const size_t me = t->place->worker;
    const kith_origin row = {0, 0};
    const uint32_t plain = 0;
    double total = 0;
    kith_board *board = NULL, *partial = NULL;
    try_ok(t, kith_board_create(t->ctx, t->ex, "failing", 1, 5000, sizeof(kith_real), &board));
    try_ok(t, kith_board_create(t->ctx, t->ex, "partial sums", 1, 1, sizeof(double), &partial));
    for (size_t w = 0; board && partial && w < t->place->workers; w++) {
        const kith_status mine = me == w ? KITH_EDIVERGED : me == w + 1 ? KITH_EIO : KITH_OK;
        if (me == 0) *(char *)kith_board_row(board, 0) = 1;
        expect_failure(t, kith_board_publish_rows(board, mine, &row, 1, NULL), KITH_EDIVERGED, w);
        expect_failure(t, kith_board_publish_slices(board, mine, &row, 1), KITH_EDIVERGED, w);
        expect_failure(t, kith_board_publish_gather(board, mine, &plain, 1), KITH_EDIVERGED, w);
        expect_failure(t, kith_board_mean(board, mine, &row, 1, 0), KITH_EDIVERGED, w);
        expect_failure(t, kith_block_total(partial, mine, 1, 1, &total), KITH_EDIVERGED, w);
        expect_failure(t, kith_exchange_agree(t->ex, mine, NULL), KITH_EDIVERGED, w);
        try_that(t, t->place->domain == 0 || *(char *)kith_board_row(board, 0) == 0);
        try_ok(t, kith_exchange_agree(t->ex, KITH_OK, NULL));
        try_that(t, !kith_exchange_speaker(t->ex));
    }
    kith_board_destroy(board);
    kith_board_destroy(partial);
    try_end(t, "the lowest failing worker's status reaches all, it alone speaks, and nothing moves");
}

static void try_stop(try_run *t)
{
    const size_t last = t->place->workers - 1;
    bool stop = t->place->worker == last;
    try_ok(t, kith_exchange_agree(t->ex, KITH_OK, &stop));
    try_that(t, stop);
    stop = false;
    try_ok(t, kith_exchange_agree(t->ex, KITH_OK, &stop));
    try_that(t, !stop);
    stop = t->place->worker == 0;
    try_status(t, kith_exchange_agree(t->ex, t->place->worker == last ? KITH_EIO : KITH_OK, &stop), KITH_EIO, "agree");
    try_that(t, stop);
    try_end(t, "one worker's wish to stop reaches all");
}

/* The message is on worker 0 alone. Its amount of memory there is changes while we look, so it is compared roughly and
 * the rest exactly. */
static void expect_refusal(try_run *t, const char *head, uint64_t had)
{
    static const char tail[] = " of memory is available; use fewer learners or a smaller model";
    const char *message = kith_ctx_message(t->ctx);
    double number = 0, scale = 1;
    char unit[8] = "", named[32];
    if (t->place->worker != 0) {
        try_that(t, message[0] == '\0');
    } else if (strncmp(message, head, strlen(head)) != 0 || strlen(message) < strlen(tail) ||
               strcmp(message + strlen(message) - strlen(tail), tail) != 0 ||
               sscanf(message + strlen(head), "%lf %7s", &number, unit) != 2) {
        try_wrong(t, "\"%s\" instead of \"%s...%s\"", message, head, tail);
    } else {
        snprintf(named, sizeof named, "%.1f %s", number, unit);
        try_that(t, strncmp(message + strlen(head), named, strlen(named)) == 0);
        for (const char *u = "KMGTPE"; *u && unit[0] != 'B'; u++) {
            scale *= 1024;
            if (*u == unit[0]) break;
        }
        const double ratio = number * scale / (double)had;
        try_that(t, ratio > 0.5 && ratio < 2);
    }
    kith_ctx_clear(t->ctx);
}

static void try_too_large(try_run *t)
{
    kith_board *board = NULL;
    char head[256], each[48] = "", size[32];
    const size_t D = t->place->domains;
    if (D > 1) snprintf(each, sizeof each, " in each of %zu domains", D);
    snprintf(head, sizeof head, "messages: the board needs 16.0 TiB%s but only ", each);
    uint64_t had = kith_memory_available();
    try_status(t, kith_board_create(t->ctx, t->ex, "messages", (size_t)1 << 20, (size_t)1 << 21, 8, &board),
               KITH_EMEMORY, "a board of 16 TiB");
    expect_refusal(t, head, had);
    try_that(t, kith_exchange_speaker(t->ex) == (t->place->worker == 0));
    try_end(t, "a board larger than memory is refused in one sentence");

    /* One copy would fit, one for each domain does not. Every worker asks for what worker 0 saw. */
    kith_board *asked = NULL;
    try_ok(t, kith_board_create(t->ctx, t->ex, "asked", 1, 1, sizeof had, &asked));
    const kith_origin row = {0, 0};
    had = kith_memory_available();
    if (t->place->worker == 0) memcpy(kith_board_row(asked, 0), &had, sizeof had);
    try_ok(t, kith_board_publish_rows(asked, KITH_OK, &row, 1, NULL));
    memcpy(&had, kith_board_row(asked, 0), sizeof had);
    kith_board_destroy(asked);
    if (D > 1) {
        const size_t bytes = (size_t)(had / 4 * 3 / 64 * 64);
        snprintf(head, sizeof head, "models: the board needs %s%s but only ", kith_bytes_text(bytes, size), each);
        try_status(t, kith_board_create(t->ctx, t->ex, "models", 1, bytes, 1, &board), KITH_EMEMORY, "large boards");
        expect_refusal(t, head, had);
        try_end(t, "what all domains of a host need together is refused");
    }
}

static void expect_message(try_run *t, const char *wanted)
{
    const char *message = kith_ctx_message(t->ctx);
    if (strcmp(message, t->place->worker == 0 ? wanted : "") != 0) try_wrong(t, "the message is \"%s\"", message);
    kith_ctx_clear(t->ctx);
}

static void try_misuse(try_run *t)
{
    kith_board *board = NULL, *none = NULL;
    const kith_origin beyond = {2, 0}, nowhere = {0, (uint32_t)t->place->domains};
    const uint32_t plain = 7;
    char text[160];
    try_status(t, kith_board_create(t->ctx, t->ex, "x", SIZE_MAX / 8, 3, 8, &none), KITH_EMEMORY, "overflow");
    snprintf(text, sizeof text,
             "x: a board of %zu rows of 3 elements of 8 bytes is more than can be addressed; use fewer learners or a "
             "smaller model",
             SIZE_MAX / 8);
    expect_message(t, text);
    try_ok(t, kith_board_create(t->ctx, t->ex, "misuse", 2, 10, sizeof(kith_real), &board));
    try_status(t, kith_board_publish_slices(board, KITH_OK, &beyond, 1), KITH_EINTERNAL, "a row too many");
    expect_message(t, "row 2 of a board of 2 rows was published; report this as a bug");
    try_status(t, kith_board_publish_gather(board, KITH_OK, &plain, 1), KITH_EINTERNAL, "a row too many");
    expect_message(t, "row 7 of a board of 2 rows was published; report this as a bug");
    try_status(t, kith_board_publish_rows(board, KITH_OK, &nowhere, 1, NULL), KITH_EINTERNAL, "a domain too many");
    snprintf(text, sizeof text, "a row of domain %zu of %zu was published; report this as a bug", t->place->domains,
             t->place->domains);
    expect_message(t, text);
    kith_board_destroy(board);
    try_end(t, "lists that name what is not there are refused");
}

/* Each number drawn leaves a mark; a number drawn twice, or never, shows. */
static void draw(try_run *t, kith_queues *queues, size_t queue, unsigned char *marks, size_t numbers)
{
    uint64_t previous = 0;
    bool any = false;
    for (;;) {
        const uint64_t n = kith_queues_next(queues, queue);
        if (any) try_that(t, n > previous);
        if (n >= numbers) return;
        marks[n]++;
        previous = n;
        any = true;
    }
}

static void try_queues(try_run *t)
{
    enum { NUMBERS = 20000, TURNS = 4 };
    static const size_t queue[TURNS] = {0, 15, 0, 7};
    kith_queues *queues = NULL;
    kith_board *marks = NULL;
    try_ok(t, kith_queues_create(t->ctx, t->ex, &queues));
    try_ok(t, kith_board_create(t->ctx, t->ex, "marks", TURNS, NUMBERS, 1, &marks));
    for (size_t turn = 0; queues && marks && turn < TURNS; turn++) {
        unsigned char *row = kith_board_row(marks, turn);
        draw(t, queues, queue[turn], row, NUMBERS);
        try_ok(t, kith_exchange_agree(t->ex, KITH_OK, NULL));
        for (size_t n = 0; n < NUMBERS; n++)
            if (row[n] != 1) try_wrong(t, "turn %zu: number %zu was dealt %d times", turn, n, row[n]);
        if (t->place->local == 0) kith_queues_reset(queues, queue[turn]);
        try_ok(t, kith_exchange_agree(t->ex, KITH_OK, NULL));
    }
    kith_queues_destroy(queues);
    kith_board_destroy(marks);
    try_end(t, "a queue gives every number once");
}

static void try_all(try_run *t, size_t domains)
{
    try_place(t, domains);
    try_groups(t, domains);
    try_contents(t);
    try_failing(t);
    try_stop(t);
    try_too_large(t);
    try_misuse(t);
    try_queues(t);
    if (t->place->worker == 0) printf("digest %016llx\n", (unsigned long long)t->digest);
}

/* Under a launcher every worker must refuse, and only the one that differs may speak. */
static int differ(kith_ctx *ctx, kith_status status, bool speaks)
{
    const char *message = kith_ctx_message(ctx);
    const bool right = status == KITH_EEXCHANGE && (message[0] != '\0') == speaks;
    if (!right)
        fprintf(stderr, "not ok - differ: %s (%s)\n", kith_status_text(status), message);
    else if (speaks)
        printf("%s\n", message);
    return right ? 0 : 1;
}

/* Worker 0 must come back from each call, say why, and end the job that the others still believe in. */
static int broken(try_run *t, const char *name)
{
    const kith_origin rows[] = {{0, 0}, {1, (uint32_t)t->place->domains - 1}};
    kith_board *board = NULL, *another = NULL;
    kith_status status = kith_board_create(t->ctx, t->ex, "broken", 2, 5000, sizeof(kith_real), &board);
    if (t->place->worker == 0) try_break(name);
    if (status == KITH_OK) status = kith_board_create(t->ctx, t->ex, "broken", 2, 5000, 1, &another);
    if (status == KITH_OK) status = kith_board_publish_rows(board, KITH_OK, rows, 2, NULL);
    try_that(t, status == KITH_EEXCHANGE && kith_exchange_speaker(t->ex));
    try_that(t, kith_exchange_agree(t->ex, KITH_OK, NULL) == KITH_EEXCHANGE && kith_exchange_speaker(t->ex));
    printf("%s%s\n", t->why, kith_ctx_message(t->ctx));
    fflush(stdout);
    kith_exchange_abort(t->ex, (int)status);
    return 1;
}

int main(int argc, char **argv)
{
    const char *rank = getenv("OMPI_COMM_WORLD_RANK"), *what = argc > 2 ? argv[2] : "";
    const size_t domains = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    const kith_exchange_options options = {.domains = domains, .launched = rank != NULL};
    const bool differs = strcmp(what, "differ") == 0;
    /* The workers above differ too, and must keep quiet. */
    const size_t from = argc > 3 ? strtoul(argv[3], NULL, 10) : 0, here = rank ? strtoul(rank, NULL, 10) : 0;
    try_run t = {.ctx = kith_ctx_create(), .digest = 0xcbf29ce484222325u};
    const kith_status status = kith_exchange_open(
        t.ctx, &options, differs && here >= from ? "real=float\nblas=BLIS 8.9\n" : "real=float\nblas=BLIS 0.9\n",
        &t.ex);
    int code = 1;
    if (differs) {
        code = differ(t.ctx, status, here == from);
    } else if (status != KITH_OK) {
        fprintf(stderr, "%s\n", kith_ctx_message(t.ctx));
    } else {
        t.place = kith_exchange_place(t.ex);
        if (strcmp(what, "break") == 0 && argc > 3) return broken(&t, argv[3]);
        if (strcmp(what, "abort") == 0 && t.place->worker == t.place->workers - 1) kith_exchange_abort(t.ex, 9);
        try_all(&t, domains);
        code = t.failures ? 1 : 0;
        kith_exchange_close(t.ex);
    }
    kith_ctx_destroy(t.ctx);
    return code;
}
