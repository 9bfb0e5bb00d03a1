/* systematica simulate: a portfolio from signals that somebody else made. Prices and signals come
 * from CSV files, the rest is what `backtest` does after its signal rule. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/commands.h"
#include "loader/wide_csv.h"
#include "portfolio/metrics.h"
#include "report/report.h"
#include "report/tables.h"
#include "template/template.h"
#include "workflow/instruments.h"

typedef struct {
    SyCommonOptions common;
    char *price[SY_BAR_FIELDS]; /* by SyBarField; no volume */
    char *long_entries, *long_exits, *short_entries, *short_exits;
    char *portfolio, *out;
} Options;

static const SyField fields[] = {
    SY_FIELD_AS("close", Options, price[SY_CLOSE], .metavar = "FILE",
                .help = "Closing prices: CSV, a time column and one column per symbol."),
    SY_FIELD_AS("open", Options, price[SY_OPEN], .metavar = "FILE",
                .help = "Opening prices, for price = \"open\" and \"nextopen\" and for stops."),
    SY_FIELD_AS("high", Options, price[SY_HIGH], .metavar = "FILE",
                .help = "Highest prices, for stops; not given = the close."),
    SY_FIELD_AS("low", Options, price[SY_LOW], .metavar = "FILE",
                .help = "Lowest prices, for stops; not given = the close."),
    SY_FIELD(Options, long_entries, .metavar = "FILE",
             .help = "Signals, 0 or 1, as the prices; not given = none."),
    SY_FIELD(Options, long_exits, .metavar = "FILE", .help = "The same."),
    SY_FIELD(Options, short_entries, .metavar = "FILE", .help = "The same."),
    SY_FIELD(Options, short_exits, .metavar = "FILE", .help = "The same."),
    SY_FIELD(Options, portfolio, .metavar = "FILE",
             .help = "TOML file with a table [portfolio], as templates have it."),
    SY_FIELD(Options, out, .metavar = "DIR", .help = "Folder for the results; made where missing."),
    SY_OPTION_JSON(Options),
    SY_OPTION_QUIET(Options),
    SY_OPTION_HELP(Options),
};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

/* Everything that is simulated. */
typedef struct {
    SyPanel *panel; /* its fields that were not given are NULL */
    SySignals *signals;
    SyPortfolioConfig config;
    SyPrices prices; /* points into panel */
    SyLedger *ledger;
    SyMetricInput *inputs; /* [groups] */
} Simulation;

static void simulation_clear(Simulation *simulation) {
    sy_panel_free(simulation->panel);
    sy_signals_free(simulation->signals);
    sy_fields_clear(&sy_portfolio_fields, &simulation->config);
    sy_ledger_free(simulation->ledger);
    g_free(simulation->inputs);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Simulation, simulation_clear)

/* --- [portfolio] ------------------------------------------------------------------------------ */

static const SyNode *node_of(const SyDocument *document, const char *key) {
    return sy_schema_node(sy_document_section(document, "portfolio"), sy_portfolio_fields.rows,
                          sy_portfolio_fields.n, key);
}

static bool is_given(const SyDocument *document, const char *key) {
    return node_of(document, key) != sy_document_section(document, "portfolio");
}

/* Reads the parameters; what depends on the number of symbols is checked once that is known. */
static SyDocument *read_portfolio(const Options *options, SyPortfolioConfig *config,
                                  GError **error) {
    g_autoptr(SyDocument) document = sy_document_load(options->portfolio, error);
    if (!document)
        return NULL;
    SyProblems *problems = document->problems;
    sy_document_check_sections(document, sy_template_sections, sy_n_template_sections);
    const SyNode *section = sy_document_section(document, "portfolio");
    if (!section && problems->found->len == 0)
        sy_problems_add(problems, NULL, "write the header [portfolio]; every key has a default",
                        "there is no table [portfolio]");
    const SySchemaPart part = {&sy_portfolio_fields, config};
    sy_schema_read(section, "[portfolio]", &part, 1, problems);
    bool at_open = config->price == SY_PRICE_OPEN || config->price == SY_PRICE_NEXTOPEN;
    if (at_open && !options->price[SY_OPEN])
        sy_problems_add(problems, node_of(document, "price"),
                        "add --open FILE, or let orders fill at the close",
                        "[portfolio] orders fill at the open, which is not given");
    return sy_problems_check(problems, error) ? g_steal_pointer(&document) : NULL;
}

static bool check_portfolio(const SyDocument *document, SyPortfolioConfig *config,
                            const SyPanel *panel, GError **error) {
    const char *key = NULL;
    sy_instruments_read(sy_document_section(document, "instruments"), panel->symbol, config,
                        document->problems);
    g_autofree char *reason = sy_portfolio_validate(config, panel->symbols, &key);
    if (reason)
        sy_problems_add(document->problems, node_of(document, key), NULL, "[portfolio] %s", reason);
    return sy_problems_check(document->problems, error);
}

/* --- prices and signals ----------------------------------------------------------------------- */

/* Takes the index. */
static SyPanel *panel_new(SyWideIndex *index) {
    SyPanel *panel = g_new0(SyPanel, 1);
    panel->rows = index->rows;
    panel->symbols = index->symbols;
    panel->symbol = g_steal_pointer(&index->symbol);
    panel->time = g_steal_pointer(&index->time);
    panel->provenance = g_new0(SyProvenance, index->symbols);
    panel->source = g_strdup(index->path);
    return panel;
}

static bool read_signals(const Options *options, const SyWideIndex *index, SySignals **signals,
                         GError **error) {
    *signals = sy_signals_new(index->rows, index->symbols);
    const struct {
        const char *path;
        guint8 *flags;
    } files[] = {{options->long_entries, (*signals)->long_entries},
                 {options->long_exits, (*signals)->long_exits},
                 {options->short_entries, (*signals)->short_entries},
                 {options->short_exits, (*signals)->short_exits}};
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
        if (files[i].path && !sy_wide_read_flags(files[i].path, index, files[i].flags, error))
            return false;
    return true;
}

static void swap(guint8 **a, guint8 **b) {
    guint8 *other = *a;
    *a = *b;
    *b = other;
}

/* Entries and exits without those of shorts are of no side: `direction` says of which they are. Not
 * given it is that of longs, as they stand. */
static void set_sides(const Options *options, const SyDocument *document,
                      const SyPortfolioConfig *config, SySignals *signals) {
    if (options->short_entries || options->short_exits)
        return;
    if (config->direction == SY_DIRECTION_SHORTONLY) {
        swap(&signals->long_entries, &signals->short_entries);
        swap(&signals->long_exits, &signals->short_exits);
    } else if (config->direction == SY_DIRECTION_BOTH && is_given(document, "direction")) {
        swap(&signals->long_exits, &signals->short_entries);
    }
}

/* Reads the other files against the index of the closes. */
static bool read_others(const Options *options, const SyWideIndex *index, double **value,
                        SySignals **signals, GError **error) {
    for (int field = 0; field < SY_BAR_FIELDS; field++) {
        if (field == SY_CLOSE || !options->price[field])
            continue;
        value[field] = sy_wide_read_prices(options->price[field], index, NULL, error);
        if (!value[field])
            return false;
    }
    return read_signals(options, index, signals, error);
}

static bool read_files(const Options *options, Simulation *simulation, GError **error) {
    g_auto(SyWideIndex) index = {0};
    double *close = sy_wide_read_prices(options->price[SY_CLOSE], NULL, &index, error);
    if (!close)
        return false;
    double *value[SY_BAR_FIELDS] = {[SY_CLOSE] = close};
    SyTimeframe spacing = sy_wide_spacing(&index);
    bool good = read_others(options, &index, value, &simulation->signals, error);
    simulation->panel = panel_new(&index);
    simulation->panel->timeframe = spacing;
    memcpy(simulation->panel->value, value, sizeof value);
    return good;
}

/* Of a bar that is known in part the close stands for the rest; closes alone are no bars. */
static SyPrices prices_of(const SyPanel *panel) {
    SyPrices prices = sy_portfolio_prices(panel);
    if (prices.open || prices.high || prices.low) {
        prices.open = prices.open ? prices.open : prices.close;
        prices.high = prices.high ? prices.high : prices.close;
        prices.low = prices.low ? prices.low : prices.close;
    }
    return prices;
}

/* Files that were taken for each other would move every stop. */
static bool check_bars(const Options *options, const SyPanel *panel, GError **error) {
    const double *high = panel->value[SY_HIGH], *low = panel->value[SY_LOW];
    for (gsize cell = 0; high && low && cell < panel->rows * panel->symbols; cell++) {
        char time[SY_TIME_TEXT_SIZE];
        if (high[cell] < low[cell])
            return sy_fail(
                error, SY_ERROR_DATA,
                "%s: the high of %s at %s, %.15g, is below its low of %s, %.15g; correct "
                "it, or exchange the files",
                options->price[SY_HIGH], panel->symbol[cell / panel->rows],
                sy_time_format(panel->time[cell % panel->rows], time), high[cell],
                options->price[SY_LOW], low[cell]);
    }
    return true;
}

static bool check_spacing(const Simulation *simulation, const Options *options, GError **error) {
    const SyPortfolioConfig *config = &simulation->config;
    if (simulation->panel->timeframe.nanoseconds || config->freq.nanoseconds || config->freq.months)
        return true;
    return sy_fail(error, SY_ERROR_DATA,
                   "%s: one row does not say how long a row is; set freq in [portfolio]",
                   options->price[SY_CLOSE]);
}

/* A sentence on the prices that are missing, or NULL. */
static char *missing_prices(const SyPanel *panel) {
    gsize missing = 0, first = 0;
    for (gsize cell = 0; cell < panel->rows * panel->symbols; cell++)
        if (isnan(panel->value[SY_CLOSE][cell]) && missing++ == 0)
            first = cell;
    if (missing == 0)
        return NULL;
    char time[SY_TIME_TEXT_SIZE];
    sy_time_format(panel->time[first % panel->rows], time);
    return g_strdup_printf("%" G_GSIZE_FORMAT " missing %s, the first that of %s at %s: orders "
                           "there are ignored, positions keep their last value",
                           missing, missing == 1 ? "price" : "prices",
                           panel->symbol[first / panel->rows], time);
}

/* --- what is shown ---------------------------------------------------------------------------- */

static const char *const shown[] = {"total_return", "benchmark_return", "sharpe",  "max_drawdown",
                                    "total_orders", "total_trades",     "win_rate"};
enum { SHOWN_GROUPS = 20 };

static void show_group(const Simulation *simulation, gsize group) {
    const char *name = sy_portfolio_group_name(&simulation->config, simulation->ledger,
                                               simulation->panel->symbol, group);
    printf("%-12s", name ? name : "all");
    for (gsize i = 0; i < G_N_ELEMENTS(shown); i++) {
        const SyMetric *metric = sy_metric_find(shown[i]);
        g_autofree char *value = sy_report_format(sy_report_unit_of(metric->unit),
                                                  metric->compute(&simulation->inputs[group]));
        printf("  %*s", (int)strlen(metric->title) + 2, value);
    }
    putchar('\n');
}

static void show(const Simulation *simulation, const char *out) {
    printf("%-12s", "");
    for (gsize i = 0; i < G_N_ELEMENTS(shown); i++)
        printf("    %s", sy_metric_find(shown[i])->title);
    putchar('\n');
    gsize groups = simulation->ledger->groups;
    for (gsize g = 0; g < MIN(groups, (gsize)SHOWN_GROUPS); g++)
        show_group(simulation, g);
    if (groups > SHOWN_GROUPS)
        printf("and %" G_GSIZE_FORMAT " more\n", groups - SHOWN_GROUPS);
    printf("\nresults  %s\n", out);
}

/* stats.json, as it was written. */
static bool show_json(const char *out, GError **error) {
    g_autofree char *path = g_build_filename(out, "stats.json", NULL), *text = NULL;
    g_autoptr(GError) reason = NULL;
    if (!g_file_get_contents(path, &text, NULL, &reason))
        return sy_fail(error, SY_ERROR_IO, "%s", reason->message);
    fputs(text, stdout);
    return true;
}

/* --- the command ------------------------------------------------------------------------------ */

static bool check_options(const Options *options, GError **error) {
    const struct {
        const char *value, *missing;
    } needed[] = {
        {options->price[SY_CLOSE], "--close is missing: name the file of the prices"},
        {options->portfolio, "--portfolio is missing: name a TOML file with a table [portfolio]"},
        {options->out, "--out is missing: name the folder for the results"}};
    for (gsize i = 0; i < G_N_ELEMENTS(needed); i++)
        if (!needed[i].value)
            return sy_fail(error, SY_ERROR_USAGE, "%s", needed[i].missing);
    return true;
}

static void say_warnings(const Options *options, const Simulation *simulation) {
    g_autofree char *missing = missing_prices(simulation->panel);
    g_autofree char *warning =
        sy_portfolio_warning(&simulation->config, simulation->panel->symbols);
    if (options->common.quiet)
        return;
    if (missing)
        fprintf(stderr, "%s: warning: %s\n", options->price[SY_CLOSE], missing);
    if (warning)
        fprintf(stderr, "%s: warning: %s\n", options->portfolio, warning);
}

static bool simulate(const Options *options, Simulation *simulation, GError **error) {
    g_autoptr(SyDocument) document = read_portfolio(options, &simulation->config, error);
    if (!document || !read_files(options, simulation, error) ||
        !check_portfolio(document, &simulation->config, simulation->panel, error) ||
        !check_spacing(simulation, options, error) ||
        !check_bars(options, simulation->panel, error))
        return false;
    set_sides(options, document, &simulation->config, simulation->signals);
    simulation->prices = prices_of(simulation->panel);
    simulation->ledger =
        sy_portfolio_trade(&simulation->config, &simulation->prices, simulation->signals, 0, error);
    if (!simulation->ledger)
        return false;
    simulation->inputs = sy_metric_inputs(&simulation->config, simulation->panel->timeframe,
                                          simulation->ledger, &simulation->prices, 0, NULL);
    return true;
}

static bool run(gconstpointer data, char **arguments, GError **error) {
    (void)arguments;
    const Options *options = data;
    g_auto(Simulation) simulation = {0};
    if (!check_options(options, error) || !simulate(options, &simulation, error))
        return false;
    say_warnings(options, &simulation);
    const SyStrategyRun tables = {.panel = simulation.panel,
                                  .prices = &simulation.prices,
                                  .portfolio = &simulation.config,
                                  .ledger = simulation.ledger,
                                  .inputs = simulation.inputs};
    if (!sy_tables_write(&tables, options->out, error))
        return false;
    if (options->common.json)
        return show_json(options->out, error);
    show(&simulation, options->out);
    return true;
}

const SyCommand sy_command_simulate = {
    .name = "simulate",
    .arguments = "",
    .summary = "Simulate a portfolio from prices and signals in CSV files.",
    .details =
        "Each file: a header, the times in the first column (ISO 8601, UTC where no zone is "
        "named,\n"
        "or integers since the epoch), one column per symbol. All files have the same rows and\n"
        "symbols. An empty price is missing: nothing fills there, positions keep their last "
        "value.\n"
        "Without files of short signals, entries and exits open and close what direction says:\n"
        "longs where it is not given; both: an exit is a short entry.\n"
        "Writes orders.csv, trades.csv, positions.csv, drawdowns.csv, value.csv and stats.json,\n"
        "as `backtest` does. No workspace is needed.",
    .options = &options_table,
    .run = run,
};
