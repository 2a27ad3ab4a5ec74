/* receive/local_error.c -- what is wrong with a local message, told as -oem, -oee or -oep say; texts as Exim has them.
 */
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>
#include "message/header.h"
#include "receive/reception.h"

static const struct { const char *subject, *text; } mails[] = {
    [LOCAL_ERROR_BAD_ADDRESS] = { "malformed recipient address", "A message that you sent contained a recipient "
                                                                 "address that was incorrectly\nconstructed:\n\n" },
    [LOCAL_ERROR_BAD_HEADER_ADDRESS] = { "malformed recipient address", "A message that you sent contained one or more "
                                                                        "recipient addresses that were\nincorrectly "
                                                                        "constructed:\n\n" },
    [LOCAL_ERROR_NO_RECIPIENTS] = { "no recipient addresses", "A message that you sent contained no recipient "
                                                              "addresses, and therefore no\ndelivery could be "
                                                              "attempted.\n" },
    [LOCAL_ERROR_TOO_BIG] = { "message too big", "A message that you sent was longer than the maximum size allowed on "
                                                 "this\nsystem. It was not delivered to any recipients.\n" },
    [LOCAL_ERROR_HEADER_SECTION] = { "overlong header section", "A message that you sent contained a header section "
                                                                "that was excessively\nlong and could not be handled "
                                                                "by the mail "
                                                                "transmission software. The\nmessage has not been "
                                                                "delivered to any recipients.\n" },
    [LOCAL_ERROR_HEADER_LINE] = { "overlong header line", "A message that you sent contained a header line that was "
                                                          "excessively\nlong and could not be handled by the mail "
                                                          "transmission software. The\nmessage has not been delivered "
                                                          "to any recipients.\n" },
    [LOCAL_ERROR_TOO_MANY_RECIPIENTS] = { "too many recipients", "A message that you sent contained more recipients "
                                                                 "than allowed on this\nsystem. It was not delivered "
                                                                 "to any recipients.\n" },
    [LOCAL_ERROR_TOO_MANY_ARGUMENTS] = { "too many recipients", "A message that you sent contained more recipients "
                                                                "than allowed on this\nsystem. It was not delivered to "
                                                                "any recipients.\n" },
    [LOCAL_ERROR_ACL] = { "rejected by local scanning code", "A message that you sent was rejected by the local "
                                                             "scanning code that\nchecks incoming messages on this "
                                                             "system. The "
                                                             "following error was given:\n\n" },
    [LOCAL_ERROR_OURS] = { "cannot be taken in", "A message that you sent could not be taken in because of trouble on "
                                                 "this\nsystem. It was not delivered to any recipients. "
                                                 "The following error was given:\n\n" },
};

static void
add_bad_addresses(struct buf *mail, const struct bad_address *bad, enum local_error error)
{
    for (; bad != NULL; bad = bad->next)
        buf_addf_tainted(mail, "  %.*s%s %.*s\n", STR_ARG(bad->text), error == LOCAL_ERROR_BAD_ADDRESS ? " " : ":",
                         STR_ARG(bad->reason));
}

static void
add_explanation(const struct reception *r, struct buf *mail, enum local_error error, struct str text,
                const struct bad_address *bad)
{
    buf_add_c(mail, mails[error].text);
    add_bad_addresses(mail, bad, error);
    if (error == LOCAL_ERROR_BAD_ADDRESS)
        buf_add_c(mail, "\nThe message has not been delivered to any recipients.\n");
    if (error == LOCAL_ERROR_BAD_HEADER_ADDRESS) {
        buf_addf(mail, "\n%s been ignored. ", bad->next != NULL ? "These addresses have" : "This address has");
        buf_add_c(mail, r->message->recipient_count > 0 ? "The other addresses in the message were\nsyntactically "
                                                          "valid and have been passed on for an attempt at delivery.\n"
                                                        : "There were no other addresses in your\nmessage, and so no "
                                                          "attempt at delivery was possible.\n");
    }
    if (text.len > 0)
        buf_addf_tainted(mail, "  %.*s\n", STR_ARG(text));
}

/* What there is of the body, up to a limit. */
static void
add_body(const struct reception *r, struct buf *mail, size_t limit_bytes)
{
    const struct message *message = r->message;
    off_t at = message->body_start;

    while (message->body_fd != -1 && mail->len < limit_bytes) {
        char *room = buf_space(mail, 4096);
        ssize_t got = room != NULL ? pread(message->body_fd, room, 4096, at) : 0;

        if (got <= 0)
            break;
        buf_grow(mail, (size_t)got);
        at += got;
    }
}

/* Errors of the command line are known before there is a message: they have no id to refer to. */
static bool
is_before_reading(enum local_error error)
{
    return error == LOCAL_ERROR_BAD_ADDRESS || error == LOCAL_ERROR_TOO_MANY_ARGUMENTS;
}

static void
add_copy(struct reception *r, struct buf *mail, enum local_error error)
{
    size_t limit = config->bounce_return_size_limit > 0 ? (size_t)config->bounce_return_size_limit : (size_t)1 << 20;

    buf_add_c(mail, "\n------ This is a copy of your message, including all the headers. ------\n");
    if (config->bounce_return_size_limit > 0 && r->count.bytes > config->bounce_return_size_limit)
        buf_addf(mail, "------ No more than %lldK characters of the body are included.\n", (long long)(limit / 1024));
    buf_add_char(mail, '\n');
    if (is_before_reading(error))
        buf_add_char(mail, '\n');
    buf_add(mail, r->message->headers != NULL ? message_headers_text(r->message, r->pool) : buf_str(&r->header));
    buf_add_char(mail, '\n');
    if (config->bounce_return_body) {
        struct why why;

        why_init(&why, r->pool);
        if (r->message->spool == NULL || spool_body_end(r->message, &why) == OK)
            add_body(r, mail, mail->len + limit);
    }
}

/* The mail to the sender. False if it could not be put on the spool, or there is nobody to be told. */
static bool
mail_sender(struct reception *r, enum local_error error, struct str text, const struct bad_address *bad,
            struct receive_result *out)
{
    struct buf mail;
    struct str sender = r->message->sender, id = is_before_reading(error) ? STR("") : str_of(r->message->id);
    struct why why;

    if (sender.len == 0)
        return false;
    why_init(&why, r->pool);
    buf_init(&mail, r->pool, BUF_NO_LIMIT);
    buf_taint(&mail);
    buf_addf_tainted(&mail, "Auto-Submitted: auto-replied\nFrom: Mail Delivery System <Mailer-Daemon@%.*s>\nTo: %.*s\n",
                     STR_ARG(config->qualify_domain), STR_ARG(sender));
    if (id.len > 0)
        buf_addf_tainted(&mail, "References: <E%.*s@%.*s>\n", STR_ARG(id), STR_ARG(config->primary_hostname));
    buf_addf(&mail, "Subject: Mail failure - %s\n\n", mails[error].subject);
    add_explanation(r, &mail, error, text, bad);
    add_copy(r, &mail, error);
    return receive_own_message(r->pool, STR(""), &sender, 1, buf_str(&mail), id, out->report_id, &why) == OK;
}

static void
tell_stderr(struct reception *r, enum local_error error, struct str text, const struct bad_address *bad)
{
    switch (error) {
    case LOCAL_ERROR_BAD_ADDRESS:
        fprintf(stderr, "tern: bad recipient address \"%.*s\": %.*s\n", STR_ARG(bad->text), STR_ARG(bad->reason));
        break;
    case LOCAL_ERROR_BAD_HEADER_ADDRESS:
        fprintf(stderr, "tern: invalid address%s", bad->next == NULL ? ":" : "es:\n");
        for (; bad != NULL; bad = bad->next)
            fprintf(stderr, "  %.*s: %.*s\n", STR_ARG(bad->text), STR_ARG(bad->reason));
        break;
    case LOCAL_ERROR_NO_RECIPIENTS:
        fprintf(stderr, "tern: no recipients in message\n");
        break;
    case LOCAL_ERROR_TOO_BIG:
        fprintf(stderr, "tern: message rejected: message too big (max=%lld)\n", (long long)r->size_limit_bytes);
        break;
    case LOCAL_ERROR_HEADER_SECTION:
        fprintf(stderr, "tern: message header longer than %d characters received: message not accepted\n",
                config->header_maxsize);
        break;
    case LOCAL_ERROR_HEADER_LINE:
        fprintf(stderr, "tern: message header line longer than %d characters received: message not accepted\n",
                config->header_line_maxsize);
        break;
    case LOCAL_ERROR_TOO_MANY_ARGUMENTS:
        fprintf(stderr, "tern: too many recipients\n");
        break;
    case LOCAL_ERROR_TOO_MANY_RECIPIENTS:
        fprintf(stderr, "tern: message rejected: too many recipients\n");
        break;
    case LOCAL_ERROR_ACL:
        fprintf(stderr, "tern: message rejected by non-SMTP ACL: %.*s\n", STR_ARG(text));
        break;
    case LOCAL_ERROR_OURS:
        fprintf(stderr, "tern: %.*s\n", STR_ARG(text));
        break;
    }
}

/* 0 only for -oee after the mail was sent (manual: command line, -oee). */
static int
exit_code(const struct reception *r, enum local_error error, bool is_mailed)
{
    if (is_mailed && r->options->error_mode == RECEIVE_ERRORS_BERKENET)
        return EX_OK;
    return !is_mailed && error == LOCAL_ERROR_NO_RECIPIENTS ? 2 : 1;
}

void
local_error_report(struct reception *r, enum local_error error, struct str text, const struct bad_address *bad,
                   struct receive_result *out)
{
    enum receive_error_mode mode = r->options->error_mode;
    bool is_by_mail =
             mode == RECEIVE_ERRORS_TO_SENDER || mode == RECEIVE_ERRORS_BERKENET || mode == RECEIVE_ERRORS_WRITE,
         is_mailed;

    if (mode == RECEIVE_ERRORS_QUIET) {
        out->exit_code = 1;
        return;
    }
    if (!is_by_mail || error == LOCAL_ERROR_OURS) {
        tell_stderr(r, error, text, bad);
        out->exit_code = error == LOCAL_ERROR_OURS ? EX_TEMPFAIL : 1;
        return;
    }
    is_mailed = mail_sender(r, error, text, bad, out);
    if (!is_mailed) {
        log_write(LOG_ALWAYS, LOG_TO_MAIN, r->message->id[0] != '\0' ? r->message->id : NULL,
                  "Error while reading message with no usable sender address%s%.*s%s: %s",
                  r->options->report_of_id.len > 0 ? " (R=" : "", STR_ARG(r->options->report_of_id),
                  r->options->report_of_id.len > 0 ? ")" : "", mails[error].subject);
        tell_stderr(r, error, text, bad);
    }
    out->exit_code = exit_code(r, error, is_mailed);
}
