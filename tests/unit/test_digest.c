/* BLAKE2b-256 against the figures of another implementation (Python's hashlib, blake2b with
 * digest_size = 32), and the identity of the program. */
#include "test.h"

#include <string.h>

#include "base/digest.h"
#include "base/program.h"

/* Bytes 0, 1, 2 … 250, 0, 1 … of a length. */
static guint8 *pattern(gsize length) {
    guint8 *bytes = g_malloc(MAX(length, 1));
    for (gsize i = 0; i < length; i++)
        bytes[i] = (guint8)(i % 251);
    return bytes;
}

static const struct {
    gsize length;
    const char *digest;
} figures[] = {
    {0, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"},
    {1, "03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314"},
    {127, "f2fe67ff342e21b8f45e8f2e0bcd1d9243245d50ee6c78042e9c491388791c72"},
    {128, "c3582f71ebb2be66fa5dd750f80baae97554f3b015663c8be377cfcb2488c1d1"},
    {129, "f7f3c46ba2564ff4c4c162da1f5b605f9f1c4aa6a20652a9f9a337c1a2f5b9c9"},
    {255, "d9ef0fc521b4266d16df662bec231bc2ec3989e7adeaf63169c295dc239dbbea"},
    {256, "582f782226018ec33076bd8d1c42413530ac7e1126260ffc0f306ba3befc3f24"},
    {257, "227e15ed64ee8e93eb7bc53828f76eed974f2c4ab1408c3d08f212b7f8d69904"},
    {1000, "b372d0608f720c8c3dd41e9c8eecb10143b41abe520b616607e754bf79c08331"},
    {4096, "11c294a11dc67e3ddb25f8c06cca2721e58d2a044243abea6c7063fd17d589e5"},
};

static void test_digest__agrees_with_another_implementation(void **state) {
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(figures); i++) {
        g_autofree guint8 *bytes = pattern(figures[i].length);
        guint8 result[SY_DIGEST_SIZE];
        char text[SY_DIGEST_TEXT_SIZE];
        SyDigest digest;
        sy_digest_init(&digest);
        sy_digest_add(&digest, bytes, figures[i].length);
        sy_digest_end(&digest, result);
        assert_string_equal(sy_digest_format(result, text), figures[i].digest);
    }
}

static void test_digest__does_not_depend_on_how_the_bytes_come(void **state) {
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(11);
    for (int round = 0; round < 200; round++) {
        gsize length = (gsize)g_rand_int_range(random, 0, 1500);
        g_autofree guint8 *bytes = pattern(length);
        guint8 whole[SY_DIGEST_SIZE], parts[SY_DIGEST_SIZE];
        SyDigest digest;
        sy_digest_init(&digest);
        sy_digest_add(&digest, bytes, length);
        sy_digest_end(&digest, whole);
        sy_digest_init(&digest);
        for (gsize at = 0; at < length;) {
            gsize part = (gsize)g_rand_int_range(random, 0, 300);
            part = MIN(part, length - at);
            sy_digest_add(&digest, bytes + at, part);
            at += part;
        }
        sy_digest_end(&digest, parts);
        assert_memory_equal(whole, parts, sizeof whole);
    }
}

static void test_program__says_which_build_it_is(void **state) {
    (void)state;
    const SyProgram *program = sy_program();
    assert_string_equal(program->version, SY_VERSION);
    assert_int_equal(strlen(program->build), 64);
    assert_int_equal(strspn(program->build, "0123456789abcdef"), 64);
    assert_true(g_str_has_prefix(program->library, "glibc "));
    assert_true(*program->processor);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digest__agrees_with_another_implementation),
        cmocka_unit_test(test_digest__does_not_depend_on_how_the_bytes_come),
        cmocka_unit_test(test_program__says_which_build_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
