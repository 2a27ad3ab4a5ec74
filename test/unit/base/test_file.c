/* Files: caps, links, locks, directories. */
#include "check.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/file.h"

static struct pool *pool;
static int directory_fd;

/* Paths below the private directory of the test. */
static const char *
path(const char *name)
{
    if (pool == NULL) {
        pool = pool_new("test");
        directory_fd = open(check_directory(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    return pool_cstr(pool, pool_printf(pool, "%s/%s", check_directory(), name));
}

static void
make(const char *name, const char *text)
{
    int fd = open(path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    REQUIRE(fd != -1);
    CHECK(file_write_all(fd, str_of(text)));
    close(fd);
}

TEST(a_file_is_read_whole_or_refused)
{
    struct str text;

    make("ten", "0123456789");
    CHECK(file_read(path("ten"), pool, TAINTED, 10, &text));
    CHECK_STR("text", text, "0123456789");
    CHECK(str_is_tainted(text));
    CHECK(file_read(path("ten"), pool, CLEAN, 1000, &text) && !str_is_tainted(text));
    CHECK(!file_read(path("ten"), pool, CLEAN, 9, &text));
    CHECK_INT("too big", errno, EFBIG);
    CHECK(!file_read(path("none"), pool, CLEAN, 9, &text));
    CHECK_INT("not there", errno, ENOENT);
    make("empty", "");
    CHECK(file_read(path("empty"), pool, CLEAN, 0, &text));
    CHECK_STR("empty", text, "");
}

static int
try_beneath(const char *name)
{
    int fd;

    path("x");
    fd = file_open_beneath(directory_fd, name, O_RDONLY, 0);
    if (fd == -1)
        return errno;
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    close(fd);
    return 0;
}

TEST(opening_beneath_follows_no_link_and_does_not_escape)
{
    make("inside", "x");
    mkdir(path("sub"), 0700);
    make("sub/file", "x");
    CHECK_INT("link", symlink("inside", path("link")), 0);
    CHECK_INT("link", symlink("sub", path("sublink")), 0);
    CHECK_INT("plain", try_beneath("inside"), 0);
    CHECK_INT("below", try_beneath("sub/file"), 0);
    CHECK_INT("a link", try_beneath("link"), ELOOP);
    CHECK_INT("a link on the way", try_beneath("sublink/file"), ELOOP);
    CHECK_ROW("upwards", try_beneath("../x") != 0);
    CHECK_ROW("upwards", try_beneath("sub/../../x") != 0);
    CHECK_ROW("absolute", try_beneath("/etc/passwd") != 0);
}

TEST(only_a_plain_file_with_one_link_is_opened_as_regular)
{
    struct stat st;
    int fd;

    make("plain", "x");
    fd = file_open_regular(AT_FDCWD, path("plain"), O_RDONLY, getuid(), &st);
    CHECK(fd != -1 && st.st_size == 1);
    close(fd);
    CHECK_INT("owner", file_open_regular(AT_FDCWD, path("plain"), O_RDONLY, getuid() + 1, NULL), -1);
    CHECK_INT("owner", errno, EPERM);
    mkfifo(path("fifo"), 0600);
    CHECK_INT("fifo", file_open_regular(AT_FDCWD, path("fifo"), O_RDONLY, (uid_t)-1, NULL), -1);
    CHECK_INT("directory", file_open_regular(AT_FDCWD, check_directory(), O_RDONLY, (uid_t)-1, NULL), -1);
    CHECK_INT("link", symlink("plain", path("plainlink")), 0);
    CHECK_INT("link", file_open_regular(AT_FDCWD, path("plainlink"), O_RDONLY, (uid_t)-1, NULL), -1);
    CHECK_INT("second name", link(path("plain"), path("second")), 0);
    CHECK_INT("second name", file_open_regular(AT_FDCWD, path("plain"), O_RDONLY, (uid_t)-1, NULL), -1);
}

TEST(a_lock_keeps_other_processes_out)
{
    int fd, status;
    pid_t child;

    make("locked", "x");
    fd = open(path("locked"), O_RDWR | O_CLOEXEC);
    CHECK(file_lock(fd, FILE_LOCK_WRITE));
    child = fork();
    if (child == 0) {
        int other = open(path("locked"), O_RDWR | O_CLOEXEC);

        _exit(file_lock(other, FILE_LOCK_WRITE) ? 1 : errno == EAGAIN || errno == EACCES ? 0 : 2);
    }
    waitpid(child, &status, 0);
    CHECK_INT("the other process", status, 0);
    close(fd);
}

TEST(directories_get_exactly_the_mode_that_was_asked_for)
{
    struct stat st;

    umask(077);
    CHECK(file_make_directory(path("a/b/c"), 0750));
    CHECK(stat(path("a/b/c"), &st) == 0);
    CHECK_INT("mode", st.st_mode & 07777, 0750);
    CHECK(file_make_directory(path("a/b/c"), 0750));
    CHECK(file_sync_directory(path("a/b")));
    make("file", "x");
    CHECK(!file_make_directory(path("file"), 0750));
}

TEST(the_space_of_a_file_system_is_known)
{
    struct file_space space;

    CHECK(file_space(check_directory(), &space) && space.free_bytes > 0);
    CHECK(!file_space("/no/such/directory", &space));
}
