/* acl/rows.h -- rows by which rooms add conditions, modifiers and controls to access control lists. */
#ifndef ACL_ROWS_H
#define ACL_ROWS_H
#include "acl/acl.h"

#define ACL_BIT(point) (1u << (point))
#define ACL_EVERYWHERE (ACL_BIT(ACL_POINTS) - 1)

/* One condition of a statement while it is evaluated. */
struct acl_call {
    struct acl_state *state;
    struct scope *scope;
    enum acl_point point;
    struct str name;                /* as written */
    struct str word;                /* set: the variable's name */
    struct str argument;            /* expanded unless the row says otherwise */
    struct template *template;      /* the argument as written */
    const struct acl_statement *statement;
    struct acl_reply *reply;
    /* what the calls of one statement leave */
    struct str user_text, log_text; /* why it is false or cannot be told */
    struct template *message, *log_message;     /* the latest of these modifiers */
    bool is_endpass_seen, is_log_message_set;
    bool is_drop_wanted;            /* a called list said drop */
};

/* YES and NO: the condition's value; DISCARD: a called list discards; PANIC: acl error with call->log_text. */
enum acl_test { ACL_YES, ACL_NO, ACL_CANNOT_TELL, ACL_CALL_DISCARD, ACL_BAD };

struct acl_condition {
    const char *name;
    bool is_modifier;
    bool is_argument_raw;           /* the test expands it: lists, texts used later */
    bool has_no_argument;           /* endpass */
    unsigned forbidden;             /* ACL_BIT()s of the points where it cannot be used */
    enum acl_test (*test)(struct acl_call *call);
    /* Checks the argument's text while reading; NULL: none.  False: why_out. */
    bool (*check)(struct str argument, struct pool *pool, struct str *why_out);
    const char *needs;              /* the build flag of a condition that is known but not built */
};

/* control = name/options */
struct acl_control {
    const char *name;
    bool has_options;
    unsigned forbidden;
    /* options: what stands after the first "/", or empty.  ACL_YES, or ACL_BAD with call->log_text. */
    enum acl_test (*apply)(struct acl_call *call, struct str options);
    const char *needs;
};

/* verify = name… is a table of its own so that mailauth/ may add to it; options: after the first "/". */
struct acl_verify {
    const char *name;
    bool has_value;                 /* "sender=address" */
    bool has_options;
    unsigned forbidden;
    enum acl_test (*test)(struct acl_call *call, struct str value, struct str options);
};

/* Gather header fields as the add_header modifier does. */
void acl_add_headers(struct acl_state *state, struct str text);

/* The message's id for log lines once it has one, or NULL. */
const char *acl_message_id(const struct scope *scope);

/* Fill call->log_text and give the result. */
enum acl_test acl_call_bad(struct acl_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
enum acl_test acl_call_defer(struct acl_call *call, const struct why *why);
enum acl_test acl_test_of_match(struct acl_call *call, int match, const struct why *why);

extern const struct acl_condition *const acl_conditions_rows[];
extern const struct acl_control *const acl_controls_rows[];
extern const struct acl_verify *const acl_verifies_rows[];
#endif
