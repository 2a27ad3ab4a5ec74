/* Locks between processes, opening with its checks, sizes and quotas. */
#include "check.h"
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/file.h"
#include "config/config.h"
#include "transports/appendfile/appendfile.h"

static struct pool *pool;
static struct config own_config = { .primary_hostname = STR_INIT("host.example") };
static struct appendfile_options options;
static struct transport transport = { .instance = { .name = STR_INIT("t") } };
static struct message message;
static struct address address;
static struct transport_run run;

static struct append_job
job_for(const char *name)
{
    if (pool == NULL)
        pool = pool_new("test");
    config = &own_config;
    options = (struct appendfile_options){
        .create_directory = true,
        .create_file = STR("anywhere"),
        .directory_mode = 0700,
        .mode = 0600,
        .mode_fail_narrower = true,
        .check_owner = true,
        .use_lockfile = true,
        .use_fcntl_lock = true,
        .lock_retries = 2,
        .lock_interval = 0,
        .lockfile_mode = 0600,
        .lockfile_timeout = 1800,
        .quota_is_inclusive = true,
        .maildir_quota_directory_regex = STR("^(?:cur|new|\\..*)$"),
    };
    run = (struct transport_run){ .pool = pool, .transport = &transport, .message = &message, .addresses = &address };
    return (struct append_job){ .run = &run, .options = &options, .pool = pool, .mode = 0600,
                                .path = pool_cstr(pool, pool_printf(pool, "%s/%s", check_directory(), name)) };
}

static void
make_file(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

    REQUIRE(fd != -1);
    CHECK(file_write_all(fd, str_of(text)));
    fchmod(fd, mode);
    close(fd);
}

TEST(one_of_two_processes_has_the_lock_file)
{
    struct append_job job = job_for("box1");
    struct append_lock lock = { .mbx_fd = -1 }, other = { .mbx_fd = -1 };
    struct why why;
    struct stat facts;
    int ready[2], status;
    char go;
    pid_t pid;

    why_init(&why, pool);
    REQUIRE(pipe(ready) == 0);
    pid = fork();
    if (pid == 0) {
        bool is_ours = append_lock_file(&job, &lock, &why) == OK;

        (void)!write(ready[1], "x", 1);
        pause();
        _exit(is_ours ? 0 : 1);
    }
    REQUIRE(read(ready[0], &go, 1) == 1);
    CHECK_INT("held by the other", append_lock_file(&job, &other, &why), DEFER);
    CHECK_CONTAINS("why", pool_cstr(pool, why.text), "failed to lock mailbox");
    CHECK_INT("cause", why.cause, CAUSE_MAILBOX_LOCKED);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    CHECK_INT("a stale one stays", append_lock_file(&job, &other, &why), DEFER);
    options.lockfile_timeout = -1;
    CHECK_INT("until its time", append_lock_file(&job, &other, &why), OK);
    append_unlock(&other, -1);
    CHECK_INT("gone", stat(pool_cstr(pool, pool_printf(pool, "%s.lock", job.path)), &facts), -1);
}

TEST(an_open_file_locked_by_another_process_is_not_locked)
{
    struct append_job job = job_for("box2");
    struct append_lock lock = { .mbx_fd = -1 };
    const char *how = "";
    struct why why;
    int ready[2], status, fd;
    char go;
    pid_t pid;

    why_init(&why, pool);
    make_file(job.path, "", 0600);
    REQUIRE(pipe(ready) == 0);
    pid = fork();
    if (pid == 0) {
        fd = open(job.path, O_RDWR);
        (void)!append_lock_open_file(&job, fd, &lock, &how, &why);
        (void)!write(ready[1], "x", 1);
        pause();
    }
    REQUIRE(read(ready[0], &go, 1) == 1);
    fd = open(job.path, O_RDWR);
    CHECK_INT("held", append_lock_open_file(&job, fd, &lock, &how, &why), FAIL);
    CHECK_TEXT("how", how, "fcntl");
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    CHECK_INT("free", append_lock_open_file(&job, fd, &lock, &how, &why), OK);
    append_unlock(&lock, fd);
}

static const struct {
    const char *label;
    enum { PLAIN, WIDE, NARROW, LINK, HARD, FIFO, DIRECTORY, NONE } kind;
    enum outcome outcome;
    const char *text;
} boxes[] = {
    { "plain", PLAIN, OK, NULL },
    { "new", NONE, OK, NULL },
    { "wider", WIDE, OK, NULL },
    { "narrower", NARROW, DEFER, "has the wrong mode 400 (600 expected)" },
    { "symbolic link", LINK, DEFER, "is not a regular file" },
    { "hard link", HARD, DEFER, "has too many links (2)" },
    { "named pipe", FIFO, DEFER, "is not a regular file" },
    { "directory", DIRECTORY, DEFER, "has too many links (2)" },
};

static void
make_box(int kind, const char *path, const char *target)
{
    if (kind == PLAIN || kind == WIDE || kind == NARROW)
        make_file(path, "", kind == PLAIN ? 0600 : kind == WIDE ? 0666 : 0400);
    if (kind == LINK || kind == HARD)
        make_file(target, "", 0600);
    if (kind == LINK)
        CHECK(symlink(target, path) == 0);
    if (kind == HARD)
        CHECK(link(target, path) == 0);
    if (kind == FIFO)
        CHECK(mkfifo(path, 0600) == 0);
    if (kind == DIRECTORY)
        CHECK(mkdir(path, 0700) == 0);
}

TEST(a_mailbox_is_opened_only_if_it_is_what_it_should_be)
{
    for (size_t i = 0; i < COUNT(boxes); i++) {
        struct append_job job = job_for(pool_cstr(pool, pool_printf(pool, "open%zu", i)));
        struct why why;
        struct stat facts;
        int fd = -1;
        bool is_new;

        why_init(&why, pool);
        make_box(boxes[i].kind, job.path, pool_cstr(pool, pool_printf(pool, "%s.target", job.path)));
        CHECK_INT(boxes[i].label, append_open(&job, &fd, &is_new, &why), boxes[i].outcome);
        if (boxes[i].text != NULL)
            CHECK_CONTAINS(boxes[i].label, pool_cstr(pool, why.text), boxes[i].text);
        if (fd == -1)
            continue;
        CHECK_INT(boxes[i].label, is_new, boxes[i].kind == NONE);
        CHECK_INT(boxes[i].label, fstat(fd, &facts) == 0 ? facts.st_mode & 0777 : 0, 0600);
        close(fd);
    }
}

static const struct { const char *text; int64_t limit, size; bool is_ok, is_checked; } sizes[] = {
    { "0", 0, 0, true, true },           { "100", 0, 100, true, true },
    { "2K", 0, 2048, true, true },       { "1.5M", 0, 1572864, true, true },
    { "1G", 0, 1073741824, true, true }, { "75%", 1000, 750, true, true },
    { "75%", 0, 0, true, true },         { "10M/no_check", 0, 10485760, true, false },
    { " 5k ", 0, 5120, true, true },     { "", 0, 0, true, true },
    { "abc", 0, 0, false, true },        { "1.2.3", 0, 0, false, true },
    { "10X", 0, 0, false, true },        { "99999999999999999999", 0, 0, false, true },
};

TEST(quota_values_are_read_as_the_manual_says)
{
    for (size_t i = 0; i < COUNT(sizes); i++) {
        int64_t size = 0;
        bool is_checked = true;
        bool is_ok = append_size_parse(str_of(sizes[i].text), sizes[i].limit, &size, &is_checked);

        CHECK_INT(sizes[i].text, is_ok, sizes[i].is_ok);
        if (is_ok) {
            CHECK_INT(sizes[i].text, size, sizes[i].size);
            CHECK_INT(sizes[i].text, is_checked, sizes[i].is_checked);
        }
    }
}

static struct str
content(const char *path)
{
    struct str text = STR("");

    file_read(path, pool, CLEAN, 100000, &text);
    return text;
}

static void
make_maildir(const char *top)
{
    static const char *const names[] = { "", "/new", "/cur", "/tmp", "/.folder", "/.folder/cur" };

    for (size_t i = 0; i < COUNT(names); i++)
        CHECK(mkdir(pool_cstr(pool, pool_printf(pool, "%s%s", top, names[i])), 0700) == 0);
    make_file(pool_cstr(pool, pool_printf(pool, "%s/new/a", top)), "12345", 0600);
    make_file(pool_cstr(pool, pool_printf(pool, "%s/.folder/cur/b", top)), "123", 0600);
    make_file(pool_cstr(pool, pool_printf(pool, "%s/tmp/c", top)), "not counted", 0600);
}

TEST(maildirsize_is_made_used_and_made_anew)
{
    static const struct { const char *label, *file; int64_t size, count; bool is_anew; } files[] = {
        { "missing", NULL, 8, 2, true },
        { "good", "1000S,10C\n500 5\n-100 -1\n", 400, 4, false },
        { "other order", "10C,1000S\n500 5\n", 500, 5, false },
        { "other quota", "2000S,10C\n500 5\n", 8, 2, true },
        { "malformed", "1000S,10C\nfive hundred\n", 8, 2, true },
        { "negative", "1000S,10C\n-5 -1\n", 8, 2, true },
        { "over quota by several lines", "1000S,10C\n990 1\n50 1\n", 8, 2, true },
        { "empty", "", 8, 2, true },
    };

    for (size_t i = 0; i < COUNT(files); i++) {
        struct append_job job = job_for(pool_cstr(pool, pool_printf(pool, "maildir%zu", i)));
        const char *path = pool_cstr(pool, pool_printf(pool, "%s/maildirsize", job.path));
        struct why why;
        int fd = -1;

        why_init(&why, pool);
        job.quota =
            (struct append_quota){ .limit = 1000, .file_limit = 10, .is_checked = true, .size = -1, .file_count = -1 };
        make_maildir(job.path);
        if (files[i].file != NULL)
            make_file(path, files[i].file, 0600);
        REQUIRE(append_maildirsize_open(&job, job.path, &fd, &why) == OK);
        CHECK_INT(files[i].label, job.quota.size, files[i].size);
        CHECK_INT(files[i].label, job.quota.file_count, files[i].count);
        job.written = 77;
        append_maildirsize_add(&job, fd);
        close(fd);
        if (files[i].is_anew)
            CHECK_STR(files[i].label, content(path), "1000S,10C\n8 2\n77 1\n");
        else
            CHECK_ROW(files[i].label, str_ends(content(path), STR("\n77 1\n")));
    }
}

TEST(sizes_in_names_spare_looking_at_the_files)
{
    struct append_job job = job_for("sizes");
    struct why why;
    int64_t size = 0, count = 0;

    why_init(&why, pool);
    CHECK(mkdir(job.path, 0700) == 0);
    make_file(pool_cstr(pool, pool_printf(pool, "%s/a,S=1000:2,S", job.path)), "x", 0600);
    make_file(pool_cstr(pool, pool_printf(pool, "%s/b", job.path)), "xx", 0600);
    CHECK_INT("plain", append_tree_size(&job, job.path, NULL, &size, &count, &why), OK);
    CHECK_INT("plain", size, 3);
    options.quota_size_regex = STR(",S=(\\d+)");
    CHECK_INT("by name", append_tree_size(&job, job.path, NULL, &size, &count, &why), OK);
    CHECK_INT("by name", size, 1002);
    CHECK_INT("files", count, 2);
}

TEST(files_are_made_only_where_create_file_allows)
{
    static const struct { const char *rule, *home, *path; enum outcome outcome;
    } places[] = {
        { "anywhere", "", "/x/y", OK },
        { "inhome", "/tmp", "/tmp/a", OK },
        { "inhome", "/tmp", "/tmpx/a", DEFER },
        { "inhome", "/tmp", "/tmp/../etc/a", OK },
        { "belowhome", "/tmp", "/tmp/../etc/a", DEFER },
        { "belowhome", "/tmp", "/tmp/a/b", OK },
        { "belowhome", "/tmp", "/etc/a", DEFER },
        { "/tmp", "", "/tmp/a", OK },
        { "/tmp", "", "/etc/a", DEFER },
        { "/tmp", "", "/tmp/../a", DEFER },
    };

    for (size_t i = 0; i < COUNT(places); i++) {
        struct append_job job = job_for("x");
        struct why why;

        why_init(&why, pool);
        options.create_file = str_of(places[i].rule);
        run.identity.home = str_of(places[i].home);
        CHECK_INT(places[i].path, append_check_creation(&job, places[i].path, &why), places[i].outcome);
    }
}
