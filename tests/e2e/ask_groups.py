"""Sends requests to groups and to all hosts of a link, then to one host; prints each reply's sender, one per line.

    python3 ask_groups.py INTERFACE PORT GROUP... HOST

Each is asked from a socket of its own. The host comes last, so that once it has answered nothing
else is on its way.
"""

import socket
import sys

interface, port, *addresses = sys.argv[1:]
index = socket.if_nametoindex(interface)
sockets = []
for address in addresses:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    client = socket.socket(family, socket.SOCK_DGRAM)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
    scope = (0, index) if family == socket.AF_INET6 else ()
    client.sendto(b"Time request", (address, int(port), *scope))
    client.setblocking(False)
    sockets.append(client)
sockets[-1].settimeout(5)
for address, client in reversed(list(zip(addresses, sockets))):
    try:
        print(address, len(client.recv(100)))
    except BlockingIOError:
        print(address, "silence")
