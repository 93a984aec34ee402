#define _GNU_SOURCE
#include "CProcess.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* The number of a "Name:  N kB" line in bytes, if it is the line of that name. */
static int64_t line_bytes(const char *line, const char *name) {
    size_t length = strlen(name);
    if (strncmp(line, name, length) != 0 || line[length] != ':') return 0;
    return strtoll(line + length + 1, NULL, 10) * 1024;
}

struct cprocess_share cprocess_share(pid_t pid) {
    struct cprocess_share share = {0, 0};
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    FILE *file = fopen(path, "re");
    if (!file) return errno == EACCES || errno == EPERM ? (struct cprocess_share){-1, -1} : share;
    while (fgets(line, sizeof line, file)) {
        share.own += line_bytes(line, "Pss") + line_bytes(line, "SwapPss");
        share.files += line_bytes(line, "Pss_Shmem");
    }
    fclose(file);
    if (share.own >= share.files) share.own -= share.files;
    return share;
}

struct cprocess_memory cprocess_memory(void) {
    char line[256];
    struct cprocess_memory memory = {0, 0};
    FILE *file = fopen("/proc/meminfo", "re");
    if (!file) return memory;
    while (fgets(line, sizeof line, file)) {
        memory.shared += line_bytes(line, "Shmem");
        memory.swapped += line_bytes(line, "SwapTotal") - line_bytes(line, "SwapFree");
    }
    fclose(file);
    return memory;
}

uint64_t cprocess_mount_namespace(pid_t pid) {
    char path[64];
    struct stat status;
    snprintf(path, sizeof path, "/proc/%d/ns/mnt", pid);
    return stat(path, &status) == 0 ? status.st_ino : 0;
}

/* Undoes the \ooo by which mountinfo has blanks and backslashes. */
static void unescape(char *text) {
    char *to = text;
    for (const char *from = text; *from;) {
        if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] && from[3]) {
            *to++ = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
            from += 4;
        } else {
            *to++ = *from++;
        }
    }
    *to = 0;
}

long cprocess_memory_mounts(pid_t pid, struct cprocess_file *mounts, long capacity) {
    char path[PATH_MAX], *line = NULL;
    size_t size = 0;
    long count = 0;
    snprintf(path, sizeof path, "/proc/%d/mountinfo", pid);
    FILE *file = fopen(path, "re");
    if (!file) return 0;
    while (getline(&line, &size, file) > 0) {
        unsigned major, minor;
        char place[PATH_MAX];
        struct statvfs status;
        if (!strstr(line, " - tmpfs ")
            || sscanf(line, "%*s %*s %u:%u %*s %4095s", &major, &minor, place) != 3)
            continue;
        unescape(place);
        int length = snprintf(path, sizeof path, "/proc/%d/root%s", pid, place);
        if (length < 0 || (size_t)length >= sizeof path || statvfs(path, &status) != 0) continue;
        int64_t used = (int64_t)(status.f_blocks - status.f_bfree) * (int64_t)status.f_frsize;
        if (count < capacity)
            mounts[count] = (struct cprocess_file){makedev(major, minor), 0, used, 1};
        count++;
    }
    free(line);
    fclose(file);
    return count;
}

struct cprocess_room cprocess_room(const char *path) {
    struct statvfs status;
    if (statvfs(path, &status) != 0) return (struct cprocess_room){-1, -1};
    int64_t block = (int64_t)status.f_frsize;
    return (struct cprocess_room){
        (int64_t)status.f_bfree * block, (int64_t)status.f_bavail * block};
}
