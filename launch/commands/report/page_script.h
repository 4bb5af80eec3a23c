/* The script of the page: numbers under the pointer, and curves that readers switch off. The page works without. */
#ifndef KITH_PAGE_SCRIPT_H
#define KITH_PAGE_SCRIPT_H

#include <stdio.h>

void kith_page_write_script(FILE *out);

#endif
