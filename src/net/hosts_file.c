/* net/hosts_file.c -- see hosts_file.h. */
#include "net/hosts_file.h"
#include <fcntl.h>
#include <unistd.h>
#include "base/buf.h"

enum { HOSTS_MAX_BYTES = 4 << 20 };

static struct str
hosts_read(struct pool *pool)
{
    struct buf text;
    int fd = open("/etc/hosts", O_RDONLY | O_CLOEXEC);
    ssize_t count = 0;

    buf_init(&text, pool, HOSTS_MAX_BYTES);
    while (fd != -1) {
        char *space = buf_space(&text, 4096);

        if (space == NULL || (count = read(fd, space, 4096)) <= 0)
            break;
        buf_grow(&text, (size_t)count);
    }
    if (fd != -1)
        close(fd);
    return buf_str(&text);
}

/* One line: the address and the names behind it.  False for a comment or nonsense. */
static bool
line_parse(struct str line, struct ip_address *ip_out, struct str *names_out)
{
    struct str address;

    line = str_head(line, str_find(line, '#'));
    address = str_take_word(&line);
    *names_out = line;
    return ip_parse(address, ip_out);
}

size_t
hosts_text_addresses(struct str text, struct str name, struct ip_address *addresses_out, size_t room)
{
    struct str line, names, word;
    size_t count = 0;

    while (count < room && str_take_line(&text, &line)) {
        if (!line_parse(line, &addresses_out[count], &names))
            continue;
        for (word = str_take_word(&names); word.len > 0; word = str_take_word(&names))
            if (str_ieq(word, name)) {
                count++;
                break;
            }
    }
    return count;
}

size_t
hosts_text_names(struct str text, const struct ip_address *ip, struct str *names_out, size_t room, struct pool *pool)
{
    struct str line, names, word;
    struct ip_address found;
    size_t count = 0;

    while (str_take_line(&text, &line)) {
        if (!line_parse(line, &found, &names) || !ip_equal(&found, ip))
            continue;
        for (word = str_take_word(&names); word.len > 0 && count < room; word = str_take_word(&names))
            names_out[count++] = pool_dup(pool, word);
    }
    return count;
}

size_t
hosts_file_addresses(struct str name, struct ip_address *addresses_out, size_t room)
{
    struct pool *pool = pool_new("hosts file");
    size_t count = hosts_text_addresses(hosts_read(pool), name, addresses_out, room);

    pool_free(pool);
    return count;
}

size_t
hosts_file_names(const struct ip_address *ip, struct str *names_out, size_t room, struct pool *pool)
{
    struct pool *scratch = pool_new("hosts file");
    size_t count = hosts_text_names(hosts_read(scratch), ip, names_out, room, pool);

    pool_free(scratch);
    return count;
}
