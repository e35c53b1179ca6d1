"""Whether another process is writing a file, as far as the system tells."""

import fcntl
import os
import signal
from contextlib import suppress
from pathlib import Path


def is_open_for_writing(path: Path) -> bool | None:
    """Whether anybody has the file open for writing; None where the system does not say.

    Linux grants a read lease only on a file that nobody writes, to its owner and to root. The lease is given
    back at once; should a writer come meanwhile, the system sends a signal that is ignored by default.
    """
    if not hasattr(fcntl, "F_SETLEASE"):
        return None
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        with suppress(OSError):
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return None
    else:
        return False
    finally:
        os.close(file)
