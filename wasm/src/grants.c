/* What a script is granted: functions below the global `tools`, and global functions. */
#include "codec/msgpack_read.h"
#include "engine/internals.h"
#include "guest.h"

static bool is_named(Names names, const char *name, size_t len)
{
    const char *text;
    size_t text_len;
    for (uint32_t i = 0; i < names.count && read_text(&names.at, &text, &text_len); i++)
        if (text_len == len && !memcmp(text, name, len))
            return true;
    return false;
}

static JSValue granted_function(JSContext *ctx, const char *name, size_t len, bool located)
{
    JSValue text = JS_NewStringLen(ctx, name, len);
    if (JS_IsException(text))
        return text;
    JSValueConst data[1] = { text };
    JSValue function = JS_NewCFunctionData(ctx, calls_make, 1, located, 1, data);
    JS_FreeValue(ctx, text);
    return function;
}

static JSValue get_function(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv,
                            int magic, JSValueConst *data)
{
    (void)this_val, (void)argc, (void)argv, (void)magic;
    return JS_DupValue(ctx, data[0]);
}

static JSValue get_tools(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv,
                         int magic, JSValueConst *data)
{
    (void)this_val, (void)argc, (void)argv, (void)magic, (void)data;
    return JS_DupValue(ctx, guest.tools);
}

static JSValue refuse_change(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv,
                             int magic, JSValueConst *data)
{
    (void)this_val, (void)argc, (void)argv, (void)magic;
    const char *name = JS_ToCString(ctx, data[0]);
    if (!name)
        return JS_EXCEPTION;
    JS_ThrowTypeError(ctx, "'%s' is granted to the script and cannot be changed; use another name",
                      name);
    JS_FreeCString(ctx, name);
    return JS_EXCEPTION;
}

/* Makes a granted global: an accessor that cannot be changed, so a script can put nothing else there
   for the scripts after it, and declare nothing that hides it. */
static int pin(JSValueConst global, JSAtom atom, JSCFunctionData *get, JSValueConst value)
{
    JSContext *ctx = guest.ctx;
    JSValue name = JS_AtomToString(ctx, atom);
    JSValueConst held[1] = { value }, named[1] = { name };
    JSValue getter = JS_NewCFunctionData(ctx, get, 0, 0, 1, held);
    JSValue setter = JS_NewCFunctionData(ctx, refuse_change, 1, 0, 1, named);
    JS_FreeValue(ctx, name);
    if (!JS_IsException(getter) && !JS_IsException(setter))
        return engine_pin(ctx, global, atom, getter, setter);
    JS_FreeValue(ctx, getter);
    JS_FreeValue(ctx, setter);
    return -1;
}

static int define_granted(JSValueConst on, Names *names, Names located, bool global)
{
    JSContext *ctx = guest.ctx;
    const char *text;
    size_t len;
    if (!read_text(&names->at, &text, &len))
        return JS_ThrowInternalError(ctx, "malformed message from the host"), -1;
    JSAtom atom = JS_NewAtomLen(ctx, text, len);
    if (atom == JS_ATOM_NULL)
        return -1;
    JSValue function = granted_function(ctx, text, len, is_named(located, text, len));
    int done = -1;
    if (!JS_IsException(function)) {
        JSValue name = JS_AtomToString(ctx, atom);
        JS_DefinePropertyValueStr(ctx, function, "name", name, JS_PROP_CONFIGURABLE);
        if (global) {
            done = pin(on, atom, get_function, function);
            JS_FreeValue(ctx, function);
        } else {
            done = JS_DefinePropertyValue(ctx, on, atom, function, JS_PROP_ENUMERABLE);
        }
    }
    JS_FreeAtom(ctx, atom);
    if (global) {
        buffer_put(&guest.functions, text, len);
        buffer_byte(&guest.functions, 0);
        guest.no_memory |= guest.functions.status != 0;
    }
    return done < 0 ? -1 : 0;
}

bool grants_is_function(const char *name)
{
    const char *known = (const char *)guest.functions.data;
    const char *end = known + guest.functions.len;
    while (known < end && strcmp(known, name))
        known += strlen(known) + 1;
    return known < end;
}

static void forget_functions(JSValueConst global)
{
    const char *name = (const char *)guest.functions.data;
    const char *end = name + guest.functions.len;
    while (name < end) {
        JSAtom atom = JS_NewAtom(guest.ctx, name);
        if (atom == JS_ATOM_NULL || engine_unpin(guest.ctx, global, atom) < 0)
            guest.no_memory = true;
        JS_FreeAtom(guest.ctx, atom);
        name += strlen(name) + 1;
    }
    guest.functions.len = 0;
}

/* Replaces what scripts are granted: `tools.<name>` for the first list, globals for the second. Where the
   script calls those of the third list is told to the host. */
int grants_replace(Names tool_names, Names functions, Names located)
{
    JSContext *ctx = guest.ctx;
    bool nothing = !tool_names.count && !functions.count;
    if (nothing && guest.grants_nothing)
        return 0; /* an empty object that no script can change stays as it is */
    guest.grants_nothing = false;
    JSValue global = JS_GetGlobalObject(ctx);
    JSValue tools = JS_NewObjectProto(ctx, JS_NULL);
    int result = JS_IsException(tools) ? -1 : 0;
    forget_functions(global);
    for (uint32_t i = 0; i < tool_names.count && result == 0; i++)
        result = define_granted(tools, &tool_names, located, false);
    for (uint32_t i = 0; i < functions.count && result == 0; i++)
        result = define_granted(global, &functions, located, true);
    if (result == 0)
        result = JS_PreventExtensions(ctx, tools) < 0 ? -1 : 0;
    JS_FreeValue(ctx, guest.tools);
    guest.tools = result == 0 ? tools : JS_UNDEFINED;
    guest.grants_nothing = nothing && result == 0;
    engine_note_tools(guest.tools);
    if (result < 0)
        JS_FreeValue(ctx, tools);
    JS_FreeValue(ctx, global);
    return result;
}

int grants_define_tools(JSValueConst global)
{
    JSAtom atom = JS_NewAtom(guest.ctx, "tools");
    int done = atom == JS_ATOM_NULL ? -1 : pin(global, atom, get_tools, JS_UNDEFINED);
    JS_FreeAtom(guest.ctx, atom);
    return done;
}
