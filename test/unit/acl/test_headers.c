/* Header fields that lists add and remove; codes in messages. */
#include "acl_check.h"
#include "acl/rows.h"
#include "message/header.h"

static const struct { const char *text, *added; } additions[] = {
    { "X-A: 1", "X-A: 1" },
    { "\n\nX-A: 1\n\n", "X-A: 1" },
    { "X-A: 1\nX-B: 2", "X-A: 1\nX-B: 2" },
    { "X-A: 1\n two", "X-A: 1\n two" },
    { "no field", "X-ACL-Warn: no field" },
    { "X-A: 1\nX-A: 1", "X-A: 1" },
    { ":at_start:X-A: 1", "X-A: 1" },
    { "X-A: 1\r\nX-B: 2\r", "X-A: 1\nX-B: 2" },
    { "", "" },
};

TEST(added_fields_are_split_checked_and_kept_once)
{
    for (size_t i = 0; i < COUNT(additions); i++) {
        struct acl_bench *bench = acl_bench("", "");

        acl_add_headers(&bench->state, str_of(additions[i].text));
        CHECK_STR(additions[i].text, acl_headers_added(&bench->state, bench->pool), additions[i].added);
        acl_bench_free(bench);
    }
}

TEST(fields_go_where_their_place_says)
{
    struct acl_bench *bench = acl_bench("", "");
    struct message *message = bench->scope.message;

    message_add_header(message, STR("Received: one\n"));
    message_add_header(message, STR("Received: two\n"));
    message_add_header(message, STR("Resent-From: x\n"));
    message_add_header(message, STR("Subject: s\n"));
    message_add_header(message, STR("X-Gone: g\n"));
    acl_add_headers(&bench->state, STR("X-End: 1\n:at_start_rfc:X-Rfc: 4\n:after_received:X-After: "
                                       "3\n:at_start:X-First: 2"));
    bench->state.headers_removed = STR("x-gone : x-none");
    acl_apply_headers(&bench->state, message);
    CHECK_STR("order", message_headers_text(message, bench->pool),
              "X-First: 2\nReceived: one\nReceived: two\nX-After: 3\nResent-From: x\nX-Rfc: 4\nSubject: s\nX-End: 1\n");
    CHECK(bench->state.headers_added == NULL);
    acl_bench_free(bench);
}

static const struct { const char *text; int code, code_out; const char *enhanced,
                      *text_out; bool is_right; } codes[] = {
    { "hello", 550, 550, "", "hello", true },
    { "599 go away", 550, 599, "", "go away", true },
    { "554 5.7.1 go away", 550, 554, "5.7.1", "go away", true },
    { "450 wait", 550, 550, "", "wait", false },
    { "55 no", 550, 550, "", "55 no", true },
    { "5501 no", 550, 550, "", "5501 no", true },
    { "550 5.1 no", 550, 550, "", "5.1 no", true },
    { "250 2.1.5 ok", 250, 250, "2.1.5", "ok", true },
};

TEST(messages_may_begin_with_codes_of_the_right_class)
{
    struct acl_bench *bench = acl_bench("", "");

    for (size_t i = 0; i < COUNT(codes); i++) {
        struct str text = str_of(codes[i].text), enhanced = STR("");
        int code = codes[i].code;

        CHECK_ROW(codes[i].text, acl_message_code(&text, &code, &enhanced) == codes[i].is_right);
        CHECK_INT(codes[i].text, code, codes[i].code_out);
        CHECK_STR(codes[i].text, enhanced, codes[i].enhanced);
        CHECK_STR(codes[i].text, text, codes[i].text_out);
    }
    acl_bench_free(bench);
}
