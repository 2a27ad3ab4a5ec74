/* Words of log_selector. */
#include "check.h"
#include "log/selector.h"

static const struct { const char *text; enum log_selector selector; bool is_on; } facts[] = {
    { "", LOG_ALWAYS, true },
    { "", LOG_TLS_CIPHER, true },
    { "", LOG_SMTP_CONNECTION, false },
    { "+smtp_connection", LOG_SMTP_CONNECTION, true },
    { "-tls_cipher", LOG_TLS_CIPHER, false },
    { "+all", LOG_SUBJECT, true },
    { "+all -subject", LOG_SUBJECT, false },
    { "-all", LOG_TLS_CIPHER, false },
    { "-all", LOG_ALWAYS, true },
    { "-all+pid", LOG_PID, true },
    { " + pid \t- msg_id ", LOG_PID, true },
    { " + pid \t- msg_id ", LOG_MSG_ID, false },
    { "-rejected_headers", LOG_REJECTED_HEADER, false }
};

TEST(selectors_begin_with_the_default_and_follow_the_words)
{
    struct pool *pool = pool_new("test");

    for (size_t i = 0; i < COUNT(facts); i++) {
        struct log_selectors selectors = log_selectors_default();
        struct str reason = { 0 };

        CHECK_ROW(facts[i].text, log_selectors_parse(str_of(facts[i].text), &selectors, pool, &reason));
        CHECK_INT(facts[i].text, log_selectors_has(&selectors, facts[i].selector), facts[i].is_on);
    }
    pool_free(pool);
}

static const struct { const char *text, *reason; } errors[] = {
    { "pid", "malformed log_selector setting: + or - expected but found \"pid\"" },
    { "+pid msg_id", "malformed log_selector setting: + or - expected but found \"msg_id\"" },
    { "+nothing", "unknown log_selector setting: +nothing" },
    { "-", "unknown log_selector setting: -" }
};

TEST(wrong_words_are_told)
{
    struct pool *pool = pool_new("test");

    for (size_t i = 0; i < COUNT(errors); i++) {
        struct log_selectors selectors = log_selectors_default();
        struct str reason = { 0 };

        CHECK_ROW(errors[i].text, !log_selectors_parse(str_of(errors[i].text), &selectors, pool, &reason));
        CHECK_STR(errors[i].text, reason, errors[i].reason);
    }
    pool_free(pool);
}

TEST(words_are_in_order)
{
    struct str word, next;

    for (size_t i = 0; log_selector_word(i, &word) && log_selector_word(i + 1, &next); i++)
        CHECK_ROW(word.ptr, str_compare(word, next) < 0);
}
