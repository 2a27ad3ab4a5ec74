#include "expand/json.h"

/* The end of the value at the front of text: the position of a "," or closing bracket outside strings and brackets. */
static size_t
value_length(struct str text)
{
    int depth = 0;
    bool is_quoted = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (is_quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                is_quoted = false;
        } else if (c == '"') {
            is_quoted = true;
        } else if (c == '[' || c == '{') {
            depth++;
        } else if (c == ']' || c == '}') {
            if (depth-- == 0)
                return i;
        } else if (c == ',' && depth == 0) {
            return i;
        }
    }
    return text.len;
}

bool
json_items_init(struct json_items *items, struct str text)
{
    text = str_trim(text);
    items->is_open = text.len > 0 && text.ptr[0] == '[' && (text.len == 1 || text.ptr[text.len - 1] != ']');
    if (text.len == 0 || text.ptr[0] != '[' || items->is_open)
        return false;
    items->rest = str_sub(text, 1, text.len - 2);
    return true;
}

bool
json_items_next(struct json_items *items, struct str *value_out)
{
    size_t len;

    items->rest = str_trim_left(items->rest);
    if (items->rest.len == 0)
        return false;
    len = value_length(items->rest);
    *value_out = str_trim(str_head(items->rest, len));
    items->rest = str_from(items->rest, len);
    if (items->rest.len > 0 && items->rest.ptr[0] == ',')
        items->rest = str_from(items->rest, 1);
    else
        items->rest = STR("");
    return true;
}

/* Take a quoted text off the front; false if there is none. */
static bool
take_quoted(struct str *text, struct str *inside_out)
{
    size_t end = 1;

    if (text->len == 0 || text->ptr[0] != '"')
        return false;
    while (end < text->len && text->ptr[end] != '"')
        end += text->ptr[end] == '\\' ? 2 : 1;
    if (end >= text->len)
        return false;
    *inside_out = str_sub(*text, 1, end - 1);
    *text = str_from(*text, end + 1);
    return true;
}

enum json_find
json_member(struct str object, struct str name, struct str *value_out)
{
    object = str_trim(object);
    if (object.len == 0 || object.ptr[0] != '{')
        return JSON_NO_OBJECT;
    if (object.len == 1 || object.ptr[object.len - 1] != '}')
        return JSON_NO_OBJECT_END;
    object = str_sub(object, 1, object.len - 2);
    for (;;) {
        struct str key;
        size_t len;

        object = str_trim_left(object);
        if (object.len == 0)
            return JSON_NOT_FOUND;
        if (!take_quoted(&object, &key))
            return JSON_BAD_KEY;
        object = str_trim_left(object);
        if (object.len == 0 || object.ptr[0] != ':')
            return JSON_NO_COLON;
        object = str_trim_left(str_from(object, 1));
        len = value_length(object);
        if (str_eq(key, name)) {
            *value_out = str_head(object, len);
            return JSON_FOUND;
        }
        object = str_from(object, len);
        if (object.len > 0 && object.ptr[0] == ',')
            object = str_from(object, 1);
    }
}

bool
json_unquote(struct str value, struct str *text_out)
{
    value = str_trim(value);
    return take_quoted(&value, text_out);
}
