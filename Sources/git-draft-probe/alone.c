// A machine of its own: a network in which there is nobody else.
//
// Only there may a name be asked for, or an address be called that is not this machine's: the
// name server, the server of the cloud's metadata and whoever asks are all within it. Whatever
// else is called cannot be reached from there.
#include "probe.h"
#include <arpa/inet.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

static int put(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    int isDone = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
    if (file >= 0) close(file);
    return isDone ? 0 : -1;
}

// Gives loopback an address and turns it on.
static int give(const char *name, const char *address) {
    struct ifreq request = {0};
    struct sockaddr_in place = {.sin_family = AF_INET};
    int socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    inet_pton(AF_INET, address, &place.sin_addr);
    memcpy(&request.ifr_addr, &place, sizeof place);
    int status = ioctl(socket_, SIOCSIFADDR, &request);
    if (status == 0) {
        request.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
        status = ioctl(socket_, SIOCSIFFLAGS, &request);
    }
    close(socket_);
    return status;
}

// Lays a file over one that says whom to ask for names.
static int lay(const char *folder, const char *name, const char *text) {
    char ours[PATH_MAX], place[64];
    snprintf(ours, sizeof ours, "%s/%s", folder, name);
    snprintf(place, sizeof place, "/etc/%s", name);
    if (put(ours, text)) return -1;
    return mount(ours, place, NULL, MS_BIND, NULL) == 0 || errno == ENOENT ? 0 : -1;
}

int be_alone(const char *folder) {
    char users[64], groups[64];
    snprintf(users, sizeof users, "0 %d 1", (int)geteuid());
    snprintf(groups, sizeof groups, "0 %d 1", (int)getegid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS)) return refused("unshare");
    put("/proc/self/setgroups", "deny");
    if (put("/proc/self/uid_map", users) || put("/proc/self/gid_map", groups))
        return refused("be alone");
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL)) return refused("mount");
    if (give("lo", "127.0.0.1") || give("lo:1", METADATA_ADDRESS)) return refused("loopback");
    if (lay(folder, "resolv.conf", "nameserver 127.0.0.1\noptions timeout:2 attempts:1\n")
        || lay(folder, "nsswitch.conf", "hosts: files dns\n")
        || lay(folder, "hosts", "127.0.0.1 localhost\n"))
        return refused("lay over /etc");
    return 0;
}

void answer_name(int server) {
    static int asked;
    unsigned char text[512];
    char name[256] = "";
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    ssize_t got = recvfrom(server, text, sizeof text, 0, (void *)&from, &size);
    size_t at = 12, used = 0;
    while (got > 0 && at < (size_t)got && text[at] && used + text[at] + 2 < sizeof name) {
        if (at + 1 + text[at] >= (size_t)got) return;
        memcpy(name + used, text + at + 1, text[at]);
        used += text[at];
        name[used++] = '.';
        at += 1 + text[at];
    }
    at += 5;  // the end of the name, its type and its class
    if (got <= 0 || at > (size_t)got || at + 16 > sizeof text) return;
    int isAddress = text[at - 4] == 0 && text[at - 3] == 1;
    const char *address = NULL;
    if (isAddress && strncmp(name, "metadata.", 9) == 0) address = METADATA_ADDRESS;
    // The first answer is good, the next one leads home.
    if (isAddress && strncmp(name, "rebound.", 8) == 0)
        address = asked++ % 2 ? "127.0.0.1" : "93.184.216.34";
    unsigned char head[] = {0x81, 0x80, 0, 1, 0, address != NULL, 0, 0, 0, 0};
    memcpy(text + 2, head, sizeof head);
    if (address) {
        unsigned char answer[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4};
        memcpy(text + at, answer, sizeof answer);
        inet_pton(AF_INET, address, text + at + sizeof answer);
        at += sizeof answer + 4;
    }
    sendto(server, text, at, MSG_DONTWAIT, (void *)&from, size);
}

// Becomes a program that runs on the machine of a process.
static int try_join(int count, char **words) {
    (void)count;
    const char *kinds[] = {"user", "net", "mnt"};
    int spaces[3];
    char path[PATH_MAX], here[PATH_MAX];
    if (!getcwd(here, sizeof here)) return refused("getcwd");
    for (int index = 0; index < 3; index++) {
        snprintf(path, sizeof path, "/proc/%d/ns/%s", atoi(words[0]), kinds[index]);
        spaces[index] = open(path, O_RDONLY | O_CLOEXEC);
        if (spaces[index] < 0) return refused(path);
    }
    for (int index = 0; index < 3; index++)
        if (setns(spaces[index], 0)) return refused(kinds[index]);
    if (chdir(here)) return refused(here);
    alarm(0);
    execvp(words[1], words + 1);
    return refused(words[1]);
}

const struct entry alone_attempts[] = {{"join", try_join, 2}, {NULL, NULL, 0}};
