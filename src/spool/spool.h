/* spool/spool.h -- the files of the messages we answer for: write, read, lock, journal, list.
 *
 * Layout and formats are Exim's (manual: format of spool files): input/ID-H, ID-D, ID-J and msglog/ID below
 * spool_directory, below input/X with split_spool_directory; a named queue is a directory between.
 *
 * Durability (DESIGN section 5): a message is accepted only with the token that spool_commit() fills. */
#ifndef SPOOL_SPOOL_H
#define SPOOL_SPOOL_H
#include <sys/types.h>
#include "base/outcome.h"
#include "message/message.h"

/* Both forms are read.  23 characters are written; tests that share a spool with an older Exim ask for 16. */
enum spool_id_form { SPOOL_ID_23, SPOOL_ID_16 };

/* Where messages are and how files are made.  Clean texts. */
struct spool {
    struct str directory;           /* spool_directory */
    struct str queue_name;          /* "" or a named queue */
    bool is_split;                  /* new messages go to subdirectories */
    enum spool_id_form id_form;
    int localhost_number;           /* -1: none */
    uid_t owner_uid;                /* files of others are not ours (uid 0 is believed, too) */
    gid_t owner_gid;
    mode_t file_mode, directory_mode;
    bool does_sync;                 /* false only by disable_fsync */
};

/* The configured spool; made once in a process.  NULL (why filled) if spool_directory cannot be expanded. */
const struct spool *spool_configured(struct why *why);

/* A spool somewhere else, with the defaults of the build: for tests and tools. */
void spool_init(struct spool *spool, struct str directory);

/* The spool of a named queue: a copy in pool. The name must not have "/" in it nor be "." or "..". NULL if it has. */
const struct spool *spool_of_queue(const struct spool *spool, struct pool *pool, struct str queue_name);

/* ---- Ids */

/* 16 or 23 characters of the right form. */
bool spool_id_is_valid(struct str id);

/* A fresh id: not given out before by this process or another, even if the clock steps. id_out has room for 24 octets.
 */
void spool_id_make(const struct spool *spool, char *id_out);

/* The time (seconds) within an id. */
bool spool_id_time(struct str id, time_t *when_out);

/* ---- Paths.  In pool, terminated, clean (an id is checked). */
struct str spool_path(const struct spool *spool, struct pool *pool, const char *id, const char *suffix); /* "-H" "-D"
                                                                                                            "-J" */
struct str spool_msglog_path(const struct spool *spool, struct pool *pool, const char *id);

/* ---- Taking a message in */

/* Proof that a message is durable on the spool: what a 250 after end of data is given for. */
struct spool_committed {
    char id[MESSAGE_ID_MAX_BYTES + 1];
    int64_t body_bytes;
};

/* The files of one message that this process has open.  message->spool points to it. */
struct spool_file;

/* Give the message its id, make its -D file and lock it.  DEFER: why has the cause; nothing is left behind. */
enum outcome spool_create(const struct spool *spool, struct message *message, struct why *why);

/* The same without a file, for -bh: the body goes to memory that spool_close() frees; there is nothing to commit. */
enum outcome spool_pretend(const struct spool *spool, struct message *message, struct why *why);

/* Append to the body (LF line ends unless message->is_spool_wireformat).  Buffered.  After DEFER the message can only
 * be abandoned. */
enum outcome spool_body_add(struct message *message, struct str text, struct why *why);

/* Flush what is buffered, so that message->body_fd holds the whole body (from body_start) for those who read it. */
enum outcome spool_body_end(struct message *message, struct why *why);

/* Write -H, make both files durable.  OK: *token_out is filled and the message is ours.  DEFER: it is not, and no file
 * is left.  The -D lock is held until spool_close(). */
enum outcome spool_commit(struct message *message, struct spool_committed *token_out, struct why *why);

/* Remove what spool_create() made; no effect after a commit. */
void spool_abandon(struct message *message);

/* ---- Working on a message */

enum spool_state {
    SPOOL_OK,
    SPOOL_LOCKED, /* another process is at work on it */
    SPOOL_GONE, /* no such message (any more) */
    SPOOL_HALF, /* was never wholly written: nobody was told that it is ours; spool_discard_half() */
    SPOOL_BAD, /* not in the format, or not our file: why tells; left alone */
    SPOOL_ERROR /* a system call failed: try later */
};

/* Open, lock and read; the journal is merged into message->nonrecipients (message->spool knows that there was one).
 * For deliveries and everything that changes the message.  Only SPOOL_OK keeps anything open. */
enum spool_state spool_open(const struct spool *spool, struct pool *pool, const char *id, struct message **message_out,
                            struct why *why);

/* Read only, no lock, nothing changed: for lists and -Mv.. commands.  With is_envelope_only the header section and the
 * body are not looked at (message->headers empty); else body_fd is open on the -D file.  The journal is merged. */
enum spool_state spool_read(const struct spool *spool, struct pool *pool, const char *id, bool is_envelope_only,
                            struct message **message_out, struct why *why);

/* The whole -H text to a message: no I/O; for fuzzing and tests. */
enum spool_state spool_header_parse(struct pool *pool, struct str text, const char *id, bool is_envelope_only,
                                    struct message **message_out, struct why *why);

/* Give a message that came from spool_header_parse() its -D file, open at fd. */
bool spool_body_attach(struct message *message, int fd);

/* The other way: the text of -H.  body_file_bytes: length of the -D file, or -1 for unknown. */
struct str spool_header_format(const struct message *message, struct pool *pool, int64_t body_file_bytes);

/* Replace -H by the message's present state: temporary file, fsync, rename, directory fsync.  DEFER leaves the old one.
 * The journal may go afterwards: spool_journal_remove(). */
enum outcome spool_rewrite_header(struct message *message, struct why *why);

/* Addresses that are done: appended to -J and durable when it returns OK.  Opened on first use. */
enum outcome spool_journal_add(struct message *message, const struct str *addresses, size_t count, struct why *why);
bool spool_has_journal(const struct message *message);
void spool_journal_remove(struct message *message);

/* The message is finished: remove -H (it exists as long as -H does), then -J, -D, message log.  A crash between leaves
 * what spool_tidy() removes. */
enum outcome spool_remove(struct message *message, struct why *why);

/* The same for a message without a journal, durable when it returns OK: the removal is then the record of its only
 * delivery. */
enum outcome spool_remove_durably(struct message *message, struct why *why);

/* Close and unlock. */
void spool_close(struct message *message);

/* Close in a child of fork() that must not disturb the parent's lock and files. */
void spool_forget(struct message *message);

/* Remove a SPOOL_HALF message, if it can be locked. */
bool spool_discard_half(const struct spool *spool, const char *id);

/* ---- Message log: msglog/ID, one line each, not durable */
bool spool_msglog_add(const struct spool *spool, const char *id, struct str line);
void spool_msglog_remove(const struct spool *spool, const char *id);

/* ---- The queue */

struct spool_item {
    char id[MESSAGE_ID_MAX_BYTES + 1];
    char subdirectory;              /* 0: in input/ itself */
};

struct spool_items {
    struct spool_item *items;
    size_t count, room;
};

enum spool_order { SPOOL_UNORDERED, SPOOL_BY_ID, SPOOL_RANDOM };

/* All messages that have an -H file, flat and split alike; read only; junk is passed over.  subdirectory: '\0' for all,
 * else only this one ('*': the flat part).  False if the input directory cannot be read (none at all: an empty list).
 */
bool spool_list(const struct spool *spool, struct pool *pool, enum spool_order order, char subdirectory,
                struct spool_items *items_out);

/* Number of messages: the same, counted only. */
bool spool_count(const struct spool *spool, size_t *count_out);

/* Clear away what crashes leave: -D without -H, -J without -H, temporary files, none younger than min_age_s and none
 * that is locked. Returns how many files were removed. */
int spool_tidy(const struct spool *spool, int min_age_s);

/* ---- Space: check_spool_space, check_spool_inodes, check_log_space, check_log_inodes.  OK, or DEFER (452) with why
 * for the log.  coming_bytes: announced size of the message, or 0. */
enum outcome spool_check_space(const struct spool *spool, int64_t coming_bytes, struct why *why);
#endif
