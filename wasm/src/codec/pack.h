/* What the files of the packer share: pack.c has the way through a value, pack_records.c the objects
   that come in numbers, pack_kinds.c each other kind. */
#ifndef PACK_H
#define PACK_H

#include "codec.h"
#include "msgpack_write.h"
#include "seen.h"

/* Where a part is, for error messages; each lives in the frame of whoever packs that part. */
typedef struct Path {
    const struct Path *up;
    const char *root; /* the outermost step has this, and a number unless that is 0 */
    JSAtom key;       /* others: a property name, or JS_ATOM_NULL and an index */
    uint32_t index;
} Path;

enum { LAYOUT_COUNT = 16, LAYOUT_KEYS = 24, LAYOUT_BYTES = 512 };

/* Records mostly come in numbers, all with the same keys: those are kept as they are written. */
typedef struct {
    void *engine_layout; /* owned; NULL while the slot is free */
    uint16_t ends[LAYOUT_KEYS]; /* where the text of each key ends, header included */
    uint8_t text[LAYOUT_BYTES];
} Layout;

/* One value being packed; lives in the frame of codec_pack. */
typedef struct {
    const Codec *codec; /* borrowed */
    JSContext *ctx;
    Buffer *out; /* borrowed */
    Layout *layouts[LAYOUT_COUNT];  /* owned, made when needed */
    const void *met[LAYOUT_COUNT]; /* the layout seen there last; for comparison only */
    Seen seen;
    bool graph;
    bool refused;   /* it has a part that cannot cross */
    JSValue *nodes; /* graph mode: owned references, in the order of their numbers */
    uint32_t node_capacity;
} Packer;

/* PACK_ERROR comes with a pending exception. */
enum { PACK_OK = 0, PACK_ERROR = -1, PACK_SHARED = 1, PACK_CHANGED = 2 };

/* pack.c */
int pack_value(Packer *p, JSValueConst v, const Path *path, int depth);
int pack_array(Packer *p, JSValueConst array, const Path *path, int depth);
int pack_refuse(Packer *p, const Path *path, const char *what); /* a TypeError with the path */
int pack_full(Packer *p);                                       /* throws what the buffer says */

/* pack_records.c */
int pack_plain(Packer *p, JSValueConst object, const Path *path, int depth);
void pack_forget_layouts(Packer *p);

/* pack_kinds.c */
int pack_string(Packer *p, JSValueConst v);
int pack_bigint(Packer *p, JSValueConst v);
int pack_date(Packer *p, JSValueConst v);
int pack_flattened(Packer *p, uint8_t type, JSValueConst v, const Path *path, int depth);
int pack_error(Packer *p, JSValueConst error, const Path *path, int depth);
int pack_bytes(Packer *p, JSValueConst v, int typed, const Path *path);

#endif
