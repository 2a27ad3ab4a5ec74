/* Sessions from octets to replies: nothing is kept (as with -bh), only the codes count. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "check.h"
#include "base/process.h"
#include "config/reader.h"
#include "log/log.h"
#include "smtp_server/session.h"

static const char settings[] =
    "exim_user = 65534\nexim_group = 65534\nprimary_hostname = mx.tern.example\nspool_directory = DIR\n"
    "helo_lookup_domains =\nsmtp_enforce_sync = false\nsmtp_max_synprot_errors = 3\nsmtp_max_unknown_commands = 2\n"
    "smtp_accept_max_nonmail = 5\nrecipients_max = 2\nmessage_size_limit = 1K\nacl_smtp_rcpt = rcpt\nacl_smtp_data = data\n"
    "begin acl\nrcpt:\n  deny local_parts = no\n  drop local_parts = drop\n  accept\n"
    "data:\n  deny condition = ${if eq{$h_subject:}{bad}}\n  accept\n";

/* The codes of the final reply lines, one blank between. */
static const char *
codes_of(int fd, char *room, size_t size)
{
    char line[4096];
    FILE *in = fdopen(fd, "r");
    size_t used = 0;

    rewind(in);
    room[0] = '\0';
    while (fgets(line, sizeof line, in) != NULL)
        if (strlen(line) > 4 && line[3] == ' ' && used + 5 < size) {
            memcpy(room + used, line, 3);
            room[used + 3] = ' ';
            used += 4;
            room[used] = '\0';
        }
    fclose(in);
    if (used > 0)
        room[used - 1] = '\0';
    return room;
}

static const char *
play(const char *octets, char *room, size_t size)
{
    struct smtp_session_options options = { .is_pretending = true };
    struct pool *pool = pool_new("test");
    struct origin *origin = origin_new(pool);
    int in_fd = memfd_create("in", MFD_CLOEXEC), out_fd = memfd_create("out", MFD_CLOEXEC);
    const char *codes;

    origin->is_socket = true;
    origin->host_address = STR("192.0.2.1");
    origin->name_lookup = NAME_LOOKUP_FAILED;
    if (write(in_fd, octets, strlen(octets)) == -1)
        abort();
    lseek(in_fd, 0, SEEK_SET);
    smtp_session_run(in_fd, out_fd, origin, &options);
    codes = codes_of(out_fd, room, size);
    close(in_fd);
    pool_free(pool);
    return codes;
}

#define HELLO "EHLO a.example\r\n"
#define FROM "MAIL FROM:<ann@a.example>\r\n"
#define TO "RCPT TO:<bob@b.example>\r\n"
#define TEXT "Subject: x\r\n\r\nx\r\n"

static const struct { const char *octets, *codes; } sessions[] = {
    { "QUIT\r\n", "220 221" },
    { "", "220 421" },
    { HELLO FROM TO "DATA\r\n" TEXT ".\r\nQUIT\r\n", "220 250 250 250 354 250 221" },
    { FROM HELLO FROM "QUIT\r\n", "220 503 250 250 221" },
    { HELLO TO "DATA\r\n" FROM FROM "QUIT\r\n", "220 250 503 503 250 503 221" },
    { HELLO FROM "RSET\r\n" TO "QUIT\r\n", "220 250 250 250 503 221" },
    { HELLO FROM TO "DATA\r\n" TEXT ".\r\n" TO "DATA\r\nQUIT\r\n", "220 250 250 250 354 250 503 503 221" },
    { HELLO FROM TO "DATA\r\nSubject: bad\r\n\r\nx\r\n.\r\n" TO "QUIT\r\n", "220 250 250 250 354 550 503 221" },
    { HELLO FROM TO "DATA\r\nx\n.\r\ny\r\n.\r\n" TO "QUIT\r\n", "220 250 250 250 354 550 503 221" },
    { HELLO FROM TO "BDAT 17 LAST\r\n" TEXT "QUIT\r\n", "220 250 250 250 250 221" },
    { HELLO FROM TO "BDAT 14\r\nSubject: x\r\n\r\nBDAT 3 LAST\r\nx\r\nQUIT\r\n", "220 250 250 250 250 250 221" },
    { HELLO FROM "BDAT 6\r\nNOOP\r\nRSET\r\nQUIT\r\n", "220 250 250 503 250 221" },
    { HELLO FROM TO "BDAT 2000\r\nx", "220 250 250 250 421" },
    { HELLO FROM TO "BDAT x\r\nQUIT\r\n", "220 250 250 250 501" },
    { HELLO FROM TO "BDAT 1\r\nx" TO "DATA\r\nRSET\r\nQUIT\r\n", "220 250 250 250 250 503 503 250 221" },
    { HELLO FROM "RCPT TO:<no@b.example>\r\n" TO "QUIT\r\n", "220 250 250 550 250 221" },
    { HELLO FROM "RCPT TO:<drop@b.example>\r\nQUIT\r\n", "220 250 250 550" },
    { HELLO FROM TO TO TO "QUIT\r\n", "220 250 250 250 250 452 221" },
    { HELLO "MAIL FROM:<ann@a.example> SIZE=5000\r\nQUIT\r\n", "220 250 552 221" },
    { "A\r\nB\r\nC\r\n", "220 500 500 500" },
    { HELLO "NOOP\r\nNOOP\r\nNOOP\r\nNOOP\r\nNOOP\r\nNOOP\r\n", "220 250 250 250 250 250 250 554" },
    { HELLO "NOOP x\ry\r\nQUIT\r\n", "220 250 501 221" },
    { HELLO "STARTTLS\r\nAUTH PLAIN\r\nQUIT\r\n", "220 250 503 503 221" },
    { "GET / HTTP/1.0\r\n\r\n", "220 554" },
};

TEST(sessions_answer_each_command_in_turn)
{
    struct pool *pool = pool_new("config");
    struct str text = pool_printf(pool, "DIR = %s\n%s", check_directory(), settings), error = STR("");
    struct config_request request = { .text = pool_cstr(pool, text) };
    struct config *read;
    char room[512];

    if (config_read(&request, pool, &read, &error) != OK) {
        CHECK_STR("configuration", error, "");
        return;
    }
    config = read;
    log_divert(stderr);
    for (size_t i = 0; i < COUNT(sessions); i++)
        CHECK_TEXT(sessions[i].octets, play(sessions[i].octets, room, sizeof room), sessions[i].codes);
    log_divert(NULL);
    config = NULL;
    pool_free(pool);
}
