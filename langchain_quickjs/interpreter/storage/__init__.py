"""What is stored: paused scripts as snapshots, idle heaps as chains of records.

It imports `guest` and `wire`.

    changed_lines  pages that differ in little, as the lines that do
    compression    zstandard, as it suits little content
    heap_records   the heap of an idle interpreter, stored as it changes
    ledger         what a guest was told since it booted
    snapshot       a paused interpreter as bytes
"""
