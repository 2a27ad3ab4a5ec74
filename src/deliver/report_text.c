#include "deliver/report_text.h"
#include "base/file.h"
#include "base/process.h"
#include "config/config.h"
#include "expand/expand.h"
#include "log/log.h"
#include "net/host.h"

enum { TEMPLATE_MAX_BYTES = 1 << 20, BREAK_COLUMN = 45, INDENT_COLUMNS = 4 };

struct template *
report_template_read(struct delivery_state *state, struct template *file, const char *option, size_t count)
{
    struct template *items;
    struct str name, text, line, start;
    struct why why;
    char *path;
    size_t i = 0;

    if (file == NULL)
        return NULL;
    why_init(&why, state->pool);
    if (expand(file, &state->scope, &name, &why) != OK) {
        log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC, state->message->id, "Failed to expand %s: %.*s", option,
                  STR_ARG(why.text));
        return NULL;
    }
    path = pool_cstr(state->pool, name);
    if (path == NULL || path[0] != '/' || str_is_tainted(name) ||
        !file_read(path, state->pool, CLEAN, TEMPLATE_MAX_BYTES, &text)) {
        log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC, state->message->id,
                  "Failed to open %.*s for message texts (%s)", STR_ARG(name), option);
        return NULL;
    }
    items = POOL_NEW_ARRAY(state->pool, struct template, count);
    start = text;
    while (i < count && str_take_line(&text, &line)) {
        if (!str_eq_c(str_trim_right(line), "****"))
            continue;
        items[i++].text = str_head(start, (size_t)(line.ptr - start.ptr));
        start = text;
    }
    if (i < count)
        items[i].text = start;
    for (i = 0; i < count; i++) {
        items[i].option_name = option;
        items[i].owner = "main";
    }
    return items;
}

bool
report_template_item(struct delivery_state *state, struct template *items, size_t i, struct str *text_out)
{
    struct why why;

    if (items == NULL || str_trim(items[i].text).len == 0)
        return false;
    why_init(&why, state->pool);
    if (expand(&items[i], &state->scope, text_out, &why) == OK)
        return text_out->len > 0;
    log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC, state->message->id, "Failed to expand item %zu of %s: %.*s",
              i + 1, items[i].option_name, STR_ARG(why.text));
    return false;
}

struct str
report_address_name(const struct address *addr)
{
    return addr->is_hidden_child ? STR("an undisclosed address") : addr->text;
}

/* The cause, folded behind a colon when a line grows long; "\n" (two characters) in a reply is a line end. */
static void
cause_add(struct buf *out, struct str text)
{
    size_t column = INDENT_COLUMNS;

    buf_add_c(out, "    ");
    for (size_t i = 0; i < text.len; i++) {
        bool is_escaped_lf = text.ptr[i] == '\\' && i + 1 < text.len && text.ptr[i + 1] == 'n';

        if (is_escaped_lf || text.ptr[i] == '\n') {
            buf_add_c(out, "\n    ");
            column = INDENT_COLUMNS;
            i += is_escaped_lf;
            continue;
        }
        buf_add(out, str_sub(text, i, 1));
        column++;
        if (text.ptr[i] == ':' && i + 1 < text.len && text.ptr[i + 1] == ' ' && column > BREAK_COLUMN) {
            buf_add_c(out, "\n    ");
            column = INDENT_COLUMNS;
            i++;
        }
    }
    buf_add_char(out, '\n');
}

/* What the sender may know: the text for users if there is one; of a local delivery no more than that it failed. */
static struct str
cause_text(const struct address *addr)
{
    if (addr->why.user_text.len > 0)
        return addr->why.user_text;
    if (addr->transport != NULL && transport_driver(addr->transport)->info.is_local)
        return STR("local delivery failed");
    return addr->why.text;
}

void
report_address(struct delivery_state *state, struct buf *out, const struct address *addr, const char *reason_word)
{
    const struct address *top = address_top(addr);
    struct str original = top->one_time_parent.len > 0 ? top->one_time_parent : top->text, cause = cause_text(addr);
    bool is_indirect = addr->parent != NULL && addr->parent != top;

    buf_addf_tainted(out, "  %.*s\n", STR_ARG(report_address_name(addr)));
    if (!str_eq(original, addr->text) || addr->is_hidden_child)
        buf_addf_tainted(out, "    (%sgenerated from %.*s)\n", is_indirect ? "ultimately " : "", STR_ARG(original));
    if (addr->is_hidden_child || cause.len == 0)
        return;
    if (addr->host_used != NULL && addr->host_used->name.len > 0)
        buf_addf_tainted(out, "    host %.*s [%.*s]\n", STR_ARG(addr->host_used->name),
                         STR_ARG(addr->host_used->address));
    if (reason_word != NULL)
        cause = pool_printf_tainted(state->pool, "%s%.*s", reason_word, STR_ARG(cause));
    cause_add(out, cause);
}
