/* acl/list.h -- a list as read: statements of conditions and modifiers.  For the files of acl/ only. */
#ifndef ACL_LIST_H
#define ACL_LIST_H
#include "acl/rows.h"

enum acl_verb {
    ACL_VERB_ACCEPT,
    ACL_VERB_DEFER,
    ACL_VERB_DENY,
    ACL_VERB_DISCARD,
    ACL_VERB_DROP,
    ACL_VERB_REQUIRE,
    ACL_VERB_WARN,
    ACL_VERBS
};

/* One condition or modifier. */
struct acl_line {
    struct acl_line *next;
    const struct acl_condition *condition;
    bool is_negated;
    struct str word;                /* set: the variable's name */
    struct template *argument;      /* NULL for endpass */
    struct source_at at;
};

struct acl_statement {
    struct acl_statement *next;
    enum acl_verb verb;
    struct acl_line *lines, *last;
    struct source_at at;
};

struct acl {
    struct acl *next;
    struct str name;                /* empty for inline text */
    struct acl_statement *statements, *last;
};

const char *acl_verb_name(enum acl_verb verb);

/* Reading: lines one after another, continuation lines joined already.  False: error_out says why, as Exim words it. */
struct acl_reader {
    struct pool *pool;
    struct acl *acl;                /* being read */
};
bool acl_read_line(struct acl_reader *reader, struct str line, struct source_at at, struct str *error_out);

/* A whole list from text (lines separated by LF, continuation and comments as in the configuration). */
struct acl *acl_read_text(struct str text, const char *file, struct pool *pool, struct str *error_out);

/* A list from a file. */
struct acl *acl_read_file(struct str path, struct pool *pool, struct str *error_out);

/* The list called name in the configuration's acl section; NULL if there is none. */
const struct acl *acl_find(struct str name);

/* One statement's conditions and modifiers in turn: part of run.c, used by tests of rows. */
const struct acl_condition *acl_condition_find(struct str name);
#endif
