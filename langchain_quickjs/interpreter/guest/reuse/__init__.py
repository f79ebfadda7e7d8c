"""One instance for many guests, one after another.

What a guest leaves behind is found, and overwritten with the boot image, before another one comes.

    dirty_pages   which pages of memory were written to, as the kernel knows it
    pool          which machines have an instance now, and what becomes of it afterwards
"""
