/* Waiting for descriptors until a point in monotonic time. */
#include "check.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/deadline.h"

TEST(a_deadline_passes_or_never_does)
{
    CHECK(!deadline_has_passed(deadline_never()));
    CHECK_INT("never", deadline_left_ms(deadline_never()), -1);
    CHECK(deadline_has_passed(deadline_in_ms(0)));
    CHECK(deadline_has_passed(deadline_in_ms(-5)));
    CHECK_INT("passed", deadline_left_ms(deadline_in_ms(0)), 0);
    CHECK_INT("no limit", deadline_left_ms(deadline_in_s(0)), -1);
    CHECK(deadline_left_ms(deadline_in_s(60)) > 59000);
    CHECK(deadline_left_ms(deadline_in_ms(INT64_MAX)) == -1);
    CHECK_INT("sooner", deadline_sooner(deadline_never(), deadline_in_ms(0)).at_ms < INT64_MAX, true);
}

TEST(reading_ends_with_octets_the_end_or_the_deadline)
{
    char octets[8];
    size_t count = 0;
    int ends[2];

    REQUIRE(pipe(ends) == 0);
    CHECK_INT("nothing there", fd_read(ends[0], octets, sizeof(octets), deadline_in_ms(1), &count), IO_TIMEOUT);
    CHECK_INT("passed already", fd_read(ends[0], octets, sizeof(octets), deadline_in_ms(0), &count), IO_TIMEOUT);
    CHECK_INT("write", fd_write(ends[1], STR("abc"), deadline_in_ms(1000)), IO_DONE);
    CHECK_INT("read", fd_read(ends[0], octets, sizeof(octets), deadline_in_ms(1000), &count), IO_DONE);
    CHECK_INT("octets", count, 3);
    close(ends[1]);
    CHECK_INT("end", fd_read(ends[0], octets, sizeof(octets), deadline_in_ms(1000), &count), IO_END);
    close(ends[0]);
    CHECK_INT("closed", fd_read(ends[0], octets, sizeof(octets), deadline_in_ms(1000), &count), IO_FAILED);
    CHECK_INT("errno", errno, EBADF);
}

TEST(writing_to_one_who_does_not_read_ends)
{
    static char much[4 << 20];
    int ends[2];

    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    CHECK_INT("full", fd_write(ends[0], str_make(much, sizeof(much)), deadline_in_ms(20)), IO_TIMEOUT);
    close(ends[1]);
    CHECK_INT("gone, and no signal", fd_write(ends[0], str_make(much, sizeof(much)), deadline_in_ms(20)), IO_FAILED);
    CHECK_INT("errno", errno, EPIPE);
    close(ends[0]);
}

TEST(a_descriptor_is_made_nonblocking)
{
    int ends[2];

    REQUIRE(pipe(ends) == 0);
    CHECK(fd_set_nonblocking(ends[0]) && fd_set_nonblocking(ends[0]));
    CHECK((fcntl(ends[0], F_GETFL) & O_NONBLOCK) != 0);
    CHECK(!fd_set_nonblocking(-1));
    close(ends[0]);
    close(ends[1]);
}
