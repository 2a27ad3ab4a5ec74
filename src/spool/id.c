/* spool/id.c -- message ids (manual: message identification). */
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/encode.h"
#include "base/process.h"
#include "spool/spool_file.h"

/* tttttt-pppppp-ff and tttttt-ppppppppppp-ffff */
static const size_t dashes[2][2] = { { 6, 18 }, { 6, 13 } };
static const size_t lengths[2] = { SPOOL_ID_23_BYTES, SPOOL_ID_16_BYTES };

static bool
has_form(struct str id, enum spool_id_form form)
{
    if (id.len != lengths[form])
        return false;
    for (size_t i = 0; i < id.len; i++) {
        bool is_dash = i == dashes[form][0] || i == dashes[form][1];

        if (is_dash ? id.ptr[i] != '-' : !ascii_is_alnum(id.ptr[i]))
            return false;
    }
    return true;
}

bool
spool_id_is_valid(struct str id)
{
    return has_form(id, SPOOL_ID_23) || has_form(id, SPOOL_ID_16);
}

bool
spool_id_time(struct str id, time_t *when_out)
{
    uint64_t seconds;

    if (!spool_id_is_valid(id) || !base62_decode(str_head(id, 6), &seconds))
        return false;
    *when_out = (time_t)seconds;
    return true;
}

static void
put_base62(uint64_t value, size_t width, char *out)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    for (; width > 0; width--, value /= 62)
        out[width - 1] = digits[value % 62];
}

/* Units of the last part within a second: half of the range is left to localhost_number (0 to 16). */
static uint64_t
units_per_second(const struct spool *spool)
{
    if (spool->id_form == SPOOL_ID_16)
        return spool->localhost_number < 0 ? 2000 : 200;
    return spool->localhost_number < 0 ? 1000000 : 500000;
}

static const char last_key;

/* The moment of an id: later than that of the last one of this process, whatever the clock says. */
static uint64_t
next_moment(uint64_t units)
{
    struct last {
        uint64_t moment, units;
        pid_t pid;
    } *last = process_cache(&last_key, sizeof(*last));
    struct timeval now = clock_now();
    uint64_t moment = (uint64_t)now.tv_sec * units + (uint64_t)now.tv_usec * units / 1000000;

    if (last->pid == getpid() && last->units == units && moment <= last->moment)
        moment = last->moment + 1;
    last->moment = moment;
    last->units = units;
    last->pid = getpid();
    return moment;
}

void
spool_id_make(const struct spool *spool, char *id_out)
{
    uint64_t units = units_per_second(spool), moment = next_moment(units), fraction = moment % units;
    const size_t *dash = dashes[spool->id_form];
    size_t len = lengths[spool->id_form];

    if (spool->localhost_number >= 0)
        fraction += (uint64_t)spool->localhost_number * units;
    put_base62(moment / units, dash[0], id_out);
    id_out[dash[0]] = '-';
    put_base62((uint64_t)getpid(), dash[1] - dash[0] - 1, id_out + dash[0] + 1);
    id_out[dash[1]] = '-';
    put_base62(fraction, len - dash[1] - 1, id_out + dash[1] + 1);
    id_out[len] = '\0';
}
