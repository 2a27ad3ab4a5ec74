/* Options of a delivery as bytes, for the launcher's request. */
#include "deliver/deliver.h"
#include "deliver/wire.h"

enum { PACKED_MAX_BYTES = 4096 };

struct str
deliver_options_pack(const struct deliver_options *options, struct pool *pool)
{
    const bool flags[] = { options->is_forced,     options->is_frozen_forced, options->is_thawing,
                           options->is_queue_run,  options->is_giving_up,     options->is_first_pass,
                           options->is_local_only, options->is_mua_wrapper,   options->is_waiting_for_made };
    struct buf out;

    buf_init(&out, pool, PACKED_MAX_BYTES);
    for (size_t i = 0; i < COUNT(flags); i++)
        wire_put_number(&out, flags[i]);
    wire_put_text(&out, options->cancelled_by);
    wire_put_text(&out, options->queue_name);
    return buf_str(&out);
}

bool
deliver_options_unpack(struct str bytes, struct deliver_options *options_out)
{
    struct wire_reader reader = { .rest = bytes };

    *options_out = (struct deliver_options){ 0 };
    if (bytes.len == 0)
        return true;
    options_out->is_forced = wire_take_bool(&reader);
    options_out->is_frozen_forced = wire_take_bool(&reader);
    options_out->is_thawing = wire_take_bool(&reader);
    options_out->is_queue_run = wire_take_bool(&reader);
    options_out->is_giving_up = wire_take_bool(&reader);
    options_out->is_first_pass = wire_take_bool(&reader);
    options_out->is_local_only = wire_take_bool(&reader);
    options_out->is_mua_wrapper = wire_take_bool(&reader);
    options_out->is_waiting_for_made = wire_take_bool(&reader);
    options_out->cancelled_by = wire_take_text(&reader);
    options_out->queue_name = wire_take_text(&reader);
    return wire_is_done(&reader);
}
