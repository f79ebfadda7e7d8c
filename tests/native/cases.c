/* One function for each case. `cases` runs all, `cases NAME` one, `cases --list` names them. */
#include "harness.h"

/* Boots for every case; a reply that is wrong, a leak or a sanitizer's finding ends the program. */
#define CASE(name) static void name(void)

static Buffer value(void)
{
    Buffer b;
    buffer_init(&b, 1 << 24);
    return b;
}

static const Answer *deliver_and_free(uint64_t id, Buffer *b)
{
    const Answer *a = deliver(id, b);
    buffer_free(b);
    return a;
}

/* Sends what the script passed to f back to it as the result. */
static const Answer *echo(const Answer *a)
{
    Buffer b = value();
    Reader args = a->first_args;
    uint32_t count;
    CHECK(a->status == SUSPENDED && a->calls == 1);
    CHECK(read_array_header(&args, &count) && count == 1);
    buffer_put(&b, args.at, (size_t)(args.end - args.at));
    return deliver_and_free(a->first_id, &b);
}

/* --- the codec, out and in again ----------------------------------------------------------- */

static void there_and_back(const char *expression)
{
    static const char *frame =
        "const show = v => v instanceof Map ? 'M' + show([...v]) : v instanceof Set ? 'S' + show([...v])"
        ": v instanceof Date ? 'D' + v.getTime() : v instanceof RegExp ? String(v)"
        ": v instanceof Error ? v.name + v.message + show(v.cause) + show(v.errors)"
        ": ArrayBuffer.isView(v) ? v.constructor.name + v : v instanceof ArrayBuffer ? 'B' + new Uint8Array(v)"
        ": Array.isArray(v) ? '[' + Array.from(v, (x, i) => i in v ? show(x) : 'hole').join() + ']'"
        ": typeof v == 'object' && v ? '{' + Object.keys(v).map(k => JSON.stringify(k) + show(v[k])) + '}'"
        ": typeof v == 'string' ? JSON.stringify(v) : Object.is(v, -0) ? '-0' : typeof v + String(v);"
        "const sent = (%s); const got = await tools.f(sent);"
        "show(sent) === show(got) ? 'same' : show(sent) + ' != ' + show(got)";
    char source[4096];
    CHECK(snprintf(source, sizeof source, frame, expression) < (int)sizeof source);
    CHECK(value_is(echo(start(source)), "same"));
}

#define SAME(name, ...)                                                                     \
    CASE(name)                                                                              \
    {                                                                                       \
        static const char *const all[] = { __VA_ARGS__ };                                   \
        for (size_t i = 0; i < sizeof all / sizeof *all; i++)                               \
            there_and_back(all[i]);                                                         \
    }

SAME(codec_nothing, "null", "undefined", "[null, undefined]", "[]", "({})")
SAME(codec_booleans, "true", "[false, true]")
SAME(codec_numbers, "0", "-0", "1.5", "NaN", "Infinity", "-Infinity", "127", "128", "255", "256",
     "65535", "65536", "2 ** 31", "2 ** 32 - 1", "2 ** 32", "2 ** 53 - 1", "-(2 ** 53) + 1", "2 ** 53",
     "-1", "-32", "-33", "-128", "-129", "-32769", "-(2 ** 31)", "-(2 ** 40)", "5e-324", "1.8e308")
SAME(codec_bigints, "0n", "1n", "-1n", "2n ** 64n", "-(2n ** 200n)", "2n ** 53n", "2n ** 4000n")
SAME(codec_texts, "''", "'a\\0b'", "'x'.repeat(31)", "'x'.repeat(32)", "'x'.repeat(255)", "'x'.repeat(256)",
     "'ü'.repeat(300)", "'\\u{1f600}'", "'\\ud800'", "'\\udc00\\ud800'", "'a'.repeat(30000) + 'b'.repeat(30000)")
SAME(codec_dates, "new Date(0)", "new Date(-1)", "new Date(8.64e15)", "new Date(NaN)")
SAME(codec_regexps, "/a/", "/[/]\\/(?<n>x)/dgimsuy", "new RegExp('')")
SAME(codec_maps, "new Map()", "new Map([[1, 2], ['1', new Map([[null, []]])], [NaN, new Set([-0])]])")
SAME(codec_sets, "new Set()", "new Set([1, 'a', new Set([{}]), undefined])")
SAME(codec_errors, "new Error('m')", "new TypeError('m', {cause: {a: 1}})", "new RangeError('')",
     "new AggregateError([new Error('a'), 1], 'all')")
SAME(codec_buffers, "new ArrayBuffer(0)", "new ArrayBuffer(9)", "new Uint8Array([1, 2, 255])",
     "new Uint8Array(300)", "new Uint8Array(new ArrayBuffer(10), 3, 4)", "new Uint8ClampedArray([1])",
     "new Int8Array([-1])", "new Uint16Array([1, 2])", "new Int16Array([-1])", "new Int32Array([1])",
     "new Uint32Array([1])", "new BigInt64Array([-1n])", "new BigUint64Array([1n])",
     "new Float32Array([1.5])", "new Float64Array([NaN])", "new Float64Array(new ArrayBuffer(32), 8, 2)")
SAME(codec_holes, "[,]", "[1, , 3]", "[, undefined, ,]", "new Array(20)", "[...new Array(20), , 1]")
SAME(codec_objects, "({a: {b: {c: []}}})", "({'': 1, ' ': 2, '__proto__x': 3, 1: 4, '-1': 5, 'ü': 6})",
     "({['__proto__']: 1})", "Object.create({inherited: 1}, {own: {value: 1, enumerable: true}})",
     "Object.fromEntries(Array.from({length: 40}, (_, i) => ['k' + i, i]))",
     "Array.from({length: 50}, (_, i) => ({id: i, name: 'n' + i}))",
     "Array.from({length: 50}, (_, i) => i % 3 ? {a: i, b: [i]} : {b: i, a: {a: 1, b: 2}})",
     "[{a: 1}, {a: 1, b: 2}, {b: 1}, {a: 'x'}, {a: undefined}]")
SAME(codec_arrays, "[1, [2, [3, [4]]]]", "Array.from({length: 15}, (_, i) => i)",
     "Array.from({length: 16}, (_, i) => i)", "Array.from({length: 17}, (_, i) => [i])",
     "Array.from({length: 1000}, (_, i) => ({i}))")

CASE(codec_graph_out)
{
    CHECK(start("const x = {n: 1}; x.self = x; x.all = [x, new Map([[x, new Set([x])]]), new Error('e', "
                "{cause: x})]; x")->status == COMPLETED);
    CHECK(start("const one = [1]; [one, one, {one}]")->status == COMPLETED);
    CHECK(start("let a = []; for (let i = 0; i < 150; i++) a = [a, a]; a")->status == COMPLETED);
}

/* A graph from the host: nodes as bins. */
static Buffer graph(const Buffer *nodes, size_t count)
{
    Buffer inner = value(), all = value();
    pack_array_header(&inner, count);
    for (size_t i = 0; i < count; i++)
        put_bin(&inner, nodes[i].data, nodes[i].len);
    put_ext(&all, EXT_GRAPH, inner.data, inner.len);
    buffer_free(&inner);
    return all;
}

static void put_reference(Buffer *out, uint32_t number)
{
    uint8_t bytes[4] = { (uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
                         (uint8_t)number };
    put_ext(out, EXT_REF, bytes, 4);
}

CASE(codec_graph_in)
{
    Buffer nodes[4] = { value(), value(), value(), value() }, inner = value();
    pack_array_header(&nodes[0], 3);
    for (uint32_t i = 1; i < 4; i++)
        put_reference(&nodes[0], i);
    buffer_byte(&nodes[1], 0x81);
    pack_text(&nodes[1], "self", 4);
    put_reference(&nodes[1], 1);
    pack_array_header(&inner, 2);
    put_reference(&inner, 1);
    put_reference(&inner, 0);
    put_ext(&nodes[2], EXT_MAP, inner.data, inner.len);
    put_ext(&nodes[3], EXT_SET, inner.data, inner.len);
    Buffer all = graph(nodes, 4);
    const Answer *a = start("const [o, m, s] = await tools.f(), all = m.get(o);"
                            "o.self === o && all[0] === o && s.has(all) && all[2] === s ? 'same' : 'other'");
    CHECK(value_is(deliver_and_free(a->first_id, &all), "same"));
    for (int i = 0; i < 4; i++)
        buffer_free(&nodes[i]);
    buffer_free(&inner);
}

CASE(codec_graph_malformed)
{
    Buffer node = value(), inner = value();
    put_reference(&node, 7);
    pack_array_header(&inner, 1);
    put_reference(&inner, 7);
    Buffer bad[] = { graph(NULL, 0), graph(&node, 1), graph(&inner, 1), value(), value() };
    put_reference(&bad[3], 0);
    put_ext(&bad[4], EXT_GRAPH, "\xdd\xff\xff\xff\xff", 5);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const Answer *a = start("await tools.f()");
        CHECK(deliver_and_free(a->first_id, &bad[i])->status == REFUSED);
        give_up();
    }
    buffer_free(&node);
    buffer_free(&inner);
}

CASE(codec_deep_out)
{
    const char *deep = "let v = 1; for (let i = 0; i < %d; i++) v = %s; v";
    const char *kinds[] = { "[v]", "({v})", "new Set([v])", "new Map([[v, v]])", "Object.assign(new Error, {cause: v})" };
    char source[200];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        for (int levels = 190; levels < 5000; levels *= 5) {
            snprintf(source, sizeof source, deep, levels, kinds[i]);
            const Answer *a = start(source);
            CHECK(levels == 190 || i == 3 ? a->status == COMPLETED || a->status == SHOWN : a->status == SHOWN);
        }
    }
}

/* Extensions in each other, with nothing in between. */
static Buffer nested(uint8_t type, size_t levels)
{
    Buffer out = value();
    for (size_t i = 1; i <= levels; i++) {
        buffer_tagged(&out, 0xc9, 6 * (levels - i), 4);
        buffer_byte(&out, type);
    }
    return out;
}

CASE(codec_deep_in)
{
    for (int levels = 100; levels <= 1000000; levels *= 100) {
        Buffer lists = value();
        for (int i = 0; i < levels; i++)
            pack_array_header(&lists, 1);
        pack_nil(&lists);
        const Answer *a = start("(await tools.f()).length + ''");
        CHECK(levels > 200 ? deliver_and_free(a->first_id, &lists)->status == REFUSED
                           : value_is(deliver_and_free(a->first_id, &lists), "1"));
        give_up();
    }
    static const uint8_t kinds[] = { EXT_MAP, EXT_SET, EXT_ERROR, EXT_REGEXP, EXT_GRAPH };
    for (size_t i = 0; i < sizeof kinds; i++) {
        Buffer exts = nested(kinds[i], 500000);
        const Answer *a = start("await tools.f()");
        uint32_t status = deliver_and_free(a->first_id, &exts)->status;
        CHECK(status == REFUSED);
        give_up();
    }
}

CASE(codec_at_the_end_of_the_stack)
{
    const Answer *a = start("let v = 1; for (let i = 0; i < 195; i++) v = [v]; const f = () => { try { return f() }"
                            " catch { return tools.f(v).catch(e => e.name) } }; await f()");
    CHECK(value_is(a, "RangeError"));
}

CASE(codec_refuses_what_cannot_cross)
{
    const char *sources[] = {
        "() => 1", "Symbol('s')", "({a: [Promise.resolve(1)]})", "({a: {b: [1, () => 2]}})",
        "new WeakMap()", "new Proxy(() => 1, {})", "({['k'.repeat(3000)]: () => 1})",
        "({get a() { throw new TypeError('no') }})",
        "new Proxy({}, {ownKeys() { throw new TypeError('no') }})",
        "new Proxy([1], {get() { throw new TypeError('no') }})",
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        CHECK(start(sources[i])->status == SHOWN);
}

CASE(codec_hostile_readers)
{
    settings.message = 20000;
    const char *sources[] = {
        "const o = {a: 1, get b() { delete o.c; o.z = 1; return 2 }, c: 3}; o",
        "const o = {a: {}, b: 1, c: 2}; Object.defineProperty(o.a, 'x', {enumerable: true, get() { delete o.b; delete o.c }}); o",
        "const o = {a: {}, b: [1], c: 2}; Object.defineProperty(o.a, 'x', {enumerable: true, get() { o.b = null; o.c = {}; gc = [] }}); o",
        "const list = [{}, {}, {}, {}]; Object.defineProperty(list[0], 'x', {enumerable: true, get() { list.length = 1 }}); list",
        "const list = [{}, 2, 3]; Object.defineProperty(list[0], 'x', {enumerable: true, get() { for (let i = 0; i < 99; i++) list.push([i]) }}); list",
        "const m = new Map([[1, {get x() { m.clear(); return m }}]]); m",
        "[{get a() { return {} }, get b() { return {} }, get c() { return [{}] }}]",
        "({get a() { return this }})",
        "new Proxy([1, 2], {get: (t, k) => k === 'length' ? 2 ** 40 : 1})",
        "new Proxy([1, 2], {get: (t, k) => k === 'length' ? 50 : {k}})",
        "new Proxy({}, {ownKeys: () => Array.from({length: 5000}, (_, i) => 'k' + i), getOwnPropertyDescriptor: () => ({enumerable: true, configurable: true, value: 1})})",
        "const e = new Error('x'); Object.defineProperty(e, 'message', {get() { throw 1 }}); [e]",
        "const e = new Error('x'); e.name = {}; e.stack = 5; e.errors = e; e.cause = e; e",
        "const f = () => ({get next() { return f() }}); f()",
        "const f = () => { const x = {get next() { return f() }}; return [x, x] }; f()",
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        uint32_t status = start(sources[i])->status;
        CHECK(status == COMPLETED || status == FAILED || status == TOO_LARGE || status == SHOWN);
    }
}

CASE(codec_buffers_that_shrank)
{
    const char *sources[] = {
        "const b = new ArrayBuffer(16, {maxByteLength: 64}), t = new Uint8Array(b, 8); b.resize(4); t",
        "const b = new ArrayBuffer(16, {maxByteLength: 64}), t = new Float64Array(b, 8); b.resize(12); [t]",
        "const b = new ArrayBuffer(16, {maxByteLength: 64}), t = new Uint8Array(b, 4, 8); b.resize(6); [t]",
        "const b = new ArrayBuffer(16), t = new Uint8Array(b); b.transfer(); [b, t]",
        "const b = new ArrayBuffer(16), t = new Int16Array(b, 2); b.transfer(); [b, t]",
        "const b = new ArrayBuffer(4, {maxByteLength: 64}), t = new Uint16Array(b); b.resize(64); [b, t]",
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        const Answer *a = start(sources[i]);
        CHECK(a->status == COMPLETED || a->status == SHOWN || failed_with(a, "TypeError") || failed_with(a, "RangeError"));
    }
}

CASE(codec_tampered_prototypes)
{
    const Answer *a = start("const all = [new Map([[1, new Set([2])]]), /x/g, new Date(5), 7n];"
                "for (const C of [Map, Set, RegExp, Date, Error, Array, Object, BigInt, ArrayBuffer])"
                " for (const k of Object.getOwnPropertyNames(C.prototype))"
                "  try { Object.defineProperty(C.prototype, k, {get() { throw new Error('trap ' + k) }}) } catch {};"
                " await tools.f(all)");
    CHECK(echo(a)->status == COMPLETED);
    CHECK(start("0")->status == COMPLETED);
}

/* --- malformed messages -------------------------------------------------------------------- */

CASE(message_cut_short_anywhere)
{
    const char *source = "[await tools.f({a: [1, 2]}), 1]";
    Buffer whole = message_start(source, strlen(source));
    for (size_t len = 0; len < whole.len; len++) {
        Buffer cut = value();
        buffer_put(&cut, whole.data, len);
        CHECK(send(&cut)->status == REFUSED);
    }
    const Answer *a = send(&whole);
    Buffer v = value();
    static const uint8_t all[] = { 0x82, 0xa1, 'a', 0x93, 0xc0, 0xcb, 1, 2, 3, 4, 5, 6, 7, 8, 0xd3, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xfe, 0xa1, 'b', 0x93, 0xc7, 2, 1, '1', '0', 0xc4, 3, 9, 9, 9, 0xd7, 2, 0, 0, 0, 0,
        0, 0, 0, 0 };
    buffer_put(&v, all, sizeof all);
    for (size_t len = 0; len < v.len; len++) {
        Buffer cut = value();
        buffer_put(&cut, v.data, len);
        CHECK(deliver_and_free(a->first_id, &cut)->status == REFUSED);
        give_up();
        a = start(source);
    }
    CHECK(deliver_and_free(a->first_id, &v)->status == COMPLETED);
}

CASE(message_with_lengths_that_lie)
{
    static const struct { const char *bytes; size_t len; } lies[] = {
        { "\xdd\xff\xff\xff\xff", 5 }, { "\xdf\xff\xff\xff\xff", 5 }, { "\xdb\xff\xff\xff\xff", 5 },
        { "\xc6\xff\xff\xff\xff", 5 }, { "\xc9\xff\xff\xff\xff\x03", 6 }, { "\xdc\xff\xff", 3 },
        { "\x9f\xc0", 2 }, { "\x8f\xc0", 2 }, { "\x81\xa1", 2 }, { "\xbf" "ab", 3 }, { "\xd9\xff", 2 },
        { "\xc7\x00", 2 }, { "\xc7\x05\x02" "1234", 7 }, { "\xd7\x02" "1234567", 9 }, { "\xd6\x0a\0\0\0\0", 6 },
        { "\xd4\x07\xff", 3 }, { "\xc7\x00\x07", 3 }, { "\xc7\x01\x63\xc0", 4 }, { "\xc1", 1 }, { "\xca\0\0\0\0", 5 },
        { "\xc7\x03\x01xyz", 6 }, { "\xc7\x00\x01", 3 }, { "\xc7\x01\x03\xc0", 4 }, { "\xc7\x01\x05\x90", 4 },
        { "\xc7\x01\x06\x90", 4 }, { "\xc7\x02\x05\x91\xc0", 5 }, { "\xc7\x04\x05\x92\xa1[\xa0", 7 },
        { "\x81\xc0\xc0", 3 }, { "\x81\xcb\0\0\0\0\0\0\0\0\xc0", 11 }, { "\xc7\x04\x07\x0b" "abc", 7 },
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        const Answer *a = start("await tools.f(); 'done'");
        Buffer v = value();
        buffer_put(&v, lies[i].bytes, lies[i].len);
        a = deliver_and_free(a->first_id, &v);
        CHECK(a->status == REFUSED || a->status == FAILED || a->status == COMPLETED || a->status == SHOWN);
        give_up();
    }
}

CASE(message_out_of_turn)
{
    CHECK(let_time_pass(1)->status == REFUSED);
    CHECK(deliver_text(1, "x")->status == REFUSED);
    CHECK(give_up()->status == IDLE);
    CHECK(start("await tools.f()")->status == SUSPENDED);
    CHECK(start("1")->status == REFUSED);
    Buffer unknown = message_begin(7, 2, 0);
    CHECK(send(&unknown)->status == REFUSED);
    Buffer none = value();
    CHECK(send(&none)->status == REFUSED);
    CHECK(deliver_text(1, "x")->status == COMPLETED);
}

CASE(message_with_entropy_changes_what_is_drawn)
{
    const Answer *a = start("await tools.f(); Math.random() + ''");
    Buffer message = message_begin(DELIVER, 4, 1e12);
    static const uint8_t entropy[32] = { 9 };
    put_bin(&message, entropy, 31);
    CHECK(send(&message)->status == REFUSED);
    message = message_begin(DELIVER, 4, 1e12);
    put_bin(&message, entropy, sizeof entropy);
    pack_array_header(&message, 3);
    pack_uint(&message, a->first_id);
    pack_uint(&message, 0);
    pack_nil(&message);
    CHECK(send(&message)->status == COMPLETED);
}

CASE(message_without_a_seed_is_refused_once)
{
    settings.seed = false;
    CHECK(start("1")->status == REFUSED);
    settings.seed = true;
    CHECK(start("Math.random(); 'a'")->status == COMPLETED);
    settings.seed = false;
    CHECK(value_is(start("'b'"), "b"));
}

/* --- calls --------------------------------------------------------------------------------- */

CASE(calls_are_answered_in_any_order)
{
    const Answer *a = start("const seen = []; await Promise.all([1, 2, 3, 4].map(async n => "
                            "seen.push(n + await tools.f(n)))); seen.join()");
    CHECK(a->status == SUSPENDED && a->calls == 4 && a->first_id == 1);
    CHECK(deliver_text(3, "c")->status == SUSPENDED);
    CHECK(deliver_text(1, "a")->status == SUSPENDED);
    CHECK(deliver_text(4, "d")->status == SUSPENDED);
    CHECK(value_is(deliver_text(2, "b"), "3c,1a,4d,2b"));
}

CASE(calls_are_answered_once)
{
    CHECK(start("await tools.f(); await tools.g()")->calls == 1);
    CHECK(deliver_text(1, "x")->calls == 1);
    CHECK(deliver_text(1, "again")->status == REFUSED);
    CHECK(deliver_text(2, "y")->status == COMPLETED);
}

CASE(calls_with_unknown_ids)
{
    CHECK(start("await tools.f()")->calls == 1);
    CHECK(deliver_text(0, "x")->status == REFUSED);
    CHECK(deliver_text(2, "x")->status == REFUSED);
    CHECK(deliver_text(UINT32_MAX, "x")->status == REFUSED);
    CHECK(deliver_text((1ull << 32) + 1, "x")->status == REFUSED); /* not call 1 */
    CHECK(deliver_text(1, "x")->status == COMPLETED);
}

CASE(calls_answered_twice_in_one_message)
{
    CHECK(start("await tools.f(); await tools.g()")->calls == 1);
    Buffer message = message_deliver(0);
    pack_array_header(&message, 6);
    for (int i = 0; i < 2; i++) {
        pack_uint(&message, 1);
        pack_uint(&message, 0);
        pack_nil(&message);
    }
    CHECK(send(&message)->status == REFUSED);
}

CASE(calls_that_fail)
{
    CHECK(start("try { await tools.f() } catch (e) { e.name + e.message + (e instanceof Error) }")->calls == 1);
    CHECK(value_is(deliver_error(1, "ToolError", "no"), "ToolErrornotrue"));
    CHECK(start("await tools.f()")->calls == 1);
    CHECK(failed_with(deliver_error(2, "ToolError", "no"), "ToolError"));
    CHECK(start("await tools.f()")->calls == 1);
    Buffer message = message_deliver(0);
    pack_array_header(&message, 3);
    pack_uint(&message, 3);
    pack_uint(&message, 1);
    pack_text(&message, "not a pair", 10);
    CHECK(send(&message)->status == REFUSED);
}

CASE(calls_that_are_not_awaited)
{
    const char *sources[] = {
        "tools.f().a", "tools.f()[0]", "tools.f()['\xc3\xa9']", "tools.f()['k'.repeat(1e5)]", "({ ...tools.f() })",
        "[...tools.f()]", "`${tools.f()}`", "JSON.stringify([tools.f()])", "const { a, ...b } = tools.f()",
        "tools.f().then(x => x).a", "Promise.all([tools.f(), tools.g()]).a", "Promise.race([tools.f()]).a",
        "(async () => (await tools.f()).a)().a", "(async () => tools.f())().a", "globalThis.kept = tools.f(); kept.a",
        "kept.a", "Object.create(kept); kept.b", "tools.none()", "tools['no ne'](1, [2].map(x => x))", "let v; v(1, v)",
        "((a, b, c, d, e) => e(a))()", "const { none } = tools; (() => () => none(1))()()",
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        CHECK(failed_with(start(sources[i]), "TypeError"));
    CHECK(start("const p = tools.f(); p.a = 1; Object.freeze(p); delete p.a; ({ ...[p] }); await p")->calls == 1);
    give_up();
}

CASE(course_of_a_last_object)
{
    CHECK(start("const x = 1; { x };")->status == COMPLETED);
    CHECK(start("{ a: 1, get b() { return [this.a] }, ...{ c: 2 }, ['d']: 3 } // end")->status == COMPLETED);
    CHECK(start("{ let y = 1; y }")->status == COMPLETED);
    CHECK(start("{ f() {} }")->status == SHOWN);
    CHECK(failed_with(start("{ a: 1,, }"), "SyntaxError"));
    CHECK(failed_with(start("{ \"a\": 1 }; {"), "SyntaxError"));
    CHECK(failed_with(start("{ a: \"\n\" }"), "SyntaxError"));
    CHECK(start("")->status == COMPLETED);
}

CASE(calls_whose_error_is_thrown)
{
    static const char *const own[] = {
        "throw new Error('no')", "throw new Proxy(e, {})", "throw Object.create(e)", "throw structuredClone(e)",
        "throw Object.setPrototypeOf(new Error, e)", "throw new Proxy(new Error, { get: () => 1 })", "throw null",
        "throw Object.defineProperties(new Error, Object.getOwnPropertyDescriptors(e))",
    };
    static char source[200];
    uint64_t id = 1;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++, id++) {
        snprintf(source, sizeof source, "var e; try { await tools.f() } catch (x) { e = x } %s", own[i]);
        CHECK(start(source)->calls == 1);
        CHECK(failed_by(deliver_error(id, "Error", "no")) == 0);
    }
    CHECK(failed_by(start("throw e")) == id - 1); /* of an earlier script: the host's to tell */
    CHECK(start("await tools.f()")->calls == 1);
    CHECK(failed_by(deliver_error(id, "Error", "no")) == id);
    CHECK(start("try { await tools.f() } catch (x) { e = x } ({ get a() { throw e } })")->calls == 1);
    CHECK(deliver_error(id + 1, "Error", "no")->status == SHOWN);
    CHECK(start("Symbol()")->status == SHOWN);
    CHECK(start("throw Symbol()")->status == FAILED);
}

CASE(calls_are_forgotten_by_an_abort)
{
    CHECK(start("globalThis.kept = 1; await Promise.all([tools.f(), tools.g(), task()])")->calls == 3);
    CHECK(give_up()->status == IDLE);
    CHECK(deliver_text(1, "x")->status == REFUSED);
    const Answer *a = start("await tools.f(); kept + ''");
    CHECK(a->first_id == 4);
    CHECK(deliver_text(2, "x")->status == REFUSED);
    CHECK(value_is(deliver_text(4, "x"), "1"));
}

CASE(calls_are_forgotten_by_a_failure)
{
    CHECK(failed_with(start("tools.f(); tools.g(); throw new RangeError('x')"), "RangeError"));
    CHECK(start("0")->status == COMPLETED);
}

CASE(calls_made_while_arguments_are_read)
{
    const Answer *a = start("const inner = []; const r = tools.f({get a() { inner.push(tools.g({get b() {"
                            "inner.push(task(1)); return 'b' }})); return 'a' }}); await r; await Promise.all(inner); 'all'");
    CHECK(a->calls == 3);
    CHECK(deliver_text(1, "x")->status == SUSPENDED);
    CHECK(deliver_text(2, "x")->status == SUSPENDED);
    CHECK(value_is(deliver_text(3, "x"), "all"));
}

/* A result is no thenable, whatever a script has made of the prototypes. */
CASE(calls_run_no_script_code_while_a_result_is_adopted)
{
    Buffer v = value();
    pack_array_header(&v, 0);
    CHECK(start("let n = 0; const d = {configurable: true, get() { n++; tools.g() }};"
                "Object.defineProperty(Array.prototype, 'then', d); Object.defineProperty(Object.prototype, 'then', d);"
                "const all = tools.f(); await all; const seen = n; delete Array.prototype.then;"
                "delete Object.prototype.then; 'seen ' + seen")->calls == 1);
    CHECK(value_is(deliver_and_free(1, &v), "seen 0"));
}

CASE(calls_made_while_the_result_is_packed_are_not_sent)
{
    const Answer *a = start("({get x() { tools.f(1); console.log('late'); return 1 }})");
    CHECK(a->status == COMPLETED && a->calls == 0);
    CHECK(start("await tools.f()")->calls == 1);
}

CASE(calls_have_a_budget)
{
    settings.calls = 2;
    const Answer *a = start("const all = await Promise.allSettled([tools.f(), tools.f(), tools.f()]);"
                            "all.map(o => o.reason?.name ?? o.value).join()");
    CHECK(a->calls == 2);
    CHECK(deliver_text(1, "x")->status == SUSPENDED);
    CHECK(value_is(deliver_text(2, "x"), "x,x,PTCCallBudgetExceeded"));
}

CASE(calls_in_flight_are_limited)
{
    settings.in_flight = 1;
    CHECK(start("const [a, b] = await Promise.allSettled([tools.f(), tools.f()]); await tools.g(); b.reason.name")
              ->calls == 1);
    CHECK(deliver_text(1, "x")->calls == 1);
    CHECK(value_is(deliver_text(2, "x"), "TooManyCallsInFlight"));
}

CASE(calls_that_are_open_are_limited_together)
{
    settings.message = 1000;
    CHECK(start("const call = (n) => tools.f('x'.repeat(n)).catch(e => e.name);"
                "const [a, b] = [call(500), call(400)]; await null; const c = call(400);"
                "await new Promise(r => setTimeout(r, 1)); const d = call(400); [await c, await d].join()")
              ->calls == 2);
    CHECK(let_time_pass(1e12 + 10)->calls == 0);
}

CASE(calls_too_large_to_leave)
{
    settings.message = 1000;
    const char *sources[] = {
        "await tools.f('x'.repeat(1001)).catch(e => e.name)",
        "await tools.f(new Array(2000).fill(0)).catch(e => e.name)",
        "await tools.f(new Uint8Array(1001)).catch(e => e.name)",
        "await tools.f(new Array(4e9)).catch(e => e.name)",
        "const all = [1, 2, 3].map(() => tools.f('y'.repeat(400)).catch(e => e.name)); await all[2]",
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        const Answer *a = start(sources[i]);
        if (a->status == SUSPENDED) {
            deliver_text(a->first_id, "z");
            a = deliver_text(a->first_id + 1, "z");
        }
        CHECK(value_is(a, "RangeError"));
    }
}

CASE(calls_are_located)
{
    const struct { const char *source; uint32_t line, column; } cases[] = {
        { "await tools.g()", 1, 13 },
        { "\nawait tools.g({\n a: 1,\n b: Math.max(1, 2),\n})", 2, 13 },
        { "\nawait tools.g(...[\n 1,\n 2,\n])", 2, 13 },
        { "const h = (x) => {\n return task(x) }\n\nawait h(1)", 2, 9 },
        { "\nawait eval('1\\n\\n\\ntools.g()')", 2, 7 },
        { "await tools.f()", 0, 0 },
        { "await Promise.resolve(1).then(tools.g)", 0, 0 },
        { "\nglobalThis.kept = (x) => tools.g(x); await kept(1)", 2, 32 },
        { "\n\nawait kept(1)", 3, 7 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const Answer *a = start(cases[i].source);
        CHECK(a->status == SUSPENDED && a->calls == 1);
        CHECK(a->last_line == cases[i].line && a->last_column == cases[i].column);
        deliver_text(a->first_id, "x");
    }
}

CASE(calls_cannot_be_made_between_scripts)
{
    CHECK(start("globalThis.late = tools.f; globalThis.p = null; 0")->status == COMPLETED);
    CHECK(start("setTimeout(() => { p = late() }, 0); 1")->status == COMPLETED);
    CHECK(start("const f = late; await f(1)")->calls == 1);
}

CASE(grants_are_replaced_by_the_next_script)
{
    CHECK(value_is(start("[typeof task, typeof tools.f, Object.keys(tools)].join()"), "function,function,f,g"));
    CHECK(value_is(start("try { task = 1 } catch (e) { e.name }"), "TypeError"));
    CHECK(value_is(start("try { globalThis.tools = 2 } catch (e) { e.name }"), "TypeError"));
    CHECK(start("let task = 1")->status == FAILED);
    CHECK(start("function task() {}")->status == FAILED);
    CHECK(value_is(start("Object.freeze(globalThis); delete globalThis.task; typeof task"), "function"));
    CHECK(value_is(start("typeof task"), "function"));
    CHECK(value_is(start("try { 'use strict'; tools.x = 1 } catch {} ; 'x' in tools ? 'in' : 'out'"), "out"));
}

/* --- the course of scripts ----------------------------------------------------------------- */

CASE(scripts_that_fail)
{
    CHECK(failed_with(start("throw new TypeError('x')"), "TypeError"));
    CHECK(failed_with(start("let a = ;"), "SyntaxError"));
    CHECK(failed_with(start("await new Promise(() => {})"), "Deadlock"));
    CHECK(failed_with(start("const f = () => f(); f()"), "RangeError"));
    CHECK(failed_with(start("throw {get name() { throw 1 }, toString() { throw 2 }}") , "Error")
          || guest.reply.len);
    const char *odd[] = { "throw null", "throw undefined", "throw 'x'", "throw Symbol()", "throw 1n",
        "throw new Proxy({}, {get() { throw 1 }})", "throw new Proxy(new Error, {get() { throw 1 }})",
        "throw Object.create(null)", "const e = new Error; e.cause = e; throw e",
        "throw new AggregateError([1, new Error('x', {cause: 2})])", "throw Object.assign(new Error, {stack: {}})" };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        CHECK(start(odd[i])->status == FAILED);
}

CASE(rejections_that_nobody_handles)
{
    CHECK(start("Promise.reject(new Error('a')); 'x'")->status == COMPLETED);
    CHECK(start("for (let i = 0; i < 300; i++) Promise.reject(i); await tools.f()")->status == SUSPENDED);
    CHECK(deliver_text(1, "x")->status == COMPLETED);
    CHECK(start("const p = Promise.reject(1); await tools.f(); await p.catch(() => 0); 'y'")->status == SUSPENDED);
    CHECK(deliver_text(2, "x")->status == COMPLETED);
    CHECK(start("Promise.reject(1); await tools.f()")->status == SUSPENDED);
    CHECK(give_up()->status == IDLE);
}

CASE(timers)
{
    CHECK(start("let n = 0; const t = setInterval(() => { if (++n == 3) clearInterval(t) }, 10);"
                "await new Promise(r => setTimeout(r, 100)); n + ''")->status == SUSPENDED);
    CHECK(let_time_pass(1e12 + 50)->status == SUSPENDED);
    CHECK(let_time_pass(1e12 + 100)->status == COMPLETED);
    CHECK(start("setTimeout(() => 0, 1e9); await tools.f()")->status == SUSPENDED);
    const double none[] = { 0.0 / 0.0, 1e300, 1.0 / 0.0, 8.64e15 + 1 }; /* no date has such a time */
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        CHECK(let_time_pass(none[i])->status == REFUSED);
    CHECK(let_time_pass(8.64e15)->status == SUSPENDED);
    CHECK(give_up()->status == IDLE);
}

CASE(console_is_cut)
{
    settings.console = 10;
    const Answer *a = start("console.log('12345'); console.log('67890123'); console.log('more')");
    CHECK(strlen(a->console) <= 11 && a->dropped > 0);
    a = start("console.log('\\u{1f600}'.repeat(5))");
    CHECK(strlen(a->console) == 9 || strlen(a->console) <= 11);
    settings.console = 0;
    a = start("console.log('x'); console.log('')");
    CHECK(strlen(a->console) <= 1);
}

CASE(sources_of_any_bytes)
{
    for (int first = 0; first < 256; first++) {
        char source[] = { (char)first, '1', 0, 'x', (char)0xff, (char)first };
        Buffer message = message_start(source, sizeof source);
        uint32_t status = send(&message)->status;
        CHECK(status == COMPLETED || status == FAILED || status == TOO_LARGE || status == SHOWN);
    }
}

CASE(the_heap_limit_of_the_engine)
{
    JS_SetMemoryLimit(guest.rt, 8 << 20);
    const char *sources[] = { "let a = []; for (;;) a.push({a})", "let s = 'x'; for (;;) s += s",
        "new Array(1e7).fill({})", "const m = new Map(); for (let i = 0;; i++) m.set(i, [i])" };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        CHECK(start(sources[i])->status != COMPLETED);
    JS_SetMemoryLimit(guest.rt, 0);
    CHECK(start("1")->status == COMPLETED);
}

/* --- randomness ---------------------------------------------------------------------------- */

/* RFC 8439, 2.3.2 has another nonce; these are the first bytes for the key 0 and nonce 0 (RFC 7539,
   appendix A.1, test vector 1). */
CASE(random_is_chacha20)
{
    static const uint8_t expected[8] = { 0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90 };
    uint8_t seed[32] = { 0 }, out[8], byte;
    random_seed(seed);
    random_bytes(out, sizeof out);
    CHECK(!memcmp(out, expected, sizeof out));
    random_seed(seed);
    for (int i = 0; i < 8; i++) {
        random_bytes(&byte, 1);
        CHECK(byte == expected[i]);
    }
    for (int i = 0; i < 1000; i++) {
        double d = random_double();
        CHECK(d >= 0 && d < 1);
    }
}

CASE(random_fills_what_it_is_given)
{
    CHECK(start("const b = new ArrayBuffer(100), t = crypto.getRandomValues(new Uint8Array(b, 10, 20));"
                "const all = new Uint8Array(b); all.slice(0, 10).some(x => x) || all.slice(30).some(x => x) ? 'bad' : 'ok'")
              ->status != SUSPENDED);
}

#define C(name) { #name, name }
static const struct { const char *name; void (*run)(void); } cases[] = {
    C(codec_nothing), C(codec_booleans), C(codec_numbers), C(codec_bigints), C(codec_texts), C(codec_dates),
    C(codec_regexps), C(codec_maps), C(codec_sets), C(codec_errors), C(codec_buffers), C(codec_holes),
    C(codec_objects), C(codec_arrays), C(codec_graph_out), C(codec_graph_in), C(codec_graph_malformed),
    C(codec_deep_out), C(codec_deep_in), C(codec_at_the_end_of_the_stack), C(codec_refuses_what_cannot_cross), C(codec_hostile_readers),
    C(codec_buffers_that_shrank), C(codec_tampered_prototypes), C(message_cut_short_anywhere),
    C(message_with_lengths_that_lie), C(message_out_of_turn),
    C(message_with_entropy_changes_what_is_drawn), C(message_without_a_seed_is_refused_once),
    C(calls_are_answered_in_any_order), C(calls_are_answered_once), C(calls_with_unknown_ids),
    C(calls_answered_twice_in_one_message), C(calls_that_fail), C(calls_that_are_not_awaited), C(course_of_a_last_object), C(calls_whose_error_is_thrown), C(calls_are_forgotten_by_an_abort),
    C(calls_are_forgotten_by_a_failure), C(calls_made_while_arguments_are_read),
    C(calls_run_no_script_code_while_a_result_is_adopted), C(calls_made_while_the_result_is_packed_are_not_sent),
    C(calls_have_a_budget), C(calls_in_flight_are_limited), C(calls_that_are_open_are_limited_together),
    C(calls_too_large_to_leave),
    C(calls_are_located), C(calls_cannot_be_made_between_scripts), C(grants_are_replaced_by_the_next_script),
    C(scripts_that_fail), C(rejections_that_nobody_handles), C(timers), C(console_is_cut), C(sources_of_any_bytes),
    C(the_heap_limit_of_the_engine), C(random_is_chacha20), C(random_fills_what_it_is_given),
};

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (argc > 1 && strcmp(argv[1], "--list") == 0) {
            puts(cases[i].name);
        } else if (argc == 1 || strcmp(argv[1], cases[i].name) == 0) {
            begin();
            cases[i].run();
            end();
        }
    }
    return 0;
}
