/* Answers of name servers (RFC 1035 section 4), good and hostile (rule R11). */
#include "check.h"
#include <string.h>
#include "base/buf.h"
#include "net/dns_decode.h"

/* A message is written as text: hexadecimal octets, "name." for labels, and "@hh" for a compression pointer to that
 * octet. */
static struct str
message(struct pool *pool, const char *text)
{
    struct buf wire;
    struct str rest = str_of(text), word, label;
    uint64_t value;

    buf_init(&wire, pool, BUF_NO_LIMIT);
    for (word = str_take_word(&rest); word.len > 0; word = str_take_word(&rest)) {
        if (word.ptr[0] == '@' && str_to_u64(str_from(word, 1), 16, &value)) {
            buf_add_char(&wire, (char)(0xc0 | value >> 8));
            buf_add_char(&wire, (char)(value & 0xff));
        } else if (str_ends(word, STR("."))) {
            word.len--;
            for (bool has_more = word.len > 0; has_more;) {
                has_more = str_cut(word, '.', &label, &word);
                buf_add_char(&wire, (char)label.len);
                buf_add(&wire, label);
            }
            buf_add_char(&wire, '\0');
        } else {
            for (size_t i = 0; i + 1 < word.len; i += 2) {
                str_to_u64(str_sub(word, i, 2), 16, &value);
                buf_add_char(&wire, (char)value);
            }
        }
    }
    return buf_str(&wire);
}

/* Headers: id, flags, four counts.  The question name always begins at octet 0c. */
#define HEAD(counts) "1234 8180 0001 " counts " "
#define HEAD_NONE(counts) "1234 8183 0001 " counts " "
#define ASK_A "a.example. 0001 0001 "
#define ASK_MX "a.example. 000f 0001 "
#define TTL_300 "0000012c "
#define SOA_60 "@0e 0006 0001 00000e10 001b ns. h. 00000001 00000e10 00000258 00015180 0000003c "

static const struct {
    const char *label, *wire;
    enum dns_type type;
    enum dns_answer answer;
    size_t count;
    int ttl_s;
} answers[] = {
    { "one address", HEAD("0001 0000 0000") ASK_A "@0c 0001 0001 " TTL_300 "0004 c0000201", DNS_A, DNS_FOUND, 1, 300 },
    { "two, the smaller TTL counts", HEAD("0002 0000 0000") ASK_A "@0c 0001 0001 " TTL_300 "0004 c0000201"
        " @0c 0001 0001 0000000a 0004 c0000202", DNS_A, DNS_FOUND, 2, 10 },
    { "a TTL with the first bit set is 0", HEAD("0001 0000 0000") ASK_A "@0c 0001 0001 80000000 0004 c0000201", DNS_A,
        DNS_FOUND, 1, 0 },
    { "case of the owner is nothing", HEAD("0001 0000 0000") ASK_A "A.EXAMPLE. 0001 0001 " TTL_300 "0004 c0000201",
        DNS_A, DNS_FOUND, 1, 300 },
    { "another owner is not ours", HEAD("0001 0000 0000") ASK_A "b.example. 0001 0001 " TTL_300 "0004 c0000201", DNS_A,
        DNS_NODATA, 0, 0 },
    { "another class is not ours", HEAD("0001 0000 0000") ASK_A "@0c 0001 0003 " TTL_300 "0004 c0000201", DNS_A,
        DNS_NODATA, 0, 0 },
    { "another type", HEAD("0001 0000 0000") ASK_A "@0c 0010 0001 " TTL_300 "0004 03616263", DNS_A, DNS_NODATA, 0, 0 },
    { "alias",
        HEAD("0002 0000 0000") ASK_A "@0c 0005 0001 0000000a 000b b.example. b.example. 0001 0001 " TTL_300 "0004 c0000201",
        DNS_A, DNS_FOUND, 1, 10 },
    { "alias without what it names", HEAD("0001 0000 0000") ASK_A "@0c 0005 0001 0000000a 000b b.example.", DNS_A,
        DNS_NODATA, 0, 0 },
    { "alias of itself", HEAD("0001 0000 0000") ASK_A "@0c 0005 0001 0000000a 0002 @0c", DNS_A, DNS_AGAIN, 0, -1 },
    { "no such name", HEAD_NONE("0000 0001 0000") ASK_A SOA_60, DNS_A, DNS_NOMATCH, 0, 60 },
    { "no such record", HEAD("0000 0001 0000") ASK_A SOA_60, DNS_A, DNS_NODATA, 0, 60 },
    { "null MX", HEAD("0001 0000 0000") ASK_MX "@0c 000f 0001 " TTL_300 "0003 0000 .", DNS_MX, DNS_FOUND, 1, 300 },
    { "SERVFAIL", "1234 8182 0001 0000 0000 0000 " ASK_A, DNS_A, DNS_AGAIN, 0, -1 },
    { "REFUSED", "1234 8185 0001 0000 0000 0000 " ASK_A, DNS_A, DNS_AGAIN, 0, -1 },
    { "cut short by the server", "1234 8380 0001 0000 0000 0000 " ASK_A, DNS_A, DNS_AGAIN, 0, -1 },
    { "a question, not an answer", "1234 0100 0001 0000 0000 0000 " ASK_A, DNS_A, DNS_AGAIN, 0, -1 },
    { "two questions", "1234 8180 0002 0000 0000 0000 " ASK_A ASK_A, DNS_A, DNS_AGAIN, 0, -1 },
    { "empty", "", DNS_A, DNS_AGAIN, 0, -1 },
    { "half a header", "1234 8180 0001", DNS_A, DNS_AGAIN, 0, -1 },
    { "a record that is not there", HEAD("0001 0000 0000") ASK_A, DNS_A, DNS_AGAIN, 0, -1 },
    { "65535 records", HEAD("ffff 0000 0000") ASK_A, DNS_A, DNS_AGAIN, 0, -1 },
    { "data beyond the end", HEAD("0001 0000 0000") ASK_A "@0c 0001 0001 " TTL_300 "0040 c0000201", DNS_A, DNS_AGAIN, 0,
        -1 },
    { "an address of five octets", HEAD("0001 0000 0000") ASK_A "@0c 0001 0001 " TTL_300 "0005 c000020100", DNS_A,
        DNS_AGAIN, 0, -1 },
    { "pointer to itself", HEAD("0001 0000 0000") ASK_A "@1b 0001 0001 " TTL_300 "0004 c0000201", DNS_A, DNS_AGAIN, 0,
        -1 },
    { "pointer forwards", HEAD("0001 0000 0000") ASK_A "@40 0001 0001 " TTL_300 "0004 c0000201", DNS_A, DNS_AGAIN, 0,
        -1 },
    { "pointer into nothing", HEAD("0001 0000 0000") ASK_A "c0", DNS_A, DNS_AGAIN, 0, -1 },
    { "label of 64", HEAD("0001 0000 0000") ASK_A "40 00 0001 0001 " TTL_300 "0004 c0000201", DNS_A, DNS_AGAIN, 0, -1 },
    { "MX whose name runs over its length",
        HEAD("0001 0000 0000") ASK_MX "@0c 000f 0001 " TTL_300 "0004 000a b.example.", DNS_MX,
        DNS_AGAIN, 0, -1 },
    { "MX shorter than its length", HEAD("0001 0000 0000") ASK_MX "@0c 000f 0001 " TTL_300 "0006 000a @0c 0000", DNS_MX,
        DNS_AGAIN, 0, -1 },
    { "TXT string longer than its record", HEAD("0001 0000 0000") ASK_A "@0c 0010 0001 " TTL_300 "0003 056162", DNS_TXT,
        DNS_AGAIN, 0, -1 },
    { "broken additional records are nobody's loss",
        HEAD("0001 0000 0001") ASK_A "@0c 0001 0001 " TTL_300 "0004 c0000201 40", DNS_A,
        DNS_FOUND, 1, 300 },
};

TEST(an_answer_is_understood_or_refused)
{
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct pool *pool = pool_new("test");
        struct dns_result result;

        dns_decode(message(pool, answers[i].wire), STR("a.example"), answers[i].type, pool, &result);
        CHECK_INT(answers[i].label, result.answer, answers[i].answer);
        CHECK_INT(answers[i].label, result.count, answers[i].count);
        if (answers[i].ttl_s >= 0)
            CHECK_INT(answers[i].label, result.ttl_s, answers[i].ttl_s);
        if (result.answer == DNS_AGAIN)
            CHECK_ROW(answers[i].label, result.problem != NULL);
        pool_free(pool);
    }
}

TEST(a_name_is_at_most_255_octets_long)
{
    struct pool *pool = pool_new("test");
    struct buf text;

    for (int labels = 126; labels <= 128; labels++) {
        struct dns_result result;

        buf_init(&text, pool, BUF_NO_LIMIT);
        buf_add_c(&text, HEAD("0001 0000 0000") ASK_MX "@0c 000f 0001 " TTL_300);
        buf_addf(&text, "%04x 000a ", labels * 2 + 3);
        for (int i = 0; i < labels; i++)
            buf_add_c(&text, "0161");
        buf_add_c(&text, "00");
        dns_decode(message(pool, buf_cstr(&text)), STR("a.example"), DNS_MX, pool, &result);
        CHECK_INT("labels", result.answer, labels * 2 + 1 <= 255 ? DNS_FOUND : DNS_AGAIN);
    }
    pool_free(pool);
}

TEST(what_is_in_a_record_is_tainted_and_cannot_pretend)
{
    struct pool *pool = pool_new("test");
    struct dns_result result;

    dns_decode(message(pool, HEAD("0001 0000 0000") ASK_A "@0c 000c 0001 " TTL_300 "0009 04 612e5c0a 02 247b 00"),
        STR("a.example"),
        DNS_PTR, pool, &result);
    REQUIRE(result.answer == DNS_FOUND);
    CHECK_STR("escaped", result.records->target, "a\\046\\092\\010.${");
    CHECK(str_is_tainted(result.records->target));
    dns_decode(message(pool, HEAD("0001 0000 0000") ASK_A "@0c 0010 0001 " TTL_300 "0007 03 610062 02 6364"),
        STR("a.example"), DNS_TXT,
        pool, &result);
    REQUIRE(result.answer == DNS_FOUND);
    CHECK_VIEW("joined", result.records->text, STR("a\0bcd"));
    CHECK_INT("strings", result.records->strings->count, 2);
    CHECK(str_is_tainted(result.records->text));
    pool_free(pool);
}

static const struct { const char *name; bool is_good; } names[] = {
    { "a.example", true }, { "a.example.", true }, { "_smtp._tcp.a.example", true }, { "a..example", false },
        { ".a", false },
    { "a..", false },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b", true },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b", false },
};

TEST(a_question_is_asked_only_for_what_can_be_a_name)
{
    for (size_t i = 0; i < COUNT(names); i++) {
        struct pool *pool = pool_new("test");
        struct dns_question question = { .name = str_of(names[i].name), .type = DNS_A, .id = 0x1234 };
        struct str wire;

        CHECK_INT(names[i].name, dns_query_encode(&question, pool, &wire), names[i].is_good);
        pool_free(pool);
    }
}
