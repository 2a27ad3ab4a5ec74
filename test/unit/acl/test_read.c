/* What the acl section accepts, and how it says what is wrong. */
#include "acl_check.h"

static const struct { const char *acl, *error; } sections[] = {
    { "a:\n", NULL },
    { "a:\n  accept\n", NULL },
    { "a:\n  accept hosts = *\n         !domains = x\n  deny\n", NULL },
    { "a:\n  accept endpass\n", NULL },
    { "a:\n  warn set acl_m0 = 1\n       set acl_c_name = 2\n", NULL },
    { "a:\n  accept\nb:\n  deny\n", NULL },
    { "a:\n  accept message = foo: bar\n", NULL },
    { "a:\n  accept verify = sender/callout=1s\n", NULL },
    { "accept\n", "missing colon after ACL name" },
    { "a:\n  accept\na:\n", "there are two ACLs called \"a\"" },
    { "a:\n  hosts = *\n", "error in ACL: unknown ACL verb \"hosts\" in \"hosts = *\"" },
    { "a:\n  accept foo = bar\n", "error in ACL: unknown ACL condition/modifier in \"accept foo = bar\"" },
    { "a:\n  accept hosts\n", "error in ACL: \"=\" missing after ACL \"hosts\" condition" },
    { "a:\n  accept message\n", "error in ACL: \"=\" missing after ACL \"message\" modifier" },
    { "a:\n  accept !message = x\n", "error in ACL: ACL error: negation is not allowed with \"message\"" },
    { "a:\n  deny endpass\n", "error in ACL: ACL error: \"endpass\" is not allowed with \"deny\"" },
    { "a:\n  accept set x = 1\n", "invalid variable name after \"set\" in ACL modifier \"set x = 1\" (must start "
      "\"acl_c\" or "
      "\"acl_m\")" },
    { "a:\n  accept set acl_mx = 1\n", "(digit or underscore must follow acl_c or acl_m)" },
    { "a:\n  accept set acl_m_x\n", "\"=\" missing after ACL \"set\" modifier" },
    { "a:\n  warn malware = *\n", "the ACL condition \"malware\" is not available: built without WITH_CONTENT_SCAN" },
    { "a:\n  warn spf = pass\n", "built without SUPPORT_SPF" },
    { "a:\n  warn control = bmi_run\n", "built without EXPERIMENTAL_BRIGHTMAIL" },
};

TEST(acl_section_is_read_or_refused_with_the_reason)
{
    for (size_t i = 0; i < COUNT(sections); i++) {
        struct acl_bench *bench = acl_bench("", sections[i].acl);

        if (sections[i].error == NULL)
            CHECK_TEXT(sections[i].acl, bench->error, NULL);
        else if (bench->error == NULL)
            CHECK_ROW(sections[i].acl, bench->error != NULL);
        else
            CHECK_CONTAINS(sections[i].acl, bench->error, sections[i].error);
        acl_bench_free(bench);
    }
}
