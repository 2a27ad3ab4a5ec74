/* routers/redirect.h -- what the files of the redirect driver share. */
#ifndef ROUTERS_REDIRECT_H
#define ROUTERS_REDIRECT_H
#include "routers/redirect_list.h"
#include "routers/router_driver.h"

struct redirect_options {
    bool allow_defer, allow_fail, allow_filter, allow_freeze, check_ancestor, check_group, check_owner,
        filter_prepend_home, forbid_blackhole, forbid_exim_filter, forbid_file, forbid_filter_dlfunc,
        forbid_filter_existstest, forbid_filter_logwrite, forbid_filter_lookup, forbid_filter_perl,
        forbid_filter_readfile, forbid_filter_readsocket, forbid_filter_reply, forbid_filter_run, forbid_include,
        forbid_pipe, forbid_sieve_filter, forbid_smtp_code, hide_child_in_errmsg, ignore_eacces, ignore_enotdir,
        one_time, qualify_preserve_domain, repeat_use, rewrite, skip_syntax_errors;
    bool check_group_is_set, check_owner_is_set;
    int modemask;
    struct id_list owners, owngroups;
    struct str include_directory, syntax_errors_to;
    struct template *data, *directory_transport, *file, *file_transport, *pipe_transport, *qualify_domain,
        *reply_transport, *sieve_enotify_mailto_owner, *sieve_inbox, *sieve_subaddress, *sieve_useraddress,
        *sieve_vacation_directory, *syntax_errors_text;
};

/* One redirection under way. */
struct redirection {
    const struct router *router;
    const struct redirect_options *opt;
    struct route_run *run;
    struct address *addr;
    struct launch_ids ids;          /* whose files these are */
    bool has_ids;                   /* else: our own */
    int include_depth;
    struct str_list faults;         /* texts of skipped errors */
    struct str_list fault_items;
};

/* redirect_file.c: the text of the file option, or of an include file.  ROUTE_ACCEPT: *data_out is there (clean: its
 * writer is trusted as far as its ids go); ROUTE_DECLINE: there is no such file; ROUTE_DEFER: addr->why. */
enum route_outcome redirect_file_read(struct redirection *redirection, struct str *data_out);
enum outcome redirect_include_read(struct redirection *redirection, struct str path, struct str *data_out);

/* redirect_targets.c: children for the items. */
enum outcome redirect_add_address(struct redirection *redirection, const struct redirect_item *item);
enum outcome redirect_add_pipe(struct redirection *redirection, struct str text);
enum outcome redirect_add_file(struct redirection *redirection, struct str text);
#endif
