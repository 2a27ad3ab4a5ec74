/* expand/variables_origin.c -- where the message or session comes from. */
#include "config/config.h"
#include "expand/getters.h"
#include "message/message.h"

/* The origin of the session, or of the message that is being delivered. */
static const struct origin *
origin_of(const struct scope *scope)
{
    if (scope->origin != NULL)
        return scope->origin;
    return scope->message == NULL ? NULL : scope->message->origin;
}

#define ORIGIN_TEXT(name, field) GETTER_TEXT(name, origin_of(scope), origin_of(scope)->field)
#define ORIGIN_NUMBER(name, field) GETTER_NUMBER(name, origin_of(scope), origin_of(scope)->field, "0")
ORIGIN_TEXT(sender_host_address, host_address)
ORIGIN_TEXT(interface_address, interface_address)
ORIGIN_TEXT(sender_helo_name, helo_name)
ORIGIN_TEXT(sender_ident, ident)
ORIGIN_TEXT(sender_host_authenticated, authenticator)
ORIGIN_TEXT(authenticated_id, authenticated_id)
ORIGIN_TEXT(authenticated_fail_id, authenticated_fail_id)
ORIGIN_TEXT(received_protocol, protocol)
ORIGIN_TEXT(proxy_local_address, proxy_local_address)
ORIGIN_TEXT(proxy_external_address, proxy_external_address)
ORIGIN_NUMBER(proxy_local_port, proxy_local_port)
ORIGIN_NUMBER(proxy_external_port, proxy_external_port)
ORIGIN_NUMBER(sender_host_port, host_port)
GETTER_NUMBER(interface_port, origin_of(scope), origin_of(scope)->interface_address.len > 0
              ? origin_of(scope)->interface_port : -1,
              "-1")
GETTER_NUMBER(originator_uid, origin_of(scope), (long long)(int)origin_of(scope)->caller_uid, "")
GETTER_NUMBER(originator_gid, origin_of(scope), (long long)(int)origin_of(scope)->caller_gid, "")
GETTER_TEXT(proxy_session, origin_of(scope), origin_of(scope)->proxy_local_address.len > 0 ? STR("yes") : STR("no"))
GETTER_TEXT(authentication_failed, origin_of(scope), origin_of(scope)->authenticated_fail_id.len > 0 ? STR("1")
            : STR("0"))

GETTER(authenticated_sender)
{
    const struct origin *origin = origin_of(scope);

    if (scope->message != NULL && scope->message->authenticated_sender_for_mail.len > 0)
        *value_out = scope->message->authenticated_sender_for_mail;
    else if (origin != NULL)
        *value_out = origin->authenticated_sender;
    return OK;
}

const struct expand_variable expand_origin_variables[] = {
    VARIABLE(sender_host_address), VARIABLE(sender_host_port), VARIABLE(interface_address), VARIABLE(interface_port),
    { .name = "received_ip_address", .get = get_interface_address }, { .name = "received_port",
      .get = get_interface_port },
    VARIABLE(sender_helo_name), VARIABLE(sender_ident), VARIABLE(sender_host_authenticated), VARIABLE(authenticated_id),
    VARIABLE(authenticated_fail_id), VARIABLE(authentication_failed), VARIABLE(authenticated_sender),
        VARIABLE(received_protocol),
    { .name = "caller_uid", .get = get_originator_uid }, { .name = "caller_gid", .get = get_originator_gid },
    VARIABLE(originator_uid), VARIABLE(originator_gid), VARIABLE(proxy_local_address), VARIABLE(proxy_external_address),
    VARIABLE(proxy_local_port), VARIABLE(proxy_external_port), VARIABLE(proxy_session),
    { .name = NULL }
};
