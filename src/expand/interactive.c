#include "expand/interactive.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "expand/expand.h"
#include "message/message.h"

enum { MESSAGE_FILE_MAX_BYTES = 256 << 20 };

void
expand_and_print(struct str text, struct scope *scope, FILE *out)
{
    struct pool *pool = scope->pool, *work = pool_new("expansion test");
    struct why why;
    struct str result;

    scope->pool = work;
    why_init(&why, work);
    /* What the person at the keyboard types is configuration text: it runs with that person's rights. */
    if (expand_text_once(pool_dup_clean(work, text), scope, &result, &why) == OK) {
        fwrite(result.ptr, 1, result.len, out);
    } else {
        fprintf(out, "Failed: %.*s", STR_ARG(why.text));
        if (why.place.len > 0 && isatty(fileno(out)))
            fprintf(out, "\n%.*s", STR_ARG(why.place));
    }
    fputc('\n', out);
    scope->pool = pool;
    pool_free(work);
}

/* A line and those that continue it: a backslash at the end, white space at the start of the next.  False at the end
 * of input. */
static bool
read_logical_line(FILE *in, struct pool *pool, struct str *line_out)
{
    struct buf whole;
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    bool is_continued = false, has_any = false;

    buf_init(&whole, pool, BUF_NO_LIMIT);
    while ((len = getline(&line, &room, in)) != -1) {
        struct str piece = str_trim_right(str_make(line, (size_t)len));

        has_any = true;
        if (is_continued)
            piece = str_trim_left(piece);
        is_continued = piece.len > 0 && piece.ptr[piece.len - 1] == '\\';
        if (is_continued)
            piece.len--;
        buf_add(&whole, piece);
        if (!is_continued)
            break;
    }
    free(line);
    *line_out = buf_str(&whole);
    return has_any;
}

int
expand_interactive(struct scope *scope, FILE *in, FILE *out)
{
    struct pool *pool = pool_new("expansion test input");
    struct str line;

    for (;;) {
        struct pool_mark mark = pool_mark(pool);

        fputs("> ", out);
        fflush(out);
        if (!read_logical_line(in, pool, &line))
            break;
        expand_and_print(line, scope, out);
        pool_reset(pool, mark);
    }
    fputc('\n', out);
    pool_free(pool);
    return EXIT_SUCCESS;
}

/* The header section at the front of text; its length with the empty line. */
static size_t
read_headers(struct message *message, struct str text)
{
    struct str rest = text, line;
    struct buf field;

    buf_init(&field, message->pool, BUF_NO_LIMIT);
    while (str_take_line(&rest, &line)) {
        line = str_trim_right(line);
        if (field.len > 0 && !(line.len > 0 && ascii_is_space(line.ptr[0]))) {
            message_add_header(message, buf_str(&field));
            buf_init(&field, message->pool, BUF_NO_LIMIT);
        }
        if (line.len == 0)
            return (size_t)(rest.ptr - text.ptr);
        buf_add(&field, line);
        buf_add_char(&field, '\n');
    }
    if (field.len > 0)
        message_add_header(message, buf_str(&field));
    return text.len;
}

static void
count_body(struct message *message, struct str body)
{
    struct str line;

    message->body_bytes = (int64_t)body.len;
    for (size_t i = 0; i < body.len; i++) {
        message->body_lines += body.ptr[i] == '\n';
        message->body_zeros += body.ptr[i] == '\0';
    }
    while (str_take_line(&body, &line))
        if ((int)line.len > message->max_received_line_bytes)
            message->max_received_line_bytes = (int)line.len;
}

bool
expand_load_message(struct str file, struct scope *scope, FILE *err)
{
    const char *path = pool_cstr(scope->pool, file);
    struct message *message;
    struct str text;
    int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    size_t start;

    if (fd == -1 || !file_read_fd(fd, scope->pool, TAINTED, MESSAGE_FILE_MAX_BYTES, &text)) {
        fprintf(err, "tern: failed to open %.*s: %s\n", STR_ARG(file), strerror(errno));
        return false;
    }
    message = message_new(scope->pool, scope->origin);
    start = read_headers(message, text);
    message->body_fd = fd;
    message->body_start = (int64_t)start;
    message->received_at = clock_now();
    message->message_bytes = (int64_t)text.len;
    count_body(message, str_from(text, start));
    for (const struct header_field *field = message->headers; field != NULL; field = field->next) {
        message->received_count += field->kind == HEADER_RECEIVED;
        for (size_t i = 0; i < field->text.len; i++)
            message->received_lines += field->text.ptr[i] == '\n';
    }
    message->received_lines += message->body_lines;
    if (scope->message != NULL)
        message->sender = scope->message->sender;
    scope->message = message;
    return true;
}
