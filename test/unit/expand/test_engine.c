/* The engine apart from what single expressions give: taint, budgets, forced failure, places of errors, laziness,
 * scopes. */
#include "check.h"
#include <string.h>
#include "base/buf.h"
#include "base/process.h"
#include "expand/expand.h"
#include "message/message.h"

struct bench {
    struct pool *pool;
    struct scope scope;
    struct origin *origin;
    struct message *message;
    struct why why;
    struct str result;
};

static void
bench_init(struct bench *bench)
{
    config = NULL;
    bench->pool = pool_new("bench");
    bench->scope = scope_make(bench->pool);
    bench->origin = origin_new(bench->pool);
    bench->message = message_new(bench->pool, bench->origin);
    bench->message->sender = pool_dup_tainted(bench->pool, STR("ann@tern.example"));
    message_add_header(bench->message,
                       pool_dup_tainted(bench->pool, STR("Subject: a $primary_hostname ${lc:X} 'or'1\n")));
    bench->scope.origin = bench->origin;
    bench->scope.message = bench->message;
}

static enum outcome
bench_expand(struct bench *bench, const char *text)
{
    struct template template = { .text = str_of(text), .option_name = "data", .owner = "x router",
        .at = { "t.conf", 7 } };

    why_init(&bench->why, bench->pool);
    return expand(&template, &bench->scope, &bench->result, &bench->why);
}

static const struct {
    const char *text;
    bool is_tainted;
} tainted[] = {
    { "plain", false },
    { "$sender_address", true },
    { "x${lc:$sender_address}y", true },
    { "${strlen:$sender_address}", false },
    { "${md5:$sender_address}", true },
    { "${if eq{$sender_address}{x}{a}{b}}", false },
    { "${if eq{a}{a}{$sender_address}}", true },
    { "${if match{$sender_address}{^(.)}{$1}}", true },
    { "${if match{clean}{^(.)}{$1}}$sender_address", true },
    { "${map{a:b}{$item}}", false },
    { "${map{$sender_address}{[$item]}}", true },
    { "${map{$sender_address}{x}}", false },
    { "${reduce{a:b}{$sender_address}{$value$item}}", true },
    { "${sg{$sender_address}{x}{y}}", true },
    { "${sg{abc}{b}{\\$0}}", false },
    { "${tr{abc}{b}{$sender_address}}", true },
    { "${substr_0_1:$sender_address}", true },
    { "${extract{1}{@}{$sender_address}}", true },
    { "${if inlist{$sender_address}{ann@tern.example}{$value}}", false },
    { "${if inlist{ann@tern.example}{$sender_address}{$value}}", true },
    { "${lookup{root}lsearch{/etc/passwd}}", false },
    { "$h_subject:", true },
    { "${expand:abc}", false },
};

TEST(results_are_tainted_if_a_tainted_part_went_in)
{
    struct bench bench;

    bench_init(&bench);
    for (size_t i = 0; i < COUNT(tainted); i++) {
        CHECK_INT(tainted[i].text, bench_expand(&bench, tainted[i].text), OK);
        CHECK_INT(tainted[i].text, str_is_tainted(bench.result), tainted[i].is_tainted);
    }
    pool_free(bench.pool);
}

/* Expressions that must not succeed, and a part of what is said. */
static const struct { const char *text, *part; } refused[] = {
    { "${expand:$h_subject:}", "attempt to expand tainted string" },
    { "${sg{abc}{b}{$h_subject:}}", "attempt to expand tainted string" },
    { "${lookup{x}lsearch{$sender_address}}", "Tainted filename for search" },
    { "${lookup{x}dsearch{/$sender_address}}", "Tainted filename for search" },
    { "${readfile{$sender_address}}", "Tainted filename" },
    { "${run{$sender_address}}", "Attempt to exec tainted path" },
    { "${run,preexpand{/bin/echo $sender_address}}", "Attempt to exec tainted" },
    { "${dlfunc{$sender_address}{x}}", "Tainted name" },
    { "${lookup sqlite,file=/nosuch/x {select '$h_subject:'}}", "$h_subject: needs ${quote_sqlite:" },
    { "${lookup sqlite,file=/nosuch/x {select '${quote_sqlite:$h_subject:}' $sender_address}}",
      "$sender_address needs" },
    { "${lookup sqlite,file=/nosuch/x {select ${map{$sender_address}{'$item'}}}}", "$item needs" },
    { "${lookup sqlite,file=/nosuch/x {select '${quote_sqlite:$h_subject:}'}}", "unable to open" },
    { "${lookup sqlite,file=/nosuch/x {select ${map{$sender_address}{'${quote_sqlite:$item}'}}}}", "unable to open" },
};

TEST(tainted_names_and_sources_and_queries_are_refused)
{
    struct bench bench;

    bench_init(&bench);
    for (size_t i = 0; i < COUNT(refused); i++) {
        CHECK_ROW(refused[i].text, bench_expand(&bench, refused[i].text) != OK);
        CHECK_CONTAINS(refused[i].text, pool_cstr(bench.pool, bench.why.text), refused[i].part);
    }
    pool_free(bench.pool);
}

TEST(a_value_from_outside_is_never_expanded)
{
    struct bench bench;

    bench_init(&bench);
    CHECK_INT("", bench_expand(&bench, "$h_subject:"), OK);
    CHECK_STR("", bench.result, "a $primary_hostname ${lc:X} 'or'1");
    CHECK_INT("", bench_expand(&bench, "${if match{$h_subject:}{(.*)}{$1}}"), OK);
    CHECK_STR("", bench.result, "a $primary_hostname ${lc:X} 'or'1");
    pool_free(bench.pool);
}

TEST(a_tainted_template_is_refused)
{
    struct bench bench;
    struct str text;

    bench_init(&bench);
    why_init(&bench.why, bench.pool);
    CHECK_INT("", expand_text(pool_dup_tainted(bench.pool, STR("abc")), &bench.scope, &text, &bench.why), FAIL);
    CHECK_STR("", bench.why.text, "attempt to expand tainted string 'abc'");
    pool_free(bench.pool);
}

TEST(forced_failure_is_told_apart)
{
    struct bench bench;

    bench_init(&bench);
    CHECK_INT("", bench_expand(&bench, "${if eq{a}{b}{x}fail}"), FAIL);
    CHECK(bench.why.is_forced);
    CHECK_INT("", bench_expand(&bench, "${map{a}{${if eq{a}{b}{x}fail}}}"), FAIL);
    CHECK(bench.why.is_forced);
    CHECK_INT("", bench_expand(&bench, "${eval:x}"), FAIL);
    CHECK(!bench.why.is_forced);
    pool_free(bench.pool);
}

TEST(an_error_names_option_file_line_and_column)
{
    struct bench bench;

    bench_init(&bench);
    CHECK_INT("", bench_expand(&bench, "abc ${nosuch:x} def"), FAIL);
    CHECK_STR("", bench.why.text, "unknown expansion operator \"nosuch\"");
    CHECK_CONTAINS("", pool_cstr(bench.pool, bench.why.place),
                   "in option \"data\" of the x router, t.conf line 7, column 13");
    CHECK_CONTAINS("", pool_cstr(bench.pool, bench.why.place), "abc ${nosuch:x} def\n");
    pool_free(bench.pool);
}

TEST(budgets_end_in_a_deferral)
{
    struct bench bench;
    struct buf text;
    uint64_t steps = 9999000;

    bench_init(&bench);
    bench.scope.steps = &steps;
    CHECK_INT("",
              bench_expand(&bench,
                           "${reduce{1:2:3:4:5:6:7:8:9:10}{0}"
                           "{${map{1:2:3:4:5:6:7:8:9:10}{${map{1:2:3:4:5:6:7:8:9:10}{$item}}}}}}"),
              DEFER);
    CHECK_CONTAINS("", pool_cstr(bench.pool, bench.why.text), "expand_max_steps");
    bench.scope.steps = NULL;
    CHECK_INT("",
              bench_expand(&bench,
                           "${reduce{1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17:18:19:20:21:22:23:24:25:26:27:28}"
                           "{x}{$value$value}}"), DEFER);
    CHECK_CONTAINS("", pool_cstr(bench.pool, bench.why.text), "expand_max_size");
    buf_init(&text, bench.pool, BUF_NO_LIMIT);
    for (int i = 0; i < 5000; i++)
        buf_add_c(&text, "${lc:");
    CHECK_INT("", bench_expand(&bench, buf_cstr(&text)), FAIL);
    CHECK_CONTAINS("", pool_cstr(bench.pool, bench.why.text), "nested too deeply");
    CHECK_INT("", bench_expand(&bench, "${if match{aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!}{^(a+)+\\$}{y}{n}}"),
              DEFER);
    pool_free(bench.pool);
}

TEST(a_constant_costs_no_copy)
{
    struct bench bench;
    struct template template = { .text = STR("no dollar here") };

    bench_init(&bench);
    CHECK_INT("", expand(&template, &bench.scope, &bench.result, NULL), OK);
    CHECK(bench.result.ptr == template.text.ptr);
    CHECK_INT("", expand(NULL, &bench.scope, &bench.result, NULL), OK);
    CHECK_INT("", bench.result.len, 0);
    pool_free(bench.pool);
}

TEST(values_of_the_scope_stand_before_variables)
{
    struct bench bench;
    struct scope_value value = { .name = "domain_data", .value = STR_INIT("from the scope") };

    bench_init(&bench);
    bench.scope.values = &value;
    CHECK_INT("", bench_expand(&bench, "$domain_data${if def:domain_data{+}{-}}"), OK);
    CHECK_STR("", bench.result, "from the scope+");
    pool_free(bench.pool);
}

TEST(what_redirections_forbid_is_refused)
{
    struct bench bench;

    bench_init(&bench);
    bench.scope.forbidden = EXPAND_FORBID_LOOKUP | EXPAND_FORBID_READFILE | EXPAND_FORBID_RUN | EXPAND_FORBID_EXISTSTEST
                            | EXPAND_FORBID_DLFUNC | EXPAND_FORBID_READSOCKET;
    CHECK_INT("lookup", bench_expand(&bench, "${lookup{root}lsearch{/etc/passwd}}"), FAIL);
    CHECK_INT("readfile", bench_expand(&bench, "${readfile{/etc/passwd}}"), FAIL);
    CHECK_INT("run", bench_expand(&bench, "${run{/bin/true}}"), FAIL);
    CHECK_INT("exists", bench_expand(&bench, "${if exists{/etc}{y}{n}}"), FAIL);
    CHECK_INT("stat", bench_expand(&bench, "${stat:/etc}"), FAIL);
    CHECK_INT("dlfunc", bench_expand(&bench, "${dlfunc{/x}{y}}"), FAIL);
    CHECK_INT("readsocket", bench_expand(&bench, "${readsocket{/x}{y}}"), FAIL);
    pool_free(bench.pool);
}

/* BATV and SRS carry the day: what is signed now is good now. */
static const struct { const char *text, *result; } signatures[] = {
    { "${prvscheck{${prvs{a@b.example}{key}}}{key}{$prvscheck_result|$prvscheck_address|$prvscheck_keynum}}",
      "1|a@b.example|0" },
    { "${prvscheck{${prvs{a@b.example}{key}{7}}}{key}{$prvscheck_result|$prvscheck_keynum}}", "1|7" },
    { "${prvscheck{${prvs{a@b.example}{key}}}{other}{[$prvscheck_result]}}", "[]" },
    { "${prvscheck{${prvs{a@b.example}{key}}}{key}}", "a@b.example" },
    { "${if inbound_srs{${local_part:${srs_encode{s}{ann@a.example}{d.example}}}}{s}{$srs_recipient}{no}}",
      "ann@a.example" },
    { "${if inbound_srs{${local_part:${srs_encode{s}{ann@a.example}{d.example}}}}{t}{$srs_recipient}{no}}", "no" },
    { "${srs_encode{s}{}{d.example}}", "" },
};

TEST(signed_addresses_come_back)
{
    struct bench bench;

    bench_init(&bench);
    for (size_t i = 0; i < COUNT(signatures); i++) {
        CHECK_INT(signatures[i].text, bench_expand(&bench, signatures[i].text), OK);
        CHECK_STR(signatures[i].text, bench.result, signatures[i].result);
    }
    pool_free(bench.pool);
}
