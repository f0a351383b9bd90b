"""A thousand clients that all ask at the same moment, each with a socket of its own.

    python3 many_clients.py PORT

UDP may lose what a full queue cannot take, so a client asks again after a second, as any would.
Prints how many got a reply, how many replies were a time, and how many asked more than once.
"""

import re
import resource
import selectors
import socket
import sys
import time

CLIENTS = 1000
server = ("127.0.0.1", int(sys.argv[1]))
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 4096) if most > 0 else 4096, most))
selector = selectors.DefaultSelector()
waiting = set()
for _ in range(CLIENTS):
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.setblocking(False)
    selector.register(client, selectors.EVENT_READ)
    waiting.add(client)

shape = re.compile(rb"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}")
good = again = 0
for attempt in range(5):
    again += len(waiting) if attempt > 0 else 0
    for client in waiting:
        client.sendto(b"Time request", server)
    deadline = time.monotonic() + 1
    while waiting and time.monotonic() < deadline:
        for key, _ in selector.select(deadline - time.monotonic()):
            reply, sender = key.fileobj.recvfrom(100)
            waiting.discard(key.fileobj)
            good += bool(shape.fullmatch(reply)) and sender == server
            selector.unregister(key.fileobj)
print(CLIENTS - len(waiting), good, again)
