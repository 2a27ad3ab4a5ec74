/* expand/leftovers.h -- values that stay behind when an expansion has ended ($runrc, $prvscheck_result …), for the life
 * of the process or until the next one replaces them. */
#ifndef EXPAND_LEFTOVERS_H
#define EXPAND_LEFTOVERS_H
#include "base/pool.h"

struct leftovers {
    struct pool *pool;
    int runrc;
    struct str prvscheck_address, prvscheck_keynum, prvscheck_result, srs_recipient, lookup_dnssec_authenticated,
        ldap_dn;
};
struct leftovers *leftovers_get(void);

/* field is one of the texts of leftovers_get(); the value is copied. */
void leftovers_set(struct str *field, struct str value);
#endif
