/* Atomic replacement of files, for reports and tables. */
#include "report/file.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "base/error.h"

bool sy_file_replace(const char *path, const void *bytes, gsize length, GError **error) {
    g_autoptr(GError) cause = NULL;
    const GFileSetContentsFlags flags =
        G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE;
    if (g_file_set_contents_full(path, bytes, (gssize)length, flags, 0666, &cause))
        return true;
    return sy_fail(error, SY_ERROR_IO, "cannot write “%s”: %s", path, cause->message);
}

bool sy_folder_make(const char *path, GError **error) {
    if (g_mkdir_with_parents(path, 0777) == 0)
        return true;
    return sy_fail(error, SY_ERROR_IO, "cannot make the folder “%s”: %s", path, g_strerror(errno));
}
