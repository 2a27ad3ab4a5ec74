/* -H files: those of the reference are read, ours say the same again, broken ones are told apart. */
#include "check.h"
#include <string.h>
#include "message/header.h"
#include "spool/spool.h"

static struct pool *pool;

static const char reference[] =
    "1xUgnB-0004jT-31-H\nroot 0 0\n<a@b.example>\n1795250993 2\n-received_time_usec .938283\n"
    "-received_time_complete 1795250993.938877\n--helo_name client.example\n--host_address [10.1.2.3]:999\n"
    "--host_name host.name.example\n--host_auth authx\n--interface_address [127.0.0.1]:25\n--ident identx\n"
    "-received_protocol esmtpa\n-aclc 0 9\nconn zero\n-aclc _name 11\nline1\nline2\n--aclm 0 11\na@b.example\n"
    "-body_linecount 1\n-max_received_linelength 13\n--auth_id id x\n-allow_unqualified_recipient\n"
    "-allow_unqualified_sender\n-deliver_firsttime\n-frozen 1795250993\n-tls_resumption A\n-dsn_envid abc123\n-dsn_ret "
    "2\n"
    "YY m@x\nNY b@x\nNN c@x\nNN z@x\n4\nx@y.example rfc822;x@y.example 18,20  0,-1#3\nx2@y.example  0,2  0,-1#3\n"
    "\"a b\"@y.example err@y 5,1#1\nx3@y.example\n\n"
    "014  Subject: test\n010F From: a@b\n008T To: x@y\n013* X-Added: yes\n";

TEST(a_file_of_the_reference_is_read)
{
    struct message *message;
    struct why why;

    pool = pool_new("test");
    why_init(&why, pool);
    REQUIRE(spool_header_parse(pool, str_of(reference), "1xUgnB-0004jT-31", false, &message, &why) == SPOOL_OK);
    CHECK_STR("", message->sender, "a@b.example");
    CHECK_INT("", message->received_at.tv_sec, 1795250993);
    CHECK_INT("", message->received_at.tv_usec, 938283);
    CHECK_INT("", message->received_complete_at.tv_usec, 938877);
    CHECK_INT("", message->warning_count, 2);
    CHECK_STR("", message->origin->helo_name, "client.example");
    CHECK_STR("", message->origin->host_address, "10.1.2.3");
    CHECK_INT("", message->origin->host_port, 999);
    CHECK_INT("", message->origin->interface_port, 25);
    CHECK_STR("", message->origin->authenticated_id, "id x");
    CHECK_STR("", *(struct str *)map_get(&message->origin->acl_variables, STR("c_name")), "line1\nline2");
    CHECK_STR("", *(struct str *)map_get(&message->acl_variables, STR("m0")), "a@b.example");
    CHECK(message->is_first_try && message->was_allowed_unqualified_sender && !message->is_sender_local);
    CHECK_INT("", message->frozen_at, 1795250993);
    CHECK_INT("", message->dsn_return, DSN_RET_HEADERS);
    CHECK_INT("", message->nonrecipients.count, 4);
    CHECK_INT("", message->recipient_count, 4);
    CHECK_INT("", message->recipients[0].notify, DSN_SUCCESS | DSN_DELAY);
    CHECK_STR("", message->recipients[0].original, "rfc822;x@y.example");
    CHECK_INT("", message->recipients[1].notify, DSN_NEVER);
    CHECK_STR("", message->recipients[2].address, "\"a b\"@y.example");
    CHECK_STR("", message->recipients[2].errors_to, "err@y");
    CHECK_INT("", message->recipients[2].parent, 1);
    CHECK_STR("", message->recipients[3].address, "x3@y.example");
    CHECK_INT("", message->headers->next->kind, HEADER_FROM);
    CHECK_INT("", message->headers_last->kind, HEADER_DELETED);
    CHECK_INT("", message->message_bytes, 14 + 10 + 8);
}

TEST(trust_survives_the_spool)
{
    struct message *message;

    REQUIRE(
        spool_header_parse(pool, pool_dup_tainted(pool, str_of(reference)), "1xUgnB-0004jT-31", false, &message, NULL)
        == SPOOL_OK);
    CHECK(str_is_tainted(message->origin->helo_name));
    CHECK(!str_is_tainted(message->origin->protocol));
    CHECK(!str_is_tainted(message->origin->host_address));
    CHECK(str_is_tainted(*(struct str *)map_get(&message->acl_variables, STR("m0"))));
    CHECK(!str_is_tainted(*(struct str *)map_get(&message->origin->acl_variables, STR("c0"))));
    CHECK(str_is_tainted(message->recipients[0].address));
}

TEST(what_is_written_is_read_again)
{
    struct message *first, *second;
    struct str text, again;

    REQUIRE(spool_header_parse(pool, pool_dup_tainted(pool, str_of(reference)), "1xUgnB-0004jT-31", false, &first, NULL)
            == SPOOL_OK);
    text = spool_header_format(first, pool, 1234);
    REQUIRE(spool_header_parse(pool, text, "1xUgnB-0004jT-31", false, &second, NULL) == SPOOL_OK);
    again = spool_header_format(second, pool, 1234);
    CHECK_VIEW("", again, text);
    CHECK(str_find_str(text, STR("\nYY m@x\nYN c@x\nNN b@x\nNN z@x\n")) != STR_NONE);
    CHECK(str_find_str(text, STR("\nx@y.example rfc822;x@y.example 18,20  0,-1#3\n")) != STR_NONE);
    CHECK(str_find_str(text, STR("\n\"a b\"@y.example  0,0 err@y 5,1#3\n")) != STR_NONE);
    CHECK(str_find_str(text, STR("\n--helo_name client.example\n-host_address [10.1.2.3]:999\n")) != STR_NONE);
    CHECK(str_find_str(text, STR("\n-aclc _name 11\nline1\nline2\n")) != STR_NONE);
    CHECK(str_ends(text, STR("* X-Tern-End: 0000000000001234\n")));
}

TEST(every_cut_of_our_file_is_half_a_message)
{
    struct message *message, *other;
    struct str text;

    REQUIRE(spool_header_parse(pool, str_of(reference), "1xUgnB-0004jT-31", false, &message, NULL) == SPOOL_OK);
    text = spool_header_format(message, pool, 1234);
    for (size_t len = 0; len < text.len; len++)
        CHECK_INT("cut", spool_header_parse(pool, str_head(text, len), "1xUgnB-0004jT-31", false, &other, NULL),
                  SPOOL_HALF);
    for (size_t len = 0; len < text.len; len++) {
        char *copy = pool_alloc(pool, text.len);

        memcpy(copy, text.ptr, len);
        if (spool_header_parse(pool, str_make(copy, text.len), "1xUgnB-0004jT-31", false, &other, NULL) != SPOOL_HALF)
            CHECK_INT("zeros", (int)len, -1);
    }
}

static const struct { const char *from, *to; enum spool_state state; } edits[] = {
    { "1795250993 2\n", "-1 2\n", SPOOL_BAD },
    { "root 0 0\n", "root\n", SPOOL_BAD },
    { "<a@b.example>\n", "a@b\n", SPOOL_BAD },
    { "]:999", "]:99999", SPOOL_BAD },
    { "-aclc 0 9\n", "-aclc 0 900000\n", SPOOL_BAD },
    { "YY m@x", "XY m@x", SPOOL_BAD },
    { "\n4\n", "\n5\n", SPOOL_BAD },
    { "\n4\n", "\n99999999999\n", SPOOL_BAD },
    { "18,20  0,-1#3", "19999,20  0,-1#3", SPOOL_BAD },
    { "5,1#1", "5,-7#1", SPOOL_BAD },
    { "014  Subject", "015  Subject", SPOOL_BAD },
    { "014  Subject", "14  Subject", SPOOL_BAD },
    { "-tls_resumption A\n", "-no_such_thing 1 2 3\n", SPOOL_OK },
    { "-tls_resumption A\n", "-(mysql)name value\n", SPOOL_OK },
    { "-frozen 1795250993\n", "-frozen x\n", SPOOL_BAD },
    { "X-Added: yes", "X-Added: YES", SPOOL_OK },
};

TEST(a_malformed_file_is_left_to_people)
{
    struct message *message, *other;
    struct str text;

    REQUIRE(spool_header_parse(pool, str_of(reference), "1xUgnB-0004jT-31", false, &message, NULL) == SPOOL_OK);
    text = str_of(reference);
    for (size_t i = 0; i < COUNT(edits); i++) {
        size_t at = str_find_str(text, str_of(edits[i].from));
        struct str edited;

        REQUIRE(at != STR_NONE);
        edited = pool_printf(pool, "%.*s%s%.*s029* X-Tern-End: 0000000000000000\n", STR_ARG(str_head(text, at)),
                             edits[i].to, STR_ARG(str_from(text, at + strlen(edits[i].from))));
        CHECK_INT(edits[i].to, spool_header_parse(pool, edited, "1xUgnB-0004jT-31", false, &other, NULL),
                  edits[i].state);
    }
    CHECK_INT("other name", spool_header_parse(pool, text, "1xUgnB-0004jT-32", false, &other, NULL), SPOOL_BAD);
}
