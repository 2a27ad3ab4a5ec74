/* expand/text_functions.h -- functions that stand behind both an item and an operator: substr, length, hash, nhash. */
#ifndef EXPAND_TEXT_FUNCTIONS_H
#define EXPAND_TEXT_FUNCTIONS_H
#include "base/outcome.h"

/* Numbers as they are given; a missing one is FUNCTION_NO_NUMBER. */
#define FUNCTION_NO_NUMBER INT64_MIN

struct text_function {
    const char *name;
    enum outcome (*apply)(struct pool *pool, int64_t first, int64_t second, struct str text, struct str *text_out,
                          struct why *why);
    bool is_first_signed;
};
extern const struct text_function text_functions[];
#endif
