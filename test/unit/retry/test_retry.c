/* Retry rules ("expected" holds Exim's answers, made by "renew"), next times, records. */
#include "check.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/process.h"
#include "config/reader.h"
#include "message/message.h"
#include "retry/retry.h"

#define DIRECTORY "test/unit/retry"

static struct str
file_read(struct pool *pool, const char *path)
{
    struct buf text;
    FILE *file = fopen(path, "r");
    size_t count = 0;

    buf_init(&text, pool, BUF_NO_LIMIT);
    REQUIRE(file != NULL);
    do {
        char *space = buf_space(&text, 4096);

        count = fread(space, 1, 4096, file);
        buf_grow(&text, count);
    } while (count > 0);
    fclose(file);
    return buf_str(&text);
}

/* Read a configuration; the error text, or empty. */
static struct str
configure(struct str text)
{
    struct pool *pool = process_pool();
    struct str error = STR("");
    struct config_request request = { 0 };
    struct config *conf = NULL;

    request.text = pool_cstr(pool, pool_printf(pool, "exim_user = 0\nexim_group = 0\n%.*s", STR_ARG(text)));
    config_read(&request, pool, &conf, &error);
    config = conf;
    return error;
}

/* What -brt prints for these words, with "|" for line ends. */
static struct str
rule_print(struct str question, struct pool *pool)
{
    struct scope scope = scope_make(pool);
    struct captures captures = { 0 };
    struct str_list words = { 0 };
    struct str word;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct str printed;

    scope.captures = &captures;
    for (word = str_take_word(&question); word.len > 0; word = str_take_word(&question)) {
        if (!str_eq_c(word, "-f")) {
            str_list_add(&words, pool, word);
            continue;
        }
        scope.message = message_new(pool, origin_new(pool));
        scope.message->sender = str_take_word(&question);
    }
    retry_test(&words, &scope, out);
    fclose(out);
    for (char *at = text; (at = strchr(at, '\n')) != NULL;)
        *at = '|';
    printed = pool_dup(pool, str_make(text, size));
    free(text);
    return printed;
}

TEST(rules_are_found_as_exim_finds_them)
{
    struct str text, line, question, answer;
    int count = 0;

    CHECK_STR("configuration", configure(file_read(process_pool(), DIRECTORY "/exim.conf")), "");
    text = file_read(process_pool(), DIRECTORY "/expected");
    while (str_take_line(&text, &line)) {
        struct pool *pool = pool_new("rule");

        if (!str_starts(line, STR("#")) && str_cut(line, '\t', &question, &answer)) {
            CHECK_VIEW(pool_cstr(pool, question), rule_print(question, pool), answer);
            count++;
        }
        pool_free(pool);
    }
    CHECK(count > 30);
}

static const struct { const char *rule, *error; } faults[] = {
    { "a.b",                    "missing error type in retry rule" },
    { "a.b nosuch F,1h,1m",     "unknown or malformed retry error \"nosuch\"" },
    { "a.b rcpt_5xx F,1h,1m",   "unknown or malformed retry error \"rcpt_5xx\"" },
    { "a.b timeout_foo F,1h,1m", "\"A\", \"MX\", or \"connect\" expected after \"timeout\"" },
    { "a.b * X,1h,1m",          "unknown retry rule letter" },
    { "a.b * F,1h",             "comma expected" },
    { "a.b * F 1h 1m",          "comma expected" },
    { "a.b * G,1h,1m",          "comma expected" },
    { "a.b * F,1h,1m,2",        "semicolon expected" },
    { "a.b * F,1h,1m F",        "semicolon expected" },
    { "a.b * F,1h,0s",          "bad parameters for retry rule" },
    { "a.b * F,1x,1m",          "bad parameters for retry rule" },
    { "a.b * G,1h,1m,0.5",      "bad parameters for retry rule" },
    { "a.b * F,1h,1m; G,2h,90s,1.333", NULL },
    { "a.b *",                  NULL },
    { "a.b * senders=\"x : y\" F,1h,1m", NULL },
};

TEST(a_rule_that_makes_no_sense_is_refused)
{
    for (size_t i = 0; i < COUNT(faults); i++) {
        struct pool *pool = pool_new("fault");
        struct str error = configure(pool_printf(pool, "begin retry\n%s\n", faults[i].rule));

        if (faults[i].error == NULL)
            CHECK_STR(faults[i].rule, error, "");
        else
            CHECK_CONTAINS(faults[i].rule, pool_cstr(pool, error), faults[i].error);
        pool_free(pool);
    }
}

/* Seconds since the first failure, the interval before, the interval expected (0 to 0: a range), whether the last
 * cutoff has passed. */
static const struct { int failing_s, before_s, least_s, most_s; bool is_past; } times[] = {
    { 0,        0,      900,    900,    false },
    { 7199,     900,    900,    900,    false },
    { 7200,     900,    3600,   3600,   false },
    { 10000,    3600,   5400,   5400,   false },
    { 20000,    5400,   8100,   8100,   false },
    { 57600,    12150,  28800,  28800,  false },
    { 431999,   28800,  28800,  28800,  false },
    { 432000,   28800,  28800,  28800,  true },
};

TEST(intervals_grow_as_the_rule_says)
{
    struct scope scope = scope_make(process_pool());
    const struct retry_rule *rule;
    struct why why;

    configure(STR("begin retry\n* * F,2h,15m; G,16h,1h,1.5; F,5d,8h\n"));
    why_init(&why, process_pool());
    rule = retry_find_rule(STR("any.example"), STR(""), &why, &scope);
    REQUIRE(rule != NULL);
    for (size_t i = 0; i < COUNT(times); i++) {
        time_t now = 1700000000, next;
        struct retry_record before = { .last_try = now - times[i].before_s, .next_try = now };
        bool is_past = retry_next_try(rule, &before, now - times[i].failing_s, now, &next);

        CHECK_ROW("least", next - now >= times[i].least_s);
        CHECK_ROW("most", next - now <= times[i].most_s);
        CHECK_INT("past", is_past, times[i].is_past);
    }
}

TEST(a_random_interval_stays_within_its_bounds)
{
    struct scope scope = scope_make(process_pool());
    const struct retry_rule *rule;
    time_t now = 1700000000, next;
    struct retry_record before = { .last_try = now - 1000, .next_try = now };
    struct why why;

    configure(STR("begin retry\n* * H,1d,10m,2\n"));
    why_init(&why, process_pool());
    rule = retry_find_rule(STR("any.example"), STR(""), &why, &scope);
    REQUIRE(rule != NULL);
    for (int i = 0; i < 200; i++) {
        retry_next_try(rule, &before, now, now, &next);
        CHECK(next - now >= 600 && next - now <= 2000);
    }
}

/* A record that Exim 4.96 wrote (key "T:127.0.0.1:127.0.0.1:19"). */
static const unsigned char exims[] = {
    0xab, 0x56, 0x01, 0x6b, 0, 0, 0, 0, 0xab, 0x56, 0x01, 0x6b, 0, 0, 0, 0, 0xab, 0x56, 0x01, 0x6b, 0, 0, 0, 0, 0x2f,
        0x5a, 0x01, 0x6b,
    0, 0, 0, 0, 0, 0, 0, 0, 0x6f, 0, 0, 0, 0x41, 0, 0, 0, 'C', 'o', 'n', 'n', 'e', 'c', 't', 'i', 'o', 'n', ' ', 'r',
        'e', 'f', 'u', 's',
    'e', 'd', 0, 0, 0, 0
};

TEST(records_are_as_exim_writes_them)
{
    struct pool *pool = pool_new("test");
    struct str bytes = str_make((const char *)exims, sizeof(exims));
    struct retry_record record;
    time_t written;

    REQUIRE(retry_record_decode(bytes, &written, &record));
    CHECK_INT("written", written, 0x6b0156ab);
    CHECK_INT("next", record.next_try - record.last_try, 900);
    CHECK_INT("cause", record.cause, CAUSE_CONNECT_REFUSED);
    CHECK_INT("MX", record.is_via_mx, false);
    CHECK_STR("text", record.text, "Connection refused");
    CHECK_VIEW("written again", retry_record_encode(&record, written, pool), bytes);
    for (size_t length = 0; length < sizeof(exims) - 3; length++)
        CHECK(!retry_record_decode(str_head(bytes, length), &written, &record) || length > 44);
    pool_free(pool);
}

static const struct { enum why_cause cause; int detail; bool is_via_mx; } kept[] = {
    { CAUSE_CONNECT_REFUSED, 0, true }, { CAUSE_CONNECT_TIMEOUT, 0, false }, { CAUSE_TIMEOUT, 0, true },
        { CAUSE_LOST_CONNECTION, 0, false },
    { CAUSE_RCPT_4XX, 452, true }, { CAUSE_MAIL_4XX, 451, false }, { CAUSE_DATA_4XX, 421, false },
        { CAUSE_QUOTA, 86400, false },
    { CAUSE_TLS_REQUIRED, 0, true }, { CAUSE_AUTH_FAILED, 0, false }, { CAUSE_DNS, 0, false },
        { CAUSE_OTHER, 0, false },
};

TEST(a_record_keeps_the_kind_of_failure)
{
    struct pool *pool = pool_new("test");

    for (size_t i = 0; i < COUNT(kept); i++) {
        struct retry_record record = {
            .first_failed = 1, .last_try = 2, .next_try = 3, .is_expired = true, .cause = kept[i].cause,
                .detail = kept[i].detail,
            .is_via_mx = kept[i].is_via_mx, .text = STR_INIT("two\nlines")
        }, read;
        time_t written;

        REQUIRE(retry_record_decode(retry_record_encode(&record, 4, pool), &written, &read));
        CHECK_INT("cause", read.cause, kept[i].cause);
        CHECK_INT("detail", read.detail, kept[i].detail);
        if (kept[i].cause != CAUSE_QUOTA)
            CHECK_INT("MX", read.is_via_mx, kept[i].is_via_mx);
        CHECK(read.is_expired);
        CHECK_STR("text", read.text, "two lines");
    }
    pool_free(pool);
}

/* An address and a host of it, in a message that has just come. */
struct stage {
    struct message *message;
    struct address *address;
    struct host host;
    struct scope scope;
    struct retry_notes notes;
};

static void
stage_init(struct stage *stage, struct pool *pool)
{
    *stage = (struct stage){ .message = message_new(pool, origin_new(pool)), .address = address_new(pool, STR("bob@down.example")) };
    stage->host = (struct host){ .name = STR_INIT("mx.down.example"), .address = STR_INIT("192.0.2.1"), .mx = 10 };
    snprintf(stage->message->id, sizeof(stage->message->id), "1xUgUV-0006Nu-1s");
    stage->message->received_at.tv_sec = time(NULL);
    stage->scope = scope_make(pool);
    stage->scope.message = stage->message;
    stage->notes.pool = pool;
}

static enum retry_answer
host_ask(struct stage *stage, struct str *host_key, struct str *message_key)
{
    return retry_check_host(&stage->host, 25, true, stage->message, STR("down.example"), host_key, message_key);
}

TEST(a_host_that_failed_waits_until_it_is_time_or_works_again)
{
    struct pool *pool = pool_new("test");
    struct str key, message_key;
    struct retry_record record;
    struct stage stage;
    struct why why;

    configure(pool_printf(process_pool(), "spool_directory = %s\nbegin retry\n* * F,2h,15m\n", check_directory()));
    stage_init(&stage, pool);
    CHECK_INT("unknown", host_ask(&stage, &key, &message_key), RETRY_NOW);
    CHECK_STR("no key", key, "");
    why_init(&why, pool);
    why_defer(&why, 0, NULL, "Connection refused");
    why.cause = CAUSE_CONNECT_REFUSED;
    key = retry_key_host(&stage.host, 25, NULL, true, pool);
    CHECK_STR("key", key, "T:mx.down.example:192.0.2.1");
    retry_note(&stage.notes, stage.address, key, &why)->host_name = stage.host.name;
    retry_update(&stage.notes, stage.message, &stage.scope);
    CHECK(!retry_is_timed_out(&stage.notes, stage.address));
    REQUIRE(retry_read(key, pool, &record));
    CHECK_INT("interval", record.next_try - record.last_try, 900);
    CHECK_INT("waits", host_ask(&stage, &key, &message_key), RETRY_NOT_YET);
    CHECK_INT("status", stage.host.status, HOST_UNUSABLE);
    CHECK_STR("key of the record", key, "T:mx.down.example:192.0.2.1");
    stage.message->received_at.tv_sec -= 3 * 3600;
    CHECK_INT("the message is older than the rule", host_ask(&stage, &key, &message_key), RETRY_NOW);
    stage.notes.first = stage.notes.last = NULL;
    retry_note_success(&stage.notes, stage.address, key);
    retry_update(&stage.notes, stage.message, &stage.scope);
    CHECK(!retry_read(key, pool, &record));
    pool_free(pool);
}

TEST(an_address_fails_when_nothing_of_it_may_be_tried_again)
{
    struct pool *pool = pool_new("test");
    struct stage stage;
    struct why why;

    configure(pool_printf(process_pool(), "spool_directory = %s\nbegin retry\nnever.example *\n* * F,2h,15m\n",
        check_directory()));
    stage_init(&stage, pool);
    why_init(&why, pool);
    why_defer(&why, 0, NULL, "mailbox is full");
    retry_note(&stage.notes, stage.address, retry_key_transport(stage.address, pool), &why);
    CHECK_STR("key", stage.notes.first->key, "T:bob@down.example");
    retry_update(&stage.notes, stage.message, &stage.scope);
    CHECK(!retry_is_timed_out(&stage.notes, stage.address));
    CHECK_INT("waits", retry_check_address(stage.address, &stage.scope).answer, RETRY_NOT_YET);
    stage.message->received_at.tv_sec -= 3 * 3600;
    CHECK_INT("old enough for a last try", retry_check_address(stage.address, &stage.scope).answer, RETRY_EXPIRED);
    retry_update(&stage.notes, stage.message, &stage.scope);
    CHECK(retry_is_timed_out(&stage.notes, stage.address));
    stage_init(&stage, pool);
    stage.address = address_new(pool, STR("bob@never.example"));
    retry_note(&stage.notes, stage.address, retry_key_routing(stage.address, false, pool), &why);
    retry_update(&stage.notes, stage.message, &stage.scope);
    CHECK(retry_is_timed_out(&stage.notes, stage.address));
    pool_free(pool);
}
