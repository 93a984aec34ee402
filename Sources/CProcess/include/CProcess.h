#ifndef CPROCESS_H
#define CPROCESS_H
#include <stdint.h>
#include <sys/types.h>

/// Makes this process the reaper of every orphan below it; returns 0 or -1 (see prctl(2)).
int cprocess_become_subreaper(void);

/// Has this process signalled when the thread that created it ends; returns 0 or -1.
int cprocess_die_with_parent(int signal);

/// Opens a pipe whose ends close on exec; returns 0, or an errno value.
int cprocess_pipe(int *read_end, int *write_end);

/// What becomes standard input, output and error; -1 means /dev/null.
struct cprocess_streams {
    int input;
    int output;
    int error;
};

/// The step of a start that failed.
enum cprocess_stage {
    cprocess_stage_none = 0,
    cprocess_stage_create = 1,
    cprocess_stage_directory = 2,
    cprocess_stage_execute = 3,
};

/// A started child, or the step and the errno value that prevented it.
struct cprocess_started {
    pid_t pid;
    int stage;
    int error;
};

/// The most files that a program can be handed.
enum { cprocess_most_handed = 64 };

/// Starts a program with nothing inherited but three streams, what it is handed and the umask.
///
/// The descriptors in `handed`, at most `cprocess_most_handed`, become 3 and those that follow.
///
/// `arguments` and `environment` are strings that each end in a NUL, one after
/// another. The child has default signal handlers and an empty signal mask; it
/// leads a session of its own if `new_session`, and gets `death_signal` (0 for
/// none) when the calling thread ends. It enters the control groups whose lists
/// of processes are open as `groups`, if it may. A failed exec is reported, not run.
///
/// If `data_limit` is not 0, it and each of its own children can have so many bytes of memory, those
/// of files that are only mapped not counted; where memory is short they go first, without a core.
struct cprocess_started cprocess_start(
    const char *program, const uint8_t *arguments, size_t argument_count,
    const uint8_t *environment, size_t environment_count, const char *directory,
    struct cprocess_streams streams, int new_session, int death_signal, const int *groups,
    size_t group_count, const int *handed, size_t handed_count, int64_t data_limit);

/// How a child ended.
enum cprocess_end_kind {
    cprocess_end_running = 0,
    cprocess_end_exited = 1,
    cprocess_end_signaled = 2,
    cprocess_end_unknown = 3,
};

/// The kind of end, and the exit status or the signal.
struct cprocess_end {
    int kind;
    int value;
};

/// Collects a child that has ended, without waiting.
struct cprocess_end cprocess_reap(pid_t pid);

/// Tells whether a child has ended, and leaves it to be collected.
int cprocess_has_ended(pid_t pid);

/// Tells whether this process has any child at all, ended or not.
int cprocess_has_children(void);

/// Opens a descriptor that is readable once the process ends; -1 where there is none.
int cprocess_pidfd(pid_t pid);

/// Signals what a pidfd stands for, or `pid` where there are no pidfds.
int cprocess_signal(int pidfd, pid_t pid, int signal);

/// Writes without a SIGPIPE; returns the count or a negative errno value.
ssize_t cprocess_write(int fd, const uint8_t *bytes, size_t count);

/// The number of bytes that can be read from a pipe at once.
int cprocess_available(int fd);

/// One process, as /proc tells it.
///
/// `ticks` is the processor time that it took itself, `waited_ticks` that of
/// the children that it has waited for; `pages` are in memory. `thread` is one
/// that lives, which the first one need not do.
struct cprocess_entry {
    pid_t pid;
    pid_t thread;
    pid_t parent;
    pid_t group;
    pid_t session;
    int ended;
    int threads;
    long long pages;
    unsigned long long ticks;
    unsigned long long waited_ticks;
    unsigned long long started;
};

/// Lists all processes; returns how many there are, which may exceed `capacity`.
long cprocess_list(struct cprocess_entry *entries, long capacity);

/// Describes one process; 0 if there is none of that number.
int cprocess_find(pid_t pid, struct cprocess_entry *entry);

/// Lists the children of this process, ended ones too; returns as cprocess_list.
long cprocess_children(pid_t *children, long capacity);

/// Tells whether a process of our user was started with exactly this NAME=VALUE; -1 if it is
/// about to be another program, and nobody can tell.
int cprocess_environment_contains(pid_t pid, const char *entry);

/// The bytes of memory that are a process's part, and its part of files in memory; -1 if unknown.
struct cprocess_share {
    int64_t own;
    int64_t files;
};

/// What a process has of the machine's memory.
struct cprocess_share cprocess_share(pid_t pid);

/// The bytes of the machine's memory that hold files, and those that were swapped out.
struct cprocess_memory {
    int64_t shared;
    int64_t swapped;
};

/// How the machine's memory is used; nothing where nobody can say.
struct cprocess_memory cprocess_memory(void);

/// A file or file system, what it takes, and whether that is memory.
struct cprocess_file {
    uint64_t device;
    uint64_t number;
    int64_t bytes;
    int is_memory;
};

/// Lists one thread for each table of descriptors in a process; returns as cprocess_list.
///
/// Few have more than one table; one may be listed more than once.
long cprocess_tables(pid_t pid, pid_t *threads, long capacity);

/// Lists the files that a thread has open and that have no name; returns as cprocess_list.
long cprocess_unnamed(pid_t thread, struct cprocess_file *files, long capacity);

/// How many descriptors wait in the sockets that a thread has open.
long cprocess_in_flight(pid_t thread);

/// Lists the files without a name that a thread maps; returns as cprocess_list.
///
/// Nobody can say what they take: the bytes are those up to the end of a part that is mapped.
long cprocess_mapped(pid_t thread, struct cprocess_file *files, long capacity);

/// What tells one set of mounts from another; 0 if unknown.
uint64_t cprocess_mount_namespace(pid_t pid);

/// Lists the file systems in memory that a process sees; returns as cprocess_list.
long cprocess_memory_mounts(pid_t pid, struct cprocess_file *mounts, long capacity);

/// What is free in a file system, in bytes; -1 if unknown.
struct cprocess_room {
    /// What holds nothing, whoever may use it.
    int64_t free;
    /// What we may use of it; changes when somebody reserves a part, too.
    int64_t available;
};

/// What is free where a path leads to.
struct cprocess_room cprocess_room(const char *path);

/// A walk through a folder and all below it that takes its time.
struct cprocess_walk;

/// What a walk has found so far.
struct cprocess_walk_sum {
    /// The bytes of what was made since.
    uint64_t made;
    /// The bytes of what is older, and was changed since.
    uint64_t changed;
    /// How many files and folders there were.
    uint64_t entries;
    /// Whether something could not be looked at.
    int is_partial;
};

/// Begins a walk that looks for what is younger than a time of the wall clock.
///
/// No link is followed, and no mount entered. NULL if there is no memory.
struct cprocess_walk *cprocess_walk_begin(
    const char *path, int64_t since_seconds, int64_t since_nanoseconds);

/// Looks at some more files; returns whether there are still more.
int cprocess_walk_step(struct cprocess_walk *walk, long entries);

/// What has been found so far.
struct cprocess_walk_sum cprocess_walk_found(const struct cprocess_walk *walk);

/// Gives back what the walk holds.
void cprocess_walk_end(struct cprocess_walk *walk);

/// Opens an event counter that handlers may write to; -1 on failure.
int cprocess_event(void);

/// Makes an event counter readable, for ever.
void cprocess_event_set(int fd);

/// Lets these signals set an event counter in place of their default action.
///
/// One counter per process at a time: the last call wins. SIGHUP and SIGINT
/// stay ignored where whoever started us ignored them, as nohup(1) does.
int cprocess_catch(int fd, const int *signals, size_t count);

/// Gives the caught signals their default action again, if `fd` is still theirs.
void cprocess_release(int fd);

/// The last signal caught, or 0.
int cprocess_caught(void);

/// Accepts a connection that closes on exec and never blocks, or a negative errno value.
int cprocess_accept(int socket);

/// Takes a descriptor that somebody sends over a UNIX socket.
///
/// It closes on exec. Of several sent at once the first is kept, the others are
/// closed. Returns it, or a negative errno value; -EPROTO if none came.
int cprocess_receive_descriptor(int socket);

/// Sends a descriptor over a UNIX socket; returns 0, or an errno value.
int cprocess_send_descriptor(int socket, int descriptor);

/// Has no other process of this user read our memory, nor a core file; returns 0 or -1.
int cprocess_keep_secrets(void);

/// Locks a whole open file for writing until its last descriptor is closed; returns 0 or errno.
int cprocess_hold(int fd);

#endif
