#include "smtp/reply.h"
#include <string.h>
#include "base/buf.h"

size_t
enhanced_code_length(struct str text, int code)
{
    size_t at = 0;

    for (int part = 0; part < 3; part++) {
        size_t digits = 0;

        if (part > 0 && (at >= text.len || text.ptr[at++] != '.'))
            return 0;
        while (at + digits < text.len && digits < 4 && ascii_is_digit(text.ptr[at + digits]))
            digits++;
        if (digits < 1 || digits > (part == 0 ? 1 : 3))
            return 0;
        if (part == 0 && text.ptr[at] != '2' && text.ptr[at] != '4' && text.ptr[at] != '5')
            return 0;
        if (part == 0 && code != 0 && text.ptr[at] - '0' != code / 100)
            return 0;
        at += digits;
    }
    return at == text.len || text.ptr[at] == ' ' || text.ptr[at] == '\n' ? at : 0;
}

/* Three digits, 200 to 599. */
static int
code_at(const char *text)
{
    if (text[0] < '2' || text[0] > '5' || !ascii_is_digit(text[1]) || !ascii_is_digit(text[2]))
        return 0;
    return (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
}

bool
reply_code_override(struct str text, int default_code, int *code_out, struct str *rest_out)
{
    int code = text.len >= 3 ? code_at(text.ptr) : 0;

    *code_out = default_code;
    *rest_out = text;
    if (code == 0 || (text.len > 3 && text.ptr[3] != ' '))
        return false;
    *rest_out = str_from(text, text.len > 3 ? 4 : 3);
    if (code / 100 != default_code / 100)
        return false;
    *code_out = code;
    return true;
}

void
smtp_reply_reader_init(struct smtp_reply_reader *reader, struct pool *pool)
{
    *reader = (struct smtp_reply_reader){ .pool = pool };
}

/* One line of a reply is complete in the room, from line_start to len, its line end taken off. */
static enum smtp_reply_step
end_of_line(struct smtp_reply_reader *reader)
{
    const char *line = reader->room + reader->line_start;
    size_t len = reader->len - reader->line_start;
    int code = len >= 3 ? code_at(line) : 0;

    if (code == 0 || (len > 3 && line[3] != ' ' && line[3] != '-'))
        reader->fault = "malformed reply";
    else if (reader->code != 0 && code != reader->code)
        reader->fault = "reply code changes between the lines of a reply";
    else if (++reader->lines > REPLY_MAX_LINES)
        reader->fault = "too many lines in a reply";
    if (reader->fault != NULL)
        return SMTP_REPLY_BAD;
    reader->code = code;
    return len > 3 && line[3] == '-' ? SMTP_REPLY_MORE : SMTP_REPLY_DONE;
}

/* Octets of a line; what could do harm in logs and bounces is made visible. */
static bool
add_text(struct smtp_reply_reader *reader, const char *text, size_t len)
{
    char *out;

    if (reader->len - reader->line_start + len > REPLY_LINE_MAX_BYTES)
        reader->fault = "reply line too long";
    else if (reader->len + len + 2 > REPLY_MAX_BYTES)
        reader->fault = "reply too long";
    else if (memchr(text, '\0', len) != NULL)
        reader->fault = "NUL in a reply";
    if (reader->fault != NULL)
        return false;
    out = reader->room + reader->len;
    memcpy(out, text, len);
    for (size_t i = 0; i < len; i++)
        if (((unsigned char)out[i] < 0x20 && out[i] != '\t' && out[i] != '\r') || out[i] == 0x7f)
            out[i] = '?';
    reader->len += len;
    return true;
}

/* Lines with codes to lines without. */
static void
fill_reply(struct smtp_reply_reader *reader, struct smtp_reply *reply_out)
{
    struct str rest, line;
    struct buf text;
    size_t enhanced_len;
    bool is_first = true;

    *reply_out = (struct smtp_reply){ .code = reader->code };
    reply_out->whole = pool_dup_tainted(reader->pool, str_make(reader->room, reader->len));
    buf_init(&text, reader->pool, REPLY_MAX_BYTES);
    buf_taint(&text);
    rest = reply_out->whole;
    do {
        str_cut(rest, '\n', &line, &rest);
        if (!is_first)
            buf_add_char(&text, '\n');
        buf_add(&text, str_from(line, 4));
        is_first = false;
    } while (rest.len > 0);
    reply_out->text = buf_str(&text);
    enhanced_len = enhanced_code_length(reply_out->text, reader->code);
    reply_out->enhanced = str_head(reply_out->text, enhanced_len);
}

enum smtp_reply_step
smtp_reply_push(struct smtp_reply_reader *reader, struct str octets, size_t *used_out, struct smtp_reply *reply_out,
                const char **fault_out)
{
    size_t used = 0;
    enum smtp_reply_step step = SMTP_REPLY_MORE;

    if (reader->is_done)
        *reader = (struct smtp_reply_reader){ .pool = reader->pool, .room = reader->room };
    if (reader->room == NULL)
        reader->room = pool_alloc_as(reader->pool, TAINTED, REPLY_MAX_BYTES);
    while (step == SMTP_REPLY_MORE && used < octets.len) {
        const char *at = octets.ptr + used;
        const char *newline = memchr(at, '\n', octets.len - used);
        size_t len = newline != NULL ? (size_t)(newline - at) : octets.len - used;

        used += len + (newline != NULL ? 1 : 0);
        if (!add_text(reader, at, len)) {
            step = SMTP_REPLY_BAD;
            break;
        }
        if (newline == NULL)
            break;
        while (reader->len > reader->line_start && ascii_is_space(reader->room[reader->len - 1]))
            reader->len--;
        for (size_t i = reader->line_start; i < reader->len; i++)
            if (reader->room[i] == '\r')
                reader->room[i] = '?';
        step = end_of_line(reader);
        if (step == SMTP_REPLY_MORE) {
            reader->room[reader->len++] = '\n';
            reader->line_start = reader->len;
        }
    }
    *used_out = used;
    *fault_out = reader->fault;
    reader->is_done = step != SMTP_REPLY_MORE;
    if (step == SMTP_REPLY_DONE)
        fill_reply(reader, reply_out);
    return step;
}

bool
smtp_reply_parse(struct pool *pool, struct str text, struct smtp_reply *reply_out, const char **fault_out)
{
    struct smtp_reply_reader reader;
    enum smtp_reply_step step;
    size_t used;

    smtp_reply_reader_init(&reader, pool);
    step = smtp_reply_push(&reader, text, &used, reply_out, fault_out);
    if (step == SMTP_REPLY_MORE && used == text.len && text.len > 0 && text.ptr[text.len - 1] != '\n')
        step = smtp_reply_push(&reader, STR("\n"), &used, reply_out, fault_out);
    if (step == SMTP_REPLY_MORE)
        *fault_out = "incomplete reply";
    return step == SMTP_REPLY_DONE;
}

enum { OWN_LINE_MAX_BYTES = 510, CODE_BYTES = 4 };

/* The longest front of text that fits a line: cut at a space if there is one in its second half. */
static struct str
line_front(struct str text, size_t room)
{
    size_t newline = str_find(text, '\n'), space;

    if (newline != STR_NONE && newline <= room)
        return str_head(text, newline);
    if (text.len <= room)
        return text;
    space = str_rfind(str_head(text, room), ' ');
    return str_head(text, space != STR_NONE && space > room / 2 ? space : room);
}

/* Control characters of a text that came from somewhere never reach the wire. */
static void
add_clean(struct buf *reply, struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        buf_add(reply, (unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f ? STR(" ") : str_sub(text, i, 1));
}

struct str
smtp_reply_format(struct pool *pool, int code, struct str enhanced, struct str text)
{
    struct buf reply;
    bool is_last;

    buf_init(&reply, pool, BUF_NO_LIMIT);
    if (enhanced.len > 0 && enhanced_code_length(text, 0) > 0)
        enhanced = STR("");
    while (text.len > 0 && ascii_is_space(text.ptr[text.len - 1]))
        text.len--;
    do {
        struct str line = line_front(text, OWN_LINE_MAX_BYTES - CODE_BYTES - (enhanced.len > 0 ? enhanced.len + 1 : 0));

        text = str_from(text, line.len);
        if (text.len > 0 && (text.ptr[0] == '\n' || text.ptr[0] == ' '))
            text = str_from(text, 1);
        is_last = text.len == 0;
        buf_addf(&reply, "%03d%c", code, is_last ? ' ' : '-');
        buf_add(&reply, enhanced);
        if (enhanced.len > 0)
            buf_add_char(&reply, ' ');
        add_clean(&reply, line);
        buf_add_c(&reply, "\r\n");
    } while (!is_last);
    return buf_str(&reply);
}
