#!/usr/bin/env python3
"""A model of Systematica in Python, with the standard library only.

How far the first symbol ran ahead of the second over the last `window` bars:

    d[t] = ln(P1[t] / P1[t - window]) - ln(P2[t] / P2[t - window])

and, since a high value of a column says "long that symbol", the output is (-d, d): the one that ran ahead is sold.
Row t is computed from rows up to t only; `systematica check --lookahead` tries it by cutting the future off.

stdin    time,symbol,open,high,low,close,volume     every bar in order, one row per symbol; empty = missing
stdout   time,SYMBOL,SYMBOL                         one row per bar from the first output on; empty = no value
stderr   anything; the end of it is part of the error message when this program fails
exit     0 done, 75 try again later (a service is down), anything else: failed
"""

import csv
import json
import math
import os
import sys


def read_closes(symbols):
    """Times in order, and for each symbol its closes by time (None = missing)."""
    times = []
    closes = {symbol: {} for symbol in symbols}
    for bar in csv.DictReader(sys.stdin):
        if not times or times[-1] != bar["time"]:
            times.append(bar["time"])
        closes[bar["symbol"]][bar["time"]] = float(bar["close"]) if bar["close"] else None
    return times, [[closes[symbol][time] for time in times] for symbol in symbols]


def spread(first, second, row, window):
    """d of one row; None where a price is missing."""
    prices = first[row], first[row - window], second[row], second[row - window]
    if None in prices:
        return None
    return math.log(prices[0] / prices[1]) - math.log(prices[2] / prices[3])


def main():
    parameters = json.loads(os.environ["SYSTEMATICA_PARAMETERS"])
    symbols = os.environ["SYSTEMATICA_SYMBOLS"].splitlines()
    window = parameters.get("window", 24)
    if not isinstance(window, int) or window < 1:
        sys.exit(f"parameters: window = {window!r} must be a whole number from 1 on")
    times, (first, second) = read_closes(symbols)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["time", *symbols])
    for row in range(window, len(times)):
        d = spread(first, second, row, window)
        out.writerow([times[row], "", ""] if d is None else [times[row], repr(-d), repr(d)])


if __name__ == "__main__":
    main()
