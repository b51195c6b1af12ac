"""How much memory a call takes at most, beside what is there before.

`resident` asks the system, and sees what compiled code allocates; `traced` asks
Python's own allocator, which NumPy's arrays are told to as well, to the byte.
"""

import ctypes
import gc
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

STATUS = Path("/proc/self/status")
FORGET = Path("/proc/self/clear_refs")
MEASURABLE = 128 << 10  # less than this of resident memory is noise
M_MMAP_THRESHOLD = -3
PAGE = 4096


def traced(call: Callable[[], object]) -> int:
    """The most bytes that a call has allocated at once, of Python and NumPy."""
    call()
    gc.collect()
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def resident(call: Callable[[], object]) -> int | None:
    """By how many bytes a call raises resident memory at most, in a child process.

    None where it is too little to tell, or the system does not say.
    """
    if not FORGET.exists():
        return None
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        new_pages()
        call()  # brings in the code, and makes its own copies of the parent's pages
        found = min(raised(call) for _ in range(5))
        os.write(writing, str(found).encode())
        os._exit(0)
    os.close(writing)
    found = int(os.read(reading, 32) or 0)
    os.close(reading)
    os.waitpid(child, 0)
    return found if found >= MEASURABLE else None


def raised(call: Callable[[], object]) -> int:
    """By how many bytes a call raises resident memory at most."""
    gc.collect()
    new_pages()
    FORGET.write_text("5")  # the peak
    before = status("VmRSS")
    call()
    return status("VmHWM") - before


def new_pages() -> None:
    """From now on what is allocated takes new memory, as far as the C library can tell.

    What was freed before would serve again, and not be seen.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.mallopt(M_MMAP_THRESHOLD, PAGE)
        libc.malloc_trim(0)


def status(what: str) -> int:
    """A size in bytes from the process's status: VmRSS (now) or VmHWM (peak)."""
    (line,) = [x for x in STATUS.read_text().splitlines() if x.startswith(what)]
    return 1024 * int(line.split()[1])
