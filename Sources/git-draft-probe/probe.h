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

extern const struct entry alone_attempts[], kernel_attempts[], network_attempts[],
    process_attempts[];

// Says what failed, with errno, and returns 1.
int refused(const char *what);

// Where clouds tell a machine what it is, and may do.
#define METADATA_ADDRESS "169.254.169.254"

// Moves this process to a machine of its own; FOLDER gets what is in its /etc.
int be_alone(const char *folder);

// Answers one question at a name server.
void answer_name(int server);

// Answers a request for a model; returns what is wrong with it, or NULL.
const char *serve_model(const char *request, const char *secret, char *answer, size_t size);

// Plays the host until it is killed.
int play_host(int count, char **words);

#endif
