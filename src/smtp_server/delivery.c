/* smtp_server/delivery.c -- after a message was accepted: is a delivery to be started now? (manual: incoming SMTP
 * messages
 * over TCP/IP, queue_only and its kin) */
#include <stdlib.h>
#include "launch/launch.h"
#include "log/log.h"
#include "smtp_server/server.h"

static bool
is_over_load(struct smtp_session *session)
{
    double load;

    if (session->is_load_latched)
        return true;
    if (config->queue_only_load < 0 || getloadavg(&load, 1) != 1 || load * 1000 <= config->queue_only_load)
        return false;
    session->is_load_latched = config->queue_only_load_latch;
    return true;
}

/* Why not now; false: nothing speaks against it. */
static bool
must_wait(struct smtp_session *session, const char *id)
{
    const struct smtp_session_options *o = session->options;
    double load = 0;

    if (is_over_load(session)) {
        getloadavg(&load, 1);
        log_write(LOG_DELAY_DELIVERY, LOG_TO_MAIN, id, "no immediate delivery: load average %.2f", load);
        return true;
    }
    if (config->smtp_accept_queue > 0 && o->is_daemon && o->connection_count > config->smtp_accept_queue) {
        log_write(LOG_DELAY_DELIVERY, LOG_TO_MAIN, id, "no immediate delivery: too many connections (%d, max %d)",
                  o->connection_count, config->smtp_accept_queue);
        return true;
    }
    if (config->smtp_accept_queue_per_connection > 0 &&
        session->message_count > config->smtp_accept_queue_per_connection) {
        log_write(LOG_DELAY_DELIVERY, LOG_TO_MAIN, id, "no immediate delivery: more than %d messages received in one "
                  "connection",
                  config->smtp_accept_queue_per_connection);
        return true;
    }
    return false;
}

void
session_deliver(struct smtp_session *session, const struct receive_result *result)
{
    const struct smtp_session_options *o = session->options;
    struct str options = o->is_queue_smtp || session->acl.message.queue_first_pass ? o->first_pass_options : STR("");
    struct why why;

    if (o->is_pretending || o->link == NULL || (result->is_queued_only && !session->acl.message.queue_first_pass))
        return;
    if (!result->is_delivery_at_once && must_wait(session, result->token.id))
        return;
    why_init(&why, session->scratch);
    if (launch_deliver(o->link, result->token.id, options, o->is_deliver_foreground, NULL, &why) != OK)
        log_write(LOG_ALWAYS, LOG_TO_MAIN, result->token.id, "no immediate delivery: %.*s", STR_ARG(why.text));
}
