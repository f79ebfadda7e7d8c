"""The guest on this machine: the WebAssembly module, its instances, memory and clock.

The one room that knows wasmtime, in `engine` and in `native/`. It imports `builds` and
`errors`.

    engine        wasmtime, set up for the guest
    image         memory as a value, kept as its difference to the boot image
    instance      the guest's instances: messages in, replies out, memory as an image
    machine       a guest whose every step either happens or does not
    native_stack  how large the stacks of threads are on this machine
    page_lines    in what a memory differs from the boot image, found fast
    ticker        the clock by which running guests are stopped
    native/       wasmtime's library, and machine code
    reuse/        instances that serve one guest after another
"""
