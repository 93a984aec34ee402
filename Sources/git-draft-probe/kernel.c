// Attempts at the kernel: name spaces, mounts, and calls that programs hardly need.
#include "probe.h"
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/quota.h>
#include <sys/utsname.h>
#include <sys/xattr.h>

// The numbers are the same on every architecture.
#ifndef SYS_open_tree
#define SYS_open_tree 428
#define SYS_move_mount 429
#define SYS_fsopen 430
#endif
#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

static int spaces(const char *word) {
    struct { const char *name; int flag; } all[] = {
        {"user", CLONE_NEWUSER}, {"mount", CLONE_NEWNS}, {"net", CLONE_NEWNET},
        {"pid", CLONE_NEWPID}, {"ipc", CLONE_NEWIPC}, {"uts", CLONE_NEWUTS},
        {"cgroup", CLONE_NEWCGROUP},
    };
    for (size_t index = 0; index < sizeof all / sizeof *all; index++)
        if (strcmp(all[index].name, word) == 0) return all[index].flag;
    return 0;
}

static int try_unshare(int count, char **words) {
    int flags = 0;
    for (int index = 0; index < count; index++) flags |= spaces(words[index]);
    return unshare(flags) ? refused("unshare") : 0;
}

// The same by clone, which a filter of unshare alone would miss.
static int try_clone(int count, char **words) {
    int flags = SIGCHLD;
    for (int index = 0; index < count; index++) flags |= spaces(words[index]);
    long pid = syscall(SYS_clone, (unsigned long)flags, 0, 0, 0, 0);
    if (pid == 0) _exit(0);
    if (pid < 0) return refused("clone");
    waitpid(pid, NULL, 0);
    return 0;
}

// The same by clone3, whose flags no filter can see.
static int try_clone3(int count, char **words) {
    struct { uint64_t flags, pidfd, child, parent, signal, stack, size, tls; } all = {0};
    for (int index = 0; index < count; index++) all.flags |= spaces(words[index]);
    all.signal = SIGCHLD;
    long pid = syscall(435, &all, sizeof all);
    if (pid == 0) _exit(0);
    if (pid < 0) return refused("clone3");
    waitpid(pid, NULL, 0);
    return 0;
}

static int join(const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return refused(path);
    return setns(file, 0) ? refused("setns") : 0;
}

static int try_setns(int count, char **words) {
    (void)count;
    return join(words[0]);
}

// Gets what mounting takes, from a user name space if need be.
static int become_mounter(void) {
    if (unshare(CLONE_NEWNS) == 0) goto private;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return refused("unshare");
private:
    // Nothing that is mounted here may reach the machine.
    return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ? refused("mount") : 0;
}

static int try_mount(int count, char **words) {
    (void)count;
    if (become_mounter()) return 1;
    return mount("probe", words[0], words[1], 0, NULL) ? refused("mount") : 0;
}

static int try_bind(int count, char **words) {
    (void)count;
    if (become_mounter()) return 1;
    return mount(words[0], words[1], NULL, MS_BIND | MS_REC, NULL) ? refused("mount") : 0;
}

static int try_remount(int count, char **words) {
    (void)count;
    if (become_mounter()) return 1;
    if (mount(words[0], words[0], NULL, MS_BIND, NULL)) return refused("mount");
    return mount(NULL, words[0], NULL, MS_REMOUNT | MS_BIND, NULL) ? refused("mount") : 0;
}

// Without a name space of our own it only counts what hides something here.
static int try_umount(int count, char **words) {
    (void)count;
    if (become_mounter()) return 1;
    if (mount(words[0], words[0], NULL, MS_BIND, NULL)) return refused("mount");
    return umount2(words[0], MNT_DETACH) ? refused("umount") : 0;
}

static int try_open_tree(int count, char **words) {
    (void)count;
    if (become_mounter()) return 1;
    int tree = syscall(SYS_open_tree, AT_FDCWD, words[0], 1 /* OPEN_TREE_CLONE */);
    if (tree < 0) return refused("open_tree");
    return syscall(SYS_move_mount, tree, "", AT_FDCWD, words[1], 4) ? refused("move_mount") : 0;
}

static int try_fsopen(int count, char **words) {
    (void)count;
    if (become_mounter()) return 1;
    return syscall(SYS_fsopen, words[0], 0) < 0 ? refused("fsopen") : 0;
}

static int try_pivot(int count, char **words) {
    (void)count;
    if (become_mounter()) return 1;
    if (mount(words[0], words[0], NULL, MS_BIND, NULL) || chdir(words[0])) return refused("mount");
    return syscall(SYS_pivot_root, ".", ".") ? refused("pivot_root") : 0;
}

// The classic way out of a chroot.
static int try_chroot(int count, char **words) {
    (void)count;
    int top = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (chroot(words[0]) != 0) {
        if (unshare(CLONE_NEWUSER) != 0 || chroot(words[0]) != 0) return refused("chroot");
    }
    return fchdir(top) ? refused("fchdir") : 0;
}

static int try_mknod(int count, char **words) {
    (void)count;
    // The numbers of /dev/zero: it can harm nobody.
    return mknod(words[0], S_IFCHR | 0666, (1 << 8) | 5) ? refused("mknod") : 0;
}

static int try_capability_file(int count, char **words) {
    (void)count;
    uint32_t value[5] = {0x02000001, 1u << 21, 0, 0, 0};
    return setxattr(words[0], "security.capability", value, sizeof value, 0)
        ? refused("setxattr") : 0;
}

static int try_bpf(int count, char **words) {
    (void)count; (void)words;
    union bpf_attr what;
    memset(&what, 0, sizeof what);
    what.map_type = BPF_MAP_TYPE_ARRAY;
    what.key_size = 4;
    what.value_size = 4;
    what.max_entries = 1;
    return syscall(SYS_bpf, BPF_MAP_CREATE, &what, sizeof what) < 0 ? refused("bpf") : 0;
}

static int try_perf(int count, char **words) {
    (void)count; (void)words;
    struct perf_event_attr what;
    memset(&what, 0, sizeof what);
    what.type = PERF_TYPE_SOFTWARE;
    what.size = sizeof what;
    what.config = PERF_COUNT_SW_CPU_CLOCK;
    what.exclude_kernel = 1;
    what.exclude_hv = 1;
    return syscall(SYS_perf_event_open, &what, 0, -1, -1, 0) < 0 ? refused("perf_event_open") : 0;
}

static int try_userfaultfd(int count, char **words) {
    (void)count; (void)words;
    return syscall(SYS_userfaultfd, O_CLOEXEC | 1 /* user mode only */) < 0
        ? refused("userfaultfd") : 0;
}

static int try_io_uring(int count, char **words) {
    (void)count; (void)words;
    char parameters[120] = {0};
    return syscall(SYS_io_uring_setup, 1, parameters) < 0 ? refused("io_uring_setup") : 0;
}

static int try_add_key(int count, char **words) {
    (void)count; (void)words;
    long key = syscall(SYS_add_key, "user", "git-draft-probe", "x", 1, -3 /* session */);
    if (key < 0) return refused("add_key");
    syscall(SYS_keyctl, 3 /* revoke */, key);
    return 0;
}

// Reads a key by its number; the user's keyring is shared by all of the user's processes.
static int try_read_key(int count, char **words) {
    (void)count;
    char secret[SECRET_SIZE + 1] = {0};
    long key = strtol(words[0], NULL, 10);
    // Whoever links the keyring possesses what is in it.
    syscall(SYS_keyctl, 8 /* link */, -4L /* user */, -3L /* session */);
    if (syscall(SYS_keyctl, 11 /* read */, key, secret, sizeof secret - 1) < 0)
        return refused("keyctl");
    puts(secret);
    return 0;
}

static int try_syslog(int count, char **words) {
    (void)count; (void)words;
    char text[64];
    return klogctl(3, text, sizeof text) < 0 ? refused("syslog") : 0;
}

// Opens a file by its handle, which passes by every directory.
static int try_handle(int count, char **words) {
    (void)count;
    struct { struct file_handle head; unsigned char bytes[128]; } handle;
    unsigned length = 0, type = 0;
    const char *text = words[0];
    int used = 0;
    if (sscanf(text, "%u:%u:%n", &type, &length, &used) != 2 || length > 128) return 2;
    handle.head.handle_type = (int)type;
    handle.head.handle_bytes = length;
    for (unsigned index = 0; index < length; index++)
        sscanf(text + used + 2 * index, "%2hhx", &handle.head.f_handle[index]);
    int place = open(words[1], O_RDONLY | O_DIRECTORY);
    int file = open_by_handle_at(place, &handle.head, O_RDONLY);
    if (file < 0) return refused("open_by_handle_at");
    char secret[SECRET_SIZE + 1] = {0};
    if (read(file, secret, SECRET_SIZE) <= 0) return refused("read");
    puts(secret);
    return 0;
}

// Writes a file of the kernel what is in it, so that nothing changes.
static int try_rewrite(int count, char **words) {
    (void)count;
    char text[4096];
    int file = open(words[0], O_RDWR | O_CLOEXEC);
    if (file < 0) return refused(words[0]);
    ssize_t length = read(file, text, sizeof text);
    if (length <= 0) return refused("read");
    return pwrite(file, text, (size_t)length, 0) < 0 ? refused("write") : 0;
}

static int try_hostname(int count, char **words) {
    (void)count; (void)words;
    struct utsname names;
    uname(&names);
    return sethostname(names.nodename, strlen(names.nodename)) ? refused("sethostname") : 0;
}

// Opens the first device of a kind that is there: what is below a file system is every file.
static int try_device(int count, char **words) {
    errno = ENOENT;
    for (int index = 0; index < count; index++) {
        int file = open(words[index], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        if (file >= 0) return 0;
    }
    return refused("open");
}

// Types on the terminal of somebody else.
static int try_type(int count, char **words) {
    (void)count;
    setsid();
    int terminal = open(words[0], O_RDWR);
    if (terminal < 0) return refused(words[0]);
    ioctl(terminal, TIOCSCTTY, 0);
    for (const char *letter = "touch x\n"; *letter; letter++)
        if (ioctl(terminal, TIOCSTI, letter)) return refused("TIOCSTI");
    return 0;
}

const struct entry kernel_attempts[] = {
    {"unshare", try_unshare, 1}, {"clone", try_clone, 1}, {"clone3", try_clone3, 1},
    {"setns", try_setns, 1},
    {"mount", try_mount, 2}, {"bind", try_bind, 2}, {"remount", try_remount, 1},
    {"umount", try_umount, 1}, {"open-tree", try_open_tree, 2}, {"fsopen", try_fsopen, 1},
    {"pivot-root", try_pivot, 1}, {"chroot", try_chroot, 1}, {"mknod", try_mknod, 1},
    {"capability-file", try_capability_file, 1}, {"bpf", try_bpf, 0}, {"perf", try_perf, 0},
    {"userfaultfd", try_userfaultfd, 0}, {"io-uring", try_io_uring, 0},
    {"add-key", try_add_key, 0}, {"read-key", try_read_key, 1}, {"syslog", try_syslog, 0},
    {"handle", try_handle, 2}, {"rewrite", try_rewrite, 1}, {"hostname", try_hostname, 0},
    {"device", try_device, 1}, {"type", try_type, 1}, {NULL, NULL, 0},
};
