/* The files of `backtest --out DIR`: everything a run gave, for other programs. */
#ifndef SY_REPORT_TABLES_H
#define SY_REPORT_TABLES_H

#include "report/strategy.h"

/* Writes into the folder:
 *
 *   orders.csv     id, symbol, row, time, side, size_requested, size, price, fees, type, status,
 *                  reason
 *   trades.csv, positions.csv
 *                  id, symbol, size, entry_row, entry_time, entry_price, entry_fees, exit_row,
 *                  exit_time, exit_price, exit_fees, pnl, return, direction, status, position_id
 *   drawdowns.csv  id, peak_row, start_row, valley_row, end_row, peak_value, valley_value,
 *                  end_value, status (active, recovered); without groups also symbol, with labels
 *                  of groups also group
 *   value.csv      time, cash, value, return, gross_exposure, position_<symbol>…; without groups
 *                  cash_<symbol>, value_<symbol>, return_<symbol>, gross_exposure_<symbol>,
 *                  position_<symbol> for each symbol; with labels cash_<label> … of each group,
 *                  then the positions
 *   signals.csv    time, symbol, long_entry, long_exit, short_entry, short_exit (0, 1), every row
 *   output.csv     time, <symbol>…
 *   splits.csv     id, train_first_row, train_last_row, test_first_row, test_last_row and their
 *                  times, pairs, tau, family, rotation, parameter_1, parameter_2, loglik, aic, bic
 *   stats.json     start, end, rows, then the table of metrics; without groups {"columns":
 *                  {symbol: {…}}}, with labels {"groups": {label: {…}}}
 *
 * signals.csv, output.csv and splits.csv only where the run has them (`simulate` has not).
 *
 * Rows count from 0; times are ISO 8601 UTC; numbers read back as the same double; n/a is empty in
 * CSV and null in JSON; fractions, not per cent; durations in seconds. All files are
 * written before the first appears: a folder that is not there appears whole or not at all, in one
 * that is each file is replaced atomically. Memory: one piece of a file at a time.
 * Errors: SY_ERROR_IO. */
bool sy_tables_write(const SyStrategyRun *run, const char *folder, GError **error);

#endif
