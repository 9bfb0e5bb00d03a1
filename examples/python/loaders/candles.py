#!/usr/bin/env python3
"""A loader of Systematica in Python, with the standard library only.

Bars from a place that no built-in loader reads: JSON, one candle a line, behind any URL that Python can open
(https:, http:, file:):

    {"symbol": "CB-BTC-USD", "time": "2024-01-01T00:00:00Z", "open": …, "high": …, "low": …, "close": …, "volume": …}

where `time` is when the bar closes. Systematica checks what is printed as it checks any bars: order, duplicates, prices,
gaps; bars that have not closed yet are left out.

stdout   time,symbol,open,high,low,close,volume
exit     0 done; 75: try again later, the server did not answer; anything else: failed
"""

import csv
import datetime
import json
import os
import sys
import urllib.error
import urllib.request

FIELDS = ["time", "symbol", "open", "high", "low", "close", "volume"]
TRY_AGAIN = 75


def moment(text):
    """A time that can be compared; without a zone it is UTC."""
    time = datetime.datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=datetime.timezone.utc)


def candles(url):
    with urllib.request.urlopen(url, timeout=30) as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def main():
    parameters = json.loads(os.environ["SYSTEMATICA_PARAMETERS"])
    symbols = set(os.environ["SYSTEMATICA_SYMBOLS"].splitlines())
    # What is older is not wanted: live, the engine asks for the newest bars only, again and again.
    start = os.environ.get("SYSTEMATICA_START")
    first = moment(start) if start else None
    out = csv.DictWriter(sys.stdout, FIELDS, lineterminator="\n", extrasaction="ignore")
    out.writeheader()
    try:
        for candle in candles(parameters["url"]):
            if candle["symbol"] in symbols and (first is None or moment(candle["time"]) >= first):
                out.writerow(candle)
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        print(error, file=sys.stderr)
        sys.exit(TRY_AGAIN)


if __name__ == "__main__":
    main()
