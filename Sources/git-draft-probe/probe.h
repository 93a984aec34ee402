// What the parts of the probe share.
#ifndef GIT_DRAFT_PROBE_H
#define GIT_DRAFT_PROBE_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

// Where the program that plays the host keeps its secret in memory, and as which descriptor.
#define SECRET_ADDRESS ((void *)0x31000000)
#define SECRET_DESCRIPTOR 9
#define SECRET_SIZE 64

// One attempt: gets what stands after its name; 0 says that it got through.
typedef int attempt(int count, char **words);

struct entry {
    const char *name;
    attempt *run;
    int words;
};

extern const struct entry kernel_attempts[], network_attempts[], process_attempts[];

// Says what failed, with errno, and returns 1.
int refused(const char *what);

// Plays the host until it is killed.
int play_host(int count, char **words);

#endif
