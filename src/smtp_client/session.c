#include <errno.h>
#include <unistd.h>
#include "base/deadline.h"
#include "net/socket.h"
#include "smtp_client/io.h"

enum { TIMEOUT_DEFAULT_S = 300, FINAL_TIMEOUT_DEFAULT_S = 600, QUIT_TIMEOUT_S = 2 };

/* ---- Opening */

static void
settings_fill(struct smtp_client_settings *settings)
{
    if (settings->command_timeout_s == 0)
        settings->command_timeout_s = TIMEOUT_DEFAULT_S;
    if (settings->data_timeout_s == 0)
        settings->data_timeout_s = TIMEOUT_DEFAULT_S;
    if (settings->final_timeout_s == 0)
        settings->final_timeout_s = FINAL_TIMEOUT_DEFAULT_S;
}

void
smtp_client_open(struct smtp_client *client, struct pool *pool, int read_fd, int write_fd,
                 const struct smtp_client_settings *settings)
{
    *client = (struct smtp_client){ .pool = pool, .settings = *settings, .read_fd = read_fd, .write_fd = write_fd };
    settings_fill(&client->settings);
    client_io_init(client);
    if (read_fd != -1)
        fd_set_nonblocking(read_fd);
    if (write_fd != -1)
        fd_set_nonblocking(write_fd);
}

static void
note_ends(struct smtp_client *client)
{
    struct ip_address local, peer;
    int local_port, peer_port;

    if (!socket_ends(client->read_fd, &local, &local_port, &peer, &peer_port))
        return;
    client->local_address = ip_format(&local, client->pool);
    client->local_port = local_port;
}

enum outcome
smtp_client_connect(struct smtp_client *client, struct pool *pool, const struct host *host, int port,
                    const struct smtp_client_settings *settings, struct why *why)
{
    struct connect_request request = { .port = port, .has_keepalive = settings->keepalive, .dscp = settings->dscp };
    int fd;

    smtp_client_open(client, pool, -1, -1, settings);
    client->host = host;
    client->port = port;
    if (!ip_parse(host->address, &request.ip)) {
        client->is_dead = true;
        return why_defer(why, 0, "4.4.0", "\"%.*s\" is no IP address", STR_ARG(host->address));
    }
    request.has_source = settings->interface.len > 0 && ip_parse(settings->interface, &request.source);
    fd = socket_connect(&request, deadline_in_s(settings->connect_timeout_s), why);
    if (fd == -1) {
        client->is_dead = true;
        return DEFER;
    }
    client->read_fd = client->write_fd = fd;
    note_ends(client);
    return OK;
}

/* ---- Greeting */

/* RFC 9422: "LIMITS MAILMAX=5 RCPTMAX=100". */
static void
parse_limits(struct smtp_client *client, struct str parameters)
{
    struct str word;

    while ((word = str_take_word(&parameters)).len > 0) {
        struct str name, value;
        uint64_t number;

        if (!str_cut(word, '=', &name, &value) || !str_to_u64(value, 10, &number) || number == 0 || number > 999999)
            continue;
        if (str_ieq_c(name, "MAILMAX"))
            client->limit_mail = (int)number;
        else if (str_ieq_c(name, "RCPTMAX"))
            client->limit_rcpt = (int)number;
        else if (str_ieq_c(name, "RCPTDOMAINMAX"))
            client->limit_rcpt_domain = (int)number;
    }
}

static const struct { const char *keyword; unsigned capability; } keywords[] = {
    { "PIPELINING", CAP_PIPELINING },
    { "SIZE", CAP_SIZE },
    { "CHUNKING", CAP_CHUNKING },
    { "8BITMIME", CAP_8BITMIME },
    { "DSN", CAP_DSN },
    { "SMTPUTF8", CAP_SMTPUTF8 },
    { "STARTTLS", CAP_STARTTLS },
    { "AUTH", CAP_AUTH },
    { "PRDR", CAP_PRDR },
    { "LIMITS", CAP_LIMITS },
    { "IGNOREQUOTA", CAP_IGNOREQUOTA },
    { "PIPECONNECT", CAP_PIPE_CONNECT },
    { "X_PIPE_CONNECT", CAP_PIPE_CONNECT },
    { "ENHANCEDSTATUSCODES", CAP_ENHANCED },
};

static void
parse_keyword(struct smtp_client *client, struct str line)
{
    struct str word = str_take_word(&line);
    uint64_t number;

    line = str_trim(line);
    /* "AUTH=LOGIN" of old servers. */
    if (str_istarts(word, STR("AUTH=")))
        word = str_head(word, 4);
    for (size_t i = 0; i < COUNT(keywords); i++)
        if (str_ieq_c(word, keywords[i].keyword))
            client->capabilities |= keywords[i].capability;
    if (str_ieq_c(word, "SIZE") && str_to_u64(line, 10, &number) && number < INT64_MAX)
        client->size_limit = (int64_t)number;
    else if (str_ieq_c(word, "AUTH"))
        client->auth_mechanisms = pool_dup(client->pool, line);
    else if (str_ieq_c(word, "LIMITS"))
        parse_limits(client, line);
}

static void
forget_capabilities(struct smtp_client *client)
{
    client->capabilities = 0;
    client->size_limit = 0;
    client->limit_mail = client->limit_rcpt = client->limit_rcpt_domain = 0;
    client->auth_mechanisms = STR("");
}

void
smtp_client_parse_ehlo(struct smtp_client *client, struct str lines)
{
    struct str line;

    forget_capabilities(client);
    client->ehlo_response = lines;
    str_take_line(&lines, &line);
    while (str_take_line(&lines, &line))
        parse_keyword(client, str_from(line, 4));
}

static struct str
hello_command(struct smtp_client *client, const char *word)
{
    client->helo_word = str_of(word);
    return pool_printf_tainted(client->pool, "%s %.*s", word, STR_ARG(client->settings.helo_name));
}

static enum outcome
hello_refused(struct smtp_client *client, const struct smtp_client_reply *reply, struct str command, struct why *why)
{
    enum outcome outcome = smtp_client_why(client, reply, command, why);

    if (reply->code / 100 == 4)
        why->cause = CAUSE_HELO_4XX;
    return outcome;
}

enum outcome
smtp_client_hello(struct smtp_client *client, struct smtp_client_reply *reply_out, struct why *why)
{
    struct smtp_client_reply own, *reply = reply_out != NULL ? reply_out : &own;
    struct str command = hello_command(client, client->settings.is_lmtp ? "LHLO" : "EHLO");

    forget_capabilities(client);
    client->is_esmtp = false;
    if (client->settings.is_lmtp || !client->settings.avoids_esmtp) {
        smtp_client_ask(client, command, reply);
        if (reply->code / 100 == 2) {
            client->is_esmtp = true;
            smtp_client_parse_ehlo(client, reply->lines);
            return OK;
        }
        if (reply->code == 0 && client->failure == CLIENT_ALIVE)
            return why_defer(why, 0, "4.3.5", "%.*s is no argument for %.*s", STR_ARG(client->settings.helo_name),
                             STR_ARG(client->helo_word));
        if (client->settings.is_lmtp || reply->code == 0)
            return hello_refused(client, reply, command, why);
    }
    command = hello_command(client, "HELO");
    smtp_client_ask(client, command, reply);
    return reply->code / 100 == 2 ? OK : hello_refused(client, reply, command, why);
}

enum outcome
smtp_client_greet(struct smtp_client *client, struct smtp_client_reply *reply_out, struct why *why)
{
    struct smtp_client_reply own, *reply = reply_out != NULL ? reply_out : &own;
    enum outcome outcome;

    smtp_client_read(client, 0, reply);
    if (reply->code / 100 != 2) {
        outcome = smtp_client_why(client, reply, STR("initial connection"), why);
        if (reply->code / 100 == 4)
            why->cause = CAUSE_CONNECT_4XX;
        return outcome;
    }
    client->banner = reply->lines;
    return smtp_client_hello(client, reply, why);
}

/* ---- The end */

void
smtp_client_close(struct smtp_client *client)
{
    if (client->read_fd != -1)
        close(client->read_fd);
    if (client->write_fd != -1 && client->write_fd != client->read_fd)
        close(client->write_fd);
    client->read_fd = client->write_fd = -1;
    client->is_dead = true;
}

/* The mail is theirs or still ours already: nobody waits long for a good-bye. */
void
smtp_client_quit(struct smtp_client *client)
{
    struct smtp_client_reply reply;

    if (!client->is_dead && smtp_client_say(client, STR("QUIT")))
        smtp_client_read(client, QUIT_TIMEOUT_S, &reply);
    smtp_client_close(client);
}
