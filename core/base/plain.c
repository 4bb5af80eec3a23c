#include "base/plain.h"

size_t kith_plain_add(char *text, size_t size, size_t used, const char *word)
{
    while (*word && used + 1 < size)
        text[used++] = *word++;
    text[used] = '\0';
    return used;
}

size_t kith_plain_add_number(char *text, size_t size, size_t used, uint64_t number)
{
    char digits[24];
    size_t at = sizeof digits - 1;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    return kith_plain_add(text, size, used, digits + at);
}
