/* spool/spool_file.h -- what a process holds open of one message.  Inside of the room. */
#ifndef SPOOL_SPOOL_FILE_H
#define SPOOL_SPOOL_FILE_H
#include <sys/stat.h>
#include "spool/spool.h"

enum { SPOOL_PATH_MAX_BYTES = 4096, SPOOL_SUFFIX_BYTES = 2, SPOOL_ID_16_BYTES = 16, SPOOL_ID_23_BYTES = 23,
       SPOOL_ROOM_BYTES = 64 * 1024 };

/* Largest -H that is read: the header section's limit and 50,000 recipients are far below. */
enum { SPOOL_HEADER_FILE_MAX_BYTES = 64 * 1024 * 1024 };

struct spool_file {
    const struct spool *spool;
    char directory[SPOOL_PATH_MAX_BYTES];   /* where the files are; no slash at the end */
    char id[MESSAGE_ID_MAX_BYTES + 1];
    int data_fd;                    /* locked; -1 if only read */
    int journal_fd;                 /* -1 until used */
    bool has_journal;
    bool is_new;                    /* made by spool_create() and not committed */
    char *room;                     /* body octets not written yet */
    size_t room_len;
    int64_t data_bytes;             /* length of -D so far, the room included */
    int failure_errno;              /* a write failed: the message is lost */
};

/* The directory for new files of this id ("input" or "input/X" of the spool). */
void spool_directory_for(const struct spool *spool, const char *id, bool is_split, const char *kind, char *path_out);

/* "directory/id" + suffix; false if that is too long. */
bool spool_file_path(const char *directory, const char *id, const char *suffix, char *path_out);

/* Make the directory of path (with its parents), as the spool's modes and owner have it. */
bool spool_make_directory(const struct spool *spool, const char *path);

/* Files of the spool are made with its mode and owner. -1 with errno. */
int spool_file_make(const struct spool *spool, const char *path, int flags);

/* An existing file of the spool: regular, one link, ours.  -1 with errno EPERM if it is not. */
int spool_file_open(const struct spool *spool, const char *path, int flags, struct stat *st_out);

/* Make the entries of file's directory durable, where an fsync of the file itself does not do it. */
bool spool_sync_entries(const struct spool *spool, const char *directory, int fd);
bool spool_sync_file(const struct spool *spool, int fd);

/* What the end mark of a -H text says of the -D file's length, or -1; and whether a mark was announced. */
struct spool_mark {
    int64_t data_bytes;
    bool is_announced;
};

enum spool_state spool_header_read(struct pool *pool, struct str text, const char *id, bool is_envelope_only,
                                   struct message **message_out, struct spool_mark *mark_out, struct why *why);

/* Add the addresses of -J to the message's nonrecipients. */
bool spool_journal_merge(const struct spool *spool, const char *directory, struct message *message,
                         bool *has_journal_out);
#endif
