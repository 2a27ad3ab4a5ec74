/* Whatever a server says: greeting, a transaction, good-bye.  Nothing may be delivered without a 250 at the end. */
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "smtp_client/transaction.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SAID_MAX_BYTES = 100000 };

static enum outcome
send_text(void *data, struct smtp_transaction *tx, struct why *why)
{
    (void)data;
    (void)why;
    return smtp_transaction_write(tx, STR("Subject: x\r\n\r\nbody\r\n")) ? OK : DEFER;
}

static void
talk(struct smtp_client *client, struct pool *pool)
{
    struct smtp_recipient recipients[3] = { { .address = STR("a@x") },
                                            { .address = STR("b@y") },
                                            { .address = STR("c@z") } };
    struct smtp_transaction tx = {
        .client = client, .pool = pool, .recipients = recipients, .recipient_count = 3, .send = send_text
    };
    struct why why;

    why_init(&why, pool);
    if (smtp_client_greet(client, NULL, &why) != OK)
        return;
    tx.is_chunking = smtp_client_can(client, CAP_CHUNKING);
    smtp_transaction_run(&tx);
    for (size_t i = 0; i < tx.recipient_count; i++)
        must(recipients[i].is_done && (recipients[i].outcome != OK || recipients[i].reply.code / 100 == 2));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct smtp_client_settings settings = {
        .helo_name = STR("me"), .command_timeout_s = 1, .data_timeout_s = 1, .final_timeout_s = 1
    };
    struct pool *pool = pool_new("fuzz");
    struct smtp_client client;
    int pair[2];

    if (size < 1 || size > SAID_MAX_BYTES || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1) {
        pool_free(pool);
        return 0;
    }
    signal(SIGPIPE, SIG_IGN);
    settings.is_lmtp = data[0] % 2 == 1;
    (void)!write(pair[1], data + 1, size - 1);
    shutdown(pair[1], SHUT_WR);
    smtp_client_open(&client, pool, pair[0], pair[0], &settings);
    talk(&client, pool);
    smtp_client_quit(&client);
    close(pair[1]);
    pool_free(pool);
    return 0;
}
