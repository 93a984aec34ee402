#define _GNU_SOURCE
#include "cell.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What is locked for as long as whoever started us lives; -1 for nothing. */
static int followed = -1;

/* What asks for the lock needs little of a stack, and every page counts for the job. */
enum { stack_size = 64 * 1024 };

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

/*
 * A lock for reading needs no more than a file that can be read. Those that others inside can take
 * are of the same kind, hence in nobody's way.
 */
static struct flock reading(void) {
    return (struct flock){.l_type = F_RDLCK, .l_whence = SEEK_SET};
}

void open_followed(const char *path) {
    struct flock lock = reading();
    followed = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (followed < 0) fail_errno(status_failed, "cannot open '%s'", path);
    if (fcntl(followed, F_OFD_GETLK, &lock) != 0)
        fail_errno(status_failed, "cannot look for a lock on '%s'", path);
    if (lock.l_type == F_UNLCK)
        fail(status_failed, "nobody holds '%s': whoever started the job has ended", path);
}

/* Waits until the lock is free. The end of the first process is that of all others here. */
static void *follow(void *nothing) {
    struct flock lock = reading();
    (void)nothing;
    while (fcntl(followed, F_OFD_SETLKW, &lock) != 0)
        if (errno != EINTR) sleep(1);
    _exit(128 + SIGKILL);
}

static void start_following(void) {
    pthread_attr_t attributes;
    pthread_t thread;
    int error = pthread_attr_init(&attributes);
    if (!error) error = pthread_attr_setstacksize(&attributes, stack_size);
    if (!error) error = pthread_create(&thread, &attributes, follow, NULL);
    if (!error) return;
    errno = error;
    fail_errno(status_failed, "cannot start a thread");
}

void stay_first(void) {
    /* Everywhere else -1 above would be all that our user runs. */
    if (getpid() != 1) fail(status_failed, "option '--first' is for the first process");
    sigset_t set = awaited(), before;
    sigprocmask(SIG_BLOCK, &set, &before);
    if (followed >= 0) start_following();
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
