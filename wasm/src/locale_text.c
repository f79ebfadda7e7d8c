/* Texts of locale data by name. The build has sorted the records; they are searched where they lie,
   so what no script asks for costs an instance nothing. */
#include "guest.h"

static const uint8_t records[] = {
#ifdef GUEST_NATIVE /* tests/native: compilers of before C23 have no #embed */
#include "locale.inc"
#else
#embed "locale.bin"
#endif
};

static uint32_t number_at(size_t index)
{
    const uint8_t *p = records + 4 * index;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Below 0, 0 or above: how the name, with its zero byte, stands to that which a record begins with. */
static int compare_name(const char *name, size_t len, const uint8_t *record, size_t size)
{
    int order = memcmp(name, record, len + 1 < size ? len + 1 : size);
    return order ? order : len + 1 > size;
}

/* The text of the record of this name; NULL when there is none. */
static const uint8_t *find_record(const char *name, size_t len, size_t *size)
{
    size_t count = number_at(0), low = 0, high = count, contents = 4 * (count + 1);
    while (low < high) {
        size_t middle = (low + high) / 2;
        size_t begin = middle ? number_at(middle) : 0, end = number_at(middle + 1);
        const uint8_t *record = records + contents + begin;
        int order = compare_name(name, len, record, end - begin);
        if (order == 0) {
            *size = end - begin - len - 1;
            return record + len + 1;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* What stands behind a key, and a tab, in a table of lines that all end; NULL when it is not there. */
static const uint8_t *find_line(const uint8_t *table, const char *key, size_t len, size_t *size)
{
    const uint8_t *end = table + *size;
    for (const uint8_t *line = table, *next; line < end; line = next + 1) {
        next = memchr(line, '\n', (size_t)(end - line));
        if ((size_t)(next - line) > len && line[len] == '\t' && memcmp(line, key, len) == 0) {
            *size = (size_t)(next - line) - len - 1;
            return line + len + 1;
        }
    }
    return NULL;
}

JSValue locale_text(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    (void)this_val, (void)argc;
    size_t len, size = 0;
    const char *name = JS_ToCStringLen(ctx, &len, argv[0]);
    if (!name)
        return JS_EXCEPTION;
    const uint8_t *text = find_record(name, len, &size);
    JS_FreeCString(ctx, name);
    if (text && !JS_IsUndefined(argv[1])) {
        const char *key = JS_ToCStringLen(ctx, &len, argv[1]);
        if (!key)
            return JS_EXCEPTION;
        text = find_line(text, key, len, &size);
        JS_FreeCString(ctx, key);
    }
    return text ? JS_NewStringLen(ctx, (const char *)text, size) : JS_UNDEFINED;
}
