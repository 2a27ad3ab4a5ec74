/* expand/imapfolder.c -- ${imapfolder …}: the modified UTF-7 of RFC 3501 section 5.1.3, as mailbox names of Maildir
 * have it. */
#include "address/idn.h"
#include "base/buf.h"
#include "config/config.h"
#include "expand/tree.h"
#include "message/encoded_word.h"

/* A run of characters that must be encoded: UTF-16, then base64 with "," for "/". */
struct coder {
    struct buf *out;
    uint32_t bits;
    int bit_count;
    bool is_open;
};

static void
coder_unit(struct coder *coder, unsigned unit)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

    if (!coder->is_open)
        buf_add_char(coder->out, '&');
    coder->is_open = true;
    coder->bits = coder->bits << 16 | unit;
    coder->bit_count += 16;
    while (coder->bit_count >= 6) {
        coder->bit_count -= 6;
        buf_add_char(coder->out, digits[coder->bits >> coder->bit_count & 63]);
    }
    coder->bits &= (1u << coder->bit_count) - 1;
}

static void
coder_close(struct coder *coder)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

    if (!coder->is_open)
        return;
    if (coder->bit_count > 0)
        buf_add_char(coder->out, digits[coder->bits << (6 - coder->bit_count) & 63]);
    buf_add_char(coder->out, '-');
    *coder = (struct coder){ .out = coder->out };
}

static void
coder_character(struct coder *coder, uint32_t code)
{
    if (code >= 0x10000) {
        coder_unit(coder, 0xd800 + ((code - 0x10000) >> 10));
        code = 0xdc00 + ((code - 0x10000) & 0x3ff);
    }
    coder_unit(coder, code);
}

/* The code point at the front of well-formed UTF-8, which is taken off. */
static uint32_t
take_character(struct str *text)
{
    unsigned char first = (unsigned char)text->ptr[0];
    size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint32_t code = len == 1 ? first : first & (0xffu >> (len + 1));

    for (size_t i = 1; i < len; i++)
        code = code << 6 | ((unsigned char)text->ptr[i] & 0x3f);
    *text = str_from(*text, len);
    return code;
}

static enum outcome
encode(struct str text, char separator, struct str specials, struct buf *out, struct why *why)
{
    struct coder coder = { .out = out };

    while (text.len > 0) {
        uint32_t code = take_character(&text);
        char c = code < 0x80 ? (char)code : '\0';

        if (code < 0x20 || code >= 0x7f) {
            coder_character(&coder, code);
        } else if (c == separator) {
            coder_close(&coder);
            buf_add_char(out, '.');
        } else if (c == '.' || c == '/') {
            if (str_find(specials, c) == STR_NONE)
                return why_fail(why, 0, NULL, "imapfolder: illegal character '%c'", c);
            coder_character(&coder, code);
        } else {
            coder_close(&coder);
            buf_add_char(out, c);
            if (c == '&')
                buf_add_char(out, '-');
        }
    }
    coder_close(&coder);
    return OK;
}

static enum outcome
imapfolder_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    struct str arguments[3] = { STR_INIT(""), STR_INIT("/"), STR_INIT("") }, utf8;
    const char *charset = config == NULL ? "UTF-8" : pool_cstr(scope->pool, config->headers_charset), *reason = NULL;
    struct buf out;
    enum outcome outcome = OK;

    for (size_t i = 0; i < call->arg_count && outcome == OK; i++)
        outcome = expand_node_eval(call->args[i], scope, &arguments[i], why);
    if (outcome != OK)
        return outcome;
    if (arguments[1].len != 1)
        return why_fail(why, 0, NULL, "IMAP folder separator must be one character, found \"%.*s\"",
                        STR_ARG(arguments[1]));
    utf8 = arguments[0];
    if ((charset != NULL && !str_ieq_c(STR("UTF-8"), charset) && !charset_convert(scope->pool, utf8, charset, "UTF-8",
        &utf8, &reason))
        || !text_is_utf8(utf8))
        return why_fail(why, 0, NULL, "imapfolder: iconv() failed to convert from %s: %s", charset == NULL ? "?"
                        : charset,
                        reason != NULL ? reason : "Invalid or incomplete multibyte or wide character");
    buf_init(&out, scope->pool, expand_size_limit());
    if (str_is_tainted(utf8))
        buf_taint(&out);
    outcome = encode(utf8, arguments[1].ptr[0], arguments[2], &out, why);
    *text_out = buf_str(&out);
    return outcome;
}

const struct expand_item expand_imapfolder_items[] = {
    { .name = "imapfolder", .args_min = 1, .args_max = 3, .eval = imapfolder_eval },
    { .name = NULL }
};
