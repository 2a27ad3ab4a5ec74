/* expand/items_reserved.c -- items whose subject no room serves yet: what can be said without it. */
#include "base/buf.h"
#include "expand/tree.h"
#include "message/origin.h"

/* Authentication-Results: RFC 8601.  Methods: iprev (its section 2.7.3) and auth (2.7.4). */
static enum outcome
authresults_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    const struct origin *origin = scope->origin;
    struct str server;
    struct buf out;
    enum outcome outcome = expand_node_eval(call->args[0], scope, &server, why);

    if (outcome != OK)
        return outcome;
    buf_init(&out, scope->pool, BUF_NO_LIMIT);
    buf_add(&out, STR("Authentication-Results: "));
    buf_add(&out, server);
    if (origin != NULL && origin->name_lookup == NAME_FOUND) {
        buf_add(&out, STR(";\n\tiprev=pass ("));
        buf_add(&out, origin->host_name);
        buf_add(&out, STR(") smtp.remote-ip="));
        buf_add(&out, origin->host_address);
    } else if (origin != NULL && origin->host_address.len > 0 && origin->name_lookup != NAME_NOT_LOOKED_UP) {
        buf_add(&out, origin->name_lookup == NAME_LOOKUP_FAILED ? STR(";\n\tiprev=fail") : STR(";\n\tiprev=temperror"));
        buf_add(&out, STR(" smtp.remote-ip="));
        buf_add(&out, origin->host_address);
    }
    if (origin != NULL && origin->is_smtp && origin->authenticator.len > 0) {
        buf_add(&out, STR(";\n\tauth=pass"));
        if (origin->authenticated_id.len > 0) {
            buf_add(&out, STR(" smtp.auth="));
            buf_add(&out, origin->authenticated_id);
        }
    }
    *text_out = buf_str(&out);
    return OK;
}

/* Without TLS no certificate variable has a value, so no field is ever found. */
static enum outcome
certextract_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    const struct expand_node *certificate = call->args[1];
    struct str field;
    enum outcome outcome = expand_node_eval(call->args[0], scope, &field, why);

    if (outcome != OK)
        return outcome;
    if (certificate->kind != NODE_VARIABLE || !str_starts(certificate->variable.name, STR("tls_"))
        || !str_ends(certificate->variable.name, STR("cert")))
        return why_fail(why, 0, NULL, "second argument of \"certextract\" must be a certificate variable");
    return expand_branch(call, false, STR(""), scope, text_out, why);
}

const struct expand_item expand_reserved_items[] = {
    { .name = "authresults", .args_min = 1, .args_max = 1, .eval = authresults_eval },
    { .name = "certextract", .args_min = 2, .args_max = 2, .has_branches = true, .eval = certextract_eval },
    { .name = NULL }
};
