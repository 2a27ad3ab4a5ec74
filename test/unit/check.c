/* test/unit/check.c -- the runner behind check.h: the tests of one file, each as a cmocka test. */
#include "check.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct check_test *first_test, **last_test = &first_test;
static int test_count;
static bool has_failed;             /* a CHECK of the running test */
static char directory[256];

void
check_register(struct check_test *test)
{
    *last_test = test;
    last_test = &test->next;
    test_count++;
}

/* Report a failed check with what was found; the text parts may be NULL. */
static void
report(const char *file, int line, const char *label, const char *what)
{
    has_failed = true;
    print_error("%s:%d: %s%s%s\n", file, line, label != NULL ? label : "(null)",
        label != NULL && *label != '\0' ? ": " : "", what);
}

bool
check_true(const char *file, int line, const char *label, const char *text, bool holds)
{
    char what[512];

    if (holds)
        return true;
    snprintf(what, sizeof(what), "does not hold: %s", text);
    report(file, line, label, what);
    return false;
}

/* Print a view for people: quoted, control characters as escapes. */
static void
print_view(const char *what, const char *ptr, size_t len)
{
    if (ptr == NULL) {
        print_error("    %s: (none)\n", what);
        return;
    }
    print_error("    %s: \"", what);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)ptr[i];

        if (c == '\n')
            print_error("\\n");
        else if (c == '\r')
            print_error("\\r");
        else if (c < 0x20 || c == 0x7f || c == '\\')
            print_error("\\x%02x", c);
        else
            print_error("%c", c);
    }
    print_error("\"\n");
}

static bool
views_equal(const char *file, int line, const char *label, struct str actual, struct str expected)
{
    if (actual.len == expected.len && (actual.len == 0 || memcmp(actual.ptr, expected.ptr, actual.len) == 0))
        return true;
    report(file, line, label, "is not what was expected");
    print_view("expected", expected.ptr, expected.len);
    print_view("found   ", actual.ptr, actual.len);
    return false;
}

bool
check_view(const char *file, int line, const char *label, struct str actual, struct str expected)
{
    return views_equal(file, line, label, actual, expected);
}

bool
check_str(const char *file, int line, const char *label, struct str actual, const char *expected)
{
    return views_equal(file, line, label, actual, str_of(expected));
}

bool
check_text(const char *file, int line, const char *label, const char *actual, const char *expected)
{
    if ((actual == NULL) != (expected == NULL)) {
        report(file, line, label, "is not what was expected");
        print_view("expected", expected, expected != NULL ? strlen(expected) : 0);
        print_view("found   ", actual, actual != NULL ? strlen(actual) : 0);
        return false;
    }
    return views_equal(file, line, label, str_of(actual), str_of(expected));
}

bool
check_contains(const char *file, int line, const char *label, const char *actual, const char *part)
{
    if (actual != NULL && strstr(actual, part) != NULL)
        return true;
    report(file, line, label, "does not contain what was expected");
    print_view("expected", part, strlen(part));
    print_view("found   ", actual, actual != NULL ? strlen(actual) : 0);
    return false;
}

bool
check_int(const char *file, int line, const char *label, long long actual, long long expected)
{
    char what[128];

    if (actual == expected)
        return true;
    snprintf(what, sizeof(what), "expected %lld, found %lld", expected, actual);
    report(file, line, label, what);
    return false;
}

void
check_stop(void)
{
    fail();
}

void
check_skip(const char *reason)
{
    print_message("skipped: %s\n", reason);
    skip();
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static pid_t directory_owner;

static void
remove_directory(void)
{
    if (getpid() == directory_owner)
        nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *
check_directory(void)
{
    if (directory[0] == '\0') {
        const char *parent = getenv("TMPDIR");

        snprintf(directory, sizeof(directory), "%s/tern-unit.XXXXXX", parent != NULL ? parent : "/tmp");
        if (mkdtemp(directory) == NULL) {
            directory[0] = '\0';
            fail_msg("cannot make a directory below %s", parent != NULL ? parent : "/tmp");
        }
        directory_owner = getpid();
        atexit(remove_directory);
    }
    return directory;
}

/* One test under cmocka: fails at its end if a CHECK failed. */
static void
run_one(void **state)
{
    const struct check_test *test = *state;

    has_failed = false;
    test->run();
    if (has_failed)
        fail();
}

int
main(int argc, char **argv)
{
    struct CMUnitTest *tests = calloc((size_t)test_count + 1, sizeof(*tests));
    size_t count = 0;
    int failed;

    if (tests == NULL)
        return 1;
    for (struct check_test *test = first_test; test != NULL; test = test->next)
        if (argc < 2 || strstr(test->name, argv[1]) != NULL)
            tests[count++] = (struct CMUnitTest){ test->name, run_one, NULL, NULL, test };
    failed = _cmocka_run_group_tests(argv[0], tests, count, NULL, NULL);
    printf("unit: %zu passed, %d failed, 0 skipped\n", count - (size_t)failed, failed);
    free(tests);
    return failed != 0;
}
