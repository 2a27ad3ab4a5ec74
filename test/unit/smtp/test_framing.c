/* Where a message ends (SECURITY: end of data, BDAT): each input is given at once and cut at every place. */
#include "check.h"
#include <string.h>
#include "base/buf.h"
#include "smtp/framing.h"

static struct pool *pool;

enum { ROOM_BYTES = 512 };

/* Give input in pieces of step octets as a session would; what came out, and how much of the input belongs to the
 * message. */
static struct str
read_data(const char *input, size_t len, size_t step, enum bare_newline mode, size_t *used_out, bool *is_bare_out)
{
    struct data_reader reader;
    struct buf text;
    char room[ROOM_BYTES];
    size_t have = 0, given = 0;

    buf_init(&text, pool, BUF_NO_LIMIT);
    data_reader_init(&reader, mode);
    *used_out = STR_NONE;
    for (;;) {
        size_t used, more = len - given < step ? len - given : step;
        struct str piece;
        enum body_step result;

        memcpy(room + have, input + given, more);
        given += more, have += more;
        result = data_reader_push(&reader, room, have, &used, &piece);
        buf_add(&text, piece);
        memmove(room, room + used, have - used);
        have -= used;
        if (result == BODY_END) {
            *used_out = given - have;
            break;
        }
        if (more == 0)
            break;
    }
    *is_bare_out = reader.facts.has_bare_newline;
    return buf_str(&text);
}

#define NOT_ENDED STR_NONE
static const struct { const char *input; size_t used; bool is_bare; const char *text; } data[] = {
    { ".\r\nQUIT\r\n", 3, false, "" },
    { "\r\n.\r\n", 5, false, "\n" },
    { "a\r\n.\r\nMAIL", 6, false, "a\n" },
    { "..\r\n..x\r\n.x\r\n.\r\n", 16, false, ".\n.x\nx\n" },
    { "a\n.\nMAIL\r\n.\r\n", 13, true, "a\n.\nMAIL\n" },
    { "a\n.\r\nMAIL\r\n.\r\n", 14, true, "a\n.\nMAIL\n" },
    { "a\r\n.\nMAIL\r\n.\r\n", 14, true, "a\n\nMAIL\n" },
    { "a\r.\rMAIL\r\n.\r\n", 13, true, "a\n.\nMAIL\n" },
    { "a\r.\nMAIL\r\n.\r\n", 13, true, "a\n.\nMAIL\n" },
    { "a\n.\rMAIL\r\n.\r\n", 13, true, "a\n.\nMAIL\n" },
    { "a\r.\r\nMAIL\r\n.\r\n", 14, true, "a\n.\nMAIL\n" },
    { "a\r\n.\rMAIL\r\n.\r\n", 14, true, "a\n\nMAIL\n" },
    { "a\r\n.\r\r\nMAIL\r\n.\r\n", 16, true, "a\n\n\nMAIL\n" },
    { "a\r\n\v.\f\r\n.\r\n", 11, false, "a\n\v.\f\n" },
    { "a\r\n.\r", NOT_ENDED, false, "a\n" },
    { "a\n\r\n.\r\n", 7, true, "a\n\n" },
};

TEST(only_crlf_dot_crlf_ends_data)
{
    pool = pool_new("test");
    for (size_t i = 0; i < COUNT(data); i++)
        for (size_t step = 1; step <= strlen(data[i].input); step++) {
            size_t used;
            bool is_bare;
            struct str text =
                read_data(data[i].input, strlen(data[i].input), step, BARE_NEWLINE_NORMALIZE, &used, &is_bare);

            CHECK_STR(data[i].input, text, data[i].text);
            CHECK_INT(data[i].input, used, data[i].used);
            CHECK_INT(data[i].input, is_bare, data[i].is_bare);
        }
}

TEST(nul_around_the_dot_is_text)
{
    static const char input[] = "a\r\n\0.\r\n.\0\r\n.\r\n";
    size_t used;
    bool is_bare;
    struct str text = read_data(input, sizeof(input) - 1, 3, BARE_NEWLINE_REJECT, &used, &is_bare);

    CHECK_INT("", used, sizeof(input) - 1);
    CHECK_VIEW("", text, str_make("a\n\0.\n\0\n", 7));
}

/* The chunks are cut out of one input; each is given in pieces of step octets. */
static struct str
read_bdat(const char *input, const size_t *chunks, size_t chunk_count, size_t step, bool *is_bare_out)
{
    struct bdat_reader reader;
    struct buf text;

    buf_init(&text, pool, BUF_NO_LIMIT);
    bdat_reader_init(&reader, BARE_NEWLINE_NORMALIZE);
    for (size_t i = 0; i < chunk_count; i++) {
        char room[ROOM_BYTES];
        size_t have = 0, given = 0, used;
        enum body_step result = BODY_MORE;

        bdat_reader_chunk(&reader, chunks[i]);
        while (result == BODY_MORE) {
            size_t more = chunks[i] - given < step ? chunks[i] - given : step;
            struct str piece;

            memcpy(room + have, input + given, more);
            given += more, have += more;
            do {
                result = bdat_reader_push(&reader, room, have, &used, &piece);
                buf_add(&text, piece);
                memmove(room, room + used, have - used);
                have -= used;
            } while (result == BODY_MORE && used == 0 && piece.len > 0);
        }
        input += chunks[i];
    }
    buf_add(&text, bdat_reader_finish(&reader));
    *is_bare_out = reader.facts.has_bare_newline;
    return buf_str(&text);
}

static const struct { const char *input; bool is_bare; const char *text; } bdat[] = {
    { "S: x\r\n\r\n.\r\nbody\r\n.\r\n", false, "S: x\n\n.\nbody\n.\n" },
    { "no end", false, "no end\n" },
    { "a\r\nb\rc\nd\r\n", true, "a\nb\nc\nd\n" },
    { "a\r\r\n", true, "a\n\n" },
    { "a\r", true, "a\n" },
    { ".", false, ".\n" },
};

TEST(bdat_is_the_same_wherever_it_is_cut)
{
    for (size_t i = 0; i < COUNT(bdat); i++) {
        size_t len = strlen(bdat[i].input);

        for (size_t cut = 0; cut <= len; cut++)
            for (size_t step = 1; step <= len; step++) {
                const size_t chunks[] = { cut, len - cut };
                bool is_bare;

                CHECK_STR(bdat[i].input, read_bdat(bdat[i].input, chunks, 2, step, &is_bare), bdat[i].text);
                CHECK_INT(bdat[i].input, is_bare, bdat[i].is_bare);
            }
    }
}

static const struct { const char *input; bool dot_ends, is_stuffed; const char *text; } local[] = {
    { "S: a\n\nbody\n.x\n..y\n.\nafter\n", true, false, "S: a\n\nbody\n.x\n..y\n" },
    { "S: a\n\nbody\n.\nafter\n", false, false, "S: a\n\nbody\n.\nafter\n" },
    { "S: a\n\n.x\n..y\n.\nQUIT\n", true, true, "S: a\n\nx\n.y\n" },
    { "S: a\rb\n\nbody\r.\rx", true, false, "S: a\n b\n\nbody\n.\nx\n" },
    { "S: a\r\nX: b\nc\r\n\r\nbody\nmore\r\n.\r\n", true, false, "S: a\nX: b\n c\n\nbody more\n" },
    { "S: a\n\nbody\r\n.", true, false, "S: a\n\nbody\n.\n" },
    { "S: a\n\nno end", true, false, "S: a\n\nno end\n" },
    { "", true, false, "" },
};

TEST(local_input_has_every_line_end)
{
    for (size_t i = 0; i < COUNT(local); i++)
        for (size_t step = 1; step <= 40; step++) {
            struct local_reader reader;
            struct buf text;
            char room[ROOM_BYTES];
            size_t have = 0, given = 0, used, len = strlen(local[i].input);
            enum body_step result;
            struct str piece;

            buf_init(&text, pool, BUF_NO_LIMIT);
            local_reader_init(&reader, local[i].dot_ends, local[i].is_stuffed);
            do {
                size_t more = len - given < step ? len - given : step;

                memcpy(room + have, local[i].input + given, more);
                given += more, have += more;
                do {
                    result = local_reader_push(&reader, room, have, &used, &piece);
                    buf_add(&text, piece);
                    memmove(room, room + used, have - used);
                    have -= used;
                } while (result == BODY_MORE && piece.len > 0 && have > 0);
            } while (result == BODY_MORE && given < len);
            if (result == BODY_MORE)
                buf_add(&text, local_reader_finish(&reader, str_make(room, have)));
            CHECK_STR(local[i].input, buf_str(&text), local[i].text);
        }
}

static const struct { const char *text; bool is_stuffed; const char *wire; } writes[] = {
    { "a\n.b\n..\n", true, "a\r\n..b\r\n...\r\n.\r\n" },
    { "a\n.b", false, "a\r\n.b\r\n.\r\n" },
    { "a\r\nb\r.\nc\r\r\n", true, "a\r\nb\r\n..\r\nc\r\n\r\n.\r\n" },
    { "", true, ".\r\n" },
};

TEST(what_is_sent_has_crlf_only)
{
    for (size_t i = 0; i < COUNT(writes); i++)
        for (size_t room_bytes = 2; room_bytes < 32; room_bytes++) {
            struct dot_writer writer;
            struct buf wire;
            struct str text = str_of(writes[i].text);
            char room[32];

            buf_init(&wire, pool, BUF_NO_LIMIT);
            dot_writer_init(&writer, writes[i].is_stuffed, true);
            while (text.len > 0)
                buf_add(&wire, str_make(room, dot_writer_push(&writer, &text, room, room_bytes)));
            buf_add(&wire, dot_writer_finish(&writer, true));
            CHECK_STR(writes[i].text, buf_str(&wire), writes[i].wire);
        }
}

TEST(the_body_is_counted)
{
    struct body_count count = { 0 };

    body_count_add(&count, STR("abc\nde"));
    body_count_add(&count, str_make("fgh\0\n\n", 6));
    CHECK_INT("", count.bytes, 12);
    CHECK_INT("", count.lines, 3);
    CHECK_INT("", count.zeros, 1);
    CHECK_INT("", count.max_line_bytes, 6);
}
