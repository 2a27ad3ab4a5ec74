/* receive/prdr.c -- a verdict for each recipient after the data (manual: the SMTP PRDR ACL; draft-hall-prdr). */
#include "address/address.h"
#include "receive/reception.h"

enum { SOME_DEFERRED = 1, SOME_REFUSED = 2, SOME_ACCEPTED = 4 };

/* What the client and the log are told about one recipient. */
static void
tell(struct reception *r, struct str address, int code, const char *verdict, const struct acl_reply *reply)
{
    struct str text, enhanced = STR(""), log_text;

    if (reply->user_text.len > 0) {
        text = reply->user_text;
        log_text = reply->log_text;
        acl_message_code(&text, &code, &enhanced);
        log_write(LOG_ALWAYS, LOG_TO_MAIN, r->message->id, "PRDR %.*s %.*s", STR_ARG(address), STR_ARG(log_text));
    } else {
        text = pool_printf_tainted(r->pool, "PRDR R=<%.*s> %s", STR_ARG(address), verdict);
        log_write(LOG_ALWAYS, LOG_TO_MAIN, r->message->id, "%.*s", STR_ARG(text));
    }
    r->request.say(r->request.session, code, text);
}

/* Run the list for one recipient; one of the bits above. */
static unsigned
judge(struct reception *r, struct str text)
{
    struct scope scope = r->scope;
    struct acl_reply reply;

    scope.address = address_new(r->pool, text);
    scope.acl->point = ACL_AT_PRDR;
    switch (acl_run(ACL_AT_PRDR, config->acl_smtp_data_prdr, &scope, &reply)) {
    case ACL_ACCEPT:
        tell(r, text, SMTP_OK, "acceptance", &reply);
        return SOME_ACCEPTED;
    case ACL_DISCARD:
        tell(r, text, SMTP_OK, "discarded", &reply);
        return SOME_REFUSED;
    case ACL_DENY:
    case ACL_DROP:
        tell(r, text, SMTP_REFUSED, "refusal", &reply);
        return SOME_REFUSED;
    default:
        tell(r, text, SMTP_BUSY, "temporary refusal", &reply);
        return SOME_DEFERRED;
    }
}

/* True: go on with those who are left. */
bool
reception_prdr(struct reception *r, struct receive_result *out)
{
    struct message *message = r->message;
    size_t kept = 0;
    unsigned seen = 0;

    if (!r->request.is_prdr || r->request.say == NULL || config->acl_smtp_data_prdr == NULL ||
        message->recipient_count < 2)
        return true;
    r->request.say(r->request.session, 353, STR("PRDR content analysis beginning"));
    for (size_t i = 0; i < message->recipient_count; i++) {
        unsigned verdict = judge(r, message->recipients[i].address);

        seen |= verdict;
        if (verdict == SOME_ACCEPTED)
            message->recipients[kept++] = message->recipients[i];
    }
    message->recipient_count = kept;
    if (kept > 0) {
        out->reply = pool_printf(r->pool, "id=%s message accepted%s", message->id,
                                 seen == SOME_ACCEPTED ? "" : " for some recipients");
        return true;
    }
    out->fate = RECEIVE_REJECTED;
    out->code = (seen & SOME_DEFERRED) != 0 ? SMTP_BUSY : SMTP_REFUSED;
    out->reply = pool_printf(r->pool, "id=%s message rejected for all recipients", message->id);
    return false;
}
