/* config/option_text.c -- option values as -bP shows them. */
#include "config/option_text.h"
#include <grp.h>
#include <pwd.h>
#include "base/buf.h"

struct str
option_time_text(struct pool *pool, int seconds)
{
    static const struct { int seconds; char letter; } units[] = {
        { 7 * 24 * 3600, 'w' }, { 24 * 3600, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' }
    };
    struct buf buf;

    if (seconds <= 0)
        return STR("0s");
    buf_init(&buf, pool, BUF_NO_LIMIT);
    for (size_t i = 0; i < COUNT(units); i++) {
        if (seconds >= units[i].seconds)
            buf_addf(&buf, "%d%c", seconds / units[i].seconds, units[i].letter);
        seconds %= units[i].seconds;
    }
    return buf_str(&buf);
}

/* Whole K, M, G, T get their letter. */
static struct str
size_text(struct pool *pool, int64_t octets)
{
    const char *letter = " KMGT";

    for (; octets != 0 && octets % 1024 == 0 && letter[1] != '\0'; letter++)
        octets /= 1024;
    return *letter == ' ' ? pool_printf(pool, "%lld", (long long)octets)
                          : pool_printf(pool, "%lld%c", (long long)octets, *letter);
}

/* Thousandths: "2.5", "2.0", "2.125". */
static struct str
fixed_text(struct pool *pool, int value)
{
    struct str text = pool_printf(pool, "%d.%03d", value / 1000, value % 1000);

    while (text.ptr[text.len - 1] == '0' && text.ptr[text.len - 2] != '.')
        text.len--;
    return text;
}

static struct str
user_text(struct pool *pool, uid_t uid)
{
    const struct passwd *entry = getpwuid(uid);

    return entry != NULL ? pool_printf(pool, "%s", entry->pw_name) : pool_printf(pool, "%lu", (unsigned long)uid);
}

static struct str
group_text(struct pool *pool, gid_t gid)
{
    const struct group *entry = getgrgid(gid);

    return entry != NULL ? pool_printf(pool, "%s", entry->gr_name) : pool_printf(pool, "%lu", (unsigned long)gid);
}

static struct str
id_text(struct pool *pool, const struct option *row, const struct id_option *id)
{
    if (!id->is_set)
        return (struct str){ 0 };
    if (id->is_expanded)
        return id->source->text;
    return row->type == OPTION_TYPE_UID ? user_text(pool, id->id) : group_text(pool, id->id);
}

static struct str
id_list_text(struct pool *pool, const struct option *row, const struct id_list *list)
{
    struct buf buf;

    buf_init(&buf, pool, BUF_NO_LIMIT);
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            buf_add_char(&buf, ':');
        buf_add(&buf,
                row->type == OPTION_TYPE_UID_LIST ? user_text(pool, list->ids[i]) : group_text(pool, list->ids[i]));
    }
    return buf_str(&buf);
}

static struct str
time_list_text(struct pool *pool, const struct int_list *list)
{
    struct buf buf;

    buf_init(&buf, pool, BUF_NO_LIMIT);
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            buf_add_char(&buf, ':');
        buf_add(&buf, option_time_text(pool, list->items[i]));
    }
    return buf_str(&buf);
}

/* Control characters and what is not ASCII as escapes; a backslash stays as it is. */
static struct str
escaped(struct pool *pool, struct str text)
{
    struct buf buf;
    size_t plain = 0;

    while (plain < text.len && ascii_is_print(text.ptr[plain]))
        plain++;
    if (plain == text.len)
        return text;
    buf_init(&buf, pool, BUF_NO_LIMIT);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (ascii_is_print(c))
            buf_add_char(&buf, c);
        else if (c == '\n')
            buf_add_c(&buf, "\\n");
        else if (c == '\t')
            buf_add_c(&buf, "\\t");
        else if (c == '\r')
            buf_add_c(&buf, "\\r");
        else
            buf_addf(&buf, "\\%03o", (unsigned)(unsigned char)c);
    }
    return buf_str(&buf);
}

static struct option_text
expanded_bool_text(const struct template *template)
{
    struct option_text result = { .is_boolean = true };

    if (template == NULL)
        return result;
    if (str_ieq_c(template->text, "yes") || str_ieq_c(template->text, "true")) {
        result.is_true = true;
    } else if (!str_ieq_c(template->text, "no") && !str_ieq_c(template->text, "false")) {
        result.is_boolean = false;
        result.text = template->text;
    }
    return result;
}

struct option_text
option_text(struct pool *pool, const struct option *row, const void *base)
{
    const void *field = (const char *)base + row->offset;
    struct option_text result = { 0 };

    switch (row->type) {
    case OPTION_TYPE_BOOL:
        return (struct option_text){ .is_boolean = true, .is_true = *(const bool *)field };
    case OPTION_TYPE_INT:
        result.text = pool_printf(pool, "%d", *(const int *)field);
        break;
    case OPTION_TYPE_SIZE: case OPTION_TYPE_KSIZE:
        result.text = size_text(pool, *(const int64_t *)field);
        break;
    case OPTION_TYPE_OCTAL:
        result.text = pool_printf(pool, "%#03o", (unsigned)*(const int *)field);
        break;
    case OPTION_TYPE_FIXED:
        result.is_bare = *(const int *)field < 0;
        if (!result.is_bare)
            result.text = fixed_text(pool, *(const int *)field);
        break;
    case OPTION_TYPE_TIME:
        result.text = option_time_text(pool, *(const int *)field);
        break;
    case OPTION_TYPE_TIME_LIST:
        result.text = time_list_text(pool, field);
        break;
    case OPTION_TYPE_TEXT:
        result.text = escaped(pool, *(const struct str *)field);
        break;
    case OPTION_TYPE_EXPANDED_BOOL:
        return expanded_bool_text(*(struct template *const *)field);
    case OPTION_TYPE_EXPANDED: case OPTION_TYPE_EXPANDED_INT: case OPTION_TYPE_EXPANDED_TIME:
    case OPTION_TYPE_DOMAIN_LIST: case OPTION_TYPE_HOST_LIST: case OPTION_TYPE_ADDRESS_LIST:
    case OPTION_TYPE_LOCAL_PART_LIST: case OPTION_TYPE_STRING_LIST:
        if (*(struct template *const *)field != NULL)
            result.text = escaped(pool, (*(struct template *const *)field)->text);
        break;
    case OPTION_TYPE_UID: case OPTION_TYPE_GID:
        result.text = id_text(pool, row, field);
        break;
    case OPTION_TYPE_UID_LIST: case OPTION_TYPE_GID_LIST:
        result.is_bare = ((const struct id_list *)field)->count == 0;
        result.text = id_list_text(pool, row, field);
        break;
    case OPTION_TYPE_CUSTOM:
        if (row->print != NULL)
            result.text = escaped(pool, row->print(pool, row, base));
        break;
    case OPTION_TYPE_ALIAS:
        break;
    }
    return result;
}
