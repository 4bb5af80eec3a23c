/* Field numbers are those of TensorFlow's event.proto, summary.proto, tensor.proto and tensor_shape.proto. */
#include "record/events.h"

#include <stdlib.h>
#include <string.h>

enum { VARINT = 0, EIGHT = 1, BYTES = 2, FOUR = 5 };
enum { EVENT_WALL_TIME = 1, EVENT_STEP = 2, EVENT_FILE_VERSION = 3, EVENT_SUMMARY = 5 };
enum { SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_SIMPLE = 2, VALUE_TENSOR = 8, VALUE_METADATA = 9 };
enum { METADATA_PLUGIN = 1, PLUGIN_NAME = 1 };
enum { TENSOR_TYPE = 1, TENSOR_SHAPE = 2, TENSOR_STRING = 8, SHAPE_DIMENSION = 2, DIMENSION_SIZE = 1, TYPE_STRING = 7 };

uint32_t kith_crc32c(const void *bytes, size_t size)
{
    static const uint32_t polynomial = 0x82f63b78; /* Castagnoli's, bits reversed */
    const unsigned char *at = bytes;
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < size; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? polynomial : 0);
    }
    return ~crc;
}

uint32_t kith_crc32c_masked(const void *bytes, size_t size)
{
    const uint32_t crc = kith_crc32c(bytes, size);
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8;
}

/* ---- protocol buffers ---- */

/* A message that is being put together. */
typedef struct message {
    FILE *out;
    char *bytes;
    size_t size;
} message;

static bool open_message(message *m)
{
    *m = (message){.out = NULL};
    m->out = open_memstream(&m->bytes, &m->size);
    return m->out != NULL;
}

static void put_little(FILE *out, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        putc((int)(value >> (8 * i) & 0xff), out);
}

static void put_varint(FILE *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        putc((int)(value & 0x7f) | 0x80, out);
    putc((int)value, out);
}

static void put_key(FILE *out, unsigned field, unsigned kind)
{
    put_varint(out, field << 3 | kind);
}

static void put_number(FILE *out, unsigned field, uint64_t value)
{
    put_key(out, field, VARINT);
    put_varint(out, value);
}

static void put_double(FILE *out, unsigned field, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_key(out, field, EIGHT);
    put_little(out, bits, 8);
}

static void put_float(FILE *out, unsigned field, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_key(out, field, FOUR);
    put_little(out, bits, 4);
}

static void put_bytes(FILE *out, unsigned field, const char *bytes, size_t size)
{
    put_key(out, field, BYTES);
    put_varint(out, size);
    fwrite(bytes, 1, size, out);
}

static void put_text(FILE *out, unsigned field, const char *text)
{
    put_bytes(out, field, text, strlen(text));
}

/* Ends a message and puts it into another; false: memory is out. */
static bool put_message(FILE *out, unsigned field, message *m)
{
    const bool whole = fclose(m->out) == 0;
    if (whole) put_bytes(out, field, m->bytes, m->size);
    free(m->bytes);
    return whole;
}

/* ---- records ---- */

static bool begin_event(message *event, double wall_time, uint64_t step)
{
    if (!open_message(event)) return false;
    put_double(event->out, EVENT_WALL_TIME, wall_time);
    put_number(event->out, EVENT_STEP, step);
    return true;
}

static bool end_event(FILE *out, message *event, bool whole)
{
    unsigned char length[8];
    whole = fclose(event->out) == 0 && whole;
    if (whole) {
        for (int i = 0; i < 8; i++)
            length[i] = (unsigned char)((uint64_t)event->size >> (8 * i) & 0xff);
        fwrite(length, 1, sizeof length, out);
        put_little(out, kith_crc32c_masked(length, sizeof length), 4);
        fwrite(event->bytes, 1, event->size, out);
        put_little(out, kith_crc32c_masked(event->bytes, event->size), 4);
    }
    free(event->bytes);
    return whole;
}

bool kith_event_version(FILE *out, double wall_time)
{
    message event;
    if (!begin_event(&event, wall_time, 0)) return false;
    put_text(event.out, EVENT_FILE_VERSION, "brain.Event:2");
    return end_event(out, &event, true);
}

static bool put_scalar(FILE *summary, const kith_scalar *scalar)
{
    message value;
    if (!open_message(&value)) return false;
    put_text(value.out, VALUE_TAG, scalar->tag);
    put_float(value.out, VALUE_SIMPLE, (float)scalar->value);
    return put_message(summary, SUMMARY_VALUE, &value);
}

bool kith_event_scalars(FILE *out, double wall_time, uint64_t step, const kith_scalar *scalar, size_t scalars)
{
    message event, summary;
    if (!begin_event(&event, wall_time, step)) return false;
    bool whole = open_message(&summary);
    if (whole) {
        for (size_t i = 0; i < scalars; i++)
            whole = put_scalar(summary.out, &scalar[i]) && whole;
        whole = put_message(event.out, EVENT_SUMMARY, &summary) && whole;
    }
    return end_event(out, &event, whole);
}

/* SummaryMetadata that has the text dashboard show it. */
static bool put_metadata(FILE *value)
{
    message metadata, plugin;
    if (!open_message(&metadata)) return false;
    bool whole = open_message(&plugin);
    if (whole) {
        put_text(plugin.out, PLUGIN_NAME, "text");
        whole = put_message(metadata.out, METADATA_PLUGIN, &plugin);
    }
    return put_message(value, VALUE_METADATA, &metadata) && whole;
}

static bool put_shape(FILE *tensor)
{
    message shape, dimension;
    if (!open_message(&shape)) return false;
    bool whole = open_message(&dimension);
    if (whole) {
        put_number(dimension.out, DIMENSION_SIZE, 1);
        whole = put_message(shape.out, SHAPE_DIMENSION, &dimension);
    }
    return put_message(tensor, TENSOR_SHAPE, &shape) && whole;
}

static bool put_tensor(FILE *value, const char *text)
{
    message tensor;
    if (!open_message(&tensor)) return false;
    put_number(tensor.out, TENSOR_TYPE, TYPE_STRING);
    const bool whole = put_shape(tensor.out);
    put_text(tensor.out, TENSOR_STRING, text);
    return put_message(value, VALUE_TENSOR, &tensor) && whole;
}

static bool put_text_summary(FILE *event, const char *tag, const char *text)
{
    message summary, value;
    if (!open_message(&summary)) return false;
    bool whole = open_message(&value);
    if (whole) {
        put_text(value.out, VALUE_TAG, tag);
        whole = put_tensor(value.out, text);
        whole = put_metadata(value.out) && whole;
        whole = put_message(summary.out, SUMMARY_VALUE, &value) && whole;
    }
    return put_message(event, EVENT_SUMMARY, &summary) && whole;
}

bool kith_event_text(FILE *out, double wall_time, uint64_t step, const char *tag, const char *text)
{
    message event;
    if (!begin_event(&event, wall_time, step)) return false;
    return end_event(out, &event, put_text_summary(event.out, tag, text));
}
