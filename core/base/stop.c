#include "base/stop.h"

#include "base/now.h"

#include <math.h>

static struct {
    bool (*asked)(void);
    double patience_s;
    double noticed_s; /* when the request was noticed; 0: there is none */
    bool given_up;
} stop = {.patience_s = INFINITY};

void kith_stop_by(bool (*asked)(void))
{
    stop.asked = asked;
    kith_stop_patience(INFINITY);
}

void kith_stop_patience(double seconds)
{
    stop.patience_s = seconds;
    stop.noticed_s = 0.0;
    stop.given_up = false;
}

bool kith_stop_due(void)
{
    if (!stop.asked || stop.given_up || isinf(stop.patience_s) || !stop.asked()) return stop.given_up;
    const double now = kith_now();
    if (stop.noticed_s == 0.0) stop.noticed_s = now;
    return stop.given_up = now - stop.noticed_s >= stop.patience_s;
}

kith_status kith_stop_check(kith_ctx *ctx)
{
    return kith_stop_due() ? kith_fail(ctx, KITH_ESTOPPED, "stopped") : KITH_OK;
}

bool kith_stop_given_up(void)
{
    return stop.given_up;
}
