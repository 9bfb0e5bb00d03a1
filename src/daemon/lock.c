/* Locks of studies. The lock itself is the kernel's (an open file description lock), so that it
 * ends with its holder however that ends; the text in the file is only for people. The file stays:
 * removing it could take it from under a holder who has just opened it. */
#include "daemon/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "template/workspace.h"

struct SyLock {
    int fd;
    SyStore *store;
    char *study; /* where the store is locked as well */
};

/* Who holds the lock, as they wrote it themselves. */
static char *read_holder(int fd) {
    char text[256] = "";
    gssize length = pread(fd, text, sizeof text - 1, 0);
    text[MAX(length, 0)] = '\0';
    g_strchomp(text);
    return g_strdup(*text ? text : "another process");
}

static bool lock_file(int fd, const char *path, const char *study, GError **error) {
    const struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
        return true;
    if (errno != EAGAIN && errno != EACCES)
        return sy_fail(error, SY_ERROR_IO, "%s: cannot be locked: %s", path, g_strerror(errno));
    g_autofree char *holder = read_holder(fd);
    return sy_fail(error, SY_ERROR_HELD,
                   "%s is run by %s already; stop that one first, or give this template a "
                   "study_name of its own",
                   study, holder);
}

static void write_holder(int fd, const char *holder, SyTime now) {
    char since[SY_TIME_TEXT_SIZE];
    g_autofree char *text = g_strdup_printf("%s since %s\n", holder,
                                            sy_time_format(now / SY_SECOND * SY_SECOND, since));
    /* where this fails the lock holds all the same, it only names nobody */
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, strlen(text), 0) < 0)
        return;
}

SyLock *sy_lock_take(const char *workspace, SyStore *store, const char *study, const char *holder,
                     SyTime now, GError **error) {
    enum { folder_mode = 0755, file_mode = 0644 };
    g_autofree char *folder = sy_workspace_path(workspace, "locks");
    g_autofree char *path = g_build_filename(folder, study, NULL);
    int fd = -1;
    if (g_mkdir_with_parents(folder, folder_mode) == 0)
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, file_mode);
    if (fd < 0) {
        sy_fail(error, SY_ERROR_IO, "%s: cannot be opened: %s", path, g_strerror(errno));
        return NULL;
    }
    g_autoptr(SyLock) lock = g_new0(SyLock, 1);
    lock->fd = fd;
    if (!lock_file(fd, path, study, error))
        return NULL;
    write_holder(fd, holder, now);
    /* the file is this machine's; a store on a server may be another's as well */
    if (!sy_store_lock_study(store, study, error))
        return NULL;
    lock->store = store;
    lock->study = g_strdup(study);
    return g_steal_pointer(&lock);
}

void sy_lock_release(SyLock *lock) {
    if (!lock)
        return;
    if (lock->study)
        sy_store_unlock_study(lock->store, lock->study);
    g_free(lock->study);
    close(lock->fd);
    g_free(lock);
}
