/* expand/compare.h -- the comparisons of conditions: numbers and texts.  Used by ${if …} and ${sort …}. */
#ifndef EXPAND_COMPARE_H
#define EXPAND_COMPARE_H
#include "base/outcome.h"

enum comparison {
    COMPARE_NUMBER_EQ, COMPARE_NUMBER_LT, COMPARE_NUMBER_LE, COMPARE_NUMBER_GT, COMPARE_NUMBER_GE,
    COMPARE_LT, COMPARE_LE, COMPARE_GT, COMPARE_GE, COMPARE_LTI, COMPARE_LEI, COMPARE_GTI, COMPARE_GEI
};

/* "<=", "lti" …: false for a name that orders nothing. */
bool comparison_find(struct str name, enum comparison *comparison_out);

/* FAIL for what is no number, with Exim's text. */
enum outcome compare_texts(enum comparison comparison, struct str a, struct str b, bool *is_true_out, struct why *why);
#endif
