/* Which command is legal when: the whole table. */
#include "check.h"
#include "smtp_server/states.h"

enum { L = 1, R = 0 };

/* A row for each state, a column for each event, in the order of the enumerations. */
static const bool legal[STATES][EVENTS] = {
    /*                   HELO EHLO MAIL RCPT DATA BDAT RSET NOOP QUIT VRFY EXPN HELP ETRN AUTH TLS  ? */
    [STATE_CONNECTED] = { L,   L,   L,   R,   R,   R,   L,   L,   L,   L,   L,   L,   L,   L,   L,  L },
    [STATE_READY]     = { L,   L,   L,   R,   R,   R,   L,   L,   L,   L,   L,   L,   L,   L,   L,  L },
    [STATE_MAIL]      = { L,   L,   R,   L,   R,   R,   L,   L,   L,   L,   L,   L,   R,   R,   R,  L },
    [STATE_RCPT]      = { L,   L,   R,   L,   L,   L,   L,   L,   L,   L,   L,   L,   R,   R,   R,  L },
    [STATE_CHUNKS]    = { L,   L,   R,   R,   R,   L,   L,   L,   L,   R,   R,   L,   R,   R,   R,  L },
};

TEST(commands_are_legal_in_their_states_only)
{
    for (int state = 0; state < STATE_CLOSED; state++)
        for (int event = 0; event < EVENTS; event++) {
            struct smtp_legality legality = smtp_event_legality(state, event);
            char label[] = { (char)('0' + state), ' ', (char)('A' + event), 0 };

            CHECK_ROW(label, (legality.text == NULL) == legal[state][event]);
            CHECK_ROW(label, legality.text == NULL || legality.code == 503);
        }
}

TEST(refusals_that_pipelining_explains_are_those_after_a_lost_mail)
{
    CHECK(smtp_event_legality(STATE_READY, EVENT_RCPT).is_expected);
    CHECK(smtp_event_legality(STATE_READY, EVENT_DATA).is_expected);
    CHECK(!smtp_event_legality(STATE_MAIL, EVENT_MAIL).is_expected);
    CHECK(!smtp_event_legality(STATE_CHUNKS, EVENT_DATA).is_expected);
}

TEST(some_commands_end_a_pipelined_group)
{
    CHECK(smtp_event_ends_group(EVENT_DATA));
    CHECK(smtp_event_ends_group(EVENT_EHLO));
    CHECK(smtp_event_ends_group(EVENT_STARTTLS));
    CHECK(!smtp_event_ends_group(EVENT_MAIL));
    CHECK(!smtp_event_ends_group(EVENT_RCPT));
    CHECK(!smtp_event_ends_group(EVENT_BDAT));
    CHECK(!smtp_event_ends_group(EVENT_QUIT));
}
