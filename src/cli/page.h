/* Text made of headings, paragraphs and tables, for a terminal (100 columns) or as Markdown. */
#ifndef SY_CLI_PAGE_H
#define SY_CLI_PAGE_H

#include "base/field.h"

typedef struct {
    GString *text;
    bool markdown;
} SyPage;

SyPage sy_page_begin(bool markdown);

/* Ends the page and gives its text. Free with g_free. */
char *sy_page_end(SyPage *page);

/* level   1 = title, 2, 3; a terminal shows all alike */
void sy_page_heading(SyPage *page, int level, const char *format, ...) G_GNUC_PRINTF(3, 4);

void sy_page_paragraph(SyPage *page, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Text that keeps its layout; it ends in a line end. */
void sy_page_code(SyPage *page, const char *text);

/* A table with aligned columns; the last one is wrapped on a terminal.
 * cells   [rows × columns] char *, row after row; NULL is empty */
void sy_page_table(SyPage *page, const char *const *headers, gsize columns, const GPtrArray *cells);

/* The keys of a field table: type, default, bounds with unit, meaning, choices, other names; then
 * those that are known and refused. Members of groups follow as group.member. */
void sy_page_fields(SyPage *page, const SyField *rows, gsize n);

#endif
