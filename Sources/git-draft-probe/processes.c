// Attempts at other processes, and at the limits of our own.
#include "probe.h"
#include <ftw.h>
#include <pthread.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/uio.h>
#include <sys/xattr.h>

static int show(const char *secret) {
    printf("%.*s\n", SECRET_SIZE, secret);
    return 0;
}

static int try_ptrace(int count, char **words) {
    (void)count;
    pid_t pid = atoi(words[0]);
    if (ptrace(PTRACE_ATTACH, pid, 0, 0)) return refused("ptrace");
    waitpid(pid, NULL, __WALL);
    char secret[SECRET_SIZE + 8] = {0};
    for (size_t place = 0; place < SECRET_SIZE; place += sizeof(long)) {
        long word = ptrace(PTRACE_PEEKDATA, pid, (char *)SECRET_ADDRESS + place, 0);
        memcpy(secret + place, &word, sizeof word);
    }
    ptrace(PTRACE_DETACH, pid, 0, 0);
    return show(secret);
}

static int try_vm_read(int count, char **words) {
    (void)count;
    char secret[SECRET_SIZE] = {0};
    struct iovec here = {secret, sizeof secret}, there = {SECRET_ADDRESS, sizeof secret};
    if (process_vm_readv(atoi(words[0]), &here, 1, &there, 1, 0) < 0)
        return refused("process_vm_readv");
    return show(secret);
}

static int try_proc_mem(int count, char **words) {
    (void)count;
    char path[64], secret[SECRET_SIZE] = {0};
    snprintf(path, sizeof path, "/proc/%d/mem", atoi(words[0]));
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return refused(path);
    if (pread(file, secret, sizeof secret, (off_t)(uintptr_t)SECRET_ADDRESS) <= 0)
        return refused("read");
    return show(secret);
}

static int try_pidfd(int count, char **words) {
    (void)count;
    char secret[SECRET_SIZE] = {0};
    int process = syscall(434 /* pidfd_open */, atoi(words[0]), 0);
    if (process < 0) return refused("pidfd_open");
    int file = syscall(438 /* pidfd_getfd */, process, SECRET_DESCRIPTOR, 0);
    if (file < 0) return refused("pidfd_getfd");
    if (pread(file, secret, sizeof secret, 0) <= 0) return refused("read");
    return show(secret);
}

static int try_kill(int count, char **words) {
    (void)count;
    return kill(atoi(words[0]), atoi(words[1])) ? refused("kill") : 0;
}

static int try_renice(int count, char **words) {
    (void)count;
    return setpriority(PRIO_PROCESS, (id_t)atoi(words[0]), 19) ? refused("setpriority") : 0;
}

static int try_affinity(int count, char **words) {
    (void)count;
    // As bytes: what has the macros' names would take more than we need.
    unsigned char mask[128] = {0};
    long last = sysconf(_SC_NPROCESSORS_CONF) - 1;
    mask[last / 8] = (unsigned char)(1 << last % 8);
    return syscall(SYS_sched_setaffinity, atoi(words[0]), sizeof mask, mask)
        ? refused("sched_setaffinity") : 0;
}

static int try_prlimit(int count, char **words) {
    (void)count;
    struct rlimit limit = {100, 100};
    return prlimit(atoi(words[0]), RLIMIT_SIGPENDING, &limit, NULL) ? refused("prlimit") : 0;
}

static int try_shared(int count, char **words) {
    (void)count;
    char *memory = shmat(atoi(words[0]), NULL, SHM_RDONLY);
    return memory == (void *)-1 ? refused("shmat") : show(memory);
}

static int try_message(int count, char **words) {
    (void)count;
    struct { long type; char text[SECRET_SIZE]; } message = {0};
    if (msgrcv(atoi(words[0]), &message, SECRET_SIZE, 0, IPC_NOWAIT) < 0)
        return refused("msgrcv");
    return show(message.text);
}

// MARK: - Limits

// So many children asleep at once; never more than 1,000.
static int try_children(int count, char **words) {
    (void)count;
    int wanted = atoi(words[0]), made = 0;
    pid_t children[1000];
    for (; made < wanted && made < 1000; made++) {
        pid_t pid = fork();
        if (pid < 0) break;
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            pause();
            _exit(0);
        }
        children[made] = pid;
    }
    int error = errno;
    usleep(1500 * 1000);
    for (int index = 0; index < made; index++) kill(children[index], SIGKILL);
    while (wait(NULL) > 0) {}
    errno = error;
    return made < wanted ? refused("fork") : 0;
}

static void *doze(void *unused) {
    (void)unused;
    sleep(8);
    return NULL;
}

static int try_threads(int count, char **words) {
    (void)count;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 * 1024);
    for (int index = 0, wanted = atoi(words[0]); index < wanted && index < 1000; index++) {
        pthread_t thread;
        errno = pthread_create(&thread, &small, doze, NULL);
        if (errno) return refused("pthread_create");
    }
    usleep(1500 * 1000);
    return 0;
}

static int fill(size_t megabytes) {
    size_t size = megabytes << 20;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return refused("mmap");
    for (size_t place = 0; place < size; place += 4096) memory[place] = 1;
    return 0;
}

// So many megabytes, touched and kept for a while; never more than 512.
static int try_memory(int count, char **words) {
    (void)count;
    int wanted = atoi(words[0]);
    if (fill(wanted > 512 ? 512 : (size_t)wanted)) return 1;
    usleep(2500 * 1000);
    return 0;
}

// The same in several children, none of which has much.
static int try_memory_children(int count, char **words) {
    (void)count;
    int children = atoi(words[0]), each = atoi(words[1]), failed = 0, status;
    if (children > 8 || children * each > 512) return 2;
    for (int index = 0; index < children; index++) {
        if (fork() == 0) _exit(fill((size_t)each) || usleep(2500 * 1000));
    }
    while (wait(&status) > 0) failed |= status;
    return failed ? refused("fill memory") : 0;
}

static int try_descriptors(int count, char **words) {
    (void)count;
    for (int index = 0, wanted = atoi(words[0]); index < wanted; index++)
        if (open("/dev/null", O_RDONLY) < 0) return refused("open");
    return 0;
}

// Burns seconds of processor time in so many processes.
static int try_burn(int count, char **words) {
    (void)count;
    int children = atoi(words[0]), failed = 0, status;
    for (int index = 0; index < children && index < 8; index++) {
        if (fork() != 0) continue;
        struct rusage used;
        do getrusage(RUSAGE_SELF, &used);
        while (used.ru_utime.tv_sec + used.ru_stime.tv_sec < atoi(words[1]));
        _exit(0);
    }
    while (wait(&status) > 0) failed |= status;
    return failed ? refused("burn") : 0;
}

static int try_sparse(int count, char **words) {
    (void)count;
    signal(SIGXFSZ, SIG_IGN);
    int file = open(words[0], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return file < 0 || ftruncate(file, atol(words[1]) << 20) ? refused("ftruncate") : 0;
}

static int try_raise(int count, char **words) {
    (void)count; (void)words;
    int all[] = {RLIMIT_FSIZE, RLIMIT_CPU};
    for (size_t index = 0; index < sizeof all / sizeof *all; index++) {
        struct rlimit limit;
        getrlimit(all[index], &limit);
        if (limit.rlim_max == RLIM_INFINITY) continue;
        limit.rlim_max = limit.rlim_cur = RLIM_INFINITY;
        if (setrlimit(all[index], &limit)) return refused("setrlimit");
    }
    return 0;
}

static int try_hurry(int count, char **words) {
    (void)count; (void)words;
    errno = 0;
    if (setpriority(PRIO_PROCESS, 0, -5)) return refused("setpriority");
    return 0;
}

static int try_realtime(int count, char **words) {
    (void)count; (void)words;
    struct sched_param first = {.sched_priority = 1};
    return sched_setscheduler(0, SCHED_RR, &first) ? refused("sched_setscheduler") : 0;
}

static int try_lock_memory(int count, char **words) {
    (void)count;
    size_t size = (size_t)atoi(words[0]) << 20;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED || mlock(memory, size) ? refused("mlock") : 0;
}

static int try_core(int count, char **words) {
    (void)count;
    struct rlimit limit;
    getrlimit(RLIMIT_CORE, &limit);
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_CORE, &limit)) return refused("setrlimit");
    errno = EPERM;
    return limit.rlim_max < (rlim_t)atol(words[0]) ? refused("dump core") : 0;
}

// MARK: - From the machine's side

static int look(const char *path, const struct stat *entry, int type, struct FTW *place) {
    (void)type; (void)place;
    char value[32];
    int isArmed = S_ISREG(entry->st_mode) && (entry->st_mode & 06000);
    isArmed |= S_ISBLK(entry->st_mode) || S_ISCHR(entry->st_mode);
    isArmed |= lgetxattr(path, "security.capability", value, sizeof value) > 0;
    return isArmed;
}

// Whether a folder holds what gives rights to who runs or opens it.
static int find_armed(int count, char **words) {
    (void)count;
    return nftw(words[0], look, 16, FTW_PHYS) == 1 ? 0 : 1;
}

const struct entry process_attempts[] = {
    {"ptrace", try_ptrace, 1}, {"vm-read", try_vm_read, 1}, {"proc-mem", try_proc_mem, 1},
    {"pidfd", try_pidfd, 1}, {"kill", try_kill, 2}, {"renice", try_renice, 1},
    {"affinity", try_affinity, 1}, {"prlimit", try_prlimit, 1}, {"shared", try_shared, 1},
    {"message", try_message, 1}, {"children", try_children, 1}, {"threads", try_threads, 1},
    {"memory", try_memory, 1}, {"memory-children", try_memory_children, 2},
    {"descriptors", try_descriptors, 1}, {"burn", try_burn, 2}, {"sparse", try_sparse, 2},
    {"raise", try_raise, 0}, {"hurry", try_hurry, 0}, {"realtime", try_realtime, 0},
    {"lock-memory", try_lock_memory, 1}, {"core", try_core, 1}, {"armed", find_armed, 1},
    {NULL, NULL, 0},
};
