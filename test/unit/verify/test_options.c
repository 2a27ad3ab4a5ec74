/* Options of `verify = sender/…`. */
#include "check.h"
#include "verify/verify.h"

static const struct {
    const char *text;
    bool is_sender, is_header_sender;
    const char *error;
} faults[] = {
    { "", true, false, NULL },
    { "defer_ok/no_details", true, false, NULL },
    { "callout=30s,defer_ok,connect=5s,maxwait=1m,no_cache,postmaster,random", true, false, NULL },
    { "callout=use_sender,hold", false, false, NULL },
    { "callout=mailfrom=a@b.example", true, true, NULL },
    { "quota=cachepos=1h,cacheneg=2h", false, false, NULL },
    { "callout_defer_ok/check_postmaster", true, false, NULL },
    { "foo", true, false, "unknown option \"foo\" in ACL condition \"verify whole\"" },
    { "callout=foo", true, false, "bad time value in ACL condition \"verify whole\"" },
    { "callout=connect=2z", true, false, "bad time value in ACL condition \"verify whole\"" },
    { "callout=mailfrom=a@b", true, false, "\"mailfrom\" is allowed as a callout option only for verify=header_sender "
      "(detected in "
      "ACL condition \"whole\")" },
    { "callout=use_sender", true, false, "\"use_sender\" is allowed as a callout option only for verify=recipient "
      "(detected in ACL "
      "condition \"whole\")" },
};

TEST(options_are_taken_or_refused_with_the_reason)
{
    struct pool *pool = pool_new("test");

    for (size_t i = 0; i < COUNT(faults); i++) {
        struct verify_options options;
        struct str error = STR("");
        bool is_good;

        verify_options_init(&options);
        options.is_sender = faults[i].is_sender;
        options.is_header_sender = faults[i].is_header_sender;
        is_good = verify_options_parse(str_of(faults[i].text), STR("whole"), pool, &options, &error);
        CHECK_ROW(faults[i].text, is_good == (faults[i].error == NULL));
        CHECK_STR(faults[i].text, error, faults[i].error == NULL ? "" : faults[i].error);
    }
    pool_free(pool);
}

TEST(times_of_a_callout_follow_from_one_another)
{
    struct pool *pool = pool_new("test");
    struct verify_options options;
    struct str error;

    verify_options_init(&options);
    REQUIRE(verify_options_parse(STR("callout=10s"), STR(""), pool, &options, &error));
    CHECK_INT("timeout", options.callout_timeout_s, 10);
    CHECK_INT("connect", options.callout_connect_s, 10);
    CHECK_INT("maxwait", options.callout_maxwait_s, 40);
    verify_options_init(&options);
    REQUIRE(verify_options_parse(STR("callout = 10s , connect = 3s , maxwait=1m"), STR(""), pool, &options, &error));
    CHECK_INT("connect", options.callout_connect_s, 3);
    CHECK_INT("maxwait", options.callout_maxwait_s, 60);
    pool_free(pool);
}
