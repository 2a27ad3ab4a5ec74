/* expand/operators_mail.c -- addresses, headers' encodings, UTF-8, files, named lists. */
#include <errno.h>
#include <sys/stat.h>
#include "address/idn.h"
#include "address/mailbox.h"
#include "base/buf.h"
#include "base/items.h"
#include "config/config.h"
#include "expand/tree.h"
#include "message/encoded_word.h"

static const struct address_rules lenient = {
    .allow_domain_literals = true, .allow_utf8_domains = true, .strip_excess_angle_brackets = true, .allow_empty = true,
    .allow_unqualified = true
};

static bool
parse_address(struct scope *scope, struct str text, struct address_parse *parse)
{
    struct str reason;

    return address_parse(scope->pool, text, &lenient, parse, &reason);
}

static enum outcome
address_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    struct address_parse parse;

    (void)why;
    *text_out = parse_address(scope, text, &parse) ? parse.address : STR("");
    return OK;
}

static enum outcome
domain_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    struct address_parse parse;

    (void)why;
    *text_out = parse_address(scope, text, &parse) ? parse.box.domain : STR("");
    return OK;
}

static enum outcome
local_part_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    struct address_parse parse;

    (void)why;
    *text_out = parse_address(scope, text, &parse) ? parse.box.local_part : STR("");
    return OK;
}

static void
add_list_item(struct buf *out, struct str item, char separator)
{
    if (out->len > 0)
        buf_add_char(out, separator);
    for (size_t i = 0; i < item.len; i++) {
        if (item.ptr[i] == separator)
            buf_add_char(out, separator);
        buf_add(out, str_sub(item, i, 1));
    }
}

/* ">x" in front changes the separator of the result. */
static enum outcome
addresses_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    struct address_list list;
    struct address_list_item item;
    enum address_list_step step;
    struct buf out;
    char separator = ':';

    (void)why;
    if (text.len > 1 && text.ptr[0] == '>') {
        separator = text.ptr[1];
        text = str_from(text, 2);
    }
    buf_init(&out, scope->pool, expand_size_limit());
    address_list_init(&list, scope->pool, text, &lenient);
    while ((step = address_list_next(&list, &item)) != ADDRESS_LIST_END)
        if (step == ADDRESS_LIST_ADDRESS && item.parse.address.len > 0)
            add_list_item(&out, item.parse.address, separator);
    *text_out = buf_str(&out);
    return OK;
}

static struct str
charset(void)
{
    return config != NULL && config->headers_charset.len > 0 ? config->headers_charset : STR("UTF-8");
}

static enum outcome
rfc2047_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    (void)why;
    *text_out = encoded_words_encode(scope->pool, text, charset(), false);
    return OK;
}

static enum outcome
rfc2047d_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    const char *fault = NULL;

    *text_out = encoded_words_decode(scope->pool, text, charset(), config == NULL || config->check_rfc2047_length, '?',
                                     &fault);
    /* What only looks like an encoded word stays as it is; a charset that nobody knows is a fault. */
    if (fault != NULL && !str_starts(str_of(fault), STR("malformed")))
        return why_fail(why, 0, NULL, "%s", fault);
    return OK;
}

/* Length of the well-formed UTF-8 character at the front of text; 0 if there is none.  code_out: its code point. */
static size_t
utf8_length(struct str text, uint32_t *code_out)
{
    unsigned char first = (unsigned char)text.ptr[0];
    size_t len = first < 0x80 ? 1 : (first & 0xe0) == 0xc0 ? 2 : (first & 0xf0) == 0xe0 ? 3 : (first & 0xf8) == 0xf0
        ? 4 : 0;

    if (len == 0 || text.len < len || !text_is_utf8(str_head(text, len)))
        return 0;
    *code_out = len == 1 ? first : first & (0xffu >> (len + 1));
    for (size_t i = 1; i < len; i++)
        *code_out = *code_out << 6 | ((unsigned char)text.ptr[i] & 0x3f);
    return len;
}

/* How many octets of a broken character to pass over with one question mark. */
static size_t
broken_length(struct str text)
{
    unsigned char first = (unsigned char)text.ptr[0];
    size_t wanted = first < 0xc2 || first > 0xf7 ? 1 : (first & 0xe0) == 0xc0 ? 2 : (first & 0xf0) == 0xe0 ? 3
        : (first & 0xf8) == 0xf0 ? 4 : 1, len = 1;

    while (len < wanted && len < text.len && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
        len++;
    return len;
}

static enum outcome
utf8clean_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    struct buf out;
    uint32_t code;

    (void)why;
    buf_init(&out, scope->pool, BUF_NO_LIMIT);
    if (str_is_tainted(text))
        buf_taint(&out);
    while (text.len > 0) {
        size_t len = utf8_length(text, &code);

        if (len > 0) {
            buf_add(&out, str_head(text, len));
        } else {
            buf_add_char(&out, '?');
            len = broken_length(text);
        }
        text = str_from(text, len);
    }
    *text_out = buf_str(&out);
    return OK;
}

/* To Latin-1; what has no place there becomes an underscore. */
static enum outcome
from_utf8_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    struct buf out;
    uint32_t code;

    (void)why;
    buf_init(&out, scope->pool, BUF_NO_LIMIT);
    if (str_is_tainted(text))
        buf_taint(&out);
    while (text.len > 0) {
        size_t len = utf8_length(text, &code);

        buf_add_char(&out, len > 0 && code < 256 ? (char)code : '_');
        text = str_from(text, len > 0 ? len : broken_length(text));
    }
    *text_out = buf_str(&out);
    return OK;
}

static enum outcome
idn_fault(struct str text, const char *from, const char *to, const char *reason, struct why *why)
{
    return why_fail(why, 0, NULL, "error converting %s (%.*s) to %s: %s", from, STR_ARG(text), to, reason);
}

#define IDN_OPERATOR(name, function, from, to) \
    static enum outcome name##_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why) \
    { \
        const char *reason = ""; \
        return function(scope->pool, text, text_out, &reason) ? OK : idn_fault(text, from, to, reason, why); \
    }
IDN_OPERATOR(utf8_domain_to_alabel, domain_to_ascii, "utf8", "alabel")
IDN_OPERATOR(utf8_domain_from_alabel, domain_to_utf8, "alabel", "utf8")
IDN_OPERATOR(utf8_localpart_to_alabel, local_part_to_ascii, "utf8", "alabel")
IDN_OPERATOR(utf8_localpart_from_alabel, local_part_to_utf8, "alabel", "utf8")

/* "-rwxr-xr-x" */
static void
symbolic_mode(mode_t mode, char *out)
{
    static const struct {
        mode_t type;
        char letter;
    } types[] = { { S_IFREG, '-' }, { S_IFDIR, 'd' }, { S_IFLNK, 'l' }, { S_IFCHR, 'c' }, { S_IFBLK, 'b' },
        { S_IFIFO, 'p' }, { S_IFSOCK, 's' } };
    static const char letters[] = "rwxrwxrwx";

    out[0] = '?';
    for (size_t i = 0; i < COUNT(types); i++)
        if ((mode & S_IFMT) == types[i].type)
            out[0] = types[i].letter;
    for (int i = 0; i < 9; i++)
        out[i + 1] = mode & (0400u >> i) ? letters[i] : '-';
    if (mode & S_ISUID)
        out[3] = mode & S_IXUSR ? 's' : 'S';
    if (mode & S_ISGID)
        out[6] = mode & S_IXGRP ? 's' : 'S';
    if (mode & S_ISVTX)
        out[9] = mode & S_IXOTH ? 't' : 'T';
    out[10] = '\0';
}

static enum outcome
stat_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    const char *path = pool_cstr(scope->pool, text);
    char symbolic[11];
    struct stat st;

    if ((scope->forbidden & EXPAND_FORBID_EXISTSTEST) != 0)
        return why_fail(why, 0, NULL, "Use of the stat() expansion is not permitted");
    if (path == NULL || stat(path, &st) == -1)
        return why_fail(why, errno, NULL, "stat(%.*s) failed", STR_ARG(text));
    symbolic_mode(st.st_mode, symbolic);
    *text_out = pool_printf(scope->pool,
                            "mode=%04o smode=%s inode=%lld device=%lld links=%ld uid=%ld gid=%ld size=%lld atime=%lld "
                            "mtime=%lld ctime=%lld", (unsigned)(st.st_mode & 077777), symbolic, (long long)st.st_ino,
                            (long long)st.st_dev, (long)st.st_nlink, (long)st.st_uid, (long)st.st_gid,
                                (long long)st.st_size,
                            (long long)st.st_atime, (long long)st.st_mtime, (long long)st.st_ctime);
    return OK;
}

/* ---- listnamed */

static const struct {
    enum list_kind kind;
    char letter;
    const char *word;
} list_kinds[] = {
    { LIST_ADDRESS, 'a', "address " }, { LIST_DOMAIN, 'd', "domain " }, { LIST_HOST, 'h', "host " },
      { LIST_LOCAL_PART, 'l', "localpart " },
};
enum { LISTS_NESTED_MAX = 50, KINDS_ALL = -1 };

static struct template *
named_list(int which, struct str name, int *which_out)
{
    for (int i = 0; i < (int)COUNT(list_kinds); i++) {
        struct template *list = which == KINDS_ALL || which == i ? config_named_list(config, list_kinds[i].kind, name)
            : NULL;

        *which_out = i;
        if (list != NULL)
            return list;
    }
    return NULL;
}

/* The items of a list as they are written, those of the lists that it names ("+name") put in their place. */
static enum outcome
add_named_list(struct scope *scope, const struct template *list, int which, int depth, struct buf *out, struct why *why)
{
    struct items items = items_of(list->text);
    enum outcome outcome = OK;
    struct str item;
    int unused;

    if (depth > LISTS_NESTED_MAX)
        return why_fail(why, 0, NULL, "named lists refer to each other");
    while (outcome == OK && items_next(&items, scope->pool, &item)) {
        bool is_reference = item.len > 0 && item.ptr[0] == '+';
        const struct template *inner = is_reference ? named_list(which, str_from(item, 1), &unused) : NULL;

        if (inner != NULL) {
            outcome = add_named_list(scope, inner, which, depth + 1, out, why);
            continue;
        }
        if (out->len > 0)
            buf_add(out, str_eq_c(buf_str(out), " ") ? STR(": ") : STR(" : "));
        else if (item.len == 0)
            buf_add_char(out, ' ');
        for (size_t i = 0; i < item.len; i++) {
            if (item.ptr[i] == ':')
                buf_add_char(out, ':');
            buf_add(out, str_sub(item, i, 1));
        }
    }
    return outcome;
}

static enum outcome
listnamed(struct scope *scope, int which, struct str name, struct str *text_out, struct why *why)
{
    struct template *list;
    struct buf out;
    enum outcome outcome;
    int found = 0;

    if (name.len > 0 && name.ptr[0] == '+')
        name = str_from(name, 1);
    list = config == NULL ? NULL : named_list(which, name, &found);
    if (list == NULL)
        return why_fail(why, 0, NULL, "\"%.*s\" is not a %snamed list", STR_ARG(name), which == KINDS_ALL ? ""
                        : list_kinds[which].word);
    buf_init(&out, scope->pool, expand_size_limit());
    outcome = add_named_list(scope, list, found, 0, &out, why);
    *text_out = buf_str(&out);
    return outcome;
}

static enum outcome
listnamed_suffix(struct scope *scope, struct str suffix, struct str name, struct str *text_out, struct why *why)
{
    if (suffix.len == 0)
        return listnamed(scope, KINDS_ALL, name, text_out, why);
    for (int i = 0; i < (int)COUNT(list_kinds); i++)
        if (suffix.len == 1 && suffix.ptr[0] == list_kinds[i].letter)
            return listnamed(scope, i, name, text_out, why);
    return why_fail(why, 0, NULL, "bad suffix on \"list\" operator");
}

const struct expand_operator expand_mail_operators[] = {
    { .name = "address", .apply = address_apply },
    { .name = "addresses", .apply = addresses_apply },
    { .name = "domain", .apply = domain_apply },
    { .name = "local_part", .apply = local_part_apply },
    { .name = "rfc2047", .apply = rfc2047_apply },
    { .name = "rfc2047d", .apply = rfc2047d_apply },
    { .name = "utf8clean", .apply = utf8clean_apply },
    { .name = "from_utf8", .apply = from_utf8_apply },
    { .name = "utf8_domain_to_alabel", .apply = utf8_domain_to_alabel_apply },
    { .name = "utf8_domain_from_alabel", .apply = utf8_domain_from_alabel_apply },
    { .name = "utf8_localpart_to_alabel", .apply = utf8_localpart_to_alabel_apply },
    { .name = "utf8_localpart_from_alabel", .apply = utf8_localpart_from_alabel_apply },
    { .name = "stat", .apply = stat_apply },
    { .name = "listnamed", .takes_suffix = true, .apply_suffix = listnamed_suffix },
    { .name = NULL }
};
