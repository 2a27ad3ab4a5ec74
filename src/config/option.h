/* config/option.h -- rows that tie an option's name to a typed field.
 *
 * A table of rows describes the main section, a family of drivers, or one driver.  The reader fills
 * the fields, -bP prints them; nobody else needs to know the names. */
#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H
#include <stddef.h>
#include <sys/types.h>
#include "base/list.h"

struct expansion;
struct match_list;

/* Where something stands in the configuration. */
struct source_at {
    const char *file;
    int line;
};

/* A text to be expanded when used, or a list.  Made once, shared by all; NULL stands for an unset option.
 * parsed and list are filled on first use by expand/ and match/ and kept. */
struct template {
    struct str text;
    struct source_at at;
    const char *option_name;        /* for messages: "data option of the router x" is made of this and owner */
    const char *owner;              /* "x router", "main" … */
    struct expansion *parsed;
    struct match_list *list;
};

struct int_list {
    int *items;
    size_t count;
};

/* `user = $local_part` or `user = mail`: a number when known while reading, else a template. */
struct id_option {
    bool is_set;
    bool is_expanded;               /* source is to be expanded and looked up when used */
    uid_t id;                       /* uid or gid */
    gid_t group;                    /* for users: the login group, when has_group */
    bool has_group;
    struct template *source;
};

struct id_list {
    uid_t *ids;                     /* or gids */
    size_t count;
};

enum option_type {
    OPTION_TYPE_BOOL,               /* bool: x, no_x, not_x, x = yes|no|true|false */
    OPTION_TYPE_INT,                /* int: decimal, octal 0…, hex 0x…, suffix K M */
    OPTION_TYPE_SIZE,               /* int64_t octets: as int, suffix K M G T, shown with it */
    OPTION_TYPE_KSIZE,              /* int64_t octets, a plain number counts K; shown with suffix */
    OPTION_TYPE_OCTAL,              /* int: octal, no leading 0 needed */
    OPTION_TYPE_FIXED,              /* int: thousandths, "2.75" */
    OPTION_TYPE_TIME,               /* int: seconds, "1w2d3h4m5s" */
    OPTION_TYPE_TIME_LIST,          /* struct int_list of seconds */
    OPTION_TYPE_TEXT,               /* struct str, never expanded */
    OPTION_TYPE_EXPANDED,           /* struct template *: string expanded when used */
    OPTION_TYPE_DOMAIN_LIST, OPTION_TYPE_HOST_LIST, OPTION_TYPE_ADDRESS_LIST, OPTION_TYPE_LOCAL_PART_LIST,
    OPTION_TYPE_STRING_LIST,        /* these five: struct template * */
    OPTION_TYPE_UID, OPTION_TYPE_GID,               /* struct id_option */
    OPTION_TYPE_UID_LIST, OPTION_TYPE_GID_LIST,     /* struct id_list */
    OPTION_TYPE_EXPANDED_BOOL,      /* struct template *: boolean or a string that expands to one */
    OPTION_TYPE_EXPANDED_INT,       /* struct template *: integer or expanded */
    OPTION_TYPE_EXPANDED_TIME,      /* struct template *: time or expanded */
    OPTION_TYPE_ALIAS,              /* another name of the row called `initial`; not shown */
    OPTION_TYPE_CUSTOM              /* set() gets the text as written (reader_value() unquotes), print() shows it */
};

struct option;
struct option_reader;               /* config/reader.h: position and error reporting for set() */

struct option {
    const char *name;               /* NULL ends a table */
    enum option_type type;
    size_t offset;
    size_t is_set_offset;           /* of a bool that tells whether the option was given; 0: none wanted */
    bool is_repeatable;             /* several settings are joined (headers_add, set, condition …) */
    char joiner;                    /* with this: '\n' or ':' */
    const char *initial;            /* value before any setting, read like one of the file; NULL: as defaults hold */
    bool is_alias;                  /* stands for other rows: -bP does not show it */
    bool is_admin_only;             /* hidden from -bP for others even without "hide" */
    bool (*set)(struct option_reader *reader, const struct option *option, void *base, struct str value);
    struct str (*print)(struct pool *pool, const struct option *option, const void *base);
};

/* OPTION_BOOL(struct x, field): the row is named like the field; the compiler checks type and offset.
 * Further members follow in OPTION_ROW:
 *     OPTION_ROW(OPTION_TYPE_EXPANDED, struct template *, struct x, path, .initial = "/bin:/usr/bin") */
#define OPTION_ROW(TYPE, ctype, object, field, ...) \
    { .name = #field, .type = TYPE, \
      .offset = offsetof(object, field) + 0 * sizeof(char[_Generic(((object *)0)->field, ctype: 1)]), __VA_ARGS__ }
#define OPTION_BOOL(object, field)        OPTION_ROW(OPTION_TYPE_BOOL, bool, object, field, )
#define OPTION_INT(object, field)         OPTION_ROW(OPTION_TYPE_INT, int, object, field, )
#define OPTION_SIZE(object, field)        OPTION_ROW(OPTION_TYPE_SIZE, int64_t, object, field, )
#define OPTION_OCTAL(object, field)       OPTION_ROW(OPTION_TYPE_OCTAL, int, object, field, )
#define OPTION_FIXED(object, field)       OPTION_ROW(OPTION_TYPE_FIXED, int, object, field, )
#define OPTION_TIME(object, field)        OPTION_ROW(OPTION_TYPE_TIME, int, object, field, )
#define OPTION_TIME_LIST(object, field)   OPTION_ROW(OPTION_TYPE_TIME_LIST, struct int_list, object, field, )
#define OPTION_TEXT(object, field)        OPTION_ROW(OPTION_TYPE_TEXT, struct str, object, field, )
#define OPTION_EXPANDED(object, field)    OPTION_ROW(OPTION_TYPE_EXPANDED, struct template *, object, field, )
#define OPTION_DOMAIN_LIST(object, field) OPTION_ROW(OPTION_TYPE_DOMAIN_LIST, struct template *, object, field, )
#define OPTION_HOST_LIST(object, field)   OPTION_ROW(OPTION_TYPE_HOST_LIST, struct template *, object, field, )
#define OPTION_ADDRESS_LIST(object, field) OPTION_ROW(OPTION_TYPE_ADDRESS_LIST, struct template *, object, field, )
#define OPTION_LOCAL_PART_LIST(object, field) \
    OPTION_ROW(OPTION_TYPE_LOCAL_PART_LIST, struct template *, object, field, )
#define OPTION_STRING_LIST(object, field) OPTION_ROW(OPTION_TYPE_STRING_LIST, struct template *, object, field, )
#define OPTION_UID(object, field)         OPTION_ROW(OPTION_TYPE_UID, struct id_option, object, field, )
#define OPTION_GID(object, field)         OPTION_ROW(OPTION_TYPE_GID, struct id_option, object, field, )
#define OPTION_UID_LIST(object, field)    OPTION_ROW(OPTION_TYPE_UID_LIST, struct id_list, object, field, )
#define OPTION_GID_LIST(object, field)    OPTION_ROW(OPTION_TYPE_GID_LIST, struct id_list, object, field, )
#define OPTION_EXPANDED_BOOL(object, field) OPTION_ROW(OPTION_TYPE_EXPANDED_BOOL, struct template *, object, field, )
#define OPTION_EXPANDED_INT(object, field) OPTION_ROW(OPTION_TYPE_EXPANDED_INT, struct template *, object, field, )
#define OPTION_EXPANDED_TIME(object, field) OPTION_ROW(OPTION_TYPE_EXPANDED_TIME, struct template *, object, field, )
#define OPTION_KSIZE(object, field)       OPTION_ROW(OPTION_TYPE_KSIZE, int64_t, object, field, )
#define OPTION_ALIAS(alias, name_)        { .name = (alias), .type = OPTION_TYPE_ALIAS, .initial = (name_) }
#define OPTION_END { .name = NULL }
#endif
