/* Verdicts and texts of lists, point by point. */
#include "acl_check.h"

static const struct {
    const char *acl;
    enum acl_result result;
    const char *user_text, *log_text;
} lists[] = {
    { "accept", ACL_ACCEPT, "", "" },
    { "deny", ACL_DENY, "", "" },
    { "drop", ACL_DROP, "", "" },
    { "defer", ACL_DEFER, "", "" },
    { "discard", ACL_DISCARD, "", "" },
    { "warn", ACL_DENY, "", "" },
    { "accept condition = no\n accept", ACL_ACCEPT, "", "" },
    { "accept condition = no", ACL_DENY, "", "" },
    { "accept endpass\n condition = no\n accept", ACL_DENY, "", "" },
    { "require condition = no\n accept", ACL_DENY, "", "" },
    { "require condition = yes\n accept", ACL_ACCEPT, "", "" },
    { "deny !condition = no", ACL_DENY, "", "" },
    { "deny condition = perhaps\n accept", ACL_DEFER, "", "invalid \"condition\" value \"perhaps\"" },
    { "warn condition = perhaps\n accept", ACL_ACCEPT, "", "" },
    { "deny condition = ${if eq{a}{b}{no}fail}\n accept", ACL_DENY, "", "" },
    { "deny message = no\n accept", ACL_DENY, "no", "no" },
    { "deny message = one\\ntwo", ACL_DENY, "one\ntwo", "one" },
    { "deny message = told\n log_message = logged", ACL_DENY, "told", "logged" },
    { "accept message = fine", ACL_ACCEPT, "fine", "fine" },
    { "require message = first\n condition = yes\n message = second\n condition = no\n message = third", ACL_DENY,
      "second",
      "second" },
    { "deny message = ${if}\n", ACL_DENY, "", "" },
    { "accept condition = ${if}", ACL_ERROR, "", NULL },
    { "accept hosts = 192.0.2.0/24\n domains = b.example\n local_parts = bob\n senders = ann@a.example\n sender_domains "
      "= a.example",
      ACL_ACCEPT, "", "" },
    { "accept hosts = !192.0.2.1", ACL_DENY, "", "" },
    { "accept recipients = bob@b.example", ACL_ACCEPT, "", "" },
    { "accept authenticated = *", ACL_DENY, "", "" },
    { "accept encrypted = *", ACL_DENY, "", "" },
    { "deny set acl_m0 = x\n message = <$acl_m0>", ACL_DENY, "<x>", "<x>" },
    { "warn set acl_c_y = z\n deny message = $acl_c_y$acl_m9", ACL_DENY, "z", "z" },
    { "accept acl = other", ACL_ACCEPT, "", "" },
    { "deny acl = other b c\n message = $acl_narg", ACL_DENY, "0", "0" },
    { "accept acl = args $local_part two", ACL_ACCEPT, "", "" },
    { "accept acl = args x", ACL_DENY, "", "" },
    { "deny !acl = dropping\n", ACL_DENY, "", "" },
    { "require acl = dropping", ACL_DROP, "", "" },
    { "accept acl = discarding", ACL_DISCARD, "", "" },
    { "deny acl = discarding", ACL_ERROR, "", "nested ACL returned \"discard\" for \"deny\" command (only allowed with "
      "\"accept\" "
      "or \"discard\")" },
    { "accept acl = deferring", ACL_DEFER, "later", "later" },
    { "warn acl = deferring\n accept", ACL_ACCEPT, "", "" },
    { "accept acl = loop", ACL_ERROR, "", "ACL nested too deep: possible loop" },
    { "accept acl = nothing", ACL_ERROR, "", "unknown ACL verb \"nothing\" in \"nothing\"" },
    { "accept acl = accept hosts = 192.0.2.1", ACL_ACCEPT, "", "" },
    { "accept delay = x", ACL_ERROR, "", "syntax error in argument for \"delay\" modifier: \"x\" is not a time value" },
    { "accept control = x", ACL_ERROR, "", "syntax error in \"control=x\"" },
    { "accept control = allow_auth_unadvertised", ACL_ERROR, "",
      "cannot use \"control=allow_auth_unadvertised\" in RCPT ACL" },
    { "accept verify = header_syntax", ACL_ERROR, "", "cannot verify header_syntax in ACL for RCPT" },
    { "accept verify = helo/x", ACL_ERROR, "", "unexpected '/' found in \"helo/x\" (this verify item has no options)" },
    { "accept verify = certificate", ACL_DENY, "no verified certificate", "no verified certificate" },
    { "accept udpsend = 127.0.0.1", ACL_ERROR, "", "missing destination port in \"udpsend\" modifier" },
    { "accept message = ${acl{args}{bob}{two}}", ACL_ACCEPT, "", "" },
    { "accept condition = ${if acl{{args}{bob}{two}}}", ACL_ACCEPT, "", "" },
};

TEST(lists_end_with_their_verdict_and_texts)
{
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct pool *pool = pool_new("text");
        struct str acl = pool_printf(pool, "start:\n %s\nother:\n accept\nargs:\n accept condition = ${if "
                                     "eq{$acl_arg1$acl_arg2}{bobtwo}}\n"
                                     "dropping:\n drop\ndiscarding:\n discard\ndeferring:\n defer message = later\n"
                                     "loop:\n accept acl = loop\n", lists[i].acl);
        struct acl_bench *bench = acl_bench("acl_smtp_rcpt = start", pool_cstr(pool, acl));
        struct acl_reply reply;

        CHECK_TEXT(lists[i].acl, bench->error, NULL);
        if (bench->error == NULL) {
            CHECK_INT(lists[i].acl, acl_run(ACL_AT_RCPT, config->acl_smtp_rcpt, &bench->scope, &reply),
                      lists[i].result);
            CHECK_STR(lists[i].acl, reply.user_text, lists[i].user_text);
            if (lists[i].log_text != NULL)
                CHECK_STR(lists[i].acl, reply.log_text, lists[i].log_text);
        }
        acl_bench_free(bench);
        pool_free(pool);
    }
}

TEST(unset_options_have_the_default_of_their_point)
{
    struct acl_bench *bench = acl_bench("", "");
    struct acl_reply reply;

    CHECK_INT("rcpt", acl_run(ACL_AT_RCPT, NULL, &bench->scope, &reply), ACL_DENY);
    CHECK_INT("vrfy", acl_run(ACL_AT_VRFY, NULL, &bench->scope, &reply), ACL_DENY);
    CHECK_INT("expn", acl_run(ACL_AT_EXPN, NULL, &bench->scope, &reply), ACL_DENY);
    CHECK_INT("etrn", acl_run(ACL_AT_ETRN, NULL, &bench->scope, &reply), ACL_DENY);
    CHECK_INT("mail", acl_run(ACL_AT_MAIL, NULL, &bench->scope, &reply), ACL_ACCEPT);
    CHECK_INT("data", acl_run(ACL_AT_DATA, NULL, &bench->scope, &reply), ACL_ACCEPT);
    acl_bench_free(bench);
}

TEST(controls_are_kept_for_the_session_or_the_message)
{
    struct acl_bench *bench = acl_bench("acl_smtp_rcpt = a",
        "a:\n accept control = freeze/no_tell\n control = queue/first_pass_route\n control = "
            "submission/domain=d.example/name=Joe X\n"
        " control = no_enforce_sync\n control = no_multiline_responses\n control = fakereject/no way\n"
        " control = caseful_local_part\n queue = slow\n remove_header = X-A : X-B\n");
    struct acl_reply reply;

    REQUIRE(bench->error == NULL);
    CHECK_INT("verdict", acl_run(ACL_AT_RCPT, config->acl_smtp_rcpt, &bench->scope, &reply), ACL_ACCEPT);
    CHECK(bench->state.message.freeze && !bench->state.message.freeze_tell);
    CHECK(bench->state.message.queue_only && bench->state.message.queue_first_pass);
    CHECK(bench->state.message.submission);
    CHECK_STR("domain", bench->state.message.submission_domain, "d.example");
    CHECK_STR("name", bench->state.message.submission_name, "Joe X");
    CHECK_INT("fake", bench->state.message.fake_code, 550);
    CHECK_STR("fake", bench->state.message.fake_text, "no way");
    CHECK_STR("queue", bench->state.message.queue_name, "slow");
    CHECK_STR("local part", bench->scope.address->local_part, "Bob");
    CHECK_STR("removed", bench->state.headers_removed, "X-A : X-B");
    acl_state_reset_message(&bench->state);
    CHECK(!bench->state.message.freeze && bench->state.headers_removed.len == 0);
    CHECK(bench->state.session.no_enforce_sync && bench->state.session.no_multiline_responses);
    acl_bench_free(bench);
}
