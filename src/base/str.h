/* base/str.h -- views of text: a pointer and a length, owning nothing.  Pure.
 *
 * A view may hold any octet, NUL included, and is not terminated.  Trust (taint) is a property of
 * the memory viewed, see base/pool.h: a part of a tainted view is tainted. */
#ifndef BASE_STR_H
#define BASE_STR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
    const char *ptr;
    size_t len;
};

/* A literal as an initialiser, as a value, and a view as the arguments of "%.*s". */
#define STR_INIT(literal) { "" literal, sizeof(literal) - 1 }
#define STR(literal) ((struct str) STR_INIT(literal))
#define STR_ARG(s) ((int)(s).len), ((s).ptr != NULL ? (s).ptr : "")
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* View of a C string; NULL gives the empty view. */
struct str str_of(const char *text);
static inline struct str str_make(const char *ptr, size_t len) { return (struct str){ ptr, len }; }
static inline bool str_is_empty(struct str s) { return s.len == 0; }

/* Comparison by octets, and with ASCII letters folded.  str_compare orders like memcmp, shorter first. */
bool str_eq(struct str a, struct str b);
bool str_ieq(struct str a, struct str b);
bool str_eq_c(struct str a, const char *b);
bool str_ieq_c(struct str a, const char *b);
int str_compare(struct str a, struct str b);
int str_icompare(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_istarts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_iends(struct str s, struct str suffix);

/* Position of the first (last) c, of needle, of any octet of set; STR_NONE if there is none. */
#define STR_NONE SIZE_MAX
size_t str_find(struct str s, char c);
size_t str_rfind(struct str s, char c);
size_t str_find_str(struct str s, struct str needle);
size_t str_ifind_str(struct str s, struct str needle);
size_t str_find_any(struct str s, const char *set);

/* Parts.  Positions beyond the end are taken as the end. */
struct str str_from(struct str s, size_t start);
struct str str_head(struct str s, size_t len);
struct str str_sub(struct str s, size_t start, size_t len);

/* Cut at the first c: head_out gets what stands before, tail_out what follows.
 * False, head_out = s and tail_out empty, if there is no c. */
bool str_cut(struct str s, char c, struct str *head_out, struct str *tail_out);

/* Without white space (space, tab, CR, LF, VT, FF) at both ends, the left, the right. */
struct str str_trim(struct str s);
struct str str_trim_left(struct str s);
struct str str_trim_right(struct str s);

/* Take one octet, a word up to white space (after skipping white space), or a line (without its LF) off the front. */
bool str_take_char(struct str *s, char *c_out);
struct str str_take_word(struct str *s);
bool str_take_line(struct str *s, struct str *line_out);

/* Whole view as a number: no sign (str_to_int: optional sign), no space, no suffix.  False when it is not one, or
 * too large. */
bool str_to_u64(struct str s, unsigned base, uint64_t *value_out);
bool str_to_i64(struct str s, int64_t *value_out);

/* Hash for maps; folded hashes "A" and "a" alike. */
uint64_t str_hash(struct str s);
uint64_t str_hash_folded(struct str s);

/* ASCII classes, independent of the locale. */
static inline bool ascii_is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
static inline bool ascii_is_digit(char c) { return c >= '0' && c <= '9'; }
static inline bool ascii_is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static inline bool ascii_is_alnum(char c) { return ascii_is_alpha(c) || ascii_is_digit(c); }
static inline bool ascii_is_print(char c) { return c >= 0x20 && c < 0x7f; }
static inline char ascii_lower(char c) { return (c >= 'A' && c <= 'Z') ? (char)(c + 32) : c; }
static inline char ascii_upper(char c) { return (c >= 'a' && c <= 'z') ? (char)(c - 32) : c; }
#endif
