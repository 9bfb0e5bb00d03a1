/* TOML text to nodes: values, order, places, and every kind of broken input as one error. */
#include "test.h"

#include <string.h>

#include "base/error.h"
#include "template/node.h"

static SyNode *parse(const char *text) {
    g_autoptr(GError) error = NULL;
    SyNode *root = sy_node_parse(text, strlen(text), "t.toml", &error);
    if (!root)
        fail_msg("%s", error->message);
    return root;
}

static void assert_refused(const char *text, gsize length, const char *start) {
    g_autoptr(GError) error = NULL;
    assert_null(sy_node_parse(text, length, "t.toml", &error));
    assert_true(g_error_matches(error, SY_ERROR, SY_ERROR_TEMPLATE));
    if (!g_str_has_prefix(error->message, start))
        fail_msg("\"%s\" does not start with \"%s\"", error->message, start);
    assert_null(strchr(error->message, '\n'));
}

static void test_node__keeps_types_order_and_places(void **state) {
    (void)state;
    g_autoptr(SyNode) root = parse("zeta = 1\nalpha = 2.5\n[table]\n  b = \"text\"\n  a = true\n"
                                   "when = 2018-01-01\nlist = [1, [2]]\ninner = { y = 1, x = 2 }\n"
                                   "at = 2018-01-01 09:30:00Z\n");
    assert_int_equal(root->n, 3);
    assert_string_equal(root->item[0]->key, "zeta");
    assert_int_equal(root->item[0]->integer, 1);
    assert_string_equal(root->item[1]->key, "alpha");
    assert_true(root->item[1]->number == 2.5);
    const SyNode *table = sy_node_find(root, "table");
    assert_int_equal(table->type, SY_NODE_TABLE);
    assert_false(table->inline_table);
    assert_string_equal(table->item[0]->key, "b");
    assert_string_equal(table->item[0]->text, "text");
    assert_int_equal(table->item[0]->line, 4);
    assert_int_equal(table->item[0]->column, 3);
    assert_true(sy_node_find(table, "a")->boolean);
    assert_int_equal(sy_node_find(table, "when")->type, SY_NODE_TIME);
    assert_string_equal(sy_node_find(table, "when")->text, "2018-01-01");
    assert_string_equal(sy_node_find(table, "at")->text, "2018-01-01T09:30:00Z");
    const SyNode *list = sy_node_find(table, "list");
    assert_int_equal(list->n, 2);
    assert_int_equal(list->item[1]->type, SY_NODE_ARRAY);
    assert_int_equal(list->item[1]->column, 12);
    const SyNode *inner = sy_node_find(table, "inner");
    assert_true(inner->inline_table);
    assert_string_equal(inner->item[0]->key, "y");
    assert_null(sy_node_find(table, "absent"));
    assert_null(sy_node_find(NULL, "absent"));
}

static void test_node__reads_files_of_every_editor(void **state) {
    (void)state;
    g_autoptr(SyNode) empty = parse("");
    assert_int_equal(empty->n, 0);
    g_autoptr(SyNode) marked = parse("\xef\xbb\xbf# BOM\r\n[a]\r\nb = \"ü\"\r\n");
    const SyNode *b = sy_node_find(sy_node_find(marked, "a"), "b");
    assert_string_equal(b->text, "ü");
    assert_int_equal(b->line, 3);
    g_autoptr(SyNode) folded = parse("a = \"\"\"x\\\n   é ü\"\"\"\n");
    assert_string_equal(folded->item[0]->text, "xé ü");
}

static void test_node__names_the_place_of_a_syntax_error(void **state) {
    (void)state;
    static const struct {
        const char *text, *start;
    } cases[] = {
        {"[", "t.toml:1:2: not TOML, in the table header: the file ends in the middle of it"},
        {"[!]", "t.toml:1:2: "},
        {"[[", "t.toml:1:"},
        {"a", "t.toml:1:"},
        {"a =", "t.toml:1:"},
        {"a = [1,", "t.toml:1:"},
        {"a = \"", "t.toml:1:"},
        {"a = '''x", "t.toml:1:"},
        {"a = {", "t.toml:1:"},
        {"a = {b", "t.toml:1:"},
        {"a = 1979-05-", "t.toml:1:"},
        {"a = 0x", "t.toml:1:"},
        {"a = 1e", "t.toml:1:"},
        {"a = tru", "t.toml:1:"},
        {"a = \"\\u00", "t.toml:1:"},
        {"[a]\nb = 1\n[a]\n", "t.toml:3:"},
        {"[meta]\ntags = [\"ä\", }\nx = 1\n", "t.toml:2:14: not TOML: unexpected here"},
        {"x = [[[}[\n\n", "t.toml:1:8: not TOML: unexpected here"},
        {"a = 1\na = 2\n", "t.toml:2:5: "},
        {"\xc2\xa0[a]", "t.toml:1:1: the letter '\xc2\xa0' (U+00A0) stands outside of quotes"},
        {"# ü\nä = 1\n", "t.toml:2:1: the letter 'ä' (U+00E4) stands outside of quotes"},
        {"[meta]\nstudy_name = \"dale\ntags = 1\n", "t.toml:2:"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_refused(cases[i].text, strlen(cases[i].text), cases[i].start);
}

static void test_node__refuses_what_is_no_text(void **state) {
    (void)state;
    static const char utf16[] = "\xff\xfe[\0a\0]\0", nul[] = "a = 1\nb\0 = 2\n";
    assert_refused(utf16, sizeof utf16 - 1, "t.toml:1:1: not UTF-8 text (byte 0xff)");
    assert_refused(nul, sizeof nul - 1, "t.toml:2:2: the file holds the character U+0000");
    assert_refused("é = 1\nb = \"\xc3\"", 13, "t.toml:2:6: not UTF-8");
    assert_refused("a = \"x\\u0000y\"", 14, "t.toml:1:5: a text holds the character U+0000");
    g_autofree char *huge = g_malloc(SY_NODE_SIZE_MAX + 1);
    memset(huge, '\n', SY_NODE_SIZE_MAX + 1);
    assert_refused(huge, SY_NODE_SIZE_MAX + 1, "t.toml:1:1: the file has 1048577 bytes");
}

static char *repeated(const char *before, const char *piece, int count, const char *after) {
    GString *text = g_string_new(before);
    for (int i = 0; i < count; i++)
        g_string_append(text, piece);
    g_string_append(text, after);
    return g_string_free(text, FALSE);
}

static void test_node__refuses_deep_nesting_of_every_kind(void **state) {
    (void)state;
    static const struct {
        const char *before, *piece, *after;
    } cases[] = {
        {"x = ", "[", ""},         {"x = ", "{a=", ""},         {"", "a.", "a = 1"},
        {"[", "a.", "a]"},         {"x = ", "{a.a=[", ""},      {"\"\"\"", "a.", "a = 1"},
        {"", "\"a\" . ", "a = 1"}, {"x = { ", "a.", "a = 1 }"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        for (int count = 256; count <= 65536; count *= 256) {
            g_autofree char *text =
                repeated(cases[i].before, cases[i].piece, count, cases[i].after);
            assert_refused(text, strlen(text), "t.toml:1:");
        }
    g_autofree char *keys = repeated("", "a.", 31, "a = ");
    g_autofree char *tables = repeated("", "{x=[", 31, "");
    g_autofree char *deep = g_strconcat(keys, tables, NULL);
    assert_refused(deep, strlen(deep), "t.toml:1:");
    g_autofree char *most = repeated("x = ", "[", 60, "");
    g_autofree char *closed = repeated(most, "]", 60, "\n");
    g_autoptr(SyNode) root = parse(closed);
    assert_int_equal(root->n, 1);
}

static void test_node__dots_inside_texts_are_no_keys(void **state) {
    (void)state;
    g_autofree char *dots = repeated("", ".", 200, "");
    static const char *const forms[] = {
        "a = \"%s\"\n",          "a = '%s'\n",   "a = \"\"\"\n\"%s\"\"\"\"\n", "a = '''%s'''\n",
        "a = \"\\\"%s\" # %s\n", "\"%s\" = 1\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_auto(GStrv) parts = g_strsplit(forms[i], "%s", -1);
        g_autofree char *text = g_strjoinv(dots, parts);
        g_autoptr(SyNode) root = parse(text);
        assert_int_equal(root->n, 1);
    }
}

static void test_node__every_cut_of_a_document_is_an_answer(void **state) {
    (void)state;
    static const char text[] =
        "# c\n[meta]\nstudy_name = \"dale\"\ntags = [\"a\", 'b', \"\"\"c\"\"\"]\n[[task]]\n"
        "x.\"y\" = { a = 1_000, b = -inf, c = 0x1F }\nt = 1979-05-27T07:32:00.5-07:00\n";
    for (gsize length = 0; length < sizeof text; length++) {
        g_autofree char *cut = g_memdup2(text, MAX(length, 1));
        g_autoptr(GError) error = NULL;
        g_autoptr(SyNode) root = sy_node_parse(cut, length, "t.toml", &error);
        assert_true((root == NULL) == (error != NULL));
    }
}

static void test_node__shows_values_as_messages_need_them(void **state) {
    (void)state;
    g_autoptr(SyNode) root = parse("a = \"50\"\nb = [1, 2]\nc = 0.1\nd = "
                                   "\"ääääääääääääääääääääääääääääääääääääääääääää\"\n");
    g_autofree char *a = sy_node_show(root->item[0]), *b = sy_node_show(root->item[1]),
                    *c = sy_node_show(root->item[2]), *d = sy_node_show(root->item[3]);
    assert_string_equal(a, "\"50\"");
    assert_string_equal(b, "a list of 2");
    assert_string_equal(c, "0.1");
    assert_int_equal(g_utf8_strlen(d, -1), 43);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_node__keeps_types_order_and_places),
        cmocka_unit_test(test_node__reads_files_of_every_editor),
        cmocka_unit_test(test_node__names_the_place_of_a_syntax_error),
        cmocka_unit_test(test_node__refuses_what_is_no_text),
        cmocka_unit_test(test_node__refuses_deep_nesting_of_every_kind),
        cmocka_unit_test(test_node__dots_inside_texts_are_no_keys),
        cmocka_unit_test(test_node__every_cut_of_a_document_is_an_answer),
        cmocka_unit_test(test_node__shows_values_as_messages_need_them),
    };
    return cmocka_run_group_tests_name("node", tests, NULL, NULL);
}
