/* expand/parse.c -- from text to tree.
 *
 * The first fault ends parsing; it becomes a node, so that what stands before it is evaluated first, as in Exim. */
#include <stdio.h>
#include <string.h>
#include "base/buf.h"
#include "base/build_settings.h"
#include "base/encode.h"
#include "base/list.h"
#include "expand/tree.h"

enum { NESTING_MAX = 200 };

void
parser_fail(struct parser *p, const char *format, ...)
{
    va_list args;

    if (p->has_failed)
        return;
    p->has_failed = true;
    p->error_at = p->at;
    va_start(args, format);
    p->error = pool_vprintf(p->pool, CLEAN, format, args);
    va_end(args);
}

void
parser_skip_space(struct parser *p)
{
    while (p->at < p->text.len && ascii_is_space(p->text.ptr[p->at]))
        p->at++;
}

/* The character at the cursor, -1 at the end. */
int
parser_peek(const struct parser *p)
{
    return p->at < p->text.len ? (unsigned char)p->text.ptr[p->at] : -1;
}

struct str
parser_rest(const struct parser *p)
{
    return str_from(p->text, p->at);
}

bool
parser_take(struct parser *p, char c)
{
    if (parser_peek(p) != (unsigned char)c)
        return false;
    p->at++;
    return true;
}

struct str
parser_take_name(struct parser *p, const char *extra)
{
    size_t start = p->at;

    while (p->at < p->text.len && (ascii_is_alnum(p->text.ptr[p->at]) || strchr(extra, p->text.ptr[p->at]) != NULL))
        p->at++;
    return str_sub(p->text, start, p->at - start);
}

struct expand_node *
parser_node(struct parser *p, enum node_kind kind, size_t start)
{
    struct expand_node *node = POOL_NEW(p->pool, struct expand_node);

    node->kind = kind;
    node->start = start;
    return node;
}

struct expand_node *
parser_node_text(struct parser *p, size_t start, struct str text)
{
    struct expand_node *node = parser_node(p, NODE_TEXT, start);

    node->text = text;
    return node;
}

/* The parts of a sequence while they are gathered; literal text is joined. */
struct gathered {
    struct ptr_list nodes;
    struct buf literal;             /* used once a literal is not one piece of the source */
    struct str piece;
    size_t literal_start;
    bool has_literal, is_copied;
};

static void
literal_add(struct parser *p, struct gathered *g, struct str text, bool is_source)
{
    if (text.len == 0)
        return;
    if (!g->has_literal) {
        g->has_literal = true;
        g->literal_start = p->at;
        g->is_copied = false;
        if (is_source) {
            g->piece = text;
            return;
        }
        g->piece = STR("");
    }
    if (!g->is_copied && is_source && g->piece.ptr + g->piece.len == text.ptr) {
        g->piece.len += text.len;
        return;
    }
    if (!g->is_copied) {
        buf_init(&g->literal, p->pool, BUF_NO_LIMIT);
        buf_add(&g->literal, g->piece);
        g->is_copied = true;
    }
    buf_add(&g->literal, text);
}

static void
literal_end(struct parser *p, struct gathered *g)
{
    if (!g->has_literal)
        return;
    ptr_list_add(&g->nodes, p->pool, parser_node_text(p, g->literal_start, g->is_copied ? buf_str(&g->literal)
                                                      : g->piece));
    g->has_literal = false;
}

/* The cursor stands behind a backslash. */
static void
parse_backslash(struct parser *p, struct gathered *g)
{
    struct str rest = parser_rest(p);
    size_t end;
    char c;

    if (rest.len == 0) {
        parser_fail(p, "\\ at end of string");
        return;
    }
    if (rest.ptr[0] != 'N') {
        if (strchr("nrtx01234567", rest.ptr[0]) != NULL && rest.ptr[0] != '\0') {
            c = escape_take(&rest);
            p->at = p->text.len - rest.len;
            literal_add(p, g, str_make(&c, 1), false);
        } else {
            literal_add(p, g, str_head(rest, 1), true);
            p->at++;
        }
        return;
    }
    rest = str_from(rest, 1);
    end = str_find_str(rest, STR("\\N"));
    literal_add(p, g, str_head(rest, end == STR_NONE ? rest.len : end), true);
    p->at += 1 + (end == STR_NONE ? rest.len : end + 2);
}

static const struct {
    struct str prefix;
    enum header_form form;
} header_prefixes[] = {
    { STR_INIT("h_"), HEADER_DECODED }, { STR_INIT("header_"), HEADER_DECODED }, { STR_INIT("rh_"), HEADER_RAW },
    { STR_INIT("rheader_"), HEADER_RAW }, { STR_INIT("bh_"), HEADER_BASIC }, { STR_INIT("bheader_"), HEADER_BASIC },
    { STR_INIT("lh_"), HEADER_LIST }, { STR_INIT("lheader_"), HEADER_LIST },
};

bool
parser_header(struct parser *p, struct str name, size_t name_start, enum header_form *form_out, struct str *header_out)
{
    for (size_t i = 0; i < COUNT(header_prefixes); i++) {
        size_t start = name_start + header_prefixes[i].prefix.len;

        if (!str_starts(name, header_prefixes[i].prefix))
            continue;
        p->at = start;
        while (p->at < p->text.len && p->text.ptr[p->at] > ' ' && p->text.ptr[p->at] < 0x7f
               && p->text.ptr[p->at] != ':')
            p->at++;
        *form_out = header_prefixes[i].form;
        *header_out = str_sub(p->text, start, p->at - start);
        parser_take(p, ':');
        p->has_header = true;
        return true;
    }
    return false;
}

static const struct expand_node *
make_variable(struct parser *p, size_t start, struct str name, bool is_braced)
{
    struct str suffix;
    const struct expand_variable *row = expand_variable_find(name, &suffix);
    struct expand_node *node;
    const char *cname = pool_cstr(p->pool, name);
    const char *flag = row == NULL ? left_out_flag("variables", cname) : NULL;

    if (flag != NULL) {
        parser_fail(p, "$%s: built without %s", cname, flag);
        return NULL;
    }
    if ((str_starts(name, STR("acl_c")) || str_starts(name, STR("acl_m"))) && name.len > 5
        && !ascii_is_digit(name.ptr[5])
        && name.ptr[5] != '_') {
        parser_fail(p,
                    "unknown variable name \"%s\" (6th character of a user-defined ACL variable must be a digit or "
                    "underscore)",
                    cname);
        return NULL;
    }
    if (row == NULL) {
        parser_fail(p, is_braced ? "unknown variable in \"${%s}\"" : "unknown variable name \"%s\"", cname);
        return NULL;
    }
    node = parser_node(p, NODE_VARIABLE, start);
    node->variable.row = row;
    node->variable.name = name;
    node->variable.suffix = suffix;
    return node;
}

static const struct expand_node *
make_capture(struct parser *p, size_t start, struct str digits)
{
    struct expand_node *node = parser_node(p, NODE_CAPTURE, start);
    uint64_t number;

    node->capture = str_to_u64(digits, 10, &number) && number < CAPTURES_MAX ? (size_t)number : CAPTURES_MAX;
    return node;
}

static struct str
take_digits(struct parser *p)
{
    size_t start = p->at;

    while (p->at < p->text.len && ascii_is_digit(p->text.ptr[p->at]))
        p->at++;
    return str_sub(p->text, start, p->at - start);
}

static const struct expand_node *parse_sequence(struct parser *p, bool is_braced, bool is_dollar_special);

const struct expand_node *
parser_braced(struct parser *p, bool is_dollar_special)
{
    const struct expand_node *node;
    bool had_header = p->has_header;

    p->at++;
    p->has_header = false;
    node = parse_sequence(p, true, is_dollar_special);
    if (node == NULL)
        return NULL;
    if (!parser_take(p, '}')) {
        parser_fail(p, "missing } at end of string%s", p->has_header
                    ? " - could be header name not terminated by colon" : "");
        return NULL;
    }
    p->has_header |= had_header;
    return node;
}

static const struct expand_node *
parse_operator(struct parser *p, struct str name, size_t start)
{
    struct expand_node *node = parser_node(p, NODE_OPERATOR, start);
    const struct expand_operator *row = expand_operator_find(name, &node->operator.has_suffix, &node->operator.suffix);

    if (row == NULL) {
        parser_fail(p, "unknown expansion operator \"%.*s\"", STR_ARG(name));
        return NULL;
    }
    node->operator.row = row;
    /* The cursor stands on the colon, which takes the place of an opening brace. */
    if ((node->operator.argument = parser_braced(p, true)) == NULL)
        return NULL;
    node->source = str_sub(p->text, start, p->at - start);
    return node;
}

/* The cursor stands behind "${". */
static const struct expand_node *
parse_dollar_brace(struct parser *p, size_t start)
{
    int c = parser_peek(p);
    const struct expand_item *item;
    struct str name;

    if (c >= '0' && c <= '9') {
        struct str digits = take_digits(p);

        if (parser_take(p, '}'))
            return make_capture(p, start, digits);
        parser_fail(p, "} expected after number");
        return NULL;
    }
    if (c == -1 || !ascii_is_alpha((char)c)) {
        parser_fail(p, "letter or digit expected after ${");
        return NULL;
    }
    name = parser_take_name(p, "_-");
    item = expand_item_find(name);
    if (item != NULL)
        return parser_item(p, item, start);
    if (left_out_flag("expand_items", pool_cstr(p->pool, name)) != NULL) {
        parser_fail(p, "\"${%.*s\" encountered, but this facility is not included in the binary (built without %s)",
                    STR_ARG(name),
                    left_out_flag("expand_items", pool_cstr(p->pool, name)));
        return NULL;
    }
    c = parser_peek(p);
    if (c == '}') {
        const struct expand_node *node = make_variable(p, start, name, true);

        p->at++;
        return node;
    }
    if (c == ':')
        return parse_operator(p, name, start);
    parser_fail(p, "\"${%.*s\" is not a known operator (or a } is missing in a variable reference)", STR_ARG(name));
    return NULL;
}

/* The cursor stands behind "$". */
static const struct expand_node *
parse_dollar(struct parser *p)
{
    size_t start = p->at - 1;
    int c = parser_peek(p);

    if (c == '{') {
        p->at++;
        return parse_dollar_brace(p, start);
    }
    if (c >= '0' && c <= '9')
        return make_capture(p, start, take_digits(p));
    if (c != -1 && ascii_is_alpha((char)c)) {
        size_t name_start = p->at;
        struct str name = parser_take_name(p, "_");
        enum header_form form;
        struct str header;
        struct expand_node *node;

        if (!parser_header(p, name, name_start, &form, &header))
            return make_variable(p, start, name, false);
        node = parser_node(p, NODE_HEADER, start);
        node->header.form = form;
        node->header.name = header;
        return node;
    }
    parser_fail(p, "$ not followed by letter, digit, or {");
    return NULL;
}

/* A run of ordinary characters. */
static void
parse_literal(struct parser *p, struct gathered *g, bool is_braced, bool is_dollar_special)
{
    size_t start = p->at;
    struct str text;

    for (; p->at < p->text.len; p->at++) {
        char c = p->text.ptr[p->at];

        if (c == '\\' || (c == '$' && is_dollar_special) || (c == '}' && is_braced))
            break;
    }
    text = str_sub(p->text, start, p->at - start);
    literal_add(p, g, text, true);
}

static const struct expand_node *
sequence_node(struct parser *p, struct gathered *g, size_t start)
{
    struct expand_node *node;

    literal_end(p, g);
    if (g->nodes.count == 0)
        return parser_node_text(p, start, STR(""));
    if (g->nodes.count == 1)
        return g->nodes.items[0];
    node = parser_node(p, NODE_SEQUENCE, start);
    node->sequence.nodes = (const struct expand_node **)g->nodes.items;
    node->sequence.count = g->nodes.count;
    return node;
}

/* Up to the closing brace (left for the caller) or the end.  NULL when it failed. */
static const struct expand_node *
parse_sequence(struct parser *p, bool is_braced, bool is_dollar_special)
{
    struct gathered g = { .has_literal = false };
    size_t start = p->at;
    int c;

    if (++p->depth > NESTING_MAX)
        parser_fail(p, "expansion items are nested too deeply (limit %d)", NESTING_MAX);
    while (!p->has_failed && (c = parser_peek(p)) != -1 && !(c == '}' && is_braced)) {
        if (c == '\\') {
            p->at++;
            parse_backslash(p, &g);
        } else if (c == '$' && is_dollar_special) {
            const struct expand_node *node;

            p->at++;
            literal_end(p, &g);
            if ((node = parse_dollar(p)) != NULL)
                ptr_list_add(&g.nodes, p->pool, (void *)(uintptr_t)node);
        } else {
            parse_literal(p, &g, is_braced, is_dollar_special);
        }
    }
    p->depth--;
    if (p->has_failed && is_braced)
        return NULL;
    if (p->has_failed) {
        struct expand_node *node = parser_node(p, NODE_ERROR, p->error_at);

        node->text = p->error;
        literal_end(p, &g);
        ptr_list_add(&g.nodes, p->pool, node);
    }
    return sequence_node(p, &g, start);
}

struct expansion *
expansion_parse(struct pool *pool, struct str text)
{
    struct expansion *expansion = POOL_NEW(pool, struct expansion);
    struct parser p = { .pool = pool, .text = text };

    expansion->root = parse_sequence(&p, false, true);
    expansion->is_constant = expansion->root->kind == NODE_TEXT;
    expansion->has_error = p.has_failed;
    expansion->error = p.error;
    expansion->error_at = p.error_at;
    return expansion;
}
