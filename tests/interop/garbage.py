"""Sends datagrams of many sizes, each full of random octets, and expects 24 octets for each.

    python3 garbage.py PORT

Prints how many were sent, and the size of each that was not answered so.
"""

import random
import socket
import sys

random.seed(868)
sizes = {*range(101), *range(1400, 1501), *range(2040, 2057), 65506, 65507}
for power in range(7, 16):
    sizes |= {2**power - 1, 2**power, 2**power + 1}
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(2)
client.connect(("127.0.0.1", int(sys.argv[1])))
bad = []
for size in sorted(sizes):
    for octets in (random.randbytes(size), bytes(size), b"\xff" * size):
        client.send(octets)
        try:
            if len(client.recv(100)) != 24:
                bad.append(size)
        except TimeoutError:
            bad.append(size)
print(3 * len(sizes), *bad)
