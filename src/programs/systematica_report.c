/* systematica-report: renders a report file, which the core wrote at the end of a run, in the
 * formats asked for. A program of its own, so that a worker starts without the libraries that draw.
 */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "report/file.h"
#include "report/report.h"
#include "report/writer.h"

typedef struct {
    char *input, *formats, *folder, *name;
} Options;

static void options_clear(Options *options) {
    g_free(options->input);
    g_free(options->formats);
    g_free(options->folder);
    g_free(options->name);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static char *formats_text(void) {
    GString *text = g_string_new(NULL);
    for (gsize i = 0; i < sy_n_report_writers; i++)
        g_string_append_printf(text, "%s%s", i ? "," : "", sy_report_writers[i].name);
    return g_string_free(text, FALSE);
}

static char *description(void) {
    GString *text = g_string_new("Formats:\n");
    for (gsize i = 0; i < sy_n_report_writers; i++)
        g_string_append_printf(text, "  %-5s %s\n", sy_report_writers[i].name,
                               sy_report_writers[i].summary);
    g_string_append(text, "\nThe paths written go to stdout, one a line.");
    return g_string_free(text, FALSE);
}

static bool parse_options(Options *options, int *argc, char ***argv, GError **error) {
    g_autofree char *all = formats_text();
    const GOptionEntry entries[] = {
        {"input", 'i', 0, G_OPTION_ARG_FILENAME, &options->input, "Report file of a run", "FILE"},
        {"formats", 'f', 0, G_OPTION_ARG_STRING, &options->formats,
         "Formats, separated by commas [default: all of them]", all},
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &options->folder, "Folder to write into", "DIR"},
        {"name", 'n', 0, G_OPTION_ARG_STRING, &options->name,
         "Name of the files without extension [default: strategy]", "NAME"},
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    GOptionContext *context = g_option_context_new(NULL);
    g_autofree char *text = description();
    g_option_context_set_summary(context, "Renders the report of a finished run.");
    g_option_context_set_description(context, text);
    g_option_context_add_main_entries(context, entries, NULL);
    g_autoptr(GError) cause = NULL;
    bool parsed = g_option_context_parse(context, argc, argv, &cause);
    g_option_context_free(context);
    if (!parsed)
        return sy_fail(error, SY_ERROR_USAGE, "%s; see --help", cause->message);
    if (*argc > 1)
        return sy_fail(error, SY_ERROR_USAGE, "unexpected argument “%s”; see --help", (*argv)[1]);
    if (!options->input || !options->folder)
        return sy_fail(error, SY_ERROR_USAGE, "--input and --out are required; see --help");
    if (!options->formats)
        options->formats = g_steal_pointer(&all);
    if (!options->name)
        options->name = g_strdup("strategy");
    if (!*options->name || strchr(options->name, '/') || options->name[0] == '.')
        return sy_fail(error, SY_ERROR_USAGE, "--name “%s” is not the name of a file",
                       options->name);
    return true;
}

/* All formats are looked up before the first is written. */
static bool find_writers(const char *formats, GPtrArray *writers, GError **error) {
    g_auto(GStrv) names = g_strsplit(formats, ",", -1);
    for (char **name = names; *name; name++) {
        const SyReportWriter *writer = sy_report_writer_find(g_strstrip(*name));
        if (!writer) {
            g_autofree char *all = formats_text();
            return sy_fail(error, SY_ERROR_USAGE, "there is no format “%s”; formats are %s", *name,
                           all);
        }
        g_ptr_array_add(writers, (gpointer)writer);
    }
    return true;
}

static bool render(const Options *options, GError **error) {
    g_autoptr(GPtrArray) writers = g_ptr_array_new();
    if (!find_writers(options->formats, writers, error))
        return false;
    g_autoptr(SyReport) report = sy_report_read(options->input, error);
    if (!report || !sy_folder_make(options->folder, error))
        return false;
    for (guint i = 0; i < writers->len; i++) {
        const SyReportWriter *writer = g_ptr_array_index(writers, i);
        g_autofree char *file = g_strconcat(options->name, writer->extension, NULL);
        g_autofree char *path = g_build_filename(options->folder, file, NULL);
        if (!writer->write(report, path, error))
            return false;
        puts(path);
    }
    return true;
}

int main(int argc, char **argv) {
    g_auto(Options) options = {0};
    g_autoptr(GError) error = NULL;
    if (parse_options(&options, &argc, &argv, &error) && render(&options, &error))
        return 0;
    fprintf(stderr, "systematica-report: %s\n", error->message);
    return sy_error_row(error)->exit_code;
}
