/* What the public API of the engine does not offer: reading and making plain objects and arrays
   without a look-up per property, and making free memory zero. See internals.inc, and bytecode.inc for
   what an error message says of a call. */
#ifndef INTERNALS_H
#define INTERNALS_H

#include "quickjs.h"

/* The layout of a plain object: which keys, in which order. Owned by the caller, and as long as it is,
   no object that has it can change without getting another. NULL unless all of the object's own
   properties are enumerable data under text keys that are not indices; `*count` says how many. */
void *engine_layout(JSContext *ctx, JSValueConst object, uint32_t *count);
void *engine_dup_layout(void *layout);
void engine_free_layout(JSContext *ctx, void *layout);

/* Whether the object has that layout now. */
bool engine_has_layout(JSValueConst object, const void *layout);

/* Key `i` of a layout, borrowed; value `i` of an object that has it, owned. */
JSAtom engine_layout_key(const void *layout, uint32_t i);
JSValue engine_layout_value(JSValueConst object, uint32_t i);

/* A plain object of that layout; takes ownership of the values. */
JSValue engine_new_record(JSContext *ctx, void *layout, JSValue *values);

/* Element `i` (owned) of a dense array; false for anything else. */
bool engine_array_get(JSValueConst array, uint32_t i, JSValue *value);

/* What is in a Number, String, Boolean, BigInt or Symbol object (owned); false for anything else. */
bool engine_unbox(JSValueConst object, JSValue *value);

/* Whether it is an instance whose first property is a private field or method. */
bool engine_is_private(JSContext *ctx, JSValueConst object);

/* What the iterator of a Map or Set will still give, without moving it on: an array of keys, values
   or pairs (then *pairs). JS_UNDEFINED for anything else. */
JSValue engine_iterator_rest(JSContext *ctx, JSValueConst iterator, bool *pairs);

/* Whether it is an iterator or a generator, of which no copy says anything. */
bool engine_is_iterator(JSValueConst value);

/* Whether a Map has no entries. */
bool engine_map_is_empty(JSValueConst map);

/* An Error that has no stack yet: it gets one where a script throws it, or awaits it in vain. */
JSValue engine_new_error(JSContext *ctx);

/* A pending promise of a call, without functions to settle it: only engine_settle can. */
JSValue engine_new_promise(JSContext *ctx);

/* Settles a pending promise with just this value: no `then` of it is looked up. */
void engine_settle(JSContext *ctx, JSValueConst promise, JSValueConst value, bool rejected);

/* What throws when a promise of a call, or one that came of such promises, is taken for what it will give.
   `name` is the property that was looked for; JS_ATOM_NULL if it was taken for a list, or for text. */
typedef void engine_unawaited(JSContext *ctx, JSValueConst promise, JSAtom name);
void engine_watch_promises(engine_unawaited *callback);

/* Whether what was compiled since it was asked last has `a < b > (c)` in it. */
bool engine_looks_typed(JSRuntime *rt);
/* How the script that is compiled next is read, if it is the same as before and its last statement begins
   with a brace: that statement as an object, or as the block that it is. Tells whether it does. */
bool engine_read_last_object(JSRuntime *rt, bool as_object);

/* Makes a name of an object, the global one, an accessor that script code cannot change, hide or
   remove, whatever earlier code declared or made of it or of the object. */
int engine_pin(JSContext *ctx, JSValueConst global, JSAtom name, JSValue getter, JSValue setter);

/* Takes such an accessor away. */
int engine_unpin(JSContext *ctx, JSValueConst global, JSAtom name);

/* Whether less than that is left of the stack that scripts may use. */
bool engine_stack_is_short(JSContext *ctx, size_t bytes);

/* Collects garbage if more than a little has been allocated since the last time: a collection
   touches every object, so all its pages are copied that were shared with other instances. */
void engine_collect(JSRuntime *rt, size_t *collected);

/* Which object has the tools, for what an error says of a call. */
void engine_note_tools(JSValueConst tools);

/* Another script begins: what is compiled from here on is of this one. */
void engine_begin_script(JSRuntime *rt);

/* Why a program did not compile. */
struct engine_failure {
    size_t reached; /* offset of the error in the source; SIZE_MAX when all of it was parsed */
    bool of_syntax; /* an error of the program, not of memory or stack */
    bool refused; /* TypeScript that cannot run here */
};

/* Compiles a program as JavaScript, or as TypeScript whose types are skipped where they stand. What comes of it is
   for JS_EvalFunction: nothing is declared before that. JS_EXCEPTION when it does not compile. */
JSValue engine_compile(JSContext *ctx, const char *source, size_t len, const char *filename, bool typed,
                       struct engine_failure *failure);

/* Whether a compiled program is an async function, whose promise gives { value }; others give the value. */
bool engine_awaits(JSValueConst program);

/* The line of the innermost frame of that file and of the present script, or 0. A frame notes where it is
   before whatever may call; when it has only been entered, it may have come anywhere since. Only reads, so
   that a guest may be asked that was stopped, whose heap may be in any state. */
int engine_line(JSRuntime *rt, const char *filename, int *column, bool *entered);

/* Makes the free blocks of the small-block arenas zero. */
void engine_scrub(JSRuntime *rt);

/* After boot: what scripts allocate lies together from here on. False if there is no room for that. */
bool engine_make_nursery(JSRuntime *rt);

#endif
