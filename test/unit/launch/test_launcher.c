/* A launcher with this process's own uid: what an asker gets is decided by its descriptor. */
#include "check.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "launch/launch.h"
#include "launch/protocol.h"

#define ID "1rABCD-000000000zz-1Abc"

/* Deliveries never run as root. */
static struct launch_ids
someone(void)
{
    if (geteuid() == 0)
        return (struct launch_ids){ 65534, 65534, false };
    return (struct launch_ids){ geteuid(), getegid(), false };
}

static int
deliver(struct launch_link *link, const char *id, struct str options)
{
    int job[1] = { open("/dev/null", O_RDONLY) }, status = 0;
    struct launch_run run = { "local", someone(), job, 1 };
    unsigned child;
    struct why why;

    why_init(&why, pool_new("why"));
    if (strcmp(id, ID) != 0 || !str_eq_c(options, "opt"))
        return 1;
    if (launch_run(link, id, &run, &child, &why) != OK)
        return 2;
    if (launch_run_wait(link, child, &status, &why) != OK)
        return 3;
    if (launch_link_more(link) == NULL)
        return 4;
    return status == 42 ? 33 : 5;
}

static int
run_transport(const char *id, const char *transport, int *fds, size_t fd_count)
{
    return strcmp(id, ID) == 0 && strcmp(transport, "local") == 0 && fd_count == 1 && fcntl(fds[0], F_GETFD) != -1 ? 42
                                                                                                                   : 43;
}

static const struct launch_duties duties = { .deliver = deliver, .run = run_transport };

static struct launch_settings
settings_of_this_process(void)
{
    return (struct launch_settings){
        .mail_uid = someone().uid, .mail_gid = someone().gid, .duties = &duties, .is_debugging = true
    };
}

/* Ask in a child, serve here; the child's exit status. */
static int
served(unsigned rights, int (*ask)(struct launch_link *link))
{
    struct pool *pool = pool_new("test");
    struct launch_settings settings = settings_of_this_process();
    struct launcher *launcher = launcher_new(pool, &settings);
    int fd = launcher_link_new(launcher, rights), status, result = -1, own[64];
    pid_t asker = fork(), pid;

    if (asker == 0) {
        launcher_forget(launcher);
        _exit(ask(launch_link_adopt(pool, fd, rights, false)));
    }
    close(fd);
    while (result == -1 || launcher_child_count(launcher) > 0) {
        size_t count = launcher_descriptors(launcher, own, COUNT(own));

        for (size_t i = 0; i < count && i < COUNT(own); i++)
            launcher_handle(launcher, own[i]);
        pid = waitpid(-1, &status, WNOHANG);
        if (pid == asker)
            result = WIFEXITED(status) ? WEXITSTATUS(status) : 255;
        else if (pid > 0)
            launcher_child_ended(launcher, pid, status);
    }
    pool_free(pool);
    return result;
}

static int
ask_delivery(struct launch_link *link)
{
    struct why why;
    int status = -1;

    why_init(&why, pool_new("why"));
    return launch_deliver(link, ID, str_of("opt"), true, &status, &why) == OK ? status : 99;
}

TEST(a_delivery_runs_a_transport_and_gets_a_further_link)
{
    CHECK_INT("status", served(LAUNCH_MAY_DELIVER, ask_delivery), 33);
}

static int
ask_run(struct launch_link *link)
{
    int job[1] = { 0 };
    struct launch_run run = { "local", someone(), job, 1 };
    unsigned child;
    struct why why;

    why_init(&why, pool_new("why"));
    return launch_run(link, ID, &run, &child, &why) == OK ? 1 : 0;
}

TEST(a_session_may_not_run_a_transport)
{
    CHECK_INT("refused", served(LAUNCH_MAY_DELIVER, ask_run), 0);
}

TEST(a_delivery_may_not_run_for_a_message_that_is_not_its_own)
{
    CHECK_INT("refused", served(LAUNCH_MAY_RUN, ask_run), 0);
}

static int
ask_files(struct launch_link *link)
{
    struct launch_ids own = someone(), other = { geteuid() + 1, getegid(), false };
    struct stat facts;
    struct why why;
    int fd = -1;

    why_init(&why, pool_new("why"));
    if (launch_open(link, "/etc/passwd", own, true, &fd, &why) != OK || read(fd, &facts, 1) != 1)
        return 1;
    if (launch_open(link, "/dev/zero", own, true, &fd, &why) == OK ||
        launch_open(link, "/etc", own, true, &fd, &why) == OK)
        return 2;
    if (launch_stat(link, "/nowhere/x", own, &facts, &why) == OK || why.sys_errno != ENOENT)
        return 3;
    if (launch_stat(link, "/etc/passwd", own, &facts, &why) != OK || !S_ISREG(facts.st_mode))
        return 4;
    if (geteuid() != 0 && launch_stat(link, "/etc/passwd", other, &facts, &why) == OK)
        return 5;
    return 0;
}

static int
ask_run_as_root(struct launch_link *link)
{
    int job[1] = { 0 };
    struct launch_run run = { "local", { 0, 0, false }, job, 1 };
    unsigned child;
    struct why why;

    why_init(&why, pool_new("why"));
    return launch_run(link, ID, &run, &child, &why) == OK ? 1 : 0;
}

TEST(nothing_runs_as_root)
{
    CHECK_INT("refused", served(LAUNCH_MAY_RUN, ask_run_as_root), 0);
}

TEST(files_are_opened_only_when_regular)
{
    CHECK_INT("status", served(LAUNCH_MAY_OPEN, ask_files), 0);
}

static int
send_rubbish(struct launch_link *link)
{
    char answer;

    if (write(launch_link_fd(link), "rubbish of some length, not a record at all .......", 50) != 50)
        return 1;
    return read(launch_link_fd(link), &answer, 1) == 0 ? 0 : 2;
}

TEST(an_asker_that_sends_rubbish_is_dropped)
{
    CHECK_INT("closed", served(LAUNCH_MAY_DELIVER, send_rubbish), 0);
}
