/* sd_notify(3): one datagram to a Unix socket. */
#include "daemon/notify.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"

bool sy_notify(const char *socket_name, const char *state, GError **error) {
    if (!socket_name || !*socket_name)
        return true;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    gsize length = strlen(socket_name);
    if (length >= sizeof address.sun_path)
        return sy_fail(error, SY_ERROR_IO, "NOTIFY_SOCKET: the name is too long: %s", socket_name);
    memcpy(address.sun_path, socket_name, length);
    if (*socket_name == '@')
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    gssize sent =
        fd < 0 ? -1
               : sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address,
                        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
    int reason = errno;
    if (fd >= 0)
        close(fd);
    return sent >= 0 ||
           sy_fail(error, SY_ERROR_IO, "NOTIFY_SOCKET %s: %s", socket_name, g_strerror(reason));
}
