#include "check.h"
#include "main/command_line.h"

enum { WORDS_MAX = 8 };

static bool
read_words(const char *const *words, struct command_line *line, struct str *error)
{
    char *argv[WORDS_MAX + 2] = { (char *)"tern" };
    int argc = 1;

    while (words[argc - 1] != NULL && argc <= WORDS_MAX) {
        argv[argc] = (char *)words[argc - 1];
        argc++;
    }
    return command_line_read(argc, argv, pool_new("test"), line, error);
}

static const struct {
    const char *words[WORDS_MAX];
    enum mode mode;
    size_t word_count;
} modes[] = {
    { { "ann@tern.example" }, MODE_SUBMIT, 1 },
    { { "-t" }, MODE_SUBMIT, 0 },
    { { "-i", "-f", "x@y.example", "--", "-odd@tern.example" }, MODE_SUBMIT, 1 },
    { { "-bd", "-q30m" }, MODE_DAEMON, 0 },
    { { "-q30m" }, MODE_DAEMON, 0 },
    { { "-qff" }, MODE_QUEUE_RUN, 0 },
    { { "-R", "tern.example" }, MODE_QUEUE_RUN, 0 },
    { { "-bpru" }, MODE_QUEUE_LIST, 0 },
    { { "-bpc" }, MODE_QUEUE_LIST, 0 },
    { { "-Mvh", "1vMMMM-000000-00" }, MODE_MESSAGE_ACTION, 1 },
    { { "-bt", "ann@tern.example", "bob@tern.example" }, MODE_ROUTE_TEST, 2 },
    { { "-bP", "-n", "spool_directory" }, MODE_PRINT_OPTIONS, 1 },
    { { "-d+route-acl", "-bV" }, MODE_VERSION, 0 },
    { { "-bs", "-oMa", "192.0.2.1" }, MODE_SMTP, 0 },
};

TEST(options_choose_the_mode)
{
    for (size_t i = 0; i < COUNT(modes); i++) {
        struct command_line line;
        struct str error = STR("");

        CHECK_ROW(modes[i].words[0], read_words(modes[i].words, &line, &error));
        CHECK_INT(modes[i].words[0], line.mode, modes[i].mode);
        CHECK_INT(modes[i].words[0], line.words.count, modes[i].word_count);
    }
}

static const struct {
    const char *words[WORDS_MAX], *error;
} mistakes[] = {
    { { "-nosuch" }, "unknown option \"-nosuch\"" },
    { { "-oX" }, "a value must follow the option \"-oX\"" },
    { { "-odz" }, "malformed option \"-odz\"" },
    { { "-bpx" }, "malformed option \"-bpx\"" },
    { { "-q10x" }, "malformed option \"-q10x\"" },
};

TEST(mistakes_are_named)
{
    for (size_t i = 0; i < COUNT(mistakes); i++) {
        struct command_line line;
        struct str error = STR("");

        CHECK_ROW(mistakes[i].words[0], !read_words(mistakes[i].words, &line, &error));
        CHECK_ROW(mistakes[i].words[0], str_find_str(error, str_of(mistakes[i].error)) != STR_NONE);
    }
}

TEST(queue_run_letters_are_understood)
{
    const char *words[WORDS_MAX] = { "-qqifflGspecial/2h" };
    struct command_line line;
    struct str error;

    REQUIRE(read_words(words, &line, &error));
    CHECK(line.queue.is_two_stage && line.queue.is_first_only && line.queue.is_forced && line.queue.takes_frozen
          && line.queue.is_local_only);
    CHECK_STR("queue", line.queue.queue_name, "special");
    CHECK_INT("interval", line.queue.interval_s, 7200);
}

TEST(values_are_tainted)
{
    const char *words[WORDS_MAX] = { "-f", "x@y.example", "ann@tern.example" };
    struct command_line line;
    struct str error;

    REQUIRE(read_words(words, &line, &error));
    CHECK(str_is_tainted(line.sender));
    CHECK(str_is_tainted(line.words.items[0]));
}
