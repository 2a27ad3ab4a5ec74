/* Header fields as text. */
#include "check.h"
#include "message/header.h"

static struct pool *pool;

static const struct { const char *line; size_t len; } names[] = {
    { "Subject: x", 7 }, { "Subject : x", 7 },   { "Subject x", 0 },    { ": x", 0 }, { " x: y", 0 },
    { "a b: c", 0 },     { "X-\303\251: y", 0 }, { "From ann Sat", 0 }, { "X:", 1 },
};

TEST(a_field_begins_with_a_name)
{
    size_t colon;

    pool = pool_new("test");
    for (size_t i = 0; i < COUNT(names); i++)
        CHECK_INT(names[i].line, header_name_length(str_of(names[i].line), &colon), names[i].len);
}

TEST(folds_become_one_space)
{
    CHECK_STR("", header_unfold(pool, STR("a\n b\n\t c ")), "a b c");
    CHECK_STR("", header_unfold(pool, STR("plain")), "plain");
    CHECK_STR("", header_unfold(pool, STR("a \n  \n b")), "a b");
}

static const struct { const char *body; bool is_folded; const char *field; } made[] = {
    { "x", false, "N: x\n" },
    { " a\nb ", false, "N: a\n b\n" },
    { "a\r\nBcc: b", false, "N: a \n Bcc: b\n" },
    { "aaaaaaaaaaaaaaaaaaaa@example, bbbbbbbbbbbbbbbbbbbbbbbbbb@example, cccccccccccccccccccccc@example", true,
      "N: aaaaaaaaaaaaaaaaaaaa@example, bbbbbbbbbbbbbbbbbbbbbbbbbb@example,\n cccccccccccccccccccccc@example\n" },
    { "a\nb", true, "N: a\n b\n" },
};

TEST(a_value_never_starts_another_field)
{
    for (size_t i = 0; i < COUNT(made); i++)
        CHECK_STR(made[i].body, header_make(pool, STR("N"), str_of(made[i].body), made[i].is_folded), made[i].field);
}

static const struct { const char *text, *clean; } added[] = {
    { "X: a", "X: a\n" },     { "X: a\r\n b\r\nY: c\n", "X: a\n b\nY: c\n" },
    { "X: a\n\nbody", NULL }, { "no name", NULL },
    { " x: y", NULL },        { "X: a\rb", "X: a b\n" },
};

TEST(text_to_be_added_is_checked)
{
    for (size_t i = 0; i < COUNT(added); i++) {
        struct str clean = STR("");
        const char *reason;

        CHECK_INT(added[i].text, header_text_check(pool, str_of(added[i].text), &clean, &reason),
                  added[i].clean != NULL);
        CHECK_STR(added[i].text, clean, added[i].clean);
    }
}

TEST(fields_of_one_name_are_joined)
{
    struct message *message = message_new(pool, NULL);
    struct header_field *to;

    message_add_header(message, STR("Subject:  a\n"));
    to = message_add_header(message, STR("To: b@c\n"));
    message_add_header(message, STR("subject: d\n e\n"));
    message_add_header(message, STR("to : f@g"));
    CHECK_STR("", message_header_value(message, pool, STR("SUBJECT"), false), "a\nd\n e");
    CHECK_STR("", message_header_value(message, pool, STR("to"), false), "b@c,\nf@g");
    CHECK_STR("", message_header_value(message, pool, STR("subject"), true), "  a\n d\n e");
    CHECK_INT("", to->kind, HEADER_TO);
    message_replace_header(message, to, STR("To: x@y\n"));
    CHECK_INT("", to->kind, HEADER_DELETED);
    CHECK_STR("", message_header_value(message, pool, STR("to"), false), "x@y,\nf@g");
    message_insert_header_first(message, STR("Received: r\n"));
    CHECK_INT("", message->headers->kind, HEADER_RECEIVED);
    CHECK_STR("", message_headers_text(message, pool), "Received: r\nSubject:  a\nTo: x@y\nsubject: d\n e\nto : f@g\n");
    CHECK_STR("", header_body(message->headers_last), "f@g");
}

TEST(kinds_follow_names)
{
    CHECK_INT("", header_kind_of(STR("Resent-From")), HEADER_FROM);
    CHECK_INT("", header_kind_of(STR("message-ID")), HEADER_ID);
    CHECK_INT("", header_kind_of(STR("X-From")), HEADER_OTHER);
    CHECK(header_name_is_resent(STR("Resent-Date")));
    CHECK(!header_name_is_resent(STR("Resent-X")));
}
