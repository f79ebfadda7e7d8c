/* What the files of the unpacker share: unpack.c has the way through a value, unpack_records.c the
   objects that come in numbers, unpack_kinds.c each extension type, unpack_graph.c shared parts. */
#ifndef UNPACK_H
#define UNPACK_H

#include "codec.h"

enum { LAYOUT_COUNT = 16, LAYOUT_KEYS = 24 };

typedef struct {
    const uint8_t *bytes; /* borrowed: in the message */
    size_t len;
} Key;

/* Records mostly come in numbers, all with the same keys. What the first one's object looked like
   is kept, so that the others need no look-up per property. */
typedef struct {
    void *engine_layout; /* owned; NULL while the slot is free */
    uint32_t count;
    Key keys[LAYOUT_KEYS];
} Layout;

/* One value being read; lives in the frame of codec_unpack. */
typedef struct {
    const Codec *codec; /* borrowed */
    JSContext *ctx;
    Layout layouts[LAYOUT_COUNT];
    JSValue *nodes; /* of the EXT_GRAPH being read, owned by unpack_graph */
    uint32_t node_count;
} Unpacker;

/* All of these give an owned value, or JS_EXCEPTION with a pending error. */

/* unpack.c */
JSValue unpack_value(Unpacker *u, Reader *in, int depth);
JSValue unpack_array(Unpacker *u, Reader *in, uint64_t count, int depth);
JSValue unpack_malformed(JSContext *ctx);
/* Fill what is there already: 0, or -1 with a pending error. */
int unpack_elements(Unpacker *u, Reader *in, uint64_t from, uint64_t count, JSValueConst array,
                    int depth);
int unpack_members(Unpacker *u, Reader *in, uint64_t count, JSValueConst object, int depth);
/* `container` itself, or, when filling it gave -1, JS_EXCEPTION: then it is freed. */
JSValue unpack_filled(JSContext *ctx, JSValue container, int status);

/* unpack_records.c */
JSValue unpack_map(Unpacker *u, Reader *in, uint64_t count, int depth);

/* unpack_kinds.c */
JSValue unpack_ext(Unpacker *u, const Item *item, int depth);

/* unpack_graph.c */
JSValue unpack_graph(Unpacker *u, const Item *item);
JSValue unpack_reference(Unpacker *u, const Item *item);

#endif
