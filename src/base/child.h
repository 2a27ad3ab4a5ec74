/* base/child.h -- start another program: the only exec in the tree.
 *
 * No shell is involved unless the caller's argv names one.  The program gets the arguments, the environment and the
 * three standard descriptors it is given and nothing else: every descriptor from 3 up is closed, signals have their
 * default action, none is blocked.  It leads a process group of its own, so that a timeout ends all of its family. */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H
#include <sys/types.h>
#include "base/buf.h"
#include "base/list.h"
#include "base/outcome.h"

/* What to start.  {0} with argv means: empty environment, same directory and umask, /dev/null thrice. */
struct child_spec {
    const char *const *argv;        /* ends with NULL; must be clean */
    const char *program;            /* the file to run if it is not argv[0]; absolute or with a slash */
    const char *const *envp;        /* ends with NULL; NULL: empty */
    const char *directory;          /* working directory; NULL: the caller's */
    int in_fd, out_fd, err_fd;      /* the caller's descriptors that become 0, 1, 2; 0 stands for /dev/null */
    int umask_plus_1;               /* 0: the caller's */
    bool stays_in_group;            /* do not start a process group */
    bool may_dump_core;             /* lift the limit on core files to the hard limit */
};

struct child {
    pid_t pid;                      /* 0: none, or collected */
    bool leads_group;
    int status;                     /* as from waitpid(), once collected */
};

enum child_end { CHILD_EXITED, CHILD_SIGNALLED, CHILD_TIMED_OUT };

/* Start it.  DEFER with why->sys_errno: EACCES, ENOENT and the like mean that the program could not be run (exec),
 * why->detail is then 1; otherwise it is our own trouble (fork, pipe).  Tainted argv or program: DEFER, nothing
 * started. */
enum outcome child_start(const struct child_spec *spec, struct child *child_out, struct why *why);

/* Wait for its end, at most timeout_s seconds (0: for ever); at the timeout its process group is killed and collected.
 * The status is in child->status. */
enum child_end child_wait(struct child *child, int timeout_s);

/* Exit code, or 128 + signal, of a collected child. */
int child_code(const struct child *child);

/* Kill the process group and collect, if it still runs. */
void child_kill(struct child *child);

/* A pipe, close-on-exec at both ends. */
enum outcome child_pipe(int *read_fd_out, int *write_fd_out, struct why *why);

/* Feed input, collect up to the limit of output what comes from standard output and standard error (in the order it
 * comes; what passes the limit is read and thrown away), wait.  spec's in_fd, out_fd and err_fd are not looked at.
 * The output is tainted.  A child that closes its input early is no error. */
enum outcome child_run(const struct child_spec *spec, struct str input, struct buf *output, int timeout_s,
                       enum child_end *end_out, struct child *child_out, struct why *why);

/* A text for the log: "exit 3", "signal 9 (Killed)", "timeout". */
struct str child_end_text(struct pool *pool, enum child_end end, const struct child *child);

/* Split a command line into arguments as the manual says for the pipe transport and ${run}: white space separates; an
 * argument that begins with a quote ends at the next one: in "..." backslash escapes count, '...' is verbatim; a
 * backslash elsewhere is an ordinary character.  A quote that is not closed ends with the line.  Parts keep the trust
 * of the text. False, with why_out, for a NUL octet. */
bool child_split_arguments(struct pool *pool, struct str line, struct str_list *arguments_out, const char **why_out);

/* Is the argument at position index of such a line quoted, and how: 0, '"' or a single quote?  For callers that treat a
 * bare word specially ($pipe_addresses). */
char child_argument_quote(struct str line, size_t index);
#endif
