#define _GNU_SOURCE
#include "CProcess.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads a small file into `text`; returns its length, or -1. */
static ssize_t read_text(const char *path, char *text, size_t capacity) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t count = read(fd, text, capacity - 1);
    close(fd);
    if (count >= 0) text[count] = 0;
    return count;
}

/* See proc(5); the name in parentheses may hold anything, so start at the last one. */
static int read_stat(const char *path, struct cprocess_entry *entry) {
    char text[2048], state = 0;
    unsigned long long user = 0, system = 0, waited_user = 0, waited_system = 0;
    if (read_text(path, text, sizeof text) <= 0) return 0;
    const char *rest = strrchr(text, ')');
    if (!rest) return 0;
    int found = sscanf(
        rest + 1,
        " %c %d %d %d %*s %*s %*s %*s %*s %*s %*s %llu %llu %llu %llu %*s %*s %d %*s %llu %*s %lld",
        &state, &entry->parent, &entry->group, &entry->session, &user, &system, &waited_user,
        &waited_system, &entry->threads, &entry->started, &entry->pages);
    entry->ticks = user + system;
    entry->waited_ticks = waited_user + waited_system;
    entry->ended = state == 'Z' || state == 'X' || state == 'x';
    return found == 11;
}

/* A process lives on without its first thread; the kernel then tells the rest by another one. */
static void find_living(struct cprocess_entry *entry) {
    char path[300];
    struct dirent *item;
    snprintf(path, sizeof path, "/proc/%d/task", entry->pid);
    DIR *directory = opendir(path);
    if (!directory) return;
    while (entry->ended && (item = readdir(directory))) {
        struct cprocess_entry thread;
        snprintf(path, sizeof path, "/proc/%d/task/%s/stat", entry->pid, item->d_name);
        if (item->d_name[0] == '.' || !read_stat(path, &thread) || thread.ended) continue;
        entry->thread = atoi(item->d_name);
        entry->pages = thread.pages;
        entry->ended = 0;
    }
    closedir(directory);
}

static int read_entry(pid_t pid, struct cprocess_entry *entry) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (!read_stat(path, entry)) return 0;
    entry->pid = entry->thread = pid;
    if (entry->ended && entry->threads > 1) find_living(entry);
    return 1;
}

int cprocess_find(pid_t pid, struct cprocess_entry *entry) { return read_entry(pid, entry); }

long cprocess_list(struct cprocess_entry *entries, long capacity) {
    DIR *directory = opendir("/proc");
    struct dirent *item;
    long count = 0;
    if (!directory) return -1;
    while ((item = readdir(directory))) {
        struct cprocess_entry entry;
        pid_t pid = atoi(item->d_name);
        if (pid <= 0 || !read_entry(pid, &entry)) continue;
        if (count < capacity) entries[count] = entry;
        count++;
    }
    closedir(directory);
    return count;
}

/* Adds the children of one thread, which the kernel lists oldest first. */
static long add_children(const char *thread, pid_t *children, long capacity, long count) {
    char path[300];
    int child;
    snprintf(path, sizeof path, "/proc/self/task/%s/children", thread);
    FILE *file = fopen(path, "re");
    if (!file) return count;
    while (fscanf(file, "%d", &child) == 1) {
        if (count < capacity) children[count] = child;
        count++;
    }
    fclose(file);
    return count;
}

long cprocess_children(pid_t *children, long capacity) {
    DIR *directory = opendir("/proc/self/task");
    struct dirent *item;
    long count = 0;
    if (!directory) return -1;
    while ((item = readdir(directory)))
        if (item->d_name[0] != '.') count = add_children(item->d_name, children, capacity, count);
    closedir(directory);
    return count;
}

/* Looks for `entry` among the NUL-terminated strings of a file; -1 if it is empty. */
static int contains_entry(const char *path, const char *entry) {
    FILE *file = fopen(path, "re");
    if (!file) return 0;
    char *text = NULL;
    size_t capacity = 0;
    int found = -1;
    while (found != 1 && getdelim(&text, &capacity, 0, file) > 0) found = strcmp(text, entry) == 0;
    free(text);
    fclose(file);
    return found;
}

/* Whether a process has memory, but no words: it is about to be another program. */
static int is_executing(pid_t pid) {
    char path[64];
    unsigned long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    FILE *file = fopen(path, "re");
    if (!file) return 0;
    if (fscanf(file, "%lu", &pages) != 1) pages = 0;
    fclose(file);
    snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
    return pages > 0 && contains_entry(path, "") < 0;
}

int cprocess_environment_contains(pid_t pid, const char *entry) {
    char path[64];
    struct stat owner;
    snprintf(path, sizeof path, "/proc/%d", pid);
    if (stat(path, &owner) != 0 || owner.st_uid != geteuid()) return 0;
    snprintf(path, sizeof path, "/proc/%d/environ", pid);
    int found = contains_entry(path, entry);
    if (found < 0 && !is_executing(pid)) found = contains_entry(path, entry) > 0;
    return found;
}
