/* The files of a backtest: names, columns, numbers that read back, whole or not at all. */
#include "test.h"

#include <glib/gstdio.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "cli.h"
#include "base/csv_text.h"
#include "portfolio/metrics.h"
#include "report/tables.h"
#include "small_run.h"

static void write_tables(const SmallRun *small, const char *folder, const char *name) {
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (!sy_tables_write(&small->run, path, &error))
        fail_msg("%s", error->message);
}

static void assert_head(const char *folder, const char *path, const char *head) {
    g_autofree char *text = test_read(folder, path);
    *strchr(text, '\n') = '\0';
    assert_string_equal(text, head);
}

static void test_tables__columns_are_those_of_the_specification(void **state) {
    (void)state;
    g_autofree char *folder = test_folder_new();
    g_autoptr(SmallRun) small = small_run_new(60, true, 0, false);
    write_tables(small, folder, "out");
    assert_head(folder, "out/orders.csv",
                "id,symbol,row,time,side,size_requested,size,price,fees,type,status,reason");
    const char *trades = "id,symbol,size,entry_row,entry_time,entry_price,entry_fees,exit_row,"
                         "exit_time,exit_price,exit_fees,pnl,return,direction,status,position_id";
    assert_head(folder, "out/trades.csv", trades);
    assert_head(folder, "out/positions.csv", trades);
    assert_head(folder, "out/drawdowns.csv",
                "id,peak_row,start_row,valley_row,end_row,peak_value,valley_value,end_value,"
                "status");
    assert_head(folder, "out/value.csv",
                "time,cash,value,return,gross_exposure,position_AAA,\"position_B,B\"");
    assert_head(folder, "out/signals.csv",
                "time,symbol,long_entry,long_exit,short_entry,short_exit");
    assert_head(folder, "out/output.csv", "time,AAA,\"B,B\"");
    assert_head(folder, "out/splits.csv",
                "id,train_first_row,train_last_row,test_first_row,test_last_row,train_first_time,"
                "train_last_time,test_first_time,test_last_time,pairs,tau,family,rotation,"
                "parameter_1,parameter_2,loglik,aic,bic");
    test_folder_remove(folder);
}

static void test_tables__one_set_of_columns_per_symbol_without_cash_sharing(void **state) {
    (void)state;
    g_autofree char *folder = test_folder_new();
    g_autoptr(SmallRun) small = small_run_new(60, false, 0.001, false);
    write_tables(small, folder, "out/");
    assert_head(folder, "out/value.csv",
                "time,cash_AAA,value_AAA,return_AAA,gross_exposure_AAA,position_AAA,\"cash_B,B\","
                "\"value_B,B\",\"return_B,B\",\"gross_exposure_B,B\",\"position_B,B\"");
    g_autofree char *text = test_read(folder, "out/stats.json");
    json_t *stats = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    json_t *column = json_object_get(json_object_get(stats, "columns"), "B,B");
    assert_true(json_is_number(json_object_get(column, "total_fees")));
    assert_true(json_number_value(json_object_get(column, "total_fees")) > 0);
    json_decref(stats);
    test_folder_remove(folder);
}

static void test_tables__rows_say_what_the_ledger_says(void **state) {
    (void)state;
    g_autofree char *folder = test_folder_new();
    g_autoptr(SmallRun) small = small_run_new(60, true, 0, false);
    write_tables(small, folder, "out");
    g_autofree char *orders = test_read(folder, "out/orders.csv");
    g_auto(GStrv) lines = g_strsplit(orders, "\n", -1);
    assert_int_equal(g_strv_length(lines), small->ledger->orders->len + 2);
    assert_true(small->ledger->orders->len > 4);
    g_auto(GStrv) cells = g_strsplit(lines[1], ",", -1);
    const SyOrderRecord *order = sy_ledger_order(small->ledger, 0);
    assert_string_equal(cells[3], "2020-01-01T06:00:00Z");
    assert_true(g_ascii_strtod(cells[6], NULL) == order->size);
    assert_true(g_ascii_strtod(cells[7], NULL) == order->price);

    g_autofree char *splits = test_read(folder, "out/splits.csv");
    assert_non_null(strstr(splits, "\n0,1,3,4,59,2020-01-01T02:00:00Z,2020-01-01T04:00:00Z,"
                                   "2020-01-01T05:00:00Z,2020-01-03T12:00:00Z,3,0.5,StudentT,R0,"
                                   "0.25,4,1.5,1,\n"));
    g_autofree char *output = test_read(folder, "out/output.csv");
    assert_non_null(strstr(output, "\n2020-01-01T01:00:00Z,,\n"));
    g_autofree char *signals = test_read(folder, "out/signals.csv");
    assert_non_null(strstr(signals, "\n2020-01-01T06:00:00Z,AAA,1,0,0,0\n"
                                    "2020-01-01T06:00:00Z,\"B,B\",0,0,1,0\n"));
    test_folder_remove(folder);
}

static void test_tables__stats_name_every_metric_and_say_null_for_none(void **state) {
    (void)state;
    g_autofree char *folder = test_folder_new();
    g_autoptr(SmallRun) small = small_run_new(60, true, 0, true);
    write_tables(small, folder, "out");
    g_autofree char *text = test_read(folder, "out/stats.json");
    json_t *stats = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(stats);
    static const char *const keys[] = {"start",
                                       "end",
                                       "rows",
                                       "start_value",
                                       "end_value",
                                       "total_return",
                                       "benchmark_return",
                                       "annualised_return",
                                       "annualised_volatility",
                                       "sharpe",
                                       "sortino",
                                       "calmar",
                                       "omega",
                                       "max_drawdown",
                                       "max_drawdown_duration",
                                       "max_gross_exposure",
                                       "total_time_exposure",
                                       "total_orders",
                                       "total_fees",
                                       "total_trades",
                                       "closed_trades",
                                       "open_trades",
                                       "open_trade_pnl",
                                       "win_rate",
                                       "best_trade",
                                       "worst_trade",
                                       "avg_winning_trade",
                                       "avg_losing_trade",
                                       "avg_winning_duration",
                                       "avg_losing_duration",
                                       "profit_factor",
                                       "expectancy",
                                       "sqn",
                                       "var_5",
                                       "cvar_5",
                                       "tail_ratio",
                                       "skew",
                                       "kurtosis",
                                       "ulcer_index",
                                       "kelly",
                                       "alpha",
                                       "beta",
                                       "information_ratio",
                                       "annualisation_factor"};
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        if (!json_object_get(stats, keys[i]))
            fail_msg("%s is not in stats.json", keys[i]);
    assert_int_equal(json_object_size(stats), G_N_ELEMENTS(keys));
    assert_true(json_is_null(json_object_get(stats, "win_rate")));
    assert_string_equal(json_string_value(json_object_get(stats, "start")), "2020-01-01T01:00:00Z");
    assert_int_equal(json_integer_value(json_object_get(stats, "rows")), 60);
    json_decref(stats);
    test_folder_remove(folder);
}

static void test_tables__replace_what_is_there_and_leave_no_half_folder(void **state) {
    (void)state;
    g_autofree char *folder = test_folder_new();
    g_autoptr(SmallRun) small = small_run_new(60, true, 0, false);
    test_write(folder, "kept/notes.txt", "mine");
    test_write(folder, "kept/orders.csv", "old");
    write_tables(small, folder, "kept");
    assert_true(test_exists(folder, "kept/notes.txt"));
    assert_head(folder, "kept/orders.csv",
                "id,symbol,row,time,side,size_requested,size,price,fees,type,status,reason");

    test_write(folder, "file", "");
    g_autofree char *below = g_build_filename(folder, "file", "out", NULL);
    g_autoptr(GError) error = NULL;
    assert_false(sy_tables_write(&small->run, below, &error));
    assert_int_equal(error->code, SY_ERROR_IO);
    g_autoptr(GDir) names = g_dir_open(folder, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(names)))
        assert_true(strcmp(name, "kept") == 0 || strcmp(name, "file") == 0);
    test_folder_remove(folder);
}

static void test_number__shortest_text_reads_back_the_same(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0.1, "0.1"},      {-0.0001234, "-0.0001234"},
                 {22744, "22744"},  {1e-7, "1e-07"},
                 {1e300, "1e+300"}, {123456789012345.0, "123456789012345"},
                 {NAN, ""},         {-INFINITY, "-inf"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        sy_csv_append_number(text, cases[i].value);
        assert_string_equal(text->str, cases[i].text);
    }
    GRand *random = g_rand_new_with_seed(11);
    for (int i = 0; i < 20000; i++) {
        guint64 bits = (guint64)g_rand_int(random) << 32 | g_rand_int(random);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        g_autoptr(GString) text = g_string_new(NULL);
        sy_csv_append_number(text, value);
        assert_true(g_ascii_strtod(text->str, NULL) == value);
    }
    g_rand_free(random);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables__columns_are_those_of_the_specification),
        cmocka_unit_test(test_tables__one_set_of_columns_per_symbol_without_cash_sharing),
        cmocka_unit_test(test_tables__rows_say_what_the_ledger_says),
        cmocka_unit_test(test_tables__stats_name_every_metric_and_say_null_for_none),
        cmocka_unit_test(test_tables__replace_what_is_there_and_leave_no_half_folder),
        cmocka_unit_test(test_number__shortest_text_reads_back_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
