/* config/local_scan.c -- "begin local_scan": no local_scan() function is built in, so there are no options for one. */
#include "config/reader.h"

static void *
local_scan_begin(struct option_reader *reader)
{
    reader_error(reader, "local_scan() options not supported: (LOCAL_SCAN_HAS_OPTIONS not defined in Local/Makefile)");
    return NULL;
}

const struct config_section local_scan_section = { .name = "local_scan", .begin = local_scan_begin };
