/* receive/header_section.c -- where the header section ends, and its fields; each octet is looked at once. */
#include <string.h>
#include "base/regex.h"
#include "expand/expand.h"
#include "match/match.h"
#include "message/header.h"
#include "net/host_name.h"
#include "receive/reception.h"

enum { LINE_LOOKAHEAD_BYTES = 4096 };

/* May a "From " line stand here (manual: the UUCP From line)? */
static bool
is_uucp_from_allowed(struct reception *r)
{
    if (!r->request.is_smtp_data)
        return true;
    if (r->is_local_input)
        return config->ignore_fromline_local;
    return match_client_host(config->ignore_fromline_hosts, &r->scope, NULL, NULL) == MATCH_YES;
}

/* A first line "From sender date": taken out; for a trusted caller of a non-SMTP message it gives the sender. */
static bool
take_uucp_from(struct reception *r, struct str line)
{
    struct regex *regex;
    struct str sender;
    struct why why;

    if (r->has_uucp_from || r->has_field || !str_starts(line, STR("From ")) || config->uucp_from_pattern.len == 0
        || !is_uucp_from_allowed(r))
        return false;
    why_init(&why, r->pool);
    regex = regex_compile(config->uucp_from_pattern, 0, &why);
    if (regex == NULL
        || regex_match(regex, line, 0, r->captures.values, CAPTURES_MAX, &r->captures.count, NULL) != REGEX_YES)
        return false;
    r->has_uucp_from = true;
    if (r->request.is_smtp_data || !r->origin->is_trusted)
        return true;
    if (config->uucp_from_sender == NULL)
        sender = r->captures.count > 1 ? r->captures.values[1] : STR("");
    else if (expand(config->uucp_from_sender, &r->scope, &sender, &why) != OK)
        return true;
    r->uucp_sender = pool_dup(r->pool, sender);
    r->has_uucp_sender = true;
    return true;
}

enum line_kind { LINE_FIELD, LINE_MORE, LINE_END, LINE_NOT_HEADER, LINE_DROPPED };

static enum line_kind
kind_of_line(struct reception *r, struct str line)
{
    size_t colon;

    if (line.len == 0)
        return LINE_END;
    if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
        return r->has_field ? LINE_MORE : LINE_NOT_HEADER;
    if (header_name_length(line, &colon) > 0)
        return LINE_FIELD;
    return take_uucp_from(r, line) ? LINE_DROPPED : LINE_NOT_HEADER;
}

/* A client by name and address, a local caller by login name. */
static struct str
who(const struct reception *r)
{
    return r->is_local_input ? r->origin->ident : origin_full_host(r->origin, r->pool);
}

static void
refuse_section(struct reception *r, size_t max)
{
    struct str from = who(r);

    log_write(LOG_ALWAYS, LOG_TO_MAIN, NULL,
              "ridiculously long message header received from %.*s (more than %zu characters): "
              "message abandoned",
              STR_ARG(from), max);
    reception_trouble(r, FAILURE_HEADER_SECTION, SMTP_TOO_BIG, STR(""), STR("Message header is ridiculously long"));
}

static void
refuse_line(struct reception *r)
{
    struct str from = who(r);

    log_write(LOG_ALWAYS, LOG_TO_MAIN, NULL,
              "overlong message header line received from %.*s (more than %d characters): "
              "message abandoned",
              STR_ARG(from), config->header_line_maxsize);
    reception_trouble(r, FAILURE_HEADER_LINE, SMTP_TOO_BIG, STR(""), STR("A message header line is too long"));
}

static void
check_limits(struct reception *r)
{
    size_t section_max = config->header_maxsize > 0 ? (size_t)config->header_maxsize : HEADER_SECTION_MAX_BYTES;

    if (r->header.len > section_max)
        refuse_section(r, section_max);
    else if (config->header_line_maxsize > 0 && r->header.len - r->field_start > (size_t)config->header_line_maxsize)
        refuse_line(r);
}

/* The line that stands at the end of the buffer is complete (its LF is there).  True while the header section goes on.
 */
static bool
end_line(struct reception *r)
{
    struct str line = str_sub(buf_str(&r->header), r->line_start, r->header.len - r->line_start - 1);

    if ((int64_t)line.len > r->count.max_line_bytes)
        r->count.max_line_bytes = (int64_t)line.len;
    switch (kind_of_line(r, line)) {
    case LINE_FIELD:
        r->field_start = r->line_start;
        r->has_field = true;
        break;
    case LINE_MORE:
        break;
    case LINE_DROPPED:
        buf_truncate(&r->header, r->line_start);
        break;
    case LINE_END:
        buf_truncate(&r->header, r->line_start);
        return false;
    case LINE_NOT_HEADER:
        return false;
    }
    r->line_start = r->header.len;
    return true;
}

/* What the buffer holds behind the last field is the beginning of the body. */
static void
start_body(struct reception *r)
{
    struct str rest = pool_dup(r->pool, str_from(buf_str(&r->header), r->line_start));

    buf_truncate(&r->header, r->line_start);
    header_section_end(r);
    if (r->phase == PHASE_BODY && rest.len > 0)
        reception_add(r, rest);
}

/* A line that does not end may be known to be no header field: then the body has begun, however long it gets. */
static bool
is_surely_body(struct reception *r)
{
    struct str line = str_from(buf_str(&r->header), r->line_start);
    size_t colon;

    return line.len > LINE_LOOKAHEAD_BYTES && line.ptr[0] != ' ' && line.ptr[0] != '\t'
           && header_name_length(line, &colon) == 0;
}

void
header_section_add(struct reception *r, struct str *text)
{
    while (text->len > 0 && r->phase == PHASE_HEADER) {
        size_t newline = str_find(*text, '\n');

        buf_add(&r->header, str_head(*text, newline != STR_NONE ? newline + 1 : text->len));
        *text = str_from(*text, newline != STR_NONE ? newline + 1 : text->len);
        if (newline != STR_NONE ? !end_line(r) : is_surely_body(r))
            start_body(r);
        else
            check_limits(r);
    }
}

/* NULs would cut texts short in other programs: "?" stands for them, as in Exim. */
static void
replace_nuls(struct reception *r)
{
    char *at = r->header.ptr, *end;

    if (r->header.len == 0)
        return;
    end = at + r->header.len;
    while ((at = memchr(at, '\0', (size_t)(end - at))) != NULL)
        *at++ = '?';
}

void
header_section_end(struct reception *r)
{
    struct str rest;

    if (r->phase != PHASE_HEADER)
        return;
    r->phase = PHASE_BODY;
    replace_nuls(r);
    rest = buf_str(&r->header);
    while (rest.len > 0) {
        size_t len = 0;

        do {
            size_t newline = str_find(str_from(rest, len), '\n');

            len = newline != STR_NONE ? len + newline + 1 : rest.len;
        } while (len < rest.len && (rest.ptr[len] == ' ' || rest.ptr[len] == '\t'));
        if (message_add_header(r->message, str_head(rest, len))->kind == HEADER_RECEIVED)
            r->message->received_count++;
        rest = str_from(rest, len);
    }
    reception_open_spool(r);
}
