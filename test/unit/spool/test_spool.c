/* Messages on a spool of their own: taken in, read, locked, changed, removed; and what crashes leave. */
#include "check.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/file.h"
#include "spool/spool.h"

static struct pool *pool;
static struct spool spool;

static void
set_up(const char *name, bool is_split)
{
    if (pool == NULL)
        pool = pool_new("test");
    spool_init(&spool, pool_printf(pool, "%s/%s", check_directory(), name));
    spool.is_split = is_split;
}

static struct message *
message_make(struct spool_committed *token_out)
{
    struct message *message = message_new(pool, origin_new(pool));

    message->sender = STR("ann@tern.example");
    message->received_at.tv_sec = 1795250993;
    message->is_first_try = true;
    message_add_recipient(message, STR("bob@tern.example"));
    message_add_header(message, STR("Subject: x\n"));
    REQUIRE(spool_create(&spool, message, NULL) == OK);
    REQUIRE(spool_body_add(message, STR("line 1\nline 2\n"), NULL) == OK);
    message->body_lines = 2;
    REQUIRE(spool_commit(message, token_out, NULL) == OK);
    return message;
}

static const char *
path_of(const char *id, const char *suffix)
{
    return spool_path(&spool, pool, id, suffix).ptr;
}

/* State that another process would meet. */
static enum spool_state
state_elsewhere(const char *id)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        struct message *message;
        enum spool_state state = spool_open(&spool, pool, id, &message, NULL);

        _exit((int)state);
    }
    waitpid(child, &status, 0);
    return (enum spool_state)WEXITSTATUS(status);
}

static void
round_trip(bool is_split)
{
    struct spool_committed token;
    struct message *message, *found = NULL;
    struct spool_items items;
    char body[64];
    size_t count;

    set_up(is_split ? "split" : "flat", is_split);
    message = message_make(&token);
    CHECK_TEXT("", token.id, message->id);
    CHECK_INT("locked by its receiver", state_elsewhere(token.id), SPOOL_LOCKED);
    spool_close(message);
    CHECK_INT("free", state_elsewhere(token.id), SPOOL_OK);

    REQUIRE(spool_open(&spool, pool, token.id, &found, NULL) == SPOOL_OK);
    CHECK_STR("", found->sender, "ann@tern.example");
    CHECK_INT("", found->body_bytes, 14);
    CHECK_INT("", found->message_bytes, 26);
    CHECK_INT("", pread(found->body_fd, body, sizeof(body), found->body_start), 14);
    CHECK(memcmp(body, "line 1\nline 2\n", 14) == 0);

    REQUIRE(spool_journal_add(found, &(struct str)STR_INIT("bob@tern.example"), 1, NULL) == OK);
    CHECK(spool_has_journal(found));
    spool_close(found);
    REQUIRE(spool_open(&spool, pool, token.id, &found, NULL) == SPOOL_OK);
    CHECK(map_find(&found->nonrecipients, STR("bob@tern.example")) != NULL);
    found->is_first_try = false;
    CHECK_INT("", spool_rewrite_header(found, NULL), OK);
    spool_journal_remove(found);
    spool_close(found);

    REQUIRE(spool_read(&spool, pool, token.id, true, &found, NULL) == SPOOL_OK);
    CHECK(map_find(&found->nonrecipients, STR("bob@tern.example")) != NULL);
    CHECK(!found->is_first_try && found->headers == NULL && found->message_bytes == 26);
    spool_close(found);

    CHECK(spool_msglog_add(&spool, token.id, STR("a line")));
    CHECK(access(spool_msglog_path(&spool, pool, token.id).ptr, F_OK) == 0);
    REQUIRE(spool_list(&spool, pool, SPOOL_BY_ID, '\0', &items));
    CHECK_INT("", items.count, 1);
    CHECK_INT("", items.items[0].subdirectory != '\0', is_split);
    REQUIRE(spool_open(&spool, pool, token.id, &found, NULL) == SPOOL_OK);
    CHECK_INT("", spool_remove(found, NULL), OK);
    spool_close(found);
    CHECK(access(spool_msglog_path(&spool, pool, token.id).ptr, F_OK) == -1);
    CHECK_INT("", state_elsewhere(token.id), SPOOL_GONE);
    CHECK(spool_count(&spool, &count) && count == 0);
}

TEST(a_message_goes_through_a_flat_spool)
{
    round_trip(false);
}

TEST(a_message_goes_through_a_split_spool)
{
    round_trip(true);
}

TEST(a_message_is_found_after_splitting_was_changed)
{
    struct spool_committed token;
    struct message *found;

    set_up("changed", true);
    spool_close(message_make(&token));
    spool.is_split = false;
    REQUIRE(spool_open(&spool, pool, token.id, &found, NULL) == SPOOL_OK);
    spool_close(found);
}

TEST(an_abandoned_message_leaves_nothing)
{
    struct message *message = message_new(pool, origin_new(pool));

    set_up("abandoned", false);
    REQUIRE(spool_create(&spool, message, NULL) == OK);
    CHECK(access(path_of(message->id, "-D"), F_OK) == 0);
    spool_abandon(message);
    CHECK(access(path_of(message->id, "-D"), F_OK) == -1);
    CHECK(message->spool == NULL);
}

TEST(half_a_message_is_no_message)
{
    struct spool_committed token;
    struct message *found;
    struct stat st;

    set_up("half", false);
    spool_close(message_make(&token));
    REQUIRE(stat(path_of(token.id, "-H"), &st) == 0);
    REQUIRE(truncate(path_of(token.id, "-H"), st.st_size - 5) == 0);
    CHECK_INT("", spool_open(&spool, pool, token.id, &found, NULL), SPOOL_HALF);
    CHECK(spool_discard_half(&spool, token.id));
    CHECK_INT("", spool_open(&spool, pool, token.id, &found, NULL), SPOOL_GONE);

    spool_close(message_make(&token));
    REQUIRE(stat(path_of(token.id, "-D"), &st) == 0);
    REQUIRE(truncate(path_of(token.id, "-D"), st.st_size - 1) == 0);
    REQUIRE(utimensat(AT_FDCWD, path_of(token.id, "-D"), (struct timespec[2]){ st.st_atim, st.st_mtim }, 0) == 0);
    CHECK_INT("", spool_open(&spool, pool, token.id, &found, NULL), SPOOL_HALF);

    spool_close(message_make(&token));
    CHECK(!spool_discard_half(&spool, token.id));
    CHECK_INT("", state_elsewhere(token.id), SPOOL_OK);
}

TEST(a_body_edited_by_people_is_kept)
{
    struct spool_committed token;
    struct message *found;

    set_up("edited", false);
    spool_close(message_make(&token));
    REQUIRE(truncate(path_of(token.id, "-D"), 30) == 0);
    REQUIRE(utimensat(AT_FDCWD, path_of(token.id, "-D"),
                      (struct timespec[2]){ { .tv_sec = 2000000000 }, { .tv_sec = 2000000000 } }, 0)
            == 0);
    CHECK_INT("", spool_open(&spool, pool, token.id, &found, NULL), SPOOL_OK);
    spool_close(found);
}

TEST(strange_files_are_left_alone)
{
    struct spool_committed token;
    struct message *found;
    struct spool_items items;
    char junk[512];

    set_up("strange", false);
    spool_close(message_make(&token));
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = { "junk-H", ".x", "abcdef-ABCDEF-ab-Q" };

        snprintf(junk, sizeof(junk), "%.*s/input/%s", STR_ARG(spool.directory), names[i]);
        close(open(junk, O_CREAT | O_WRONLY, 0600));
    }
    REQUIRE(spool_list(&spool, pool, SPOOL_RANDOM, '\0', &items));
    CHECK_INT("", items.count, 1);

    REQUIRE(link(path_of(token.id, "-H"), junk) == 0 || unlink(junk) == 0);
    snprintf(junk, sizeof(junk), "%.*s/other", STR_ARG(spool.directory));
    REQUIRE(link(path_of(token.id, "-H"), junk) == 0);
    CHECK_INT("two links", spool_open(&spool, pool, token.id, &found, NULL), SPOOL_BAD);
    REQUIRE(unlink(path_of(token.id, "-H")) == 0);
    REQUIRE(symlink(junk, path_of(token.id, "-H")) == 0);
    CHECK_INT("symbolic link", spool_open(&spool, pool, token.id, &found, NULL), SPOOL_BAD);
    CHECK_INT("no id", spool_open(&spool, pool, "../../etc/passwd", &found, NULL), SPOOL_GONE);
    CHECK(spool_of_queue(&spool, pool, STR("../x")) == NULL);
}

TEST(what_crashes_leave_is_tidied)
{
    struct spool_committed token, kept;
    struct message *busy = message_new(pool, origin_new(pool));
    char temporary[512];

    set_up("tidy", false);
    spool_close(message_make(&token));
    spool_close(message_make(&kept));
    REQUIRE(unlink(path_of(token.id, "-H")) == 0);
    snprintf(temporary, sizeof(temporary), "%.*s/input/hdr.%s", STR_ARG(spool.directory), kept.id);
    close(open(temporary, O_CREAT | O_WRONLY, 0600));
    CHECK_INT("young files stay", spool_tidy(&spool, 3600), 0);
    CHECK_INT("old files go", spool_tidy(&spool, -10), 2);
    CHECK_INT("the other message stays", state_elsewhere(kept.id), SPOOL_OK);
    REQUIRE(spool_create(&spool, busy, NULL) == OK);
    if (fork() == 0)
        _exit(spool_tidy(&spool, -10));
    else {
        int status;

        wait(&status);
        CHECK_INT("a message under way stays", WEXITSTATUS(status), 0);
    }
    spool_abandon(busy);
}

TEST(ids_are_unique_and_in_order)
{
    static const int forms[] = { SPOOL_ID_23, SPOOL_ID_16 };

    set_up("ids", false);
    for (size_t f = 0; f < COUNT(forms); f++)
        for (int host = -1; host <= 16; host += 17) {
            char last[24] = "", id[24];

            spool.id_form = (enum spool_id_form)forms[f];
            spool.localhost_number = host;
            for (int i = 0; i < 5000; i++) {
                spool_id_make(&spool, id);
                if (strcmp(last, id) >= 0)
                    CHECK_TEXT("order", id, last);
                if (!spool_id_is_valid(str_of(id)))
                    CHECK_TEXT("form", id, "");
                memcpy(last, id, sizeof(last));
            }
        }
}

TEST(a_body_of_many_pieces_is_whole)
{
    struct message *message = message_new(pool, origin_new(pool)), *found;
    struct spool_committed token;
    static char piece[100000];
    char back[1000];

    set_up("pieces", false);
    REQUIRE(spool_create(&spool, message, NULL) == OK);
    for (int i = 0; i < 50; i++) {
        memset(piece, 'a' + i % 26, sizeof(piece));
        REQUIRE(spool_body_add(message, str_make(piece, (size_t)(i * 2001 % 100000)), NULL) == OK);
    }
    REQUIRE(spool_commit(message, &token, NULL) == OK);
    spool_close(message);
    REQUIRE(spool_open(&spool, pool, token.id, &found, NULL) == SPOOL_OK);
    off_t at = found->body_start;
    for (int i = 0; i < 50; i++) {
        size_t len = (size_t)(i * 2001 % 100000);

        if (len > 0) {
            CHECK_INT("", pread(found->body_fd, back, 1, at + (off_t)len - 1), 1);
            CHECK_INT("", back[0], 'a' + i % 26);
        }
        at += (off_t)len;
    }
    CHECK_INT("", found->body_bytes, at - found->body_start);
    spool_close(found);
}
