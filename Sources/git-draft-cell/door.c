#define _GNU_SOURCE
#include "cell.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* How long whoever takes the socket may think about it. */
enum { patience_seconds = 30 };

static int listen_at(unsigned short port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0
        || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 128) != 0)
        fail_errno(status_failed, "cannot listen on 127.0.0.1:%u", port);
    return fd;
}

/* A path that does not fit into an address is reached through its open folder. */
static int fill(struct sockaddr_un *address, const char *path) {
    char folder[PATH_MAX], name[PATH_MAX];
    size_t room = sizeof address->sun_path;
    address->sun_family = AF_UNIX;
    if (strlen(path) < room) {
        memcpy(address->sun_path, path, strlen(path) + 1);
        return -1;
    }
    if (strlen(path) >= sizeof folder) fail(status_failed, "the path of a socket is too long");
    strcpy(folder, path);
    strcpy(name, path);
    int fd = open(dirname(folder), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) fail_errno(status_failed, "cannot open the folder of '%s'", path);
    int count = snprintf(address->sun_path, room, "/proc/self/fd/%d/%s", fd, basename(name));
    if (count < 0 || (size_t)count >= room)
        fail(status_failed, "the name of a socket is too long");
    return fd;
}

static int connect_to(const char *path) {
    struct sockaddr_un address = {0};
    struct timeval patience = {.tv_sec = patience_seconds};
    int folder = fill(&address, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0
        || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0
        || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail_errno(status_failed, "cannot connect to '%s'", path);
    if (folder >= 0) close(folder);
    return fd;
}

/* One byte must go along: a descriptor cannot travel alone. */
static ssize_t send_descriptor(int socket, int descriptor) {
    char byte = 0;
    struct iovec content = {.iov_base = &byte, .iov_len = 1};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof descriptor)];
    } control = {0};
    struct msghdr message = {
        .msg_iov = &content,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptor);
    memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

void open_door(unsigned short port, const char *path) {
    int listener = listen_at(port);
    int socket = connect_to(path);
    char answer;
    if (send_descriptor(socket, listener) != 1)
        fail_errno(status_failed, "cannot hand port %u over to '%s'", port, path);
    ssize_t count = recv(socket, &answer, 1, 0);
    if (count < 0 && errno == EAGAIN) errno = ETIMEDOUT;
    if (count < 0) fail_errno(status_failed, "no answer from '%s'", path);
    if (count == 0) fail(status_failed, "'%s' does not take port %u", path, port);
    close(socket);
    close(listener);
}
