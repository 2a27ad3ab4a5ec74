/* expand/json.h -- take JSON texts apart without making a tree of them.  Values stay as they are written.  Pure. */
#ifndef EXPAND_JSON_H
#define EXPAND_JSON_H
#include "base/str.h"

/* The elements of an array in order. */
struct json_items {
    struct str rest;
    bool is_open;
};

/* Begin with an array.  False if text is not in brackets; is_open: the closing one is missing. */
bool json_items_init(struct json_items *items, struct str text);
bool json_items_next(struct json_items *items, struct str *value_out);

/* Result of a search in an object. */
enum json_find { JSON_FOUND, JSON_NOT_FOUND, JSON_NO_OBJECT, JSON_NO_OBJECT_END, JSON_BAD_KEY, JSON_NO_COLON };

/* The value of the member called name (compared by octets). */
enum json_find json_member(struct str object, struct str name, struct str *value_out);

/* Take the quotes off a string; false if it has none. */
bool json_unquote(struct str value, struct str *text_out);
#endif
