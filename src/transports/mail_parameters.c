#include "transports/mail_parameters.h"
#include "base/encode.h"
#include "transports/message_write.h"

struct str
mail_parameters(struct transport_run *run, const struct smtp_client *client, int size_addition, struct str auth)
{
    const struct message *message = run->message;
    struct buf text;

    buf_init(&text, run->pool, BUF_NO_LIMIT);
    if (smtp_client_can(client, CAP_SIZE) && size_addition >= 0)
        buf_addf(&text, " SIZE=%lld", (long long)(message->message_bytes + message->body_lines + size_addition));
    if (smtp_client_can(client, CAP_DSN) && !client->settings.is_lmtp) {
        if (message->dsn_return != DSN_RET_UNSET)
            buf_addf(&text, " RET=%s", message->dsn_return == DSN_RET_FULL ? "FULL" : "HDRS");
        if (message->envid.len > 0)
            buf_addf_tainted(&text, " ENVID=%.*s", STR_ARG(message->envid));
    }
    if (message->is_smtputf8 && smtp_client_can(client, CAP_SMTPUTF8))
        buf_add_c(&text, " SMTPUTF8");
    if (auth.len > 0)
        buf_addf_tainted(&text, " AUTH=%.*s", STR_ARG(str_eq_c(auth, "<>") ? auth : xtext_encode(run->pool, auth)));
    return buf_str(&text);
}

struct str
rcpt_parameters(const struct address *addr, const struct smtp_client *client, bool is_quota_ignored, struct pool *pool)
{
    static const struct { unsigned bit; const char *word; } conditions[] = {
        { DSN_SUCCESS, "SUCCESS" }, { DSN_FAILURE, "FAILURE" }, { DSN_DELAY, "DELAY" },
    };
    const char *separator = " NOTIFY=";
    struct buf text;

    buf_init(&text, pool, BUF_NO_LIMIT);
    if (is_quota_ignored && smtp_client_can(client, CAP_IGNOREQUOTA))
        buf_add_c(&text, " IGNOREQUOTA");
    if (!smtp_client_can(client, CAP_DSN) || client->settings.is_lmtp)
        return buf_str(&text);
    if ((addr->notify & DSN_NEVER) != 0) {
        buf_add_c(&text, " NOTIFY=NEVER");
    } else {
        for (size_t i = 0; i < COUNT(conditions); i++)
            if ((addr->notify & conditions[i].bit) != 0) {
                buf_addf(&text, "%s%s", separator, conditions[i].word);
                separator = ",";
            }
    }
    if (addr->original_recipient.len > 0)
        buf_addf_tainted(&text, " ORCPT=%.*s", STR_ARG(addr->original_recipient));
    return buf_str(&text);
}

void
recipients_make(struct smtp_transaction *transaction, struct transport_run *run, struct address *addr, size_t count,
                bool is_quota_ignored)
{
    transaction->recipients = POOL_NEW_ARRAY(run->pool, struct smtp_recipient, count);
    transaction->recipient_count = count;
    for (size_t i = 0; i < count; i++, addr = addr->next) {
        struct smtp_recipient *rcpt = &transaction->recipients[i];

        rcpt->owner = addr;
        rcpt->address = transport_rcpt_address(addr, run->transport->rcpt_include_affixes, run->pool);
        rcpt->parameters = rcpt_parameters(addr, transaction->client, is_quota_ignored, run->pool);
    }
}

static bool
write_to_transaction(void *data, struct str octets)
{
    return smtp_transaction_write(data, octets);
}

enum outcome
message_send(void *data, struct smtp_transaction *transaction, struct why *why)
{
    struct message_sender *sender = data;
    struct line_format format = LINE_FORMAT_SMTP;
    enum outcome outcome;

    if (transaction->is_chunking)
        format.check_string = STR("");
    line_format_begin(&format, sender->run->pool, (struct message_sink){ write_to_transaction, transaction });
    outcome = message_write(sender->run, &format, true, why);
    if (outcome != OK)
        return outcome;
    return line_format_flush(&format) ? OK : DEFER;
}
