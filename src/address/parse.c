/* address/parse.c -- one address by the grammar of RFC 5322 section 3.4, with the routes of RFC 5321 and empty words in
 * local parts (manual: dots in local parts).  Nothing here recurses. */
#include "address/parse.h"
#include <string.h>
#include "base/buf.h"
#include "base/encode.h"

size_t
address_skip_cfws(struct str text, size_t at)
{
    size_t depth = 0;

    for (; at < text.len; at++) {
        char c = text.ptr[at];

        if (depth > 0 && c == '\\')
            at++;
        else if (c == '(')
            depth++;
        else if (c == ')' && depth > 0)
            depth--;
        else if (depth == 0 && !ascii_is_space(c))
            return at;
    }
    return text.len;
}

size_t
address_skip_quoted(struct str text, size_t at)
{
    for (at++; at < text.len; at++) {
        if (text.ptr[at] == '\\')
            at++;
        else if (text.ptr[at] == '"')
            return at + 1;
    }
    return STR_NONE;
}

/* The parse under way. */
struct parser {
    struct pool *pool;
    struct str text;
    const struct address_rules *rules;
    size_t at;
    struct buf address;             /* without comments and white space */
    size_t start, end;              /* of it in text */
    struct str reason;
};

static bool
refuse(struct parser *p, const char *reason)
{
    p->reason = str_of(reason);
    return false;
}

static char
next_char(const struct parser *p)
{
    return p->at < p->text.len ? p->text.ptr[p->at] : '\0';
}

static void
skip(struct parser *p)
{
    p->at = address_skip_cfws(p->text, p->at);
}

/* Take what stands between two positions as part of the address. */
static void
keep(struct parser *p, size_t from, size_t to)
{
    buf_add(&p->address, str_sub(p->text, from, to - from));
    p->end = to;
}

/* Octets of unquoted words: everything but specials, white space and controls (RFC 5322 section 3.2.3). */
static bool
is_word_char(char c)
{
    return (unsigned char)c > ' ' && c != 0x7f && strchr("()<>@,;:\\\".[]", c) == NULL;
}

/* A quoted string of a local part; line ends in it are folds, other controls are refused. */
static bool
take_quoted(struct parser *p)
{
    size_t end = address_skip_quoted(p->text, p->at);

    if (end == STR_NONE)
        return refuse(p, "unmatched doublequote in local part");
    for (size_t i = p->at; i < end; i++) {
        char c = p->text.ptr[i];

        if (c == '\n')
            continue;
        if (((unsigned char)c < ' ' && c != '\t') || c == 0x7f)
            return refuse(p, "malformed local part: control character");
        keep(p, i, i + 1);
    }
    p->at = end;
    p->end = end;
    return true;
}

/* Words with dots between, any of them missing; nothing at all leaves the address empty. */
static bool
take_local_part(struct parser *p)
{
    skip(p);
    p->start = p->at;
    for (;;) {
        size_t word = p->at;

        if (next_char(p) == '"') {
            if (!take_quoted(p))
                return false;
        } else {
            while (p->at < p->text.len && (is_word_char(next_char(p)) || next_char(p) == '\\')) {
                if (next_char(p) == '\\' && (p->at + 1 == p->text.len || (unsigned char)p->text.ptr[p->at + 1] < ' '))
                    break;
                p->at += next_char(p) == '\\' ? 2 : 1;
            }
            keep(p, word, p->at);
        }
        word = address_skip_cfws(p->text, p->at);
        if (word >= p->text.len || p->text.ptr[word] != '.')
            return true;
        keep(p, word, word + 1);
        p->at = address_skip_cfws(p->text, word + 1);
    }
}

static bool
is_label_char(const struct parser *p, char c)
{
    return ascii_is_alnum(c) || c == '-' || ((unsigned char)c >= 0x80 && p->rules->allow_utf8_domains);
}

static bool
take_literal(struct parser *p)
{
    size_t start = p->at;

    if (!p->rules->allow_domain_literals)
        return refuse(p, "domain literals not allowed");
    do
        p->at++;
    while (p->at < p->text.len && p->text.ptr[p->at] > ' ' && p->text.ptr[p->at] < 0x7f
           && strchr("[]\\()<>@,;\"", p->text.ptr[p->at]) == NULL);
    if (next_char(p) != ']')
        return refuse(p, "malformed domain literal");
    p->at++;
    keep(p, start, p->at);
    return true;
}

/* Labels with dots between, or a literal. */
static bool
take_domain(struct parser *p)
{
    size_t domain_start;

    skip(p);
    domain_start = p->address.len;
    if (next_char(p) == '[')
        return take_literal(p);
    for (;;) {
        size_t label = p->at, dot, after;

        if (!is_label_char(p, next_char(p)) || next_char(p) == '-')
            return refuse(p, "domain missing or malformed");
        while (is_label_char(p, next_char(p)))
            p->at++;
        keep(p, label, p->at);
        if (p->address.len - domain_start > DOMAIN_MAX_BYTES)
            return refuse(p, "domain too long");
        dot = address_skip_cfws(p->text, p->at);
        if (dot >= p->text.len || p->text.ptr[dot] != '.')
            return true;
        after = address_skip_cfws(p->text, dot + 1);
        if ((after >= p->text.len || p->text.ptr[after] == '>') && p->rules->strip_trailing_dot) {
            p->at = dot + 1;
            return true;
        }
        keep(p, dot, dot + 1);
        p->at = after;
    }
}

/* "@a,@b:" before the address in angle brackets: read and dropped (RFC 5321 appendix C). */
static bool
drop_route(struct parser *p)
{
    while (next_char(p) == '@') {
        p->at++;
        if (!take_domain(p))
            return refuse(p, "malformed domain in source-routed address");
        buf_truncate(&p->address, 0);
        skip(p);
        if (next_char(p) == ',') {
            while (next_char(p) == ',') {
                p->at++;
                skip(p);
            }
            if (next_char(p) != '@')
                return refuse(p, "colon expected after route list");
        } else if (next_char(p) == ':') {
            p->at++;
            return true;
        } else {
            return refuse(p, next_char(p) == '>' || p->at == p->text.len ? "no local part"
                                                                         : "colon expected after route list");
        }
    }
    return true;
}

static bool
expected_at(struct parser *p)
{
    struct str before = buf_str(&p->address);

    p->reason = pool_printf_tainted(p->pool, "\"@\" or \".\" expected after \"%.*s\"",
                                    STR_ARG(escape_unprintable(p->pool, str_head(before, 64), true)));
    return false;
}

/* "@domain" after the local part; without it the address is unqualified. */
static bool
take_at_domain(struct parser *p, size_t *local_bytes_out)
{
    *local_bytes_out = p->address.len;
    skip(p);
    if (next_char(p) != '@')
        return true;
    keep(p, p->at, p->at + 1);
    p->at++;
    return take_domain(p);
}

/* After "<": address, ">" and as many more as there were excess "<". */
static bool
take_in_brackets(struct parser *p, size_t *local_bytes_out)
{
    size_t brackets = 0;
    bool has_route;

    while (next_char(p) == '<') {
        p->at++;
        brackets++;
        skip(p);
        if (!p->rules->strip_excess_angle_brackets)
            break;
    }
    has_route = next_char(p) == '@';
    if (!drop_route(p) || !take_local_part(p))
        return false;
    if (p->address.len == 0) {
        *local_bytes_out = 0;
        skip(p);
        if (next_char(p) == '@')
            return refuse(p, "no local part");
        if (!p->rules->allow_empty || has_route || next_char(p) != '>')
            return refuse(p, "missing or malformed local part");
    } else {
        if (!take_at_domain(p, local_bytes_out))
            return false;
        if (has_route && *local_bytes_out == p->address.len)
            return refuse(p, "domain missing in source-routed address");
        if (*local_bytes_out == p->address.len && next_char(p) != '>')
            return expected_at(p);
    }
    for (; brackets > 0; brackets--) {
        skip(p);
        if (p->at >= p->text.len)
            return refuse(p, "'>' missing at end of address");
        if (next_char(p) != '>') {
            p->reason = address_trailing_reason(p->pool, p->text, p->at);
            return false;
        }
        p->at++;
    }
    return true;
}

/* A phrase before "<": words, quoted strings, dots, comments. False if "<" does not come. */
static bool
skip_phrase(struct parser *p)
{
    for (;;) {
        skip(p);
        if (next_char(p) == '<')
            return true;
        if (next_char(p) == '"') {
            size_t end = address_skip_quoted(p->text, p->at);

            if (end == STR_NONE)
                return refuse(p, "unmatched doublequote in local part");
            p->at = end;
        } else if (is_word_char(next_char(p)) || next_char(p) == '.' || next_char(p) == '\\') {
            p->at += next_char(p) == '\\' && p->at + 1 < p->text.len ? 2 : 1;
        } else {
            return refuse(p, "missing or malformed local part (expected word or \"<\")");
        }
    }
}

/* The forms without angle brackets, or a phrase and then those. */
static bool
take_any_form(struct parser *p, bool is_path, size_t *local_bytes_out)
{
    size_t start = p->at, after;

    if (next_char(p) == '<')
        return take_in_brackets(p, local_bytes_out);
    if (!take_local_part(p))
        return false;
    after = address_skip_cfws(p->text, p->at);
    if (p->address.len > 0 && after < p->text.len && p->text.ptr[after] == '@')
        return take_at_domain(p, local_bytes_out);
    if (p->address.len > 0 && (after >= p->text.len || (is_path && after > p->at && p->text.ptr[after] != '<'))) {
        *local_bytes_out = p->address.len;
        return true;
    }
    p->at = start;
    if (!skip_phrase(p))
        return false;
    buf_truncate(&p->address, 0);
    return take_in_brackets(p, local_bytes_out);
}

struct str
address_trailing_reason(struct pool *pool, struct str text, size_t end)
{
    enum { SHOWN_MAX_BYTES = 32, CONTEXT_MAX_BYTES = 256 };

    struct str shown = escape_unprintable(pool, str_sub(text, end, SHOWN_MAX_BYTES), true);
    struct str before = escape_unprintable(pool, str_head(str_head(text, end), CONTEXT_MAX_BYTES), true);

    return pool_printf_tainted(pool, "malformed address: %.*s may not follow %.*s", STR_ARG(shown), STR_ARG(before));
}

bool
address_take(struct pool *pool, struct str text, const struct address_rules *rules, bool is_path,
             struct address_parse *parse_out, size_t *end_out, struct str *reason_out)
{
    struct parser p = { .pool = pool, .text = text, .rules = rules };
    size_t local_bytes = 0;

    buf_init(&p.address, pool, BUF_NO_LIMIT);
    skip(&p);
    if (p.at >= text.len) {
        *reason_out = STR("empty address");
        return false;
    }
    if (take_any_form(&p, is_path, &local_bytes) && p.address.len > ADDRESS_MAX_BYTES)
        refuse(&p, "address too long");
    if (p.reason.len > 0) {
        *reason_out = p.reason;
        return false;
    }
    *parse_out = (struct address_parse){ .address = buf_str(&p.address), .start = p.start, .end = p.end };
    parse_out->box.local_part = str_head(parse_out->address, local_bytes);
    parse_out->box.domain = str_from(parse_out->address, local_bytes + 1);
    if (p.address.len == 0)
        parse_out->start = parse_out->end = p.start;
    *end_out = p.at;
    return true;
}

bool
address_parse(struct pool *pool, struct str text, const struct address_rules *rules, struct address_parse *parse_out,
              struct str *reason_out)
{
    struct address_parse parse;
    size_t end;

    if (!address_take(pool, text, rules, false, &parse, &end, reason_out))
        return false;
    end = address_skip_cfws(text, end);
    if (end < text.len) {
        *reason_out = address_trailing_reason(pool, text, end);
        return false;
    }
    if (parse.box.domain.len == 0 && parse.address.len > 0 && !rules->allow_unqualified) {
        *reason_out = STR("domain missing or malformed");
        return false;
    }
    *parse_out = parse;
    return true;
}

bool
address_from_smtp(struct pool *pool, struct str argument, const struct address_rules *rules,
                  struct address_parse *parse_out, struct str *rest_out, struct str *reason_out)
{
    struct address_parse parse;
    size_t end, after;

    if (!address_take(pool, argument, rules, true, &parse, &end, reason_out))
        return false;
    after = address_skip_cfws(argument, end);
    if (after == end && after < argument.len) {
        *reason_out = address_trailing_reason(pool, argument, end);
        return false;
    }
    *parse_out = parse;
    *rest_out = str_from(argument, after);
    return true;
}

bool
domain_is_valid(struct str domain, const struct address_rules *rules)
{
    bool is_at_label = true;

    if (domain.len == 0 || domain.len > DOMAIN_MAX_BYTES)
        return false;
    if (domain.ptr[0] == '[')
        return rules->allow_domain_literals && domain.len > 2 && str_find(domain, ']') == domain.len - 1;
    for (size_t i = 0; i < domain.len; i++) {
        char c = domain.ptr[i];

        if (c == '.' ? is_at_label
                     : !ascii_is_alnum(c) && c != '_' && (c != '-' || is_at_label)
                           && ((unsigned char)c < 0x80 || !rules->allow_utf8_domains))
            return false;
        is_at_label = c == '.';
    }
    return !is_at_label;
}
