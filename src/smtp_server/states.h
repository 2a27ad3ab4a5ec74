/* smtp_server/states.h -- the states of a session and the events that are legal in each (rule R1).  Pure. */
#ifndef SMTP_SERVER_STATES_H
#define SMTP_SERVER_STATES_H
#include <stdbool.h>

enum smtp_state {
    STATE_CONNECTED,                /* no HELO or EHLO accepted yet */
    STATE_READY,                    /* greeted, no transaction: also after RSET and after every message */
    STATE_MAIL,                     /* a sender, no recipient yet */
    STATE_RCPT,                     /* a sender and at least one recipient */
    STATE_CHUNKS,                   /* BDAT has begun, LAST has not come */
    STATE_CLOSED,
    STATES
};

enum smtp_event {
    EVENT_HELO, EVENT_EHLO, EVENT_MAIL, EVENT_RCPT, EVENT_DATA, EVENT_BDAT, EVENT_RSET, EVENT_NOOP, EVENT_QUIT,
        EVENT_VRFY,
    EVENT_EXPN, EVENT_HELP, EVENT_ETRN, EVENT_AUTH, EVENT_STARTTLS, EVENT_UNKNOWN,
    EVENTS
};

/* What is to be done with an event: the command is carried out (text NULL), or refused with code and text. */
struct smtp_legality {
    int code;
    const char *text;
    bool is_expected;               /* a consequence of pipelining after a refusal: counts as no error */
};

struct smtp_legality smtp_event_legality(enum smtp_state state, enum smtp_event event);

/* Must this command be the last of a pipelined group? (RFC 2920 section 3.1, as far as it is enforced) */
bool smtp_event_ends_group(enum smtp_event event);
#endif
