#include "smtp/framing.h"
#include <string.h>

enum { AT_LINE_START = 1, HELD_CR = 2, AFTER_BARE_CR = 4 };

/* A bare CR ends a line like any other mark. */
static void
end_lines_at_bare_cr(char *text, size_t len, struct body_facts *facts)
{
    char *end = text + len;

    for (char *cr = memchr(text, '\r', len); cr != NULL; cr = memchr(cr, '\r', (size_t)(end - cr))) {
        *cr = '\n';
        facts->has_bare_newline = true;
    }
}

/* Copy a piece of a line downwards within the caller's room; returns where the text now ends. */
static char *
move_down(char *out, const char *in, size_t len, struct body_facts *facts)
{
    if (len == 0)
        return out;
    if (out != in)
        memmove(out, in, len);
    end_lines_at_bare_cr(out, len, facts);
    return out + len;
}

void
data_reader_init(struct data_reader *reader, enum bare_newline bare_newline)
{
    *reader = (struct data_reader){ .bare_newline = bare_newline, .state = AT_LINE_START };
}

/* What a dot at the start of a line is: decided by up to two more octets. */
enum dot { DOT_END, DOT_STUFFED, DOT_UNDECIDED };

static enum dot
dot_kind(const char *dot, size_t len)
{
    if (len == 1 || (len == 2 && dot[1] == '\r'))
        return DOT_UNDECIDED;
    return dot[1] == '\r' && dot[2] == '\n' ? DOT_END : DOT_STUFFED;
}

enum body_step
data_reader_push(struct data_reader *reader, char *room, size_t len, size_t *used_out, struct str *text_out)
{
    char *in = room, *out = room, *const end = room + len;
    enum body_step step = BODY_MORE;

    while (in < end) {
        char *newline, *stop;

        if ((reader->state & AT_LINE_START) != 0 && *in == '.') {
            enum dot kind = dot_kind(in, (size_t)(end - in));

            if (kind == DOT_UNDECIDED)
                break;
            if (kind == DOT_END) {
                in += 3;
                step = BODY_END;
                break;
            }
            in++;
            reader->state = 0;
        }
        newline = memchr(in, '\n', (size_t)(end - in));
        stop = newline != NULL ? newline : end;
        if (stop > in && stop[-1] == '\r')
            stop--;
        out = move_down(out, in, (size_t)(stop - in), &reader->facts);
        if (newline == NULL) {
            if (stop > in)
                reader->state = 0;
            in = stop;      /* a CR at the end waits for what follows */
            break;
        }
        if (stop == newline)
            reader->facts.has_bare_newline = true;
        reader->state = stop == newline ? 0 : AT_LINE_START;
        *out++ = '\n';
        in = newline + 1;
    }
    *used_out = (size_t)(in - room);
    *text_out = str_make(room, (size_t)(out - room));
    reader->facts.wire_bytes += *used_out;
    return step;
}

void
bdat_reader_init(struct bdat_reader *reader, enum bare_newline bare_newline)
{
    *reader = (struct bdat_reader){ .bare_newline = bare_newline, .is_at_line_start = true };
}

void
bdat_reader_chunk(struct bdat_reader *reader, uint64_t size_bytes)
{
    reader->left_bytes = size_bytes;
}

/* The octets of one push, CRLF to LF; a CR at the very end is held back if the chunk goes on, remembered if not. */
static char *
bdat_convert(struct bdat_reader *reader, char *room, char *end, bool is_chunk_end, char **in_out)
{
    char *in = room, *out = room;

    while (in < end) {
        char *newline = memchr(in, '\n', (size_t)(end - in)), *stop = newline != NULL ? newline : end;
        bool is_crlf = newline == room && (reader->state & HELD_CR) != 0;

        if (stop > in && stop[-1] == '\r') {
            stop--;
            is_crlf = newline != NULL;
        }
        reader->state = 0;
        out = move_down(out, in, (size_t)(stop - in), &reader->facts);
        if (newline == NULL) {
            in = stop;
            if (stop < end && is_chunk_end) {
                reader->state = HELD_CR;
                in = end;
            }
            break;
        }
        if (!is_crlf)
            reader->facts.has_bare_newline = true;
        *out++ = '\n';
        in = newline + 1;
    }
    *in_out = in;
    return out;
}

enum body_step
bdat_reader_push(struct bdat_reader *reader, char *room, size_t len, size_t *used_out, struct str *text_out)
{
    bool is_chunk_end = len >= reader->left_bytes;
    char *in, *out, *end = room + (is_chunk_end ? (size_t)reader->left_bytes : len);

    *used_out = 0;
    *text_out = STR("");
    if (reader->left_bytes == 0)
        return BODY_END;
    if (len == 0)
        return BODY_MORE;
    if ((reader->state & HELD_CR) != 0 && *room != '\n') {
        reader->state = 0;
        reader->facts.has_bare_newline = true;
        reader->is_at_line_start = true;
        *text_out = STR("\n");
        return BODY_MORE;
    }
    out = bdat_convert(reader, room, end, is_chunk_end, &in);
    *used_out = (size_t)(in - room);
    *text_out = str_make(room, (size_t)(out - room));
    if (text_out->len > 0)
        reader->is_at_line_start = out[-1] == '\n';
    reader->left_bytes -= *used_out;
    reader->facts.wire_bytes += *used_out;
    return reader->left_bytes == 0 ? BODY_END : BODY_MORE;
}

struct str
bdat_reader_finish(struct bdat_reader *reader)
{
    bool is_end_missing = (reader->state & HELD_CR) != 0 || !reader->is_at_line_start;

    if ((reader->state & HELD_CR) != 0)
        reader->facts.has_bare_newline = true;
    reader->state = 0;
    reader->is_at_line_start = true;
    return is_end_missing ? STR("\n") : STR("");
}

void
body_count_add(struct body_count *count, struct str text)
{
    const char *at = text.ptr, *end = text.ptr + text.len;

    count->bytes += (int64_t)text.len;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));

        count->line_bytes += (newline != NULL ? newline : end) - at;
        if (count->line_bytes > count->max_line_bytes)
            count->max_line_bytes = count->line_bytes;
        if (newline == NULL)
            break;
        count->lines++;
        count->line_bytes = 0;
        at = newline + 1;
    }
    for (at = text.ptr; at < end && (at = memchr(at, '\0', (size_t)(end - at))) != NULL; at++)
        count->zeros++;
}

void
dot_writer_init(struct dot_writer *writer, bool is_stuffed, bool uses_crlf)
{
    *writer = (struct dot_writer){ .is_stuffed = is_stuffed, .uses_crlf = uses_crlf, .state = AT_LINE_START };
}

/* One line end, or nothing where it completes a CR that was written as one already. */
static size_t
write_line_end(struct dot_writer *writer, char mark, char *out)
{
    size_t len = 0;

    if (mark == '\n' && (writer->state & AFTER_BARE_CR) != 0) {
        writer->state = AT_LINE_START;
        return 0;
    }
    if (writer->uses_crlf)
        out[len++] = '\r';
    out[len++] = '\n';
    writer->state = AT_LINE_START | (mark == '\r' ? AFTER_BARE_CR : 0);
    return len;
}

/* Length of text before its first CR or LF. */
static size_t
plain_length(struct str text)
{
    const char *newline = memchr(text.ptr, '\n', text.len), *cr;
    size_t len = newline != NULL ? (size_t)(newline - text.ptr) : text.len;

    cr = memchr(text.ptr, '\r', len);
    return cr != NULL ? (size_t)(cr - text.ptr) : len;
}

size_t
dot_writer_push(struct dot_writer *writer, struct str *text, char *room, size_t room_bytes)
{
    size_t len = 0;

    while (text->len > 0 && room_bytes - len >= 2) {
        size_t plain = plain_length(*text);

        if (plain == 0) {
            len += write_line_end(writer, text->ptr[0], room + len);
            *text = str_from(*text, 1);
            continue;
        }
        if (writer->is_stuffed && (writer->state & AT_LINE_START) != 0 && text->ptr[0] == '.')
            room[len++] = '.';
        if (plain > room_bytes - len)
            plain = room_bytes - len;
        memcpy(room + len, text->ptr, plain);
        len += plain;
        writer->state = 0;
        *text = str_from(*text, plain);
    }
    return len;
}

struct str
dot_writer_finish(struct dot_writer *writer, bool with_dot)
{
    bool is_end_missing = (writer->state & AT_LINE_START) == 0;

    writer->state = AT_LINE_START;
    if (writer->uses_crlf)
        return is_end_missing ? (with_dot ? STR("\r\n.\r\n") : STR("\r\n")) : with_dot ? STR(".\r\n") : STR("");
    return is_end_missing ? (with_dot ? STR("\n.\n") : STR("\n")) : with_dot ? STR(".\n") : STR("");
}
