/* What becomes of a message between its first octet and the spool: fix-ups, limits, ACLs (manual: message processing). */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "acl/acl.h"
#include "base/buf.h"
#include "config/reader.h"
#include "log/log.h"
#include "message/header.h"
#include "receive/receive.h"

static struct pool *pool;

static const char settings[] =
    "primary_hostname = mx.tern.example\nqualify_domain = tern.example\nspool_directory = %s/spool\n"
    "received_header_text = Received: by mx with $received_protocol${if def:received_for{\\n\\tfor $received_for}}\n"
    "message_size_limit = 2000\nheader_maxsize = 1000\nheader_line_maxsize = 300\ntimezone = UTC\n"
    "acl_smtp_data = data\nacl_not_smtp = data\nlog_file_path = %s/%%slog\ncheck_spool_space = 0\ncheck_spool_inodes = 0\n"
    "begin acl\ndata:\n"
    "  deny condition = ${if eq{$h_subject:}{deny}}\n message = no thanks\n"
    "  defer condition = ${if eq{$h_subject:}{defer}}\n"
    "  drop condition = ${if eq{$h_subject:}{drop}}\n message = 554 5.7.1 gone\n"
    "  discard condition = ${if eq{$h_subject:}{discard}}\n"
    "  warn condition = ${if eq{$h_subject:}{add}}\n add_header = X-Added: $message_size\n remove_header = X-Bad\n"
    "  accept condition = ${if eq{$h_subject:}{fake}}\n control = fakereject/kept\n"
    "  accept condition = ${if eq{$h_subject:}{freeze}}\n control = freeze\n"
    "  accept\n";

static void
set_up(void)
{
    struct config_request request = { .is_mail_user_optional = true };
    struct config *conf;
    struct str error;

    if (pool != NULL)
        return;
    pool = pool_new("test");
    setenv("TZ", "UTC", 1);
    request.text = pool_printf(pool, settings, check_directory(), check_directory()).ptr;
    if (config_read(&request, pool, &conf, &error) != OK)
        CHECK_STR("configuration", error, "");
    conf->mail_uid = geteuid();
    conf->mail_gid = getegid();
    config = conf;
    log_divert(stderr);
}

/* Who sends, as the tables below want it. */
enum sender { REMOTE, LOCAL_UNTRUSTED, LOCAL_TRUSTED, SUBMISSION };

static struct origin *
origin_make(enum sender kind)
{
    struct origin *origin = origin_new(pool);

    origin->is_local = kind == LOCAL_UNTRUSTED || kind == LOCAL_TRUSTED;
    origin->is_trusted = kind == LOCAL_TRUSTED;
    origin->is_socket = !origin->is_local;
    origin->caller_login = origin->ident = STR("ann");
    origin->caller_name = STR("Ann & Co.");
    origin->protocol = origin->is_local ? STR("local") : STR("esmtp");
    if (!origin->is_local)
        origin->host_address = STR("192.0.2.1");
    if (kind == SUBMISSION)
        origin->authenticated_id = STR("ann");
    return origin;
}

/* Take the text in, in pieces of step octets; the header section as it is kept, ids and dates made equal. */
static struct str
receive(enum sender kind, const char *text, size_t step, struct receive_result *result_out)
{
    struct acl_state acl;
    struct scope scope = scope_make(pool);
    struct receive_request request = { .pool = pool, .origin = origin_make(kind), .scope = &scope,
                                       .is_smtp_data = kind == REMOTE || kind == SUBMISSION };
    struct str rest = str_of(text), headers = STR("");
    struct message *message;
    struct reception *reception;
    struct buf out;

    acl_state_init(&acl, pool, pool);
    acl.message.submission = kind == SUBMISSION;
    scope.acl = &acl;
    request.message = message_new(pool, request.origin);
    request.message->sender = kind == REMOTE ? STR("eve@far.example") : STR("ann@tern.example");
    request.message->is_sender_local = kind == LOCAL_UNTRUSTED;
    message_add_recipient(request.message, STR("bob@tern.example"));
    reception = reception_begin(&request);
    for (; rest.len > 0; rest = str_from(rest, step))
        reception_add(reception, pool_dup_tainted(pool, str_head(rest, step)));
    reception_end(reception, result_out);
    CHECK_INT(text, result_out->fate == RECEIVE_ACCEPTED, result_out->token.id[0] != '\0');
    if (result_out->fate != RECEIVE_ACCEPTED)
        return STR("");
    if (spool_read(spool_configured(NULL), pool, result_out->token.id, false, &message, NULL) != SPOOL_OK) {
        CHECK_ROW(text, false);
        return STR("");
    }
    headers = message_headers_text(message, pool);
    spool_close(message);
    buf_init(&out, pool, BUF_NO_LIMIT);
    while (headers.len > 0) {
        struct str id = str_of(result_out->token.id), line;

        str_cut(headers, '\n', &line, &headers);
        if (str_ends(line, STR("+0000")))
            line = str_head(line, line.len - strlen("Sat, 21 Nov 2026 08:22:51 +0000"));
        if (str_find_str(line, id) != STR_NONE)
            line = str_head(line, str_find_str(line, id));
        buf_add(&out, line);
        buf_add_char(&out, '|');
    }
    return buf_str(&out);
}

#define RECEIVED "Received: by mx with "
#define BY(protocol) RECEIVED protocol "|\tfor bob@tern.example;|\t|"
static const struct { enum sender kind; const char *text, *headers; } kept[] = {
    { REMOTE, "Subject: x\n\nbody\n", BY("esmtp") "Subject: x|" },
    { REMOTE, "To: bob, carl@x\nFrom: ann\n\n", BY("esmtp") "To: bob, carl@x|From: ann|" },
    { REMOTE, "Return-path: <a@b>\nX: y\nEnvelope-to: q\nDelivery-date: now\n\n", BY("esmtp") "X: y|" },
    { REMOTE, "Sender: x@y\nBcc: z@z\n\n", BY("esmtp") "Sender: x@y|Bcc: z@z|" },
    { REMOTE, "X: a\n b\n\tc\nNo field\nY: z\n\nbody\n", BY("esmtp") "X: a| b|\tc|" },
    { REMOTE, " begins with a fold\nX: y\n\nbody\n", BY("esmtp") },
    { REMOTE, "From eve Fri Jan  5 12:35 GMT 1996\nX: y\n\n", BY("esmtp") },
    { REMOTE, "\nno header\n", BY("esmtp") },
    { REMOTE, "", BY("esmtp") },
    { LOCAL_TRUSTED, "Subject: x\n\n",
      BY("local") "Subject: x|Message-Id: <E|From: \"Ann Ann Co.\" <ann@tern.example>|Date: |" },
    { LOCAL_TRUSTED, "From eve Fri Jan  5 12:35 GMT 1996\nFrom: x@y\nDate: d\nMessage-ID: <m>\n\n",
      BY("local") "From: x@y|Date: d|Message-ID: <m>|" },
    { LOCAL_TRUSTED, "From: x@y\nSender: e@e\nDate: d\nMessage-ID: <m>\n\n",
      BY("local") "From: x@y|Sender: e@e|Date: d|Message-ID: <m>|" },
    { LOCAL_TRUSTED, "From: ANN\nDate: d\nMessage-ID: <m>\nTo: bob\n\n",
      BY("local") "Date: d|Message-ID: <m>|To: bob@tern.example|From: \"Ann Ann Co.\" <ann@tern.example>|" },
    { LOCAL_UNTRUSTED, "From: x@y\nSender: e@e\nDate: d\nMessage-ID: <m>\n\n",
      BY("local") "From: x@y|Date: d|Message-ID: <m>|Sender: \"Ann Ann Co.\" <ann@tern.example>|" },
    { LOCAL_UNTRUSTED, "From: (c) Ann@Tern.Example\nDate: d\nMessage-ID: <m>\n\n",
      BY("local") "From: (c) Ann@Tern.Example|Date: d|Message-ID: <m>|" },
    { LOCAL_UNTRUSTED, "From: ann@tern.example\nResent-To: q@x\n\n",
      "Received: by mx with local|\tfor bob@tern.example;|\t|Resent-Date: |Resent-Message-Id: <E|From: ann@tern.example|"
      "Resent-To: q@x|Resent-From: \"Ann Ann Co.\" <ann@tern.example>|" },
    { SUBMISSION, "Subject: x\nSender: e@e\nFrom: other@x\n\n",
      BY("esmtp") "Subject: x|From: other@x|Message-Id: <E|Sender: ann@tern.example|Date: |" },
    { SUBMISSION, "Subject: x\n\n", BY("esmtp") "Subject: x|Message-Id: <E|From: ann@tern.example|Date: |" },
    { REMOTE, "Subject: add\nX-Bad: 1\n\n", BY("esmtp") "Subject: add|X-Added: 23|" },
};

TEST(the_header_section_is_put_right_wherever_it_is_cut)
{
    static const size_t steps[] = { 1, 2, 7, 10000 };

    set_up();
    for (size_t i = 0; i < COUNT(kept); i++)
        for (size_t s = 0; s < COUNT(steps); s++) {
            struct receive_result result;

            CHECK_STR(kept[i].text, receive(kept[i].kind, kept[i].text, steps[s], &result), kept[i].headers);
        }
}

static const struct { const char *text; enum receive_fate fate; int code; const char *enhanced, *reply; } fates[] = {
    { "Subject: deny\n\n", RECEIVE_REJECTED, 550, "", "no thanks" },
    { "Subject: defer\n\n", RECEIVE_REJECTED, 451, "", "Temporary local problem - please try later" },
    { "Subject: drop\n\n", RECEIVE_REJECTED, 554, "5.7.1", "gone" },
    { "Subject: discard\n\n", RECEIVE_DISCARDED, 250, "", NULL },
    { "Subject: fake\n\n", RECEIVE_ACCEPTED, 550, "", "kept" },
    { "Subject: freeze\n\n", RECEIVE_ACCEPTED, 250, "", NULL },
};

TEST(the_list_at_the_end_decides)
{
    for (size_t i = 0; i < COUNT(fates); i++) {
        struct receive_result result;

        receive(REMOTE, fates[i].text, 100, &result);
        CHECK_INT(fates[i].text, result.fate, fates[i].fate);
        CHECK_INT(fates[i].text, result.code, fates[i].code);
        CHECK_STR(fates[i].text, result.enhanced, fates[i].enhanced);
        if (fates[i].reply != NULL)
            CHECK_STR(fates[i].text, result.reply, fates[i].reply);
    }
}

/* "Subject: x", an empty line and count octets of body in lines; or one field of that length. */
static const char *
long_text(const char *start, size_t count, size_t line)
{
    char *text = pool_alloc(pool, strlen(start) + count + 2 * (count / line) + 3), *at = text + strlen(start);

    memcpy(text, start, strlen(start));
    for (size_t i = 1; i <= count; i++) {
        *at++ = 'x';
        if (i % line == 0 && i < count) {
            *at++ = '\n';
            if (start[0] == 'Y')
                *at++ = ' ';
        }
    }
    *at++ = '\n';
    return text;
}

TEST(what_is_too_long_is_refused_and_leaves_nothing)
{
    static const struct { const char *start; size_t count, line; const char *reply; } cases[] = {
        { "Subject: x\n\n", 2100, 70, "Message size exceeds maximum permitted" },
        { "X: ", 350, 1000, "A message header line is too long" },
        { "Y: ", 290, 140, NULL },
        { "Y: ", 350, 40, "A message header line is too long" },
    };
    struct receive_result result;
    struct buf many;
    size_t before, after;

    spool_count(spool_configured(NULL), &before);
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (cases[i].reply == NULL)
            continue;
        receive(REMOTE, long_text(cases[i].start, cases[i].count, cases[i].line), 33, &result);
        CHECK_INT(cases[i].start, result.code, 552);
        CHECK_STR(cases[i].start, result.reply, cases[i].reply);
    }
    buf_init(&many, pool, BUF_NO_LIMIT);
    for (int i = 0; i < 100; i++)
        buf_addf(&many, "X-%d: abcdefghijklmnop\n", i);
    receive(REMOTE, buf_cstr(&many), 500, &result);
    CHECK_STR("", result.reply, "Message header is ridiculously long");
    spool_count(spool_configured(NULL), &after);
    CHECK_INT("", after, before);
    CHECK_INT("files", spool_tidy(spool_configured(NULL), -10), 0);
}

TEST(a_message_given_up_leaves_nothing)
{
    struct receive_request request = { .pool = pool, .origin = origin_make(REMOTE), .is_smtp_data = true };
    struct receive_result result;
    struct reception *reception;

    request.message = message_new(pool, request.origin);
    message_add_recipient(request.message, STR("bob@tern.example"));
    reception = reception_begin(&request);
    reception_add(reception, STR("Subject: x\n\nbody\n"));
    reception_abandon(reception);
    CHECK_INT("files", spool_tidy(spool_configured(NULL), -10), 0);

    request.message = message_new(pool, request.origin);
    message_add_recipient(request.message, STR("bob@tern.example"));
    reception = reception_begin(&request);
    reception_add(reception, STR("Subject: x\n\nbody\n"));
    reception_fail(reception, 550, STR("5.6.0"), STR("bare LF"));
    reception_add(reception, STR("more\n"));
    reception_end(reception, &result);
    CHECK_INT("", result.fate, RECEIVE_REJECTED);
    CHECK_STR("", result.enhanced, "5.6.0");
    CHECK_INT("files", spool_tidy(spool_configured(NULL), -10), 0);
}

TEST(a_message_of_our_own_is_taken_in)
{
    char id[24] = "";
    struct message *message;
    struct str to = STR("ann@tern.example");

    REQUIRE(receive_own_message(pool, STR(""), &to, 1, STR("From: x@y\nSubject: deny\n\nbody\n"), STR("1xUgnB-0004jT-31"),
                                id, NULL) == OK);
    REQUIRE(spool_read(spool_configured(NULL), pool, id, false, &message, NULL) == SPOOL_OK);
    CHECK(message->is_local_error && message->sender.len == 0);
    CHECK_STR("", message->recipients[0].address, "ann@tern.example");
    CHECK(message_find_header(message, STR("Message-Id"), NULL) != NULL);
    spool_close(message);
}
