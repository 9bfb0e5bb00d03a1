/* The interactive part of a report: the bundles of page/, put into the program at build time. */
#ifndef SY_REPORT_PAGE_H
#define SY_REPORT_PAGE_H

#include <stddef.h>

extern const unsigned char sy_page_script[]; /* JavaScript, ASCII, ends with a zero */
extern const size_t sy_page_script_size;     /* without that zero */
extern const unsigned char sy_page_style[];  /* CSS, the same */
extern const size_t sy_page_style_size;

#endif
