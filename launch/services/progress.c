#include "launch/services/progress.h"
#include "base/metrics.h"

#include "base/now.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LINE_SIZE = 512, PART_SIZE = 64, BAR_LEAST = 12, BAR_MOST = 60 };

struct kith_bar {
    FILE *out;
    double first_time, drawn_time; /* s; NaN before */
    uint64_t first_round;
    size_t drawn;       /* characters that stand on the terminal's line */
    kith_progress last; /* what was drawn last; it counts once first_time does */
};

/* 0: no terminal. mpirun gives its workers terminals without a width, from which it copies what they write; so whoever
 * started mpirun and sees the real terminal says how wide that is. */
size_t kith_bar_columns(FILE *out)
{
    struct winsize size;
    const int fd = fileno(out);
    if (fd >= 0 && isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col) return size.ws_col;
    const char *text = getenv(fd == STDOUT_FILENO ? KITH_OUT_COLUMNS : KITH_BAR_COLUMNS);
    const unsigned long columns = text ? strtoul(text, NULL, 10) : 0;
    return columns <= USHRT_MAX ? columns : 0;
}

/* Slow rounds are easier to read the other way round. */
static void rate_text(char *text, size_t size, double rate)
{
    if (rate >= 0.1)
        snprintf(text, size, "%.*f rounds/s", rate < 99.95 ? 1 : 0, rate);
    else
        snprintf(text, size, "%.1f s/round", 1.0 / rate);
}

static bool rate_known(double rate)
{
    return isfinite(rate) && rate > 0;
}

static void append(char *line, size_t size, const char *text)
{
    const size_t used = strlen(line);
    if (used < size) snprintf(line + used, size - used, "%s", text);
}

void kith_bar_value(char *text, size_t size, const kith_metric *metric, double value)
{
    const double many = fabs(value);
    snprintf(text, size, many != 0.0 && (many < 0.001 || many >= 1e5) ? "%s %.3e" : "%s %.4f", metric->name, value);
}

void kith_bar_leads(const kith_progress *p, void (*take)(void *arg, const kith_metric *metric, double value), void *arg)
{
    size_t count = 0;
    while (kith_metric_lead(count) < KITH_METRIC_COUNT)
        count++;
    while (count-- > 0) {
        const size_t place = kith_metric_lead(count);
        if (!isnan(p->latest[place])) take(arg, kith_metric_at(place), p->latest[place]);
    }
}

typedef struct text_line {
    char *text;
    size_t size;
} text_line;

static void append_lead(void *arg, const kith_metric *metric, double value)
{
    const text_line *line = arg;
    char part[PART_SIZE];
    kith_bar_value(part, sizeof part, metric, value);
    append(line->text, line->size, "  ");
    append(line->text, line->size, part);
}

void kith_bar_plain(char *line, size_t size, const kith_progress *p, double rate)
{
    char part[PART_SIZE];
    snprintf(line, size, "round %" PRIu64 "/%" PRIu64, p->round, p->rounds);
    if (!isnan(p->steps)) {
        snprintf(part, sizeof part, "  %s %.0f", KITH_METRIC_steps, p->steps);
        append(line, size, part);
    }
    kith_bar_leads(p, append_lead, &(text_line){line, size});
    if (!rate_known(rate)) return;
    append(line, size, "  ");
    rate_text(part, sizeof part, rate);
    append(line, size, part);
}

void kith_bar_time(char *text, size_t size, double seconds, const char *what)
{
    const uint64_t s = seconds < 1e9 ? (uint64_t)(seconds + 0.5) : (uint64_t)1e9;
    if (s >= 2 * 86400)
        snprintf(text, size, "%" PRIu64 " d %s", s / 86400, what);
    else if (s >= 3600)
        snprintf(text, size, "%" PRIu64 ":%02u:%02u %s", s / 3600, (unsigned)(s / 60 % 60), (unsigned)(s % 60), what);
    else
        snprintf(text, size, "%u:%02u %s", (unsigned)(s / 60), (unsigned)(s % 60), what);
}

/* The parts beside the bar, in the order in which they stand; empty where unknown. */
enum { COUNT, WITHIN, LOSS, LEAD, RATE, LEFT, PARTS };

static void make_parts(char part[PARTS][PART_SIZE], const kith_progress *p, double rate, const char *within)
{
    memset(part, 0, PARTS * sizeof part[0]);
    snprintf(part[WITHIN], PART_SIZE, "%s", within);
    snprintf(part[COUNT], PART_SIZE, "%" PRIu64 "/%" PRIu64, p->round, p->rounds);
    const size_t lead = kith_progress_leading(p);
    const size_t loss = isnan(p->latest[KITH_AT_train_loss]) ? KITH_AT_test_loss : KITH_AT_train_loss;
    if (loss != lead && !isnan(p->latest[loss]))
        kith_bar_value(part[LOSS], PART_SIZE, kith_metric_at(loss), p->latest[loss]);
    if (lead < KITH_METRIC_COUNT) kith_bar_value(part[LEAD], PART_SIZE, kith_metric_at(lead), p->latest[lead]);
    if (!rate_known(rate)) return;
    rate_text(part[RATE], PART_SIZE, rate);
    if (p->rounds > p->round) kith_bar_time(part[LEFT], PART_SIZE, (double)(p->rounds - p->round) / rate, "left");
}

static size_t parts_length(char part[PARTS][PART_SIZE])
{
    size_t length = 0;
    for (int i = 0; i < PARTS; i++)
        length += part[i][0] ? strlen(part[i]) + 2 : 0;
    return length - 2; /* the count is always there */
}

/* A narrow terminal does without the rate, the loss, the bar, the time left, what leads and what a long round is at, in
 * this order. */
static void drop_parts(char part[PARTS][PART_SIZE], size_t width)
{
    static const struct {
        int part;
        size_t beside; /* what must fit, too */
    } step[] = {{RATE, BAR_LEAST + 2}, {LOSS, BAR_LEAST + 2}, {LEFT, 0}, {LEAD, 0}, {WITHIN, 0}};
    for (size_t i = 0; i < sizeof step / sizeof step[0]; i++)
        if (parts_length(part) + step[i].beside > width) part[step[i].part][0] = '\0';
}

static void append_bar(char *line, size_t size, const kith_progress *p, size_t cells)
{
    char bar[BAR_MOST + 4];
    const double share = p->rounds ? fmin(1.0, (double)p->round / (double)p->rounds) : 1.0;
    const size_t inner = cells - 2, full = (size_t)(share * (double)inner);
    memset(bar, '-', sizeof bar);
    memset(bar + 1, '#', full);
    bar[0] = '[';
    memcpy(bar + inner + 1, "]  ", 4);
    append(line, size, bar);
}

void kith_bar_line(char *line, size_t size, const kith_progress *p, double rate, size_t width)
{
    kith_bar_line_within(line, size, p, rate, "", width);
}

void kith_bar_line_within(char *line, size_t size, const kith_progress *p, double rate, const char *within,
                          size_t width)
{
    char part[PARTS][PART_SIZE];
    make_parts(part, p, rate, within);
    drop_parts(part, width);
    line[0] = '\0';
    const size_t room = width > parts_length(part) + 2 ? width - parts_length(part) - 2 : 0;
    if (room >= BAR_LEAST) append_bar(line, size, p, room < BAR_MOST ? room : BAR_MOST);
    for (int i = 0; i < PARTS; i++) {
        if (!part[i][0]) continue;
        if (i > 0) append(line, size, "  ");
        append(line, size, part[i]);
    }
    if (width < size) line[width] = '\0';
}

kith_bar *kith_bar_create(FILE *out)
{
    kith_bar *bar = calloc(1, sizeof *bar);
    if (bar) *bar = (kith_bar){.out = out, .first_time = NAN, .drawn_time = NAN};
    return bar;
}

/* The last column stays free: a full line makes some terminals wrap. */
static size_t room_of(size_t width)
{
    return width - 1 < LINE_SIZE ? width - 1 : LINE_SIZE - 1;
}

/* Blanks, not escape sequences, rub out what a shorter line leaves: every terminal knows them. */
static void redraw(kith_bar *bar, const char *line, size_t width)
{
    const size_t length = strlen(line), stale = bar->drawn < width ? bar->drawn : width - 1;
    fprintf(bar->out, "\r%s%*s", line, stale > length ? (int)(stale - length) : 0, "");
    fflush(bar->out);
    bar->drawn = length;
}

/* share: of the round that is under way. */
static double rate_at(const kith_bar *bar, double share, double now)
{
    const double made = (double)(bar->last.round - bar->first_round) + share, spent = now - bar->first_time;
    return spent > 0.0 && made > 0.0 ? made / spent : NAN;
}

void kith_bar_draw(kith_bar *bar, const kith_progress *p)
{
    if (!bar) return;
    const double now = kith_now();
    if (isnan(bar->first_time)) {
        bar->first_time = now;
        bar->first_round = p->round;
    }
    bar->last = *p;
    const double rate = rate_at(bar, 0.0, now);
    const size_t width = kith_bar_columns(bar->out);
    char line[LINE_SIZE];
    if (width > 0) {
        const bool due = isnan(bar->drawn_time) || now - bar->drawn_time >= 0.1 || p->round >= p->rounds;
        if (!due) return;
        kith_bar_line(line, sizeof line, p, rate, room_of(width));
        redraw(bar, line, width);
        bar->drawn_time = now;
    } else if (p->evaluated) {
        kith_bar_plain(line, sizeof line, p, rate);
        fprintf(bar->out, "%s\n", line);
        fflush(bar->out);
    }
}

bool kith_bar_within(kith_bar *bar, const char *within, double share)
{
    char line[LINE_SIZE];
    const size_t width = bar ? kith_bar_columns(bar->out) : 0;
    if (!width) return false;
    if (isnan(bar->first_time))
        snprintf(line, room_of(width) + 1, "%s", within);
    else
        kith_bar_line_within(line, sizeof line, &bar->last, rate_at(bar, share, kith_now()), within, room_of(width));
    redraw(bar, line, width);
    return true;
}

void kith_bar_leave(kith_bar *bar)
{
    if (!bar || bar->drawn == 0) return;
    /* that a run was opened is nothing to keep */
    if (isnan(bar->first_time))
        fprintf(bar->out, "\r%*s\r", (int)bar->drawn, "");
    else
        putc('\n', bar->out);
    fflush(bar->out);
    bar->drawn = 0;
}

void kith_bar_finish(kith_bar *bar)
{
    kith_bar_leave(bar);
    free(bar);
}
