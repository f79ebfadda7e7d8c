/* MessagePack in linear memory, directly from and to JavaScript values. wasm/README.md has the
   table of the extension types; langchain_quickjs/interpreter/wire/encode.py is the other end. */
#ifndef CODEC_H
#define CODEC_H

#include <stdbool.h>
#include "buffer.h"
#include "msgpack_read.h"
#include "quickjs.h"

/* Extension types; the payload is MessagePack again unless said otherwise. */
enum {
    EXT_UNDEFINED = 0, /* empty */
    EXT_BIGINT = 1,    /* ASCII hexadecimal digits, after an optional '-' */
    EXT_DATE = 2,      /* float64, big-endian: milliseconds since the epoch; NaN is Invalid Date */
    EXT_MAP = 3,       /* array: key, value, key, value, ... */
    EXT_SET = 4,       /* array */
    EXT_REGEXP = 5,    /* array: source, flags */
    EXT_ERROR = 6,     /* array: name, message, stack, has_cause, cause, errors or nil */
    EXT_TYPED = 7,     /* one byte of JSTypedArrayEnum, then the elements, little-endian */
    EXT_HOLE = 8,      /* empty: an array element that is not there */
    EXT_GRAPH = 9,     /* array of nodes, the root first; see pack.c */
    EXT_REF = 10,      /* uint32, big-endian: a node of the enclosing EXT_GRAPH */
    EXT_BUFFER = 11,   /* the bytes of an ArrayBuffer */
};

enum { CODEC_MAX_DEPTH = 200 };

/* What the codec needs of the prelude: functions that hold the original built-ins, so that script
   code which has changed a prototype cannot mislead it. All owned by whoever fills the struct. */
typedef struct {
    JSValue flatten;  /* Map -> [k, v, ...]; Set -> [v, ...]; RegExp -> [source, flags] */
    JSValue revive;   /* (kind, array) -> Map, Set, RegExp or Error; (kind, value, array) fills it */
    JSValue get_time; /* Date -> milliseconds */
    JSValue to_hex;   /* BigInt -> hexadecimal text */
    JSValue from_hex; /* hexadecimal text -> BigInt */
    JSValue url_text; /* URL or URLSearchParams -> its text; anything else -> undefined */
} CodecHelpers;

typedef struct {
    JSContext *ctx;
    const CodecHelpers *helpers;
    JSClassID plain_object; /* class id of `{}` */
} Codec;

/* Appends `value` to `out`. 0, or -2 with a pending TypeError that names the path to what cannot
   cross (starting at `root`, and `number` unless that is 0). A full buffer is -1; a script's own
   exception passes through, also with -1. */
int codec_pack(const Codec *codec, Buffer *out, JSValueConst value, const char *root,
               uint32_t number);

/* Reads one value; JS_EXCEPTION with a pending error when the bytes are no valid message. */
JSValue codec_unpack(const Codec *codec, Reader *in);

#endif
