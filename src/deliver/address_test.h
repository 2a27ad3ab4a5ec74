/* deliver/address_test.h -- the output of -bt: how an address would be routed (manual: -bt). */
#ifndef DELIVER_ADDRESS_TEST_H
#define DELIVER_ADDRESS_TEST_H
#include <stdio.h>
#include "base/str.h"

struct launch_link;
struct scope;

/* Test one address (as typed; unqualified ones get qualify_recipient) and print to out as `exim -bt` does.
 * scope: sender_address … as set by -f; explain: the decision records are printed as a tree too.
 * Returns 0 (routed), 1 (deferred), 2 (undeliverable). */
int address_test(struct str text, struct scope *scope, struct launch_link *link, bool is_explained, FILE *out);
#endif
