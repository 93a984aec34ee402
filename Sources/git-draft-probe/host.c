// The machine around the sandbox, as far as an attempt could reach it.
//
//     git-draft-probe host FOLDER TOKEN SECRET [alone]
//
// Listens wherever one can, holds a secret wherever one may be read, and writes down in
// FOLDER/reached who was reached. What it has is listed in FOLDER/ready. Alone, it has a network
// of its own, with a name server and that of a cloud's metadata.
#include "probe.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <time.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/shm.h>
#include <termios.h>

enum { MOST = 20 };

static struct { const char *name; int descriptor, isStream; } ways[MOST];
static int wayCount, reachedLog, sharedMemory = -1, queue = -1, otherPort;
static long key = -1;
static const char *ownSecret;

static void give_up(const char *what) { exit(refused(what) + 1); }

static void add(const char *name, int descriptor, int isStream) {
    ways[wayCount].name = name;
    ways[wayCount].descriptor = descriptor;
    ways[wayCount++].isStream = isStream;
}

static int open_port(const char *name, int family, int type, const char *address, int port) {
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (family == AF_INET) inet_pton(AF_INET, address, &four.sin_addr);
    struct sockaddr *place = family == AF_INET ? (void *)&four : (void *)&six;
    socklen_t size = family == AF_INET ? sizeof four : sizeof six;
    int descriptor = socket(family, type | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || bind(descriptor, place, size)) return 0;  // no IPv6 here
    if (type == SOCK_STREAM) listen(descriptor, 8);
    getsockname(descriptor, place, &size);
    add(name, descriptor, type == SOCK_STREAM);
    return ntohs(family == AF_INET ? four.sin_port : six.sin6_port);
}

static void open_local(const char *name, const char *path, int isAbstract, int type) {
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    if (strlen(path) + 2 > sizeof place.sun_path) return;
    strcpy(place.sun_path + isAbstract, path);
    socklen_t size = offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1;
    int descriptor = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&place, size)) give_up(path);
    if (type == SOCK_STREAM) listen(descriptor, 8);
    if (!isAbstract) chmod(path, 0666);
    add(name, descriptor, type == SOCK_STREAM);
}

static void hold_secret(const char *secret, const char *folder, FILE *ready) {
    char *memory = mmap(SECRET_ADDRESS, 4096, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (memory != SECRET_ADDRESS) give_up("mmap");
    strncpy(memory, secret, SECRET_SIZE);
    char path[512];
    snprintf(path, sizeof path, "%s/deleted", folder);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || write(file, secret, strlen(secret)) < 0) give_up(path);
    dup3(file, SECRET_DESCRIPTOR, O_CLOEXEC);
    unlink(path);
    // As a debugger or a crash reporter would have it.
    prctl(PR_SET_DUMPABLE, 1);
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    sharedMemory = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0666);
    char *shared = sharedMemory < 0 ? NULL : shmat(sharedMemory, NULL, 0);
    if (shared && shared != (void *)-1) strncpy(shared, secret, SECRET_SIZE);
    queue = msgget(IPC_PRIVATE, IPC_CREAT | 0666);
    struct { long type; char text[SECRET_SIZE]; } message = {.type = 1};
    strncpy(message.text, secret, SECRET_SIZE - 1);
    if (queue >= 0) msgsnd(queue, &message, SECRET_SIZE, IPC_NOWAIT);
    key = syscall(SYS_add_key, "user", folder, secret, strlen(secret), -4L /* user */);
    // The user's own may read it, with or without possession.
    if (key > 0) syscall(SYS_keyctl, 5 /* set permissions */, key, 0x3f3f0000L);
    if (key > 0) syscall(SYS_keyctl, 15 /* timeout */, key, 60L);
    fprintf(ready, "PID=%d\nSHARED=%d\nQUEUE=%d\nKEY=%ld\n", getpid(), sharedMemory, queue, key);
}

static void open_handle(const char *folder, const char *secret, FILE *ready) {
    struct { struct file_handle head; unsigned char bytes[128]; } handle;
    char path[512];
    snprintf(path, sizeof path, "%s/handle", folder);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), mount;
    if (file < 0 || write(file, secret, strlen(secret)) < 0) give_up(path);
    close(file);
    handle.head.handle_bytes = sizeof handle.bytes;
    if (name_to_handle_at(AT_FDCWD, path, &handle.head, &mount, 0)) return;
    fprintf(ready, "HANDLE=%d:%u:", handle.head.handle_type, handle.head.handle_bytes);
    for (unsigned index = 0; index < handle.head.handle_bytes; index++)
        fprintf(ready, "%02x", handle.head.f_handle[index]);
    fprintf(ready, "\n");
}

static void open_terminal(FILE *ready) {
    int outer = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (outer < 0 || grantpt(outer) || unlockpt(outer)) return;
    int inner = open(ptsname(outer), O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (inner < 0) return;
    struct termios how;
    tcgetattr(inner, &how);
    how.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    tcsetattr(inner, TCSANOW, &how);
    fchmod(inner, 0666);
    add("terminal", inner, 0);
    fprintf(ready, "TERMINAL=%s\n", ptsname(outer));
}

static void note(const char *name) {
    dprintf(reachedLog, "%s\n", name);
}

static void answer(int way) {
    if (strcmp(ways[way].name, "names") == 0) return answer_name(ways[way].descriptor);
    char text[2048] = "", page[1200] = "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n";
    struct sockaddr_storage from;
    socklen_t size = sizeof from;
    if (!ways[way].isStream) {
        ssize_t got = recvfrom(ways[way].descriptor, text, sizeof text, 0, (void *)&from, &size);
        if (got < 0) got = read(ways[way].descriptor, text, sizeof text);
        if (got <= 0) return;
        note(ways[way].name);
        if (size > 2) sendto(ways[way].descriptor, "x", 1, MSG_DONTWAIT, (void *)&from, size);
        return;
    }
    int link = accept4(ways[way].descriptor, NULL, NULL, SOCK_CLOEXEC);
    if (link < 0) return;
    int isModel = strcmp(ways[way].name, "model") == 0;
    if (!isModel) note(ways[way].name);
    struct timeval patience = {1, 0};
    setsockopt(link, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (strcmp(ways[way].name, "listed") == 0)
        snprintf(page, sizeof page, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/\r\n"
            "Content-Length: 0\r\n\r\n", otherPort);
    ssize_t got = recv(link, text, sizeof text - 1, 0);
    const char *complaint = NULL;
    if (isModel && got > 0) complaint = serve_model(text, ownSecret, page, sizeof page);
    if (complaint) note(complaint);
    if (got > 0) send(link, page, strlen(page), MSG_NOSIGNAL);
    close(link);
}

static volatile sig_atomic_t isEnding;

static void ask_to_end(int signal) {
    (void)signal;
    isEnding = 1;
}

static _Noreturn void end(void) {
    if (sharedMemory >= 0) shmctl(sharedMemory, IPC_RMID, NULL);
    if (queue >= 0) msgctl(queue, IPC_RMID, NULL);
    // A user has room for few keys.
    if (key > 0) syscall(SYS_keyctl, 21 /* invalidate */, key);
    _exit(0);
}

int play_host(int count, char **words) {
    if (count < 3) return 2;
    const char *folder = words[0], *token = words[1], *secret = words[2];
    char path[512];
    int isAlone = count > 3;
    ownSecret = secret;
    if (isAlone && be_alone(folder)) exit(2);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    // They come while it waits, and at no other time.
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGALRM);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    signal(SIGTERM, ask_to_end);
    signal(SIGALRM, ask_to_end);
    alarm(120);
    if (chdir(folder)) give_up(folder);
    reachedLog = open("reached", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    FILE *ready = fopen("ready.new", "we");
    if (!ready) give_up("ready.new");
    hold_secret(secret, folder, ready);
    open_handle(folder, secret, ready);
    open_terminal(ready);
    const char *home = "127.0.0.1";
    otherPort = open_port("tcp", AF_INET, SOCK_STREAM, home, 0);
    fprintf(ready, "PORT=%d\n", otherPort);
    fprintf(ready, "PORT6=%d\n", open_port("tcp6", AF_INET6, SOCK_STREAM, NULL, 0));
    fprintf(ready, "UDP=%d\n", open_port("udp", AF_INET, SOCK_DGRAM, home, 0));
    fprintf(ready, "LISTED=%d\n", open_port("listed", AF_INET, SOCK_STREAM, home, 0));
    fprintf(ready, "MODEL=%d\n", open_port("model", AF_INET, SOCK_STREAM, home, 0));
    if (isAlone) {
        if (!open_port("names", AF_INET, SOCK_DGRAM, home, 53)) give_up("port 53");
        if (!open_port("metadata", AF_INET, SOCK_STREAM, METADATA_ADDRESS, 80)) give_up("port 80");
        fprintf(ready, "ALONE=%d\n", getpid());
    }
    const char *names[] = {"run/docker.sock", "run/agent.sock", "run/bus", "run/door.sock"};
    for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
        // The working directory, so that the folder's depth does not count.
        open_local(names[index], names[index], 0, SOCK_STREAM);
    }
    snprintf(path, sizeof path, "/tmp/redteam-%s.sock", token);
    open_local("tmp", path, 0, SOCK_STREAM);
    snprintf(path, sizeof path, "redteam-%s", token);
    open_local("abstract", path, 1, SOCK_STREAM);
    snprintf(path, sizeof path, "redteam-%s.datagram", token);
    open_local("abstract-datagram", path, 1, SOCK_DGRAM);
    mkfifo("run/pipe", 0666);
    add("pipe", open("run/pipe", O_RDWR | O_CLOEXEC | O_NONBLOCK), 0);
    fclose(ready);
    rename("ready.new", "ready");
    for (;;) {
        struct pollfd all[MOST];
        for (int index = 0; index < wayCount; index++) {
            all[index].fd = ways[index].descriptor;
            all[index].events = POLLIN;
        }
        // Whoever knocked before the end is still written down.
        struct timespec moment = {0, 0}, *patience = isEnding ? &moment : NULL;
        sigset_t none;
        sigemptyset(&none);
        int count = ppoll(all, (nfds_t)wayCount, patience, &none);
        if (count == 0 && isEnding) end();
        if (count <= 0) continue;
        for (int index = 0; index < wayCount; index++)
            if (all[index].revents & POLLIN) answer(index);
    }
}
