/* The report's style sheet. It must not contain "</style". */
#ifndef KITH_PAGE_STYLE_H
#define KITH_PAGE_STYLE_H

extern const char kith_page_style[];

#endif
