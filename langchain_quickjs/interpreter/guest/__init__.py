"""The guest on this machine: the WebAssembly module, its instances, memory and clock.

The one room that knows wasmtime, in `engine` and in `native/`. It imports `errors` only.

    dirty_pages   which pages of memory were written to, as the kernel knows it
    engine        wasmtime, set up for the guest
    image         memory as a value, kept as its difference to the boot image
    instance      the guest's instances: messages in, replies out, memory as an image
    machine       a guest whose every step either happens or does not
    native_stack  how large the stacks of threads are on this machine
    ticker        the clock by which running guests are stopped
    native/       wasmtime's library, and machine code
"""
