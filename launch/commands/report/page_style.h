/* The style sheet of the page. */
#ifndef KITH_PAGE_STYLE_H
#define KITH_PAGE_STYLE_H

#include <stdio.h>

void kith_page_write_style(FILE *out);

#endif
