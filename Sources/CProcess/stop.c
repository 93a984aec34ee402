#define _GNU_SOURCE
#include "CProcess.h"
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <unistd.h>

static volatile sig_atomic_t event_fd = -1;
static volatile sig_atomic_t caught_signal = 0;
static unsigned char is_caught[NSIG];

int cprocess_event(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void cprocess_event_set(int fd) {
    uint64_t one = 1;
    ssize_t ignored = write(fd, &one, sizeof one);
    (void)ignored;
}

static void note(int number) {
    int error = errno;
    caught_signal = number;
    if (event_fd >= 0) cprocess_event_set(event_fd);
    errno = error;
}

int cprocess_catch(int fd, const int *signals, size_t count) {
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    event_fd = fd;
    caught_signal = 0;
    for (size_t i = 0; i < count; i++) {
        struct sigaction before;
        int number = signals[i];
        if (number <= 0 || number >= NSIG) return EINVAL;
        if (sigaction(number, NULL, &before) != 0) return errno;
        if (before.sa_handler == SIG_IGN && (number == SIGHUP || number == SIGINT)) continue;
        if (sigaction(number, &action, NULL) != 0) return errno;
        is_caught[number] = 1;
    }
    return 0;
}

void cprocess_release(int fd) {
    if (event_fd != fd) return;
    event_fd = -1;
    for (int number = 1; number < NSIG; number++) {
        if (is_caught[number]) signal(number, SIG_DFL);
        is_caught[number] = 0;
    }
}

int cprocess_caught(void) { return caught_signal; }
