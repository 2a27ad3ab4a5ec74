/* Log lines: what they hold, where they go, what they can never hold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/file.h"
#include "check.h"
#include "log/log.h"
#include "log/selector.h"
#include "log/state.h"

static struct log_settings
settings(void)
{
    static char path[512];

    snprintf(path, sizeof path, "%s/logs/%%slog", check_directory());
    return (struct log_settings){
        .file_path = str_of(path), .spool_directory = str_of(check_directory()), .selectors = log_selectors_default(),
        .syslog_processname = "tern", .write_rejectlog = true, .uid = getuid(), .gid = getgid(),
    };
}

/* A log below the test's directory; "" if it is not there. */
static const char *
content(struct pool *pool, const char *name)
{
    struct str text;
    const char *path = pool_cstr(pool, pool_printf(pool, "%s/logs/%s", check_directory(), name));

    return file_read(path, pool, CLEAN, 1 << 20, &text) ? pool_cstr(pool, text) : "";
}

static void
forget(const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "%s/logs/%s", check_directory(), name);
    unlink(path);
}

static const struct { const char *text; bool keeps_utf8; enum log_breaks breaks; const char *escaped; } escapes[] = { { "plain text", false, BREAKS_ESCAPED, "plain text" },
                { "a\nb\rc\td\x1b[0m\x7f", false, BREAKS_ESCAPED, "a\\nb\\rc\\td\\033[0m\\177" },
                { "a\nb", false, BREAKS_KEPT_IF_INDENTED, "a\\nb" },
                { "a\n  b", false, BREAKS_KEPT_IF_INDENTED, "a\n  b" },
                { "a\nb\tc\r", false, BREAKS_KEPT, "a\nb\tc\\r" },
                { "\xc3\xa9", false, BREAKS_ESCAPED, "\\303\\251" },
                { "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", true, BREAKS_ESCAPED,
                  "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
                { "\xc3", true, BREAKS_ESCAPED, "\\303" },
                { "\xc0\xaf \xed\xa0\x80 \xf5\x80\x80\x80", true, BREAKS_ESCAPED,
                  "\\300\\257 \\355\\240\\200 \\365\\200\\200\\200" },
                { "\xc2\x9b", true, BREAKS_ESCAPED, "\\302\\233" } };

TEST(what_is_no_text_is_escaped)
{
    struct pool *pool = pool_new("test");

    for (size_t i = 0; i < COUNT(escapes); i++) {
        struct buf buf;

        buf_init(&buf, pool, BUF_NO_LIMIT);
        log_escape(&buf, str_of(escapes[i].text), escapes[i].keeps_utf8, escapes[i].breaks);
        CHECK_STR(escapes[i].text, buf_str(&buf), escapes[i].escaped);
    }
    pool_free(pool);
}

static const struct { const char *path; enum log_kind kind; const char *name; } paths[] = {
    { "/l/%slog", KIND_MAIN, "/l/mainlog" },
    { "/l/%slog", KIND_REJECT, "/l/rejectlog" },
    { "/l/%slog", KIND_PANIC, "/l/paniclog" },
    { "/l/%slog-%D", KIND_PANIC, "/l/paniclog" },
    { "/l/exim-%s-%D.log", KIND_PANIC, "/l/exim-panic.log" },
    { "/l/%D-%slog", KIND_PANIC, "/l/paniclog" },
    { "/l/%s.%M", KIND_PANIC, "/l/panic" },
    { "/l/100%/%slog", KIND_MAIN, "/l/100%/mainlog" }
};

TEST(paths_have_their_kind_and_date)
{
    struct pool *pool = pool_new("test");
    char stamp[16], today[64];
    time_t now = time(NULL);

    for (size_t i = 0; i < COUNT(paths); i++)
        CHECK_STR(paths[i].path, log_path_expand(pool, str_of(paths[i].path), paths[i].kind, stamp), paths[i].name);
    strftime(today, sizeof today, "/l/mainlog-%Y%m%d", localtime(&now));
    CHECK_STR("%D", log_path_expand(pool, STR("/l/%slog-%D"), KIND_MAIN, stamp), today);
    strftime(today, sizeof today, "/l/main.%Y%m", localtime(&now));
    CHECK_STR("%M", log_path_expand(pool, STR("/l/%s.%M"), KIND_MAIN, stamp), today);
    CHECK_INT("stamp", strlen(stamp), 6);
    pool_free(pool);
}

TEST(a_line_has_stamp_and_id_and_goes_to_its_logs)
{
    struct pool *pool = pool_new("test");
    struct log_settings set = settings();
    struct stat st;
    char path[512];

    log_configure(&set);
    log_write(LOG_ALWAYS, LOG_TO_MAIN, "1abcde-000001-2X", "<= %s", "a\nb");
    log_write(LOG_SUBJECT, LOG_TO_MAIN, NULL, "not selected");
    log_write_rejected(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_REJECT, NULL, STR("P Received: x\n\ty\nF From: \x01\n"),
                       "rejected");
    CHECK_CONTAINS("main", content(pool, "mainlog"), " 1abcde-000001-2X <= a\\nb\n");
    CHECK_CONTAINS("main", content(pool, "mainlog"), " rejected\n");
    CHECK_ROW("selector", strstr(content(pool, "mainlog"), "not selected") == NULL);
    CHECK_CONTAINS("reject", content(pool, "rejectlog"), " rejected\nP Received: x\n\ty\nF From: \\001\n");
    CHECK_ROW("stamp", content(pool, "mainlog")[4] == '-' && content(pool, "mainlog")[19] == ' ');
    snprintf(path, sizeof path, "%s/logs/mainlog", check_directory());
    CHECK_INT("stat", stat(path, &st), 0);
    CHECK_INT("mode", st.st_mode & 0777, 0640);
    forget("mainlog");
    forget("rejectlog");
    pool_free(pool);
}

TEST(settings_change_the_line)
{
    struct pool *pool = pool_new("test");
    struct log_settings set = settings();
    struct str reason;
    char pid[32];

    set.has_zone = true;
    set.print_topbitchars = true;
    set.write_rejectlog = false;
    CHECK(log_selectors_parse(STR("+pid +millisec"), &set.selectors, pool, &reason));
    log_configure(&set);
    log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_REJECT, NULL, "caf\xc3\xa9");
    snprintf(pid, sizeof pid, " [%ld] caf\xc3\xa9\n", (long)getpid());
    CHECK_CONTAINS("pid", content(pool, "mainlog"), pid);
    CHECK_ROW("millisec and zone", content(pool, "mainlog")[19] == '.' &&
              strchr("+-", content(pool, "mainlog")[24]) != NULL);
    CHECK_TEXT("no reject log", content(pool, "rejectlog"), "");
    forget("mainlog");
    pool_free(pool);
}

TEST(a_cycled_log_is_opened_again)
{
    struct pool *pool = pool_new("test");
    struct log_settings set = settings();
    char path[512], old[520];

    log_configure(&set);
    log_write(LOG_ALWAYS, LOG_TO_MAIN, NULL, "first");
    snprintf(path, sizeof path, "%s/logs/mainlog", check_directory());
    snprintf(old, sizeof old, "%s.1", path);
    CHECK_INT("rename", rename(path, old), 0);
    log_write(LOG_ALWAYS, LOG_TO_MAIN, NULL, "second");
    CHECK_CONTAINS("old", content(pool, "mainlog.1"), " first\n");
    CHECK_CONTAINS("new", content(pool, "mainlog"), " second\n");
    CHECK_ROW("nothing twice", strstr(content(pool, "mainlog"), "first") == NULL);
    forget("mainlog");
    forget("mainlog.1");
    pool_free(pool);
}

TEST(a_panic_keeps_indented_lines)
{
    struct pool *pool = pool_new("test");
    struct log_settings set = settings();
    int saved = dup(STDERR_FILENO);

    log_configure(&set);
    REQUIRE(freopen("/dev/null", "w", stderr) != NULL);
    log_panic(NULL, "configuration error:\n  %s", "x\ny");
    dup2(saved, STDERR_FILENO);
    close(saved);
    CHECK_CONTAINS("panic", content(pool, "paniclog"), " configuration error:\n  x\\ny\n");
    CHECK_CONTAINS("main", content(pool, "mainlog"), " configuration error:\n  x\\ny\n");
    forget("mainlog");
    forget("paniclog");
    pool_free(pool);
}

TEST(diverted_lines_go_nowhere_else)
{
    struct pool *pool = pool_new("test");
    struct log_settings set = settings();
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    log_configure(&set);
    log_divert(stream);
    log_write(LOG_ALWAYS, LOG_TO_MAIN, NULL, "shown");
    log_divert(NULL);
    fclose(stream);
    CHECK_TEXT("", text, "LOG: shown\n");
    CHECK_TEXT("", content(pool, "mainlog"), "");
    free(text);
    pool_free(pool);
}
