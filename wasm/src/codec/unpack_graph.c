/* Values in which an object occurs twice, or in itself: an EXT_GRAPH of nodes. */
#include "unpack.h"

JSValue unpack_reference(Unpacker *u, const Item *item)
{
    uint32_t number = 0;
    if (item->n != 4)
        return unpack_malformed(u->ctx);
    for (int i = 0; i < 4; i++)
        number = number << 8 | item->bytes[i];
    if (number >= u->node_count)
        return unpack_malformed(u->ctx);
    return JS_DupValue(u->ctx, u->nodes[number]);
}

/* The empty container that a node will become, so that others can refer to it before it is full.
   The host sends arrays, maps, Map and Set as nodes; everything else stands inside them. */
static JSValue graph_shell(Unpacker *u, const Item *item)
{
    if (item->kind == ITEM_ARRAY)
        return JS_NewArray(u->ctx);
    if (item->kind == ITEM_MAP)
        return JS_NewObject(u->ctx);
    if (item->kind != ITEM_EXT || (item->ext_type != EXT_MAP && item->ext_type != EXT_SET))
        return unpack_malformed(u->ctx);
    JSValueConst args[1] = { JS_NewInt32(u->ctx, item->ext_type) };
    return JS_Call(u->ctx, u->codec->helpers->revive, JS_UNDEFINED, 1, args);
}

static int graph_fill(Unpacker *u, const Item *node, JSValueConst shell)
{
    Reader in = { node->bytes, node->bytes + node->n };
    Item item;
    if (!read_item(&in, &item))
        return -1;
    if (item.kind == ITEM_ARRAY)
        return unpack_elements(u, &in, 0, item.n, shell, 0);
    if (item.kind == ITEM_MAP)
        return unpack_members(u, &in, item.n, shell, 0);
    Reader inner = { item.bytes, item.bytes + item.n };
    JSValue parts = unpack_value(u, &inner, 0);
    if (JS_IsException(parts))
        return -1;
    JSValueConst args[3] = { JS_NewInt32(u->ctx, item.ext_type), shell, parts };
    JSValue done = JS_Call(u->ctx, u->codec->helpers->revive, JS_UNDEFINED, 3, args);
    JS_FreeValue(u->ctx, parts);
    JS_FreeValue(u->ctx, done);
    return JS_IsException(done) ? -1 : 0;
}

static JSValue graph_build(Unpacker *u, Item *items, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        Reader in = { items[i].bytes, items[i].bytes + items[i].n };
        Item head;
        u->nodes[i] = read_item(&in, &head) ? graph_shell(u, &head) : unpack_malformed(u->ctx);
        if (JS_IsException(u->nodes[i]))
            return JS_EXCEPTION;
        u->node_count = i + 1;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (graph_fill(u, &items[i], u->nodes[i]) < 0)
            return JS_HasException(u->ctx) ? JS_EXCEPTION : unpack_malformed(u->ctx);
    }
    return JS_DupValue(u->ctx, u->nodes[0]);
}

/* From the host, a graph is an array of binaries, each the MessagePack of one node: their ends are
   known without reading them. */
JSValue unpack_graph(Unpacker *u, const Item *item)
{
    Reader in = { item->bytes, item->bytes + item->n };
    uint32_t count;
    if (u->nodes || !read_array_header(&in, &count) || !count)
        return unpack_malformed(u->ctx);
    Item *items = malloc(count * sizeof *items);
    u->nodes = malloc(count * sizeof *u->nodes);
    JSValue root = JS_EXCEPTION;
    if (!items || !u->nodes) {
        JS_ThrowOutOfMemory(u->ctx);
    } else {
        uint32_t i = 0;
        while (i < count && read_kind(&in, ITEM_BIN, &items[i]))
            i++;
        root = i == count ? graph_build(u, items, count) : unpack_malformed(u->ctx);
    }
    for (uint32_t i = 0; i < u->node_count; i++)
        JS_FreeValue(u->ctx, u->nodes[i]);
    free(u->nodes);
    free(items);
    u->nodes = NULL;
    u->node_count = 0;
    return root;
}
