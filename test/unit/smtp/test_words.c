/* Replies and parameters. */
#include "check.h"
#include <string.h>
#include "smtp/params.h"
#include "smtp/reply.h"

static struct pool *pool;

static const struct { const char *wire; int code; const char *text, *enhanced, *fault; } replies[] = {
    { "250 OK\r\n", 250, "OK", "", NULL },
    { "250-a\r\n250-b c\r\n250 d\r\n", 250, "a\nb c\nd", "", NULL },
    { "550 5.7.1 no\r\n", 550, "5.7.1 no", "5.7.1", NULL },
    { "550 4.7.1 no\r\n", 550, "4.7.1 no", "", NULL },
    { "220\r\n", 220, "", "", NULL },
    { "220 bare lf\n", 220, "bare lf", "", NULL },
    { "250 x\ry\033z\r\n", 250, "x?y?z", "", NULL },
    { "250-a\r\n550 b\r\n", 0, NULL, NULL, "reply code changes between the lines of a reply" },
    { "hello\r\n", 0, NULL, NULL, "malformed reply" },
    { "650 x\r\n", 0, NULL, NULL, "malformed reply" },
    { "250x\r\n", 0, NULL, NULL, "malformed reply" },
};

TEST(a_reply_is_read_in_any_pieces)
{
    pool = pool_new("test");
    for (size_t i = 0; i < COUNT(replies); i++)
        for (size_t step = 1; step <= strlen(replies[i].wire); step++) {
            struct smtp_reply_reader reader;
            struct smtp_reply reply = { 0 };
            const char *fault = NULL;
            struct str wire = str_of(replies[i].wire);
            enum smtp_reply_step result = SMTP_REPLY_MORE;
            size_t used;

            smtp_reply_reader_init(&reader, pool);
            while (result == SMTP_REPLY_MORE && wire.len > 0) {
                result = smtp_reply_push(&reader, str_head(wire, step), &used, &reply, &fault);
                wire = str_from(wire, used);
            }
            CHECK_INT(replies[i].wire, result, replies[i].fault != NULL ? SMTP_REPLY_BAD : SMTP_REPLY_DONE);
            CHECK_INT(replies[i].wire, reply.code, replies[i].code);
            CHECK_STR(replies[i].wire, reply.text, replies[i].text);
            CHECK_STR(replies[i].wire, reply.enhanced, replies[i].enhanced);
            CHECK_TEXT(replies[i].wire, fault, replies[i].fault);
        }
}

TEST(a_reader_goes_on_with_the_next_reply)
{
    struct smtp_reply_reader reader;
    struct smtp_reply reply;
    const char *fault;
    struct str wire = STR("250 one\r\n354 two\r\n");
    size_t used;

    smtp_reply_reader_init(&reader, pool);
    CHECK_INT("", smtp_reply_push(&reader, wire, &used, &reply, &fault), SMTP_REPLY_DONE);
    CHECK_INT("", used, 9);
    CHECK_INT("", smtp_reply_push(&reader, str_from(wire, used), &used, &reply, &fault), SMTP_REPLY_DONE);
    CHECK_STR("", reply.text, "two");
    CHECK_STR("", reply.whole, "354 two");
}

TEST(an_endless_reply_is_given_up)
{
    struct smtp_reply_reader reader;
    struct smtp_reply reply;
    const char *fault = NULL;
    enum smtp_reply_step step = SMTP_REPLY_MORE;
    size_t used, given = 0;

    smtp_reply_reader_init(&reader, pool);
    while (step == SMTP_REPLY_MORE && given < 1000000) {
        step = smtp_reply_push(&reader, STR("250-xxxxxxxxxxxxxxxx\r\n"), &used, &reply, &fault);
        given += used;
    }
    CHECK_INT("lines", step, SMTP_REPLY_BAD);
    smtp_reply_reader_init(&reader, pool);
    for (step = SMTP_REPLY_MORE, given = 0; step == SMTP_REPLY_MORE && given < 1000000; given += used)
        step = smtp_reply_push(&reader, STR("2200000000000000"), &used, &reply, &fault);
    CHECK_INT("octets", step, SMTP_REPLY_BAD);
}

TEST(our_replies_are_lines_that_fit)
{
    static char lengthy[1200];
    struct str whole;

    CHECK_STR("", smtp_reply_format(pool, 250, STR(""), STR("OK")), "250 OK\r\n");
    CHECK_STR("", smtp_reply_format(pool, 250, STR(""), STR("")), "250 \r\n");
    CHECK_STR("", smtp_reply_format(pool, 550, STR("5.7.1"), STR("a\nb\r\tc")), "550-5.7.1 a\r\n550 5.7.1 b  c\r\n");
    CHECK_STR("", smtp_reply_format(pool, 550, STR("5.7.1"), STR("5.1.1 no")), "550 5.1.1 no\r\n");
    memset(lengthy, 'x', sizeof(lengthy) - 1);
    whole = smtp_reply_format(pool, 250, STR(""), str_of(lengthy));
    CHECK_INT("", str_find(whole, '\n'), 511);
    CHECK_INT("", whole.len, 1199 + 3 * 6);
}

TEST(a_configured_text_may_bring_its_code)
{
    struct str rest;
    int code;

    CHECK(reply_code_override(STR("551 moved"), 550, &code, &rest));
    CHECK_INT("", code, 551);
    CHECK_STR("", rest, "moved");
    CHECK(!reply_code_override(STR("450 later"), 550, &code, &rest));
    CHECK_INT("", code, 550);
    CHECK(!reply_code_override(STR("5500 x"), 550, &code, &rest));
    CHECK_INT("", enhanced_code_length(STR("5.7.26 x"), 550), 6);
    CHECK_INT("", enhanced_code_length(STR("5.7.1x"), 550), 0);
    CHECK_INT("", enhanced_code_length(STR("4.7.1"), 0), 5);
}

static const struct { const char *text; enum smtp_param_result result; } mail_params[] = {
    { "SIZE=100", SMTP_PARAM_OK },  { "size=0", SMTP_PARAM_OK },        { "SIZE=99999999999999999999", SMTP_PARAM_BAD },
    { "SIZE", SMTP_PARAM_BAD },     { "BODY=8BITMIME", SMTP_PARAM_OK }, { "BODY=x", SMTP_PARAM_BAD },
    { "AUTH=<>", SMTP_PARAM_OK },   { "AUTH=a+40b", SMTP_PARAM_OK },    { "AUTH=+0", SMTP_PARAM_BAD },
    { "AUTH=+00", SMTP_PARAM_BAD }, { "AUTH=+0A", SMTP_PARAM_BAD },     { "AUTH=+1B", SMTP_PARAM_BAD },
    { "RET=HDRS", SMTP_PARAM_OK },  { "RET=all", SMTP_PARAM_BAD },      { "ENVID=abc", SMTP_PARAM_OK },
    { "SMTPUTF8", SMTP_PARAM_OK },  { "FOO=1", SMTP_PARAM_UNKNOWN },
};

TEST(parameters_of_mail_are_checked)
{
    for (size_t i = 0; i < COUNT(mail_params); i++) {
        struct smtp_mail_params params = { 0 };
        struct smtp_parameter parameter;
        struct str rest = str_of(mail_params[i].text);
        const char *text, *fault;

        CHECK(smtp_parameter_next(&rest, &parameter, &fault));
        CHECK_INT(mail_params[i].text, smtp_mail_param(&params, pool, &parameter, &text), mail_params[i].result);
        if (mail_params[i].result == SMTP_PARAM_OK && parameter.has_value)
            CHECK_INT(mail_params[i].text, smtp_mail_param(&params, pool, &parameter, &text), SMTP_PARAM_TWICE);
    }
}

static const struct { const char *text; enum smtp_param_result result; unsigned notify; } rcpt_params[] = {
    { "NOTIFY=NEVER", SMTP_PARAM_OK, 1 },        { "NOTIFY=SUCCESS,delay", SMTP_PARAM_OK, 10 },
    { "NOTIFY=NEVER,DELAY", SMTP_PARAM_BAD, 0 }, { "NOTIFY=,", SMTP_PARAM_BAD, 0 },
    { "ORCPT=rfc822;a@b", SMTP_PARAM_OK, 0 },    { "ORCPT=rfc822", SMTP_PARAM_BAD, 0 },
    { "ORCPT=rfc822;a+0Ab", SMTP_PARAM_BAD, 0 }, { "ORCPT=;a", SMTP_PARAM_BAD, 0 },
};

TEST(parameters_of_rcpt_are_checked)
{
    for (size_t i = 0; i < COUNT(rcpt_params); i++) {
        struct smtp_rcpt_params params = { 0 };
        struct smtp_parameter parameter;
        struct str rest = str_of(rcpt_params[i].text);
        const char *text, *fault;

        CHECK(smtp_parameter_next(&rest, &parameter, &fault));
        CHECK_INT(rcpt_params[i].text, smtp_rcpt_param(&params, pool, &parameter, &text), rcpt_params[i].result);
        CHECK_INT(rcpt_params[i].text, params.notify, rcpt_params[i].notify);
    }
}

TEST(malformed_parameters_are_told_from_the_end)
{
    static const char *const bad[] = { "=x", "A==", "A=", "-A=1", "A=1=2", "A\"=1", "A=\303\251" };
    struct smtp_parameter parameter;
    const char *fault;
    struct str rest = STR("  ");

    CHECK(!smtp_parameter_next(&rest, &parameter, &fault));
    CHECK_TEXT("", fault, NULL);
    for (size_t i = 0; i < COUNT(bad); i++) {
        rest = str_of(bad[i]);
        CHECK_ROW(bad[i], !smtp_parameter_next(&rest, &parameter, &fault));
        CHECK_ROW(bad[i], fault != NULL);
    }
}

static const struct { const char *argument; bool is_good; uint64_t size; bool is_last; } bdats[] = {
    { "0 LAST", true, 0, true },
    { "86", true, 86, false },
    { "86 last", true, 86, true },
    { "-1", false, 0, false },
    { "+5", false, 0, false },
    { "5x", false, 0, false },
    { "0x10", false, 0, false },
    { "2147483648", true, 2147483648u, false },
    { "9223372036854775808", false, 0, false },
    { "18446744073709551617", false, 0, false },
    { "", false, 0, false },
    { "5 LASTX", false, 0, false },
    { "5\tLAST", false, 0, false },
    { "5  LAST", false, 0, false },
    { "1234567890123456789012345678901234567890", false, 0, false },
};

TEST(the_size_of_a_chunk_is_digits)
{
    for (size_t i = 0; i < COUNT(bdats); i++) {
        uint64_t size = 0;
        bool is_last = false;

        CHECK_INT(bdats[i].argument, smtp_bdat_argument(str_of(bdats[i].argument), &size, &is_last), bdats[i].is_good);
        if (bdats[i].is_good) {
            CHECK_INT(bdats[i].argument, size, bdats[i].size);
            CHECK_INT(bdats[i].argument, is_last, bdats[i].is_last);
        }
    }
}
