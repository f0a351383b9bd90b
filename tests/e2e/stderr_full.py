"""Runs a command whose standard error is a pipe that is full and that nobody reads."""

import os
import sys

reader, writer = os.pipe()
# Kept open by the command itself: with no reader at all the pipe would be broken, not full.
os.set_inheritable(reader, True)
os.set_blocking(writer, False)
try:
    while True:
        os.write(writer, b"." * 4096)
except BlockingIOError:
    pass
os.set_blocking(writer, True)
os.dup2(writer, 2)
os.execvp(sys.argv[1], sys.argv[1:])
