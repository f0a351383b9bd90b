"""Runs a command as a service manager that requires notification, and copies the notifications to
standard error, one line per message.

    python3 service_manager.py path|abstract COMMAND [ARGUMENT...]

SIGTERM is passed on to the command's process.
"""

import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile

folder = tempfile.TemporaryDirectory()
name = os.path.join(folder.name, "notify")
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
manager.bind(name if sys.argv[1] == "path" else "\0" + name)
# Nothing can wake it but a message, so the end of the command is looked for in between.
manager.settimeout(0.05)
shown = name if sys.argv[1] == "path" else "@" + name
service = subprocess.Popen(sys.argv[2:], env={**os.environ, "NOTIFY_SOCKET": shown})
signal.signal(signal.SIGTERM, lambda *_: service.terminate())


def copy():
    message, ancillary, _, _ = manager.recvmsg(4096, 1024)
    sender = struct.unpack("3i", ancillary[0][2])[0]
    who = "main process" if sender == service.pid else "another process"
    text = message.decode().replace("\n", "; ")
    print(f"notified by {who}: {text}", file=sys.stderr, flush=True)


while True:
    ended = service.poll() is not None
    try:
        copy()
    except TimeoutError:
        if ended:
            break
sys.exit(service.returncode)
