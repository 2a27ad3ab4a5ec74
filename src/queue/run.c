#include "queue/run.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/process.h"
#include "base/regex.h"
#include "config/config.h"
#include "deliver/deliver.h"
#include "log/log.h"
#include "spool/spool.h"

enum { LOAD_SCALE = 1000, TIDY_AGE_S = 24 * 3600, OPTIONS_TEXT_BYTES = 64 };

struct run {
    const struct queue_run_options *options;
    struct pool *pool;
    const struct spool *spool;
    struct launch_link *link;
    struct regex *recipient_regex, *sender_regex;
};

/* "-qqf", as the log line of a run shows it. */
static void
describe(const struct queue_run_options *o, char into[OPTIONS_TEXT_BYTES])
{
    snprintf(into, OPTIONS_TEXT_BYTES, "%s%s%s%s%s%s%s", o->is_two_stage ? " -qq" : "", o->is_first_only ? " -qi" : "",
             o->takes_frozen ? " -qff" : o->is_forced ? " -qf" : "", o->is_local_only ? " -ql" : "",
             str_is_empty(o->recipient) ? "" : " -R", str_is_empty(o->sender) ? "" : " -S",
             str_is_empty(o->queue_name) ? "" : " -qG");
}

static bool
is_in_range(const struct queue_run_options *o, struct str id)
{
    return (str_is_empty(o->first_id) || str_compare(id, o->first_id) >= 0)
        && (str_is_empty(o->last_id) || str_compare(id, o->last_id) <= 0);
}

static bool
address_fits(struct str address, struct str wanted, struct regex *regex)
{
    return regex != NULL ? regex_matches(regex, address) : str_ifind_str(address, wanted) != STR_NONE;
}

/* -R: an undelivered recipient. */
static bool
has_recipient(const struct run *run, const struct message *message)
{
    for (size_t i = 0; i < message->recipient_count; i++) {
        struct str address = message->recipients[i].address;

        if (map_find(&message->nonrecipients, address) == NULL
            && address_fits(address, run->options->recipient, run->recipient_regex))
            return true;
    }
    return false;
}

/* Does the envelope fit?  Read only when something of it is asked for. */
static bool
is_selected(const struct run *run, const char *id)
{
    const struct queue_run_options *o = run->options;
    struct message *message;
    struct why why;
    bool fits;

    if (!is_in_range(o, str_of(id)))
        return false;
    if (str_is_empty(o->recipient) && str_is_empty(o->sender) && !o->is_first_only)
        return true;
    why_init(&why, run->pool);
    if (spool_read(run->spool, run->pool, id, true, &message, &why) != SPOOL_OK)
        return false;
    fits = (!o->is_first_only || message->is_first_try)
        && (str_is_empty(o->sender) || address_fits(message->sender, o->sender, run->sender_regex))
        && (str_is_empty(o->recipient) || has_recipient(run, message));
    spool_close(message);
    return fits;
}

/* deliver_queue_load_max: a run ends when the machine is too busy. */
static bool
is_too_busy(void)
{
    double load;

    return config->deliver_queue_load_max >= 0 && getloadavg(&load, 1) == 1
        && load * LOAD_SCALE > config->deliver_queue_load_max;
}

static void
progress_show(const struct run *run, size_t done, size_t all)
{
    if (run->options->is_told && isatty(STDERR_FILENO))
        fprintf(stderr, "\r%zu of %zu messages%s", done, all, done == all ? "\n" : "");
}

/* One pass.  False if the launcher has gone or the machine is too busy: the run is over. */
static bool
pass_run(const struct run *run, const struct deliver_options *deliver)
{
    struct spool_items items = { 0 };
    enum spool_order order = config->queue_run_in_order ? SPOOL_BY_ID : SPOOL_RANDOM;
    struct str packed = deliver_options_pack(deliver, run->pool);

    if (!spool_list(run->spool, run->pool, order, '\0', &items))
        return false;
    for (size_t i = 0; i < items.count; i++) {
        struct pool_mark mark = pool_mark(run->pool);
        enum outcome outcome = OK;
        struct why why;

        why_init(&why, run->pool);
        if (is_too_busy()) {
            log_write(LOG_QUEUE_RUN, LOG_TO_MAIN, NULL, "Abandon queue run: pid=%d (load is too high)", (int)getpid());
            return false;
        }
        if (is_selected(run, items.items[i].id))
            outcome = launch_deliver(run->link, items.items[i].id, packed, true, NULL, &why);
        pool_reset(run->pool, mark);
        if (outcome == DEFER && launch_link_fd(run->link) == -1)
            return false;
        progress_show(run, i + 1, items.count);
    }
    return true;
}

static bool
expressions_compile(struct run *run)
{
    const struct queue_run_options *o = run->options;
    struct why why;

    why_init(&why, run->pool);
    if (o->is_recipient_regex)
        run->recipient_regex = regex_compile(o->recipient, REGEX_CASELESS, &why);
    if (o->is_sender_regex)
        run->sender_regex = regex_compile(o->sender, REGEX_CASELESS, &why);
    if ((o->is_recipient_regex && run->recipient_regex == NULL) || (o->is_sender_regex && run->sender_regex == NULL)) {
        fprintf(stderr, "tern: %.*s\n", STR_ARG(why.text));
        return false;
    }
    return true;
}

int
queue_run(const struct queue_run_options *options, struct launch_link *link)
{
    struct run run = { .options = options, .pool = pool_new("queue run"), .link = link };
    struct deliver_options deliver = {
        .is_forced = options->is_forced,
        .is_frozen_forced = options->takes_frozen,
        .is_local_only = options->is_local_only,
        .is_queue_run = true,
        .queue_name = options->queue_name,
    };
    char text[OPTIONS_TEXT_BYTES];
    struct why why;
    bool is_going_on = true;

    why_init(&why, run.pool);
    run.spool = spool_configured(&why);
    if (run.spool != NULL && !str_is_empty(options->queue_name))
        run.spool = spool_of_queue(run.spool, run.pool, options->queue_name);
    if (run.spool == NULL) {
        fprintf(stderr, "tern: no such queue, or no spool: %.*s\n", STR_ARG(why.text));
        return EXIT_FAILURE;
    }
    if (!expressions_compile(&run))
        return EXIT_FAILURE;
    describe(options, text);
    log_write(LOG_QUEUE_RUN, LOG_TO_MAIN, NULL, "Start queue run: pid=%d%s", (int)getpid(), text);
    spool_tidy(run.spool, TIDY_AGE_S);
    if (options->is_two_stage) {
        deliver.is_first_pass = true;
        is_going_on = pass_run(&run, &deliver);
        deliver.is_first_pass = false;
    }
    if (is_going_on)
        pass_run(&run, &deliver);
    log_write(LOG_QUEUE_RUN, LOG_TO_MAIN, NULL, "End queue run: pid=%d%s", (int)getpid(), text);
    pool_free(run.pool);
    return EXIT_SUCCESS;
}
