/* A session over a socket pair whose other end has said everything beforehand. */
#include "check.h"
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "smtp_client/transaction.h"

static struct pool *pool;
static int peer;

static void
begin(struct smtp_client *client, const char *replies, bool is_lmtp)
{
    struct smtp_client_settings settings = { .helo_name = STR("me.example"), .is_lmtp = is_lmtp, .command_timeout_s = 1,
                                             .data_timeout_s = 1, .final_timeout_s = 1 };
    int pair[2];

    if (pool == NULL)
        pool = pool_new("test");
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    peer = pair[1];
    REQUIRE(write(peer, replies, strlen(replies)) == (ssize_t)strlen(replies));
    smtp_client_open(client, pool, pair[0], pair[0], &settings);
}

/* What the client said; the connection is over. */
static struct str
said(struct smtp_client *client)
{
    struct buf text;
    char chunk[4096];
    ssize_t count;

    smtp_client_flush(client);
    smtp_client_close(client);
    buf_init(&text, pool, BUF_NO_LIMIT);
    while ((count = read(peer, chunk, sizeof(chunk))) > 0)
        buf_add(&text, str_make(chunk, (size_t)count));
    close(peer);
    return buf_str(&text);
}

static const struct {
    const char *label, *bytes;
    int code;
    const char *enhanced, *text;
    enum smtp_client_failure failure;
} replies[] = {
    { "one line", "250 ok\r\n", 250, "", "250 ok", CLIENT_ALIVE },
    { "no text", "250\r\n", 250, "", "250", CLIENT_ALIVE },
    { "bare LF", "250 ok\n", 250, "", "250 ok", CLIENT_ALIVE },
    { "several lines", "550-5.1.1 no\r\n550 5.1.1 such\r\n", 550, "5.1.1", "550-5.1.1 no\\n550 5.1.1 such",
      CLIENT_ALIVE },
    { "enhanced code of another class", "550 2.1.1 x\r\n", 550, "", "550 2.1.1 x", CLIENT_ALIVE },
    { "enhanced code alone", "550 5.7.2\r\n", 550, "5.7.2", "550 5.7.2", CLIENT_ALIVE },
    { "control characters", "550 a\x1b[1m\x01\r\n", 550, "", "550 a?[1m?", CLIENT_ALIVE },
    { "utf-8 stays, other octets go", "550 \xc3\xa9\xff\xc3\r\n", 550, "", "550 \xc3\xa9??", CLIENT_ALIVE },
    { "code changes", "250-a\r\n550 b\r\n", 0, "", "", CLIENT_MALFORMED },
    { "no code", "hello\r\n", 0, "", "", CLIENT_MALFORMED },
    { "code of no class", "150 x\r\n", 0, "", "", CLIENT_MALFORMED },
    { "code too long", "2500 x\r\n", 0, "", "", CLIENT_MALFORMED },
    { "empty line", "\r\n", 0, "", "", CLIENT_MALFORMED },
    { "half a line", "250 o", 0, "", "", CLIENT_TIMED_OUT },
};

TEST(replies_are_read_within_bounds)
{
    for (size_t i = 0; i < COUNT(replies); i++) {
        struct smtp_client client;
        struct smtp_client_reply reply;

        begin(&client, replies[i].bytes, false);
        smtp_client_read(&client, 1, &reply);
        CHECK_INT(replies[i].label, reply.code, replies[i].code);
        CHECK_INT(replies[i].label, client.failure, replies[i].failure);
        CHECK_STR(replies[i].label, reply.text, replies[i].text);
        CHECK_STR(replies[i].label, reply.enhanced, replies[i].enhanced);
        said(&client);
    }
}

TEST(endless_lines_and_replies_end_the_session)
{
    struct smtp_client client;
    struct smtp_client_reply reply;
    char *endless = pool_alloc(pool, 200001);

    memset(endless, 'x', 6000);
    memcpy(endless, "250 ", 4);
    begin(&client, endless, false);
    CHECK(!smtp_client_read(&client, 1, &reply));
    CHECK_INT("line", client.failure, CLIENT_MALFORMED);
    said(&client);
    for (size_t i = 0; i < 20000; i++)
        memcpy(endless + i * 7, "250-x\r\n", 7);
    endless[20000 * 7] = '\0';
    begin(&client, endless, false);
    CHECK(!smtp_client_read(&client, 1, &reply));
    CHECK_INT("lines", client.failure, CLIENT_MALFORMED);
    said(&client);
}

TEST(ehlo_keywords_are_noted_and_helo_is_the_fallback)
{
    struct smtp_client client;
    struct why why;

    why_init(&why, pool);
    begin(&client,
          "220 hi\r\n250-x PIPELINING\r\n250-SIZE 1000\r\n250-size2\r\n250-AUTH PLAIN LOGIN\r\n250-LIMITS RCPTMAX=3 "
          "X=1\r\n250 8bitmime\r\n",
          false);
    CHECK_INT("greet", smtp_client_greet(&client, NULL, &why), OK);
    CHECK_INT("capabilities", client.capabilities, CAP_SIZE | CAP_AUTH | CAP_LIMITS | CAP_8BITMIME);
    CHECK_INT("size", client.size_limit, 1000);
    CHECK_INT("limit", client.limit_rcpt, 3);
    CHECK_STR("auth", client.auth_mechanisms, "PLAIN LOGIN");
    CHECK_STR("said", said(&client), "EHLO me.example\r\n");
    begin(&client, "220 hi\r\n500 what\r\n250 hi\r\n", false);
    CHECK_INT("greet", smtp_client_greet(&client, NULL, &why), OK);
    CHECK(!client.is_esmtp);
    CHECK_STR("said", said(&client), "EHLO me.example\r\nHELO me.example\r\n");
    begin(&client, "554 go away\r\n", false);
    CHECK_INT("greet", smtp_client_greet(&client, NULL, &why), FAIL);
    CHECK_STR("why", why.text, "SMTP error from remote mail server after initial connection: 554 go away");
    said(&client);
}

TEST(commands_never_hold_line_ends)
{
    struct smtp_client client;

    begin(&client, "", false);
    CHECK(!smtp_client_say(&client, STR("MAIL FROM:<a\r\nRSET>")));
    CHECK(!smtp_client_say(&client, STR("MAIL FROM:<a\0>")));
    CHECK(smtp_client_say(&client, STR("NOOP")));
    CHECK_STR("said", said(&client), "NOOP\r\n");
}

/* ---- Transactions */

static enum outcome
send_text(void *data, struct smtp_transaction *tx, struct why *why)
{
    (void)why;
    return smtp_transaction_write(tx, str_of(data)) ? OK : DEFER;
}

static struct str
transact(struct smtp_transaction *tx, struct smtp_recipient *recipients, size_t count, const char *ehlo,
         const char *bytes, bool is_lmtp)
{
    struct smtp_client *client = POOL_NEW(pool, struct smtp_client);
    static char text[] = "Subject: x\r\n\r\nbody\r\n";

    *tx = (struct smtp_transaction){ .client = client, .pool = pool, .sender = STR("s@x"), .recipients = recipients,
                                     .recipient_count = count, .send = send_text, .data = text };
    memset(recipients, 0, count * sizeof(*recipients));
    for (size_t i = 0; i < count; i++)
        recipients[i].address = pool_printf(pool, "r%zu@y", i);
    begin(client, bytes, is_lmtp);
    smtp_client_parse_ehlo(client, str_of(ehlo));
    tx->is_chunking = smtp_client_can(client, CAP_CHUNKING);
    smtp_transaction_run(tx);
    return said(client);
}

#define PIPE "250-x\n250 PIPELINING\n"
#define BDAT "250-x\n250-PIPELINING\n250 CHUNKING\n"
#define BODY "Subject: x\r\n\r\nbody\r\n"

TEST(each_recipient_gets_its_own_result)
{
    struct smtp_transaction tx;
    struct smtp_recipient r[3];
    struct str text =
        transact(&tx, r, 3, PIPE, "250 s\r\n250 a\r\n550 5.1.1 no\r\n451 later\r\n354 go\r\n250 got it\r\n", false);

    CHECK_STR("said", text,
              "MAIL FROM:<s@x>\r\nRCPT TO:<r0@y>\r\nRCPT TO:<r1@y>\r\nRCPT TO:<r2@y>\r\nDATA\r\n" BODY ".\r\n");
    CHECK_INT("0", r[0].outcome, OK);
    CHECK_INT("1", r[1].outcome, FAIL);
    CHECK_STR("1", r[1].why.text, "SMTP error from remote mail server after RCPT TO:<r1@y>: 550 5.1.1 no");
    CHECK_INT("2", r[2].outcome, DEFER);
    CHECK_INT("2", r[2].error, SMTP_ERROR_RECIPIENT);
    CHECK_INT("2", r[2].why.cause, CAUSE_RCPT_4XX);
    CHECK_INT("whole", tx.error, SMTP_ERROR_NONE);
}

TEST(lmtp_has_a_reply_for_each_accepted_recipient)
{
    struct smtp_transaction tx;
    struct smtp_recipient r[3];

    transact(&tx, r, 3, PIPE, "250 s\r\n250 a\r\n550 no\r\n250 c\r\n354 go\r\n250 one\r\n452 full\r\n", true);
    CHECK_INT("0", r[0].outcome, OK);
    CHECK_STR("0", r[0].reply.text, "250 one");
    CHECK_INT("1", r[1].outcome, FAIL);
    CHECK_INT("2", r[2].outcome, DEFER);
    CHECK_STR("2", r[2].why.text, "SMTP error from remote mail server after end of data: 452 full");
}

TEST(a_connection_lost_after_partial_lmtp_replies_defers_the_rest)
{
    struct smtp_transaction tx;
    struct smtp_recipient r[2];

    transact(&tx, r, 2, PIPE, "250 s\r\n250 a\r\n250 b\r\n354 go\r\n250 one\r\n", true);
    CHECK_INT("0", r[0].outcome, OK);
    CHECK_INT("1", r[1].outcome, DEFER);
    CHECK_INT("1", r[1].error, SMTP_ERROR_MESSAGE);
}

TEST(without_recipients_the_pipelined_data_ends_empty)
{
    struct smtp_transaction tx;
    struct smtp_recipient r[1];
    struct str text = transact(&tx, r, 1, PIPE, "250 s\r\n550 no\r\n354 go\r\n554 nobody\r\n", false);

    CHECK_STR("said", text, "MAIL FROM:<s@x>\r\nRCPT TO:<r0@y>\r\nDATA\r\n.\r\n");
    CHECK_INT("0", r[0].outcome, FAIL);
    CHECK(tx.client->is_reset_due);
}

TEST(a_refused_sender_is_everyones_result)
{
    struct smtp_transaction tx;
    struct smtp_recipient r[2];

    transact(&tx, r, 2, PIPE, "451 later\r\n503 no\r\n503 no\r\n503 no\r\n", false);
    CHECK_INT("0", r[0].outcome, DEFER);
    CHECK_STR("0", r[0].why.text, "SMTP error from remote mail server after pipelined MAIL FROM:<s@x>: 451 later");
    CHECK_INT("1", r[1].outcome, DEFER);
    CHECK_INT("whole", tx.error, SMTP_ERROR_MESSAGE);
    CHECK_INT("number", r[0].why.sys_errno, SMTP_NUMBER_MAIL_4XX);
}

TEST(one_chunk_leaves_with_the_envelope)
{
    struct smtp_transaction tx;
    struct smtp_recipient r[2];
    struct str text = transact(&tx, r, 2, BDAT, "250 s\r\n250 a\r\n250 b\r\n250 got it\r\n", false);

    CHECK_STR("said", text, "MAIL FROM:<s@x>\r\nRCPT TO:<r0@y>\r\nRCPT TO:<r1@y>\r\nBDAT 20 LAST\r\n" BODY);
    CHECK_INT("0", r[0].outcome, OK);
    CHECK_INT("1", r[1].outcome, OK);
    transact(&tx, r, 2, BDAT, "250 s\r\n250 a\r\n550 b\r\n550 refused\r\n", false);
    CHECK_STR("refused", r[0].why.text, "SMTP error from remote mail server after pipelined end of data: 550 refused");
    transact(&tx, r, 2, BDAT, "250 s\r\n550 a\r\n550 b\r\n503 nobody\r\n", false);
    CHECK_INT("nobody", r[0].outcome, FAIL);
    CHECK(tx.client->is_reset_due);
}

TEST(a_lost_connection_is_never_a_delivery)
{
    static const struct { const char *label, *bytes; enum smtp_error_kind kind; } losses[] = {
        { "after MAIL", "", SMTP_ERROR_MESSAGE },
        { "after RCPT", "250 s\r\n", SMTP_ERROR_NONE },
        { "after DATA", "250 s\r\n250 a\r\n250 b\r\n", SMTP_ERROR_HOST },
        { "after the dot", "250 s\r\n250 a\r\n250 b\r\n354 go\r\n", SMTP_ERROR_MESSAGE },
        { "code in two minds", "250 s\r\n250 a\r\n250 b\r\n354 go\r\n250-x\r\n550 y\r\n", SMTP_ERROR_MESSAGE },
    };
    struct smtp_transaction tx;
    struct smtp_recipient r[2];

    for (size_t i = 0; i < COUNT(losses); i++) {
        transact(&tx, r, 2, PIPE, losses[i].bytes, false);
        CHECK_INT(losses[i].label, r[0].outcome, DEFER);
        CHECK_INT(losses[i].label, r[1].outcome, DEFER);
        CHECK_INT(losses[i].label, tx.error, losses[i].kind);
        CHECK_INT(losses[i].label, tx.delivered_count, 0);
    }
}

TEST(an_address_with_a_line_end_is_refused_alone)
{
    struct smtp_transaction tx;
    struct smtp_recipient r[2] = { 0 };
    struct smtp_client *client = POOL_NEW(pool, struct smtp_client);
    struct str text;
    static char body[] = "x\r\n";

    tx = (struct smtp_transaction){
        .client = client, .pool = pool, .recipients = r, .recipient_count = 2, .send = send_text, .data = body
    };
    r[0].address = STR("a\r\nDATA@y");
    r[1].address = STR("b@y");
    begin(client, "250 s\r\n250 b\r\n354 go\r\n250 ok\r\n", false);
    smtp_client_parse_ehlo(client, STR(PIPE));
    smtp_transaction_run(&tx);
    text = said(client);
    CHECK_STR("said", text, "MAIL FROM:<>\r\nRCPT TO:<b@y>\r\nDATA\r\nx\r\n.\r\n");
    CHECK_STR("good one first", r[0].address, "b@y");
    CHECK_INT("good", r[0].outcome, OK);
    CHECK_INT("bad", r[1].outcome, FAIL);
}
