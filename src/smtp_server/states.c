#include "smtp_server/states.h"

static const char no_sender[] = "sender not yet given", has_sender[] = "sender already given",
    no_data_rcpt[] = "valid RCPT command must precede DATA", no_bdat_rcpt[] = "valid RCPT command must precede BDAT",
    in_chunks[] = "only BDAT permissible after non-LAST BDAT", no_etrn[] = "ETRN is not permitted inside a transaction",
    no_auth[] = "AUTH command not permitted during a transaction",
        no_tls[] = "STARTTLS not permitted during a transaction";

enum { BAD_SEQUENCE = 503 };
#define REFUSE(text_) { BAD_SEQUENCE, text_, false }
#define REFUSE_EXPECTED(text_) { BAD_SEQUENCE, text_, true }

/* Only refusals stand here: everything else is legal. */
static const struct smtp_legality refusals[STATES][EVENTS] = {
    [STATE_CONNECTED] = {
        [EVENT_RCPT] = REFUSE_EXPECTED(no_sender),
        [EVENT_DATA] = REFUSE_EXPECTED(no_data_rcpt),
        [EVENT_BDAT] = REFUSE_EXPECTED(no_bdat_rcpt),
    },
    [STATE_READY] = {
        [EVENT_RCPT] = REFUSE_EXPECTED(no_sender),
        [EVENT_DATA] = REFUSE_EXPECTED(no_data_rcpt),
        [EVENT_BDAT] = REFUSE_EXPECTED(no_bdat_rcpt),
    },
    [STATE_MAIL] = {
        [EVENT_MAIL] = REFUSE(has_sender),
        [EVENT_DATA] = REFUSE_EXPECTED(no_data_rcpt),
        [EVENT_BDAT] = REFUSE_EXPECTED(no_bdat_rcpt),
        [EVENT_ETRN] = REFUSE(no_etrn),
        [EVENT_AUTH] = REFUSE(no_auth),
        [EVENT_STARTTLS] = REFUSE(no_tls),
    },
    [STATE_RCPT] = {
        [EVENT_MAIL] = REFUSE(has_sender),
        [EVENT_ETRN] = REFUSE(no_etrn),
        [EVENT_AUTH] = REFUSE(no_auth),
        [EVENT_STARTTLS] = REFUSE(no_tls),
    },
    [STATE_CHUNKS] = {
        [EVENT_MAIL] = REFUSE(has_sender),
        [EVENT_RCPT] = REFUSE(in_chunks),
        [EVENT_DATA] = REFUSE(in_chunks),
        [EVENT_VRFY] = REFUSE(in_chunks),
        [EVENT_EXPN] = REFUSE(in_chunks),
        [EVENT_ETRN] = REFUSE(in_chunks),
        [EVENT_AUTH] = REFUSE(in_chunks),
        [EVENT_STARTTLS] = REFUSE(in_chunks),
    },
};

struct smtp_legality
smtp_event_legality(enum smtp_state state, enum smtp_event event)
{
    return refusals[state][event];
}

bool
smtp_event_ends_group(enum smtp_event event)
{
    static const bool ends[EVENTS] = {
        [EVENT_HELO] = true, [EVENT_EHLO] = true, [EVENT_DATA] = true, [EVENT_NOOP] = true, [EVENT_AUTH] = true,
        [EVENT_STARTTLS] = true, [EVENT_UNKNOWN] = true,
    };

    return ends[event];
}
