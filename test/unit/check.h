/* test/unit/check.h -- the words of the unit tests, over cmocka.  A test file holds tables of facts and
 * TEST(name_states_what_holds) { ... } blocks; each file becomes one program that runs its tests in order.
 *
 * A CHECK that fails is reported with its place and label and the test goes on, so that one run shows every wrong
 * row of a table; a REQUIRE that fails ends the test. */
#ifndef TEST_UNIT_CHECK_H
#define TEST_UNIT_CHECK_H
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "base/str.h"

#ifndef COUNT
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#endif

struct check_test {
    const char *name;
    void (*run)(void);
    struct check_test *next;
};

void check_register(struct check_test *test);

#define TEST(name_)                                                                                     \
    static void test_##name_(void);                                                                     \
    static struct check_test entry_##name_ = { .name = #name_, .run = test_##name_ };                   \
    __attribute__((constructor)) static void register_##name_(void) { check_register(&entry_##name_); } \
    static void test_##name_(void)

/* The condition holds. */
#define CHECK(condition) check_true(__FILE__, __LINE__, "", #condition, (condition))
/* The condition holds for this row of a table. */
#define CHECK_ROW(label, condition) check_true(__FILE__, __LINE__, (label), #condition, (condition))
/* A view equals a C string; NULL stands for the empty view. */
#define CHECK_STR(label, actual, expected) check_str(__FILE__, __LINE__, (label), (actual), (expected))
/* Two views are equal. */
#define CHECK_VIEW(label, actual, expected) check_view(__FILE__, __LINE__, (label), (actual), (expected))
/* Two C strings are equal, or both NULL. */
#define CHECK_TEXT(label, actual, expected) check_text(__FILE__, __LINE__, (label), (actual), (expected))
/* A C string contains another. */
#define CHECK_CONTAINS(label, actual, part) check_contains(__FILE__, __LINE__, (label), (actual), (part))
/* Two numbers (integers, booleans, enumerations) are equal. */
#define CHECK_INT(label, actual, expected)                                                              \
    check_int(__FILE__, __LINE__, (label), (long long)(actual), (long long)(expected))
/* The condition holds, or the test ends here. */
#define REQUIRE(condition)                                                                              \
    do {                                                                                                \
        if (!check_true(__FILE__, __LINE__, "", #condition, (condition)))                               \
            check_stop();                                                                               \
    } while (0)
/* The test needs something that this machine does not have; it counts as skipped. */
#define SKIP(reason) check_skip(reason)

bool check_true(const char *file, int line, const char *label, const char *text, bool holds);
bool check_str(const char *file, int line, const char *label, struct str actual, const char *expected);
bool check_view(const char *file, int line, const char *label, struct str actual, struct str expected);
bool check_text(const char *file, int line, const char *label, const char *actual, const char *expected);
bool check_contains(const char *file, int line, const char *label, const char *actual, const char *part);
bool check_int(const char *file, int line, const char *label, long long actual, long long expected);
void check_stop(void);
void check_skip(const char *reason);

/* A directory of its own for this program, below $TMPDIR or /tmp, emptied and removed when the program ends. */
const char *check_directory(void);
#endif
