/* log/selector.h -- the words of log_selector.  Pure. */
#ifndef LOG_SELECTOR_H
#define LOG_SELECTOR_H
#include "base/pool.h"
#include "log/log.h"

/* What is logged unless the configuration says otherwise. */
struct log_selectors log_selectors_default(void);

/* "+word -word …" applied to what *selectors holds.  False with the reason, in pool, as Exim words it. */
bool log_selectors_parse(struct str text, struct log_selectors *selectors, struct pool *pool, struct str *reason_out);

bool log_selectors_has(const struct log_selectors *selectors, enum log_selector selector);

/* The words in alphabetical order, index from 0 ("all" and other spellings among them); false past the end. */
bool log_selector_word(size_t index, struct str *word_out);
#endif
