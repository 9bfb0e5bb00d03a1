/* Made-up pairs of bars and configured models, for tests of models. */
#ifndef SY_TESTS_SUPPORT_MODEL_PAIR_H
#define SY_TESTS_SUPPORT_MODEL_PAIR_H

#include "data/panel.h"
#include "model/model.h"

/* Hourly bars of "A" and "B" from a seed: log returns with heavy tails and a correlation of 0.8.
 * Opens are the closes of the hour before. Never NULL. */
SyPanel *test_pair(gsize rows, guint32 seed);

/* The first rows of a panel. */
SyPanel *test_panel_head(const SyPanel *panel, gsize rows);

/* The configuration of a model with some keys set ("key", "value", …, NULL), as the command line
 * would; a value that is refused fails the test. Free with test_config_free. */
gpointer test_config(const SyModel *model, ...) G_GNUC_NULL_TERMINATED;
void test_config_free(const SyModel *model, gpointer config);

/* A run that must succeed. */
SyModelResult *test_model_run(const SyModel *model, gconstpointer config, const SyPanel *panel,
                              int threads);

#endif
