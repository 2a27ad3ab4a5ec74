/* config/printing.h -- the parts of -bP, shared by the files of this room only. */
#ifndef CONFIG_PRINTING_H
#define CONFIG_PRINTING_H
#include "config/print.h"

/* -bP config: the logical lines as they were read. */
void config_print_text(const struct config_print *print);

#define NOT_DISPLAYABLE "<value not displayable>"
#endif
