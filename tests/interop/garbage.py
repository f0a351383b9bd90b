"""Sends datagrams of many sizes, each full of random octets, and expects 24 octets for each.

    python3 garbage.py PORT

Prints how many were sent, how many of them could be a time of RFC 868, to which there must be no reply, and
the size of each that was not answered so.
"""

import random
import socket
import sys

random.seed(868)
sizes = {*range(101), *range(1400, 1501), *range(2040, 2057), 65506, 65507}
for power in range(7, 16):
    sizes |= {2**power - 1, 2**power, 2**power + 1}
client, silent = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
client.settimeout(2)
silent.setblocking(False)
for each in (client, silent):
    each.connect(("127.0.0.1", int(sys.argv[1])))
bad = []
times = 0
for size in sorted(sizes):
    for octets in (random.randbytes(size), bytes(size), b"\xff" * size):
        if size == 4 or size == 8 and octets.endswith(bytes(4)):
            silent.send(octets)
            times += 1
            continue
        client.send(octets)
        try:
            if len(client.recv(100)) != 24:
                bad.append(size)
        except TimeoutError:
            bad.append(size)
try:
    bad.append(-len(silent.recv(100)))
except BlockingIOError:
    pass
print(3 * len(sizes), times, *bad)
