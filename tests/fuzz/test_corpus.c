/* The inputs that fuzzing started from or stumbled over, each through its fuzz program: a crash, a
 * leak under the sanitizers, or an error without a place fails the test. */
#include "test.h"

#include <glib.h>
#include <string.h>

#include "fuzz.h"

static void try_bytes(const char *text, gsize length) {
    /* An exact copy on the heap, so that the sanitizers see a read beyond the end. */
    g_autofree uint8_t *bytes = g_memdup2(text, MAX(length, 1));
    assert_int_equal(LLVMFuzzerTestOneInput(bytes, length), 0);
}

static void test_corpus__every_input_ends_in_a_value_or_one_error(void **state) {
    (void)state;
    g_autofree char *folder = g_build_filename(g_getenv("SY_SOURCE_ROOT"), SY_CORPUS, NULL);
    g_autoptr(GDir) listing = g_dir_open(folder, 0, NULL);
    assert_non_null(listing);
    int files = 0;
    for (const char *name; (name = g_dir_read_name(listing)); files++) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *text = NULL;
        gsize length;
        assert_true(g_file_get_contents(path, &text, &length, NULL));
        try_bytes(text, length);
        for (gsize cut = 0; cut < MIN(length, 256); cut++)
            try_bytes(text, cut);
    }
    assert_true(files > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpus__every_input_ends_in_a_value_or_one_error),
    };
    return cmocka_run_group_tests_name("corpus", tests, NULL, NULL);
}
