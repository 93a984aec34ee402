#define _GNU_SOURCE
#include "cell.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How long programs that were asked to end may take. */
enum { grace_seconds = 5 };

/* The signals that are for the first process, or for all that run below it. */
static sigset_t awaited(void) {
    static const int numbers[] = {
        SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2,
    };
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) sigaddset(&set, numbers[i]);
    return set;
}

/* Collects what has ended, orphans too; exits as the command does once it is among them. */
static void collect(pid_t command) {
    int status;
    pid_t ended;
    while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
        if (ended != command) continue;
        _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
    }
}

/* Whoever reads what the command prints must not wait for us. */
static void let_go_of_streams(void) {
    int null = open("/dev/null", O_RDWR);
    if (null < 0) return;
    for (int fd = 0; fd < 3; fd++) dup2(null, fd);
    if (null > 2) close(null);
}

static _Noreturn void watch(pid_t command, const sigset_t *set) {
    struct timespec patience = {.tv_sec = grace_seconds};
    int is_ending = 0;
    for (;;) {
        int number = is_ending ? sigtimedwait(set, NULL, &patience) : sigwaitinfo(set, NULL);
        int is_late = number < 0 && errno == EAGAIN;
        collect(command);
        if (is_late) kill(-1, SIGKILL);
        if (number == SIGUSR1 || number == SIGUSR2) kill(command, number);
        if (number == SIGTERM || number == SIGINT || number == SIGHUP || number == SIGQUIT) {
            is_ending = 1;
            kill(-1, number);
            kill(-1, SIGCONT);
        }
    }
}

void stay_first(void) {
    /* Everywhere else -1 above would be all that our user runs. */
    if (getpid() != 1) fail(status_failed, "option '--first' is for the first process");
    sigset_t set = awaited(), before;
    sigprocmask(SIG_BLOCK, &set, &before);
    pid_t command = fork();
    if (command < 0) fail_errno(status_failed, "cannot fork");
    if (command == 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        return;
    }
    /* The command has our user; it has no business in our memory. */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    let_go_of_streams();
    watch(command, &set);
}
