/* main/modes.h -- each mode of the program; the result is the exit status. */
#ifndef MAIN_MODES_H
#define MAIN_MODES_H
#include "main/invocation.h"

int mode_expand(struct invocation *invocation);
int mode_route_test(struct invocation *invocation);
int mode_verify(struct invocation *invocation);
int mode_host_test(struct invocation *invocation);
int mode_print_options(struct invocation *invocation);
int mode_retry_test(struct invocation *invocation);
int mode_rewrite_test(struct invocation *invocation);
int mode_version(struct invocation *invocation);
/* What -bV says of the program itself: needs no configuration. */
void version_print(void);
int mode_information(struct invocation *invocation);
int mode_not_built(struct invocation *invocation);

int mode_submit(struct invocation *invocation);
int mode_smtp(struct invocation *invocation);
int mode_batch_smtp(struct invocation *invocation);

int mode_queue_list(struct invocation *invocation);
int mode_message_action(struct invocation *invocation);
int mode_log_line(struct invocation *invocation);
int mode_aliases(struct invocation *invocation);

int mode_daemon(struct invocation *invocation);
int mode_queue_run(struct invocation *invocation);
#endif
