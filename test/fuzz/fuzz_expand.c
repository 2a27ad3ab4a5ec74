/* The parser and the walk over any text, with a message and values from outside in the scope.  The items that reach
 * out of the process are forbidden. */
#include <stdlib.h>
#include "base/process.h"
#include "expand/expand.h"
#include "message/message.h"

enum { INPUT_MAX_BYTES = 4096 };

static struct message *
make_message(struct pool *pool, struct origin *origin)
{
    struct message *message = message_new(pool, origin);

    message->sender = pool_dup_tainted(pool, STR("\"a b\"@tern.example"));
    message_add_recipient(message, pool_dup_tainted(pool, STR("bob@tern.example")));
    message_add_header(message, pool_dup_tainted(pool, STR("Subject: =?utf-8?Q?caf=C3=A9?= ${run{/bin/false}} $1\n")));
    message_add_header(message, pool_dup_tainted(pool, STR("To: a@b, \"c:d\" <e@f>,\n g@h\n")));
    message_add_header(message, pool_dup_tainted(pool, STR("X: {\"a\":[1,\"2\",{\"b\":null}]}\n")));
    return message;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

/* What the process keeps for its life is held in pools, where the leak checker does not look. */
const char *
__asan_default_options(void)
{
    return "detect_leaks=0";
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pool *pool;
    struct scope scope;
    struct why why;
    struct str text, result;
    uint64_t steps = 9900000;

    if (size > INPUT_MAX_BYTES)
        return 0;
    pool = pool_new("fuzz");
    scope = scope_make(pool);
    text = pool_dup_clean(pool, str_make((const char *)data, size));
    scope.origin = origin_new(pool);
    scope.message = make_message(pool, scope.origin);
    scope.item = pool_dup_tainted(pool, STR("item:1"));
    scope.steps = &steps;
    scope.forbidden = EXPAND_FORBID_RUN | EXPAND_FORBID_READSOCKET | EXPAND_FORBID_DLFUNC | EXPAND_FORBID_READFILE
                      | EXPAND_FORBID_LOOKUP | EXPAND_FORBID_EXISTSTEST | EXPAND_FORBID_PERL;
    why_init(&why, pool);
    if (expand_text_once(text, &scope, &result, &why) == OK && result.len > 0 && result.ptr == NULL)
        abort();
    pool_free(pool);
    return 0;
}
