// Attempts at what listens, with and without a proxy.
#include "probe.h"
#include <arpa/inet.h>
#include <linux/if_alg.h>
#include <net/ethernet.h>
#include <netinet/in.h>

#ifndef AF_VSOCK
#define AF_VSOCK 40
#endif

// Numbers only, in every spelling that libraries take: no name is asked for.
static int dial(const char *host, const char *port, int type) {
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = four.sin_port};
    if (strcmp(host, "localhost") == 0 || strcmp(host, "localhost.") == 0) host = "127.0.0.1";
    int isFour = inet_aton(host, &four.sin_addr);
    if (!isFour && inet_pton(AF_INET6, host, &six.sin6_addr) != 1) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    int link = socket(isFour ? AF_INET : AF_INET6, type | SOCK_CLOEXEC, 0);
    struct timeval patience = {3, 0};
    setsockopt(link, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(link, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    int status = isFour ? connect(link, (struct sockaddr *)&four, sizeof four)
                        : connect(link, (struct sockaddr *)&six, sizeof six);
    return status ? -1 : link;
}

// Asks the name server of a machine that is alone; the address is the last that it says.
static int look_up(const char *name, struct in_addr *found) {
    unsigned char text[512] = {0, 1, 1, 0, 0, 1};
    const unsigned char what[] = {0, 0, 1, 0, 1};
    size_t at = 12;
    while (*name) {
        size_t length = strcspn(name, ".");
        if (length == 0 || length > 63 || at + length + 8 > sizeof text) return -1;
        text[at++] = (unsigned char)length;
        memcpy(text + at, name, length);
        at += length;
        name += length + (name[length] == '.');
    }
    memcpy(text + at, what, sizeof what);
    at += sizeof what;
    int link = dial("127.0.0.1", "53", SOCK_DGRAM);
    if (link < 0 || send(link, text, at, MSG_NOSIGNAL) < 0) return -1;
    ssize_t got = recv(link, text, sizeof text, 0);
    close(link);
    if (got < 16 || text[7] == 0) return -1;
    memcpy(found, text + got - 4, 4);
    return 0;
}

// Sees where a name leads, and asks again when it goes there: that is what rebinding waits for.
static int dial_twice(const char *name, const char *port) {
    struct in_addr first, second;
    char address[INET_ADDRSTRLEN];
    if (look_up(name, &first)) return -1;
    if (ntohl(first.s_addr) >> 24 == 127) return errno = EACCES, -1;
    if (look_up(name, &second)) return -1;
    return dial(inet_ntop(AF_INET, &second, address, sizeof address), port, SOCK_STREAM);
}

static int greet(int link) {
    // Who is at the other end counts it when the connection is made; this waits until it did.
    const char *text = "GET /greeting HTTP/1.0\r\nHost: probe\r\n\r\n";
    char answer[512];
    if (send(link, text, strlen(text), MSG_NOSIGNAL) < 0) return refused("send");
    return recv(link, answer, sizeof answer, 0) > 0 ? 0 : refused("receive");
}

static int try_tcp(int count, char **words) {
    (void)count;
    int link = dial(words[0], words[1], SOCK_STREAM);
    return link < 0 ? refused("connect") : greet(link);
}

static int try_udp(int count, char **words) {
    (void)count;
    int link = dial(words[0], words[1], SOCK_DGRAM);
    char answer[16];
    if (link < 0 || send(link, "query", 5, 0) < 0) return refused("send");
    return recv(link, answer, sizeof answer, 0) > 0 ? 0 : refused("receive");
}

static int dial_local(const char *name, int isAbstract, int type) {
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    if (strlen(name) + 2 > sizeof place.sun_path) return errno = ENAMETOOLONG, -1;
    strcpy(place.sun_path + isAbstract, name);
    socklen_t size = offsetof(struct sockaddr_un, sun_path) + isAbstract + strlen(name);
    int link = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    struct timeval patience = {3, 0};
    setsockopt(link, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return connect(link, (struct sockaddr *)&place, size + !isAbstract) ? -1 : link;
}

static int try_unix(int count, char **words) {
    (void)count;
    int link = dial_local(words[0], 0, SOCK_STREAM);
    return link < 0 ? refused(words[0]) : greet(link);
}

static int try_abstract(int count, char **words) {
    (void)count;
    int link = dial_local(words[0], 1, SOCK_STREAM);
    return link < 0 ? refused(words[0]) : greet(link);
}

static int try_abstract_datagram(int count, char **words) {
    (void)count;
    int link = dial_local(words[0], 1, SOCK_DGRAM);
    return link < 0 || send(link, "query", 5, MSG_NOSIGNAL) < 0 ? refused(words[0]) : 0;
}

// Opens a socket of a family that programs hardly need.
static int try_family(int count, char **words) {
    (void)count;
    struct { const char *name; int family, type, protocol; } all[] = {
        {"raw", AF_INET, SOCK_RAW, IPPROTO_ICMP}, {"packet", AF_PACKET, SOCK_RAW, 0},
        {"vsock", AF_VSOCK, SOCK_STREAM, 0}, {"algorithm", AF_ALG, SOCK_SEQPACKET, 0},
        {"bluetooth", AF_BLUETOOTH, SOCK_RAW, 1}, {"audit", AF_NETLINK, SOCK_RAW, 9},
        {"uevent", AF_NETLINK, SOCK_RAW, 15}, {"netfilter", AF_NETLINK, SOCK_RAW, 12},
        {"unspecific", AF_KEY, SOCK_RAW, 2}, {"xdp", AF_XDP, SOCK_RAW, 0},
    };
    for (size_t index = 0; index < sizeof all / sizeof *all; index++) {
        if (strcmp(all[index].name, words[0]) != 0) continue;
        return socket(all[index].family, all[index].type, all[index].protocol) < 0
            ? refused("socket") : 0;
    }
    return 2;
}

// MARK: - Through the proxy

// Decodes \0, \r, \n, \t; returns the length.
static size_t decode(const char *text, char *bytes, size_t size) {
    size_t length = 0;
    for (; *text && length + 1 < size; text++) {
        if (*text != '\\' || !text[1]) {
            bytes[length++] = *text;
            continue;
        }
        text++;
        bytes[length++] = *text == '0' ? 0 : *text == 'r' ? '\r' : *text == 'n' ? '\n' : '\t';
    }
    bytes[length] = 0;
    return length;
}

// The link to the proxy that the environment names; -1 if there is none.
static int dial_proxy(void) {
    const char *proxy = getenv("HTTP_PROXY");
    char host[128], port[16];
    if (!proxy || !*proxy) return -1;
    if (sscanf(proxy, "http://%127[^:/]:%15[0-9]", host, port) != 2) return -1;
    int link = dial(host, port, SOCK_STREAM);
    if (link < 0) exit(refused("connect to the proxy"));
    return link;
}

// What a careless program makes of a host: all but what its author thought of.
static int dial_carelessly(char *host, size_t length) {
    (void)length;  // a C string ends where it ends
    char *port = strrchr(host, ':'), *mark;
    // What comes after a byte that ends the string is what was compared with the list.
    const char *there = getenv("CARELESS_PORT");
    if (port && strtol(port + 1, NULL, 10) > 0) there = port + 1;
    if (port) *port = 0;
    if ((mark = strrchr(host, '@'))) host = mark + 1;
    host[strcspn(host, "#?/\\%;, \r\n\t")] = 0;
    int isBracketed = *host == '[';
    host += isBracketed;
    host[strcspn(host, isBracketed ? "]" : ":")] = 0;
    if (!there) there = "0";
    int isName = !isBracketed && strspn(host, "0123456789.xX") < strlen(host);
    if (isName && getenv("ALONE")) return dial_twice(host, there);
    return dial(host, there, SOCK_STREAM);
}

// Asks for a tunnel to a target whose bytes are exactly these.
static int try_tunnel(int count, char **words) {
    (void)count;
    char target[512], request[1200], answer[512] = {0};
    size_t length = decode(words[0], target, sizeof target);
    int link = dial_proxy();
    if (link < 0) {
        link = dial_carelessly(target, length);
        return link < 0 ? refused("connect") : greet(link);
    }
    size_t used = (size_t)sprintf(request, "CONNECT ");
    memcpy(request + used, target, length);
    used += length;
    used += (size_t)sprintf(request + used, " HTTP/1.1\r\nHost: %.200s\r\n\r\n", target);
    if (send(link, request, used, MSG_NOSIGNAL) < 0) return refused("send");
    if (recv(link, answer, sizeof answer - 1, 0) <= 0) return refused("receive");
    int status = 0;
    sscanf(answer, "HTTP/1.%*d %d", &status);
    if (status != 200) {
        fprintf(stderr, "git-draft-probe: the proxy says %d\n", status);
        return 1;
    }
    return greet(link);
}

// Sends the proxy one text as it is; without a proxy, to the port that the second word names.
static int try_say(int count, char **words) {
    (void)count;
    char text[2048], answer[2048];
    size_t length = decode(words[0], text, sizeof text);
    int link = dial_proxy();
    if (link < 0) link = dial("127.0.0.1", words[1], SOCK_STREAM);
    if (link < 0 || send(link, text, length, MSG_NOSIGNAL) < 0) return refused("send");
    ssize_t got, total = 0;
    while ((got = recv(link, answer, sizeof answer, 0)) > 0) {
        fwrite(answer, 1, (size_t)got, stdout);
        total += got;
    }
    return total > 0 ? 0 : refused("receive");
}

// Follows one redirection, as every client does.
static int try_follow(int count, char **words) {
    (void)count;
    char request[600], answer[1024], next[300] = {0};
    snprintf(next, sizeof next, "%s", words[0]);
    for (int turn = 0; turn < 2; turn++) {
        char host[100] = {0}, port[16] = {0};
        sscanf(next, "http://%99[^:/]:%15[0-9]", host, port);
        int link = dial_proxy(), isDirect = link < 0;
        if (isDirect) link = dial(host, port, SOCK_STREAM);
        snprintf(request, sizeof request, "GET %s HTTP/1.0\r\nHost: %s:%s\r\n\r\n",
            isDirect ? "/" : next, host, port);
        if (link < 0 || send(link, request, strlen(request), MSG_NOSIGNAL) < 0)
            return refused("send");
        ssize_t got = recv(link, answer, sizeof answer - 1, 0);
        if (got <= 0) return refused("receive");
        answer[got] = 0;
        char *place = strstr(answer, "ocation: ");
        if (!place) return turn == 1 && strstr(answer, " 200 ") ? 0 : 1;
        sscanf(place + 9, "%299[^\r\n]", next);
    }
    return 0;
}

// Offers a UNIX socket of the machine a descriptor to listen on.
static int try_offer(int count, char **words) {
    (void)count;
    int link = dial_local(words[0], 0, SOCK_STREAM);
    if (link < 0) return refused(words[0]);
    int offered = open(words[1], O_RDONLY | O_CLOEXEC);
    char byte = 'x', space[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec piece = {&byte, 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = space,
        .msg_controllen = sizeof space};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof offered);
    memcpy(CMSG_DATA(head), &offered, sizeof offered);
    if (sendmsg(link, &message, MSG_NOSIGNAL) < 0) return refused("send");
    return recv(link, &byte, 1, 0) > 0 ? 0 : refused("receive");
}

const struct entry network_attempts[] = {
    {"tcp", try_tcp, 2}, {"udp", try_udp, 2}, {"unix", try_unix, 1},
    {"abstract", try_abstract, 1}, {"abstract-datagram", try_abstract_datagram, 1},
    {"family", try_family, 1}, {"tunnel", try_tunnel, 1}, {"say", try_say, 2},
    {"follow", try_follow, 1}, {"offer", try_offer, 2}, {NULL, NULL, 0},
};
