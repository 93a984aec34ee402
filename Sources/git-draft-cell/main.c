#define _GNU_SOURCE
#include "cell.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static _Noreturn void end(int status, const char *format, va_list values, int error) {
    fprintf(stderr, "git-draft-cell: ");
    vfprintf(stderr, format, values);
    if (error) fprintf(stderr, ": %s", strerror(error));
    fprintf(stderr, "\n");
    exit(status);
}

void fail(int status, const char *format, ...) {
    va_list values;
    va_start(values, format);
    end(status, format, values, 0);
}

void fail_errno(int status, const char *format, ...) {
    int error = errno;
    va_list values;
    va_start(values, format);
    end(status, format, values, error);
}

const char *value_of(char *assignment, const char *option) {
    char *equals = strchr(assignment, '=');
    if (!equals || equals == assignment || !equals[1])
        fail(status_failed, "option '%s' needs NAME=VALUE, not '%s'", option, assignment);
    *equals = 0;
    return equals + 1;
}

unsigned long long number_of(const char *text, const char *option) {
    char *rest = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &rest, 10);
    if (text[0] < '0' || text[0] > '9' || *rest || errno)
        fail(status_failed, "option '%s' needs a number, not '%s'", option, text);
    return number;
}

static void open_doors(char *assignment) {
    const char *path = value_of(assignment, "--listen");
    unsigned long long port = number_of(assignment, "--listen");
    if (port == 0 || port > 65535) fail(status_failed, "port %llu is out of range", port);
    open_door((unsigned short)port, path);
}

/* Should memory run out, the kernel takes us before what the user of the machine works with. */
static void offer_to_memory_killer(void) {
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    ssize_t ignored = write(fd, "500", 3);
    (void)ignored;
    close(fd);
}

/* Executes a file; returns only if there is none, or if it may not be executed. */
static void try_execute(const char *path, char **command) {
    execv(path, command);
    if (errno != ENOENT && errno != EACCES && errno != ENOTDIR)
        fail_errno(status_failed, "cannot run '%s'", command[0]);
}

/* Looks in the absolute entries of PATH only: the work tree must not decide what runs. */
static _Noreturn void execute(char **command) {
    const char *name = command[0], *entry = getenv("PATH");
    int is_there = 0;
    if (strchr(name, '/')) {
        try_execute(name, command);
        fail_errno(errno == EACCES ? status_failed : status_not_found, "cannot run '%s'", name);
    }
    while (entry && *entry && *name) {
        size_t length = strcspn(entry, ":");
        char path[PATH_MAX];
        int count = snprintf(path, sizeof path, "%.*s/%s", (int)length, entry, name);
        if (entry[0] == '/' && count > 0 && (size_t)count < sizeof path) {
            try_execute(path, command);
            if (errno == EACCES) is_there = 1;
        }
        entry += length + (entry[length] == ':');
    }
    if (is_there) fail(status_failed, "cannot run '%s': %s", name, strerror(EACCES));
    fail(status_not_found, "cannot run '%s': no such program in PATH", name);
}

int main(int count, char **arguments) {
    int refuses = 1, stays = 0, keeps = 0, takes = 0, next = 1;
    unsigned long long variables = 0;
    /* Nothing that whoever started us forgot to close leads out of here. */
    closefrom(3);
    for (; next < count && strcmp(arguments[next], "--") != 0; next++) {
        char *option = arguments[next];
        char *value = next + 1 < count ? arguments[next + 1] : NULL;
        if (strcmp(option, "--no-seccomp") == 0) {
            refuses = 0;
        } else if (strcmp(option, "--first") == 0) {
            stays = 1;
        } else if (strcmp(option, "--keep-environment") == 0) {
            keeps = 1;
        } else if (strcmp(option, "--environment") == 0 && value) {
            variables = number_of(value, option);
            takes = 1;
            next++;
        } else if (strcmp(option, "--listen") == 0 && value) {
            open_doors(value);
            next++;
        } else if (strcmp(option, "--follow") == 0 && value) {
            open_followed(value);
            next++;
        } else if (strcmp(option, "--limit") == 0 && value) {
            const char *limit = value_of(value, option);
            set_limit(value, number_of(limit, option));
            next++;
        } else {
            fail(status_failed, "unknown option '%s', or it has no value", option);
        }
    }
    if (next + 1 >= count) fail(status_failed, "no command given");
    if (takes) take_environment(variables, keeps);
    set_limit("core", 0);
    offer_to_memory_killer();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        fail_errno(status_failed, "cannot give up new privileges");
    if (refuses) refuse_calls();
    if (stays) stay_first();
    execute(arguments + next + 1);
}
