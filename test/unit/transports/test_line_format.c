/* Line ends and escaped line starts, whatever the pieces the text comes in. */
#include "check.h"
#include "base/buf.h"
#include "transports/line_format.h"

static struct pool *pool;

static bool
collect(void *data, struct str octets)
{
    buf_add(data, octets);
    return true;
}

enum { LF, CRLF, WIRE_TO_LF, WIRE_TO_CRLF };

static const struct { const char *label; int kind; const char *check, *escape, *text, *expected; } rows[] = {
    { "plain", LF, "", "", "a\nb\n", "a\nb\n" },
    { "no last line end", LF, "", "", "a", "a" },
    { "From", LF, "From ", ">From ", "From x\nFrom\n From y\nFrom z", ">From x\nFrom\n From y\n>From z" },
    { "From twice", LF, "From ", ">From ", "FromFrom x\nFrom From x\n", "FromFrom x\n>From From x\n" },
    { "mmdf", LF, "\1\1\1\1\n", "\1\1\1\1 \n", "a\n\1\1\1\1\n\1\1\1\1\nb\n\1\1\n",
      "a\n\1\1\1\1 \n\1\1\1\1 \nb\n\1\1\n" },
    { "crlf", CRLF, "", "", "a\n\nb\n", "a\r\n\r\nb\r\n" },
    { "crlf in", CRLF, "", "", "a\r\nb\r\n", "a\r\nb\r\n" },
    { "bare cr ends a line", CRLF, "", "", "a\rb\n\rc\n", "a\r\nb\r\n\r\nc\r\n" },
    { "cr cr lf", CRLF, "", "", "a\r\r\nb\n", "a\r\n\r\nb\r\n" },
    { "dots", CRLF, ".", "..", ".\n..\n.x\nx.\n", "..\r\n...\r\n..x\r\nx.\r\n" },
    { "dot behind a bare cr", CRLF, ".", "..", "a\r.\r\nMAIL\n", "a\r\n..\r\nMAIL\r\n" },
    { "lf dot crlf", CRLF, ".", "..", "a\n.\r\nb\n", "a\r\n..\r\nb\r\n" },
    { "cr dot cr", CRLF, ".", "..", "a\r.\rb\n", "a\r\n..\r\nb\r\n" },
    { "cr at the end", CRLF, ".", "..", "a\r", "a\r\n" },
    { "wire to lf", WIRE_TO_LF, "", "", "a\r\nb\rc\r\n\r\n", "a\nb\rc\n\n" },
    { "wire to lf, From", WIRE_TO_LF, "From ", ">From ", "a\r\nFrom b\r\n", "a\n>From b\n" },
    { "wire to crlf", WIRE_TO_CRLF, ".", "..", "a\r\n.b\r\n", "a\r\n..b\r\n" },
    { "empty", CRLF, ".", "..", "", "" },
};

static struct str
formatted(size_t row, size_t piece_bytes, int64_t *octets_out)
{
    struct line_format format = {
        .is_crlf = rows[row].kind == CRLF || rows[row].kind == WIRE_TO_CRLF,
        .is_crlf_input = rows[row].kind == WIRE_TO_LF || rows[row].kind == WIRE_TO_CRLF,
        .check_string = str_of(rows[row].check), .escape_string = str_of(rows[row].escape),
    };
    struct str text = str_of(rows[row].text);
    struct buf out;

    buf_init(&out, pool, BUF_NO_LIMIT);
    line_format_begin(&format, pool, (struct message_sink){ collect, &out });
    while (text.len > 0) {
        line_format_text(&format, str_head(text, piece_bytes));
        text = str_from(text, piece_bytes);
    }
    line_format_flush(&format);
    *octets_out = format.octets;
    return buf_str(&out);
}

TEST(text_comes_out_the_same_in_pieces_of_any_size)
{
    pool = pool_new("test");
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t piece = 1; piece < 30; piece++) {
            struct pool_mark mark = pool_mark(pool);
            int64_t octets;
            struct str out = formatted(i, piece, &octets);

            CHECK_STR(rows[i].label, out, rows[i].expected);
            CHECK_INT(rows[i].label, octets, out.len);
            pool_reset(pool, mark);
        }
}

TEST(a_missing_last_line_end_is_supplied_on_request)
{
    struct line_format format = LINE_FORMAT_SMTP;
    struct buf out;

    buf_init(&out, pool, BUF_NO_LIMIT);
    line_format_begin(&format, pool, (struct message_sink){ collect, &out });
    line_format_text(&format, STR("a\n.b"));
    line_format_end_line(&format);
    line_format_end_line(&format);
    line_format_raw(&format, STR(".\r\n"));
    line_format_flush(&format);
    CHECK_STR("smtp", buf_str(&out), "a\r\n..b\r\n.\r\n");
}

static bool
refuse(void *data, struct str octets)
{
    (void)data;
    (void)octets;
    return false;
}

TEST(a_sink_that_refuses_is_remembered)
{
    struct line_format format = LINE_FORMAT_SMTP;

    line_format_begin(&format, pool, (struct message_sink){ refuse, NULL });
    line_format_text(&format, STR("a\n"));
    CHECK(!line_format_flush(&format));
    CHECK(format.has_failed);
}
