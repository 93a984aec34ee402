#define _GNU_SOURCE
#include "CProcess.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* A folder on the way down: who it is, and the folders in it that are still to be seen. */
struct level {
    dev_t device;
    ino_t number;
    char *names;
    size_t size;
    size_t next;
};

struct cprocess_walk {
    struct timespec since;
    struct cprocess_walk_sum sum;
    struct level *levels;
    size_t depth;
    size_t capacity;
    size_t remembered;
    int here;
    DIR *listing;
};

/* What one walk keeps of names at most; nobody who works has that many folders. */
static const size_t most_remembered = 64 << 20;

/* What a name costs in its folder, and its file beside its content, roughly. */
static const uint64_t entry_bytes = 512;

static int is_later(struct statx_timestamp time, struct timespec than) {
    if (time.tv_sec != than.tv_sec) return time.tv_sec > than.tv_sec;
    return time.tv_nsec >= than.tv_nsec;
}

/* Enters a folder that has just been opened; it owns `fd` from here on. */
static int enter(struct cprocess_walk *walk, int fd) {
    struct stat status;
    if (walk->depth == walk->capacity) {
        size_t capacity = walk->capacity * 2 + 16;
        struct level *levels = realloc(walk->levels, capacity * sizeof *levels);
        if (!levels) goto failed;
        walk->levels = levels;
        walk->capacity = capacity;
    }
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) goto failed;
    if (fstat(fd, &status) != 0 || !(walk->listing = fdopendir(copy))) {
        close(copy);
        goto failed;
    }
    walk->levels[walk->depth++] =
        (struct level){.device = status.st_dev, .number = status.st_ino};
    if (walk->here >= 0) close(walk->here);
    walk->here = fd;
    return 1;
failed:
    close(fd);
    walk->sum.is_partial = 1;
    return 0;
}

struct cprocess_walk *cprocess_walk_begin(
    const char *path, int64_t since_seconds, int64_t since_nanoseconds) {
    struct cprocess_walk *walk = calloc(1, sizeof *walk);
    if (!walk) return NULL;
    walk->since.tv_sec = since_seconds;
    walk->since.tv_nsec = since_nanoseconds;
    walk->here = -1;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        walk->sum.is_partial = errno != ENOENT && errno != ENOTDIR && errno != ELOOP;
    } else {
        enter(walk, fd);
    }
    return walk;
}

static void remember(struct cprocess_walk *walk, const char *name) {
    struct level *level = &walk->levels[walk->depth - 1];
    size_t length = strlen(name) + 1;
    char *names = NULL;
    if (walk->remembered + length <= most_remembered)
        names = realloc(level->names, level->size + length);
    if (!names) {
        walk->sum.is_partial = 1;
        return;
    }
    memcpy(names + level->size, name, length);
    level->names = names;
    level->size += length;
    walk->remembered += length;
}

/* Counts a file: all of it if it is new, apart from that if it is only changed. */
static void count_entry(struct cprocess_walk *walk, const char *name) {
    struct statx status;
    unsigned mask = STATX_TYPE | STATX_NLINK | STATX_BLOCKS | STATX_CTIME | STATX_BTIME;
    if (statx(walk->here, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, mask, &status) != 0) return;
    dev_t device = makedev(status.stx_dev_major, status.stx_dev_minor);
    if (S_ISDIR(status.stx_mode) && device == walk->levels[0].device) remember(walk, name);
    walk->sum.entries++;
    if (!is_later(status.stx_ctime, walk->since)) return;
    uint64_t bytes = status.stx_blocks * 512;
    if (!S_ISDIR(status.stx_mode) && status.stx_nlink > 1) bytes /= status.stx_nlink;
    int is_new = status.stx_mask & STATX_BTIME && is_later(status.stx_btime, walk->since);
    if (is_new)
        walk->sum.made += bytes + entry_bytes;
    else
        walk->sum.changed += bytes;
}

/* Goes back to the folder above, if that is still the one that we came from. */
static int leave(struct cprocess_walk *walk) {
    struct level *left = &walk->levels[--walk->depth];
    struct stat status;
    walk->remembered -= left->size;
    free(left->names);
    if (walk->depth == 0) return 0;
    struct level *above = left - 1;
    int fd = openat(walk->here, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) != 0 || status.st_dev != above->device
        || status.st_ino != above->number) {
        if (fd >= 0) close(fd);
        walk->sum.is_partial = 1;
        return 0;
    }
    close(walk->here);
    walk->here = fd;
    return 1;
}

int cprocess_walk_step(struct cprocess_walk *walk, long entries) {
    if (walk->here < 0) return 0;
    while (entries-- > 0) {
        if (walk->listing) {
            struct dirent *entry = readdir(walk->listing);
            if (!entry) {
                closedir(walk->listing);
                walk->listing = NULL;
            } else if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
                count_entry(walk, entry->d_name);
            }
            continue;
        }
        struct level *level = &walk->levels[walk->depth - 1];
        if (level->next == level->size) {
            if (!leave(walk)) return 0;
            continue;
        }
        const char *name = level->names + level->next;
        level->next += strlen(name) + 1;
        int fd =
            openat(walk->here, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
        if (fd >= 0)
            enter(walk, fd);
        else if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
            walk->sum.is_partial = 1;
    }
    return 1;
}

struct cprocess_walk_sum cprocess_walk_found(const struct cprocess_walk *walk) {
    return walk->sum;
}

void cprocess_walk_end(struct cprocess_walk *walk) {
    if (walk->listing) closedir(walk->listing);
    if (walk->here >= 0) close(walk->here);
    while (walk->depth > 0) free(walk->levels[--walk->depth].names);
    free(walk->levels);
    free(walk);
}
