/* Lots of symbols become the granularity of columns. */
#include "workflow/instruments.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

#define LATER "it comes with order gateways; this version trades on paper only"

static const SyField fields[] = {
    SY_FIELD(SyInstrument, lot, .unit = "units", .max = INFINITY, .above_min = true,
             .help = "Sizes are floored to a multiple of it where size_granularity of [portfolio] "
                     "gives none; a full close never is."),
    {.key = "tick", .refused = LATER},
    {.key = "min_quantity", .refused = "min_size of [portfolio] is what orders must reach"},
    {.key = "min_notional", .refused = LATER},
};
const SyFieldTable sy_instrument_fields = SY_FIELD_TABLE(SyInstrument, fields);

static gssize column_of(const char *symbol, char **symbols) {
    for (gsize c = 0; symbols[c]; c++)
        if (strcmp(symbols[c], symbol) == 0)
            return (gssize)c;
    return -1;
}

static void add_unknown(const SyNode *node, char **symbols, SyProblems *problems) {
    const char *const *known = (const char *const *)symbols;
    gsize n = g_strv_length(symbols);
    g_autofree char *meant = sy_text_did_you_mean(node->key, known, n);
    g_autofree char *names = sy_text_list(known, n, G_MAXSIZE);
    g_autofree char *hint = g_strconcat("symbols: ", names, NULL);
    sy_problems_add(problems, node, hint, "[instruments.%s]: no such symbol is traded here%s",
                    node->key, meant);
}

static void set_lot(SyPortfolioConfig *config, gsize columns, gsize column, double lot) {
    SyNumbers *granularity = &config->size_granularity;
    if (granularity->n != 1 && granularity->n != columns)
        return; /* reported with the portfolio */
    double *value = g_new(double, columns);
    for (gsize c = 0; c < columns; c++)
        value[c] = sy_numbers_get(granularity, c);
    if (value[column] == 0)
        value[column] = lot;
    g_free(granularity->value);
    *granularity = (SyNumbers){.value = value, .n = columns};
}

void sy_instruments_read(const SyNode *section, char **symbols, SyPortfolioConfig *config,
                         SyProblems *problems) {
    for (gsize i = 0; section && i < section->n; i++) {
        const SyNode *node = section->item[i];
        gssize column = column_of(node->key, symbols);
        SyInstrument instrument = {NAN};
        g_autofree char *where = g_strdup_printf("[instruments.%s]", node->key);
        const SySchemaPart part = {&sy_instrument_fields, &instrument};
        if (column < 0)
            add_unknown(node, symbols, problems);
        else if (node->type != SY_NODE_TABLE)
            sy_problems_add(problems, node,
                            "write it as a table of its symbol: [instruments.BTC-USD]",
                            "[instruments] %s is not a table", node->key);
        else
            sy_schema_read(node, where, &part, 1, problems);
        if (!isnan(instrument.lot))
            set_lot(config, g_strv_length(symbols), (gsize)column, instrument.lot);
    }
}
