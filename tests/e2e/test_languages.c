/* Models and loaders in other languages: the example of the documentation, models that look ahead,
 * programs that do everything wrong, and all of it under an engine that runs by the clock. */
#include "test.h"

#include <signal.h>
#include <string.h>

#include <glib/gstdio.h>

#include "base/env.h"
#include "base/time.h"
#include "cli.h"
#include "live.h"

#define SOON 20.0 /* seconds; nothing takes so long unless the machine is overloaded */

enum { ROWS = 300, WINDOW = 72 };

static char *folder;
static double closes[2][ROWS]; /* of the bars that the tests write */

static int remove_workspace(void **state) {
    (void)state;
    if (folder)
        test_folder_remove(folder);
    g_clear_pointer(&folder, g_free);
    return 0;
}

/* Close of a row: hourly from 2024-01-01T01:00:00Z. */
static SyTime time_of(int row) { return (SyTime)1704067200 * SY_SECOND + (row + 1) * SY_HOUR; }

static const char *const symbols[] = {"CB-BTC-USD", "CB-ETH-USD"};

/* Bars of two symbols, as JSON lines and as CSV. */
static void write_bars(void) {
    g_autoptr(GRand) random = g_rand_new_with_seed(20240101);
    g_autoptr(GString) json = g_string_new(NULL);
    g_autoptr(GString) csv = g_string_new("time,symbol,open,high,low,close,volume\n");
    double price[2] = {40000, 2200};
    for (int row = 0; row < ROWS; row++)
        for (int s = 0; s < 2; s++) {
            char time[SY_TIME_TEXT_SIZE], open[G_ASCII_DTOSTR_BUF_SIZE],
                close[G_ASCII_DTOSTR_BUF_SIZE];
            g_ascii_dtostr(open, sizeof open, price[s]);
            price[s] *= 1 + g_rand_double_range(random, -0.02, 0.02);
            g_ascii_dtostr(close, sizeof close, price[s]);
            closes[s][row] = price[s];
            sy_time_format(time_of(row), time);
            g_string_append_printf(json,
                                   "{\"symbol\": \"%s\", \"time\": \"%s\", \"open\": %s, \"high\": "
                                   "50000, \"low\": 1000, \"close\": %s, \"volume\": 7}\n",
                                   symbols[s], time, open, close);
            g_string_append_printf(csv, "%s,%s,%s,50000,1000,%s,7\n", time, symbols[s], open,
                                   close);
        }
    test_write(folder, "candles.jsonl", json->str);
    test_write(folder, "candles.csv", csv->str);
}

/* A workspace with the example of docs/languages.md in it. */
static void make_example(void) {
    folder = test_folder_new();
    g_auto(TestRun) made = test_run_expect(folder, "systematica", "init", 0);
    g_autofree char *script = g_strdup_printf(
        "cp -r '%s/examples/python/models' '%s/examples/python/loaders' . && cp "
        "'%s/examples/python/spread.toml' .workflow/templates/",
        g_getenv("SY_SOURCE_ROOT"), g_getenv("SY_SOURCE_ROOT"), g_getenv("SY_SOURCE_ROOT"));
    const char *const arguments[] = {"sh", "-c", script, NULL};
    int status = -1;
    assert_true(g_spawn_sync(folder, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
                             NULL, NULL, &status, NULL));
    assert_int_equal(status, 0);
    write_bars();
}

static double spread_at(int row) {
    return log(closes[0][row] / closes[0][row - WINDOW]) -
           log(closes[1][row] / closes[1][row - WINDOW]);
}

/* The built-in model of the same formula: outputs but for the rounding of a logarithm (one of a
 * quotient here, a difference of two there), signals exactly. */
static void assert_same_as_built_in(const char *output) {
    g_autofree char *text = test_read(folder, ".workflow/templates/spread.toml");
    const char *from = strstr(text, "[model]"), *to = strstr(text, "[signal]");
    assert_true(from && to);
    g_autofree char *before = g_strndup(text, (gsize)(from - text));
    g_autofree char *built_in = g_strconcat(
        before, "[model]\nname = \"RollingSpreadModel\"\n[model_params]\nwindow = 72\n", to, NULL);
    test_write(folder, "built_in.toml", built_in);
    g_auto(TestRun) run =
        test_run_expect(folder, "systematica", "backtest ./built_in.toml --out r3", 0);
    g_autofree char *expected = test_read(folder, "r3/output.csv");
    g_auto(GStrv) ours = g_strsplit_set(output, ",\n", -1);
    g_auto(GStrv) theirs = g_strsplit_set(expected, ",\n", -1);
    assert_int_equal(g_strv_length(ours), g_strv_length(theirs));
    for (gsize i = 0; ours[i]; i++)
        if (i < 3 || i % 3 == 0 || !*ours[i])
            assert_string_equal(ours[i], theirs[i]);
        else
            assert_near(g_ascii_strtod(ours[i], NULL), g_ascii_strtod(theirs[i], NULL), 1e-14);
    g_autofree char *signals = test_read(folder, "r/signals.csv");
    g_autofree char *same = test_read(folder, "r3/signals.csv");
    assert_string_equal(signals, same);
}

static void test_languages__the_example_runs_as_documented(void **state) {
    (void)state;
    make_example();
    g_auto(TestRun) check = test_run_expect(folder, "systematica", "check --lookahead spread", 0);
    assert_non_null(strstr(check.out, "no look-ahead: bars, output and signals before 20 cuts"));
    assert_non_null(strstr(check.out, "(300 bars, output from 2024-01-04T01:00:00Z)"));
    g_auto(TestRun) run = test_run_expect(folder, "systematica", "backtest spread --out r", 0);
    g_autofree char *output = test_read(folder, "r/output.csv");
    g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
    assert_string_equal(lines[0], "time,CB-BTC-USD,CB-ETH-USD");
    for (int row = 0; row < ROWS; row++) {
        char time[SY_TIME_TEXT_SIZE];
        g_auto(GStrv) cells = g_strsplit(lines[row + 1], ",", -1);
        assert_string_equal(cells[0], sy_time_format(time_of(row), time));
        if (row < WINDOW) {
            assert_string_equal(cells[1], "");
            assert_string_equal(cells[2], "");
            continue;
        }
        /* both take the logarithms of the same library */
        assert_near(g_ascii_strtod(cells[1], NULL), -spread_at(row), 1e-15);
        assert_near(g_ascii_strtod(cells[2], NULL), spread_at(row), 1e-15);
    }
    assert_same_as_built_in(output);
    g_autofree char *trades = test_read(folder, "r/trades.csv");
    assert_true(strlen(trades) > 1000);
    g_auto(TestRun) once = test_run_expect(
        folder, "run_app", "--template spread --once --now 2024-01-13T12:00:05Z --no-report", 0);
    assert_non_null(strstr(once.out, "decision decided and stored"));
    /* a server that does not answer is tried again later */
    test_write(folder, "gone.toml", "");
    g_autofree char *text = test_read(folder, ".workflow/templates/spread.toml");
    g_auto(GStrv) parts = g_strsplit(text, "file:candles.jsonl", 2);
    g_autofree char *gone = g_strjoinv("http://127.0.0.1:9/candles", parts);
    test_write(folder, "gone.toml", gone);
    g_auto(TestRun) away =
        test_run_expect(folder, "systematica", "backtest ./gone.toml --out r2", 4);
    assert_non_null(strstr(away.err, "python3 loaders/candles.py: exit code 75, so it asks to be "
                                     "tried again; it said: <urlopen error"));
}

/* A template over candles.csv; `model` and `more` are lines of [model_params] and sections. */
static void put_model(const char *model, const char *more) {
    g_autofree char *text = g_strdup_printf(
        "[meta]\nstudy_name = \"m\"\n[loader]\nname = \"CSVData\"\n[loader_params]\nsymbols = "
        "[\"CB-BTC-USD\", \"CB-ETH-USD\"]\ntimeframe = \"1h\"\npath = \"candles.csv\"\nindex_is = "
        "\"close\"\n[model]\nname = \"command\"\n[model_params]\n%s\n[signal]\nsignal_model = "
        "\"twin_spread\"\nlong_entries = 0.02\nlong_exits = 0\nshort_entries = -0.02\nshort_exits "
        "= "
        "0\n[portfolio]\nsize = 50\nsize_type = \"valuepercent100\"\ncash_sharing = true\n%s",
        model, more);
    test_write(folder, ".workflow/templates/m.toml", text);
}

/* A model whose way of looking ahead is a parameter. */
static const char peeking_model[] =
    "import csv, json, math, os, random, statistics, sys\n"
    "mode = json.loads(os.environ['SYSTEMATICA_PARAMETERS'])['mode']\n"
    "a, b = os.environ['SYSTEMATICA_SYMBOLS'].splitlines()\n"
    "close, times = {a: [], b: []}, []\n"
    "for bar in csv.DictReader(sys.stdin):\n"
    "    close[bar['symbol']].append(float(bar['close']))\n"
    "    if bar['symbol'] == a:\n"
    "        times.append(bar['time'])\n"
    "ratio = [math.log(x / y) for x, y in zip(close[a], close[b])]\n"
    "n = len(ratio)\n"
    "print('time', a, b, sep=',')\n"
    "for t in range(40, n):\n"
    "    past = ratio[t - 40:t + 1]\n"
    "    if mode == 'next':\n"
    "        past = ratio[t - 40:t + 2]\n"
    "    elif mode == 'sample':\n"
    "        past = ratio\n"
    "    elif mode == 'expanding':\n"
    "        past = ratio[:t + 1]\n"
    "    z = (ratio[t] - statistics.fmean(past)) / statistics.stdev(past)\n"
    "    if mode == 'length':\n"
    "        z = z if t + 5 < n else z + 1e-9\n"
    "    elif mode == 'tiny':\n"
    "        z = z * (1 + 1e-15 * n)\n"
    "    elif mode == 'random':\n"
    "        z += random.random()\n"
    "    print(times[t], -z, z, sep=',')\n";

static void test_languages__a_model_that_looks_ahead_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *mode, *expected; /* NULL: it is honest */
    } cases[] = {
        {"expanding", NULL},
        {"next", "the past changes with the future: output of CB-BTC-USD at "},
        {"sample", "the past changes with the future: output of CB-BTC-USD at "
                   "2024-01-02T17:00:00Z (row 40) is "},
        {"length", "the past changes with the future: output of CB-BTC-USD at "},
        {"tiny", "the past changes with the future: output of CB-BTC-USD at "},
        {"random", "two runs over the same bars differ: output of CB-BTC-USD at "
                   "2024-01-02T17:00:00Z (row 40) is "},
    };
    make_example();
    test_write(folder, "models/peek.py", peeking_model);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *model = g_strdup_printf(
            "command = [\"python3\", \"models/peek.py\"]\nparameters = { mode = \"%s\" }",
            cases[i].mode);
        put_model(model, "");
        g_auto(TestRun) plain = test_run_expect(folder, "systematica", "check m", 0);
        g_auto(TestRun) run = test_run_expect(folder, "systematica", "check --lookahead m",
                                              cases[i].expected ? 3 : 0);
        if (cases[i].expected && !strstr(run.err, cases[i].expected))
            fail_msg("%s: %s", cases[i].mode, run.err);
        assert_int_equal(!cases[i].expected, strstr(run.out, "no look-ahead") != NULL);
    }
}

/* from_rolling gives the newest rows their values only once their slice is full: late is not
 * ahead, and a history without one full slice is an error. */
static void test_lookahead__takes_what_is_only_late_for_honest(void **state) {
    (void)state;
    make_example();
    g_autofree char *text = test_read(folder, ".workflow/templates/spread.toml");
    const char *from = strstr(text, "[model]"), *to = strstr(text, "[signal]");
    assert_true(from && to);
    g_autofree char *before = g_strndup(text, (gsize)(from - text));
    static const char model[] = "[model]\nname = \"ArbitrageBaseIndex\"\n[model_params]\nsplitter "
                                "= \"from_rolling\"\ntraining_window = 50\ntesting_window = ";
    g_autofree char *late = g_strconcat(before, model, "40\n", to, NULL);
    g_autofree char *none = g_strconcat(before, model, "250\n", to, NULL);
    test_write(folder, ".workflow/templates/spread.toml", late);
    g_auto(TestRun) run = test_run_expect(folder, "systematica", "check --lookahead spread", 0);
    assert_non_null(strstr(run.out, "(300 bars, output from 2024-01-03T04:00:00Z)"));
    test_write(folder, ".workflow/templates/spread.toml", none);
    g_auto(TestRun) short_of = test_run_expect(folder, "systematica", "backtest spread --out r", 4);
    assert_non_null(strstr(short_of.err, "300 bars are too few: ArbitrageBaseIndex needs more than "
                                         "300"));
}

static void test_languages__a_loader_that_rewrites_the_past_is_refused(void **state) {
    (void)state;
    make_example();
    /* prices "adjusted" so that the newest is 100; and one that leaves out every bar but the last
     * of a day, once the day is over */
    static const struct {
        const char *awk, *expected;
    } cases[] = {
        {"{ line[NR] = $0; last[$2] = $6 } END { print line[1]; for (i = 2; i <= NR; i++) { "
         "split(line[i], c, \\\",\\\"); printf \\\"%s,%s,%.17g,%s,%s,%.17g,1\\\\n\\\", c[1], c[2], "
         "c[3] / last[c[2]] * 100, 5000, 0.001, c[6] / last[c[2]] * 100 } }",
         "the past changes with the future: open of CB-BTC-USD at 2024-01-01T01:00:00Z (row 0) "
         "is "},
        {"{ line[NR] = $0; day = substr($1, 1, 10) } END { print line[1]; for (i = 2; i <= NR; "
         "i++) "
         "if (substr(line[i], 1, 10) == day || substr(line[i], 12, 2) % 2) print line[i] }",
         "has another set of bars before 2024-"},
    };
    test_write(folder, "until.awk", "NR == 1 || $1 <= ENVIRON[\"SYSTEMATICA_UNTIL\"] { print }\n");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf(
            "[meta]\nstudy_name = \"m\"\n[loader]\nname = \"command\"\n[loader_params]\nsymbols = "
            "[\"CB-BTC-USD\", \"CB-ETH-USD\"]\ntimeframe = \"1h\"\ncommand = [\"sh\", \"-c\", "
            "\"awk -F, -f until.awk candles.csv | awk -F, '%s'\"]\n[model]\nname = "
            "\"command\"\n[model_params]\ncommand = [\"python3\", "
            "\"models/spread.py\"]\nparameters "
            "= { window = 10 }\n[signal]\nsignal_model = \"twin_spread\"\nlong_entries = "
            "0.02\nlong_exits = 0\nshort_entries = -0.02\nshort_exits = 0\n",
            cases[i].awk);
        test_write(folder, ".workflow/templates/m.toml", text);
        g_auto(TestRun) run = test_run_expect(folder, "systematica", "check --lookahead m", 3);
        if (!strstr(run.err, cases[i].expected))
            fail_msg("%s", run.err);
    }
}

static void test_languages__bad_programs_end_a_backtest_with_a_reason(void **state) {
    (void)state;
    static const struct {
        const char *model;
        int code;
        const char *expected;
    } cases[] = {
        {"command = [\"sh\", \"-c\", \"sleep 71.5 & sleep 71.5\"]\ntimeout = \"300ms\"", 4,
         "ended after its timeout of 300ms"},
        {"command = [\"sh\", \"-c\", \"cat; echo oops >&2\"]", 4,
         "the header must be \"time,CB-BTC-USD,CB-ETH-USD\", not \"time,symbol,open"},
        {"command = [\"head\", \"-c\", \"10000\", \"/dev/urandom\"]", 4,
         "head -c 10000 /dev/urandom"},
        {"command = [\"yes\", \"2024-01-01T01:00:00Z,1,2\"]", 4, "the header must be"},
        {"command = [\"sh\", \"-c\", \"echo time,CB-BTC-USD,CB-ETH-USD; yes "
         "2024-01-01T01:00:00Z,1,1\"]",
         4, ":3: the bar that closes at 2024-01-01T01:00:00Z comes twice"},
        {"command = [\"sh\", \"-c\", \"kill -SEGV $$\"]", 1, "killed by signal 11"},
        {"command = [\"python3\", \"-c\", \"raise ValueError(7)\"]", 1,
         "exit code 1; it said: Traceback (most recent call last):"},
        {"command = [\"sh\", \"-c\", \"exit 75\"]", 4, "asks to be tried again"},
        {"command = [\"models/absent.py\"]", 4, "models/absent.py cannot be started: No such file"},
        {"command = [\"pyhton3\", \"models/spread.py\"]", 4,
         "pyhton3 cannot be started: it is not on"},
        {"command = [\"models/spread.py\"]", 4, "cannot be started: Permission denied"},
        {"", 3, "[model_params] needs the key command"},
        {"command = []", 3, "m.toml:13:1: [model_params] command is missing: name a program"},
        {"command = [\"\"]", 3, "[model_params] command names no program"},
        {"command = [\"true\"]\nparameters = { a = [nan] }", 3, "JSON knows neither inf nor nan"},
        {"command = [\"true\"]\nparameters = 5", 3, "parameters must be a table of anything, not"},
        {"command = [\"true\"]\ntimeout = \"0s\"", 3, "\"0s\" is not longer than nothing"},
        {"command = [\"true\"]\nwindow = 5", 3, "[model_params] has no key \"window\""},
    };
    make_example();
    test_write(folder, "models/spread.py", "not executable\n");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        put_model(cases[i].model, "");
        g_auto(TestRun) run =
            test_run_expect(folder, "systematica", "backtest m --out r", cases[i].code);
        if (!strstr(run.err, cases[i].expected))
            fail_msg("%s: expected \"%s\", got \"%s\"", cases[i].model, cases[i].expected, run.err);
        assert_false(test_exists(folder, "r/output.csv"));
    }
    assert_int_equal(test_count_processes("sleep 71.5"), 0);
}

/* A model that asks twice to be tried again, then gives an output. */
#define FLAKY                                                                                      \
    "command = [\"sh\", \"-c\", \"echo x >>tries; [ $(wc -l <tries) -gt 2 ] || { echo down >&2; "  \
    "exit 75; }; python3 models/spread.py\"]"

static void test_languages__exit_75_is_tried_again_as_the_template_says(void **state) {
    (void)state;
    const char *const once = "--template m --once --now 2024-01-13T12:00:05Z --no-report --dry-run";
    make_example();
    put_model(FLAKY, "");
    g_auto(TestRun) alone =
        test_run_expect(folder, "run_app", once, 4); /* by hand, unasked: once */
    assert_non_null(strstr(alone.err, "exit code 75, so it asks to be tried again; it said: down"));
    put_model(FLAKY, "[retry]\nwait = { fixed = { wait = 0.05 } }\nretry_on = [\"timeout\"]\n");
    g_auto(TestRun) never = test_run_expect(folder, "run_app", once, 4);
    g_autofree char *tries = test_read(folder, "tries");
    assert_string_equal(tries, "x\nx\n");
    test_write(folder, "tries", "");
    put_model(FLAKY, "[retry]\nwait = { fixed = { wait = 0.05 } }\n");
    g_auto(TestRun) again = test_run_expect(folder, "run_app", once, 0);
    assert_non_null(strstr(again.err, "m: model: attempt 2 failed, the next is in 0.1 s"));
    assert_non_null(strstr(again.out, "only shown: dry run"));
}

/* ---- under an engine ---- */

/* The programs are quick, so that bars of seconds can be kept up with on a busy machine. */
static const char live_loader[] = "echo \"[$SYSTEMATICA_START]\" >>starts; cat bars.csv";
static const char live_model[] =
    "NR == 1 { print \"time,A,B\"; next }\n"
    "{ price[$2, $1] = $6 }\n"
    "$2 == \"B\" { a[++n] = price[\"A\", $1]; b[n] = price[\"B\", $1] }\n"
    "$2 == \"B\" && n > 5 { d = log(a[n] / a[n - 5]) - log(b[n] / b[n - 5])\n"
    "    printf \"%s,%.17g,%.17g\\n\", $1, -d, d }\n";
#define LIVE_MODEL "awk -F, -f model.awk"

static void put_live(const char *study, int seconds, const char *loader, const char *model) {
    g_autofree char *text = g_strdup_printf(
        "[meta]\nstudy_name = \"%s\"\n[loader]\nname = \"command\"\n[loader_params]\nsymbols = "
        "[\"A\", \"B\"]\ntimeframe = \"%ds\"\ncommand = [\"sh\", \"-c\", \"%s\"]\ntimeout = "
        "\"40s\"\n[model]\nname = \"command\"\n[model_params]\ncommand = [\"sh\", \"-c\", "
        "\"%s\"]\n[signal]\nsignal_model = \"twin_spread\"\nlong_entries = 0.005\nlong_exits = "
        "0\nshort_entries = -0.005\nshort_exits = 0\n[portfolio]\nsize = 50\nsize_type = "
        "\"valuepercent100\"\ncash_sharing = true\n",
        study, seconds, loader, model);
    g_autofree char *file = g_strconcat(study, ".toml", NULL);
    live_put_template(folder, file, text);
}

/* A file of bars from a while ago to a while from now: those of the future do not exist for the
 * engine until they close, whoever prints them. */
static void make_live(int seconds) {
    enum { history = 60, ahead = 60 };
    folder = test_folder_new();
    g_auto(TestRun) made = test_run_expect(folder, "systematica", "init", 0);
    g_autofree char *sample = g_build_filename(folder, ".workflow/templates/dale.toml", NULL);
    g_unlink(sample);
    const SyTimeframe timeframe = {seconds * SY_SECOND, 0};
    SyTime now = sy_timeframe_floor(timeframe, sy_env_now(&sy_env_real));
    g_autoptr(GString) csv = g_string_new("time,symbol,open,high,low,close,volume\n");
    for (int k = -history; k < ahead; k++)
        for (int s = 0; s < 2; s++) {
            char time[SY_TIME_TEXT_SIZE];
            double price = 100 + s + 5 * sin(0.7 * k + s);
            sy_time_format(now + k * timeframe.nanoseconds, time);
            g_string_append_printf(csv, "%s,%c,%.6f,200,1,%.6f,1\n", time, 'A' + s, price, price);
        }
    test_write(folder, "bars.csv", csv->str);
    test_write(folder, "model.awk", live_model);
}

static void test_languages__an_engine_waits_for_the_bars_of_a_program(void **state) {
    (void)state;
    make_live(2);
    put_live("live", 2, "sh loader.sh", LIVE_MODEL);
    test_write(folder, "loader.sh", live_loader);
    Live live = live_start(folder, "run_app", "--template live --no-report", NULL);
    live_wait(&live, "SELECT count(*) FROM decision", 3, SOON);
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0);
    /* every slot that decided did so on its own bar: it started once the program had printed it */
    assert_near(live_query(folder, "SELECT count(*) FROM slot JOIN decision ON decision.run_id = "
                                   "slot.run_id WHERE decision.bar_time <> nominal"),
                0, 0);
    assert_near(live_query(folder, "SELECT count(*) FROM run WHERE status IN ('crashed', "
                                   "'outdated')"),
                0, 0);
    /* a look asks for a short window, the first run for everything */
    g_autofree char *starts = test_read(folder, "starts");
    assert_true(g_str_has_prefix(starts, "[20"));
    assert_non_null(strstr(starts, "\n[]\n"));
}

static void test_languages__an_engine_tries_again_and_ends_what_hangs(void **state) {
    (void)state;
    make_live(4);
    test_write(folder, "loader.sh", live_loader);
    put_live("flaky", 4, "sh loader.sh",
             "echo x >>tries; [ $(($(wc -l <tries) % 2)) = 0 ] || exit 75; exec " LIVE_MODEL);
    put_live("hangs", 4, "sleep 72.5; sleep 72.5", LIVE_MODEL);
    Live live = live_start(folder, "run_all", "--no-report --max-buffer 3", NULL);
    live_wait(&live,
              "SELECT count(*) FROM step WHERE name = 'model' AND status = 'succeeded' AND "
              "attempt = 2",
              1, SOON);
    live_wait(&live,
              "SELECT count(*) FROM slot JOIN run ON run.id = run_id WHERE run.study_name = "
              "'hangs' AND run.status = 'outdated'",
              1, SOON);
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0); /* does not wait for the look */
    assert_int_equal(test_count_processes("sleep 72.5"), 0);
    assert_near(live_query(folder, "SELECT count(*) FROM decision WHERE study_name = 'hangs'"), 0,
                0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_languages__the_example_runs_as_documented, remove_workspace),
        cmocka_unit_test_teardown(test_languages__a_model_that_looks_ahead_is_refused,
                                  remove_workspace),
        cmocka_unit_test_teardown(test_lookahead__takes_what_is_only_late_for_honest,
                                  remove_workspace),
        cmocka_unit_test_teardown(test_languages__a_loader_that_rewrites_the_past_is_refused,
                                  remove_workspace),
        cmocka_unit_test_teardown(test_languages__bad_programs_end_a_backtest_with_a_reason,
                                  remove_workspace),
        cmocka_unit_test_teardown(test_languages__exit_75_is_tried_again_as_the_template_says,
                                  remove_workspace),
        cmocka_unit_test_teardown(test_languages__an_engine_waits_for_the_bars_of_a_program,
                                  remove_workspace),
        cmocka_unit_test_teardown(test_languages__an_engine_tries_again_and_ends_what_hangs,
                                  remove_workspace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
