"""What crosses the boundary: messages to the guest and its replies, as bytes.

What comes from the guest is hostile until it is decoded here. It imports `values`.

    decode       MessagePack from the guest to Python values
    dialects     what the guests of earlier releases say and hear otherwise
    encode       MessagePack for the guest, from Python values
    open_bytes   how much the arguments of open calls take
    payloads     what is inside of each extension type, both ways
    protocol     the messages and the replies, as wasm/README.md has them byte by byte
    tree_checks  what a decoded reply may be where msgpack lets more pass
    wtf8         text with halves of surrogate pairs
"""
