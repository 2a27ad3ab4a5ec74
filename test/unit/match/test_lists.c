/* Lists, asked through the conditions of expansions: the same answers as Exim's ("expected", made by "renew"). */
#include "check.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/process.h"
#include "config/reader.h"
#include "expand/expand.h"
#include "match/match.h"
#include "message/origin.h"

#define DIRECTORY "test/unit/match"

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

/* DATA is the directory of the files. */
static struct str
with_directory(struct pool *pool, struct str text)
{
    char here[4096];
    struct buf made;

    REQUIRE(getcwd(here, sizeof(here)) != NULL);
    buf_init(&made, pool, BUF_NO_LIMIT);
    for (size_t at; (at = str_find_str(text, STR("DATA"))) != STR_NONE; text = str_from(text, at + 4)) {
        buf_add(&made, str_head(text, at));
        buf_addf(&made, "%s/%s", here, DIRECTORY);
    }
    buf_add(&made, text);
    return buf_str(&made);
}

static void
configure(struct pool *pool)
{
    struct str text = with_directory(pool, file_read(pool, DIRECTORY "/exim.conf")), error = STR("");
    struct config_request request = { 0 };
    struct config *conf = NULL;

    request.text = pool_cstr(pool, pool_printf(pool, "exim_user = 0\nexim_group = 0\n%.*s", STR_ARG(text)));
    config_read(&request, pool, &conf, &error);
    CHECK_STR("configuration", error, "");
    REQUIRE(conf != NULL);
    config = conf;
}

static void
answer_check(struct str question, struct str expected)
{
    struct pool *pool = pool_new("question");
    struct scope scope = scope_make(pool);
    struct captures captures = { 0 };
    struct str answer = STR("");
    struct why why;

    scope.captures = &captures;
    why_init(&why, pool);
    if (expand_text(question, &scope, &answer, &why) != OK)
        answer = pool_printf(pool, "Failed: %.*s", STR_ARG(why.text));
    CHECK_VIEW(pool_cstr(pool, question), answer, expected);
    pool_free(pool);
}

TEST(lists_answer_as_exim_does)
{
    struct pool *pool = pool_new("test"), *kept = process_pool();
    struct str text, line, question, answer;
    int count = 0;

    configure(kept);
    text = with_directory(kept, file_read(kept, DIRECTORY "/expected"));
    while (str_take_line(&text, &line)) {
        if (str_starts(line, STR("#!")))
            line = str_from(line, 2);
        else if (str_starts(line, STR("#")))
            continue;
        if (!str_cut(line, '\t', &question, &answer))
            continue;
        answer_check(question, answer);
        count++;
    }
    CHECK(count > 100);
    pool_free(pool);
}

static const struct { const char *list, *address, *data; enum match answer; } hosts[] = {
    { "*",                          "192.0.2.5",    "",     MATCH_YES },
    { "*",                          "",             "",     MATCH_YES },
    { ":",                          "",             "",     MATCH_YES },
    { ":",                          "192.0.2.5",    "",     MATCH_NO },
    { "192.0.2.0/24",               "192.0.2.5",    "",     MATCH_YES },
    { "192.0.2.0/24",               "",             "",     MATCH_NO },
    { "!192.0.2.5 : 192.0.2.0/24",  "192.0.2.5",    "",     MATCH_NO },
    { "!192.0.2.5",                 "192.0.2.6",    "",     MATCH_YES },
    { "+hl",                        "10.9.8.7",     "",     MATCH_YES },
    { "! +hl",                      "10.9.8.7",     "",     MATCH_NO },
    { "@[]",                        "127.0.0.1",    "",     MATCH_YES },
    { "@[]",                        "192.0.2.77",   "",     MATCH_YES },
    { "@[]",                        "192.0.2.78",   "",     MATCH_NO },
    { "net-lsearch;DATA/keys",      "192.0.2.9",    "n9",   MATCH_YES },
    { "net24-lsearch;DATA/keys",    "192.0.2.8",    "n24",  MATCH_YES },
    { "<; 2001:db8::/32 ; ::1",     "2001:db8::5",  "",     MATCH_YES },
    { "10.0.0.0/8",                 "::ffff:10.1.2.3", "",  MATCH_YES },
    { "+nosuch",                    "10.9.8.7",     "",     MATCH_DEFER },
    { "+ignore_defer : +nosuch",    "10.9.8.7",     "",     MATCH_NO },
    { "+include_defer : +nosuch",   "10.9.8.7",     "",     MATCH_YES },
};

TEST(hosts_are_matched_by_address)
{
    configure(process_pool());
    for (size_t i = 0; i < COUNT(hosts); i++) {
        struct pool *pool = pool_new("host");
        struct scope scope = scope_make(pool);
        struct template list = { .text = with_directory(pool, str_of(hosts[i].list)) };
        struct match_result result = { 0 };

        scope.origin = origin_new(pool);
        scope.origin->host_address = str_of(hosts[i].address);
        CHECK_INT(hosts[i].list, match_client_host(&list, &scope, &result, NULL), hosts[i].answer);
        CHECK_STR(hosts[i].list, result.data, hosts[i].data);
        pool_free(pool);
    }
}

/* One of 20,000 networks is found without looking at all of them: the list is compiled once, then asked very often. */
TEST(a_long_list_of_networks_is_not_walked)
{
    struct pool *pool = pool_new("test");
    struct scope scope = scope_make(pool);
    struct template list = { .option_name = "networks" };
    struct buf text;
    int found = 0;

    buf_init(&text, pool, BUF_NO_LIMIT);
    for (int i = 0; i < 20000; i++)
        buf_addf(&text, "10.%d.%d.%d/30 : ", i >> 12, i >> 4 & 255, (i & 15) << 4);
    list.text = buf_str(&text);
    for (int i = 0; i < 100000; i++) {
        char address[32];

        snprintf(address, sizeof(address), "10.%d.%d.%d", i >> 14 & 15, i >> 6 & 255, i & 63);
        found += match_ip(&list, str_of(address), &scope, NULL, NULL) == MATCH_YES;
    }
    CHECK(found > 0 && found < 100000);
    pool_free(pool);
}
