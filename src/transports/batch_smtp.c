#include "transports/batch_smtp.h"
#include "base/buf.h"

void
batch_smtp_begin(struct transport_run *run, struct line_format *format, bool is_crlf)
{
    const char *end = is_crlf ? "\r\n" : "\n";
    struct buf text;

    buf_init(&text, run->pool, BUF_NO_LIMIT);
    buf_addf_tainted(&text, "MAIL FROM:<%.*s>%s", STR_ARG(run->return_path), end);
    for (const struct address *addr = run->addresses; addr != NULL; addr = addr->next)
        buf_addf_tainted(&text, "RCPT TO:<%.*s>%s",
                         STR_ARG(transport_rcpt_address(addr, run->transport->rcpt_include_affixes, run->pool)), end);
    buf_addf(&text, "DATA%s", end);
    line_format_raw(format, buf_str(&text));
}

void
batch_smtp_end(struct line_format *format, bool is_crlf)
{
    line_format_raw(format, is_crlf ? STR(".\r\n") : STR(".\n"));
}
