"""Runs a command on a terminal of its own and copies what it writes there to standard error.

    python3 on_terminal.py COLUMNS COMMAND [ARGUMENT...]

With 0 columns the size of the terminal is unknown. SIGTERM is passed on as a person would: by the key Ctrl-C. SIGHUP closes the terminal.
"""

import fcntl
import os
import pty
import signal
import struct
import sys
import termios

columns = int(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24 if columns else 0, columns, 0, 0))
    os.execvp(sys.argv[2], sys.argv[2:])
signal.signal(signal.SIGTERM, lambda *_: os.write(terminal, b"\x03"))
signal.signal(signal.SIGHUP, lambda *_: os.close(terminal))
while True:
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break  # how Linux reports that the other end was closed
    if not data:
        break
    os.write(2, data)
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status))
