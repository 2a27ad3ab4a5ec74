/* Interfaces to listen on, sockets, ident answers, the hosts file, the client in one string. */
#include "check.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/process.h"
#include "config/reader.h"
#include "log/log.h"
#include "net/host_name.h"
#include "net/hosts_file.h"
#include "net/interface.h"
#include "net/socket.h"

static void
configure(const char *text)
{
    struct pool *pool = process_pool();
    struct str error = STR("");
    struct config_request request = { 0 };
    struct config *conf = NULL;

    request.text = pool_cstr(pool, pool_printf(pool, "exim_user = 0\nexim_group = 0\nlog_file_path = %s/%%slog\n%s",
        check_directory(), text));
    config_read(&request, pool, &conf, &error);
    CHECK_STR("configuration", error, "");
    REQUIRE(conf != NULL);
    config = conf;
    log_configure(&conf->log);
}

/* listed: "address.port", in order, "!" behind ports that begin with TLS. */
static const struct { const char *interfaces, *ports, *listed; } listens[] = {
    { "",                               "",             "::.25 0.0.0.0.25 " },
    { "127.0.0.1",                      "25 : 587",     "127.0.0.1.25 127.0.0.1.587 " },
    { "127.0.0.1",                      "smtp:465",     "127.0.0.1.25 127.0.0.1.465! " },
    { "127.0.0.1.1225",                 "25",           "127.0.0.1.1225 " },
    { "<; [127.0.0.1]:1225 ; [::1]:1226", "25",         "127.0.0.1.1225 ::1.1226 " },
    { "<; ::1 ; ::1 ; ::1.26",          "25",           "::1.25 ::1.26 " },
    { "host.example",                   "25",           NULL },
    { "127.0.0.1",                      "nosuchport",   NULL },
    { "127.0.0.1",                      "0",            NULL },
    { "127.0.0.1",                      "65536",        NULL },
};

TEST(the_daemon_listens_where_it_is_told_to)
{
    configure("tls_on_connect_ports = 465\n");
    for (size_t i = 0; i < COUNT(listens); i++) {
        struct pool *pool = pool_new("listen");
        struct interface *list;
        struct buf listed;
        struct why why;

        why_init(&why, pool);
        buf_init(&listed, pool, BUF_NO_LIMIT);
        list = interfaces_to_listen(str_of(listens[i].interfaces), str_of(listens[i].ports), pool, &why);
        for (; list != NULL; list = list->next)
            buf_addf(&listed, "%.*s.%d%s ", STR_ARG(ip_format(&list->ip, pool)), list->port,
                list->is_tls_on_connect ? "!" : "");
        CHECK_STR(listens[i].interfaces, buf_str(&listed), listens[i].listed);
        CHECK_INT(listens[i].interfaces, str_is_empty(why.text), listens[i].listed != NULL);
        pool_free(pool);
    }
}

TEST(ipv6_can_be_turned_off)
{
    struct pool *pool = pool_new("test");
    struct interface *list;

    configure("disable_ipv6\n");
    list = interfaces_to_listen(STR(""), STR("25"), pool, NULL);
    REQUIRE(list != NULL && list->next == NULL);
    CHECK_STR("only", ip_format(&list->ip, pool), "0.0.0.0");
    CHECK(list->is_wildcard);
    pool_free(pool);
}

TEST(a_refused_connection_says_so)
{
    struct pool *pool = pool_new("test");
    struct connect_request request = { .dscp = -1 };
    struct ip_address local, peer;
    int listener, fd, port, peer_port;
    struct why why;

    why_init(&why, pool);
    REQUIRE(ip_parse(STR("127.0.0.1"), &request.ip));
    listener = socket_listen(&request.ip, 0, 1);
    REQUIRE(listener != -1);
    request.port = 1;
    CHECK(socket_connect(&request, deadline_in_ms(5000), &why) == -1);
    CHECK_INT("cause", why.cause, CAUSE_CONNECT_REFUSED);
    CHECK_INT("errno", why.sys_errno, ECONNREFUSED);
    CHECK_STR("text", why.text, "Connection refused");
    fd = socket_connect(&request, deadline_in_ms(5000), NULL);
    CHECK(fd == -1);
    CHECK(!socket_ends(listener, &local, &port, &peer, &peer_port));
    close(listener);
    pool_free(pool);
}

static const struct { const char *reply, *name; } idents[] = {
    { "1234 , 25 : USERID : UNIX : ann\r",  "ann" },
    { "1234,25:USERID:OTHER:a b",           "a b" },
    { "1234, 25 : USERID : UNIX : a:b",     "a:b" },
    { "1234, 25 : ERROR : NO-USER",         "" },
    { "1234, 26 : USERID : UNIX : ann",     "" },
    { "1235, 25 : USERID : UNIX : ann",     "" },
    { "1234 : USERID : UNIX : ann",         "" },
    { "USERID",                             "" },
    { "",                                   "" },
};

TEST(an_ident_answer_must_be_about_our_connection)
{
    for (size_t i = 0; i < COUNT(idents); i++)
        CHECK_STR(idents[i].reply, ident_reply_parse(str_of(idents[i].reply), 1234, 25), idents[i].name);
}

TEST(the_hosts_file_gives_addresses_and_names)
{
    static const char text[] = "# comment\n127.0.0.1 localhost here.example # more\n::1\tLOCALHOST ip6\nnonsense here.example\n"
        "192.0.2.1 other.example\n";
    struct pool *pool = pool_new("test");
    struct ip_address addresses[4];
    struct str names[4];

    CHECK_INT("localhost", hosts_text_addresses(str_of(text), STR("localhost"), addresses, 4), 2);
    CHECK_INT("limit", hosts_text_addresses(str_of(text), STR("localhost"), addresses, 1), 1);
    CHECK_INT("more", hosts_text_addresses(str_of(text), STR("more"), addresses, 4), 0);
    REQUIRE(hosts_text_addresses(str_of(text), STR("here.example"), addresses, 4) == 1);
    CHECK_INT("names", hosts_text_names(str_of(text), &addresses[0], names, 4, pool), 2);
    CHECK_STR("first", names[0], "localhost");
    CHECK_STR("second", names[1], "here.example");
    pool_free(pool);
}

/* With the port logged or not: the texts are those of Exim 4.96. */
static const struct { const char *name, *helo, *ident; bool is_port_logged; const char *full, *received; } clients[] = {
    { "", "", "", false, "[192.0.2.1]", "[192.0.2.1]" },
    { "", "x.example", "", false, "(x.example) [192.0.2.1]", "[192.0.2.1] (helo=x.example)" },
    { "", "[192.0.2.1]", "", false, "([192.0.2.1]) [192.0.2.1]", "[192.0.2.1]" },
    { "", "[127.0.0.1]", "", false, "([127.0.0.1]) [192.0.2.1]", "[192.0.2.1] (helo=[127.0.0.1])" },
    { "", "", "me", false, "[192.0.2.1]", "[192.0.2.1] (ident=me)" },
    { "", "x.example", "me", false, "(x.example) [192.0.2.1]", "[192.0.2.1] (helo=x.example ident=me)" },
    { "", "x.example", "", true, "(x.example) [192.0.2.1]:1234", "[192.0.2.1] (port=1234 helo=x.example)" },
    { "n.example", "", "", false, "n.example [192.0.2.1]", "n.example ([192.0.2.1])" },
    { "n.example", "N.example", "", false, "n.example [192.0.2.1]", "n.example ([192.0.2.1])" },
    { "n.example", "[192.0.2.1]", "", false, "n.example [192.0.2.1]", "n.example ([192.0.2.1])" },
    { "n.example", "x.example", "", false, "n.example (x.example) [192.0.2.1]", "n.example ([192.0.2.1] helo=x.example)" },
    { "n.example", "", "me", false, "n.example [192.0.2.1]", "n.example ([192.0.2.1] ident=me)" },
    { "n.example", "x.example", "me", false, "n.example (x.example) [192.0.2.1]",
        "n.example\n\t([192.0.2.1] helo=x.example ident=me)" },
    { "n.example", "x.example", "", true, "n.example (x.example) [192.0.2.1]:1234",
        "n.example ([192.0.2.1]:1234 helo=x.example)" },
};

TEST(a_client_is_described_as_exim_does)
{
    for (size_t i = 0; i < COUNT(clients); i++) {
        struct pool *pool = pool_new("client");
        struct origin *origin = origin_new(pool);

        configure(clients[i].is_port_logged ? "log_selector = +incoming_port\n" : "");
        origin->is_socket = true;
        origin->host_address = STR("192.0.2.1");
        origin->host_port = 1234;
        origin->host_name = str_of(clients[i].name);
        origin->helo_name = str_of(clients[i].helo);
        origin->ident = str_of(clients[i].ident);
        CHECK_STR(clients[i].full, origin_full_host(origin, pool), clients[i].full);
        CHECK_STR(clients[i].received, origin_received_host(origin, pool), clients[i].received);
        pool_free(pool);
    }
}
