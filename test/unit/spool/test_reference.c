/* One spool, two programs: an Exim that is installed lists, shows and changes our messages, and we read its own. */
#include "check.h"
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/file.h"
#include "spool/spool.h"

static const char exim[] = "/usr/sbin/exim4";
static struct pool *pool;
static struct spool spool;
static char settings[512];

/* Run the reference on our spool; what it printed. */
static struct str
run_reference(const char *first, const char *second, const char *input)
{
    int out[2], in[2], status;
    struct str text = STR("");
    pid_t child;

    REQUIRE(pipe(out) == 0 && pipe(in) == 0);
    child = fork();
    if (child == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        dup2(out[1], STDERR_FILENO);
        close(in[1]);
        close(out[0]);
        execl(exim, exim, "-C", settings, first, second, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    CHECK(file_write_all(in[1], str_of(input)));
    close(in[1]);
    CHECK(file_read_fd(out[0], pool, CLEAN, 1 << 20, &text));
    close(out[0]);
    waitpid(child, &status, 0);
    return text;
}

static bool
set_up(void)
{
    static const char text[] = "primary_hostname = reference.example\nkeep_environment =\nqueue_only\nlog_file_path = "
                               "%s/%%slog\nspool_directory = %s/spool\n"
                               "trusted_users = root\nbegin routers\nr:\n driver = accept\n transport = t\nbegin "
                               "transports\nt:\n driver = appendfile\n"
                               " file = /dev/null\n";
    const struct passwd *user = getpwnam("Debian-exim");
    char whole[4096];
    int fd;

    if (access(exim, X_OK) == -1 || geteuid() != 0 || user == NULL)
        return false;
    pool = pool_new("test");
    snprintf(settings, sizeof(settings), "%s/exim.conf", check_directory());
    snprintf(whole, sizeof(whole), text, check_directory(), check_directory());
    fd = open(settings, O_CREAT | O_WRONLY, 0644);
    CHECK(file_write_all(fd, str_of(whole)));
    close(fd);
    chmod(check_directory(), 0777);
    spool_init(&spool, pool_printf(pool, "%s/spool", check_directory()));
    spool.id_form = SPOOL_ID_16;
    spool.owner_uid = user->pw_uid;
    spool.owner_gid = user->pw_gid;
    return true;
}

static bool
contains(struct str text, const char *part)
{
    return str_find_str(text, str_of(part)) != STR_NONE;
}

TEST(the_reference_reads_what_we_write)
{
    struct message *message;
    struct spool_committed token;
    struct recipient *recipient;
    struct str listing;

    if (!set_up())
        SKIP("needs exim4 and root");
    run_reference("-bp", NULL, "");
    message = message_new(pool, origin_new(pool));
    message->origin->caller_login = STR("ann");
    message->origin->host_address = STR("192.0.2.7");
    message->origin->host_port = 1025;
    message->origin->helo_name = pool_dup_tainted(pool, STR("client.example"));
    message->origin->protocol = STR("esmtp");
    message->sender = STR("ann@tern.example");
    message->received_at.tv_sec = time(NULL);
    message->is_first_try = true;
    message_add_recipient(message, STR("bob@tern.example"));
    recipient = message_add_recipient(message, STR("carl@tern.example"));
    recipient->notify = DSN_SUCCESS;
    recipient->original = STR("rfc822;carl@tern.example");
    message_add_recipient(message, STR("dora@tern.example"))->errors_to = STR("owner@tern.example");
    map_add(&message->nonrecipients, STR("dora@tern.example"), message);
    message_add_header(message, STR("Subject: interoperable\n"));
    message_add_header(message, STR("From: ann@tern.example\n"));
    REQUIRE(spool_create(&spool, message, NULL) == OK);
    REQUIRE(spool_body_add(message, STR("the body\n"), NULL) == OK);
    message->body_lines = 1;
    REQUIRE(spool_commit(message, &token, NULL) == OK);
    spool_close(message);

    listing = run_reference("-bp", NULL, "");
    CHECK(contains(listing, token.id));
    CHECK(contains(listing, "<ann@tern.example>"));
    CHECK(contains(listing, "bob@tern.example"));
    CHECK(contains(listing, "D dora@tern.example\n"));
    CHECK(contains(run_reference("-Mvb", token.id, ""), "the body\n"));
    listing = run_reference("-Mvh", token.id, "");
    CHECK(contains(listing, "--helo_name client.example"));
    CHECK(contains(listing, "Subject: interoperable"));

    CHECK(contains(run_reference("-Mf", token.id, ""), "is now frozen"));
    REQUIRE(spool_open(&spool, pool, token.id, &message, NULL) == SPOOL_OK);
    CHECK(message->frozen_at != 0);
    CHECK_STR("", message->origin->helo_name, "client.example");
    CHECK_STR("", message->recipients[1].original, "rfc822;carl@tern.example");
    CHECK_STR("", message->recipients[2].errors_to, "owner@tern.example");
    CHECK_INT("", message->recipients[1].notify, DSN_SUCCESS);
    CHECK_INT("", message->nonrecipients.count, 1);
    spool_close(message);
    CHECK(contains(run_reference("-Mrm", token.id, ""), "has been removed"));
}

TEST(we_read_what_the_reference_writes)
{
    struct spool_items items;
    struct message *message;

    if (pool == NULL)
        SKIP("needs exim4 and root");
    run_reference("-odq", "eve@reference.example", "Subject: theirs\n\nline one\nline two\n");
    REQUIRE(spool_list(&spool, pool, SPOOL_BY_ID, '\0', &items) && items.count == 1);
    REQUIRE(spool_open(&spool, pool, items.items[0].id, &message, NULL) == SPOOL_OK);
    CHECK_STR("", message->sender, "root@reference.example");
    CHECK_STR("", message->recipients[0].address, "eve@reference.example");
    CHECK_INT("", message->body_lines, 2);
    CHECK_INT("", message->body_bytes, 18);
    CHECK(message->is_sender_local && message->is_first_try);
    CHECK_STR("", message->origin->ident, "root");
    message->is_first_try = false;
    map_add(&message->nonrecipients, STR("x@y"), message);
    REQUIRE(spool_rewrite_header(message, NULL) == OK);
    spool_close(message);
    CHECK(contains(run_reference("-Mvh", items.items[0].id, ""), "NN x@y"));
    CHECK(contains(run_reference("-bp", NULL, ""), "eve@reference.example"));
}
