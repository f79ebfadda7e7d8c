"""What this machine runs the guest with: wasmtime's library, and machine code.

Nothing here imports anything of the package, so the wheel's build hook can use it too.

    c_api         wasmtime's C library: the functions that the guest needs
    machine_code  compiled code that is kept between processes, and checked when it is read
    shipped_code  compiled code that the package was installed with
"""
