#include "launch/services/lookout.h"

#include "base/now.h"
#include "base/headway.h"
#include "config/config.h"
#include "launch/services/console.h"

#include <inttypes.h>
#include <kith/base.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TEXT_SIZE = 320, LINE_SIZE = 1024 };
static const double bar_after_s = 2.0, line_after_s = 30.0, tick_s = 0.2, stop_after_s = 1.0;

/* The main thread has the lock but while it is away. */
struct kith_lookout {
    kith_lookout_setup setup;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool ended, opening, away;
    uint64_t times; /* how often the main thread went away */
    uint64_t round, rounds;
    double line_after; /* s; INFINITY: never */
    /* the thread's own */
    uint64_t seen;            /* the time that it looks at */
    double since, part_since; /* since when, and since when the same part of it */
    const char *part;         /* what that is */
    double due;               /* of the next line, s after `since` */
    double asked;             /* when the stop was seen; NaN: not yet */
    bool told;                /* where the stop will come */
    char drawn[TEXT_SIZE];    /* what stands in the bar */
    kith_headway stage[KITH_HEADWAYS];
    size_t stages;
};

static void look(kith_lookout *l, double now)
{
    if (l->seen != l->times) {
        l->seen = l->times;
        l->since = l->part_since = now;
        l->due = l->line_after;
        l->part = NULL;
        l->drawn[0] = '\0';
    }
    l->stages = kith_headway_read(l->stage);
    const char *part = l->stages ? l->stage[0].what : NULL;
    if (part != l->part) l->part_since = now;
    l->part = part;
}

/* Seconds until the part is made, by how long what is made of it has taken; NaN where that is too little. */
static double left_of_part(const kith_lookout *l, double now)
{
    const double share = kith_headway_share(l->stage, l->stages), spent = now - l->part_since;
    return share > 0.01 && spent > 0.5 ? spent * (1.0 - share) / share : NAN;
}

static void say_labelled(const kith_lookout *l, const char *line)
{
    if (l->setup.bar) kith_bar_leave(l->setup.bar);
    say("%s%s%s", l->setup.label, *l->setup.label ? ": " : "", line);
}

static void tell_line(kith_lookout *l, const char *text, double now)
{
    char line[LINE_SIZE], spent[32], left[32] = "";
    const double seconds = left_of_part(l, now);
    kith_bar_time(spent, sizeof spent, now - l->since, "so far");
    if (!isnan(seconds)) {
        memcpy(left, ", ", 3);
        kith_bar_time(left + 2, sizeof left - 2, seconds, "left");
    }
    if (l->opening)
        snprintf(line, sizeof line, "%s  %s%s", text, spent, left);
    else
        snprintf(line, sizeof line, "round %" PRIu64 "/%" PRIu64 "  %s  %s%s", l->round + 1, l->rounds, text, spent,
                 left);
    if (l->setup.bar)
        fprintf(stderr, "%s\n", line);
    else
        say_labelled(l, line);
}

/* Where rounds are short the stop comes before anybody could read of it. */
static void tell_stop(kith_lookout *l, const char *text, double now)
{
    char line[LINE_SIZE], where[TEXT_SIZE + 64], left[32];
    const double waiting = l->setup.patience - (now - l->asked), seconds = left_of_part(l, now);
    l->told = true;
    if (l->opening)
        snprintf(where, sizeof where, "the run is being opened (%s)", text);
    else
        snprintf(where, sizeof where, "round %" PRIu64 " is at %s", l->round + 1, text);
    kith_bar_time(left, sizeof left, isnan(seconds) ? 0.0 : seconds, "more");
    if (!isnan(seconds) && (seconds < waiting || isinf(waiting)))
        snprintf(line, sizeof line, "%s, which takes about %s; the stop comes at the end of the round", where, left);
    else if (isinf(waiting))
        snprintf(line, sizeof line, "%s; the stop comes at the end of the round", where);
    else
        snprintf(line, sizeof line, "%s%s%s; it is given up%s at its next stop point (checkpoint.patience)", where,
                 isnan(seconds) ? "" : ", which takes about ", isnan(seconds) ? "" : left,
                 waiting > 1.0 ? " within seconds," : "");
    say_labelled(l, line);
}

static void attend(kith_lookout *l)
{
    char text[TEXT_SIZE];
    const double now = kith_now();
    look(l, now);
    kith_headway_text(l->stage, l->stages, text, sizeof text);
    if (isnan(l->asked) && l->setup.stopping()) l->asked = now;
    if (!*text) return;
    if (!l->told && now - l->asked >= stop_after_s) tell_stop(l, text, now);
    const double share = kith_headway_share(l->stage, l->stages);
    if (now - l->since >= fmin(bar_after_s, l->line_after) && strcmp(text, l->drawn) != 0 &&
        kith_bar_within(l->setup.bar, text, isnan(share) ? 0.0 : share))
        memcpy(l->drawn, text, sizeof text);
    if (*l->drawn || now - l->since < l->due) return;
    tell_line(l, text, now);
    l->due *= 2.0;
}

static void *keep_looking(void *lookout)
{
    kith_lookout *l = lookout;
    const double tick = fmin(tick_s, l->line_after / 4.0);
    pthread_mutex_lock(&l->lock);
    while (!l->ended) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        const long ns = until.tv_nsec + (long)(1e9 * tick);
        until.tv_sec += ns / 1000000000;
        until.tv_nsec = ns % 1000000000;
        pthread_cond_timedwait(&l->wake, &l->lock, &until);
        if (!l->ended) attend(l);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

/* Signals are the main thread's. */
static int start_thread(kith_lookout *l)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(&l->thread, NULL, keep_looking, l);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

/* What is told before something long begins. */
static void hear(void *lookout, const char *line)
{
    kith_lookout *l = lookout;
    if (l->away) pthread_mutex_lock(&l->lock);
    say_labelled(l, line);
    if (l->away) pthread_mutex_unlock(&l->lock);
}

double kith_lookout_patience(const kith_config *config)
{
    const char *text = kith_config_text(config, "checkpoint", "patience"), *end = NULL;
    return text && !strcmp(text, "inf") ? INFINITY : text ? kith_number(text, &end) : INFINITY;
}

kith_lookout *kith_lookout_open(const kith_lookout_setup *setup)
{
    kith_lookout *l = calloc(1, sizeof *l);
    pthread_condattr_t clock;
    if (!l) return NULL;
    const char *text = getenv(LOOKOUT_VARIABLE), *end = NULL;
    const double asked = text ? kith_number(text, &end) : line_after_s;
    const bool good = asked >= 0.0 && asked <= 1e9 && (!text || (end != text && !*end));
    *l = (kith_lookout){.setup = *setup, .asked = NAN, .opening = true};
    l->line_after = good ? asked : line_after_s;
    if (l->line_after == 0.0) l->line_after = INFINITY;
    pthread_mutex_init(&l->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&l->wake, &clock);
    pthread_condattr_destroy(&clock);
    pthread_mutex_lock(&l->lock);
    if (start_thread(l)) {
        free(l);
        return NULL;
    }
    kith_headway_listen(hear, l);
    return l;
}

void kith_lookout_leave(kith_lookout *l, const kith_progress *progress)
{
    if (!l) return;
    l->times++;
    l->opening = !progress;
    l->round = progress ? progress->round : 0;
    l->rounds = progress ? progress->rounds : 0;
    l->away = true;
    pthread_mutex_unlock(&l->lock);
}

void kith_lookout_return(kith_lookout *l)
{
    if (!l) return;
    pthread_mutex_lock(&l->lock);
    l->away = false;
}

void kith_lookout_close(kith_lookout *l)
{
    if (!l) return;
    kith_headway_listen(NULL, NULL);
    l->ended = true;
    pthread_cond_signal(&l->wake);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    pthread_cond_destroy(&l->wake);
    pthread_mutex_destroy(&l->lock);
    free(l);
}
