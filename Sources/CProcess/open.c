#define _GNU_SOURCE
#include "CProcess.h"
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* As <linux/magic.h> and <linux/kcmp.h> have it, which are not everywhere. */
static const long tmpfs_magic = 0x01021994;
enum { kcmp_files = 2 };

long cprocess_tables(pid_t pid, pid_t *threads, long capacity) {
    char path[64];
    struct dirent *item;
    pid_t last = 0;
    long count = 0;
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *directory = opendir(path);
    if (!directory) return 0;
    while ((item = readdir(directory))) {
        pid_t thread = atoi(item->d_name);
        /* If the kernel cannot tell, each is taken to have one of its own. */
        if (thread <= 0 || (last && syscall(SYS_kcmp, last, thread, kcmp_files, 0, 0) == 0))
            continue;
        if (count < capacity) threads[count] = thread;
        count++;
        last = thread;
    }
    closedir(directory);
    return count;
}

/* The next that a thread has open; NULL if there is none. */
static struct dirent *next_open(DIR *directory, struct stat *status) {
    struct dirent *item;
    while ((item = readdir(directory)))
        if (item->d_name[0] != '.' && fstatat(dirfd(directory), item->d_name, status, 0) == 0)
            return item;
    return NULL;
}

static DIR *open_descriptors(pid_t thread) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", thread);
    return opendir(path);
}

long cprocess_unnamed(pid_t thread, struct cprocess_file *files, long capacity) {
    char path[PATH_MAX];
    struct dirent *item;
    struct stat status;
    long count = 0;
    DIR *directory = open_descriptors(thread);
    if (!directory) return 0;
    while ((item = next_open(directory, &status))) {
        struct statfs system;
        if (!S_ISREG(status.st_mode) || status.st_nlink != 0) continue;
        snprintf(path, sizeof path, "/proc/%d/fd/%s", thread, item->d_name);
        int is_memory = statfs(path, &system) == 0 && (long)system.f_type == tmpfs_magic;
        if (count < capacity)
            files[count] = (struct cprocess_file){
                status.st_dev, status.st_ino, (int64_t)status.st_blocks * 512, is_memory};
        count++;
    }
    closedir(directory);
    return count;
}

/* The descriptors that wait in a socket, as the kernel tells it since Linux 5.8. */
static long waiting(const char *path) {
    char line[256];
    long count = 0;
    FILE *file = fopen(path, "re");
    if (!file) return 0;
    while (fgets(line, sizeof line, file))
        if (strncmp(line, "scm_fds:", 8) == 0) count += strtol(line + 8, NULL, 10);
    fclose(file);
    return count;
}

long cprocess_in_flight(pid_t thread) {
    char path[PATH_MAX];
    struct dirent *item;
    struct stat status;
    long count = 0;
    DIR *directory = open_descriptors(thread);
    if (!directory) return 0;
    while ((item = next_open(directory, &status))) {
        if (!S_ISSOCK(status.st_mode)) continue;
        snprintf(path, sizeof path, "/proc/%d/fdinfo/%s", thread, item->d_name);
        count += waiting(path);
    }
    closedir(directory);
    return count;
}

static int starts_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

long cprocess_mapped(pid_t thread, struct cprocess_file *files, long capacity) {
    char path[64], *line = NULL;
    size_t size = 0;
    long count = 0;
    snprintf(path, sizeof path, "/proc/%d/maps", thread);
    FILE *file = fopen(path, "re");
    if (!file) return 0;
    while (getline(&line, &size, file) > 0) {
        unsigned long long from, to, offset, number;
        unsigned major, minor;
        int place = 0;
        if (!strstr(line, " (deleted)\n")
            || sscanf(
                   line, "%llx-%llx %*s %llx %x:%x %llu %n", &from, &to, &offset, &major, &minor,
                   &number, &place) != 6)
            continue;
        const char *name = line + place;
        int is_memory = starts_with(name, "/memfd:") || starts_with(name, "/dev/zero (")
            || starts_with(name, "/dev/shm/") || starts_with(name, "/SYSV");
        if (count < capacity)
            files[count] = (struct cprocess_file){
                makedev(major, minor), number, (int64_t)(offset + (to - from)), is_memory};
        count++;
    }
    free(line);
    fclose(file);
    return count;
}
