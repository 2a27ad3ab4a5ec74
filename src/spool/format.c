/* spool/format.c -- a message as the text of its -H file (manual: format of the -H file). */
#include <stdlib.h>
#include "base/buf.h"
#include "spool/spool_file.h"

/* A field within a line: whoever made the value has refused line ends; here they become spaces, whatever happens. */
static void
add_field(struct buf *text, struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];

        buf_add(text, c == '\n' || c == '\r' || c == '\0' ? STR(" ") : str_sub(value, i, 1));
    }
}

/* A line "-name value"; "--name" if the value is tainted. */
static void
add_value(struct buf *text, const char *name, struct str value)
{
    if (value.len == 0)
        return;
    buf_add_c(text, str_is_tainted(value) ? "--" : "-");
    buf_add_c(text, name);
    buf_add_char(text, ' ');
    add_field(text, value);
    buf_add_char(text, '\n');
}

static void
add_flag(struct buf *text, const char *name, bool is_set)
{
    if (is_set)
        buf_addf(text, "-%s\n", name);
}

static void
add_number(struct buf *text, const char *name, int64_t value)
{
    if (value > 0)
        buf_addf(text, "-%s %lld\n", name, (long long)value);
}

/* "-host_address [192.0.2.1]:25" */
static void
add_host(struct buf *text, const char *name, struct str address, int port)
{
    if (address.len == 0)
        return;
    buf_addf(text, "%s%s [", str_is_tainted(address) ? "--" : "-", name);
    buf_add(text, address);
    buf_addf(text, "]:%d\n", port);
}

/* Variables: "-aclc 0 5", the value on the next lines; names that are not a single digit begin with "_". */
static void
add_variables(struct buf *text, const char *name, const struct map *variables)
{
    for (const struct map_entry *entry = variables->first; entry != NULL; entry = entry->next) {
        const struct str *value = entry->value;

        if (entry->key.len < 2)
            continue;
        buf_addf(text, "%s%s ", str_is_tainted(*value) ? "--" : "-", name);
        buf_add(text, str_from(entry->key, 1));
        buf_addf(text, " %zu\n", value->len);
        buf_add(text, *value);
        buf_add_char(text, '\n');
    }
}

static void
add_origin(struct buf *text, const struct origin *origin)
{
    add_value(text, "helo_name", origin->helo_name);
    add_host(text, "host_address", origin->host_address, origin->host_port);
    add_value(text, "host_name", origin->host_name);
    add_value(text, "host_auth", origin->authenticator);
    add_host(text, "interface_address", origin->interface_address, origin->interface_port);
    add_value(text, "active_hostname", origin->active_hostname);
    add_value(text, "ident", origin->ident);
    add_value(text, "received_protocol", origin->protocol);
    add_flag(text, "host_lookup_failed", origin->name_lookup == NAME_LOOKUP_FAILED);
    add_flag(text, "host_lookup_deferred", origin->name_lookup == NAME_LOOKUP_DEFERRED);
}

static void
add_tls(struct buf *text, const struct tls_facts *tls)
{
    add_flag(text, "tls_certificate_verified", tls->is_certificate_verified);
    add_value(text, "tls_cipher", tls->cipher);
    add_value(text, "tls_peercert", tls->certificate_pem);
    add_value(text, "tls_peerdn", tls->peer_dn);
    add_value(text, "tls_sni", tls->sni);
    add_value(text, "tls_ourcert", tls->our_certificate_pem);
    add_number(text, "tls_ocsp", tls->ocsp);
    add_value(text, "tls_ver", tls->version);
}

static void
add_state(struct buf *text, const struct message *message)
{
    if (message->is_spool_wireformat)
        buf_add_c(text, "-spool_file_wireformat\n");
    else
        buf_addf(text, "-body_linecount %d\n", message->body_lines);
    buf_addf(text, "-max_received_linelength %d\n", message->max_received_line_bytes);
    add_number(text, "body_zerocount", message->body_zeros);
    if (message->origin != NULL) {
        add_value(text, "auth_id", message->origin->authenticated_id);
        add_value(text, "auth_sender", message->origin->authenticated_sender);
    }
    add_flag(text, "allow_unqualified_recipient", message->was_allowed_unqualified_recipient);
    add_flag(text, "allow_unqualified_sender", message->was_allowed_unqualified_sender);
    add_flag(text, "deliver_firsttime", message->is_first_try);
    add_number(text, "frozen", message->frozen_at);
    add_flag(text, "N", message->is_dont_deliver);
    add_flag(text, "local", message->is_sender_local);
    add_flag(text, "localerror", message->is_local_error);
    if (message->has_local_scan_data)
        add_value(text, "local_scan", message->local_scan_data);
    add_flag(text, "manual_thaw", message->is_manually_thawed);
    add_flag(text, "sender_set_untrusted", message->is_sender_set_untrusted);
}

static void
add_dsn(struct buf *text, const struct message *message)
{
    add_flag(text, "smtputf8", message->is_smtputf8);
    add_value(text, "dsn_envid", message->envid);
    add_number(text, "dsn_ret", message->dsn_return);
}

static int
compare_entries(const void *a, const void *b)
{
    return str_compare((*(const struct map_entry *const *)a)->key, (*(const struct map_entry *const *)b)->key);
}

/* The sorted entries as a balanced tree: the middle one, then what is below, then what is above. */
static void
add_tree(struct buf *text, const struct map_entry **entries, size_t count)
{
    size_t middle = count / 2;

    if (count == 0)
        return;
    buf_addf(text, "%c%c ", middle > 0 ? 'Y' : 'N', count - middle > 1 ? 'Y' : 'N');
    buf_add(text, entries[middle]->key);
    buf_add_char(text, '\n');
    add_tree(text, entries, middle);
    add_tree(text, entries + middle + 1, count - middle - 1);
}

static void
add_nonrecipients(struct buf *text, const struct message *message)
{
    const struct map *done = &message->nonrecipients;
    const struct map_entry **entries;
    size_t count = 0;

    if (done->count == 0) {
        buf_add_c(text, "XX\n");
        return;
    }
    entries = pool_alloc_array(message->pool, done->count, sizeof(*entries));
    for (const struct map_entry *entry = done->first; entry != NULL; entry = entry->next)
        entries[count++] = entry;
    qsort(entries, count, sizeof(*entries), compare_entries);
    add_tree(text, entries, count);
}

/* "address", or "address orcpt len,notify errors_to len,parent#3" where there is more to say of it. */
static void
add_recipient(struct buf *text, const struct recipient *recipient)
{
    unsigned flags =
        ((recipient->notify & DSN_NEVER) != 0 ? 0x02u : 0) | ((recipient->notify & DSN_SUCCESS) != 0 ? 0x04u : 0)
        | ((recipient->notify & DSN_FAILURE) != 0 ? 0x08u : 0) | ((recipient->notify & DSN_DELAY) != 0 ? 0x10u : 0);

    add_field(text, recipient->address);
    if (flags != 0 || recipient->original.len > 0 || recipient->parent >= 0 || recipient->errors_to.len > 0) {
        buf_add_char(text, ' ');
        add_field(text, recipient->original);
        buf_addf(text, " %zu,%u ", recipient->original.len, flags);
        add_field(text, recipient->errors_to);
        buf_addf(text, " %zu,%d#3", recipient->errors_to.len, recipient->parent);
    }
    buf_add_char(text, '\n');
}

static void
add_header(struct buf *text, enum header_kind kind, struct str field)
{
    buf_addf(text, "%03zu%c ", field.len, (char)kind);
    buf_add(text, field);
}

/* Name of the last resort for "login uid gid". */
static struct str
login_of(const struct origin *origin)
{
    return origin != NULL && origin->caller_login.len > 0 && str_find_any(origin->caller_login, " \n") == STR_NONE
        ? origin->caller_login : STR("mail");
}

struct str
spool_header_format(const struct message *message, struct pool *pool, int64_t body_file_bytes)
{
    const struct origin *origin = message->origin;
    struct buf text;

    buf_init(&text, pool, BUF_NO_LIMIT);
    buf_taint(&text);
    buf_addf(&text, "%s-H\n", message->id);
    buf_add(&text, login_of(origin));
    buf_addf(&text, " %ld %ld\n<", origin != NULL ? (long)origin->caller_uid : 0L,
             origin != NULL ? (long)origin->caller_gid : 0L);
    add_field(&text, message->sender);
    buf_addf(&text, ">\n%lld %d\n", (long long)message->received_at.tv_sec, message->warning_count);
    buf_addf(&text, "-received_time_usec .%06d\n", (int)message->received_at.tv_usec);
    if (message->received_complete_at.tv_sec != 0)
        buf_addf(&text, "-received_time_complete %lld.%06d\n", (long long)message->received_complete_at.tv_sec,
                 (int)message->received_complete_at.tv_usec);
    if (origin != NULL) {
        add_origin(&text, origin);
        add_variables(&text, "aclc", &origin->acl_variables);
    }
    add_variables(&text, "aclm", &message->acl_variables);
    add_state(&text, message);
    if (origin != NULL)
        add_tls(&text, &origin->tls);
    add_dsn(&text, message);
    if (body_file_bytes >= 0)
        buf_add_c(&text, "-tern_end\n");
    add_nonrecipients(&text, message);
    buf_addf(&text, "%zu\n", message->recipient_count);
    for (size_t i = 0; i < message->recipient_count; i++)
        add_recipient(&text, &message->recipients[i]);
    buf_add_char(&text, '\n');
    for (const struct header_field *field = message->headers; field != NULL; field = field->next)
        add_header(&text, field->kind, field->text);
    if (body_file_bytes >= 0)
        add_header(&text, HEADER_DELETED, pool_printf(pool, "X-Tern-End: %016lld\n", (long long)body_file_bytes));
    return buf_str(&text);
}
