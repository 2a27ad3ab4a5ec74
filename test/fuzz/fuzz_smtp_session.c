/* Any octets as what a client sends during a whole SMTP session; the first octet chooses how the server is set up. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/process.h"
#include "config/reader.h"
#include "log/log.h"
#include "smtp_server/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char settings[] =
    "exim_user = 65534\nexim_group = 65534\nprimary_hostname = mx.tern.example\nspool_directory = /nonexistent\n"
    "host_lookup =\nrfc1413_query_timeout = 0s\nhelo_lookup_domains =\nsmtp_enforce_sync = false\nprdr_enable\n"
    "dsn_advertise_hosts = *\nsmtp_max_synprot_errors = 50\nsmtp_max_unknown_commands = 50\nsmtp_accept_max_nonmail = "
        "50\n"
    "message_size_limit = 20K\nrecipients_max = 20\nacl_smtp_rcpt = rcpt\nacl_smtp_data = data\nacl_smtp_vrfy = "
        "accept\n"
    "acl_smtp_expn = accept\nacl_smtp_etrn = accept\nacl_smtp_mail = mail\nacl_smtp_predata = accept\n"
    "sender_unqualified_hosts = *\nrecipient_unqualified_hosts = 192.0.2.1\npercent_hack_domains = p.example\n"
    "begin acl\n"
    "mail:\n  deny senders = bad@a.example\n  discard senders = gone@a.example\n  accept\n"
    "rcpt:\n  drop local_parts = drop\n  discard local_parts = discard\n  defer local_parts = defer\n"
    "  warn set acl_m_rcpt = $local_part\n  require verify = sender\n  require verify = recipient\n"
    "  accept add_header = X-To: $acl_m_rcpt\n"
    "data:\n  deny condition = ${if eq{$h_subject:}{bad}}\n  require verify = header_syntax\n  accept\n"
    "begin routers\n"
    "list:\n  driver = redirect\n  local_parts = list\n  data = ann@a.example, bob@b.example\n"
    "all:\n  driver = accept\n  domains = a.example : b.example : mx.tern.example\n  verify_only\n";

static void
demand(bool holds)
{
    if (!holds)
        abort();
}

/* Every line that the server says is a reply line, and nothing but CRLF ends one. */
static void
replies_hold(int fd)
{
    off_t size = lseek(fd, 0, SEEK_END);
    char *text = malloc((size_t)size + 1), *line = text;

    demand(text != NULL && pread(fd, text, (size_t)size, 0) == size);
    while (line < text + size) {
        char *end = memchr(line, '\n', (size_t)(text + size - line));

        demand(end != NULL && end - line >= 4 && end[-1] == '\r');
        demand(line[0] >= '2' && line[0] <= '5' && line[1] >= '0' && line[1] <= '9' && line[2] >= '0' &&
               line[2] <= '9');
        demand(line[3] == ' ' || line[3] == '-' || line[3] == '\r');
        demand(memchr(line, '\r', (size_t)(end - 1 - line)) == NULL &&
               memchr(line, '\0', (size_t)(end - line)) == NULL);
        line = end + 1;
    }
    free(text);
}

static void
set_up(void)
{
    struct config_request request = { .text = settings };
    struct str error;
    struct config *conf;

    if (config_read(&request, process_pool(), &conf, &error) != OK) {
        fprintf(stderr, "%.*s\n", STR_ARG(error));
        abort();
    }
    config = conf;
    log_divert(fopen("/dev/null", "w"));
    demand(freopen("/dev/null", "w", stdout) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pool *pool;
    struct origin *origin;
    struct smtp_session_options options = { .is_pretending = true };
    int in_fd, out_fd;

    if (size == 0)
        return 0;
    if (config == NULL)
        set_up();
    pool = pool_new("fuzz");
    origin = origin_new(pool);
    in_fd = memfd_create("in", MFD_CLOEXEC);
    out_fd = memfd_create("out", MFD_CLOEXEC);
    demand(in_fd != -1 && out_fd != -1 && write(in_fd, data + 1, size - 1) == (ssize_t)(size - 1));
    lseek(in_fd, 0, SEEK_SET);
    origin->is_socket = (data[0] & 3) != 3;
    origin->host_address = origin->is_socket ? STR("192.0.2.1") : STR("");
    origin->caller_login = STR("ann");
    origin->name_lookup = NAME_LOOKUP_FAILED;
    if ((data[0] & 7) == 6)
        smtp_batch_run(in_fd, origin, &options);
    else {
        smtp_session_run(in_fd, out_fd, origin, &options);
        replies_hold(out_fd);
    }
    close(in_fd);
    close(out_fd);
    pool_free(pool);
    return 0;
}
