/* systematica tune as its users start it: what it finds, that it finds the same however it is run,
 * and what it says of what cannot be tuned. */
#include "test.h"

#include <jansson.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "cli.h"
#include "db/db.h"
#include "pair.h"

#define SEARCH                                                                                     \
    "[tune]\nobjective = [\"sharpe\"]\ntrials = 40\nseed = 7\nbatch = 8\nfolds = 3\n"              \
    "[tune.parameters]\n"                                                                          \
    "\"signal.long_entries\" = { low = 0.05, high = 1.6, step = 0.05 }\n"                          \
    "\"signal.short_exits\" = { low = -0.3, high = 0.3 }\n"                                        \
    "\"model_params.upper\" = { low = 0.5, high = 2.0, step = 0.1 }\n"                             \
    "\"model_params.training_window\" = { low = 100, high = 150, step = 25 }\n"                    \
    "\"model_params.copula\" = { values = [\"StudentT\", \"Gaussian\"] }\n"

static char *folder;

static int start(void **state) {
    (void)state;
    folder = test_pair_workspace();
    return 0;
}

static int stop(void **state) {
    (void)state;
    test_folder_remove(folder);
    g_free(folder);
    return 0;
}

/* The template NAME of the pair with a [tune] behind it. */
static void write_template(const char *name, const char *tune) {
    g_autofree char *pair = test_pair_template(
        name,
        "size = 50\nsize_type = \"valuepercent100\"\ncash_sharing = true\ncall_seq = \"auto\"");
    g_autofree char *text = g_strconcat("# mine\n", pair, tune, NULL);
    g_autofree char *path = g_strdup_printf(".workflow/templates/%s.toml", name);
    test_write(folder, path, text);
}

static void tune(const char *line, int code) {
    g_autofree char *all = g_strconcat("tune --quiet ", line, NULL);
    g_auto(TestRun) run = test_run_expect(folder, "systematica", all, code);
}

static void assert_same_file(const char *a, const char *b) {
    g_autofree char *first = test_read(folder, a), *second = test_read(folder, b);
    if (strcmp(first, second) != 0)
        fail_msg("%s and %s differ", a, b);
}

static double number_at(const json_t *json, const char *key) {
    const json_t *value = json_object_get(json, key);
    assert_non_null(value);
    return json_is_null(value) ? NAN : json_number_value(value);
}

static void test_tune__the_winner_is_a_template_that_gives_the_figures(void **state) {
    (void)state;
    write_template("win", SEARCH);
    g_auto(TestRun) run = test_run_expect(folder, "systematica",
                                          "tune win --json --out out --report html,png,pdf,csv", 0);
    json_t *json = json_loads(run.out, 0, NULL);
    const json_t *winner = json_array_get(json_object_get(json, "winners"), 0);
    const json_t *all = json_object_get(winner, "all");
    g_auto(TestRun) check = test_run_expect(folder, "systematica", "check out/winner.toml", 0);
    g_auto(TestRun) backtest =
        test_run_expect(folder, "systematica", "backtest out/winner.toml --json --out back", 0);
    json_t *stats = json_loads(backtest.out, 0, NULL);
    assert_true(number_at(stats, "sharpe") == number_at(all, "sharpe"));
    assert_true(number_at(all, "sharpe") != 0);
    double deflated = number_at(json_object_get(json, "deflated_sharpe"), "probability");
    assert_true(deflated >= 0 && deflated <= 1);
    json_decref(stats);
    json_decref(json);
    g_autofree char *text = test_read(folder, "out/winner.toml");
    assert_true(g_str_has_prefix(text, "# mine\n[meta]\n"));
    assert_non_null(strstr(text, "short_entries = -0.7\n"));
    static const char *const files[] = {"out/tuning.html", "out/tuning.png", "out/tuning.pdf",
                                        "out/tuning/walk_forward.csv", "out/trials.csv"};
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
        assert_true(test_exists(folder, files[i]));
}

static void test_tune__any_number_of_jobs_gives_the_same_bytes(void **state) {
    (void)state;
    write_template("jobs", SEARCH);
    tune("jobs --jobs 1 --out j1", 0);
    tune("jobs --jobs 2 --out j2 --fresh", 0);
    tune("jobs --jobs 5 --out j5 --fresh", 0);
    assert_same_file("j1/trials.csv", "j2/trials.csv");
    assert_same_file("j1/trials.csv", "j5/trials.csv");
    assert_same_file("j1/winner.toml", "j5/winner.toml");
}

static void test_tune__more_trials_go_on_where_it_was(void **state) {
    (void)state;
    write_template("more", SEARCH);
    tune("more --trials 40 --out whole", 0);
    tune("more --trials 13 --out part --fresh", 0);
    tune("more --trials 29 --out part", 0);
    g_auto(TestRun) run =
        test_run_expect(folder, "systematica", "tune more --trials 40 --out part", 0);
    assert_non_null(strstr(run.err, "29 of 40 trials are there"));
    assert_same_file("whole/trials.csv", "part/trials.csv");
    assert_same_file("whole/winner.toml", "part/winner.toml");
    tune("more --trials 13 --out fewer", 0); /* fewer than there are: those alone count */
    tune("more --trials 13 --out fewer_fresh --fresh", 0);
    assert_same_file("fewer/trials.csv", "fewer_fresh/trials.csv");
}

static void test_tune__pruning_is_the_same_on_any_number_of_jobs(void **state) {
    (void)state;
    g_auto(GStrv) parts = g_strsplit(SEARCH, "folds = 3", 2);
    g_autofree char *text = g_strjoinv("folds = 3\npruning = \"median\"", parts);
    write_template("prune", text);
    tune("prune --jobs 1 --out p1 --trials 64", 0);
    tune("prune --jobs 3 --out p3 --trials 20 --fresh", 0);
    tune("prune --jobs 3 --out p3 --trials 64", 0);
    assert_same_file("p1/trials.csv", "p3/trials.csv");
    g_autofree char *csv = test_read(folder, "p1/trials.csv");
    assert_non_null(strstr(csv, ",pruned,behind the median after fold"));
}

/* Puts the bars of the first rows in place of those from a row on. */
static void replace_bars(int from) {
    g_autofree char *bars = test_pair_csv(0, TEST_PAIR_ROWS - from);
    g_auto(GStrv) lines = g_strsplit(bars, "\n", -1);
    g_autoptr(GString) csv = g_string_new(lines[0]);
    for (int i = 1; lines[i] && *lines[i]; i++) {
        char time[SY_TIME_TEXT_SIZE];
        const char *rest = strchr(strchr(lines[i], ',') + 1, ',');
        g_string_append_printf(csv, "\n%c,%s%s", lines[i][0],
                               sy_time_format(test_pair_time(from + (i - 1) / 2) - SY_HOUR, time),
                               rest);
    }
    g_string_append_c(csv, '\n');
    test_write(folder, "future.csv", csv->str);
    g_auto(TestRun) imported = test_run_expect(
        folder, "systematica", "data import --engine research --timeframe 60m future.csv", 0);
}

static void restore_bars(int from) {
    g_autofree char *past = test_pair_csv(from, TEST_PAIR_ROWS);
    test_write(folder, "past.csv", past);
    g_auto(TestRun) restored = test_run_expect(
        folder, "systematica", "data import --engine research --timeframe 60m past.csv", 0);
}

/* Of 900 rows the first 150 + 1 warm up; a fifth of the others are the test slice. */
enum { TEST_FROM = 750, VALIDATION_FROM = 600 };

/* With other bars in the test slice whatever was searched and chosen must be the same. */
static void test_tune__nothing_is_chosen_by_the_test_slice(void **state) {
    (void)state;
    write_template("leak", SEARCH);
    tune("leak --out before", 0);
    replace_bars(TEST_FROM);
    g_auto(TestRun) refused = test_run_expect(folder, "systematica", "tune leak --out after", 4);
    assert_non_null(strstr(refused.err, "--fresh"));
    tune("leak --out after --fresh", 0);
    assert_same_file("before/trials.csv", "after/trials.csv");
    assert_same_file("before/winner.toml", "after/winner.toml");
    restore_bars(TEST_FROM);
}

/* The columns of trials.csv that the search may know: values and training slices. */
static char *searched(const char *name) {
    g_autofree char *csv = test_read(folder, name);
    bool quoted = false;
    for (char *p = csv; *p; p++) { /* reasons have commas of their own */
        quoted ^= *p == '"';
        *p = quoted && (*p == ',' || *p == '\n') ? ' ' : *p;
    }
    g_auto(GStrv) lines = g_strsplit(g_strchomp(csv), "\n", -1);
    g_auto(GStrv) head = g_strsplit(lines[0], ",", -1);
    GString *text = g_string_new(NULL);
    for (gsize i = 0; lines[i]; i++) {
        g_auto(GStrv) cell = g_strsplit(lines[i], ",", -1);
        assert_int_equal(g_strv_length(cell), g_strv_length(head));
        for (gsize c = 0; head[c]; c++)
            if (!g_str_has_prefix(head[c], "validation") && !g_str_has_prefix(head[c], "in_sample"))
                g_string_append_printf(text, "%s,", cell[c]);
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

/* With other bars from the first validation row on the same trials are tried, and give the same on
 * the training slices. */
static void test_tune__nothing_is_searched_by_the_validation_slices(void **state) {
    (void)state;
    g_auto(GStrv) parts = g_strsplit(SEARCH, "folds = 3", 2);
    g_autofree char *text = g_strjoinv("folds = 3\npruning = \"median\"", parts);
    write_template("blind", text);
    tune("blind --out before", 0);
    replace_bars(VALIDATION_FROM);
    tune("blind --out after --fresh", 0);
    restore_bars(VALIDATION_FROM);
    g_autofree char *before = searched("before/trials.csv"), *after = searched("after/trials.csv");
    assert_non_null(strstr(before, "train_2_sharpe"));
    assert_string_equal(before, after);
    g_autofree char *whole = test_read(folder, "before/trials.csv"),
                    *other = test_read(folder, "after/trials.csv");
    assert_string_not_equal(whole, other);
}

static void test_tune__newer_bars_are_left_out_until_it_is_fresh(void **state) {
    (void)state;
    write_template("newer", SEARCH);
    g_autofree char *line = NULL;
    char now[SY_TIME_TEXT_SIZE];
    line = g_strdup_printf("newer --out n1 --now %s",
                           sy_time_format(test_pair_time(TEST_PAIR_ROWS - 51), now));
    tune(line, 0);
    g_auto(TestRun) run = test_run_expect(folder, "systematica", "tune newer --out n2", 0);
    assert_non_null(strstr(run.err, "50 newer bars are left out"));
    assert_same_file("n1/trials.csv", "n2/trials.csv");
}

static void test_tune__another_template_is_another_tuning(void **state) {
    (void)state;
    write_template("other", SEARCH);
    tune("other --trials 8 --out o1", 0);
    g_auto(GStrv) parts = g_strsplit(SEARCH, "seed = 7", 2);
    g_autofree char *text = g_strjoinv("seed = 8 # another", parts);
    write_template("other", text);
    g_auto(TestRun) run =
        test_run_expect(folder, "systematica", "tune other --trials 8 --out o2 --json", 0);
    assert_non_null(strstr(run.out, "\"resumed\": false"));
    g_auto(GStrv) comment = g_strsplit(text, " # another", 2);
    g_autofree char *plain = g_strjoinv("", comment);
    write_template("other", plain);
    g_auto(TestRun) again =
        test_run_expect(folder, "systematica", "tune other --trials 8 --out o2 --json", 0);
    assert_non_null(strstr(again.out, "\"resumed\": true"));
}

static void test_tune__several_goals_have_a_front(void **state) {
    (void)state;
    g_auto(GStrv) parts = g_strsplit(SEARCH, "[\"sharpe\"]", 2);
    g_autofree char *text = g_strjoinv("[\"total_return\", \"max_drawdown\"]", parts);
    write_template("goals", text);
    g_auto(TestRun) run =
        test_run_expect(folder, "systematica", "tune goals --json --out g --report csv", 0);
    json_t *json = json_loads(run.out, 0, NULL);
    const json_t *winners = json_object_get(json, "winners");
    for (gsize i = 0; i < json_array_size(winners); i++)
        for (gsize k = 0; k < json_array_size(winners); k++) {
            const json_t *a = json_object_get(json_array_get(winners, i), "validation"),
                         *b = json_object_get(json_array_get(winners, k), "validation");
            assert_false(number_at(a, "total_return") > number_at(b, "total_return") &&
                         number_at(a, "max_drawdown") > number_at(b, "max_drawdown"));
        }
    assert_true(json_array_size(winners) >= 1);
    json_decref(json);
    assert_true(test_exists(folder, "g/tuning/pareto_front.csv"));
}

/* 0.7 - 0.4 is a little less than 0.3. */
static void test_tune__a_step_as_long_as_the_range_gives_both_ends(void **state) {
    (void)state;
    write_template("ends", "[tune]\nfolds = 1\n[tune.parameters]\n"
                           "\"signal.long_entries\" = { low = 0.4, high = 0.7, step = 0.3 }\n");
    tune("ends --out ends", 0);
    g_autofree char *trials = test_read(folder, "ends/trials.csv");
    assert_non_null(strstr(trials, ",0.4"));
    assert_non_null(strstr(trials, ",0.7"));
}

/* A grid, so that the table depends on no random numbers. */
static void test_tune__prints_the_shortlist_and_the_winner(void **state) {
    (void)state;
    write_template("print",
                   "[tune]\nsampler = \"grid\"\nobjective = [\"total_return\"]\nfolds = 2\n"
                   "shortlist = 3\nembargo = \"1 day\"\n[tune.parameters]\n"
                   "\"signal.long_entries\" = { low = 0.4, high = 1.0, step = 0.3 }\n"
                   "\"signal.signal_model\" = { values = [\"twin_spread\", \"spread\"] }\n");
    g_auto(TestRun) run =
        test_run_expect(folder, "systematica", "tune print --out printed --report csv", 0);
    const char *from = strchr(run.out, '\n'), *to = strstr(run.out, "printed/");
    assert_true(from && to);
    g_autofree char *table = g_strndup(from, (gsize)(to - from));
    static const char expected[] =
        "\n"
        "\n"
        "trial  total_return train  validation  long_entries  signal_model\n"
        "5 *                1.47 %      1.26 %           1.0        spread\n"
        "4                  1.39 %      1.26 %           1.0   twin_spread\n"
        "0                  1.10 %      0.59 %           0.4   twin_spread\n"
        "\n"
        "winner: trial 5       total_return  sharpe\n"
        "in-sample                   3.87 %   2.485\n"
        "out-of-sample (test)        3.50 %   6.586\n"
        "all bars                    6.21 %   2.611\n"
        "\n"
        "deflated Sharpe ratio  64.94 %: the probability that the winner is better than the best "
        "of as many trials without skill\n"
        "\n";
    assert_string_equal(table, expected);
}

static void test_tune__fits_once_what_all_trials_share(void **state) {
    (void)state;
    write_template("share", "[tune]\ntrials = 24\nbatch = 24\n[tune.parameters]\n"
                            "\"signal.long_entries\" = { low = 0.1, high = 1.0 }\n"
                            "\"model_params.upper\" = { low = 1.0, high = 2.0 }\n");
    g_auto(TestRun) backtest =
        test_run_expect(folder, "systematica", "backtest share --quiet --out all", 0);
    g_autofree char *splits = test_read(folder, "all/splits.csv");
    g_auto(GStrv) lines = g_strsplit(g_strchomp(splits), "\n", -1);
    gsize fits = g_strv_length(lines) - 1; /* below the head */
    g_auto(TestRun) run =
        test_run_expect(folder, "systematica", "tune share --json --jobs 4 --out sh", 0);
    json_t *json = json_loads(run.out, 0, NULL);
    const json_t *counts = json_object_get(json, "fits");
    assert_true(fits > 10 && number_at(counts, "computed") == (double)fits);
    assert_true(number_at(counts, "reused") == 24 * (double)fits - (double)fits);
    json_decref(json);
}

/* Nothing is tried twice where all can be tried once; more trials than that add none. */
static void test_tune__tries_few_combinations_once_each(void **state) {
    (void)state;
    write_template("few", "[tune]\nfolds = 2\nbatch = 4\n[tune.parameters]\n"
                          "\"signal.long_entries\" = { low = 0.2, high = 1.8, step = 0.4 }\n"
                          "\"signal.signal_model\" = { values = [\"twin_spread\", \"spread\"] }\n");
    g_auto(TestRun) run = test_run_expect(folder, "systematica", "tune few --json --out few", 0);
    json_t *json = json_loads(run.out, 0, NULL);
    const json_t *states = json_object_get(json, "states");
    assert_string_equal(json_string_value(json_object_get(json, "sampler")), "grid");
    assert_true(number_at(json, "trials") == 10);
    assert_true(number_at(states, "complete") == 8 && number_at(states, "invalid") == 2);
    json_decref(json);
    tune("few --trials 500 --out few_500", 0);
    assert_same_file("few/trials.csv", "few_500/trials.csv");
    tune("few --trials 9 --out few_9", 0); /* one less: a search of its own */
    g_auto(TestRun) text = test_run_expect(folder, "systematica", "tune few --quiet --out few", 0);
    assert_non_null(
        strstr(text.out, "2 trials gave nothing (trials.csv says why); trial 8, invalid: "));
}

/* Random search draws some of few values twice; luck had only as many chances as there were values.
 */
static void test_tune__deflates_by_the_combinations_not_by_the_trials(void **state) {
    (void)state;
    write_template("luck", "[tune]\nsampler = \"random\"\nfolds = 2\ntrials = 25\n"
                           "[tune.parameters]\n"
                           "\"signal.long_entries\" = { low = 0.1, high = 1.3, step = 0.04 }\n");
    tune("luck --out luck --report csv", 0);
    g_autofree char *csv = test_read(folder, "luck/trials.csv"),
                    *figures = test_read(folder, "luck/tuning/deflated_sharpe.csv");
    g_auto(GStrv) lines = g_strsplit(g_strchomp(csv), "\n", -1);
    g_autoptr(GHashTable) values = g_hash_table_new(g_str_hash, g_str_equal);
    for (gsize i = 1; lines[i]; i++) /* without the number */
        g_hash_table_add(values, strchr(lines[i], ','));
    g_autofree char *count = g_strdup_printf("measured,%u\n", g_hash_table_size(values));
    assert_true(g_hash_table_size(values) < 25);
    assert_non_null(strstr(figures, count));
}

/* A metric that needs trades, on slices that are too short for one. */
static void test_tune__says_that_nothing_confirmed_the_winner(void **state) {
    (void)state;
    static const struct {
        const char *tune;
        gboolean confirmed;
    } cases[] = {{"validation = 0.06\nembargo = 1\nfolds = 3", FALSE},
                 {"validation = 0.3\nfolds = 1", TRUE}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text =
            g_strdup_printf("[tune]\nobjective = \"win_rate\"\ntrials = 4\n%s\n[tune.parameters]\n"
                            "\"signal.long_entries\" = { low = 0.2, high = 0.8, step = 0.2 }\n",
                            cases[i].tune);
        write_template("sure", text);
        g_auto(TestRun) run =
            test_run_expect(folder, "systematica", "tune sure --fresh --out sure", 0);
        g_autofree char *page = test_read(folder, "sure/tuning.html");
        if ((strstr(run.out, "nothing has confirmed it") == NULL) != cases[i].confirmed)
            fail_msg("with %s:\n%s", cases[i].tune, run.out);
        assert_true((strstr(page, "nothing has confirmed it") == NULL) == cases[i].confirmed);
    }
}

/* A model of the user's own that dies on some values: those trials are lost, the tuning is not. */
static void test_tune__goes_on_where_a_program_of_the_user_crashes(void **state) {
    (void)state;
    g_autofree char *pair = test_pair_template(
        "own", "size = 50\nsize_type = \"valuepercent100\"\ncash_sharing = true");
    char *from = strstr(pair, "[model]"), *to = strstr(pair, "[signal]");
    g_autofree char *text =
        g_strdup_printf("%.*s[model]\nname = \"command\"\n[model_params]\n"
                        "command = [\"sh\", \"model.sh\"]\nparameters = { note = \"x\" }\n%s"
                        "[tune]\nsampler = \"grid\"\n[tune.parameters]\n"
                        "\"model_params.parameters.scale\" = { low = 1, high = 4 }\n",
                        (int)(from - pair), pair, to);
    test_write(folder, ".workflow/templates/own.toml", text);
    test_write(
        folder, "model.sh",
        "case \"$SYSTEMATICA_PARAMETERS\" in *'\"scale\":2'*|*'\"scale\": 2'*) kill -SEGV $$;; "
        "esac\nscale=$(echo \"$SYSTEMATICA_PARAMETERS\" | sed 's/.*\"scale\": "
        "*\\([0-9]\\).*/\\1/')\n"
        "exec awk -F, -v s=$scale 'NR == 1 { print \"time,A,B\"; next } $2 == \"A\" { n++; x = s * "
        "sin(n / 7); printf \"%s,%.6f,%.6f\\n\", $1, x, -x }'\n");
    g_auto(TestRun) run =
        test_run_expect(folder, "systematica", "tune own --json --jobs 2 --out own", 0);
    json_t *json = json_loads(run.out, 0, NULL);
    const json_t *states = json_object_get(json, "states");
    assert_true(number_at(states, "complete") == 3 && number_at(states, "failed") == 1);
    json_decref(json);
    g_autofree char *csv = test_read(folder, "own/trials.csv");
    assert_non_null(strstr(csv, "1,failed,"));
    g_autofree char *winner = test_read(folder, "own/winner.toml");
    assert_non_null(strstr(winner, "parameters = { scale = "));
    assert_non_null(strstr(winner, "note = \"x\""));
}

static gint64 count_trials(void) {
    g_autoptr(SyDb) db = sy_db_open("sqlite:///.workflow/state.db", folder, SY_DB_READ, 1000, NULL);
    g_autoptr(SyStatement) query =
        db ? sy_db_prepare(db,
                           "SELECT count(*) FROM trial JOIN tuning ON id = tuning_id WHERE "
                           "study_name = 'stop'",
                           NULL)
           : NULL;
    return query && sy_db_step(query, NULL) == SY_DB_ROW ? sy_db_integer(query, 0) : 0;
}

static void test_tune__a_stop_keeps_what_was_done(void **state) {
    (void)state;
    write_template("stop", SEARCH);
    g_autofree char *program = g_build_filename(g_getenv("SY_BUILD_ROOT"), "systematica", NULL);
    char *argv[] = {program,
                    (char *)"tune",
                    (char *)"stop",
                    (char *)"--trials",
                    (char *)"500000",
                    (char *)"--quiet",
                    NULL};
    GPid child;
    int status = 0;
    assert_true(
        g_spawn_async(folder, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &child, NULL));
    while (count_trials() < 40) {
        assert_int_equal(waitpid(child, &status, WNOHANG), 0); /* it goes on */
        g_usleep(5000);
    }
    kill(child, SIGINT);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    tune("stop --trials 40 --out s1", 0);
    tune("stop --trials 40 --out s2 --fresh", 0);
    assert_same_file("s1/trials.csv", "s2/trials.csv");
}

static void test_tune__says_what_cannot_be_tuned(void **state) {
    (void)state;
    static const struct {
        const char *tune;
        int code;
        const char *says;
    } cases[] = {
        {"", 3, "there is no section [tune]"},
        {"[tune]\n", 3, "needs the key parameters"},
        {"[tune.parameters]\n", 3, "names no parameter"},
        {"[tune]\nsampler = \"gird\"\n[tune.parameters]\n\"signal.long_exits\" = {low=0,high=1}\n",
         3, "did you mean \"grid\"?"},
        {"[tune]\nobjective = \"sharp\"\n[tune.parameters]\n\"signal.long_exits\" = "
         "{low=0,high=1}\n",
         3, "did you mean \"sharpe\"?"},
        {"[tune]\nobjective = \"beta\"\n[tune.parameters]\n\"signal.long_exits\" = "
         "{low=0,high=1}\n",
         3, "neither good nor bad"},
        {"[tune]\nobjective = []\n[tune.parameters]\n\"signal.long_exits\" = "
         "{low=0,high=1}\n",
         3, "names no metric"},
        {"[tune]\nobjective = [\"sharpe\", \"sharpe\"]\n[tune.parameters]\n\"signal.long_exits\" = "
         "{low=0,high=1}\n",
         3, "names sharpe twice"},
        {"[tune]\nobjective = [\"sharpe\", \"calmar\"]\npruning = "
         "\"median\"\n[tune.parameters]\n\"signal.long_exits\" = "
         "{low=0,high=1}\n",
         3, "pruning needs one objective"},
        {"[tune.parameters]\n\"signal.long_entry\" = {low=0,high=1}\n", 3,
         "did you mean \"signal.long_entries\"?"},
        {"[tune.parameters]\n\"meta.study_name\" = {values=[\"a\",\"b\"]}\n", 3,
         "no key that can be tuned"},
        {"[tune.parameters]\n\"signal.long_exits\" = {low=0,high=1,step=2}\n", 3,
         "larger than the range"},
        {"[tune.parameters]\n\"model_params.training_window\" = {low=10.2,high=10.7}\n", 3,
         "whole numbers"},
        {"[tune.parameters]\n\"loader_params.timeframe\" = {values=[\"1h\"]}\n", 3,
         "cannot be tuned"},
        {"[tune.parameters]\n\"signal.long_exits\" = {low=1,high=0}\n", 3, "the range is empty"},
        {"[tune.parameters]\n\"signal.long_exits\" = {low=0}\n", 3, "give low and high"},
        {"[tune.parameters]\n\"signal.long_exits\" = {low=0,high=1,log=true}\n", 3, "low above 0"},
        {"[tune.parameters]\n\"signal.long_exits\" = {low=0,high=1,step=0}\n", 3,
         "step must be above 0"},
        {"[tune.parameters]\n\"model_params.center\" = {low=0,high=2}\n", 3, "center"},
        {"[tune.parameters]\n\"model_params.training_window\" = {low=10.5,high=20}\n", 3,
         "whole numbers"},
        {"[tune.parameters]\n\"model_params.copula\" = {values=[\"Gausian\"]}\n", 3,
         "did you mean"},
        {"[tune.parameters]\n\"model_params.copula\" = {values=[]}\n", 3, "at least one value"},
        {"[tune.parameters]\n\"signal.clean\" = {values=[true,true]}\n", 3, "stands twice"},
        {"[tune.parameters]\n\"signal.long_exits\" = {low=0,high=1}\nsignal.long_exits = "
         "{low=0,high=1}\n",
         3, "given twice"},
        {"[tune]\nsampler = \"grid\"\n[tune.parameters]\n\"signal.long_exits\" = {low=0,high=1}\n",
         3, "countable"},
        {"[tune]\nsampler = \"grid\"\n[tune.parameters]\n\"signal.long_exits\" = "
         "{low=0,high=1,step=0.0001}\n\"signal.short_exits\" = {low=0,high=1,step=0.0001}\n",
         3, "100020001 combinations"},
        {"[tune]\nsampler = \"grid\"\ntrials = 3\n[tune.parameters]\n\"signal.long_exits\" = "
         "{low=0,high=1,step=0.1}\n",
         3, "the grid has 11 combinations, trials = 3"},
        {"[tune]\nembargo = 400\n[tune.parameters]\n\"signal.long_exits\" = {low=0,high=1}\n", 4,
         "embargo"},
        {"[tune]\nfolds = 100\n[tune.parameters]\n\"signal.long_exits\" = {low=0,high=1}\n", 4,
         "100 folds"},
        {"[tune]\ntest = 1.5\n[tune.parameters]\n\"signal.long_exits\" = {low=0,high=1}\n", 3,
         "1.5 is no share"},
        {"[tune]\npruning = \"median\"\nfolds = 1\n[tune.parameters]\n\"signal.long_exits\" = "
         "{low=0,high=1}\n",
         3, "there is one fold"},
        {"[tune.parameters]\n\"model_params.training_window\" = {low=100,high=899}\n", 4,
         "too few"},
        {"[tune]\nobjective = \"profit_factor\"\ntrials = 5\nfolds = 12\nembargo = 1\n"
         "[tune.parameters]\n\"signal.long_entries\" = {low=1.4,high=1.45}\n",
         4, "or take fewer folds"},
        {"[tune]\ntrials = 5\n[tune.parameters]\n\"signal.long_entries\" = {low=1.6,high=3}\n", 3,
         "none of 5 trials"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        write_template("bad", cases[i].tune);
        g_auto(TestRun) run = test_run(folder, "systematica", "tune bad --quiet");
        if (run.code != cases[i].code || !strstr(run.err, cases[i].says))
            fail_msg("case %zu, code %d: %s", i, run.code, run.err);
        g_auto(TestRun) check = test_run(folder, "systematica", "check bad");
        bool is_template = cases[i].code == 3 && *cases[i].tune && i + 1 < G_N_ELEMENTS(cases);
        assert_int_equal(check.code, is_template ? 3 : 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tune__the_winner_is_a_template_that_gives_the_figures),
        cmocka_unit_test(test_tune__any_number_of_jobs_gives_the_same_bytes),
        cmocka_unit_test(test_tune__more_trials_go_on_where_it_was),
        cmocka_unit_test(test_tune__pruning_is_the_same_on_any_number_of_jobs),
        cmocka_unit_test(test_tune__nothing_is_chosen_by_the_test_slice),
        cmocka_unit_test(test_tune__nothing_is_searched_by_the_validation_slices),
        cmocka_unit_test(test_tune__newer_bars_are_left_out_until_it_is_fresh),
        cmocka_unit_test(test_tune__another_template_is_another_tuning),
        cmocka_unit_test(test_tune__several_goals_have_a_front),
        cmocka_unit_test(test_tune__a_step_as_long_as_the_range_gives_both_ends),
        cmocka_unit_test(test_tune__prints_the_shortlist_and_the_winner),
        cmocka_unit_test(test_tune__fits_once_what_all_trials_share),
        cmocka_unit_test(test_tune__tries_few_combinations_once_each),
        cmocka_unit_test(test_tune__deflates_by_the_combinations_not_by_the_trials),
        cmocka_unit_test(test_tune__says_that_nothing_confirmed_the_winner),
        cmocka_unit_test(test_tune__goes_on_where_a_program_of_the_user_crashes),
        cmocka_unit_test(test_tune__a_stop_keeps_what_was_done),
        cmocka_unit_test(test_tune__says_what_cannot_be_tuned),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
