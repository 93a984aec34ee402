// git-draft-probe: attempts at a sandbox, from inside.
//
//     git-draft-probe NAME [WORD]...
//
// Status 0 says that the attempt got through, 1 that it was refused, 2 that there is none of
// that name. `git draft redteam` runs it; nothing here harms a machine without a sandbox.
#include "probe.h"

int refused(const char *what) {
    fprintf(stderr, "git-draft-probe: %s: %s\n", what, strerror(errno));
    return 1;
}

static int run(const struct entry *entries, int count, char **words) {
    for (; entries->name; entries++) {
        if (strcmp(entries->name, words[1]) == 0 && count - 2 >= entries->words)
            return entries->run(count - 2, words + 2);
    }
    return -1;
}

int main(int count, char **words) {
    // A call that the sandbox answers with a signal, or never, is as good as refused.
    if (count > 1 && strcmp(words[1], "host") == 0) return play_host(count - 2, words + 2);
    alarm(60);
    const struct entry *lists[] = {
        kernel_attempts, network_attempts, process_attempts, alone_attempts};
    for (int index = 0; count > 1 && index < 4; index++) {
        int status = run(lists[index], count, words);
        if (status >= 0) return status;
    }
    fprintf(stderr, "git-draft-probe: no such attempt\n");
    return 2;
}
