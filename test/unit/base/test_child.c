/* Starting programs: arguments, environment, descriptors, deadlines. */
#include "check.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/child.h"

static struct pool *pool;

static const struct { const char *line; size_t count; const char *arguments[5]; } lines[] = {
    { "/bin/a b c", 3, { "/bin/a", "b", "c" } },
    { "  /bin/a\t b\n", 2, { "/bin/a", "b" } },
    { "a \"b c\" d", 3, { "a", "b c", "d" } },
    { "a \"b c\"d", 3, { "a", "b c", "d" } },
    { "a b\"c d\"", 3, { "a", "b\"c", "d\"" } },
    { "a \"\\t\\x41\\101\\\"\"", 2, { "a", "\tAA\"" } },
    { "a '\\t\"x'", 2, { "a", "\\t\"x" } },
    { "a \"\" ''", 3, { "a", "", "" } },
    { "a b\\ c", 3, { "a", "b\\", "c" } },
    { "a \"unbalanced x", 2, { "a", "unbalanced x" } },
    { "a 'unbalanced x", 2, { "a", "unbalanced x" } },
    { "", 0, { NULL } },
};

TEST(command_lines_split_as_the_manual_says)
{
    pool = pool_new("test");
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct str_list arguments = { 0 };
        const char *why = NULL;

        CHECK_ROW(lines[i].line, child_split_arguments(pool, str_of(lines[i].line), &arguments, &why));
        CHECK_INT(lines[i].line, arguments.count, lines[i].count);
        for (size_t k = 0; k < arguments.count && k < lines[i].count; k++)
            CHECK_STR(lines[i].line, arguments.items[k], lines[i].arguments[k]);
    }
}

TEST(a_quoted_argument_is_known_as_such)
{
    struct str line = STR("a $pipe_addresses \"$pipe_addresses\" '$pipe_addresses'");

    CHECK_INT("bare", child_argument_quote(line, 1), 0);
    CHECK_INT("double", child_argument_quote(line, 2), '"');
    CHECK_INT("single", child_argument_quote(line, 3), '\'');
}

static struct str
run(const char *const *argv, const char *const *envp, const char *input, int timeout_s, size_t limit_bytes,
    enum child_end *end_out, int *code_out)
{
    struct child_spec spec = { .argv = argv, .envp = envp };
    struct child child;
    struct buf output;
    struct why why;

    why_init(&why, pool);
    buf_init(&output, pool, limit_bytes);
    if (child_run(&spec, str_of(input), &output, timeout_s, end_out, &child, &why) != OK)
        return why.text;
    *code_out = child_code(&child);
    return buf_str(&output);
}

TEST(a_child_gets_its_arguments_environment_and_input_and_nothing_else)
{
    static const char *const environment[] = { "A=b", "C=d e", NULL };
    const char *env[] = { "/usr/bin/env", NULL }, *cat[] = { "/bin/cat", NULL },
               *ls[] = { "/bin/ls", "/proc/self/fd", NULL };
    int stray = open("/dev/null", O_RDONLY), code = -1;
    enum child_end end;

    CHECK_STR("env", run(env, environment, "", 10, 1000, &end, &code), "A=b\nC=d e\n");
    CHECK_STR("no env", run(env, NULL, "", 10, 1000, &end, &code), "");
    CHECK_STR("cat", run(cat, NULL, "hello\n", 10, 1000, &end, &code), "hello\n");
    /* 0, 1, 2, and the one ls reads the directory with. */
    CHECK_STR("fds", run(ls, NULL, "", 10, 1000, &end, &code), "0\n1\n2\n3\n");
    close(stray);
}

TEST(more_input_and_output_than_pipes_hold_do_not_block)
{
    const char *cat[] = { "/bin/cat", NULL };
    char *big = pool_alloc(pool, 1000001);
    int code = -1;
    enum child_end end;
    struct str output;

    memset(big, 'x', 1000000);
    output = run(cat, NULL, big, 20, 2000000, &end, &code);
    CHECK_INT("length", output.len, 1000000);
    CHECK_INT("code", code, 0);
    CHECK_INT("cut off", run(cat, NULL, big, 20, 1000, &end, &code).len, 1000);
}

TEST(exit_codes_signals_and_timeouts_are_told_apart)
{
    const char *three[] = { "/bin/sh", "-c", "exit 3", NULL }, *killed[] = { "/bin/sh", "-c", "kill -9 $$", NULL },
               *slow[] = { "/bin/sh", "-c", "sleep 30 & sleep 30", NULL };
    int code = -1;
    enum child_end end;

    run(three, NULL, "", 10, 100, &end, &code);
    CHECK_INT("exit", end, CHILD_EXITED);
    CHECK_INT("exit code", code, 3);
    run(killed, NULL, "", 10, 100, &end, &code);
    CHECK_INT("signal", end, CHILD_SIGNALLED);
    CHECK_INT("signal code", code, 128 + SIGKILL);
    run(slow, NULL, "", 1, 100, &end, &code);
    CHECK_INT("timeout", end, CHILD_TIMED_OUT);
}

TEST(a_program_that_cannot_be_run_is_reported_before_anything_starts)
{
    const char *none[] = { "/nonexistent/program", NULL }, *directory[] = { "/tmp", NULL };
    struct child_spec spec = { .argv = none };
    struct child child;
    struct why why;

    why_init(&why, pool);
    CHECK_INT("none", child_start(&spec, &child, &why), DEFER);
    CHECK_INT("errno", why.sys_errno, ENOENT);
    CHECK_INT("exec", why.detail, 1);
    spec.argv = directory;
    CHECK_INT("directory", child_start(&spec, &child, &why), DEFER);
    CHECK_INT("errno", why.sys_errno, EACCES);
    CHECK_INT("nothing runs", child.pid, 0);
}

TEST(a_tainted_program_name_is_refused)
{
    const char *argv[] = { NULL, NULL };
    struct child_spec spec = { .argv = argv };
    struct child child;
    struct why why;

    why_init(&why, pool);
    argv[0] = pool_cstr(pool, pool_dup_tainted(pool, STR("/bin/true")));
    CHECK_INT("refused", child_start(&spec, &child, &why), DEFER);
    CHECK_CONTAINS("why", pool_cstr(pool, why.text), "Tainted '/bin/true'");
}
