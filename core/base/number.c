#include <kith/base.h>

#include <locale.h>
#include <math.h>
#include <stdlib.h>

double kith_number(const char *text, const char **end)
{
    char *after = (char *)text;
    /* glibc keeps this locale ready, so asking for it costs nothing. */
    const locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    const double value = plain ? strtod_l(text, &after, plain) : NAN;
    if (plain) freelocale(plain);
    *end = after;
    return value;
}
