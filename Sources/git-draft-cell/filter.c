#define _GNU_SOURCE
#include "cell.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OUR_MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_MACHINE AUDIT_ARCH_AARCH64
#else
#error "the filter does not know the system calls of this machine"
#endif

/* Numbers that every machine shares, and that the headers may be too old for. */
enum {
    call_io_uring_setup = 425,
    call_io_uring_enter = 426,
    call_io_uring_register = 427,
    call_open_tree = 428,
    call_move_mount = 429,
    call_fsopen = 430,
    call_fsconfig = 431,
    call_fsmount = 432,
    call_fspick = 433,
    call_clone3 = 435,
    call_openat2 = 437,
    call_mount_setattr = 442,
    call_quotactl_fd = 443,
    call_fchmodat2 = 452,
    call_open_tree_attr = 467,
};

/* Every flag of clone(2) and unshare(2) that asks for a namespace of one's own. */
enum {
    new_namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER
        | CLONE_NEWPID | CLONE_NEWNET,
    new_time = 0x80,
};

/* Calls that change the machine, or that its kernel has been broken into by. */
static const struct {
    int number;
    int error;
} refused[] = {
    {SYS_add_key, EPERM},
    {SYS_keyctl, EPERM},
    {SYS_request_key, EPERM},
    {SYS_bpf, EPERM},
    {SYS_perf_event_open, EPERM},
    {SYS_userfaultfd, EPERM},
    {SYS_kexec_load, EPERM},
    {SYS_kexec_file_load, EPERM},
    {SYS_init_module, EPERM},
    {SYS_finit_module, EPERM},
    {SYS_delete_module, EPERM},
    {SYS_mount, EPERM},
    {SYS_umount2, EPERM},
    {SYS_pivot_root, EPERM},
    {SYS_setns, EPERM},
    {SYS_open_by_handle_at, EPERM},
    {SYS_acct, EPERM},
    {SYS_quotactl, EPERM},
    {SYS_reboot, EPERM},
    {SYS_swapon, EPERM},
    {SYS_swapoff, EPERM},
    {SYS_syslog, EPERM},
    {SYS_vhangup, EPERM},
    {SYS_settimeofday, EPERM},
    {SYS_clock_settime, EPERM},
    {SYS_lookup_dcookie, EPERM},
    {call_open_tree, EPERM},
    {call_open_tree_attr, EPERM},
    {call_move_mount, EPERM},
    {call_fsopen, EPERM},
    {call_fsconfig, EPERM},
    {call_fsmount, EPERM},
    {call_fspick, EPERM},
    {call_mount_setattr, EPERM},
    {call_quotactl_fd, EPERM},
    /* As if the kernel had none: programs then go another way. */
    {call_io_uring_setup, ENOSYS},
    {call_io_uring_enter, ENOSYS},
    {call_io_uring_register, ENOSYS},
    /* Their flags lie in memory, which a filter cannot see; older calls do all that is needed. */
    {call_openat2, ENOSYS},
    {call_clone3, ENOSYS},
#ifdef __x86_64__
    {SYS_iopl, EPERM},
    {SYS_ioperm, EPERM},
    {SYS_modify_ldt, EPERM},
    {SYS__sysctl, ENOSYS},
    {SYS_create_module, ENOSYS},
    {SYS_uselib, ENOSYS},
    {SYS_ustat, ENOSYS},
#endif
};

/* A program of the kernel's filter while it is being written. */
struct program {
    struct sock_filter code[256];
    unsigned short length;
};

static void add(struct program *program, uint16_t code, uint32_t value, int yes, int no) {
    size_t room = sizeof program->code / sizeof program->code[0];
    if (program->length >= room) fail(status_failed, "the filter is too long");
    program->code[program->length++] =
        (struct sock_filter)BPF_JUMP(code, value, (uint8_t)yes, (uint8_t)no);
}

static void load(struct program *program, size_t offset) {
    add(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/* The kernel reads these arguments as 32 bits; what is above them decides nothing. */
static void load_argument(struct program *program, int number) {
    size_t offset = offsetof(struct seccomp_data, args) + (size_t)number * sizeof(uint64_t);
    load(program, offset);
}

static void answer(struct program *program, uint32_t action) {
    add(program, BPF_RET | BPF_K, action, 0, 0);
}

static void answer_error(struct program *program, int error) {
    answer(program, SECCOMP_RET_ERRNO | ((uint32_t)error & SECCOMP_RET_DATA));
}

/* Skips `count` instructions unless the loaded value is `value`. */
static void unless(struct program *program, uint32_t value, int count) {
    add(program, BPF_JMP | BPF_JEQ | BPF_K, value, 0, count);
}

/* Only the calls of one machine have the numbers that the rest of the filter knows. */
static void check_machine(struct program *program) {
    load(program, offsetof(struct seccomp_data, arch));
    add(program, BPF_JMP | BPF_JEQ | BPF_K, OUR_MACHINE, 1, 0);
    answer(program, SECCOMP_RET_KILL_PROCESS);
    load(program, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
    /* The x32 calls have numbers of their own, and this bit. */
    add(program, BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
    answer_error(program, ENOSYS);
#endif
}

/* Refuses a call that has any of these bits in an argument. */
static void check_flags(struct program *program, int call, int argument, uint32_t flags) {
    unless(program, (uint32_t)call, 4);
    load_argument(program, argument);
    add(program, BPF_JMP | BPF_JSET | BPF_K, flags, 0, 1);
    answer_error(program, EPERM);
    answer(program, SECCOMP_RET_ALLOW);
}

/* The same for a call that has a mode only if its flags, one argument before it, say so. */
static void check_creation(struct program *program, int call, int argument, uint32_t modes) {
    unless(program, (uint32_t)call, 6);
    load_argument(program, argument - 1);
    add(program, BPF_JMP | BPF_JSET | BPF_K, O_CREAT | (O_TMPFILE & ~O_DIRECTORY), 0, 3);
    load_argument(program, argument);
    add(program, BPF_JMP | BPF_JSET | BPF_K, modes, 0, 1);
    answer_error(program, EPERM);
    answer(program, SECCOMP_RET_ALLOW);
}

/* Who started the job owns its files: no program may be left that runs with those rights. */
static void check_modes(struct program *program) {
    const uint32_t modes = S_ISUID | S_ISGID;
    check_flags(program, SYS_fchmod, 1, modes);
    check_flags(program, SYS_fchmodat, 2, modes);
    check_flags(program, call_fchmodat2, 2, modes);
    check_flags(program, SYS_mknodat, 2, modes);
    check_creation(program, SYS_openat, 3, modes);
#ifdef __x86_64__
    check_flags(program, SYS_chmod, 1, modes);
    check_flags(program, SYS_creat, 1, modes);
    check_flags(program, SYS_mknod, 1, modes);
    check_creation(program, SYS_open, 2, modes);
#endif
}

/* Terminals are not to be typed on, nor given another line discipline. */
static void check_ioctl(struct program *program) {
    static const uint32_t commands[] = {TIOCSTI, TIOCLINUX, TIOCSETD};
    int count = sizeof commands / sizeof commands[0];
    unless(program, SYS_ioctl, 2 * count + 2);
    load_argument(program, 1);
    for (int i = 0; i < count; i++) {
        unless(program, commands[i], 1);
        answer_error(program, EPERM);
    }
    answer(program, SECCOMP_RET_ALLOW);
}

/* Of the many kinds of sockets, those that programs talk to each other with. */
static void check_socket(struct program *program, int call) {
    unless(program, (uint32_t)call, 12);
    load_argument(program, 0);
    unless(program, AF_UNIX, 1);
    answer(program, SECCOMP_RET_ALLOW);
    unless(program, AF_INET, 1);
    answer(program, SECCOMP_RET_ALLOW);
    unless(program, AF_INET6, 1);
    answer(program, SECCOMP_RET_ALLOW);
    unless(program, AF_NETLINK, 3);
    load_argument(program, 2);
    unless(program, 0 /* NETLINK_ROUTE */, 1);
    answer(program, SECCOMP_RET_ALLOW);
    answer_error(program, EAFNOSUPPORT);
}

void refuse_calls(void) {
    struct program program = {.length = 0};
    check_machine(&program);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        unless(&program, (uint32_t)refused[i].number, 1);
        answer_error(&program, refused[i].error);
    }
    check_flags(&program, SYS_clone, 0, new_namespaces);
    check_flags(&program, SYS_unshare, 0, new_namespaces | new_time);
    check_modes(&program);
    check_ioctl(&program);
    check_socket(&program, SYS_socket);
    check_socket(&program, SYS_socketpair);
    answer(&program, SECCOMP_RET_ALLOW);
    struct sock_fprog filter = {.len = program.length, .filter = program.code};
    /* Filtering must not slow down what runs below it; old kernels do not know the flag. */
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &filter) == 0)
        return;
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0)
        fail_errno(status_failed, "cannot filter system calls");
}
