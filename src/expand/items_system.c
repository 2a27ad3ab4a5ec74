/* expand/items_system.c -- items that ask the system: ${run …}, ${readfile …}, ${dlfunc …}. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/child.h"
#include "base/file.h"
#include "base/map.h"
#include "base/process.h"
#include "expand/leftovers.h"
#include "expand/tree.h"

enum { RUN_TIMEOUT_S = 60, CODE_NOT_RUN = 127, CODE_TIMED_OUT = -256, DLFUNC_ARGS_MAX = 8 };

/* ---- readfile */

/* Newlines replaced. */
static struct str
with_line_ends(struct pool *pool, struct str text, struct str end)
{
    struct buf out;
    struct str line;
    bool has_newline;

    buf_init(&out, pool, expand_size_limit());
    do {
        has_newline = str_cut(text, '\n', &line, &text);
        buf_add(&out, line);
        if (has_newline)
            buf_add(&out, end);
    } while (has_newline);
    return buf_str(&out);
}

static enum outcome
readfile_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    struct str name, end;
    enum outcome outcome = expand_node_eval(call->args[0], scope, &name, why);
    const char *path;

    if ((scope->forbidden & EXPAND_FORBID_READFILE) != 0)
        return why_fail(why, 0, NULL, "file insertions are not permitted");
    if (outcome != OK)
        return outcome;
    if (str_is_tainted(name))
        return why_fail(why, 0, NULL, "Tainted filename '%.*s'", STR_ARG(name));
    path = pool_cstr(scope->pool, name);
    if (path == NULL || !file_read(path, scope->pool, CLEAN, expand_size_limit(), text_out))
        return why_fail(why, errno, NULL, "failed to open %.*s", STR_ARG(name));
    if (call->arg_count < 2)
        return OK;
    outcome = expand_node_eval(call->args[1], scope, &end, why);
    if (outcome == OK)
        *text_out = with_line_ends(scope->pool, *text_out, end);
    return outcome;
}

/* ---- run */

static enum outcome
expand_word(struct str word, struct str command, struct scope *scope, struct str *word_out, struct why *why)
{
    struct expansion *expansion = expansion_parse(scope->pool, word);
    struct why inner;
    enum outcome outcome;

    why_init(&inner, scope->pool);
    outcome = expand_node_eval(expansion->root, scope, word_out, &inner);
    if (outcome == OK)
        return OK;
    why_fail(why, 0, NULL, "Expansion of \"%.*s\" from command \"%.*s\" in ${run} expansion failed: %.*s",
             STR_ARG(word),
             STR_ARG(command), STR_ARG(inner.text));
    return outcome;
}

/* The words of the command: split first and expanded then, or the other way round. */
static enum outcome
command_words(const struct expand_call *call, struct scope *scope, struct str_list *words_out, struct why *why)
{
    bool is_preexpanded = call->word.len > 0;
    const char *fault = NULL;
    struct str command;
    enum outcome outcome = expand_node_eval(call->args[0], scope, &command, why);

    if (outcome != OK)
        return outcome;
    if (is_preexpanded && str_is_tainted(command))
        return why_fail(why, 0, NULL, "Attempt to exec tainted command: '%.*s'", STR_ARG(command));
    if (!child_split_arguments(scope->pool, command, words_out, &fault))
        return why_fail(why, 0, NULL, "%s", fault);
    for (size_t i = 0; i < words_out->count && !is_preexpanded && outcome == OK; i++) {
        struct str word;

        outcome = expand_word(words_out->items[i], command, scope, &word, why);
        if (outcome == OK && i == 0 && str_is_tainted(word))
            return why_fail(why, 0, NULL, "Attempt to exec tainted path: '%.*s'", STR_ARG(word));
        /* Other arguments than the program may come from outside: no shell reads them (manual: run). */
        if (outcome == OK)
            words_out->items[i] = pool_dup_clean(scope->pool, word);
    }
    return outcome;
}

/* Run it; the code of its end in *code_out, what it said in *output_out. */
static enum outcome
run_command(const struct str_list *words, struct scope *scope, int *code_out, struct str *output_out, struct why *why)
{
    const char **argv = POOL_NEW_ARRAY(scope->pool, const char *, words->count + 1);
    struct child_spec spec = { .argv = argv, .envp = (const char *const *)environ };
    struct child child;
    struct buf output;
    struct why inner;
    enum child_end end;

    for (size_t i = 0; i < words->count; i++)
        if ((argv[i] = pool_cstr(scope->pool, words->items[i])) == NULL)
            return why_fail(why, 0, NULL, "NUL in an argument of ${run}");
    *code_out = CODE_NOT_RUN;
    *output_out = STR("");
    if (words->count == 0 || strchr(argv[0], '/') == NULL)
        return OK;
    why_init(&inner, scope->pool);
    buf_init(&output, scope->pool, expand_size_limit());
    if (child_run(&spec, STR(""), &output, RUN_TIMEOUT_S, &end, &child, &inner) != OK) {
        if (inner.detail == 1)
            return OK;
        return why_fail(why, 0, NULL, "couldn't create child process: %.*s", STR_ARG(inner.text));
    }
    *output_out = buf_str(&output);
    if (end == CHILD_TIMED_OUT)
        *code_out = CODE_TIMED_OUT;
    else
        *code_out = end == CHILD_SIGNALLED ? -WTERMSIG(child.status) : child_code(&child);
    return OK;
}

static enum outcome
run_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    struct str_list words = { .count = 0 };
    struct str output, value_before = scope->value;
    enum outcome outcome;
    int code = CODE_NOT_RUN;

    if ((scope->forbidden & EXPAND_FORBID_RUN) != 0)
        return why_fail(why, 0, NULL, "running a command is not permitted");
    if ((outcome = command_words(call, scope, &words, why)) != OK
        || (outcome = run_command(&words, scope, &code, &output, why)) != OK)
        return outcome;
    if (code == CODE_TIMED_OUT)
        return why_fail(why, 0, NULL, "command timed out");
    leftovers_get()->runrc = code;
    scope->value = output;
    outcome = expand_branch(call, code == 0, output, scope, text_out, why);
    scope->value = value_before;
    return outcome;
}

/* ---- dlfunc */

/* The type that the manual gives for such functions; results as in its local_scan.h. */
typedef int dlfunc_function(unsigned char **yield, int argc, unsigned char *argv[]);
enum dlfunc_result { DLFUNC_OK = 0, DLFUNC_FAIL = 2, DLFUNC_ERROR = 3, DLFUNC_FAIL_FORCED = 4 };

/* A shared object, opened once in a process. */
static void *
object_open(const char *path, struct why *why)
{
    static const char key = 0;
    struct map *objects = process_cache(&key, sizeof *objects);
    void *object;

    if (objects->pool == NULL)
        map_init(objects, process_pool(), false);
    if ((object = map_get(objects, str_of(path))) != NULL)
        return object;
    object = dlopen(path, RTLD_LAZY);
    if (object == NULL)
        why_fail(why, 0, NULL, "dlopen \"%s\" failed: %s", path, dlerror());
    else
        map_set(objects, pool_dup(process_pool(), str_of(path)), object);
    return object;
}

static enum outcome
dlfunc_result(int result, const unsigned char *yield, const char *function, struct scope *scope, struct str *text_out,
              struct why *why)
{
    struct str text = yield == NULL ? STR("") : pool_dup_tainted(scope->pool, str_of((const char *)yield));

    if (result == DLFUNC_OK) {
        *text_out = text;
        return OK;
    }
    if (text.len > 0)
        why_fail(why, 0, NULL, "%.*s", STR_ARG(text));
    else
        why_fail(why, 0, NULL, "result from dlfunc \"%s\" is %d", function, result);
    if (why != NULL)
        why->is_forced = result == DLFUNC_FAIL_FORCED;
    return FAIL;
}

static enum outcome
dlfunc_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    unsigned char *argv[DLFUNC_ARGS_MAX + 1] = { NULL }, *yield = NULL;
    const char *texts[DLFUNC_ARGS_MAX + 2];
    dlfunc_function *function;
    void *object, *symbol;

    if ((scope->forbidden & EXPAND_FORBID_DLFUNC) != 0)
        return why_fail(why, 0, NULL, "dynamically-loaded functions are not permitted");
    for (size_t i = 0; i < call->arg_count; i++) {
        struct str text;
        enum outcome outcome = expand_node_eval(call->args[i], scope, &text, why);

        if (outcome != OK)
            return outcome;
        if (i < 2 && str_is_tainted(text))
            return why_fail(why, 0, NULL, "Tainted name '%.*s' for dlfunc", STR_ARG(text));
        if ((texts[i] = pool_cstr(scope->pool, text)) == NULL)
            return why_fail(why, 0, NULL, "NUL in an argument of dlfunc");
        if (i >= 2)
            argv[i - 2] = (unsigned char *)(uintptr_t)texts[i];
    }
    if ((object = object_open(texts[0], why)) == NULL)
        return FAIL;
    if ((symbol = dlsym(object, texts[1])) == NULL)
        return why_fail(why, 0, NULL, "dlsym \"%s\" in \"%s\" failed: %s", texts[1], texts[0], dlerror());
    memcpy(&function, &symbol, sizeof function);
    return dlfunc_result(function(&yield, (int)call->arg_count - 2, argv), yield, texts[1], scope, text_out, why);
}

const struct expand_item expand_system_items[] = {
    { .name = "readfile", .args_min = 1, .args_max = 2, .eval = readfile_eval },
    { .name = "run", .syntax = EXPAND_RUN, .has_branches = true, .eval = run_eval },
    { .name = "dlfunc", .args_min = 2, .args_max = 10, .eval = dlfunc_eval },
    { .name = NULL }
};
