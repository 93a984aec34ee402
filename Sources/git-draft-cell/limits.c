#define _GNU_SOURCE
#include "cell.h"
#include <string.h>
#include <sys/resource.h>

/* The limits by the names that people write, and what the system calls them. */
static const struct {
    const char *name;
    __rlimit_resource_t resource;
} known[] = {
    {"core", RLIMIT_CORE},         {"cpu_seconds", RLIMIT_CPU}, {"data", RLIMIT_DATA},
    {"file_size", RLIMIT_FSIZE},   {"files", RLIMIT_NOFILE},    {"memlock", RLIMIT_MEMLOCK},
    {"processes", RLIMIT_NPROC},   {"queues", RLIMIT_MSGQUEUE}, {"address_space", RLIMIT_AS},
};

/* A process may take its leave when its time is up, and is killed a little later. */
enum { leave_seconds = 5 };

void set_limit(const char *name, unsigned long long value) {
    size_t i = 0, count = sizeof known / sizeof known[0];
    struct rlimit limit;
    while (i < count && strcmp(known[i].name, name) != 0) i++;
    if (i == count) fail(status_failed, "unknown limit '%s'", name);
    if (getrlimit(known[i].resource, &limit) != 0)
        fail_errno(status_failed, "cannot read limit '%s'", name);
    rlim_t most = value;
    if (known[i].resource == RLIMIT_CPU && value < RLIM_INFINITY - leave_seconds)
        most += leave_seconds;
    /* Only what is lower than before: nobody may raise what the machine's owner has set. */
    if (limit.rlim_max == RLIM_INFINITY || most < limit.rlim_max) limit.rlim_max = most;
    if (value < limit.rlim_cur || limit.rlim_cur == RLIM_INFINITY) limit.rlim_cur = value;
    if (limit.rlim_cur > limit.rlim_max) limit.rlim_cur = limit.rlim_max;
    if (setrlimit(known[i].resource, &limit) != 0)
        fail_errno(status_failed, "cannot set limit '%s'", name);
}
