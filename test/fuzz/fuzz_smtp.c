/* Any octets as what an SMTP client sends: message text by DATA and BDAT in pieces of any size, parameters, a reply.
 * How the octets are cut into pieces makes no difference; what comes out has no CR; what is sent and read again is the
 * same text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "smtp/framing.h"
#include "smtp/params.h"
#include "smtp/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PIECE_ROOM = 65536 };

struct reading {
    struct str text;
    size_t used;
    bool has_ended, has_bare_newline;
};

static void
demand(bool holds)
{
    if (!holds)
        abort();
}

/* Read by DATA (or one BDAT chunk) in pieces of piece octets. */
static struct reading
read_pieces(struct pool *pool, struct str wire, size_t piece, bool is_chunk, enum bare_newline bare_newline)
{
    struct data_reader dots;
    struct bdat_reader chunk;
    struct buf text;
    struct reading result = { 0 };
    char *room = pool_alloc(pool, PIECE_ROOM + 8);
    size_t held = 0, given = 0;

    buf_init(&text, pool, BUF_NO_LIMIT);
    data_reader_init(&dots, bare_newline);
    bdat_reader_init(&chunk, bare_newline);
    bdat_reader_chunk(&chunk, wire.len);
    while (given < wire.len && !result.has_ended) {
        size_t more = wire.len - given < piece ? wire.len - given : piece, len = held + more, used;
        struct str part = { 0 };
        enum body_step step;

        memcpy(room + held, wire.ptr + given, more);
        given += more;
        step = is_chunk ? bdat_reader_push(&chunk, room, len, &used, &part)
                        : data_reader_push(&dots, room, len, &used, &part);
        demand(used <= len);
        buf_add(&text, part);
        result.has_ended = step == BODY_END;
        held = len - used;
        demand(result.has_ended || held <= 2);
        memmove(room, room + used, held);
    }
    if (is_chunk)
        buf_add(&text, bdat_reader_finish(&chunk));
    result.used = given - held;
    result.has_bare_newline = is_chunk ? chunk.facts.has_bare_newline : dots.facts.has_bare_newline;
    result.text = buf_str(&text);
    return result;
}

/* Write text for DATA with little room at a time. */
static struct str
write_dotted(struct pool *pool, struct str text)
{
    struct dot_writer writer;
    struct buf wire;
    char room[7];

    buf_init(&wire, pool, BUF_NO_LIMIT);
    dot_writer_init(&writer, true, true);
    while (!str_is_empty(text)) {
        size_t before = text.len, count = dot_writer_push(&writer, &text, room, sizeof(room));

        demand(count <= sizeof(room) && (count > 0 || text.len < before));
        buf_add(&wire, str_make(room, count));
    }
    buf_add(&wire, dot_writer_finish(&writer, true));
    return buf_str(&wire);
}

static void
message_holds(struct pool *pool, struct str wire, bool is_chunk, enum bare_newline bare_newline)
{
    struct reading whole = read_pieces(pool, wire, PIECE_ROOM, is_chunk, bare_newline);
    struct reading octets = read_pieces(pool, wire, 1, is_chunk, bare_newline);
    struct reading threes = read_pieces(pool, wire, 3, is_chunk, bare_newline);
    struct reading back;

    demand(whole.has_ended == octets.has_ended && whole.has_ended == threes.has_ended);
    demand(str_eq(whole.text, octets.text) && str_eq(whole.text, threes.text));
    demand(whole.has_bare_newline == octets.has_bare_newline);
    if (!whole.has_ended)
        return;
    demand(whole.used == octets.used && whole.used == threes.used);
    demand(bare_newline == BARE_NEWLINE_REJECT || str_find(whole.text, '\r') == STR_NONE);
    if (whole.has_bare_newline || str_find(whole.text, '\r') != STR_NONE || !str_ends(whole.text, STR("\n")))
        return;
    back = read_pieces(pool, write_dotted(pool, whole.text), PIECE_ROOM, false, BARE_NEWLINE_REJECT);
    demand(back.has_ended && !back.has_bare_newline && str_eq(back.text, whole.text));
}

static void
words_hold(struct pool *pool, struct str text)
{
    struct smtp_mail_params mail = { 0 };
    struct smtp_rcpt_params rcpt = { 0 };
    struct smtp_parameter parameter;
    struct smtp_reply reply;
    struct str rest = text;
    const char *fault;
    uint64_t size;
    bool is_last;
    int code;

    while (smtp_parameter_next(&rest, &parameter, &fault)) {
        smtp_mail_param(&mail, pool, &parameter, &fault);
        smtp_rcpt_param(&rcpt, pool, &parameter, &fault);
    }
    demand(str_find_any(mail.auth, "\r\n") == STR_NONE && str_find(mail.auth, '\0') == STR_NONE);
    if (smtp_bdat_argument(text, &size, &is_last))
        demand(size <= (uint64_t)1 << 62);
    smtp_reply_parse(pool, text, &reply, &fault);
    reply_code_override(text, 550, &code, &rest);
    smtp_reply_format(pool, 550, STR("5.7.1"), text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pool *pool = pool_new("fuzz");
    struct str wire;

    if (size > PIECE_ROOM)
        size = PIECE_ROOM;
    wire = pool_dup_tainted(pool, str_make((const char *)data, size));
    for (int i = 0; i < 4; i++)
        message_holds(pool, wire, i & 1, i & 2 ? BARE_NEWLINE_NORMALIZE : BARE_NEWLINE_REJECT);
    words_hold(pool, wire);
    pool_free(pool);
    return 0;
}
