/* What the bits of a result depend on besides the data. */
#include "base/program.h"

#include <gnu/libc-version.h>
#include <glib.h>
#include <sys/utsname.h>

extern const unsigned char sy_program_build[]; /* made by tools/digest_objects.py */

static char *library_name(void) { return g_strconcat("glibc ", gnu_get_libc_version(), NULL); }

static char *processor_class(void) {
    struct utsname machine;
    GString *text = g_string_new(uname(&machine) == 0 ? machine.machine : "unknown");
#if defined(__x86_64__)
    if (__builtin_cpu_supports("fma"))
        g_string_append(text, " fma");
    if (__builtin_cpu_supports("avx2"))
        g_string_append(text, " avx2");
    if (__builtin_cpu_supports("avx512f"))
        g_string_append(text, " avx512f");
#endif
    return g_string_free(text, FALSE);
}

static gpointer describe(gpointer unused) {
    (void)unused;
    static SyProgram program;
    program =
        (SyProgram){SY_VERSION, (const char *)sy_program_build, library_name(), processor_class()};
    return &program;
}

const SyProgram *sy_program(void) {
    static GOnce once = G_ONCE_INIT;
    return g_once(&once, describe, NULL);
}
