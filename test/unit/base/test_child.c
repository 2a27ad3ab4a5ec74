/* Child processes: what they get, how they end, how a command line is taken apart. */
#include "check.h"
#include <errno.h>
#include <signal.h>
#include <unistd.h>
#include "base/child.h"

static struct pool *pool;
static struct why why;
static struct buf output;

/* Run a shell command with this input; its end. */
static enum child_end
run(const char *command, struct str input, int timeout_s, struct child *child)
{
    const char *argv[] = { "/bin/sh", "-c", command, NULL };
    static const char *const envp[] = { "PATH=/usr/bin:/bin", "LANG=C", NULL };
    struct child_spec spec = { .argv = argv, .envp = envp };
    enum child_end end = CHILD_EXITED;

    if (pool == NULL)
        pool = pool_new("test");
    why_init(&why, pool);
    buf_init(&output, pool, 1000);
    CHECK_INT(command, child_run(&spec, input, &output, timeout_s, &end, child, &why), OK);
    return end;
}

TEST(a_child_gets_input_and_gives_output_and_code)
{
    struct child child;

    CHECK_INT("exit", run("cat; echo error >&2; exit 3", STR("in\n"), 10, &child), CHILD_EXITED);
    CHECK_INT("code", child_code(&child), 3);
    CHECK_STR("output", buf_str(&output), "in\nerror\n");
    CHECK(str_is_tainted(buf_str(&output)));
    CHECK_STR("text", child_end_text(pool, CHILD_EXITED, &child), "exit 3");
}

TEST(a_child_that_closes_its_input_early_is_no_error)
{
    struct child child;
    char *large = pool_alloc(pool, 1000000);

    CHECK_INT("exit", run("exec <&-; echo done", str_make(large, 1000000), 10, &child), CHILD_EXITED);
    CHECK_STR("output", buf_str(&output), "done\n");
}

TEST(output_beyond_the_limit_is_read_and_thrown_away)
{
    struct child child;

    CHECK_INT("exit", run("head -c 200000 /dev/zero | tr '\\0' x", STR(""), 10, &child), CHILD_EXITED);
    CHECK_INT("code", child_code(&child), 0);
    CHECK(buf_overflowed(&output) && buf_str(&output).len == 1000);
}

TEST(a_child_that_takes_too_long_is_killed_with_its_family)
{
    struct child child;

    CHECK_INT("end", run("sleep 100 & echo $!; wait", STR(""), 1, &child), CHILD_TIMED_OUT);
    CHECK_INT("end", run("kill -9 $$", STR(""), 10, &child), CHILD_SIGNALLED);
    CHECK_INT("code", child_code(&child), 128 + SIGKILL);
}

TEST(a_child_gets_no_descriptor_and_no_environment_but_what_it_is_given)
{
    struct child child;
    int fd = dup(0);

    CHECK(fd != -1);
    CHECK_INT("exit", run("ls /proc/self/fd | sort -n | tr '\\n' ' '; env | sort | grep -v -e ^PWD -e ^_= -e ^SHLVL | tr '\\n' ' '",
        STR(""), 10, &child), CHILD_EXITED);
    CHECK_STR("descriptors and environment", buf_str(&output), "0 1 2 3 LANG=C PATH=/usr/bin:/bin ");
    close(fd);
}

TEST(a_program_that_is_not_there_says_so)
{
    const char *argv[] = { "/no/such/program", NULL };
    struct child_spec spec = { .argv = argv };
    struct child child;

    why_init(&why, pool);
    CHECK_INT("start", child_start(&spec, &child, &why), DEFER);
    CHECK_INT("reason", why.sys_errno, ENOENT);
    CHECK_INT("exec failed", why.detail, 1);
}

TEST(a_tainted_program_is_never_started)
{
    const char *argv[] = { pool_cstr(pool, pool_dup_tainted(pool, STR("/bin/true"))), NULL };
    struct child_spec spec = { .argv = argv };
    struct child child;

    why_init(&why, pool);
    CHECK_INT("start", child_start(&spec, &child, &why), DEFER);
}

static const struct { const char *line; const char *arguments[6]; } lines[] = {
    { "/bin/cat a b", { "/bin/cat", "a", "b" } },
    { "  x   y  ", { "x", "y" } },
    { "a \"b c\" 'd e'", { "a", "b c", "d e" } },
    { "a \"b\\\"c\\n\" 'd\\n'", { "a", "b\"c\n", "d\\n" } },
    { "a b\\c", { "a", "b\\c" } },
    { "a \"\" ''", { "a", "", "" } },
    { "a;b|c `d` $(e)", { "a;b|c", "`d`", "$(e)" } },
    { "", { NULL } },
};

TEST(a_command_line_is_split_without_a_shell)
{
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct str_list arguments = { 0 };
        const char *reason = NULL;
        size_t count = 0;

        CHECK_ROW(lines[i].line, child_split_arguments(pool, str_of(lines[i].line), &arguments, &reason));
        while (lines[i].arguments[count] != NULL)
            count++;
        if (CHECK_INT(lines[i].line, arguments.count, count))
            for (size_t n = 0; n < count; n++)
                CHECK_STR(lines[i].line, arguments.items[n], lines[i].arguments[n]);
    }
}
