/* expand/interactive.h -- -be: expand what a person types (manual: command line, -be and -bem). */
#ifndef EXPAND_INTERACTIVE_H
#define EXPAND_INTERACTIVE_H
#include <stdio.h>
#include "expand/scope.h"

/* Expand lines of in until its end, with the prompt "> ", continued by a backslash at the end of a line; results and
 * "Failed: …" go to out, each on a line. Returns the exit status. */
int expand_interactive(struct scope *scope, FILE *in, FILE *out);

/* One text (an argument of -be; the caller may type what he likes, so it counts as configuration text). */
void expand_and_print(struct str text, struct scope *scope, FILE *out);

/* -bem: read a message from a file into scope->message.  False, with the reason on err, if that failed. */
bool expand_load_message(struct str file, struct scope *scope, FILE *err);
#endif
