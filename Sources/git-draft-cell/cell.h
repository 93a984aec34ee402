#ifndef CELL_H
#define CELL_H

/*
 * git-draft-cell runs inside a sandbox as its first program, does there what can only be done
 * from inside, and becomes the command:
 *
 *     git-draft-cell [--listen PORT=SOCKET]... [--limit NAME=N]... [--environment COUNT]
 *         [--keep-environment] [--no-seccomp] [--first [--follow FILE]] -- COMMAND...
 *
 * With --environment the variables DRAFT_CELL_0 to DRAFT_CELL_<COUNT - 1> hold NAME=VALUE each,
 * and these are the environment of the command: whatever starts a sandbox runs outside of it, and
 * must heed none of them. Others stay only with --keep-environment, as those of an image.
 *
 * With --first the command is its child: in a container the first process has to collect
 * orphans, and no signal ends it by itself. With --follow, everything in there ends at once when
 * nobody outside holds a lock on FILE any more: whoever started a container is not the parent of
 * its processes, and may be killed.
 *
 * It fails with one line that begins "git-draft-cell: ", and with status 126, or with 127 if the
 * command is not there.
 */

/* What it exits with, as a shell would. */
enum { status_failed = 126, status_not_found = 127 };

/* Prints "git-draft-cell: " and a line, and exits. */
_Noreturn void fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints also why: what errno says. */
_Noreturn void fail_errno(int status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Splits NAME=VALUE at the first '='; returns the value. */
const char *value_of(char *assignment, const char *option);

/* Reads a whole decimal number of at least 0, or fails. */
unsigned long long number_of(const char *text, const char *option);

/* Listens on 127.0.0.1:`port`, and hands the listening socket to whoever listens on `path`. */
void open_door(unsigned short port, const char *path);

/* Lowers one limit of this process, and of all that come from it. */
void set_limit(const char *name, unsigned long long value);

/* Puts the variables in place that others carry; keeps also what else there is, if told to. */
void take_environment(unsigned long long count, int keeps_others);

/* Refuses system calls from here on that no work on a repository needs. */
void refuse_calls(void);

/* Opens a file, and fails unless somebody holds a lock for writing on it. */
void open_followed(const char *path);

/* Goes on in a child, and never returns in the first process, which watches it. */
void stay_first(void);

#endif
