/* write_strategy_report PATH [TITLE]: writes a strategy report as HTML for the tests in a browser.
 */
#include <stdio.h>

#include "report/html.h"
#include "strategy_report.h"

int main(int count, char **arguments) {
    gint64 bars = count == 4 ? g_ascii_strtoll(arguments[3], NULL, 10) : 0;
    if (bars < 2) {
        fprintf(stderr, "usage: write_strategy_report PATH TITLE BARS (at least 2)\n");
        return 2;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(SyReport) report = strategy_report_new(arguments[2], (gsize)bars);
    if (sy_html_write(report, arguments[1], &error))
        return 0;
    fprintf(stderr, "write_strategy_report: %s\n", error->message);
    return 1;
}
