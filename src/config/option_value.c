/* config/option_value.c -- the values of options by type (manual: common option syntax). */
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include "base/items.h"
#include "config/reading.h"

/* ---- Strings */
static int
hex_digit(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One escape of a quoted string; text stands after the backslash and is moved on. */
static char
take_escape(struct str *text)
{
    static const char names[][2] = { { 'n', '\n' }, { 'r', '\r' }, { 't', '\t' } };
    char c = text->ptr[0];
    int value = 0;

    *text = str_from(*text, 1);
    for (size_t i = 0; i < COUNT(names); i++)
        if (c == names[i][0])
            return names[i][1];
    if (c == 'x') {
        for (int digits = 0; digits < 2 && text->len > 0 && hex_digit(text->ptr[0]) >= 0; digits++) {
            value = value * 16 + hex_digit(text->ptr[0]);
            *text = str_from(*text, 1);
        }
        return (char)value;
    }
    if (c < '0' || c > '7')
        return c;
    value = c - '0';
    for (int digits = 1; digits < 3 && text->len > 0 && text->ptr[0] >= '0' && text->ptr[0] <= '7'; digits++) {
        value = value * 8 + (text->ptr[0] - '0');
        *text = str_from(*text, 1);
    }
    return (char)value;
}

static bool
unquote(struct option_reader *reader, struct str text, const char *what, struct str *value_out)
{
    struct buf buf;

    if (text.len == 0 || text.ptr[0] != '"') {
        *value_out = pool_dup(reader->pool, text);
        return true;
    }
    buf_init(&buf, reader->pool, LINE_MAX_BYTES);
    text = str_from(text, 1);
    while (text.len > 0 && text.ptr[0] != '"') {
        char c = text.ptr[0];

        text = str_from(text, 1);
        if (c == '\\' && text.len > 0)
            c = take_escape(&text);
        buf_add_char(&buf, c);
    }
    if (text.len == 0)
        return reader_error(reader, "missing quote at end of string value for %s", what);
    if (str_trim(str_from(text, 1)).len > 0)
        return reader_error(reader, "extra characters follow string value for %s", what);
    *value_out = buf_str(&buf);
    return true;
}

bool
reader_value(struct option_reader *reader, struct str text, struct str *value_out)
{
    return unquote(reader, str_trim(text), "this line", value_out);
}

struct template *
reader_template(struct option_reader *reader, struct str text, const char *option_name, const char *owner)
{
    struct template *template = POOL_NEW(reader->pool, struct template);

    template->text = text;
    template->at = reader->at;
    template->option_name = option_name;
    template->owner = owner;
    return template;
}

/* ---- Numbers */
/* Octets counted by a suffix letter; 1 for none. */
static int64_t
suffix_factor(char c)
{
    switch (ascii_lower(c)) {
    case 'k': return (int64_t)1 << 10;
    case 'm': return (int64_t)1 << 20;
    case 'g': return (int64_t)1 << 30;
    case 't': return (int64_t)1 << 40;
    default: return 1;
    }
}

/* Decimal, 0octal, 0xhex; a suffix; nothing more. */
static bool
parse_integer(struct option_reader *reader, struct str text, const char *what, int64_t limit, int64_t *value_out,
              bool *has_suffix_out)
{
    struct str rest = text;
    bool is_negative = rest.len > 0 && rest.ptr[0] == '-';
    int base = 10, digits = 0;
    int64_t value = 0, factor = 1;

    reader_expect(reader, "a decimal, 0octal or 0xhexadecimal number, with K, M, G or T if wanted");
    if (rest.len > 0 && (rest.ptr[0] == '-' || rest.ptr[0] == '+'))
        rest = str_from(rest, 1);
    if (rest.len > 2 && rest.ptr[0] == '0' && ascii_lower(rest.ptr[1]) == 'x' && hex_digit(rest.ptr[2]) >= 0) {
        base = 16;
        rest = str_from(rest, 2);
    } else if (rest.len > 0 && rest.ptr[0] == '0') {
        base = 8;
    }
    for (; rest.len > 0 && hex_digit(rest.ptr[0]) >= 0 && hex_digit(rest.ptr[0]) < base;
         rest = str_from(rest, 1), digits++)
        if (__builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, hex_digit(rest.ptr[0]), &value))
            goto overflow;
    if (digits == 0)
        return reader_error(reader, "integer expected for %s", what);
    if (rest.len > 0)
        factor = suffix_factor(rest.ptr[0]);
    if (factor > 1)
        rest = str_from(rest, 1);
    if (has_suffix_out != NULL)
        *has_suffix_out = factor > 1;
    if (str_trim(rest).len > 0)
        return reader_error(reader, "extra characters follow integer value for %s", what);
    if (__builtin_mul_overflow(value, factor, &value) || value > limit)
        goto overflow;
    *value_out = is_negative ? -value : value;
    reader->hint = (struct str){ 0 };
    return true;
overflow:
    return reader_error(reader, "absolute value of integer \"%.*s\" is too large (overflow)", STR_ARG(text));
}

bool
reader_int(struct option_reader *reader, struct str text, const char *what, int64_t *value_out)
{
    return parse_integer(reader, str_trim(text), what, INT64_MAX, value_out, NULL);
}

/* "0644", "644": octal either way. */
static bool
parse_octal(struct option_reader *reader, struct str text, const char *what, int *value_out)
{
    uint64_t value;

    if (!str_to_u64(text, 8, &value) || value > INT_MAX)
        return reader_error(reader, "octal integer expected for %s, not \"%.*s\"", what, STR_ARG(text));
    *value_out = (int)value;
    return true;
}

/* "2.75": thousandths; digits past the third count nothing. */
static bool
parse_fixed(struct option_reader *reader, struct str text, const char *what, int *value_out)
{
    struct str rest = text;
    int64_t value = 0;
    int unit = 1000;

    reader_expect(reader, "a decimal number with up to three decimals");
    if (rest.len == 0 || !ascii_is_digit(rest.ptr[0]))
        return reader_error(reader, "fixed-point number expected for %s", what);
    for (; rest.len > 0 && ascii_is_digit(rest.ptr[0]); rest = str_from(rest, 1)) {
        value = value * 10 + (rest.ptr[0] - '0');
        if (value > INT_MAX / 1000 - 1)
            return reader_error(reader, "integer \"%.*s\" is too large (overflow)", STR_ARG(text));
    }
    value *= 1000;
    if (rest.len > 0 && rest.ptr[0] == '.')
        for (rest = str_from(rest, 1); rest.len > 0 && ascii_is_digit(rest.ptr[0]); rest = str_from(rest, 1)) {
            unit /= 10;
            value += unit * (rest.ptr[0] - '0');
        }
    if (str_trim(rest).len > 0)
        return reader_error(reader, "extra characters follow fixed-point value for %s", what);
    *value_out = (int)value;
    reader->hint = (struct str){ 0 };
    return true;
}

/* "1w2d3h4m5s" into seconds; false if it is not one, or is longer than an int counts. */
static bool
parse_time(struct str text, int *seconds_out)
{
    int64_t total = 0;

    if (text.len == 0)
        return false;
    while (text.len > 0) {
        int64_t count = 0;
        size_t digits = 0;

        for (; digits < text.len && ascii_is_digit(text.ptr[digits]); digits++) {
            count = count * 10 + (text.ptr[digits] - '0');
            if (count > INT_MAX)
                return false;
        }
        if (digits == 0 || digits == text.len)
            return false;
        switch (text.ptr[digits]) {
        case 'w': count *= 7 * 24 * 3600; break;
        case 'd': count *= 24 * 3600; break;
        case 'h': count *= 3600; break;
        case 'm': count *= 60; break;
        case 's': break;
        default: return false;
        }
        total += count;
        if (total > INT_MAX)
            return false;
        text = str_from(text, digits + 1);
    }
    *seconds_out = (int)total;
    return true;
}

bool
reader_time(struct option_reader *reader, struct str text, const char *what, int *seconds_out)
{
    if (parse_time(str_trim(text), seconds_out))
        return true;
    reader_expect(reader, "numbers followed by w, d, h, m or s");
    return reader_error(reader, "invalid time value for %s", what);
}

/* "4h:1d": ascending. */
static bool
parse_time_list(struct option_reader *reader, struct str text, const char *what, struct int_list *list)
{
    size_t count = 1;

    *list = (struct int_list){ 0 };
    if (text.len == 0)
        return true;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == ':';
    list->items = POOL_NEW_ARRAY(reader->pool, int, count);
    while (list->count < count) {
        struct str item;

        str_cut(text, ':', &item, &text);
        if (!reader_time(reader, str_trim(item), what, &list->items[list->count]))
            return false;
        if (list->count > 0 && list->items[list->count] <= list->items[list->count - 1])
            return reader_error(reader, "time value out of order for %s", what);
        list->count++;
    }
    return true;
}

/* ---- Users and groups */
static bool
find_user(struct option_reader *reader, struct str name, struct id_option *id)
{
    const char *text = pool_cstr(reader->scratch, name);
    const struct passwd *entry;
    uint64_t number;

    if (str_to_u64(name, 10, &number) && number <= UINT32_MAX) {
        id->id = (uid_t)number;
        return true;
    }
    entry = text == NULL || name.len == 0 ? NULL : getpwnam(text);
    if (entry == NULL)
        return reader_error(reader, "user %.*s was not found", STR_ARG(name));
    id->id = entry->pw_uid;
    id->group = entry->pw_gid;
    id->has_group = true;
    return true;
}

static bool
find_group(struct option_reader *reader, struct str name, struct id_option *id)
{
    const char *text = pool_cstr(reader->scratch, name);
    const struct group *entry;
    uint64_t number;

    if (str_to_u64(name, 10, &number) && number <= UINT32_MAX) {
        id->id = (gid_t)number;
        return true;
    }
    entry = text == NULL || name.len == 0 ? NULL : getgrnam(text);
    if (entry == NULL)
        return reader_error(reader, "group %.*s was not found", STR_ARG(name));
    id->id = entry->gr_gid;
    return true;
}

/* A name or number found now, or a text to be expanded when used. */
static bool
set_id(struct option_reader *reader, const struct option *row, const char *owner, struct str text, struct id_option *id)
{
    bool is_main = strcmp(owner, "main") == 0;

    *id = (struct id_option){ .is_set = true };
    if (!is_main && str_find(text, '$') != STR_NONE) {
        id->is_expanded = true;
        id->source = reader_template(reader, text, row->name, owner);
        return true;
    }
    return row->type == OPTION_TYPE_UID ? find_user(reader, text, id) : find_group(reader, text, id);
}

static bool
set_id_list(struct option_reader *reader, const struct option *row, struct str text, struct id_list *list)
{
    struct str_list names;

    *list = (struct id_list){ 0 };
    if (!config_expand_now(reader, row->name, &text))
        return false;
    names = items_all(text, reader->scratch);
    if (names.count > 0)
        list->ids = POOL_NEW_ARRAY(reader->pool, uid_t, names.count);
    for (size_t i = 0; i < names.count; i++) {
        struct id_option id = { 0 };

        if (!(row->type == OPTION_TYPE_UID_LIST ? find_user : find_group)(reader, names.items[i], &id))
            return false;
        list->ids[list->count++] = id.id;
    }
    return true;
}

/* ---- Templates */
/* Values of a repeated option become one. */
static struct str
join(struct option_reader *reader, const struct option *row, struct str before, struct str more)
{
    if (row->joiner == '&')
        return pool_printf(reader->pool, "${if and{{bool_lax{%.*s}}{bool_lax{%.*s}}}}", STR_ARG(before), STR_ARG(more));
    return pool_printf(reader->pool, "%.*s%c%.*s", STR_ARG(before), row->joiner, STR_ARG(more));
}

static bool
set_template(struct option_reader *reader, const struct option *row, const char *owner, struct str text,
             struct template **field, bool is_first)
{
    struct str value;

    if (!unquote(reader, text, row->name, &value))
        return false;
    if (!is_first && row->is_repeatable && row->joiner != '\0' && *field != NULL && (*field)->text.len > 0)
        value = join(reader, row, (*field)->text, value);
    *field = reader_template(reader, value, row->name, owner);
    return true;
}

/* A number or time written out is checked and brought into one form now; what holds a "$" waits. */
static bool
set_checked_template(struct option_reader *reader, const struct option *row, const char *owner, struct str text,
                     struct template **field)
{
    if (str_find(text, '$') == STR_NONE && row->type == OPTION_TYPE_EXPANDED_INT) {
        int64_t value;

        if (!reader_int(reader, text, row->name, &value))
            return false;
        text = pool_printf(reader->scratch, "%lld", (long long)value);
    } else if (str_find(text, '$') == STR_NONE) {
        int seconds;

        if (!reader_time(reader, text, row->name, &seconds))
            return false;
        text = option_time_text(reader->scratch, seconds);
    }
    return set_template(reader, row, owner, text, field, true);
}

bool
option_value_set(struct option_reader *reader, const struct option *row, void *base, const char *owner, struct str text,
                 bool is_first)
{
    void *field = (char *)base + row->offset;
    int64_t number;
    bool has_suffix;

    switch (row->type) {
    case OPTION_TYPE_BOOL:
        *(bool *)field = str_ieq_c(text, "yes") || str_ieq_c(text, "true");
        return true;
    case OPTION_TYPE_INT:
        if (!parse_integer(reader, text, row->name, INT_MAX, &number, NULL))
            return false;
        *(int *)field = (int)number;
        return true;
    case OPTION_TYPE_SIZE:
        return parse_integer(reader, text, row->name, INT64_MAX, field, NULL);
    case OPTION_TYPE_KSIZE:
        if (!parse_integer(reader, text, row->name, INT64_MAX >> 10, &number, &has_suffix))
            return false;
        *(int64_t *)field = has_suffix ? number : number * 1024;
        return true;
    case OPTION_TYPE_OCTAL:
        return parse_octal(reader, text, row->name, field);
    case OPTION_TYPE_FIXED:
        return parse_fixed(reader, text, row->name, field);
    case OPTION_TYPE_TIME:
        return reader_time(reader, text, row->name, field);
    case OPTION_TYPE_TIME_LIST:
        return parse_time_list(reader, text, row->name, field);
    case OPTION_TYPE_TEXT:
        return unquote(reader, text, row->name, field);
    case OPTION_TYPE_EXPANDED: case OPTION_TYPE_EXPANDED_BOOL:
    case OPTION_TYPE_DOMAIN_LIST: case OPTION_TYPE_HOST_LIST: case OPTION_TYPE_ADDRESS_LIST:
    case OPTION_TYPE_LOCAL_PART_LIST: case OPTION_TYPE_STRING_LIST:
        return set_template(reader, row, owner, text, field, is_first);
    case OPTION_TYPE_EXPANDED_INT: case OPTION_TYPE_EXPANDED_TIME:
        return set_checked_template(reader, row, owner, text, field);
    case OPTION_TYPE_UID: case OPTION_TYPE_GID: {
        struct str value;

        return unquote(reader, text, row->name, &value) && set_id(reader, row, owner, value, field);
    }
    case OPTION_TYPE_UID_LIST: case OPTION_TYPE_GID_LIST: {
        struct str value;

        return unquote(reader, text, row->name, &value) && set_id_list(reader, row, value, field);
    }
    case OPTION_TYPE_CUSTOM:
        return row->set(reader, row, base, text);
    case OPTION_TYPE_ALIAS:
        break;
    }
    must(!"an alias has no value");
    return false;
}
