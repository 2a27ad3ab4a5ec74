/* spool/parse.c -- the text of a -H file to a message: Exim's and ours, whatever else it may be. */
#include <string.h>
#include "message/header.h"
#include "spool/spool_file.h"

enum { RECIPIENTS_MAX = 1000000, VARIABLE_MAX_BYTES = 16 * 1024 * 1024 };

/* The parse under way. */
struct reader {
    struct pool *pool;
    struct str rest;
    struct message *message;
    struct spool_mark *mark;
    const char *fault;              /* constant text; NULL: none so far */
};

static bool
refuse(struct reader *r, const char *fault)
{
    r->fault = fault;
    return false;
}

/* The text should have gone on. */
static bool
refuse_end(struct reader *r)
{
    r->rest = STR("");
    return refuse(r, "unexpected end of file");
}

/* The next line without its LF; false at the end, or if the last line has none. */
static bool
take_line(struct reader *r, struct str *line_out)
{
    size_t newline = str_find(r->rest, '\n');

    if (newline == STR_NONE)
        return refuse_end(r);
    *line_out = str_head(r->rest, newline);
    r->rest = str_from(r->rest, newline + 1);
    return true;
}

static bool
take_i64(struct str text, int64_t *value_out)
{
    return str_to_i64(text, value_out);
}

/* A number at the end of text, after the last separator; text loses both. */
static bool
cut_number(struct str *text, char separator, int64_t *value_out)
{
    size_t at = str_rfind(*text, separator);

    if (at == STR_NONE || !take_i64(str_from(*text, at + 1), value_out))
        return false;
    *text = str_head(*text, at);
    return true;
}

/* A text of len octets at the end of *text with a space before it. */
static bool
cut_text(struct str *text, int64_t len, struct str *value_out)
{
    if (len < 0 || (uint64_t)len + 1 > text->len || text->ptr[text->len - (size_t)len - 1] != ' ')
        return false;
    *value_out = str_from(*text, text->len - (size_t)len);
    *text = str_head(*text, text->len - (size_t)len - 1);
    return true;
}

static bool
take_recipient(struct reader *r, struct str line)
{
    struct recipient *recipient;
    struct str errors_to = STR(""), original = STR("");
    int64_t flags = 0, len, parent = -1, dsn = 0;
    size_t mark = str_rfind(line, '#');

    if (mark != STR_NONE && mark + 1 < line.len && str_find(str_from(line, mark), '@') == STR_NONE
        && take_i64(str_from(line, mark + 1), &flags)) {
        line = str_head(line, mark);
        if ((flags & 1) != 0
            && (!cut_number(&line, ',', &parent) || !cut_number(&line, ' ', &len) || !cut_text(&line, len, &errors_to)))
            return refuse(r, "malformed recipient");
        if ((flags & 2) != 0
            && (!cut_number(&line, ',', &dsn) || !cut_number(&line, ' ', &len) || !cut_text(&line, len, &original)))
            return refuse(r, "malformed recipient");
    }
    if (line.len == 0 || parent < -1 || parent >= RECIPIENTS_MAX)
        return refuse(r, "malformed recipient");
    recipient = message_add_recipient(r->message, line);
    recipient->errors_to = errors_to;
    recipient->original = original;
    recipient->parent = (int)parent;
    recipient->notify = ((dsn & 0x02) != 0 ? DSN_NEVER : 0u) | ((dsn & 0x04) != 0 ? DSN_SUCCESS : 0u)
        | ((dsn & 0x08) != 0 ? DSN_FAILURE : 0u) | ((dsn & 0x10) != 0 ? DSN_DELAY : 0u);
    return true;
}

static bool
take_recipients(struct reader *r)
{
    struct str line;
    uint64_t count;

    if (!take_line(r, &line))
        return false;
    if (!str_to_u64(str_trim_right(line), 10, &count) || count > RECIPIENTS_MAX)
        return refuse(r, "malformed number of recipients");
    for (; count > 0; count--)
        if (!take_line(r, &line) || !take_recipient(r, line))
            return false;
    if (!take_line(r, &line))
        return false;
    return line.len == 0 || refuse(r, "no empty line after the recipients");
}

/* The tree in the order node, left, right: what is still to come is counted, nothing nested. */
static bool
take_nonrecipients(struct reader *r, struct str line)
{
    uint64_t coming = 1;

    if (str_eq_c(line, "XX"))
        return true;
    for (;;) {
        if (line.len < 4 || (line.ptr[0] != 'Y' && line.ptr[0] != 'N') || (line.ptr[1] != 'Y' && line.ptr[1] != 'N')
            || line.ptr[2] != ' ')
            return refuse(r, "malformed tree of non-recipients");
        map_add(&r->message->nonrecipients, str_from(line, 3), r->message);
        coming += (line.ptr[0] == 'Y' ? 1u : 0u) + (line.ptr[1] == 'Y' ? 1u : 0u);
        if (--coming == 0)
            return true;
        if (!take_line(r, &line))
            return false;
    }
}

/* Data that was clean when it was written is clean again: the file is ours. */
static struct str
value_with_trust(struct reader *r, struct str value, bool is_tainted_value)
{
    return is_tainted_value ? value : pool_dup_clean(r->pool, value);
}

/* "[address]:port" or "address.port". */
static bool
take_host(struct reader *r, struct str value, struct str *address_out, int *port_out)
{
    struct str port;
    uint64_t number = 0;
    size_t at;

    if (value.len > 0 && value.ptr[0] == '[') {
        at = str_find(value, ']');
        if (at == STR_NONE)
            return refuse(r, "malformed host address");
        *address_out = str_sub(value, 1, at - 1);
        port = str_from(value, at + 1);
        if (port.len > 0 && port.ptr[0] == ':')
            port = str_from(port, 1);
    } else {
        at = str_rfind(value, '.');
        *address_out = str_head(value, at == STR_NONE ? value.len : at);
        port = at == STR_NONE ? STR("") : str_from(value, at + 1);
    }
    if (port.len > 0 && (!str_to_u64(port, 10, &number) || number > 65535))
        return refuse(r, "malformed port");
    for (size_t i = 0; i < address_out->len; i++)
        if (!ascii_is_alnum(address_out->ptr[i]) && address_out->ptr[i] != ':' && address_out->ptr[i] != '.')
            return refuse(r, "malformed host address");
    *address_out = pool_dup_clean(r->pool, *address_out);   /* digits, dots and colons: checked above */
    *port_out = (int)number;
    return true;
}

/* "-aclc name length": the value stands on the following lines. */
static bool
take_variable(struct reader *r, struct map *map, const char *kind, struct str value, bool is_tainted_value)
{
    struct str name, length, *held;
    uint64_t len;

    if (!str_cut(value, ' ', &name, &length) || name.len == 0 || !str_to_u64(length, 10, &len)
        || len > VARIABLE_MAX_BYTES)
        return refuse(r, "malformed ACL variable");
    if (len >= r->rest.len)
        return refuse_end(r);
    if (r->rest.ptr[len] != '\n')
        return refuse(r, "malformed ACL variable");
    held = POOL_NEW(r->pool, struct str);
    *held = value_with_trust(r, str_head(r->rest, (size_t)len), is_tainted_value);
    r->rest = str_from(r->rest, (size_t)len + 1);
    map_set(map, pool_printf(r->pool, "%s%.*s", kind, STR_ARG(name)), held);
    return true;
}

/* ".123456" or "seconds.micros". */
static bool
take_micros(struct str value, struct timeval *time_out, bool has_seconds)
{
    struct str seconds, micros;
    int64_t number;
    uint64_t fraction;

    if (!str_cut(value, '.', &seconds, &micros) || micros.len > 6 || !str_to_u64(micros, 10, &fraction))
        return false;
    for (size_t digits = micros.len; digits < 6; digits++)
        fraction *= 10;
    if (has_seconds) {
        if (!take_i64(seconds, &number))
            return false;
        time_out->tv_sec = number;
    }
    time_out->tv_usec = (suseconds_t)fraction;
    return true;
}

enum field_type { FLAG, TEXT, INT, TIME };

#define IN_MESSAGE(name_, type_, field_) { name_, type_, false, offsetof(struct message, field_) }
#define IN_ORIGIN(name_, type_, field_) { name_, type_, true, offsetof(struct origin, field_) }
static const struct { const char *name; enum field_type type; bool is_origin; size_t offset; } fields[] = {
    IN_MESSAGE("allow_unqualified_recipient", FLAG, was_allowed_unqualified_recipient),
    IN_MESSAGE("allow_unqualified_sender", FLAG, was_allowed_unqualified_sender),
    IN_ORIGIN("active_hostname", TEXT, active_hostname),
    IN_ORIGIN("auth_id", TEXT, authenticated_id),
    IN_ORIGIN("auth_sender", TEXT, authenticated_sender),
    IN_MESSAGE("body_linecount", INT, body_lines),
    IN_MESSAGE("body_zerocount", INT, body_zeros),
    IN_MESSAGE("deliver_firsttime", FLAG, is_first_try),
    IN_MESSAGE("dsn_envid", TEXT, envid),
    IN_MESSAGE("dsn_ret", INT, dsn_return),
    IN_MESSAGE("frozen", TIME, frozen_at),
    IN_ORIGIN("helo_name", TEXT, helo_name),
    IN_ORIGIN("host_auth", TEXT, authenticator),
    IN_ORIGIN("host_name", TEXT, host_name),
    IN_ORIGIN("ident", TEXT, ident),
    IN_MESSAGE("local", FLAG, is_sender_local),
    IN_MESSAGE("localerror", FLAG, is_local_error),
    IN_MESSAGE("local_scan", TEXT, local_scan_data),
    IN_MESSAGE("manual_thaw", FLAG, is_manually_thawed),
    IN_MESSAGE("max_received_linelength", INT, max_received_line_bytes),
    IN_MESSAGE("N", FLAG, is_dont_deliver),
    IN_ORIGIN("received_protocol", TEXT, protocol),
    IN_MESSAGE("sender_set_untrusted", FLAG, is_sender_set_untrusted),
    IN_MESSAGE("smtputf8", FLAG, is_smtputf8),
    IN_MESSAGE("spool_file_wireformat", FLAG, is_spool_wireformat),
    IN_ORIGIN("tls_certificate_verified", FLAG, tls.is_certificate_verified),
    IN_ORIGIN("tls_cipher", TEXT, tls.cipher),
    IN_ORIGIN("tls_ocsp", INT, tls.ocsp),
    IN_ORIGIN("tls_ourcert", TEXT, tls.our_certificate_pem),
    IN_ORIGIN("tls_peercert", TEXT, tls.certificate_pem),
    IN_ORIGIN("tls_peerdn", TEXT, tls.peer_dn),
    IN_ORIGIN("tls_sni", TEXT, tls.sni),
    IN_ORIGIN("tls_ver", TEXT, tls.version),
};

/* A line that the table describes; false and no fault if it does not. */
static bool
take_field(struct reader *r, struct str name, struct str value, bool is_tainted_value)
{
    int64_t number = 0;

    for (size_t i = 0; i < COUNT(fields); i++) {
        char *at;

        if (!str_eq_c(name, fields[i].name))
            continue;
        at = (fields[i].is_origin ? (char *)r->message->origin : (char *)r->message) + fields[i].offset;
        if ((fields[i].type == INT || fields[i].type == TIME)
            && (!take_i64(value, &number) || number < 0 || (fields[i].type == INT && number > INT32_MAX)))
            return refuse(r, "malformed number");
        if (fields[i].type == FLAG)
            *(bool *)at = true;
        else if (fields[i].type == INT)
            *(int *)at = (int)number;
        else if (fields[i].type == TIME)
            *(time_t *)at = (time_t)number;
        else
            *(struct str *)at = value_with_trust(r, value, is_tainted_value);
        return true;
    }
    return false;
}

/* One line that begins with "-".  Names of other versions are passed over. */
static bool
take_option(struct reader *r, struct str line)
{
    struct origin *origin = r->message->origin;
    bool is_tainted_value = str_starts(line, STR("--"));
    struct str name, value;

    line = str_from(line, is_tainted_value ? 2 : 1);
    if (line.len > 0 && line.ptr[0] == '(') {
        line = str_from(line, str_find(line, ')') == STR_NONE ? 0 : str_find(line, ')') + 1);
        is_tainted_value = true;
    }
    str_cut(line, ' ', &name, &value);
    if (str_eq_c(name, "aclc"))
        return take_variable(r, &origin->acl_variables, "c", value, is_tainted_value);
    if (str_eq_c(name, "aclm"))
        return take_variable(r, &r->message->acl_variables, "m", value, is_tainted_value);
    if (str_eq_c(name, "acl")) {
        uint64_t number;
        struct str index, rest;

        str_cut(value, ' ', &index, &rest);
        if (!str_to_u64(index, 10, &number) || number > 19)
            return refuse(r, "malformed ACL variable");
        value = pool_printf(r->pool, "%d %.*s", (int)(number % 10), STR_ARG(rest));
        return take_variable(r, number < 10 ? &origin->acl_variables : &r->message->acl_variables,
                             number < 10 ? "c" : "m", value, true);
    }
    if (str_eq_c(name, "host_address"))
        return take_host(r, value, &origin->host_address, &origin->host_port);
    if (str_eq_c(name, "interface_address"))
        return take_host(r, value, &origin->interface_address, &origin->interface_port);
    if (str_eq_c(name, "received_time_usec"))
        return take_micros(value, &r->message->received_at, false) || refuse(r, "malformed time");
    if (str_eq_c(name, "received_time_complete"))
        return take_micros(value, &r->message->received_complete_at, true) || refuse(r, "malformed time");
    if (str_eq_c(name, "host_lookup_failed"))
        origin->name_lookup = NAME_LOOKUP_FAILED;
    else if (str_eq_c(name, "host_lookup_deferred"))
        origin->name_lookup = NAME_LOOKUP_DEFERRED;
    else if (str_eq_c(name, "tern_end"))
        r->mark->is_announced = true;
    else if (!take_field(r, name, value, is_tainted_value) && r->fault != NULL)
        return false;
    return true;
}

/* The first four lines: name, caller, sender, times. */
static bool
take_head(struct reader *r, const char *id)
{
    struct message *message = r->message;
    struct str line, word, times;
    int64_t number, uid = 0, gid = 0;

    if (!take_line(r, &line))
        return false;
    if (line.len != strlen(id) + 2 || !str_starts(line, str_of(id)) || !str_ends(line, STR("-H")))
        return refuse(r, "the first line is not the file's name");
    memcpy(message->id, id, strlen(id) + 1);
    if (!take_line(r, &line))
        return false;
    if (!cut_number(&line, ' ', &gid) || !cut_number(&line, ' ', &uid) || uid < 0 || gid < 0 || uid > UINT32_MAX
        || gid > UINT32_MAX)
        return refuse(r, "malformed caller");
    message->origin->caller_login = line;
    message->origin->caller_uid = (uid_t)uid;
    message->origin->caller_gid = (gid_t)gid;
    if (!take_line(r, &line))
        return false;
    if (line.len < 2 || line.ptr[0] != '<' || line.ptr[line.len - 1] != '>')
        return refuse(r, "malformed sender");
    message->sender = str_sub(line, 1, line.len - 2);
    if (!take_line(r, &times))
        return false;
    word = str_take_word(&times);
    times = str_trim(times);
    if (!take_i64(word, &number) || number < 0)
        return refuse(r, "malformed time");
    message->received_at.tv_sec = (time_t)number;
    if (!take_i64(times, &number) || number < 0 || number > INT32_MAX)
        return refuse(r, "malformed count of warnings");
    message->warning_count = (int)number;
    return true;
}

/* One header field: "nnnC text"; its place is moved behind. */
static bool
take_header(struct reader *r, struct str *field_out, char *kind_out)
{
    size_t digits = 0;
    uint64_t len;

    while (digits < r->rest.len && digits < 10 && ascii_is_digit(r->rest.ptr[digits]))
        digits++;
    if (digits < 3 || r->rest.len < digits + 2 || !str_to_u64(str_head(r->rest, digits), 10, &len) || len == 0
        || r->rest.ptr[digits + 1] != ' ')
        return refuse(r, "malformed header field");
    if (len > r->rest.len - digits - 2)
        return refuse_end(r);
    if (r->rest.ptr[digits + 1 + len] != '\n')
        return refuse(r, "malformed header field");
    *kind_out = r->rest.ptr[digits];
    *field_out = str_sub(r->rest, digits + 2, (size_t)len);
    r->rest = str_from(r->rest, digits + 2 + (size_t)len);
    return true;
}

/* The end mark: the last field of a file that announces one. */
static bool
is_end_mark(struct reader *r, struct str field, char kind)
{
    struct str name, value;
    uint64_t bytes;

    if (kind != HEADER_DELETED || !header_split(field, &name, &value) || !str_eq_c(name, "X-Tern-End")
        || !str_to_u64(value, 10, &bytes) || bytes > INT64_MAX)
        return false;
    r->mark->data_bytes = (int64_t)bytes;
    return true;
}

static bool
take_headers(struct reader *r, bool is_envelope_only)
{
    struct message *message = r->message;
    struct str field;
    char kind;

    while (r->rest.len > 0) {
        if (!take_header(r, &field, &kind))
            return false;
        if (is_end_mark(r, field, kind))
            continue;
        if (kind != HEADER_DELETED)
            message->message_bytes += (int64_t)field.len;
        if (kind == HEADER_RECEIVED)
            message->received_count++;
        if (is_envelope_only)
            continue;
        message_add_header(message, field)->kind =
            kind == ' ' || strchr("BCFITPRS*", kind) != NULL ? (enum header_kind)kind : HEADER_OTHER;
    }
    return true;
}

static bool
take_all(struct reader *r, const char *id, bool is_envelope_only)
{
    struct str line;

    if (!take_head(r, id) || !take_line(r, &line))
        return false;
    while (line.len > 0 && line.ptr[0] == '-')
        if (!take_option(r, line) || !take_line(r, &line))
            return false;
    return take_nonrecipients(r, line) && take_recipients(r) && take_headers(r, is_envelope_only);
}

/* The whole end mark, as spool_header_format() puts it there. */
static bool
ends_with_mark(struct str text)
{
    enum { DIGITS = 16, MARK_BYTES = sizeof("X-Tern-End: ") - 1 + DIGITS + 1 };
    struct str mark = str_from(text, text.len > MARK_BYTES ? text.len - MARK_BYTES : 0);
    uint64_t bytes;

    return str_starts(mark, STR("X-Tern-End: ")) && str_ends(mark, STR("\n"))
        && str_to_u64(str_sub(mark, MARK_BYTES - DIGITS - 1, DIGITS), 10, &bytes);
}

/* Does a text that cannot be read look as a power cut leaves it: an end that is missing, or zeros that were never
 * written over?  One that ends with the mark was whole: somebody changed it, and it is left to people. */
static bool
is_cut_off(const struct reader *r, struct str text)
{
    if (ends_with_mark(text) && str_find(text, '\0') == STR_NONE)
        return false;
    return r->rest.len == 0 || r->rest.ptr[0] == '\0' || str_find(r->rest, '\n') == STR_NONE
           || text.ptr[text.len - 1] != '\n';
}

enum spool_state
spool_header_read(struct pool *pool, struct str text, const char *id, bool is_envelope_only,
                  struct message **message_out, struct spool_mark *mark_out, struct why *why)
{
    struct reader r = { .pool = pool, .rest = text, .mark = mark_out };

    *mark_out = (struct spool_mark){ .data_bytes = -1 };
    r.message = message_new(pool, origin_new(pool));
    if (!take_all(&r, id, is_envelope_only)) {
        why_defer(why, 0, NULL, "spool format error in %s-H: %s", id, r.fault);
        return is_cut_off(&r, text) ? SPOOL_HALF : SPOOL_BAD;
    }
    r.message->has_local_scan_data = r.message->local_scan_data.len > 0;
    r.message->origin->is_socket = r.message->origin->host_address.len > 0;
    r.message->origin->is_local = !r.message->origin->is_socket;
    if (mark_out->is_announced && mark_out->data_bytes < 0) {
        why_defer(why, 0, NULL, "%s-H was never wholly written", id);
        return SPOOL_HALF;
    }
    *message_out = r.message;
    return SPOOL_OK;
}

enum spool_state
spool_header_parse(struct pool *pool, struct str text, const char *id, bool is_envelope_only,
                   struct message **message_out, struct why *why)
{
    struct spool_mark mark;

    return spool_header_read(pool, text, id, is_envelope_only, message_out, &mark, why);
}
