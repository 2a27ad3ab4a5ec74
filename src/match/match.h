/* match/match.h -- is this value in that list? (manual: domain, host, address and local part lists)
 *
 * Lists are templates: expanded (once per process if nothing in them varies), split, compiled, and the compiled
 * form kept with the template, if it has an option_name; a template without one was made for one question.  Named
 * lists are compiled once too.  Results are not remembered here, `_cache` or not: what costs time,
 * lookups and DNS, has caches of its own. */
#ifndef MATCH_MATCH_H
#define MATCH_MATCH_H
#include "config/option.h"
#include "expand/scope.h"

struct host;

enum match { MATCH_NO, MATCH_YES, MATCH_DEFER };

/* What the matching item gave: lookup result or the matched text ($domain_data, $local_part_data, $host_data,
 * $address_data …). */
struct match_result {
    struct str data;                /* clean; empty if none */
    bool has_data;
};

/* A NULL list matches nothing.  why is filled for MATCH_DEFER; result_out may be NULL.  Numeric captures of a
 * matching regular expression or domain wildcard are left in scope->captures. */
enum match match_domain(struct template *list, struct str domain, struct scope *scope, struct match_result *result_out,
                        struct why *why);
enum match match_local_part(struct template *list, struct str local_part, struct scope *scope,
                            struct match_result *result_out,
                            struct why *why);
enum match match_address(struct template *list, struct str address, struct scope *scope,
                         struct match_result *result_out,
                         struct why *why);

/* MATCH_CASEFUL: the case of local parts counts from the start, as after +caseful.  MATCH_WILDCARDS: address items
 * set captures for their asterisks, as rewriting rules have it.  MATCH_EXPANDED: the list is not expanded any more. */
enum match_flag { MATCH_CASEFUL = 1, MATCH_WILDCARDS = 2, MATCH_EXPANDED = 4 };
enum match match_domain_as(struct template *list, struct str domain, unsigned flags, struct scope *scope,
                           struct match_result *result_out, struct why *why);
enum match match_local_part_as(struct template *list, struct str local_part, unsigned flags, struct scope *scope,
                               struct match_result *result_out, struct why *why);
enum match match_address_as(struct template *list, struct str address, unsigned flags, struct scope *scope,
                            struct match_result *result_out, struct why *why);

/* A plain string list: items compare whole, ASCII case ignored unless is_case_sensitive. */
enum match match_string(struct template *list, struct str text, bool is_case_sensitive, struct scope *scope,
                        struct why *why);

/* The client of scope->origin (name looked up only if an item needs it), or any host by name and address. */
enum match match_client_host(struct template *list, struct scope *scope, struct match_result *result_out,
                             struct why *why);
enum match match_host(struct template *list, const struct host *host, struct scope *scope,
                      struct match_result *result_out,
                      struct why *why);

/* An IP address (or nothing) in a host list of addresses only: names never match, lookups go by address. */
enum match match_ip(struct template *list, struct str ip, struct scope *scope, struct match_result *result_out,
                    struct why *why);
#endif
