/* Waiting until a point in time. */
#include "check.h"
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/deadline.h"

TEST(a_deadline_passes)
{
    CHECK(!deadline_has_passed(deadline_never()) && deadline_left_ms(deadline_never()) == -1);
    CHECK(deadline_has_passed(deadline_in_ms(0)) && deadline_left_ms(deadline_in_ms(-5)) == 0);
    CHECK(!deadline_has_passed(deadline_in_s(100)) && deadline_left_ms(deadline_in_s(100)) > 90000);
    CHECK_INT("no limit", deadline_left_ms(deadline_in_s(0)), -1);
    CHECK(deadline_sooner(deadline_never(), deadline_in_s(1)).at_ms < INT64_MAX);
}

TEST(reading_ends_by_data_by_the_other_side_or_by_time)
{
    int ends[2];
    char room[10];
    size_t count = 0;

    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    CHECK_INT("silence", fd_read(ends[0], room, sizeof(room), deadline_in_ms(20), &count), IO_TIMEOUT);
    CHECK_INT("write", fd_write(ends[1], STR("abc"), deadline_in_s(1)), IO_DONE);
    CHECK_INT("data", fd_read(ends[0], room, sizeof(room), deadline_in_s(1), &count), IO_DONE);
    CHECK_INT("octets", count, 3);
    close(ends[1]);
    CHECK_INT("end", fd_read(ends[0], room, sizeof(room), deadline_in_s(1), &count), IO_END);
    CHECK_INT("nobody reads", fd_write(ends[0], STR("abc"), deadline_in_s(1)), IO_FAILED);
    close(ends[0]);
}

TEST(writing_to_one_who_does_not_read_ends_at_the_deadline)
{
    static char much[4000000];
    int ends[2];

    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    CHECK_INT("blocking", fd_write(ends[0], str_make(much, sizeof(much)), deadline_in_ms(50)), IO_TIMEOUT);
    CHECK(fd_set_nonblocking(ends[0]));
    CHECK_INT("not blocking", fd_write(ends[0], str_make(much, sizeof(much)), deadline_in_ms(50)), IO_TIMEOUT);
    close(ends[0]);
    close(ends[1]);
}
