/* log/selector.c -- the words of log_selector. */
#include "log/selector.h"

/* In alphabetical order.  LOG_SELECTORS stands for all of them. */
static const struct selector_word {
    struct str word;
    enum log_selector selector;
    bool is_default;
} words[] = {
    { STR_INIT("8bitmime"), LOG_8BITMIME, false },
    { STR_INIT("acl_warn_skipped"), LOG_ACL_WARN_SKIPPED, true },
    { STR_INIT("address_rewrite"), LOG_ADDRESS_REWRITE, false },
    { STR_INIT("all"), LOG_SELECTORS, false },
    { STR_INIT("all_parents"), LOG_ALL_PARENTS, false },
    { STR_INIT("arguments"), LOG_ARGUMENTS, false },
    { STR_INIT("connection_id"), LOG_CONNECTION_ID, false },
    { STR_INIT("connection_reject"), LOG_CONNECTION_REJECT, true },
    { STR_INIT("delay_delivery"), LOG_DELAY_DELIVERY, true },
    { STR_INIT("deliver_time"), LOG_DELIVER_TIME, false },
    { STR_INIT("delivery_size"), LOG_DELIVERY_SIZE, false },
    { STR_INIT("dkim"), LOG_DKIM, true },
    { STR_INIT("dkim_verbose"), LOG_DKIM_VERBOSE, false },
    { STR_INIT("dmarc"), LOG_DMARC, false },
    { STR_INIT("dmarc_verbose"), LOG_DMARC_VERBOSE, false },
    { STR_INIT("dnslist_defer"), LOG_DNSLIST_DEFER, true },
    { STR_INIT("dnssec"), LOG_DNSSEC, false },
    { STR_INIT("etrn"), LOG_ETRN, true },
    { STR_INIT("host_lookup_failed"), LOG_HOST_LOOKUP_FAILED, true },
    { STR_INIT("ident_timeout"), LOG_IDENT_TIMEOUT, false },
    { STR_INIT("incoming_interface"), LOG_INCOMING_INTERFACE, false },
    { STR_INIT("incoming_port"), LOG_INCOMING_PORT, false },
    { STR_INIT("lost_incoming_connection"), LOG_LOST_INCOMING_CONNECTION, true },
    { STR_INIT("millisec"), LOG_MILLISEC, false },
    { STR_INIT("msg_id"), LOG_MSG_ID, true },
    { STR_INIT("msg_id_created"), LOG_MSG_ID_CREATED, false },
    { STR_INIT("outgoing_interface"), LOG_OUTGOING_INTERFACE, true },
    { STR_INIT("outgoing_port"), LOG_OUTGOING_PORT, false },
    { STR_INIT("pid"), LOG_PID, false },
    { STR_INIT("pipelining"), LOG_PIPELINING, false },
    { STR_INIT("protocol_detail"), LOG_PROTOCOL_DETAIL, false },
    { STR_INIT("proxy"), LOG_PROXY, false },
    { STR_INIT("queue_run"), LOG_QUEUE_RUN, true },
    { STR_INIT("queue_time"), LOG_QUEUE_TIME, false },
    { STR_INIT("queue_time_exclusive"), LOG_QUEUE_TIME_EXCLUSIVE, false },
    { STR_INIT("queue_time_overall"), LOG_QUEUE_TIME_OVERALL, false },
    { STR_INIT("receive_time"), LOG_RECEIVE_TIME, false },
    { STR_INIT("received_recipients"), LOG_RECEIVED_RECIPIENTS, false },
    { STR_INIT("received_sender"), LOG_RECEIVED_SENDER, false },
    { STR_INIT("rejected_header"), LOG_REJECTED_HEADER, true },
    { STR_INIT("rejected_headers"), LOG_REJECTED_HEADER, true },
    { STR_INIT("retry_defer"), LOG_RETRY_DEFER, true },
    { STR_INIT("return_path_on_delivery"), LOG_RETURN_PATH_ON_DELIVERY, false },
    { STR_INIT("sender_on_delivery"), LOG_SENDER_ON_DELIVERY, false },
    { STR_INIT("sender_verify_fail"), LOG_SENDER_VERIFY_FAIL, true },
    { STR_INIT("size_reject"), LOG_SIZE_REJECT, true },
    { STR_INIT("skip_delivery"), LOG_SKIP_DELIVERY, true },
    { STR_INIT("smtp_confirmation"), LOG_SMTP_CONFIRMATION, true },
    { STR_INIT("smtp_connection"), LOG_SMTP_CONNECTION, false },
    { STR_INIT("smtp_incomplete_transaction"), LOG_SMTP_INCOMPLETE_TRANSACTION, false },
    { STR_INIT("smtp_mailauth"), LOG_SMTP_MAILAUTH, false },
    { STR_INIT("smtp_no_mail"), LOG_SMTP_NO_MAIL, false },
    { STR_INIT("smtp_protocol_error"), LOG_SMTP_PROTOCOL_ERROR, false },
    { STR_INIT("smtp_syntax_error"), LOG_SMTP_SYNTAX_ERROR, false },
    { STR_INIT("spf"), LOG_SPF, false },
    { STR_INIT("spf_verbose"), LOG_SPF_VERBOSE, false },
    { STR_INIT("subject"), LOG_SUBJECT, false },
    { STR_INIT("tainted"), LOG_TAINTED, false },
    { STR_INIT("tls_certificate_verified"), LOG_TLS_CERTIFICATE_VERIFIED, true },
    { STR_INIT("tls_cipher"), LOG_TLS_CIPHER, true },
    { STR_INIT("tls_on_connect"), LOG_TLS_ON_CONNECT, false },
    { STR_INIT("tls_peerdn"), LOG_TLS_PEERDN, false },
    { STR_INIT("tls_resumption"), LOG_TLS_RESUMPTION, false },
    { STR_INIT("tls_sni"), LOG_TLS_SNI, false },
    { STR_INIT("unknown_in_list"), LOG_UNKNOWN_IN_LIST, false },
};

static void
selector_set(struct log_selectors *selectors, enum log_selector selector, bool is_on)
{
    uint64_t bit = (uint64_t)1 << (selector % 64);

    if (is_on)
        selectors->bits[selector / 64] |= bit;
    else
        selectors->bits[selector / 64] &= ~bit;
}

bool
log_selectors_has(const struct log_selectors *selectors, enum log_selector selector)
{
    return (selectors->bits[selector / 64] >> (selector % 64) & 1) != 0;
}

struct log_selectors
log_selectors_default(void)
{
    struct log_selectors selectors = { 0 };

    selector_set(&selectors, LOG_ALWAYS, true);
    for (size_t i = 0; i < COUNT(words); i++)
        if (words[i].is_default)
            selector_set(&selectors, words[i].selector, true);
    return selectors;
}

static void
word_apply(struct log_selectors *selectors, const struct selector_word *word, bool is_on)
{
    if (word->selector != LOG_SELECTORS) {
        selector_set(selectors, word->selector, is_on);
        return;
    }
    for (size_t i = LOG_ALWAYS + 1; i < LOG_SELECTORS; i++)
        selector_set(selectors, (enum log_selector)i, is_on);
}

bool
log_selectors_parse(struct str text, struct log_selectors *selectors, struct pool *pool, struct str *reason_out)
{
    for (text = str_trim(text); text.len > 0; text = str_trim_left(text)) {
        char sign = text.ptr[0];
        size_t len = 0, i = 0;
        struct str word;

        if (sign != '+' && sign != '-') {
            *reason_out = pool_printf(pool, "malformed log_selector setting: + or - expected but found \"%.*s\"",
                                      STR_ARG(text));
            return false;
        }
        text = str_trim_left(str_from(text, 1));
        while (len < text.len && (ascii_is_alnum(text.ptr[len]) || text.ptr[len] == '_'))
            len++;
        word = str_head(text, len);
        while (i < COUNT(words) && !str_eq(words[i].word, word))
            i++;
        if (i == COUNT(words)) {
            *reason_out = pool_printf(pool, "unknown log_selector setting: %c%.*s", sign, STR_ARG(word));
            return false;
        }
        word_apply(selectors, &words[i], sign == '+');
        text = str_from(text, len);
    }
    return true;
}

bool
log_selector_word(size_t index, struct str *word_out)
{
    if (index >= COUNT(words))
        return false;
    *word_out = words[index].word;
    return true;
}
