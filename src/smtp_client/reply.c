#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include "smtp_client/io.h"

/* ---- Texts of the other side, fit for logs and bounces */

/* Length of a well-formed UTF-8 sequence of more than one octet (RFC 3629), or 0. */
static size_t
utf8_length(struct str s)
{
    unsigned char c = (unsigned char)s.ptr[0];
    size_t len = c >= 0xc2 && c <= 0xdf ? 2 : c >= 0xe0 && c <= 0xef ? 3 : c >= 0xf0 && c <= 0xf4 ? 4 : 0;

    if (len == 0 || s.len < len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if (((unsigned char)s.ptr[i] & 0xc0) != 0x80)
            return 0;
    if ((c == 0xe0 && (unsigned char)s.ptr[1] < 0xa0) || (c == 0xed && (unsigned char)s.ptr[1] > 0x9f)
        || (c == 0xf0 && (unsigned char)s.ptr[1] < 0x90) || (c == 0xf4 && (unsigned char)s.ptr[1] > 0x8f))
        return 0;
    return len;
}

static void
add_sanitised(struct buf *text, struct str line)
{
    while (line.len > 0) {
        size_t len = line.ptr[0] == '\t' || ascii_is_print(line.ptr[0]) ? 1 : utf8_length(line);

        if (len == 0)
            buf_add_char(text, '?');
        else
            buf_add(text, str_head(line, len));
        line = str_from(line, len == 0 ? 1 : len);
    }
}

/* ---- Replies */

/* "250", "250 text", "250-text" (RFC 5321 section 4.2.1). */
static bool
line_parse(struct str line, int *code_out, bool *is_last_out)
{
    if (line.len < 3 || line.ptr[0] < '2' || line.ptr[0] > '5' || !ascii_is_digit(line.ptr[1])
        || !ascii_is_digit(line.ptr[2]))
        return false;
    if (line.len > 3 && line.ptr[3] != ' ' && line.ptr[3] != '-')
        return false;
    *code_out = (line.ptr[0] - '0') * 100 + (line.ptr[1] - '0') * 10 + (line.ptr[2] - '0');
    *is_last_out = line.len == 3 || line.ptr[3] == ' ';
    return true;
}

/* "5.1.1" at the beginning of the last line's text (RFC 2034), of the code's own class. */
static struct str
enhanced_code(int code, struct str line)
{
    struct str text = str_from(line, 4), word = str_take_word(&text);
    int dots = 0;

    if (word.len < 5 || word.ptr[0] != '0' + code / 100 || word.ptr[1] != '.')
        return STR("");
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] == '.')
            dots++;
        else if (!ascii_is_digit(word.ptr[i]))
            return STR("");
    }
    return dots == 2 && word.ptr[word.len - 1] != '.' ? word : STR("");
}

static bool
malformed(struct smtp_client *client, struct str line)
{
    struct buf text;

    buf_init(&text, client->pool, SMTP_REPLY_LINE_MAX_BYTES);
    buf_taint(&text);
    add_sanitised(&text, str_head(line, 256));
    client->failure_text = buf_str(&text);
    return client_fail(client, CLIENT_MALFORMED, 0);
}

static bool
read_lines(struct smtp_client *client, struct deadline deadline, struct smtp_client_reply *reply, struct buf *text,
           struct buf *lines)
{
    bool is_last = false;
    struct str line;
    int code;

    for (int count = 0; !is_last; count++) {
        if (!client_io_read_line(client, deadline, &line))
            return false;
        if (!line_parse(line, &code, &is_last) || (count > 0 && code != reply->code))
            return malformed(client, line);
        if (count >= SMTP_REPLY_MAX_LINES)
            return malformed(client, STR("too many lines in a reply"));
        if (count > 0)
            buf_add_c(text, "\\n");
        reply->code = code;
        add_sanitised(text, line);
        add_sanitised(lines, line);
        buf_add_char(lines, '\n');
    }
    reply->enhanced = pool_dup(client->pool, enhanced_code(reply->code, line));
    return true;
}

bool
smtp_client_read(struct smtp_client *client, int timeout_s, struct smtp_client_reply *reply_out)
{
    struct deadline deadline = deadline_in_s(timeout_s > 0 ? timeout_s : client->settings.command_timeout_s);
    struct buf text, lines;

    *reply_out = (struct smtp_client_reply){ 0 };
    /* A host that stops reading may have said why before it closed. */
    if (client->read_fd == -1 || client->failure == CLIENT_TIMED_OUT || client->failure == CLIENT_MALFORMED)
        return false;
    buf_init(&text, client->pool, SMTP_REPLY_MAX_BYTES);
    buf_init(&lines, client->pool, SMTP_REPLY_MAX_BYTES);
    buf_taint(&text);
    buf_taint(&lines);
    if (client->io->out_used > 0 && !client->is_dead && !client_io_flush(client, deadline)
        && client->failure == CLIENT_TIMED_OUT)
        return false;
    if (!read_lines(client, deadline, reply_out, &text, &lines)) {
        *reply_out = (struct smtp_client_reply){ 0 };
        return false;
    }
    reply_out->text = buf_str(&text);
    reply_out->lines = buf_str(&lines);
    return true;
}

bool
smtp_client_is_readable(struct smtp_client *client)
{
    struct pollfd polled = { .fd = client->read_fd, .events = POLLIN };

    if (client->io->in_end > client->io->in_start)
        return true;
    return client->read_fd == -1 || poll(&polled, 1, 0) != 0;
}

bool
smtp_client_is_clean_for_tls(struct smtp_client *client)
{
    return !client->is_dead && client->io->in_end == client->io->in_start && client->io->out_used == 0;
}

/* ---- Commands */

bool
smtp_client_say(struct smtp_client *client, struct str command)
{
    struct smtp_client_io *io = client->io;

    if (client->is_dead || str_find_any(command, "\r\n") != STR_NONE || str_find(command, '\0') != STR_NONE)
        return false;
    if (command.len + 2 > CLIENT_OUT_BYTES - io->out_used
        && !client_io_flush(client, deadline_in_s(client->settings.command_timeout_s)))
        return false;
    if (command.len + 2 > CLIENT_OUT_BYTES)
        return false;
    memcpy(io->out + io->out_used, command.ptr, command.len);
    memcpy(io->out + io->out_used + command.len, "\r\n", 2);
    io->out_used += command.len + 2;
    return true;
}

bool
smtp_client_sayf(struct smtp_client *client, const char *format, ...)
{
    struct pool_mark mark = pool_mark(client->pool);
    struct str command;
    va_list args;
    bool is_said;

    va_start(args, format);
    command = pool_vprintf(client->pool, TAINTED, format, args);
    va_end(args);
    is_said = smtp_client_say(client, command);
    pool_reset(client->pool, mark);
    return is_said;
}

bool
smtp_client_flush(struct smtp_client *client)
{
    return !client->is_dead && client_io_flush(client, deadline_in_s(client->settings.command_timeout_s));
}

bool
smtp_client_write(struct smtp_client *client, const char *bytes, size_t len)
{
    struct smtp_client_io *io = client->io;
    struct deadline deadline = deadline_in_s(client->settings.data_timeout_s);

    if (client->is_dead)
        return false;
    if (len <= CLIENT_OUT_BYTES - io->out_used) {
        memcpy(io->out + io->out_used, bytes, len);
        io->out_used += len;
        return true;
    }
    return client_io_flush(client, deadline) && client_io_send(client, str_make(bytes, len), deadline);
}

bool
smtp_client_ask(struct smtp_client *client, struct str command, struct smtp_client_reply *reply_out)
{
    *reply_out = (struct smtp_client_reply){ 0 };
    return smtp_client_say(client, command) && smtp_client_read(client, 0, reply_out);
}
