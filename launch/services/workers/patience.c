#include "launch/services/workers/patience.h"

#include "base/call.h"
#include "base/plain.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

/* A handler has no argument of ours. */
static uint64_t seen, alike;
static uint64_t ticks_us; /* from tick to tick */

static void tell(void)
{
    char line[KITH_CALL_SENTENCE];
    size_t used = kith_plain_add(line, sizeof line, 0, "kith: note: ");
    used += kith_calls_where(line + used, sizeof line - used);
    used = kith_plain_add(line, sizeof line, used, " has taken more than ");
    used = kith_plain_add_number(line, sizeof line, used, alike * ticks_us / 1000000);
    used =
        kith_plain_add(line, sizeof line, used, " s of processor time and has not returned; Ctrl-C twice ends the run");
    line[used++] = '\n';
    if (write(STDERR_FILENO, line, used) < 0) return;
}

static void on_tick(int number)
{
    const int error = errno;
    const uint64_t count = kith_calls_count();
    (void)number;
    alike = kith_calls_any() && count == seen ? alike + 1 : 0;
    seen = count;
    /* 1, 2, 4, ... */
    if (alike && (alike & (alike - 1)) == 0) tell();
    errno = error;
}

void patience_begin(void)
{
    const char *text = getenv(PATIENCE_VARIABLE), *end = NULL;
    const double asked = text ? kith_number(text, &end) : 60.0;
    const bool good = asked >= 0.0 && asked <= 1e9 && (!text || (end != text && !*end));
    ticks_us = (uint64_t)(1e6 * (good ? asked : 60.0));
    if (ticks_us == 0) return;
    const struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
    const struct timeval tick = {.tv_sec = (time_t)(ticks_us / 1000000), .tv_usec = (suseconds_t)(ticks_us % 1000000)};
    const struct itimerval every = {.it_interval = tick, .it_value = tick};
    sigaction(SIGVTALRM, &action, NULL);
    setitimer(ITIMER_VIRTUAL, &every, NULL);
}
