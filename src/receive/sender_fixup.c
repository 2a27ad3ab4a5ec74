/* receive/sender_fixup.c -- From: and Sender: of local messages and of submission mode (manual: the From: header line,
 * the Sender: header line, constructed addresses, submission mode). */
#include "address/mailbox.h"
#include "base/items.h"
#include "base/regex.h"
#include "expand/expand.h"
#include "message/encoded_word.h"
#include "message/header.h"
#include "receive/reception.h"

/* Submission mode is for messages that come by TCP/IP; local ones are treated so anyway. */
static bool
is_submission(const struct reception *r)
{
    return r->scope.acl->message.submission && !r->is_local_input;
}

/* The gecos field's "&" is the login with a capital. */
static struct str
gecos_plain(struct reception *r)
{
    struct str gecos = r->origin->caller_name, login = r->origin->caller_login;
    struct buf name;

    if (str_find(gecos, '&') == STR_NONE)
        return gecos;
    buf_init(&name, r->pool, BUF_NO_LIMIT);
    buf_taint(&name);
    for (size_t i = 0; i < gecos.len; i++)
        if (gecos.ptr[i] != '&') {
            buf_add_char(&name, gecos.ptr[i]);
        } else if (login.len > 0) {
            buf_add_char(&name, ascii_upper(login.ptr[0]));
            buf_add(&name, str_from(login, 1));
        }
    return buf_str(&name);
}

/* The caller's own name, by gecos_pattern and gecos_name. */
static struct str
caller_name(struct reception *r)
{
    struct str gecos = gecos_plain(r), name;
    struct regex *regex;
    struct why why;

    if (config->gecos_pattern.len == 0 || config->gecos_name == NULL)
        return gecos;
    why_init(&why, r->pool);
    regex = regex_compile(config->gecos_pattern, 0, &why);
    if (regex == NULL
        || regex_match(regex, gecos, 0, r->captures.values, CAPTURES_MAX, &r->captures.count, NULL) != REGEX_YES
        || expand(config->gecos_name, &r->scope, &name, &why) != OK)
        return gecos;
    return name;
}

/* "Name <address>", or the address alone if there is no name. */
static struct str
with_name(struct reception *r, struct str name, struct str address)
{
    name = str_trim(name);
    if (name.len == 0)
        return address;
    name = display_name(r->pool, name, config->headers_charset.len > 0 ? config->headers_charset : STR("UTF-8"));
    return pool_printf_tainted(r->pool, "%.*s <%.*s>", STR_ARG(name), STR_ARG(address));
}

static struct str
login_address(struct reception *r)
{
    return address_join(r->pool, local_part_quote(r->pool, r->origin->caller_login), config->qualify_domain);
}

/* In submission mode: the address that stands for the authenticated client; empty if there is none. */
static struct str
submission_address(struct reception *r)
{
    const struct acl_message_controls *controls = &r->scope.acl->message;
    struct str id = r->origin->authenticated_id;

    if (id.len == 0)
        return STR("");
    if (controls->submission_domain.ptr != NULL && controls->submission_domain.len == 0)
        return id;
    return address_join(r->pool, local_part_quote(r->pool, id),
                        controls->submission_domain.len > 0 ? controls->submission_domain : config->qualify_domain);
}

struct str
originator_address(struct reception *r, struct str address)
{
    if (is_submission(r))
        return with_name(r, r->scope.acl->message.submission_name, address);
    if (r->options->has_sender_name)
        return with_name(r, r->options->sender_name, address);
    return address_same(address, login_address(r)) ? with_name(r, caller_name(r), address) : address;
}

static struct str
resent_name(bool is_resent, const char *name)
{
    static const char prefix[] = "Resent-";
    struct str whole = str_of(name);

    return is_resent ? whole : str_from(whole, sizeof(prefix) - 1);
}

/* The only address of a field's body; empty if there are none or several. */
static struct str
only_address(struct reception *r, const struct header_field *field)
{
    struct address_rules rules = receive_address_rules();
    struct address_list list;
    struct address_list_item item;
    struct str address = STR("");
    int count = 0;

    rules.allow_domain_literals = rules.allow_unqualified = true;
    address_list_init(&list, r->pool, header_body(field), &rules);
    while (count < 2 && address_list_next(&list, &item) == ADDRESS_LIST_ADDRESS) {
        address = item.parse.address;
        count++;
    }
    return count == 1 ? address : STR("");
}

void
fixup_from_login(struct reception *r, bool is_resent)
{
    struct header_field *from = message_find_header(r->message, resent_name(is_resent, "Resent-From"), NULL);

    if (from == NULL || !r->is_local_input || r->request.is_smtp_data || r->origin->caller_login.len == 0
        || !fixup_is_wanted(r) || !str_ieq(only_address(r, from), r->origin->caller_login))
        return;
    message_add_header(r->message, header_make(r->pool, pool_dup(r->pool, from->name),
                                               originator_address(r, login_address(r)), false));
    header_delete(from);
}

/* The address for a From: field that is to be made; empty for none. */
static struct str
missing_from_address(struct reception *r, bool is_resent)
{
    const struct message *message = r->message;

    if (is_submission(r))
        return message->sender.len > 0 ? message->sender : submission_address(r);
    if (is_resent || (message->sender.len == 0 && !r->origin->is_trusted))
        return r->origin->caller_login.len > 0 ? login_address(r) : STR("");
    return message->sender;
}

void
fixup_missing_from(struct reception *r, bool is_resent)
{
    struct str name = resent_name(is_resent, "Resent-From"), address;

    if (message_find_header(r->message, name, NULL) != NULL)
        return;
    address = missing_from_address(r, is_resent);
    if (address.len > 0)
        message_add_header(r->message, header_make(r->pool, name, originator_address(r, address), false));
}

/* May a Sender: field that came with the message stay? */
static bool
is_sender_kept(const struct reception *r)
{
    const struct acl_message_controls *controls = &r->scope.acl->message;

    if (is_submission(r))
        return controls->submission_sender_retain;
    return !r->is_local_input || r->origin->is_trusted || config->local_sender_retain || controls->suppress_local_fixups
        || r->options->suppresses_fixups;
}

void
fixup_sender_removal(struct reception *r)
{
    if (is_sender_kept(r))
        return;
    for (struct header_field *field = r->message->headers; field != NULL; field = field->next)
        if (field->kind == HEADER_SENDER)
            header_delete(field);
}

/* local_from_prefix and local_from_suffix: what may stand around the login name. */
static size_t
affix_length(struct reception *r, struct str patterns, struct str local_part, bool is_suffix)
{
    struct items items = items_of(patterns);
    struct str pattern, variable;

    while (items_next(&items, r->pool, &pattern)) {
        size_t len = is_suffix ? local_part_suffix(pattern, local_part, &variable)
                               : local_part_prefix(pattern, local_part, &variable);

        if (len > 0)
            return len;
    }
    return 0;
}

static bool
is_same_but_affixes(struct reception *r, struct str address, struct str expected)
{
    struct mailbox box, wanted;
    size_t prefix, suffix;

    if (str_ieq(address, expected))
        return true;
    if (!mailbox_split(address, &box, NULL) || !mailbox_split(expected, &wanted, NULL)
        || !str_ieq(box.domain, wanted.domain))
        return false;
    prefix = affix_length(r, config->local_from_prefix, box.local_part, false);
    suffix = affix_length(r, config->local_from_suffix, str_from(box.local_part, prefix), true);
    return str_ieq(str_sub(box.local_part, prefix, box.local_part.len - prefix - suffix), wanted.local_part);
}

/* Submission mode takes the return path along. */
static void
change_sender(struct reception *r, struct str address)
{
    struct message *message = r->message;

    if (message->sender.len == 0 || address_same(message->sender, address))
        return;
    log_write(LOG_ADDRESS_REWRITE, LOG_TO_MAIN, message->id,
              "\"%.*s\" from env-from rewritten as \"%.*s\" by submission mode", STR_ARG(message->sender),
              STR_ARG(address));
    if (message->raw_sender.len == 0)
        message->raw_sender = message->sender;
    message->sender = address;
}

void
fixup_sender(struct reception *r, bool is_resent)
{
    const struct acl_message_controls *controls = &r->scope.acl->message;
    const struct header_field *from = message_find_header(r->message, resent_name(is_resent, "Resent-From"), NULL);
    struct str expected, given;

    if (is_submission(r))
        expected = controls->submission_sender_retain ? STR("") : submission_address(r);
    else
        expected = r->origin->is_trusted || !config->local_from_check || r->origin->caller_login.len == 0
                       ? STR("")
                       : login_address(r);
    if (expected.len == 0)
        return;
    given = from != NULL ? receive_qualify(r->pool, only_address(r, from), false) : STR("");
    if (!is_same_but_affixes(r, given, expected))
        message_add_header(r->message, header_make(r->pool, resent_name(is_resent, "Resent-Sender"),
                                                   originator_address(r, expected), false));
    if (is_submission(r))
        change_sender(r, expected);
}
