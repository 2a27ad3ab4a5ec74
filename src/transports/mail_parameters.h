/* transports/mail_parameters.h -- the ESMTP parameters of MAIL and RCPT for a message and its addresses (RFC 1870, RFC
 * 6152, RFC 3461, RFC 6531), and results of a transaction put into addresses: shared by smtp and lmtp. */
#ifndef TRANSPORTS_MAIL_PARAMETERS_H
#define TRANSPORTS_MAIL_PARAMETERS_H
#include "smtp_client/transaction.h"
#include "transports/transport.h"

/* " SIZE=… BODY=8BITMIME RET=… ENVID=… SMTPUTF8 AUTH=…" as the session offers; size_addition below 0: no SIZE. */
struct str mail_parameters(struct transport_run *run, const struct smtp_client *client, int size_addition,
                           struct str auth);

/* " NOTIFY=… ORCPT=…" if the session offers DSN; " IGNOREQUOTA" if wanted and offered. */
struct str rcpt_parameters(const struct address *addr, const struct smtp_client *client, bool is_quota_ignored,
                           struct pool *pool);

/* Fill transaction->recipients for the count addresses from addr on (each one's owner is the address). */
void recipients_make(struct smtp_transaction *transaction, struct transport_run *run, struct address *addr,
                     size_t count, bool is_quota_ignored);

/* Send the message of run by the transaction: its send(), data being a struct message_sender. */
struct message_sender {
    struct transport_run *run;
};
enum outcome message_send(void *data, struct smtp_transaction *transaction, struct why *why);
#endif
