/* receive/own.c -- messages that Tern itself makes: bounces, warnings, replies. */
#include <pwd.h>
#include <unistd.h>
#include "receive/reception.h"

/* The mail user, as if it had called: "U=mail P=local". */
static struct origin *
own_origin(struct pool *pool)
{
    struct origin *origin = origin_new(pool);
    const struct passwd *user = getpwuid(geteuid());

    origin->is_local = origin->is_trusted = true;
    origin->caller_uid = geteuid();
    origin->caller_gid = getegid();
    origin->caller_login =
        user != NULL ? pool_dup(pool, str_of(user->pw_name)) : pool_printf(pool, "%ld", (long)geteuid());
    origin->ident = origin->caller_login;
    origin->protocol = STR("local");
    return origin;
}

static enum outcome
outcome_of(const struct receive_result *result, struct why *why)
{
    if (result->fate == RECEIVE_ACCEPTED)
        return OK;
    return why_defer(why, 0, NULL, "cannot write a message of our own: %.*s", STR_ARG(result->reply));
}

enum outcome
receive_own_message_from(struct pool *pool, struct str sender, const struct str *recipients, size_t recipient_count,
                         const struct own_text *source, struct str report_of_id, char *id_out, struct why *why)
{
    struct receive_options options = { .report_of_id = report_of_id };
    struct receive_request request = { .pool = pool, .origin = own_origin(pool), .options = &options };
    struct receive_result result = { .fate = RECEIVE_FAILED };
    struct reception *r;

    request.message = message_new(pool, request.origin);
    request.message->sender = sender;
    request.message->is_local_error = sender.len == 0;
    for (size_t i = 0; i < recipient_count; i++)
        message_add_recipient(request.message, recipients[i]);
    r = reception_begin(&request);
    r->is_own = true;
    r->size_limit_bytes = 0;
    reception_add(r, source->text);
    if (source->more != NULL)
        for (struct str text = source->more(source->context); text.len > 0; text = source->more(source->context))
            reception_add(r, text);
    reception_end(r, &result);
    for (size_t i = 0; i < sizeof(result.token.id) && result.fate == RECEIVE_ACCEPTED; i++)
        id_out[i] = result.token.id[i];
    return outcome_of(&result, why);
}

enum outcome
receive_own_message(struct pool *pool, struct str sender, const struct str *recipients, size_t recipient_count,
                    struct str text, struct str report_of_id, char *id_out, struct why *why)
{
    const struct own_text source = { .text = text };

    return receive_own_message_from(pool, sender, recipients, recipient_count, &source, report_of_id, id_out, why);
}
