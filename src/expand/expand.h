/* expand/expand.h -- expand strings of the configuration (manual: string expansions).
 *
 * Only configuration text is expanded: a tainted source is refused.  A template is parsed once per
 * process into a tree that stays with it. */
#ifndef EXPAND_EXPAND_H
#define EXPAND_EXPAND_H
#include "config/option.h"
#include "expand/scope.h"

/* OK: result in *text_out (scope->pool, or the template's own text; tainted if any tainted part went in).
 * FAIL: why->text as Exim words it; why->is_forced for a forced failure ("fail" in an item).
 * DEFER: a lookup or the like could not be completed (why->text), or a budget was passed.
 * For both why->place says where: option, file, line, column, and the text with a mark below.
 * A NULL template gives the empty string. */
enum outcome expand(struct template *template, struct scope *scope, struct str *text_out, struct why *why);

/* Expand a text that is configuration text but no option of its own (a list item, a piece of an ACL): parsed trees are
 * cached by the text's address within the process.  Fails on tainted text. */
enum outcome expand_text(struct str text, struct scope *scope, struct str *text_out, struct why *why);

/* The same without keeping the tree: for a text that will hardly come again, as the argument of ${expand:…}. */
enum outcome expand_text_once(struct str text, struct scope *scope, struct str *text_out, struct why *why);

/* As expand(), then taken as a boolean ("yes" "true" "1" non-zero number …, as for `condition =`), an integer, a
 * time. */
enum outcome expand_bool(struct template *template, struct scope *scope, bool *value_out, struct why *why);
enum outcome expand_int(struct template *template, struct scope *scope, int64_t *value_out, struct why *why);

/* Value of one variable ("local_part"), for `-be`, filters, and code that reports them; false if there is no such. */
bool expand_variable_get(struct str name, struct scope *scope, struct str *value_out, struct why *why);

/* Parse only, for checks before anything runs. */
enum outcome expand_check(struct template *template, struct pool *pool, struct why *why);
#endif
