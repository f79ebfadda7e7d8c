/* The course of a script: from its start over the promises that it waits for to its end. */
#include <string.h>

#include "engine/internals.h"
#include "guest.h"

enum { MAX_REJECTIONS = 100 };

static void note_rejection(JSContext *ctx, JSValueConst promise, JSValueConst reason, bool handled,
                           void *opaque)
{
    (void)reason, (void)opaque;
    if (!handled) {
        if (guest.rejection_count < MAX_REJECTIONS)
            guest.rejections[guest.rejection_count++] = JS_DupValue(ctx, promise);
        return;
    }
    for (uint32_t i = 0; i < guest.rejection_count; i++) {
        if (JS_VALUE_GET_PTR(guest.rejections[i]) != JS_VALUE_GET_PTR(promise))
            continue;
        JS_FreeValue(ctx, guest.rejections[i]);
        guest.rejections[i] = guest.rejections[--guest.rejection_count];
        return;
    }
}

void script_clear_rejections(bool report)
{
    for (uint32_t i = 0; i < guest.rejection_count; i++) {
        JSValue promise = guest.rejections[i];
        if (report) {
            JSValue reason = JS_PromiseResult(guest.ctx, promise);
            JSValueConst args[1] = { reason };
            JS_FreeValue(guest.ctx, JS_Call(guest.ctx, guest.report_rejection, JS_UNDEFINED, 1,
                                            args));
            JS_FreeValue(guest.ctx, reason);
        }
        JS_FreeValue(guest.ctx, promise);
    }
    guest.rejection_count = 0;
}

void script_run_jobs(void)
{
    JSContext *ctx;
    int more;
    while ((more = JS_ExecutePendingJob(guest.rt, &ctx)) != 0) {
        if (more < 0) /* a job's own exception has nowhere to go: promises carry theirs */
            JS_FreeValue(ctx, JS_GetException(ctx));
    }
}

/* Calls a function of the prelude that takes nothing. Those throw only when memory or stack ends:
   then undefined. */
JSValue script_ask_prelude(JSValueConst function)
{
    JSValue answer = JS_Call(guest.ctx, function, JS_UNDEFINED, 0, NULL);
    if (!JS_IsException(answer))
        return answer;
    JS_FreeValue(guest.ctx, JS_GetException(guest.ctx));
    return JS_UNDEFINED;
}

bool script_run_due_timer(void)
{
    if (engine_map_is_empty(guest.timers))
        return false;
    JSValue ran = script_ask_prelude(guest.run_timers);
    bool more = JS_IsBool(ran) && JS_VALUE_GET_BOOL(ran);
    JS_FreeValue(guest.ctx, ran);
    return more;
}

void script_forget(void)
{
    calls_clear();
    script_clear_rejections(false);
    JS_FreeValue(guest.ctx, guest.main);
    JS_FreeValue(guest.ctx, guest.value);
    guest.main = guest.value = JS_UNDEFINED;
    guest.unwrapped = guest.fulfilled = false;
    if (guest.to_clear)
        JS_FreeValue(guest.ctx, script_ask_prelude(guest.clear_timers));
    guest.to_clear = false;
}

/* What a script has come to, which this takes. When that is a promise, the script has forgotten an `await`, and
   we wait as it would have. */
static bool adopt_value(JSValue value)
{
    if (JS_IsPromise(value)) {
        JS_PromiseMarkAsHandled(guest.ctx, value);
        JS_FreeValue(guest.ctx, guest.main);
        guest.main = value;
        return false;
    }
    guest.value = value;
    guest.fulfilled = true;
    return true;
}

/* The promise of an async program resolves to { value: last expression }. */
static bool adopt_result(void)
{
    JSValue value = JS_PromiseResult(guest.ctx, guest.main);
    if (!guest.unwrapped) {
        JSValue wrapper = value;
        value = JS_GetPropertyStr(guest.ctx, wrapper, "value");
        JS_FreeValue(guest.ctx, wrapper);
        guest.unwrapped = true;
    }
    return adopt_value(value);
}

/* A script has completed when its body has, and every call it made is answered. */
void script_conclude(void)
{
    while (!guest.fulfilled) {
        JSPromiseStateEnum state = JS_PromiseState(guest.ctx, guest.main);
        if (state == JS_PROMISE_PENDING) {
            reply_suspended();
            return;
        }
        if (state == JS_PROMISE_REJECTED) {
            JSValue reason = JS_PromiseResult(guest.ctx, guest.main);
            reply_thrown(REPLY_FAILED, reason);
            JS_FreeValue(guest.ctx, reason);
            return;
        }
        if (!adopt_result())
            script_run_jobs();
    }
    if (guest.call_count)
        reply_suspended();
    else
        reply_completed();
}

/* A script whose last statement begins with a brace is compiled once more with that statement as an object,
   `{ a: 1 }`. Where it cannot be one, the first time counts. Nothing runs in between. */
static JSValue compile_as(bool typed, const char *source, size_t len, const char *filename,
                          struct engine_failure *failure)
{
    struct engine_failure other;
    engine_read_last_object(guest.rt, false);
    JSValue block = engine_compile(guest.ctx, source, len, filename, typed, failure);
    if (!engine_read_last_object(guest.rt, true))
        return block;
    JSValue error = JS_IsException(block) ? JS_GetException(guest.ctx) : JS_UNDEFINED;
    JSValue object = engine_compile(guest.ctx, source, len, filename, typed, &other);
    engine_read_last_object(guest.rt, false);
    if (!JS_IsException(object)) {
        JS_FreeValue(guest.ctx, block);
        JS_FreeValue(guest.ctx, error);
        return object;
    }
    JS_FreeValue(guest.ctx, JS_GetException(guest.ctx));
    return JS_IsException(block) ? JS_Throw(guest.ctx, error) : block;
}

/* `f<T>(x)` in a program that is JavaScript otherwise. */
static JSValue typed_if_it_can_be(JSValue program, const char *source, size_t len, const char *filename)
{
    struct engine_failure failure;
    JSValue typed = compile_as(true, source, len, filename, &failure);
    if (JS_IsException(typed)) {
        JS_FreeValue(guest.ctx, JS_GetException(guest.ctx));
        return program;
    }
    JS_FreeValue(guest.ctx, program);
    return typed;
}

/* As JavaScript; what that is not, as TypeScript. Of two errors, the one further on is of what the author meant. */
static JSValue compile(const char *source, size_t len, const char *filename)
{
    struct engine_failure plain, typed;
    engine_looks_typed(guest.rt);
    JSValue program = compile_as(false, source, len, filename, &plain);
    if (!JS_IsException(program))
        return engine_looks_typed(guest.rt) ? typed_if_it_can_be(program, source, len, filename) : program;
    if (!plain.of_syntax || plain.reached == SIZE_MAX)
        return program;
    JSValue error = JS_GetException(guest.ctx);
    program = compile_as(true, source, len, filename, &typed);
    if (!JS_IsException(program) || !typed.of_syntax || typed.refused || typed.reached > plain.reached) {
        JS_FreeValue(guest.ctx, error);
        return program;
    }
    JS_FreeValue(guest.ctx, JS_GetException(guest.ctx));
    return JS_Throw(guest.ctx, error);
}

/* Runs a program that awaits nothing. Its jobs run before what it came to is looked at. */
static void evaluate_at_once(JSValue program)
{
    JSValue value = JS_EvalFunction(guest.ctx, program);
    JSValue thrown = JS_IsException(value) ? JS_GetException(guest.ctx) : JS_UNDEFINED;
    script_run_jobs();
    if (JS_IsException(value)) {
        reply_thrown(REPLY_FAILED, thrown);
        JS_FreeValue(guest.ctx, thrown);
        return;
    }
    guest.unwrapped = true;
    if (!adopt_value(value))
        script_run_jobs();
    script_conclude();
}

void script_evaluate(const char *source, size_t len, const char *filename)
{
    size_t shown = strnlen(filename, sizeof guest.filename - 1);
    memcpy(guest.filename, filename, shown);
    guest.filename[shown] = 0;
    engine_begin_script(guest.rt);
    guest.main = JS_NULL; /* calls are allowed from here on */
    JSValue main = compile(source, len, filename);
    if (!JS_IsException(main) && !engine_awaits(main)) {
        evaluate_at_once(main);
        return;
    }
    if (!JS_IsException(main))
        main = JS_EvalFunction(guest.ctx, main);
    if (JS_IsException(main)) {
        guest.main = JS_UNDEFINED;
        reply_exception(REPLY_FAILED);
        return;
    }
    guest.main = main;
    JS_PromiseMarkAsHandled(guest.ctx, main);
    script_run_jobs();
    script_conclude();
}

int script_boot(void)
{
    guest.rejections = calloc(MAX_REJECTIONS, sizeof *guest.rejections);
    JS_SetHostPromiseRejectionTracker(guest.rt, note_rejection, NULL);
    return guest.rejections ? 0 : -1;
}
