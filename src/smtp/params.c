#include "smtp/params.h"
#include "base/encode.h"

/* esmtp-keyword: a letter or digit, then letters, digits and hyphens. */
static size_t
keyword_length(struct str text)
{
    size_t len = 0;

    while (len < text.len && (ascii_is_alnum(text.ptr[len]) || (text.ptr[len] == '-' && len > 0)))
        len++;
    return len;
}

/* esmtp-value: printable ASCII without space and "=", up to white space or the end; 0 if it is not that. */
static size_t
value_length(struct str text)
{
    size_t len = 0;

    while (len < text.len && text.ptr[len] > ' ' && text.ptr[len] != '=' && text.ptr[len] != 0x7f)
        len++;
    return len == text.len || text.ptr[len] == ' ' || text.ptr[len] == '\t' ? len : 0;
}

bool
smtp_parameter_next(struct str *rest, struct smtp_parameter *parameter_out, const char **fault_out)
{
    struct str text = *rest;
    size_t len;

    *fault_out = NULL;
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
        text = str_from(text, 1);
    *rest = text;
    if (text.len == 0)
        return false;
    len = keyword_length(text);
    if (len == 0 || (len < text.len && text.ptr[len] != '=' && text.ptr[len] != ' ' && text.ptr[len] != '\t')) {
        *fault_out = "malformed parameter";
        return false;
    }
    *parameter_out = (struct smtp_parameter){ .keyword = str_head(text, len) };
    text = str_from(text, len);
    if (text.len > 0 && text.ptr[0] == '=') {
        text = str_from(text, 1);
        len = value_length(text);
        if (len == 0) {
            *fault_out = "malformed parameter value";
            return false;
        }
        parameter_out->value = str_head(text, len);
        parameter_out->has_value = true;
        text = str_from(text, len);
    }
    *rest = text;
    return true;
}

static enum smtp_param_result
bad(const char **text_out, const char *text)
{
    *text_out = text;
    return SMTP_PARAM_BAD;
}

static enum smtp_param_result
twice(const char **text_out)
{
    *text_out = "parameter given twice";
    return SMTP_PARAM_TWICE;
}

/* xtext (RFC 3461 section 4) that hides no control character; what is encoded goes into other protocols and files. */
static bool
xtext_take(struct pool *pool, struct str text, size_t max_bytes, struct str *decoded_out)
{
    if (text.len == 0 || text.len > max_bytes || !xtext_decode(pool, text, decoded_out))
        return false;
    for (size_t i = 0; i < decoded_out->len; i++)
        if ((unsigned char)decoded_out->ptr[i] < 0x20 || decoded_out->ptr[i] == 0x7f)
            return false;
    return true;
}

/* ENVID and ORCPT travel on as they are, within RFC 3461's lengths. */
static bool
is_xtext(struct pool *pool, struct str text, size_t max_bytes)
{
    struct str decoded;

    return xtext_take(pool, text, max_bytes, &decoded);
}

static enum smtp_param_result
take_size(struct smtp_mail_params *params, struct str value, const char **text_out)
{
    uint64_t size;

    if (params->has_size)
        return twice(text_out);
    if (!str_to_u64(value, 10, &size) || size > INT64_MAX)
        return bad(text_out, "invalid data for SIZE");
    params->has_size = true;
    params->size_bytes = (int64_t)size;
    return SMTP_PARAM_OK;
}

static enum smtp_param_result
take_body(struct smtp_mail_params *params, struct str value, const char **text_out)
{
    if (params->body != SMTP_BODY_UNSET)
        return twice(text_out);
    if (str_ieq_c(value, "7BIT"))
        params->body = SMTP_BODY_7BIT;
    else if (str_ieq_c(value, "8BITMIME"))
        params->body = SMTP_BODY_8BITMIME;
    else if (str_ieq_c(value, "BINARYMIME"))
        params->body = SMTP_BODY_BINARYMIME;
    else
        return bad(text_out, "invalid data for BODY");
    return SMTP_PARAM_OK;
}

enum smtp_param_result
smtp_mail_param(struct smtp_mail_params *params, struct pool *pool, const struct smtp_parameter *parameter,
                const char **text_out)
{
    struct str keyword = parameter->keyword, value = parameter->value;

    *text_out = "";
    if (str_ieq_c(keyword, "SIZE"))
        return take_size(params, value, text_out);
    if (str_ieq_c(keyword, "BODY"))
        return take_body(params, value, text_out);
    if (str_ieq_c(keyword, "AUTH")) {
        if (params->has_auth)
            return twice(text_out);
        if (str_eq_c(value, "<>"))
            params->auth = value;
        else if (!xtext_take(pool, value, 512, &params->auth))
            return bad(text_out, "invalid data for AUTH");
        params->has_auth = true;
        return SMTP_PARAM_OK;
    }
    if (str_ieq_c(keyword, "RET")) {
        if (params->ret != 0)
            return twice(text_out);
        params->ret = str_ieq_c(value, "FULL") ? 1 : str_ieq_c(value, "HDRS") ? 2 : 0;
        return params->ret != 0 ? SMTP_PARAM_OK : bad(text_out, "Value for RET is invalid");
    }
    if (str_ieq_c(keyword, "ENVID")) {
        if (params->envid.len > 0)
            return twice(text_out);
        if (!is_xtext(pool, value, 100))
            return bad(text_out, "invalid data for ENVID");
        params->envid = value;
        return SMTP_PARAM_OK;
    }
    if (str_ieq_c(keyword, "SMTPUTF8") && !parameter->has_value) {
        params->is_smtputf8 = true;
        return SMTP_PARAM_OK;
    }
    if (str_ieq_c(keyword, "PRDR") && !parameter->has_value) {
        params->is_prdr = true;
        return SMTP_PARAM_OK;
    }
    *text_out = "unknown parameter";
    return SMTP_PARAM_UNKNOWN;
}

/* NOTIFY=NEVER or a list of SUCCESS, FAILURE, DELAY (RFC 3461 section 4.1). */
static bool
take_notify(struct str value, unsigned *notify_out)
{
    static const struct {
        const char *word;
        unsigned bit;
    } words[] = { { "SUCCESS", 2 }, { "FAILURE", 4 }, { "DELAY", 8 } };
    unsigned notify = 0;
    struct str word, rest = value;

    if (str_ieq_c(value, "NEVER")) {
        *notify_out = 1;
        return true;
    }
    do {
        bool is_last = !str_cut(rest, ',', &word, &rest);
        size_t i = 0;

        while (i < COUNT(words) && !str_ieq_c(word, words[i].word))
            i++;
        if (i == COUNT(words))
            return false;
        notify |= words[i].bit;
        if (is_last)
            break;
    } while (true);
    *notify_out = notify;
    return true;
}

enum smtp_param_result
smtp_rcpt_param(struct smtp_rcpt_params *params, struct pool *pool, const struct smtp_parameter *parameter,
                const char **text_out)
{
    struct str keyword = parameter->keyword, value = parameter->value, type, address;

    *text_out = "";
    if (str_ieq_c(keyword, "NOTIFY")) {
        if (params->notify != 0)
            return twice(text_out);
        return take_notify(value, &params->notify) ? SMTP_PARAM_OK : bad(text_out, "Invalid parameter for NOTIFY");
    }
    if (str_ieq_c(keyword, "ORCPT")) {
        if (params->orcpt.len > 0)
            return twice(text_out);
        if (!str_cut(value, ';', &type, &address) || keyword_length(type) != type.len || type.len == 0
            || !is_xtext(pool, address, 500))
            return bad(text_out, "invalid data for ORCPT");
        params->orcpt = value;
        return SMTP_PARAM_OK;
    }
    *text_out = "unknown parameter";
    return SMTP_PARAM_UNKNOWN;
}

bool
smtp_bdat_argument(struct str argument, uint64_t *size_out, bool *is_last_out)
{
    struct str size, last;
    uint64_t value;

    while (argument.len > 0 && argument.ptr[argument.len - 1] == ' ')
        argument.len--;
    *is_last_out = str_cut(argument, ' ', &size, &last);
    if (*is_last_out && !str_ieq_c(last, "LAST"))
        return false;
    if (!str_to_u64(size, 10, &value) || value > (uint64_t)1 << 62)
        return false;
    *size_out = value;
    return true;
}
