/* One input as a template and as settings: TOML parser, field tables and messages, on any bytes.
 * libFuzzer calls it with inputs of its own (README.md); tests/fuzz calls it with those kept.
 *
 * Every input must end in a value or in one error that names the file and is UTF-8. */
#include "fuzz.h"

#include <string.h>

#include "base/error.h"
#include "template/settings.h"
#include "template/template.h"

typedef struct {
    bool flag;
    int whole;
    double number;
    char *text;
    char **texts;
    SyNumbers numbers;
    unsigned word;
    SyTimeframe timeframe;
    SyMap map;
    double member;
    SyJson json;
} Everything;

static const SyChoice words[] = {{"false", NULL, NULL}, {"auto", NULL, NULL}};
static const SyField members[] = {SY_FIELD(Everything, member, .min = 0, .max = 1)};
static const SyField fields[] = {
    SY_FIELD(Everything, flag, .help = "Any."),
    SY_FIELD(Everything, whole, .min = 1, .max = 10, .fallback = "3", .required = true),
    SY_FIELD(Everything, number),
    SY_FIELD(Everything, text),
    SY_FIELD(Everything, texts),
    SY_FIELD(Everything, numbers, .min = 0, .max = 1e9),
    SY_FIELD(Everything, word, SY_CHOICES(words)),
    SY_FIELD(Everything, timeframe, .fallback = "1h"),
    SY_FIELD(Everything, map),
    SY_FIELD(Everything, json),
    {.key = "group",
     .kind = SY_FIELD_GROUP,
     .members = members,
     .n_members = G_N_ELEMENTS(members)},
};
static const SyFieldTable everything = SY_FIELD_TABLE(Everything, fields);

static const char *environment(const char *name) { return *name == 'U' ? NULL : "sqlite:///x.db"; }

static void check_error(const GError *error) {
    g_assert_nonnull(error);
    g_assert_true(g_error_matches(error, SY_ERROR, SY_ERROR_TEMPLATE));
    g_assert_true(g_str_has_prefix(error->message, "f.toml:"));
    g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

static void fuzz_template(const char *text, gsize length) {
    g_autoptr(GError) error = NULL;
    g_autoptr(SyTemplate) tmplate = sy_template_read(text, length, "f.toml", &error);
    if (!tmplate) {
        check_error(error);
        return;
    }
    for (gsize i = 0; i < tmplate->document->root->n; i++) {
        Everything target;
        const SySchemaPart part = {&everything, &target};
        sy_schema_read(tmplate->document->root->item[i], "[s]", &part, 1,
                       tmplate->document->problems);
        sy_fields_clear(&everything, &target);
    }
    if (!sy_problems_check(tmplate->document->problems, &error))
        check_error(error);
}

/* Inputs that name files are left out: the answer would depend on the machine. */
static void fuzz_settings(const char *text, gsize length) {
    if (memmem(text, length, "file", 4) || memchr(text, '\\', length))
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(SySettings) settings =
        sy_settings_read(text, length, "f.toml", "/nonexistent", environment, &error);
    if (!settings)
        check_error(error);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    fuzz_template((const char *)bytes, length);
    fuzz_settings((const char *)bytes, length);
    return 0;
}
