#define _GNU_SOURCE
#include "CProcess.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__clang__)
#define UNINSTRUMENTED __attribute__((no_sanitize("address", "thread", "undefined")))
#else
#define UNINSTRUMENTED
#endif

int cprocess_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

int cprocess_die_with_parent(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }

int cprocess_pipe(int *read_end, int *write_end) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return errno;
    *read_end = ends[0];
    *write_end = ends[1];
    return 0;
}

/* What the child needs, all of it prepared before it exists. */
struct start {
    const char *program;
    char **arguments;
    char **environment;
    const char *directory;
    struct cprocess_streams streams;
    int new_session;
    int death_signal;
    const int *groups;
    size_t group_count;
    const int *handed;
    size_t handed_count;
    int64_t data_limit;
    pid_t parent;
    volatile int stage;
    volatile int error;
};

/* Signal handlers of the parent must not run in the child, which shares its memory. */
UNINSTRUMENTED static void reset_signals(void) {
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (number == SIGKILL || number == SIGSTOP) continue;
        if (sigaction(number, NULL, &action) != 0 || action.sa_handler == SIG_DFL) continue;
        action.sa_handler = SIG_DFL;
        action.sa_flags = 0;
        sigaction(number, &action, NULL);
    }
}

/* Copies first: the parent may hold any of these under the number of another itself. */
UNINSTRUMENTED static int place_streams(
    struct cprocess_streams streams, const int *handed, int count) {
    int sources[3] = {streams.input, streams.output, streams.error};
    int copies[3 + cprocess_most_handed];
    for (int i = 0; i < 3 + count; i++) {
        int source = i < 3 ? sources[i] : handed[i - 3];
        if (source < 0) source = open("/dev/null", (i == 0 ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
        if (source < 0) return -1;
        copies[i] = fcntl(source, F_DUPFD_CLOEXEC, 3 + count);
        if (copies[i] < 0) return -1;
    }
    for (int i = 0; i < 3 + count; i++)
        if (dup2(copies[i], i) < 0) return -1;
    closefrom(3 + count);
    return 0;
}

/* A group that does not take us is no reason not to run: it limits beside others. */
UNINSTRUMENTED static void enter_groups(const int *groups, size_t count) {
    for (size_t i = 0; i < count; i++) {
        ssize_t ignored = write(groups[i], "0", 1);
        (void)ignored;
    }
}

UNINSTRUMENTED static int bound(int resource, rlim_t most) {
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0) return -1;
    if (limit.rlim_max < most) most = limit.rlim_max;
    limit.rlim_cur = limit.rlim_max = most;
    return setrlimit(resource, &limit);
}

/* Who is killed first is a wish; the memory is not. */
UNINSTRUMENTED static int bound_memory(int64_t most) {
    static const char first[] = "500";
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file >= 0) {
        ssize_t ignored = write(file, first, sizeof first - 1);
        (void)ignored;
        close(file);
    }
    return bound(RLIMIT_CORE, 0) == 0 ? bound(RLIMIT_DATA, (rlim_t)most) : -1;
}

/* Runs in the parent's memory while the parent's thread waits: only async-signal-safe calls. */
UNINSTRUMENTED static int child_main(void *raw) {
    struct start *start = raw;
    sigset_t none;
    start->stage = cprocess_stage_create;
    reset_signals();
    enter_groups(start->groups, start->group_count);
    if (start->data_limit > 0 && bound_memory(start->data_limit) != 0) goto failed;
    if (start->new_session && setsid() < 0) goto failed;
    if (start->death_signal) {
        if (prctl(PR_SET_PDEATHSIG, start->death_signal, 0, 0, 0) != 0) goto failed;
        /* The parent may have died before it was asked to take us along. */
        if (getppid() != start->parent) _exit(127);
    }
    if (place_streams(start->streams, start->handed, (int)start->handed_count) != 0) goto failed;
    start->stage = cprocess_stage_directory;
    if (start->directory && chdir(start->directory) != 0) goto failed;
    start->stage = cprocess_stage_execute;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    start->error = 0;
    execve(start->program, start->arguments, start->environment);
failed:
    start->error = errno;
    _exit(127);
}

/* Points at each of `count` strings that follow one another. */
static char **pointers(const uint8_t *strings, size_t count) {
    char **list = calloc(count + 1, sizeof *list);
    const char *next = (const char *)strings;
    if (!list) return NULL;
    for (size_t i = 0; i < count; i++) {
        list[i] = (char *)next;
        next += strlen(next) + 1;
    }
    return list;
}

/* Children that nobody waits for vanish if SIGCHLD is ignored, which is inherited. */
static void keep_ended_children(void) {
    struct sigaction action;
    if (sigaction(SIGCHLD, NULL, &action) != 0) return;
    if (action.sa_handler != SIG_IGN && !(action.sa_flags & SA_NOCLDWAIT)) return;
    if (action.sa_handler == SIG_IGN) action.sa_handler = SIG_DFL;
    action.sa_flags &= ~SA_NOCLDWAIT;
    sigaction(SIGCHLD, &action, NULL);
}

/* As posix_spawn(3) does it: the parent's thread sleeps until the child has its own memory. */
UNINSTRUMENTED static pid_t create(struct start *start) {
    _Alignas(16) char stack[64 * 1024];
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pid_t pid = clone(child_main, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, start);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return pid;
}

struct cprocess_started cprocess_start(
    const char *program, const uint8_t *arguments, size_t argument_count,
    const uint8_t *environment, size_t environment_count, const char *directory,
    struct cprocess_streams streams, int new_session, int death_signal, const int *groups,
    size_t group_count, const int *handed, size_t handed_count, int64_t data_limit) {
    struct cprocess_started result = {-1, cprocess_stage_create, ENOMEM};
    struct start start = {
        .program = program,
        .arguments = pointers(arguments, argument_count),
        .environment = pointers(environment, environment_count),
        .directory = directory,
        .streams = streams,
        .new_session = new_session,
        .death_signal = death_signal,
        .groups = groups,
        .group_count = group_count,
        .handed = handed,
        .handed_count = handed_count,
        .data_limit = data_limit,
        .parent = getpid(),
    };
    if (handed_count > cprocess_most_handed) {
        result.error = EMFILE;
    } else if (start.arguments && start.environment) {
        keep_ended_children();
        pid_t pid = create(&start);
        if (pid < 0) {
            result.error = errno;
        } else if (start.error) {
            while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
            result.stage = start.stage;
            result.error = start.error;
        } else {
            result = (struct cprocess_started){pid, cprocess_stage_none, 0};
        }
    }
    free(start.arguments);
    free(start.environment);
    return result;
}

struct cprocess_end cprocess_reap(pid_t pid) {
    int status = 0;
    pid_t found;
    while ((found = waitpid(pid, &status, WNOHANG)) < 0 && errno == EINTR) {}
    if (found == 0) return (struct cprocess_end){cprocess_end_running, 0};
    if (found < 0) return (struct cprocess_end){cprocess_end_unknown, errno};
    if (WIFEXITED(status))
        return (struct cprocess_end){cprocess_end_exited, WEXITSTATUS(status)};
    return (struct cprocess_end){cprocess_end_signaled, WTERMSIG(status)};
}

int cprocess_has_ended(pid_t pid) {
    siginfo_t info = {0};
    int result;
    while ((result = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT)) != 0
           && errno == EINTR) {}
    return result != 0 || info.si_pid == pid;
}

int cprocess_has_children(void) {
    siginfo_t info = {0};
    int result;
    while ((result = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT)) != 0
           && errno == EINTR) {}
    return result == 0;
}

int cprocess_pidfd(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int cprocess_signal(int pidfd, pid_t pid, int signal) {
    if (pidfd < 0) return kill(pid, signal);
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

ssize_t cprocess_write(int fd, const uint8_t *bytes, size_t count) {
    sigset_t pipe, before, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    int was_pending = sigismember(&pending, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    ssize_t written = write(fd, bytes, count);
    if (written < 0) written = -errno;
    if (written == -EPIPE && !was_pending) {
        struct timespec now = {0, 0};
        while (sigtimedwait(&pipe, NULL, &now) < 0 && errno == EINTR) {}
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return written;
}

int cprocess_available(int fd) {
    int count = 0;
    return ioctl(fd, FIONREAD, &count) == 0 ? count : 0;
}
