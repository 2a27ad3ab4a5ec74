/* smtp/local_reader.c -- message text from a local program: every line end that such programs use. */
#include <string.h>
#include "smtp/framing.h"

enum {
    AT_LINE_START = 1,              /* after LF or CRLF: a dot here may be the end */
    NEEDS_SPACE = 2,                /* the next text continues the header field that a stray line end cut */
    IN_BODY = 4,
    KNOWS_MODE = 8,                 /* the first line has been seen ... */
    IN_CRLF_MODE = 16,              /* ... and ended with CRLF */
    LINE_HAS_TEXT = 32
};

void
local_reader_init(struct local_reader *reader, bool dot_ends, bool is_stuffed)
{
    *reader = (struct local_reader){ .dot_ends = dot_ends, .is_stuffed = is_stuffed, .state = AT_LINE_START };
}

enum line_end { END_LF, END_CRLF, END_CR };

/* Put down what a line end means here; returns where the text now ends. */
static char *
end_line(struct local_reader *reader, enum line_end kind, char *out)
{
    int state = reader->state;
    bool is_stray = kind == END_CR || (kind == END_LF && (state & IN_CRLF_MODE) != 0);

    if ((state & KNOWS_MODE) == 0)
        state |= KNOWS_MODE | (kind == END_CRLF ? IN_CRLF_MODE : 0);
    if ((state & IN_BODY) == 0) {
        if ((state & LINE_HAS_TEXT) == 0)
            state |= IN_BODY;
        else if (is_stray)
            state |= NEEDS_SPACE;
        *out++ = '\n';
    } else if (is_stray && kind == END_LF) {
        *out++ = ' ';
    } else {
        *out++ = '\n';
    }
    reader->facts.has_bare_newline |= is_stray;
    state &= ~(LINE_HAS_TEXT | AT_LINE_START);
    reader->state = state | (is_stray ? 0 : AT_LINE_START);
    return out;
}

enum dot { DOT_TEXT, DOT_END, DOT_UNDECIDED };

/* A dot at the start of a line; *len_out octets make the end mark. */
static enum dot
dot_kind(const char *dot, size_t len, size_t *len_out)
{
    if (len == 1 || (len == 2 && dot[1] == '\r'))
        return DOT_UNDECIDED;
    *len_out = dot[1] == '\r' ? 3 : 2;
    return dot[1] == '\n' || (dot[1] == '\r' && dot[2] == '\n') ? DOT_END : DOT_TEXT;
}

/* Length of the text before its first CR or LF. */
static size_t
plain_length(const char *text, size_t len)
{
    const char *newline = memchr(text, '\n', len), *cr;

    if (newline != NULL)
        len = (size_t)(newline - text);
    cr = memchr(text, '\r', len);
    return cr != NULL ? (size_t)(cr - text) : len;
}

enum body_step
local_reader_push(struct local_reader *reader, char *room, size_t len, size_t *used_out, struct str *text_out)
{
    char *in = room, *out = room, *const end = room + len;
    enum body_step step = BODY_MORE;

    *used_out = 0;
    if ((reader->state & NEEDS_SPACE) != 0 && len > 0) {
        reader->state &= ~NEEDS_SPACE;
        reader->state |= LINE_HAS_TEXT;
        *text_out = STR(" ");
        return BODY_MORE;
    }
    while (in < end && (reader->state & NEEDS_SPACE) == 0) {
        size_t plain, mark_len;

        if ((reader->state & AT_LINE_START) != 0 && *in == '.' && (reader->dot_ends || reader->is_stuffed)) {
            enum dot kind = dot_kind(in, (size_t)(end - in), &mark_len);

            if (kind == DOT_UNDECIDED)
                break;
            if (kind == DOT_END && reader->dot_ends) {
                in += mark_len;
                step = BODY_END;
                break;
            }
            reader->state = (reader->state & ~AT_LINE_START) | LINE_HAS_TEXT;
            if (reader->is_stuffed)
                in++;
        }
        plain = plain_length(in, (size_t)(end - in));
        if (plain > 0) {
            if (out != in)
                memmove(out, in, plain);
            in += plain, out += plain;
            reader->state = (reader->state & ~AT_LINE_START) | LINE_HAS_TEXT;
        }
        if (in == end || (*in == '\r' && in + 1 == end))
            break;
        if (*in == '\n') {
            out = end_line(reader, END_LF, out);
            in++;
        } else {
            bool is_crlf = in[1] == '\n';

            out = end_line(reader, is_crlf ? END_CRLF : END_CR, out);
            in += is_crlf ? 2 : 1;
        }
    }
    *used_out = (size_t)(in - room);
    *text_out = str_make(room, (size_t)(out - room));
    reader->facts.wire_bytes += *used_out;
    return step;
}

struct str
local_reader_finish(struct local_reader *reader, struct str unused)
{
    bool is_at_start = (reader->state & LINE_HAS_TEXT) == 0;

    reader->state = AT_LINE_START;
    reader->facts.wire_bytes += unused.len;
    if (unused.len > 0 && unused.ptr[0] == '.')
        return STR(".\n");
    return unused.len > 0 || !is_at_start ? STR("\n") : STR("");
}
