/* The table of writers. */
#include "report/writer.h"

#include "base/text.h"
#include "report/csv.h"
#include "report/html.h"
#include "report/pdf.h"
#include "report/png.h"

const SyReportWriter sy_report_writers[] = {
    {"html", ".html", "one interactive page that needs nothing else", sy_html_write},
    {"pdf", ".pdf", "pages of A4 with selectable text", sy_pdf_write},
    {"png", ".png", "one overview sheet", sy_png_write},
    {"csv", "", "a folder with one file per section", sy_csv_write},
};
const gsize sy_n_report_writers = G_N_ELEMENTS(sy_report_writers);

const SyReportWriter *sy_report_writer_find(const char *name) {
    for (gsize i = 0; i < sy_n_report_writers; i++)
        if (sy_text_equal_loosely(name, sy_report_writers[i].name))
            return &sy_report_writers[i];
    return NULL;
}
