/* expand/tree.h -- the parsed form of an expansion.  Internal to expand/. */
#ifndef EXPAND_TREE_H
#define EXPAND_TREE_H
#include "expand/rows.h"

enum node_kind {
    NODE_TEXT, NODE_SEQUENCE, NODE_VARIABLE, NODE_CAPTURE, NODE_HEADER, NODE_OPERATOR, NODE_ITEM,
    NODE_ERROR                      /* what follows could not be parsed: evaluation fails when it comes here */
};

/* $h_ $rh_ $bh_ $lh_ */
enum header_form { HEADER_DECODED, HEADER_RAW, HEADER_BASIC, HEADER_LIST };

struct expand_node {
    enum node_kind kind;
    size_t start;                   /* place in the source, for error texts */
    struct str source;              /* the text of the node */
    union {
        struct str text;            /* TEXT; ERROR: what is wrong */
        struct {
            const struct expand_node **nodes;
            size_t count;
        } sequence;
        struct {
            const struct expand_variable *row;
            struct str name, suffix;
        } variable;
        size_t capture;
        struct {
            enum header_form form;
            struct str name;
        } header;
        struct {
            const struct expand_operator *row;
            bool has_suffix;
            struct str suffix;
            const struct expand_node *argument;
        } operator;
        struct {
            const struct expand_item *row;
            struct expand_call call;
        } item;
    };
    struct template *made;          /* expand_node_template() */
};

enum test_kind { TEST_ROW, TEST_AND, TEST_OR, TEST_DEF_VARIABLE, TEST_DEF_HEADER, TEST_FORANY, TEST_FORALL };
enum for_form { FOR_LIST, FOR_JSON, FOR_JSONS };

struct expand_test {
    enum test_kind kind;
    bool is_negated;
    const struct expand_condition *row;
    struct expand_call call;        /* args of a row; FORANY/FORALL: args[0] is the list, test the condition */
    const struct expand_test **parts;       /* AND, OR */
    size_t part_count;
    enum for_form form;
    const struct expand_node *variable;     /* DEF_VARIABLE, DEF_HEADER */
};

struct expansion {
    const struct expand_node *root;
    bool is_constant;
    bool has_error;
    struct str error;
    size_t error_at;
};

/* Parse text into a tree in pool; errors are part of the tree. */
struct expansion *expansion_parse(struct pool *pool, struct str text);

/* ---- between parse.c, parse_item.c and parse_test.c */
struct parser {
    struct pool *pool;
    struct str text;
    size_t at;
    bool has_failed;
    struct str error;
    size_t error_at;
    bool has_header;                /* a header name was read: it may have swallowed a brace */
    int depth;
};
void parser_fail(struct parser *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
void parser_skip_space(struct parser *p);
int parser_peek(const struct parser *p);
struct str parser_rest(const struct parser *p);
struct str parser_take_name(struct parser *p, const char *extra);
bool parser_take(struct parser *p, char c);

struct expand_node *parser_node(struct parser *p, enum node_kind kind, size_t start);
struct expand_node *parser_node_text(struct parser *p, size_t start, struct str text);

/* An item; the cursor stands behind its name.  NULL when it failed. */
const struct expand_node *parser_item(struct parser *p, const struct expand_item *row, size_t start);

/* A braced text: the cursor stands on "{" and ends behind "}".  NULL when it failed. */
const struct expand_node *parser_braced(struct parser *p, bool is_dollar_special);

/* "header_subject" … : false if name begins like none of them; then the header's name is read up to its end. */
bool parser_header(struct parser *p, struct str name, size_t name_start, enum header_form *form_out,
                   struct str *header_out);

/* A condition; the cursor stands behind "${if".  NULL when it failed. */
const struct expand_test *parser_test(struct parser *p);

/* ---- tables */
const struct expand_item *expand_item_find(struct str name);
const struct expand_operator *expand_operator_find(struct str name, bool *has_suffix_out, struct str *suffix_out);

/* ---- evaluation */
enum outcome expand_header_value(enum header_form form, struct str name, struct scope *scope, struct str *value_out,
                                 struct why *why);
bool expand_header_exists(struct str name, struct scope *scope);

/* The compiled pattern of an argument: kept for the process if it is constant, else regex_argument_release() frees
 * it. */
struct regex;
struct regex *regex_argument(const struct expand_node *node, struct str pattern, struct why *why);
void regex_argument_release(const struct expand_node *node, struct regex *regex);

/* Count a step; DEFER when the budget is used up. */
enum outcome expand_step(struct scope *scope, struct why *why);
size_t expand_size_limit(void);

#endif
