/* `systematica simulate`: signals in files to orders in files, and what it says of bad files. */
#include "test.h"

#include <string.h>

#include <jansson.h>

#include "cli.h"

static char *folder;

/* The pair of the specification: both legs sized from the same 1,000, the second one cut. */
static const char pair_close[] = "time,A,B\n"
                                 "2023-01-01T00:00:00Z,100,50\n"
                                 "2023-01-02T00:00:00Z,110,48\n"
                                 "2023-01-03T00:00:00Z,105,52\n"
                                 "2023-01-04T00:00:00Z,105,52\n";
/* Entries of A on row 0 and of B on row 2, and the other way round. */
static const char first_a[] = "time,A,B\n"
                              "2023-01-01,1,0\n"
                              "2023-01-02,0,0\n"
                              "2023-01-03,0,1\n"
                              "2023-01-04,0,0\n";
static const char first_b[] = "date,B,A\n"
                              "1672531200,True,False\n"
                              "1672617600,False,False\n"
                              "1672704000,false,TRUE\n"
                              "1672790400,0,0.0\n";
static const char pair_toml[] =
    "[portfolio]\ninit_cash = 1000\nfees = 0.001\nsize = 50\nsize_type = \"valuepercent100\"\n"
    "cash_sharing = true\ncall_seq = \"auto\"\n";

static int make_files(void **state) {
    (void)state;
    folder = test_folder_new();
    test_write(folder, "close.csv", pair_close);
    test_write(folder, "a.csv", first_a);
    test_write(folder, "b.csv", first_b);
    test_write(folder, "pair.toml", pair_toml);
    test_write(folder, "plain.toml", "[portfolio]\n");
    return 0;
}

static int remove_files(void **state) {
    (void)state;
    test_folder_remove(folder);
    g_free(folder);
    return 0;
}

#define PAIR "simulate --close close.csv --long-entries a.csv --short-entries b.csv "

/* Cell of a CSV file without quotes. Free with g_free. */
static char *cell(const char *path, gsize row, const char *column) {
    g_autofree char *text = test_read(folder, path);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_auto(GStrv) head = g_strsplit(lines[0], ",", -1);
    g_auto(GStrv) cells = g_strsplit(lines[row + 1], ",", -1);
    for (gsize i = 0; head[i]; i++)
        if (strcmp(head[i], column) == 0)
            return g_strdup(cells[i]);
    fail_msg("%s has no column %s", path, column);
    return NULL;
}

static double number(const char *path, gsize row, const char *column) {
    g_autofree char *text = cell(path, row, column);
    return g_ascii_strtod(text, NULL);
}

static void test_simulate__trades_the_pair_of_the_specification(void **state) {
    (void)state;
    g_auto(TestRun) run =
        test_run_expect(folder, "systematica", PAIR "--portfolio pair.toml --out pair", 0);
    static const struct {
        const char *symbol;
        double size, price, fees;
    } orders[] = {{"B", 10, 50, 0.5},
                  {"A", 4.99001, 100, 0.499001},
                  {"A", 9.770729, 105, 1.025927},
                  {"B", 19.614032, 52, 1.01993}};
    for (gsize i = 0; i < G_N_ELEMENTS(orders); i++) {
        g_autofree char *symbol = cell("pair/orders.csv", i, "symbol");
        assert_string_equal(symbol, orders[i].symbol);
        assert_near(number("pair/orders.csv", i, "size"), orders[i].size, 1e-6);
        assert_near(number("pair/orders.csv", i, "price"), orders[i].price, 0);
        assert_near(number("pair/orders.csv", i, "fees"), orders[i].fees, 1e-6);
    }
    static const double values[] = {999.000999, 1068.901099, 1001.905193, 1001.905193};
    for (gsize row = 0; row < G_N_ELEMENTS(values); row++)
        assert_near(number("pair/value.csv", row, "value"), values[row], 1e-6);
    g_autofree char *text = test_read(folder, "pair/stats.json");
    json_t *stats = json_loads(text, 0, NULL);
    assert_near(json_number_value(json_object_get(stats, "total_return")), 0.001905193, 1e-9);
    assert_near(json_number_value(json_object_get(stats, "annualisation_factor")), 365, 0);
    json_decref(stats);
}

static void test_simulate__writes_what_needs_no_model(void **state) {
    (void)state;
    static const char *const files[] = {"orders.csv",    "trades.csv", "positions.csv",
                                        "drawdowns.csv", "value.csv",  "stats.json"};
    g_auto(TestRun) run =
        test_run_expect(folder, "systematica", PAIR "--portfolio plain.toml --out all --json", 0);
    g_autofree char *out = g_build_filename(folder, "all", NULL);
    g_autoptr(GDir) there = g_dir_open(out, 0, NULL);
    gsize n = 0;
    while (g_dir_read_name(there))
        n++;
    assert_int_equal(n, G_N_ELEMENTS(files));
    for (gsize i = 0; i < n; i++)
        assert_true(test_exists(out, files[i]));
    g_autofree char *stats = test_read(folder, "all/stats.json");
    assert_string_equal(run.out, stats);
}

static void test_simulate__ignores_orders_without_a_price(void **state) {
    (void)state;
    test_write(folder, "gap.csv",
               "time,A,B\n2023-01-01,,50\n2023-01-02,110,48\n2023-01-03,105,nan\n"
               "2023-01-04,105,52\n");
    g_auto(TestRun) run = test_run_expect(folder, "systematica",
                                          "simulate --close gap.csv --long-entries a.csv "
                                          "--portfolio plain.toml --out gap",
                                          0);
    assert_non_null(strstr(run.err, "2 missing prices, the first that of A at 2023-01-01"));
    for (gsize row = 0; row < 2; row++) {
        g_autofree char *status = cell("gap/orders.csv", row, "status");
        assert_string_equal(status, "ignored");
    }
    assert_near(number("gap/value.csv", 3, "value_A"), 100, 0);
}

static void test_simulate__fills_at_the_open_where_it_is_given(void **state) {
    (void)state;
    test_write(folder, "next.toml", "[portfolio]\nprice = \"nextopen\"\nsize = 1\n");
    test_write(folder, "open.csv",
               "time,A,B\n2023-01-01,1,2\n2023-01-02,3,4\n2023-01-03,5,6\n2023-01-04,7,8\n");
    g_auto(TestRun) run =
        test_run_expect(folder, "systematica",
                        "simulate --close close.csv --open open.csv --long-entries a.csv "
                        "--portfolio next.toml --out next",
                        0);
    assert_near(number("next/orders.csv", 0, "price"), 3, 0);
    assert_near(number("next/orders.csv", 1, "price"), 8, 0);
    assert_near(number("next/orders.csv", 1, "row"), 3, 0);
}

/* A stop of 5 % below 100: with lows it fills at its level, of closes alone at the close. */
static void test_simulate__stops_see_the_bars_that_are_given(void **state) {
    (void)state;
    test_write(folder, "stop.toml", "[portfolio]\nsize = 1\nsl_stop = 0.05\ninit_cash = 1000\n");
    test_write(folder, "falls.csv",
               "time,A,B\n2023-01-01,100,50\n2023-01-02,97,50\n2023-01-03,93,50\n"
               "2023-01-04,92,50\n");
    test_write(folder, "opens.csv",
               "time,A,B\n2023-01-01,100,50\n2023-01-02,100,50\n2023-01-03,97,50\n"
               "2023-01-04,93,50\n");
    test_write(folder, "lows.csv",
               "time,A,B\n2023-01-01,90,50\n2023-01-02,96,50\n2023-01-03,91,50\n"
               "2023-01-04,90,50\n");
    static const struct {
        const char *files;
        double price;
    } given[] = {{"", 93},
                 {"--open opens.csv --low lows.csv", 95},
                 {"--low lows.csv", 93}, /* the close stands for the open: beyond the level */
                 {"--open opens.csv", 95}};
    for (gsize i = 0; i < G_N_ELEMENTS(given); i++) {
        g_autofree char *line =
            g_strdup_printf("simulate --close falls.csv --long-entries a.csv %s "
                            "--portfolio stop.toml --out stop%zu",
                            given[i].files, i);
        g_auto(TestRun) run = test_run_expect(folder, "systematica", line, 0);
        g_autofree char *path = g_strdup_printf("stop%zu/orders.csv", i);
        assert_near(number(path, 1, "price"), given[i].price, 0);
        assert_near(number(path, 1, "row"), 2, 0);
        g_autofree char *type = cell(path, 1, "type");
        assert_string_equal(type, "sl_stop");
    }
}

static void simulate_groups(const char *group_by, const char *out) {
    g_autofree char *text = g_strdup_printf("[portfolio]\nsize = 1\nfees = 0.01\n%s\n", group_by);
    test_write(folder, "groups.toml", text);
    g_autofree char *line = g_strdup_printf(PAIR "--portfolio groups.toml --out %s", out);
    g_auto(TestRun) run = test_run_expect(folder, "systematica", line, 0);
}

static void test_simulate__adds_up_the_columns_of_a_group(void **state) {
    (void)state;
    simulate_groups("", "alone");
    simulate_groups("group_by = true", "all_of_them");
    simulate_groups("group_by = [\"pair\", \"pair\"]", "pair_of_them");
    simulate_groups("group_by = [7, 3]\ncash_sharing = true", "pools");
    g_autofree char *orders = test_read(folder, "alone/orders.csv");
    g_autofree char *grouped = test_read(folder, "pools/orders.csv");
    assert_string_equal(orders, grouped);
    for (gsize row = 0; row < 4; row++) {
        double a = number("alone/value.csv", row, "value_A"),
               b = number("alone/value.csv", row, "value_B");
        assert_near(number("all_of_them/value.csv", row, "value"), a + b, 1e-12);
        assert_near(number("pair_of_them/value.csv", row, "value_pair"), a + b, 1e-12);
        assert_near(number("pair_of_them/value.csv", row, "position_B"),
                    number("alone/value.csv", row, "position_B"), 0);
        assert_near(number("pools/value.csv", row, "value_7"), a, 0);
        assert_near(number("pools/value.csv", row, "value_3"), b, 0);
    }
    g_autofree char *group = cell("pair_of_them/drawdowns.csv", 0, "group");
    assert_string_equal(group, "pair");
    g_autofree char *text = test_read(folder, "pair_of_them/stats.json");
    json_t *stats = json_loads(text, 0, NULL);
    json_t *pair = json_object_get(json_object_get(stats, "groups"), "pair");
    assert_near(json_number_value(json_object_get(pair, "start_value")), 200, 0);
    assert_near(json_number_value(json_object_get(pair, "total_orders")), 4, 0);
    json_decref(stats);
}

/* ── entries and exits of no side ── */

enum { ROWS = 400 };
static const char *const symbols[] = {"A", "B"};
static bool entry[2][ROWS], leave[2][ROWS];

static void write_sideless(guint32 seed) {
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    g_autoptr(GString) close = g_string_new("time,A,B\n");
    g_autoptr(GString) entries = g_string_new("time,A,B\n");
    g_autoptr(GString) exits = g_string_new("time,A,B\n");
    for (int row = 0; row < ROWS; row++) {
        for (int c = 0; c < 2; c++) {
            entry[c][row] = g_rand_double(random) < 0.2;
            leave[c][row] = g_rand_double(random) < 0.2;
        }
        int time = 1672531200 + 3600 * row;
        g_string_append_printf(close, "%d,%d,%d\n", time, g_rand_int_range(random, 90, 110),
                               g_rand_int_range(random, 40, 60));
        g_string_append_printf(entries, "%d,%d,%d\n", time, entry[0][row], entry[1][row]);
        g_string_append_printf(exits, "%d,%d,%d\n", time, leave[0][row], leave[1][row]);
    }
    test_write(folder, "random.csv", close->str);
    test_write(folder, "entries.csv", entries->str);
    test_write(folder, "exits.csv", exits->str);
}

static void simulate_sideless(const char *direction, const char *files, const char *out) {
    g_autofree char *toml =
        g_strdup_printf("[portfolio]\nsize = 1\ninit_cash = 100000\nfees = 0.001\n%s\n", direction);
    test_write(folder, "sideless.toml", toml);
    g_autofree char *line = g_strdup_printf(
        "simulate --quiet --close random.csv %s --portfolio sideless.toml --out %s", files, out);
    g_auto(TestRun) run = test_run_expect(folder, "systematica", line, 0);
}

#define SIDELESS "--long-entries entries.csv --long-exits exits.csv"

static void assert_cell(char **head, char **cells, const char *out, const char *series, int symbol,
                        double expected) {
    g_autofree char *name = g_strdup_printf("%s_%s", series, symbols[symbol]);
    gsize i = 0;
    while (head[i] && strcmp(head[i], name) != 0)
        i++;
    assert_non_null(head[i]);
    if (!(fabs(g_ascii_strtod(cells[i], NULL) - expected) < 1e-6))
        fail_msg("%s: %s at %s is %s, expected %.10g", out, name, cells[0], cells[i], expected);
}

/* Positions and cash by a walk over the rows that knows nothing of sides and orders: an entry alone
 * takes the position to `in`, an exit alone to `away`; both at once are dropped. */
static void assert_sideless(const char *out, double in, double away) {
    g_autofree char *path = g_build_filename(out, "value.csv", NULL);
    g_autofree char *text = test_read(folder, path);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1), head = g_strsplit(lines[0], ",", -1);
    g_autofree char *prices = test_read(folder, "random.csv");
    g_auto(GStrv) closes = g_strsplit(prices, "\n", -1);
    double held[2] = {0}, cash[2] = {100000, 100000};
    gsize orders = 0;
    for (int row = 0; row < ROWS; row++) {
        g_auto(GStrv) cells = g_strsplit(lines[row + 1], ",", -1);
        g_auto(GStrv) price = g_strsplit(closes[row + 1], ",", -1);
        for (int c = 0; c < 2; c++) {
            double wanted = held[c];
            if (entry[c][row] != leave[c][row])
                wanted = entry[c][row] ? in : away;
            double close = g_ascii_strtod(price[c + 1], NULL), change = wanted - held[c];
            cash[c] -= change * close + fabs(change) * close * 0.001;
            held[c] = wanted;
            orders += change != 0;
            assert_cell(head, cells, out, "position", c, held[c]);
            assert_cell(head, cells, out, "cash", c, cash[c]);
        }
    }
    assert_true(orders > ROWS / 10);
}

static void test_simulate__direction_decides_of_signals_without_a_side(void **state) {
    (void)state;
    static const struct {
        const char *direction;
        double in, out;
    } sides[] = {{"", 1, 0},
                 {"direction = \"longonly\"", 1, 0},
                 {"direction = \"shortonly\"", -1, 0},
                 {"direction = \"both\"", 1, -1}};
    for (guint32 seed = 1; seed <= 3; seed++) {
        write_sideless(seed);
        for (gsize i = 0; i < G_N_ELEMENTS(sides); i++) {
            g_autofree char *out = g_strdup_printf("sideless%u_%zu", seed, i);
            simulate_sideless(sides[i].direction, SIDELESS, out);
            assert_sideless(out, sides[i].in, sides[i].out);
        }
    }
}

/* With files of short signals each file is of the side that its option says. */
static void test_simulate__direction_drops_a_side_where_both_are_given(void **state) {
    (void)state;
    write_sideless(4);
    static const char both[] = SIDELESS " --short-exits exits.csv";
    simulate_sideless("direction = \"both\"", both, "sided");
    assert_sideless("sided", 1, 0);
    simulate_sideless("direction = \"shortonly\"", both, "dropped");
    g_autofree char *orders = test_read(folder, "dropped/orders.csv");
    assert_null(strchr(strchr(orders, '\n') + 1, '\n'));
}

typedef struct {
    const char *text;      /* of bad.csv */
    const char *said;      /* a part of the message */
    const char *arguments; /* NULL: bad.csv holds closes */
    int code;
} Bad;

#define SIGNALS "--close close.csv --long-entries bad.csv --portfolio plain.toml"
#define TABLE "--close close.csv --portfolio bad.csv"

static const Bad bad[] = {
    {"", "bad.csv: is empty", NULL, 4},
    {"time,A\n", "bad.csv: has a header and no rows", NULL, 4},
    {"time\n2020-01-01\n", "bad.csv:1: there is one column only", NULL, 4},
    {"time,A,A\n2020-01-01,1,1\n", "two columns are called \"A\"", NULL, 4},
    {"time,A,\n2020-01-01,1,1\n", "column 3 has no name", NULL, 4},
    {"time,\xff\n2020-01-01,1\n", "the name of column 2 is not UTF-8", NULL, 4},
    {"time,A\n2020-01-02,1\n2020-01-01,1\n", "bad.csv:3: the time 2020-01-01T00:00:00Z comes after",
     NULL, 4},
    {"time,A\n2020-01-02,1\n2020-01-02,1\n", "2020-01-02T00:00:00Z is there twice", NULL, 4},
    {"time,A\nyesterday,1\n", "bad.csv:2: column time: not a time: \"yesterday\"", NULL, 4},
    {"A,time\n1,2020-01-01\n", "the first column holds the times, only that one", NULL, 4},
    {"time,A\n2020-01-01,x\n", "bad.csv:2: A = \"x\" is not a number", NULL, 4},
    {"time,A\n2020-01-01,0\n", "A = 0 is zero", NULL, 4},
    {"time,A\n2020-01-01,-1\n", "A = -1 is negative", NULL, 4},
    {"time,A\n2020-01-01,inf\n", "A = inf is infinite", NULL, 4},
    {"time,A,B\n2020-01-01,1\n", "bad.csv:2: fewer fields than the header", NULL, 4},
    {"time,A\n2020-01-01,1\n", "set freq in [portfolio]", NULL, 4},
    {"time,A,B\n2023-01-01,100,50\n2023-01-02,109,48\n2023-01-03,105,52\n2023-01-04,105,52\n",
     "the high of A at 2023-01-02T00:00:00Z, 109, is below its low of close.csv, 110",
     "--close close.csv --high bad.csv --low close.csv --portfolio plain.toml", 4},
    {"time,A,B\n2023-01-01,0,0\n2023-01-02,2,0\n", "bad.csv:3: A = \"2\" is no signal", SIGNALS, 4},
    {"time,A,B\n2023-01-01,0,\n", "B = \"\" is no signal", SIGNALS, 4},
    {"time,A,B\n2023-01-01,0,0\n", "bad.csv: has 1 rows, close.csv has 4", SIGNALS, 4},
    {"time,A,B\n2023-01-01,0,0\n2023-01-02,0,0\n2023-01-03,0,0\n2023-01-04,0,0\n2023-01-05,0,0\n",
     "close.csv has no row at 2023-01-05", SIGNALS, 4},
    {"time,A,B\n2023-01-01,0,0\n2023-01-02T01:00:00,0,0\n",
     "that of row 1 of close.csv is 2023-01-02T00:00:00Z", SIGNALS, 4},
    {"time,A\n2023-01-01,0\n", "no column for the symbol \"B\" of close.csv", SIGNALS, 4},
    {"time,A,BB\n2023-01-01,0,0\n", "\"BB\" is no symbol of close.csv", SIGNALS, 4},
    {"[portfolio]\nsice = 1\n", "bad.csv:2:1: [portfolio] has no key \"sice\"", TABLE, 3},
    {"[portfolio]\nsize = [1, 2, 3]\n", "size has 3 numbers for 2 symbols", TABLE, 3},
    {"[portfolio]\ngroup_by = [1, 2, 2]\n", "group_by has 3 labels for 2 symbols", TABLE, 3},
    {"[portfolio]\ngroup_by = \"A\"\n", "group_by must be true, false or list of labels", TABLE, 3},
    {"[portfolio]\nprice = \"open\"\n", "add --open FILE", TABLE, 3},
    {"size = 1\n", "the key size stands outside of any section", TABLE, 3},
    {"", "there is no table [portfolio]", TABLE, 3},
    {"", "--portfolio is missing", "--close close.csv", 2},
    {"", "--close is missing", "--portfolio plain.toml", 2},
    {"", "nothing.csv: cannot be read", "--close nothing.csv --portfolio plain.toml", 4},
};

static void test_simulate__says_what_is_wrong_and_writes_nothing(void **state) {
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        test_write(folder, "bad.csv", bad[i].text);
        g_autofree char *line = g_strdup_printf(
            "simulate --out refused %s",
            bad[i].arguments ? bad[i].arguments : "--close bad.csv --portfolio plain.toml");
        g_auto(TestRun) run = test_run_expect(folder, "systematica", line, bad[i].code);
        if (!strstr(run.err, bad[i].said))
            fail_msg("“%s” gave “%s”, expected “%s”", bad[i].text, run.err, bad[i].said);
        assert_string_equal(run.out, "");
        assert_false(test_exists(folder, "refused"));
    }
}

static void test_simulate__needs_a_folder(void **state) {
    (void)state;
    g_auto(TestRun) none = test_run_expect(folder, "systematica", PAIR "--portfolio pair.toml", 2);
    assert_non_null(strstr(none.err, "--out is missing"));
    g_auto(TestRun) file =
        test_run_expect(folder, "systematica", PAIR "--portfolio pair.toml --out close.csv", 1);
    assert_non_null(strstr(file.err, "cannot write"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_simulate__trades_the_pair_of_the_specification),
        cmocka_unit_test(test_simulate__writes_what_needs_no_model),
        cmocka_unit_test(test_simulate__ignores_orders_without_a_price),
        cmocka_unit_test(test_simulate__fills_at_the_open_where_it_is_given),
        cmocka_unit_test(test_simulate__stops_see_the_bars_that_are_given),
        cmocka_unit_test(test_simulate__adds_up_the_columns_of_a_group),
        cmocka_unit_test(test_simulate__direction_decides_of_signals_without_a_side),
        cmocka_unit_test(test_simulate__direction_drops_a_side_where_both_are_given),
        cmocka_unit_test(test_simulate__says_what_is_wrong_and_writes_nothing),
        cmocka_unit_test(test_simulate__needs_a_folder),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
