/* smtp/params.h -- command arguments: the ESMTP parameters.  Pure.  Values are views into the command. */
#ifndef SMTP_PARAMS_H
#define SMTP_PARAMS_H
#include "base/pool.h"

enum { SMTP_PARAMETERS_MAX = 30 };

/* One "KEYWORD=value" (RFC 5321 section 4.1.2, esmtp-param). */
struct smtp_parameter {
    struct str keyword, value;
    bool has_value;
};

/* Take the next parameter off the front of *rest (white space before it is skipped).  False at the end, or if what
 * stands there is none (*fault_out set to constant text, NULL at the end). */
bool smtp_parameter_next(struct str *rest, struct smtp_parameter *parameter_out, const char **fault_out);

/* Parameters of MAIL FROM (RFC 1870, 6152, 4954, 3461, 6531, 3030). */
enum smtp_body { SMTP_BODY_UNSET, SMTP_BODY_7BIT, SMTP_BODY_8BITMIME, SMTP_BODY_BINARYMIME };

struct smtp_mail_params {
    bool has_size, has_auth, is_smtputf8, is_prdr;
    int64_t size_bytes;             /* of SIZE= */
    enum smtp_body body;
    struct str auth;                /* decoded AUTH=; "<>" as it stands */
    int ret;                        /* 0, 1 FULL, 2 HDRS: values of enum dsn_return */
    struct str envid;               /* as given (xtext) after a check */
};

enum smtp_param_result { SMTP_PARAM_OK, SMTP_PARAM_UNKNOWN, SMTP_PARAM_BAD, SMTP_PARAM_TWICE };

/* Take one parameter into the struct.  On anything but OK *text_out is the reply text ("invalid data for SIZE" …). */
enum smtp_param_result smtp_mail_param(struct smtp_mail_params *params, struct pool *pool,
                                       const struct smtp_parameter *parameter, const char **text_out);

/* Parameters of RCPT TO (RFC 3461). */
struct smtp_rcpt_params {
    unsigned notify;                /* bits of enum dsn_notify: NEVER 1, SUCCESS 2, FAILURE 4, DELAY 8; 0: not given */
    struct str orcpt;               /* "rfc822;…" as given after a check */
};
enum smtp_param_result smtp_rcpt_param(struct smtp_rcpt_params *params, struct pool *pool,
                                       const struct smtp_parameter *parameter, const char **text_out);

/* The argument of BDAT: "<size>" or "<size> LAST" (RFC 3030), digits only, at most 2^62. */
bool smtp_bdat_argument(struct str argument, uint64_t *size_out, bool *is_last_out);
#endif
